/* SPDX-License-Identifier: MIT */
/* libgan/train/contest.c: how fast games turn, leave and arrive under each method, against rates
 * worked out by hand.
 *
 * xy has v = (y, -x). With u = x + i y that is v = -i u, so one step of a method that is linear in
 * v multiplies u by a number, and the distance from the equilibrium by its modulus:
 *   simultaneous     1 + i eta                   sqrt(1 + eta^2)
 *   extragradient    1 + i eta - eta^2           sqrt((1 - eta^2)^2 + eta^2)
 *   consensus c      1 + i eta - eta c           sqrt((1 - eta c)^2 + eta^2)
 *   optimistic       z^2 = z (1 + 2 i eta) - i eta: z = (1 + 2 i eta +- s) / 2, s = sqrt(1 - 4
 *                    eta^2), of which the larger has |z|^2 = ((1 + s)^2 + 4 eta^2) / 4 = (1 + s) /
 * 2 |v|^2 / 2 is (x^2 + y^2) / 2 there, hence the consensus term c (x, y). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "contest_run.h"
#include "dirac_game.h"

static double radius(const gan_game *game) {
  double at[2];
  DONE(gan_game_get(game, at));
  return hypot(at[0], at[1]);
}

/* ---- xy. ---- */

typedef struct method {
  int32_t optimizer, method;
  double consensus;
} method;

static const method descent = {GAN_OPTIMIZER_SGD, GAN_METHOD_DESCENT, 0};
static const method extragradient = {GAN_OPTIMIZER_SGD, GAN_METHOD_EXTRAGRADIENT, 0};
static const method optimistic = {GAN_OPTIMIZER_OPTIMISTIC, GAN_METHOD_DESCENT, 0};

static gan_game *play_xy(int32_t dtype, const method *m, double rate) {
  gan_game *game = preset(dtype, GAN_GAME_BILINEAR);
  equip(game, m->optimizer, rate);
  DONE(gan_game_set_method(game, m->method));
  DONE(gan_game_set_consensus(game, m->consensus));
  return game;
}

/* Every single step, to roundings. `skip` steps go before, while the smaller root dies out. */
static void check_rate(const method *m, double rate, double want, int32_t skip) {
  gan_game *game = play_xy(GAN_F64, m, rate);
  DONE(gan_game_step(game, skip));
  double before = radius(game);
  for (int32_t step = 0; step < 200; step++) {
    DONE(gan_game_step(game, 1));
    double now = radius(game);
    NEAR(now / before, want, 1e-14);
    before = now;
  }
  gan_game_destroy(game);
  /* In f32 a step is off by a few roundings of 6e-8. */
  game = play_xy(GAN_F32, m, rate);
  DONE(gan_game_step(game, skip));
  before = radius(game);
  DONE(gan_game_step(game, 20));
  NEAR(pow(radius(game) / before, 0.05), want, 2e-7);
  gan_game_destroy(game);
}

static void xy_goes_at_the_derived_rates(void **state) {
  (void)state;
  static const double rates[] = {0.01, 0.1, 0.3};
  for (int32_t i = 0; i < 3; i++) {
    double eta = rates[i], s = sqrt(1 - 4 * eta * eta), c[] = {0.5, 1, 3};
    check_rate(&descent, eta, sqrt(1 + eta * eta), 0);
    check_rate(&extragradient, eta, hypot(1 - eta * eta, eta), 0);
    /* The roots' moduli are sqrt((1 +- s) / 2); in 40 steps their ratio is below 1e-20. */
    check_rate(&optimistic, eta, sqrt((1 + s) / 2), eta < 0.2 ? 40 : 80);
    for (int32_t k = 0; k < 3; k++) {
      method consensus = descent;
      consensus.consensus = c[k];
      check_rate(&consensus, eta, hypot(1 - eta * c[k], eta), 0);
    }
  }
}

/* Published radii after 10, 100, 500 and 1000 steps at 0.1 from (1, 1), as shares of the first, to
 * the digits they have. */
static void xy_has_the_known_radii(void **state) {
  (void)state;
  static const int32_t steps[] = {10, 100, 500, 1000};
  static const struct {
    const method *how;
    double shares[4], errors[4];
  } rows[] = {{&descent, {1.051, 1.645, 12.03, 144.8}, {5e-4, 5e-4, 5e-3, 0.05}},
              {&extragradient, {0.951, 0.608, 0.083, 0.0069}, {5e-4, 5e-4, 5e-4, 5e-5}},
              {&optimistic, {0.960, 0.608, 0.080, 0.0063}, {5e-4, 5e-4, 5e-4, 5e-5}}};
  for (int32_t r = 0; r < 3; r++) {
    gan_game *game = play_xy(GAN_F64, rows[r].how, 0.1);
    double first = radius(game);
    for (int32_t i = 0; i < 4; i++) {
      DONE(gan_game_step(game, steps[i] - gan_game_steps(game)));
      NEAR(radius(game) / first, rows[r].shares[i], rows[r].errors[i]);
    }
    gan_game_destroy(game);
  }
}

/* x' = x - eta y, y' = y + eta x': the one seated first moves first. Q = x^2 + y^2 - eta x y stays
 * what it is, so the radius lies between sqrt(Q / (1 + eta / 2)) and sqrt(Q / (1 - eta / 2)): for a
 * start at (1, 1) between 0.951 and 1 of the first, at eta = 0.1. */
static void alternating_xy_is_bounded(void **state) {
  (void)state;
  const double eta = 0.1, first = sqrt(2), least = sqrt((2 - eta) / (1 + eta / 2));
  gan_game *game = play_xy(GAN_F64, &descent, eta);
  DONE(gan_game_set_order(game, GAN_ORDER_ALTERNATING));
  double at[2], low = 9, high = 0;
  for (int32_t step = 0; step < 1000; step++) {
    DONE(gan_game_step(game, 1));
    DONE(gan_game_get(game, at));
    NEAR(at[0] * at[0] + at[1] * at[1] - eta * at[0] * at[1], 2 - eta, 1e-13);
    low = fmin(low, radius(game));
    high = fmax(high, radius(game));
  }
  assert_true(low >= least - 1e-13 && low < least + 1e-3);
  assert_true(high <= first + 1e-13 && high > first - 1e-3);
  gan_game_destroy(game);
}

/* ---- Rules that are not linear: against the same written as a loop. ---- */

typedef struct adam {
  double m, v, t;
} adam;

static double adam_step(adam *a, double gradient, double rate) {
  a->t++;
  a->m = 0.5 * a->m + 0.5 * gradient;
  a->v = 0.9 * a->v + 0.1 * gradient * gradient;
  double size = rate * sqrt(1 - pow(0.9, a->t)) / (1 - pow(0.5, a->t));
  return size * a->m / (sqrt(a->v) + 1e-8);
}

static void equip_adam(gan_game *game, double rate) {
  for (int32_t p = 0; p < 2; p++) {
    gan_optimizer *own = optimizer(GAN_OPTIMIZER_ADAM, rate);
    DONE(gan_optimizer_set(own, GAN_BETA1, 0.5));
    DONE(gan_optimizer_set(own, GAN_BETA2, 0.9));
    DONE(gan_game_set_optimizer(game, gan_game_player_name(game, p), own));
    gan_optimizer_destroy(own);
  }
}

/* Extragradient with Adam (Gidel et al. 2019, algorithm 4): moments and the number of updates go on
 * in both half-steps; the second one starts from where the first one started. */
static void extragradient_with_adam(void **state) {
  (void)state;
  const double rate = 0.05;
  gan_game *game = preset(GAN_F64, GAN_GAME_DIRAC);
  equip_adam(game, rate);
  DONE(gan_game_set_method(game, GAN_METHOD_EXTRAGRADIENT));
  double theta = 1, psi = 1, is[2];
  adam a[2] = {{0, 0, 0}, {0, 0, 0}};
  for (int32_t step = 0; step < 100; step++) {
    double slope = 1 / (1 + exp(theta * psi));
    double ahead = theta - adam_step(&a[0], psi * slope, rate);
    double other = psi - adam_step(&a[1], -theta * slope, rate);
    slope = 1 / (1 + exp(ahead * other));
    theta -= adam_step(&a[0], other * slope, rate);
    psi -= adam_step(&a[1], -ahead * slope, rate);
    DONE(gan_game_step(game, 1));
    DONE(gan_game_get(game, is));
    NEAR(is[0], theta, 1e-11);
    NEAR(is[1], psi, 1e-11);
  }
  gan_game_destroy(game);
}

/* ---- The Dirac-GAN. ---- */

typedef struct dirac_case {
  penalty objective;
  double consensus; /* of the setting */
  int32_t order;
  double low, high; /* of the radius after 500 steps at 0.2, start (1, 1) */
} dirac_case;

/* Radii of an independent calculation with the fields of Mescheder et al. 2018, to the digits that
 * are known. */
static void dirac_ends_where_it_should(void **state) {
  (void)state;
  static const dirac_case cases[] = {
      {{.r1 = 0}, 0, GAN_ORDER_SIMULTANEOUS, 3.0965, 3.0975},
      {{.non_saturating = true}, 0, GAN_ORDER_SIMULTANEOUS, 0.6395, 0.6405},
      {{.non_saturating = true}, 0, GAN_ORDER_ALTERNATING, 0.2835, 0.2845},
      {{.r1 = 0.3}, 0, GAN_ORDER_SIMULTANEOUS, 2.635e-6, 2.645e-6},
      {{.r1 = 0.3}, 0, GAN_ORDER_ALTERNATING, 2.295e-7, 2.305e-7},
      {{.r1 = 1}, 0, GAN_ORDER_SIMULTANEOUS, 9.45e-22, 9.55e-22},
      {{.r1 = 0.3, .non_saturating = true}, 0, GAN_ORDER_SIMULTANEOUS, 2.205e-6, 2.215e-6},
      {{.r1 = 0}, 1, GAN_ORDER_SIMULTANEOUS, 2.55e-10, 2.65e-10},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    penalty objective = cases[i].objective;
    gan_game *game = own_dirac(&objective);
    DONE(gan_game_set_consensus(game, cases[i].consensus));
    DONE(gan_game_set_order(game, cases[i].order));
    DONE(gan_game_step(game, 500));
    double is = radius(game);
    if (is < cases[i].low || is > cases[i].high) print_message("case %zu: %.6g\n", i, is);
    assert_true(is >= cases[i].low && is <= cases[i].high);
    gan_game_destroy(game);
  }
}

/* The generator moves first. Written as a loop, the radius stays from 1.3435 to 1.4220. */
static void alternating_dirac_stays_between(void **state) {
  (void)state;
  penalty none = {.r1 = 0};
  gan_game *game = own_dirac(&none);
  DONE(gan_game_set_order(game, GAN_ORDER_ALTERNATING));
  double low = 9, high = 0, theta = 1, psi = 1, is[2];
  for (int32_t step = 0; step < 500; step++) {
    theta -= 0.2 * psi / (1 + exp(theta * psi));
    psi += 0.2 * theta / (1 + exp(theta * psi));
    DONE(gan_game_step(game, 1));
    DONE(gan_game_get(game, is));
    NEAR(is[0], theta, 1e-12);
    NEAR(is[1], psi, 1e-12);
    low = fmin(low, radius(game));
    high = fmax(high, radius(game));
  }
  NEAR(low, 1.3435, 5e-5);
  NEAR(high, 1.4220, 5e-5);
  gan_game_destroy(game);
}

/* ---- Historical averaging. ---- */

/* Salimans et al. 2016, section 3.3: weight 0.1, rate 0.01, from (0.5, 0.5). */
static double orbit_distance(double weight) {
  double at[2];
  gan_game *game = preset(GAN_F64, GAN_GAME_ORBIT);
  equip(game, GAN_OPTIMIZER_SGD, 0.01);
  DONE(gan_game_set_historical_averaging(game, "x", weight));
  DONE(gan_game_set_historical_averaging(game, "y", weight));
  DONE(gan_game_step(game, 10000));
  DONE(gan_game_get(game, at));
  gan_game_destroy(game);
  return fmax(fabs(at[0] - 1), fabs(at[1] - 1));
}

static void historical_averaging_ends_the_orbit(void **state) {
  (void)state;
  assert_true(orbit_distance(0.1) < 1e-2);
  assert_true(orbit_distance(0) > 0.3);
}

/* The gradient of w (theta_t - mean_1^t theta)^2 with the mean's own theta_t: with u = t - 1 values
 * before and h their mean, 2 w (u / t)^2 (theta - h). */
static void historical_averaging_is_its_formula(void **state) {
  (void)state;
  const double weight = 0.8, rate = 0.1;
  double x = 1, y = 1, sum = 0, is[2];
  gan_game *game = preset(GAN_F64, GAN_GAME_BILINEAR);
  DONE(gan_game_set_historical_averaging(game, "x", weight));
  for (int32_t t = 1; t <= 50; t++) {
    double u = t - 1, pull = u == 0 ? 0 : 2 * weight * u / t * (u / t) * (x - sum / u), old = x;
    double field[2], objectives[2], apart = u == 0 ? 0 : x - (sum + x) / t;
    DONE(gan_game_field(game, field));
    NEAR(field[0], y + pull, 1e-14);
    DONE(gan_game_objectives(game, objectives));
    NEAR(objectives[0], x * y + weight * apart * apart, 1e-14);
    sum += x;
    x -= rate * (y + pull);
    y += rate * old;
    DONE(gan_game_step(game, 1));
    DONE(gan_game_get(game, is));
    NEAR(is[0], x, 1e-13);
    NEAR(is[1], y, 1e-13);
  }
  gan_game_destroy(game);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CONTEST_TEST(xy_goes_at_the_derived_rates),
      CONTEST_TEST(xy_has_the_known_radii),
      CONTEST_TEST(alternating_xy_is_bounded),
      CONTEST_TEST(extragradient_with_adam),
      CONTEST_TEST(dirac_ends_where_it_should),
      CONTEST_TEST(alternating_dirac_stays_between),
      CONTEST_TEST(historical_averaging_ends_the_orbit),
      CONTEST_TEST(historical_averaging_is_its_formula),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
