/* SPDX-License-Identifier: MIT */
/* Job: room for the times of runs, and sums of them. */
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/pool.h"
#include "plan/timing.h"

gan_status gan__timing_book(gan__plan *plan) {
  plan->timing = gan__allocate(plan->context, 1, sizeof *plan->timing);
  if (!plan->timing) return GAN_ERROR_MEMORY;
  plan->timing->phases =
      gan__allocate(plan->context, plan->phase_count, sizeof *plan->timing->phases);
  plan->timing->work = gan__allocate(plan->context, plan->work_count, sizeof *plan->timing->work);
  return plan->timing->phases && plan->timing->work ? GAN_OK : GAN_ERROR_MEMORY;
}

void gan__timing_release(gan__plan *plan) {
  if (!plan->timing) return;
  gan__release(plan->context, plan->timing->phases);
  gan__release(plan->context, plan->timing->work);
  gan__release(plan->context, plan->timing->steps);
  gan__release(plan->context, plan->timing->sums);
  gan__release(plan->context, plan->timing);
  plan->timing = NULL;
}

gan_status gan__plan_time_steps(gan__plan *plan, bool on) {
  struct gan__timing *timing = plan->timing;
  int64_t *steps = NULL, *sums = NULL;
  int32_t workers = on ? gan__pool_threads(plan->context->pool) : 0;
  if (on) {
    steps = gan__allocate(plan->context, (uint64_t)workers * plan->step_count, sizeof *steps);
    sums = gan__allocate(plan->context, 2 * plan->step_count, sizeof *sums);
    if (!steps || !sums) {
      gan__release(plan->context, steps);
      gan__release(plan->context, sums);
      return GAN_ERROR_MEMORY;
    }
  }
  gan__release(plan->context, timing->steps);
  gan__release(plan->context, timing->sums);
  timing->steps = steps;
  timing->sums = sums;
  timing->workers = workers;
  timing->runs = timing->total = timing->busy = timing->combine = 0;
  return GAN_OK;
}

/* The run's steps, over all threads, into the sums; room for the next run. */
static void add_steps(const gan__plan *plan) {
  struct gan__timing *timing = plan->timing;
  int64_t *sum = timing->sums, *least = timing->sums + plan->step_count;
  for (uint64_t s = 0; s < plan->step_count; s++) {
    int64_t now = 0;
    for (int32_t w = 0; w < timing->workers; w++)
      now += timing->steps[(uint64_t)w * plan->step_count + s];
    sum[s] += now;
    if (timing->runs == 1 || now < least[s]) least[s] = now;
  }
  memset(timing->steps, 0, (uint64_t)timing->workers * plan->step_count * sizeof *timing->steps);
}

void gan__timing_end(const gan__plan *plan, int64_t began) {
  struct gan__timing *timing = plan->timing;
  timing->run = gan__clock() - began;
  if (!timing->workers) return;
  int64_t combine = 0;
  for (uint64_t w = 0; w < plan->work_count; w++) {
    timing->busy += timing->work[w];
    if (plan->work[w].region < 0) combine += timing->work[w];
  }
  timing->runs++;
  timing->total += timing->run;
  timing->combine += combine;
  if (timing->runs == 1 || combine < timing->combine_least) timing->combine_least = combine;
  add_steps(plan);
}

int64_t *gan__timing_steps(const gan__plan *plan, int32_t worker) {
  const struct gan__timing *timing = plan->timing;
  return worker < timing->workers ? timing->steps + (uint64_t)worker * plan->step_count : NULL;
}

int64_t gan__timing_of_step(const gan__plan *plan, uint64_t step) {
  return plan->timing->workers ? plan->timing->sums[step] : 0;
}

int64_t gan__timing_least(const gan__plan *plan, uint64_t step) {
  return plan->timing->workers ? plan->timing->sums[plan->step_count + step] : 0;
}

int64_t gan__timing_of_region(const gan__plan *plan, int32_t region) {
  int64_t sum = 0;
  for (uint64_t w = 0; w < plan->work_count; w++)
    if (plan->work[w].region == region) sum += plan->timing->work[w];
  return sum;
}

/* A combination belongs to the level of the region that made the partial sums. */
static int32_t level_of(const gan__plan *plan, const gan__work *work) {
  int32_t region = work->region < 0 ? plan->values[work->node].region : work->region;
  return plan->regions[region].level;
}

int64_t gan__timing_of_combinations(const gan__plan *plan, int32_t level) {
  int64_t sum = 0;
  for (uint64_t w = 0; w < plan->work_count; w++)
    if (plan->work[w].region < 0 && level_of(plan, &plan->work[w]) == level)
      sum += plan->timing->work[w];
  return sum;
}

int64_t gan__timing_of_level(const gan__plan *plan, int32_t level) {
  int64_t sum = 0;
  for (uint64_t p = 0; p < plan->phase_count; p++)
    if (level_of(plan, &plan->work[plan->phases[p].work]) == level) sum += plan->timing->phases[p];
  return sum;
}
