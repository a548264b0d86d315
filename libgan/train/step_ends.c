/* SPDX-License-Identifier: MIT */
/* Job: what goes into the graph of a job, and what comes out: slots and states, commits and
 * results. */
#include <stdio.h>

#include "train/step_build.h"

bool gan__step_averages(const gan__session *session, gan__job job, int32_t player) {
  bool moves = job == GAN__JOB_STEP || (int32_t)job == GAN__JOB_MOVE + player;
  return moves && session->players[player].average.decay > 0;
}

/* ---- In: slots and states. ---- */

static void declare_batch(gan__building *b, int32_t index) {
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

static void declare_slots(gan__building *b) {
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

static gan__id declare_state(gan__building *b, const char *owner, const char *name, int32_t dtype,
                             const gan__shape *shape) {
  char text[GAN__NAME_MAX];
  snprintf(text, sizeof text, "%.38s/%.88s", owner, name);
  b->compiled->state_count++;
  return gan__graph_state(b->graph, text, dtype, shape);
}

/* One state for each parameter of the player, of the parameter's shape. */
static void declare_parameters(gan__building *b, int32_t player, const char *owner,
                               gan__id *nodes) {
  const gan_network *network = b->session->players[player].network;
  for (int32_t i = 0; i < network->parameter_count; i++)
    nodes[i] = declare_state(b, owner, network->parameters[i].name, network->dtype,
                             &network->parameters[i].shape);
}

static void declare_player(gan__building *b, int32_t player) {
  static const char *const kept[GAN__MOMENTS] = {"moment 1", "moment 2", "history"};
  gan__position *start = &b->start[player];
  gan__shape scalar = {0};
  declare_parameters(b, player, gan__building_name(b, player), start->parameters);
  for (int32_t k = 0; k < GAN__MOMENTS; k++) {
    if (!gan__optimizer_keeps(b->session->players[player].optimizer, k)) continue;
    char owner[GAN__NAME_MAX];
    snprintf(owner, sizeof owner, "%.28s %s", gan__building_name(b, player), kept[k]);
    declare_parameters(b, player, owner, start->moments[k]);
  }
  start->updates =
      declare_state(b, gan__building_name(b, player), "optimizer/updates", GAN_F64, &scalar);
  gan__position_copy(&b->now[player], start);
}

static void declare_averages(gan__building *b) {
  for (int32_t p = 0; p < b->session->player_count; p++) {
    if (!b->averages[p]) continue;
    char owner[GAN__NAME_MAX];
    snprintf(owner, sizeof owner, "%.28s average", gan__building_name(b, p));
    declare_parameters(b, p, owner, b->averages[p]);
  }
}

void gan__step_declare(gan__building *b) {
  declare_slots(b);
  for (int32_t p = 0; p < b->session->player_count; p++)
    declare_player(b, p);
  declare_averages(b);
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
    for (int32_t i = 0; gan__step_averages(session, compiled->request.job, p)
                        && i < session->players[p].network->parameter_count;
         i++)
      compiled->states[at++] = session->players[p].average.values[i];
  GAN__CHECK(at == compiled->state_count);
}

/* ---- Out: commits and results. ---- */

/* What a job changes of one parameter, all of its shape. */
typedef struct changes {
  gan__id values[1 + GAN__MOMENTS + 1]; /* itself, moments, average */
  int32_t count;
} changes;

static void commit(gan__building *b, gan__id read, gan__id value, changes *changed) {
  if (b->graph->status != GAN_OK || read == GAN__NONE || read == value) return;
  changed->values[changed->count++] = value;
  gan__graph_commit(b->graph, gan__graph_state_of(b->graph, read), value);
}

/* a' = decay a + (1 - decay) theta' */
static void commit_average(gan__building *b, int32_t player, int32_t i, changes *changed) {
  double decay = b->session->players[player].average.decay;
  char scope[GAN__NAME_MAX];
  snprintf(scope, sizeof scope, "%s/average", gan__building_name(b, player));
  gan__graph_set_scope(b->graph, scope);
  gan__id kept = gan__op_scale(b->graph, b->averages[player][i], decay);
  gan__id fresh = gan__op_scale(b->graph, b->now[player].parameters[i], 1 - decay);
  commit(b, b->averages[player][i], gan__op_add(b->graph, kept, fresh), changed);
}

static void commit_parameter(gan__building *b, int32_t player, int32_t i) {
  const gan__position *start = &b->start[player], *now = &b->now[player];
  changes changed = {.count = 0};
  if (b->moved[player]) {
    commit(b, start->parameters[i], now->parameters[i], &changed);
    for (int32_t k = 0; k < GAN__MOMENTS; k++)
      commit(b, start->moments[k][i], now->moments[k][i], &changed);
  }
  if (b->averages[player]) commit_average(b, player, i, &changed);
  gan__graph_set_scope(b->graph, gan__building_name(b, player));
  gan__step_check(b, changed.values, changed.count);
}

void gan__step_commit(gan__building *b) {
  for (int32_t p = 0; p < b->session->player_count; p++) {
    gan__graph_set_scope(b->graph, gan__building_name(b, p));
    for (int32_t i = 0; i < b->start[p].count; i++)
      commit_parameter(b, p, i);
    changes count = {.count = 0};
    if (b->moved[p]) commit(b, b->start[p].updates, b->now[p].updates, &count);
    gan__step_check(b, count.values, count.count);
  }
}

static void name_gradients(gan__building *b) {
  int32_t mover = b->schedule.unroll_player;
  for (int32_t i = 0; i < b->start[mover].count; i++) {
    gan__id gradient = b->gradients[i];
    if (gradient == GAN__NONE && b->graph->status == GAN_OK)
      gradient = gan__op_like(b->graph, b->start[mover].parameters[i], 0);
    gan__step_check(b, &gradient, 1);
    const char *name = b->session->players[mover].network->parameters[i].name;
    int32_t output = gan__graph_output(b->graph, name, gradient);
    if (i == 0) b->compiled->gradients = output;
  }
}

void gan__step_report(gan__building *b) {
  static const char *const logit_names[] = {"real logit mean", "fake logit mean"};
  gan__compiled *compiled = b->compiled;
  gan__graph *graph = b->graph;
  for (int32_t p = 0; p < b->session->player_count; p++) {
    char name[GAN__NAME_MAX];
    gan__id loss = gan__op_cast(graph, b->losses[p], GAN_F64);
    snprintf(name, sizeof name, "%s loss", gan__building_name(b, p));
    compiled->losses[p] = gan__graph_output(graph, name, loss);
    snprintf(name, sizeof name, "%s gradient norm", gan__building_name(b, p));
    compiled->norms[p] = gan__graph_output(graph, name, b->norms[p]);
  }
  for (int32_t i = 0; i < 2; i++)
    compiled->logits[i] = gan__graph_output(graph, logit_names[i], b->logits[i]);
  if (compiled->request.job == GAN__JOB_GRADIENT) name_gradients(b);
  gan__graph_set_scope(graph, "");
  gan__id bad = gan__op_add_all(graph, b->checked, (int32_t)b->checked_count);
  compiled->bad = gan__graph_output(graph, "values that are not finite", bad);
}
