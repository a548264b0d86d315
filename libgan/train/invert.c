/* SPDX-License-Identifier: MIT */
/* Job: inversion of generators: a plan for errors and their gradients by latents, driven by L-BFGS.
 */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "graph/build.h"
#include "graph/gradient.h"
#include "nn/layer.h"
#include "nn/runner.h"
#include "plan/plan.h"
#include "train/invert.h"
#include "train/lbfgs.h"

/* Slots and outputs of the plan. */
enum { LATENTS, TARGETS, SLOTS };
enum { ERRORS, GRADIENTS };

/* A group of rows of one size. */
typedef struct group {
  gan__plan *plan;
  gan__lbfgs *lbfgs;
  void *latents; /* [rows, latent size]: where the plan evaluates */
  void *targets; /* [rows, output width] */
} group;

/* The range of a number of the latent; half is 0 where it has none. */
typedef struct range {
  double low, high, middle, half;
} range;

typedef struct inverter {
  gan_context *context;
  gan_generator *generator;
  const gan_network *network;
  const gan__inversion *given;
  int64_t width, latent; /* numbers in a row of the output and of the latent */
  range *ranges;         /* [latent], when it is clamped; else NULL */
  group groups[GAN__CHUNK_SIZES];
  void *drawn;        /* [n, latent]: the starts */
  void *best;         /* [n, latent]: in the network's type */
  double *best_error; /* [n]; infinite before the first search */
  int64_t done;       /* searches that are finished, those of the group in hand left out */
} inverter;

/* ---- The plan. ---- */

/* e_i = mean over k of (G(z_i)_k - x_ik)^2. Rows do not depend on each other, so the gradient of
 * the sum over rows has the gradient of e_i in row i. */
static gan_status build(const inverter *self, gan__graph *graph, int64_t rows) {
  const gan_network *network = self->network;
  gan__shape latent = gan__shape_make(2, (int64_t[]){rows, self->latent});
  gan__shape flat = gan__shape_make(2, (int64_t[]){rows, self->width});
  gan__id *parameters =
      gan__allocate(self->context, (uint64_t)network->parameter_count, sizeof *parameters);
  if (!parameters) return GAN_ERROR_MEMORY;
  gan__graph_set_scope(graph, "inversion");
  gan__id z = gan__graph_input(graph, "latents", network->dtype, &latent);
  gan__id x = gan__graph_input(graph, "targets", network->dtype, &flat);
  for (int32_t i = 0; i < network->parameter_count; i++)
    parameters[i] = gan__graph_state(graph, network->parameters[i].name, network->dtype,
                                     &network->parameters[i].shape);
  gan__id y = gan__network_build(
      network, graph, &(gan__pass){.prefix = "generator", .parameters = parameters, .input = z});
  gan__release(self->context, parameters);
  gan__id difference = gan__op_sub(graph, gan__op_reshape(graph, y, &flat), x), gradient;
  gan__id squares = gan__op_sum(graph, gan__op_mul(graph, difference, difference), 1, 1);
  gan__id errors = gan__op_scale(graph, squares, 1.0 / (double)self->width);
  gan__gradient(graph, gan__op_sum_all(graph, errors), GAN__NONE, &z, 1, &gradient);
  gan__graph_output(graph, "errors", errors);
  gan__graph_output(graph, "gradients", gradient);
  return graph->status;
}

static gan_status make_plan(const inverter *self, int64_t rows, gan__plan **plan) {
  gan__graph *graph;
  GAN_TRY(gan__graph_create(self->context, &graph));
  gan_status status = build(self, graph, rows);
  if (status == GAN_OK) status = gan__plan_create(graph, plan);
  gan__graph_destroy(graph);
  return status;
}

static gan_status make_group(const inverter *self, int64_t rows, group *own) {
  uint64_t element = (uint64_t)gan__dtype_size(self->network->dtype);
  GAN_TRY(make_plan(self, rows, &own->plan));
  GAN_TRY(gan__lbfgs_create(self->context, rows, self->latent, &own->lbfgs));
  own->latents = gan__allocate(self->context, (uint64_t)(rows * self->latent), element);
  if (!own->latents) return GAN_ERROR_MEMORY;
  own->targets = gan__allocate(self->context, (uint64_t)(rows * self->width), element);
  return own->targets ? GAN_OK : GAN_ERROR_MEMORY;
}

/* ---- Between the search's variables u (double) and the latents z (the network's type). ---- */

static gan__array array_at(gan__array array, int64_t element) {
  return (gan__array){array.dtype, (char *)array.data + element * gan__dtype_size(array.dtype)};
}

static double read_at(gan__array array, int64_t index) {
  return array.dtype == GAN_F64 ? ((const double *)array.data)[index]
                                : (double)((const float *)array.data)[index];
}

/* The range of number i of whole rows of latents; NULL for none. */
static const range *range_at(const inverter *self, int64_t i) {
  if (!self->ranges) return NULL;
  const range *found = &self->ranges[i % self->latent];
  return found->half > 0 ? found : NULL;
}

/* z := u, or middle + half sin u. */
static void to_latents(const inverter *self, const double *u, gan__array z, int64_t count) {
  gan__array_copy(z, (gan__array){GAN_F64, (void *)(uintptr_t)u}, count);
  if (!self->ranges) return;
  for (int64_t i = 0; i < count; i++) {
    const range *own = range_at(self, i);
    if (!own) continue;
    double value = own->middle + own->half * sin(u[i]);
    value = fmin(fmax(value, own->low), own->high); /* of rounding */
    if (z.dtype == GAN_F64)
      ((double *)z.data)[i] = value;
    else
      ((float *)z.data)[i] = (float)value;
  }
}

static void from_latents(const inverter *self, gan__array z, double *u, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    const range *own = range_at(self, i);
    u[i] = read_at(z, i);
    if (own) u[i] = asin(fmin(fmax((u[i] - own->middle) / own->half, -1), 1));
  }
}

/* The gradient by u of that by z: de/du = de/dz half cos u. */
static void take_gradients(const inverter *self, gan__array by_z, const double *u, double *by_u,
                           int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    const range *own = range_at(self, i);
    by_u[i] = read_at(by_z, i) * (own ? own->half * cos(u[i]) : 1);
  }
}

/* ---- Searching. ---- */

static double mean_error(const inverter *self) {
  double sum = 0;
  int64_t count = 0;
  for (int64_t i = 0; i < self->given->n; i++)
    if (self->best_error[i] < INFINITY) {
      sum += self->best_error[i];
      count++;
    }
  return count ? sum / (double)count : (double)NAN;
}

static gan_status report(const inverter *self, int64_t done) {
  const gan_inversion *settings = &self->given->settings;
  if (!settings->callback) return GAN_OK;
  int64_t total = self->given->n * settings->starts;
  if (settings->callback(done, total, mean_error(self), settings->user) == 0) return GAN_OK;
  return gan__fail(self->context, GAN_ERROR_CANCELLED,
                   "inversion: the callback stopped it after %lld of %lld searches",
                   (long long)done, (long long)total);
}

static gan_status evaluate(const inverter *self, const group *own, int64_t rows) {
  int32_t dtype = self->network->dtype;
  if (gan__cancel_requested(self->context))
    return gan__fail(self->context, GAN_ERROR_CANCELLED,
                     "inversion: cancelled after %lld of %lld searches", (long long)self->done,
                     (long long)(self->given->n * self->given->settings.starts));
  const double *u = gan__lbfgs_points(own->lbfgs);
  to_latents(self, u, (gan__array){dtype, own->latents}, rows * self->latent);
  const void *slots[SLOTS] = {[LATENTS] = own->latents, [TARGETS] = own->targets};
  gan__bindings bindings = {.slots = slots, .states = self->network->pointers};
  GAN_TRY(gan__plan_run(own->plan, &bindings));
  gan__array errors = {dtype, (void *)(uintptr_t)gan__plan_output(own->plan, ERRORS)};
  gan__array gradients = {dtype, (void *)(uintptr_t)gan__plan_output(own->plan, GRADIENTS)};
  gan__array_copy((gan__array){GAN_F64, gan__lbfgs_values(own->lbfgs)}, errors, rows);
  take_gradients(self, gradients, u, gan__lbfgs_gradients(own->lbfgs), rows * self->latent);
  return GAN_OK;
}

/* The chunk's targets, and its starts as the first points; rows that are missing stay zero, so that
 * the plan may run whole. */
static void load(const inverter *self, const group *own, const gan__chunk *chunk, int64_t present) {
  int32_t dtype = self->network->dtype;
  int64_t element = gan__dtype_size(dtype);
  memset(own->targets, 0, (size_t)(chunk->rows * self->width * element));
  gan__array_copy((gan__array){dtype, own->targets},
                  array_at(self->given->targets, chunk->first * self->width),
                  present * self->width);
  double *points = gan__lbfgs_points(own->lbfgs);
  memset(points, 0, (size_t)(chunk->rows * self->latent) * sizeof *points);
  from_latents(self, array_at((gan__array){dtype, self->drawn}, chunk->first * self->latent),
               points, present * self->latent);
}

/* Keeps what is better than what there was. */
static gan_status keep(inverter *self, const group *own, const gan__chunk *chunk, int64_t present) {
  gan__array best = {self->network->dtype, self->best};
  for (int64_t i = 0; i < present; i++) {
    double error;
    const double *u = gan__lbfgs_best(own->lbfgs, i, &error);
    int64_t row = chunk->first + i;
    if (gan__lbfgs_state(own->lbfgs, i) == GAN__ROW_BAD_START)
      return gan__fail(self->context, GAN_ERROR_NOT_FINITE,
                       "inversion: target %lld: the error or its gradient is not finite at a start",
                       (long long)row);
    if (!(error < self->best_error[row])) continue;
    self->best_error[row] = error;
    to_latents(self, u, array_at(best, row * self->latent), self->latent);
  }
  return GAN_OK;
}

static gan_status search_chunk(inverter *self, const gan__chunk *chunk) {
  const gan_inversion *settings = &self->given->settings;
  const group *own = &self->groups[chunk->size];
  int64_t left = self->given->n - chunk->first;
  int64_t present = left < chunk->rows ? left : chunk->rows, waiting;
  load(self, own, chunk, present);
  gan__lbfgs_begin(own->lbfgs, present, settings->evaluations, settings->tolerance);
  do {
    GAN_TRY(evaluate(self, own, chunk->rows));
    waiting = gan__lbfgs_advance(own->lbfgs);
    if (waiting > 0) GAN_TRY(report(self, self->done + present - waiting));
  } while (waiting > 0);
  GAN_TRY(keep(self, own, chunk, present));
  self->done += present;
  return report(self, self->done);
}

static gan_status search(inverter *self) {
  const gan_inversion *settings = &self->given->settings;
  for (int32_t start = 0; start < settings->starts; start++) {
    gan__run draw = {.rows = self->given->n,
                     .output = {self->network->dtype, self->drawn},
                     .seed = settings->seed + (uint64_t)start,
                     .latents_only = true};
    GAN_TRY(gan__runner_run(self->generator->runner, &draw));
    for (gan__chunk chunk = gan__chunk_first(); chunk.first < self->given->n;
         chunk = gan__chunk_next(chunk))
      GAN_TRY(search_chunk(self, &chunk));
  }
  return GAN_OK;
}

/* ---- The whole. ---- */

static gan_status check(const inverter *self) {
  const gan_network *network = self->network;
  if (gan__network_couples_rows(self->network, false))
    return gan__fail(self->context, GAN_ERROR_UNSUPPORTED,
                     "inversion: a layer of the generator lets rows depend on each other, so no "
                     "latent belongs to a target alone");
  if (!self->given->settings.clamp) return GAN_OK;
  for (int32_t part = 0; part < network->latent_count; part++)
    if (network->latents[part].kind == GAN_LATENT_UNIFORM) return GAN_OK;
  return gan__fail(self->context, GAN_ERROR_ARGUMENT,
                   "inversion: clamp is 1, but the latent is not uniform and has no range");
}

/* Each uniform part of the latent has a range of its own, the others have none. */
static gan_status make_ranges(inverter *self) {
  const gan_network *network = self->network;
  if (!self->given->settings.clamp) return GAN_OK;
  self->ranges = gan__allocate(self->context, (uint64_t)self->latent, sizeof *self->ranges);
  if (!self->ranges) return GAN_ERROR_MEMORY;
  range *at = self->ranges;
  for (int32_t i = 0; i < network->latent_count; i++) {
    const gan__latent *part = &network->latents[i];
    for (int64_t k = 0; k < part->size; k++, at++)
      if (part->kind == GAN_LATENT_UNIFORM)
        *at = (range){.low = part->low,
                      .high = part->high,
                      .middle = 0.5 * part->low + 0.5 * part->high,
                      .half = 0.5 * part->high - 0.5 * part->low};
  }
  return GAN_OK;
}

static gan_status prepare(inverter *self) {
  int64_t n = self->given->n, numbers, bytes;
  uint64_t element = (uint64_t)gan__dtype_size(self->network->dtype);
  if (!gan__multiply(n, self->latent > self->width ? self->latent : self->width, &numbers)
      || !gan__multiply(numbers, 2 * (int64_t)sizeof(double), &bytes))
    return gan__fail(self->context, GAN_ERROR_LIMIT, "inversion: %lld targets are too many",
                     (long long)n);
  GAN_TRY(make_ranges(self));
  self->drawn = gan__allocate(self->context, (uint64_t)(n * self->latent), element);
  if (!self->drawn) return GAN_ERROR_MEMORY;
  self->best = gan__allocate(self->context, (uint64_t)(n * self->latent), element);
  if (!self->best) return GAN_ERROR_MEMORY;
  self->best_error = gan__allocate(self->context, (uint64_t)n, sizeof *self->best_error);
  if (!self->best_error) return GAN_ERROR_MEMORY;
  for (int64_t i = 0; i < n; i++)
    self->best_error[i] = INFINITY;
  for (gan__chunk chunk = gan__chunk_first(); chunk.first < n; chunk = gan__chunk_next(chunk)) {
    if (!self->groups[chunk.size].plan)
      GAN_TRY(make_group(self, chunk.rows, &self->groups[chunk.size]));
    if (chunk.size == GAN__CHUNK_SIZES - 1) break;
  }
  return GAN_OK;
}

static void finish(inverter *self) {
  for (int32_t i = 0; i < GAN__CHUNK_SIZES; i++) {
    gan__plan_destroy(self->groups[i].plan);
    gan__lbfgs_destroy(self->groups[i].lbfgs);
    gan__release(self->context, self->groups[i].latents);
    gan__release(self->context, self->groups[i].targets);
  }
  gan__release(self->context, self->ranges);
  gan__release(self->context, self->drawn);
  gan__release(self->context, self->best);
  gan__release(self->context, self->best_error);
  gan__generator_unref(self->generator);
}

static gan_status hand_out(const inverter *self) {
  const gan__inversion *given = self->given;
  gan__array latents = {self->network->dtype, self->best}, errors = {GAN_F64, self->best_error};
  int64_t numbers = given->n * self->latent;
  int64_t bad = gan__array_bad(latents, numbers, given->latents.dtype);
  if (bad >= 0)
    bad /= self->latent;
  else
    bad = gan__array_bad(errors, given->n, given->errors.dtype);
  if (bad >= 0)
    return gan__fail(self->context, GAN_ERROR_NOT_FINITE,
                     "inversion: target %lld: a latent or the error is too large for f32",
                     (long long)bad);
  gan__array_copy(given->latents, latents, numbers);
  gan__array_copy(given->errors, errors, given->n);
  return GAN_OK;
}

gan_status gan__generator_invert(gan_generator *generator, const gan__inversion *inversion) {
  const gan_network *network = generator->network;
  gan__shape input = gan__network_input_shape(network);
  gan__shape output = gan__network_output_shape(network);
  inverter self = {.context = generator->context,
                   .generator = generator,
                   .network = network,
                   .given = inversion,
                   .width = gan__shape_count(&output),
                   .latent = gan__shape_count(&input)};
  gan__generator_ref(generator); /* a callback may give up the caller's share */
  gan_status status = check(&self);
  if (status == GAN_OK) status = prepare(&self);
  if (status == GAN_OK) status = search(&self);
  if (status == GAN_OK) status = hand_out(&self);
  finish(&self);
  return status;
}
