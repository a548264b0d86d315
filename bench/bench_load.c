/* SPDX-License-Identifier: MIT */
/* Training on a machine that has other work: steps a second of the unrolled ring with one thread,
 * one for each CPU and two for each CPU, all in the same rounds, while processes that only compute
 * compete for the CPUs. Prints one JSON line for each number of threads and competitors; `ratio` is
 * to one thread among as many competitors. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pool.h"
#include "bench_game.h"
#include "cli.h"
#include "measure.h"

enum { SIZES = 3, COMPETITORS_MAX = 512 };

static cli_option options[] = {
    {"--unroll", "5", NULL, 0, 1000, "K of the ring, with the notebook's networks"},
    {"--milliseconds", "300", NULL, 1, 3600000, "of each measurement in each round"},
    {"--rounds", "5", NULL, 1, BENCH_ROUNDS_MAX, "in which all measurements take turns"},
    {NULL, NULL, NULL, 1, 0, NULL}};

/* ---- Competitors. ---- */

static pid_t competitors[COMPETITORS_MAX];
static int32_t competitor_count;

/* Until it is killed, or has lost the one that would do so. */
static void compete(pid_t parent) {
  volatile uint64_t number = 1;
  while (getppid() == parent)
    for (int32_t i = 0; i < 1000000; i++)
      number = number * 6364136223846793005u + 1442695040888963407u;
  _exit(0);
}

static void start_competitors(int32_t count) {
  pid_t parent = getpid();
  while (competitor_count < count && competitor_count < COMPETITORS_MAX) {
    pid_t child = fork();
    if (child == 0) compete(parent);
    if (child < 0) {
      fprintf(stderr, "bench_load: no more processes\n");
      return;
    }
    competitors[competitor_count++] = child;
  }
}

static void stop_competitors(void) {
  while (competitor_count > 0) {
    pid_t child = competitors[--competitor_count];
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
  }
}

/* ---- Rounds. ---- */

static double steps_per_second(const bench_game *game) {
  double start = bench_seconds(), seconds = (double)cli_integer(options, "--milliseconds") * 1e-3;
  int64_t steps = 0;
  for (; steps == 0 || bench_seconds() - start < seconds; steps++)
    cli_check(game->context, gan_trainer_run(game->trainer, 1));
  return (double)steps / (bench_seconds() - start);
}

static void measure(const bench_game *games, int32_t busy) {
  bench_samples speed[SIZES] = {{{0}, 0}};
  start_competitors(busy);
  for (int64_t round = 0; round < cli_integer(options, "--rounds"); round++)
    for (int32_t i = 0; i < SIZES; i++)
      bench_add(&speed[i], steps_per_second(&games[i]));
  stop_competitors();
  for (int32_t i = 0; i < SIZES; i++) {
    bench_samples ratio = bench_ratio(&speed[i], &speed[0]);
    bench_open("load");
    bench_number("unroll", (double)cli_integer(options, "--unroll"));
    bench_number("competitors", busy);
    bench_spread("steps_per_second", &speed[i]);
    bench_spread("ratio", &ratio);
    bench_close(games[i].context);
  }
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "measures training while other processes use the CPUs");
  int32_t cpus = gan__pool_cpus();
  const int32_t threads[SIZES] = {1, cpus, 2 * cpus};
  bench_game games[SIZES];
  for (int32_t i = 0; i < SIZES; i++) {
    game_recipe recipe = game_ring("notebook");
    recipe.unroll = (int32_t)cli_integer(options, "--unroll");
    recipe.threads = threads[i];
    recipe.own_blas = 1;
    game_begin(&recipe, &games[i]);
    cli_check(games[i].context, gan_trainer_run(games[i].trainer, 3)); /* plans, and warms up */
  }
  for (int32_t factor = 0; factor <= 2; factor++)
    measure(games, factor * cpus);
  for (int32_t i = 0; i < SIZES; i++)
    game_end(&games[i]);
  return 0;
}
