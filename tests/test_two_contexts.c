/* SPDX-License-Identifier: MIT */
/* Different contexts in different threads at the same time: each gets the bits that it gets alone.
 * And the one call that may come from another thread, cancelling. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "duel.h"
#include "world.h"

enum { SAMPLES = 40 };

#define DONE(call) assert_int_equal(call, GAN_OK)

static int64_t steps = 60;

/* What one thread does; nothing here may leave the thread, so results are only noted. */
typedef struct worker {
  duel duel;
  pthread_barrier_t *start; /* NULL: alone */
  gan_status status;
  uint64_t mark;
  double samples[SAMPLES * 784];
} worker;

/* Networks are made and given back while the other thread computes. */
static gan_status make_and_forget(gan_context *context) {
  gan_network *network, *copy;
  GAN_TRY(
      gan_network_parse(context, "input 30; init orthogonal; dense 40 tanh; dense 1", &network));
  gan_status status = gan_network_clone(network, &copy);
  gan_network_destroy(network);
  if (status == GAN_OK) gan_network_destroy(copy);
  if (gan_network_parse(context, "input 3; dens", &network) != GAN_ERROR_PARSE)
    return GAN_ERROR_INTERNAL;
  return status;
}

static gan_status train(worker *self) {
  duel *d = &self->duel;
  for (int64_t i = 0; i < steps; i += 10) {
    GAN_TRY(gan_trainer_run(d->trainer, 10));
    GAN_TRY(make_and_forget(d->context));
    GAN_TRY(gan_generator_sample_f64(d->generator, SAMPLES, (uint64_t)i, self->samples));
  }
  return GAN_OK;
}

static void *work(void *data) {
  worker *self = data;
  if (self->start) pthread_barrier_wait(self->start);
  self->status = train(self);
  self->mark = duel_mark(&self->duel);
  return NULL;
}

static void open_worker(worker *self, const duel_setup *setup, pthread_barrier_t *start) {
  gan_context *context = NULL;
  DONE(gan_context_create(&context));
  self->start = start;
  memset(self->samples, 0, sizeof self->samples);
  duel_open(&self->duel, context, setup);
}

static void close_worker(worker *self) {
  DONE(self->status);
  duel_close(&self->duel);
  gan_context_destroy(self->duel.context);
}

static void check_pair(const duel_setup *first, const duel_setup *second) {
  static worker alone[2], together[2];
  const duel_setup *setups[] = {first, second};
  pthread_barrier_t start;
  pthread_t threads[2];
  for (int32_t i = 0; i < 2; i++) {
    open_worker(&alone[i], setups[i], NULL);
    work(&alone[i]);
  }
  assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
  for (int32_t i = 0; i < 2; i++)
    open_worker(&together[i], setups[i], &start);
  for (int32_t i = 0; i < 2; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, work, &together[i]), 0);
  for (int32_t i = 0; i < 2; i++)
    assert_int_equal(pthread_join(threads[i], NULL), 0);
  pthread_barrier_destroy(&start);
  for (int32_t i = 0; i < 2; i++) {
    assert_true(together[i].mark == alone[i].mark);
    assert_memory_equal(together[i].samples, alone[i].samples, sizeof alone[i].samples);
    close_worker(&alone[i]);
    close_worker(&together[i]);
  }
}

static duel_setup with_threads(const duel_setup *setup, int32_t threads, int64_t rows) {
  duel_setup made = *setup;
  made.threads = threads;
  made.rows = rows;
  if (made.unroll > 2) made.unroll = 2;
  return made;
}

static void equal_games(void **state) {
  (void)state;
  duel_setup setup = with_threads(&duel_ring, 1, 128);
  check_pair(&setup, &setup);
}

static void different_games(void **state) {
  (void)state;
  duel_setup ring = with_threads(&duel_ring, 1, 256);
  duel_setup digits = with_threads(&duel_digits, 1, 33);
  check_pair(&ring, &digits);
}

/* Each with workers of its own. */
static void games_with_threads(void **state) {
  (void)state;
  duel_setup ring = with_threads(&duel_ring, 2, 256);
  duel_setup ring_f64 = with_threads(&duel_ring_f64, 3, 100);
  check_pair(&ring, &ring_f64);
}

/* One takes the BLAS over while the other computes: the bits of both stay. */
static void *take(void *data) {
  gan_context *context = data;
  gan_context_take_blas(context);
  return NULL;
}

static void taking_the_blas_meanwhile(void **state) {
  (void)state;
  gan_context *context = NULL;
  duel_setup setup = with_threads(&duel_ring, 1, 128);
  worker self = {.status = GAN_OK};
  pthread_t thread;
  DONE(gan_context_create(&context));
  open_worker(&self, &setup, NULL);
  assert_int_equal(pthread_create(&thread, NULL, take, context), 0);
  work(&self);
  assert_int_equal(pthread_join(thread, NULL), 0);
  close_worker(&self);
  gan_context_destroy(context);
  check_pair(&setup, &setup);
}

/* ---- Cancelling. ---- */

static void *run_until_cancelled(void *data) {
  worker *self = data;
  pthread_barrier_wait(self->start);
  self->status = gan_trainer_run(self->duel.trainer, 100000000);
  return NULL;
}

static int32_t first_step(const gan_progress *progress, void *user) {
  if (progress->step == 3) pthread_barrier_wait(user);
  return 0;
}

static void cancelling_from_another_thread(void **state) {
  (void)state;
  static worker self;
  duel_setup setup = with_threads(&duel_ring, 2, 64);
  pthread_barrier_t start, stepped;
  pthread_t thread;
  assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
  assert_int_equal(pthread_barrier_init(&stepped, NULL, 2), 0);
  open_worker(&self, &setup, &start);
  DONE(gan_trainer_set_callback(self.duel.trainer, first_step, &stepped));
  assert_int_equal(pthread_create(&thread, NULL, run_until_cancelled, &self), 0);
  pthread_barrier_wait(&start);
  pthread_barrier_wait(&stepped);
  DONE(gan_context_cancel(self.duel.context));
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_int_equal(self.status, GAN_ERROR_CANCELLED);
  int64_t made = gan_trainer_steps(self.duel.trainer);
  assert_true(made >= 3);
  self.status = gan_trainer_run(self.duel.trainer, 1); /* goes on as if nothing had been */
  assert_int_equal(gan_trainer_steps(self.duel.trainer), made + 1);
  close_worker(&self);
  pthread_barrier_destroy(&start);
  pthread_barrier_destroy(&stepped);
}

int main(void) {
  if (world_is_slow()) steps = 10;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_games),
      cmocka_unit_test(different_games),
      cmocka_unit_test(games_with_threads),
      cmocka_unit_test(cancelling_from_another_thread),
      cmocka_unit_test(taking_the_blas_meanwhile),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
