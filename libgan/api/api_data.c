/* SPDX-License-Identifier: MIT */
/* Job: the public calls of data.h: check arguments, call down. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/batch.h"
#include "data/dataset.h"
#include "data/idx_file.h"
#include "data/synthetic.h"

/* Lengths and ranges of toy sets stay below this, so that no point overflows a float. */
static const double length_max = 1e30;

gan_status gan_batch_create(gan_context *context, gan_batch **batch) {
  if (!context) return GAN_ERROR_ARGUMENT;
  if (!batch) return gan__fail(context, GAN_ERROR_ARGUMENT, "batch is NULL");
  gan_batch *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  made->context = context;
  *batch = made;
  return GAN_OK;
}

void gan_batch_destroy(gan_batch *batch) {
  if (!batch) return;
  gan__release(batch->context, batch->slots);
  gan__release(batch->context, batch);
}

static gan_status check_name(gan_context *context, const char *name) {
  if (!name) return gan__fail(context, GAN_ERROR_ARGUMENT, "the slot's name is NULL");
  size_t length = strnlen(name, GAN__SLOT_NAME);
  if (length == 0 || length == GAN__SLOT_NAME)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "the slot's name \"%.63s\" has %s bytes; allowed are 1 to 63", name,
                     length ? "more than 63" : "0");
  for (const char *letter = name; *letter; letter++)
    if ((unsigned char)*letter < 0x20 || *letter == 0x7f)
      return gan__fail(context, GAN_ERROR_ARGUMENT,
                       "the slot's name has a control character at byte %d", (int)(letter - name));
  return GAN_OK;
}

/* Sizes of an array of `dtype`: rank least .. most, each dim at least 1, the bytes countable. */
static gan_status check_dims(gan_context *context, int32_t dtype, int32_t least, int32_t most,
                             int32_t rank, const int64_t *dims) {
  if (rank < least || rank > most)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "rank is %d; allowed are %d to %d", rank, least,
                     most);
  if (!dims) return gan__fail(context, GAN_ERROR_ARGUMENT, "dims is NULL");
  for (int32_t axis = 0; axis < rank; axis++)
    if (dims[axis] < 1)
      return gan__fail(context, GAN_ERROR_ARGUMENT, "dims[%d] is %lld; it must be at least 1", axis,
                       (long long)dims[axis]);
  gan__shape shape = gan__shape_make(rank, dims);
  char text[GAN__SHAPE_TEXT];
  if (!gan__shape_valid(&shape, dtype))
    return gan__fail(context, GAN_ERROR_LIMIT, "an array of %s elements of type %s is too large",
                     gan__shape_text(text, &shape), gan__dtype_name(dtype));
  return GAN_OK;
}

static gan_status check_data(gan_context *context, int32_t dtype, const void *data) {
  if (!data) return gan__fail(context, GAN_ERROR_ARGUMENT, "data is NULL");
  if ((uintptr_t)data % (uintptr_t)gan__dtype_size(dtype) != 0)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "data is not aligned: elements of type %s need an address divisible by %lld",
                     gan__dtype_name(dtype), (long long)gan__dtype_size(dtype));
  return GAN_OK;
}

gan_status gan_batch_set(gan_batch *batch, const char *name, int32_t dtype, const void *data,
                         int32_t rank, const int64_t *dims) {
  if (!batch) return GAN_ERROR_ARGUMENT;
  gan_context *context = batch->context;
  GAN_TRY(check_name(context, name));
  if (gan__dtype_size(dtype) == 0)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "slot \"%s\": dtype is %d; allowed are GAN_F32, GAN_F64 and GAN_I32", name,
                     dtype);
  GAN_TRY(check_dims(context, dtype, 1, GAN__RANK_MAX, rank, dims));
  GAN_TRY(check_data(context, dtype, data));
  gan__slot slot = {.dtype = dtype, .shape = gan__shape_make(rank, dims), .data = data};
  memcpy(slot.name, name, strlen(name) + 1);
  return gan__batch_set(batch, &slot);
}

gan_status gan_batch_clear(gan_batch *batch) {
  if (!batch) return GAN_ERROR_ARGUMENT;
  batch->count = 0;
  return GAN_OK;
}

int32_t gan_batch_count(const gan_batch *batch) {
  return batch ? batch->count : 0;
}

static const gan__slot *slot_at(const gan_batch *batch, int32_t slot) {
  return batch && slot >= 0 && slot < batch->count ? &batch->slots[slot] : NULL;
}

const char *gan_batch_name(const gan_batch *batch, int32_t slot) {
  const gan__slot *found = slot_at(batch, slot);
  return found ? found->name : NULL;
}

int32_t gan_batch_dtype(const gan_batch *batch, int32_t slot) {
  const gan__slot *found = slot_at(batch, slot);
  return found ? found->dtype : 0;
}

int32_t gan_batch_rank(const gan_batch *batch, int32_t slot) {
  const gan__slot *found = slot_at(batch, slot);
  return found ? found->shape.rank : 0;
}

int64_t gan_batch_dim(const gan_batch *batch, int32_t slot, int32_t axis) {
  const gan__slot *found = slot_at(batch, slot);
  return found && axis >= 0 && axis < found->shape.rank ? found->shape.dims[axis] : 0;
}

const void *gan_batch_data(const gan_batch *batch, int32_t slot) {
  const gan__slot *found = slot_at(batch, slot);
  return found ? found->data : NULL;
}

static gan_status check_output(gan_context *context, const void *output) {
  if (!context) return GAN_ERROR_ARGUMENT;
  return output ? GAN_OK : gan__fail(context, GAN_ERROR_ARGUMENT, "dataset is NULL");
}

gan_status gan_dataset_create_array(gan_context *context, const float *data, int64_t rows,
                                    int64_t width, int32_t copy, gan_dataset **dataset) {
  int64_t dims[] = {rows, width};
  return gan_dataset_create_tensor(context, GAN_F32, data, 2, dims, copy, dataset);
}

gan_status gan_dataset_create_tensor(gan_context *context, int32_t dtype, const void *data,
                                     int32_t rank, const int64_t *dims, int32_t copy,
                                     gan_dataset **dataset) {
  GAN_TRY(check_output(context, dataset));
  if (!gan__dtype_is_float(dtype))
    return gan__fail(context, GAN_ERROR_ARGUMENT, "dtype is %d; allowed are GAN_F32 and GAN_F64",
                     dtype);
  GAN_TRY(check_dims(context, dtype, 2, GAN__RANK_MAX, rank, dims));
  if (dims[0] > GAN__ROWS_MAX) /* before a copy is made */
    return gan__fail(context, GAN_ERROR_LIMIT, "dims[0] is %lld; a data set has at most %lld rows",
                     (long long)dims[0], (long long)GAN__ROWS_MAX);
  GAN_TRY(check_data(context, dtype, data));
  if (copy != 0 && copy != 1)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "copy is %d; allowed are 0 and 1", copy);
  gan__shape shape = gan__shape_make(rank, dims);
  gan__source *source;
  GAN_TRY(gan__source_from_array(context, dtype, data, &shape, copy != 0, &source));
  return gan__dataset_create(context, source, dataset);
}

/* `value` within low .. high; a NaN never is. */
static gan_status check_range(gan_context *context, const char *name, double value, double low,
                              double high) {
  if (value >= low && value <= high) return GAN_OK;
  char texts[3][32];
  return gan__fail(context, GAN_ERROR_ARGUMENT, "%s is %s; allowed are %s to %s", name,
                   gan__text_double(texts[0], value), gan__text_double(texts[1], low),
                   gan__text_double(texts[2], high));
}

gan_status gan_dataset_create_ring(gan_context *context, int32_t modes, double radius,
                                   double deviation, gan_dataset **dataset) {
  GAN_TRY(check_output(context, dataset));
  GAN_TRY(check_range(context, "modes", modes, 1, GAN__MODES_MAX));
  GAN_TRY(check_range(context, "radius", radius, 0, length_max));
  GAN_TRY(check_range(context, "deviation", deviation, 0, length_max));
  gan__source *source;
  GAN_TRY(gan__ring_create(context, modes, radius, deviation, &source));
  return gan__dataset_create(context, source, dataset);
}

gan_status gan_dataset_create_grid(gan_context *context, int32_t side, double spacing,
                                   double deviation, gan_dataset **dataset) {
  GAN_TRY(check_output(context, dataset));
  GAN_TRY(check_range(context, "side", side, 1, 256));
  GAN_TRY(check_range(context, "spacing", spacing, 0, length_max));
  GAN_TRY(check_range(context, "deviation", deviation, 0, length_max));
  gan__source *source;
  GAN_TRY(gan__grid_create(context, side, spacing, deviation, &source));
  return gan__dataset_create(context, source, dataset);
}

gan_status gan_dataset_create_swissroll(gan_context *context, double noise, double scale,
                                        gan_dataset **dataset) {
  GAN_TRY(check_output(context, dataset));
  GAN_TRY(check_range(context, "noise", noise, 0, length_max));
  GAN_TRY(check_range(context, "scale", scale, 1e-6, length_max));
  gan__source *source;
  GAN_TRY(gan__swissroll_create(context, noise, scale, &source));
  return gan__dataset_create(context, source, dataset);
}

gan_status gan_dataset_open_idx(gan_context *context, const char *images_path,
                                const char *labels_path, gan_dataset **dataset) {
  GAN_TRY(check_output(context, dataset));
  if (!images_path) return gan__fail(context, GAN_ERROR_ARGUMENT, "images_path is NULL");
  gan__source *source;
  GAN_TRY(gan__idx_open(context, images_path, labels_path, &source));
  return gan__dataset_create(context, source, dataset);
}

gan_status gan_dataset_create_callback(gan_context *context, int32_t rank, const int64_t *dims,
                                       gan_data_callback callback, void *user,
                                       gan_dataset **dataset) {
  GAN_TRY(check_output(context, dataset));
  GAN_TRY(check_dims(context, GAN_F64, 1, GAN__RANK_MAX - 1, rank, dims));
  if (!callback) return gan__fail(context, GAN_ERROR_ARGUMENT, "callback is NULL");
  gan__shape row = gan__shape_make(rank, dims);
  gan__source *source;
  GAN_TRY(gan__source_from_callback(context, &row, callback, user, &source));
  return gan__dataset_create(context, source, dataset);
}

void gan_dataset_destroy(gan_dataset *dataset) {
  gan__dataset_destroy(dataset);
}

gan_status gan_dataset_split(gan_dataset *dataset, int64_t validation_rows, gan_dataset **parts) {
  if (!dataset) return GAN_ERROR_ARGUMENT;
  gan_context *context = dataset->context;
  if (!parts) return gan__fail(context, GAN_ERROR_ARGUMENT, "parts is NULL");
  if (dataset->rows < 0)
    return gan__fail(context, GAN_ERROR_STATE, "an endless data set cannot be split");
  if (validation_rows < 1 || validation_rows >= dataset->rows)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "validation_rows is %lld; of %lld rows at least 1 must go to either part",
                     (long long)validation_rows, (long long)dataset->rows);
  return gan__dataset_split(dataset, validation_rows, parts);
}

gan_status gan_dataset_set_seed(gan_dataset *dataset, uint64_t seed) {
  if (!dataset) return GAN_ERROR_ARGUMENT;
  dataset->key = gan__dataset_key(seed, 0);
  return GAN_OK;
}

gan_status gan_dataset_set_range(gan_dataset *dataset, double low, double high) {
  if (!dataset) return GAN_ERROR_ARGUMENT;
  gan_context *context = dataset->context;
  GAN_TRY(check_range(context, "low", low, -length_max, length_max));
  GAN_TRY(check_range(context, "high", high, -length_max, length_max));
  if (dataset->rows < 0 || dataset->source->stored != GAN__STORED_U8)
    return gan__fail(context, GAN_ERROR_STATE,
                     "a range is for data sets of bytes; this one has numbers already");
  gan__dataset_set_range(dataset, low, high);
  return GAN_OK;
}

gan_status gan_dataset_set_labels(gan_dataset *dataset, const int32_t *labels, int64_t count,
                                  int32_t classes) {
  if (!dataset) return GAN_ERROR_ARGUMENT;
  gan_context *context = dataset->context;
  gan__source *source = dataset->source;
  if (!labels) return gan__fail(context, GAN_ERROR_ARGUMENT, "labels is NULL");
  if (classes < 1)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "classes is %d; it must be at least 1", classes);
  if (dataset->rows < 0 || source->references > 1 || dataset->rows != source->rows)
    return gan__fail(context, GAN_ERROR_STATE, "labels cannot be set: %s",
                     dataset->rows < 0 ? "the data set is endless"
                                       : "its rows are shared with another data set");
  if (count != dataset->rows)
    return gan__fail(context, GAN_ERROR_SHAPE, "%lld labels for %lld rows", (long long)count,
                     (long long)dataset->rows);
  for (int64_t row = 0; row < count; row++)
    if (labels[row] < 0 || labels[row] >= classes)
      return gan__fail(context, GAN_ERROR_ARGUMENT, "labels[%lld] is %d; allowed are 0 to %d",
                       (long long)row, labels[row], classes - 1);
  int32_t *copy = gan__allocate(context, (uint64_t)count, sizeof *copy);
  if (!copy) return GAN_ERROR_MEMORY;
  memcpy(copy, labels, (size_t)count * sizeof *copy);
  gan__release(context, source->labels);
  source->labels = copy;
  source->classes = classes;
  return GAN_OK;
}

int64_t gan_dataset_rows(const gan_dataset *dataset) {
  return dataset ? dataset->rows : 0;
}

int32_t gan_dataset_row_rank(const gan_dataset *dataset) {
  return dataset ? dataset->source->row.rank : 0;
}

int64_t gan_dataset_row_dim(const gan_dataset *dataset, int32_t axis) {
  if (!dataset || axis < 0 || axis >= dataset->source->row.rank) return 0;
  return dataset->source->row.dims[axis];
}

int64_t gan_dataset_row_width(const gan_dataset *dataset) {
  return dataset ? dataset->source->width : 0;
}

int32_t gan_dataset_classes(const gan_dataset *dataset) {
  return dataset ? dataset->source->classes : 0;
}

int64_t gan_dataset_epoch_batches(const gan_dataset *dataset, int64_t rows) {
  if (!dataset || rows < 1) return 0;
  return dataset->rows < 0 ? -1 : dataset->rows / rows;
}

gan_status gan_dataset_modes(const gan_dataset *dataset, int64_t *modes, const float **centres,
                             double *deviation) {
  if (!dataset) return GAN_ERROR_ARGUMENT;
  if (!modes || !centres || !deviation)
    return gan__fail(dataset->context, GAN_ERROR_ARGUMENT, "%s is NULL",
                     !modes     ? "modes"
                     : !centres ? "centres"
                                : "deviation");
  const gan__synthetic *synthetic = gan__synthetic_of(dataset->source);
  if (!synthetic || synthetic->modes == 0)
    return gan__fail(dataset->context, GAN_ERROR_STATE,
                     "only rings and grids have modes; this data set is %s",
                     synthetic ? "a swiss roll" : "neither");
  *modes = synthetic->modes;
  *centres = synthetic->centres_f32;
  *deviation = synthetic->deviation;
  return GAN_OK;
}

/* `output` is the argument called `name`. */
static gan_status check_rows(gan_dataset *dataset, int64_t first, int64_t count, const char *name,
                             const void *output) {
  if (!dataset) return GAN_ERROR_ARGUMENT;
  gan_context *context = dataset->context;
  if (!output) return gan__fail(context, GAN_ERROR_ARGUMENT, "%s is NULL", name);
  if (first < 0)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "first is %lld; it must not be negative",
                     (long long)first);
  if (count < 1)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "the number of rows is %lld; it must be at least 1", (long long)count);
  return GAN_OK;
}

gan_status gan_dataset_read(gan_dataset *dataset, int64_t first, int64_t count, float *out) {
  GAN_TRY(check_rows(dataset, first, count, "out", out));
  return gan__dataset_read(dataset, first, count, GAN_F32, out, NULL);
}

gan_status gan_dataset_mean(gan_dataset *dataset, float *out, int64_t count) {
  if (!dataset) return GAN_ERROR_ARGUMENT;
  gan_context *context = dataset->context;
  if (!out) return gan__fail(context, GAN_ERROR_ARGUMENT, "out is NULL");
  if (dataset->rows < 0)
    return gan__fail(context, GAN_ERROR_STATE, "an endless data set has no mean of all its rows");
  if (count != dataset->source->width)
    return gan__fail(context, GAN_ERROR_SHAPE, "count is %lld; a row has %lld elements",
                     (long long)count, (long long)dataset->source->width);
  return gan__dataset_mean(dataset, out);
}

gan_status gan_dataset_read_labels(gan_dataset *dataset, int64_t first, int64_t count,
                                   int32_t *labels) {
  GAN_TRY(check_rows(dataset, first, count, "labels", labels));
  return gan__dataset_read(dataset, first, count, GAN_F32, NULL, labels);
}

gan_status gan_dataset_batch(gan_dataset *dataset, uint64_t index, int64_t rows, float *out,
                             int32_t *labels) {
  GAN_TRY(check_rows(dataset, 0, rows, "out", out));
  return gan__dataset_fill(dataset, index, rows, GAN_F32, out, labels);
}
