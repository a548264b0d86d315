/* SPDX-License-Identifier: MIT */
/* Job: a copy of a finished network with minibatch discrimination in front of its last dense layer.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "nn/layer_rules.h"

/* The index of the last layer with a weight of inputs and units, or -1. */
static int32_t last_linear(const gan_network *network) {
  int32_t found = -1;
  for (int32_t i = 0; i < (int32_t)network->layer_count; i++)
    if (gan__layer_rows[network->layers[i].kind].norms_weight) found = i;
  return found;
}

/* Appends old layer `from` with its own settings; values[k] is what old value k is now. */
static int32_t append_copy(gan_network *made, const gan_network *network, int32_t from,
                           const int32_t *values) {
  gan__layer layer = network->layers[from];
  if (!layer.named) *layer.name = 0;
  for (int32_t k = 0; k < layer.input_count; k++)
    layer.inputs[k] = values[layer.inputs[k]];
  made->weight = layer.weight;
  made->bias = layer.bias;
  made->weight_norm = layer.weight_norm;
  if (layer.kind != GAN__LAYER_LATENT) return gan__network_append(made, &layer);
  layer.size = network->latents[0].size;
  int32_t value = gan__network_append(made, &layer);
  for (int32_t i = 1; i < network->latent_count && value >= 0; i++)
    value = gan__network_add_latent(made, network->latents[i]);
  return value;
}

/* All layers; the new one in front of layer `before`. */
static gan_status copy_layers(const gan_network *network, const gan__minibatch *minibatch,
                              int32_t before, gan_network *made, int32_t *values) {
  if (network->reference >= 0)
    made->reference_rows = network->parameters[network->reference].shape.dims[0];
  for (int32_t i = 0; i < (int32_t)network->layer_count; i++) {
    if (i == before) {
      int32_t input = network->layers[i].inputs[0];
      gan__layer layer = {.kind = GAN__LAYER_MINIBATCH,
                          .inputs = {values[input]},
                          .size = minibatch->kernels,
                          .pieces = minibatch->dimensions,
                          .options = minibatch->options};
      made->weight = network->layers[i].weight;
      values[input] = gan__network_append(made, &layer);
      if (values[input] < 0) return made->status;
    }
    values[i] = append_copy(made, network, i, values);
    if (values[i] < 0) return made->status;
  }
  made->weight = network->weight;
  made->bias = network->bias;
  made->weight_norm = network->weight_norm;
  return gan__network_finish(made, values[network->output]);
}

/* Where weight norm scales a longer weight, the old rows must count as before: g / |v| stays. */
static void keep_scale(const gan__parameter *weight, gan__array now, int64_t old_rows,
                       gan__array scale) {
  int64_t in = weight->shape.dims[0], out = weight->shape.dims[1];
  for (int64_t k = 0; k < out; k++) {
    double old = 0, all = 0;
    for (int64_t i = 0; i < in; i++) {
      double v = gan__array_at(now, i * out + k);
      all += v * v;
      if (i < old_rows) old += v * v;
    }
    gan__array_put(scale, k, gan__array_at(scale, k) * sqrt(all / old));
  }
}

/* Parameters of an old layer into those of the new one; only the first of a layer behind the new
 * one can be larger: its first rows are the old ones. */
static void copy_parameters(const gan_network *network, int32_t from, gan_network *made,
                            int32_t to) {
  const gan__layer *layer = &network->layers[from], *target = &made->layers[to];
  for (int32_t k = 0; k < layer->parameter_count; k++) {
    const gan__parameter *old = &network->parameters[layer->parameter + k];
    gan__parameter *parameter = &made->parameters[target->parameter + k];
    gan__array array = {made->dtype, parameter->data};
    gan__array_copy(array, (gan__array){network->dtype, old->data}, gan__shape_count(&old->shape));
    parameter->frozen = old->frozen;
  }
  const gan__parameter *weight = &made->parameters[target->parameter];
  if (!layer->weight_norm) return;
  int64_t rows = network->parameters[layer->parameter].shape.dims[0];
  if (rows < weight->shape.dims[0])
    keep_scale(weight, (gan__array){made->dtype, weight->data}, rows,
               (gan__array){made->dtype, weight[2].data});
}

gan_status gan__network_insert_minibatch(const gan_network *network,
                                         const gan__minibatch *minibatch, gan_network **copy) {
  gan_context *context = network->context;
  GAN_TRY(gan__network_ready(network));
  int32_t before = last_linear(network);
  if (before < 0)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "the network has no dense layer in front of which minibatch discrimination "
                     "could stand");
  int32_t *values = gan__allocate(context, network->layer_count, sizeof *values);
  if (!values) return GAN_ERROR_MEMORY;
  uint64_t objects = context->objects;
  gan_network *made;
  gan_status status = gan__network_create(context, network->dtype, &made);
  if (status == GAN_OK) {
    status = copy_layers(network, minibatch, before, made, values);
    if (status == GAN_OK) {
      for (int32_t i = 0; i < (int32_t)network->layer_count; i++)
        copy_parameters(network, i, made, i < before ? i : i + 1);
      made->reference_given = network->reference_given;
      *copy = made;
    } else {
      gan__network_unref(made);
      context->objects = objects;
    }
  }
  gan__release(context, values);
  return status;
}
