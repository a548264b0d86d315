/* SPDX-License-Identifier: MIT */
/* Job: losses as nodes on logits. */
#ifndef GAN__TRAIN_LOSS_H
#define GAN__TRAIN_LOSS_H

#include <gan/loss.h>

#include "graph/graph.h"

struct gan_loss {
  gan_context *context;
  int32_t references;
  int32_t kind;
};

/* One kind: its two objectives. Logits are [N, 1] or any shape; losses are scalars. */
typedef struct gan__loss_kind {
  const char *name;
  bool generator_needs_real; /* its objective has a term of the real logits */
  gan__id (*discriminator)(gan__graph *graph, gan__id real_logits, gan__id fake_logits);
  gan__id (*generator)(gan__graph *graph, gan__id real_logits, gan__id fake_logits);
} gan__loss_kind;

/* NULL for an unknown number. */
const gan__loss_kind *gan__loss_kind_of(int32_t kind);

gan_status gan__loss_create(gan_context *context, int32_t kind, gan_loss **loss);
void gan__loss_ref(gan_loss *loss);
/* Gives one reference back, the last frees it; NULL is ignored. */
void gan__loss_unref(gan_loss *loss);

/* What the discriminator minimises. */
gan__id gan__loss_discriminator(const gan_loss *loss, gan__graph *graph, gan__id real_logits,
                                gan__id fake_logits);

/* What the generator minimises. Without real_logits (GAN__NONE) terms that depend on them alone are
 * left out: right where the discriminator's parameters do not depend on the generator's. */
gan__id gan__loss_generator(const gan_loss *loss, gan__graph *graph, gan__id real_logits,
                            gan__id fake_logits);

#endif
