/* SPDX-License-Identifier: MIT */
/* Job: a graph as stable text, one line a node. */
#ifndef GAN__GRAPH_PRINT_H
#define GAN__GRAPH_PRINT_H

#include "base/text.h"
#include "graph/graph.h"

/* Adds "%7 = matmul f32 [512, 128] %3 %5 [0, 0]  # generator/dense_1" for each node, then outputs.
 */
void gan__graph_print(const gan__graph *graph, gan__text *text);

#endif
