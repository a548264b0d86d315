/* SPDX-License-Identifier: MIT */
/* Bad calls of loss.h, optimizer.h, trainer.h and unroll.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bad_input.h"

static const int64_t fit[] = {WORLD_ROWS, WORLD_WIDTH};
static const int64_t wide[] = {WORLD_ROWS, 3};
static int64_t number;
static gan_gradient_check check = {.struct_size = sizeof check};
static gan_gradient_check short_check = {.struct_size = 4};

static gan_status optimizer(world *w, int32_t kind) {
  return gan_optimizer_create(w->context, kind, &w->out.optimizer);
}

static gan_status adam(world *w, int32_t setting, double value) {
  return gan_optimizer_set(w->generator_optimizer, setting, value);
}

static gan_status adam_get(world *w, int32_t setting) {
  double value = -5;
  gan_status status = gan_optimizer_get(w->generator_optimizer, setting, &value);
  assert_true(value == -5);
  return status;
}

/* ---- Making trainers. The same must be refused for the explicit calls, for the same reason. ----
 */

typedef struct parts {
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_loss *loss;
  gan_optimizer *optimizers[2];
} parts;

static gan_status trainer_of(world *w, gan_context *context, const parts *p) {
  gan_status status = gan_unroll_create(context, p->generator, p->discriminator, p->loss,
                                        p->optimizers[0], p->optimizers[1], &w->out.unroll);
  char message[1024];
  memcpy(message, context->message, sizeof message);
  assert_int_equal(gan_trainer_create(context, p->generator, p->discriminator, p->loss,
                                      p->optimizers[0], p->optimizers[1], &w->out.trainer),
                   status);
  assert_string_equal(context->message, message);
  return status;
}

static parts parts_of(world *w) {
  return (parts){w->generator,
                 w->discriminator,
                 w->loss,
                 {w->generator_optimizer, w->discriminator_optimizer}};
}

static gan_status pair(world *w, const char *generator, const char *discriminator) {
  parts p = parts_of(w);
  GAN_TRY(gan_generator_parse(w->context, generator, &p.generator));
  GAN_TRY(gan_discriminator_parse(w->context, discriminator, &p.discriminator));
  w->made += 2;
  GAN_TRY(gan_optimizer_create(w->context, GAN_OPTIMIZER_SGD, &p.optimizers[0]));
  GAN_TRY(gan_optimizer_create(w->context, GAN_OPTIMIZER_SGD, &p.optimizers[1]));
  gan_status status = trainer_of(w, w->context, &p);
  gan_optimizer_destroy(p.optimizers[0]);
  gan_optimizer_destroy(p.optimizers[1]);
  gan_discriminator_destroy(p.discriminator);
  gan_generator_destroy(p.generator);
  return status;
}

/* A discriminator of that text with minibatch discrimination of so many kernels and dimensions. */
static gan_status adapt(world *w, const char *text, double kernels, double dimensions) {
  gan_discriminator *discriminator;
  gan_loss *loss;
  GAN_TRY(gan_discriminator_parse(w->context, text, &discriminator));
  w->made++;
  GAN_TRY(gan_loss_create(w->context, GAN_LOSS_MINIBATCH_DISCRIMINATION, &loss));
  GAN_TRY(gan_loss_set(loss, GAN_KERNELS, kernels));
  GAN_TRY(gan_loss_set(loss, GAN_KERNEL_DIMENSIONS, dimensions));
  gan_status status = gan_discriminator_for_loss(discriminator, loss, &w->out.discriminator);
  gan_loss_destroy(loss);
  gan_discriminator_destroy(discriminator);
  return status;
}

static gan_status one_optimizer(world *w) {
  parts p = parts_of(w);
  p.optimizers[1] = p.optimizers[0];
  return trainer_of(w, w->context, &p);
}

/* It has moments of the world's generator, not of the copy. */
static gan_status used_optimizer(world *w) {
  parts p = parts_of(w);
  GAN_TRY(gan_generator_clone(w->generator, &p.generator));
  w->made++;
  gan_status status = trainer_of(w, w->context, &p);
  gan_generator_destroy(p.generator);
  return status;
}

/* One handle of the other context: the generator, ..., the context itself. */
static gan_status foreign(world *w, int32_t which) {
  parts p = parts_of(w);
  gan_context *context = which == 5 ? w->other->context : w->context;
  if (which == 0) p.generator = w->other->generator;
  if (which == 1) p.discriminator = w->other->discriminator;
  if (which == 2) p.loss = w->other->loss;
  if (which == 3) p.optimizers[0] = w->other->generator_optimizer;
  if (which == 4) p.optimizers[1] = w->other->discriminator_optimizer;
  gan_status status = trainer_of(w, context, &p);
  if (which == 5) assert_non_null(strstr(context->message, "another context"));
  return status;
}

/* ---- Steps. ---- */

static gan_status step_player(world *w, const char *player) {
  return gan_trainer_step_player(w->trainer, player, (const gan_batch *const *)&w->batch, 1);
}

/* Plans are given up for memory that is missing, not the world. */
static gan_status rows_beyond_the_cap(world *w, int64_t rows) {
  w->heap.cap = w->heap.live_bytes + (4 << 20);
  gan_status status = gan_trainer_step(w->trainer, w->real, rows);
  w->heap.cap = 0;
  return status;
}

static gan_status step_capped(world *w) {
  GAN_TRY(gan_trainer_set_memory_cap(w->trainer, 1));
  gan_status status = gan_trainer_step(w->trainer, w->real, WORLD_ROWS);
  assert_int_equal(gan_trainer_set_memory_cap(w->trainer, 0), GAN_OK);
  return status;
}

static gan_status gradient_capped(world *w) {
  gan_gradient *made = NULL;
  GAN_TRY(gan_unroll_set_memory_cap(w->unroll, 100));
  gan_status status = gan_unroll_gradient(w->unroll, &made);
  assert_null(made);
  assert_int_equal(gan_unroll_set_memory_cap(w->unroll, 0), GAN_OK);
  return status;
}

static gan_status step_on(world *w, float last) {
  float rows[WORLD_ROWS * WORLD_WIDTH];
  memcpy(rows, w->real, sizeof rows);
  rows[WORLD_ROWS * WORLD_WIDTH - 1] = last;
  return gan_trainer_step(w->trainer, rows, WORLD_ROWS);
}

static gan_status step_with_huge_weights(world *w) {
  gan_network *network = gan_discriminator_network(w->discriminator);
  float old[4], huge[4] = {3e38f, 3e38f, 3e38f, 3e38f};
  GAN_TRY(gan_network_get_parameter(network, "dense_2/weight", old, 4));
  GAN_TRY(gan_network_set_parameter(network, "dense_2/weight", huge, 4));
  gan_status status = gan_trainer_step(w->trainer, w->real, WORLD_ROWS);
  assert_int_equal(gan_network_set_parameter(network, "dense_2/weight", old, 4), GAN_OK);
  return status;
}

/* The request is used up by the call that honours it. */
static gan_status step_cancelled(world *w) {
  GAN_TRY(gan_context_cancel(w->context));
  return gan_trainer_step(w->trainer, w->real, WORLD_ROWS);
}

static gan_status step_batches(world *w, const gan_batch *batch, int32_t count) {
  const gan_batch *batches[] = {batch, batch, batch};
  return gan_trainer_step_batch(w->trainer, batches, count);
}

static gan_status step_slot(world *w, const char *name, int32_t dtype, int32_t rank,
                            const int64_t *dims) {
  gan_batch *batch;
  GAN_TRY(gan_batch_create(w->context, &batch));
  GAN_TRY(gan_batch_set(batch, name, dtype, w->real, rank, dims));
  gan_status status = step_batches(w, batch, 1);
  gan_batch_destroy(batch);
  return status;
}

static gan_status step_unequal_rows(world *w) {
  static const int64_t fewer[] = {WORLD_ROWS - 1, WORLD_WIDTH};
  gan_batch *batch;
  GAN_TRY(gan_batch_create(w->context, &batch));
  GAN_TRY(gan_batch_set(batch, "real", GAN_F32, w->real, 2, fewer));
  const gan_batch *batches[] = {w->batch, batch};
  gan_status status = gan_trainer_step_batch(w->trainer, batches, 2);
  gan_batch_destroy(batch);
  return status;
}

static gan_status unroll_beyond_the_nodes(world *w) {
  GAN_TRY(gan_trainer_set_unroll(w->trainer, 10000));
  gan_status status = gan_trainer_step(w->trainer, w->real, WORLD_ROWS);
  assert_int_equal(gan_trainer_set_unroll(w->trainer, 1), GAN_OK);
  return status;
}

static gan_status unroll_beyond_the_cap(world *w) {
  GAN_TRY(gan_trainer_set_unroll(w->trainer, 100));
  w->heap.cap = w->heap.live_bytes + (1 << 18);
  gan_status status = gan_trainer_step(w->trainer, w->real, WORLD_ROWS);
  w->heap.cap = 0;
  assert_int_equal(gan_trainer_set_unroll(w->trainer, 1), GAN_OK);
  return status;
}

/* ---- Runs of players of their own, so that the world's stay as they are. ---- */

static gan_trainer *own_trainer; /* of the run in hand */
static gan_status inside;        /* what a step from within gave */

static int32_t answer_17(int64_t index, gan_batch *batch, void *user) {
  (void)index, (void)batch, (void)user;
  return 17;
}

static int32_t set_nothing(int64_t index, gan_batch *batch, void *user) {
  (void)index, (void)batch, (void)user;
  return 0;
}

static int32_t set_wide_rows(int64_t index, gan_batch *batch, void *user) {
  (void)index;
  return gan_batch_set(batch, "real", GAN_F32, ((world *)user)->real, 2, wide);
}

static int32_t set_nan(int64_t index, gan_batch *batch, void *user) {
  static float rows[WORLD_ROWS * WORLD_WIDTH] = {1, 2, NAN};
  (void)index, (void)user;
  return gan_batch_set(batch, "real", GAN_F32, rows, 2, fit);
}

static int32_t step_inside(int64_t index, gan_batch *batch, void *user) {
  inside = gan_trainer_step(own_trainer, ((world *)user)->real, WORLD_ROWS);
  return inside == GAN_OK ? 0 : world_batch(index, batch, user);
}

static int32_t end_it(const gan_progress *progress, void *user) {
  (void)progress, (void)user;
  return 5;
}

static int32_t step_in_callback(const gan_progress *progress, void *user) {
  (void)progress;
  inside = gan_trainer_step(own_trainer, ((world *)user)->real, WORLD_ROWS);
  return 0;
}

/* What it gives: the run's status, or that of a step from within. A step that was refused has
 * changed nothing; one that was made counts. */
static gan_status own_run(world *w, gan_batch_callback data, gan_trainer_callback callback) {
  parts p = parts_of(w);
  GAN_TRY(gan_generator_clone(w->generator, &p.generator));
  GAN_TRY(gan_discriminator_clone(w->discriminator, &p.discriminator));
  w->made += 2;
  GAN_TRY(gan_optimizer_create(w->context, GAN_OPTIMIZER_SGD, &p.optimizers[0]));
  GAN_TRY(gan_optimizer_create(w->context, GAN_OPTIMIZER_MOMENTUM, &p.optimizers[1]));
  GAN_TRY(gan_trainer_create(w->context, p.generator, p.discriminator, p.loss, p.optimizers[0],
                             p.optimizers[1], &own_trainer));
  GAN_TRY(gan_trainer_set_data_callback(own_trainer, data, w));
  GAN_TRY(gan_trainer_set_callback(own_trainer, callback, w));
  uint64_t mark = world_network_mark(gan_generator_network(p.generator));
  inside = GAN_OK;
  gan_status status = gan_trainer_run(own_trainer, 1);
  bool moved = world_network_mark(gan_generator_network(p.generator)) != mark;
  assert_int_equal(moved, gan_trainer_steps(own_trainer) == 1);
  assert_int_equal(moved, callback || inside != GAN_OK);
  assert_int_equal(gan_optimizer_updates(p.optimizers[0]), moved);
  gan_trainer_destroy(own_trainer);
  gan_optimizer_destroy(p.optimizers[0]);
  gan_optimizer_destroy(p.optimizers[1]);
  gan_discriminator_destroy(p.discriminator);
  gan_generator_destroy(p.generator);
  return inside != GAN_OK ? inside : status;
}

static gan_status data_of_another_shape(world *w) {
  gan_dataset *dataset;
  GAN_TRY(gan_dataset_create_array(w->context, w->real, 2, 3, 0, &dataset));
  w->made++;
  gan_status status = gan_trainer_set_data(w->trainer, dataset, 1);
  gan_dataset_destroy(dataset);
  return status;
}

static gan_status average_of_nothing(world *w) {
  parts p = parts_of(w);
  gan_trainer *trainer;
  GAN_TRY(gan_trainer_create(w->context, p.generator, p.discriminator, p.loss, p.optimizers[0],
                             p.optimizers[1], &trainer));
  gan_status status = gan_trainer_average(trainer, &w->out.generator);
  GAN_TRY(gan_trainer_set_average(trainer, 0.5)); /* set, but no step since */
  assert_int_equal(gan_trainer_average(trainer, &w->out.generator), status);
  gan_trainer_destroy(trainer);
  return status;
}

/* ---- Unrolled calls. ---- */

static gan_status unroll_batches(world *w, const gan_batch *batch, int32_t count) {
  const gan_batch *batches[] = {batch, batch, batch};
  return gan_unroll_set_batches(w->unroll, batches, count);
}

static gan_status unroll_batch_beyond_the_cap(world *w) {
  w->heap.cap = w->heap.live_bytes + 4096;
  gan_status status = gan_unroll_set_batch(w->unroll, w->real, 1 << 20);
  w->heap.cap = 0;
  return status;
}

static gan_status unroll_without_rows(world *w) {
  parts p = parts_of(w);
  gan_unroll *unroll;
  GAN_TRY(gan_unroll_create(w->context, p.generator, p.discriminator, p.loss, p.optimizers[0],
                            p.optimizers[1], &unroll));
  GAN_TRY(gan_unroll_set_steps(unroll, 1));
  double value = -5;
  gan_status status = gan_unroll_step(unroll);
  assert_int_equal(gan_unroll_objective(unroll, &value), status);
  assert_int_equal(gan_unroll_gradient(unroll, &w->out.gradient), status);
  assert_true(value == -5);
  gan_unroll_destroy(unroll);
  return status;
}

/* Two batches are right for the same inner batches, not for fresh ones. */
static gan_status unroll_with_other_batches(world *w) {
  GAN_TRY(unroll_batches(w, w->batch, 2));
  GAN_TRY(gan_unroll_set_inner_batches(w->unroll, GAN_INNER_FRESH));
  gan_status status = gan_unroll_step(w->unroll);
  GAN_TRY(gan_unroll_set_inner_batches(w->unroll, GAN_INNER_SAME));
  GAN_TRY(gan_unroll_set_batch(w->unroll, w->real, WORLD_ROWS));
  return status;
}

static gan_status unroll_on_nan(world *w) {
  float rows[WORLD_ROWS * WORLD_WIDTH] = {1, 2, 3, NAN};
  GAN_TRY(gan_unroll_set_batch(w->unroll, rows, WORLD_ROWS));
  double value = -5;
  gan_status status = gan_unroll_objective(w->unroll, &value);
  assert_int_equal(gan_unroll_gradient(w->unroll, &w->out.gradient), status);
  assert_int_equal(gan_unroll_step(w->unroll), status);
  assert_true(value == -5);
  GAN_TRY(gan_unroll_set_steps(w->unroll, 0)); /* drops the plans */
  GAN_TRY(gan_unroll_set_steps(w->unroll, 1));
  assert_int_equal(gan_unroll_set_batch(w->unroll, w->real, WORLD_ROWS), GAN_OK);
  return status;
}

static gan_status gradient(world *w, const char *name, int64_t count) {
  w->values[0] = -5;
  gan_status status = gan_gradient_get(w->gradient, name, w->values, count);
  assert_true(w->values[0] == -5);
  return status;
}

/* ---- Inversion. ---- */

#define INVERSION(...) ((gan_inversion){.struct_size = sizeof(gan_inversion), __VA_ARGS__})

static gan_status invert(world *w, gan_inversion settings, int64_t n) {
  return gan_generator_invert(w->generator, &settings, w->real, n, w->values, w->values + 32);
}

static gan_status invert_nan(world *w) {
  const float targets[WORLD_WIDTH] = {0, NAN};
  gan_inversion settings = INVERSION(.starts = 1);
  return gan_generator_invert(w->generator, &settings, targets, 1, w->values, w->values + 32);
}

static int32_t stop_inversion(int64_t done, int64_t total, double error, void *user) {
  (void)done, (void)total, (void)error, (void)user;
  return 1;
}

#define BAD BAD_FUNCTION
#include "bad_input_train.def"

static const bad_case cases[] = {
#define BAD BAD_ROW
#include "bad_input_train.def"
};

static void bad_training_is_refused(void **state) {
  (void)state;
  assert_int_equal(bad_input_check(cases, BAD_COUNT(cases)), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bad_training_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
