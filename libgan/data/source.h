/* SPDX-License-Identifier: MIT */
/* Job: where rows come from: storage shared by the data sets that look at it, by counting. */
#ifndef GAN__DATA_SOURCE_H
#define GAN__DATA_SOURCE_H

#include <gan/data.h>

#include "base/context.h"
#include "tensor/shape.h"

/* How the elements of stored rows lie in memory. */
enum { GAN__STORED_F32, GAN__STORED_F64, GAN__STORED_U8 };

typedef struct gan__source gan__source;

/* Rows asked of a source that makes them when they are needed. */
typedef struct gan__draw {
  uint64_t key;   /* of the random stream */
  uint64_t index; /* the batch's number; high half of the counter */
  uint64_t first; /* the first row's number; low half of the counter */
  int64_t rows;
  int32_t dtype;   /* of out: GAN_F32 or GAN_F64 */
  void *out;       /* [rows, row shape] */
  int32_t *labels; /* [rows] or NULL */
} gan__draw;

struct gan__source {
  gan_context *context;
  int64_t references;
  gan__shape row;  /* the shape of one row */
  int64_t width;   /* its product */
  int64_t rows;    /* -1: endless, made by `draw` */
  int32_t classes; /* labels are 0 .. classes-1; 0 without labels */
  int32_t *labels; /* [rows], owned; NULL for endless sources */

  /* Stored rows. */
  int32_t stored;   /* GAN__STORED_... */
  const void *data; /* [rows, row shape] */
  void *owned;      /* released with the source; NULL when `data` is the caller's */

  /* Made rows. Never allocates. */
  gan_status (*draw)(const gan__source *source, const gan__draw *draw);
  void *state;                                       /* what draw needs */
  void (*finish)(gan_context *context, void *state); /* frees it; may be NULL */
  bool drawn_by_number; /* rows can be asked for by number, not only in batches */
};

/* An empty source with one reference; rows are [row shape]. NULL after raising GAN_ERROR_MEMORY. */
gan__source *gan__source_create(gan_context *context, const gan__shape *row, int64_t rows);

void gan__source_ref(gan__source *source);
/* Gives one reference back, the last frees it; NULL is ignored. */
void gan__source_unref(gan__source *source);

/* A source of `shape` [rows, row shape] at `data` in the caller's memory, or in a copy of it. */
gan_status gan__source_from_array(gan_context *context, int32_t dtype, const void *data,
                                  const gan__shape *shape, bool copy, gan__source **source);

/* A source whose batches come from the caller's function. */
gan_status gan__source_from_callback(gan_context *context, const gan__shape *row,
                                     gan_data_callback callback, void *user, gan__source **source);

#endif
