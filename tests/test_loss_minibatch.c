/* SPDX-License-Identifier: MIT */
/* libgan/train/adapt.c and the loss of minibatch discrimination from discriminator to trained step:
 * what is inserted, exact gradients, the memory of a step. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "layer_run.h"
#include "players.h"

enum { ROWS = 7, WARM = 20, DIRECTIONS = 8 };

static gan_loss *loss_of(players *p, int32_t kind, double kernels, double dimensions) {
  gan_loss *loss;
  MUST(gan_loss_create(p->context, kind, &loss));
  if (kind != GAN_LOSS_MINIBATCH_DISCRIMINATION) return loss;
  MUST(gan_loss_set(loss, GAN_KERNELS, kernels));
  MUST(gan_loss_set(loss, GAN_KERNEL_DIMENSIONS, dimensions));
  return loss;
}

static void get(players *p, const gan_discriminator *d, const char *name, double *values,
                int64_t count) {
  MUST(gan_network_get_parameter_f64(gan_discriminator_network(d), name, values, count));
}

/* ---- What is made. ---- */

static const char plain[] = "f64; input 2; dense 8 tanh; dense 1";
static const char inserted[] = "f64; input 2; dense 8 tanh; minibatch_discrimination 3 2; dense 1";

static void the_loss_chooses_the_layer(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  gan_loss *loss = loss_of(p, GAN_LOSS_MINIBATCH_DISCRIMINATION, 3, 2);
  gan_discriminator *adapted;
  MUST(gan_discriminator_for_loss(p->d, loss, &adapted));
  assert_string_equal(gan_network_text(gan_discriminator_network(p->d)), plain);
  assert_string_equal(gan_network_text(gan_discriminator_network(adapted)), inserted);
  double old[16], now[16];
  get(p, p->d, "dense_1/weight", old, 16);
  get(p, adapted, "dense_1/weight", now, 16);
  assert_memory_equal(old, now, sizeof old);
  get(p, p->d, "dense_2/weight", old, 8);
  get(p, adapted, "dense_2/weight", now, 11);
  assert_memory_equal(old, now, 8 * sizeof *old);
  gan_discriminator_destroy(adapted);
  gan_loss_destroy(loss);
  players_destroy(p);
}

/* A copy that lives on its own. */
static void assert_copied(players *p, const gan_discriminator *d, const gan_loss *loss) {
  gan_discriminator *adapted;
  double old[16], now[16], zeros[16] = {0};
  MUST(gan_discriminator_for_loss(d, loss, &adapted));
  assert_string_equal(gan_network_text(gan_discriminator_network(adapted)),
                      gan_network_text(gan_discriminator_network(d)));
  get(p, d, "dense_1/weight", old, 16);
  get(p, adapted, "dense_1/weight", now, 16);
  assert_memory_equal(old, now, sizeof old);
  MUST(gan_network_set_parameter_f64(gan_discriminator_network(adapted), "dense_1/weight", zeros,
                                     16));
  get(p, d, "dense_1/weight", now, 16);
  assert_memory_equal(old, now, sizeof old);
  gan_discriminator_destroy(adapted);
}

static void other_losses_and_present_layers_give_copies(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  for (int32_t kind = GAN_LOSS_MINIMAX; kind <= GAN_LOSS_TERMS; kind++) {
    gan_loss *loss = loss_of(p, kind, 3, 2);
    if (kind != GAN_LOSS_MINIBATCH_DISCRIMINATION) assert_copied(p, p->d, loss);
    gan_loss_destroy(loss);
  }
  gan_loss *loss = loss_of(p, GAN_LOSS_MINIBATCH_DISCRIMINATION, 3, 2);
  gan_discriminator *adapted;
  MUST(gan_discriminator_for_loss(p->d, loss, &adapted));
  MUST(gan_loss_set(loss, GAN_KERNELS, 5)); /* the layer that is there stays as it is */
  assert_copied(p, adapted, loss);
  gan_discriminator_destroy(adapted);
  gan_loss_destroy(loss);
  players_destroy(p);
}

/* ---- Gradients. ---- */

/* The layer alone, first and second derivatives of the features by rows and weight. Central
 * differences are right to 1e-9 or so where no |M_i - M_j| changes its sign within a step. */
static void the_layer_agrees_with_differences(void **state) {
  (void)state;
  static const char *const texts[] = {
      "input 3; minibatch_discrimination 4 2", "input 3; minibatch_discrimination 4 2 with_self",
      "input 3; minibatch_discrimination 4 2 normalized",
      "input 4; dense 5 tanh; minibatch_discrimination 3 3; dense 1"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    players made = {0}, *p = &made;
    p->context = failing_context(&p->memory);
    layer_run run;
    layer_run_create(p->context, texts[i], ROWS, true, &run);
    layer_run_check(&run, 1e-7);
    layer_run_destroy(&run);
    gan_context_destroy(p->context);
    assert_int_equal(p->memory.live, 0);
  }
}

/* Players whose discriminator is the adapted one; `units` of its layer before. */
static void adapt_players(players *p, double kernels, double dimensions) {
  gan_discriminator *adapted;
  gan_loss *loss = loss_of(p, GAN_LOSS_MINIBATCH_DISCRIMINATION, kernels, dimensions);
  MUST(gan_discriminator_for_loss(p->d, loss, &adapted));
  gan_trainer_destroy(p->t);
  gan_loss_destroy(p->loss);
  gan_discriminator_destroy(p->d);
  p->loss = loss;
  p->d = adapted;
  MUST(gan_trainer_create(p->context, p->g, p->d, p->loss, p->og, p->od, &p->t));
}

static gan_gradient_check check(players *p, const char *mover, int32_t steps, int32_t approximate) {
  gan_unroll *unroll;
  gan_gradient_check report = {.struct_size = sizeof report};
  MUST(gan_unroll_create(p->context, p->g, p->d, p->loss, p->og, p->od, &unroll));
  MUST(gan_unroll_set_player(unroll, mover));
  MUST(gan_unroll_set_steps(unroll, steps));
  MUST(gan_unroll_set_approximate(unroll, approximate));
  MUST(gan_unroll_set_batch(unroll, real_rows(99, ROWS), ROWS));
  MUST(gan_unroll_set_seed(unroll, 5));
  MUST(gan_check_gradient(unroll, DIRECTIONS, 1, &report));
  gan_unroll_destroy(unroll);
  return report;
}

/* Both players' objectives through the layer, and the generator's through K steps of a
 * discriminator that has it. 1e-6 is the bound for all unrolled gradients; leaving the second term
 * out misses far more. */
static void gradients_are_exact_through_the_layer(void **state) {
  (void)state;
  static const int32_t kinds[] = {GAN_OPTIMIZER_SGD, GAN_OPTIMIZER_ADAM};
  static const int32_t counts[] = {0, 1, 3};
  double worst = 0, least = HUGE_VAL;
  for (int32_t o = 0; o < 2; o++)
    for (int32_t k = 0; k < 3; k++) {
      players made, *p = &made;
      players_create(p, &(setup){.optimizer = kinds[o], .discriminator_rate = o == 0 ? 0.1 : 0.02});
      adapt_players(p, 3, 2);
      train(p, WARM, ROWS);
      double g = check(p, "generator", counts[k], 0).max_relative_error;
      double d = check(p, "discriminator", counts[k], 0).max_relative_error;
      worst = fmax(worst, fmax(g, d));
      if (!(g <= 1e-6 && d <= 1e-6))
        fail_msg("optimizer %d, K = %d: relative errors %g and %g", kinds[o], counts[k], g, d);
      if (counts[k] > 0)
        least = fmin(least, check(p, "generator", counts[k], 1).max_relative_error);
      players_destroy(p);
    }
  print_message("largest relative error %.2g; without the second term %.2g at least\n", worst,
                least);
  assert_true(least >= 1e-3);
}

/* ---- Trainers. ---- */

static void the_loss_insists_on_the_layer(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  gan_loss *loss = loss_of(p, GAN_LOSS_MINIBATCH_DISCRIMINATION, 3, 2);
  gan_trainer *trainer = NULL;
  assert_int_equal(gan_trainer_create(p->context, p->g, p->d, loss, p->og, p->od, &trainer),
                   GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(p->context), "gan_discriminator_for_loss()"));
  assert_null(trainer);
  gan_loss_destroy(loss);
  adapt_players(p, 3, 2);
  train(p, 3, ROWS);
  players_destroy(p);
}

/* 512 rows, B = 32, C = 16, f32, within 64 MB, with the cap or without; the same bits. */
static void a_step_keeps_within_its_memory(void **state) {
  (void)state;
  enum { MANY = 512 };
  const int64_t cap = 64000000;
  int64_t bytes[2];
  picture pictures[2];
  for (int32_t capped = 0; capped < 2; capped++) {
    players made, *p = &made;
    players_create(p, &(setup){.type = "", .units = 128});
    adapt_players(p, 32, 16);
    if (capped) MUST(gan_trainer_set_memory_cap(p->t, cap));
    MUST(gan_trainer_plan_bytes(p->t, MANY, &bytes[capped]));
    train(p, 2, MANY);
    pictures[capped] = take_picture(p);
    players_destroy(p);
  }
  print_message("plan of a step: %lld bytes, %lld with a cap of %lld\n", (long long)bytes[0],
                (long long)bytes[1], (long long)cap);
  assert_true(bytes[0] <= cap && bytes[1] <= cap);
  assert_true(same_picture(pictures[0], pictures[1]));
  free(pictures[0].bytes);
  free(pictures[1].bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_loss_chooses_the_layer),
      cmocka_unit_test(other_losses_and_present_layers_give_copies),
      cmocka_unit_test(the_layer_agrees_with_differences),
      cmocka_unit_test(gradients_are_exact_through_the_layer),
      cmocka_unit_test(the_loss_insists_on_the_layer),
      cmocka_unit_test(a_step_keeps_within_its_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
