/* SPDX-License-Identifier: MIT */
/* Bad calls of layers.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gan/layers.h>

#include "bad_input.h"
#include "nn/network.h"

static gan_network *begin(world *w) {
  gan_network *network = NULL;
  assert_int_equal(gan_network_create(w->context, GAN_F32, &network), GAN_OK);
  w->made++;
  return network;
}

static gan_network *begin_with_input(world *w) {
  static const int64_t dims[1] = {3};
  gan_network *network = begin(w);
  assert_int_equal(gan_network_input(network, 1, dims), 0);
  return network;
}

/* The error stays: nothing more can be built, and the network is never finished. */
static gan_status end(gan_network *network, int32_t value) {
  assert_int_equal(value, -1);
  assert_int_equal(gan_network_noise(network, 0, 1), -1);
  assert_int_not_equal(gan_network_set_weight_norm(network, 1), GAN_OK);
  assert_int_not_equal(gan_network_set_reference_rows(network, 4), GAN_OK);
  gan_status status = gan_network_finish(network, 0);
  gan_network_destroy(network);
  return status;
}

/* ---- Latents. ---- */

static gan_status latent_behind_input(world *w) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_add_latent(made, 2, GAN_LATENT_NORMAL, 0, 0));
}

static gan_status part(world *w, int64_t size, int32_t kind, double low, double high) {
  gan_network *made = begin(w);
  assert_int_equal(gan_network_latent(made, 2, GAN_LATENT_NORMAL, 0, 0), 0);
  return end(made, gan_network_add_latent(made, size, kind, low, high));
}

/* ---- Layers. ---- */

static gan_status elu(world *w, double alpha) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_elu(made, 0, alpha));
}

static gan_status maxout(world *w, int32_t value, int64_t units, int64_t pieces, const char *name) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_maxout(made, value, units, pieces, name));
}

static gan_status maxout_too_large(world *w) {
  gan_network *made = begin_with_input(w);
  int32_t value = gan_network_maxout(made, 0, 1 << 12, 2, NULL);
  return end(made, gan_network_maxout(made, value, 1 << 20, 16, NULL));
}

static gan_status weight_norm(world *w, int32_t on) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_set_weight_norm(made, on) == GAN_OK ? 0 : -1);
}

/* Finishing fails, and can be repeated; it does not stick. */
static gan_status weight_norm_of_nothing(world *w) {
  gan_network *made = begin_with_input(w);
  gan_network_set_initializer(made, GAN_INIT_CONSTANT, 0, 0);
  assert_int_equal(gan_network_set_weight_norm(made, 1), GAN_OK);
  int32_t value = gan_network_dense(made, 0, 2, NULL);
  gan_status status = gan_network_finish(made, value);
  assert_int_equal(gan_network_parameter_count(made), 0);
  gan_network_destroy(made);
  return status;
}

static gan_status dropout(world *w, double keep) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_dropout(made, 0, keep));
}

static gan_status noise(world *w, double deviation) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_noise(made, 0, deviation));
}

static gan_status batch_norm(world *w, double epsilon, double decay, int32_t options) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_batch_norm(made, 0, epsilon, decay, options));
}

static gan_status layer_norm(world *w, double epsilon, int32_t options) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_layer_norm(made, 0, epsilon, options));
}

static gan_status virtual(world *w, double epsilon, int32_t options) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_virtual_batch_norm(made, 0, epsilon, options));
}

static gan_status reference_rows(world *w, int64_t rows) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_set_reference_rows(made, rows) == GAN_OK ? 0 : -1);
}

static gan_status reference_rows_too_late(world *w) {
  gan_network *made = begin_with_input(w);
  assert_int_equal(gan_network_virtual_batch_norm(made, 0, 1e-5, 0), 1);
  return end(made, gan_network_set_reference_rows(made, 4) == GAN_OK ? 0 : -1);
}

static gan_status minibatch(world *w, int64_t kernels, int64_t dimensions, int32_t options) {
  gan_network *made = begin_with_input(w);
  return end(made, gan_network_minibatch_discrimination(made, 0, kernels, dimensions, options));
}

#define BAD BAD_FUNCTION
#include "bad_input_layers.def"

static const bad_case cases[] = {
#define BAD BAD_ROW
#include "bad_input_layers.def"
};

static void bad_layers_are_refused(void **state) {
  (void)state;
  assert_int_equal(bad_input_check(cases, BAD_COUNT(cases)), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bad_layers_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
