/* SPDX-License-Identifier: MIT */
/* Squared distances of blocks: against their definition, at the edges of blocks, near and far
 * from the origin; every pair once; the same bits for any number of threads; cancellation. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/metric.h>

#include "base/context.h"
#include "base/random.h"
#include "eval/squares.h"

static gan_context *context;
static int64_t blocks_at_start;

static int setup(void **state) {
  (void)state;
  if (gan_context_create(&context) != GAN_OK) return -1;
  blocks_at_start = context->live_blocks;
  return 0;
}

static int teardown(void **state) {
  (void)state;
  int leaked = context->live_blocks != blocks_at_start;
  gan_context_destroy(context);
  return leaked;
}

/* What was visited: the value of every pair, how often, and the last block of each row. */
typedef struct seen {
  int64_t others;
  double *values;
  int32_t *visits;
  int64_t *next; /* the other set's row that must come next */
} seen;

static void look(const gan__square_block *block, void *user) {
  seen *all = user;
  for (int64_t i = 0; i < block->rows; i++) {
    if (all->next[block->row + i] == block->other) all->next[block->row + i] += block->others;
    for (int64_t j = 0; j < block->others; j++) {
      int64_t pair = (block->row + i) * all->others + block->other + j;
      all->values[pair] = block->values[i * GAN__SQUARES_SIDE + j];
      all->visits[pair]++;
    }
  }
}

static void fill(float *values, int64_t count, uint64_t seed, double offset, double scale) {
  gan__stream stream = gan__stream_make(seed, "test squares", 0);
  for (int64_t i = 0; i < count; i++)
    values[i] = (float)(offset + scale * gan__stream_normal(&stream));
}

static gan_status visit(const gan__square_sets *sets, seen *all) {
  int64_t pairs = sets->row_count * sets->other_count;
  all->others = sets->other_count;
  all->values = calloc((size_t)pairs, sizeof *all->values);
  all->visits = calloc((size_t)pairs, sizeof *all->visits);
  all->next = calloc((size_t)sets->row_count, sizeof *all->next);
  return gan__squares_visit(context, sets, look, all);
}

static void forget(seen *all) {
  free(all->values);
  free(all->visits);
  free(all->next);
}

/* Sums of d squares carry d roundings of 1.1e-16, and what cancels below 1e-4 of the norms is
 * formed anew: so 1e-4 is the worst factor, and 1e-10 leaves room at these sizes. */
static void squares_are_those_of_the_definition(void **state) {
  (void)state;
  static const struct {
    int64_t rows, others, dims;
    double offset, scale;
  } cases[] = {{1, 1, 1, 0, 1},       {3, 5, 2, 0, 1},       {256, 256, 4, 0, 1},
               {257, 513, 3, 0, 1},   {300, 7, 1024, 0, 1},  {5, 300, 1025, 0, 1},
               {2, 3, 3000, 0, 1},    {40, 50, 17, 1000, 1}, {40, 50, 17, -30, 0.001},
               {10, 10, 5, 0, 1e-20}, {10, 10, 5, 0, 1e37}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    int64_t dims = cases[i].dims;
    float *rows = malloc((size_t)(cases[i].rows * dims) * sizeof *rows);
    float *others = malloc((size_t)(cases[i].others * dims) * sizeof *others);
    fill(rows, cases[i].rows * dims, 1, cases[i].offset, cases[i].scale);
    fill(others, cases[i].others * dims, 2, cases[i].offset, cases[i].scale);
    memcpy(others, rows, (size_t)dims * sizeof *rows); /* one pair of equal rows */
    gan__square_sets sets = {rows, cases[i].rows, others, cases[i].others, dims};
    seen all;
    assert_int_equal(visit(&sets, &all), GAN_OK);
    assert_true(all.values[0] == 0);
    for (int64_t row = 0; row < cases[i].rows; row++) {
      assert_int_equal(all.next[row], cases[i].others);
      for (int64_t other = 0; other < cases[i].others; other++) {
        long double square = 0;
        for (int64_t k = 0; k < dims; k++) {
          long double step =
              (long double)rows[row * dims + k] - (long double)others[other * dims + k];
          square += step * step;
        }
        double value = all.values[row * cases[i].others + other];
        assert_int_equal(all.visits[row * cases[i].others + other], 1);
        assert_true(fabs(value - (double)square) <= 1e-10 * (double)square);
      }
    }
    forget(&all);
    free(rows);
    free(others);
  }
}

static void squares_of_the_largest_floats_are_finite(void **state) {
  (void)state;
  const float rows[] = {FLT_MAX, FLT_MAX}, others[] = {-FLT_MAX, -FLT_MAX};
  gan__square_sets sets = {rows, 1, others, 1, 2};
  seen all;
  assert_int_equal(visit(&sets, &all), GAN_OK);
  assert_true(fabs(all.values[0] / (8.0 * FLT_MAX * FLT_MAX) - 1) < 1e-14);
  forget(&all);
}

static void squares_have_the_same_bits_for_any_threads(void **state) {
  (void)state;
  enum { ROWS = 900, OTHERS = 300, DIMS = 33 };
  float *rows = malloc(ROWS * DIMS * sizeof *rows),
        *others = malloc(OTHERS * DIMS * sizeof *others);
  fill(rows, ROWS * DIMS, 3, 0, 1);
  fill(others, OTHERS * DIMS, 4, 0, 1);
  gan__square_sets sets = {rows, ROWS, others, OTHERS, DIMS};
  seen one, more;
  assert_int_equal(gan_context_set_threads(context, 1), GAN_OK);
  assert_int_equal(visit(&sets, &one), GAN_OK);
  for (int32_t threads = 2; threads <= 5; threads++) {
    assert_int_equal(gan_context_set_threads(context, threads), GAN_OK);
    assert_int_equal(visit(&sets, &more), GAN_OK);
    assert_memory_equal(one.values, more.values, ROWS * OTHERS * sizeof *one.values);
    forget(&more);
  }
  forget(&one);
  free(rows);
  free(others);
  assert_int_equal(gan_context_set_threads(context, 1), GAN_OK);
}

static void cancel_at_once(const gan__square_block *block, void *user) {
  (void)block;
  ++*(int32_t *)user;
  assert_int_equal(gan_context_cancel(context), GAN_OK);
}

static void squares_stop_when_cancelled(void **state) {
  (void)state;
  enum { ROWS = 1000 };
  static float rows[ROWS];
  int32_t visits = 0;
  gan__square_sets sets = {rows, ROWS, rows, ROWS, 1};
  /* Other threads may be in the middle of blocks of their own. */
  assert_int_equal(gan_context_set_threads(context, 1), GAN_OK);
  assert_int_equal(gan__squares_visit(context, &sets, cancel_at_once, &visits),
                   GAN_ERROR_CANCELLED);
  assert_int_equal(visits, 1);
  seen all; /* the request was honoured */
  assert_int_equal(visit(&sets, &all), GAN_OK);
  forget(&all);
  assert_int_equal(gan_context_cancel(context), GAN_OK);
  assert_int_equal(visit(&sets, &all), GAN_ERROR_CANCELLED);
  forget(&all);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(squares_are_those_of_the_definition, setup, teardown),
      cmocka_unit_test_setup_teardown(squares_of_the_largest_floats_are_finite, setup, teardown),
      cmocka_unit_test_setup_teardown(squares_have_the_same_bits_for_any_threads, setup, teardown),
      cmocka_unit_test_setup_teardown(squares_stop_when_cancelled, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
