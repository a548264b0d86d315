/* SPDX-License-Identifier: MIT */
/* Job: builders of sources and elementwise ops, with NumPy's broadcasting of inputs. */
#include "graph/build.h"

static gan__id source(gan__graph *graph, gan__op op, int32_t dtype, const gan__shape *shape,
                      int64_t attr) {
  gan__proto proto = {.op = op, .dtype = dtype, .shape = *shape, .attrs = &attr, .attr_count = 1};
  return gan__graph_node(graph, &proto);
}

gan__id gan__op_constant(gan__graph *graph, int32_t dtype, const gan__shape *shape, double value) {
  return source(graph, GAN__OP_CONSTANT, dtype, shape, gan__double_bits(value));
}

gan__id gan__op_like(gan__graph *graph, gan__id model, double value) {
  if (model == GAN__NONE) return GAN__NONE;
  gan__shape shape = gan__node_at(graph, model)->shape;
  return gan__op_constant(graph, gan__node_at(graph, model)->dtype, &shape, value);
}

gan__id gan__op_iota(gan__graph *graph, int32_t dtype, const gan__shape *shape, int32_t axis) {
  return source(graph, GAN__OP_IOTA, dtype, shape, axis);
}

gan__id gan__op_uniform(gan__graph *graph, int32_t dtype, const gan__shape *shape, uint64_t site) {
  return source(graph, GAN__OP_UNIFORM, dtype, shape, (int64_t)site);
}

gan__id gan__op_normal(gan__graph *graph, int32_t dtype, const gan__shape *shape, uint64_t site) {
  return source(graph, GAN__OP_NORMAL, dtype, shape, (int64_t)site);
}

gan__id gan__op_unary(gan__graph *graph, gan__op op, gan__id a) {
  if (a == GAN__NONE) return GAN__NONE;
  gan__proto proto = {.op = op, .inputs = &a, .input_count = 1};
  return gan__graph_node(graph, &proto);
}

/* The common shape of two by NumPy's rule; false when they do not fit. */
static bool join_shapes(const gan__shape *a, const gan__shape *b, gan__shape *joined) {
  const gan__shape *longer = a->rank >= b->rank ? a : b, *shorter = longer == a ? b : a;
  *joined = *longer;
  int32_t lead = longer->rank - shorter->rank;
  for (int32_t i = 0; i < shorter->rank; i++) {
    int64_t x = longer->dims[lead + i], y = shorter->dims[i];
    if (x != y && x != 1 && y != 1) return false;
    joined->dims[lead + i] = x == 1 ? y : x;
  }
  return true;
}

static bool join_inputs(gan__graph *graph, gan__op op, gan__id *inputs, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    if (inputs[i] == GAN__NONE) return false;
  gan__shape joined = gan__node_at(graph, inputs[0])->shape;
  for (int32_t i = 1; i < count; i++) {
    gan__shape next, other = gan__node_at(graph, inputs[i])->shape;
    if (!join_shapes(&joined, &other, &next)) {
      char x[GAN__SHAPE_TEXT], y[GAN__SHAPE_TEXT];
      gan__graph_fail(graph, GAN_ERROR_SHAPE, "%s: shapes %s and %s do not fit", gan__ops[op].name,
                      gan__shape_text(x, &joined), gan__shape_text(y, &other));
      return false;
    }
    joined = next;
  }
  for (int32_t i = 0; i < count; i++)
    inputs[i] = gan__op_broadcast_to(graph, inputs[i], &joined);
  return graph->status == GAN_OK;
}

gan__id gan__op_binary(gan__graph *graph, gan__op op, gan__id a, gan__id b) {
  gan__id inputs[2] = {a, b};
  if (!join_inputs(graph, op, inputs, 2)) return GAN__NONE;
  gan__proto proto = {.op = op, .inputs = inputs, .input_count = 2};
  return gan__graph_node(graph, &proto);
}

/* Long sums are nested, so that a tile kernel has few inputs at once. */
gan__id gan__op_add_all(gan__graph *graph, const gan__id *terms, int32_t count) {
  enum { TERMS = 8 };
  if (count == 1) return terms[0];
  for (int32_t i = 0; i < count; i++)
    if (terms[i] == GAN__NONE) return GAN__NONE;
  if (count > TERMS) {
    gan__id group[TERMS];
    int32_t size = (count + TERMS - 1) / TERMS, groups = 0;
    for (int32_t i = 0; i < count; i += size)
      group[groups++] = gan__op_add_all(graph, terms + i, count - i < size ? count - i : size);
    return gan__op_add_all(graph, group, groups);
  }
  gan__proto proto = {.op = GAN__OP_ADD, .inputs = terms, .input_count = count};
  return gan__graph_node(graph, &proto);
}

gan__id gan__op_compare(gan__graph *graph, gan__id a, int32_t kind, gan__id b) {
  gan__id inputs[2] = {a, b};
  if (!join_inputs(graph, GAN__OP_COMPARE, inputs, 2)) return GAN__NONE;
  int64_t attr = kind;
  gan__proto proto = {
      .op = GAN__OP_COMPARE, .inputs = inputs, .input_count = 2, .attrs = &attr, .attr_count = 1};
  return gan__graph_node(graph, &proto);
}

gan__id gan__op_select(gan__graph *graph, gan__id condition, gan__id yes, gan__id no) {
  gan__id inputs[3] = {condition, yes, no};
  if (!join_inputs(graph, GAN__OP_SELECT, inputs, 3)) return GAN__NONE;
  gan__proto proto = {.op = GAN__OP_SELECT, .inputs = inputs, .input_count = 3};
  return gan__graph_node(graph, &proto);
}

gan__id gan__op_cast(gan__graph *graph, gan__id a, int32_t dtype) {
  if (a == GAN__NONE || gan__node_at(graph, a)->dtype == dtype) return a;
  gan__proto proto = {.op = GAN__OP_CAST, .dtype = dtype, .inputs = &a, .input_count = 1};
  return gan__graph_node(graph, &proto);
}

gan__id gan__op_scale(gan__graph *graph, gan__id a, double factor) {
  return gan__op_mul(graph, a, gan__op_like(graph, a, factor));
}

gan__id gan__op_shift(gan__graph *graph, gan__id a, double term) {
  return gan__op_add(graph, a, gan__op_like(graph, a, term));
}

bool gan__is_constant(const gan__graph *graph, gan__id id, double *value) {
  if (id == GAN__NONE || gan__node_at(graph, id)->op != GAN__OP_CONSTANT) return false;
  if (value) *value = gan__bits_double(gan__node_attrs(graph, id)[0]);
  return true;
}

gan__id gan__op_neg(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_NEG, a);
}
gan__id gan__op_exp(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_EXP, a);
}
gan__id gan__op_log(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_LOG, a);
}
gan__id gan__op_log1p(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_LOG1P, a);
}
gan__id gan__op_sqrt(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_SQRT, a);
}
gan__id gan__op_rsqrt(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_RSQRT, a);
}
gan__id gan__op_tanh(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_TANH, a);
}
gan__id gan__op_sigmoid(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_SIGMOID, a);
}
gan__id gan__op_softplus(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_SOFTPLUS, a);
}
gan__id gan__op_relu(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_RELU, a);
}
gan__id gan__op_abs(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_ABS, a);
}
gan__id gan__op_sign(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_SIGN, a);
}
gan__id gan__op_step(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_STEP, a);
}
gan__id gan__op_sin(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_SIN, a);
}
gan__id gan__op_cos(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_COS, a);
}
gan__id gan__op_is_finite(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_IS_FINITE, a);
}
gan__id gan__op_stop_gradient(gan__graph *graph, gan__id a) {
  return gan__op_unary(graph, GAN__OP_STOP_GRADIENT, a);
}
gan__id gan__op_add(gan__graph *graph, gan__id a, gan__id b) {
  return gan__op_binary(graph, GAN__OP_ADD, a, b);
}
gan__id gan__op_sub(gan__graph *graph, gan__id a, gan__id b) {
  return gan__op_binary(graph, GAN__OP_SUB, a, b);
}
gan__id gan__op_mul(gan__graph *graph, gan__id a, gan__id b) {
  return gan__op_binary(graph, GAN__OP_MUL, a, b);
}
gan__id gan__op_div(gan__graph *graph, gan__id a, gan__id b) {
  return gan__op_binary(graph, GAN__OP_DIV, a, b);
}
gan__id gan__op_max(gan__graph *graph, gan__id a, gan__id b) {
  return gan__op_binary(graph, GAN__OP_MAX, a, b);
}
gan__id gan__op_min(gan__graph *graph, gan__id a, gan__id b) {
  return gan__op_binary(graph, GAN__OP_MIN, a, b);
}
gan__id gan__op_pow(gan__graph *graph, gan__id a, gan__id b) {
  return gan__op_binary(graph, GAN__OP_POW, a, b);
}
