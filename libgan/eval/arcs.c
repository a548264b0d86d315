/* SPDX-License-Identifier: MIT */
/* Job: which arcs of the swiss roll samples cover. */
#include <math.h>
#include <stdbool.h>

#include "data/synthetic.h"
#include "eval/arcs.h"
#include "eval/modes.h"

/* Steps of a first look along the curve: at most 0.12 long each, while its turns lie 2 pi apart and
 * its radius of curvature is never below 4.8; so within two steps the distance has one minimum. */
enum { STEPS = 1024, HALVINGS = 60 };

static double parameter(int32_t step) {
  if (step <= 0) return GAN__SWISSROLL_FIRST;
  if (step >= STEPS) return GAN__SWISSROLL_LAST;
  return GAN__SWISSROLL_FIRST + (GAN__SWISSROLL_LAST - GAN__SWISSROLL_FIRST) * step / STEPS;
}

/* Half the derivative by t of the squared distance: (c(t) - point) . c'(t). */
static double slope(const double point[2], double t) {
  double curve[2], turn = cos(t), rise = sin(t);
  gan__swissroll_point(t, curve);
  return (curve[0] - point[0]) * (turn - t * rise) + (curve[1] - point[1]) * (rise + t * turn);
}

double gan__swissroll_nearest(const double point[2]) {
  double best = INFINITY;
  int32_t nearest = 0;
  for (int32_t step = 0; step <= STEPS; step++) {
    double curve[2];
    gan__swissroll_point(parameter(step), curve);
    double square = (curve[0] - point[0]) * (curve[0] - point[0])
                    + (curve[1] - point[1]) * (curve[1] - point[1]);
    if (square >= best) continue;
    best = square;
    nearest = step;
  }
  double low = parameter(nearest - 1), high = parameter(nearest + 1);
  if (slope(point, low) >= 0) return low;
  if (slope(point, high) <= 0) return high;
  for (int32_t i = 0; i < HALVINGS; i++) {
    double middle = 0.5 * (low + high);
    if (slope(point, middle) < 0)
      low = middle;
    else
      high = middle;
  }
  return 0.5 * (low + high);
}

void gan__arcs_measure(const float *samples, int64_t count, double noise, double scale,
                       gan_mode_report *report) {
  int64_t counts[GAN__SWISSROLL_ARCS] = {0};
  double ends[GAN__SWISSROLL_ARCS];
  for (int64_t arc = 0; arc < GAN__SWISSROLL_ARCS; arc++)
    ends[arc] = gan__swissroll_boundary(arc + 1, GAN__SWISSROLL_ARCS);
  for (int64_t i = 0; i < count; i++) {
    double point[2] = {samples[2 * i] * scale, samples[2 * i + 1] * scale}, curve[2];
    if (!isfinite(point[0]) || !isfinite(point[1])) continue;
    double t = gan__swissroll_nearest(point);
    gan__swissroll_point(t, curve);
    if (hypot(curve[0] - point[0], curve[1] - point[1]) > GAN__MODES_REACH * noise) continue;
    int64_t arc = 0;
    while (arc < GAN__SWISSROLL_ARCS - 1 && t >= ends[arc])
      arc++;
    counts[arc]++;
  }
  gan__modes_summarise(counts, GAN__SWISSROLL_ARCS, count, report);
}
