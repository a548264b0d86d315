/* SPDX-License-Identifier: MIT */
/* Job: the schedule: who moves when in one step, and on which batches and noise. Pure functions. */
#ifndef GAN__TRAIN_MOVES_H
#define GAN__TRAIN_MOVES_H

#include <gan/trainer.h>

#include "train/game.h"

enum { GAN__GENERATOR = 0, GAN__DISCRIMINATOR = 1 };
enum { GAN__UNROLL_MAX = 10000, GAN__TURN_STEPS_MAX = 1000 };

/* What a plan computes. */
typedef enum gan__job {
  GAN__JOB_STEP,      /* a whole step: every player's moves, committed */
  GAN__JOB_GRADIENT,  /* the gradient of the unrolling player's first move */
  GAN__JOB_OBJECTIVE, /* its objective */
  GAN__JOB_FIELD,     /* every player's objective and gradient */
  GAN__JOB_JACOBIAN,  /* and the derivatives of all gradients by all parameters */
  GAN__JOB_MOVE,      /* GAN__JOB_MOVE + p: one move of player p, committed */
  GAN__JOB_GENERATOR = GAN__JOB_MOVE + GAN__GENERATOR,
  GAN__JOB_DISCRIMINATOR = GAN__JOB_MOVE + GAN__DISCRIMINATOR,
} gan__job;

/* When a player's objective reads the real rows of a batch. */
typedef enum gan__need {
  GAN__NEED_NEVER,
  GAN__NEED_AHEAD, /* when it looks through steps of another player */
  GAN__NEED_ALWAYS
} gan__need;

/* The settings that decide about moves. */
typedef struct gan__schedule {
  int32_t player_count;
  int32_t unroll_steps;   /* K */
  int32_t unroll_player;  /* who looks ahead */
  int32_t unroll_through; /* through whose steps; GAN__NOBODY: the other one's of two */
  int32_t approximate;    /* 1: only the first term of the derivative */
  int32_t inner;          /* GAN_INNER_... */
  int32_t order;          /* GAN_ORDER_... */
  int32_t first;  /* a player, or GAN__NOBODY: the one who unrolls, else the discriminator */
  int32_t noise;  /* GAN_NOISE_... */
  int32_t method; /* GAN_METHOD_... */
  int32_t turn_steps[GAN__PLAYERS_MAX]; /* moves of each player in a step */
  gan__need needs[GAN__PLAYERS_MAX];
} gan__schedule;

/* Two players, of whom the second one reads real rows; K = 0, alternating, one move each. */
gan__schedule gan__schedule_default(void);

/* How many moves a job has. With extragradient a step has two of each player: everyone's to the
 * look-ahead point, then everyone's back from there. */
int32_t gan__schedule_moves(const gan__schedule *schedule, gan__job job);

/* Move `index`. Batch numbers count from 0; batch is GAN__NOBODY where no real rows are needed. */
gan__move gan__schedule_move(const gan__schedule *schedule, gan__job job, int32_t index);

/* True when players see each other as they were when the step began. */
bool gan__schedule_together(const gan__schedule *schedule);

/* How many different real batches the moves of a job need. */
int32_t gan__schedule_batches(const gan__schedule *schedule, gan__job job);

#endif
