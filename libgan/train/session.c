/* SPDX-License-Identifier: MIT */
/* Job: a session: checked parts, the plans made so far, runs and commits. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/pool.h"
#include "train/compile.h"
#include "train/session.h"

/* ---- Parts. ---- */

static gan_status check_networks(gan_context *context, const gan_network *generator,
                                 const gan_network *discriminator) {
  if (generator->dtype != discriminator->dtype)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "the generator computes in %s, the discriminator in %s; both must be the same",
                     gan__dtype_name(generator->dtype), gan__dtype_name(discriminator->dtype));
  if (generator->parameter_count == 0 || discriminator->parameter_count == 0)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "the %s has no parameters to train",
                     generator->parameter_count == 0 ? "generator" : "discriminator");
  gan__shape made = gan__network_output_shape(generator);
  gan__shape taken = gan__network_input_shape(discriminator);
  if (gan__rows_fit(&made, &taken)) return GAN_OK;
  char x[GAN__SHAPE_TEXT], y[GAN__SHAPE_TEXT];
  return gan__fail(context, GAN_ERROR_SHAPE,
                   "the generator makes rows of shape %s, the discriminator takes %s",
                   gan__shape_text(x, &made), gan__shape_text(y, &taken));
}

static gan_status check_parts(gan_context *context, const gan__parts *parts) {
  const gan_context *contexts[] = {parts->generator->context, parts->discriminator->context,
                                   parts->loss->context, parts->optimizers[0]->context,
                                   parts->optimizers[1]->context};
  static const char *const names[] = {"generator", "discriminator", "loss", "generator's optimizer",
                                      "discriminator's optimizer"};
  for (int32_t i = 0; i < 5; i++)
    if (contexts[i] != context)
      return gan__fail(context, GAN_ERROR_CONTEXT, "the %s belongs to another context", names[i]);
  if (parts->optimizers[0] == parts->optimizers[1])
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "generator and discriminator need optimizers of their own, not one handle for "
                     "both");
  return check_networks(context, parts->generator->network, parts->discriminator->network);
}

/* What the loss asks of the discriminator's network. */
static gan_status check_loss(const gan_network *network, const gan_loss *loss) {
  gan_context *context = network->context;
  const gan__loss_kind *kind = gan__loss_kind_of(loss->kind);
  gan__shape output = gan__network_output_shape(network);
  char shape[GAN__SHAPE_TEXT];
  bool several = gan__shape_count(&output) > 1;
  if (kind->classes ? !several : several && kind->discriminator)
    return gan__fail(context, GAN_ERROR_SHAPE,
                     "the %s loss needs %s; the discriminator gives rows of shape %s", kind->name,
                     kind->classes ? "two or more class logits a row" : "one logit a row",
                     gan__shape_text(shape, &output));
  if (kind->couples_rows && !gan__network_couples_rows(network, false))
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "the %s loss needs a discriminator with such a layer; "
                     "gan_discriminator_for_loss() inserts one",
                     kind->name);
  if (kind->matches_features && !*gan__last_features(network))
    return gan__fail(context, GAN_ERROR_ARGUMENT, "the %s loss: the discriminator has no features",
                     kind->name);
  int32_t layer;
  for (uint64_t i = 0; i < loss->term_count; i++)
    if (loss->terms[i].form && *loss->terms[i].layer)
      GAN_TRY(gan__network_find_layer(network, loss->terms[i].layer, &layer));
  return GAN_OK;
}

/* Gives both optimizers their networks, or, when that fails, none. */
static gan_status bind_optimizers(const gan__parts *parts) {
  gan_network *networks[2] = {[GAN__GENERATOR] = parts->generator->network,
                              [GAN__DISCRIMINATOR] = parts->discriminator->network};
  bool free_before = !parts->optimizers[0]->network;
  GAN_TRY(gan__optimizer_bind(parts->optimizers[0], networks[0]));
  gan_status status = gan__optimizer_bind(parts->optimizers[1], networks[1]);
  if (status != GAN_OK && free_before) gan__optimizer_reset(parts->optimizers[0]);
  return status;
}

static void take_seat(gan__session *session, const char *name, gan_network *network,
                      gan_optimizer *optimizer) {
  gan__seat *seat = &session->players[session->player_count++];
  *seat = (gan__seat){.network = network, .optimizer = optimizer};
  snprintf(seat->name, sizeof seat->name, "%s", name);
  gan__network_ref(network);
  gan__optimizer_ref(optimizer);
}

gan_status gan__session_init(gan_context *context, const gan__parts *parts, gan__session *session) {
  GAN_TRY(check_parts(context, parts));
  GAN_TRY(check_loss(parts->discriminator->network, parts->loss));
  GAN_TRY(bind_optimizers(parts));
  bool classes = gan__loss_kind_of(parts->loss->kind)->classes;
  *session = (gan__session){.context = context,
                            .generator = parts->generator,
                            .discriminator = parts->discriminator,
                            .loss = parts->loss,
                            .dtype = parts->discriminator->network->dtype,
                            .slot_kinds = classes ? GAN__SLOT_KINDS : 1,
                            .schedule = gan__schedule_default()};
  gan__generator_ref(parts->generator);
  gan__discriminator_ref(parts->discriminator);
  gan__loss_ref(parts->loss);
  take_seat(session, "generator", parts->generator->network, parts->optimizers[GAN__GENERATOR]);
  take_seat(session, "discriminator", parts->discriminator->network,
            parts->optimizers[GAN__DISCRIMINATOR]);
  return GAN_OK;
}

void gan__session_init_game(gan_context *context, int32_t dtype, gan__session *session) {
  *session =
      (gan__session){.context = context, .dtype = dtype, .schedule = gan__schedule_default()};
  for (int32_t p = 0; p < GAN__PLAYERS_MAX; p++)
    session->schedule.needs[p] = GAN__NEED_NEVER;
  session->schedule.player_count = 0;
}

/* Raises an error when the optimizer is some other player's. */
static gan_status check_own(const gan__session *session, const gan_optimizer *optimizer) {
  for (int32_t p = 0; p < session->player_count; p++)
    if (session->players[p].optimizer == optimizer)
      return gan__fail(session->context, GAN_ERROR_ARGUMENT,
                       "the optimizer is that of player \"%s\"; every player needs its own",
                       session->players[p].name);
  return GAN_OK;
}

gan_status gan__session_seat(gan__session *session, const char *name, gan_network *network,
                             gan_optimizer *optimizer) {
  if (session->player_count == GAN__PLAYERS_MAX)
    return gan__fail(session->context, GAN_ERROR_LIMIT, "a game has at most %d players",
                     GAN__PLAYERS_MAX);
  for (int32_t p = 0; p < session->player_count; p++)
    if (!strcmp(session->players[p].name, name))
      return gan__fail(session->context, GAN_ERROR_ARGUMENT, "there is a player \"%s\" already",
                       name);
  GAN_TRY(check_own(session, optimizer));
  GAN_TRY(gan__optimizer_bind(optimizer, network));
  take_seat(session, name, network, optimizer);
  session->schedule.player_count = session->player_count;
  session->version++;
  return GAN_OK;
}

gan_status gan__session_set_optimizer(gan__session *session, const char *player,
                                      gan_optimizer *optimizer) {
  int32_t found;
  GAN_TRY(gan__session_find(session, player, &found));
  gan__seat *seat = &session->players[found];
  if (seat->optimizer == optimizer) return GAN_OK;
  GAN_TRY(check_own(session, optimizer));
  GAN_TRY(gan__optimizer_bind(optimizer, seat->network));
  gan__optimizer_ref(optimizer);
  gan__optimizer_unref(seat->optimizer);
  seat->optimizer = optimizer;
  session->version++;
  return GAN_OK;
}

gan_status gan__session_find(const gan__session *session, const char *name, int32_t *player) {
  char names[200] = "";
  size_t used = 0;
  for (int32_t p = 0; p < session->player_count; p++) {
    const char *own = session->players[p].name;
    if (!strcmp(own, name)) {
      *player = p;
      return GAN_OK;
    }
    const char *before = p == 0 ? "" : p == session->player_count - 1 ? " and " : ", ";
    if (used < sizeof names)
      used += (size_t)snprintf(names + used, sizeof names - used, "%s\"%s\"", before, own);
  }
  return gan__fail(session->context, GAN_ERROR_NAME, "there is no player \"%.64s\"; there are %s",
                   name, names);
}

void gan__session_forget(gan__session *session) {
  while (session->plan_count > 0)
    gan__compiled_finish(session->context, &session->plans[--session->plan_count]);
}

void gan__session_finish(gan__session *session) {
  gan__session_forget(session);
  for (int32_t p = 0; p < session->player_count; p++) {
    gan__seat *seat = &session->players[p];
    gan__average_finish(&seat->average, session->context);
    gan__optimizer_unref(seat->optimizer);
    gan__network_unref(seat->network);
  }
  gan__loss_unref(session->loss);
  gan__discriminator_unref(session->discriminator);
  gan__generator_unref(session->generator);
}

/* ---- Plans. ---- */

enum { VERSIONS = sizeof((gan__session *)0)->planned / sizeof(uint64_t) };

/* Plans hold settings as constants: when one has changed, all are out of date. */
static bool is_outdated(const gan__session *session, uint64_t now[VERSIONS]) {
  memset(now, 0, sizeof session->planned);
  now[0] = session->version;
  for (int32_t p = 0; p < session->player_count; p++) {
    now[3 + 2 * p] = session->players[p].optimizer->version;
    now[4 + 2 * p] = session->players[p].network->plan_version;
  }
  if (session->loss) now[1] = session->loss->version;
  if (session->memory_cap > 0) now[2] = (uint64_t)gan__pool_threads(session->context->pool);
  return memcmp(now, session->planned, sizeof session->planned) != 0;
}

static void drop_outdated(gan__session *session) {
  uint64_t now[VERSIONS];
  if (!is_outdated(session, now)) return;
  gan__session_forget(session);
  memcpy(session->planned, now, sizeof now);
}

static gan__compiled *find_plan(gan__session *session, const gan__request *request) {
  for (int32_t i = 0; i < session->plan_count; i++) {
    const gan__request *made = &session->plans[i].request;
    if (made->job == request->job && made->rows == request->rows
        && made->labelled == request->labelled && made->shared == request->shared)
      return &session->plans[i];
  }
  return NULL;
}

/* A free place, or that of the plan not used for the longest time. */
static gan__compiled *place_for_plan(gan__session *session) {
  if (session->plan_count < GAN__PLANS_MAX) return &session->plans[session->plan_count++];
  gan__compiled *oldest = &session->plans[0];
  for (int32_t i = 1; i < session->plan_count; i++)
    if (session->plans[i].used < oldest->used) oldest = &session->plans[i];
  gan__compiled_finish(session->context, oldest);
  return oldest;
}

gan__schedule gan__session_schedule(const gan__session *session) {
  gan__schedule schedule = session->schedule;
  if (!session->loss) return schedule;
  /* With consensus everybody's objective is part of every move. */
  schedule.needs[GAN__GENERATOR] =
      session->consensus > 0 ? GAN__NEED_ALWAYS : gan__loss_need(session->loss);
  return schedule;
}

int32_t gan__session_batches(const gan__session *session, gan__job job) {
  gan__schedule schedule = gan__session_schedule(session);
  return gan__schedule_batches(&schedule, job);
}

/* What settings and slots allow. */
static gan_status check_request(const gan__session *session, const gan__request *request) {
  for (int32_t p = 0; p < session->player_count; p++)
    if (session->schedule.method == GAN_METHOD_EXTRAGRADIENT && request->job == GAN__JOB_STEP
        && session->schedule.turn_steps[p] != 1)
      return gan__fail(session->context, GAN_ERROR_STATE,
                       "with extragradient every player makes one move a step; %s is to make %d",
                       session->players[p].name, session->schedule.turn_steps[p]);
  if (session->slot_kinds == 0) return GAN_OK;
  GAN_TRY(gan__session_check_rows(session, request->rows));
  if (session->slot_kinds == 1) return GAN_OK;
  if (request->labelled == 0)
    return gan__fail(session->context, GAN_ERROR_NAME,
                     "the %s loss needs batches with slots \"labelled\" and \"labels\"",
                     gan__loss_kind_of(session->loss->kind)->name);
  return gan__session_check_rows(session, request->labelled);
}

/* Optimizers may have been reset, and a loss may ask for history since the last step. */
static gan_status prepare_players(gan__session *session) {
  for (int32_t p = 0; p < session->player_count; p++) {
    gan__seat *seat = &session->players[p];
    GAN_TRY(gan__network_usable(seat->network));
    if (session->loss) seat->history = session->loss->history[p];
    GAN_TRY(gan__optimizer_bind(seat->optimizer, seat->network));
    if (seat->history != 0) GAN_TRY(gan__optimizer_keep_history(seat->optimizer));
  }
  return GAN_OK;
}

/* Making a plan runs the callbacks of terms and objectives. They may do what they like with other
 * handles, but a plan that does not go with the settings any more is of no use. */
static gan_status make_plan(gan__session *session, const gan__request *request,
                            gan__compiled *made) {
  uint64_t now[VERSIONS];
  session->planning = true;
  gan_status status = gan__compile(session, request, made);
  session->planning = false;
  GAN_TRY(status);
  status = prepare_players(session); /* an optimizer may have been reset */
  if (status == GAN_OK && is_outdated(session, now))
    status = gan__fail(session->context, GAN_ERROR_STATE,
                       "a callback that builds a term has changed settings that it is built for");
  if (status != GAN_OK) gan__compiled_finish(session->context, made);
  return status;
}

gan_status gan__session_compile(gan__session *session, const gan__request *asked,
                                gan__compiled **compiled) {
  if (session->planning)
    return gan__fail(session->context, GAN_ERROR_STATE,
                     "a step is being planned: the callbacks that build its terms cannot make one");
  GAN_TRY(check_request(session, asked));
  gan__request request = *asked;
  if (gan__session_batches(session, asked->job) <= 1) request.shared = true;
  GAN_TRY(prepare_players(session));
  drop_outdated(session);
  gan__compiled *found = find_plan(session, &request);
  if (!found) {
    gan__compiled made;
    GAN_TRY(make_plan(session, &request, &made));
    found = place_for_plan(session);
    *found = made;
    gan__log(session->context, GAN_LOG_INFO,
             "planned %lld rows: %llu nodes, %lld bytes of intermediate values",
             (long long)request.rows, (unsigned long long)gan__plan_graph(made.plan)->count,
             (long long)gan__plan_arena_bytes(made.plan));
  }
  found->used = ++session->clock;
  gan__compiled_bind(session, found);
  *compiled = found;
  return GAN_OK;
}

/* ---- Runs. ---- */

gan_status gan__compiled_give(gan__session *session, gan__compiled *compiled, int32_t index,
                              int32_t kind, gan__array array) {
  int32_t own = gan__session_intake(session, kind).dtype;
  int64_t at = (int64_t)index * compiled->slot_kinds + kind;
  if (array.dtype == own) {
    compiled->slots[at] = array.data;
    return GAN_OK;
  }
  void **staging = &compiled->staging[at];
  if (!*staging)
    *staging = gan__allocate(session->context, (uint64_t)compiled->elements[kind],
                             (uint64_t)gan__dtype_size(own));
  if (!*staging) return GAN_ERROR_MEMORY;
  compiled->slots[at] = *staging;
  gan__array_copy((gan__array){own, *staging}, array, compiled->elements[kind]);
  return GAN_OK;
}

double gan__compiled_scalar(const gan__compiled *compiled, int32_t output, double missing) {
  return output < 0 ? missing : *(const double *)gan__plan_output(compiled->plan, output);
}

/* A plan whose memory could not be had leaves nothing behind. */
static void drop_plan(gan__session *session, gan__compiled *compiled) {
  gan__compiled_finish(session->context, compiled);
  gan__compiled *last = &session->plans[--session->plan_count];
  if (compiled == last) return;
  *compiled = *last;
  *last = (gan__compiled){0};
}

/* Under a cap, plans that are not in use give their memory back when it would be too much. */
static void make_room(gan__session *session, const gan__compiled *compiled) {
  int32_t threads = gan__pool_threads(session->context->pool);
  if (session->memory_cap == 0 || gan__plan_is_booked(compiled->plan)) return;
  int64_t left = session->memory_cap - gan__plan_bytes(compiled->plan, threads);
  for (int32_t i = 0; i < session->plan_count; i++) {
    gan__plan *other = session->plans[i].plan;
    if (!gan__plan_is_booked(other)) continue;
    left -= gan__plan_bytes(other, threads);
  }
  for (int32_t i = 0; i < session->plan_count && left < 0; i++) {
    gan__plan *other = session->plans[i].plan;
    if (!gan__plan_is_booked(other)) continue;
    left += gan__plan_bytes(other, threads);
    gan__plan_unbook(other);
  }
}

gan_status gan__session_run(gan__session *session, gan__compiled *compiled, uint64_t seed,
                            uint64_t draw) {
  gan__bindings bindings = {
      .slots = compiled->slots, .states = compiled->states, .seed = seed, .step = draw};
  make_room(session, compiled);
  gan_status status = gan__plan_run(compiled->plan, &bindings);
  if (status != GAN_OK && !gan__plan_is_booked(compiled->plan)) drop_plan(session, compiled);
  GAN_TRY(status);
  if (gan__compiled_scalar(compiled, compiled->bad, 0) == 0) return GAN_OK;
  char text[GAN__NODE_TEXT] = "";
  GAN_TRY(gan__plan_find_bad(compiled->plan, &bindings, text));
  return gan__fail(session->context, GAN_ERROR_NOT_FINITE,
                   "a NaN or an infinity appeared, first in %s; nothing was changed", text);
}

void gan__compiled_commit(gan__compiled *compiled) {
  gan__bindings bindings = {.slots = compiled->slots, .states = compiled->states};
  gan__plan_commit(compiled->plan, &bindings);
}
