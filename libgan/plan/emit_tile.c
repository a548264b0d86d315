/* SPDX-License-Identifier: MIT */
/* Job: compile a run of elementwise ops into instructions over tiles.
 *
 * A worker's tiles are numbered slots of GAN__TILE elements. A result that only this run reads gets
 * a slot, which is free again after its last reader; other results are written straight to their
 * place, and read from there (still in L1). Broadcast inputs are expanded into slots of their own.
 * Constants are tiles in the plan's constants, filled once. */
#include "base/memory.h"
#include "graph/build.h"
#include "plan/internal.h"

typedef struct coder {
  gan__plan *plan;
  gan__step *step;
  int32_t last_use[GAN__RUN_LENGTH]; /* of each op's tile: the position of its last reader */
  int64_t slot_of[GAN__RUN_LENGTH];  /* tile slot of each op, or -1 */
  bool busy[GAN__RUN_TILES];
  int64_t slots; /* highest used + 1 */
  /* Expansions and constants already made in this run. */
  struct fill {
    gan__id value;
    gan__pattern pattern;
    int64_t period, offset;
  } fills[GAN__RUN_REFS];
  int32_t fill_count;
} coder;

static int64_t take_slot(coder *c) {
  for (int64_t i = 0; i < GAN__RUN_TILES; i++)
    if (!c->busy[i]) {
      c->busy[i] = true;
      if (i + 1 > c->slots) c->slots = i + 1;
      return i;
    }
  return -1;
}

static gan__ref tile_ref(int64_t slot) {
  return (gan__ref){.place = GAN__PLACE_TILE, .offset = slot * GAN__TILE * 8};
}

/* Position of a value's op in the run, or -1. */
static int32_t position_of(const coder *c, gan__id id) {
  const gan__value *value = &c->plan->values[id];
  if (!value->computed || value->step != c->plan->values[c->step->node].step) return -1;
  for (uint32_t m = 0; m < c->step->member_count; m++)
    if (c->plan->members[c->step->member + m] == id) return (int32_t)m;
  return -1;
}

static gan_status too_wide(coder *c) {
  char text[GAN__NODE_TEXT];
  return gan__fail(c->plan->context, GAN_ERROR_INTERNAL, "a run of tiles is too wide at %s",
                   gan__node_text(text, c->plan->graph, c->step->node));
}

/* Puts the tile of a constant, or the expansion of a broadcast, into *ref; each is made once. */
static gan_status fill_ref(coder *c, const gan__operand *operand, gan__ref *ref) {
  gan__plan *plan = c->plan;
  double number = 0;
  bool constant = gan__is_constant(plan->graph, operand->value, &number);
  for (int32_t i = 0; i < c->fill_count; i++)
    if (c->fills[i].value == operand->value && c->fills[i].pattern == operand->pattern
        && c->fills[i].period == operand->period) {
      *ref = constant ? (gan__ref){.place = GAN__PLACE_CONSTANT, .offset = c->fills[i].offset}
                      : tile_ref(c->fills[i].offset);
      return GAN_OK;
    }
  if (c->fill_count == GAN__RUN_REFS) return too_wide(c);
  struct fill *fill = &c->fills[c->fill_count++];
  *fill = (struct fill){operand->value, operand->pattern, operand->period, 0};
  if (constant) {
    int32_t dtype = gan__node_at(plan->graph, operand->value)->dtype;
    GAN_TRY(gan__emit_constant(plan, dtype, GAN__TILE, number, &fill->offset));
    *ref = (gan__ref){.place = GAN__PLACE_CONSTANT, .offset = fill->offset};
    return GAN_OK;
  }
  fill->offset = take_slot(c);
  if (fill->offset < 0) return too_wide(c);
  *ref = tile_ref(fill->offset);
  GAN_TRY(gan__reserve(plan->context, &plan->expansions, &plan->expansion_capacity,
                       plan->expansion_count + 1, sizeof *plan->expansions));
  plan->expansions[plan->expansion_count++] = (gan__expansion){
      .pattern = operand->pattern, .period = operand->period, .ref = (uint32_t)plan->ref_count};
  GAN_TRY(gan__emit_ref(plan, *ref));
  /* A column moves with the rows: one source row for each row of the reader. */
  int64_t per_row =
      operand->pattern == GAN__COLUMN && operand->period > 0 ? c->step->width / operand->period : 1;
  return gan__emit_ref(plan, gan__value_ref(plan, operand->value, operand->by_rows, per_row));
}

/* Expansions first: all of a step's expansions stand together, before any instruction's slots. */
static gan_status emit_fills(coder *c) {
  gan__plan *plan = c->plan;
  c->step->expansion = (uint32_t)plan->expansion_count;
  for (uint32_t m = 0; m < c->step->member_count; m++) {
    gan__id id = plan->members[c->step->member + m];
    for (int32_t i = 0; i < gan__node_at(plan->graph, id)->input_count; i++) {
      gan__operand operand = gan__operand_of(plan, id, i);
      int32_t at = position_of(c, operand.value);
      if (at >= 0) c->last_use[at] = (int32_t)m;
      gan__ref ref;
      if (operand.pattern != GAN__DENSE || gan__is_constant(plan->graph, operand.value, NULL))
        GAN_TRY(fill_ref(c, &operand, &ref));
    }
  }
  c->step->expansion_count = (uint32_t)plan->expansion_count - c->step->expansion;
  return GAN_OK;
}

static gan_status input_ref(coder *c, gan__id id, int32_t index, gan__ref *ref) {
  gan__operand operand = gan__operand_of(c->plan, id, index);
  if (operand.pattern != GAN__DENSE || gan__is_constant(c->plan->graph, operand.value, NULL))
    return fill_ref(c, &operand, ref);
  int32_t at = position_of(c, operand.value);
  if (at >= 0 && c->slot_of[at] >= 0)
    *ref = tile_ref(c->slot_of[at]);
  else
    *ref = gan__value_ref(c->plan, operand.value, true, c->step->width);
  return GAN_OK;
}

static void free_dead_tiles(coder *c, int32_t position) {
  for (int32_t m = 0; m <= position; m++)
    if (c->slot_of[m] >= 0 && c->last_use[m] == position && c->busy[c->slot_of[m]])
      c->busy[c->slot_of[m]] = false;
}

static gan_status select_tile(coder *c, gan__id id, gan__instruction *instruction) {
  const gan__graph *graph = c->plan->graph;
  const gan__node *node = gan__node_at(graph, id);
  gan__shape shapes[GAN__ADD_INPUTS];
  int32_t dtypes[GAN__ADD_INPUTS];
  if (node->input_count > GAN__ADD_INPUTS) return too_wide(c);
  for (int32_t i = 0; i < node->input_count; i++) {
    shapes[i] = gan__node_at(graph, gan__node_input(graph, id, i))->shape;
    dtypes[i] = gan__node_at(graph, gan__node_input(graph, id, i))->dtype;
  }
  gan__kernel_node call = {.op = node->op,
                           .dtype = node->dtype,
                           .shape = node->shape,
                           .input_count = node->input_count,
                           .attr_count = node->attr_count,
                           .attrs = gan__node_attrs(graph, id),
                           .input_shapes = shapes,
                           .input_dtypes = dtypes,
                           .split = c->plan->values[id].split,
                           .cpu_level = c->plan->cpu_level};
  const gan__kernel *kernel = gan__kernel_select(&call, true, false);
  if (!kernel) {
    char text[GAN__NODE_TEXT];
    return gan__fail(c->plan->context, GAN_ERROR_INTERNAL, "no kernel computes %s",
                     gan__node_text(text, graph, id));
  }
  *instruction = (gan__instruction){.run = kernel->tile,
                                    .attrs = call.attrs,
                                    .input_count = node->input_count,
                                    .node = id,
                                    .kernel = kernel};
  return GAN_OK;
}

static gan_status emit_instruction(coder *c, int32_t position) {
  gan__plan *plan = c->plan;
  gan__id id = plan->members[c->step->member + (uint32_t)position];
  gan__instruction instruction;
  gan__ref refs[GAN__ADD_INPUTS + 1];
  GAN_TRY(select_tile(c, id, &instruction));
  for (int32_t i = 0; i < instruction.input_count; i++)
    GAN_TRY(input_ref(c, id, i, &refs[i + 1]));
  /* Inputs that die here free their slots first: the op may write over its input. A cast may not:
   * its elements are of two sizes. */
  bool over = gan__ops[gan__node_at(plan->graph, id)->op].flags & GAN__IN_PLACE;
  if (over) free_dead_tiles(c, position);
  if (plan->values[id].place == GAN__PLACE_TILE) {
    c->slot_of[position] = take_slot(c);
    if (c->slot_of[position] < 0) return too_wide(c);
    refs[0] = tile_ref(c->slot_of[position]);
  } else {
    refs[0] = gan__value_ref(plan, id, true, c->step->width);
  }
  if (!over) free_dead_tiles(c, position);
  instruction.ref = (uint32_t)plan->ref_count;
  for (int32_t i = 0; i <= instruction.input_count; i++)
    GAN_TRY(gan__emit_ref(plan, refs[i]));
  GAN_TRY(gan__reserve(plan->context, &plan->instructions, &plan->instruction_capacity,
                       plan->instruction_count + 1, sizeof *plan->instructions));
  plan->instructions[plan->instruction_count++] = instruction;
  return GAN_OK;
}

gan_status gan__emit_run(gan__plan *plan, gan__step *step) {
  const gan__shape *shape = &gan__node_at(plan->graph, step->node)->shape;
  coder c = {.plan = plan, .step = step};
  for (int32_t m = 0; m < GAN__RUN_LENGTH; m++) {
    c.slot_of[m] = -1;
    c.last_use[m] = m;
  }
  step->kernel = NULL;
  step->extent = shape->rank ? shape->dims[0] : 1;
  step->width = shape->rank ? gan__shape_product(shape, 1, shape->rank) : 1;
  step->ref = (uint32_t)plan->ref_count;
  GAN_TRY(emit_fills(&c));
  step->instruction = (uint32_t)plan->instruction_count;
  step->instruction_count = step->member_count;
  for (uint32_t m = 0; m < step->member_count; m++)
    GAN_TRY(emit_instruction(&c, (int32_t)m));
  step->ref_count = (uint32_t)plan->ref_count - step->ref;
  if (c.slots > plan->tile_slots) plan->tile_slots = c.slots;
  if (step->ref_count > GAN__RUN_REFS) return too_wide(&c);
  return GAN_OK;
}
