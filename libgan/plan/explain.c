/* SPDX-License-Identifier: MIT */
/* Job: a plan as stable text: what runs where, by which kernel, and why not by a faster one. */
#include "graph/build.h"
#include "plan/internal.h"

static const char *const place_names[] = {
    [GAN__PLACE_NONE] = "none",         [GAN__PLACE_SLOT] = "slot",   [GAN__PLACE_STATE] = "state",
    [GAN__PLACE_CONSTANT] = "constant", [GAN__PLACE_ARENA] = "arena", [GAN__PLACE_LOCAL] = "panel",
    [GAN__PLACE_TILE] = "tile"};

static const char *const pattern_names[] = {
    [GAN__DENSE] = "", [GAN__SCALAR] = ":scalar", [GAN__ROW] = ":row", [GAN__COLUMN] = ":column"};

static void print_place(const gan__plan *plan, gan__id id, gan__text *text) {
  const gan__value *value = &plan->values[id];
  gan__text_add(text, "%s", place_names[value->place]);
  if (value->place == GAN__PLACE_ARENA || value->place == GAN__PLACE_LOCAL)
    gan__text_add(text, "+%lld", (long long)value->offset);
  if (value->partial >= 0) gan__text_add(text, " partial+%lld", (long long)value->partial);
}

/* The faster candidates that refused, with their reasons. */
static void print_refusals(const gan__plan *plan, const gan__step *step, gan__text *text) {
  (void)plan;
  const gan__kernel *kernel = gan__kernels[step->call->op];
  for (; kernel->name && kernel != step->kernel; kernel++)
    if (kernel->row && kernel->refuse) {
      const char *reason = kernel->refuse(step->call);
      if (reason) gan__text_add(text, "; not %s: %s", kernel->name, reason);
    }
}

static void print_node(const gan__plan *plan, gan__id id, const char *kernel, gan__text *text) {
  const gan__node *node = gan__node_at(plan->graph, id);
  char shape[GAN__SHAPE_TEXT];
  gan__text_add(text, "      %%%u = %s %s %s", id, gan__ops[node->op].name,
                gan__dtype_name(node->dtype), gan__shape_text(shape, &node->shape));
  for (int32_t i = 0; i < node->input_count; i++) {
    gan__operand operand = gan__operand_of(plan, id, i);
    gan__text_add(text, " %%%u%s", operand.value, pattern_names[operand.pattern]);
  }
  gan__text_add(text, " -> ");
  print_place(plan, id, text);
  gan__text_add(text, " by %s", kernel);
}

static void print_step(const gan__plan *plan, const gan__step *step, gan__text *text) {
  if (step->kernel) {
    print_node(plan, step->node, step->kernel->name, text);
    print_refusals(plan, step, text);
    gan__text_add(text, "\n");
    return;
  }
  gan__text_add(text, "    run of %u over tiles of %lld x %lld\n", step->instruction_count,
                (long long)step->extent, (long long)step->width);
  for (uint32_t i = 0; i < step->instruction_count; i++) {
    const gan__instruction *instruction = &plan->instructions[step->instruction + i];
    print_node(plan, instruction->node, instruction->kernel->name, text);
    gan__text_add(text, "\n");
  }
}

void gan__plan_explain(const gan__plan *plan, gan__text *text) {
  gan__text_add(text, "cpu %s, %llu nodes, %llu levels, %llu regions, %llu steps\n",
                gan__cpu_name(plan->cpu_level), (unsigned long long)plan->graph->count,
                (unsigned long long)plan->level_count, (unsigned long long)plan->region_count,
                (unsigned long long)plan->step_count);
  gan__text_add(text, "arena %lld bytes, workspace %lld bytes a thread, constants %lld bytes\n",
                (long long)plan->arena_bytes, (long long)plan->workspace_bytes,
                (long long)plan->constant_bytes);
  for (uint64_t level = 0; level < plan->level_count; level++)
    for (uint64_t r = 0; r < plan->region_count; r++) {
      const gan__region *region = &plan->regions[r];
      if (region->level != (int32_t)level) continue;
      if (region->extent)
        gan__text_add(text, "  level %d: %lld rows in %d panels of %lld, %d tasks\n", region->level,
                      (long long)region->extent, region->panels, (long long)region->panel,
                      region->tasks);
      else
        gan__text_add(text, "  level %d: in order, one task\n", region->level);
      for (uint32_t s = 0; s < region->step_count; s++)
        print_step(plan, &plan->steps[region->step + s], text);
    }
}
