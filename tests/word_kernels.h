/* SPDX-License-Identifier: MIT */
/* The draws of kern_random_fast.c as functions of given words, at every SIMD level: there the words
 * come from Philox, and a test could never choose them. */
#ifndef GAN__TESTS_WORD_KERNELS_H
#define GAN__TESTS_WORD_KERNELS_H

#include "kern/kern_lists.h"

enum { WORD_BLOCKS = 32 };

/* Words [4][32] to draws [4][32]; normals come in pairs from rows 0, 1 and 2, 3. */
typedef void word_kernel(uint32_t words[4][WORD_BLOCKS], float rows[4][WORD_BLOCKS]);

#define WORD_KERNEL(level, stem) word_kernel stem##_f32_##level;
GAN__EACH_LEVEL(WORD_KERNEL, uniform_of_words)
GAN__EACH_LEVEL(WORD_KERNEL, normal_of_words)

#endif
