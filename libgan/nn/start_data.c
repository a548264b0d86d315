/* SPDX-License-Identifier: MIT */
/* Job: the data-dependent start: one stage after the other, in the order of the layers, each with
 * the layers before it started already. One plan measures for all stages; it runs once for each, on
 * a working copy of the parameters that replaces the network's own at the end. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "nn/layer.h"
#include "nn/start.h"
#include "plan/plan.h"

typedef struct start {
  gan_context *context;
  gan_network *network;
  const gan__start_rows *given;
  gan__stage *stages;
  int32_t stage_count;
  char *storage;   /* the working copy of network->storage */
  void **pointers; /* [parameter_count], into it */
  void *input;     /* [n, input shape] in the network's type; NULL: the graph draws latents */
  gan__plan *plan; /* outputs 2 i and 2 i + 1: what stage i measures */
} start;

static gan_status find_stages(start *self) {
  const gan_network *network = self->network;
  self->stages =
      gan__allocate(self->context, GAN__STAGES_MAX * network->layer_count, sizeof *self->stages);
  if (!self->stages) return GAN_ERROR_MEMORY;
  for (uint64_t i = 0; i < network->layer_count; i++)
    self->stage_count +=
        gan__stages_of(network, &network->layers[i], &self->stages[self->stage_count]);
  if (self->stage_count > 0) return GAN_OK;
  return gan__fail(self->context, GAN_ERROR_ARGUMENT,
                   "the network has no layer to start: no dense or maxout layer, and no normalised "
                   "minibatch discrimination, whose parameters are not frozen");
}

/* ---- The plan. ---- */

static gan__id build_input(const start *self, gan__graph *graph) {
  const gan_network *network = self->network;
  if (!self->given->rows) {
    gan__graph_set_scope(graph, "start/latents");
    return gan__network_latent(network, graph, self->given->n, gan__hash_text("start/latents"));
  }
  gan__shape shape = gan__network_input_shape(network);
  memmove(shape.dims + 1, shape.dims, (size_t)shape.rank * sizeof *shape.dims);
  shape.dims[0] = self->given->n;
  shape.rank++;
  return gan__graph_input(graph, "input", network->dtype, &shape);
}

static void add_outputs(const start *self, gan__graph *graph, const gan__pass *pass,
                        int32_t index) {
  gan__id measured[2];
  gan__stage_measure(&self->stages[index], self->network, graph, pass, measured);
  for (int32_t k = 0; k < 2; k++) {
    char name[GAN__NAME_MAX];
    snprintf(name, sizeof name, "stage_%d/%d", index, k);
    gan__graph_output(graph, name, measured[k]);
  }
}

/* Parameter i of the network is state i; `nodes` has room for parameters and values. */
static gan_status build(const start *self, gan__graph *graph, gan__id *nodes) {
  const gan_network *network = self->network;
  gan__id *values = nodes + network->parameter_count;
  for (int32_t i = 0; i < network->parameter_count; i++)
    nodes[i] = gan__graph_state(graph, network->parameters[i].name, network->dtype,
                                &network->parameters[i].shape);
  gan__pass pass = {.prefix = "start",
                    .parameters = nodes,
                    .input = build_input(self, graph),
                    .training = true,
                    .site = gan__hash_text("start"),
                    .values = values};
  if (gan__network_build(network, graph, &pass) == GAN__NONE) return graph->status;
  gan__graph_set_scope(graph, "start/measures");
  for (int32_t i = 0; i < self->stage_count; i++)
    add_outputs(self, graph, &pass, i);
  return graph->status;
}

static gan_status compile(start *self) {
  const gan_network *network = self->network;
  uint64_t count = (uint64_t)network->parameter_count + network->layer_count;
  gan__id *nodes = gan__allocate(self->context, count, sizeof *nodes);
  if (!nodes) return GAN_ERROR_MEMORY;
  gan__graph *graph = NULL;
  gan_status status = gan__graph_create(self->context, &graph);
  if (status == GAN_OK) status = build(self, graph, nodes);
  if (status == GAN_OK) status = gan__plan_create(graph, &self->plan);
  gan__graph_destroy(graph);
  gan__release(self->context, nodes);
  return status;
}

/* ---- Working memory. ---- */

static gan_status copy_parameters(start *self) {
  const gan_network *network = self->network;
  uint64_t count = (uint64_t)network->parameter_count;
  self->storage = gan__allocate(self->context, (uint64_t)network->parameter_bytes, 1);
  if (!self->storage) return GAN_ERROR_MEMORY;
  self->pointers = gan__allocate(self->context, count, sizeof *self->pointers);
  if (!self->pointers) return GAN_ERROR_MEMORY;
  memcpy(self->storage, network->storage, (size_t)network->parameter_bytes);
  for (uint64_t i = 0; i < count; i++)
    self->pointers[i] = self->storage + ((char *)network->pointers[i] - network->storage);
  return GAN_OK;
}

static gan_status copy_rows(start *self) {
  const gan__start_rows *given = self->given;
  if (!given->rows) return GAN_OK;
  int32_t dtype = self->network->dtype;
  gan__shape shape = gan__network_input_shape(self->network);
  int64_t width = gan__shape_count(&shape), count = given->n * width;
  gan__array rows = {GAN_F32, (void *)(uintptr_t)given->rows};
  int64_t bad = gan__array_bad(rows, count, GAN_F32);
  if (bad >= 0)
    return gan__fail(self->context, GAN_ERROR_NOT_FINITE, "rows: row %lld has a NaN or an infinity",
                     (long long)(bad / width));
  self->input = gan__allocate(self->context, (uint64_t)count, (uint64_t)gan__dtype_size(dtype));
  if (!self->input) return GAN_ERROR_MEMORY;
  gan__array_copy((gan__array){dtype, self->input}, rows, count);
  return GAN_OK;
}

/* ---- Stage by stage. ---- */

static gan_status run(start *self) {
  const void *input = self->input;
  gan__bindings bindings = {
      .slots = &input, .states = self->pointers, .seed = self->given->seed, .step = 0};
  for (int32_t i = 0; i < self->stage_count; i++) {
    if (gan__cancel_requested(self->context))
      return gan__fail(self->context, GAN_ERROR_CANCELLED,
                       "cancelled after %d of %d stages; nothing has changed", i,
                       self->stage_count);
    GAN_TRY(gan__plan_run(self->plan, &bindings));
    const double *measured[2] = {gan__plan_output(self->plan, 2 * i),
                                 gan__plan_output(self->plan, 2 * i + 1)};
    GAN_TRY(gan__stage_apply(&self->stages[i], self->network, self->given->n, measured,
                             self->pointers));
  }
  return GAN_OK;
}

static gan_status prepare(start *self) {
  GAN_TRY(find_stages(self));
  GAN_TRY(copy_rows(self));
  GAN_TRY(copy_parameters(self));
  return compile(self);
}

static void finish(start *self) {
  gan__plan_destroy(self->plan);
  gan__release(self->context, self->stages);
  gan__release(self->context, self->storage);
  gan__release(self->context, self->pointers);
  gan__release(self->context, self->input);
}

static gan_status check(const gan_network *network, const gan__start_rows *given) {
  gan_context *context = network->context;
  GAN_TRY(gan__network_usable(network));
  if (!given->rows && network->layers[0].kind != GAN__LAYER_LATENT)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "rows is NULL; only a network that begins with a latent draws its own");
  if (given->n < 2)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "n is %lld; a variance needs at least 2 rows",
                     (long long)given->n);
  int64_t widest = 1, bytes;
  for (uint64_t i = 0; i < network->layer_count; i++) {
    int64_t width = gan__shape_count(&network->layers[i].shape);
    if (width > widest) widest = width;
  }
  if (!gan__multiply(given->n, widest * (int64_t)sizeof(double), &bytes)
      || bytes > INT64_C(1) << 62)
    return gan__fail(context, GAN_ERROR_LIMIT, "n is %lld: rows of %lld numbers overflow",
                     (long long)given->n, (long long)widest);
  return GAN_OK;
}

gan_status gan__network_start_data(gan_network *network, const gan__start_rows *given) {
  GAN_TRY(check(network, given));
  start self = {.context = network->context, .network = network, .given = given};
  gan_status status = prepare(&self);
  if (status == GAN_OK) status = run(&self);
  if (status == GAN_OK) {
    memcpy(network->storage, self.storage, (size_t)network->parameter_bytes);
    network->version++;
  }
  finish(&self);
  return status;
}
