/* SPDX-License-Identifier: MIT */
/* Small graphs of the kinds that the library builds, for tests that look at texts, memory, time. */
#ifndef GAN__TESTS_SMALL_GRAPHS_H
#define GAN__TESTS_SMALL_GRAPHS_H

#include "graph/graph.h"

typedef gan__graph *small_graph(gan_context *context);

/* One layer and its loss, with the gradient by its weights: x [300, 5], w [5, 3], b [3]. */
small_graph small_graph_dense;
/* Adam's step of a vector of 7 with its moments and step count, committed. */
small_graph small_graph_adam;
/* Two inner steps and the total derivative by the outer parameters. */
small_graph small_graph_unrolled;

/* The unrolled game in f32 with networks of one hidden layer of `width`, `steps` inner steps of
 * momentum on `rows` rows; outputs the loss, commits both players. */
typedef struct small_game {
  int64_t rows, width;
  int32_t steps;
} small_game;
gan__graph *small_graph_game(gan_context *context, const small_game *game);

#endif
