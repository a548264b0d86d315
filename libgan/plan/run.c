/* SPDX-License-Identifier: MIT */
/* Job: run a plan: phase by phase, panel by panel, step by step. Pointers and loops only. */
#include <string.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include "base/clock.h"
#include "base/memory.h"
#include "base/pool.h"
#include "graph/build.h"
#include "plan/timing.h"

/* Denormals are flushed while the library computes: Adam's moments decay into them, and each would
 * cost tens of times a normal operation. The thread's own state is put back afterwards. */
static uint32_t flush_denormals(void) {
#if defined(__SSE__)
  uint32_t before = _mm_getcsr();
  _mm_setcsr(before | 0x8040u);
  return before;
#else
  return 0;
#endif
}

static void restore_denormals(uint32_t before) {
#if defined(__SSE__)
  _mm_setcsr(before);
#else
  (void)before;
#endif
}

static void run_row_step(const gan__frame *frame, const gan__step *step, bool first) {
  const gan__plan *plan = frame->plan;
  const gan__ref *refs = plan->refs + step->ref;
  const void *in[GAN__ROW_INPUTS];
  for (uint32_t i = 1; i < step->ref_count; i++)
    in[i - 1] = gan__resolve(frame, &refs[i]);
  gan__row_call call = {.node = step->call,
                        .out = gan__resolve(frame, &refs[0]),
                        .in = in,
                        .first_row = frame->first_row,
                        .rows = frame->rows,
                        .accumulate = !first && step->call->split.kind == GAN__SPLIT_REDUCE,
                        .scratch = frame->workspace + step->scratch,
                        .seed = frame->bindings->seed,
                        .step = frame->bindings->step};
  step->kernel->row(&call);
}

/* `times` [step_count]: where each step's time is added, or NULL. */
static void run_panels(const gan__plan *plan, const gan__bindings *bindings, const gan__work *work,
                       char *workspace, int64_t *times) {
  const gan__region *region = &plan->regions[work->region];
  gan__frame frame = {
      .plan = plan, .bindings = bindings, .workspace = workspace, .slot = work->slot};
  for (int32_t panel = work->first; panel < work->end; panel++) {
    for (uint32_t s = region->step; s < region->step + region->step_count; s++) {
      const gan__step *step = &plan->steps[s];
      int64_t began = times ? gan__clock() : 0;
      frame.first_row = panel * region->panel;
      frame.rows = step->extent - frame.first_row;
      if (region->extent && frame.rows > region->panel) frame.rows = region->panel;
      if (step->kernel)
        run_row_step(&frame, step, panel == work->first);
      else
        gan__run_tiles(&frame, step);
      if (times) times[s] += gan__clock() - began;
    }
  }
}

/* result = partial_0 + partial_1 + ..., in this order whatever the threads did. */
static void combine(const gan__plan *plan, const gan__work *work) {
  const gan__value *value = &plan->values[work->node];
  const gan__node *node = gan__node_at(plan->graph, work->node);
  int64_t element = gan__dtype_size(node->dtype), count = gan__shape_count(&node->shape);
  int64_t first = (int64_t)work->first * GAN__PIECE, end = first + GAN__PIECE;
  int64_t padded = (value->bytes + 63) / 64 * 64;
  if (end > count) end = count;
  for (int64_t at = first; at < end; at += GAN__TILE) {
    int64_t length = end - at < GAN__TILE ? end - at : GAN__TILE;
    char *sum = plan->arena + value->offset + at * element;
    const char *slots = plan->arena + value->partial + at * element;
    for (int32_t s = 0; s < work->slot;) {
      const void *in[GAN__ADD_INPUTS];
      int32_t terms = 0;
      if (s > 0) in[terms++] = sum; /* of the slots before */
      while (terms < GAN__ADD_INPUTS && s < work->slot)
        in[terms++] = slots + s++ * padded;
      plan->sums[node->dtype]->tile(length, sum, in, terms, NULL);
    }
  }
}

typedef struct phase_run {
  const gan__plan *plan;
  const gan__bindings *bindings;
  const gan__work *work;
} phase_run;

static void run_work(void *data, int32_t task, int32_t worker) {
  const phase_run *run = data;
  const gan__plan *plan = run->plan;
  struct gan__timing *timing = plan->timing;
  uint32_t before = flush_denormals();
  const gan__work *work = &run->work[task];
  int64_t began = gan__clock();
  if (work->region < 0)
    combine(plan, work);
  else
    run_panels(plan, run->bindings, work, plan->workspaces + worker * plan->workspace_stride,
               gan__timing_steps(plan, worker));
  timing->work[work - plan->work] = gan__clock() - began;
  restore_denormals(before);
}

static char *value_at(const gan__plan *plan, const gan__bindings *bindings, gan__id id) {
  gan__frame frame = {.plan = plan, .bindings = bindings};
  gan__ref ref = gan__value_ref(plan, gan__root_of(plan->graph, id), false, 0);
  return gan__resolve(&frame, &ref);
}

static int64_t state_bytes(const gan__graph *graph, uint64_t state) {
  const gan__binding *door = &graph->states[state];
  return gan__shape_count(&door->shape) * gan__dtype_size(door->dtype);
}

static void stage(const gan__plan *plan, const gan__bindings *bindings) {
  const gan__graph *graph = plan->graph;
  for (uint64_t i = 0; i < graph->state_count; i++)
    if (plan->staged[i] >= 0)
      memcpy(plan->arena + plan->staged[i],
             value_at(plan, bindings, gan__node_input(graph, graph->commits[i], 0)),
             (size_t)state_bytes(graph, i));
}

gan_status gan__plan_run(gan__plan *plan, const gan__bindings *bindings) {
  gan__pool *pool = plan->context->pool;
  if (gan__pool_threads(pool) > plan->threads) GAN_TRY(gan__plan_book(plan));
  int64_t start = gan__clock();
  for (uint64_t p = 0; p < plan->phase_count; p++) {
    int64_t began = gan__clock();
    phase_run run = {plan, bindings, plan->work + plan->phases[p].work};
    gan__pool_run(pool, run_work, &run, (int32_t)plan->phases[p].work_count);
    plan->timing->phases[p] = gan__clock() - began;
  }
  stage(plan, bindings);
  for (uint64_t i = 0; i < plan->graph->output_count; i++)
    plan->results[i] = value_at(plan, bindings, plan->graph->outputs[i].node);
  gan__timing_end(plan, start);
  return GAN_OK;
}

void gan__plan_commit(gan__plan *plan, const gan__bindings *bindings) {
  const gan__graph *graph = plan->graph;
  for (uint64_t i = 0; i < graph->state_count; i++) {
    if (graph->commits[i] == GAN__NONE) continue;
    const char *from = plan->staged[i] >= 0
                           ? plan->arena + plan->staged[i]
                           : value_at(plan, bindings, gan__node_input(graph, graph->commits[i], 0));
    if (from != bindings->states[i])
      memcpy(bindings->states[i], from, (size_t)state_bytes(graph, i));
  }
}

const void *gan__plan_output(const gan__plan *plan, int32_t index) {
  return plan->results[index];
}
