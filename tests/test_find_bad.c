/* SPDX-License-Identifier: MIT */
/* libgan/plan/find_bad.c: the first NaN or infinity is named where it came from. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph/gradient.h"
#include "graph_run.h"

static const gan__shape batch = {2, {200, 3}}, weights = {2, {3, 3}}, row = {1, {3}};

/* Three layers: x [200, 3], then w_i [3, 3] and b_i [3] as states; the mean is the output, a
 * gradient step of the last weights is committed. */
typedef struct network {
  gan__graph *graph;
  graph_run run;
} network;

static network make_network(void **state) {
  network n;
  assert_int_equal(gan__graph_create(*state, &n.graph), GAN_OK);
  gan__graph *g = n.graph;
  gan__id x = gan__graph_input(g, "images", GAN_F32, &batch), w = GAN__NONE, gradient;
  for (int32_t i = 1; i <= 3; i++) {
    char name[32];
    snprintf(name, sizeof name, "dense_%d", (int)i);
    gan__graph_set_scope(g, name);
    snprintf(name, sizeof name, "dense_%d/weights", (int)i);
    w = gan__graph_state(g, name, GAN_F32, &weights);
    snprintf(name, sizeof name, "dense_%d/bias", (int)i);
    gan__id bias = gan__graph_state(g, name, GAN_F32, &row);
    x = gan__op_exp(g, gan__op_add(g, gan__op_matmul(g, x, w, false, false), bias));
  }
  gan__graph_set_scope(g, "loss");
  gan__id loss = gan__op_mean_all(g, gan__op_log(g, x));
  gan__gradient(g, loss, GAN__NONE, &w, 1, &gradient);
  gan__graph_output(g, "loss", loss);
  gan__graph_commit(g, gan__graph_state_of(g, w), gan__op_sub(g, w, gradient));
  graph_run_create(g, GRAPH_RUN_NORMAL, &n.run);
  return n;
}

static void drop_network(network *n) {
  graph_run_destroy(&n->run);
  gan__graph_destroy(n->graph);
}

static void check(network *n, const char *part) {
  char text[GAN__NODE_TEXT] = "?";
  graph_run_go(&n->run);
  assert_int_equal(gan__plan_find_bad(n->run.plan, &n->run.bindings, text), GAN_OK);
  if (*part ? !strstr(text, part) : *text) fail_msg("\"%s\" is named, not \"%s\"", text, part);
}

static void nothing_is_named_when_all_is_well(void **state) {
  network n = make_network(state);
  check(&n, "");
  drop_network(&n);
}

static void bad_inputs_and_states_are_named(void **state) {
  network n = make_network(state);
  float *x = n.run.slots[0], *w = n.run.states[2], *b = n.run.states[5];
  x[599] = NAN;
  check(&n, "images [200, 3]");
  x[599] = 0;
  w[4] = INFINITY;
  check(&n, "dense_2/weights [3, 3]");
  w[4] = 0;
  b[1] = INFINITY;
  check(&n, "dense_3/bias [3]");
  /* The run's states are as they were: nothing was committed. */
  assert_true(b[1] == INFINITY);
  b[1] = 0;
  check(&n, "");
  drop_network(&n);
}

/* The layer that overflows is named, not those behind it. */
static void overflow_is_named_where_it_happens(void **state) {
  network n = make_network(state);
  float *b = n.run.states[3];
  b[2] = 200;
  check(&n, "dense_2: ");
  check(&n, "exp [200, 3]");
  b[2] = 0;
  float *w = n.run.states[0], *x = n.run.slots[0];
  for (int32_t i = 0; i < 9; i++)
    w[i] = FLT_MAX;
  for (int32_t i = 0; i < 600; i++)
    x[i] = 3;
  check(&n, "dense_1: ");
  check(&n, "matmul [200, 3]");
  drop_network(&n);
}

/* A masked infinity is no fault: log of 0 has gradient 0. And what nobody reads is not searched. */
static void masked_infinities_are_not_named(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__id x = gan__graph_input(g, "x", GAN_F64, &row), gradient;
  gan__id log = gan__op_log(g, x);
  gan__gradient(g, gan__op_sum_all(g, log), GAN__NONE, &x, 1, &gradient);
  gan__graph_output(g, "gradient", gradient);
  gan__id safe = gan__op_select(g, gan__op_is_finite(g, log), log, gan__op_like(g, log, 0));
  gan__graph_output(g, "safe", safe);
  network n = {.graph = g};
  graph_run_create(g, GRAPH_RUN_NORMAL, &n.run);
  check(&n, ""); /* x = 0 */
  ((double *)n.run.slots[0])[1] = NAN;
  check(&n, "x [3]");
  drop_network(&n);
}

/* Through views, repeats, integers and constants. */
static void bad_values_are_followed_through_views(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__shape wide = {2, {3, 4}}, column = {2, {4, 3}};
  gan__id x = gan__graph_input(g, "x", GAN_F64, &row);
  gan__graph_set_scope(g, "origin");
  gan__id root = gan__op_sqrt(g, x);
  gan__graph_set_scope(g, "behind");
  gan__id y = gan__op_reshape(g, gan__op_broadcast(g, root, &wide, (int32_t[]){0}), &column);
  y = gan__op_tanh(g, gan__op_transpose(g, y, (int32_t[]){1, 0}));
  gan__graph_output(g, "y", gan__op_stop_gradient(g, y));
  network n = {.graph = g};
  graph_run_create(g, GRAPH_RUN_NORMAL, &n.run);
  check(&n, "");
  ((double *)n.run.slots[0])[2] = -1;
  check(&n, "origin: ");
  check(&n, "sqrt [3]");
  drop_network(&n);
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
      cmocka_unit_test(nothing_is_named_when_all_is_well),
      cmocka_unit_test(bad_inputs_and_states_are_named),
      cmocka_unit_test(overflow_is_named_where_it_happens),
      cmocka_unit_test(masked_infinities_are_not_named),
      cmocka_unit_test(bad_values_are_followed_through_views),
  };
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
