/* SPDX-License-Identifier: MIT */
/* Job: matrix products with transposes and batch: shape, gradient, split, simplification. */
#include "graph/build.h"
#include "graph/op_rules.h"

/* The third input holds the same op(b). */
static bool is_packed(const gan__graph *graph, const gan__proto *proto) {
  const gan__node *c = gan__node_at(graph, proto->inputs[2]);
  return c->op == GAN__OP_PACK && gan__node_input(graph, proto->inputs[2], 0) == proto->inputs[1]
         && (gan__node_attrs(graph, proto->inputs[2])[0] != 0) == (proto->attrs[1] != 0);
}

gan_status gan__infer_matmul(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  const gan__node *b = gan__node_at(graph, proto->inputs[1]);
  int32_t rank = a->shape.rank;
  bool fits = a->dtype == b->dtype && gan__dtype_is_float(a->dtype) && rank == b->shape.rank
              && (rank == 2 || rank == 3) && proto->attr_count == 2
              && (rank == 2 || a->shape.dims[0] == b->shape.dims[0]);
  if (fits) {
    int64_t ta = proto->attrs[0] != 0, tb = proto->attrs[1] != 0;
    const int64_t *x = a->shape.dims + rank - 2, *z = b->shape.dims + rank - 2;
    fits = x[1 - ta] == z[tb];
    proto->dtype = a->dtype;
    proto->shape = a->shape;
    proto->shape.dims[rank - 2] = x[ta];
    proto->shape.dims[rank - 1] = z[1 - tb];
    proto->facts = 0;
    if (proto->input_count == 3) fits = is_packed(graph, proto);
  }
  if (fits) return GAN_OK;
  char x[GAN__SHAPE_TEXT], z[GAN__SHAPE_TEXT];
  gan__graph_fail(graph, GAN_ERROR_SHAPE, "matmul: %s %s and %s %s do not fit",
                  gan__dtype_name(a->dtype), gan__shape_text(x, &a->shape),
                  gan__dtype_name(b->dtype), gan__shape_text(z, &b->shape));
  return graph->status;
}

void gan__grad_matmul(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  gan__id a = gan__node_input(g, y, 0), b = gan__node_input(g, y, 1);
  bool ta = gan__node_attrs(g, y)[0] != 0, tb = gan__node_attrs(g, y)[1] != 0;
  if (wanted[0])
    out[0] = ta ? gan__op_matmul(g, b, u, tb, true) : gan__op_matmul(g, u, b, false, !tb);
  if (wanted[1])
    out[1] = tb ? gan__op_matmul(g, u, a, true, ta) : gan__op_matmul(g, a, u, !ta, false);
}

/* Reading both factors again for each panel of the result is less than writing partial sums of a
 * result that is larger than they are. */
static bool result_is_larger(const gan__shape *a, const gan__shape *y) {
  double m = (double)y->dims[0], n = (double)y->dims[1], k = (double)a->dims[0];
  return m * n > k * (m + n);
}

/* x [N, K] W: row by row. x^T [N, K]^T g [N, M]: a sum over the rows, or, where the result is
 * larger, by rows of it, which are columns of x. A batch: one by one. */
gan__split gan__split_matmul(const gan__graph *graph, gan__id id) {
  const gan__shape *a = &gan__node_at(graph, gan__node_input(graph, id, 0))->shape;
  bool ta = gan__node_attrs(graph, id)[0] != 0, tb = gan__node_attrs(graph, id)[1] != 0;
  if (a->rank == 3) return (gan__split){.kind = GAN__SPLIT_ROWS, .extent = a->dims[0]};
  if (!ta)
    return (gan__split){.kind = GAN__SPLIT_ROWS, .extent = a->dims[0], .whole = {false, true}};
  const gan__shape *y = &gan__node_at(graph, id)->shape;
  if (tb || result_is_larger(a, y))
    return (gan__split){.kind = GAN__SPLIT_ROWS, .extent = y->dims[0], .whole = {true, true}};
  return (gan__split){.kind = GAN__SPLIT_REDUCE, .extent = a->dims[0]};
}

/* True for a transpose that swaps the last two axes and nothing else. */
static bool swaps_last(const gan__graph *graph, gan__id id) {
  const gan__node *node = gan__node_at(graph, id);
  if (node->op != GAN__OP_TRANSPOSE) return false;
  const int64_t *order = gan__node_attrs(graph, id);
  int32_t rank = node->shape.rank;
  for (int32_t i = 0; i < rank - 2; i++)
    if (order[i] != i) return false;
  return rank >= 2 && order[rank - 2] == rank - 1;
}

/* A column times a row is elementwise, which joins its neighbours and can be done again for each
 * reader. */
static gan__id outer_product(gan__graph *graph, const gan__proto *proto) {
  const gan__shape *a = &gan__node_at(graph, proto->inputs[0])->shape;
  int64_t ta = proto->attrs[0] != 0;
  if (a->rank != 2 || a->dims[1 - ta] != 1) return GAN__NONE;
  gan__shape shape = proto->shape, column = {1, {shape.dims[0]}}, row = {1, {shape.dims[1]}};
  gan__id left = gan__op_reshape(graph, proto->inputs[0], &column);
  gan__id right = gan__op_reshape(graph, proto->inputs[1], &row);
  left = gan__op_broadcast(graph, left, &shape, (int32_t[]){0});
  right = gan__op_broadcast(graph, right, &shape, (int32_t[]){1});
  return gan__op_mul(graph, left, right);
}

gan__id gan__simplify_matmul(gan__graph *graph, const gan__proto *proto) {
  gan__id a = proto->inputs[0], b = proto->inputs[1];
  bool ta = proto->attrs[0] != 0, tb = proto->attrs[1] != 0;
  if (proto->input_count == 3) return GAN__NONE;
  if (swaps_last(graph, a)) return gan__op_matmul(graph, gan__node_input(graph, a, 0), b, !ta, tb);
  if (swaps_last(graph, b)) return gan__op_matmul(graph, a, gan__node_input(graph, b, 0), ta, !tb);
  return outer_product(graph, proto);
}
