/* SPDX-License-Identifier: MIT */
/* Job: charts: series of values over two axes, with captions and a legend. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "io/chart.h"

/* Lengths are in cells of the font. */
enum { GAP = 4, TICK = 3, MARK = 2, SIDE_LEAST = 32, BORDER = 0x404040 };
enum { WIDTH = 900, HEIGHT = 600, PIXELS_PER_SCALE = 480, SPACING_X = 36, SPACING_Y = 28 };
/* The share of the legend's place that may be drawn on before it goes beside the frame. */
#define COVERED_MOST 0.0005

/* ---- Making room. ---- */

static const char *text_of(const char *caption) {
  return caption ? caption : "";
}

static int64_t lines_height(const char *text, int64_t scale) {
  int64_t lines = 0;
  for (const char *at = text; *at; at++)
    lines += *at == '\n';
  return *text ? (lines * GAN__FONT_LEADING + GAN__FONT_HEIGHT + GAP) * scale : 0;
}

static int64_t widest_label(const gan__axis *axis, int64_t scale) {
  int64_t widest = 0;
  for (int32_t i = 0; i < axis->count; i++) {
    int64_t width = gan__axis_label_width(axis->ticks[i].label, scale);
    if (width > widest) widest = width;
  }
  return widest;
}

/* The frame's distance from the picture's sides. */
typedef struct margins {
  int64_t left, right, top, bottom;
} margins;

static int64_t larger(int64_t a, int64_t b) {
  return a > b ? a : b;
}

static void place_ticks(gan__chart *chart) {
  int64_t scale = chart->view.scale;
  const gan__axis_room along_x = {chart->frame.width, SPACING_X * scale, scale, true};
  const gan__axis_room along_y = {chart->frame.height, SPACING_Y * scale, scale, false};
  gan__chart_axes(chart);
  gan__axis_place(&chart->x, &along_x);
  gan__axis_place(&chart->y, &along_y);
}

/* Widens margins for the labels of the ticks as they are now. */
static void make_room(const gan__chart *chart, margins *free, int64_t beside) {
  const gan_chart_view *view = &chart->view;
  int64_t scale = view->scale, gap = GAP * scale;
  int64_t labels = (TICK + 2) * scale + widest_label(&chart->y, scale);
  int64_t caption = lines_height(text_of(view->y_caption), scale);
  /* The last label along x stands out by half its width. */
  int64_t out = widest_label(&chart->x, scale) / 2;
  free->left = larger(free->left, gap + caption + labels);
  free->right = larger(free->right, gap + larger(out, beside ? beside + 2 * gap : 0));
  int64_t factor = chart->y.factor ? lines_height("0", scale) : 0;
  free->top = larger(free->top, gap + GAN__FONT_ASCENT * scale / 2
                                    + lines_height(text_of(view->title), scale) + factor);
  int64_t below = lines_height(text_of(view->x_caption), scale);
  free->bottom =
      larger(free->bottom, (TICK + 2 + GAN__FONT_HEIGHT + (below ? 3 : 0)) * scale + gap + below);
  if (chart->x.factor && !view->x_caption)
    free->bottom = larger(free->bottom, (TICK + 2 + 2 * GAN__FONT_LEADING) * scale + gap);
}

/* Finds the frame and the ticks, which depend on each other: labels take room, and how many there
 * are depends on what is left. Margins only grow, so after a few rounds all fits. */
static gan_status arrange(gan__chart *chart, const gan__box *beside) {
  const gan_chart_view *view = &chart->view;
  margins free = {0, 0, 0, 0};
  for (int32_t round = 0; round < 4; round++) {
    gan__box *frame = &chart->frame;
    *frame = (gan__box){free.left, free.top, view->width - free.left - free.right,
                        view->height - free.top - free.bottom};
    if (frame->width < SIDE_LEAST || frame->height < SIDE_LEAST
        || (beside->height > view->height - 2 * free.top && beside->height > frame->height))
      return gan__fail(chart->context, GAN_ERROR_SHAPE,
                       "chart: %lld x %lld pixels leave no room for the frame beside captions%s at "
                       "scale %lld",
                       (long long)view->width, (long long)view->height,
                       beside->width ? " and legend" : "", (long long)view->scale);
    place_ticks(chart);
    if (round < 3) make_room(chart, &free, beside->width);
  }
  return GAN_OK;
}

/* ---- Axes. ---- */

/* A straight line of whole pixels, `thick` wide to the right or downward. */
static void rule(gan_image *image, const gan__box *box, int32_t rgb) {
  for (int64_t y = box->top; y < box->top + box->height; y++)
    for (int64_t x = box->left; x < box->left + box->width; x++)
      gan__image_blend(image, x, y, rgb, 1);
}

static int64_t thickness(const gan__chart *chart) {
  return (chart->view.scale + 1) / 2;
}

/* The pixels of a tick's line across the axis. */
static int64_t tick_pixel(const gan__tick *tick, int64_t length, bool turned, int64_t thick) {
  double part = turned ? 1 - tick->part : tick->part;
  return (int64_t)floor(part * (double)length + 0.5) - thick / 2;
}

static void draw_grid(const gan__chart *chart, gan_image *image) {
  const gan__box *frame = &chart->frame;
  int64_t thick = thickness(chart);
  for (int32_t i = 0; i < chart->x.count; i++) {
    const gan__tick *tick = &chart->x.ticks[i];
    int64_t x = frame->left + tick_pixel(tick, frame->width, false, thick);
    if (tick->label[0])
      rule(image, &(gan__box){x, frame->top, thick, frame->height}, GAN__CHART_GRID);
  }
  for (int32_t i = 0; i < chart->y.count; i++) {
    const gan__tick *tick = &chart->y.ticks[i];
    int64_t y = frame->top + tick_pixel(tick, frame->height, true, thick);
    if (tick->label[0])
      rule(image, &(gan__box){frame->left, y, frame->width, thick}, GAN__CHART_GRID);
  }
}

static void draw_ticks(const gan__chart *chart, gan_image *image) {
  const gan__box *frame = &chart->frame;
  int64_t thick = thickness(chart), scale = chart->view.scale;
  int64_t bottom = frame->top + frame->height;
  const gan__pen pen = {image, scale, GAN__CHART_INK};
  for (int32_t i = 0; i < chart->x.count; i++) {
    const gan__tick *tick = &chart->x.ticks[i];
    int64_t x = frame->left + tick_pixel(tick, frame->width, false, thick);
    int64_t reach = (tick->label[0] ? TICK : MARK) * scale;
    rule(image, &(gan__box){x, bottom, thick, reach}, BORDER);
    int64_t width = gan__axis_label_width(tick->label, scale);
    gan__axis_label_draw(&pen, x + (thick - width) / 2, bottom + (TICK + 3) * scale, tick->label);
  }
  for (int32_t i = 0; i < chart->y.count; i++) {
    const gan__tick *tick = &chart->y.ticks[i];
    int64_t y = frame->top + tick_pixel(tick, frame->height, true, thick);
    int64_t reach = (tick->label[0] ? TICK : MARK) * scale;
    rule(image, &(gan__box){frame->left - reach, y, reach, thick}, BORDER);
    int64_t width = gan__axis_label_width(tick->label, scale);
    gan__axis_label_draw(&pen, frame->left - (TICK + 2) * scale - width,
                         y + (thick - GAN__FONT_ASCENT * scale) / 2, tick->label);
  }
}

static void draw_border(const gan__chart *chart, gan_image *image) {
  const gan__box *frame = &chart->frame;
  int64_t thick = thickness(chart), right = frame->left + frame->width;
  int64_t wide = frame->width + 2 * thick, bottom = frame->top + frame->height;
  rule(image, &(gan__box){frame->left - thick, frame->top - thick, wide, thick}, BORDER);
  rule(image, &(gan__box){frame->left - thick, bottom, wide, thick}, BORDER);
  rule(image, &(gan__box){frame->left - thick, frame->top, thick, frame->height}, BORDER);
  rule(image, &(gan__box){right, frame->top, thick, frame->height}, BORDER);
}

/* ---- Captions. ---- */

/* "x10^3" at the end of an axis whose labels are in thousands. */
static void draw_factor(const gan__chart *chart, gan_image *image, bool of_x) {
  int32_t factor = of_x ? chart->x.factor : chart->y.factor;
  const gan__box *frame = &chart->frame;
  int64_t scale = chart->view.scale;
  const gan__pen pen = {image, scale, GAN__CHART_INK};
  char label[GAN__TICK_LABEL];
  if (!factor) return;
  gan__axis_factor(label, factor);
  int64_t width = gan__axis_label_width(label, scale);
  int64_t x = of_x ? frame->left + frame->width - width : frame->left;
  int64_t y = of_x ? frame->top + frame->height + (TICK + 3 + GAN__FONT_LEADING + 2) * scale
                   : frame->top - (GAN__FONT_HEIGHT + 1) * scale;
  gan__axis_label_draw(&pen, x, y, label);
}

static void draw_captions(const gan__chart *chart, gan_image *image) {
  const gan_chart_view *view = &chart->view;
  const gan__box *frame = &chart->frame;
  int64_t scale = view->scale, centre = frame->left + frame->width / 2;
  const gan__pen pen = {image, scale, GAN__CHART_INK};
  const char *title = text_of(view->title), *below = text_of(view->x_caption);
  const char *beside = text_of(view->y_caption);
  gan__font_draw(&pen, centre - gan__font_width(title, scale) / 2, GAP * scale, title);
  gan__font_draw(&pen, centre - gan__font_width(below, scale) / 2,
                 view->height - lines_height(below, scale), below);
  gan__font_draw_upward(&pen, GAP * scale,
                        frame->top + (frame->height + gan__font_width(beside, scale)) / 2, beside);
  draw_factor(chart, image, true);
  draw_factor(chart, image, false);
}

/* ---- The whole picture. ---- */

static void draw_frame(const gan__chart *chart, gan_image *image, float *mask) {
  gan__image_fill(image, GAN__IMAGE_WHITE);
  draw_grid(chart, image);
  for (int64_t i = 0; i < chart->count; i++)
    gan__chart_series(chart, i, image, mask);
}

/* The legend inside the frame where there is a place, beside it where that is better or asked for.
 */
static gan_status draw(gan__chart *chart, gan_image *image, float *mask) {
  static const gan__box nothing = {0, 0, 0, 0};
  gan__box legend;
  gan__legend_measure(chart, &legend);
  bool beside = legend.width && chart->view.legend == GAN_LEGEND_BESIDE;
  GAN_TRY(arrange(chart, beside ? &legend : &nothing));
  draw_frame(chart, image, mask);
  if (legend.width && !beside) {
    double covered = gan__legend_place(chart, image, &legend);
    if (covered > COVERED_MOST && chart->view.legend == GAN_LEGEND_AUTOMATIC)
      beside = true;
    else if (covered > 1)
      return gan__fail(chart->context, GAN_ERROR_SHAPE,
                       "chart: the legend of %lld x %lld pixels does not fit the frame of "
                       "%lld x %lld",
                       (long long)legend.width, (long long)legend.height,
                       (long long)chart->frame.width, (long long)chart->frame.height);
    if (beside) {
      GAN_TRY(arrange(chart, &legend));
      draw_frame(chart, image, mask);
    }
  }
  if (beside) {
    legend.left = chart->frame.left + chart->frame.width + 2 * GAP * chart->view.scale;
    legend.top = chart->frame.top;
  }
  draw_border(chart, image);
  draw_ticks(chart, image);
  draw_captions(chart, image);
  if (legend.width) gan__legend_draw(chart, image, &legend, mask);
  return GAN_OK;
}

/* Sizes that the view leaves open. */
static void choose_sizes(gan_chart_view *view) {
  if (view->width == 0) view->width = WIDTH;
  if (view->height == 0) view->height = HEIGHT;
  if (view->scale || view->width < 0 || view->height < 0) return;
  double side = sqrt((double)view->width * (double)view->height);
  view->scale = 1 + (int64_t)fmin(side / PIXELS_PER_SCALE, GAN__FONT_SCALE_MAX - 1);
}

/* Series of a later version are longer, so they are copied one by one. */
static void copy_series(gan__chart *chart, const gan_series *series) {
  for (int64_t i = 0; i < chart->count; i++)
    memcpy(&chart->series[i], (const char *)series + (uint64_t)i * series->struct_size,
           sizeof *series);
}

gan_status gan__image_chart(gan_context *context, const gan_series *series, int64_t count,
                            const gan_chart_view *view, gan_image **image) {
  gan__chart chart = {.context = context, .view = *view, .count = count};
  gan_image *made = NULL;
  float *mask = NULL;
  choose_sizes(&chart.view);
  chart.series = gan__allocate(context, (uint64_t)count, sizeof *chart.series);
  if (!chart.series) return GAN_ERROR_MEMORY;
  copy_series(&chart, series);
  gan_status status = gan__chart_check(&chart);
  if (status == GAN_OK)
    status = gan__image_create(context, chart.view.width, chart.view.height, 3, &made);
  if (status == GAN_OK) {
    mask = gan__allocate(context, (uint64_t)(chart.view.width * chart.view.height), sizeof *mask);
    status = mask ? GAN_OK : GAN_ERROR_MEMORY;
  }
  if (status == GAN_OK) {
    gan__chart_style(&chart);
    gan__chart_ranges(&chart);
    status = draw(&chart, made, mask);
  }
  if (status == GAN_OK)
    *image = made;
  else
    gan__image_destroy(made);
  gan__release(context, mask);
  gan__release(context, chart.series);
  return status;
}
