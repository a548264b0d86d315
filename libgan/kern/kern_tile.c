/* SPDX-License-Identifier: MIT */
/* Job: the candidates of elementwise ops: one for each type and SIMD level, then the references. */
#include "kern/kern_tile.h"

#define LEVEL(level, op, type)                                                                     \
  {.name = #level,                                                                                 \
   .refuse = gan__needs_##type##_##level,                                                          \
   .tile = gan__tile_##op##_##type##_##level},
#define FAST(type, op) GAN__EACH_LEVEL(LEVEL, op, type)
#define REFERENCE(type, op)                                                                        \
  {.name = "reference", .refuse = gan__needs_##type, .tile = gan__tile_##op##_##type##_reference},
#define LIST(NAME, op, fast, reference)                                                            \
  const gan__kernel gan__kernels_##op[] = {                                                        \
      GAN__TYPES_##fast(FAST, op) GAN__TYPES_##reference(REFERENCE, op){.name = NULL}};
GAN__TILE_OPS(LIST)

#define REFUSE_CAST(from, FROM, to, TO)                                                            \
  static const char *cast_##from##_##to(const gan__kernel_node *node) {                            \
    return node->input_dtypes[0] == GAN_##FROM && node->dtype == GAN_##TO ? NULL                   \
                                                                          : "not from " #from      \
                                                                            " to " #to;            \
  }
#define CAST(from, FROM, to, TO)                                                                   \
  {.name = "reference", .refuse = cast_##from##_##to, .tile = gan__tile_cast_##from##_##to},
#define EACH_CAST(PAIR)                                                                            \
  PAIR(f32, F32, f32, F32)                                                                         \
  PAIR(f32, F32, f64, F64)                                                                         \
  PAIR(f32, F32, i32, I32)                                                                         \
  PAIR(f64, F64, f32, F32)                                                                         \
  PAIR(f64, F64, f64, F64)                                                                         \
  PAIR(f64, F64, i32, I32)                                                                         \
  PAIR(i32, I32, f32, F32) PAIR(i32, I32, f64, F64) PAIR(i32, I32, i32, I32)
EACH_CAST(REFUSE_CAST)

const gan__kernel gan__kernels_cast[] = {EACH_CAST(CAST){.name = NULL}};
