/* SPDX-License-Identifier: MIT */
/* Job: objectives through unrolled steps of another player, and their total derivatives.
 *
 * Metz et al. 2017, "Unrolled Generative Adversarial Networks", section 2.2: theta_q^0 = theta_q,
 * theta_q^{k+1} = one step of q's own optimizer from theta_q^k, f_K = f(theta_p, theta_q^K). The
 * inner gradients are nodes like all others and depend on theta_p, so one more call of
 * gan__gradient gives both terms of their equation 12: the direct one and the one through
 * theta_q^K. */
#include <stdio.h>

#include "base/hash.h"
#include "base/memory.h"
#include "graph/build.h"
#include "graph/gradient.h"
#include "train/game.h"

static gan__turn inner_turn(const gan__move *move, int32_t step) {
  if (!move->fresh) return move->turn;
  return (gan__turn){.batch = move->inner.batch + step,
                     .noise = gan__join(move->inner.noise, (uint64_t)step)};
}

void gan__game_apply(const gan__game *game, int32_t player, int32_t inner, const gan__id *gradients,
                     gan__position *position) {
  const gan__player *who = &game->players[player];
  char scope[GAN__NAME_MAX];
  if (inner < 0)
    snprintf(scope, sizeof scope, "%s/optimizer", who->name);
  else
    snprintf(scope, sizeof scope, "unrolled_%d/%s/optimizer", inner, who->name);
  gan__graph_set_scope(game->graph, scope);
  gan__optimizer_apply(who->optimizer, game->graph, who->learning_rate, gradients, position);
}

static gan__id settle(gan__graph *graph, gan__id node) {
  return node == GAN__NONE ? GAN__NONE : gan__op_stop_gradient(graph, node);
}

void gan__game_settle(gan__graph *graph, gan__position *position) {
  for (int32_t i = 0; i < position->count; i++) {
    position->parameters[i] = settle(graph, position->parameters[i]);
    for (int32_t k = 0; k < GAN__MOMENTS; k++)
      position->moments[k][i] = settle(graph, position->moments[k][i]);
  }
}

/* One step of `player` at positions[player], which moves on. `gradients` is scratch. */
static void inner_step(const gan__game *game, const gan__move *move, int32_t step,
                       gan__position *positions, gan__id *gradients) {
  int32_t player = move->unrolled;
  gan__position *position = &positions[player];
  gan__question question = {
      .player = player, .turn = inner_turn(move, step), .inner = step, .positions = positions};
  gan__id loss = game->objective(game->user, game->graph, &question);
  gan__gradient(game->graph, loss, GAN__NONE, position->parameters, position->count, gradients);
  gan__game_apply(game, player, step, gradients, position);
  if (move->approximate) gan__game_settle(game->graph, position);
}

/* Takes the inner steps on a copy of the unrolled player's position, then asks the mover. */
static gan__id look_ahead(const gan__game *game, const gan__move *move,
                          const gan__position *positions, gan__position *copy, gan__id *gradients) {
  gan__position seen[GAN__PLAYERS];
  for (int32_t p = 0; p < game->player_count; p++)
    seen[p] = positions[p];
  gan__position_copy(copy, &positions[move->unrolled]);
  seen[move->unrolled] = *copy;
  for (int32_t step = 0; step < move->steps && game->graph->status == GAN_OK; step++)
    inner_step(game, move, step, seen, gradients);
  gan__question question = {
      .player = move->player, .turn = move->turn, .inner = -1, .unrolled = true, .positions = seen};
  return game->objective(game->user, game->graph, &question);
}

gan__id gan__game_objective(const gan__game *game, const gan__move *move,
                            const gan__position *positions) {
  gan__graph *graph = game->graph;
  if (graph->status != GAN_OK) return GAN__NONE;
  if (move->unrolled == GAN__NOBODY || move->steps == 0) {
    gan__question question = {
        .player = move->player, .turn = move->turn, .inner = -1, .positions = positions};
    return game->objective(game->user, graph, &question);
  }
  int32_t count = positions[move->unrolled].count;
  gan__position copy = {0};
  gan__id *gradients = gan__allocate(graph->context, (uint64_t)count, sizeof *gradients);
  gan__id value = GAN__NONE;
  if (!gradients || gan__position_init(graph->context, count, &copy) != GAN_OK)
    graph->status = GAN_ERROR_MEMORY;
  else
    value = look_ahead(game, move, positions, &copy, gradients);
  gan__position_finish(graph->context, &copy);
  gan__release(graph->context, gradients);
  return value;
}

gan__id gan__game_gradient(const gan__game *game, const gan__move *move,
                           const gan__position *positions, gan__id *gradients) {
  gan__id value = gan__game_objective(game, move, positions);
  const gan__position *mover = &positions[move->player];
  gan__gradient(game->graph, value, GAN__NONE, mover->parameters, mover->count, gradients);
  return value;
}
