/* SPDX-License-Identifier: MIT */
/* Helper: a trainer with everything it needs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "duel.h"
#include "world.h"

#define DONE(call) assert_int_equal(call, GAN_OK)

const duel_setup duel_ring = {
    .generator = "latent 256 normal; init orthogonal 0.8; dense 128 tanh; dense 128 tanh; dense 2",
    .discriminator = "input 2; init orthogonal 0.8; dense 128 tanh; dense 128 tanh; dense 1",
    .loss = GAN_LOSS_MINIMAX,
    .optimizer = GAN_OPTIMIZER_ADAM,
    .order = GAN_ORDER_ALTERNATING,
    .unroll = 5,
    .threads = 1,
    .rows = 512};

const duel_setup duel_ring_f64 = {.generator = "f64; latent 16 normal; dense 24 tanh; dense 2",
                                  .discriminator =
                                      "f64; input 2; dense 24 tanh; dense 24 softplus; dense 1",
                                  .loss = GAN_LOSS_NON_SATURATING,
                                  .optimizer = GAN_OPTIMIZER_RMSPROP,
                                  .order = GAN_ORDER_SIMULTANEOUS,
                                  .unroll = 3,
                                  .threads = 1,
                                  .average = 0.99,
                                  .rows = 100};

const duel_setup duel_digits = {.generator = "latent 20 uniform; dense 48 relu; dense 784 sigmoid",
                                .discriminator = "input 28x28x1; dense 48 leaky_relu 0.2; dense 1",
                                .loss = GAN_LOSS_NON_SATURATING,
                                .optimizer = GAN_OPTIMIZER_ADAM,
                                .order = GAN_ORDER_ALTERNATING,
                                .unroll = 0,
                                .threads = 1,
                                .average = 0.999,
                                .rows = 33};

const duel_setup duel_layers = {
    .generator =
        "latent 12 normal + 4 uniform + 3 categorical; dense 24; batch_norm; relu; "
        "reference 8; dense 20; virtual_batch_norm; tanh; dense 2",
    .discriminator =
        "input 2; noise 0.1; weight_norm on; maxout 24 3; dropout 0.8; dense 24; "
        "layer_norm; elu; dense 20; batch_norm; softplus; minibatch_discrimination 6 3 "
        "normalized; dense 1",
    .loss = GAN_LOSS_MINIMAX,
    .optimizer = GAN_OPTIMIZER_ADAM,
    .order = GAN_ORDER_ALTERNATING,
    .unroll = 2,
    .threads = 1,
    .average = 0.99,
    .rows = 131};

const duel_setup duel_minibatch = {
    .generator = "latent 16 normal; dense 32 relu; dense 2",
    .discriminator = "input 2; dense 32 relu; minibatch_discrimination 9 5; dense 1",
    .loss = GAN_LOSS_MINIBATCH_DISCRIMINATION,
    .optimizer = GAN_OPTIMIZER_ADAM,
    .order = GAN_ORDER_ALTERNATING,
    .threads = 1,
    .rows = 260};

const duel_setup duel_classes = {
    .generator = "latent 16 uniform; dense 24; batch_norm; softplus; dense 2",
    .discriminator =
        "input 2; noise 0.3; weight_norm on; dense 40 relu; noise 0.5; dense 24 relu; "
        "dense 8",
    .loss = GAN_LOSS_SEMI_SUPERVISED,
    .optimizer = GAN_OPTIMIZER_ADAM,
    .order = GAN_ORDER_ALTERNATING,
    .unroll = 1,
    .threads = 1,
    .rows = 67,
    .labelled = 21};

const duel_setup duel_methods = {
    .generator = "f64; latent 8 normal; dense 16 tanh; dense 2",
    .discriminator = "f64; input 2; dense 16 tanh; dropout 0.9; dense 12 softplus; dense 1",
    .loss = GAN_LOSS_FEATURE_MATCHING,
    .optimizer = GAN_OPTIMIZER_OPTIMISTIC_ADAM,
    .order = GAN_ORDER_SIMULTANEOUS,
    .threads = 1,
    .average = 0.9,
    .rows = 70,
    .method = GAN_METHOD_EXTRAGRADIENT,
    .consensus = 0.1,
    .history = 0.01};

/* Rows of the discriminator's shape: 2 random bytes a number, from a generator of their own. */
static void make_rows(duel *self) {
  const gan_network *network = gan_discriminator_network(self->discriminator);
  int64_t dims[6] = {100};
  int32_t rank = gan_network_input_rank(network);
  for (int32_t axis = 0; axis < rank; axis++)
    dims[axis + 1] = gan_network_input_dim(network, axis);
  int64_t count = dims[0] * gan_network_input_width(network);
  self->rows = test_malloc((size_t)count * sizeof *self->rows);
  uint64_t word = 1;
  for (int64_t i = 0; i < count; i++) {
    word = gan__mix(word + 1);
    self->rows[i] = (float)(word >> 48) / 65536;
  }
  DONE(gan_dataset_create_tensor(self->context, GAN_F32, self->rows, rank + 1, dims, 0,
                                 &self->dataset));
}

static void choose_method(duel *self, const duel_setup *setup) {
  DONE(gan_trainer_set_order(self->trainer, setup->order));
  DONE(gan_trainer_set_unroll(self->trainer, setup->unroll));
  DONE(gan_trainer_set_average(self->trainer, setup->average));
  if (setup->method) DONE(gan_trainer_set_method(self->trainer, setup->method));
  DONE(gan_trainer_set_consensus(self->trainer, setup->consensus));
  DONE(gan_loss_set_historical_averaging(self->loss, "generator", setup->history));
  DONE(gan_loss_set_historical_averaging(self->loss, "discriminator", setup->history));
}

void duel_open(duel *self, gan_context *context, const duel_setup *setup) {
  *self = (duel){.context = context};
  assert_non_null(context);
  DONE(gan_context_set_seed(context, 3));
  DONE(gan_context_set_threads(context, setup->threads));
  DONE(gan_generator_parse(context, setup->generator, &self->generator));
  DONE(gan_discriminator_parse(context, setup->discriminator, &self->discriminator));
  DONE(gan_loss_create(context, setup->loss, &self->loss));
  gan_optimizer **optimizers[] = {&self->generator_optimizer, &self->discriminator_optimizer};
  for (int32_t i = 0; i < 2; i++) {
    DONE(gan_optimizer_create(context, setup->optimizer, optimizers[i]));
    DONE(gan_optimizer_set(*optimizers[i], GAN_LEARNING_RATE, 0.001));
  }
  DONE(gan_trainer_create(context, self->generator, self->discriminator, self->loss,
                          self->generator_optimizer, self->discriminator_optimizer,
                          &self->trainer));
  choose_method(self, setup);
  if (gan_network_input_width(gan_discriminator_network(self->discriminator)) == 2)
    DONE(gan_dataset_create_ring(context, 8, 2, 0.02, &self->dataset));
  else
    make_rows(self);
  DONE(gan_trainer_set_data(self->trainer, self->dataset, setup->rows));
  if (setup->labelled == 0) return;
  DONE(gan_dataset_create_ring(context, 8, 2, 0.02, &self->labelled));
  DONE(gan_trainer_set_labelled_data(self->trainer, self->labelled, setup->labelled));
}

void duel_close(duel *self) {
  gan_trainer_destroy(self->trainer);
  gan_dataset_destroy(self->dataset);
  gan_dataset_destroy(self->labelled);
  if (self->rows) test_free(self->rows);
  gan_optimizer_destroy(self->discriminator_optimizer);
  gan_optimizer_destroy(self->generator_optimizer);
  gan_loss_destroy(self->loss);
  gan_discriminator_destroy(self->discriminator);
  gan_generator_destroy(self->generator);
}

uint64_t duel_mark(const duel *self) {
  return gan__join(world_network_mark(gan_generator_network(self->generator)),
                   world_network_mark(gan_discriminator_network(self->discriminator)));
}
