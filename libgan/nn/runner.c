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

/* A plan and what it was made for. */
typedef struct program {
  gan__plan *plan; /* NULL: none yet */
  int64_t rows;
  int32_t layer; /* as in gan__run */
} program;

struct gan__runner {
  gan_context *context;
  gan_network *network; /* the owner holds it */
  char prefix[GAN__LAYER_NAME_MAX];
  program run[GAN__CHUNK_KINDS];   /* slot 0: the input; output 0: the network's */
  program look[GAN__CHUNK_KINDS];  /* the same; output 0: that of the layer asked for last */
  program draw[GAN__CHUNK_KINDS];  /* output 0: the latents */
  void *staging[GAN__CHUNK_KINDS]; /* [chunk rows, input shape]: converted or incomplete input */
  int64_t staged_rows;             /* that staging[GAN__CHUNK_WHOLE] has room for */
};

gan__chunk gan__chunk_first(void) {
  return (gan__chunk){.rows = chunk_rows[0]};
}

gan__chunk gan__chunk_next(gan__chunk chunk) {
  int32_t size = chunk.size + 1 < GAN__CHUNK_SIZES ? chunk.size + 1 : chunk.size;
  int64_t rows =
      size < GAN__CHUNK_SIZES ? chunk_rows[size] : chunk.rows; /* behind the whole: none */
  return (gan__chunk){
      .index = chunk.index + 1, .first = chunk.first + chunk.rows, .rows = rows, .size = size};
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
  for (int32_t i = 0; i < GAN__CHUNK_KINDS; i++) {
    gan__plan_destroy(runner->run[i].plan);
    gan__plan_destroy(runner->look[i].plan);
    gan__plan_destroy(runner->draw[i].plan);
    gan__release(runner->context, runner->staging[i]);
  }
  gan__release(runner->context, runner);
}

/* ---- Plans. ---- */

/* Parameter i of the network is state i. */
static gan_status build_run(const gan__runner *self, gan__graph *graph, const program *wanted) {
  const gan_network *network = self->network;
  gan__shape shape = gan__network_input_shape(network);
  memmove(shape.dims + 1, shape.dims, (size_t)shape.rank * sizeof *shape.dims);
  shape.dims[0] = wanted->rows;
  shape.rank++;
  char scope[GAN__NAME_MAX];
  snprintf(scope, sizeof scope, "%s/%s", self->prefix, network->layers[0].name);
  gan__graph_set_scope(graph, scope);
  gan__id input = gan__graph_input(graph, "input", network->dtype, &shape);
  uint64_t parameters = (uint64_t)network->parameter_count;
  gan__id *nodes = gan__allocate(self->context, parameters + network->layer_count, sizeof *nodes);
  if (!nodes) return GAN_ERROR_MEMORY;
  for (int32_t i = 0; i < network->parameter_count; i++)
    nodes[i] = gan__graph_state(graph, network->parameters[i].name, network->dtype,
                                &network->parameters[i].shape);
  gan__pass pass = {
      .prefix = self->prefix, .parameters = nodes, .input = input, .values = nodes + parameters};
  gan__id output = gan__network_build(network, graph, &pass);
  if (wanted->layer > 0 && output != GAN__NONE) output = pass.values[wanted->layer - 1];
  gan__graph_output(graph, "output", output);
  gan__release(self->context, nodes);
  return graph->status;
}

static gan_status build_draw(const gan__runner *self, gan__graph *graph, const program *wanted) {
  gan__graph_set_scope(graph, "latents");
  /* A fixed identity: the same seed gives the same latents in every program and every copy. */
  uint64_t site = gan__hash_text("sample");
  gan__graph_output(graph, "latents",
                    gan__network_latent(self->network, graph, wanted->rows, site));
  return graph->status;
}

typedef gan_status build_function(const gan__runner *self, gan__graph *graph,
                                  const program *wanted);

/* Makes *made the program that is wanted, unless it is. */
static gan_status compile(const gan__runner *self, build_function *build, program wanted,
                          program *made) {
  if (made->plan && made->rows == wanted.rows && made->layer == wanted.layer) return GAN_OK;
  gan__graph *graph;
  GAN_TRY(gan__graph_create(self->context, &graph));
  gan_status status = build(self, graph, &wanted);
  if (status == GAN_OK) status = gan__plan_create(graph, &wanted.plan);
  gan__graph_destroy(graph);
  GAN_TRY(status);
  gan__plan_destroy(made->plan);
  *made = wanted;
  return GAN_OK;
}

/* Where the program of a run has its place. */
static program *place_of(gan__runner *self, const gan__run *run, int32_t size) {
  return run->layer > 0 ? &self->look[size] : &self->run[size];
}

static gan__chunk first_chunk(const gan__runner *self, const gan__run *run) {
  if (!gan__network_couples_rows(self->network, false)) return gan__chunk_first();
  return (gan__chunk){.rows = run->rows, .size = GAN__CHUNK_WHOLE};
}

static gan_status prepare_staging(gan__runner *self, const gan__chunk *chunk) {
  gan__shape input = gan__network_input_shape(self->network);
  void **staging = &self->staging[chunk->size];
  bool fits = chunk->size != GAN__CHUNK_WHOLE || self->staged_rows >= chunk->rows;
  if (*staging && fits) return GAN_OK;
  void *room = gan__allocate(self->context, (uint64_t)(chunk->rows * gan__shape_count(&input)),
                             (uint64_t)gan__dtype_size(self->network->dtype));
  if (!room) return GAN_ERROR_MEMORY;
  gan__release(self->context, *staging);
  *staging = room;
  if (chunk->size == GAN__CHUNK_WHOLE) self->staged_rows = chunk->rows;
  return GAN_OK;
}

/* Everything that may allocate, before the first row is written. */
static gan_status prepare(gan__runner *self, const gan__run *run) {
  const gan_network *network = self->network;
  for (gan__chunk chunk = first_chunk(self, run); chunk.first < run->rows;
       chunk = gan__chunk_next(chunk)) {
    int32_t size = chunk.size;
    program wanted = {.rows = chunk.rows};
    if (!run->input.data) GAN_TRY(compile(self, build_draw, wanted, &self->draw[size]));
    wanted.layer = run->layer;
    if (!run->latents_only) GAN_TRY(compile(self, build_run, wanted, place_of(self, run, size)));
    /* The last size serves all chunks that follow, whose last may be incomplete. */
    bool last = size >= GAN__CHUNK_SIZES - 1;
    int64_t left = run->rows - chunk.first;
    bool incomplete = last ? left % chunk.rows != 0 : left < chunk.rows;
    if (run->input.data && (run->input.dtype != network->dtype || incomplete))
      GAN_TRY(prepare_staging(self, &chunk));
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

static double load(gan__array array, int64_t index) {
  return array.dtype == GAN_F64 ? ((double *)array.data)[index] : ((float *)array.data)[index];
}

static void store(gan__array array, int64_t index, double value) {
  if (array.dtype == GAN_F64)
    ((double *)array.data)[index] = value;
  else
    ((float *)array.data)[index] = (float)value;
}

/* The sigmoid of single logits, the softmax of rows of several, shifted by their largest. */
static void make_probabilities(gan__array array, int64_t rows, int64_t width) {
  for (int64_t row = 0; row < rows; row++) {
    gan__array at = array_at(array, row * width);
    if (width == 1) {
      store(at, 0, 1 / (1 + exp(-load(at, 0))));
      continue;
    }
    double top = load(at, 0), sum = 0;
    for (int64_t i = 1; i < width; i++)
      top = fmax(top, load(at, i));
    for (int64_t i = 0; i < width; i++)
      sum += exp(load(at, i) - top);
    for (int64_t i = 0; i < width; i++)
      store(at, i, exp(load(at, i) - top) / sum);
  }
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
  return gan__fail(context, GAN_ERROR_NOT_FINITE, "row %lld: the output %s is too large for f32",
                   (long long)row, gan__text_double(number, load(output, bad)));
}

/* Writes `rows` rows of the plan's output 0 to where they belong. */
static gan_status deliver(const gan__runner *self, const gan__run *run, const gan__plan *plan,
                          const gan__bindings *bindings, const gan__chunk *chunk) {
  gan__shape shape = run->latents_only ? gan__network_input_shape(self->network)
                     : run->layer      ? self->network->layers[run->layer - 1].shape
                                       : gan__network_output_shape(self->network);
  int64_t width = gan__shape_count(&shape), left = run->rows - chunk->first;
  int64_t rows = left < chunk->rows ? left : chunk->rows;
  gan__array from = {self->network->dtype, (void *)(uintptr_t)gan__plan_output(plan, 0)};
  int64_t bad = gan__array_bad(from, rows * width, run->output.dtype);
  if (bad >= 0) return fail_bad(plan, bindings, from, bad, chunk->first + bad / width);
  gan__array to = array_at(run->output, chunk->first * width);
  gan__array_copy(to, from, rows * width);
  if (run->probabilities) make_probabilities(to, rows, width);
  return GAN_OK;
}

static gan_status run_chunk(gan__runner *self, const gan__run *run, const gan__chunk *chunk) {
  int64_t left = run->rows - chunk->first;
  const void *input = NULL;
  gan__bindings bindings = {.slots = &input,
                            .states = run->parameters ? run->parameters : self->network->pointers,
                            .seed = run->seed,
                            .step = (uint64_t)chunk->index};
  if (run->input.data) {
    input = stage_input(self, run, chunk, left < chunk->rows ? left : chunk->rows);
  } else {
    gan__plan *draw = self->draw[chunk->size].plan;
    GAN_TRY(gan__plan_run(draw, &bindings));
    if (run->latents_only) return deliver(self, run, draw, &bindings, chunk);
    input = gan__plan_output(draw, 0);
  }
  const program *made = place_of(self, run, chunk->size);
  GAN_TRY(gan__plan_run(made->plan, &bindings));
  return deliver(self, run, made->plan, &bindings, chunk);
}

/* Arrays of the rows must have sizes that exist. */
static gan_status check_rows(const gan__runner *self, int64_t rows) {
  gan__shape input = gan__network_input_shape(self->network);
  int64_t in = gan__shape_count(&input), widest = in, bytes;
  for (uint64_t i = 0; i < self->network->layer_count; i++) {
    int64_t width = gan__shape_count(&self->network->layers[i].shape);
    widest = width > widest ? width : widest;
  }
  if (rows < 0)
    return gan__fail(self->context, GAN_ERROR_ARGUMENT, "n is %lld; allowed is 0 or more",
                     (long long)rows);
  if (gan__multiply(rows, widest * (int64_t)sizeof(double), &bytes) && bytes <= INT64_C(1) << 62)
    return GAN_OK;
  return gan__fail(self->context, GAN_ERROR_LIMIT,
                   "n is %lld: rows of up to %lld numbers overflow every array", (long long)rows,
                   (long long)widest);
}

gan_status gan__runner_run(gan__runner *runner, const gan__run *run) {
  GAN_TRY(check_rows(runner, run->rows));
  if (!run->latents_only) GAN_TRY(gan__network_usable(runner->network));
  GAN_TRY(prepare(runner, run));
  for (gan__chunk chunk = first_chunk(runner, run); chunk.first < run->rows;
       chunk = gan__chunk_next(chunk)) {
    if (gan__cancel_requested(runner->context))
      return gan__fail(runner->context, GAN_ERROR_CANCELLED, "cancelled after %lld of %lld rows",
                       (long long)chunk.first, (long long)run->rows);
    GAN_TRY(run_chunk(runner, run, &chunk));
  }
  return GAN_OK;
}
