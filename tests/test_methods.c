/* SPDX-License-Identifier: MIT */
/* How steps follow gradients: orders, extragradient, consensus, historical averaging, smoothed
 * labels, against plain loops on a linear GAN of four numbers, D(x) = w x + b and G(z) = u z + c in
 * f64, whose gradients and Hessians are worked out by dual numbers. */
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

enum { ROWS = 5, STEPS = 6, NUMBERS = 4 };
enum { GENERATOR = GAN__GENERATOR, DISCRIMINATOR = GAN__DISCRIMINATOR };

/* ---- Dual numbers: a value with its derivatives by w, b, u, c. ---- */

typedef struct dual {
  double value, by[NUMBERS];
} dual;

static dual number(double value) {
  return (dual){.value = value};
}

static dual combine(dual a, double times_a, dual b, double times_b) {
  dual sum = {.value = a.value * times_a + b.value * times_b};
  for (int32_t i = 0; i < NUMBERS; i++)
    sum.by[i] = a.by[i] * times_a + b.by[i] * times_b;
  return sum;
}

static dual product(dual a, dual b) {
  dual made = combine(a, b.value, b, a.value);
  made.value = a.value * b.value;
  return made;
}

static dual sigmoid(dual a) {
  double s = 1 / (1 + exp(-a.value));
  dual made = combine(a, s * (1 - s), number(0), 0);
  made.value = s;
  return made;
}

static double softplus(double a) {
  return fmax(a, 0) + log1p(exp(-fabs(a)));
}

/* ---- The game by hand. ---- */

/* theta: w, b, u, c; players own two of them each. */
static int32_t owner(int32_t i) {
  return i < 2 ? DISCRIMINATOR : GENERATOR;
}

typedef struct settings {
  const char *what;
  int32_t order, method, optimizer;
  bool saturating; /* the minimax loss */
  double consensus, history[2], real_target, generator_target;
} settings;

/* What one evaluation of both objectives gives: their values, and each one's derivatives by its own
 * player's numbers, as dual numbers. */
typedef struct field {
  double loss[2], logits[2];
  dual v[NUMBERS];
} field;

/* D's loss is mean(sp(a_r) - t a_r) + mean sp(a_f); G's is -mean sp(a_f) or mean(sp(a_f) - t a_f).
 */
static field field_at(const settings *s, const double theta[NUMBERS], const plain *x,
                      const plain *z) {
  field f = {.loss = {0}};
  dual w = number(theta[0]), b = number(theta[1]), u = number(theta[2]), c = number(theta[3]);
  w.by[0] = b.by[1] = u.by[2] = c.by[3] = 1;
  for (int64_t i = 0; i < ROWS; i++) {
    dual real = number(x->at[i][0]), one = number(1);
    dual fake = combine(combine(u, z->at[i][0], c, 1), 1, one, 0);
    dual ar = combine(product(w, real), 1, b, 1), af = combine(product(w, fake), 1, b, 1);
    dual to_real = combine(sigmoid(ar), 1, number(s->real_target), -1), to_fake = sigmoid(af);
    dual of_generator = s->saturating ? combine(to_fake, -1, one, 0)
                                      : combine(to_fake, 1, number(s->generator_target), -1);
    f.loss[DISCRIMINATOR] +=
        (softplus(ar.value) - s->real_target * ar.value + softplus(af.value)) / ROWS;
    f.loss[GENERATOR] += s->saturating
                             ? -softplus(af.value) / ROWS
                             : (softplus(af.value) - s->generator_target * af.value) / ROWS;
    f.logits[0] += ar.value / ROWS;
    f.logits[1] += af.value / ROWS;
    dual terms[NUMBERS] = {combine(product(to_real, real), 1, product(to_fake, fake), 1),
                           combine(to_real, 1, to_fake, 1),
                           product(product(of_generator, w), number(z->at[i][0])),
                           product(of_generator, w)};
    for (int32_t k = 0; k < NUMBERS; k++)
      f.v[k] = combine(f.v[k], 1, terms[k], 1.0 / ROWS);
  }
  return f;
}

typedef struct game {
  const settings *settings;
  double theta[NUMBERS], rate[2];
  double m[NUMBERS], v[NUMBERS]; /* of Adam */
  int32_t updates[2];
  double sum[NUMBERS]; /* of all values that each number had before its updates */
  double loss[2], norm[2], logits[2];
} game;

/* The gradient of the player's objective with everything that is set, at `seen`. */
static void gradient_at(game *g, int32_t player, const double seen[NUMBERS], const plain *x,
                        const plain *z, double gradient[NUMBERS]) {
  const settings *s = g->settings;
  field f = field_at(s, seen, x, z);
  double square = 0;
  g->loss[player] = f.loss[player];
  if (player == DISCRIMINATOR) memcpy(g->logits, f.logits, sizeof g->logits);
  /* |theta - mean|^2, the mean over all values so far and this one, which has its share in it. It
   * is a part of the objective, so consensus knows it, too. */
  for (int32_t i = 0; i < NUMBERS; i++) {
    int32_t p = owner(i), t = g->updates[p] + 1;
    double apart = seen[i] - (g->sum[i] + seen[i]) / t, share = (double)(t - 1) / t;
    f.v[i].value += 2 * s->history[p] * apart * share;
    f.v[i].by[i] += 2 * s->history[p] * share * share;
    if (p == player) g->loss[player] += s->history[p] * apart * apart;
  }
  for (int32_t i = 0; i < NUMBERS; i++) {
    if (owner(i) != player) continue;
    gradient[i] = f.v[i].value;
    for (int32_t k = 0; k < NUMBERS; k++) /* of |v|^2 / 2: J^T v */
      gradient[i] += s->consensus * f.v[k].by[i] * f.v[k].value;
    square += gradient[i] * gradient[i];
  }
  g->norm[player] = sqrt(square);
}

/* One update of the player's numbers from `from` into the game's. */
static void update(game *g, int32_t player, const double from[NUMBERS],
                   const double gradient[NUMBERS]) {
  int32_t t = ++g->updates[player];
  for (int32_t i = 0; i < NUMBERS; i++) {
    if (owner(i) != player) continue;
    g->sum[i] += from[i];
    if (g->settings->optimizer == GAN_OPTIMIZER_SGD) {
      g->theta[i] = from[i] - g->rate[player] * gradient[i];
      continue;
    }
    g->m[i] = 0.9 * g->m[i] + (1 - 0.9) * gradient[i];
    g->v[i] = 0.999 * g->v[i] + (1 - 0.999) * gradient[i] * gradient[i];
    double a = g->rate[player] * sqrt(1 - pow(0.999, t)) / (1 - pow(0.9, t));
    g->theta[i] = from[i] - a * g->m[i] / (sqrt(g->v[i]) + 1e-8);
  }
}

/* What a step draws and is given: by player (z) and half-step. */
typedef struct given {
  plain x[2][2], z[2][2]; /* [player][half-step] */
} given;

static void step_by_hand(game *g, const given *in) {
  const settings *s = g->settings;
  double start[NUMBERS], gradient[2][NUMBERS];
  memcpy(start, g->theta, sizeof start);
  if (s->method == GAN_METHOD_EXTRAGRADIENT) {
    for (int32_t half = 0; half < 2; half++) {
      double seen[NUMBERS];
      memcpy(seen, g->theta, sizeof seen);
      for (int32_t p = 0; p < 2; p++)
        gradient_at(g, p, seen, &in->x[p][half], &in->z[p][half], gradient[p]);
      for (int32_t p = 0; p < 2; p++)
        update(g, p, start, gradient[p]);
    }
    return;
  }
  static const int32_t turns[] = {DISCRIMINATOR, GENERATOR};
  for (int32_t i = 0; i < 2; i++) {
    int32_t p = turns[i];
    const double *seen = s->order == GAN_ORDER_SIMULTANEOUS ? start : g->theta;
    double before[NUMBERS];
    gradient_at(g, p, seen, &in->x[p][0], &in->z[p][0], gradient[p]);
    memcpy(before, g->theta, sizeof before);
    update(g, p, before, gradient[p]);
  }
}

/* ---- The library's side. ---- */

static const settings rows[] = {
#define ALTERNATING  GAN_ORDER_ALTERNATING, GAN_METHOD_DESCENT
#define SIMULTANEOUS GAN_ORDER_SIMULTANEOUS, GAN_METHOD_DESCENT
#define EXTRA        GAN_ORDER_ALTERNATING, GAN_METHOD_EXTRAGRADIENT
#define SGD          GAN_OPTIMIZER_SGD
#define ADAM         GAN_OPTIMIZER_ADAM
    {"alternating", ALTERNATING, SGD, false, 0, {0, 0}, 1, 1},
    {"alternating, Adam", ALTERNATING, ADAM, true, 0, {0, 0}, 1, 1},
    {"simultaneous", SIMULTANEOUS, SGD, true, 0, {0, 0}, 1, 1},
    {"simultaneous, Adam", SIMULTANEOUS, ADAM, false, 0, {0, 0}, 1, 1},
    {"extragradient", EXTRA, SGD, true, 0, {0, 0}, 1, 1},
    {"ExtraAdam", EXTRA, ADAM, false, 0, {0, 0}, 1, 1},
    {"extragradient, simultaneous",
     GAN_ORDER_SIMULTANEOUS,
     GAN_METHOD_EXTRAGRADIENT,
     SGD,
     false,
     0,
     {0, 0},
     1,
     1},
    {"consensus", ALTERNATING, SGD, true, 0.7, {0, 0}, 1, 1},
    {"consensus, Adam", ALTERNATING, ADAM, false, 0.7, {0, 0}, 1, 1},
    {"consensus, simultaneous", SIMULTANEOUS, SGD, false, 2, {0, 0}, 1, 1},
    {"consensus, simultaneous, Adam", SIMULTANEOUS, ADAM, true, 2, {0, 0}, 1, 1},
    {"consensus, extragradient", EXTRA, ADAM, true, 0.3, {0, 0}, 1, 1},
    {"label smoothing", ALTERNATING, SGD, false, 0, {0, 0}, 0.9, 1},
    {"both targets, consensus", SIMULTANEOUS, ADAM, false, 0.1, {0, 0}, 0.75, 0.375},
    {"history of G", ALTERNATING, SGD, false, 0, {0.5, 0}, 1, 1},
    {"history of D", SIMULTANEOUS, ADAM, true, 0, {0, 2}, 1, 1},
    {"history of both", ALTERNATING, ADAM, true, 0, {0.5, 1.5}, 1, 1},
    {"history of both, extragradient", EXTRA, SGD, false, 0, {0.5, 1.5}, 1, 1},
    {"history of both, consensus", ALTERNATING, SGD, false, 0.5, {0.5, 1.5}, 1, 1},
    {"negative weight of history", ALTERNATING, SGD, false, 0, {-0.5, 0}, 1, 1},
};

static const double rates[2] = {[GENERATOR] = 0.125, [DISCRIMINATOR] = 0.25};

static void create(players *p, const settings *s) {
  int32_t loss = s->saturating ? GAN_LOSS_MINIMAX : GAN_LOSS_NON_SATURATING;
  players_create(p, &(setup){.generator = "f64; latent 1 normal; dense 1",
                             .discriminator = "f64; input 1; dense 1",
                             .loss = loss,
                             .optimizer = s->optimizer,
                             .generator_rate = rates[GENERATOR],
                             .discriminator_rate = rates[DISCRIMINATOR]});
  MUST(gan_trainer_set_order(p->t, s->order));
  MUST(gan_trainer_set_method(p->t, s->method));
  MUST(gan_trainer_set_consensus(p->t, s->consensus));
  MUST(gan_loss_set(p->loss, GAN_REAL_TARGET, s->real_target));
  if (loss == GAN_LOSS_NON_SATURATING)
    MUST(gan_loss_set(p->loss, GAN_GENERATOR_TARGET, s->generator_target));
  MUST(gan_loss_set_historical_averaging(p->loss, "generator", s->history[GENERATOR]));
  MUST(gan_loss_set_historical_averaging(p->loss, "discriminator", s->history[DISCRIMINATOR]));
}

static const char *const names[] = {"dense_1/weight", "dense_1/bias"};

static void read_numbers(players *p, double theta[NUMBERS]) {
  for (int32_t i = 0; i < NUMBERS; i++) {
    const gan_network *network = owner(i) == DISCRIMINATOR ? p->d->network : p->g->network;
    MUST(gan_network_get_parameter_f64(network, names[i % 2], &theta[i], 1));
  }
}

/* Real rows of batch `index` of a step, a different handful each time. */
static const float *data_of(int32_t step, int32_t index) {
  static float data[2][ROWS];
  for (int32_t i = 0; i < ROWS; i++)
    data[index][i] = (float)((i * 5 + step * 3 + index * 7) % 11) / 4 - 0.5f;
  return data[index];
}

/* Which batch serves a player's move in a half-step, as trainer.h and moves.c tell: alternating,
 * the moves that need real rows have one each; together, those of a half-step share one. */
static int32_t batch_of(const settings *s, int32_t player, int32_t half) {
  if (s->method == GAN_METHOD_EXTRAGRADIENT) return half;
  if (s->order == GAN_ORDER_SIMULTANEOUS) return 0;
  return player == GENERATOR && s->consensus > 0 ? 1 : 0;
}

static given given_of(players *p, const settings *s, int32_t step) {
  given in;
  gan__schedule schedule = gan__session_schedule(&p->t->session);
  int32_t moves = gan__schedule_moves(&schedule, GAN__JOB_STEP);
  for (int32_t m = 0; m < moves; m++) {
    gan__move move = gan__schedule_move(&schedule, GAN__JOB_STEP, m);
    int32_t half = move.round == 2;
    in.z[move.player][half] = latents_of(p, move.turn.noise, ROWS);
    in.x[move.player][half] = plain_rows(data_of(step, batch_of(s, move.player, half)), ROWS, 1);
  }
  return in;
}

static void step(players *p, int32_t number) {
  gan_batch *batches[2];
  int32_t count = gan_trainer_batches(p->t);
  assert_in_range(count, 1, 2);
  for (int32_t i = 0; i < count; i++) {
    MUST(gan_batch_create(p->context, &batches[i]));
    MUST(gan_batch_set(batches[i], "real", GAN_F32, data_of(number, i), 2, (int64_t[]){ROWS, 1}));
  }
  MUST(gan_trainer_step_batch(p->t, (const gan_batch *const *)batches, count));
  for (int32_t i = 0; i < count; i++)
    gan_batch_destroy(batches[i]);
}

/* Numbers of size 1 after a few hundred roundings. */
static void near(const settings *s, const char *what, double is, double want) {
  if (!(fabs(is - want) <= 1e-12 * (1 + fabs(want))))
    fail_msg("%s: %s is %.17g, expected %.17g", s->what, what, is, want);
}

static void compare(players *p, const settings *s, const game *g) {
  double theta[NUMBERS];
  gan_progress is = {.struct_size = sizeof is};
  read_numbers(p, theta);
  for (int32_t i = 0; i < NUMBERS; i++)
    near(s, owner(i) == DISCRIMINATOR ? "a number of D" : "a number of G", theta[i], g->theta[i]);
  MUST(gan_trainer_progress(p->t, &is));
  near(s, "the loss of D", is.discriminator_loss, g->loss[DISCRIMINATOR]);
  near(s, "the loss of G", is.generator_loss, g->loss[GENERATOR]);
  near(s, "the norm of D", is.discriminator_gradient_norm, g->norm[DISCRIMINATOR]);
  near(s, "the norm of G", is.generator_gradient_norm, g->norm[GENERATOR]);
  near(s, "the mean real logit", is.real_logit_mean, g->logits[0]);
  near(s, "the mean fake logit", is.fake_logit_mean, g->logits[1]);
  assert_int_equal(gan_optimizer_updates(p->og), g->updates[GENERATOR]);
  assert_int_equal(gan_optimizer_updates(p->od), g->updates[DISCRIMINATOR]);
}

static void steps_are_those_of_plain_loops(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    players made, *p = &made;
    create(p, &rows[i]);
    game g = {.settings = &rows[i], .rate = {rates[0], rates[1]}};
    read_numbers(p, g.theta);
    for (int32_t number = 0; number < STEPS; number++) {
      given in = given_of(p, &rows[i], number);
      step_by_hand(&g, &in);
      step(p, number);
      compare(p, &rows[i], &g);
    }
    assert_int_equal(g.updates[0], rows[i].method == GAN_METHOD_EXTRAGRADIENT ? 2 * STEPS : STEPS);
    players_destroy(p);
  }
}

/* Set late, the history begins with where the player stands, as often as it has moved. */
static void late_history_counts_the_moves_before(void **state) {
  (void)state;
  enum { BEFORE = 3 };
  settings s = rows[0];
  players made, *p = &made;
  create(p, &s);
  for (int32_t number = 0; number < BEFORE; number++)
    step(p, number);
  s.history[GENERATOR] = 0.5;
  MUST(gan_loss_set_historical_averaging(p->loss, "generator", 0.5));
  game g = {.settings = &s, .rate = {rates[0], rates[1]}, .updates = {BEFORE, BEFORE}};
  read_numbers(p, g.theta);
  for (int32_t i = 0; i < NUMBERS; i++)
    g.sum[i] = BEFORE * g.theta[i];
  for (int32_t number = BEFORE; number < BEFORE + STEPS; number++) {
    given in = given_of(p, &s, number);
    step_by_hand(&g, &in);
    step(p, number);
    compare(p, &s, &g);
  }
  players_destroy(p);
}

/* ---- Consensus with an unrolled player: fresh batches are those of the moves that look ahead.
 * ----
 */

enum { K = 2 };

/* One step in which only the discriminator moves, on batches of this order of data. */
static void unrolled_consensus(int32_t inner, const int32_t *data, int32_t count, double w[1]) {
  settings s = rows[0];
  players made, *p = &made;
  gan_batch *batches[K + 2];
  s.consensus = 0.5;
  create(p, &s);
  MUST(gan_optimizer_set(p->og, GAN_LEARNING_RATE, 0));
  MUST(gan_trainer_set_unroll(p->t, K));
  MUST(gan_trainer_set_inner_batches(p->t, inner));
  assert_int_equal(gan_trainer_batches(p->t), count);
  for (int32_t i = 0; i < count; i++) {
    static float copies[K + 2][ROWS];
    memcpy(copies[i], data_of(data[i], 0), sizeof copies[i]);
    MUST(gan_batch_create(p->context, &batches[i]));
    MUST(gan_batch_set(batches[i], "real", GAN_F32, copies[i], 2, (int64_t[]){ROWS, 1}));
  }
  MUST(gan_trainer_step_batch(p->t, (const gan_batch *const *)batches, count));
  MUST(gan_network_get_parameter_f64(p->d->network, "dense_1/weight", w, 1));
  for (int32_t i = 0; i < count; i++)
    gan_batch_destroy(batches[i]);
  players_destroy(p);
}

static void consensus_looks_ahead_on_the_movers_batch(void **state) {
  (void)state;
  static const int32_t same[] = {0, 1}, fresh[] = {0, 2, 3, 1}, other[] = {0, 2, 3, 4};
  double a, b, c;
  unrolled_consensus(GAN_INNER_SAME, same, 2, &a);
  unrolled_consensus(GAN_INNER_FRESH, fresh, K + 2, &b);
  unrolled_consensus(GAN_INNER_FRESH, other, K + 2, &c);
  assert_true(fabs(a - b) <= 1e-15 && fabs(a - c) > 1e-6);
}

/* ---- Settings that do not go together. ---- */

static void extragradient_wants_one_move_of_each(void **state) {
  (void)state;
  players made, *p = &made;
  settings s = rows[0];
  s.method = GAN_METHOD_EXTRAGRADIENT;
  create(p, &s);
  MUST(gan_trainer_set_steps(p->t, "discriminator", 2));
  picture before = take_picture(p);
  assert_int_equal(gan_trainer_step(p->t, data_of(0, 0), ROWS), GAN_ERROR_STATE);
  assert_non_null(strstr(gan_context_message(p->context), "discriminator is to make 2"));
  int64_t bytes = -5;
  assert_int_equal(gan_trainer_plan_bytes(p->t, ROWS, &bytes), GAN_ERROR_STATE);
  assert_int_equal(bytes, -5);
  assert_unchanged(p, &before);
  /* A player's move alone is a plain one. */
  double theta[NUMBERS], after[NUMBERS];
  read_numbers(p, theta);
  MUST(gan_trainer_step_discriminator(p->t, data_of(0, 0), ROWS));
  read_numbers(p, after);
  assert_true(theta[0] != after[0] && theta[2] == after[2]);
  assert_int_equal(gan_optimizer_updates(p->od), 1);
  MUST(gan_trainer_set_steps(p->t, "discriminator", 1));
  MUST(gan_trainer_step(p->t, data_of(0, 0), ROWS));
  assert_int_equal(gan_optimizer_updates(p->od), 3);
  players_destroy(p);
}

/* A player of whom everything is frozen still plays, and does not move. */
static void frozen_players_do_not_move(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    players made, *p = &made;
    create(p, &rows[i]);
    MUST(gan_network_set_frozen(p->d->network, NULL, 1));
    double before[NUMBERS], after[NUMBERS];
    read_numbers(p, before);
    for (int32_t number = 0; number < 3; number++)
      step(p, number);
    read_numbers(p, after);
    assert_true(before[0] == after[0] && before[1] == after[1]);
    assert_true(before[2] != after[2] && before[3] != after[3]);
    players_destroy(p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steps_are_those_of_plain_loops),
      cmocka_unit_test(late_history_counts_the_moves_before),
      cmocka_unit_test(consensus_looks_ahead_on_the_movers_batch),
      cmocka_unit_test(extragradient_wants_one_move_of_each),
      cmocka_unit_test(frozen_players_do_not_move),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
