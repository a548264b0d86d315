/* SPDX-License-Identifier: MIT */
/* A context whose allocator counts its calls and can be told to fail at one of them. */
#ifndef GAN__TESTS_FAILING_H
#define GAN__TESTS_FAILING_H

#include <stdlib.h>

#include "base/context.h"

typedef struct failing {
  int64_t calls, live;
  int64_t fail_at; /* the call that fails, from 1; 0 for none. Later ones succeed again. */
} failing;

static inline void *failing_allocate(uint64_t size, uint64_t alignment, void *user) {
  failing *self = user;
  if (++self->calls == self->fail_at) return NULL;
  self->live++;
  return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static inline void failing_release(void *memory, void *user) {
  ((failing *)user)->live--;
  free(memory);
}

static inline gan_context *failing_context(failing *self) {
  *self = (failing){0};
  gan_allocator allocator = {sizeof allocator, failing_allocate, failing_release, self};
  gan_context *context = NULL;
  return gan_context_create_with(&allocator, &context) == GAN_OK ? context : NULL;
}

/* Runs `call` (a statement that sets `status`) with the first, second, ... allocation failing until
 * it succeeds. Each failure must be GAN_ERROR_MEMORY and leave as many blocks as before. */
#define FAIL_EACH_ALLOCATION(context, counter, status, call)                                       \
  do {                                                                                             \
    int64_t before = (context)->live_blocks;                                                       \
    for (int64_t n = 1;; n++) {                                                                    \
      (counter)->calls = 0;                                                                        \
      (counter)->fail_at = n;                                                                      \
      call;                                                                                        \
      (counter)->fail_at = 0;                                                                      \
      if ((status) == GAN_OK) {                                                                    \
        assert_true(n > 1); /* something is allocated */                                           \
        break;                                                                                     \
      }                                                                                            \
      assert_int_equal(status, GAN_ERROR_MEMORY);                                                  \
      assert_int_equal((context)->live_blocks, before);                                            \
    }                                                                                              \
  } while (0)

#endif
