/* SPDX-License-Identifier: MIT */
/* Job: the graph of a job (all its moves in one) and the plan with what its runs bind.
 *
 * States are read once, at the start; every move takes the nodes that the moves before it left. The
 * values after the last move are committed, together with a count of those that are not finite. */
#include <stdio.h>

#include "base/memory.h"
#include "base/pool.h"
#include "graph/build.h"
#include "train/compile.h"

typedef struct build {
  gan__session *session;
  gan__compiled *compiled;
  gan__graph *graph;
  gan__game game;
  gan__adversaries adversaries;
  gan__id *batches;                  /* [batch_count] */
  gan__position start[GAN__PLAYERS]; /* the live state */
  gan__position now[GAN__PLAYERS];   /* after the moves so far */
  bool moved[GAN__PLAYERS];
  gan__id *gradients; /* [most parameters of a player] */
  gan__id *averages;  /* [generator's parameters]; NULL while off */
  gan__id losses[GAN__PLAYERS], norms[GAN__PLAYERS], logits[2];
  gan__id *checked; /* scalars that count values which are not finite */
  uint64_t checked_count, checked_capacity;
} build;

static const char *const loss_names[] = {"generator loss", "discriminator loss"};
static const char *const norm_names[] = {"generator gradient norm", "discriminator gradient norm"};
static const char *const logit_names[] = {"real logit mean", "fake logit mean"};

static bool moves_generator(gan__job job) {
  return job == GAN__JOB_STEP || job == GAN__JOB_GENERATOR;
}

/* ---- Doors: slots and states. gan__compiled_bind() follows the same order. ---- */

static void declare_slots(build *b) {
  const gan__request *request = &b->compiled->request;
  gan__shape row = gan__network_input_shape(b->session->discriminator->network);
  gan__shape shape = {.rank = row.rank + 1, .dims = {request->rows}};
  for (int32_t i = 0; i < row.rank; i++)
    shape.dims[i + 1] = row.dims[i];
  for (int32_t i = 0; i < b->compiled->batch_count; i++) {
    char name[GAN__NAME_MAX] = "real batch";
    if (b->compiled->batch_count > 1) snprintf(name, sizeof name, "real batch %d", i);
    b->batches[i] = gan__graph_input(b->graph, name, b->session->networks[0]->dtype, &shape);
  }
  if (b->graph->status == GAN_OK) b->compiled->batch_elements = gan__shape_count(&shape);
  gan__shape scalar = {0};
  for (int32_t p = 0; p < GAN__PLAYERS; p++) {
    char name[GAN__NAME_MAX];
    snprintf(name, sizeof name, "%s/learning rate", gan__player_name(p));
    b->game.players[p] =
        (gan__player){.name = gan__player_name(p),
                      .optimizer = b->session->optimizers[p],
                      .learning_rate = gan__graph_input(b->graph, name, GAN_F64, &scalar)};
  }
}

static gan__id declare_state(build *b, const char *owner, const char *name, int32_t dtype,
                             const gan__shape *shape) {
  char text[GAN__NAME_MAX];
  snprintf(text, sizeof text, "%.32s/%.88s", owner, name);
  b->compiled->state_count++;
  return gan__graph_state(b->graph, text, dtype, shape);
}

static void declare_player(build *b, int32_t player) {
  static const char *const owners[GAN__PLAYERS][GAN__MOMENTS] = {
      {"generator moment 1", "generator moment 2"},
      {"discriminator moment 1", "discriminator moment 2"}};
  const gan_network *network = b->session->networks[player];
  const gan_optimizer *optimizer = b->session->optimizers[player];
  gan__position *start = &b->start[player];
  gan__shape scalar = {0};
  for (int32_t i = 0; i < network->parameter_count; i++) {
    const gan__parameter *parameter = &network->parameters[i];
    start->parameters[i] = declare_state(b, gan__player_name(player), parameter->name,
                                         network->dtype, &parameter->shape);
  }
  for (int32_t k = 0; k < gan__optimizer_kind_of(optimizer->kind)->moments; k++)
    for (int32_t i = 0; i < network->parameter_count; i++) {
      const gan__parameter *parameter = &network->parameters[i];
      start->moments[k][i] =
          declare_state(b, owners[player][k], parameter->name, network->dtype, &parameter->shape);
    }
  start->updates =
      declare_state(b, gan__player_name(player), "optimizer/updates", GAN_F64, &scalar);
  gan__position_copy(&b->now[player], start);
}

static void declare_averages(build *b) {
  const gan_network *network = b->session->networks[GAN__GENERATOR];
  for (int32_t i = 0; i < network->parameter_count; i++)
    b->averages[i] = declare_state(b, "generator average", network->parameters[i].name,
                                   network->dtype, &network->parameters[i].shape);
}

void gan__compiled_bind(const gan__session *session, gan__compiled *compiled) {
  for (int32_t p = 0; p < GAN__PLAYERS; p++)
    compiled->slots[compiled->batch_count + p] =
        &session->optimizers[p]->settings[GAN_LEARNING_RATE];
  int32_t at = 0;
  for (int32_t p = 0; p < GAN__PLAYERS; p++) {
    const gan_network *network = session->networks[p];
    gan_optimizer *optimizer = session->optimizers[p];
    for (int32_t i = 0; i < network->parameter_count; i++)
      compiled->states[at++] = network->parameters[i].data;
    for (int32_t k = 0; k < gan__optimizer_kind_of(optimizer->kind)->moments; k++)
      for (int32_t i = 0; i < network->parameter_count; i++)
        compiled->states[at++] = optimizer->moments[k][i];
    compiled->states[at++] = &optimizer->updates;
  }
  for (int32_t i = 0; at < compiled->state_count; i++)
    compiled->states[at++] = session->average.values[i];
}

void gan__compiled_replace(const gan__session *session, gan__compiled *compiled, int32_t player,
                           void *const *parameters) {
  int32_t at = 0;
  while (compiled->states[at] != session->networks[player]->parameters[0].data)
    at++;
  for (int32_t i = 0; i < session->networks[player]->parameter_count; i++)
    compiled->states[at + i] = parameters[i];
}

/* ---- Moves. ---- */

/* Counts the values of `node` that are NaN or infinite. Ones are summed, not zeros subtracted from
 * a size, so the count is above 0 whatever the rounding. */
static void check_finite(build *b, gan__id node) {
  gan__graph *graph = b->graph;
  if (graph->status != GAN_OK) return;
  gan__id finite = gan__op_is_finite(graph, node);
  gan__id wrong = gan__op_sub(graph, gan__op_like(graph, finite, 1), finite);
  gan__id count = gan__op_cast(graph, gan__op_sum_all(graph, wrong), GAN_F64);
  gan_status status = gan__reserve(graph->context, &b->checked, &b->checked_capacity,
                                   b->checked_count + 1, sizeof *b->checked);
  if (status != GAN_OK)
    graph->status = status;
  else
    b->checked[b->checked_count++] = count;
}

/* The Euclidean norm of all the gradients together. */
static gan__id norm_of(build *b, int32_t player) {
  gan__graph *graph = b->graph;
  const gan_network *network = b->session->networks[player];
  gan__shape scalar = {0};
  gan__id sum = gan__op_constant(graph, GAN_F64, &scalar, 0);
  for (int32_t i = 0; i < network->parameter_count; i++) {
    /* A gradient that is too large is often noticed first in its square. */
    char scope[GAN__NAME_MAX];
    snprintf(scope, sizeof scope, "%.32s/gradient of %.80s", gan__player_name(player),
             network->parameters[i].name);
    gan__graph_set_scope(graph, scope);
    gan__id square = gan__op_mul(graph, b->gradients[i], b->gradients[i]);
    gan__id part = gan__op_cast(graph, gan__op_sum_all(graph, square), GAN_F64);
    sum = gan__op_add(graph, sum, part);
  }
  return gan__op_sqrt(graph, sum);
}

static gan__id mean_of(build *b, gan__id logits) {
  return gan__op_cast(b->graph, gan__op_mean_all(b->graph, logits), GAN_F64);
}

static void make_move(build *b, int32_t index) {
  const gan__schedule *schedule = &b->session->schedule;
  gan__job job = b->compiled->request.job;
  gan__move move = gan__schedule_move(schedule, job, index);
  gan__position seen[GAN__PLAYERS];
  for (int32_t p = 0; p < GAN__PLAYERS; p++) {
    bool before = schedule->order == GAN_ORDER_SIMULTANEOUS && p != move.player;
    seen[p] = before ? b->start[p] : b->now[p];
  }
  int32_t player = move.player;
  if (job == GAN__JOB_OBJECTIVE) {
    b->losses[player] = gan__game_objective(&b->game, &move, seen);
  } else {
    b->losses[player] = gan__game_gradient(&b->game, &move, seen, b->gradients);
    b->norms[player] = norm_of(b, player);
    gan__graph_set_scope(b->graph, gan__player_name(player));
  }
  if (player == GAN__DISCRIMINATOR && job != GAN__JOB_OBJECTIVE) {
    b->logits[0] = mean_of(b, b->adversaries.real_logits);
    b->logits[1] = mean_of(b, b->adversaries.fake_logits);
  }
  check_finite(b, b->losses[player]);
  if (job == GAN__JOB_GRADIENT || job == GAN__JOB_OBJECTIVE) return;
  gan__game_apply(&b->game, player, -1, b->gradients, &b->now[player]);
  gan__game_settle(b->graph, &b->now[player]);
  b->moved[player] = true;
}

/* ---- Results. ---- */

static void commit(build *b, gan__id read, gan__id value) {
  if (b->graph->status != GAN_OK || read == GAN__NONE || read == value) return;
  check_finite(b, value);
  gan__graph_commit(b->graph, gan__graph_state_of(b->graph, read), value);
}

static void commit_players(build *b) {
  for (int32_t p = 0; p < GAN__PLAYERS; p++) {
    if (!b->moved[p]) continue;
    gan__graph_set_scope(b->graph, gan__player_name(p));
    for (int32_t i = 0; i < b->start[p].count; i++) {
      commit(b, b->start[p].parameters[i], b->now[p].parameters[i]);
      for (int32_t k = 0; k < GAN__MOMENTS; k++)
        commit(b, b->start[p].moments[k][i], b->now[p].moments[k][i]);
    }
    commit(b, b->start[p].updates, b->now[p].updates);
  }
}

/* a' = decay a + (1 - decay) theta' */
static void commit_averages(build *b) {
  double decay = b->session->average.decay;
  gan__graph_set_scope(b->graph, "generator/average");
  for (int32_t i = 0; i < b->start[GAN__GENERATOR].count; i++) {
    gan__id kept = gan__op_scale(b->graph, b->averages[i], decay);
    gan__id fresh = gan__op_scale(b->graph, b->now[GAN__GENERATOR].parameters[i], 1 - decay);
    commit(b, b->averages[i], gan__op_add(b->graph, kept, fresh));
  }
}

static void name_outputs(build *b) {
  gan__compiled *compiled = b->compiled;
  gan__graph *graph = b->graph;
  for (int32_t p = 0; p < GAN__PLAYERS; p++) {
    gan__id loss = gan__op_cast(graph, b->losses[p], GAN_F64);
    compiled->losses[p] = gan__graph_output(graph, loss_names[p], loss);
    compiled->norms[p] = gan__graph_output(graph, norm_names[p], b->norms[p]);
  }
  for (int32_t i = 0; i < 2; i++)
    compiled->logits[i] = gan__graph_output(graph, logit_names[i], b->logits[i]);
  compiled->gradients = -1;
  int32_t mover = b->session->schedule.unroll_player;
  if (compiled->request.job == GAN__JOB_GRADIENT)
    for (int32_t i = 0; i < b->start[mover].count; i++) {
      check_finite(b, b->gradients[i]);
      const char *name = b->session->networks[mover]->parameters[i].name;
      int32_t output = gan__graph_output(graph, name, b->gradients[i]);
      if (i == 0) compiled->gradients = output;
    }
  gan__graph_set_scope(graph, "");
  gan__id bad = gan__op_add_all(graph, b->checked, (int32_t)b->checked_count);
  compiled->bad = gan__graph_output(graph, "values that are not finite", bad);
}

static gan_status build_graph(build *b) {
  gan__session *session = b->session;
  gan__job job = b->compiled->request.job;
  b->adversaries = (gan__adversaries){.generator = session->generator,
                                      .discriminator = session->discriminator,
                                      .loss = session->loss,
                                      .rows = b->compiled->request.rows,
                                      .batch_count = b->compiled->batch_count,
                                      .batches = b->batches};
  b->game = (gan__game){.graph = b->graph,
                        .player_count = GAN__PLAYERS,
                        .objective = gan__adversaries_objective,
                        .user = &b->adversaries};
  declare_slots(b);
  for (int32_t p = 0; p < GAN__PLAYERS; p++)
    declare_player(b, p);
  if (b->averages) declare_averages(b);
  GAN_TRY(b->graph->status);
  int32_t moves = gan__schedule_moves(&session->schedule, job);
  for (int32_t i = 0; i < moves && b->graph->status == GAN_OK; i++)
    make_move(b, i);
  GAN_TRY(b->graph->status);
  commit_players(b);
  if (b->averages) commit_averages(b);
  name_outputs(b);
  return b->graph->status;
}

static gan_status allocate_build(build *b) {
  gan_context *context = b->session->context;
  int32_t most = 0;
  for (int32_t p = 0; p < GAN__PLAYERS; p++) {
    int32_t count = b->session->networks[p]->parameter_count;
    most = count > most ? count : most;
    GAN_TRY(gan__position_init(context, count, &b->start[p]));
    GAN_TRY(gan__position_init(context, count, &b->now[p]));
    b->losses[p] = b->norms[p] = GAN__NONE;
  }
  b->logits[0] = b->logits[1] = GAN__NONE;
  uint64_t batches = (uint64_t)b->compiled->batch_count;
  b->batches = gan__allocate(context, batches, sizeof *b->batches);
  b->gradients = gan__allocate(context, (uint64_t)most, sizeof *b->gradients);
  if (!b->batches || !b->gradients) return GAN_ERROR_MEMORY;
  if (b->session->average.decay > 0 && moves_generator(b->compiled->request.job)) {
    b->averages = gan__allocate(context, (uint64_t)most, sizeof *b->averages);
    if (!b->averages) return GAN_ERROR_MEMORY;
  }
  return gan__graph_create(context, &b->graph);
}

static void finish_build(build *b) {
  gan_context *context = b->session->context;
  for (int32_t p = 0; p < GAN__PLAYERS; p++) {
    gan__position_finish(context, &b->start[p]);
    gan__position_finish(context, &b->now[p]);
  }
  gan__release(context, b->batches);
  gan__release(context, b->gradients);
  gan__release(context, b->averages);
  gan__release(context, b->checked);
  gan__graph_destroy(b->graph);
}

void gan__compiled_finish(gan_context *context, gan__compiled *compiled) {
  for (int32_t i = 0; compiled->staging && i < compiled->batch_count; i++)
    gan__release(context, compiled->staging[i]);
  gan__release(context, compiled->staging);
  gan__release(context, compiled->slots);
  gan__release(context, compiled->states);
  gan__plan_destroy(compiled->plan);
  *compiled = (gan__compiled){0};
}

static gan_status allocate_bindings(gan_context *context, gan__compiled *compiled) {
  uint64_t batches = (uint64_t)compiled->batch_count;
  compiled->slots = gan__allocate(context, batches + GAN__PLAYERS, sizeof *compiled->slots);
  compiled->states =
      gan__allocate(context, (uint64_t)compiled->state_count, sizeof *compiled->states);
  compiled->staging = gan__allocate(context, batches, sizeof *compiled->staging);
  return compiled->slots && compiled->states && compiled->staging ? GAN_OK : GAN_ERROR_MEMORY;
}

static gan_status check_cap(const gan__session *session, const gan__compiled *compiled) {
  int32_t threads = gan__pool_threads(session->context->pool);
  int64_t bytes = gan__plan_bytes(compiled->plan, threads);
  if (session->memory_cap == 0 || bytes <= session->memory_cap) return GAN_OK;
  return gan__fail(session->context, GAN_ERROR_LIMIT,
                   "the memory cap is %lld bytes; the smallest possible for %lld rows and the "
                   "present number of threads, %d, is %lld",
                   (long long)session->memory_cap, (long long)compiled->request.rows, threads,
                   (long long)bytes);
}

gan_status gan__compile(gan__session *session, const gan__request *request,
                        gan__compiled *compiled) {
  gan__compiled made = {.request = *request};
  made.batch_count = gan__schedule_batches(&session->schedule, request->job);
  if (request->shared && made.batch_count > 1) made.batch_count = 1;
  build b = {.session = session, .compiled = &made};
  gan_status status = allocate_build(&b);
  if (status == GAN_OK) status = build_graph(&b);
  if (status == GAN_OK) status = gan__plan_create_within(b.graph, session->memory_cap, &made.plan);
  if (status == GAN_OK) status = check_cap(session, &made);
  finish_build(&b);
  if (status == GAN_OK) status = allocate_bindings(session->context, &made);
  if (status == GAN_OK)
    *compiled = made;
  else
    gan__compiled_finish(session->context, &made);
  return status;
}
