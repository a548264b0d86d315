/* SPDX-License-Identifier: MIT */
/* libgan/nn/parameter.c: parameters by name, conversion, refusals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/network.h>

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

static gan_network *parse(const char *text) {
  gan_network *network = NULL;
  if (gan_network_parse(context, text, &network) != GAN_OK)
    fail_msg("%s", gan_context_message(context));
  return network;
}

#define assert_message(part)                                                                       \
  do {                                                                                             \
    if (!strstr(gan_context_message(context), part))                                               \
      fail_msg("\"%s\" is not in \"%s\"", part, gan_context_message(context));                     \
  } while (0)

static void parameters_are_read_and_written(void **state) {
  (void)state;
  for (int32_t dtype = GAN_F32; dtype <= GAN_F64; dtype++) {
    gan_network *network = parse(dtype == GAN_F32 ? "input 2; dense 3" : "f64; input 2; dense 3");
    static const double wide[6] = {0.1, -2, 3e-5, 4, 1.0 / 3, 6};
    float narrow[7] = {0.1f, 1, 2, 3, 4, 5, 99}, back[7] = {0};
    double wide_back[7] = {0};
    uint64_t version = network->version;
    assert_int_equal(gan_network_set_parameter_f64(network, "dense_1/weight", wide, 6), GAN_OK);
    assert_int_equal(network->version, version + 1);
    assert_int_equal(gan_network_get_parameter_f64(network, "dense_1/weight", wide_back, 6),
                     GAN_OK);
    assert_int_equal(gan_network_get_parameter(network, "dense_1/weight", back, 6), GAN_OK);
    for (int i = 0; i < 6; i++) {
      assert_true(wide_back[i] == (dtype == GAN_F64 ? wide[i] : (double)(float)wide[i]));
      assert_true(back[i] == (float)wide[i]);
    }
    assert_true(wide_back[6] == 0 && back[6] == 0); /* nothing beyond count */
    assert_int_equal(gan_network_set_parameter(network, "dense_1/weight", narrow, 6), GAN_OK);
    assert_int_equal(gan_network_get_parameter_f64(network, "dense_1/weight", wide_back, 6),
                     GAN_OK);
    for (int i = 0; i < 6; i++)
      assert_true(wide_back[i] == (double)narrow[i]);
    gan_network_destroy(network);
  }
}

static void bad_parameters_change_nothing(void **state) {
  (void)state;
  gan_network *network = parse("input 2; dense 3 name=hidden; dense 1");
  float values[6] = {1, 2, 3, 4, 5, 6}, out[6] = {7, 7, 7, 7, 7, 7};
  double wide[6] = {1, 2, 3, 4, 5, 1e39};
  assert_int_equal(gan_network_set_parameter(network, "hidden/weight", values, 6), GAN_OK);
  uint64_t version = network->version;

  assert_int_equal(gan_network_get_parameter(network, "hiden/wait", out, 6), GAN_ERROR_NAME);
  assert_string_equal(gan_context_message(context),
                      "no parameter is named \"hiden/wait\"; the nearest is \"hidden/weight\", one "
                      "of 4");
  assert_int_equal(gan_network_get_parameter(network, "\x01\xc3\xa4", out, 6), GAN_ERROR_NAME);
  assert_message("named \"???\"");
  char *endless = malloc(100001);
  memset(endless, 'x', 100000);
  endless[100000] = 0;
  assert_int_equal(gan_network_get_parameter(network, endless, out, 6), GAN_ERROR_NAME);
  free(endless);
  static const int64_t counts[] = {5, 7, 0, -1, INT64_MAX, INT64_MIN};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    assert_int_equal(gan_network_get_parameter(network, "hidden/weight", out, counts[i]),
                     GAN_ERROR_SHAPE);
    assert_message("parameter hidden/weight has shape [2, 3], 6 elements; count is ");
    assert_int_equal(gan_network_set_parameter(network, "hidden/weight", out, counts[i]),
                     GAN_ERROR_SHAPE);
  }
  out[5] = NAN;
  assert_int_equal(gan_network_set_parameter(network, "hidden/weight", out, 6),
                   GAN_ERROR_NOT_FINITE);
  assert_string_equal(gan_context_message(context),
                      "parameter hidden/weight: value 5 is nan, which is not a finite f32");
  out[5] = -INFINITY;
  assert_int_equal(gan_network_set_parameter(network, "hidden/weight", out, 6),
                   GAN_ERROR_NOT_FINITE);
  assert_int_equal(gan_network_set_parameter_f64(network, "hidden/weight", wide, 6),
                   GAN_ERROR_NOT_FINITE);
  assert_message("value 5 is 1e+39, which is not a finite f32");

  assert_int_equal(gan_network_get_parameter(network, "hidden/weight", out, 6), GAN_OK);
  assert_memory_equal(out, values, sizeof values);
  assert_int_equal(network->version, version);
  gan_network_destroy(network);

  network = parse("f64; input 2; dense 3; dense 1");
  assert_int_equal(gan_network_set_parameter_f64(network, "dense_1/weight", wide, 6), GAN_OK);
  assert_int_equal(gan_network_get_parameter(network, "dense_1/weight", out, 6), GAN_OK);
  assert_true(isinf(out[5]));
  gan_network_destroy(network);
  network = parse("input 2; relu");
  assert_int_equal(gan_network_get_parameter(network, "a", out, 1), GAN_ERROR_NAME);
  assert_message("the network has none");
  gan_network_destroy(network);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(parameters_are_read_and_written, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bad_parameters_change_nothing, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
