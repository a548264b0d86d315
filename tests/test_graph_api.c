/* SPDX-License-Identifier: MIT */
/* libgan/api/api_graph.c, api_graph_ops.c, libgan/graph/compose.c: what a callback builds has the
 * values of the formulas in the headers and their exact derivatives. (Errors:
 * test_bad_input_graph.c; whom it asks: test_scene.c.) */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/graph_ops.h>

#include "graph/scene.h"
#include "graph_run.h"

/* What the callbacks find: real rows [N, W], fake rows [N, W], latents [W, 2], labels [N]. */
enum { N = 4, W = 3, REAL = 0, FAKE, LATENT, LABELS, SLOTS };
static const double real_values[N * W] = {0.3,  -1.2, 0.7, 1.4,  0.9, -0.4,
                                          -0.8, 0.5,  1.1, -0.2, 0.6, -1.3};
static const double fake_values[N * W] = {1.5, 0.8, 2.1, 0.4, 1.9, 0.7,
                                          1.2, 0.6, 1.7, 2.2, 0.9, 1.1};
static const double latent_values[W * 2] = {0.2, -0.5, 1.3, 0.7, -0.9, 0.1};
static const double label_values[N] = {2, 0, 5, -1};
static const double *const given[SLOTS] = {real_values, fake_values, latent_values, label_values};

typedef struct stage {
  gan__graph *graph;
  gan__id nodes[SLOTS];
} stage;

static gan__id stage_rows(void *self, int32_t rows) {
  return ((stage *)self)->nodes[rows == GAN_ROWS_REAL ? REAL : FAKE];
}
static gan__id stage_latent(void *self) {
  return ((stage *)self)->nodes[LATENT];
}
static gan__id stage_labels(void *self) {
  return ((stage *)self)->nodes[LABELS];
}

/* A value [..] that a callback makes of these, and what it should be. */
typedef int32_t (*builder)(gan_graph *g);
typedef void (*formula)(double *out);

typedef struct job {
  builder build;
  int32_t value, term, gradients[3];
} job;

static int32_t real(gan_graph *g) {
  return gan_graph_rows(g, GAN_ROWS_REAL);
}
static int32_t fake(gan_graph *g) {
  return gan_graph_rows(g, GAN_ROWS_FAKE);
}

/* The term is the sum of the value's elements with weights 1, 1.25, 1.5, ..., so that no element
 * can stand for another. */
static int32_t build_term(gan_graph *g, void *user) {
  job *own = user;
  int32_t value = own->build(g), elements = (int32_t)gan_graph_elements(g, value);
  own->value = value;
  if (gan_graph_dtype(g, value) == GAN_I32) value = gan_graph_cast(g, value, 0);
  int64_t flat = elements;
  int32_t weight = gan_graph_iota(g, 0, 1, &flat, 0);
  weight = gan_graph_shift(g, gan_graph_scale(g, weight, 0.25), 1);
  own->term = gan_graph_dot(g, gan_graph_reshape(g, value, 1, &flat), weight);
  int32_t xs[3] = {real(g), fake(g), gan_graph_latent(g)};
  assert_int_equal(gan_graph_gradient(g, own->term, xs, 3, own->gradients), GAN_OK);
  return own->term;
}

static gan__graph *stage_graph(gan_context *context, stage *self) {
  static const gan__shape shapes[SLOTS] = {{2, {N, W}}, {2, {N, W}}, {2, {W, 2}}, {1, {N}}};
  static const char *const names[SLOTS] = {"real", "fake", "latent", "labels"};
  assert_int_equal(gan__graph_create(context, &self->graph), GAN_OK);
  for (int32_t i = 0; i < SLOTS; i++)
    self->nodes[i] =
        gan__graph_input(self->graph, names[i], i == LABELS ? GAN_I32 : GAN_F64, &shapes[i]);
  return self->graph;
}

static gan__scene stage_scene(stage *self) {
  return (gan__scene){.self = self,
                      .dtype = GAN_F64,
                      .rows = stage_rows,
                      .labels = stage_labels,
                      .latent = stage_latent};
}

/* Outputs of a run: the value, the term, its gradients by the first three slots. */
enum { VALUE, TERM, GRADIENTS };

static void start(gan_context *context, builder build, graph_run *run, gan__graph **graph) {
  stage self;
  job own = {.build = build};
  gan__id result;
  *graph = stage_graph(context, &self);
  gan__scene scene = stage_scene(&self);
  if (gan__scene_run(*graph, &scene, build_term, &own, &result) != GAN_OK)
    fail_msg("%s", gan_context_message(context));
  assert_int_equal(result, own.term);
  gan__graph_output(*graph, "value", (gan__id)own.value);
  gan__graph_output(*graph, "term", result);
  for (int32_t i = 0; i < 3; i++)
    gan__graph_output(*graph, "gradient", (gan__id)own.gradients[i]);
  graph_run_create(*graph, GRAPH_RUN_NORMAL, run);
}

/* The term with one element of one slot changed. */
static double term_at(graph_run *run, int32_t slot, int64_t element, double change) {
  double rooms[SLOTS][N * W] = {{0}}, *slots[SLOTS];
  static const int32_t counts[SLOTS] = {N * W, N * W, W * 2, N};
  for (int32_t i = 0; i < SLOTS; i++) {
    memcpy(rooms[i], given[i], (size_t)counts[i] * sizeof **given);
    slots[i] = rooms[i];
  }
  if (change != 0) rooms[slot][element] += change;
  graph_run_bind(run, slots, NULL);
  graph_run_go(run);
  double *term = graph_run_read(run, TERM), value = *term;
  free(term);
  return value;
}

/* f64 against libm: a few units in the last place of sums of a dozen numbers near 1. */
static bool near(double got, double want) {
  return fabs(got - want) <= 1e-13 * (1 + fabs(want));
}

static void check_value(gan_context *context, const char *name, builder build, formula want) {
  graph_run run;
  gan__graph *graph;
  double expected[64];
  for (int32_t i = 0; i < 64; i++)
    expected[i] = (double)NAN;
  start(context, build, &run, &graph);
  term_at(&run, 0, 0, 0);
  double *got = graph_run_read(&run, VALUE);
  int64_t count = graph_run_count(&run, VALUE);
  want(expected);
  assert_true(count < 64 && isnan(expected[count])); /* as many as there should be */
  for (int64_t i = 0; i < count; i++)
    if (!near(got[i], expected[i]))
      fail_msg("%s[%lld] is %.17g, not %.17g", name, (long long)i, got[i], expected[i]);
  free(got);
  graph_run_destroy(&run);
  gan__graph_destroy(graph);
}

/* Central differences with h = 1e-5: h^2 times a third derivative of at most some hundred, and
 * rounding of 1e-15 / h; so 1e-7. */
static void check_slopes(gan_context *context, const char *name, builder build) {
  static const int64_t counts[3] = {N * W, N * W, W * 2};
  const double h = 1e-5;
  graph_run run;
  gan__graph *graph;
  start(context, build, &run, &graph);
  for (int32_t slot = 0; slot < 3; slot++) {
    term_at(&run, 0, 0, 0);
    double *slopes = graph_run_read(&run, GRADIENTS + slot);
    for (int64_t i = 0; i < counts[slot]; i++) {
      double up = term_at(&run, slot, i, h), down = term_at(&run, slot, i, -h);
      double want = (up - down) / (2 * h);
      if (fabs(slopes[i] - want) > 1e-7 * (1 + fabs(want)))
        fail_msg("%s: slope %lld of slot %d is %.12g, not %.12g", name, (long long)i, slot,
                 slopes[i], want);
    }
    free(slopes);
  }
  graph_run_destroy(&run);
  gan__graph_destroy(graph);
}

/* ---- Functions of one number. ---- */

static double softplus(double x) {
  return log1p(exp(x));
}
static double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}
static double relu(double x) {
  return x > 0 ? x : 0;
}
static double sign(double x) {
  return (x > 0) - (x < 0);
}
static double step(double x) {
  return x > 0;
}
static double negative(double x) {
  return -x;
}
static double square(double x) {
  return x * x;
}
static double rsqrt(double x) {
  return 1 / sqrt(x);
}
static double one(double x) {
  return x == x;
}
static double itself(double x) {
  return x;
}

static const struct unary {
  const char *name;
  int32_t (*call)(gan_graph *g, int32_t a);
  double (*want)(double x);
  bool positive; /* of fake rows, which are; else of real rows */
} unaries[] = {
    {"neg", gan_graph_neg, negative, false},
    {"exp", gan_graph_exp, exp, false},
    {"log", gan_graph_log, log, true},
    {"log1p", gan_graph_log1p, log1p, true},
    {"sqrt", gan_graph_sqrt, sqrt, true},
    {"rsqrt", gan_graph_rsqrt, rsqrt, true},
    {"tanh", gan_graph_tanh, tanh, false},
    {"sigmoid", gan_graph_sigmoid, sigmoid, false},
    {"softplus", gan_graph_softplus, softplus, false},
    {"relu", gan_graph_relu, relu, false},
    {"abs", gan_graph_abs, fabs, false},
    {"sign", gan_graph_sign, sign, false},
    {"step", gan_graph_step, step, false},
    {"sin", gan_graph_sin, sin, false},
    {"cos", gan_graph_cos, cos, false},
    {"square", gan_graph_square, square, false},
    {"is_finite", gan_graph_is_finite, one, false},
    {"stop_gradient", gan_graph_stop_gradient, itself, false},
};
static const struct unary *now_unary;

static int32_t build_unary(gan_graph *g) {
  return now_unary->call(g, now_unary->positive ? fake(g) : real(g));
}
static void want_unary(double *out) {
  for (int32_t i = 0; i < N * W; i++)
    out[i] = now_unary->want((now_unary->positive ? fake_values : real_values)[i]);
}

static void functions_of_one_number(void **state) {
  for (size_t i = 0; i < sizeof unaries / sizeof *unaries; i++) {
    now_unary = &unaries[i];
    check_value(*state, now_unary->name, build_unary, want_unary);
    if (now_unary->call != gan_graph_stop_gradient)
      check_slopes(*state, now_unary->name, build_unary);
  }
}

/* ---- Functions of two, the second [W], stretched over the rows. ---- */

static double sum(double a, double b) {
  return a + b;
}
static double difference(double a, double b) {
  return a - b;
}
static double product(double a, double b) {
  return a * b;
}
static double quotient(double a, double b) {
  return a / b;
}

static const struct binary {
  const char *name;
  int32_t (*call)(gan_graph *g, int32_t a, int32_t b);
  double (*want)(double a, double b);
} binaries[] = {
    {"add", gan_graph_add, sum},     {"sub", gan_graph_sub, difference},
    {"mul", gan_graph_mul, product}, {"div", gan_graph_div, quotient},
    {"max", gan_graph_max, fmax},    {"min", gan_graph_min, fmin},
    {"pow", gan_graph_pow, pow},
};
static const struct binary *now_binary;

/* The first row of fake rows, [W]. */
static int32_t first_row(gan_graph *g) {
  const int64_t row[1] = {W};
  return gan_graph_reshape(g, gan_graph_slice(g, fake(g), 0, 0, 1, 1), 1, row);
}
static int32_t build_binary(gan_graph *g) {
  return now_binary->call(g, gan_graph_exp(g, real(g)), first_row(g));
}
static void want_binary(double *out) {
  for (int32_t i = 0; i < N * W; i++)
    out[i] = now_binary->want(exp(real_values[i]), fake_values[i % W]);
}

static void functions_of_two_numbers(void **state) {
  for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++) {
    now_binary = &binaries[i];
    check_value(*state, now_binary->name, build_binary, want_binary);
    check_slopes(*state, now_binary->name, build_binary);
  }
}

static int32_t now_kind;

/* Labels against 0, 0, 2, 2: all of <, == and > occur. */
static int32_t build_compare(gan_graph *g) {
  const int64_t rows[1] = {N};
  int32_t own = gan_graph_iota(g, GAN_I32, 1, rows, 0);
  return gan_graph_compare(g, gan_graph_labels(g), now_kind, own);
}
static void want_compare(double *out) {
  for (int32_t i = 0; i < N; i++) {
    double a = label_values[i], b = i;
    const bool holds[] = {a<b, a <= b, a == b, a != b, a >= b, a> b};
    out[i] = holds[now_kind - GAN_COMPARE_LESS];
  }
}
static int32_t build_equal(gan_graph *g) {
  return gan_graph_compare(g, gan_graph_relu(g, real(g)), now_kind, gan_graph_scalar(g, 0));
}
static void want_equal(double *out) {
  for (int32_t i = 0; i < N * W; i++) {
    double a = relu(real_values[i]);
    const bool holds[] = {a<0, a <= 0, a == 0, a != 0, a >= 0, a> 0};
    out[i] = holds[now_kind - GAN_COMPARE_LESS];
  }
}

static void comparisons(void **state) {
  for (now_kind = GAN_COMPARE_LESS; now_kind <= GAN_COMPARE_GREATER; now_kind++) {
    check_value(*state, "compare", build_compare, want_compare);
    check_value(*state, "compare", build_equal, want_equal);
  }
}

/* ---- Everything else, one by one. ---- */

#define EACH(i, count) for (int32_t i = 0; i < (count); i++)

static double at(const double *rows, int32_t row, int32_t column) {
  return rows[row * W + column];
}
static double sum_row(int32_t row, double (*of)(double x)) {
  double total = 0;
  EACH(j, W) total += of(at(real_values, row, j));
  return total;
}

static int32_t tripled(gan_graph *g) {
  const int32_t parts[3] = {real(g), real(g), fake(g)};
  return gan_graph_concat(g, parts, 3, 1);
}
static int32_t swapped(gan_graph *g) {
  const int32_t order[2] = {1, 0};
  return gan_graph_transpose(g, real(g), 2, order);
}
static int32_t select_larger(gan_graph *g) {
  int32_t test = gan_graph_compare(g, real(g), GAN_COMPARE_GREATER, gan_graph_scalar(g, 0.1));
  return gan_graph_select(g, test, gan_graph_square(g, real(g)), fake(g));
}
/* [2, 2, W] times [2, W, 2] */
static int32_t batched(gan_graph *g) {
  const int64_t left[3] = {2, 2, W}, right[3] = {2, W, 2};
  return gan_graph_matmul(g, gan_graph_reshape(g, real(g), 3, left),
                          gan_graph_reshape(g, fake(g), 3, right), 0, 0);
}
static const int64_t two_by_two[2] = {2, 2}, three_by_four[2] = {W, N}, block[3] = {2, N, W};

#define VALUE(name, call, ...)                                                                     \
  static int32_t build_##name(gan_graph *g) {                                                      \
    return call;                                                                                   \
  }                                                                                                \
  static void want_##name(double *out) {                                                           \
    __VA_ARGS__                                                                                    \
  }
#include "graph_values.def"
#undef VALUE

static const struct row {
  const char *name;
  builder build;
  formula want;
} rows[] = {
#define VALUE(name, ...) {#name, build_##name, want_##name},
#include "graph_values.def"
};

static void values_of_all_others(void **state) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    check_value(*state, rows[i].name, rows[i].build, rows[i].want);
}

static void slopes_of_all_others(void **state) {
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    check_slopes(*state, rows[i].name, rows[i].build);
}

/* ---- Derivatives in a term, differentiated again. ---- */

/* sum over rows of (|d f / d x| - 1)^2 for f = sum tanh(x z): a gradient penalty. */
static int32_t penalty(gan_graph *g) {
  int32_t x = real(g), slope;
  int32_t f =
      gan_graph_sum_all(g, gan_graph_tanh(g, gan_graph_matmul(g, x, gan_graph_latent(g), 0, 0)));
  gan_graph_gradient(g, f, &x, 1, &slope);
  return gan_graph_square(g, gan_graph_shift(g, gan_graph_norm(g, slope, 1, 1), -1));
}
/* |d f / d x|^2 of each composed function: their second derivatives. */
static int32_t consensus_of(gan_graph *g, int32_t value) {
  int32_t x = real(g), slope;
  int32_t weighted = gan_graph_mul(g, value, value);
  gan_graph_gradient(g, gan_graph_sum_all(g, weighted), &x, 1, &slope);
  return gan_graph_dot(g, slope, slope);
}
static int32_t second_logsumexp(gan_graph *g) {
  return consensus_of(g, gan_graph_logsumexp(g, real(g), 1));
}
static int32_t second_log_softmax(gan_graph *g) {
  return consensus_of(g, gan_graph_log_softmax(g, real(g), 1));
}
static int32_t second_softmax(gan_graph *g) {
  return consensus_of(g, gan_graph_softmax(g, real(g), 0));
}
static int32_t second_norm(gan_graph *g) {
  return consensus_of(g, gan_graph_exp(g, gan_graph_norm(g, real(g), 1, 1)));
}

static void derivatives_can_be_part_of_a_term(void **state) {
  check_slopes(*state, "penalty", penalty);
  check_slopes(*state, "logsumexp", second_logsumexp);
  check_slopes(*state, "log_softmax", second_log_softmax);
  check_slopes(*state, "softmax", second_softmax);
  check_slopes(*state, "norm", second_norm);
}

/* Shifted by 1000 and -1000 the plain formulas overflow. */
static int32_t far_logsumexp(gan_graph *g) {
  int32_t up = gan_graph_logsumexp(g, gan_graph_shift(g, real(g), 1000), 1);
  int32_t down = gan_graph_logsumexp(g, gan_graph_shift(g, real(g), -1000), 1);
  return gan_graph_add(g, up, down);
}
static void want_far_logsumexp(double *out) {
  EACH(i, N) out[i] = 2 * log(sum_row(i, exp));
}
static int32_t far_softmax(gan_graph *g) {
  return gan_graph_softmax(g, gan_graph_scale(g, real(g), 1000), 1);
}
static void want_far_softmax(double *out) {
  static const int32_t largest[N] = {2, 0, 2, 1};
  EACH(i, N * W) out[i] = largest[i / W] == i % W;
}

static void softmax_does_not_overflow(void **state) {
  graph_run run;
  gan__graph *graph;
  double want[8];
  /* The shift costs the digits above it: 1e3 * 2^-52 is 2e-13. */
  start(*state, far_logsumexp, &run, &graph);
  term_at(&run, 0, 0, 0);
  double *got = graph_run_read(&run, VALUE);
  want_far_logsumexp(want);
  EACH(i, N) assert_true(fabs(got[i] - want[i]) < 1e-12);
  free(got);
  graph_run_destroy(&run);
  gan__graph_destroy(graph);
  check_value(*state, "softmax", far_softmax, want_far_softmax);
}

/* ---- Nothing flows through a stop; the norm of zeros has the slope 0. ---- */

static int32_t stopped(gan_graph *g) {
  return gan_graph_mul(g, gan_graph_stop_gradient(g, real(g)), real(g));
}
static int32_t norm_of_zero(gan_graph *g) {
  return gan_graph_norm(g, gan_graph_scale(g, real(g), 0), 0, 2);
}
static int32_t norm_at_zero(gan_graph *g) {
  return gan_graph_norm(g, gan_graph_sub(g, real(g), gan_graph_stop_gradient(g, real(g))), 0, 2);
}

static void expect_slopes(gan_context *context, builder build, const double *want) {
  graph_run run;
  gan__graph *graph;
  start(context, build, &run, &graph);
  term_at(&run, 0, 0, 0);
  double *got = graph_run_read(&run, GRADIENTS);
  EACH(i, N * W) assert_true(near(got[i], want[i]));
  free(got);
  graph_run_destroy(&run);
  gan__graph_destroy(graph);
}

static void slopes_at_special_points(void **state) {
  static const double zeros[N * W];
  double weighted[N * W];
  EACH(i, N * W) weighted[i] = real_values[i] * (1 + 0.25 * i);
  expect_slopes(*state, stopped, weighted);
  expect_slopes(*state, norm_of_zero, zeros);
  expect_slopes(*state, norm_at_zero, zeros);
}

static int make_context(void **state) {
  gan_context *context = NULL;
  gan_status status = gan_context_create(&context);
  *state = context;
  return status;
}
static int free_context(void **state) {
  gan_context_destroy(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_of_one_number),
      cmocka_unit_test(functions_of_two_numbers),
      cmocka_unit_test(comparisons),
      cmocka_unit_test(values_of_all_others),
      cmocka_unit_test(slopes_of_all_others),
      cmocka_unit_test(derivatives_can_be_part_of_a_term),
      cmocka_unit_test(softmax_does_not_overflow),
      cmocka_unit_test(slopes_at_special_points),
  };
  return cmocka_run_group_tests(tests, make_context, free_context);
}
