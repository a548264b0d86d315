/* SPDX-License-Identifier: MIT */
/* Terms that contain a derivative: it is taken at the point of the game where the term is asked,
 * also after inner steps, through which the parameters there depend on the rows. With a linear
 * discriminator D(x) = x w + b the slope of every logit is w, so the mean square of slopes is
 * |w|^2. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <gan/gan.h>

#include "players.h"

enum { ROWS = 8 };

/* The same number by two ways; rounding of a few hundred operations. */
#define BOUND 1e-12

static const int32_t kinds_of_rows[] = {GAN_ROWS_REAL, GAN_ROWS_FAKE};

/* mean over the rows of |d D(x) / d x|^2; *user is a GAN_ROWS_*. */
static int32_t by_rows(gan_graph *g, void *user) {
  int32_t x = gan_graph_rows(g, *(const int32_t *)user), slopes;
  int32_t sum = gan_graph_sum_all(g, gan_graph_logits(g, *(const int32_t *)user));
  if (gan_graph_gradient(g, sum, &x, 1, &slopes) != GAN_OK) return -1;
  return gan_graph_scale(g, gan_graph_dot(g, slopes, slopes), 1.0 / ROWS);
}

static int32_t by_weight(gan_graph *g, void *user) {
  (void)user;
  int32_t w = gan_graph_parameter(g, "discriminator", "dense_1/weight");
  return gan_graph_dot(g, w, w);
}

/* |d (u . u + w) / d u|^2 = 4 u . u for a parameter u of the generator; inner steps make w, the
 * discriminator's, depend on u. */
static int32_t by_parameter(gan_graph *g, void *user) {
  (void)user;
  int32_t u = gan_graph_parameter(g, "generator", "dense_2/bias"), slope;
  int32_t w = gan_graph_parameter(g, "discriminator", "dense_1/bias");
  int32_t y = gan_graph_add(g, gan_graph_dot(g, u, u), gan_graph_sum_all(g, w));
  if (gan_graph_gradient(g, y, &u, 1, &slope) != GAN_OK) return -1;
  return gan_graph_dot(g, slope, slope);
}

static int32_t by_parameter_itself(gan_graph *g, void *user) {
  (void)user;
  int32_t u = gan_graph_parameter(g, "generator", "dense_2/bias");
  return gan_graph_scale(g, gan_graph_dot(g, u, u), 4);
}

typedef struct term {
  gan_term_callback callback;
  const char *player;
  int32_t rows, inner, steps;
} term;

/* The unrolled objective and the norm of its gradient. */
static void measure(const term *of, double found[2]) {
  players all, *p = &all;
  const setup linear = {.discriminator = "f64; input 2; dense 1",
                        .loss = GAN_LOSS_NON_SATURATING,
                        .optimizer = GAN_OPTIMIZER_SGD,
                        .generator_rate = 0.1,
                        .discriminator_rate = 0.3};
  float rows[ROWS * 2];
  for (int32_t i = 0; i < ROWS * 2; i++)
    rows[i] = sinf(1.3F * (float)i);
  players_create(p, &linear);
  int32_t user = of->rows;
  MUST(gan_loss_add_term(p->loss, of->player, 1, of->callback, &user));
  gan_unroll *unroll;
  gan_gradient *gradient;
  MUST(gan_unroll_create(p->context, p->g, p->d, p->loss, p->og, p->od, &unroll));
  MUST(gan_unroll_set_steps(unroll, of->steps));
  MUST(gan_unroll_set_inner_batches(unroll, of->inner));
  MUST(gan_unroll_set_batch(unroll, rows, ROWS));
  MUST(gan_unroll_gradient(unroll, &gradient));
  found[0] = gan_gradient_objective(gradient);
  found[1] = gan_gradient_norm(gradient);
  gan_gradient_destroy(gradient);
  gan_unroll_destroy(unroll);
  players_destroy(p);
}

static void compare(const term *a, gan_term_callback callback) {
  term b = *a;
  double first[2], second[2];
  b.callback = callback;
  measure(a, first);
  measure(&b, second);
  for (int32_t i = 0; i < 2; i++)
    if (!(fabs(first[i] - second[i]) <= BOUND * (1 + fabs(second[i]))))
      fail_msg("%s's term, rows %d, inner batches %d, K %d: %s %.17g, should be %.17g", a->player,
               a->rows, a->inner, a->steps, i ? "gradient norm" : "objective", first[i], second[i]);
}

static void slopes_are_of_the_point_reached(void **state) {
  (void)state;
  static const char *const names[] = {"generator", "discriminator"};
  static const int32_t inners[] = {GAN_INNER_SAME, GAN_INNER_FRESH};
  for (int32_t i = 0; i < 16; i++)
    for (int32_t steps = 0; steps <= 3; steps++) {
      term of = {.player = names[i & 1],
                 .rows = kinds_of_rows[i >> 1 & 1],
                 .inner = inners[i >> 2 & 1],
                 .steps = steps};
      of.callback = i >> 3 ? by_parameter : by_rows;
      compare(&of, i >> 3 ? by_parameter_itself : by_weight);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(slopes_are_of_the_point_reached)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
