/* SPDX-License-Identifier: MIT */
/* Generators and discriminators: networks in their two roles, to be run and trained.
 *
 * Rows are computed in chunks whose sizes depend on the row's number alone: what a row gives
 * depends on its number, its input or the seed, and the parameters, never on how many rows are
 * asked for. Calls that have run once with as many rows allocate nothing; those for features, when
 * the layer is that of the last such call. */
#ifndef GAN_MODEL_H
#define GAN_MODEL_H

#include <stdint.h>

#include <gan/network.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Generators: from latents to samples. ---- */

/* A network that begins with a latent. It lives as long as its handle or a trainer that uses it. */
typedef struct gan_generator gan_generator;

/* Makes a generator of a finished network, which it shares: their parameters are the same memory.
 * The caller owns *generator. GAN_ERROR_CONTEXT; GAN_ERROR_STATE (not finished); GAN_ERROR_ARGUMENT
 * (no latent); GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_generator_create(gan_context *context, gan_network *network,
                                        gan_generator **generator);

/* The same from a text, as gan_network_parse(). Since 0.1. */
GAN_API gan_status gan_generator_parse(gan_context *context, const char *text,
                                       gan_generator **generator);

/* Makes an independent generator with a copy of the parameters. GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_generator_clone(const gan_generator *generator, gan_generator **copy);

/* Gives up the caller's share; NULL is ignored. Since 0.1. */
GAN_API void gan_generator_destroy(gan_generator *generator);

/* The network, borrowed: valid while the generator lives. NULL for NULL. Since 0.1. */
GAN_API gan_network *gan_generator_network(const gan_generator *generator);

/* Draws n (>= 0) samples from `seed` into out, [n, output shape]. Sample i depends on the seed, i
 * and the parameters alone. GAN_ERROR_ARGUMENT; GAN_ERROR_LIMIT (n too large to be an array's
 * size); GAN_ERROR_MEMORY. GAN_ERROR_CANCELLED and GAN_ERROR_NOT_FINITE (the message names the
 * first bad value) come after some rows may have been written. Since 0.1. */
GAN_API gan_status gan_generator_sample(gan_generator *generator, int64_t n, uint64_t seed,
                                        float *out);

/* The same in double. Since 0.1. */
GAN_API gan_status gan_generator_sample_f64(gan_generator *generator, int64_t n, uint64_t seed,
                                            double *out);

/* The samples that given latents, [n, latent size], lead to; out is [n, output shape]. Fails like
 * gan_generator_sample(). Since 0.1. */
GAN_API gan_status gan_generator_run(gan_generator *generator, const float *latents, int64_t n,
                                     float *out);

/* The same in double. Since 0.1. */
GAN_API gan_status gan_generator_run_f64(gan_generator *generator, const double *latents, int64_t n,
                                         double *out);

/* The latents that gan_generator_sample() draws from this seed: out is [n, latent size]. Fails like
 * it. Since 0.1. */
GAN_API gan_status gan_generator_latents(gan_generator *generator, int64_t n, uint64_t seed,
                                         float *out);

/* The same in double. Since 0.1. */
GAN_API gan_status gan_generator_latents_f64(gan_generator *generator, int64_t n, uint64_t seed,
                                             double *out);

/* ---- Discriminators: from data to logits. ---- */

/* A network that begins with an input and ends in one number a row, the logit of "real": positive
 * means real, and the probability is its sigmoid, which is not part of the network. Or it ends in K
 * class logits a row, for GAN_LOSS_SEMI_SUPERVISED; "real" then has the logit log sum_j exp l_j. It
 * lives as long as its handle or a trainer that uses it. A layer of minibatch discrimination makes
 * rows depend on each other: the rows of one call are then one batch. */
typedef struct gan_discriminator gan_discriminator;

/* Makes a discriminator of a finished network, which it shares. The caller owns *discriminator.
 * GAN_ERROR_CONTEXT; GAN_ERROR_STATE (not finished); GAN_ERROR_ARGUMENT (no input, or a sigmoid or
 * softmax at the end); GAN_ERROR_SHAPE (not a row of logits); GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_discriminator_create(gan_context *context, gan_network *network,
                                            gan_discriminator **discriminator);

/* The same from a text, as gan_network_parse(). Since 0.1. */
GAN_API gan_status gan_discriminator_parse(gan_context *context, const char *text,
                                           gan_discriminator **discriminator);

/* Makes an independent discriminator with a copy of the parameters. GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_discriminator_clone(const gan_discriminator *discriminator,
                                           gan_discriminator **copy);

/* Gives up the caller's share; NULL is ignored. Since 0.1. */
GAN_API void gan_discriminator_destroy(gan_discriminator *discriminator);

/* The network, borrowed: valid while the discriminator lives. NULL for NULL. Since 0.1. */
GAN_API gan_network *gan_discriminator_network(const gan_discriminator *discriminator);

/* The logits of n (>= 0) rows: x is [n, input shape], logits [n], or [n, K] of K classes. Dropout
 * and noise are off, batch norm has its running statistics. Fails like gan_generator_sample().
 * Since 0.1. */
GAN_API gan_status gan_discriminator_run(gan_discriminator *discriminator, const float *x,
                                         int64_t n, float *logits);

/* The same in double. Since 0.1. */
GAN_API gan_status gan_discriminator_run_f64(gan_discriminator *discriminator, const double *x,
                                             int64_t n, double *logits);

/* The probabilities of being real, sigmoid of the logits, [n]; of K classes their softmax, [n, K]:
 * the probabilities of the classes, given that the row is real. Since 0.1. */
GAN_API gan_status gan_discriminator_probabilities(gan_discriminator *discriminator, const float *x,
                                                   int64_t n, float *probabilities);

/* The same in double. Since 0.1. */
GAN_API gan_status gan_discriminator_probabilities_f64(gan_discriminator *discriminator,
                                                       const double *x, int64_t n,
                                                       double *probabilities);

/* The values of the layer `layer`, such as "dense_2" or "relu_1", of n rows: features is [n, shape
 * of the layer]. GAN_ERROR_NAME; fails like the calls above. Since 0.1. */
GAN_API gan_status gan_discriminator_features(gan_discriminator *discriminator, const char *layer,
                                              const float *x, int64_t n, float *features);

/* The same in double. Since 0.1. */
GAN_API gan_status gan_discriminator_features_f64(gan_discriminator *discriminator,
                                                  const char *layer, const double *x, int64_t n,
                                                  double *features);

#ifdef __cplusplus
}
#endif

#endif
