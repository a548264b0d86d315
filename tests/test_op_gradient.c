/* SPDX-License-Identifier: MIT */
/* libgan/graph/op_*.c, gradient.c: derivatives of every op to order 3 against differences, and
 * their defined values at boundaries.
 *
 * For y = op(x) let f(x) = sum(w (y + 0.7 y^2 + 0.3 y^3)) with random w, so that orders 1 to 3 do
 * not vanish even where the op is linear; then g1 = <grad f, v1>, g2 = <grad g1, v2>, g3 = <grad
 * g2, v3> for random directions. Each is a scalar of the same graph, and the difference of one
 * along v is the next: an inner product finds every wrong factor and sign at once. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "graph/build.h"
#include "graph/gradient.h"
#include "graph_run.h"
#include "op_samples.h"

enum { ORDERS = 3 };

/* The graph: slots are the sample's inputs, then w, then v1 of all float inputs, v2, v3. */
typedef struct check {
  gan__op op;
  const op_sample *sample;
  int64_t rows;
  gan__id (*make)(gan__graph *graph, gan__id x); /* instead of the op, on its first input */
  gan__graph *graph;
  int32_t inputs, floats;
  gan__id x[SAMPLE_INPUTS];     /* float inputs but masks, which jump */
  int32_t place[SAMPLE_INPUTS]; /* their slots */
  double **slots, **moved;      /* moved: other memory for the float inputs */
} check;

static gan__id slot_like(check *c, const char *name, gan__id model) {
  gan__shape shape = gan__node_at(c->graph, model)->shape;
  return gan__graph_input(c->graph, name, GAN_F64, &shape);
}

/* sum over the float inputs of <gradient of y by x, v> with v as new slots. */
static gan__id along_new_direction(check *c, gan__id y) {
  gan__id gradients[SAMPLE_INPUTS], terms[SAMPLE_INPUTS];
  gan__gradient(c->graph, y, GAN__NONE, c->x, c->floats, gradients);
  for (int32_t i = 0; i < c->floats; i++)
    terms[i] =
        gan__op_sum_all(c->graph, gan__op_mul(c->graph, gradients[i], slot_like(c, "v", c->x[i])));
  return gan__op_add_all(c->graph, terms, c->floats);
}

static void build(check *c) {
  gan__graph *g = c->graph;
  gan__id inputs[SAMPLE_INPUTS];
  c->inputs = op_sample_input_count(c->sample);
  op_sample_slots(g, c->sample, c->rows, GAN_F64, inputs);
  for (int32_t i = 0; i < c->inputs; i++)
    if (gan__dtype_is_float(gan__node_at(g, inputs[i])->dtype)
        && c->sample->inputs[i].domain != SAMPLE_MASK) {
      c->place[c->floats] = i;
      c->x[c->floats++] = inputs[i];
    }
  gan__id y = c->make ? c->make(g, inputs[0])
                      : op_sample_node(g, c->op, c->sample, c->rows, GAN_F64, inputs);
  gan__id square = gan__op_mul(g, y, y);
  gan__id cube = gan__op_mul(g, y, square);
  gan__id bent =
      gan__op_add(g, y, gan__op_add(g, gan__op_scale(g, square, 0.7), gan__op_scale(g, cube, 0.3)));
  gan__id scalar = gan__op_sum_all(g, gan__op_mul(g, slot_like(c, "w", y), bent));
  gan__graph_output(g, "f", scalar);
  for (int32_t order = 1; order <= ORDERS; order++) {
    scalar = along_new_direction(c, scalar);
    gan__graph_output(g, "g", scalar);
  }
}

static void draw_values(check *c) {
  gan__stream stream = gan__stream_make(1, "directions", (uint64_t)c->op);
  uint64_t count = c->graph->slot_count;
  c->slots = calloc(count + 1, sizeof *c->slots);
  c->moved = calloc(count + 1, sizeof *c->moved);
  for (uint64_t s = 0; s < count; s++) {
    int64_t elements = gan__shape_count(&c->graph->slots[s].shape);
    if (s < (uint64_t)c->inputs) {
      c->slots[s] = op_sample_values(c->sample, (int32_t)s, c->rows, 3);
      c->moved[s] = op_sample_values(c->sample, (int32_t)s, c->rows, 3);
      continue;
    }
    c->moved[s] = c->slots[s] = calloc((size_t)elements + 1, sizeof **c->slots);
    for (int64_t i = 0; i < elements; i++)
      c->slots[s][i] = 2 * gan__stream_uniform(&stream) - 1;
  }
}

/* Output `order` at x + step * v(order + 1). */
static double value_at(check *c, graph_run *run, int32_t order, double step) {
  for (int32_t i = 0; i < c->floats; i++) {
    const double *x = c->slots[c->place[i]];
    const double *v = c->slots[c->inputs + 1 + order * c->floats + i];
    int64_t elements = gan__shape_count(&c->graph->slots[c->place[i]].shape);
    for (int64_t k = 0; k < elements; k++)
      c->moved[c->place[i]][k] = x[k] + step * v[k];
  }
  graph_run_bind(run, c->moved, NULL);
  graph_run_go(run);
  double *value = graph_run_read(run, order), result = *value;
  free(value);
  return result;
}

/* Central differences at h and h / 2 without their h^2 terms (Richardson). What is left is
 * h^4 |f^(5)| / 480 of the function differentiated, which the samples' domains keep below 1e-7, and
 * rounding, 1e-16 |f| / h. */
static double difference(check *c, graph_run *run, int32_t order) {
  const double h = 1.0 / 512;
  double wide = (value_at(c, run, order, h) - value_at(c, run, order, -h)) / (2 * h);
  double narrow = (value_at(c, run, order, h / 2) - value_at(c, run, order, -h / 2)) / h;
  return (4 * narrow - wide) / 3;
}

static void compare_orders(check *c, graph_run *run) {
  int32_t told = 0;
  graph_run_bind(run, c->slots, NULL);
  graph_run_go(run);
  double symbolic[ORDERS + 1];
  for (int32_t order = 0; order <= ORDERS; order++) {
    double *value = graph_run_read(run, order);
    symbolic[order] = *value;
    free(value);
  }
  for (int32_t order = 1; order <= ORDERS; order++) {
    double numeric = difference(c, run, order - 1), got = symbolic[order];
    if (getenv("GAN_TEST_VERBOSE"))
      fprintf(stderr, "%s order %d: %.12g %.12g\n", gan__ops[c->op].name, (int)order, got, numeric);
    if (!(fabs(got - numeric) <= 1e-6 * fmax(1, fabs(numeric))))
      fail_msg("%s, sample %d, %lld rows, order %d: the gradient gives %.15g, differences %.15g",
               gan__ops[c->op].name, (int)(c->sample - op_samples[c->op].rows), (long long)c->rows,
               (int)order, got, numeric);
    told += fabs(numeric) > 1e-4;
  }
  /* A check of zeros against zeros would find nothing (one element alone may happen to be small).
   */
  bool several = gan__shape_count(&c->graph->slots[c->inputs].shape) > 1;
  if (c->rows > 1 && several && told < ORDERS)
    fail_msg("%s, sample %d: derivatives vanish", gan__ops[c->op].name,
             (int)(c->sample - op_samples[c->op].rows));
}

static void check_one(gan_context *context, check c) {
  assert_int_equal(gan__graph_create(context, &c.graph), GAN_OK);
  build(&c);
  if (c.graph->status != GAN_OK)
    fail_msg("%s: %s", gan__ops[c.op].name, gan_context_message(context));
  draw_values(&c);
  graph_run run;
  graph_run_create(c.graph, GRAPH_RUN_NORMAL, &run);
  compare_orders(&c, &run);
  graph_run_destroy(&run);
  for (uint64_t s = 0; s < c.graph->slot_count; s++) {
    if (c.moved[s] != c.slots[s]) free(c.moved[s]);
    free(c.slots[s]);
  }
  free(c.slots);
  free(c.moved);
  gan__graph_destroy(c.graph);
}

static bool is_float(const op_sample *sample) {
  return op_sample_input_count(sample) && op_sample_dtype(sample, 0, GAN_F64) == GAN_F64;
}

static void gradients_are_differences(void **state) {
  gan_context *context = *state;
  static const int64_t rows[] = {1, 7, 0, 65};
  for (int32_t op = 0; op < GAN__OP_COUNT; op++)
    for (int32_t i = 0; i < op_samples[op].count; i++) {
      const op_sample *sample = &op_samples[op].rows[i];
      if (sample->boundary || sample->forward_only || !is_float(sample)) continue;
      if (gan__ops[op].flags & GAN__NO_GRADIENT) continue;
      for (int32_t r = 0; r < (op_sample_scales(sample) ? 4 : 1); r++)
        if (op_sample_takes(sample, rows[r]) && (i < 2 || rows[r] != 65))
          check_one(context, (check){.op = (gan__op)op, .sample = sample, .rows = rows[r]});
    }
}

/* Where a divisor is known not to be zero, the rules leave the masks out. */
static gan__id positive(gan__graph *g, gan__id x) {
  return gan__op_shift(g, gan__op_mul(g, x, x), 0.5);
}
static gan__id sqrt_of_positive(gan__graph *g, gan__id x) {
  return gan__op_sqrt(g, positive(g, x));
}
static gan__id rsqrt_of_positive(gan__graph *g, gan__id x) {
  return gan__op_rsqrt(g, positive(g, x));
}
static gan__id log_of_positive(gan__graph *g, gan__id x) {
  return gan__op_log(g, positive(g, x));
}
static gan__id over_positive(gan__graph *g, gan__id x) {
  return gan__op_div(g, gan__op_sin(g, x), positive(g, x));
}
/* Inputs that meet by broadcasting: [N, 3] with its row sums [N, 1], its column sums [3], its sum.
 */
static gan__id broadcast_sums(gan__graph *g, gan__id x) {
  gan__shape column = {2, {gan__node_at(g, x)->shape.dims[0], 1}};
  gan__id rows = gan__op_reshape(g, gan__op_sum(g, x, 1, 1), &column);
  gan__id y = gan__op_mul(g, x, gan__op_sin(g, rows));
  y = gan__op_sub(g, gan__op_cos(g, gan__op_sum(g, x, 0, 1)), y);
  return gan__op_max(g, y, gan__op_shift(g, gan__op_tanh(g, gan__op_sum_all(g, x)), -40));
}
/* One value through several paths, and an input that is its own partner. */
static gan__id tangled(gan__graph *g, gan__id x) {
  gan__id square = gan__op_matmul(g, x, x, true, false);
  gan__id parts[3] = {gan__op_matmul(g, x, square, false, true), x, gan__op_tanh(g, x)};
  gan__id wide = gan__op_concat(g, parts, 3, 1);
  return gan__op_mul(g, gan__op_slice(g, wide, 1, 1, 9, 2), gan__op_slice(g, wide, 1, 0, 8, 2));
}

static void composites_have_right_gradients(void **state) {
  static gan__id (*const makes[])(gan__graph *, gan__id) = {
      sqrt_of_positive, rsqrt_of_positive, log_of_positive, over_positive, broadcast_sums, tangled};
  for (size_t i = 0; i < sizeof makes / sizeof *makes; i++)
    check_one(*state, (check){.op = GAN__OP_NEG,
                              .sample = &op_samples[GAN__OP_NEG].rows[1],
                              .rows = 5,
                              .make = makes[i]});
}

/* What is piecewise constant, or stops: exactly no gradient, as a constant. */
static void flat_ops_have_constant_zero_gradients(void **state) {
  gan_context *context = *state;
  int32_t seen = 0;
  for (int32_t op = 0; op < GAN__OP_COUNT; op++) {
    const op_sample *sample = &op_samples[op].rows[0];
    if (!(gan__ops[op].flags & GAN__NO_GRADIENT) || !is_float(sample) || op == GAN__OP_COMMIT)
      continue;
    check c = {.op = (gan__op)op, .sample = sample, .rows = 3};
    assert_int_equal(gan__graph_create(context, &c.graph), GAN_OK);
    gan__graph *g = c.graph;
    gan__id inputs[SAMPLE_INPUTS], gradients[SAMPLE_INPUTS];
    op_sample_slots(g, sample, 3, GAN_F64, inputs);
    gan__id y = op_sample_node(g, (gan__op)op, sample, 3, GAN_F64, inputs);
    gan__id scalar = gan__op_sum_all(g, gan__op_cast(g, y, GAN_F64));
    int32_t count = op_sample_input_count(sample);
    gan__gradient(g, scalar, GAN__NONE, inputs, count, gradients);
    assert_int_equal(g->status, GAN_OK);
    for (int32_t i = 0; i < count; i++) {
      double value = 1;
      assert_true(gan__is_constant(g, gradients[i], &value));
      assert_true(value == 0);
    }
    gan__graph_destroy(g);
    seen++;
  }
  assert_true(seen >= 6);
}

/* -- boundaries -- */

/* Outputs: for each order the gradient by each input of the sum of all gradients one order below.
 */
static void build_boundary(gan__graph *g, gan__op op, const op_sample *sample) {
  gan__id inputs[SAMPLE_INPUTS], gradients[SAMPLE_INPUTS], terms[SAMPLE_INPUTS];
  int32_t count = op_sample_input_count(sample);
  op_sample_slots(g, sample, 1, GAN_F64, inputs);
  gan__id y = op_sample_node(g, op, sample, 1, GAN_F64, inputs);
  gan__id scalar = gan__op_sum_all(g, gan__op_cast(g, y, GAN_F64));
  for (int32_t order = 1; order <= ORDERS; order++) {
    gan__gradient(g, scalar, GAN__NONE, inputs, count, gradients);
    for (int32_t i = 0; i < count; i++) {
      gan__graph_output(g, "gradient", gradients[i]);
      terms[i] = gan__op_sum_all(g, gradients[i]);
    }
    scalar = gan__op_add_all(g, terms, count);
  }
}

static void check_boundary(gan_context *context, gan__op op, const op_sample *sample) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(context, &g), GAN_OK);
  build_boundary(g, op, sample);
  graph_run run;
  graph_run_create(g, GRAPH_RUN_NORMAL, &run);
  int32_t count = op_sample_input_count(sample);
  double *slots[SAMPLE_INPUTS];
  for (int32_t i = 0; i < count; i++)
    slots[i] = op_sample_values(sample, i, 1, 0);
  graph_run_bind(&run, slots, NULL);
  graph_run_go(&run);
  for (int32_t output = 0; output < ORDERS * count; output++) {
    double *got = graph_run_read(&run, output);
    int32_t order = output / count + 1, input = output % count;
    const double *want = order == 1 ? sample->slopes[input] : sample->curves[input];
    for (int64_t i = 0; i < graph_run_count(&run, output); i++) {
      bool right = order == ORDERS ? isfinite(got[i]) : fabs(got[i] - want[i]) <= 1e-12;
      if (!right)
        fail_msg("%s at (%g, %g), input %d, order %d: %.17g", gan__ops[op].name, slots[0][i],
                 count > 1 ? slots[1][i] : 0, (int)input, (int)order, got[i]);
    }
    free(got);
  }
  for (int32_t i = 0; i < count; i++)
    free(slots[i]);
  graph_run_destroy(&run);
  gan__graph_destroy(g);
}

/* Values of orders 1 and 2 as the samples give them, exact but for the roundings of a few ops of
 * values below 30; order 3 finite. */
static void boundaries_have_defined_gradients(void **state) {
  int32_t seen = 0;
  for (int32_t op = 0; op < GAN__OP_COUNT; op++)
    for (int32_t i = 0; i < op_samples[op].count; i++) {
      const op_sample *sample = &op_samples[op].rows[i];
      if (!sample->boundary || sample->no_slopes) continue;
      check_boundary(*state, (gan__op)op, sample);
      seen++;
    }
  assert_true(seen >= 20);
}

/* Adam's step p - A m / (sqrt(v) + eps) from fresh moments, v = 0 where the gradient was 0 (a dead
 * unit): m = b g, v = c g^2 as functions of g. Orders 1 and 2 must be finite; where g = 0 the first
 * is -A b / eps, as sqrt(c g^2) is taken to have slope 0. */
static void adam_has_finite_gradients_at_zero(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__shape shape = {1, {3}};
  gan__id x = gan__graph_input(g, "g", GAN_F64, &shape);
  gan__id m = gan__op_scale(g, x, 0.1), v = gan__op_scale(g, gan__op_mul(g, x, x), 0.001);
  gan__id step =
      gan__op_div(g, gan__op_scale(g, m, -0.01), gan__op_shift(g, gan__op_sqrt(g, v), 1e-8));
  gan__id first, second, scalar = gan__op_sum_all(g, step);
  gan__gradient(g, scalar, GAN__NONE, &x, 1, &first);
  scalar = gan__op_sum_all(g, gan__op_mul(g, first, first));
  gan__gradient(g, scalar, GAN__NONE, &x, 1, &second);
  gan__graph_output(g, "first", first);
  gan__graph_output(g, "second", second);
  double values[3] = {0, 1, -1e-30}, *slots[1] = {values};
  for (int32_t output = 0; output < 2; output++) {
    double *got = graph_run_once(g, slots, output);
    for (int32_t i = 0; i < 3; i++)
      assert_true(isfinite(got[i]));
    if (output == 0) assert_true(fabs(got[0] + 1e5) <= 1e-6);
    free(got);
  }
  gan__graph_destroy(g);
}

/* The norm of a vector at 0, to order 3. */
static void norm_has_zero_gradients_at_zero(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__shape shape = {2, {2, 3}};
  gan__id x = gan__graph_input(g, "x", GAN_F64, &shape), gradient;
  gan__id norms = gan__op_sqrt(g, gan__op_sum(g, gan__op_mul(g, x, x), 1, 1));
  gan__id scalar = gan__op_sum_all(g, norms);
  for (int32_t order = 1; order <= ORDERS; order++) {
    gan__gradient(g, scalar, GAN__NONE, &x, 1, &gradient);
    gan__graph_output(g, "gradient", gradient);
    scalar = gan__op_sum_all(g, gradient);
  }
  double values[6] = {0, 0, 0, 3, 4, 0}, *slots[1] = {values};
  for (int32_t output = 0; output < ORDERS; output++) {
    double *got = graph_run_once(g, slots, output);
    for (int32_t i = 0; i < 3; i++)
      assert_true(got[i] == 0);
    if (output == 0) assert_true(fabs(got[3] - 0.6) <= 1e-15);
    if (output == 0) assert_true(fabs(got[4] - 0.8) <= 1e-15);
    for (int32_t i = 3; i < 6; i++)
      assert_true(isfinite(got[i]));
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
      cmocka_unit_test(gradients_are_differences),
      cmocka_unit_test(composites_have_right_gradients),
      cmocka_unit_test(flat_ops_have_constant_zero_gradients),
      cmocka_unit_test(boundaries_have_defined_gradients),
      cmocka_unit_test(adam_has_finite_gradients_at_zero),
      cmocka_unit_test(norm_has_zero_gradients_at_zero),
  };
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
