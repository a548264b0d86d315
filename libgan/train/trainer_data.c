/* SPDX-License-Identifier: MIT */
/* Job: where the trainer's real rows come from: slots of batches, data sets, the caller's function.
 *
 * Everything that may call the caller's code is done before a plan is looked up: such code may
 * change settings and so throw plans away. */
#include "base/memory.h"
#include "train/trainer.h"

gan_status gan__trainer_set_data(gan_trainer *trainer, gan_dataset *dataset, int64_t rows) {
  if (dataset) {
    gan__shape row = dataset->source->row;
    gan__shape input = gan__network_input_shape(trainer->session.discriminator->network);
    if (!gan__rows_fit(&row, &input)) {
      char x[GAN__SHAPE_TEXT], y[GAN__SHAPE_TEXT];
      return gan__fail(trainer->context, GAN_ERROR_SHAPE,
                       "the data set has rows of shape %s, the discriminator takes %s",
                       gan__shape_text(x, &row), gan__shape_text(y, &input));
    }
    if (rows < 1 || (dataset->rows >= 0 && rows > dataset->rows))
      return gan__fail(
          trainer->context, GAN_ERROR_ARGUMENT,
          "batches of %lld rows; the data set has %lld (-1: endless), and at least 1 is "
          "needed",
          (long long)rows, (long long)dataset->rows);
  }
  trainer->dataset = dataset;
  trainer->dataset_rows = rows;
  trainer->data_callback = NULL;
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

/* Room number `index` with space for `rows` rows of the networks' type. */
static gan_status make_room(gan_trainer *trainer, int32_t index, int64_t rows, void **data) {
  const gan_network *network = trainer->session.discriminator->network;
  gan__shape input = gan__network_input_shape(network);
  GAN_TRY(gan__session_check_rows(&trainer->session, rows));
  int64_t bytes = gan__shape_count(&input) * gan__dtype_size(network->dtype) * rows;
  GAN_TRY(gan__reserve(trainer->context, &trainer->rooms, &trainer->room_capacity,
                       (uint64_t)index + 1, sizeof *trainer->rooms));
  gan__room *room = &trainer->rooms[index];
  if (room->bytes < bytes) {
    void *larger = gan__allocate(trainer->context, 1, (uint64_t)bytes);
    if (!larger) return GAN_ERROR_MEMORY;
    gan__release(trainer->context, room->data);
    *room = (gan__room){.data = larger, .bytes = bytes};
  }
  *data = room->data;
  return GAN_OK;
}

static gan_status fetch_from_callback(gan_trainer *trainer, int32_t index, int64_t *rows) {
  int64_t number = trainer->batches + index;
  trainer->data_batch->count = 0;
  trainer->busy = true;
  int32_t answer = trainer->data_callback(number, trainer->data_batch, trainer->data_user);
  trainer->busy = false;
  if (answer != 0)
    return gan__fail(trainer->context, GAN_ERROR_CALLBACK,
                     "the data callback returned %d for batch %lld", answer, (long long)number);
  const gan__slot *slot;
  GAN_TRY(gan__session_real(&trainer->session, trainer->data_batch, rows, &slot));
  gan__array in = {slot->dtype, (void *)(uintptr_t)slot->data}, out = {0};
  out.dtype = trainer->session.discriminator->network->dtype;
  GAN_TRY(make_room(trainer, index, *rows, &out.data));
  gan__array_copy(out, in, gan__shape_count(&slot->shape));
  return GAN_OK;
}

gan_status gan__trainer_fetch(gan_trainer *trainer, int32_t index, int64_t *rows) {
  if (trainer->data_callback) return fetch_from_callback(trainer, index, rows);
  if (!trainer->dataset)
    return gan__fail(trainer->context, GAN_ERROR_STATE,
                     "there is no data: gan_trainer_set_data() or gan_trainer_set_data_callback() "
                     "comes before gan_trainer_run()");
  if (*rows == 0) *rows = trainer->dataset_rows;
  void *data;
  GAN_TRY(make_room(trainer, index, *rows, &data));
  trainer->busy = true; /* the data set may be a function of the caller's */
  gan_status status =
      gan__dataset_fill(trainer->dataset, (uint64_t)(trainer->batches + index), *rows,
                        trainer->session.discriminator->network->dtype, data, NULL);
  trainer->busy = false;
  return status;
}
