/* SPDX-License-Identifier: MIT */
/* Job: the public calls of loss.h: check arguments, call down. */
#include <string.h>

#include "nn/model.h"
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

gan_status gan_loss_set(gan_loss *loss, int32_t setting, double value) {
  return loss ? gan__loss_set(loss, setting, value) : GAN_ERROR_ARGUMENT;
}

gan_status gan_loss_get(const gan_loss *loss, int32_t setting, double *value) {
  if (!loss) return GAN_ERROR_ARGUMENT;
  if (!value) return gan__fail(loss->context, GAN_ERROR_ARGUMENT, "gan_loss_get: value is NULL");
  return gan__loss_get(loss, setting, value);
}

static gan_status find_player(const gan_loss *loss, const char *name, int32_t *player) {
  if (!name) return gan__fail(loss->context, GAN_ERROR_ARGUMENT, "player is NULL");
  bool generator = !strcmp(name, "generator");
  if (!generator && strcmp(name, "discriminator") != 0)
    return gan__fail(loss->context, GAN_ERROR_NAME,
                     "there is no player \"%.64s\"; there are \"generator\" and "
                     "\"discriminator\"",
                     name);
  *player = generator ? GAN__GENERATOR : GAN__DISCRIMINATOR;
  return GAN_OK;
}

gan_status gan_loss_add_feature_matching(gan_loss *loss, const char *layer, int32_t form,
                                         double weight) {
  if (!loss) return GAN_ERROR_ARGUMENT;
  if (form != GAN_FEATURES_SQUARED && form != GAN_FEATURES_ABSOLUTE)
    return gan__fail(loss->context, GAN_ERROR_ARGUMENT,
                     "feature matching: form is %d; GAN_FEATURES_SQUARED is %d, "
                     "GAN_FEATURES_ABSOLUTE %d",
                     form, GAN_FEATURES_SQUARED, GAN_FEATURES_ABSOLUTE);
  gan__term term = {.player = GAN__GENERATOR, .form = form, .weight = weight};
  size_t length = layer ? strlen(layer) : 0;
  if (layer && (length == 0 || length >= sizeof term.layer))
    return gan__fail(loss->context, GAN_ERROR_NAME,
                     "feature matching: the name of a layer has 1 to %d bytes, this one %zu",
                     GAN__LAYER_NAME_MAX - 1, length);
  if (layer) memcpy(term.layer, layer, length);
  return gan__loss_add(loss, &term);
}

gan_status gan_loss_set_historical_averaging(gan_loss *loss, const char *player, double weight) {
  if (!loss) return GAN_ERROR_ARGUMENT;
  int32_t found = 0;
  GAN_TRY(find_player(loss, player, &found));
  return gan__loss_set_history(loss, found, weight);
}

gan_status gan_loss_add_term(gan_loss *loss, const char *player, double weight,
                             gan_term_callback callback, void *user) {
  if (!loss) return GAN_ERROR_ARGUMENT;
  gan__term term = {.player = 0, .weight = weight, .callback = callback, .user = user};
  GAN_TRY(find_player(loss, player, &term.player));
  if (!callback)
    return gan__fail(loss->context, GAN_ERROR_ARGUMENT, "gan_loss_add_term: callback is NULL");
  return gan__loss_add(loss, &term);
}

gan_status gan_discriminator_for_loss(const gan_discriminator *discriminator, const gan_loss *loss,
                                      gan_discriminator **adapted) {
  if (!discriminator) return GAN_ERROR_ARGUMENT;
  gan_context *context = discriminator->context;
  if (!loss)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "gan_discriminator_for_loss: loss is NULL");
  if (!adapted)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "gan_discriminator_for_loss: adapted is NULL");
  if (loss->context != context)
    return gan__fail(context, GAN_ERROR_CONTEXT, "the loss belongs to another context");
  return gan__loss_adapt(loss, discriminator, adapted);
}
