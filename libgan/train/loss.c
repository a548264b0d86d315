/* SPDX-License-Identifier: MIT */
/* Job: the kinds of losses as nodes on logits.
 *
 * With s the sigmoid and sp the softplus: log s(a) = -sp(-a) and log(1 - s(a)) = -sp(a), so that no
 * probability is ever formed. Gradients: d sp(a) / da = s(a), right at any |a|. */
#include "graph/compose.h"
#include "train/loss.h"

/* [N, K] of outputs of any shape. */
static gan__id flatten(gan__graph *graph, gan__id outputs) {
  gan__shape shape = gan__node_at(graph, outputs)->shape;
  int64_t dims[2] = {shape.dims[0], gan__shape_product(&shape, 1, shape.rank)};
  gan__shape flat = gan__shape_make(2, dims);
  return gan__op_reshape(graph, outputs, &flat);
}

gan__id gan__loss_logit(gan__graph *graph, gan__id outputs) {
  if (graph->status != GAN_OK || outputs == GAN__NONE) return GAN__NONE;
  gan__shape shape = gan__node_at(graph, outputs)->shape;
  if (gan__shape_product(&shape, 1, shape.rank) == 1) return outputs;
  return gan__op_logsumexp(graph, flatten(graph, outputs), 1);
}

static gan__id logits_of(const gan__case *asked, int32_t rows) {
  return gan__loss_logit(asked->graph, asked->scene->logits(asked->scene->self, rows));
}

/* The mean cross entropy of logits against one soft target t, sp(a) - t a; sp(-a) for t = 1. */
static gan__id cost(gan__graph *graph, gan__id logits, double target) {
  if (target == 1) logits = gan__op_neg(graph, logits);
  gan__id value = gan__op_softplus(graph, logits);
  if (target != 0 && target != 1)
    value = gan__op_sub(graph, value, gan__op_scale(graph, logits, target));
  return gan__op_mean_all(graph, value);
}

/* -E log s(a_r) - E log(1 - s(a_f)), minus the value V of Goodfellow et al. 2014, equation 1. With
 * a target t < 1 of the real rows one-sided label smoothing, Salimans et al. 2016, section 3.4. */
static gan__id cross_entropy(const gan__case *asked) {
  gan__id real = logits_of(asked, GAN_ROWS_REAL), fake = logits_of(asked, GAN_ROWS_FAKE);
  gan__id first = cost(asked->graph, real, asked->loss->settings[GAN_REAL_TARGET]);
  return gan__op_add(asked->graph, first, cost(asked->graph, fake, 0));
}

/* V itself: in a zero-sum game the generator's loss is minus the discriminator's. Where nothing is
 * unrolled the term of the real rows does not depend on the generator and is left out. */
static gan__id minimax_generator(const gan__case *asked) {
  if (asked->unrolled) return gan__op_neg(asked->graph, cross_entropy(asked));
  return gan__op_neg(asked->graph, cost(asked->graph, logits_of(asked, GAN_ROWS_FAKE), 0));
}

static gan__id non_saturating_generator(const gan__case *asked) {
  double target = asked->loss->settings[GAN_GENERATOR_TARGET];
  return cost(asked->graph, logits_of(asked, GAN_ROWS_FAKE), target);
}

/* mean(L - l_y): the cross entropy of the class logits l [N, K] against the labels y [N]. */
static gan__id class_entropy(const gan__case *asked) {
  gan__graph *graph = asked->graph;
  gan__id outputs = asked->scene->logits(asked->scene->self, GAN_ROWS_LABELLED);
  gan__id labels = asked->scene->labels(asked->scene->self);
  if (graph->status != GAN_OK || outputs == GAN__NONE || labels == GAN__NONE) return GAN__NONE;
  gan__id logits = flatten(graph, outputs);
  if (logits == GAN__NONE) return GAN__NONE;
  const gan__node *node = gan__node_at(graph, logits);
  gan__id chosen = gan__op_one_hot(graph, labels, node->shape.dims[1], node->dtype);
  gan__id right = gan__op_sum(graph, gan__op_mul(graph, logits, chosen), 1, 1);
  return gan__op_mean_all(graph, gan__op_sub(graph, gan__loss_logit(graph, outputs), right));
}

/* Salimans et al. 2016, section 5, with K logits and the fake class's fixed at 0, so that with L =
 * logsumexp l the probability of being real is s(L): labelled mean(L - l_y), unlabelled half the
 * cross entropy of real and generated rows. */
static gan__id semi_supervised(const gan__case *asked) {
  double labelled = asked->loss->settings[GAN_LABELLED_WEIGHT];
  double unlabelled = asked->loss->settings[GAN_UNLABELLED_WEIGHT];
  gan__graph *graph = asked->graph;
  gan__id first = GAN__NONE;
  if (labelled > 0) first = gan__op_scale(graph, class_entropy(asked), labelled);
  if (unlabelled == 0 && labelled > 0) return first;
  gan__id second = gan__op_scale(graph, cross_entropy(asked), 0.5 * unlabelled);
  return labelled > 0 ? gan__op_add(graph, first, second) : second;
}

enum {
  TARGET = 1 << GAN_REAL_TARGET,
  BOTH_TARGETS = TARGET | 1 << GAN_GENERATOR_TARGET,
  WEIGHTS = 1 << GAN_LABELLED_WEIGHT | 1 << GAN_UNLABELLED_WEIGHT,
  KERNELS = 1 << GAN_KERNELS | 1 << GAN_KERNEL_DIMENSIONS
};

static const gan__loss_kind kinds[] = {
    [GAN_LOSS_MINIMAX] = {.name = "minimax",
                          .generator_need = GAN__NEED_AHEAD,
                          .settings = TARGET,
                          .discriminator = cross_entropy,
                          .generator = minimax_generator},
    [GAN_LOSS_NON_SATURATING] = {.name = "non-saturating",
                                 .settings = BOTH_TARGETS,
                                 .discriminator = cross_entropy,
                                 .generator = non_saturating_generator},
    [GAN_LOSS_FEATURE_MATCHING] = {.name = "feature matching",
                                   .matches_features = true,
                                   .settings = TARGET,
                                   .discriminator = cross_entropy},
    [GAN_LOSS_MINIBATCH_DISCRIMINATION] = {.name = "minibatch discrimination",
                                           .generator_need = GAN__NEED_AHEAD,
                                           .couples_rows = true,
                                           .settings = TARGET | KERNELS,
                                           .discriminator = cross_entropy,
                                           .generator = minimax_generator},
    [GAN_LOSS_SEMI_SUPERVISED] = {.name = "semi-supervised",
                                  .classes = true,
                                  .matches_features = true,
                                  .settings = TARGET | WEIGHTS,
                                  .discriminator = semi_supervised},
    [GAN_LOSS_TERMS] = {.name = "terms"},
};

const gan__loss_kind *gan__loss_kind_of(int32_t kind) {
  int32_t count = (int32_t)(sizeof kinds / sizeof *kinds);
  return kind > 0 && kind < count ? &kinds[kind] : NULL;
}
