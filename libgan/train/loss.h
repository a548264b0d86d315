/* SPDX-License-Identifier: MIT */
/* Job: losses: kinds, settings, terms, and objectives made of what a scene shows. */
#ifndef GAN__TRAIN_LOSS_H
#define GAN__TRAIN_LOSS_H

#include <gan/loss.h>

#include "graph/scene.h"
#include "nn/network.h"
#include "train/moves.h"

enum { GAN__ROWS_KINDS = GAN_ROWS_LABELLED + 1 };

enum { GAN__LOSS_SETTINGS = GAN_KERNEL_DIMENSIONS + 1, GAN__TERMS_MAX = 64 };

/* A weighted summand of one player's objective. */
typedef struct gan__term {
  int32_t player; /* GAN__GENERATOR or GAN__DISCRIMINATOR */
  int32_t form;   /* GAN_FEATURES_...; 0: a callback's */
  double weight;
  char layer[GAN__LAYER_NAME_MAX]; /* of the discriminator; "": what its last layer reads */
  gan_term_callback callback;
  void *user;
} gan__term;

struct gan_loss {
  gan_context *context;
  int32_t references;
  int32_t kind;
  double settings[GAN__LOSS_SETTINGS]; /* by GAN_REAL_TARGET ... */
  double history[2];                   /* weights of historical averaging, by player */
  gan__term *terms;
  uint64_t term_count, term_capacity;
  uint64_t version; /* counts changes that plans depend on */
};

/* What an objective is asked for. */
typedef struct gan__case {
  const gan_loss *loss;
  gan__graph *graph;
  const gan__scene *scene;
  const char *layer; /* that terms without one read */
  bool unrolled;     /* the other player's parameters depend on this one's */
} gan__case;

/* One kind: its two objectives, scalars. */
typedef struct gan__loss_kind {
  const char *name;
  gan__need generator_need; /* of real rows, terms aside */
  bool classes;             /* the discriminator ends in K class logits, and labelled rows come */
  bool matches_features;    /* without such a term the generator has one of weight 1 */
  bool couples_rows;        /* the discriminator needs a layer of minibatch discrimination */
  uint32_t settings;        /* bit s: it has setting s */
  gan__id (*discriminator)(const gan__case *asked);
  gan__id (*generator)(const gan__case *asked); /* NULL: terms alone */
} gan__loss_kind;

/* NULL for an unknown number. */
const gan__loss_kind *gan__loss_kind_of(int32_t kind);

gan_status gan__loss_create(gan_context *context, int32_t kind, gan_loss **loss);
void gan__loss_ref(gan_loss *loss);
/* Gives one reference back, the last frees it; NULL is ignored. */
void gan__loss_unref(gan_loss *loss);

gan_status gan__loss_set(gan_loss *loss, int32_t setting, double value);
gan_status gan__loss_get(const gan_loss *loss, int32_t setting, double *value);
/* Checks and adds a term. */
gan_status gan__loss_add(gan_loss *loss, const gan__term *term);
gan_status gan__loss_set_history(gan_loss *loss, int32_t player, double weight);

/* When the generator's objective reads real rows. */
gan__need gan__loss_need(const gan_loss *loss);

/* What the player minimises, without historical averaging. */
gan__id gan__loss_objective(const gan__case *asked, int32_t player);

/* adapt.c: an independent discriminator, with minibatch discrimination inserted where the loss
 * needs it and there is none. */
gan_status gan__loss_adapt(const gan_loss *loss, const gan_discriminator *discriminator,
                           gan_discriminator **adapted);

/* One logit of "real" a row, [N]: of [N, 1] itself, of K class logits their log-sum-exp. */
gan__id gan__loss_logit(gan__graph *graph, gan__id outputs);

#endif
