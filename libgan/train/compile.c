/* SPDX-License-Identifier: MIT */
/* Job: the plan of a job with what its runs bind. */
#include "base/memory.h"
#include "base/pool.h"
#include "train/compile.h"
#include "train/step.h"

void gan__compiled_bind(const gan__session *session, gan__compiled *compiled) {
  const void **rates = compiled->slots + (int64_t)compiled->batch_count * compiled->slot_kinds;
  for (int32_t p = 0; p < session->player_count; p++)
    rates[p] = &session->players[p].optimizer->settings[GAN_LEARNING_RATE];
  gan__step_states(session, compiled);
}

void gan__compiled_replace(const gan__session *session, gan__compiled *compiled, int32_t player,
                           void *const *parameters) {
  const gan_network *network = session->players[player].network;
  int32_t at = 0;
  while (compiled->states[at] != network->parameters[0].data)
    at++;
  for (int32_t i = 0; i < network->parameter_count; i++)
    compiled->states[at + i] = parameters[i];
}

void gan__compiled_finish(gan_context *context, gan__compiled *compiled) {
  for (int32_t i = 0; compiled->staging && i < compiled->batch_count * compiled->slot_kinds; i++)
    gan__release(context, compiled->staging[i]);
  gan__release(context, compiled->staging);
  gan__release(context, compiled->slots);
  gan__release(context, compiled->states);
  gan__plan_destroy(compiled->plan);
  *compiled = (gan__compiled){0};
}

static gan_status allocate_bindings(const gan__session *session, gan__compiled *compiled) {
  gan_context *context = session->context;
  uint64_t slots = (uint64_t)(compiled->batch_count * compiled->slot_kinds);
  uint64_t states = (uint64_t)compiled->state_count;
  compiled->slots =
      gan__allocate(context, slots + (uint64_t)session->player_count, sizeof *compiled->slots);
  compiled->states = gan__allocate(context, states, sizeof *compiled->states);
  compiled->staging = gan__allocate(context, slots, sizeof *compiled->staging);
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
  gan__compiled made = {.request = *request, .slot_kinds = session->slot_kinds, .gradients = -1};
  made.batch_count = gan__session_batches(session, request->job);
  if (request->shared && made.batch_count > 1) made.batch_count = 1;
  gan__graph *graph = NULL;
  gan_status status = gan__step_build(session, &made, &graph);
  if (status == GAN_OK) status = gan__plan_create_within(graph, session->memory_cap, &made.plan);
  if (status == GAN_OK) status = check_cap(session, &made);
  gan__graph_destroy(graph);
  if (status == GAN_OK) status = allocate_bindings(session, &made);
  if (status == GAN_OK)
    *compiled = made;
  else
    gan__compiled_finish(session->context, &made);
  return status;
}
