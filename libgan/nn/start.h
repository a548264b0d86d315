/* SPDX-License-Identifier: MIT */
/* Job: parameters before training: which ones train, and values that come from data. */
#ifndef GAN__NN_START_H
#define GAN__NN_START_H

#include "nn/network.h"

/* Means are kept this far from 0 and 1, where a logit would be infinite: what the 2014 code's
 * library does. */
#define GAN__LOGIT_MARGIN 1e-7

/* The index of the layer's own parameter "<layer>/<part>", or -1. */
int32_t gan__layer_parameter(const gan_network *network, const gan__layer *layer, const char *part);

/* ---- freeze.c ---- */

/* `name`: a parameter, a layer, or NULL for all. */
gan_status gan__network_set_frozen(gan_network *network, const char *name, bool frozen);

/* ---- start_logits.c ---- */

/* `layer` NULL: the dense layer whose value, or the sigmoid of it, is the output. */
gan_status gan__network_start_logits(gan_network *network, const char *layer, const float *means,
                                     int64_t count);

/* ---- start_data.c ---- */

/* What the network is shown. */
typedef struct gan__start_rows {
  const float *rows; /* [n, input shape]; NULL: latents drawn from the seed */
  int64_t n;
  uint64_t seed; /* of latents, dropout and noise */
} gan__start_rows;

gan_status gan__network_start_data(gan_network *network, const gan__start_rows *given);

/* ---- start_stage.c ---- */

/* One step of the data-dependent start: something of a layer is measured over the rows, and its
 * parameters change by that. */
enum {
  GAN__STAGE_LINEAR,   /* dense, maxout: means and variances of pre-activations */
  GAN__STAGE_DISTANCE, /* minibatch discrimination: the scale of distances */
  GAN__STAGE_CENTRE    /* and then the mean of its features */
};

typedef struct gan__stage {
  int32_t kind;
  const gan__layer *layer;
  int32_t scale, bias; /* parameters */
  int64_t columns;     /* of what is measured: units, units of all pieces, kernels */
} gan__stage;

enum { GAN__STAGES_MAX = 2 };

/* The stages of a layer, in their order; returns their number, 0 when it is left as it is. */
int32_t gan__stages_of(const gan_network *network, const gan__layer *layer,
                       gan__stage stages[GAN__STAGES_MAX]);
/* The nodes to be measured, [columns] in f64, of a pass whose values are there: mean and variance;
 * twice the same where there is one. */
void gan__stage_measure(const gan__stage *stage, const gan_network *network, gan__graph *graph,
                        const gan__pass *pass, gan__id measured[2]);
/* Changes the parameters at `pointers` by what was measured. On failure some have changed. */
gan_status gan__stage_apply(const gan__stage *stage, const gan_network *network, int64_t rows,
                            const double *const measured[2], void *const *pointers);

#endif
