/* SPDX-License-Identifier: MIT */
/* Job: every candidate row kernel, whole and panel by panel, against the op's definition written
 * out with one index after the other, on random shapes with sizes of 0, 1 and odd ones. */
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

static int64_t pick(int64_t bound) {
  return (int64_t)gan__stream_below(&stream, (uint64_t)bound);
}
static int64_t pick_dim(void) {
  static const int64_t dims[] = {0, 1, 1, 2, 3, 4, 5, 7, 9, 17};
  return dims[pick(10)];
}
static gan__shape pick_shape(int32_t least, int32_t most) {
  gan__shape shape = {.rank = least + (int32_t)pick(most - least + 1)};
  for (int32_t i = 0; i < shape.rank; i++)
    shape.dims[i] = pick_dim();
  while (gan__shape_count(&shape) > ELEMENTS / 4)
    shape.dims[pick(shape.rank)] = 2;
  return shape;
}

/* -- index arithmetic, as plain as can be -- */

static void unflatten(const gan__shape *shape, int64_t flat, int64_t *index) {
  for (int32_t i = shape->rank - 1; i >= 0; i--) {
    index[i] = flat % shape->dims[i];
    flat /= shape->dims[i];
  }
}
static int64_t flatten(const gan__shape *shape, const int64_t *index) {
  int64_t flat = 0;
  for (int32_t i = 0; i < shape->rank; i++)
    flat = flat * shape->dims[i] + index[i];
  return flat;
}

/* -- making a problem -- */

static double rounded(int32_t dtype, double value) {
  return dtype == GAN_F32 ? (double)(float)value : dtype == GAN_F64 ? value : floor(value * 8);
}

static gan__id add_input(int32_t dtype, gan__shape shape) {
  int32_t k = p.node.input_count++;
  p.shapes[k] = shape;
  p.dtypes[k] = dtype;
  assert_true(gan__shape_count(&shape) <= ELEMENTS);
  for (int64_t i = 0; i < gan__shape_count(&shape); i++)
    p.values[k][i] = rounded(dtype, 4 * gan__stream_uniform(&stream) - 2);
  const char *names[INPUTS] = {"a", "b", "c", "d"};
  return gan__graph_input(p.graph, names[k], dtype, &shape);
}

static void begin(void) {
  p.node = (gan__kernel_node){.input_count = 0};
  p.terms = 1;
  assert_int_equal(gan__graph_create(context, &p.graph), GAN_OK);
}

/* Makes the node; shape, type and split come from the graph's own rules. False when the rules
 * refuse the shape. */
static bool finish(gan__op op, const gan__id *inputs, const int64_t *attrs, int32_t attr_count,
                   const gan__shape *shape, int32_t dtype) {
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

static void *typed(int32_t dtype, int64_t count, const double *values, double fill) {
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

static double element_at(const void *from, int32_t dtype, int64_t i) {
  if (dtype == GAN_F32) return (double)((const float *)from)[i];
  return dtype == GAN_F64 ? ((const double *)from)[i] : (double)((const int32_t *)from)[i];
}

/* Bytes of a row, when the value is cut into rows. */
static int64_t row_bytes(const gan__shape *shape, int32_t dtype) {
  return gan__shape_product(shape, 1, shape->rank) * gan__dtype_size(dtype);
}

/* Runs panels of `step` rows in order. */
static void run_panels(const gan__kernel *kernel, void *out, void *const *in, int64_t step) {
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
static void compare(const gan__kernel *kernel, const void *out, int64_t step) {
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

static void check_kernel(const gan__kernel *kernel) {
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
static void check(void) {
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

static int32_t pick_dtype(void) {
  static const int32_t dtypes[] = {GAN_F32, GAN_F32, GAN_F64, GAN_I32};
  return dtypes[pick(4)];
}

/* -- the ops -- */

static void sum_case(int32_t dtype, gan__shape shape, int64_t first, int64_t count) {
  begin();
  gan__id a = add_input(dtype, shape);
  assert_true(finish(GAN__OP_SUM, &a, (int64_t[]){first, count}, 2, NULL, 0));
  int64_t index[GAN__RANK_MAX], kept[GAN__RANK_MAX];
  for (int64_t i = 0; i < gan__shape_count(&shape); i++) {
    unflatten(&shape, i, index);
    int32_t rank = 0;
    for (int32_t k = 0; k < shape.rank; k++)
      if (k < first || k >= first + count) kept[rank++] = index[k];
    int64_t to = flatten(&p.node.shape, kept);
    p.want[to] += p.values[0][i];
    p.magnitude[to] += fabs(p.values[0][i]);
  }
  p.terms = (double)gan__shape_product(&shape, (int32_t)first, (int32_t)(first + count));
  check();
}

static void test_sum(void **state) {
  (void)state;
  for (int trial = 0; trial < 2 * TRIALS; trial++) {
    gan__shape shape = pick_shape(1, 4);
    int64_t first = pick(shape.rank), count = 1 + pick(shape.rank - first);
    sum_case(pick_dtype(), shape, first, count);
  }
  for (int type = 0; type < 2; type++) {
    int32_t dtype = type ? GAN_F64 : GAN_F32;
    sum_case(dtype, (gan__shape){2, {130, 67}}, 0, 1);
    sum_case(dtype, (gan__shape){2, {5, 3000}}, 1, 1);
    sum_case(dtype, (gan__shape){2, {70, 150}}, 0, 2);
    sum_case(dtype, (gan__shape){3, {2, 200, 33}}, 1, 1);
  }
}

/* Sums of a long run stay near the truth: the error grows with the length of a block, not of the
 * run. 2^-24 * (1024 / 4 lanes / 4 vectors + 12 blocks) of the sum, at the narrowest level. */
static void test_sum_accuracy(void **state) {
  (void)state;
  enum { LONG = 12000 };
  for (int32_t level = 0; level <= gan__cpu_level(); level++) {
    begin();
    gan__id a = add_input(GAN_F32, (gan__shape){1, {LONG}});
    assert_true(finish(GAN__OP_SUM, &a, (int64_t[]){0, 1}, 2, NULL, 0));
    p.node.cpu_level = level;
    double want = 0;
    for (int i = 0; i < LONG; i++) {
      p.values[0][i] = (double)(float)(0.1 + 1e-4 * (i % 7));
      want += p.values[0][i];
    }
    void *in = typed(GAN_F32, LONG, p.values[0], 0);
    float out;
    gan__row_call call = {
        .node = &p.node, .out = &out, .in = (const void *const[]){in}, .rows = LONG};
    gan__kernel_select(&p.node, false, false)->row(&call);
    assert_true(fabs((double)out - want) <= want * 0x1p-24 * (64 + 12 + 2));
    free(in);
    gan__graph_destroy(p.graph);
  }
}

/* MAXIMUM and ARGMAX along one axis: ties go to the first, the first NaN beats all. */
static void largest_case(gan__op op, int32_t dtype, gan__shape shape, int64_t axis) {
  begin();
  gan__id a = add_input(dtype, shape);
  for (int64_t i = 0; i < gan__shape_count(&shape); i++) {
    p.values[0][i] = rounded(dtype, floor(p.values[0][i] * 2));
    if (dtype != GAN_I32 && pick(20) == 0) p.values[0][i] = NAN;
    if (dtype != GAN_I32 && pick(20) == 0) p.values[0][i] = -INFINITY;
  }
  if (!finish(op, &a, (int64_t[]){axis, 1}, 2, NULL, 0)) {
    assert_int_equal(shape.dims[axis], 0);
    gan__graph_destroy(p.graph);
    return;
  }
  int64_t index[GAN__RANK_MAX];
  gan__shape before = shape;
  before.dims[axis] = 1;
  for (int64_t i = 0; i < gan__shape_count(&before); i++) {
    unflatten(&before, i, index);
    int64_t best = 0;
    double most = p.values[0][flatten(&shape, index)];
    for (int64_t c = 1; c < shape.dims[axis]; c++) {
      index[axis] = c;
      double value = p.values[0][flatten(&shape, index)];
      if (isnan(most) || !(value > most || isnan(value))) continue;
      most = value;
      best = c;
    }
    p.want[i] = op == GAN__OP_MAXIMUM ? most : (double)best;
  }
  check();
}

static void test_maximum_argmax(void **state) {
  (void)state;
  for (int trial = 0; trial < 2 * TRIALS; trial++) {
    gan__shape shape = pick_shape(1, 4);
    largest_case(trial % 2 ? GAN__OP_MAXIMUM : GAN__OP_ARGMAX, pick_dtype(), shape,
                 pick(shape.rank));
  }
}

static void test_iota(void **state) {
  (void)state;
  for (int trial = 0; trial < TRIALS; trial++) {
    begin();
    gan__shape shape = pick_shape(1, 4);
    int64_t axis = pick(shape.rank), index[GAN__RANK_MAX];
    assert_true(finish(GAN__OP_IOTA, NULL, &axis, 1, &shape, pick_dtype()));
    for (int64_t i = 0; i < gan__shape_count(&shape); i++) {
      unflatten(&shape, i, index);
      p.want[i] = (double)index[axis];
    }
    check();
  }
}

static void transpose_case(gan__shape shape, const int64_t *order) {
  begin();
  gan__id a = add_input(pick_dtype(), shape);
  assert_true(finish(GAN__OP_TRANSPOSE, &a, order, shape.rank, NULL, 0));
  int64_t index[GAN__RANK_MAX], from[GAN__RANK_MAX];
  for (int64_t i = 0; i < gan__shape_count(&shape); i++) {
    unflatten(&p.node.shape, i, index);
    for (int32_t k = 0; k < shape.rank; k++)
      from[order[k]] = index[k];
    p.want[i] = p.values[0][flatten(&shape, from)];
  }
  check();
}

static void test_transpose(void **state) {
  (void)state;
  for (int trial = 0; trial < TRIALS; trial++) {
    gan__shape shape = pick_shape(1, 5);
    int64_t order[GAN__RANK_MAX];
    for (int32_t k = 0; k < shape.rank; k++)
      order[k] = k;
    for (int32_t k = shape.rank - 1; k > 0; k--) {
      int64_t other = pick(k + 1), kept = order[k];
      order[k] = order[other];
      order[other] = kept;
    }
    transpose_case(shape, order);
  }
  transpose_case((gan__shape){2, {67, 35}}, (int64_t[]){1, 0});
  transpose_case((gan__shape){3, {3, 40, 50}}, (int64_t[]){0, 2, 1});
}

/* reverse, slice and pad read or write along one axis of one input: to[i] = from of the same index
 * but for the axis, where `source` says which, or -1 for a zero. */
typedef int64_t source_rule(int64_t index, int64_t size, const int64_t *attrs);
static int64_t reverse_source(int64_t index, int64_t size, const int64_t *attrs) {
  (void)attrs;
  return size - 1 - index;
}
static int64_t slice_source(int64_t index, int64_t size, const int64_t *attrs) {
  (void)size;
  return attrs[1] + index * attrs[3];
}
static int64_t pad_source(int64_t index, int64_t size, const int64_t *attrs) {
  int64_t from = index - attrs[1], step = attrs[3] + 1;
  return from >= 0 && from % step == 0 && from / step < size ? from / step : -1;
}

static void axis_case(gan__op op, gan__shape shape, const int64_t *attrs, source_rule *source) {
  begin();
  gan__id a = add_input(pick_dtype(), shape);
  assert_true(finish(op, &a, attrs, op == GAN__OP_REVERSE ? 1 : 4, NULL, 0));
  int64_t index[GAN__RANK_MAX];
  for (int64_t i = 0; i < gan__shape_count(&p.node.shape); i++) {
    unflatten(&p.node.shape, i, index);
    index[attrs[0]] = source(index[attrs[0]], shape.dims[attrs[0]], attrs);
    p.want[i] = index[attrs[0]] < 0 ? 0 : p.values[0][flatten(&shape, index)];
  }
  check();
}

static void test_reverse_slice_pad(void **state) {
  (void)state;
  for (int trial = 0; trial < TRIALS; trial++) {
    gan__shape shape = pick_shape(1, 4);
    int64_t axis = pick(shape.rank), size = shape.dims[axis];
    axis_case(GAN__OP_REVERSE, shape, &axis, reverse_source);
    int64_t start = pick(size + 1), stop = start + pick(size - start + 1);
    axis_case(GAN__OP_SLICE, shape, (int64_t[]){axis, start, stop, 1 + pick(3)}, slice_source);
    while (gan__shape_count(&shape) > ELEMENTS / 8)
      shape.dims[pick(shape.rank)] = 1;
    axis_case(GAN__OP_PAD, shape, (int64_t[]){axis, pick(3), pick(3), pick(3)}, pad_source);
  }
}

static void test_broadcast(void **state) {
  (void)state;
  for (int trial = 0; trial < TRIALS; trial++) {
    gan__shape to = pick_shape(0, 4), from = {.rank = 0};
    int64_t axes[GAN__RANK_MAX] = {0}, index[GAN__RANK_MAX], kept[GAN__RANK_MAX];
    for (int32_t k = 0; k < to.rank; k++)
      if (pick(2)) {
        axes[from.rank] = k;
        from.dims[from.rank++] = to.dims[k];
      }
    begin();
    gan__id a = add_input(pick_dtype(), from);
    assert_true(finish(GAN__OP_BROADCAST, &a, axes, from.rank, &to, p.dtypes[0]));
    for (int64_t i = 0; i < gan__shape_count(&to); i++) {
      unflatten(&to, i, index);
      for (int32_t k = 0; k < from.rank; k++)
        kept[k] = index[axes[k]];
      p.want[i] = p.values[0][flatten(&from, kept)];
    }
    check();
  }
}

static void test_concat(void **state) {
  (void)state;
  for (int trial = 0; trial < TRIALS; trial++) {
    begin();
    gan__shape shape = pick_shape(1, 3);
    int32_t dtype = pick_dtype(), parts = 1 + (int32_t)pick(INPUTS);
    int64_t axis = pick(shape.rank), starts[INPUTS + 1] = {0}, index[GAN__RANK_MAX];
    gan__id inputs[INPUTS];
    for (int32_t k = 0; k < parts; k++) {
      gan__shape part = shape;
      part.dims[axis] = pick_dim();
      inputs[k] = add_input(dtype, part);
      starts[k + 1] = starts[k] + part.dims[axis];
    }
    assert_true(finish(GAN__OP_CONCAT, inputs, &axis, 1, NULL, 0));
    for (int64_t i = 0; i < gan__shape_count(&p.node.shape); i++) {
      unflatten(&p.node.shape, i, index);
      int32_t k = 0;
      while (index[axis] >= starts[k + 1])
        k++;
      index[axis] -= starts[k];
      p.want[i] = p.values[k][flatten(&p.shapes[k], index)];
    }
    check();
  }
}

/* The table's row, or zero, for each index; indices are also negative and too large. */
static void test_gather_scatter(void **state) {
  (void)state;
  for (int trial = 0; trial < TRIALS; trial++) {
    bool scatter = trial % 2 == 1;
    int64_t table = pick_dim(), picked = pick_dim();
    gan__shape values = pick_shape(1, 3);
    values.dims[0] = scatter ? picked : table;
    begin();
    /* Only floats are added up. */
    int32_t dtype = !scatter ? pick_dtype() : trial % 4 == 1 ? GAN_F32 : GAN_F64;
    gan__id inputs[2] = {add_input(dtype, values), add_input(GAN_I32, (gan__shape){1, {picked}})};
    for (int64_t i = 0; i < picked; i++)
      p.values[1][i] = (double)(pick(table + 4) - 2);
    assert_true(scatter ? finish(GAN__OP_SCATTER, inputs, &table, 1, NULL, 0)
                        : finish(GAN__OP_GATHER, inputs, NULL, 0, NULL, 0));
    int64_t width = gan__shape_product(&values, 1, values.rank);
    for (int64_t i = 0; i < picked; i++)
      for (int64_t j = 0; j < width; j++) {
        int64_t row = (int64_t)p.values[1][i];
        if (row < 0 || row >= table) continue;
        int64_t to = (scatter ? row : i) * width + j;
        p.want[to] += p.values[0][(scatter ? i : row) * width + j];
        p.magnitude[to] += fabs(p.values[0][(scatter ? i : row) * width + j]);
      }
    if (scatter) p.terms = (double)picked;
    check();
  }
}

typedef struct sizes {
  int64_t batch, m, k, n; /* batch 0: rank 2 */
} sizes;

static void matmul_case(sizes s, int32_t dtype, bool ta, bool tb) {
  begin();
  bool batched = s.batch > 0;
  gan__shape a = {2, {ta ? s.k : s.m, ta ? s.m : s.k}}, b = {2, {tb ? s.n : s.k, tb ? s.k : s.n}};
  if (batched) {
    a = (gan__shape){3, {s.batch, a.dims[0], a.dims[1]}};
    b = (gan__shape){3, {s.batch, b.dims[0], b.dims[1]}};
  }
  gan__id inputs[2] = {add_input(dtype, a), add_input(dtype, b)};
  assert_true(finish(GAN__OP_MATMUL, inputs, (int64_t[]){ta, tb}, 2, NULL, 0));
  for (int64_t q = 0; q < (batched ? s.batch : 1); q++)
    for (int64_t i = 0; i < s.m; i++)
      for (int64_t j = 0; j < s.n; j++)
        for (int64_t l = 0; l < s.k; l++) {
          double x = p.values[0][q * s.m * s.k + (ta ? l * s.m + i : i * s.k + l)];
          double y = p.values[1][q * s.k * s.n + (tb ? j * s.k + l : l * s.n + j)];
          p.want[(q * s.m + i) * s.n + j] += x * y;
          p.magnitude[(q * s.m + i) * s.n + j] += fabs(x * y);
        }
  p.terms = (double)s.k + 1;
  check();
}

static void test_matmul(void **state) {
  (void)state;
  static const sizes fixed[] = {
      {0, 70, 2, 130}, {0, 130, 128, 1}, {0, 67, 128, 2},  {0, 2, 70, 130},  {0, 130, 70, 1},
      {0, 130, 70, 3}, {0, 33, 40, 37},  {0, 64, 64, 64},  {0, 1, 100, 128}, {0, 65, 17, 16},
      {0, 66, 16, 17}, {0, 17, 66, 18},  {0, 5, 0, 7},     {0, 0, 5, 7},     {0, 5, 7, 0},
      {3, 5, 0, 7},    {3, 18, 20, 19},  {2, 30, 128, 10}, {0, 66, 47, 15},  {0, 21, 300, 45}};
  enum { FIXED = sizeof fixed / sizeof *fixed };
  for (int trial = 0; trial < 4 * (FIXED + TRIALS); trial++) {
    sizes s = {pick(3), pick_dim(), pick_dim(), pick_dim()};
    if (trial / 4 < FIXED) s = fixed[trial / 4];
    bool ta = trial & 1, tb = trial & 2;
    matmul_case(s, GAN_F32, ta, tb);
    matmul_case(s, GAN_F64, ta, tb);
  }
}

/* What the plan prints about the choice. */
static void test_matmul_choice(void **state) {
  (void)state;
  gan__shape shapes[2] = {{2, {64, 32}}, {2, {32, 48}}};
  int32_t dtypes[2] = {GAN_F32, GAN_F32};
  gan__kernel_node node = {.op = GAN__OP_MATMUL,
                           .dtype = GAN_F32,
                           .shape = {2, {64, 48}},
                           .input_count = 2,
                           .input_shapes = shapes,
                           .input_dtypes = dtypes};
  const gan__kernel *kernel = gan__kernel_select(&node, false, false);
  assert_string_equal(kernel->name, gan__cpu_avx_only() ? "cblas" : "panel-baseline");
  shapes[1].dims[1] = node.shape.dims[1] = INT64_C(1) << 18;
  kernel = gan__kernel_select(&node, false, false);
  assert_string_equal(kernel->name, gan__onednn_refuse(GAN__CPU_BASELINE) ? "cblas" : "onednn");
  assert_null(gan__kernel_select(&node, true, false));
#if defined(__x86_64__) /* elsewhere the first candidate is that of the only level */
  assert_string_equal(gan__kernels[GAN__OP_MATMUL]->refuse(&node), "the CPU lacks AVX-512");
#endif
  shapes[0].dims[0] = node.shape.dims[0] = (int64_t)INT32_MAX + 1;
  assert_string_equal(gan__kernel_select(&node, false, false)->name, "reference");
  assert_string_equal(kernel->refuse(&node), "a size is beyond int");
  shapes[0].dims[0] = node.shape.dims[0] = 3;
  assert_string_equal(gan__kernel_select(&node, false, false)->name, "thin-baseline");
}

static int set_up(void **state) {
  (void)state;
  stream = gan__stream_make(3, "test_kern_row", 0);
  return gan_context_create(&context) != GAN_OK;
}
static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sum),
      cmocka_unit_test(test_sum_accuracy),
      cmocka_unit_test(test_maximum_argmax),
      cmocka_unit_test(test_iota),
      cmocka_unit_test(test_transpose),
      cmocka_unit_test(test_reverse_slice_pad),
      cmocka_unit_test(test_broadcast),
      cmocka_unit_test(test_concat),
      cmocka_unit_test(test_gather_scatter),
      cmocka_unit_test(test_matmul),
      cmocka_unit_test(test_matmul_choice),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
