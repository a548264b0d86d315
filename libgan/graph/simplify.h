/* SPDX-License-Identifier: MIT */
/* Job: passes that copy a graph into a simpler one, and the check that runs after each. */
#ifndef GAN__GRAPH_SIMPLIFY_H
#define GAN__GRAPH_SIMPLIFY_H

#include "graph/graph.h"

/* A new graph with the same slots, states, outputs and commits (same order and names), without dead
 * nodes, with constants folded and the rows' identities applied. The old graph is unchanged. */
gan_status gan__simplify(const gan__graph *graph, gan__graph **simpler);

/* Checks that ids point backwards, that every rule infers the recorded type and shape again, and
 * that outputs and commits exist. GAN_ERROR_INTERNAL names the first bad node. */
gan_status gan__verify(const gan__graph *graph);

/* The same for a graph in which a node stands several times, with the facts of the one that it is
 * a copy of: a fact that was inferred from two inputs being one node still holds when they are two
 * copies of it, but is not inferred again. */
gan_status gan__verify_copies(const gan__graph *graph);

#endif
