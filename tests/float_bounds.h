/* SPDX-License-Identifier: MIT */
/* How far f32 kernels may be from the value in double, and how that distance is measured. */
#ifndef GAN__TESTS_FLOAT_BOUNDS_H
#define GAN__TESTS_FLOAT_BOUNDS_H

#include <math.h>
#include <stddef.h>

#include "graph/op.h"

/* In units of the last place (ulp) of the value in double. 0.5 is the nearest f32; ops that are one
 * or two IEEE operations have 0.5 for each. The others are the maxima over every f32, measured by
 * every_float.c (the table in kern_math.h), rounded up to the next half; of normals, which have
 * more arguments than can be tried, one more. */
typedef struct float_bound {
  gan__op op;
  double ulps;
} float_bound;
static const float_bound float_bounds[] = {
    {GAN__OP_EXP, 1.5},     {GAN__OP_LOG, 1},   {GAN__OP_LOG1P, 1}, {GAN__OP_TANH, 6},
    {GAN__OP_SIGMOID, 2.5}, {GAN__OP_SIN, 2.5}, {GAN__OP_COS, 2.5}, {GAN__OP_RSQRT, 1.5},
    {GAN__OP_SOFTPLUS, 3},  {GAN__OP_NORMAL, 6}};

static inline double allowed_ulps(gan__op op) {
  for (size_t i = 0; i < sizeof float_bounds / sizeof *float_bounds; i++)
    if (float_bounds[i].op == op) return float_bounds[i].ulps;
  return 0.5;
}

/* The distance from one f32 to the next at `value`; denormals are 2^-149 apart. */
static inline double ulp_at(double value) {
  int exponent;
  frexp(value, &exponent);
  if (exponent > 128) exponent = 128;
  return ldexp(1.0, (exponent < -125 ? -125 : exponent) - 24);
}

/* Infinity counts as 2^128, where the next f32 would be. Both NaN is right, one NaN is not. */
static inline double ulps_between(float got, double want) {
  if (isnan(want) || isnan(got)) return isnan(want) && isnan(got) ? 0 : INFINITY;
  double have = isinf(got) ? copysign(0x1p128, got) : got;
  if (isinf(want) || fabs(want) > 0x1p128) want = copysign(0x1p128, want);
  return fabs(have - want) / ulp_at(want);
}

#endif
