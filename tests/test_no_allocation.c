/* SPDX-License-Identifier: MIT */
/* A warm training step and a warm sample call allocate nothing: no thread of the process calls
 * malloc or free in any library. And the arena is as large as planned, to the byte. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"
#include "duel.h"
#include "malloc_count.h"
#include "plan/internal.h"
#include "train/trainer.h"
#include "world.h"

enum { STEPS = 50, ROWS = 96, WIDTH = 2 };

#define DONE(call) assert_int_equal(call, GAN_OK)

static gan_context *context;
static float real[ROWS * WIDTH], samples[ROWS * WIDTH], latents[ROWS * 16], logits[ROWS];
static double wide[ROWS * WIDTH], wide_latents[ROWS * 16], wide_logits[ROWS];

static int set_up(void **state) {
  (void)state;
  for (int32_t i = 0; i < ROWS * WIDTH; i++)
    wide[i] = real[i] = (float)(i * 5 % 7 - 3) / 2;
  return gan_context_create(&context);
}

static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  context = NULL;
  return 0;
}

/* Checkers have functions of their own. */
static void skip_where_nothing_is_counted(void) {
  if (!malloc_count_works()) skip();
}

/* ---- Something that is called again and again. ---- */

typedef void work_function(duel *self);

static void check_quiet(duel *self, work_function *work, const char *what) {
  for (int32_t i = 0; i < 3; i++) /* plans, rooms and BLAS's buffers are made here */
    work(self);
  malloc_count_start();
  for (int32_t i = 0; i < STEPS; i++)
    work(self);
  int64_t calls = malloc_count_stop();
  if (calls) print_message("%s: %lld calls\n", what, (long long)calls);
  assert_int_equal(calls, 0);
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

/* Batches of the other type are converted. */
static gan_batch *batch;
static void step_batch(duel *self) {
  static const int64_t dims[] = {ROWS, WIDTH};
  DONE(gan_batch_set(batch, "real", GAN_F64, wide, 2, dims));
  DONE(gan_trainer_step_batch(self->trainer, (const gan_batch *const *)&batch, 1));
}

static void change_rate(duel *self) {
  DONE(gan_optimizer_set(self->generator_optimizer, GAN_LEARNING_RATE, 1e-4));
  DONE(gan_trainer_step(self->trainer, real, ROWS));
}

static void sample(duel *self) {
  DONE(gan_generator_sample(self->generator, ROWS, 1, samples));
  DONE(gan_generator_sample(self->generator, 1, 1, samples));
  DONE(gan_generator_sample_f64(self->generator, ROWS, 1, wide));
  DONE(gan_generator_latents(self->generator, ROWS, 1, latents));
  DONE(gan_generator_latents_f64(self->generator, ROWS, 1, wide_latents));
  DONE(gan_generator_run(self->generator, latents, ROWS, samples));
  DONE(gan_generator_run_f64(self->generator, wide_latents, ROWS, wide));
}

static void judge(duel *self) {
  DONE(gan_discriminator_run(self->discriminator, real, ROWS, logits));
  DONE(gan_discriminator_run_f64(self->discriminator, wide, ROWS, wide_logits));
  DONE(gan_discriminator_probabilities(self->discriminator, real, ROWS, logits));
}

static int32_t look(const gan_progress *progress, void *user) {
  double *sum = user;
  *sum += progress->generator_loss;
  return 0;
}

static int32_t give(int64_t index, gan_batch *given, void *user) {
  static const int64_t dims[] = {ROWS, WIDTH};
  (void)index;
  return gan_batch_set(given, "real", GAN_F32, user, 2, dims);
}

static int32_t fill(int64_t index, int64_t rows, float *out, void *user) {
  (void)index;
  memcpy(out, user, (size_t)(rows * WIDTH) * sizeof *out);
  return 0;
}

/* All kinds of steps and data of one set-up. */
static void check_training(const duel_setup *setup) {
  duel d;
  double sum = 0;
  duel_open(&d, context, setup);
  DONE(gan_batch_create(context, &batch));
  DONE(gan_trainer_set_callback(d.trainer, look, &sum));
  check_quiet(&d, step, "step");
  check_quiet(&d, run, "run on a ring");
  check_quiet(&d, step_players, "moves of one player");
  check_quiet(&d, step_batch, "step on batches");
  check_quiet(&d, change_rate, "another learning rate");
  DONE(gan_trainer_set_callback(d.trainer, NULL, NULL));
  DONE(gan_trainer_set_data_callback(d.trainer, give, real));
  check_quiet(&d, run, "run on a callback's batches");
  gan_dataset *array, *called;
  DONE(gan_dataset_create_array(context, real, ROWS, WIDTH, 1, &array));
  DONE(gan_trainer_set_data(d.trainer, array, ROWS / 3));
  check_quiet(&d, run, "run on an array"); /* with a new shuffle every third step */
  DONE(gan_dataset_create_callback(context, 1, (int64_t[]){WIDTH}, fill, real, &called));
  DONE(gan_trainer_set_data(d.trainer, called, ROWS));
  check_quiet(&d, run, "run on a callback's set");
  gan_dataset_destroy(called);
  gan_dataset_destroy(array);
  gan_batch_destroy(batch);
  duel_close(&d);
}

static const duel_setup small = {
    .generator = "latent 16 normal; dense 32 tanh; dense 32 tanh; dense 2",
    .discriminator = "input 2; dense 32 tanh; dense 32 leaky_relu; dense 1",
    .loss = GAN_LOSS_MINIMAX,
    .optimizer = GAN_OPTIMIZER_ADAM,
    .order = GAN_ORDER_ALTERNATING,
    .average = 0.99,
    .rows = ROWS};

static void *allocate_elsewhere(void *unused) {
  (void)unused;
  void *volatile memory = malloc(100);
  free(memory);
  return NULL;
}

static gan_game *game;
static double jacobian[36];
static void play(duel *unused) {
  (void)unused;
  DONE(gan_game_step(game, 3));
  DONE(gan_game_jacobian(game, jacobian));
  DONE(gan_game_set(game, jacobian));
}

static void games_allocate_nothing(void **state) {
  (void)state;
  skip_where_nothing_is_counted();
  for (int32_t preset = GAN_GAME_BILINEAR; preset <= GAN_GAME_ORBIT; preset++) {
    DONE(gan_game_create_preset(context, GAN_F64, preset, &game));
    DONE(gan_game_set_consensus(game, preset % 2));
    DONE(gan_game_set_historical_averaging(game, gan_game_player_name(game, 0), 0.1));
    check_quiet(NULL, play, "game");
    gan_game_destroy(game);
  }
}

/* The tests below can fail. */
static void allocations_are_noticed(void **state) {
  (void)state;
  skip_where_nothing_is_counted();
  pthread_t thread;
  malloc_count_start();
  assert_int_equal(pthread_create(&thread, NULL, allocate_elsewhere, NULL), 0);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_true(malloc_count_stop() >= 2);
  duel d;
  duel_open(&d, context, &small);
  step(&d);
  malloc_count_start();
  DONE(gan_trainer_step(d.trainer, real, ROWS - 1)); /* needs a plan of its own */
  assert_true(malloc_count_stop() > 10);
  duel_close(&d);
}

static void steps_allocate_nothing(void **state) {
  (void)state;
  skip_where_nothing_is_counted();
  static const int32_t unrolled[] = {0, 1, 5};
  for (int32_t threads = 1; threads <= 2; threads++)
    for (int32_t i = 0; i < 3; i++) {
      duel_setup setup = small;
      setup.threads = threads;
      setup.unroll = unrolled[i];
      setup.average = i == 1 ? 0 : 0.99;
      setup.order = i == 2 ? GAN_ORDER_SIMULTANEOUS : GAN_ORDER_ALTERNATING;
      check_training(&setup);
    }
}

static void steps_in_f64_allocate_nothing(void **state) {
  (void)state;
  skip_where_nothing_is_counted();
  duel_setup setup = duel_ring_f64;
  setup.threads = 2;
  check_training(&setup);
}

/* Layers, losses and methods of all kinds. */
static void steps_of_every_method_allocate_nothing(void **state) {
  (void)state;
  skip_where_nothing_is_counted();
  const duel_setup *const setups[] = {&duel_layers, &duel_minibatch, &duel_classes, &duel_methods};
  for (int32_t threads = 1; threads <= 2; threads++)
    for (int32_t i = 0; i < 4; i++) {
      duel_setup setup = *setups[i];
      setup.threads = threads;
      duel d;
      duel_open(&d, context, &setup);
      check_quiet(&d, run, "run with methods");
      if (!setup.labelled) {
        check_quiet(&d, step, "step with methods");
        check_quiet(&d, step_players, "moves of one player with methods");
      }
      duel_close(&d);
    }
}

/* Batches with labels, of the other type. */
static void step_labelled(duel *self) {
  static int32_t labels[ROWS];
  for (int32_t i = 0; i < ROWS; i++)
    labels[i] = i % 8;
  DONE(gan_batch_set(batch, "real", GAN_F64, wide, 2, (int64_t[]){ROWS, WIDTH}));
  DONE(gan_batch_set(batch, "labelled", GAN_F32, real, 2, (int64_t[]){ROWS / 2, WIDTH}));
  DONE(gan_batch_set(batch, "labels", GAN_I32, labels, 1, (int64_t[]){ROWS / 2}));
  DONE(gan_trainer_step_batch(self->trainer, (const gan_batch *const *)&batch, 1));
  DONE(gan_trainer_step_player(self->trainer, "generator", (const gan_batch *const *)&batch, 1));
}

static void judge_classes(duel *self) {
  static float of_classes[ROWS * 8], values[ROWS * 24];
  DONE(gan_discriminator_run(self->discriminator, real, ROWS, of_classes));
  DONE(gan_discriminator_probabilities(self->discriminator, real, ROWS, of_classes));
  DONE(gan_discriminator_features(self->discriminator, "relu_2", real, ROWS, values));
}

static void steps_with_labels_allocate_nothing(void **state) {
  (void)state;
  skip_where_nothing_is_counted();
  duel d;
  duel_open(&d, context, &duel_classes);
  DONE(gan_batch_create(context, &batch));
  check_quiet(&d, step_labelled, "step on labelled batches");
  check_quiet(&d, judge_classes, "judge classes");
  gan_batch_destroy(batch);
  duel_close(&d);
}

/* Products that are large enough for the BLAS to thread them, if it does. */
static void large_steps_allocate_nothing(void **state) {
  (void)state;
  skip_where_nothing_is_counted();
  duel d;
  duel_setup setup = duel_ring;
  setup.threads = 2;
  setup.unroll = 1;
  duel_open(&d, context, &setup);
  check_quiet(&d, run, "run of the paper's ring");
  duel_close(&d);
}

static void sampling_allocates_nothing(void **state) {
  (void)state;
  skip_where_nothing_is_counted();
  for (int32_t threads = 1; threads <= 2; threads++) {
    duel_setup setup = small;
    setup.threads = threads;
    duel d;
    duel_open(&d, context, &setup);
    check_quiet(&d, sample, "sample");
    check_quiet(&d, judge, "judge");
    duel_close(&d);
  }
}

/* Last, because it cannot be taken back. */
static void with_the_blas_taken_nothing_is_allocated(void **state) {
  (void)state;
  skip_where_nothing_is_counted();
  if (gan_context_take_blas(context) != GAN_OK) skip(); /* it tells why not */
  duel d;
  duel_setup setup = duel_ring;
  setup.threads = 2;
  duel_open(&d, context, &setup);
  check_quiet(&d, run, "run with the BLAS taken");
  duel_close(&d);
}

/* ---- Bytes as planned. ---- */

/* What gan__allocate asks of the allocator for so many bytes: room for its header and the rest of
 * the last alignment unit. */
static uint64_t asked_for(int64_t bytes) {
  return ((uint64_t)bytes + GAN__ALIGNMENT) / GAN__ALIGNMENT * GAN__ALIGNMENT + GAN__ALIGNMENT;
}

/* The last byte at `memory` that is not `pattern`, plus 1. */
static int64_t touched(const char *memory, int64_t bytes, char pattern) {
  while (bytes > 0 && memory[bytes - 1] == pattern)
    bytes--;
  return bytes;
}

/* Two runs from different patterns, so that a byte that happens to be the pattern is found. */
static int64_t touched_by_steps(duel *d, char *memory, int64_t bytes, const float *rows,
                                int64_t count) {
  int64_t most = 0;
  for (int32_t pattern = 0x5a; pattern <= 0x5b; pattern++) {
    memset(memory, pattern, (size_t)bytes);
    DONE(gan_trainer_step(d->trainer, rows, count));
    int64_t end = touched(memory, bytes, (char)pattern);
    most = end > most ? end : most;
  }
  return most;
}

static void check_bytes(const duel_setup *setup, const float *rows, int64_t count) {
  heap counted = {0};
  gan_context *own = heap_context(&counted);
  duel d;
  int64_t bytes;
  duel_open(&d, own, setup);
  DONE(gan_trainer_set_data(d.trainer, NULL, 0)); /* so that the plan is that of one batch */
  DONE(gan_trainer_plan_bytes(d.trainer, count, &bytes));
  gan__plan *plan = d.trainer->session.plans[0].plan;
  /* Known before it is allocated. */
  assert_null(plan->arena);
  assert_null(plan->workspaces);
  DONE(gan_trainer_step(d.trainer, rows, count));
  int64_t arena = gan__plan_arena_bytes(plan), constants = plan->constant_bytes;
  int64_t workspaces = setup->threads * plan->workspace_stride;
  assert_int_equal(bytes, arena + constants + workspaces);
  assert_true(plan->workspace_bytes <= plan->workspace_stride);
  /* Exactly the arena is given back with it: its planned bytes and what every block has. */
  uint64_t live = counted.live_bytes;
  gan__release(own, plan->arena);
  assert_int_equal(live - counted.live_bytes, asked_for(arena));
  plan->arena = gan__allocate(own, (uint64_t)arena, 1);
  live = counted.live_bytes;
  gan__release(own, plan->workspaces);
  assert_int_equal(live - counted.live_bytes, asked_for(workspaces));
  plan->workspaces = gan__allocate(own, (uint64_t)workspaces, 1);
  /* Used to its last unit, and nothing behind it. */
  int64_t whole = (int64_t)asked_for(arena) - GAN__ALIGNMENT;
  int64_t end = touched_by_steps(&d, plan->arena, whole, rows, count);
  assert_in_range(end, arena - GAN__ALIGNMENT + 1, arena);
  live = counted.live_bytes;
  uint64_t peak = counted.peak_bytes = live;
  for (int32_t i = 0; i < 5; i++)
    DONE(gan_trainer_step(d.trainer, rows, count));
  assert_int_equal(counted.peak_bytes, peak);
  assert_int_equal(counted.live_bytes, live);
  duel_close(&d);
  gan_context_destroy(own);
  assert_int_equal(counted.live, 0);
}

static void bytes_are_as_planned(void **state) {
  (void)state;
  static const int32_t unrolled[] = {0, 2, 5};
  for (int32_t i = 0; i < 3; i++)
    for (int32_t threads = 1; threads <= 2; threads++) {
      duel_setup setup = small;
      setup.unroll = unrolled[i];
      setup.threads = threads;
      check_bytes(&setup, real, ROWS);
      check_bytes(&setup, real, 7);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(allocations_are_noticed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(steps_allocate_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(steps_in_f64_allocate_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(steps_of_every_method_allocate_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(steps_with_labels_allocate_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(large_steps_allocate_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(sampling_allocates_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(games_allocate_nothing, set_up, tear_down),
      cmocka_unit_test(bytes_are_as_planned),
      cmocka_unit_test_setup_teardown(with_the_blas_taken_nothing_is_allocated, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
