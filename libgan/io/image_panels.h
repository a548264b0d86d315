/* SPDX-License-Identifier: MIT */
/* Job: a table of pictures with captions at its left and top. */
#ifndef GAN__IO_IMAGE_PANELS_H
#define GAN__IO_IMAGE_PANELS_H

#include "io/image.h"

/* Checks the view; its panels belong to `context`. */
gan_status gan__image_panels(gan_context *context, const gan_panel_view *view, gan_image **image);

#endif
