/* SPDX-License-Identifier: MIT */
/* Job: fast f32 tile kernels of exponentials, logarithms and circular functions; compiled for each
 * SIMD level. */
#include <string.h>

#include "kern/kern_level.h"
#include "kern/kern_math.h"
#include "kern/kern_tile.h"

enum { STEP = 16 }; /* elements; a multiple of every level's lanes */

/* Always runs whole steps, the rest through a padded buffer: an element's bits do not depend on
 * where in the tile it lies. */
#define KERNEL(op, value)                                                                          \
  static inline void op##_step(float *result, const float *in) {                                   \
    GAN__SIMD_LOOP(int i = 0; i < STEP; i++) {                                                     \
      float x = in[i];                                                                             \
      result[i] = value;                                                                           \
    }                                                                                              \
  }                                                                                                \
  static void op##_all(int64_t n, float *result, const float *in) {                                \
    for (; n >= STEP; n -= STEP, result += STEP, in += STEP)                                       \
      op##_step(result, in);                                                                       \
    if (n == 0) return;                                                                            \
    float rest[STEP] = {0};                                                                        \
    memcpy(rest, in, (size_t)n * sizeof *in);                                                      \
    op##_step(rest, rest);                                                                         \
    memcpy(result, rest, (size_t)n * sizeof *in);                                                  \
  }
#define TILE(op, run)                                                                              \
  void GAN__LEVEL_NAME(gan__tile_##op, f32)(int64_t n, void *out, const void *const *in,           \
                                            int32_t input_count, const int64_t *attrs) {           \
    (void)input_count, (void)attrs;                                                                \
    run(n, out, in[0]);                                                                            \
  }

KERNEL(exp, exp_f32(x))
KERNEL(log, log_f32(x))
KERNEL(log1p, log1p_f32(x))
KERNEL(tanh, tanh_f32(x))
KERNEL(sigmoid, sigmoid_f32(x))
KERNEL(softplus, softplus_f32(x))
KERNEL(sin, x == 0.0f ? x : sin_shifted(x, 0)) /* -0 stays -0 */
KERNEL(cos, sin_shifted(x, 1))
TILE(exp, exp_all)
TILE(log, log_all)
TILE(log1p, log1p_all)
TILE(tanh, tanh_all)
TILE(sigmoid, sigmoid_all)
TILE(softplus, softplus_all)

/* The vector form holds up to SIN_LIMIT; rare steps with a larger element take that one through
 * libm, whose argument reduction is exact. */
static bool any_large(const float *in, int64_t n) {
  int32_t large = 0;
  for (int64_t i = 0; i < n; i++)
    large |= !(fabsf(in[i]) <= SIN_LIMIT);
  return large != 0;
}
#define CIRCULAR(op, exact)                                                                        \
  static void op##_checked(int64_t n, float *result, const float *in) {                            \
    if (!any_large(in, n)) {                                                                       \
      op##_all(n, result, in);                                                                     \
      return;                                                                                      \
    }                                                                                              \
    for (int64_t i = 0; i < n; i++) {                                                              \
      float x = in[i];                                                                             \
      op##_all(1, result + i, &x);                                                                 \
      if (!(fabsf(x) <= SIN_LIMIT)) result[i] = (float)exact((double)x);                           \
    }                                                                                              \
  }
CIRCULAR(sin, sin)
CIRCULAR(cos, cos)
TILE(sin, sin_checked)
TILE(cos, cos_checked)
