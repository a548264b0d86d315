/* SPDX-License-Identifier: MIT */
/* Job: symbolic reverse-mode derivatives, as more nodes of the same graph. */
#ifndef GAN__GRAPH_GRADIENT_H
#define GAN__GRAPH_GRADIENT_H

#include "graph/graph.h"

/* gradients[i] = (d y / d xs[i])^T seed, built by ordinary ops, so it can be differentiated again.
 * `seed` has y's shape; GAN__NONE stands for 1 and needs a scalar y. Where y does not depend on
 * xs[i] the gradient is a constant zero. One sweep from y down to min(xs): a sweep of an inner step
 * costs that step, not the whole graph. Errors stick in the graph. */
void gan__gradient(gan__graph *graph, gan__id y, gan__id seed, const gan__id *xs, int32_t count,
                   gan__id *gradients);

/* Nodes that a derivative takes for constants, GAN__NONE among them allowed. */
typedef struct gan__held {
  const gan__id *nodes;
  int32_t count;
} gan__held;

/* The partial derivative of a scalar with the nodes of held [sets] fixed, but for those among xs:
 * what they depend on themselves is not looked at. */
void gan__gradient_partial(gan__graph *graph, gan__id y, const gan__id *xs, int32_t count,
                           const gan__held *held, int32_t sets, gan__id *gradients);

#endif
