/* SPDX-License-Identifier: MIT */
/* Job: kernels that look at indices: iota, gather, scatter. */
#include <string.h>

#include "kern/kern_lists.h"

#define IOTA(type, element)                                                                        \
  static void iota_##type(const gan__row_call *call) {                                             \
    gan__shape shape = gan__result_panel(call);                                                    \
    int64_t axis = call->node->attrs[0], first = axis == 0 ? gan__result_first(call) : 0;          \
    gan__around a = gan__around_axes(&shape, axis, 1);                                             \
    element *out = call->out;                                                                      \
    for (int64_t o = 0; o < a.outer; o++)                                                          \
      for (int64_t c = 0; c < a.count; c++)                                                        \
        for (int64_t i = 0; i < a.inner; i++)                                                      \
          *out++ = (element)(first + c);                                                           \
  }
IOTA(f32, float)
IOTA(f64, double)
IOTA(i32, int32_t)

const gan__kernel gan__kernels_iota[] = {
    {.name = "reference", .refuse = gan__needs_f32, .row = iota_f32},
    {.name = "reference", .refuse = gan__needs_f64, .row = iota_f64},
    {.name = "reference", .refuse = gan__needs_i32, .row = iota_i32},
    {.name = NULL}};

/* Copies row b_i of the table [table rows, width], or zeros where there is none. */
static void gather(const gan__row_call *call) {
  const gan__shape *table = &call->node->input_shapes[0];
  gan__shape indices = gan__input_panel(call, 1);
  int64_t bytes = gan__shape_product(table, 1, table->rank) * gan__dtype_size(call->node->dtype);
  int64_t count = gan__shape_count(&indices);
  const int32_t *index = call->in[1];
  char *out = call->out;
  for (int64_t i = 0; i < count; i++, out += bytes) {
    if (index[i] >= 0 && index[i] < table->dims[0])
      memcpy(out, (const char *)call->in[0] + index[i] * bytes, (size_t)bytes);
    else
      memset(out, 0, (size_t)bytes);
  }
}

/* Rows with the same index are added in order. */
#define SCATTER(type, element)                                                                     \
  static void scatter_##type(const gan__row_call *call) {                                          \
    const gan__shape *shape = &call->node->shape;                                                  \
    int64_t width = gan__shape_product(shape, 1, shape->rank), rows = shape->dims[0];              \
    int64_t count = gan__shape_count(&call->node->input_shapes[1]);                                \
    const int32_t *index = call->in[1];                                                            \
    const element *in = call->in[0];                                                               \
    element *out = call->out;                                                                      \
    memset(out, 0, (size_t)(rows * width) * sizeof *out);                                          \
    for (int64_t i = 0; i < count; i++) {                                                          \
      if (index[i] < 0 || index[i] >= rows) continue;                                              \
      for (int64_t j = 0; j < width; j++)                                                          \
        out[index[i] * width + j] += in[i * width + j];                                            \
    }                                                                                              \
  }
SCATTER(f32, float)
SCATTER(f64, double)
SCATTER(i32, int32_t)

static const char *never(const gan__kernel_node *node) {
  (void)node;
  return NULL;
}
/* The indices are i32 in any case; the values are of the result's type. */
#define REFUSE(type, TYPE)                                                                         \
  static const char *refuse_##type(const gan__kernel_node *node) {                                 \
    return node->dtype == GAN_##TYPE ? NULL : "not " #type;                                        \
  }
REFUSE(f32, F32)
REFUSE(f64, F64)
REFUSE(i32, I32)

const gan__kernel gan__kernels_gather[] = {{.name = "reference", .refuse = never, .row = gather},
                                           {.name = NULL}};
const gan__kernel gan__kernels_scatter[] = {
    {.name = "reference", .refuse = refuse_f32, .row = scatter_f32},
    {.name = "reference", .refuse = refuse_f64, .row = scatter_f64},
    {.name = "reference", .refuse = refuse_i32, .row = scatter_i32},
    {.name = NULL}};
