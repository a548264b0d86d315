/* SPDX-License-Identifier: MIT */
/* Job: log densities of rows under Gaussian windows around samples, for several widths at once. */
#include <math.h>

#include "base/memory.h"
#include "eval/parzen.h"

#define LOG_ROOT_TWO_PI 0.91893853320467274178 /* log sqrt(2 pi) */

/* log p(x) = log mean_i exp(-||x - g_i||^2 / (2 s^2)) - d log(s sqrt(2 pi)) (Goodfellow et al.
 * 2014, section 5). The sum is kept relative to its largest term, which for every width is that of
 * the nearest sample so far; a term e^-FAR below the largest would not change it. */
#define FAR 64.0

typedef struct windows {
  const double *widths; /* [width_count] */
  int64_t width_count;
  double *scales;  /* [width_count]: 1 / (2 s^2) */
  double *nearest; /* [rows]: least squared distance so far */
  double *sums;    /* [rows, width_count] of exp((nearest - square) scale) */
  double reach;    /* FAR over the least scale */
} windows;

void gan__parzen_grid(double widths[GAN__PARZEN_WIDTHS]) {
  for (int32_t i = 0; i < GAN__PARZEN_WIDTHS; i++)
    widths[i] = pow(10, -1 + i / (GAN__PARZEN_WIDTHS - 1.0));
}

double gan__mean(const double *values, int64_t count, double *standard_error) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < count; i++)
    sum += values[i];
  double mean = sum / (double)count;
  for (int64_t i = 0; i < count; i++)
    squares += (values[i] - mean) * (values[i] - mean);
  *standard_error = sqrt(squares / (double)count / (double)count);
  return mean;
}

static void add(const gan__square_block *block, void *user) {
  windows *all = user;
  for (int64_t i = 0; i < block->rows; i++) {
    const double *squares = block->values + i * GAN__SQUARES_SIDE;
    double *nearest = &all->nearest[block->row + i];
    double *sums = all->sums + (block->row + i) * all->width_count, before = *nearest;
    for (int64_t j = 0; j < block->others; j++)
      if (squares[j] < *nearest) *nearest = squares[j];
    if (*nearest < before && block->other > 0)
      for (int64_t w = 0; w < all->width_count; w++)
        sums[w] *= exp((*nearest - before) * all->scales[w]);
    for (int64_t j = 0; j < block->others; j++) {
      double beyond = squares[j] - *nearest;
      if (beyond > all->reach) continue;
      for (int64_t w = 0; w < all->width_count; w++)
        if (beyond * all->scales[w] < FAR) sums[w] += exp(-beyond * all->scales[w]);
    }
  }
}

static void finish(const windows *all, const gan__square_sets *sets, double *log_densities) {
  double samples = log((double)sets->other_count);
  for (int64_t w = 0; w < all->width_count; w++) {
    double volume = (double)sets->dims * (log(all->widths[w]) + LOG_ROOT_TWO_PI);
    for (int64_t row = 0; row < sets->row_count; row++)
      log_densities[w * sets->row_count + row] = log(all->sums[row * all->width_count + w])
                                                 - samples - all->nearest[row] * all->scales[w]
                                                 - volume;
  }
}

gan_status gan__parzen_measure(gan_context *context, const gan__square_sets *sets,
                               const double *widths, int64_t width_count, double *log_densities) {
  windows all = {.widths = widths, .width_count = width_count};
  int64_t sums;
  if (!gan__multiply(sets->row_count, width_count, &sums))
    return gan__fail(context, GAN_ERROR_LIMIT, "%lld rows and %lld widths overflow",
                     (long long)sets->row_count, (long long)width_count);
  all.scales = gan__allocate(context, (uint64_t)width_count, sizeof(double));
  all.nearest = gan__allocate(context, (uint64_t)sets->row_count, sizeof(double));
  all.sums = gan__allocate(context, (uint64_t)sums, sizeof(double));
  gan_status status = all.scales && all.nearest && all.sums ? GAN_OK : GAN_ERROR_MEMORY;
  if (status == GAN_OK) {
    for (int64_t w = 0; w < width_count; w++) {
      all.scales[w] = 0.5 / (widths[w] * widths[w]);
      if (FAR / all.scales[w] > all.reach) all.reach = FAR / all.scales[w];
    }
    for (int64_t row = 0; row < sets->row_count; row++)
      all.nearest[row] = INFINITY;
    status = gan__squares_visit(context, sets, add, &all);
  }
  if (status == GAN_OK) finish(&all, sets, log_densities);
  gan__release(context, all.scales);
  gan__release(context, all.nearest);
  gan__release(context, all.sums);
  return status;
}
