/* SPDX-License-Identifier: MIT */
/* libgan/train/trainer.c and trainer_run.c: steps, settings, progress, callbacks, arguments. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "players.h"

enum { ROWS = 7 };

static gan_progress progress_of(players *p) {
  gan_progress progress = {.struct_size = sizeof progress};
  MUST(gan_trainer_progress(p->t, &progress));
  return progress;
}

/* ---- What a step does. ---- */

/* K = 0 is the plain game: a step is one move of the discriminator, then one of the generator,
 * which takes what the discriminator has become for given. With K > 0 the generator is first. The
 * moves of one player alone count as steps, so the counter, which chooses the draws, is set back.
 */
static void step_is_one_move_of_each(void **state) {
  (void)state;
  for (int32_t kind = GAN_OPTIMIZER_SGD; kind <= GAN_OPTIMIZER_ADAM; kind++)
    for (int32_t unroll = 0; unroll <= 2; unroll += 2) {
      picture pictures[2];
      for (int32_t i = 0; i < 2; i++) {
        players made, *p = &made;
        const float *rows = real_rows(1, ROWS);
        players_create(p, &(setup){.optimizer = kind, .loss = GAN_LOSS_NON_SATURATING});
        MUST(gan_trainer_set_unroll(p->t, unroll));
        if (i == 0) {
          MUST(gan_trainer_step(p->t, rows, ROWS));
        } else {
          if (unroll) MUST(gan_trainer_step_generator(p->t, rows, ROWS));
          p->t->steps = 0;
          MUST(gan_trainer_step_discriminator(p->t, rows, ROWS));
          p->t->steps = 0;
          if (!unroll) MUST(gan_trainer_step_generator(p->t, NULL, ROWS));
          p->t->steps = 1;
        }
        pictures[i] = take_picture(p);
        players_destroy(p);
      }
      assert_true(same_picture(pictures[0], pictures[1]));
      free(pictures[0].bytes);
      free(pictures[1].bytes);
    }
}

/* Simultaneous moves both start from the old state; alternating ones do not. */
static void simultaneous_moves_see_the_old_state(void **state) {
  (void)state;
  double weights[3][16];
  for (int32_t i = 0; i < 3; i++) {
    players made, *p = &made;
    players_create(p, &(setup){0});
    MUST(gan_trainer_set_noise(p->t, GAN_NOISE_SHARED));
    if (i == 0) MUST(gan_trainer_set_order(p->t, GAN_ORDER_SIMULTANEOUS));
    if (i == 1)
      MUST(gan_trainer_step_generator(p->t, NULL, ROWS)); /* against the old discriminator */
    else
      MUST(gan_trainer_step(p->t, real_rows(1, ROWS), ROWS));
    MUST(gan_network_get_parameter_f64(gan_generator_network(p->g), "dense_2/weight", weights[i],
                                       16));
    players_destroy(p);
  }
  double apart = 0;
  for (int32_t e = 0; e < 16; e++) {
    assert_true(fabs(weights[0][e] - weights[1][e]) <= 1e-15);
    apart += fabs(weights[2][e] - weights[1][e]);
  }
  assert_true(apart > 1e-6);
}

/* k discriminator steps in one are k steps alone on the same batches and draws. */
static void several_moves_thread_the_state(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  MUST(gan_trainer_set_steps(p->t, "discriminator", 3));
  MUST(gan_trainer_set_steps(p->t, "generator", 2));
  assert_int_equal(gan_trainer_batches(p->t), 3);
  train(p, 1, ROWS);
  assert_int_equal(gan_optimizer_updates(p->od), 3);
  assert_int_equal(gan_optimizer_updates(p->og), 2);
  assert_int_equal(gan_trainer_steps(p->t), 1);
  players_destroy(p);
}

/* Which of the settings change what a step does, on the batches 0, 1, ... */
static void settings_change_the_step(void **state) {
  (void)state;
  enum { SETTINGS = 9 };
  picture pictures[SETTINGS];
  for (int32_t i = 0; i < SETTINGS; i++) {
    players made, *p = &made;
    gan_batch *batches[8];
    players_create(p, &(setup){0});
    train(p, 1, ROWS);
    if (i != 0) MUST(gan_trainer_set_unroll(p->t, 2)); /* 0: plain; 1: all defaults */
    if (i == 2) MUST(gan_trainer_set_approximate(p->t, 1));
    if (i == 3) MUST(gan_trainer_set_inner_batches(p->t, GAN_INNER_FRESH));
    if (i == 4) MUST(gan_trainer_set_order(p->t, GAN_ORDER_SIMULTANEOUS));
    if (i == 5) MUST(gan_trainer_set_unroll_player(p->t, "discriminator"));
    if (i == 6) MUST(gan_trainer_set_first(p->t, "discriminator"));
    if (i == 7) MUST(gan_trainer_set_noise(p->t, GAN_NOISE_SHARED));
    if (i == 8) MUST(gan_trainer_set_seed(p->t, 12345));
    int32_t count = gan_trainer_batches(p->t);
    assert_in_range(count, 1, 8);
    static float rows[8][2 * ROWS];
    for (int32_t b = 0; b < count; b++) {
      memcpy(rows[b], real_rows(b, ROWS), sizeof rows[b]);
      MUST(gan_batch_create(p->context, &batches[b]));
      MUST(gan_batch_set(batches[b], "real", GAN_F32, rows[b], 2, (int64_t[]){ROWS, 2}));
    }
    MUST(gan_trainer_step_batch(p->t, (const gan_batch *const *)batches, count));
    for (int32_t b = 0; b < count; b++)
      gan_batch_destroy(batches[b]);
    pictures[i] = take_picture(p);
    players_destroy(p);
  }
  for (int32_t i = 0; i < SETTINGS; i++)
    for (int32_t j = 0; j < i; j++)
      if (same_picture(pictures[i], pictures[j])) fail_msg("settings %d and %d agree", i, j);
  for (int32_t i = 0; i < SETTINGS; i++)
    free(pictures[i].bytes);
}

/* Settings that are set back give the first result again: nothing stale is used. */
static void settings_take_effect_at_once(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){.optimizer = GAN_OPTIMIZER_SGD});
  MUST(gan_optimizer_set(p->od, GAN_LEARNING_RATE, 0)); /* the generator's view stays the same */
  MUST(gan_optimizer_set(p->og, GAN_LEARNING_RATE, 0));
  train(p, 1, ROWS);
  gan_progress plain = progress_of(p);
  MUST(gan_optimizer_set(p->od, GAN_LEARNING_RATE, 0.5));
  MUST(gan_trainer_set_unroll(p->t, 3));
  picture before = take_picture(p);
  gan_generator *g = p->g;
  double weight[16], moved[16];
  MUST(gan_network_get_parameter_f64(gan_generator_network(g), "dense_2/weight", weight, 16));
  train(p, 1, ROWS);
  MUST(gan_network_get_parameter_f64(gan_generator_network(g), "dense_2/weight", moved, 16));
  assert_memory_equal(weight, moved, sizeof weight); /* rate 0 */
  assert_true(progress_of(p).generator_loss != plain.generator_loss);
  free(before.bytes);
  players_destroy(p);
}

/* ---- Progress and callbacks. ---- */

/* The discriminator's numbers belong to its state before the step: as computed from the logits. */
static void progress_tells_what_the_step_saw(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  assert_true(progress_of(p).step == 0 && progress_of(p).discriminator_loss == 0);
  const float *real = real_rows(1, ROWS);
  double logits[ROWS], mean = 0, loss = 0, x[2 * ROWS];
  for (int32_t i = 0; i < 2 * ROWS; i++)
    x[i] = real[i];
  MUST(gan_discriminator_run_f64(p->d, x, ROWS, logits));
  for (int32_t i = 0; i < ROWS; i++) {
    mean += logits[i] / ROWS;
    loss += log1p(exp(-logits[i])) / ROWS;
  }
  MUST(gan_trainer_step(p->t, real, ROWS));
  gan_progress progress = progress_of(p);
  assert_int_equal(progress.step, 1);
  assert_true(fabs(progress.real_logit_mean - mean) <= 1e-14);
  assert_true(progress.discriminator_loss > loss && progress.discriminator_loss < loss + 3);
  assert_true(progress.generator_loss < 0); /* minimax, plain: -mean sp(a_f) */
  assert_true(progress.discriminator_gradient_norm > 0 && progress.generator_gradient_norm > 0);
  /* A move of the generator alone leaves the discriminator's numbers. */
  MUST(gan_trainer_step_generator(p->t, NULL, ROWS));
  gan_progress later = progress_of(p);
  assert_int_equal(later.step, 2);
  assert_true(later.discriminator_loss == progress.discriminator_loss);
  assert_true(later.real_logit_mean == progress.real_logit_mean);
  assert_true(later.generator_loss != progress.generator_loss);
  players_destroy(p);
}

static void progress_keeps_to_its_size(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  train(p, 1, ROWS);
  gan_progress progress;
  memset(&progress, 0x5a, sizeof progress);
  double untouched = progress.generator_loss;
  progress.struct_size = offsetof(gan_progress, generator_loss);
  MUST(gan_trainer_progress(p->t, &progress));
  assert_int_equal(progress.step, 1);
  assert_memory_equal(&progress.generator_loss, &untouched, sizeof untouched);
  progress.struct_size = 3;
  assert_int_equal(gan_trainer_progress(p->t, &progress), GAN_ERROR_ARGUMENT);
  players_destroy(p);
}

typedef struct watcher {
  players *p;
  int64_t calls, last_step, stop_at;
  gan_status nested;
  bool cancel;
} watcher;

static int32_t watch(const gan_progress *progress, void *user) {
  watcher *w = user;
  w->calls++;
  w->last_step = progress->step;
  assert_int_equal(progress->struct_size, sizeof *progress);
  w->nested = gan_trainer_step(w->p->t, real_rows(0, ROWS), ROWS);
  if (w->cancel) gan_context_cancel(w->p->context);
  return w->calls == w->stop_at;
}

static void callback_sees_every_step_and_stops_it(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  gan_dataset *data;
  MUST(gan_dataset_create_ring(p->context, 8, 2.0, 0.02, &data));
  MUST(gan_trainer_set_data(p->t, data, ROWS));
  watcher w = {.p = p, .stop_at = 3};
  MUST(gan_trainer_set_callback(p->t, watch, &w));
  assert_int_equal(gan_trainer_run(p->t, 10), GAN_ERROR_CANCELLED);
  assert_non_null(strstr(gan_context_message(p->context), "callback"));
  assert_int_equal(w.calls, 3);
  assert_int_equal(w.last_step, 3);
  assert_int_equal(w.nested, GAN_ERROR_STATE);  /* no training from inside */
  assert_int_equal(gan_trainer_steps(p->t), 3); /* the step itself was made */
  assert_int_equal(gan_optimizer_updates(p->og), 3);
  w.cancel = true; /* as another thread would, in the middle of the run */
  assert_int_equal(gan_trainer_run(p->t, 10), GAN_ERROR_CANCELLED);
  assert_int_equal(gan_trainer_steps(p->t), 4);
  w.cancel = false;
  MUST(gan_trainer_run(p->t, 2));
  MUST(gan_trainer_set_callback(p->t, NULL, NULL));
  picture before = take_picture(p);
  MUST(gan_context_cancel(p->context));
  assert_int_equal(gan_trainer_step(p->t, real_rows(0, ROWS), ROWS), GAN_ERROR_CANCELLED);
  assert_unchanged(p, &before);
  MUST(gan_trainer_step(p->t, real_rows(0, ROWS), ROWS));
  gan_dataset_destroy(data);
  players_destroy(p);
}

static void explains_itself(void **state) {
  (void)state;
  players made, *p = &made;
  const char *text = NULL;
  players_create(p, &(setup){0});
  MUST(gan_trainer_explain(p->t, ROWS, &text));
  assert_true(strlen(text) > 100);
  MUST(gan_trainer_graph_text(p->t, ROWS, &text));
  assert_non_null(strstr(text, "generator/dense_1"));
  assert_non_null(strstr(text, "matmul"));
  assert_int_equal(gan_trainer_explain(p->t, 0, &text), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_steps(p->t), 0);
  assert_int_equal(gan_trainer_players(p->t), 2);
  assert_string_equal(gan_trainer_player_name(p->t, 0), "generator");
  assert_string_equal(gan_trainer_player_name(p->t, 1), "discriminator");
  assert_null(gan_trainer_player_name(p->t, 2));
  assert_null(gan_trainer_player_name(p->t, -1));
  players_destroy(p);
}

/* ---- Errors. ---- */

static void settings_refuse_bad_values(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  gan_trainer *t = p->t;
  static const struct {
    gan_status (*set)(gan_trainer *trainer, int32_t value);
    int32_t values[3];
  } rows[] = {
      {gan_trainer_set_unroll, {-1, 10001, INT32_MIN}},
      {gan_trainer_set_approximate, {-1, 2, INT32_MAX}},
      {gan_trainer_set_inner_batches, {0, 3, -5}},
      {gan_trainer_set_order, {0, 3, -5}},
      {gan_trainer_set_noise, {0, 4, -5}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    for (int32_t v = 0; v < 3; v++) {
      char number[16];
      snprintf(number, sizeof number, "%d", rows[i].values[v]);
      assert_int_equal(rows[i].set(t, rows[i].values[v]), GAN_ERROR_ARGUMENT);
      assert_non_null(strstr(gan_context_message(p->context), number));
    }
    assert_int_equal(rows[i].set(NULL, 1), GAN_ERROR_ARGUMENT);
  }
  assert_int_equal(gan_trainer_set_unroll_player(t, "nobody"), GAN_ERROR_NAME);
  assert_int_equal(gan_trainer_set_unroll_player(t, NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_set_first(t, "nobody"), GAN_ERROR_NAME);
  assert_int_equal(gan_trainer_set_steps(t, "nobody", 1), GAN_ERROR_NAME);
  assert_non_null(strstr(gan_context_message(p->context), "nobody"));
  assert_int_equal(gan_trainer_set_steps(t, NULL, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_set_steps(t, "generator", 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_set_steps(t, "generator", 1001), GAN_ERROR_ARGUMENT);
  static const double decays[] = {-0.1, 1, 2, NAN, INFINITY};
  for (size_t i = 0; i < sizeof decays / sizeof *decays; i++)
    assert_int_equal(gan_trainer_set_average(t, decays[i]), GAN_ERROR_ARGUMENT);
  players_destroy(p);
}

static void steps_refuse_bad_batches(void **state) {
  (void)state;
  players made, *p = &made, others, *o = &others;
  players_create(p, &(setup){0});
  players_create(o, &(setup){0});
  gan_trainer *t = p->t;
  gan_batch *batch, *foreign;
  gan_dataset *data;
  const float *rows = real_rows(0, 8);
  MUST(gan_batch_create(p->context, &batch));
  gan_status made_foreign = gan_batch_create(o->context, &foreign);
  assert_int_equal(made_foreign, GAN_OK);
  const gan_batch *batches[] = {batch, batch};
  picture before = take_picture(p);
  assert_int_equal(gan_trainer_step(NULL, rows, 4), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_step(t, NULL, 4), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_step(t, rows, 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_step(t, rows, -3), GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(p->context), "-3"));
  assert_int_equal(gan_trainer_step(t, rows, INT64_MAX), GAN_ERROR_LIMIT);
  assert_int_equal(gan_trainer_step_discriminator(t, NULL, 4), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_step_generator(t, NULL, 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_step_batch(t, NULL, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_step_batch(t, batches, 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_step_batch(t, batches, 2), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_step_batch(t, batches, 1), GAN_ERROR_NAME);
  assert_non_null(strstr(gan_context_message(p->context), "real"));
  int32_t labels[4] = {0};
  MUST(gan_batch_set(batch, "real", GAN_I32, labels, 2, (int64_t[]){2, 2}));
  assert_int_equal(gan_trainer_step_batch(t, batches, 1), GAN_ERROR_ARGUMENT);
  MUST(gan_batch_set(batch, "real", GAN_F32, rows, 2, (int64_t[]){2, 3}));
  assert_int_equal(gan_trainer_step_batch(t, batches, 1), GAN_ERROR_SHAPE);
  assert_non_null(strstr(gan_context_message(p->context), "[3]"));
  assert_int_equal(gan_trainer_step_player(t, "nobody", batches, 1), GAN_ERROR_NAME);
  batches[0] = foreign;
  assert_int_equal(gan_trainer_step_batch(t, batches, 1), GAN_ERROR_CONTEXT);
  batches[0] = NULL;
  assert_int_equal(gan_trainer_step_batch(t, batches, 1), GAN_ERROR_ARGUMENT);
  /* Two batches of different lengths. */
  MUST(gan_trainer_set_steps(t, "discriminator", 2));
  gan_batch *longer;
  MUST(gan_batch_create(p->context, &longer));
  MUST(gan_batch_set(batch, "real", GAN_F32, rows, 2, (int64_t[]){2, 2}));
  MUST(gan_batch_set(longer, "real", GAN_F32, rows, 2, (int64_t[]){3, 2}));
  batches[0] = batch;
  batches[1] = longer;
  assert_int_equal(gan_trainer_step_batch(t, batches, 2), GAN_ERROR_SHAPE);
  /* Data sets. */
  assert_int_equal(gan_trainer_run(t, 1), GAN_ERROR_STATE);
  assert_int_equal(gan_trainer_run(t, -1), GAN_ERROR_ARGUMENT);
  MUST(gan_dataset_create_array(p->context, rows, 4, 3, 0, &data));
  assert_int_equal(gan_trainer_set_data(t, data, 2), GAN_ERROR_SHAPE);
  gan_dataset_destroy(data);
  MUST(gan_dataset_create_array(p->context, rows, 4, 2, 0, &data));
  assert_int_equal(gan_trainer_set_data(t, data, 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_set_data(t, data, 5), GAN_ERROR_ARGUMENT);
  gan_status status = gan_trainer_set_data(o->t, data, 2);
  assert_int_equal(status, GAN_ERROR_CONTEXT);
  assert_unchanged(p, &before);
  gan_dataset_destroy(data);
  gan_batch_destroy(longer);
  gan_batch_destroy(batch);
  gan_batch_destroy(foreign);
  players_destroy(o);
  players_destroy(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(step_is_one_move_of_each),
      cmocka_unit_test(simultaneous_moves_see_the_old_state),
      cmocka_unit_test(several_moves_thread_the_state),
      cmocka_unit_test(settings_change_the_step),
      cmocka_unit_test(settings_take_effect_at_once),
      cmocka_unit_test(progress_tells_what_the_step_saw),
      cmocka_unit_test(progress_keeps_to_its_size),
      cmocka_unit_test(callback_sees_every_step_and_stops_it),
      cmocka_unit_test(explains_itself),
      cmocka_unit_test(settings_refuse_bad_values),
      cmocka_unit_test(steps_refuse_bad_batches),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
