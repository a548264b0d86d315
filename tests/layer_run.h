/* SPDX-License-Identifier: MIT */
/* Runs a network of f64 over one segment of rows with the input and every parameter as free numbers
 * ("leaves"), and checks derivatives of first and second order against differences. Everything that
 * fails here fails the test. */
#ifndef GAN__TESTS_LAYER_RUN_H
#define GAN__TESTS_LAYER_RUN_H

#include <gan/layers.h>

#include "graph_run.h"
#include "nn/layer.h"

enum { LAYER_LEAVES = 24 };

typedef struct layer_run {
  gan_context *context;
  gan_network *network;
  graph_run run;
  int64_t rows;
  int32_t count;                /* leaves: the input, then each parameter */
  double *leaves[LAYER_LEAVES]; /* leaves[0] [rows, input shape]; leaves[1 + i] parameter i */
  int64_t sizes[LAYER_LEAVES];  /* their elements */
  bool wanted[LAYER_LEAVES];    /* derivatives are taken: the input, trained parameters */
  double *slots[2 * LAYER_LEAVES + 1];
  int32_t gradients[LAYER_LEAVES], seconds[LAYER_LEAVES], statistics[LAYER_LEAVES]; /* outputs */
} layer_run;

/* The text without its "f64;". The leaves hold the network's parameters and an input of distinct
 * numbers within about -1.5 .. 1.5; they may be changed before each run. */
void layer_run_create(gan_context *context, const char *text, int64_t rows, bool training,
                      layer_run *self);
void layer_run_destroy(layer_run *self);

/* The leaf of a parameter by its name. */
double *layer_run_leaf(layer_run *self, const char *parameter);
/* The output [rows, output shape], or what a statistic becomes; free them. */
double *layer_run_output(layer_run *self);
double *layer_run_statistic(layer_run *self, const char *parameter);

/* Of sum(w tanh(output)), w fixed: every derivative by a leaf, and every derivative of the sum of
 * those with fixed factors, against central differences. */
void layer_run_check(layer_run *self, double tolerance);

#endif
