/* SPDX-License-Identifier: MIT */
/* Job: kernels of the ops that move elements: transpose, reverse, broadcast, slice, pad, concat. */
#include <string.h>

#include "kern/kern_copy.h"
#include "kern/kern_lists.h"
#include "kern/kern_tile.h"

typedef void copy_function(const gan__strided *block, int64_t size, void *out, const void *in);

/* A block that writes the whole panel of the result in order. */
static gan__strided result_block(const gan__row_call *call) {
  gan__shape shape = gan__result_panel(call);
  gan__strided block = {.rank = shape.rank};
  memcpy(block.dims, shape.dims, sizeof block.dims);
  gan__strides(&shape, block.out_strides);
  return block;
}

/* Copies the block; `start` is the input's element that belongs to the panel's element 0. It does
 * not depend on the panel: an input that is needed whole has no leading axis to walk. */
static void copy_panel(const gan__row_call *call, const gan__strided *block, int64_t start,
                       copy_function *copy) {
  int64_t size = gan__dtype_size(call->node->dtype);
  copy(block, size, call->out, (const char *)call->in[0] + start * size);
}

/* Axis i of the result walks axis perm_i of the input. */
static void transpose(const gan__row_call *call, copy_function *copy) {
  gan__strided block = result_block(call);
  int64_t strides[GAN__RANK_MAX];
  gan__strides(&call->node->input_shapes[0], strides);
  for (int32_t i = 0; i < block.rank; i++)
    block.in_strides[i] = strides[call->node->attrs[i]];
  copy_panel(call, &block, 0, copy);
}

static void reverse(const gan__row_call *call, copy_function *copy) {
  gan__strided block = result_block(call);
  int64_t axis = call->node->attrs[0];
  gan__strides(&call->node->input_shapes[0], block.in_strides);
  int64_t start = (call->node->shape.dims[axis] - 1) * block.in_strides[axis];
  block.in_strides[axis] = -block.in_strides[axis];
  copy_panel(call, &block, start, copy);
}

/* Axes that the input does not have stand still. */
static void broadcast(const gan__row_call *call, copy_function *copy) {
  gan__strided block = result_block(call);
  int64_t strides[GAN__RANK_MAX];
  gan__strides(&call->node->input_shapes[0], strides);
  for (int32_t i = 0; i < call->node->input_shapes[0].rank; i++)
    block.in_strides[call->node->attrs[i]] = strides[i];
  copy_panel(call, &block, 0, copy);
}

static void slice(const gan__row_call *call, copy_function *copy) {
  gan__strided block = result_block(call);
  int64_t axis = call->node->attrs[0];
  gan__strides(&call->node->input_shapes[0], block.in_strides);
  int64_t start = call->node->attrs[1] * block.in_strides[axis];
  block.in_strides[axis] *= call->node->attrs[3];
  copy_panel(call, &block, start, copy);
}

/* Zeros, and over them the input's elements, low + i (1 + interior) along the axis. */
static void pad(const gan__row_call *call, copy_function *copy) {
  gan__strided block = result_block(call);
  gan__shape input = gan__input_panel(call, 0), result = gan__result_panel(call);
  int64_t size = gan__dtype_size(call->node->dtype), axis = call->node->attrs[0];
  memset(call->out, 0, (size_t)(gan__shape_count(&result) * size));
  gan__strides(&input, block.in_strides);
  block.dims[axis] = input.dims[axis];
  int64_t low = call->node->attrs[1] * block.out_strides[axis];
  block.out_strides[axis] *= 1 + call->node->attrs[3];
  copy(&block, size, (char *)call->out + low * size, call->in[0]);
}

static void concat(const gan__row_call *call, copy_function *copy) {
  gan__strided block = result_block(call);
  int64_t size = gan__dtype_size(call->node->dtype), axis = call->node->attrs[0], start = 0;
  for (int32_t k = 0; k < call->node->input_count; k++) {
    gan__shape input = gan__input_panel(call, k);
    gan__strides(&input, block.in_strides);
    block.dims[axis] = input.dims[axis];
    copy(&block, size, (char *)call->out + start * block.out_strides[axis] * size, call->in[k]);
    start += input.dims[axis];
  }
}

static const char *never(const gan__kernel_node *node) {
  (void)node;
  return NULL;
}

#define LIST(op)                                                                                   \
  static void op##_reference(const gan__row_call *call) {                                          \
    op(call, gan__copy_reference);                                                                 \
  }                                                                                                \
  static void op##_fast(const gan__row_call *call) {                                               \
    op(call, gan__copy_fast);                                                                      \
  }
LIST(transpose)
LIST(reverse)
LIST(broadcast)
LIST(slice)
LIST(pad)
LIST(concat)

#define CANDIDATES(op)                                                                             \
  {.name = "strided", .refuse = never, .row = op##_fast},                                          \
      {.name = "reference", .refuse = never, .row = op##_reference}, {.name = NULL},
const gan__kernel gan__kernels_transpose[] = {CANDIDATES(transpose)};
const gan__kernel gan__kernels_reverse[] = {CANDIDATES(reverse)};
const gan__kernel gan__kernels_slice[] = {CANDIDATES(slice)};
const gan__kernel gan__kernels_pad[] = {CANDIDATES(pad)};
const gan__kernel gan__kernels_concat[] = {CANDIDATES(concat)};
const gan__kernel gan__kernels_broadcast[] = {
    {.name = "reference", .refuse = gan__needs_4_bytes, .tile = gan__tile_copy_4},
    {.name = "reference", .refuse = gan__needs_8_bytes, .tile = gan__tile_copy_8},
    CANDIDATES(broadcast)};
