/* SPDX-License-Identifier: MIT */
/* Job: find what an op really reads: through views, and through broadcasts that are not carried
 * out. */
#include "graph/build.h"
#include "plan/internal.h"

bool gan__is_elementwise(const gan__graph *graph, gan__id id) {
  return gan__ops[gan__node_at(graph, id)->op].flags & GAN__ELEMENTWISE;
}

gan__id gan__root_of(const gan__graph *graph, gan__id id) {
  while (gan__ops[gan__node_at(graph, id)->op].flags & GAN__VIEW)
    id = gan__node_input(graph, id, 0);
  return id;
}

/* The mapped axes of a broadcast are the trailing ones (a row that repeats), the leading ones (a
 * column that repeats) or none; anything else is carried out by a kernel. `operand` comes as dense.
 */
static bool classify(const gan__graph *graph, gan__id id, gan__operand *operand) {
  const gan__node *node = gan__node_at(graph, id);
  const int64_t *axes = gan__node_attrs(graph, id);
  int32_t mapped = node->attr_count, rank = node->shape.rank;
  bool leading = true, trailing = true;
  for (int32_t i = 0; i < mapped; i++) {
    leading &= axes[i] == i;
    trailing &= axes[i] == rank - mapped + i;
  }
  int64_t source = gan__shape_count(&gan__node_at(graph, gan__node_input(graph, id, 0))->shape);
  /* Only axes of size 1 are new. The source may then even be made in the reader's own run. */
  if (source == gan__shape_count(&node->shape)) return true;
  if (mapped == 0 || source == 1) {
    operand->pattern = GAN__SCALAR;
    operand->by_rows = false;
    operand->period = 1;
    return true;
  }
  if (trailing) {
    operand->pattern = GAN__ROW;
    operand->by_rows = false;
    operand->period = gan__shape_product(&node->shape, rank - mapped, rank);
    return true;
  }
  if (leading) {
    operand->pattern = GAN__COLUMN;
    operand->period = gan__shape_product(&node->shape, mapped, rank);
    operand->by_rows = true;
    return operand->period > 0;
  }
  return false;
}

bool gan__is_inline_broadcast(const gan__graph *graph, gan__id id) {
  gan__operand operand = {.pattern = GAN__DENSE};
  return gan__node_at(graph, id)->op == GAN__OP_BROADCAST && classify(graph, id, &operand);
}

gan__operand gan__operand_of(const gan__plan *plan, gan__id id, int32_t index) {
  const gan__graph *graph = plan->graph;
  gan__id input = gan__node_input(graph, id, index);
  gan__split split = plan->values[id].split;
  gan__operand operand = {.value = gan__root_of(graph, input), .pattern = GAN__DENSE};
  operand.by_rows = split.kind != GAN__SPLIT_NONE && !split.whole[index > 0];
  if (!gan__is_elementwise(graph, id)) return operand;
  gan__id broadcast = GAN__NONE;
  if (gan__node_at(graph, id)->op == GAN__OP_BROADCAST)
    broadcast = id;
  else if (gan__is_inline_broadcast(graph, input) && !plan->values[input].computed)
    broadcast = input;
  if (broadcast != GAN__NONE && classify(graph, broadcast, &operand))
    operand.value = gan__root_of(graph, gan__node_input(graph, broadcast, 0));
  return operand;
}
