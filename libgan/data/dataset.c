/* SPDX-License-Identifier: MIT */
/* Job: a data set: a view of a source with seed, range and shuffled batches. */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/random.h"
#include "data/dataset.h"

uint64_t gan__dataset_key(uint64_t seed, uint64_t object) {
  return gan__stream_make(seed, "dataset", object).key;
}

void gan__dataset_set_range(gan_dataset *dataset, double low, double high) {
  for (int32_t byte = 0; byte < GAN__BYTE_VALUES; byte++) {
    /* The weighted form hits both ends exactly. */
    double share = byte / 255.0;
    dataset->bytes_f64[byte] = low * (1.0 - share) + high * share;
    dataset->bytes_f32[byte] = (float)dataset->bytes_f64[byte];
  }
}

/* A view without key and range; takes a reference of its own. NULL after GAN_ERROR_MEMORY. */
static gan_dataset *create_view(gan_context *context, gan__source *source, int64_t first,
                                int64_t rows) {
  gan_dataset *dataset = gan__allocate(context, 1, sizeof *dataset);
  if (!dataset) return NULL;
  if (rows >= 0 && gan__shuffle_init(context, rows, &dataset->shuffle) != GAN_OK) {
    gan__release(context, dataset);
    return NULL;
  }
  dataset->context = context;
  dataset->source = source;
  dataset->first = first;
  dataset->rows = rows;
  gan__source_ref(source);
  return dataset;
}

gan_status gan__dataset_create(gan_context *context, gan__source *source, gan_dataset **dataset) {
  GAN__CHECK(source->rows <= GAN__ROWS_MAX); /* IDX sizes have 32 bits; arrays are checked */
  gan_dataset *made = create_view(context, source, 0, source->rows);
  gan__source_unref(source); /* the view has its own */
  if (!made) return GAN_ERROR_MEMORY;
  made->key = gan__dataset_key(context->seed, ++context->objects);
  gan__dataset_set_range(made, 0.0, 1.0);
  *dataset = made;
  return GAN_OK;
}

static gan_dataset *create_part(gan_dataset *whole, int64_t first, int64_t rows) {
  gan_dataset *part = create_view(whole->context, whole->source, whole->first + first, rows);
  if (!part) return NULL;
  part->key = whole->key;
  memcpy(part->bytes_f32, whole->bytes_f32, sizeof part->bytes_f32);
  memcpy(part->bytes_f64, whole->bytes_f64, sizeof part->bytes_f64);
  return part;
}

gan_status gan__dataset_split(gan_dataset *dataset, int64_t validation_rows, gan_dataset **parts) {
  int64_t training_rows = dataset->rows - validation_rows;
  gan_dataset *training = create_part(dataset, 0, training_rows);
  gan_dataset *validation = training ? create_part(dataset, training_rows, validation_rows) : NULL;
  if (!validation) {
    gan__dataset_destroy(training);
    return GAN_ERROR_MEMORY;
  }
  parts[0] = training;
  parts[1] = validation;
  return GAN_OK;
}

void gan__dataset_destroy(gan_dataset *dataset) {
  if (!dataset) return;
  gan__shuffle_finish(dataset->context, &dataset->shuffle);
  gan__source_unref(dataset->source);
  gan__release(dataset->context, dataset);
}

/* Stored elements [count] at element `from` of the source, as `dtype` to `out`. */
static void convert(const gan_dataset *dataset, int64_t from, int64_t count, int32_t dtype,
                    void *out) {
  const gan__source *source = dataset->source;
  float *narrow = dtype == GAN_F32 ? out : NULL;
  double *wide = dtype == GAN_F64 ? out : NULL;
  if (source->stored == GAN__STORED_U8) {
    const unsigned char *data = (const unsigned char *)source->data + from;
    for (int64_t i = 0; narrow && i < count; i++)
      narrow[i] = dataset->bytes_f32[data[i]];
    for (int64_t i = 0; wide && i < count; i++)
      wide[i] = dataset->bytes_f64[data[i]];
  } else if (source->stored == GAN__STORED_F32) {
    const float *data = (const float *)source->data + from;
    if (narrow) memcpy(narrow, data, (size_t)count * sizeof *data);
    for (int64_t i = 0; wide && i < count; i++)
      wide[i] = data[i];
  } else {
    const double *data = (const double *)source->data + from;
    if (wide) memcpy(wide, data, (size_t)count * sizeof *data);
    for (int64_t i = 0; narrow && i < count; i++)
      narrow[i] = (float)data[i];
  }
}

static gan_status want_labels(const gan_dataset *dataset, const int32_t *labels) {
  if (!labels || dataset->source->classes > 0) return GAN_OK;
  return gan__fail(dataset->context, GAN_ERROR_STATE,
                   "labels are wanted of a data set without labels");
}

/* The bytes of the result must be countable, whoever owns them. */
static gan_status check_size(const gan_dataset *dataset, int64_t rows, int32_t dtype) {
  int64_t bytes;
  if (gan__multiply(rows, dataset->source->width, &bytes)
      && gan__multiply(bytes, gan__dtype_size(dtype), &bytes))
    return GAN_OK;
  return gan__fail(dataset->context, GAN_ERROR_LIMIT, "%lld rows of %lld elements overflow",
                   (long long)rows, (long long)dataset->source->width);
}

static gan_status fill_shuffled(gan_dataset *dataset, uint64_t index, int64_t rows, int32_t dtype,
                                void *out, int32_t *labels) {
  const gan__source *source = dataset->source;
  if (rows > dataset->rows)
    return gan__fail(dataset->context, GAN_ERROR_SHAPE,
                     "a batch of %lld rows from a data set of %lld", (long long)rows,
                     (long long)dataset->rows);
  uint64_t batches = (uint64_t)(dataset->rows / rows);
  const uint32_t *order = gan__shuffle_epoch(&dataset->shuffle, dataset->key, index / batches);
  order += (index % batches) * (uint64_t)rows;
  int64_t step = source->width * gan__dtype_size(dtype);
  for (int64_t i = 0; i < rows; i++) {
    int64_t row = dataset->first + order[i];
    convert(dataset, row * source->width, source->width, dtype, (char *)out + i * step);
    if (labels) labels[i] = source->labels[row];
  }
  return GAN_OK;
}

gan_status gan__dataset_fill(gan_dataset *dataset, uint64_t index, int64_t rows, int32_t dtype,
                             void *out, int32_t *labels) {
  GAN_TRY(want_labels(dataset, labels));
  GAN_TRY(check_size(dataset, rows, dtype));
  if (dataset->rows >= 0) return fill_shuffled(dataset, index, rows, dtype, out, labels);
  gan__draw draw = {.key = gan__join(dataset->key, gan__hash_text("batch")),
                    .index = index,
                    .rows = rows,
                    .dtype = dtype,
                    .out = out,
                    .labels = labels};
  return dataset->source->draw(dataset->source, &draw);
}

gan_status gan__dataset_read(gan_dataset *dataset, int64_t first, int64_t count, int32_t dtype,
                             void *out, int32_t *labels) {
  const gan__source *source = dataset->source;
  GAN_TRY(want_labels(dataset, labels));
  GAN_TRY(check_size(dataset, count, dtype));
  if (dataset->rows < 0) {
    if (!source->drawn_by_number)
      return gan__fail(
          dataset->context, GAN_ERROR_STATE,
          "rows are read by number from a callback's data set, which has only batches");
    gan__draw draw = {.key = gan__join(dataset->key, gan__hash_text("read")),
                      .first = (uint64_t)first,
                      .rows = count,
                      .dtype = dtype,
                      .out = out,
                      .labels = labels};
    return source->draw(source, &draw);
  }
  if (first > dataset->rows || count > dataset->rows - first)
    return gan__fail(dataset->context, GAN_ERROR_SHAPE,
                     "%lld rows from row %lld of a data set of %lld rows", (long long)count,
                     (long long)first, (long long)dataset->rows);
  int64_t row = dataset->first + first;
  if (out) convert(dataset, row * source->width, count * source->width, dtype, out);
  if (labels) memcpy(labels, source->labels + row, (size_t)count * sizeof *labels);
  return GAN_OK;
}

/* sums [width] := the mean; row [width] is room for one. */
static gan_status find_mean(gan_dataset *dataset, double *sums, double *row) {
  int64_t width = dataset->source->width;
  for (int64_t i = 0; i < dataset->rows; i++) {
    GAN_TRY(gan__dataset_read(dataset, i, 1, GAN_F64, row, NULL));
    for (int64_t k = 0; k < width; k++)
      sums[k] += row[k];
  }
  for (int64_t k = 0; k < width; k++) {
    sums[k] /= (double)dataset->rows;
    if (!isfinite((float)sums[k]))
      return gan__fail(dataset->context, GAN_ERROR_NOT_FINITE,
                       "the mean of element %lld of the rows is not a finite f32", (long long)k);
  }
  return GAN_OK;
}

gan_status gan__dataset_mean(gan_dataset *dataset, float *out) {
  gan_context *context = dataset->context;
  int64_t width = dataset->source->width;
  double *room = gan__allocate(context, 2 * (uint64_t)width, sizeof *room);
  if (!room) return GAN_ERROR_MEMORY;
  gan_status status = find_mean(dataset, room, room + width);
  for (int64_t k = 0; k < width && status == GAN_OK; k++)
    out[k] = (float)room[k];
  gan__release(context, room);
  return status;
}
