/* SPDX-License-Identifier: MIT */
/* Job: unrolled steps, gradients and objectives on explicit handles. */
#ifndef GAN__TRAIN_UNROLL_H
#define GAN__TRAIN_UNROLL_H

#include <gan/unroll.h>

#include "train/session.h"

struct gan_unroll {
  gan_context *context;
  gan__session session;
  uint64_t seed;
  int64_t rows;        /* of each batch; 0: none yet */
  int64_t labelled;    /* labelled rows of each; 0: none */
  int32_t batch_count; /* 1: it serves every move */
  char *batches;       /* [batch_count][batch_bytes]: the slots of a batch one behind the other */
  int64_t offsets[GAN__SLOT_KINDS]; /* of the slots in a batch, whole alignment units */
  int64_t batch_bytes;              /* of one batch */
};

struct gan_gradient {
  gan_context *context;
  gan_network *network; /* a reference: names and shapes */
  void **values;        /* [parameters], of the network's type */
  double objective, norm;
};

gan_status gan__unroll_create(gan_context *context, const gan__parts *parts, gan_unroll **unroll);
void gan__unroll_destroy(gan_unroll *unroll);

/* Copies the slots of `count` batches: arrays [count][slot kinds], as many rows as the request has.
 */
gan_status gan__unroll_set_arrays(gan_unroll *unroll, const gan__array *arrays, int32_t count,
                                  const gan__request *rows);
/* The same from batches. */
gan_status gan__unroll_set_batches(gan_unroll *unroll, const gan_batch *const *batches,
                                   int32_t count);

/* Looks the job's plan up and gives it the batches. */
gan_status gan__unroll_prepare(gan_unroll *unroll, gan__job job, gan__compiled **compiled);
gan_status gan__unroll_step(gan_unroll *unroll);
/* The objective with parameters[i] in the place of the mover's parameter i, or with its own where
 * `parameters` is NULL. */
gan_status gan__unroll_objective(gan_unroll *unroll, void *const *parameters, double *value);
gan_status gan__unroll_gradient(gan_unroll *unroll, gan_gradient **gradient);
void gan__gradient_destroy(gan_gradient *gradient);

/* check_gradient.c */
gan_status gan__check_gradient(gan_unroll *unroll, int32_t directions, uint64_t seed,
                               gan_gradient_check *report);

#endif
