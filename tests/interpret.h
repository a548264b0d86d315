/* SPDX-License-Identifier: MIT */
/* A second opinion on every graph: one node after the other, in double, by plain loops. Shares
 * nothing with kern/ and plan/ but the ops' one-element formulas (gan__ops[].evaluate). */
#ifndef GAN__TESTS_INTERPRET_H
#define GAN__TESTS_INTERPRET_H

#include "graph/graph.h"

/* What is bound, all as double whatever the type in the graph. */
typedef struct interpret_inputs {
  double *const *slots;  /* [graph->slot_count] */
  double *const *states; /* [graph->state_count] */
  uint64_t seed, step;
} interpret_inputs;

/* The values of all nodes, [graph->count]; give them back with interpret_free. */
double **interpret(const gan__graph *graph, const interpret_inputs *inputs);
void interpret_free(const gan__graph *graph, double **values);

#endif
