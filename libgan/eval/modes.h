/* SPDX-License-Identifier: MIT */
/* Job: which modes of a known distribution samples cover. */
#ifndef GAN__EVAL_MODES_H
#define GAN__EVAL_MODES_H

#include <gan/metric.h>

#include "base/context.h"

/* High quality is within this many standard deviations. */
#define GAN__MODES_REACH 3.0

/* A mixture of round Gaussians. */
typedef struct gan__mixture {
  const float *centres; /* [modes, dims] */
  int64_t modes, dims;
  double deviation;
} gan__mixture;

/* Fills all fields but struct_size from the high-quality samples of each mode, counts [modes]. */
void gan__modes_summarise(const int64_t *counts, int64_t modes, int64_t samples,
                          gan_mode_report *report);

/* `samples` is [count, dims]. The only failure is GAN_ERROR_MEMORY. */
gan_status gan__modes_measure(gan_context *context, const float *samples, int64_t count,
                              const gan__mixture *mixture, gan_mode_report *report);

#endif
