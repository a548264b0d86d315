/* SPDX-License-Identifier: MIT */
/* Job: make and destroy plans, book their memory, say how much it is. */
#include "base/memory.h"
#include "base/pool.h"
#include "graph/build.h"
#include "graph/simplify.h"
#include "plan/internal.h"

static gan_status compile(gan__plan *plan) {
  gan_context *context = plan->context;
  plan->cpu_level = gan__cpu_level();
  plan->values = gan__allocate(context, plan->graph->count, sizeof *plan->values);
  plan->results = gan__allocate(context, plan->graph->output_count, sizeof *plan->results);
  plan->staged = gan__allocate(context, plan->graph->state_count, sizeof *plan->staged);
  if (!plan->values || !plan->results || !plan->staged) return GAN_ERROR_MEMORY;
  for (int32_t dtype = GAN_F32; dtype <= GAN_I32; dtype++) {
    gan__shape shapes[2] = {{.rank = 0}, {.rank = 0}};
    int32_t dtypes[2] = {dtype, dtype};
    gan__kernel_node add = {.op = GAN__OP_ADD,
                            .dtype = dtype,
                            .input_count = 2,
                            .input_shapes = shapes,
                            .input_dtypes = dtypes,
                            .cpu_level = plan->cpu_level};
    plan->sums[dtype] = gan__kernel_select(&add, true, false);
  }
  GAN_TRY(gan__plan_schedule(plan));
  GAN_TRY(gan__plan_fuse(plan));
  GAN_TRY(gan__plan_place(plan));
  GAN_TRY(gan__plan_emit(plan));
  plan->arena = gan__allocate(context, (uint64_t)plan->arena_bytes, 1);
  if (!plan->arena) return GAN_ERROR_MEMORY;
  return gan__plan_book(plan);
}

gan_status gan__plan_book(gan__plan *plan) {
  int32_t threads = gan__pool_threads(plan->context->pool);
  /* A page between the workers' workspaces keeps their cache lines and prefetches apart. */
  plan->workspace_stride = (plan->workspace_bytes + 4095) / 4096 * 4096;
  char *fresh = gan__allocate(plan->context, (uint64_t)threads, (uint64_t)plan->workspace_stride);
  if (!fresh) return GAN_ERROR_MEMORY;
  gan__release(plan->context, plan->workspaces);
  plan->workspaces = fresh;
  plan->threads = threads;
  return GAN_OK;
}

gan_status gan__plan_compile(gan__graph *graph, bool keep_all, gan__plan **plan) {
  gan__plan *made = gan__allocate(graph->context, 1, sizeof *made);
  if (!made) {
    gan__graph_destroy(graph);
    return GAN_ERROR_MEMORY;
  }
  made->context = graph->context;
  made->graph = graph;
  made->keep_all = keep_all;
  gan_status status = compile(made);
  if (status == GAN_OK)
    *plan = made;
  else
    gan__plan_destroy(made);
  return status;
}

gan_status gan__plan_create(const gan__graph *graph, gan__plan **plan) {
  gan__graph *simpler;
  GAN_TRY(gan__simplify(graph, &simpler));
  return gan__plan_compile(simpler, false, plan);
}

void gan__plan_destroy(gan__plan *plan) {
  if (!plan) return;
  gan_context *context = plan->context;
  gan__graph_destroy(plan->graph);
  gan__release(context, plan->values);
  gan__release(context, plan->members);
  gan__release(context, plan->regions);
  gan__release(context, plan->steps);
  gan__release(context, plan->instructions);
  gan__release(context, plan->expansions);
  gan__release(context, plan->refs);
  gan__release(context, plan->work);
  gan__release(context, plan->phases);
  gan__release(context, plan->input_shapes);
  gan__release(context, plan->input_dtypes);
  gan__release(context, plan->calls);
  gan__release(context, plan->arena);
  gan__release(context, plan->workspaces);
  gan__release(context, plan->constants);
  gan__release(context, plan->filled);
  gan__release(context, (void *)plan->results);
  gan__release(context, plan->staged);
  gan__release(context, plan);
}

int64_t gan__plan_bytes(const gan__plan *plan, int32_t threads) {
  return plan->arena_bytes + plan->constant_bytes + threads * plan->workspace_stride;
}

int64_t gan__plan_arena_bytes(const gan__plan *plan) {
  return plan->arena_bytes;
}

const gan__graph *gan__plan_graph(const gan__plan *plan) {
  return plan->graph;
}
