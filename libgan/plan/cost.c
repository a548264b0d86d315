/* SPDX-License-Identifier: MIT */
/* Job: count the arithmetic and the traffic of steps, regions and plans; see cost.h for the rules.
 */
#include "graph/build.h"
#include "plan/cost.h"

/* Ops outside elementwise ones and products that compute: flops for each element of input 0 and of
 * the result. */
static const struct rate {
  double input, result;
} rates[GAN__OP_COUNT] = {
    [GAN__OP_SUM] = {1, 0},     [GAN__OP_MAXIMUM] = {1, 0}, [GAN__OP_ARGMAX] = {1, 0},
    [GAN__OP_SCATTER] = {1, 0}, [GAN__OP_UNIFORM] = {0, 1}, [GAN__OP_NORMAL] = {0, 1}};

static double elements(const gan__plan *plan, gan__id id) {
  return (double)gan__shape_count(&gan__node_at(plan->graph, id)->shape);
}

static double node_bytes(const gan__plan *plan, gan__id id) {
  return elements(plan, id) * (double)gan__dtype_size(gan__node_at(plan->graph, id)->dtype);
}

static double product_flops(const gan__plan *plan, gan__id id) {
  const gan__shape *a = &gan__node_at(plan->graph, gan__node_input(plan->graph, id, 0))->shape;
  bool transposed = gan__node_attrs(plan->graph, id)[0] != 0;
  return 2 * elements(plan, id) * (double)a->dims[a->rank - (transposed ? 2 : 1)];
}

/* For each pair of rows and each of their values: a difference; its magnitude or sign; the sum. A
 * push also takes the difference of what it signs; the two directions that a pull adds up first are
 * one a pair and kernel. */
static double pairwise_flops(const gan__plan *plan, gan__id id) {
  const gan__node *node = gan__node_at(plan->graph, id);
  gan__id m = gan__node_input(plan->graph, id, node->input_count - 1);
  double rows = (double)gan__node_at(plan->graph, m)->shape.dims[0];
  double each = node->op == GAN__OP_PAIRWISE_PUSH ? 4 : 3;
  double flops = each * rows * elements(plan, m);
  if (node->op == GAN__OP_PAIRWISE_PULL)
    flops += elements(plan, gan__node_input(plan->graph, id, 0));
  return flops;
}

static bool is_pairwise(gan__op op) {
  return op == GAN__OP_PAIRWISE || op == GAN__OP_PAIRWISE_PULL || op == GAN__OP_PAIRWISE_PUSH;
}

static double node_flops(const gan__plan *plan, gan__id id) {
  const gan__node *node = gan__node_at(plan->graph, id);
  if (node->op == GAN__OP_MATMUL) return product_flops(plan, id);
  if (is_pairwise((gan__op)node->op)) return pairwise_flops(plan, id);
  if (gan__ops[node->op].evaluate) {
    bool many = node->op == GAN__OP_ADD && node->input_count > 1;
    return elements(plan, id) * (many ? node->input_count - 1 : 1);
  }
  const struct rate *rate = &rates[node->op];
  double flops = rate->result * elements(plan, id);
  if (rate->input > 0) flops += rate->input * elements(plan, gan__node_input(plan->graph, id, 0));
  return flops;
}

static const gan__region *region_of(const gan__plan *plan, gan__id id) {
  return &plan->regions[plan->values[id].region];
}

/* Memory that is not the thread's own. Inside runs constants are tiles, which stay in L1. */
static bool is_shared(const gan__plan *plan, gan__id id, bool in_run) {
  gan__place place = plan->values[id].place;
  return place == GAN__PLACE_SLOT || place == GAN__PLACE_STATE || place == GAN__PLACE_ARENA
         || (place == GAN__PLACE_CONSTANT && !in_run);
}

/* A run reads a value once, however many of its ops do: the tile is in L1 by then. */
static bool is_read_before(const gan__plan *plan, const gan__step *step, uint32_t member,
                           int32_t input) {
  gan__id value = gan__operand_of(plan, plan->members[member], input).value;
  if (plan->values[value].computed && plan->values[value].region >= 0
      && plan->values[value].step == plan->values[step->node].step)
    return true; /* it is made here */
  for (uint32_t m = step->member; m <= member; m++) {
    gan__id id = plan->members[m];
    int32_t end = m < member ? gan__node_at(plan->graph, id)->input_count : input;
    for (int32_t i = 0; i < end; i++)
      if (gan__operand_of(plan, id, i).value == value) return true;
  }
  return false;
}

/* A product with a packed copy of its right side (input 2) reads that, not the original. */
static bool is_unread(const gan__node *node, int32_t input) {
  return node->op == GAN__OP_MATMUL && node->input_count == 3 && input == 1;
}

gan__cost gan__step_cost(const gan__plan *plan, const gan__step *step) {
  gan__cost cost = {0, 0};
  bool in_run = !step->kernel;
  double tasks = region_of(plan, step->node)->tasks;
  for (uint32_t m = step->member; m < step->member + step->member_count; m++) {
    gan__id id = plan->members[m];
    const gan__node *node = gan__node_at(plan->graph, id);
    cost.flops += node_flops(plan, id);
    for (int32_t i = 0; i < node->input_count; i++) {
      if (is_unread(node, i)) continue;
      gan__operand operand = gan__operand_of(plan, id, i);
      if (!is_shared(plan, operand.value, in_run) || is_read_before(plan, step, m, i)) continue;
      cost.bytes += node_bytes(plan, operand.value) * (operand.by_rows ? 1 : tasks);
    }
    if (plan->values[id].partial >= 0)
      cost.bytes += node_bytes(plan, id) * tasks;
    else if (is_shared(plan, id, in_run))
      cost.bytes += node_bytes(plan, id);
  }
  return cost;
}

static void add(gan__cost *total, gan__cost more) {
  total->flops += more.flops;
  total->bytes += more.bytes;
}

gan__cost gan__region_cost(const gan__plan *plan, const gan__region *region) {
  gan__cost total = {0, 0};
  for (uint32_t s = region->step; s < region->step + region->step_count; s++)
    add(&total, gan__step_cost(plan, &plan->steps[s]));
  return total;
}

gan__cost gan__combination_cost(const gan__plan *plan, gan__id reduction) {
  double tasks = region_of(plan, reduction)->tasks;
  return (gan__cost){.flops = elements(plan, reduction) * (tasks - 1),
                     .bytes = node_bytes(plan, reduction) * (tasks + 1)};
}

gan__cost gan__plan_cost(const gan__plan *plan) {
  gan__cost total = {0, 0};
  for (uint64_t r = 0; r < plan->region_count; r++) {
    const gan__region *region = &plan->regions[r];
    add(&total, gan__region_cost(plan, region));
    for (uint32_t m = region->member; m < region->member + region->member_count; m++)
      if (plan->values[plan->members[m]].partial >= 0)
        add(&total, gan__combination_cost(plan, plan->members[m]));
  }
  return total;
}
