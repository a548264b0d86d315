/* SPDX-License-Identifier: MIT */
/* The context: allocator, messages, log sink, seed, threads and cancellation of everything made in
 * it. */
#ifndef GAN_CONTEXT_H
#define GAN_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include <gan/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Owns what the other handles share. A context and everything made in it is used by one thread at a
 * time; different contexts are independent. Destroy it after all that was made in it. */
typedef struct gan_context gan_context;

/* Element types. */
enum {
  GAN_F32 = 1, /* 32-bit float */
  GAN_F64 = 2, /* 64-bit float */
  GAN_I32 = 3  /* 32-bit signed integer: labels and indices */
};

/* The caller's memory functions. Both are called from the thread that called the library, never
 * from its workers. */
typedef struct gan_allocator {
  uint64_t struct_size; /* sizeof(gan_allocator) of the caller */
  /* At least `size` bytes (size > 0) at a multiple of `alignment` (a power of two, at most 4096),
   * or NULL. */
  void *(*allocate)(uint64_t size, uint64_t alignment, void *user);
  /* Gives back what allocate returned; never NULL. */
  void (*release)(void *memory, void *user);
  void *user; /* passed to both */
} gan_allocator;

/* Severity of a log message. */
enum { GAN_LOG_INFO = 1, GAN_LOG_WARNING = 2 };

/* Receives the library's messages; it prints nothing by itself. `text` lives during the call. */
typedef void (*gan_log_callback)(int32_t severity, const char *text, void *user);

/* Makes a context with the C library's allocator, seed 0, one thread and no log sink. *context is
 * untouched on failure. GAN_ERROR_ARGUMENT, GAN_ERROR_MEMORY. Any thread. Since 0.1. */
GAN_API gan_status gan_context_create(gan_context **context);

/* The same with the caller's allocator (copied; NULL for the default). allocator->struct_size must
 * be set. Since 0.1. */
GAN_API gan_status gan_context_create_with(const gan_allocator *allocator, gan_context **context);

/* Frees a context; NULL is ignored. Handles made in it must have been destroyed before. Since 0.1.
 */
GAN_API void gan_context_destroy(gan_context *context);

/* The seed from which initial parameters, latents, synthetic data and shuffles are drawn. It acts
 * on networks, trainers and data sets created afterwards. Since 0.1. */
GAN_API gan_status gan_context_set_seed(gan_context *context, uint64_t seed);

/* How many threads share the work of a call, the calling one included: 1 (the default) starts none,
 * 0 takes as many as the process may run on, at most 256. The results are the same bits for every
 * number. Threads sleep while the library is idle. Since 0.1. */
GAN_API gan_status gan_context_set_threads(gan_context *context, int32_t threads);

/* The number of threads in use. 0 for a NULL context. Since 0.1. */
GAN_API int32_t gan_context_threads(const gan_context *context);

/* Sets the sink of log messages; NULL for none (the default). Since 0.1. */
GAN_API gan_status gan_context_set_log(gan_context *context, gan_log_callback callback, void *user);

/* What the last failing call of this context found wrong: the name of the thing, its value or
 * shape, and what is allowed. "" before any failure. Owned by the context, valid until its next
 * call. Since 0.1. */
GAN_API const char *gan_context_message(const gan_context *context);

/* Asks the long call that runs in this context (a training run, a step, a sampling call) to stop
 * with GAN_ERROR_CANCELLED after the step in hand. The only function that may be called from
 * another thread while one runs. The request stays until a call has honoured it or until
 * gan_context_clear_cancel(). Since 0.1. */
GAN_API gan_status gan_context_cancel(gan_context *context);

/* Takes an unhonoured request back. Since 0.1. */
GAN_API gan_status gan_context_clear_cancel(gan_context *context);

/* Hands the process's BLAS over to libgan: sets the BLAS library to one thread per call, for the
 * whole process, so that panels of one product can run on the context's own threads at once. Call
 * it only in a program that owns its process. It stays so until the process ends, whatever becomes
 * of the context; while the program has set another count, BLAS calls go one at a time again.
 * Without it the library never touches the host's BLAS threads, and BLAS calls go one at a time.
 * GAN_ERROR_UNSUPPORTED, with everything as before, when the loaded BLAS cannot be told (OpenBLAS
 * for OpenMP or for one thread), is not known, or gives wrong results in concurrent products.
 * Since 0.1. */
GAN_API gan_status gan_context_take_blas(gan_context *context);

/* One line about the loaded BLAS: name, version, threading, and whether it was handed over. Owned
 * by the context, valid until its next call. "" for NULL. Since 0.1. */
GAN_API const char *gan_context_blas(gan_context *context);

#ifdef __cplusplus
}
#endif

#endif
