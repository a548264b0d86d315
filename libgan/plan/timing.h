/* SPDX-License-Identifier: MIT */
/* Job: where the time of runs is noted. Nothing that is computed depends on it. */
#ifndef GAN__PLAN_TIMING_H
#define GAN__PLAN_TIMING_H

#include "plan/internal.h"

/* Nanoseconds. Threads write elements of their own only. */
struct gan__timing {
  int64_t run;     /* of the last run from its start to its end; 0 before the first */
  int64_t *phases; /* [phase_count]: the same of each phase in the last run */
  int64_t *work;   /* [work_count]: what the thread was busy with each piece of work in it */
  /* Only after gan__plan_time_steps: */
  int32_t workers;       /* threads that `steps` has room for; 0: steps are not timed */
  int64_t *steps;        /* [workers, step_count]: of the run that is on */
  int64_t *sums;         /* [2, step_count]: of each step in all runs since, and in its shortest */
  int64_t runs;          /* how many runs those are */
  int64_t total;         /* of these runs, from start to end */
  int64_t busy;          /* of all work in them, over all threads */
  int64_t combine;       /* of that, combinations of partial sums */
  int64_t combine_least; /* in the run where they were shortest */
};

gan_status gan__timing_book(gan__plan *plan);
void gan__timing_release(gan__plan *plan);

/* From now on (or no longer) every step is timed on its own, in sums over runs that begin at zero.
 * Two clock readings a step and panel: for programs that look for where the time goes. Threads that
 * the context gets later are not timed. */
gan_status gan__plan_time_steps(gan__plan *plan, bool on);

/* The last run is over; adds it to the sums where steps are timed. */
void gan__timing_end(const gan__plan *plan, int64_t began);

/* Where worker `worker` adds the times of steps, [step_count]; NULL where they are not timed. */
int64_t *gan__timing_steps(const gan__plan *plan, int32_t worker);

/* The timed nanoseconds of a step, over all threads: of all runs, or of the run in which it was
 * shortest, which other programs on the machine disturb least. 0 where steps are not timed. */
int64_t gan__timing_of_step(const gan__plan *plan, uint64_t step);
int64_t gan__timing_least(const gan__plan *plan, uint64_t step);

/* Of the last run: busy time of a region's work, over all threads; of the combinations of a level;
 * from start to end of a level's phases. */
int64_t gan__timing_of_region(const gan__plan *plan, int32_t region);
int64_t gan__timing_of_combinations(const gan__plan *plan, int32_t level);
int64_t gan__timing_of_level(const gan__plan *plan, int32_t level);

#endif
