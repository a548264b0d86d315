/* SPDX-License-Identifier: MIT */
/* Job: keep to a memory cap by computing values again instead of keeping them.
 *
 * A value's first life is from its birth to the last reader that follows within a few levels; what
 * unrolled steps and derivatives cost is the late readers behind it. Cuts are made between levels,
 * where little crosses them. A value whose first life crosses a cut is kept for its late readers: a
 * snapshot (parameters and moments, where cuts lie between inner steps). What lives between two
 * cuts is dropped after its first life and computed again from snapshots, when a late reader comes
 * (Chen et al. 2016, "Training deep nets with sublinear memory cost"). With two kinds of cuts,
 * snapshots at the close ones are themselves found again from those at the wide ones: one more pass
 * of work, and far fewer snapshots (Griewank and Walther 2000, "Revolve").
 *
 * A policy is a choice of cuts. Policies are tried by the work they add, through the planner
 * itself, until one keeps to the cap. */
#include "base/memory.h"
#include "base/pool.h"
#include "graph/build.h"
#include "plan/recompute.h"

enum {
  POLICIES_MAX = 128, /* cuts at most 2^15 levels apart, in fractions, and pairs of them */
  CLOSE_MAX = 8,      /* levels between close cuts at most where there are wide ones */
  EFFORT_MAX = 16,    /* of elementwise values, see gan__cheap */
  FRACTIONS = 4       /* how much of the values may be dropped: 1/4, 2/4, ... of the bytes */
};

/* What is dropped. */
typedef struct policy {
  int32_t close, wide; /* levels between cuts; wide = close for one kind of cuts; 0: elementwise
                          values only, whose inputs are there anyway */
  int32_t fraction;    /* of FRACTIONS: of the bytes that could be dropped, the oldest */
  double work, peak;   /* added work; estimate of the arena */
} policy;

typedef struct chooser {
  gan__lives l;
  int32_t *cuts_before, *wide_cuts; /* [level_count + 1]: close and wide cuts before each level */
  double *gains;     /* [level_count + 1]: bytes saved between cuts, by their number */
  int32_t *patience; /* [count] */
  policy policies[POLICIES_MAX];
  int32_t policy_count;
} chooser;

/* ---- Policies. ---- */

/* What only moves data is found again from its input, which is as small: it is no snapshot. */
static bool is_copy(const gan__graph *graph, gan__id id) {
  uint16_t op = gan__node_at(graph, id)->op;
  return op == GAN__OP_PACK || op == GAN__OP_TRANSPOSE || op == GAN__OP_BROADCAST;
}

/* Neither lasting nor a snapshot, and read late. */
static bool drops(const chooser *c, gan__id id) {
  return !c->l.lasting[id] && gan__last_read(&c->l, id) > c->l.first_end[id]
         && (!gan__crosses_cut(&c->l, id, c->wide_cuts) || is_copy(c->l.base->graph, id));
}

/* Which stretches between cuts are worth it: what is dropped there is more than the snapshots at
 * their starts that are kept for nothing else. */
static void weigh_stretches(chooser *c) {
  const gan__plan *base = c->l.base;
  for (uint64_t level = 0; level <= base->level_count; level++)
    c->gains[level] = 0; /* by number of cuts before */
  for (uint64_t m = 0; m < base->member_count; m++) {
    gan__id id = c->l.order[m];
    double bytes = (double)gan__node_bytes(base->graph, id);
    int32_t first = c->cuts_before[base->values[id].level],
            end = c->cuts_before[c->l.first_end[id]];
    if (drops(c, id))
      c->gains[first] += bytes;
    else if (gan__last_read(&c->l, id) == c->l.first_end[id])
      for (int32_t cut = first + 1; cut <= end; cut++)
        c->gains[cut] -= bytes;
  }
}

/* The level before which the oldest `fraction` of the droppable bytes are born. */
static int32_t oldest(const chooser *c, int32_t fraction) {
  const gan__plan *base = c->l.base;
  double all = 0, some = 0;
  for (int32_t pass = 0; pass < 2; pass++)
    for (uint64_t m = 0; m < base->member_count; m++) {
      gan__id id = c->l.order[m];
      if (!drops(c, id) || c->gains[c->cuts_before[base->values[id].level]] <= 0) continue;
      double bytes = (double)gan__node_bytes(base->graph, id);
      all += pass == 0 ? bytes : 0;
      some += pass == 1 ? bytes : 0;
      if (pass == 1 && some * FRACTIONS >= all * fraction) return base->values[id].level + 1;
    }
  return (int32_t)base->level_count;
}

/* How long each value is kept without readers. Wide snapshots stay for good, close ones for as long
 * as the late readers of the levels between two wide cuts take. What lies between close cuts waits
 * for readers in the next levels; where memory is that short that there are wide cuts, it does not:
 * it is computed once to find the next snapshot, and again for the late readers. */
static gan_status set_patience(chooser *c, const policy *p) {
  const gan__plan *base = c->l.base;
  GAN_TRY(gan__drop_cheap(&c->l, &(gan__cheap){.effort = EFFORT_MAX}, c->patience));
  if (p->close == 0) return GAN_OK;
  gan__find_first_lives(&c->l, p->close + 1);
  gan__make_cuts(&c->l, p->close, c->cuts_before);
  gan__make_cuts(&c->l, p->wide, c->wide_cuts);
  weigh_stretches(c);
  int32_t end = p->fraction < FRACTIONS ? oldest(c, p->fraction) : (int32_t)base->level_count;
  for (uint64_t m = 0; m < base->member_count; m++) {
    gan__id id = c->l.order[m];
    int32_t level = base->values[id].level;
    if (level >= end || c->gains[c->cuts_before[level]] <= 0) continue;
    bool copy = is_copy(base->graph, id);
    if (c->l.lasting[id] || (!copy && gan__crosses_cut(&c->l, id, c->wide_cuts)))
      c->patience[id] = GAN__FOR_GOOD;
    else if (!copy && gan__crosses_cut(&c->l, id, c->cuts_before))
      c->patience[id] = p->wide + p->wide / 2 + p->close;
    else
      c->patience[id] = p->wide > p->close ? p->close - 1 : p->close + 1;
  }
  return GAN_OK;
}

static void add_policy(chooser *c, int32_t close, int32_t wide, int32_t fraction) {
  if (c->policy_count < POLICIES_MAX)
    c->policies[c->policy_count++] = (policy){.close = close, .wide = wide, .fraction = fraction};
}

static void list_policies(chooser *c) {
  int32_t levels = (int32_t)c->l.base->level_count;
  add_policy(c, 0, 0, FRACTIONS);
  for (int32_t close = 1; close <= levels / 2; close *= 2)
    for (int32_t fraction = 1; fraction <= FRACTIONS; fraction++)
      add_policy(c, close, close, fraction);
  for (int32_t close = 1; close <= CLOSE_MAX; close *= 2)
    for (int32_t wide = 4 * close; wide <= levels / 2; wide *= 2)
      add_policy(c, close, wide, FRACTIONS);
}

/* ---- Choosing. ---- */

static gan_status make_instances(chooser *c, const policy *p, gan__instances *instances) {
  GAN_TRY(set_patience(c, p));
  *instances = (gan__instances){
      .base = c->l.base, .order = c->l.order, .patience = c->patience, .reach = p->close + 1};
  gan_status status = gan__instances_make(instances);
  if (status != GAN_OK) gan__instances_finish(instances);
  return status;
}

/* Work and peak of all policies; those that explode, or that another one beats in both, go. */
static gan_status weigh_policies(chooser *c) {
  int32_t kept = 0;
  for (int32_t i = 0; i < c->policy_count; i++) {
    policy p = c->policies[i];
    gan__instances instances;
    gan_status status = make_instances(c, &p, &instances);
    if (status == GAN_ERROR_LIMIT) continue;
    GAN_TRY(status);
    p.work = gan__instances_work(&instances);
    status = gan__instances_peak(&instances, &p.peak);
    gan__instances_finish(&instances);
    GAN_TRY(status);
    c->policies[kept++] = p;
  }
  c->policy_count = kept;
  return GAN_OK;
}

/* By work, then by the estimate, then as listed. */
static void sort_policies(chooser *c) {
  for (int32_t i = 1; i < c->policy_count; i++) {
    policy p = c->policies[i];
    int32_t at = i;
    for (; at > 0; at--) {
      const policy *q = &c->policies[at - 1];
      if (q->work < p.work || (q->work == p.work && q->peak <= p.peak)) break;
      c->policies[at] = *q;
    }
    c->policies[at] = p;
  }
}

static gan_status plan_policy(chooser *c, const policy *p, gan__plan **plan) {
  gan__instances instances;
  gan__draft draft;
  GAN_TRY(make_instances(c, p, &instances));
  gan_status status = gan__instances_draft(&instances, &draft);
  gan__instances_finish(&instances);
  return status == GAN_OK ? gan__plan_draft(&draft, plan) : status;
}

/* Policies with more work than another of hardly more memory are not planned. */
static gan_status try_policies(chooser *c, int64_t cap, gan__plan **plan) {
  int32_t threads = gan__pool_threads(c->l.base->context->pool);
  double least = 1e300;
  for (int32_t i = 0; i < c->policy_count; i++) {
    const policy *p = &c->policies[i];
    if (p->peak > 0.98 * least) continue;
    least = p->peak;
    gan__plan *made;
    GAN_TRY(plan_policy(c, p, &made));
    bool smaller = !*plan || gan__plan_bytes(made, threads) < gan__plan_bytes(*plan, threads);
    gan__plan_destroy(smaller ? *plan : made);
    if (smaller) *plan = made;
    if (gan__plan_bytes(*plan, threads) <= cap) return GAN_OK;
  }
  return GAN_OK;
}

static gan_status choose(chooser *c, int64_t cap, gan__plan **plan) {
  const gan__plan *base = c->l.base;
  gan_context *context = base->context;
  uint64_t count = base->graph->count, levels = base->level_count + 2;
  c->cuts_before = gan__allocate(context, levels, sizeof *c->cuts_before);
  c->wide_cuts = gan__allocate(context, levels, sizeof *c->wide_cuts);
  c->gains = gan__allocate(context, levels, sizeof *c->gains);
  c->patience = gan__allocate(context, count, sizeof *c->patience);
  if (!c->cuts_before || !c->wide_cuts || !c->gains || !c->patience) return GAN_ERROR_MEMORY;
  list_policies(c);
  GAN_TRY(weigh_policies(c));
  sort_policies(c);
  return try_policies(c, cap, plan);
}

gan_status gan__recompute(int64_t cap, gan__plan **plan) {
  gan__plan *base = *plan, *found = NULL;
  gan_context *context = base->context;
  int32_t threads = gan__pool_threads(context->pool);
  base->cap = cap;
  if (gan__plan_bytes(base, threads) <= cap) return GAN_OK;
  chooser c = {.policy_count = 0};
  gan_status status = gan__lives_make(base, &c.l);
  if (status == GAN_OK) status = choose(&c, cap, &found);
  gan__lives_finish(&c.l);
  gan__release(context, c.cuts_before);
  gan__release(context, c.wide_cuts);
  gan__release(context, c.gains);
  gan__release(context, c.patience);
  bool smaller =
      status == GAN_OK && found && gan__plan_bytes(found, threads) < gan__plan_bytes(base, threads);
  gan__plan_destroy(smaller ? base : found);
  if (!smaller) return status;
  found->cap = cap;
  *plan = found;
  return GAN_OK;
}
