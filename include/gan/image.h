/* SPDX-License-Identifier: MIT */
/* Pictures: canvases, PNG files, sheets of samples, scatter plots, charts, tables of panels. */
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

/* How the values of a series are drawn (gan_series, form). */
enum {
  GAN_SERIES_LINE = 0,      /* points joined in their order: functions, curves over steps, orbits */
  GAN_SERIES_POINTS = 1,    /* markers alone */
  GAN_SERIES_BARS = 2,      /* bars side by side from 0 to y, as their outline: histograms */
  GAN_SERIES_VERTICAL = 3,  /* a line across the whole frame at each x: medians, thresholds */
  GAN_SERIES_HORIZONTAL = 4 /* a line across the whole frame at each y: limits such as -log 4 */
};

/* How a line is broken (gan_series, dash). */
enum {
  GAN_DASH_AUTOMATIC = 0, /* solid; another one each time the colours of the palette are used up */
  GAN_DASH_SOLID = 1,
  GAN_DASH_DASHED = 2,
  GAN_DASH_DOTTED = 3
};

/* The figure at each point (gan_series, marker). */
enum {
  GAN_MARKER_NONE = 0, /* with GAN_SERIES_POINTS: a disc */
  GAN_MARKER_DISC = 1,
  GAN_MARKER_RING = 2,
  GAN_MARKER_SQUARE = 3,
  GAN_MARKER_DIAMOND = 4,
  GAN_MARKER_TRIANGLE = 5,
  GAN_MARKER_CROSS = 6
};

/* One set of values in a chart; what is zero is chosen. Values that are not finite or beyond 1e300,
 * and on a logarithmic axis those below 1e-300, leave a gap. */
typedef struct gan_series {
  uint64_t struct_size; /* sizeof(gan_series) of the caller; the same in all of a chart */
  const double *x;  /* [count]; for bars their edges [count + 1], which increase; NULL: 0, 1, 2 ..
                       Not read by GAN_SERIES_HORIZONTAL, and needed by GAN_SERIES_VERTICAL */
  const double *y;  /* [count]; not read by GAN_SERIES_VERTICAL */
  int64_t count;    /* at least 1 */
  const char *name; /* in the legend, one line; NULL leaves it out */
  int32_t form;     /* GAN_SERIES_... */
  int32_t colour;   /* 0xRRGGBB (0x010101 is black); 0: the next of seven that people who are blind
                       to some colours can tell apart; -1: that of the series before */
  int32_t dash;     /* GAN_DASH_... */
  int32_t marker;   /* GAN_MARKER_... */
  int32_t ends;     /* 1 marks the line's first point with a ring and its last with a disc */
  double width;     /* of the line in pixels, up to 64; 0: by the font's scale */
  double fill;      /* 0 to 1: how strongly the area between y and 0 (on a logarithmic axis the
                       bottom) is coloured, of lines and bars */
} gan_series;

/* The scale of an axis (gan_chart_view, x_scale and y_scale). */
enum { GAN_SCALE_LINEAR = 0, GAN_SCALE_LOGARITHMIC = 1 };

/* Where names are shown (gan_chart_view, legend). */
enum {
  GAN_LEGEND_AUTOMATIC = 0, /* in the emptiest corner; beside the frame where all are full */
  GAN_LEGEND_TOP_RIGHT = 1,
  GAN_LEGEND_TOP_LEFT = 2,
  GAN_LEGEND_BOTTOM_RIGHT = 3,
  GAN_LEGEND_BOTTOM_LEFT = 4,
  GAN_LEGEND_BESIDE = 5, /* to the right of the frame */
  GAN_LEGEND_NONE = 6
};

/* The frame of a chart; what is zero is chosen. A range with both ends 0, or an end that is a NaN,
 * is that of the values with a small margin. A given range increases, its ends are at most 1e300
 * and differ by at least 1e-9 of the larger; on a logarithmic axis they are at least 1e-300. */
typedef struct gan_chart_view {
  uint64_t struct_size;  /* sizeof(gan_chart_view) of the caller */
  int64_t width;         /* of the picture, 64 to 4096 pixels; 0: 900 */
  int64_t height;        /* likewise; 0: 600 */
  int64_t scale;         /* of the captions' font, 1 to 64; 0 chooses by the size */
  const char *title;     /* above the frame; NULL for none */
  const char *x_caption; /* below the frame; NULL for none */
  const char *y_caption; /* at its left, turned upward; NULL for none */
  double x_low;
  double x_high;
  double y_low;
  double y_high;
  int32_t x_scale; /* GAN_SCALE_... */
  int32_t y_scale;
  int32_t equal;  /* 1: one unit is as long on both axes, which are linear; one range is widened */
  int32_t legend; /* GAN_LEGEND_... */
} gan_chart_view;

/* Draws `series` [count], 1 to 1000, over axes with ticks at round numbers, the first at the back,
 * as an RGB picture on white. What lies outside the ranges is cut off at the frame. The palette is
 * that of Okabe and Ito (2008), "Color Universal Design", without its yellow. GAN_ERROR_SHAPE when
 * captions and legend leave no room for the frame. The caller owns *image. Since 0.1. */
GAN_API gan_status gan_image_chart(gan_context *context, const gan_series *series, int64_t count,
                                   const gan_chart_view *view, gan_image **image);

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
