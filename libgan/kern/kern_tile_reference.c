/* SPDX-License-Identifier: MIT */
/* Job: the reference tile kernels: every element through the op's `evaluate`, in double. */
#include <string.h>

#include "kern/kern_lists.h"
#include "kern/kern_tile.h"

/* Ops of more than three inputs (add) fold them in one by one. */
#define GENERIC(type, element, convert)                                                            \
  static void generic_##type(gan__op op, int64_t n, element *out, const void *const *in,           \
                             int32_t count, const int64_t *attrs) {                                \
    gan__evaluate_rule *evaluate = gan__ops[op].evaluate;                                          \
    for (int64_t i = 0; i < n; i++) {                                                              \
      double x[3] = {0};                                                                           \
      for (int32_t k = 0; k < count && k < 3; k++)                                                 \
        x[k] = (double)((const element *)in[k])[i];                                                \
      x[0] = evaluate(x, count < 3 ? count : 3, attrs);                                            \
      for (int32_t k = 3; k < count; k++) {                                                        \
        x[1] = (double)((const element *)in[k])[i];                                                \
        x[0] = evaluate(x, 2, attrs);                                                              \
      }                                                                                            \
      out[i] = convert(x[0]);                                                                      \
    }                                                                                              \
  }
GENERIC(f32, float, (float))
GENERIC(f64, double, (double))
GENERIC(i32, int32_t, gan__to_i32)

#define REFERENCE(type, NAME, op)                                                                  \
  void gan__tile_##op##_##type##_reference(int64_t n, void *out, const void *const *in,            \
                                           int32_t input_count, const int64_t *attrs) {            \
    generic_##type(GAN__OP_##NAME, n, out, in, input_count, attrs);                                \
  }
#define REFERENCES(NAME, op, fast, reference) GAN__TYPES_##reference(REFERENCE, NAME, op)
GAN__TILE_OPS(REFERENCES)

/* cast changes the type, so it has a kernel for each pair. */
#define CAST(from, from_element, to, to_element, convert)                                          \
  void gan__tile_cast_##from##_##to(int64_t n, void *out, const void *const *in,                   \
                                    int32_t input_count, const int64_t *attrs) {                   \
    (void)input_count, (void)attrs;                                                                \
    const from_element *x = in[0];                                                                 \
    to_element *y = out;                                                                           \
    for (int64_t i = 0; i < n; i++)                                                                \
      y[i] = convert((double)x[i]);                                                                \
  }
#define CAST_TO(to, element, convert)                                                              \
  CAST(f32, float, to, element, convert)                                                           \
  CAST(f64, double, to, element, convert)                                                          \
  CAST(i32, int32_t, to, element, convert)
CAST_TO(f32, float, (float))
CAST_TO(f64, double, (double))
CAST_TO(i32, int32_t, gan__to_i32)

/* broadcast copies: the plan points `in` at the repeated elements, or fills them in first. */
#define COPY(bytes)                                                                                \
  void gan__tile_copy_##bytes(int64_t n, void *out, const void *const *in, int32_t input_count,    \
                              const int64_t *attrs) {                                              \
    (void)input_count, (void)attrs;                                                                \
    memmove(out, in[0], (size_t)n *bytes);                                                         \
  }
COPY(4)
COPY(8)
