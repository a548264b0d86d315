/* SPDX-License-Identifier: MIT */
/* Job: copy what is alive into a new graph, folding constants and applying the rows' identities. */
#include <string.h>

#include "base/memory.h"
#include "graph/build.h"
#include "graph/simplify.h"

typedef struct copy_pass {
  const gan__graph *from;
  gan__graph *to;
  bool *alive;     /* [from->count] */
  gan__id *mapped; /* [from->count]: the node's place in the new graph */
  gan__id *inputs; /* of the node in hand */
  uint64_t input_capacity;
  bool applied; /* an identity was: nodes may have lost their last reader */
} copy_pass;

static void mark_alive(copy_pass *pass) {
  const gan__graph *from = pass->from;
  for (uint64_t i = 0; i < from->output_count; i++)
    pass->alive[from->outputs[i].node] = true;
  for (uint64_t i = 0; i < from->state_count; i++)
    if (from->commits[i] != GAN__NONE) pass->alive[from->commits[i]] = true;
  for (gan__id id = (gan__id)from->count; id-- > 0;)
    for (int32_t i = 0; pass->alive[id] && i < gan__node_at(from, id)->input_count; i++)
      pass->alive[gan__node_input(from, id, i)] = true;
}

/* Slots and states keep their numbers, also when nothing reads them any more. */
static gan_status copy_doors(copy_pass *pass) {
  const gan__graph *from = pass->from;
  for (uint64_t i = 0; i < from->slot_count; i++) {
    const gan__binding *slot = &from->slots[i];
    pass->mapped[slot->node] = gan__graph_input(pass->to, slot->name, slot->dtype, &slot->shape);
  }
  for (uint64_t i = 0; i < from->state_count; i++) {
    const gan__binding *state = &from->states[i];
    pass->mapped[state->node] =
        gan__graph_state(pass->to, state->name, state->dtype, &state->shape);
  }
  return pass->to->status;
}

/* Scopes keep their numbers too, so a copy has as many of them. */
static gan_status copy_scopes(copy_pass *pass) {
  const gan__graph *from = pass->from;
  gan__graph *to = pass->to;
  GAN_TRY(gan__reserve(from->context, &to->scopes, &to->scope_capacity, from->scope_count,
                       sizeof *to->scopes));
  memcpy(to->scopes, from->scopes, from->scope_count * sizeof *to->scopes);
  to->scope_count = from->scope_count;
  return GAN_OK;
}

/* Elementwise ops of constants are computed here, in double. */
static gan__id fold(gan__graph *graph, const gan__proto *proto) {
  enum { FOLDED = 32 };
  const gan__op_row *row = &gan__ops[proto->op];
  double values[FOLDED];
  if (!row->evaluate || proto->input_count > FOLDED) return GAN__NONE;
  for (int32_t i = 0; i < proto->input_count; i++)
    if (!gan__is_constant(graph, proto->inputs[i], &values[i])) return GAN__NONE;
  gan__proto result = *proto;
  if (row->infer(graph, &result) != GAN_OK) return GAN__NONE;
  double value = row->evaluate(values, proto->input_count, proto->attrs);
  if (result.dtype == GAN_F32) value = (float)value;
  if (result.dtype == GAN_I32) return GAN__NONE;
  return gan__op_constant(graph, result.dtype, &result.shape, value);
}

/* One identity of the op's row, or a folded constant; GAN__NONE when nothing applies. */
static gan__id reduce(gan__graph *to, const gan__proto *proto) {
  const gan__op_row *row = &gan__ops[proto->op];
  gan__id folded = fold(to, proto);
  if (folded != GAN__NONE || to->status != GAN_OK || !row->simplify) return folded;
  gan__proto inferred = *proto;
  if (row->infer(to, &inferred) != GAN_OK) return GAN__NONE;
  return row->simplify(to, &inferred);
}

/* Reduces until nothing applies. What an identity has built is itself reduced; a node that was
 * there before is as simple as it gets. Each identity makes the value smaller, so this ends; a
 * handful is the most there can be. */
static gan__id rebuild(copy_pass *pass, gan__proto *proto) {
  enum { ROUNDS = 16 };
  gan__graph *to = pass->to;
  uint64_t before = to->count;
  gan__id id = reduce(to, proto);
  if (id == GAN__NONE) return gan__graph_node(to, proto);
  pass->applied = true;
  for (int32_t i = 0; i < ROUNDS && id >= before; i++) {
    gan__proto built = gan__node_proto(to, id);
    before = to->count;
    gan__id next = built.input_count ? reduce(to, &built) : GAN__NONE;
    if (next == GAN__NONE) break;
    id = next;
  }
  return id;
}

static gan_status copy_nodes(copy_pass *pass) {
  const gan__graph *from = pass->from;
  for (gan__id id = 0; id < from->count; id++) {
    if (!pass->alive[id] || pass->mapped[id] != GAN__NONE) continue;
    const gan__node *node = gan__node_at(from, id);
    if (node->op == GAN__OP_COMMIT) continue;
    pass->to->scope = node->scope;
    gan__proto proto = gan__node_proto(from, id);
    GAN_TRY(gan__reserve(from->context, &pass->inputs, &pass->input_capacity,
                         (uint64_t)node->input_count + 1, sizeof *pass->inputs));
    for (int32_t i = 0; i < node->input_count; i++)
      pass->inputs[i] = pass->mapped[gan__node_input(from, id, i)];
    proto.inputs = pass->inputs;
    pass->mapped[id] = rebuild(pass, &proto);
    GAN_TRY(pass->to->status);
  }
  for (uint64_t i = 0; i < from->output_count; i++)
    gan__graph_output(pass->to, from->outputs[i].name, pass->mapped[from->outputs[i].node]);
  for (uint64_t i = 0; i < from->state_count; i++)
    if (from->commits[i] != GAN__NONE)
      gan__graph_commit(pass->to, (int32_t)i,
                        pass->mapped[gan__node_input(from, from->commits[i], 0)]);
  return pass->to->status;
}

static gan_status run_pass(copy_pass *pass) {
  gan_context *context = pass->from->context;
  uint64_t count = pass->from->count;
  GAN_TRY(gan__graph_create(context, &pass->to));
  pass->alive = gan__allocate(context, count, sizeof *pass->alive);
  pass->mapped = gan__allocate(context, count, sizeof *pass->mapped);
  if (!pass->alive || !pass->mapped) return GAN_ERROR_MEMORY;
  for (uint64_t i = 0; i < count; i++)
    pass->mapped[i] = GAN__NONE;
  mark_alive(pass);
  GAN_TRY(copy_scopes(pass));
  GAN_TRY(copy_doors(pass));
  return copy_nodes(pass);
}

/* One copy: dead nodes go, identities are applied. */
static gan_status one_pass(const gan__graph *graph, gan__graph **result, bool *applied) {
  copy_pass pass = {.from = graph};
  gan_status status = run_pass(&pass);
  gan__release(graph->context, pass.alive);
  gan__release(graph->context, pass.mapped);
  gan__release(graph->context, pass.inputs);
#ifndef NDEBUG
  if (status == GAN_OK) status = gan__verify(pass.to);
#endif
  *applied = pass.applied;
  if (status == GAN_OK)
    *result = pass.to;
  else
    gan__graph_destroy(pass.to);
  return status;
}

/* Later copies sweep away what the identities left without a reader; the second is nearly always
 * the last. */
gan_status gan__simplify(const gan__graph *graph, gan__graph **simpler) {
  enum { COPIES = 8 };
  if (graph->status != GAN_OK) return graph->status;
  gan__graph *made;
  bool applied;
  GAN_TRY(one_pass(graph, &made, &applied));
  for (int32_t i = 1; applied && i < COPIES; i++) {
    gan__graph *before = made;
    gan_status status = one_pass(before, &made, &applied);
    gan__graph_destroy(before);
    GAN_TRY(status);
  }
  *simpler = made;
  return GAN_OK;
}
