/* SPDX-License-Identifier: MIT */
/* Job: records of lifetimes in, offsets out. A pure function: the same records give the same
 * offsets everywhere. */
#ifndef GAN__PLAN_MEMPLAN_H
#define GAN__PLAN_MEMPLAN_H

#include "base/context.h"

/* One buffer: alive from `first` to `last`, both included (first <= last). */
typedef struct gan__record {
  int64_t bytes;
  int32_t first, last;
  int64_t offset; /* result, a multiple of 64 */
} gan__record;

/* Places the records so that no two that are alive together overlap, and writes the size of the
 * whole to *total. Buffers are taken in order of birth (larger ones first, then by index) from the
 * smallest free gap that holds them: n log n to sort, then n times the gaps there are, which stay
 * few. GAN_ERROR_MEMORY, GAN_ERROR_LIMIT. */
gan_status gan__memplan(gan_context *context, gan__record *records, int64_t count, int64_t *total);

#endif
