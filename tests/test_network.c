/* SPDX-License-Identifier: MIT */
/* libgan/nn/network.c and assemble.c: building by calls, questions, copies, failures. */
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

#include "failing.h"
#include "nn/layer.h"

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

static gan_network *create(int32_t dtype) {
  gan_network *network = NULL;
  assert_int_equal(gan_network_create(context, dtype, &network), GAN_OK);
  return network;
}

static gan_network *parse(const char *text) {
  gan_network *network = NULL;
  if (gan_network_parse(context, text, &network) != GAN_OK)
    fail_msg("%s", gan_context_message(context));
  return network;
}

#define assert_message(part)                                                                       \
  do {                                                                                             \
    if (!strstr(gan_context_message(context), part))                                               \
      fail_msg("\"%s\" is not in \"%s\"", part, gan_context_message(context));                     \
  } while (0)

/* Everything that calls can build; the text tells what was made. */
static gan_network *build_all(int32_t dtype) {
  gan_network *network = create(dtype);
  int64_t dims[3] = {4, 3, 2};
  int32_t value = gan_network_input(network, 3, dims);
  value = gan_network_scale(network, value, 0.25);
  gan_network_set_initializer(network, GAN_INIT_ORTHOGONAL, 0.8, 123);
  gan_network_set_bias_initializer(network, GAN_INIT_CONSTANT, 0.5, 123);
  value = gan_network_dense(network, value, 5, "first");
  value = gan_network_leaky_relu(network, value, 0.3);
  value = gan_network_dense(network, value, 6, NULL);
  for (int32_t kind = GAN_ACTIVATION_TANH; kind <= GAN_ACTIVATION_SOFTPLUS; kind++)
    value = gan_network_activation(network, value, kind);
  gan_network_set_initializer(network, GAN_INIT_HE, 0, 0);
  value = gan_network_dense(network, value, 1, NULL);
  assert_int_equal(value, 10);
  return network;
}

static const char all_text[] =
    "input 4x3x2; scale 0.25; init orthogonal 0.8; bias 0.5; "
    "dense 5 leaky_relu 0.3 name=first; dense 6 tanh; sigmoid; relu; "
    "leaky_relu 0.2; softplus; init he; dense 1";

static void calls_build_what_the_text_says(void **state) {
  (void)state;
  gan_network *network = build_all(GAN_F32);
  assert_string_equal(gan_network_text(network), "");
  assert_int_equal(gan_network_finish(network, 10), GAN_OK);
  assert_string_equal(gan_network_text(network), all_text);
  gan_network *parsed = parse(gan_network_text(network));
  assert_int_equal(parsed->layer_count, network->layer_count);
  for (uint64_t i = 0; i < network->layer_count; i++)
    assert_string_equal(parsed->layers[i].name, network->layers[i].name);
  gan_network_destroy(network);
  gan_network_destroy(parsed);

  network = create(GAN_F64);
  int32_t value = gan_network_latent(network, 3, GAN_LATENT_UNIFORM, -1, 2);
  assert_int_equal(gan_network_finish(network, gan_network_dense(network, value, 2, NULL)), GAN_OK);
  assert_string_equal(gan_network_text(network), "f64; latent 3 uniform -1 2; dense 2");
  gan_network_destroy(network);
}

/* The layers of layers.h. */
static void calls_build_every_layer(void **state) {
  (void)state;
  gan_network *network = create(GAN_F32);
  int32_t value = gan_network_latent(network, 62, GAN_LATENT_NORMAL, 0, 0);
  value = gan_network_add_latent(network, 10, GAN_LATENT_CATEGORICAL, 7, 8);
  value = gan_network_add_latent(network, 2, GAN_LATENT_UNIFORM, -1, 1);
  assert_int_equal(gan_network_set_reference_rows(network, 5), GAN_OK);
  assert_int_equal(gan_network_set_weight_norm(network, 1), GAN_OK);
  value = gan_network_maxout(network, value, 4, 3, "wide");
  value = gan_network_elu(network, value, 0.5);
  value = gan_network_dropout(network, value, 0.8);
  value = gan_network_noise(network, value, 0.3);
  value = gan_network_batch_norm(network, value, 1e-3, 0.9, GAN_NORM_NO_SCALE);
  value = gan_network_layer_norm(network, value, 1e-5, GAN_NORM_NO_SHIFT);
  value =
      gan_network_virtual_batch_norm(network, value, 1e-5, GAN_NORM_NO_SCALE | GAN_NORM_NO_SHIFT);
  assert_int_equal(gan_network_set_weight_norm(network, 0), GAN_OK);
  value = gan_network_minibatch_discrimination(network, value, 3, 2, GAN_MINIBATCH_WITH_SELF);
  value = gan_network_dense(network, value, 2, NULL);
  value = gan_network_activation(network, value, GAN_ACTIVATION_ELU);
  value = gan_network_activation(network, value, GAN_ACTIVATION_SOFTMAX);
  assert_int_equal(value, 11);
  assert_int_equal(gan_network_finish(network, value), GAN_OK);
  static const char text[] =
      "latent 62 normal + 10 categorical + 2 uniform -1 1; weight_norm on; maxout 4 3 name=wide; "
      "elu 0.5; dropout 0.8; noise 0.3; batch_norm epsilon=0.001 decay=0.9 no_scale; "
      "layer_norm epsilon=1e-05 no_shift; reference 5; virtual_batch_norm epsilon=1e-05 no_scale "
      "no_shift; minibatch_discrimination 3 2 with_self; weight_norm off; dense 2 elu 1; softmax";
  assert_string_equal(gan_network_text(network), text);
  static const struct {
    const char *name;
    int64_t dims[2];
    gan__role role;
  } parameters[] = {{"wide/weight", {74, 12}, GAN__TRAINED},
                    {"wide/bias", {12, 0}, GAN__TRAINED},
                    {"wide/scale", {12, 0}, GAN__TRAINED},
                    {"batch_norm_1/shift", {4, 0}, GAN__TRAINED},
                    {"batch_norm_1/mean", {4, 0}, GAN__STATISTIC},
                    {"batch_norm_1/variance", {4, 0}, GAN__STATISTIC},
                    {"layer_norm_1/scale", {4, 0}, GAN__TRAINED},
                    {"reference", {5, 74}, GAN__FIXED},
                    {"minibatch_discrimination_1/weight", {4, 6}, GAN__TRAINED},
                    {"dense_1/weight", {7, 2}, GAN__TRAINED},
                    {"dense_1/bias", {2, 0}, GAN__TRAINED}};
  assert_int_equal(gan_network_parameter_count(network), 11);
  for (int32_t i = 0; i < 11; i++) {
    assert_string_equal(gan_network_parameter_name(network, i), parameters[i].name);
    assert_int_equal(gan_network_parameter_dim(network, i, 0), parameters[i].dims[0]);
    assert_int_equal(gan_network_parameter_dim(network, i, 1), parameters[i].dims[1]);
    assert_int_equal(network->parameters[i].role, parameters[i].role);
  }
  gan_network *copy;
  assert_int_equal(gan_network_clone(network, &copy), GAN_OK);
  assert_string_equal(gan_network_text(copy), text);
  assert_int_equal(copy->latent_count, 3);
  assert_int_equal(gan__network_usable(copy), GAN_OK);
  gan_network_destroy(network);
  gan_network_destroy(copy);
}

static void questions_have_answers(void **state) {
  (void)state;
  gan_network *network = build_all(GAN_F64);
  assert_int_equal(gan_network_finish(network, 10), GAN_OK);
  static const struct {
    const char *name, *kind;
    int32_t rank;
    int64_t last;
  } layers[] = {{"input", "input", 3, 2},
                {"scale_1", "scale", 3, 2},
                {"first", "dense", 1, 5},
                {"leaky_relu_1", "leaky_relu", 1, 5},
                {"dense_2", "dense", 1, 6},
                {"tanh_1", "tanh", 1, 6},
                {"sigmoid_1", "sigmoid", 1, 6},
                {"relu_1", "relu", 1, 6},
                {"leaky_relu_2", "leaky_relu", 1, 6},
                {"softplus_1", "softplus", 1, 6},
                {"dense_3", "dense", 1, 1}};
  assert_int_equal(gan_network_layer_count(network), 11);
  for (int32_t i = 0; i < 11; i++) {
    assert_string_equal(gan_network_layer_name(network, i), layers[i].name);
    assert_string_equal(gan_network_layer_kind(network, i), layers[i].kind);
    assert_int_equal(gan_network_layer_rank(network, i), layers[i].rank);
    assert_int_equal(gan_network_layer_dim(network, i, layers[i].rank - 1), layers[i].last);
  }
  static const struct {
    const char *name;
    int32_t rank;
    int64_t dims[2], elements;
  } parameters[] = {{"first/weight", 2, {24, 5}, 120}, {"first/bias", 1, {5, 0}, 5},
                    {"dense_2/weight", 2, {5, 6}, 30}, {"dense_2/bias", 1, {6, 0}, 6},
                    {"dense_3/weight", 2, {6, 1}, 6},  {"dense_3/bias", 1, {1, 0}, 1}};
  assert_int_equal(gan_network_parameter_count(network), 6);
  assert_int_equal(gan_network_parameter_total(network), 168);
  for (int32_t i = 0; i < 6; i++) {
    assert_string_equal(gan_network_parameter_name(network, i), parameters[i].name);
    assert_int_equal(gan_network_parameter_rank(network, i), parameters[i].rank);
    assert_int_equal(gan_network_parameter_dim(network, i, 0), parameters[i].dims[0]);
    assert_int_equal(gan_network_parameter_dim(network, i, 1), parameters[i].dims[1]);
    assert_int_equal(gan_network_parameter_elements(network, i), parameters[i].elements);
    assert_int_equal((uintptr_t)network->parameters[i].data % 64, 0);
  }
  assert_int_equal(gan_network_dtype(network), GAN_F64);
  assert_int_equal(gan_network_input_rank(network), 3);
  assert_int_equal(gan_network_input_dim(network, 0), 4);
  assert_int_equal(gan_network_input_width(network), 24);
  assert_int_equal(gan_network_output_rank(network), 1);
  assert_int_equal(gan_network_output_dim(network, 0), 1);
  assert_int_equal(gan_network_output_width(network), 1);
  gan_network_destroy(network);
}

/* NULL, indices out of range, unfinished networks. */
static void questions_without_answers(void **state) {
  (void)state;
  gan_network *unfinished = build_all(GAN_F32), *finished = parse("input 2; dense 3");
  gan_network *const networks[] = {NULL, unfinished, finished};
  static const int32_t indices[] = {-1, 2, INT32_MAX, INT32_MIN};
  for (size_t n = 0; n < 3; n++)
    for (size_t i = 0; i < 4; i++) {
      const gan_network *network = networks[n];
      int32_t layer = indices[i] == 2 ? 12 : indices[i];
      assert_null(gan_network_layer_name(network, layer));
      assert_null(gan_network_layer_kind(network, layer));
      assert_int_equal(gan_network_layer_rank(network, layer), 0);
      assert_int_equal(gan_network_layer_dim(network, layer, 0), 0);
      assert_int_equal(gan_network_layer_dim(network, 1, indices[i] == 2 ? 5 : indices[i]), 0);
      assert_null(gan_network_parameter_name(network, indices[i]));
      assert_int_equal(gan_network_parameter_rank(network, indices[i]), 0);
      assert_int_equal(gan_network_parameter_dim(network, indices[i], 0), 0);
      assert_int_equal(gan_network_parameter_dim(network, 0, indices[i]), 0);
      assert_int_equal(gan_network_parameter_elements(network, indices[i]), 0);
      assert_int_equal(gan_network_output_dim(network, indices[i]), 0);
    }
  for (size_t n = 0; n < 2; n++) {
    assert_string_equal(gan_network_text(networks[n]), "");
    assert_int_equal(gan_network_parameter_count(networks[n]), 0);
    assert_int_equal(gan_network_parameter_total(networks[n]), 0);
    assert_int_equal(gan_network_output_rank(networks[n]), 0);
    assert_int_equal(gan_network_output_width(networks[n]), 0);
    assert_null(gan_network_parameter_name(networks[n], 0));
  }
  assert_int_equal(gan_network_dtype(NULL), 0);
  assert_int_equal(gan_network_layer_count(NULL), 0);
  assert_int_equal(gan_network_input_rank(NULL), 0);
  assert_int_equal(gan_network_input_dim(NULL, 0), 0);
  assert_int_equal(gan_network_input_width(NULL), 0);
  assert_int_equal(gan_network_input_width(unfinished), 24);
  gan_network_destroy(unfinished);
  gan_network_destroy(finished);
  gan_network_destroy(NULL);
}

/* One bad call in the middle of good ones. */
enum { BAD_TEXT = 200 };
/* clang-format off */
static void bad_call(gan_network *network, int32_t value, int which) {
  const int64_t dims[6] = {1, 1, 1, 1, 1, 1}, zero[1] = {0}, negative[2] = {2, -3};
  char name[BAD_TEXT];
  memset(name, 'a', sizeof name);
  name[BAD_TEXT - 1] = 0;
  switch (which) {
  case 0: gan_network_dense(network, value, 0, NULL); break;
  case 1: gan_network_dense(network, value, -1, NULL); break;
  case 2: gan_network_dense(network, value, INT64_MAX, NULL); break;
  case 3: gan_network_dense(network, 99, 3, NULL); break;
  case 4: gan_network_dense(network, -7, 3, NULL); break;
  case 5: gan_network_dense(network, value, 3, "no spaces"); break;
  case 6: gan_network_dense(network, value, 3, ""); break;
  case 7: gan_network_dense(network, value, 3, name); break;
  case 8: gan_network_dense(network, value, 3, "input"); break;
  case 9: gan_network_activation(network, value, 0); break;
  case 10: gan_network_activation(network, value, 8); break;
  case 11: gan_network_activation(network, 99, GAN_ACTIVATION_RELU); break;
  case 12: gan_network_leaky_relu(network, value, 1.5); break;
  case 13: gan_network_leaky_relu(network, value, (double)NAN); break;
  case 14: gan_network_scale(network, value, (double)INFINITY); break;
  case 15: gan_network_scale(network, value, (double)NAN); break;
  case 16: gan_network_scale(network, INT32_MIN, 1); break;
  case 17: gan_network_input(network, 1, dims); break;
  case 18: gan_network_input(network, 0, dims); break;
  case 19: gan_network_input(network, 6, dims); break;
  case 20: gan_network_input(network, 1, NULL); break;
  case 21: gan_network_input(network, 1, zero); break;
  case 22: gan_network_input(network, 2, negative); break;
  case 23: gan_network_latent(network, 5, GAN_LATENT_NORMAL, 0, 0); break;
  case 24: gan_network_set_initializer(network, 0, 0, 0); break;
  case 25: gan_network_set_initializer(network, 7, 0, 0); break;
  case 26: gan_network_set_initializer(network, GAN_INIT_NORMAL, (double)NAN, 1); break;
  case 27: gan_network_set_initializer(network, GAN_INIT_UNIFORM, 2, 1); break;
  case 28: gan_network_set_bias_initializer(network, GAN_INIT_HE, 0, 0); break;
  case 29: gan_network_set_bias_initializer(network, GAN_INIT_CONSTANT, 1e31, 0); break;
  default: break;
  }
}
/* clang-format on */

static void the_first_error_sticks(void **state) {
  (void)state;
  static const struct {
    gan_status status;
    const char *message;
  } expected[] = {
      {GAN_ERROR_ARGUMENT, "layer dense_2: units is 0; allowed is 1 to 16777216"},
      {GAN_ERROR_ARGUMENT, "layer dense_2: units is -1; allowed is 1 to 16777216"},
      {GAN_ERROR_LIMIT, "layer dense_2: units is 9223372036854775807; allowed is 1 to 16777216"},
      {GAN_ERROR_ARGUMENT, "layer dense_2: value 99 does not exist; the network has 2"},
      {GAN_ERROR_ARGUMENT, "layer dense_2: value -7 does not exist; the network has 2"},
      {GAN_ERROR_ARGUMENT,
       "layer dense_2: the name is not a letter or _, followed by letters, "
       "digits and _"},
      {GAN_ERROR_ARGUMENT, "the name of a dense layer has 0 bytes; allowed are 1 to 63"},
      {GAN_ERROR_ARGUMENT, "the name of a dense layer has 199 bytes; allowed are 1 to 63"},
      {GAN_ERROR_ARGUMENT, "layer input: another layer has this name already"},
      {GAN_ERROR_ARGUMENT, "activation 0 does not exist; GAN_ACTIVATION_* are 1 to 7"},
      {GAN_ERROR_ARGUMENT, "activation 8 does not exist; GAN_ACTIVATION_* are 1 to 7"},
      {GAN_ERROR_ARGUMENT, "layer relu_1: value 99 does not exist; the network has 2"},
      {GAN_ERROR_ARGUMENT, "layer leaky_relu_1: slope is 1.5; allowed is 0 to 1"},
      {GAN_ERROR_ARGUMENT, "layer leaky_relu_1: slope is nan; allowed is 0 to 1"},
      {GAN_ERROR_ARGUMENT, "layer scale_1: factor is inf; allowed is -1e30 to 1e30"},
      {GAN_ERROR_ARGUMENT, "layer scale_1: factor is nan; allowed is -1e30 to 1e30"},
      {GAN_ERROR_ARGUMENT, "layer scale_1: value -2147483648 does not exist; the network has 2"},
      {GAN_ERROR_ARGUMENT, "layer input: another layer has this name already"},
      {GAN_ERROR_ARGUMENT, "layer input: rank is 0; allowed is 1 to 5"},
      {GAN_ERROR_ARGUMENT, "layer input: rank is 6; allowed is 1 to 5"},
      {GAN_ERROR_ARGUMENT, "layer input: dims is NULL"},
      {GAN_ERROR_ARGUMENT, "layer input: another layer has this name already"},
      {GAN_ERROR_ARGUMENT, "layer input: another layer has this name already"},
      {GAN_ERROR_STATE,
       "layer latent: a network begins with one input or latent; input is there "
       "already"},
      {GAN_ERROR_ARGUMENT, "weight initialiser 0 with the numbers 0 and 0: no such initialiser"},
      {GAN_ERROR_ARGUMENT, "weight initialiser 7 with the numbers 0 and 0: no such initialiser"},
      {GAN_ERROR_ARGUMENT,
       "weight initialiser 2 with the numbers nan and 1: numbers go from -1e30 "
       "to 1e30"},
      {GAN_ERROR_ARGUMENT,
       "weight initialiser 1 with the numbers 2 and 1: the lower end is above "
       "the upper one"},
      {GAN_ERROR_ARGUMENT,
       "bias initialiser 4 with the numbers 0 and 0: a bias can be uniform, "
       "normal or constant"},
      {GAN_ERROR_ARGUMENT,
       "bias initialiser 6 with the numbers 1e+31 and 0: numbers go from -1e30 "
       "to 1e30"},
  };
  for (int i = 0; i < (int)(sizeof expected / sizeof *expected); i++) {
    gan_network *network = create(GAN_F32);
    int64_t dims[1] = {2};
    int32_t value = gan_network_dense(network, gan_network_input(network, 1, dims), 3, NULL);
    bad_call(network, value, i);
    assert_int_equal(gan_network_layer_count(network), 2);
    /* What comes afterwards is ignored, good or bad. */
    assert_int_equal(gan_network_dense(network, value, 3, NULL), -1);
    assert_int_equal(gan_network_scale(network, -1, 3), -1);
    assert_int_equal(gan_network_latent(network, 3, 9, 0, 0), -1);
    assert_int_equal(gan_network_input(network, 99, NULL), -1);
    assert_int_equal(gan_network_activation(network, value, 77), -1);
    assert_int_equal(gan_network_set_initializer(network, GAN_INIT_HE, 0, 0), expected[i].status);
    assert_int_equal(gan_network_create(context, 99, NULL), GAN_ERROR_ARGUMENT);
    assert_int_equal(gan_network_finish(network, value), expected[i].status);
    assert_string_equal(gan_context_message(context), expected[i].message);
    gan_network *copy = NULL;
    assert_int_equal(gan_network_clone(network, &copy), GAN_ERROR_STATE);
    assert_message("the network could not be built: ");
    gan_network_destroy(network);
  }
}

static void first_sources_are_checked(void **state) {
  (void)state;
  static const struct {
    int64_t size;
    int32_t kind;
    double low, high;
    const char *message;
  } latents[] = {
      {0, 1, 0, 0, "layer latent: size is 0; allowed is 1 to 16777216"},
      {5, 0, 0, 0,
       "layer latent: distribution is 0; allowed are 1 (normal), 2 (uniform) and 3 (categorical)"},
      {5, 4, 0, 0,
       "layer latent: distribution is 4; allowed are 1 (normal), 2 (uniform) and 3 (categorical)"},
      {5, 2, 0, 0, "layer latent: low is 0 and high 0; low must be below high"},
      {5, 2, (double)NAN, 0, "layer latent: low is nan; allowed is -1e30 to 1e30"},
      {5, 2, 0, (double)INFINITY, "layer latent: high is inf; allowed is -1e30 to 1e30"},
  };
  for (size_t i = 0; i < sizeof latents / sizeof *latents; i++) {
    gan_network *network = create(GAN_F32);
    int32_t value = gan_network_latent(network, latents[i].size, latents[i].kind, latents[i].low,
                                       latents[i].high);
    assert_int_equal(value, -1);
    assert_int_equal(gan_network_finish(network, value), GAN_ERROR_ARGUMENT);
    assert_string_equal(gan_context_message(context), latents[i].message);
    gan_network_destroy(network);
  }
  const int64_t sizes[2] = {2, -3};
  gan_network *network = create(GAN_F32);
  assert_int_equal(gan_network_input(network, 2, sizes), -1);
  assert_int_equal(gan_network_finish(network, 0), GAN_ERROR_ARGUMENT);
  assert_string_equal(gan_context_message(context),
                      "layer input: a size is -3; allowed is 1 to 16777216");
  gan_network_destroy(network);
}

static void total_size_is_bounded(void **state) {
  (void)state;
  gan_network *network = create(GAN_F32);
  int64_t dims[1] = {1 << 16};
  int32_t value = gan_network_input(network, 1, dims);
  value = gan_network_dense(network, value, 1 << 14, NULL); /* 4 GiB */
  value = gan_network_dense(network, value, 1 << 16, NULL); /* 4 GiB more, and biases */
  assert_int_equal(value, -1);
  assert_int_equal(gan_network_finish(network, value), GAN_ERROR_LIMIT);
  assert_message("layer dense_2: with the weight [16384, 65536] the parameters would take");
  gan_network_destroy(network);
}

static void finishing_is_checked_and_can_be_repeated(void **state) {
  (void)state;
  gan_network *network = create(GAN_F32), *copy = NULL;
  assert_int_equal(gan_network_finish(network, 0), GAN_ERROR_ARGUMENT);
  assert_message("the output is value 0, which does not exist; the network has 0 values");
  int64_t dims[1] = {2};
  int32_t input = gan_network_input(network, 1, dims);
  int32_t left = gan_network_dense(network, input, 3, "left");
  int32_t right = gan_network_dense(network, input, 3, "right");
  assert_int_equal(gan_network_finish(network, left), GAN_ERROR_ARGUMENT);
  assert_message("layer right does not lead to the output, value 1 (left)");
  assert_int_equal(gan_network_finish(network, right), GAN_ERROR_ARGUMENT);
  assert_message("layer left does not lead to the output, value 2 (right)");
  gan_network_destroy(network);

  network = create(GAN_F32);
  input = gan_network_input(network, 1, dims);
  assert_int_equal(gan_network_finish(network, -1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_clone(network, &copy), GAN_ERROR_STATE);
  assert_message("not finished");
  float number;
  assert_int_equal(gan_network_get_parameter(network, "dense_1/bias", &number, 1), GAN_ERROR_STATE);
  assert_int_equal(gan_network_set_parameter(network, "dense_1/bias", &number, 1), GAN_ERROR_STATE);
  assert_int_equal(gan_network_finish(network, input), GAN_OK);
  /* Finished: nothing changes any more, and trying does no harm. */
  assert_int_equal(gan_network_finish(network, input), GAN_ERROR_STATE);
  assert_int_equal(gan_network_dense(network, input, 3, NULL), -1);
  assert_message("the network is finished");
  assert_int_equal(gan_network_dense(network, input, 0, ""), -1);
  assert_int_equal(gan_network_activation(network, input, 99), -1);
  assert_int_equal(gan_network_set_initializer(network, GAN_INIT_HE, 0, 0), GAN_ERROR_STATE);
  assert_int_equal(gan_network_set_bias_initializer(network, 99, 0, 0), GAN_ERROR_STATE);
  assert_int_equal(gan_network_layer_count(network), 1);
  assert_int_equal(gan_network_clone(network, &copy), GAN_OK);
  assert_string_equal(gan_network_text(copy), "input 2");
  gan_network_destroy(network);
  gan_network_destroy(copy);
}

static void null_arguments_are_refused(void **state) {
  (void)state;
  gan_network *network = NULL;
  float number = 0;
  double wide = 0;
  assert_int_equal(gan_network_create(NULL, GAN_F32, &network), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_create(context, GAN_F32, NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_create(context, GAN_I32, &network), GAN_ERROR_ARGUMENT);
  assert_message("dtype is 3");
  assert_null(network);
  assert_int_equal(gan_network_clone(NULL, &network), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_finish(NULL, 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_set_initializer(NULL, 1, 0, 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_set_bias_initializer(NULL, 1, 0, 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_input(NULL, 1, NULL), -1);
  assert_int_equal(gan_network_latent(NULL, 1, 1, 0, 0), -1);
  assert_int_equal(gan_network_scale(NULL, 0, 1), -1);
  assert_int_equal(gan_network_dense(NULL, 0, 1, NULL), -1);
  assert_int_equal(gan_network_activation(NULL, 0, 1), -1);
  assert_int_equal(gan_network_leaky_relu(NULL, 0, 0.1), -1);
  network = parse("input 2; dense 1");
  assert_int_equal(gan_network_clone(network, NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_get_parameter(NULL, "a", &number, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_get_parameter(network, NULL, &number, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_get_parameter(network, "a", NULL, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_get_parameter_f64(network, NULL, &wide, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_set_parameter(network, NULL, &number, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_set_parameter(network, "a", NULL, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_set_parameter_f64(NULL, "a", &wide, 1), GAN_ERROR_ARGUMENT);
  gan_network_destroy(network);
}

static void clones_are_independent(void **state) {
  (void)state;
  gan_network *network = build_all(GAN_F64), *copy = NULL;
  assert_int_equal(gan_network_finish(network, 10), GAN_OK);
  assert_int_equal(gan_network_clone(network, &copy), GAN_OK);
  assert_string_equal(gan_network_text(copy), gan_network_text(network));
  assert_int_equal(copy->parameter_bytes, network->parameter_bytes);
  assert_memory_equal(copy->storage, network->storage, (size_t)network->parameter_bytes);
  assert_true(copy->site != network->site);
  double one = 1, back = 0;
  assert_int_equal(gan_network_set_parameter_f64(copy, "dense_3/bias", &one, 1), GAN_OK);
  assert_int_equal(gan_network_get_parameter_f64(network, "dense_3/bias", &back, 1), GAN_OK);
  assert_true(back == 0.5);
  gan_network_destroy(network);
  assert_int_equal(gan_network_get_parameter_f64(copy, "dense_3/bias", &back, 1), GAN_OK);
  assert_true(back == 1);
  gan_network_destroy(copy);
}

static void survives_every_failed_allocation(void **state) {
  (void)state;
  gan_network *network = NULL;
  gan_status status;
  FAIL_EACH_ALLOCATION(context, &counter, status, {
    status = gan_network_create(context, GAN_F32, &network);
    if (status == GAN_OK) {
      int64_t dims[1] = {20};
      int32_t value = gan_network_input(network, 1, dims);
      gan_network_set_initializer(network, GAN_INIT_ORTHOGONAL, 1, 0);
      for (int i = 0; i < 20; i++)
        value = gan_network_activation(network, gan_network_dense(network, value, 20, NULL), 1);
      status = gan_network_finish(network, value);
      if (status != GAN_OK) gan_network_destroy(network);
    }
  });
  gan_network *copy = NULL;
  FAIL_EACH_ALLOCATION(context, &counter, status, status = gan_network_clone(network, &copy));
  gan_network_destroy(network);
  gan_network_destroy(copy);
  /* Finishing that failed can be repeated. */
  network = create(GAN_F32);
  int64_t dims[1] = {3};
  int32_t value = gan_network_dense(network, gan_network_input(network, 1, dims), 3, NULL);
  FAIL_EACH_ALLOCATION(context, &counter, status, status = gan_network_finish(network, value));
  assert_string_equal(gan_network_text(network), "input 3; dense 3");
  gan_network_destroy(network);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(calls_build_what_the_text_says, set_up, tear_down),
      cmocka_unit_test_setup_teardown(calls_build_every_layer, set_up, tear_down),
      cmocka_unit_test_setup_teardown(questions_have_answers, set_up, tear_down),
      cmocka_unit_test_setup_teardown(questions_without_answers, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_first_error_sticks, set_up, tear_down),
      cmocka_unit_test_setup_teardown(first_sources_are_checked, set_up, tear_down),
      cmocka_unit_test_setup_teardown(total_size_is_bounded, set_up, tear_down),
      cmocka_unit_test_setup_teardown(finishing_is_checked_and_can_be_repeated, set_up, tear_down),
      cmocka_unit_test_setup_teardown(null_arguments_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(clones_are_independent, set_up, tear_down),
      cmocka_unit_test_setup_teardown(survives_every_failed_allocation, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
