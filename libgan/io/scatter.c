/* SPDX-License-Identifier: MIT */
/* Job: points of the plane as a shaded density, with the true centres as rings. */
#include <math.h>

#include "base/memory.h"
#include "base/text.h"
#include "io/scatter.h"
#include "io/scatter_colour.h"

enum { RING = 0xE8590C, FRAME = 0x9A9A9A, KERNEL_MAX = 256 };

/* The density that is shaded darkest, in shares of all points per area of the whole window: 1 is a
 * window evenly filled. Eight tight modes reach 138 under the kernel below, 25 reach 44. */
#define DENSITY_DARKEST 100.0
/* The kernel's standard deviation as a share of the window's side. */
#define KERNEL_SHARE 0.012

static gan_status check_axis(gan_context *context, const char *name, double low, double high) {
  if (isfinite(low) && isfinite(high) && low < high && isfinite(high - low)) return GAN_OK;
  char low_text[32], high_text[32];
  return gan__fail(context, GAN_ERROR_ARGUMENT,
                   "scatter: %s from %s to %s, must be finite and increasing", name,
                   gan__text_double(low_text, low), gan__text_double(high_text, high));
}

static gan_status check_view(gan_context *context, const gan_scatter_view *view) {
  if (view->size < GAN__SCATTER_SIZE_MIN)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "scatter: size %lld, must be %d to %d",
                     (long long)view->size, GAN__SCATTER_SIZE_MIN, GAN__SCATTER_SIZE_MAX);
  if (view->size > GAN__SCATTER_SIZE_MAX)
    return gan__fail(context, GAN_ERROR_LIMIT, "scatter: size %lld, must be %d to %d",
                     (long long)view->size, GAN__SCATTER_SIZE_MIN, GAN__SCATTER_SIZE_MAX);
  if (view->centre_count < 0)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "scatter: centre_count %lld, must not be negative",
                     (long long)view->centre_count);
  if (view->centre_count > 0 && !view->centres)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "scatter: centres is NULL, centre_count %lld",
                     (long long)view->centre_count);
  GAN_TRY(check_axis(context, "x", view->x_low, view->x_high));
  return check_axis(context, "y", view->y_low, view->y_high);
}

/* A point's position in pixels; false when it is not within the window. */
static bool locate(const gan_scatter_view *view, const float *point, double *x, double *y) {
  double across = (point[0] - view->x_low) / (view->x_high - view->x_low);
  double up = (point[1] - view->y_low) / (view->y_high - view->y_low);
  if (!(across >= 0 && across <= 1 && up >= 0 && up <= 1)) return false;
  *x = across * (double)view->size;
  *y = (1 - up) * (double)view->size;
  return true;
}

/* Adds a weight to the four pixels around (x, y) in proportion to their nearness, so that a sample
 * that moves a little changes the picture a little. `density` is [size, size]. */
static void splat(double *density, int64_t size, double x, double y) {
  double left = floor(x - 0.5), top = floor(y - 0.5);
  for (int32_t corner = 0; corner < 4; corner++) {
    int64_t column = (int64_t)left + corner % 2, row = (int64_t)top + corner / 2;
    if (column < 0 || row < 0 || column >= size || row >= size) continue;
    double part_x = 1 - fabs(x - 0.5 - (double)column), part_y = 1 - fabs(y - 0.5 - (double)row);
    density[row * size + column] += part_x * part_y;
  }
}

/* Half a Gaussian kernel, centre first, whose whole sums to 1. Returns its reach in pixels. */
static int64_t make_kernel(double kernel[KERNEL_MAX], int64_t size) {
  double sigma = fmax(KERNEL_SHARE * (double)size, 0.8), sum = 0;
  int64_t reach = (int64_t)ceil(3.5 * sigma);
  for (int64_t i = 0; i <= reach; i++) {
    kernel[i] = exp(-0.5 * (double)(i * i) / (sigma * sigma));
    sum += i ? 2 * kernel[i] : kernel[i];
  }
  for (int64_t i = 0; i <= reach; i++)
    kernel[i] /= sum;
  return reach;
}

/* Blurs the rows of `from` [size, size] and writes them as the columns of `to`; twice makes both
 * directions and turns the picture back. */
static void blur_transposed(const double *from, double *to, int64_t size) {
  double kernel[KERNEL_MAX];
  int64_t reach = make_kernel(kernel, size);
  for (int64_t row = 0; row < size; row++)
    for (int64_t column = 0; column < size; column++) {
      double sum = 0;
      int64_t first = column > reach ? column - reach : 0;
      int64_t last = column < size - reach ? column + reach : size - 1;
      for (int64_t i = first; i <= last; i++)
        sum += kernel[i < column ? column - i : i - column] * from[row * size + i];
      to[column * size + row] = sum;
    }
}

static void shade(gan_image *image, const double *density, double weight) {
  double full = log1p(DENSITY_DARKEST);
  for (int64_t y = 0; y < image->height; y++)
    for (int64_t x = 0; x < image->width; x++) {
      double part = log1p(density[y * image->width + x] * weight) / full;
      gan__image_blend(image, x, y, gan__scatter_colour(part), 1);
    }
}

/* A ring with a soft edge around (x, y). */
static void draw_ring(gan_image *image, double x, double y) {
  double radius = fmax(3.0, 0.036 * image->width), half = fmax(0.5, 0.0022 * image->width);
  int64_t reach = (int64_t)(radius + half + 2);
  for (int64_t row = (int64_t)y - reach; row <= (int64_t)y + reach; row++)
    for (int64_t column = (int64_t)x - reach; column <= (int64_t)x + reach; column++) {
      double distance = hypot((double)column + 0.5 - x, (double)row + 0.5 - y);
      gan__image_blend(image, column, row, RING, half + 0.5 - fabs(distance - radius));
    }
}

static void draw_frame(gan_image *image) {
  int64_t end = image->width - 1;
  for (int64_t i = 0; i <= end; i++) {
    gan__image_blend(image, i, 0, FRAME, 1);
    gan__image_blend(image, i, end, FRAME, 1);
    gan__image_blend(image, 0, i, FRAME, 1);
    gan__image_blend(image, end, i, FRAME, 1);
  }
}

/* The share of points near each pixel, [size, size], before it is scaled by their number. `turned`
 * is a second map of that size to work in. */
static void estimate(const float *points, int64_t count, const gan_scatter_view *view,
                     double *density, double *turned) {
  double x, y;
  for (int64_t i = 0; i < count; i++)
    if (locate(view, points + 2 * i, &x, &y)) splat(density, view->size, x, y);
  blur_transposed(density, turned, view->size);
  blur_transposed(turned, density, view->size);
}

static void draw(gan_image *image, const gan_scatter_view *view, const double *density,
                 int64_t count) {
  double x, y, size = (double)view->size;
  shade(image, density, size * size / (double)count);
  for (int64_t i = 0; i < view->centre_count; i++)
    if (locate(view, view->centres + 2 * i, &x, &y)) draw_ring(image, x, y);
  draw_frame(image);
}

gan_status gan__scatter(gan_context *context, const float *points, int64_t count,
                        const gan_scatter_view *view, gan_image **image) {
  GAN_TRY(check_view(context, view));
  uint64_t cells = (uint64_t)(view->size * view->size);
  double *density = gan__allocate(context, cells, sizeof *density);
  double *turned = density ? gan__allocate(context, cells, sizeof *turned) : NULL;
  gan_image *made = NULL;
  gan_status status =
      turned ? gan__image_create(context, view->size, view->size, 3, &made) : GAN_ERROR_MEMORY;
  if (status == GAN_OK) {
    estimate(points, count, view, density, turned);
    draw(made, view, density, count);
    *image = made;
  }
  gan__release(context, turned);
  gan__release(context, density);
  return status;
}
