/* SPDX-License-Identifier: MIT */
/* Job: the toy distributions of the plane (ring, grid, swiss roll) and the geometry of the roll. */
#ifndef GAN__DATA_SYNTHETIC_H
#define GAN__DATA_SYNTHETIC_H

#include "data/source.h"

/* The roll is the spiral (t cos t, t sin t) for t from FIRST to LAST, 1.5 pi to 4.5 pi. */
#define GAN__SWISSROLL_FIRST 4.71238898038468985769
#define GAN__SWISSROLL_LAST  14.13716694115406957308

enum { GAN__MODES_MAX = 65536 };

/* The state of a synthetic source. */
typedef struct gan__synthetic {
  int64_t modes;       /* 0 for the swiss roll */
  double *centres;     /* [modes, 2], drawn around */
  float *centres_f32;  /* the same, for callers */
  double deviation;    /* of each mode, in every direction; for the roll: noise / scale */
  double noise, scale; /* swiss roll only */
} gan__synthetic;

/* `modes` Gaussians of equal weight; mode i at angle 2 pi i / modes of a circle around 0. */
gan_status gan__ring_create(gan_context *context, int64_t modes, double radius, double deviation,
                            gan__source **source);

/* side x side Gaussians of equal weight around 0, `spacing` apart; mode i in row i / side. */
gan_status gan__grid_create(gan_context *context, int64_t side, double spacing, double deviation,
                            gan__source **source);

/* ((t cos t, t sin t) + noise n) / scale with t uniform in its range and n ~ N(0, I). */
gan_status gan__swissroll_create(gan_context *context, double noise, double scale,
                                 gan__source **source);

/* The state behind a source that one of the above made; NULL for any other. */
const gan__synthetic *gan__synthetic_of(const gan__source *source);

/* The point of the spiral at t, before noise and scale. */
void gan__swissroll_point(double t, double point[2]);

/* The length of the spiral from 0 to t >= 0: (t sqrt(1 + t^2) + asinh t) / 2. */
double gan__swissroll_length(double t);

/* Its inverse: the t >= 0 at which the spiral is `length` long, to a relative 1e-15 or so. */
double gan__swissroll_parameter(double length);

/* Boundary i of `arcs` arcs of equal length: FIRST at i = 0, LAST at i = arcs. */
double gan__swissroll_boundary(int64_t i, int64_t arcs);

#endif
