/* SPDX-License-Identifier: MIT */
/* A trainer with everything it needs, by a few settings; and what its players have come to. */
#ifndef GAN__TESTS_DUEL_H
#define GAN__TESTS_DUEL_H

#include <gan/gan.h>

#include "base/context.h"

typedef struct duel_setup {
  const char *generator, *discriminator; /* texts */
  int32_t loss;                          /* GAN_LOSS_... */
  int32_t optimizer;                     /* of both, GAN_OPTIMIZER_...; rate 0.001 */
  int32_t order;                         /* GAN_ORDER_... */
  int32_t unroll;                        /* K */
  int32_t threads;
  double average; /* 0 for none */
  int64_t rows;   /* of a batch */
  /* 0 for what is set at first. */
  int32_t method;   /* GAN_METHOD_... */
  double consensus; /* weight */
  double history;   /* weight of historical averaging of both players */
  int64_t labelled; /* rows of a batch, where the loss classifies: the ring's, by mode */
} duel_setup;

typedef struct duel {
  gan_context *context; /* the caller's */
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_loss *loss;
  gan_optimizer *generator_optimizer, *discriminator_optimizer;
  gan_trainer *trainer;
  gan_dataset *dataset; /* a ring, or random rows when the discriminator takes others than points */
  gan_dataset *labelled; /* another ring, where the loss classifies */
  float *rows;           /* of the random rows */
} duel;

/* The paper's ring (Metz et al. 2017, appendix A) but for sizes, and other small ones. */
extern const duel_setup duel_ring, duel_ring_f64, duel_digits;

/* Every layer at once; the presets of losses; ways to follow gradients. */
extern const duel_setup duel_layers, duel_minibatch, duel_classes, duel_methods;

/* Fails the test on any error. The context's seed is set to 3. */
void duel_open(duel *self, gan_context *context, const duel_setup *setup);
void duel_close(duel *self);

/* A hash of all parameters of both players, bit by bit. */
uint64_t duel_mark(const duel *self);

#endif
