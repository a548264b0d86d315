/* SPDX-License-Identifier: MIT */
/* k-means: clusters that are known, what holds at a fixed point and between steps, duplicates,
 * threads, refusals. */
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

enum { BLOBS = 5, EACH = 60, DIMS = 3, ROWS = BLOBS * EACH };

static float rows[ROWS * DIMS], centroids[ROWS * DIMS];

/* Blobs of radius about 1 whose centres are 100 apart. */
static void fill_blobs(void) {
  gan__stream stream = gan__stream_make(9, "test clusters", 0);
  for (int64_t i = 0; i < ROWS * DIMS; i++)
    rows[i] = (float)(100.0 * (double)(i / DIMS % BLOBS) + gan__stream_normal(&stream));
}

static void fill_round(void) {
  gan__stream stream = gan__stream_make(10, "test clusters", 0);
  for (int64_t i = 0; i < ROWS * DIMS; i++)
    rows[i] = (float)gan__stream_normal(&stream);
}

static gan_cluster_report make(int64_t count, int64_t clusters, int64_t iterations) {
  gan_cluster_view view = {sizeof view, clusters, iterations, 1};
  gan_cluster_report report = {.struct_size = sizeof report};
  assert_int_equal(gan_metric_kmeans(context, rows, count, DIMS, &view, centroids, &report),
                   GAN_OK);
  assert_int_equal(report.struct_size, sizeof report);
  assert_true(report.iterations <= iterations);
  return report;
}

/* The means of clusters as the centroids divide them; their mean square in *mean_square. */
static void means_by_hand(int64_t clusters, double *means, double *mean_square) {
  static int64_t members[ROWS];
  memset(members, 0, sizeof members);
  memset(means, 0, (size_t)(clusters * DIMS) * sizeof *means);
  *mean_square = 0;
  for (int64_t row = 0; row < ROWS; row++) {
    int64_t nearest = 0;
    for (int64_t c = 1; c < clusters; c++)
      if (gan__square(rows + row * DIMS, centroids + c * DIMS, DIMS)
          < gan__square(rows + row * DIMS, centroids + nearest * DIMS, DIMS))
        nearest = c;
    members[nearest]++;
    *mean_square += gan__square(rows + row * DIMS, centroids + nearest * DIMS, DIMS) / ROWS;
    for (int64_t k = 0; k < DIMS; k++)
      means[nearest * DIMS + k] += (double)rows[row * DIMS + k];
  }
  for (int64_t i = 0; i < clusters * DIMS; i++)
    means[i] /= (double)members[i / DIMS];
}

static void clusters_of_blobs_are_the_blobs(void **state) {
  (void)state;
  fill_blobs();
  gan_cluster_report report = make(ROWS, BLOBS, 100);
  assert_int_equal(report.moved, 0);
  assert_int_equal(report.empty, 0);
  for (int64_t blob = 0; blob < BLOBS; blob++) {
    double mean[DIMS] = {0};
    for (int64_t row = blob; row < ROWS; row += BLOBS)
      for (int64_t k = 0; k < DIMS; k++)
        mean[k] += (double)rows[row * DIMS + k] / EACH;
    int32_t found = 0;
    for (int64_t c = 0; c < BLOBS; c++) {
      double worst = 0;
      for (int64_t k = 0; k < DIMS; k++)
        worst = fmax(worst, fabs((double)centroids[c * DIMS + k] - mean[k]));
      found += worst < 1e-4; /* a float of 400 is right to 3e-5 */
    }
    assert_int_equal(found, 1);
  }
  assert_true(report.mean_square > 2 && report.mean_square < 4); /* 3 dimensions of variance 1 */
}

static void clusters_are_a_fixed_point(void **state) {
  (void)state;
  enum { CLUSTERS = 20 };
  static double means[CLUSTERS * DIMS];
  double mean_square;
  fill_round();
  gan_cluster_report report = make(ROWS, CLUSTERS, 1000);
  assert_int_equal(report.moved, 0);
  means_by_hand(CLUSTERS, means, &mean_square);
  assert_true(fabs(mean_square - report.mean_square) < 1e-9 * mean_square);
  for (int64_t i = 0; i < CLUSTERS * DIMS; i++)
    assert_true(fabs(means[i] - (double)centroids[i]) < 1e-6);
}

/* Lloyd's steps never take rows further from their centroids, and the start is no step. */
static void clusters_only_improve(void **state) {
  (void)state;
  fill_round();
  double before = INFINITY;
  for (int64_t iterations = 0; iterations < 12; iterations++) {
    gan_cluster_report report = make(ROWS, 20, iterations);
    assert_true(report.mean_square < before * (1 + 1e-9));
    before = report.mean_square;
    if (iterations > 0) continue;
    assert_int_equal(report.moved, ROWS);
    for (int64_t c = 0; c < 20; c++) { /* rows themselves, each another */
      int32_t equal = 0;
      for (int64_t row = 0; row < ROWS; row++)
        equal += !memcmp(centroids + c * DIMS, rows + row * DIMS, DIMS * sizeof *rows);
      assert_int_equal(equal, 1);
      for (int64_t other = 0; other < c; other++)
        assert_true(memcmp(centroids + c * DIMS, centroids + other * DIMS, DIMS * sizeof *rows));
    }
  }
}

static void one_cluster_and_as_many_as_rows(void **state) {
  (void)state;
  fill_round();
  double mean[DIMS] = {0}, square = 0;
  gan_cluster_report report = make(ROWS, 1, 10);
  for (int64_t i = 0; i < ROWS * DIMS; i++)
    mean[i % DIMS] += (double)rows[i] / ROWS;
  for (int64_t i = 0; i < ROWS * DIMS; i++)
    square += ((double)rows[i] - mean[i % DIMS]) * ((double)rows[i] - mean[i % DIMS]) / ROWS;
  for (int64_t k = 0; k < DIMS; k++)
    assert_true(fabs((double)centroids[k] - mean[k]) < 1e-6);
  assert_true(fabs(report.mean_square - square) < 1e-9 * square);
  report = make(ROWS, ROWS, 10);
  assert_true(report.mean_square == 0);
  assert_int_equal(report.empty, 0);
}

/* Two different rows cannot fill three clusters. */
static void clusters_of_equal_rows(void **state) {
  (void)state;
  for (int64_t i = 0; i < ROWS * DIMS; i++)
    rows[i] = (float)(i / DIMS % 2);
  gan_cluster_report report = make(ROWS, 3, 10);
  assert_true(report.mean_square == 0);
  assert_int_equal(report.empty, 1);
  assert_int_equal(report.moved, 0);
  for (int64_t i = 0; i < 3 * DIMS; i++)
    assert_true(centroids[i] == 0 || centroids[i] == 1);
}

static void clusters_have_the_same_bits_for_any_threads(void **state) {
  (void)state;
  static float kept[20 * DIMS];
  fill_round();
  assert_int_equal(gan_context_set_threads(context, 1), GAN_OK);
  make(ROWS, 20, 5);
  memcpy(kept, centroids, sizeof kept);
  assert_int_equal(gan_context_set_threads(context, 3), GAN_OK);
  make(ROWS, 20, 5);
  assert_memory_equal(kept, centroids, sizeof kept);
  assert_int_equal(gan_context_set_threads(context, 1), GAN_OK);
  /* Another seed begins elsewhere. */
  gan_cluster_view view = {sizeof view, 20, 0, 2};
  gan_cluster_report report = {.struct_size = sizeof report};
  make(ROWS, 20, 0);
  memcpy(kept, centroids, sizeof kept);
  assert_int_equal(gan_metric_kmeans(context, rows, ROWS, DIMS, &view, centroids, &report), GAN_OK);
  assert_true(memcmp(kept, centroids, sizeof kept) != 0);
}

static void clusters_refuse_bad_arguments(void **state) {
  (void)state;
  static const struct {
    int64_t count, dims, clusters, iterations;
    int32_t status;
    const char *word;
  } cases[] = {
      {0, 3, 1, 1, GAN_ERROR_ARGUMENT, "rows: shape [0, 3]"},
      {9, -3, 1, 1, GAN_ERROR_ARGUMENT, "rows: shape [9, -3]"},
      {9, 3, 0, 1, GAN_ERROR_ARGUMENT, "0 clusters"},
      {9, 3, 10, 1, GAN_ERROR_ARGUMENT, "10 clusters and 1 iterations, must be 1 to 9"},
      {9, 3, 2, -1, GAN_ERROR_ARGUMENT, "-1 iterations"},
      {INT64_MAX, 3, 2, 1, GAN_ERROR_LIMIT, "rows"},
  };
  fill_round();
  gan_cluster_report report = {.struct_size = sizeof report, .mean_square = -5};
  centroids[0] = -5;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    gan_cluster_view view = {sizeof view, cases[i].clusters, cases[i].iterations, 1};
    assert_int_equal(
        gan_metric_kmeans(context, rows, cases[i].count, cases[i].dims, &view, centroids, &report),
        cases[i].status);
    assert_non_null(strstr(gan_context_message(context), cases[i].word));
  }
  gan_cluster_view view = {sizeof view, 2, 1, 1};
  rows[4] = NAN;
  assert_int_equal(gan_metric_kmeans(context, rows, 9, 3, &view, centroids, &report),
                   GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(context), "rows: number 1 of row 1"));
  rows[4] = 0;
  assert_int_equal(gan_context_cancel(context), GAN_OK);
  assert_int_equal(gan_metric_kmeans(context, rows, 9, 3, &view, centroids, &report),
                   GAN_ERROR_CANCELLED);
  assert_true(report.mean_square == -5 && centroids[0] == -5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(clusters_of_blobs_are_the_blobs, setup, teardown),
      cmocka_unit_test_setup_teardown(clusters_are_a_fixed_point, setup, teardown),
      cmocka_unit_test_setup_teardown(clusters_only_improve, setup, teardown),
      cmocka_unit_test_setup_teardown(one_cluster_and_as_many_as_rows, setup, teardown),
      cmocka_unit_test_setup_teardown(clusters_of_equal_rows, setup, teardown),
      cmocka_unit_test_setup_teardown(clusters_have_the_same_bits_for_any_threads, setup, teardown),
      cmocka_unit_test_setup_teardown(clusters_refuse_bad_arguments, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
