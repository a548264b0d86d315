/* SPDX-License-Identifier: MIT */
/* Job: a sheet of samples, row by row. */
#include "base/memory.h"
#include "io/image_grid.h"

/* Below this every sum of two checked products stays far from the end of int64. */
#define SIZE_MAX_CHECKED (INT64_C(1) << 40)

static gan_status check_size(gan_context *context, const char *name, int64_t value) {
  if (value < 1)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "grid: %s %lld, must be at least 1", name,
                     (long long)value);
  if (value > SIZE_MAX_CHECKED)
    return gan__fail(context, GAN_ERROR_LIMIT, "grid: %s %lld, at most %lld", name,
                     (long long)value, (long long)SIZE_MAX_CHECKED);
  return GAN_OK;
}

static gan_status check_view(gan_context *context, const gan_grid_view *view) {
  GAN_TRY(check_size(context, "count", view->count));
  GAN_TRY(check_size(context, "height", view->height));
  GAN_TRY(check_size(context, "width", view->width));
  GAN_TRY(check_size(context, "columns", view->columns));
  GAN_TRY(check_size(context, "scale", view->scale));
  if (view->channels != 1 && view->channels != 3)
    return gan__fail(context, GAN_ERROR_SHAPE, "grid: channels %lld, must be 1 or 3",
                     (long long)view->channels);
  return gan__image_check_range(context, view->low, view->high);
}

/* The pixels along one side: `places` pictures of `cells` cells and the gaps around them. Saturates
 * at INT64_MAX, which the canvas then refuses. */
static int64_t side(int64_t places, int64_t cells, int64_t scale) {
  int64_t pixels;
  if (!gan__multiply(cells, scale, &pixels) || pixels > SIZE_MAX_CHECKED
      || !gan__multiply(places, pixels + GAN__GRID_GAP, &pixels))
    return INT64_MAX;
  return pixels > INT64_MAX - GAN__GRID_GAP ? INT64_MAX : pixels + GAN__GRID_GAP;
}

/* The colour of one value triple, or of one gray value. `at` points into the first plane. */
static int32_t colour(const gan_grid_view *view, const float *at) {
  int64_t plane = view->height * view->width;
  int32_t rgb = 0;
  for (int64_t channel = 0; channel < 3; channel++) {
    float value = at[view->channels == 3 ? channel * plane : 0];
    int32_t level = gan__image_level(value, view->low, view->high);
    if (level < 0) return GAN__IMAGE_MAGENTA;
    rgb = rgb << 8 | level;
  }
  return rgb;
}

/* Draws one picture, [channels, height, width], with its top left corner at (left, top). */
static void draw_picture(gan_image *image, const gan_grid_view *view, const float *picture,
                         int64_t left, int64_t top) {
  int64_t scale = view->scale;
  for (int64_t y = 0; y < view->height * scale; y++)
    for (int64_t x = 0; x < view->width * scale; x++)
      gan__image_blend(image, left + x, top + y,
                       colour(view, picture + y / scale * view->width + x / scale), 1);
}

gan_status gan__image_grid(gan_context *context, const float *images, const gan_grid_view *view,
                           gan_image **image) {
  GAN_TRY(check_view(context, view));
  int64_t columns = view->columns < view->count ? view->columns : view->count;
  int64_t rows = (view->count - 1) / columns + 1;
  gan_image *made;
  GAN_TRY(gan__image_create(context, side(columns, view->width, view->scale),
                            side(rows, view->height, view->scale), 3, &made));
  gan__image_fill(made, GAN__IMAGE_WHITE);
  /* The canvas holds every picture, so these products are small now. */
  int64_t across = view->width * view->scale + GAN__GRID_GAP;
  int64_t down = view->height * view->scale + GAN__GRID_GAP;
  int64_t values = view->channels * view->height * view->width;
  for (int64_t i = 0; i < view->count; i++)
    draw_picture(made, view, images + i * values, GAN__GRID_GAP + i % columns * across,
                 GAN__GRID_GAP + i / columns * down);
  *image = made;
  return GAN_OK;
}
