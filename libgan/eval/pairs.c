/* SPDX-License-Identifier: MIT */
/* Job: distances between random pairs of rows: their histogram and quantiles. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "eval/pairs.h"
#include "eval/squares.h"

/* Pairs between two looks whether to stop. */
enum { PATIENCE = 1024 };

static int compare(const void *a, const void *b) {
  double first = *(const double *)a, second = *(const double *)b;
  return (first > second) - (first < second);
}

/* Of sorted values: linear between the two neighbours of (count - 1) share. */
static double quantile(const double *sorted, int64_t count, double share) {
  double place = share * (double)(count - 1);
  int64_t below = (int64_t)place;
  if (below + 1 >= count) return sorted[count - 1];
  return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

static gan_status draw(gan_context *context, const float *rows, int64_t count, int64_t dims,
                       const gan_distance_view *view, double *distances) {
  gan__stream stream = gan__stream_make(view->seed, "pairs of rows", 0);
  for (int64_t i = 0; i < view->pairs; i++) {
    if (i % PATIENCE == 0 && gan__cancel_requested(context))
      return gan__fail(context, GAN_ERROR_CANCELLED, "cancelled after %lld of %lld pairs",
                       (long long)i, (long long)view->pairs);
    int64_t first = (int64_t)gan__stream_below(&stream, (uint64_t)count);
    int64_t second = (int64_t)gan__stream_below(&stream, (uint64_t)count - 1);
    if (second >= first) second++; /* the others, each equally often */
    distances[i] = sqrt(gan__square(rows + first * dims, rows + second * dims, dims));
  }
  return GAN_OK;
}

/* Puts sorted distances into bins of [low, high]. */
static void count_bins(const double *sorted, const gan_distance_view *view, int64_t *counts,
                       gan_distance_report *report) {
  double low = view->low, high = view->high, bins = (double)view->bins;
  if (low == high) {
    low = 0;
    high = sorted[view->pairs - 1] > 0 ? sorted[view->pairs - 1] : 1;
  }
  if (view->bins) memset(counts, 0, (size_t)view->bins * sizeof *counts);
  for (int64_t i = 0; i < view->pairs; i++) {
    report->below += sorted[i] < low;
    report->above += sorted[i] > high;
    if (!view->bins || sorted[i] < low || sorted[i] > high) continue;
    int64_t bin = (int64_t)floor((sorted[i] - low) / (high - low) * bins);
    counts[bin < view->bins ? bin : view->bins - 1]++;
  }
  report->low = low;
  report->high = high;
}

gan_status gan__pairs_measure(gan_context *context, const float *rows, int64_t count, int64_t dims,
                              const gan_distance_view *view, int64_t *counts,
                              gan_distance_report *report) {
  double *distances = gan__allocate(context, (uint64_t)view->pairs, sizeof *distances), sum = 0;
  if (!distances) return GAN_ERROR_MEMORY;
  gan_status status = draw(context, rows, count, dims, view, distances);
  if (status == GAN_OK) {
    qsort(distances, (size_t)view->pairs, sizeof *distances, compare);
    for (int64_t i = 0; i < view->pairs; i++)
      sum += distances[i];
    report->below = report->above = 0;
    report->mean = sum / (double)view->pairs;
    report->minimum = distances[0];
    report->quartile = quantile(distances, view->pairs, 0.25);
    report->median = quantile(distances, view->pairs, 0.5);
    report->upper_quartile = quantile(distances, view->pairs, 0.75);
    report->maximum = distances[view->pairs - 1];
    count_bins(distances, view, counts, report);
  }
  gan__release(context, distances);
  return status;
}
