/* SPDX-License-Identifier: MIT */
/* Job: the public calls of image.h: check arguments, call the canvas and the drawings. */
#include <math.h>
#include <string.h>

#include <gan/image.h>

#include "base/memory.h"
#include "base/text.h"
#include "io/chart.h"
#include "io/font.h"
#include "io/image_grid.h"
#include "io/image_panels.h"
#include "io/png.h"
#include "io/scatter.h"

static gan_status is_null(gan_context *context, const char *name) {
  return gan__fail(context, GAN_ERROR_ARGUMENT, "%s is NULL", name);
}

static gan_status check_colour(gan_context *context, int32_t rgb) {
  if (rgb >= 0 && rgb <= GAN__IMAGE_WHITE) return GAN_OK;
  return gan__fail(context, GAN_ERROR_ARGUMENT, "colour %d, must be 0 to 16777215 (0xRRGGBB)",
                   (int)rgb);
}

static gan_status check_struct(gan_context *context, uint64_t given, uint64_t least) {
  if (given >= least) return GAN_OK;
  return gan__fail(context, GAN_ERROR_ARGUMENT, "view: struct_size %llu, must be at least %llu",
                   (unsigned long long)given, (unsigned long long)least);
}

gan_status gan_image_create(gan_context *context, int32_t width, int32_t height, int32_t channels,
                            gan_image **image) {
  if (!context) return GAN_ERROR_ARGUMENT;
  if (!image) return is_null(context, "image");
  return gan__image_create(context, width, height, channels, image);
}

void gan_image_destroy(gan_image *image) {
  gan__image_destroy(image);
}

int32_t gan_image_width(const gan_image *image) {
  return image ? image->width : 0;
}

int32_t gan_image_height(const gan_image *image) {
  return image ? image->height : 0;
}

int32_t gan_image_channels(const gan_image *image) {
  return image ? image->channels : 0;
}

const uint8_t *gan_image_pixels(const gan_image *image) {
  return image ? image->pixels : NULL;
}

gan_status gan_image_fill(gan_image *image, int32_t rgb) {
  if (!image) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_colour(image->context, rgb));
  gan__image_fill(image, rgb);
  return GAN_OK;
}

gan_status gan_image_set(gan_image *image, const float *values, double low, double high) {
  if (!image) return GAN_ERROR_ARGUMENT;
  if (!values) return is_null(image->context, "values");
  GAN_TRY(gan__image_check_range(image->context, low, high));
  gan__image_set(image, values, low, high);
  return GAN_OK;
}

gan_status gan_image_paste(gan_image *target, const gan_image *source, int32_t x, int32_t y) {
  if (!target) return GAN_ERROR_ARGUMENT;
  if (!source) return is_null(target->context, "source");
  if (source->context != target->context)
    return gan__fail(target->context, GAN_ERROR_CONTEXT, "source is of another context");
  return gan__image_paste(target, source, x, y);
}

gan_status gan_image_text(gan_image *image, int32_t x, int32_t y, int32_t scale, int32_t rgb,
                          const char *text) {
  if (!image) return GAN_ERROR_ARGUMENT;
  if (!text) return is_null(image->context, "text");
  if (scale < 1 || scale > GAN__FONT_SCALE_MAX)
    return gan__fail(image->context, GAN_ERROR_ARGUMENT, "text: scale %d, must be 1 to %d",
                     (int)scale, GAN__FONT_SCALE_MAX);
  GAN_TRY(check_colour(image->context, rgb));
  gan__font_draw(&(gan__pen){image, scale, rgb}, x, y, text);
  return GAN_OK;
}

int64_t gan_image_text_width(const char *text, int32_t scale) {
  return text && scale > 0 ? gan__font_width(text, scale) : 0;
}

gan_status gan_image_write_png(const gan_image *image, const char *path) {
  if (!image) return GAN_ERROR_ARGUMENT;
  if (!path) return is_null(image->context, "path");
  return gan__png_write(image, path);
}

gan_status gan_image_grid(gan_context *context, const float *images, const gan_grid_view *view,
                          gan_image **image) {
  if (!context) return GAN_ERROR_ARGUMENT;
  if (!images) return is_null(context, "images");
  if (!view) return is_null(context, "view");
  if (!image) return is_null(context, "image");
  GAN_TRY(check_struct(context, view->struct_size, sizeof *view));
  return gan__image_grid(context, images, view, image);
}

gan_status gan_image_scatter(gan_context *context, const float *points, int64_t count,
                             const gan_scatter_view *view, gan_image **image) {
  if (!context) return GAN_ERROR_ARGUMENT;
  if (!points) return is_null(context, "points");
  if (!view) return is_null(context, "view");
  if (!image) return is_null(context, "image");
  GAN_TRY(check_struct(context, view->struct_size, sizeof *view));
  /* So many points cannot be in memory, and below that their bytes are countable. */
  if (count < 1 || count > INT64_MAX / (int64_t)(2 * sizeof *points))
    return gan__fail(context, GAN_ERROR_ARGUMENT, "scatter: count %lld, must be at least 1%s",
                     (long long)count, count < 1 ? "" : " and its bytes below 2^63");
  return gan__scatter(context, points, count, view, image);
}

/* All series have the first one's size, by which the next is found. */
static gan_status check_series(gan_context *context, const gan_series *series, int64_t count) {
  uint64_t size = series->struct_size;
  if (size < sizeof *series)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "series: struct_size %llu, must be at least %llu",
                     (unsigned long long)size, (unsigned long long)sizeof *series);
  for (int64_t i = 1; i < count; i++) {
    uint64_t other;
    memcpy(&other, (const char *)series + (uint64_t)i * size, sizeof other);
    if (other != size)
      return gan__fail(context, GAN_ERROR_ARGUMENT,
                       "series %lld: struct_size %llu, but %llu in series 0", (long long)i,
                       (unsigned long long)other, (unsigned long long)size);
  }
  return GAN_OK;
}

gan_status gan_image_chart(gan_context *context, const gan_series *series, int64_t count,
                           const gan_chart_view *view, gan_image **image) {
  if (!context) return GAN_ERROR_ARGUMENT;
  if (!series) return is_null(context, "series");
  if (!view) return is_null(context, "view");
  if (!image) return is_null(context, "image");
  GAN_TRY(check_struct(context, view->struct_size, sizeof *view));
  if (count < 1 || count > GAN__CHART_SERIES_MAX)
    return gan__fail(context, count < 1 ? GAN_ERROR_ARGUMENT : GAN_ERROR_LIMIT,
                     "chart: %lld series, must be 1 to %d", (long long)count,
                     GAN__CHART_SERIES_MAX);
  GAN_TRY(check_series(context, series, count));
  return gan__image_chart(context, series, count, view, image);
}

gan_status gan_image_panels(gan_context *context, const gan_panel_view *view, gan_image **image) {
  if (!context) return GAN_ERROR_ARGUMENT;
  if (!view) return is_null(context, "view");
  if (!image) return is_null(context, "image");
  GAN_TRY(check_struct(context, view->struct_size, sizeof *view));
  if (!view->panels) return is_null(context, "panels");
  return gan__image_panels(context, view, image);
}
