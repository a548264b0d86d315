/* SPDX-License-Identifier: MIT */
/* The options of the program that is timed and of the one that writes states. */
#ifndef PEERS_OURS_OPTIONS_H
#define PEERS_OURS_OPTIONS_H

#include <string.h>

#include "bench_game.h"
#include "cli.h"

/* clang-format off */
#define OURS_OPTIONS                                                                               \
  {"--setup", "notebook", "notebook|paper", 1, 0, "networks and rates"},                           \
  {"--unroll", "5", NULL, 0, 1000, "K, discriminator steps to look ahead"},                        \
  {"--threads", "1", NULL, 1, 256, "of the context"},                                              \
  {"--blas", "take", "take|leave", 1, 0, "hand BLAS over to the library, or not"},                 \
  {"--type", "f32", "f32|f64", 1, 0, "of all values"}
/* clang-format on */

/* Room for the texts of one recipe. */
typedef struct ours_texts {
  char generator[256], discriminator[256];
} ours_texts;

static inline game_recipe ours_recipe(const cli_option *options, ours_texts *texts) {
  game_recipe recipe = game_ring(cli_text(options, "--setup"));
  const char *type = cli_text(options, "--type");
  snprintf(texts->generator, sizeof texts->generator, "%s; %s", type, recipe.generator);
  snprintf(texts->discriminator, sizeof texts->discriminator, "%s; %s", type, recipe.discriminator);
  recipe.generator = texts->generator;
  recipe.discriminator = texts->discriminator;
  recipe.unroll = (int32_t)cli_integer(options, "--unroll");
  recipe.threads = (int32_t)cli_integer(options, "--threads");
  recipe.own_blas = !strcmp(cli_text(options, "--blas"), "take");
  return recipe;
}

#endif
