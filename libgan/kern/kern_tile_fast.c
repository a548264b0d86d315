/* SPDX-License-Identifier: MIT */
/* Job: fast tile kernels of ops that are an instruction or two; compiled for each SIMD level. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "kern/kern_level.h"
#include "kern/kern_tile.h"

/* One loop over tiles of `element`s with inputs named x, y, z and the result `value`. */
#define KERNEL(op, type, element, names, value)                                                    \
  void GAN__LEVEL_NAME(gan__tile_##op, type)(int64_t n, void *out, const void *const *in,          \
                                             int32_t input_count, const int64_t *attrs) {          \
    (void)input_count, (void)attrs;                                                                \
    element *result = out;                                                                         \
    names(element);                                                                                \
    GAN__SIMD_LOOP(int64_t i = 0; i < n; i++) {                                                    \
      result[i] = value;                                                                           \
    }                                                                                              \
  }
#define ONE(element)   const element *x = in[0]
#define TWO(element)   const element *x = in[0], *y = in[1]
#define THREE(element) const element *x = in[0], *y = in[1], *z = in[2]

/* Comparisons stand so that a NaN comes through; see op_ew_evaluate.c. */
#define ANY(type, element)                                                                         \
  KERNEL(max, type, element, TWO, x[i] >= y[i] || x[i] != x[i] ? x[i] : y[i])                      \
  KERNEL(min, type, element, TWO, x[i] <= y[i] || x[i] != x[i] ? x[i] : y[i])                      \
  KERNEL(select, type, element, THREE, x[i] != 0 ? y[i] : z[i])                                    \
  COMPARE(type, element)

#define FLOAT(type, element, magnitude, largest, root)                                             \
  KERNEL(neg, type, element, ONE, -x[i])                                                           \
  KERNEL(abs, type, element, ONE, magnitude(x[i]))                                                 \
  KERNEL(relu, type, element, ONE, x[i] < 0 ? 0 : x[i])                                            \
  KERNEL(sign, type, element, ONE, x[i] != x[i] ? x[i] : (x[i] > 0 ? 1 : (x[i] < 0 ? -1 : 0)))     \
  KERNEL(step, type, element, ONE, x[i] != x[i] ? x[i] : (x[i] > 0 ? 1 : 0))                       \
  KERNEL(is_finite, type, element, ONE, magnitude(x[i]) <= largest ? 1 : 0)                        \
  KERNEL(sqrt, type, element, ONE, root(x[i]))                                                     \
  KERNEL(rsqrt, type, element, ONE, 1 / root(x[i]))                                                \
  KERNEL(sub, type, element, TWO, x[i] - y[i])                                                     \
  KERNEL(mul, type, element, TWO, x[i] * y[i])                                                     \
  KERNEL(div, type, element, TWO, x[i] / y[i])                                                     \
  ADD(type, element)

/* One loop for each kind of comparison. */
#define COMPARE(type, element)                                                                     \
  void GAN__LEVEL_NAME(gan__tile_compare, type)(int64_t n, void *out, const void *const *in,       \
                                                int32_t input_count, const int64_t *attrs) {       \
    (void)input_count;                                                                             \
    const element *x = in[0], *y = in[1];                                                          \
    element *result = out;                                                                         \
    switch (attrs[0]) {                                                                            \
      KIND(GAN__LESS, <)                                                                           \
      KIND(GAN__LESS_EQUAL, <=)                                                                    \
      KIND(GAN__EQUAL, ==)                                                                         \
      KIND(GAN__NOT_EQUAL, !=)                                                                     \
      KIND(GAN__GREATER_EQUAL, >=)                                                                 \
      KIND(GAN__GREATER, >)                                                                        \
    default:                                                                                       \
      break;                                                                                       \
    }                                                                                              \
  }
#define KIND(kind, relation)                                                                       \
  case kind:                                                                                       \
    GAN__SIMD_LOOP(int64_t i = 0; i < n; i++) {                                                    \
      result[i] = x[i] relation y[i] ? 1 : 0;                                                      \
    }                                                                                              \
    break;

/* Two terms in one loop, which is by far the most common; more through a block on the stack, so
 * that the result may overwrite any of them. */
enum { BLOCK = 128 };
#define ADD(type, element)                                                                         \
  static void add_two_##type(int64_t n, element *result, const element *x, const element *y) {     \
    GAN__SIMD_LOOP(int64_t i = 0; i < n; i++) {                                                    \
      result[i] = x[i] + y[i];                                                                     \
    }                                                                                              \
  }                                                                                                \
  void GAN__LEVEL_NAME(gan__tile_add, type)(int64_t n, void *out, const void *const *in,           \
                                            int32_t input_count, const int64_t *attrs) {           \
    (void)attrs;                                                                                   \
    element *result = out, sum[BLOCK];                                                             \
    if (input_count == 2) {                                                                        \
      add_two_##type(n, result, in[0], in[1]);                                                     \
      return;                                                                                      \
    }                                                                                              \
    for (int64_t start = 0; start < n; start += BLOCK) {                                           \
      int64_t some = n - start < BLOCK ? n - start : BLOCK;                                        \
      memcpy(sum, (const element *)in[0] + start, (size_t)some * sizeof *sum);                     \
      for (int32_t k = 1; k < input_count; k++)                                                    \
        add_two_##type(some, sum, sum, (const element *)in[k] + start);                            \
      memcpy(result + start, sum, (size_t)some * sizeof *sum);                                     \
    }                                                                                              \
  }

ANY(f32, float)
ANY(f64, double)
ANY(i32, int32_t)
FLOAT(f32, float, fabsf, FLT_MAX, sqrtf)
FLOAT(f64, double, fabs, DBL_MAX, sqrt)
