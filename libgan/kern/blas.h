/* SPDX-License-Identifier: MIT */
/* Job: the only door to CBLAS: which library is loaded, who may call it when, its two products. */
#ifndef GAN__KERN_BLAS_H
#define GAN__KERN_BLAS_H

#include "base/context.h"
#include "base/pool.h"

/* C [m, n] = alpha * op(A) op(B) + beta * C, all row-major; op(A) is [m, k], op(B) is [k, n], and
 * lda, ldb, ldc are the distances between stored rows. C is not read when beta is 0. False, and
 * nothing is done, when a size is negative or beyond int, or a leading dimension is too small: the
 * planner refuses such sizes before they come here. Any thread; one call at a time gets through
 * where gan__blas_concurrent() is false. */
bool gan__sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
                const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                int64_t ldc);
bool gan__dgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, double alpha,
                const double *a, int64_t lda, const double *b, int64_t ldb, double beta, double *c,
                int64_t ldc);

/* True when products may run on several threads at once: BLAS was handed over and still uses one
 * thread, or is netlib's. Otherwise they queue at one process-wide gate. */
bool gan__blas_concurrent(void);

/* True for netlib's reference BLAS, which is many times slower than the others. */
bool gan__blas_plain(void);

/* Sets the loaded BLAS to one thread per call, for the whole process and until its end, proves that
 * concurrent calls give the serial bits, and opens the gate. Doing it again changes nothing. The
 * gate is closed while the program has set OpenBLAS to another count than one since.
 * GAN_ERROR_UNSUPPORTED, with everything as before, when the library is unknown, takes no such
 * order, or fails the proof. */
gan_status gan__blas_take(gan_context *context);

/* One line: name, version, threading, and how calls go. Returns `buffer`. */
const char *gan__blas_describe(char buffer[256]);

/* Runs products of all transposes from all threads of the pool at once, past the gate, and compares
 * them bit for bit with the same products run one by one. GAN_ERROR_UNSUPPORTED when they differ.
 */
gan_status gan__blas_selftest(gan_context *context, gan__pool *pool);

#endif
