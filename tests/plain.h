/* SPDX-License-Identifier: MIT */
/* What a trainer's step sees, for tests that do the step again by hand: latents of its moves, and
 * small networks evaluated row by row in double. Included after players.h. */
#ifndef GAN__TESTS_PLAIN_H
#define GAN__TESTS_PLAIN_H

#include <math.h>

#include "graph_run.h"

enum { PLAIN_ROWS = 32, PLAIN_WIDTH = 8 };

/* Rows of numbers. */
typedef struct plain {
  int64_t rows, width;
  double at[PLAIN_ROWS][PLAIN_WIDTH];
} plain;

/* The latents that the trainer's next step draws for a turn with this noise. */
static inline plain latents_of(players *p, uint64_t noise, int64_t rows) {
  plain made = {.rows = rows};
  gan__graph *graph;
  graph_run run;
  MUST(gan__graph_create(p->context, &graph));
  gan__graph_output(graph, "latents", gan__generator_latent(p->g, graph, rows, noise));
  graph_run_create(graph, GRAPH_RUN_NORMAL, &run);
  run.bindings.seed = p->t->seed;
  run.bindings.step = (uint64_t)p->t->steps;
  graph_run_go(&run);
  double *values = graph_run_read(&run, 0);
  made.width = graph_run_count(&run, 0) / rows;
  for (int64_t i = 0; i < rows * made.width; i++)
    made.at[i / made.width][i % made.width] = values[i];
  free(values);
  graph_run_destroy(&run);
  gan__graph_destroy(graph);
  return made;
}

static inline plain plain_rows(const float *rows, int64_t count, int64_t width) {
  plain made = {.rows = count, .width = width};
  for (int64_t i = 0; i < count * width; i++)
    made.at[i / width][i % width] = rows[i];
  return made;
}

/* The mean and the variance (divided by n) of a column. */
static inline void plain_measure(const plain *x, int64_t column, double *mean, double *variance) {
  *mean = *variance = 0;
  for (int64_t i = 0; i < x->rows; i++)
    *mean += x->at[i][column] / (double)x->rows;
  for (int64_t i = 0; i < x->rows; i++)
    *variance += (x->at[i][column] - *mean) * (x->at[i][column] - *mean) / (double)x->rows;
}

/* x W + b */
static inline plain plain_dense(const plain *x, const double *weight, const double *bias,
                                int64_t units) {
  plain y = {.rows = x->rows, .width = units};
  for (int64_t i = 0; i < x->rows; i++)
    for (int64_t u = 0; u < units; u++) {
      y.at[i][u] = bias[u];
      for (int64_t k = 0; k < x->width; k++)
        y.at[i][u] += x->at[i][k] * weight[k * units + u];
    }
  return y;
}

#endif
