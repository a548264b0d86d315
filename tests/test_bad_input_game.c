/* SPDX-License-Identifier: MIT */
/* Bad calls of game.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bad_input.h"
#include "train/contest.h"

static const double one[1024] = {1}, not_a_number[2] = {1, NAN}, infinite[2] = {INFINITY, 1};
static const double huge[2] = {1, -1e300};

/* sum x^2 / 2 for whoever is asked. */
static int32_t square(gan_graph *graph, int32_t player, void *user) {
  (void)player, (void)user;
  int32_t x = gan_graph_parameter(graph, "x", "value");
  return gan_graph_scale(graph, gan_graph_dot(graph, x, x), 0.5);
}

static gan_game *game;

/* An f32 game of "x" (2) with that objective. The network of a player counts as an object. */
static void open_game(world *w) {
  gan_optimizer *own;
  assert_int_equal(gan_game_create(w->context, GAN_F32, &game), GAN_OK);
  assert_int_equal(gan_optimizer_create(w->context, GAN_OPTIMIZER_SGD, &own), GAN_OK);
  assert_int_equal(gan_game_add_player(game, "x", one, 2, own), GAN_OK);
  gan_optimizer_destroy(own);
  w->made++;
  assert_int_equal(gan_game_set_objective(game, square, NULL), GAN_OK);
}

/* It is what it was, and it works. */
static gan_status close_game(gan_status status) {
  double at[2] = {0, 0};
  char message[GAN__MESSAGE_MAX];
  gan_context *context = game->context;
  memcpy(message, context->message, sizeof message);
  assert_int_equal(gan_game_players(game), 1);
  assert_int_equal(gan_game_steps(game), 0);
  assert_int_equal(gan_game_get(game, at), GAN_OK);
  assert_true(at[0] == 1 && at[1] == 0);
  assert_int_equal(gan_game_step(game, 1), GAN_OK);
  gan_game_destroy(game);
  memcpy(context->message, message, sizeof message);
  context->status = status;
  return status;
}

#define NEW(call) (open_game(w), close_game(call))

static gan_optimizer *fresh(world *w) {
  gan_optimizer *made;
  assert_int_equal(gan_optimizer_create(w->context, GAN_OPTIMIZER_ADAM, &made), GAN_OK);
  return made;
}

static gan_status add(world *w, gan_game *to, const char *name, int64_t size) {
  gan_optimizer *own = fresh(w);
  gan_status status = gan_game_add_player(to, name, one, size, own);
  w->made += status == GAN_OK;
  gan_optimizer_destroy(own);
  return status;
}

static gan_status add_values(world *w, gan_game *to, double a, double b) {
  gan_optimizer *own = fresh(w);
  gan_status status = gan_game_add_player(to, "y", (double[]){a, b}, 2, own);
  gan_optimizer_destroy(own);
  return status;
}

static gan_status add_again(gan_game *to) {
  return gan_game_add_player(to, "y", one, 1, to->session.players[0].optimizer);
}

/* A second player beside "x", in a game that is thrown away, wants its optimizer. */
static gan_status exchange(world *w, gan_game *like) {
  gan_game *two;
  (void)like;
  assert_int_equal(gan_game_create(w->context, GAN_F32, &two), GAN_OK);
  assert_int_equal(add(w, two, "x", 1), GAN_OK);
  assert_int_equal(add(w, two, "y", 1), GAN_OK);
  gan_status status = gan_game_set_optimizer(two, "y", two->session.players[0].optimizer);
  gan_game_destroy(two);
  return status;
}

static gan_status two_moves(world *w) {
  GAN_TRY(gan_game_set_method(w->game, GAN_METHOD_EXTRAGRADIENT));
  GAN_TRY(gan_game_set_moves(w->game, "discriminator", 2));
  gan_status status = gan_game_step(w->game, 1);
  assert_int_equal(gan_game_set_moves(w->game, "discriminator", 1), GAN_OK);
  assert_int_equal(gan_game_set_method(w->game, GAN_METHOD_DESCENT), GAN_OK);
  return status;
}

static gan_status step_cancelled(world *w) {
  GAN_TRY(gan_context_cancel(w->context));
  return gan_game_step(w->game, 3);
}

/* All that an unfinished game can be asked; then it is gone. */
static gan_status ask_all(gan_game *unfinished) {
  double out[4] = {-5, -5, -5, -5};
  gan_status status = gan_game_step(unfinished, 1);
  assert_int_equal(gan_game_objectives(unfinished, out), status);
  assert_int_equal(gan_game_field(unfinished, out), status);
  assert_int_equal(gan_game_jacobian(unfinished, out), status);
  assert_int_equal(gan_game_eigenvalues(unfinished, out, out + 2), status);
  for (int32_t i = 0; i < 4; i++)
    assert_true(out[i] == -5);
  gan_game_destroy(unfinished);
  return status;
}

static gan_status empty(world *w) {
  gan_game *made;
  GAN_TRY(gan_game_create(w->context, GAN_F64, &made));
  assert_int_equal(gan_game_size(made), 0);
  assert_int_equal(gan_game_players(made), 0);
  return ask_all(made);
}

static gan_status no_objective(world *w) {
  gan_game *made;
  GAN_TRY(gan_game_create(w->context, GAN_F64, &made));
  GAN_TRY(add(w, made, "x", 1));
  return ask_all(made);
}

/* The objective speaks of someone who is not there. */
static gan_status other_players(world *w) {
  gan_game *made;
  GAN_TRY(gan_game_create(w->context, GAN_F64, &made));
  GAN_TRY(add(w, made, "y", 1));
  GAN_TRY(gan_game_set_objective(made, square, NULL));
  return ask_all(made);
}

static gan_status too_large(world *w, gan_game *like) {
  gan_game *made;
  (void)like;
  double out = -5;
  GAN_TRY(gan_game_create(w->context, GAN_F64, &made));
  GAN_TRY(add(w, made, "x", 1024));
  GAN_TRY(gan_game_set_objective(made, square, NULL));
  gan_status status = gan_game_jacobian(made, &out);
  assert_int_equal(gan_game_eigenvalues(made, &out, &out), status);
  assert_true(out == -5);
  gan_game_destroy(made);
  return status;
}

/* x^2 is beyond double. */
static gan_status overflow(world *w) {
  gan_game *made;
  GAN_TRY(gan_game_create(w->context, GAN_F64, &made));
  GAN_TRY(add(w, made, "x", 2));
  GAN_TRY(gan_game_set_objective(made, square, NULL));
  GAN_TRY(gan_game_set(made, huge));
  double out = -5, at[2];
  gan_status status = gan_game_step(made, 1);
  assert_int_equal(gan_game_objectives(made, &out), status);
  assert_true(out == -5 && gan_game_steps(made) == 0);
  assert_int_equal(gan_game_get(made, at), GAN_OK);
  assert_true(at[0] == huge[0] && at[1] == huge[1]);
  gan_game_destroy(made);
  return status;
}

#define BAD BAD_FUNCTION
#include "bad_input_game.def"

static const bad_case cases[] = {
#define BAD BAD_ROW
#include "bad_input_game.def"
};

static void bad_games_are_refused(void **state) {
  (void)state;
  assert_int_equal(bad_input_check(cases, BAD_COUNT(cases)), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bad_games_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
