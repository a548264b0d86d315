/* SPDX-License-Identifier: MIT */
/* Job: the public calls of loss.h: check arguments, call down. */
#include "train/loss.h"

gan_status gan_loss_create(gan_context *context, int32_t kind, gan_loss **loss) {
  if (!context) return GAN_ERROR_ARGUMENT;
  if (!loss) return gan__fail(context, GAN_ERROR_ARGUMENT, "gan_loss_create: loss is NULL");
  return gan__loss_create(context, kind, loss);
}

void gan_loss_destroy(gan_loss *loss) {
  gan__loss_unref(loss);
}

int32_t gan_loss_kind(const gan_loss *loss) {
  return loss ? loss->kind : 0;
}
