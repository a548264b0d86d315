/* SPDX-License-Identifier: MIT */
/* Job: a moving average of a network's parameters over the steps, without the bias of its start.
 * The new a_t is computed by the step's plan and committed with the parameters. */
#include "base/memory.h"
#include "train/average.h"

void gan__average_finish(gan__average *average, gan_context *context) {
  for (int32_t i = 0; average->values && i < average->count; i++)
    gan__release(context, average->values[i]);
  gan__release(context, average->values);
  *average = (gan__average){0};
}

static gan_status turn_on(gan__average *average, const gan_network *network) {
  gan__average made = {.count = network->parameter_count};
  made.values = gan__allocate(network->context, (uint64_t)made.count, sizeof *made.values);
  for (int32_t i = 0; made.values && i < made.count; i++) {
    made.values[i] =
        gan__allocate(network->context, (uint64_t)gan__shape_count(&network->parameters[i].shape),
                      (uint64_t)gan__dtype_size(network->dtype));
    if (!made.values[i]) gan__average_finish(&made, network->context);
  }
  if (!made.values) return GAN_ERROR_MEMORY;
  *average = made;
  return GAN_OK;
}

gan_status gan__average_set(gan__average *average, const gan_network *network, double decay) {
  if (decay == 0)
    gan__average_finish(average, network->context);
  else if (!average->values)
    GAN_TRY(turn_on(average, network));
  average->decay = decay;
  return GAN_OK;
}

void gan__average_count(gan__average *average) {
  average->weight = average->decay * average->weight + (1 - average->decay);
}

void gan__average_write(const gan__average *average, gan_network *network) {
  for (int32_t i = 0; i < network->parameter_count; i++) {
    const gan__parameter *parameter = &network->parameters[i];
    if (parameter->role == GAN__FIXED) continue; /* its own value is the average */
    int64_t elements = gan__shape_count(&parameter->shape);
    if (network->dtype == GAN_F32) {
      const float *from = average->values[i];
      float *to = parameter->data;
      for (int64_t e = 0; e < elements; e++)
        to[e] = (float)(from[e] / average->weight);
    } else {
      const double *from = average->values[i];
      double *to = parameter->data;
      for (int64_t e = 0; e < elements; e++)
        to[e] = from[e] / average->weight;
    }
  }
}
