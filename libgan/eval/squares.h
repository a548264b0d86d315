/* SPDX-License-Identifier: MIT */
/* Job: squared distances between all rows of two sets, block by block, by matrix products. */
#ifndef GAN__EVAL_SQUARES_H
#define GAN__EVAL_SQUARES_H

#include "base/context.h"

/* Rows of a block, and of the other set in it: the distance between stored rows of its values. */
enum { GAN__SQUARES_SIDE = 256 };

typedef struct gan__square_sets {
  const float *rows; /* [row_count, dims] */
  int64_t row_count;
  const float *others; /* [other_count, dims] */
  int64_t other_count;
  int64_t dims;
} gan__square_sets;

typedef struct gan__square_block {
  const double *values; /* [rows, others], stored GAN__SQUARES_SIDE apart: ||row - other||^2 */
  int64_t row, rows;    /* the first one, and how many */
  int64_t other, others;
} gan__square_block;

typedef void (*gan__square_visit)(const gan__square_block *block, void *user);

/* Visits all blocks. Those of the same rows come from one thread in the order of the others; blocks
 * of different rows may come from several threads of the context at the same time, in any order.
 * The values, finite for finite rows, do not depend on the number of threads. GAN_ERROR_MEMORY;
 * GAN_ERROR_LIMIT for more rows than tasks can be counted; GAN_ERROR_CANCELLED, when some blocks
 * were not visited. */
gan_status gan__squares_visit(gan_context *context, const gan__square_sets *sets,
                              gan__square_visit visit, void *user);

/* ||a - b||^2 of two rows [dims], by its definition. */
double gan__square(const float *a, const float *b, int64_t dims);

#endif
