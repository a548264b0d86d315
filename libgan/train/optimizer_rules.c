/* SPDX-License-Identifier: MIT */
/* Job: the update rules of the optimizers as nodes, and their table.
 *
 * Everything is built from ordinary ops, so an update can be differentiated like anything else:
 * that is all that unrolling needs. The guard of the square root at v' = 0 is the graph's own
 * boundary rule (its derivative is 0 there); epsilon > 0 keeps every division away from 0. */
#include "graph/build.h"
#include "train/optimizer.h"

/* p - rate * direction */
static gan__id descend(gan__update *u, gan__id direction) {
  return gan__op_sub(u->graph, u->parameter, gan__op_mul(u->graph, u->rate, direction));
}

/* decay * average + (1 - decay) * value */
static gan__id blend(gan__graph *graph, double decay, gan__id average, gan__id value) {
  return gan__op_add(graph, gan__op_scale(graph, average, decay),
                     gan__op_scale(graph, value, 1 - decay));
}

/* value / (sqrt(square) + epsilon) */
static gan__id normalise(gan__update *u, gan__id value, gan__id square) {
  gan__id root = gan__op_sqrt(u->graph, square);
  return gan__op_div(u->graph, value, gan__op_shift(u->graph, root, u->settings[GAN_EPSILON]));
}

static gan__id update_sgd(gan__update *u) {
  return descend(u, u->gradient);
}

/* momentum * moment */
static gan__id slow(gan__update *u, gan__id moment) {
  if (u->momentum == GAN__NONE) return gan__op_scale(u->graph, moment, u->settings[GAN_MOMENTUM]);
  return gan__op_mul(u->graph, u->momentum, moment);
}

/* v' = momentum v + g */
static gan__id velocity(gan__update *u) {
  u->moments[0] = gan__op_add(u->graph, slow(u, u->moments[0]), u->gradient);
  return u->moments[0];
}

static gan__id update_momentum(gan__update *u) {
  return descend(u, velocity(u));
}

static gan__id update_nesterov(gan__update *u) {
  gan__id ahead = slow(u, velocity(u));
  return descend(u, gan__op_add(u->graph, u->gradient, ahead));
}

static gan__id update_rmsprop(gan__update *u) {
  gan__id square = gan__op_mul(u->graph, u->gradient, u->gradient);
  u->moments[0] = blend(u->graph, u->settings[GAN_RHO], u->moments[0], square);
  return descend(u, normalise(u, u->gradient, u->moments[0]));
}

/* 1 - beta^t, in f64: in f32 it would lose most of its digits for beta near 1 and small t. */
static gan__id bias(gan__graph *graph, double beta, gan__id updates) {
  gan__id power = gan__op_pow(graph, gan__op_like(graph, updates, beta), updates);
  return gan__op_sub(graph, gan__op_like(graph, updates, 1), power);
}

/* A = rate sqrt(1 - beta2^t') / (1 - beta1^t'), Kingma and Ba 2015, section 2. */
static gan__id rate_adam(gan__graph *graph, const double *settings, gan__id learning_rate,
                         gan__id updates) {
  gan__id root = gan__op_sqrt(graph, bias(graph, settings[GAN_BETA2], updates));
  return gan__op_div(graph, gan__op_mul(graph, learning_rate, root),
                     bias(graph, settings[GAN_BETA1], updates));
}

static void blend_moments(gan__update *u) {
  gan__id square = gan__op_mul(u->graph, u->gradient, u->gradient);
  u->moments[0] = blend(u->graph, u->settings[GAN_BETA1], u->moments[0], u->gradient);
  u->moments[1] = blend(u->graph, u->settings[GAN_BETA2], u->moments[1], square);
}

static gan__id update_adam(gan__update *u) {
  blend_moments(u);
  return descend(u, normalise(u, u->moments[0], u->moments[1]));
}

/* p - 2 rate now + rate before. The first update has no `before` and is an ordinary one: a `before`
 * of 0 would make it twice as long. */
static gan__id descend_optimistic(gan__update *u, gan__id now, gan__id before) {
  before = gan__op_select(u->graph, u->first, now, before);
  return descend(u, gan__op_sub(u->graph, gan__op_scale(u->graph, now, 2), before));
}

static gan__id update_optimistic(gan__update *u) {
  gan__id before = u->moments[0];
  u->moments[0] = u->gradient;
  return descend_optimistic(u, u->gradient, before);
}

static gan__id update_optimistic_adam(gan__update *u) {
  gan__id before = normalise(u, u->moments[0], u->moments[1]);
  blend_moments(u);
  return descend_optimistic(u, normalise(u, u->moments[0], u->moments[1]), before);
}

#define BIT GAN__SETTING_BIT
#define MOMENTUM_BITS                                                                              \
  (BIT(GAN_MOMENTUM) | BIT(GAN_MOMENTUM_FINAL) | BIT(GAN_MOMENTUM_START) | BIT(GAN_MOMENTUM_END))
#define ADAM_BITS (BIT(GAN_BETA1) | BIT(GAN_BETA2) | BIT(GAN_EPSILON))
static const gan__optimizer_kind kinds[] = {
    [GAN_OPTIMIZER_SGD] = {.name = "SGD", .learning_rate = 0.01, .update = update_sgd},
    [GAN_OPTIMIZER_MOMENTUM] = {.name = "momentum",
                                .moments = 1,
                                .settings = MOMENTUM_BITS,
                                .learning_rate = 0.01,
                                .update = update_momentum},
    [GAN_OPTIMIZER_NESTEROV] = {.name = "Nesterov",
                                .moments = 1,
                                .settings = MOMENTUM_BITS,
                                .learning_rate = 0.01,
                                .update = update_nesterov},
    [GAN_OPTIMIZER_RMSPROP] = {.name = "RMSProp",
                               .moments = 1,
                               .settings = BIT(GAN_RHO) | BIT(GAN_EPSILON),
                               .learning_rate = 0.001,
                               .update = update_rmsprop},
    [GAN_OPTIMIZER_ADAM] = {.name = "Adam",
                            .moments = 2,
                            .settings = ADAM_BITS,
                            .learning_rate = 0.001,
                            .rate = rate_adam,
                            .update = update_adam},
    [GAN_OPTIMIZER_OPTIMISTIC] = {.name = "optimistic descent",
                                  .moments = 1,
                                  .learning_rate = 0.01,
                                  .asks_first = true,
                                  .update = update_optimistic},
    [GAN_OPTIMIZER_OPTIMISTIC_ADAM] = {.name = "optimistic Adam",
                                       .moments = 2,
                                       .settings = ADAM_BITS,
                                       .learning_rate = 0.001,
                                       .asks_first = true,
                                       .rate = rate_adam,
                                       .update = update_optimistic_adam},
};
#undef ADAM_BITS
#undef MOMENTUM_BITS
#undef BIT

const gan__optimizer_kind *gan__optimizer_kind_of(int32_t kind) {
  int32_t count = (int32_t)(sizeof kinds / sizeof *kinds);
  return kind > 0 && kind < count ? &kinds[kind] : NULL;
}
