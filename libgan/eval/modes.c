/* SPDX-License-Identifier: MIT */
/* Job: which modes of a known distribution samples cover. */
#include <math.h>

#include "base/memory.h"
#include "eval/modes.h"

/* Reverse KL of the histogram p against uniform: sum_i p_i log(p_i M), with 0 log 0 = 0 (the
 * measure of Lin et al. 2018, "PacGAN", section 4). */
void gan__modes_summarise(const int64_t *counts, int64_t modes, int64_t samples,
                          gan_mode_report *report) {
  int64_t good = 0, touched = 0, held = 0, hundredth = samples / 100 + (samples % 100 != 0);
  for (int64_t i = 0; i < modes; i++) {
    good += counts[i];
    touched += counts[i] > 0;
    held += counts[i] >= hundredth;
  }
  double divergence = good ? 0 : INFINITY;
  for (int64_t i = 0; i < modes; i++) {
    double share = good ? (double)counts[i] / (double)good : 0;
    if (share > 0) divergence += share * log(share * (double)modes);
  }
  report->samples = samples;
  report->mode_count = modes;
  report->modes = touched;
  report->modes_1pct = held;
  report->high_quality = (double)good / (double)samples;
  /* An even histogram may come out as -1e-17. */
  report->reverse_kl = divergence > 0 ? divergence : 0;
}

/* The mode nearest to a sample, if it lies within reach; else -1, as for a sample with a NaN, whose
 * distance compares false with everything. */
static int64_t nearest_mode(const gan__mixture *mixture, const float *sample) {
  double reach = GAN__MODES_REACH * mixture->deviation, best = INFINITY;
  int64_t nearest = -1;
  for (int64_t mode = 0; mode < mixture->modes; mode++) {
    const float *centre = mixture->centres + mode * mixture->dims;
    double square = 0;
    for (int64_t i = 0; i < mixture->dims; i++) {
      double step = (double)sample[i] - (double)centre[i];
      square += step * step;
    }
    if (square < best) {
      best = square;
      nearest = mode;
    }
  }
  return sqrt(best) <= reach ? nearest : -1;
}

gan_status gan__modes_measure(gan_context *context, const float *samples, int64_t count,
                              const gan__mixture *mixture, gan_mode_report *report) {
  int64_t *counts = gan__allocate(context, (uint64_t)mixture->modes, sizeof *counts);
  if (!counts) return GAN_ERROR_MEMORY;
  for (int64_t i = 0; i < count; i++) {
    int64_t mode = nearest_mode(mixture, samples + i * mixture->dims);
    if (mode >= 0) counts[mode]++;
  }
  gan__modes_summarise(counts, mixture->modes, count, report);
  gan__release(context, counts);
  return GAN_OK;
}
