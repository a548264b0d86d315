/* SPDX-License-Identifier: MIT */
/* libgan/train/optimizer.c and optimizer_rules.c: five steps of every rule, settings, binding. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph_run.h"
#include "players.h"

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

/* ---- Rules. p = 1 at first; the settings are exact in binary. ---- */

enum { STEPS = 5 };
static const double gradients[STEPS] = {0.5, -1.25, 0, 2, 0.03125};

static const struct {
  int32_t kind;
  double settings[GAN__SETTINGS]; /* -, rate, momentum, rho, beta1, beta2, epsilon; 0: none */
  double expected[STEPS];         /* p, computed apart with 40 digits from the header's formulas */
} rules[] = {
    {GAN_OPTIMIZER_SGD, {0, 0.125}, {0.9375, 1.09375, 1.09375, 0.84375, 0.83984375}},
    {GAN_OPTIMIZER_MOMENTUM,
     {0, 0.125, 0.75},
     {0.9375, 1.046875, 1.12890625, 0.9404296875, 0.795166015625}},
    {GAN_OPTIMIZER_NESTEROV,
     {0, 0.125, 0.75},
     {0.890625, 1.12890625, 1.1904296875, 0.799072265625, 0.68621826171875}},
    {GAN_OPTIMIZER_RMSPROP,
     {0, 0.125, 0, 0.875, 0, 0, 0.0009765625},
     {0.648389004090688966, 0.978838201709118994, 0.978838201709118994, 0.673885631096819269,
      0.668792704006410535}},
    {GAN_OPTIMIZER_ADAM,
     {0, 0.125, 0, 0, 0.5, 0.9375, 0.0009765625},
     {0.875968992248062016, 0.96225034568658315, 1.00829083569358613, 0.91420736766987877,
      0.860600584598166656}},
    {GAN_OPTIMIZER_OPTIMISTIC, {0, 0.125}, {0.9375, 1.3125, 1.15625, 0.65625, 0.8984375}},
    {GAN_OPTIMIZER_OPTIMISTIC_ADAM,
     {0, 0.125, 0, 0, 0.5, 0.9375, 0.0009765625},
     {0.875968992248062016, 1.16362760326629337, 1.16654306188368935, 0.929521861805990298,
      0.92255252865451999}},
};
enum { RULES = sizeof rules / sizeof *rules };

static gan_optimizer *make(int32_t rule) {
  gan_optimizer *optimizer;
  assert_int_equal(gan_optimizer_create(context, rules[rule].kind, &optimizer), GAN_OK);
  for (int32_t i = 1; i < GAN__SETTINGS; i++)
    if (rules[rule].settings[i] > 0)
      assert_int_equal(gan_optimizer_set(optimizer, i, rules[rule].settings[i]), GAN_OK);
  return optimizer;
}

/* One update of a vector of two equal parameters, with all its state, as a graph. */
static void build_update(const gan_optimizer *optimizer, int32_t dtype, graph_run *run) {
  gan__graph *graph;
  gan__position position;
  gan__shape shape = gan__shape_make(1, (int64_t[]){2}), scalar = {0};
  assert_int_equal(gan__graph_create(context, &graph), GAN_OK);
  assert_int_equal(gan__position_init(context, 1, &position), GAN_OK);
  gan__id gradient = gan__graph_input(graph, "gradient", dtype, &shape);
  gan__id rate = gan__graph_input(graph, "rate", GAN_F64, &scalar);
  position.parameters[0] = gan__graph_state(graph, "p", dtype, &shape);
  position.updates = gan__graph_state(graph, "t", GAN_F64, &scalar);
  int32_t moments = gan__optimizer_kind_of(optimizer->kind)->moments;
  for (int32_t k = 0; k < moments; k++)
    position.moments[k][0] = gan__graph_state(graph, "moment", dtype, &shape);
  gan__optimizer_apply(optimizer, graph, rate, &gradient, &position);
  gan__graph_commit(graph, 0, position.parameters[0]);
  gan__graph_commit(graph, 1, position.updates);
  for (int32_t k = 0; k < moments; k++)
    gan__graph_commit(graph, 2 + k, position.moments[k][0]);
  graph_run_create(graph, GRAPH_RUN_NORMAL, run);
  gan__position_finish(context, &position);
  gan__graph_destroy(graph);
}

static void rules_follow_their_formulas(void **state) {
  (void)state;
  for (int32_t dtype = GAN_F32; dtype <= GAN_F64; dtype++)
    for (int32_t rule = 0; rule < RULES; rule++) {
      gan_optimizer *optimizer = make(rule);
      graph_run run;
      build_update(optimizer, dtype, &run);
      double one[2] = {1, 1}, zero[2] = {0, 0}, *states[4] = {one, zero, zero, zero};
      graph_run_bind(&run, NULL, states);
      for (int32_t step = 0; step < STEPS; step++) {
        double g[2] = {gradients[step], gradients[step]}, *slots[2] = {g, NULL};
        double rate = optimizer->settings[GAN_LEARNING_RATE];
        slots[1] = &rate;
        graph_run_bind(&run, slots, NULL);
        graph_run_go(&run);
        gan__plan_commit(run.plan, &run.bindings);
        double *p = graph_run_state(&run, 0), *t = graph_run_state(&run, 1);
        assert_true(t[0] == step + 1);
        /* Ten roundings a step of numbers near 1. */
        double tolerance = dtype == GAN_F32 ? 3e-6 : 5e-15;
        for (int32_t e = 0; e < 2; e++)
          if (!(fabs(p[e] - rules[rule].expected[step]) <= tolerance))
            fail_msg("kind %d, step %d: %.17g, expected %.17g", rules[rule].kind, step, p[e],
                     rules[rule].expected[step]);
        free(p);
        free(t);
      }
      graph_run_destroy(&run);
      gan_optimizer_destroy(optimizer);
    }
}

/* 1 - beta2^1 = 1e-3 must keep its digits in an f32 network: from g = 1 the first step of Adam is
 * the rate, whatever the betas. In f32 scalars 1 - 0.999f is wrong by 1e-5. */
static void adam_keeps_the_digits_of_its_bias(void **state) {
  (void)state;
  gan_optimizer *optimizer;
  assert_int_equal(gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &optimizer), GAN_OK);
  graph_run run;
  build_update(optimizer, GAN_F32, &run);
  double zero[2] = {0, 0}, *states[4] = {zero, zero, zero, zero};
  double g[2] = {1, -1}, rate = 1, *slots[2] = {g, &rate};
  graph_run_bind(&run, slots, states);
  graph_run_go(&run);
  gan__plan_commit(run.plan, &run.bindings);
  double *p = graph_run_state(&run, 0);
  /* A few roundings of f32. */
  assert_true(fabs(p[0] + 1) < 5e-7 && fabs(p[1] - 1) < 5e-7);
  free(p);
  graph_run_destroy(&run);
  gan_optimizer_destroy(optimizer);
}

/* ---- Settings. ---- */

static void settings_have_defaults_and_ranges(void **state) {
  (void)state;
  static const struct {
    int32_t kind, setting;
    double first; /* the default; -1: the kind has no such setting */
    double good, bad;
    const char *name;
  } rows[] = {
      {GAN_OPTIMIZER_SGD, GAN_LEARNING_RATE, 0.01, 0, -1, "learning rate"},
      {GAN_OPTIMIZER_SGD, GAN_LEARNING_RATE, 0.01, 1e30, 1e31, "learning rate"},
      {GAN_OPTIMIZER_ADAM, GAN_LEARNING_RATE, 0.001, 0.5, NAN, "learning rate"},
      {GAN_OPTIMIZER_ADAM, GAN_LEARNING_RATE, 0.001, 0.5, INFINITY, "learning rate"},
      {GAN_OPTIMIZER_MOMENTUM, GAN_MOMENTUM, 0.9, 0, 1, "momentum"},
      {GAN_OPTIMIZER_NESTEROV, GAN_MOMENTUM, 0.9, 0.99, -0.1, "momentum"},
      {GAN_OPTIMIZER_RMSPROP, GAN_RHO, 0.9, 0.5, 1, "rho"},
      {GAN_OPTIMIZER_RMSPROP, GAN_EPSILON, 1e-8, 1, 0, "epsilon"},
      {GAN_OPTIMIZER_ADAM, GAN_BETA1, 0.9, 0, 1, "beta1"},
      {GAN_OPTIMIZER_ADAM, GAN_BETA2, 0.999, 0.5, 1.5, "beta2"},
      {GAN_OPTIMIZER_ADAM, GAN_EPSILON, 1e-8, 1e-30, 1e-31, "epsilon"},
      {GAN_OPTIMIZER_OPTIMISTIC, GAN_LEARNING_RATE, 0.01, 0.5, -1, "learning rate"},
      {GAN_OPTIMIZER_OPTIMISTIC_ADAM, GAN_LEARNING_RATE, 0.001, 0.5, -1, "learning rate"},
      {GAN_OPTIMIZER_OPTIMISTIC_ADAM, GAN_BETA2, 0.999, 0.5, 1, "beta2"},
      {GAN_OPTIMIZER_SGD, GAN_RATE_DECAY, 1, 1.000004, 0.9999, "rate decay"},
      {GAN_OPTIMIZER_ADAM, GAN_RATE_DECAY, 1, 1e30, 1e31, "rate decay"},
      {GAN_OPTIMIZER_RMSPROP, GAN_RATE_FLOOR, 0, 1e-6, -1e-6, "rate floor"},
      {GAN_OPTIMIZER_ADAM, GAN_RATE_LINEAR_START, 0, 1e15, 2e15, "rate linear start"},
      {GAN_OPTIMIZER_ADAM, GAN_RATE_LINEAR_END, 0, 1000, -1, "rate linear end"},
      {GAN_OPTIMIZER_OPTIMISTIC, GAN_RATE_LINEAR_END, 0, 1000, NAN, "rate linear end"},
      {GAN_OPTIMIZER_MOMENTUM, GAN_MOMENTUM_FINAL, 0.9, 0.7, 1, "momentum final"},
      {GAN_OPTIMIZER_NESTEROV, GAN_MOMENTUM_START, 0, 10, -1, "momentum start"},
      {GAN_OPTIMIZER_MOMENTUM, GAN_MOMENTUM_END, 0, 250, INFINITY, "momentum end"},
      {GAN_OPTIMIZER_SGD, GAN_GRADIENT_CLIP, 0, 5, 1e-31, "gradient clip"},
      {GAN_OPTIMIZER_NESTEROV, GAN_GRADIENT_CLIP, 0, 1e-30, -1, "0 and"},
      {GAN_OPTIMIZER_RMSPROP, GAN_WEIGHT_CLIP, 0, 0.01, -0.01, "weight clip"},
      {GAN_OPTIMIZER_ADAM, GAN_WEIGHT_CLIP, 0, 0, NAN, "weight clip"},
      {GAN_OPTIMIZER_MOMENTUM, GAN_MAX_COLUMN_NORM, 0, 1.9365, 1e31, "max column norm"},
      {GAN_OPTIMIZER_SGD, GAN_MOMENTUM_END, -1, 0.5, 0.5, "SGD has no momentum end"},
      {GAN_OPTIMIZER_ADAM, GAN_MOMENTUM_FINAL, -1, 0.5, 0.5, "momentum final"},
      {GAN_OPTIMIZER_OPTIMISTIC, GAN_MOMENTUM_START, -1, 0.5, 0.5, "momentum start"},
      {GAN_OPTIMIZER_OPTIMISTIC, GAN_EPSILON, -1, 0.5, 0.5, "epsilon"},
      {GAN_OPTIMIZER_SGD, GAN_MOMENTUM, -1, 0.5, 0.5, "momentum"},
      {GAN_OPTIMIZER_MOMENTUM, GAN_EPSILON, -1, 0.5, 0.5, "epsilon"},
      {GAN_OPTIMIZER_RMSPROP, GAN_BETA1, -1, 0.5, 0.5, "beta1"},
      {GAN_OPTIMIZER_ADAM, GAN_RHO, -1, 0.5, 0.5, "rho"},
      {GAN_OPTIMIZER_ADAM, 0, -1, 0.5, 0.5, "0"},
      {GAN_OPTIMIZER_ADAM, 17, -1, 0.5, 0.5, "17"},
      {GAN_OPTIMIZER_ADAM, INT32_MAX, -1, 0.5, 0.5, "2147483647"},
      {GAN_OPTIMIZER_ADAM, -3, -1, 0.5, 0.5, "-3"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gan_optimizer *optimizer;
    double value = -7;
    assert_int_equal(gan_optimizer_create(context, rows[i].kind, &optimizer), GAN_OK);
    assert_int_equal(gan_optimizer_kind(optimizer), rows[i].kind);
    gan_status wanted = rows[i].first < 0 ? GAN_ERROR_ARGUMENT : GAN_OK;
    assert_int_equal(gan_optimizer_get(optimizer, rows[i].setting, &value), wanted);
    assert_true(value == (rows[i].first < 0 ? -7 : rows[i].first));
    assert_int_equal(gan_optimizer_set(optimizer, rows[i].setting, rows[i].good), wanted);
    assert_int_equal(gan_optimizer_set(optimizer, rows[i].setting, rows[i].bad),
                     GAN_ERROR_ARGUMENT);
    assert_non_null(strstr(gan_context_message(context), rows[i].name));
    if (wanted == GAN_OK) {
      assert_int_equal(gan_optimizer_get(optimizer, rows[i].setting, &value), GAN_OK);
      assert_true(value == rows[i].good);
    }
    gan_optimizer_destroy(optimizer);
  }
}

static void refuses_bad_arguments(void **state) {
  (void)state;
  gan_optimizer *optimizer = NULL;
  double value;
  assert_int_equal(gan_optimizer_create(NULL, GAN_OPTIMIZER_SGD, &optimizer), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_optimizer_create(context, GAN_OPTIMIZER_SGD, NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_optimizer_create(context, 0, &optimizer), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_optimizer_create(context, 8, &optimizer), GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(context), "8"));
  assert_null(optimizer);
  assert_int_equal(gan_optimizer_set(NULL, GAN_LEARNING_RATE, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_optimizer_get(NULL, GAN_LEARNING_RATE, &value), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_optimizer_reset(NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_optimizer_kind(NULL), 0);
  assert_int_equal(gan_optimizer_updates(NULL), 0);
  gan_optimizer_destroy(NULL);
  gan_status status;
  FAIL_EACH_ALLOCATION(context, &memory, status,
                       status = gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &optimizer));
  assert_int_equal(gan_optimizer_get(optimizer, GAN_LEARNING_RATE, NULL), GAN_ERROR_ARGUMENT);
  gan_optimizer_destroy(optimizer);
}

/* ---- The live state. ---- */

static void belongs_to_one_network_until_reset(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  gan_generator *other;
  gan_trainer *second = NULL, *kept = p->t;
  MUST(gan_generator_parse(p->context, "f64; latent 1 normal; dense 2", &other));
  /* Nothing trained yet: the optimizers may still go elsewhere, and come back. */
  MUST(gan_trainer_create(p->context, other, p->d, p->loss, p->og, p->od, &second));
  train(p, 3, 7);
  assert_int_equal(gan_optimizer_updates(p->og), 3);
  gan_status status = gan_trainer_step(second, real_rows(0, 7), 7);
  assert_int_equal(status, GAN_ERROR_STATE);
  assert_non_null(strstr(gan_context_message(p->context), "gan_optimizer_reset"));
  gan_trainer_destroy(second);
  second = NULL;
  status = gan_trainer_create(p->context, other, p->d, p->loss, p->og, p->od, &second);
  assert_int_equal(status, GAN_ERROR_STATE);
  assert_null(second);
  MUST(gan_optimizer_reset(p->og));
  assert_int_equal(gan_optimizer_updates(p->og), 0);
  MUST(gan_trainer_create(p->context, other, p->d, p->loss, p->og, p->od, &second));
  MUST(gan_trainer_step(second, real_rows(0, 7), 7));
  assert_int_equal(gan_optimizer_updates(p->og), 1);
  assert_int_equal(gan_optimizer_updates(p->od), 4);
  gan_trainer_destroy(second);
  gan_generator_destroy(other);
  p->t = kept;
  players_destroy(p);
}

static void binding_survives_failing_allocations(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  gan_status status;
  MUST(gan_optimizer_reset(p->og));
  FAIL_EACH_ALLOCATION(p->context, &p->memory, status,
                       status = gan__optimizer_bind(p->og, p->g->network));
  players_destroy(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(rules_follow_their_formulas, set_up, tear_down),
      cmocka_unit_test_setup_teardown(adam_keeps_the_digits_of_its_bias, set_up, tear_down),
      cmocka_unit_test_setup_teardown(settings_have_defaults_and_ranges, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_bad_arguments, set_up, tear_down),
      cmocka_unit_test(belongs_to_one_network_until_reset),
      cmocka_unit_test(binding_survives_failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
