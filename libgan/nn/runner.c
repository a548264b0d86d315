/* SPDX-License-Identifier: MIT */
/* Job: runs a network over any number of rows by a few cached plans, chunk by chunk. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "nn/runner.h"
#include "plan/plan.h"

static const int64_t chunk_rows[GAN__CHUNK_SIZES] = {1, 16, 128, 512};

struct gan__runner {
  gan_context *context;
  gan_network *network; /* the owner holds it */
  char prefix[GAN__LAYER_NAME_MAX];
  gan__plan *run[GAN__CHUNK_SIZES];  /* slot 0: the input; output 0 */
  gan__plan *draw[GAN__CHUNK_SIZES]; /* output 0: the latents */
  void *staging[GAN__CHUNK_SIZES];   /* [chunk rows, input shape]: converted or incomplete input */
};

gan__chunk gan__chunk_first(void) {
  return (gan__chunk){.rows = chunk_rows[0]};
}

gan__chunk gan__chunk_next(gan__chunk chunk) {
  int32_t size = chunk.size + 1 < GAN__CHUNK_SIZES ? chunk.size + 1 : chunk.size;
  return (gan__chunk){.index = chunk.index + 1,
                      .first = chunk.first + chunk.rows,
                      .rows = chunk_rows[size],
                      .size = size};
}

gan_status gan__runner_create(gan_network *network, const char *prefix, gan__runner **runner) {
  gan__runner *made = gan__allocate(network->context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  made->context = network->context;
  made->network = network;
  snprintf(made->prefix, sizeof made->prefix, "%s", prefix);
  *runner = made;
  return GAN_OK;
}

void gan__runner_destroy(gan__runner *runner) {
  if (!runner) return;
  for (int32_t i = 0; i < GAN__CHUNK_SIZES; i++) {
    gan__plan_destroy(runner->run[i]);
    gan__plan_destroy(runner->draw[i]);
    gan__release(runner->context, runner->staging[i]);
  }
  gan__release(runner->context, runner);
}

/* ---- Plans. ---- */

/* Parameter i of the network is state i. */
static gan_status build_run(const gan__runner *self, gan__graph *graph, int64_t rows) {
  const gan_network *network = self->network;
  gan__shape shape = gan__network_input_shape(network);
  memmove(shape.dims + 1, shape.dims, (size_t)shape.rank * sizeof *shape.dims);
  shape.dims[0] = rows;
  shape.rank++;
  char scope[GAN__NAME_MAX];
  snprintf(scope, sizeof scope, "%s/%s", self->prefix, network->layers[0].name);
  gan__graph_set_scope(graph, scope);
  gan__id input = gan__graph_input(graph, "input", network->dtype, &shape);
  gan__id *parameters =
      gan__allocate(self->context, (uint64_t)network->parameter_count, sizeof *parameters);
  if (!parameters) return GAN_ERROR_MEMORY;
  for (int32_t i = 0; i < network->parameter_count; i++)
    parameters[i] = gan__graph_state(graph, network->parameters[i].name, network->dtype,
                                     &network->parameters[i].shape);
  gan__graph_output(
      graph, "output",
      gan__network_build(
          network, graph,
          &(gan__pass){.prefix = self->prefix, .parameters = parameters, .input = input}));
  gan__release(self->context, parameters);
  return graph->status;
}

static gan_status build_draw(const gan__runner *self, gan__graph *graph, int64_t rows) {
  gan__graph_set_scope(graph, "latents");
  /* A fixed identity: the same seed gives the same latents in every program and every copy. */
  uint64_t site = gan__hash_text("sample");
  gan__graph_output(graph, "latents", gan__network_latent(self->network, graph, rows, site));
  return graph->status;
}

typedef gan_status build_function(const gan__runner *self, gan__graph *graph, int64_t rows);

static gan_status compile(const gan__runner *self, build_function *build, int32_t size,
                          gan__plan **plan) {
  if (*plan) return GAN_OK;
  gan__graph *graph;
  GAN_TRY(gan__graph_create(self->context, &graph));
  gan_status status = build(self, graph, chunk_rows[size]);
  if (status == GAN_OK) status = gan__plan_create(graph, plan);
  gan__graph_destroy(graph);
  return status;
}

/* Everything that may allocate, before the first row is written. */
static gan_status prepare(gan__runner *self, const gan__run *run) {
  const gan_network *network = self->network;
  gan__shape input = gan__network_input_shape(network);
  for (gan__chunk chunk = gan__chunk_first(); chunk.first < run->rows;
       chunk = gan__chunk_next(chunk)) {
    int32_t size = chunk.size;
    if (!run->input.data) GAN_TRY(compile(self, build_draw, size, &self->draw[size]));
    if (!run->latents_only) GAN_TRY(compile(self, build_run, size, &self->run[size]));
    /* The last size serves all chunks that follow, whose last may be incomplete. */
    bool last = size == GAN__CHUNK_SIZES - 1;
    int64_t left = run->rows - chunk.first;
    bool incomplete = last ? left % chunk.rows != 0 : left < chunk.rows;
    bool stage = run->input.data && (run->input.dtype != network->dtype || incomplete);
    if (stage && !self->staging[size]) {
      self->staging[size] =
          gan__allocate(self->context, (uint64_t)(chunk.rows * gan__shape_count(&input)),
                        (uint64_t)gan__dtype_size(network->dtype));
      if (!self->staging[size]) return GAN_ERROR_MEMORY;
    }
    if (last) break;
  }
  return GAN_OK;
}

/* ---- Running. ---- */

static gan__array array_at(gan__array array, int64_t element) {
  return (gan__array){array.dtype, (char *)array.data + element * gan__dtype_size(array.dtype)};
}

/* The chunk's rows of the caller's input, whole and in the network's type. Missing rows are zero.
 */
static const void *stage_input(const gan__runner *self, const gan__run *run,
                               const gan__chunk *chunk, int64_t rows) {
  gan__shape shape = gan__network_input_shape(self->network);
  int64_t width = gan__shape_count(&shape);
  int32_t dtype = self->network->dtype;
  gan__array source = array_at(run->input, chunk->first * width);
  if (rows == chunk->rows && run->input.dtype == dtype) return source.data;
  gan__array staging = {dtype, self->staging[chunk->size]};
  gan__array_copy(staging, source, rows * width);
  memset(array_at(staging, rows * width).data, 0,
         (size_t)((chunk->rows - rows) * width * gan__dtype_size(dtype)));
  return staging.data;
}

static void apply_sigmoid(gan__array array, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    if (array.dtype == GAN_F64)
      ((double *)array.data)[i] = 1 / (1 + exp(-((double *)array.data)[i]));
    else
      ((float *)array.data)[i] = (float)(1 / (1 + exp(-(double)((float *)array.data)[i])));
}

static gan_status fail_bad(const gan__plan *plan, const gan__bindings *bindings, gan__array output,
                           int64_t bad, int64_t row) {
  gan_context *context = gan__plan_graph(plan)->context;
  char text[GAN__NODE_TEXT] = "", number[32];
  GAN_TRY(gan__plan_find_bad(plan, bindings, text));
  if (*text)
    return gan__fail(context, GAN_ERROR_NOT_FINITE,
                     "row %lld: the first value that is not finite "
                     "is in %s",
                     (long long)row, text);
  double value =
      output.dtype == GAN_F64 ? ((double *)output.data)[bad] : ((float *)output.data)[bad];
  return gan__fail(context, GAN_ERROR_NOT_FINITE, "row %lld: the output %s is too large for f32",
                   (long long)row, gan__text_double(number, value));
}

/* Writes `rows` rows of the plan's output 0 to where they belong. */
static gan_status deliver(const gan__runner *self, const gan__run *run, const gan__plan *plan,
                          const gan__bindings *bindings, const gan__chunk *chunk) {
  gan__shape shape = run->latents_only ? gan__network_input_shape(self->network)
                                       : gan__network_output_shape(self->network);
  int64_t width = gan__shape_count(&shape), left = run->rows - chunk->first;
  int64_t count = (left < chunk->rows ? left : chunk->rows) * width;
  gan__array from = {self->network->dtype, (void *)(uintptr_t)gan__plan_output(plan, 0)};
  int64_t bad = gan__array_bad(from, count, run->output.dtype);
  if (bad >= 0) return fail_bad(plan, bindings, from, bad, chunk->first + bad / width);
  gan__array to = array_at(run->output, chunk->first * width);
  gan__array_copy(to, from, count);
  if (run->sigmoid) apply_sigmoid(to, count);
  return GAN_OK;
}

static gan_status run_chunk(const gan__runner *self, const gan__run *run, const gan__chunk *chunk) {
  int64_t left = run->rows - chunk->first;
  const void *input = NULL;
  gan__bindings bindings = {.slots = &input,
                            .states = run->parameters ? run->parameters : self->network->pointers,
                            .seed = run->seed,
                            .step = (uint64_t)chunk->index};
  if (run->input.data) {
    input = stage_input(self, run, chunk, left < chunk->rows ? left : chunk->rows);
  } else {
    gan__plan *draw = self->draw[chunk->size];
    GAN_TRY(gan__plan_run(draw, &bindings));
    if (run->latents_only) return deliver(self, run, draw, &bindings, chunk);
    input = gan__plan_output(draw, 0);
  }
  GAN_TRY(gan__plan_run(self->run[chunk->size], &bindings));
  return deliver(self, run, self->run[chunk->size], &bindings, chunk);
}

/* Arrays of the rows must have sizes that exist. */
static gan_status check_rows(const gan__runner *self, int64_t rows) {
  gan__shape input = gan__network_input_shape(self->network);
  gan__shape output = gan__network_output_shape(self->network);
  int64_t in = gan__shape_count(&input), out = gan__shape_count(&output), bytes;
  if (rows < 0)
    return gan__fail(self->context, GAN_ERROR_ARGUMENT, "n is %lld; allowed is 0 or more",
                     (long long)rows);
  if (!gan__multiply(rows, (in > out ? in : out) * (int64_t)sizeof(double), &bytes)
      || bytes > INT64_C(1) << 62)
    return gan__fail(self->context, GAN_ERROR_LIMIT,
                     "n is %lld: rows of %lld and %lld numbers overflow every array",
                     (long long)rows, (long long)in, (long long)out);
  return GAN_OK;
}

gan_status gan__runner_run(gan__runner *runner, const gan__run *run) {
  GAN_TRY(check_rows(runner, run->rows));
  GAN_TRY(prepare(runner, run));
  for (gan__chunk chunk = gan__chunk_first(); chunk.first < run->rows;
       chunk = gan__chunk_next(chunk)) {
    if (gan__cancel_requested(runner->context))
      return gan__fail(runner->context, GAN_ERROR_CANCELLED, "cancelled after %lld of %lld rows",
                       (long long)chunk.first, (long long)run->rows);
    GAN_TRY(run_chunk(runner, run, &chunk));
  }
  return GAN_OK;
}
