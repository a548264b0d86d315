/* SPDX-License-Identifier: MIT */
/* Job: fast f32 draws; compiled for each SIMD level. Whole runs of blocks are always made and cut
 * to the elements that are asked for, so that no element's bits depend on the panel. */
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "base/random.h"
#include "kern/kern_level.h"
#include "kern/kern_math.h"
#include "kern/kern_random.h"

enum { BLOCKS = 32, RUN = 4 * BLOCKS };

typedef uint64_t vector_u64 __attribute__((vector_size(GAN__VECTOR)));

/* The products of the low words of all lanes: one instruction, which no portable expression gives
 * reliably. */
static ALWAYS_INLINE vector_u64 multiply_low(vector_u64 a, uint32_t factor) {
#if defined(__AVX512F__)
  return (vector_u64)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64((long long)factor));
#elif defined(__AVX2__)
  return (vector_u64)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x((long long)factor));
#elif defined(__SSE2__)
  return (vector_u64)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x((long long)factor));
#else
  return (a & 0xffffffffu) * factor;
#endif
}

/* The words of the blocks first .. first + BLOCKS - 1: words[k][b] is word k. The same rounds as
 * gan__philox, with a block in each 64-bit lane, whose upper word does not matter. */
static void make_words(uint64_t key, uint64_t first, uint64_t step, uint32_t words[4][BLOCKS]) {
  enum { LANES = GAN__VECTOR / 8 };
  uint64_t wide[4][BLOCKS];
  for (int b = 0; b < BLOCKS; b++)
    wide[0][b] = first + (uint64_t)b;
  for (int start = 0; start < BLOCKS; start += LANES) {
    vector_u64 c0, c1, c2 = (vector_u64){0} + step, c3 = c2 >> 32;
    memcpy(&c0, &wide[0][start], sizeof c0);
    c1 = c0 >> 32;
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
      vector_u64 p0 = multiply_low(c0, UINT32_C(0xD2511F53));
      vector_u64 p1 = multiply_low(c2, UINT32_C(0xCD9E8D57));
      c0 = (p1 >> 32) ^ c1 ^ k0;
      c1 = p1;
      c2 = (p0 >> 32) ^ c3 ^ k1;
      c3 = p0;
      k0 += UINT32_C(0x9E3779B9);
      k1 += UINT32_C(0xBB67AE85);
    }
    memcpy(&wide[0][start], &c0, sizeof c0);
    memcpy(&wide[1][start], &c1, sizeof c1);
    memcpy(&wide[2][start], &c2, sizeof c2);
    memcpy(&wide[3][start], &c3, sizeof c3);
  }
  for (int k = 0; k < 4; k++)
    GAN__SIMD_LOOP(int b = 0; b < BLOCKS; b++) {
      words[k][b] = (uint32_t)wide[k][b];
    }
}

/* (word + 1/2) 2^-32 rounded once: both halves of the word are exact in f32, and so is each product
 * with a power of two. */
static inline float unit(uint32_t word) {
  float high = (float)(int32_t)(word >> 16), low = (float)(int32_t)(word & 0xffffu) + 0.5f;
  return (high * 65536.0f + low) * 0x1p-32f;
}

static inline float uniform_f32(uint32_t word) {
  float u = unit(word);
  return u < 1.0f ? u : GAN__BELOW_ONE;
}

/* sqrt(-2 ln u). Above 1/2 it is t = 1 - u that has all its digits: u = 1 - t is rounded, and what
 * was lost is added to the logarithm (over u, which is near 1 where this matters). */
static inline float radius_f32(uint32_t word) {
  uint32_t upper = word >> 31;
  float t = unit(upper ? ~word : word), u = upper ? 1.0f - t : t;
  float lost = upper ? (1.0f - u) - t : 0.0f;
  return sqrtf(-2.0f * log_positive(u, 0, lost));
}

/* 2 pi (word + 1/2) 2^-32 = quadrant * pi / 2 + r, |r| <= pi / 4. */
static inline uint32_t quadrant_of(uint32_t word, float *r) {
  uint32_t quadrant = (word + 0x20000000u) >> 30;
  *r = ((float)(int32_t)(word - (quadrant << 30)) + 0.5f) * 0x1.921fb6p-30f;
  return quadrant;
}

static void uniform_run(uint32_t words[4][BLOCKS], float rows[4][BLOCKS]) {
  for (int k = 0; k < 4; k++)
    GAN__SIMD_LOOP(int b = 0; b < BLOCKS; b++) {
      rows[k][b] = uniform_f32(words[k][b]);
    }
}

/* Box and Muller (1958) on words 0, 1 and 2, 3 of each block. */
static void normal_run(uint32_t words[4][BLOCKS], float rows[4][BLOCKS]) {
  for (int k = 0; k < 4; k += 2)
    GAN__SIMD_LOOP(int b = 0; b < BLOCKS; b++) {
      float r, radius = radius_f32(words[k][b]);
      uint32_t quadrant = quadrant_of(words[k + 1][b], &r);
      rows[k][b] = radius * sin_quadrant(r, quadrant + 1);
      rows[k + 1][b] = radius * sin_quadrant(r, quadrant);
    }
}

/* Element 4 b + k stands in row k. */
static void interleave(float rows[4][BLOCKS], float *out) {
  for (int b = 0; b < BLOCKS; b++) {
    out[4 * b] = rows[0][b];
    out[4 * b + 1] = rows[1][b];
    out[4 * b + 2] = rows[2][b];
    out[4 * b + 3] = rows[3][b];
  }
}

#define DRAW(op)                                                                                   \
  void GAN__LEVEL_NAME(gan__##op, f32)(const gan__row_call *call) {                                \
    gan__draw draw = gan__draw_make(call);                                                         \
    uint32_t words[4][BLOCKS];                                                                     \
    float rows[4][BLOCKS], run[RUN], *out = call->out;                                             \
    int64_t skip = draw.first % 4, block = draw.first / 4;                                         \
    for (int64_t done = 0; done < draw.count; block += BLOCKS, skip = 0) {                         \
      int64_t some = draw.count - done < RUN - skip ? draw.count - done : RUN - skip;              \
      make_words(draw.key, (uint64_t)block, call->step, words);                                    \
      op##_run(words, rows);                                                                       \
      interleave(rows, run);                                                                       \
      memcpy(out + done, run + skip, (size_t)some * sizeof *run);                                  \
      done += some;                                                                                \
    }                                                                                              \
  }
DRAW(uniform)
DRAW(normal)
