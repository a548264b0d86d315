/* SPDX-License-Identifier: MIT */
/* Job: copying between strided blocks: every op that only moves elements is one or more of these.
 */
#ifndef GAN__KERN_COPY_H
#define GAN__KERN_COPY_H

#include "tensor/shape.h"

/* out[sum i_a * out_strides[a]] = in[sum i_a * in_strides[a]] for all 0 <= i_a < dims[a]. Strides
 * count elements and may be zero (repeats the input) or negative (walks backwards). */
typedef struct gan__strided {
  int32_t rank;
  int64_t dims[GAN__RANK_MAX], out_strides[GAN__RANK_MAX], in_strides[GAN__RANK_MAX];
} gan__strided;

/* Row-major strides of a shape: strides[i] = product of dims[i+1 ..]. */
void gan__strides(const gan__shape *shape, int64_t *strides);

/* One element after the other; `size` is 4 or 8 bytes. */
void gan__copy_reference(const gan__strided *block, int64_t size, void *out, const void *in);
/* Merges axes, copies runs, moves transposed planes in blocks. */
void gan__copy_fast(const gan__strided *block, int64_t size, void *out, const void *in);

#endif
