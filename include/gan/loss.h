/* SPDX-License-Identifier: MIT */
/* The loss: what discriminator and generator want of the discriminator's raw outputs. */
#ifndef GAN_LOSS_H
#define GAN_LOSS_H

#include <stdint.h>

#include <gan/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A pair of objectives, both to be minimised, on logits: a_r = D(x) for real rows, a_f = D(G(z))
 * for generated ones, before any sigmoid. With sp(t) = max(t, 0) + log(1 + exp(-|t|)) all values
 * and gradients are exact at any size of logit. One loss can serve several trainers of its context.
 */
typedef struct gan_loss gan_loss;

/* Kinds of loss. The discriminator's is mean sp(-a_r) + mean sp(a_f) in both: log 4 = 1.3863 when
 * it cannot tell the two apart. (Goodfellow et al. 2014, "Generative Adversarial Nets", section 3.)
 */
enum {
  /* The generator's is minus the discriminator's, so that the two play a zero-sum game. Where
   * nothing is unrolled the term of the real rows does not depend on the generator, and its loss is
   * given without it: -mean sp(a_f). Through an unrolled discriminator it does depend, and the term
   * is there (Metz et al. 2017, "Unrolled Generative Adversarial Networks", section 2.2). */
  GAN_LOSS_MINIMAX = 1,
  /* The generator's is mean sp(-a_f): same fixed points, strong gradients while the discriminator
   * wins. */
  GAN_LOSS_NON_SATURATING = 2
};

/* Makes a loss of `kind` (GAN_LOSS_...). The caller owns *loss; trainers keep what they need of it,
 * so it may be destroyed before them. GAN_ERROR_ARGUMENT, GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_loss_create(gan_context *context, int32_t kind, gan_loss **loss);

/* Gives the caller's handle back; NULL is ignored. Since 0.1. */
GAN_API void gan_loss_destroy(gan_loss *loss);

/* The kind it was made with; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_loss_kind(const gan_loss *loss);

#ifdef __cplusplus
}
#endif

#endif
