/* SPDX-License-Identifier: MIT */
/* Job: a session: checked parts, the plans made so far, runs and commits. */
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

/* Gives both optimizers their networks, or, when that fails, none. */
static gan_status bind_optimizers(const gan__parts *parts) {
  gan_network *networks[GAN__PLAYERS] = {[GAN__GENERATOR] = parts->generator->network,
                                         [GAN__DISCRIMINATOR] = parts->discriminator->network};
  bool free_before = !parts->optimizers[0]->network;
  GAN_TRY(gan__optimizer_bind(parts->optimizers[0], networks[0]));
  gan_status status = gan__optimizer_bind(parts->optimizers[1], networks[1]);
  if (status != GAN_OK && free_before) gan__optimizer_reset(parts->optimizers[0]);
  return status;
}

gan_status gan__session_init(gan_context *context, const gan__parts *parts, gan__session *session) {
  GAN_TRY(check_parts(context, parts));
  GAN_TRY(bind_optimizers(parts));
  *session = (gan__session){.context = context,
                            .generator = parts->generator,
                            .discriminator = parts->discriminator,
                            .loss = parts->loss,
                            .schedule = gan__schedule_default()};
  session->networks[GAN__GENERATOR] = parts->generator->network;
  session->networks[GAN__DISCRIMINATOR] = parts->discriminator->network;
  session->schedule.real_for_generator = gan__loss_kind_of(parts->loss->kind)->generator_needs_real;
  gan__generator_ref(parts->generator);
  gan__discriminator_ref(parts->discriminator);
  gan__loss_ref(parts->loss);
  for (int32_t p = 0; p < GAN__PLAYERS; p++) {
    session->optimizers[p] = parts->optimizers[p];
    gan__optimizer_ref(parts->optimizers[p]);
  }
  return GAN_OK;
}

void gan__session_forget(gan__session *session) {
  while (session->plan_count > 0)
    gan__compiled_finish(session->context, &session->plans[--session->plan_count]);
}

void gan__session_finish(gan__session *session) {
  gan__session_forget(session);
  gan__average_finish(&session->average, session->context);
  for (int32_t p = 0; p < GAN__PLAYERS; p++)
    gan__optimizer_unref(session->optimizers[p]);
  gan__loss_unref(session->loss);
  gan__discriminator_unref(session->discriminator);
  gan__generator_unref(session->generator);
}

gan_status gan__session_real(const gan__session *session, const gan_batch *batch, int64_t *rows,
                             const gan__slot **slot) {
  gan_context *context = session->context;
  if (!batch) return gan__fail(context, GAN_ERROR_ARGUMENT, "a batch is NULL");
  if (batch->context != context)
    return gan__fail(context, GAN_ERROR_CONTEXT, "a batch belongs to another context");
  const gan__slot *found = gan__batch_find(batch, "real");
  if (!found) return gan__fail(context, GAN_ERROR_NAME, "a batch has no slot \"real\"");
  if (!gan__dtype_is_float(found->dtype))
    return gan__fail(context, GAN_ERROR_ARGUMENT, "slot \"real\" is %s; allowed are f32 and f64",
                     gan__dtype_name(found->dtype));
  gan__shape input = gan__network_input_shape(session->discriminator->network);
  gan__shape row = gan__shape_make(found->shape.rank - 1, found->shape.dims + 1);
  if (!gan__rows_fit(&row, &input)) {
    char x[GAN__SHAPE_TEXT], y[GAN__SHAPE_TEXT];
    return gan__fail(context, GAN_ERROR_SHAPE,
                     "slot \"real\" has rows of shape %s, the discriminator takes %s",
                     gan__shape_text(x, &row), gan__shape_text(y, &input));
  }
  int64_t given = found->shape.dims[0];
  if (*rows != 0 && *rows != given)
    return gan__fail(context, GAN_ERROR_SHAPE,
                     "slot \"real\" has %lld rows, that of the first batch %lld", (long long)given,
                     (long long)*rows);
  *rows = given;
  *slot = found;
  return GAN_OK;
}

gan_status gan__session_check_rows(const gan__session *session, int64_t rows) {
  if (rows < 1)
    return gan__fail(session->context, GAN_ERROR_ARGUMENT, "rows is %lld; at least 1 is needed",
                     (long long)rows);
  const gan_network *network = session->discriminator->network;
  gan__shape input = gan__network_input_shape(network);
  gan__shape flat = {.rank = 2, .dims = {rows, gan__shape_count(&input)}};
  if (gan__shape_valid(&flat, network->dtype)) return GAN_OK;
  return gan__fail(session->context, GAN_ERROR_LIMIT, "a batch of %lld rows is too large",
                   (long long)rows);
}

/* ---- Plans. ---- */

/* Plans hold settings as constants: when one has changed, all are out of date. */
static void drop_outdated(gan__session *session) {
  uint64_t now[2 + GAN__PLAYERS] = {session->version};
  for (int32_t p = 0; p < GAN__PLAYERS; p++)
    now[1 + p] = session->optimizers[p]->version;
  if (session->memory_cap > 0)
    now[1 + GAN__PLAYERS] = (uint64_t)gan__pool_threads(session->context->pool);
  if (memcmp(now, session->planned, sizeof now) == 0) return;
  gan__session_forget(session);
  memcpy(session->planned, now, sizeof now);
}

static gan__compiled *find_plan(gan__session *session, const gan__request *request) {
  for (int32_t i = 0; i < session->plan_count; i++) {
    const gan__request *made = &session->plans[i].request;
    if (made->job == request->job && made->rows == request->rows && made->shared == request->shared)
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

gan_status gan__session_compile(gan__session *session, const gan__request *asked,
                                gan__compiled **compiled) {
  GAN_TRY(gan__session_check_rows(session, asked->rows));
  gan__request request = *asked;
  if (gan__schedule_batches(&session->schedule, asked->job) <= 1) request.shared = true;
  for (int32_t p = 0; p < GAN__PLAYERS; p++)
    GAN_TRY(gan__optimizer_bind(session->optimizers[p], session->networks[p]));
  drop_outdated(session);
  gan__compiled *found = find_plan(session, &request);
  if (!found) {
    gan__compiled made;
    GAN_TRY(gan__compile(session, &request, &made));
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

gan_status gan__compiled_room(gan__session *session, gan__compiled *compiled, int32_t index,
                              void **room) {
  void **staging = &compiled->staging[index];
  if (!*staging)
    *staging = gan__allocate(session->context, (uint64_t)compiled->batch_elements,
                             (uint64_t)gan__dtype_size(session->networks[0]->dtype));
  if (!*staging) return GAN_ERROR_MEMORY;
  compiled->slots[index] = *staging;
  *room = *staging;
  return GAN_OK;
}

gan_status gan__compiled_give(gan__session *session, gan__compiled *compiled, int32_t index,
                              int32_t dtype, const void *data) {
  int32_t own = session->networks[0]->dtype;
  if (dtype == own) {
    compiled->slots[index] = data;
    return GAN_OK;
  }
  void *room;
  GAN_TRY(gan__compiled_room(session, compiled, index, &room));
  gan__array_copy((gan__array){own, room}, (gan__array){dtype, (void *)(uintptr_t)data},
                  compiled->batch_elements);
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
