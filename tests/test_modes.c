/* SPDX-License-Identifier: MIT */
/* Mode coverage: samples whose answers are known, boundaries, refusals; the arcs of the swiss roll.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gan/metric.h>

#include "base/context.h"
#include "base/random.h"
#include "data/synthetic.h"
#include "eval/arcs.h"

enum { RING = 8, MANY = 20000 };

static gan_context *context;
static int64_t blocks_at_start;
static float samples[2 * MANY];

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

static void ring(float centres[2 * RING]) {
  for (int32_t i = 0; i < RING; i++) {
    centres[2 * i] = (float)(2 * cos(i * 0.78539816339744831));
    centres[2 * i + 1] = (float)(2 * sin(i * 0.78539816339744831));
  }
}

static gan_mode_report measure(int64_t count, const float *centres, int64_t modes, int64_t dims,
                               double deviation) {
  gan_mode_report report = {.struct_size = sizeof report};
  assert_int_equal(
      gan_metric_modes(context, samples, count, centres, modes, dims, deviation, &report), GAN_OK);
  assert_int_equal(report.struct_size, sizeof report);
  assert_int_equal(report.samples, count);
  assert_int_equal(report.mode_count, modes);
  return report;
}

/* A round Gaussian of the plane has 1 - exp(-9/2) of its mass within 3 deviations. Of n samples the
 * share then has the deviation sqrt(p (1 - p) / n) = 7.4e-4; four of them are allowed, and the seed
 * is fixed. 2 n KL is chi-squared with 7 degrees of freedom, which is above 30 once in 10,000. */
static void modes_of_a_perfect_sampler(void **state) {
  (void)state;
  float centres[2 * RING];
  ring(centres);
  gan__stream stream = gan__stream_make(7, "test modes", 0);
  for (int32_t i = 0; i < MANY; i++) {
    uint64_t mode = gan__stream_below(&stream, RING);
    for (int32_t axis = 0; axis < 2; axis++)
      samples[2 * i + axis] =
          centres[2 * mode + (uint64_t)axis] + (float)(0.02 * gan__stream_normal(&stream));
  }
  gan_mode_report report = measure(MANY, centres, RING, 2, 0.02);
  double expected = 1 - exp(-4.5);
  assert_true(fabs(report.high_quality - expected) < 4 * sqrt(expected * (1 - expected) / MANY));
  assert_int_equal(report.modes, RING);
  assert_int_equal(report.modes_1pct, RING);
  assert_true(report.reverse_kl >= 0 && report.reverse_kl < 30.0 / (2 * MANY));
}

static void modes_of_a_collapsed_sampler(void **state) {
  (void)state;
  float centres[2 * RING];
  ring(centres);
  for (int32_t i = 0; i < 100; i++)
    memcpy(samples + 2 * i, centres + 2 * 3, 2 * sizeof *samples);
  gan_mode_report report = measure(100, centres, RING, 2, 0.02);
  assert_int_equal(report.modes, 1);
  assert_int_equal(report.modes_1pct, 1);
  assert_true(report.high_quality == 1);
  assert_true(fabs(report.reverse_kl - log(RING)) < 1e-15);
}

static void modes_without_good_samples(void **state) {
  (void)state;
  static const float bad[][2] = {{0, 0}, {NAN, 0}, {2, NAN}, {INFINITY, 0}, {-INFINITY, NAN}};
  float centres[2 * RING];
  ring(centres);
  memcpy(samples, bad, sizeof bad);
  gan_mode_report report = measure(5, centres, RING, 2, 0.02);
  assert_int_equal(report.modes, 0);
  assert_int_equal(report.modes_1pct, 0);
  assert_true(report.high_quality == 0);
  assert_true(isinf(report.reverse_kl) && report.reverse_kl > 0);
}

static void modes_counts_bad_samples_in_the_share_only(void **state) {
  (void)state;
  const float centres[] = {0, 0, 10, 0};
  const float mixed[] = {0, 0, 10, 0, NAN, 0, 5, 0};
  memcpy(samples, mixed, sizeof mixed);
  gan_mode_report report = measure(4, centres, 2, 2, 0.5);
  assert_int_equal(report.modes, 2);
  assert_true(report.high_quality == 0.5);
  assert_true(report.reverse_kl == 0); /* even among the good ones */
}

/* All numbers are exact in binary: 3 deviations of 0.5 are 1.5. */
static void modes_boundary_counts_as_inside(void **state) {
  (void)state;
  const float centres[] = {0, 0, 4, 0};
  const struct {
    float x, y;
    bool good;
  } rows[] = {
      {1.5f, 0, true}, {0, -1.5f, true}, {nextafterf(1.5f, 2), 0, false},
      {2.5f, 0, true}, {2, 0, false},    {4, nextafterf(1.5f, 2), false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    samples[0] = rows[i].x;
    samples[1] = rows[i].y;
    gan_mode_report report = measure(1, centres, 2, 2, 0.5);
    assert_true(report.high_quality == (rows[i].good ? 1 : 0));
  }
}

static void modes_ties_go_to_the_first_centre(void **state) {
  (void)state;
  const float centres[] = {-1, 0, 1, 0};
  const float points[] = {0, 0, 1, 0}; /* the first lies between */
  memcpy(samples, points, sizeof points);
  gan_mode_report report = measure(2, centres, 2, 2, 1);
  assert_int_equal(report.modes, 2);
  assert_true(report.reverse_kl == 0);
}

/* One per cent of all samples, rounded up to whole ones. */
static void modes_1pct_needs_a_hundredth_of_all(void **state) {
  (void)state;
  static const struct {
    int64_t count, held, modes_1pct;
  } rows[] = {{100, 1, 2}, {101, 1, 1},   {101, 2, 2},  {200, 1, 1},
              {200, 2, 2}, {2500, 24, 1}, {2500, 25, 2}};
  const float centres[] = {0, 0, 10, 0};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    memset(samples, 0, sizeof samples);
    for (int64_t j = 0; j < rows[i].held; j++)
      samples[2 * j] = 10;
    gan_mode_report report = measure(rows[i].count, centres, 2, 2, 0.5);
    assert_int_equal(report.modes, 2);
    assert_int_equal(report.modes_1pct, rows[i].modes_1pct);
  }
}

static void modes_work_in_any_dimension(void **state) {
  (void)state;
  const float line[] = {-1, 0, 1};
  const float on_line[] = {-1.25f, 1.5f, 0.5f, 0};
  memcpy(samples, on_line, sizeof on_line);
  gan_mode_report report = measure(4, line, 3, 1, 0.125);
  assert_int_equal(report.modes, 2);
  assert_true(report.high_quality == 0.5);
  float centres[2 * 5] = {0, 0, 0, 0, 0, 3, 3, 3, 3, 3};
  const float points[] = {1, 1, 1, 1, 1, 2, 2, 2, 2, 2}; /* both at distance sqrt(5) = 2.236 */
  memcpy(samples, points, sizeof points);
  assert_true(measure(2, centres, 2, 5, 0.75).high_quality == 1);
  assert_true(measure(2, centres, 2, 5, 0.74).high_quality == 0);
}

static void metrics_refuse_bad_arguments(void **state) {
  (void)state;
  static const float centres[] = {0, 0, 1, 1}, broken[] = {0, 0, 1, NAN};
  static const struct {
    const float *samples, *centres;
    int64_t count, modes, dims;
    double deviation;
    int32_t status;
    const char *word;
  } rows[] = {
      {NULL, centres, 1, 2, 2, 1, GAN_ERROR_ARGUMENT, "samples is NULL"},
      {samples, NULL, 1, 2, 2, 1, GAN_ERROR_ARGUMENT, "centres is NULL"},
      {samples, centres, 0, 2, 2, 1, GAN_ERROR_ARGUMENT, "samples: shape [0, 2]"},
      {samples, centres, -1, 2, 2, 1, GAN_ERROR_ARGUMENT, "samples: shape [-1, 2]"},
      {samples, centres, 1, 0, 2, 1, GAN_ERROR_ARGUMENT, "centres: shape [0, 2]"},
      {samples, centres, 1, 2, 0, 1, GAN_ERROR_ARGUMENT, "[1, 0]"},
      {samples, centres, INT64_MAX, 2, 2, 1, GAN_ERROR_LIMIT, "samples"},
      {samples, centres, INT64_MAX / 3, 2, 1, 1, GAN_ERROR_LIMIT, "samples"},
      {samples, centres, 1, INT64_MAX / 2, 2, 1, GAN_ERROR_LIMIT, "centres"},
      {samples, broken, 1, 2, 2, 1, GAN_ERROR_ARGUMENT, "number 1 of mode 1"},
      {samples, centres, 1, 2, 2, 0, GAN_ERROR_ARGUMENT, "deviation 0"},
      {samples, centres, 1, 2, 2, -1, GAN_ERROR_ARGUMENT, "deviation -1"},
      {samples, centres, 1, 2, 2, NAN, GAN_ERROR_ARGUMENT, "deviation nan"},
      {samples, centres, 1, 2, 2, INFINITY, GAN_ERROR_ARGUMENT, "deviation inf"},
  };
  gan_mode_report report, before;
  memset(&report, 0x5A, sizeof report);
  report.struct_size = sizeof report;
  before = report;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(gan_metric_modes(context, rows[i].samples, rows[i].count, rows[i].centres,
                                      rows[i].modes, rows[i].dims, rows[i].deviation, &report),
                     rows[i].status);
    assert_non_null(strstr(gan_context_message(context), rows[i].word));
  }
  assert_int_equal(gan_metric_modes(NULL, samples, 1, centres, 2, 2, 1, &report),
                   GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_metric_modes(context, samples, 1, centres, 2, 2, 1, NULL),
                   GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_metric_swissroll(NULL, samples, 1, 0.1, 1, &report), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_metric_swissroll(context, NULL, 1, 0.1, 1, &report), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_metric_swissroll(context, samples, 0, 0.1, 1, &report), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_metric_swissroll(context, samples, 1, 0, 1, &report), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_metric_swissroll(context, samples, 1, 0.1, -1, &report), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_metric_swissroll(context, samples, 1, 0.1, 1, NULL), GAN_ERROR_ARGUMENT);
  assert_memory_equal(&report, &before, sizeof report);
}

static void report_of_another_size(void **state) {
  (void)state;
  static const float centres[] = {0, 0};
  struct {
    gan_mode_report now;
    uint64_t later[3];
  } longer;
  memset(&longer, 0x5A, sizeof longer);
  memset(samples, 0, 2 * sizeof *samples);
  longer.now.struct_size = sizeof longer;
  assert_int_equal(gan_metric_modes(context, samples, 1, centres, 1, 2, 1, &longer.now), GAN_OK);
  assert_int_equal(longer.now.struct_size, sizeof longer);
  assert_int_equal(longer.now.modes, 1);
  for (int32_t i = 0; i < 3; i++)
    assert_true(longer.later[i] == UINT64_C(0x5A5A5A5A5A5A5A5A));
  static const uint64_t bad[] = {0, 8, sizeof(gan_mode_report) - 1};
  for (int32_t i = 0; i < 3; i++) {
    longer.now.struct_size = bad[i];
    assert_int_equal(gan_metric_modes(context, samples, 1, centres, 1, 2, 1, &longer.now),
                     GAN_ERROR_ARGUMENT);
    assert_int_equal(gan_metric_swissroll(context, samples, 1, 1, 1, &longer.now),
                     GAN_ERROR_ARGUMENT);
  }
}

/* The curve's point at a share of its length, moved outward by `off`, in units of the scaled roll.
 */
static void along(float *sample, double share, double off, double scale) {
  double start = gan__swissroll_length(GAN__SWISSROLL_FIRST);
  double end = gan__swissroll_length(GAN__SWISSROLL_LAST), point[2];
  double t = gan__swissroll_parameter(start + share * (end - start));
  gan__swissroll_point(t, point);
  /* The outward normal of the spiral is its tangent, turned clockwise. */
  double tangent_x = cos(t) - t * sin(t), tangent_y = sin(t) + t * cos(t);
  double length = hypot(tangent_x, tangent_y);
  sample[0] = (float)((point[0] + off * tangent_y / length) / scale);
  sample[1] = (float)((point[1] - off * tangent_x / length) / scale);
}

static gan_mode_report measure_roll(int64_t count, double noise, double scale) {
  gan_mode_report report = {.struct_size = sizeof report};
  assert_int_equal(gan_metric_swissroll(context, samples, count, noise, scale, &report), GAN_OK);
  assert_int_equal(report.mode_count, GAN__SWISSROLL_ARCS);
  assert_int_equal(report.samples, count);
  return report;
}

static void nearest_point_of_the_roll(void **state) {
  (void)state;
  for (int32_t i = 0; i <= 200; i++) {
    double t = GAN__SWISSROLL_FIRST + (GAN__SWISSROLL_LAST - GAN__SWISSROLL_FIRST) * i / 200;
    double point[2], length = hypot(1, t);
    gan__swissroll_point(t, point);
    /* On the curve, and up to 2 beside it along the normal: the next turn is 2 pi away. */
    for (int32_t off = -2; off <= 2; off++) {
      double moved[2] = {point[0] + off * (sin(t) + t * cos(t)) / length,
                         point[1] - off * (cos(t) - t * sin(t)) / length};
      assert_true(fabs(gan__swissroll_nearest(moved) - t) < 1e-12 * t);
    }
  }
}

/* Points evenly along the curve fall evenly into arcs of equal length. */
static void arcs_have_equal_lengths(void **state) {
  (void)state;
  for (int32_t i = 0; i < 2500; i++)
    along(samples + 2 * i, (i + 0.5) / 2500, 0, 7.5);
  gan_mode_report report = measure_roll(2500, 0.25, 7.5);
  assert_int_equal(report.modes, 25);
  assert_int_equal(report.modes_1pct, 25);
  assert_true(report.high_quality == 1);
  assert_true(report.reverse_kl == 0);
  /* One arc after the other. */
  for (int32_t arc = 0; arc < 25; arc++) {
    for (int32_t i = 0; i < 10; i++)
      along(samples + 2 * i, (arc + 0.01 + 0.98 * i / 9) / 25, 0, 7.5);
    report = measure_roll(10, 0.25, 7.5);
    assert_int_equal(report.modes, 1);
    assert_true(fabs(report.reverse_kl - log(25)) < 1e-14);
  }
}

/* Just inside and outside 3 deviations, on both sides of the curve; the samples are floats, so a
 * part in 10^6 is left to them. */
static void roll_quality_ends_at_three_deviations(void **state) {
  (void)state;
  static const double scales[] = {1, 7.5, 0.5};
  for (int32_t i = 0; i < 3; i++)
    for (int32_t j = 0; j < 40; j++) {
      double share = (j + 0.5) / 40, side = j % 2 ? 0.75 : -0.75;
      along(samples, share, side * (1 - 1e-5), scales[i]);
      assert_true(measure_roll(1, 0.25, scales[i]).high_quality == 1);
      along(samples, share, side * (1 + 1e-5), scales[i]);
      assert_true(measure_roll(1, 0.25, scales[i]).high_quality == 0);
    }
}

static void roll_without_good_samples(void **state) {
  (void)state;
  static const float bad[][2] = {{0, 0}, {NAN, 0}, {0, INFINITY}, {3e38f, 3e38f}};
  memcpy(samples, bad, sizeof bad);
  gan_mode_report report = measure_roll(4, 0.25, 7.5);
  assert_int_equal(report.modes, 0);
  assert_true(report.high_quality == 0 && isinf(report.reverse_kl));
}

/* The library's own sampler against the library's own measure. t is uniform, so the outer arcs,
 * which are passed faster, hold less: a density in length of 1/sqrt(1 + t^2) over t = 4.7 .. 14.1,
 * whose KL against uniform is the integral below. The band at 3 deviations holds P(|n| <= 3) =
 * 0.9973 and a little more at the ends; 4 deviations of 20,000 draws are 0.0015. */
static void roll_of_a_perfect_sampler(void **state) {
  (void)state;
  gan__stream stream = gan__stream_make(11, "test roll", 0);
  double span = GAN__SWISSROLL_LAST - GAN__SWISSROLL_FIRST, expected = 0;
  for (int32_t i = 0; i < MANY; i++) {
    double t = GAN__SWISSROLL_FIRST + span * gan__stream_uniform(&stream), point[2];
    gan__swissroll_point(t, point);
    for (int32_t axis = 0; axis < 2; axis++)
      samples[2 * i + axis] = (float)((point[axis] + 0.25 * gan__stream_normal(&stream)) / 7.5);
  }
  for (int64_t arc = 0; arc < 25; arc++) {
    double share = (gan__swissroll_boundary(arc + 1, 25) - gan__swissroll_boundary(arc, 25)) / span;
    expected += share * log(25 * share);
  }
  gan_mode_report report = measure_roll(MANY, 0.25, 7.5);
  assert_int_equal(report.modes, 25);
  assert_int_equal(report.modes_1pct, 25);
  assert_true(fabs(report.high_quality - 0.9973) < 0.0017);
  /* Sampling adds (25 - 1) / 2n = 0.0006 and scatters by sqrt of the expectation's variance, about
   * sqrt(2 * expected / n) = 0.003. */
  assert_true(fabs(report.reverse_kl - expected) < 0.01);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(modes_of_a_perfect_sampler, setup, teardown),
      cmocka_unit_test_setup_teardown(modes_of_a_collapsed_sampler, setup, teardown),
      cmocka_unit_test_setup_teardown(modes_without_good_samples, setup, teardown),
      cmocka_unit_test_setup_teardown(modes_counts_bad_samples_in_the_share_only, setup, teardown),
      cmocka_unit_test_setup_teardown(modes_boundary_counts_as_inside, setup, teardown),
      cmocka_unit_test_setup_teardown(modes_ties_go_to_the_first_centre, setup, teardown),
      cmocka_unit_test_setup_teardown(modes_1pct_needs_a_hundredth_of_all, setup, teardown),
      cmocka_unit_test_setup_teardown(modes_work_in_any_dimension, setup, teardown),
      cmocka_unit_test_setup_teardown(metrics_refuse_bad_arguments, setup, teardown),
      cmocka_unit_test_setup_teardown(report_of_another_size, setup, teardown),
      cmocka_unit_test_setup_teardown(nearest_point_of_the_roll, setup, teardown),
      cmocka_unit_test_setup_teardown(arcs_have_equal_lengths, setup, teardown),
      cmocka_unit_test_setup_teardown(roll_quality_ends_at_three_deviations, setup, teardown),
      cmocka_unit_test_setup_teardown(roll_without_good_samples, setup, teardown),
      cmocka_unit_test_setup_teardown(roll_of_a_perfect_sampler, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
