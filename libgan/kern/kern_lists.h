/* SPDX-License-Identifier: MIT */
/* Job: what the kernel files share: candidate lists, reasons to refuse, the geometry of a panel. */
#ifndef GAN__KERN_LISTS_H
#define GAN__KERN_LISTS_H

#include "kern/kern.h"

/* The candidates of every op; an op without a list does not link. */
#define GAN__OP(NAME, name, ...) extern const gan__kernel gan__kernels_##name[];
#include "graph/ops.def"

/* SIMD levels that this build contains; kern/meson.build compiles the *_fast.c files once for each.
 * LEVEL(level) is expanded fastest first. */
#if defined(__x86_64__)
#define GAN__EACH_LEVEL(LEVEL, ...)                                                                \
  LEVEL(avx512, __VA_ARGS__) LEVEL(avx2, __VA_ARGS__) LEVEL(baseline, __VA_ARGS__)
#else
#define GAN__EACH_LEVEL(LEVEL, ...) LEVEL(baseline, __VA_ARGS__)
#endif

/* Row kernels at each level: DECLARE(gan__sum, f32) gives gan__sum_f32_avx2 and so on. */
#define GAN__ROW_LEVEL(level, stem, type) gan__row_run stem##_##type##_##level;
#define GAN__ROW_DECLARE(stem, type)      GAN__EACH_LEVEL(GAN__ROW_LEVEL, stem, type)

/* Reasons to refuse: the node's result (and for tiles its inputs) must be of this type, and the CPU
 * must reach this level. */
typedef const char *gan__refuse_rule(const gan__kernel_node *node);
gan__refuse_rule gan__needs_f32, gan__needs_f64, gan__needs_i32;
gan__refuse_rule gan__needs_f32_baseline, gan__needs_f64_baseline, gan__needs_i32_baseline;
gan__refuse_rule gan__needs_f32_avx2, gan__needs_f64_avx2, gan__needs_i32_avx2;
gan__refuse_rule gan__needs_f32_avx512, gan__needs_f64_avx512, gan__needs_i32_avx512;
/* Elements of 4 or 8 bytes, for kernels that only move them. */
gan__refuse_rule gan__needs_4_bytes, gan__needs_8_bytes;

/* True when input `index` is given from its first row, whatever the panel. */
static inline bool gan__input_whole(const gan__row_call *call, int32_t index) {
  const gan__split *split = &call->node->split;
  return split->kind == GAN__SPLIT_NONE || split->whole[index > 0];
}

/* The shape of the part of input `index` that the call works on. */
static inline gan__shape gan__input_panel(const gan__row_call *call, int32_t index) {
  gan__shape shape = call->node->input_shapes[index];
  if (shape.rank > 0 && !gan__input_whole(call, index)) shape.dims[0] = call->rows;
  return shape;
}

/* The first row, and the shape, of the part of the result that the call writes. */
static inline int64_t gan__result_first(const gan__row_call *call) {
  return call->node->split.kind == GAN__SPLIT_ROWS ? call->first_row : 0;
}
static inline gan__shape gan__result_panel(const gan__row_call *call) {
  gan__shape shape = call->node->shape;
  if (shape.rank > 0 && call->node->split.kind == GAN__SPLIT_ROWS) shape.dims[0] = call->rows;
  return shape;
}

/* A shape seen from one or several neighbouring axes: [outer, count, inner]. */
typedef struct gan__around {
  int64_t outer, count, inner;
} gan__around;
static inline gan__around gan__around_axes(const gan__shape *shape, int64_t first, int64_t count) {
  int32_t from = (int32_t)first, to = (int32_t)(first + count);
  return (gan__around){gan__shape_product(shape, 0, from), gan__shape_product(shape, from, to),
                       gan__shape_product(shape, to, shape->rank)};
}

/* Nearest i32: toward zero, saturating, 0 for NaN. */
static inline int32_t gan__to_i32(double value) {
  if (value >= 2147483647.0) return INT32_MAX;
  if (value <= -2147483648.0) return INT32_MIN;
  return value == value ? (int32_t)value : 0;
}

#endif
