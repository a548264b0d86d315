/* SPDX-License-Identifier: MIT */
/* Job: create, share and free sources; arrays and callbacks as sources. */
#include <string.h>

#include "base/memory.h"
#include "data/source.h"

gan__source *gan__source_create(gan_context *context, const gan__shape *row, int64_t rows) {
  gan__source *source = gan__allocate(context, 1, sizeof *source);
  if (!source) return NULL;
  source->context = context;
  source->references = 1;
  source->row = *row;
  source->width = gan__shape_count(row);
  source->rows = rows;
  return source;
}

void gan__source_ref(gan__source *source) {
  source->references++;
}

void gan__source_unref(gan__source *source) {
  if (!source || --source->references > 0) return;
  gan_context *context = source->context;
  if (source->finish) source->finish(context, source->state);
  gan__release(context, source->labels);
  gan__release(context, source->owned);
  gan__release(context, source);
}

gan_status gan__source_from_array(gan_context *context, int32_t dtype, const void *data,
                                  const gan__shape *shape, bool copy, gan__source **source) {
  gan__shape row = gan__shape_make(shape->rank - 1, shape->dims + 1);
  gan__source *made = gan__source_create(context, &row, shape->dims[0]);
  if (!made) return GAN_ERROR_MEMORY;
  made->stored = dtype == GAN_F32 ? GAN__STORED_F32 : GAN__STORED_F64;
  made->data = data;
  if (copy) {
    uint64_t count = (uint64_t)gan__shape_count(shape), size = (uint64_t)gan__dtype_size(dtype);
    made->owned = gan__allocate(context, count, size);
    if (!made->owned) {
      gan__source_unref(made);
      return GAN_ERROR_MEMORY;
    }
    memcpy(made->owned, data, count * size);
    made->data = made->owned;
  }
  *source = made;
  return GAN_OK;
}

typedef struct callback_state {
  gan_data_callback function;
  void *user;
} callback_state;

/* Widens `count` floats at the start of `out` to doubles that fill it. From the end backwards: the
 * double at i covers the floats at 2 i and 2 i + 1, which have been read by then (at i = 0, just
 * now). */
static void widen_in_place(void *out, int64_t count) {
  unsigned char *bytes = out;
  for (int64_t i = count - 1; i >= 0; i--) {
    float narrow;
    memcpy(&narrow, bytes + i * (int64_t)sizeof narrow, sizeof narrow);
    double wide = narrow;
    memcpy(bytes + i * (int64_t)sizeof wide, &wide, sizeof wide);
  }
}

static gan_status draw_callback(const gan__source *source, const gan__draw *draw) {
  const callback_state *state = source->state;
  if (draw->index > INT64_MAX)
    return gan__fail(source->context, GAN_ERROR_LIMIT,
                     "batch %llu: a callback's batches are numbered up to %lld",
                     (unsigned long long)draw->index, (long long)INT64_MAX);
  int32_t answer = state->function((int64_t)draw->index, draw->rows, draw->out, state->user);
  if (answer != 0)
    return gan__fail(source->context, GAN_ERROR_CALLBACK,
                     "the data callback answered %d for batch %llu", answer,
                     (unsigned long long)draw->index);
  if (draw->dtype == GAN_F64) widen_in_place(draw->out, draw->rows * source->width);
  return GAN_OK;
}

gan_status gan__source_from_callback(gan_context *context, const gan__shape *row,
                                     gan_data_callback callback, void *user, gan__source **source) {
  gan__source *made = gan__source_create(context, row, -1);
  if (!made) return GAN_ERROR_MEMORY;
  callback_state *state = gan__allocate(context, 1, sizeof *state);
  if (!state) {
    gan__source_unref(made);
    return GAN_ERROR_MEMORY;
  }
  *state = (callback_state){callback, user};
  made->draw = draw_callback;
  made->state = state;
  made->finish = gan__release;
  *source = made;
  return GAN_OK;
}
