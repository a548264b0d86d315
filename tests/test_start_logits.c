/* SPDX-License-Identifier: MIT */
/* libgan/nn/start_logits.c: biases that are logits of means; refusals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/data.h>
#include <gan/model.h>
#include <gan/parameter.h>

#include "failing.h"
#include "nn/network.h"

static failing counter;
static gan_context *context;

static int set_up(void **state) {
  (void)state;
  context = failing_context(&counter);
  return context == NULL;
}

static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return counter.live != 0;
}

#define assert_message(part)                                                                       \
  do {                                                                                             \
    if (!strstr(gan_context_message(context), part))                                               \
      fail_msg("\"%s\" is not in \"%s\"", part, gan_context_message(context));                     \
  } while (0)

#define assert_ok(call)                                                                            \
  do {                                                                                             \
    if ((call) != GAN_OK) fail_msg("%s: %s", #call, gan_context_message(context));                 \
  } while (0)

static gan_network *parse(const char *text) {
  gan_network *made = NULL;
  assert_ok(gan_network_parse(context, text, &made));
  return made;
}

static const float means[5] = {0, 0.25F, 0.5F, 0.9F, 1};

/* log(m / (1 - m)) by another formula: 2 artanh(2 m - 1). Near the ends it loses 1 / m = 1e7 times
 * the rounding. */
static double logit(float mean) {
  double m = mean < 1e-7F ? 1e-7 : mean;
  if (m > 1 - 1e-7) m = 1 - 1e-7;
  return 2 * atanh(2 * m - 1);
}

static void biases_become_logits(void **state) {
  (void)state;
  static const char *const texts[] = {
      "f64; latent 3; dense 4 relu; dense 5 sigmoid", "f64; latent 3; dense 4 relu; dense 5",
      "latent 3; dense 4 relu; dense 5 sigmoid", "f64; latent 3; dense 9; dense 5; dense 2"};
  for (int32_t i = 0; i < 4; i++) {
    gan_network *network = parse(texts[i]), *before;
    assert_ok(gan_network_clone(network, &before));
    assert_ok(gan_network_start_logits(network, i == 3 ? "dense_2" : NULL, means, 5));
    double bias[5];
    assert_ok(gan_network_get_parameter_f64(network, "dense_2/bias", bias, 5));
    double rounding = i == 2 ? 1e-6 : 1e-8; /* of f32 values up to 16, of logit() above */
    for (int32_t k = 0; k < 5; k++) {
      assert_true(fabs(bias[k] - logit(means[k])) <= rounding);
      if (k > 0 && k < 4 && i != 2) /* the promise itself */
        assert_true(fabs(1 / (1 + exp(-bias[k])) - (double)means[k]) <= 4e-16);
    }
    assert_true(fabs(bias[0] + 16.118095550958319) <= rounding); /* log(1e-7 / (1 - 1e-7)) */
    for (int32_t k = 0; k < network->parameter_count; k++)
      if (strcmp(network->parameters[k].name, "dense_2/bias") != 0)
        assert_memory_equal(network->pointers[k], before->pointers[k],
                            (uint64_t)gan_network_parameter_elements(network, k)
                                * (uint64_t)gan__dtype_size(network->dtype));
    assert_int_equal(network->version, before->version + 1);
    gan_network_destroy(before);
    gan_network_destroy(network);
  }
}

/* The set-up of 2014 in two calls, here for a generator whose weights are 0: it gives the mean. */
static void generators_begin_at_the_mean_of_the_data(void **state) {
  (void)state;
  float data[50 * 5], mean[5], sample[5];
  for (int32_t i = 0; i < 50 * 5; i++)
    data[i] = (float)((i * 37 % 101) / 100.0);
  gan_dataset *dataset;
  assert_ok(gan_dataset_create_array(context, data, 50, 5, 0, &dataset));
  assert_ok(gan_dataset_mean(dataset, mean, 5));
  gan_dataset_destroy(dataset);
  gan_generator *generator;
  assert_ok(gan_generator_parse(
      context, "f64; latent 3; dense 4 relu; init constant 0; dense 5 sigmoid", &generator));
  assert_ok(gan_network_start_logits(gan_generator_network(generator), NULL, mean, 5));
  assert_ok(gan_generator_sample(generator, 1, 1, sample));
  for (int32_t k = 0; k < 5; k++) {
    double sum = 0;
    for (int32_t i = 0; i < 50; i++)
      sum += (double)data[i * 5 + k];
    assert_true(fabs((double)mean[k] - sum / 50) <= 6e-8); /* rounded to f32 */
    assert_true(fabs((double)(sample[k] - mean[k])) <= 1.2e-7);
  }
  gan_generator_destroy(generator);
}

static void bad_means_change_nothing(void **state) {
  (void)state;
  gan_network *network = parse("latent 3; dense 4 relu; dense 5 sigmoid"), *before;
  assert_ok(gan_network_clone(network, &before));
  float above[5] = {0, 0.5F, 1.5F, 0, 0}, below[5] = {0, 0, 0, 0, -0.1F};
  float nan[5] = {0, (float)NAN, 0, 0, 0};
  const struct {
    const char *layer;
    const float *means;
    int64_t count;
    gan_status status;
    const char *message;
  } calls[] = {
      {NULL, NULL, 5, GAN_ERROR_ARGUMENT, "means is NULL"},
      {NULL, means, 4, GAN_ERROR_SHAPE, "4 means for parameter dense_2/bias"},
      {"dense_1", means, 5, GAN_ERROR_SHAPE, "dense_1/bias, which has 4"},
      {NULL, means, -1, GAN_ERROR_SHAPE, "-1 means"},
      {NULL, above, 5, GAN_ERROR_ARGUMENT, "means[2] is 1.5"},
      {NULL, below, 5, GAN_ERROR_ARGUMENT, "means[4] is -0.1"},
      {NULL, nan, 5, GAN_ERROR_ARGUMENT, "means[1] is nan"},
      {"dense_3", means, 5, GAN_ERROR_NAME, "nearest is \"dense_"},
      {"relu_1", means, 5, GAN_ERROR_ARGUMENT, "layer relu_1 is relu"},
      {"latent", means, 3, GAN_ERROR_ARGUMENT, "layer latent is latent"},
  };
  for (uint64_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    assert_int_equal(
        gan_network_start_logits(network, calls[i].layer, calls[i].means, calls[i].count),
        calls[i].status);
    assert_message(calls[i].message);
  }
  assert_int_equal(gan_network_start_logits(NULL, NULL, means, 5), GAN_ERROR_ARGUMENT);
  assert_memory_equal(network->storage, before->storage, (uint64_t)network->parameter_bytes);
  assert_int_equal(network->version, before->version);
  gan_network_destroy(before);
  gan_network_destroy(network);

  network = parse("latent 3; dense 5; scale 2; sigmoid");
  assert_int_equal(gan_network_start_logits(network, NULL, means, 5), GAN_ERROR_ARGUMENT);
  assert_message("scale_1");
  assert_ok(gan_network_start_logits(network, "dense_1", means, 5));
  gan_network_destroy(network);
  network = parse("latent 3; dense 5 tanh");
  assert_int_equal(gan_network_start_logits(network, NULL, means, 5), GAN_ERROR_ARGUMENT);
  assert_message("tanh_1");
  gan_network_destroy(network);
  assert_ok(gan_network_create(context, GAN_F32, &network));
  assert_int_equal(gan_network_start_logits(network, NULL, means, 5), GAN_ERROR_STATE);
  gan_network_destroy(network);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(biases_become_logits, set_up, tear_down),
      cmocka_unit_test_setup_teardown(generators_begin_at_the_mean_of_the_data, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bad_means_change_nothing, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
