/* SPDX-License-Identifier: MIT */
/* libgan/nn/layer_random.c: dropout and noise: formulas, distributions, identities. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "failing.h"
#include "graph/build.h"
#include "layer_run.h"

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

enum { ROWS = 400, WIDTH = 50, COUNT = ROWS * WIDTH };

static double *output(const char *text, bool training, layer_run *run) {
  layer_run_create(context, text, ROWS, training, run);
  return layer_run_output(run);
}

/* Each of 20,000 elements is 0 or x / keep; the kept ones are a share that is off by sqrt(keep (1 -
 * keep) / 20000), at most 0.0036: 0.02 is over five sigma, and the seed is fixed. */
static void dropout_keeps_a_share_and_scales_it(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double keep, scale;
  } cases[] = {{"input 50; dropout 0.5", 0.5, 2},
               {"input 50; dropout 0.8", 0.8, 1.25},
               {"input 50; dropout 0.01", 0.01, 100}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    layer_run run;
    double *y = output(cases[c].text, true, &run);
    int kept = 0;
    for (int i = 0; i < COUNT; i++) {
      double x = run.leaves[0][i];
      assert_true(y[i] == 0 || fabs(y[i] - cases[c].scale * x) <= 1e-15 * cases[c].scale * fabs(x));
      kept += y[i] != 0;
    }
    if (!(fabs((double)kept / COUNT - cases[c].keep) < 0.02)) fail_msg("%d of %d", kept, COUNT);
    free(y);
    layer_run_destroy(&run);
  }
}

static void nothing_happens_in_use_or_at_the_ends(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool training;
  } cases[] = {{"input 50; dropout 0.5", false},
               {"input 50; noise 3", false},
               {"input 50; dropout 1", true},
               {"input 50; noise 0", true}};
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    layer_run run;
    double *y = output(cases[c].text, cases[c].training, &run);
    assert_memory_equal(y, run.leaves[0], COUNT * sizeof *y);
    free(y);
    layer_run_destroy(&run);
  }
}

/* Mean off by 0.3 / sqrt(20000) = 0.002, deviation by 0.0015. */
static void noise_is_normal(void **state) {
  (void)state;
  layer_run run;
  double *y = output("input 50; noise 0.3", true, &run), mean = 0, square = 0;
  for (int i = 0; i < COUNT; i++) {
    double e = y[i] - run.leaves[0][i];
    mean += e / COUNT;
    square += e * e / COUNT;
  }
  assert_true(fabs(mean) < 0.012 && fabs(sqrt(square) - 0.3) < 0.01);
  free(y);
  layer_run_destroy(&run);
}

/* What is infinite can be dropped. */
static void dropped_infinities_are_gone(void **state) {
  (void)state;
  layer_run run;
  layer_run_create(context, "input 50; dropout 0.5", ROWS, true, &run);
  for (int i = 0; i < COUNT; i++)
    run.leaves[0][i] = INFINITY;
  double *y = layer_run_output(&run);
  for (int i = 0; i < COUNT; i++)
    assert_true(y[i] == 0 || y[i] == INFINITY);
  free(y);
  layer_run_destroy(&run);
}

/* Layers, passes and networks draw apart; the same pass is the same node. */
static void draws_are_apart(void **state) {
  (void)state;
  gan_network *networks[2];
  for (int n = 0; n < 2; n++)
    assert_int_equal(gan_network_parse(context, "input 3; dropout 0.5; dropout 0.5", &networks[n]),
                     GAN_OK);
  gan__graph *graph;
  assert_int_equal(gan__graph_create(context, &graph), GAN_OK);
  int64_t dims[2] = {4, 3};
  gan__shape shape = gan__shape_make(2, dims);
  gan__pass pass = {.prefix = "net",
                    .input = gan__graph_input(graph, "x", GAN_F32, &shape),
                    .training = true,
                    .site = 1};
  gan__id first = gan__network_build(networks[0], graph, &pass);
  int draws = 0;
  for (uint32_t i = 0; i < graph->count; i++)
    draws += gan__node_at(graph, i)->op == GAN__OP_UNIFORM;
  assert_int_equal(draws, 2);
  assert_int_equal(gan__network_build(networks[0], graph, &pass), first);
  assert_int_not_equal(gan__network_build(networks[1], graph, &pass), first);
  pass.site = 2;
  assert_int_not_equal(gan__network_build(networks[0], graph, &pass), first);
  gan__graph_destroy(graph);
  gan_network_destroy(networks[0]);
  gan_network_destroy(networks[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(dropout_keeps_a_share_and_scales_it, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nothing_happens_in_use_or_at_the_ends, set_up, tear_down),
      cmocka_unit_test_setup_teardown(noise_is_normal, set_up, tear_down),
      cmocka_unit_test_setup_teardown(dropped_infinities_are_gone, set_up, tear_down),
      cmocka_unit_test_setup_teardown(draws_are_apart, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
