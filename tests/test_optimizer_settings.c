/* SPDX-License-Identifier: MIT */
/* libgan/train/optimizer_apply.c: schedules, limits and history against a plain loop over numbers.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph/gradient.h"
#include "graph_run.h"
#include "players.h"

static failing memory;
static gan_context *context;

static int set_up(void **state) {
  (void)state;
  context = failing_context(&memory);
  return context == NULL;
}

static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return memory.live != 0;
}

/* ---- What is updated: a weight [3, 4], a bias [4], something of rank 3 [2, 2, 2]. ---- */

enum { PARTS = 3, IN = 3, OUT = 4, NUMBERS = IN * OUT + OUT + 8, STEPS = 60, ARRAYS = 4 };
static const int32_t begins[PARTS + 1] = {0, IN *OUT, IN *OUT + OUT, NUMBERS};

static double first_value(int32_t e) {
  return 0.4 * cos(1 + 2.3 * e);
}

/* Different in every step, 0 everywhere in some: the norm of the whole gradient is then 0. */
static double gradient_of(int32_t step, int32_t e) {
  return step % 7 == 3 ? 0 : (1 + step % 5) * sin(0.7 + 1.9 * step + 0.37 * e * (1 + step % 3));
}

/* ---- The same in plain numbers, from the formulas of the header. ---- */

typedef struct numbers {
  double p[NUMBERS], m[NUMBERS], v[NUMBERS], h[NUMBERS];
} numbers;

static double between(double low, double x, double high) {
  return x < low ? low : x > high ? high : x;
}

static double fall(double t, double start, double end) {
  if (end <= start + 1) return t < end ? 1 : 0;
  return between(0, (end - t) / (end - start), 1);
}

static double plain_rate(const double *s, double t) {
  double rate = s[GAN_LEARNING_RATE] / pow(s[GAN_RATE_DECAY], t);
  if (rate < s[GAN_RATE_FLOOR]) rate = s[GAN_RATE_FLOOR];
  if (s[GAN_RATE_LINEAR_END] == 0) return rate;
  return rate * fall(t, s[GAN_RATE_LINEAR_START], s[GAN_RATE_LINEAR_END]);
}

static double plain_momentum(const double *s, double t) {
  if (s[GAN_MOMENTUM_END] == 0) return s[GAN_MOMENTUM];
  double part = 1 - fall(t, s[GAN_MOMENTUM_START], s[GAN_MOMENTUM_END]);
  return s[GAN_MOMENTUM] + (s[GAN_MOMENTUM_FINAL] - s[GAN_MOMENTUM]) * part;
}

static double adam_direction(const double *s, double m, double v) {
  return m / (sqrt(v) + s[GAN_EPSILON]);
}

/* How far one number moves. */
static double plain_move(int32_t kind, const double *s, double t, double g, double *m, double *v) {
  double rate = plain_rate(s, t), momentum = plain_momentum(s, t), before = *m;
  double direction = adam_direction(s, *m, *v);
  switch (kind) {
  case GAN_OPTIMIZER_SGD:
    return -rate * g;
  case GAN_OPTIMIZER_MOMENTUM:
    *m = momentum * *m + g;
    return -rate * *m;
  case GAN_OPTIMIZER_NESTEROV:
    *m = momentum * *m + g;
    return -rate * (g + momentum * *m);
  case GAN_OPTIMIZER_RMSPROP:
    *m = s[GAN_RHO] * *m + (1 - s[GAN_RHO]) * g * g;
    return -rate * adam_direction(s, g, *m);
  case GAN_OPTIMIZER_OPTIMISTIC:
    *m = g;
    return t == 0 ? -rate * g : rate * (before - 2 * g);
  default:
    break;
  }
  *m = s[GAN_BETA1] * *m + (1 - s[GAN_BETA1]) * g;
  *v = s[GAN_BETA2] * *v + (1 - s[GAN_BETA2]) * g * g;
  rate *= sqrt(1 - pow(s[GAN_BETA2], t + 1)) / (1 - pow(s[GAN_BETA1], t + 1));
  if (kind == GAN_OPTIMIZER_ADAM || t == 0) return -rate * adam_direction(s, *m, *v);
  return rate * (direction - 2 * adam_direction(s, *m, *v));
}

static void plain_columns(double limit, double *weight) {
  for (int32_t c = 0; c < OUT; c++) {
    double norm = 0;
    for (int32_t r = 0; r < IN; r++)
      norm += weight[r * OUT + c] * weight[r * OUT + c];
    norm = sqrt(norm);
    for (int32_t r = 0; r < IN && norm > limit; r++)
      weight[r * OUT + c] *= limit / norm;
  }
}

/* Update t; the parameters before number `from` are not trained. */
static void plain_update(const gan_optimizer *optimizer, int32_t t, int32_t from, numbers *x) {
  const double *s = optimizer->settings;
  double norm = 0, factor = 1, clip = s[GAN_WEIGHT_CLIP], most = s[GAN_GRADIENT_CLIP];
  for (int32_t e = from; e < NUMBERS; e++)
    norm += gradient_of(t, e) * gradient_of(t, e);
  norm = sqrt(norm);
  for (int32_t e = 0; e < NUMBERS; e++)
    x->h[e] = (x->h[e] * t + x->p[e]) / (t + 1);
  if (most > 0 && norm > most) factor = most / norm;
  for (int32_t e = from; e < NUMBERS; e++) {
    x->p[e] += plain_move(optimizer->kind, s, t, factor * gradient_of(t, e), &x->m[e], &x->v[e]);
    if (clip > 0) x->p[e] = between(-clip, x->p[e], clip);
  }
  if (s[GAN_MAX_COLUMN_NORM] > 0 && from == 0) plain_columns(s[GAN_MAX_COLUMN_NORM], x->p);
}

/* ---- The update as a graph; states are parameters, then slots 0, 1, 2, then t. ---- */

typedef struct subject {
  gan__graph *graph;
  gan__position position;
  gan__id gradients[PARTS], reads[ARRAYS][PARTS], updates;
} subject;

static const gan__shape shapes[PARTS] = {
    {.rank = 2, .dims = {IN, OUT}}, {.rank = 1, .dims = {OUT}}, {.rank = 3, .dims = {2, 2, 2}}};

static void declare(subject *s, int32_t dtype) {
  gan__shape scalar = {0};
  assert_int_equal(gan__graph_create(context, &s->graph), GAN_OK);
  assert_int_equal(gan__position_init(context, PARTS, &s->position), GAN_OK);
  for (int32_t i = 0; i < PARTS; i++)
    s->gradients[i] = gan__graph_input(s->graph, "gradient", dtype, &shapes[i]);
  for (int32_t a = 0; a < ARRAYS; a++)
    for (int32_t i = 0; i < PARTS; i++) {
      s->reads[a][i] = gan__graph_state(s->graph, "state", dtype, &shapes[i]);
      gan__id *held = a == 0 ? s->position.parameters : s->position.moments[a - 1];
      held[i] = s->reads[a][i];
    }
  s->updates = s->position.updates = gan__graph_state(s->graph, "t", GAN_F64, &scalar);
}

static gan__id held_by(const gan__position *position, int32_t array, int32_t part) {
  return array == 0 ? position->parameters[part] : position->moments[array - 1][part];
}

/* Applies the update and commits what has changed. */
static void apply(const gan_optimizer *optimizer, subject *s) {
  gan__shape scalar = {0};
  gan__id rate = gan__graph_input(s->graph, "rate", GAN_F64, &scalar);
  gan__optimizer_apply(optimizer, s->graph, rate, s->gradients, &s->position);
  for (int32_t a = 0; a < ARRAYS; a++)
    for (int32_t i = 0; i < PARTS; i++)
      if (held_by(&s->position, a, i) != s->reads[a][i])
        gan__graph_commit(s->graph, a * PARTS + i, held_by(&s->position, a, i));
  gan__graph_commit(s->graph, ARRAYS * PARTS, s->position.updates);
}

static void finish(subject *s) {
  gan__position_finish(context, &s->position);
  gan__graph_destroy(s->graph);
}

static void start_run(const subject *s, graph_run *run) {
  double start[NUMBERS], zeros[NUMBERS] = {0}, *states[ARRAYS * PARTS + 1];
  for (int32_t e = 0; e < NUMBERS; e++)
    start[e] = first_value(e);
  for (int32_t k = 0; k <= ARRAYS * PARTS; k++)
    states[k] = k < PARTS ? start + begins[k] : zeros;
  graph_run_create(s->graph, GRAPH_RUN_NORMAL, run);
  graph_run_bind(run, NULL, states);
}

static void one_run(graph_run *run, int32_t step, double rate) {
  double gradient[NUMBERS], *slots[PARTS + 1];
  for (int32_t e = 0; e < NUMBERS; e++)
    gradient[e] = gradient_of(step, e);
  for (int32_t i = 0; i < PARTS; i++)
    slots[i] = gradient + begins[i];
  slots[PARTS] = &rate;
  graph_run_bind(run, slots, NULL);
  graph_run_go(run);
  gan__plan_commit(run->plan, &run->bindings);
}

static double farthest(graph_run *run, int32_t array, const double *wanted) {
  double most = 0;
  for (int32_t i = 0; i < PARTS; i++) {
    double *is = graph_run_state(run, array * PARTS + i);
    for (int32_t e = begins[i]; e < begins[i + 1]; e++) {
      double error = fabs(is[e - begins[i]] - wanted[e]);
      if (!(error <= most)) most = error; /* a NaN too */
    }
    free(is);
  }
  return most;
}

/* ---- Every kind with every schedule and limit. ---- */

typedef struct pair {
  int32_t setting;
  double value;
} pair;

enum { PAIRS = 6 };
static const pair configurations[][PAIRS] = {
    {{0, 0}},
    {{GAN_RATE_DECAY, 1.05}},
    {{GAN_RATE_DECAY, 1.1}, {GAN_RATE_FLOOR, 0.01}},
    {{GAN_RATE_FLOOR, 0.3}},
    {{GAN_RATE_LINEAR_END, 40}},
    {{GAN_RATE_LINEAR_START, 20}, {GAN_RATE_LINEAR_END, 50}},
    {{GAN_RATE_LINEAR_START, 20}, {GAN_RATE_LINEAR_END, 5}, {GAN_RATE_FLOOR, 0.001}},
    {{GAN_MOMENTUM, 0.5},
     {GAN_MOMENTUM_FINAL, 0.7},
     {GAN_MOMENTUM_START, 5},
     {GAN_MOMENTUM_END, 45}},
    {{GAN_MOMENTUM, 0}, {GAN_MOMENTUM_FINAL, 0.9}, {GAN_MOMENTUM_END, 1}},
    {{GAN_GRADIENT_CLIP, 4}},
    {{GAN_GRADIENT_CLIP, 1e-30}},
    {{GAN_WEIGHT_CLIP, 0.25}},
    {{GAN_MAX_COLUMN_NORM, 0.6}},
    {{GAN_WEIGHT_CLIP, 0.3}, {GAN_MAX_COLUMN_NORM, 0.4}, {GAN_GRADIENT_CLIP, 3}},
    {{GAN_RATE_DECAY, 1.000004},
     {GAN_RATE_FLOOR, 1e-6},
     {GAN_MOMENTUM_FINAL, 0.7},
     {GAN_MOMENTUM_START, 1},
     {GAN_MOMENTUM_END, 30},
     {GAN_MAX_COLUMN_NORM, 0.5}},
};
enum { CONFIGURATIONS = sizeof configurations / sizeof *configurations };

/* False where the kind has not all of these settings. */
static bool configure(gan_optimizer *optimizer, const pair *pairs) {
  for (int32_t i = 0; i < PAIRS && pairs[i].setting; i++)
    if (gan_optimizer_set(optimizer, pairs[i].setting, pairs[i].value) != GAN_OK) return false;
  return true;
}

/* STEPS updates of the committed graph; part 0 is trained or not. */
static void compare_with_numbers(const gan_optimizer *optimizer, const subject *s, bool all,
                                 int32_t configuration) {
  graph_run run;
  bool single = gan__node_at(s->graph, s->reads[0][0])->dtype == GAN_F32;
  start_run(s, &run);
  numbers x = {.p = {0}};
  for (int32_t e = 0; e < NUMBERS; e++)
    x.p[e] = first_value(e);
  const double *wanted[ARRAYS] = {x.p, x.m, x.v, x.h};
  for (int32_t step = 0; step < STEPS; step++) {
    one_run(&run, step, optimizer->settings[GAN_LEARNING_RATE]);
    plain_update(optimizer, step, all ? 0 : begins[1], &x);
    for (int32_t a = 0; a < ARRAYS; a++) {
      if (a > 0 && !gan__optimizer_keeps(optimizer, a - 1)) continue;
      /* 60 steps of some ten roundings each of numbers up to 50, the velocities. */
      double error = farthest(&run, a, wanted[a]);
      if (!(error <= (single ? 5e-4 : 1e-12)))
        fail_msg("kind %d, configuration %d, step %d, array %d: wrong by %g", optimizer->kind,
                 configuration, step, a, error);
    }
  }
  graph_run_destroy(&run);
}

static void settings_follow_their_formulas(void **state) {
  (void)state;
  int32_t compared = 0;
  for (int32_t kind = GAN_OPTIMIZER_SGD; kind <= GAN_OPTIMIZER_OPTIMISTIC_ADAM; kind++)
    for (int32_t c = 0; c < CONFIGURATIONS; c++) {
      gan_optimizer *optimizer;
      assert_int_equal(gan_optimizer_create(context, kind, &optimizer), GAN_OK);
      assert_int_equal(gan_optimizer_set(optimizer, GAN_LEARNING_RATE, 0.05), GAN_OK);
      if (c % 2 == 0) assert_int_equal(gan__optimizer_keep_history(optimizer), GAN_OK);
      if (configure(optimizer, configurations[c])) {
        for (int32_t dtype = GAN_F32; dtype <= GAN_F64; dtype++) {
          subject s;
          declare(&s, dtype);
          apply(optimizer, &s);
          compare_with_numbers(optimizer, &s, true, c);
          finish(&s);
        }
        compared++;
      }
      gan_optimizer_destroy(optimizer);
    }
  /* Three configurations are for momentum and Nesterov alone. */
  assert_int_equal(compared, 7 * CONFIGURATIONS - 5 * 3);
}

/* Each setting that is off at first adds no node, and neither does a history that is not kept. */
static void what_is_off_adds_nothing(void **state) {
  (void)state;
  static const pair off[] = {{GAN_RATE_DECAY, 1},        {GAN_RATE_FLOOR, 0},
                             {GAN_RATE_LINEAR_START, 9}, {GAN_RATE_LINEAR_END, 0},
                             {GAN_MOMENTUM_FINAL, 0.5},  {GAN_MOMENTUM_START, 9},
                             {GAN_MOMENTUM_END, 0},      {GAN_GRADIENT_CLIP, 0},
                             {GAN_WEIGHT_CLIP, 0},       {GAN_MAX_COLUMN_NORM, 0}};
  uint64_t counts[2];
  for (int32_t i = 0; i < 2; i++) {
    gan_optimizer *optimizer;
    subject s;
    assert_int_equal(gan_optimizer_create(context, GAN_OPTIMIZER_MOMENTUM, &optimizer), GAN_OK);
    for (size_t k = 0; i == 1 && k < sizeof off / sizeof *off; k++)
      assert_int_equal(gan_optimizer_set(optimizer, off[k].setting, off[k].value), GAN_OK);
    declare(&s, GAN_F32);
    uint64_t before = s.graph->count;
    apply(optimizer, &s);
    counts[i] = s.graph->count - before;
    finish(&s);
    gan_optimizer_destroy(optimizer);
  }
  assert_int_equal(counts[0], counts[1]);
}

/* A norm whose square is beyond f32 fails the step; it does not quietly become a factor 0. */
static void overflowing_norms_are_not_finite(void **state) {
  (void)state;
  static const int32_t limits[] = {GAN_GRADIENT_CLIP, GAN_MAX_COLUMN_NORM};
  for (int32_t i = 0; i < 2; i++) {
    gan_optimizer *optimizer;
    subject s;
    graph_run run;
    assert_int_equal(gan_optimizer_create(context, GAN_OPTIMIZER_SGD, &optimizer), GAN_OK);
    assert_int_equal(gan_optimizer_set(optimizer, limits[i], 1), GAN_OK);
    declare(&s, GAN_F32);
    apply(optimizer, &s);
    start_run(&s, &run);
    double huge[NUMBERS], rate = 1, *slots[PARTS + 1] = {huge, huge, huge, &rate};
    for (int32_t e = 0; e < NUMBERS; e++)
      huge[e] = 1e20;
    graph_run_bind(&run, slots, NULL);
    graph_run_go(&run);
    gan__plan_commit(run.plan, &run.bindings);
    double *p = graph_run_state(&run, 0);
    assert_true(isnan(p[0]));
    free(p);
    graph_run_destroy(&run);
    finish(&s);
    gan_optimizer_destroy(optimizer);
  }
}

/* All parameters and gradients are 0: nothing is limited, so dp'/dp = 1, dp'/dg = -rate, and the
 * derivatives of these are 0 and no NaN. */
static void limits_are_smooth_where_norms_are_zero(void **state) {
  (void)state;
  static const pair limits[PAIRS] = {{GAN_GRADIENT_CLIP, 1}, {GAN_MAX_COLUMN_NORM, 1}};
  gan_optimizer *optimizer;
  subject s;
  graph_run run;
  assert_int_equal(gan_optimizer_create(context, GAN_OPTIMIZER_SGD, &optimizer), GAN_OK);
  assert_true(configure(optimizer, limits));
  declare(&s, GAN_F64);
  apply(optimizer, &s);
  gan__id sum = gan__op_sum_all(s.graph, s.position.parameters[0]);
  gan__id xs[2] = {s.gradients[0], s.reads[0][0]}, slopes[2], bends[2];
  gan__gradient(s.graph, sum, GAN__NONE, xs, 2, slopes);
  gan__id squares = gan__op_mul(s.graph, slopes[0], slopes[0]);
  gan__gradient(s.graph, gan__op_sum_all(s.graph, squares), GAN__NONE, xs, 2, bends);
  for (int32_t i = 0; i < 2; i++) {
    gan__graph_output(s.graph, "slope", slopes[i]);
    gan__graph_output(s.graph, "bend", bends[i]);
  }
  graph_run_create(s.graph, GRAPH_RUN_NORMAL, &run);
  double zeros[NUMBERS] = {0}, rate = 0.25, *slots[PARTS + 1] = {zeros, zeros, zeros, &rate};
  graph_run_bind(&run, slots, NULL);
  graph_run_go(&run);
  static const double wanted[4] = {-0.25, 0, 1, 0};
  for (int32_t i = 0; i < 4; i++) {
    double *is = graph_run_read(&run, i);
    for (int32_t e = 0; e < IN * OUT; e++)
      assert_true(is[e] == wanted[i]);
    free(is);
  }
  graph_run_destroy(&run);
  finish(&s);
  gan_optimizer_destroy(optimizer);
}

/* A parameter without a gradient keeps its nodes, counts for no norm, and has a history. */
static void untrained_parameters_stay(void **state) {
  (void)state;
  static const pair limits[PAIRS] = {
      {GAN_GRADIENT_CLIP, 1}, {GAN_WEIGHT_CLIP, 0.125}, {GAN_MAX_COLUMN_NORM, 0.0625}};
  for (int32_t kind = GAN_OPTIMIZER_SGD; kind <= GAN_OPTIMIZER_OPTIMISTIC_ADAM; kind++) {
    gan_optimizer *optimizer;
    subject s;
    assert_int_equal(gan_optimizer_create(context, kind, &optimizer), GAN_OK);
    assert_true(configure(optimizer, limits));
    assert_int_equal(gan__optimizer_keep_history(optimizer), GAN_OK);
    declare(&s, GAN_F64);
    s.gradients[0] = GAN__NONE;
    apply(optimizer, &s);
    for (int32_t a = 0; a < ARRAYS; a++)
      if (a != 1 + GAN__HISTORY) assert_int_equal(held_by(&s.position, a, 0), s.reads[a][0]);
    compare_with_numbers(optimizer, &s, false, -1);
    finish(&s);
    gan_optimizer_destroy(optimizer);
  }
}

static void failing_allocations_stick_in_the_graph(void **state) {
  (void)state;
  static const pair all[PAIRS] = {{GAN_RATE_DECAY, 1.1},      {GAN_RATE_LINEAR_END, 9},
                                  {GAN_GRADIENT_CLIP, 1},     {GAN_WEIGHT_CLIP, 0.125},
                                  {GAN_MAX_COLUMN_NORM, 0.5}, {GAN_RATE_FLOOR, 0.1}};
  gan_optimizer *optimizer;
  assert_int_equal(gan_optimizer_create(context, GAN_OPTIMIZER_OPTIMISTIC_ADAM, &optimizer),
                   GAN_OK);
  assert_true(configure(optimizer, all));
  assert_int_equal(gan__optimizer_keep_history(optimizer), GAN_OK);
  for (int64_t n = 1;; n++) {
    subject s;
    declare(&s, GAN_F32);
    memory.calls = 0;
    memory.fail_at = n;
    apply(optimizer, &s);
    memory.fail_at = 0;
    gan_status status = s.graph->status;
    bool reached = memory.calls >= n;
    finish(&s);
    assert_int_equal(status, reached ? GAN_ERROR_MEMORY : GAN_OK);
    if (!reached) break;
  }
  gan_optimizer_destroy(optimizer);
}

/* ---- The history. ---- */

static void history_is_kept_when_asked_for(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){.optimizer = GAN_OPTIMIZER_MOMENTUM});
  assert_true(gan__optimizer_keeps(p->og, 0));
  assert_false(gan__optimizer_keeps(p->og, 1));
  assert_false(gan__optimizer_keeps(p->og, GAN__HISTORY));
  assert_null(p->og->moments[GAN__HISTORY]);
  uint64_t version = p->og->version;
  gan_status status;
  FAIL_EACH_ALLOCATION(p->context, &p->memory, status, status = gan__optimizer_keep_history(p->og));
  assert_true(gan__optimizer_keeps(p->og, GAN__HISTORY));
  assert_int_equal(p->og->version, version + 1);
  void **history = p->og->moments[GAN__HISTORY];
  assert_non_null(history);
  assert_true(*(double *)history[0] == 0);
  MUST(gan__optimizer_keep_history(p->og)); /* once is enough */
  assert_int_equal(p->og->version, version + 1);
  assert_ptr_equal(p->og->moments[GAN__HISTORY], history);
  MUST(gan_optimizer_reset(p->og));
  assert_true(gan__optimizer_keeps(p->og, GAN__HISTORY));
  assert_null(p->og->moments[GAN__HISTORY]);
  FAIL_EACH_ALLOCATION(p->context, &p->memory, status,
                       status = gan__optimizer_bind(p->og, p->g->network));
  assert_non_null(p->og->moments[GAN__HISTORY]);
  players_destroy(p);
}

/* Switched on late it begins where the parameters are. */
static void late_history_begins_at_the_present(void **state) {
  (void)state;
  players made, *p = &made;
  players_create(p, &(setup){0});
  train(p, 2, 7);
  MUST(gan__optimizer_keep_history(p->od));
  const gan_network *network = gan_discriminator_network(p->d);
  for (int32_t i = 0; i < network->parameter_count; i++)
    assert_memory_equal(p->od->moments[GAN__HISTORY][i], network->parameters[i].data,
                        sizeof(double) * (size_t)gan__shape_count(&network->parameters[i].shape));
  players_destroy(p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(settings_follow_their_formulas, set_up, tear_down),
      cmocka_unit_test_setup_teardown(what_is_off_adds_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(overflowing_norms_are_not_finite, set_up, tear_down),
      cmocka_unit_test_setup_teardown(limits_are_smooth_where_norms_are_zero, set_up, tear_down),
      cmocka_unit_test_setup_teardown(untrained_parameters_stay, set_up, tear_down),
      cmocka_unit_test_setup_teardown(failing_allocations_stick_in_the_graph, set_up, tear_down),
      cmocka_unit_test(history_is_kept_when_asked_for),
      cmocka_unit_test(late_history_begins_at_the_present),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
