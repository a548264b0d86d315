/* SPDX-License-Identifier: MIT */
/* libgan/train/unroll.c and check_gradient.c: the total derivative through K steps of every
 * optimizer against differences of the whole unrolled objective, in f64. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "players.h"

enum { ROWS = 7, WARM = 20, DIRECTIONS = 8 };

/* An unroll handle on the players, with K steps and a batch. */
static gan_unroll *unroll_of(players *p, int32_t steps) {
  gan_unroll *unroll;
  MUST(gan_unroll_create(p->context, p->g, p->d, p->loss, p->og, p->od, &unroll));
  MUST(gan_unroll_set_steps(unroll, steps));
  MUST(gan_unroll_set_batch(unroll, real_rows(99, ROWS), ROWS));
  MUST(gan_unroll_set_seed(unroll, 5));
  return unroll;
}

static gan_gradient_check check(players *p, gan_unroll *unroll) {
  gan_gradient_check report = {.struct_size = sizeof report};
  MUST(gan_check_gradient(unroll, DIRECTIONS, 1, &report));
  assert_int_equal(report.directions, DIRECTIONS);
  assert_true(isfinite(report.gradient_norm) && report.gradient_norm > 0);
  assert_true(report.smallest_step < report.largest_step);
  return report;
}

/* What is promised; the errors are 1e-9 and below. */
#define BOUND 1e-6
/* "By orders of magnitude": what the first term alone misses is 1e-2 and more. */
#define FAR 1e-3

static void gradient_is_exact_for_every_optimizer(void **state) {
  (void)state;
  static const int32_t counts[] = {1, 3, 5};
  static const char *const activations[] = {"tanh", "softplus"};
  for (int32_t kind = GAN_OPTIMIZER_SGD; kind <= GAN_OPTIMIZER_OPTIMISTIC_ADAM; kind++)
    for (int32_t a = 0; a < 2; a++)
      for (int32_t k = 0; k < 3; k++) {
        players made, *p = &made;
        bool plain = kind <= GAN_OPTIMIZER_NESTEROV || kind == GAN_OPTIMIZER_OPTIMISTIC;
        players_create(p, &(setup){.activation = activations[a],
                                   .optimizer = kind,
                                   .discriminator_rate = plain ? 0.1 : 0.02});
        train(p, WARM, ROWS);
        gan_unroll *unroll = unroll_of(p, counts[k]);
        gan_gradient_check exact = check(p, unroll);
        if (!(exact.max_relative_error <= BOUND))
          fail_msg("kind %d, %s, K = %d: relative error %g", kind, activations[a], counts[k],
                   exact.max_relative_error);
        MUST(gan_unroll_set_approximate(unroll, 1));
        gan_gradient_check first_term = check(p, unroll);
        if (!(first_term.max_relative_error >= FAR))
          fail_msg("kind %d, %s, K = %d: the first term alone has the error %g", kind,
                   activations[a], counts[k], first_term.max_relative_error);
        gan_unroll_destroy(unroll);
        players_destroy(p);
      }
}

/* ---- Schedules that change within the inner steps, and limits that act in them. ---- */

enum { PAIRS = 5 };
static const struct {
  int32_t kind;
  struct {
    int32_t setting;
    double value;
  } pairs[PAIRS];
} configurations[] = {
    {GAN_OPTIMIZER_SGD, {{GAN_RATE_DECAY, 1.25}, {GAN_RATE_FLOOR, 1e-3}}},
    {GAN_OPTIMIZER_ADAM, {{GAN_RATE_LINEAR_START, WARM - 5}, {GAN_RATE_LINEAR_END, WARM + 2}}},
    {GAN_OPTIMIZER_MOMENTUM,
     {{GAN_MOMENTUM_FINAL, 0.25}, {GAN_MOMENTUM_START, WARM - 1}, {GAN_MOMENTUM_END, WARM + 2}}},
    {GAN_OPTIMIZER_NESTEROV, {{GAN_MOMENTUM_FINAL, 0.25}, {GAN_MOMENTUM_END, WARM + 10}}},
    {GAN_OPTIMIZER_SGD, {{GAN_GRADIENT_CLIP, 0.05}}},
    {GAN_OPTIMIZER_ADAM, {{GAN_GRADIENT_CLIP, 0.05}}},
    {GAN_OPTIMIZER_RMSPROP, {{GAN_WEIGHT_CLIP, 0.3}}},
    {GAN_OPTIMIZER_SGD, {{GAN_MAX_COLUMN_NORM, 0.5}}},
    {GAN_OPTIMIZER_ADAM, {{GAN_MAX_COLUMN_NORM, 0.5}, {GAN_GRADIENT_CLIP, 0.1}}},
    {GAN_OPTIMIZER_OPTIMISTIC,
     {{GAN_RATE_DECAY, 1.01},
      {GAN_GRADIENT_CLIP, 0.2},
      {GAN_WEIGHT_CLIP, 0.6},
      {GAN_MAX_COLUMN_NORM, 0.7}}},
    {GAN_OPTIMIZER_OPTIMISTIC_ADAM, {{GAN_RATE_DECAY, 1.01}, {GAN_MAX_COLUMN_NORM, 0.6}}},
};
enum { CONFIGURATIONS = sizeof configurations / sizeof *configurations };

/* Both players with the optimizer of a configuration, WARM steps trained. */
static void configured_players(players *p, int32_t c) {
  int32_t kind = configurations[c].kind;
  bool adaptive = kind == GAN_OPTIMIZER_RMSPROP || kind == GAN_OPTIMIZER_ADAM
                  || kind == GAN_OPTIMIZER_OPTIMISTIC_ADAM;
  players_create(p, &(setup){.optimizer = kind, .discriminator_rate = adaptive ? 0.02 : 0.1});
  for (int32_t i = 0; i < PAIRS && configurations[c].pairs[i].setting; i++) {
    int32_t setting = configurations[c].pairs[i].setting;
    MUST(gan_optimizer_set(p->od, setting, configurations[c].pairs[i].value));
    MUST(gan_optimizer_set(p->og, setting, configurations[c].pairs[i].value));
  }
  train(p, WARM, ROWS);
}

/* Puts the discriminator's optimizer back to how its kind is at first, but for the rate. */
static void deconfigure(players *p, int32_t c) {
  gan_optimizer *fresh;
  MUST(gan_optimizer_create(p->context, configurations[c].kind, &fresh));
  for (int32_t i = 0; i < PAIRS && configurations[c].pairs[i].setting; i++) {
    double value;
    MUST(gan_optimizer_get(fresh, configurations[c].pairs[i].setting, &value));
    MUST(gan_optimizer_set(p->od, configurations[c].pairs[i].setting, value));
  }
  gan_optimizer_destroy(fresh);
}

static void gradient_is_exact_for_every_setting(void **state) {
  (void)state;
  for (int32_t c = 0; c < CONFIGURATIONS; c++)
    for (int32_t steps = 1; steps <= 3; steps += 2) {
      players made, *p = &made;
      configured_players(p, c);
      gan_unroll *unroll = unroll_of(p, steps);
      double error = check(p, unroll).max_relative_error;
      if (!(error <= BOUND))
        fail_msg("configuration %d, K = %d: relative error %g", c, steps, error);
      double with, without;
      MUST(gan_unroll_objective(unroll, &with));
      deconfigure(p, c);
      MUST(gan_unroll_objective(unroll, &without));
      if (!(fabs(with - without) >= 1e-6)) /* else nothing was tested */
        fail_msg("configuration %d, K = %d: the settings change the objective by %g", c, steps,
                 with - without);
      gan_unroll_destroy(unroll);
      players_destroy(p);
    }
}

/* The inner steps are what the discriminator would really do, from its live moments and step count:
 * f_K is minus its loss after K real steps on the same rows and draws. */
static void compare_with_real_steps(players *p, const char *what, int32_t number) {
  enum { K = 3 };
  gan_unroll *unroll = unroll_of(p, K);
  unroll->session.schedule.noise = GAN_NOISE_SHARED;
  double value;
  MUST(gan_unroll_objective(unroll, &value));
  MUST(gan_trainer_set_noise(p->t, GAN_NOISE_SHARED));
  MUST(gan_trainer_set_seed(p->t, 5));
  for (int32_t k = 0; k <= K; k++) { /* the last one tells the loss it starts from */
    p->t->steps = 0;
    MUST(gan_trainer_step_discriminator(p->t, real_rows(99, ROWS), ROWS));
  }
  gan_progress progress = {.struct_size = sizeof progress};
  MUST(gan_trainer_progress(p->t, &progress));
  /* Roundings of two plans for one formula. */
  if (!(fabs(value + progress.discriminator_loss) <= 1e-13))
    fail_msg("%s %d: objective %.17g, loss %.17g", what, number, value,
             progress.discriminator_loss);
  gan_unroll_destroy(unroll);
}

static void inner_steps_are_real_steps(void **state) {
  (void)state;
  for (int32_t kind = GAN_OPTIMIZER_SGD; kind <= GAN_OPTIMIZER_OPTIMISTIC_ADAM; kind++) {
    players made, *p = &made;
    players_create(p, &(setup){.optimizer = kind});
    train(p, WARM, ROWS);
    compare_with_real_steps(p, "kind", kind);
    players_destroy(p);
  }
  for (int32_t c = 0; c < CONFIGURATIONS; c++) {
    players made, *p = &made;
    configured_players(p, c);
    compare_with_real_steps(p, "configuration", c);
    players_destroy(p);
  }
}

/* With K = 0 there is nothing to leave out. */
static void nothing_unrolled_is_the_plain_gradient(void **state) {
  (void)state;
  for (int32_t loss = GAN_LOSS_MINIMAX; loss <= GAN_LOSS_NON_SATURATING; loss++)
    for (int32_t approximate = 0; approximate < 2; approximate++) {
      players made, *p = &made;
      players_create(p, &(setup){.loss = loss});
      train(p, WARM, ROWS);
      gan_unroll *unroll = unroll_of(p, 0);
      MUST(gan_unroll_set_approximate(unroll, approximate));
      assert_true(check(p, unroll).max_relative_error <= BOUND);
      gan_unroll_destroy(unroll);
      players_destroy(p);
    }
}

/* The discriminator looks through the generator's steps by the same code. */
static void discriminator_unrolls_the_generator(void **state) {
  (void)state;
  for (int32_t kind = GAN_OPTIMIZER_SGD; kind <= GAN_OPTIMIZER_OPTIMISTIC_ADAM; kind++) {
    players made, *p = &made;
    players_create(
        p, &(setup){.optimizer = kind, .generator_rate = 0.05, .loss = GAN_LOSS_NON_SATURATING});
    train(p, WARM, ROWS);
    gan_unroll *unroll = unroll_of(p, 3);
    MUST(gan_unroll_set_player(unroll, "discriminator"));
    assert_true(check(p, unroll).max_relative_error <= BOUND);
    MUST(gan_unroll_set_approximate(unroll, 1));
    assert_true(check(p, unroll).max_relative_error >= FAR);
    gan_unroll_destroy(unroll);
    players_destroy(p);
  }
}

static void set_fresh_batches(players *p, gan_unroll *unroll, int32_t dtype) {
  enum { MOST = 8 };
  gan_batch *batches[MOST];
  double data[MOST][2 * ROWS];
  float singles[MOST][2 * ROWS];
  int32_t count = gan_unroll_batches(unroll);
  assert_in_range(count, 2, MOST);
  for (int32_t i = 0; i < count; i++) {
    const float *rows = real_rows(50 + i, ROWS);
    for (int32_t e = 0; e < 2 * ROWS; e++)
      data[i][e] = singles[i][e] = rows[e];
    MUST(gan_batch_create(p->context, &batches[i]));
    const void *values = dtype == GAN_F64 ? (const void *)data[i] : singles[i];
    MUST(gan_batch_set(batches[i], "real", dtype, values, 2, (int64_t[]){ROWS, 2}));
  }
  MUST(gan_unroll_set_batches(unroll, (const gan_batch *const *)batches, count));
  for (int32_t i = 0; i < count; i++)
    gan_batch_destroy(batches[i]);
}

/* Fresh batches and noise in every inner step; saturating or not outside. f64 and f32 rows are
 * equal numbers here, so both give the same bits. */
static void inner_steps_may_have_batches_of_their_own(void **state) {
  (void)state;
  for (int32_t loss = GAN_LOSS_MINIMAX; loss <= GAN_LOSS_NON_SATURATING; loss++) {
    players made, *p = &made;
    players_create(p, &(setup){.loss = loss});
    train(p, WARM, ROWS);
    gan_unroll *unroll = unroll_of(p, 3);
    double same, fresh[2];
    MUST(gan_unroll_objective(unroll, &same));
    MUST(gan_unroll_set_inner_batches(unroll, GAN_INNER_FRESH));
    assert_int_equal(gan_unroll_batches(unroll), loss == GAN_LOSS_MINIMAX ? 5 : 4);
    for (int32_t dtype = GAN_F32; dtype <= GAN_F64; dtype++) {
      set_fresh_batches(p, unroll, dtype);
      MUST(gan_unroll_objective(unroll, &fresh[dtype - GAN_F32]));
    }
    assert_true(fresh[0] != same && fresh[0] == fresh[1]);
    assert_true(check(p, unroll).max_relative_error <= BOUND);
    MUST(gan_unroll_set_approximate(unroll, 1));
    assert_true(check(p, unroll).max_relative_error >= FAR);
    gan_unroll_destroy(unroll);
    players_destroy(p);
  }
}

/* v = 0 at first: sqrt(v') is |g| sqrt(1 - beta2), which bends sharply only where g is 0. */
static void fresh_moments_are_finite_and_right(void **state) {
  (void)state;
  for (int32_t kind = GAN_OPTIMIZER_SGD; kind <= GAN_OPTIMIZER_OPTIMISTIC_ADAM; kind++)
    for (int32_t steps = 1; steps <= 5; steps += 2) {
      players made, *p = &made;
      players_create(p, &(setup){.optimizer = kind});
      gan_unroll *unroll = unroll_of(p, steps);
      double error = check(p, unroll).max_relative_error;
      if (!(error <= BOUND)) fail_msg("kind %d, K = %d: relative error %g", kind, steps, error);
      gan_unroll_destroy(unroll);
      players_destroy(p);
    }
}

/* The discriminator's first three units are far below 0 on all rows, before and after the steps:
 * their weights' gradients are exactly 0, and with v = 0 so is v'. */
static void dead_units_are_finite_and_right(void **state) {
  (void)state;
  static const char *const wanted[] = {"dense_1/weight", "dense_1/bias"};
  for (int32_t kind = GAN_OPTIMIZER_SGD; kind <= GAN_OPTIMIZER_OPTIMISTIC_ADAM; kind++)
    for (int32_t warm = 0; warm <= WARM; warm += WARM) {
      players made, *p = &made;
      players_create(p, &(setup){.activation = "relu", .optimizer = kind});
      gan_network *network = gan_discriminator_network(p->d);
      double bias[8] = {-50, -50, -50, 0.1, 0.1, 0.1, 0.1, 0.1};
      MUST(gan_network_set_parameter_f64(network, wanted[1], bias, 8));
      train(p, warm, ROWS);
      gan_unroll *unroll = unroll_of(p, 3);
      double error = check(p, unroll).max_relative_error;
      if (!(error <= BOUND)) fail_msg("kind %d, warm %d: relative error %g", kind, warm, error);
      /* The discriminator as mover: its dead units get exactly 0. */
      MUST(gan_unroll_set_player(unroll, "discriminator"));
      gan_gradient *gradient;
      MUST(gan_unroll_gradient(unroll, &gradient));
      double values[16];
      MUST(gan_gradient_get_f64(gradient, wanted[0], values, 16));
      for (int32_t i = 0; i < 16; i++)
        assert_true(i % 8 < 3 ? values[i] == 0 : isfinite(values[i]));
      gan_gradient_destroy(gradient);
      gan_unroll_destroy(unroll);
      players_destroy(p);
    }
}

/* f32 networks compute the same gradient to f32's precision. */
static void single_precision_agrees_with_double(void **state) {
  (void)state;
  double norms[2], bias[2][2];
  for (int32_t i = 0; i < 2; i++) {
    players made, *p = &made;
    players_create(p, &(setup){.type = i ? "f64; " : "f32; "});
    train(p, WARM, ROWS);
    gan_unroll *unroll = unroll_of(p, 3);
    gan_gradient *gradient;
    MUST(gan_unroll_gradient(unroll, &gradient));
    norms[i] = gan_gradient_norm(gradient);
    MUST(gan_gradient_get_f64(gradient, "dense_2/bias", bias[i], 2));
    gan_gradient_destroy(gradient);
    gan_unroll_destroy(unroll);
    players_destroy(p);
  }
  /* 20 steps of rounding at 6e-8, amplified by Adam's small second moments. */
  assert_true(fabs(norms[0] - norms[1]) <= 1e-3 * norms[1]);
  for (int32_t i = 0; i < 2; i++)
    assert_true(fabs(bias[0][i] - bias[1][i]) <= 1e-3 * norms[1]);
}

static void questions_change_nothing(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  train(p, 3, ROWS);
  gan_unroll *unroll = unroll_of(p, 3);
  picture before = take_picture(p);
  gan_gradient *gradient;
  double value;
  MUST(gan_unroll_gradient(unroll, &gradient));
  MUST(gan_unroll_objective(unroll, &value));
  /* Two plans of one objective: equal up to the order of sums. */
  assert_true(fabs(gan_gradient_objective(gradient) - value) <= 1e-14);
  check(p, unroll);
  assert_unchanged(p, &before);
  gan_gradient_destroy(gradient);
  gan_unroll_destroy(unroll);
  players_destroy(p);
}

/* A step of the handle is a step of the trainer: same moves, same draws. */
static void step_is_the_trainers(void **state) {
  (void)state;
  picture pictures[2];
  for (int32_t i = 0; i < 2; i++) {
    players made, *p = &made;
    players_create(p, &(setup){0});
    if (i == 0) {
      MUST(gan_trainer_set_unroll(p->t, 2));
      MUST(gan_trainer_set_seed(p->t, 5));
      MUST(gan_trainer_step(p->t, real_rows(99, ROWS), ROWS));
      p->t->steps = 0;
    } else {
      gan_unroll *unroll = unroll_of(p, 2);
      MUST(gan_unroll_step(unroll));
      gan_unroll_destroy(unroll);
    }
    pictures[i] = take_picture(p);
    players_destroy(p);
  }
  assert_true(same_picture(pictures[0], pictures[1]));
  free(pictures[0].bytes);
  free(pictures[1].bytes);
}

/* The step follows the gradient: with SGD, parameters := parameters - rate * gradient. */
static void step_descends_the_gradient(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){.optimizer = GAN_OPTIMIZER_SGD});
  gan_unroll *unroll = unroll_of(p, 3);
  gan_gradient *gradient;
  double before[16], after[16], slope[16];
  MUST(gan_unroll_gradient(unroll, &gradient));
  gan_network *network = gan_generator_network(p->g);
  MUST(gan_network_get_parameter_f64(network, "dense_2/weight", before, 16));
  MUST(gan_gradient_get_f64(gradient, "dense_2/weight", slope, 16));
  MUST(gan_unroll_step(unroll));
  MUST(gan_network_get_parameter_f64(network, "dense_2/weight", after, 16));
  for (int32_t i = 0; i < 16; i++)
    assert_true(fabs(after[i] - (before[i] - 0.01 * slope[i])) <= 1e-15);
  assert_int_equal(gan_optimizer_updates(p->og), 1);
  assert_int_equal(gan_optimizer_updates(p->od), 1);
  gan_gradient_destroy(gradient);
  gan_unroll_destroy(unroll);
  players_destroy(p);
}

static void gradient_tells_names_and_shapes(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  gan_unroll *unroll = unroll_of(p, 1);
  gan_gradient *gradient;
  MUST(gan_unroll_gradient(unroll, &gradient));
  gan_unroll_destroy(unroll); /* the gradient lives on */
  assert_int_equal(gan_gradient_count(gradient), 4);
  assert_string_equal(gan_gradient_name(gradient, 0), "dense_1/weight");
  assert_int_equal(gan_gradient_rank(gradient, 0), 2);
  assert_int_equal(gan_gradient_dim(gradient, 0, 0), 3);
  assert_int_equal(gan_gradient_dim(gradient, 0, 1), 8);
  assert_int_equal(gan_gradient_dim(gradient, 0, 2), 0);
  assert_int_equal(gan_gradient_dim(gradient, 4, 0), 0);
  assert_int_equal(gan_gradient_rank(gradient, -1), 0);
  assert_null(gan_gradient_name(gradient, 4));
  double sum = 0, value[24];
  float single[24];
  for (int32_t i = 0; i < 4; i++) {
    int64_t count = gan_gradient_dim(gradient, i, 0);
    if (gan_gradient_rank(gradient, i) == 2) count *= gan_gradient_dim(gradient, i, 1);
    const char *name = gan_gradient_name(gradient, i);
    MUST(gan_gradient_get_f64(gradient, name, value, count));
    MUST(gan_gradient_get(gradient, name, single, count));
    for (int64_t e = 0; e < count; e++) {
      sum += value[e] * value[e];
      assert_true(single[e] == (float)value[e]);
    }
  }
  assert_true(fabs(sqrt(sum) - gan_gradient_norm(gradient)) <= 1e-14);
  assert_int_equal(gan_gradient_get(gradient, "dense_9/weight", single, 24), GAN_ERROR_NAME);
  assert_non_null(strstr(gan_context_message(p->context), "dense_9/weight"));
  assert_int_equal(gan_gradient_get(gradient, "dense_1/weight", single, 23), GAN_ERROR_SHAPE);
  assert_int_equal(gan_gradient_get(gradient, NULL, single, 24), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_gradient_get_f64(gradient, "dense_1/weight", NULL, 24), GAN_ERROR_ARGUMENT);
  gan_gradient_destroy(gradient);
  players_destroy(p);
}

static void refuses_bad_arguments(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){.type = "f32; "});
  gan_unroll *unroll = NULL;
  gan_gradient *gradient = NULL;
  gan_gradient_check report = {.struct_size = sizeof report};
  double value;
  float rows[2] = {0};
  gan_status status = gan_unroll_create(p->context, p->g, p->d, p->loss, p->og, p->og, &unroll);
  assert_int_equal(status, GAN_ERROR_ARGUMENT);
  assert_null(unroll);
  assert_int_equal(gan_unroll_create(p->context, NULL, p->d, p->loss, p->og, p->od, &unroll),
                   GAN_ERROR_ARGUMENT);
  MUST(gan_unroll_create(p->context, p->g, p->d, p->loss, p->og, p->od, &unroll));
  assert_int_equal(gan_unroll_gradient(unroll, &gradient), GAN_ERROR_STATE);
  assert_non_null(strstr(gan_context_message(p->context), "gan_unroll_set_batch"));
  assert_int_equal(gan_unroll_set_steps(unroll, -1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_unroll_set_steps(unroll, 10001), GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(p->context), "10001"));
  assert_int_equal(gan_unroll_set_player(unroll, "critic"), GAN_ERROR_NAME);
  assert_non_null(strstr(gan_context_message(p->context), "critic"));
  assert_int_equal(gan_unroll_set_player(unroll, NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_unroll_set_approximate(unroll, 2), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_unroll_set_inner_batches(unroll, 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_unroll_set_batch(unroll, NULL, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_unroll_set_batch(unroll, rows, 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_unroll_set_batch(unroll, rows, INT64_MAX / 4), GAN_ERROR_LIMIT);
  assert_int_equal(gan_unroll_set_batches(unroll, NULL, 1), GAN_ERROR_ARGUMENT);
  const gan_batch *none[3] = {NULL};
  assert_int_equal(gan_unroll_set_batches(unroll, none, 3), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_unroll_set_batches(unroll, none, 1), GAN_ERROR_ARGUMENT);
  MUST(gan_unroll_set_batch(unroll, rows, 1));
  status = gan_check_gradient(unroll, 3, 1, &report);
  assert_int_equal(status, GAN_ERROR_UNSUPPORTED);
  assert_non_null(strstr(gan_context_message(p->context), "f64"));
  assert_int_equal(gan_check_gradient(unroll, 0, 1, &report), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_check_gradient(unroll, 3, 1, NULL), GAN_ERROR_ARGUMENT);
  report.struct_size = 4;
  assert_int_equal(gan_check_gradient(unroll, 3, 1, &report), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_unroll_objective(unroll, NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_unroll_objective(NULL, &value), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_unroll_gradient(unroll, NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_unroll_step(NULL), GAN_ERROR_ARGUMENT);
  rows[1] = NAN;
  MUST(gan_unroll_set_batch(unroll, rows, 1));
  MUST(gan_unroll_set_steps(unroll, 1));
  assert_int_equal(gan_unroll_gradient(unroll, &gradient), GAN_ERROR_NOT_FINITE);
  assert_non_null(strstr(gan_context_message(p->context), "real batch"));
  assert_null(gradient);
  gan_unroll_destroy(unroll);
  gan_unroll_destroy(NULL);
  players_destroy(p);
}

/* Only what fits into the caller's struct is written. */
static void report_keeps_to_its_size(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  gan_unroll *unroll = unroll_of(p, 1);
  gan_gradient_check report;
  memset(&report, 0x5a, sizeof report);
  gan_gradient_check untouched = report;
  report.struct_size = offsetof(gan_gradient_check, product);
  MUST(gan_check_gradient(unroll, 2, 1, &report));
  assert_int_equal(report.struct_size, offsetof(gan_gradient_check, product));
  assert_int_equal(report.directions, 2);
  assert_memory_equal(&report.product, &untouched.product, sizeof report.product);
  gan_unroll_destroy(unroll);
  players_destroy(p);
}

static void cancel_stops_the_check(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  gan_unroll *unroll = unroll_of(p, 1);
  gan_gradient_check report = {.struct_size = sizeof report};
  MUST(gan_context_cancel(p->context));
  assert_int_equal(gan_check_gradient(unroll, 2, 1, &report), GAN_ERROR_CANCELLED);
  MUST(gan_check_gradient(unroll, 2, 1, &report)); /* the request has been honoured */
  gan_unroll_destroy(unroll);
  players_destroy(p);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  gan_status status = GAN_ERROR_MEMORY;
  players made, *p = &made;
  players_create(p, &(setup){0});
  train(p, 1, ROWS);
  picture before = take_picture(p);
  for (int64_t n = 1; status != GAN_OK; n++) {
    gan_unroll *unroll = NULL;
    gan_gradient *gradient = NULL;
    gan_gradient_check report = {.struct_size = sizeof report};
    int64_t blocks = p->context->live_blocks;
    p->memory.calls = 0;
    p->memory.fail_at = n;
    status = gan_unroll_create(p->context, p->g, p->d, p->loss, p->og, p->od, &unroll);
    if (status == GAN_OK) status = gan_unroll_set_steps(unroll, 1);
    if (status == GAN_OK) status = gan_unroll_set_batch(unroll, real_rows(0, ROWS), ROWS);
    if (status == GAN_OK) status = gan_unroll_gradient(unroll, &gradient);
    if (status == GAN_OK) status = gan_check_gradient(unroll, 1, 1, &report);
    p->memory.fail_at = 0;
    if (status != GAN_OK) assert_int_equal(status, GAN_ERROR_MEMORY);
    gan_gradient_destroy(gradient);
    gan_unroll_destroy(unroll);
    assert_int_equal(p->context->live_blocks, blocks);
  }
  assert_unchanged(p, &before);
  players_destroy(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradient_is_exact_for_every_optimizer),
      cmocka_unit_test(gradient_is_exact_for_every_setting),
      cmocka_unit_test(inner_steps_are_real_steps),
      cmocka_unit_test(nothing_unrolled_is_the_plain_gradient),
      cmocka_unit_test(discriminator_unrolls_the_generator),
      cmocka_unit_test(inner_steps_may_have_batches_of_their_own),
      cmocka_unit_test(fresh_moments_are_finite_and_right),
      cmocka_unit_test(dead_units_are_finite_and_right),
      cmocka_unit_test(single_precision_agrees_with_double),
      cmocka_unit_test(questions_change_nothing),
      cmocka_unit_test(step_is_the_trainers),
      cmocka_unit_test(step_descends_the_gradient),
      cmocka_unit_test(gradient_tells_names_and_shapes),
      cmocka_unit_test(refuses_bad_arguments),
      cmocka_unit_test(report_keeps_to_its_size),
      cmocka_unit_test(cancel_stops_the_check),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
