/* SPDX-License-Identifier: MIT */
/* Job: the names of all tile kernels: gan__tile_<op>_<type>_<level or "reference">. */
#ifndef GAN__KERN_TILE_H
#define GAN__KERN_TILE_H

#include "kern/kern_lists.h"

/* OP(NAME, name, fast, reference): how many of the types f32, f64, i32, in this order, have fast
 * kernels at each SIMD level, and how many a reference. cast and broadcast have forms of their own.
 */
#define GAN__TILE_OPS(OP)                                                                          \
  OP(NEG, neg, 2, 2)                                                                               \
  OP(EXP, exp, 1, 2)                                                                               \
  OP(LOG, log, 1, 2)                                                                               \
  OP(LOG1P, log1p, 1, 2)                                                                           \
  OP(SQRT, sqrt, 2, 2)                                                                             \
  OP(RSQRT, rsqrt, 2, 2)                                                                           \
  OP(TANH, tanh, 1, 2)                                                                             \
  OP(SIGMOID, sigmoid, 1, 2)                                                                       \
  OP(SOFTPLUS, softplus, 1, 2)                                                                     \
  OP(RELU, relu, 2, 2)                                                                             \
  OP(ABS, abs, 2, 2)                                                                               \
  OP(SIGN, sign, 2, 2)                                                                             \
  OP(STEP, step, 2, 2)                                                                             \
  OP(SIN, sin, 1, 2)                                                                               \
  OP(COS, cos, 1, 2)                                                                               \
  OP(IS_FINITE, is_finite, 2, 2)                                                                   \
  OP(ADD, add, 2, 3)                                                                               \
  OP(SUB, sub, 2, 3)                                                                               \
  OP(MUL, mul, 2, 3)                                                                               \
  OP(DIV, div, 2, 2)                                                                               \
  OP(MAX, max, 3, 3)                                                                               \
  OP(MIN, min, 3, 3)                                                                               \
  OP(POW, pow, 0, 2)                                                                               \
  OP(COMPARE, compare, 3, 3)                                                                       \
  OP(SELECT, select, 3, 3)

/* MAKE(type, ...) for the first so many types. */
#define GAN__TYPES_0(MAKE, ...)
#define GAN__TYPES_1(MAKE, ...) MAKE(f32, __VA_ARGS__)
#define GAN__TYPES_2(MAKE, ...) GAN__TYPES_1(MAKE, __VA_ARGS__) MAKE(f64, __VA_ARGS__)
#define GAN__TYPES_3(MAKE, ...) GAN__TYPES_2(MAKE, __VA_ARGS__) MAKE(i32, __VA_ARGS__)

#define GAN__TILE_REFERENCE(type, op)    gan__tile_run gan__tile_##op##_##type##_reference;
#define GAN__TILE_LEVEL(level, op, type) gan__tile_run gan__tile_##op##_##type##_##level;
#define GAN__TILE_FAST(type, op)         GAN__EACH_LEVEL(GAN__TILE_LEVEL, op, type)
#define GAN__TILE_DECLARE(NAME, op, fast, reference)                                               \
  GAN__TYPES_##fast(GAN__TILE_FAST, op) GAN__TYPES_##reference(GAN__TILE_REFERENCE, op)
GAN__TILE_OPS(GAN__TILE_DECLARE)

gan__tile_run gan__tile_cast_f32_f32, gan__tile_cast_f32_f64, gan__tile_cast_f32_i32;
gan__tile_run gan__tile_cast_f64_f32, gan__tile_cast_f64_f64, gan__tile_cast_f64_i32;
gan__tile_run gan__tile_cast_i32_f32, gan__tile_cast_i32_f64, gan__tile_cast_i32_i32;
gan__tile_run gan__tile_copy_4, gan__tile_copy_8;

#endif
