/* SPDX-License-Identifier: MIT */
/* Job: the frame of files that are compiled once for each SIMD level: names, loops, vectors.
 *
 * kern/meson.build defines GAN__LEVEL (baseline, avx2, avx512) and GAN__VECTOR, the bytes of a SIMD
 * register, and gives the flags of the level. */
#ifndef GAN__KERN_LEVEL_H
#define GAN__KERN_LEVEL_H

#include "kern/kern_lists.h"

#define GAN__PASTE_3(a, b, c)               a##_##b##_##c
#define GAN__PASTE_LEVEL(stem, type, level) GAN__PASTE_3(stem, type, level)
/* gan__tile_add_f32_avx2 from (gan__tile_add, f32). */
#define GAN__LEVEL_NAME(stem, type) GAN__PASTE_LEVEL(stem, type, GAN__LEVEL)

/* A loop whose iterations are independent even when the result overwrites an input in place, which
 * the compiler cannot know. */
#define GAN__SIMD_LOOP _Pragma("omp simd") for

/* For functions whose integer arguments are constants that unroll their loops. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* SIMD registers as types; the _at forms lie anywhere in memory. */
typedef float vector_f32 __attribute__((vector_size(GAN__VECTOR)));
typedef double vector_f64 __attribute__((vector_size(GAN__VECTOR)));
typedef float vector_f32_at __attribute__((vector_size(GAN__VECTOR), aligned(4), may_alias));
typedef double vector_f64_at __attribute__((vector_size(GAN__VECTOR), aligned(8), may_alias));

/* The sum of all lanes: first of the 16-byte parts, then inside. */
static ALWAYS_INLINE float horizontal_f32(vector_f32 value) {
  union {
    vector_f32 whole;
    float __attribute__((vector_size(16))) part[GAN__VECTOR / 16];
  } u = {.whole = value};
  for (int i = 1; i < GAN__VECTOR / 16; i++)
    u.part[0] += u.part[i];
  return (u.part[0][0] + u.part[0][2]) + (u.part[0][1] + u.part[0][3]);
}
static ALWAYS_INLINE double horizontal_f64(vector_f64 value) {
  union {
    vector_f64 whole;
    double __attribute__((vector_size(16))) part[GAN__VECTOR / 16];
  } u = {.whole = value};
  for (int i = 1; i < GAN__VECTOR / 16; i++)
    u.part[0] += u.part[i];
  return u.part[0][0] + u.part[0][1];
}

#endif
