/* SPDX-License-Identifier: MIT */
/* Job: keep few huge values from living at the same time.
 *
 * Levels are as early as possible, so what real and generated rows need alike is computed in the
 * same level: of minibatch discrimination two values of [N, N, B], which are read in the next level
 * and make most of the arena. Here such values come one after the other: the chain of large values
 * in a level that leads to one waits until the one before has been read. That costs two barriers
 * and no work, and moves nothing else. */
#include "base/memory.h"
#include "graph/build.h"
#include "plan/recompute.h"

enum {
  CHAINS_MAX = 256, /* planned in time proportional to them */
  SHARE = 4,        /* a huge value is at least 1 / SHARE of the arena */
  SHORT = 2         /* levels at most from its birth to its last reader */
};

typedef struct chain {
  int32_t levels; /* from birth to the last reader */
  int32_t start;  /* the level it is computed in; -1: not yet known */
} chain;

typedef struct stagger {
  const gan__plan *base;
  int64_t large; /* bytes */
  chain chains[CHAINS_MAX];
  int32_t chain_count;
  int32_t *chain_of; /* [count]: the chain that a value belongs to, + 1; 0: none */
  int32_t *levels;   /* [count]: where it is computed now */
  int32_t *held;     /* [count]: see gan__draft */
  bool moved;        /* a chain waits longer than it must */
} stagger;

static bool is_large(const stagger *s, gan__id id) {
  return s->base->values[id].computed && gan__node_bytes(s->base->graph, id) >= s->large;
}

/* Read in a later level, but soon. */
static bool is_huge(const stagger *s, gan__id id) {
  const gan__value *value = &s->base->values[id];
  int32_t levels = value->last_level - value->level;
  return is_large(s, id) && levels > 0 && levels <= SHORT;
}

/* The large values of the level that lead to `end` join its chain, unless they have one. */
static void make_chain(stagger *s, gan__id end) {
  const gan__plan *base = s->base;
  int32_t level = base->values[end].level, number = ++s->chain_count;
  s->chains[number - 1] = (chain){.levels = base->values[end].last_level - level, .start = -1};
  s->chain_of[end] = number;
  for (gan__id id = end + 1; id-- > 0;) {
    if (s->chain_of[id] != number) continue;
    for (int32_t i = 0; i < gan__node_at(base->graph, id)->input_count; i++) {
      gan__id from = gan__operand_of(base, id, i).value;
      if (is_large(s, from) && base->values[from].level == level && !s->chain_of[from])
        s->chain_of[from] = number;
    }
  }
}

/* The first level from `level` on in which no other chain's value lives. */
static int32_t free_level(const stagger *s, const chain *own, int32_t level) {
  bool clashes = true;
  while (clashes) {
    clashes = false;
    for (int32_t i = 0; i < s->chain_count; i++) {
      const chain *other = &s->chains[i];
      if (other->start < 0 || level > other->start + other->levels
          || level + own->levels < other->start)
        continue;
      level = other->start + other->levels + 1;
      clashes = true;
    }
  }
  return level;
}

static void hold(stagger *s, gan__id id) {
  const gan__plan *base = s->base;
  int32_t level = base->values[id].level;
  s->held[id] = level > 0 ? level : 0;
  s->levels[id] = level;
  if (!base->values[id].computed) return;
  for (int32_t i = 0; i < gan__node_at(base->graph, id)->input_count; i++) {
    gan__operand operand = gan__operand_of(base, id, i);
    if (s->levels[operand.value] < 0) continue;
    int32_t least =
        s->levels[operand.value] + gan__needs_barrier(base, operand.value, id, operand.by_rows);
    if (least > level) level = least;
  }
  if (s->chain_of[id]) {
    chain *own = &s->chains[s->chain_of[id] - 1];
    if (own->start < 0) {
      own->start = free_level(s, own, level);
      s->moved |= own->start > level;
    }
    if (own->start > level) level = own->start;
    s->held[id] = level;
  }
  s->levels[id] = level;
}

static void stagger_levels(stagger *s) {
  const gan__plan *base = s->base;
  gan__id count = (gan__id)base->graph->count;
  for (gan__id id = 0; id < count && s->chain_count < CHAINS_MAX; id++)
    if (is_huge(s, id) && !s->chain_of[id]) make_chain(s, id);
  for (gan__id id = 0; id < count && s->chain_count > 1; id++)
    hold(s, id);
}

gan_status gan__stagger(const gan__plan *base, int32_t **held) {
  gan_context *context = base->context;
  uint64_t count = base->graph->count;
  stagger s = {.base = base, .large = base->arena_bytes / SHARE + 1};
  *held = NULL;
  s.chain_of = gan__allocate(context, count, sizeof *s.chain_of);
  s.levels = gan__allocate(context, count, sizeof *s.levels);
  s.held = gan__allocate(context, count, sizeof *s.held);
  gan_status status = s.chain_of && s.levels && s.held ? GAN_OK : GAN_ERROR_MEMORY;
  if (status == GAN_OK) stagger_levels(&s);
  gan__release(context, s.chain_of);
  gan__release(context, s.levels);
  if (status == GAN_OK && s.moved)
    *held = s.held;
  else
    gan__release(context, s.held);
  return status;
}
