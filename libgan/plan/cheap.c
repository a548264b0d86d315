/* SPDX-License-Identifier: MIT */
/* Job: values that late readers compute again because fetching them would take longer.
 *
 * What is read levels later has left the caches: one element of f32 comes back in about 0.15 ns a
 * core, and had to be written before. A simple op on a tile takes 0.03 ns. So a value of few simple
 * ops on values that are there anyway is not kept: 1 - y^2 beside y, a rank-one gradient beside its
 * column, what was masked beside the mask. */
#include "base/memory.h"
#include "graph/build.h"
#include "plan/recompute.h"

enum {
  CHEAP_EFFORT = 6,    /* 0.03 ns each, against 0.15 ns twice */
  CHEAP_BYTES = 16384, /* smaller values stay in the caches */
};

/* In simple ops. */
static int32_t effort_of(uint16_t op) {
  enum { DEAR_EFFORT = 8 };
  return gan__ops[op].flags & GAN__DEAR ? DEAR_EFFORT : 1;
}

typedef struct dropper {
  const gan__lives *l;
  const gan__cheap *cheap;
  int32_t *patience;
  int32_t *until;  /* [count]: the last level in which a value is there without keeping it */
  int32_t *effort; /* [count]: that finds a dropped value again */
} dropper;

static void weigh(dropper *d, gan__id id) {
  const gan__plan *base = d->l->base;
  const gan__graph *graph = base->graph;
  const gan__node *node = gan__node_at(graph, id);
  bool computed = base->values[id].computed;
  int32_t inputs = INT32_MAX, effort = computed ? effort_of(node->op) : 0;
  int32_t last = gan__last_read(d->l, id);
  for (int32_t i = 0; i < node->input_count; i++) {
    gan__id from = gan__node_input(graph, id, i);
    if (d->until[from] < inputs) inputs = d->until[from];
    effort = effort + d->effort[from] > INT16_MAX ? INT16_MAX : effort + d->effort[from];
  }
  bool drops = computed && !d->l->lasting[id] && gan__is_elementwise(graph, id) && inputs >= last
               && effort <= d->cheap->effort && gan__node_bytes(graph, id) >= d->cheap->bytes;
  d->patience[id] = drops ? 1 : GAN__FOR_GOOD;
  d->until[id] = !computed || drops ? inputs : d->l->lasting[id] ? INT32_MAX : last;
  d->effort[id] = !computed || drops ? effort : 0;
}

gan_status gan__drop_cheap(const gan__lives *lives, const gan__cheap *cheap, int32_t *patience) {
  gan_context *context = lives->base->context;
  uint64_t count = lives->base->graph->count;
  dropper d = {.l = lives, .cheap = cheap, .patience = patience};
  d.until = gan__allocate(context, count, sizeof *d.until);
  d.effort = gan__allocate(context, count, sizeof *d.effort);
  gan_status status = d.until && d.effort ? GAN_OK : GAN_ERROR_MEMORY;
  for (gan__id id = 0; status == GAN_OK && id < count; id++)
    weigh(&d, id);
  gan__release(context, d.until);
  gan__release(context, d.effort);
  return status;
}

static bool drops_any(const gan__lives *l, const int32_t *patience) {
  for (gan__id id = 0; id < l->base->graph->count; id++)
    if (patience[id] != GAN__FOR_GOOD && gan__last_read(l, id) > l->base->values[id].level + 1)
      return true;
  return false;
}

static gan_status draft_cheap(const gan__lives *l, int32_t *patience, gan__draft *draft) {
  gan__cheap cheap = {.effort = CHEAP_EFFORT, .bytes = CHEAP_BYTES};
  GAN_TRY(gan__drop_cheap(l, &cheap, patience));
  if (!drops_any(l, patience)) return GAN_OK;
  gan__instances instances = {.base = l->base, .order = l->order, .patience = patience, .reach = 1};
  gan_status status = gan__instances_make(&instances);
  if (status == GAN_OK) status = gan__instances_draft(&instances, draft);
  gan__instances_finish(&instances);
  return status == GAN_ERROR_LIMIT ? GAN_OK : status;
}

gan_status gan__draft_cheap(const gan__plan *base, gan__draft *draft) {
  gan__lives l;
  int32_t *patience = gan__allocate(base->context, base->graph->count, sizeof *patience);
  gan_status status = patience ? gan__lives_make(base, &l) : GAN_ERROR_MEMORY;
  *draft = (gan__draft){.graph = NULL};
  if (status == GAN_OK) status = draft_cheap(&l, patience, draft);
  if (patience) gan__lives_finish(&l);
  gan__release(base->context, patience);
  return status;
}
