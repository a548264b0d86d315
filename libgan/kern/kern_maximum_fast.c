/* SPDX-License-Identifier: MIT */
/* Job: fast maxima along an axis, and taking and putting there; compiled for each SIMD level.
 *
 * Neighbours along the inner axes are computed side by side, a block of them at a time, so that
 * what has been found so far stays in L1. Where fewer than FEW lie side by side, one after the
 * other. */
#include <string.h>

#include "kern/kern_level.h"
#include "kern/kern_maximum.h"

enum { BLOCK = 512, FEW = 4 };

/* A later value comes first where it is larger, or the first NaN. */
#define LATER(value, best) ((best) == (best) && !((value) <= (best)))

#define KERNELS(type, element)                                                                     \
  /* best [n] and, unless NULL, its index: over count rows that lie `inner` apart. */              \
  static void block_##type(const element *x, gan__around a, int64_t n, element *restrict best,     \
                           int32_t *restrict index) {                                              \
    memcpy(best, x, (size_t)n * sizeof *best);                                                     \
    if (index) memset(index, 0, (size_t)n * sizeof *index);                                        \
    for (int64_t c = 1; c < a.count; c++) {                                                        \
      const element *restrict y = x + c * a.inner;                                                 \
      int32_t here = (int32_t)c;                                                                   \
      if (index) GAN__SIMD_LOOP(int64_t i = 0; i < n; i++) {                                       \
          index[i] = LATER(y[i], best[i]) ? here : index[i];                                       \
        }                                                                                          \
      GAN__SIMD_LOOP(int64_t i = 0; i < n; i++) {                                                  \
        best[i] = LATER(y[i], best[i]) ? y[i] : best[i];                                           \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  static int64_t first_##type(const element *x, gan__around a) {                                   \
    int64_t where = 0;                                                                             \
    for (int64_t c = 1; c < a.count; c++)                                                          \
      if (LATER(x[c * a.inner], x[where * a.inner])) where = c;                                    \
    return where;                                                                                  \
  }                                                                                                \
  void GAN__LEVEL_NAME(gan__maximum, type)(const gan__row_call *call) {                            \
    gan__around a = gan__maximum_view(call);                                                       \
    const element *x = call->in[0];                                                                \
    element *out = call->out;                                                                      \
    for (int64_t o = 0; o < a.outer; o++, x += a.count * a.inner, out += a.inner) {                \
      for (int64_t i = 0; i < a.inner && a.inner < FEW; i++)                                       \
        out[i] = x[first_##type(x + i, a) * a.inner + i];                                          \
      for (int64_t i = 0; i < a.inner && a.inner >= FEW; i += BLOCK)                               \
        block_##type(x + i, a, a.inner - i < BLOCK ? a.inner - i : BLOCK, out + i, NULL);          \
    }                                                                                              \
  }                                                                                                \
  void GAN__LEVEL_NAME(gan__argmax, type)(const gan__row_call *call) {                             \
    gan__around a = gan__maximum_view(call);                                                       \
    const element *x = call->in[0];                                                                \
    int32_t *out = call->out;                                                                      \
    element best[BLOCK];                                                                           \
    for (int64_t o = 0; o < a.outer; o++, x += a.count * a.inner, out += a.inner) {                \
      for (int64_t i = 0; i < a.inner && a.inner < FEW; i++)                                       \
        out[i] = (int32_t)first_##type(x + i, a);                                                  \
      for (int64_t i = 0; i < a.inner && a.inner >= FEW; i += BLOCK)                               \
        block_##type(x + i, a, a.inner - i < BLOCK ? a.inner - i : BLOCK, best, out + i);          \
    }                                                                                              \
  }                                                                                                \
  void GAN__LEVEL_NAME(gan__take, type)(const gan__row_call *call) {                               \
    gan__around a = gan__maximum_view(call);                                                       \
    const element *x = call->in[0];                                                                \
    const int32_t *index = call->in[1];                                                            \
    element *out = call->out;                                                                      \
    for (int64_t o = 0; o < a.outer;                                                               \
         o++, index += a.inner, out += a.inner, x += a.count * a.inner) {                          \
      if (a.inner < FEW || a.count > 16) {                                                         \
        for (int64_t i = 0; i < a.inner; i++)                                                      \
          out[i] = index[i] >= 0 && index[i] < a.count ? x[index[i] * a.inner + i] : 0;            \
        continue;                                                                                  \
      }                                                                                            \
      memset(out, 0, (size_t)a.inner * sizeof *out);                                               \
      for (int64_t c = 0; c < a.count; c++) {                                                      \
        const element *y = x + c * a.inner;                                                        \
        int32_t here = (int32_t)c;                                                                 \
        GAN__SIMD_LOOP(int64_t i = 0; i < a.inner; i++) {                                          \
          out[i] = index[i] == here ? y[i] : out[i];                                               \
        }                                                                                          \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  void GAN__LEVEL_NAME(gan__put, type)(const gan__row_call *call) {                                \
    gan__around a = gan__put_view(call);                                                           \
    const element *x = call->in[0];                                                                \
    const int32_t *index = call->in[1];                                                            \
    element *out = call->out;                                                                      \
    for (int64_t o = 0; o < a.outer; o++, index += a.inner, x += a.inner)                          \
      for (int64_t c = 0; c < a.count; c++, out += a.inner) {                                      \
        int64_t here = c;                                                                          \
        GAN__SIMD_LOOP(int64_t i = 0; i < a.inner; i++) {                                          \
          out[i] = index[i] == here ? x[i] : 0;                                                    \
        }                                                                                          \
      }                                                                                            \
  }
KERNELS(f32, float)
KERNELS(f64, double)
