/* SPDX-License-Identifier: MIT */
/* Job: what a chart's view and series must not be. */
#include <math.h>

#include "base/text.h"
#include "io/chart.h"

/* ---- The view. ---- */

static gan_status check_side(gan_context *context, const char *name, int64_t side) {
  if (side >= GAN__CHART_SIDE_MIN && side <= GAN__CHART_SIDE_MAX) return GAN_OK;
  return gan__fail(context, side > GAN__CHART_SIDE_MAX ? GAN_ERROR_LIMIT : GAN_ERROR_ARGUMENT,
                   "chart: %s %lld, must be %d to %d or 0", name, (long long)side,
                   GAN__CHART_SIDE_MIN, GAN__CHART_SIDE_MAX);
}

static gan_status check_choice(gan_context *context, const char *name, int32_t given,
                               int32_t count) {
  if (given >= 0 && given < count) return GAN_OK;
  return gan__fail(context, GAN_ERROR_ARGUMENT, "chart: %s is %d, must be 0 to %d", name,
                   (int)given, (int)count - 1);
}

/* One end of a range: a NaN is chosen, anything else must be a place on the axis. */
static bool good_end(double end, bool logarithmic) {
  return isnan(end) || (fabs(end) <= 1e300 && (!logarithmic || end >= 1e-300));
}

/* A span of which doubles can still tell 1e6 places apart, so that ticks are where they say. */
static bool good_span(double low, double high) {
  return isnan(low) || isnan(high)
         || (low < high && high - low >= 1e-9 * fmax(fabs(low), fabs(high))
             && high - low >= 1e-300);
}

static gan_status check_range(gan_context *context, const char *name, const double ends[2],
                              bool logarithmic) {
  double low = ends[0], high = ends[1];
  if (low == 0 && high == 0) return GAN_OK;
  if (good_end(low, logarithmic) && good_end(high, logarithmic) && good_span(low, high))
    return GAN_OK;
  char low_text[32], high_text[32];
  return gan__fail(context, GAN_ERROR_ARGUMENT,
                   "chart: %s from %s to %s, must increase by at least 1e-9 of it, %s and at most "
                   "1e300 (a NaN for an end that is chosen)",
                   name, gan__text_double(low_text, low), gan__text_double(high_text, high),
                   logarithmic ? "on a logarithmic axis be at least 1e-300" : "be finite");
}

static gan_status check_view(gan_context *context, const gan_chart_view *view) {
  GAN_TRY(check_side(context, "width", view->width));
  GAN_TRY(check_side(context, "height", view->height));
  if (view->scale < 1 || view->scale > GAN__FONT_SCALE_MAX)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "chart: scale %lld, must be 0 to %d",
                     (long long)view->scale, GAN__FONT_SCALE_MAX);
  GAN_TRY(check_choice(context, "x_scale", view->x_scale, GAN__SCALES));
  GAN_TRY(check_choice(context, "y_scale", view->y_scale, GAN__SCALES));
  GAN_TRY(check_choice(context, "equal", view->equal, 2));
  GAN_TRY(check_choice(context, "legend", view->legend, GAN__LEGENDS));
  if (view->equal && (view->x_scale || view->y_scale))
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "chart: equal is 1, but the %s axis is logarithmic",
                     view->x_scale ? "x" : "y");
  GAN_TRY(check_range(context, "x", (const double[]){view->x_low, view->x_high}, view->x_scale));
  return check_range(context, "y", (const double[]){view->y_low, view->y_high}, view->y_scale);
}

/* ---- Series. ---- */

static gan_status wrong_choice(gan_context *context, int64_t index, const char *name,
                               int32_t given) {
  return gan__fail(context, GAN_ERROR_ARGUMENT,
                   "chart: series %lld: %s is %d, not one of the known", (long long)index, name,
                   (int)given);
}

static bool within(int32_t value, int32_t count) {
  return value >= 0 && value < count;
}

static gan_status check_looks(gan_context *context, int64_t index, const gan_series *series) {
  char text[32];
  if (!within(series->form, GAN__SERIES_FORMS))
    return wrong_choice(context, index, "form", series->form);
  if (!within(series->dash, GAN__DASHES)) return wrong_choice(context, index, "dash", series->dash);
  if (!within(series->marker, GAN__MARKERS))
    return wrong_choice(context, index, "marker", series->marker);
  if (!within(series->ends, 2)) return wrong_choice(context, index, "ends", series->ends);
  if (series->colour < -1 || series->colour > GAN__IMAGE_WHITE || (series->colour < 0 && !index))
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "chart: series %lld: colour %d, must be 0xRRGGBB, 0%s", (long long)index,
                     (int)series->colour, index ? " or -1" : " (nothing is before it)");
  if (!(series->width >= 0 && series->width <= GAN__CHART_WIDTH_MAX))
    return gan__fail(context, GAN_ERROR_ARGUMENT, "chart: series %lld: width %s, must be 0 to %d",
                     (long long)index, gan__text_double(text, series->width), GAN__CHART_WIDTH_MAX);
  if (!(series->fill >= 0 && series->fill <= 1))
    return gan__fail(context, GAN_ERROR_ARGUMENT, "chart: series %lld: fill %s, must be 0 to 1",
                     (long long)index, gan__text_double(text, series->fill));
  return GAN_OK;
}

static gan_status check_edges(gan_context *context, int64_t index, const gan_series *series) {
  for (int64_t i = 0; i <= series->count; i++) {
    char text[32];
    if (isfinite(series->x[i]) && (i == 0 || series->x[i] > series->x[i - 1])) continue;
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "chart: series %lld: edge %lld of the bars is %s; edges must be finite and "
                     "increase",
                     (long long)index, (long long)i, gan__text_double(text, series->x[i]));
  }
  return GAN_OK;
}

static gan_status check_series(gan_context *context, int64_t index, const gan_series *series) {
  const int64_t most = INT64_MAX / (int64_t)sizeof *series->x - 1;
  if (series->count < 1 || series->count > most)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "chart: series %lld: count %lld, must be at least 1%s", (long long)index,
                     (long long)series->count,
                     series->count < 1 ? "" : " and its bytes below 2^63");
  GAN_TRY(check_looks(context, index, series));
  if (!series->y && series->form != GAN_SERIES_VERTICAL)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "chart: series %lld: y is NULL",
                     (long long)index);
  if (!series->x && series->form == GAN_SERIES_VERTICAL)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "chart: series %lld: x is NULL",
                     (long long)index);
  if (series->x && series->form == GAN_SERIES_BARS) return check_edges(context, index, series);
  return GAN_OK;
}

gan_status gan__chart_check(const gan__chart *chart) {
  GAN_TRY(check_view(chart->context, &chart->view));
  for (int64_t i = 0; i < chart->count; i++)
    GAN_TRY(check_series(chart->context, i, &chart->series[i]));
  return GAN_OK;
}
