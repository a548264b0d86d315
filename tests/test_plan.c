/* SPDX-License-Identifier: MIT */
/* libgan/plan/plan.c, run.c, explain.c: a plan's memory, texts, commits, what it does to its
 * caller, how its cost grows. (Whether it computes the right thing: test_random_graphs.c,
 * test_op_forward.c.) */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include <cmocka.h>

#include "base/random.h"
#include "failing.h"
#include "golden.h"
#include "graph/build.h"
#include "graph/gradient.h"
#include "graph_run.h"
#include "plan/internal.h"
#include "small_graphs.h"
#include "watch_allocator.h"

static const gan__shape three = {1, {3}};

static gan_context *watched_context(watch *w, uint64_t shift) {
  gan_context *context;
  watch_init(w);
  w->shift = shift;
  assert_int_equal(gan_context_create_with(&w->allocator, &context), GAN_OK);
  return context;
}

/* -- memory -- */

/* What base/memory.c asks its allocator for. */
static uint64_t block_of(int64_t bytes) {
  return ((uint64_t)bytes + 64) / 64 * 64 + 64;
}

static void memory_is_as_planned(void **state) {
  (void)state;
  watch w;
  gan_context *context = watched_context(&w, 0);
  for (int32_t steps = 0; steps < 6; steps += 5) {
    small_game game = {.rows = 512, .width = 32, .steps = steps};
    gan__graph *g = small_graph_game(context, &game);
    graph_run run;
    graph_run_create(g, GRAPH_RUN_NORMAL, &run);
    const gan__plan *plan = run.plan;
    assert_true(watch_holds(&w, block_of(gan__plan_arena_bytes(plan))));
    assert_true(watch_holds(&w, block_of(plan->workspace_stride)));
    assert_int_equal(gan__plan_bytes(plan, 3),
                     plan->arena_bytes + plan->constant_bytes + 3 * plan->workspace_stride);
    /* Nobody writes outside what was booked, whatever the number of threads. */
    for (int32_t threads = 1; threads <= 3; threads++) {
      assert_int_equal(gan_context_set_threads(context, threads), GAN_OK);
      graph_run_go(&run);
      assert_true(watch_intact(&w));
    }
    assert_int_equal(gan_context_set_threads(context, 1), GAN_OK);
    graph_run_destroy(&run);
    gan__graph_destroy(g);
  }
  gan_context_destroy(context);
  assert_int_equal(w.live, 0);
}

/* Nor does the first one. (The whole process's malloc is counted by test_no_allocation.c.) */
static void a_run_allocates_nothing(void **state) {
  (void)state;
  watch w;
  gan_context *context = watched_context(&w, 0);
  small_game game = {.rows = 300, .width = 24, .steps = 2};
  gan__graph *g = small_graph_game(context, &game);
  graph_run run;
  assert_int_equal(gan_context_set_threads(context, 2), GAN_OK);
  graph_run_create(g, GRAPH_RUN_NORMAL, &run);
  int64_t calls = w.calls, blocks = context->live_blocks;
  for (int32_t i = 0; i < 1000; i++) {
    run.bindings.step = (uint64_t)i;
    graph_run_go(&run);
    gan__plan_commit(run.plan, &run.bindings);
  }
  assert_int_equal(w.calls, calls);
  assert_int_equal(context->live_blocks, blocks);
  graph_run_destroy(&run);
  gan__graph_destroy(g);
  gan_context_destroy(context);
}

/* More threads than at compile time: their workspaces are made once, by the next run. */
static void new_threads_get_workspaces(void **state) {
  (void)state;
  watch w;
  gan_context *context = watched_context(&w, 0);
  small_game game = {.rows = 300, .width = 24, .steps = 0};
  gan__graph *g = small_graph_game(context, &game);
  graph_run run;
  graph_run_create(g, GRAPH_RUN_NORMAL, &run);
  assert_int_equal(gan_context_set_threads(context, 4), GAN_OK);
  int64_t calls = w.calls;
  graph_run_go(&run);
  assert_int_equal(w.calls, calls + 1);
  graph_run_go(&run);
  assert_int_equal(gan_context_set_threads(context, 2), GAN_OK);
  calls = w.calls;
  graph_run_go(&run);
  assert_int_equal(w.calls, calls);
  graph_run_destroy(&run);
  gan__graph_destroy(g);
  gan_context_destroy(context);
}

/* Each allocation of building, differentiating, simplifying and planning fails once. */
static gan_status build_and_plan(gan_context *context) {
  gan__graph *g;
  gan__plan *plan = NULL;
  GAN_TRY(gan__graph_create(context, &g));
  gan__shape batch = {2, {200, 3}}, weights = {2, {3, 2}};
  gan__id x = gan__graph_input(g, "x", GAN_F32, &batch),
          w = gan__graph_state(g, "w", GAN_F32, &weights);
  gan__id y = gan__op_tanh(g, gan__op_matmul(g, x, w, false, false)), gradient = GAN__NONE;
  gan__gradient(g, gan__op_mean_all(g, y), GAN__NONE, &w, 1, &gradient);
  gan__graph_commit(g, 0, gan__op_sub(g, w, gradient));
  gan__graph_output(g, "y", y);
  gan_status status = g->status;
  if (status == GAN_OK) status = gan__plan_create(g, &plan);
  if (status != GAN_OK) assert_null(plan);
  gan__plan_destroy(plan);
  gan__graph_destroy(g);
  return status;
}

static void every_failed_allocation_is_survived(void **state) {
  (void)state;
  failing counter;
  gan_context *context = failing_context(&counter);
  gan_status status;
  FAIL_EACH_ALLOCATION(context, &counter, status, status = build_and_plan(context));
  gan_context_destroy(context);
  assert_int_equal(counter.live, 0);
}

static void a_failed_workspace_leaves_the_plan_as_it_was(void **state) {
  (void)state;
  failing counter;
  gan_context *context = failing_context(&counter);
  gan__graph *g = small_graph_dense(context);
  graph_run run;
  graph_run_create(g, GRAPH_RUN_NORMAL, &run);
  assert_int_equal(gan_context_set_threads(context, 3), GAN_OK);
  counter.calls = 0;
  counter.fail_at = 1;
  assert_int_equal(gan__plan_run(run.plan, &run.bindings), GAN_ERROR_MEMORY);
  counter.fail_at = 0;
  graph_run_go(&run);
  graph_run_destroy(&run);
  gan__graph_destroy(g);
  gan_context_destroy(context);
}

/* -- the caller's floating-point state -- */

#if defined(__SSE__)
/* Valgrind keeps none of that state, and computes as if nothing were ever flushed. */
static bool machine_flushes(void) {
  volatile double tiny = 2.5e-308;
  uint32_t before = _mm_getcsr();
  _mm_setcsr(before | 0x8040);
  volatile double product = tiny * 0.25;
  _mm_setcsr(before);
  return product == 0;
}
#endif

static void the_callers_floating_point_state_is_kept(void **state) {
#if defined(__SSE__)
  if (!machine_flushes()) skip();
  static const uint32_t states[] = {0x1f80, 0x9fc0, 0x5f80, 0x3f80, 0x7fc0, 0x1fbf};
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__id x = gan__graph_input(g, "x", GAN_F64, &three);
  gan__graph_output(g, "y", gan__op_scale(g, x, 0.25));
  graph_run run;
  graph_run_create(g, GRAPH_RUN_NORMAL, &run);
  double values[3] = {2.5e-308, 1, -0.0}, *slots[1] = {values};
  graph_run_bind(&run, slots, NULL);
  uint32_t before = _mm_getcsr();
  for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
    _mm_setcsr(states[i]);
    gan_status status = gan__plan_run(run.plan, &run.bindings);
    /* Status flags may be raised (bits 0 to 5); masks, rounding and flushing are the caller's. */
    uint32_t after = _mm_getcsr();
    _mm_setcsr(before);
    assert_int_equal(status, GAN_OK);
    assert_int_equal(after & ~0x3fu, states[i] & ~0x3fu);
    double *got = graph_run_read(&run, 0);
    assert_true(got[0] == 0); /* a denormal result is flushed */
    assert_true(got[1] == 0.25);
    free(got);
  }
  graph_run_destroy(&run);
  gan__graph_destroy(g);
#else
  (void)state;
  skip();
#endif
}

/* -- commits and outputs -- */

/* States that exchange their values, and a third that gets one of them: reads are of the start of
 * the run, whatever the order of commits. */
static void states_may_change_places(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__id s[4];
  for (int32_t i = 0; i < 4; i++)
    s[i] = gan__graph_state(g, "s", GAN_F64, &three);
  gan__shape column = {2, {3, 1}};
  gan__graph_commit(g, 0, s[1]);
  gan__graph_commit(g, 1, s[0]);
  gan__graph_commit(g, 2, gan__op_reshape(g, gan__op_reshape(g, s[1], &column), &three));
  gan__graph_commit(g, 3, s[3]); /* itself */
  graph_run run;
  graph_run_create(g, GRAPH_RUN_NORMAL, &run);
  double a[3] = {1, 2, 3}, b[3] = {4, 5, 6}, c[3] = {7, 8, 9}, d[3] = {10, 11, 12};
  double *states[4] = {a, b, c, d}, *want[4] = {b, a, b, d};
  graph_run_bind(&run, NULL, states);
  graph_run_go(&run);
  gan__plan_commit(run.plan, &run.bindings);
  for (int32_t i = 0; i < 4; i++) {
    double *got = graph_run_state(&run, i);
    assert_memory_equal(got, want[i], sizeof a);
    free(got);
  }
  graph_run_destroy(&run);
  gan__graph_destroy(g);
}

static void states_change_on_commit_only(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__id counted = gan__graph_state(g, "counted", GAN_F64, &three);
  gan__graph_state(g, "kept", GAN_F64, &three);
  gan__id filled = gan__graph_state(g, "filled", GAN_F64, &three);
  gan__graph_commit(g, 0, gan__op_shift(g, counted, 1));
  gan__graph_commit(g, 2, gan__op_like(g, filled, 7)); /* a constant */
  graph_run run;
  graph_run_create(g, GRAPH_RUN_NORMAL, &run);
  for (int32_t i = 0; i < 5; i++) {
    graph_run_go(&run);
    graph_run_go(&run); /* twice, but committed once */
    double *before = graph_run_state(&run, 0);
    assert_true(before[0] == i);
    gan__plan_commit(run.plan, &run.bindings);
    double *after = graph_run_state(&run, 0), *kept = graph_run_state(&run, 1);
    double *seven = graph_run_state(&run, 2);
    assert_true(after[2] == i + 1 && kept[1] == 0 && seven[1] == 7);
    free(before);
    free(after);
    free(kept);
    free(seven);
  }
  graph_run_destroy(&run);
  gan__graph_destroy(g);
}

/* Outputs of every kind, some of which nothing computes. */
static void anything_can_be_an_output(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__shape column = {2, {3, 1}}, wide = {2, {3, 2}};
  gan__id x = gan__graph_input(g, "x", GAN_F64, &three),
          s = gan__graph_state(g, "s", GAN_F64, &three);
  gan__id repeated = gan__op_broadcast(g, x, &wide, (int32_t[]){0});
  gan__id sum = gan__op_add(g, repeated, repeated);
  const gan__id outputs[] = {x,
                             s,
                             gan__op_like(g, x, 2),
                             gan__op_reshape(g, x, &column),
                             repeated,
                             sum,
                             gan__op_stop_gradient(g, s),
                             gan__op_neg(g, x),
                             gan__op_neg(g, x)};
  static const double want[9][6] = {{1, 2, 3}, {4, 5, 6},          {2, 2, 2},
                                    {1, 2, 3}, {1, 1, 2, 2, 3, 3}, {2, 2, 4, 4, 6, 6},
                                    {4, 5, 6}, {-1, -2, -3},       {-1, -2, -3}};
  for (int32_t i = 0; i < 9; i++)
    assert_int_equal(gan__graph_output(g, "y", outputs[i]), i);
  double a[3] = {1, 2, 3}, b[3] = {4, 5, 6}, *slots[1] = {a}, *states[1] = {b};
  graph_run run;
  graph_run_create(g, GRAPH_RUN_NORMAL, &run);
  graph_run_bind(&run, slots, states);
  graph_run_go(&run);
  for (int32_t i = 0; i < 9; i++) {
    double *got = graph_run_read(&run, i);
    assert_memory_equal(got, want[i], (size_t)graph_run_count(&run, i) * sizeof *got);
    free(got);
  }
  graph_run_destroy(&run);
  gan__graph_destroy(g);
}

/* More parts than a kernel's list of inputs has room for: said when the plan is made. */
static void too_many_inputs_are_refused(void **state) {
  enum { MOST = GAN__ROW_INPUTS };
  for (int32_t parts = MOST; parts <= MOST + 1; parts++) {
    gan__graph *g;
    gan__plan *plan = NULL;
    assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
    gan__id x = gan__graph_input(g, "x", GAN_F64, &three), all[MOST + 1];
    for (int32_t i = 0; i <= MOST; i++)
      all[i] = x;
    gan__graph_output(g, "y", gan__op_concat(g, all, parts, 0));
    assert_int_equal(gan__plan_create(g, &plan), parts > MOST ? GAN_ERROR_LIMIT : GAN_OK);
    if (parts > MOST) assert_non_null(strstr(gan_context_message(*state), "concat of 65 inputs"));
    gan__plan_destroy(plan);
    gan__graph_destroy(g);
  }
}

/* Draws follow seed and step, and nothing else. */
static void draws_follow_seed_and_step(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__shape shape = {2, {300, 3}};
  gan__graph_output(g, "y", gan__op_normal(g, GAN_F32, &shape, 5));
  graph_run run;
  graph_run_create(g, GRAPH_RUN_NORMAL, &run);
  static const uint64_t bindings[][2] = {{7, 3}, {7, 4}, {8, 3}, {3, 7}};
  double *draws[4];
  for (int32_t i = 0; i < 4; i++) {
    run.bindings.seed = bindings[i][0];
    run.bindings.step = bindings[i][1];
    graph_run_go(&run);
    draws[i] = graph_run_read(&run, 0);
    for (int32_t k = 0; k < i; k++)
      assert_memory_not_equal(draws[i], draws[k], 900 * sizeof **draws);
  }
  run.bindings = (gan__bindings){run.bindings.slots, run.bindings.states, 7, 3};
  graph_run_go(&run);
  double *again = graph_run_read(&run, 0);
  assert_memory_equal(again, draws[0], 900 * sizeof *again);
  free(again);
  for (int32_t i = 0; i < 4; i++)
    free(draws[i]);
  graph_run_destroy(&run);
  gan__graph_destroy(g);
}

/* -- the same bits -- */

/* 20 committed steps of a game; the bits of all states. */
static char *trained(gan_context *context, int32_t threads, size_t *bytes) {
  small_game game = {.rows = 300, .width = 20, .steps = 2};
  gan__graph *g = small_graph_game(context, &game);
  graph_run run;
  assert_int_equal(gan_context_set_threads(context, threads), GAN_OK);
  graph_run_create(g, GRAPH_RUN_NORMAL, &run);
  gan__stream random = gan__stream_make(9, "parameters", 0);
  double **states = calloc(g->state_count, sizeof *states), *real = calloc(600, sizeof *real);
  for (uint64_t s = 0; s < g->state_count; s++) {
    int64_t count = gan__shape_count(&g->states[s].shape);
    states[s] = calloc((size_t)count, sizeof **states);
    for (int64_t i = 0; s % 2 == 0 && i < count; i++)
      states[s][i] = 0.5 * gan__stream_normal(&random);
  }
  for (int32_t i = 0; i < 600; i++)
    real[i] = gan__stream_normal(&random);
  graph_run_bind(&run, &real, states);
  for (int32_t step = 0; step < 20; step++) {
    run.bindings.step = (uint64_t)step;
    graph_run_go(&run);
    gan__plan_commit(run.plan, &run.bindings);
  }
  char *result = NULL;
  *bytes = 0;
  for (uint64_t s = 0; s < g->state_count; s++) {
    size_t size = (size_t)gan__shape_count(&g->states[s].shape) * 4;
    result = realloc(result, *bytes + size);
    memcpy(result + *bytes, run.states[s], size);
    *bytes += size;
    free(states[s]);
  }
  free(states);
  free(real);
  graph_run_destroy(&run);
  gan__graph_destroy(g);
  return result;
}

/* For any number of threads, and at other addresses. */
static void training_gives_the_same_bits(void **state) {
  (void)state;
  static const struct {
    int32_t threads;
    uint64_t shift;
  } rows[] = {{1, 0}, {1, 0}, {1, 64}, {2, 4096 + 64}, {3, 192}, {8, 0}};
  char *first = NULL;
  size_t bytes, other;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    watch w;
    gan_context *context = watched_context(&w, rows[i].shift);
    char *result = trained(context, rows[i].threads, i ? &other : &bytes);
    gan_context_destroy(context);
    assert_int_equal(w.live, 0);
    if (!i) {
      first = result;
      continue;
    }
    assert_int_equal(bytes, other);
    assert_memory_equal(first, result, bytes);
    free(result);
  }
  free(first);
}

/* Two contexts in two threads at once do not know of each other. */
typedef struct apprentice {
  char *result;
  size_t bytes;
  int32_t threads;
} apprentice;

static void *train_alone(void *data) {
  apprentice *self = data;
  watch w;
  gan_context *context = watched_context(&w, 0);
  self->result = trained(context, self->threads, &self->bytes);
  gan_context_destroy(context);
  return NULL;
}

static void contexts_are_independent(void **state) {
  (void)state;
  apprentice both[2] = {{.threads = 1}, {.threads = 2}};
  pthread_t threads[2];
  for (int32_t i = 0; i < 2; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, train_alone, &both[i]), 0);
  for (int32_t i = 0; i < 2; i++)
    pthread_join(threads[i], NULL);
  assert_memory_equal(both[0].result, both[1].result, both[0].bytes);
  free(both[0].result);
  free(both[1].result);
}

/* -- cost -- */

typedef struct cost {
  uint64_t nodes, steps;
  int64_t arena, allocated, calls;
  double seconds;
} cost;

static cost cost_of(int32_t steps) {
  watch w;
  gan_context *context = watched_context(&w, 0);
  small_game game = {.rows = 512, .width = 16, .steps = steps};
  struct timespec began, ended;
  clock_gettime(CLOCK_MONOTONIC, &began);
  gan__graph *g = small_graph_game(context, &game);
  gan__plan *plan;
  if (gan__plan_create(g, &plan) != GAN_OK) fail_msg("%s", gan_context_message(context));
  clock_gettime(CLOCK_MONOTONIC, &ended);
  cost c = {.nodes = g->count,
            .steps = plan->step_count,
            .arena = gan__plan_arena_bytes(plan),
            .allocated = w.total_bytes,
            .calls = w.calls};
  c.seconds =
      (double)(ended.tv_sec - began.tv_sec) + 1e-9 * (double)(ended.tv_nsec - began.tv_nsec);
  gan__plan_destroy(plan);
  gan__graph_destroy(g);
  gan_context_destroy(context);
  return c;
}

/* 35 steps more cost seven times what 5 steps more cost. A tenth is allowed for sums over many
 * steps, which are nested, and for gaps in the arena; arrays grow by doubling, so what was ever
 * allocated may be off by two. Time is printed, not tested: machines are busy. */
static void cost_is_linear_in_the_inner_steps(void **state) {
  (void)state;
  const cost few = cost_of(5), some = cost_of(10), many = cost_of(40);
  print_message("K = 5: %llu nodes, %.2f us a node; K = 40: %llu nodes, %.2f us a node\n",
                (unsigned long long)few.nodes, 1e6 * few.seconds / (double)few.nodes,
                (unsigned long long)many.nodes, 1e6 * many.seconds / (double)many.nodes);
  assert_true((double)(many.nodes - few.nodes) <= 7.7 * (double)(some.nodes - few.nodes));
  assert_true((double)(many.steps - few.steps) <= 7.7 * (double)(some.steps - few.steps));
  assert_true((double)(many.arena - few.arena) <= 7.7 * (double)(some.arena - few.arena));
  assert_true((double)many.allocated <= 2 * 8 * (double)few.allocated);
  assert_true((double)many.calls <= 8 * (double)few.calls);
}

/* -- texts -- */

static void check_plan_text(gan_context *context, gan__graph *g, const char *name) {
  gan__plan *plan;
  assert_int_equal(gan__plan_create(g, &plan), GAN_OK);
  gan__text text;
  gan__text_init(&text, context);
  gan__plan_explain(plan, &text);
  assert_int_equal(text.status, GAN_OK);
  golden_check(name, text.data);
  gan__text_finish(&text);
  gan__plan_destroy(plan);
  gan__graph_destroy(g);
}

/* At the CPU level that every machine has. Other processors than x86-64 have other candidates. */
static void plans_explain_themselves_as_before(void **state) {
#if !defined(__x86_64__)
  skip();
#endif
  const char *level = getenv("GAN_CPU");
  char *kept = level ? strdup(level) : NULL;
  setenv("GAN_CPU", "baseline", 1);
  check_plan_text(*state, small_graph_dense(*state), "plan_dense.txt");
  check_plan_text(*state, small_graph_adam(*state), "plan_adam.txt");
  check_plan_text(*state, small_graph_unrolled(*state), "plan_unrolled.txt");
  if (kept)
    setenv("GAN_CPU", kept, 1);
  else
    unsetenv("GAN_CPU");
  free(kept);
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
      cmocka_unit_test(memory_is_as_planned),
      cmocka_unit_test(a_run_allocates_nothing),
      cmocka_unit_test(new_threads_get_workspaces),
      cmocka_unit_test(every_failed_allocation_is_survived),
      cmocka_unit_test(a_failed_workspace_leaves_the_plan_as_it_was),
      cmocka_unit_test(the_callers_floating_point_state_is_kept),
      cmocka_unit_test(states_may_change_places),
      cmocka_unit_test(states_change_on_commit_only),
      cmocka_unit_test(anything_can_be_an_output),
      cmocka_unit_test(too_many_inputs_are_refused),
      cmocka_unit_test(draws_follow_seed_and_step),
      cmocka_unit_test(training_gives_the_same_bits),
      cmocka_unit_test(contexts_are_independent),
      cmocka_unit_test(cost_is_linear_in_the_inner_steps),
      cmocka_unit_test(plans_explain_themselves_as_before),
  };
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
