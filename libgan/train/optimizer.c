/* SPDX-License-Identifier: MIT */
/* Job: an optimizer's settings and live state; positions. */
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "train/optimizer.h"

#define BIT GAN__SETTING_BIT
static const uint32_t common = BIT(GAN_LEARNING_RATE) | BIT(GAN_RATE_DECAY) | BIT(GAN_RATE_FLOOR)
                               | BIT(GAN_RATE_LINEAR_START) | BIT(GAN_RATE_LINEAR_END)
                               | BIT(GAN_GRADIENT_CLIP) | BIT(GAN_WEIGHT_CLIP)
                               | BIT(GAN_MAX_COLUMN_NORM);
#undef BIT

/* What each setting is at first (the learning rate: see the kinds) and may be: least to most, the
 * latter itself excluded where told, and 0 besides where it means off. */
static const struct {
  const char *name;
  double first, least, most;
  bool most_excluded, zero_too;
} rows[GAN__SETTINGS] = {
    [GAN_LEARNING_RATE] = {.name = "learning rate", .most = 1e30},
    [GAN_MOMENTUM] = {.name = "momentum", .first = 0.9, .most = 1, .most_excluded = true},
    [GAN_RHO] = {.name = "rho", .first = 0.9, .most = 1, .most_excluded = true},
    [GAN_BETA1] = {.name = "beta1", .first = 0.9, .most = 1, .most_excluded = true},
    [GAN_BETA2] = {.name = "beta2", .first = 0.999, .most = 1, .most_excluded = true},
    [GAN_EPSILON] = {.name = "epsilon", .first = 1e-8, .least = 1e-30, .most = 1e30},
    [GAN_RATE_DECAY] = {.name = "rate decay", .first = 1, .least = 1, .most = 1e30},
    [GAN_RATE_FLOOR] = {.name = "rate floor", .most = 1e30},
    [GAN_RATE_LINEAR_START] = {.name = "rate linear start", .most = 1e15},
    [GAN_RATE_LINEAR_END] = {.name = "rate linear end", .most = 1e15},
    [GAN_MOMENTUM_FINAL] = {.name = "momentum final",
                            .first = 0.9,
                            .most = 1,
                            .most_excluded = true},
    [GAN_MOMENTUM_START] = {.name = "momentum start", .most = 1e15},
    [GAN_MOMENTUM_END] = {.name = "momentum end", .most = 1e15},
    [GAN_GRADIENT_CLIP] = {.name = "gradient clip", .least = 1e-30, .most = 1e30, .zero_too = true},
    [GAN_WEIGHT_CLIP] = {.name = "weight clip", .least = 1e-30, .most = 1e30, .zero_too = true},
    [GAN_MAX_COLUMN_NORM] = {.name = "max column norm",
                             .least = 1e-30,
                             .most = 1e30,
                             .zero_too = true},
};

static bool has_setting(const gan__optimizer_kind *kind, int32_t setting) {
  return ((common | kind->settings) & GAN__SETTING_BIT(setting)) != 0;
}

gan_status gan__optimizer_create(gan_context *context, int32_t kind, gan_optimizer **optimizer) {
  const gan__optimizer_kind *row = gan__optimizer_kind_of(kind);
  if (!row)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "optimizer: there is no kind %d; GAN_OPTIMIZER_SGD is %d, "
                     "..._OPTIMISTIC_ADAM is %d",
                     kind, GAN_OPTIMIZER_SGD, GAN_OPTIMIZER_OPTIMISTIC_ADAM);
  gan_optimizer *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  *made = (gan_optimizer){.context = context, .references = 1, .kind = kind};
  for (int32_t i = 0; i < GAN__SETTINGS; i++)
    if (has_setting(row, i)) made->settings[i] = rows[i].first;
  made->settings[GAN_LEARNING_RATE] = row->learning_rate;
  *optimizer = made;
  return GAN_OK;
}

static void release_moments(gan_context *context, void **moments, int32_t count) {
  for (int32_t i = 0; moments && i < count; i++)
    gan__release(context, moments[i]);
  gan__release(context, moments);
}

static void unbind(gan_optimizer *optimizer) {
  for (int32_t k = 0; k < GAN__MOMENTS; k++) {
    release_moments(optimizer->context, optimizer->moments[k], optimizer->parameter_count);
    optimizer->moments[k] = NULL;
  }
  if (optimizer->network) gan__network_unref(optimizer->network);
  optimizer->network = NULL;
  optimizer->parameter_count = 0;
  optimizer->updates = 0;
}

void gan__optimizer_ref(gan_optimizer *optimizer) {
  optimizer->references++;
}

void gan__optimizer_unref(gan_optimizer *optimizer) {
  if (!optimizer || --optimizer->references > 0) return;
  unbind(optimizer);
  gan__release(optimizer->context, optimizer);
}

static gan_status check_setting(const gan_optimizer *optimizer, int32_t setting) {
  const gan__optimizer_kind *row = gan__optimizer_kind_of(optimizer->kind);
  if (setting <= 0 || setting >= GAN__SETTINGS)
    return gan__fail(optimizer->context, GAN_ERROR_ARGUMENT,
                     "optimizer: there is no setting %d; GAN_LEARNING_RATE is %d, "
                     "GAN_MAX_COLUMN_NORM is %d",
                     setting, GAN_LEARNING_RATE, GAN_MAX_COLUMN_NORM);
  if (!has_setting(row, setting))
    return gan__fail(optimizer->context, GAN_ERROR_ARGUMENT, "optimizer: %s has no %s", row->name,
                     rows[setting].name);
  return GAN_OK;
}

static gan_status refuse_value(gan_context *context, int32_t setting, double value) {
  char is[32], from[32], to[32];
  return gan__fail(
      context, GAN_ERROR_ARGUMENT, "optimizer: %s is %s; allowed are %s%s to %s%s",
      rows[setting].name, gan__text_double(is, value), rows[setting].zero_too ? "0 and " : "",
      gan__text_double(from, rows[setting].least), rows[setting].most_excluded ? "less than " : "",
      gan__text_double(to, rows[setting].most));
}

gan_status gan__optimizer_set(gan_optimizer *optimizer, int32_t setting, double value) {
  GAN_TRY(check_setting(optimizer, setting));
  double least = rows[setting].least, most = rows[setting].most;
  /* Written so that a NaN is refused. */
  bool inside = value >= least && (rows[setting].most_excluded ? value < most : value <= most);
  if (!inside && !(rows[setting].zero_too && value == 0))
    return refuse_value(optimizer->context, setting, value);
  if (setting != GAN_LEARNING_RATE && optimizer->settings[setting] != value) optimizer->version++;
  optimizer->settings[setting] = value;
  return GAN_OK;
}

gan_status gan__optimizer_get(const gan_optimizer *optimizer, int32_t setting, double *value) {
  GAN_TRY(check_setting(optimizer, setting));
  *value = optimizer->settings[setting];
  return GAN_OK;
}

void gan__optimizer_reset(gan_optimizer *optimizer) {
  unbind(optimizer);
}

/* [count] arrays of zeros in the shapes of the network's parameters; NULL after GAN_ERROR_MEMORY.
 */
static void **allocate_moments(const gan_network *network) {
  int32_t count = network->parameter_count;
  void **moments = gan__allocate(network->context, (uint64_t)count, sizeof *moments);
  for (int32_t i = 0; moments && i < count; i++) {
    moments[i] =
        gan__allocate(network->context, (uint64_t)gan__shape_count(&network->parameters[i].shape),
                      (uint64_t)gan__dtype_size(network->dtype));
    if (moments[i]) continue;
    release_moments(network->context, moments, count);
    return NULL;
  }
  return moments;
}

bool gan__optimizer_keeps(const gan_optimizer *optimizer, int32_t slot) {
  if (slot == GAN__HISTORY) return optimizer->history;
  return slot < gan__optimizer_kind_of(optimizer->kind)->moments;
}

gan_status gan__optimizer_bind(gan_optimizer *optimizer, gan_network *network) {
  if (optimizer->network == network) return GAN_OK;
  if (optimizer->network && optimizer->updates > 0)
    return gan__fail(optimizer->context, GAN_ERROR_STATE,
                     "optimizer: its moments belong to another network, which it has updated %lld "
                     "times; gan_optimizer_reset() frees it",
                     (long long)optimizer->updates);
  void **moments[GAN__MOMENTS] = {NULL};
  for (int32_t k = 0; k < GAN__MOMENTS; k++) {
    if (!gan__optimizer_keeps(optimizer, k)) continue;
    moments[k] = allocate_moments(network);
    if (moments[k]) continue;
    while (k-- > 0)
      release_moments(optimizer->context, moments[k], network->parameter_count);
    return GAN_ERROR_MEMORY;
  }
  unbind(optimizer);
  memcpy(optimizer->moments, moments, sizeof moments);
  gan__network_ref(network);
  optimizer->network = network;
  optimizer->parameter_count = network->parameter_count;
  return GAN_OK;
}

gan_status gan__optimizer_keep_history(gan_optimizer *optimizer) {
  if (optimizer->history) return GAN_OK;
  const gan_network *network = optimizer->network;
  if (network) {
    void **history = allocate_moments(network);
    if (!history) return GAN_ERROR_MEMORY;
    for (int32_t i = 0; i < network->parameter_count && optimizer->updates > 0; i++) {
      int64_t count = gan__shape_count(&network->parameters[i].shape);
      memcpy(history[i], network->parameters[i].data,
             (size_t)(count * gan__dtype_size(network->dtype)));
    }
    optimizer->moments[GAN__HISTORY] = history;
  }
  optimizer->history = true;
  optimizer->version++;
  return GAN_OK;
}

gan_status gan__position_init(gan_context *context, int32_t count, gan__position *position) {
  gan__id *nodes = gan__allocate(context, (uint64_t)count * (1 + GAN__MOMENTS), sizeof *nodes);
  if (!nodes) return GAN_ERROR_MEMORY;
  for (int32_t i = 0; i < count * (1 + GAN__MOMENTS); i++)
    nodes[i] = GAN__NONE;
  *position = (gan__position){.count = count, .parameters = nodes, .updates = GAN__NONE};
  for (int32_t k = 0; k < GAN__MOMENTS; k++)
    position->moments[k] = nodes + (int64_t)count * (1 + k);
  return GAN_OK;
}

void gan__position_finish(gan_context *context, gan__position *position) {
  gan__release(context, position->parameters);
  *position = (gan__position){0};
}

void gan__position_copy(gan__position *to, const gan__position *from) {
  GAN__CHECK(to->count == from->count);
  size_t bytes = (size_t)from->count * (1 + GAN__MOMENTS) * sizeof *from->parameters;
  memcpy(to->parameters, from->parameters, bytes); /* the moments follow in the same block */
  to->updates = from->updates;
}
