/* SPDX-License-Identifier: MIT */
/* Job: the graph of a job in the making, which the files step*.c share. */
#ifndef GAN__TRAIN_STEP_BUILD_H
#define GAN__TRAIN_STEP_BUILD_H

#include "graph/build.h"
#include "train/adversaries.h"
#include "train/step.h"

typedef struct gan__building {
  gan__session *session;
  gan__compiled *compiled;
  gan__graph *graph;
  gan__schedule schedule;
  gan__game game;
  gan__adversaries adversaries;
  gan__id *batches;                      /* [batch_count][slot_kinds] */
  gan__position start[GAN__PLAYERS_MAX]; /* the live state */
  gan__position now[GAN__PLAYERS_MAX];   /* after the moves so far */
  gan__position ahead[GAN__PLAYERS_MAX]; /* where extragradient looks from */
  bool moved[GAN__PLAYERS_MAX];
  gan__id *averages[GAN__PLAYERS_MAX]; /* [parameters]; NULL while off */
  gan__id *gradients, *statistics;     /* [most parameters of a player] */
  gan__id losses[GAN__PLAYERS_MAX], norms[GAN__PLAYERS_MAX], logits[2];
  gan__id *checked; /* scalars that count values which are not finite */
  uint64_t checked_count, checked_capacity;
} gan__building;

static inline const char *gan__building_name(const gan__building *b, int32_t player) {
  return b->session->players[player].name;
}

/* ---- step.c ---- */

/* Counts, for compiled->bad, what is NaN or infinite in nodes of one shape and type. */
void gan__step_check(gan__building *b, const gan__id *nodes, int32_t count);

/* ---- step_ends.c: what goes in and comes out. ---- */

/* True when the job moves the player and its average is wanted. */
bool gan__step_averages(const gan__session *session, gan__job job, int32_t player);
/* Slots, learning rates and states; sets the live positions and those after no move. */
void gan__step_declare(gan__building *b);
/* Commits what the moves changed, and the averages. */
void gan__step_commit(gan__building *b);
/* The results that every job gives. */
void gan__step_report(gan__building *b);

/* ---- step_field.c ---- */

/* Gradients of all players, and for GAN__JOB_JACOBIAN their derivatives by all parameters. */
void gan__step_field(gan__building *b);

#endif
