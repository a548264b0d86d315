/* SPDX-License-Identifier: MIT */
#include "graph_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/simplify.h"
#include "plan/internal.h"

static char **make_memory(const gan__binding *doors, uint64_t count, void ***pointers) {
  char **memory = calloc(count + 1, sizeof *memory);
  *pointers = calloc(count + 1, sizeof **pointers);
  for (uint64_t i = 0; i < count; i++) {
    size_t element = (size_t)gan__dtype_size(doors[i].dtype);
    memory[i] = calloc((size_t)gan__shape_count(&doors[i].shape) + 1, element);
    (*pointers)[i] = memory[i] + element;
  }
  return memory;
}

void graph_run_create(const gan__graph *graph, enum graph_run_mode mode, graph_run *run) {
  *run = (graph_run){.context = graph->context};
  if (graph->status != GAN_OK) fail_msg("graph: %s", gan_context_message(graph->context));
  gan_status status;
  if (mode == GRAPH_RUN_NORMAL) {
    status = gan__plan_create(graph, &run->plan);
  } else {
    gan__graph *simpler;
    status = gan__simplify(graph, &simpler);
    if (status == GAN_OK) status = gan__plan_compile(simpler, true, &run->plan);
  }
  if (status != GAN_OK) fail_msg("plan: %s", gan_context_message(graph->context));
  run->slot_memory = make_memory(graph->slots, graph->slot_count, &run->slots);
  run->state_memory = make_memory(graph->states, graph->state_count, &run->states);
  run->bindings = (gan__bindings){
      .slots = (const void *const *)run->slots, .states = run->states, .seed = 7, .step = 3};
}

void graph_run_destroy(graph_run *run) {
  const gan__graph *graph = gan__plan_graph(run->plan);
  for (uint64_t i = 0; i < graph->slot_count; i++)
    free(run->slot_memory[i]);
  for (uint64_t i = 0; i < graph->state_count; i++)
    free(run->state_memory[i]);
  free(run->slot_memory);
  free(run->state_memory);
  free(run->slots);
  free(run->states);
  gan__plan_destroy(run->plan);
}

static void write_doubles(void *memory, int32_t dtype, int64_t count, const double *values) {
  for (int64_t i = 0; i < count; i++) {
    if (dtype == GAN_F32) ((float *)memory)[i] = (float)values[i];
    if (dtype == GAN_F64) ((double *)memory)[i] = values[i];
    if (dtype == GAN_I32) ((int32_t *)memory)[i] = (int32_t)values[i];
  }
}

static double *read_doubles(const void *memory, int32_t dtype, int64_t count) {
  double *values = calloc((size_t)count + 1, sizeof *values);
  for (int64_t i = 0; i < count; i++) {
    if (dtype == GAN_F32) values[i] = ((const float *)memory)[i];
    if (dtype == GAN_F64) values[i] = ((const double *)memory)[i];
    if (dtype == GAN_I32) values[i] = ((const int32_t *)memory)[i];
  }
  return values;
}

void graph_run_bind(graph_run *run, double *const *slots, double *const *states) {
  const gan__graph *graph = gan__plan_graph(run->plan);
  for (uint64_t i = 0; slots && i < graph->slot_count; i++)
    write_doubles(run->slots[i], graph->slots[i].dtype, gan__shape_count(&graph->slots[i].shape),
                  slots[i]);
  for (uint64_t i = 0; states && i < graph->state_count; i++)
    write_doubles(run->states[i], graph->states[i].dtype, gan__shape_count(&graph->states[i].shape),
                  states[i]);
}

void graph_run_poison(graph_run *run) {
  gan__plan *plan = run->plan;
  memset(plan->arena, 0xff, (size_t)plan->arena_bytes);
  memset(plan->workspaces, 0xff, (size_t)(plan->threads * plan->workspace_stride));
}

void graph_run_go(graph_run *run) {
  if (gan__plan_run(run->plan, &run->bindings) != GAN_OK)
    fail_msg("run: %s", gan_context_message(run->context));
}

static const gan__node *output_node(const graph_run *run, int32_t output) {
  const gan__graph *graph = gan__plan_graph(run->plan);
  assert_in_range(output, 0, graph->output_count - 1);
  return gan__node_at(graph, graph->outputs[output].node);
}

int64_t graph_run_count(const graph_run *run, int32_t output) {
  return gan__shape_count(&output_node(run, output)->shape);
}

const void *graph_run_bytes(const graph_run *run, int32_t output, size_t *bytes) {
  const gan__node *node = output_node(run, output);
  *bytes = (size_t)(gan__shape_count(&node->shape) * gan__dtype_size(node->dtype));
  return gan__plan_output(run->plan, output);
}

double *graph_run_read(const graph_run *run, int32_t output) {
  const gan__node *node = output_node(run, output);
  return read_doubles(gan__plan_output(run->plan, output), node->dtype,
                      gan__shape_count(&node->shape));
}

double *graph_run_state(const graph_run *run, int32_t state) {
  const gan__binding *door = &gan__plan_graph(run->plan)->states[state];
  return read_doubles(run->states[state], door->dtype, gan__shape_count(&door->shape));
}

double *graph_run_once(const gan__graph *graph, double *const *slots, int32_t output) {
  graph_run run;
  graph_run_create(graph, GRAPH_RUN_NORMAL, &run);
  graph_run_bind(&run, slots, NULL);
  graph_run_go(&run);
  double *values = graph_run_read(&run, output);
  graph_run_destroy(&run);
  return values;
}
