/* SPDX-License-Identifier: MIT */
/* Job: the graph of a job: all its moves in one, from the live state to what is committed.
 *
 * States are read once, at the start; every move takes the nodes that the moves before it left. The
 * values after the last move are committed, together with a count of those that are not finite. */
#include <stdio.h>

#include "base/memory.h"
#include "train/step_build.h"

/* ---- Moves. ---- */

/* Ones are summed, not zeros subtracted from a size, so the result is above 0 whatever the
 * rounding. One sum serves all nodes: their flags are added where they are made. */
void gan__step_check(gan__building *b, const gan__id *nodes, int32_t count) {
  gan__graph *graph = b->graph;
  gan__id finite = GAN__NONE;
  for (int32_t i = 0; i < count && graph->status == GAN_OK; i++) {
    gan__id flags = gan__op_is_finite(graph, nodes[i]);
    finite = finite == GAN__NONE ? flags : gan__op_add(graph, finite, flags);
  }
  if (count == 0 || graph->status != GAN_OK) return;
  gan__id wrong = gan__op_sub(graph, gan__op_like(graph, finite, count), finite);
  gan__id sum = gan__op_cast(graph, gan__op_sum_all(graph, wrong), GAN_F64);
  gan_status status = gan__reserve(graph->context, &b->checked, &b->checked_capacity,
                                   b->checked_count + 1, sizeof *b->checked);
  if (status != GAN_OK)
    graph->status = status;
  else
    b->checked[b->checked_count++] = sum;
}

/* The Euclidean norm of all the gradients together. */
static gan__id norm_of(gan__building *b, int32_t player) {
  gan__graph *graph = b->graph;
  const gan_network *network = b->session->players[player].network;
  gan__shape scalar = {0};
  gan__id sum = gan__op_constant(graph, GAN_F64, &scalar, 0);
  for (int32_t i = 0; i < network->parameter_count; i++) {
    if (b->gradients[i] == GAN__NONE) continue;
    /* A gradient that is too large is often noticed first in its square. */
    char scope[GAN__NAME_MAX];
    snprintf(scope, sizeof scope, "%.32s/gradient of %.80s", gan__building_name(b, player),
             network->parameters[i].name);
    gan__graph_set_scope(graph, scope);
    gan__id square = gan__op_mul(graph, b->gradients[i], b->gradients[i]);
    gan__id part = gan__op_cast(graph, gan__op_sum_all(graph, square), GAN_F64);
    sum = gan__op_add(graph, sum, part);
  }
  return gan__op_sqrt(graph, sum);
}

static gan__id mean_logit(gan__building *b, gan__id outputs) {
  gan__id logits = gan__loss_logit(b->graph, outputs);
  return gan__op_cast(b->graph, gan__op_mean_all(b->graph, logits), GAN_F64);
}

/* What the mover sees: the others as they were or as they are, or, on the way back of
 * extragradient, everyone at the look-ahead point. */
static void look_around(const gan__building *b, const gan__move *move,
                        gan__position seen[GAN__PLAYERS_MAX]) {
  bool together = gan__schedule_together(&b->schedule);
  for (int32_t p = 0; p < b->session->player_count; p++) {
    seen[p] = together && p != move->player ? b->start[p] : b->now[p];
    if (move->round == 1) seen[p] = b->start[p];
    if (move->round == 2) seen[p] = b->ahead[p];
  }
}

/* Every player's move at the same turn, for the joint gradient of consensus. Alternating, fresh
 * batches of inner steps are there for the moves that look ahead; at another player's move such
 * steps, too, are on that move's batch. */
static void join_moves(const gan__building *b, const gan__move *move,
                       gan__move moves[GAN__PLAYERS_MAX]) {
  for (int32_t i = 0; i < b->session->player_count; i++) {
    gan__move own = gan__schedule_move(&b->schedule, GAN__JOB_FIELD, i);
    own.turn = move->turn;
    own.inner = move->inner;
    if (move->unrolled == GAN__NOBODY && !gan__schedule_together(&b->schedule)) own.fresh = false;
    moves[own.player] = own;
  }
}

static void find_gradient(gan__building *b, const gan__move *move, const gan__position *seen) {
  int32_t player = move->player;
  gan__move moves[GAN__PLAYERS_MAX];
  for (int32_t i = 0; i < seen[player].count; i++)
    b->statistics[i] = seen[player].parameters[i];
  b->losses[player] = gan__game_gradient(&b->game, move, seen, b->gradients, b->statistics);
  gan__id real = b->adversaries.judged[GAN_ROWS_REAL].outputs;
  gan__id fake = b->adversaries.judged[GAN_ROWS_FAKE].outputs;
  if (b->game.consensus > 0) {
    join_moves(b, move, moves);
    gan__game_agree(&b->game, moves, player, seen, b->gradients);
  }
  b->norms[player] = norm_of(b, player);
  gan__graph_set_scope(b->graph, gan__building_name(b, player));
  if (player != GAN__DISCRIMINATOR || !b->session->discriminator) return;
  b->logits[0] = mean_logit(b, real);
  b->logits[1] = mean_logit(b, fake);
}

/* Moves the player on by what find_gradient() found. */
static void apply(gan__building *b, const gan__move *move) {
  int32_t player = move->player;
  gan__position *to = move->round == 1 ? &b->ahead[player] : &b->now[player];
  if (move->round == 1) gan__position_copy(to, &b->start[player]);
  if (move->round == 2) {
    /* From where the step began, with the moments and the count of the look-ahead point. */
    gan__position_copy(to, &b->ahead[player]);
    for (int32_t i = 0; i < to->count; i++)
      to->parameters[i] = b->start[player].parameters[i];
  }
  gan__game_apply(&b->game, player, -1, b->gradients, b->statistics, to);
  gan__game_settle(b->graph, to);
  b->moved[player] = true;
}

static void make_move(gan__building *b, int32_t index) {
  gan__job job = b->compiled->request.job;
  gan__move move = gan__schedule_move(&b->schedule, job, index);
  gan__position seen[GAN__PLAYERS_MAX];
  look_around(b, &move, seen);
  if (job == GAN__JOB_OBJECTIVE)
    b->losses[move.player] = gan__game_objective(&b->game, &move, seen);
  else
    find_gradient(b, &move, seen);
  gan__step_check(b, &b->losses[move.player], 1);
  if (job == GAN__JOB_STEP || job >= GAN__JOB_MOVE) apply(b, &move);
}

static void set_game(gan__building *b) {
  gan__session *session = b->session;
  b->game = (gan__game){.graph = b->graph,
                        .player_count = session->player_count,
                        .objective = session->objective,
                        .user = session->objective_user,
                        .consensus = session->consensus};
  if (!session->discriminator) return;
  b->game.objective = gan__adversaries_objective;
  b->game.user = &b->adversaries;
  b->adversaries.generator = session->generator;
  b->adversaries.discriminator = session->discriminator;
  b->adversaries.loss = session->loss;
  b->adversaries.rows = b->compiled->request.rows;
  b->adversaries.batch_count = b->compiled->batch_count;
  b->adversaries.slot_kinds = b->compiled->slot_kinds;
  b->adversaries.batches = b->batches;
}

static gan_status build_graph(gan__building *b) {
  gan__job job = b->compiled->request.job;
  set_game(b);
  gan__step_declare(b);
  GAN_TRY(b->graph->status);
  int32_t moves = gan__schedule_moves(&b->schedule, job);
  bool asked = job == GAN__JOB_FIELD || job == GAN__JOB_JACOBIAN;
  if (asked) gan__step_field(b);
  for (int32_t i = 0; !asked && i < moves && b->graph->status == GAN_OK; i++)
    make_move(b, i);
  GAN_TRY(b->graph->status);
  gan__step_commit(b);
  gan__step_report(b);
  return b->graph->status;
}

/* ---- Room. ---- */

static gan_status allocate_player(gan__building *b, int32_t player) {
  gan_context *context = b->session->context;
  int32_t count = b->session->players[player].network->parameter_count;
  GAN_TRY(gan__position_init(context, count, &b->start[player]));
  GAN_TRY(gan__position_init(context, count, &b->now[player]));
  GAN_TRY(gan__position_init(context, count, &b->ahead[player]));
  if (!gan__step_averages(b->session, b->compiled->request.job, player)) return GAN_OK;
  b->averages[player] = gan__allocate(context, (uint64_t)count, sizeof *b->averages[player]);
  return b->averages[player] ? GAN_OK : GAN_ERROR_MEMORY;
}

static gan_status allocate_build(gan__building *b) {
  gan_context *context = b->session->context;
  uint64_t most = 0;
  for (int32_t p = 0; p < GAN__PLAYERS_MAX; p++)
    b->losses[p] = b->norms[p] = GAN__NONE;
  b->logits[0] = b->logits[1] = GAN__NONE;
  for (int32_t p = 0; p < b->session->player_count; p++) {
    uint64_t count = (uint64_t)b->session->players[p].network->parameter_count;
    most = count > most ? count : most;
    GAN_TRY(allocate_player(b, p));
  }
  uint64_t batches = (uint64_t)(b->compiled->batch_count * b->compiled->slot_kinds);
  b->batches = gan__allocate(context, batches, sizeof *b->batches);
  b->gradients = gan__allocate(context, 2 * most, sizeof *b->gradients);
  if (!b->batches || !b->gradients) return GAN_ERROR_MEMORY;
  b->statistics = b->gradients + most;
  if (b->session->discriminator) {
    uint64_t layers = b->session->discriminator->network->layer_count;
    b->adversaries.values =
        gan__allocate(context, layers * GAN__ROWS_KINDS, sizeof *b->adversaries.values);
    if (!b->adversaries.values) return GAN_ERROR_MEMORY;
  }
  return gan__graph_create(context, &b->graph);
}

static void finish_build(gan__building *b) {
  gan_context *context = b->session->context;
  for (int32_t p = 0; p < b->session->player_count; p++) {
    gan__position_finish(context, &b->start[p]);
    gan__position_finish(context, &b->now[p]);
    gan__position_finish(context, &b->ahead[p]);
    gan__release(context, b->averages[p]);
  }
  gan__release(context, b->batches);
  gan__release(context, b->gradients);
  gan__release(context, b->checked);
  gan__release(context, b->adversaries.values);
}

gan_status gan__step_build(gan__session *session, gan__compiled *compiled, gan__graph **graph) {
  gan__building b = {
      .session = session, .compiled = compiled, .schedule = gan__session_schedule(session)};
  gan_status status = allocate_build(&b);
  if (status == GAN_OK) status = build_graph(&b);
  *graph = b.graph;
  finish_build(&b);
  return status;
}
