/* SPDX-License-Identifier: MIT */
/* Compiles a graph, binds doubles to it whatever its types, runs it, reads doubles back. Everything
 * that fails here fails the test. */
#ifndef GAN__TESTS_GRAPH_RUN_H
#define GAN__TESTS_GRAPH_RUN_H

#include "plan/plan.h"

typedef struct graph_run {
  gan_context *context;
  gan__plan *plan;
  gan__bindings bindings;
  char **slot_memory, **state_memory; /* bound one element behind their starts: least aligned */
  void **slots, **states;
} graph_run;

enum graph_run_mode { GRAPH_RUN_NORMAL, GRAPH_RUN_KEEP_ALL };

/* Compiles (after simplifying); slots and states hold zeros. The graph is unchanged. */
void graph_run_create(const gan__graph *graph, enum graph_run_mode mode, graph_run *run);
void graph_run_destroy(graph_run *run);

/* Binds all slots and states: slots[i] has the elements of slot i. Either may be NULL. */
void graph_run_bind(graph_run *run, double *const *slots, double *const *states);
/* Fills the plan's arena and workspaces with NaN: what is read before it is written shows. */
void graph_run_poison(graph_run *run);
void graph_run_go(graph_run *run);

/* Elements of an output; its values as doubles (free them); its bytes where they lie. */
int64_t graph_run_count(const graph_run *run, int32_t output);
double *graph_run_read(const graph_run *run, int32_t output);
const void *graph_run_bytes(const graph_run *run, int32_t output, size_t *bytes);
/* A state's present values (free them). */
double *graph_run_state(const graph_run *run, int32_t state);

/* One run of a graph without states: binds, runs, reads one output (free it). */
double *graph_run_once(const gan__graph *graph, double *const *slots, int32_t output);

#endif
