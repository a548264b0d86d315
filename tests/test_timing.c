/* SPDX-License-Identifier: MIT */
/* libgan/plan/timing.c, base/clock.c: times are there after a run, and only then. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "graph_run.h"
#include "plan/timing.h"
#include "small_graphs.h"

static void make_run(gan_context *context, graph_run *run) {
  small_game game = {.rows = 512, .width = 16, .steps = 2};
  gan__graph *g = small_graph_game(context, &game);
  graph_run_create(g, GRAPH_RUN_NORMAL, run);
  gan__graph_destroy(g);
}

static void the_clock_goes_forward(void **state) {
  (void)state;
  int64_t before = gan__clock();
  assert_true(before > 0);
  for (int32_t i = 0; i < 1000; i++) {
    int64_t now = gan__clock();
    assert_true(now >= before);
    before = now;
  }
}

static bool explains(const gan__plan *plan, const char *words) {
  gan__text text;
  gan__text_init(&text, plan->context);
  gan__plan_explain(plan, &text);
  assert_int_equal(text.status, GAN_OK);
  bool found = strstr(text.data, words) != NULL;
  gan__text_finish(&text);
  return found;
}

static void explain_tells_times_after_a_run(void **state) {
  graph_run run;
  make_run(*state, &run);
  assert_true(explains(run.plan, "each run "));
  assert_false(explains(run.plan, " us"));
  graph_run_go(&run);
  assert_true(explains(run.plan, "; the last took "));
  assert_true(explains(run.plan, "; work "));
  assert_true(explains(run.plan, "  level 0 took "));
  graph_run_destroy(&run);
}

/* Phases follow each other inside the run, and a thread works inside a phase. */
static void times_lie_inside_each_other(void **state) {
  for (int32_t threads = 1; threads <= 3; threads++) {
    assert_int_equal(gan_context_set_threads(*state, threads), GAN_OK);
    graph_run run;
    make_run(*state, &run);
    graph_run_go(&run);
    const gan__plan *plan = run.plan;
    int64_t phases = 0, levels = 0, regions = 0, work = 0;
    for (uint64_t p = 0; p < plan->phase_count; p++)
      phases += plan->timing->phases[p];
    for (uint64_t w = 0; w < plan->work_count; w++)
      work += plan->timing->work[w];
    for (int32_t level = 0; level < (int32_t)plan->level_count; level++) {
      levels += gan__timing_of_level(plan, level);
      regions += gan__timing_of_combinations(plan, level);
    }
    for (int32_t r = 0; r < (int32_t)plan->region_count; r++)
      regions += gan__timing_of_region(plan, r);
    assert_true(work > 0);
    assert_int_equal(levels, phases);
    assert_int_equal(regions, work);
    assert_true(phases <= plan->timing->run);
    assert_true(work <= threads * phases);
    graph_run_destroy(&run);
  }
  assert_int_equal(gan_context_set_threads(*state, 1), GAN_OK);
}

static int64_t timed(const gan__plan *plan) {
  int64_t sum = 0;
  for (uint64_t s = 0; s < plan->step_count; s++)
    sum += gan__timing_of_step(plan, s);
  return sum;
}

static void steps_are_timed_on_demand(void **state) {
  assert_int_equal(gan_context_set_threads(*state, 2), GAN_OK);
  graph_run run;
  make_run(*state, &run);
  graph_run_go(&run);
  assert_int_equal(timed(run.plan), 0);
  assert_int_equal(gan__plan_time_steps(run.plan, true), GAN_OK);
  for (int32_t i = 0; i < 5; i++)
    graph_run_go(&run);
  assert_int_equal(run.plan->timing->runs, 5);
  assert_true(run.plan->timing->total >= run.plan->timing->run);
  assert_true(timed(run.plan) > 0);
  for (uint64_t s = 0; s < run.plan->step_count; s++)
    assert_true(5 * gan__timing_least(run.plan, s) <= gan__timing_of_step(run.plan, s));
  assert_true(timed(run.plan) + run.plan->timing->combine <= run.plan->timing->busy);
  /* Threads that come later have no room for times, and are left out. */
  assert_int_equal(gan_context_set_threads(*state, 4), GAN_OK);
  graph_run_go(&run);
  assert_int_equal(run.plan->timing->runs, 6);
  assert_int_equal(gan__plan_time_steps(run.plan, false), GAN_OK);
  assert_int_equal(timed(run.plan), 0);
  graph_run_go(&run);
  assert_int_equal(run.plan->timing->runs, 0);
  graph_run_destroy(&run);
  assert_int_equal(gan_context_set_threads(*state, 1), GAN_OK);
}

static int make_context(void **state) {
  return gan_context_create((gan_context **)state) == GAN_OK ? 0 : -1;
}

static int drop_context(void **state) {
  gan_context_destroy(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_clock_goes_forward),
      cmocka_unit_test(explain_tells_times_after_a_run),
      cmocka_unit_test(times_lie_inside_each_other),
      cmocka_unit_test(steps_are_timed_on_demand),
  };
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
