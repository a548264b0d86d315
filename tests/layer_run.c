/* SPDX-License-Identifier: MIT */
/* Networks over free numbers, for tests of layers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph/gradient.h"
#include "layer_run.h"

/* Distinct numbers without a pattern that layers could respect, within -1.5 .. 1.5. */
static double number(int64_t i) {
  return 1.5 * sin(1.0 + 2.399963 * (double)i) * cos(0.1 * (double)i);
}

static void fill(double *values, int64_t count, int64_t start) {
  for (int64_t i = 0; i < count; i++)
    values[i] = number(start + i);
}

static gan__shape with_rows(const gan__shape *row, int64_t rows) {
  gan__shape shape = {.rank = row->rank + 1};
  shape.dims[0] = rows;
  for (int32_t i = 0; i < row->rank; i++)
    shape.dims[i + 1] = row->dims[i];
  return shape;
}

static gan__id add_leaf(layer_run *self, gan__graph *graph, const gan__shape *shape, bool wanted) {
  char name[32];
  int32_t leaf = self->count++;
  assert_true(leaf < LAYER_LEAVES);
  snprintf(name, sizeof name, "leaf_%d", leaf);
  self->sizes[leaf] = gan__shape_count(shape);
  self->leaves[leaf] = calloc((size_t)self->sizes[leaf], sizeof(double));
  self->wanted[leaf] = wanted;
  return gan__graph_input(graph, name, GAN_F64, shape);
}

static int32_t add_output(gan__graph *graph, const char *name, int32_t index, gan__id node) {
  char text[32];
  snprintf(text, sizeof text, "%s_%d", name, index);
  return gan__graph_output(graph, text, node);
}

/* Outputs "gradient_k" of the scalar by the wanted leaves; returns the sum of gradient times
 * direction, whose slots are made when `directed`. */
static gan__id derive(layer_run *self, gan__graph *graph, gan__id scalar, const gan__id *leaves,
                      const char *name, int32_t *outputs) {
  gan__id gradients[LAYER_LEAVES];
  gan__gradient(graph, scalar, gan__op_like(graph, scalar, 1), leaves, self->count, gradients);
  gan__id sum = gan__op_like(graph, scalar, 0);
  for (int32_t k = 0; k < self->count; k++) {
    if (!self->wanted[k]) continue;
    char text[32];
    outputs[k] = add_output(graph, name, k, gradients[k]);
    if (self->slots[self->count + k]) continue; /* of second order: no more directions */
    snprintf(text, sizeof text, "direction_%d", k);
    gan__shape shape = gan__node_at(graph, leaves[k])->shape;
    gan__id direction = gan__graph_input(graph, text, GAN_F64, &shape);
    gan__id part = gan__op_sum_all(graph, gan__op_mul(graph, gradients[k], direction));
    sum = gan__op_add(graph, sum, part);
  }
  return sum;
}

static void build(layer_run *self, gan__graph *graph, bool training) {
  const gan_network *network = self->network;
  gan__id leaves[LAYER_LEAVES], statistics[LAYER_LEAVES];
  gan__shape shape = gan__network_input_shape(network);
  shape = with_rows(&shape, self->rows);
  leaves[0] = add_leaf(self, graph, &shape, true);
  for (int32_t i = 0; i < network->parameter_count; i++) {
    const gan__parameter *parameter = &network->parameters[i];
    leaves[1 + i] = add_leaf(self, graph, &parameter->shape, gan__parameter_trained(parameter));
    statistics[i] = leaves[1 + i];
  }
  gan__pass pass = {.prefix = "net",
                    .parameters = leaves + 1,
                    .input = leaves[0],
                    .training = training,
                    .site = 77,
                    .statistics = statistics};
  gan__id output = gan__network_build(network, graph, &pass);
  gan__graph_output(graph, "output", output);
  for (int32_t i = 0; i < network->parameter_count; i++)
    self->statistics[i] = add_output(graph, "statistic", i, statistics[i]);
  shape = gan__node_at(graph, output)->shape;
  gan__id weights = gan__graph_input(graph, "weights", GAN_F64, &shape);
  gan__id scalar = gan__op_sum_all(graph, gan__op_mul(graph, weights, gan__op_tanh(graph, output)));
  gan__graph_output(graph, "scalar", scalar);
  gan__id directed = derive(self, graph, scalar, leaves, "gradient", self->gradients);
  gan__graph_output(graph, "directed", directed);
  for (int32_t k = 0; k < self->count; k++)
    self->slots[self->count + k] = self->leaves[k]; /* marks that directions exist */
  derive(self, graph, directed, leaves, "second", self->seconds);
  if (graph->status != GAN_OK) fail_msg("%s", gan_context_message(self->context));
}

void layer_run_create(gan_context *context, const char *text, int64_t rows, bool training,
                      layer_run *self) {
  *self = (layer_run){.context = context, .rows = rows};
  char whole[512];
  snprintf(whole, sizeof whole, "f64; %s", text);
  if (gan_network_parse(context, whole, &self->network) != GAN_OK)
    fail_msg("%s: %s", text, gan_context_message(context));
  gan__graph *graph;
  assert_int_equal(gan__graph_create(context, &graph), GAN_OK);
  build(self, graph, training);
  graph_run_create(graph, GRAPH_RUN_NORMAL, &self->run);
  self->run.bindings.seed = 5;
  /* Slots: the leaves, the weights, a direction for each wanted leaf. */
  int32_t slot = 0;
  for (; slot < self->count; slot++)
    self->slots[slot] = self->leaves[slot];
  for (; slot < (int32_t)graph->slot_count; slot++) {
    int64_t size = gan__shape_count(&graph->slots[slot].shape);
    self->slots[slot] = calloc((size_t)size, sizeof(double));
    fill(self->slots[slot], size, 1000 * slot);
  }
  self->slots[slot] = NULL;
  gan__graph_destroy(graph);
  fill(self->leaves[0], self->sizes[0], 3);
  for (int32_t i = 0; i < self->network->parameter_count; i++)
    memcpy(self->leaves[1 + i], self->network->parameters[i].data,
           (size_t)self->sizes[1 + i] * sizeof(double));
  int32_t reference = self->network->reference;
  if (gan__network_usable(self->network) != GAN_OK) /* the user's to set */
    fill(self->leaves[1 + reference], self->sizes[1 + reference], 500);
}

void layer_run_destroy(layer_run *self) {
  for (double **slot = self->slots; *slot; slot++)
    free(*slot);
  graph_run_destroy(&self->run);
  gan_network_destroy(self->network);
}

static int32_t index_of(layer_run *self, const char *parameter) {
  for (int32_t i = 0; i < self->network->parameter_count; i++)
    if (!strcmp(self->network->parameters[i].name, parameter)) return i;
  fail_msg("no parameter %s", parameter);
  return -1;
}

double *layer_run_leaf(layer_run *self, const char *parameter) {
  return self->leaves[1 + index_of(self, parameter)];
}

static double *run(layer_run *self, int32_t output) {
  graph_run_bind(&self->run, self->slots, NULL);
  graph_run_poison(&self->run);
  graph_run_go(&self->run);
  return graph_run_read(&self->run, output);
}

double *layer_run_output(layer_run *self) {
  return run(self, 0);
}

double *layer_run_statistic(layer_run *self, const char *parameter) {
  return run(self, self->statistics[index_of(self, parameter)]);
}

static double scalar_at(layer_run *self, int32_t output) {
  double *value = run(self, output), scalar = *value;
  free(value);
  return scalar;
}

/* Derivatives in outputs[k] of the scalar output `of`. The step 1e-5 leaves errors of about 1e-10
 * by its square and 1e-11 by rounding, both times some tens. */
static void check_order(layer_run *self, int32_t of, const int32_t *outputs, double tolerance) {
  enum { SHOWN = 80 };
  const double step = 1e-5;
  for (int32_t k = 0; k < self->count; k++) {
    if (!self->wanted[k]) continue;
    double *exact = run(self, outputs[k]);
    for (int64_t i = 0; i < self->sizes[k]; i++) {
      double at = self->leaves[k][i];
      self->leaves[k][i] = at + step;
      double above = scalar_at(self, of);
      self->leaves[k][i] = at - step;
      double below = scalar_at(self, of);
      self->leaves[k][i] = at;
      double numeric = (above - below) / (2 * step);
      if (!(fabs(exact[i] - numeric) <= tolerance * fmax(1, fabs(numeric))))
        fail_msg("%.*s: output %d, leaf %d (%s), element %lld: %.12g, by differences %.12g", SHOWN,
                 gan_network_text(self->network), of, k,
                 k ? self->network->parameters[k - 1].name : "input", (long long)i, exact[i],
                 numeric);
    }
    free(exact);
  }
}

void layer_run_check(layer_run *self, double tolerance) {
  int32_t scalar = 1 + self->network->parameter_count, wanted = 0;
  for (int32_t k = 0; k < self->count; k++)
    wanted += self->wanted[k];
  check_order(self, scalar, self->gradients, tolerance);
  check_order(self, scalar + 1 + wanted, self->seconds, tolerance);
}
