/* SPDX-License-Identifier: MIT */
/* Job: functions made of several ops: means, norms, softmax, clamp, one-hot. */
#include "graph/compose.h"

gan__id gan__op_mean(gan__graph *graph, gan__id a, int32_t first, int32_t count) {
  if (a == GAN__NONE) return GAN__NONE;
  gan__shape shape = gan__node_at(graph, a)->shape;
  gan__id sum = gan__op_sum(graph, a, first, count);
  if (sum == GAN__NONE) return GAN__NONE;
  int64_t elements = gan__shape_product(&shape, first, first + count);
  if (elements == 0) return gan__graph_fail(graph, GAN_ERROR_SHAPE, "mean: of no elements");
  return gan__op_scale(graph, sum, 1.0 / (double)elements);
}

/* The rule of sqrt makes its gradient 0 where the norm is 0. */
gan__id gan__op_norm(gan__graph *graph, gan__id a, int32_t first, int32_t count) {
  return gan__op_sqrt(graph, gan__op_sum(graph, gan__op_mul(graph, a, a), first, count));
}

gan__id gan__op_insert_axis(gan__graph *graph, gan__id a, int32_t axis) {
  if (a == GAN__NONE) return GAN__NONE;
  gan__shape shape = gan__node_at(graph, a)->shape;
  if (shape.rank >= GAN__RANK_MAX || axis < 0 || axis > shape.rank)
    return gan__graph_fail(graph, GAN_ERROR_SHAPE, "insert_axis: no axis %d for rank %d", axis,
                           shape.rank);
  for (int32_t i = shape.rank++; i > axis; i--)
    shape.dims[i] = shape.dims[i - 1];
  shape.dims[axis] = 1;
  return gan__op_reshape(graph, a, &shape);
}

/* m: the largest along the axis, which disappears. The results below are the same for any m, so
 * that nothing has to flow back through it, at any order of derivative. */
static gan__id largest(gan__graph *graph, gan__id a, int32_t axis) {
  return gan__op_stop_gradient(graph, gan__op_maximum(graph, a, axis));
}

/* exp(a - m), and its sum along the axis, which disappears. */
static gan__id powers(gan__graph *graph, gan__id a, int32_t axis, gan__id m, gan__id *sum) {
  gan__id less = gan__op_sub(graph, a, gan__op_insert_axis(graph, m, axis));
  gan__id power = gan__op_exp(graph, less);
  *sum = gan__op_sum(graph, power, axis, 1);
  return power;
}

gan__id gan__op_logsumexp(gan__graph *graph, gan__id a, int32_t axis) {
  gan__id sum, m = largest(graph, a, axis);
  powers(graph, a, axis, m, &sum);
  return gan__op_add(graph, gan__op_log(graph, sum), m);
}

/* (a - m) - ln sum: m is taken off first, where it is exact. */
gan__id gan__op_log_softmax(gan__graph *graph, gan__id a, int32_t axis) {
  gan__id sum, m = largest(graph, a, axis);
  powers(graph, a, axis, m, &sum);
  gan__id less = gan__op_sub(graph, a, gan__op_insert_axis(graph, m, axis));
  return gan__op_sub(graph, less, gan__op_insert_axis(graph, gan__op_log(graph, sum), axis));
}

gan__id gan__op_softmax(gan__graph *graph, gan__id a, int32_t axis) {
  gan__id sum, power = powers(graph, a, axis, largest(graph, a, axis), &sum);
  return gan__op_div(graph, power, gan__op_insert_axis(graph, sum, axis));
}

gan__id gan__op_clamp(gan__graph *graph, gan__id a, double low, double high) {
  if (a == GAN__NONE) return GAN__NONE;
  gan__id above = gan__op_max(graph, a, gan__op_like(graph, a, low));
  return gan__op_min(graph, above, gan__op_like(graph, a, high));
}

gan__id gan__op_one_hot(gan__graph *graph, gan__id index, int64_t classes, int32_t dtype) {
  if (index == GAN__NONE) return GAN__NONE;
  gan__shape shape = gan__node_at(graph, index)->shape;
  if (shape.rank != 1)
    return gan__graph_fail(graph, GAN_ERROR_SHAPE, "one_hot: the index has rank %d, not 1",
                           shape.rank);
  shape = (gan__shape){2, {shape.dims[0], classes}};
  gan__id column = gan__op_iota(graph, GAN_I32, &shape, 1);
  gan__id own = gan__op_insert_axis(graph, index, 1);
  return gan__op_cast(graph, gan__op_compare(graph, column, GAN__EQUAL, own), dtype);
}
