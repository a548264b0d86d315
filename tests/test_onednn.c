/* SPDX-License-Identifier: MIT */
/* libgan/kern/onednn.c: its kernel against the definition, calls from many threads, the host's
 * OpenMP, the choice. In a build without oneDNN only the choice and the stand-in. */
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/pool.h"
#include "base/random.h"
#include "kern/blas.h"
#include "kern/kern.h"
#include "kern/onednn.h"

/* OpenMP's, where oneDNN has brought it along. */
extern int omp_get_max_threads(void) __attribute__((weak));
extern void omp_set_num_threads(int threads) __attribute__((weak));

static gan_context *context;
static bool built; /* with oneDNN */

static int set_up(void **state) {
  (void)state;
  const char *reason = gan__onednn_refuse(GAN__CPU_AVX512);
  built = !reason || strcmp(reason, "built without oneDNN") != 0;
  return gan_context_create(&context);
}

static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return 0;
}

static const gan__kernel *kernel_named(const char *name) {
  const gan__kernel *kernel = gan__kernels[GAN__OP_MATMUL];
  while (kernel->name && strcmp(kernel->name, name) != 0)
    kernel++;
  assert_non_null(kernel->name);
  return kernel;
}

typedef struct product {
  int64_t batch, m, k, n; /* batch 0: rank 2 */
  bool transpose_a, transpose_b, accumulate;
} product;

enum { MOST = 1 << 18 };
static float a[MOST], b[MOST], c[MOST];
static double want[MOST], magnitude[MOST];

/* The product by its definition, and the sum of the terms' magnitudes. */
static void define(const product *p) {
  for (int64_t q = 0; q < (p->batch ? p->batch : 1); q++)
    for (int64_t i = 0; i < p->m; i++)
      for (int64_t j = 0; j < p->n; j++) {
        int64_t at = (q * p->m + i) * p->n + j;
        want[at] = p->accumulate ? c[at] : 0;
        magnitude[at] = fabs(want[at]);
        for (int64_t l = 0; l < p->k; l++) {
          double x = a[q * p->m * p->k + (p->transpose_a ? l * p->m + i : i * p->k + l)];
          double y = b[q * p->k * p->n + (p->transpose_b ? j * p->k + l : l * p->n + j)];
          want[at] += x * y;
          magnitude[at] += fabs(x * y);
        }
      }
}

static void fill(void) {
  gan__stream stream = gan__stream_make(1, "onednn", 0);
  for (int i = 0; i < MOST; i++) {
    a[i] = (float)gan__stream_uniform(&stream) - 0.5F;
    b[i] = (float)gan__stream_uniform(&stream) - 0.5F;
    c[i] = (float)i / MOST;
  }
}

static void check_product(const gan__kernel *kernel, const product *p) {
  fill();
  define(p);
  int64_t ar = p->transpose_a ? p->k : p->m, ac = p->transpose_a ? p->m : p->k;
  int64_t br = p->transpose_b ? p->n : p->k, bc = p->transpose_b ? p->k : p->n;
  gan__shape shapes[2] = {{2, {ar, ac}}, {2, {br, bc}}}, shape = {2, {p->m, p->n}};
  if (p->batch) {
    shapes[0] = (gan__shape){3, {p->batch, ar, ac}};
    shapes[1] = (gan__shape){3, {p->batch, br, bc}};
    shape = (gan__shape){3, {p->batch, p->m, p->n}};
  }
  int32_t dtypes[2] = {GAN_F32, GAN_F32};
  int64_t attrs[2] = {p->transpose_a, p->transpose_b};
  const void *in[2] = {a, b};
  gan__kernel_node node = {.op = GAN__OP_MATMUL,
                           .dtype = GAN_F32,
                           .shape = shape,
                           .input_count = 2,
                           .attr_count = 2,
                           .attrs = attrs,
                           .input_shapes = shapes,
                           .input_dtypes = dtypes,
                           .split = {.kind = GAN__SPLIT_NONE, .extent = shapes[0].dims[0]},
                           .cpu_level = GAN__CPU_AVX512};
  gan__row_call call = {
      .node = &node, .out = c, .in = in, .rows = node.split.extent, .accumulate = p->accumulate};
  kernel->row(&call);
  /* A sum of k products and what was there: k + 1 roundings, whatever the order, each of half a
   * unit of a partial sum, which is at most the sum of magnitudes; the last one may be twice. */
  for (int64_t i = 0; i < gan__shape_count(&shape); i++)
    assert_true(fabs((double)c[i] - want[i]) <= (double)(p->k + 2) * magnitude[i] * 0x1p-24);
}

static void products_are_right(void **state) {
  (void)state;
  const gan__kernel *kernel = kernel_named("onednn");
  static const int64_t sizes[][4] = {
      {0, 1, 1, 1},       {0, 1, 300, 70},    {0, 70, 300, 1},  {0, 33, 17, 65}, {0, 64, 64, 64},
      {0, 128, 257, 200}, {0, 5, 0, 7},       {0, 0, 5, 7},     {0, 5, 7, 0},    {3, 18, 20, 19},
      {2, 130, 5, 90},    {0, 17, 1000, 130}, {0, 200, 40, 500}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int flags = 0; flags < 8; flags++)
      check_product(kernel, &(product){sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3],
                                       flags & 1, flags & 2, flags & 4});
}

/* Large enough for several threads of oneDNN's own, had it any. */
enum { SIDE = 320, TASKS = 48, THREADS = 8 };

typedef struct crowd {
  float serial[3][SIDE * SIDE], results[TASKS][SIDE * SIDE];
  atomic_int changed; /* calls after which the thread's OpenMP was another */
} crowd;

static void multiply(int which, float *result) {
  gan__onednn_sgemm(which == 2, which == 1, SIDE, SIDE, SIDE, 1, a, SIDE, b, SIDE, 0, result, SIDE);
}

static void join_crowd(void *data, int32_t task, int32_t worker) {
  (void)worker;
  crowd *self = data;
  int threads = omp_get_max_threads ? omp_get_max_threads() : 0;
  multiply(task % 3, self->results[task]);
  if (omp_get_max_threads && omp_get_max_threads() != threads) atomic_fetch_add(&self->changed, 1);
}

static int threads_of_process(void) {
  DIR *folder = opendir("/proc/self/task");
  if (!folder) return 0;
  int count = 0;
  while (readdir(folder))
    count++;
  closedir(folder);
  return count;
}

static void threads_get_the_same_bits(void **state) {
  (void)state;
  crowd *self = calloc(1, sizeof *self);
  fill();
  assert_int_equal(gan_context_set_threads(context, THREADS), GAN_OK);
  for (int i = 0; i < 3; i++)
    multiply(i, self->serial[i]);
  int threads = threads_of_process();
  gan__pool_run(context->pool, join_crowd, self, TASKS);
  for (int task = 0; task < TASKS; task++)
    assert_memory_equal(self->results[task], self->serial[task % 3], sizeof self->serial[0]);
  assert_int_equal(self->changed, 0);
  /* Through CBLAS, an OpenMP build of it may make threads here. */
  if (built) assert_int_equal(threads_of_process(), threads);
  free(self);
}

static void the_host_keeps_its_openmp(void **state) {
  (void)state;
  if (!built || !omp_set_num_threads) skip();
  static float result[SIDE * SIDE];
  fill();
  int before = omp_get_max_threads(), threads = threads_of_process();
  for (int wish = 1; wish <= 5; wish += 2) {
    omp_set_num_threads(wish);
    multiply(0, result);
    assert_int_equal(omp_get_max_threads(), wish);
    assert_int_equal(threads_of_process(), threads); /* none of OpenMP's */
  }
  omp_set_num_threads(before);
}

static const char *chosen(int32_t level, int64_t k, int64_t n) {
  gan__shape shapes[2] = {{2, {64, k}}, {2, {k, n}}};
  int32_t dtypes[2] = {GAN_F32, GAN_F32};
  gan__kernel_node node = {.op = GAN__OP_MATMUL,
                           .dtype = GAN_F32,
                           .shape = {2, {64, n}},
                           .input_count = 2,
                           .input_shapes = shapes,
                           .input_dtypes = dtypes,
                           .cpu_level = level};
  return gan__kernel_select(&node, false, false)->name;
}

/* By shape, by the level of the CPU, and by what is loaded. */
static void large_products_go_there(void **state) {
  (void)state;
  enum { LARGE = 2100 };
  bool first = built && !gan__onednn_refuse(GAN__CPU_AVX512);
  assert_int_equal(first, built); /* as Debian builds it */
  assert_string_equal(chosen(GAN__CPU_AVX512, 512, 512), "panel-avx512");
  assert_string_equal(chosen(GAN__CPU_AVX512, LARGE, LARGE), built ? "onednn" : "cblas");
  bool slow = built && gan__blas_plain();
  assert_string_equal(chosen(GAN__CPU_AVX2, LARGE, LARGE), slow ? "onednn" : "cblas");
  assert_string_equal(chosen(GAN__CPU_BASELINE, LARGE, LARGE), slow ? "onednn" : "cblas");
  if (!built) {
    assert_string_equal(gan__onednn_refuse(GAN__CPU_AVX512), "built without oneDNN");
    return;
  }
  if (!slow)
    assert_string_equal(gan__onednn_refuse(GAN__CPU_AVX2),
                        "CBLAS is as fast or faster without AVX-512");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {TEST(products_are_right), TEST(threads_get_the_same_bits),
                                     TEST(the_host_keeps_its_openmp),
                                     TEST(large_products_go_there)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
