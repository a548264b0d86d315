/* SPDX-License-Identifier: MIT */
/* libgan/train/contest.c: steps that fail, callbacks that do what they should not, and changes
 * between steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "contest_run.h"
#include "round_table.h"

static void check_same(const gan_game *game, const double *was, int64_t steps) {
  double is[SIZE];
  DONE(gan_game_get(game, is));
  assert_memory_equal(is, was, (size_t)gan_game_size(game) * sizeof *is);
  assert_int_equal(gan_game_steps(game), steps);
}

/* Steps made before the one that fails stay: xy grows by 10 a step at rate 10, and x y is beyond
 * f32 when x is 10^19. */
static void a_step_that_fails_changes_nothing(void **state) {
  (void)state;
  double was[2] = {1, 1};
  gan_game *game = preset(GAN_F32, GAN_GAME_BILINEAR);
  equip(game, GAN_OPTIMIZER_SGD, 10);
  gan_status status = GAN_OK;
  while (status == GAN_OK) {
    DONE(gan_game_get(game, was));
    status = gan_game_step(game, 1);
  }
  assert_int_equal(status, GAN_ERROR_NOT_FINITE);
  assert_non_null(strstr(gan_context_message(context), "nothing was changed"));
  assert_in_range(gan_game_steps(game), 17, 21);
  check_same(game, was, gan_game_steps(game));
  int64_t steps = gan_game_steps(game);
  DONE(gan_game_set(game, (double[]){1, 1}));
  assert_int_equal(gan_game_step(game, 1000), GAN_ERROR_NOT_FINITE);
  assert_int_equal(gan_game_steps(game), 2 * steps);
  gan_game_destroy(game);
}

static void cancelling_ends_between_steps(void **state) {
  (void)state;
  gan_game *game = sit_down(GAN_F64);
  DONE(gan_game_step(game, 3));
  double was[SIZE];
  DONE(gan_game_get(game, was));
  DONE(gan_context_cancel(context));
  assert_int_equal(gan_game_step(game, 5), GAN_ERROR_CANCELLED);
  assert_non_null(strstr(gan_context_message(context), "step 4"));
  check_same(game, was, 3);
  DONE(gan_game_step(game, 1)); /* the request is used up */
  gan_game_destroy(game);
}

/* Answers in another way each time it is told. */
typedef struct whim {
  gan_game *game;
  int32_t kind;
  gan_status inside; /* what its calls gave */
} whim;

enum { GOOD, FAILS, MINUS_ONE, VECTOR, WRONG_TYPE, NOBODY, NOTHING, LOGITS, USES_GAME, WHIMS };

static void use_game(whim *self) {
  double out[SIZE * SIZE] = {0};
  gan_game *game = self->game;
  gan_optimizer *own = optimizer(GAN_OPTIMIZER_SGD, 1);
  const gan_status calls[] = {gan_game_step(game, 1),
                              gan_game_step(game, 0),
                              gan_game_objectives(game, out),
                              gan_game_field(game, out),
                              gan_game_jacobian(game, out),
                              gan_game_eigenvalues(game, out, out),
                              gan_game_set(game, out),
                              gan_game_set_order(game, GAN_ORDER_ALTERNATING),
                              gan_game_set_method(game, GAN_METHOD_EXTRAGRADIENT),
                              gan_game_set_consensus(game, 1),
                              gan_game_set_historical_averaging(game, "a", 1),
                              gan_game_set_unroll(game, "a", "b", 1),
                              gan_game_set_moves(game, "a", 2),
                              gan_game_set_seed(game, 1),
                              gan_game_set_objective(game, round_table, NULL),
                              gan_game_set_optimizer(game, "a", own),
                              gan_game_add_player(game, "d", out, 1, own)};
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    if (calls[i] != GAN_ERROR_STATE) self->inside = calls[i];
  gan_optimizer_destroy(own);
}

static int32_t moody(gan_graph *graph, int32_t player, void *user) {
  whim *self = user;
  int32_t a = gan_graph_parameter(graph, "a", "value");
  if (player == 1 && self->kind == USES_GAME) use_game(self);
  if (player != 1 || self->kind == GOOD || self->kind == USES_GAME)
    return round_table(graph, player, NULL);
  if (self->kind == FAILS) return gan_graph_fail(graph, "b is not in the mood");
  if (self->kind == VECTOR) return a;
  if (self->kind == WRONG_TYPE) return gan_graph_constant(graph, GAN_F32, 0, NULL, 1);
  if (self->kind == NOBODY) return gan_graph_parameter(graph, "d", "value");
  if (self->kind == NOTHING) return gan_graph_parameter(graph, "c", "weight");
  if (self->kind == LOGITS) return gan_graph_logits(graph, GAN_ROWS_REAL);
  return -1;
}

static void bad_objectives_are_told(void **state) {
  (void)state;
  static const struct {
    gan_status status;
    const char *says;
  } want[WHIMS] = {[FAILS] = {GAN_ERROR_CALLBACK, "not in the mood"},
                   [MINUS_ONE] = {GAN_ERROR_CALLBACK, "callback"},
                   [VECTOR] = {GAN_ERROR_SHAPE, "[2]"},
                   [WRONG_TYPE] = {GAN_ERROR_ARGUMENT, "f32"},
                   [NOBODY] = {GAN_ERROR_NAME, "\"d\""},
                   [NOTHING] = {GAN_ERROR_NAME, "\"weight\""},
                   [LOGITS] = {GAN_ERROR_STATE, "logits"}};
  for (int32_t kind = FAILS; kind < USES_GAME; kind++) {
    whim self = {.kind = kind};
    gan_game *game = sit_down(GAN_F64);
    DONE(gan_game_set_objective(game, moody, &self));
    double out[SIZE * SIZE] = {-5};
    const gan_status calls[] = {gan_game_step(game, 2), gan_game_objectives(game, out),
                                gan_game_field(game, out), gan_game_jacobian(game, out),
                                gan_game_eigenvalues(game, out, out)};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
      if (calls[i] != want[kind].status)
        fail_msg("whim %d, call %zu: %s, %s", kind, i, gan_status_name(calls[i]),
                 gan_context_message(context));
    if (!strstr(gan_context_message(context), want[kind].says))
      fail_msg("whim %d: %s", kind, gan_context_message(context));
    assert_true(out[0] == -5);
    check_same(game, start, 0);
    self.kind = GOOD; /* and then it can be played */
    DONE(gan_game_step(game, 1));
    gan_game_destroy(game);
  }
}

/* Calls from within are refused, and the play goes on as if they had not been. */
static void a_callback_cannot_use_its_game(void **state) {
  (void)state;
  gan_game *game = sit_down(GAN_F64), *other = sit_down(GAN_F64);
  whim self = {.game = game, .kind = USES_GAME, .inside = GAN_ERROR_STATE};
  DONE(gan_game_set_objective(game, moody, &self));
  DONE(gan_game_step(game, 5));
  DONE(gan_game_step(other, 5));
  assert_int_equal(self.inside, GAN_ERROR_STATE);
  double was[SIZE];
  DONE(gan_game_get(other, was));
  check_same(game, was, 5);
  gan_game_destroy(other);
  gan_game_destroy(game);
}

/* An objective that does not depend on its player: it stays where it is. */
static int32_t elsewhere(gan_graph *graph, int32_t player, void *user) {
  (void)user;
  const char *name = names[(player + 1) % 3];
  return gan_graph_sum_all(graph, gan_graph_parameter(graph, name, "value"));
}

static void who_can_do_nothing_stays(void **state) {
  (void)state;
  gan_game *game = sit_down(GAN_F64);
  double out[SIZE * SIZE];
  DONE(gan_game_set_objective(game, elsewhere, NULL));
  DONE(gan_game_step(game, 3));
  check_same(game, start, 3);
  DONE(gan_game_jacobian(game, out));
  for (int32_t i = 0; i < SIZE * SIZE; i++)
    assert_true(out[i] == 0);
  gan_game_destroy(game);
}

/* Sixteen players with long names that differ in their last letter only. */
static int32_t sum_of_all(gan_graph *graph, int32_t player, void *user) {
  (void)player;
  int32_t sum = gan_graph_scalar(graph, 0);
  for (char c = 'a'; c < 'q'; c++) {
    char name[32] = "a_name_that_is_quite_a_bit_long";
    name[30] = c;
    int32_t value = gan_graph_parameter(graph, name, "value");
    sum = gan_graph_add(graph, sum, gan_graph_dot(graph, value, value));
  }
  (void)user;
  return sum;
}

static void sixteen_players(void **state) {
  (void)state;
  gan_game *game;
  DONE(gan_game_create(context, GAN_F64, &game));
  for (int32_t i = 0; i < 16; i++) {
    char name[32] = "a_name_that_is_quite_a_bit_long";
    name[30] = (char)('a' + i);
    double at = i;
    seat(game, name, &at, 1, GAN_OPTIMIZER_MOMENTUM, 0.25);
  }
  gan_optimizer *own = optimizer(GAN_OPTIMIZER_SGD, 1);
  assert_int_equal(gan_game_add_player(game, "one_more", start, 1, own), GAN_ERROR_LIMIT);
  gan_optimizer_destroy(own);
  DONE(gan_game_set_objective(game, sum_of_all, NULL));
  DONE(gan_game_step(game, 1));
  double out[16], jacobian[256];
  DONE(gan_game_get(game, out));
  DONE(gan_game_jacobian(game, jacobian));
  for (int32_t i = 0; i < 16; i++) {
    NEAR(out[i], i * 0.5, 1e-15);
    for (int32_t j = 0; j < 16; j++)
      assert_true(jacobian[i * 16 + j] == (i == j ? 2 : 0));
  }
  gan_game_destroy(game);
}

/* One that comes later, whom nobody heeds: the others play on as before. */
static void a_player_may_come_late(void **state) {
  (void)state;
  gan_game *game = sit_down(GAN_F64), *other = sit_down(GAN_F64);
  double is[SIZE + 1], want[SIZE], objectives[4];
  DONE(gan_game_step(game, 5));
  seat(game, "d", (double[]){0.125}, 1, GAN_OPTIMIZER_SGD, 1);
  DONE(gan_game_step(game, 5));
  DONE(gan_game_step(other, 10));
  DONE(gan_game_get(game, is));
  DONE(gan_game_get(other, want));
  assert_memory_equal(is, want, sizeof want);
  assert_true(is[SIZE] == 0.125);
  DONE(gan_game_objectives(game, objectives));
  assert_true(objectives[3] == objectives[2]); /* what it was told to minimise */
  gan_game_destroy(other);
  gan_game_destroy(game);
}

/* The callback of one game may play another one. */
static int32_t play_and_build(gan_graph *graph, int32_t player, void *user) {
  int32_t value = round_table(graph, player, NULL);
  double field[SIZE];
  DONE(gan_game_step(user, 1));
  DONE(gan_game_field(user, field));
  return value;
}

static void a_callback_may_use_another_game(void **state) {
  (void)state;
  gan_game *game = sit_down(GAN_F64), *other = sit_down(GAN_F64), *third = sit_down(GAN_F64);
  DONE(gan_game_set_objective(game, play_and_build, other));
  DONE(gan_game_step(game, 3));
  DONE(gan_game_step(third, 3)); /* asked once for each of three players */
  double was[SIZE];
  DONE(gan_game_get(third, was));
  check_same(game, was, 3);
  check_same(other, was, 3);
  gan_game_destroy(third);
  gan_game_destroy(other);
  gan_game_destroy(game);
}

/* Optimizers, their settings and new values act from the next step on. */
static void changes_act_at_once(void **state) {
  (void)state;
  gan_game *game = preset(GAN_F64, GAN_GAME_BILINEAR);
  gan_optimizer *own = optimizer(GAN_OPTIMIZER_SGD, 0.5);
  double at[2];
  DONE(gan_game_step(game, 1)); /* (0.9, 1.1) */
  DONE(gan_game_set_optimizer(game, "x", own));
  DONE(gan_game_step(game, 1)); /* (0.9 - 0.55, 1.1 + 0.09) */
  DONE(gan_game_get(game, at));
  NEAR(at[0], 0.35, 1e-15);
  NEAR(at[1], 1.19, 1e-15);
  DONE(gan_optimizer_set(own, GAN_LEARNING_RATE, 1));
  DONE(gan_game_set(game, (double[]){2, 3}));
  DONE(gan_game_step(game, 1)); /* (2 - 3, 3 + 0.2) */
  DONE(gan_game_get(game, at));
  NEAR(at[0], -1, 1e-15);
  NEAR(at[1], 3.2, 1e-15);
  gan_optimizer_destroy(own);
  gan_game_destroy(game);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CONTEST_TEST(a_step_that_fails_changes_nothing),
      CONTEST_TEST(cancelling_ends_between_steps),
      CONTEST_TEST(bad_objectives_are_told),
      CONTEST_TEST(a_callback_cannot_use_its_game),
      CONTEST_TEST(who_can_do_nothing_stays),
      CONTEST_TEST(sixteen_players),
      CONTEST_TEST(changes_act_at_once),
      CONTEST_TEST(a_player_may_come_late),
      CONTEST_TEST(a_callback_may_use_another_game),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
