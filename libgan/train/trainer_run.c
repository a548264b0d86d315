/* SPDX-License-Identifier: MIT */
/* Job: the trainer's steps: give a plan its batches, run it, commit, count, report. */
#include "base/memory.h"
#include "train/trainer.h"

static gan_status begin(gan_trainer *trainer) {
  if (trainer->busy)
    return gan__fail(trainer->context, GAN_ERROR_STATE,
                     "the trainer is in the middle of a step: its callbacks cannot train it");
  if (gan__cancel_requested(trainer->context))
    return gan__fail(trainer->context, GAN_ERROR_CANCELLED, "cancelled before step %lld",
                     (long long)trainer->steps + 1);
  return GAN_OK;
}

static void note_progress(gan_trainer *trainer, const gan__compiled *compiled) {
  gan_progress *progress = &trainer->progress;
  const int32_t *losses = compiled->losses, *norms = compiled->norms, *logits = compiled->logits;
  double *const values[] = {
      &progress->generator_loss,          &progress->discriminator_loss,
      &progress->real_logit_mean,         &progress->fake_logit_mean,
      &progress->generator_gradient_norm, &progress->discriminator_gradient_norm};
  const int32_t outputs[] = {
      losses[GAN__GENERATOR], losses[GAN__DISCRIMINATOR], logits[0], logits[1],
      norms[GAN__GENERATOR],  norms[GAN__DISCRIMINATOR]};
  for (int32_t i = 0; i < 6; i++)
    *values[i] = gan__compiled_scalar(compiled, outputs[i], *values[i]);
  progress->step = trainer->steps;
}

/* Runs and commits what has been given its batches. */
static gan_status finish_step(gan_trainer *trainer, gan__compiled *compiled) {
  gan__session *session = &trainer->session;
  GAN_TRY(gan__session_run(session, compiled, trainer->seed, (uint64_t)trainer->steps));
  gan__compiled_commit(compiled);
  trainer->steps++;
  for (int32_t p = 0; p < session->player_count; p++) {
    gan__job job = compiled->request.job;
    gan__average *average = &session->players[p].average;
    bool moved = job == GAN__JOB_STEP || (int32_t)job == GAN__JOB_MOVE + p;
    if (moved && average->decay > 0) gan__average_count(average);
  }
  note_progress(trainer, compiled);
  return GAN_OK;
}

static gan_status call_back(gan_trainer *trainer) {
  if (!trainer->callback) return GAN_OK;
  gan_progress progress = trainer->progress;
  trainer->busy = true;
  int32_t answer = trainer->callback(&progress, trainer->callback_user);
  trainer->busy = false;
  if (answer == 0) return GAN_OK;
  return gan__fail(trainer->context, GAN_ERROR_CANCELLED,
                   "the callback ended the training: it "
                   "returned %d after step %lld",
                   answer, (long long)trainer->steps);
}

gan_status gan__trainer_step(gan_trainer *trainer, gan__job job, const float *batch, int64_t rows) {
  GAN_TRY(begin(trainer));
  gan__session *session = &trainer->session;
  gan__compiled *compiled;
  gan__request request = {.job = job, .rows = rows, .shared = true};
  if (!batch && gan__session_batches(session, job) > 0)
    return gan__fail(trainer->context, GAN_ERROR_ARGUMENT, "batch is NULL");
  GAN_TRY(gan__session_compile(session, &request, &compiled));
  gan__array array = {GAN_F32, (void *)(uintptr_t)batch};
  for (int32_t i = 0; i < compiled->batch_count; i++)
    GAN_TRY(gan__compiled_give(session, compiled, i, GAN__SLOT_REAL, array));
  GAN_TRY(finish_step(trainer, compiled));
  return call_back(trainer);
}

gan_status gan__trainer_step_batch(gan_trainer *trainer, gan__job job,
                                   const gan_batch *const *batches, int32_t count) {
  GAN_TRY(begin(trainer));
  gan__session *session = &trainer->session;
  int32_t needed = gan__session_batches(session, job);
  if (count != 1 && count != needed)
    return gan__fail(trainer->context, GAN_ERROR_ARGUMENT,
                     "%d batches; allowed are 1, and the %d that the step can use", count, needed);
  const gan__slot *slots[GAN__SLOT_KINDS];
  gan__request request = {.job = job, .shared = count == 1};
  for (int32_t i = 0; i < count; i++)
    GAN_TRY(gan__session_take(session, batches[i], &request, slots));
  gan__compiled *compiled;
  GAN_TRY(gan__session_compile(session, &request, &compiled));
  for (int32_t i = 0; i < compiled->batch_count; i++) {
    GAN_TRY(gan__session_take(session, batches[i], &request, slots));
    for (int32_t kind = 0; kind < compiled->slot_kinds; kind++) {
      gan__array array = {slots[kind]->dtype, (void *)(uintptr_t)slots[kind]->data};
      GAN_TRY(gan__compiled_give(session, compiled, i, kind, array));
    }
  }
  GAN_TRY(finish_step(trainer, compiled));
  return call_back(trainer);
}

/* Makes a step on the batches that gan__trainer_fetch() left in the rooms. */
static gan_status run_one(gan_trainer *trainer) {
  GAN_TRY(begin(trainer));
  gan__session *session = &trainer->session;
  gan__request request = {.job = GAN__JOB_STEP};
  int32_t fetched = 0;
  /* The callers' functions may change settings: the number needed is asked anew. */
  while (fetched == 0 || fetched < gan__session_batches(session, request.job)) {
    GAN_TRY(gan__trainer_fetch(trainer, fetched, &request));
    fetched++;
  }
  gan__compiled *compiled;
  GAN_TRY(gan__session_compile(session, &request, &compiled));
  for (int32_t i = 0; i < compiled->batch_count; i++)
    for (int32_t kind = 0; kind < compiled->slot_kinds; kind++)
      GAN_TRY(
          gan__compiled_give(session, compiled, i, kind, gan__trainer_fetched(trainer, i, kind)));
  GAN_TRY(finish_step(trainer, compiled));
  trainer->batches += compiled->batch_count;
  return call_back(trainer);
}

gan_status gan__trainer_run(gan_trainer *trainer, int64_t steps) {
  for (int64_t i = 0; i < steps; i++)
    GAN_TRY(run_one(trainer));
  return GAN_OK;
}
