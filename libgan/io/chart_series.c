/* SPDX-License-Identifier: MIT */
/* Job: one series of a chart: lines, bars and markers in its colour. */
#include <math.h>

#include "io/chart.h"

/* Positions in pixels are cut off here; lines that leave the frame keep their direction. */
#define FAR 1e9

/* ---- Looks. ---- */

/* Okabe and Ito 2008, in an order in which neighbours differ in lightness too. */
static const int32_t palette[] = {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7,
                                  0xE69F00, 0x56B4E9, 0x303030};

enum { COLOURS = sizeof palette / sizeof *palette, DASHES = GAN__DASHES - 1 };

void gan__chart_style(gan__chart *chart) {
  int32_t before = palette[0], next = 0;
  for (int64_t i = 0; i < chart->count; i++) {
    gan_series *series = &chart->series[i];
    int32_t turn = 0;
    if (series->colour == 0) {
      turn = next / COLOURS;
      series->colour = palette[next++ % COLOURS];
    } else if (series->colour < 0) {
      series->colour = before;
    }
    before = series->colour;
    if (series->dash == GAN_DASH_AUTOMATIC) series->dash = GAN_DASH_SOLID + turn % DASHES;
    if (series->width == 0) series->width = 1.2 * (double)chart->view.scale;
    if (series->form == GAN_SERIES_POINTS && series->marker == GAN_MARKER_NONE)
      series->marker = GAN_MARKER_DISC;
  }
}

static gan__stroke stroke_of(const gan_series *series) {
  double width = series->width, thick = fmax(width, 1);
  gan__stroke stroke = {.half = width / 2};
  /* Round ends add the width to each dash; a dot has nothing else. */
  if (series->dash == GAN_DASH_DASHED) stroke.period = 6 * thick, stroke.drawn = 3 * thick;
  if (series->dash == GAN_DASH_DOTTED) stroke.period = 2.4 * thick;
  return stroke;
}

static gan__marker marker_of(const gan__chart *chart, const gan_series *series) {
  double scale = (double)chart->view.scale;
  return (gan__marker){series->marker, 1.7 * scale + 0.5 * series->width,
                       fmax(0.5 * series->width, 0.5)};
}

/* ---- Places. ---- */

static double near(double position) {
  return fmin(fmax(position, -FAR), FAR);
}

static double place_x(const gan__chart *chart, double x) {
  return near(gan__axis_part(&chart->x, x) * (double)chart->frame.width);
}

static double place_y(const gan__chart *chart, double y) {
  return near((1 - gan__axis_part(&chart->y, y)) * (double)chart->frame.height);
}

/* Where areas and bars stand: on 0, or on the bottom of a logarithmic frame. */
static double base_of(const gan__chart *chart) {
  return chart->y.logarithmic ? (double)chart->frame.height : place_y(chart, 0);
}

/* Where point i lies; false for a gap. */
static bool locate(const gan__chart *chart, const gan_series *series, int64_t i, gan__spot *spot) {
  double x = series->x ? series->x[i] : (double)i, y = series->y[i];
  if (!gan__axis_shows(&chart->x, x) || !gan__axis_shows(&chart->y, y)) return false;
  *spot = (gan__spot){place_x(chart, x), place_y(chart, y)};
  return true;
}

/* ---- Forms. ---- */

/* The points joined; one that is alone between gaps is a dot. Points that lie within a tenth of a
 * pixel of the one before are passed over, for the sake of series much longer than the frame. */
static void draw_line(const gan__chart *chart, const gan_series *series, gan__ink *ink) {
  gan__stroke stroke = stroke_of(series);
  gan__spot from = {0, 0}, to, skipped = {0, 0};
  int64_t run = 0; /* points since the last gap */
  bool waits = false;
  for (int64_t i = 0; i < series->count; i++) {
    if (!locate(chart, series, i, &to)) {
      if (waits || run == 1) gan__ink_line(ink, &stroke, from, waits ? skipped : from);
      run = 0;
      waits = false;
      stroke.phase = 0;
      continue;
    }
    bool tiny = run > 0 && hypot(to.x - from.x, to.y - from.y) < 0.1;
    if (tiny)
      skipped = to;
    else if (run > 0)
      gan__ink_line(ink, &stroke, from, to);
    if (!tiny) from = to;
    waits = tiny;
    run++;
  }
  if (waits || run == 1) gan__ink_line(ink, &stroke, from, waits ? skipped : from);
}

static void fill_line(const gan__chart *chart, const gan_series *series, gan__ink *ink) {
  gan__spot from, to;
  bool joined = false;
  for (int64_t i = 0; i < series->count; i++, from = to) {
    bool here = locate(chart, series, i, &to);
    if (here && joined) gan__ink_area(ink, from, to, base_of(chart));
    joined = here;
  }
}

/* The top of bar i from its left edge to its right one; false when there is nothing to draw. */
static bool bar_top(const gan__chart *chart, const gan_series *series, int64_t i,
                    gan__spot top[2]) {
  double low = series->x ? series->x[i] : (double)i, y = series->y[i];
  double high = series->x ? series->x[i + 1] : (double)(i + 1);
  if (!gan__axis_shows(&chart->x, low) || !gan__axis_shows(&chart->x, high)) return false;
  if (!gan__axis_shows(&chart->y, y) || y == 0) return false;
  top[0] = (gan__spot){place_x(chart, low), place_y(chart, y)};
  top[1] = (gan__spot){place_x(chart, high), top[0].y};
  return true;
}

static void fill_bars(const gan__chart *chart, const gan_series *series, gan__ink *ink) {
  gan__spot top[2];
  for (int64_t i = 0; i < series->count; i++)
    if (bar_top(chart, series, i, top)) gan__ink_area(ink, top[0], top[1], base_of(chart));
}

/* The outline of all bars: up, along their tops, and down to the base at a gap. */
static void draw_bars(const gan__chart *chart, const gan_series *series, gan__ink *ink) {
  gan__stroke stroke = stroke_of(series);
  double base = base_of(chart), height = base; /* of the outline so far */
  gan__spot top[2], at = {0, 0};
  for (int64_t i = 0; i < series->count; i++) {
    bool here = bar_top(chart, series, i, top);
    if (here) at.x = top[0].x;
    double next = here ? top[0].y : base;
    if (next != height)
      gan__ink_line(ink, &stroke, (gan__spot){at.x, height}, (gan__spot){at.x, next});
    if (here) gan__ink_line(ink, &stroke, top[0], top[1]);
    if (here) at = top[1];
    height = next;
  }
  if (height != base)
    gan__ink_line(ink, &stroke, (gan__spot){at.x, height}, (gan__spot){at.x, base});
}

static void draw_across(const gan__chart *chart, const gan_series *series, gan__ink *ink) {
  double width = (double)ink->width, height = (double)ink->height;
  bool vertical = series->form == GAN_SERIES_VERTICAL;
  for (int64_t i = 0; i < series->count; i++) {
    double value = vertical ? series->x[i] : series->y[i];
    if (!gan__axis_shows(vertical ? &chart->x : &chart->y, value)) continue;
    double at = vertical ? place_x(chart, value) : place_y(chart, value);
    gan__stroke stroke = stroke_of(series);
    gan__spot from = vertical ? (gan__spot){at, height} : (gan__spot){0, at};
    gan__spot to = vertical ? (gan__spot){at, 0} : (gan__spot){width, at};
    gan__ink_line(ink, &stroke, from, to);
  }
}

/* ---- Markers. ---- */

static void add_markers(const gan__chart *chart, const gan_series *series, gan__ink *ink,
                        const gan__marker *marker) {
  gan__spot spot;
  for (int64_t i = 0; i < series->count; i++)
    if (locate(chart, series, i, &spot)) gan__ink_marker(ink, marker, spot);
}

/* Rings are white inside, so that the line ends at them. */
static void draw_markers(const gan__chart *chart, const gan_series *series, gan_image *image,
                         gan__ink *ink) {
  gan__marker marker = marker_of(chart, series), disc = marker;
  if (marker.form == GAN_MARKER_RING) {
    disc.form = GAN_MARKER_DISC;
    add_markers(chart, series, ink, &disc);
    gan__ink_colour(ink, image, GAN__IMAGE_WHITE, 1);
  }
  add_markers(chart, series, ink, &marker);
  gan__ink_colour(ink, image, series->colour, 1);
}

/* A ring, white inside, at the start and a disc at the end, which lies above it when they meet. */
static void draw_ends(const gan__chart *chart, const gan_series *series, gan_image *image,
                      gan__ink *ink) {
  gan__spot start, end;
  int64_t first = 0, last = series->count - 1;
  while (first <= last && !locate(chart, series, first, &start))
    first++;
  if (first > last) return;
  while (!locate(chart, series, last, &end))
    last--;
  double scale = (double)chart->view.scale, half = fmax(0.6 * scale, 0.5 * series->width);
  double radius = fmax(2.6 * scale, series->width);
  const gan__marker disc = {GAN_MARKER_DISC, radius + half, half};
  const gan__marker halo = {GAN_MARKER_DISC, radius + half + 0.6 * scale, half};
  const gan__marker ring = {GAN_MARKER_RING, radius, half};
  gan__ink_marker(ink, &halo, start);
  gan__ink_colour(ink, image, GAN__IMAGE_WHITE, 1);
  gan__ink_marker(ink, &ring, start);
  gan__ink_colour(ink, image, series->colour, 1);
  gan__ink_marker(ink, &halo, end);
  gan__ink_colour(ink, image, GAN__IMAGE_WHITE, 1);
  gan__ink_marker(ink, &disc, end);
  gan__ink_colour(ink, image, series->colour, 1);
}

/* ---- A whole series. ---- */

static bool has_points(const gan_series *series) {
  return series->form == GAN_SERIES_LINE || series->form == GAN_SERIES_POINTS;
}

void gan__chart_series(const gan__chart *chart, int64_t index, gan_image *image, float *mask) {
  const gan_series *series = &chart->series[index];
  const gan__box *frame = &chart->frame;
  gan__ink ink = {frame->left, frame->top, frame->width, frame->height, mask};
  if (series->fill > 0 && series->form == GAN_SERIES_LINE) fill_line(chart, series, &ink);
  if (series->fill > 0 && series->form == GAN_SERIES_BARS) fill_bars(chart, series, &ink);
  gan__ink_colour(&ink, image, series->colour, series->fill);
  if (series->form == GAN_SERIES_LINE) draw_line(chart, series, &ink);
  if (series->form == GAN_SERIES_BARS) draw_bars(chart, series, &ink);
  if (series->form == GAN_SERIES_VERTICAL || series->form == GAN_SERIES_HORIZONTAL)
    draw_across(chart, series, &ink);
  gan__ink_colour(&ink, image, series->colour, 1);
  if (has_points(series) && series->marker) draw_markers(chart, series, image, &ink);
  if (series->form == GAN_SERIES_LINE && series->ends) draw_ends(chart, series, image, &ink);
}

void gan__chart_sample(const gan__chart *chart, int64_t index, gan_image *image,
                       const gan__box *box, float *mask) {
  const gan_series *series = &chart->series[index];
  gan__ink ink = {box->left, box->top, box->width, box->height, mask};
  double width = (double)box->width, height = (double)box->height;
  gan__stroke stroke = stroke_of(series);
  bool bars = series->form == GAN_SERIES_BARS;
  stroke.half = fmin(stroke.half, height / 4);
  double end = stroke.half + 0.5, middle = bars ? end : height / 2;
  const gan__spot from = {end, middle}, to = {width - end, middle};
  if (series->fill > 0) gan__ink_area(&ink, from, to, height);
  gan__ink_colour(&ink, image, series->colour, series->fill);
  if (series->form != GAN_SERIES_POINTS) gan__ink_line(&ink, &stroke, from, to);
  if (bars) {
    gan__ink_line(&ink, &stroke, from, (gan__spot){end, height});
    gan__ink_line(&ink, &stroke, to, (gan__spot){width - end, height});
  }
  gan__ink_colour(&ink, image, series->colour, 1);
  if (!has_points(series) || !series->marker) return;
  gan__marker marker = marker_of(chart, series), disc = marker;
  const gan__spot centre = {width / 2, height / 2};
  disc.form = GAN_MARKER_DISC;
  if (marker.form == GAN_MARKER_RING) gan__ink_marker(&ink, &disc, centre);
  gan__ink_colour(&ink, image, GAN__IMAGE_WHITE, 1);
  gan__ink_marker(&ink, &marker, centre);
  gan__ink_colour(&ink, image, series->colour, 1);
}
