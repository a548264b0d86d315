/* SPDX-License-Identifier: MIT */
/* Job: a plan as stable text: what runs where, by which kernel, and why not by a faster one. */
#include "graph/build.h"
#include "plan/cost.h"
#include "plan/timing.h"

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
  if (plan->origin && plan->origin[id] != id) gan__text_add(text, ", %%%u again", plan->origin[id]);
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

/* At least three digits, in whole numbers of the unit with "", "k" or "M" before it. */
static void print_amount(gan__text *text, double amount, const char *unit) {
  double scale = amount < 1e4 ? 1 : amount < 1e7 ? 1e3 : 1e6;
  const char *prefix = amount < 1e4 ? "" : amount < 1e7 ? "k" : "M";
  if (amount > 1e24) amount = 1e24;
  gan__text_add(text, "%lld %s%s", (long long)(amount / scale + 0.5), prefix, unit);
}

static void print_cost(gan__text *text, gan__cost cost) {
  print_amount(text, cost.flops, "flop");
  gan__text_add(text, ", ");
  print_amount(text, cost.bytes, "B");
  gan__text_add(text, " moved");
}

/* Tenths of microseconds, with a point in every locale. */
static void print_time(gan__text *text, const char *before, int64_t nanoseconds) {
  int64_t tenths = (nanoseconds + 50) / 100;
  gan__text_add(text, "%s%lld.%d us", before, (long long)(tenths / 10), (int)(tenths % 10));
}

static bool has_run(const gan__plan *plan) {
  return plan->timing->run > 0;
}

static void print_totals(const gan__plan *plan, gan__text *text) {
  gan__text_add(text, "each run ");
  print_cost(text, gan__plan_cost(plan));
  if (has_run(plan)) {
    int64_t busy = 0;
    for (uint64_t w = 0; w < plan->work_count; w++)
      busy += plan->timing->work[w];
    print_time(text, "; the last took ", plan->timing->run);
    print_time(text, ", ", busy);
    gan__text_add(text, " of work");
  }
  gan__text_add(text, "\n");
}

static void print_region(const gan__plan *plan, int32_t index, gan__text *text) {
  const gan__region *region = &plan->regions[index];
  if (region->extent)
    gan__text_add(text, "  level %d: %lld rows in %d panels of %lld, %d tasks; ", region->level,
                  (long long)region->extent, region->panels, (long long)region->panel,
                  region->tasks);
  else
    gan__text_add(text, "  level %d: in order, one task; ", region->level);
  print_cost(text, gan__region_cost(plan, region));
  if (has_run(plan)) print_time(text, "; work ", gan__timing_of_region(plan, index));
  gan__text_add(text, "\n");
  for (uint32_t s = 0; s < region->step_count; s++)
    print_step(plan, &plan->steps[region->step + s], text);
}

/* What adds up the partial sums of a level, then the time of the whole level. */
static void print_level_end(const gan__plan *plan, int32_t level, gan__text *text) {
  gan__cost cost = {0, 0};
  int64_t sums = 0;
  for (uint64_t m = 0; m < plan->member_count; m++) {
    const gan__value *value = &plan->values[plan->members[m]];
    if (value->partial < 0 || value->level != level) continue;
    gan__cost more = gan__combination_cost(plan, plan->members[m]);
    cost.flops += more.flops;
    cost.bytes += more.bytes;
    sums++;
  }
  if (sums) {
    gan__text_add(text, "  level %d: partial sums of %lld combined; ", level, (long long)sums);
    print_cost(text, cost);
    if (has_run(plan)) print_time(text, "; work ", gan__timing_of_combinations(plan, level));
    gan__text_add(text, "\n");
  }
  if (!has_run(plan)) return;
  gan__text_add(text, "  level %d", level);
  print_time(text, " took ", gan__timing_of_level(plan, level));
  gan__text_add(text, "\n");
}

void gan__plan_explain(const gan__plan *plan, gan__text *text) {
  gan__text_add(text, "cpu %s, %llu nodes, %llu levels, %llu regions, %llu steps\n",
                gan__cpu_name(plan->cpu_level), (unsigned long long)plan->graph->count,
                (unsigned long long)plan->level_count, (unsigned long long)plan->region_count,
                (unsigned long long)plan->step_count);
  gan__text_add(text, "arena %lld bytes, workspace %lld bytes a thread, constants %lld bytes\n",
                (long long)plan->arena_bytes, (long long)plan->workspace_bytes,
                (long long)plan->constant_bytes);
  print_totals(plan, text);
  for (uint64_t level = 0; level < plan->level_count; level++) {
    for (uint64_t r = 0; r < plan->region_count; r++)
      if (plan->regions[r].level == (int32_t)level) print_region(plan, (int32_t)r, text);
    print_level_end(plan, (int32_t)level, text);
  }
}
