/* SPDX-License-Identifier: MIT */
/* libgan/plan/cost.c: arithmetic and traffic of small plans, counted by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "graph/build.h"
#include "plan/cost.h"
#include "small_graphs.h"

static gan__plan *compiled(gan__graph *g) {
  gan__plan *plan;
  assert_int_equal(gan__plan_create(g, &plan), GAN_OK);
  gan__graph_destroy(g);
  return plan;
}

/* The flops of all nodes of one op. Steps of several ops (runs) are not what it is for. */
static double flops_of(const gan__plan *plan, gan__op op) {
  double flops = 0;
  for (uint64_t s = 0; s < plan->step_count; s++)
    if (plan->steps[s].kernel && gan__node_at(plan->graph, plan->steps[s].node)->op == op)
      flops += gan__step_cost(plan, &plan->steps[s]).flops;
  return flops;
}

static double flops_of_runs(const gan__plan *plan) {
  double flops = 0;
  for (uint64_t s = 0; s < plan->step_count; s++)
    if (!plan->steps[s].kernel) flops += gan__step_cost(plan, &plan->steps[s]).flops;
  return flops;
}

/* The plan of tests/golden/plan_dense.txt: x [300, 5], w [5, 3], b [3]. */
static void flops_follow_from_the_shapes(void **state) {
  gan__plan *plan = compiled(small_graph_dense(*state));
  /* x w, and x^T times the gradient: 2 m n k each. */
  assert_true(flops_of(plan, GAN__OP_MATMUL) == 2.0 * 300 * 3 * 5 + 2.0 * 5 * 3 * 300);
  /* The loss over all of [300, 3], the bias's gradient over its rows. */
  assert_true(flops_of(plan, GAN__OP_SUM) == 2 * 900);
  /* Nine ops over [300, 3] and the mean's factor. */
  assert_true(flops_of_runs(plan) == 9 * 900 + 1);
  gan__plan_destroy(plan);
}

/* m [6, 5, 4]: 6 * 6 pairs of 5 * 4 values. */
static void pairwise_flops_count_differences(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__shape shape = {3, {6, 5, 4}};
  gan__id m = gan__graph_input(g, "m", GAN_F32, &shape),
          v = gan__graph_input(g, "v", GAN_F32, &shape);
  gan__id distances = gan__op_pairwise(g, m);
  gan__graph_output(g, "pull", gan__op_pairwise_pull(g, distances, m));
  gan__graph_output(g, "push", gan__op_pairwise_push(g, v, m));
  gan__plan *plan = compiled(g);
  assert_true(flops_of(plan, GAN__OP_PAIRWISE) == 3 * 36 * 20);
  assert_true(flops_of(plan, GAN__OP_PAIRWISE_PULL) == 3 * 36 * 20 + 36 * 4);
  assert_true(flops_of(plan, GAN__OP_PAIRWISE_PUSH) == 4 * 36 * 20);
  gan__plan_destroy(plan);
}

/* One product of panels whose result is an output. */
static void bytes_are_what_is_shared(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  const gan__shape rows = {2, {512, 24}}, weights = {2, {24, 40}};
  gan__id x = gan__graph_input(g, "x", GAN_F32, &rows);
  gan__id w = gan__graph_state(g, "w", GAN_F32, &weights);
  gan__graph_output(g, "y", gan__op_tanh(g, gan__op_matmul(g, x, w, false, false)));
  gan__plan *plan = compiled(g);
  double product = 0, run = 0, tasks = 0, right = 0;
  for (uint64_t s = 0; s < plan->step_count; s++) {
    const gan__step *step = &plan->steps[s];
    if (!step->kernel)
      run += gan__step_cost(plan, step).bytes;
    else if (step->call->op == GAN__OP_MATMUL) {
      product += gan__step_cost(plan, step).bytes;
      tasks = plan->regions[plan->values[step->node].region].tasks;
      /* The last input is w, or its packed copy. */
      right = (double)gan__shape_count(&step->call->input_shapes[step->call->input_count - 1]);
    }
  }
  /* x once, w once for each task; the result stays in the thread's panel. */
  assert_true(right >= 24 * 40);
  assert_true(product == 4 * (512 * 24 + right * tasks));
  assert_true(run == 4 * 512 * 40);
  gan__plan_destroy(plan);
}

static double combined(const gan__plan *plan, double *bytes) {
  double flops = 0;
  for (gan__id id = 0; id < plan->graph->count; id++)
    if (plan->values[id].partial >= 0) {
      flops += gan__combination_cost(plan, id).flops;
      *bytes += gan__combination_cost(plan, id).bytes;
    }
  return flops;
}

static void totals_are_sums(void **state) {
  gan__graph *(*const graphs[])(gan_context *) = {small_graph_dense, small_graph_adam,
                                                  small_graph_unrolled};
  for (size_t i = 0; i < sizeof graphs / sizeof *graphs; i++) {
    gan__plan *plan = compiled(graphs[i](*state));
    double bytes = 0, flops = combined(plan, &bytes);
    for (uint64_t r = 0; r < plan->region_count; r++) {
      gan__cost cost = gan__region_cost(plan, &plan->regions[r]);
      flops += cost.flops;
      bytes += cost.bytes;
    }
    gan__cost whole = gan__plan_cost(plan);
    assert_true(whole.flops == flops && flops > 0);
    assert_true(whole.bytes == bytes && bytes > 0);
    gan__plan_destroy(plan);
  }
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
      cmocka_unit_test(flops_follow_from_the_shapes),
      cmocka_unit_test(pairwise_flops_count_differences),
      cmocka_unit_test(bytes_are_what_is_shared),
      cmocka_unit_test(totals_are_sums),
  };
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
