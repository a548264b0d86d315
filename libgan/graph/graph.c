/* SPDX-License-Identifier: MIT */
/* Job: create nodes, find equal ones, keep inputs, states, outputs and the first error. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "graph/graph.h"

gan_status gan__graph_create(gan_context *context, gan__graph **graph) {
  gan__graph *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  made->context = context;
  gan__graph_set_scope(made, "");
  if (made->status != GAN_OK) {
    gan__graph_destroy(made);
    return GAN_ERROR_MEMORY;
  }
  *graph = made;
  return GAN_OK;
}

void gan__graph_destroy(gan__graph *graph) {
  if (!graph) return;
  gan_context *context = graph->context;
  gan__release(context, graph->nodes);
  gan__release(context, graph->inputs);
  gan__release(context, graph->attrs);
  gan__release(context, graph->table);
  gan__release(context, graph->slots);
  gan__release(context, graph->states);
  gan__release(context, graph->commits);
  gan__release(context, graph->outputs);
  gan__release(context, graph->scopes);
  gan__release(context, graph);
}

gan__id gan__graph_fail(gan__graph *graph, gan_status status, const char *format, ...) {
  if (graph->status != GAN_OK) return GAN__NONE;
  char text[GAN__MESSAGE_MAX];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  const char *scope = graph->scope_count ? graph->scopes[graph->scope].name : "";
  graph->status = gan__fail(graph->context, status, "%s%s%s", scope, *scope ? ": " : "", text);
  return GAN__NONE;
}

char *gan__node_text(char buffer[GAN__NODE_TEXT], const gan__graph *graph, gan__id id) {
  const gan__node *node = gan__node_at(graph, id);
  /* Also of nodes that verify has found to be damaged. */
  const char *scope = node->scope < graph->scope_count ? graph->scopes[node->scope].name : "";
  char shape[GAN__SHAPE_TEXT];
  snprintf(buffer, GAN__NODE_TEXT, "%s%s%%%u %s %s", scope, *scope ? ": " : "", id,
           node->op < GAN__OP_COUNT ? gan__ops[node->op].name : "?",
           gan__shape_text(shape, &node->shape));
  return buffer;
}

gan__proto gan__node_proto(const gan__graph *graph, gan__id id) {
  const gan__node *node = gan__node_at(graph, id);
  return (gan__proto){.op = node->op,
                      .dtype = node->dtype,
                      .shape = node->shape,
                      .inputs = gan__node_inputs(graph, id),
                      .input_count = node->input_count,
                      .attrs = gan__node_attrs(graph, id),
                      .attr_count = node->attr_count,
                      .facts = node->facts};
}

static uint64_t hash_proto(const gan__proto *proto) {
  uint64_t hash = gan__join((uint64_t)proto->op, (uint64_t)proto->dtype);
  for (int32_t i = 0; i < proto->shape.rank; i++)
    hash = gan__join(hash, (uint64_t)proto->shape.dims[i]);
  for (int32_t i = 0; i < proto->input_count; i++)
    hash = gan__join(hash, proto->inputs[i]);
  for (int32_t i = 0; i < proto->attr_count; i++)
    hash = gan__join(hash, (uint64_t)proto->attrs[i]);
  return hash;
}

static bool same_node(const gan__graph *graph, gan__id id, const gan__proto *proto) {
  const gan__node *node = gan__node_at(graph, id);
  return node->op == (uint16_t)proto->op && node->dtype == proto->dtype
         && node->input_count == proto->input_count && node->attr_count == proto->attr_count
         && gan__shape_equal(&node->shape, &proto->shape)
         && (!proto->input_count
             || !memcmp(gan__node_inputs(graph, id), proto->inputs,
                        (size_t)proto->input_count * sizeof *proto->inputs))
         && (!proto->attr_count
             || !memcmp(gan__node_attrs(graph, id), proto->attrs,
                        (size_t)proto->attr_count * sizeof *proto->attrs));
}

/* The table's cell of an equal node, or the free cell where it belongs. */
static uint64_t find_cell(const gan__graph *graph, const gan__proto *proto) {
  uint64_t mask = graph->table_capacity - 1;
  uint64_t cell = hash_proto(proto) & mask;
  while (graph->table[cell] && !same_node(graph, graph->table[cell] - 1, proto))
    cell = (cell + 1) & mask;
  return cell;
}

/* Keeps the table at most half full. */
static gan_status grow_table(gan__graph *graph) {
  if (graph->count * 2 < graph->table_capacity) return GAN_OK;
  uint64_t grown = graph->table_capacity ? graph->table_capacity * 2 : 64;
  uint32_t *table = gan__allocate(graph->context, grown, sizeof *table);
  if (!table) return GAN_ERROR_MEMORY;
  gan__release(graph->context, graph->table);
  graph->table = table;
  graph->table_capacity = grown;
  for (uint32_t id = 0; id < graph->count; id++) {
    gan__proto proto = gan__node_proto(graph, id);
    graph->table[find_cell(graph, &proto)] = id + 1;
  }
  return GAN_OK;
}

static gan_status append_node(gan__graph *graph, const gan__proto *proto) {
  gan_context *context = graph->context;
  uint64_t inputs = graph->input_total + (uint64_t)proto->input_count;
  uint64_t attrs = graph->attr_total + (uint64_t)proto->attr_count;
  GAN_TRY(gan__reserve(context, &graph->nodes, &graph->node_capacity, graph->count + 1,
                       sizeof *graph->nodes));
  GAN_TRY(
      gan__reserve(context, &graph->inputs, &graph->input_capacity, inputs, sizeof *graph->inputs));
  GAN_TRY(gan__reserve(context, &graph->attrs, &graph->attr_capacity, attrs, sizeof *graph->attrs));
  graph->nodes[graph->count] = (gan__node){.op = (uint16_t)proto->op,
                                           .dtype = (uint8_t)proto->dtype,
                                           .facts = proto->facts,
                                           .input_count = proto->input_count,
                                           .attr_count = proto->attr_count,
                                           .input_start = (uint32_t)graph->input_total,
                                           .attr_start = (uint32_t)graph->attr_total,
                                           .scope = graph->scope,
                                           .shape = proto->shape};
  for (int32_t i = 0; i < proto->input_count; i++)
    graph->inputs[graph->input_total + (uint64_t)i] = proto->inputs[i];
  for (int32_t i = 0; i < proto->attr_count; i++)
    graph->attrs[graph->attr_total + (uint64_t)i] = proto->attrs[i];
  graph->input_total = inputs;
  graph->attr_total = attrs;
  graph->count++;
  return GAN_OK;
}

/* Inputs and attributes may lie in arrays of the graph that are about to move. */
enum { INLINE_WORDS = 32 };
typedef struct proto_copy {
  gan__id inputs[INLINE_WORDS];
  int64_t attrs[INLINE_WORDS];
  gan__id *heap;
} proto_copy;

static gan_status copy_proto(gan__graph *graph, gan__proto *proto, proto_copy *copy) {
  copy->heap = NULL;
  GAN__CHECK(proto->attr_count <= INLINE_WORDS);
  gan__id *inputs = copy->inputs;
  if (proto->input_count > INLINE_WORDS) {
    copy->heap = gan__allocate(graph->context, (uint64_t)proto->input_count, sizeof *copy->heap);
    if (!copy->heap) return GAN_ERROR_MEMORY;
    inputs = copy->heap;
  }
  for (int32_t i = 0; i < proto->input_count; i++)
    inputs[i] = proto->inputs[i];
  for (int32_t i = 0; i < proto->attr_count; i++)
    copy->attrs[i] = proto->attrs[i];
  proto->inputs = inputs;
  proto->attrs = copy->attrs;
  return GAN_OK;
}

gan__id gan__graph_node(gan__graph *graph, gan__proto *proto) {
  if (graph->status != GAN_OK) return GAN__NONE;
  const gan__op_row *row = &gan__ops[proto->op];
  for (int32_t i = 0; i < proto->input_count; i++)
    if (proto->inputs[i] >= graph->count)
      return gan__graph_fail(graph, GAN_ERROR_INTERNAL, "%s: input %d is no node", row->name, i);
  if (proto->input_count < row->min_inputs
      || (row->max_inputs && proto->input_count > row->max_inputs))
    return gan__graph_fail(graph, GAN_ERROR_ARGUMENT, "%s: %d inputs", row->name,
                           proto->input_count);
  if (graph->count >= GAN__NODES_MAX)
    return gan__graph_fail(graph, GAN_ERROR_LIMIT,
                           "the graph would exceed %d nodes; fewer unrolled steps are needed",
                           GAN__NODES_MAX);
  if (row->infer(graph, proto) != GAN_OK) return GAN__NONE;
  if (!gan__shape_valid(&proto->shape, proto->dtype)) {
    char shape[GAN__SHAPE_TEXT];
    return gan__graph_fail(graph, GAN_ERROR_LIMIT, "%s: a %s value of shape %s is too large",
                           row->name, gan__dtype_name(proto->dtype),
                           gan__shape_text(shape, &proto->shape));
  }
  if (grow_table(graph) != GAN_OK) {
    graph->status = GAN_ERROR_MEMORY;
    return GAN__NONE;
  }
  uint64_t cell = find_cell(graph, proto);
  if (graph->table[cell]) return graph->table[cell] - 1;
  proto_copy copy;
  gan_status status = copy_proto(graph, proto, &copy);
  if (status == GAN_OK) status = append_node(graph, proto);
  gan__release(graph->context, copy.heap);
  if (status != GAN_OK) {
    graph->status = status;
    return GAN__NONE;
  }
  graph->table[cell] = (uint32_t)graph->count;
  return (gan__id)(graph->count - 1);
}

void gan__graph_set_scope(gan__graph *graph, const char *name) {
  if (graph->status != GAN_OK) return;
  if (graph->scope_count && !strcmp(graph->scopes[graph->scope].name, name)) return;
  graph->status = gan__reserve(graph->context, &graph->scopes, &graph->scope_capacity,
                               graph->scope_count + 1, sizeof *graph->scopes);
  if (graph->status != GAN_OK) return;
  graph->scope = (uint32_t)graph->scope_count++;
  snprintf(graph->scopes[graph->scope].name, GAN__NAME_MAX, "%s", name);
}
