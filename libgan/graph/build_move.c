/* SPDX-License-Identifier: MIT */
/* Job: builders of reductions, movement and products. */
#include "graph/build.h"

static gan__id node_of(gan__graph *graph, gan__op op, gan__id a, const int64_t *attrs,
                       int32_t attr_count) {
  if (a == GAN__NONE) return GAN__NONE;
  gan__proto proto = {
      .op = op, .inputs = &a, .input_count = 1, .attrs = attrs, .attr_count = attr_count};
  return gan__graph_node(graph, &proto);
}

static gan__id node_of_two(gan__graph *graph, gan__op op, const gan__id inputs[2],
                           const int64_t *attrs, int32_t attr_count) {
  if (inputs[0] == GAN__NONE || inputs[1] == GAN__NONE) return GAN__NONE;
  gan__proto proto = {
      .op = op, .inputs = inputs, .input_count = 2, .attrs = attrs, .attr_count = attr_count};
  return gan__graph_node(graph, &proto);
}

gan__id gan__op_sum(gan__graph *graph, gan__id a, int32_t first, int32_t count) {
  if (count == 0) return a;
  return node_of(graph, GAN__OP_SUM, a, (int64_t[]){first, count}, 2);
}

gan__id gan__op_sum_all(gan__graph *graph, gan__id a) {
  if (a == GAN__NONE) return GAN__NONE;
  return gan__op_sum(graph, a, 0, gan__node_at(graph, a)->shape.rank);
}

gan__id gan__op_mean_all(gan__graph *graph, gan__id a) {
  if (a == GAN__NONE) return GAN__NONE;
  int64_t count = gan__shape_count(&gan__node_at(graph, a)->shape);
  if (count == 0) return gan__graph_fail(graph, GAN_ERROR_SHAPE, "the mean of no elements");
  return gan__op_scale(graph, gan__op_sum_all(graph, a), 1.0 / (double)count);
}

gan__id gan__op_maximum(gan__graph *graph, gan__id a, int32_t axis) {
  return node_of(graph, GAN__OP_MAXIMUM, a, (int64_t[]){axis, 1}, 2);
}

gan__id gan__op_argmax(gan__graph *graph, gan__id a, int32_t axis) {
  return node_of(graph, GAN__OP_ARGMAX, a, (int64_t[]){axis, 1}, 2);
}

gan__id gan__op_reshape(gan__graph *graph, gan__id a, const gan__shape *shape) {
  if (a == GAN__NONE) return GAN__NONE;
  if (gan__shape_equal(&gan__node_at(graph, a)->shape, shape)) return a;
  gan__proto proto = {.op = GAN__OP_RESHAPE, .shape = *shape, .inputs = &a, .input_count = 1};
  return gan__graph_node(graph, &proto);
}

gan__id gan__op_transpose(gan__graph *graph, gan__id a, const int32_t *permutation) {
  if (a == GAN__NONE) return GAN__NONE;
  int64_t attrs[GAN__RANK_MAX] = {0};
  int32_t rank = gan__node_at(graph, a)->shape.rank;
  for (int32_t i = 0; i < rank; i++)
    attrs[i] = permutation[i];
  return node_of(graph, GAN__OP_TRANSPOSE, a, attrs, rank);
}

gan__id gan__op_reverse(gan__graph *graph, gan__id a, int32_t axis) {
  return node_of(graph, GAN__OP_REVERSE, a, (int64_t[]){axis}, 1);
}

gan__id gan__op_broadcast(gan__graph *graph, gan__id a, const gan__shape *shape,
                          const int32_t *axes) {
  if (a == GAN__NONE) return GAN__NONE;
  if (gan__shape_equal(&gan__node_at(graph, a)->shape, shape)) return a;
  int64_t attrs[GAN__RANK_MAX] = {0};
  int32_t rank = gan__node_at(graph, a)->shape.rank;
  for (int32_t i = 0; i < rank; i++)
    attrs[i] = axes[i];
  gan__proto proto = {.op = GAN__OP_BROADCAST,
                      .shape = *shape,
                      .inputs = &a,
                      .input_count = 1,
                      .attrs = attrs,
                      .attr_count = rank};
  return gan__graph_node(graph, &proto);
}

gan__id gan__op_broadcast_to(gan__graph *graph, gan__id a, const gan__shape *shape) {
  if (a == GAN__NONE) return GAN__NONE;
  gan__shape from = gan__node_at(graph, a)->shape;
  if (gan__shape_equal(&from, shape)) return a;
  /* Dims of 1 that stretch are dropped by a reshape, so that the broadcast maps equal sizes. */
  gan__shape kept = {.rank = 0};
  int32_t axes[GAN__RANK_MAX] = {0}, lead = shape->rank - from.rank;
  for (int32_t i = 0; i < from.rank; i++) {
    if (lead + i >= 0 && from.dims[i] == 1 && shape->dims[lead + i] != 1) continue;
    axes[kept.rank] = lead + i;
    kept.dims[kept.rank++] = from.dims[i];
  }
  double value;
  if (gan__is_constant(graph, a, &value))
    return gan__op_constant(graph, gan__node_at(graph, a)->dtype, shape, value);
  return gan__op_broadcast(graph, gan__op_reshape(graph, a, &kept), shape, axes);
}

gan__id gan__op_slice(gan__graph *graph, gan__id a, int32_t axis, int64_t start, int64_t stop,
                      int64_t step) {
  return node_of(graph, GAN__OP_SLICE, a, (int64_t[]){axis, start, stop, step}, 4);
}

gan__id gan__op_pad(gan__graph *graph, gan__id a, int32_t axis, int64_t low, int64_t high,
                    int64_t interior) {
  return node_of(graph, GAN__OP_PAD, a, (int64_t[]){axis, low, high, interior}, 4);
}

gan__id gan__op_concat(gan__graph *graph, const gan__id *parts, int32_t count, int32_t axis) {
  for (int32_t i = 0; i < count; i++)
    if (parts[i] == GAN__NONE) return GAN__NONE;
  if (count == 1) return parts[0];
  int64_t attr = axis;
  gan__proto proto = {
      .op = GAN__OP_CONCAT, .inputs = parts, .input_count = count, .attrs = &attr, .attr_count = 1};
  return gan__graph_node(graph, &proto);
}

gan__id gan__op_gather(gan__graph *graph, gan__id a, gan__id index) {
  return node_of_two(graph, GAN__OP_GATHER, (gan__id[]){a, index}, NULL, 0);
}

gan__id gan__op_scatter(gan__graph *graph, gan__id a, gan__id index, int64_t rows) {
  return node_of_two(graph, GAN__OP_SCATTER, (gan__id[]){a, index}, &rows, 1);
}

gan__id gan__op_take(gan__graph *graph, gan__id a, gan__id index, int32_t axis) {
  return node_of_two(graph, GAN__OP_TAKE, (gan__id[]){a, index}, (int64_t[]){axis}, 1);
}

gan__id gan__op_put(gan__graph *graph, gan__id a, gan__id index, int32_t axis, int64_t size) {
  return node_of_two(graph, GAN__OP_PUT, (gan__id[]){a, index}, (int64_t[]){axis, size}, 2);
}

gan__id gan__op_matmul(gan__graph *graph, gan__id a, gan__id b, bool transpose_a,
                       bool transpose_b) {
  if (a == GAN__NONE || b == GAN__NONE) return GAN__NONE;
  gan__id inputs[2] = {a, b};
  int64_t attrs[2] = {transpose_a, transpose_b};
  gan__proto proto = {
      .op = GAN__OP_MATMUL, .inputs = inputs, .input_count = 2, .attrs = attrs, .attr_count = 2};
  return gan__graph_node(graph, &proto);
}

gan__id gan__op_pack(gan__graph *graph, gan__id a, bool transpose, int64_t width) {
  return node_of(graph, GAN__OP_PACK, a, (int64_t[]){transpose, width}, 2);
}

gan__id gan__op_matmul_packed(gan__graph *graph, const gan__id inputs[3], bool transpose_a,
                              bool transpose_b) {
  int64_t attrs[2] = {transpose_a, transpose_b};
  gan__proto proto = {
      .op = GAN__OP_MATMUL, .inputs = inputs, .input_count = 3, .attrs = attrs, .attr_count = 2};
  return gan__graph_node(graph, &proto);
}

gan__id gan__op_pairwise(gan__graph *graph, gan__id m) {
  return node_of(graph, GAN__OP_PAIRWISE, m, NULL, 0);
}

gan__id gan__op_pairwise_pull(gan__graph *graph, gan__id w, gan__id m) {
  return node_of_two(graph, GAN__OP_PAIRWISE_PULL, (gan__id[]){w, m}, NULL, 0);
}

gan__id gan__op_pairwise_push(gan__graph *graph, gan__id v, gan__id m) {
  return node_of_two(graph, GAN__OP_PAIRWISE_PUSH, (gan__id[]){v, m}, NULL, 0);
}
