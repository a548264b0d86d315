/* SPDX-License-Identifier: MIT */
/* A warm training step and a warm sample call take no lock. With one thread there is none at all.
 * With more there is the pool's own, which base/pool.c takes only to fall asleep and to wake
 * others: a thread that finds its work while it spins or yields passes without it. Products that
 * are left to a BLAS of unknown manners pass the process's gate (kern/blas.c), which is a lock;
 * that happens on processors without FMA only, and not once the BLAS has been handed over. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "base/pool.h"
#include "duel.h"
#include "kern/blas.h"
#include "kern/kern.h"
#include "lock_count.h"
#include "world.h"

enum { STEPS = 30, ROWS = 96, WIDTH = 2 };

#define DONE(call) assert_int_equal(call, GAN_OK)

static gan_context *context;
static float real[ROWS * WIDTH], samples[ROWS * WIDTH], logits[ROWS];

static int set_up(void **state) {
  (void)state;
  for (int32_t i = 0; i < ROWS * WIDTH; i++)
    real[i] = (float)(i * 5 % 7 - 3) / 2;
  return gan_context_create(&context);
}

static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  context = NULL;
  return 0;
}

static void *lock_elsewhere(void *data) {
  pthread_mutex_lock(data);
  pthread_mutex_unlock(data);
  return NULL;
}

/* The tests below can fail. */
static void locks_are_noticed(void **state) {
  (void)state;
  if (!lock_count_works()) skip();
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_rwlock_t other = PTHREAD_RWLOCK_INITIALIZER;
  const void *addresses[LOCK_COUNT_KINDS];
  pthread_t thread;
  lock_count_start();
  assert_int_equal(pthread_create(&thread, NULL, lock_elsewhere, &lock), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  lock_elsewhere(&lock);
  pthread_rwlock_rdlock(&other);
  pthread_rwlock_unlock(&other);
  assert_int_equal(lock_count_stop(), 3);
  assert_int_equal(lock_count_addresses(addresses), 2);
  assert_ptr_equal(addresses[0], &lock);
  assert_ptr_equal(addresses[1], &other);
}

/* ---- Locks that are allowed, known by what takes them. ---- */

static void nothing(void *data, int32_t task, int32_t worker) {
  (void)data, (void)task, (void)worker;
}

/* The one lock that waking sleepers takes; NULL in a pool of one thread, which has none to wake. */
static const void *lock_of_the_pool(void) {
  const void *addresses[LOCK_COUNT_KINDS] = {NULL};
  if (gan_context_threads(context) == 1) return NULL;
  for (int32_t attempt = 0; attempt < 200 && !addresses[0]; attempt++) {
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    lock_count_start();
    gan__pool_run(context->pool, nothing, NULL, 100);
    lock_count_stop();
    assert_in_range(lock_count_addresses(addresses), 0, 1);
  }
  assert_non_null(addresses[0]);
  return addresses[0];
}

/* The gate of the BLAS where it is shut; NULL where it is open. */
static const void *lock_of_the_gate(void) {
  const void *addresses[LOCK_COUNT_KINDS] = {NULL};
  float x = 1;
  lock_count_start();
  assert_true(gan__sgemm(false, false, 1, 1, 1, 1, &x, 1, &x, 1, 0, &x, 1));
  lock_count_stop();
  assert_in_range(lock_count_addresses(addresses), 0, 1);
  assert_true(!addresses[0] == gan__blas_concurrent());
  return addresses[0];
}

/* ---- Something that is called again and again. ---- */

typedef void work_function(duel *self);

static void check_unlocked(duel *self, work_function *work, const char *what) {
  const void *addresses[LOCK_COUNT_KINDS] = {NULL};
  const void *pool = lock_of_the_pool();
  const void *gate = gan__cpu_level() == GAN__CPU_BASELINE ? lock_of_the_gate() : NULL;
  int32_t steps = world_is_slow() ? 3 : STEPS, others = 0;
  for (int32_t i = 0; i < 3; i++) /* plans and rooms are made here */
    work(self);
  lock_count_start();
  for (int32_t i = 0; i < steps; i++)
    work(self);
  int64_t taken = lock_count_stop();
  int32_t count = lock_count_addresses(addresses);
  for (int32_t i = 0; i < count; i++)
    others += i == LOCK_COUNT_KINDS || (addresses[i] != pool && addresses[i] != gate);
  if (others)
    print_message("%s, %d threads: %lld locks taken, of %d kinds\n", what,
                  (int)gan_context_threads(context), (long long)taken, (int)count);
  assert_int_equal(others, 0);
}

static void step(duel *self) {
  DONE(gan_trainer_step(self->trainer, real, ROWS));
}

static void run(duel *self) {
  DONE(gan_trainer_run(self->trainer, 1));
}

static void step_players(duel *self) {
  DONE(gan_trainer_step_discriminator(self->trainer, real, ROWS));
  DONE(gan_trainer_step_generator(self->trainer, real, ROWS));
}

static void sample(duel *self) {
  DONE(gan_generator_sample(self->generator, ROWS, 1, samples));
  DONE(gan_generator_sample(self->generator, 1, 1, samples));
  DONE(gan_discriminator_run(self->discriminator, real, ROWS, logits));
}

static const duel_setup small = {
    .generator = "latent 16 normal; dense 32 tanh; dense 32 tanh; dense 2",
    .discriminator = "input 2; dense 32 tanh; dense 32 leaky_relu; dense 1",
    .loss = GAN_LOSS_MINIMAX,
    .optimizer = GAN_OPTIMIZER_ADAM,
    .order = GAN_ORDER_ALTERNATING,
    .average = 0.99,
    .rows = ROWS};

/* Every kind of call. */
static void check_all(int32_t threads) {
  static const int32_t unrolled[] = {0, 5};
  for (int32_t i = 0; i < 2; i++) {
    duel_setup setup = small;
    duel d;
    setup.threads = threads;
    setup.unroll = unrolled[i];
    duel_open(&d, context, &setup);
    check_unlocked(&d, step, "step");
    check_unlocked(&d, run, "run");
    check_unlocked(&d, step_players, "moves of one player");
    check_unlocked(&d, sample, "samples");
    duel_close(&d);
  }
}

static void steps_take_no_lock(void **state) {
  (void)state;
  if (!lock_count_works()) skip();
  for (int32_t threads = 1; threads <= 3; threads++)
    check_all(threads);
}

/* Last, because it cannot be taken back. */
static void nor_with_the_blas_taken(void **state) {
  (void)state;
  if (!lock_count_works()) skip();
  if (gan_context_take_blas(context) != GAN_OK) skip(); /* it tells why not */
  assert_null(lock_of_the_gate());
  for (int32_t threads = 1; threads <= 2; threads++)
    check_all(threads);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(locks_are_noticed),
      cmocka_unit_test_setup_teardown(steps_take_no_lock, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nor_with_the_blas_taken, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
