/* SPDX-License-Identifier: MIT */
/* Job: matrix products: the geometry, the reference, and CBLAS. */
#include "kern/kern_matmul.h"

#include <limits.h>
#include <string.h>

#include "kern/blas.h"
#include "kern/onednn.h"

gan__product gan__product_make(const gan__row_call *call) {
  gan__shape a = gan__input_panel(call, 0), b = gan__input_panel(call, 1);
  int32_t row = a.rank - 2, column = a.rank - 1;
  gan__product p = {.batch = a.rank == 3 ? a.dims[0] : 1,
                    .transpose_a = call->node->attrs[0] != 0,
                    .transpose_b = call->node->attrs[1] != 0,
                    .accumulate = call->accumulate};
  p.m = a.dims[p.transpose_a ? column : row];
  if (p.transpose_a && p.batch == 1 && a.rank == 2 && call->node->split.kind == GAN__SPLIT_ROWS) {
    p.m = call->rows;
    p.a_first = call->first_row;
  }
  p.k = a.dims[p.transpose_a ? row : column];
  p.n = b.dims[p.transpose_b ? row : column];
  p.lda = a.dims[column] > 0 ? a.dims[column] : 1;
  p.ldb = b.dims[column] > 0 ? b.dims[column] : 1;
  return p;
}

/* Every element a plain sum in order of k, in double. */
#define REFERENCE(type, element)                                                                   \
  static void product_##type(const gan__product *p, const element *a, const element *b,            \
                             element *c) {                                                         \
    int64_t a_row = p->transpose_a ? 1 : p->lda, a_column = p->transpose_a ? p->lda : 1;           \
    int64_t b_row = p->transpose_b ? 1 : p->ldb, b_column = p->transpose_b ? p->ldb : 1;           \
    for (int64_t i = 0; i < p->m; i++)                                                             \
      for (int64_t j = 0; j < p->n; j++) {                                                         \
        double sum = p->accumulate ? (double)c[i * p->n + j] : 0;                                  \
        for (int64_t l = 0; l < p->k; l++)                                                         \
          sum += (double)a[i * a_row + l * a_column] * (double)b[l * b_row + j * b_column];        \
        c[i * p->n + j] = (element)sum;                                                            \
      }                                                                                            \
  }                                                                                                \
  static void reference_##type(const gan__row_call *call) {                                        \
    gan__product p = gan__product_make(call);                                                      \
    const element *a = (const element *)call->in[0] + p.a_first, *b = call->in[1];                 \
    element *c = call->out;                                                                        \
    for (int64_t i = 0; i < p.batch; i++)                                                          \
      product_##type(&p, a + i * p.m * p.k, b + i * p.k * p.n, c + i * p.m * p.n);                 \
  }
REFERENCE(f32, float)
REFERENCE(f64, double)

/* CBLAS and oneDNN see no empty sizes. */
#define LIBRARY(name, element, gemm)                                                               \
  static void name(const gan__row_call *call) {                                                    \
    gan__product p = gan__product_make(call);                                                      \
    const element *a = (const element *)call->in[0] + p.a_first, *b = call->in[1];                 \
    element *c = call->out;                                                                        \
    if (p.m == 0 || p.n == 0) return;                                                              \
    if (p.k == 0) {                                                                                \
      if (!p.accumulate) memset(c, 0, (size_t)(p.batch * p.m * p.n) * sizeof *c);                  \
      return;                                                                                      \
    }                                                                                              \
    for (int64_t i = 0; i < p.batch; i++)                                                          \
      gemm(p.transpose_a, p.transpose_b, p.m, p.n, p.k, 1, a + i * p.m * p.k, p.lda,               \
           b + i * p.k * p.n, p.ldb, p.accumulate, c + i * p.m * p.n, p.n);                        \
  }
LIBRARY(cblas_f32, float, gan__sgemm)
LIBRARY(cblas_f64, double, gan__dgemm)
LIBRARY(onednn_f32, float, gan__onednn_sgemm)

static const char *too_large(const gan__kernel_node *node) {
  for (int32_t k = 0; k < 2; k++)
    for (int32_t i = 0; i < node->input_shapes[k].rank; i++)
      if (node->input_shapes[k].dims[i] > INT_MAX) return "a size is beyond int";
  return NULL;
}
static const char *refuse_f32(const gan__kernel_node *node) {
  const char *reason = gan__needs_f32(node);
  return reason ? reason : too_large(node);
}
static const char *refuse_onednn(const gan__kernel_node *node) {
  const char *reason = refuse_f32(node);
  return reason ? reason : gan__onednn_refuse(node->cpu_level);
}
static const char *refuse_f64(const gan__kernel_node *node) {
  const char *reason = gan__needs_f64(node);
  return reason ? reason : too_large(node);
}

/* Which of m, n, k is small does not depend on the panel: the node's whole sizes count. */
static const char *not_thin(const gan__kernel_node *node) {
  const int64_t *a = node->input_shapes[0].dims + node->input_shapes[0].rank - 2;
  const int64_t *c = node->shape.dims + node->shape.rank - 2;
  bool thin = a[0] <= GAN__THIN || a[1] <= GAN__THIN || c[0] <= GAN__THIN || c[1] <= GAN__THIN;
  return thin ? NULL : "no size is at most 16";
}
/* Room to turn a small matrix: one of its sizes is small, the other at most the largest of all. */
static int64_t thin_scratch(const gan__kernel_node *node, int64_t rows) {
  int64_t largest = rows;
  for (int32_t k = 0; k < 2; k++)
    for (int32_t i = 0; i < node->input_shapes[k].rank; i++)
      if (node->input_shapes[k].dims[i] > largest) largest = node->input_shapes[k].dims[i];
  return GAN__THIN * largest * gan__dtype_size(node->dtype);
}

/* A strip of B, packed. */
static int64_t panel_scratch(const gan__kernel_node *node, int64_t rows) {
  (void)node, (void)rows;
  return (int64_t)GAN__PANEL_DEPTH * 2 * 64; /* two of the widest registers for each k */
}
/* Columns of a packed strip: two registers of the level. */
enum { STRIP_BYTES_baseline = 32, STRIP_BYTES_avx2 = 64, STRIP_BYTES_avx512 = 128 };
#define STRIP(level, element) (STRIP_BYTES_##level / (int64_t)sizeof(element))
typedef float element_f32;
typedef double element_f64;

/* Measured on panels of 128 rows against single-threaded OpenBLAS 0.3.21: 1.6 to 2.1 times as fast
 * with AVX-512 (against its AVX2 kernels), 0.95 to 1.05 with AVX2, 1.0 to 1.1 with SSE alone, and
 * 0.4 of its AVX kernels. Beyond a few million weights the blocking of a BLAS for the outer caches
 * counts. */
static const char *not_panel(const gan__kernel_node *node, int64_t strip) {
  const int64_t *b = node->input_shapes[1].dims + node->input_shapes[1].rank - 2;
  if (node->cpu_level < GAN__CPU_AVX2 && gan__cpu_avx_only()) return "CBLAS has AVX for this CPU";
  if (node->input_count == 3 && node->input_shapes[2].dims[2] != strip)
    return "the right side is packed for another kernel";
  return b[0] * b[1] > GAN__PANEL_WEIGHTS ? "the right side has more than 4 Mi elements" : NULL;
}

#define THIN(level, type)                                                                          \
  static const char *refuse_##type##_##level(const gan__kernel_node *node) {                       \
    const char *reason = gan__needs_##type##_##level(node);                                        \
    return reason ? reason : not_thin(node);                                                       \
  }
#define PANEL(level, type)                                                                         \
  static const char *refuse_panel_##type##_##level(const gan__kernel_node *node) {                 \
    const char *reason = gan__needs_##type##_##level(node);                                        \
    return reason ? reason : not_panel(node, STRIP(level, element_##type));                        \
  }
GAN__EACH_LEVEL(PANEL, f32)
GAN__EACH_LEVEL(PANEL, f64)
GAN__EACH_LEVEL(THIN, f32)
GAN__EACH_LEVEL(THIN, f64)
#define CANDIDATE(level, type)                                                                     \
  {.name = "thin-" #level,                                                                         \
   .refuse = refuse_##type##_##level,                                                              \
   .row = gan__thin_##type##_##level,                                                              \
   .scratch = thin_scratch},
#define PANEL_CANDIDATE(level, type)                                                               \
  {.name = "panel-" #level,                                                                        \
   .refuse = refuse_panel_##type##_##level,                                                        \
   .row = gan__panel_##type##_##level,                                                             \
   .scratch = panel_scratch,                                                                       \
   .strip = STRIP(level, element_##type)},

/* clang-format off */
const gan__kernel gan__kernels_matmul[] = {
    GAN__EACH_LEVEL(CANDIDATE, f32)
    GAN__EACH_LEVEL(CANDIDATE, f64)
    GAN__EACH_LEVEL(PANEL_CANDIDATE, f32)
    GAN__EACH_LEVEL(PANEL_CANDIDATE, f64)
    {.name = "onednn", .refuse = refuse_onednn, .row = onednn_f32},
    {.name = "cblas", .refuse = refuse_f32, .row = cblas_f32},
    {.name = "cblas", .refuse = refuse_f64, .row = cblas_f64},
    {.name = "reference", .refuse = gan__needs_f32, .row = reference_f32},
    {.name = "reference", .refuse = gan__needs_f64, .row = reference_f64},
    {.name = NULL}};
/* clang-format on */
