/* SPDX-License-Identifier: MIT */
/* Job: where the trainer's real rows come from: slots of batches, data sets, the caller's function.
 *
 * Everything that may call the caller's code is done before a plan is looked up: such code may
 * change settings and so throw plans away. */
#include "base/memory.h"
#include "train/trainer.h"

static gan_status check_dataset(const gan_trainer *trainer, const gan_dataset *dataset,
                                int64_t rows) {
  gan__shape row = dataset->source->row;
  gan__shape input = gan__network_input_shape(trainer->session.discriminator->network);
  if (!gan__rows_fit(&row, &input)) {
    char x[GAN__SHAPE_TEXT], y[GAN__SHAPE_TEXT];
    return gan__fail(trainer->context, GAN_ERROR_SHAPE,
                     "the data set has rows of shape %s, the discriminator takes %s",
                     gan__shape_text(x, &row), gan__shape_text(y, &input));
  }
  if (rows >= 1 && (dataset->rows < 0 || rows <= dataset->rows)) return GAN_OK;
  return gan__fail(trainer->context, GAN_ERROR_ARGUMENT,
                   "batches of %lld rows; the data set has %lld (-1: endless), and at least 1 is "
                   "needed",
                   (long long)rows, (long long)dataset->rows);
}

static gan_status check_classes(const gan_trainer *trainer, const gan_dataset *dataset) {
  gan__intake labels = gan__session_intake(&trainer->session, GAN__SLOT_LABELS);
  int32_t classes = dataset->source->classes;
  if (classes > 0 && classes <= labels.classes) return GAN_OK;
  return gan__fail(trainer->context, GAN_ERROR_ARGUMENT,
                   "the data set has %d classes of labels, the discriminator %d logits", classes,
                   labels.classes);
}

gan_status gan__trainer_set_data(gan_trainer *trainer, gan_dataset *dataset, int64_t rows) {
  if (dataset) GAN_TRY(check_dataset(trainer, dataset, rows));
  trainer->dataset = dataset;
  trainer->dataset_rows = rows;
  trainer->data_callback = NULL;
  return GAN_OK;
}

gan_status gan__trainer_set_labelled(gan_trainer *trainer, gan_dataset *dataset, int64_t rows) {
  if (trainer->session.slot_kinds <= GAN__SLOT_LABELS)
    return gan__fail(trainer->context, GAN_ERROR_STATE, "the %s loss has no use for labelled rows",
                     gan__loss_kind_of(trainer->session.loss->kind)->name);
  if (dataset) {
    GAN_TRY(check_dataset(trainer, dataset, rows));
    GAN_TRY(check_classes(trainer, dataset));
  }
  trainer->labelled = dataset;
  trainer->labelled_rows = rows;
  return GAN_OK;
}

gan_status gan__trainer_set_data_callback(gan_trainer *trainer, gan_batch_callback callback,
                                          void *user) {
  if (callback && !trainer->data_batch) {
    trainer->data_batch = gan__allocate(trainer->context, 1, sizeof *trainer->data_batch);
    if (!trainer->data_batch) return GAN_ERROR_MEMORY;
    trainer->data_batch->context = trainer->context;
  }
  trainer->data_callback = callback;
  trainer->data_user = user;
  trainer->dataset = NULL;
  return GAN_OK;
}

void gan__trainer_release_data(gan_trainer *trainer) {
  for (uint64_t i = 0; i < trainer->room_capacity; i++)
    gan__release(trainer->context, trainer->rooms[i].data);
  gan__release(trainer->context, trainer->rooms);
  if (trainer->data_batch) gan__release(trainer->context, trainer->data_batch->slots);
  gan__release(trainer->context, trainer->data_batch);
}

/* The room for slot `kind` of batch `index` with space for `rows` rows. */
static gan_status make_room(gan_trainer *trainer, int32_t index, int32_t kind, int64_t rows,
                            gan__array *array) {
  gan__session *session = &trainer->session;
  gan__intake intake = gan__session_intake(session, kind);
  GAN_TRY(gan__session_check_rows(session, rows));
  int64_t bytes = gan__shape_count(&intake.row) * gan__dtype_size(intake.dtype) * rows;
  uint64_t place = (uint64_t)index * (uint64_t)session->slot_kinds + (uint64_t)kind;
  GAN_TRY(gan__reserve(trainer->context, &trainer->rooms, &trainer->room_capacity, place + 1,
                       sizeof *trainer->rooms));
  gan__room *room = &trainer->rooms[place];
  if (room->bytes < bytes) {
    void *larger = gan__allocate(trainer->context, 1, (uint64_t)bytes);
    if (!larger) return GAN_ERROR_MEMORY;
    gan__release(trainer->context, room->data);
    *room = (gan__room){.data = larger, .bytes = bytes};
  }
  *array = (gan__array){intake.dtype, room->data};
  return GAN_OK;
}

gan__array gan__trainer_fetched(const gan_trainer *trainer, int32_t index, int32_t kind) {
  const gan__session *session = &trainer->session;
  return (gan__array){gan__session_intake(session, kind).dtype,
                      trainer->rooms[(int64_t)index * session->slot_kinds + kind].data};
}

static gan_status fetch_from_callback(gan_trainer *trainer, int32_t index, gan__request *request) {
  int64_t number = trainer->batches + index;
  trainer->data_batch->count = 0;
  trainer->busy = true;
  int32_t answer = trainer->data_callback(number, trainer->data_batch, trainer->data_user);
  trainer->busy = false;
  if (answer != 0)
    return gan__fail(trainer->context, GAN_ERROR_CALLBACK,
                     "the data callback returned %d for batch %lld", answer, (long long)number);
  const gan__slot *slots[GAN__SLOT_KINDS];
  GAN_TRY(gan__session_take(&trainer->session, trainer->data_batch, request, slots));
  for (int32_t kind = 0; kind < trainer->session.slot_kinds; kind++) {
    gan__array in = {slots[kind]->dtype, (void *)(uintptr_t)slots[kind]->data}, out;
    GAN_TRY(make_room(trainer, index, kind, slots[kind]->shape.dims[0], &out));
    gan__array_copy(out, in, gan__shape_count(&slots[kind]->shape));
  }
  return GAN_OK;
}

/* Batch `number` of a data set into its rooms; `labels` NULL where it needs none. */
static gan_status fill(gan_trainer *trainer, gan_dataset *dataset, int64_t number, int64_t rows,
                       gan__array array, int32_t *labels) {
  trainer->busy = true; /* the data set may be a function of the caller's */
  gan_status status =
      gan__dataset_fill(dataset, (uint64_t)number, rows, array.dtype, array.data, labels);
  trainer->busy = false;
  return status;
}

static gan_status fetch_labelled(gan_trainer *trainer, int32_t index, gan__request *request) {
  if (!trainer->labelled)
    return gan__fail(trainer->context, GAN_ERROR_STATE,
                     "there are no labelled rows: gan_trainer_set_labelled_data() comes before "
                     "gan_trainer_run()");
  GAN_TRY(check_classes(trainer, trainer->labelled)); /* its labels may be others by now */
  if (request->labelled == 0) request->labelled = trainer->labelled_rows;
  gan__array rows, labels;
  GAN_TRY(make_room(trainer, index, GAN__SLOT_LABELLED, request->labelled, &rows));
  GAN_TRY(make_room(trainer, index, GAN__SLOT_LABELS, request->labelled, &labels));
  return fill(trainer, trainer->labelled, trainer->batches + index, request->labelled, rows,
              labels.data);
}

gan_status gan__trainer_fetch(gan_trainer *trainer, int32_t index, gan__request *request) {
  if (trainer->data_callback) return fetch_from_callback(trainer, index, request);
  if (!trainer->dataset)
    return gan__fail(trainer->context, GAN_ERROR_STATE,
                     "there is no data: gan_trainer_set_data() or gan_trainer_set_data_callback() "
                     "comes before gan_trainer_run()");
  if (request->rows == 0) request->rows = trainer->dataset_rows;
  gan__array rows;
  GAN_TRY(make_room(trainer, index, GAN__SLOT_REAL, request->rows, &rows));
  GAN_TRY(fill(trainer, trainer->dataset, trainer->batches + index, request->rows, rows, NULL));
  if (trainer->session.slot_kinds == 1) return GAN_OK;
  return fetch_labelled(trainer, index, request);
}
