/* SPDX-License-Identifier: MIT */
/* Job: symbolic reverse-mode derivatives, as more nodes of the same graph. */
#include "base/memory.h"
#include "graph/build.h"
#include "graph/gradient.h"

/* One contribution to a node's gradient; lists are kept newest first. */
typedef struct part {
  gan__id value;
  uint32_t next; /* index + 1; 0 ends */
} part;

typedef struct sweep {
  gan__graph *graph;
  gan__id low, high; /* nodes low .. high are swept */
  const gan__held *held;
  int32_t sets;       /* of held */
  bool *fixed;        /* [high - low + 1]: is held; NULL: none is */
  bool *reaches;      /* [high - low + 1]: depends on some x */
  uint32_t *parts_of; /* [high - low + 1]: index + 1 of the newest part */
  part *parts;
  uint64_t part_count, part_capacity;
  /* Scratch of one rule call, sized for the widest node. */
  bool *wanted;
  gan__id *flows;
  uint64_t wanted_capacity, flow_capacity;
} sweep;

static gan_status add_part(sweep *s, gan__id node, gan__id value) {
  GAN_TRY(gan__reserve(s->graph->context, &s->parts, &s->part_capacity, s->part_count + 1,
                       sizeof *s->parts));
  uint32_t *head = &s->parts_of[node - s->low];
  s->parts[s->part_count] = (part){.value = value, .next = *head};
  *head = (uint32_t)++s->part_count;
  return GAN_OK;
}

/* The sum of what arrived at a node, oldest first; GAN__NONE when nothing did. */
static gan__id collect(sweep *s, gan__id node) {
  uint32_t head = s->parts_of[node - s->low];
  int32_t count = 0;
  for (uint32_t at = head; at; at = s->parts[at - 1].next)
    count++;
  if (count == 0) return GAN__NONE;
  if (count == 1) return s->parts[head - 1].value;
  if (gan__reserve(s->graph->context, &s->flows, &s->flow_capacity, (uint64_t)count,
                   sizeof *s->flows)
      != GAN_OK) {
    s->graph->status = GAN_ERROR_MEMORY;
    return GAN__NONE;
  }
  int32_t place = count;
  for (uint32_t at = head; at; at = s->parts[at - 1].next)
    s->flows[--place] = s->parts[at - 1].value;
  return gan__op_add_all(s->graph, s->flows, count);
}

/* Which nodes are held. */
static gan_status fix(sweep *s) {
  if (s->sets == 0) return GAN_OK;
  uint64_t span = (uint64_t)(s->high - s->low) + 1;
  s->fixed = gan__allocate(s->graph->context, span, sizeof *s->fixed);
  if (!s->fixed) return GAN_ERROR_MEMORY;
  for (int32_t k = 0; k < s->sets; k++)
    for (int32_t i = 0; i < s->held[k].count; i++) {
      gan__id id = s->held[k].nodes[i];
      if (id != GAN__NONE && id >= s->low && id <= s->high) s->fixed[id - s->low] = true;
    }
  return GAN_OK;
}

static bool is_fixed(const sweep *s, gan__id id) {
  return s->fixed && s->fixed[id - s->low];
}

/* Which nodes between the first x and y depend on an x without a stop in between. */
static void mark(sweep *s, const gan__id *xs, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    if (xs[i] <= s->high) s->reaches[xs[i] - s->low] = true;
  for (gan__id id = s->low; id <= s->high; id++) {
    const gan__node *node = gan__node_at(s->graph, id);
    if (gan__ops[node->op].flags & GAN__NO_GRADIENT || is_fixed(s, id)) continue;
    for (int32_t i = 0; i < node->input_count && !s->reaches[id - s->low]; i++) {
      gan__id from = gan__node_input(s->graph, id, i);
      s->reaches[id - s->low] = from >= s->low && s->reaches[from - s->low];
    }
  }
}

/* Calls the rule of one node and hands the flows on to its inputs. */
static gan_status pass_on(sweep *s, gan__id id, gan__id upstream) {
  gan__graph *graph = s->graph;
  const gan__op_row *row = &gan__ops[gan__node_at(graph, id)->op];
  int32_t inputs = gan__node_at(graph, id)->input_count;
  if (!row->gradient || inputs == 0) return GAN_OK;
  GAN_TRY(gan__reserve(graph->context, &s->wanted, &s->wanted_capacity, (uint64_t)inputs,
                       sizeof *s->wanted));
  GAN_TRY(gan__reserve(graph->context, &s->flows, &s->flow_capacity, (uint64_t)inputs,
                       sizeof *s->flows));
  bool any = false;
  for (int32_t i = 0; i < inputs; i++) {
    gan__id from = gan__node_input(graph, id, i);
    s->wanted[i] = from >= s->low && s->reaches[from - s->low];
    s->flows[i] = GAN__NONE;
    any |= s->wanted[i];
  }
  if (!any) return GAN_OK;
  row->gradient(graph, id, upstream, s->wanted, s->flows);
  GAN_TRY(graph->status);
  for (int32_t i = 0; i < inputs; i++)
    if (s->wanted[i] && s->flows[i] != GAN__NONE)
      GAN_TRY(add_part(s, gan__node_input(graph, id, i), s->flows[i]));
  return GAN_OK;
}

static gan_status run(sweep *s, gan__id seed, const gan__id *xs, int32_t count,
                      gan__id *gradients) {
  gan__graph *graph = s->graph;
  uint64_t span = (uint64_t)(s->high - s->low) + 1;
  s->reaches = gan__allocate(graph->context, span, sizeof *s->reaches);
  s->parts_of = gan__allocate(graph->context, span, sizeof *s->parts_of);
  if (!s->reaches || !s->parts_of) return GAN_ERROR_MEMORY;
  GAN_TRY(fix(s));
  mark(s, xs, count);
  uint32_t scope = graph->scope;
  if (s->reaches[s->high - s->low]) GAN_TRY(add_part(s, s->high, seed));
  for (gan__id id = s->high + 1; id-- > s->low;) {
    if (!s->parts_of[id - s->low]) continue;
    /* A gradient belongs where its node does: a bad value is then reported with its layer. */
    graph->scope = gan__node_at(graph, id)->scope;
    gan__id total = collect(s, id);
    GAN_TRY(graph->status);
    for (int32_t i = 0; i < count; i++)
      if (xs[i] == id) gradients[i] = total;
    if (!is_fixed(s, id)) GAN_TRY(pass_on(s, id, total));
  }
  graph->scope = scope;
  return GAN_OK;
}

/* gan__gradient(), with the nodes held that the sweep names. */
static void differentiate(sweep *s, gan__id y, gan__id seed, const gan__id *xs, int32_t count,
                          gan__id *gradients) {
  gan__graph *graph = s->graph;
  for (int32_t i = 0; i < count; i++)
    gradients[i] = GAN__NONE;
  if (graph->status != GAN_OK || y == GAN__NONE || count == 0) return;
  if (seed == GAN__NONE) {
    if (gan__node_at(graph, y)->shape.rank != 0) {
      char shape[GAN__SHAPE_TEXT];
      gan__graph_fail(graph, GAN_ERROR_SHAPE, "only scalars have a gradient, this is %s",
                      gan__shape_text(shape, &gan__node_at(graph, y)->shape));
      return;
    }
    seed = gan__op_like(graph, y, 1);
  }
  s->low = xs[0];
  s->high = y;
  for (int32_t i = 1; i < count; i++)
    if (xs[i] < s->low) s->low = xs[i];
  uint32_t scope = graph->scope;
  gan_status status = graph->status;
  if (status == GAN_OK && s->low <= s->high) status = run(s, seed, xs, count, gradients);
  graph->scope = scope;
  gan__release(graph->context, s->fixed);
  gan__release(graph->context, s->reaches);
  gan__release(graph->context, s->parts_of);
  gan__release(graph->context, s->parts);
  gan__release(graph->context, s->wanted);
  gan__release(graph->context, s->flows);
  if (status != GAN_OK) {
    graph->status = status;
    return;
  }
  for (int32_t i = 0; i < count; i++)
    if (gradients[i] == GAN__NONE) gradients[i] = gan__op_like(graph, xs[i], 0);
}

void gan__gradient(gan__graph *graph, gan__id y, gan__id seed, const gan__id *xs, int32_t count,
                   gan__id *gradients) {
  sweep s = {.graph = graph};
  differentiate(&s, y, seed, xs, count, gradients);
}

void gan__gradient_partial(gan__graph *graph, gan__id y, const gan__id *xs, int32_t count,
                           const gan__held *held, int32_t sets, gan__id *gradients) {
  sweep s = {.graph = graph, .held = held, .sets = sets};
  differentiate(&s, y, GAN__NONE, xs, count, gradients);
}
