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

/* Kinds. p: parameters, g: gradient, t: updates made before this one, primes: after the update,
 * powers elementwise; all moments begin at 0. `rate` and `momentum` are those of update t, see
 * below. */
enum {
  GAN_OPTIMIZER_SGD = 1,            /* p' = p - rate g */
  GAN_OPTIMIZER_MOMENTUM = 2,       /* v' = momentum v + g; p' = p - rate v' (Polyak 1964) */
  GAN_OPTIMIZER_NESTEROV = 3,       /* v' = momentum v + g; p' = p - rate (g + momentum v')
                                       (Sutskever et al. 2013, with the gradient taken at p) */
  GAN_OPTIMIZER_RMSPROP = 4,        /* v' = rho v + (1 - rho) g^2;
                                       p' = p - rate g / (sqrt(v') + epsilon)
                                       (Tieleman and Hinton 2012) */
  GAN_OPTIMIZER_ADAM = 5,           /* t' = t + 1; m' = beta1 m + (1 - beta1) g;
                                       v' = beta2 v + (1 - beta2) g^2;
                                       A = rate sqrt(1 - beta2^t') / (1 - beta1^t');
                                       p' = p - A m' / (sqrt(v') + epsilon)
                                       (Kingma and Ba 2015, the form that ends section 2) */
  GAN_OPTIMIZER_OPTIMISTIC = 6,     /* p' = p - 2 rate g + rate g-, g- the gradient of the update
                                       before; the first update is p' = p - rate g, as if g- were g
                                       (Daskalakis et al. 2018, section 2) */
  GAN_OPTIMIZER_OPTIMISTIC_ADAM = 7 /* m', v', A as in Adam;
                                       p' = p - 2 A m' / (sqrt(v') + epsilon)
                                              + A m / (sqrt(v) + epsilon);
                                       the first update is Adam's
                                       (Daskalakis et al. 2018, algorithm 1; as in
                                       their code, one A serves both terms) */
};

/* Settings. Each acts from the next step on; all but the learning rate make trainers plan anew.
 *
 * Schedules are functions of t, the updates made before; the first update has t = 0. With
 *   fall(start, end) = (end - t) / (end - start), at least 0 and at most 1: 1 up to update `start`,
 *   0 from update `end` on, a straight line between (where end is not above start + 1: 1 before
 *   `end`, 0 from it on),
 * they are
 *   rate = max(learning rate / decay^t, floor) fall(rate linear start, rate linear end),
 *   momentum = m f + final (1 - f) with m the setting GAN_MOMENTUM and f = fall(momentum start,
 *   momentum end).
 * The 2014 code (Goodfellow et al., MNIST) has the learning rate 0.1, decay 1.000004, floor 1e-6,
 * and a momentum of 0.5 that becomes 0.7; its velocity holds rate g instead of g, which is the same
 * up to how the rate changed since. Salimans et al. 2016 let the rate fall linearly to 0 over the
 * last third of training (CIFAR-10).
 *
 * Limits act on what is trained, in this order: gradient clip, update, weight clip, column norm. In
 * whatever is unrolled they are steps like all others, with exact derivatives; where a limit is met
 * exactly, the derivative is that from inside for weights, and from outside for norms. */
enum {
  GAN_LEARNING_RATE = 1, /* all kinds: 0 to 1e30; 0.01 at first, 0.001 for RMSProp, Adam and
                            optimistic Adam */
  GAN_MOMENTUM = 2,      /* momentum and Nesterov: 0 to less than 1; 0.9 at first */
  GAN_RHO = 3,           /* RMSProp: 0 to less than 1; 0.9 at first */
  GAN_BETA1 = 4,         /* both Adams: 0 to less than 1; 0.9 at first */
  GAN_BETA2 = 5,         /* both Adams: 0 to less than 1; 0.999 at first */
  GAN_EPSILON = 6,       /* RMSProp and both Adams: 1e-30 to 1e30; 1e-8 at first */

  /* Schedules of the rate, all kinds. Updates are 0 to 1e15. */
  GAN_RATE_DECAY = 7,        /* divides the rate after every update: 1 to 1e30; 1 at first */
  GAN_RATE_FLOOR = 8,        /* the divided rate is never below: 0 to 1e30; 0 at first */
  GAN_RATE_LINEAR_START = 9, /* the update from which the rate falls linearly; 0 at first */
  GAN_RATE_LINEAR_END = 10,  /* the update from which on it is 0; 0 at first: it does not fall */

  /* Schedule of the momentum, momentum and Nesterov. */
  GAN_MOMENTUM_FINAL = 11, /* what it becomes: 0 to less than 1; 0.9 at first */
  GAN_MOMENTUM_START = 12, /* the update from which it changes linearly; 0 at first */
  GAN_MOMENTUM_END = 13, /* the update from which on it is final; 0 at first: it does not change */

  /* Limits c, all kinds: 1e-30 to 1e30, or 0, which is off and what they are at first. */
  GAN_GRADIENT_CLIP = 14,  /* g' = g min(1, c / ||g||), ||g|| the Euclidean norm of the player's
                              whole gradient (Pascanu et al. 2013, algorithm 1) */
  GAN_WEIGHT_CLIP = 15,    /* every parameter is brought into -c .. c (Arjovsky et al. 2017,
                              algorithm 1) */
  GAN_MAX_COLUMN_NORM = 16 /* w' = w min(1, c / ||w||) for each column w of every parameter of
                              rank 2, [in, out]: the weights that come into one unit (Srebro and
                              Shraibman 2005; Hinton et al. 2012) */
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
