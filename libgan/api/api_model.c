/* SPDX-License-Identifier: MIT */
/* Job: the public calls of model.h: check arguments, call down. */
#include "nn/model.h"
#include "nn/runner.h"

/* An array argument and what the header calls it. */
typedef struct argument {
  const char *name;
  const void *data;
} argument;

static gan_status check_null(gan_context *context, argument given) {
  if (given.data) return GAN_OK;
  return gan__fail(context, GAN_ERROR_ARGUMENT, "%s is NULL", given.name);
}

static gan_status check_count(gan_context *context, int64_t n) {
  if (n >= 0) return GAN_OK;
  return gan__fail(context, GAN_ERROR_ARGUMENT, "n is %lld; allowed is 0 or more", (long long)n);
}

/* The arguments of a call that maps n rows to n rows. */
static gan_status check_rows(gan_context *context, int64_t n, argument in, argument out) {
  GAN_TRY(check_count(context, n));
  if (n == 0) return GAN_OK;
  GAN_TRY(check_null(context, in));
  return check_null(context, out);
}

static gan_status check_create(gan_context *context, const gan_network *network, argument out) {
  if (!context) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_null(context, (argument){"network", network}));
  GAN_TRY(check_null(context, out));
  if (network->context != context)
    return gan__fail(context, GAN_ERROR_CONTEXT, "the network belongs to another context");
  return GAN_OK;
}

static gan_status check_parse(gan_context *context, const char *text, argument out) {
  if (!context) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_null(context, (argument){"text", text}));
  return check_null(context, out);
}

/* ---- Generators. ---- */

gan_status gan_generator_create(gan_context *context, gan_network *network,
                                gan_generator **generator) {
  GAN_TRY(check_create(context, network, (argument){"generator", generator}));
  return gan__generator_create(network, generator);
}

/* The role holds the network from here on. */
static gan_status wrap_generator(gan_network *network, gan_generator **generator) {
  gan_status status = gan__generator_create(network, generator);
  gan__network_unref(network);
  return status;
}

gan_status gan_generator_parse(gan_context *context, const char *text, gan_generator **generator) {
  gan_network *network;
  GAN_TRY(check_parse(context, text, (argument){"generator", generator}));
  uint64_t objects = context->objects;
  GAN_TRY(gan__network_parse(context, text, &network));
  gan_status status = wrap_generator(network, generator);
  if (status != GAN_OK) context->objects = objects; /* as a text that does not parse */
  return status;
}

gan_status gan_generator_clone(const gan_generator *generator, gan_generator **copy) {
  if (!generator) return GAN_ERROR_ARGUMENT;
  gan_context *context = generator->context;
  GAN_TRY(check_null(context, (argument){"copy", copy}));
  gan_network *network;
  uint64_t objects = context->objects;
  GAN_TRY(gan__network_clone(generator->network, &network));
  gan_status status = wrap_generator(network, copy);
  if (status != GAN_OK) context->objects = objects;
  return status;
}

void gan_generator_destroy(gan_generator *generator) {
  gan__generator_unref(generator);
}

gan_network *gan_generator_network(const gan_generator *generator) {
  return generator ? generator->network : NULL;
}

static gan_status run_generator(gan_generator *generator, gan__run run) {
  if (!generator) return GAN_ERROR_ARGUMENT;
  return run.rows ? gan__runner_run(generator->runner, &run) : GAN_OK;
}

static gan_status draw(gan_generator *generator, int64_t n, uint64_t seed, gan__array out,
                       bool latents_only) {
  if (!generator) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_count(generator->context, n));
  if (n > 0) GAN_TRY(check_null(generator->context, (argument){"out", out.data}));
  return run_generator(
      generator, (gan__run){.rows = n, .output = out, .seed = seed, .latents_only = latents_only});
}

gan_status gan_generator_sample(gan_generator *generator, int64_t n, uint64_t seed, float *out) {
  return draw(generator, n, seed, (gan__array){GAN_F32, out}, false);
}

gan_status gan_generator_sample_f64(gan_generator *generator, int64_t n, uint64_t seed,
                                    double *out) {
  return draw(generator, n, seed, (gan__array){GAN_F64, out}, false);
}

gan_status gan_generator_latents(gan_generator *generator, int64_t n, uint64_t seed, float *out) {
  return draw(generator, n, seed, (gan__array){GAN_F32, out}, true);
}

gan_status gan_generator_latents_f64(gan_generator *generator, int64_t n, uint64_t seed,
                                     double *out) {
  return draw(generator, n, seed, (gan__array){GAN_F64, out}, true);
}

/* Inputs are only read through the array. */
gan_status gan_generator_run(gan_generator *generator, const float *latents, int64_t n,
                             float *out) {
  if (!generator) return GAN_ERROR_ARGUMENT;
  GAN_TRY(
      check_rows(generator->context, n, (argument){"latents", latents}, (argument){"out", out}));
  return run_generator(generator, (gan__run){.rows = n,
                                             .input = {GAN_F32, (void *)(uintptr_t)latents},
                                             .output = {GAN_F32, out}});
}

gan_status gan_generator_run_f64(gan_generator *generator, const double *latents, int64_t n,
                                 double *out) {
  if (!generator) return GAN_ERROR_ARGUMENT;
  GAN_TRY(
      check_rows(generator->context, n, (argument){"latents", latents}, (argument){"out", out}));
  return run_generator(generator, (gan__run){.rows = n,
                                             .input = {GAN_F64, (void *)(uintptr_t)latents},
                                             .output = {GAN_F64, out}});
}

/* ---- Discriminators. ---- */

gan_status gan_discriminator_create(gan_context *context, gan_network *network,
                                    gan_discriminator **discriminator) {
  GAN_TRY(check_create(context, network, (argument){"discriminator", discriminator}));
  return gan__discriminator_create(network, discriminator);
}

static gan_status wrap_discriminator(gan_network *network, gan_discriminator **discriminator) {
  gan_status status = gan__discriminator_create(network, discriminator);
  gan__network_unref(network);
  return status;
}

gan_status gan_discriminator_parse(gan_context *context, const char *text,
                                   gan_discriminator **discriminator) {
  gan_network *network;
  GAN_TRY(check_parse(context, text, (argument){"discriminator", discriminator}));
  uint64_t objects = context->objects;
  GAN_TRY(gan__network_parse(context, text, &network));
  gan_status status = wrap_discriminator(network, discriminator);
  if (status != GAN_OK) context->objects = objects; /* as a text that does not parse */
  return status;
}

gan_status gan_discriminator_clone(const gan_discriminator *discriminator,
                                   gan_discriminator **copy) {
  if (!discriminator) return GAN_ERROR_ARGUMENT;
  gan_context *context = discriminator->context;
  GAN_TRY(check_null(context, (argument){"copy", copy}));
  gan_network *network;
  uint64_t objects = context->objects;
  GAN_TRY(gan__network_clone(discriminator->network, &network));
  gan_status status = wrap_discriminator(network, copy);
  if (status != GAN_OK) context->objects = objects;
  return status;
}

void gan_discriminator_destroy(gan_discriminator *discriminator) {
  gan__discriminator_unref(discriminator);
}

gan_network *gan_discriminator_network(const gan_discriminator *discriminator) {
  return discriminator ? discriminator->network : NULL;
}

static gan_status judge(gan_discriminator *discriminator, gan__array x, int64_t n, gan__array out,
                        bool probabilities) {
  if (!discriminator) return GAN_ERROR_ARGUMENT;
  argument given = {probabilities ? "probabilities" : "logits", out.data};
  GAN_TRY(check_rows(discriminator->context, n, (argument){"x", x.data}, given));
  gan__run run = {.rows = n, .input = x, .output = out, .probabilities = probabilities};
  return n ? gan__runner_run(discriminator->runner, &run) : GAN_OK;
}

gan_status gan_discriminator_run(gan_discriminator *discriminator, const float *x, int64_t n,
                                 float *logits) {
  return judge(discriminator, (gan__array){GAN_F32, (void *)(uintptr_t)x}, n,
               (gan__array){GAN_F32, logits}, false);
}

gan_status gan_discriminator_run_f64(gan_discriminator *discriminator, const double *x, int64_t n,
                                     double *logits) {
  return judge(discriminator, (gan__array){GAN_F64, (void *)(uintptr_t)x}, n,
               (gan__array){GAN_F64, logits}, false);
}

gan_status gan_discriminator_probabilities(gan_discriminator *discriminator, const float *x,
                                           int64_t n, float *probabilities) {
  return judge(discriminator, (gan__array){GAN_F32, (void *)(uintptr_t)x}, n,
               (gan__array){GAN_F32, probabilities}, true);
}

gan_status gan_discriminator_probabilities_f64(gan_discriminator *discriminator, const double *x,
                                               int64_t n, double *probabilities) {
  return judge(discriminator, (gan__array){GAN_F64, (void *)(uintptr_t)x}, n,
               (gan__array){GAN_F64, probabilities}, true);
}

static gan_status show_features(gan_discriminator *discriminator, const char *layer, gan__array x,
                                int64_t n, gan__array out) {
  if (!discriminator) return GAN_ERROR_ARGUMENT;
  gan_context *context = discriminator->context;
  GAN_TRY(check_null(context, (argument){"layer", layer}));
  GAN_TRY(check_rows(context, n, (argument){"x", x.data}, (argument){"features", out.data}));
  int32_t index;
  GAN_TRY(gan__network_find_layer(discriminator->network, layer, &index));
  gan__run run = {.rows = n, .input = x, .output = out, .layer = 1 + index};
  return n ? gan__runner_run(discriminator->runner, &run) : GAN_OK;
}

gan_status gan_discriminator_features(gan_discriminator *discriminator, const char *layer,
                                      const float *x, int64_t n, float *features) {
  return show_features(discriminator, layer, (gan__array){GAN_F32, (void *)(uintptr_t)x}, n,
                       (gan__array){GAN_F32, features});
}

gan_status gan_discriminator_features_f64(gan_discriminator *discriminator, const char *layer,
                                          const double *x, int64_t n, double *features) {
  return show_features(discriminator, layer, (gan__array){GAN_F64, (void *)(uintptr_t)x}, n,
                       (gan__array){GAN_F64, features});
}
