/* SPDX-License-Identifier: MIT */
/* Job: the trainer's life and answers. */
#include "base/memory.h"
#include "train/trainer.h"

gan_status gan__trainer_create(gan_context *context, const gan__parts *parts,
                               gan_trainer **trainer) {
  gan_trainer *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  made->context = context;
  made->seed = context->seed;
  made->progress.struct_size = sizeof made->progress;
  gan__text_init(&made->text, context);
  gan_status status = gan__session_init(context, parts, &made->session);
  if (status != GAN_OK) {
    gan__release(context, made);
    return status;
  }
  *trainer = made;
  return GAN_OK;
}

void gan__trainer_destroy(gan_trainer *trainer) {
  gan__session_finish(&trainer->session);
  gan__text_finish(&trainer->text);
  gan__trainer_release_data(trainer);
  gan__release(trainer->context, trainer);
}

gan_status gan__trainer_average(const gan_trainer *trainer, int32_t player, gan_network **network) {
  const gan__seat *seat = &trainer->session.players[player];
  if (seat->average.weight == 0)
    return gan__fail(
        trainer->context, GAN_ERROR_STATE,
        "nothing of the %s has been averaged: gan_trainer_set_%saverage() comes before "
        "the steps",
        seat->name, player == GAN__GENERATOR ? "" : "player_");
  GAN_TRY(gan__network_clone(seat->network, network));
  gan__average_write(&seat->average, *network);
  return GAN_OK;
}

gan_status gan__trainer_plan(gan_trainer *trainer, int64_t rows, gan__plan **plan) {
  gan__compiled *compiled;
  bool fetches = trainer->dataset || trainer->data_callback;
  gan__request request = {.job = GAN__JOB_STEP, .rows = rows, .shared = !fetches};
  if (trainer->session.slot_kinds > GAN__SLOT_LABELLED)
    request.labelled = trainer->labelled ? trainer->labelled_rows : rows;
  GAN_TRY(gan__session_compile(&trainer->session, &request, &compiled));
  *plan = compiled->plan;
  return GAN_OK;
}
