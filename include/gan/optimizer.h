/* SPDX-License-Identifier: MIT */
/* The optimizer: how a player's parameters follow its gradient. */
#ifndef GAN_OPTIMIZER_H
#define GAN_OPTIMIZER_H

#include <stdint.h>

#include <gan/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A rule with its settings and its live state (moments, number of updates) for the parameters of
 * one network: the first one it trains. It can train another only after gan_optimizer_reset().
 * Whatever unrolls this optimizer starts from the live state and does not change it. */
typedef struct gan_optimizer gan_optimizer;

/* Kinds. p: parameters, g: gradient, primes: after the update, powers elementwise; all moments
 * begin at 0. */
enum {
  GAN_OPTIMIZER_SGD = 1,      /* p' = p - rate g */
  GAN_OPTIMIZER_MOMENTUM = 2, /* v' = momentum v + g; p' = p - rate v' (Polyak 1964) */
  GAN_OPTIMIZER_NESTEROV = 3, /* v' = momentum v + g; p' = p - rate (g + momentum v') (Sutskever et
                                 al. 2013, with the gradient taken at p) */
  GAN_OPTIMIZER_RMSPROP = 4,  /* v' = rho v + (1 - rho) g^2; p' = p - rate g / (sqrt(v') + epsilon)
                                 (Tieleman and Hinton 2012) */
  GAN_OPTIMIZER_ADAM = 5      /* t' = t + 1; m' = beta1 m + (1 - beta1) g;
                                 v' = beta2 v + (1 - beta2) g^2;
                                 A = rate sqrt(1 - beta2^t') / (1 - beta1^t');
                                 p' = p - A m' / (sqrt(v') + epsilon) (Kingma and Ba 2015, the form
                                 that ends section 2) */
};

/* Settings. Each acts from the next step on; all but the learning rate make trainers plan anew. */
enum {
  GAN_LEARNING_RATE = 1, /* all kinds: 0 to 1e30; 0.01 at first, 0.001 for RMSProp and Adam */
  GAN_MOMENTUM = 2,      /* momentum and Nesterov: 0 to less than 1; 0.9 at first */
  GAN_RHO = 3,           /* RMSProp: 0 to less than 1; 0.9 at first */
  GAN_BETA1 = 4,         /* Adam: 0 to less than 1; 0.9 at first */
  GAN_BETA2 = 5,         /* Adam: 0 to less than 1; 0.999 at first */
  GAN_EPSILON = 6        /* RMSProp and Adam: 1e-30 to 1e30; 1e-8 at first */
};

/* Makes an optimizer of `kind` (GAN_OPTIMIZER_...). The caller owns *optimizer; trainers keep what
 * they need of it, so it may be destroyed before them. GAN_ERROR_ARGUMENT, GAN_ERROR_MEMORY. Since
 * 0.1. */
GAN_API gan_status gan_optimizer_create(gan_context *context, int32_t kind,
                                        gan_optimizer **optimizer);

/* Gives the caller's handle back; NULL is ignored. Since 0.1. */
GAN_API void gan_optimizer_destroy(gan_optimizer *optimizer);

/* Changes one setting. GAN_ERROR_ARGUMENT when the kind has no such setting or the value is outside
 * its range; nothing is changed then. Since 0.1. */
GAN_API gan_status gan_optimizer_set(gan_optimizer *optimizer, int32_t setting, double value);

/* Tells one setting. GAN_ERROR_ARGUMENT as above. Since 0.1. */
GAN_API gan_status gan_optimizer_get(const gan_optimizer *optimizer, int32_t setting,
                                     double *value);

/* The kind it was made with; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_optimizer_kind(const gan_optimizer *optimizer);

/* How many updates it has made since it was created or reset; 0 for NULL. Since 0.1. */
GAN_API int64_t gan_optimizer_updates(const gan_optimizer *optimizer);

/* Sets all moments and the number of updates to 0 and frees it for another network. Settings stay.
 * GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_optimizer_reset(gan_optimizer *optimizer);

#ifdef __cplusplus
}
#endif

#endif
