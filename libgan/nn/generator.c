/* SPDX-License-Identifier: MIT */
/* Job: generators: a network from a latent, its training draws and its samples. */
#include "base/hash.h"
#include "base/memory.h"
#include "nn/layer.h"
#include "nn/model.h"
#include "nn/runner.h"

gan_status gan__generator_create(gan_network *network, gan_generator **generator) {
  gan_context *context = network->context;
  GAN_TRY(gan__network_ready(network));
  if (network->layers[0].kind != GAN__LAYER_LATENT)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "a generator begins with a latent; this network begins with layer %s",
                     network->layers[0].name);
  gan_generator *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  gan_status status = gan__runner_create(network, "generator", &made->runner);
  if (status != GAN_OK) {
    gan__release(context, made);
    return status;
  }
  made->context = context;
  made->references = 1;
  made->network = network;
  gan__network_ref(network);
  *generator = made;
  return GAN_OK;
}

void gan__generator_ref(gan_generator *generator) {
  generator->references++;
}

void gan__generator_unref(gan_generator *generator) {
  if (!generator || --generator->references > 0) return;
  gan__runner_destroy(generator->runner);
  gan__network_unref(generator->network);
  gan__release(generator->context, generator);
}

gan__id gan__generator_latent(const gan_generator *generator, gan__graph *graph, int64_t rows,
                              uint64_t site) {
  return gan__network_latent(generator->network, graph, rows,
                             gan__join(generator->network->site, site));
}

gan_status gan__generator_sample_with(gan_generator *generator, void *const *parameter_data,
                                      int64_t n, uint64_t seed, gan__array out) {
  gan__run run = {.rows = n, .output = out, .seed = seed, .parameters = parameter_data};
  return gan__runner_run(generator->runner, &run);
}
