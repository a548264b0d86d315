/* SPDX-License-Identifier: MIT */
/* Job: allocate through the context's allocator, count what lives, check every size. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* In front of each block, so that releasing can count it back. One alignment unit keeps the
 * caller's part aligned. */
typedef struct block_header {
  uint64_t bytes;
} block_header;

void *gan__allocate(gan_context *context, uint64_t count, uint64_t size) {
  uint64_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes) || bytes > (uint64_t)INT64_MAX - 4096) {
    gan__fail(context, GAN_ERROR_MEMORY, "out of memory: %llu items of %llu bytes overflow",
              (unsigned long long)count, (unsigned long long)size);
    return NULL;
  }
  /* Whole alignment units: vector loops may read, never write, up to the end of the last one. */
  uint64_t padded = (bytes + GAN__ALIGNMENT) / GAN__ALIGNMENT * GAN__ALIGNMENT;
  char *block =
      context->allocator.allocate(padded + GAN__ALIGNMENT, GAN__ALIGNMENT, context->allocator.user);
  if (!block) {
    gan__fail(context, GAN_ERROR_MEMORY, "out of memory: %llu bytes were refused",
              (unsigned long long)padded);
    return NULL;
  }
  ((block_header *)(void *)block)->bytes = padded;
  context->live_blocks++;
  context->live_bytes += padded;
  if (context->live_bytes > context->peak_bytes) context->peak_bytes = context->live_bytes;
  return memset(block + GAN__ALIGNMENT, 0, padded);
}

void gan__release(gan_context *context, void *memory) {
  if (!memory) return;
  char *block = (char *)memory - GAN__ALIGNMENT;
  context->live_blocks--;
  context->live_bytes -= ((block_header *)(void *)block)->bytes;
  context->allocator.release(block, context->allocator.user);
}

gan_status gan__reserve(gan_context *context, void *array, uint64_t *capacity, uint64_t need,
                        uint64_t size) {
  if (need <= *capacity) return GAN_OK;
  uint64_t grown = *capacity < 8 ? 8 : *capacity * 2;
  if (grown < need) grown = need;
  void *fresh = gan__allocate(context, grown, size);
  if (!fresh) return GAN_ERROR_MEMORY;
  void *old;
  memcpy(&old, array, sizeof old);
  if (old) memcpy(fresh, old, *capacity * size);
  gan__release(context, old);
  memcpy(array, &fresh, sizeof fresh);
  *capacity = grown;
  return GAN_OK;
}

char *gan__copy_text(gan_context *context, const char *text) {
  size_t length = strlen(text) + 1;
  char *copy = gan__allocate(context, length, 1);
  if (copy) memcpy(copy, text, length);
  return copy;
}

bool gan__multiply(int64_t a, int64_t b, int64_t *product) {
  return a >= 0 && b >= 0 && !__builtin_mul_overflow(a, b, product);
}
