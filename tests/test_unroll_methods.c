/* SPDX-License-Identifier: MIT */
/* The total derivative through K steps of an unrolled player, in f64, through every layer, loss and
 * term that steps may contain, against differences of the whole unrolled objective. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <gan/gan.h>

#include "players.h"

enum { ROWS = 7, LABELLED = 4, WARM = 20, DIRECTIONS = 3 };

/* What is promised; the errors are 1e-9 and below. */
#define BOUND 1e-6
/* What the first term alone misses: 2e-4 and more, two decades above the bound. */
#define FAR 1e-4

#define G "f64; latent 3 normal; "
#define D "f64; input 2; "

/* ---- What a row may add to the loss or the networks. ---- */

static void match_squared(players *p) {
  MUST(gan_loss_add_feature_matching(p->loss, "tanh_1", GAN_FEATURES_SQUARED, 1));
}

static void match_absolute(players *p) {
  MUST(gan_loss_add_feature_matching(p->loss, NULL, GAN_FEATURES_ABSOLUTE, 0.5));
  MUST(gan_loss_add_feature_matching(p->loss, "dense_1", GAN_FEATURES_SQUARED, 0.5));
}

static void smooth_labels(players *p) {
  MUST(gan_loss_set(p->loss, GAN_REAL_TARGET, 0.9));
  MUST(gan_loss_set(p->loss, GAN_GENERATOR_TARGET, 0.75));
}

static void smooth_half(players *p) {
  MUST(gan_loss_set(p->loss, GAN_REAL_TARGET, 0.5));
}

static void average_both(players *p) {
  MUST(gan_loss_set_historical_averaging(p->loss, "generator", 0.1));
  MUST(gan_loss_set_historical_averaging(p->loss, "discriminator", 2));
}

static void average_discriminator(players *p) {
  MUST(gan_loss_set_historical_averaging(p->loss, "discriminator", 5));
}

static void average_generator(players *p) {
  MUST(gan_loss_set_historical_averaging(p->loss, "generator", 5));
}

static void weigh_labels(players *p) {
  MUST(gan_loss_set(p->loss, GAN_LABELLED_WEIGHT, 0.5));
  MUST(gan_loss_set(p->loss, GAN_UNLABELLED_WEIGHT, 2));
}

/* mean D(x) - mean D(G(z)) for the discriminator, turned round; and the mean square of the slope of
 * the logits by the generated rows: derivatives within what is derived. */
static int32_t gap(gan_graph *g, void *user) {
  int32_t real = gan_graph_mean_all(g, gan_graph_logits(g, GAN_ROWS_REAL));
  int32_t fake = gan_graph_mean_all(g, gan_graph_logits(g, GAN_ROWS_FAKE));
  return user ? gan_graph_sub(g, fake, real) : gan_graph_sub(g, real, fake);
}

static int32_t slope(gan_graph *g, void *user) {
  (void)user;
  int32_t rows = gan_graph_rows(g, GAN_ROWS_FAKE), slopes;
  int32_t sum = gan_graph_sum_all(g, gan_graph_logits(g, GAN_ROWS_FAKE));
  if (gan_graph_gradient(g, sum, &rows, 1, &slopes) != GAN_OK) return -1;
  return gan_graph_mean_all(g, gan_graph_mul(g, slopes, slopes));
}

static int32_t size_of_weights(gan_graph *g, void *user) {
  (void)user;
  int32_t w = gan_graph_parameter(g, "discriminator", "dense_1/weight");
  return gan_graph_mean_all(g, gan_graph_mul(g, w, w));
}

static void add_own_terms(players *p) {
  static int32_t discriminator;
  MUST(gan_loss_add_term(p->loss, "discriminator", 1, gap, &discriminator));
  MUST(gan_loss_add_term(p->loss, "discriminator", 0.3, slope, NULL));
  MUST(gan_loss_add_term(p->loss, "discriminator", 0.1, size_of_weights, NULL));
  MUST(gan_loss_add_term(p->loss, "generator", 1, gap, NULL));
  MUST(gan_loss_add_term(p->loss, "generator", 0.2, size_of_weights, NULL));
}

static void freeze_first(players *p) {
  MUST(gan_network_set_frozen(gan_discriminator_network(p->d), "dense_1", 1));
}

static void freeze_some(players *p) {
  MUST(gan_network_set_frozen(gan_discriminator_network(p->d), "dense_2/weight", 1));
  MUST(gan_network_set_frozen(gan_discriminator_network(p->d), "batch_norm_1/scale", 1));
  MUST(gan_network_set_frozen(gan_generator_network(p->g), "dense_1/bias", 1));
}

static void give_reference(players *p) {
  static const float rows[4 * 2] = {1, 0, 0.5f, -1, -0.25f, 0.75f, -1, 0.3f};
  MUST(gan_network_set_parameter(gan_discriminator_network(p->d), "reference", rows, 8));
}

/* ---- The table. ---- */

#define PLAIN_G G "dense 6 tanh; dense 2"
#define PLAIN_D D "dense 6 tanh; dense 1"
#define MATCH   GAN_LOSS_FEATURE_MATCHING
#define OTHER   GAN_LOSS_NON_SATURATING

typedef struct row {
  const char *what, *generator, *discriminator;
  int32_t loss; /* 0: minimax */
  void (*prepare)(players *p);
} row;

static const row layers[] = {
    {"dropout", PLAIN_G, D "dense 8 tanh; dropout 0.7; dense 1", 0, NULL},
    {"noise", PLAIN_G, D "noise 0.3; dense 6 tanh; noise 0.2; dense 1", 0, NULL},
    {"batch_norm", PLAIN_G, D "dense 6; batch_norm; tanh; dense 1", 0, NULL},
    {"layer_norm", PLAIN_G, D "dense 6; layer_norm; tanh; dense 1", OTHER, NULL},
    {"weight_norm", PLAIN_G, D "weight_norm on; dense 6 tanh; maxout 3 2; dense 1", 0, NULL},
    {"virtual", PLAIN_G, "f64; reference 4; input 2; dense 6; virtual_batch_norm; tanh; dense 1", 0,
     give_reference},
    {"maxout", PLAIN_G, D "maxout 4 3; maxout 3 2; dense 1", OTHER, NULL},
    {"elu", PLAIN_G, D "dense 6 elu; dense 5 elu 0.5; dense 1", 0, NULL},
    {"minibatch", PLAIN_G, D "dense 6 tanh; minibatch_discrimination 4 3; dense 1", 0, NULL},
    {"minibatch, normalized", PLAIN_G,
     D "dense 6 tanh; minibatch_discrimination 4 3 with_self normalized; dense 1", 0, NULL},
    {"batch_norm in G", G "dense 6; batch_norm; tanh; dense 2; batch_norm", PLAIN_D, 0, NULL},
    {"virtual in G",
     "f64; reference 5; latent 3 normal; dense 6; virtual_batch_norm; tanh; dense 2", PLAIN_D, 0,
     NULL},
    {"together", G "dense 6; batch_norm; tanh; dense 2",
     D "noise 0.1; dense 6; batch_norm; elu; dropout 0.8; weight_norm on; maxout 5 2; weight_norm "
       "off; layer_norm; minibatch_discrimination 3 2; dense 1",
     0, NULL},
    {"together, matched", G "dense 6; batch_norm; tanh; dense 2",
     D "noise 0.1; dense 6; batch_norm; tanh; dropout 0.8; maxout 5 2; dense 1", MATCH, NULL},
};

static const row losses[] = {
    {"feature matching", PLAIN_G, D "dense 6 tanh; dense 5 tanh; dense 1", MATCH, NULL},
    {"squared", PLAIN_G, D "dense 6 tanh; dense 5 tanh; dense 1", MATCH, match_squared},
    {"absolute", PLAIN_G, D "dense 6 tanh; dense 5 tanh; dense 1", OTHER, match_absolute},
    {"semi-supervised", PLAIN_G, D "dense 6 tanh; dense 3", GAN_LOSS_SEMI_SUPERVISED, NULL},
    {"semi-supervised, weighted", PLAIN_G, D "dense 6 tanh; dropout 0.8; dense 3",
     GAN_LOSS_SEMI_SUPERVISED, weigh_labels},
    {"label smoothing", PLAIN_G, PLAIN_D, OTHER, smooth_labels},
    {"label smoothing, minimax", PLAIN_G, PLAIN_D, 0, smooth_half},
    {"minibatch discrimination", PLAIN_G, D "dense 6 tanh; minibatch_discrimination 4 3; dense 1",
     GAN_LOSS_MINIBATCH_DISCRIMINATION, NULL},
    {"own terms", PLAIN_G, PLAIN_D, OTHER, add_own_terms},
    {"terms alone", PLAIN_G, PLAIN_D, GAN_LOSS_TERMS, add_own_terms},
    {"history of both", PLAIN_G, PLAIN_D, 0, average_both},
    {"history of D", PLAIN_G, PLAIN_D, 0, average_discriminator},
    {"history of G", PLAIN_G, PLAIN_D, OTHER, average_generator},
    {"frozen layer", PLAIN_G, D "dense 6 tanh; dense 5 tanh; dense 1", 0, freeze_first},
    {"frozen parameters", PLAIN_G, D "dense 6; batch_norm; tanh; dense 5 tanh; dense 1", 0,
     freeze_some},
};

static void give_batch(players *p, gan_unroll *unroll) {
  if (p->t->session.slot_kinds == 1) {
    MUST(gan_unroll_set_batch(unroll, real_rows(99, ROWS), ROWS));
    return;
  }
  gan_batch *batch = labelled_batch(p, 7, ROWS, LABELLED);
  MUST(gan_unroll_set_batches(unroll, (const gan_batch *const *)&batch, 1));
  gan_batch_destroy(batch); /* the rows have been copied */
}

static gan_unroll *unroll_of(players *p, int32_t steps) {
  gan_unroll *unroll;
  MUST(gan_unroll_create(p->context, p->g, p->d, p->loss, p->og, p->od, &unroll));
  MUST(gan_unroll_set_steps(unroll, steps));
  MUST(gan_unroll_set_seed(unroll, 5));
  give_batch(p, unroll);
  return unroll;
}

static double error_of(players *p, gan_unroll *unroll) {
  gan_gradient_check report = {.struct_size = sizeof report};
  MUST(gan_check_gradient(unroll, DIRECTIONS, 1, &report));
  assert_true(isfinite(report.gradient_norm) && report.gradient_norm > 0);
  return report.max_relative_error;
}

/* K = 1 and 3; then with its second term left out, which must be seen. */
static void check_row(const row *r, int32_t optimizer) {
  players made, *p = &made;
  players_create(p, &(setup){.generator = r->generator,
                             .discriminator = r->discriminator,
                             .loss = r->loss,
                             .optimizer = optimizer,
                             .discriminator_rate = optimizer == GAN_OPTIMIZER_SGD ? 0.1 : 0.02,
                             .prepare = r->prepare});
  train_any(p, WARM, ROWS);
  for (int32_t steps = 1; steps <= 3; steps += 2) {
    gan_unroll *unroll = unroll_of(p, steps);
    double exact = error_of(p, unroll);
    if (!(exact <= BOUND)) fail_msg("%s, K = %d: relative error %g", r->what, steps, exact);
    MUST(gan_unroll_set_approximate(unroll, 1));
    double first_term = error_of(p, unroll);
    if (!(first_term >= FAR))
      fail_msg("%s, K = %d: the first term alone has the error %g", r->what, steps, first_term);
    gan_unroll_destroy(unroll);
  }
  players_destroy(p);
}

#define CHECK_ALL(rows, optimizer)                                                                 \
  for (size_t i = 0; i < sizeof(rows) / sizeof *(rows); i++)                                       \
  check_row(&(rows)[i], optimizer)

static void gradient_is_exact_through_every_layer(void **state) {
  (void)state;
  CHECK_ALL(layers, GAN_OPTIMIZER_ADAM);
}

static void gradient_is_exact_through_every_layer_with_descent(void **state) {
  (void)state;
  CHECK_ALL(layers, GAN_OPTIMIZER_SGD);
}

static void gradient_is_exact_for_every_loss(void **state) {
  (void)state;
  CHECK_ALL(losses, GAN_OPTIMIZER_ADAM);
}

/* ---- The other way round, and inner steps on batches of their own. ---- */

static void discriminator_looks_through_the_generator(void **state) {
  (void)state;
  static const row rows[] = {
      {"batch_norm", G "dense 6; batch_norm; tanh; dense 2", D "dense 6; batch_norm; tanh; dense 1",
       0, NULL},
      {"matching", PLAIN_G, D "dense 6 tanh; dropout 0.8; dense 5 tanh; dense 1", MATCH, NULL},
      {"semi-supervised", PLAIN_G, D "dense 6 tanh; dense 3", GAN_LOSS_SEMI_SUPERVISED, NULL},
      {"history", PLAIN_G, PLAIN_D, OTHER, average_both},
      {"minibatch", PLAIN_G, D "dense 6 tanh; minibatch_discrimination 4 3; dense 1",
       GAN_LOSS_MINIBATCH_DISCRIMINATION, NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    players made, *p = &made;
    players_create(p, &(setup){.generator = rows[i].generator,
                               .discriminator = rows[i].discriminator,
                               .loss = rows[i].loss,
                               .prepare = rows[i].prepare});
    train_any(p, WARM, ROWS);
    gan_unroll *unroll = unroll_of(p, 3);
    MUST(gan_unroll_set_player(unroll, "discriminator"));
    double exact = error_of(p, unroll);
    if (!(exact <= BOUND)) fail_msg("%s: relative error %g", rows[i].what, exact);
    gan_unroll_destroy(unroll);
    players_destroy(p);
  }
}

static void inner_steps_have_batches_with_labels_of_their_own(void **state) {
  (void)state;
  enum { K = 3, BATCHES = K + 2 };
  players made, *p = &made;
  players_create(p, &(setup){.discriminator = D "dense 6; batch_norm; tanh; dropout 0.8; dense 3",
                             .loss = GAN_LOSS_SEMI_SUPERVISED});
  train_any(p, WARM, ROWS);
  gan_unroll *unroll = unroll_of(p, K);
  gan_batch *batches[BATCHES];
  double same, fresh;
  MUST(gan_unroll_objective(unroll, &same));
  MUST(gan_unroll_set_inner_batches(unroll, GAN_INNER_FRESH));
  assert_int_equal(gan_unroll_batches(unroll), BATCHES);
  for (int32_t i = 0; i < BATCHES; i++)
    batches[i] = labelled_batch(p, i, ROWS, LABELLED);
  MUST(gan_unroll_set_batches(unroll, (const gan_batch *const *)batches, BATCHES));
  MUST(gan_unroll_objective(unroll, &fresh));
  assert_true(fabs(fresh - same) > 1e-6);
  double exact = error_of(p, unroll);
  if (!(exact <= BOUND)) fail_msg("fresh batches: relative error %g", exact);
  /* One label of an inner batch counts. */
  int32_t labels[LABELLED] = {2, 2, 2, 2};
  double other;
  MUST(gan_batch_set(batches[2], "labels", GAN_I32, labels, 1, (int64_t[]){LABELLED}));
  MUST(gan_unroll_set_batches(unroll, (const gan_batch *const *)batches, BATCHES));
  MUST(gan_unroll_objective(unroll, &other));
  assert_true(fabs(other - fresh) > 1e-9);
  for (int32_t i = 0; i < BATCHES; i++)
    gan_batch_destroy(batches[i]);
  gan_unroll_destroy(unroll);
  players_destroy(p);
}

/* ---- Frozen parameters have no gradient and do not move, however many steps are looked through.
 * ---- */

static void frozen_parameters_stay(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){.discriminator = D "dense 6; batch_norm; tanh; dense 5 tanh; dense 1",
                             .prepare = freeze_some});
  double before[30], after[30], bias[8], zeros[8] = {0};
  const gan_network *d = gan_discriminator_network(p->d);
  MUST(gan_network_get_parameter_f64(d, "dense_2/weight", before, 30));
  gan_unroll *unroll = unroll_of(p, 2);
  for (int32_t i = 0; i < 5; i++)
    MUST(gan_unroll_step(unroll));
  gan_gradient *gradient;
  MUST(gan_unroll_gradient(unroll, &gradient));
  MUST(gan_gradient_get_f64(gradient, "dense_1/bias", bias, 8));
  assert_memory_equal(bias, zeros, sizeof zeros);
  MUST(gan_network_get_parameter_f64(d, "dense_2/weight", after, 30));
  assert_memory_equal(before, after, sizeof before);
  MUST(gan_network_get_parameter_f64(d, "batch_norm_1/scale", after, 6));
  for (int32_t i = 0; i < 6; i++)
    assert_true(after[i] == 1);
  gan_gradient_destroy(gradient);
  gan_unroll_destroy(unroll);
  players_destroy(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradient_is_exact_through_every_layer),
      cmocka_unit_test(gradient_is_exact_through_every_layer_with_descent),
      cmocka_unit_test(gradient_is_exact_for_every_loss),
      cmocka_unit_test(discriminator_looks_through_the_generator),
      cmocka_unit_test(inner_steps_have_batches_with_labels_of_their_own),
      cmocka_unit_test(frozen_parameters_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
