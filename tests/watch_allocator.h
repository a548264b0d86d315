/* SPDX-License-Identifier: MIT */
/* An allocator that counts, moves blocks about, and stands guard around every one. */
#ifndef GAN__TESTS_WATCH_ALLOCATOR_H
#define GAN__TESTS_WATCH_ALLOCATOR_H

#include <stdbool.h>
#include <stdint.h>

#include <gan/context.h>

typedef struct watch_block watch_block;

typedef struct watch {
  gan_allocator allocator; /* give this to gan_context_create_with */
  int64_t calls;           /* of allocate so far */
  int64_t live, total_bytes;
  uint64_t shift; /* bytes by which every block is moved: a multiple of 64 */
  watch_block *blocks;
} watch;

/* Prepares `self`, which must stay where it is. */
void watch_init(watch *self);
/* True when nobody wrote around a live block. */
bool watch_intact(const watch *self);
/* True when a live block has exactly this size. */
bool watch_holds(const watch *self, uint64_t size);

#endif
