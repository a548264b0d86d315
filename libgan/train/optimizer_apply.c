/* SPDX-License-Identifier: MIT */
/* Job: one update of a position: schedules, gradient clip, the rule, limits of weights, history.
 *
 * All of it is nodes of the number of updates t, of the gradients and of the parameters, so an
 * unrolled step threads and differentiates it like everything else. What is off adds no node. */
#include "graph/build.h"
#include "train/optimizer.h"

/* ---- Schedules: f64 scalars, functions of t. ---- */

/* (end - t) / (end - start) within 0 .. 1; a step at `end` where there is no room for a slope. */
static gan__id fall(gan__graph *graph, gan__id t, double start, double end) {
  double width = end - start > 1 ? end - start : 1;
  gan__id left = gan__op_sub(graph, gan__op_like(graph, t, end), t);
  gan__id part = gan__op_div(graph, left, gan__op_like(graph, t, width));
  gan__id low = gan__op_max(graph, part, gan__op_like(graph, t, 0));
  return gan__op_min(graph, low, gan__op_like(graph, t, 1));
}

/* max(rate / decay^t, floor) fall(t) */
static gan__id rate_of(gan__graph *graph, const double *settings, gan__id rate, gan__id t) {
  if (settings[GAN_RATE_DECAY] > 1) {
    gan__id decay = gan__op_like(graph, t, settings[GAN_RATE_DECAY]);
    rate = gan__op_div(graph, rate, gan__op_pow(graph, decay, t));
  }
  if (settings[GAN_RATE_FLOOR] > 0)
    rate = gan__op_max(graph, rate, gan__op_like(graph, rate, settings[GAN_RATE_FLOOR]));
  if (settings[GAN_RATE_LINEAR_END] > 0) {
    gan__id part = fall(graph, t, settings[GAN_RATE_LINEAR_START], settings[GAN_RATE_LINEAR_END]);
    rate = gan__op_mul(graph, rate, part);
  }
  return rate;
}

/* momentum fall(t) + final (1 - fall(t)), which is exact at both ends; GAN__NONE while it is the
 * setting. */
static gan__id momentum_of(gan__graph *graph, const double *settings, gan__id t) {
  if (!(settings[GAN_MOMENTUM_END] > 0)) return GAN__NONE;
  gan__id part = fall(graph, t, settings[GAN_MOMENTUM_START], settings[GAN_MOMENTUM_END]);
  gan__id rest = gan__op_sub(graph, gan__op_like(graph, part, 1), part);
  gan__id first = gan__op_scale(graph, part, settings[GAN_MOMENTUM]);
  return gan__op_add(graph, first, gan__op_scale(graph, rest, settings[GAN_MOMENTUM_FINAL]));
}

/* ---- Limits. ---- */

/* min(1, c / norm) from the square of a norm, f64: m = max(norm, c), c m / m^2. This is exactly 1
 * inside, has the derivative 0 at norm 0, and is NaN where the square has overflown: the step
 * then fails, instead of making everything 0. */
static gan__id shrink(gan__graph *graph, gan__id square, double limit) {
  gan__id norm = gan__op_sqrt(graph, square);
  gan__id most = gan__op_max(graph, norm, gan__op_like(graph, norm, limit));
  gan__id above = gan__op_scale(graph, most, limit);
  return gan__op_div(graph, above, gan__op_mul(graph, most, most));
}

/* The factor of all gradients; GAN__NONE while there is no limit. The sum is the one that tells the
 * gradient's norm to the user, node for node. */
static gan__id gradient_factor(gan__graph *graph, double limit, const gan__id *gradients,
                               int32_t count) {
  if (!(limit > 0)) return GAN__NONE;
  gan__shape scalar = {0};
  gan__id sum = gan__op_constant(graph, GAN_F64, &scalar, 0);
  for (int32_t i = 0; i < count; i++) {
    if (gradients[i] == GAN__NONE) continue;
    gan__id square = gan__op_mul(graph, gradients[i], gradients[i]);
    sum = gan__op_add(graph, sum, gan__op_cast(graph, gan__op_sum_all(graph, square), GAN_F64));
  }
  return shrink(graph, sum, limit);
}

static gan__id clip(gan__graph *graph, gan__id p, double limit) {
  if (!(limit > 0)) return p;
  gan__id low = gan__op_min(graph, p, gan__op_like(graph, p, limit));
  return gan__op_max(graph, low, gan__op_like(graph, p, -limit));
}

/* p [in, out]: each column at most as long as the limit. */
static gan__id shorten_columns(gan__graph *graph, gan__id p, double limit) {
  if (!(limit > 0) || p == GAN__NONE || gan__node_at(graph, p)->shape.rank != 2) return p;
  int32_t dtype = gan__node_at(graph, p)->dtype;
  gan__id squares = gan__op_sum(graph, gan__op_mul(graph, p, p), 0, 1); /* [out] */
  gan__id factor = shrink(graph, gan__op_cast(graph, squares, GAN_F64), limit);
  return gan__op_mul(graph, p, gan__op_cast(graph, factor, dtype));
}

/* ---- One update. ---- */

/* h' = h + (theta - h) / t' with theta as it was before the update: the mean over the start and
 * all updates but the last. So the mean is no function of where the player now stands, and its
 * users can differentiate by that alone. */
static void note_history(gan__graph *graph, gan__id updates, gan__id parameter, gan__id *mean) {
  if (graph->status != GAN_OK) return;
  int32_t dtype = gan__node_at(graph, parameter)->dtype;
  gan__id share = gan__op_div(graph, gan__op_like(graph, updates, 1), updates);
  gan__id change = gan__op_sub(graph, parameter, *mean);
  change = gan__op_mul(graph, gan__op_cast(graph, share, dtype), change);
  *mean = gan__op_add(graph, *mean, change);
}

/* What is common to all parameters; f64 scalars, GAN__NONE where nothing is to be done. */
typedef struct step {
  const gan_optimizer *optimizer;
  gan__graph *graph;
  gan__id rate, momentum, first, factor;
} step;

/* One by one: compilers choose the order of initialisers, and nodes are numbered as they are made.
 */
static step begin(const gan_optimizer *optimizer, gan__graph *graph, gan__id learning_rate,
                  gan__id t) {
  step now = {.optimizer = optimizer, .graph = graph, .first = GAN__NONE, .factor = GAN__NONE};
  now.rate = rate_of(graph, optimizer->settings, learning_rate, t);
  now.momentum = momentum_of(graph, optimizer->settings, t);
  if (gan__optimizer_kind_of(optimizer->kind)->asks_first)
    now.first = gan__op_compare(graph, t, GAN__EQUAL, gan__op_like(graph, t, 0));
  return now;
}

static gan__id cast(gan__graph *graph, gan__id scalar, int32_t dtype) {
  return scalar == GAN__NONE ? GAN__NONE : gan__op_cast(graph, scalar, dtype);
}

static void update_parameter(const step *now, gan__id gradient, gan__position *position,
                             int32_t i) {
  gan__graph *graph = now->graph;
  const double *settings = now->optimizer->settings;
  gan__update update = {.graph = graph, .settings = settings, .parameter = position->parameters[i]};
  int32_t dtype = gan__node_at(graph, update.parameter)->dtype;
  update.rate = cast(graph, now->rate, dtype);
  update.momentum = cast(graph, now->momentum, dtype);
  update.first = cast(graph, now->first, dtype);
  update.gradient = gradient;
  if (now->factor != GAN__NONE)
    update.gradient = gan__op_mul(graph, cast(graph, now->factor, dtype), gradient);
  for (int32_t k = 0; k < GAN__MOMENTS; k++)
    update.moments[k] = position->moments[k][i];
  gan__id p = gan__optimizer_kind_of(now->optimizer->kind)->update(&update);
  p = clip(graph, p, settings[GAN_WEIGHT_CLIP]);
  position->parameters[i] = shorten_columns(graph, p, settings[GAN_MAX_COLUMN_NORM]);
  for (int32_t k = 0; k < GAN__MOMENTS; k++)
    position->moments[k][i] = update.moments[k];
}

void gan__optimizer_apply(const gan_optimizer *optimizer, gan__graph *graph, gan__id learning_rate,
                          const gan__id *gradients, gan__position *position) {
  const gan__optimizer_kind *kind = gan__optimizer_kind_of(optimizer->kind);
  const double *settings = optimizer->settings;
  gan__id updates = gan__op_shift(graph, position->updates, 1);
  step now = begin(optimizer, graph, learning_rate, position->updates);
  if (kind->rate) now.rate = kind->rate(graph, settings, now.rate, updates);
  now.factor = gradient_factor(graph, settings[GAN_GRADIENT_CLIP], gradients, position->count);
  for (int32_t i = 0; i < position->count && graph->status == GAN_OK; i++) {
    gan__id before = position->parameters[i];
    if (gradients[i] != GAN__NONE) update_parameter(&now, gradients[i], position, i);
    if (gan__optimizer_keeps(optimizer, GAN__HISTORY))
      note_history(graph, updates, before, &position->moments[GAN__HISTORY][i]);
  }
  position->updates = updates;
}
