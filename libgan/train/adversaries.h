/* SPDX-License-Identifier: MIT */
/* Job: generator and discriminator as players: the logits they argue about and their objectives. */
#ifndef GAN__TRAIN_ADVERSARIES_H
#define GAN__TRAIN_ADVERSARIES_H

#include "nn/model.h"
#include "train/loss.h"
#include "train/moves.h"

/* What their objectives are made of. */
typedef struct gan__adversaries {
  const gan_generator *generator;
  const gan_discriminator *discriminator;
  const gan_loss *loss;
  int64_t rows;           /* N of every batch */
  int32_t batch_count;    /* with 1, it serves every turn */
  const gan__id *batches; /* the real batches' nodes, [N, input shape] each */
  /* Of the last question: [N, 1], or GAN__NONE where it needed no real rows. */
  gan__id real_logits, fake_logits;
} gan__adversaries;

/* "generator", "discriminator"; NULL for any other number. */
const char *gan__player_name(int32_t player);
/* The player of that name; GAN_ERROR_NAME tells which there are. */
gan_status gan__player_find(gan_context *context, const char *name, int32_t *player);

/* A gan__game objective; `user` is a gan__adversaries. */
gan__id gan__adversaries_objective(void *user, gan__graph *graph, const gan__question *question);

/* True when rows of shape `a` can be taken for rows of shape `b`: equal shapes, or one of them flat
 * with as many elements. */
bool gan__rows_fit(const gan__shape *a, const gan__shape *b);

#endif
