/* SPDX-License-Identifier: MIT */
/* Job: the two roles of a network, generator and discriminator. */
#ifndef GAN__NN_MODEL_H
#define GAN__NN_MODEL_H

#include <gan/model.h>

#include "nn/network.h"

struct gan_generator {
  gan_context *context;
  int32_t references;
  gan_network *network;
  struct gan__runner *runner; /* cached plans for sampling */
};

struct gan_discriminator {
  gan_context *context;
  int32_t references;
  gan_network *network;
  struct gan__runner *runner;
};

gan_status gan__generator_create(gan_network *network, gan_generator **generator);
void gan__generator_ref(gan_generator *generator);
void gan__generator_unref(gan_generator *generator);
gan_status gan__discriminator_create(gan_network *network, gan_discriminator **discriminator);
void gan__discriminator_ref(gan_discriminator *discriminator);
void gan__discriminator_unref(gan_discriminator *discriminator);

/* Latents for training, [rows, latent size]: their identity joins the network's and `site`. */
gan__id gan__generator_latent(const gan_generator *generator, gan__graph *graph, int64_t rows,
                              uint64_t site);
/* Draws n samples with other values of the parameters: parameter_data[i] has those of parameter i
 * in the network's dtype; NULL stands for the network's own. */
gan_status gan__generator_sample_with(gan_generator *generator, void *const *parameter_data,
                                      int64_t n, uint64_t seed, gan__array out);

#endif
