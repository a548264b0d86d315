/* SPDX-License-Identifier: MIT */
/* Job: fast pairwise ops; compiled for each SIMD level.
 *
 * A register holds neighbouring kernels of one dimension of one row. Sums over the dimensions, and
 * over the other rows, run in order, one after the other, so that they do not depend on panels.
 * Where rows have few kernels, a narrower register is taken.
 *
 * value * sign(a - b) is the value with the sign of a - b, and 0 where a = b: five instructions,
 * which hold for finite values. All inputs are looked through for others first (once for a panel,
 * which does some hundred times as much), and where there are any, the sign is made as the formula
 * says. */
#include <string.h>

#include "kern/kern_level.h"
#include "kern/kern_pairwise.h"

enum {
  BLOCK_BYTES = 16384, /* of rows that others meet: half of the smallest L1 */
  OTHERS = 16,         /* rows whose weights a pull has added up at once */
  /* Sums of a pull that stay in registers, of which AVX-512 has 32: of 2 rows, or of one dimension.
   */
  PULL_DIMS = GAN__VECTOR == 64 ? 4 : 2,
  PULL_ROWS = GAN__VECTOR == 64 ? 8 : 4,
};

/* What is rare, or hot enough to have all registers to itself. */
#define NEVER_INLINE __attribute__((noinline))

/* No NaN and no infinity among n values. */
#define ARE_FINITE(type, element)                                                                  \
  static bool are_finite_##type(const element *x, int64_t n) {                                     \
    enum { PARTS = 4, LANES = GAN__VECTOR / (int)sizeof(element) };                                \
    vector_##type total[PARTS] = {{0}};                                                            \
    int64_t i = 0;                                                                                 \
    for (; i + PARTS * LANES <= n; i += PARTS * LANES)                                             \
      for (int k = 0; k < PARTS; k++)                                                              \
        total[k] += *(const vector_##type##_at *)(x + i + k * LANES) * 0;                          \
    element sum = 0;                                                                               \
    for (; i < n; i++)                                                                             \
      sum += x[i] * 0;                                                                             \
    sum += horizontal_##type((total[0] + total[1]) + (total[2] + total[3]));                       \
    return sum == 0;                                                                               \
  }
ARE_FINITE(f32, float)
ARE_FINITE(f64, double)

#define TYPE      f32
#define IS_FINITE are_finite_f32
#define ELEMENT   float
#define INTEGER   int32_t
#define SIGN_BIT  INT32_MIN
#define WIDTH     16
#include "kern/kern_pairwise_body.h"
#if GAN__VECTOR >= 32
#define WIDTH 32
#include "kern/kern_pairwise_body.h"
#endif
#if GAN__VECTOR >= 64
#define WIDTH 64
#include "kern/kern_pairwise_body.h"
#endif
#undef TYPE
#undef ELEMENT
#undef INTEGER
#undef SIGN_BIT
#undef IS_FINITE

#define TYPE      f64
#define IS_FINITE are_finite_f64
#define ELEMENT   double
#define INTEGER   int64_t
#define SIGN_BIT  INT64_MIN
#define WIDTH     GAN__VECTOR
#include "kern/kern_pairwise_body.h"
#undef TYPE
#undef ELEMENT
#undef INTEGER
#undef SIGN_BIT
#undef IS_FINITE

#if GAN__VECTOR == 64
#define WIDEST(stem, type) stem##_##type##_64
#elif GAN__VECTOR == 32
#define WIDEST(stem, type) stem##_##type##_32
#else
#define WIDEST(stem, type) stem##_##type##_16
#endif

static int64_t width_of(const gan__row_call *call) {
  gan__pairwise_size s = gan__pairwise_size_of(call);
  return gan__pairwise_width(s.kernels, gan__dtype_size(call->node->dtype), GAN__VECTOR);
}

#define ENTRY(op, stem)                                                                            \
  void GAN__LEVEL_NAME(gan__##op, f32)(const gan__row_call *call) {                                \
    int64_t width = width_of(call);                                                                \
    if (width == GAN__VECTOR)                                                                      \
      WIDEST(stem, f32)(call);                                                                     \
    else                                                                                           \
      NARROWER(stem, width)(call);                                                                 \
  }                                                                                                \
  void GAN__LEVEL_NAME(gan__##op, f64)(const gan__row_call *call) {                                \
    WIDEST(stem, f64)(call);                                                                       \
  }
#if GAN__VECTOR == 64
#define NARROWER(stem, width) (width == 32 ? stem##_f32_32 : stem##_f32_16)
#else
#define NARROWER(stem, width) stem##_f32_16
#endif
ENTRY(pairwise, distances)
ENTRY(pairwise_pull, pull)
ENTRY(pairwise_push, push)
