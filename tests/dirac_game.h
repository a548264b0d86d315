/* SPDX-License-Identifier: MIT */
/* The Dirac-GAN with penalties, as a user would write it. Included after contest_run.h. */
#ifndef GAN__TESTS_DIRAC_GAME_H
#define GAN__TESTS_DIRAC_GAME_H

#include "contest_run.h"

typedef struct penalty {
  double r1, consensus; /* weights */
  bool non_saturating;
} penalty;

/* Dirac with (r1 / 2) psi^2 for the discriminator: psi is the derivative of D(x) = psi x, so this
 * is the zero-centred penalty (Mescheder et al. 2018, section 4.1). */
static inline int32_t dirac_alone(gan_graph *graph, int32_t player, const penalty *weights) {
  int32_t theta = gan_graph_parameter(graph, "theta", "value");
  int32_t psi = gan_graph_parameter(graph, "psi", "value");
  int32_t logit = gan_graph_mul(graph, psi, theta);
  if (player == 0 && weights->non_saturating)
    return gan_graph_sum_all(graph, gan_graph_softplus(graph, logit));
  int32_t cost = gan_graph_softplus(graph, gan_graph_neg(graph, logit));
  int32_t value = gan_graph_shift(graph, gan_graph_sum_all(graph, cost), log(2));
  if (player == 0) return gan_graph_neg(graph, value);
  return gan_graph_add(graph, value,
                       gan_graph_scale(graph, gan_graph_dot(graph, psi, psi), weights->r1 / 2));
}

/* With consensus / 2 |v|^2 for both, written out. */
static inline int32_t penalised_dirac(gan_graph *graph, int32_t player, void *user) {
  const penalty *weights = user;
  int32_t own = dirac_alone(graph, player, weights);
  if (weights->consensus == 0) return own;
  int32_t sum = gan_graph_scalar(graph, 0);
  for (int32_t p = 0; p < 2; p++) {
    int32_t place = gan_graph_parameter(graph, p == 0 ? "theta" : "psi", "value"), slope;
    gan_graph_gradient(graph, dirac_alone(graph, p, weights), &place, 1, &slope);
    sum = gan_graph_add(graph, sum, gan_graph_dot(graph, slope, slope));
  }
  return gan_graph_add(graph, own, gan_graph_scale(graph, sum, weights->consensus / 2));
}

static inline gan_game *own_dirac(penalty *weights) {
  gan_game *game;
  static const double one = 1;
  DONE(gan_game_create(context, GAN_F64, &game));
  seat(game, "theta", &one, 1, GAN_OPTIMIZER_SGD, 0.2);
  seat(game, "psi", &one, 1, GAN_OPTIMIZER_SGD, 0.2);
  DONE(gan_game_set_objective(game, penalised_dirac, weights));
  return game;
}

#endif
