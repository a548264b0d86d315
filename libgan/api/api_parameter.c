/* SPDX-License-Identifier: MIT */
/* Job: the public calls of parameter.h: check arguments, call down. */
#include <gan/parameter.h>

#include "nn/start.h"

/* The inner roles in the order of the public ones. */
_Static_assert(GAN__TRAINED + 1 == GAN_ROLE_TRAINED && GAN__STATISTIC + 1 == GAN_ROLE_STATISTIC
                   && GAN__FIXED + 1 == GAN_ROLE_FIXED,
               "roles");

static const gan__parameter *parameter_at(const gan_network *network, int32_t parameter) {
  bool there = network && network->frozen && parameter >= 0 && parameter < network->parameter_count;
  return there ? &network->parameters[parameter] : NULL;
}

int32_t gan_network_parameter_role(const gan_network *network, int32_t parameter) {
  const gan__parameter *at = parameter_at(network, parameter);
  return at ? (int32_t)at->role + 1 : 0;
}

int32_t gan_network_parameter_is_frozen(const gan_network *network, int32_t parameter) {
  const gan__parameter *at = parameter_at(network, parameter);
  return at ? at->frozen : 0;
}

gan_status gan_network_set_frozen(gan_network *network, const char *name, int32_t frozen) {
  if (!network) return GAN_ERROR_ARGUMENT;
  if (frozen != 0 && frozen != 1)
    return gan__fail(network->context, GAN_ERROR_ARGUMENT, "frozen is %d; allowed are 0 and 1",
                     frozen);
  return gan__network_set_frozen(network, name, frozen != 0);
}

gan_status gan_network_start_logits(gan_network *network, const char *layer, const float *means,
                                    int64_t count) {
  if (!network) return GAN_ERROR_ARGUMENT;
  if (!means) return gan__fail(network->context, GAN_ERROR_ARGUMENT, "means is NULL");
  return gan__network_start_logits(network, layer, means, count);
}

gan_status gan_network_start_from_data(gan_network *network, const float *rows, int64_t n,
                                       uint64_t seed) {
  if (!network) return GAN_ERROR_ARGUMENT;
  return gan__network_start_data(network, &(gan__start_rows){rows, n, seed});
}
