/* SPDX-License-Identifier: MIT */
/* Distances between random pairs: known rows, bins and quantiles, known distributions, refusals. */
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

enum { PAIRS = 30000 };

static gan_distance_report measure(const float *rows, int64_t count, int64_t dims,
                                   gan_distance_view view, int64_t *counts) {
  gan_distance_report report = {.struct_size = sizeof report};
  view.struct_size = sizeof view;
  if (view.pairs == 0) view.pairs = PAIRS;
  assert_int_equal(gan_metric_distances(context, rows, count, dims, &view, counts, &report),
                   GAN_OK);
  assert_int_equal(report.struct_size, sizeof report);
  int64_t sum = report.below + report.above;
  for (int64_t i = 0; i < view.bins; i++)
    sum += counts[i];
  if (view.bins) assert_int_equal(sum, view.pairs);
  return report;
}

/* Two rows have one distance; a pair is never a row with itself. */
static void pairs_of_two_rows(void **state) {
  (void)state;
  const float rows[] = {0, 0, 3, 4};
  int64_t counts[10];
  gan_distance_report report = measure(rows, 2, 2, (gan_distance_view){.bins = 10}, counts);
  assert_true(report.minimum == 5 && report.maximum == 5 && report.median == 5);
  assert_true(report.quartile == 5 && report.upper_quartile == 5);
  assert_true(fabs(report.mean - 5) < 1e-12);
  assert_true(report.low == 0 && report.high == 5);
  assert_int_equal(counts[9], PAIRS); /* the last bin has its upper end */
}

/* Distances 1, 2 and 3, each of a third of the pairs: the deviation of a count is sqrt(n 2 / 9) =
 * 82; five are allowed, and the seed is fixed. Bins of 1, each without its upper end. */
static void every_pair_is_drawn_equally_often(void **state) {
  (void)state;
  const float rows[] = {0, 1, 3};
  int64_t counts[3];
  gan_distance_view view = {.bins = 3, .low = 1, .high = 4};
  gan_distance_report report = measure(rows, 3, 1, view, counts);
  for (int32_t i = 0; i < 3; i++)
    assert_true(fabs((double)counts[i] - PAIRS / 3.0) < 5 * sqrt(PAIRS * 2.0 / 9));
  assert_true(report.median == 2 && report.quartile == 1 && report.upper_quartile == 3);
  assert_true(report.below == 0 && report.above == 0);
  view = (gan_distance_view){.bins = 1, .low = 1.5, .high = 2};
  int64_t all[3];
  memcpy(all, counts, sizeof all);
  report = measure(rows, 3, 1, view, counts);
  assert_int_equal(report.below, all[0]);
  assert_int_equal(counts[0], all[1]); /* 2 is the upper end of the last bin */
  assert_int_equal(report.above, all[2]);
}

/* Two pairs of distances a <= b: each quantile is on the line between them. */
static void quantiles_are_linear(void **state) {
  (void)state;
  const float rows[] = {0, 1, 3, 7};
  gan_distance_view view = {.pairs = 2};
  bool differ = false;
  for (view.seed = 0; view.seed < 20; view.seed++) {
    gan_distance_report report = measure(rows, 4, 1, view, NULL);
    double a = report.minimum, b = report.maximum;
    assert_true(report.quartile == a + (b - a) / 4 && report.median == a + (b - a) / 2);
    assert_true(report.upper_quartile == a + 3 * (b - a) / 4 && report.mean == (a + b) / 2);
    differ = differ || a < b;
  }
  assert_true(differ);
}

/* The difference of two draws of N(0, 1) is N(0, 2): half of the distances are below sqrt(2) times
 * 0.674490, and the mean is 2 / sqrt(pi). With 20,000 rows and 30,000 pairs the median deviates by
 * 1 / (2 f sqrt(n)), f = 0.449 the density there: 0.0064; a little more as rows are shared. In 100
 * dimensions the squares have the mean 200. */
static void pairs_of_gaussian_rows(void **state) {
  (void)state;
  enum { ROWS = 20000, MANY = 2000, DIMS = 100 };
  float *rows = malloc(MANY * DIMS * sizeof *rows);
  gan__stream stream = gan__stream_make(3, "test pairs", 0);
  for (int64_t i = 0; i < MANY * DIMS; i++)
    rows[i] = (float)gan__stream_normal(&stream);
  gan_distance_report report = measure(rows, ROWS, 1, (gan_distance_view){.seed = 4}, NULL);
  assert_true(fabs(report.median - sqrt(2) * 0.674490) < 0.04);
  assert_true(fabs(report.quartile - sqrt(2) * 0.318639) < 0.03);
  assert_true(fabs(report.mean - 2 / sqrt(3.14159265358979)) < 0.03);
  report = measure(rows, MANY, DIMS, (gan_distance_view){.seed = 4}, NULL);
  assert_true(fabs(report.median * report.median - 200) < 3);
  free(rows);
}

static void pairs_depend_on_the_seed_alone(void **state) {
  (void)state;
  float rows[50];
  for (int32_t i = 0; i < 50; i++)
    rows[i] = (float)(i * i);
  int64_t first[20], second[20], third[20];
  gan_distance_view view = {.bins = 20, .seed = 1};
  gan_distance_report a = measure(rows, 50, 1, view, first);
  gan_distance_report b = measure(rows, 50, 1, view, second);
  assert_memory_equal(&a, &b, sizeof a);
  assert_memory_equal(first, second, sizeof first);
  view.seed = 2;
  measure(rows, 50, 1, view, third);
  assert_true(memcmp(first, third, sizeof first) != 0);
}

static void pairs_of_equal_rows(void **state) {
  (void)state;
  const float rows[] = {7, 7, 7, 7};
  int64_t counts[4];
  gan_distance_report report = measure(rows, 4, 1, (gan_distance_view){.bins = 4}, counts);
  assert_true(report.maximum == 0 && report.mean == 0 && report.low == 0 && report.high == 1);
  assert_int_equal(counts[0], PAIRS);
}

static void pairs_stop_when_cancelled(void **state) {
  (void)state;
  const float rows[] = {0, 1};
  gan_distance_view view = {.struct_size = sizeof view, .pairs = 10};
  gan_distance_report report = {.struct_size = sizeof report, .mean = -5};
  assert_int_equal(gan_context_cancel(context), GAN_OK);
  assert_int_equal(gan_metric_distances(context, rows, 2, 1, &view, NULL, &report),
                   GAN_ERROR_CANCELLED);
  assert_true(report.mean == -5);
  assert_int_equal(gan_metric_distances(context, rows, 2, 1, &view, NULL, &report), GAN_OK);
}

static void pairs_refuse_bad_arguments(void **state) {
  (void)state;
  static const float good[] = {0, 1}, bad[] = {0, NAN};
  static const struct {
    int64_t count, dims;
    gan_distance_view view;
    const char *word;
  } rows[] = {
      {1, 1, {0, 1, 1, 0, 0, 0}, "rows: 1, must be at least 2"},
      {0, 1, {0, 1, 1, 0, 0, 0}, "rows: shape [0, 1]"},
      {2, 0, {0, 1, 1, 0, 0, 0}, "rows: shape [2, 0]"},
      {2, 1, {0, 0, 1, 0, 0, 0}, "0 pairs"},
      {2, 1, {0, -1, 1, 0, 0, 0}, "-1 pairs"},
      {2, 1, {0, 1, 1, -1, 0, 0}, "-1 bins"},
      {2, 1, {0, 1, 1, 2, 1, 0}, "low 1 and high 0"},
      {2, 1, {0, 1, 1, 2, NAN, 1}, "low nan"},
      {2, 1, {0, 1, 1, 2, 0, INFINITY}, "high inf"},
  };
  int64_t counts[2] = {-5, -5};
  gan_distance_report report = {.struct_size = sizeof report, .mean = -5};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gan_distance_view view = rows[i].view;
    view.struct_size = sizeof view;
    assert_int_equal(
        gan_metric_distances(context, good, rows[i].count, rows[i].dims, &view, counts, &report),
        GAN_ERROR_ARGUMENT);
    assert_non_null(strstr(gan_context_message(context), rows[i].word));
  }
  gan_distance_view view = {.struct_size = sizeof view, .pairs = 1, .bins = 2};
  assert_int_equal(gan_metric_distances(context, good, 2, 1, &view, NULL, &report),
                   GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(context), "counts is NULL for 2 bins"));
  assert_int_equal(gan_metric_distances(context, bad, 2, 1, &view, counts, &report),
                   GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(context), "rows: number 0 of row 1"));
  assert_true(report.mean == -5 && counts[0] == -5 && counts[1] == -5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(pairs_of_two_rows, setup, teardown),
      cmocka_unit_test_setup_teardown(every_pair_is_drawn_equally_often, setup, teardown),
      cmocka_unit_test_setup_teardown(quantiles_are_linear, setup, teardown),
      cmocka_unit_test_setup_teardown(pairs_of_gaussian_rows, setup, teardown),
      cmocka_unit_test_setup_teardown(pairs_depend_on_the_seed_alone, setup, teardown),
      cmocka_unit_test_setup_teardown(pairs_of_equal_rows, setup, teardown),
      cmocka_unit_test_setup_teardown(pairs_stop_when_cancelled, setup, teardown),
      cmocka_unit_test_setup_teardown(pairs_refuse_bad_arguments, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
