/* SPDX-License-Identifier: MIT */
/* Job: every candidate row kernel, whole and panel by panel, against the op's definition written
 * out with one index after the other, on random shapes with sizes of 0, 1 and odd ones. */
#include "kern/onednn.h"
#include "kern_problem.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sum),
      cmocka_unit_test(test_sum_accuracy),
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
