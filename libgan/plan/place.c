/* SPDX-License-Identifier: MIT */
/* Job: decide where every value lives: in a tile, in a panel, in the arena; reuse what has died.
 *
 * A value whose readers are all in its own step needs a tile only; in its own region a panel in the
 * worker's workspace; everything else the arena. Levels are the clock of the arena: all regions of
 * a level run at once. Steps are the clock of a workspace. */
#include "base/memory.h"
#include "graph/build.h"
#include "plan/internal.h"
#include "plan/memplan.h"

static void note_reader(gan__plan *plan, const gan__operand *operand, gan__id reader) {
  gan__value *value = &plan->values[operand->value], *to = &plan->values[reader];
  if (!operand->by_rows && !gan__is_serial(plan, reader)) value->read_whole = true;
  if (to->region != value->region) value->escapes = true;
  if (to->step != value->step) value->leaves_run = true;
  if (to->level > value->last_level) {
    value->last_level = to->level;
    value->last_region = to->region;
    value->last_tick = to->tick;
    value->last_step = to->step;
  } else if (to->level == value->last_level) {
    if (to->region != value->last_region) value->last_region = -2;
    if (to->tick > value->last_tick) value->last_tick = to->tick;
    if (to->step > value->last_step) value->last_step = to->step;
  }
}

static void keep_for_good(gan__plan *plan, gan__id id) {
  gan__value *value = &plan->values[gan__root_of(plan->graph, id)];
  value->escapes = true;
  value->leaves_run = true;
  value->last_level = (int32_t)plan->level_count;
  value->last_region = -2;
}

static void find_readers(gan__plan *plan) {
  const gan__graph *graph = plan->graph;
  for (gan__id id = 0; id < graph->count; id++) {
    if (!plan->values[id].computed) continue;
    for (int32_t i = 0; i < gan__node_at(graph, id)->input_count; i++) {
      gan__operand operand = gan__operand_of(plan, id, i);
      note_reader(plan, &operand, id);
    }
  }
  for (uint64_t i = 0; i < graph->output_count; i++)
    keep_for_good(plan, graph->outputs[i].node);
  for (uint64_t i = 0; i < graph->state_count; i++)
    if (graph->commits[i] != GAN__NONE)
      keep_for_good(plan, gan__node_input(graph, graph->commits[i], 0));
  for (gan__id id = 0; plan->keep_all && id < graph->count; id++)
    if (plan->values[id].computed) keep_for_good(plan, id);
}

static int64_t row_elements(const gan__shape *shape) {
  return shape->rank ? gan__shape_product(shape, 1, shape->rank) : 1;
}

static void choose_place(gan__plan *plan, gan__id id) {
  const gan__node *node = gan__node_at(plan->graph, id);
  gan__value *value = &plan->values[id];
  value->record = -1;
  value->bytes = gan__shape_count(&node->shape) * gan__dtype_size(node->dtype);
  if (node->op == GAN__OP_INPUT || node->op == GAN__OP_READ) {
    value->place = node->op == GAN__OP_INPUT ? GAN__PLACE_SLOT : GAN__PLACE_STATE;
    value->offset = gan__node_attrs(plan->graph, id)[0];
  }
  if (!value->computed) return;
  const gan__region *region = &plan->regions[value->region];
  bool whole = value->split.kind != GAN__SPLIT_ROWS && region->extent;
  if (value->escapes || whole)
    value->place = GAN__PLACE_ARENA;
  else if (gan__is_elementwise(plan->graph, id) && !value->leaves_run
           && plan->steps[value->step].member_count > 1)
    value->place = GAN__PLACE_TILE;
  else
    value->place = GAN__PLACE_LOCAL;
  if (value->place == GAN__PLACE_LOCAL && region->extent)
    value->bytes = region->panel * row_elements(&node->shape) * gan__dtype_size(node->dtype);
}

/* The input over which `id` may be written: read here for the last time, by the same elements.
 * Where panels read the rows of others, some may still be reading when the first one writes. */
static gan__id dying_input(const gan__plan *plan, gan__id id) {
  const gan__value *value = &plan->values[id];
  const gan__node *node = gan__node_at(plan->graph, id);
  if (!(gan__ops[node->op].flags & GAN__IN_PLACE)) return GAN__NONE;
  for (int32_t i = 0; i < node->input_count; i++) {
    gan__operand operand = gan__operand_of(plan, id, i);
    const gan__value *from = &plan->values[operand.value];
    if (from->computed && operand.pattern == GAN__DENSE && from->place == value->place
        && from->bytes == value->bytes && from->last_region == value->region
        && from->last_tick == value->tick && !from->read_whole && from->record >= 0)
      return operand.value;
  }
  return GAN__NONE;
}

typedef struct placer {
  gan__plan *plan;
  gan__record *records;
  uint64_t count, capacity;
} placer;

static gan_status add_record(placer *p, int64_t bytes, int32_t first, int32_t last,
                             int64_t *record) {
  GAN_TRY(
      gan__reserve(p->plan->context, &p->records, &p->capacity, p->count + 1, sizeof *p->records));
  p->records[p->count] = (gan__record){.bytes = bytes, .first = first, .last = last};
  *record = (int64_t)p->count++;
  return GAN_OK;
}

/* A record of its own, or the record of the input it replaces. */
static gan_status book(placer *p, gan__id id, int32_t first, int32_t last) {
  gan__value *value = &p->plan->values[id];
  if (last < first) last = first;
  gan__id over = p->plan->keep_all ? GAN__NONE : dying_input(p->plan, id);
  if (over == GAN__NONE) return add_record(p, value->bytes, first, last, &value->record);
  value->record = p->plan->values[over].record;
  if (p->records[value->record].last < last) p->records[value->record].last = last;
  return GAN_OK;
}

/* Partial sums, one for each task of the region, live for the level and its combination. */
static gan_status place_arena(placer *p) {
  gan__plan *plan = p->plan;
  p->count = 0;
  for (uint64_t m = 0; m < plan->member_count; m++) {
    gan__id id = plan->members[m];
    gan__value *value = &plan->values[id];
    if (value->place != GAN__PLACE_ARENA) continue;
    GAN_TRY(book(p, id, value->level, value->last_level));
    int32_t tasks = plan->regions[value->region].tasks;
    if (value->split.kind != GAN__SPLIT_REDUCE || tasks < 2) continue;
    int64_t padded = (value->bytes + 63) / 64 * 64;
    GAN_TRY(add_record(p, padded * tasks, value->level, value->level, &value->partial));
  }
  GAN_TRY(gan__memplan(plan->context, p->records, (int64_t)p->count, &plan->arena_bytes));
  for (uint64_t m = 0; m < plan->member_count; m++) {
    gan__value *value = &plan->values[plan->members[m]];
    if (value->place != GAN__PLACE_ARENA) continue;
    value->offset = p->records[value->record].offset;
    if (value->partial >= 0) value->partial = p->records[value->partial].offset;
  }
  return GAN_OK;
}

static gan_status place_locals(placer *p, const gan__region *region) {
  gan__plan *plan = p->plan;
  p->count = 0;
  for (uint32_t m = region->member; m < region->member + region->member_count; m++) {
    gan__value *value = &plan->values[plan->members[m]];
    if (value->place == GAN__PLACE_LOCAL)
      GAN_TRY(book(p, plan->members[m], value->step, value->last_step));
  }
  int64_t total;
  GAN_TRY(gan__memplan(plan->context, p->records, (int64_t)p->count, &total));
  for (uint32_t m = region->member; m < region->member + region->member_count; m++) {
    gan__value *value = &plan->values[plan->members[m]];
    if (value->place == GAN__PLACE_LOCAL) value->offset = p->records[value->record].offset;
  }
  if (total > plan->tile_offset) plan->tile_offset = total;
  return GAN_OK;
}

/* A read is the value at the start of the run, also when it is committed to another state: two
 * states may change places. */
static void place_staged(gan__plan *plan) {
  const gan__graph *graph = plan->graph;
  for (uint64_t i = 0; i < graph->state_count; i++) {
    plan->staged[i] = -1;
    if (graph->commits[i] == GAN__NONE) continue;
    gan__id root = gan__root_of(graph, gan__node_input(graph, graph->commits[i], 0));
    if (gan__node_at(graph, root)->op != GAN__OP_READ || root == graph->states[i].node) continue;
    plan->staged[i] = plan->arena_bytes;
    plan->arena_bytes += (plan->values[root].bytes + 63) / 64 * 64;
  }
}

gan_status gan__plan_place(gan__plan *plan) {
  find_readers(plan);
  for (gan__id id = 0; id < plan->graph->count; id++)
    choose_place(plan, id);
  placer p = {.plan = plan};
  gan_status status = place_arena(&p);
  if (status == GAN_OK) place_staged(plan);
  for (uint64_t r = 0; status == GAN_OK && r < plan->region_count; r++)
    status = place_locals(&p, &plan->regions[r]);
  gan__release(plan->context, p.records);
  return status;
}
