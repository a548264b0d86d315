/* SPDX-License-Identifier: MIT */
/* Layers beyond gan/network.h's: maxout, dropout, noise, norms, minibatch discrimination; latents
 * of several distributions.
 *
 * As there, a call gives the number of the value that it makes, or -1 after an error, which
 * gan_network_finish() reports. Values of rank 1 to 5 are taken unless told otherwise. While
 * training means: inside a trainer's steps; in use means: sampling, running and judging by
 * generators and discriminators. */
#ifndef GAN_LAYERS_H
#define GAN_LAYERS_H

#include <stdint.h>

#include <gan/network.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Latents. ---- */

/* Adds `size` numbers of another distribution to the latent, behind those that it has: directly
 * after gan_network_latent(), with its arguments; at most 8 parts. Gives the latent's value. As
 * text: "latent 62 normal + 10 categorical + 2 uniform -1 1" (Chen et al. 2016, InfoGAN). Since
 * 0.1. */
GAN_API int32_t gan_network_add_latent(gan_network *network, int64_t size, int32_t kind, double low,
                                       double high);

/* ---- Activations and linear layers. ---- */

/* x where x > 0, else alpha (e^x - 1), alpha from 0 to 1e30 (Clevert et al. 2016, eq. 15). Since
 * 0.1. */
GAN_API int32_t gan_network_elu(gan_network *network, int32_t value, double alpha);

/* Maxout (Goodfellow et al. 2013, section 3): unit u gives the largest of `pieces` linear
 * functions, max over p of (x W + b)[p units + u], with parameters "name/weight" [inputs, pieces
 * units] and "name/bias" [pieces units]; values of higher rank are flattened. Where pieces are
 * equal, the gradient goes to the first of them. `units` times `pieces` is at most 2^24; `name` as
 * in gan_network_dense(), NULL for maxout_1, maxout_2, ... Since 0.1. */
GAN_API int32_t gan_network_maxout(gan_network *network, int32_t value, int64_t units,
                                   int64_t pieces, const char *name);

/* Weight norm for the dense and maxout layers that follow, `on` 1 or 0 (0 at first): column k of
 * the weight becomes g_k v_k / |v_k|, with v = "name/weight" and g = "name/scale" [units], both
 * trained (Salimans, Kingma 2016, eq. 2). g begins as |v|, so that the layer begins as one without;
 * a column of zeros is GAN_ERROR_ARGUMENT when the network is finished. GAN_ERROR_ARGUMENT, which
 * sticks; GAN_ERROR_STATE once finished. Since 0.1. */
GAN_API gan_status gan_network_set_weight_norm(gan_network *network, int32_t on);

/* ---- Layers that draw while training. ---- */

/* While training, every element is kept with probability `keep` (above 0, at most 1) and divided by
 * it, else 0; in use, x itself. So 0.8 scales by 1.25 and 0.5 by 2, as the GAN of 2014 did
 * (Srivastava et al. 2014, section 10). Every pass draws a mask of its own: the real and the
 * generated rows of a move, and of the next move. Steps of an unrolled player have the masks of the
 * move that looks through them, unless they are on batches and noise of their own
 * (GAN_INNER_FRESH). Since 0.1. */
GAN_API int32_t gan_network_dropout(gan_network *network, int32_t value, double keep);

/* While training, x + deviation e with e ~ N(0, 1) for every element; in use, x itself. `deviation`
 * is 0 to 1e30. Since 0.1. */
GAN_API int32_t gan_network_noise(gan_network *network, int32_t value, double deviation);

/* ---- Normalisation. ---- */

/* Options of norms; a sum of these. */
enum {
  GAN_NORM_NO_SCALE = 1, /* without the factor "name/scale" */
  GAN_NORM_NO_SHIFT = 2  /* without the term "name/shift" */
};

/* Batch norm (Ioffe, Szegedy 2015): (x - mean) / sqrt(variance + epsilon) * scale + shift for every
 * feature. A feature is an index of the last axis of a row, such as a channel of an image of height
 * x width x channels; its statistics are over the rows and all other axes, n numbers in all.
 *
 * While training they are those of the rows of one pass, the variance divided by n; gradients go
 * through both. Real and generated rows are passes of their own. In use they are running
 * statistics, parameters "name/mean" (from 0) and "name/variance" (from 1), which each training
 * step moves: running := decay running + (1 - decay) batch's, with the variance divided by n - 1,
 * which is unbiased. Only real moves of the network's own player do so, those of a discriminator by
 * labelled, real, then generated rows; steps that are looked through and the other player's moves
 * leave them. "name/scale" begins with 1, "name/shift" with 0. `epsilon` is above 0, at most
 * 1 (1e-5 in the paper's successors); `decay` is 0 or more, below 1 (0.99 is usual); `options` is a
 * sum of GAN_NORM_*. Since 0.1. */
GAN_API int32_t gan_network_batch_norm(gan_network *network, int32_t value, double epsilon,
                                       double decay, int32_t options);

/* Layer norm (Ba et al. 2016, eq. 3 and 4): as batch norm, with mean and variance (divided by the
 * number of elements) over all elements of each row, in training and in use; "name/scale" and
 * "name/shift" have the shape of a row. Since 0.1. */
GAN_API int32_t gan_network_layer_norm(gan_network *network, int32_t value, double epsilon,
                                       int32_t options);

/* The rows R of the reference batch of virtual batch norm, 1 to 65536; 64 at first. Before the
 * first such layer; an error sticks. GAN_ERROR_ARGUMENT, GAN_ERROR_LIMIT; GAN_ERROR_STATE
 * afterwards and once finished. Since 0.1. */
GAN_API gan_status gan_network_set_reference_rows(gan_network *network, int64_t rows);

/* Virtual batch norm (Salimans et al. 2016, section 3.4): a row is normalised by itself and by a
 * reference batch that is chosen once and goes through the same layers. With w = 1 / (R + 1), the
 * mean of a feature is w own + (1 - w) the reference's, and so is the mean of its squares, from
 * which the variance follows, as in the paper's code; features, epsilon, scale and shift as for
 * batch norm. "Own" is the row's number of that feature, or the mean over the other axes of the
 * row. The reference batch itself is normalised by its own statistics. So a row's output depends on
 * no other row, in training as in use; gradients go through the reference batch.
 *
 * All such layers of a network share the parameter "reference" [R, input shape], which training
 * never changes: drawn with the initial values for a latent; for an input it must be set to rows of
 * the data with gan_network_set_parameter(), before which running and training fail with
 * GAN_ERROR_STATE. Since 0.1. */
GAN_API int32_t gan_network_virtual_batch_norm(gan_network *network, int32_t value, double epsilon,
                                               int32_t options);

/* ---- Layers that compare rows. ---- */

/* Options of minibatch discrimination; a sum of these. */
enum {
  GAN_MINIBATCH_WITH_SELF =
      1, /* the sum has the row itself, a constant 1, as the paper writes it */
  GAN_MINIBATCH_NORMALIZED = 2 /* the weight and output of the paper's code */
};

/* Minibatch discrimination (Salimans et al. 2016, section 3.2): x with `kernels` features behind it
 * that tell how near the other rows of the pass are. M_i = x_i T, with T = "name/weight" [inputs,
 * dimensions kernels], has for each kernel b `dimensions` numbers M_icb, at column c kernels + b of
 * T, and
 *
 *   o_ib = sum over j != i of exp(-sum over c of |M_icb - M_jcb|).
 *
 * With GAN_MINIBATCH_NORMALIZED column k of T is e^s_k t_k / |t_k|, with t = "name/weight" and s =
 * "name/log_scale" (from 0), and o_ib gets "name/bias" [kernels] (from -1). Values of higher rank
 * are flattened; the result has inputs + kernels numbers a row. `kernels` times `dimensions` is at
 * most 2^24. Real and generated rows are compared among themselves only, as passes of their own; in
 * use, the rows of one call. Since 0.1. */
GAN_API int32_t gan_network_minibatch_discrimination(gan_network *network, int32_t value,
                                                     int64_t kernels, int64_t dimensions,
                                                     int32_t options);

#ifdef __cplusplus
}
#endif

#endif
