/* SPDX-License-Identifier: MIT */
/* Inversion: the latents whose samples come closest to given data. */
#ifndef GAN_INVERT_H
#define GAN_INVERT_H

#include <stdint.h>

#include <gan/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Called after each evaluation of a group of rows: `done` of `total` searches are finished, one for
 * each target and start; `error` is the mean over the targets of the least errors so far (those
 * that have none yet left out; NaN before the first). Non-zero ends the call with
 * GAN_ERROR_CANCELLED. It may use every handle, but must not write to the generator's parameters.
 */
typedef int32_t (*gan_inversion_callback)(int64_t done, int64_t total, double error, void *user);

/* How to search. With all zero but struct_size: L-BFGS from three random starts, without bounds, as
 * in Metz et al. 2017, table 1. */
typedef struct gan_inversion {
  uint64_t struct_size; /* sizeof(gan_inversion) of the caller */
  int32_t starts;       /* random starts for each target, at most 1000; 0 for 3 */
  int32_t evaluations;  /* of the generator in each search, at most 1000000; 0 for 300 */
  uint64_t seed;        /* start s, from 0, begins at gan_generator_latents() of seed + s */
  double tolerance;     /* a search ends where no derivative of the error by a latent is larger; 0:
                           where the type of the network shows no smaller error */
  int32_t clamp;        /* 1 keeps uniform parts of the latent in their ranges; 0 does not */
  int32_t reserved;     /* 0 */
  gan_inversion_callback callback; /* NULL for none */
  void *user;                      /* passed to it */
} gan_inversion;

/* Finds, for each of n (>= 0) targets x, [n, output shape], latents z, [n, latent size], with a
 * small error e(z) = mean over k of (G(z)_k - x_k)^2, written to errors [n]: inference by
 * optimisation (Metz et al. 2017, "Unrolled Generative Adversarial Networks", table 1). The
 * generator runs as in gan_generator_run(), so batch norm takes its running statistics. Each search
 * is L-BFGS with the last 10 pairs (Nocedal and Wright 2006, algorithm 7.4) from a random start;
 * the best one counts, the first of equals. Searches go side by side in groups of rows, on all
 * threads, yet a target's result depends on its number, its values, the seed and the settings
 * alone; more starts never make it worse. The errors are those of the latents before they are
 * rounded to float, where a network computes in f64.
 *
 * With `clamp`, the uniform parts of a latent are z = middle + half * sin(u), each of its own
 * range, and the search is by u, as often done for bounds (James and Roos 1975, "Minuit"), as is
 * the tolerance; other parts have no range. Without, uniform latents may leave theirs, as in the
 * paper.
 *
 * On failure nothing is written. GAN_ERROR_ARGUMENT (a setting; clamp without a uniform latent),
 * GAN_ERROR_UNSUPPORTED (a layer that lets rows depend on each other), GAN_ERROR_NOT_FINITE (a
 * target; a sample or its derivative at a start), GAN_ERROR_LIMIT, GAN_ERROR_CANCELLED,
 * GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_generator_invert(gan_generator *generator, const gan_inversion *settings,
                                        const float *targets, int64_t n, float *latents,
                                        float *errors);

/* The same in double. Since 0.1. */
GAN_API gan_status gan_generator_invert_f64(gan_generator *generator, const gan_inversion *settings,
                                            const double *targets, int64_t n, double *latents,
                                            double *errors);

#ifdef __cplusplus
}
#endif

#endif
