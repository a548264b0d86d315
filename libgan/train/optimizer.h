/* SPDX-License-Identifier: MIT */
/* Job: optimizers: settings, live state, and the update as a transformation of a graph. */
#ifndef GAN__TRAIN_OPTIMIZER_H
#define GAN__TRAIN_OPTIMIZER_H

#include <gan/optimizer.h>

#include "nn/network.h"

enum {
  GAN__MOMENTS = 3, /* the most arrays kept beside each parameter */
  GAN__HISTORY = 2, /* the one of them that is no rule's: the running mean of the parameter */
  GAN__SETTINGS = GAN_MAX_COLUMN_NORM + 1
};

struct gan_optimizer {
  gan_context *context;
  int32_t references;
  int32_t kind;
  double settings[GAN__SETTINGS]; /* by GAN_LEARNING_RATE ...; 0 where the kind has none */
  bool history;                   /* keeps GAN__HISTORY */
  uint64_t version;               /* counts changes that plans depend on */

  /* The live state. `network` is whose parameters the moments belong to; until the first update the
   * state is all zeros and can be given to another network. */
  gan_network *network;         /* a reference; NULL before it is bound */
  int32_t parameter_count;      /* of that network */
  void **moments[GAN__MOMENTS]; /* [parameter_count], each of the parameter's shape and type; NULL
                                   where gan__optimizer_keeps() says no */
  double updates;               /* t; a double, because the graph computes with it */
};

/* Where a player stands at one point of the game: the nodes that hold its parameters and the state
 * of its optimizer. An update moves the position on; the live state is only one possible position.
 */
typedef struct gan__position {
  int32_t count;                  /* parameters */
  gan__id *parameters;            /* [count] */
  gan__id *moments[GAN__MOMENTS]; /* [count] each; GAN__NONE where none is kept */
  gan__id updates;                /* f64 scalar */
} gan__position;

/* One parameter's update. */
typedef struct gan__update {
  gan__graph *graph;
  const double *settings;
  gan__id rate; /* scalar of the parameters' type: the learning rate, or what the rule made of it */
  gan__id momentum; /* f64 scalar; GAN__NONE where it is always the setting */
  gan__id first;    /* scalar of the parameters' type: 1 in the first update, 0 later; GAN__NONE
                       where the rule does not ask */
  gan__id parameter, gradient;
  gan__id moments[GAN__MOMENTS]; /* replaced by the new ones */
} gan__update;

#define GAN__SETTING_BIT(setting) (UINT32_C(1) << (setting))

/* One kind of optimizer. */
typedef struct gan__optimizer_kind {
  const char *name;
  int32_t moments;      /* arrays of the rule's own, below GAN__HISTORY */
  uint32_t settings;    /* bits of those it has beside what all kinds have */
  double learning_rate; /* at first */
  bool asks_first;      /* the first update differs */
  /* The rate of one step from the learning rate and t' (f64 scalars); NULL when it is the former.
   */
  gan__id (*rate)(gan__graph *graph, const double *settings, gan__id learning_rate,
                  gan__id updates);
  /* Builds the new moments and returns the new parameter. */
  gan__id (*update)(gan__update *update);
} gan__optimizer_kind;

/* NULL for an unknown number. */
const gan__optimizer_kind *gan__optimizer_kind_of(int32_t kind);

gan_status gan__optimizer_create(gan_context *context, int32_t kind, gan_optimizer **optimizer);
void gan__optimizer_ref(gan_optimizer *optimizer);
/* Gives one reference back, the last frees it; NULL is ignored. */
void gan__optimizer_unref(gan_optimizer *optimizer);

gan_status gan__optimizer_set(gan_optimizer *optimizer, int32_t setting, double value);
gan_status gan__optimizer_get(const gan_optimizer *optimizer, int32_t setting, double *value);
void gan__optimizer_reset(gan_optimizer *optimizer);

/* Makes room for the moments of the network's parameters. GAN_ERROR_STATE when the optimizer has
 * updated another network. */
gan_status gan__optimizer_bind(gan_optimizer *optimizer, gan_network *network);

/* Keeps the history from now on: after update t' the mean of the t' values that the parameter had
 * before each update, the start first. It is 0 before the first update. Where updates have been
 * made before, it begins as if the parameters had always been what they are now. Survives a reset;
 * a second call does nothing. */
gan_status gan__optimizer_keep_history(gan_optimizer *optimizer);

/* True when it has arrays (once it is bound) in slot k of its moments. */
bool gan__optimizer_keeps(const gan_optimizer *optimizer, int32_t slot);

/* optimizer_apply.c: moves the position one update on, against the gradients [count].
 * `learning_rate`: f64 scalar, before its schedules. Where gradients[i] is GAN__NONE, parameter i
 * and the rule's moments of it stay the same nodes; only its history goes on. */
void gan__optimizer_apply(const gan_optimizer *optimizer, gan__graph *graph, gan__id learning_rate,
                          const gan__id *gradients, gan__position *position);

/* A position with room for `count` parameters, all GAN__NONE. Released by gan__position_finish. */
gan_status gan__position_init(gan_context *context, int32_t count, gan__position *position);
void gan__position_finish(gan_context *context, gan__position *position);
/* Both have equal counts. */
void gan__position_copy(gan__position *to, const gan__position *from);

#endif
