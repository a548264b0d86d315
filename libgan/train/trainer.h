/* SPDX-License-Identifier: MIT */
/* Job: the trainer: a session with counters, data, callback and progress. */
#ifndef GAN__TRAIN_TRAINER_H
#define GAN__TRAIN_TRAINER_H

#include <gan/trainer.h>

#include "base/text.h"
#include "data/dataset.h"
#include "train/session.h"

/* A block for one slot of one batch, of the slot's type. */
typedef struct gan__room {
  void *data;
  int64_t bytes;
} gan__room;

struct gan_trainer {
  gan_context *context;
  gan__session session;
  uint64_t seed;
  int64_t steps;   /* committed; also chooses the noise of the next step */
  int64_t batches; /* taken from the data set: the number of the next one */
  gan_progress progress;
  gan_trainer_callback callback;
  void *callback_user;
  gan_dataset *dataset; /* borrowed; NULL: none */
  int64_t dataset_rows;
  gan_dataset *labelled; /* borrowed; NULL: none; its rows have labels */
  int64_t labelled_rows;
  gan_batch_callback data_callback; /* NULL: none */
  void *data_user;
  gan_batch *data_batch; /* what the data callback fills; made with it */
  gan__room *rooms;      /* [batches fetched for a step][slot kinds] */
  uint64_t room_capacity;
  bool busy;      /* inside a step or its callback */
  gan__text text; /* the last answer of explain or graph_text */
};

/* ---- trainer.c: life, answers. ---- */

gan_status gan__trainer_create(gan_context *context, const gan__parts *parts,
                               gan_trainer **trainer);
void gan__trainer_destroy(gan_trainer *trainer);

/* Makes a network of its own with the player's averaged parameters. */
gan_status gan__trainer_average(const gan_trainer *trainer, int32_t player, gan_network **network);
/* The plan of a step: with data set, that of gan_trainer_run(), else of a step on one batch. */
gan_status gan__trainer_plan(gan_trainer *trainer, int64_t rows, gan__plan **plan);

/* ---- trainer_data.c ---- */

gan_status gan__trainer_set_data(gan_trainer *trainer, gan_dataset *dataset, int64_t rows);
gan_status gan__trainer_set_data_callback(gan_trainer *trainer, gan_batch_callback callback,
                                          void *user);
void gan__trainer_release_data(gan_trainer *trainer);

/* The same for labelled rows. */
gan_status gan__trainer_set_labelled(gan_trainer *trainer, gan_dataset *dataset, int64_t rows);

/* Puts the index-th batch of the next step of a run into the trainer's rooms. Its rows are those of
 * the batches before, in the request, which the first one sets. May call the caller's code. */
gan_status gan__trainer_fetch(gan_trainer *trainer, int32_t index, gan__request *request);
/* What gan__trainer_fetch() left for slot `kind` of batch `index`. */
gan__array gan__trainer_fetched(const gan_trainer *trainer, int32_t index, int32_t kind);

/* ---- trainer_run.c: steps. ---- */

/* One step, or one player's move, on one array [rows, input shape]; NULL where none is needed. */
gan_status gan__trainer_step(gan_trainer *trainer, gan__job job, const float *batch, int64_t rows);
gan_status gan__trainer_step_batch(gan_trainer *trainer, gan__job job,
                                   const gan_batch *const *batches, int32_t count);
gan_status gan__trainer_run(gan_trainer *trainer, int64_t steps);

#endif
