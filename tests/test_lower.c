/* SPDX-License-Identifier: MIT */
/* libgan/plan/lower.c: a weight is packed once for each way of reading it, where panels share it,
 * and never to another result. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph/simplify.h"
#include "graph_run.h"
#include "plan/internal.h"
#include "plan/lower.h"

static const gan__shape weight = {2, {40, 40}};

static int count_of(const gan__graph *graph, gan__op op, int32_t inputs) {
  int found = 0;
  for (gan__id id = 0; id < graph->count; id++)
    found += gan__node_at(graph, id)->op == op && gan__node_at(graph, id)->input_count == inputs;
  return found;
}

/* x W, then twice the same W transposed: y = (x W) W^T + x W^T. */
static gan__graph *chain(gan_context *context, int64_t rows) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(context, &g), GAN_OK);
  gan__id x = gan__graph_input(g, "x", GAN_F32, &(gan__shape){2, {rows, 40}});
  gan__id w = gan__graph_input(g, "w", GAN_F32, &weight);
  gan__id forth = gan__op_matmul(g, x, w, false, false);
  gan__id back = gan__op_matmul(g, forth, w, false, true);
  gan__id other = gan__op_matmul(g, x, w, false, true);
  gan__graph_output(g, "y", gan__op_add(g, back, other));
  assert_int_equal(g->status, GAN_OK);
  return g;
}

static gan__graph *lowered(const gan__graph *graph) {
  gan__graph *result;
  assert_int_equal(gan__plan_lower(graph, &result), GAN_OK);
  assert_int_equal(gan__verify(result), GAN_OK);
  return result;
}

static void a_weight_is_packed_once_for_each_way_of_reading_it(void **state) {
  /* There is a kernel for panels. */
  bool fast = gan__cpu_level() >= GAN__CPU_AVX2 || !gan__cpu_avx_only();
  gan__graph *g = chain(*state, 300), *low = lowered(g);
  assert_int_equal(count_of(low, GAN__OP_PACK, 1), fast ? 2 : 0);
  assert_int_equal(count_of(low, GAN__OP_MATMUL, 3), fast ? 3 : 0);
  gan__graph *twice = lowered(low);
  assert_int_equal(twice->count, low->count);
  gan__graph_destroy(twice);
  gan__graph_destroy(low);
  gan__graph_destroy(g);
}

/* One panel packs as fast for itself; thin products and sums over rows do not read strips. */
static void nothing_is_packed_in_vain(void **state) {
  gan__graph *g = chain(*state, 8), *low = lowered(g);
  assert_int_equal(count_of(low, GAN__OP_PACK, 1), 0);
  gan__graph_destroy(low);
  gan__graph_destroy(g);
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__id x = gan__graph_input(g, "x", GAN_F32, &(gan__shape){2, {300, 40}});
  gan__id thin = gan__graph_input(g, "thin", GAN_F32, &(gan__shape){2, {40, 3}});
  gan__graph_output(g, "a", gan__op_matmul(g, x, thin, false, false));
  gan__graph_output(g, "b", gan__op_matmul(g, x, x, true, false));
  low = lowered(g);
  assert_int_equal(count_of(low, GAN__OP_PACK, 1), 0);
  gan__graph_destroy(low);
  gan__graph_destroy(g);
}

/* The same kernel does the same sums in the same order. */
static void packing_changes_no_bit(void **state) {
  gan__graph *g = chain(*state, 300);
  double *slots[2] = {calloc(300 * 40, sizeof(double)), calloc(40 * 40, sizeof(double))};
  for (int i = 0; i < 300 * 40; i++)
    slots[0][i] = (i * 7 % 97 - 48) / 64.0;
  for (int i = 0; i < 40 * 40; i++)
    slots[1][i] = (i * 5 % 89 - 44) / 128.0;
  graph_run with;
  graph_run_create(g, GRAPH_RUN_NORMAL, &with);
  graph_run_bind(&with, slots, NULL);
  graph_run_poison(&with);
  graph_run_go(&with);
  gan__graph *simpler;
  assert_int_equal(gan__simplify(g, &simpler), GAN_OK);
  graph_run without = with;
  assert_int_equal(gan__plan_compile(simpler, false, &without.plan), GAN_OK);
  graph_run_go(&without);
  size_t bytes, same;
  const void *a = graph_run_bytes(&with, 0, &bytes), *b = graph_run_bytes(&without, 0, &same);
  assert_int_equal(bytes, 300 * 40 * sizeof(float));
  assert_memory_equal(a, b, bytes);
  gan__plan_destroy(without.plan);
  graph_run_destroy(&with);
  free(slots[0]);
  free(slots[1]);
  gan__graph_destroy(g);
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
      cmocka_unit_test(a_weight_is_packed_once_for_each_way_of_reading_it),
      cmocka_unit_test(nothing_is_packed_in_vain),
      cmocka_unit_test(packing_changes_no_bit),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
