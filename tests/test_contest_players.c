/* SPDX-License-Identifier: MIT */
/* libgan/train/contest.c: games of three players with vectors of several sizes, whoever moves how
 * often and looks through whom, against the same written as loops. (What goes wrong:
 * test_contest_errors.c.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "contest_run.h"
#include "round_table.h"

/* ---- Orders and moves. ---- */

static void three_move_at_once(void **state) {
  (void)state;
  for (int32_t dtype = GAN_F32; dtype <= GAN_F64; dtype++) {
    gan_game *game = sit_down(dtype);
    long double at[SIZE], seen[SIZE];
    begin(at);
    assert_int_equal(gan_game_players(game), 3);
    assert_int_equal(gan_game_size(game), SIZE);
    assert_null(gan_game_player_name(game, 3));
    assert_null(gan_game_player_name(game, -1));
    assert_int_equal(gan_game_player_size(game, 2), 3);
    assert_int_equal(gan_game_player_size(game, 3), 0);
    for (int32_t step = 0; step < 20; step++) {
      memcpy(seen, at, sizeof seen);
      for (int32_t p = 0; p < 3; p++)
        descend(p, seen, at);
      DONE(gan_game_step(game, 1));
      check_place(game, at, dtype == GAN_F64 ? 1e-13 : 2e-5);
    }
    gan_game_destroy(game);
  }
}

/* One after the other, as often as each is to: a twice, b once, c three times. */
static void three_move_in_turn(void **state) {
  (void)state;
  static const int32_t moves[3] = {2, 1, 3};
  gan_game *game = sit_down(GAN_F64);
  long double at[SIZE];
  begin(at);
  DONE(gan_game_set_order(game, GAN_ORDER_ALTERNATING));
  for (int32_t step = 0; step < 20; step++) {
    bool many = step >= 10;
    if (step == 10)
      for (int32_t p = 0; p < 3; p++)
        DONE(gan_game_set_moves(game, names[p], moves[p]));
    for (int32_t p = 0; p < 3; p++)
      for (int32_t i = 0; i < (many ? moves[p] : 1); i++)
        descend(p, at, at);
    DONE(gan_game_step(game, 1));
    check_place(game, at, 1e-13);
  }
  gan_game_destroy(game);
}

/* At once and several times: each sees the others as they were. */
static void many_moves_at_once(void **state) {
  (void)state;
  gan_game *game = sit_down(GAN_F64);
  long double at[SIZE], seen[SIZE], was[SIZE];
  begin(at);
  DONE(gan_game_set_moves(game, "c", 3));
  for (int32_t step = 0; step < 20; step++) {
    memcpy(was, at, sizeof was);
    for (int32_t p = 0; p < 3; p++)
      for (int32_t i = 0; i < (p == 2 ? 3 : 1); i++) {
        memcpy(seen, was, sizeof seen);
        memcpy(seen + first[p], at + first[p], (size_t)(first[p + 1] - first[p]) * sizeof *seen);
        descend(p, seen, at);
      }
    DONE(gan_game_step(game, 1));
    check_place(game, at, 1e-13);
  }
  gan_game_destroy(game);
}

static void three_look_ahead_with_extragradient(void **state) {
  (void)state;
  gan_game *game = sit_down(GAN_F64);
  long double at[SIZE], ahead[SIZE];
  begin(at);
  DONE(gan_game_set_method(game, GAN_METHOD_EXTRAGRADIENT));
  for (int32_t step = 0; step < 20; step++) {
    memcpy(ahead, at, sizeof ahead);
    for (int32_t p = 0; p < 3; p++)
      descend(p, at, ahead);
    for (int32_t p = 0; p < 3; p++)
      descend(p, ahead, at);
    DONE(gan_game_step(game, 1));
    check_place(game, at, 1e-13);
  }
  /* One move each is what it has. */
  DONE(gan_game_set_moves(game, "b", 2));
  assert_int_equal(gan_game_step(game, 1), GAN_ERROR_STATE);
  gan_game_destroy(game);
}

/* ---- Through others' steps. ---- */

typedef struct looking {
  int32_t player, through, steps;
} looking;

/* f_player after the other one's steps from `at`. */
static long double ahead_of(const looking *l, const long double *at) {
  long double now[SIZE];
  memcpy(now, at, sizeof now);
  for (int32_t k = 0; k < l->steps; k++)
    descend(l->through, now, now);
  return objective(l->player, now);
}

/* Differences of eighth order in long double: off by about h^8 = 7e-20 times a ninth derivative and
 * by 1e-19 / h = 3e-17 times numbers of size 10. */
static long double derivative(const looking *l, const long double *at, int32_t index) {
  static const long double weights[4] = {4.0L / 5, -1.0L / 5, 4.0L / 105, -1.0L / 280};
  const long double h = 0.004L;
  long double sum = 0, near[SIZE];
  for (int32_t i = 0; i < 4; i++)
    for (int32_t sign = -1; sign <= 1; sign += 2) {
      memcpy(near, at, sizeof near);
      near[index] += sign * (i + 1) * h;
      sum += sign * weights[i] * ahead_of(l, near) / h;
    }
  return sum;
}

/* Its field and its first step. */
static void check_looking(const looking *l) {
  gan_game *game = sit_down(GAN_F64);
  long double at[SIZE], seen[SIZE];
  double field[SIZE];
  begin(at);
  begin(seen);
  DONE(gan_game_set_unroll(game, names[l->player], names[l->through], l->steps));
  DONE(gan_game_field(game, field));
  for (int32_t p = 0; p < 3; p++) {
    long double v[SIZE];
    slope(p, seen, v);
    for (int32_t i = first[p]; i < first[p + 1]; i++) {
      if (p == l->player) v[i] = derivative(l, seen, i);
      NEAR(field[i], (double)v[i], 1e-12);
      at[i] -= (long double)rates[p] * v[i];
    }
  }
  double objectives[3];
  DONE(gan_game_objectives(game, objectives));
  NEAR(objectives[l->player], (double)ahead_of(l, seen), 1e-14);
  DONE(gan_game_step(game, 1));
  check_place(game, at, 1e-12);
  gan_game_destroy(game);
}

static void anyone_looks_through_anyone(void **state) {
  (void)state;
  for (int32_t p = 0; p < 3; p++)
    for (int32_t q = 0; q < 3; q++)
      for (int32_t k = 1; k <= 5 && p != q; k += 2)
        check_looking(&(looking){p, q, k});
}

/* xy: y_K = y + K eta x, so x descends f = x y + K eta x^2, whose derivative is y + 2 K eta x and
 * whose second one moves the eigenvalues of (2 K eta, 1; -1, 0) to the right: x then sees what y
 * would do. */
static void looking_ahead_makes_xy_converge(void **state) {
  (void)state;
  enum { K = 3 };
  const double eta = 0.1, turn = K * eta;
  gan_game *game = preset(GAN_F64, GAN_GAME_BILINEAR);
  DONE(gan_game_set_unroll(game, "x", "y", K));
  double real[2], imaginary[2], at[2], x = 1, y = 1;
  DONE(gan_game_eigenvalues(game, real, imaginary));
  for (int32_t i = 0; i < 2; i++) {
    NEAR(real[i], turn, 1e-15);
    NEAR(imaginary[i], (i == 0 ? 1 : -1) * sqrt(1 - turn * turn), 1e-15);
  }
  for (int32_t step = 0; step < 300; step++) {
    double old = x;
    x -= eta * (y + 2 * K * eta * x);
    y += eta * old;
    DONE(gan_game_step(game, 1));
    DONE(gan_game_get(game, at));
    NEAR(at[0], x, 1e-14);
    NEAR(at[1], y, 1e-14);
  }
  assert_true(hypot(x, y) < 1e-3);
  gan_game_destroy(game);
}

/* ---- Quiet, and the same bits. ---- */

static void warm_steps_allocate_nothing(void **state) {
  (void)state;
  gan_game *game = sit_down(GAN_F64);
  double out[SIZE], jacobian[SIZE * SIZE];
  for (int32_t round = 0; round < 2; round++) {
    memory.calls = 0;
    for (int32_t i = 0; i < 20; i++) {
      DONE(gan_game_step(game, 5));
      DONE(gan_game_field(game, out));
      DONE(gan_game_objectives(game, out));
      DONE(gan_game_jacobian(game, jacobian));
      DONE(gan_game_get(game, out));
      DONE(gan_game_set(game, out));
    }
    assert_int_equal(memory.calls > 0, round == 0);
  }
  gan_game_destroy(game);
}

/* Draws, sums and products of long vectors. */
static int32_t noisy(gan_graph *graph, int32_t player, void *user) {
  const int64_t size = *(const int64_t *)user;
  int32_t x = gan_graph_parameter(graph, "x", "value"),
          y = gan_graph_parameter(graph, "y", "value");
  int32_t draws = gan_graph_normal(graph, 0, 1, &size, 1);
  int32_t turned = gan_graph_tanh(graph, gan_graph_add(graph, y, draws));
  int32_t value = gan_graph_dot(graph, x, turned);
  return gan_graph_scale(graph, value, player == 0 ? 0.01 : -0.01);
}

static void play_noisy(int32_t threads, uint64_t seed, int64_t size, double *out) {
  gan_game *game;
  gan_context *own = context;
  DONE(gan_context_create(&context));
  DONE(gan_context_set_threads(context, threads));
  for (int64_t i = 0; i < 2 * size; i++)
    out[i] = (double)(i * 7 % 19) / 19;
  DONE(gan_game_create(context, GAN_F32, &game));
  seat(game, "x", out, size, GAN_OPTIMIZER_ADAM, 0.01);
  seat(game, "y", out + size, size, GAN_OPTIMIZER_OPTIMISTIC, 0.1);
  DONE(gan_game_set_objective(game, noisy, &size));
  DONE(gan_game_set_unroll(game, "x", "y", 2));
  DONE(gan_game_set_seed(game, seed));
  DONE(gan_game_step(game, 20));
  DONE(gan_game_get(game, out));
  gan_game_destroy(game);
  gan_context_destroy(context);
  context = own;
}

static void threads_do_not_matter_but_seeds_do(void **state) {
  (void)state;
  enum { LONG = 20000 };
  size_t bytes = 2 * LONG * sizeof(double);
  double *want = malloc(bytes), *is = malloc(bytes);
  play_noisy(1, 5, LONG, want);
  for (int32_t threads = 1; threads <= 3; threads++) {
    play_noisy(threads, 5, LONG, is);
    assert_memory_equal(is, want, bytes);
  }
  play_noisy(1, 6, LONG, is);
  assert_int_not_equal(memcmp(is, want, bytes), 0);
  free(is);
  free(want);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CONTEST_TEST(three_move_at_once),          CONTEST_TEST(three_move_in_turn),
      CONTEST_TEST(many_moves_at_once),          CONTEST_TEST(three_look_ahead_with_extragradient),
      CONTEST_TEST(anyone_looks_through_anyone), CONTEST_TEST(looking_ahead_makes_xy_converge),
      CONTEST_TEST(warm_steps_allocate_nothing), CONTEST_TEST(threads_do_not_matter_but_seeds_do),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
