/* SPDX-License-Identifier: MIT */
/* Job: run a caller's callback on a graph and keep the first error of its calls. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "graph/scene.h"

/* The graph's error, which has just been raised, becomes the handle's. */
static int32_t adopt(gan_graph *graph) {
  if (graph->status == GAN_OK) {
    graph->status = graph->graph->status;
    memcpy(graph->message, graph->graph->context->message, sizeof graph->message);
  }
  return -1;
}

int32_t gan__scene_fail(gan_graph *graph, gan_status status, const char *format, ...) {
  if (graph->status != GAN_OK) return -1;
  char text[GAN__MESSAGE_MAX];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  gan__graph_fail(graph->graph, status, "%s", text);
  return adopt(graph);
}

gan__id gan__scene_take(gan_graph *graph, const char *op, int32_t value, int32_t types) {
  if (!gan__scene_open(graph)) return GAN__NONE;
  if (value < 0 || (uint64_t)value >= graph->graph->count) {
    gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "%s: value %d does not exist; there are %llu", op,
                    value, (unsigned long long)graph->graph->count);
    return GAN__NONE;
  }
  const gan__node *node = gan__node_at(graph->graph, (gan__id)value);
  if (types & (gan__dtype_is_float(node->dtype) ? GAN__TAKES_FLOATS : GAN__TAKES_INTEGERS))
    return (gan__id)value;
  char shape[GAN__SHAPE_TEXT];
  gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "%s: value %d is %s %s; allowed %s", op, value,
                  gan__dtype_name(node->dtype), gan__shape_text(shape, &node->shape),
                  types == GAN__TAKES_FLOATS ? "are f32 and f64" : "is i32");
  return GAN__NONE;
}

int32_t gan__scene_give(gan_graph *graph, gan__id id) {
  if (graph->graph->status != GAN_OK) return adopt(graph);
  if (id != GAN__NONE) return (int32_t)id;
  return gan__scene_fail(graph, GAN_ERROR_INTERNAL, "an op gave neither a value nor an error");
}

int32_t gan__scene_out_of_memory(gan_graph *graph) {
  graph->graph->status = GAN_ERROR_MEMORY;
  return adopt(graph);
}

/* What a callback gives must be something that can be minimised. */
static void check_result(gan_graph *graph, int32_t value) {
  gan__id id = gan__scene_take(graph, "result of the callback", value, GAN__TAKES_FLOATS);
  if (id == GAN__NONE) return;
  const gan__node *node = gan__node_at(graph->graph, id);
  char shape[GAN__SHAPE_TEXT];
  if (node->shape.rank != 0)
    gan__scene_fail(graph, GAN_ERROR_SHAPE,
                    "result of the callback: value %d is %s %s; it must be a scalar, as "
                    "gan_graph_mean_all() gives",
                    value, gan__dtype_name(node->dtype), gan__shape_text(shape, &node->shape));
  else if (node->dtype != graph->scene->dtype)
    gan__scene_fail(graph, GAN_ERROR_ARGUMENT,
                    "result of the callback: value %d is %s; the networks are %s", value,
                    gan__dtype_name(node->dtype), gan__dtype_name(graph->scene->dtype));
}

gan_status gan__scene_run(gan__graph *graph, const gan__scene *scene, gan_term_callback callback,
                          void *user, gan__id *result) {
  GAN__CHECK(gan__dtype_is_float(scene->dtype));
  GAN_TRY(graph->status);
  gan_graph handle = {.graph = graph, .scene = scene};
  int32_t value = callback(&handle, user);
  if (value < 0)
    gan__scene_fail(&handle, GAN_ERROR_CALLBACK, "the callback gave %d, without another error",
                    value);
  else
    check_result(&handle, value);
  /* The callback may have made other calls of this context that failed. */
  if (handle.status != GAN_OK)
    return gan__fail(graph->context, handle.status, "%s", handle.message);
  *result = (gan__id)value;
  return GAN_OK;
}
