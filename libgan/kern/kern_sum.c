/* SPDX-License-Identifier: MIT */
/* Job: sums over neighbouring axes: the reference and the candidates. */
#include "kern/kern_sum.h"

/* f32 is summed in double, i32 in 64 bits and saturated. */
#define REFERENCE(type, element, wide, convert)                                                    \
  static void sum_##type(const gan__row_call *call) {                                              \
    gan__around a = gan__sum_view(call);                                                           \
    const element *in = call->in[0];                                                               \
    element *out = call->out;                                                                      \
    for (int64_t o = 0; o < a.outer; o++)                                                          \
      for (int64_t i = 0; i < a.inner; i++) {                                                      \
        wide sum = call->accumulate ? (wide)out[o * a.inner + i] : 0;                              \
        for (int64_t c = 0; c < a.count; c++)                                                      \
          sum += (wide)in[(o * a.count + c) * a.inner + i];                                        \
        out[o * a.inner + i] = convert(sum);                                                       \
      }                                                                                            \
  }
static int32_t saturate(int64_t value) {
  return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}
REFERENCE(f32, float, double, (float))
REFERENCE(f64, double, double, (double))
REFERENCE(i32, int32_t, int64_t, saturate)

#define CANDIDATE(level, type)                                                                     \
  {.name = #level, .refuse = gan__needs_##type##_##level, .row = gan__sum_##type##_##level},

const gan__kernel gan__kernels_sum[] = {
    GAN__EACH_LEVEL(CANDIDATE, f32) GAN__EACH_LEVEL(CANDIDATE, f64){
        .name = "reference", .refuse = gan__needs_f32, .row = sum_f32},
    {.name = "reference", .refuse = gan__needs_f64, .row = sum_f64},
    {.name = "reference", .refuse = gan__needs_i32, .row = sum_i32},
    {.name = NULL}};
