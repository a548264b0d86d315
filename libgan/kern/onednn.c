/* SPDX-License-Identifier: MIT */
/* Job: the door to oneDNN: whether a product may go there, and its one product.
 *
 * dnnl_sgemm is row-major, may be called from several threads at once, and takes its number of
 * threads from OpenMP: as many as the calling thread would give a parallel region, or one inside a
 * region. That number belongs to each thread, so it is set to one around the call and put back; the
 * host never sees it. With one thread oneDNN enters no parallel region at all.
 *
 * What it costs: every call allocates room for its packed panels (up to 7 MB, by malloc), the first
 * one compiles its kernels (20 ms), and a process that loads it has 5 MB more in memory. */
#include <oneapi/dnnl/dnnl.h>

#include "kern/blas.h"
#include "kern/kern.h"
#include "kern/onednn.h"

/* The OpenMP that oneDNN has brought along, whichever it is; absent in a build without threads. */
#define WEAK __attribute__((weak))
extern WEAK int omp_get_max_threads(void);
extern WEAK void omp_set_num_threads(int threads);

/* GFLOP/s of one thread of an AMD EPYC (Zen 5), panels of 128 rows unless said, medians of five
 * interleaved runs; oneDNN 2.6, OpenBLAS 0.3.21. SkylakeX is OpenBLAS made to use its AVX-512
 * kernels; left to itself it takes its AVX2 kernels (Haswell) on a CPU that it does not know.
 *
 *                            AVX-512                           AVX2
 *                            panel  Haswell SkylakeX oneDNN    panel  Haswell  oneDNN
 *   [128, 128]                 269      112      232    278      132      123     131
 *   [1200, 1200]               257      108      254    277      129      130     133
 *   [3072, 3072]               215      109      207    230      113      122      76
 *   [3072, 3072] transposed    192      125      213    211      111      120     121
 *   [4096, 4096]               206      112      199    226      112      122      77
 *   [4096, 4096], 64 rows      167       79      168    238       96      110      73
 *   [4096, 4096], 1024 rows    201      113      256    267      118      132     131
 *   gradient of [3072, 3072]   177      133      255    272       91      130     133
 *
 * So with AVX-512 it is ahead of CBLAS in every size, by 0 to 10 % or by 1.6 times and more, and
 * without AVX-512 it is not: level with OpenBLAS at best, and 0.6 of it where the weights are read
 * in place (without AVX2 0.4 to 0.85, or 1.1 where neither has AVX). Reference BLAS does 2 to 3. */
const char *gan__onednn_refuse(int32_t cpu_level) {
  const dnnl_version_t *loaded = dnnl_version();
  if (loaded->cpu_runtime == DNNL_RUNTIME_OMP) {
    if (!omp_get_max_threads || !omp_set_num_threads) return "oneDNN's OpenMP cannot be told";
  } else if (loaded->cpu_runtime != DNNL_RUNTIME_SEQ) {
    return "oneDNN's threads are neither OpenMP's nor none";
  }
  if (cpu_level < GAN__CPU_AVX512 && !gan__blas_plain())
    return "CBLAS is as fast or faster without AVX-512";
  return NULL;
}

bool gan__onednn_sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                       float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
                       float beta, float *c, int64_t ldc) {
  int before = omp_get_max_threads && omp_set_num_threads ? omp_get_max_threads() : 1;
  if (before != 1) omp_set_num_threads(1);
  dnnl_status_t status = dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k,
                                    alpha, a, lda, b, ldb, beta, c, ldc);
  if (before != 1) omp_set_num_threads(before);
  /* It refuses before it writes. */
  return status == dnnl_success
         || gan__sgemm(transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
