/* SPDX-License-Identifier: MIT */
/* Job: order the nodes of each region and join elementwise ones into runs over tiles.
 *
 * List scheduling: while a run is open, the ready elementwise op of the run's geometry with the
 * lowest id extends it; otherwise the lowest ready id begins something new. Ids grow in the order
 * in which the computation was written down, so this stays close to depth first.
 *
 * Elementwise ops that read nothing made by another kind of op in the region could run at any time.
 * They wait for their first reader and run just before it: in its tiles, not in a panel of their
 * own that leaves the cache before it is read. */
#include "base/memory.h"
#include "graph/build.h"
#include "plan/internal.h"

typedef struct fuser {
  gan__plan *plan;
  int32_t *waits;       /* [graph->count]: inputs of the region not yet ordered */
  uint32_t *readers_of; /* [graph->count]: index + 1 of the newest edge */
  struct edge {
    gan__id reader;
    uint32_t next;
  } * edges;
  uint64_t edge_count, edge_capacity;
  bool *lazy;     /* [graph->count]: waits for its first reader */
  bool *ordered;  /* [graph->count] */
  gan__id *stack; /* room for the largest region: what the op in hand needs first */
  gan__id *ready; /* likewise */
  int64_t ready_count;
  gan__id *order; /* of the region in hand */
  uint32_t order_count;
  gan__id open;                /* the first op of the run that may go on; GAN__NONE without one */
  int32_t run_refs, run_tiles; /* of the open run, at most */
} fuser;

/* Tiles can compute it: elementwise, and not a broadcast that only a kernel can carry out. */
static bool is_tile_op(const gan__graph *graph, gan__id id) {
  return gan__is_elementwise(graph, id)
         && (gan__node_at(graph, id)->op != GAN__OP_BROADCAST
             || gan__is_inline_broadcast(graph, id));
}

/* The readers of each member inside the region. */
static gan_status link_region(fuser *f, const gan__region *region) {
  gan__plan *plan = f->plan;
  f->edge_count = 0;
  for (uint32_t m = 0; m < region->member_count; m++) {
    gan__id id = plan->members[region->member + m];
    for (int32_t i = 0; i < gan__node_at(plan->graph, id)->input_count; i++) {
      gan__id from = gan__operand_of(plan, id, i).value;
      if (plan->values[from].region != plan->values[id].region) continue;
      GAN_TRY(gan__reserve(plan->context, &f->edges, &f->edge_capacity, f->edge_count + 1,
                           sizeof *f->edges));
      f->edges[f->edge_count].reader = id;
      f->edges[f->edge_count].next = f->readers_of[from];
      f->readers_of[from] = (uint32_t)++f->edge_count;
    }
  }
  return GAN_OK;
}

/* Who is lazy, who waits for how many others, who is ready. */
static void begin_region(fuser *f, const gan__region *region) {
  gan__plan *plan = f->plan;
  f->ready_count = 0;
  f->order_count = 0;
  f->open = GAN__NONE;
  for (uint32_t m = 0; m < region->member_count; m++) {
    gan__id id = plan->members[region->member + m];
    f->lazy[id] = is_tile_op(plan->graph, id) && f->readers_of[id];
    for (int32_t i = 0; i < gan__node_at(plan->graph, id)->input_count; i++) {
      gan__id from = gan__operand_of(plan, id, i).value;
      if (plan->values[from].region != plan->values[id].region || f->lazy[from]) continue;
      f->lazy[id] = false;
      f->waits[id]++;
    }
    if (f->waits[id] == 0 && !f->lazy[id]) f->ready[f->ready_count++] = id;
  }
}

static bool same_geometry(const gan__graph *graph, gan__id a, gan__id b) {
  const gan__shape *x = &gan__node_at(graph, a)->shape, *y = &gan__node_at(graph, b)->shape;
  if (gan__shape_equal(x, y)) return true;
  if (x->rank == 0 || y->rank == 0 || x->dims[0] != y->dims[0]) return false;
  return gan__shape_count(x) == gan__shape_count(y);
}

static bool fits(const fuser *f, gan__id id) {
  const gan__graph *graph = f->plan->graph;
  return f->open != GAN__NONE && is_tile_op(graph, id) && same_geometry(graph, f->open, id);
}

/* Takes the best ready node out. */
static gan__id pick(fuser *f) {
  int64_t lowest = 0, fitting = -1;
  for (int64_t i = 0; i < f->ready_count; i++) {
    if (f->ready[i] < f->ready[lowest]) lowest = i;
    if ((fitting < 0 || f->ready[i] < f->ready[fitting]) && fits(f, f->ready[i])) fitting = i;
  }
  int64_t at = fitting >= 0 ? fitting : lowest;
  gan__id id = f->ready[at];
  f->ready[at] = f->ready[--f->ready_count];
  return id;
}

/* Counts one more op into the open run; false when the next one might not find room any more. */
static bool has_room(fuser *f, gan__id id, bool extends) {
  enum { REFS_MAX = 1 + 3 * GAN__ADD_INPUTS, TILES_MAX = 1 + GAN__ADD_INPUTS };
  int32_t inputs = gan__node_at(f->plan->graph, id)->input_count;
  if (!extends) f->run_refs = f->run_tiles = 0;
  f->run_refs += 1 + inputs;
  f->run_tiles++;
  for (int32_t i = 0; i < inputs; i++)
    if (gan__operand_of(f->plan, id, i).pattern != GAN__DENSE) {
      f->run_refs += 2;
      f->run_tiles++;
    }
  return f->run_refs + REFS_MAX <= GAN__RUN_REFS && f->run_tiles + TILES_MAX <= GAN__RUN_TILES;
}

static gan_status begin_step(gan__plan *plan, gan__id id, uint32_t member) {
  GAN_TRY(gan__reserve(plan->context, &plan->steps, &plan->step_capacity, plan->step_count + 1,
                       sizeof *plan->steps));
  plan->steps[plan->step_count++] = (gan__step){.node = id, .member = member};
  return GAN_OK;
}

/* Puts the op next: into the open run, or into a step of its own. */
static gan_status put(fuser *f, const gan__region *region, gan__id id) {
  gan__plan *plan = f->plan;
  bool extends = fits(f, id);
  uint32_t m = f->order_count++;
  if (!extends) GAN_TRY(begin_step(plan, id, region->member + m));
  gan__step *step = &plan->steps[plan->step_count - 1];
  step->member_count++;
  f->open = GAN__NONE;
  if (is_tile_op(plan->graph, id) && has_room(f, id, extends)
      && step->member_count < GAN__RUN_LENGTH)
    f->open = step->node;
  f->order[m] = id;
  f->ordered[id] = true;
  plan->values[id].tick = (int32_t)m;
  plan->values[id].step = (int32_t)(plan->step_count - 1);
  return GAN_OK;
}

/* An input that has waited for this reader, or GAN__NONE. */
static gan__id awaited(const fuser *f, gan__id id) {
  const gan__plan *plan = f->plan;
  for (int32_t i = 0; i < gan__node_at(plan->graph, id)->input_count; i++) {
    gan__id from = gan__operand_of(plan, id, i).value;
    if (plan->values[from].region == plan->values[id].region && f->lazy[from] && !f->ordered[from])
      return from;
  }
  return GAN__NONE;
}

/* The op behind what has waited for it, depth first. */
static gan_status put_with_inputs(fuser *f, const gan__region *region, gan__id id) {
  int64_t depth = 0;
  f->stack[depth++] = id;
  while (depth > 0) {
    gan__id top = f->stack[depth - 1], input = awaited(f, top);
    if (input != GAN__NONE) {
      f->stack[depth++] = input;
      continue;
    }
    GAN_TRY(put(f, region, top));
    depth--;
  }
  return GAN_OK;
}

static gan_status order_region(fuser *f, int32_t index) {
  gan__plan *plan = f->plan;
  gan__region *region = &plan->regions[index];
  GAN_TRY(link_region(f, region));
  begin_region(f, region);
  region->step = (uint32_t)plan->step_count;
  while (f->order_count < region->member_count) {
    GAN__CHECK(f->ready_count > 0);
    gan__id id = pick(f);
    GAN_TRY(put_with_inputs(f, region, id));
    for (uint32_t edge = f->readers_of[id]; edge; edge = f->edges[edge - 1].next)
      if (--f->waits[f->edges[edge - 1].reader] == 0)
        f->ready[f->ready_count++] = f->edges[edge - 1].reader;
  }
  region->step_count = (uint32_t)plan->step_count - region->step;
  for (uint32_t m = 0; m < region->member_count; m++)
    plan->members[region->member + m] = f->order[m];
  return GAN_OK;
}

gan_status gan__plan_fuse(gan__plan *plan) {
  gan_context *context = plan->context;
  uint64_t count = plan->graph->count, largest = 0;
  for (uint64_t r = 0; r < plan->region_count; r++)
    if (plan->regions[r].member_count > largest) largest = plan->regions[r].member_count;
  fuser f = {.plan = plan};
  f.waits = gan__allocate(context, count, sizeof *f.waits);
  f.readers_of = gan__allocate(context, count, sizeof *f.readers_of);
  f.lazy = gan__allocate(context, count, sizeof *f.lazy);
  f.ordered = gan__allocate(context, count, sizeof *f.ordered);
  f.stack = gan__allocate(context, largest + 1, sizeof *f.stack);
  f.ready = gan__allocate(context, largest + 1, sizeof *f.ready);
  f.order = gan__allocate(context, largest + 1, sizeof *f.order);
  bool room = f.waits && f.readers_of && f.lazy && f.ordered && f.stack && f.ready && f.order;
  gan_status status = room ? GAN_OK : GAN_ERROR_MEMORY;
  for (uint64_t r = 0; status == GAN_OK && r < plan->region_count; r++)
    status = order_region(&f, (int32_t)r);
  gan__release(context, f.waits);
  gan__release(context, f.readers_of);
  gan__release(context, f.edges);
  gan__release(context, f.lazy);
  gan__release(context, f.ordered);
  gan__release(context, f.stack);
  gan__release(context, f.ready);
  gan__release(context, f.order);
  return status;
}
