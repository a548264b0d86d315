/* SPDX-License-Identifier: MIT */
/* libgan/nn/layer_activation.c and network_graph.c: what activations compute, and where nodes
 * belong. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/network.h>

#include "failing.h"
#include "graph/build.h"
#include "graph/gradient.h"
#include "layer_run.h"
#include "nn/layer.h"
#include "plan/plan.h"

static failing counter;
static gan_context *context;

static int set_up(void **state) {
  (void)state;
  context = failing_context(&counter);
  return context == NULL;
}

static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return counter.live != 0;
}

static gan_network *parse(const char *text) {
  gan_network *network = NULL;
  if (gan_network_parse(context, text, &network) != GAN_OK)
    fail_msg("%s", gan_context_message(context));
  return network;
}

/* y and dy/dx of one activation at points that cover both sides and the boundary. */
enum { POINTS = 8 };
static void activation_at(const char *statement, const double *x, double *y, double *slope) {
  char text[64];
  snprintf(text, sizeof text, "f64; input 1; %s", statement);
  gan_network *network = parse(text);
  gan__graph *graph;
  assert_int_equal(gan__graph_create(context, &graph), GAN_OK);
  int64_t dims[2] = {POINTS, 1};
  gan__shape shape = gan__shape_make(2, dims);
  gan__id input = gan__graph_input(graph, "x", GAN_F64, &shape), gradient;
  gan__id output =
      gan__network_build(network, graph, &(gan__pass){.prefix = "net", .input = input});
  gan__gradient(graph, output, gan__op_like(graph, output, 1), &input, 1, &gradient);
  gan__graph_output(graph, "y", output);
  gan__graph_output(graph, "slope", gradient);
  assert_int_equal(graph->status, GAN_OK);
  gan__plan *plan;
  assert_int_equal(gan__plan_create(graph, &plan), GAN_OK);
  const void *slots[1] = {x};
  gan__bindings bindings = {.slots = slots};
  assert_int_equal(gan__plan_run(plan, &bindings), GAN_OK);
  memcpy(y, gan__plan_output(plan, 0), POINTS * sizeof *y);
  memcpy(slope, gan__plan_output(plan, 1), POINTS * sizeof *slope);
  gan__plan_destroy(plan);
  gan__graph_destroy(graph);
  gan_network_destroy(network);
}

/* Tolerance: the formulas below and the kernels each round a few times, at values up to 30. */
static void assert_close(double value, double expected) {
  if (isnan(expected)
          ? !isnan(value)
          : !(value == expected || fabs(value - expected) <= 1e-13 * fmax(1, fabs(expected))))
    fail_msg("%.17g, expected %.17g", value, expected);
}

static void activations_follow_their_formulas(void **state) {
  (void)state;
  static const double x[POINTS] = {-30, -1.5, -0.25, 0, 0.25, 1.5, 30, NAN};
  double y[POINTS], slope[POINTS];
  activation_at("tanh", x, y, slope);
  for (int i = 0; i < POINTS; i++) {
    assert_close(y[i], tanh(x[i]));
    assert_close(slope[i], 1 - tanh(x[i]) * tanh(x[i]));
  }
  activation_at("sigmoid", x, y, slope);
  for (int i = 0; i < POINTS; i++) {
    double s = 1 / (1 + exp(-x[i]));
    assert_close(y[i], s);
    assert_close(slope[i], s * (1 - s));
  }
  activation_at("softplus", x, y, slope);
  for (int i = 0; i < POINTS; i++) {
    assert_close(y[i], x[i] > 0 ? x[i] + log1p(exp(-x[i])) : log1p(exp(x[i])));
    assert_close(slope[i], 1 / (1 + exp(-x[i])));
  }
  static const struct {
    const char *statement;
    double slope;
  } leaky[] = {{"relu", 0},
               {"leaky_relu 0", 0},
               {"leaky_relu", 0.2},
               {"leaky_relu 0.5", 0.5},
               {"leaky_relu 1", 1}};
  for (size_t k = 0; k < sizeof leaky / sizeof *leaky; k++) {
    activation_at(leaky[k].statement, x, y, slope);
    for (int i = 0; i < POINTS; i++)
      assert_close(y[i], x[i] > 0             ? x[i]
                         : leaky[k].slope > 0 ? leaky[k].slope * x[i]
                                              : fmax(0, x[i]) + 0 * x[i]);
    for (int i = 0; i < POINTS - 1; i++)
      assert_close(slope[i], x[i] > 0 ? 1 : leaky[k].slope);
  }
}

/* The exponential of 800 is infinite, and nothing of it shows. */
static void elu_bends_below_zero(void **state) {
  (void)state;
  static const double x[POINTS] = {-800, -1.5, -1e-3, 0, 0.25, 1.5, 800, NAN};
  static const struct {
    const char *statement;
    double alpha;
  } cases[] = {{"elu", 1}, {"elu 0.5", 0.5}, {"elu 0", 0}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    double y[POINTS], slope[POINTS];
    activation_at(cases[k].statement, x, y, slope);
    for (int i = 0; i < POINTS; i++) {
      assert_close(y[i], x[i] <= 0 ? cases[k].alpha * expm1(x[i]) : x[i]);
      if (i < POINTS - 1) assert_close(slope[i], x[i] > 0 ? 1 : cases[k].alpha * exp(x[i]));
    }
  }
}

/* Along the last axis alone; a shift of all changes nothing, however large. */
static void softmax_is_a_share(void **state) {
  (void)state;
  enum { GROUPS = 4, WIDTH = 3 }; /* 2 rows of 2x3 */
  for (int shifted = 0; shifted < 2; shifted++) {
    layer_run run;
    layer_run_create(context, "input 2x3; softmax", 2, true, &run);
    if (shifted)
      for (int i = 0; i < GROUPS * WIDTH; i++)
        run.leaves[0][i] = 1000 * (i % 4) - 500;
    double *y = layer_run_output(&run);
    for (int g = 0; g < GROUPS; g++) {
      const double *x = run.leaves[0] + g * WIDTH;
      double most = fmax(x[0], fmax(x[1], x[2])), total = 0;
      for (int i = 0; i < WIDTH; i++)
        total += exp(x[i] - most);
      for (int i = 0; i < WIDTH; i++)
        assert_close(y[g * WIDTH + i], exp(x[i] - most) / total);
    }
    free(y);
    layer_run_destroy(&run);
  }
}

static void nodes_know_their_layers(void **state) {
  (void)state;
  gan_network *network = parse("input 2x2; scale 2; dense 3 leaky_relu name=bend");
  gan__graph *graph;
  assert_int_equal(gan__graph_create(context, &graph), GAN_OK);
  gan__graph_set_scope(graph, "outside");
  int64_t dims[3] = {5, 2, 2};
  gan__shape shape = gan__shape_make(3, dims);
  gan__id input = gan__graph_input(graph, "x", GAN_F32, &shape), parameters[2];
  for (int i = 0; i < 2; i++)
    parameters[i] = gan__graph_state(graph, network->parameters[i].name, GAN_F32,
                                     &network->parameters[i].shape);
  gan__pass pass = {.prefix = "discriminator", .parameters = parameters, .input = input};
  gan__id output = gan__network_build(network, graph, &pass);
  assert_int_equal(graph->status, GAN_OK);
  assert_int_equal(gan__node_at(graph, output)->shape.rank, 2);
  assert_int_equal(gan__node_at(graph, output)->shape.dims[0], 5);
  assert_int_equal(gan__node_at(graph, output)->shape.dims[1], 3);
  assert_string_equal(graph->scopes[gan__node_at(graph, output)->scope].name,
                      "discriminator/leaky_relu_1");
  bool found = false;
  for (uint32_t id = 0; id < graph->count; id++)
    if (gan__node_at(graph, id)->op == GAN__OP_MATMUL) {
      assert_string_equal(graph->scopes[gan__node_at(graph, id)->scope].name, "discriminator/bend");
      found = true;
    }
  assert_true(found);
  assert_string_equal(graph->scopes[graph->scope].name, "outside");
  /* A second segment shares the parameters; the same input gives the same node. */
  assert_int_equal(gan__network_build(network, graph, &pass), output);
  pass.input = GAN__NONE;
  assert_int_equal(gan__network_build(network, graph, &pass), GAN__NONE);
  gan__graph_destroy(graph);
  gan_network_destroy(network);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(activations_follow_their_formulas, set_up, tear_down),
      cmocka_unit_test_setup_teardown(elu_bends_below_zero, set_up, tear_down),
      cmocka_unit_test_setup_teardown(softmax_is_a_share, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nodes_know_their_layers, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
