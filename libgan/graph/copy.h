/* SPDX-License-Identifier: MIT */
/* Job: copies a graph node by node through a rule that may put something else in a node's place. */
#ifndef GAN__GRAPH_COPY_H
#define GAN__GRAPH_COPY_H

#include "graph/graph.h"

/* Builds in `to` what stands for `proto`, whose inputs are nodes of `to` already; its fields may be
 * changed. gan__graph_node() is the rule that copies. */
typedef gan__id gan__copy_rule(gan__graph *to, gan__proto *proto, void *user);

/* A new graph with the same slots, states, scopes, outputs and commits (same order and names) and
 * without dead nodes, each other node made by `rule`. In debug builds the result is verified. */
gan_status gan__graph_copy(const gan__graph *from, gan__copy_rule *rule, void *user,
                           gan__graph **to);

#endif
