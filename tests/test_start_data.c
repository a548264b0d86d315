/* SPDX-License-Identifier: MIT */
/* libgan/nn/start_data.c and start_stage.c: what the start from data promises, computed a second
 * time here, layer by layer in double; refusals; failures that leave every bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/layers.h>
#include <gan/model.h>
#include <gan/parameter.h>

#include "base/random.h"
#include "failing.h"
#include "nn/layer.h"

enum { ROWS = 200, WIDTH = 7, WIDEST = 64, MOST_ROWS = 20000 };
static failing counter;
static gan_context *context;
static float rows[ROWS * WIDTH];

static int set_up(void **state) {
  (void)state;
  context = failing_context(&counter);
  if (!context) return 1;
  /* Unlike means and deviations, and columns that depend on each other. */
  gan__stream stream = gan__stream_make(5, "test", 0);
  for (int32_t i = 0; i < ROWS * WIDTH; i++)
    rows[i] = (float)(i % WIDTH + (1 + i % WIDTH) * gan__stream_normal(&stream)
                      + (i % WIDTH ? 0.5 * rows[i - 1] : 0));
  return 0;
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

/* A parameter in double, [at most WIDEST * WIDEST]; one room for each part. */
static const double *parameter(const gan_network *network, const char *layer, const char *part) {
  static double rooms[3][WIDEST * WIDEST];
  double *room = rooms[*part == 'w' ? 0 : *part == 'b' ? 1 : 2];
  char name[80];
  snprintf(name, sizeof name, "%s/%s", layer, part);
  int64_t count = 0;
  for (int32_t i = 0; i < gan_network_parameter_count(network); i++)
    if (!strcmp(gan_network_parameter_name(network, i), name))
      count = gan_network_parameter_elements(network, i);
  assert_ok(gan_network_get_parameter_f64(network, name, room, count));
  return room;
}

/* ---- A second opinion on pre-activations. ---- */

static double values[MOST_ROWS * WIDEST], next[MOST_ROWS * WIDEST];

/* |w_j| of a weight [in, out]. */
static double length_of(const double *weight, int64_t in, int64_t out, int64_t j) {
  double sum = 0;
  for (int64_t i = 0; i < in; i++)
    sum += weight[i * out + j] * weight[i * out + j];
  return sqrt(sum);
}

/* next := values W + b, with the scale of a weight norm. */
static void linear(const gan_network *network, const gan__layer *layer, int64_t n, int64_t in,
                   int64_t out) {
  const double *weight = parameter(network, layer->name, "weight");
  const double *bias = parameter(network, layer->name, "bias");
  const double *scale = layer->weight_norm ? parameter(network, layer->name, "scale") : NULL;
  for (int64_t j = 0; j < out; j++) {
    double factor = scale ? scale[j] / length_of(weight, in, out, j) : 1;
    for (int64_t r = 0; r < n; r++) {
      double sum = 0;
      for (int64_t i = 0; i < in; i++)
        sum += values[r * in + i] * weight[i * out + j];
      next[r * out + j] = sum * factor + bias[j];
    }
  }
}

/* The columns of next [n, count] have mean 0 and variance 1. */
static void assert_standard(int64_t n, int64_t count, double tolerance) {
  for (int64_t j = 0; j < count; j++) {
    double mean = 0, square = 0;
    for (int64_t r = 0; r < n; r++)
      mean += next[r * count + j] / (double)n;
    for (int64_t r = 0; r < n; r++)
      square += (next[r * count + j] - mean) * (next[r * count + j] - mean) / (double)n;
    assert_true(fabs(mean) <= tolerance);
    assert_true(fabs(square - 1) <= tolerance);
  }
}

static double activate(int32_t kind, double x) {
  return kind == GAN__LAYER_TANH ? tanh(x) : x > 0 ? x : 0; /* or ReLU */
}

/* values [n, units] := the largest of each unit's pieces in next [n, pieces, units]. */
static void take_largest(int64_t n, int64_t pieces, int64_t units) {
  for (int64_t r = 0; r < n; r++)
    for (int64_t u = 0; u < units; u++) {
      double largest = -HUGE_VAL;
      for (int64_t p = 0; p < pieces; p++)
        largest = fmax(largest, next[(r * pieces + p) * units + u]);
      values[r * units + u] = largest;
    }
}

/* values := (values - mean) / sqrt(variance + epsilon) by columns, as batch norm begins. */
static void normalise(int64_t n, int64_t count, double epsilon) {
  for (int64_t j = 0; j < count; j++) {
    double mean = 0, variance = 0;
    for (int64_t r = 0; r < n; r++)
      mean += values[r * count + j] / (double)n;
    for (int64_t r = 0; r < n; r++)
      variance += pow(values[r * count + j] - mean, 2) / (double)n;
    for (int64_t r = 0; r < n; r++)
      values[r * count + j] = (values[r * count + j] - mean) / sqrt(variance + epsilon);
  }
}

enum { KERNELS = 4, DIMENSIONS = 3, COLUMNS = KERNELS * DIMENSIONS, NEAR_ROWS = 60 };
static double points[NEAR_ROWS * COLUMNS]; /* [NEAR_ROWS, DIMENSIONS, KERNELS] */

/* points := values [NEAR_ROWS, width] times the weight, which has unit columns times e^scale. */
static void project(const gan_network *network, const gan__layer *layer, int64_t width) {
  const double *weight = parameter(network, layer->name, "weight");
  bool normalised = layer->options & GAN_MINIBATCH_NORMALIZED;
  const double *scale = normalised ? parameter(network, layer->name, "log_scale") : NULL;
  for (int64_t k = 0; k < COLUMNS; k++) {
    double factor = scale ? exp(scale[k]) / length_of(weight, width, COLUMNS, k) : 1;
    for (int64_t r = 0; r < NEAR_ROWS; r++) {
      points[r * COLUMNS + k] = 0;
      for (int64_t i = 0; i < width; i++)
        points[r * COLUMNS + k] += values[r * width + i] * weight[i * COLUMNS + k] * factor;
    }
  }
}

static double distance(int64_t i, int64_t j, int64_t b) {
  double sum = 0;
  for (int64_t c = b; c < COLUMNS; c += KERNELS)
    sum += fabs(points[i * COLUMNS + c] - points[j * COLUMNS + c]);
  return sum;
}

/* Features behind values [NEAR_ROWS, width], in next. When they are normalised, a row has been put
 * at distance 2 from its nearest other one, in the mean, and each feature has the mean 0. */
static void add_features(const gan_network *network, const gan__layer *layer, int64_t width) {
  int64_t wide = width + KERNELS;
  bool normalised = layer->options & GAN_MINIBATCH_NORMALIZED;
  bool self = layer->options & GAN_MINIBATCH_WITH_SELF;
  const double *bias = normalised ? parameter(network, layer->name, "bias") : NULL;
  project(network, layer, width);
  for (int64_t b = 0; b < KERNELS; b++) {
    double nearest = 0, mean = 0;
    for (int64_t i = 0; i < NEAR_ROWS; i++) {
      double least = HUGE_VAL, o = (bias ? bias[b] : 0) + self;
      for (int64_t j = 0; j < NEAR_ROWS; j++) {
        if (j == i) continue;
        least = fmin(least, distance(i, j, b));
        o += exp(-distance(i, j, b));
      }
      nearest += least / NEAR_ROWS;
      mean += o / NEAR_ROWS;
      memcpy(next + i * wide, values + i * width, (size_t)width * sizeof *next);
      next[i * wide + width + b] = o;
    }
    assert_true(!normalised || (fabs(nearest - 2) <= 1e-10 && fabs(mean) <= 1e-10));
  }
}

/* Checks the layer's pre-activations unless its name is `skip`; values [n, width] go through it. */
static void pass_layer(const gan_network *network, const gan__layer *layer, int64_t n,
                       int64_t width, const char *skip, double tolerance) {
  int64_t count = layer->shape.dims[0];
  bool maxout = layer->kind == GAN__LAYER_MAXOUT;
  if (layer->kind == GAN__LAYER_DENSE || maxout) {
    int64_t columns = count * (maxout ? layer->pieces : 1);
    linear(network, layer, n, width, columns);
    if (strcmp(layer->name, skip) != 0) assert_standard(n, columns, tolerance);
    if (maxout)
      take_largest(n, layer->pieces, count);
    else
      memcpy(values, next, (size_t)(n * count) * sizeof *values);
  } else if (layer->kind == GAN__LAYER_MINIBATCH) {
    assert_int_equal(n, NEAR_ROWS);
    add_features(network, layer, width);
    memcpy(values, next, (size_t)(n * count) * sizeof *values);
  } else if (layer->kind == GAN__LAYER_BATCH_NORM) {
    normalise(n, count, layer->a);
  } else {
    for (int64_t i = 0; i < n * count; i++)
      values[i] =
          layer->kind == GAN__LAYER_SCALE ? layer->a * values[i] : activate(layer->kind, values[i]);
  }
}

/* Checks layers on `in`, [n, input width]. */
static void check_layers(const gan_network *network, const float *in, int64_t n, const char *skip,
                         double tolerance) {
  int64_t width = gan_network_input_width(network);
  for (int64_t i = 0; i < n * width; i++)
    values[i] = in[i];
  for (uint64_t k = 1; k < network->layer_count; k++) {
    const gan__layer *layer = &network->layers[k];
    pass_layer(network, layer, n, width, skip, tolerance);
    width = layer->shape.dims[0];
  }
}

/* ---- The start from data. ---- */

static const char deep[] =
    "f64; input 7; scale 0.1; init normal 0.3 2; bias normal 1 3; "
    "dense 20 relu; dense 15 tanh; dense 12 relu; dense 9 relu; "
    "dense 8 tanh; dense 3";

/* f64: rounding of sums of some hundred terms, 1e-13; asked for is 1e-6. */
static void every_layer_is_standard_f64(void **state) {
  (void)state;
  gan_network *network = parse(deep);
  assert_ok(gan_network_start_from_data(network, rows, ROWS, 1));
  check_layers(network, rows, ROWS, "", 1e-10);
  gan_network_destroy(network);
}

/* f32: six layers, each of which hands on its rounding of about 1e-6. */
static void every_layer_is_standard_f32(void **state) {
  (void)state;
  gan_network *network = parse(deep + 5);
  assert_int_equal(gan_network_dtype(network), GAN_F32);
  assert_ok(gan_network_start_from_data(network, rows, ROWS, 1));
  check_layers(network, rows, ROWS, "", 1e-4);
  gan_network_destroy(network);
}

/* With weight norm, maxout and batch norm: only scales and biases have changed. */
static void weight_norm_and_maxout_are_standard(void **state) {
  (void)state;
  static const char text[] =
      "f64; input 7; weight_norm on; bias normal 1 3; dense 20 relu; maxout 6 4; "
      "batch_norm; dense 9 tanh; weight_norm off; maxout 5 2; dense 3";
  gan_network *network = parse(text), *before;
  assert_ok(gan_network_clone(network, &before));
  assert_ok(gan_network_start_from_data(network, rows, ROWS, 1));
  check_layers(network, rows, ROWS, "", 1e-10);
  for (int32_t i = 0; i < network->parameter_count; i++) {
    const gan__parameter *at = &network->parameters[i];
    const gan__layer *layer = &network->layers[at->layer];
    bool kept = layer->kind == GAN__LAYER_BATCH_NORM /* running statistics, too */
                || (layer->weight_norm && strstr(at->name, "/weight"));
    uint64_t bytes = (uint64_t)gan__shape_count(&at->shape) * sizeof(double);
    assert_int_equal(memcmp(at->data, before->parameters[i].data, bytes) == 0, kept);
  }
  gan_network_destroy(before);
  gan_network_destroy(network);
}

/* Rows of 0 and noise of deviation 0.5 give y_j the deviation |w_j| / 2, rows of 1 kept with
 * probability 1/2 and doubled give |w_j|: so 2 and 1 are the lengths afterwards, within 3 % of
 * estimates from 20,000 rows whose own deviation is 1 / sqrt(2 n) = 0.5 %. In use there is no
 * noise, and all rows would be the same. */
static void noise_and_dropout_are_on(void **state) {
  (void)state;
  static float equal[MOST_ROWS * WIDTH];
  static const char *const texts[2] = {"f64; input 7; noise 0.5; dense 5",
                                       "f64; input 7; dropout 0.5; dense 5"};
  for (int32_t i = 0; i < 2; i++) {
    for (int64_t k = 0; k < MOST_ROWS * WIDTH; k++)
      equal[k] = (float)i;
    gan_network *network = parse(texts[i]), *again, *other;
    assert_ok(gan_network_clone(network, &again));
    assert_ok(gan_network_clone(network, &other));
    again->site = other->site = network->site; /* so that seeds alone differ */
    assert_ok(gan_network_start_from_data(network, equal, MOST_ROWS, 1));
    assert_ok(gan_network_start_from_data(again, equal, MOST_ROWS, 1));
    assert_ok(gan_network_start_from_data(other, equal, MOST_ROWS, 2));
    uint64_t bytes = (uint64_t)network->parameter_bytes;
    assert_memory_equal(network->storage, again->storage, bytes);
    assert_memory_not_equal(network->storage, other->storage, bytes);
    const double *weight = parameter(network, "dense_1", "weight");
    for (int64_t j = 0; j < 5; j++)
      assert_true(fabs(length_of(weight, WIDTH, 5, j) * (i ? 1 : 0.5) - 1) <= 0.03);
    gan_network_destroy(network);
    gan_network_destroy(again);
    gan_network_destroy(other);
  }
}

static void minibatch_distances_are_scaled(void **state) {
  (void)state;
  static const char *const texts[] = {
      "f64; input 7; minibatch_discrimination 4 3 normalized; dense 2",
      "f64; input 7; minibatch_discrimination 4 3 normalized with_self; dense 2",
      "f64; input 7; dense 6 tanh; minibatch_discrimination 4 3 normalized; dense 5 relu; dense 1",
      "f64; input 7; dense 6 tanh; minibatch_discrimination 4 3; dense 5 relu; dense 1"};
  for (int32_t i = 0; i < 4; i++) {
    gan_network *network = parse(texts[i]), *before;
    assert_ok(gan_network_clone(network, &before));
    assert_ok(gan_network_start_from_data(network, rows, NEAR_ROWS, 1));
    check_layers(network, rows, NEAR_ROWS, "", 1e-10);
    const gan__layer *near = &network->layers[i < 2 ? 1 : 3];
    uint64_t bytes = (uint64_t)gan_network_parameter_elements(network, near->parameter) * 8;
    assert_memory_equal(network->pointers[near->parameter], before->pointers[near->parameter],
                        bytes); /* directions only, and what is not normalised, stay */
    gan_network_destroy(before);
    gan_network_destroy(network);
  }
}

/* A column of the weight keeps its direction; with what was there before, the function of the first
 * layer is y / s - m / s. */
static void columns_keep_their_directions(void **state) {
  (void)state;
  gan_network *network = parse("f64; input 7; bias 3; dense 5"), *before;
  assert_ok(gan_network_clone(network, &before));
  uint64_t version = network->version;
  assert_ok(gan_network_start_from_data(network, rows, ROWS, 1));
  assert_int_equal(network->version, version + 1);
  double old[WIDTH * 5];
  memcpy(old, parameter(before, "dense_1", "weight"), sizeof old);
  const double *new = parameter(network, "dense_1", "weight");
  for (int32_t j = 0; j < 5; j++)
    for (int32_t i = 0; i < WIDTH; i++) {
      double ratio = new[j] / old[j];
      assert_true(ratio > 0);
      assert_true(fabs(new[i * 5 + j] - ratio *old[i * 5 + j]) <= 1e-14);
    }
  gan_network_destroy(before);
  gan_network_destroy(network);
}

/* What holds for the drawn latents holds for others within the error of estimates from 20,000:
 * deviations of means and variances are below 0.01. Seeds alone decide about bits. */
static void latents_are_drawn_for_generators(void **state) {
  (void)state;
  static float latents[MOST_ROWS * 5];
  gan_network *network = parse("f64; latent 5 uniform 0 1; dense 20 relu; dense 7"), *same, *other;
  assert_ok(gan_network_clone(network, &same));
  assert_ok(gan_network_clone(network, &other));
  assert_ok(gan_network_start_from_data(network, NULL, MOST_ROWS, 1));
  assert_ok(gan_network_start_from_data(same, NULL, MOST_ROWS, 1));
  assert_ok(gan_network_start_from_data(other, NULL, MOST_ROWS, 2));
  uint64_t bytes = (uint64_t)network->parameter_bytes;
  assert_memory_equal(network->storage, same->storage, bytes);
  assert_memory_not_equal(network->storage, other->storage, bytes);
  gan_generator *generator;
  assert_ok(gan_generator_create(context, network, &generator));
  assert_ok(gan_generator_latents(generator, MOST_ROWS, 77, latents));
  check_layers(network, latents, MOST_ROWS, "", 0.05);
  gan_generator_destroy(generator);
  /* Latents of the caller's own are as good. */
  assert_ok(gan_network_start_from_data(same, latents, 300, 1));
  check_layers(same, latents, 300, "", 1e-10);
  gan_network_destroy(network);
  gan_network_destroy(same);
  gan_network_destroy(other);
}

static void threads_do_not_change_bits(void **state) {
  (void)state;
  gan_network *one = parse(deep + 5), *four;
  assert_ok(gan_network_clone(one, &four));
  assert_ok(gan_context_set_threads(context, 1));
  assert_ok(gan_network_start_from_data(one, rows, ROWS, 1));
  assert_ok(gan_context_set_threads(context, 4));
  assert_ok(gan_network_start_from_data(four, rows, ROWS, 1));
  assert_memory_equal(one->storage, four->storage, (uint64_t)one->parameter_bytes);
  gan_network_destroy(one);
  gan_network_destroy(four);
}

/* A layer of which anything is frozen keeps all; the layers behind it are started on what it makes.
 */
static void frozen_layers_stay(void **state) {
  (void)state;
  gan_network *network = parse(deep), *before;
  assert_ok(gan_network_clone(network, &before));
  assert_ok(gan_network_set_frozen(network, "dense_2/bias", 1));
  assert_ok(gan_network_start_from_data(network, rows, ROWS, 1));
  for (int32_t i = 0; i < network->parameter_count; i++) {
    uint64_t bytes = (uint64_t)gan_network_parameter_elements(network, i) * sizeof(double);
    if (i == 2 || i == 3)
      assert_memory_equal(network->pointers[i], before->pointers[i], bytes);
    else
      assert_memory_not_equal(network->pointers[i], before->pointers[i], bytes);
  }
  check_layers(network, rows, ROWS, "dense_2", 1e-10);
  gan_network_destroy(before);
  gan_network_destroy(network);
}

/* ---- Refusals. ---- */

static void set_element(gan_network *network, const char *name, int64_t index, double value) {
  double room[WIDEST];
  int32_t i = 0;
  while (strcmp(gan_network_parameter_name(network, i), name) != 0)
    i++;
  int64_t count = gan_network_parameter_elements(network, i);
  assert_ok(gan_network_get_parameter_f64(network, name, room, count));
  room[index] = value;
  assert_ok(gan_network_set_parameter_f64(network, name, room, count));
}

static void assert_refused(gan_network *network, const float *in, int64_t n, gan_status status,
                           const char *message) {
  gan_network *before;
  assert_ok(gan_network_clone(network, &before));
  uint64_t version = network->version;
  assert_int_equal(gan_network_start_from_data(network, in, n, 1), status);
  assert_message(message);
  assert_int_equal(network->version, version);
  assert_memory_equal(network->storage, before->storage, (uint64_t)network->parameter_bytes);
  gan_network_destroy(before);
}

static void bad_rows_change_nothing(void **state) {
  (void)state;
  gan_network *network = parse("input 7; dense 4 relu; dense 2");
  assert_refused(network, NULL, 5, GAN_ERROR_ARGUMENT, "rows is NULL");
  assert_refused(network, rows, 1, GAN_ERROR_ARGUMENT, "n is 1");
  assert_refused(network, rows, -3, GAN_ERROR_ARGUMENT, "n is -3");
  assert_refused(network, rows, INT64_MAX, GAN_ERROR_LIMIT, "n is 9223372036854775807");
  float bad[3 * WIDTH] = {0};
  bad[WIDTH + 2] = (float)NAN;
  assert_refused(network, bad, 3, GAN_ERROR_NOT_FINITE, "row 1");
  static const float same[4 * WIDTH]; /* 0 everywhere */
  assert_refused(network, same, 4, GAN_ERROR_ARGUMENT, "dense_1");
  assert_message("same for all 4 rows");
  assert_ok(gan_network_set_frozen(network, "dense_1", 1));
  assert_ok(gan_network_set_frozen(network, "dense_2", 1));
  assert_refused(network, rows, ROWS, GAN_ERROR_ARGUMENT, "not frozen");
  gan_network_destroy(network);
  assert_int_equal(gan_network_start_from_data(NULL, rows, 2, 1), GAN_ERROR_ARGUMENT);
  assert_ok(gan_network_create(context, GAN_F32, &network));
  assert_int_equal(gan_network_start_from_data(network, rows, 2, 1), GAN_ERROR_STATE);
  gan_network_destroy(network);
}

/* Equal rows differ by rounding at most, whatever the values: with a large bias too. The second
 * layer's faults are found after the first was started in the working copy. */
static void units_without_variance_are_named(void **state) {
  (void)state;
  static float equal[50 * WIDTH];
  for (int32_t i = 0; i < 50 * WIDTH; i++)
    equal[i] = rows[i % WIDTH];
  static const char *const texts[] = {"input 7; bias 1000; dense 4", "f64; input 7; dense 4",
                                      "input 7; dense 4"};
  for (int32_t i = 0; i < 3; i++) {
    gan_network *network = parse(texts[i]);
    assert_refused(network, equal, 50, GAN_ERROR_ARGUMENT, "dense_1");
    gan_network_destroy(network);
  }
  gan_network *network = parse("input 7; dense 4 tanh; dense 3");
  for (int32_t i = 0; i < 4; i++)
    set_element(network, "dense_2/weight", 3 * i + 2, 0);
  assert_refused(network, rows, ROWS, GAN_ERROR_ARGUMENT, "dense_2");
  assert_message("unit 2");
  gan_network_destroy(network);
}

/* Every row twice: each has a neighbour at distance 0. */
static void rows_without_distance_are_refused(void **state) {
  (void)state;
  float twice[20 * WIDTH];
  for (int32_t i = 0; i < 20 * WIDTH; i++)
    twice[i] = rows[i % (10 * WIDTH)];
  gan_network *network =
      parse("input 7; minibatch_discrimination 4 3 normalized name=near; dense 2");
  assert_refused(network, twice, 20, GAN_ERROR_ARGUMENT, "layer near: to kernel 0");
  gan_network_destroy(network);
  network = parse("input 7; dense 4; virtual_batch_norm; dense 2");
  assert_refused(network, rows, ROWS, GAN_ERROR_STATE, "reference");
  gan_network_destroy(network);
}

/* Sums beyond f32, and a deviation of which the inverse is. */
static void numbers_too_large_are_refused(void **state) {
  (void)state;
  gan_network *network = parse("input 2; init constant 1e30; dense 4");
  static const float large[4] = {1e10F, 0, 0, 1};
  assert_refused(network, large, 2, GAN_ERROR_NOT_FINITE, "dense_1");
  gan_network_destroy(network);
  network = parse("input 2; dense 1");
  set_element(network, "dense_1/weight", 0, 1e-3);
  set_element(network, "dense_1/weight", 1, 1);
  static const float tiny[4] = {0, 1e-37F, 0, -1e-37F}; /* the second weight becomes 1e37 */
  assert_ok(gan_network_start_from_data(network, tiny, 2, 1));
  set_element(network, "dense_1/weight", 0, 1e5); /* and now 1e5 * 1e37 */
  set_element(network, "dense_1/weight", 1, 1);
  assert_refused(network, tiny, 2, GAN_ERROR_NOT_FINITE, "dense_1/weight");
  gan_network_destroy(network);
}

static void cancelling_changes_nothing(void **state) {
  (void)state;
  gan_network *network = parse(deep);
  assert_ok(gan_context_cancel(context));
  assert_refused(network, rows, ROWS, GAN_ERROR_CANCELLED, "0 of 6 stages");
  assert_ok(gan_network_start_from_data(network, rows, ROWS, 1));
  gan_network_destroy(network);
}

static void failing_allocations_change_nothing(void **state) {
  (void)state;
  gan_network *network = parse(
                  "f64; input 7; weight_norm on; maxout 4 2; noise 0.1; batch_norm; "
                  "minibatch_discrimination 2 2 normalized; dense 2"),
              *copy;
  assert_ok(gan_network_clone(network, &copy));
  copy->site = network->site; /* the same noise */
  uint64_t bytes = (uint64_t)network->parameter_bytes;
  gan_status status;
  FAIL_EACH_ALLOCATION(context, &counter, status, {
    status = gan_network_start_from_data(network, rows, ROWS, 1);
    if (status != GAN_OK) assert_memory_equal(network->storage, copy->storage, bytes);
  });
  assert_ok(gan_network_start_from_data(copy, rows, ROWS, 1));
  assert_memory_equal(network->storage, copy->storage, bytes);
  gan_network_destroy(copy);
  gan_network_destroy(network);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(every_layer_is_standard_f64, set_up, tear_down),
      cmocka_unit_test_setup_teardown(every_layer_is_standard_f32, set_up, tear_down),
      cmocka_unit_test_setup_teardown(weight_norm_and_maxout_are_standard, set_up, tear_down),
      cmocka_unit_test_setup_teardown(noise_and_dropout_are_on, set_up, tear_down),
      cmocka_unit_test_setup_teardown(minibatch_distances_are_scaled, set_up, tear_down),
      cmocka_unit_test_setup_teardown(columns_keep_their_directions, set_up, tear_down),
      cmocka_unit_test_setup_teardown(latents_are_drawn_for_generators, set_up, tear_down),
      cmocka_unit_test_setup_teardown(threads_do_not_change_bits, set_up, tear_down),
      cmocka_unit_test_setup_teardown(frozen_layers_stay, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bad_rows_change_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(units_without_variance_are_named, set_up, tear_down),
      cmocka_unit_test_setup_teardown(rows_without_distance_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(numbers_too_large_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(cancelling_changes_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(failing_allocations_change_nothing, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
