/* SPDX-License-Identifier: MIT */
/* libgan/nn/generator.c, discriminator.c, runner.c: samples, runs, chunks, sharing, errors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/model.h>

#include "failing.h"
#include "graph/build.h"
#include "nn/model.h"
#include "nn/runner.h"
#include "plan/plan.h"

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

static gan_generator *generator(const char *text) {
  gan_generator *made = NULL;
  assert_ok(gan_generator_parse(context, text, &made));
  return made;
}

static gan_discriminator *discriminator(const char *text) {
  gan_discriminator *made = NULL;
  assert_ok(gan_discriminator_parse(context, text, &made));
  return made;
}

/* One row through a network, layer by layer in double: scale, dense, tanh and relu only. */
enum { WIDEST = 64 };
static void run_plainly(const gan_network *network, const double *in, double *out) {
  double x[WIDEST], y[WIDEST], values[WIDEST * WIDEST];
  int64_t width = gan_network_input_width(network);
  memcpy(x, in, (size_t)width * sizeof *x);
  for (int32_t i = 1; i < gan_network_layer_count(network); i++) {
    const gan__layer *layer = &network->layers[i];
    const char *kind = gan_network_layer_kind(network, i);
    if (!strcmp(kind, "dense")) {
      const gan__parameter *weight = &network->parameters[layer->parameter];
      const gan__parameter *bias = weight + 1;
      assert_ok(gan_network_get_parameter_f64(network, bias->name, y, layer->size));
      assert_ok(gan_network_get_parameter_f64(network, weight->name, values, width * layer->size));
      for (int64_t j = 0; j < layer->size; j++)
        for (int64_t k = 0; k < width; k++)
          y[j] += x[k] * values[k * layer->size + j];
      width = layer->size;
      memcpy(x, y, (size_t)width * sizeof *x);
    }
    for (int64_t j = 0; j < width; j++)
      x[j] = !strcmp(kind, "scale")  ? layer->a * x[j]
             : !strcmp(kind, "tanh") ? tanh(x[j])
             : !strcmp(kind, "relu") ? fmax(x[j], 0)
                                     : x[j];
  }
  memcpy(out, x, (size_t)width * sizeof *out);
}

/* Rows on both sides of every chunk's end: 1, 17, 145, 657, 1169. */
enum { ROWS = 1200, LATENT = 5, WIDTH = 3 };

static void samples_are_runs_of_their_latents(void **state) {
  (void)state;
  static const char *const texts[] = {
      "latent 5 normal; bias normal 0 1; dense 20 tanh; dense 9 relu; dense 3",
      "f64; latent 5 uniform -3 4; scale 0.5; bias normal 0 1; dense 20 tanh; dense 9 relu; dense "
      "3",
  };
  /* f32: some 40 roundings of 6e-8 at values of a few. */
  static const double tolerances[] = {2e-5, 1e-13};
  double *latents = malloc(ROWS * LATENT * sizeof *latents);
  double *samples = malloc(ROWS * WIDTH * sizeof *samples);
  double *runs = malloc(ROWS * WIDTH * sizeof *runs);
  for (int i = 0; i < 2; i++) {
    gan_generator *g = generator(texts[i]);
    assert_ok(gan_generator_sample_f64(g, ROWS, 11, samples));
    assert_ok(gan_generator_latents_f64(g, ROWS, 11, latents));
    assert_ok(gan_generator_run_f64(g, latents, ROWS, runs));
    assert_memory_equal(samples, runs, ROWS * WIDTH * sizeof *runs);
    for (int row = 0; row < ROWS; row++) {
      double expected[WIDEST];
      run_plainly(gan_generator_network(g), latents + row * LATENT, expected);
      for (int k = 0; k < WIDTH; k++)
        if (!(fabs(samples[row * WIDTH + k] - expected[k]) <= tolerances[i]))
          fail_msg("row %d: %g, expected %g", row, samples[row * WIDTH + k], expected[k]);
    }
    gan_generator_destroy(g);
  }
  free(latents);
  free(samples);
  free(runs);
}

/* 6000 numbers: the mean is off by 1 / sqrt(6000) = 0.013 deviations, the deviation by 0.009 of
 * itself for normal numbers. 0.06 is over four sigma, and the seed is fixed. */
static void latents_are_distributed_and_distinct(void **state) {
  (void)state;
  gan_generator *normal = generator("latent 5; dense 1");
  gan_generator *uniform = generator("latent 5 uniform 2 4; dense 1");
  enum { COUNT = ROWS * LATENT };
  static float n[COUNT], u[COUNT], other[COUNT];
  assert_ok(gan_generator_latents(normal, ROWS, 1, n));
  assert_ok(gan_generator_latents(uniform, ROWS, 1, u));
  assert_ok(gan_generator_latents(normal, ROWS, 2, other));
  double n_mean = 0, n_square = 0, u_mean = 0, product = 0;
  for (int i = 0; i < COUNT; i++) {
    n_mean += (double)n[i] / COUNT;
    n_square += (double)n[i] * (double)n[i] / COUNT;
    u_mean += (double)u[i] / COUNT;
    product += (double)n[i] * (double)other[i] / COUNT;
    assert_true(u[i] >= 2 && u[i] <= 4);
  }
  assert_true(fabs(n_mean) < 0.06 && fabs(n_square - 1) < 0.08);
  assert_true(fabs(u_mean - 3) < 0.06);
  assert_true(fabs(product) < 0.06); /* seeds are independent */
  for (int i = 1; i < ROWS; i++)     /* so are rows and chunks */
    for (int j = i > 20 ? i - 20 : 0; j < i; j++)
      assert_memory_not_equal(n + i * LATENT, n + j * LATENT, LATENT * sizeof *n);
  for (int i = 1; i < ROWS; i++)
    assert_memory_not_equal(n + i * LATENT, n, LATENT * sizeof *n);
  gan_generator_destroy(normal);
  gan_generator_destroy(uniform);
}

/* Sample i depends on (seed, i), not on how many there are, nor on threads. */
static void a_row_does_not_depend_on_the_others(void **state) {
  (void)state;
  static const int64_t counts[] = {1, 2, 3, 16, 17, 18, 144, 145, 146, 400, 656, 657, 658, 1199};
  gan_generator *g = generator("latent 5; dense 70 tanh; dense 33 leaky_relu; dense 3");
  static float all[ROWS * WIDTH], some[ROWS * WIDTH + 1];
  assert_ok(gan_generator_sample(g, ROWS, 5, all));
  for (int threads = 1; threads <= 3; threads++) {
    assert_ok(gan_context_set_threads(context, threads));
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
      size_t bytes = (size_t)counts[i] * WIDTH * sizeof *some;
      memset(some, 0x55, sizeof some);
      float guard = some[0];
      assert_ok(gan_generator_sample(g, counts[i], 5, some));
      assert_memory_equal(some, all, bytes);
      assert_memory_equal(&some[counts[i] * WIDTH], &guard, sizeof guard); /* not a row more */
    }
  }
  gan_generator_destroy(g);
}

static void discriminators_give_logits_and_probabilities(void **state) {
  (void)state;
  static const char *const texts[] = {
      "input 2x2; scale 0.5; bias normal 0 1; dense 20 tanh; dense 1",
      "f64; input 2x2; scale 0.5; bias normal 0 1; dense 20 tanh; dense 1"};
  static const double tolerances[] = {1e-5, 1e-13};
  static double x[ROWS * 4], logits[ROWS], probabilities[ROWS];
  static float narrow[ROWS * 4], narrow_logits[ROWS], narrow_probabilities[ROWS];
  for (int i = 0; i < ROWS * 4; i++)
    narrow[i] = (float)(x[i] = (double)(float)sin(i));
  for (int i = 0; i < 2; i++) {
    gan_discriminator *d = discriminator(texts[i]);
    assert_ok(gan_discriminator_run_f64(d, x, ROWS, logits));
    assert_ok(gan_discriminator_probabilities_f64(d, x, ROWS, probabilities));
    assert_ok(gan_discriminator_run(d, narrow, ROWS, narrow_logits));
    assert_ok(gan_discriminator_probabilities(d, narrow, ROWS, narrow_probabilities));
    for (int row = 0; row < ROWS; row++) {
      double expected[WIDEST];
      run_plainly(gan_discriminator_network(d), x + row * 4, expected);
      assert_true(fabs(logits[row] - expected[0]) <= tolerances[i]);
      assert_true(narrow_logits[row] == (float)logits[row]);
      double p = 1 / (1 + exp(-logits[row]));
      assert_true(fabs(probabilities[row] - p) <= 1e-15);
      assert_true(fabs((double)narrow_probabilities[row] - p) <= 1e-7);
    }
    for (int64_t n = 1; n < 20; n++) { /* a row's bits do not depend on the others */
      static double few[20];
      assert_ok(gan_discriminator_run_f64(d, x, n, few));
      assert_memory_equal(few, logits, (size_t)n * sizeof *few);
    }
    gan_discriminator_destroy(d);
  }
}

static void probabilities_are_stable_far_out(void **state) {
  (void)state;
  gan_discriminator *d = discriminator("f64; input 1; init constant 1; dense 1");
  static const double x[5] = {-1000, -100, 0, 100, 1000};
  double p[5];
  assert_ok(gan_discriminator_probabilities_f64(d, x, 5, p));
  assert_true(p[0] == 0 && fabs(p[1] / exp(-100) - 1) < 1e-12 && p[2] == 0.5);
  assert_true(p[3] == 1 && p[4] == 1);
  gan_discriminator_destroy(d);
}

static void warm_calls_do_not_allocate(void **state) {
  (void)state;
  gan_generator *g = generator("latent 5; dense 70 tanh; dense 3");
  gan_discriminator *d = discriminator("f64; input 3; dense 70 tanh; dense 1");
  assert_ok(gan_context_set_threads(context, 2));
  static float samples[ROWS * WIDTH], logits[ROWS], latents[ROWS * LATENT];
  static const int64_t counts[] = {ROWS, 700, 20, 1, 0};
  for (int pass = 0; pass < 2; pass++) {
    if (pass) counter.calls = 0;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
      assert_ok(gan_generator_sample(g, counts[i], 5, samples));
      assert_ok(gan_generator_latents(g, counts[i], 5, latents));
      assert_ok(gan_generator_run(g, latents, counts[i], samples));
      assert_ok(gan_discriminator_run(d, samples, counts[i], logits));
      assert_ok(gan_discriminator_probabilities(d, samples, counts[i], logits));
    }
  }
  assert_int_equal(counter.calls, 0);
  gan_generator_destroy(g);
  gan_discriminator_destroy(d);
}

/* The network is shared: writing its parameters shows in what it computes, at once. */
static void parameters_are_read_at_every_call(void **state) {
  (void)state;
  gan_network *network = NULL;
  assert_ok(gan_network_parse(context, "latent 2; init constant 0; dense 1", &network));
  gan_generator *g = NULL, *same = NULL, *copy = NULL;
  assert_ok(gan_generator_create(context, network, &g));
  assert_ok(gan_generator_create(context, network, &same));
  assert_ok(gan_generator_clone(g, &copy));
  assert_ptr_equal(gan_generator_network(g), network);
  assert_ptr_equal(gan_generator_network(same), network);
  assert_ptr_not_equal(gan_generator_network(copy), network);
  gan_network_destroy(network); /* the generators hold it */
  float x = 1, bias = 7;
  assert_ok(gan_generator_sample(g, 1, 0, &x));
  assert_true(x == 0);
  assert_ok(gan_network_set_parameter(gan_generator_network(same), "dense_1/bias", &bias, 1));
  assert_ok(gan_generator_sample(g, 1, 0, &x));
  assert_true(x == 7);
  assert_ok(gan_generator_sample(copy, 1, 0, &x));
  assert_true(x == 0);

  /* Other values of the parameters: for averaged weights. */
  static float weight[16] = {0}, other_bias[16] = {3};
  void *const data[2] = {weight, other_bias};
  float samples[20];
  assert_ok(gan__generator_sample_with(g, data, 20, 0, (gan__array){GAN_F32, samples}));
  for (int i = 0; i < 20; i++)
    assert_true(samples[i] == 3);
  assert_ok(gan_generator_sample(g, 1, 0, &x));
  assert_true(x == 7);
  gan_generator_destroy(g);
  gan_generator_destroy(same);
  gan_generator_destroy(copy);

  gan_discriminator *d = discriminator("input 1; init constant 2; dense 1"), *twin = NULL;
  assert_ok(gan_discriminator_clone(d, &twin));
  assert_ok(gan_network_set_parameter(gan_discriminator_network(d), "dense_1/bias", &bias, 1));
  float logit;
  assert_ok(gan_discriminator_run(twin, &bias, 1, &logit));
  assert_true(logit == 14);
  assert_ok(gan_discriminator_run(d, &bias, 1, &logit));
  assert_true(logit == 21);
  gan_discriminator_destroy(d);
  gan_discriminator_destroy(twin);
}

/* A clone and a copy made from the text and the parameters draw the same samples. */
static void samples_do_not_depend_on_the_handle(void **state) {
  (void)state;
  gan_generator *g = generator("latent 3; dense 4 tanh; dense 2"), *copy = NULL;
  gan_generator *rebuilt = generator(gan_network_text(gan_generator_network(g)));
  assert_ok(gan_generator_clone(g, &copy));
  const gan_network *network = gan_generator_network(g);
  for (int32_t i = 0; i < gan_network_parameter_count(network); i++) {
    float values[16];
    int64_t count = gan_network_parameter_elements(network, i);
    const char *name = gan_network_parameter_name(network, i);
    assert_ok(gan_network_get_parameter(network, name, values, count));
    assert_ok(gan_network_set_parameter(gan_generator_network(rebuilt), name, values, count));
  }
  float a[40], b[40], c[40];
  assert_ok(gan_generator_sample(g, 20, 9, a));
  assert_ok(gan_generator_sample(copy, 20, 9, b));
  assert_ok(gan_generator_sample(rebuilt, 20, 9, c));
  assert_memory_equal(a, b, sizeof a);
  assert_memory_equal(a, c, sizeof a);
  gan_generator_destroy(g);
  gan_generator_destroy(copy);
  gan_generator_destroy(rebuilt);
}

static void wrong_networks_are_refused(void **state) {
  (void)state;
  gan_generator *g = NULL;
  gan_discriminator *d = NULL;
  int64_t blocks = context->live_blocks;
  uint64_t objects = context->objects;
  assert_int_equal(gan_generator_parse(context, "input 2; dense 2", &g), GAN_ERROR_ARGUMENT);
  assert_message("a generator begins with a latent; this network begins with layer input");
  assert_int_equal(gan_generator_parse(context, "latent 2; dens 2", &g), GAN_ERROR_PARSE);
  assert_int_equal(gan_discriminator_parse(context, "latent 2; dense 1", &d), GAN_ERROR_ARGUMENT);
  assert_message("a discriminator begins with an input; this network begins with layer latent");
  assert_int_equal(gan_discriminator_parse(context, "input 2x3; tanh", &d), GAN_ERROR_SHAPE);
  assert_message("ends in one logit a row, or in a row of class logits; layer tanh_1 gives rows of "
                 "shape [2, 3]");
  assert_int_equal(gan_discriminator_parse(context, "input 2; dense 3 softmax", &d),
                   GAN_ERROR_ARGUMENT);
  assert_message("leave layer softmax_1 out");
  assert_int_equal(gan_discriminator_parse(context, "input 2; dense 1 sigmoid", &d),
                   GAN_ERROR_ARGUMENT);
  assert_message("leave layer sigmoid_1 out");
  assert_int_equal(context->live_blocks, blocks);
  assert_int_equal(context->objects, objects);

  failing other_counter;
  gan_context *other = failing_context(&other_counter);
  gan_network *network = NULL;
  assert_ok(gan_network_parse(context, "latent 2; dense 1", &network));
  assert_int_equal(gan_generator_create(other, network, &g), GAN_ERROR_CONTEXT);
  assert_int_equal(gan_discriminator_create(other, network, &d), GAN_ERROR_CONTEXT);
  assert_string_equal(gan_context_message(other), "the network belongs to another context");
  gan_network_destroy(network);
  gan_context_destroy(other);

  assert_ok(gan_network_create(context, GAN_F32, &network));
  gan_network_latent(network, 2, GAN_LATENT_NORMAL, 0, 0);
  assert_int_equal(gan_generator_create(context, network, &g), GAN_ERROR_STATE);
  gan_network_scale(network, 5, 1);
  assert_int_equal(gan_discriminator_create(context, network, &d), GAN_ERROR_STATE);
  assert_message("the network could not be built: layer scale_1: value 5 does not exist");
  gan_network_destroy(network);
  assert_null(g);
  assert_null(d);
}

static void arguments_are_checked(void **state) {
  (void)state;
  gan_generator *g = generator("latent 2; dense 3"), *made = NULL;
  gan_discriminator *d = discriminator("input 2; dense 1"), *made_d = NULL;
  gan_network *network = gan_generator_network(g);
  float x[4] = {0};
  double w[4] = {0};
  const gan_status statuses[] = {gan_generator_create(NULL, network, &made),
                                 gan_generator_create(context, NULL, &made),
                                 gan_generator_create(context, network, NULL),
                                 gan_generator_parse(NULL, "latent 2", &made),
                                 gan_generator_parse(context, NULL, &made),
                                 gan_generator_parse(context, "latent 2", NULL),
                                 gan_generator_clone(NULL, &made),
                                 gan_generator_clone(g, NULL),
                                 gan_generator_sample(NULL, 1, 0, x),
                                 gan_generator_sample(g, -1, 0, x),
                                 gan_generator_sample(g, 1, 0, NULL),
                                 gan_generator_sample_f64(g, INT64_MIN, 0, w),
                                 gan_generator_run(NULL, x, 1, x),
                                 gan_generator_run(g, NULL, 1, x),
                                 gan_generator_run(g, x, 1, NULL),
                                 gan_generator_run(g, x, -7, x),
                                 gan_generator_run_f64(NULL, w, 1, w),
                                 gan_generator_run_f64(g, NULL, 1, w),
                                 gan_generator_latents(NULL, 1, 0, x),
                                 gan_generator_latents(g, 1, 0, NULL),
                                 gan_generator_latents_f64(g, -1, 0, w),
                                 gan_discriminator_create(NULL, network, &made_d),
                                 gan_discriminator_create(context, NULL, &made_d),
                                 gan_discriminator_create(context, network, NULL),
                                 gan_discriminator_parse(NULL, "input 2", &made_d),
                                 gan_discriminator_parse(context, NULL, &made_d),
                                 gan_discriminator_parse(context, "input 1", NULL),
                                 gan_discriminator_clone(NULL, &made_d),
                                 gan_discriminator_clone(d, NULL),
                                 gan_discriminator_run(NULL, x, 1, x),
                                 gan_discriminator_run(d, NULL, 1, x),
                                 gan_discriminator_run(d, x, 1, NULL),
                                 gan_discriminator_run_f64(d, w, -1, w),
                                 gan_discriminator_probabilities(d, NULL, 1, x),
                                 gan_discriminator_probabilities_f64(d, w, 1, NULL)};
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
    assert_int_equal(statuses[i], GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_generator_sample(g, -1, 0, x), GAN_ERROR_ARGUMENT);
  assert_message("n is -1; allowed is 0 or more");
  assert_int_equal(gan_generator_run(g, NULL, 1, x), GAN_ERROR_ARGUMENT);
  assert_message("latents is NULL");
  assert_null(made);
  assert_null(made_d);
  assert_null(gan_generator_network(NULL));
  assert_null(gan_discriminator_network(NULL));
  gan_generator_destroy(NULL);
  gan_discriminator_destroy(NULL);
  /* Zero rows need no arrays. */
  assert_ok(gan_generator_sample(g, 0, 0, NULL));
  assert_ok(gan_generator_run(g, NULL, 0, NULL));
  assert_ok(gan_generator_latents(g, 0, 0, NULL));
  assert_ok(gan_discriminator_run(d, NULL, 0, NULL));
  static const int64_t huge[] = {INT64_MAX, INT64_MAX / 8, (INT64_C(1) << 62) / 16 + 1};
  for (size_t i = 0; i < sizeof huge / sizeof *huge; i++) {
    assert_int_equal(gan_generator_sample(g, huge[i], 0, x), GAN_ERROR_LIMIT);
    assert_message("rows of up to 3 numbers overflow every array");
    assert_int_equal(gan_discriminator_run(d, x, huge[i], x), GAN_ERROR_LIMIT);
    assert_message("rows of up to 2 numbers overflow every array");
  }
  gan_generator_destroy(g);
  gan_discriminator_destroy(d);
}

static void bad_values_are_noticed_and_named(void **state) {
  (void)state;
  gan_generator *g = generator(
      "latent 2; dense 3 tanh; init constant 1e30; dense 2 name=huge; "
      "dense 1 name=last");
  static float x[ROWS], latents[ROWS * 2];
  for (int i = 0; i < ROWS; i++)
    x[i] = 5;
  latents[2 * 900] = NAN;
  assert_int_equal(gan_generator_run(g, latents, ROWS, x), GAN_ERROR_NOT_FINITE);
  assert_message("row 900: ");
  assert_message("in input [512, 2]");
  for (int i = 657; i < ROWS; i++) /* the chunk with the bad row and all after it are untouched */
    assert_true(x[i] == 5);
  assert_int_equal(gan_generator_sample(g, 3, 0, x), GAN_ERROR_NOT_FINITE);
  assert_message("row 0: ");
  assert_message("generator/last");
  gan_generator_destroy(g);

  /* Finite in f64, but not in the caller's f32. */
  g = generator("f64; latent 1; init constant 0; bias 1e30; dense 1; init constant 1e20; dense 1");
  double wide;
  assert_ok(gan_generator_sample_f64(g, 1, 0, &wide));
  assert_true(wide > 1e49);
  assert_int_equal(gan_generator_sample(g, 1, 0, x), GAN_ERROR_NOT_FINITE);
  assert_message("row 0: the output 1e+50 is too large for f32");
  gan_generator_destroy(g);
}

static void cancelling_stops_between_chunks(void **state) {
  (void)state;
  gan_generator *g = generator("latent 2; dense 3");
  static float x[ROWS * 3];
  gan_context_cancel(context);
  assert_int_equal(gan_generator_sample(g, ROWS, 0, x), GAN_ERROR_CANCELLED);
  assert_message("cancelled after 0 of 1200 rows");
  assert_ok(gan_generator_sample(g, ROWS, 0, x)); /* the request is used up */
  gan_generator_destroy(g);
}

static void survives_every_failed_allocation(void **state) {
  (void)state;
  gan_generator *g = NULL, *copy = NULL;
  gan_discriminator *d = NULL, *twin = NULL;
  gan_status status;
  static float x[ROWS * WIDTH];
  static double logits[ROWS];
  FAIL_EACH_ALLOCATION(context, &counter, status,
                       status =
                           gan_generator_parse(context, "latent 5; dense 8 tanh; dense 3", &g));
  FAIL_EACH_ALLOCATION(
      context, &counter, status,
      status = gan_discriminator_parse(context, "f64; input 3; dense 8 relu; dense 1", &d));
  FAIL_EACH_ALLOCATION(context, &counter, status, status = gan_generator_clone(g, &copy));
  FAIL_EACH_ALLOCATION(context, &counter, status, status = gan_discriminator_clone(d, &twin));
  /* A plan that was made before the failure stays, to be used by the next call: so count only what
   * is left at the end. */
  int64_t before = context->live_blocks;
  for (int64_t n = 1, done = 0; !done; n++) {
    memset(x, 0, sizeof x);
    gan_generator_destroy(copy);
    assert_ok(gan_generator_clone(g, &copy));
    counter.calls = 0;
    counter.fail_at = n;
    status = gan_generator_sample(copy, ROWS, 3, x);
    counter.fail_at = 0;
    done = status == GAN_OK;
    if (done) break;
    assert_int_equal(status, GAN_ERROR_MEMORY);
    for (int i = 0; i < ROWS * WIDTH; i++)
      assert_true(x[i] == 0); /* nothing is half done */
  }
  for (int64_t n = 1, done = 0; !done; n++) {
    gan_discriminator_destroy(twin);
    assert_ok(gan_discriminator_clone(d, &twin));
    counter.calls = 0;
    counter.fail_at = n;
    static double rows[ROWS * WIDTH];
    status = gan_discriminator_run_f64(twin, rows, ROWS, logits);
    counter.fail_at = 0;
    done = status == GAN_OK;
    if (!done) assert_int_equal(status, GAN_ERROR_MEMORY);
  }
  gan_generator_destroy(copy);
  gan_discriminator_destroy(twin);
  copy = NULL;
  assert_ok(gan_generator_clone(g, &copy));
  assert_ok(gan_discriminator_clone(d, &twin));
  assert_int_equal(context->live_blocks, before);
  gan_generator_destroy(copy);
  gan_discriminator_destroy(twin);
  gan_generator_destroy(g);
  gan_discriminator_destroy(d);
}

/* In training each network has draws of its own, and each site another. */
static void training_draws_have_their_own_identity(void **state) {
  (void)state;
  gan_generator *g = generator("latent 4 uniform 1 2; dense 1"), *copy = NULL;
  assert_ok(gan_generator_clone(g, &copy));
  gan__graph *graph;
  assert_ok(gan__graph_create(context, &graph));
  gan__id a = gan__generator_latent(g, graph, 6, 1), b = gan__generator_latent(g, graph, 6, 2);
  gan__id c = gan__generator_latent(copy, graph, 6, 1);
  assert_int_equal(gan__generator_latent(g, graph, 6, 1), a);
  assert_true(a != b && a != c && b != c);
  assert_int_equal(gan__node_at(graph, a)->shape.dims[0], 6);
  assert_int_equal(gan__node_at(graph, a)->shape.dims[1], 4);
  gan__graph_destroy(graph);
  gan_generator_destroy(g);
  gan_generator_destroy(copy);
}

/* The trainer holds handles by reference. */
static void references_keep_handles_alive(void **state) {
  (void)state;
  gan_generator *g = generator("latent 2; dense 1");
  gan_discriminator *d = discriminator("input 1; dense 1");
  gan__generator_ref(g);
  gan__discriminator_ref(d);
  gan_generator_destroy(g);
  gan_discriminator_destroy(d);
  float x, logit;
  assert_ok(gan_generator_sample(g, 1, 0, &x));
  assert_ok(gan_discriminator_run(d, &x, 1, &logit));
  gan__generator_unref(g);
  gan__discriminator_unref(d);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(samples_are_runs_of_their_latents, set_up, tear_down),
      cmocka_unit_test_setup_teardown(latents_are_distributed_and_distinct, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_row_does_not_depend_on_the_others, set_up, tear_down),
      cmocka_unit_test_setup_teardown(discriminators_give_logits_and_probabilities, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(probabilities_are_stable_far_out, set_up, tear_down),
      cmocka_unit_test_setup_teardown(warm_calls_do_not_allocate, set_up, tear_down),
      cmocka_unit_test_setup_teardown(parameters_are_read_at_every_call, set_up, tear_down),
      cmocka_unit_test_setup_teardown(samples_do_not_depend_on_the_handle, set_up, tear_down),
      cmocka_unit_test_setup_teardown(wrong_networks_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(arguments_are_checked, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bad_values_are_noticed_and_named, set_up, tear_down),
      cmocka_unit_test_setup_teardown(cancelling_stops_between_chunks, set_up, tear_down),
      cmocka_unit_test_setup_teardown(survives_every_failed_allocation, set_up, tear_down),
      cmocka_unit_test_setup_teardown(training_draws_have_their_own_identity, set_up, tear_down),
      cmocka_unit_test_setup_teardown(references_keep_handles_alive, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
