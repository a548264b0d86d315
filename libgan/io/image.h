/* SPDX-License-Identifier: MIT */
/* Job: the canvas: pixels, colours, copying one into another. */
#ifndef GAN__IO_IMAGE_H
#define GAN__IO_IMAGE_H

#include <gan/image.h>

#include "base/context.h"

struct gan_image {
  gan_context *context;
  int32_t width, height, channels;
  uint8_t *pixels; /* [height, width, channels] */
};

enum {
  GAN__IMAGE_SIDE_MAX = 32767,
  GAN__IMAGE_PIXELS_MAX = 1 << 28,
  GAN__IMAGE_WHITE = 0xFFFFFF,
  GAN__IMAGE_MAGENTA = 0xFF00FF /* a NaN */
};

/* Refuses sizes below 1 or beyond the limits above; any int64 may come in. */
gan_status gan__image_create(gan_context *context, int64_t width, int64_t height, int32_t channels,
                             gan_image **image);
void gan__image_destroy(gan_image *image);

void gan__image_fill(gan_image *image, int32_t rgb);

/* Mixes `amount` (0 to 1) of a colour into one pixel; positions off the canvas are ignored. */
void gan__image_blend(gan_image *image, int64_t x, int64_t y, int32_t rgb, double amount);

/* (value - low) / (high - low) as 0 .. 255, clamped; -1 for a NaN. */
int32_t gan__image_level(float value, double low, double high);

/* GAN_ERROR_ARGUMENT unless both are finite and different. */
gan_status gan__image_check_range(gan_context *context, double low, double high);

/* `values` is [channels, height, width]. */
void gan__image_set(gan_image *image, const float *values, double low, double high);

/* Copies a source that lies within the target and has no more channels. */
void gan__image_copy(gan_image *target, const gan_image *source, int64_t x, int64_t y);

/* The same after checking it: GAN_ERROR_SHAPE when the source does not lie within the target or has
 * more channels. */
gan_status gan__image_paste(gan_image *target, const gan_image *source, int64_t x, int64_t y);

#endif
