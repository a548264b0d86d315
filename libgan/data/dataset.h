/* SPDX-License-Identifier: MIT */
/* Job: a data set: a view of a source with seed, range and shuffled batches. */
#ifndef GAN__DATA_DATASET_H
#define GAN__DATA_DATASET_H

#include "data/shuffle.h"
#include "data/source.h"

enum { GAN__BYTE_VALUES = 256 };
/* The most rows of a finite set: their order is kept in 32 bits each. */
#define GAN__ROWS_MAX INT64_C(0xffffffff)

struct gan_dataset {
  gan_context *context;
  gan__source *source;
  int64_t first;        /* the view's first row in the source */
  int64_t rows;         /* -1: endless */
  uint64_t key;         /* of everything random in this set */
  gan__shuffle shuffle; /* finite sets */
  /* What the bytes of a GAN__STORED_U8 source stand for. */
  float bytes_f32[GAN__BYTE_VALUES];
  double bytes_f64[GAN__BYTE_VALUES];
};

/* A set of all rows of the source, whose reference it takes over, also on failure. */
gan_status gan__dataset_create(gan_context *context, gan__source *source, gan_dataset **dataset);

/* Two views of a finite set: all but the last `validation_rows` rows, and those. */
gan_status gan__dataset_split(gan_dataset *dataset, int64_t validation_rows, gan_dataset **parts);

void gan__dataset_destroy(gan_dataset *dataset);

/* The key of a set that has seed `seed` and is the `object`-th of its context; 0 when the seed was
 * set for it alone. */
uint64_t gan__dataset_key(uint64_t seed, uint64_t object);

void gan__dataset_set_range(gan_dataset *dataset, double low, double high);

/* Batch `index` of `rows` rows as GAN_F32 or GAN_F64 to out, [rows, row shape], and labels, [rows],
 * unless NULL. rows >= 1. Allocates nothing; checks what gan_dataset_batch() promises to check. */
gan_status gan__dataset_fill(gan_dataset *dataset, uint64_t index, int64_t rows, int32_t dtype,
                             void *out, int32_t *labels);

/* Rows first .. first+count-1 in their own order, as GAN_F32 or GAN_F64 to `out` unless NULL, and
 * their labels to `labels` unless NULL. */
gan_status gan__dataset_read(gan_dataset *dataset, int64_t first, int64_t count, int32_t dtype,
                             void *out, int32_t *labels);

/* The mean of all rows of a finite set, summed in f64, to out [width]; untouched on failure. */
gan_status gan__dataset_mean(gan_dataset *dataset, float *out);

#endif
