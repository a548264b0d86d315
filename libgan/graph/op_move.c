/* SPDX-License-Identifier: MIT */
/* Job: reshape, transpose, broadcast: shapes, gradients, splits, simplification. */
#include "graph/build.h"
#include "graph/op_rules.h"

static gan_status refuse(gan__graph *graph, const gan__proto *proto) {
  char from[GAN__SHAPE_TEXT], to[GAN__SHAPE_TEXT];
  gan__graph_fail(graph, GAN_ERROR_SHAPE, "%s: %s does not become %s", gan__ops[proto->op].name,
                  gan__shape_text(from, &gan__node_at(graph, proto->inputs[0])->shape),
                  gan__shape_text(to, &proto->shape));
  return graph->status;
}

static const gan__shape *input_shape(const gan__graph *graph, gan__id id) {
  return &gan__node_at(graph, gan__node_input(graph, id, 0))->shape;
}

/* -- reshape -- */

gan_status gan__infer_reshape(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  if (!gan__shape_valid(&proto->shape, a->dtype)
      || gan__shape_count(&proto->shape) != gan__shape_count(&a->shape))
    return refuse(graph, proto);
  proto->dtype = a->dtype;
  proto->facts = a->facts;
  return GAN_OK;
}

void gan__grad_reshape(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  gan__shape shape = *input_shape(g, y);
  out[0] = gan__op_reshape(g, u, &shape);
}

/* Rows stay rows while the leading dim does. */
gan__split gan__split_reshape(const gan__graph *graph, gan__id id) {
  const gan__shape *from = input_shape(graph, id), *to = &gan__node_at(graph, id)->shape;
  if (from->rank && to->rank && from->dims[0] == to->dims[0]) return gan__split_rows(graph, id);
  return gan__split_none(graph, id);
}

gan__id gan__simplify_reshape(gan__graph *graph, const gan__proto *proto) {
  gan__id a = proto->inputs[0];
  if (gan__shape_equal(&gan__node_at(graph, a)->shape, &proto->shape)) return a;
  double value;
  if (gan__is_constant(graph, a, &value))
    return gan__op_constant(graph, proto->dtype, &proto->shape, value);
  if (gan__node_at(graph, a)->op == GAN__OP_RESHAPE)
    return gan__op_reshape(graph, gan__node_input(graph, a, 0), &proto->shape);
  return GAN__NONE;
}

/* -- transpose -- */

gan_status gan__infer_transpose(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  uint32_t seen = 0;
  proto->shape = a->shape;
  for (int32_t i = 0; i < proto->attr_count; i++) {
    int64_t axis = proto->attrs[i];
    if (axis < 0 || axis >= a->shape.rank || (seen >> axis & 1)) return refuse(graph, proto);
    seen |= 1u << axis;
    proto->shape.dims[i] = a->shape.dims[axis];
  }
  if (proto->attr_count != a->shape.rank) return refuse(graph, proto);
  proto->dtype = a->dtype;
  proto->facts = a->facts;
  return GAN_OK;
}

void gan__grad_transpose(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  int32_t inverse[GAN__RANK_MAX] = {0};
  for (int32_t i = 0; i < gan__node_at(g, y)->attr_count; i++)
    inverse[gan__node_attrs(g, y)[i]] = i;
  out[0] = gan__op_transpose(g, u, inverse);
}

gan__split gan__split_transpose(const gan__graph *graph, gan__id id) {
  const gan__node *node = gan__node_at(graph, id);
  if (node->attr_count && gan__node_attrs(graph, id)[0] == 0) return gan__split_rows(graph, id);
  return gan__split_none(graph, id);
}

gan__id gan__simplify_transpose(gan__graph *graph, const gan__proto *proto) {
  gan__id a = proto->inputs[0];
  const gan__node *node = gan__node_at(graph, a);
  int32_t rank = node->shape.rank, order[GAN__RANK_MAX] = {0};
  bool identity = true, twice = node->op == GAN__OP_TRANSPOSE;
  for (int32_t i = 0; i < rank; i++) {
    identity &= proto->attrs[i] == i;
    order[i] = twice ? (int32_t)gan__node_attrs(graph, a)[proto->attrs[i]] : 0;
  }
  if (identity) return a;
  double value;
  if (gan__is_constant(graph, a, &value))
    return gan__op_constant(graph, proto->dtype, &proto->shape, value);
  return twice ? gan__op_transpose(graph, gan__node_input(graph, a, 0), order) : GAN__NONE;
}

/* -- broadcast -- */

gan_status gan__infer_broadcast(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  if (proto->attr_count != a->shape.rank) return refuse(graph, proto);
  for (int32_t i = 0; i < proto->attr_count; i++) {
    int64_t axis = proto->attrs[i];
    if (axis < 0 || axis >= proto->shape.rank || (i > 0 && axis <= proto->attrs[i - 1])
        || proto->shape.dims[axis] != a->shape.dims[i])
      return refuse(graph, proto);
  }
  proto->dtype = a->dtype;
  proto->facts = a->facts;
  return GAN_OK;
}

/* Sums over the axes that the input does not have, from the last group to the first, so that the
 * numbers of the axes before stay as they are. */
void gan__grad_broadcast(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  bool mapped[GAN__RANK_MAX] = {false};
  for (int32_t i = 0; i < gan__node_at(g, y)->attr_count; i++)
    mapped[gan__node_attrs(g, y)[i]] = true;
  gan__id sum = u;
  for (int32_t axis = gan__node_at(g, y)->shape.rank - 1, count; axis >= 0; axis -= count) {
    for (count = 0; axis - count >= 0 && !mapped[axis - count];)
      count++;
    if (count)
      sum = gan__op_sum(g, sum, axis - count + 1, count);
    else
      count = 1;
  }
  out[0] = sum;
}

gan__split gan__split_broadcast(const gan__graph *graph, gan__id id) {
  const gan__node *node = gan__node_at(graph, id);
  gan__split split = gan__split_rows(graph, id);
  split.whole[0] = !(node->attr_count && gan__node_attrs(graph, id)[0] == 0);
  return split;
}

gan__id gan__simplify_broadcast(gan__graph *graph, const gan__proto *proto) {
  gan__id a = proto->inputs[0];
  const gan__node *node = gan__node_at(graph, a);
  double value;
  if (gan__is_constant(graph, a, &value))
    return gan__op_constant(graph, proto->dtype, &proto->shape, value);
  if (gan__shape_equal(&node->shape, &proto->shape)) return a;
  if (node->op != GAN__OP_BROADCAST) return GAN__NONE;
  int32_t axes[GAN__RANK_MAX] = {0};
  for (int32_t i = 0; i < node->attr_count; i++)
    axes[i] = (int32_t)proto->attrs[gan__node_attrs(graph, a)[i]];
  return gan__op_broadcast(graph, gan__node_input(graph, a, 0), &proto->shape, axes);
}
