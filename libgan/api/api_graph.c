/* SPDX-License-Identifier: MIT */
/* Job: the public calls of graph.h: check arguments, call down. */
#include "base/hash.h"
#include "base/memory.h"
#include "graph/build.h"
#include "graph/gradient.h"
#include "graph/scene.h"

/* ---- Errors and questions. ---- */

gan_status gan_graph_status(const gan_graph *graph) {
  return graph ? graph->status : GAN_ERROR_ARGUMENT;
}

const char *gan_graph_message(const gan_graph *graph) {
  return graph ? graph->message : "";
}

int32_t gan_graph_fail(gan_graph *graph, const char *message) {
  if (!graph) return -1;
  return gan__scene_fail(graph, GAN_ERROR_CALLBACK, "%s",
                         message ? message : "the callback failed");
}

static const gan__node *node_of(const gan_graph *graph, int32_t value) {
  bool there = graph && value >= 0 && (uint64_t)value < graph->graph->count;
  return there ? gan__node_at(graph->graph, (gan__id)value) : NULL;
}

int32_t gan_graph_dtype(const gan_graph *graph, int32_t value) {
  const gan__node *node = node_of(graph, value);
  return node ? node->dtype : 0;
}

int32_t gan_graph_rank(const gan_graph *graph, int32_t value) {
  const gan__node *node = node_of(graph, value);
  return node ? node->shape.rank : 0;
}

int64_t gan_graph_dim(const gan_graph *graph, int32_t value, int32_t axis) {
  const gan__node *node = node_of(graph, value);
  return node && axis >= 0 && axis < node->shape.rank ? node->shape.dims[axis] : 0;
}

int64_t gan_graph_elements(const gan_graph *graph, int32_t value) {
  const gan__node *node = node_of(graph, value);
  return node ? gan__shape_count(&node->shape) : 0;
}

/* ---- What the players have. ---- */

static bool exists(gan_graph *graph, const char *what, bool answered) {
  if (!answered)
    gan__scene_fail(graph, GAN_ERROR_STATE, "%s: there is nothing of this kind here", what);
  return answered;
}

static bool rows_exist(gan_graph *graph, const char *what, int32_t rows, bool answered) {
  if (!gan__scene_open(graph)) return false;
  if (rows >= GAN_ROWS_REAL && rows <= GAN_ROWS_LABELLED) return exists(graph, what, answered);
  gan__scene_fail(graph, GAN_ERROR_ARGUMENT,
                  "%s: rows is %d; allowed are GAN_ROWS_REAL (1), GAN_ROWS_FAKE (2) and "
                  "GAN_ROWS_LABELLED (3)",
                  what, rows);
  return false;
}

static bool text_is_there(gan_graph *graph, const char *what, const char *argument,
                          const char *text) {
  if (!text) gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "%s: %s is NULL", what, argument);
  return text;
}

int32_t gan_graph_logits(gan_graph *graph, int32_t rows) {
  if (!graph || !rows_exist(graph, "logits", rows, graph->scene->logits)) return -1;
  return gan__scene_give(graph, graph->scene->logits(graph->scene->self, rows));
}

int32_t gan_graph_features(gan_graph *graph, int32_t rows, const char *layer) {
  if (!graph || !rows_exist(graph, "features", rows, graph->scene->features)) return -1;
  if (!text_is_there(graph, "features", "layer", layer)) return -1;
  return gan__scene_give(graph, graph->scene->features(graph->scene->self, rows, layer));
}

int32_t gan_graph_rows(gan_graph *graph, int32_t rows) {
  if (!graph || !rows_exist(graph, "rows", rows, graph->scene->rows)) return -1;
  return gan__scene_give(graph, graph->scene->rows(graph->scene->self, rows));
}

int32_t gan_graph_labels(gan_graph *graph) {
  if (!gan__scene_open(graph) || !exists(graph, "labels", graph->scene->labels)) return -1;
  return gan__scene_give(graph, graph->scene->labels(graph->scene->self));
}

int32_t gan_graph_latent(gan_graph *graph) {
  if (!gan__scene_open(graph) || !exists(graph, "latent", graph->scene->latent)) return -1;
  return gan__scene_give(graph, graph->scene->latent(graph->scene->self));
}

int32_t gan_graph_parameter(gan_graph *graph, const char *player, const char *name) {
  if (!gan__scene_open(graph) || !exists(graph, "parameter", graph->scene->parameter)) return -1;
  if (!text_is_there(graph, "parameter", "player", player)) return -1;
  if (!text_is_there(graph, "parameter", "name", name)) return -1;
  return gan__scene_give(graph, graph->scene->parameter(graph->scene->self, player, name));
}

/* ---- Constants and draws. ---- */

int32_t gan_graph_scalar(gan_graph *graph, double number) {
  return gan_graph_constant(graph, 0, 0, NULL, number);
}

int32_t gan_graph_constant(gan_graph *graph, int32_t dtype, int32_t rank, const int64_t *dims,
                           double number) {
  gan__shape shape;
  if (!gan__scene_dtype(graph, "constant", GAN__TAKES_ALL, &dtype)) return -1;
  if (!gan__scene_shape(graph, "constant", rank, dims, &shape)) return -1;
  if (!gan__scene_number(graph, "constant", dtype, number)) return -1;
  return gan__scene_give(graph, gan__op_constant(graph->graph, dtype, &shape, number));
}

int32_t gan_graph_like(gan_graph *graph, int32_t model, double number) {
  gan__id id = gan__scene_take(graph, "like", model, GAN__TAKES_ALL);
  if (id == GAN__NONE) return -1;
  int32_t dtype = gan__node_at(graph->graph, id)->dtype;
  if (!gan__scene_number(graph, "like", dtype, number)) return -1;
  return gan__scene_give(graph, gan__op_like(graph->graph, id, number));
}

int32_t gan_graph_iota(gan_graph *graph, int32_t dtype, int32_t rank, const int64_t *dims,
                       int32_t axis) {
  gan__shape shape;
  if (!gan__scene_dtype(graph, "iota", GAN__TAKES_ALL, &dtype)) return -1;
  if (!gan__scene_shape(graph, "iota", rank, dims, &shape)) return -1;
  if (axis >= 0 && axis < rank)
    return gan__scene_give(graph, gan__op_iota(graph->graph, dtype, &shape, axis));
  return gan__scene_fail(graph, GAN_ERROR_SHAPE, "iota: axis is %d of rank %d", axis, rank);
}

/* The caller's sites are apart from the library's own. */
static uint64_t own_site(const gan_graph *graph, uint64_t site) {
  return gan__join(gan__join(gan__hash_text("callback"), graph->scene->site), site);
}

int32_t gan_graph_uniform(gan_graph *graph, int32_t dtype, int32_t rank, const int64_t *dims,
                          uint64_t site) {
  gan__shape shape;
  if (!gan__scene_dtype(graph, "uniform", GAN__TAKES_FLOATS, &dtype)) return -1;
  if (!gan__scene_shape(graph, "uniform", rank, dims, &shape)) return -1;
  site = own_site(graph, site);
  return gan__scene_give(graph, gan__op_uniform(graph->graph, dtype, &shape, site));
}

int32_t gan_graph_normal(gan_graph *graph, int32_t dtype, int32_t rank, const int64_t *dims,
                         uint64_t site) {
  gan__shape shape;
  if (!gan__scene_dtype(graph, "normal", GAN__TAKES_FLOATS, &dtype)) return -1;
  if (!gan__scene_shape(graph, "normal", rank, dims, &shape)) return -1;
  site = own_site(graph, site);
  return gan__scene_give(graph, gan__op_normal(graph->graph, dtype, &shape, site));
}

/* ---- Derivatives. ---- */

/* The nodes of y and of all xs; false with an error. */
static bool take_all(gan_graph *graph, int32_t y, const int32_t *xs, int32_t count,
                     gan__id *nodes) {
  gan__id of = gan__scene_take(graph, "gradient", y, GAN__TAKES_FLOATS);
  if (of == GAN__NONE) return false;
  const gan__shape *shape = &gan__node_at(graph->graph, of)->shape;
  char text[GAN__SHAPE_TEXT];
  if (shape->rank != 0)
    gan__scene_fail(graph, GAN_ERROR_SHAPE,
                    "gradient: value %d is %s; only scalars have one: gan_graph_sum_all()", y,
                    gan__shape_text(text, shape));
  for (int32_t i = 0; i < count; i++)
    nodes[i] = gan__scene_take(graph, "gradient", xs[i], GAN__TAKES_FLOATS);
  return gan__scene_open(graph);
}

/* Fills out; false with an error. */
static bool differentiate(gan_graph *graph, int32_t y, const int32_t *xs, int32_t count,
                          int32_t *out) {
  gan_context *context = graph->graph->context;
  gan__id *nodes = gan__allocate(context, (uint64_t)count * 2, sizeof *nodes);
  if (!nodes) return gan__scene_out_of_memory(graph) >= 0;
  gan__id *gradients = nodes + count;
  if (take_all(graph, y, xs, count, nodes)) {
    const gan__scene *scene = graph->scene;
    gan__gradient_partial(graph->graph, (gan__id)y, nodes, count, scene->held, scene->held_count,
                          gradients);
    for (int32_t i = 0; i < count; i++)
      out[i] = gan__scene_give(graph, gradients[i]);
  }
  gan__release(context, nodes);
  return gan__scene_open(graph);
}

gan_status gan_graph_gradient(gan_graph *graph, int32_t y, const int32_t *xs, int32_t count,
                              int32_t *out) {
  if (gan__scene_open(graph) && !xs)
    gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "gradient: xs is NULL");
  if (gan__scene_open(graph) && !out)
    gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "gradient: out is NULL");
  if (gan__scene_open(graph) && count < 1)
    gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "gradient: count is %d; at least 1 is allowed",
                    count);
  if (gan__scene_open(graph) && differentiate(graph, y, xs, count, out)) return GAN_OK;
  for (int32_t i = 0; out && i < count; i++)
    out[i] = -1;
  return gan_graph_status(graph);
}

int32_t gan_graph_stop_gradient(gan_graph *graph, int32_t a) {
  gan__id id = gan__scene_take(graph, "stop_gradient", a, GAN__TAKES_ALL);
  if (id == GAN__NONE) return -1;
  return gan__scene_give(graph, gan__op_stop_gradient(graph->graph, id));
}
