/* SPDX-License-Identifier: MIT */
/* Warm training steps and samples between two marks, for scripts/syscalls.py, which lists the
 * system calls in between. The marks are writes of their text to a file that does not exist.
 *
 *   warm_step THREADS [ask]    ask: one system call of our own in between, which must be seen */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "duel.h"

enum { WARM_UP = 3, STEPS = 20, ROWS = 256 };

#define DONE(call) assert_int_equal(call, GAN_OK)

static int32_t threads;
static bool ask;
static float samples[ROWS * 2], logits[ROWS], real[ROWS * 2];

static void mark(const char *text) {
  if (write(-1, text, strlen(text)) >= 0) abort();
}

static void work(duel *d) {
  DONE(gan_trainer_run(d->trainer, 1));
  DONE(gan_trainer_step(d->trainer, real, ROWS));
  DONE(gan_generator_sample(d->generator, ROWS, 1, samples));
  DONE(gan_discriminator_run(d->discriminator, samples, ROWS, logits));
}

static void warm_steps(void **state) {
  (void)state;
  gan_context *context = NULL;
  duel_setup setup = duel_ring;
  duel d;
  setup.threads = threads;
  setup.rows = ROWS;
  DONE(gan_context_create(&context));
  /* Where that is refused, the BLAS's own threads are limited from outside. */
  gan_context_take_blas(context);
  duel_open(&d, context, &setup);
  for (int32_t i = 0; i < WARM_UP; i++)
    work(&d);
  mark("warm steps begin");
  for (int32_t i = 0; i < STEPS; i++) {
    work(&d);
    if (ask && i == STEPS / 2) (void)getppid();
  }
  mark("warm steps end");
  duel_close(&d);
  gan_context_destroy(context);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(warm_steps)};
  threads = argc > 1 ? atoi(argv[1]) : 1;
  ask = argc > 2 && !strcmp(argv[2], "ask");
  return cmocka_run_group_tests(tests, NULL, NULL);
}
