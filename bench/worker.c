/* SPDX-License-Identifier: MIT */
/* A game in a process of its own. */
#include "worker.h"

#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "measure.h"
#include "train/trainer.h"

extern char **environ;

static _Noreturn void fail(const char *what) {
  fprintf(stderr, "bench: %s\n", what);
  exit(1);
}

/* A pipe that no other child inherits. */
static void make_pipe(int ends[2]) {
  if (pipe(ends) != 0) fail("no pipe");
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
}

void worker_start(bench_worker *worker, char **arguments, int32_t count) {
  char started[32];
  int input[2], output[2];
  make_pipe(input);
  make_pipe(output);
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0
      || posix_spawn_file_actions_adddup2(&actions, input[0], 0) != 0
      || posix_spawn_file_actions_adddup2(&actions, output[1], 1) != 0)
    fail("no memory");
  snprintf(started, sizeof started, "%" PRId64, (int64_t)(bench_seconds() * 1e9));
  arguments[count] = "--started";
  arguments[count + 1] = started;
  arguments[count + 2] = NULL;
  if (posix_spawn(&worker->process, "/proc/self/exe", &actions, NULL, arguments, environ) != 0)
    fail("the program cannot be started again");
  posix_spawn_file_actions_destroy(&actions);
  close(input[0]);
  close(output[1]);
  worker->to = fdopen(input[1], "w");
  worker->from = fdopen(output[0], "r");
  if (!worker->to || !worker->from
      || fscanf(worker->from, "ready %lf %lf %lf %lf", &worker->first_step, &worker->plan_seconds,
                &worker->plan_bytes, &worker->nodes)
             != 4)
    fail("a measured process did not start");
}

/* Sends a line and reads the number that answers it. */
static double ask(bench_worker *worker, const char *line) {
  double answer;
  if (fputs(line, worker->to) < 0 || fflush(worker->to) != 0
      || fscanf(worker->from, "%lf", &answer) != 1)
    fail("a measured process ended before its time");
  return answer;
}

double worker_run(bench_worker *worker, double seconds) {
  char line[64];
  snprintf(line, sizeof line, "run %g\n", seconds);
  return ask(worker, line);
}

void worker_stop(bench_worker *worker) {
  worker->peak_mb = ask(worker, "end\n");
  fclose(worker->to);
  fclose(worker->from);
  waitpid(worker->process, NULL, 0);
}

/* Some untimed steps first: the other processes have had the caches and the clock meanwhile. The
 * clock is read about every 5 ms. */
static double steps_per_second(bench_game *game, double seconds) {
  double start = bench_seconds();
  int64_t steps = 0;
  do {
    cli_check(game->context, gan_trainer_run(game->trainer, 1));
    steps++;
  } while (bench_seconds() - start < seconds / 10);
  int64_t chunk = (int64_t)(0.005 * (double)steps / (bench_seconds() - start));
  if (chunk < 1) chunk = 1;
  start = bench_seconds();
  for (steps = 0; bench_seconds() - start < seconds; steps += chunk)
    cli_check(game->context, gan_trainer_run(game->trainer, chunk));
  return (double)steps / (bench_seconds() - start);
}

void worker_serve(bench_game *game, double started) {
  char line[128];
  int64_t bytes;
  gan__plan *plan;
  double before = bench_seconds(); /* asking for the plan's size compiles it */
  cli_check(game->context, gan_trainer_plan_bytes(game->trainer, game->rows, &bytes));
  double planning = bench_seconds() - before;
  cli_check(game->context, gan_trainer_run(game->trainer, 1));
  double first = bench_seconds() - started;
  cli_check(game->context, gan__trainer_plan(game->trainer, game->rows, &plan));
  printf("ready %.6f %.6f %" PRId64 " %llu\n", first, planning, bytes,
         (unsigned long long)gan__plan_graph(plan)->count);
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) && !strncmp(line, "run ", 4)) {
    printf("%.6g\n", steps_per_second(game, strtod(line + 4, NULL)));
    fflush(stdout);
  }
  printf("%.3f\n", bench_peak_mb());
}
