/* SPDX-License-Identifier: MIT */
/* Job: an optimizer's settings and live state; positions. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "train/optimizer.h"

/* What each setting may be: least to most, the latter itself excluded where told. */
static const struct {
  const char *name;
  double least, most;
  bool most_excluded;
} ranges[GAN__SETTINGS] = {
    [GAN_LEARNING_RATE] = {"learning rate", 0, 1e30, false},
    [GAN_MOMENTUM] = {"momentum", 0, 1, true},
    [GAN_RHO] = {"rho", 0, 1, true},
    [GAN_BETA1] = {"beta1", 0, 1, true},
    [GAN_BETA2] = {"beta2", 0, 1, true},
    [GAN_EPSILON] = {"epsilon", 1e-30, 1e30, false},
};

gan_status gan__optimizer_create(gan_context *context, int32_t kind, gan_optimizer **optimizer) {
  const gan__optimizer_kind *row = gan__optimizer_kind_of(kind);
  if (!row)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "optimizer: there is no kind %d; GAN_OPTIMIZER_SGD is %d, ..._ADAM is %d",
                     kind, GAN_OPTIMIZER_SGD, GAN_OPTIMIZER_ADAM);
  gan_optimizer *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  *made = (gan_optimizer){.context = context, .references = 1, .kind = kind};
  for (int32_t i = 0; i < GAN__SETTINGS; i++)
    made->settings[i] = row->defaults[i] < 0 ? 0 : row->defaults[i];
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
    return gan__fail(
        optimizer->context, GAN_ERROR_ARGUMENT,
        "optimizer: there is no setting %d; GAN_LEARNING_RATE is %d, GAN_EPSILON is %d", setting,
        GAN_LEARNING_RATE, GAN_EPSILON);
  if (row->defaults[setting] < 0)
    return gan__fail(optimizer->context, GAN_ERROR_ARGUMENT, "optimizer: %s has no %s", row->name,
                     ranges[setting].name);
  return GAN_OK;
}

gan_status gan__optimizer_set(gan_optimizer *optimizer, int32_t setting, double value) {
  GAN_TRY(check_setting(optimizer, setting));
  double least = ranges[setting].least, most = ranges[setting].most;
  bool excluded = ranges[setting].most_excluded;
  /* Written so that a NaN is refused. */
  if (!(value >= least && (excluded ? value < most : value <= most))) {
    char is[32], from[32], to[32];
    return gan__fail(optimizer->context, GAN_ERROR_ARGUMENT,
                     "optimizer: %s is %s; allowed are %s to %s%s", ranges[setting].name,
                     gan__text_double(is, value), gan__text_double(from, least),
                     excluded ? "less than " : "", gan__text_double(to, most));
  }
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

gan_status gan__optimizer_bind(gan_optimizer *optimizer, gan_network *network) {
  if (optimizer->network == network) return GAN_OK;
  if (optimizer->network && optimizer->updates > 0)
    return gan__fail(optimizer->context, GAN_ERROR_STATE,
                     "optimizer: its moments belong to another network, which it has updated %lld "
                     "times; gan_optimizer_reset() frees it",
                     (long long)optimizer->updates);
  const gan__optimizer_kind *row = gan__optimizer_kind_of(optimizer->kind);
  void **moments[GAN__MOMENTS] = {NULL};
  for (int32_t k = 0; k < row->moments; k++) {
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
