/* SPDX-License-Identifier: MIT */
/* Job: the context as every layer sees it: memory, messages, seed, threads. */
#ifndef GAN__BASE_CONTEXT_H
#define GAN__BASE_CONTEXT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gan/context.h>

enum { GAN__MESSAGE_MAX = 1024 };

typedef struct gan__pool gan__pool;

struct gan_context {
  gan_allocator allocator;
  gan_log_callback log;
  void *log_user;
  uint64_t seed;
  gan__pool *pool;      /* never NULL once created; one thread by default */
  atomic_int cancelled; /* set by gan_context_cancel from any thread */
  int64_t live_blocks;  /* allocations not yet released: the leak tests read it */
  uint64_t live_bytes;  /* their sizes; excludes the allocator's own overhead */
  uint64_t peak_bytes;  /* the largest live_bytes so far */
  uint64_t objects;     /* handles created so far: gives each its own random streams */
  gan_status status;    /* of the last failure */
  char message[GAN__MESSAGE_MAX];
  char blas[256]; /* text of gan_context_blas */
};

/* The one place where an error begins (a breakpoint here finds every origin). Formats the message
 * into the context and returns `status`. Only %s %d %i %u %zu %lld %llu %c may be used: numbers
 * with a point go through gan__text_double, so that no locale can change them. */
gan_status gan__fail(gan_context *context, gan_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* Sends one message to the caller's sink, if there is one. */
void gan__log(gan_context *context, int32_t severity, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* True once after a request to cancel; honouring it takes the request back. */
bool gan__cancel_requested(gan_context *context);

#define GAN_TRY(call)                                                                              \
  do {                                                                                             \
    gan_status gan__try_status = (call);                                                           \
    if (gan__try_status != GAN_OK) return gan__try_status;                                         \
  } while (0)

/* Internal invariants: checked in debug builds, gone in release builds. */
#ifndef NDEBUG
#define GAN__CHECK(condition) ((condition) ? (void)0 : __builtin_trap())
#else
#define GAN__CHECK(condition) ((void)sizeof(condition))
#endif

#endif
