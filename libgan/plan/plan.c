/* SPDX-License-Identifier: MIT */
/* Job: make and destroy plans, book their memory, say how much it is. */
#include "base/memory.h"
#include "base/pool.h"
#include "graph/build.h"
#include "graph/simplify.h"
#include "plan/lower.h"
#include "plan/recompute.h"
#include "plan/timing.h"

static gan_status compile(gan__plan *plan, bool levels_only) {
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
  if (levels_only) return GAN_OK;
  GAN_TRY(gan__plan_fuse(plan));
  GAN_TRY(gan__plan_place(plan));
  GAN_TRY(gan__plan_emit(plan));
  /* A page between the workers' workspaces keeps their cache lines and prefetches apart. */
  plan->workspace_stride = (plan->workspace_bytes + 4095) / 4096 * 4096;
  return gan__timing_book(plan);
}

static gan_status book_workspaces(gan__plan *plan) {
  int32_t threads = gan__pool_threads(plan->context->pool);
  char *fresh = gan__allocate(plan->context, (uint64_t)threads, (uint64_t)plan->workspace_stride);
  if (!fresh) return GAN_ERROR_MEMORY;
  gan__release(plan->context, plan->workspaces);
  plan->workspaces = fresh;
  plan->threads = threads;
  return GAN_OK;
}

gan_status gan__plan_book(gan__plan *plan) {
  bool booked = plan->arena;
  if (!booked) {
    plan->arena = gan__allocate(plan->context, (uint64_t)plan->arena_bytes, 1);
    if (plan->arena) plan->constants = gan__make_constants(plan);
  }
  gan_status status = plan->constants ? book_workspaces(plan) : GAN_ERROR_MEMORY;
  if (status != GAN_OK && !booked) gan__plan_unbook(plan);
  return status;
}

void gan__plan_unbook(gan__plan *plan) {
  gan__release(plan->context, plan->arena);
  gan__release(plan->context, plan->workspaces);
  gan__release(plan->context, plan->constants);
  plan->arena = plan->workspaces = plan->constants = NULL;
  plan->threads = 0;
}

bool gan__plan_is_booked(const gan__plan *plan) {
  return plan->arena;
}

gan_status gan__plan_draft(const gan__draft *draft, gan__plan **plan) {
  gan_context *context = draft->graph->context;
  gan__plan *made = gan__allocate(context, 1, sizeof *made);
  if (!made) {
    gan__graph_destroy(draft->graph);
    gan__release(context, draft->held);
    gan__release(context, draft->origin);
    return GAN_ERROR_MEMORY;
  }
  made->context = context;
  made->graph = draft->graph;
  made->held = draft->held;
  made->origin = draft->origin;
  made->keep_all = draft->keep_all;
  gan_status status = compile(made, draft->levels_only);
  if (status == GAN_OK)
    *plan = made;
  else
    gan__plan_destroy(made);
  return status;
}

gan_status gan__plan_compile(gan__graph *graph, bool keep_all, gan__plan **plan) {
  gan__plan *made;
  GAN_TRY(gan__plan_draft(&(gan__draft){.graph = graph, .keep_all = keep_all}, &made));
  gan_status status = gan__plan_book(made);
  if (status == GAN_OK)
    *plan = made;
  else
    gan__plan_destroy(made);
  return status;
}

static gan_status prepare(const gan__graph *graph, gan__graph **prepared) {
  gan__graph *simpler;
  GAN_TRY(gan__simplify(graph, &simpler));
  gan_status status = gan__plan_lower(simpler, prepared);
  gan__graph_destroy(simpler);
  return status;
}

/* A plan in which nothing is kept that is found again sooner. */
static gan_status plan_cheaply(const gan__graph *graph, gan__plan **plan) {
  gan__draft draft = {.levels_only = true}, cheap;
  gan__plan *base;
  GAN_TRY(prepare(graph, &draft.graph));
  GAN_TRY(gan__plan_draft(&draft, &base));
  gan_status status = gan__draft_cheap(base, &cheap);
  if (status == GAN_OK && !cheap.graph) {
    cheap.graph = base->graph;
    base->graph = NULL;
  }
  gan__plan_destroy(base);
  return status == GAN_OK ? gan__plan_draft(&cheap, plan) : status;
}

/* Puts a plan whose huge values come one after the other in the place of *plan where that is
 * smaller. */
static gan_status plan_staggered(const gan__graph *graph, gan__plan **plan) {
  int32_t threads = gan__pool_threads(graph->context->pool);
  gan__draft draft = {0};
  gan__plan *made;
  GAN_TRY(gan__stagger(*plan, &draft.held));
  if (!draft.held) return GAN_OK;
  gan_status status = prepare(graph, &draft.graph);
  if (status != GAN_OK) {
    gan__release(graph->context, draft.held);
    return status;
  }
  GAN_TRY(gan__plan_draft(&draft, &made));
  bool smaller = gan__plan_bytes(made, threads) < gan__plan_bytes(*plan, threads);
  gan__plan_destroy(smaller ? *plan : made);
  if (smaller) *plan = made;
  return GAN_OK;
}

/* One that keeps to the cap, or the smallest there is. */
static gan_status plan_within(const gan__graph *graph, int64_t cap, gan__plan **plan) {
  gan__draft draft = {0};
  gan__plan *made;
  GAN_TRY(prepare(graph, &draft.graph));
  GAN_TRY(gan__plan_draft(&draft, &made));
  gan_status status = plan_staggered(graph, &made);
  if (status == GAN_OK) status = gan__recompute(cap, &made);
  if (status == GAN_OK)
    *plan = made;
  else
    gan__plan_destroy(made);
  return status;
}

static bool has_pairs(const gan__graph *graph) {
  for (gan__id id = 0; id < graph->count; id++)
    if (gan__ops[gan__node_at(graph, id)->op].flags & GAN__PAIRS) return true;
  return false;
}

/* Puts a plan whose huge values of pairs come one after the other in the place of *plan where that
 * is smaller by much: then two barriers cost less than the memory. What is not large stays in
 * caches as it is. */
static gan_status plan_pairs(const gan__graph *graph, gan__plan **plan) {
  enum { LARGE = 8 << 20 };
  int32_t threads = gan__pool_threads(graph->context->pool);
  gan__draft draft = {0};
  gan__plan *made;
  if (gan__plan_bytes(*plan, threads) < LARGE || !has_pairs(graph)) return GAN_OK;
  GAN_TRY(prepare(graph, &draft.graph));
  GAN_TRY(gan__plan_draft(&draft, &made));
  gan_status status = plan_staggered(graph, &made);
  int64_t before = gan__plan_bytes(*plan, threads), after = gan__plan_bytes(made, threads);
  bool smaller = status == GAN_OK && after < before - before / 4;
  gan__plan_destroy(smaller ? *plan : made);
  if (smaller) *plan = made;
  return status;
}

gan_status gan__plan_create_within(const gan__graph *graph, int64_t cap, gan__plan **plan) {
  gan__plan *made, *within;
  int32_t threads = gan__pool_threads(graph->context->pool);
  GAN_TRY(plan_cheaply(graph, &made));
  gan_status paired = plan_pairs(graph, &made);
  if (paired != GAN_OK) gan__plan_destroy(made);
  GAN_TRY(paired);
  if (cap > 0 && gan__plan_bytes(made, threads) > cap) {
    gan_status status = plan_within(graph, cap, &within);
    bool smaller =
        status == GAN_OK && gan__plan_bytes(within, threads) < gan__plan_bytes(made, threads);
    if (smaller || status != GAN_OK) gan__plan_destroy(made);
    GAN_TRY(status);
    if (smaller)
      made = within;
    else
      gan__plan_destroy(within);
  }
  made->cap = cap;
  *plan = made;
  return GAN_OK;
}

gan_status gan__plan_create(const gan__graph *graph, gan__plan **plan) {
  gan__plan *made;
  GAN_TRY(gan__plan_create_within(graph, 0, &made));
  gan_status status = gan__plan_book(made);
  if (status == GAN_OK)
    *plan = made;
  else
    gan__plan_destroy(made);
  return status;
}

void gan__plan_destroy(gan__plan *plan) {
  if (!plan) return;
  gan_context *context = plan->context;
  gan__plan_unbook(plan);
  gan__graph_destroy(plan->graph);
  gan__release(context, plan->held);
  gan__release(context, plan->origin);
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
  gan__release(context, plan->filled);
  gan__release(context, (void *)plan->results);
  gan__release(context, plan->staged);
  gan__timing_release(plan);
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
