/* SPDX-License-Identifier: MIT */
/* Job: the network as the rest of the library sees it: layers, parameters, graph code. */
#ifndef GAN__NN_NETWORK_H
#define GAN__NN_NETWORK_H

#include <gan/network.h>

#include "base/random.h"
#include "base/text.h"
#include "graph/graph.h"

enum {
  GAN__LAYERS_MAX = 4096,
  GAN__LAYER_NAME_MAX = 64, /* bytes, the NUL included */
  GAN__LAYER_INPUTS = 4,    /* values that a layer may join */
  GAN__UNITS_MAX = 1 << 24,
  GAN__LATENTS_MAX = 8,       /* parts of a latent */
  GAN__CLASSES_MAX = 1 << 16, /* of a categorical part: an f32 draw chooses among them */
  GAN__REFERENCE_ROWS = 64,   /* unless set */
  GAN__REFERENCE_ROWS_MAX = 1 << 16,
};
#define GAN__PARAMETER_BYTES_MAX (INT64_C(1) << 33)
/* Of every number given: squares of it stay far from f64's end. */
#define GAN__SETTING_MAX 1e30

/* How a parameter begins: GAN_INIT_* and its numbers, 0 where the kind has none. */
typedef struct gan__initialiser {
  int32_t kind;
  double a, b;
} gan__initialiser;

/* A layer makes one value, whose number is the layer's index. */
typedef struct gan__layer {
  char name[GAN__LAYER_NAME_MAX];
  bool named;                                     /* by the user, not by default */
  int32_t kind;                                   /* row of gan__layer_rows, nn/layer.h */
  int32_t input_count, inputs[GAN__LAYER_INPUTS]; /* values, smaller than its own */
  gan__shape shape; /* of one row of its value, without the leading rows */
  int64_t size;     /* dense, maxout: units; latent: numbers in a row */
  int64_t pieces;   /* maxout: linear functions of a unit; minibatch discrimination: dimensions */
  int32_t choice;   /* latent: GAN_LATENT_* */
  int32_t options;  /* norms: GAN_NORM_*; minibatch discrimination: GAN_MINIBATCH_* */
  double a, b;      /* the settings, in the order of the layer's row; latent: low, high */
  gan__initialiser weight, bias;
  bool weight_norm;                   /* the weight is a direction, with a scale of its own */
  int32_t parameter, parameter_count; /* its span of network->parameters */
} gan__layer;

/* Numbers of a latent that share a distribution. */
typedef struct gan__latent {
  int64_t size;
  int32_t kind;     /* GAN_LATENT_* */
  double low, high; /* of uniform ones; else 0 */
} gan__latent;

/* Who changes a parameter. */
typedef enum gan__role {
  GAN__TRAINED,   /* the optimizer, along its gradient, unless it is frozen */
  GAN__STATISTIC, /* every training pass of the network's own player: a running mean or variance */
  GAN__FIXED,     /* nobody but the user: a reference batch */
} gan__role;

typedef struct gan__parameter {
  char name[GAN__NAME_MAX]; /* "dense_1/weight" */
  int32_t layer;
  gan__role role;
  bool frozen; /* by the user: training leaves it as it is */
  gan__shape shape;
  gan__initialiser initialiser;
  void *data; /* values of the network's dtype, aligned to 64; NULL before it is frozen */
} gan__parameter;

/* True when an optimizer changes it. */
static inline bool gan__parameter_trained(const gan__parameter *parameter) {
  return parameter->role == GAN__TRAINED && !parameter->frozen;
}

struct gan_network {
  gan_context *context;
  int32_t references;
  int32_t dtype;
  bool frozen;       /* finished: layers and shapes are final, parameters are there */
  gan_status status; /* the first error of the building calls, with its message */
  char message[GAN__MESSAGE_MAX];
  gan__layer *layers;
  uint64_t layer_count, layer_capacity;
  int32_t output;                /* value */
  gan__initialiser weight, bias; /* of the layers to come */
  bool weight_norm;
  int64_t reference_rows; /* R of the first virtual batch norm to come */
  int32_t latent_count;   /* the parts of the latent, side by side; 0 with an input */
  gan__latent latents[GAN__LATENTS_MAX];
  int32_t parameter_count;
  uint64_t parameter_capacity;
  gan__parameter *parameters;
  int64_t parameter_bytes; /* of all, each rounded up to whole alignment units */
  char *storage;           /* [parameter_bytes]: all values, one after the other */
  void **pointers;         /* [parameter_count]: their data, as a plan's bindings want it */
  char *text;              /* the architecture, canonical */
  uint64_t seed, index;    /* of the initial values: the context's seed, the network's number */
  uint64_t site;           /* stream identity of this network in training */
  int32_t reference;       /* the parameter that holds the reference batch, [R, input shape]; -1 */
  bool reference_given;    /* and it holds rows: drawn of the latent, or set by the user */
  uint64_t version;        /* bumped when parameters are written by the user */
  uint64_t plan_version;   /* bumped when a parameter is frozen or thawed: plans depend on it */
};

/* ---- network.c: life of a network. ---- */

gan_status gan__network_create(gan_context *context, int32_t dtype, gan_network **network);
/* A finished network without layers whose only parameter is "value" [size], zeros. */
gan_status gan__network_create_vector(gan_context *context, int32_t dtype, int64_t size,
                                      gan_network **network);
gan_status gan__network_clone(const gan_network *network, gan_network **copy);
void gan__network_ref(gan_network *network);
void gan__network_unref(gan_network *network);
gan_status gan__network_finish(gan_network *network, int32_t value);
/* Raises GAN_ERROR_STATE, or the first building error, unless the network is finished. */
gan_status gan__network_ready(const gan_network *network);
/* As above, and GAN_ERROR_STATE while the reference batch of a network with an input is missing:
 * for whatever runs or trains it. */
gan_status gan__network_usable(const gan_network *network);

/* ---- assemble.c: the building calls behind network.h; errors stick in the network. ---- */

/* Checks and adds a layer whose kind, inputs, settings (and name, "" for the default) are set.
 * Returns its value, -1 on error. */
int32_t gan__network_append(gan_network *network, const gan__layer *layer);
/* Puts a user's name of any length into a layer that is to be appended. */
gan_status gan__network_name(gan_network *network, gan__layer *layer, const char *name,
                             uint64_t length);
gan_status gan__network_initialiser(gan_network *network, bool bias, gan__initialiser initialiser);
/* Whether the weights of dense and maxout layers to come are normalised. */
gan_status gan__network_weight_norm(gan_network *network, bool on);
/* The rows of the reference batch; before the first virtual batch norm. */
gan_status gan__network_reference_rows(gan_network *network, int64_t rows);
/* Records the first error, naming the layer ("" for none). */
gan_status gan__network_fail(gan_network *network, const char *layer, gan_status status,
                             const char *format, ...) __attribute__((format(printf, 4, 5), cold));

/* ---- parse.c, network_text.c ---- */

gan_status gan__network_parse(gan_context *context, const char *text, gan_network **network);
void gan__network_print(const gan_network *network, gan__text *text);

/* ---- parameter.c: an array in the caller's memory, GAN_F32 or GAN_F64. ---- */

typedef struct gan__array {
  int32_t dtype;
  void *data;
} gan__array;

/* Finds a parameter; GAN_ERROR_NAME with the nearest name, GAN_ERROR_SHAPE when it has not `count`
 * elements. */
gan_status gan__network_find(const gan_network *network, const char *name, int64_t count,
                             int32_t *index);
gan_status gan__network_get(const gan_network *network, const char *name, gan__array out,
                            int64_t count);
gan_status gan__network_set(gan_network *network, const char *name, gan__array values,
                            int64_t count);
/* out[0 .. count-1] := in[0 .. count-1], converting. */
void gan__array_copy(gan__array out, gan__array in, int64_t count);
/* One element. */
double gan__array_at(gan__array array, int64_t index);
void gan__array_put(gan__array array, int64_t index, double value);
/* The first index whose value is not finite (once converted to `dtype`), or -1. */
int64_t gan__array_bad(gan__array values, int64_t count, int32_t dtype);

/* ---- network_graph.c: networks as graph code. ---- */

/* One evaluation of a network over one segment of rows: all that its layers do not say. Batch
 * statistics, pairwise terms and draws are those of the segment. */
typedef struct gan__pass {
  const char *prefix;        /* of the nodes' scopes, "<prefix>/<layer>" */
  const gan__id *parameters; /* [parameter_count]: nodes that hold them, such as a state's read or
                                the result of an optimizer's step */
  gan__id input;             /* [N, input shape] */
  bool training;             /* dropout and noise draw; batch norm takes the segment's statistics */
  uint64_t site;             /* of the draws inside layers: the turn, joined with the segment */
  gan__id *statistics;       /* [parameter_count] or NULL. In training, elements of running
                                statistics go from what they were to what they become */
  gan__id *values;           /* [layer_count] or NULL: every layer's value, [N, shape] */
} gan__pass;

/* The network's output, [N, output shape]; GAN__NONE after an error. */
gan__id gan__network_build(const gan_network *network, gan__graph *graph, const gan__pass *pass);
/* True when a row's output depends on the other rows of its segment, in training or always. */
bool gan__network_couples_rows(const gan_network *network, bool training);
/* The index of the layer of that name; GAN_ERROR_NAME with the nearest name. */
gan_status gan__network_find_layer(const gan_network *network, const char *name, int32_t *index);
/* One row of the input and of the output. */
gan__shape gan__network_input_shape(const gan_network *network);
gan__shape gan__network_output_shape(const gan_network *network);

/* ---- latent.c ---- */

/* Adds numbers of another distribution to the latent, the only layer so far. Returns its value, -1
 * on error; errors stick. */
int32_t gan__network_add_latent(gan_network *network, gan__latent part);
/* Checks a part; the error names the layer. */
gan_status gan__latent_check(gan_network *network, gan__latent *part);
/* [rows, latent size] draws of the network's latent with exactly this identity. */
gan__id gan__network_latent(const gan_network *network, gan__graph *graph, int64_t rows,
                            uint64_t site);
/* The same from a stream of the host's into out, [rows, latent size]. */
void gan__network_fill_latent(const gan_network *network, gan__stream stream, int64_t rows,
                              gan__array out);

/* ---- insert.c ---- */

/* What is put in front of the last dense layer. */
typedef struct gan__minibatch {
  int64_t kernels, dimensions;
  int32_t options; /* GAN_MINIBATCH_* */
} gan__minibatch;

/* Makes an independent network of a finished one with a minibatch discrimination in front of its
 * last dense (or maxout) layer, whose weight keeps its rows and gets initial ones for the new
 * features. All other parameters are copied. GAN_ERROR_ARGUMENT without such a layer. */
gan_status gan__network_insert_minibatch(const gan_network *network,
                                         const gan__minibatch *minibatch, gan_network **copy);

#endif
