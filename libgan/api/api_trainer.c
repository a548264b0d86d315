/* SPDX-License-Identifier: MIT */
/* Job: the public calls of trainer.h: check arguments, call down. */
#include <string.h>

#include "base/pool.h"
#include "graph/print.h"
#include "train/trainer.h"

#define NOT_NULL(trainer, pointer)                                                                 \
  do {                                                                                             \
    if (!(pointer))                                                                                \
      return gan__fail((trainer)->context, GAN_ERROR_ARGUMENT, "%s: " #pointer " is NULL",         \
                       __func__);                                                                  \
  } while (0)

gan_status gan_trainer_create(gan_context *context, gan_generator *generator,
                              gan_discriminator *discriminator, gan_loss *loss,
                              gan_optimizer *generator_optimizer,
                              gan_optimizer *discriminator_optimizer, gan_trainer **trainer) {
  if (!context) return GAN_ERROR_ARGUMENT;
  const void *const given[] = {generator,           discriminator,           loss,
                               generator_optimizer, discriminator_optimizer, (const void *)trainer};
  static const char *const names[] = {"generator",           "discriminator",           "loss",
                                      "generator_optimizer", "discriminator_optimizer", "trainer"};
  for (int32_t i = 0; i < 6; i++)
    if (!given[i])
      return gan__fail(context, GAN_ERROR_ARGUMENT, "gan_trainer_create: %s is NULL", names[i]);
  gan__parts parts = {
      generator,
      discriminator,
      loss,
      {[GAN__GENERATOR] = generator_optimizer, [GAN__DISCRIMINATOR] = discriminator_optimizer}};
  return gan__trainer_create(context, &parts, trainer);
}

void gan_trainer_destroy(gan_trainer *trainer) {
  if (trainer) gan__trainer_destroy(trainer);
}

/* ---- Settings. ---- */

gan_status gan_trainer_set_unroll(gan_trainer *trainer, int32_t steps) {
  return trainer ? gan__session_set_unroll(&trainer->session, steps) : GAN_ERROR_ARGUMENT;
}

gan_status gan_trainer_set_unroll_player(gan_trainer *trainer, const char *player) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  NOT_NULL(trainer, player);
  return gan__session_set_unroll_player(&trainer->session, player);
}

gan_status gan_trainer_set_approximate(gan_trainer *trainer, int32_t approximate) {
  return trainer ? gan__session_set_approximate(&trainer->session, approximate)
                 : GAN_ERROR_ARGUMENT;
}

gan_status gan_trainer_set_inner_batches(gan_trainer *trainer, int32_t inner) {
  return trainer ? gan__session_set_inner(&trainer->session, inner) : GAN_ERROR_ARGUMENT;
}

gan_status gan_trainer_set_order(gan_trainer *trainer, int32_t order) {
  return trainer ? gan__session_set_order(&trainer->session, order) : GAN_ERROR_ARGUMENT;
}

gan_status gan_trainer_set_first(gan_trainer *trainer, const char *player) {
  return trainer ? gan__session_set_first(&trainer->session, player) : GAN_ERROR_ARGUMENT;
}

gan_status gan_trainer_set_steps(gan_trainer *trainer, const char *player, int32_t steps) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  NOT_NULL(trainer, player);
  return gan__session_set_steps(&trainer->session, player, steps);
}

gan_status gan_trainer_set_noise(gan_trainer *trainer, int32_t noise) {
  return trainer ? gan__session_set_noise(&trainer->session, noise) : GAN_ERROR_ARGUMENT;
}

gan_status gan_trainer_set_average(gan_trainer *trainer, double decay) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  return gan__session_set_average(&trainer->session, "generator", decay);
}

gan_status gan_trainer_set_player_average(gan_trainer *trainer, const char *player, double decay) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  NOT_NULL(trainer, player);
  return gan__session_set_average(&trainer->session, player, decay);
}

gan_status gan_trainer_set_method(gan_trainer *trainer, int32_t method) {
  return trainer ? gan__session_set_method(&trainer->session, method) : GAN_ERROR_ARGUMENT;
}

gan_status gan_trainer_set_consensus(gan_trainer *trainer, double weight) {
  return trainer ? gan__session_set_consensus(&trainer->session, weight) : GAN_ERROR_ARGUMENT;
}

gan_status gan_trainer_set_memory_cap(gan_trainer *trainer, int64_t bytes) {
  return trainer ? gan__session_set_memory_cap(&trainer->session, bytes) : GAN_ERROR_ARGUMENT;
}

gan_status gan_trainer_set_seed(gan_trainer *trainer, uint64_t seed) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  trainer->seed = seed;
  return GAN_OK;
}

gan_status gan_trainer_set_callback(gan_trainer *trainer, gan_trainer_callback callback,
                                    void *user) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  trainer->callback = callback;
  trainer->callback_user = user;
  return GAN_OK;
}

gan_status gan_trainer_set_data(gan_trainer *trainer, gan_dataset *dataset, int64_t rows) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  if (dataset && dataset->context != trainer->context)
    return gan__fail(trainer->context, GAN_ERROR_CONTEXT, "the data set is of another context");
  return gan__trainer_set_data(trainer, dataset, rows);
}

gan_status gan_trainer_set_labelled_data(gan_trainer *trainer, gan_dataset *dataset, int64_t rows) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  if (dataset && dataset->context != trainer->context)
    return gan__fail(trainer->context, GAN_ERROR_CONTEXT, "the data set is of another context");
  return gan__trainer_set_labelled(trainer, dataset, rows);
}

gan_status gan_trainer_set_data_callback(gan_trainer *trainer, gan_batch_callback callback,
                                         void *user) {
  return trainer ? gan__trainer_set_data_callback(trainer, callback, user) : GAN_ERROR_ARGUMENT;
}

/* ---- Steps. ---- */

gan_status gan_trainer_step(gan_trainer *trainer, const float *batch, int64_t rows) {
  return trainer ? gan__trainer_step(trainer, GAN__JOB_STEP, batch, rows) : GAN_ERROR_ARGUMENT;
}

gan_status gan_trainer_step_batch(gan_trainer *trainer, const gan_batch *const *batches,
                                  int32_t count) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  NOT_NULL(trainer, batches);
  return gan__trainer_step_batch(trainer, GAN__JOB_STEP, batches, count);
}

gan_status gan_trainer_step_discriminator(gan_trainer *trainer, const float *batch, int64_t rows) {
  return trainer ? gan__trainer_step(trainer, GAN__JOB_DISCRIMINATOR, batch, rows)
                 : GAN_ERROR_ARGUMENT;
}

gan_status gan_trainer_step_generator(gan_trainer *trainer, const float *batch, int64_t rows) {
  return trainer ? gan__trainer_step(trainer, GAN__JOB_GENERATOR, batch, rows) : GAN_ERROR_ARGUMENT;
}

gan_status gan_trainer_step_player(gan_trainer *trainer, const char *player,
                                   const gan_batch *const *batches, int32_t count) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  NOT_NULL(trainer, player);
  NOT_NULL(trainer, batches);
  int32_t found;
  GAN_TRY(gan__session_find(&trainer->session, player, &found));
  return gan__trainer_step_batch(trainer, (gan__job)(GAN__JOB_MOVE + found), batches, count);
}

gan_status gan_trainer_run(gan_trainer *trainer, int64_t steps) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  if (steps < 0)
    return gan__fail(trainer->context, GAN_ERROR_ARGUMENT,
                     "the number of steps is %lld; at least 0 is needed", (long long)steps);
  return gan__trainer_run(trainer, steps);
}

/* ---- Questions. ---- */

int32_t gan_trainer_batches(const gan_trainer *trainer) {
  return trainer ? gan__session_batches(&trainer->session, GAN__JOB_STEP) : 0;
}

int64_t gan_trainer_steps(const gan_trainer *trainer) {
  return trainer ? trainer->steps : 0;
}

gan_status gan_trainer_progress(const gan_trainer *trainer, gan_progress *progress) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  NOT_NULL(trainer, progress);
  uint64_t size = progress->struct_size;
  if (size < sizeof progress->struct_size)
    return gan__fail(trainer->context, GAN_ERROR_ARGUMENT,
                     "gan_trainer_progress: struct_size is %llu; it is to be set to "
                     "sizeof(gan_progress)",
                     (unsigned long long)size);
  memcpy(progress, &trainer->progress, (size_t)(size < sizeof *progress ? size : sizeof *progress));
  progress->struct_size = size;
  return GAN_OK;
}

int32_t gan_trainer_players(const gan_trainer *trainer) {
  return trainer ? trainer->session.player_count : 0;
}

const char *gan_trainer_player_name(const gan_trainer *trainer, int32_t player) {
  bool there = trainer && player >= 0 && player < trainer->session.player_count;
  return there ? trainer->session.players[player].name : NULL;
}

gan_status gan_trainer_average(gan_trainer *trainer, gan_generator **generator) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  NOT_NULL(trainer, generator);
  gan_network *network;
  uint64_t objects = trainer->context->objects;
  GAN_TRY(gan__trainer_average(trainer, GAN__GENERATOR, &network));
  gan_status status = gan__generator_create(network, generator);
  gan__network_unref(network); /* the generator has its own share */
  if (status != GAN_OK) trainer->context->objects = objects;
  return status;
}

gan_status gan_trainer_average_discriminator(gan_trainer *trainer,
                                             gan_discriminator **discriminator) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  NOT_NULL(trainer, discriminator);
  gan_network *network;
  uint64_t objects = trainer->context->objects;
  GAN_TRY(gan__trainer_average(trainer, GAN__DISCRIMINATOR, &network));
  gan_status status = gan__discriminator_create(network, discriminator);
  gan__network_unref(network);
  if (status != GAN_OK) trainer->context->objects = objects;
  return status;
}

gan_status gan_trainer_plan_bytes(gan_trainer *trainer, int64_t rows, int64_t *bytes) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  NOT_NULL(trainer, bytes);
  gan__plan *plan;
  GAN_TRY(gan__trainer_plan(trainer, rows, &plan));
  *bytes = gan__plan_bytes(plan, gan__pool_threads(trainer->context->pool));
  return GAN_OK;
}

/* Puts the trainer's text, which has just been written, out. */
static gan_status answer_text(gan_trainer *trainer, const char **text) {
  if (trainer->text.status != GAN_OK) return trainer->text.status;
  *text = trainer->text.data ? trainer->text.data : "";
  return GAN_OK;
}

static void clear_text(gan_trainer *trainer) {
  gan__text_finish(&trainer->text);
  gan__text_init(&trainer->text, trainer->context);
}

gan_status gan_trainer_explain(gan_trainer *trainer, int64_t rows, const char **text) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  NOT_NULL(trainer, text);
  gan__plan *plan;
  GAN_TRY(gan__trainer_plan(trainer, rows, &plan));
  clear_text(trainer);
  gan__plan_explain(plan, &trainer->text);
  return answer_text(trainer, text);
}

gan_status gan_trainer_graph_text(gan_trainer *trainer, int64_t rows, const char **text) {
  if (!trainer) return GAN_ERROR_ARGUMENT;
  NOT_NULL(trainer, text);
  gan__plan *plan;
  GAN_TRY(gan__trainer_plan(trainer, rows, &plan));
  clear_text(trainer);
  gan__graph_print(gan__plan_graph(plan), &trainer->text);
  return answer_text(trainer, text);
}
