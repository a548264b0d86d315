/* SPDX-License-Identifier: MIT */
/* Job: turn ordered, placed nodes into steps that only need pointers: kernels, references, work. */
#include "base/memory.h"
#include "graph/build.h"
#include "plan/internal.h"

gan_status gan__emit_ref(gan__plan *plan, gan__ref ref) {
  GAN_TRY(gan__reserve(plan->context, &plan->refs, &plan->ref_capacity, plan->ref_count + 1,
                       sizeof *plan->refs));
  plan->refs[plan->ref_count++] = ref;
  return GAN_OK;
}

/* `row_elements` is the reader's view of a row, which a reshape may have changed. */
gan__ref gan__value_ref(const gan__plan *plan, gan__id id, bool by_rows, int64_t row_elements) {
  const gan__value *value = &plan->values[id];
  int64_t element = gan__dtype_size(gan__node_at(plan->graph, id)->dtype);
  return (gan__ref){.place = value->place,
                    .by_rows = by_rows && value->place != GAN__PLACE_LOCAL,
                    .offset = value->offset,
                    .row_bytes = row_elements * element,
                    .element = element};
}

static gan_status place_constant(gan__plan *plan, gan__id id) {
  gan__value *value = &plan->values[id];
  if (gan__node_at(plan->graph, id)->op != GAN__OP_CONSTANT || value->place != GAN__PLACE_NONE)
    return GAN_OK;
  const gan__node *node = gan__node_at(plan->graph, id);
  double number = gan__bits_double(gan__node_attrs(plan->graph, id)[0]);
  GAN_TRY(gan__emit_constant(plan, node->dtype, gan__shape_count(&node->shape), number,
                             &value->offset));
  value->place = GAN__PLACE_CONSTANT;
  return GAN_OK;
}

static gan__kernel_node *describe(gan__plan *plan, gan__id id) {
  const gan__graph *graph = plan->graph;
  const gan__node *node = gan__node_at(graph, id);
  gan__kernel_node *call = &plan->calls[plan->call_count++];
  gan__shape *shapes = plan->input_shapes + plan->shape_count;
  int32_t *dtypes = plan->input_dtypes + plan->shape_count;
  plan->shape_count += (uint64_t)node->input_count;
  for (int32_t i = 0; i < node->input_count; i++) {
    const gan__node *input = gan__node_at(graph, gan__node_input(graph, id, i));
    shapes[i] = input->shape;
    dtypes[i] = input->dtype;
  }
  *call = (gan__kernel_node){.op = node->op,
                             .dtype = node->dtype,
                             .shape = node->shape,
                             .input_count = node->input_count,
                             .attr_count = node->attr_count,
                             .attrs = gan__node_attrs(graph, id),
                             .input_shapes = shapes,
                             .input_dtypes = dtypes,
                             .split = plan->values[id].split,
                             .cpu_level = plan->cpu_level};
  return call;
}

static int64_t row_elements(const gan__shape *shape) {
  return shape->rank ? gan__shape_product(shape, 1, shape->rank) : 1;
}

static gan_status emit_row_step(gan__plan *plan, const gan__region *region, gan__step *step) {
  const gan__graph *graph = plan->graph;
  gan__id id = step->node;
  gan__value *value = &plan->values[id];
  step->call = describe(plan, id);
  step->kernel = gan__kernel_select(step->call, false, false);
  if (!step->kernel) {
    char text[GAN__NODE_TEXT];
    return gan__fail(plan->context, GAN_ERROR_INTERNAL, "no kernel computes %s",
                     gan__node_text(text, graph, id));
  }
  if (step->call->input_count > GAN__ROW_INPUTS)
    return gan__fail(plan->context, GAN_ERROR_LIMIT, "%s of %d inputs; %d are allowed",
                     gan__ops[step->call->op].name, step->call->input_count, GAN__ROW_INPUTS);
  step->extent = value->split.kind == GAN__SPLIT_NONE ? 1 : value->split.extent;
  step->ref = (uint32_t)plan->ref_count;
  step->ref_count = (uint32_t)step->call->input_count + 1;
  bool by_rows = value->split.kind == GAN__SPLIT_ROWS;
  gan__ref result = gan__value_ref(plan, id, by_rows, row_elements(&step->call->shape));
  if (value->partial >= 0) {
    result.partial = true;
    result.offset = value->partial;
    result.row_bytes = (value->bytes + 63) / 64 * 64;
  }
  GAN_TRY(gan__emit_ref(plan, result));
  for (int32_t i = 0; i < step->call->input_count; i++) {
    gan__operand operand = gan__operand_of(plan, id, i);
    GAN_TRY(place_constant(plan, operand.value));
    GAN_TRY(gan__emit_ref(plan, gan__value_ref(plan, operand.value, operand.by_rows,
                                               row_elements(&step->call->input_shapes[i]))));
  }
  int64_t rows = region->extent ? region->panel : step->extent;
  int64_t scratch = step->kernel->scratch ? step->kernel->scratch(step->call, rows) : 0;
  step->scratch = plan->tile_offset;
  if (scratch > plan->scratch_bytes) plan->scratch_bytes = (scratch + 63) / 64 * 64;
  return GAN_OK;
}

/* Exact room for the row kernels' descriptions: pointers lead into it. */
static gan_status reserve_calls(gan__plan *plan) {
  uint64_t calls = 0, inputs = 0;
  for (uint64_t s = 0; s < plan->step_count; s++) {
    calls++;
    inputs += (uint64_t)gan__node_at(plan->graph, plan->steps[s].node)->input_count;
  }
  plan->calls = gan__allocate(plan->context, calls, sizeof *plan->calls);
  plan->input_shapes = gan__allocate(plan->context, inputs, sizeof *plan->input_shapes);
  plan->input_dtypes = gan__allocate(plan->context, inputs, sizeof *plan->input_dtypes);
  return plan->calls && plan->input_shapes && plan->input_dtypes ? GAN_OK : GAN_ERROR_MEMORY;
}

static bool is_run(const gan__plan *plan, const gan__step *step) {
  return gan__is_elementwise(plan->graph, step->node)
         && (gan__node_at(plan->graph, step->node)->op != GAN__OP_BROADCAST
             || gan__is_inline_broadcast(plan->graph, step->node));
}

static gan_status emit_steps(gan__plan *plan) {
  for (uint64_t r = 0; r < plan->region_count; r++) {
    gan__region *region = &plan->regions[r];
    for (uint32_t s = region->step; s < region->step + region->step_count; s++) {
      gan__step *step = &plan->steps[s];
      if (is_run(plan, step))
        GAN_TRY(gan__emit_run(plan, step));
      else
        GAN_TRY(emit_row_step(plan, region, step));
    }
  }
  return GAN_OK;
}

static gan_status add_work(gan__plan *plan, gan__work work) {
  GAN_TRY(gan__reserve(plan->context, &plan->work, &plan->work_capacity, plan->work_count + 1,
                       sizeof *plan->work));
  plan->work[plan->work_count++] = work;
  return GAN_OK;
}

static gan_status add_phase(gan__plan *plan, uint32_t first) {
  if (plan->work_count == first) return GAN_OK;
  GAN_TRY(gan__reserve(plan->context, &plan->phases, &plan->phase_capacity, plan->phase_count + 1,
                       sizeof *plan->phases));
  plan->phases[plan->phase_count++] =
      (gan__phase){.work = first, .work_count = (uint32_t)plan->work_count - first};
  return GAN_OK;
}

/* Each task takes neighbouring panels, so its partial sums are sums of neighbours. */
static gan_status add_region_work(gan__plan *plan, int32_t index) {
  const gan__region *region = &plan->regions[index];
  int64_t panels = region->panels; /* the products below need the room */
  for (int32_t t = 0; t < region->tasks; t++)
    GAN_TRY(add_work(plan, (gan__work){.region = index,
                                       .slot = t,
                                       .first = (int32_t)(panels * t / region->tasks),
                                       .end = (int32_t)(panels * (t + 1) / region->tasks)}));
  return GAN_OK;
}

/* Partial sums are added piece by piece, slots in their order. */
static gan_status add_combinations(gan__plan *plan, int32_t index) {
  const gan__region *region = &plan->regions[index];
  for (uint32_t m = region->member; m < region->member + region->member_count; m++) {
    gan__id id = plan->members[m];
    if (plan->values[id].partial < 0) continue;
    int64_t count = gan__shape_count(&gan__node_at(plan->graph, id)->shape);
    int64_t pieces = (count + GAN__PIECE - 1) / GAN__PIECE;
    if (pieces > INT32_MAX)
      return gan__fail(plan->context, GAN_ERROR_LIMIT, "a reduction of %lld elements",
                       (long long)count);
    for (int32_t piece = 0; piece < pieces; piece++)
      GAN_TRY(add_work(
          plan,
          (gan__work){
              .region = -1, .slot = region->tasks, .first = piece, .end = piece + 1, .node = id}));
  }
  return GAN_OK;
}

/* Regions of each level, chained: newest first, so they are walked back to front. */
static gan_status emit_phases(gan__plan *plan, int32_t *heads, int32_t *next) {
  for (uint64_t level = 0; level < plan->level_count; level++)
    heads[level] = -1;
  for (int32_t r = (int32_t)plan->region_count - 1; r >= 0; r--) {
    next[r] = heads[plan->regions[r].level];
    heads[plan->regions[r].level] = r;
  }
  for (uint64_t level = 0; level < plan->level_count; level++) {
    uint32_t first = (uint32_t)plan->work_count;
    for (int32_t r = heads[level]; r >= 0; r = next[r])
      GAN_TRY(add_region_work(plan, r));
    GAN_TRY(add_phase(plan, first));
    first = (uint32_t)plan->work_count;
    for (int32_t r = heads[level]; r >= 0; r = next[r])
      GAN_TRY(add_combinations(plan, r));
    GAN_TRY(add_phase(plan, first));
  }
  return GAN_OK;
}

gan_status gan__plan_emit(gan__plan *plan) {
  const gan__graph *graph = plan->graph;
  plan->tile_offset = (plan->tile_offset + 63) / 64 * 64;
  GAN_TRY(reserve_calls(plan));
  GAN_TRY(emit_steps(plan));
  for (uint64_t i = 0; i < graph->output_count; i++)
    GAN_TRY(place_constant(plan, gan__root_of(graph, graph->outputs[i].node)));
  for (uint64_t i = 0; i < graph->state_count; i++)
    if (graph->commits[i] != GAN__NONE)
      GAN_TRY(
          place_constant(plan, gan__root_of(graph, gan__node_input(graph, graph->commits[i], 0))));
  /* Locals, then scratch, then tiles. */
  plan->tile_offset += plan->scratch_bytes;
  plan->workspace_bytes = plan->tile_offset + plan->tile_slots * GAN__TILE * 8;
  int32_t *heads = gan__allocate(plan->context, plan->level_count + 1, sizeof *heads);
  int32_t *next = gan__allocate(plan->context, plan->region_count + 1, sizeof *next);
  gan_status status = heads && next ? emit_phases(plan, heads, next) : GAN_ERROR_MEMORY;
  gan__release(plan->context, heads);
  gan__release(plan->context, next);
  return status;
}
