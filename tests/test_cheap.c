/* SPDX-License-Identifier: MIT */
/* libgan/plan/cheap.c: what is dropped for late readers, what is kept, and that no bit changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph/simplify.h"
#include "graph_run.h"
#include "plan/lower.h"
#include "plan/recompute.h"

#define DONE(call) assert_int_equal(call, GAN_OK)

enum { ROWS = 512 };

/* y = tanh x W; z = d (y), read at once and again behind two sums over all rows: s = sum of z, then
 * the sum r of y s, t = z (y r). `wide` columns. */
typedef struct late {
  gan__graph *g;
  gan__id y, z;
} late;
typedef gan__id derived(gan__graph *g, gan__id y);

static gan__id slope(gan__graph *g, gan__id y) {
  gan__id square = gan__op_mul(g, y, y);
  return gan__op_shift(g, gan__op_neg(g, square), 1);
}
static gan__id exponential(gan__graph *g, gan__id y) {
  return gan__op_exp(g, y);
}

static late make_late(gan_context *context, int64_t wide, derived *of_y) {
  late l;
  DONE(gan__graph_create(context, &l.g));
  gan__id x = gan__graph_input(l.g, "x", GAN_F32, &(gan__shape){2, {ROWS, 40}});
  gan__id w = gan__graph_input(l.g, "w", GAN_F32, &(gan__shape){2, {40, wide}});
  l.y = gan__op_tanh(l.g, gan__op_matmul(l.g, x, w, false, false));
  l.z = of_y(l.g, l.y);
  gan__id sum = gan__op_sum_all(l.g, l.z);
  sum = gan__op_sum_all(l.g, gan__op_mul(l.g, l.y, sum));
  gan__graph_output(l.g, "t", gan__op_mul(l.g, l.z, gan__op_mul(l.g, l.y, sum)));
  DONE(l.g->status);
  return l;
}

static int64_t count_of(const gan__graph *g, gan__op op) {
  int64_t count = 0;
  for (gan__id id = 0; id < g->count; id++)
    count += gan__node_at(g, id)->op == op;
  return count;
}

/* How many times more often the op stands in the plan than in the simplified graph. */
static int64_t repeats(gan_context *context, int64_t wide, derived *of_y, gan__op op) {
  late l = make_late(context, wide, of_y);
  gan__graph *simpler;
  gan__plan *plan;
  DONE(gan__simplify(l.g, &simpler));
  DONE(gan__plan_create(l.g, &plan));
  int64_t more = count_of(gan__plan_graph(plan), op) - count_of(simpler, op);
  gan__plan_destroy(plan);
  gan__graph_destroy(simpler);
  gan__graph_destroy(l.g);
  return more;
}

static void simple_values_are_computed_again(void **state) {
  assert_true(repeats(*state, 128, slope, GAN__OP_MUL) > 0);
}

/* An exponential takes longer than to fetch it; what is small is in the caches. */
static void dear_and_small_values_are_kept(void **state) {
  assert_int_equal(repeats(*state, 128, exponential, GAN__OP_EXP), 0);
  assert_int_equal(repeats(*state, 2, slope, GAN__OP_MUL), 0);
}

static void no_bit_changes(void **state) {
  late l = make_late(*state, 128, slope);
  double *slots[2] = {calloc(ROWS * 40, sizeof(double)), calloc(40 * 128, sizeof(double))};
  for (int i = 0; i < ROWS * 40; i++)
    slots[0][i] = (i * 7 % 97 - 48) / 64.0;
  for (int i = 0; i < 40 * 128; i++)
    slots[1][i] = (i * 5 % 89 - 44) / 128.0;
  graph_run run;
  graph_run_create(l.g, GRAPH_RUN_NORMAL, &run);
  graph_run_bind(&run, slots, NULL);
  graph_run_poison(&run);
  graph_run_go(&run);
  gan__graph *simpler, *lowered;
  DONE(gan__simplify(l.g, &simpler));
  DONE(gan__plan_lower(simpler, &lowered));
  gan__graph_destroy(simpler);
  graph_run kept = run;
  DONE(gan__plan_compile(lowered, false, &kept.plan));
  assert_true(gan__plan_graph(kept.plan)->count < gan__plan_graph(run.plan)->count);
  assert_true(gan__plan_arena_bytes(kept.plan) > gan__plan_arena_bytes(run.plan));
  graph_run_go(&kept);
  size_t bytes, same;
  const void *a = graph_run_bytes(&run, 0, &bytes), *b = graph_run_bytes(&kept, 0, &same);
  assert_int_equal(bytes, same);
  assert_memory_equal(a, b, bytes);
  gan__plan_destroy(kept.plan);
  graph_run_destroy(&run);
  free(slots[0]);
  free(slots[1]);
  gan__graph_destroy(l.g);
}

static int set_up(void **state) {
  gan_context *context;
  if (gan_context_create(&context) != GAN_OK) return 1;
  *state = context;
  return 0;
}
static int tear_down(void **state) {
  gan_context_destroy(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(simple_values_are_computed_again),
      cmocka_unit_test(dear_and_small_values_are_kept),
      cmocka_unit_test(no_bit_changes),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
