/* SPDX-License-Identifier: MIT */
/* Job: the table of layers, and what all of them check and declare. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "nn/layer_rules.h"

bool gan__setting_valid(double value) {
  return fabs(value) <= GAN__SETTING_MAX; /* false for NaN */
}

gan_status gan__layer_check(gan_network *network, const gan__layer *layer, bool holds,
                            const char *what, double value, const char *allowed) {
  char number[32];
  if (holds) return GAN_OK;
  return gan__network_fail(network, layer->name, GAN_ERROR_ARGUMENT, "%s is %s; allowed is %s",
                           what, gan__text_double(number, value), allowed);
}

gan_status gan__layer_check_number(gan_network *network, const gan__layer *layer, const char *what,
                                   double value) {
  return gan__layer_check(network, layer, gan__setting_valid(value), what, value, "-1e30 to 1e30");
}

gan_status gan__layer_check_size(gan_network *network, const gan__layer *layer, const char *what,
                                 int64_t size) {
  if (size >= 1 && size <= GAN__UNITS_MAX) return GAN_OK;
  return gan__network_fail(network, layer->name, size < 1 ? GAN_ERROR_ARGUMENT : GAN_ERROR_LIMIT,
                           "%s is %lld; allowed is 1 to %d", what, (long long)size, GAN__UNITS_MAX);
}

gan_status gan__layer_declare(gan_network *network, gan__layer *layer,
                              const gan__declaration *declaration) {
  const char *name = declaration->name;
  gan__shape shape = declaration->shape;
  /* Sizes are at most 2^24 each, so a product of two cannot overflow. */
  int64_t bytes = gan__shape_count(&shape) * gan__dtype_size(network->dtype);
  bytes = (bytes + GAN__ALIGNMENT - 1) / GAN__ALIGNMENT * GAN__ALIGNMENT;
  if (network->parameter_bytes + bytes > GAN__PARAMETER_BYTES_MAX) {
    char text[GAN__SHAPE_TEXT];
    return gan__network_fail(network, layer->name, GAN_ERROR_LIMIT,
                             "with the %s %s the parameters would take %lld bytes; allowed are "
                             "%lld",
                             name, gan__shape_text(text, &shape),
                             (long long)(network->parameter_bytes + bytes),
                             (long long)GAN__PARAMETER_BYTES_MAX);
  }
  GAN_TRY(gan__reserve(network->context, &network->parameters, &network->parameter_capacity,
                       (uint64_t)network->parameter_count + 1, sizeof *network->parameters));
  gan__parameter *parameter = &network->parameters[network->parameter_count];
  *parameter = (gan__parameter){.layer = (int32_t)network->layer_count,
                                .role = declaration->role,
                                .shape = shape,
                                .initialiser = declaration->initialiser};
  bool bare = declaration->bare;
  snprintf(parameter->name, sizeof parameter->name, "%s%s%s", bare ? "" : layer->name,
           bare ? "" : "/", name);
  network->parameter_bytes += bytes;
  network->parameter_count++;
  layer->parameter_count++;
  return GAN_OK;
}

const gan__shape *gan__layer_input_shape(const gan_network *network, const gan__layer *layer) {
  return &network->layers[layer->inputs[0]].shape;
}

gan__id gan__work_rows(const gan__work *work) {
  gan__id x = work->inputs[0];
  if (x == GAN__NONE) return GAN__NONE;
  gan__shape shape = gan__node_at(work->graph, x)->shape;
  if (shape.rank == 2) return x;
  int64_t flat[2] = {shape.dims[0], gan__shape_product(&shape, 1, shape.rank)};
  gan__shape rows = gan__shape_make(2, flat);
  return gan__op_reshape(work->graph, x, &rows);
}

uint64_t gan__work_site(const gan__work *work, const char *purpose) {
  uint64_t layer = gan__join(work->network->site, gan__hash_text(work->layer->name));
  return gan__join(gan__join(work->pass->site, layer), gan__hash_text(purpose));
}

int32_t gan__layer_kind(const char *name, int64_t length) {
  for (int32_t kind = 0; kind < GAN__LAYER_KINDS; kind++)
    if ((int64_t)strlen(gan__layer_rows[kind].name) == length
        && !strncmp(gan__layer_rows[kind].name, name, (size_t)length))
      return kind;
  return -1;
}

/* ---- The table. ---- */

/* clang-format off */
#define AT(member) offsetof(gan__layer, member)
#define SIZE(member, what) {GAN__FIELD_SIZE, NULL, AT(member), NAN, what}
#define NUMBER(member, usual, what) {GAN__FIELD_NUMBER, NULL, AT(member), usual, what}
#define KEYED(word, member, usual, what) {GAN__FIELD_NUMBER, word, AT(member), usual, what}
#define OPTION(word, bits) {GAN__FIELD_OPTION, word, bits, 0, NULL}
#define EPSILON \
  KEYED("epsilon", a, GAN__NORM_EPSILON, "a number behind epsilon=, such as epsilon=1e-5")
#define DECAY KEYED("decay", b, GAN__NORM_DECAY, "a number behind decay=, such as decay=0.99")
#define SCALE_AND_SHIFT OPTION("no_scale", GAN_NORM_NO_SCALE), OPTION("no_shift", GAN_NORM_NO_SHIFT)
#define ACTIVE .inputs = 1, .activation = true
#define LINEAR .weighted = true, .norms_weight = true, .begin = gan__begin_linear
#define RULES(name) .infer = gan__infer_##name, .build = gan__build_##name
#define SIMPLE(name) .infer = gan__infer_activation, .build = gan__build_##name

const gan__layer_row gan__layer_rows[GAN__LAYER_KINDS] = {
    [GAN__LAYER_INPUT] = {"input", .infer = gan__infer_input_layer,
        .print = gan__print_input_layer},
    [GAN__LAYER_LATENT] = {"latent", .infer = gan__infer_latent_layer,
        .print = gan__print_latent_layer},
    [GAN__LAYER_SCALE] = {"scale", 1, RULES(scale_layer),
        .fields = {NUMBER(a, NAN, "the factor, a number")}},
    [GAN__LAYER_DENSE] = {"dense", 1, LINEAR, RULES(dense_layer),
        .fields = {SIZE(size, "the number of units, such as 128")}},
    [GAN__LAYER_TANH] = {"tanh", ACTIVE, SIMPLE(tanh)},
    [GAN__LAYER_SIGMOID] = {"sigmoid", ACTIVE, SIMPLE(sigmoid)},
    [GAN__LAYER_RELU] = {"relu", ACTIVE, SIMPLE(relu)},
    [GAN__LAYER_LEAKY_RELU] = {"leaky_relu", ACTIVE, RULES(leaky_relu),
        .fields = {NUMBER(a, GAN__LEAKY_SLOPE, "the slope, a number")}},
    [GAN__LAYER_SOFTPLUS] = {"softplus", ACTIVE, SIMPLE(softplus)},
    [GAN__LAYER_ELU] = {"elu", ACTIVE, RULES(elu),
        .fields = {NUMBER(a, GAN__ELU_ALPHA, "alpha, a number")}},
    [GAN__LAYER_SOFTMAX] = {"softmax", ACTIVE, SIMPLE(softmax)},
    [GAN__LAYER_MAXOUT] = {"maxout", 1, LINEAR, RULES(maxout_layer),
        .fields = {SIZE(size, "the number of units, such as 240"),
                   SIZE(pieces, "the number of pieces of a unit, such as 5")}},
    [GAN__LAYER_DROPOUT] = {"dropout", 1, RULES(dropout),
        .fields = {NUMBER(a, NAN, "the share that is kept, such as 0.5")}},
    [GAN__LAYER_NOISE] = {"noise", 1, RULES(noise),
        .fields = {NUMBER(a, NAN, "the standard deviation, such as 0.3")}},
    [GAN__LAYER_BATCH_NORM] = {"batch_norm", 1, .couples_in_training = true, RULES(batch_norm),
        .fields = {EPSILON, DECAY, SCALE_AND_SHIFT}},
    [GAN__LAYER_LAYER_NORM] = {"layer_norm", 1, RULES(layer_norm),
        .fields = {EPSILON, SCALE_AND_SHIFT}},
    [GAN__LAYER_VIRTUAL_BATCH_NORM] = {"virtual_batch_norm", 1, RULES(virtual_batch_norm),
        .begin = gan__begin_virtual_batch_norm, .fields = {EPSILON, SCALE_AND_SHIFT}},
    [GAN__LAYER_MINIBATCH] = {"minibatch_discrimination", 1, .weighted = true,
        .couples_in_training = true, .couples_always = true, RULES(minibatch),
        .fields = {SIZE(size, "the number of kernels, such as 32"),
                   SIZE(pieces, "the dimensions of a kernel, such as 5"),
                   OPTION("with_self", GAN_MINIBATCH_WITH_SELF),
                   OPTION("normalized", GAN_MINIBATCH_NORMALIZED)}},
};
/* clang-format on */
