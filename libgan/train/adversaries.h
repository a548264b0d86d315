/* SPDX-License-Identifier: MIT */
/* Job: generator and discriminator as players: the scene of their objectives, shown piece by piece
 * as they ask. */
#ifndef GAN__TRAIN_ADVERSARIES_H
#define GAN__TRAIN_ADVERSARIES_H

#include "nn/model.h"
#include "train/loss.h"
#include "train/moves.h"

/* The slots that batches bring. Labelled rows come with a loss that classifies. */
enum { GAN__SLOT_REAL, GAN__SLOT_LABELLED, GAN__SLOT_LABELS, GAN__SLOT_KINDS };

/* Rows that have been through the discriminator for the question at hand. */
typedef struct gan__judged {
  gan__id outputs; /* [N, output shape]; GAN__NONE: not yet */
  gan__id *values; /* [layers]: every layer's, once judged */
} gan__judged;

/* What their objectives are made of. */
typedef struct gan__adversaries {
  const gan_generator *generator;
  const gan_discriminator *discriminator;
  const gan_loss *loss;
  int64_t rows;           /* N of every batch */
  int32_t batch_count;    /* with 1, it serves every turn */
  int32_t slot_kinds;     /* of a batch */
  const gan__id *batches; /* [batch_count][slot_kinds]: their nodes */
  gan__id *values;        /* [GAN__ROWS_KINDS][layers of the discriminator], for `judged` */
  /* The question at hand. */
  gan__graph *graph;
  const gan__question *question;
  char prefixes[2][GAN__NAME_MAX];
  gan__id latent, fake;
  gan__judged judged[GAN__ROWS_KINDS]; /* by GAN_ROWS_... */
} gan__adversaries;

/* A gan__game objective; `user` is a gan__adversaries. Afterwards judged[] holds what it needed. */
gan__id gan__adversaries_objective(void *user, gan__graph *graph, const gan__question *question);

/* True when rows of shape `a` can be taken for rows of shape `b`: equal shapes, or one of them flat
 * with as many elements. */
bool gan__rows_fit(const gan__shape *a, const gan__shape *b);

/* The name of the layer whose value the network's last layer with parameters reads; "" for none. */
const char *gan__last_features(const gan_network *network);

#endif
