/* SPDX-License-Identifier: MIT */
/* Job: own products where a size is at most GAN__THIN, which BLAS does badly; compiled for each
 * SIMD level. Sums run over k in a fixed order. */
#include <string.h>

#include "kern/kern_level.h"
#include "kern/kern_matmul.h"

#define TYPE      f32
#define ELEMENT   float
#define VECTOR    vector_f32
#define VECTOR_AT vector_f32_at
#include "kern/kern_thin_body.h"

#define TYPE      f64
#define ELEMENT   double
#define VECTOR    vector_f64
#define VECTOR_AT vector_f64_at
#include "kern/kern_thin_body.h"
