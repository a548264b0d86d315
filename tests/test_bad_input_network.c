/* SPDX-License-Identifier: MIT */
/* Bad calls of network.h and model.h; texts are in test_bad_input_text.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bad_input.h"
#include "nn/network.h"

static const int64_t sizes[] = {3, 1, 1, 1, 1, 1};
static const int64_t none[] = {3, 0};
static const int64_t negative[] = {-7, 3};
static const int64_t huge[] = {INT64_MAX, INT64_MAX};
static const int64_t product[] = {1 << 24, 1 << 24};
static const char weight[] = "dense_1/weight"; /* of w->network: [3, 2] */

static const char *long_name(void) {
  static char name[301];
  memset(name, 'a', sizeof name - 1);
  return name;
}

/* ---- A network of its own, which ends in an error. ---- */

static gan_network *begin(world *w) {
  gan_network *network = NULL;
  assert_int_equal(gan_network_create(w->context, GAN_F32, &network), GAN_OK);
  w->made++;
  return network;
}

static gan_network *begin_with_input(world *w) {
  gan_network *network = begin(w);
  assert_int_equal(gan_network_input(network, 1, sizes), 0);
  return network;
}

/* The error stays, nothing more can be built, and the network is never finished. */
static gan_status end(gan_network *network, int32_t value) {
  char message[1024];
  assert_int_equal(value, -1);
  assert_int_equal(gan_network_dense(network, 0, 4, NULL), -1);
  gan_status status = gan_network_finish(network, 0);
  gan_context *context = network->context;
  snprintf(message, sizeof message, "%s", gan_context_message(context));
  assert_int_equal(gan_network_finish(network, value), status);
  assert_string_equal(gan_context_message(context), message);
  assert_string_equal(gan_network_text(network), "");
  assert_int_equal(gan_network_parameter_count(network), 0);
  gan_network_destroy(network);
  return status;
}

static gan_status network(world *w, int32_t dtype) {
  return gan_network_create(w->context, dtype, &w->out.network);
}

static gan_status input(world *w, int32_t rank, const int64_t *dims) {
  gan_network *made = begin(w);
  return end(made, gan_network_input(made, rank, dims));
}

static gan_status latent(world *w, int64_t size, int32_t kind, double low, double high) {
  gan_network *made = begin(w);
  return end(made, gan_network_latent(made, size, kind, low, high));
}

static gan_status second_source(world *w) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_latent(made, 3, GAN_LATENT_NORMAL, 0, 0));
}

static gan_status dense(world *w, int32_t value, int64_t units, const char *name) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_dense(made, value, units, name));
}

/* 2^24 times 2^12 weights of 4 bytes are 256 GiB. */
static gan_status too_many_parameters(world *w) {
  gan_network *made = begin_with_input(w);
  int32_t value = gan_network_dense(made, 0, 1 << 12, NULL);
  return end(made, gan_network_dense(made, value, 1 << 24, NULL));
}

static gan_status too_many_layers(world *w) {
  gan_network *made = begin_with_input(w);
  int32_t value = 0;
  for (int32_t i = 0; i < 4095; i++)
    value = gan_network_activation(made, value, GAN_ACTIVATION_TANH);
  assert_int_equal(value, 4095);
  return end(made, gan_network_activation(made, value, GAN_ACTIVATION_TANH));
}

static gan_status orthogonal_too_large(world *w) {
  gan_network *made = begin_with_input(w);
  assert_int_equal(gan_network_set_initializer(made, GAN_INIT_ORTHOGONAL, 1, 0), GAN_OK);
  int32_t value = gan_network_dense(made, 0, 8193, NULL);
  assert_int_equal(value, 1);
  return end(made, gan_network_dense(made, value, 8193, NULL));
}

static gan_status scale(world *w, double factor) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_scale(made, 0, factor));
}

static gan_status activation(world *w, int32_t kind) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_activation(made, 0, kind));
}

static gan_status leaky_relu(world *w, double slope) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_leaky_relu(made, 0, slope));
}

static gan_status initializer(world *w, int32_t kind, double a, double b) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_set_initializer(made, kind, a, b) == GAN_OK ? 0 : -1);
}

static gan_status bias_initializer(world *w, int32_t kind, double a, double b) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_set_bias_initializer(made, kind, a, b) == GAN_OK ? 0 : -1);
}

/* ---- Finishing. ---- */

/* Naming the right output afterwards finishes it. */
static gan_status loose_end(world *w) {
  gan_network *made = begin_with_input(w);
  int32_t value = gan_network_dense(made, 0, 4, NULL);
  gan_status status = gan_network_finish(made, 0);
  char message[1024];
  snprintf(message, sizeof message, "%s", gan_context_message(w->context));
  assert_int_equal(gan_network_finish(made, value), GAN_OK);
  assert_string_equal(gan_context_message(w->context), message);
  gan_network_destroy(made);
  return status;
}

static gan_status late_layer(world *w) {
  assert_int_equal(gan_network_dense(w->network, 0, 3, NULL), -1);
  return w->context->status;
}

static gan_status first_error_sticks(world *w) {
  gan_network *made = begin_with_input(w);
  int32_t value = gan_network_dense(made, 0, -1, NULL);
  value = gan_network_scale(made, value, (double)NAN);
  value = gan_network_activation(made, 99, 99);
  assert_int_not_equal(gan_network_set_initializer(made, 99, 0, 0), GAN_OK);
  return end(made, value);
}

/* The same network can be finished once there is memory. */
static gan_status finish_beyond_the_cap(world *w) {
  gan_network *made = begin_with_input(w);
  int32_t value = gan_network_dense(made, 0, 1 << 12, NULL);
  int64_t live = w->heap.live;
  w->heap.cap = w->heap.live_bytes + (1 << 12);
  gan_status status = gan_network_finish(made, value);
  w->heap.cap = 0;
  assert_int_equal(w->heap.live, live);
  assert_int_equal(gan_network_parameter_count(made), 0);
  assert_int_equal(gan_network_finish(made, value), GAN_OK);
  assert_int_equal(gan_network_parameter_count(made), 2);
  gan_network_destroy(made);
  return status;
}

/* ---- Parameters: the last value is the interesting one; nothing is written on failure. ---- */

static gan_status get(world *w, const gan_network *from, const char *name, int64_t count) {
  for (int32_t i = 0; i < 6; i++)
    w->values[i] = -5;
  gan_status status = gan_network_get_parameter(from, name, w->values, count);
  for (int32_t i = 0; i < 6; i++)
    assert_true(w->values[i] == -5);
  return status;
}

static gan_status set(world *w, const char *name, int64_t count, double last) {
  float values[6] = {1, 2, 3, 4, 5, (float)last};
  return gan_network_set_parameter(w->network, name, values, count);
}

static gan_status set_f64(world *w, const char *name, int64_t count, double last) {
  double values[6] = {1, 2, 3, 4, 5, last};
  return gan_network_set_parameter_f64(w->network, name, values, count);
}

/* ---- Roles and runs. ---- */

static gan_status generator_of(world *w, gan_network *of) {
  return gan_generator_create(w->context, of, &w->out.generator);
}

static gan_status discriminator_of(world *w, gan_network *of) {
  return gan_discriminator_create(w->context, of, &w->out.discriminator);
}

static gan_status judge(world *w, const char *text) {
  return gan_discriminator_parse(w->context, text, &w->out.discriminator);
}

static gan_status start_logits(world *w, const char *layer, double mean, int64_t count) {
  float means[2] = {(float)mean, (float)mean};
  return gan_network_start_logits(w->network, layer, means, count);
}

static gan_status start(world *w, gan_network *network, int64_t n) {
  return gan_network_start_from_data(network, w->real, n, 1);
}

static gan_status start_on_equal_rows(world *w) {
  float rows[] = {1, 2, 3, 1, 2, 3, 1, 2, 3};
  return gan_network_start_from_data(w->network, rows, 3, 1);
}

static gan_status start_with_nan(world *w) {
  float rows[] = {1, 2, 3, 4, NAN, 6};
  return gan_network_start_from_data(w->network, rows, 2, 1);
}

static gan_status start_cancelled(world *w) {
  assert_int_equal(gan_context_cancel(w->context), GAN_OK);
  return start(w, w->network, 4);
}

static gan_status latents_with_nan(world *w) {
  float latents[] = {1, 2, 3, 4, NAN, 6, 7, 8, 9};
  return gan_generator_run(w->generator, latents, 3, w->values);
}

static gan_status rows_with_nan(world *w) {
  float rows[] = {1, 2, 3, 4, 5, 6, 7, NAN};
  return gan_discriminator_run(w->discriminator, rows, 4, w->values);
}

/* Finite parameters can still overflow on the way; with the old ones it runs again. */
static gan_status parameters_too_large(world *w) {
  gan_network *own = gan_generator_network(w->generator);
  float old[2], large[] = {3e38f, 3e38f};
  float old_weights[8], weights[] = {3e38f, 0, 3e38f, 0, 3e38f, 0, 3e38f, 0};
  assert_int_equal(gan_network_get_parameter(own, "dense_2/bias", old, 2), GAN_OK);
  assert_int_equal(gan_network_get_parameter(own, "dense_2/weight", old_weights, 8), GAN_OK);
  assert_int_equal(gan_network_set_parameter(own, "dense_2/bias", large, 2), GAN_OK);
  assert_int_equal(gan_network_set_parameter(own, "dense_2/weight", weights, 8), GAN_OK);
  gan_status status = gan_generator_sample(w->generator, 4, 1, w->values);
  assert_int_equal(gan_network_set_parameter(own, "dense_2/bias", old, 2), GAN_OK);
  assert_int_equal(gan_network_set_parameter(own, "dense_2/weight", old_weights, 8), GAN_OK);
  return status;
}

static gan_status output_too_large_for_f32(world *w) {
  gan_generator *generator;
  GAN_TRY(gan_generator_parse(w->context, "f64; latent 1 normal; bias 1e29; dense 1; scale 1e30",
                              &generator));
  w->made++;
  gan_status status = gan_generator_sample(generator, 2, 1, w->values);
  double wide[2]; /* in double it is a number */
  if (status != GAN_OK) assert_int_equal(gan_generator_sample_f64(generator, 2, 1, wide), GAN_OK);
  gan_generator_destroy(generator);
  return status;
}

static gan_status sample_cancelled(world *w) {
  GAN_TRY(gan_context_cancel(w->context));
  gan_status status = gan_generator_sample(w->generator, 3, 1, w->values);
  assert_int_equal(gan_generator_sample(w->generator, 3, 1, w->values), GAN_OK);
  return status;
}

/* A copy has no plans yet. */
static gan_status sample_beyond_the_cap(world *w) {
  gan_generator *copy;
  GAN_TRY(gan_generator_clone(w->generator, &copy));
  w->made++;
  w->heap.cap = w->heap.live_bytes + 2048;
  gan_status status = gan_generator_sample(copy, 3, 1, w->values);
  w->heap.cap = 0;
  assert_int_equal(gan_generator_sample(copy, 3, 1, w->values), GAN_OK);
  gan_generator_destroy(copy);
  return status;
}

#define BAD BAD_FUNCTION
#include "bad_input_network.def"

static const bad_case cases[] = {
#define BAD BAD_ROW
#include "bad_input_network.def"
};

static void bad_networks_are_refused(void **state) {
  (void)state;
  assert_int_equal(bad_input_check(cases, BAD_COUNT(cases)), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bad_networks_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
