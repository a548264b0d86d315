/* SPDX-License-Identifier: MIT */
#include "blas_double.h"

#include <math.h>
#include <sched.h>
#include <stdint.h>

enum { TRANSPOSED = 112, ROOM = 128 * 128 };

blas_double double_blas = {.parallel = DOUBLE_PTHREADS, .threads = 8};

/* Where all calls pack op(B) when the fault is DOUBLE_SHARES. Atomic, so that what goes wrong are
 * the numbers and nothing else. */
static _Atomic double shared[ROOM];

/* Returns whether another call is on its way. */
static bool enter(void) {
  int others = atomic_fetch_add(&double_blas.inside, 1);
  int most = atomic_load(&double_blas.most);
  while (others + 1 > most && !atomic_compare_exchange_weak(&double_blas.most, &most, others + 1))
    ;
  atomic_fetch_add(&double_blas.calls, 1);
  return others > 0;
}

static void pause_inside(void) {
  if (double_blas.slow) sched_yield();
}

static bool leave(bool overlaps, int kind) {
  overlaps |= atomic_fetch_sub(&double_blas.inside, 1) > 1;
  if (overlaps) atomic_fetch_add(&double_blas.overlapping, 1);
  return overlaps && double_blas.fault == DOUBLE_WRONG_BIT && double_blas.kind == kind;
}

static int kind_of(int transpose_a, int transpose_b) {
  return transpose_a == TRANSPOSED ? 2 : transpose_b == TRANSPOSED;
}

/* Rows of B first, as a library that is in a hurry does. */
#define GEMM(name, element, first_kind, next)                                                      \
  void name(int order, int transpose_a, int transpose_b, int m, int n, int k, element alpha,       \
            const element *a, int lda, const element *b, int ldb, element beta, element *c,        \
            int ldc) {                                                                             \
    (void)order;                                                                                   \
    bool overlaps = enter();                                                                       \
    int64_t a_row = transpose_a == TRANSPOSED ? 1 : lda;                                           \
    int64_t a_column = transpose_a == TRANSPOSED ? lda : 1;                                        \
    int64_t b_row = transpose_b == TRANSPOSED ? 1 : ldb;                                           \
    int64_t b_column = transpose_b == TRANSPOSED ? ldb : 1;                                        \
    bool share = double_blas.fault == DOUBLE_SHARES && (int64_t)n * k <= ROOM;                     \
    for (int64_t l = 0; share && l < k; l++)                                                       \
      for (int64_t j = 0; j < n; j++)                                                              \
        atomic_store_explicit(&shared[l * n + j], (double)b[l * b_row + j * b_column],             \
                              memory_order_relaxed);                                               \
    pause_inside();                                                                                \
    for (int64_t i = 0; i < m; i++) {                                                              \
      element *row = c + i * ldc;                                                                  \
      for (int64_t j = 0; j < n; j++)                                                              \
        row[j] = beta == 0 ? 0 : beta * row[j];                                                    \
      for (int64_t l = 0; l < k; l++) {                                                            \
        element left = alpha * a[i * a_row + l * a_column];                                        \
        if (share)                                                                                 \
          for (int64_t j = 0; j < n; j++)                                                          \
            row[j] +=                                                                              \
                left * (element)atomic_load_explicit(&shared[l * n + j], memory_order_relaxed);    \
        else                                                                                       \
          for (int64_t j = 0; j < n; j++)                                                          \
            row[j] += left * b[l * b_row + j * b_column];                                          \
      }                                                                                            \
    }                                                                                              \
    if (leave(overlaps, first_kind + kind_of(transpose_a, transpose_b)) && m > 0 && n > 0)         \
      c[n - 1] = next(c[n - 1], (element)INFINITY);                                                \
  }
GEMM(cblas_sgemm, float, 0, nextafterf)
GEMM(cblas_dgemm, double, 3, nextafter)

void openblas_set_num_threads(int threads) {
  atomic_fetch_add(&double_blas.orders, 1);
  if (!double_blas.stubborn) atomic_store(&double_blas.threads, threads);
}

int openblas_get_num_threads(void) {
  return atomic_load(&double_blas.threads);
}

int openblas_get_parallel(void) {
  return double_blas.parallel;
}

char *openblas_get_config(void) {
  return (char *)"a double for tests";
}

char *openblas_get_corename(void) {
  return (char *)"plain";
}
