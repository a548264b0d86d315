/* SPDX-License-Identifier: MIT */
/* Job: compare an unrolled gradient with extrapolated differences of its objective. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "train/unroll.h"

/* Steps h = 2^-4, 2^-5, ..., 2^-21, as lengths in the space of the parameters. The long ones serve
 * smooth objectives; the short ones those that bend sharply (small second moments) or have a kink
 * nearby (ReLU): below its distance the differences are right again. */
enum { LEVELS = 18 };
static const double first_step = 0.0625;

typedef struct check {
  gan_unroll *unroll;
  gan_network *network; /* the mover's */
  gan_gradient *gradient;
  int64_t total;     /* elements of all parameters */
  int64_t trained;   /* of those that are trained */
  double *direction; /* [total], of length 1; 0 where nothing is trained */
  void **moved;      /* [parameters]: theta + h direction */
} check;

/* The objective at theta + distance * direction. */
static gan_status objective_at(const check *c, double distance, double *value) {
  if (gan__cancel_requested(c->unroll->context))
    return gan__fail(c->unroll->context, GAN_ERROR_CANCELLED, "cancelled within the check");
  const double *direction = c->direction;
  for (int32_t i = 0; i < c->network->parameter_count; i++) {
    int64_t elements = gan__shape_count(&c->network->parameters[i].shape);
    const double *from = c->network->parameters[i].data;
    double *to = c->moved[i];
    for (int64_t e = 0; e < elements; e++)
      to[e] = from[e] + distance * direction[e];
    direction += elements;
  }
  return gan__unroll_objective(c->unroll, c->moved, value);
}

/* The derivative along the direction. Central differences have an error series in even powers of h,
 * so row j of the tableau removes the term h^(2j) of the row before it: T_{j,i} = T_{j-1,i} +
 * (T_{j-1,i} - T_{j-1,i-1}) / (4^j - 1). An entry's distance from its two parents estimates its
 * error; the smallest one wins (Ridders 1982). */
static gan_status differentiate(const check *c, double *derivative) {
  double row[LEVELS], before[LEVELS], best = INFINITY, step = first_step;
  for (int32_t i = 0; i < LEVELS; i++, step /= 2) {
    double above, below, power = 1;
    GAN_TRY(objective_at(c, step, &above));
    GAN_TRY(objective_at(c, -step, &below));
    row[0] = (above - below) / (2 * step);
    if (i == 0) *derivative = row[0];
    for (int32_t j = 1; j <= i; j++) {
      power *= 4;
      row[j] = row[j - 1] + (row[j - 1] - before[j - 1]) / (power - 1);
      double error = fmax(fabs(row[j] - row[j - 1]), fabs(row[j] - before[j - 1]));
      if (error >= best) continue;
      best = error;
      *derivative = row[j];
    }
    memcpy(before, row, sizeof before);
  }
  return GAN_OK;
}

static void draw_direction(check *c, gan__stream *stream) {
  double square = 0, *direction = c->direction;
  for (int32_t i = 0; i < c->network->parameter_count; i++) {
    const gan__parameter *parameter = &c->network->parameters[i];
    int64_t elements = gan__shape_count(&parameter->shape);
    bool trained = gan__parameter_trained(parameter);
    for (int64_t e = 0; e < elements; e++) {
      double draw = gan__stream_normal(stream);
      direction[e] = trained ? draw : 0;
      square += direction[e] * direction[e];
    }
    direction += elements;
  }
  if (square == 0) return; /* nothing is trained: the derivative along nothing is 0 */
  for (int64_t i = 0; i < c->total; i++)
    c->direction[i] /= sqrt(square);
}

static double product_with_gradient(const check *c) {
  const double *direction = c->direction;
  double sum = 0;
  for (int32_t i = 0; i < c->network->parameter_count; i++) {
    int64_t elements = gan__shape_count(&c->network->parameters[i].shape);
    const double *gradient = c->gradient->values[i];
    for (int64_t e = 0; e < elements; e++)
      sum += gradient[e] * direction[e];
    direction += elements;
  }
  return sum;
}

static gan_status check_direction(check *c, gan_gradient_check *report) {
  double product = product_with_gradient(c), difference;
  GAN_TRY(differentiate(c, &difference));
  double typical = c->trained > 0 ? c->gradient->norm / sqrt((double)c->trained) : 0;
  double scale = fmax(fmax(fabs(product), fabs(difference)), typical);
  double error = scale > 0 ? fabs(difference - product) / scale : 0;
  if (error < report->max_relative_error) return GAN_OK;
  report->max_relative_error = error;
  report->product = product;
  report->difference = difference;
  return GAN_OK;
}

static gan_status allocate_check(check *c) {
  gan_context *context = c->unroll->context;
  uint64_t count = (uint64_t)c->network->parameter_count;
  for (uint64_t i = 0; i < count; i++) {
    int64_t elements = gan__shape_count(&c->network->parameters[i].shape);
    c->total += elements;
    if (gan__parameter_trained(&c->network->parameters[i])) c->trained += elements;
  }
  c->direction = gan__allocate(context, (uint64_t)c->total, sizeof *c->direction);
  c->moved = gan__allocate(context, count, sizeof *c->moved);
  for (uint64_t i = 0; c->moved && i < count; i++) {
    c->moved[i] = gan__allocate(
        context, (uint64_t)gan__shape_count(&c->network->parameters[i].shape), sizeof(double));
    if (!c->moved[i]) return GAN_ERROR_MEMORY;
  }
  return c->direction && c->moved ? GAN_OK : GAN_ERROR_MEMORY;
}

static void finish_check(check *c) {
  gan_context *context = c->unroll->context;
  for (int32_t i = 0; c->moved && i < c->network->parameter_count; i++)
    gan__release(context, c->moved[i]);
  gan__release(context, c->moved);
  gan__release(context, c->direction);
  if (c->gradient) gan__gradient_destroy(c->gradient);
}

gan_status gan__check_gradient(gan_unroll *unroll, int32_t directions, uint64_t seed,
                               gan_gradient_check *report) {
  check c = {.unroll = unroll,
             .network = unroll->session.players[unroll->session.schedule.unroll_player].network};
  if (c.network->dtype != GAN_F64)
    return gan__fail(unroll->context, GAN_ERROR_UNSUPPORTED,
                     "differences of f32 networks say nothing about their gradients: make both "
                     "networks in f64 (\"f64; ...\" in their texts)");
  gan_gradient_check found = {.struct_size = report->struct_size,
                              .directions = directions,
                              .largest_step = first_step,
                              .smallest_step = ldexp(first_step, 1 - LEVELS)};
  gan_status status = gan__unroll_gradient(unroll, &c.gradient);
  if (status == GAN_OK) status = allocate_check(&c);
  gan__stream stream = gan__stream_make(seed, "gradient check", 0);
  for (int32_t i = 0; i < directions && status == GAN_OK; i++) {
    draw_direction(&c, &stream);
    status = check_direction(&c, &found);
  }
  if (status == GAN_OK) {
    found.gradient_norm = c.gradient->norm;
    uint64_t size = report->struct_size < sizeof found ? report->struct_size : sizeof found;
    memcpy(report, &found, (size_t)size);
  }
  finish_check(&c);
  return status;
}
