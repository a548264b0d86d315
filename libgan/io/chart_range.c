/* SPDX-License-Identifier: MIT */
/* Job: the ranges of a chart's axes: given, or those of the values with a small margin. */
#include <math.h>

#include "io/chart.h"

/* Shares of the range that are left free at an end that is chosen. */
#define MARGIN_X 0.02
#define MARGIN_Y 0.05

static void include(const gan__axis *axis, double range[2], double value) {
  if (!gan__axis_shows(axis, value)) return;
  range[0] = fmin(range[0], value);
  range[1] = fmax(range[1], value);
}

/* Adds the values of one series along x and along y. */
static void gather(gan__chart *chart, const gan_series *series) {
  bool has_x = series->form != GAN_SERIES_HORIZONTAL, has_y = series->form != GAN_SERIES_VERTICAL;
  bool bars = series->form == GAN_SERIES_BARS;
  for (int64_t i = 0; i < series->count + bars; i++) {
    double x = has_x && series->x ? series->x[i] : (double)i;
    double y = has_y && i < series->count ? series->y[i] : 0;
    /* A point that is not drawn stretches neither axis. */
    bool seen = (!has_x || gan__axis_shows(&chart->x, x))
                && (!has_y || bars || gan__axis_shows(&chart->y, y));
    if (has_x && seen) include(&chart->x, chart->x_range, x);
    if (has_y && seen && i < series->count) include(&chart->y, chart->y_range, y);
  }
  if (bars || series->fill > 0) include(&chart->y, chart->y_range, 0);
}

/* Gives a range a size: 1 to 10 without values, and some around a single one. */
static void open_range(double range[2], bool logarithmic) {
  if (!(range[0] <= range[1])) range[0] = logarithmic, range[1] = logarithmic ? 10 : 1;
  double most = fmax(fabs(range[0]), fabs(range[1]));
  if (range[1] - range[0] >= fmax(1e-8 * most, 1e-299)) return;
  if (logarithmic) {
    range[0] = fmax(range[0] / 2, 1e-300);
    range[1] = fmax(range[1] * 2, 1e-299);
  } else {
    double half = most > 1e-290 ? 0.1 * most : 0.5;
    range[0] -= half;
    range[1] += half;
  }
}

/* Widens one end by a share of the range. */
static double widened(const double range[2], int32_t end, double share, bool logarithmic) {
  double sign = end ? share : -share;
  if (!logarithmic) return range[end] + sign * (range[1] - range[0]);
  /* Logarithms are subtracted, since the quotient may overflow. */
  double decades = log10(range[1]) - log10(range[0]);
  return fmin(fmax(range[end] * pow(10, sign * decades), 1e-300), 1e300);
}

/* `range` holds the least and the largest value and becomes what the view asks for, `given`, or
 * is widened by `share`. */
static void settle(double range[2], const double given[2], double share, const gan__axis *axis) {
  bool logarithmic = axis->logarithmic, open = given[0] == 0 && given[1] == 0;
  bool chosen[2] = {open || isnan(given[0]), open || isnan(given[1])};
  for (int32_t end = 0; end < 2; end++)
    if (!chosen[end]) range[end] = given[end];
  /* A given end beyond all values, or nearly so, leaves a range of its own size beside it. */
  double beside = chosen[0] ? range[1] : range[0], size = fmax(1, fabs(beside));
  if (chosen[0] != chosen[1] && !(range[1] - range[0] >= 1e-8 * size)) {
    if (logarithmic) size = chosen[0] ? 0.9 * beside : 9 * beside;
    range[chosen[0] ? 0 : 1] = chosen[0] ? beside - size : beside + size;
  }
  if (chosen[0] && chosen[1]) open_range(range, logarithmic);
  const double tight[2] = {range[0], range[1]};
  for (int32_t end = 0; end < 2; end++)
    if (chosen[end]) range[end] = widened(tight, end, share, logarithmic);
}

void gan__chart_ranges(gan__chart *chart) {
  const gan_chart_view *view = &chart->view;
  bool bars = false;
  chart->x.logarithmic = view->x_scale == GAN_SCALE_LOGARITHMIC;
  chart->y.logarithmic = view->y_scale == GAN_SCALE_LOGARITHMIC;
  chart->x_range[0] = chart->y_range[0] = INFINITY;
  chart->x_range[1] = chart->y_range[1] = -INFINITY;
  for (int64_t i = 0; i < chart->count; i++) {
    gather(chart, &chart->series[i]);
    bars = bars || chart->series[i].form == GAN_SERIES_BARS;
  }
  /* Bars stand on the frame. */
  bool floor = bars && !view->y_scale && chart->y_range[0] == 0;
  settle(chart->x_range, (const double[]){view->x_low, view->x_high},
         view->equal ? MARGIN_Y : MARGIN_X, &chart->x);
  bool open = (view->y_low == 0 && view->y_high == 0) || isnan(view->y_low);
  settle(chart->y_range, (const double[]){view->y_low, view->y_high}, MARGIN_Y, &chart->y);
  if (floor && open && chart->y_range[1] > 0) chart->y_range[0] = 0;
}

void gan__chart_axes(gan__chart *chart) {
  gan__axis *x = &chart->x, *y = &chart->y;
  x->low = chart->x_range[0], x->high = chart->x_range[1];
  y->low = chart->y_range[0], y->high = chart->y_range[1];
  if (!chart->view.equal) return;
  double unit_x = (x->high - x->low) / (double)chart->frame.width;
  double unit_y = (y->high - y->low) / (double)chart->frame.height;
  gan__axis *short_axis = unit_x < unit_y ? x : y;
  double pixels = (double)(unit_x < unit_y ? chart->frame.width : chart->frame.height);
  double more = fmax(unit_x, unit_y) * pixels - (short_axis->high - short_axis->low);
  short_axis->low -= more / 2;
  short_axis->high += more / 2;
}
