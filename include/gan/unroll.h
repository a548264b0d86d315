/* SPDX-License-Identifier: MIT */
/* Unrolled steps on explicit handles: the step, its exact gradient by parameter name, its
 * objective, and a check of one against the other. */
#ifndef GAN_UNROLL_H
#define GAN_UNROLL_H

#include <stdint.h>

#include <gan/trainer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One player, the mover, looks at its objective f(theta_p, theta_q^K) through K steps of the other
 * player's own optimizer, from that optimizer's live state (moments and number of updates
 * included): theta_q^0 = theta_q, theta_q^{k+1} = update(theta_q^k). Metz et al. 2017, "Unrolled
 * Generative Adversarial Networks", section 2.2. The objective is the mover's loss at theta_q^K;
 * with GAN_LOSS_MINIMAX and K > 0 it includes the term of the real rows. */
typedef struct gan_unroll gan_unroll;

/* Makes the handle for the five parts, under the conditions of gan_trainer_create(); with K = 0,
 * the generator as mover, exact, without a batch. The caller owns *unroll. Errors as there. Since
 * 0.1. */
GAN_API gan_status gan_unroll_create(gan_context *context, gan_generator *generator,
                                     gan_discriminator *discriminator, gan_loss *loss,
                                     gan_optimizer *generator_optimizer,
                                     gan_optimizer *discriminator_optimizer, gan_unroll **unroll);

/* Frees the handle; NULL is ignored. Since 0.1. */
GAN_API void gan_unroll_destroy(gan_unroll *unroll);

/* K, 0 to 10000. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_unroll_set_steps(gan_unroll *unroll, int32_t steps);

/* The mover, "generator" or "discriminator"; the other one is unrolled. GAN_ERROR_NAME. Since 0.1.
 */
GAN_API gan_status gan_unroll_set_player(gan_unroll *unroll, const char *player);

/* 1 leaves out the second term, d theta_q^K / d theta_p. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_unroll_set_approximate(gan_unroll *unroll, int32_t approximate);

/* GAN_INNER_SAME (at first) or GAN_INNER_FRESH. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_unroll_set_inner_batches(gan_unroll *unroll, int32_t inner);

/* As gan_trainer_set_memory_cap(), for each of the calls below. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_unroll_set_memory_cap(gan_unroll *unroll, int64_t bytes);

/* The seed of the latent draws, 0 at first: the same seed gives the same draws every time.
 * GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_unroll_set_seed(gan_unroll *unroll, uint64_t seed);

/* The real rows for the calls below, [rows, input shape of the discriminator], copied. They serve
 * every move and every inner step. GAN_ERROR_ARGUMENT, GAN_ERROR_LIMIT, GAN_ERROR_MEMORY,
 * GAN_ERROR_NAME (the loss needs labelled rows, too); the rows are then those from before. Since
 * 0.1. */
GAN_API gan_status gan_unroll_set_batch(gan_unroll *unroll, const float *batch, int64_t rows);

/* The same from the slots "real" of batches [count], f32 or f64, and "labelled" and "labels" where
 * the loss classifies, as in gan_trainer_step_batch(): count is 1, or gan_unroll_batches() of the
 * present settings: those of the mover's own turn and of its inner steps, then that of the other
 * player's ordinary step. GAN_ERROR_NAME, GAN_ERROR_SHAPE, GAN_ERROR_CONTEXT. Since 0.1. */
GAN_API gan_status gan_unroll_set_batches(gan_unroll *unroll, const gan_batch *const *batches,
                                          int32_t count);

/* How many different real batches a step can use; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_unroll_batches(const gan_unroll *unroll);

/* ---- The calls. GAN_ERROR_STATE without real rows, or when there are neither 1 nor as many
 * batches as the settings now need; GAN_ERROR_LIMIT, GAN_ERROR_MEMORY; GAN_ERROR_NOT_FINITE with
 * the name of the first bad value. Nothing is changed then. ---- */

/* One step: the mover descends the total gradient by its own optimizer; then the other player takes
 * its ordinary step against what the mover has become, on latent draws of its own. Since 0.1. */
GAN_API gan_status gan_unroll_step(gan_unroll *unroll);

/* The value of the mover's objective. Changes nothing. Since 0.1. */
GAN_API gan_status gan_unroll_objective(gan_unroll *unroll, double *value);

/* A gradient: one array for each parameter of one network, by the parameters' names. */
typedef struct gan_gradient gan_gradient;

/* The total derivative of the mover's objective by its parameters; 0 for those that are not
 * trained. Changes nothing. The caller owns *gradient, which lives on its own. Since 0.1. */
GAN_API gan_status gan_unroll_gradient(gan_unroll *unroll, gan_gradient **gradient);

/* Frees a gradient; NULL is ignored. Since 0.1. */
GAN_API void gan_gradient_destroy(gan_gradient *gradient);

/* The number of parameters; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_gradient_count(const gan_gradient *gradient);

/* The name of parameter `parameter` (from 0), such as "dense_1/weight"; NULL out of range. Since
 * 0.1. */
GAN_API const char *gan_gradient_name(const gan_gradient *gradient, int32_t parameter);

/* The number of dimensions of a parameter; 0 out of range. Since 0.1. */
GAN_API int32_t gan_gradient_rank(const gan_gradient *gradient, int32_t parameter);

/* One dimension of a parameter; 0 out of range. Since 0.1. */
GAN_API int64_t gan_gradient_dim(const gan_gradient *gradient, int32_t parameter, int32_t axis);

/* The objective's value where the gradient was taken; 0 for NULL. Since 0.1. */
GAN_API double gan_gradient_objective(const gan_gradient *gradient);

/* The Euclidean norm over all parameters; 0 for NULL. Since 0.1. */
GAN_API double gan_gradient_norm(const gan_gradient *gradient);

/* Copies the gradient by one parameter to `values`, [count], row by row; `count` must be the
 * parameter's number of elements. GAN_ERROR_NAME, GAN_ERROR_SHAPE. Since 0.1. */
GAN_API gan_status gan_gradient_get(const gan_gradient *gradient, const char *name, float *values,
                                    int64_t count);

/* The same in double. Since 0.1. */
GAN_API gan_status gan_gradient_get_f64(const gan_gradient *gradient, const char *name,
                                        double *values, int64_t count);

/* What gan_check_gradient() found. */
typedef struct gan_gradient_check {
  uint64_t struct_size;      /* sizeof(gan_gradient_check) of the caller, set before the call */
  int64_t directions;        /* that were tried */
  double max_relative_error; /* the largest |difference - product| / scale over the directions;
                                scale is the larger of the two and of |gradient| / sqrt(n), n the
                                number of trained elements: the typical size of a product */
  double product;            /* <gradient, direction> where the error was largest */
  double difference;         /* the derivative by differences there */
  double largest_step;       /* of the differences, as lengths in the space of the parameters */
  double smallest_step;
  double gradient_norm;
} gan_gradient_check;

/* Compares gan_unroll_gradient() with differences of gan_unroll_objective(), K inner steps and all,
 * along `directions` (1 to 10000) unit vectors drawn from `seed` in the space of the parameters
 * that are trained, so without frozen ones and reference batches: central differences with steps h,
 * h/2, h/4, ..., extrapolated to h = 0 (Richardson; of the extrapolations the one with the smallest
 * own estimate of its error counts, Ridders 1982). Right gradients of smooth networks give 1e-9 or
 * so; leaving out the second term gives far more. Where an activation has a kink, as ReLU at 0, or
 * where second moments are 0, the objective may not be differentiable. Changes nothing. The
 * networks must compute in f64 ("f64" at the start of their texts): GAN_ERROR_UNSUPPORTED.
 * GAN_ERROR_ARGUMENT, GAN_ERROR_CANCELLED; errors as above. Since 0.1. */
GAN_API gan_status gan_check_gradient(gan_unroll *unroll, int32_t directions, uint64_t seed,
                                      gan_gradient_check *report);

#ifdef __cplusplus
}
#endif

#endif
