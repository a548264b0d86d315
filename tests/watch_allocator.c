/* SPDX-License-Identifier: MIT */
#include "watch_allocator.h"

#include <stdlib.h>
#include <string.h>

enum { GUARD = 256, MARK = 0xa5 };

/* Memory: base ... guard, the block at `memory`, guard. */
struct watch_block {
  watch_block *next;
  char *base, *memory;
  uint64_t size;
};

static void *watched_allocate(uint64_t size, uint64_t alignment, void *user) {
  watch *self = user;
  self->calls++;
  watch_block *block = malloc(sizeof *block);
  if (!block) return NULL;
  char *base = malloc((size_t)(size + alignment + self->shift) + 2 * GUARD);
  if (!base) {
    free(block);
    return NULL;
  }
  char *memory = base + GUARD + self->shift;
  memory += (alignment - (uintptr_t)memory % alignment) % alignment;
  memset(memory - GUARD, MARK, GUARD);
  memset(memory + size, MARK, GUARD);
  *block = (watch_block){.next = self->blocks, .base = base, .memory = memory, .size = size};
  self->blocks = block;
  self->live++;
  self->total_bytes += (int64_t)size;
  return memory;
}

static bool guarded(const watch_block *block) {
  for (int i = 0; i < GUARD; i++)
    if ((unsigned char)block->memory[i - GUARD] != MARK
        || (unsigned char)block->memory[block->size + (uint64_t)i] != MARK)
      return false;
  return true;
}

static void watched_release(void *memory, void *user) {
  watch *self = user;
  watch_block **at = &self->blocks;
  while (*at && (*at)->memory != memory)
    at = &(*at)->next;
  if (!*at || !guarded(*at)) abort();
  watch_block *block = *at;
  *at = block->next;
  free(block->base);
  free(block);
  self->live--;
}

void watch_init(watch *self) {
  *self = (watch){0};
  self->allocator = (gan_allocator){.struct_size = sizeof self->allocator,
                                    .allocate = watched_allocate,
                                    .release = watched_release,
                                    .user = self};
}

bool watch_intact(const watch *self) {
  for (const watch_block *block = self->blocks; block; block = block->next)
    if (!guarded(block)) return false;
  return true;
}

bool watch_holds(const watch *self, uint64_t size) {
  for (const watch_block *block = self->blocks; block; block = block->next)
    if (block->size == size) return true;
  return false;
}
