/* SPDX-License-Identifier: MIT */
/* Job: the public calls of metric.h: check arguments, call the measures. */
#include <math.h>
#include <string.h>

#include <gan/metric.h>

#include "base/memory.h"
#include "base/text.h"
#include "eval/arcs.h"
#include "eval/clusters.h"
#include "eval/divergence.h"
#include "eval/logits.h"
#include "eval/modes.h"
#include "eval/pairs.h"
#include "eval/parzen.h"

static gan_status check_struct(gan_context *context, const char *name, const void *given,
                               uint64_t need) {
  if (!given) return gan__fail(context, GAN_ERROR_ARGUMENT, "%s is NULL", name);
  uint64_t size = *(const uint64_t *)given;
  if (size >= need) return GAN_OK;
  return gan__fail(context, GAN_ERROR_ARGUMENT, "%s: struct_size %llu, must be at least %llu", name,
                   (unsigned long long)size, (unsigned long long)need);
}

static gan_status check_positive(gan_context *context, const char *name, double value) {
  if (isfinite(value) && value > 0) return GAN_OK;
  char text[32];
  return gan__fail(context, GAN_ERROR_ARGUMENT, "%s %s, must be positive and finite", name,
                   gan__text_double(text, value));
}

/* `values` is [rows, columns]: both at least 1, and its bytes countable. */
static gan_status check_array(gan_context *context, const char *name, const float *values,
                              int64_t rows, int64_t columns) {
  int64_t bytes;
  if (!values) return gan__fail(context, GAN_ERROR_ARGUMENT, "%s is NULL", name);
  if (rows < 1 || columns < 1)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "%s: shape [%lld, %lld], must be at least [1, 1]",
                     name, (long long)rows, (long long)columns);
  if (!gan__multiply(rows, columns, &bytes)
      || !gan__multiply(bytes, (int64_t)sizeof *values, &bytes))
    return gan__fail(context, GAN_ERROR_LIMIT, "%s: shape [%lld, %lld] overflows", name,
                     (long long)rows, (long long)columns);
  return GAN_OK;
}

static gan_status check_rows(gan_context *context, const char *name, const float *values,
                             int64_t rows, int64_t columns) {
  GAN_TRY(check_array(context, name, values, rows, columns));
  for (int64_t i = 0; i < rows * columns; i++)
    if (!isfinite(values[i]))
      return gan__fail(context, GAN_ERROR_ARGUMENT, "%s: number %lld of row %lld is not finite",
                       name, (long long)(i % columns), (long long)(i / columns));
  return GAN_OK;
}

/* Keeps the caller's struct_size; a longer struct of a newer caller keeps its other fields. */
static void hand_out(const void *made, void *report, size_t size) {
  memcpy((char *)report + sizeof(uint64_t), (const char *)made + sizeof(uint64_t),
         size - sizeof(uint64_t));
}

/* ---- Coverage of known modes. ---- */

gan_status gan_metric_modes(gan_context *context, const float *samples, int64_t count,
                            const float *centres, int64_t modes, int64_t dims, double deviation,
                            gan_mode_report *report) {
  if (!context) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_struct(context, "report", report, sizeof *report));
  GAN_TRY(check_array(context, "samples", samples, count, dims));
  GAN_TRY(check_array(context, "centres", centres, modes, dims));
  GAN_TRY(check_positive(context, "deviation", deviation));
  for (int64_t i = 0; i < modes * dims; i++)
    if (!isfinite(centres[i]))
      return gan__fail(context, GAN_ERROR_ARGUMENT,
                       "centres: number %lld of mode %lld is not finite", (long long)(i % dims),
                       (long long)(i / dims));
  gan__mixture mixture = {centres, modes, dims, deviation};
  gan_mode_report made = {.struct_size = sizeof made};
  GAN_TRY(gan__modes_measure(context, samples, count, &mixture, &made));
  hand_out(&made, report, sizeof made);
  return GAN_OK;
}

gan_status gan_metric_swissroll(gan_context *context, const float *samples, int64_t count,
                                double noise, double scale, gan_mode_report *report) {
  if (!context) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_struct(context, "report", report, sizeof *report));
  GAN_TRY(check_array(context, "samples", samples, count, 2));
  GAN_TRY(check_positive(context, "noise", noise));
  GAN_TRY(check_positive(context, "scale", scale));
  gan_mode_report made = {.struct_size = sizeof made};
  gan__arcs_measure(samples, count, noise, scale, &made);
  hand_out(&made, report, sizeof made);
  return GAN_OK;
}

/* ---- Parzen window estimates. ---- */

static gan_status check_width(gan_context *context, double width) {
  if (width >= GAN__PARZEN_NARROWEST && width <= GAN__PARZEN_WIDEST) return GAN_OK;
  char text[32];
  return gan__fail(context, GAN_ERROR_ARGUMENT, "width %s, must be 1e-30 to 1e30",
                   gan__text_double(text, width));
}

static gan_status check_parzen(gan_context *context, const gan_parzen_data *data,
                               const gan_parzen_report *report) {
  GAN_TRY(check_struct(context, "data", data, sizeof *data));
  GAN_TRY(check_struct(context, "report", report, sizeof *report));
  GAN_TRY(check_rows(context, "samples", data->samples, data->sample_count, data->dims));
  return check_rows(context, "test", data->test, data->test_count, data->dims);
}

/* Log densities of rows [count] for the widths, and for each their mean and its standard error. */
static gan_status estimate(gan_context *context, const gan__square_sets *sets, const double *widths,
                           int64_t width_count, double *means, double *errors) {
  int64_t numbers;
  if (!gan__multiply(sets->row_count, width_count, &numbers))
    return gan__fail(context, GAN_ERROR_LIMIT, "widths: %lld for %lld rows overflow",
                     (long long)width_count, (long long)sets->row_count);
  double *log_densities = gan__allocate(context, (uint64_t)numbers, sizeof *log_densities);
  if (!log_densities) return GAN_ERROR_MEMORY;
  gan_status status = gan__parzen_measure(context, sets, widths, width_count, log_densities);
  for (int64_t w = 0; w < width_count && status == GAN_OK; w++)
    means[w] = gan__mean(log_densities + w * sets->row_count, sets->row_count, &errors[w]);
  gan__release(context, log_densities);
  return status;
}

gan_status gan_metric_parzen(gan_context *context, const gan_parzen_data *data, double width,
                             double *log_densities, gan_parzen_report *report) {
  if (!context) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_parzen(context, data, report));
  GAN_TRY(check_width(context, width));
  gan__square_sets sets = {data->test, data->test_count, data->samples, data->sample_count,
                           data->dims};
  double *made = gan__allocate(context, (uint64_t)data->test_count, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  gan_status status = gan__parzen_measure(context, &sets, &width, 1, made);
  if (status == GAN_OK) {
    gan_parzen_report told = {.width = width};
    told.mean = gan__mean(made, data->test_count, &told.standard_error);
    hand_out(&told, report, sizeof told);
    if (log_densities) memcpy(log_densities, made, (size_t)data->test_count * sizeof *made);
  }
  gan__release(context, made);
  return status;
}

/* means, errors: room for [width_count] numbers. */
static gan_status choose_width(gan_context *context, const gan_parzen_data *data,
                               const double *widths, int64_t width_count, double *means,
                               double *errors, gan_parzen_report *made) {
  gan__square_sets sets = {data->validation, data->validation_count, data->samples,
                           data->sample_count, data->dims};
  GAN_TRY(estimate(context, &sets, widths, width_count, means, errors));
  int64_t best = 0;
  for (int64_t w = 1; w < width_count; w++)
    if (means[w] > means[best]) best = w;
  made->width = widths[best];
  made->width_index = best;
  made->validation_mean = means[best];
  made->validation_standard_error = errors[best];
  sets.rows = data->test;
  sets.row_count = data->test_count;
  return estimate(context, &sets, &made->width, 1, &made->mean, &made->standard_error);
}

gan_status gan_metric_parzen_choose(gan_context *context, const gan_parzen_data *data,
                                    const double *widths, int64_t width_count,
                                    double *validation_means, gan_parzen_report *report) {
  if (!context) return GAN_ERROR_ARGUMENT;
  double grid[GAN__PARZEN_WIDTHS];
  GAN_TRY(check_parzen(context, data, report));
  GAN_TRY(check_rows(context, "validation", data->validation, data->validation_count, data->dims));
  if (width_count < 1 || (!widths && width_count != GAN__PARZEN_WIDTHS))
    return gan__fail(context, GAN_ERROR_ARGUMENT, "width_count %lld, must be %s",
                     (long long)width_count, widths ? "at least 1" : "10 when widths is NULL");
  gan__parzen_grid(grid);
  if (!widths) widths = grid;
  for (int64_t w = 0; w < width_count; w++)
    GAN_TRY(check_width(context, widths[w]));
  double *means = gan__allocate(context, (uint64_t)width_count, sizeof *means);
  double *errors = gan__allocate(context, (uint64_t)width_count, sizeof *errors);
  gan_parzen_report made = {.struct_size = sizeof made};
  gan_status status = means && errors
                          ? choose_width(context, data, widths, width_count, means, errors, &made)
                          : GAN_ERROR_MEMORY;
  if (status == GAN_OK) {
    hand_out(&made, report, sizeof made);
    if (validation_means) memcpy(validation_means, means, (size_t)width_count * sizeof *means);
  }
  gan__release(context, means);
  gan__release(context, errors);
  return status;
}

/* ---- What a discriminator tells of two distributions. ---- */

gan_status gan_metric_logits(gan_context *context, const float *real, int64_t real_count,
                             const float *generated, int64_t generated_count,
                             gan_logit_report *report) {
  if (!context) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_struct(context, "report", report, sizeof *report));
  GAN_TRY(check_rows(context, "real", real, real_count, 1));
  GAN_TRY(check_rows(context, "generated", generated, generated_count, 1));
  gan_logit_report made = {.struct_size = sizeof made};
  gan__logits_measure(real, real_count, generated, generated_count, &made);
  hand_out(&made, report, sizeof made);
  return GAN_OK;
}

enum { PARTS_MAX = 256 };
#define PLACE_MAX         1e30
#define DEVIATION_MINIMUM 1e-30

static gan_status check_density(gan_context *context, const char *name,
                                const gan_density *density) {
  GAN_TRY(check_struct(context, name, density, sizeof *density));
  if (density->parts < 1 || density->parts > PARTS_MAX)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "%s: parts %lld, must be 1 to %d", name,
                     (long long)density->parts, PARTS_MAX);
  if (!density->means || !density->deviations)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "%s: %s is NULL", name,
                     density->means ? "deviations" : "means");
  for (int64_t k = 0; k < density->parts; k++) {
    double weight = density->weights ? density->weights[k] : 1, mean = density->means[k];
    double deviation = density->deviations[k];
    const char *wrong = !(weight >= DEVIATION_MINIMUM && weight <= PLACE_MAX)         ? "weight"
                        : !(fabs(mean) <= PLACE_MAX)                                  ? "mean"
                        : !(deviation >= DEVIATION_MINIMUM && deviation <= PLACE_MAX) ? "deviation"
                                                                                      : NULL;
    if (!wrong) continue;
    char text[32];
    double value = wrong[0] == 'w' ? weight : wrong[0] == 'm' ? mean : deviation;
    return gan__fail(context, GAN_ERROR_ARGUMENT, "%s: %s %s of part %lld, must be %s to 1e30",
                     name, wrong, gan__text_double(text, value), (long long)k,
                     wrong[0] == 'm' ? "-1e30" : "1e-30");
  }
  return GAN_OK;
}

gan_status gan_metric_divergence(gan_context *context, const gan_density *p, const gan_density *q,
                                 gan_divergence_report *report) {
  if (!context) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_struct(context, "report", report, sizeof *report));
  GAN_TRY(check_density(context, "p", p));
  GAN_TRY(check_density(context, "q", q));
  gan_divergence_report made = {.struct_size = sizeof made};
  GAN_TRY(gan__divergence_measure(context, p, q, &made));
  hand_out(&made, report, sizeof made);
  return GAN_OK;
}

gan_status gan_metric_best_logits(gan_context *context, const gan_density *p, const gan_density *q,
                                  const double *points, int64_t count, double *logits) {
  if (!context) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_density(context, "p", p));
  GAN_TRY(check_density(context, "q", q));
  if (!points || !logits || count < 0)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "%s",
                     !points   ? "points is NULL"
                     : !logits ? "logits is NULL"
                               : "count is negative");
  for (int64_t i = 0; i < count; i++)
    if (!(fabs(points[i]) <= PLACE_MAX))
      return gan__fail(context, GAN_ERROR_ARGUMENT, "points: number %lld is not within 1e30",
                       (long long)i);
  for (int64_t i = 0; i < count; i++)
    logits[i] = gan__density_log(p, points[i]) - gan__density_log(q, points[i]);
  return GAN_OK;
}

/* ---- Distances among rows. ---- */

static gan_status check_distance_view(gan_context *context, const gan_distance_view *view,
                                      const int64_t *counts) {
  GAN_TRY(check_struct(context, "view", view, sizeof *view));
  if (view->pairs < 1 || view->bins < 0)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "view: %lld pairs and %lld bins, must be at least 1 and 0",
                     (long long)view->pairs, (long long)view->bins);
  if (view->bins && !counts)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "counts is NULL for %lld bins",
                     (long long)view->bins);
  if (isfinite(view->low) && isfinite(view->high - view->low) && view->low <= view->high)
    return GAN_OK;
  char low[32], high[32];
  return gan__fail(context, GAN_ERROR_ARGUMENT, "view: low %s and high %s, must be in this order",
                   gan__text_double(low, view->low), gan__text_double(high, view->high));
}

gan_status gan_metric_distances(gan_context *context, const float *rows, int64_t count,
                                int64_t dims, const gan_distance_view *view, int64_t *counts,
                                gan_distance_report *report) {
  if (!context) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_struct(context, "report", report, sizeof *report));
  GAN_TRY(check_distance_view(context, view, counts));
  GAN_TRY(check_rows(context, "rows", rows, count, dims));
  if (count < 2) return gan__fail(context, GAN_ERROR_ARGUMENT, "rows: 1, must be at least 2");
  gan_distance_report made = {.struct_size = sizeof made};
  GAN_TRY(gan__pairs_measure(context, rows, count, dims, view, counts, &made));
  hand_out(&made, report, sizeof made);
  return GAN_OK;
}

gan_status gan_metric_kmeans(gan_context *context, const float *rows, int64_t count, int64_t dims,
                             const gan_cluster_view *view, float *centroids,
                             gan_cluster_report *report) {
  if (!context) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_struct(context, "report", report, sizeof *report));
  GAN_TRY(check_struct(context, "view", view, sizeof *view));
  if (!centroids) return gan__fail(context, GAN_ERROR_ARGUMENT, "centroids is NULL");
  GAN_TRY(check_rows(context, "rows", rows, count, dims));
  if (view->clusters < 1 || view->clusters > count || view->iterations < 0)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "view: %lld clusters and %lld iterations, must be 1 to %lld and at least 0",
                     (long long)view->clusters, (long long)view->iterations, (long long)count);
  gan_cluster_report made = {.struct_size = sizeof made};
  GAN_TRY(gan__clusters_make(context, rows, count, dims, view, centroids, &made));
  hand_out(&made, report, sizeof made);
  return GAN_OK;
}
