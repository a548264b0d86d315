/* SPDX-License-Identifier: MIT */
/* Job: a sheet of samples, row by row. */
#ifndef GAN__IO_IMAGE_GRID_H
#define GAN__IO_IMAGE_GRID_H

#include "io/image.h"

enum { GAN__GRID_GAP = 2 /* pixels around every picture */ };

/* `images` is [count, channels, height, width]. Checks the view. */
gan_status gan__image_grid(gan_context *context, const float *images, const gan_grid_view *view,
                           gan_image **image);

#endif
