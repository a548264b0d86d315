/* SPDX-License-Identifier: MIT */
/* A small generator and discriminator with loss and optimizers, and pictures of all their live
 * bytes. Included after <cmocka.h>. */
#ifndef GAN__TESTS_PLAYERS_H
#define GAN__TESTS_PLAYERS_H

#include <stdlib.h>
#include <string.h>

#include "failing.h"
#include "train/trainer.h"
#include "train/unroll.h"

/* Fails the test with the context's message. */
#define MUST(call)                                                                                 \
  do {                                                                                             \
    gan_status must_status = (call);                                                               \
    if (must_status != GAN_OK)                                                                     \
      fail_msg("%s: %s: %s", #call, gan_status_name(must_status),                                  \
               gan_context_message(p->context));                                                   \
  } while (0)

/* What the players are made of; zeros stand for the first choice. */
typedef struct players players;
typedef struct setup {
  const char *type;       /* "f64; " or "" */
  const char *activation; /* "tanh" */
  int32_t loss, optimizer;
  double generator_rate, discriminator_rate;
  int32_t units;                         /* 8 */
  const char *generator, *discriminator; /* whole texts instead of the above; 2 numbers a row */
  void (*prepare)(players *p);           /* before the trainer is made */
} setup;

struct players {
  gan_context *context; /* with the allocator `memory` */
  failing memory;
  gan_generator *g;
  gan_discriminator *d;
  gan_loss *loss;
  gan_optimizer *og, *od;
  gan_trainer *t;
};

/* Latent 3, 8 units, 2 numbers a row. No other handle exists yet, so equal setups give equal bits.
 */
static inline void players_create(players *p, const setup *s) {
  char text[256];
  const char *type = s->type ? s->type : "f64; ", *act = s->activation ? s->activation : "tanh";
  int32_t units = s->units ? s->units : 8, kind = s->optimizer ? s->optimizer : GAN_OPTIMIZER_ADAM;
  memset(p, 0, sizeof *p);
  p->context = failing_context(&p->memory);
  MUST(gan_context_set_seed(p->context, 11));
  snprintf(text, sizeof text, "%slatent 3 normal; dense %d %s; dense 2", type, units, act);
  MUST(gan_generator_parse(p->context, s->generator ? s->generator : text, &p->g));
  snprintf(text, sizeof text, "%sinput 2; dense %d %s; dense 1", type, units, act);
  MUST(gan_discriminator_parse(p->context, s->discriminator ? s->discriminator : text, &p->d));
  MUST(gan_loss_create(p->context, s->loss ? s->loss : GAN_LOSS_MINIMAX, &p->loss));
  MUST(gan_optimizer_create(p->context, kind, &p->og));
  MUST(gan_optimizer_create(p->context, kind, &p->od));
  double slow = s->generator_rate != 0 ? s->generator_rate : 0.01;
  double fast = s->discriminator_rate != 0 ? s->discriminator_rate : 0.02;
  MUST(gan_optimizer_set(p->og, GAN_LEARNING_RATE, slow));
  MUST(gan_optimizer_set(p->od, GAN_LEARNING_RATE, fast));
  if (s->prepare) s->prepare(p);
  MUST(gan_trainer_create(p->context, p->g, p->d, p->loss, p->og, p->od, &p->t));
}

/* Also checks that nothing leaked. */
static inline void players_destroy(players *p) {
  gan_trainer_destroy(p->t);
  gan_optimizer_destroy(p->og);
  gan_optimizer_destroy(p->od);
  gan_loss_destroy(p->loss);
  gan_generator_destroy(p->g);
  gan_discriminator_destroy(p->d);
  gan_context_destroy(p->context);
  assert_int_equal(p->memory.live, 0);
}

/* `rows` real rows [rows, 2] on a half circle, different for each number. At most 512. */
static inline const float *real_rows(int32_t number, int64_t rows) {
  static float data[512 * 2];
  for (int64_t i = 0; i < rows; i++) {
    float t = (float)((i * 37 + number * 11) % 64) / 32.0f - 1.0f;
    data[2 * i] = t;
    data[2 * i + 1] = 0.75f - t * t;
  }
  return data;
}

static inline void train(players *p, int32_t steps, int64_t rows) {
  for (int32_t i = 0; i < steps; i++)
    MUST(gan_trainer_step(p->t, real_rows(i, rows), rows));
}

/* ---- Batches with labels: for a loss that classifies, into CLASSES classes. ---- */

enum { CLASSES = 3, LABELLED_MAX = 64 };

/* `rows` real rows and `labelled` rows with labels, of the f32 or i32 arrays that each batch keeps
 * here until the next call with this `place` (0 to 7). */
static inline gan_batch *labelled_batch(players *p, int32_t place, int64_t rows, int64_t labelled) {
  static float data[8][512 * 2], known[8][LABELLED_MAX * 2];
  static int32_t labels[8][LABELLED_MAX];
  gan_batch *batch;
  memcpy(data[place], real_rows(place, rows), (size_t)rows * 2 * sizeof(float));
  memcpy(known[place], real_rows(place + 9, labelled), (size_t)labelled * 2 * sizeof(float));
  for (int64_t i = 0; i < labelled; i++)
    labels[place][i] = (int32_t)((i * 5 + place) % CLASSES);
  MUST(gan_batch_create(p->context, &batch));
  MUST(gan_batch_set(batch, "real", GAN_F32, data[place], 2, (int64_t[]){rows, 2}));
  MUST(gan_batch_set(batch, "labelled", GAN_F32, known[place], 2, (int64_t[]){labelled, 2}));
  MUST(gan_batch_set(batch, "labels", GAN_I32, labels[place], 1, &labelled));
  return batch;
}

/* As train(), with labels where the loss wants them. */
static inline void train_any(players *p, int32_t steps, int64_t rows) {
  if (p->t->session.slot_kinds == 1) {
    train(p, steps, rows);
    return;
  }
  for (int32_t i = 0; i < steps; i++) {
    gan_batch *batch = labelled_batch(p, i % 8, rows, rows > 8 ? 8 : 4);
    MUST(gan_trainer_step_batch(p->t, (const gan_batch *const *)&batch, 1));
    gan_batch_destroy(batch);
  }
}

/* ---- Pictures: parameters, moments, numbers of updates and averages of everything. ---- */

typedef struct picture {
  char *bytes;
  size_t count;
} picture;

static inline void picture_add(picture *at, const void *bytes, size_t count) {
  at->bytes = realloc(at->bytes, at->count + count);
  memcpy(at->bytes + at->count, bytes, count);
  at->count += count;
}

static inline picture take_picture(const players *p) {
  picture made = {NULL, 0};
  const gan_network *networks[] = {p->g->network, p->d->network};
  const gan_optimizer *optimizers[] = {p->og, p->od};
  for (int32_t n = 0; n < 2; n++) {
    picture_add(&made, &optimizers[n]->updates, sizeof(double));
    for (int32_t i = 0; i < networks[n]->parameter_count; i++) {
      const gan__parameter *parameter = &networks[n]->parameters[i];
      size_t bytes =
          (size_t)(gan__shape_count(&parameter->shape) * gan__dtype_size(networks[n]->dtype));
      picture_add(&made, parameter->data, bytes);
      for (int32_t k = 0; k < GAN__MOMENTS; k++)
        if (optimizers[n]->moments[k]) picture_add(&made, optimizers[n]->moments[k][i], bytes);
      if (p->t->session.players[n].average.values)
        picture_add(&made, p->t->session.players[n].average.values[i], bytes);
    }
  }
  for (int32_t n = 0; n < 2; n++)
    picture_add(&made, &p->t->session.players[n].average.weight, sizeof(double));
  picture_add(&made, &p->t->steps, sizeof p->t->steps);
  picture_add(&made, &p->t->batches, sizeof p->t->batches);
  return made;
}

static inline bool same_picture(picture a, picture b) {
  return a.count == b.count && memcmp(a.bytes, b.bytes, a.count) == 0;
}

/* Compares with the present state, then frees. */
static inline void assert_unchanged(const players *p, picture *before) {
  picture now = take_picture(p);
  assert_true(same_picture(*before, now));
  free(now.bytes);
  free(before->bytes);
  before->bytes = NULL;
}

#endif
