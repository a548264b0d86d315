/* SPDX-License-Identifier: MIT */
/* Job: what a kind of layer is: one row of a table, from which building, graphs and text are made.
 */
#ifndef GAN__NN_LAYER_H
#define GAN__NN_LAYER_H

#include "nn/network.h"

/* Rows of gan__layer_rows. The activations stand in the order of GAN_ACTIVATION_*. */
enum {
  GAN__LAYER_INPUT,
  GAN__LAYER_LATENT,
  GAN__LAYER_SCALE,
  GAN__LAYER_DENSE,
  GAN__LAYER_TANH,
  GAN__LAYER_SIGMOID,
  GAN__LAYER_RELU,
  GAN__LAYER_LEAKY_RELU,
  GAN__LAYER_SOFTPLUS,
  GAN__LAYER_KINDS
};

#define GAN__LEAKY_SLOPE 0.2 /* unless given */

/* A layer at work: what its build function sees. */
typedef struct gan__work {
  gan__graph *graph;
  const gan_network *network;
  const gan__layer *layer;
  const gan__pass *pass;
  const gan__id *parameters; /* the layer's own */
  gan__id *statistics;       /* the layer's own span of pass->statistics; NULL: nobody wants them */
  const gan__id *inputs;     /* values of the layers it reads */
  gan__id reference;         /* the value of its first input over the reference batch; GAN__NONE
                                when the network has none, or this is the pass over it */
} gan__work;

typedef struct gan__layer_row {
  const char *name;         /* in the text and in default layer names */
  int32_t inputs;           /* values it takes; 0 for a source */
  bool activation;          /* may stand behind a dense layer in its statement */
  bool couples_in_training; /* rows depend on the others of their segment while training */
  bool couples_always;      /* and when the network is used, too */
  /* Checks the settings; sets the shape and declares the parameters. Errors stick in the network.
   */
  gan_status (*infer)(gan_network *network, gan__layer *layer);
  /* The value's node; NULL for a source. */
  gan__id (*build)(const gan__work *work);
  /* Writes what stands behind the name in the text, with a space in front; NULL for nothing. */
  void (*print)(const gan__layer *layer, gan__text *text);
} gan__layer_row;

extern const gan__layer_row gan__layer_rows[GAN__LAYER_KINDS];

/* The rows' kind with a name of `length` bytes, or -1. */
int32_t gan__layer_kind(const char *name, int64_t length);

/* An identity for a layer's draws: of the pass, the network and the layer, joined with `purpose`.
 */
uint64_t gan__work_site(const gan__work *work, const char *purpose);

/* True for a finite number within GAN__SETTING_MAX. */
bool gan__setting_valid(double value);

#endif
