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

/* v' = momentum v + g */
static gan__id velocity(gan__update *u) {
  gan__id kept = gan__op_scale(u->graph, u->moments[0], u->settings[GAN_MOMENTUM]);
  u->moments[0] = gan__op_add(u->graph, kept, u->gradient);
  return u->moments[0];
}

static gan__id update_momentum(gan__update *u) {
  return descend(u, velocity(u));
}

static gan__id update_nesterov(gan__update *u) {
  gan__id ahead = gan__op_scale(u->graph, velocity(u), u->settings[GAN_MOMENTUM]);
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

static gan__id update_adam(gan__update *u) {
  gan__id square = gan__op_mul(u->graph, u->gradient, u->gradient);
  u->moments[0] = blend(u->graph, u->settings[GAN_BETA1], u->moments[0], u->gradient);
  u->moments[1] = blend(u->graph, u->settings[GAN_BETA2], u->moments[1], square);
  return descend(u, normalise(u, u->moments[0], u->moments[1]));
}

#define NONE -1.0
/* Defaults: -, learning rate, momentum, rho, beta1, beta2, epsilon. */
static const gan__optimizer_kind kinds[] = {
    [GAN_OPTIMIZER_SGD] = {.name = "SGD",
                           .defaults = {NONE, 0.01, NONE, NONE, NONE, NONE, NONE},
                           .update = update_sgd},
    [GAN_OPTIMIZER_MOMENTUM] = {.name = "momentum",
                                .moments = 1,
                                .defaults = {NONE, 0.01, 0.9, NONE, NONE, NONE, NONE},
                                .update = update_momentum},
    [GAN_OPTIMIZER_NESTEROV] = {.name = "Nesterov",
                                .moments = 1,
                                .defaults = {NONE, 0.01, 0.9, NONE, NONE, NONE, NONE},
                                .update = update_nesterov},
    [GAN_OPTIMIZER_RMSPROP] = {.name = "RMSProp",
                               .moments = 1,
                               .defaults = {NONE, 0.001, NONE, 0.9, NONE, NONE, 1e-8},
                               .update = update_rmsprop},
    [GAN_OPTIMIZER_ADAM] = {.name = "Adam",
                            .moments = 2,
                            .defaults = {NONE, 0.001, NONE, NONE, 0.9, 0.999, 1e-8},
                            .rate = rate_adam,
                            .update = update_adam},
};
#undef NONE

const gan__optimizer_kind *gan__optimizer_kind_of(int32_t kind) {
  int32_t count = (int32_t)(sizeof kinds / sizeof *kinds);
  return kind > 0 && kind < count ? &kinds[kind] : NULL;
}

void gan__optimizer_apply(const gan_optimizer *optimizer, gan__graph *graph, gan__id learning_rate,
                          const gan__id *gradients, gan__position *position) {
  const gan__optimizer_kind *kind = gan__optimizer_kind_of(optimizer->kind);
  gan__id updates = gan__op_shift(graph, position->updates, 1), rate = learning_rate;
  if (kind->rate) rate = kind->rate(graph, optimizer->settings, learning_rate, updates);
  for (int32_t i = 0; i < position->count && graph->status == GAN_OK; i++) {
    int32_t dtype = gan__node_at(graph, position->parameters[i])->dtype;
    gan__update update = {.graph = graph,
                          .settings = optimizer->settings,
                          .rate = gan__op_cast(graph, rate, dtype),
                          .parameter = position->parameters[i],
                          .gradient = gradients[i]};
    for (int32_t k = 0; k < GAN__MOMENTS; k++)
      update.moments[k] = position->moments[k][i];
    position->parameters[i] = kind->update(&update);
    for (int32_t k = 0; k < GAN__MOMENTS; k++)
      position->moments[k][i] = update.moments[k];
  }
  position->updates = updates;
}
