/* SPDX-License-Identifier: MIT */
/* libgan/graph/graph.c, graph_io.c: equal nodes are one, errors stick, doors keep their numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph/simplify.h"

static const gan__shape three = {1, {3}};

static gan__graph *new_graph(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  return g;
}

static void equal_nodes_are_one(void **state) {
  gan__graph *g = new_graph(state);
  gan__id x = gan__graph_input(g, "x", GAN_F32, &three);
  gan__id y = gan__graph_input(g, "y", GAN_F32, &three);
  assert_int_not_equal(x, y); /* of one shape, but other slots */
  gan__id sum = gan__op_add(g, x, y);
  uint64_t count = g->count;
  assert_int_equal(gan__op_add(g, x, y), sum);
  assert_int_equal(g->count, count);
  assert_int_not_equal(gan__op_add(g, y, x), sum);
  assert_int_not_equal(gan__op_sub(g, x, y), sum);
  assert_int_equal(gan__op_like(g, x, 0.5), gan__op_constant(g, GAN_F32, &three, 0.5));
  assert_int_not_equal(gan__op_like(g, x, 0.5), gan__op_constant(g, GAN_F64, &three, 0.5));
  assert_int_not_equal(gan__op_like(g, x, 0), gan__op_like(g, x, -0.0));
  assert_int_equal(gan__op_slice(g, x, 0, 0, 2, 1), gan__op_slice(g, x, 0, 0, 2, 1));
  assert_int_not_equal(gan__op_slice(g, x, 0, 0, 2, 1), gan__op_slice(g, x, 0, 1, 2, 1));
  /* Draws: the same site is the same draw, another site another. */
  assert_int_equal(gan__op_normal(g, GAN_F32, &three, 1), gan__op_normal(g, GAN_F32, &three, 1));
  assert_int_not_equal(gan__op_normal(g, GAN_F32, &three, 1),
                       gan__op_normal(g, GAN_F32, &three, 2));
  assert_int_not_equal(gan__op_normal(g, GAN_F32, &three, 1),
                       gan__op_uniform(g, GAN_F32, &three, 1));
  assert_int_equal(g->status, GAN_OK);
  gan__graph_destroy(g);
}

/* The scope is not part of a node's identity: the first place that needed it keeps it. */
static void scopes_name_places(void **state) {
  gan__graph *g = new_graph(state);
  gan__id x = gan__graph_input(g, "x", GAN_F32, &three);
  gan__graph_set_scope(g, "generator/dense_1");
  gan__id y = gan__op_tanh(g, x);
  gan__graph_set_scope(g, "generator/dense_2");
  assert_int_equal(gan__op_tanh(g, x), y);
  char text[GAN__NODE_TEXT];
  assert_string_equal(gan__node_text(text, g, y), "generator/dense_1: %1 tanh [3]");
  assert_string_equal(gan__node_text(text, g, x), "%0 input [3]");
  assert_int_equal(gan__op_slice(g, y, 0, 2, 9, 1), GAN__NONE);
  assert_non_null(strstr(gan_context_message(*state), "generator/dense_2: slice"));
  gan__graph_destroy(g);
}

static void the_first_error_sticks(void **state) {
  gan__graph *g = new_graph(state);
  gan__shape four = {1, {4}};
  gan__id x = gan__graph_input(g, "x", GAN_F32, &three);
  gan__id y = gan__graph_input(g, "y", GAN_F32, &four);
  gan__id bad = gan__op_add(g, x, y);
  assert_int_equal(bad, GAN__NONE);
  assert_int_equal(g->status, GAN_ERROR_SHAPE);
  char message[256];
  strncpy(message, gan_context_message(*state), sizeof message - 1);
  message[sizeof message - 1] = '\0';
  uint64_t count = g->count;
  /* Nothing after it does anything, or says anything else. */
  assert_int_equal(gan__op_add(g, x, x), GAN__NONE);
  assert_int_equal(gan__op_tanh(g, bad), GAN__NONE);
  assert_int_equal(gan__op_concat(g, (gan__id[]){x, x}, 2, 7), GAN__NONE);
  assert_int_equal(gan__graph_input(g, "z", GAN_F32, &three), GAN__NONE);
  assert_int_equal(gan__graph_state(g, "z", GAN_F32, &three), GAN__NONE);
  assert_int_equal(gan__graph_output(g, "z", x), -1);
  gan__graph_set_scope(g, "elsewhere");
  assert_int_equal(g->count, count);
  assert_int_equal(g->status, GAN_ERROR_SHAPE);
  assert_string_equal(gan_context_message(*state), message);
  gan__graph *simpler = NULL;
  assert_int_equal(gan__simplify(g, &simpler), GAN_ERROR_SHAPE);
  assert_null(simpler);
  assert_int_equal(gan__verify(g), GAN_ERROR_SHAPE);
  gan__graph_destroy(g);
}

/* A missing value is no error by itself: it comes from one. Every builder passes it on. */
static void none_passes_through_builders(void **state) {
  gan__graph *g = new_graph(state);
  gan__id x = gan__graph_input(g, "x", GAN_F32, &three), none = GAN__NONE;
  const gan__id results[] = {
      gan__op_tanh(g, none),
      gan__op_add(g, x, none),
      gan__op_select(g, x, x, none),
      gan__op_compare(g, none, GAN__LESS, x),
      gan__op_add_all(g, (gan__id[]){x, none, x}, 3),
      gan__op_cast(g, none, GAN_F64),
      gan__op_scale(g, none, 2),
      gan__op_shift(g, none, 2),
      gan__op_like(g, none, 2),
      gan__op_sum_all(g, none),
      gan__op_mean_all(g, none),
      gan__op_sum(g, none, 0, 1),
      gan__op_maximum(g, none, 0),
      gan__op_argmax(g, none, 0),
      gan__op_reshape(g, none, &three),
      gan__op_transpose(g, none, (int32_t[]){0}),
      gan__op_reverse(g, none, 0),
      gan__op_broadcast(g, none, &three, (int32_t[]){0}),
      gan__op_broadcast_to(g, none, &three),
      gan__op_slice(g, none, 0, 0, 1, 1),
      gan__op_pad(g, none, 0, 0, 1, 1),
      gan__op_concat(g, (gan__id[]){x, none}, 2, 0),
      gan__op_gather(g, none, x),
      gan__op_scatter(g, x, none, 3),
      gan__op_matmul(g, none, x, false, false),
      gan__op_stop_gradient(g, none),
  };
  for (size_t i = 0; i < sizeof results / sizeof *results; i++)
    assert_int_equal(results[i], GAN__NONE);
  assert_int_equal(gan__graph_output(g, "none", none), -1);
  gan__graph_commit(g, 0, none);
  assert_int_equal(g->status, GAN_OK);
  assert_int_equal(g->count, 1);
  gan__graph_destroy(g);
}

static void doors_keep_their_numbers(void **state) {
  gan__graph *g = new_graph(state);
  for (int64_t i = 0; i < 40; i++) {
    gan__shape shape = {1, {i + 1}};
    gan__id x = gan__graph_input(g, i % 2 ? "odd" : "even", GAN_F64, &shape);
    gan__id s = gan__graph_state(g, "s", GAN_F64, &shape);
    assert_int_equal(g->slots[i].node, x);
    assert_int_equal(g->states[i].node, s);
    assert_int_equal(gan__node_attrs(g, x)[0], i);
    assert_int_equal(gan__graph_state_of(g, s), i);
    assert_int_equal(gan__graph_output(g, "y", gan__op_add(g, x, s)), i);
    assert_string_equal(g->slots[i].name, i % 2 ? "odd" : "even");
    if (i % 3 == 0) gan__graph_commit(g, (int32_t)i, x);
  }
  assert_int_equal(g->slot_count, 40);
  assert_int_equal(g->state_count, 40);
  assert_int_equal(g->output_count, 40);
  for (int64_t i = 0; i < 40; i++)
    assert_int_equal(g->commits[i] != GAN__NONE, i % 3 == 0);
  assert_int_equal(g->status, GAN_OK);
  assert_int_equal(gan__verify(g), GAN_OK);
  gan__graph_destroy(g);
}

static void a_state_is_committed_once(void **state) {
  gan__graph *g = new_graph(state);
  gan__id s = gan__graph_state(g, "weights", GAN_F32, &three);
  gan__graph_commit(g, 0, gan__op_neg(g, s));
  assert_int_equal(g->status, GAN_OK);
  gan__graph_commit(g, 0, gan__op_tanh(g, s));
  assert_int_equal(g->status, GAN_ERROR_INTERNAL);
  assert_non_null(strstr(gan_context_message(*state), "weights is committed twice"));
  gan__graph_destroy(g);
}

/* A name longer than there is room for is cut, not overrun. */
static void long_names_are_cut(void **state) {
  gan__graph *g = new_graph(state);
  char name[3 * GAN__NAME_MAX];
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  gan__graph_set_scope(g, name);
  gan__id x = gan__graph_input(g, name, GAN_F32, &three);
  gan__graph_output(g, name, x);
  assert_int_equal(strlen(g->slots[0].name), GAN__NAME_MAX - 1);
  char text[GAN__NODE_TEXT];
  assert_true(strlen(gan__node_text(text, g, x)) < GAN__NODE_TEXT);
  gan__graph_destroy(g);
}

/* Many nodes: ids stay, equal nodes are still found after every growth of the table. */
static void large_graphs_find_equal_nodes(void **state) {
  enum { MANY = 20000 };
  gan__graph *g = new_graph(state);
  gan__id x = gan__graph_input(g, "x", GAN_F64, &three), last = x;
  gan__id *ids = malloc(MANY * sizeof *ids);
  for (int32_t i = 0; i < MANY; i++)
    ids[i] = last = gan__op_scale(g, gan__op_tanh(g, last), 1 + 0.001 * (i % 100));
  uint64_t count = g->count;
  assert_true(count >= 2 * MANY);
  last = x;
  for (int32_t i = 0; i < MANY; i++) {
    last = gan__op_scale(g, gan__op_tanh(g, last), 1 + 0.001 * (i % 100));
    assert_int_equal(last, ids[i]);
  }
  assert_int_equal(g->count, count);
  free(ids);
  gan__graph_destroy(g);
}

static void the_number_of_nodes_is_limited(void **state) {
  gan__graph *g = new_graph(state);
  gan__graph_input(g, "x", GAN_F64, &three);
  g->count = GAN__NODES_MAX; /* as if there were so many */
  assert_int_equal(gan__op_constant(g, GAN_F64, &three, 1), GAN__NONE);
  assert_int_equal(g->status, GAN_ERROR_LIMIT);
  assert_non_null(strstr(gan_context_message(*state), "1000000"));
  g->count = 1;
  gan__graph_destroy(g);
}

static void foreign_ids_are_refused(void **state) {
  gan__graph *g = new_graph(state);
  gan__id x = gan__graph_input(g, "x", GAN_F64, &three), far = x + 5;
  gan__proto proto = {.op = GAN__OP_NEG, .inputs = &far, .input_count = 1};
  assert_int_equal(gan__graph_node(g, &proto), GAN__NONE);
  assert_int_equal(g->status, GAN_ERROR_INTERNAL);
  gan__graph_destroy(g);
  gan__graph_destroy(NULL);
}

/* -- builders that make more than a node -- */

static void long_sums_are_nested(void **state) {
  gan__graph *g = new_graph(state);
  gan__id terms[100];
  for (int32_t i = 0; i < 100; i++)
    terms[i] = gan__graph_input(g, "x", GAN_F64, &three);
  assert_int_equal(gan__op_add_all(g, terms, 1), terms[0]);
  gan__op_add_all(g, terms, 100);
  assert_int_equal(g->status, GAN_OK);
  for (gan__id id = 0; id < g->count; id++)
    assert_true(gan__node_at(g, id)->input_count <= 8);
  gan__graph_destroy(g);
}

static void what_changes_nothing_makes_no_node(void **state) {
  gan__graph *g = new_graph(state);
  gan__id x = gan__graph_input(g, "x", GAN_F64, &three);
  assert_int_equal(gan__op_cast(g, x, GAN_F64), x);
  assert_int_equal(gan__op_reshape(g, x, &three), x);
  assert_int_equal(gan__op_broadcast_to(g, x, &three), x);
  assert_int_equal(gan__op_sum(g, x, 0, 0), x);
  assert_int_equal(gan__op_concat(g, &x, 1, 0), x);
  assert_int_equal(g->count, 1);
  gan__shape empty = {1, {0}};
  assert_int_equal(gan__op_mean_all(g, gan__graph_input(g, "none", GAN_F64, &empty)), GAN__NONE);
  assert_int_equal(g->status, GAN_ERROR_SHAPE);
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
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_nodes_are_one),
      cmocka_unit_test(scopes_name_places),
      cmocka_unit_test(the_first_error_sticks),
      cmocka_unit_test(none_passes_through_builders),
      cmocka_unit_test(doors_keep_their_numbers),
      cmocka_unit_test(a_state_is_committed_once),
      cmocka_unit_test(long_names_are_cut),
      cmocka_unit_test(large_graphs_find_equal_nodes),
      cmocka_unit_test(the_number_of_nodes_is_limited),
      cmocka_unit_test(foreign_ids_are_refused),
      cmocka_unit_test(long_sums_are_nested),
      cmocka_unit_test(what_changes_nothing_makes_no_node),
  };
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
