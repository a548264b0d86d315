/* SPDX-License-Identifier: MIT */
/* libgan/graph/gradient.c: what the sweep does and what it leaves out. (Whether the rules are
 * right: test_op_gradient.c.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph/gradient.h"
#include "graph/simplify.h"
#include "graph_run.h"

static const gan__shape three = {1, {3}};

static gan__graph *new_graph(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  return g;
}

static bool is_constant_like(const gan__graph *g, gan__id id, gan__id model, double value) {
  double constant;
  return gan__is_constant(g, id, &constant) && constant == value
         && gan__shape_equal(&gan__node_at(g, id)->shape, &gan__node_at(g, model)->shape);
}

static void no_path_gives_zero(void **state) {
  gan__graph *g = new_graph(state);
  gan__id x = gan__graph_input(g, "x", GAN_F64, &three);
  gan__id apart = gan__graph_input(g, "apart", GAN_F64, &three);
  gan__id y = gan__op_sum_all(g, gan__op_tanh(g, x));
  gan__id later = gan__graph_input(g, "later", GAN_F64, &three);
  gan__id stopped = gan__op_sum_all(g, gan__op_stop_gradient(g, x));
  gan__id xs[3] = {apart, later, x}, gradients[3];
  gan__gradient(g, y, GAN__NONE, xs, 3, gradients);
  assert_true(is_constant_like(g, gradients[0], x, 0));
  assert_true(is_constant_like(g, gradients[1], x, 0));
  assert_false(gan__is_constant(g, gradients[2], NULL));
  gan__gradient(g, y, GAN__NONE, &later, 1, gradients); /* nothing but a node behind y */
  assert_true(is_constant_like(g, gradients[0], x, 0));
  gan__gradient(g, stopped, GAN__NONE, &x, 1, gradients);
  assert_true(is_constant_like(g, gradients[0], x, 0));
  assert_int_equal(g->status, GAN_OK);
  gan__graph_destroy(g);
}

static void a_value_is_its_own_gradients_seed(void **state) {
  gan__graph *g = new_graph(state);
  gan__id x = gan__graph_input(g, "x", GAN_F64, &three),
          u = gan__graph_input(g, "u", GAN_F64, &three);
  gan__id gradients[2], xs[2] = {x, x};
  gan__gradient(g, x, u, xs, 2, gradients); /* the same x twice: both get it */
  assert_int_equal(gradients[0], u);
  assert_int_equal(gradients[1], u);
  gan__id y = gan__op_sum_all(g, x);
  gan__gradient(g, y, GAN__NONE, &y, 1, gradients);
  assert_true(is_constant_like(g, gradients[0], y, 1));
  /* An x between: the sweep stops there but goes on to the earlier one. */
  gan__id t = gan__op_tanh(g, x), z = gan__op_sum_all(g, gan__op_mul(g, t, t));
  gan__id both[2] = {t, x};
  gan__gradient(g, z, GAN__NONE, both, 2, gradients);
  assert_false(gan__is_constant(g, gradients[0], NULL));
  assert_false(gan__is_constant(g, gradients[1], NULL));
  assert_int_not_equal(gradients[0], gradients[1]);
  assert_int_equal(g->status, GAN_OK);
  gan__graph_destroy(g);
}

static void only_scalars_have_a_gradient(void **state) {
  gan__graph *g = new_graph(state);
  gan__id x = gan__graph_input(g, "x", GAN_F64, &three), gradient;
  gan__gradient(g, gan__op_tanh(g, x), GAN__NONE, &x, 1, &gradient);
  assert_int_equal(g->status, GAN_ERROR_SHAPE);
  assert_int_equal(gradient, GAN__NONE);
  assert_non_null(strstr(gan_context_message(*state), "[3]"));
  /* After an error: nothing. */
  gan__gradient(g, x, x, &x, 1, &gradient);
  assert_int_equal(gradient, GAN__NONE);
  gan__graph_destroy(g);
}

/* One value read by more ops than an addition takes at once. */
static void many_readers_add_up(void **state) {
  enum { READERS = 50 };
  gan__graph *g = new_graph(state);
  gan__id x = gan__graph_input(g, "x", GAN_F64, &three), sum = GAN__NONE, gradient;
  double want = 0;
  for (int32_t i = 1; i <= READERS; i++) {
    gan__id term = gan__op_sum_all(g, gan__op_scale(g, x, i));
    sum = sum == GAN__NONE ? term : gan__op_add(g, sum, term);
    want += i;
  }
  gan__gradient(g, sum, GAN__NONE, &x, 1, &gradient);
  gan__graph_output(g, "gradient", gradient);
  double values[3] = {1, 2, 3}, *slots[1] = {values};
  double *got = graph_run_once(g, slots, 0);
  for (int32_t i = 0; i < 3; i++)
    assert_true(got[i] == want);
  free(got);
  gan__graph_destroy(g);
}

/* A gradient's nodes belong where the differentiated ones do. */
static void gradients_keep_the_scopes(void **state) {
  gan__graph *g = new_graph(state);
  gan__graph_set_scope(g, "inner");
  gan__id x = gan__graph_input(g, "x", GAN_F64, &three);
  gan__id t = gan__op_sin(g, x);
  gan__graph_set_scope(g, "outer");
  gan__id y = gan__op_sum_all(g, t), gradient;
  gan__gradient(g, y, GAN__NONE, &x, 1, &gradient);
  assert_string_equal(g->scopes[gan__node_at(g, gradient)->scope].name, "inner");
  assert_string_equal(g->scopes[gan__node_at(g, gan__op_cos(g, y))->scope].name, "outer");
  gan__graph_destroy(g);
}

/* K inner steps w <- w - 0.1 d(loss)/dw, each with its own sweep: nodes grow linearly in K, as a
 * sweep costs its own step and not all the steps before. */
static gan__id unrolled(gan__graph *g, gan__id x, gan__id w, int32_t steps) {
  for (int32_t k = 0; k < steps; k++) {
    gan__id loss = gan__op_mean_all(g, gan__op_softplus(g, gan__op_matmul(g, x, w, false, false)));
    gan__id gradient;
    gan__gradient(g, loss, GAN__NONE, &w, 1, &gradient);
    w = gan__op_sub(g, w, gan__op_scale(g, gradient, 0.1));
  }
  return gan__op_sum_all(g, gan__op_tanh(g, w));
}

static uint64_t nodes_of(void **state, int32_t steps, bool simplified) {
  gan__graph *g = new_graph(state);
  gan__shape batch = {2, {64, 5}}, weights = {2, {5, 1}};
  gan__id x = gan__graph_input(g, "x", GAN_F64, &batch),
          w = gan__graph_input(g, "w", GAN_F64, &weights);
  gan__id y = unrolled(g, x, w, steps), gradients[2], xs[2] = {x, w};
  gan__gradient(g, y, GAN__NONE, xs, 2, gradients);
  gan__graph_output(g, "by x", gradients[0]);
  gan__graph_output(g, "by w", gradients[1]);
  assert_int_equal(gan__verify(g), GAN_OK);
  uint64_t count = g->count;
  if (simplified) {
    gan__graph *simpler;
    assert_int_equal(gan__simplify(g, &simpler), GAN_OK);
    count = simpler->count;
    gan__graph_destroy(simpler);
  }
  gan__graph_destroy(g);
  return count;
}

static void unrolled_steps_cost_the_same_each(void **state) {
  for (int32_t simplified = 0; simplified < 2; simplified++) {
    uint64_t few = nodes_of(state, 5, simplified), more = nodes_of(state, 6, simplified);
    uint64_t many = nodes_of(state, 40, simplified);
    /* Sums over more than eight steps are nested: one node more for every seven. */
    assert_in_range(many - few, 35 * (more - few), 36 * (more - few));
  }
}

/* Derivatives through inner steps: d^2 of x^4 along the chain rule by hand. */
static void gradients_of_gradients_nest(void **state) {
  gan__graph *g = new_graph(state);
  gan__shape scalar = {0, {0}};
  gan__id x = gan__graph_input(g, "x", GAN_F64, &scalar), y = x;
  gan__id square = gan__op_mul(g, x, x);
  y = gan__op_mul(g, square, square);
  const double want[] = {32, 48, 48, 24, 0}; /* 4x^3, 12x^2, 24x, 24, 0 at 2 */
  for (int32_t order = 0; order < 5; order++) {
    gan__gradient(g, y, GAN__NONE, &x, 1, &y);
    gan__graph_output(g, "derivative", y);
  }
  double value = 2, *slots[1] = {&value};
  for (int32_t order = 0; order < 5; order++) {
    double *got = graph_run_once(g, slots, order);
    assert_true(*got == want[order]);
    free(got);
  }
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
      cmocka_unit_test(no_path_gives_zero),
      cmocka_unit_test(a_value_is_its_own_gradients_seed),
      cmocka_unit_test(only_scalars_have_a_gradient),
      cmocka_unit_test(many_readers_add_up),
      cmocka_unit_test(gradients_keep_the_scopes),
      cmocka_unit_test(unrolled_steps_cost_the_same_each),
      cmocka_unit_test(gradients_of_gradients_nest),
  };
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
