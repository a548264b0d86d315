/* SPDX-License-Identifier: MIT */
/* Pictures: canvases, PNG files, sheets of samples, scatter plots and tables of panels. */
#ifndef GAN_IMAGE_H
#define GAN_IMAGE_H

#include <stdint.h>

#include <gan/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A canvas of 8-bit pixels, gray or RGB, at most 32767 pixels to a side and 2^28 in all. Colours
 * are given as 0xRRGGBB; a gray canvas takes their lightness. Positions count from the top left
 * corner, x to the right and y downward. Nothing in a picture or its file depends on the clock, the
 * file's name or the locale: the same calls give the same bytes. */
typedef struct gan_image gan_image;

/* Makes a black canvas of width x height pixels with `channels` 1 (gray) or 3 (RGB). The caller
 * owns *image and destroys it before the context. GAN_ERROR_ARGUMENT, GAN_ERROR_LIMIT,
 * GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_image_create(gan_context *context, int32_t width, int32_t height,
                                    int32_t channels, gan_image **image);

/* Frees a canvas; NULL is ignored. Since 0.1. */
GAN_API void gan_image_destroy(gan_image *image);

/* The width of a canvas in pixels; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_image_width(const gan_image *image);

/* The height of a canvas in pixels; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_image_height(const gan_image *image);

/* 1 for a gray canvas, 3 for RGB; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_image_channels(const gan_image *image);

/* The pixels, [height, width, channels], without padding; NULL for NULL. Owned by the image and
 * valid as long as it. Since 0.1. */
GAN_API const uint8_t *gan_image_pixels(const gan_image *image);

/* Gives every pixel one colour. GAN_ERROR_ARGUMENT unless 0 <= rgb <= 0xFFFFFF. Since 0.1. */
GAN_API gan_status gan_image_fill(gan_image *image, int32_t rgb);

/* Sets every pixel from `values` [channels, height, width]: `low` becomes 0 and `high` 255, values
 * beyond are clamped; low > high inverts. A NaN is shown in magenta, on a gray canvas as a
 * checkerboard. GAN_ERROR_ARGUMENT when low and high are equal or not finite. Since 0.1. */
GAN_API gan_status gan_image_set(gan_image *image, const float *values, double low, double high);

/* Copies `source` into `target` with its top left corner at (x, y). It must lie within the target,
 * and an RGB source needs an RGB target: GAN_ERROR_SHAPE. Since 0.1. */
GAN_API gan_status gan_image_paste(gan_image *target, const gan_image *source, int32_t x,
                                   int32_t y);

/* Writes `text` with the top left corner of its line at (x, y), in a font of the library's own: 9
 * pixels high times `scale` (1 to 64), of which the lower two are for descenders. It may run over
 * the canvas's edge. Printable ASCII is drawn, any other character as an empty box; '\n' begins
 * a new line, 11 times `scale` lower. Since 0.1. */
GAN_API gan_status gan_image_text(gan_image *image, int32_t x, int32_t y, int32_t scale,
                                  int32_t rgb, const char *text);

/* The width in pixels of the longest line of `text` at `scale`; 0 for NULL. Since 0.1. */
GAN_API int64_t gan_image_text_width(const char *text, int32_t scale);

/* Writes the canvas as a PNG file, which is replaced as a whole or not at all. GAN_ERROR_FILE,
 * GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_image_write_png(const gan_image *image, const char *path);

/* How a sheet of samples is laid out. */
typedef struct gan_grid_view {
  uint64_t struct_size; /* sizeof(gan_grid_view) of the caller */
  int64_t count;        /* pictures, at least 1 */
  int64_t channels;     /* of each: 1 or 3 */
  int64_t height;       /* of each, in pixels */
  int64_t width;
  int64_t columns; /* pictures in a row; the last row may be shorter */
  int64_t scale;   /* every value becomes scale x scale pixels, at least 1 */
  double low;      /* the value shown as black */
  double high;     /* the value shown as white; low > high inverts */
} gan_grid_view;

/* Draws `images` [count, channels, height, width] as an RGB sheet, row by row, two pixels apart.
 * Values beyond [low, high] are clamped; a NaN is magenta. The caller owns *image. Since 0.1. */
GAN_API gan_status gan_image_grid(gan_context *context, const float *images,
                                  const gan_grid_view *view, gan_image **image);

/* The window of a scatter plot. */
typedef struct gan_scatter_view {
  uint64_t struct_size; /* sizeof(gan_scatter_view) of the caller */
  int64_t size;         /* of the square picture, 16 to 2048 pixels to a side */
  double x_low;         /* the window in the points' units, x_low < x_high */
  double x_high;
  double y_low; /* y grows upward */
  double y_high;
  const float *centres; /* [centre_count, 2] drawn as small rings; NULL for none */
  int64_t centre_count;
} gan_scatter_view;

/* Draws `points` [count, 2] as a density on white: a Gaussian kernel estimate, shaded by the share
 * of all points that falls near a place, on one logarithmic scale, so that pictures of different
 * samples can be compared. Points outside the window and points that are not finite count but are
 * not drawn. The caller owns *image. Since 0.1. */
GAN_API gan_status gan_image_scatter(gan_context *context, const float *points, int64_t count,
                                     const gan_scatter_view *view, gan_image **image);

/* A table of pictures with captions of one line. */
typedef struct gan_panel_view {
  uint64_t struct_size; /* sizeof(gan_panel_view) of the caller */
  int64_t rows;
  int64_t columns;
  const gan_image *const *panels;     /* [rows, columns]; NULL leaves a place empty */
  const char *const *row_captions;    /* [rows], at the left; NULL for none */
  const char *const *column_captions; /* [columns], at the top; NULL for none */
  int64_t scale; /* of the captions' font, 1 to 64; 0 chooses by the panels' size */
} gan_panel_view;

/* Joins panels into one RGB picture, each centred in a cell that fits the largest, with captions
 * beside the first column and above the first row. The caller owns *image and still owns
 * the panels. Since 0.1. */
GAN_API gan_status gan_image_panels(gan_context *context, const gan_panel_view *view,
                                    gan_image **image);

#ifdef __cplusplus
}
#endif

#endif
