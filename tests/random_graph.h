/* SPDX-License-Identifier: MIT */
/* Random graphs over the whole op table, with values to bind, for tests of properties: whatever the
 * graph, the plan must compute what the graph says. The same seed gives the same graph. */
#ifndef GAN__TESTS_RANDOM_GRAPH_H
#define GAN__TESTS_RANDOM_GRAPH_H

#include "base/random.h"
#include "graph/graph.h"

enum { RANDOM_GRAPH_POOL = 256 };

/* A value that later nodes may read. `bound`: no element is larger in magnitude. `exact`: rounding
 * never touched it, so a jump (a comparison, an argmax) of it is the same however it is computed.
 */
typedef struct random_value {
  gan__id id;
  double bound;
  bool exact;
} random_value;

typedef struct random_graph {
  gan__graph *graph;
  gan__stream random;
  int32_t dtype;
  bool smooth; /* kinks only of exact values: a derivative jumps there */
  random_value pool[RANDOM_GRAPH_POOL];
  int32_t pool_count;
  double **slots, **states; /* what to bind: exact in f32 */
} random_graph;

/* What a graph is made of. */
typedef struct random_graph_plan {
  uint64_t seed;
  int32_t dtype;
  int32_t values;    /* that are grown: nodes are several times as many */
  int32_t gradients; /* 0, 1 or 2: the highest order of derivatives among the outputs */
} random_graph_plan;

void random_graph_make(gan_context *context, const random_graph_plan *plan, random_graph *made);
void random_graph_finish(random_graph *made);

#endif
