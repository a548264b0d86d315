/* SPDX-License-Identifier: MIT */
/* Job: biases of an output layer from means: b = log(m / (1 - m)), so that sigmoid(b) = m. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/layer.h"
#include "nn/start.h"

int32_t gan__layer_parameter(const gan_network *network, const gan__layer *layer,
                             const char *part) {
  char name[GAN__NAME_MAX];
  snprintf(name, sizeof name, "%s/%s", layer->name, part);
  for (int32_t i = layer->parameter; i < layer->parameter + layer->parameter_count; i++)
    if (!strcmp(network->parameters[i].name, name)) return i;
  return -1;
}

/* The dense layer whose value, or the sigmoid of it, is the output. */
static gan_status find_last(const gan_network *network, const gan__layer **layer) {
  const gan__layer *at = &network->layers[network->output];
  if (at->kind == GAN__LAYER_SIGMOID) at = &network->layers[at->inputs[0]];
  if (at->kind != GAN__LAYER_DENSE)
    return gan__fail(network->context, GAN_ERROR_ARGUMENT,
                     "the output is that of layer %s, not of a dense layer or its sigmoid; name "
                     "the dense layer that is meant",
                     at->name);
  *layer = at;
  return GAN_OK;
}

static gan_status find_layer(const gan_network *network, const char *name,
                             const gan__layer **layer) {
  int32_t index;
  GAN_TRY(gan__network_ready(network));
  if (!name) return find_last(network, layer);
  GAN_TRY(gan__network_find_layer(network, name, &index));
  const gan__layer *found = &network->layers[index];
  if (found->kind != GAN__LAYER_DENSE)
    return gan__fail(network->context, GAN_ERROR_ARGUMENT,
                     "layer %s is %s; only the bias of a dense layer begins as a logit",
                     found->name, gan__layer_rows[found->kind].name);
  *layer = found;
  return GAN_OK;
}

static gan_status check_means(const gan_network *network, const gan__parameter *bias,
                              const float *means, int64_t count) {
  int64_t units = gan__shape_count(&bias->shape);
  char number[32];
  if (count != units)
    return gan__fail(network->context, GAN_ERROR_SHAPE,
                     "%lld means for parameter %s, which has %lld elements", (long long)count,
                     bias->name, (long long)units);
  for (int64_t i = 0; i < count; i++)
    if (!(means[i] >= 0 && means[i] <= 1))
      return gan__fail(network->context, GAN_ERROR_ARGUMENT,
                       "means[%lld] is %s; a sigmoid's mean is 0 to 1", (long long)i,
                       gan__text_double(number, means[i]));
  return GAN_OK;
}

gan_status gan__network_start_logits(gan_network *network, const char *name, const float *means,
                                     int64_t count) {
  const gan__layer *layer = &network->layers[0];
  GAN_TRY(find_layer(network, name, &layer));
  const gan__parameter *bias = &network->parameters[gan__layer_parameter(network, layer, "bias")];
  GAN_TRY(check_means(network, bias, means, count));
  for (int64_t i = 0; i < count; i++) {
    double mean = means[i];
    if (mean < GAN__LOGIT_MARGIN) mean = GAN__LOGIT_MARGIN;
    if (mean > 1 - GAN__LOGIT_MARGIN) mean = 1 - GAN__LOGIT_MARGIN;
    gan__array_put((gan__array){network->dtype, bias->data}, i, log(mean / (1 - mean)));
  }
  network->version++;
  return GAN_OK;
}
