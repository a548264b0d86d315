/* SPDX-License-Identifier: MIT */
/* Job: pack, a matrix in strips of columns as products read it: shape, gradient, split. */
#include "graph/build.h"
#include "graph/op_rules.h"

/* [k, n], or [n, k] to be transposed, becomes [strips, k, width]. */
gan_status gan__infer_pack(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  char shape[GAN__SHAPE_TEXT];
  if (a->shape.rank != 2 || proto->attr_count != 2 || proto->attrs[1] < 1) {
    gan__graph_fail(graph, GAN_ERROR_SHAPE, "pack: %s into strips of %lld columns",
                    gan__shape_text(shape, &a->shape),
                    (long long)(proto->attr_count == 2 ? proto->attrs[1] : 0));
    return graph->status;
  }
  int64_t transposed = proto->attrs[0] != 0, width = proto->attrs[1];
  int64_t k = a->shape.dims[transposed], n = a->shape.dims[1 - transposed];
  proto->shape = (gan__shape){3, {n / width + (n % width != 0), k, width}};
  proto->dtype = a->dtype;
  proto->facts = a->facts & GAN__NONNEGATIVE;
  if (gan__shape_valid(&proto->shape, proto->dtype)) return GAN_OK;
  gan__graph_fail(graph, GAN_ERROR_LIMIT, "pack: %s is too large",
                  gan__shape_text(shape, &a->shape));
  return graph->status;
}

/* u [strips, k, width] back to [k, strips width], and without what was padded. */
void gan__grad_pack(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  bool transposed = gan__node_attrs(g, y)[0] != 0;
  gan__shape strips = gan__node_at(g, y)->shape;
  int64_t n = gan__node_at(g, gan__node_input(g, y, 0))->shape.dims[transposed ? 0 : 1];
  gan__shape wide = {2, {strips.dims[1], strips.dims[0] * strips.dims[2]}};
  gan__id rows = gan__op_transpose(g, u, (int32_t[]){1, 0, 2});
  gan__id whole = gan__op_reshape(g, rows, &wide);
  gan__id narrow = gan__op_slice(g, whole, 1, 0, n, 1);
  out[0] = transposed ? gan__op_transpose(g, narrow, (int32_t[]){1, 0}) : narrow;
}

/* Each row of the input has places of its own in every strip. */
gan__split gan__split_pack(const gan__graph *graph, gan__id id) {
  const gan__node *a = gan__node_at(graph, gan__node_input(graph, id, 0));
  return (gan__split){.kind = GAN__SPLIT_SCATTER, .extent = a->shape.dims[0]};
}
