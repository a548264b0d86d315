/* SPDX-License-Identifier: MIT */
/* One node at a time: compilers evaluate the arguments of a call in orders of their own, which
 * would number the nodes, and with them the golden texts, differently. */
#include "small_graphs.h"

#include <stdio.h>
#include <stdlib.h>

#include "graph/build.h"
#include "graph/gradient.h"

static gan__graph *new_graph(gan_context *context) {
  gan__graph *g = NULL;
  if (gan__graph_create(context, &g) != GAN_OK) abort();
  return g;
}

static gan__id slot(gan__graph *g, const char *name, int32_t dtype, gan__shape shape) {
  return gan__graph_input(g, name, dtype, &shape);
}

static gan__id state(gan__graph *g, const char *name, gan__shape shape) {
  return gan__graph_state(g, name, GAN_F32, &shape);
}

gan__graph *small_graph_dense(gan_context *context) {
  gan__graph *g = new_graph(context);
  gan__id x = slot(g, "x", GAN_F32, (gan__shape){2, {300, 5}});
  gan__id parameters[2] = {state(g, "w", (gan__shape){2, {5, 3}}),
                           state(g, "b", (gan__shape){1, {3}})};
  gan__graph_set_scope(g, "dense_1");
  gan__id y = gan__op_add(g, gan__op_matmul(g, x, parameters[0], false, false), parameters[1]);
  y = gan__op_tanh(g, y);
  gan__graph_set_scope(g, "loss");
  gan__id loss = gan__op_mean_all(g, gan__op_softplus(g, gan__op_neg(g, y))), gradients[2];
  gan__gradient(g, loss, GAN__NONE, parameters, 2, gradients);
  gan__graph_output(g, "loss", loss);
  gan__graph_output(g, "w", gradients[0]);
  gan__graph_output(g, "b", gradients[1]);
  return g;
}

gan__graph *small_graph_adam(gan_context *context) {
  gan__graph *g = new_graph(context);
  const gan__shape seven = {1, {7}}, scalar = {0, {0}};
  gan__id u = slot(g, "gradient", GAN_F32, seven);
  gan__id p = state(g, "p", seven), m = state(g, "m", seven), v = state(g, "v", seven);
  gan__id t = gan__op_shift(g, state(g, "t", scalar), 1);
  gan__graph_set_scope(g, "adam");
  gan__id news = gan__op_scale(g, u, 0.1);
  m = gan__op_add(g, gan__op_scale(g, m, 0.9), news);
  news = gan__op_scale(g, gan__op_mul(g, u, u), 0.001);
  v = gan__op_add(g, gan__op_scale(g, v, 0.999), news);
  gan__id decay = gan__op_pow(g, gan__op_like(g, t, 0.999), t);
  gan__id one = gan__op_like(g, t, 1);
  gan__id root = gan__op_sqrt(g, gan__op_div(g, v, gan__op_sub(g, one, decay)));
  gan__id below = gan__op_shift(g, root, 1e-8);
  gan__id step = gan__op_div(g, gan__op_scale(g, m, 0.001), below);
  p = gan__op_sub(g, p, step);
  const gan__id next[4] = {p, m, v, t};
  for (int32_t i = 0; i < 4; i++)
    gan__graph_commit(g, i, next[i]);
  return g;
}

gan__graph *small_graph_unrolled(gan_context *context) {
  gan__graph *g = new_graph(context);
  gan__id z = slot(g, "z", GAN_F32, (gan__shape){2, {200, 2}});
  gan__id outer = state(g, "outer", (gan__shape){2, {2, 4}});
  gan__id inner = state(g, "inner", (gan__shape){2, {4, 1}});
  gan__id fake = gan__op_tanh(g, gan__op_matmul(g, z, outer, false, false)), loss = GAN__NONE,
          gradient;
  for (int32_t k = 0; k <= 2; k++) {
    char scope[32];
    snprintf(scope, sizeof scope, "step_%d", (int)k);
    gan__graph_set_scope(g, scope);
    loss = gan__op_mean_all(g, gan__op_softplus(g, gan__op_matmul(g, fake, inner, false, false)));
    if (k == 2) break;
    gan__gradient(g, loss, GAN__NONE, &inner, 1, &gradient);
    inner = gan__op_sub(g, inner, gan__op_scale(g, gradient, 0.1));
  }
  gan__graph_set_scope(g, "outer");
  gan__gradient(g, loss, GAN__NONE, &outer, 1, &gradient);
  gan__graph_output(g, "loss", loss);
  gan__graph_output(g, "gradient", gradient);
  return g;
}

/* -- the game -- */

enum { PARAMETERS = 4 };

/* tanh layer, then linear: parameters are w1, b1, w2, b2. */
static gan__id network(gan__graph *g, gan__id x, const gan__id *p) {
  gan__id hidden = gan__op_tanh(g, gan__op_add(g, gan__op_matmul(g, x, p[0], false, false), p[1]));
  return gan__op_add(g, gan__op_matmul(g, hidden, p[2], false, false), p[3]);
}

static void player(gan__graph *g, const char *name, const int64_t sizes[3], gan__id *parameters,
                   gan__id *velocities) {
  const gan__shape shapes[PARAMETERS] = {
      {2, {sizes[0], sizes[1]}}, {1, {sizes[1]}}, {2, {sizes[1], sizes[2]}}, {1, {sizes[2]}}};
  char text[32];
  for (int32_t i = 0; i < PARAMETERS; i++) {
    snprintf(text, sizeof text, "%s/%d", name, (int)i);
    parameters[i] = state(g, text, shapes[i]);
    snprintf(text, sizeof text, "%s/velocity_%d", name, (int)i);
    velocities[i] = state(g, text, shapes[i]);
  }
}

/* p, v <- one step of momentum. */
static void descend(gan__graph *g, gan__id loss, gan__id *p, gan__id *v) {
  gan__id gradients[PARAMETERS];
  gan__gradient(g, loss, GAN__NONE, p, PARAMETERS, gradients);
  for (int32_t i = 0; i < PARAMETERS; i++) {
    v[i] = gan__op_add(g, gan__op_scale(g, v[i], 0.5), gradients[i]);
    p[i] = gan__op_sub(g, p[i], gan__op_scale(g, v[i], 0.01));
  }
}

static gan__id discriminator_loss(gan__graph *g, gan__id real, gan__id fake, const gan__id *d) {
  gan__id on_real = gan__op_softplus(g, gan__op_neg(g, network(g, real, d)));
  gan__id on_fake = gan__op_softplus(g, network(g, fake, d));
  on_real = gan__op_mean_all(g, on_real);
  return gan__op_add(g, on_real, gan__op_mean_all(g, on_fake));
}

gan__graph *small_graph_game(gan_context *context, const small_game *game) {
  gan__graph *g = new_graph(context);
  const int64_t sizes_g[3] = {8, game->width, 2}, sizes_d[3] = {2, game->width, 1};
  gan__id theta[PARAMETERS], theta_v[PARAMETERS], phi[PARAMETERS], phi_v[PARAMETERS];
  player(g, "g", sizes_g, theta, theta_v);
  player(g, "d", sizes_d, phi, phi_v);
  gan__id real = slot(g, "real", GAN_F32, (gan__shape){2, {game->rows, 2}});
  gan__shape latents = {2, {game->rows, 8}};
  gan__graph_set_scope(g, "generator");
  gan__id fake = network(g, gan__op_normal(g, GAN_F32, &latents, 1), theta);
  gan__id first[2 * PARAMETERS];
  char scope[32];
  for (int32_t k = 0; k <= game->steps; k++) {
    snprintf(scope, sizeof scope, "step_%d", (int)k);
    gan__graph_set_scope(g, scope);
    gan__id loss = discriminator_loss(g, real, fake, phi);
    if (k == game->steps) gan__graph_output(g, "loss", loss);
    if (k < game->steps || k == 0) descend(g, loss, phi, phi_v);
    for (int32_t i = 0; k == 0 && i < PARAMETERS; i++) {
      first[i] = phi[i];
      first[PARAMETERS + i] = phi_v[i];
    }
  }
  gan__graph_set_scope(g, "outer");
  gan__id objective =
      gan__op_neg(g, gan__op_mean_all(g, gan__op_softplus(g, network(g, fake, phi))));
  descend(g, objective, theta, theta_v);
  for (int32_t i = 0; i < PARAMETERS; i++) {
    gan__graph_commit(g, 2 * i, theta[i]);
    gan__graph_commit(g, 2 * i + 1, theta_v[i]);
    gan__graph_commit(g, 2 * (PARAMETERS + i), first[i]);
    gan__graph_commit(g, 2 * (PARAMETERS + i) + 1, first[PARAMETERS + i]);
  }
  return g;
}
