/* SPDX-License-Identifier: MIT */
/* Job: inversion of generators as the public calls see it. */
#ifndef GAN__TRAIN_INVERT_H
#define GAN__TRAIN_INVERT_H

#include <gan/invert.h>

#include "nn/model.h"

enum {
  GAN__INVERT_STARTS = 3, /* where the caller gives 0 */
  GAN__INVERT_EVALUATIONS = 300,
  GAN__INVERT_STARTS_MAX = 1000,
  GAN__INVERT_EVALUATIONS_MAX = 1000000
};

/* What is to be found. */
typedef struct gan__inversion {
  gan_inversion settings; /* checked, without zeros that stand for something else */
  int64_t n;              /* at least 1 */
  gan__array targets;     /* [n, output shape], finite */
  gan__array latents;     /* [n, latent size] */
  gan__array errors;      /* [n] */
} gan__inversion;

gan_status gan__generator_invert(gan_generator *generator, const gan__inversion *inversion);

#endif
