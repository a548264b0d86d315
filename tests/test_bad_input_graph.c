/* SPDX-License-Identifier: MIT */
/* Bad calls of graph.h and graph_ops.h in a callback: the first error is reported, with its
 * message, and nothing happens after it. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bad_input.h"
#include "graph/build.h"
#include "graph/scene.h"

/* The values that a row may use: f64 [4, 3], [3], a scalar and rank 6; f32 [4, 3]; i32 [4]. */
typedef struct values {
  int32_t x, v, s, deep, f, k;
} values;

static const int64_t four_three[] = {4, 3}, seven[] = {7}, none[] = {4, 0}, negative[] = {-1, 12},
                     ones[] = {1, 1, 1, 1, 1, 1}, huge[] = {INT64_MAX, INT64_MAX};
static const int32_t straight[] = {0, 1}, twice[] = {1, 1}, beyond[] = {0, 2};

static gan__id rows_of(void *self, int32_t rows) {
  (void)rows;
  gan__shape shape = gan__shape_make(2, four_three);
  return gan__graph_input(self, "rows", GAN_F64, &shape);
}
/* As a player's answers do that know no such name. */
static gan__id no_features(void *self, int32_t rows, const char *layer) {
  (void)rows;
  return gan__graph_fail(self, GAN_ERROR_NAME, "features: there is no layer %s", layer);
}
static gan__id no_answer(void *self, const char *player, const char *name) {
  (void)self, (void)player, (void)name;
  return GAN__NONE;
}

typedef struct term {
  world *w;
  int32_t (*call)(gan_graph *g, const values *n);
  bool ends_the_callback; /* the call's result is the callback's; it makes no error by itself */
} term;

static int32_t make_and_check(gan_graph *g, void *user) {
  const term *own = user;
  values n;
  n.x = gan_graph_constant(g, 0, 2, four_three, 0.5);
  n.v = gan_graph_constant(g, 0, 1, four_three + 1, 0.5);
  n.s = gan_graph_scalar(g, 2);
  n.deep = gan_graph_constant(g, 0, 6, ones, 1);
  n.f = gan_graph_constant(g, GAN_F32, 2, four_three, 0.5);
  n.k = gan_graph_constant(g, GAN_I32, 1, four_three, 1);
  assert_int_equal(gan_graph_status(g), GAN_OK);
  int32_t value = own->call(g, &n);
  if (own->ends_the_callback) return value;
  /* The first error stays, whatever fails after it; and nothing is built any more. */
  char message[GAN__MESSAGE_MAX];
  gan_status status = gan_graph_status(g);
  uint64_t count = g->graph->count;
  snprintf(message, sizeof message, "%s", gan_graph_message(g));
  assert_int_equal(value, -1);
  assert_int_not_equal(status, GAN_OK);
  assert_int_equal(gan_graph_add(g, value, n.x), -1);
  assert_int_equal(gan_graph_exp(g, n.s), -1);
  assert_int_equal(gan_graph_scalar(g, (double)NAN), -1);
  assert_int_equal(gan_graph_rows(g, 99), -1);
  assert_int_equal(gan_graph_labels(g), -1);
  assert_int_equal(gan_graph_reshape(g, n.x, 1, seven), -1);
  assert_int_equal(gan_graph_fail(g, "too late"), -1);
  int32_t slope = 5;
  assert_int_equal(gan_graph_gradient(g, n.s, &n.s, 1, &slope), status);
  assert_int_equal(slope, -1);
  assert_int_not_equal(gan_dataset_read(own->w->dataset, -1, 1, own->w->values), GAN_OK);
  assert_int_equal(gan_graph_status(g), status);
  assert_string_equal(gan_graph_message(g), message);
  assert_int_equal(g->graph->count, count);
  return n.s; /* good in itself: the error counts */
}

static gan_status run_term(world *w, int32_t (*call)(gan_graph *g, const values *n), bool ends) {
  gan__graph *graph;
  GAN_TRY(gan__graph_create(w->context, &graph));
  gan__graph_set_scope(graph, "discriminator");
  gan__scene scene = {.self = graph,
                      .dtype = GAN_F64,
                      .features = no_features,
                      .rows = rows_of,
                      .parameter = no_answer};
  term own = {w, call, ends};
  gan__id result = 4321;
  gan_status status = gan__scene_run(graph, &scene, make_and_check, &own, &result);
  assert_int_equal(result, 4321);
  /* A graph with an error is not used again. */
  if (!ends) assert_int_equal(gan__scene_run(graph, &scene, make_and_check, &own, &result), status);
  gan__graph_destroy(graph);
  return status;
}

static int32_t after(gan_graph *g, int32_t ignored) {
  (void)g;
  return ignored;
}

static int32_t concat(gan_graph *g, int32_t a, int32_t b, int32_t count, int32_t axis) {
  const int32_t parts[] = {a, b};
  return gan_graph_concat(g, parts, count, axis);
}

/* The gradients of y by a and b, which come out as -1. */
static int32_t gradient(gan_graph *g, int32_t y, int32_t a, int32_t b, int32_t count) {
  const int32_t xs[] = {a, b};
  int32_t out[] = {7, 7};
  assert_int_not_equal(gan_graph_gradient(g, y, xs, count, out), GAN_OK);
  for (int32_t i = 0; i < count; i++)
    assert_int_equal(out[i], -1);
  return count > 0 ? out[0] : -1;
}
static int32_t gradient_of_null(gan_graph *g, int32_t y, const int32_t *xs, int32_t *out) {
  return gan_graph_gradient(g, y, xs, 1, out) == GAN_OK ? 0 : -1;
}

/* Doubles until a value, or the graph, would be too large. */
static int32_t grow(gan_graph *g, int32_t a) {
  while (a >= 0)
    a = concat(g, a, a, 2, 0);
  return a;
}
static int32_t add_for_ever(gan_graph *g, int32_t a) {
  while (a >= 0)
    a = gan_graph_sin(g, a);
  return a;
}

/* For each row a call that makes the first error, and the row itself. */
#define TERM_JOIN(a, b) a##b
#define TERM_NAME(line) TERM_JOIN(term_, line)
#define BAD_TERM(ends, expected, texts, ...)                                                       \
  static int32_t TERM_NAME(__LINE__)(gan_graph * g, const values *n) {                             \
    (void)g, (void)n;                                                                              \
    return __VA_ARGS__;                                                                            \
  }                                                                                                \
  BAD_FUNCTION(expected, texts, run_term(w, TERM_NAME(__LINE__), ends))
#define TERM(...)   BAD_TERM(false, __VA_ARGS__)
#define RESULT(...) BAD_TERM(true, __VA_ARGS__)
#include "bad_input_graph.def"
#undef TERM
#undef RESULT

static const bad_case cases[] = {
#define TERM   BAD_ROW
#define RESULT BAD_ROW
#include "bad_input_graph.def"
};

static void bad_terms_are_refused(void **state) {
  (void)state;
  assert_int_equal(bad_input_check(cases, BAD_COUNT(cases)), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bad_terms_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
