/* SPDX-License-Identifier: MIT */
/* Job: every tile kernel of every SIMD level of this machine against the op's value in double.
 * (f32 functions over their whole range: every_float.c.) */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "float_bounds.h"
#include "kern/kern_lists.h"

enum { LARGEST = 512, SLACK = 4, INPUTS_MAX = 9 };

static const int64_t sizes[] = {1, 2, 7, 8, 15, 16, 17, 63, 511, 512};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* Values where functions change their form, besides random ones. */
static const double boundary[] = {
    0.0,     -0.0,       1.0,       -1.0,       0.5,       -0.5,      2.0,       1e-30,
    -1e-30,  1e30,       -1e30,     1e-40,      -1e-40,    88.7,      88.73,     -87.3,
    -87.4,   -103.0,     -104.5,    100.0,      -100.0,    1e-8,      -1e-8,     9.01,
    -9.01,   9.03,       15.0,      -15.0,      3.0,       -3.0,      1.5,       0.75,
    0.7072,  0.70710677, 1.4142135, 1.4142137,  6.2831855, 3.1415927, 1.5707964, -0.99999994,
    -0.9,    -1.0000001, 1.0000001, 0.99999994, 9999.5,    -9999.5,   10001.0,   1e6,
    3.4e38,  -3.4e38,    INFINITY,  -INFINITY,  NAN,       7.0,       -7.0,      0.34657,
    0.34658, 16777216.0, 255.0,     -2.0};
enum { BOUNDARY = sizeof boundary / sizeof *boundary };

/* -- one kernel on one set of inputs -- */

typedef struct trial {
  const gan__kernel *kernel;
  gan__kernel_node node;
  gan__shape shape;
  gan__shape input_shapes[INPUTS_MAX];
  int32_t input_dtypes[INPUTS_MAX];
  int64_t attr;
  int64_t n, offset; /* elements; distance of all buffers from an aligned address, in elements */
  int32_t overwrite; /* input that the result overwrites, or -1 */
} trial;

static double element_at(const void *from, int32_t dtype, int64_t i) {
  if (dtype == GAN_F32) return (double)((const float *)from)[i];
  return dtype == GAN_F64 ? ((const double *)from)[i] : (double)((const int32_t *)from)[i];
}

static void set_element(void *to, int32_t dtype, int64_t i, double value) {
  if (dtype == GAN_F32)
    ((float *)to)[i] = (float)value;
  else if (dtype == GAN_F64)
    ((double *)to)[i] = value;
  else
    ((int32_t *)to)[i] = gan__to_i32(value);
}

static double truth(const trial *t, const double *x) {
  return gan__ops[t->node.op].evaluate(x, t->node.input_count, t->node.attrs);
}

static void complain(const trial *t, int64_t i, const double *x, double got, double want) {
  print_error(
      "%s %s of %s, level %s, n = %lld, offset %lld, overwriting %d: element %lld of "
      "(%.9g, %.9g, %.9g) is %.9g, not %.9g\n",
      gan__ops[t->node.op].name, t->kernel->name, gan__dtype_name(t->node.dtype),
      gan__cpu_name(t->node.cpu_level), (long long)t->n, (long long)t->offset, (int)t->overwrite,
      (long long)i, x[0], x[1], x[2], got, want);
}

/* Sums of many f32 are rounded after each term: 2^-24 of the sum of magnitudes each time. */
static bool close_enough(const trial *t, const double *x, double got, double want) {
  if (t->node.dtype == GAN_F64) return got == want || (isnan(got) && isnan(want));
  if (t->node.dtype == GAN_I32) return got == (double)gan__to_i32(want);
  if (ulps_between((float)got, want) <= allowed_ulps(t->node.op)) return true;
  if (t->node.op != GAN__OP_ADD) return false;
  double magnitude = 0;
  for (int32_t k = 0; k < t->node.input_count; k++)
    magnitude += fabs(x[k]);
  /* Partial sums of finite terms near 3.4e38 may overflow where the whole does not. */
  if (magnitude > (double)FLT_MAX) return true;
  return fabs(got - want) <= magnitude * 0x1p-24 * t->node.input_count;
}

static void run_trial(trial *t) {
  static double storage[INPUTS_MAX + 1][LARGEST + 2 * SLACK];
  static double values[INPUTS_MAX][LARGEST];
  const void *in[INPUTS_MAX];
  int64_t size = gan__dtype_size(t->node.dtype);
  for (int32_t k = 0; k < t->node.input_count; k++) {
    int64_t width = gan__dtype_size(t->input_dtypes[k]);
    char *buffer = (char *)storage[k] + t->offset * width;
    for (int64_t i = 0; i < t->n; i++) {
      uint32_t words[4];
      gan__philox(7, (uint64_t)(i * INPUTS_MAX + k), (uint64_t)t->n, words);
      double wide = (gan__unit(words[1]) - 0.5) * pow(10, 4 * gan__unit(words[2]));
      double value = words[0] % 3 ? boundary[words[3] % BOUNDARY] : wide;
      set_element(buffer, t->input_dtypes[k], i, value);
      values[k][i] = element_at(buffer, t->input_dtypes[k], i);
    }
    in[k] = buffer;
  }
  char *out = (char *)storage[INPUTS_MAX] + t->offset * size;
  if (t->overwrite >= 0) out = (char *)storage[t->overwrite] + t->offset * size;
  /* The element behind the tile must survive. */
  memset(out + t->n * size, 0x5a, (size_t)size);
  t->kernel->tile(t->n, out, in, t->node.input_count, t->node.attrs);
  for (int64_t i = 0; i < size; i++)
    assert_int_equal(out[t->n * size + i], 0x5a);
  for (int64_t i = 0; i < t->n; i++) {
    double x[INPUTS_MAX] = {0};
    for (int32_t k = 0; k < t->node.input_count; k++)
      x[k] = values[k][i];
    double got = element_at(out, t->node.dtype, i), want = truth(t, x);
    if (close_enough(t, x, got, want)) continue;
    complain(t, i, x, got, want);
    fail();
  }
}

/* All sizes, aligned and not, beside the inputs and over each of them. */
static void run_sizes(trial *t) {
  for (int i = 0; i < SIZES; i++)
    for (t->offset = 0; t->offset < 2; t->offset++)
      for (t->overwrite = -1; t->overwrite < t->node.input_count; t->overwrite++) {
        if (t->overwrite >= 0 && t->input_dtypes[t->overwrite] != t->node.dtype) continue;
        t->n = sizes[i];
        run_trial(t);
      }
}

/* Every candidate that takes the node, at every level; returns how many there were. */
static int run_candidates(trial *t) {
  int ran = 0;
  t->node.input_shapes = t->input_shapes;
  t->node.input_dtypes = t->input_dtypes;
  t->node.attrs = &t->attr;
  t->node.attr_count = 1;
  for (t->node.cpu_level = 0; t->node.cpu_level <= gan__cpu_level(); t->node.cpu_level++)
    for (t->kernel = gan__kernels[t->node.op]; t->kernel->name; t->kernel++)
      if (t->kernel->tile && !t->kernel->refuse(&t->node)) {
        run_sizes(t);
        ran++;
      }
  return ran;
}

static void test_all_elementwise_ops(void **state) {
  (void)state;
  static const int32_t dtypes[] = {GAN_F32, GAN_F64, GAN_I32};
  for (int op = 0; op < GAN__OP_COUNT; op++) {
    const gan__op_row *row = &gan__ops[op];
    if (!row->evaluate || op == GAN__OP_CAST) continue;
    for (int d = 0; d < 3; d++) {
      if (dtypes[d] == GAN_I32 && !(row->flags & GAN__INTEGERS)) continue;
      int32_t most = row->max_inputs ? row->max_inputs : INPUTS_MAX;
      for (int32_t count = row->min_inputs; count <= most; count++)
        for (int64_t attr = GAN__LESS; attr <= (op == GAN__OP_COMPARE ? GAN__GREATER : 0); attr++) {
          trial t = {.node = {.op = (gan__op)op, .dtype = dtypes[d], .input_count = count},
                     .attr = attr};
          for (int32_t k = 0; k < count; k++)
            t.input_dtypes[k] = dtypes[d];
          assert_true(run_candidates(&t) > gan__cpu_level());
        }
    }
  }
}

static void test_cast(void **state) {
  (void)state;
  static const int32_t dtypes[] = {GAN_F32, GAN_F64, GAN_I32};
  for (int from = 0; from < 3; from++)
    for (int to = 0; to < 3; to++) {
      trial t = {.node = {.op = GAN__OP_CAST, .dtype = dtypes[to], .input_count = 1},
                 .input_dtypes = {dtypes[from]}};
      assert_true(run_candidates(&t) > gan__cpu_level());
    }
}

static void test_broadcast_copies(void **state) {
  (void)state;
  static const int32_t dtypes[] = {GAN_F32, GAN_F64, GAN_I32};
  double from[LARGEST], to[LARGEST];
  for (int i = 0; i < LARGEST; i++)
    from[i] = i;
  for (int d = 0; d < 3; d++) {
    int32_t dtype = dtypes[d];
    gan__kernel_node node = {.op = GAN__OP_BROADCAST, .dtype = dtype, .input_count = 1};
    node.input_dtypes = &dtype;
    const gan__kernel *kernel = gan__kernel_select(&node, true, false);
    assert_non_null(kernel);
    const void *in[1] = {from};
    memset(to, 0, sizeof to);
    kernel->tile(100, to, in, 1, NULL);
    int64_t bytes = 100 * gan__dtype_size(dtype);
    assert_memory_equal(from, to, (size_t)bytes);
    assert_int_equal(((char *)to)[bytes], 0);
  }
}

/* -- the choice -- */

static void test_select(void **state) {
  (void)state;
  int32_t dtypes[2] = {GAN_F32, GAN_F32};
  gan__kernel_node node = {
      .op = GAN__OP_ADD, .dtype = GAN_F32, .input_count = 2, .input_dtypes = dtypes};
  for (node.cpu_level = 0; node.cpu_level <= gan__cpu_level(); node.cpu_level++) {
    const gan__kernel *kernel = gan__kernel_select(&node, true, false);
    assert_string_equal(kernel->name, gan__cpu_name(node.cpu_level));
    assert_string_equal(gan__kernel_select(&node, true, true)->name, "reference");
    assert_null(gan__kernel_select(&node, false, false));
  }
  node.cpu_level = GAN__CPU_BASELINE;
  assert_string_equal(gan__needs_f32_avx2(&node), "the CPU lacks AVX2");
  assert_string_equal(gan__needs_f32_avx512(&node), "the CPU lacks AVX-512");
  dtypes[1] = GAN_F64;
  assert_string_equal(gan__needs_f32(&node), "not f32");
}

static void test_level_from_environment(void **state) {
  (void)state;
  char *old = getenv("GAN_CPU"), saved[64] = "";
  if (old) snprintf(saved, sizeof saved, "%s", old);
  unsetenv("GAN_CPU");
  int32_t top = gan__cpu_level();
  for (int32_t level = 0; level < GAN__CPU_LEVELS; level++) {
    setenv("GAN_CPU", gan__cpu_name(level), 1);
    assert_int_equal(gan__cpu_level(), level < top ? level : top);
  }
  setenv("GAN_CPU", "z80", 1);
  assert_int_equal(gan__cpu_level(), top);
  if (old)
    setenv("GAN_CPU", saved, 1);
  else
    unsetenv("GAN_CPU");
  assert_string_equal(gan__cpu_name(-1), "?");
  assert_string_equal(gan__cpu_name(GAN__CPU_LEVELS), "?");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_elementwise_ops),    cmocka_unit_test(test_cast),
      cmocka_unit_test(test_broadcast_copies),       cmocka_unit_test(test_select),
      cmocka_unit_test(test_level_from_environment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
