/* SPDX-License-Identifier: MIT */
/* Every op through the plan: f64 against plain loops, f32 against f64, sizes of none, one, odd and
 * several panels, given values at boundaries, NumPy's broadcasting, the same bits for any threads.
 */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph_run.h"
#include "interpret.h"
#include "op_samples.h"

typedef struct check {
  gan__op op;
  const op_sample *sample;
  int64_t rows;
  int32_t dtype;
  bool wrapped; /* neighbours on both sides, so that inputs and result live in tiles and panels */
} check;

static const char *name_of(const check *c, char buffer[128]) {
  snprintf(buffer, 128, "%s, sample %d, %lld rows, %s%s", gan__ops[c->op].name,
           (int)(c->sample - op_samples[c->op].rows), (long long)c->rows, gan__dtype_name(c->dtype),
           c->wrapped ? ", between others" : "");
  return buffer;
}

static gan__graph *build(gan_context *context, const check *c) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(context, &g), GAN_OK);
  gan__id inputs[SAMPLE_INPUTS];
  op_sample_slots(g, c->sample, c->rows, c->dtype, inputs);
  for (int32_t i = 0; c->wrapped && i < op_sample_input_count(c->sample); i++)
    inputs[i] = gan__op_max(g, inputs[i], inputs[i]);
  gan__id y = op_sample_node(g, c->op, c->sample, c->rows, c->dtype, inputs);
  if (c->wrapped) y = gan__op_min(g, y, y);
  gan__graph_output(g, "y", y);
  char text[128];
  if (g->status != GAN_OK) fail_msg("%s: %s", name_of(c, text), gan_context_message(context));
  return g;
}

/* Values for all doors; `how` changes them: as they are, their magnitudes, ones (indices stay). */
enum { AS_THEY_ARE, MAGNITUDES, ONES };
static double **doors(const check *c, const gan__binding *list, uint64_t count, int32_t how) {
  double **values = calloc(count + 1, sizeof *values);
  for (uint64_t i = 0; i < count; i++) {
    values[i] = op_sample_door(c->sample, &list[i], (int32_t)i, c->rows, 11);
    if (list[i].dtype == GAN_I32) continue;
    for (int64_t k = 0; k < gan__shape_count(&list[i].shape); k++) {
      if (how == MAGNITUDES) values[i][k] = fabs(values[i][k]);
      if (how == ONES) values[i][k] = 1;
    }
  }
  return values;
}

static void free_doors(double **values, uint64_t count) {
  for (uint64_t i = 0; i < count; i++)
    free(values[i]);
  free(values);
}

static double *interpreted(const gan__graph *g, const check *c, int32_t how) {
  double **slots = doors(c, g->slots, g->slot_count, how);
  double **states = doors(c, g->states, g->state_count, how);
  interpret_inputs inputs = {.slots = slots, .states = states, .seed = 7, .step = 3};
  double **values = interpret(g, &inputs);
  gan__id output = g->outputs[0].node;
  double *result = values[output];
  values[output] = NULL;
  interpret_free(g, values);
  free_doors(slots, g->slot_count);
  free_doors(states, g->state_count);
  return result;
}

/* How far a result may be from `want`, in units of half a last place of 1.
 * - Sums: each of `terms` additions, and each product, rounds something not larger than the sum of
 * the magnitudes (terms = the same op of ones).
 * - Normal draws: log, root and circle function of f32 each err by a few units; near a zero of the
 *   latter only the absolute error is small.
 * - Pairwise: values are within 1.5, so that each of `terms` terms, whose signs may be any, is at
 * most 3.
 * - Others: the kernels' documented 4 units in the last place, 8 halves; f64 kernels are libm's. */
static double pairwise_terms(const check *c) {
  gan__shape m = op_sample_shape(&c->sample->inputs[c->op != GAN__OP_PAIRWISE].shape, c->rows);
  return (double)(c->op == GAN__OP_PAIRWISE_PULL ? 2 * m.dims[0] : m.dims[1]);
}
static bool is_pairwise(gan__op op) {
  return op == GAN__OP_PAIRWISE || op == GAN__OP_PAIRWISE_PULL || op == GAN__OP_PAIRWISE_PUSH;
}
static double allowed(const check *c, double want, double magnitude, double terms) {
  if (is_pairwise(c->op)) return (pairwise_terms(c) + 8) * pairwise_terms(c) * 3;
  if (c->sample->sums) return (terms + 8) * magnitude;
  if (c->op == GAN__OP_NORMAL) return 64 * (1 + fabs(want));
  return 8 * fabs(want);
}

static void compare(const check *c, const gan__graph *g, const double *got, const double *want) {
  double *magnitudes = interpreted(g, c, MAGNITUDES), *terms = interpreted(g, c, ONES);
  const gan__node *node = gan__node_at(g, g->outputs[0].node);
  bool single = c->dtype == GAN_F32;
  double unit = node->dtype == GAN_I32             ? 0
                : single || node->dtype == GAN_F32 ? FLT_EPSILON / 2
                                                   : DBL_EPSILON / 2;
  /* Results below the smallest normal number are flushed to zero. */
  double least = single ? (double)FLT_MIN : DBL_MIN;
  for (int64_t i = 0; i < gan__shape_count(&node->shape); i++) {
    double most = unit * allowed(c, want[i], magnitudes[i], terms[i]) + (unit > 0 ? least : 0);
    char text[128];
    if (!(fabs(got[i] - want[i]) <= most))
      fail_msg("%s: element %lld is %.17g, not %.17g", name_of(c, text), (long long)i, got[i],
               want[i]);
  }
  free(magnitudes);
  free(terms);
}

static void check_threads(gan_context *context, const check *c, graph_run *run) {
  size_t size, other_size;
  const void *at = graph_run_bytes(run, 0, &size);
  char *bytes = malloc(size + 1), text[128];
  memcpy(bytes, at, size);
  static const int32_t threads[] = {2, 3, 8, 1};
  for (int32_t i = 0; i < 4; i++) {
    assert_int_equal(gan_context_set_threads(context, threads[i]), GAN_OK);
    graph_run_go(run);
    at = graph_run_bytes(run, 0, &other_size);
    if (size != other_size || memcmp(at, bytes, size) != 0)
      fail_msg("%s: other bits with %d threads", name_of(c, text), (int)threads[i]);
  }
  free(bytes);
}

/* A commit changes its state, when it is told to and not before. */
static void check_commit(const check *c, graph_run *run, const double *before) {
  double *unchanged = graph_run_state(run, 0), *want = op_sample_values(c->sample, 0, c->rows, 11);
  int64_t count = gan__shape_count(&gan__plan_graph(run->plan)->states[0].shape);
  assert_memory_equal(unchanged, before, (size_t)count * sizeof *before);
  gan__plan_commit(run->plan, &run->bindings);
  double *after = graph_run_state(run, 0);
  for (int64_t i = 0; i < count; i++)
    assert_true(after[i] == want[i]);
  free(unchanged);
  free(after);
  free(want);
}

/* Runs the plan; its output as doubles. */
static double *planned(gan_context *context, const gan__graph *g, const check *c) {
  graph_run run;
  graph_run_create(g, GRAPH_RUN_NORMAL, &run);
  double **slots = doors(c, g->slots, g->slot_count, AS_THEY_ARE);
  double **states = doors(c, g->states, g->state_count, AS_THEY_ARE);
  graph_run_bind(&run, slots, states);
  graph_run_poison(&run);
  graph_run_go(&run);
  double *result = graph_run_read(&run, 0);
  if (c->op == GAN__OP_COMMIT) check_commit(c, &run, states[0]);
  if (c->rows == 300) check_threads(context, c, &run);
  free_doors(slots, g->slot_count);
  free_doors(states, g->state_count);
  graph_run_destroy(&run);
  return result;
}

/* The f64 plan against the interpreter, then the f32 plan against the f64 plan. */
static void check_both(gan_context *context, check c) {
  c.dtype = GAN_F64;
  gan__graph *g = build(context, &c);
  double *want = interpreted(g, &c, AS_THEY_ARE), *twice = planned(context, g, &c);
  compare(&c, g, twice, want);
  gan__graph_destroy(g);
  c.dtype = GAN_F32;
  g = build(context, &c);
  double *once = planned(context, g, &c);
  compare(&c, g, once, twice);
  gan__graph_destroy(g);
  free(want);
  free(twice);
  free(once);
}

static void results_are_those_of_plain_loops(void **state) {
  static const int64_t rows[] = {0, 1, 7, 63, 64, 65, 100, 129, 300, 2100};
  for (int32_t op = 0; op < GAN__OP_COUNT; op++)
    for (int32_t i = 0; i < op_samples[op].count; i++) {
      const op_sample *sample = &op_samples[op].rows[i];
      if (sample->boundary) continue;
      for (int32_t r = 0; r < (op_sample_scales(sample) ? 10 : 1); r++) {
        check c = {.op = (gan__op)op, .sample = sample, .rows = rows[r]};
        if (!op_sample_takes(sample, c.rows)) continue;
        check_both(*state, c);
        c.wrapped = true;
        if (c.op != GAN__OP_COMMIT) check_both(*state, c);
      }
    }
}

static bool same(double got, double want, double unit) {
  if (isnan(want)) return isnan(got);
  return got == want || fabs(got - want) <= 8 * unit * fabs(want);
}

static void boundaries_have_given_values(void **state) {
  for (int32_t op = 0; op < GAN__OP_COUNT; op++)
    for (int32_t i = 0; i < op_samples[op].count; i++) {
      const op_sample *sample = &op_samples[op].rows[i];
      if (!sample->boundary) continue;
      for (int32_t dtype = GAN_F32; dtype <= GAN_F64; dtype++)
        for (int32_t wrapped = 0; wrapped < 2; wrapped++) {
          check c = {
              .op = (gan__op)op, .sample = sample, .rows = 1, .dtype = dtype, .wrapped = wrapped};
          gan__graph *g = build(*state, &c);
          double *got = planned(*state, g, &c),
                 unit = dtype == GAN_F32 ? FLT_EPSILON / 2 : DBL_EPSILON / 2;
          int64_t count = gan__shape_count(&gan__node_at(g, g->outputs[0].node)->shape);
          char text[128];
          for (int64_t k = 0; k < count; k++)
            if (!same(got[k], sample->results[k], unit))
              fail_msg("%s at %g: %.17g, not %.17g", name_of(&c, text), sample->values[0][k],
                       got[k], sample->results[k]);
          free(got);
          gan__graph_destroy(g);
        }
    }
}

/* -- NumPy's broadcasting, as the builders do it -- */

static int64_t element(const gan__shape *whole, const gan__shape *part, int64_t flat) {
  int64_t at = 0, stride = 1;
  for (int32_t i = 1; i <= whole->rank; i++) {
    int64_t index = flat % whole->dims[whole->rank - i];
    flat /= whole->dims[whole->rank - i];
    if (i > part->rank) continue;
    if (part->dims[part->rank - i] != 1) at += index * stride;
    stride *= part->dims[part->rank - i];
  }
  return at;
}

static void check_broadcast(gan_context *context, const gan__shape *a, const gan__shape *b,
                            const gan__shape *want) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(context, &g), GAN_OK);
  gan__id x = gan__graph_input(g, "x", GAN_F64, a), y = gan__graph_input(g, "y", GAN_F64, b);
  gan__id z = gan__op_select(g, gan__op_compare(g, x, GAN__LESS, y), gan__op_sub(g, x, y), y);
  gan__graph_output(g, "z", z);
  if (g->status != GAN_OK) fail_msg("%s", gan_context_message(context));
  assert_true(gan__shape_equal(&gan__node_at(g, z)->shape, want));
  double *slots[2] = {calloc((size_t)gan__shape_count(a) + 1, sizeof(double)),
                      calloc((size_t)gan__shape_count(b) + 1, sizeof(double))};
  for (int64_t i = 0; i < gan__shape_count(a); i++)
    slots[0][i] = (double)(i * 37 % 101);
  for (int64_t i = 0; i < gan__shape_count(b); i++)
    slots[1][i] = (double)(i * 53 % 97);
  double *got = graph_run_once(g, slots, 0);
  for (int64_t i = 0; i < gan__shape_count(want); i++) {
    double p = slots[0][element(want, a, i)], q = slots[1][element(want, b, i)];
    assert_true(got[i] == (p < q ? p - q : q));
  }
  free(got);
  free(slots[0]);
  free(slots[1]);
  gan__graph_destroy(g);
}

static void inputs_broadcast_as_in_numpy(void **state) {
  static const int64_t rows[] = {0, 1, 2, 65, 300};
  for (int32_t r = 0; r < 5; r++) {
    int64_t n = rows[r];
    const gan__shape cases[][3] = {
        {{2, {n, 3}}, {1, {3}}, {2, {n, 3}}},
        {{2, {n, 3}}, {2, {1, 3}}, {2, {n, 3}}},
        {{2, {n, 1}}, {2, {n, 3}}, {2, {n, 3}}},
        {{2, {n, 1}}, {2, {1, 3}}, {2, {n, 3}}},
        {{2, {n, 1}}, {1, {3}}, {2, {n, 3}}},
        {{0, {0}}, {1, {n}}, {1, {n}}},
        {{1, {n}}, {0, {0}}, {1, {n}}},
        {{1, {n}}, {1, {1}}, {1, {n}}},
        {{3, {n, 1, 3}}, {2, {2, 1}}, {3, {n, 2, 3}}},
        {{3, {5, 1, n}}, {3, {1, 4, 1}}, {3, {5, 4, n}}},
        {{2, {1, 600}}, {2, {n, 1}}, {2, {n, 600}}},
        {{4, {n, 1, 2, 1}}, {3, {3, 1, 5}}, {4, {n, 3, 2, 5}}},
        {{2, {1, 1}}, {1, {n}}, {2, {1, n}}},
        {{1, {1}}, {1, {1}}, {1, {1}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
      check_broadcast(*state, &cases[i][0], &cases[i][1], &cases[i][2]);
      check_broadcast(*state, &cases[i][1], &cases[i][0], &cases[i][2]);
    }
  }
}

static void unfit_shapes_are_refused(void **state) {
  const gan__shape cases[][2] = {{{1, {3}}, {1, {4}}},
                                 {{2, {3, 2}}, {1, {3}}},
                                 {{2, {3, 0}}, {2, {3, 2}}},
                                 {{3, {2, 3, 4}}, {2, {2, 4}}}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    gan__graph *g;
    assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
    gan__id x = gan__graph_input(g, "x", GAN_F64, &cases[i][0]);
    gan__id y = gan__graph_input(g, "y", GAN_F64, &cases[i][1]);
    assert_int_equal(gan__op_add(g, x, y), GAN__NONE);
    assert_int_equal(g->status, GAN_ERROR_SHAPE);
    char a[GAN__SHAPE_TEXT], b[GAN__SHAPE_TEXT];
    assert_non_null(strstr(gan_context_message(*state), gan__shape_text(a, &cases[i][0])));
    assert_non_null(strstr(gan_context_message(*state), gan__shape_text(b, &cases[i][1])));
    gan__graph_destroy(g);
  }
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
      cmocka_unit_test(results_are_those_of_plain_loops),
      cmocka_unit_test(boundaries_have_given_values),
      cmocka_unit_test(inputs_broadcast_as_in_numpy),
      cmocka_unit_test(unfit_shapes_are_refused),
  };
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
