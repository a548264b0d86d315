/* SPDX-License-Identifier: MIT */
/* Job: the plans that a session has made so far, runs and commits. */
#include <string.h>

#include "base/memory.h"
#include "base/pool.h"
#include "train/compile.h"
#include "train/session.h"

/* ---- Plans. ---- */

void gan__session_forget(gan__session *session) {
  while (session->plan_count > 0)
    gan__compiled_finish(session->context, &session->plans[--session->plan_count]);
}

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
