/* SPDX-License-Identifier: MIT */
/* libgan/plan: whatever the graph, the plan computes what the graph says: random graphs against a
 * plain interpreter, with every value kept or not, for any number of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "graph/print.h"
#include "graph/simplify.h"
#include "graph_run.h"
#include "interpret.h"
#include "random_graph.h"

/* |got - want| <= tolerance * (1 + the largest of the output), NaN for NaN, infinity for infinity.
 */
static bool close_to(const double *got, const double *want, int64_t count, double tolerance,
                     int64_t *where) {
  double largest = 1;
  for (int64_t i = 0; i < count; i++)
    if (isfinite(want[i]) && fabs(want[i]) > largest) largest = fabs(want[i]);
  for (*where = 0; *where < count; ++*where) {
    double a = got[*where], b = want[*where];
    if (isnan(a) && isnan(b)) continue;
    if (a == b || fabs(a - b) <= tolerance * largest) continue;
    return false;
  }
  return true;
}

static void report(const random_graph *r, const graph_run *run, uint64_t seed, const char *what) {
  if (!getenv("GAN_TEST_VERBOSE")) return;
  gan__text text;
  gan__text_init(&text, run->context);
  gan__graph_print(r->graph, &text);
  gan__text_add(&text, "--- simplified\n");
  gan__graph_print(gan__plan_graph(run->plan), &text);
  gan__text_add(&text, "--- plan\n");
  gan__plan_explain(run->plan, &text);
  fprintf(stderr, "seed %llu: %s\n%s", (unsigned long long)seed, what, text.data);
  gan__text_finish(&text);
}

static void check_outputs(const random_graph *r, const graph_run *run, double *const *want,
                          double tolerance, uint64_t seed) {
  for (uint64_t i = 0; i < r->graph->output_count; i++) {
    double *got = graph_run_read(run, (int32_t)i);
    int64_t count = graph_run_count(run, (int32_t)i), where;
    const gan__output *output = &r->graph->outputs[i];
    if (!close_to(got, want[output->node], count, tolerance, &where)) {
      char text[GAN__NODE_TEXT];
      report(r, run, seed, output->name);
      fail_msg("seed %llu: output %s (%s): element %lld is %.17g, not %.17g",
               (unsigned long long)seed, output->name, gan__node_text(text, r->graph, output->node),
               (long long)where, got[where], want[output->node][where]);
    }
    free(got);
  }
}

static void check_states(const random_graph *r, graph_run *run, double *const *want,
                         double tolerance, uint64_t seed) {
  for (uint64_t s = 0; s < r->graph->state_count; s++) {
    double *before = graph_run_state(run, (int32_t)s);
    int64_t count = gan__shape_count(&r->graph->states[s].shape), where;
    assert_true(close_to(before, r->states[s], count, 0, &where));
    free(before);
  }
  gan__plan_commit(run->plan, &run->bindings);
  for (uint64_t s = 0; s < r->graph->state_count; s++) {
    double *after = graph_run_state(run, (int32_t)s);
    gan__id commit = r->graph->commits[s];
    int64_t count = gan__shape_count(&r->graph->states[s].shape), where;
    const double *value = commit == GAN__NONE ? r->states[s] : want[commit];
    if (!close_to(after, value, count, tolerance, &where))
      fail_msg("seed %llu: %s: element %lld is %.17g, not %.17g", (unsigned long long)seed,
               r->graph->states[s].name, (long long)where, after[where], value[where]);
    free(after);
  }
  graph_run_bind(run, NULL, r->states);
}

/* Everything that is read after a run, one after the other. */
static char *all_bytes(const graph_run *run, size_t *total) {
  char *bytes = NULL;
  *total = 0;
  for (uint64_t i = 0; i < gan__plan_graph(run->plan)->output_count; i++) {
    size_t size;
    const void *from = graph_run_bytes(run, (int32_t)i, &size);
    bytes = realloc(bytes, *total + size + 1);
    memcpy(bytes + *total, from, size);
    *total += size;
  }
  return bytes;
}

static void check_threads(gan_context *context, graph_run *run) {
  size_t size, other_size;
  char *bytes = all_bytes(run, &size);
  static const int32_t threads[] = {2, 3, 8, 1};
  for (int32_t i = 0; i < 4; i++) {
    assert_int_equal(gan_context_set_threads(context, threads[i]), GAN_OK);
    graph_run_go(run); /* books the workspaces of new threads */
    graph_run_poison(run);
    graph_run_go(run);
    char *other = all_bytes(run, &other_size);
    assert_int_equal(size, other_size);
    assert_memory_equal(bytes, other, size);
    free(other);
  }
  free(bytes);
}

static void check_seed(gan_context *context, const random_graph_plan *plan, double tolerance) {
  random_graph r;
  random_graph_make(context, plan, &r);
  if (r.graph->status != GAN_OK)
    fail_msg("seed %llu: %s", (unsigned long long)plan->seed, gan_context_message(context));
  if (gan__verify(r.graph) != GAN_OK)
    fail_msg("seed %llu: %s", (unsigned long long)plan->seed, gan_context_message(context));
  graph_run normal, keeping;
  graph_run_create(r.graph, GRAPH_RUN_NORMAL, &normal);
  graph_run_create(r.graph, GRAPH_RUN_KEEP_ALL, &keeping);
  assert_int_equal(gan__verify(gan__plan_graph(normal.plan)), GAN_OK);
  interpret_inputs inputs = {.slots = r.slots, .states = r.states, .seed = 7, .step = 3};
  double **want = interpret(r.graph, &inputs);
  graph_run *runs[2] = {&normal, &keeping};
  for (int32_t i = 0; i < 2; i++) {
    graph_run_bind(runs[i], r.slots, r.states);
    graph_run_poison(runs[i]);
    graph_run_go(runs[i]);
    check_outputs(&r, runs[i], want, tolerance, plan->seed);
    check_states(&r, runs[i], want, tolerance, plan->seed);
  }
  if (plan->seed % 4 == 0) check_threads(context, &normal);
  interpret_free(r.graph, want);
  graph_run_destroy(&normal);
  graph_run_destroy(&keeping);
  random_graph_finish(&r);
}

/* GAN_TEST_SEED and GAN_TEST_COUNT ask for other graphs than the usual ones. */
static uint64_t number_from(const char *name, uint64_t usual) {
  const char *text = getenv(name);
  return text ? strtoull(text, NULL, 10) : usual;
}

static void check_many(random_graph_plan plan, uint64_t count, double tolerance) {
  gan_context *context;
  assert_int_equal(gan_context_create(&context), GAN_OK);
  uint64_t first = number_from("GAN_TEST_SEED", 0),
           end = first + number_from("GAN_TEST_COUNT", count);
  int64_t blocks = context->live_blocks;
  for (plan.seed = first; plan.seed < end; plan.seed++) {
    plan.values = 5 + (int32_t)(plan.seed * 7 % 60);
    check_seed(context, &plan, tolerance);
    assert_int_equal(context->live_blocks, blocks);
  }
  gan_context_destroy(context);
}

/* Doubles: what differs is the order of sums, and one rounding of 1e-16 is amplified by the chain
 * of ops behind it (each by 20 at most, in practice by about 1); a planner's mistake is of order 1.
 */
static void plans_compute_the_graph(void **state) {
  (void)state;
  check_many((random_graph_plan){.dtype = GAN_F64}, 150, 1e-8);
}

static void plans_compute_gradients(void **state) {
  (void)state;
  check_many((random_graph_plan){.dtype = GAN_F64, .gradients = 1}, 100, 1e-7);
}

static void plans_compute_second_gradients(void **state) {
  (void)state;
  check_many((random_graph_plan){.dtype = GAN_F64, .gradients = 2}, 80, 1e-6);
}

/* The same with roundings of 6e-8. */
static void plans_compute_in_single_precision(void **state) {
  (void)state;
  check_many((random_graph_plan){.dtype = GAN_F32}, 100, 2e-3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(plans_compute_the_graph),
      cmocka_unit_test(plans_compute_gradients),
      cmocka_unit_test(plans_compute_second_gradients),
      cmocka_unit_test(plans_compute_in_single_precision),
  };
  cmocka_set_test_filter(getenv("GAN_TEST_FILTER"));
  return cmocka_run_group_tests(tests, NULL, NULL);
}
