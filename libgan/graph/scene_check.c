/* SPDX-License-Identifier: MIT */
/* Job: check what a callback asks of the graph, and say what is allowed. */
#include <float.h>
#include <math.h>

#include "base/text.h"
#include "graph/scene.h"

static const gan__shape *shape_of(const gan_graph *graph, gan__id id) {
  return &gan__node_at(graph->graph, id)->shape;
}

/* NumPy's rule: aligned at the last axis, sizes are equal or one of them is 1. */
static bool broadcasts(const gan__shape *a, const gan__shape *b) {
  for (int32_t i = 1; i <= a->rank && i <= b->rank; i++) {
    int64_t x = a->dims[a->rank - i], y = b->dims[b->rank - i];
    if (x != y && x != 1 && y != 1) return false;
  }
  return true;
}

bool gan__scene_alike(gan_graph *graph, const char *op, gan__id a, gan__id b) {
  const gan__node *x = gan__node_at(graph->graph, a), *y = gan__node_at(graph->graph, b);
  if (x->dtype == y->dtype) return true;
  char left[GAN__SHAPE_TEXT], right[GAN__SHAPE_TEXT];
  gan__scene_fail(graph, GAN_ERROR_ARGUMENT,
                  "%s: %s %s and %s %s differ in type; gan_graph_cast() changes one", op,
                  gan__dtype_name(x->dtype), gan__shape_text(left, &x->shape),
                  gan__dtype_name(y->dtype), gan__shape_text(right, &y->shape));
  return false;
}

bool gan__scene_pair(gan_graph *graph, const char *op, gan__id a, gan__id b) {
  if (!gan__scene_alike(graph, op, a, b)) return false;
  const gan__shape *x = shape_of(graph, a), *y = shape_of(graph, b);
  if (broadcasts(x, y)) return true;
  char left[GAN__SHAPE_TEXT], right[GAN__SHAPE_TEXT];
  gan__scene_fail(graph, GAN_ERROR_SHAPE,
                  "%s: shapes %s and %s do not fit; sizes, counted from the last, must be equal or "
                  "1",
                  op, gan__shape_text(left, x), gan__shape_text(right, y));
  return false;
}

bool gan__scene_axis(gan_graph *graph, const char *op, gan__id a, int32_t axis) {
  const gan__shape *shape = shape_of(graph, a);
  if (axis >= 0 && axis < shape->rank) return true;
  char text[GAN__SHAPE_TEXT];
  gan__shape_text(text, shape);
  if (shape->rank == 0)
    gan__scene_fail(graph, GAN_ERROR_SHAPE, "%s: axis %d of a scalar, which has none", op, axis);
  else
    gan__scene_fail(graph, GAN_ERROR_SHAPE, "%s: axis %d of %s; allowed are 0 to %d", op, axis,
                    text, shape->rank - 1);
  return false;
}

bool gan__scene_axes(gan_graph *graph, const char *op, gan__id a, int32_t first, int32_t count) {
  const gan__shape *shape = shape_of(graph, a);
  if (first >= 0 && count >= 0 && first <= shape->rank && count <= shape->rank - first) return true;
  char text[GAN__SHAPE_TEXT];
  gan__scene_fail(graph, GAN_ERROR_SHAPE, "%s: %d axes from axis %d of %s, which has %d", op, count,
                  first, gan__shape_text(text, shape), shape->rank);
  return false;
}

bool gan__scene_shape(gan_graph *graph, const char *op, int32_t rank, const int64_t *dims,
                      gan__shape *shape) {
  if (!gan__scene_open(graph)) return false;
  if (rank < 0 || rank > GAN__RANK_MAX)
    gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "%s: rank is %d; allowed are 0 to %d", op, rank,
                    GAN__RANK_MAX);
  else if (rank > 0 && !dims)
    gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "%s: dims is NULL", op);
  else
    for (int32_t i = 0; i < rank; i++)
      if (dims[i] < 1)
        gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "%s: dims[%d] is %lld; at least 1 is allowed",
                        op, i, (long long)dims[i]);
  if (graph->status != GAN_OK) return false;
  *shape = gan__shape_make(rank, dims);
  return true;
}

bool gan__scene_dtype(gan_graph *graph, const char *op, int32_t types, int32_t *dtype) {
  if (!gan__scene_open(graph)) return false;
  if (*dtype == 0) *dtype = graph->scene->dtype;
  bool all = types & GAN__TAKES_INTEGERS;
  if (gan__dtype_is_float(*dtype) || (all && *dtype == GAN_I32)) return true;
  gan__scene_fail(graph, GAN_ERROR_ARGUMENT,
                  "%s: dtype is %d; allowed are 0 (as the networks), GAN_F32 (1)%s GAN_F64 (2)%s",
                  op, *dtype, all ? "," : " and", all ? " and GAN_I32 (3)" : "");
  return false;
}

bool gan__scene_number(gan_graph *graph, const char *op, int32_t dtype, double number) {
  if (!gan__scene_open(graph)) return false;
  double most = dtype == GAN_F32 ? (double)FLT_MAX : DBL_MAX;
  const char *allowed = "finite numbers";
  bool good = fabs(number) <= most; /* false for NaN */
  if (dtype == GAN_I32) {
    good = number >= INT32_MIN && number <= INT32_MAX && number == floor(number);
    allowed = "whole numbers";
  }
  char text[32];
  if (!good)
    gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "%s: the number is %s; allowed are %s within %s", op,
                    gan__text_double(text, number), allowed, gan__dtype_name(dtype));
  return good;
}
