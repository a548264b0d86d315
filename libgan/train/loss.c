/* SPDX-License-Identifier: MIT */
/* Job: losses as nodes on logits.
 *
 * With s the sigmoid and sp the softplus: log s(a) = -sp(-a) and log(1 - s(a)) = -sp(a), so that no
 * probability is ever formed. Gradients: d sp(a) / da = s(a), right at any |a|. */
#include "base/memory.h"
#include "graph/build.h"
#include "train/loss.h"

/* mean sp(a) and mean sp(-a). */
static gan__id cost_as_real(gan__graph *graph, gan__id logits) {
  return gan__op_mean_all(graph, gan__op_softplus(graph, gan__op_neg(graph, logits)));
}

static gan__id cost_as_fake(gan__graph *graph, gan__id logits) {
  return gan__op_mean_all(graph, gan__op_softplus(graph, logits));
}

/* -E log s(a_r) - E log(1 - s(a_f)), minus the value V of Goodfellow et al. 2014, equation 1. */
static gan__id cross_entropy(gan__graph *graph, gan__id real_logits, gan__id fake_logits) {
  return gan__op_add(graph, cost_as_real(graph, real_logits), cost_as_fake(graph, fake_logits));
}

/* V itself: in a zero-sum game the generator's loss is minus the discriminator's. */
static gan__id minimax_generator(gan__graph *graph, gan__id real_logits, gan__id fake_logits) {
  if (real_logits == GAN__NONE) return gan__op_neg(graph, cost_as_fake(graph, fake_logits));
  return gan__op_neg(graph, cross_entropy(graph, real_logits, fake_logits));
}

static gan__id non_saturating_generator(gan__graph *graph, gan__id real_logits,
                                        gan__id fake_logits) {
  (void)real_logits;
  return cost_as_real(graph, fake_logits);
}

static const gan__loss_kind kinds[] = {
    [GAN_LOSS_MINIMAX] = {"minimax", true, cross_entropy, minimax_generator},
    [GAN_LOSS_NON_SATURATING] = {"non-saturating", false, cross_entropy, non_saturating_generator},
};

const gan__loss_kind *gan__loss_kind_of(int32_t kind) {
  int32_t count = (int32_t)(sizeof kinds / sizeof *kinds);
  return kind > 0 && kind < count ? &kinds[kind] : NULL;
}

gan_status gan__loss_create(gan_context *context, int32_t kind, gan_loss **loss) {
  if (!gan__loss_kind_of(kind))
    return gan__fail(
        context, GAN_ERROR_ARGUMENT,
        "loss: there is no kind %d; GAN_LOSS_MINIMAX is %d, GAN_LOSS_NON_SATURATING %d", kind,
        GAN_LOSS_MINIMAX, GAN_LOSS_NON_SATURATING);
  gan_loss *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  *made = (gan_loss){.context = context, .references = 1, .kind = kind};
  *loss = made;
  return GAN_OK;
}

void gan__loss_ref(gan_loss *loss) {
  loss->references++;
}

void gan__loss_unref(gan_loss *loss) {
  if (loss && --loss->references == 0) gan__release(loss->context, loss);
}

gan__id gan__loss_discriminator(const gan_loss *loss, gan__graph *graph, gan__id real_logits,
                                gan__id fake_logits) {
  return gan__loss_kind_of(loss->kind)->discriminator(graph, real_logits, fake_logits);
}

gan__id gan__loss_generator(const gan_loss *loss, gan__graph *graph, gan__id real_logits,
                            gan__id fake_logits) {
  return gan__loss_kind_of(loss->kind)->generator(graph, real_logits, fake_logits);
}
