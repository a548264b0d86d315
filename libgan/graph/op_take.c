/* SPDX-License-Identifier: MIT */
/* Job: take and its adjoint put, by an i32 index of its own for every place along one axis. An
 * index outside the range reads zero and writes nowhere, so the two stay adjoint. */
#include "graph/build.h"
#include "graph/op_rules.h"

static gan_status refuse(gan__graph *graph, const gan__proto *proto) {
  char value[GAN__SHAPE_TEXT], index[GAN__SHAPE_TEXT];
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  const gan__node *b = gan__node_at(graph, proto->inputs[1]);
  gan__graph_fail(graph, GAN_ERROR_SHAPE, "%s: %s %s and indices %s %s along axis %lld do not fit",
                  gan__ops[proto->op].name, gan__dtype_name(a->dtype),
                  gan__shape_text(value, &a->shape), gan__dtype_name(b->dtype),
                  gan__shape_text(index, &b->shape),
                  (long long)(proto->attr_count > 0 ? proto->attrs[0] : -1));
  return graph->status;
}

/* The shape without its axis. */
static gan__shape without(const gan__shape *shape, int64_t axis) {
  gan__shape rest = {.rank = 0};
  for (int32_t i = 0; i < shape->rank; i++)
    if (i != axis) rest.dims[rest.rank++] = shape->dims[i];
  return rest;
}

/* a [.., S, ..], index [.., ..] -> [.., ..] */
gan_status gan__infer_take(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  const gan__node *index = gan__node_at(graph, proto->inputs[1]);
  if (proto->attr_count != 1 || proto->attrs[0] < 0 || proto->attrs[0] >= a->shape.rank)
    return refuse(graph, proto);
  gan__shape rest = without(&a->shape, proto->attrs[0]);
  if (index->dtype != GAN_I32 || !gan__shape_equal(&rest, &index->shape))
    return refuse(graph, proto);
  proto->dtype = a->dtype;
  proto->shape = rest;
  proto->facts = a->facts & GAN__NONNEGATIVE;
  return GAN_OK;
}

void gan__grad_take(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  if (!wanted[0]) return;
  int32_t axis = (int32_t)gan__node_attrs(g, y)[0];
  int64_t size = gan__node_at(g, gan__node_input(g, y, 0))->shape.dims[axis];
  out[0] = gan__op_put(g, u, gan__node_input(g, y, 1), axis, size);
}

/* a [.., ..], index [.., ..] -> [.., size, ..] */
gan_status gan__infer_put(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  const gan__node *index = gan__node_at(graph, proto->inputs[1]);
  if (index->dtype != GAN_I32 || !gan__shape_equal(&a->shape, &index->shape)
      || proto->attr_count != 2 || proto->attrs[0] < 0 || proto->attrs[0] > a->shape.rank
      || proto->attrs[1] < 0 || a->shape.rank == GAN__RANK_MAX)
    return refuse(graph, proto);
  int32_t axis = (int32_t)proto->attrs[0];
  gan__shape shape = {.rank = a->shape.rank + 1};
  for (int32_t i = 0; i < shape.rank; i++)
    shape.dims[i] = i == axis ? proto->attrs[1] : a->shape.dims[i > axis ? i - 1 : i];
  proto->dtype = a->dtype;
  proto->shape = shape;
  proto->facts = a->facts & GAN__NONNEGATIVE;
  return GAN_OK;
}

void gan__grad_put(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  if (!wanted[0]) return;
  int32_t axis = (int32_t)gan__node_attrs(g, y)[0];
  out[0] = gan__op_take(g, u, gan__node_input(g, y, 1), axis);
}
