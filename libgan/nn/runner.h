/* SPDX-License-Identifier: MIT */
/* Job: runs a network over any number of rows by a few cached plans. */
#ifndef GAN__NN_RUNNER_H
#define GAN__NN_RUNNER_H

#include "nn/network.h"

/* Rows are cut into chunks by their number alone: 1, 16, 128, then 512 rows each. So one sample
 * costs one row, a row's bits do not depend on how many others are asked for (the last chunk always
 * runs whole), and four plans serve all. Where rows depend on each other, all of a call are one
 * chunk of a fifth size. */
enum { GAN__CHUNK_SIZES = 4, GAN__CHUNK_WHOLE = GAN__CHUNK_SIZES, GAN__CHUNK_KINDS };

typedef struct gan__chunk {
  int64_t index; /* also the step of its random draws */
  int64_t first, rows;
  int32_t size; /* 0 .. GAN__CHUNK_WHOLE */
} gan__chunk;

/* The chunk that follows; starts from gan__chunk_first(). */
gan__chunk gan__chunk_first(void);
gan__chunk gan__chunk_next(gan__chunk chunk);

typedef struct gan__runner gan__runner;

/* What is to be run. */
typedef struct gan__run {
  int64_t rows;
  gan__array input;  /* [rows, input shape]; data NULL for latents drawn from `seed` */
  gan__array output; /* [rows, shape of the layer], or of the latents alone */
  int32_t layer;     /* 1 + the index of the layer that is wanted; 0: the output */
  uint64_t seed;
  void *const *parameters; /* NULL for the network's own */
  bool latents_only;
  bool probabilities; /* of the output: its sigmoid, or of several numbers a row their softmax */
} gan__run;

gan_status gan__runner_create(gan_network *network, const char *prefix, gan__runner **runner);
void gan__runner_destroy(gan__runner *runner);
gan_status gan__runner_run(gan__runner *runner, const gan__run *run);

#endif
