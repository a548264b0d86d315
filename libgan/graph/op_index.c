/* SPDX-License-Identifier: MIT */
/* Job: gather and its adjoint scatter, by i32 indices along the leading axis. An index outside the
 * range reads zero and writes nowhere, so the two stay adjoint and no index can touch foreign
 * memory. */
#include "graph/build.h"
#include "graph/op_rules.h"

static gan_status refuse(gan__graph *graph, const gan__proto *proto) {
  char value[GAN__SHAPE_TEXT], index[GAN__SHAPE_TEXT];
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  const gan__node *b = gan__node_at(graph, proto->inputs[1]);
  gan__graph_fail(graph, GAN_ERROR_SHAPE, "%s: %s %s and indices %s %s do not fit",
                  gan__ops[proto->op].name, gan__dtype_name(a->dtype),
                  gan__shape_text(value, &a->shape), gan__dtype_name(b->dtype),
                  gan__shape_text(index, &b->shape));
  return graph->status;
}

/* a [R, ...], index [N] -> [N, ...] */
gan_status gan__infer_gather(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  const gan__node *index = gan__node_at(graph, proto->inputs[1]);
  if (a->shape.rank < 1 || index->dtype != GAN_I32 || index->shape.rank != 1)
    return refuse(graph, proto);
  proto->dtype = a->dtype;
  proto->shape = a->shape;
  proto->shape.dims[0] = index->shape.dims[0];
  proto->facts = a->facts & GAN__NONNEGATIVE;
  return GAN_OK;
}

void gan__grad_gather(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  if (!wanted[0]) return;
  int64_t rows = gan__node_at(g, gan__node_input(g, y, 0))->shape.dims[0];
  out[0] = gan__op_scatter(g, u, gan__node_input(g, y, 1), rows);
}

gan__split gan__split_gather(const gan__graph *graph, gan__id id) {
  gan__split split = gan__split_rows(graph, id);
  split.whole[0] = true;
  return split;
}

/* a [N, ...], index [N] -> [rows, ...] */
gan_status gan__infer_scatter(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  const gan__node *index = gan__node_at(graph, proto->inputs[1]);
  if (a->shape.rank < 1 || !gan__dtype_is_float(a->dtype) || index->dtype != GAN_I32
      || index->shape.rank != 1 || index->shape.dims[0] != a->shape.dims[0]
      || proto->attr_count != 1 || proto->attrs[0] < 0)
    return refuse(graph, proto);
  proto->dtype = a->dtype;
  proto->shape = a->shape;
  proto->shape.dims[0] = proto->attrs[0];
  proto->facts = a->facts & GAN__NONNEGATIVE;
  return GAN_OK;
}

void gan__grad_scatter(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  if (wanted[0]) out[0] = gan__op_gather(g, u, gan__node_input(g, y, 1));
}
