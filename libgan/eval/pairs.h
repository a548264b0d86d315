/* SPDX-License-Identifier: MIT */
/* Job: distances between random pairs of rows: their histogram and quantiles. */
#ifndef GAN__EVAL_PAIRS_H
#define GAN__EVAL_PAIRS_H

#include <gan/metric.h>

#include "base/context.h"

/* rows [count, dims]; counts [view->bins]. Fills all fields but struct_size. GAN_ERROR_MEMORY;
 * GAN_ERROR_CANCELLED. On failure report and counts are untouched. */
gan_status gan__pairs_measure(gan_context *context, const float *rows, int64_t count, int64_t dims,
                              const gan_distance_view *view, int64_t *counts,
                              gan_distance_report *report);

#endif
