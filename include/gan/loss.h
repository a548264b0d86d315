/* SPDX-License-Identifier: MIT */
/* The loss: what discriminator and generator want of the discriminator's raw outputs. */
#ifndef GAN_LOSS_H
#define GAN_LOSS_H

#include <stdint.h>

#include <gan/context.h>
#include <gan/graph.h>
#include <gan/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A pair of objectives, both to be minimised: a kind, and weighted terms that are added to it. Most
 * are made of logits: a_r = D(x) for real rows, a_f = D(G(z)) for generated ones, before any
 * sigmoid. With sp(t) = max(t, 0) + log(1 + exp(-|t|)) all values and gradients are exact at any
 * size of logit. Dropout and noise in the networks are on. All means are over the rows of a batch.
 * One loss can serve several trainers of its context; what is set or added acts from the next step
 * on and makes trainers plan anew. Everything works with unrolled players. */
typedef struct gan_loss gan_loss;

/* Kinds of loss. Unless told otherwise the discriminator's is mean sp(-a_r) + mean sp(a_f): log 4 =
 * 1.3863 when it cannot tell the two apart. (Goodfellow et al. 2014, "Generative Adversarial Nets",
 * section 3.) */
enum {
  /* The generator's is minus the discriminator's, so that the two play a zero-sum game. Where
   * nothing is unrolled the term of the real rows does not depend on the generator, and its loss is
   * given without it: -mean sp(a_f). Through an unrolled discriminator it does depend, and the term
   * is there (Metz et al. 2017, "Unrolled Generative Adversarial Networks", section 2.2). */
  GAN_LOSS_MINIMAX = 1,
  /* The generator's is mean sp(-a_f): same fixed points, strong gradients while the discriminator
   * wins. */
  GAN_LOSS_NON_SATURATING = 2,
  /* The generator has no adversarial term: it matches features, see
   * gan_loss_add_feature_matching(). Without such a term it has one of weight 1, squared, on what
   * the discriminator's last layer reads. (Salimans et al. 2016, "Improved Techniques for Training
   * GANs", section 3.1.) */
  GAN_LOSS_FEATURE_MATCHING = 3,
  /* The discriminator compares the rows of a batch among each other in a layer
   * minibatch_discrimination, which gan_discriminator_for_loss() inserts; the generator's loss is
   * -mean sp(a_f), as in the paper's code, which makes three generator moves a step. (Salimans et
   * al. 2016, section 3.2.) */
  GAN_LOSS_MINIBATCH_DISCRIMINATION = 4,
  /* The discriminator ends in K class logits l, the logit of the class "generated" is fixed at 0;
   * with L = log sum_j exp l_j its probability of "real" is sigmoid(L). Batches have slots "real"
   * (rows without labels), "labelled" (rows) and "labels" (i32, 0 to K-1). The discriminator's is
   * labelled_weight mean(L - l_y) over labelled rows + unlabelled_weight / 2 (mean sp(-L_r) + mean
   * sp(L_f)); the generator matches features as above. (Salimans et al. 2016, section 5.) */
  GAN_LOSS_SEMI_SUPERVISED = 5,
  /* Nothing but the terms that are added: a loss of one's own. */
  GAN_LOSS_TERMS = 6
};

/* Settings. A kind has those that its formulas need. */
enum {
  GAN_REAL_TARGET = 1, /* 0 to 1, 1 at first: t < 1 makes the discriminator's term of the real rows
                          mean(sp(a_r) - t a_r), one-sided label smoothing (Salimans et al. 2016,
                          section 3.4); its optimum is t p / (p + q). All kinds with a_r */
  GAN_GENERATOR_TARGET = 2,  /* the same for the generator's non-saturating loss, mean(sp(a_f) - t
                                a_f); the paper's code has 0.375 beside 0.75 */
  GAN_LABELLED_WEIGHT = 3,   /* semi-supervised: 0 to 1e30, 1 at first */
  GAN_UNLABELLED_WEIGHT = 4, /* semi-supervised: 0 to 1e30, 1 at first; with 0 the discriminator
                                learns from labels alone */
  GAN_KERNELS = 5,          /* minibatch discrimination, of the layer to be inserted: B, 1 to 65536,
                               100 at first */
  GAN_KERNEL_DIMENSIONS = 6 /* and C, 1 to 65536, 5 at first */
};

/* Forms of feature matching, f being a layer's values and the norm taken over its elements. */
enum {
  GAN_FEATURES_SQUARED = 1, /* mean over the elements of (mean f(x) - mean f(G(z)))^2, as the
                               paper's code has for digits */
  GAN_FEATURES_ABSOLUTE = 2 /* mean of |mean f(x) - mean f(G(z))|, as it has for colour pictures */
};

/* Makes a loss of `kind` (GAN_LOSS_...). The caller owns *loss; trainers keep what they need of it,
 * so it may be destroyed before them. GAN_ERROR_ARGUMENT, GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_loss_create(gan_context *context, int32_t kind, gan_loss **loss);

/* Gives the caller's handle back; NULL is ignored. Since 0.1. */
GAN_API void gan_loss_destroy(gan_loss *loss);

/* The kind it was made with; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_loss_kind(const gan_loss *loss);

/* Changes a setting. GAN_ERROR_ARGUMENT outside its range, and for a kind that does not have it;
 * nothing is changed then. Since 0.1. */
GAN_API gan_status gan_loss_set(gan_loss *loss, int32_t setting, double value);

/* Tells a setting. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_loss_get(const gan_loss *loss, int32_t setting, double *value);

/* Adds weight * feature matching in a form GAN_FEATURES_... to the generator's objective: `layer`
 * is one of the discriminator's by name, NULL for what its last layer with parameters reads. At
 * most 64 terms; |weight| <= 1e30. GAN_ERROR_ARGUMENT, GAN_ERROR_NAME, GAN_ERROR_LIMIT,
 * GAN_ERROR_MEMORY; a layer that the discriminator does not have makes trainers fail with
 * GAN_ERROR_NAME. Since 0.1. */
GAN_API gan_status gan_loss_add_feature_matching(gan_loss *loss, const char *layer, int32_t form,
                                                 double weight);

/* Gives the player "generator" or "discriminator" the term weight * |theta[t] - mean_i theta[i]|^2,
 * i = 1 .. t: its parameters now against their mean over all its moves, the start included. Moves
 * made before it was set count as if the parameters had always been what they were then. 0 for
 * none, as at first. (Salimans et al. 2016, section 3.3.) GAN_ERROR_NAME, GAN_ERROR_ARGUMENT. Since
 * 0.1. */
GAN_API gan_status gan_loss_set_historical_averaging(gan_loss *loss, const char *player,
                                                     double weight);

/* Adds weight * what `callback` builds to the objective of the player "generator" or
 * "discriminator": a scalar made with the functions of graph.h of the logits, features, rows and
 * parameters that it asks for. It is called whenever a plan is made, on the thread that asks for
 * it, not in every step, and must build the same each time. GAN_ERROR_NAME, GAN_ERROR_ARGUMENT,
 * GAN_ERROR_LIMIT, GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_loss_add_term(gan_loss *loss, const char *player, double weight,
                                     gan_term_callback callback, void *user);

/* Makes an independent discriminator, as gan_discriminator_clone(), that has what the loss needs.
 * For GAN_LOSS_MINIBATCH_DISCRIMINATION that is a layer minibatch_discrimination of GAN_KERNELS
 * kernels with GAN_KERNEL_DIMENSIONS numbers each (see gan_network_minibatch_discrimination(),
 * without options) in front of the last dense or maxout layer, unless there is one already. The
 * last layer's weight keeps its rows and gets initial ones for the new features, by its own
 * initialiser, which is also that of the new layer; all other parameters are copied. For every
 * other loss it is a plain copy. The caller owns *adapted and hands it to gan_trainer_create();
 * nothing else is changed. GAN_ERROR_CONTEXT; GAN_ERROR_ARGUMENT (no dense layer to stand in front
 * of); GAN_ERROR_LIMIT; GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_discriminator_for_loss(const gan_discriminator *discriminator,
                                              const gan_loss *loss, gan_discriminator **adapted);

#ifdef __cplusplus
}
#endif

#endif
