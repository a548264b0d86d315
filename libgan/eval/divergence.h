/* SPDX-License-Identifier: MIT */
/* Job: the true divergences of two mixtures of Gaussians on the line, by quadrature. */
#ifndef GAN__EVAL_DIVERGENCE_H
#define GAN__EVAL_DIVERGENCE_H

#include <gan/metric.h>

#include "base/context.h"

/* log p(x) of a density whose parts were checked. */
double gan__density_log(const gan_density *density, double x);

/* Fills all fields but struct_size. GAN_ERROR_MEMORY; GAN_ERROR_CANCELLED; GAN_ERROR_LIMIT when the
 * densities' own integrals do not come out as 1. */
gan_status gan__divergence_measure(gan_context *context, const gan_density *p, const gan_density *q,
                                   gan_divergence_report *report);

#endif
