/* SPDX-License-Identifier: MIT */
/* Job: lends a graph to a caller's callback: where its values come from, what it may do, and the
 * first error. */
#ifndef GAN__GRAPH_SCENE_H
#define GAN__GRAPH_SCENE_H

#include <gan/graph.h>

#include "graph/gradient.h"

/* Who answers the callback's questions for logits, features and the like. A function gives
 * GAN__NONE after raising an error in the graph; a function that is NULL stands for something that
 * does not exist here, and asking for it is an error. `rows` is a valid GAN_ROWS_*; texts are not
 * NULL. All may be called any number of times. */
typedef struct gan__scene {
  void *self;
  int32_t dtype; /* of the networks, f32 or f64: that of scalars, and of the result */
  uint64_t site; /* joined to the identities of the callback's draws: other draws for each turn */
  gan__id (*logits)(void *self, int32_t rows);
  gan__id (*features)(void *self, int32_t rows, const char *layer);
  gan__id (*rows)(void *self, int32_t rows);
  gan__id (*labels)(void *self);
  gan__id (*latent)(void *self);
  gan__id (*parameter)(void *self, const char *player, const char *name);
  /* The players' parameters at this point of the game. Through inner steps they depend on rows and
   * on each other; a derivative that the callback asks for is at this point, with them fixed. */
  const gan__held *held; /* [held_count] */
  int32_t held_count;
} gan__scene;

/* Lives on the stack of gan__scene_run(). A value of the caller's is a node's id. */
struct gan_graph {
  gan__graph *graph;
  const gan__scene *scene;
  gan_status status; /* the first error, and its message; other calls may fail in the meantime */
  char message[GAN__MESSAGE_MAX];
};

/* Runs the callback: *result is the scalar node that it gave, of the scene's type. Else the first
 * error, which the context's message then tells, with *result untouched. */
gan_status gan__scene_run(gan__graph *graph, const gan__scene *scene, gan_term_callback callback,
                          void *user, gan__id *result);

/* True while the handle can be worked with. */
static inline bool gan__scene_open(const gan_graph *graph) {
  return graph && graph->status == GAN_OK;
}

/* Records the first error; -1. */
int32_t gan__scene_fail(gan_graph *graph, gan_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* What takes part in an op. */
enum { GAN__TAKES_FLOATS = 1, GAN__TAKES_INTEGERS = 2, GAN__TAKES_ALL = 3 };

/* The node of a caller's value; GAN__NONE when the handle is not open, or with an error when there
 * is no such value or it has another type. `op` is for the message. */
gan__id gan__scene_take(gan_graph *graph, const char *op, int32_t value, int32_t types);

/* Hands a node to the caller, or -1 with the error of its builder. */
int32_t gan__scene_give(gan_graph *graph, gan__id id);

/* Makes the failure of an allocation, which has just been raised, the first error; -1. */
int32_t gan__scene_out_of_memory(gan_graph *graph);

/* ---- scene_check.c: each true, or false with an error or when the handle is not open. ---- */

bool gan__scene_alike(gan_graph *graph, const char *op, gan__id a, gan__id b); /* in type */
/* Also of shapes that broadcast against each other. */
bool gan__scene_pair(gan_graph *graph, const char *op, gan__id a, gan__id b);
bool gan__scene_axis(gan_graph *graph, const char *op, gan__id a, int32_t axis);
/* first .. first + count - 1 are axes of a; count may be 0. */
bool gan__scene_axes(gan_graph *graph, const char *op, gan__id a, int32_t first, int32_t count);
/* A shape from the caller: rank 0 to GAN__RANK_MAX, every size at least 1. */
bool gan__scene_shape(gan_graph *graph, const char *op, int32_t rank, const int64_t *dims,
                      gan__shape *shape);
/* A type from the caller; 0 becomes that of the networks. */
bool gan__scene_dtype(gan_graph *graph, const char *op, int32_t types, int32_t *dtype);
/* A finite number that `dtype` can hold. */
bool gan__scene_number(gan_graph *graph, const char *op, int32_t dtype, double number);

#endif
