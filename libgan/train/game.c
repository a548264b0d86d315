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

static bool is_trained(const gan__player *player, int32_t parameter) {
  return !player->network || gan__parameter_trained(&player->network->parameters[parameter]);
}

/* Historical averaging, Salimans et al. 2016, section 3.3: weight |theta[t] - mean_i theta[i]|^2, i
 * from 1 (the start) to t (now). With h the mean of all but the last of them, u = t - 1 in number,
 * theta[t] - mean = u / t (theta[t] - h), so that the present theta's share in the mean has its
 * part in the gradient, too. */
static gan__id history(const gan__game *game, const gan__question *question) {
  gan__graph *graph = game->graph;
  const gan__player *who = &game->players[question->player];
  const gan__position *position = &question->positions[question->player];
  gan__shape scalar = {0};
  gan__id sum = gan__op_constant(graph, GAN_F64, &scalar, 0);
  for (int32_t i = 0; i < position->count && graph->status == GAN_OK; i++) {
    if (!is_trained(who, i)) continue;
    gan__id apart = gan__op_sub(graph, position->parameters[i], position->moments[GAN__HISTORY][i]);
    gan__id square = gan__op_sum_all(graph, gan__op_mul(graph, apart, apart));
    sum = gan__op_add(graph, sum, gan__op_cast(graph, square, GAN_F64));
  }
  gan__id share = gan__op_div(graph, position->updates, gan__op_shift(graph, position->updates, 1));
  return gan__op_scale(graph, gan__op_mul(graph, gan__op_mul(graph, share, share), sum),
                       who->history);
}

/* The player's objective with its terms that are not the game's business. */
static gan__id ask(const gan__game *game, const gan__question *question) {
  gan__graph *graph = game->graph;
  gan__id value = game->objective(game->user, graph, question);
  const gan__player *who = &game->players[question->player];
  if (who->history == 0 || graph->status != GAN_OK || value == GAN__NONE) return value;
  gan__id term = history(game, question);
  if (graph->status != GAN_OK) return GAN__NONE;
  return gan__op_add(graph, value, gan__op_cast(graph, term, gan__node_at(graph, value)->dtype));
}

/* The derivatives of `value` by the trained ones of the player's parameters. */
static void differentiate(const gan__game *game, int32_t player, gan__id value,
                          const gan__position *position, gan__id *gradients) {
  const gan__player *who = &game->players[player];
  gan__graph *graph = game->graph;
  gan__id *trained = gan__allocate(graph->context, (uint64_t)position->count, sizeof *trained);
  if (!trained) {
    graph->status = GAN_ERROR_MEMORY;
    return;
  }
  int32_t count = 0;
  for (int32_t i = 0; i < position->count; i++)
    if (is_trained(who, i)) trained[count++] = position->parameters[i];
  gan__gradient(graph, value, GAN__NONE, trained, count, gradients);
  gan__release(graph->context, trained);
  for (int32_t i = position->count - 1; i >= 0; i--)
    gradients[i] = is_trained(who, i) ? gradients[--count] : GAN__NONE;
}

void gan__game_apply(const gan__game *game, int32_t player, int32_t inner, const gan__id *gradients,
                     const gan__id *statistics, gan__position *position) {
  const gan__player *who = &game->players[player];
  char scope[GAN__NAME_MAX];
  if (inner < 0)
    snprintf(scope, sizeof scope, "%s/optimizer", who->name);
  else
    snprintf(scope, sizeof scope, "unrolled_%d/%s/optimizer", inner, who->name);
  gan__graph_set_scope(game->graph, scope);
  gan__optimizer_apply(who->optimizer, game->graph, who->learning_rate, gradients, position);
  for (int32_t i = 0; statistics && who->network && i < position->count; i++) {
    const gan__parameter *parameter = &who->network->parameters[i];
    if (parameter->role == GAN__STATISTIC && !parameter->frozen)
      position->parameters[i] = statistics[i];
  }
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

/* One step of the unrolled player at positions[player], which moves on. `scratch` is [2][count]. */
static void inner_step(const gan__game *game, const gan__move *move, int32_t step,
                       gan__position *positions, gan__id *scratch) {
  int32_t player = move->unrolled;
  gan__position *position = &positions[player];
  gan__id *gradients = scratch, *statistics = scratch + position->count;
  for (int32_t i = 0; i < position->count; i++)
    statistics[i] = position->parameters[i];
  gan__question question = {.player = player,
                            .turn = inner_turn(move, step),
                            .inner = step,
                            .positions = positions,
                            .statistics = statistics};
  gan__id loss = ask(game, &question);
  differentiate(game, player, loss, position, gradients);
  gan__game_apply(game, player, step, gradients, statistics, position);
  if (move->approximate) gan__game_settle(game->graph, position);
}

/* Takes the inner steps on a copy of the unrolled player's position, then asks the mover. */
static gan__id look_ahead(const gan__game *game, const gan__move *move,
                          const gan__position *positions, gan__id *statistics, gan__position *copy,
                          gan__id *scratch) {
  gan__position seen[GAN__PLAYERS_MAX];
  for (int32_t p = 0; p < game->player_count; p++)
    seen[p] = positions[p];
  gan__position_copy(copy, &positions[move->unrolled]);
  seen[move->unrolled] = *copy;
  for (int32_t step = 0; step < move->steps && game->graph->status == GAN_OK; step++)
    inner_step(game, move, step, seen, scratch);
  gan__question question = {.player = move->player,
                            .turn = move->turn,
                            .inner = -1,
                            .unrolled = true,
                            .positions = seen,
                            .statistics = statistics};
  return ask(game, &question);
}

static gan__id evaluate(const gan__game *game, const gan__move *move,
                        const gan__position *positions, gan__id *statistics) {
  gan__graph *graph = game->graph;
  if (graph->status != GAN_OK) return GAN__NONE;
  if (move->unrolled == GAN__NOBODY || move->steps == 0) {
    gan__question question = {.player = move->player,
                              .turn = move->turn,
                              .inner = -1,
                              .positions = positions,
                              .statistics = statistics};
    return ask(game, &question);
  }
  int32_t count = positions[move->unrolled].count;
  gan__position copy = {0};
  gan__id *scratch = gan__allocate(graph->context, (uint64_t)count * 2, sizeof *scratch);
  gan__id value = GAN__NONE;
  if (!scratch || gan__position_init(graph->context, count, &copy) != GAN_OK)
    graph->status = GAN_ERROR_MEMORY;
  else
    value = look_ahead(game, move, positions, statistics, &copy, scratch);
  gan__position_finish(graph->context, &copy);
  gan__release(graph->context, scratch);
  return value;
}

gan__id gan__game_objective(const gan__game *game, const gan__move *move,
                            const gan__position *positions) {
  return evaluate(game, move, positions, NULL);
}

gan__id gan__game_gradient(const gan__game *game, const gan__move *move,
                           const gan__position *positions, gan__id *gradients,
                           gan__id *statistics) {
  gan__id value = evaluate(game, move, positions, statistics);
  differentiate(game, move->player, value, &positions[move->player], gradients);
  return value;
}

/* The sum of squares of all gradients that there are, in their own type. */
static gan__id square_norm(gan__graph *graph, const gan__id *gradients, int32_t count) {
  gan__id sum = GAN__NONE;
  for (int32_t i = 0; i < count; i++) {
    if (gradients[i] == GAN__NONE) continue;
    gan__id square = gan__op_sum_all(graph, gan__op_mul(graph, gradients[i], gradients[i]));
    sum = sum == GAN__NONE ? square : gan__op_add(graph, sum, square);
  }
  return sum;
}

void gan__game_agree(const gan__game *game, const gan__move *moves, int32_t player,
                     const gan__position *positions, gan__id *gradients) {
  gan__graph *graph = game->graph;
  if (graph->status != GAN_OK) return;
  int32_t most = 0;
  for (int32_t p = 0; p < game->player_count; p++)
    most = positions[p].count > most ? positions[p].count : most;
  gan__id *scratch = gan__allocate(graph->context, (uint64_t)most, sizeof *scratch);
  if (!scratch) {
    graph->status = GAN_ERROR_MEMORY;
    return;
  }
  gan__id sum = GAN__NONE;
  for (int32_t p = 0; p < game->player_count && graph->status == GAN_OK; p++) {
    gan__game_gradient(game, &moves[p], positions, scratch, NULL);
    gan__id square = square_norm(graph, scratch, positions[p].count);
    if (square == GAN__NONE) continue;
    sum = sum == GAN__NONE ? square : gan__op_add(graph, sum, square);
  }
  if (sum != GAN__NONE) {
    gan__id cost = gan__op_scale(graph, sum, game->consensus / 2);
    differentiate(game, player, cost, &positions[player], scratch);
    for (int32_t i = 0; i < positions[player].count; i++)
      if (gradients[i] != GAN__NONE) gradients[i] = gan__op_add(graph, gradients[i], scratch[i]);
  }
  gan__release(graph->context, scratch);
}
