/* SPDX-License-Identifier: MIT */
/* libgan/train/session.c and compile.c: parts that fit, bad values, memory, the same bits, failure.
 */
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

/* The user's handles may go first. */
static void parts_live_as_long_as_the_trainer(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  gan_generator_destroy(p->g);
  gan_discriminator_destroy(p->d);
  gan_loss_destroy(p->loss);
  gan_optimizer_destroy(p->og);
  gan_optimizer_destroy(p->od);
  p->g = NULL;
  p->d = NULL;
  p->loss = NULL;
  p->og = p->od = NULL;
  train(p, 2, ROWS);
  players_destroy(p);
}

static void networks_must_fit(void **state) {
  (void)state;
  players made, *p = &made, others, *o = &others;
  players_create(p, &(setup){0});
  players_create(o, &(setup){0});
  gan_trainer *t = NULL;
  gan_generator *wide, *single;
  MUST(gan_generator_parse(p->context, "f64; latent 2 normal; dense 5", &wide));
  MUST(gan_generator_parse(p->context, "f32; latent 2 normal; dense 2", &single));
  gan_context *c = p->context;
  gan_status status = gan_trainer_create(c, wide, p->d, p->loss, p->og, p->od, &t);
  assert_int_equal(status, GAN_ERROR_SHAPE);
  assert_non_null(strstr(gan_context_message(c), "[5]"));
  assert_non_null(strstr(gan_context_message(c), "[2]"));
  status = gan_trainer_create(c, single, p->d, p->loss, p->og, p->od, &t);
  assert_int_equal(status, GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(c), "f32"));
  gan_generator *empty;
  MUST(gan_generator_parse(p->context, "f64; latent 2 normal", &empty));
  status = gan_trainer_create(c, empty, p->d, p->loss, p->og, p->od, &t);
  assert_int_equal(status, GAN_ERROR_ARGUMENT);
  assert_non_null(strstr(gan_context_message(c), "no parameters"));
  gan_generator_destroy(empty);
  assert_int_equal(gan_trainer_create(c, p->g, p->d, p->loss, p->og, p->og, &t),
                   GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_create(c, o->g, p->d, p->loss, p->og, p->od, &t), GAN_ERROR_CONTEXT);
  assert_int_equal(gan_trainer_create(c, p->g, o->d, p->loss, p->og, p->od, &t), GAN_ERROR_CONTEXT);
  assert_int_equal(gan_trainer_create(c, p->g, p->d, o->loss, p->og, p->od, &t), GAN_ERROR_CONTEXT);
  assert_int_equal(gan_trainer_create(c, p->g, p->d, p->loss, o->og, p->od, &t), GAN_ERROR_CONTEXT);
  assert_int_equal(gan_trainer_create(c, p->g, p->d, p->loss, p->og, o->od, &t), GAN_ERROR_CONTEXT);
  assert_non_null(strstr(gan_context_message(c), "optimizer"));
  assert_int_equal(gan_trainer_create(NULL, p->g, p->d, p->loss, p->og, p->od, &t),
                   GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_create(c, NULL, p->d, p->loss, p->og, p->od, &t),
                   GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_trainer_create(c, p->g, p->d, p->loss, p->og, p->od, NULL),
                   GAN_ERROR_ARGUMENT);
  assert_null(t);
  gan_generator_destroy(wide);
  gan_generator_destroy(single);
  players_destroy(o);
  players_destroy(p);
}

/* ---- Bad values. ---- */

static void bad_rows_change_nothing_and_are_named(void **state) {
  (void)state;
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  for (int32_t unroll = 0; unroll <= 2; unroll += 2)
    for (int32_t i = 0; i < 3; i++) {
      players made, *p = &made;
      players_create(p, &(setup){.type = "f32; "});
      MUST(gan_trainer_set_unroll(p->t, unroll));
      MUST(gan_trainer_set_average(p->t, 0.5));
      train(p, 2, ROWS);
      gan_progress progress = progress_of(p);
      picture before = take_picture(p);
      float rows[2 * ROWS];
      memcpy(rows, real_rows(0, ROWS), sizeof rows);
      rows[5] = bad[i];
      assert_int_equal(gan_trainer_step(p->t, rows, ROWS), GAN_ERROR_NOT_FINITE);
      assert_non_null(strstr(gan_context_message(p->context), "real batch"));
      assert_unchanged(p, &before);
      gan_progress after = progress_of(p);
      assert_memory_equal(&after, &progress, sizeof after);
      train(p, 1, ROWS); /* and goes on */
      players_destroy(p);
    }
}

/* A rate that throws the parameters out of f32's range is found where it happens. */
static void bad_updates_are_named(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p,
                 &(setup){.type = "f32; ", .activation = "relu", .optimizer = GAN_OPTIMIZER_SGD});
  train(p, 2, ROWS);
  MUST(gan_optimizer_set(p->og, GAN_LEARNING_RATE, 1e30));
  gan_status status = GAN_OK;
  for (int32_t i = 0; i < 20 && status == GAN_OK; i++) {
    picture before = take_picture(p);
    status = gan_trainer_step(p->t, real_rows(i, ROWS), ROWS);
    if (status != GAN_OK) assert_unchanged(p, &before);
    free(before.bytes);
  }
  assert_int_equal(status, GAN_ERROR_NOT_FINITE);
  const char *message = gan_context_message(p->context);
  assert_true(strstr(message, "generator/") || strstr(message, "discriminator/"));
  players_destroy(p);
}

/* A parameter that is NaN already, which only writing into the network's memory can bring about. */
static void bad_parameters_are_named(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  train(p, 1, ROWS);
  ((double *)p->d->network->parameters[2].data)[1] = NAN;
  assert_int_equal(gan_trainer_step(p->t, real_rows(0, ROWS), ROWS), GAN_ERROR_NOT_FINITE);
  assert_non_null(strstr(gan_context_message(p->context), "discriminator/dense_2/weight"));
  players_destroy(p);
}

/* ---- Memory and bits. ---- */

/* Steps of a kind that has occurred ask the allocator for nothing, whatever the learning rate. */
static void warm_steps_allocate_nothing(void **state) {
  (void)state;
  players made, *p = &made;
  gan_dataset *data;
  players_create(p, &(setup){0});
  MUST(gan_dataset_create_ring(p->context, 8, 2.0, 0.02, &data));
  MUST(gan_trainer_set_data(p->t, data, ROWS));
  MUST(gan_trainer_set_unroll(p->t, 2));
  MUST(gan_trainer_set_average(p->t, 0.9));
  for (int32_t round = 0; round < 3; round++) {
    p->memory.calls = 0;
    train(p, 2, ROWS); /* f32 rows for f64 networks: converted */
    train(p, 2, ROWS + 1);
    MUST(gan_trainer_run(p->t, 3));
    MUST(gan_trainer_step_discriminator(p->t, real_rows(0, ROWS), ROWS));
    MUST(gan_trainer_step_generator(p->t, real_rows(0, ROWS), ROWS));
    MUST(gan_optimizer_set(p->og, GAN_LEARNING_RATE, 0.01 / (round + 1)));
    if (round == 0)
      assert_true(p->memory.calls > 0);
    else
      assert_int_equal(p->memory.calls, 0);
  }
  gan_dataset_destroy(data);
  players_destroy(p);
}

/* More kinds of step than plans are kept: the oldest go, nothing else changes. */
static void many_row_counts_share_the_room_for_plans(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  for (int64_t rows = 1; rows <= 3 * GAN__PLANS_MAX; rows++)
    MUST(gan_trainer_step(p->t, real_rows(0, rows), rows));
  int64_t blocks = p->context->live_blocks;
  for (int64_t rows = 1; rows <= 2 * GAN__PLANS_MAX; rows++)
    MUST(gan_trainer_step(p->t, real_rows(0, rows), rows));
  assert_int_equal(p->context->live_blocks, blocks);
  players_destroy(p);
}

/* Rows for several panels, threads in any number, heap addresses moved by other allocations. */
static void same_seed_gives_the_same_bits(void **state) {
  (void)state;
  enum { TIMES = 4, STEPS = 200, MANY = 300 };
  static const int32_t threads[TIMES] = {1, 1, 2, 3};
  picture pictures[TIMES];
  void *shift[TIMES];
  for (int32_t i = 0; i < TIMES; i++) {
    players made, *p = &made;
    shift[i] = malloc((size_t)(1000 + 777 * i));
    players_create(p, &(setup){.type = "f32; ", .units = 24});
    MUST(gan_context_set_threads(p->context, threads[i]));
    MUST(gan_trainer_set_unroll(p->t, 2));
    MUST(gan_trainer_set_average(p->t, 0.9));
    train(p, STEPS, MANY);
    pictures[i] = take_picture(p);
    players_destroy(p);
  }
  for (int32_t i = 1; i < TIMES; i++)
    assert_true(same_picture(pictures[0], pictures[i]));
  for (int32_t i = 0; i < TIMES; i++) {
    free(pictures[i].bytes);
    free(shift[i]);
  }
}

/* Bytes of the plan at K; twice the steps, twice the growth. */
static int64_t bytes_at(players *p, int32_t steps) {
  int64_t bytes = 0;
  MUST(gan_trainer_set_unroll(p->t, steps));
  MUST(gan_trainer_plan_bytes(p->t, 256, &bytes));
  return bytes;
}

static void memory_is_linear_in_the_unrolled_steps(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){.type = "f32; ", .units = 32});
  double ten = (double)(bytes_at(p, 20) - bytes_at(p, 10));
  double twenty = (double)(bytes_at(p, 40) - bytes_at(p, 20));
  assert_true(ten > 0);
  /* Placement leaves gaps that differ a little. */
  assert_true(twenty > 1.8 * ten && twenty < 2.2 * ten);
  players_destroy(p);
}

/* Far more inner steps than a graph may hold. */
static void too_many_steps_are_refused(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  MUST(gan_trainer_set_steps(p->t, "generator", 1000));
  MUST(gan_trainer_set_unroll(p->t, 10000));
  picture before = take_picture(p);
  assert_int_equal(gan_trainer_step(p->t, real_rows(0, 2), 2), GAN_ERROR_LIMIT);
  assert_unchanged(p, &before);
  MUST(gan_trainer_set_steps(p->t, "generator", 1));
  MUST(gan_trainer_set_unroll(p->t, 1));
  train(p, 1, 2);
  players_destroy(p);
}

/* Every call of a training, with each allocation failing in turn, changes nothing and leaks
 * nothing. */
static void survives_every_failing_allocation(void **state) {
  (void)state;
  gan_status status = GAN_ERROR_MEMORY;
  for (int64_t n = 1; status != GAN_OK; n++) {
    players made, *p = &made;
    players_create(p, &(setup){0});
    gan_dataset *data;
    gan_generator *averaged = NULL;
    gan_trainer *t = NULL;
    const char *text;
    MUST(gan_dataset_create_array(p->context, real_rows(0, 30), 30, 2, 0, &data));
    picture before = take_picture(p);
    int64_t blocks = p->context->live_blocks;
    p->memory.calls = 0;
    p->memory.fail_at = n;
    status = gan_trainer_create(p->context, p->g, p->d, p->loss, p->og, p->od, &t);
    if (status == GAN_OK) status = gan_trainer_set_data(t, data, ROWS);
    if (status == GAN_OK) status = gan_trainer_set_unroll(t, 1);
    if (status == GAN_OK) status = gan_trainer_set_average(t, 0.5);
    if (status == GAN_OK) status = gan_trainer_explain(t, ROWS, &text);
    if (status == GAN_OK) status = gan_trainer_run(t, 1);
    bool stepped = status == GAN_OK;
    if (stepped) status = gan_trainer_average(t, &averaged);
    p->memory.fail_at = 0;
    if (status != GAN_OK) assert_int_equal(status, GAN_ERROR_MEMORY);
    gan_generator_destroy(averaged);
    gan_trainer_destroy(t);
    assert_int_equal(p->context->live_blocks, blocks);
    if (!stepped)
      assert_unchanged(p, &before);
    else
      free(before.bytes);
    gan_dataset_destroy(data);
    players_destroy(p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(parts_live_as_long_as_the_trainer),
      cmocka_unit_test(networks_must_fit),
      cmocka_unit_test(bad_rows_change_nothing_and_are_named),
      cmocka_unit_test(bad_updates_are_named),
      cmocka_unit_test(bad_parameters_are_named),
      cmocka_unit_test(warm_steps_allocate_nothing),
      cmocka_unit_test(many_row_counts_share_the_room_for_plans),
      cmocka_unit_test(same_seed_gives_the_same_bits),
      cmocka_unit_test(memory_is_linear_in_the_unrolled_steps),
      cmocka_unit_test(too_many_steps_are_refused),
      cmocka_unit_test(survives_every_failing_allocation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
