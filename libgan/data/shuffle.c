/* SPDX-License-Identifier: MIT */
/* Job: the order of the rows in one epoch, a permutation that depends on key and epoch alone. */
#include "base/memory.h"
#include "base/random.h"
#include "data/shuffle.h"

gan_status gan__shuffle_init(gan_context *context, int64_t rows, gan__shuffle *shuffle) {
  uint32_t *order = gan__allocate(context, (uint64_t)rows, sizeof *order);
  if (!order) return GAN_ERROR_MEMORY;
  *shuffle = (gan__shuffle){.order = order, .rows = rows};
  return GAN_OK;
}

void gan__shuffle_finish(gan_context *context, gan__shuffle *shuffle) {
  gan__release(context, shuffle->order);
  shuffle->order = NULL;
}

const uint32_t *gan__shuffle_epoch(gan__shuffle *shuffle, uint64_t key, uint64_t epoch) {
  if (shuffle->valid && shuffle->key == key && shuffle->epoch == epoch) return shuffle->order;
  gan__stream stream = gan__stream_make(key, "shuffle", epoch);
  uint32_t *order = shuffle->order;
  for (int64_t i = 0; i < shuffle->rows; i++)
    order[i] = (uint32_t)i;
  /* Fisher and Yates, as Durstenfeld's exchange in place (1964). Always from the identity, so that
   * the epochs before have no influence. */
  for (int64_t i = shuffle->rows - 1; i > 0; i--) {
    uint64_t other = gan__stream_below(&stream, (uint64_t)i + 1);
    uint32_t kept = order[i];
    order[i] = order[other];
    order[other] = kept;
  }
  shuffle->key = key;
  shuffle->epoch = epoch;
  shuffle->valid = true;
  return order;
}
