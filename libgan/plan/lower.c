/* SPDX-License-Identifier: MIT */
/* Job: adds to a simplified graph what only the plan wants in it: packed right sides.
 *
 * A product x [N, K] W runs panel by panel over N, and each panel would pack W again. So would the
 * next product with the same W, and the one with its transpose, at its slowest. Packed by a node of
 * its own, a weight is packed in the level that updates it, once for each way of reading it. */
#include "plan/lower.h"

#include "graph/build.h"
#include "graph/copy.h"
#include "plan/internal.h"

/* The strips that the product's kernel takes; 0 where packing in advance brings nothing: two panels
 * pack a large matrix twice in the time in which it is written out packed and fetched twice. */
static int64_t strip_of(const gan__graph *graph, const gan__proto *proto) {
  if (proto->op != GAN__OP_MATMUL || proto->input_count != 2 || proto->attrs[0] != 0) return 0;
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  const gan__node *b = gan__node_at(graph, proto->inputs[1]);
  if (a->shape.rank != 2 || gan__panel_rows(a->shape.dims[0]) * 2 >= a->shape.dims[0]) return 0;
  gan__shape shapes[2] = {a->shape, b->shape};
  int32_t dtypes[2] = {a->dtype, b->dtype};
  gan__kernel_node node = {
      .op = GAN__OP_MATMUL,
      .dtype = a->dtype,
      .shape = {2, {a->shape.dims[0], b->shape.dims[proto->attrs[1] ? 0 : 1]}},
      .input_count = 2,
      .attr_count = 2,
      .attrs = proto->attrs,
      .input_shapes = shapes,
      .input_dtypes = dtypes,
      .split = {.kind = GAN__SPLIT_ROWS, .extent = a->shape.dims[0], .whole = {false, true}},
      .cpu_level = gan__cpu_level()};
  const gan__kernel *kernel = gan__kernel_select(&node, false, false);
  return kernel ? kernel->strip : 0;
}

static gan__id lower(gan__graph *to, gan__proto *proto, void *user) {
  (void)user;
  int64_t strip = strip_of(to, proto);
  if (strip == 0) return gan__graph_node(to, proto);
  gan__id inputs[3] = {proto->inputs[0], proto->inputs[1]};
  bool transpose = proto->attrs[1] != 0;
  inputs[2] = gan__op_pack(to, inputs[1], transpose, strip);
  return inputs[2] == GAN__NONE ? GAN__NONE : gan__op_matmul_packed(to, inputs, false, transpose);
}

gan_status gan__plan_lower(const gan__graph *graph, gan__graph **lowered) {
  return gan__graph_copy(graph, lower, NULL, lowered);
}
