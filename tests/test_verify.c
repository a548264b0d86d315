/* SPDX-License-Identifier: MIT */
/* libgan/graph/verify.c: a right graph passes, each kind of damage is named with its node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph/simplify.h"

/* %0 x [3], %1 weights [3] (state), %2 constant, %3 = x * weights, %4 = %3 + %2, %5 commit */
static gan__graph *make_graph(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__shape shape = {1, {3}};
  gan__graph_set_scope(g, "layer");
  gan__id x = gan__graph_input(g, "x", GAN_F32, &shape);
  gan__id weights = gan__graph_state(g, "weights", GAN_F32, &shape);
  gan__id one = gan__op_like(g, x, 1);
  gan__id y = gan__op_add(g, gan__op_mul(g, x, weights), one);
  gan__graph_output(g, "y", y);
  gan__graph_commit(g, 0, y);
  assert_int_equal(g->status, GAN_OK);
  assert_int_equal(gan__verify(g), GAN_OK);
  return g;
}

static void damage_op(gan__graph *g) {
  g->nodes[3].op = GAN__OP_COUNT;
}
static void damage_dtype(gan__graph *g) {
  g->nodes[3].dtype = GAN_F64;
}
static void damage_shape(gan__graph *g) {
  g->nodes[3].shape.dims[0] = 4;
}
static void damage_rank(gan__graph *g) {
  g->nodes[3].shape.rank = 0;
}
static void damage_facts(gan__graph *g) {
  g->nodes[3].facts = GAN__NONZERO;
}
static void damage_input(gan__graph *g) {
  g->inputs[g->nodes[3].input_start] = 3;
}
static void damage_order(gan__graph *g) {
  g->inputs[g->nodes[3].input_start + 1] = 4;
}
static void damage_count(gan__graph *g) {
  g->nodes[3].input_count = 1;
}
static void damage_scope(gan__graph *g) {
  g->nodes[3].scope = 99;
}
static void damage_attribute(gan__graph *g) {
  g->attrs[g->nodes[1].attr_start] = 7;
}
static void damage_output(gan__graph *g) {
  g->outputs[0].node = 99;
}
static void damage_commit(gan__graph *g) {
  g->commits[0] = 3;
}
static void damage_commit_range(gan__graph *g) {
  g->commits[0] = 99;
}

static void damage_is_named(void **state) {
  static const struct {
    void (*damage)(gan__graph *);
    const char *part;
  } rows[] = {
      {damage_op, "%3"},
      {damage_dtype, "%3 mul [3]: infers another type or shape"},
      {damage_shape, "%3 mul [4]: infers another"},
      {damage_rank, "%3 mul []: infers another"},
      {damage_facts, "%3 mul [3]: infers other facts"},
      {damage_input, "%3 mul [3]: an input that comes later"},
      {damage_order, "%3 mul [3]: an input that comes later"},
      {damage_count, "%3 mul [3]: wrong number of inputs"},
      {damage_scope, "unknown scope"},
      {damage_attribute, "%1 read [3]: does not infer again"},
      {damage_output, "output y is no node"},
      {damage_commit, "state weights has a bad commit"},
      {damage_commit_range, "state weights has a bad commit"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gan__graph *g = make_graph(state);
    rows[i].damage(g);
    assert_int_equal(gan__verify(g), GAN_ERROR_INTERNAL);
    const char *message = gan_context_message(*state);
    if (!strstr(message, rows[i].part)) fail_msg("%s lacks \"%s\"", message, rows[i].part);
    gan__graph_destroy(g);
  }
}

/* select(step(x), x, 1) is never 0 because what is tested and what is taken are one node. Of
 * several copies of it they need not be, and the fact holds all the same; none that is inferred may
 * lack. */
static void copies_keep_facts(void **state) {
  gan__graph *g = make_graph(state);
  gan__id x = 0, weights = 1;
  gan__id chosen = gan__op_select(g, gan__op_step(g, x), x, gan__op_like(g, x, 1));
  gan__node *node = &g->nodes[chosen];
  assert_true(node->facts & GAN__NONZERO);
  assert_int_equal(gan__verify(g), GAN_OK);
  assert_int_equal(gan__verify_copies(g), GAN_OK);
  g->inputs[node->input_start + 1] = weights;
  assert_int_equal(gan__verify(g), GAN_ERROR_INTERNAL);
  assert_int_equal(gan__verify_copies(g), GAN_OK);
  g->inputs[node->input_start + 1] = x;
  node->facts = 0;
  assert_int_equal(gan__verify_copies(g), GAN_ERROR_INTERNAL);
  gan__graph_destroy(g);
}

static int make_context(void **state) {
  return gan_context_create((gan_context **)state) == GAN_OK ? 0 : -1;
}

static int drop_context(void **state) {
  gan_context_destroy(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(copies_keep_facts),
                                     cmocka_unit_test(damage_is_named)};
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
