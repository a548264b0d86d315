/* SPDX-License-Identifier: MIT */
/* Job: copy what is alive into a new graph, folding constants and applying the rows' identities. */
#include "graph/simplify.h"

#include "graph/build.h"
#include "graph/copy.h"

/* Elementwise ops of constants are computed here, in double. */
static gan__id fold(gan__graph *graph, const gan__proto *proto) {
  enum { FOLDED = 32 };
  const gan__op_row *row = &gan__ops[proto->op];
  double values[FOLDED];
  if (!row->evaluate || proto->input_count > FOLDED) return GAN__NONE;
  for (int32_t i = 0; i < proto->input_count; i++)
    if (!gan__is_constant(graph, proto->inputs[i], &values[i])) return GAN__NONE;
  gan__proto result = *proto;
  if (row->infer(graph, &result) != GAN_OK) return GAN__NONE;
  double value = row->evaluate(values, proto->input_count, proto->attrs);
  if (result.dtype == GAN_F32) value = (float)value;
  if (result.dtype == GAN_I32) return GAN__NONE;
  return gan__op_constant(graph, result.dtype, &result.shape, value);
}

/* One identity of the op's row, or a folded constant; GAN__NONE when nothing applies. */
static gan__id reduce(gan__graph *to, const gan__proto *proto) {
  const gan__op_row *row = &gan__ops[proto->op];
  gan__id folded = fold(to, proto);
  if (folded != GAN__NONE || to->status != GAN_OK || !row->simplify) return folded;
  gan__proto inferred = *proto;
  if (row->infer(to, &inferred) != GAN_OK) return GAN__NONE;
  return row->simplify(to, &inferred);
}

/* Reduces until nothing applies. What an identity has built is itself reduced; a node that was
 * there before is as simple as it gets. Each identity makes the value smaller, so this ends; a
 * handful is the most there can be. */
static gan__id rebuild(gan__graph *to, gan__proto *proto, void *applied) {
  enum { ROUNDS = 16 };
  uint64_t before = to->count;
  gan__id id = reduce(to, proto);
  if (id == GAN__NONE) return gan__graph_node(to, proto);
  *(bool *)applied = true;
  for (int32_t i = 0; i < ROUNDS && id >= before; i++) {
    gan__proto built = gan__node_proto(to, id);
    before = to->count;
    gan__id next = built.input_count ? reduce(to, &built) : GAN__NONE;
    if (next == GAN__NONE) break;
    id = next;
  }
  return id;
}

/* Later copies sweep away what the identities left without a reader; the second is nearly always
 * the last. */
gan_status gan__simplify(const gan__graph *graph, gan__graph **simpler) {
  enum { COPIES = 8 };
  if (graph->status != GAN_OK) return graph->status;
  gan__graph *made;
  bool applied = false; /* an identity was: nodes may have lost their last reader */
  GAN_TRY(gan__graph_copy(graph, rebuild, &applied, &made));
  for (int32_t i = 1; applied && i < COPIES; i++) {
    gan__graph *before = made;
    applied = false;
    gan_status status = gan__graph_copy(before, rebuild, &applied, &made);
    gan__graph_destroy(before);
    GAN_TRY(status);
  }
  *simpler = made;
  return GAN_OK;
}
