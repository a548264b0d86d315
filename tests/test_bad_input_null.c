/* SPDX-License-Identifier: MIT */
/* NULL for every pointer of every public function: a status and a message that names the argument,
 * or the answer for nothing; and that no function of the headers is missing in the table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bad_input.h"

/* Good arguments beside the bad one. */
static const int64_t two[] = {2, 2};
static double doubles[8];
static int32_t labels[6];
static int64_t number;
static const float *floats;
static const gan_inversion inversion = {.struct_size = sizeof inversion};
static gan_progress progress = {.struct_size = sizeof progress};
static gan_mode_report report = {.struct_size = sizeof report};
static gan_gradient_check check = {.struct_size = sizeof check};
static const gan_grid_view grid = {.struct_size = sizeof grid};
static const gan_scatter_view scatter = {.struct_size = sizeof scatter};
static gan_parzen_report estimate = {.struct_size = sizeof estimate};
static gan_logit_report logits = {.struct_size = sizeof logits};
static gan_divergence_report divergence = {.struct_size = sizeof divergence};
static gan_distance_report distances = {.struct_size = sizeof distances};
static gan_cluster_report clusters = {.struct_size = sizeof clusters};
static const double even[2] = {1, 1};
static const gan_density density = {sizeof density, 2, NULL, even, even};
static const gan_density no_means = {sizeof density, 2, NULL, NULL, even};
static const gan_density no_deviations = {sizeof density, 2, NULL, even, NULL};
static const gan_distance_view pairs = {sizeof pairs, 1, 1, 2, 0, 0};
static const gan_cluster_view clustering = {sizeof clustering, 1, 1, 1};
static const gan_series series = {.struct_size = sizeof series};
static const gan_chart_view chart = {.struct_size = sizeof chart};
static const gan_panel_view panels = {.struct_size = sizeof panels};

static int32_t build_nothing(gan_graph *graph, void *user) {
  (void)graph, (void)user;
  return -1;
}

static int32_t play_nothing(gan_graph *graph, int32_t player, void *user) {
  (void)graph, (void)player, (void)user;
  return -1;
}

static const gan_batch *const *batches(const world *w) {
  return (const gan_batch *const *)&w->batch;
}

static int32_t answer_nothing(int64_t batch, int64_t rows, float *out, void *user) {
  (void)batch, (void)rows, (void)out, (void)user;
  return 0;
}

/* The three sets of a Parzen window estimate. */
static gan_status choose(const world *w, const float *samples, const float *validation,
                         const float *test) {
  gan_parzen_data data = {sizeof data, samples, 2, validation, 2, test, 2, 2};
  return gan_metric_parzen_choose(w->context, &data, even, 2, NULL, &estimate);
}

static gan_status estimate_with(const world *w, const float *samples, const float *test) {
  gan_parzen_data data = {sizeof data, samples, 2, NULL, 0, test, 2, 2};
  return gan_metric_parzen(w->context, &data, 1, NULL, &estimate);
}

#define NULLS(mention, ...) BAD_FUNCTION(GAN_ERROR_ARGUMENT, (mention), __VA_ARGS__)
#include "null_arguments.def"

static const bad_case cases[] = {
#define NULLS(mention, ...) BAD_ROW(GAN_ERROR_ARGUMENT, (mention), __VA_ARGS__)
#include "null_arguments.def"
};

static void null_is_refused(void **state) {
  (void)state;
  assert_int_equal(bad_input_check(cases, BAD_COUNT(cases)), 0);
}

static void null_has_an_answer(void **state) {
  (void)state;
#define ANSWER(...) assert_true((__VA_ARGS__));
#include "null_arguments.def"
}

/* Functions without a pointer. */
static const char *const exempt[] = {"gan_version", "gan_version_number", "gan_status_name"};

static bool tabled(const char *function) {
  static const char *const rows[] = {
#define NULLS(mention, ...) #__VA_ARGS__,
#define ANSWER(...)         #__VA_ARGS__,
#include "null_arguments.def"
  };
  char call[96];
  snprintf(call, sizeof call, "%.90s(", function);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (strstr(rows[i], call)) return true;
  for (size_t i = 0; i < sizeof exempt / sizeof *exempt; i++)
    if (!strcmp(function, exempt[i])) return true;
  return false;
}

/* abi/libgan.symbols lists all that is exported; another test compares it with the library. */
static void every_function_is_in_the_table(void **state) {
  (void)state;
  const char *source = getenv("GAN_SOURCE");
  assert_non_null(source); /* set by meson test */
  char path[4096], line[256];
  snprintf(path, sizeof path, "%s/abi/libgan.symbols", source);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  int32_t functions = 0, missing = 0;
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\n")] = '\0';
    if (strncmp(line, "gan_", 4) != 0) continue;
    functions++;
    if (tabled(line)) continue;
    printf("%s is not in null_arguments.def\n", line);
    missing++;
  }
  fclose(file);
  assert_true(functions > 100);
  assert_int_equal(missing, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(null_is_refused),
      cmocka_unit_test(null_has_an_answer),
      cmocka_unit_test(every_function_is_in_the_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
