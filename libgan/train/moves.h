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
  GAN__JOB_STEP,          /* a whole step: every player's moves, committed */
  GAN__JOB_GENERATOR,     /* one move of the generator, committed */
  GAN__JOB_DISCRIMINATOR, /* one move of the discriminator, committed */
  GAN__JOB_GRADIENT,      /* the gradient of the unrolling player's first move */
  GAN__JOB_OBJECTIVE,     /* its objective */
} gan__job;

/* The settings that decide about moves. */
typedef struct gan__schedule {
  int32_t unroll_steps;  /* K */
  int32_t unroll_player; /* who looks ahead; the other one is unrolled */
  int32_t approximate;   /* 1: only the first term of the derivative */
  int32_t inner;         /* GAN_INNER_... */
  int32_t order;         /* GAN_ORDER_... */
  int32_t first;         /* a player, or GAN__NOBODY: the one who unrolls, else the discriminator */
  int32_t noise;         /* GAN_NOISE_... */
  int32_t turn_steps[GAN__PLAYERS]; /* moves of each player in a step */
  bool real_for_generator; /* of the loss: the generator's objective has a term of real rows */
} gan__schedule;

/* K = 0, alternating, one move each. */
gan__schedule gan__schedule_default(void);

/* How many moves a job has. */
int32_t gan__schedule_moves(const gan__schedule *schedule, gan__job job);

/* Move `index`. Batch numbers count from 0; batch is GAN__NOBODY where no real rows are needed. */
gan__move gan__schedule_move(const gan__schedule *schedule, gan__job job, int32_t index);

/* How many different real batches the moves of a job need. */
int32_t gan__schedule_batches(const gan__schedule *schedule, gan__job job);

#endif
