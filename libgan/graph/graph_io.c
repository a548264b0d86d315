/* SPDX-License-Identifier: MIT */
/* Job: the graph's doors: input slots, states with their commits, named outputs. */
#include <stdio.h>

#include "base/memory.h"
#include "graph/graph.h"

static gan__binding make_binding(const char *name, int32_t dtype, const gan__shape *shape) {
  gan__binding binding = {.dtype = dtype, .shape = *shape, .node = GAN__NONE};
  snprintf(binding.name, GAN__NAME_MAX, "%s", name);
  return binding;
}

gan__id gan__graph_input(gan__graph *graph, const char *name, int32_t dtype,
                         const gan__shape *shape) {
  if (graph->status != GAN_OK) return GAN__NONE;
  graph->status = gan__reserve(graph->context, &graph->slots, &graph->slot_capacity,
                               graph->slot_count + 1, sizeof *graph->slots);
  if (graph->status != GAN_OK) return GAN__NONE;
  int64_t slot = (int64_t)graph->slot_count;
  gan__proto proto = {
      .op = GAN__OP_INPUT, .dtype = dtype, .shape = *shape, .attrs = &slot, .attr_count = 1};
  graph->slots[slot] = make_binding(name, dtype, shape);
  gan__id id = gan__graph_node(graph, &proto);
  if (id == GAN__NONE) return GAN__NONE;
  graph->slots[slot].node = id;
  graph->slot_count++;
  return id;
}

gan__id gan__graph_state(gan__graph *graph, const char *name, int32_t dtype,
                         const gan__shape *shape) {
  if (graph->status != GAN_OK) return GAN__NONE;
  uint64_t need = graph->state_count + 1;
  graph->status = gan__reserve(graph->context, &graph->states, &graph->state_capacity, need,
                               sizeof *graph->states);
  if (graph->status == GAN_OK)
    graph->status = gan__reserve(graph->context, &graph->commits, &graph->commit_capacity, need,
                                 sizeof *graph->commits);
  if (graph->status != GAN_OK) return GAN__NONE;
  int64_t state = (int64_t)graph->state_count;
  graph->states[state] = make_binding(name, dtype, shape);
  graph->commits[state] = GAN__NONE;
  graph->state_count++;
  gan__proto proto = {
      .op = GAN__OP_READ, .dtype = dtype, .shape = *shape, .attrs = &state, .attr_count = 1};
  gan__id id = gan__graph_node(graph, &proto);
  graph->states[state].node = id;
  return id;
}

int32_t gan__graph_state_of(const gan__graph *graph, gan__id read) {
  GAN__CHECK(gan__node_at(graph, read)->op == GAN__OP_READ);
  return (int32_t)gan__node_attrs(graph, read)[0];
}

void gan__graph_commit(gan__graph *graph, int32_t state, gan__id value) {
  if (graph->status != GAN_OK || value == GAN__NONE) return;
  if (graph->commits[state] != GAN__NONE) {
    gan__graph_fail(graph, GAN_ERROR_INTERNAL, "state %s is committed twice",
                    graph->states[state].name);
    return;
  }
  int64_t attr = state;
  gan__proto proto = {
      .op = GAN__OP_COMMIT, .inputs = &value, .input_count = 1, .attrs = &attr, .attr_count = 1};
  graph->commits[state] = gan__graph_node(graph, &proto);
}

int32_t gan__graph_output(gan__graph *graph, const char *name, gan__id node) {
  if (graph->status != GAN_OK || node == GAN__NONE) return -1;
  graph->status = gan__reserve(graph->context, &graph->outputs, &graph->output_capacity,
                               graph->output_count + 1, sizeof *graph->outputs);
  if (graph->status != GAN_OK) return -1;
  gan__output *output = &graph->outputs[graph->output_count];
  snprintf(output->name, GAN__NAME_MAX, "%s", name);
  output->node = node;
  return (int32_t)graph->output_count++;
}
