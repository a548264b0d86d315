/* SPDX-License-Identifier: MIT */
/* Job: the public calls of context.h: check arguments, make and free the context. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/pool.h"
#include "kern/blas.h"

static void *default_allocate(uint64_t size, uint64_t alignment, void *user) {
  (void)user;
  uint64_t rest = size % alignment; /* aligned_alloc wants whole alignment units */
  if (rest && __builtin_add_overflow(size, alignment - rest, &size)) return NULL;
  return size <= SIZE_MAX ? aligned_alloc((size_t)alignment, (size_t)size) : NULL;
}

static void default_release(void *memory, void *user) {
  (void)user;
  free(memory);
}

/* The caller's struct may be older (shorter) or newer (longer) than ours. All fields of the first
 * release are compulsory. */
static bool copy_allocator(const gan_allocator *given, gan_allocator *copy) {
  *copy = (gan_allocator){sizeof *copy, default_allocate, default_release, NULL};
  if (!given) return true;
  uint64_t least = offsetof(gan_allocator, user) + sizeof given->user;
  if (given->struct_size < least || !given->allocate || !given->release) return false;
  memcpy(copy, given, given->struct_size < sizeof *copy ? given->struct_size : sizeof *copy);
  copy->struct_size = sizeof *copy;
  return true;
}

gan_status gan_context_create(gan_context **context) {
  return gan_context_create_with(NULL, context);
}

gan_status gan_context_create_with(const gan_allocator *allocator, gan_context **context) {
  gan_allocator functions;
  if (!context || !copy_allocator(allocator, &functions)) return GAN_ERROR_ARGUMENT;
  uint64_t bytes = (sizeof(gan_context) + GAN__ALIGNMENT - 1) / GAN__ALIGNMENT * GAN__ALIGNMENT;
  gan_context *made = functions.allocate(bytes, GAN__ALIGNMENT, functions.user);
  if (!made) return GAN_ERROR_MEMORY;
  memset(made, 0, bytes);
  made->allocator = functions;
  atomic_init(&made->cancelled, 0);
  gan_status status = gan__pool_create(made, 1, &made->pool);
  if (status != GAN_OK) {
    functions.release(made, functions.user);
    return status;
  }
  *context = made;
  return GAN_OK;
}

void gan_context_destroy(gan_context *context) {
  if (!context) return;
  gan_allocator functions = context->allocator;
  gan__pool_destroy(context, context->pool);
  functions.release(context, functions.user);
}

gan_status gan_context_set_seed(gan_context *context, uint64_t seed) {
  if (!context) return GAN_ERROR_ARGUMENT;
  context->seed = seed;
  return GAN_OK;
}

gan_status gan_context_set_threads(gan_context *context, int32_t threads) {
  if (!context) return GAN_ERROR_ARGUMENT;
  if (threads < 0 || threads > 256)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "threads is %d; allowed are 1 to 256, and 0 for all CPUs", threads);
  if (threads == 0) threads = gan__pool_cpus();
  if (threads == gan__pool_threads(context->pool)) return GAN_OK;
  gan__pool *pool;
  GAN_TRY(gan__pool_create(context, threads, &pool));
  gan__pool_destroy(context, context->pool);
  context->pool = pool;
  return GAN_OK;
}

int32_t gan_context_threads(const gan_context *context) {
  return context ? gan__pool_threads(context->pool) : 0;
}

gan_status gan_context_set_log(gan_context *context, gan_log_callback callback, void *user) {
  if (!context) return GAN_ERROR_ARGUMENT;
  context->log = callback;
  context->log_user = user;
  return GAN_OK;
}

const char *gan_context_message(const gan_context *context) {
  return context ? context->message : "";
}

/* The two calls that another thread may make: they touch nothing but the flag. */
gan_status gan_context_cancel(gan_context *context) {
  if (!context) return GAN_ERROR_ARGUMENT;
  atomic_store(&context->cancelled, 1);
  return GAN_OK;
}

gan_status gan_context_clear_cancel(gan_context *context) {
  if (!context) return GAN_ERROR_ARGUMENT;
  atomic_store(&context->cancelled, 0);
  return GAN_OK;
}

gan_status gan_context_take_blas(gan_context *context) {
  return context ? gan__blas_take(context) : GAN_ERROR_ARGUMENT;
}

const char *gan_context_blas(gan_context *context) {
  return context ? gan__blas_describe(context->blas) : "";
}
