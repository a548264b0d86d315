/* SPDX-License-Identifier: MIT */
/* Job: element types and shapes: sizes that cannot overflow, equality, text. */
#ifndef GAN__TENSOR_SHAPE_H
#define GAN__TENSOR_SHAPE_H

#include "base/context.h"

enum { GAN__RANK_MAX = 6 };

/* Dimensions from the outermost (leading, batch) to the innermost; rank 0 is a scalar. */
typedef struct gan__shape {
  int32_t rank;
  int64_t dims[GAN__RANK_MAX];
} gan__shape;

/* Bytes of one element; 0 for an unknown type. */
int64_t gan__dtype_size(int32_t dtype);
/* "f32", "f64", "i32"; "?" for an unknown type. */
const char *gan__dtype_name(int32_t dtype);
static inline bool gan__dtype_is_float(int32_t dtype) {
  return dtype == GAN_F32 || dtype == GAN_F64;
}

gan__shape gan__shape_make(int32_t rank, const int64_t *dims);
bool gan__shape_equal(const gan__shape *a, const gan__shape *b);
/* The number of elements; shapes in a graph are checked, so this cannot overflow there. */
int64_t gan__shape_count(const gan__shape *shape);
/* The product of dims[from .. to-1]. */
int64_t gan__shape_product(const gan__shape *shape, int32_t from, int32_t to);
/* True when every dim is >= 0 and the bytes of the whole stay below 2^62. */
bool gan__shape_valid(const gan__shape *shape, int32_t dtype);

enum { GAN__SHAPE_TEXT = 160 };
/* "[512, 2]". Returns `buffer`. */
char *gan__shape_text(char buffer[GAN__SHAPE_TEXT], const gan__shape *shape);

#endif
