/* SPDX-License-Identifier: MIT */
/* Estimates from logits: by hand, of the best discriminator, of extreme logits, refusals. */
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

#define LOG_4 1.38629436111989061883

static gan_logit_report measure(const float *real, int64_t real_count, const float *generated,
                                int64_t generated_count) {
  gan_logit_report report = {.struct_size = sizeof report};
  assert_int_equal(
      gan_metric_logits(context, real, real_count, generated, generated_count, &report), GAN_OK);
  assert_int_equal(report.struct_size, sizeof report);
  return report;
}

static void logits_by_hand(void **state) {
  (void)state;
  const float nothing[] = {0, 0, 0}, real[] = {(float)1, -2, 0}, generated[] = {3, -1};
  gan_logit_report report = measure(nothing, 3, nothing, 2);
  assert_true(fabs(report.value + LOG_4) < 1e-15 && fabs(report.js) < 1e-15);
  assert_true(report.kl == 0 && report.reverse_kl == 0);
  assert_true(report.real_accuracy == 0.5 && report.generated_accuracy == 0.5);
  report = measure(real, 3, generated, 2);
  double p = (log(1 / (1 + exp(-1))) + log(1 / (1 + exp(2))) + log(0.5)) / 3;
  double q = (log(1 / (1 + exp(3))) + log(1 / (1 + exp(-1)))) / 2;
  assert_true(fabs(report.value - (p + q)) < 1e-14);
  assert_true(fabs(report.js - (p + q + LOG_4) / 2) < 1e-14);
  assert_true(fabs(report.kl + 1.0 / 3) < 1e-15 && report.reverse_kl == -1);
  assert_true(report.real_accuracy == 0.5 && report.generated_accuracy == 0.5);
}

static void logits_of_a_perfect_discriminator(void **state) {
  (void)state;
  const float high[] = {FLT_MAX, 800}, low[] = {-FLT_MAX, -800};
  gan_logit_report report = measure(high, 2, low, 2);
  assert_true(report.value == 0 && fabs(report.js - LOG_4 / 2) < 1e-15);
  assert_true(report.real_accuracy == 1 && report.generated_accuracy == 1);
  report = measure(low, 2, high, 2); /* always wrong */
  assert_true(isfinite(report.value) && report.value < -1e38);
  assert_true(report.real_accuracy == 0 && report.generated_accuracy == 0);
}

/* The best discriminator of N(0, 1) and N(d, 1), on 200,000 draws of each, against quadrature: a
 * summand of V deviates by at most 0.6 here, one of the divergences by d; five deviations of the
 * means, from a fixed seed. */
static void logits_of_the_best_discriminator(void **state) {
  (void)state;
  enum { MANY = 200000 };
  float *real = malloc(MANY * sizeof *real), *generated = malloc(MANY * sizeof *generated);
  for (int32_t distance = 1; distance <= 4; distance *= 2) {
    double mean = 0, moved = distance, one = 1;
    gan_density p = {sizeof p, 1, NULL, &mean, &one}, q = {sizeof q, 1, NULL, &moved, &one};
    gan_divergence_report truth = {.struct_size = sizeof truth};
    assert_int_equal(gan_metric_divergence(context, &p, &q, &truth), GAN_OK);
    gan__stream stream = gan__stream_make(5, "test logits", 0);
    for (int64_t i = 0; i < MANY; i++) {
      double x[2] = {gan__stream_normal(&stream), moved + gan__stream_normal(&stream)};
      assert_int_equal(gan_metric_best_logits(context, &p, &q, x, 2, x), GAN_OK);
      real[i] = (float)x[0];
      generated[i] = (float)x[1];
    }
    gan_logit_report report = measure(real, MANY, generated, MANY);
    double root = sqrt(MANY);
    assert_true(fabs(report.value - truth.value) < 5 * 0.85 / root);
    assert_true(fabs(report.js - truth.js) < 5 * 0.43 / root);
    assert_true(fabs(report.kl - truth.kl) < 5 * distance / root);
    assert_true(fabs(report.reverse_kl - truth.reverse_kl) < 5 * distance / root);
    assert_true(fabs(report.real_accuracy - truth.accuracy) < 5 * 0.5 / root);
    assert_true(fabs(report.generated_accuracy - truth.accuracy) < 5 * 0.5 / root);
  }
  free(real);
  free(generated);
}

static void logits_refuse_bad_arguments(void **state) {
  (void)state;
  const float good[] = {1, 2}, bad[] = {1, NAN}, infinite[] = {INFINITY, 1};
  gan_logit_report report = {.struct_size = sizeof report, .value = -5};
  static const char *const words[] = {"real is NULL",
                                      "generated is NULL",
                                      "real: number 0 of row 1",
                                      "generated: number 0 of row 0",
                                      "real: shape [0, 1]",
                                      "generated: shape [-1, 1]"};
  const struct {
    const float *real, *generated;
    int64_t real_count, generated_count;
  } cases[] = {{NULL, good, 2, 2},     {good, NULL, 2, 2}, {bad, good, 2, 2},
               {good, infinite, 2, 2}, {good, good, 0, 2}, {good, good, 2, -1}};
  for (int32_t i = 0; i < 6; i++) {
    assert_int_equal(gan_metric_logits(context, cases[i].real, cases[i].real_count,
                                       cases[i].generated, cases[i].generated_count, &report),
                     GAN_ERROR_ARGUMENT);
    assert_non_null(strstr(gan_context_message(context), words[i]));
  }
  assert_true(report.value == -5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(logits_by_hand, setup, teardown),
      cmocka_unit_test_setup_teardown(logits_of_a_perfect_discriminator, setup, teardown),
      cmocka_unit_test_setup_teardown(logits_of_the_best_discriminator, setup, teardown),
      cmocka_unit_test_setup_teardown(logits_refuse_bad_arguments, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
