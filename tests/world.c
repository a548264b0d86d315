/* SPDX-License-Identifier: MIT */
/* Helper: a counted allocator, a small world of handles, and what can be said about its state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash.h"
#include "data/dataset.h"
#include "io/image.h"
#include "sanitized.h"
#include "train/contest.h"
#include "train/trainer.h"
#include "train/unroll.h"
#include "world.h"

/* ---- The allocator. ---- */

/* Lies in the 64 bytes before each block. */
typedef struct block {
  void *base;
  uint64_t bytes;
} block;

static bool refuses(heap *self, uint64_t size) {
  self->calls++;
  bool refused = self->calls == self->fail_at || (self->fail_from && self->calls >= self->fail_from)
                 || (self->cap && self->live_bytes + size > self->cap);
  self->refused += refused;
  return refused;
}

static void *allocate(uint64_t size, uint64_t alignment, void *user) {
  heap *self = user;
  if (refuses(self, size)) return NULL;
  uint64_t before = (alignment > sizeof(block) ? alignment : sizeof(block)) + self->shift;
  before = (before + alignment - 1) / alignment * alignment;
  uint64_t bytes = (before + size + alignment - 1) / alignment * alignment;
  char *base = bytes > size ? aligned_alloc(alignment, bytes) : NULL;
  if (!base) return NULL;
  memset(base, 0xa5, bytes); /* fresh memory is not zero */
  block note = {base, size};
  memcpy(base + before - sizeof note, &note, sizeof note);
  self->live++;
  self->live_bytes += size;
  if (self->live_bytes > self->peak_bytes) self->peak_bytes = self->live_bytes;
  return base + before;
}

static void release(void *memory, void *user) {
  heap *self = user;
  block note;
  memcpy(&note, (char *)memory - sizeof note, sizeof note);
  self->live--;
  self->live_bytes -= note.bytes;
  memset(memory, 0x5a, note.bytes); /* nobody reads it any more */
  free(note.base);
}

gan_context *heap_context(heap *self) {
  gan_allocator allocator = {sizeof allocator, allocate, release, self};
  gan_context *context = NULL;
  return gan_context_create_with(&allocator, &context) == GAN_OK ? context : NULL;
}

void heap_refuse(heap *self, int64_t at, int64_t from) {
  self->calls = 0;
  self->refused = 0;
  self->fail_at = at;
  self->fail_from = from;
}

bool world_is_slow(void) {
  return is_watched();
}

/* ---- The world. ---- */

static gan_status open_models(world *self) {
  gan_context *context = self->context;
  GAN_TRY(gan_context_set_seed(context, 7));
  GAN_TRY(gan_network_parse(context, "input 3; dense 2 tanh; dense 1", &self->network));
  GAN_TRY(gan_network_create(context, GAN_F32, &self->unfinished));
  if (gan_network_input(self->unfinished, 1, (int64_t[]){3}) < 0) return GAN_ERROR_MEMORY;
  GAN_TRY(gan_generator_parse(context, "latent 3 normal; dense 4 tanh; dense 2", &self->generator));
  GAN_TRY(gan_discriminator_parse(context, "input 2; dense 4 tanh; dense 1", &self->discriminator));
  GAN_TRY(gan_loss_create(context, GAN_LOSS_MINIMAX, &self->loss));
  GAN_TRY(gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &self->generator_optimizer));
  return gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &self->discriminator_optimizer);
}

static gan_status open_training(world *self) {
  GAN_TRY(gan_trainer_create(self->context, self->generator, self->discriminator, self->loss,
                             self->generator_optimizer, self->discriminator_optimizer,
                             &self->trainer));
  GAN_TRY(gan_trainer_set_unroll(self->trainer, 1));
  GAN_TRY(gan_trainer_set_average(self->trainer, 0.9));
  GAN_TRY(gan_unroll_create(self->context, self->generator, self->discriminator, self->loss,
                            self->generator_optimizer, self->discriminator_optimizer,
                            &self->unroll));
  GAN_TRY(gan_unroll_set_steps(self->unroll, 1));
  GAN_TRY(gan_unroll_set_batch(self->unroll, self->real, WORLD_ROWS));
  return gan_unroll_gradient(self->unroll, &self->gradient);
}

static gan_status open_data(world *self) {
  static const int64_t dims[] = {WORLD_ROWS, WORLD_WIDTH};
  GAN_TRY(gan_batch_create(self->context, &self->batch));
  GAN_TRY(gan_batch_set(self->batch, "real", GAN_F32, self->real, 2, dims));
  GAN_TRY(gan_dataset_create_array(self->context, self->real, WORLD_SET_ROWS, WORLD_WIDTH, 0,
                                   &self->dataset));
  GAN_TRY(gan_dataset_create_ring(self->context, 8, 2, 0.02, &self->ring));
  GAN_TRY(gan_image_create(self->context, 8, 6, 3, &self->image));
  return gan_image_text(self->image, 1, 1, 1, 0xffffff, "g");
}

gan_status world_open(world *self) {
  for (int32_t i = 0; i < WORLD_SET_ROWS * WORLD_WIDTH; i++)
    self->real[i] = (float)(i * 7 % 5 - 2) / 2;
  self->context = heap_context(&self->heap);
  if (!self->context) return GAN_ERROR_MEMORY;
  GAN_TRY(open_models(self));
  GAN_TRY(open_data(self));
  GAN_TRY(gan_game_create_preset(self->context, GAN_F64, GAN_GAME_DIRAC, &self->game));
  return open_training(self);
}

void world_close(world *self) {
  gan_game_destroy(self->game);
  gan_gradient_destroy(self->gradient);
  gan_unroll_destroy(self->unroll);
  gan_trainer_destroy(self->trainer);
  gan_image_destroy(self->image);
  gan_dataset_destroy(self->ring);
  gan_dataset_destroy(self->dataset);
  gan_batch_destroy(self->batch);
  gan_optimizer_destroy(self->discriminator_optimizer);
  gan_optimizer_destroy(self->generator_optimizer);
  gan_loss_destroy(self->loss);
  gan_discriminator_destroy(self->discriminator);
  gan_generator_destroy(self->generator);
  gan_network_destroy(self->unfinished);
  gan_network_destroy(self->network);
  gan_context_destroy(self->context);
  if (*self->folder) {
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", self->folder);
    if (system(command) != 0) fprintf(stderr, "cannot remove %s\n", self->folder);
  }
  heap kept = self->heap; /* its counters are to be looked at */
  *self = (world){.heap = kept};
}

int32_t world_batch(int64_t index, gan_batch *batch, void *user) {
  static const int64_t dims[] = {WORLD_ROWS, WORLD_WIDTH};
  (void)index;
  return gan_batch_set(batch, "real", GAN_F32, ((world *)user)->real, 2, dims);
}

/* Runs on both kinds of data, and without data again. */
static gan_status use_data(world *self) {
  GAN_TRY(gan_trainer_set_data_callback(self->trainer, world_batch, self));
  GAN_TRY(gan_trainer_run(self->trainer, 1));
  GAN_TRY(gan_trainer_set_data(self->trainer, self->dataset, WORLD_ROWS));
  GAN_TRY(gan_trainer_run(self->trainer, 1));
  return gan_trainer_set_data(self->trainer, NULL, 0);
}

gan_status world_use(world *self) {
  float rows[WORLD_ROWS * WORLD_WIDTH], logits[WORLD_ROWS], weights[6];
  static const float latents[] = {1, 2, 3, -1, -2, -3, 0, 1, 0};
  gan_gradient *gradient;
  GAN_TRY(gan_trainer_step(self->trainer, self->real, WORLD_ROWS));
  GAN_TRY(gan_trainer_step_batch(self->trainer, (const gan_batch *const *)&self->batch, 1));
  GAN_TRY(use_data(self));
  GAN_TRY(gan_game_step(self->game, 2));
  GAN_TRY(gan_unroll_gradient(self->unroll, &gradient));
  gan_gradient_destroy(gradient);
  GAN_TRY(gan_generator_sample(self->generator, WORLD_ROWS, 5, rows));
  GAN_TRY(gan_generator_run(self->generator, latents, 3, rows));
  GAN_TRY(gan_discriminator_run(self->discriminator, rows, WORLD_ROWS, logits));
  GAN_TRY(gan_dataset_batch(self->dataset, 3, WORLD_ROWS, rows, NULL));
  GAN_TRY(gan_dataset_batch(self->ring, 3, WORLD_ROWS, rows, NULL));
  GAN_TRY(gan_image_text(self->image, 2, 0, 1, 0x00ff00, "a"));
  GAN_TRY(gan_network_get_parameter(self->network, "dense_1/weight", weights, 6));
  return gan_network_set_parameter(self->network, "dense_1/weight", weights, 6);
}

/* ---- What it is like. ---- */

static uint64_t join_bytes(uint64_t hash, const void *bytes, uint64_t count) {
  for (uint64_t i = 0; i < count; i++)
    hash = gan__join(hash, ((const unsigned char *)bytes)[i]);
  return hash;
}

static uint64_t bytes_of(const gan_network *network, int32_t parameter) {
  return (uint64_t)(gan__shape_count(&network->parameters[parameter].shape)
                    * gan__dtype_size(network->dtype));
}

static uint64_t mark_network(uint64_t hash, const gan_network *network) {
  hash = gan__join(hash, gan__hash_text(gan_network_text(network)));
  hash = gan__join(hash, network->layer_count);
  for (int32_t i = 0; i < gan_network_parameter_count(network); i++)
    hash = gan__join(join_bytes(hash, network->parameters[i].data, bytes_of(network, i)),
                     network->parameters[i].frozen);
  return hash;
}

uint64_t world_network_mark(const gan_network *network) {
  return mark_network(1, network);
}

static uint64_t mark_arrays(uint64_t hash, void *const *arrays, const gan_network *network) {
  for (int32_t i = 0; arrays && i < network->parameter_count; i++)
    hash = join_bytes(hash, arrays[i], bytes_of(network, i));
  return hash;
}

static uint64_t mark_optimizer(uint64_t hash, const gan_optimizer *optimizer) {
  hash = join_bytes(hash, optimizer->settings, sizeof optimizer->settings);
  hash = join_bytes(hash, &optimizer->updates, sizeof optimizer->updates);
  for (int32_t k = 0; optimizer->network && k < GAN__MOMENTS; k++)
    hash = mark_arrays(hash, optimizer->moments[k], optimizer->network);
  return hash;
}

static uint64_t mark_session(uint64_t hash, const gan__session *session) {
  const gan__schedule *schedule = &session->schedule;
  const int32_t settings[] = {schedule->unroll_steps,  schedule->unroll_player,
                              schedule->approximate,   schedule->inner,
                              schedule->order,         schedule->first,
                              schedule->noise,         schedule->turn_steps[0],
                              schedule->turn_steps[1], schedule->method};
  hash = join_bytes(hash, settings, sizeof settings);
  hash = join_bytes(hash, &session->consensus, sizeof session->consensus);
  for (int32_t p = 0; p < session->player_count; p++) {
    const gan__average *average = &session->players[p].average;
    hash = join_bytes(hash, &average->decay, sizeof average->decay);
    hash = join_bytes(hash, &average->weight, sizeof average->weight);
    hash = mark_arrays(hash, average->values, session->players[p].network);
  }
  return hash;
}

static uint64_t mark_game(uint64_t hash, const gan_game *game) {
  hash = mark_session(hash, &game->session);
  hash = gan__join(gan__join(hash, game->seed), (uint64_t)game->steps);
  hash = gan__join(gan__join(hash, game->busy), (uint64_t)game->session.schedule.unroll_through);
  for (int32_t p = 0; p < game->session.player_count; p++) {
    const gan__seat *seat = &game->session.players[p];
    hash = gan__join(hash, gan__hash_text(seat->name));
    hash = join_bytes(hash, &seat->history, sizeof seat->history);
    hash = mark_optimizer(mark_network(hash, seat->network), seat->optimizer);
  }
  return hash;
}

static uint64_t mark_loss(uint64_t hash, const gan_loss *loss) {
  hash = join_bytes(gan__join(hash, loss->term_count), loss->settings, sizeof loss->settings);
  return join_bytes(hash, loss->history, sizeof loss->history);
}

static uint64_t mark_data(uint64_t hash, const world *self) {
  for (int32_t i = 0; i < gan_batch_count(self->batch); i++) {
    hash = gan__join(hash, gan__hash_text(gan_batch_name(self->batch, i)));
    hash = gan__join(hash, (uint64_t)gan_batch_dtype(self->batch, i));
    for (int32_t axis = 0; axis < gan_batch_rank(self->batch, i); axis++)
      hash = gan__join(hash, (uint64_t)gan_batch_dim(self->batch, i, axis));
  }
  hash = gan__join(gan__join(hash, self->dataset->key), self->ring->key);
  hash = gan__join(hash, (uint64_t)gan_dataset_classes(self->dataset));
  hash = join_bytes(hash, self->dataset->source->data, sizeof self->real);
  uint64_t pixels = (uint64_t)(self->image->width * self->image->height * self->image->channels);
  return join_bytes(hash, self->image->pixels, pixels);
}

uint64_t world_mark(const world *self) {
  uint64_t hash = gan__join(1, self->context->seed);
  hash = gan__join(hash, (uint64_t)gan_context_threads(self->context));
  hash = mark_network(hash, self->network);
  hash = mark_network(hash, self->unfinished);
  hash = gan__join(hash, (uint64_t)self->unfinished->status);
  hash = mark_network(hash, gan_generator_network(self->generator));
  hash = mark_network(hash, gan_discriminator_network(self->discriminator));
  hash = mark_optimizer(hash, self->generator_optimizer);
  hash = mark_optimizer(hash, self->discriminator_optimizer);
  hash = mark_loss(hash, self->loss);
  const gan_trainer *trainer = self->trainer;
  hash = mark_session(hash, &trainer->session);
  hash = gan__join(gan__join(hash, trainer->seed), (uint64_t)trainer->steps);
  hash = gan__join(hash, (uint64_t)trainer->batches);
  hash = gan__join(hash, (uint64_t)trainer->dataset_rows);
  hash = gan__join(hash, (uint64_t)trainer->labelled_rows);
  hash = join_bytes(hash, &trainer->progress, sizeof trainer->progress);
  hash = mark_session(hash, &self->unroll->session);
  hash = mark_game(hash, self->game);
  hash = gan__join(gan__join(hash, self->unroll->seed), (uint64_t)self->unroll->rows);
  hash = join_bytes(hash, self->unroll->batches, (uint64_t)self->unroll->batch_bytes);
  return mark_data(hash, self);
}

/* ---- Files. ---- */

const char *world_path(world *self, const char *name) {
  static char path[128];
  if (!*self->folder) {
    snprintf(self->folder, sizeof self->folder, "/tmp/gan-test-world-XXXXXX");
    if (!mkdtemp(self->folder)) abort();
  }
  snprintf(path, sizeof path, "%s/%s", self->folder, name);
  return path;
}

const char *world_file(world *self, const char *name, const void *bytes, uint64_t count) {
  const char *path = world_path(self, name);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) abort();
  return path;
}
