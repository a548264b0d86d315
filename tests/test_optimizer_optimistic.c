/* SPDX-License-Identifier: MIT */
/* libgan/train/optimizer_rules.c: the rate at which optimistic descent solves f = xy. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph_run.h"
#include "failing.h"
#include "train/optimizer.h"

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

/* f = xy: x descends, y ascends, simultaneously. radius[n]: after n + 1 steps from (1, 1), by that
 * at the start. */
static void play(gan_optimizer *optimizer, int32_t steps, double *radius) {
  gan__shape one = gan__shape_make(1, (int64_t[]){1}), scalar = {0};
  gan__graph *graph;
  gan__position at[2];
  graph_run run;
  assert_int_equal(gan__graph_create(context, &graph), GAN_OK);
  for (int32_t i = 0; i < 2; i++) {
    assert_int_equal(gan__position_init(context, 1, &at[i]), GAN_OK);
    at[i].parameters[0] = gan__graph_state(graph, "p", GAN_F64, &one);
    at[i].moments[0][0] = gan__graph_state(graph, "g-", GAN_F64, &one);
    at[i].updates = gan__graph_state(graph, "t", GAN_F64, &scalar);
  }
  gan__id gradients[2] = {at[1].parameters[0], gan__op_neg(graph, at[0].parameters[0])};
  gan__id rate = gan__op_constant(graph, GAN_F64, &scalar, optimizer->settings[GAN_LEARNING_RATE]);
  for (int32_t i = 0; i < 2; i++) {
    gan__optimizer_apply(optimizer, graph, rate, &gradients[i], &at[i]);
    gan__graph_commit(graph, 3 * i, at[i].parameters[0]);
    gan__graph_commit(graph, 3 * i + 1, at[i].moments[0][0]);
    gan__graph_commit(graph, 3 * i + 2, at[i].updates);
    gan__position_finish(context, &at[i]);
  }
  graph_run_create(graph, GRAPH_RUN_NORMAL, &run);
  double start = 1, zero = 0, *states[6] = {&start, &zero, &zero, &start, &zero, &zero};
  graph_run_bind(&run, NULL, states);
  for (int32_t n = 0; n < steps; n++) {
    graph_run_go(&run);
    gan__plan_commit(run.plan, &run.bindings);
    double *x = graph_run_state(&run, 0), *y = graph_run_state(&run, 3);
    radius[n] = hypot(*x, *y) / sqrt(2);
    free(x);
    free(y);
  }
  graph_run_destroy(&run);
  gan__graph_destroy(graph);
}

/* With z = x + i y both gradients together are -i z, and z'' = (1 + 2 i eta) z' - i eta z. The
 * larger root of lambda^2 = (1 + 2 i eta) lambda - i eta is (1 + 2 i eta + sqrt(1 - 4 eta^2)) / 2,
 * so |lambda|^2 = (1 + sqrt(1 - 4 eta^2))^2 / 4 + eta^2 < 1; the other root dies out at once. */
static void optimistic_descent_solves_the_bilinear_game(void **state) {
  (void)state;
  enum { LONG = 1000 };
  /* From (1, 1) with eta = 0.1, to the digits that are known. */
  static const struct {
    int32_t steps;
    double radius, digits;
  } known[] = {{10, 0.960, 1e-3}, {100, 0.608, 1e-3}, {500, 0.080, 1e-3}, {LONG, 0.0063, 1e-4}};
  static const double rates[] = {0.1, 0.25, 0.01};
  static double radius[LONG];
  for (int32_t i = 0; i < 3; i++) {
    gan_optimizer *optimizer;
    double eta = rates[i], root = sqrt(1 - 4 * eta * eta);
    double modulus = sqrt((1 + root) * (1 + root) / 4 + eta * eta);
    assert_int_equal(gan_optimizer_create(context, GAN_OPTIMIZER_OPTIMISTIC, &optimizer), GAN_OK);
    assert_int_equal(gan_optimizer_set(optimizer, GAN_LEARNING_RATE, eta), GAN_OK);
    play(optimizer, LONG, radius);
    assert_true(modulus < 1);
    /* The distance from 1 to three digits and more. */
    for (int32_t n = 100; n < 200; n++)
      assert_true(fabs(radius[n] / radius[n - 1] - modulus) <= 1e-6 * (1 - modulus));
    for (int32_t k = 0; i == 0 && k < 4; k++)
      assert_true(fabs(radius[known[k].steps - 1] - known[k].radius) <= known[k].digits / 2);
    gan_optimizer_destroy(optimizer);
  }
}

/* Plain descent spirals out at sqrt(1 + eta^2): the test above can fail. */
static void plain_descent_does_not(void **state) {
  (void)state;
  static double radius[50];
  gan_optimizer *optimizer;
  assert_int_equal(gan_optimizer_create(context, GAN_OPTIMIZER_SGD, &optimizer), GAN_OK);
  assert_int_equal(gan_optimizer_set(optimizer, GAN_LEARNING_RATE, 0.1), GAN_OK);
  play(optimizer, 50, radius);
  assert_true(fabs(radius[49] / radius[48] - sqrt(1.01)) <= 1e-14);
  gan_optimizer_destroy(optimizer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(optimistic_descent_solves_the_bilinear_game, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(plain_descent_does_not, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
