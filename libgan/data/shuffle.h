/* SPDX-License-Identifier: MIT */
/* Job: the order of the rows in one epoch, a permutation that depends on key and epoch alone. */
#ifndef GAN__DATA_SHUFFLE_H
#define GAN__DATA_SHUFFLE_H

#include "base/context.h"

/* Room for one epoch's order, booked once; another epoch overwrites it. */
typedef struct gan__shuffle {
  uint32_t *order; /* [rows]: a permutation of 0 .. rows-1 */
  int64_t rows;    /* at most 2^32 - 1 */
  uint64_t key, epoch;
  bool valid; /* order is that of (key, epoch) */
} gan__shuffle;

gan_status gan__shuffle_init(gan_context *context, int64_t rows, gan__shuffle *shuffle);
void gan__shuffle_finish(gan_context *context, gan__shuffle *shuffle);

/* The order of an epoch, [rows]; made unless it is the one held. Allocates nothing. */
const uint32_t *gan__shuffle_epoch(gan__shuffle *shuffle, uint64_t key, uint64_t epoch);

#endif
