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

/* One loop for each number of terms, added from left to right, so that the result may overwrite any
 * of them. */
#define SUM_2 x[0][i] + x[1][i]
#define SUM_3 SUM_2 + x[2][i]
#define SUM_4 SUM_3 + x[3][i]
#define SUM_5 SUM_4 + x[4][i]
#define SUM_6 SUM_5 + x[5][i]
#define SUM_7 SUM_6 + x[6][i]
#define SUM_8 SUM_7 + x[7][i]
#define TERMS(count)                                                                               \
  case count:                                                                                      \
    GAN__SIMD_LOOP(int64_t i = 0; i < n; i++) {                                                    \
      result[i] = SUM_##count;                                                                     \
    }                                                                                              \
    break;
#define ADD(type, element)                                                                         \
  void GAN__LEVEL_NAME(gan__tile_add, type)(int64_t n, void *out, const void *const *in,           \
                                            int32_t input_count, const int64_t *attrs) {           \
    (void)attrs;                                                                                   \
    element *result = out;                                                                         \
    const element *const *x = (const element *const *)in;                                          \
    switch (input_count) {                                                                         \
      TERMS(2)                                                                                     \
      TERMS(3) TERMS(4) TERMS(5) TERMS(6) TERMS(7) TERMS(8) default                                \
          : /* the builder splits longer sums */                                                   \
            for (int64_t i = 0; i < n; i++) {                                                      \
        element sum = x[0][i];                                                                     \
        for (int32_t k = 1; k < input_count; k++)                                                  \
          sum += x[k][i];                                                                          \
        result[i] = sum;                                                                           \
      }                                                                                            \
      break;                                                                                       \
    }                                                                                              \
  }

ANY(f32, float)
ANY(f64, double)
ANY(i32, int32_t)
FLOAT(f32, float, fabsf, FLT_MAX, sqrtf)
FLOAT(f64, double, fabs, DBL_MAX, sqrt)
