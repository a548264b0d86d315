/* SPDX-License-Identifier: MIT */
/* Job: what kernels of pairwise ops share: sizes, the layout of their scratch, the fast ones'
 * names. */
#ifndef GAN__KERN_PAIRWISE_H
#define GAN__KERN_PAIRWISE_H

#include "kern/kern_lists.h"

enum { GAN__PAIRWISE_GROUP = 8 }; /* rows that a pull does together */

/* M [n, dims, kernels], and the rows of the result that the call computes. */
typedef struct gan__pairwise_size {
  int64_t n, dims, kernels, first, rows;
} gan__pairwise_size;

static inline gan__pairwise_size gan__pairwise_size_of(const gan__row_call *call) {
  const gan__shape *m = &call->node->input_shapes[call->node->input_count - 1];
  return (gan__pairwise_size){m->dims[0], m->dims[1], m->dims[2], call->first_row, call->rows};
}

/* Bytes of the narrowest SIMD register of 16, 32, .. `widest` bytes that holds all kernels of a
 * row, or of the widest. */
static inline int64_t gan__pairwise_width(int64_t kernels, int64_t element, int64_t widest) {
  int64_t width = 16;
  while (width < widest && width < kernels * element)
    width *= 2;
  return width;
}

GAN__ROW_DECLARE(gan__pairwise, f32)
GAN__ROW_DECLARE(gan__pairwise, f64)
GAN__ROW_DECLARE(gan__pairwise_pull, f32)
GAN__ROW_DECLARE(gan__pairwise_pull, f64)
GAN__ROW_DECLARE(gan__pairwise_push, f32)
GAN__ROW_DECLARE(gan__pairwise_push, f64)

#endif
