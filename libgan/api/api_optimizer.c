/* SPDX-License-Identifier: MIT */
/* Job: the public calls of optimizer.h: check arguments, call down. */
#include "train/optimizer.h"

gan_status gan_optimizer_create(gan_context *context, int32_t kind, gan_optimizer **optimizer) {
  if (!context) return GAN_ERROR_ARGUMENT;
  if (!optimizer)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "gan_optimizer_create: optimizer is NULL");
  return gan__optimizer_create(context, kind, optimizer);
}

void gan_optimizer_destroy(gan_optimizer *optimizer) {
  gan__optimizer_unref(optimizer);
}

gan_status gan_optimizer_set(gan_optimizer *optimizer, int32_t setting, double value) {
  return optimizer ? gan__optimizer_set(optimizer, setting, value) : GAN_ERROR_ARGUMENT;
}

gan_status gan_optimizer_get(const gan_optimizer *optimizer, int32_t setting, double *value) {
  if (!optimizer) return GAN_ERROR_ARGUMENT;
  if (!value)
    return gan__fail(optimizer->context, GAN_ERROR_ARGUMENT, "gan_optimizer_get: value is NULL");
  return gan__optimizer_get(optimizer, setting, value);
}

int32_t gan_optimizer_kind(const gan_optimizer *optimizer) {
  return optimizer ? optimizer->kind : 0;
}

int64_t gan_optimizer_updates(const gan_optimizer *optimizer) {
  return optimizer ? (int64_t)optimizer->updates : 0;
}

gan_status gan_optimizer_reset(gan_optimizer *optimizer) {
  if (!optimizer) return GAN_ERROR_ARGUMENT;
  gan__optimizer_reset(optimizer);
  return GAN_OK;
}
