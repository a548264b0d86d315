/* SPDX-License-Identifier: MIT */
/* Job: when each value of a plan is read, how long its first life is, where little is alive. */
#include "base/memory.h"
#include "graph/build.h"
#include "plan/recompute.h"

enum { SMALL = 256 }; /* bytes of a value that is always kept */

static gan_status sort_nodes(gan__lives *l) {
  const gan__plan *base = l->base;
  uint64_t *start = gan__allocate(base->context, base->level_count + 1, sizeof *start);
  if (!start) return GAN_ERROR_MEMORY;
  for (gan__id id = 0; id < base->graph->count; id++)
    if (base->values[id].computed) start[base->values[id].level + 1]++;
  for (uint64_t level = 1; level <= base->level_count; level++)
    start[level] += start[level - 1];
  for (gan__id id = 0; id < base->graph->count; id++)
    if (base->values[id].computed) l->order[start[base->values[id].level]++] = id;
  gan__release(base->context, start);
  return GAN_OK;
}

/* Calls count or note for every value that a computed node reads; readers come level by level. */
static void walk_readers(gan__lives *l, bool note) {
  const gan__plan *base = l->base;
  for (uint64_t m = 0; m < base->member_count; m++) {
    gan__id id = l->order[m];
    for (int32_t i = 0; i < gan__node_at(base->graph, id)->input_count; i++) {
      gan__id from = gan__operand_of(base, id, i).value;
      if (note) l->levels[l->reads[from]] = base->values[id].level;
      l->reads[from + !note]++;
    }
  }
}

static gan_status list_readers(gan__lives *l) {
  uint64_t count = l->base->graph->count;
  walk_readers(l, false);
  for (uint64_t id = 0; id < count; id++)
    l->reads[id + 1] += l->reads[id];
  l->levels = gan__allocate(l->base->context, l->reads[count] + 1, sizeof *l->levels);
  if (!l->levels) return GAN_ERROR_MEMORY;
  walk_readers(l, true);
  for (uint64_t id = count; id > 0; id--)
    l->reads[id] = l->reads[id - 1];
  l->reads[0] = 0;
  return GAN_OK;
}

static void find_lasting(gan__lives *l) {
  const gan__graph *graph = l->base->graph;
  for (gan__id id = 0; id < graph->count; id++)
    l->lasting[id] = gan__node_bytes(graph, id) <= SMALL;
  for (uint64_t i = 0; i < graph->output_count; i++)
    l->lasting[gan__root_of(graph, graph->outputs[i].node)] = true;
  for (uint64_t i = 0; i < graph->state_count; i++)
    if (graph->commits[i] != GAN__NONE)
      l->lasting[gan__root_of(graph, gan__node_input(graph, graph->commits[i], 0))] = true;
}

int32_t gan__last_read(const gan__lives *l, gan__id id) {
  return l->reads[id] < l->reads[id + 1] ? l->levels[l->reads[id + 1] - 1]
                                         : l->base->values[id].level;
}

void gan__find_first_lives(gan__lives *l, int32_t patience) {
  const gan__plan *base = l->base;
  for (uint64_t level = 0; level <= base->level_count; level++)
    l->widths[level] = 0;
  for (uint64_t m = 0; m < base->member_count; m++) {
    gan__id id = l->order[m];
    int32_t birth = base->values[id].level, end = birth;
    for (uint64_t r = l->reads[id]; r < l->reads[id + 1] && l->levels[r] - end <= patience; r++)
      end = l->levels[r];
    l->first_end[id] = end;
    if (end == birth) continue;
    l->widths[birth] += (double)gan__node_bytes(base->graph, id);
    l->widths[end] -= (double)gan__node_bytes(base->graph, id);
  }
  for (uint64_t level = 1; level <= base->level_count; level++)
    l->widths[level] += l->widths[level - 1];
}

void gan__make_cuts(const gan__lives *l, int32_t spacing, int32_t *cuts_before) {
  int32_t levels = (int32_t)l->base->level_count, cuts = 0, cut = -1;
  for (int32_t level = 0; level <= levels;) {
    int32_t first = cut + (spacing + 1) / 2, last = cut + spacing + spacing / 2, best = first;
    for (int32_t i = first; i <= last && i < levels; i++)
      if (l->widths[i] <= l->widths[best]) best = i;
    /* Between `best` and the next level. */
    for (; level <= levels && level <= best; level++)
      cuts_before[level] = cuts;
    cuts++;
    cut = best;
  }
}

bool gan__crosses_cut(const gan__lives *l, gan__id id, const int32_t *cuts_before) {
  return cuts_before[l->first_end[id]] > cuts_before[l->base->values[id].level];
}

gan_status gan__lives_make(const gan__plan *base, gan__lives *l) {
  gan_context *context = base->context;
  uint64_t count = base->graph->count;
  *l = (gan__lives){.base = base};
  l->order = gan__allocate(context, base->member_count, sizeof *l->order);
  l->reads = gan__allocate(context, count + 2, sizeof *l->reads);
  l->lasting = gan__allocate(context, count, sizeof *l->lasting);
  l->first_end = gan__allocate(context, count, sizeof *l->first_end);
  l->widths = gan__allocate(context, base->level_count + 2, sizeof *l->widths);
  if (!l->order || !l->reads || !l->lasting || !l->first_end || !l->widths) return GAN_ERROR_MEMORY;
  GAN_TRY(sort_nodes(l));
  GAN_TRY(list_readers(l));
  find_lasting(l);
  return GAN_OK;
}

void gan__lives_finish(gan__lives *l) {
  gan_context *context = l->base->context;
  gan__release(context, l->order);
  gan__release(context, l->reads);
  gan__release(context, l->levels);
  gan__release(context, l->lasting);
  gan__release(context, l->first_end);
  gan__release(context, l->widths);
}
