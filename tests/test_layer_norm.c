/* SPDX-License-Identifier: MIT */
/* libgan/nn/layer_norm.c and layer_virtual.c: norms against loops in C; what depends on which rows.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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

/* Means of tens of numbers below 2, times 1 / deviations of a few. */
static void assert_close(double value, double expected) {
  if (!(fabs(value - expected) <= 1e-12 * fmax(1, fabs(expected))))
    fail_msg("%.17g, expected %.17g", value, expected);
}

enum { FEATURES = 3, INNER = 4, ROWS = 5 };

/* Mean and variance, divided by the count, of values[0], values[stride], ... */
static void measure(const double *values, int count, int stride, double *mean, double *variance) {
  *mean = *variance = 0;
  for (int i = 0; i < count; i++)
    *mean += values[i * stride] / count;
  for (int i = 0; i < count; i++)
    *variance += (values[i * stride] - *mean) * (values[i * stride] - *mean) / count;
}

/* Rows of 2x2x3 and of 3: a feature is an index of the last axis. */
static void batch_norm_in_training(void **state) {
  (void)state;
  for (int inner = 1; inner <= INNER; inner += INNER - 1) {
    layer_run run;
    layer_run_create(context,
                     inner == 1 ? "input 3; batch_norm epsilon=0.01 decay=0.9"
                                : "input 2x2x3; batch_norm epsilon=0.01 decay=0.9",
                     ROWS, true, &run);
    double *scale = layer_run_leaf(&run, "batch_norm_1/scale");
    double *shift = layer_run_leaf(&run, "batch_norm_1/shift");
    double *running = layer_run_leaf(&run, "batch_norm_1/mean");
    double *spread = layer_run_leaf(&run, "batch_norm_1/variance");
    for (int f = 0; f < FEATURES; f++) {
      assert_true(scale[f] == 1 && shift[f] == 0 && running[f] == 0 && spread[f] == 1);
      scale[f] = 0.5 + f;
      shift[f] = -f;
      running[f] = 7;
      spread[f] = 3;
    }
    double *y = layer_run_output(&run);
    double *means = layer_run_statistic(&run, "batch_norm_1/mean");
    double *variances = layer_run_statistic(&run, "batch_norm_1/variance");
    int count = ROWS * inner;
    for (int f = 0; f < FEATURES; f++) {
      double mean, variance;
      measure(run.leaves[0] + f, count, FEATURES, &mean, &variance);
      for (int i = 0; i < count; i++)
        assert_close(y[i * FEATURES + f],
                     (run.leaves[0][i * FEATURES + f] - mean) / sqrt(variance + 0.01) * scale[f]
                         + shift[f]);
      assert_close(means[f], 0.9 * 7 + 0.1 * mean);
      assert_close(variances[f], 0.9 * 3 + 0.1 * variance * count / (count - 1));
    }
    free(y);
    free(means);
    free(variances);
    layer_run_destroy(&run);
  }
}

static void batch_norm_in_use(void **state) {
  (void)state;
  layer_run run;
  layer_run_create(context, "input 2x2x3; batch_norm no_shift", ROWS, false, &run);
  double *scale = layer_run_leaf(&run, "batch_norm_1/scale");
  double *mean = layer_run_leaf(&run, "batch_norm_1/mean");
  double *variance = layer_run_leaf(&run, "batch_norm_1/variance");
  for (int f = 0; f < FEATURES; f++) {
    scale[f] = 2 - f;
    mean[f] = 0.1 * f;
    variance[f] = 0.5 + f;
  }
  double *y = layer_run_output(&run), *after = layer_run_statistic(&run, "batch_norm_1/mean");
  for (int i = 0; i < ROWS * INNER * FEATURES; i++) {
    int f = i % FEATURES;
    assert_close(y[i], (run.leaves[0][i] - mean[f]) / sqrt(variance[f] + 1e-5) * scale[f]);
  }
  assert_memory_equal(after, mean, FEATURES * sizeof *mean);
  free(y);
  free(after);
  layer_run_destroy(&run);
}

/* One number has no variance: the value is the shift, the running variance gets 0. */
static void batch_norm_of_one_row(void **state) {
  (void)state;
  layer_run run;
  layer_run_create(context, "input 3; batch_norm decay=0.5", 1, true, &run);
  double *shift = layer_run_leaf(&run, "batch_norm_1/shift");
  shift[1] = 0.25;
  double *y = layer_run_output(&run);
  double *variance = layer_run_statistic(&run, "batch_norm_1/variance");
  assert_true(y[0] == 0 && y[1] == 0.25 && y[2] == 0);
  assert_true(variance[0] == 0.5);
  free(y);
  free(variance);
  layer_run_destroy(&run);
}

static void layer_norm_takes_whole_rows(void **state) {
  (void)state;
  enum { ROW = INNER * FEATURES };
  for (int training = 0; training < 2; training++) {
    layer_run run;
    layer_run_create(context, "input 2x2x3; layer_norm epsilon=0.001", ROWS, training, &run);
    double *scale = layer_run_leaf(&run, "layer_norm_1/scale");
    double *shift = layer_run_leaf(&run, "layer_norm_1/shift");
    for (int k = 0; k < ROW; k++) {
      assert_true(scale[k] == 1 && shift[k] == 0);
      scale[k] = 1 + 0.1 * k;
      shift[k] = 0.3 * k;
    }
    double *y = layer_run_output(&run);
    for (int r = 0; r < ROWS; r++) {
      double mean, variance;
      measure(run.leaves[0] + r * ROW, ROW, 1, &mean, &variance);
      for (int k = 0; k < ROW; k++)
        assert_close(y[r * ROW + k],
                     (run.leaves[0][r * ROW + k] - mean) / sqrt(variance + 0.001) * scale[k]
                         + shift[k]);
    }
    free(y);
    layer_run_destroy(&run);
  }
}

/* ---- Virtual batch norm. ---- */

/* The formula as the paper's code has it: weighted means and means of squares. `own` are the row's
 * numbers of the feature. */
static void virtual_statistics(const double *own, int owns, const double *reference, int rows,
                               int count, double *mean, double *variance) {
  double weight = 1.0 / (rows + 1), sums[2] = {0, 0}, others[2] = {0, 0};
  for (int i = 0; i < owns; i++) {
    sums[0] += own[i * FEATURES] / owns;
    sums[1] += own[i * FEATURES] * own[i * FEATURES] / owns;
  }
  for (int i = 0; i < count; i++) {
    others[0] += reference[i * FEATURES] / count;
    others[1] += reference[i * FEATURES] * reference[i * FEATURES] / count;
  }
  *mean = weight * sums[0] + (1 - weight) * others[0];
  *variance = weight * sums[1] + (1 - weight) * others[1] - *mean * *mean;
}

static void virtual_batch_norm_mixes_row_and_reference(void **state) {
  (void)state;
  enum { REFERENCE = 4 };
  for (int inner = 1; inner <= INNER; inner += INNER - 1)
    for (int training = 0; training < 2; training++) {
      layer_run run;
      layer_run_create(context,
                       inner == 1 ? "input 3; reference 4; virtual_batch_norm epsilon=0.01"
                                  : "input 2x2x3; reference 4; virtual_batch_norm epsilon=0.01",
                       ROWS, training, &run);
      double *scale = layer_run_leaf(&run, "virtual_batch_norm_1/scale");
      double *shift = layer_run_leaf(&run, "virtual_batch_norm_1/shift");
      double *reference = layer_run_leaf(&run, "reference");
      for (int f = 0; f < FEATURES; f++) {
        scale[f] = 1.5 - f;
        shift[f] = f;
      }
      double *y = layer_run_output(&run);
      for (int r = 0; r < ROWS; r++)
        for (int f = 0; f < FEATURES; f++) {
          double mean, variance;
          const double *x = run.leaves[0] + r * inner * FEATURES + f;
          virtual_statistics(x, inner, reference + f, REFERENCE, REFERENCE * inner, &mean,
                             &variance);
          for (int i = 0; i < inner; i++)
            assert_close(y[(r * inner + i) * FEATURES + f],
                         (x[i * FEATURES] - mean) / sqrt(variance + 0.01) * scale[f] + shift[f]);
        }
      free(y);
      layer_run_destroy(&run);
    }
}

/* Deeper, the reference is what the layers make of it, itself normalised by its own statistics. */
static void reference_goes_through_the_layers(void **state) {
  (void)state;
  enum { REFERENCE = 6 };
  layer_run run;
  layer_run_create(context,
                   "input 3; reference 6; virtual_batch_norm epsilon=0.01; scale 2; "
                   "virtual_batch_norm epsilon=0.01",
                   ROWS, true, &run);
  double *reference = layer_run_leaf(&run, "reference");
  double *y = layer_run_output(&run);
  for (int f = 0; f < FEATURES; f++) {
    double mean, variance, inner[REFERENCE * FEATURES];
    measure(reference + f, REFERENCE, FEATURES, &mean, &variance);
    for (int i = 0; i < REFERENCE; i++)
      inner[i * FEATURES] = 2 * (reference[i * FEATURES + f] - mean) / sqrt(variance + 0.01);
    for (int r = 0; r < ROWS; r++) {
      double x = run.leaves[0][r * FEATURES + f];
      virtual_statistics(&x, 1, reference + f, REFERENCE, REFERENCE, &mean, &variance);
      x = 2 * (x - mean) / sqrt(variance + 0.01);
      virtual_statistics(&x, 1, inner, REFERENCE, REFERENCE, &mean, &variance);
      assert_close(y[r * FEATURES + f], (x - mean) / sqrt(variance + 0.01));
    }
  }
  free(y);
  layer_run_destroy(&run);
}

static const char deep[] =
    "input 3; reference 8; dense 6; virtual_batch_norm; tanh; dense 4; virtual_batch_norm; dense 2";

/* Other rows change nothing, to the bit. */
static void virtual_batch_norm_ignores_batch_mates(void **state) {
  (void)state;
  layer_run run;
  layer_run_create(context, deep, ROWS, true, &run);
  assert_false(gan__network_couples_rows(run.network, true));
  double *before = layer_run_output(&run);
  for (int64_t i = FEATURES; i < run.sizes[0]; i++)
    run.leaves[0][i] = 10 * run.leaves[0][i] - 3;
  double *after = layer_run_output(&run);
  assert_memory_equal(before, after, 2 * sizeof *before);
  assert_true(before[2] != after[2]);
  free(before);
  free(after);
  layer_run_destroy(&run);
}

/* With the batch itself as the reference, the row's own share w = 1 / (R + 1) vanishes as R grows:
 * the difference from batch norm falls as 1 / R. */
static void virtual_batch_norm_tends_to_batch_norm(void **state) {
  (void)state;
  double differences[2];
  for (int k = 0; k < 2; k++) {
    int rows = k ? 4000 : 400;
    char text[80];
    layer_run ours, theirs;
    snprintf(text, sizeof text, "input 3; reference %d; virtual_batch_norm", rows);
    layer_run_create(context, text, rows, true, &ours);
    layer_run_create(context, "input 3; batch_norm", rows, true, &theirs);
    memcpy(layer_run_leaf(&ours, "reference"), ours.leaves[0],
           (size_t)ours.sizes[0] * sizeof(double));
    double *x = layer_run_output(&ours), *y = layer_run_output(&theirs);
    differences[k] = 0;
    for (int64_t i = 0; i < ours.sizes[0]; i++)
      differences[k] = fmax(differences[k], fabs(x[i] - y[i]));
    free(x);
    free(y);
    layer_run_destroy(&ours);
    layer_run_destroy(&theirs);
  }
  /* |y| is at most some 2, so y changes by at most about (2 + 2^3) w. */
  assert_true(differences[0] > 0 && differences[0] < 10.0 / 400);
  assert_true(differences[1] < 0.11 * differences[0]);
}

static void references_are_drawn_or_set(void **state) {
  (void)state;
  gan_network *network;
  assert_int_equal(gan_network_parse(context,
                                     "latent 5 uniform 2 3 + 4 categorical; virtual_batch_norm",
                                     &network),
                   GAN_OK);
  assert_int_equal(gan__network_usable(network), GAN_OK);
  static float drawn[64 * 9];
  assert_int_equal(gan_network_get_parameter(network, "reference", drawn, 64 * 9), GAN_OK);
  for (int r = 0; r < 64; r++) {
    float sum = 0;
    for (int k = 0; k < 5; k++)
      assert_true(drawn[r * 9 + k] > 2 && drawn[r * 9 + k] < 3);
    for (int k = 5; k < 9; k++)
      sum += drawn[r * 9 + k];
    assert_true(sum == 1);
    assert_true(!r || drawn[r * 9] != drawn[r * 9 - 9]);
  }
  gan_network_destroy(network);

  assert_int_equal(gan_network_parse(context, "input 2; reference 3; virtual_batch_norm", &network),
                   GAN_OK);
  assert_int_equal(gan__network_usable(network), GAN_ERROR_STATE);
  assert_string_equal(gan_context_message(context),
                      "the network's virtual batch norm needs a reference batch: set parameter "
                      "\"reference\" to 3 rows of the data");
  float rows[6] = {1, 2, 3, 4, 5, 6};
  assert_int_equal(gan_network_set_parameter(network, "reference", rows, 6), GAN_OK);
  assert_int_equal(gan__network_usable(network), GAN_OK);
  gan_network *copy;
  assert_int_equal(gan_network_clone(network, &copy), GAN_OK);
  assert_int_equal(gan__network_usable(copy), GAN_OK);
  gan_network_destroy(copy);
  gan_network_destroy(network);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(batch_norm_in_training, set_up, tear_down),
      cmocka_unit_test_setup_teardown(batch_norm_in_use, set_up, tear_down),
      cmocka_unit_test_setup_teardown(batch_norm_of_one_row, set_up, tear_down),
      cmocka_unit_test_setup_teardown(layer_norm_takes_whole_rows, set_up, tear_down),
      cmocka_unit_test_setup_teardown(virtual_batch_norm_mixes_row_and_reference, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(reference_goes_through_the_layers, set_up, tear_down),
      cmocka_unit_test_setup_teardown(virtual_batch_norm_ignores_batch_mates, set_up, tear_down),
      cmocka_unit_test_setup_teardown(virtual_batch_norm_tends_to_batch_norm, set_up, tear_down),
      cmocka_unit_test_setup_teardown(references_are_drawn_or_set, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
