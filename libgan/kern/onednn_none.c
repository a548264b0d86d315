/* SPDX-License-Identifier: MIT */
/* Job: stands in for onednn.c in a build without oneDNN. */
#include "kern/blas.h"
#include "kern/onednn.h"

const char *gan__onednn_refuse(int32_t cpu_level) {
  (void)cpu_level;
  return "built without oneDNN";
}

bool gan__onednn_sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                       float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
                       float beta, float *c, int64_t ldc) {
  return gan__sgemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
