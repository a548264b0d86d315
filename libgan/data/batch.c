/* SPDX-License-Identifier: MIT */
/* Job: named arrays of the caller, for one step. */
#include <string.h>

#include "base/memory.h"
#include "data/batch.h"

const gan__slot *gan__batch_find(const gan_batch *batch, const char *name) {
  for (int32_t i = 0; i < batch->count; i++)
    if (strcmp(batch->slots[i].name, name) == 0) return &batch->slots[i];
  return NULL;
}

gan_status gan__batch_set(gan_batch *batch, const gan__slot *slot) {
  const gan__slot *old = gan__batch_find(batch, slot->name);
  if (old) {
    batch->slots[old - batch->slots] = *slot;
    return GAN_OK;
  }
  if (batch->count == GAN__SLOTS_MAX)
    return gan__fail(batch->context, GAN_ERROR_LIMIT,
                     "slot \"%s\" would be number %d of the batch; allowed are %d", slot->name,
                     batch->count + 1, GAN__SLOTS_MAX);
  GAN_TRY(gan__reserve(batch->context, &batch->slots, &batch->capacity, (uint64_t)batch->count + 1,
                       sizeof *batch->slots));
  batch->slots[batch->count++] = *slot;
  return GAN_OK;
}
