/* SPDX-License-Identifier: MIT */
/* Job: cut the graph into levels (barriers between them) and each level into regions (panels).
 *
 * A node that is parallel along its leading axis may follow, without a barrier, every node of the
 * same extent that it reads row by row. It must wait for the end of the level before when it reads
 * something whole (a weight, a statistic) or of another extent. Axes too short for two panels make
 * the serial region of a level: one thread does it in order, and nothing waits inside. */
#include "base/memory.h"
#include "graph/build.h"
#include "plan/internal.h"

/* A function of the extent alone: panels decide the order of sums, so they must not depend on the
 * number of threads. Panels of 128 rows cost sgemm nothing, of 64 rows 3 %, of 32 rows 28 % (our
 * own kernel up to 20 %); they are made equal, in multiples of 8 rows. 64 rows are the usual batch,
 * and make two for two threads. */
int64_t gan__panel_rows(int64_t extent) {
  int64_t most = extent >= 2 * GAN__PANEL_ROWS ? GAN__PANEL_ROWS : GAN__PANEL_ROWS / 2;
  if (extent < GAN__PANEL_ROWS / 2) return extent > 0 ? extent : 1;
  int64_t panels = (extent + most - 1) / most;
  if (panels < 2) panels = 2;
  int64_t rows = (extent + panels - 1) / panels;
  return (rows + 7) / 8 * 8;
}

static int64_t panels_of(int64_t extent) {
  int64_t rows = gan__panel_rows(extent);
  return extent > 0 ? (extent + rows - 1) / rows : 1;
}

bool gan__is_serial(const gan__plan *plan, gan__id id) {
  const gan__value *value = &plan->values[id];
  return value->split.kind == GAN__SPLIT_NONE || panels_of(value->split.extent) <= 1;
}

/* A broadcast is carried out only for a reader that cannot follow its pattern. */
static void mark_computed(gan__plan *plan) {
  const gan__graph *graph = plan->graph;
  for (gan__id id = 0; id < graph->count; id++) {
    gan__op op = gan__node_at(graph, id)->op;
    uint32_t flags = gan__ops[op].flags;
    gan__value *value = &plan->values[id];
    *value = (gan__value){.level = -1, .region = -1, .step = -1, .last_level = -1, .partial = -1};
    value->split = gan__ops[op].split(graph, id);
    bool generated = op == GAN__OP_IOTA || op == GAN__OP_UNIFORM || op == GAN__OP_NORMAL;
    value->computed = generated || !(flags & (GAN__SOURCE | GAN__VIEW));
    if (op == GAN__OP_COMMIT || gan__is_inline_broadcast(graph, id)) value->computed = false;
  }
  for (gan__id id = 0; id < graph->count; id++)
    for (int32_t i = 0; i < gan__node_at(graph, id)->input_count; i++) {
      gan__id input = gan__node_input(graph, id, i);
      bool follows =
          gan__is_elementwise(graph, id) && gan__node_at(graph, id)->op != GAN__OP_BROADCAST;
      if (gan__node_at(graph, input)->op == GAN__OP_BROADCAST && (!follows || plan->keep_all))
        plan->values[input].computed = true;
    }
  for (uint64_t i = 0; i < graph->output_count; i++) {
    gan__id id = graph->outputs[i].node;
    if (gan__node_at(graph, id)->op == GAN__OP_BROADCAST) plan->values[id].computed = true;
  }
}

bool gan__needs_barrier(const gan__plan *plan, gan__id value, gan__id reader, bool by_rows) {
  const gan__value *from = &plan->values[value], *to = &plan->values[reader];
  bool serial = gan__is_serial(plan, value);
  if (serial && gan__is_serial(plan, reader)) return false;
  if (serial || gan__is_serial(plan, reader)) return true;
  return !by_rows || from->split.kind != GAN__SPLIT_ROWS || from->split.extent != to->split.extent;
}

static void find_levels(gan__plan *plan) {
  for (gan__id id = 0; id < plan->graph->count; id++) {
    gan__value *value = &plan->values[id];
    if (!value->computed) continue;
    value->level = plan->held ? plan->held[id] : 0;
    for (int32_t i = 0; i < gan__node_at(plan->graph, id)->input_count; i++) {
      gan__operand operand = gan__operand_of(plan, id, i);
      int32_t level = plan->values[operand.value].level;
      if (level < 0) continue;
      level += gan__needs_barrier(plan, operand.value, id, operand.by_rows);
      if (level > value->level) value->level = level;
    }
  }
}

/* Levels as early as possible keep values alive for long. An elementwise value whose readers all
 * come later moves to the first of them, when that keeps no input alive longer than other readers
 * do. */
static void sink(gan__plan *plan, int32_t *earliest, int32_t *latest) {
  const gan__graph *graph = plan->graph;
  for (gan__id id = 0; id < graph->count; id++) {
    earliest[id] = INT32_MAX; /* of the readers: the level this value may at most have */
    latest[id] = -1;          /* of the readers: the last level that needs it */
  }
  for (uint64_t i = 0; i < graph->output_count; i++)
    earliest[gan__root_of(graph, graph->outputs[i].node)] = -1;
  for (uint64_t i = 0; i < graph->state_count; i++)
    if (graph->commits[i] != GAN__NONE)
      earliest[gan__root_of(graph, gan__node_input(graph, graph->commits[i], 0))] = -1;
  for (gan__id id = (gan__id)graph->count; id-- > 0;) {
    gan__value *value = &plan->values[id];
    if (!value->computed) continue;
    int32_t inputs = gan__node_at(graph, id)->input_count;
    bool moves = gan__is_elementwise(graph, id) && earliest[id] != INT32_MAX
                 && earliest[id] > value->level && inputs > 0;
    for (int32_t i = 0; i < inputs && moves; i++) {
      gan__id from = gan__operand_of(plan, id, i).value;
      moves = !plan->values[from].computed || latest[from] >= earliest[id];
    }
    if (moves) value->level = earliest[id];
    for (int32_t i = 0; i < inputs; i++) {
      gan__operand operand = gan__operand_of(plan, id, i);
      int32_t level = value->level - gan__needs_barrier(plan, operand.value, id, operand.by_rows);
      if (level < earliest[operand.value]) earliest[operand.value] = level;
      if (value->level > latest[operand.value]) latest[operand.value] = value->level;
    }
  }
}

static gan_status sink_levels(gan__plan *plan) {
  gan_context *context = plan->context;
  int32_t *earliest = gan__allocate(context, plan->graph->count, sizeof *earliest);
  int32_t *latest = gan__allocate(context, plan->graph->count, sizeof *latest);
  gan_status status = earliest && latest ? GAN_OK : GAN_ERROR_MEMORY;
  if (status == GAN_OK) sink(plan, earliest, latest);
  gan__release(context, earliest);
  gan__release(context, latest);
  return status;
}

static void set_panels(gan__region *region, int64_t rows) {
  region->panel = rows;
  region->panels = (int32_t)((region->extent + rows - 1) / rows);
  region->tasks = region->panels < GAN__SLOTS ? region->panels : GAN__SLOTS;
}

/* The region of (level, extent) among those of the level, made when it is new. `heads` holds the
 * newest region of each level, `older` the one before it. */
static gan_status region_of(gan__plan *plan, gan__id id, int32_t *heads, int32_t *older) {
  gan__value *value = &plan->values[id];
  int64_t extent = gan__is_serial(plan, id) ? 0 : value->split.extent;
  int32_t at = heads[value->level];
  while (at >= 0 && plan->regions[at].extent != extent)
    at = older[at];
  if (at < 0) {
    if (extent && panels_of(extent) > INT32_MAX)
      return gan__fail(plan->context, GAN_ERROR_LIMIT,
                       "%lld rows have too many panels; allowed are %d", (long long)extent,
                       INT32_MAX);
    GAN_TRY(gan__reserve(plan->context, &plan->regions, &plan->region_capacity,
                         plan->region_count + 1, sizeof *plan->regions));
    at = (int32_t)plan->region_count++;
    gan__region *region = &plan->regions[at];
    *region = (gan__region){.level = value->level, .extent = extent, .panels = 1, .tasks = 1};
    if (extent) set_panels(region, gan__panel_rows(extent));
    older[at] = heads[value->level];
    heads[value->level] = at;
  }
  value->region = at;
  plan->regions[at].member_count++;
  return GAN_OK;
}

/* Values of pairs, [N, N, ...], are N times as wide as others: panels of the usual height would be
 * megabytes for each thread. All regions of that extent get lower ones, in every plan of the graph,
 * so that the order of sums does not depend on a memory cap. */
static void lower_panels(gan__plan *plan) {
  const gan__graph *graph = plan->graph;
  for (gan__id id = 0; id < graph->count; id++) {
    const gan__node *node = gan__node_at(graph, id);
    if (!(gan__ops[node->op].flags & GAN__PAIRS)) continue;
    int64_t row_bytes = gan__shape_product(&node->shape, 1, 3) * gan__dtype_size(node->dtype);
    if (row_bytes == 0) continue;
    int64_t rows = GAN__PAIRS_BYTES / row_bytes / 8 * 8;
    if (rows < 8) rows = 8;
    for (uint64_t r = 0; r < plan->region_count; r++) {
      gan__region *region = &plan->regions[r];
      if (region->extent == node->shape.dims[0] && rows < region->panel) set_panels(region, rows);
    }
  }
}

static gan_status collect(gan__plan *plan, int32_t *heads, int32_t *older) {
  const gan__graph *graph = plan->graph;
  uint64_t total = 0;
  for (gan__id id = 0; id < graph->count; id++)
    if (plan->values[id].computed) {
      GAN_TRY(region_of(plan, id, heads, older));
      total++;
    }
  plan->members = gan__allocate(plan->context, total, sizeof *plan->members);
  if (!plan->members) return GAN_ERROR_MEMORY;
  plan->member_count = total;
  uint32_t start = 0;
  for (uint64_t r = 0; r < plan->region_count; r++) {
    plan->regions[r].member = start;
    start += plan->regions[r].member_count;
    plan->regions[r].member_count = 0;
  }
  for (gan__id id = 0; id < graph->count; id++) {
    if (!plan->values[id].computed) continue;
    gan__region *region = &plan->regions[plan->values[id].region];
    plan->members[region->member + region->member_count++] = id;
  }
  return GAN_OK;
}

static gan_status make_regions(gan__plan *plan) {
  int32_t levels = 0;
  for (gan__id id = 0; id < plan->graph->count; id++)
    if (plan->values[id].level >= levels) levels = plan->values[id].level + 1;
  plan->level_count = (uint64_t)levels;
  int32_t *heads = gan__allocate(plan->context, (uint64_t)levels + 1, sizeof *heads);
  int32_t *older = gan__allocate(plan->context, plan->graph->count + 1, sizeof *older);
  gan_status status = heads && older ? GAN_OK : GAN_ERROR_MEMORY;
  for (int32_t i = 0; status == GAN_OK && i < levels; i++)
    heads[i] = -1;
  if (status == GAN_OK) status = collect(plan, heads, older);
  if (status == GAN_OK) lower_panels(plan);
  gan__release(plan->context, heads);
  gan__release(plan->context, older);
  return status;
}

gan_status gan__plan_schedule(gan__plan *plan) {
  mark_computed(plan);
  find_levels(plan);
  if (!plan->held) GAN_TRY(sink_levels(plan));
  return make_regions(plan);
}
