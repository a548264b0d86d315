/* SPDX-License-Identifier: MIT */
/* Writes a state of the ring, what its next step is given, and what that step makes of it, so that
 * another program can be held against ours.
 *
 * --before: for each player, generator first: parameters, first moments, second moments (all in
 * the order of the network's parameters), number of updates; then for each player the real rows
 * [512, 2] and the latents [512, 256] of its move; then, where inner steps have fresh ones, those
 * of each inner step. --after: the first part again, one step later. All are native doubles.
 * Internal names are used, because moments and latents are not public. */
#include <stdlib.h>

#include "base/hash.h"
#include "graph/build.h"
#include "ours_options.h"
#include "train/trainer.h"

static cli_option options[] = {OURS_OPTIONS,
                               {"--steps", "20", NULL, 0, 1000000, "before the state is taken"},
                               {"--before", NULL, NULL, 1, 0, "the file of the state"},
                               {"--after", NULL, NULL, 1, 0, "the file of the state one step on"},
                               {NULL, NULL, NULL, 1, 0, NULL}};

static FILE *open_output(const char *option) {
  const char *path = cli_text(options, option);
  FILE *file = path ? fopen(path, "wb") : NULL;
  if (!file) {
    fprintf(stderr, "%s: cannot write\n", option);
    exit(2);
  }
  return file;
}

static void close_output(FILE *file) {
  if (ferror(file) | fclose(file)) {
    fprintf(stderr, "a state could not be written\n");
    exit(1);
  }
}

static void write_values(FILE *file, int32_t dtype, const void *data, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    double value = dtype == GAN_F32 ? (double)((const float *)data)[i] : ((const double *)data)[i];
    fwrite(&value, sizeof value, 1, file);
  }
}

static void write_players(FILE *file, const gan__session *session) {
  for (int32_t p = 0; p < 2; p++) {
    const gan_network *network = session->players[p].network;
    const gan_optimizer *optimizer = session->players[p].optimizer;
    for (int32_t array = 0; array <= GAN__MOMENTS; array++)
      for (int32_t i = 0; i < network->parameter_count; i++) {
        const gan__parameter *parameter = &network->parameters[i];
        write_values(file, network->dtype,
                     array ? optimizer->moments[array - 1][i] : parameter->data,
                     gan__shape_count(&parameter->shape));
      }
    write_values(file, GAN_F64, &optimizer->updates, 1);
  }
}

/* The latents of a turn in the step that begins after `steps` steps: a graph of that draw alone. */
static void write_latents(FILE *file, const bench_game *game, uint64_t noise, int64_t steps) {
  const gan__session *session = &game->trainer->session;
  gan__graph *graph;
  gan__plan *plan;
  cli_check(game->context, gan__graph_create(game->context, &graph));
  gan__id id = gan__generator_latent(session->generator, graph, game->rows, noise);
  int32_t output = gan__graph_output(graph, "latents", id);
  cli_check(game->context, gan__plan_create(graph, &plan));
  gan__bindings bindings = {.seed = game->trainer->seed, .step = (uint64_t)steps};
  cli_check(game->context, gan__plan_run(plan, &bindings));
  int64_t count = gan__shape_count(&gan__node_at(graph, id)->shape);
  write_values(file, session->players[GAN__GENERATOR].network->dtype,
               gan__plan_output(plan, output), count);
  gan__plan_destroy(plan);
  gan__graph_destroy(graph);
}

/* The real rows are still where the step's run fetched them to. A turn without any gets those of
 * batch 0, which it does not look at. */
static void write_turn(FILE *file, const bench_game *game, gan__turn turn, int64_t steps) {
  int32_t batch = turn.batch == GAN__NOBODY ? 0 : turn.batch;
  write_values(file, game->trainer->session.players[GAN__DISCRIMINATOR].network->dtype,
               game->trainer->rooms[batch].data, 2 * game->rows);
  write_latents(file, game, turn.noise, steps);
}

static void write_turns(FILE *file, const bench_game *game, int64_t steps) {
  const gan__schedule *schedule = &game->trainer->session.schedule;
  gan__move moves[2];
  for (int32_t i = 0; i < 2; i++) { /* a step has one of each player */
    gan__move move = gan__schedule_move(schedule, GAN__JOB_STEP, i);
    moves[move.player] = move;
  }
  for (int32_t p = 0; p < 2; p++)
    write_turn(file, game, moves[p].turn, steps);
  const gan__move *first = &moves[GAN__GENERATOR];
  for (int32_t k = 0; first->fresh && k < first->steps; k++)
    write_turn(file, game,
               (gan__turn){.batch = first->inner.batch + k,
                           .noise = gan__join(first->inner.noise, (uint64_t)k)},
               steps);
}

int main(int argc, char **argv) {
  bench_game game;
  ours_texts texts;
  cli_parse(argc, argv, options, "writes a state of the ring, and the state one step later");
  FILE *before = open_output("--before"), *after = open_output("--after");
  game_recipe recipe = ours_recipe(options, &texts);
  game_begin(&recipe, &game);
  int64_t steps = cli_integer(options, "--steps");
  cli_check(game.context, gan_trainer_run(game.trainer, steps));
  write_players(before, &game.trainer->session);
  cli_check(game.context, gan_trainer_run(game.trainer, 1));
  write_turns(before, &game, steps);
  write_players(after, &game.trainer->session);
  close_output(before);
  close_output(after);
  game_end(&game);
  return 0;
}
