/* SPDX-License-Identifier: MIT */
/* Job: 64-bit mixing of words and texts: node identity, random keys. */
#ifndef GAN__BASE_HASH_H
#define GAN__BASE_HASH_H

#include <stdint.h>

/* A bijection of 64-bit words in which every input bit reaches every output bit (the finaliser of
 * splitmix64, Steele et al. 2014). */
static inline uint64_t gan__mix(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

/* Joins one more word to a hash; order matters. */
static inline uint64_t gan__join(uint64_t hash, uint64_t word) {
  return gan__mix(hash * UINT64_C(0x9e3779b97f4a7c15) + word + UINT64_C(0x632be59bd9b4e019));
}

/* The hash of a NUL-terminated text. */
static inline uint64_t gan__hash_text(const char *text) {
  uint64_t hash = UINT64_C(0x243f6a8885a308d3);
  for (; *text; text++)
    hash = gan__join(hash, (unsigned char)*text);
  return hash;
}

#endif
