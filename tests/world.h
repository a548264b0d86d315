/* SPDX-License-Identifier: MIT */
/* A small world to try things on: a context with a counted allocator, and one handle of every kind.
 */
#ifndef GAN__TESTS_WORLD_H
#define GAN__TESTS_WORLD_H

#include <gan/gan.h>

#include "base/context.h"

enum { WORLD_ROWS = 4, WORLD_WIDTH = 2, WORLD_SET_ROWS = 6 };

/* An allocator that counts, can refuse, and can hand out other addresses. */
typedef struct heap {
  int64_t calls; /* of allocate */
  int64_t live;  /* blocks not given back */
  uint64_t live_bytes, peak_bytes;
  int64_t fail_at;   /* this call is refused, counted from 1; 0 for none */
  int64_t fail_from; /* this call and all after it are refused; 0 for none */
  int64_t refused;   /* calls that were */
  uint64_t cap;      /* live_bytes stay within; 0 for no bound */
  uint64_t shift;    /* blocks begin this many bytes later than they would: a multiple of 64 */
} heap;

/* A context on this allocator, which is reset but for its settings. NULL when it was refused. */
gan_context *heap_context(heap *self);

/* Refuses again what was allowed by earlier settings, counting calls from 0. */
void heap_refuse(heap *self, int64_t at, int64_t from);

/* True where everything takes many times as long: under a sanitizer or valgrind. Tests that repeat
 * a thing often may then do it less often. */
bool world_is_slow(void);

typedef struct world {
  heap heap;
  gan_context *context;
  gan_network *network;             /* input 3; dense 2; dense 1: finished, used by nobody */
  gan_network *unfinished;          /* input 3, and no more */
  gan_generator *generator;         /* latent 3; rows [WORLD_WIDTH] */
  gan_discriminator *discriminator; /* rows [WORLD_WIDTH] */
  gan_loss *loss;
  gan_optimizer *generator_optimizer, *discriminator_optimizer; /* Adam */
  gan_trainer *trainer;                                         /* K = 1, an average is kept */
  gan_unroll *unroll;                                           /* K = 1, with a batch */
  gan_gradient *gradient;
  gan_batch *batch;     /* slot "real" [WORLD_ROWS, WORLD_WIDTH] */
  gan_dataset *dataset; /* [WORLD_SET_ROWS, WORLD_WIDTH], no labels */
  gan_dataset *ring;    /* endless */
  gan_image *image;     /* 8 x 6, RGB */
  gan_game *game;       /* f64, of "generator" (1) and "discriminator" (1): GAN_GAME_DIRAC */
  float real[WORLD_SET_ROWS * WORLD_WIDTH];
  char folder[64]; /* for files; "" until world_folder() */
  /* What a constructor was to fill in; all are the same address before a call. */
  union {
    void *any;
    gan_context *context;
    gan_network *network;
    gan_generator *generator;
    gan_discriminator *discriminator;
    gan_loss *loss;
    gan_optimizer *optimizer;
    gan_trainer *trainer;
    gan_unroll *unroll;
    gan_gradient *gradient;
    gan_batch *batch;
    gan_dataset *dataset;
    gan_image *image;
    gan_game *game;
    const char *text;
  } out;
  float values[64];    /* other room for results */
  uint64_t made;       /* objects that a case made successfully on its way */
  struct world *other; /* another world, in another context */
} world;

/* Makes everything, but only until the first call that fails, whose status is returned. The heap's
 * settings must be there already. */
gan_status world_open(world *self);
/* Destroys what there is, the context last. */
void world_close(world *self);

/* A gan_batch_callback whose user is a world: its real rows, [WORLD_ROWS, WORLD_WIDTH]. */
int32_t world_batch(int64_t index, gan_batch *batch, void *user);

/* Something is made with every handle: a step, a gradient, samples, logits, a batch. */
gan_status world_use(world *self);

/* A hash of everything that the handles hold: parameters, moments, averages, counters, progress,
 * settings, pixels, slots. Equal worlds have equal marks, wherever they are in memory. */
uint64_t world_mark(const world *self);

/* The same of one network: text and parameters. */
uint64_t world_network_mark(const gan_network *network);

/* The path of a file in a temporary folder, which is made when first needed and removed with the
 * world. Valid until the next call. */
const char *world_path(world *self, const char *name);
/* Writes such a file. */
const char *world_file(world *self, const char *name, const void *bytes, uint64_t count);

#endif
