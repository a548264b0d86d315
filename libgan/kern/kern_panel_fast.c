/* SPDX-License-Identifier: MIT */
/* Job: products of panels with their right side packed, free of every thread hazard of a BLAS;
 * compiled for each SIMD level. Sums run over k in a fixed order. */
#include <string.h>

#include "kern/kern_level.h"
#include "kern/kern_matmul.h"

/* Rows of a block: with two vectors a row, sums, operands and one broadcast fit the registers (32
 * with AVX-512, else 16), and there are enough independent sums to hide the latency of an FMA. */
enum { ROWS = GAN__VECTOR == 64 ? 8 : GAN__VECTOR == 32 ? 6 : 4 };

typedef struct gan__panel {
  const void *a;
  int64_t m, k, lda, ldc;
  bool transpose_a, accumulate;
} gan__panel;

#define TYPE      f32
#define ELEMENT   float
#define VECTOR    vector_f32
#define VECTOR_AT vector_f32_at
#include "kern/kern_panel_body.h"

#define TYPE      f64
#define ELEMENT   double
#define VECTOR    vector_f64
#define VECTOR_AT vector_f64_at
#include "kern/kern_panel_body.h"
