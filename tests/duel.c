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
  DONE(gan_trainer_set_order(self->trainer, setup->order));
  DONE(gan_trainer_set_unroll(self->trainer, setup->unroll));
  DONE(gan_trainer_set_average(self->trainer, setup->average));
  if (gan_network_input_width(gan_discriminator_network(self->discriminator)) == 2)
    DONE(gan_dataset_create_ring(context, 8, 2, 0.02, &self->dataset));
  else
    make_rows(self);
  DONE(gan_trainer_set_data(self->trainer, self->dataset, setup->rows));
}

void duel_close(duel *self) {
  gan_trainer_destroy(self->trainer);
  gan_dataset_destroy(self->dataset);
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
