/* SPDX-License-Identifier: MIT */
/* libgan/plan/schedule.c, fuse.c, place.c, emit.c: whatever the graph, everyone reads what is
 * finished and still there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph_run.h"
#include "plan/internal.h"
#include "random_graph.h"
#include "small_graphs.h"

/* -- panels -- */

static void panels_follow_from_the_extent(void **state) {
  (void)state;
  for (int64_t extent = 0; extent < 5000; extent++) {
    int64_t rows = gan__panel_rows(extent);
    assert_true(rows >= 1);
    assert_true(rows <= GAN__PANEL_ROWS);
    int64_t panels = extent ? (extent + rows - 1) / rows : 1;
    if (panels == 1) {
      assert_true(extent <= GAN__PANEL_ROWS / 2);
      continue;
    }
    assert_int_equal(rows % 8, 0);
    assert_true(rows >= 32);
    /* Nearly equal: the last one is not a sliver. */
    assert_true(extent - (panels - 1) * rows > 0);
  }
}

/* -- invariants of a plan -- */

static bool is_computed(const gan__plan *plan, gan__id id) {
  return plan->values[id].computed;
}

static void check_members(const gan__plan *plan) {
  int32_t *seen = calloc(plan->graph->count + 1, sizeof *seen);
  for (uint64_t r = 0; r < plan->region_count; r++) {
    const gan__region *region = &plan->regions[r];
    assert_true(region->member_count > 0);
    uint32_t members = 0;
    for (uint32_t s = region->step; s < region->step + region->step_count; s++) {
      const gan__step *step = &plan->steps[s];
      assert_int_equal(step->member, region->member + members);
      assert_true(step->member_count >= 1 && step->member_count <= GAN__RUN_LENGTH);
      if (step->kernel) assert_int_equal(step->member_count, 1);
      members += step->member_count;
    }
    assert_int_equal(members, region->member_count);
    for (uint32_t m = 0; m < region->member_count; m++) {
      gan__id id = plan->members[region->member + m];
      const gan__value *value = &plan->values[id];
      seen[id]++;
      assert_int_equal(value->region, r);
      assert_int_equal(value->level, region->level);
      assert_int_equal(value->tick, m);
      if (region->extent)
        assert_int_equal(value->split.extent, region->extent);
      else
        assert_true(gan__is_serial(plan, id));
    }
  }
  for (gan__id id = 0; id < plan->graph->count; id++)
    assert_int_equal(seen[id], is_computed(plan, id));
  free(seen);
}

/* Whoever reads a value comes behind it: in a later level, or later in the same region, row by row.
 */
static void check_order(const gan__plan *plan) {
  for (gan__id id = 0; id < plan->graph->count; id++) {
    if (!is_computed(plan, id)) continue;
    const gan__value *to = &plan->values[id];
    for (int32_t i = 0; i < gan__node_at(plan->graph, id)->input_count; i++) {
      gan__operand operand = gan__operand_of(plan, id, i);
      const gan__value *from = &plan->values[operand.value];
      uint16_t op = gan__node_at(plan->graph, operand.value)->op;
      if (!is_computed(plan, operand.value)) {
        assert_true(op == GAN__OP_INPUT || op == GAN__OP_READ || op == GAN__OP_CONSTANT);
        continue;
      }
      if (from->level < to->level) continue;
      assert_int_equal(from->region, to->region);
      assert_true(from->tick < to->tick);
      assert_true(from->step <= to->step);
      if (from->step == to->step) assert_int_equal(operand.pattern, GAN__DENSE);
      if (plan->regions[to->region].extent == 0) continue;
      assert_int_equal(from->split.kind, GAN__SPLIT_ROWS);
      assert_true(operand.by_rows);
    }
  }
}

/* Phases run level by level; each panel of each region once, each partial sum combined behind it.
 */
static void check_work(const gan__plan *plan) {
  int32_t *panels = calloc(plan->region_count + 1, sizeof *panels);
  bool *combined = calloc(plan->graph->count + 1, sizeof *combined);
  int32_t level = -1;
  uint32_t next = 0;
  for (uint64_t p = 0; p < plan->phase_count; p++) {
    const gan__phase *phase = &plan->phases[p];
    assert_int_equal(phase->work, next);
    assert_true(phase->work_count > 0);
    next += phase->work_count;
    for (uint32_t w = phase->work; w < next; w++) {
      const gan__work *work = &plan->work[w];
      if (work->region < 0) {
        const gan__value *value = &plan->values[work->node];
        assert_int_equal(value->level, level);
        assert_int_equal(panels[value->region], plan->regions[value->region].panels);
        combined[work->node] = true;
        continue;
      }
      const gan__region *region = &plan->regions[work->region];
      assert_true(region->level == level || (w == phase->work && region->level == level + 1));
      level = region->level;
      assert_int_equal(work->first, panels[work->region]);
      assert_true(work->end > work->first);
      assert_in_range(work->slot, 0, region->tasks - 1);
      panels[work->region] = work->end;
    }
  }
  assert_int_equal(next, plan->work_count);
  for (uint64_t r = 0; r < plan->region_count; r++) {
    const gan__region *region = &plan->regions[r];
    assert_int_equal(panels[r], region->panels);
    assert_in_range(region->tasks, 1, GAN__SLOTS);
    if (region->extent) {
      assert_true(region->panels * region->panel >= region->extent);
      assert_true((region->panels - 1) * region->panel < region->extent);
    }
  }
  for (gan__id id = 0; id < plan->graph->count; id++)
    if (is_computed(plan, id) && plan->values[id].partial >= 0
        && gan__shape_count(&gan__node_at(plan->graph, id)->shape) > 0)
      assert_true(combined[id]);
  free(panels);
  free(combined);
}

/* The last level in which a value of the arena is read, found anew. */
static int32_t last_read(const gan__plan *plan, gan__id id) {
  const gan__graph *graph = plan->graph;
  int32_t last = plan->values[id].level;
  for (gan__id reader = id + 1; reader < graph->count; reader++)
    for (int32_t i = 0; is_computed(plan, reader) && i < gan__node_at(graph, reader)->input_count;
         i++)
      if (gan__operand_of(plan, reader, i).value == id && plan->values[reader].level > last)
        last = plan->values[reader].level;
  for (uint64_t i = 0; i < graph->output_count; i++)
    if (gan__root_of(graph, graph->outputs[i].node) == id) last = INT32_MAX;
  for (uint64_t i = 0; i < graph->state_count; i++)
    if (graph->commits[i] != GAN__NONE
        && gan__root_of(graph, gan__node_input(graph, graph->commits[i], 0)) == id)
      last = INT32_MAX;
  return last;
}

/* Partial sums are alive in the level of their sum, and apart from all that is. */
static void check_partials(const gan__plan *plan, const int32_t *last) {
  for (gan__id a = 0; a < plan->graph->count; a++) {
    const gan__value *x = &plan->values[a];
    if (!is_computed(plan, a) || x->partial < 0) continue;
    int64_t end = x->partial + (x->bytes + 63) / 64 * 64 * plan->regions[x->region].tasks;
    assert_true(end <= plan->arena_bytes);
    for (gan__id b = 0; b < plan->graph->count; b++) {
      const gan__value *y = &plan->values[b];
      if (!is_computed(plan, b) || y->place != GAN__PLACE_ARENA || !y->bytes) continue;
      if (y->level > x->level || last[b] < x->level) continue;
      assert_true(end <= y->offset || y->offset + y->bytes <= x->partial);
    }
  }
}

/* Values that are alive in one level lie apart, unless one replaces the other in its own region,
 * where the order of steps keeps them apart in time. */
static void check_arena(const gan__plan *plan) {
  uint64_t count = plan->graph->count;
  int32_t *last = calloc(count + 1, sizeof *last);
  for (gan__id id = 0; id < count; id++)
    if (is_computed(plan, id)) last[id] = last_read(plan, id);
  for (gan__id a = 0; a < count; a++) {
    const gan__value *x = &plan->values[a];
    if (!is_computed(plan, a) || x->place != GAN__PLACE_ARENA) continue;
    assert_true(x->offset >= 0 && x->offset + x->bytes <= plan->arena_bytes);
    for (gan__id b = 0; b < count; b++) {
      const gan__value *y = &plan->values[b];
      if (a == b || !is_computed(plan, b) || y->place != GAN__PLACE_ARENA || !x->bytes || !y->bytes)
        continue;
      bool together = y->level <= x->level && x->level <= last[b];
      bool apart = x->offset + x->bytes <= y->offset || y->offset + y->bytes <= x->offset;
      if (!together || apart) continue;
      assert_int_equal(x->record, y->record);
      assert_int_equal(x->offset, y->offset);
      assert_true(last[b] == x->level || last[a] == y->level);
    }
  }
  check_partials(plan, last);
  free(last);
}

/* A tile or a panel is read by its own step or region only. */
static void check_places(const gan__plan *plan) {
  for (gan__id id = 0; id < plan->graph->count; id++)
    for (int32_t i = 0; is_computed(plan, id) && i < gan__node_at(plan->graph, id)->input_count;
         i++) {
      const gan__value *to = &plan->values[id];
      const gan__value *from = &plan->values[gan__operand_of(plan, id, i).value];
      if (from->place == GAN__PLACE_TILE) assert_int_equal(from->step, to->step);
      if (from->place == GAN__PLACE_LOCAL) assert_int_equal(from->region, to->region);
      if (from->place == GAN__PLACE_LOCAL)
        assert_true(from->offset + from->bytes <= plan->tile_offset);
    }
  for (uint64_t i = 0; i < plan->ref_count; i++) {
    const gan__ref *ref = &plan->refs[i];
    if (ref->place == GAN__PLACE_TILE)
      assert_true(plan->tile_offset + ref->offset + GAN__TILE * 8 <= plan->workspace_bytes);
    if (ref->place == GAN__PLACE_CONSTANT) assert_true(ref->offset < plan->constant_bytes);
    if (ref->place == GAN__PLACE_ARENA) assert_true(ref->offset <= plan->arena_bytes);
  }
}

static void check_plan(const gan__plan *plan) {
  check_members(plan);
  check_order(plan);
  check_work(plan);
  check_arena(plan);
  check_places(plan);
}

static void random_plans_keep_order(void **state) {
  for (uint64_t seed = 0; seed < 150; seed++) {
    random_graph_plan how = {.seed = seed,
                             .dtype = GAN_F32,
                             .values = 5 + (int32_t)(seed % 50),
                             .gradients = (int32_t)(seed % 3)};
    random_graph r;
    random_graph_make(*state, &how, &r);
    for (int32_t mode = GRAPH_RUN_NORMAL; mode <= GRAPH_RUN_KEEP_ALL; mode++) {
      graph_run run;
      graph_run_create(r.graph, (enum graph_run_mode)mode, &run);
      check_plan(run.plan);
      graph_run_destroy(&run);
    }
    random_graph_finish(&r);
  }
}

static void game_plans_keep_order(void **state) {
  for (int32_t steps = 0; steps < 4; steps++) {
    small_game game = {.rows = 512, .width = 16, .steps = steps};
    gan__graph *g = small_graph_game(*state, &game);
    gan__plan *plan;
    assert_int_equal(gan__plan_create(g, &plan), GAN_OK);
    check_plan(plan);
    gan__plan_destroy(plan);
    gan__graph_destroy(g);
  }
}

/* -- levels of known graphs -- */

static gan__plan *plan_of(gan__graph *g, gan__id y) {
  gan__plan *plan;
  gan__graph_output(g, "y", y);
  if (gan__plan_create(g, &plan) != GAN_OK) fail_msg("%s", gan_context_message(g->context));
  check_plan(plan);
  return plan;
}

/* Layers run panel by panel without a barrier; each sum over the batch that is read again costs
 * one. */
static void barriers_stand_only_at_reductions(void **state) {
  gan__shape batch = {2, {512, 16}}, weights = {2, {16, 16}};
  for (int32_t sums = 0; sums < 4; sums++) {
    gan__graph *g;
    assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
    gan__id x = gan__graph_input(g, "x", GAN_F32, &batch);
    for (int32_t layer = 0; layer < 3; layer++) {
      gan__id w = gan__graph_input(g, "w", GAN_F32, &weights);
      x = gan__op_tanh(g, gan__op_matmul(g, x, w, false, false));
    }
    for (int32_t i = 0; i < sums; i++)
      x = gan__op_sub(g, x, gan__op_sum(g, x, 0, 1));
    gan__plan *plan = plan_of(g, x);
    assert_int_equal(plan->level_count, 1 + sums);
    assert_int_equal(plan->region_count, 1 + sums);
    assert_int_equal(plan->regions[0].panels, 4);
    gan__plan_destroy(plan);
    gan__graph_destroy(g);
  }
}

static void short_graphs_are_one_task(void **state) {
  gan__graph *g;
  gan__shape batch = {2, {50, 16}};
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__id x = gan__graph_input(g, "x", GAN_F32, &batch);
  x = gan__op_sub(g, x, gan__op_sum(g, x, 0, 1));
  gan__plan *plan = plan_of(g, gan__op_sum_all(g, gan__op_mul(g, x, x)));
  assert_int_equal(plan->level_count, 1);
  assert_int_equal(plan->work_count, 1);
  gan__plan_destroy(plan);
  gan__graph_destroy(g);
}

/* More ops, and more different broadcasts, than a run takes: it is cut, not refused. */
static void long_runs_are_cut(void **state) {
  enum { MANY = 150 };
  gan__graph *g;
  gan__shape batch = {2, {200, 3}}, row = {1, {3}};
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__id x = gan__graph_input(g, "x", GAN_F64, &batch), terms[8];
  double *slots[1 + 7 * MANY], want = 0;
  slots[0] = calloc(600, sizeof **slots);
  for (int32_t i = 0; i < MANY; i++) {
    terms[0] = x;
    for (int32_t k = 1; k < 8; k++) {
      int32_t slot = 7 * i + k;
      terms[k] = gan__op_broadcast_to(g, gan__graph_input(g, "b", GAN_F64, &row), &batch);
      slots[slot] = calloc(3, sizeof **slots);
      slots[slot][1] = slot;
      want += slot;
    }
    x = gan__op_add_all(g, terms, 8);
  }
  gan__graph_output(g, "y", x);
  double *got = graph_run_once(g, slots, 0);
  for (int32_t i = 0; i < 600; i++)
    assert_true(got[i] == (i % 3 == 1 ? want : 0));
  free(got);
  for (int32_t i = 0; i <= 7 * MANY; i++)
    free(slots[i]);
  gan__graph_destroy(g);
}

/* A chain of elementwise ops is one step; only its end lies in memory. */
static void chains_live_in_tiles(void **state) {
  gan__graph *g;
  gan__shape batch = {2, {512, 3}};
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__id x = gan__graph_input(g, "x", GAN_F32, &batch);
  for (int32_t i = 0; i < 20; i++)
    x = gan__op_sigmoid(g, gan__op_add(g, x, gan__op_tanh(g, x)));
  gan__plan *plan = plan_of(g, x);
  assert_int_equal(plan->step_count, 2); /* 60 ops: two runs of at most 48 */
  assert_int_equal(gan__plan_arena_bytes(plan), 512 * 3 * 4);
  gan__plan_destroy(plan);
  gan__graph_destroy(g);
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
      cmocka_unit_test(panels_follow_from_the_extent),
      cmocka_unit_test(random_plans_keep_order),
      cmocka_unit_test(game_plans_keep_order),
      cmocka_unit_test(barriers_stand_only_at_reductions),
      cmocka_unit_test(short_graphs_are_one_task),
      cmocka_unit_test(long_runs_are_cut),
      cmocka_unit_test(chains_live_in_tiles),
  };
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
