/* SPDX-License-Identifier: MIT */
/* Steps a second of the unrolled ring at several K: with BLAS handed over and without, on one
 * thread, against the floor of its own matrix products, all in the same rounds. Prints one JSON
 * line for each K, then what K costs against the K before. */
#include <stdbool.h>
#include <string.h>

#include "compare.h"
#include "measure.h"

static cli_option options[] = {
    {"--setup", "notebook", "paper|notebook", 1, 0, "networks and rates"},
    {"--unroll", "0,1,2,5,10,20", NULL, 1, 0, "values of K, separated by commas"},
    {"--inner", "same", "same|fresh", 1, 0, "batches of the inner steps"},
    COMPARE_OPTIONS};

static void describe(const cli_option *chosen) {
  bench_text("setup", cli_text(chosen, "--setup"));
  bench_text("inner", cli_text(chosen, "--inner"));
  bench_number("rows", (double)game_ring(cli_text(chosen, "--setup")).rows);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "measures the unrolled ring against its matrix products");
  const char *setup = cli_text(options, "--setup");
  compared ring = {.bench = "ring", .recipe = game_ring(setup), .describe = describe};
  ring.name = !strcmp(setup, "paper") ? "ring-paper" : "ring-notebook";
  bool fresh = !strcmp(cli_text(options, "--inner"), "fresh");
  ring.recipe.inner = fresh ? GAN_INNER_FRESH : GAN_INNER_SAME;
  return compare_run(&ring, options, argc, argv);
}
