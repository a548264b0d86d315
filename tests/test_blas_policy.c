/* SPDX-License-Identifier: MIT */
/* libgan/kern/blas.c: who may call BLAS when, and who may change it, shown on a BLAS of the tests'
 * own (blas_double.c), which tells of every call and can be wrong. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "blas_double.h"
#include "duel.h"
#include "kern/blas.h"

#define DONE(call) assert_int_equal(call, GAN_OK)

enum { HOST_THREADS = 8, SIDE = 24, TASKS = 96 };

static gan_context *context;

/* A library that threads itself is not open, whatever the tests before have done. */
static int set_up(void **state) {
  (void)state;
  memset(&double_blas, 0, sizeof double_blas);
  double_blas.parallel = DOUBLE_PTHREADS;
  double_blas.threads = HOST_THREADS;
  return gan__blas_concurrent() || gan_context_create(&context) != GAN_OK;
}

static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return 0;
}

static void expect_untouched(void) {
  assert_int_equal(double_blas.threads, HOST_THREADS);
  assert_int_equal(double_blas.orders, 0);
}

/* Many products from all threads of a pool. */
typedef struct crowd {
  float a[SIDE * SIDE], c[TASKS][SIDE * SIDE];
  double a64[SIDE * SIDE], c64[TASKS][SIDE * SIDE];
} crowd;

static void join_crowd(void *data, int32_t task, int32_t worker) {
  (void)worker;
  crowd *self = data;
  bool ta = task % 3 == 2, tb = task % 3 == 1;
  gan__sgemm(ta, tb, SIDE, SIDE, SIDE, 1, self->a, SIDE, self->a, SIDE, 0, self->c[task], SIDE);
  gan__dgemm(ta, tb, SIDE, SIDE, SIDE, 1, self->a64, SIDE, self->a64, SIDE, 0, self->c64[task],
             SIDE);
}

/* Returns a mark of the results, to be compared with another crowd's. */
static bool right(const crowd *self) {
  for (int task = 3; task < TASKS; task++)
    if (memcmp(self->c[task], self->c[task % 3], sizeof self->c[0]) != 0
        || memcmp(self->c64[task], self->c64[task % 3], sizeof self->c64[0]) != 0)
      return false;
  return true;
}

static void *rush(void *data) {
  gan_context *own = data;
  crowd *self = calloc(1, sizeof *self);
  for (int i = 0; i < SIDE * SIDE; i++)
    self->a64[i] = self->a[i] = (float)(i % 13 - 6) / 3;
  gan__pool_run(own->pool, join_crowd, self, TASKS);
  void *result = right(self) ? own : NULL;
  free(self);
  return result;
}

/* Two contexts, each with four threads, at once. */
static void rush_twice(void) {
  gan_context *contexts[2];
  pthread_t threads[2];
  for (int i = 0; i < 2; i++) {
    DONE(gan_context_create(&contexts[i]));
    DONE(gan_context_set_threads(contexts[i], 4));
  }
  for (int i = 0; i < 2; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, rush, contexts[i]), 0);
  for (int i = 0; i < 2; i++) {
    void *result = NULL;
    assert_int_equal(pthread_join(threads[i], &result), 0);
    assert_ptr_equal(result, contexts[i]);
    gan_context_destroy(contexts[i]);
  }
}

/* The library shares a buffer between all calls, so that one overlap is enough for wrong numbers.
 */
static void calls_go_one_at_a_time(void **state) {
  (void)state;
  double_blas.slow = true;
  double_blas.fault = DOUBLE_SHARES;
  rush_twice();
  assert_int_equal(double_blas.calls, 4 * TASKS);
  assert_int_equal(double_blas.most, 1);
  expect_untouched();
}

/* What a program that embeds the library relies on. The generator's inner weights are beyond the
 * panel kernels on every CPU, so that BLAS is called from a plan, and from a pool; oneDNN knows no
 * f64. */
static void the_library_leaves_the_host_alone(void **state) {
  (void)state;
  duel game;
  duel_setup setup = duel_ring_f64;
  setup.threads = 3;
  duel_open(&game, context, &setup);
  DONE(gan_trainer_run(game.trainer, 2));
  expect_untouched();
  duel_close(&game);
  gan_generator *large;
  enum { ROWS = 18 }; /* the eighteenth comes in a chunk of 128; 16 rows are thin */
  static double out[ROWS * 2];
  DONE(gan_generator_parse(context, "f64; latent 2 normal; dense 2064; dense 2064; dense 2",
                           &large));
  double_blas.slow = true;
  double_blas.calls = 0;
  DONE(gan_generator_sample_f64(large, ROWS, 1, out));
  gan_generator_destroy(large);
  assert_true(double_blas.calls > 0);
  assert_int_equal(double_blas.most, 1);
  expect_untouched();
  assert_non_null(strstr(gan_context_blas(context), "threads 8; one call at a time"));
}

/* One thread by the host's choice is the host's choice: it may change it at any time. */
static void one_thread_is_not_a_present(void **state) {
  (void)state;
  double_blas.threads = 1;
  double_blas.slow = true;
  bool before = gan__blas_concurrent();
  rush_twice();
  assert_int_equal(double_blas.orders, 0);
  assert_true(before || double_blas.most == 1);
  double_blas.threads = HOST_THREADS;
}

static void taken_calls_go_at_once(void **state) {
  (void)state;
  double_blas.slow = true;
  DONE(gan_context_take_blas(context));
  assert_true(gan__blas_concurrent());
  assert_int_equal(double_blas.threads, 1);
  assert_int_equal(double_blas.orders, 1);
  assert_true(double_blas.overlapping > 0); /* the proof */
  double_blas.most = 0;
  rush_twice();
  assert_true(double_blas.most > 1);
  assert_non_null(strstr(gan_context_blas(context), "threads 1; concurrent calls"));
  DONE(gan_context_take_blas(context));
  assert_int_equal(double_blas.orders, 1);
  /* As documented: for the process, not for the context. */
  gan_context_destroy(context);
  context = NULL;
  assert_int_equal(double_blas.threads, 1);
  assert_true(gan__blas_concurrent());
}

static void threads_given_back_close_the_gate(void **state) {
  (void)state;
  double_blas.slow = true;
  DONE(gan_context_take_blas(context));
  double_blas.threads = HOST_THREADS; /* the program changes its mind */
  assert_false(gan__blas_concurrent());
  double_blas.most = 0;
  double_blas.fault = DOUBLE_SHARES;
  rush_twice();
  assert_int_equal(double_blas.most, 1);
  double_blas.fault = DOUBLE_RIGHT;
  DONE(gan_context_take_blas(context)); /* and again */
  assert_true(gan__blas_concurrent());
  assert_int_equal(double_blas.threads, 1);
}

static void expect_refused(const char *reason) {
  assert_int_equal(gan_context_take_blas(context), GAN_ERROR_UNSUPPORTED);
  if (!strstr(gan_context_message(context), reason))
    fail_msg("\"%s\" lacks \"%s\"", gan_context_message(context), reason);
  assert_false(gan__blas_concurrent());
  assert_int_equal(double_blas.threads, HOST_THREADS);
}

static void other_builds_are_refused(void **state) {
  (void)state;
  static const struct {
    int parallel;
    const char *reason;
  } rows[] = {
      {DOUBLE_SERIAL, "a serial build of OpenBLAS is not safe to call from several threads"},
      {DOUBLE_OPENMP, "an OpenMP build of OpenBLAS takes no order about its threads"},
      {7, "in a way that is unknown here (7)"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    double_blas.parallel = rows[i].parallel;
    expect_refused(rows[i].reason);
    assert_int_equal(double_blas.orders, 0);
    assert_int_equal(double_blas.calls, 0);
  }
}

static void a_stubborn_library_is_refused(void **state) {
  (void)state;
  double_blas.stubborn = true;
  expect_refused("keeps 8 threads when told to use one");
}

/* Nothing here makes the calls meet but the self-test itself. */
static void a_wrong_library_is_found_out(void **state) {
  (void)state;
  double_blas.fault = DOUBLE_SHARES;
  expect_refused("gave other results in ");
  assert_int_equal(double_blas.orders, 2); /* one thread, and back */
  double_blas.fault = DOUBLE_WRONG_BIT;
  for (double_blas.kind = 0; double_blas.kind < 6; double_blas.kind++)
    expect_refused("gave other results in ");
}

/* The rest of the process may use BLAS meanwhile; libgan's own calls queue behind the proof. */
static void taking_waits_for_calls_on_their_way(void **state) {
  (void)state;
  gan_context *other;
  pthread_t thread;
  void *result = NULL;
  double_blas.slow = true;
  DONE(gan_context_create(&other));
  DONE(gan_context_set_threads(other, 4));
  assert_int_equal(pthread_create(&thread, NULL, rush, other), 0);
  DONE(gan_context_take_blas(context));
  assert_int_equal(pthread_join(thread, &result), 0);
  assert_ptr_equal(result, other);
  gan_context_destroy(other);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
  const struct CMUnitTest tests[] = {TEST(one_thread_is_not_a_present), /* before any is taken */
                                     TEST(calls_go_one_at_a_time),
                                     TEST(the_library_leaves_the_host_alone),
                                     TEST(other_builds_are_refused),
                                     TEST(a_stubborn_library_is_refused),
                                     TEST(a_wrong_library_is_found_out),
                                     TEST(taken_calls_go_at_once),
                                     TEST(threads_given_back_close_the_gate),
                                     TEST(taking_waits_for_calls_on_their_way)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
