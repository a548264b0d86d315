/* SPDX-License-Identifier: MIT */
/* Job: algebraic identities of elementwise ops. None changes a finite value or hides a NaN; sums
 * and products of constants are rounded once instead of twice. */
#include "graph/build.h"
#include "graph/op_rules.h"

static bool is_value(const gan__graph *graph, gan__id id, double value) {
  double constant;
  return gan__is_constant(graph, id, &constant) && constant == value;
}

static bool is_op(const gan__graph *graph, gan__id id, gan__op op) {
  return gan__node_at(graph, id)->op == op;
}

gan__id gan__simplify_cast(gan__graph *graph, const gan__proto *proto) {
  return gan__node_at(graph, proto->inputs[0])->dtype == proto->dtype ? proto->inputs[0]
                                                                      : GAN__NONE;
}

/* -(-a) = a; -(c a) = (-c) a; -(a - b) = b - a. */
gan__id gan__simplify_neg(gan__graph *graph, const gan__proto *proto) {
  gan__id a = proto->inputs[0];
  if (is_op(graph, a, GAN__OP_NEG)) return gan__node_input(graph, a, 0);
  if (is_op(graph, a, GAN__OP_SUB))
    return gan__op_sub(graph, gan__node_input(graph, a, 1), gan__node_input(graph, a, 0));
  double factor;
  if (is_op(graph, a, GAN__OP_MUL)
      && gan__is_constant(graph, gan__node_input(graph, a, 1), &factor))
    return gan__op_scale(graph, gan__node_input(graph, a, 0), -factor);
  return GAN__NONE;
}

/* Zeros are dropped (0 + NaN is NaN either way); a + (-b) = a - b. */
gan__id gan__simplify_add(gan__graph *graph, const gan__proto *proto) {
  enum { TERMS = 32 };
  gan__id kept[TERMS];
  int32_t count = 0;
  if (proto->input_count > TERMS) return GAN__NONE;
  for (int32_t i = 0; i < proto->input_count; i++)
    if (!is_value(graph, proto->inputs[i], 0)) kept[count++] = proto->inputs[i];
  if (count == 0) return proto->inputs[0];
  if (count < proto->input_count) return gan__op_add_all(graph, kept, count);
  if (count == 1) return kept[0];
  if (count != 2) return GAN__NONE;
  if (is_op(graph, kept[1], GAN__OP_NEG))
    return gan__op_sub(graph, kept[0], gan__node_input(graph, kept[1], 0));
  if (is_op(graph, kept[0], GAN__OP_NEG))
    return gan__op_sub(graph, kept[1], gan__node_input(graph, kept[0], 0));
  return GAN__NONE;
}

gan__id gan__simplify_sub(gan__graph *graph, const gan__proto *proto) {
  gan__id a = proto->inputs[0], b = proto->inputs[1];
  if (is_value(graph, b, 0)) return a;
  if (is_value(graph, a, 0)) return gan__op_neg(graph, b);
  if (is_op(graph, b, GAN__OP_NEG)) return gan__op_add(graph, a, gan__node_input(graph, b, 0));
  return GAN__NONE;
}

/* 1 a = a; -1 a = -a; c (d a) = (c d) a; (-a) (-b) = a b; a constant stands second. */
gan__id gan__simplify_mul(gan__graph *graph, const gan__proto *proto) {
  gan__id a = proto->inputs[0], b = proto->inputs[1];
  double factor, inner;
  if (gan__is_constant(graph, a, NULL)) {
    if (gan__is_constant(graph, b, NULL)) return GAN__NONE;
    return gan__op_mul(graph, b, a);
  }
  if (is_op(graph, a, GAN__OP_NEG) && is_op(graph, b, GAN__OP_NEG))
    return gan__op_mul(graph, gan__node_input(graph, a, 0), gan__node_input(graph, b, 0));
  if (!gan__is_constant(graph, b, &factor)) return GAN__NONE;
  if (factor == 1) return a;
  if (is_op(graph, a, GAN__OP_NEG))
    return gan__op_scale(graph, gan__node_input(graph, a, 0), -factor);
  if (is_op(graph, a, GAN__OP_MUL) && gan__is_constant(graph, gan__node_input(graph, a, 1), &inner))
    return gan__op_scale(graph, gan__node_input(graph, a, 0), factor * inner);
  return factor == -1 ? gan__op_neg(graph, a) : GAN__NONE;
}

gan__id gan__simplify_div(gan__graph *graph, const gan__proto *proto) {
  return is_value(graph, proto->inputs[1], 1) ? proto->inputs[0] : GAN__NONE;
}

gan__id gan__simplify_select(gan__graph *graph, const gan__proto *proto) {
  double condition;
  if (proto->inputs[1] == proto->inputs[2]) return proto->inputs[1];
  if (!gan__is_constant(graph, proto->inputs[0], &condition)) return GAN__NONE;
  return proto->inputs[condition != 0 ? 1 : 2];
}
