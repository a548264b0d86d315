/* SPDX-License-Identifier: MIT */
/* Job: sums, maxima and argmax over neighbouring axes: shapes, gradients, splits. */
#include "graph/build.h"
#include "graph/op_rules.h"

gan_status gan__infer_reduce(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  int64_t first = proto->attr_count == 2 ? proto->attrs[0] : -1;
  int64_t count = proto->attr_count == 2 ? proto->attrs[1] : -1;
  if (first < 0 || count < 1 || first + count > a->shape.rank) {
    char shape[GAN__SHAPE_TEXT];
    gan__graph_fail(graph, GAN_ERROR_SHAPE, "%s: axes %lld..%lld of shape %s",
                    gan__ops[proto->op].name, (long long)first, (long long)(first + count - 1),
                    gan__shape_text(shape, &a->shape));
    return graph->status;
  }
  gan__shape shape = {.rank = 0};
  for (int32_t i = 0; i < a->shape.rank; i++)
    if (i < first || i >= first + count) shape.dims[shape.rank++] = a->shape.dims[i];
  proto->dtype = a->dtype;
  proto->shape = shape;
  proto->facts = proto->op == GAN__OP_SUM ? a->facts & GAN__NONNEGATIVE : 0;
  return GAN_OK;
}

/* One axis, and at least one element: the largest of none does not exist. */
gan_status gan__infer_reduce_one(gan__graph *graph, gan__proto *proto) {
  GAN_TRY(gan__infer_reduce(graph, proto));
  int64_t axis = proto->attrs[0];
  if (proto->attrs[1] == 1 && gan__node_at(graph, proto->inputs[0])->shape.dims[axis] > 0)
    return GAN_OK;
  gan__graph_fail(graph, GAN_ERROR_SHAPE, "%s: needs one axis with at least one element",
                  gan__ops[proto->op].name);
  return graph->status;
}

gan_status gan__infer_argmax(gan__graph *graph, gan__proto *proto) {
  GAN_TRY(gan__infer_reduce_one(graph, proto));
  proto->dtype = GAN_I32;
  proto->facts = GAN__NONNEGATIVE;
  return GAN_OK;
}

/* Repeats the reduced value along the axes that disappeared. */
static gan__id repeat(gan__graph *g, gan__id value, gan__id node) {
  gan__shape shape = gan__node_at(g, gan__node_input(g, node, 0))->shape;
  int64_t first = gan__node_attrs(g, node)[0], count = gan__node_attrs(g, node)[1];
  int32_t axes[GAN__RANK_MAX] = {0};
  for (int32_t i = 0; i < shape.rank - count; i++)
    axes[i] = i < first ? i : i + (int32_t)count;
  return gan__op_broadcast(g, value, &shape, axes);
}

void gan__grad_sum(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  out[0] = repeat(g, u, y);
}

/* u at the first index that holds the maximum, zeros elsewhere: of what was reduced only the
 * indices are kept. */
void gan__grad_maximum(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  gan__id a = gan__node_input(g, y, 0);
  int32_t axis = (int32_t)gan__node_attrs(g, y)[0];
  int64_t size = gan__node_at(g, a)->shape.dims[axis];
  gan__id winner = gan__op_argmax(g, a, axis);
  out[0] = gan__op_put(g, u, winner, axis, size);
}

/* Along the leading axis a sum is made of the rows' contributions; along others each row has its
 * own. */
gan__split gan__split_sum(const gan__graph *graph, gan__id id) {
  const gan__shape *input = &gan__node_at(graph, gan__node_input(graph, id, 0))->shape;
  bool leading = gan__node_attrs(graph, id)[0] == 0;
  return (gan__split){.kind = leading ? GAN__SPLIT_REDUCE : GAN__SPLIT_ROWS,
                      .extent = input->dims[0]};
}

gan__split gan__split_reduce(const gan__graph *graph, gan__id id) {
  if (gan__node_attrs(graph, id)[0] == 0) return gan__split_none(graph, id);
  return gan__split_rows(graph, id);
}

/* The sum of nothing; of a constant; of a value over the very axes along which it was repeated. */
gan__id gan__simplify_sum(gan__graph *graph, const gan__proto *proto) {
  gan__id a = proto->inputs[0];
  gan__shape shape = gan__node_at(graph, a)->shape;
  int32_t first = (int32_t)proto->attrs[0], count = (int32_t)proto->attrs[1];
  double times = (double)gan__shape_product(&shape, first, first + count), value;
  if (times == 0) return gan__op_constant(graph, proto->dtype, &proto->shape, 0);
  if (gan__is_constant(graph, a, &value))
    return gan__op_constant(graph, proto->dtype, &proto->shape, value * times);
  if (gan__node_at(graph, a)->op != GAN__OP_BROADCAST) return GAN__NONE;
  int32_t kept = gan__node_at(graph, a)->attr_count;
  if (kept != shape.rank - count) return GAN__NONE;
  for (int32_t i = 0; i < kept; i++)
    if (gan__node_attrs(graph, a)[i] != (i < first ? i : i + count)) return GAN__NONE;
  return gan__op_scale(graph, gan__node_input(graph, a, 0), times);
}
