/* SPDX-License-Identifier: MIT */
/* The games that are measured: a recipe, and the trainer made of it by public calls alone. */
#ifndef BENCH_GAME_H
#define BENCH_GAME_H

#include <stdint.h>

#include <gan/gan.h>

/* Everything that a game is made of. Both optimizers are Adam with beta1 = 0.5. */
typedef struct game_recipe {
  const char *generator, *discriminator; /* architecture texts */
  int32_t loss, order, inner, unroll, threads;
  double generator_rate, discriminator_rate;
  int64_t rows;
  uint64_t seed;
  int32_t own_blas;         /* BLAS is handed over, where that can be done */
  double radius, deviation; /* of the ring of 8 modes; radius 0: digits */
  const char *digits;       /* path of an IDX file */
} game_recipe;

typedef struct bench_game {
  gan_context *context;
  gan_dataset *data;
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_trainer *trainer;
  int64_t rows;
} bench_game;

/* The ring of examples/ring.c: "paper" (Metz et al. 2017, appendix A) or "notebook" (the authors'
 * own), batch 512, seed 1, with that set-up's inner batches. */
game_recipe game_ring(const char *setup);

/* Ends the program with a message when something cannot be made. Nothing is planned yet. */
void game_begin(const game_recipe *recipe, bench_game *game);
void game_end(bench_game *game);

/* Reads "0,1,5" into values[room]; ends the program with code 2 for anything else. Returns how many
 * there are. */
int32_t game_unrolls(const char *text, int32_t *values, int32_t room);

#endif
