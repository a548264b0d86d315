/* SPDX-License-Identifier: MIT */
/* Job: keep to a memory cap by computing values again instead of keeping them. */
#ifndef GAN__PLAN_RECOMPUTE_H
#define GAN__PLAN_RECOMPUTE_H

#include "plan/internal.h"

/* Puts in the place of *plan the plan with the least additional work whose bytes with the present
 * threads keep to the cap, or, where none does, the one with the fewest bytes. On failure *plan is
 * untouched. */
gan_status gan__recompute(int64_t cap, gan__plan **plan);

/* stagger.c: levels that nodes wait for (see gan__draft) so that few huge values do not live at the
 * same time; *held is NULL where there are none. `base` is compiled and has no copies of nodes. */
gan_status gan__stagger(const gan__plan *base, int32_t **held);

/* ---- lives.c: when the values of a plan are read. ---- */

typedef struct gan__lives {
  const gan__plan *base;
  gan__id *order;     /* [base->member_count]: computed nodes by level, then by id */
  uint64_t *reads;    /* [count + 1]: where the readers of each node start in ... */
  int32_t *levels;    /* ... their levels, in rising order */
  bool *lasting;      /* [count]: read after the run, or small */
  int32_t *first_end; /* [count]: the end of the first life */
  double *widths;     /* [level_count + 1]: bytes whose first life crosses the end of each level */
} gan__lives;

/* On failure there is still something to finish. */
gan_status gan__lives_make(const gan__plan *base, gan__lives *lives);
void gan__lives_finish(gan__lives *lives);
/* The level of the last reader. */
int32_t gan__last_read(const gan__lives *lives, gan__id id);
/* The first life ends where no reader follows within `patience` levels. Fills first_end, widths. */
void gan__find_first_lives(gan__lives *lives, int32_t patience);
/* Cuts about `spacing` levels apart, each where the least crosses it; the later of equal ones.
 * cuts_before: [level_count + 1]. */
void gan__make_cuts(const gan__lives *lives, int32_t spacing, int32_t *cuts_before);
/* True when a cut lies in the first life of the value. */
bool gan__crosses_cut(const gan__lives *lives, gan__id id, const int32_t *cuts_before);

/* ---- cheap.c: elementwise values that are computed again sooner than fetched. ---- */

typedef struct gan__cheap {
  int32_t effort; /* at most, of a value: simple ops on what is there, dearer ones count more */
  int64_t bytes;  /* of a value, at least */
} gan__cheap;

/* patience[id] (see gan__instances): 1 for elementwise values that are dropped after their first
 * readers, because all that they are computed from lives on anyway; else GAN__FOR_GOOD. */
gan_status gan__drop_cheap(const gan__lives *lives, const gan__cheap *cheap, int32_t *patience);

/* What stands for the graph of `base`, of which only the levels are needed, where no memory is
 * short: large values of little effort are computed again by late readers. draft->graph is NULL
 * where there are none. */
gan_status gan__draft_cheap(const gan__plan *base, gan__draft *draft);

/* ---- instance.c, instance_graph.c: which node is computed how often, and who reads which result.
 * ---- */

/* A result of a node. The first ones, [graph->count], are the nodes as they are in the graph; those
 * behind them compute a node again. */
typedef struct gan__instance {
  gan__id node;
  gan__id before; /* the first node of the graph that needs it, however indirectly */
  uint64_t input; /* of `inputs`: the instances that it reads */
  uint32_t older; /* the instance of the same node made before it, + 1; 0: none */
  int32_t level;  /* in which it is computed */
  int32_t last;   /* in which it is read last */
  bool alive;     /* read by anyone */
} gan__instance;

typedef struct gan__instances {
  const gan__plan *base; /* the plan whose levels are followed */
  const gan__id *order;  /* [base->member_count]: computed nodes by level, then by id */
  /* [graph->count]: for how many levels without a reader a result is kept until the next reader;
   * one farther off gets a new instance. */
  const int32_t *patience;
  int32_t reach; /* levels over which instances keep the distances of the base plan */
  gan__instance *list;
  uint32_t *inputs;
  uint32_t *newest; /* [graph->count]: instance of each node */
  uint32_t *made;   /* instances in an order in which each comes behind what it reads */
  uint64_t count, capacity, input_count, input_capacity, made_count, made_capacity;
  struct gan__search *stack; /* what instance.c is looking for */
} gan__instances;

enum { GAN__FOR_GOOD = INT32_MAX };

static inline int64_t gan__node_bytes(const gan__graph *graph, gan__id id) {
  const gan__node *node = gan__node_at(graph, id);
  return gan__shape_count(&node->shape) * gan__dtype_size(node->dtype);
}

/* Decides on all instances. GAN_ERROR_LIMIT, without a message, when there are several times as
 * many as nodes. */
gan_status gan__instances_make(gan__instances *instances);
void gan__instances_finish(gan__instances *instances);

/* Work beyond that of the base plan, in units of one element of an elementwise op. */
double gan__instances_work(const gan__instances *instances);
/* The largest sum of what is alive at once across levels: an estimate of the arena. */
gan_status gan__instances_peak(const gan__instances *instances, double *peak);
/* The graph in which instances are nodes, and their levels for the scheduler. */
gan_status gan__instances_draft(const gan__instances *instances, gan__draft *draft);

#endif
