/* SPDX-License-Identifier: MIT */
/* Job: which arcs of the swiss roll samples cover. */
#ifndef GAN__EVAL_ARCS_H
#define GAN__EVAL_ARCS_H

#include <gan/metric.h>

enum { GAN__SWISSROLL_ARCS = 25 };

/* Of the roll's parameter t, the one whose point (t cos t, t sin t) is nearest to `point`. */
double gan__swissroll_nearest(const double point[2]);

/* `samples` is [count, 2], in units of the scaled roll. Fills all fields but struct_size. */
void gan__arcs_measure(const float *samples, int64_t count, double noise, double scale,
                       gan_mode_report *report);

#endif
