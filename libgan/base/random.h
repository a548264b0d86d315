/* SPDX-License-Identifier: MIT */
/* Job: counter-based random bits: Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as
 * easy as 1, 2, 3"). The bits depend on (key, counter) alone, so any order and any split of the
 * work gives the same numbers. */
#ifndef GAN__BASE_RANDOM_H
#define GAN__BASE_RANDOM_H

#include <stdint.h>

/* One block: four 32-bit words from a 64-bit key and a 128-bit counter (low: element block, high:
 * step). */
static inline void gan__philox(uint64_t key, uint64_t low, uint64_t high, uint32_t out[4]) {
  uint32_t c0 = (uint32_t)low, c1 = (uint32_t)(low >> 32);
  uint32_t c2 = (uint32_t)high, c3 = (uint32_t)(high >> 32);
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)c0 * UINT32_C(0xD2511F53), p1 = (uint64_t)c2 * UINT32_C(0xCD9E8D57);
    c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    c1 = (uint32_t)p1;
    c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c3 = (uint32_t)p0;
    k0 += UINT32_C(0x9E3779B9);
    k1 += UINT32_C(0xBB67AE85);
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/* A uniform double in (0, 1) from one word: the middle of one of 2^32 equal cells, so never 0 or 1.
 */
static inline double gan__unit(uint32_t word) {
  return ((double)word + 0.5) * (1.0 / 4294967296.0);
}

/* A stream for host code (initialisers, data sets, shuffles): draws one after the other. */
typedef struct gan__stream {
  uint64_t key;     /* from the seed and the stream's purpose */
  uint64_t high;    /* epoch or step */
  uint64_t counter; /* words taken so far */
} gan__stream;

gan__stream gan__stream_make(uint64_t seed, const char *purpose, uint64_t index);
uint32_t gan__stream_word(gan__stream *stream);
double gan__stream_uniform(gan__stream *stream);                 /* (0, 1) */
double gan__stream_normal(gan__stream *stream);                  /* N(0, 1) by Box and Muller */
uint64_t gan__stream_below(gan__stream *stream, uint64_t bound); /* unbiased, bound > 0 */

#endif
