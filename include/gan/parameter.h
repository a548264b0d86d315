/* SPDX-License-Identifier: MIT */
/* Parameters of a network before training: who changes them, which are frozen, and starts: values
 * that come from data instead of from an initialiser. */
#ifndef GAN_PARAMETER_H
#define GAN_PARAMETER_H

#include <stdint.h>

#include <gan/network.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Who changes a parameter. ---- */

/* What a parameter is to training. */
enum {
  GAN_ROLE_TRAINED = 1,   /* changed by the optimizer, along its gradient */
  GAN_ROLE_STATISTIC = 2, /* a running mean or variance, which follows the training batches */
  GAN_ROLE_FIXED = 3      /* changed by gan_network_set_parameter() alone: a reference batch */
};

/* The role of parameter `parameter` (from 0), GAN_ROLE_*; 0 out of range. Since 0.1. */
GAN_API int32_t gan_network_parameter_role(const gan_network *network, int32_t parameter);

/* 1 when gan_network_set_frozen() froze the parameter, else 0; 0 out of range, and for
 * GAN_ROLE_FIXED, which no training changes anyway. Since 0.1. */
GAN_API int32_t gan_network_parameter_is_frozen(const gan_network *network, int32_t parameter);

/* Freezes parameters (`frozen` 1) or thaws them (0). `name`: one parameter ("dense_1/weight"); a
 * layer ("dense_1"), for all that it has; NULL, for all of the network. Training leaves a frozen
 * parameter as it is, to the last bit: no gradient is taken along it, a running statistic stays,
 * and weight clipping and the like pass it over. Gradients still flow through its layer to others.
 * gan_network_set_parameter() and gan_network_start_logits(), the caller's own acts, write to it as
 * ever. A trainer that uses the network takes notice with its next step. The optimizer keeps what
 * it has gathered of the parameter (moments, step counts) and goes on from there once it is thawed.
 * Copies of the network begin with the same frozen parameters. Of parameters with the role
 * GAN_ROLE_FIXED nothing changes. GAN_ERROR_ARGUMENT; GAN_ERROR_NAME (the message has the nearest
 * name; also for a layer without parameters); GAN_ERROR_STATE (not finished; a GAN_ROLE_FIXED
 * parameter is to be thawed by its name). Since 0.1. */
GAN_API gan_status gan_network_set_frozen(gan_network *network, const char *name, int32_t frozen);

/* ---- Starts. ---- */

/* Lets a dense layer in front of a sigmoid begin with given means: its bias becomes b = log(m / (1
 * - m)), the logit of m = means[i], so that sigmoid(b) = m. `means`: [count], 0 to 1, count the
 * units of the layer; values below 1e-7 or above 1 - 1e-7 are taken as those. `layer`: the name of
 * a dense layer, or NULL for the one whose value, or the sigmoid of it, is the output. Weights
 * stay: small ones keep the outputs near the means. With gan_dataset_mean() this is the start of
 * the MNIST generator of Goodfellow et al. 2014, "Generative Adversarial Nets" (their code). On
 * failure nothing has changed. GAN_ERROR_ARGUMENT (also for a layer that is not dense);
 * GAN_ERROR_NAME; GAN_ERROR_SHAPE; GAN_ERROR_STATE (not finished). Since 0.1. */
GAN_API gan_status gan_network_start_logits(gan_network *network, const char *layer,
                                            const float *means, int64_t count);

/* Data-dependent start: gives the pre-activations of every dense layer, and those of all pieces of
 * every maxout layer, mean 0 and variance 1 over `n` rows (at least 2; a few hundred are usual).
 * For one layer after the other, in the network's order, each column of pre-activations y has its
 * mean m and standard deviation s (over n, not n - 1) taken with the layers before it started
 * already; then
 *
 *   w := w / s,   b := (b - m) / s
 *
 * where w is the column of "name/weight", or with weight norm its "name/scale". Minibatch
 * discrimination with GAN_MINIBATCH_NORMALIZED gets log_scale := log_scale - log(D / 2) for each
 * kernel, D the distance from a row to the nearest other one, averaged over the rows, and then bias
 * := bias - mean(o): so nearest rows are 2 apart and the features have mean 0. Other layers are
 * computed as they are, and running statistics stay. A layer of which any parameter is frozen keeps
 * all; what is to be started and then frozen is frozen afterwards.
 *
 * `rows`: [n, input shape], borrowed for the call; NULL, for a network that begins with a latent: n
 * rows of latents are drawn from `seed`. The rows pass as in training, as one batch: dropout and
 * noise draw from `seed`, in each network other numbers, and batch normalisation takes the
 * statistics of the n rows. To that the means and variances belong.
 *
 * (Salimans, Kingma 2016, "Weight Normalization", section 3. The code of Salimans et al. 2016,
 * "Improved Techniques for Training GANs", does all this with 500 rows.)
 *
 * On failure nothing has changed. GAN_ERROR_ARGUMENT (also when a unit's pre-activation is the same
 * for all rows, when each row has an equal one for a kernel, and when no layer is left to start);
 * GAN_ERROR_NOT_FINITE (a row, something measured or a new parameter); GAN_ERROR_STATE (not
 * finished, or without the reference batch that it needs); GAN_ERROR_LIMIT; GAN_ERROR_CANCELLED;
 * GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_network_start_from_data(gan_network *network, const float *rows, int64_t n,
                                               uint64_t seed);

#ifdef __cplusplus
}
#endif

#endif
