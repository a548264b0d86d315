/* SPDX-License-Identifier: MIT */
/* Job: copying between strided blocks, plainly and fast. */
#include <string.h>

#include "kern/kern_copy.h"

/* Words through which elements of any type are moved. */
typedef uint32_t __attribute__((may_alias)) word_4;
typedef uint64_t __attribute__((may_alias)) word_8;

void gan__strides(const gan__shape *shape, int64_t *strides) {
  int64_t stride = 1;
  for (int32_t i = shape->rank - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape->dims[i];
  }
}

void gan__copy_reference(const gan__strided *block, int64_t size, void *out, const void *in) {
  int64_t total = 1;
  for (int32_t a = 0; a < block->rank; a++)
    total *= block->dims[a];
  for (int64_t flat = 0; flat < total; flat++) {
    int64_t to = 0, from = 0, rest = flat;
    for (int32_t a = block->rank - 1; a >= 0; a--) {
      int64_t index = rest % block->dims[a];
      rest /= block->dims[a];
      to += index * block->out_strides[a];
      from += index * block->in_strides[a];
    }
    memcpy((char *)out + to * size, (const char *)in + from * size, (size_t)size);
  }
}

/* Drops axes of size 1 and joins neighbours that are one axis on both sides. False when the block
 * is empty. */
static bool merge(const gan__strided *block, gan__strided *merged) {
  merged->rank = 0;
  for (int32_t a = 0; a < block->rank; a++) {
    if (block->dims[a] == 0) return false;
    if (block->dims[a] == 1) continue;
    int32_t last = merged->rank - 1;
    if (last >= 0 && merged->out_strides[last] == block->dims[a] * block->out_strides[a]
        && merged->in_strides[last] == block->dims[a] * block->in_strides[a]) {
      merged->dims[last] *= block->dims[a];
    } else {
      last = merged->rank++;
      merged->dims[last] = block->dims[a];
    }
    merged->out_strides[last] = block->out_strides[a];
    merged->in_strides[last] = block->in_strides[a];
  }
  return true;
}

enum { BLOCK = 16 }; /* a block of 16 x 16 words is 16 cache lines on either side */

/* A plane of `rows` x `columns`; row strides and column strides of both sides. */
#define PLANE(bytes)                                                                               \
  static void run_##bytes(int64_t n, word_##bytes *out, int64_t to, const word_##bytes *in,        \
                          int64_t from) {                                                          \
    if (to == 1 && from == 1) {                                                                    \
      memcpy(out, in, (size_t)n *bytes);                                                           \
    } else if (to == 1 && from == 0) {                                                             \
      word_##bytes value = *in;                                                                    \
      for (int64_t i = 0; i < n; i++)                                                              \
        out[i] = value;                                                                            \
    } else {                                                                                       \
      for (int64_t i = 0; i < n; i++)                                                              \
        out[i * to] = in[i * from];                                                                \
    }                                                                                              \
  }                                                                                                \
  static void plane_##bytes(const gan__strided *s, word_##bytes *out, const word_##bytes *in) {    \
    int32_t r = s->rank - 2, c = s->rank - 1;                                                      \
    int64_t rows = s->dims[r], columns = s->dims[c];                                               \
    bool crossed = s->in_strides[r] == 1 && s->in_strides[c] != 1;                                 \
    int64_t step = crossed ? BLOCK : columns;                                                      \
    for (int64_t j = 0; j < columns; j += step) {                                                  \
      int64_t n = columns - j < step ? columns - j : step;                                         \
      for (int64_t i = 0; i < rows; i++)                                                           \
        run_##bytes(n, out + i * s->out_strides[r] + j * s->out_strides[c], s->out_strides[c],     \
                    in + i * s->in_strides[r] + j * s->in_strides[c], s->in_strides[c]);           \
    }                                                                                              \
  }                                                                                                \
  static void block_##bytes(const gan__strided *s, void *out, const void *in) {                    \
    int64_t index[GAN__RANK_MAX] = {0};                                                            \
    word_##bytes *to = out;                                                                        \
    const word_##bytes *from = in;                                                                 \
    for (;;) {                                                                                     \
      plane_##bytes(s, to, from);                                                                  \
      int32_t a = s->rank - 3;                                                                     \
      for (; a >= 0; a--) {                                                                        \
        to += s->out_strides[a];                                                                   \
        from += s->in_strides[a];                                                                  \
        if (++index[a] < s->dims[a]) break;                                                        \
        to -= index[a] * s->out_strides[a];                                                        \
        from -= index[a] * s->in_strides[a];                                                       \
        index[a] = 0;                                                                              \
      }                                                                                            \
      if (a < 0) return;                                                                           \
    }                                                                                              \
  }
PLANE(4)
PLANE(8)

void gan__copy_fast(const gan__strided *block, int64_t size, void *out, const void *in) {
  gan__strided merged;
  if (!merge(block, &merged)) return;
  /* At least a plane: axes of size 1 in front. */
  while (merged.rank < 2) {
    for (int32_t a = merged.rank; a > 0; a--) {
      merged.dims[a] = merged.dims[a - 1];
      merged.out_strides[a] = merged.out_strides[a - 1];
      merged.in_strides[a] = merged.in_strides[a - 1];
    }
    merged.dims[0] = 1;
    merged.out_strides[0] = merged.in_strides[0] = 1;
    merged.rank++;
  }
  if (size == 4)
    block_4(&merged, out, in);
  else
    block_8(&merged, out, in);
}
