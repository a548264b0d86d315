/* SPDX-License-Identifier: MIT */
/* The measurement that bench_ring and bench_mnist share: for each K the steps per second of a game
 * with BLAS handed over, without, and on one thread, beside the floor and the bare products, all
 * taking turns in every round. */
#ifndef BENCH_COMPARE_H
#define BENCH_COMPARE_H

#include "cli.h"
#include "bench_game.h"

/* clang-format off */
/* The options that every such program has; its own come before. */
#define COMPARE_OPTIONS                                                                            \
  {"--milliseconds", "1000", NULL, 1, 3600000, "of each measurement"},                             \
  {"--rounds", "5", NULL, 1, 101, "in which all measurements take turns"},                         \
  {"--threads", "0", NULL, 0, 256, "0: all processors"},                                           \
  {"--start", NULL, "", 1, 0, "only the time from process start to first step"},                   \
  {"--products", NULL, "", 1, 0, "also a line for each product of the floor"},                     \
  {"--explain", NULL, NULL, 1, 0, "folder: the plan of each K goes to NAME-kK.txt there"},         \
  {"--serve", NULL, "", 1, 0, "be one measured process, driven by lines (see worker.h)"},          \
  {"--mode", "handed_over", "handed_over|default", 1, 0, "BLAS of a measured process"},            \
  {"--started", "0", NULL, 0, INT64_MAX, "when a measured process began, in ns"},                  \
  {NULL, NULL, NULL, 1, 0, NULL}
/* clang-format on */

typedef struct compared {
  const char *bench; /* name in the lines: "ring" */
  const char *name;  /* of this choice of options: "ring-paper"; also of files */
  game_recipe recipe;
  /* Writes the members that tell the choice of options. */
  void (*describe)(const cli_option *options);
} compared;

/* The rest of main(), after the options have been read; one of them is --unroll. */
int compare_run(const compared *what, const cli_option *options, int argc, char **argv);

#endif
