/* SPDX-License-Identifier: MIT */
/* Job: copy what is alive into a new graph, each node through a rule. */
#include "graph/copy.h"

#include <string.h>

#include "base/memory.h"
#include "graph/simplify.h"

typedef struct copy_pass {
  const gan__graph *from;
  gan__graph *to;
  bool *alive;     /* [from->count] */
  gan__id *mapped; /* [from->count]: the node's place in the new graph */
  gan__id *inputs; /* of the node in hand */
  uint64_t input_capacity;
  gan__copy_rule *rule;
  void *user;
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
    pass->mapped[id] = pass->rule(pass->to, &proto, pass->user);
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

gan_status gan__graph_copy(const gan__graph *from, gan__copy_rule *rule, void *user,
                           gan__graph **to) {
  copy_pass pass = {.from = from, .rule = rule, .user = user};
  gan_status status = run_pass(&pass);
  gan__release(from->context, pass.alive);
  gan__release(from->context, pass.mapped);
  gan__release(from->context, pass.inputs);
#ifndef NDEBUG
  if (status == GAN_OK) status = gan__verify(pass.to);
#endif
  if (status == GAN_OK)
    *to = pass.to;
  else
    gan__graph_destroy(pass.to);
  return status;
}
