/* SPDX-License-Identifier: MIT */
/* libgan/train/loss.c: values and gradients on logits of any size, kinds, bad arguments. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "failing.h"
#include "graph/build.h"
#include "graph/gradient.h"
#include "graph_run.h"
#include "train/loss.h"

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

enum { LOGITS = 5 };
static const double logits[LOGITS] = {0, 10, -10, 100, -100};
/* sp(a) = ln(1 + e^a) and its derivative, the sigmoid, to 20 digits. */
static const double softplus[LOGITS] = {0.69314718055994530942, 10.000045398899216865,
                                        4.5398899216864646769e-05, 100.0, 3.7200759760208360e-44};
static const double sigmoid[LOGITS] = {0.5, 0.99995460213129756561, 4.5397868702434394505e-05, 1.0,
                                       3.7200759760208360e-44};
/* Index of -a. */
static const int32_t minus[LOGITS] = {0, 2, 1, 4, 3};

typedef struct results {
  double discriminator, generator, generator_alone;
  double *discriminator_real, *discriminator_fake, *generator_real, *generator_fake;
} results;

static gan__id show_logits(void *self, int32_t rows) {
  return ((gan__id *)self)[rows == GAN_ROWS_FAKE];
}

/* The three losses and their gradients by the logits [LOGITS, 1] of real and fake rows. */
static results evaluate(int32_t kind, int32_t dtype, graph_run *run) {
  gan_loss *loss;
  assert_int_equal(gan_loss_create(context, kind, &loss), GAN_OK);
  gan__graph *graph;
  assert_int_equal(gan__graph_create(context, &graph), GAN_OK);
  gan__shape shape = gan__shape_make(2, (int64_t[]){LOGITS, 1});
  gan__id xs[2] = {gan__graph_input(graph, "real", dtype, &shape),
                   gan__graph_input(graph, "fake", dtype, &shape)};
  gan__scene scene = {.self = xs, .dtype = dtype, .logits = show_logits};
  gan__case asked = {.loss = loss, .graph = graph, .scene = &scene, .layer = ""};
  gan__case ahead = asked;
  ahead.unrolled = true;
  gan__id values[3] = {gan__loss_objective(&asked, GAN__DISCRIMINATOR),
                       gan__loss_objective(&ahead, GAN__GENERATOR),
                       gan__loss_objective(&asked, GAN__GENERATOR)};
  gan__id gradients[2];
  for (int32_t i = 0; i < 3; i++)
    gan__graph_output(graph, "value", values[i]);
  for (int32_t i = 0; i < 2; i++) {
    gan__gradient(graph, values[i], GAN__NONE, xs, 2, gradients);
    gan__graph_output(graph, "real gradient", gradients[0]);
    gan__graph_output(graph, "fake gradient", gradients[1]);
  }
  graph_run_create(graph, GRAPH_RUN_NORMAL, run);
  double real[LOGITS], fake[LOGITS];
  for (int32_t i = 0; i < LOGITS; i++) {
    real[i] = logits[i];
    fake[i] = logits[(i + 1) % LOGITS];
  }
  double *slots[2] = {real, fake};
  graph_run_bind(run, slots, NULL);
  graph_run_go(run);
  gan__graph_destroy(graph);
  gan_loss_destroy(loss);
  double *scalars[3];
  results r = {.discriminator_real = graph_run_read(run, 3),
               .discriminator_fake = graph_run_read(run, 4),
               .generator_real = graph_run_read(run, 5),
               .generator_fake = graph_run_read(run, 6)};
  for (int32_t i = 0; i < 3; i++)
    scalars[i] = graph_run_read(run, i);
  r.discriminator = *scalars[0];
  r.generator = *scalars[1];
  r.generator_alone = *scalars[2];
  for (int32_t i = 0; i < 3; i++)
    free(scalars[i]);
  return r;
}

static void finish(results *r, graph_run *run) {
  free(r->discriminator_real);
  free(r->discriminator_fake);
  free(r->generator_real);
  free(r->generator_fake);
  graph_run_destroy(run);
}

/* A few roundings of numbers up to 100: 1e-5 in f32, 1e-13 in f64, relative to 1 or the value. */
static void near(double is, double want, int32_t dtype) {
  double tolerance = (dtype == GAN_F32 ? 1e-6 : 1e-15) * (1 + fabs(want));
  if (!(fabs(is - want) <= 4 * tolerance)) fail_msg("%.17g, expected %.17g", is, want);
}

/* What a stable loss must keep: the relative size of a tiny gradient, e^-10 and (in f64; f32 has
 * denormals there, which are flushed) e^-100. */
static void near_relatively(double is, double want, int32_t dtype) {
  if (dtype == GAN_F32 && fabs(want) < 1e-37) {
    near(is, 0, dtype);
    return;
  }
  double tolerance = (dtype == GAN_F32 ? 1e-5 : 1e-13) * fabs(want);
  if (!(fabs(is - want) <= tolerance)) fail_msg("%.17g, expected %.17g", is, want);
}

static void losses_keep_their_formulas_at_any_logit(void **state) {
  (void)state;
  double mean = 0;
  for (int32_t i = 0; i < LOGITS; i++)
    mean += softplus[i] / LOGITS; /* of sp(a) and of sp(-a): the logits are symmetric */
  for (int32_t dtype = GAN_F32; dtype <= GAN_F64; dtype++)
    for (int32_t kind = GAN_LOSS_MINIMAX; kind <= GAN_LOSS_NON_SATURATING; kind++) {
      bool minimax = kind == GAN_LOSS_MINIMAX;
      graph_run run;
      results r = evaluate(kind, dtype, &run);
      near(r.discriminator, 2 * mean, dtype);
      near(r.generator, minimax ? -2 * mean : mean, dtype);
      near(r.generator_alone, minimax ? -mean : mean, dtype);
      for (int32_t i = 0; i < LOGITS; i++) {
        int32_t f = (i + 1) % LOGITS; /* which logit fake row i has */
        /* d mean sp(-a) / da = -s(-a) / m and d mean sp(a) / da = s(a) / m */
        near_relatively(r.discriminator_real[i], -sigmoid[minus[i]] / LOGITS, dtype);
        near_relatively(r.discriminator_fake[i], sigmoid[f] / LOGITS, dtype);
        near_relatively(r.generator_real[i], minimax ? sigmoid[minus[i]] / LOGITS : 0, dtype);
        near_relatively(r.generator_fake[i], (minimax ? -sigmoid[f] : -sigmoid[minus[f]]) / LOGITS,
                        dtype);
      }
      finish(&r, &run);
    }
}

static void loss_knows_its_kind(void **state) {
  (void)state;
  gan_loss *loss;
  assert_int_equal(gan_loss_create(context, GAN_LOSS_NON_SATURATING, &loss), GAN_OK);
  assert_int_equal(gan_loss_kind(loss), GAN_LOSS_NON_SATURATING);
  assert_int_equal(gan_loss_kind(NULL), 0);
  gan_loss_destroy(loss);
  gan_loss_destroy(NULL);
}

static void refuses_bad_arguments(void **state) {
  (void)state;
  gan_loss *loss = NULL;
  assert_int_equal(gan_loss_create(NULL, GAN_LOSS_MINIMAX, &loss), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_loss_create(context, GAN_LOSS_MINIMAX, NULL), GAN_ERROR_ARGUMENT);
  static const int32_t bad[] = {0, -1, 7, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    char number[16];
    assert_int_equal(gan_loss_create(context, bad[i], &loss), GAN_ERROR_ARGUMENT);
    snprintf(number, sizeof number, "%d", bad[i]);
    assert_non_null(strstr(gan_context_message(context), number));
    assert_null(loss);
  }
  gan_status status;
  FAIL_EACH_ALLOCATION(context, &memory, status,
                       status = gan_loss_create(context, GAN_LOSS_MINIMAX, &loss));
  gan_loss_destroy(loss);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(losses_keep_their_formulas_at_any_logit, set_up, tear_down),
      cmocka_unit_test_setup_teardown(loss_knows_its_kind, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_bad_arguments, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
