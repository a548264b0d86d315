/* SPDX-License-Identifier: MIT */
/* Job: the graph of a job: all its moves in one, from the live state to what is committed.
 *
 * States are read once, at the start; every move takes the nodes that the moves before it left. The
 * values after the last move are committed, together with a count of those that are not finite. */
#include <stdio.h>

#include "base/memory.h"
#include "graph/build.h"
#include "graph/gradient.h"
#include "train/step.h"

typedef struct build {
  gan__session *session;
  gan__compiled *compiled;
  gan__graph *graph;
  gan__schedule schedule;
  gan__game game;
  gan__adversaries adversaries;
  gan__id *batches;                      /* [batch_count][slot_kinds] */
  gan__position start[GAN__PLAYERS_MAX]; /* the live state */
  gan__position now[GAN__PLAYERS_MAX];   /* after the moves so far */
  gan__position ahead[GAN__PLAYERS_MAX]; /* where extragradient looks from */
  bool moved[GAN__PLAYERS_MAX];
  gan__id *averages[GAN__PLAYERS_MAX]; /* [parameters]; NULL while off */
  gan__id *gradients, *statistics;     /* [most parameters of a player] */
  gan__id losses[GAN__PLAYERS_MAX], norms[GAN__PLAYERS_MAX], logits[2];
  gan__id *checked; /* scalars that count values which are not finite */
  uint64_t checked_count, checked_capacity;
} build;

static const char *name_of(const build *b, int32_t player) {
  return b->session->players[player].name;
}

/* True when the job moves the player and its average is wanted. */
static bool averages(const gan__session *session, gan__job job, int32_t player) {
  bool moves = job == GAN__JOB_STEP || (int32_t)job == GAN__JOB_MOVE + player;
  return moves && session->players[player].average.decay > 0;
}

/* ---- Doors: slots and states. ---- */

static void declare_batch(build *b, int32_t index) {
  gan__compiled *compiled = b->compiled;
  for (int32_t kind = 0; kind < compiled->slot_kinds; kind++) {
    gan__intake intake = gan__session_intake(b->session, kind);
    bool real = kind == GAN__SLOT_REAL;
    gan__shape shape = {.rank = intake.row.rank + 1,
                        .dims = {real ? compiled->request.rows : compiled->request.labelled}};
    for (int32_t i = 0; i < intake.row.rank; i++)
      shape.dims[i + 1] = intake.row.dims[i];
    char name[GAN__NAME_MAX];
    snprintf(name, sizeof name, real ? "%s batch" : "%s", intake.name);
    if (compiled->batch_count > 1)
      snprintf(name, sizeof name, real ? "%s batch %d" : "%s %d", intake.name, index);
    b->batches[(int64_t)index * compiled->slot_kinds + kind] =
        gan__graph_input(b->graph, name, intake.dtype, &shape);
    if (b->graph->status == GAN_OK) compiled->elements[kind] = gan__shape_count(&shape);
  }
}

static void declare_slots(build *b) {
  for (int32_t i = 0; i < b->compiled->batch_count; i++)
    declare_batch(b, i);
  gan__shape scalar = {0};
  for (int32_t p = 0; p < b->session->player_count; p++) {
    const gan__seat *seat = &b->session->players[p];
    char name[GAN__NAME_MAX];
    snprintf(name, sizeof name, "%s/learning rate", seat->name);
    b->game.players[p] =
        (gan__player){.name = seat->name,
                      .network = seat->network,
                      .optimizer = seat->optimizer,
                      .learning_rate = gan__graph_input(b->graph, name, GAN_F64, &scalar),
                      .history = seat->history};
  }
}

static gan__id declare_state(build *b, const char *owner, const char *name, int32_t dtype,
                             const gan__shape *shape) {
  char text[GAN__NAME_MAX];
  snprintf(text, sizeof text, "%.38s/%.88s", owner, name);
  b->compiled->state_count++;
  return gan__graph_state(b->graph, text, dtype, shape);
}

/* One state for each parameter of the player, of the parameter's shape. */
static void declare_parameters(build *b, int32_t player, const char *owner, gan__id *nodes) {
  const gan_network *network = b->session->players[player].network;
  for (int32_t i = 0; i < network->parameter_count; i++)
    nodes[i] = declare_state(b, owner, network->parameters[i].name, network->dtype,
                             &network->parameters[i].shape);
}

static void declare_player(build *b, int32_t player) {
  static const char *const kept[GAN__MOMENTS] = {"moment 1", "moment 2", "history"};
  gan__position *start = &b->start[player];
  gan__shape scalar = {0};
  declare_parameters(b, player, name_of(b, player), start->parameters);
  for (int32_t k = 0; k < GAN__MOMENTS; k++) {
    if (!gan__optimizer_keeps(b->session->players[player].optimizer, k)) continue;
    char owner[GAN__NAME_MAX];
    snprintf(owner, sizeof owner, "%.28s %s", name_of(b, player), kept[k]);
    declare_parameters(b, player, owner, start->moments[k]);
  }
  start->updates = declare_state(b, name_of(b, player), "optimizer/updates", GAN_F64, &scalar);
  gan__position_copy(&b->now[player], start);
}

static void declare_averages(build *b) {
  for (int32_t p = 0; p < b->session->player_count; p++) {
    if (!b->averages[p]) continue;
    char owner[GAN__NAME_MAX];
    snprintf(owner, sizeof owner, "%.28s average", name_of(b, p));
    declare_parameters(b, p, owner, b->averages[p]);
  }
}

void gan__step_states(const gan__session *session, gan__compiled *compiled) {
  int32_t at = 0;
  for (int32_t p = 0; p < session->player_count; p++) {
    const gan__seat *seat = &session->players[p];
    int32_t count = seat->network->parameter_count;
    for (int32_t i = 0; i < count; i++)
      compiled->states[at++] = seat->network->parameters[i].data;
    for (int32_t k = 0; k < GAN__MOMENTS; k++)
      for (int32_t i = 0; i < count && gan__optimizer_keeps(seat->optimizer, k); i++)
        compiled->states[at++] = seat->optimizer->moments[k][i];
    compiled->states[at++] = &seat->optimizer->updates;
  }
  for (int32_t p = 0; p < session->player_count; p++)
    for (int32_t i = 0; averages(session, compiled->request.job, p)
                        && i < session->players[p].network->parameter_count;
         i++)
      compiled->states[at++] = session->players[p].average.values[i];
  GAN__CHECK(at == compiled->state_count);
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
  const gan_network *network = b->session->players[player].network;
  gan__shape scalar = {0};
  gan__id sum = gan__op_constant(graph, GAN_F64, &scalar, 0);
  for (int32_t i = 0; i < network->parameter_count; i++) {
    if (b->gradients[i] == GAN__NONE) continue;
    /* A gradient that is too large is often noticed first in its square. */
    char scope[GAN__NAME_MAX];
    snprintf(scope, sizeof scope, "%.32s/gradient of %.80s", name_of(b, player),
             network->parameters[i].name);
    gan__graph_set_scope(graph, scope);
    gan__id square = gan__op_mul(graph, b->gradients[i], b->gradients[i]);
    gan__id part = gan__op_cast(graph, gan__op_sum_all(graph, square), GAN_F64);
    sum = gan__op_add(graph, sum, part);
  }
  return gan__op_sqrt(graph, sum);
}

static gan__id mean_logit(build *b, gan__id outputs) {
  gan__id logits = gan__loss_logit(b->graph, outputs);
  return gan__op_cast(b->graph, gan__op_mean_all(b->graph, logits), GAN_F64);
}

/* What the mover sees: the others as they were or as they are, or, on the way back of
 * extragradient, everyone at the look-ahead point. */
static void look_around(const build *b, const gan__move *move,
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
static void join_moves(const build *b, const gan__move *move, gan__move moves[GAN__PLAYERS_MAX]) {
  for (int32_t i = 0; i < b->session->player_count; i++) {
    gan__move own = gan__schedule_move(&b->schedule, GAN__JOB_FIELD, i);
    own.turn = move->turn;
    own.inner = move->inner;
    if (move->unrolled == GAN__NOBODY && !gan__schedule_together(&b->schedule)) own.fresh = false;
    moves[own.player] = own;
  }
}

static void find_gradient(build *b, const gan__move *move, const gan__position *seen) {
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
  gan__graph_set_scope(b->graph, name_of(b, player));
  if (player != GAN__DISCRIMINATOR || !b->session->discriminator) return;
  b->logits[0] = mean_logit(b, real);
  b->logits[1] = mean_logit(b, fake);
}

/* Moves the player on by what find_gradient() found. */
static void apply(build *b, const gan__move *move) {
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

static void make_move(build *b, int32_t index) {
  gan__job job = b->compiled->request.job;
  gan__move move = gan__schedule_move(&b->schedule, job, index);
  gan__position seen[GAN__PLAYERS_MAX];
  look_around(b, &move, seen);
  if (job == GAN__JOB_OBJECTIVE)
    b->losses[move.player] = gan__game_objective(&b->game, &move, seen);
  else
    find_gradient(b, &move, seen);
  check_finite(b, b->losses[move.player]);
  if (job == GAN__JOB_STEP || job >= GAN__JOB_MOVE) apply(b, &move);
}

/* ---- The field: gradients of all players and their derivatives by all parameters. ---- */

/* Element `index` of a node of any shape, as a scalar. */
static gan__id element(gan__graph *graph, gan__id node, int64_t index) {
  if (graph->status != GAN_OK || node == GAN__NONE) return GAN__NONE;
  gan__shape flat =
      gan__shape_make(1, (int64_t[]){gan__shape_count(&gan__node_at(graph, node)->shape)});
  gan__id line = gan__op_reshape(graph, node, &flat);
  return gan__op_sum_all(graph, gan__op_slice(graph, line, 0, index, index + 1, 1));
}

/* One row of the Jacobian for each element of a player's gradient; players of a bare game have one
 * parameter each. */
static void give_jacobian(build *b, const gan__id *fields) {
  gan__graph *graph = b->graph;
  int32_t players = b->session->player_count;
  gan__id places[GAN__PLAYERS_MAX], row[GAN__PLAYERS_MAX];
  for (int32_t p = 0; p < players; p++)
    places[p] = b->start[p].parameters[0];
  for (int32_t p = 0; p < players && graph->status == GAN_OK; p++) {
    int64_t count = gan__shape_count(&gan__node_at(graph, fields[p])->shape);
    for (int64_t i = 0; i < count && graph->status == GAN_OK; i++) {
      gan__gradient(graph, element(graph, fields[p], i), GAN__NONE, places, players, row);
      for (int32_t q = 0; q < players; q++) {
        char name[GAN__NAME_MAX];
        snprintf(name, sizeof name, "%.40s %lld by %.40s", name_of(b, p), (long long)i,
                 name_of(b, q));
        check_finite(b, row[q]);
        gan__graph_output(graph, name, row[q]);
      }
    }
  }
}

static void give_field(build *b) {
  gan__graph *graph = b->graph;
  gan__id fields[GAN__PLAYERS_MAX];
  for (int32_t p = 0; p < b->session->player_count && graph->status == GAN_OK; p++) {
    gan__move move = gan__schedule_move(&b->schedule, GAN__JOB_FIELD, p);
    b->losses[p] = gan__game_gradient(&b->game, &move, b->start, &fields[p], NULL);
    if (fields[p] == GAN__NONE && graph->status == GAN_OK)
      fields[p] = gan__op_like(graph, b->start[p].parameters[0], 0);
    check_finite(b, b->losses[p]);
    check_finite(b, fields[p]);
    int32_t output = gan__graph_output(graph, name_of(b, p), fields[p]);
    if (p == 0) b->compiled->gradients = output;
  }
  if (graph->status == GAN_OK && b->compiled->request.job == GAN__JOB_JACOBIAN)
    give_jacobian(b, fields);
}

/* ---- Results. ---- */

static void commit(build *b, gan__id read, gan__id value) {
  if (b->graph->status != GAN_OK || read == GAN__NONE || read == value) return;
  check_finite(b, value);
  gan__graph_commit(b->graph, gan__graph_state_of(b->graph, read), value);
}

static void commit_players(build *b) {
  for (int32_t p = 0; p < b->session->player_count; p++) {
    if (!b->moved[p]) continue;
    gan__graph_set_scope(b->graph, name_of(b, p));
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
  for (int32_t p = 0; p < b->session->player_count; p++) {
    if (!b->averages[p]) continue;
    double decay = b->session->players[p].average.decay;
    char scope[GAN__NAME_MAX];
    snprintf(scope, sizeof scope, "%s/average", name_of(b, p));
    gan__graph_set_scope(b->graph, scope);
    for (int32_t i = 0; i < b->start[p].count; i++) {
      gan__id kept = gan__op_scale(b->graph, b->averages[p][i], decay);
      gan__id fresh = gan__op_scale(b->graph, b->now[p].parameters[i], 1 - decay);
      commit(b, b->averages[p][i], gan__op_add(b->graph, kept, fresh));
    }
  }
}

static void name_gradients(build *b) {
  int32_t mover = b->schedule.unroll_player;
  for (int32_t i = 0; i < b->start[mover].count; i++) {
    gan__id gradient = b->gradients[i];
    if (gradient == GAN__NONE && b->graph->status == GAN_OK)
      gradient = gan__op_like(b->graph, b->start[mover].parameters[i], 0);
    check_finite(b, gradient);
    const char *name = b->session->players[mover].network->parameters[i].name;
    int32_t output = gan__graph_output(b->graph, name, gradient);
    if (i == 0) b->compiled->gradients = output;
  }
}

static void name_outputs(build *b) {
  static const char *const logit_names[] = {"real logit mean", "fake logit mean"};
  gan__compiled *compiled = b->compiled;
  gan__graph *graph = b->graph;
  for (int32_t p = 0; p < b->session->player_count; p++) {
    char name[GAN__NAME_MAX];
    gan__id loss = gan__op_cast(graph, b->losses[p], GAN_F64);
    snprintf(name, sizeof name, "%s loss", name_of(b, p));
    compiled->losses[p] = gan__graph_output(graph, name, loss);
    snprintf(name, sizeof name, "%s gradient norm", name_of(b, p));
    compiled->norms[p] = gan__graph_output(graph, name, b->norms[p]);
  }
  for (int32_t i = 0; i < 2; i++)
    compiled->logits[i] = gan__graph_output(graph, logit_names[i], b->logits[i]);
  if (compiled->request.job == GAN__JOB_GRADIENT) name_gradients(b);
  gan__graph_set_scope(graph, "");
  gan__id bad = gan__op_add_all(graph, b->checked, (int32_t)b->checked_count);
  compiled->bad = gan__graph_output(graph, "values that are not finite", bad);
}

static void set_game(build *b) {
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

static gan_status build_graph(build *b) {
  gan__session *session = b->session;
  gan__job job = b->compiled->request.job;
  set_game(b);
  declare_slots(b);
  for (int32_t p = 0; p < session->player_count; p++)
    declare_player(b, p);
  declare_averages(b);
  GAN_TRY(b->graph->status);
  int32_t moves = gan__schedule_moves(&b->schedule, job);
  bool asked = job == GAN__JOB_FIELD || job == GAN__JOB_JACOBIAN;
  if (asked) give_field(b);
  for (int32_t i = 0; !asked && i < moves && b->graph->status == GAN_OK; i++)
    make_move(b, i);
  GAN_TRY(b->graph->status);
  commit_players(b);
  commit_averages(b);
  name_outputs(b);
  return b->graph->status;
}

/* ---- Room. ---- */

static gan_status allocate_player(build *b, int32_t player) {
  gan_context *context = b->session->context;
  int32_t count = b->session->players[player].network->parameter_count;
  GAN_TRY(gan__position_init(context, count, &b->start[player]));
  GAN_TRY(gan__position_init(context, count, &b->now[player]));
  GAN_TRY(gan__position_init(context, count, &b->ahead[player]));
  if (!averages(b->session, b->compiled->request.job, player)) return GAN_OK;
  b->averages[player] = gan__allocate(context, (uint64_t)count, sizeof *b->averages[player]);
  return b->averages[player] ? GAN_OK : GAN_ERROR_MEMORY;
}

static gan_status allocate_build(build *b) {
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

static void finish_build(build *b) {
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
  build b = {.session = session, .compiled = compiled, .schedule = gan__session_schedule(session)};
  gan_status status = allocate_build(&b);
  if (status == GAN_OK) status = build_graph(&b);
  *graph = b.graph;
  finish_build(&b);
  return status;
}
