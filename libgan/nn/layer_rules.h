/* SPDX-License-Identifier: MIT */
/* Job: the functions that the table of layers names, by family, and what they share. */
#ifndef GAN__NN_LAYER_RULES_H
#define GAN__NN_LAYER_RULES_H

#include "graph/build.h"
#include <gan/layers.h>

#include "nn/layer.h"

/* ---- layer.c: checks and declarations; errors stick in the network. ---- */

/* A number within GAN__SETTING_MAX. */
gan_status gan__layer_check_number(gan_network *network, const gan__layer *layer, const char *what,
                                   double value);
/* A size of 1 to GAN__UNITS_MAX. */
gan_status gan__layer_check_size(gan_network *network, const gan__layer *layer, const char *what,
                                 int64_t size);
/* Raises "<what> is <value>; allowed is <allowed>" unless `holds`. */
gan_status gan__layer_check(gan_network *network, const gan__layer *layer, bool holds,
                            const char *what, double value, const char *allowed);

/* A parameter to be. */
typedef struct gan__declaration {
  const char *name; /* behind the layer's and a slash */
  gan__shape shape;
  gan__initialiser initialiser;
  gan__role role;
  bool bare; /* the name stands alone, for what belongs to the whole network */
} gan__declaration;

/* Adds a parameter of the layer at hand to the network's list; its values come later. */
gan_status gan__layer_declare(gan_network *network, gan__layer *layer,
                              const gan__declaration *declaration);
/* "weight" [in, out] by the layer's initialiser. */
gan_status gan__layer_declare_weight(gan_network *network, gan__layer *layer,
                                     const int64_t sides[2]);
/* The shape of a row of the layer's first input. */
const gan__shape *gan__layer_input_shape(const gan_network *network, const gan__layer *layer);

/* The first input as [N, elements of a row]. */
gan__id gan__work_rows(const gan__work *work);

/* ---- The families. ---- */

typedef gan_status gan__infer_layer(gan_network *network, gan__layer *layer);
typedef gan_status gan__begin_layer(gan_network *network, const gan__layer *layer);
typedef gan__id gan__build_layer(const gan__work *work);
typedef void gan__print_layer(const gan_network *network, const gan__layer *layer, gan__text *text);
/* The error that sticks, or GAN_ERROR_STATE once finished; assemble.c. */
gan_status gan__network_open(const gan_network *network);

/* layer_source.c */
gan__infer_layer gan__infer_input_layer, gan__infer_latent_layer;
gan__print_layer gan__print_input_layer, gan__print_latent_layer;
/* layer_dense.c */
gan__infer_layer gan__infer_scale_layer, gan__infer_dense_layer, gan__infer_maxout_layer;
gan__build_layer gan__build_scale_layer, gan__build_dense_layer, gan__build_maxout_layer;
gan__begin_layer gan__begin_linear;
/* layer_activation.c */
gan__infer_layer gan__infer_activation, gan__infer_leaky_relu, gan__infer_elu;
gan__build_layer gan__build_tanh, gan__build_sigmoid, gan__build_relu, gan__build_leaky_relu,
    gan__build_softplus, gan__build_elu, gan__build_softmax;
/* layer_random.c */
gan__infer_layer gan__infer_dropout, gan__infer_noise;
gan__build_layer gan__build_dropout, gan__build_noise;
/* layer_norm.c */
gan__infer_layer gan__infer_batch_norm, gan__infer_layer_norm;
gan__build_layer gan__build_batch_norm, gan__build_layer_norm;
/* layer_virtual.c */
gan__infer_layer gan__infer_virtual_batch_norm;
gan__build_layer gan__build_virtual_batch_norm;
gan__begin_layer gan__begin_virtual_batch_norm;
/* layer_minibatch.c */
gan__infer_layer gan__infer_minibatch;
gan__build_layer gan__build_minibatch;
/* Of its kernels between all rows: [N, N, kernels]. */
gan__id gan__minibatch_distances(const gan__work *work);

/* ---- layer_norm.c: what norms share. ---- */

/* Checks epsilon (the layer's a) and the options. */
gan_status gan__norm_check(gan_network *network, const gan__layer *layer);
/* "scale" of ones and "shift" of zeros, unless an option leaves them out. */
gan_status gan__norm_declare(gan_network *network, gan__layer *layer, const gan__shape *shape);
/* 1 / sqrt(variance + epsilon). */
gan__id gan__norm_inverse(const gan__work *work, gan__id variance);
/* centred * inverse * scale + shift; what has fewer axes is repeated along leading ones. */
gan__id gan__norm_apply(const gan__work *work, gan__id centred, gan__id inverse);
/* The mean over the axes first .. first+count-1, which disappear. */
gan__id gan__norm_mean(gan__graph *graph, gan__id x, int32_t first, int32_t count);

#endif
