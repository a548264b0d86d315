/* SPDX-License-Identifier: MIT */
/* Inversion of generators: exact solutions of linear ones, samples found again, ranges, starts,
 * bits, cancelling, refusals, failing allocations. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/invert.h>

#include "failing.h"

static failing memory;
static gan_context *context;

static int setup(void **state) {
  (void)state;
  context = failing_context(&memory);
  return context ? 0 : -1;
}

static int teardown(void **state) {
  (void)state;
  gan_context_destroy(context);
  return memory.live != 0;
}

#define assert_ok(call)                                                                            \
  do {                                                                                             \
    if ((call) != GAN_OK) fail_msg("%s: %s", #call, gan_context_message(context));                 \
  } while (0)

static gan_generator *generator(const char *text) {
  gan_generator *made = NULL;
  assert_ok(gan_generator_parse(context, text, &made));
  return made;
}

static gan_inversion plain(void) {
  return (gan_inversion){.struct_size = sizeof(gan_inversion)};
}

/* ---- Exact solutions. ---- */

enum { LATENT = 3, WIDTH = 5 };
#define LINEAR "dense 5 name=map"

/* W [LATENT, WIDTH], row-major, and b: G(z) = z W + b. */
static const double weight[LATENT * WIDTH] = {1, 2, -1, 0.5, 3, 0, 1, 1, 2, -1, 2, 0, 1, 1, 0.5};
static const double bias[WIDTH] = {0.5, -1, 0, 2, 1};

static gan_generator *linear(const char *text) {
  gan_generator *made = generator(text);
  gan_network *network = gan_generator_network(made);
  assert_ok(gan_network_set_parameter_f64(network, "map/weight", weight, LATENT * WIDTH));
  assert_ok(gan_network_set_parameter_f64(network, "map/bias", bias, WIDTH));
  return made;
}

/* The error of a latent by its formula, and half its gradient times the width: (G(z) - x) W^T. */
static double error_of(const double *z, const double *x, double gradient[LATENT]) {
  double sum = 0;
  memset(gradient, 0, LATENT * sizeof *gradient);
  for (int32_t k = 0; k < WIDTH; k++) {
    double difference = bias[k] - x[k];
    for (int32_t i = 0; i < LATENT; i++)
      difference += z[i] * weight[i * WIDTH + k];
    sum += difference * difference;
    for (int32_t i = 0; i < LATENT; i++)
      gradient[i] += difference * weight[i * WIDTH + k];
  }
  return sum / WIDTH;
}

/* A convex problem: a vanishing gradient is the solution. A search ends where the error, at most 5
 * here, shows no more gain; with eigenvalues h of W W^T from 1 to 20, that is where gradient^2 / h
 * is some roundings of 5: sqrt(20 * 5 * 2.2e-16) = 1.5e-7, and ten times that is allowed. */
static void linear_generators_have_exact_solutions(void **state) {
  (void)state;
  enum { N = 20 };
  gan_generator *g = linear("f64; latent 3; " LINEAR);
  double targets[N * WIDTH], latents[N * LATENT], errors[N], gradient[LATENT];
  for (int32_t i = 0; i < N * WIDTH; i++)
    targets[i] = 3 * sin(i * 1.7);
  gan_inversion settings = plain();
  assert_ok(gan_generator_invert_f64(g, &settings, targets, N, latents, errors));
  for (int32_t i = 0; i < N; i++) {
    double error = error_of(latents + i * LATENT, targets + i * WIDTH, gradient);
    assert_true(fabs(error - errors[i]) < 1e-12 * (1 + error));
    for (int32_t k = 0; k < LATENT; k++)
      assert_true(fabs(gradient[k]) < 1.5e-6);
  }
  gan_generator_destroy(g);
}

/* Parts with ranges of their own, and one without: G(z) = z, so the best latent is the target, or
 * the nearest end of the range. */
static void parts_keep_to_their_own_ranges(void **state) {
  (void)state;
  enum { N = 3 };
  static const double identity[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, zero[3] = {0};
  static const double targets[N * 3] = {5, 5, 5, -5, -5, -5, 0.5, 0.25, 2.75};
  static const double best[N * 3] = {1, 5, 3, -1, -5, 2, 0.5, 0.25, 2.75};
  static const double least[N] = {(16.0 + 4) / 3, (16.0 + 49) / 3, 0};
  /* What counts is that one part is uniform, not which. */
  static const char *const texts[] = {
      "f64; latent 1 uniform -1 1 + 1 normal + 1 uniform 2 3; dense 3 name=map",
      "f64; latent 2 normal + 1 uniform 2 3; dense 3 name=map"};
  gan_inversion settings = plain();
  settings.clamp = 1;
  for (int32_t form = 0; form < 2; form++) {
    gan_generator *g = generator(texts[form]);
    gan_network *network = gan_generator_network(g);
    double latents[N * 3], errors[N];
    assert_ok(gan_network_set_parameter_f64(network, "map/weight", identity, 9));
    assert_ok(gan_network_set_parameter_f64(network, "map/bias", zero, 3));
    assert_ok(gan_generator_invert_f64(g, &settings, targets, N, latents, errors));
    for (int32_t i = 0; i < N; i++) {
      for (int32_t k = 0; k < 3; k++) {
        double wanted = form == 1 && k == 0 ? targets[3 * i] : best[3 * i + k];
        assert_true(fabs(latents[3 * i + k] - wanted) < 1e-5); /* as linear generators above */
      }
      if (form == 0) assert_true(fabs(errors[i] - least[i]) < 1e-9);
    }
    gan_generator_destroy(g);
  }
}

/* In the box, a derivative vanishes where the latent is free and points outwards where it is at an
 * end (Karush, Kuhn, Tucker). Near an end the error grows with half (1 - |sin u|) |de/dz|, so the
 * search stops within some roundings of the end; elsewhere as above. */
static void clamped_latents_are_best_within_their_range(void **state) {
  (void)state;
  enum { N = 20 };
  gan_generator *g = linear("f64; latent 3 uniform -0.5 1; " LINEAR);
  double targets[N * WIDTH], latents[N * LATENT], errors[N], gradient[LATENT];
  for (int32_t i = 0; i < N * WIDTH; i++)
    targets[i] = 3 * sin(i * 1.7);
  gan_inversion settings = plain();
  int32_t at_ends = 0, outside = 0;
  settings.tolerance = 1e-10;
  settings.clamp = 1;
  assert_ok(gan_generator_invert_f64(g, &settings, targets, N, latents, errors));
  for (int32_t i = 0; i < N; i++) {
    error_of(latents + i * LATENT, targets + i * WIDTH, gradient);
    for (int32_t k = 0; k < LATENT; k++) {
      double z = latents[i * LATENT + k];
      assert_true(z >= -0.5 && z <= 1);
      bool low = z<-0.5 + 1e-9, high = z> 1 - 1e-9;
      at_ends += low || high;
      if (!(low && gradient[k] > 0) && !(high && gradient[k] < 0))
        assert_true(fabs(gradient[k]) < 5e-6);
    }
  }
  assert_true(at_ends > N);
  settings.clamp = 0;
  assert_ok(gan_generator_invert_f64(g, &settings, targets, N, latents, errors));
  for (int32_t i = 0; i < N * LATENT; i++)
    outside += latents[i] < -0.5 || latents[i] > 1;
  assert_true(outside > 0);
  gan_generator_destroy(g);
}

/* ---- Samples found again. ---- */

/* What a generator made has error 0 somewhere. Of three starts one at least comes within 1e-6 of
 * it; the samples' own variance is some tenths. */
static void own_samples_are_found_again(void **state) {
  (void)state;
  enum { N = 30, OUT = 10 };
  gan_generator *g = generator("f64; latent 4; dense 16 tanh; dense 16 tanh; dense 10");
  double samples[N * OUT], latents[N * 4], errors[N], again[N * OUT];
  assert_ok(gan_generator_sample_f64(g, N, 77, samples));
  gan_inversion settings = plain();
  settings.seed = 5;
  settings.evaluations = 500;
  assert_ok(gan_generator_invert_f64(g, &settings, samples, N, latents, errors));
  assert_ok(gan_generator_run_f64(g, latents, N, again));
  for (int32_t i = 0; i < N; i++) {
    double sum = 0;
    for (int32_t k = 0; k < OUT; k++)
      sum += pow(again[i * OUT + k] - samples[i * OUT + k], 2);
    assert_true(errors[i] < 1e-6);
    /* Differences of 1e-16 between two plans, squared or times the remaining difference. */
    assert_true(fabs(sum / OUT - errors[i]) < 1e-15);
  }
  gan_generator_destroy(g);
}

/* f32, images with two axes, ReLU: errors of rounding are 1e-7 of the values, squared. */
static void float_generators(void **state) {
  (void)state;
  enum { N = 25, OUT = 6 };
  gan_generator *g = generator("latent 2 uniform -1 1; dense 32 relu; dense 32 tanh; dense 6");
  float samples[N * OUT], latents[N * 2], errors[N], again[N * OUT];
  double mean = 0;
  assert_ok(gan_generator_sample(g, N, 7, samples));
  gan_inversion settings = plain();
  settings.clamp = 1;
  settings.starts = 20; /* some end in local minima; of 20 one does not, for every target */
  assert_ok(gan_generator_invert(g, &settings, samples, N, latents, errors));
  assert_ok(gan_generator_run(g, latents, N, again));
  for (int32_t i = 0; i < N; i++) {
    double sum = 0;
    for (int32_t k = 0; k < OUT; k++)
      sum += pow((double)again[i * OUT + k] - (double)samples[i * OUT + k], 2);
    assert_true(fabs(sum / OUT - (double)errors[i]) < 1e-6 * (1e-6 + (double)errors[i]) + 1e-12);
    for (int32_t k = 0; k < 2; k++)
      assert_true(latents[2 * i + k] >= -1 && latents[2 * i + k] <= 1);
    mean += (double)errors[i] / N;
  }
  assert_true(mean < 1e-4);
  gan_generator_destroy(g);
}

/* ---- Starts and bits. ---- */

/* Three starts are the best of each alone, and start s is the first of seed + s. */
static void starts_are_those_of_following_seeds(void **state) {
  (void)state;
  enum { N = 20, OUT = 4 };
  gan_generator *g = generator("latent 2; dense 8 relu; dense 8 tanh; dense 4");
  float targets[N * OUT], latents[4][N * 2], errors[4][N];
  bool used[3] = {false};
  for (int32_t i = 0; i < N * OUT; i++)
    targets[i] = (float)sin(i * 0.9);
  gan_inversion settings = plain();
  settings.evaluations = 20;
  for (int32_t s = 0; s < 3; s++) {
    settings.starts = 1;
    settings.seed = 40 + (uint64_t)s;
    assert_ok(gan_generator_invert(g, &settings, targets, N, latents[s], errors[s]));
  }
  settings.starts = 0;
  settings.seed = 40;
  assert_ok(gan_generator_invert(g, &settings, targets, N, latents[3], errors[3]));
  for (int32_t i = 0; i < N; i++) {
    int32_t first = 0;
    for (int32_t s = 1; s < 3; s++)
      if (errors[s][i] < errors[first][i]) first = s;
    used[first] = true;
    assert_true(errors[3][i] == errors[first][i]);
    assert_memory_equal(&latents[3][2 * i], &latents[first][2 * i], 2 * sizeof(float));
  }
  assert_true(used[0] && used[1] && used[2]);
  gan_generator_destroy(g);
}

/* Rows of all chunk sizes, the last chunk of two incomplete. */
static void bits_depend_on_neither_threads_nor_n(void **state) {
  (void)state;
  enum { N = 700, OUT = 3 };
  static float targets[N * OUT], latents[N * 2], errors[N], other_latents[N * 2], other_errors[N];
  gan_generator *g = generator("latent 2; dense 16 tanh; dense 3");
  const int64_t counts[] = {1, 17, 20, 600, N};
  for (int32_t i = 0; i < N * OUT; i++)
    targets[i] = (float)sin(i * 0.7);
  gan_inversion settings = plain();
  settings.evaluations = 5;
  settings.starts = 2;
  assert_ok(gan_generator_invert(g, &settings, targets, N, latents, errors));
  for (int32_t i = 0; i < 5; i++) {
    int64_t n = counts[i];
    assert_ok(gan_context_set_threads(context, 1 + i % 3));
    assert_ok(gan_generator_invert(g, &settings, targets, n, other_latents, other_errors));
    assert_memory_equal(latents, other_latents, (size_t)(2 * n) * sizeof *latents);
    assert_memory_equal(errors, other_errors, (size_t)n * sizeof *errors);
  }
  assert_ok(gan_context_set_threads(context, 1));
  gan_generator_destroy(g);
}

/* ---- Callbacks and cancelling. ---- */

typedef struct watched {
  int64_t calls, done, total, stop_at;
  double error;
  bool in_order;
  gan_generator *drop; /* destroyed by the first call */
} watched;

static int32_t watch(int64_t done, int64_t total, double error, void *user) {
  watched *self = user;
  self->in_order &= done >= self->done && total == self->total;
  self->in_order &= isnan(self->error) || error <= self->error || done <= self->total / 3;
  self->done = done;
  self->error = error;
  gan_generator_destroy(self->drop);
  self->drop = NULL;
  return ++self->calls == self->stop_at;
}

enum { FEW = 4 };
static float few[FEW * 2] = {0.1f, 0.2f, -0.3f, 0.4f, 0.5f, -0.6f, 0.7f, 0.8f};

static void progress_is_told(void **state) {
  (void)state;
  gan_generator *g = generator("latent 2; dense 8 tanh; dense 2");
  float latents[FEW * 2], errors[FEW];
  watched seen = {.total = 3 * FEW, .error = (double)NAN, .in_order = true, .drop = g};
  gan_inversion settings = plain();
  settings.callback = watch;
  settings.user = &seen;
  assert_ok(gan_generator_invert(g, &settings, few, FEW, latents, errors));
  double mean = 0;
  for (int32_t i = 0; i < FEW; i++)
    mean += (double)errors[i] / FEW;
  assert_true(seen.in_order);
  assert_int_equal(seen.done, 3 * FEW);
  assert_true(fabs(seen.error - mean) <= 1e-6 * mean);
}

static int32_t cancel(int64_t done, int64_t total, double error, void *user) {
  (void)done, (void)total, (void)error;
  return gan_context_cancel(user) != GAN_OK;
}

/* Nothing is written, nothing leaks, and afterwards all is as ever. */
static void stopping(void **state) {
  (void)state;
  gan_generator *g = generator("latent 2; dense 8 tanh; dense 2");
  float latents[FEW * 2], errors[FEW], before[FEW * 2];
  watched seen = {.total = 3 * FEW, .error = (double)NAN, .stop_at = 7};
  gan_inversion settings = plain();
  assert_ok(gan_generator_invert(g, &settings, few, FEW, before, errors));
  int64_t blocks = context->live_blocks;
  for (int32_t i = 0; i < 2; i++) {
    settings.callback = i == 0 ? watch : cancel;
    settings.user = i == 0 ? (void *)&seen : (void *)context;
    memset(latents, 0x55, sizeof latents);
    memset(errors, 0x55, sizeof errors);
    assert_int_equal(gan_generator_invert(g, &settings, few, FEW, latents, errors),
                     GAN_ERROR_CANCELLED);
    for (size_t k = 0; k < sizeof errors; k++)
      assert_int_equal(((unsigned char *)errors)[k], 0x55);
    for (size_t k = 0; k < sizeof latents; k++)
      assert_int_equal(((unsigned char *)latents)[k], 0x55);
    assert_non_null(strstr(gan_context_message(context), "12 searches"));
    assert_int_equal(context->live_blocks, blocks);
  }
  settings.callback = NULL;
  assert_ok(gan_generator_invert(g, &settings, few, FEW, latents, errors));
  assert_memory_equal(latents, before, sizeof before);
  gan_generator_destroy(g);
}

/* ---- Refusals. ---- */

typedef struct refusal {
  gan_status status;
  const char *mention;
  gan_inversion settings;
  int64_t n;
} refusal;

#define WITH(...)                                                                                  \
  { .struct_size = sizeof(gan_inversion), __VA_ARGS__ }

static void bad_input(void **state) {
  (void)state;
  static const refusal cases[] = {
      {GAN_ERROR_ARGUMENT, "struct_size is 8", {.struct_size = 8}, FEW},
      {GAN_ERROR_ARGUMENT, "starts is -1; allowed are 0 to 1000", WITH(.starts = -1), FEW},
      {GAN_ERROR_ARGUMENT, "starts is 1001", WITH(.starts = 1001), FEW},
      {GAN_ERROR_ARGUMENT, "evaluations is -5", WITH(.evaluations = -5), FEW},
      {GAN_ERROR_ARGUMENT, "evaluations is 1000001", WITH(.evaluations = 1000001), FEW},
      {GAN_ERROR_ARGUMENT, "clamp is 2", WITH(.clamp = 2), FEW},
      {GAN_ERROR_ARGUMENT, "clamp is 1, but the latent is not uniform", WITH(.clamp = 1), FEW},
      {GAN_ERROR_ARGUMENT, "reserved is 1", WITH(.reserved = 1), FEW},
      {GAN_ERROR_ARGUMENT, "tolerance is -0.5", WITH(.tolerance = -0.5), FEW},
      {GAN_ERROR_ARGUMENT, "tolerance is inf", WITH(.tolerance = (double)INFINITY), FEW},
      {GAN_ERROR_ARGUMENT, "tolerance is nan", WITH(.tolerance = (double)NAN), FEW},
      {GAN_ERROR_ARGUMENT, "n is -1", WITH(.seed = 1), -1},
      {GAN_ERROR_LIMIT, "4611686018427387904", WITH(.seed = 1), INT64_C(1) << 62},
  };
  gan_generator *g = generator("latent 2; dense 8 tanh; dense 2");
  float latents[FEW * 2] = {7}, errors[FEW] = {7};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const refusal *given = &cases[i];
    gan_status status = gan_generator_invert(g, &given->settings, few, given->n, latents, errors);
    if (status != given->status || !strstr(gan_context_message(context), given->mention))
      fail_msg("\"%s\": status %d, \"%s\"", given->mention, (int)status,
               gan_context_message(context));
  }
  gan_inversion settings = plain();
  assert_int_equal(gan_generator_invert(NULL, &settings, few, FEW, latents, errors),
                   GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_generator_invert(g, NULL, few, FEW, latents, errors), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_generator_invert(g, &settings, NULL, FEW, latents, errors),
                   GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_generator_invert(g, &settings, few, FEW, NULL, errors), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_generator_invert(g, &settings, few, FEW, latents, NULL), GAN_ERROR_ARGUMENT);
  assert_ok(gan_generator_invert(g, &settings, NULL, 0, NULL, NULL));
  assert_true(latents[0] == 7 && errors[0] == 7);
  gan_generator_destroy(g);
}

static void bad_numbers(void **state) {
  (void)state;
  gan_generator *g = generator("latent 2; dense 2");
  float latents[FEW * 2] = {7}, errors[FEW] = {7}, targets[FEW * 2];
  gan_inversion settings = plain();
  memcpy(targets, few, sizeof targets);
  targets[5] = NAN;
  assert_int_equal(gan_generator_invert(g, &settings, targets, FEW, latents, errors),
                   GAN_ERROR_NOT_FINITE);
  assert_non_null(strstr(gan_context_message(context), "number 1 of target 2"));
  /* Its square is beyond float. */
  targets[5] = 1e30f;
  assert_int_equal(gan_generator_invert(g, &settings, targets, FEW, latents, errors),
                   GAN_ERROR_NOT_FINITE);
  assert_non_null(strstr(gan_context_message(context), "target 2"));
  gan_generator_destroy(g);
  /* An error that double holds and float does not. */
  g = generator("f64; latent 1; dense 2 name=last");
  assert_ok(
      gan_network_set_parameter_f64(gan_generator_network(g), "last/weight", (double[]){0, 0}, 2));
  assert_int_equal(gan_generator_invert(g, &settings, targets, FEW, latents, errors),
                   GAN_ERROR_NOT_FINITE);
  assert_non_null(strstr(gan_context_message(context), "target 2"));
  assert_true(latents[0] == 7 && errors[0] == 7);
  gan_generator_destroy(g);
}

static void out_of_memory(void **state) {
  (void)state;
  gan_generator *g = generator("latent 2; dense 3 tanh; dense 2");
  float latents[FEW * 2] = {7}, errors[FEW] = {7};
  gan_inversion settings = plain();
  settings.evaluations = 2;
  /* The first call leaves the plans of the starts with the generator. */
  assert_ok(gan_generator_invert(g, &settings, few, FEW, latents, errors));
  latents[0] = 7;
  gan_status status;
  FAIL_EACH_ALLOCATION(context, &memory, status, {
    status = gan_generator_invert(g, &settings, few, FEW, latents, errors);
    if (status != GAN_OK) assert_true(latents[0] == 7);
  });
  gan_generator_destroy(g);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(linear_generators_have_exact_solutions),
      cmocka_unit_test(clamped_latents_are_best_within_their_range),
      cmocka_unit_test(parts_keep_to_their_own_ranges),
      cmocka_unit_test(own_samples_are_found_again),
      cmocka_unit_test(float_generators),
      cmocka_unit_test(starts_are_those_of_following_seeds),
      cmocka_unit_test(bits_depend_on_neither_threads_nor_n),
      cmocka_unit_test(progress_is_told),
      cmocka_unit_test(stopping),
      cmocka_unit_test(bad_input),
      cmocka_unit_test(bad_numbers),
      cmocka_unit_test(out_of_memory),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
