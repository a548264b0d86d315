/* SPDX-License-Identifier: MIT */
/* A BLAS that says it is OpenBLAS, keeps a record of its calls, and can be made wrong. A program
 * that links blas_double.c calls it instead of any library. */
#ifndef BLAS_DOUBLE_H
#define BLAS_DOUBLE_H

#include <stdatomic.h>
#include <stdbool.h>

enum { DOUBLE_SERIAL, DOUBLE_PTHREADS, DOUBLE_OPENMP };

/* How results go wrong when a call begins or ends while another is on its way. */
enum {
  DOUBLE_RIGHT,
  DOUBLE_SHARES,   /* all calls pack into one buffer, as builds without locks do */
  DOUBLE_WRONG_BIT /* the last bit of one element, in the calls of one kind */
};

typedef struct blas_double {
  int parallel;  /* what openblas_get_parallel answers */
  bool stubborn; /* keeps its threads whatever it is told */
  bool slow;     /* lets other threads run in the middle of a call */
  int fault;
  int kind;                   /* of DOUBLE_WRONG_BIT: 0 to 2 f32, 3 to 5 f64; each NN, NT, TN */
  atomic_int threads, orders; /* the count, and how often it was set */
  atomic_int inside, most, calls, overlapping;
} blas_double;
extern blas_double double_blas;

void cblas_sgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                 const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);
void cblas_dgemm(int order, int transpose_a, int transpose_b, int m, int n, int k, double alpha,
                 const double *a, int lda, const double *b, int ldb, double beta, double *c,
                 int ldc);
void openblas_set_num_threads(int threads);
int openblas_get_num_threads(void);
int openblas_get_parallel(void);
char *openblas_get_config(void);
char *openblas_get_corename(void);

#endif
