/* SPDX-License-Identifier: MIT */
/* Bad calls of the losses, terms, labelled rows and methods of loss.h and trainer.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bad_input.h"
#include "train/trainer.h"

static double number;

static gan_status set(world *w, int32_t setting, double value) {
  return gan_loss_set(w->loss, setting, value);
}

static gan_status get(world *w, int32_t setting) {
  number = -5;
  gan_status status = gan_loss_get(w->loss, setting, &number);
  assert_true(number == -5);
  return status;
}

static gan_status match(world *w, const char *layer, int32_t form, double weight) {
  return gan_loss_add_feature_matching(w->loss, layer, form, weight);
}

static gan_status average(world *w, const char *player, double weight) {
  return gan_loss_set_historical_averaging(w->loss, player, weight);
}

/* ---- Callbacks of terms. ---- */

static gan_trainer *trainer_inside; /* of the players in hand */
static gan_loss *loss_inside;
static gan_optimizer *optimizer_inside;

static int32_t build_one(gan_graph *g, void *user) {
  (void)user;
  return gan_graph_scalar(g, 1);
}

static int32_t give_up(gan_graph *g, void *user) {
  (void)g, (void)user;
  return -1;
}

static int32_t give_up_with_a_word(gan_graph *g, void *user) {
  (void)user;
  return gan_graph_fail(g, "not on a Sunday");
}

static int32_t build_rows(gan_graph *g, void *user) {
  (void)user;
  return gan_graph_logits(g, GAN_ROWS_REAL);
}

static int32_t ask_for_labels(gan_graph *g, void *user) {
  (void)user;
  return gan_graph_labels(g);
}

static int32_t ask_for_labelled_rows(gan_graph *g, void *user) {
  (void)user;
  return gan_graph_logits(g, GAN_ROWS_LABELLED);
}

static int32_t ask_for_layer(gan_graph *g, void *user) {
  (void)user;
  return gan_graph_features(g, GAN_ROWS_FAKE, "dense_9");
}

static int32_t ask_for_parameter(gan_graph *g, void *user) {
  (void)user;
  return gan_graph_parameter(g, "generator", "dense_1/slope");
}

static int32_t ask_for_player(gan_graph *g, void *user) {
  (void)user;
  return gan_graph_parameter(g, "critic", "dense_1/weight");
}

static gan_status inside; /* what a call from within gave */

static int32_t step_inside(gan_graph *g, void *user) {
  world *w = user;
  inside = gan_trainer_step(trainer_inside, w->real, WORLD_ROWS);
  return gan_graph_fail(g, gan_context_message(w->context));
}

static int32_t unroll_inside(gan_graph *g, void *user) {
  (void)user;
  inside = gan_trainer_set_unroll(trainer_inside, 3);
  return gan_graph_scalar(g, 1);
}

static int32_t add_inside(gan_graph *g, void *user) {
  for (int32_t i = 0; i < 20; i++)
    inside = gan_loss_add_term(loss_inside, "generator", 1, build_one, user);
  return gan_graph_scalar(g, 1);
}

static int32_t average_inside(gan_graph *g, void *user) {
  (void)user;
  inside = gan_trainer_set_average(trainer_inside, 0.5);
  return gan_graph_scalar(g, 1);
}

static int32_t reset_inside(gan_graph *g, void *user) {
  (void)user;
  inside = gan_optimizer_reset(optimizer_inside);
  return gan_graph_scalar(g, 1);
}

/* ---- Players of their own. ---- */

typedef struct own {
  world *w;
  gan_generator *g;
  gan_discriminator *d;
  gan_loss *loss;
  gan_optimizer *optimizers[2];
  gan_trainer *t;
} own;

typedef gan_status work(own *self);

static gan_status open_own(own *self, int32_t kind, const char *discriminator) {
  gan_context *context = self->w->context;
  GAN_TRY(gan_generator_parse(context, "latent 2; dense 2", &self->g));
  GAN_TRY(gan_discriminator_parse(context, discriminator, &self->d));
  GAN_TRY(gan_loss_create(context, kind, &self->loss));
  GAN_TRY(gan_optimizer_create(context, GAN_OPTIMIZER_MOMENTUM, &self->optimizers[0]));
  GAN_TRY(gan_optimizer_create(context, GAN_OPTIMIZER_SGD, &self->optimizers[1]));
  return gan_trainer_create(context, self->g, self->d, self->loss, self->optimizers[0],
                            self->optimizers[1], &self->t);
}

/* What `act` gives on a trainer of this loss; it must not have moved anybody. */
static gan_status with(world *w, int32_t kind, const char *discriminator, work *act) {
  own o = {.w = w};
  gan_status status = open_own(&o, kind, discriminator);
  w->made += 2;
  if (status == GAN_OK) {
    uint64_t marks[2] = {world_network_mark(gan_generator_network(o.g)),
                         world_network_mark(gan_discriminator_network(o.d))};
    trainer_inside = o.t;
    loss_inside = o.loss;
    optimizer_inside = o.optimizers[0];
    status = act(&o);
    assert_true(marks[0] == world_network_mark(gan_generator_network(o.g)));
    assert_true(marks[1] == world_network_mark(gan_discriminator_network(o.d)));
    assert_int_equal(gan_trainer_steps(o.t), 0);
    assert_int_equal(gan_optimizer_updates(o.optimizers[0]), 0);
  }
  gan_trainer_destroy(o.t);
  gan_optimizer_destroy(o.optimizers[0]);
  gan_optimizer_destroy(o.optimizers[1]);
  gan_loss_destroy(o.loss);
  gan_discriminator_destroy(o.d);
  gan_generator_destroy(o.g);
  return status;
}

#define PLAIN   "input 2; dense 3 tanh; dense 1"
#define CLASSES "input 2; dense 3 tanh; dense 3"

static gan_status nothing(own *self) {
  (void)self;
  return GAN_OK;
}

static gan_status step(own *self) {
  return gan_trainer_step(self->t, self->w->real, WORLD_ROWS);
}

static gan_status step_generator_on_nothing(own *self) {
  return gan_trainer_step_generator(self->t, NULL, WORLD_ROWS);
}

static gan_status step_with_unknown_layer(own *self) {
  GAN_TRY(gan_loss_add_feature_matching(self->loss, "dense_7", GAN_FEATURES_SQUARED, 1));
  return step(self);
}

static gan_status create_with_unknown_layer(own *self) {
  GAN_TRY(gan_loss_add_feature_matching(self->loss, "dense_7", GAN_FEATURES_SQUARED, 1));
  return gan_trainer_create(self->w->context, self->g, self->d, self->loss, self->optimizers[0],
                            self->optimizers[1], &self->w->out.trainer);
}

static gan_status too_many_terms(own *self) {
  for (int32_t i = 0; i < 64; i++)
    GAN_TRY(gan_loss_add_term(self->loss, "generator", 1, build_one, NULL));
  gan_status status = gan_loss_add_term(self->loss, "generator", 1, build_one, NULL);
  assert_int_equal(gan_loss_add_feature_matching(self->loss, NULL, GAN_FEATURES_SQUARED, 1),
                   status);
  return status;
}

static gan_status extragradient_of_two(own *self) {
  GAN_TRY(gan_trainer_set_method(self->t, GAN_METHOD_EXTRAGRADIENT));
  GAN_TRY(gan_trainer_set_steps(self->t, "generator", 2));
  return step(self);
}

static gan_status average_of_nobody(own *self) {
  GAN_TRY(gan_trainer_set_player_average(self->t, "discriminator", 0.5));
  return gan_trainer_average_discriminator(self->t, &self->w->out.discriminator);
}

static gan_status run_without_labelled(own *self) {
  GAN_TRY(gan_trainer_set_data(self->t, self->w->dataset, WORLD_ROWS));
  return gan_trainer_run(self->t, 1);
}

static gan_status label_with_ring(own *self) {
  return gan_trainer_set_labelled_data(self->t, self->w->ring, WORLD_ROWS);
}

static gan_status label_with_nothing(own *self) {
  return gan_trainer_set_labelled_data(self->t, self->w->dataset, WORLD_ROWS);
}

static gan_status label_with_no_rows(own *self) {
  return gan_trainer_set_labelled_data(self->t, self->w->dataset, 0);
}

static gan_status label_with_another(own *self) {
  return gan_trainer_set_labelled_data(self->t, self->w->other->dataset, WORLD_ROWS);
}

static gan_status unroll_without_labels(own *self) {
  gan_unroll *unroll;
  GAN_TRY(gan_unroll_create(self->w->context, self->g, self->d, self->loss, self->optimizers[0],
                            self->optimizers[1], &unroll));
  gan_status status = gan_unroll_set_batch(unroll, self->w->real, WORLD_ROWS);
  gan_unroll_destroy(unroll);
  return status;
}

/* ---- Terms: the callback in hand, of a player. ---- */

static gan_term_callback callback;
static const char *player;

static gan_status step_with_term(own *self) {
  inside = GAN_OK;
  GAN_TRY(gan_loss_add_term(self->loss, player, 1, callback, self->w));
  gan_status status = step(self);
  return inside != GAN_OK ? inside : status;
}

static gan_status term(world *w, const char *whose, gan_term_callback built) {
  callback = built;
  player = whose;
  return with(w, GAN_LOSS_MINIMAX, PLAIN, step_with_term);
}

/* A reset while the plan is made is no harm: the optimizer begins anew, and the step is made. */
static gan_status step_after_reset(own *self) {
  GAN_TRY(gan_loss_add_term(self->loss, "generator", 1, reset_inside, self->w));
  GAN_TRY(gan_optimizer_set(self->optimizers[0], GAN_LEARNING_RATE, 0));
  GAN_TRY(gan_optimizer_set(self->optimizers[1], GAN_LEARNING_RATE, 0));
  GAN_TRY(step(self));
  GAN_TRY(gan_optimizer_reset(self->optimizers[0]));
  self->t->steps = 0;
  return GAN_OK;
}

/* ---- Labelled batches: three labelled rows, the second with the label and the value in hand. ----
 */

static struct {
  const char *labelled, *labels;
  int32_t dtype, label;
  int64_t count;
  float value;
} given;

static gan_status step_given(own *self) {
  const int32_t labels[4] = {0, given.label, 2, 0};
  const float rows[3 * WORLD_WIDTH] = {1, 0, given.value, 1, -1, 0.5f};
  gan_batch *batch;
  GAN_TRY(gan_batch_create(self->w->context, &batch));
  GAN_TRY(gan_batch_set(batch, "real", GAN_F32, self->w->real, 2,
                        (int64_t[]){WORLD_ROWS, WORLD_WIDTH}));
  GAN_TRY(gan_batch_set(batch, given.labelled, GAN_F32, rows, 2, (int64_t[]){3, WORLD_WIDTH}));
  GAN_TRY(gan_batch_set(batch, given.labels, given.dtype, labels, 1, &given.count));
  gan_status status = gan_trainer_step_batch(self->t, (const gan_batch *const *)&batch, 1);
  gan_batch_destroy(batch);
  return status;
}

#define GIVEN(...)                                                                                 \
  (given.labelled = "labelled", given.labels = "labels", given.dtype = GAN_I32, given.label = 1,   \
   given.count = 3, given.value = 0, __VA_ARGS__,                                                  \
   with(w, GAN_LOSS_SEMI_SUPERVISED, CLASSES, step_given))

#define BAD BAD_FUNCTION
#include "bad_input_methods.def"

static const bad_case cases[] = {
#define BAD BAD_ROW
#include "bad_input_methods.def"
};

static void bad_methods_are_refused(void **state) {
  (void)state;
  assert_int_equal(bad_input_check(cases, BAD_COUNT(cases)), 0);
}

/* The calls above are good ones but for what is bad about them. */
static void good_ones_are_not(void **state) {
  (void)state;
  world made = {.folder = ""}, *w = &made;
  assert_int_equal(world_open(w), GAN_OK);
  assert_int_equal(with(w, GAN_LOSS_MINIMAX, PLAIN, step_after_reset), GAN_OK);
  own o = {.w = w};
  assert_int_equal(open_own(&o, GAN_LOSS_SEMI_SUPERVISED, CLASSES), GAN_OK);
  given.labelled = "labelled", given.labels = "labels", given.dtype = GAN_I32;
  given.label = 1, given.count = 3, given.value = 0;
  assert_int_equal(step_given(&o), GAN_OK);
  gan_trainer_destroy(o.t);
  gan_optimizer_destroy(o.optimizers[0]);
  gan_optimizer_destroy(o.optimizers[1]);
  gan_loss_destroy(o.loss);
  gan_discriminator_destroy(o.d);
  gan_generator_destroy(o.g);
  world_close(w);
  assert_int_equal(w->heap.live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bad_methods_are_refused),
      cmocka_unit_test(good_ones_are_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
