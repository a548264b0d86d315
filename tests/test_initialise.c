/* SPDX-License-Identifier: MIT */
/* libgan/nn/initialise.c: distributions, orthogonality, which bits depend on what. */
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
#include "nn/initialise.h"

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

static void assert_near(double value, double expected, double tolerance) {
  if (!(fabs(value - expected) <= tolerance))
    fail_msg("%.17g, not within %g of %.17g", value, tolerance, expected);
}

static void fill(gan__initialiser initialiser, const gan__shape *shape, double *values) {
  gan__stream stream = gan__stream_make(7, "test", 0);
  assert_int_equal(
      gan__initialise(context, &initialiser, stream, shape, (gan__array){GAN_F64, values}), GAN_OK);
}

typedef struct moments {
  double mean, deviation, low, high;
} moments;

static moments measure(const double *values, int64_t count) {
  moments m = {0, 0, INFINITY, -INFINITY};
  for (int64_t i = 0; i < count; i++) {
    m.mean += values[i] / (double)count;
    m.low = fmin(m.low, values[i]);
    m.high = fmax(m.high, values[i]);
  }
  for (int64_t i = 0; i < count; i++)
    m.deviation += (values[i] - m.mean) * (values[i] - m.mean) / (double)count;
  m.deviation = sqrt(m.deviation);
  return m;
}

/* 200 x 300 values: the mean is off by deviation / sqrt(60000) = 0.4 % of the deviation at one
 * sigma, the deviation itself by 0.3 %. 2 % is five sigma, and the streams are fixed. */
static void distributions_have_their_moments(void **state) {
  (void)state;
  enum { IN = 200, OUT = 300, COUNT = IN * OUT };
  double limit = sqrt(6.0 / (IN + OUT)), third = sqrt(3);
  const struct {
    gan__initialiser initialiser;
    double mean, deviation, low, high;
  } rows[] = {
      {{GAN_INIT_UNIFORM, -1, 3}, 1, 2 / third, -1, 3},
      {{GAN_INIT_UNIFORM, 2, 2}, 2, 0, 2, 2},
      {{GAN_INIT_NORMAL, 0.5, 0.02}, 0.5, 0.02, 0.3, 0.7},
      {{GAN_INIT_NORMAL, 4, 0}, 4, 0, 4, 4},
      {{GAN_INIT_XAVIER, 0, 0}, 0, limit / third, -limit, limit},
      {{GAN_INIT_HE, 0, 0}, 0, sqrt(2.0 / IN), -1, 1},
      {{GAN_INIT_CONSTANT, -0.25, 0}, -0.25, 0, -0.25, -0.25},
      {{GAN_INIT_ORTHOGONAL, 3, 0}, 0, 3 / sqrt(OUT), -2, 2},
  };
  int64_t dims[2] = {IN, OUT};
  gan__shape shape = gan__shape_make(2, dims);
  double *values = malloc(COUNT * sizeof *values);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    fill(rows[i].initialiser, &shape, values);
    moments m = measure(values, COUNT);
    assert_near(m.mean, rows[i].mean, 0.02 * rows[i].deviation + 1e-12);
    assert_near(m.deviation, rows[i].deviation, 0.02 * rows[i].deviation + 1e-12);
    assert_true(m.low >= rows[i].low && m.high <= rows[i].high);
    if (rows[i].initialiser.kind == GAN_INIT_XAVIER || rows[i].initialiser.kind == GAN_INIT_UNIFORM)
      assert_true(m.high >= rows[i].high - 0.01 * fabs(rows[i].high));
  }
  free(values);
}

/* The largest |sum over the long side - gain^2 (i == j)| of pairs along the short side. */
static double orthogonality(const double *w, int64_t in, int64_t out, double gain) {
  bool by_rows = in <= out;
  int64_t count = by_rows ? in : out, length = by_rows ? out : in;
  double worst = 0;
  for (int64_t i = 0; i < count; i++)
    for (int64_t j = 0; j <= i; j++) {
      double sum = i == j ? -gain * gain : 0;
      for (int64_t k = 0; k < length; k++)
        sum += by_rows ? w[i * out + k] * w[j * out + k] : w[k * out + i] * w[k * out + j];
      worst = fmax(worst, fabs(sum));
    }
  return worst;
}

/* Each product of two unit vectors sums up to 129 roundings of 1.1e-16. */
static void orthogonal_is_orthogonal(void **state) {
  (void)state;
  const struct {
    int64_t in, out;
    double gain;
  } rows[] = {{1, 1, 1}, {1, 7, 0.8}, {7, 1, 0.8},   {2, 2, 1.4},  {5, 9, 1},
              {9, 5, 2}, {64, 64, 1}, {129, 128, 1}, {128, 129, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t dims[2] = {rows[i].in, rows[i].out};
    gan__shape shape = gan__shape_make(2, dims);
    double *w = malloc((size_t)gan__shape_count(&shape) * sizeof *w);
    fill((gan__initialiser){GAN_INIT_ORTHOGONAL, rows[i].gain, 0}, &shape, w);
    double worst = orthogonality(w, rows[i].in, rows[i].out, rows[i].gain);
    if (worst > 1e-13 * rows[i].gain * rows[i].gain)
      fail_msg("[%d, %d]: %g", (int)dims[0], (int)dims[1], worst);
    free(w);
  }
}

/* Uniform over the rotations and reflections: the angle of the first row of a 2 x 2 matrix has mean
 * cosine and sine 0 (deviation 0.7 / sqrt(4000) = 0.011 each: 0.05 is 4.5 sigma), and half of the
 * determinants are negative (deviation 0.008). */
static void orthogonal_prefers_no_direction(void **state) {
  (void)state;
  enum { DRAWS = 4000 };
  int64_t dims[2] = {2, 2};
  gan__shape shape = gan__shape_make(2, dims);
  gan__initialiser orthogonal = {GAN_INIT_ORTHOGONAL, 1, 0};
  double x = 0, y = 0, negative = 0;
  for (uint64_t i = 0; i < DRAWS; i++) {
    double w[4];
    gan__stream stream = gan__stream_make(1, "direction", i);
    assert_int_equal(
        gan__initialise(context, &orthogonal, stream, &shape, (gan__array){GAN_F64, w}), GAN_OK);
    x += w[0] / DRAWS;
    y += w[1] / DRAWS;
    negative += (w[0] * w[3] - w[1] * w[2] < 0 ? 1.0 : 0.0) / DRAWS;
  }
  assert_near(x, 0, 0.05);
  assert_near(y, 0, 0.05);
  assert_near(negative, 0.5, 0.04);
}

static void f32_is_the_rounded_f64(void **state) {
  (void)state;
  int64_t dims[2] = {6, 11};
  gan__shape shape = gan__shape_make(2, dims);
  for (int32_t kind = 1; kind < GAN__INITIALISERS; kind++) {
    gan__initialiser initialiser = {kind, 0.3, 0.7};
    double wide[66];
    float narrow[66];
    fill(initialiser, &shape, wide);
    gan__stream stream = gan__stream_make(7, "test", 0);
    assert_int_equal(
        gan__initialise(context, &initialiser, stream, &shape, (gan__array){GAN_F32, narrow}),
        GAN_OK);
    for (int i = 0; i < 66; i++)
      assert_float_equal(narrow[i], (float)wide[i], 0);
  }
}

static gan_network *parse(const char *text) {
  gan_network *network = NULL;
  assert_int_equal(gan_network_parse(context, text, &network), GAN_OK);
  return network;
}

static bool same_values(const gan_network *a, const gan_network *b) {
  assert_int_equal(a->parameter_bytes, b->parameter_bytes);
  return !memcmp(a->storage, b->storage, (size_t)a->parameter_bytes);
}

/* Seed, order of creation and the parameter's name decide. */
static void the_same_program_gives_the_same_bits(void **state) {
  (void)state;
  static const char text[] = "input 4; dense 5 name=a; init orthogonal; dense 5 name=b";
  gan_context_set_seed(context, 3);
  gan_network *first = parse(text), *second = parse(text);
  assert_false(same_values(first, second));

  failing other_counter;
  gan_context *saved = context;
  context = failing_context(&other_counter);
  gan_context_set_seed(context, 3);
  gan_network *again = parse(text), *again_second = parse(text);
  assert_true(same_values(first, again));
  assert_true(same_values(second, again_second));
  gan_network_destroy(again);
  gan_network_destroy(again_second);
  gan_context_destroy(context);

  context = failing_context(&other_counter);
  gan_context_set_seed(context, 4);
  gan_network *other = parse(text);
  assert_false(same_values(first, other));
  gan_network_destroy(other);
  gan_context_destroy(context);

  context = saved;
  /* Two parameters of equal shape and initialiser differ by their names. */
  gan_network *twins = parse("input 4; dense 4; dense 4");
  assert_memory_not_equal(twins->parameters[0].data, twins->parameters[2].data, 16 * sizeof(float));
  gan_network_destroy(first);
  gan_network_destroy(second);
  gan_network_destroy(twins);
}

static void a_request_to_cancel_is_honoured(void **state) {
  (void)state;
  gan_network *network = NULL;
  int64_t blocks = context->live_blocks;
  gan_context_cancel(context);
  assert_int_equal(gan_network_parse(context, "input 4; init orthogonal; dense 4", &network),
                   GAN_ERROR_CANCELLED);
  assert_null(network);
  assert_int_equal(context->live_blocks, blocks);
  gan_network_destroy(parse("input 4; init orthogonal; dense 4"));
}

static void biases_and_weights_have_their_own(void **state) {
  (void)state;
  gan_network *network = parse(
      "input 2; init constant 0.5; bias 0.25; dense 3; bias normal 9 0; "
      "dense 1");
  float values[6];
  assert_int_equal(gan_network_get_parameter(network, "dense_1/weight", values, 6), GAN_OK);
  for (int i = 0; i < 6; i++)
    assert_float_equal(values[i], 0.5f, 0);
  assert_int_equal(gan_network_get_parameter(network, "dense_1/bias", values, 3), GAN_OK);
  assert_float_equal(values[2], 0.25f, 0);
  assert_int_equal(gan_network_get_parameter(network, "dense_2/bias", values, 1), GAN_OK);
  assert_float_equal(values[0], 9, 0);
  gan_network_destroy(network);
  network = parse("input 2; dense 3");
  assert_int_equal(gan_network_get_parameter(network, "dense_1/bias", values, 3), GAN_OK);
  for (int i = 0; i < 3; i++)
    assert_float_equal(values[i], 0, 0);
  gan_network_destroy(network);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(distributions_have_their_moments, set_up, tear_down),
      cmocka_unit_test_setup_teardown(orthogonal_is_orthogonal, set_up, tear_down),
      cmocka_unit_test_setup_teardown(orthogonal_prefers_no_direction, set_up, tear_down),
      cmocka_unit_test_setup_teardown(f32_is_the_rounded_f64, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_same_program_gives_the_same_bits, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_request_to_cancel_is_honoured, set_up, tear_down),
      cmocka_unit_test_setup_teardown(biases_and_weights_have_their_own, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
