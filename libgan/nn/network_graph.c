/* SPDX-License-Identifier: MIT */
/* Job: a network as graph code, and its latent as a random draw. */
#include <stdio.h>

#include "base/memory.h"
#include "graph/build.h"
#include "nn/layer.h"

gan__shape gan__network_input_shape(const gan_network *network) {
  return network->layers[0].shape;
}

gan__shape gan__network_output_shape(const gan_network *network) {
  return network->layers[network->output].shape;
}

gan__id gan__network_build(const gan_network *network, gan__graph *graph, const char *prefix,
                           const gan__id *parameters, gan__id input) {
  if (graph->status != GAN_OK || input == GAN__NONE) return GAN__NONE;
  uint32_t scope = graph->scope;
  gan__id *values =
      gan__allocate(graph->context, network->layer_count, sizeof *values); /* [layer_count] */
  if (!values) {
    graph->status = GAN_ERROR_MEMORY;
    return GAN__NONE;
  }
  for (uint64_t i = 0; i < network->layer_count; i++) {
    const gan__layer *layer = &network->layers[i];
    const gan__layer_row *row = &gan__layer_rows[layer->kind];
    values[i] = input; /* a source */
    if (!row->build) continue;
    char name[GAN__NAME_MAX];
    snprintf(name, sizeof name, "%s/%s", prefix, layer->name);
    gan__graph_set_scope(graph, name);
    gan__id inputs[GAN__LAYER_INPUTS];
    for (int32_t k = 0; k < layer->input_count; k++)
      inputs[k] = values[layer->inputs[k]];
    const gan__id *own = layer->parameter_count ? parameters + layer->parameter : NULL;
    values[i] = row->build(layer, graph, own, inputs);
  }
  gan__id output = values[network->output];
  gan__release(graph->context, values);
  graph->scope = scope;
  return output;
}

gan__id gan__network_latent(const gan_network *network, gan__graph *graph, int64_t rows,
                            uint64_t site) {
  const gan__layer *layer = &network->layers[0];
  GAN__CHECK(layer->kind == GAN__LAYER_LATENT);
  int64_t dims[2] = {rows, layer->size};
  gan__shape shape = gan__shape_make(2, dims);
  if (layer->choice == GAN_LATENT_NORMAL)
    return gan__op_normal(graph, network->dtype, &shape, site);
  gan__id unit = gan__op_uniform(graph, network->dtype, &shape, site);
  return gan__op_shift(graph, gan__op_scale(graph, unit, layer->b - layer->a), layer->a);
}
