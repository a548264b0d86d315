/* SPDX-License-Identifier: MIT */
/* libgan/graph/print.c: graphs as stable text, kept as golden files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"
#include "graph/build.h"
#include "graph/gradient.h"
#include "graph/print.h"
#include "graph/simplify.h"
#include "small_graphs.h"

static void check_text(const gan__graph *g, const char *name) {
  gan__text text;
  gan__text_init(&text, g->context);
  gan__graph_print(g, &text);
  assert_int_equal(text.status, GAN_OK);
  golden_check(name, text.data);
  gan__text_finish(&text);
}

static void check_graph(void **state, small_graph *make, const char *name) {
  gan__graph *g = make(*state), *simpler;
  char file[128];
  snprintf(file, sizeof file, "graph_%s.txt", name);
  check_text(g, file);
  assert_int_equal(gan__simplify(g, &simpler), GAN_OK);
  snprintf(file, sizeof file, "graph_%s_simple.txt", name);
  check_text(simpler, file);
  gan__graph_destroy(simpler);
  gan__graph_destroy(g);
}

static void graphs_print_as_before(void **state) {
  check_graph(state, small_graph_dense, "dense");
  check_graph(state, small_graph_adam, "adam");
  check_graph(state, small_graph_unrolled, "unrolled");
}

/* Numbers look the same everywhere: shortest decimals, with a point. */
static void constants_print_in_short(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__shape scalar = {0, {0}};
  static const double values[] = {0.1, -3, 1e-8, 1.0 / 3, 1e300};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    gan__op_constant(g, GAN_F64, &scalar, values[i]);
  gan__text text;
  gan__text_init(&text, *state);
  gan__graph_print(g, &text);
  assert_string_equal(text.data,
                      "%0 = constant f64 [] 0.1\n%1 = constant f64 [] -3\n"
                      "%2 = constant f64 [] 1e-08\n"
                      "%3 = constant f64 [] 0.3333333333333333\n"
                      "%4 = constant f64 [] 1e+300\n");
  gan__text_finish(&text);
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
      cmocka_unit_test(graphs_print_as_before),
      cmocka_unit_test(constants_print_in_short),
  };
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
