/* SPDX-License-Identifier: MIT */
/* Job: which elements of a draw a call makes, and the names of the fast kernels. */
#ifndef GAN__KERN_RANDOM_H
#define GAN__KERN_RANDOM_H

#include "kern/kern_lists.h"

/* The largest f32 below 1: what rounds to 1 becomes this. */
#define GAN__BELOW_ONE 0x1.fffffep-1f

/* Elements first .. first + count - 1 of the whole draw. */
typedef struct gan__draw {
  int64_t first, count;
  uint64_t key;
} gan__draw;

gan__draw gan__draw_make(const gan__row_call *call);

GAN__ROW_DECLARE(gan__uniform, f32)
GAN__ROW_DECLARE(gan__normal, f32)

#endif
