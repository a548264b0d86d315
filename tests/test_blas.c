/* SPDX-License-Identifier: MIT */
/* libgan/kern/blas.c: the two products against plain loops, bad sizes, the gate, handing over. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "duel.h"
#include "kern/blas.h"

/* Of the loaded library, where it is OpenBLAS. */
extern int openblas_get_num_threads(void) __attribute__((weak));
extern int openblas_get_parallel(void) __attribute__((weak));
extern int omp_get_max_threads(void) __attribute__((weak));

enum { ROOM = 40 * 40 };

static gan_context *context;

static int set_up(void **state) {
  (void)state;
  return gan_context_create(&context);
}

static int tear_down(void **state) {
  (void)state;
  bool leak = context->live_blocks != 1; /* the pool */
  gan_context_destroy(context);
  return leak;
}

typedef struct product {
  bool transpose_a, transpose_b;
  int64_t m, n, k, extra; /* extra: columns between the rows of all three */
  double alpha, beta;
} product;

/* The product by its definition, in f64. */
static void reference(const product *p, const double *a, int64_t lda, const double *b, int64_t ldb,
                      double *c, int64_t ldc) {
  for (int64_t i = 0; i < p->m; i++)
    for (int64_t j = 0; j < p->n; j++) {
      double sum = 0;
      for (int64_t l = 0; l < p->k; l++)
        sum += (p->transpose_a ? a[l * lda + i] : a[i * lda + l])
               * (p->transpose_b ? b[j * ldb + l] : b[l * ldb + j]);
      c[i * ldc + j] = p->alpha * sum + (p->beta == 0 ? 0 : p->beta * c[i * ldc + j]);
    }
}

static void check_product(const product *p) {
  static double a[ROOM], b[ROOM], c[ROOM], expected[ROOM];
  static float a32[ROOM], b32[ROOM], c32[ROOM];
  gan__stream stream = gan__stream_make(1, "blas", 0);
  for (int i = 0; i < ROOM; i++) {
    a[i] = a32[i] = (float)gan__stream_uniform(&stream) - 0.5f;
    b[i] = b32[i] = (float)gan__stream_uniform(&stream) - 0.5f;
    expected[i] = c[i] = c32[i] = p->beta == 0 ? NAN : (float)i / ROOM;
  }
  int64_t lda = (p->transpose_a ? p->m : p->k) + p->extra;
  int64_t ldb = (p->transpose_b ? p->k : p->n) + p->extra, ldc = p->n + p->extra;
  reference(p, a, lda, b, ldb, expected, ldc);
  assert_true(gan__dgemm(p->transpose_a, p->transpose_b, p->m, p->n, p->k, p->alpha, a, lda, b, ldb,
                         p->beta, c, ldc));
  assert_true(gan__sgemm(p->transpose_a, p->transpose_b, p->m, p->n, p->k, (float)p->alpha, a32,
                         lda, b32, ldb, (float)p->beta, c32, ldc));
  for (int i = 0; i < ROOM; i++) {
    if (isnan(expected[i])) { /* outside the result: untouched */
      assert_true(isnan(c[i]) && isnan(c32[i]));
      continue;
    }
    /* Sums of at most 33 terms below 1/4, times alpha <= 2, and beta C <= 1: partial sums are below
     * 18, and each of some 35 roundings adds at most half a unit in the last place of that. */
    assert_true(fabs(c[i] - expected[i]) <= 35 * 18 * 0x1p-53);
    assert_true(fabs((double)c32[i] - expected[i]) <= 35 * 18 * 0x1p-24);
  }
}

static void products_are_right(void **state) {
  (void)state;
  static const int64_t sizes[][3] = {{1, 1, 1},    {1, 1, 0},    {0, 5, 3},   {5, 0, 3},
                                     {7, 5, 3},    {16, 16, 16}, {33, 1, 33}, {1, 33, 17},
                                     {31, 33, 29}, {0, 0, 0}};
  static const double scales[][2] = {{1, 0}, {1, 1}, {2, 0.5}, {0, 1}, {-1, 0}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (size_t j = 0; j < sizeof scales / sizeof *scales; j++)
      for (int flags = 0; flags < 8; flags++)
        check_product(&(product){flags & 1, flags & 2, sizes[i][0], sizes[i][1], sizes[i][2],
                                 flags & 4 ? 3 : 0, scales[j][0], scales[j][1]});
}

static void bad_sizes_do_nothing(void **state) {
  (void)state;
  const int64_t big = INT64_C(1) << 31;
  const struct {
    bool transpose_a, transpose_b;
    int64_t m, n, k, lda, ldb, ldc;
  } rows[] = {
      {false, false, big, 1, 1, 1, 1, 1},       {false, false, 1, big, 1, 1, big, big},
      {false, false, 1, 1, big, big, 1, 1},     {false, false, -1, 1, 1, 1, 1, 1},
      {false, false, 1, -1, 1, 1, 1, 1},        {false, false, 1, 1, -1, 1, 1, 1},
      {false, false, 2, 2, 2, 1, 2, 2},         {false, false, 2, 2, 2, 2, 1, 2},
      {false, false, 2, 2, 2, 2, 2, 1},         {true, false, 3, 2, 2, 2, 2, 2},
      {false, true, 2, 2, 3, 3, 2, 2},          {false, false, 1, 1, 1, big, 1, 1},
      {false, false, INT64_MIN, 1, 1, 1, 1, 1}, {false, false, 1, 1, 1, 1, 1, INT64_MAX},
  };
  float x[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, z[9] = {0};
  double x64[9] = {1}, z64[9] = {0};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_false(gan__sgemm(rows[i].transpose_a, rows[i].transpose_b, rows[i].m, rows[i].n,
                            rows[i].k, 1, x, rows[i].lda, x, rows[i].ldb, 0, z, rows[i].ldc));
    assert_false(gan__dgemm(rows[i].transpose_a, rows[i].transpose_b, rows[i].m, rows[i].n,
                            rows[i].k, 1, x64, rows[i].lda, x64, rows[i].ldb, 0, z64, rows[i].ldc));
  }
  for (int i = 0; i < 9; i++)
    assert_true(z[i] == 0 && z64[i] == 0);
}

/* Products of all transposes from all threads, through the public door: right with the gate shut as
 * well as open, whatever the BLAS does with its own threads. */
enum { SIDE = 90, TASKS = 96, THREADS = 8 };

typedef struct crowd {
  float a[SIDE * SIDE], b[SIDE * SIDE], serial[3][SIDE * SIDE], results[TASKS][SIDE * SIDE];
} crowd;

static void join_crowd(void *data, int32_t task, int32_t worker) {
  (void)worker;
  crowd *self = data;
  gan__sgemm(task % 3 == 2, task % 3 == 1, SIDE, SIDE, SIDE, 1, self->a, SIDE, self->b, SIDE, 0,
             self->results[task], SIDE);
}

/* By the definition. Each product has terms of at most 2 8/3 in magnitude, so a sum of SIDE of them
 * is below 480 at all times, and each of the SIDE additions and products is off by half a unit of
 * that at most. */
static void check_serial(const crowd *self, int which) {
  product p = {which == 2, which == 1, SIDE, SIDE, SIDE, 0, 1, 0};
  static double a[SIDE * SIDE], b[SIDE * SIDE], expected[SIDE * SIDE];
  for (int i = 0; i < SIDE * SIDE; i++) {
    a[i] = self->a[i];
    b[i] = self->b[i];
  }
  reference(&p, a, SIDE, b, SIDE, expected, SIDE);
  for (int i = 0; i < SIDE * SIDE; i++)
    assert_true(fabs(expected[i] - (double)self->serial[which][i]) <= 2 * SIDE * 480 * 0x1p-24);
}

static void concurrent_products_are_right(void **state) {
  (void)state;
  assert_int_equal(gan_context_set_threads(context, THREADS), GAN_OK);
  crowd *self = calloc(1, sizeof *self);
  for (int i = 0; i < SIDE * SIDE; i++) {
    self->a[i] = (float)(i % 13 - 6) / 3;
    self->b[i] = (float)(i % 17 - 8) / 3;
  }
  for (int i = 0; i < 3; i++)
    gan__sgemm(i == 2, i == 1, SIDE, SIDE, SIDE, 1, self->a, SIDE, self->b, SIDE, 0,
               self->serial[i], SIDE);
  for (int i = 0; i < 3; i++)
    check_serial(self, i);
  gan__pool_run(context->pool, join_crowd, self, TASKS);
  for (int task = 0; task < TASKS; task++)
    assert_memory_equal(self->results[task], self->serial[task % 3], sizeof self->serial[0]);
  free(self);
}

/* BLAS's count when the process began. */
static int threads_at_first;

static int host_threads(void) {
  /* A build for OpenMP sets its own count to OpenMP's in every product. */
  bool openmp = openblas_get_parallel && openblas_get_parallel() == 2;
  if (openmp && omp_get_max_threads) return omp_get_max_threads();
  return openblas_get_num_threads ? openblas_get_num_threads() : 0;
}

/* Of the library as it was loaded, whatever it is: contexts come and go, games are trained. */
static void nothing_changes_the_host(void **state) {
  (void)state;
  int before = threads_at_first; /* the products of the other tests have changed nothing either */
  assert_int_equal(host_threads(), before);
  for (int32_t threads = 1; threads <= 3; threads += 2) {
    gan_context *own;
    duel game;
    duel_setup setup = duel_ring_f64;
    setup.threads = threads;
    assert_int_equal(gan_context_create(&own), GAN_OK);
    assert_int_equal(host_threads(), before);
    duel_open(&game, own, &setup);
    assert_int_equal(gan_trainer_run(game.trainer, 3), GAN_OK);
    assert_int_equal(host_threads(), before);
    assert_true(strlen(gan_context_blas(own)) > 0);
    duel_close(&game);
    gan_context_destroy(own);
    assert_int_equal(host_threads(), before);
  }
}

/* Runs last: handing over cannot be undone within a process. */
static void handing_over_opens_the_gate(void **state) {
  (void)state;
  bool before = gan__blas_concurrent();
  int threads_before = host_threads();
  char text[256];
  gan_status status = gan_context_take_blas(context);
  print_message("%s\n", gan_context_blas(context));
  if (status != GAN_OK) { /* an OpenMP build, or an unknown library */
    assert_int_equal(status, GAN_ERROR_UNSUPPORTED);
    assert_int_equal(gan__blas_concurrent(), before);
    assert_int_equal(host_threads(), threads_before);
    assert_true(strlen(gan_context_message(context)) > 0);
    assert_non_null(strstr(gan__blas_describe(text), before ? "concurrent" : "one call at a time"));
    return;
  }
  assert_true(gan__blas_concurrent());
  assert_true(!openblas_get_num_threads || host_threads() == 1);
  assert_string_equal(gan_context_blas(context), gan__blas_describe(text));
  assert_non_null(strstr(text, "concurrent"));
  assert_int_equal(gan_context_take_blas(context), GAN_OK); /* again */
  concurrent_products_are_right(state);
  for (int32_t threads = 1; threads <= 4; threads++) {
    assert_int_equal(gan_context_set_threads(context, threads), GAN_OK);
    assert_int_equal(gan__blas_selftest(context, context->pool), GAN_OK);
  }
}

static int64_t allocations_left;
static void *(*real_allocate)(uint64_t, uint64_t, void *);

static void *sparing_allocate(uint64_t size, uint64_t alignment, void *user) {
  return allocations_left-- > 0 ? real_allocate(size, alignment, user) : NULL;
}

static void lack_of_memory_hands_nothing_over(void **state) {
  (void)state;
  if (gan__blas_concurrent()) skip();
  real_allocate = context->allocator.allocate;
  context->allocator.allocate = sparing_allocate;
  for (int64_t n = 0; n < 2; n++) { /* the pool, the matrices */
    allocations_left = n;
    gan_status status = gan_context_take_blas(context);
    if (status == GAN_ERROR_UNSUPPORTED) break;
    assert_int_equal(status, GAN_ERROR_MEMORY);
    assert_false(gan__blas_concurrent());
  }
  context->allocator.allocate = real_allocate;
}

int main(void) {
  threads_at_first = host_threads();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(products_are_right),
      cmocka_unit_test(bad_sizes_do_nothing),
      cmocka_unit_test_setup_teardown(concurrent_products_are_right, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nothing_changes_the_host, set_up, tear_down),
      cmocka_unit_test_setup_teardown(lack_of_memory_hands_nothing_over, set_up, tear_down),
      cmocka_unit_test_setup_teardown(handing_over_opens_the_gate, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
