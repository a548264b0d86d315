/* SPDX-License-Identifier: MIT */
/* Parzen window estimates: against sums in long double and exact expectations, identities, extreme
 * widths, the choice of a width, refusals. */
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
#include "eval/parzen.h"

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

#define LOG_ROOT_TWO_PI 0.91893853320467274178
#define PI              3.14159265358979323846

enum { SAMPLES = 600, ROWS = 300, DIMS = 5 };

static float samples[SAMPLES * DIMS], rows[ROWS * DIMS], others[ROWS * DIMS];

static void fill(float *values, int64_t count, uint64_t seed, double scale) {
  gan__stream stream = gan__stream_make(seed, "test parzen", 0);
  for (int64_t i = 0; i < count; i++)
    values[i] = (float)(scale * gan__stream_normal(&stream));
}

static gan_parzen_data sets(void) {
  fill(samples, SAMPLES * DIMS, 1, 1);
  fill(rows, ROWS * DIMS, 2, 1);
  fill(others, ROWS * DIMS, 3, 1);
  return (gan_parzen_data){
      sizeof(gan_parzen_data), samples, SAMPLES, others, ROWS, rows, ROWS, DIMS};
}

static gan_parzen_report measure(const gan_parzen_data *data, double width, double *log_densities) {
  gan_parzen_report report = {.struct_size = sizeof report};
  assert_int_equal(gan_metric_parzen(context, data, width, log_densities, &report), GAN_OK);
  assert_int_equal(report.struct_size, sizeof report);
  assert_true(report.width == width && report.width_index == 0 && report.validation_mean == 0);
  return report;
}

static bool near(double value, double expected, double tolerance) {
  if (fabs(value - expected) <= tolerance * fmax(1, fabs(expected))) return true;
  print_error("%.17g is not near %.17g\n", value, expected);
  return false;
}

/* The formula, in long double. */
static double by_definition(const gan_parzen_data *data, int64_t row, double width) {
  long double nearest = INFINITY, sum = 0;
  for (int32_t pass = 0; pass < 2; pass++)
    for (int64_t i = 0; i < data->sample_count; i++) {
      long double square = 0;
      for (int64_t k = 0; k < data->dims; k++) {
        long double step = (long double)data->test[row * data->dims + k]
                           - (long double)data->samples[i * data->dims + k];
        square += step * step;
      }
      if (pass == 0 && square < nearest) nearest = square;
      if (pass == 1) sum += expl((nearest - square) / (2 * (long double)width * width));
    }
  return (double)(logl(sum) - logl((long double)data->sample_count)
                  - nearest / (2 * (long double)width * width)
                  - (long double)data->dims * (logl((long double)width) + LOG_ROOT_TWO_PI));
}

/* Squared distances are right to 1e-13 of themselves here, and divided by 2 s^2 they are the
 * greatest part of log p. */
static void log_densities_are_those_of_the_definition(void **state) {
  (void)state;
  static const double widths[] = {1e-30, 1e-6, 0.05, 0.2, 1, 7, 1e30};
  gan_parzen_data data = sets();
  double log_densities[ROWS];
  for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
    gan_parzen_report report = measure(&data, widths[w], log_densities);
    double mean = 0, squares = 0;
    for (int64_t row = 0; row < ROWS; row++) {
      assert_true(near(log_densities[row], by_definition(&data, row, widths[w]), 1e-11));
      mean += log_densities[row] / ROWS;
    }
    for (int64_t row = 0; row < ROWS; row++)
      squares += (log_densities[row] - mean) * (log_densities[row] - mean);
    assert_true(near(report.mean, mean, 1e-12));
    assert_true(near(report.standard_error, sqrt(squares / ROWS) / sqrt(ROWS), 1e-12));
  }
}

/* With samples of N(0, t^2) the mean of a window at x is N(x; 0, t^2 + s^2), and the mean of its
 * square N(x; 0, t^2 + s^2 / 2) / (2 s sqrt(pi)), in each dimension: that gives the deviation of an
 * average of 60,000; four and a half of them are allowed, and the seed is fixed. */
static void parzen_of_a_gaussian_is_a_wider_gaussian(void **state) {
  (void)state;
  enum { MANY = 60000, POINTS = 5 };
  float *drawn = malloc(2 * MANY * sizeof *drawn);
  fill(drawn, 2 * MANY, 11, 0.75);
  const float points[2 * POINTS] = {0, 0, 0.5f, -0.25f, 1, 0, -1.25f, 0.5f, 1.5f, -1};
  for (int64_t dims = 1; dims <= 2; dims++) {
    double log_densities[2 * POINTS], t2 = 0.75 * 0.75, s = 0.3, s2 = s * s;
    int64_t count = 2 * POINTS / dims;
    gan_parzen_data data = {sizeof data, drawn, 2 * MANY / dims, NULL, 0, points, count, dims};
    measure(&data, s, log_densities);
    for (int64_t i = 0; i < count; i++) {
      double square = 0, d = (double)dims;
      for (int64_t k = 0; k < dims; k++)
        square += (double)points[i * dims + k] * (double)points[i * dims + k];
      double mean = exp(-square / (2 * (t2 + s2)) - 0.5 * d * log(2 * PI * (t2 + s2)));
      double second = exp(-square / (2 * t2 + s2) - 0.5 * d * log(2 * PI * (t2 + s2 / 2))
                          - d * log(2 * s * sqrt(PI)));
      double deviation = sqrt((second - mean * mean) / (double)data.sample_count);
      assert_true(fabs(exp(log_densities[i]) - mean) < 4.5 * deviation);
      assert_true(deviation < 0.05 * mean); /* it is a test at all */
    }
  }
  free(drawn);
}

/* Doubling all samples changes nothing; a shift of all rows by numbers that floats can bear
 * neither; twice the data and twice the width lose dims log 2; their order does not matter. */
static void parzen_identities(void **state) {
  (void)state;
  gan_parzen_data data = sets();
  for (int64_t i = 0; i < SAMPLES * DIMS; i++)
    samples[i] = roundf(samples[i] * 1024) / 1024;
  for (int64_t i = 0; i < ROWS * DIMS; i++)
    rows[i] = roundf(rows[i] * 1024) / 1024;
  gan_parzen_report plain = measure(&data, 0.5, NULL);
  float *doubled = malloc(2 * sizeof samples);
  memcpy(doubled, samples, sizeof samples);
  for (int64_t i = 0; i < SAMPLES; i++) /* the second copy backwards */
    memcpy(doubled + (SAMPLES + i) * DIMS, samples + (SAMPLES - 1 - i) * DIMS,
           DIMS * sizeof *samples);
  data.samples = doubled;
  data.sample_count = 2 * SAMPLES;
  assert_true(near(measure(&data, 0.5, NULL).mean, plain.mean, 1e-13));
  data = sets();
  free(doubled);
  for (int64_t i = 0; i < SAMPLES * DIMS; i++)
    samples[i] = roundf(samples[i] * 1024) / 1024 + 512;
  for (int64_t i = 0; i < ROWS * DIMS; i++)
    rows[i] = roundf(rows[i] * 1024) / 1024 + 512;
  assert_true(near(measure(&data, 0.5, NULL).mean, plain.mean, 1e-9));
  for (int64_t i = 0; i < SAMPLES * DIMS; i++)
    samples[i] *= 2;
  for (int64_t i = 0; i < ROWS * DIMS; i++)
    rows[i] *= 2;
  assert_true(near(measure(&data, 1, NULL).mean, plain.mean - DIMS * log(2), 1e-9));
}

/* A sample among the test rows is at distance 0 exactly: with a narrow window its own is all. */
static void parzen_of_a_sample_itself(void **state) {
  (void)state;
  gan_parzen_data data = sets();
  double log_densities[ROWS];
  data.test = samples;
  for (double width = 1e-30; width < 1e-4; width *= 1e5) {
    gan_parzen_report report = measure(&data, width, log_densities);
    double expected = -log(SAMPLES) - DIMS * (log(width) + LOG_ROOT_TWO_PI);
    for (int64_t i = 0; i < ROWS; i++)
      assert_true(near(log_densities[i], expected, 1e-14));
    assert_true(near(report.mean, expected, 1e-14));
    assert_true(report.standard_error < 1e-12);
  }
}

static void parzen_of_the_largest_floats_is_finite(void **state) {
  (void)state;
  const float far[] = {FLT_MAX, FLT_MAX, -FLT_MAX, -FLT_MAX};
  gan_parzen_data data = {sizeof data, far, 1, NULL, 0, far, 2, 2};
  gan_parzen_report report = measure(&data, 1e-30, NULL);
  assert_true(isfinite(report.mean) && isfinite(report.standard_error));
  assert_true(report.mean < -1e130);
}

static void the_width_of_the_best_validation_is_chosen(void **state) {
  (void)state;
  gan_parzen_data data = sets(), validation = data;
  validation.test = others;
  double means[10], best = -INFINITY;
  int64_t index = -1;
  gan_parzen_report report = {.struct_size = sizeof report};
  assert_int_equal(gan_metric_parzen_choose(context, &data, NULL, 10, means, &report), GAN_OK);
  for (int32_t i = 0; i < 10; i++) {
    double width = pow(10, -1 + i / 9.0);
    assert_true(near(means[i], measure(&validation, width, NULL).mean, 1e-12));
    if (means[i] > best) {
      best = means[i];
      index = i;
    }
  }
  assert_true(index > 0 && index < 9); /* or it would show little */
  assert_int_equal(report.width_index, index);
  assert_true(near(report.width, pow(10, -1 + (double)index / 9), 1e-15));
  assert_true(report.validation_mean == best);
  gan_parzen_report plain = measure(&data, report.width, NULL);
  assert_true(report.mean == plain.mean && report.standard_error == plain.standard_error);
  plain = measure(&validation, report.width, NULL);
  assert_true(near(report.validation_standard_error, plain.standard_error, 1e-10));
  /* Of a grid of the caller's, unsorted and with equals, the first. */
  const double widths[] = {3, 0.5, 0.01, 0.5};
  assert_int_equal(gan_metric_parzen_choose(context, &data, widths, 4, NULL, &report), GAN_OK);
  assert_int_equal(report.width_index, 1);
  assert_true(report.width == 0.5);
}

static void parzen_has_the_same_bits_for_any_threads(void **state) {
  (void)state;
  gan_parzen_data data = sets();
  gan_parzen_report one = {.struct_size = sizeof one}, more = one;
  memset(&one, 0, sizeof one);
  memset(&more, 0, sizeof more);
  one.struct_size = more.struct_size = sizeof one;
  assert_int_equal(gan_context_set_threads(context, 1), GAN_OK);
  assert_int_equal(gan_metric_parzen_choose(context, &data, NULL, 10, NULL, &one), GAN_OK);
  assert_int_equal(gan_context_set_threads(context, 3), GAN_OK);
  assert_int_equal(gan_metric_parzen_choose(context, &data, NULL, 10, NULL, &more), GAN_OK);
  assert_memory_equal(&one, &more, sizeof one);
  assert_int_equal(gan_context_set_threads(context, 1), GAN_OK);
}

static void parzen_stops_when_cancelled(void **state) {
  (void)state;
  gan_parzen_data data = sets();
  gan_parzen_report report = {.struct_size = sizeof report, .mean = -5};
  double log_densities[ROWS] = {-5}, means[10] = {-5};
  assert_int_equal(gan_context_cancel(context), GAN_OK);
  assert_int_equal(gan_metric_parzen(context, &data, 1, log_densities, &report),
                   GAN_ERROR_CANCELLED);
  assert_int_equal(gan_context_cancel(context), GAN_OK);
  assert_int_equal(gan_metric_parzen_choose(context, &data, NULL, 10, means, &report),
                   GAN_ERROR_CANCELLED);
  assert_true(report.mean == -5 && log_densities[0] == -5 && means[0] == -5);
  measure(&data, 1, NULL);
}

static void parzen_refuses_bad_arguments(void **state) {
  (void)state;
  static const struct {
    int64_t sample_count, validation_count, test_count, dims, width_count;
    double width;
    int32_t status;
    const char *word;
  } cases[] = {
      {0, 9, 9, 2, 1, 1, GAN_ERROR_ARGUMENT, "samples: shape [0, 2]"},
      {9, 0, 9, 2, 1, 1, GAN_ERROR_ARGUMENT, "validation: shape [0, 2]"},
      {9, 9, -1, 2, 1, 1, GAN_ERROR_ARGUMENT, "test: shape [-1, 2]"},
      {9, 9, 9, 0, 1, 1, GAN_ERROR_ARGUMENT, "[9, 0]"},
      {INT64_MAX, 9, 9, 2, 1, 1, GAN_ERROR_LIMIT, "samples"},
      {9, 9, INT64_MAX / 4, 2, 1, 1, GAN_ERROR_LIMIT, "test"},
      {9, 9, 9, 2, 0, 1, GAN_ERROR_ARGUMENT, "width_count 0"},
      {9, 9, 9, 2, -1, 1, GAN_ERROR_ARGUMENT, "width_count -1"},
      {9, 9, 9, 2, 1, 0, GAN_ERROR_ARGUMENT, "width 0, must be 1e-30 to 1e30"},
      {9, 9, 9, 2, 1, -1, GAN_ERROR_ARGUMENT, "width -1"},
      {9, 9, 9, 2, 1, 9e-31, GAN_ERROR_ARGUMENT, "width 9e-31"},
      {9, 9, 9, 2, 1, 2e30, GAN_ERROR_ARGUMENT, "width 2e+30"},
      {9, 9, 9, 2, 1, NAN, GAN_ERROR_ARGUMENT, "width nan"},
      {9, 9, 9, 2, 1, INFINITY, GAN_ERROR_ARGUMENT, "width inf"},
  };
  sets();
  gan_parzen_report report = {.struct_size = sizeof report, .mean = -5};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    gan_parzen_data data = {sizeof data,
                            samples,
                            cases[i].sample_count,
                            others,
                            cases[i].validation_count,
                            rows,
                            cases[i].test_count,
                            cases[i].dims};
    assert_int_equal(gan_metric_parzen_choose(context, &data, &cases[i].width, cases[i].width_count,
                                              NULL, &report),
                     cases[i].status);
    assert_non_null(strstr(gan_context_message(context), cases[i].word));
    if (cases[i].validation_count < 1 || cases[i].width_count < 1) continue;
    assert_int_equal(gan_metric_parzen(context, &data, cases[i].width, NULL, &report),
                     cases[i].status);
    assert_non_null(strstr(gan_context_message(context), cases[i].word));
  }
  gan_parzen_data data = sets();
  assert_int_equal(gan_metric_parzen_choose(context, &data, NULL, 9, NULL, &report),
                   GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(context), "width_count 9, must be 10"));
  data.struct_size = sizeof data - 1;
  assert_int_equal(gan_metric_parzen(context, &data, 1, NULL, &report), GAN_ERROR_ARGUMENT);
  assert_true(report.mean == -5);
}

static void parzen_refuses_numbers_that_are_not_finite(void **state) {
  (void)state;
  static const struct {
    float *set;
    const char *word;
  } cases[] = {{samples, "samples: number 1 of row 2"},
               {others, "validation: number 1 of row 2"},
               {rows, "test: number 1 of row 2"}};
  const float bad[] = {NAN, INFINITY, -INFINITY};
  for (int32_t i = 0; i < 3; i++)
    for (int32_t j = 0; j < 3; j++) {
      gan_parzen_report report = {.struct_size = sizeof report, .mean = -5};
      gan_parzen_data data = sets();
      cases[i].set[2 * DIMS + 1] = bad[j];
      assert_int_equal(gan_metric_parzen_choose(context, &data, NULL, 10, NULL, &report),
                       GAN_ERROR_ARGUMENT);
      assert_non_null(strstr(gan_context_message(context), cases[i].word));
      assert_int_equal(gan_metric_parzen(context, &data, 1, NULL, &report),
                       i == 1 ? GAN_OK : GAN_ERROR_ARGUMENT);
      assert_true((report.mean == -5) == (i != 1));
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(log_densities_are_those_of_the_definition, setup, teardown),
      cmocka_unit_test_setup_teardown(parzen_of_a_gaussian_is_a_wider_gaussian, setup, teardown),
      cmocka_unit_test_setup_teardown(parzen_identities, setup, teardown),
      cmocka_unit_test_setup_teardown(parzen_of_a_sample_itself, setup, teardown),
      cmocka_unit_test_setup_teardown(parzen_of_the_largest_floats_is_finite, setup, teardown),
      cmocka_unit_test_setup_teardown(the_width_of_the_best_validation_is_chosen, setup, teardown),
      cmocka_unit_test_setup_teardown(parzen_has_the_same_bits_for_any_threads, setup, teardown),
      cmocka_unit_test_setup_teardown(parzen_stops_when_cancelled, setup, teardown),
      cmocka_unit_test_setup_teardown(parzen_refuses_bad_arguments, setup, teardown),
      cmocka_unit_test_setup_teardown(parzen_refuses_numbers_that_are_not_finite, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
