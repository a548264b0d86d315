/* SPDX-License-Identifier: MIT */
/* Job: weigh instances, and make them the nodes of a graph. An equal node would be folded into the
 * first one by the graph's hashing; nodes are therefore appended past it. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "graph/build.h"
#include "graph/simplify.h"
#include "plan/recompute.h"

/* ---- What it costs. ---- */

/* Sixteen multiplications and additions of a product take as long as one elementwise result. */
static double work_of(const gan__graph *graph, gan__id id) {
  enum { PRODUCT_TERMS = 16 };
  const gan__node *node = gan__node_at(graph, id);
  double work = (double)gan__shape_count(&node->shape);
  if (node->op != GAN__OP_MATMUL) return work;
  const gan__shape *a = &gan__node_at(graph, gan__node_input(graph, id, 0))->shape;
  bool transposed = gan__node_attrs(graph, id)[0] != 0;
  return work * (1 + (double)a->dims[a->rank - (transposed ? 2 : 1)] / PRODUCT_TERMS);
}

double gan__instances_work(const gan__instances *x) {
  double work = 0;
  for (uint64_t i = 0; i < x->count; i++) {
    gan__id node = x->list[i].node;
    if (!x->base->values[node].computed) continue;
    if (i < x->base->graph->count)
      work -= x->list[i].alive ? 0 : work_of(x->base->graph, node);
    else
      work += x->list[i].alive ? work_of(x->base->graph, node) : 0;
  }
  return work;
}

gan_status gan__instances_peak(const gan__instances *x, double *peak) {
  const gan__plan *base = x->base;
  double *change = gan__allocate(base->context, base->level_count + 2, sizeof *change);
  if (!change) return GAN_ERROR_MEMORY;
  for (uint64_t i = 0; i < x->count; i++) {
    const gan__instance *instance = &x->list[i];
    const gan__value *value = &base->values[instance->node];
    if (!value->computed || !instance->alive) continue;
    double bytes = (double)gan__node_bytes(base->graph, instance->node), partial = 0;
    if (value->partial >= 0) partial = bytes * base->regions[value->region].tasks;
    if (instance->last == instance->level) bytes = 0;
    change[instance->level] += bytes + partial;
    change[instance->level + 1] -= partial;
    change[instance->last + 1] -= bytes;
  }
  double now = 0, most = 0;
  for (uint64_t level = 0; level <= base->level_count; level++) {
    now += change[level];
    if (now > most) most = now;
  }
  gan__release(base->context, change);
  *peak = most;
  return GAN_OK;
}

/* ---- The graph. ---- */

/* Nodes stay in their order; an instance comes before the first node that needs it. */
typedef struct place {
  gan__id before, node;
  uint32_t index;
} place;

static int compare_places(const void *a, const void *b) {
  const place *x = a, *y = b;
  if (x->before != y->before) return x->before < y->before ? -1 : 1;
  if (x->node != y->node) return x->node < y->node ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

static gan_status sort_places(const gan__instances *x, place **places, uint64_t *count) {
  place *made = gan__allocate(x->base->context, x->count, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  *count = 0;
  for (uint32_t i = 0; i < x->count; i++)
    if (x->list[i].alive) made[(*count)++] = (place){x->list[i].before, x->list[i].node, i};
  qsort(made, (size_t)*count, sizeof *made, compare_places);
  *places = made;
  return GAN_OK;
}

/* One more node, not looked up among those there are. */
static gan_status append(gan__graph *to, const gan__instances *x, uint32_t index,
                         const gan__id *mapped) {
  const gan__graph *from = x->base->graph;
  const gan__instance *instance = &x->list[index];
  gan__node node = *gan__node_at(from, instance->node);
  uint64_t inputs = to->input_total + (uint64_t)node.input_count;
  uint64_t attrs = to->attr_total + (uint64_t)node.attr_count;
  GAN_TRY(
      gan__reserve(to->context, &to->nodes, &to->node_capacity, to->count + 1, sizeof *to->nodes));
  GAN_TRY(gan__reserve(to->context, &to->inputs, &to->input_capacity, inputs, sizeof *to->inputs));
  GAN_TRY(gan__reserve(to->context, &to->attrs, &to->attr_capacity, attrs, sizeof *to->attrs));
  for (int32_t i = 0; i < node.input_count; i++)
    to->inputs[to->input_total + (uint64_t)i] = mapped[x->inputs[instance->input + (uint64_t)i]];
  for (int32_t i = 0; i < node.attr_count; i++)
    to->attrs[to->attr_total + (uint64_t)i] = gan__node_attrs(from, instance->node)[i];
  node.input_start = (uint32_t)to->input_total;
  node.attr_start = (uint32_t)to->attr_total;
  to->nodes[to->count++] = node;
  to->input_total = inputs;
  to->attr_total = attrs;
  return GAN_OK;
}

static gan_status copy_items(gan_context *context, void *array, uint64_t *capacity,
                             const void *from, uint64_t count, uint64_t size) {
  GAN_TRY(gan__reserve(context, array, capacity, count, size));
  if (count) memcpy(*(void **)array, from, (size_t)(count * size));
  return GAN_OK;
}

/* Scopes, slots, states, outputs and commits keep their numbers. */
static gan_status copy_doors(gan__graph *to, const gan__graph *from, const gan__id *mapped) {
  gan_context *context = to->context;
  GAN_TRY(copy_items(context, &to->scopes, &to->scope_capacity, from->scopes, from->scope_count,
                     sizeof *to->scopes));
  GAN_TRY(copy_items(context, &to->slots, &to->slot_capacity, from->slots, from->slot_count,
                     sizeof *to->slots));
  GAN_TRY(copy_items(context, &to->states, &to->state_capacity, from->states, from->state_count,
                     sizeof *to->states));
  GAN_TRY(copy_items(context, &to->commits, &to->commit_capacity, from->commits, from->state_count,
                     sizeof *to->commits));
  GAN_TRY(copy_items(context, &to->outputs, &to->output_capacity, from->outputs, from->output_count,
                     sizeof *to->outputs));
  to->scope_count = from->scope_count;
  to->slot_count = from->slot_count;
  to->state_count = from->state_count;
  to->output_count = from->output_count;
  for (uint64_t i = 0; i < to->slot_count; i++)
    to->slots[i].node = mapped[to->slots[i].node];
  for (uint64_t i = 0; i < to->state_count; i++) {
    to->states[i].node = mapped[to->states[i].node];
    if (to->commits[i] != GAN__NONE) to->commits[i] = mapped[to->commits[i]];
  }
  for (uint64_t i = 0; i < to->output_count; i++)
    to->outputs[i].node = mapped[to->outputs[i].node];
  return GAN_OK;
}

static gan_status fill_draft(const gan__instances *x, const place *places, uint64_t count,
                             gan__draft *draft) {
  gan_context *context = x->base->context;
  gan__id *mapped = gan__allocate(context, x->count, sizeof *mapped);
  uint32_t *firsts = gan__allocate(context, x->base->graph->count, sizeof *firsts); /* id + 1 */
  draft->held = gan__allocate(context, count, sizeof *draft->held);
  draft->origin = gan__allocate(context, count, sizeof *draft->origin);
  gan_status status = mapped && firsts && draft->held && draft->origin ? GAN_OK : GAN_ERROR_MEMORY;
  for (uint64_t i = 0; i < count && status == GAN_OK; i++) {
    uint32_t index = places[i].index;
    gan__id node = places[i].node;
    mapped[index] = (gan__id)i;
    if (!firsts[node]) firsts[node] = (uint32_t)i + 1;
    draft->origin[i] = firsts[node] - 1;
    draft->held[i] = x->base->values[node].computed ? x->list[index].level : 0;
    status = append(draft->graph, x, index, mapped);
  }
  if (status == GAN_OK) status = copy_doors(draft->graph, x->base->graph, mapped);
  gan__release(context, mapped);
  gan__release(context, firsts);
  return status;
}

gan_status gan__instances_draft(const gan__instances *x, gan__draft *draft) {
  gan_context *context = x->base->context;
  place *places;
  uint64_t count;
  gan__draft made = {0};
  GAN_TRY(sort_places(x, &places, &count));
  gan_status status = gan__graph_create(context, &made.graph);
  if (status == GAN_OK) status = fill_draft(x, places, count, &made);
  gan__release(context, places);
#ifndef NDEBUG
  if (status == GAN_OK) status = gan__verify_copies(made.graph);
#endif
  if (status == GAN_OK) {
    *draft = made;
    return GAN_OK;
  }
  gan__graph_destroy(made.graph);
  gan__release(context, made.held);
  gan__release(context, made.origin);
  return status;
}
