/* SPDX-License-Identifier: MIT */
/* Compiled once for each SIMD level, with the flags of the library's own. */
#define gan__uniform word_uniform
#define gan__normal  word_normal
#include "kern/kern_random_fast.c"

#include "word_kernels.h"

_Static_assert((int)WORD_BLOCKS == (int)BLOCKS, "the blocks of a run");

void GAN__LEVEL_NAME(uniform_of_words, f32)(uint32_t words[4][WORD_BLOCKS],
                                            float rows[4][WORD_BLOCKS]) {
  uniform_run(words, rows);
}

void GAN__LEVEL_NAME(normal_of_words, f32)(uint32_t words[4][WORD_BLOCKS],
                                           float rows[4][WORD_BLOCKS]) {
  normal_run(words, rows);
}
