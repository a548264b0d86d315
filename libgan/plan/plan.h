/* SPDX-License-Identifier: MIT */
/* Job: the plan as its users see it: compile a graph once, run it many times. */
#ifndef GAN__PLAN_PLAN_H
#define GAN__PLAN_PLAN_H

#include "base/text.h"
#include "graph/graph.h"

typedef struct gan__plan gan__plan;

/* What a run binds; all pointers are 64-byte aligned or at least element-aligned (callers' data).
 */
typedef struct gan__bindings {
  const void *const *slots; /* [graph->slot_count], in the order of gan__graph_input */
  void *const *states;      /* [graph->state_count], in the order of gan__graph_state */
  uint64_t seed, step;      /* of the random draws */
} gan__bindings;

/* Simplifies the graph and compiles it: kernels chosen, work cut into regions and panels, every
 * buffer placed. The graph can be destroyed afterwards; slots, states and outputs keep their
 * numbers. All memory of later runs with the context's present threads is allocated here. */
gan_status gan__plan_create(const gan__graph *graph, gan__plan **plan);
/* The same without any memory for values, which the first run books. Where `cap` is not 0 and the
 * bytes with the present threads would be more, values are computed again instead of kept: with the
 * least additional work that keeps to the cap, or, where none does, with the fewest bytes (the
 * caller compares). Bits do not depend on the cap. */
gan_status gan__plan_create_within(const gan__graph *graph, int64_t cap, gan__plan **plan);
void gan__plan_destroy(gan__plan *plan);

/* Books what is missing of a plan's memory for the context's present threads; on failure the plan
 * is as it was. */
gan_status gan__plan_book(gan__plan *plan);
/* Gives it back: results are gone, the next run books again. */
void gan__plan_unbook(gan__plan *plan);
bool gan__plan_is_booked(const gan__plan *plan);

/* Computes every output and every value to be committed. Changes nothing outside the plan.
 * Allocates nothing unless the context has more threads than at the last run (then GAN_ERROR_MEMORY
 * may come). */
gan_status gan__plan_run(gan__plan *plan, const gan__bindings *bindings);

/* Copies the committed values of the last run into the states. Cannot fail. */
void gan__plan_commit(gan__plan *plan, const gan__bindings *bindings);

/* The value of output `index` after a run: valid until the next run. An output that is a state's
 * own value, or a slot's, is the bound memory itself, which a commit may change. */
const void *gan__plan_output(const gan__plan *plan, int32_t index);

/* Repeats the last run keeping every value, and writes the first (in order of computation) that is
 * not finite as text ("generator/dense_1: %12 matmul [512, 128]"); "" when all are. Slow;
 * allocates. */
gan_status gan__plan_find_bad(const gan__plan *plan, const gan__bindings *bindings,
                              char text[GAN__NODE_TEXT]);

/* Bytes of the arena, of the workspaces of `threads` threads, and of constants. */
int64_t gan__plan_bytes(const gan__plan *plan, int32_t threads);
int64_t gan__plan_arena_bytes(const gan__plan *plan);

/* The plan as stable text: levels, regions, steps, kernels with the reasons against the faster
 * ones, flops and bytes (cost.h); after a run also the times of it (timing.h). */
void gan__plan_explain(const gan__plan *plan, gan__text *text);
/* The simplified graph. */
const gan__graph *gan__plan_graph(const gan__plan *plan);

#endif
