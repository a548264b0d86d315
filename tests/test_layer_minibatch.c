/* SPDX-License-Identifier: MIT */
/* libgan/nn/layer_minibatch.c and insert.c: the features against loops in C; copies with the layer.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing.h"
#include "layer_run.h"

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

static void assert_close(double value, double expected) {
  if (!(fabs(value - expected) <= 1e-13 * fmax(1, fabs(expected))))
    fail_msg("%.17g, expected %.17g", value, expected);
}

enum { ROWS = 7, IN = 3, KERNELS = 4, DIMENSIONS = 2, COLUMNS = KERNELS * DIMENSIONS };

static double projection(const double *x, const double *t, int column) {
  double sum = 0;
  for (int i = 0; i < IN; i++)
    sum += x[i] * t[i * COLUMNS + column];
  return sum;
}

/* o_ib of the other rows, from x [ROWS, IN] and T [IN, COLUMNS]. */
static double nearness(const double *x, const double *t, int row, int kernel) {
  double sum = 0;
  for (int j = 0; j < ROWS; j++) {
    double distance = 0;
    for (int c = 0; c < DIMENSIONS; c++)
      distance += fabs(projection(x + row * IN, t, c * KERNELS + kernel)
                       - projection(x + j * IN, t, c * KERNELS + kernel));
    if (j != row) sum += exp(-distance);
  }
  return sum;
}

static void features_tell_nearness(void **state) {
  (void)state;
  for (int with_self = 0; with_self < 2; with_self++) {
    layer_run run;
    layer_run_create(context,
                     with_self ? "input 3; minibatch_discrimination 4 2 with_self"
                               : "input 3; minibatch_discrimination 4 2",
                     ROWS, with_self, &run);
    assert_true(gan__network_couples_rows(run.network, false));
    double *y = layer_run_output(&run);
    for (int r = 0; r < ROWS; r++) {
      const double *row = y + r * (IN + KERNELS);
      assert_memory_equal(row, run.leaves[0] + r * IN, IN * sizeof *row);
      for (int b = 0; b < KERNELS; b++)
        assert_close(row[IN + b], with_self + nearness(run.leaves[0], run.leaves[1], r, b));
    }
    free(y);
    layer_run_destroy(&run);
  }
}

/* Equal rows are at distance 0: each counts all others. */
static void equal_rows_count_each_other(void **state) {
  (void)state;
  layer_run run;
  layer_run_create(context, "input 3; minibatch_discrimination 4 2", ROWS, true, &run);
  for (int r = 1; r < ROWS; r++)
    memcpy(run.leaves[0] + r * IN, run.leaves[0], IN * sizeof(double));
  double *y = layer_run_output(&run);
  for (int r = 0; r < ROWS; r++)
    for (int b = 0; b < KERNELS; b++)
      assert_true(y[r * (IN + KERNELS) + IN + b] == ROWS - 1);
  free(y);
  layer_run_destroy(&run);
}

static void normalised_columns_have_trained_lengths(void **state) {
  (void)state;
  layer_run run;
  layer_run_create(context, "input 3; minibatch_discrimination 4 2 normalized", ROWS, true, &run);
  double *scale = layer_run_leaf(&run, "minibatch_discrimination_1/log_scale");
  double *bias = layer_run_leaf(&run, "minibatch_discrimination_1/bias");
  for (int k = 0; k < COLUMNS; k++) {
    assert_true(scale[k] == 0);
    scale[k] = 0.2 * k - 0.5;
  }
  for (int b = 0; b < KERNELS; b++) {
    assert_true(bias[b] == -1);
    bias[b] = b;
  }
  double t[IN * COLUMNS];
  for (int k = 0; k < COLUMNS; k++) {
    double square = 0;
    for (int i = 0; i < IN; i++)
      square += run.leaves[1][i * COLUMNS + k] * run.leaves[1][i * COLUMNS + k];
    for (int i = 0; i < IN; i++)
      t[i * COLUMNS + k] = run.leaves[1][i * COLUMNS + k] * exp(scale[k]) / sqrt(square);
  }
  double *y = layer_run_output(&run);
  for (int r = 0; r < ROWS; r++)
    for (int b = 0; b < KERNELS; b++)
      assert_close(y[r * (IN + KERNELS) + IN + b], nearness(run.leaves[0], t, r, b) + b);
  free(y);
  layer_run_destroy(&run);
}

/* ---- Copies with the layer. ---- */

static gan_network *parse(const char *text) {
  gan_network *network = NULL;
  if (gan_network_parse(context, text, &network) != GAN_OK)
    fail_msg("%s", gan_context_message(context));
  return network;
}

static void get(const gan_network *network, const char *name, double *values, int64_t count) {
  if (gan_network_get_parameter_f64(network, name, values, count) != GAN_OK)
    fail_msg("%s", gan_context_message(context));
}

static const gan__minibatch small = {.kernels = 3, .dimensions = 2};

/* The same network but for the last layer's new rows. */
static void insertion_keeps_what_was_there(void **state) {
  (void)state;
  gan_network *network = parse(
      "f64; input 3; init normal 0 1; bias normal 0 1; dense 4 tanh; dropout 0.5; dense 2 "
      "tanh name=last; scale 2");
  gan_network *copy;
  assert_int_equal(gan__network_insert_minibatch(network, &small, &copy), GAN_OK);
  assert_string_equal(gan_network_text(copy),
                      "f64; input 3; init normal 0 1; bias normal 0 1; dense 4 tanh; dropout 0.5; "
                      "minibatch_discrimination 3 2; dense 2 tanh name=last; scale 2");
  double old[14], now[14];
  get(network, "last/weight", old, 8);
  get(copy, "last/weight", now, 14);
  assert_memory_equal(old, now, 8 * sizeof *old);
  for (int i = 8; i < 14; i++)
    assert_true(now[i] != 0);
  static const char *const names[] = {"dense_1/weight", "dense_1/bias", "last/bias"};
  static const int64_t counts[] = {12, 4, 2};
  for (int k = 0; k < 3; k++) {
    get(network, names[k], old, counts[k]);
    get(copy, names[k], now, counts[k]);
    assert_memory_equal(old, now, (size_t)counts[k] * sizeof *old);
  }
  gan_network_destroy(network);
  gan_network_destroy(copy);
}

/* With the rows for the new features at 0 the function is the old one, weight norm or not. */
static void insertion_keeps_weight_norm_and_references(void **state) {
  (void)state;
  gan_network *network = parse(
      "f64; latent 3 normal + 2 categorical; weight_norm on; reference 5; dense 4; "
      "virtual_batch_norm; maxout 2 2");
  gan_network *copy;
  gan__minibatch minibatch = {.kernels = 1, .dimensions = 1};
  network->parameters[0].frozen = true;
  assert_int_equal(gan__network_insert_minibatch(network, &minibatch, &copy), GAN_OK);
  assert_true(copy->parameters[0].frozen && !copy->parameters[1].frozen);
  assert_int_equal(gan__network_usable(copy), GAN_OK);
  double old[25], now[25], v[16], w[20], g[4], h[4];
  get(network, "reference", old, 25);
  get(copy, "reference", now, 25);
  assert_memory_equal(old, now, sizeof old);
  get(network, "maxout_1/weight", v, 16);
  get(copy, "maxout_1/weight", w, 20);
  get(network, "maxout_1/scale", g, 4);
  get(copy, "maxout_1/scale", h, 4);
  for (int k = 0; k < 4; k++) {
    double before = 0, after = 0;
    for (int i = 0; i < 5; i++) {
      if (i < 4) before += v[i * 4 + k] * v[i * 4 + k];
      after += w[i * 4 + k] * w[i * 4 + k];
    }
    for (int i = 0; i < 4; i++)
      assert_close(h[k] * w[i * 4 + k] / sqrt(after), g[k] * v[i * 4 + k] / sqrt(before));
  }
  gan_network_destroy(network);
  gan_network_destroy(copy);
}

static void insertion_is_checked(void **state) {
  (void)state;
  gan_network *network = parse("input 3; tanh"), *copy = NULL;
  assert_int_equal(gan__network_insert_minibatch(network, &small, &copy), GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(context), "no dense layer"));
  gan_network_destroy(network);
  network = parse("input 3; dense 2");
  gan__minibatch bad = {.kernels = 0, .dimensions = 2};
  uint64_t objects = context->objects;
  assert_int_equal(gan__network_insert_minibatch(network, &bad, &copy), GAN_ERROR_ARGUMENT);
  assert_string_equal(gan_context_message(context),
                      "layer minibatch_discrimination_1: kernels is 0; allowed is 1 to 16777216");
  assert_null(copy);
  assert_int_equal(context->objects, objects);
  gan_status status;
  FAIL_EACH_ALLOCATION(context, &counter, status,
                       status = gan__network_insert_minibatch(network, &small, &copy));
  gan_network_destroy(network);
  gan_network_destroy(copy);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(features_tell_nearness, set_up, tear_down),
      cmocka_unit_test_setup_teardown(equal_rows_count_each_other, set_up, tear_down),
      cmocka_unit_test_setup_teardown(normalised_columns_have_trained_lengths, set_up, tear_down),
      cmocka_unit_test_setup_teardown(insertion_keeps_what_was_there, set_up, tear_down),
      cmocka_unit_test_setup_teardown(insertion_keeps_weight_norm_and_references, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(insertion_is_checked, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
