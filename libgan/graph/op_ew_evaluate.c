/* SPDX-License-Identifier: MIT */
/* Job: the value of each elementwise op for one element, in double: constants are folded by it, and
 * kernels are measured against it. NaN in, NaN out, except in comparisons and selects. */
#include <math.h>

#include "graph/op_rules.h"

double gan__eval_copy(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return x[0];
}
double gan__eval_neg(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return -x[0];
}
double gan__eval_exp(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return exp(x[0]);
}
double gan__eval_log(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return log(x[0]);
}
double gan__eval_log1p(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return log1p(x[0]);
}
double gan__eval_sqrt(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return sqrt(x[0]);
}
double gan__eval_rsqrt(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return 1 / sqrt(x[0]);
}
double gan__eval_tanh(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return tanh(x[0]);
}
/* The exponential is of a non-positive number on both sides, so nothing overflows. */
double gan__eval_sigmoid(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  double e = exp(-fabs(x[0]));
  return x[0] < 0 ? e / (1 + e) : 1 / (1 + e);
}
double gan__eval_softplus(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return (x[0] < 0 ? 0 : x[0]) + log1p(exp(-fabs(x[0])));
}
double gan__eval_relu(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return x[0] < 0 ? 0 : x[0];
}
double gan__eval_abs(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return fabs(x[0]);
}
double gan__eval_sign(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return x[0] > 0 ? 1 : x[0] < 0 ? -1 : x[0] == 0 ? 0 : x[0];
}
double gan__eval_step(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return x[0] > 0 ? 1 : x[0] <= 0 ? 0 : x[0];
}
double gan__eval_sin(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return sin(x[0]);
}
double gan__eval_cos(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return cos(x[0]);
}
double gan__eval_is_finite(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return isfinite(x[0]) ? 1 : 0;
}
double gan__eval_add(const double *x, int32_t count, const int64_t *attrs) {
  (void)attrs;
  double sum = x[0];
  for (int32_t i = 1; i < count; i++)
    sum += x[i];
  return sum;
}
double gan__eval_sub(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return x[0] - x[1];
}
double gan__eval_mul(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return x[0] * x[1];
}
double gan__eval_div(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return x[0] / x[1];
}
/* Written so that a NaN on either side wins, which fmax would drop. */
double gan__eval_max(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return x[0] >= x[1] || x[0] != x[0] ? x[0] : x[1];
}
double gan__eval_min(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return x[0] <= x[1] || x[0] != x[0] ? x[0] : x[1];
}
double gan__eval_pow(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return pow(x[0], x[1]);
}
double gan__eval_compare(const double *x, int32_t count, const int64_t *attrs) {
  (void)count;
  const bool holds[] = {[GAN__LESS] =
                            x[0]<x[1], [GAN__LESS_EQUAL] = x[0] <= x[1],
                                 [GAN__EQUAL] = x[0] == x[1], [GAN__NOT_EQUAL] = x[0] != x[1],
                                 [GAN__GREATER_EQUAL] = x[0] >= x[1], [GAN__GREATER] = x[0]>
                                x[1]};
  return holds[attrs[0]];
}
double gan__eval_select(const double *x, int32_t count, const int64_t *attrs) {
  (void)count, (void)attrs;
  return x[0] != 0 ? x[1] : x[2];
}
