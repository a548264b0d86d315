/* SPDX-License-Identifier: MIT */
/* Job: the public calls of layers.h: name the layer and its settings, call down. */
#include <gan/layers.h>
#include <string.h>

#include "nn/layer.h"

/* ---- Latents. ---- */

int32_t gan_network_add_latent(gan_network *network, int64_t size, int32_t kind, double low,
                               double high) {
  if (!network) return -1;
  return gan__network_add_latent(network, (gan__latent){size, kind, low, high});
}

/* ---- Activations and linear layers. ---- */

int32_t gan_network_elu(gan_network *network, int32_t value, double alpha) {
  if (!network) return -1;
  gan__layer layer = {.kind = GAN__LAYER_ELU, .inputs = {value}, .a = alpha};
  return gan__network_append(network, &layer);
}

int32_t gan_network_maxout(gan_network *network, int32_t value, int64_t units, int64_t pieces,
                           const char *name) {
  if (!network) return -1;
  gan__layer layer = {
      .kind = GAN__LAYER_MAXOUT, .inputs = {value}, .size = units, .pieces = pieces};
  if (name && gan__network_name(network, &layer, name, strlen(name)) != GAN_OK) return -1;
  return gan__network_append(network, &layer);
}

gan_status gan_network_set_weight_norm(gan_network *network, int32_t on) {
  if (!network) return GAN_ERROR_ARGUMENT;
  bool open = network->status == GAN_OK && !network->frozen;
  if (open && on != 0 && on != 1)
    return gan__network_fail(network, "", GAN_ERROR_ARGUMENT,
                             "weight norm is %d; allowed are 0 and 1", on);
  return gan__network_weight_norm(network, on);
}

/* ---- Layers that draw while training. ---- */

int32_t gan_network_dropout(gan_network *network, int32_t value, double keep) {
  if (!network) return -1;
  gan__layer layer = {.kind = GAN__LAYER_DROPOUT, .inputs = {value}, .a = keep};
  return gan__network_append(network, &layer);
}

int32_t gan_network_noise(gan_network *network, int32_t value, double deviation) {
  if (!network) return -1;
  gan__layer layer = {.kind = GAN__LAYER_NOISE, .inputs = {value}, .a = deviation};
  return gan__network_append(network, &layer);
}

/* ---- Normalisation. ---- */

int32_t gan_network_batch_norm(gan_network *network, int32_t value, double epsilon, double decay,
                               int32_t options) {
  if (!network) return -1;
  gan__layer layer = {.kind = GAN__LAYER_BATCH_NORM,
                      .inputs = {value},
                      .options = options,
                      .a = epsilon,
                      .b = decay};
  return gan__network_append(network, &layer);
}

int32_t gan_network_layer_norm(gan_network *network, int32_t value, double epsilon,
                               int32_t options) {
  if (!network) return -1;
  gan__layer layer = {
      .kind = GAN__LAYER_LAYER_NORM, .inputs = {value}, .options = options, .a = epsilon};
  return gan__network_append(network, &layer);
}

gan_status gan_network_set_reference_rows(gan_network *network, int64_t rows) {
  return network ? gan__network_reference_rows(network, rows) : GAN_ERROR_ARGUMENT;
}

int32_t gan_network_virtual_batch_norm(gan_network *network, int32_t value, double epsilon,
                                       int32_t options) {
  if (!network) return -1;
  gan__layer layer = {
      .kind = GAN__LAYER_VIRTUAL_BATCH_NORM, .inputs = {value}, .options = options, .a = epsilon};
  return gan__network_append(network, &layer);
}

/* ---- Layers that compare rows. ---- */

int32_t gan_network_minibatch_discrimination(gan_network *network, int32_t value, int64_t kernels,
                                             int64_t dimensions, int32_t options) {
  if (!network) return -1;
  gan__layer layer = {.kind = GAN__LAYER_MINIBATCH,
                      .inputs = {value},
                      .size = kernels,
                      .pieces = dimensions,
                      .options = options};
  return gan__network_append(network, &layer);
}
