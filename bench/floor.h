/* SPDX-License-Identifier: MIT */
/* The floor under a plan's time: its live matrix products alone, each by the best kernel that this
 * process has, in warm caches, on one thread. Nothing of the rest of a step is in it, and no
 * barrier. Divided by the number of threads it is what an ideal split would take. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdbool.h>

#include "graph/graph.h"

typedef struct product_floor product_floor;

/* Collects the products of a plan's graph, equal ones once, and chooses the kernel of each by
 * measurement: every candidate of the table, on the whole product and on panels of several heights.
 * The graph may go afterwards. Ends the program when there is no memory. */
product_floor *floor_create(const gan__graph *graph);
void floor_destroy(product_floor *floor);

/* Seconds that all products take together by their chosen kernels, measured anew during about
 * `budget` seconds. */
double floor_seconds(product_floor *floor, double budget);

/* Seconds that all products take as one sgemm each on whole matrices, OpenBLAS splitting each among
 * `threads` threads of its own (another BLAS uses what it likes). Products of other types or of
 * batches are left out. */
double floor_bare_seconds(product_floor *floor, double budget, int32_t threads);

double floor_flops(const product_floor *floor);
double floor_products(const product_floor *floor);

/* One line for each different product: its sizes, how often, the chosen kernel, GFLOP/s of the last
 * measurement. `label` is a member that says to what they belong. */
void floor_print(const product_floor *floor, gan_context *context, const char *label);

#endif
