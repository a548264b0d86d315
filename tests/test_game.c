/* SPDX-License-Identifier: MIT */
/* libgan/train/game.c: total derivatives through unrolled steps of games solved by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "failing.h"
#include "graph/build.h"
#include "graph_run.h"
#include "train/game.h"

static failing memory;
static gan_context *context;

static int set_up(void **state) {
  (void)state;
  context = failing_context(&memory);
  return context == NULL;
}

static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return memory.live != 0;
}

/* The bilinear game f = x y: player 0 owns x and minimises f, player 1 owns y and minimises -f. */
enum { ASKED = 16 };
typedef struct bilinear {
  gan__graph *graph;
  gan__game game;
  gan__position positions[2];
  gan_optimizer *optimizers[2];
  gan__question asked[ASKED];
  int32_t asked_count;
} bilinear;

static gan__id objective(void *user, gan__graph *graph, const gan__question *question) {
  bilinear *b = user;
  if (b->asked_count < ASKED) b->asked[b->asked_count++] = *question;
  gan__id product = gan__op_mul(graph, question->positions[0].parameters[0],
                                question->positions[1].parameters[0]);
  /* Draws that count for nothing but make every turn a node of its own. */
  gan__shape shape = gan__shape_make(1, (int64_t[]){1});
  gan__id noise = gan__op_uniform(graph, GAN_F64, &shape, question->turn.noise);
  product = gan__op_add(graph, product, gan__op_scale(graph, noise, 0));
  gan__id value = gan__op_sum_all(graph, product);
  return question->player == 0 ? value : gan__op_neg(graph, value);
}

static const double rate = 0.125, mu = 0.5; /* exact in binary */

static void create(bilinear *b, int32_t kind) {
  gan__shape shape = gan__shape_make(1, (int64_t[]){1}), scalar = {0};
  *b = (bilinear){.asked_count = 0};
  assert_int_equal(gan__graph_create(context, &b->graph), GAN_OK);
  b->game = (gan__game){.graph = b->graph, .player_count = 2, .objective = objective, .user = b};
  for (int32_t p = 0; p < 2; p++) {
    assert_int_equal(gan_optimizer_create(context, kind, &b->optimizers[p]), GAN_OK);
    if (kind == GAN_OPTIMIZER_MOMENTUM)
      assert_int_equal(gan_optimizer_set(b->optimizers[p], GAN_MOMENTUM, mu), GAN_OK);
    assert_int_equal(gan__position_init(context, 1, &b->positions[p]), GAN_OK);
    b->positions[p].parameters[0] = gan__graph_state(b->graph, "parameter", GAN_F64, &shape);
    b->positions[p].moments[0][0] = gan__graph_state(b->graph, "moment", GAN_F64, &shape);
    b->positions[p].updates = gan__graph_state(b->graph, "updates", GAN_F64, &scalar);
    b->game.players[p] =
        (gan__player){.name = p ? "y" : "x",
                      .optimizer = b->optimizers[p],
                      .learning_rate = gan__op_constant(b->graph, GAN_F64, &scalar, rate)};
  }
}

static void destroy(bilinear *b) {
  for (int32_t p = 0; p < 2; p++) {
    gan__position_finish(context, &b->positions[p]);
    gan_optimizer_destroy(b->optimizers[p]);
  }
  gan__graph_destroy(b->graph);
}

static const double x = 0.75, y = -1.25, velocity = 0.375;

/* The objective and its derivative for a move, at x, y, and `velocity` in both moments. */
static void solve(bilinear *b, const gan__move *move, double *value, double *slope) {
  gan__id gradient;
  gan__id loss = gan__game_gradient(&b->game, move, b->positions, &gradient, NULL);
  gan__graph_output(b->graph, "value", loss);
  gan__graph_output(b->graph, "slope", gradient);
  graph_run run;
  graph_run_create(b->graph, GRAPH_RUN_NORMAL, &run);
  double px = x, py = y, v = velocity, zero = 0, *states[6] = {&px, &v, &zero, &py, &v, &zero};
  graph_run_bind(&run, NULL, states);
  graph_run_go(&run);
  double *values = graph_run_read(&run, 0), *slopes = graph_run_read(&run, 1);
  *value = *values;
  *slope = *slopes;
  free(values);
  free(slopes);
  graph_run_destroy(&run);
}

/* Everything is exact in binary up to a few roundings. */
static void near(double is, double want) {
  if (!(fabs(is - want) <= 1e-15 * (1 + fabs(want)))) fail_msg("%.17g, expected %.17g", is, want);
}

/* SGD: y_K = y + K rate x, so f = x y + K rate x^2 and df/dx = y + 2 K rate x, of which the direct
 * term is y_K = y + K rate x. The other way round x_K = x - K rate y. */
static void sees_through_gradient_descent(void **state) {
  (void)state;
  static const int32_t counts[] = {0, 1, 2, 5, 20};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    for (int32_t mover = 0; mover < 2; mover++)
      for (int32_t approximate = 0; approximate < 2; approximate++) {
        int32_t steps = counts[i];
        bilinear b;
        create(&b, GAN_OPTIMIZER_SGD);
        gan__move move = {.player = mover,
                          .turn = {.noise = 1},
                          .unrolled = 1 - mover,
                          .steps = steps,
                          .approximate = approximate};
        double value, slope, both = approximate ? 1 : 2;
        solve(&b, &move, &value, &slope);
        if (mover == 0) {
          near(value, x * (y + steps * rate * x));
          near(slope, y + both * steps * rate * x);
        } else {
          near(value, -(x - steps * rate * y) * y);
          near(slope, -x + both * steps * rate * y);
        }
        destroy(&b);
      }
}

/* Momentum from a live velocity v: v_k = mu v_{k-1} - x, y_k = y_{k-1} - rate v_k. */
static void sees_through_momentum_from_its_live_state(void **state) {
  (void)state;
  enum { K = 3 };
  bilinear b;
  create(&b, GAN_OPTIMIZER_MOMENTUM);
  gan__move move = {.player = 0, .unrolled = 1, .steps = K};
  double value, slope, moving = velocity, moved = y, moving_slope = 0, moved_slope = 0;
  for (int32_t k = 0; k < K; k++) {
    moving = mu * moving - x;
    moving_slope = mu * moving_slope - 1;
    moved -= rate * moving;
    moved_slope -= rate * moving_slope;
  }
  solve(&b, &move, &value, &slope);
  near(value, x * moved);
  near(slope, moved + x * moved_slope);
  destroy(&b);
}

/* Real moves are facts for those that follow: x against what y has become, not through it. */
static void real_moves_are_not_looked_through(void **state) {
  (void)state;
  bilinear b;
  create(&b, GAN_OPTIMIZER_SGD);
  gan__move first = {.player = 1, .unrolled = GAN__NOBODY}, then = {.player = 0, .unrolled = 1};
  gan__id gradient;
  gan__game_gradient(&b.game, &first, b.positions, &gradient, NULL);
  gan__game_apply(&b.game, 1, -1, &gradient, NULL, &b.positions[1]);
  gan__game_settle(b.graph, &b.positions[1]);
  then.steps = 1;
  double value, slope;
  solve(&b, &then, &value, &slope);
  /* y' = y + rate x is given; the inner step adds rate x. */
  near(value, x * (y + 2 * rate * x));
  near(slope, y + rate * x + 2 * rate * x);
  destroy(&b);
}

static void asks_on_the_turns_it_is_told(void **state) {
  (void)state;
  enum { K = 3 };
  for (int32_t fresh = 0; fresh < 2; fresh++) {
    bilinear b;
    create(&b, GAN_OPTIMIZER_SGD);
    gan__move move = {.player = 0,
                      .turn = {.batch = 4, .noise = 40},
                      .unrolled = 1,
                      .steps = K,
                      .fresh = fresh,
                      .inner = {.batch = 7, .noise = 70}};
    gan__game_objective(&b.game, &move, b.positions);
    assert_int_equal(b.asked_count, K + 1);
    for (int32_t k = 0; k < K; k++) {
      assert_int_equal(b.asked[k].player, 1);
      assert_int_equal(b.asked[k].inner, k);
      assert_false(b.asked[k].unrolled);
      assert_int_equal(b.asked[k].turn.batch, fresh ? 7 + k : 4);
      for (int32_t j = 0; j <= K; j++)
        if (j != k) assert_int_equal(b.asked[j].turn.noise == b.asked[k].turn.noise, !fresh);
    }
    assert_int_equal(b.asked[K].player, 0);
    assert_int_equal(b.asked[K].inner, -1);
    assert_true(b.asked[K].unrolled);
    assert_int_equal(b.asked[K].turn.batch, 4);
    assert_int_equal(b.asked[K].turn.noise, 40);
    destroy(&b);
  }
}

/* The unrolled player's own gradient at the start is the first inner step's: it costs no node. */
static void shares_the_first_inner_step(void **state) {
  (void)state;
  bilinear b;
  create(&b, GAN_OPTIMIZER_MOMENTUM);
  gan__move ahead = {.player = 0, .turn = {.noise = 3}, .unrolled = 1, .steps = 2};
  gan__move plain = {.player = 1, .turn = {.noise = 3}, .unrolled = GAN__NOBODY};
  gan__id gradient;
  gan__game_gradient(&b.game, &ahead, b.positions, &gradient, NULL);
  uint64_t before = b.graph->count;
  gan__game_gradient(&b.game, &plain, b.positions, &gradient, NULL);
  assert_int_equal(b.graph->count, before);
  destroy(&b);
}

static uint64_t nodes_of(int32_t steps) {
  bilinear b;
  create(&b, GAN_OPTIMIZER_ADAM);
  for (int32_t p = 0; p < 2; p++)
    b.positions[p].moments[1][0] = b.positions[p].moments[0][0];
  gan__move move = {.player = 0, .unrolled = 1, .steps = steps};
  gan__id gradient;
  gan__game_gradient(&b.game, &move, b.positions, &gradient, NULL);
  assert_int_equal(b.graph->status, GAN_OK);
  uint64_t count = b.graph->count;
  destroy(&b);
  return count;
}

static void grows_linearly_with_the_steps(void **state) {
  (void)state;
  /* Equal where the steps have no subexpressions in common; this game's have a few. */
  assert_true(nodes_of(40) - nodes_of(20) <= 2 * (nodes_of(20) - nodes_of(10)));
}

static void failing_allocations_stick_in_the_graph(void **state) {
  (void)state;
  for (int64_t n = 1;; n++) {
    bilinear b;
    create(&b, GAN_OPTIMIZER_SGD);
    gan__move move = {.player = 0, .unrolled = 1, .steps = 2};
    gan__id gradient;
    memory.calls = 0;
    memory.fail_at = n;
    gan__game_gradient(&b.game, &move, b.positions, &gradient, NULL);
    memory.fail_at = 0;
    gan_status status = b.graph->status;
    bool reached = memory.calls >= n;
    destroy(&b);
    assert_int_equal(status, reached ? GAN_ERROR_MEMORY : GAN_OK);
    if (!reached) break;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(sees_through_gradient_descent, set_up, tear_down),
      cmocka_unit_test_setup_teardown(sees_through_momentum_from_its_live_state, set_up, tear_down),
      cmocka_unit_test_setup_teardown(real_moves_are_not_looked_through, set_up, tear_down),
      cmocka_unit_test_setup_teardown(asks_on_the_turns_it_is_told, set_up, tear_down),
      cmocka_unit_test_setup_teardown(shares_the_first_inner_step, set_up, tear_down),
      cmocka_unit_test_setup_teardown(grows_linearly_with_the_steps, set_up, tear_down),
      cmocka_unit_test_setup_teardown(failing_allocations_stick_in_the_graph, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
