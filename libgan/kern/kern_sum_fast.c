/* SPDX-License-Identifier: MIT */
/* Job: fast sums; compiled for each SIMD level.
 *
 * The order of additions depends on the panel's shape alone. Elements are added in blocks and the
 * blocks' sums then added up, so that of n elements none passes through more than about
 * BLOCK / lanes + n / BLOCK additions. */
#include "kern/kern_level.h"
#include "kern/kern_sum.h"

enum { BLOCK = 1024, ROWS = 64 };

#define TYPE      f32
#define ELEMENT   float
#define VECTOR    vector_f32
#define VECTOR_AT vector_f32_at
#include "kern/kern_sum_body.h"

#define TYPE      f64
#define ELEMENT   double
#define VECTOR    vector_f64
#define VECTOR_AT vector_f64_at
#include "kern/kern_sum_body.h"
