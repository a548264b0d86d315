/* SPDX-License-Identifier: MIT */
/* True divergences of densities on the line: closed forms, published values, identities; the logits
 * of the best discriminator. */
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

#define LOG_2           0.69314718055994530942
#define LOG_ROOT_TWO_PI 0.91893853320467274178

static gan_density gaussian(const double *mean, const double *deviation) {
  return (gan_density){sizeof(gan_density), 1, NULL, mean, deviation};
}

static gan_divergence_report measure(const gan_density *p, const gan_density *q) {
  gan_divergence_report report = {.struct_size = sizeof report};
  assert_int_equal(gan_metric_divergence(context, p, q, &report), GAN_OK);
  assert_int_equal(report.struct_size, sizeof report);
  assert_true(report.value == 2 * report.js - 2 * LOG_2);
  return report;
}

static bool near(double value, double expected) {
  if (fabs(value - expected) <= 1e-10 * fmax(1, fabs(expected))) return true;
  print_error("%.17g is not near %.17g\n", value, expected);
  return false;
}

/* Jensen-Shannon divergences to 12 digits by another quadrature, with 30 digits of precision. */
static void divergence_of_shifted_gaussians(void **state) {
  (void)state;
  static const double rows[][2] = {
      {1, 0.111421482184736}, {2, 0.336830820346832}, {4, 0.632720193736867}};
  for (int32_t i = 0; i < 3; i++) {
    const double zero = 0, mean = rows[i][0], one = 1;
    gan_density p = gaussian(&zero, &one), q = gaussian(&mean, &one);
    gan_divergence_report report = measure(&p, &q);
    assert_true(fabs(report.js - rows[i][1]) < 1e-12);
    assert_true(near(report.kl, mean * mean / 2) && near(report.reverse_kl, mean * mean / 2));
    /* Phi(d / 2): the best discriminator cuts half-way. */
    assert_true(near(report.accuracy, 0.5 + 0.5 * erf(mean / 2 / sqrt(2))));
  }
}

/* KL(N(m, s^2) || N(n, t^2)) = log(t / s) + (s^2 + (m - n)^2) / (2 t^2) - 1 / 2. */
static void divergence_of_gaussians_in_closed_form(void **state) {
  (void)state;
  static const double rows[][4] = {{0, 1, 0, 2},   {0, 1, 0, 1e-3},  {3, 0.5, -2, 4},
                                   {0, 1, 30, 1},  {0, 1e-20, 0, 1}, {1e3, 0.02, 1e3, 0.03},
                                   {0, 1e6, 1, 1}, {-5, 1, 5, 1},    {0, 1e25, 0, 2e25}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    double m = rows[i][0], s = rows[i][1], n = rows[i][2], t = rows[i][3];
    gan_density p = gaussian(&m, &s), q = gaussian(&n, &t);
    gan_divergence_report report = measure(&p, &q), back = measure(&q, &p);
    assert_true(near(report.kl, log(t / s) + (s * s + (m - n) * (m - n)) / (2 * t * t) - 0.5));
    assert_true(
        near(report.reverse_kl, log(s / t) + (t * t + (m - n) * (m - n)) / (2 * s * s) - 0.5));
    assert_true(near(back.kl, report.reverse_kl) && near(back.reverse_kl, report.kl));
    assert_true(near(back.js, report.js) && near(back.accuracy, report.accuracy));
    assert_true(report.js >= 0 && report.js <= LOG_2);
    assert_true(report.accuracy >= 0.5 && report.accuracy <= 1);
    gan_divergence_report same = measure(&p, &p);
    assert_true(near(same.js, 0) && near(same.kl, 0) && near(same.accuracy, 0.5));
    assert_true(same.js >= 0 && same.kl >= 0);
  }
}

/* N(0, 1) and N(0, 4) cross at x^2 = 8 log(2) / 3, which is no special point of the quadrature. */
static void accuracy_where_densities_cross(void **state) {
  (void)state;
  const double zero = 0, one = 1, two = 2, root = sqrt(8 * LOG_2 / 3);
  gan_density p = gaussian(&zero, &one), q = gaussian(&zero, &two);
  double variation = erf(root / sqrt(2)) - erf(root / 2 / sqrt(2));
  assert_true(near(measure(&p, &q).accuracy, 0.5 + 0.5 * variation));
  assert_true(near(measure(&q, &p).accuracy, 0.5 + 0.5 * variation));
}

/* Far apart, a mixture of weights a and b against its first part is a sum of numbers. */
static void divergence_of_separate_parts(void **state) {
  (void)state;
  const double means[] = {0, 1000}, deviations[] = {1, 0.5}, weights[] = {3, 1}, even[] = {7, 7};
  gan_density p = {sizeof p, 2, weights, means, deviations}, q = gaussian(means, deviations);
  gan_divergence_report report = measure(&p, &q);
  double js = 0.5 * (0.75 * log(2 * 0.75 / 1.75) + 0.25 * LOG_2) + 0.5 * log(2 / 1.75);
  assert_true(near(report.js, js));
  assert_true(near(report.reverse_kl, -log(0.75)));
  assert_true(near(report.accuracy, 0.5 + 0.5 * 0.25));
  gan_density other = gaussian(means + 1, deviations + 1);
  report = measure(&other, &q);
  assert_true(near(report.js, LOG_2) && near(report.value, 0) && near(report.accuracy, 1));
  /* Weights count by their ratios; none are equal ones. */
  gan_density equal = {sizeof equal, 2, even, means, deviations};
  gan_density none = {sizeof none, 2, NULL, means, deviations};
  assert_true(near(measure(&equal, &none).js, 0));
  assert_true(near(measure(&p, &none).js, measure(&p, &equal).js));
}

/* A mixture whose parts are all alike is one Gaussian. */
static void divergence_of_a_mixture_of_equals(void **state) {
  (void)state;
  const double means[] = {1, 1, 1}, deviations[] = {2, 2, 2}, weights[] = {0.1, 5, 2};
  const double zero = 0, one = 1;
  gan_density p = {sizeof p, 3, weights, means, deviations}, q = gaussian(&zero, &one);
  assert_true(near(measure(&p, &q).kl, log(0.5) + (4.0 + 1) / 2 - 0.5));
}

static double mixture(const gan_density *density, double x) {
  double sum = 0, weights = 0;
  for (int64_t k = 0; k < density->parts; k++) {
    double step = (x - density->means[k]) / density->deviations[k];
    weights += density->weights[k];
    sum += density->weights[k] * exp(-0.5 * step * step - LOG_ROOT_TWO_PI) / density->deviations[k];
  }
  return sum / weights;
}

/* The trapezoidal rule converges faster than any power of its step for integrands that are smooth
 * and vanish at both ends; 400 points to a deviation are many more than are needed. */
static void divergence_of_overlapping_mixtures(void **state) {
  (void)state;
  const double means[] = {-2, 0, 1.5}, deviations[] = {0.5, 1, 0.25}, weights[] = {1, 2, 0.5};
  const double others[] = {-1, 2}, wide[] = {1.25, 0.75}, shares[] = {0.5, 1};
  gan_density p = {sizeof p, 3, weights, means, deviations};
  gan_density q = {sizeof q, 2, shares, others, wide};
  double js = 0, kl = 0, reverse = 0, step = 1.0 / 1600;
  for (int32_t i = -16 * 1600; i <= 16 * 1600; i++) {
    double a = mixture(&p, i * step), b = mixture(&q, i * step);
    if (a > 0) js += 0.5 * step * a * log(2 * a / (a + b));
    if (b > 0) js += 0.5 * step * b * log(2 * b / (a + b));
    if (a > 0 && b > 0) kl += step * a * log(a / b);
    if (a > 0 && b > 0) reverse += step * b * log(b / a);
  }
  gan_divergence_report report = measure(&p, &q);
  assert_true(near(report.js, js));
  assert_true(near(report.kl, kl));
  assert_true(near(report.reverse_kl, reverse));
}

/* N(0, 1) against N(d, 1): a* = d^2 / 2 - d x, to the last places. */
static void best_logits_of_gaussians(void **state) {
  (void)state;
  const double zero = 0, mean = 1, one = 1, two = 2;
  double points[] = {0, 0.5, -3, 7, 1e6}, logits[5];
  gan_density p = gaussian(&zero, &one), q = gaussian(&mean, &one), wide = gaussian(&zero, &two);
  assert_int_equal(gan_metric_best_logits(context, &p, &q, points, 5, logits), GAN_OK);
  for (int32_t i = 0; i < 4; i++)
    assert_true(fabs(logits[i] - (0.5 - points[i])) < 1e-13);
  assert_true(fabs(logits[4] - (0.5 - 1e6)) < 1e-3); /* of squares of 1e12 */
  assert_int_equal(gan_metric_best_logits(context, &p, &wide, points, 5, points), GAN_OK);
  assert_true(fabs(points[0] - LOG_2) < 1e-15);
  assert_true(fabs(points[1] - (LOG_2 - 0.375 * 0.25)) < 1e-15);
  assert_int_equal(gan_metric_best_logits(context, &p, &q, points, 0, logits), GAN_OK);
}

static void divergence_refuses_bad_arguments(void **state) {
  (void)state;
  static const double good = 1;
  static const struct {
    int64_t parts;
    double weight, mean, deviation;
    const char *word;
  } rows[] = {
      {0, 1, 0, 1, "parts 0, must be 1 to 256"},
      {-1, 1, 0, 1, "parts -1"},
      {257, 1, 0, 1, "parts 257"},
      {1, 0, 0, 1, "weight 0 of part 0"},
      {1, -1, 0, 1, "weight -1"},
      {1, NAN, 0, 1, "weight nan"},
      {1, INFINITY, 0, 1, "weight inf"},
      {1, 1, NAN, 1, "mean nan of part 0"},
      {1, 1, -2e30, 1, "mean -2e+30"},
      {1, 1, 0, 0, "deviation 0 of part 0"},
      {1, 1, 0, -1, "deviation -1"},
      {1, 1, 0, NAN, "deviation nan"},
      {1, 1, 0, 2e30, "deviation 2e+30"},
  };
  gan_divergence_report report = {.struct_size = sizeof report, .js = -5};
  gan_density fine = gaussian(&good, &good);
  double number = -5;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gan_density bad = {sizeof bad, rows[i].parts, &rows[i].weight, &rows[i].mean,
                       &rows[i].deviation};
    assert_int_equal(gan_metric_divergence(context, &bad, &fine, &report), GAN_ERROR_ARGUMENT);
    assert_non_null(strstr(gan_context_message(context), rows[i].word));
    assert_non_null(strstr(gan_context_message(context), "p: "));
    assert_int_equal(gan_metric_divergence(context, &fine, &bad, &report), GAN_ERROR_ARGUMENT);
    assert_non_null(strstr(gan_context_message(context), "q: "));
    assert_int_equal(gan_metric_best_logits(context, &bad, &fine, &good, 1, &number),
                     GAN_ERROR_ARGUMENT);
    assert_non_null(strstr(gan_context_message(context), rows[i].word));
  }
  const double far = 1e20, infinite = INFINITY;
  gan_density lost = gaussian(&far, &good); /* 1e20 + 1 is 1e20 */
  assert_int_equal(gan_metric_divergence(context, &lost, &fine, &report), GAN_ERROR_LIMIT);
  assert_int_equal(gan_metric_best_logits(context, &fine, &fine, &infinite, 1, &number),
                   GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(context), "points: number 0"));
  assert_int_equal(gan_metric_best_logits(context, &fine, &fine, &good, -1, &number),
                   GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_context_cancel(context), GAN_OK);
  assert_int_equal(gan_metric_divergence(context, &fine, &fine, &report), GAN_ERROR_CANCELLED);
  assert_true(report.js == -5 && number == -5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(divergence_of_shifted_gaussians, setup, teardown),
      cmocka_unit_test_setup_teardown(divergence_of_gaussians_in_closed_form, setup, teardown),
      cmocka_unit_test_setup_teardown(accuracy_where_densities_cross, setup, teardown),
      cmocka_unit_test_setup_teardown(divergence_of_separate_parts, setup, teardown),
      cmocka_unit_test_setup_teardown(divergence_of_a_mixture_of_equals, setup, teardown),
      cmocka_unit_test_setup_teardown(divergence_of_overlapping_mixtures, setup, teardown),
      cmocka_unit_test_setup_teardown(best_logits_of_gaussians, setup, teardown),
      cmocka_unit_test_setup_teardown(divergence_refuses_bad_arguments, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
