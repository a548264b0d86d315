/* SPDX-License-Identifier: MIT */
/* Bad calls of context.h, metric.h and image.h; unwritable files are in test_bad_input_file.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bad_input.h"

/* Views as they would be right, for rows that spoil one field. */
#define SIZE(view) sizeof(gan_##view##_view)
#define GRID       1, 2, 2, 1, 1, 0, 1
#define SCATTER    16, 0, 1, 0, 1, NULL, 0
#define VIEW(...)                                                                                  \
  (gan_chart_view) {                                                                               \
    .struct_size = sizeof(gan_chart_view), __VA_ARGS__                                             \
  }
#define SERIES(...)                                                                                \
  (gan_series) {                                                                                   \
    .struct_size = sizeof(gan_series), .y = heights, __VA_ARGS__                                   \
  }

static const double heights[] = {1, 2, 3, 2}, edges[] = {0, 1, 1, 2}, gap[] = {0, NAN, 1, 2};

/* ---- The context. ---- */

static gan_status threads_beyond_the_cap(world *w) {
  w->heap.cap = w->heap.live_bytes + 64;
  gan_status status = gan_context_set_threads(w->context, 3);
  w->heap.cap = 0;
  return status;
}

static void *refuse(uint64_t size, uint64_t alignment, void *user) {
  (void)size, (void)alignment, (void)user;
  return NULL;
}

static void never_called(void *memory, void *user) {
  (void)memory, (void)user;
  fail_msg("nothing was allocated, nothing is to be released");
}

static gan_status context_with(world *w, uint64_t size, bool allocate, bool release) {
  gan_allocator allocator = {size, allocate ? refuse : NULL, release ? never_called : NULL, NULL};
  return gan_context_create_with(&allocator, &w->out.context);
}

/* ---- Measures: the report is as it was. ---- */

static gan_status modes_into(world *w, int64_t count, int64_t modes, int64_t dims, double deviation,
                             gan_mode_report *report) {
  report->high_quality = -5;
  gan_status status =
      gan_metric_modes(w->context, w->real, count, w->real, modes, dims, deviation, report);
  assert_true(report->high_quality == -5);
  return status;
}

static gan_status modes(world *w, int64_t count, int64_t modes_, int64_t dims, double deviation) {
  gan_mode_report report = {.struct_size = sizeof report};
  return modes_into(w, count, modes_, dims, deviation, &report);
}

static gan_status modes_short_report(world *w) {
  gan_mode_report report = {.struct_size = 8};
  return modes_into(w, 6, 3, 2, 0.1, &report);
}

static gan_status modes_with_nan(world *w) {
  const float centres[] = {1, 2, 3, NAN};
  gan_mode_report report = {.struct_size = sizeof report};
  return gan_metric_modes(w->context, w->real, 6, centres, 2, 2, 0.1, &report);
}

static gan_status modes_beyond_the_cap(world *w) {
  w->heap.cap = w->heap.live_bytes + 64;
  gan_status status = modes(w, 6, 3, 2, 0.1);
  w->heap.cap = 0;
  return status;
}

static gan_status roll(world *w, int64_t count, double noise, double scale) {
  gan_mode_report report = {.struct_size = sizeof report, .high_quality = -5};
  gan_status status = gan_metric_swissroll(w->context, w->real, count, noise, scale, &report);
  assert_true(report.high_quality == -5);
  return status;
}

/* `values` instead of the samples or the test rows, [rows, 2] each. */
static gan_status parzen(world *w, const float *samples, int64_t sample_count, const float *test,
                         int64_t test_count, double width) {
  gan_parzen_data data = {sizeof data, samples, sample_count, NULL, 0, test, test_count, 2};
  gan_parzen_report report = {.struct_size = sizeof report, .mean = -5};
  double log_density = -5;
  gan_status status = gan_metric_parzen(w->context, &data, width, &log_density, &report);
  assert_true(report.mean == -5 && log_density == -5);
  return status;
}

static gan_status parzen_choose(world *w, int64_t validation_count, const double *widths,
                                int64_t width_count) {
  gan_parzen_data data = {sizeof data, w->real, 3, w->real, validation_count, w->real, 3, 2};
  gan_parzen_report report = {.struct_size = sizeof report, .mean = -5};
  gan_status status =
      gan_metric_parzen_choose(w->context, &data, widths, width_count, NULL, &report);
  assert_true(report.mean == -5);
  return status;
}

static gan_status parzen_beyond_the_cap(world *w) {
  w->heap.cap = w->heap.live_bytes + 4096;
  gan_status status = parzen(w, w->real, 3, w->real, 1, 1);
  w->heap.cap = 0;
  return status;
}

static gan_status parzen_cancelled(world *w) {
  gan_context_cancel(w->context);
  return parzen(w, w->real, 3, w->real, 1, 1);
}

static gan_status logits(world *w, const float *real, int64_t real_count, const float *generated,
                         int64_t generated_count) {
  gan_logit_report report = {.struct_size = sizeof report, .value = -5};
  gan_status status =
      gan_metric_logits(w->context, real, real_count, generated, generated_count, &report);
  assert_true(report.value == -5);
  return status;
}

static gan_status divergence(world *w, int64_t parts, double mean, double deviation) {
  const double one = 1;
  gan_density p = {sizeof p, parts, NULL, &mean, &deviation}, q = {sizeof q, 1, NULL, &one, &one};
  gan_divergence_report report = {.struct_size = sizeof report, .js = -5};
  gan_status status = gan_metric_divergence(w->context, &p, &q, &report);
  assert_true(report.js == -5);
  return status;
}

static gan_status best_logits(world *w, double point, int64_t count) {
  const double one = 1;
  double logit = -5;
  gan_density p = {sizeof p, 1, NULL, &one, &one};
  gan_status status = gan_metric_best_logits(w->context, &p, &p, &point, count, &logit);
  assert_true(logit == -5);
  return status;
}

static gan_status distances(world *w, const float *rows, int64_t count, gan_distance_view view) {
  int64_t counts[2] = {-5, -5};
  gan_distance_report report = {.struct_size = sizeof report, .mean = -5};
  gan_status status = gan_metric_distances(w->context, rows, count, 2, &view, counts, &report);
  assert_true(report.mean == -5 && counts[0] == -5);
  return status;
}

static gan_status kmeans(world *w, const float *rows, int64_t count, gan_cluster_view view) {
  float centroids[2] = {-5, -5};
  gan_cluster_report report = {.struct_size = sizeof report, .mean_square = -5};
  gan_status status = gan_metric_kmeans(w->context, rows, count, 2, &view, centroids, &report);
  assert_true(report.mean_square == -5 && centroids[0] == -5);
  return status;
}

static const float spoilt[] = {0, 0, 0, NAN, HUGE_VALF, 0};
static const double widths[] = {1, 0};

/* ---- Pictures. ---- */

static gan_status canvas(world *w, int32_t width, int32_t height, int32_t channels) {
  return gan_image_create(w->context, width, height, channels, &w->out.image);
}

static gan_status canvas_beyond_the_cap(world *w) {
  w->heap.cap = w->heap.live_bytes + 4096;
  gan_status status = canvas(w, 1000, 1000, 3);
  w->heap.cap = 0;
  return status;
}

static gan_status paste_into_gray(world *w) {
  gan_image *gray;
  GAN_TRY(gan_image_create(w->context, 20, 20, 1, &gray));
  gan_status status = gan_image_paste(gray, w->image, 0, 0);
  gan_image_destroy(gray);
  return status;
}

static gan_status sheet(world *w, gan_grid_view view) {
  return gan_image_grid(w->context, w->real, &view, &w->out.image);
}

static gan_status plot(world *w, int64_t count, gan_scatter_view view) {
  return gan_image_scatter(w->context, w->real, count, &view, &w->out.image);
}

static gan_status chart(world *w, gan_chart_view view) {
  gan_series series = {.struct_size = sizeof series, .y = heights, .count = 3};
  return gan_image_chart(w->context, &series, 1, &view, &w->out.image);
}

/* The second of two series; the first is good. */
static gan_status curve(world *w, gan_series bad) {
  gan_series series[] = {SERIES(.count = 3), bad};
  gan_chart_view view = VIEW(.width = 200, .height = 150);
  return gan_image_chart(w->context, series, 2, &view, &w->out.image);
}

static gan_status first_curve(world *w, gan_series bad) {
  gan_chart_view view = VIEW(.width = 200, .height = 150);
  return gan_image_chart(w->context, &bad, 1, &view, &w->out.image);
}

static gan_status curves(world *w, int64_t count) {
  gan_chart_view view = VIEW(.width = 200, .height = 150);
  gan_series series = SERIES(.count = 3);
  return gan_image_chart(w->context, &series, count, &view, &w->out.image);
}

static gan_status chart_beyond_the_cap(world *w) {
  w->heap.cap = w->heap.live_bytes + 65536;
  gan_status status = curves(w, 1);
  w->heap.cap = 0;
  return status;
}

static gan_status table(world *w, int64_t rows, int64_t columns, int64_t scale,
                        const gan_image *panel) {
  gan_panel_view view = {SIZE(panel), rows, columns, panel ? &panel : NULL, NULL, NULL, scale};
  return gan_image_panels(w->context, &view, &w->out.image);
}

/* 4097 panels of 8 pixels side by side. */
static gan_status table_too_large(world *w) {
  enum { COLUMNS = 4097 };
  const gan_image *panels[COLUMNS] = {w->image};
  gan_panel_view view = {SIZE(panel), 1, COLUMNS, panels, NULL, NULL, 0};
  return gan_image_panels(w->context, &view, &w->out.image);
}

#define BAD BAD_FUNCTION
#include "bad_input_picture.def"

static const bad_case cases[] = {
#define BAD BAD_ROW
#include "bad_input_picture.def"
};

static void bad_pictures_are_refused(void **state) {
  (void)state;
  assert_int_equal(bad_input_check(cases, BAD_COUNT(cases)), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bad_pictures_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
