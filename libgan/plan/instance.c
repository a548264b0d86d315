/* SPDX-License-Identifier: MIT */
/* Job: decide which node is computed how often and who reads which result.
 *
 * Readers are met level by level, as the base plan runs them. A result that has not been read for
 * longer than its patience is taken for dropped: the reader gets a new instance, computed from
 * instances of its inputs, for which the same holds. So a value far from the states is found again
 * through a chain of instances that ends at results which are kept. */
#include "base/memory.h"
#include "graph/build.h"
#include "plan/recompute.h"

/* Instances beyond the nodes there are: a policy that needs more is not worth its work. */
enum { MOST_TIMES = 4 };

/* Bound or constant: always there. */
static bool is_given(const gan__instances *x, gan__id id) {
  return (gan__ops[gan__node_at(x->base->graph, id)->op].flags & GAN__SOURCE)
         && !x->base->values[id].computed;
}

/* ---- Finding instances. ---- */

/* Who needs what when. */
typedef struct gan__search {
  gan__id node;
  int32_t input;      /* of the node, that is looked for next */
  int32_t made, read; /* the levels in which the node is to be there, and in which it is read */
  gan__id reader;     /* the computed node that reads it, directly or through views */
  bool by_rows;       /* row by row */
} search;

/* The search for an input of the node that is searched for: as long before it as in the base plan
 * where that is near, else just before it, with a barrier or without. */
static search search_input(const gan__instances *x, const search *reader, int32_t input) {
  const gan__value *values = x->base->values;
  search next = *reader;
  if (values[reader->node].computed) {
    next.reader = reader->node;
    next.read = reader->made;
    next.by_rows = gan__operand_of(x->base, reader->node, input).by_rows;
  }
  next.input = 0;
  next.node = gan__node_input(x->base->graph, reader->node, input);
  if (!values[next.node].computed) return next;
  int32_t distance = values[next.reader].level - values[next.node].level;
  if (distance > x->reach)
    distance = gan__needs_barrier(x->base, next.node, next.reader, next.by_rows);
  next.made = next.read - distance;
  return next;
}

/* The instance that serves, or GAN__NONE. */
static uint32_t find(gan__instances *x, const search *s) {
  enum { LOOKS = 8 }; /* at older instances */
  if (is_given(x, s->node)) return s->node;
  int32_t patience = x->patience[s->node];
  bool computed = x->base->values[s->node].computed;
  uint32_t input = GAN__NONE; /* a view or an inlined broadcast is where its input is */
  if (!computed) {
    search next = search_input(x, s, 0);
    input = find(x, &next);
    if (input == GAN__NONE) return GAN__NONE;
  }
  uint32_t at = x->newest[s->node];
  for (int32_t i = 0; i < LOOKS; i++) {
    gan__instance *instance = &x->list[at];
    if (!computed && x->inputs[instance->input] == input) return at;
    if (computed
        && (patience == GAN__FOR_GOOD
            || (s->read - instance->last <= patience && instance->level - s->made <= patience))) {
      if (s->read > instance->last) instance->last = s->read;
      if (s->made < instance->level) instance->level = s->made;
      return at;
    }
    if (instance->older == 0) break;
    at = instance->older - 1;
  }
  return GAN__NONE;
}

/* ---- Making instances. ---- */

static gan_status note_made(gan__instances *x, uint32_t index) {
  GAN_TRY(gan__reserve(x->base->context, &x->made, &x->made_capacity, x->made_count + 1,
                       sizeof *x->made));
  x->made[x->made_count++] = index;
  return GAN_OK;
}

/* A product with a packed matrix reads the very instance that was packed. */
static void join_pack(gan__instances *x, uint64_t index, const search *s) {
  const gan__node *node = gan__node_at(x->base->graph, s->node);
  if (node->op != GAN__OP_MATMUL || node->input_count < 3) return;
  uint32_t *inputs = x->inputs + x->list[index].input;
  inputs[1] = x->inputs[x->list[inputs[2]].input];
  if (x->list[inputs[1]].last < s->made) x->list[inputs[1]].last = s->made;
}

/* Lets an instance read what has been found for the inputs of the search. */
static gan_status link_inputs(gan__instances *x, uint64_t index, const search *s) {
  int32_t inputs = gan__node_at(x->base->graph, s->node)->input_count;
  GAN_TRY(gan__reserve(x->base->context, &x->inputs, &x->input_capacity,
                       x->input_count + (uint64_t)inputs, sizeof *x->inputs));
  x->list[index].input = x->input_count;
  for (int32_t i = 0; i < inputs; i++) {
    search next = search_input(x, s, i);
    uint32_t found = find(x, &next);
    if (found == GAN__NONE) return GAN_ERROR_LIMIT; /* it lies behind too many newer ones */
    x->inputs[x->input_count++] = found;
  }
  join_pack(x, index, s);
  return note_made(x, (uint32_t)index);
}

static gan_status make_instance(gan__instances *x, const search *s) {
  if (x->count >= MOST_TIMES * x->base->graph->count + 64 || x->count >= GAN__NODES_MAX)
    return GAN_ERROR_LIMIT;
  GAN_TRY(gan__reserve(x->base->context, &x->list, &x->capacity, x->count + 1, sizeof *x->list));
  x->list[x->count] = (gan__instance){.node = s->node,
                                      .before = GAN__NONE,
                                      .older = x->newest[s->node] + 1,
                                      .level = s->made,
                                      .last = s->read};
  GAN_TRY(link_inputs(x, x->count, s));
  x->newest[s->node] = (uint32_t)x->count++;
  return GAN_OK;
}

/* Makes sure that there are instances for all inputs of `reader`: depth first, on a stack of its
 * own, because chains are as long as the graph is deep. */
static gan_status find_inputs(gan__instances *x, const search *reader) {
  const gan__graph *graph = x->base->graph;
  uint64_t depth = 0;
  x->stack[depth++] = *reader;
  while (depth > 0) {
    search *top = &x->stack[depth - 1];
    if (top->input < gan__node_at(graph, top->node)->input_count) {
      search next = search_input(x, top, top->input++);
      if (find(x, &next) == GAN__NONE) x->stack[depth++] = next;
    } else {
      if (depth > 1) GAN_TRY(make_instance(x, top));
      depth--;
    }
  }
  return GAN_OK;
}

/* ---- Which are needed, and by whom first. ---- */

static int32_t input_count(const gan__instances *x, uint32_t index) {
  return gan__node_at(x->base->graph, x->list[index].node)->input_count;
}

/* A node of the graph that is not computed leads on to the one that it shows. */
static void mark(gan__instances *x, uint32_t index) {
  while (!x->list[index].alive) {
    x->list[index].alive = true;
    if (index >= x->base->graph->count || x->base->values[index].computed
        || input_count(x, index) == 0)
      return;
    index = x->inputs[x->list[index].input];
  }
}

/* What is read after a run is needed; so is what is read by something needed. Slots and states keep
 * their nodes. */
static void mark_alive(gan__instances *x) {
  const gan__graph *graph = x->base->graph;
  for (uint64_t i = 0; i < graph->output_count; i++)
    mark(x, graph->outputs[i].node);
  for (uint64_t i = 0; i < graph->state_count; i++)
    if (graph->commits[i] != GAN__NONE) mark(x, graph->commits[i]);
  for (uint64_t i = 0; i < graph->slot_count; i++)
    mark(x, graph->slots[i].node);
  for (uint64_t i = 0; i < graph->state_count; i++)
    mark(x, graph->states[i].node);
  for (uint64_t i = x->made_count; i-- > 0;) {
    const gan__instance *reader = &x->list[x->made[i]];
    for (int32_t k = 0; reader->alive && k < input_count(x, x->made[i]); k++)
      mark(x, x->inputs[reader->input + (uint64_t)k]);
  }
}

/* Where an instance turned out to be needed earlier than at first, so are those that it reads. */
static void settle_levels(gan__instances *x) {
  const gan__plan *base = x->base;
  for (uint64_t i = x->made_count; i-- > 0;) {
    const gan__instance *reader = &x->list[x->made[i]];
    bool computed = base->values[reader->node].computed;
    for (int32_t k = 0; reader->alive && k < input_count(x, x->made[i]); k++) {
      uint32_t input = x->inputs[reader->input + (uint64_t)k];
      if (input < base->graph->count) continue;
      gan__operand operand = {0};
      if (computed) operand = gan__operand_of(base, reader->node, k);
      int32_t level = reader->level;
      if (computed) level -= gan__needs_barrier(base, operand.value, reader->node, operand.by_rows);
      if (level < x->list[input].level) x->list[input].level = level;
    }
  }
}

static void find_first_readers(gan__instances *x) {
  for (uint64_t i = x->made_count; i-- > 0;) {
    const gan__instance *reader = &x->list[x->made[i]];
    for (int32_t k = 0; reader->alive && k < input_count(x, x->made[i]); k++) {
      gan__instance *from = &x->list[x->inputs[reader->input + (uint64_t)k]];
      if (reader->before < from->before) from->before = reader->before;
    }
  }
}

/* The nodes as they are in the graph: those that nobody computes lead to their inputs. */
static gan_status start(gan__instances *x) {
  const gan__plan *base = x->base;
  gan_context *context = base->context;
  uint64_t count = base->graph->count;
  x->newest = gan__allocate(context, count, sizeof *x->newest);
  x->stack = gan__allocate(context, count + 1, sizeof *x->stack);
  if (!x->newest || !x->stack) return GAN_ERROR_MEMORY;
  GAN_TRY(gan__reserve(context, &x->list, &x->capacity, count, sizeof *x->list));
  GAN_TRY(gan__reserve(context, &x->inputs, &x->input_capacity, base->graph->input_total,
                       sizeof *x->inputs));
  for (gan__id id = 0; id < count; id++) {
    int32_t level = base->values[id].level;
    x->list[id] = (gan__instance){.node = id, .before = id, .level = level, .last = level};
    x->newest[id] = id;
    if (base->values[id].computed) continue;
    x->list[id].input = x->input_count;
    for (int32_t i = 0; i < gan__node_at(base->graph, id)->input_count; i++)
      x->inputs[x->input_count++] = gan__node_input(base->graph, id, i);
  }
  x->count = count;
  return GAN_OK;
}

gan_status gan__instances_make(gan__instances *x) {
  const gan__plan *base = x->base;
  GAN_TRY(start(x));
  for (uint64_t i = 0; i < base->member_count; i++) {
    gan__id id = x->order[i];
    int32_t level = base->values[id].level;
    search own = {.node = id, .made = level, .read = level, .reader = id};
    GAN_TRY(find_inputs(x, &own));
    GAN_TRY(link_inputs(x, id, &own));
  }
  mark_alive(x);
  settle_levels(x);
  find_first_readers(x);
  return GAN_OK;
}

void gan__instances_finish(gan__instances *x) {
  gan_context *context = x->base->context;
  gan__release(context, x->list);
  gan__release(context, x->inputs);
  gan__release(context, x->newest);
  gan__release(context, x->made);
  gan__release(context, x->stack);
}
