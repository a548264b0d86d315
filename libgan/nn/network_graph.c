/* SPDX-License-Identifier: MIT */
/* Job: a network as graph code. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "graph/build.h"
#include "nn/layer.h"

gan__shape gan__network_input_shape(const gan_network *network) {
  return network->layers[0].shape;
}

gan__shape gan__network_output_shape(const gan_network *network) {
  return network->layers[network->output].shape;
}

bool gan__network_couples_rows(const gan_network *network, bool training) {
  for (uint64_t i = 0; i < network->layer_count; i++) {
    const gan__layer_row *row = &gan__layer_rows[network->layers[i].kind];
    if (row->couples_always || (training && row->couples_in_training)) return true;
  }
  return false;
}

/* Sets values [layer_count]; `references` [layer_count] are those of the reference batch, or NULL.
 */
static void build_layers(const gan_network *network, gan__graph *graph, const gan__pass *pass,
                         const gan__id *references, gan__id *values) {
  for (uint64_t i = 0; i < network->layer_count; i++) {
    const gan__layer *layer = &network->layers[i];
    const gan__layer_row *row = &gan__layer_rows[layer->kind];
    values[i] = pass->input; /* a source */
    if (!row->build) continue;
    char name[GAN__NAME_MAX];
    snprintf(name, sizeof name, "%s/%s", pass->prefix, layer->name);
    gan__graph_set_scope(graph, name);
    gan__id inputs[GAN__LAYER_INPUTS];
    for (int32_t k = 0; k < layer->input_count; k++)
      inputs[k] = values[layer->inputs[k]];
    bool own = layer->parameter_count > 0;
    gan__work work = {.graph = graph,
                      .network = network,
                      .layer = layer,
                      .pass = pass,
                      .parameters = own ? pass->parameters + layer->parameter : NULL,
                      .inputs = inputs,
                      .reference = references ? references[layer->inputs[0]] : GAN__NONE};
    if (own && pass->statistics) work.statistics = pass->statistics + layer->parameter;
    values[i] = row->build(&work);
  }
}

/* The reference batch goes through the same layers, normalised by its own statistics. */
static void build_references(const gan_network *network, gan__graph *graph, const gan__pass *pass,
                             gan__id *values) {
  char prefix[GAN__NAME_MAX];
  snprintf(prefix, sizeof prefix, "%.100s/reference", pass->prefix);
  gan__pass reference = *pass;
  reference.prefix = prefix;
  reference.input = pass->parameters[network->reference];
  reference.site = gan__join(pass->site, gan__hash_text("reference"));
  reference.statistics = NULL;
  build_layers(network, graph, &reference, NULL, values);
}

gan__id gan__network_build(const gan_network *network, gan__graph *graph, const gan__pass *pass) {
  if (graph->status != GAN_OK || pass->input == GAN__NONE) return GAN__NONE;
  uint32_t scope = graph->scope;
  uint64_t count = network->layer_count;
  gan__id *values = gan__allocate(graph->context, 2 * count, sizeof *values);
  if (!values) {
    graph->status = GAN_ERROR_MEMORY;
    return GAN__NONE;
  }
  gan__id *references = network->reference >= 0 ? values + count : NULL;
  if (references) build_references(network, graph, pass, references);
  build_layers(network, graph, pass, references, values);
  if (pass->values) memcpy(pass->values, values, count * sizeof *values);
  gan__id output = values[network->output];
  gan__release(graph->context, values);
  graph->scope = scope;
  return output;
}
