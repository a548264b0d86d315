/* SPDX-License-Identifier: MIT */
/* Job: initial values of parameters: uniform, normal, Xavier, He, orthogonal, constant. */
#include <math.h>

#include "base/memory.h"
#include "nn/initialise.h"
#include "nn/layer.h"

const gan__initialiser_row gan__initialiser_rows[GAN__INITIALISERS] = {
    [0] = {"", 0, false, 0},
    [GAN_INIT_UNIFORM] = {"uniform", 2, true, NAN},
    [GAN_INIT_NORMAL] = {"normal", 2, true, NAN},
    [GAN_INIT_XAVIER] = {"xavier", 0, false, 0},
    [GAN_INIT_HE] = {"he", 0, false, 0},
    [GAN_INIT_ORTHOGONAL] = {"orthogonal", 1, false, 1},
    [GAN_INIT_CONSTANT] = {"constant", 1, true, NAN},
};

const char *gan__initialiser_refuse(const gan__initialiser *initialiser, bool bias) {
  if (initialiser->kind < 1 || initialiser->kind >= GAN__INITIALISERS) return "no such initialiser";
  const gan__initialiser_row *row = &gan__initialiser_rows[initialiser->kind];
  if (bias && !row->bias) return "a bias can be uniform, normal or constant";
  if ((row->numbers > 0 && !gan__setting_valid(initialiser->a))
      || (row->numbers > 1 && !gan__setting_valid(initialiser->b)))
    return "numbers go from -1e30 to 1e30";
  if (initialiser->kind == GAN_INIT_UNIFORM && !(initialiser->a <= initialiser->b))
    return "the lower end is above the upper one";
  if (initialiser->kind == GAN_INIT_NORMAL && !(initialiser->b >= 0))
    return "the standard deviation is negative";
  return NULL;
}

static void fill_uniform(gan__stream *stream, int64_t count, double low, double high,
                         gan__array data) {
  for (int64_t i = 0; i < count; i++)
    gan__array_put(data, i, low + (high - low) * gan__stream_uniform(stream));
}

static void fill_normal(gan__stream *stream, int64_t count, double mean, double deviation,
                        gan__array data) {
  for (int64_t i = 0; i < count; i++)
    gan__array_put(data, i, mean + deviation * gan__stream_normal(stream));
}

/* Eight sums side by side keep the processor's pipelines full; their order is fixed, so the bits
 * are too. */
static double dot(const double *x, const double *y, int64_t count) {
  double sums[8] = {0};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int64_t lane = 0; lane < 8; lane++)
      sums[lane] += x[i + lane] * y[i + lane];
  for (; i < count; i++)
    sums[0] += x[i] * y[i];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

/* x [length] := a vector of N(0, 1), less its parts along the `count` orthonormal rows of q, at
 * length 1. The parts are taken off twice: once leaves errors that grow with the condition of what
 * was drawn, twice is enough (Giraud et al. 2005). */
static void draw_orthogonal(gan__stream *stream, const double *q, int64_t count, int64_t length,
                            double *x) {
  double norm = 0;
  while (norm == 0) {
    for (int64_t i = 0; i < length; i++)
      x[i] = gan__stream_normal(stream);
    for (int64_t k = 0; k < 2 * count; k++) {
      const double *row = q + k % count * length;
      double part = dot(x, row, length);
      for (int64_t i = 0; i < length; i++)
        x[i] -= part * row[i];
    }
    norm = sqrt(dot(x, x, length));
  }
  for (int64_t i = 0; i < length; i++)
    x[i] /= norm;
}

/* Modified Gram-Schmidt on a matrix of N(0, 1): its Q, whose R has a positive diagonal, is uniform
 * over the orthogonal matrices (Mezzadri 2007). W is [in, out]: with in <= out its rows are
 * orthonormal, else its columns. */
static gan_status fill_orthogonal(gan_context *context, gan__stream *stream,
                                  const gan__shape *shape, double gain, gan__array data) {
  int64_t in = shape->dims[0], out = shape->dims[1];
  bool by_rows = in <= out;
  int64_t count = by_rows ? in : out, length = by_rows ? out : in;
  double *q = gan__allocate(context, (uint64_t)(count * length), sizeof *q); /* [count, length] */
  if (!q) return GAN_ERROR_MEMORY;
  for (int64_t k = 0; k < count; k++) {
    if (gan__cancel_requested(context)) { /* the largest take minutes */
      gan__release(context, q);
      return gan__fail(context, GAN_ERROR_CANCELLED, "cancelled while parameters were initialised");
    }
    draw_orthogonal(stream, q, k, length, q + k * length);
  }
  for (int64_t k = 0; k < count; k++)
    for (int64_t i = 0; i < length; i++)
      gan__array_put(data, by_rows ? k * length + i : i * count + k, gain * q[k * length + i]);
  gan__release(context, q);
  return GAN_OK;
}

gan_status gan__initialise(gan_context *context, const gan__initialiser *initialiser,
                           gan__stream stream, const gan__shape *shape, gan__array data) {
  int64_t count = gan__shape_count(shape);
  double a = initialiser->a, b = initialiser->b;
  double fan_in = (double)shape->dims[0], fan_out = (double)shape->dims[shape->rank - 1];
  double limit = sqrt(6 / (fan_in + fan_out));
  switch (initialiser->kind) {
  case GAN_INIT_UNIFORM:
    fill_uniform(&stream, count, a, b, data);
    return GAN_OK;
  case GAN_INIT_NORMAL:
    fill_normal(&stream, count, a, b, data);
    return GAN_OK;
  case GAN_INIT_XAVIER:
    fill_uniform(&stream, count, -limit, limit, data);
    return GAN_OK;
  case GAN_INIT_HE:
    fill_normal(&stream, count, 0, sqrt(2 / fan_in), data);
    return GAN_OK;
  case GAN_INIT_ORTHOGONAL:
    return fill_orthogonal(context, &stream, shape, a, data);
  default:
    fill_uniform(&stream, count, a, a, data); /* low + 0 u: the constant itself */
    return GAN_OK;
  }
}
