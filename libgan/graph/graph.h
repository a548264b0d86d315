/* SPDX-License-Identifier: MIT */
/* Job: the graph: nodes in growing arrays, hash-consed, with sticky errors. A graph has no memory
 * for values; plan/ gives it some. */
#ifndef GAN__GRAPH_GRAPH_H
#define GAN__GRAPH_GRAPH_H

#include "graph/op.h"

enum { GAN__NODES_MAX = 1000000, GAN__NAME_MAX = 128 };

typedef struct gan__node {
  uint16_t op;
  uint8_t dtype;
  uint8_t facts;
  int32_t input_count, attr_count;
  uint32_t input_start, attr_start; /* spans of graph->inputs and graph->attrs */
  uint32_t scope;                   /* index into graph->scopes: where in the networks it belongs */
  gan__shape shape;
} gan__node;

/* A named value from outside: an input slot or a state. */
typedef struct gan__binding {
  char name[GAN__NAME_MAX];
  int32_t dtype;
  gan__shape shape;
  gan__id node; /* the input or read node; GAN__NONE while a state has not been read */
} gan__binding;

/* A value that the caller can ask for after a run. */
typedef struct gan__output {
  char name[GAN__NAME_MAX];
  gan__id node;
} gan__output;

typedef struct gan__scope {
  char name[GAN__NAME_MAX];
} gan__scope;

struct gan__graph {
  gan_context *context;
  gan_status status; /* the first error; afterwards every builder returns GAN__NONE */
  gan__node *nodes;
  gan__id *inputs;
  int64_t *attrs;
  uint32_t *table; /* open addressing: node id + 1, 0 = free */
  gan__binding *slots, *states;
  gan__output *outputs;
  gan__id *commits; /* the COMMIT node of each state, GAN__NONE without one */
  gan__scope *scopes;
  uint64_t count, input_total, attr_total;
  uint64_t node_capacity, input_capacity, attr_capacity, table_capacity;
  uint64_t slot_count, slot_capacity, state_count, state_capacity, commit_capacity;
  uint64_t output_count, output_capacity, scope_count, scope_capacity;
  uint32_t scope; /* given to new nodes */
};

gan_status gan__graph_create(gan_context *context, gan__graph **graph);
void gan__graph_destroy(gan__graph *graph);

/* Finds an equal node or makes one. GAN__NONE, with graph->status set, on any error; GAN__NONE
 * silently when an input is GAN__NONE. */
gan__id gan__graph_node(gan__graph *graph, gan__proto *proto);

static inline const gan__node *gan__node_at(const gan__graph *graph, gan__id id) {
  return &graph->nodes[id];
}
static inline const gan__id *gan__node_inputs(const gan__graph *graph, gan__id id) {
  return graph->inputs ? graph->inputs + graph->nodes[id].input_start : NULL;
}
static inline const int64_t *gan__node_attrs(const gan__graph *graph, gan__id id) {
  return graph->attrs ? graph->attrs + graph->nodes[id].attr_start : NULL;
}
static inline gan__id gan__node_input(const gan__graph *graph, gan__id id, int32_t index) {
  return gan__node_inputs(graph, id)[index];
}

/* The node as it was before it existed: for verify and for copying passes. The pointers lead into
 * the graph and die when it grows. */
gan__proto gan__node_proto(const gan__graph *graph, gan__id id);

/* Adds an input slot, which the caller binds by its index; the name is unique. */
gan__id gan__graph_input(gan__graph *graph, const char *name, int32_t dtype,
                         const gan__shape *shape);
/* Adds a state and returns its read node. State s is bound by its index at run time. */
gan__id gan__graph_state(gan__graph *graph, const char *name, int32_t dtype,
                         const gan__shape *shape);
/* The state index of a read node. */
int32_t gan__graph_state_of(const gan__graph *graph, gan__id read);
/* state := value after the run. One commit for a state at most. */
void gan__graph_commit(gan__graph *graph, int32_t state, gan__id value);
/* Names a value the caller can read after a run; returns its index, or -1 on error. */
int32_t gan__graph_output(gan__graph *graph, const char *name, gan__id node);

/* New nodes belong to `name` (a path such as "generator/dense_1") until the next call. */
void gan__graph_set_scope(gan__graph *graph, const char *name);

/* Records the first error and returns GAN__NONE. */
gan__id gan__graph_fail(gan__graph *graph, gan_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* "generator/dense_1: matmul [512, 128]" for messages. Returns `buffer`. */
enum { GAN__NODE_TEXT = GAN__NAME_MAX + GAN__SHAPE_TEXT + 64 };
char *gan__node_text(char buffer[GAN__NODE_TEXT], const gan__graph *graph, gan__id id);

#endif
