/* SPDX-License-Identifier: MIT */
/* The games that are measured. */
#include "bench_game.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"

game_recipe game_ring(const char *setup) {
  static const game_recipe paper = {
      .generator =
          "init orthogonal 0.8; latent 256 normal; dense 128 relu; dense 128 relu; dense 2",
      .discriminator = "init orthogonal 0.8; input 2; scale 0.25; dense 128 relu; dense 1",
      .loss = GAN_LOSS_MINIMAX,
      .order = GAN_ORDER_ALTERNATING,
      .inner = GAN_INNER_FRESH,
      .generator_rate = 1e-4,
      .discriminator_rate = 1e-4,
      .rows = 512,
      .seed = 1,
      .radius = 2,
      .deviation = 0.02};
  static const game_recipe notebook = {
      .generator =
          "init orthogonal 1.4; latent 256 normal; dense 128 tanh; dense 128 tanh; dense 2",
      .discriminator = "init orthogonal 1.4; input 2; dense 128 tanh; dense 128 tanh; dense 1",
      .loss = GAN_LOSS_MINIMAX,
      .order = GAN_ORDER_SIMULTANEOUS,
      .inner = GAN_INNER_SAME,
      .generator_rate = 1e-3,
      .discriminator_rate = 1e-4,
      .rows = 512,
      .seed = 1,
      .radius = 1,
      .deviation = 0.01};
  return strcmp(setup, "notebook") ? paper : notebook;
}

static gan_optimizer *adam(gan_context *context, double rate) {
  gan_optimizer *optimizer;
  cli_check(context, gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &optimizer));
  cli_check(context, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, rate));
  cli_check(context, gan_optimizer_set(optimizer, GAN_BETA1, 0.5));
  return optimizer;
}

/* Handles are created in the same order as in the examples: each has its own random streams. */
void game_begin(const game_recipe *recipe, bench_game *game) {
  gan_context *c;
  gan_loss *loss;
  cli_check(NULL, gan_context_create(&c));
  if (recipe->own_blas) gan_context_take_blas(c); /* where it cannot be had we go on without */
  cli_check(c, gan_context_set_threads(c, recipe->threads));
  cli_check(c, gan_context_set_seed(c, recipe->seed));
  if (recipe->digits)
    cli_check(c, gan_dataset_open_idx(c, recipe->digits, NULL, &game->data));
  else
    cli_check(c, gan_dataset_create_ring(c, 8, recipe->radius, recipe->deviation, &game->data));
  cli_check(c, gan_generator_parse(c, recipe->generator, &game->generator));
  cli_check(c, gan_discriminator_parse(c, recipe->discriminator, &game->discriminator));
  cli_check(c, gan_loss_create(c, recipe->loss, &loss));
  gan_optimizer *g = adam(c, recipe->generator_rate), *d = adam(c, recipe->discriminator_rate);
  cli_check(
      c, gan_trainer_create(c, game->generator, game->discriminator, loss, g, d, &game->trainer));
  cli_check(c, gan_trainer_set_unroll(game->trainer, recipe->unroll));
  cli_check(c, gan_trainer_set_order(game->trainer, recipe->order));
  cli_check(c, gan_trainer_set_inner_batches(game->trainer, recipe->inner));
  cli_check(c, gan_trainer_set_data(game->trainer, game->data, recipe->rows));
  gan_loss_destroy(loss); /* the trainer keeps what it needs */
  gan_optimizer_destroy(g);
  gan_optimizer_destroy(d);
  game->context = c;
  game->rows = recipe->rows;
}

void game_end(bench_game *game) {
  gan_trainer_destroy(game->trainer);
  gan_generator_destroy(game->generator);
  gan_discriminator_destroy(game->discriminator);
  gan_dataset_destroy(game->data);
  gan_context_destroy(game->context);
}

int32_t game_unrolls(const char *text, int32_t *values, int32_t room) {
  int32_t count = 0;
  const char *at = text;
  while (*at && count < room) {
    char *end;
    long unroll = strtol(at, &end, 10);
    if (end == at || unroll < 0 || unroll > 1000 || (*end && *end != ',')) break;
    values[count++] = (int32_t)unroll;
    at = *end ? end + 1 : end;
  }
  if (!*at && count > 0) return count;
  fprintf(stderr, "--unroll %s: 1 to %d numbers from 0 to 1000, separated by commas, are needed\n",
          text, room);
  exit(2);
}
