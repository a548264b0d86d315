/* SPDX-License-Identifier: MIT */
/* libgan/nn/freeze.c: names, roles, what changes and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/parameter.h>

#include "failing.h"
#include "nn/network.h"

static failing counter;
static gan_context *context;
static gan_network *network; /* parameters: dense_1/weight, /bias, last/weight, /bias */

static int set_up(void **state) {
  (void)state;
  context = failing_context(&counter);
  return !context
         || gan_network_parse(context, "input 3; dense 2 tanh; dense 1 name=last", &network)
                != GAN_OK;
}

static int tear_down(void **state) {
  (void)state;
  gan_network_destroy(network);
  gan_context_destroy(context);
  return counter.live != 0;
}

#define assert_message(part)                                                                       \
  do {                                                                                             \
    if (!strstr(gan_context_message(context), part))                                               \
      fail_msg("\"%s\" is not in \"%s\"", part, gan_context_message(context));                     \
  } while (0)

/* Which parameters are frozen, one digit each. */
static int32_t flags(const gan_network *of) {
  int32_t digits = 0;
  for (int32_t i = 0; i < gan_network_parameter_count(of); i++)
    digits = digits * 10 + gan_network_parameter_is_frozen(of, i);
  return digits;
}

/* Calls one after the other, the flags that follow, and whether plans must be made anew. */
static void names_mean_parameters_layers_or_all(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int32_t frozen, flags, changed;
  } calls[] = {
      {"dense_1/bias", 1, 100, 1},
      {"dense_1/bias", 1, 100, 0},
      {"dense_1", 1, 1100, 1},
      {"last", 1, 1111, 1},
      {NULL, 1, 1111, 0},
      {"last/weight", 0, 1101, 1},
      {"last/weight", 0, 1101, 0},
      {NULL, 0, 0, 1},
      {NULL, 0, 0, 0},
      {"dense_1/weight", 1, 1000, 1},
      {"last", 0, 1000, 0},
      {NULL, 1, 1111, 1},
  };
  assert_int_equal(flags(network), 0);
  for (uint64_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    uint64_t before = network->plan_version, version = network->version;
    assert_int_equal(gan_network_set_frozen(network, calls[i].name, calls[i].frozen), GAN_OK);
    assert_int_equal(flags(network), calls[i].flags);
    assert_int_equal(network->plan_version - before, calls[i].changed);
    assert_int_equal(network->version, version); /* no value was written */
  }
  for (int32_t i = 0; i < 4; i++)
    assert_false(gan__parameter_trained(&network->parameters[i]));
}

static void copies_keep_the_flags(void **state) {
  (void)state;
  gan_network *copy;
  assert_int_equal(gan_network_set_frozen(network, "last/bias", 1), GAN_OK);
  assert_int_equal(gan_network_clone(network, &copy), GAN_OK);
  assert_int_equal(gan_network_set_frozen(network, NULL, 0), GAN_OK);
  assert_int_equal(flags(copy), 1);
  assert_int_equal(flags(network), 0);
  gan_network_destroy(copy);
}

/* The three roles, on a network whose parameters are given them by hand. */
static void roles_decide(void **state) {
  (void)state;
  network->parameters[1].role = GAN__STATISTIC;
  network->parameters[3].role = GAN__FIXED;
  static const int32_t roles[4] = {GAN_ROLE_TRAINED, GAN_ROLE_STATISTIC, GAN_ROLE_TRAINED,
                                   GAN_ROLE_FIXED};
  for (int32_t i = 0; i < 4; i++)
    assert_int_equal(gan_network_parameter_role(network, i), roles[i]);
  assert_int_equal(gan_network_set_frozen(network, NULL, 1), GAN_OK);
  assert_int_equal(flags(network), 1110);
  assert_int_equal(gan_network_set_frozen(network, "last/bias", 1), GAN_OK);
  assert_int_equal(flags(network), 1110);
  assert_int_equal(gan_network_set_frozen(network, "last/bias", 0), GAN_ERROR_STATE);
  assert_message("last/bias is fixed");
  assert_int_equal(gan_network_set_frozen(network, NULL, 0), GAN_OK);
  assert_int_equal(flags(network), 0);
}

static void bad_calls_change_nothing(void **state) {
  (void)state;
  assert_int_equal(gan_network_set_frozen(network, "last", 1), GAN_OK);
  uint64_t version = network->plan_version;
  static const struct {
    const char *name;
    int32_t frozen;
    gan_status status;
    const char *message;
  } calls[] = {
      {"dense_1/wieght", 1, GAN_ERROR_NAME, "nearest is \"dense_1/weight\""},
      {"densel_1", 1, GAN_ERROR_NAME, "nearest is \"dense_1\""},
      {"", 1, GAN_ERROR_NAME, "no layer is named \"\""},
      {"tanh_1", 1, GAN_ERROR_NAME, "tanh_1 has no parameters"},
      {"input", 0, GAN_ERROR_NAME, "input has no parameters"},
      {"dense_1", 2, GAN_ERROR_ARGUMENT, "frozen is 2"},
      {NULL, -1, GAN_ERROR_ARGUMENT, "frozen is -1"},
  };
  for (uint64_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    assert_int_equal(gan_network_set_frozen(network, calls[i].name, calls[i].frozen),
                     calls[i].status);
    assert_message(calls[i].message);
  }
  assert_int_equal(flags(network), 11);
  assert_int_equal(network->plan_version, version);
  assert_int_equal(gan_network_set_frozen(NULL, NULL, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_parameter_role(NULL, 0), 0);
  assert_int_equal(gan_network_parameter_role(network, 4), 0);
  assert_int_equal(gan_network_parameter_role(network, -1), 0);
  assert_int_equal(gan_network_parameter_is_frozen(NULL, 0), 0);
  assert_int_equal(gan_network_parameter_is_frozen(network, 4), 0);

  gan_network *unfinished;
  assert_int_equal(gan_network_create(context, GAN_F32, &unfinished), GAN_OK);
  assert_int_equal(gan_network_set_frozen(unfinished, NULL, 1), GAN_ERROR_STATE);
  gan_network_destroy(unfinished);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(names_mean_parameters_layers_or_all, set_up, tear_down),
      cmocka_unit_test_setup_teardown(copies_keep_the_flags, set_up, tear_down),
      cmocka_unit_test_setup_teardown(roles_decide, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bad_calls_change_nothing, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
