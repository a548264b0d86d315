/* SPDX-License-Identifier: MIT */
/* libgan/data/synthetic.c: where the modes lie, the statistics of the points, the swiss roll's
 * geometry. Seeds are fixed, so a bound that holds once holds always; bounds are 5 standard errors.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "data/dataset.h"
#include "data/synthetic.h"

enum { POINTS = 200000 };
static const double pi = 3.14159265358979323846;
static gan_context *context;
static gan_dataset *dataset;
static float *points;
static int32_t *labels;
static int64_t idle_blocks;

/* In double precision, which cmocka's own comparison is not. A NaN is never near. */
static void check_near(double value, double expected, double bound) {
  if (!(fabs(value - expected) <= bound)) print_message("%.17g, not %.17g\n", value, expected);
  assert_true(fabs(value - expected) <= bound);
}

static int set_up(void **state) {
  (void)state;
  dataset = NULL;
  points = malloc(2 * POINTS * sizeof *points);
  labels = malloc(POINTS * sizeof *labels);
  if (!points || !labels || gan_context_create(&context) != GAN_OK) return 1;
  idle_blocks = context->live_blocks;
  return gan_context_set_seed(context, 7);
}

static int tear_down(void **state) {
  (void)state;
  gan_dataset_destroy(dataset);
  bool leak = context->live_blocks != idle_blocks;
  gan_context_destroy(context);
  free(points);
  free(labels);
  return leak;
}

static void has_true_modes_on_the_ring(void **state) {
  (void)state;
  static const int32_t counts[] = {1, 2, 7, 8, 65536};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    int64_t modes;
    const float *centres;
    double deviation;
    assert_int_equal(gan_dataset_create_ring(context, counts[i], 2.0, 0.02, &dataset), GAN_OK);
    assert_int_equal(gan_dataset_modes(dataset, &modes, &centres, &deviation), GAN_OK);
    assert_int_equal(modes, counts[i]);
    assert_int_equal(gan_dataset_classes(dataset), counts[i]);
    assert_true(deviation == 0.02);
    for (int64_t mode = 0; mode < modes; mode++) {
      double angle = 2 * pi * (double)mode / (double)modes;
      check_near(centres[2 * mode], 2 * cos(angle), 1e-6); /* float rounding of 2: 1.2e-7 */
      check_near(centres[2 * mode + 1], 2 * sin(angle), 1e-6);
    }
    gan_dataset_destroy(dataset);
    dataset = NULL;
  }
}

static void has_the_modes_of_the_grid(void **state) {
  (void)state;
  int64_t modes;
  const float *centres;
  double deviation;
  assert_int_equal(gan_dataset_create_grid(context, 5, 2.0, 0.05, &dataset), GAN_OK);
  assert_int_equal(gan_dataset_modes(dataset, &modes, &centres, &deviation), GAN_OK);
  assert_int_equal(modes, 25);
  assert_true(deviation == 0.05);
  for (int mode = 0; mode < 25; mode++) { /* {-4, -2, 0, 2, 4} squared */
    assert_true(centres[2 * mode] == (float)(2 * (mode % 5) - 4));
    assert_true(centres[2 * mode + 1] == (float)(2 * (mode / 5) - 4));
  }
}

/* Every mode: its share, mean and deviation, and that both directions are independent. */
static void check_mixture(void) {
  enum { MOST = 25 };
  int64_t modes;
  const float *centres;
  double deviation;
  assert_int_equal(gan_dataset_batch(dataset, 3, POINTS, points, labels), GAN_OK);
  assert_int_equal(gan_dataset_modes(dataset, &modes, &centres, &deviation), GAN_OK);
  double count[MOST] = {0}, sum[MOST][2] = {{0}}, square[MOST][2] = {{0}}, product[MOST] = {0};
  for (int64_t i = 0; i < POINTS; i++) {
    int32_t mode = labels[i];
    assert_in_range(mode, 0, modes - 1);
    double x = points[2 * i] - centres[2 * mode], y = points[2 * i + 1] - centres[2 * mode + 1];
    count[mode]++;
    sum[mode][0] += x;
    sum[mode][1] += y;
    square[mode][0] += x * x;
    square[mode][1] += y * y;
    product[mode] += x * y;
  }
  double share = 1.0 / (double)modes;
  for (int64_t mode = 0; mode < modes; mode++) {
    double n = count[mode], error = deviation / sqrt(n);
    check_near(n / POINTS, share, 5 * sqrt(share * (1 - share) / POINTS));
    for (int axis = 0; axis < 2; axis++) {
      check_near(sum[mode][axis] / n, 0, 5 * error);
      /* The deviation's own standard error is deviation / sqrt(2 n). */
      check_near(sqrt(square[mode][axis] / n), deviation, 5 * error / sqrt(2));
    }
    check_near(product[mode] / n, 0, 5 * deviation * error);
  }
}

static void draws_the_ring(void **state) {
  (void)state;
  assert_int_equal(gan_dataset_create_ring(context, 8, 1.0, 0.01, &dataset), GAN_OK);
  check_mixture();
}

static void draws_the_grid(void **state) {
  (void)state;
  assert_int_equal(gan_dataset_create_grid(context, 5, 2.0, 0.05, &dataset), GAN_OK);
  check_mixture();
}

/* 1 - exp(-9/2) of a plane Gaussian lies within 3 deviations: the tails are right too. */
static void has_gaussian_tails(void **state) {
  (void)state;
  assert_int_equal(gan_dataset_create_ring(context, 1, 0.0, 1.0, &dataset), GAN_OK);
  assert_int_equal(gan_dataset_batch(dataset, 0, POINTS, points, NULL), GAN_OK);
  static const double radii[] = {0.5, 1, 2, 3, 4};
  for (size_t k = 0; k < sizeof radii / sizeof *radii; k++) {
    double inside = 0, share = 1 - exp(-0.5 * radii[k] * radii[k]);
    for (int64_t i = 0; i < POINTS; i++)
      inside += hypot(points[2 * i], points[2 * i + 1]) <= radii[k];
    check_near(inside / POINTS, share, 5 * sqrt(share * (1 - share) / POINTS));
  }
}

static void draws_the_swiss_roll(void **state) {
  (void)state;
  int64_t modes;
  const float *centres;
  double deviation;
  assert_int_equal(gan_dataset_create_swissroll(context, 0.0, 7.5, &dataset), GAN_OK);
  assert_int_equal(gan_dataset_classes(dataset), 0);
  assert_int_equal(gan_dataset_modes(dataset, &modes, &centres, &deviation), GAN_ERROR_STATE);
  assert_non_null(strstr(gan_context_message(context), "swiss roll"));
  assert_int_equal(gan_dataset_batch(dataset, 0, 1, points, labels), GAN_ERROR_STATE);
  assert_int_equal(gan_dataset_batch(dataset, 0, POINTS, points, NULL), GAN_OK);
  /* Without noise |x| = t / scale; t is uniform, so each tenth of its range holds a tenth. */
  double tenths[10] = {0};
  for (int64_t i = 0; i < POINTS; i++) {
    double x = 7.5 * points[2 * i], y = 7.5 * points[2 * i + 1], t = hypot(x, y);
    check_near(x, t * cos(t), 2e-4); /* t is known to 1e-6, and turns by it times 14 */
    check_near(y, t * sin(t), 2e-4);
    int tenth = (int)floor(10 * (t - GAN__SWISSROLL_FIRST) / (3 * pi));
    tenths[tenth < 0 ? 0 : tenth > 9 ? 9 : tenth]++;
  }
  for (int i = 0; i < 10; i++)
    check_near(tenths[i] / POINTS, 0.1, 5 * sqrt(0.09 / POINTS));
  /* The noise alone: the same numbers with and without it. */
  gan_dataset *noisy;
  float *others = malloc(2 * POINTS * sizeof *others);
  assert_non_null(others);
  assert_int_equal(gan_dataset_create_swissroll(context, 0.25, 7.5, &noisy), GAN_OK);
  assert_int_equal(gan_dataset_set_seed(noisy, 1), GAN_OK);
  assert_int_equal(gan_dataset_set_seed(dataset, 1), GAN_OK);
  assert_int_equal(gan_dataset_batch(dataset, 0, POINTS, points, NULL), GAN_OK);
  assert_int_equal(gan_dataset_batch(noisy, 0, POINTS, others, NULL), GAN_OK);
  double sum = 0, square = 0, deviation_expected = 0.25 / 7.5;
  for (int64_t i = 0; i < 2 * POINTS; i++) {
    double noise = (double)others[i] - points[i];
    sum += noise;
    square += noise * noise;
  }
  double n = 2.0 * POINTS;
  check_near(sum / n, 0, 5 * deviation_expected / sqrt(n));
  check_near(sqrt(square / n), deviation_expected, 5 * deviation_expected / sqrt(2 * n));
  gan_dataset_destroy(noisy);
  free(others);
}

static void measures_the_swiss_roll(void **state) {
  (void)state;
  /* Length against a sum of chords: their error falls with the square of the step, here 1e-4. */
  double length = 0, before[2] = {0, 0};
  for (int i = 1; i <= 150000; i++) {
    double t = 1e-4 * i, point[2];
    gan__swissroll_point(t, point);
    length += hypot(point[0] - before[0], point[1] - before[1]);
    memcpy(before, point, sizeof before);
    if (i % 10000 == 0) check_near(gan__swissroll_length(t), length, 1e-7);
    /* The inverse, near the rounding of the length: s' >= 1, so its error passes undivided. */
    check_near(gan__swissroll_parameter(gan__swissroll_length(t)), t, 4e-15 * (1 + t));
  }
  assert_true(gan__swissroll_parameter(0) == 0);
  check_near(gan__swissroll_parameter(1e-12), 1e-12, 1e-24);
  check_near(gan__swissroll_parameter(gan__swissroll_length(1e6)), 1e6, 1e-6);
  double previous = gan__swissroll_length(GAN__SWISSROLL_FIRST);
  double arc = (gan__swissroll_length(GAN__SWISSROLL_LAST) - previous) / 25;
  assert_true(gan__swissroll_boundary(0, 25) == GAN__SWISSROLL_FIRST);
  assert_true(gan__swissroll_boundary(25, 25) == GAN__SWISSROLL_LAST);
  check_near(GAN__SWISSROLL_FIRST, 1.5 * pi, 1e-14);
  check_near(GAN__SWISSROLL_LAST, 4.5 * pi, 1e-14);
  for (int i = 1; i <= 25; i++) {
    double here = gan__swissroll_length(gan__swissroll_boundary(i, 25));
    check_near(here - previous, arc, 1e-12);
    previous = here;
  }
}

/* What data.h says of the points' own reverse KL over 25 equal arcs: 0.044. */
static void knows_its_own_unevenness(void **state) {
  (void)state;
  double divergence = 0;
  for (int i = 0; i < 25; i++) {
    double share = (gan__swissroll_boundary(i + 1, 25) - gan__swissroll_boundary(i, 25)) / (3 * pi);
    divergence += share * log(25 * share);
  }
  check_near(divergence, 0.044, 5e-4);
}

static void draws_the_same_in_both_precisions(void **state) {
  (void)state;
  assert_int_equal(gan_dataset_create_ring(context, 8, 2.0, 0.02, &dataset), GAN_OK);
  double wide[200];
  float narrow[200];
  int32_t one[100], two[100];
  assert_int_equal(gan__dataset_fill(dataset, 5, 100, GAN_F64, wide, one), GAN_OK);
  assert_int_equal(gan__dataset_fill(dataset, 5, 100, GAN_F32, narrow, two), GAN_OK);
  for (int i = 0; i < 200; i++)
    assert_true((float)wide[i] == narrow[i]);
  assert_memory_equal(one, two, sizeof one);
}

static void reads_points_by_number(void **state) {
  (void)state;
  assert_int_equal(gan_dataset_create_grid(context, 5, 2.0, 0.05, &dataset), GAN_OK);
  float whole[2000], part[200], batch[2000];
  int32_t whole_labels[1000], part_labels[100];
  assert_int_equal(gan_dataset_read(dataset, 0, 1000, whole), GAN_OK);
  assert_int_equal(gan_dataset_read(dataset, 700, 100, part), GAN_OK);
  assert_memory_equal(whole + 1400, part, sizeof part);
  assert_int_equal(gan_dataset_read_labels(dataset, 0, 1000, whole_labels), GAN_OK);
  assert_int_equal(gan_dataset_read_labels(dataset, 700, 100, part_labels), GAN_OK);
  assert_memory_equal(whole_labels + 700, part_labels, sizeof part_labels);
  assert_int_equal(gan_dataset_batch(dataset, 0, 1000, batch, NULL), GAN_OK);
  assert_memory_not_equal(whole, batch, sizeof batch);
}

static void refuses_impossible_sets(void **state) {
  (void)state;
  gan_dataset *out = NULL;
  const char *message = gan_context_message(context); /* the same place for the context's life */
#define REFUSES(call, words)                                                                       \
  do {                                                                                             \
    assert_int_equal(call, GAN_ERROR_ARGUMENT);                                                    \
    assert_non_null(strstr(message, words));                                                       \
    assert_null(out);                                                                              \
  } while (0)
  assert_int_equal(gan_dataset_create_ring(NULL, 8, 1, 1, &out), GAN_ERROR_ARGUMENT);
  REFUSES(gan_dataset_create_ring(context, 8, 1, 1, NULL), "dataset is NULL");
  REFUSES(gan_dataset_create_ring(context, 0, 1, 1, &out), "modes is 0; allowed are 1 to 65536");
  REFUSES(gan_dataset_create_ring(context, -8, 1, 1, &out), "modes is -8");
  REFUSES(gan_dataset_create_ring(context, 65537, 1, 1, &out), "modes is 65537");
  REFUSES(gan_dataset_create_ring(context, 8, -1, 1, &out), "radius is -1");
  REFUSES(gan_dataset_create_ring(context, 8, (double)NAN, 1, &out), "radius is nan");
  REFUSES(gan_dataset_create_ring(context, 8, (double)INFINITY, 1, &out), "radius is inf");
  REFUSES(gan_dataset_create_ring(context, 8, 1, -0.5, &out), "deviation is -0.5; allowed are 0");
  REFUSES(gan_dataset_create_ring(context, 8, 1, (double)NAN, &out), "deviation is nan");
  REFUSES(gan_dataset_create_grid(context, 0, 1, 1, &out), "side is 0; allowed are 1 to 256");
  REFUSES(gan_dataset_create_grid(context, 257, 1, 1, &out), "side is 257");
  REFUSES(gan_dataset_create_grid(context, 5, -2, 1, &out), "spacing is -2");
  REFUSES(gan_dataset_create_grid(context, 5, 2, 1e31, &out), "deviation is 1e+31");
  REFUSES(gan_dataset_create_swissroll(context, -1, 7.5, &out), "noise is -1");
  REFUSES(gan_dataset_create_swissroll(context, 0.25, 0, &out), "scale is 0; allowed are 1e-06");
  REFUSES(gan_dataset_create_swissroll(context, 0.25, (double)NAN, &out), "scale is nan");
#undef REFUSES
  /* The largest that are allowed stay finite. */
  assert_int_equal(gan_dataset_create_grid(context, 256, 1e30, 1e30, &dataset), GAN_OK);
  assert_int_equal(gan_dataset_batch(dataset, 0, 1000, points, NULL), GAN_OK);
  for (int i = 0; i < 2000; i++)
    assert_true(isfinite(points[i]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(has_true_modes_on_the_ring, set_up, tear_down),
      cmocka_unit_test_setup_teardown(has_the_modes_of_the_grid, set_up, tear_down),
      cmocka_unit_test_setup_teardown(draws_the_ring, set_up, tear_down),
      cmocka_unit_test_setup_teardown(draws_the_grid, set_up, tear_down),
      cmocka_unit_test_setup_teardown(has_gaussian_tails, set_up, tear_down),
      cmocka_unit_test_setup_teardown(draws_the_swiss_roll, set_up, tear_down),
      cmocka_unit_test_setup_teardown(measures_the_swiss_roll, set_up, tear_down),
      cmocka_unit_test_setup_teardown(knows_its_own_unevenness, set_up, tear_down),
      cmocka_unit_test_setup_teardown(draws_the_same_in_both_precisions, set_up, tear_down),
      cmocka_unit_test_setup_teardown(reads_points_by_number, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_impossible_sets, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
