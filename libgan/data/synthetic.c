/* SPDX-License-Identifier: MIT */
/* Job: the toy distributions of the plane (ring, grid, swiss roll) and the geometry of the roll. */
#include <math.h>

#include "base/memory.h"
#include "base/random.h"
#include "data/synthetic.h"

static const double two_pi = 6.28318530717958647693;

static void free_synthetic(gan_context *context, void *state) {
  gan__synthetic *self = state;
  if (!self) return;
  gan__release(context, self->centres);
  gan__release(context, self->centres_f32);
  gan__release(context, self);
}

const gan__synthetic *gan__synthetic_of(const gan__source *source) {
  return source->finish == free_synthetic ? source->state : NULL;
}

/* The bits of one row: one block serves it whole, so rows can be made in any order. */
typedef struct bits {
  uint32_t choice;   /* of the mode or of t */
  double normals[2]; /* N(0, I), by Box and Muller (1958) */
} bits;

static bits row_bits(const gan__draw *draw, int64_t row) {
  uint32_t words[4];
  gan__philox(draw->key, draw->first + (uint64_t)row, draw->index, words);
  double radius = sqrt(-2.0 * log(gan__unit(words[1])));
  double angle = two_pi * gan__unit(words[2]);
  return (bits){words[0], {radius * cos(angle), radius * sin(angle)}};
}

static void put_point(const gan__draw *draw, int64_t row, double x, double y) {
  if (draw->dtype == GAN_F32) {
    float *out = (float *)draw->out + 2 * row;
    out[0] = (float)x;
    out[1] = (float)y;
  } else {
    double *out = (double *)draw->out + 2 * row;
    out[0] = x;
    out[1] = y;
  }
}

/* x = centre + deviation n; the mode is floor(choice modes / 2^32), whose chances are equal up to
 * 2^-32. */
static gan_status draw_modes(const gan__source *source, const gan__draw *draw) {
  const gan__synthetic *self = source->state;
  for (int64_t row = 0; row < draw->rows; row++) {
    bits random = row_bits(draw, row);
    int64_t mode = (int64_t)(((uint64_t)random.choice * (uint64_t)self->modes) >> 32);
    const double *centre = self->centres + 2 * mode;
    if (draw->labels) draw->labels[row] = (int32_t)mode;
    if (draw->out)
      put_point(draw, row, centre[0] + self->deviation * random.normals[0],
                centre[1] + self->deviation * random.normals[1]);
  }
  return GAN_OK;
}

/* x = ((t cos t, t sin t) + noise n) / scale with t = 1.5 pi (1 + 2 u). */
static gan_status draw_swissroll(const gan__source *source, const gan__draw *draw) {
  const gan__synthetic *self = source->state;
  for (int64_t row = 0; row < draw->rows; row++) {
    bits random = row_bits(draw, row);
    double point[2];
    gan__swissroll_point(GAN__SWISSROLL_FIRST * (1.0 + 2.0 * gan__unit(random.choice)), point);
    put_point(draw, row, (point[0] + self->noise * random.normals[0]) / self->scale,
              (point[1] + self->noise * random.normals[1]) / self->scale);
  }
  return GAN_OK;
}

/* A source of points with room for `modes` centres; NULL after raising GAN_ERROR_MEMORY. */
static gan__source *create(gan_context *context, int64_t modes) {
  gan__source *source = gan__source_create(context, &(gan__shape){.rank = 1, .dims = {2}}, -1);
  if (!source) return NULL;
  gan__synthetic *self = gan__allocate(context, 1, sizeof *self);
  source->state = self;
  source->finish = free_synthetic;
  source->drawn_by_number = true;
  if (self && modes > 0) {
    self->modes = modes;
    self->centres = gan__allocate(context, (uint64_t)modes, 2 * sizeof *self->centres);
    if (self->centres)
      self->centres_f32 = gan__allocate(context, (uint64_t)modes, 2 * sizeof *self->centres_f32);
  }
  if (!self || (modes > 0 && !self->centres_f32)) {
    gan__source_unref(source);
    return NULL;
  }
  source->classes = (int32_t)modes;
  source->draw = modes > 0 ? draw_modes : draw_swissroll;
  return source;
}

static void set_centre(gan__synthetic *self, int64_t mode, double x, double y) {
  self->centres[2 * mode] = x;
  self->centres[2 * mode + 1] = y;
  self->centres_f32[2 * mode] = (float)x;
  self->centres_f32[2 * mode + 1] = (float)y;
}

gan_status gan__ring_create(gan_context *context, int64_t modes, double radius, double deviation,
                            gan__source **source) {
  gan__source *made = create(context, modes);
  if (!made) return GAN_ERROR_MEMORY;
  gan__synthetic *self = made->state;
  self->deviation = deviation;
  for (int64_t mode = 0; mode < modes; mode++) {
    /* Divided by modes, not modes - 1: the last mode must not fall upon the first. */
    double angle = two_pi * (double)mode / (double)modes;
    set_centre(self, mode, radius * cos(angle), radius * sin(angle));
  }
  *source = made;
  return GAN_OK;
}

gan_status gan__grid_create(gan_context *context, int64_t side, double spacing, double deviation,
                            gan__source **source) {
  gan__source *made = create(context, side * side);
  if (!made) return GAN_ERROR_MEMORY;
  gan__synthetic *self = made->state;
  self->deviation = deviation;
  double middle = (double)(side - 1) / 2.0;
  for (int64_t mode = 0; mode < side * side; mode++)
    set_centre(self, mode, spacing * ((double)(mode % side) - middle),
               spacing * ((double)(mode / side) - middle));
  *source = made;
  return GAN_OK;
}

gan_status gan__swissroll_create(gan_context *context, double noise, double scale,
                                 gan__source **source) {
  gan__source *made = create(context, 0);
  if (!made) return GAN_ERROR_MEMORY;
  gan__synthetic *self = made->state;
  self->noise = noise;
  self->scale = scale;
  self->deviation = noise / scale;
  *source = made;
  return GAN_OK;
}

void gan__swissroll_point(double t, double point[2]) {
  point[0] = t * cos(t);
  point[1] = t * sin(t);
}

double gan__swissroll_length(double t) {
  return 0.5 * (t * sqrt(1.0 + t * t) + asinh(t));
}

double gan__swissroll_parameter(double length) {
  if (!(length > 0.0)) return 0.0;
  /* The length s(t) has s >= t^2 / 2 and s >= t, is convex, and s' = sqrt(1 + t^2): from a start at
   * or above the root Newton's steps fall towards it and never pass it. */
  double t = fmin(length, sqrt(2.0 * length));
  for (int step = 0; step < 64; step++) {
    double next = t - (gan__swissroll_length(t) - length) / sqrt(1.0 + t * t);
    if (!(next < t)) break;
    t = next;
  }
  return t;
}

double gan__swissroll_boundary(int64_t i, int64_t arcs) {
  if (i <= 0) return GAN__SWISSROLL_FIRST;
  if (i >= arcs) return GAN__SWISSROLL_LAST;
  double first = gan__swissroll_length(GAN__SWISSROLL_FIRST);
  double whole = gan__swissroll_length(GAN__SWISSROLL_LAST) - first;
  return gan__swissroll_parameter(first + whole * (double)i / (double)arcs);
}
