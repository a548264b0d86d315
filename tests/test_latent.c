/* SPDX-License-Identifier: MIT */
/* libgan/nn/latent.c: parts of latents, in graphs and from the host. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/layers.h>
#include <gan/model.h>

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

enum { ROWS = 5000, SIZE = 9, CLASSES = 4 };

/* Rows of 3 normal, 4 categorical, 2 uniform in 2 .. 5. */
static void check_rows(const double *rows) {
  double mean = 0, square = 0, uniform = 0;
  int counts[CLASSES] = {0};
  for (int r = 0; r < ROWS; r++) {
    const double *row = rows + r * SIZE;
    for (int k = 0; k < 3; k++) {
      mean += row[k] / (3 * ROWS);
      square += row[k] * row[k] / (3 * ROWS);
    }
    int ones = 0;
    for (int k = 0; k < CLASSES; k++) {
      assert_true(row[3 + k] == 0 || row[3 + k] == 1);
      ones += row[3 + k] == 1;
      counts[k] += row[3 + k] == 1;
    }
    assert_int_equal(ones, 1);
    for (int k = 7; k < SIZE; k++) {
      assert_true(row[k] > 2 && row[k] < 5);
      uniform += row[k] / (2 * ROWS);
    }
  }
  /* Sigmas: 1 / sqrt(15000) = 0.008; 0.0115; 0.87 / 100 = 0.009; of a class sqrt(5000 / 4 * 3 / 4)
   * =
   * 31. Five of them; the seed is fixed. */
  assert_true(fabs(mean) < 0.041 && fabs(square - 1) < 0.06 && fabs(uniform - 3.5) < 0.045);
  for (int k = 0; k < CLASSES; k++)
    if (abs(counts[k] - ROWS / CLASSES) > 155) fail_msg("class %d: %d", k, counts[k]);
}

static const char *const texts[] = {
    "latent 3 normal + 4 categorical + 2 uniform 2 5",
    "f64; latent 3 normal + 4 categorical + 2 uniform 2 5",
};

static void parts_stand_side_by_side(void **state) {
  (void)state;
  double *rows = malloc(ROWS * SIZE * sizeof *rows);
  for (int i = 0; i < 2; i++) {
    gan_generator *generator;
    assert_int_equal(gan_generator_parse(context, texts[i], &generator), GAN_OK);
    assert_int_equal(gan_generator_latents_f64(generator, ROWS, 3, rows), GAN_OK);
    check_rows(rows);
    const gan_network *network = gan_generator_network(generator);
    gan__network_fill_latent(network, gan__stream_make(1, "test", 0), ROWS,
                             (gan__array){GAN_F64, rows});
    check_rows(rows);
    gan_generator_destroy(generator);
  }
  free(rows);
}

/* Two parts of the same kind and size are different numbers. */
static void equal_parts_draw_apart(void **state) {
  (void)state;
  gan_generator *generator;
  assert_int_equal(gan_generator_parse(context, "latent 2 normal + 2 normal", &generator), GAN_OK);
  float row[4];
  assert_int_equal(gan_generator_latents(generator, 1, 3, row), GAN_OK);
  assert_true(row[0] != row[2] && row[1] != row[3]);
  gan_generator_destroy(generator);
}

/* The largest number of classes, in f32: always one of them. */
static void many_classes(void **state) {
  (void)state;
  enum { MANY = 1 << 16, DRAWS = 20 };
  gan_generator *generator;
  assert_int_equal(gan_generator_parse(context, "latent 65536 categorical", &generator), GAN_OK);
  float *rows = malloc((size_t)MANY * DRAWS * sizeof *rows);
  assert_int_equal(gan_generator_latents(generator, DRAWS, 3, rows), GAN_OK);
  for (int r = 0; r < DRAWS; r++) {
    float sum = 0;
    for (int k = 0; k < MANY; k++)
      sum += rows[r * MANY + k];
    assert_true(sum == 1);
  }
  free(rows);
  gan_generator_destroy(generator);
}

static void parts_are_checked(void **state) {
  (void)state;
  static const struct {
    int64_t size;
    int32_t kind;
    double low, high;
    const char *message;
  } cases[] = {
      {0, 1, 0, 0, "layer latent: size is 0; allowed is 1 to 16777216"},
      {1, 4, 0, 0,
       "layer latent: distribution is 4; allowed are 1 (normal), 2 (uniform) and 3 (categorical)"},
      {65537, 3, 0, 0,
       "layer latent: size is 65537; a categorical latent has at most 65536 classes"},
      {3, 2, 1, 1, "layer latent: low is 1 and high 1; low must be below high"},
      {16777216, 1, 0, 0,
       "layer latent: the size of all parts is 16777221; allowed is 1 to 16777216"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    gan_network *network;
    assert_int_equal(gan_network_create(context, GAN_F32, &network), GAN_OK);
    assert_int_equal(gan_network_latent(network, 5, GAN_LATENT_NORMAL, 0, 0), 0);
    assert_int_equal(
        gan_network_add_latent(network, cases[i].size, cases[i].kind, cases[i].low, cases[i].high),
        -1);
    assert_int_not_equal(gan_network_finish(network, 0), GAN_OK);
    assert_string_equal(gan_context_message(context), cases[i].message);
    gan_network_destroy(network);
  }
}

static void parts_come_in_time(void **state) {
  (void)state;
  for (int late = 0; late < 3; late++) {
    gan_network *network;
    int64_t dims[1] = {2};
    assert_int_equal(gan_network_create(context, GAN_F32, &network), GAN_OK);
    if (late == 0) gan_network_input(network, 1, dims);
    if (late) gan_network_latent(network, 1, GAN_LATENT_CATEGORICAL, 0, 0);
    for (int i = 1; late && i < GAN__LATENTS_MAX; i++)
      assert_int_equal(gan_network_add_latent(network, 1, GAN_LATENT_NORMAL, 0, 0), 0);
    if (late == 1) assert_int_equal(gan_network_dense(network, 0, 1, NULL), 1);
    assert_int_equal(gan_network_add_latent(network, 1, GAN_LATENT_NORMAL, 0, 0), -1);
    assert_int_equal(gan_network_finish(network, 0), late < 2 ? GAN_ERROR_STATE : GAN_ERROR_LIMIT);
    assert_string_equal(gan_context_message(context),
                        late == 0   ? "a latent grows while it is the only layer; the network has 1"
                        : late == 1 ? "a latent grows while it is the only layer; the network has 2"
                                    : "layer latent: it has at most 8 parts");
    gan_network_destroy(network);
  }
  assert_int_equal(gan_network_add_latent(NULL, 1, GAN_LATENT_NORMAL, 0, 0), -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(parts_stand_side_by_side, set_up, tear_down),
      cmocka_unit_test_setup_teardown(equal_parts_draw_apart, set_up, tear_down),
      cmocka_unit_test_setup_teardown(many_classes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(parts_are_checked, set_up, tear_down),
      cmocka_unit_test_setup_teardown(parts_come_in_time, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
