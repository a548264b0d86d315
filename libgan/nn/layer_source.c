/* SPDX-License-Identifier: MIT */
/* Job: the layers that a network begins with: input and latent. */
#include "nn/layer_rules.h"

gan_status gan__infer_input_layer(gan_network *network, gan__layer *layer) {
  int64_t elements = 1;
  for (int32_t axis = 0; axis < layer->shape.rank; axis++) {
    GAN_TRY(gan__layer_check_size(network, layer, "a size", layer->shape.dims[axis]));
    elements *= layer->shape.dims[axis]; /* below 2^48 at each step */
    GAN_TRY(gan__layer_check_size(network, layer, "the number of elements of a row", elements));
  }
  return GAN_OK;
}

void gan__print_input_layer(const gan_network *network, const gan__layer *layer, gan__text *text) {
  (void)network;
  for (int32_t axis = 0; axis < layer->shape.rank; axis++)
    gan__text_add(text, "%c%lld", axis ? 'x' : ' ', (long long)layer->shape.dims[axis]);
}

/* The first part; gan__network_add_latent adds others. */
gan_status gan__infer_latent_layer(gan_network *network, gan__layer *layer) {
  gan__latent part = {layer->size, layer->choice, layer->a, layer->b};
  GAN_TRY(gan__latent_check(network, &part));
  layer->a = part.low;
  layer->b = part.high;
  layer->shape = gan__shape_make(1, &layer->size);
  network->latents[0] = part;
  network->latent_count = 1;
  return GAN_OK;
}

void gan__print_latent_layer(const gan_network *network, const gan__layer *layer, gan__text *text) {
  (void)layer;
  static const char *const kinds[] = {[GAN_LATENT_NORMAL] = "normal",
                                      [GAN_LATENT_UNIFORM] = "uniform",
                                      [GAN_LATENT_CATEGORICAL] = "categorical"};
  for (int32_t i = 0; i < network->latent_count; i++) {
    const gan__latent *part = &network->latents[i];
    gan__text_add(text, "%s %lld %s", i ? " +" : "", (long long)part->size, kinds[part->kind]);
    if (part->kind != GAN_LATENT_UNIFORM) continue;
    gan__text_add(text, " ");
    gan__text_add_double(text, part->low);
    gan__text_add(text, " ");
    gan__text_add_double(text, part->high);
  }
}
