/* SPDX-License-Identifier: MIT */
/* Job: gradient rules of elementwise ops. They only build nodes, so any order is another call.
 *
 * At boundaries (sqrt, rsqrt and log at 0, division by 0, pow at 0) the derivative is defined as 0.
 * Every such rule masks twice: the inner select replaces the bad argument by a harmless one, the
 * outer one removes its result. A single mask would leave 0 * inf = NaN in the next order. */
#include "graph/build.h"
#include "graph/op_rules.h"

static gan__id input(const gan__graph *graph, gan__id node, int32_t index) {
  return gan__node_input(graph, node, index);
}

static bool is_nonzero(const gan__graph *graph, gan__id id) {
  return id != GAN__NONE && (gan__node_at(graph, id)->facts & GAN__NONZERO);
}

static gan__id zero_like(gan__graph *graph, gan__id model) {
  return gan__op_like(graph, model, 0);
}

/* Here and below nodes are built one by one, never two as arguments of one call: compilers evaluate
 * those in orders of their own, and the same graph must have the same numbers everywhere. */
static gan__id value_or_zero(gan__graph *graph, gan__id holds, gan__id value) {
  return gan__op_select(graph, holds, value, zero_like(graph, value));
}

/* u / a where a != 0, else 0. */
static gan__id divide_masked(gan__graph *graph, gan__id u, gan__id a) {
  if (is_nonzero(graph, a)) return gan__op_div(graph, u, a);
  gan__id holds = gan__op_compare(graph, a, GAN__NOT_EQUAL, zero_like(graph, a));
  gan__id safe = gan__op_select(graph, holds, a, gan__op_like(graph, a, 1));
  return value_or_zero(graph, holds, gan__op_div(graph, u, safe));
}

void gan__grad_cast(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  int32_t dtype = gan__node_at(g, input(g, y, 0))->dtype;
  if (gan__dtype_is_float(dtype) && gan__dtype_is_float(gan__node_at(g, y)->dtype))
    out[0] = gan__op_cast(g, u, dtype);
}

void gan__grad_neg(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)y, (void)wanted;
  out[0] = gan__op_neg(g, u);
}

void gan__grad_exp(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  out[0] = gan__op_mul(g, u, y);
}

void gan__grad_log(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  out[0] = divide_masked(g, u, input(g, y, 0));
}

void gan__grad_log1p(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  out[0] = divide_masked(g, u, gan__op_shift(g, input(g, y, 0), 1));
}

/* u / (2 y) where a > 0, else 0. */
void gan__grad_sqrt(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  gan__id half = gan__op_scale(g, u, 0.5);
  if (is_nonzero(g, y)) {
    out[0] = gan__op_div(g, half, y);
    return;
  }
  gan__id holds = gan__op_step(g, input(g, y, 0));
  gan__id safe = gan__op_select(g, holds, y, gan__op_like(g, y, 1));
  out[0] = value_or_zero(g, holds, gan__op_div(g, half, safe));
}

/* -u y^3 / 2 where a > 0, else 0. */
void gan__grad_rsqrt(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  gan__id holds = gan__op_step(g, input(g, y, 0));
  gan__id safe = gan__op_select(g, holds, y, zero_like(g, y));
  gan__id cube = gan__op_mul(g, safe, gan__op_mul(g, safe, safe));
  gan__id slope = gan__op_mul(g, gan__op_scale(g, u, -0.5), cube);
  out[0] = value_or_zero(g, holds, slope);
}

void gan__grad_tanh(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  gan__id one = gan__op_like(g, y, 1);
  gan__id slope = gan__op_sub(g, one, gan__op_mul(g, y, y));
  out[0] = gan__op_mul(g, u, slope);
}

void gan__grad_sigmoid(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  gan__id slope = gan__op_mul(g, y, gan__op_sub(g, gan__op_like(g, y, 1), y));
  out[0] = gan__op_mul(g, u, slope);
}

void gan__grad_softplus(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  out[0] = gan__op_mul(g, u, gan__op_sigmoid(g, input(g, y, 0)));
}

/* A select, not a product with the step: 0 * inf would be NaN. y > 0 exactly where a > 0, and y is
 * what the next layer keeps anyway. */
void gan__grad_relu(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  out[0] = value_or_zero(g, gan__op_step(g, y), u);
}

void gan__grad_abs(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  gan__id a = input(g, y, 0);
  gan__id below = gan__op_step(g, gan__op_neg(g, a));
  gan__id rest = value_or_zero(g, below, gan__op_neg(g, u));
  out[0] = gan__op_select(g, gan__op_step(g, a), u, rest);
}

void gan__grad_sin(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  out[0] = gan__op_mul(g, u, gan__op_cos(g, input(g, y, 0)));
}

void gan__grad_cos(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  out[0] = gan__op_neg(g, gan__op_mul(g, u, gan__op_sin(g, input(g, y, 0))));
}

void gan__grad_add(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  for (int32_t i = 0; i < gan__node_at(g, y)->input_count; i++)
    out[i] = u;
}

void gan__grad_sub(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)y;
  if (wanted[0]) out[0] = u;
  if (wanted[1]) out[1] = gan__op_neg(g, u);
}

void gan__grad_mul(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  gan__id a = input(g, y, 0), b = input(g, y, 1);
  if (wanted[0]) out[0] = gan__op_mul(g, u, b);
  if (wanted[1]) out[1] = gan__op_mul(g, u, a);
}

void gan__grad_div(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  gan__id a = input(g, y, 0), b = input(g, y, 1);
  gan__id over_b = divide_masked(g, u, b);
  if (wanted[0]) out[0] = over_b;
  if (!wanted[1]) return;
  gan__id quotient = is_nonzero(g, b) ? y : divide_masked(g, a, b);
  out[1] = gan__op_neg(g, gan__op_mul(g, over_b, quotient));
}

/* Ties go to the first input. */
static void grad_extreme(gan__graph *g, gan__id y, gan__id u, int32_t kind, const bool *wanted,
                         gan__id *out) {
  gan__id first = gan__op_compare(g, input(g, y, 0), kind, input(g, y, 1));
  if (wanted[0]) out[0] = value_or_zero(g, first, u);
  if (wanted[1]) out[1] = gan__op_select(g, first, zero_like(g, u), u);
}

void gan__grad_max(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  grad_extreme(g, y, u, GAN__GREATER_EQUAL, wanted, out);
}

void gan__grad_min(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  grad_extreme(g, y, u, GAN__LESS_EQUAL, wanted, out);
}

/* da = u b a^(b-1) where a != 0; db = u a^b ln a where a > 0; 0 elsewhere. */
void gan__grad_pow(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  gan__id a = input(g, y, 0), b = input(g, y, 1), one = gan__op_like(g, a, 1);
  if (wanted[0]) {
    gan__id holds = gan__op_compare(g, a, GAN__NOT_EQUAL, zero_like(g, a));
    gan__id safe = gan__op_select(g, holds, a, one);
    gan__id power = gan__op_pow(g, safe, gan__op_shift(g, b, -1));
    gan__id slope = gan__op_mul(g, u, gan__op_mul(g, b, power));
    out[0] = value_or_zero(g, holds, slope);
  }
  if (wanted[1]) {
    gan__id holds = gan__op_step(g, a);
    gan__id safe = gan__op_select(g, holds, a, one);
    gan__id power = gan__op_pow(g, safe, b);
    gan__id slope = gan__op_mul(g, u, gan__op_mul(g, power, gan__op_log(g, safe)));
    out[1] = value_or_zero(g, holds, slope);
  }
}

void gan__grad_select(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  gan__id condition = input(g, y, 0);
  if (wanted[1]) out[1] = value_or_zero(g, condition, u);
  if (wanted[2]) out[2] = gan__op_select(g, condition, zero_like(g, u), u);
}
