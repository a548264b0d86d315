/* SPDX-License-Identifier: MIT */
/* Job: charts: series of values over two axes, with captions and a legend. */
#ifndef GAN__IO_CHART_H
#define GAN__IO_CHART_H

#include "io/chart_axis.h"
#include "io/chart_ink.h"

enum {
  GAN__CHART_SIDE_MIN = 64,
  GAN__CHART_SIDE_MAX = 4096,
  GAN__CHART_SERIES_MAX = 1000,
  GAN__CHART_WIDTH_MAX = 64, /* of a line */
  GAN__CHART_INK = 0x202020, /* text */
  GAN__CHART_GRID = 0xE8E8E8
};

/* How many of each there are. */
enum {
  GAN__SERIES_FORMS = GAN_SERIES_HORIZONTAL + 1,
  GAN__DASHES = GAN_DASH_DOTTED + 1,
  GAN__MARKERS = GAN_MARKER_CROSS + 1,
  GAN__SCALES = GAN_SCALE_LOGARITHMIC + 1,
  GAN__LEGENDS = GAN_LEGEND_NONE + 1
};

/* A rectangle of the picture in pixels. */
typedef struct gan__box {
  int64_t left, top, width, height;
} gan__box;

/* A chart with all that the caller left open chosen. */
typedef struct gan__chart {
  gan_context *context;
  gan_chart_view view;
  gan_series *series; /* [count] */
  int64_t count;
  double x_range[2], y_range[2]; /* low, high */
  gan__axis x, y;
  gan__box frame;
} gan__chart;

/* Draws `count` series, 1 to GAN__CHART_SERIES_MAX of them, each of the first one's struct_size. */
gan_status gan__image_chart(gan_context *context, const gan_series *series, int64_t count,
                            const gan_chart_view *view, gan_image **image);

/* ---- chart_check.c ---- */

/* Refuses what a view or a series must not be. */
gan_status gan__chart_check(const gan__chart *chart);

/* ---- chart_range.c ---- */

/* Sets both ranges from the view or, where it leaves them open, from the values. */
void gan__chart_ranges(gan__chart *chart);

/* Sets the axes' ends from the ranges, one of them widened for equal units in the frame. */
void gan__chart_axes(gan__chart *chart);

/* ---- chart_series.c ---- */

/* Chooses colours, dashes, widths and markers. */
void gan__chart_style(gan__chart *chart);

/* Draws one series in the frame. `mask` is zeroed and has room for the frame. */
void gan__chart_series(const gan__chart *chart, int64_t index, gan_image *image, float *mask);

/* Draws a short piece of how a series looks into a box. */
void gan__chart_sample(const gan__chart *chart, int64_t index, gan_image *image,
                       const gan__box *box, float *mask);

/* ---- chart_legend.c ---- */

/* The legend's size in pixels; 0 when no series has a name. */
void gan__legend_measure(const gan__chart *chart, gan__box *box);

/* Puts the box at the place in the frame that covers least of what is drawn, or at the one that the
 * view names. Returns the share of it that is drawn on, 2 when it does not fit the frame. */
double gan__legend_place(const gan__chart *chart, const gan_image *image, gan__box *box);

void gan__legend_draw(const gan__chart *chart, gan_image *image, const gan__box *box, float *mask);

#endif
