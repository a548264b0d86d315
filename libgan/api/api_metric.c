/* SPDX-License-Identifier: MIT */
/* Job: the public calls of metric.h: check arguments, call the measures. */
#include <math.h>
#include <string.h>

#include <gan/metric.h>

#include "base/memory.h"
#include "base/text.h"
#include "eval/arcs.h"
#include "eval/modes.h"

static gan_status check_report(gan_context *context, const gan_mode_report *report) {
  if (!report) return gan__fail(context, GAN_ERROR_ARGUMENT, "report is NULL");
  if (report->struct_size < sizeof *report)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "report: struct_size %llu, must be at least %llu",
                     (unsigned long long)report->struct_size, (unsigned long long)sizeof *report);
  return GAN_OK;
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

/* Keeps the caller's struct_size; a longer struct of a newer caller keeps its other fields. */
static void hand_out(const gan_mode_report *made, gan_mode_report *report) {
  uint64_t size = report->struct_size;
  *report = *made;
  report->struct_size = size;
}

gan_status gan_metric_modes(gan_context *context, const float *samples, int64_t count,
                            const float *centres, int64_t modes, int64_t dims, double deviation,
                            gan_mode_report *report) {
  if (!context) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_report(context, report));
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
  hand_out(&made, report);
  return GAN_OK;
}

gan_status gan_metric_swissroll(gan_context *context, const float *samples, int64_t count,
                                double noise, double scale, gan_mode_report *report) {
  if (!context) return GAN_ERROR_ARGUMENT;
  GAN_TRY(check_report(context, report));
  GAN_TRY(check_array(context, "samples", samples, count, 2));
  GAN_TRY(check_positive(context, "noise", noise));
  GAN_TRY(check_positive(context, "scale", scale));
  gan_mode_report made = {.struct_size = sizeof made};
  gan__arcs_measure(samples, count, noise, scale, &made);
  hand_out(&made, report);
  return GAN_OK;
}
