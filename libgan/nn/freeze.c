/* SPDX-License-Identifier: MIT */
/* Job: freezes parameters and thaws them: by name, by layer, or all. */
#include <string.h>

#include "nn/start.h"

/* A span of network->parameters. */
typedef struct span {
  int32_t first, count;
  bool exact; /* named as a parameter, not through its layer */
} span;

static int32_t parameter_named(const gan_network *network, const char *name) {
  for (int32_t i = 0; i < network->parameter_count; i++)
    if (!strcmp(network->parameters[i].name, name)) return i;
  return -1;
}

/* Names of layers have no slash, those of parameters do, so no name can mean both. */
static gan_status find(const gan_network *network, const char *name, span *found) {
  if (!name) {
    *found = (span){0, network->parameter_count, false};
    return GAN_OK;
  }
  int32_t index = parameter_named(network, name);
  if (index < 0 && strchr(name, '/')) /* to tell the nearest name */
    return gan__network_find(network, name, 0, &index);
  if (index >= 0) {
    *found = (span){index, 1, true};
    return GAN_OK;
  }
  GAN_TRY(gan__network_find_layer(network, name, &index));
  const gan__layer *layer = &network->layers[index];
  if (layer->parameter_count == 0)
    return gan__fail(network->context, GAN_ERROR_NAME,
                     "layer %s has no parameters that could be frozen", layer->name);
  *found = (span){layer->parameter, layer->parameter_count, false};
  return GAN_OK;
}

gan_status gan__network_set_frozen(gan_network *network, const char *name, bool frozen) {
  span found = {0};
  GAN_TRY(gan__network_ready(network));
  GAN_TRY(find(network, name, &found));
  bool changed = false;
  for (int32_t i = found.first; i < found.first + found.count; i++) {
    gan__parameter *parameter = &network->parameters[i];
    if (parameter->role == GAN__FIXED) { /* frozen for good */
      if (!found.exact || frozen) continue;
      return gan__fail(network->context, GAN_ERROR_STATE,
                       "parameter %s is fixed: no training changes it, so it cannot be thawed",
                       parameter->name);
    }
    changed |= parameter->frozen != frozen;
    parameter->frozen = frozen;
  }
  if (changed) network->plan_version++;
  return GAN_OK;
}
