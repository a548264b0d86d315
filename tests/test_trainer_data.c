/* SPDX-License-Identifier: MIT */
/* libgan/train/trainer_data.c: data sets, the caller's function, batches, flat rows. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "players.h"

enum { ROWS = 7 };

/* ---- Data. ---- */

/* A run takes batch after batch, also across calls, and the same as steps by hand. */
static void run_takes_batches_in_order(void **state) {
  (void)state;
  picture pictures[3];
  for (int32_t i = 0; i < 3; i++) {
    players made, *p = &made;
    gan_dataset *data;
    players_create(p, &(setup){.type = "f32; "});
    MUST(gan_dataset_create_array(p->context, real_rows(3, 30), 30, 2, 1, &data));
    MUST(gan_dataset_set_seed(data, 4));
    if (i < 2) MUST(gan_trainer_set_data(p->t, data, ROWS));
    if (i == 0) MUST(gan_trainer_run(p->t, 9));
    if (i == 1) {
      MUST(gan_trainer_run(p->t, 4));
      MUST(gan_trainer_run(p->t, 0));
      MUST(gan_trainer_run(p->t, 5));
    }
    for (int32_t step = 0; i == 2 && step < 9; step++) {
      float rows[2 * ROWS];
      MUST(gan_dataset_batch(data, (uint64_t)step, ROWS, rows, NULL));
      MUST(gan_trainer_step(p->t, rows, ROWS));
      p->t->batches++;
    }
    pictures[i] = take_picture(p);
    gan_dataset_destroy(data);
    players_destroy(p);
  }
  assert_true(same_picture(pictures[0], pictures[1]) && same_picture(pictures[0], pictures[2]));
  for (int32_t i = 0; i < 3; i++)
    free(pictures[i].bytes);
}

typedef struct provider {
  players *p;
  int64_t calls, refuse_at;
  int64_t rows;
  double data[2 * ROWS];
} provider;

static int32_t provide(int64_t index, gan_batch *batch, void *user) {
  provider *self = user;
  if (self->calls == self->refuse_at) return 5;
  assert_int_equal(index, self->calls++);
  /* The same array for every batch, in the other precision: it is read before the next call. */
  const float *rows = real_rows((int32_t)index, ROWS);
  for (int32_t i = 0; i < 2 * ROWS; i++)
    self->data[i] = rows[i];
  assert_int_equal(gan_trainer_step(self->p->t, rows, ROWS), GAN_ERROR_STATE);
  return gan_batch_set(batch, "real", GAN_F64, self->data, 2, (int64_t[]){self->rows, 2});
}

static void run_asks_the_callers_function(void **state) {
  (void)state;
  picture pictures[2];
  for (int32_t i = 0; i < 2; i++) {
    players made, *p = &made;
    players_create(p, &(setup){.type = "f32; "});
    MUST(gan_trainer_set_steps(p->t, "discriminator", 2));
    if (i == 0) {
      provider self = {.p = p, .refuse_at = 5, .rows = ROWS};
      MUST(gan_trainer_set_data_callback(p->t, provide, &self));
      MUST(gan_trainer_run(p->t, 2));
      assert_int_equal(self.calls, 4);
      picture before = take_picture(p);
      assert_int_equal(gan_trainer_run(p->t, 1), GAN_ERROR_CALLBACK);
      assert_non_null(strstr(gan_context_message(p->context), "5"));
      assert_unchanged(p, &before);
    } else {
      for (int32_t step = 0; step < 2; step++) {
        float rows[2][2 * ROWS];
        gan_batch *batches[2];
        for (int32_t b = 0; b < 2; b++) {
          memcpy(rows[b], real_rows(2 * step + b, ROWS), sizeof rows[b]);
          MUST(gan_batch_create(p->context, &batches[b]));
          MUST(gan_batch_set(batches[b], "real", GAN_F32, rows[b], 2, (int64_t[]){ROWS, 2}));
        }
        MUST(gan_trainer_step_batch(p->t, (const gan_batch *const *)batches, 2));
        gan_batch_destroy(batches[0]);
        gan_batch_destroy(batches[1]);
      }
      p->t->batches = 4;
    }
    pictures[i] = take_picture(p);
    players_destroy(p);
  }
  assert_true(same_picture(pictures[0], pictures[1]));
  free(pictures[0].bytes);
  free(pictures[1].bytes);
}

/* One batch for all moves is what gan_trainer_step() does; batches of one player by name. */
static void batches_may_be_shared_or_of_one_player(void **state) {
  (void)state;
  picture pictures[4];
  for (int32_t i = 0; i < 4; i++) {
    players made, *p = &made;
    gan_batch *batch;
    players_create(p, &(setup){0});
    MUST(gan_trainer_set_steps(p->t, "discriminator", 2));
    MUST(gan_batch_create(p->context, &batch));
    const gan_batch *const batches[] = {batch};
    MUST(gan_batch_set(batch, "real", GAN_F32, real_rows(1, ROWS), 2, (int64_t[]){ROWS, 2}));
    if (i == 0) MUST(gan_trainer_step(p->t, real_rows(1, ROWS), ROWS));
    if (i == 1) MUST(gan_trainer_step_batch(p->t, batches, 1));
    if (i == 2) MUST(gan_trainer_step_discriminator(p->t, real_rows(1, ROWS), ROWS));
    if (i == 3) MUST(gan_trainer_step_player(p->t, "discriminator", batches, 1));
    gan_batch_destroy(batch);
    pictures[i] = take_picture(p);
    players_destroy(p);
  }
  assert_true(same_picture(pictures[0], pictures[1]));
  assert_true(same_picture(pictures[2], pictures[3]));
  assert_false(same_picture(pictures[0], pictures[2]));
  for (int32_t i = 0; i < 4; i++)
    free(pictures[i].bytes);
}

/* Rows of shape [3, 2] for an input of 6, and the other way round. */
static void flat_rows_fit(void **state) {
  (void)state;
  static const char *const texts[][2] = {
      {"latent 2 normal; dense 6", "input 6; dense 1"},
      {"latent 2 normal; dense 6", "input 3x2; dense 1"},
  };
  for (int32_t i = 0; i < 2; i++) {
    players made, *p = &made;
    gan_generator *g;
    gan_discriminator *d;
    gan_trainer *t;
    gan_optimizer *og, *od;
    gan_batch *batch;
    gan_dataset *data;
    players_create(p, &(setup){0});
    MUST(gan_generator_parse(p->context, texts[i][0], &g));
    MUST(gan_discriminator_parse(p->context, texts[i][1], &d));
    MUST(gan_optimizer_create(p->context, GAN_OPTIMIZER_SGD, &og));
    MUST(gan_optimizer_create(p->context, GAN_OPTIMIZER_SGD, &od));
    MUST(gan_trainer_create(p->context, g, d, p->loss, og, od, &t));
    MUST(gan_batch_create(p->context, &batch));
    const gan_batch *const batches[] = {batch};
    MUST(gan_batch_set(batch, "real", GAN_F32, real_rows(0, 12), 3, (int64_t[]){4, 3, 2}));
    MUST(gan_trainer_step_batch(t, batches, 1));
    MUST(gan_batch_set(batch, "real", GAN_F32, real_rows(0, 12), 2, (int64_t[]){4, 6}));
    MUST(gan_trainer_step_batch(t, batches, 1));
    MUST(gan_batch_set(batch, "real", GAN_F32, real_rows(0, 12), 3, (int64_t[]){4, 2, 3}));
    gan_status status = gan_trainer_step_batch(t, batches, 1);
    assert_int_equal(status, i == 0 ? GAN_OK : GAN_ERROR_SHAPE);
    MUST(gan_dataset_create_tensor(p->context, GAN_F32, real_rows(0, 12), 3, (int64_t[]){4, 3, 2},
                                   0, &data));
    MUST(gan_trainer_set_data(t, data, 2));
    MUST(gan_trainer_run(t, 3));
    gan_trainer_destroy(t);
    gan_dataset_destroy(data);
    gan_batch_destroy(batch);
    gan_optimizer_destroy(og);
    gan_optimizer_destroy(od);
    gan_generator_destroy(g);
    gan_discriminator_destroy(d);
    players_destroy(p);
  }
}

/* A data set may get other labels while a trainer reads it: more classes than there are logits stop
 * the next run, and it goes on with labels that fit. */
static void labels_are_checked_again(void **state) {
  (void)state;
  enum { N = 30 };
  players made, *p = &made;
  gan_dataset *data;
  int32_t labels[N];
  players_create(
      p, &(setup){.discriminator = "f64; input 2; dense 3", .loss = GAN_LOSS_SEMI_SUPERVISED});
  MUST(gan_dataset_create_array(p->context, real_rows(3, N), N, 2, 1, &data));
  for (int32_t i = 0; i < N; i++)
    labels[i] = i % CLASSES;
  MUST(gan_dataset_set_labels(data, labels, N, CLASSES));
  MUST(gan_trainer_set_data(p->t, data, ROWS));
  MUST(gan_trainer_set_labelled_data(p->t, data, ROWS));
  MUST(gan_trainer_run(p->t, 2));
  labels[0] = CLASSES + 3;
  MUST(gan_dataset_set_labels(data, labels, N, CLASSES + 4));
  assert_int_equal(gan_trainer_run(p->t, 2), GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(p->context), "7 classes"));
  assert_int_equal(gan_trainer_steps(p->t), 2);
  labels[0] = 0;
  MUST(gan_dataset_set_labels(data, labels, N, CLASSES));
  MUST(gan_trainer_run(p->t, 2));
  gan_dataset_destroy(data);
  players_destroy(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(labels_are_checked_again),
      cmocka_unit_test(run_takes_batches_in_order),
      cmocka_unit_test(run_asks_the_callers_function),
      cmocka_unit_test(batches_may_be_shared_or_of_one_player),
      cmocka_unit_test(flat_rows_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
