/* SPDX-License-Identifier: MIT */
/* Job: the largest value along one axis, where it is, what is at an index, and putting it there:
 * the references and the candidates. */
#include <string.h>

#include "kern/kern_maximum.h"

/* The first index of the largest of count values that lie `stride` apart; the first NaN wins over
 * everything. An index outside reads zero and writes nowhere. */
#define REFERENCE(type, TYPE, element)                                                             \
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
    gan__around a = gan__maximum_view(call);                                                       \
    const element *in = call->in[0];                                                               \
    element *out = call->out;                                                                      \
    for (int64_t o = 0; o < a.outer; o++)                                                          \
      for (int64_t i = 0; i < a.inner; i++) {                                                      \
        const element *x = in + o * a.count * a.inner + i;                                         \
        out[o * a.inner + i] = x[first_##type(x, a.count, a.inner) * a.inner];                     \
      }                                                                                            \
  }                                                                                                \
  static void argmax_##type(const gan__row_call *call) {                                           \
    gan__around a = gan__maximum_view(call);                                                       \
    const element *in = call->in[0];                                                               \
    int32_t *out = call->out;                                                                      \
    for (int64_t o = 0; o < a.outer; o++)                                                          \
      for (int64_t i = 0; i < a.inner; i++)                                                        \
        out[o * a.inner + i] =                                                                     \
            (int32_t)first_##type(in + o * a.count * a.inner + i, a.count, a.inner);               \
  }                                                                                                \
  static void take_##type(const gan__row_call *call) {                                             \
    gan__around a = gan__maximum_view(call);                                                       \
    const element *in = call->in[0];                                                               \
    const int32_t *index = call->in[1];                                                            \
    element *out = call->out;                                                                      \
    for (int64_t o = 0; o < a.outer; o++)                                                          \
      for (int64_t i = 0; i < a.inner; i++, index++)                                               \
        *out++ = *index >= 0 && *index < a.count ? in[(o * a.count + *index) * a.inner + i] : 0;   \
  }                                                                                                \
  static void put_##type(const gan__row_call *call) {                                              \
    gan__around a = gan__put_view(call);                                                           \
    const element *in = call->in[0];                                                               \
    const int32_t *index = call->in[1];                                                            \
    element *out = call->out;                                                                      \
    memset(out, 0, (size_t)(a.outer * a.count * a.inner) * sizeof *out);                           \
    for (int64_t o = 0; o < a.outer; o++)                                                          \
      for (int64_t i = 0; i < a.inner; i++, index++, in++)                                         \
        if (*index >= 0 && *index < a.count) out[(o * a.count + *index) * a.inner + i] = *in;      \
  }                                                                                                \
  static const char *refuse_##type(const gan__kernel_node *node) {                                 \
    return node->input_dtypes[0] == GAN_##TYPE ? NULL : "the input is not " #type;                 \
  }
REFERENCE(f32, F32, float)
REFERENCE(f64, F64, double)
REFERENCE(i32, I32, int32_t)

/* The first input says the type; indices are i32 in any case. */
static const char *refuse_by(gan__refuse_rule *rule, const gan__kernel_node *node) {
  gan__kernel_node alike = *node;
  alike.dtype = node->input_dtypes[0];
  alike.input_count = 1;
  return rule(&alike);
}
#define REFUSE(level, type)                                                                        \
  static const char *refuse_##type##_##level(const gan__kernel_node *node) {                       \
    return refuse_by(gan__needs_##type##_##level, node);                                           \
  }
GAN__EACH_LEVEL(REFUSE, f32)
GAN__EACH_LEVEL(REFUSE, f64)

#define CANDIDATE(level, op, type)                                                                 \
  {.name = #level, .refuse = refuse_##type##_##level, .row = gan__##op##_##type##_##level},
/* clang-format off */
#define CANDIDATES(op)                                                                             \
  const gan__kernel gan__kernels_##op[] = {                                                        \
      GAN__EACH_LEVEL(CANDIDATE, op, f32)                                                          \
      GAN__EACH_LEVEL(CANDIDATE, op, f64)                                                          \
      {.name = "reference", .refuse = refuse_f32, .row = op##_f32},                                \
      {.name = "reference", .refuse = refuse_f64, .row = op##_f64},                                \
      {.name = "reference", .refuse = refuse_i32, .row = op##_i32},                                \
      {.name = NULL}};
/* clang-format on */
CANDIDATES(maximum)
CANDIDATES(argmax)
CANDIDATES(take)
CANDIDATES(put)
