/* SPDX-License-Identifier: MIT */
/* Running statistics of batch norm under training: which passes move them, in which order, by how
 * much; against a plain computation. A pass counts when it belongs to a real move of the network's
 * own player: the discriminator's over labelled, real, generated rows, in this order, and the
 * generator's over its rows. Inner steps of an unrolled player, the other player's moves and the
 * joint gradient of consensus do not count. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <gan/gan.h>

#include "players.h"
#include "plain.h"

enum { ROWS = 7, LABELLED = 4, UNITS = 4, BATCHES = 8 };
enum { GENERATOR = GAN__GENERATOR, DISCRIMINATOR = GAN__DISCRIMINATOR };

#define DECAY   0.75
#define EPSILON 1e-5
#define TEXT_G  "f64; latent 3 normal; dense 4; batch_norm decay=0.75; tanh; dense 2"
#define TEXT_D  "f64; input 2; dense 4; batch_norm decay=0.75; tanh; dense "

/* ---- The plain side: running statistics, and the networks above. ---- */

typedef struct running {
  double mean[UNITS], variance[UNITS];
} running;

typedef struct weights {
  double first[3 * UNITS], bias[UNITS], scale[UNITS], shift[UNITS], second[UNITS * 2], last[2];
} weights;

static const gan_network *network_of(const players *p, int32_t player) {
  return player == GENERATOR ? p->g->network : p->d->network;
}

static running running_of(players *p, int32_t player) {
  running made;
  MUST(gan_network_get_parameter_f64(network_of(p, player), "batch_norm_1/mean", made.mean, UNITS));
  MUST(gan_network_get_parameter_f64(network_of(p, player), "batch_norm_1/variance", made.variance,
                                     UNITS));
  return made;
}

static weights weights_of(players *p, int32_t player) {
  weights w;
  const gan_network *n = network_of(p, player);
  int64_t inputs = player == GENERATOR ? 3 : 2;
  MUST(gan_network_get_parameter_f64(n, "dense_1/weight", w.first, inputs * UNITS));
  MUST(gan_network_get_parameter_f64(n, "dense_1/bias", w.bias, UNITS));
  MUST(gan_network_get_parameter_f64(n, "batch_norm_1/scale", w.scale, UNITS));
  MUST(gan_network_get_parameter_f64(n, "batch_norm_1/shift", w.shift, UNITS));
  if (player == DISCRIMINATOR) return w;
  MUST(gan_network_get_parameter_f64(n, "dense_2/weight", w.second, (int64_t)UNITS * 2));
  MUST(gan_network_get_parameter_f64(n, "dense_2/bias", w.last, 2));
  return w;
}

/* What batch norm is given. */
static plain before_norm(const weights *w, const plain *x) {
  return plain_dense(x, w->first, w->bias, UNITS);
}

/* running := decay running + (1 - decay) (mean, variance n / (n - 1)) */
static void follow(running *r, const plain *y) {
  for (int64_t u = 0; u < UNITS; u++) {
    double mean, variance, n = (double)y->rows;
    plain_measure(y, u, &mean, &variance);
    r->mean[u] = DECAY * r->mean[u] + (1 - DECAY) * mean;
    r->variance[u] = DECAY * r->variance[u] + (1 - DECAY) * variance * n / (n - 1);
  }
}

/* G(z) in training: normalised by the rows themselves. */
static plain generate(const weights *w, const plain *z) {
  plain y = before_norm(w, z);
  for (int64_t u = 0; u < UNITS; u++) {
    double mean, variance;
    plain_measure(&y, u, &mean, &variance);
    for (int64_t i = 0; i < y.rows; i++)
      y.at[i][u] = tanh((y.at[i][u] - mean) / sqrt(variance + EPSILON) * w->scale[u] + w->shift[u]);
  }
  return plain_dense(&y, w->second, w->last, 2);
}

static void compare(const char *what, const running *is, const running *want) {
  for (int32_t u = 0; u < UNITS; u++) {
    /* A few dozen roundings of numbers of size 1. */
    if (fabs(is->mean[u] - want->mean[u]) > 1e-13
        || fabs(is->variance[u] - want->variance[u]) > 1e-13)
      fail_msg("%s: unit %d: mean %.17g, expected %.17g; variance %.17g, expected %.17g", what, u,
               is->mean[u], want->mean[u], is->variance[u], want->variance[u]);
  }
}

/* ---- Every kind of step. Where rates are 0 the weights of all moves are known. ---- */

typedef struct row {
  const char *what;
  int32_t loss, order, method, unroll, inner, generator_steps, discriminator_steps;
  const char *unroll_player; /* NULL: the generator */
  double consensus;
} row;

#define ALTERNATING  GAN_ORDER_ALTERNATING, GAN_METHOD_DESCENT
#define SIMULTANEOUS GAN_ORDER_SIMULTANEOUS, GAN_METHOD_DESCENT
#define EXTRA        GAN_ORDER_ALTERNATING, GAN_METHOD_EXTRAGRADIENT
#define SAME         GAN_INNER_SAME
#define FRESH        GAN_INNER_FRESH

static const row rows[] = {
    {"alternating", 0, ALTERNATING, 0, SAME, 1, 1, NULL, 0},
    {"three moves of D", 0, ALTERNATING, 0, SAME, 1, 3, NULL, 0},
    {"two moves of G", 0, ALTERNATING, 0, SAME, 2, 1, NULL, 0},
    {"unrolled", 0, ALTERNATING, 3, SAME, 1, 1, NULL, 0},
    {"unrolled, fresh", 0, ALTERNATING, 3, FRESH, 1, 1, NULL, 0},
    {"D unrolls G", 0, ALTERNATING, 3, SAME, 1, 1, "discriminator", 0},
    {"simultaneous", 0, SIMULTANEOUS, 0, SAME, 1, 1, NULL, 0},
    {"simultaneous, unrolled", 0, SIMULTANEOUS, 3, SAME, 1, 1, NULL, 0},
    {"simultaneous, two moves of D", 0, SIMULTANEOUS, 0, SAME, 1, 2, NULL, 0},
    {"extragradient", 0, EXTRA, 0, SAME, 1, 1, NULL, 0},
    {"extragradient, unrolled", 0, EXTRA, 2, SAME, 1, 1, NULL, 0},
    {"consensus", 0, ALTERNATING, 0, SAME, 1, 1, NULL, 0.5},
    {"consensus, simultaneous, unrolled", 0, SIMULTANEOUS, 2, SAME, 1, 1, NULL, 0.5},
    {"feature matching", GAN_LOSS_FEATURE_MATCHING, ALTERNATING, 0, SAME, 1, 1, NULL, 0},
    {"semi-supervised", GAN_LOSS_SEMI_SUPERVISED, ALTERNATING, 0, SAME, 1, 1, NULL, 0},
    {"semi-supervised, unrolled", GAN_LOSS_SEMI_SUPERVISED, ALTERNATING, 2, FRESH, 1, 1, NULL, 0},
};

static void create(players *p, const row *r) {
  bool classes = r->loss == GAN_LOSS_SEMI_SUPERVISED;
  players_create(p, &(setup){.generator = TEXT_G,
                             .discriminator = classes ? TEXT_D "3" : TEXT_D "1",
                             .loss = r->loss});
  MUST(gan_trainer_set_order(p->t, r->order));
  MUST(gan_trainer_set_method(p->t, r->method));
  MUST(gan_trainer_set_unroll(p->t, r->unroll));
  MUST(gan_trainer_set_inner_batches(p->t, r->inner));
  MUST(gan_trainer_set_steps(p->t, "generator", r->generator_steps));
  MUST(gan_trainer_set_steps(p->t, "discriminator", r->discriminator_steps));
  MUST(gan_trainer_set_consensus(p->t, r->consensus));
  if (r->unroll_player) MUST(gan_trainer_set_unroll_player(p->t, r->unroll_player));
}

static void set_rates(players *p, double generator, double discriminator) {
  MUST(gan_optimizer_set(p->og, GAN_LEARNING_RATE, generator));
  MUST(gan_optimizer_set(p->od, GAN_LEARNING_RATE, discriminator));
}

/* A step on as many batches as it can use; number i of them is labelled_batch() i. */
static void make_step(players *p) {
  gan_batch *batches[BATCHES];
  int32_t count = gan_trainer_batches(p->t);
  assert_true(count <= BATCHES);
  for (int32_t i = 0; i < count; i++)
    batches[i] = labelled_batch(p, i, ROWS, LABELLED);
  MUST(gan_trainer_step_batch(p->t, (const gan_batch *const *)batches, count));
  for (int32_t i = 0; i < count; i++)
    gan_batch_destroy(batches[i]);
}

/* What one move makes of the running statistics of its own player. */
static void follow_move(players *p, const gan__move *move, const weights w[2], running now[2]) {
  plain z = latents_of(p, move->turn.noise, ROWS), y;
  if (move->player == GENERATOR) {
    y = before_norm(&w[GENERATOR], &z);
    follow(&now[GENERATOR], &y);
    return;
  }
  int32_t batch = move->turn.batch;
  if (p->t->session.slot_kinds > 1) {
    plain known = plain_rows(real_rows(batch + 9, LABELLED), LABELLED, 2);
    y = before_norm(&w[DISCRIMINATOR], &known);
    follow(&now[DISCRIMINATOR], &y);
  }
  plain real = plain_rows(real_rows(batch, ROWS), ROWS, 2), fake = generate(&w[GENERATOR], &z);
  y = before_norm(&w[DISCRIMINATOR], &real);
  follow(&now[DISCRIMINATOR], &y);
  y = before_norm(&w[DISCRIMINATOR], &fake);
  follow(&now[DISCRIMINATOR], &y);
}

static void real_moves_count_and_nothing_else(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    players made, *p = &made;
    create(p, &rows[i]);
    set_rates(p, 0, 0);
    weights w[2] = {weights_of(p, GENERATOR), weights_of(p, DISCRIMINATOR)};
    running now[2] = {running_of(p, GENERATOR), running_of(p, DISCRIMINATOR)};
    gan__schedule schedule = gan__session_schedule(&p->t->session);
    for (int32_t step = 0; step < 3; step++) {
      int32_t moves = gan__schedule_moves(&schedule, GAN__JOB_STEP), players_moved = 0;
      for (int32_t m = 0; m < moves; m++) {
        gan__move move = gan__schedule_move(&schedule, GAN__JOB_STEP, m);
        players_moved |= 1 << move.player;
        follow_move(p, &move, w, now);
      }
      assert_int_equal(players_moved, 3);
      make_step(p);
      for (int32_t player = 0; player < 2; player++) {
        running is = running_of(p, player);
        compare(rows[i].what, &is, &now[player]);
      }
    }
    players_destroy(p);
  }
}

/* With rates: alternating, each player's statistics are those of the weights that it had when it
 * moved, against what the other one had become. */
static void statistics_are_those_of_the_weights_that_moved(void **state) {
  (void)state;
  for (int32_t i = 0; i < 3; i++) {
    row r = rows[0];
    r.unroll = i == 1 ? 2 : 0; /* then the generator is first */
    if (i == 2) r.order = GAN_ORDER_SIMULTANEOUS;
    players made, *p = &made;
    create(p, &r);
    set_rates(p, 0.05, 0.05);
    running now[2] = {running_of(p, GENERATOR), running_of(p, DISCRIMINATOR)};
    weights before[2] = {weights_of(p, GENERATOR), weights_of(p, DISCRIMINATOR)};
    gan__schedule schedule = gan__session_schedule(&p->t->session);
    plain z[2];
    gan__move moves[2];
    for (int32_t m = 0; m < 2; m++) {
      gan__move move = gan__schedule_move(&schedule, GAN__JOB_STEP, m);
      z[move.player] = latents_of(p, move.turn.noise, ROWS);
      moves[move.player] = move;
    }
    make_step(p);
    weights after = weights_of(p, GENERATOR);
    assert_true(fabs(after.first[0] - before[GENERATOR].first[0]) > 1e-3);
    plain real = plain_rows(real_rows(moves[DISCRIMINATOR].turn.batch, ROWS), ROWS, 2);
    plain fake = generate(i == 1 ? &after : &before[GENERATOR], &z[DISCRIMINATOR]);
    plain y = before_norm(&before[DISCRIMINATOR], &real);
    follow(&now[DISCRIMINATOR], &y);
    y = before_norm(&before[DISCRIMINATOR], &fake);
    follow(&now[DISCRIMINATOR], &y);
    y = before_norm(&before[GENERATOR], &z[GENERATOR]);
    follow(&now[GENERATOR], &y);
    for (int32_t player = 0; player < 2; player++) {
      running is = running_of(p, player);
      compare(i == 0 ? "D first" : i == 1 ? "G first" : "together", &is, &now[player]);
    }
    players_destroy(p);
  }
}

static void moves_of_one_player_leave_the_others_statistics(void **state) {
  (void)state;
  players made, *p = &made;
  create(p, &rows[0]);
  for (int32_t player = 0; player < 2; player++) {
    running mine = running_of(p, player), others = running_of(p, 1 - player);
    if (player == GENERATOR)
      MUST(gan_trainer_step_generator(p->t, NULL, ROWS));
    else
      MUST(gan_trainer_step_discriminator(p->t, real_rows(0, ROWS), ROWS));
    running now = running_of(p, player), still = running_of(p, 1 - player);
    assert_memory_not_equal(&now, &mine, sizeof now);
    assert_memory_equal(&still, &others, sizeof still);
  }
  players_destroy(p);
}

/* Questions, sampling and judging move nothing. */
static void uses_leave_all_statistics(void **state) {
  (void)state;
  players made, *p = &made;
  create(p, &rows[0]);
  train(p, 2, ROWS);
  picture before = take_picture(p);
  gan_unroll *unroll;
  gan_gradient *gradient;
  double value;
  float out[2 * ROWS], logits[ROWS];
  MUST(gan_unroll_create(p->context, p->g, p->d, p->loss, p->og, p->od, &unroll));
  MUST(gan_unroll_set_steps(unroll, 2));
  MUST(gan_unroll_set_batch(unroll, real_rows(1, ROWS), ROWS));
  MUST(gan_unroll_objective(unroll, &value));
  MUST(gan_unroll_gradient(unroll, &gradient));
  MUST(gan_generator_sample(p->g, ROWS, 1, out));
  MUST(gan_discriminator_run(p->d, out, ROWS, logits));
  gan_gradient_destroy(gradient);
  gan_unroll_destroy(unroll);
  assert_unchanged(p, &before);
  players_destroy(p);
}

/* A frozen one stays to the last bit while the other goes on; a frozen weight does not hinder. */
static void frozen_statistics_stay(void **state) {
  (void)state;
  static const char *const frozen[] = {"batch_norm_1/mean", "batch_norm_1", "dense_1"};
  for (int32_t i = 0; i < 3; i++) {
    players made, *p = &made;
    create(p, &rows[3]);
    MUST(gan_network_set_frozen(p->d->network, frozen[i], 1));
    running before = running_of(p, DISCRIMINATOR);
    train(p, 2, ROWS);
    running after = running_of(p, DISCRIMINATOR);
    assert_int_equal(memcmp(before.mean, after.mean, sizeof after.mean) == 0, i < 2);
    assert_int_equal(memcmp(before.variance, after.variance, sizeof after.mean) == 0, i == 1);
    MUST(gan_network_set_frozen(p->d->network, frozen[i], 0));
    train(p, 1, ROWS);
    before = running_of(p, DISCRIMINATOR);
    assert_memory_not_equal(before.mean, after.mean, sizeof after.mean);
    assert_memory_not_equal(before.variance, after.variance, sizeof after.mean);
    players_destroy(p);
  }
}

/* Real rows that are the generated ones, number for number, still pass other masks and noise; in
 * use they have none. Each move has new ones. */
static void passes_draw_for_themselves(void **state) {
  (void)state;
  static const char *const drawing[] = {"dropout 0.5", "noise 1"};
  for (int32_t i = 0; i < 2; i++) {
    char text[96];
    snprintf(text, sizeof text, "f64; input 2; %s; dense 1", drawing[i]);
    players made, *p = &made;
    players_create(
        p, &(setup){.generator = "f64; latent 3 normal; scale 0; dense 2", .discriminator = text});
    set_rates(p, 0, 0);
    float place[2] = {0.5f, -1.25f}, real[2 * ROWS], logits[ROWS];
    MUST(gan_network_set_parameter(p->g->network, "dense_1/bias", place, 2));
    for (int32_t k = 0; k < ROWS; k++)
      memcpy(&real[2 * k], place, sizeof place);
    double seen[2][2];
    for (int32_t step = 0; step < 2; step++) {
      gan_progress progress = {.struct_size = sizeof progress};
      MUST(gan_trainer_step(p->t, real, ROWS));
      MUST(gan_trainer_progress(p->t, &progress));
      seen[step][0] = progress.real_logit_mean;
      seen[step][1] = progress.fake_logit_mean;
    }
    /* All four differ, and from what is without draws. */
    MUST(gan_discriminator_run(p->d, real, ROWS, logits));
    double all[5] = {seen[0][0], seen[0][1], seen[1][0], seen[1][1], (double)logits[0]};
    for (int32_t a = 0; a < 5; a++)
      for (int32_t b = 0; b < a; b++)
        assert_true(fabs(all[a] - all[b]) > 1e-6);
    for (int32_t k = 1; k < ROWS; k++)
      assert_true(logits[k] == logits[0]);
    players_destroy(p);
  }
}

/* Inner steps have the draws of the move that looks through them, or each its own. */
static double first_objective(int32_t inner, int32_t steps) {
  players made, *p = &made;
  gan_unroll *unroll;
  double value;
  players_create(p, &(setup){.discriminator = "f64; input 2; dropout 0.5; dense 4 tanh; dense 1",
                             .optimizer = GAN_OPTIMIZER_SGD,
                             .generator = "f64; latent 3 normal; scale 0; dense 2"});
  MUST(gan_unroll_create(p->context, p->g, p->d, p->loss, p->og, p->od, &unroll));
  MUST(gan_unroll_set_steps(unroll, steps));
  MUST(gan_unroll_set_inner_batches(unroll, inner));
  MUST(gan_unroll_set_batch(unroll, real_rows(0, ROWS), ROWS));
  MUST(gan_unroll_objective(unroll, &value));
  gan_unroll_destroy(unroll);
  players_destroy(p);
  return value;
}

static void inner_steps_draw_as_told(void **state) {
  (void)state;
  assert_true(first_objective(GAN_INNER_SAME, 0) == first_objective(GAN_INNER_FRESH, 0));
  for (int32_t steps = 1; steps <= 2; steps++) {
    double same = first_objective(GAN_INNER_SAME, steps);
    /* The rows are the same: only masks can differ. */
    assert_true(fabs(same - first_objective(GAN_INNER_FRESH, steps)) > 1e-9);
  }
}

/* What a step that fails would have made of them is not kept. */
static void failing_steps_leave_statistics(void **state) {
  (void)state;
  players made, *p = &made;
  create(p, &rows[3]);
  train(p, 1, ROWS);
  picture before = take_picture(p);
  float bad[2 * ROWS];
  memcpy(bad, real_rows(0, ROWS), sizeof bad);
  bad[3] = NAN;
  assert_int_equal(gan_trainer_step(p->t, bad, ROWS), GAN_ERROR_NOT_FINITE);
  assert_non_null(strstr(gan_context_message(p->context), "real batch"));
  assert_unchanged(p, &before);
  train(p, 1, ROWS);
  players_destroy(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(real_moves_count_and_nothing_else),
      cmocka_unit_test(statistics_are_those_of_the_weights_that_moved),
      cmocka_unit_test(moves_of_one_player_leave_the_others_statistics),
      cmocka_unit_test(uses_leave_all_statistics),
      cmocka_unit_test(frozen_statistics_stay),
      cmocka_unit_test(passes_draw_for_themselves),
      cmocka_unit_test(inner_steps_draw_as_told),
      cmocka_unit_test(failing_steps_leave_statistics),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
