/* SPDX-License-Identifier: MIT */
/* Job: adds layers to an unfinished network; the first error sticks. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "nn/initialise.h"
#include "nn/layer_rules.h"

gan_status gan__network_fail(gan_network *network, const char *layer, gan_status status,
                             const char *format, ...) {
  if (network->status != GAN_OK) return network->status;
  char text[GAN__MESSAGE_MAX];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  network->status = gan__fail(network->context, status, "%s%s%s%s", *layer ? "layer " : "", layer,
                              *layer ? ": " : "", text);
  memcpy(network->message, network->context->message, sizeof network->message);
  return status;
}

/* Raises the sticking error, or one that does not stick when the network is finished. */
gan_status gan__network_open(const gan_network *network) {
  if (network->status != GAN_OK)
    return gan__fail(network->context, network->status, "%s", network->message);
  if (network->frozen)
    return gan__fail(network->context, GAN_ERROR_STATE,
                     "the network is finished; its layers cannot change any more");
  return GAN_OK;
}

gan_status gan__network_name(gan_network *network, gan__layer *layer, const char *name,
                             uint64_t length) {
  if (length > 0 && length < GAN__LAYER_NAME_MAX) {
    memcpy(layer->name, name, length);
    layer->name[length] = 0;
    return GAN_OK;
  }
  GAN_TRY(gan__network_open(network));
  return gan__network_fail(
      network, "", GAN_ERROR_ARGUMENT, "the name of a %s layer has %llu bytes; allowed are 1 to %d",
      gan__layer_rows[layer->kind].name, (unsigned long long)length, GAN__LAYER_NAME_MAX - 1);
}

/* Names appear in files, messages and the text, so they are plain words. */
static bool name_valid(const char *name) {
  for (const char *at = name; *at; at++) {
    bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_';
    bool digit = *at >= '0' && *at <= '9';
    if (!letter && (!digit || at == name)) return false;
  }
  return *name != 0;
}

/* "dense_2" for the second dense layer; sources are "input" and "latent". */
static void default_name(const gan_network *network, const gan__layer *layer,
                         char name[GAN__LAYER_NAME_MAX]) {
  const gan__layer_row *row = &gan__layer_rows[layer->kind];
  int32_t number = 1;
  for (uint64_t i = 0; i < network->layer_count; i++)
    number += network->layers[i].kind == layer->kind;
  if (row->inputs)
    snprintf(name, GAN__LAYER_NAME_MAX, "%s_%d", row->name, number);
  else
    snprintf(name, GAN__LAYER_NAME_MAX, "%s", row->name);
}

static gan_status set_name(gan_network *network, gan__layer *layer) {
  char usual[GAN__LAYER_NAME_MAX] = "";
  default_name(network, layer, usual);
  if (!*layer->name) memcpy(layer->name, usual, sizeof usual);
  layer->named = strcmp(layer->name, usual) != 0;
  if (!name_valid(layer->name))
    return gan__network_fail(network, usual, GAN_ERROR_ARGUMENT,
                             "the name is not a letter or _, followed by letters, digits and _");
  for (uint64_t i = 0; i < network->layer_count; i++)
    if (!strcmp(network->layers[i].name, layer->name))
      return gan__network_fail(network, layer->name, GAN_ERROR_ARGUMENT,
                               "another layer has this name already");
  return GAN_OK;
}

static gan_status check_inputs(gan_network *network, const gan__layer *layer) {
  if (layer->input_count == 0 && network->layer_count > 0)
    return gan__network_fail(network, layer->name, GAN_ERROR_STATE,
                             "a network begins with one input or latent; %s is there already",
                             network->layers[0].name);
  for (int32_t i = 0; i < layer->input_count; i++)
    if (layer->inputs[i] < 0 || (uint64_t)layer->inputs[i] >= network->layer_count)
      return gan__network_fail(network, layer->name, GAN_ERROR_ARGUMENT,
                               "value %d does not exist; the network has %llu", layer->inputs[i],
                               (unsigned long long)network->layer_count);
  return GAN_OK;
}

static gan_status append(gan_network *network, const gan__layer *given) {
  GAN_TRY(gan__network_open(network));
  if (network->layer_count >= GAN__LAYERS_MAX)
    return gan__network_fail(network, "", GAN_ERROR_LIMIT, "a network has at most %d layers",
                             GAN__LAYERS_MAX);
  GAN_TRY(gan__reserve(network->context, &network->layers, &network->layer_capacity,
                       network->layer_count + 1, sizeof *network->layers));
  gan__layer layer = *given;
  layer.input_count = gan__layer_rows[layer.kind].inputs;
  layer.weight = network->weight;
  layer.bias = network->bias;
  layer.weight_norm = network->weight_norm && gan__layer_rows[layer.kind].norms_weight;
  layer.parameter = network->parameter_count;
  layer.parameter_count = 0;
  GAN_TRY(set_name(network, &layer));
  GAN_TRY(check_inputs(network, &layer));
  GAN_TRY(gan__layer_rows[layer.kind].infer(network, &layer));
  network->layers[network->layer_count++] = layer;
  return GAN_OK;
}

/* An error that did not come through gan__network_fail sticks as well: an allocation that failed.
 */
static gan_status stick(gan_network *network, gan_status status) {
  if (status != GAN_OK && !network->frozen && network->status == GAN_OK) {
    network->status = status;
    memcpy(network->message, network->context->message, sizeof network->message);
  }
  return status;
}

int32_t gan__network_append(gan_network *network, const gan__layer *layer) {
  if (stick(network, append(network, layer)) != GAN_OK) return -1;
  return (int32_t)network->layer_count - 1;
}

gan_status gan__network_initialiser(gan_network *network, bool bias, gan__initialiser initialiser) {
  GAN_TRY(gan__network_open(network));
  const char *reason = gan__initialiser_refuse(&initialiser, bias);
  char a[32], b[32];
  if (reason)
    return gan__network_fail(
        network, "", GAN_ERROR_ARGUMENT, "%s initialiser %d with the numbers %s and %s: %s",
        bias ? "bias" : "weight", initialiser.kind, gan__text_double(a, initialiser.a),
        gan__text_double(b, initialiser.b), reason);
  int32_t numbers = gan__initialiser_rows[initialiser.kind].numbers;
  if (numbers < 1) initialiser.a = 0; /* so that equal settings have equal bits */
  if (numbers < 2) initialiser.b = 0;
  *(bias ? &network->bias : &network->weight) = initialiser;
  return GAN_OK;
}

gan_status gan__network_weight_norm(gan_network *network, bool on) {
  GAN_TRY(gan__network_open(network));
  network->weight_norm = on;
  return GAN_OK;
}

gan_status gan__network_reference_rows(gan_network *network, int64_t rows) {
  GAN_TRY(gan__network_open(network));
  if (rows < 1 || rows > GAN__REFERENCE_ROWS_MAX)
    return gan__network_fail(network, "", rows < 1 ? GAN_ERROR_ARGUMENT : GAN_ERROR_LIMIT,
                             "the reference batch has %lld rows; allowed are 1 to %d",
                             (long long)rows, GAN__REFERENCE_ROWS_MAX);
  if (network->reference >= 0)
    return gan__network_fail(network, "", GAN_ERROR_STATE,
                             "the reference batch has %lld rows already, since the first "
                             "virtual_batch_norm",
                             (long long)network->parameters[network->reference].shape.dims[0]);
  network->reference_rows = rows;
  return GAN_OK;
}
