/* SPDX-License-Identifier: MIT */
/* Job: a loss's life, settings and weighted terms. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "graph/build.h"
#include "train/loss.h"

/* What each setting may be. */
static const struct {
  const char *name;
  double least, most, first;
  bool whole;
} ranges[GAN__LOSS_SETTINGS] = {
    [GAN_REAL_TARGET] = {"real target", 0, 1, 1, false},
    [GAN_GENERATOR_TARGET] = {"generator target", 0, 1, 1, false},
    [GAN_LABELLED_WEIGHT] = {"labelled weight", 0, 1e30, 1, false},
    [GAN_UNLABELLED_WEIGHT] = {"unlabelled weight", 0, 1e30, 1, false},
    [GAN_KERNELS] = {"kernels", 1, 65536, 100, true},
    [GAN_KERNEL_DIMENSIONS] = {"kernel dimensions", 1, 65536, 5, true},
};

gan_status gan__loss_create(gan_context *context, int32_t kind, gan_loss **loss) {
  if (!gan__loss_kind_of(kind))
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "loss: there is no kind %d; GAN_LOSS_MINIMAX is %d, GAN_LOSS_TERMS %d", kind,
                     GAN_LOSS_MINIMAX, GAN_LOSS_TERMS);
  gan_loss *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  *made = (gan_loss){.context = context, .references = 1, .kind = kind};
  for (int32_t i = 0; i < GAN__LOSS_SETTINGS; i++)
    made->settings[i] = ranges[i].first;
  *loss = made;
  return GAN_OK;
}

void gan__loss_ref(gan_loss *loss) {
  loss->references++;
}

void gan__loss_unref(gan_loss *loss) {
  if (!loss || --loss->references > 0) return;
  gan__release(loss->context, loss->terms);
  gan__release(loss->context, loss);
}

static gan_status check_setting(const gan_loss *loss, int32_t setting) {
  if (setting > 0 && setting < GAN__LOSS_SETTINGS) return GAN_OK;
  return gan__fail(loss->context, GAN_ERROR_ARGUMENT,
                   "loss: there is no setting %d; GAN_REAL_TARGET is %d, "
                   "GAN_KERNEL_DIMENSIONS %d",
                   setting, GAN_REAL_TARGET, GAN_KERNEL_DIMENSIONS);
}

gan_status gan__loss_set(gan_loss *loss, int32_t setting, double value) {
  GAN_TRY(check_setting(loss, setting));
  char is[32], least[32], most[32];
  bool within = value >= ranges[setting].least && value <= ranges[setting].most;
  if (!within || (ranges[setting].whole && value != floor(value)))
    return gan__fail(loss->context, GAN_ERROR_ARGUMENT,
                     "loss: the %s is %s; allowed are %s%s to %s", ranges[setting].name,
                     gan__text_double(is, value),
                     ranges[setting].whole ? "whole numbers from " : "",
                     gan__text_double(least, ranges[setting].least),
                     gan__text_double(most, ranges[setting].most));
  const gan__loss_kind *kind = gan__loss_kind_of(loss->kind);
  if (!(kind->settings & 1U << setting))
    return gan__fail(loss->context, GAN_ERROR_ARGUMENT, "loss: %s has no %s", kind->name,
                     ranges[setting].name);
  if (loss->settings[setting] != value) loss->version++;
  loss->settings[setting] = value;
  return GAN_OK;
}

gan_status gan__loss_get(const gan_loss *loss, int32_t setting, double *value) {
  GAN_TRY(check_setting(loss, setting));
  *value = loss->settings[setting];
  return GAN_OK;
}

static gan_status check_weight(const gan_loss *loss, double weight) {
  char is[32];
  if (fabs(weight) <= GAN__SETTING_MAX) return GAN_OK;
  return gan__fail(loss->context, GAN_ERROR_ARGUMENT,
                   "loss: a term's weight is %s; allowed is -1e30 to 1e30",
                   gan__text_double(is, weight));
}

gan_status gan__loss_add(gan_loss *loss, const gan__term *term) {
  GAN_TRY(check_weight(loss, term->weight));
  if (loss->term_count >= GAN__TERMS_MAX)
    return gan__fail(loss->context, GAN_ERROR_LIMIT, "a loss has at most %d terms", GAN__TERMS_MAX);
  GAN_TRY(gan__reserve(loss->context, &loss->terms, &loss->term_capacity, loss->term_count + 1,
                       sizeof *loss->terms));
  loss->terms[loss->term_count++] = *term;
  loss->version++;
  return GAN_OK;
}

gan_status gan__loss_set_history(gan_loss *loss, int32_t player, double weight) {
  GAN_TRY(check_weight(loss, weight));
  if (loss->history[player] != weight) loss->version++;
  loss->history[player] = weight;
  return GAN_OK;
}

gan__need gan__loss_need(const gan_loss *loss) {
  const gan__loss_kind *kind = gan__loss_kind_of(loss->kind);
  if (kind->matches_features) return GAN__NEED_ALWAYS;
  for (uint64_t i = 0; i < loss->term_count; i++)
    if (loss->terms[i].player == GAN__GENERATOR) return GAN__NEED_ALWAYS;
  return kind->generator_need;
}

/* The mean of a layer's values over the rows, [shape]. */
static gan__id mean_features(const gan__case *asked, int32_t rows, const char *layer) {
  gan__graph *graph = asked->graph;
  gan__id features = asked->scene->features(asked->scene->self, rows, layer);
  if (graph->status != GAN_OK || features == GAN__NONE) return GAN__NONE;
  double count = (double)gan__node_at(graph, features)->shape.dims[0];
  return gan__op_scale(graph, gan__op_sum(graph, features, 0, 1), 1 / count);
}

/* Salimans et al. 2016, section 3.1: E f(x) against E f(G(z)). Their code has the mean over f's
 * elements of the squared difference for digits, of the absolute one for colour pictures. */
static gan__id match_features(const gan__case *asked, int32_t form, const char *layer) {
  gan__graph *graph = asked->graph;
  if (!*layer) layer = asked->layer;
  gan__id real = mean_features(asked, GAN_ROWS_REAL, layer);
  gan__id apart = gan__op_sub(graph, real, mean_features(asked, GAN_ROWS_FAKE, layer));
  if (form == GAN_FEATURES_ABSOLUTE) return gan__op_mean_all(graph, gan__op_abs(graph, apart));
  return gan__op_mean_all(graph, gan__op_mul(graph, apart, apart));
}

/* The term is a copy: its callback may add others to the loss, and so move them all. */
static gan__id build_term(const gan__case *asked, gan__term copy) {
  gan__graph *graph = asked->graph;
  const gan__term *term = &copy;
  gan__id value = GAN__NONE;
  if (term->form) {
    value = match_features(asked, term->form, term->layer);
  } else {
    gan_status status = gan__scene_run(graph, asked->scene, term->callback, term->user, &value);
    if (status != GAN_OK && graph->status == GAN_OK) graph->status = status;
  }
  return gan__op_scale(graph, value, term->weight);
}

gan__id gan__loss_objective(const gan__case *asked, int32_t player) {
  const gan_loss *loss = asked->loss;
  const gan__loss_kind *kind = gan__loss_kind_of(loss->kind);
  gan__graph *graph = asked->graph;
  gan__id sum = GAN__NONE;
  bool generator = player == GAN__GENERATOR, matches = false;
  gan__id (*main)(const gan__case *) = generator ? kind->generator : kind->discriminator;
  if (main) sum = main(asked);
  for (uint64_t i = 0; i < loss->term_count && graph->status == GAN_OK; i++) {
    if (loss->terms[i].player != player) continue;
    matches |= loss->terms[i].form != 0;
    gan__id term = build_term(asked, loss->terms[i]);
    sum = sum == GAN__NONE ? term : gan__op_add(graph, sum, term);
  }
  if (generator && kind->matches_features && !matches) {
    gan__id term = match_features(asked, GAN_FEATURES_SQUARED, "");
    sum = sum == GAN__NONE ? term : gan__op_add(graph, sum, term);
  }
  if (sum == GAN__NONE && graph->status == GAN_OK)
    return gan__graph_fail(graph, GAN_ERROR_STATE,
                           "the loss has no term for the %s: gan_loss_add_term() adds one",
                           generator ? "generator" : "discriminator");
  return sum;
}
