/* SPDX-License-Identifier: MIT */
/* One node with its inputs and what it should be: every candidate row kernel is run on it, whole
 * and panel by panel, and compared. Each test program has one problem in hand at a time. */
#ifndef GAN__TESTS_KERN_PROBLEM_H
#define GAN__TESTS_KERN_PROBLEM_H

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "graph/build.h"
#include "kern/kern.h"
#include "kern/onednn.h"

enum { ELEMENTS = 20000, INPUTS = 4, TRIALS = 60 };

/* One node with its inputs, and what it should be. */
typedef struct problem {
  gan__graph *graph;
  gan__id id;
  gan__kernel_node node;
  gan__shape shapes[INPUTS];
  int32_t dtypes[INPUTS];
  double values[INPUTS][ELEMENTS];
  double want[ELEMENTS], magnitude[ELEMENTS]; /* the result; the sum of magnitudes behind it */
  double terms;                               /* how many are added up */
} problem;

static gan_context *context;
static gan__stream stream;
static problem p;

static inline int64_t pick(int64_t bound) {
  return (int64_t)gan__stream_below(&stream, (uint64_t)bound);
}
static inline int64_t pick_dim(void) {
  static const int64_t dims[] = {0, 1, 1, 2, 3, 4, 5, 7, 9, 17};
  return dims[pick(10)];
}
static inline gan__shape pick_shape(int32_t least, int32_t most) {
  gan__shape shape = {.rank = least + (int32_t)pick(most - least + 1)};
  for (int32_t i = 0; i < shape.rank; i++)
    shape.dims[i] = pick_dim();
  while (gan__shape_count(&shape) > ELEMENTS / 4)
    shape.dims[pick(shape.rank)] = 2;
  return shape;
}

/* -- index arithmetic, as plain as can be -- */

static inline void unflatten(const gan__shape *shape, int64_t flat, int64_t *index) {
  for (int32_t i = shape->rank - 1; i >= 0; i--) {
    index[i] = flat % shape->dims[i];
    flat /= shape->dims[i];
  }
}
static inline int64_t flatten(const gan__shape *shape, const int64_t *index) {
  int64_t flat = 0;
  for (int32_t i = 0; i < shape->rank; i++)
    flat = flat * shape->dims[i] + index[i];
  return flat;
}

/* -- making a problem -- */

static inline double rounded(int32_t dtype, double value) {
  return dtype == GAN_F32 ? (double)(float)value : dtype == GAN_F64 ? value : floor(value * 8);
}

static inline gan__id add_input(int32_t dtype, gan__shape shape) {
  int32_t k = p.node.input_count++;
  p.shapes[k] = shape;
  p.dtypes[k] = dtype;
  assert_true(gan__shape_count(&shape) <= ELEMENTS);
  for (int64_t i = 0; i < gan__shape_count(&shape); i++)
    p.values[k][i] = rounded(dtype, 4 * gan__stream_uniform(&stream) - 2);
  const char *names[INPUTS] = {"a", "b", "c", "d"};
  return gan__graph_input(p.graph, names[k], dtype, &shape);
}

static inline void begin(void) {
  p.node = (gan__kernel_node){.input_count = 0};
  p.terms = 1;
  assert_int_equal(gan__graph_create(context, &p.graph), GAN_OK);
}

/* Makes the node; shape, type and split come from the graph's own rules. False when the rules
 * refuse the shape. */
static inline bool finish(gan__op op, const gan__id *inputs, const int64_t *attrs,
                          int32_t attr_count, const gan__shape *shape, int32_t dtype) {
  gan__proto proto = {.op = op,
                      .dtype = dtype,
                      .inputs = inputs,
                      .input_count = p.node.input_count,
                      .attrs = attrs,
                      .attr_count = attr_count};
  if (shape) proto.shape = *shape;
  p.id = gan__graph_node(p.graph, &proto);
  if (p.id == GAN__NONE) return false;
  const gan__node *node = gan__node_at(p.graph, p.id);
  assert_int_equal(node->op, op);
  p.node.op = op;
  p.node.dtype = node->dtype;
  p.node.shape = node->shape;
  p.node.attr_count = attr_count;
  p.node.attrs = gan__node_attrs(p.graph, p.id);
  p.node.input_shapes = p.shapes;
  p.node.input_dtypes = p.dtypes;
  p.node.split = gan__ops[op].split(p.graph, p.id);
  int64_t count = gan__shape_count(&node->shape);
  assert_true(count <= ELEMENTS);
  for (int64_t i = 0; i < count; i++)
    p.want[i] = p.magnitude[i] = 0;
  return true;
}

/* -- running it -- */

static inline void *typed(int32_t dtype, int64_t count, const double *values, double fill) {
  int64_t size = gan__dtype_size(dtype);
  char *buffer = aligned_alloc(64, (size_t)((count + 1) * size + 127) / 64 * 64);
  assert_non_null(buffer);
  for (int64_t i = 0; i <= count; i++) {
    double value = values && i < count ? values[i] : fill;
    if (dtype == GAN_F32)
      ((float *)buffer)[i] = (float)value;
    else if (dtype == GAN_F64)
      ((double *)buffer)[i] = value;
    else
      ((int32_t *)buffer)[i] = (int32_t)value;
  }
  return buffer;
}

static inline double element_at(const void *from, int32_t dtype, int64_t i) {
  if (dtype == GAN_F32) return (double)((const float *)from)[i];
  return dtype == GAN_F64 ? ((const double *)from)[i] : (double)((const int32_t *)from)[i];
}

/* Bytes of a row, when the value is cut into rows. */
static inline int64_t row_bytes(const gan__shape *shape, int32_t dtype) {
  return gan__shape_product(shape, 1, shape->rank) * gan__dtype_size(dtype);
}

/* Runs panels of `step` rows in order. */
static inline void run_panels(const gan__kernel *kernel, void *out, void *const *in, int64_t step) {
  const gan__split *split = &p.node.split;
  int64_t extent = split->extent;
  for (int64_t first = 0; first == 0 || first < extent; first += step) {
    int64_t rows = extent - first < step ? extent - first : step;
    const void *panel[INPUTS] = {0};
    for (int32_t k = 0; k < p.node.input_count; k++) {
      bool whole = split->kind == GAN__SPLIT_NONE || split->whole[k > 0];
      panel[k] = (char *)in[k] + (whole ? 0 : first * row_bytes(&p.shapes[k], p.dtypes[k]));
    }
    gan__row_call call = {
        .node = &p.node, .out = out, .in = panel, .first_row = first, .rows = rows};
    if (split->kind == GAN__SPLIT_ROWS)
      call.out = (char *)out + first * row_bytes(&p.node.shape, p.node.dtype);
    call.accumulate = split->kind == GAN__SPLIT_REDUCE && first > 0;
    int64_t bytes = kernel->scratch ? kernel->scratch(&p.node, rows) : 0;
    call.scratch = typed(GAN_F64, bytes / 8 + 1, NULL, NAN);
    kernel->row(&call);
    free(call.scratch);
  }
}

/* Sums: at most `terms` roundings (one for each product or addition, two more at the ends) of at
 * most half a unit each, of partial sums no larger than the sum of magnitudes. All else is exact.
 */
static inline void compare(const gan__kernel *kernel, const void *out, int64_t step) {
  double unit = p.node.dtype == GAN_F32 ? 0x1p-24 : p.node.dtype == GAN_F64 ? 0x1p-53 : 0;
  double times = p.terms > 1 ? p.terms + 2 : 0;
  int64_t count = gan__shape_count(&p.node.shape);
  for (int64_t i = 0; i < count; i++) {
    double got = element_at(out, p.node.dtype, i), want = p.want[i];
    if (got == want || (isnan(want) && isnan(got))) continue;
    if (fabs(got - want) <= unit * times * p.magnitude[i]) continue;
    char shape[GAN__SHAPE_TEXT], from[GAN__SHAPE_TEXT];
    print_error("%s %s %s of %s, kernel %s, panels of %lld: element %lld is %.9g, not %.9g\n",
                gan__ops[p.node.op].name, gan__dtype_name(p.node.dtype),
                gan__shape_text(shape, &p.node.shape), gan__shape_text(from, &p.shapes[0]),
                kernel->name, (long long)step, (long long)i, got, want);
    fail();
  }
  /* The element behind the result must survive. */
  assert_true(element_at(out, p.node.dtype, count) == -7);
}

static inline void check_kernel(const gan__kernel *kernel) {
  static const int64_t steps[] = {INT32_MAX, 1, 3, 64};
  void *in[INPUTS] = {0};
  for (int32_t k = 0; k < p.node.input_count; k++)
    in[k] = typed(p.dtypes[k], gan__shape_count(&p.shapes[k]), p.values[k], 0);
  for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
    if (s > 0 && p.node.split.kind == GAN__SPLIT_NONE) break;
    void *out = typed(p.node.dtype, gan__shape_count(&p.node.shape), NULL, -7);
    run_panels(kernel, out, in, steps[s]);
    compare(kernel, out, steps[s]);
    free(out);
  }
  for (int32_t k = 0; k < p.node.input_count; k++)
    free(in[k]);
}

/* All candidates at this machine's level and below; the problem's graph goes. */
static inline void check(void) {
  int ran = 0;
  for (p.node.cpu_level = 0; p.node.cpu_level <= gan__cpu_level(); p.node.cpu_level++)
    for (const gan__kernel *k = gan__kernels[p.node.op]; k->name; k++)
      if (k->row && !k->refuse(&p.node)) {
        check_kernel(k);
        ran++;
      }
  assert_true(ran > 0);
  p.node.cpu_level = 0;
  assert_string_equal(gan__kernel_select(&p.node, false, true)->name, "reference");
  gan__graph_destroy(p.graph);
}

static inline int32_t pick_dtype(void) {
  static const int32_t dtypes[] = {GAN_F32, GAN_F32, GAN_F64, GAN_I32};
  return dtypes[pick(4)];
}

static inline int set_up(void **state) {
  (void)state;
  stream = gan__stream_make(3, "kern_problem", 0);
  return gan_context_create(&context) != GAN_OK;
}
static inline int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return 0;
}

#endif
