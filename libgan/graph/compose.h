/* SPDX-License-Identifier: MIT */
/* Job: functions made of several ops, built like ops. All return GAN__NONE after an error. */
#ifndef GAN__GRAPH_COMPOSE_H
#define GAN__GRAPH_COMPOSE_H

#include "graph/build.h"

/* Over the axes first .. first+count-1, which disappear; with count 0 over each element alone. */
gan__id gan__op_mean(gan__graph *graph, gan__id a, int32_t first, int32_t count);
gan__id gan__op_norm(gan__graph *graph, gan__id a, int32_t first, int32_t count);

/* ln sum exp(a) along an axis, which disappears: m + ln sum exp(a - m) with m the largest. */
gan__id gan__op_logsumexp(gan__graph *graph, gan__id a, int32_t axis);
/* a - logsumexp(a), and exp(a - m) / sum exp(a - m), along an axis, which stays. */
gan__id gan__op_log_softmax(gan__graph *graph, gan__id a, int32_t axis);
gan__id gan__op_softmax(gan__graph *graph, gan__id a, int32_t axis);

/* min(max(a, low), high) */
gan__id gan__op_clamp(gan__graph *graph, gan__id a, double low, double high);
/* A new axis of size 1 in front of `axis`, or at the end where axis is a's rank. */
gan__id gan__op_insert_axis(gan__graph *graph, gan__id a, int32_t axis);
/* index [N] i32 -> [N, classes]: 1 where the column is the index, else 0. */
gan__id gan__op_one_hot(gan__graph *graph, gan__id index, int64_t classes, int32_t dtype);

#endif
