/* SPDX-License-Identifier: MIT */
/* Job: element types and shapes: sizes that cannot overflow, equality, text. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "tensor/shape.h"

static const struct {
  const char *name;
  int64_t size;
} dtypes[] = {[GAN_F32] = {"f32", 4}, [GAN_F64] = {"f64", 8}, [GAN_I32] = {"i32", 4}};

static bool known(int32_t dtype) {
  return dtype > 0 && dtype < (int32_t)(sizeof dtypes / sizeof *dtypes);
}

int64_t gan__dtype_size(int32_t dtype) {
  return known(dtype) ? dtypes[dtype].size : 0;
}

const char *gan__dtype_name(int32_t dtype) {
  return known(dtype) ? dtypes[dtype].name : "?";
}

gan__shape gan__shape_make(int32_t rank, const int64_t *dims) {
  gan__shape shape = {.rank = rank};
  if (rank > 0) memcpy(shape.dims, dims, (size_t)rank * sizeof *dims);
  return shape;
}

bool gan__shape_equal(const gan__shape *a, const gan__shape *b) {
  return a->rank == b->rank && memcmp(a->dims, b->dims, (size_t)a->rank * sizeof *a->dims) == 0;
}

int64_t gan__shape_count(const gan__shape *shape) {
  return gan__shape_product(shape, 0, shape->rank);
}

int64_t gan__shape_product(const gan__shape *shape, int32_t from, int32_t to) {
  int64_t product = 1;
  for (int32_t axis = from; axis < to; axis++)
    product *= shape->dims[axis];
  return product;
}

bool gan__shape_valid(const gan__shape *shape, int32_t dtype) {
  int64_t bytes = gan__dtype_size(dtype);
  if (bytes == 0 || shape->rank < 0 || shape->rank > GAN__RANK_MAX) return false;
  for (int32_t axis = 0; axis < shape->rank; axis++) {
    if (shape->dims[axis] < 0) return false;
    /* A zero elsewhere must not hide an overflow: partial products are formed too. */
    if (shape->dims[axis] && !gan__multiply(bytes, shape->dims[axis], &bytes)) return false;
    if (bytes >= INT64_C(1) << 62) return false;
  }
  return true;
}

char *gan__shape_text(char buffer[GAN__SHAPE_TEXT], const gan__shape *shape) {
  size_t used = (size_t)snprintf(buffer, GAN__SHAPE_TEXT, "[");
  for (int32_t axis = 0; axis < shape->rank; axis++)
    used += (size_t)snprintf(buffer + used, GAN__SHAPE_TEXT - used, "%s%lld", axis ? ", " : "",
                             (long long)shape->dims[axis]);
  snprintf(buffer + used, GAN__SHAPE_TEXT - used, "]");
  return buffer;
}
