/* SPDX-License-Identifier: MIT */
/* libgan/train/average.c: the moving average against its formula. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "players.h"

enum { ROWS = 7 };

/* ---- Averages. ---- */

/* sum_t (1 - d) d^(T-t) theta_t / (1 - d^T), by its formula. */
static void average_is_the_debiased_one(void **state) {
  (void)state;
  enum { STEPS = 6 };
  for (int32_t dtype = GAN_F32; dtype <= GAN_F64; dtype++) {
    players made, *p = &made;
    gan_generator *averaged = NULL;
    double decay = 0.75, sum[16] = {0}, weight = 0, now[16], is[16];
    players_create(p, &(setup){.type = dtype == GAN_F32 ? "f32; " : "f64; "});
    assert_int_equal(gan_trainer_average(p->t, &averaged), GAN_ERROR_STATE);
    MUST(gan_trainer_set_average(p->t, decay));
    assert_int_equal(gan_trainer_average(p->t, &averaged), GAN_ERROR_STATE);
    assert_null(averaged);
    for (int32_t step = 0; step < STEPS; step++) {
      train(p, 1, ROWS);
      MUST(gan_network_get_parameter_f64(gan_generator_network(p->g), "dense_2/weight", now, 16));
      for (int32_t e = 0; e < 16; e++)
        sum[e] = decay * sum[e] + (1 - decay) * now[e];
      weight = decay * weight + (1 - decay);
      /* A move of the discriminator does not count. */
      MUST(gan_trainer_step_discriminator(p->t, real_rows(0, ROWS), ROWS));
    }
    assert_true(fabs(weight - (1 - pow(decay, STEPS))) < 1e-15);
    MUST(gan_trainer_average(p->t, &averaged));
    MUST(gan_network_get_parameter_f64(gan_generator_network(averaged), "dense_2/weight", is, 16));
    for (int32_t e = 0; e < 16; e++)
      assert_true(fabs(is[e] - sum[e] / weight) <= (dtype == GAN_F32 ? 1e-6 : 1e-14));
    float sample[2 * 4];
    MUST(gan_generator_sample(averaged, 4, 1, sample)); /* a generator like any other */
    train(p, 1, ROWS);                                  /* and independent of the trainer */
    MUST(gan_network_get_parameter_f64(gan_generator_network(averaged), "dense_2/weight", now, 16));
    assert_memory_equal(is, now, sizeof is);
    MUST(gan_trainer_set_average(p->t, 0));
    gan_generator_destroy(averaged);
    averaged = NULL;
    assert_int_equal(gan_trainer_average(p->t, &averaged), GAN_ERROR_STATE);
    train(p, 1, ROWS);
    players_destroy(p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(average_is_the_debiased_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
