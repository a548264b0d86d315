/* SPDX-License-Identifier: MIT */
/* libgan/graph/scene.c: a callback is answered by those who lend it the graph, draws numbers of its
 * own, and leaves nothing behind when memory ends. (Values: test_graph_api.c; errors:
 * test_bad_input_graph.c.) */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/graph_ops.h>

#include "graph/build.h"
#include "graph/scene.h"
#include "graph_run.h"
#include "world.h"

/* Real rows [N, W], fake rows [N, W], latents [W, 2], labels [N]. */
enum { N = 4, W = 3, REAL = 0, FAKE, LATENT, LABELS, SLOTS };

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

static int32_t real(gan_graph *g) {
  return gan_graph_rows(g, GAN_ROWS_REAL);
}
static int32_t fake(gan_graph *g) {
  return gan_graph_rows(g, GAN_ROWS_FAKE);
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

/* ---- Draws. ---- */

typedef struct draws {
  int32_t values[6];
} draws;

static int32_t draw(gan_graph *g, void *user) {
  draws *own = user;
  const int64_t dims[2] = {50, 8};
  own->values[0] = gan_graph_uniform(g, 0, 2, dims, 1);
  own->values[1] = gan_graph_uniform(g, 0, 2, dims, 1);
  own->values[2] = gan_graph_uniform(g, 0, 2, dims, 2);
  own->values[3] = gan_graph_normal(g, GAN_F32, 2, dims, 1);
  own->values[4] = gan_graph_normal(g, 0, 2, dims, 3);
  own->values[5] = gan_graph_normal(g, 0, 0, NULL, 3);
  assert_int_equal(gan_graph_dtype(g, own->values[3]), GAN_F32);
  assert_int_equal(gan_graph_dtype(g, own->values[4]), GAN_F64);
  return gan_graph_sum_all(g, own->values[0]);
}

static void draws_are_told_apart_by_site(void **state) {
  stage self;
  draws first, again, elsewhere;
  gan__id result;
  gan__graph *graph = stage_graph(*state, &self);
  gan__scene scene = stage_scene(&self);
  assert_int_equal(gan__scene_run(graph, &scene, draw, &first, &result), GAN_OK);
  assert_int_equal(gan__scene_run(graph, &scene, draw, &again, &result), GAN_OK);
  assert_memory_equal(&first, &again, sizeof first); /* the same turn: the same draws */
  scene.site = 1;
  assert_int_equal(gan__scene_run(graph, &scene, draw, &elsewhere, &result), GAN_OK);
  assert_int_equal(first.values[0], first.values[1]);
  assert_int_not_equal(first.values[0], first.values[2]);
  for (int32_t i = 0; i < 6; i++)
    assert_int_not_equal(first.values[i], elsewhere.values[i]);
  gan__graph_output(graph, "uniform", (gan__id)first.values[0]);
  gan__graph_output(graph, "normal", (gan__id)first.values[4]);
  graph_run run;
  graph_run_create(graph, GRAPH_RUN_NORMAL, &run);
  graph_run_go(&run);
  double *uniform = graph_run_read(&run, 0), *normal = graph_run_read(&run, 1), mean[2] = {0, 0};
  for (int32_t i = 0; i < 400; i++) {
    assert_true(uniform[i] >= 0 && uniform[i] < 1);
    mean[0] += uniform[i] / 400;
    mean[1] += normal[i] / 400;
  }
  /* Five standard deviations of the means: 5 * 0.289 / 20 and 5 / 20. */
  assert_true(fabs(mean[0] - 0.5) < 0.073 && fabs(mean[1]) < 0.25);
  free(uniform);
  free(normal);
  graph_run_destroy(&run);
  gan__graph_destroy(graph);
}

/* ---- Questions and sources. ---- */

static int32_t ask(gan_graph *g, void *user) {
  (void)user;
  int32_t x = real(g), scalar = gan_graph_scalar(g, 2);
  assert_int_equal(gan_graph_rank(g, x), 2);
  assert_int_equal(gan_graph_dim(g, x, 0), N);
  assert_int_equal(gan_graph_dim(g, x, 1), W);
  assert_int_equal(gan_graph_dim(g, x, 2), 0);
  assert_int_equal(gan_graph_dim(g, x, -1), 0);
  assert_int_equal(gan_graph_elements(g, x), N * W);
  assert_int_equal(gan_graph_dtype(g, x), GAN_F64);
  assert_int_equal(gan_graph_dtype(g, gan_graph_labels(g)), GAN_I32);
  assert_int_equal(gan_graph_rank(g, scalar), 0);
  assert_int_equal(gan_graph_elements(g, scalar), 1);
  const int32_t none[3] = {-1, INT32_MAX, INT32_MIN};
  for (int32_t i = 0; i < 3; i++) {
    assert_int_equal(gan_graph_rank(g, none[i]), 0);
    assert_int_equal(gan_graph_dim(g, none[i], 0), 0);
    assert_int_equal(gan_graph_elements(g, none[i]), 0);
    assert_int_equal(gan_graph_dtype(g, none[i]), 0);
  }
  assert_int_equal(gan_graph_status(g), GAN_OK); /* a question is no error */
  assert_string_equal(gan_graph_message(g), "");
  return scalar;
}

typedef struct asked {
  stage *self;
  int32_t rows;
  char text[64];
} asked;

static gan__id answer_logits(void *self, int32_t of) {
  ((asked *)self)->rows = of;
  return ((asked *)self)->self->nodes[REAL];
}
static gan__id answer_features(void *self, int32_t of, const char *layer) {
  ((asked *)self)->rows = of;
  snprintf(((asked *)self)->text, 64, "%s", layer);
  return ((asked *)self)->self->nodes[FAKE];
}
static gan__id answer_parameter(void *self, const char *player, const char *name) {
  snprintf(((asked *)self)->text, 64, "%s %s", player, name);
  return ((asked *)self)->self->nodes[LATENT];
}

static int32_t ask_players(gan_graph *g, void *user) {
  asked *own = user;
  assert_int_equal(gan_graph_logits(g, GAN_ROWS_FAKE), own->self->nodes[REAL]);
  assert_int_equal(own->rows, GAN_ROWS_FAKE);
  assert_int_equal(gan_graph_features(g, GAN_ROWS_REAL, "dense_2"), own->self->nodes[FAKE]);
  assert_int_equal(own->rows, GAN_ROWS_REAL);
  assert_string_equal(own->text, "dense_2");
  assert_int_equal(gan_graph_parameter(g, "generator", "dense_1/bias"), own->self->nodes[LATENT]);
  assert_string_equal(own->text, "generator dense_1/bias");
  return gan_graph_scalar(g, 0);
}

static void questions_have_answers(void **state) {
  stage self;
  gan__id result = GAN__NONE;
  gan__graph *graph = stage_graph(*state, &self);
  gan__scene scene = stage_scene(&self);
  assert_int_equal(gan__scene_run(graph, &scene, ask, NULL, &result), GAN_OK);
  double value;
  assert_true(gan__is_constant(graph, result, &value) && value == 2);
  asked own = {.self = &self};
  scene = (gan__scene){.self = &own,
                       .dtype = GAN_F64,
                       .logits = answer_logits,
                       .features = answer_features,
                       .parameter = answer_parameter};
  assert_int_equal(gan__scene_run(graph, &scene, ask_players, &own, &result), GAN_OK);
  gan__graph_destroy(graph);
}

/* ---- Every allocation refused: an error, never a leak or a crash. ---- */

static int32_t build_much(gan_graph *g, void *user) {
  (void)user;
  int32_t term = gan_graph_scalar(g, 0), xs[2] = {real(g), fake(g)}, slopes[2] = {7, 7};
  for (int32_t i = 0; i < 40; i++) {
    int32_t parts[2] = {real(g), gan_graph_scale(g, fake(g), 1 + i)};
    int32_t both = gan_graph_concat(g, parts, 2, 0);
    term = gan_graph_add(g, term, gan_graph_mean_all(g, gan_graph_logsumexp(g, both, 1)));
  }
  gan_status status = gan_graph_gradient(g, term, xs, 2, slopes);
  assert_int_equal(slopes[0] == -1 && slopes[1] == -1, status != GAN_OK);
  assert_int_equal(status, gan_graph_status(g));
  return gan_graph_add(g, term, gan_graph_dot(g, slopes[0], slopes[1]));
}

static void memory_can_end_anywhere(void **state) {
  (void)state;
  heap own = {0};
  gan_context *context = heap_context(&own);
  assert_non_null(context);
  int64_t live = own.live, failures = 0;
  for (int64_t n = 1;; n++) {
    stage self;
    gan__id result = 12345;
    gan__graph *graph = stage_graph(context, &self);
    gan__scene scene = stage_scene(&self);
    heap_refuse(&own, n, 0);
    gan_status status = gan__scene_run(graph, &scene, build_much, NULL, &result);
    int64_t refused = own.refused;
    heap_refuse(&own, 0, 0);
    gan__graph_destroy(graph);
    assert_int_equal(own.live, live);
    if (refused == 0) {
      assert_int_equal(status, GAN_OK);
      break;
    }
    failures++;
    assert_int_equal(status, GAN_ERROR_MEMORY);
    assert_int_equal(result, 12345);
    assert_non_null(strstr(gan_context_message(context), "out of memory"));
  }
  assert_true(failures > 40);
  gan_context_destroy(context);
  assert_int_equal(own.live, 0);
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
      cmocka_unit_test(draws_are_told_apart_by_site),
      cmocka_unit_test(questions_have_answers),
      cmocka_unit_test(memory_can_end_anywhere),
  };
  return cmocka_run_group_tests(tests, make_context, free_context);
}
