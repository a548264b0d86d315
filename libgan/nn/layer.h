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
  GAN__LAYER_ELU,
  GAN__LAYER_SOFTMAX,
  GAN__LAYER_MAXOUT,
  GAN__LAYER_DROPOUT,
  GAN__LAYER_NOISE,
  GAN__LAYER_BATCH_NORM,
  GAN__LAYER_LAYER_NORM,
  GAN__LAYER_VIRTUAL_BATCH_NORM,
  GAN__LAYER_MINIBATCH,
  GAN__LAYER_KINDS
};

/* What a setting is unless it is given. */
#define GAN__LEAKY_SLOPE  0.2
#define GAN__ELU_ALPHA    1.0
#define GAN__NORM_EPSILON 1e-5
#define GAN__NORM_DECAY   0.99

/* How one setting of a layer stands in the text. */
typedef enum gan__field_kind {
  GAN__FIELD_NONE,
  GAN__FIELD_SIZE,   /* an int64_t of gan__layer */
  GAN__FIELD_NUMBER, /* a double of gan__layer */
  GAN__FIELD_OPTION, /* bits of gan__layer.options */
} gan__field_kind;

typedef struct gan__field {
  gan__field_kind kind;
  const char *word; /* NULL: a value by its place behind the layer's name; else "word=VALUE" in any
                       order, and for an option the word alone */
  uint64_t place;   /* the offset in gan__layer; for an option its bits */
  double usual;     /* without it; NAN where it must be given */
  const char *what; /* the value, in messages: "the number of units, such as 128" */
} gan__field;

enum { GAN__FIELDS_MAX = 4 };

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
  bool weighted;            /* takes the settings for weights and biases, such as initialisers */
  bool norms_weight;        /* and weight_norm */
  bool couples_in_training; /* rows depend on the others of their segment while training */
  bool couples_always;      /* and when the network is used, too */
  /* Checks the settings; sets the shape and declares the parameters. Errors stick in the network.
   */
  gan_status (*infer)(gan_network *network, gan__layer *layer);
  /* After all parameters have their initial values: sets those that depend on others; or NULL. */
  gan_status (*begin)(gan_network *network, const gan__layer *layer);
  /* The value's node; NULL for a source. */
  gan__id (*build)(const gan__work *work);
  gan__field fields[GAN__FIELDS_MAX]; /* of the text, by place first; none after FIELD_NONE */
  /* Instead of them, for sources: writes what stands behind the name, with a space in front. */
  void (*print)(const gan_network *network, const gan__layer *layer, gan__text *text);
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
