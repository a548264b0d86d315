/* SPDX-License-Identifier: MIT */
/* Job: adds to a simplified graph what only the plan wants in it. */
#ifndef GAN__PLAN_LOWER_H
#define GAN__PLAN_LOWER_H

#include "graph/graph.h"

/* A copy of the graph in which the right sides of products are packed: once for all panels, and
 * once for all products that read the same matrix in the same way. */
gan_status gan__plan_lower(const gan__graph *graph, gan__graph **lowered);

#endif
