/* SPDX-License-Identifier: MIT */
/* Job: initial values of parameters from their own random streams. */
#ifndef GAN__NN_INITIALISE_H
#define GAN__NN_INITIALISE_H

#include "base/random.h"
#include "nn/network.h"

enum { GAN__ORTHOGONAL_SIDE_MAX = 8192 };

/* One row for each GAN_INIT_*: its word in the text and how many numbers belong to it. */
typedef struct gan__initialiser_row {
  const char *name;
  int32_t numbers;
  bool bias; /* makes sense for a bias, which has no fan */
  double a;  /* the first number unless given; NAN where it must be given */
} gan__initialiser_row;

enum { GAN__INITIALISERS = GAN_INIT_CONSTANT + 1 };
extern const gan__initialiser_row gan__initialiser_rows[GAN__INITIALISERS]; /* [0] is unused */

/* NULL when the kind and its numbers are allowed, else what is wrong, a static text. */
const char *gan__initialiser_refuse(const gan__initialiser *initialiser, bool bias);

/* Fills data, [shape] of `dtype`. A weight is [fan in, fan out]. GAN_ERROR_MEMORY,
 * GAN_ERROR_CANCELLED (orthogonal only). */
gan_status gan__initialise(gan_context *context, const gan__initialiser *initialiser,
                           gan__stream stream, const gan__shape *shape, gan__array data);

#endif
