/* SPDX-License-Identifier: MIT */
/* A game in a process of its own, which runs when it is told to: so that ways of running that
 * exclude each other (BLAS handed over for good, or not) take turns in one measurement, and each
 * has its own peak of memory and its own start.
 *
 * The process answers lines. At first, unasked, "ready FIRST PLAN BYTES NODES": seconds from the
 * process's start to the end of its first step, seconds of planning, bytes and nodes of the plan.
 * "run SECONDS" is answered by steps per second, "end" (or the end of the input) by the peak of
 * resident memory in MB, whereupon it ends. */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "bench_game.h"

typedef struct bench_worker {
  pid_t process;
  FILE *to, *from;
  double first_step, plan_seconds, plan_bytes, nodes, peak_mb;
} bench_worker;

/* Starts this program again with the arguments and waits until it is ready. "--started NS" is
 * appended, for which `arguments` has room: [count + 3]. Ends the program when that fails. */
void worker_start(bench_worker *worker, char **arguments, int32_t count);
/* Steps per second during so many seconds. */
double worker_run(bench_worker *worker, double seconds);
/* Fills peak_mb. */
void worker_stop(bench_worker *worker);

/* The other side: `started` is bench_seconds() when the process began. */
void worker_serve(bench_game *game, double started);

#endif
