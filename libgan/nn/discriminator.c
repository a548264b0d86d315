/* SPDX-License-Identifier: MIT */
/* Job: discriminators: a network from data to logits: one a row, or one for each class. */
#include "base/memory.h"
#include "nn/layer.h"
#include "nn/model.h"
#include "nn/runner.h"

static gan_status check_network(const gan_network *network) {
  gan_context *context = network->context;
  GAN_TRY(gan__network_ready(network));
  if (network->layers[0].kind != GAN__LAYER_INPUT)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "a discriminator begins with an input; this network begins with layer %s",
                     network->layers[0].name);
  const gan__layer *last = &network->layers[network->output];
  char shape[GAN__SHAPE_TEXT];
  if (last->shape.rank != 1 && gan__shape_count(&last->shape) != 1)
    return gan__fail(context, GAN_ERROR_SHAPE,
                     "a discriminator ends in one logit a row, or in a row of class logits; layer "
                     "%s gives rows of shape %s",
                     last->name, gan__shape_text(shape, &last->shape));
  if (last->kind == GAN__LAYER_SIGMOID || last->kind == GAN__LAYER_SOFTMAX)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "a discriminator ends in logits, to which losses and probabilities apply the "
                     "sigmoid or softmax themselves; leave layer %s out",
                     last->name);
  return GAN_OK;
}

gan_status gan__discriminator_create(gan_network *network, gan_discriminator **discriminator) {
  gan_context *context = network->context;
  GAN_TRY(check_network(network));
  gan_discriminator *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  gan_status status = gan__runner_create(network, "discriminator", &made->runner);
  if (status != GAN_OK) {
    gan__release(context, made);
    return status;
  }
  made->context = context;
  made->references = 1;
  made->network = network;
  gan__network_ref(network);
  *discriminator = made;
  return GAN_OK;
}

void gan__discriminator_ref(gan_discriminator *discriminator) {
  discriminator->references++;
}

void gan__discriminator_unref(gan_discriminator *discriminator) {
  if (!discriminator || --discriminator->references > 0) return;
  gan__runner_destroy(discriminator->runner);
  gan__network_unref(discriminator->network);
  gan__release(discriminator->context, discriminator);
}
