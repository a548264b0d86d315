/* SPDX-License-Identifier: MIT */
/* Job: the door to oneDNN: whether a product may go there, and its one product. */
#ifndef GAN__KERN_ONEDNN_H
#define GAN__KERN_ONEDNN_H

#include <stdbool.h>
#include <stdint.h>

/* NULL when products of a plan of this CPU level should go to oneDNN rather than to CBLAS;
 * otherwise the reason, a static text. Fixed for a machine and its libraries: nothing is timed. */
const char *gan__onednn_refuse(int32_t cpu_level);

/* As gan__sgemm (kern/blas.h), to which it turns where oneDNN fails, for want of memory for
 * instance. Any thread, any number at once; the product runs on the calling thread alone, whose
 * OpenMP settings are as before afterwards. */
bool gan__onednn_sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                       float alpha, const float *a, int64_t lda, const float *b, int64_t ldb,
                       float beta, float *c, int64_t ldc);

#endif
