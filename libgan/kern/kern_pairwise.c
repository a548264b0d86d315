/* SPDX-License-Identifier: MIT */
/* Job: L1 distances of all pairs of rows, and their adjoints: the references and the candidates;
 * see graph/op_pairwise.c for the formulas. */
#include <math.h>

#include "kern/kern_pairwise.h"

static double sign(double value) {
  return value > 0 ? 1 : value < 0 ? -1 : value; /* 0 and NaN stay */
}

/* Sums are in double. */
#define REFERENCE(type, element)                                                                   \
  static void pairwise_##type(const gan__row_call *call) {                                         \
    gan__pairwise_size s = gan__pairwise_size_of(call);                                            \
    const element *m = call->in[0];                                                                \
    element *out = call->out;                                                                      \
    for (int64_t i = s.first; i < s.first + s.rows; i++)                                           \
      for (int64_t j = 0; j < s.n; j++)                                                            \
        for (int64_t b = 0; b < s.kernels; b++) {                                                  \
          double sum = 0;                                                                          \
          for (int64_t c = 0; c < s.dims; c++)                                                     \
            sum += fabs((double)m[(i * s.dims + c) * s.kernels + b]                                \
                        - (double)m[(j * s.dims + c) * s.kernels + b]);                            \
          *out++ = (element)sum;                                                                   \
        }                                                                                          \
  }                                                                                                \
  static void pull_##type(const gan__row_call *call) {                                             \
    gan__pairwise_size s = gan__pairwise_size_of(call);                                            \
    const element *w = call->in[0], *m = call->in[1];                                              \
    element *out = call->out;                                                                      \
    for (int64_t i = s.first; i < s.first + s.rows; i++)                                           \
      for (int64_t c = 0; c < s.dims; c++)                                                         \
        for (int64_t b = 0; b < s.kernels; b++) {                                                  \
          double sum = 0, own = (double)m[(i * s.dims + c) * s.kernels + b];                       \
          for (int64_t j = 0; j < s.n; j++)                                                        \
            sum += ((double)w[(i * s.n + j) * s.kernels + b]                                       \
                    + (double)w[(j * s.n + i) * s.kernels + b])                                    \
                   * sign(own - (double)m[(j * s.dims + c) * s.kernels + b]);                      \
          *out++ = (element)sum;                                                                   \
        }                                                                                          \
  }                                                                                                \
  static void push_##type(const gan__row_call *call) {                                             \
    gan__pairwise_size s = gan__pairwise_size_of(call);                                            \
    const element *v = call->in[0], *m = call->in[1];                                              \
    element *out = call->out;                                                                      \
    for (int64_t i = s.first; i < s.first + s.rows; i++)                                           \
      for (int64_t j = 0; j < s.n; j++)                                                            \
        for (int64_t b = 0; b < s.kernels; b++) {                                                  \
          double sum = 0;                                                                          \
          for (int64_t c = 0; c < s.dims; c++) {                                                   \
            int64_t x = (i * s.dims + c) * s.kernels + b, y = (j * s.dims + c) * s.kernels + b;    \
            sum += ((double)v[x] - (double)v[y]) * sign((double)m[x] - (double)m[y]);              \
          }                                                                                        \
          *out++ = (element)sum;                                                                   \
        }                                                                                          \
  }
REFERENCE(f32, float)
REFERENCE(f64, double)

/* Rows with fewer kernels than a register holds are copied into rows of registers (M, and V of a
 * push); never more than this, whatever the level. A pull holds the sums of a group of rows. */
enum { WIDEST = 64 };
static int64_t spread(const gan__kernel_node *node, int64_t copies) {
  const gan__shape *m = &node->input_shapes[node->input_count - 1];
  int64_t element = gan__dtype_size(node->dtype);
  if (m->dims[2] * element >= WIDEST) return 0;
  return copies * m->dims[0] * m->dims[1] * WIDEST;
}
static int64_t pairwise_scratch(const gan__kernel_node *node, int64_t rows) {
  (void)rows;
  return spread(node, 1);
}
static int64_t pull_scratch(const gan__kernel_node *node, int64_t rows) {
  (void)rows;
  const gan__shape *m = &node->input_shapes[1];
  int64_t bytes = m->dims[2] * gan__dtype_size(node->dtype);
  return spread(node, 1)
         + GAN__PAIRWISE_GROUP * m->dims[1] * ((bytes + WIDEST - 1) / WIDEST * WIDEST);
}
static int64_t push_scratch(const gan__kernel_node *node, int64_t rows) {
  (void)rows;
  return spread(node, 2);
}

#define CANDIDATE(level, op, type)                                                                 \
  {.name = #level,                                                                                 \
   .refuse = gan__needs_##type##_##level,                                                          \
   .row = gan__##op##_##type##_##level,                                                            \
   .scratch = op##_SCRATCH},
#define pairwise_SCRATCH      pairwise_scratch
#define pairwise_pull_SCRATCH pull_scratch
#define pairwise_push_SCRATCH push_scratch

/* clang-format off */
const gan__kernel gan__kernels_pairwise[] = {
    GAN__EACH_LEVEL(CANDIDATE, pairwise, f32)
    GAN__EACH_LEVEL(CANDIDATE, pairwise, f64)
    {.name = "reference", .refuse = gan__needs_f32, .row = pairwise_f32},
    {.name = "reference", .refuse = gan__needs_f64, .row = pairwise_f64},
    {.name = NULL}};
const gan__kernel gan__kernels_pairwise_pull[] = {
    GAN__EACH_LEVEL(CANDIDATE, pairwise_pull, f32)
    GAN__EACH_LEVEL(CANDIDATE, pairwise_pull, f64)
    {.name = "reference", .refuse = gan__needs_f32, .row = pull_f32},
    {.name = "reference", .refuse = gan__needs_f64, .row = pull_f64},
    {.name = NULL}};
const gan__kernel gan__kernels_pairwise_push[] = {
    GAN__EACH_LEVEL(CANDIDATE, pairwise_push, f32)
    GAN__EACH_LEVEL(CANDIDATE, pairwise_push, f64)
    {.name = "reference", .refuse = gan__needs_f32, .row = push_f32},
    {.name = "reference", .refuse = gan__needs_f64, .row = push_f64},
    {.name = NULL}};
/* clang-format on */
