/* SPDX-License-Identifier: MIT */
/* Job: a discriminator with the layers that a loss needs. */
#include "base/context.h"
#include "nn/layer.h"
#include "nn/model.h"
#include "train/loss.h"

/* A copy of the network, with minibatch discrimination where the loss needs it and there is none.
 */
static gan_status adapt_network(const gan_network *network, const gan_loss *loss,
                                gan_network **adapted) {
  const gan__loss_kind *kind = gan__loss_kind_of(loss->kind);
  if (!kind->couples_rows || gan__network_couples_rows(network, false))
    return gan__network_clone(network, adapted);
  gan__minibatch layer = {.kernels = (int64_t)loss->settings[GAN_KERNELS],
                          .dimensions = (int64_t)loss->settings[GAN_KERNEL_DIMENSIONS]};
  return gan__network_insert_minibatch(network, &layer, adapted);
}

gan_status gan__loss_adapt(const gan_loss *loss, const gan_discriminator *discriminator,
                           gan_discriminator **adapted) {
  gan_context *context = discriminator->context;
  uint64_t objects = context->objects;
  gan_network *network;
  GAN_TRY(adapt_network(discriminator->network, loss, &network));
  gan_status status = gan__discriminator_create(network, adapted);
  gan__network_unref(network); /* the role holds it */
  if (status != GAN_OK) context->objects = objects;
  return status;
}
