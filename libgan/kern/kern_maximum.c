/* SPDX-License-Identifier: MIT */
/* Job: the largest value along one axis, and where it is. */
#include "kern/kern_lists.h"

static gan__around view(const gan__row_call *call) {
  gan__shape shape = gan__input_panel(call, 0);
  return gan__around_axes(&shape, call->node->attrs[0], 1);
}

/* The first index of the largest of count values that lie `stride` apart; the first NaN wins over
 * everything. */
#define FIRST_LARGEST(type, TYPE, element)                                                         \
  static int64_t first_##type(const element *x, int64_t count, int64_t stride) {                   \
    int64_t best = 0;                                                                              \
    for (int64_t c = 0; c < count; c++) {                                                          \
      element value = x[c * stride];                                                               \
      if (value != value) return c;                                                                \
      if (value > x[best * stride]) best = c;                                                      \
    }                                                                                              \
    return best;                                                                                   \
  }                                                                                                \
  static void maximum_##type(const gan__row_call *call) {                                          \
    gan__around a = view(call);                                                                    \
    const element *in = call->in[0];                                                               \
    element *out = call->out;                                                                      \
    for (int64_t o = 0; o < a.outer; o++)                                                          \
      for (int64_t i = 0; i < a.inner; i++) {                                                      \
        const element *x = in + o * a.count * a.inner + i;                                         \
        out[o * a.inner + i] = x[first_##type(x, a.count, a.inner) * a.inner];                     \
      }                                                                                            \
  }                                                                                                \
  static void argmax_##type(const gan__row_call *call) {                                           \
    gan__around a = view(call);                                                                    \
    const element *in = call->in[0];                                                               \
    int32_t *out = call->out;                                                                      \
    for (int64_t o = 0; o < a.outer; o++)                                                          \
      for (int64_t i = 0; i < a.inner; i++)                                                        \
        out[o * a.inner + i] =                                                                     \
            (int32_t)first_##type(in + o * a.count * a.inner + i, a.count, a.inner);               \
  }                                                                                                \
  static const char *refuse_##type(const gan__kernel_node *node) {                                 \
    return node->input_dtypes[0] == GAN_##TYPE ? NULL : "the input is not " #type;                 \
  }
FIRST_LARGEST(f32, F32, float)
FIRST_LARGEST(f64, F64, double)
FIRST_LARGEST(i32, I32, int32_t)

const gan__kernel gan__kernels_maximum[] = {
    {.name = "reference", .refuse = refuse_f32, .row = maximum_f32},
    {.name = "reference", .refuse = refuse_f64, .row = maximum_f64},
    {.name = "reference", .refuse = refuse_i32, .row = maximum_i32},
    {.name = NULL}};

const gan__kernel gan__kernels_argmax[] = {
    {.name = "reference", .refuse = refuse_f32, .row = argmax_f32},
    {.name = "reference", .refuse = refuse_f64, .row = argmax_f64},
    {.name = "reference", .refuse = refuse_i32, .row = argmax_i32},
    {.name = NULL}};
