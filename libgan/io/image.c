/* SPDX-License-Identifier: MIT */
/* Job: the canvas: pixels, colours, copying one into another. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "io/image.h"

gan_status gan__image_create(gan_context *context, int64_t width, int64_t height, int32_t channels,
                             gan_image **image) {
  if (width < 1 || height < 1)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "image: size %lld x %lld, must be at least 1 x 1",
                     (long long)width, (long long)height);
  if (channels != 1 && channels != 3)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "image: channels %d, must be 1 or 3",
                     (int)channels);
  /* The sides are tested first, so that their product cannot overflow. */
  if (width > GAN__IMAGE_SIDE_MAX || height > GAN__IMAGE_SIDE_MAX
      || width * height > GAN__IMAGE_PIXELS_MAX)
    return gan__fail(context, GAN_ERROR_LIMIT,
                     "image: size %lld x %lld, at most %d to a side and %d pixels in all",
                     (long long)width, (long long)height, GAN__IMAGE_SIDE_MAX,
                     GAN__IMAGE_PIXELS_MAX);
  gan_image *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  *made = (gan_image){context, (int32_t)width, (int32_t)height, channels, NULL};
  made->pixels = gan__allocate(context, (uint64_t)(width * height), (uint64_t)channels);
  if (!made->pixels) {
    gan__image_destroy(made);
    return GAN_ERROR_MEMORY;
  }
  *image = made;
  return GAN_OK;
}

void gan__image_destroy(gan_image *image) {
  if (!image) return;
  gan__release(image->context, image->pixels);
  gan__release(image->context, image);
}

/* The pixel's first channel. */
static uint8_t *pixel(const gan_image *image, int64_t x, int64_t y) {
  return image->pixels + (y * image->width + x) * image->channels;
}

/* A colour's value in one channel; gray is the luma of ITU-R BT.601. */
static int32_t component(const gan_image *image, int32_t rgb, int32_t channel) {
  int32_t red = rgb >> 16, green = (rgb >> 8) & 255, blue = rgb & 255;
  if (image->channels == 1) return (299 * red + 587 * green + 114 * blue + 500) / 1000;
  return channel == 0 ? red : channel == 1 ? green : blue;
}

void gan__image_fill(gan_image *image, int32_t rgb) {
  int64_t count = (int64_t)image->width * image->height;
  for (int32_t channel = 0; channel < image->channels; channel++) {
    uint8_t value = (uint8_t)component(image, rgb, channel);
    for (int64_t i = 0; i < count; i++)
      image->pixels[i * image->channels + channel] = value;
  }
}

void gan__image_blend(gan_image *image, int64_t x, int64_t y, int32_t rgb, double amount) {
  if (x < 0 || y < 0 || x >= image->width || y >= image->height || !(amount > 0)) return;
  if (amount > 1) amount = 1;
  uint8_t *at = pixel(image, x, y);
  for (int32_t channel = 0; channel < image->channels; channel++) {
    double old = at[channel], wanted = component(image, rgb, channel);
    at[channel] = (uint8_t)(old + amount * (wanted - old) + 0.5);
  }
}

int32_t gan__image_level(float value, double low, double high) {
  if (isnan(value)) return -1;
  double part = ((double)value - low) / (high - low);
  if (part <= 0) return 0;
  return part < 1 ? (int32_t)(part * 255 + 0.5) : 255;
}

gan_status gan__image_check_range(gan_context *context, double low, double high) {
  if (isfinite(low) && isfinite(high) && low != high && isfinite(high - low)) return GAN_OK;
  char low_text[32], high_text[32];
  return gan__fail(context, GAN_ERROR_ARGUMENT,
                   "range from low %s to high %s, must be finite and not empty",
                   gan__text_double(low_text, low), gan__text_double(high_text, high));
}

void gan__image_set(gan_image *image, const float *values, double low, double high) {
  int64_t plane = (int64_t)image->width * image->height;
  for (int32_t y = 0; y < image->height; y++)
    for (int32_t x = 0; x < image->width; x++) {
      int64_t place = (int64_t)y * image->width + x;
      uint8_t *at = pixel(image, x, y);
      bool bad = false;
      for (int32_t channel = 0; channel < image->channels; channel++) {
        int32_t level = gan__image_level(values[channel * plane + place], low, high);
        bad |= level < 0;
        at[channel] = (uint8_t)level;
      }
      if (!bad) continue;
      if (image->channels == 1)
        at[0] = (x + y) % 2 ? 255 : 0;
      else
        gan__image_blend(image, x, y, GAN__IMAGE_MAGENTA, 1);
    }
}

void gan__image_copy(gan_image *target, const gan_image *source, int64_t x, int64_t y) {
  for (int32_t row = 0; row < source->height; row++) {
    const uint8_t *from = pixel(source, 0, row);
    uint8_t *to = pixel(target, x, y + row);
    if (source->channels == target->channels) {
      memmove(to, from, (size_t)source->width * (size_t)source->channels);
      continue;
    }
    for (int32_t column = 0; column < source->width; column++)
      memset(to + 3 * column, from[column], 3);
  }
}

gan_status gan__image_paste(gan_image *target, const gan_image *source, int64_t x, int64_t y) {
  if (source->channels > target->channels)
    return gan__fail(target->context, GAN_ERROR_SHAPE,
                     "image: an RGB source cannot be pasted into a gray target");
  if (x < 0 || y < 0 || x > (int64_t)target->width - source->width
      || y > (int64_t)target->height - source->height)
    return gan__fail(target->context, GAN_ERROR_SHAPE,
                     "image: a source of %d x %d at (%lld, %lld) does not lie within %d x %d",
                     (int)source->width, (int)source->height, (long long)x, (long long)y,
                     (int)target->width, (int)target->height);
  gan__image_copy(target, source, x, y);
  return GAN_OK;
}
