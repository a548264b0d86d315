/* SPDX-License-Identifier: MIT */
/* libgan/nn/layer_dense.c: dense, maxout and weight norm against loops in C. */
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

/* Sums of a few products of numbers below 2. */
static void assert_close(double value, double expected) {
  if (!(fabs(value - expected) <= 1e-13)) fail_msg("%.17g, expected %.17g", value, expected);
}

enum { ROWS = 5, IN = 3, UNITS = 4, PIECES = 3 };

/* y[u] = max over p of sum_i x[i] w[i][p units + u] + b[p units + u]; `scale` NULL or g. */
static double maxout_at(const double *x, const double *w, const double *b, const double *g,
                        int unit) {
  double most = -INFINITY;
  for (int p = 0; p < PIECES; p++) {
    int column = p * UNITS + unit;
    double sum = 0, square = 0;
    for (int i = 0; i < IN; i++) {
      sum += x[i] * w[i * PIECES * UNITS + column];
      square += w[i * PIECES * UNITS + column] * w[i * PIECES * UNITS + column];
    }
    if (g) sum *= g[column] / sqrt(square);
    most = fmax(most, sum + b[column]);
  }
  return most;
}

static void maxout_is_the_largest_piece(void **state) {
  (void)state;
  layer_run run;
  layer_run_create(context, "input 3; bias normal 0 1; maxout 4 3", ROWS, true, &run);
  assert_int_equal(run.sizes[1], IN * PIECES * UNITS);
  assert_int_equal(run.sizes[2], PIECES * UNITS);
  double *y = layer_run_output(&run);
  for (int r = 0; r < ROWS; r++)
    for (int u = 0; u < UNITS; u++)
      assert_close(y[r * UNITS + u],
                   maxout_at(run.leaves[0] + r * IN, run.leaves[1], run.leaves[2], NULL, u));
  free(y);
  layer_run_destroy(&run);
}

/* The initial scale is |v|, so the function begins as that of v itself. */
static void weight_norm_divides_by_lengths(void **state) {
  (void)state;
  layer_run run;
  layer_run_create(context, "input 3; bias normal 0 1; weight_norm on; maxout 4 3", ROWS, true,
                   &run);
  double *g = layer_run_leaf(&run, "maxout_1/scale");
  double *v = layer_run_leaf(&run, "maxout_1/weight");
  double *b = layer_run_leaf(&run, "maxout_1/bias");
  for (int k = 0; k < PIECES * UNITS; k++) {
    double square = 0;
    for (int i = 0; i < IN; i++)
      square += v[i * PIECES * UNITS + k] * v[i * PIECES * UNITS + k];
    assert_close(g[k], sqrt(square));
  }
  double before[ROWS * UNITS];
  for (int turn = 0; turn < 3; turn++) {
    double *y = layer_run_output(&run);
    for (int r = 0; r < ROWS; r++)
      for (int u = 0; u < UNITS; u++) {
        const double *x = run.leaves[0] + r * IN;
        assert_close(y[r * UNITS + u], maxout_at(x, v, b, g, u));
        if (turn == 0) assert_close(y[r * UNITS + u], maxout_at(x, v, b, NULL, u));
        if (turn == 2) assert_close(y[r * UNITS + u], before[r * UNITS + u]);
      }
    memcpy(before, y, sizeof before);
    free(y);
    /* Then other scales; then other lengths, which change nothing. */
    for (int k = 0; turn == 0 && k < PIECES * UNITS; k++)
      g[k] = 0.1 * (k - 3);
    for (int i = 0; turn == 1 && i < IN * PIECES * UNITS; i++)
      v[i] *= 2;
  }
  layer_run_destroy(&run);
}

static void weight_norm_needs_directions(void **state) {
  (void)state;
  gan_network *network = NULL;
  assert_int_equal(
      gan_network_parse(context, "input 3; init constant 0; weight_norm on; dense 2", &network),
      GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(context), "layer dense_1: the weights of unit 0"));
  assert_null(network);
}

/* In f32 the lengths are those of the rounded weights. */
static void weight_norm_begins_in_f32_too(void **state) {
  (void)state;
  gan_network *network;
  assert_int_equal(
      gan_network_parse(context, "input 2; init constant 3; weight_norm on; dense 1", &network),
      GAN_OK);
  float scale;
  assert_int_equal(gan_network_get_parameter(network, "dense_1/scale", &scale, 1), GAN_OK);
  assert_true(scale == (float)sqrt(18));
  gan_network_destroy(network);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(maxout_is_the_largest_piece, set_up, tear_down),
      cmocka_unit_test_setup_teardown(weight_norm_divides_by_lengths, set_up, tear_down),
      cmocka_unit_test_setup_teardown(weight_norm_needs_directions, set_up, tear_down),
      cmocka_unit_test_setup_teardown(weight_norm_begins_in_f32_too, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
