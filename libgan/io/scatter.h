/* SPDX-License-Identifier: MIT */
/* Job: points of the plane as a shaded density, with the true centres as rings. */
#ifndef GAN__IO_SCATTER_H
#define GAN__IO_SCATTER_H

#include "io/image.h"

enum { GAN__SCATTER_SIZE_MIN = 16, GAN__SCATTER_SIZE_MAX = 2048 };

/* `points` is [count, 2], count > 0. Checks the view. */
gan_status gan__scatter(gan_context *context, const float *points, int64_t count,
                        const gan_scatter_view *view, gan_image **image);

#endif
