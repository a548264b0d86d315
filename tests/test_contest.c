/* SPDX-License-Identifier: MIT */
/* libgan/train/contest.c, contest_preset.c: objectives, fields, Jacobians and their eigenvalues
 * against formulas worked out by hand. (How games are played: test_contest_rates.c,
 * test_contest_players.c.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "contest_run.h"
#include "dirac_game.h"

enum { MOST = 6 };

/* ---- The games that are there, as formulas. v = (d f_1 / d theta_1, d f_2 / d theta_2). ---- */

typedef struct answer {
  double objectives[2], field[MOST], jacobian[MOST * MOST];
} answer;

/* f = x y, -x y. */
static answer bilinear(const double *at) {
  return (answer){{at[0] * at[1], -at[0] * at[1]}, {at[1], -at[0]}, {0, 1, -1, 0}};
}

static double sigmoid(double t) {
  return 1 / (1 + exp(-t));
}

/* g(t) = -log(1 + exp(-t)): g' = s(-t), g'' = -s(t) s(-t). L = g(psi theta) + g(0). */
static answer dirac(const double *at) {
  double theta = at[0], psi = at[1], t = theta * psi, slope = sigmoid(-t);
  double bend = -sigmoid(t) * sigmoid(-t), value = -log1p(exp(-t)) - log(2);
  return (answer){{value, -value},
                  {psi * slope, -theta * slope},
                  {psi * psi * bend, slope + t * bend, -(slope + t * bend), -theta * theta * bend}};
}

/* The generator's -g(-t) = log(1 + exp(t)): slope s(t), bend s(t) s(-t). */
static answer dirac_non_saturating(const double *at) {
  answer a = dirac(at);
  double theta = at[0], psi = at[1], t = theta * psi, bend = sigmoid(t) * sigmoid(-t);
  a.objectives[0] = log1p(exp(t));
  a.field[0] = psi * sigmoid(t);
  a.jacobian[0] = psi * psi * bend;
  a.jacobian[1] = sigmoid(t) + t * bend;
  return a;
}

/* V = (h(x) - 1)(y - 1), h = x below 0 and x^2 from there on. */
static answer orbit(const double *at) {
  double x = at[0], y = at[1], h = x < 0 ? x : x * x, slope = x < 0 ? 1 : 2 * x,
         bend = x < 0 ? 0 : 2;
  double value = (h - 1) * (y - 1);
  return (answer){{value, -value}, {slope * (y - 1), 1 - h}, {bend * (y - 1), slope, -slope, 0}};
}

static const double payoff[3][3] = {{0, -1, 1}, {1, 0, -1}, {-1, 1, 0}};

static void softmax(const double *logits, double *p) {
  double sum = 0;
  for (int i = 0; i < 3; i++)
    sum += p[i] = exp(logits[i]);
  for (int i = 0; i < 3; i++)
    p[i] /= sum;
}

/* S = diag(p) - p p', the derivative of softmax. */
static double softmax_slope(const double *p, int i, int j) {
  return (i == j ? p[i] : 0) - p[i] * p[j];
}

/* One side, at strategy p with costs u of the three moves, which depend on the other's strategy q
 * through `sign` A: v = S u, dv_i / da_j = S_ij (u_i - p'u) - p_i v_j, dv/db = S_p sign A S_q. */
static void side(const double *p, const double *q, const double *u, double sign, bool transposed,
                 double *v, double *own, double *others) {
  double mean = 0;
  for (int i = 0; i < 3; i++)
    mean += p[i] * u[i];
  for (int i = 0; i < 3; i++)
    v[i] = p[i] * (u[i] - mean);
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++) {
      own[i * MOST + j] = softmax_slope(p, i, j) * (u[i] - mean) - p[i] * v[j];
      double sum = 0;
      for (int k = 0; k < 3; k++)
        for (int l = 0; l < 3; l++)
          sum += softmax_slope(p, i, k) * sign * (transposed ? payoff[l][k] : payoff[k][l])
                 * softmax_slope(q, l, j);
      others[i * MOST + j] = sum;
    }
}

/* The row minimises -p'Aq, the column p'Aq. */
static answer rock_paper_scissors(const double *at) {
  double p[3], q[3], row[3], column[3], gain = 0;
  softmax(at, p);
  softmax(at + 3, q);
  for (int i = 0; i < 3; i++) {
    row[i] = column[i] = 0;
    for (int j = 0; j < 3; j++) {
      row[i] -= payoff[i][j] * q[j];
      column[i] += payoff[j][i] * p[j];
    }
    gain -= p[i] * row[i];
  }
  answer a = {{-gain, gain}, {0}, {0}};
  side(p, q, row, -1, false, a.field, a.jacobian, a.jacobian + 3);
  side(q, p, column, 1, true, a.field + 3, a.jacobian + 3 * MOST + 3, a.jacobian + 3 * MOST);
  return a;
}

static const struct {
  int32_t preset, size;
  answer (*formula)(const double *at);
  const char *names[2];
  double start[MOST], places[4][MOST];
} games[] = {
    {GAN_GAME_BILINEAR, 2, bilinear, {"x", "y"}, {1, 1}, {{0, 0}, {1.5, -0.25}, {-3, 2}}},
    {GAN_GAME_ROCK_PAPER_SCISSORS,
     6,
     rock_paper_scissors,
     {"row", "column"},
     {1, 0, 0, 0, 1, 0},
     {{0}, {0.3, -1, 0.5, 2, 0, -0.75}, {5, 0, 0, 0, -4, 1}}},
    {GAN_GAME_DIRAC,
     2,
     dirac,
     {"generator", "discriminator"},
     {1, 1},
     {{0, 0}, {1.5, -0.25}, {-3, 2}}},
    {GAN_GAME_DIRAC_NON_SATURATING,
     2,
     dirac_non_saturating,
     {"generator", "discriminator"},
     {1, 1},
     {{0, 0}, {1.5, -0.25}, {-3, 2}}},
    {GAN_GAME_ORBIT, 2, orbit, {"x", "y"}, {0.5, 0.5}, {{1, 1}, {-0.75, 2}, {0, 3}, {2, -1}}},
};
enum { GAMES = sizeof games / sizeof *games };

/* A few roundings of numbers of size 10 at most; in f32 with the constants it has. */
static double allowed(int32_t dtype) {
  return dtype == GAN_F64 ? 1e-14 : 4e-6;
}

static void check_answers(gan_game *game, int32_t dtype, const answer *want) {
  int32_t size = (int32_t)gan_game_size(game);
  double objectives[2], field[MOST], jacobian[MOST * MOST];
  DONE(gan_game_objectives(game, objectives));
  DONE(gan_game_field(game, field));
  DONE(gan_game_jacobian(game, jacobian));
  for (int32_t i = 0; i < 2; i++)
    NEAR(objectives[i], want->objectives[i], allowed(dtype));
  for (int32_t i = 0; i < size; i++)
    NEAR(field[i], want->field[i], allowed(dtype));
  for (int32_t i = 0; i < size * size; i++)
    NEAR(jacobian[i], want->jacobian[i], allowed(dtype));
}

static void presets_are_their_formulas(void **state) {
  (void)state;
  for (int32_t g = 0; g < GAMES; g++)
    for (int32_t dtype = GAN_F32; dtype <= GAN_F64; dtype++) {
      gan_game *game = preset(dtype, games[g].preset);
      double now[MOST];
      assert_int_equal(gan_game_players(game), 2);
      assert_int_equal(gan_game_size(game), games[g].size);
      for (int32_t p = 0; p < 2; p++) {
        assert_string_equal(gan_game_player_name(game, p), games[g].names[p]);
        assert_int_equal(gan_game_player_size(game, p), games[g].size / 2);
      }
      DONE(gan_game_get(game, now));
      for (int32_t i = 0; i < games[g].size; i++)
        assert_true(now[i] == games[g].start[i]);
      answer want = games[g].formula(games[g].start);
      check_answers(game, dtype, &want);
      for (int32_t place = 0; place < 4; place++) {
        DONE(gan_game_set(game, games[g].places[place]));
        want = games[g].formula(games[g].places[place]);
        check_answers(game, dtype, &want);
      }
      assert_int_equal(gan_game_steps(game), 0);
      gan_game_destroy(game);
    }
}

/* Simultaneous descent of all players at 0.1. */
static void presets_step_down_their_field(void **state) {
  (void)state;
  for (int32_t g = 0; g < GAMES; g++) {
    gan_game *game = preset(GAN_F64, games[g].preset);
    double now[MOST], is[MOST];
    DONE(gan_game_get(game, now));
    for (int32_t step = 0; step < 20; step++) {
      answer a = games[g].formula(now);
      for (int32_t i = 0; i < games[g].size; i++)
        now[i] -= 0.1 * a.field[i];
      DONE(gan_game_step(game, 1));
      DONE(gan_game_get(game, is));
      for (int32_t i = 0; i < games[g].size; i++)
        NEAR(is[i], now[i], 1e-14);
    }
    assert_int_equal(gan_game_steps(game), 20);
    gan_game_destroy(game);
  }
}

/* ---- Eigenvalues. ---- */

static void check_eigenvalues(gan_game *game, const double *at, int32_t size, const double *real,
                              const double *imaginary, double error) {
  double is[2][MOST];
  DONE(gan_game_set(game, at));
  DONE(gan_game_eigenvalues(game, is[0], is[1]));
  for (int32_t i = 0; i < size; i++) {
    NEAR(is[0][i], real[i], error);
    NEAR(is[1][i], imaginary[i], error);
  }
}

/* xy: +-i. Dirac at (0, 0): +-i/2. Orbit at (1, 1): h' = 2, so +-2i. Rock-paper-scissors at the
 * uniform strategies: S = (1 - ones / 3) / 3 on both sides, so J = (0, -A/9; A'/9, 0) with A' = -A.
 * A is circulant with eigenvalues 0 and +-i sqrt(3), and J has them twice, over 9. */
static void at_equilibrium_games_turn(void **state) {
  (void)state;
  static const double zeros[MOST] = {0}, one[2] = {1, 1};
  const double i = 1, half = 0.5, two = 2, turn = sqrt(3) / 9;
  gan_game *game = preset(GAN_F64, GAN_GAME_BILINEAR);
  check_eigenvalues(game, one, 2, zeros, (double[]){i, -i}, 1e-15);
  check_eigenvalues(game, zeros, 2, zeros, (double[]){i, -i}, 1e-15);
  gan_game_destroy(game);
  for (int32_t which = GAN_GAME_DIRAC; which <= GAN_GAME_DIRAC_NON_SATURATING; which++) {
    game = preset(GAN_F64, which);
    check_eigenvalues(game, zeros, 2, zeros, (double[]){half, -half}, 1e-15);
    gan_game_destroy(game);
  }
  game = preset(GAN_F64, GAN_GAME_ORBIT);
  check_eigenvalues(game, one, 2, zeros, (double[]){two, -two}, 1e-15);
  gan_game_destroy(game);
  game = preset(GAN_F64, GAN_GAME_ROCK_PAPER_SCISSORS);
  double is[2][MOST];
  DONE(gan_game_set(game, zeros));
  DONE(gan_game_eigenvalues(game, is[0], is[1]));
  /* Real parts are roundings, so their order means nothing. */
  int32_t up = 0, down = 0, none = 0;
  for (int32_t k = 0; k < 6; k++) {
    NEAR(is[0][k], 0, 1e-15);
    up += fabs(is[1][k] - turn) < 1e-15;
    down += fabs(is[1][k] + turn) < 1e-15;
    none += fabs(is[1][k]) < 1e-15;
  }
  assert_int_equal(up, 2);
  assert_int_equal(down, 2);
  assert_int_equal(none, 2);
  gan_game_destroy(game);
}

/* ---- Objectives of the user's own. ---- */

/* J at (0, 0) is (0, 1/2; -1/2, r1): lambda^2 - r1 lambda + 1/4 = 0, so
 * lambda = r1/2 +- sqrt(r1^2/4 - 1/4), which stop turning at r1 = 1, a double root: there the
 * eigenvalues are off by the root of a rounding. */
static void a_penalty_makes_dirac_converge(void **state) {
  (void)state;
  static const double zeros[2] = {0, 0}, weights[] = {0, 0.3, 0.999, 1, 1.001, 2.5};
  for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
    double r1 = weights[i], inside = r1 * r1 / 4 - 0.25, root = sqrt(fabs(inside));
    penalty both = {.r1 = r1};
    gan_game *game = own_dirac(&both);
    if (inside < 0)
      check_eigenvalues(game, zeros, 2, (double[]){r1 / 2, r1 / 2}, (double[]){root, -root}, 1e-14);
    else
      check_eigenvalues(game, zeros, 2, (double[]){r1 / 2 + root, r1 / 2 - root}, zeros,
                        r1 == 1 ? 1e-7 : 1e-13);
    gan_game_destroy(game);
  }
}

/* At v = 0 the derivative of c/2 |v|^2's gradient is c J'J = c/4 times the identity. */
static void consensus_moves_all_eigenvalues_to_the_right(void **state) {
  (void)state;
  penalty both = {.consensus = 1.5};
  gan_game *game = own_dirac(&both);
  check_eigenvalues(game, (double[]){0, 0}, 2, (double[]){0.375, 0.375}, (double[]){0.5, -0.5},
                    1e-15);
  gan_game_destroy(game);
}

/* The setting makes the same steps as the term written out. */
static void consensus_is_the_term_it_says(void **state) {
  (void)state;
  penalty both = {.consensus = 0.7, .r1 = 0.3}, bare = {.r1 = 0.3};
  gan_game *game = own_dirac(&both), *other = own_dirac(&bare);
  DONE(gan_game_set_consensus(other, 0.7));
  double is[2], want[2];
  for (int32_t step = 0; step < 30; step++) {
    DONE(gan_game_step(game, 1));
    DONE(gan_game_step(other, 1));
    DONE(gan_game_get(game, want));
    DONE(gan_game_get(other, is));
    NEAR(is[0], want[0], 1e-14);
    NEAR(is[1], want[1], 1e-14);
  }
  /* And the field is without it. */
  double field[2], theta = is[0], psi = is[1], slope = sigmoid(-theta * psi);
  DONE(gan_game_field(other, field));
  NEAR(field[0], psi * slope, 1e-14);
  NEAR(field[1], -theta * slope + 0.3 * psi, 1e-14);
  gan_game_destroy(other);
  gan_game_destroy(game);
}

/* ---- Sizes. ---- */

/* Player "a" minimises sum a^3 / 6 + a.b, "b" sum b^4 / 24: a Jacobian that is known entry by
 * entry. */
static int32_t powers(gan_graph *graph, int32_t player, void *user) {
  (void)user;
  int32_t a = gan_graph_parameter(graph, "a", "value"),
          b = gan_graph_parameter(graph, "b", "value");
  int32_t square = gan_graph_square(graph, player == 0 ? a : b);
  if (player == 1) return gan_graph_scale(graph, gan_graph_dot(graph, square, square), 1.0 / 24);
  return gan_graph_add(graph, gan_graph_scale(graph, gan_graph_dot(graph, square, a), 1.0 / 6),
                       gan_graph_dot(graph, a, b));
}

static gan_game *make_powers(int32_t dtype, int64_t size, double *start) {
  gan_game *game;
  for (int64_t i = 0; i < size; i++)
    start[i] = (double)(i % 17 - 8) / 8;
  DONE(gan_game_create(context, dtype, &game));
  seat(game, "a", start, size, GAN_OPTIMIZER_SGD, 0.1);
  seat(game, "b", start, size, GAN_OPTIMIZER_SGD, 0.1);
  DONE(gan_game_set_objective(game, powers, NULL));
  return game;
}

static void the_largest_jacobian_is_right(void **state) {
  (void)state;
  enum { HALF = 256, SIZE = 2 * HALF };
  static double start[HALF], jacobian[SIZE * SIZE];
  gan_game *game = make_powers(GAN_F64, HALF, start);
  DONE(gan_game_jacobian(game, jacobian));
  for (int32_t i = 0; i < SIZE; i++)
    for (int32_t j = 0; j < SIZE; j++) {
      double at = start[i % HALF], want = 0;
      if (i == j) want = i < HALF ? at : at * at / 2;
      if (j == i + HALF) want = 1;
      NEAR(jacobian[i * SIZE + j], want, 1e-15);
    }
  gan_game_destroy(game);
}

/* Objectives and fields have no such bound. */
static void large_games_have_a_field(void **state) {
  (void)state;
  enum { HALF = 100000 };
  double *start = malloc(HALF * sizeof *start), *field = malloc(2 * HALF * sizeof *field);
  double objectives[2], want = 0, real = -5, imaginary = -5;
  gan_game *game = make_powers(GAN_F64, HALF, start);
  DONE(gan_game_field(game, field));
  DONE(gan_game_objectives(game, objectives));
  for (int32_t i = 0; i < HALF; i++) {
    double at = start[i];
    NEAR(field[i], at * at / 2 + at, 1e-15);
    NEAR(field[HALF + i], at * at * at / 6, 1e-15);
    want += at * at * at * at / 24;
  }
  NEAR(objectives[1], want, 1e-9);
  field[0] = -5;
  assert_int_equal(gan_game_jacobian(game, field), GAN_ERROR_LIMIT);
  assert_int_equal(gan_game_eigenvalues(game, &real, &imaginary), GAN_ERROR_LIMIT);
  assert_non_null(strstr(gan_context_message(context), "200000"));
  assert_non_null(strstr(gan_context_message(context), "512"));
  assert_true(field[0] == -5 && real == -5 && imaginary == -5);
  gan_game_destroy(game);
  free(field);
  free(start);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CONTEST_TEST(presets_are_their_formulas),
      CONTEST_TEST(presets_step_down_their_field),
      CONTEST_TEST(at_equilibrium_games_turn),
      CONTEST_TEST(a_penalty_makes_dirac_converge),
      CONTEST_TEST(consensus_moves_all_eigenvalues_to_the_right),
      CONTEST_TEST(consensus_is_the_term_it_says),
      CONTEST_TEST(the_largest_jacobian_is_right),
      CONTEST_TEST(large_games_have_a_field),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
