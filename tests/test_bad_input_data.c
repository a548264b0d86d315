/* SPDX-License-Identifier: MIT */
/* Bad calls of data.h without files; those with files are in test_bad_input_file.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bad_input.h"

static const int64_t two[] = {2, 2, 2, 2, 2, 2, 2};
static const int64_t no_rows[] = {0, 2};
static const int64_t negative[] = {2, -3};
static const int64_t huge[] = {INT64_MAX, 1};
static const int64_t product_overflows[] = {INT64_C(1) << 32, INT64_C(1) << 32};
static const int64_t bytes_overflow[] = {INT64_C(1) << 62};
static int32_t labels[WORLD_SET_ROWS] = {0, 1, 0, 1, 2, 0};
static int64_t number;
static const float *floats;
static double real;

/* ---- Short forms of the calls with all but the interesting arguments. ---- */

static gan_status set_slot(world *w, const char *name, int32_t dtype, int32_t rank,
                           const int64_t *dims) {
  return gan_batch_set(w->batch, name, dtype, w->real, rank, dims);
}

static gan_status array(world *w, int64_t rows, int64_t width, int32_t copy) {
  return gan_dataset_create_array(w->context, w->real, rows, width, copy, &w->out.dataset);
}

static gan_status tensor(world *w, int32_t dtype, int32_t rank, const int64_t *dims) {
  return gan_dataset_create_tensor(w->context, dtype, w->real, rank, dims, 0, &w->out.dataset);
}

static gan_status ring(world *w, int32_t modes, double radius, double deviation) {
  return gan_dataset_create_ring(w->context, modes, radius, deviation, &w->out.dataset);
}

static gan_status grid(world *w, int32_t side, double spacing, double deviation) {
  return gan_dataset_create_grid(w->context, side, spacing, deviation, &w->out.dataset);
}

static gan_status roll(world *w, double noise, double scale) {
  return gan_dataset_create_swissroll(w->context, noise, scale, &w->out.dataset);
}

static gan_status called(world *w, int32_t rank, const int64_t *dims, gan_data_callback callback) {
  return gan_dataset_create_callback(w->context, rank, dims, callback, NULL, &w->out.dataset);
}

static gan_status split(world *w, gan_dataset *dataset, int64_t validation_rows) {
  gan_dataset *parts[2] = {w->out.dataset, w->out.dataset};
  gan_status status = gan_dataset_split(dataset, validation_rows, parts);
  assert_ptr_equal(parts[0], w->out.dataset);
  assert_ptr_equal(parts[1], w->out.dataset);
  return status;
}

/* ---- Calls that need more than one step; they clean up what succeeded on the way. ---- */

static gan_status too_many_slots(world *w) {
  gan_batch *batch;
  GAN_TRY(gan_batch_create(w->context, &batch));
  gan_status status = GAN_OK;
  for (int32_t i = 0; status == GAN_OK; i++) {
    char name[16];
    snprintf(name, sizeof name, "s%d", i);
    status = gan_batch_set(batch, name, GAN_F32, w->real, 2, two);
  }
  assert_int_equal(gan_batch_count(batch), 256);
  gan_batch_destroy(batch);
  return status;
}

static gan_status copy_beyond_the_cap(world *w) {
  w->heap.cap = w->heap.live_bytes + 4096;
  gan_status status = array(w, 1 << 20, 1 << 12, 1);
  w->heap.cap = 0;
  return status;
}

static int32_t good_rows(int64_t batch, int64_t rows, float *out, void *user) {
  (void)user;
  for (int64_t i = 0; i < 2 * rows; i++)
    out[i] = (float)(batch + i);
  return 0;
}

static int32_t failing_rows(int64_t batch, int64_t rows, float *out, void *user) {
  (void)batch, (void)rows, (void)out, (void)user;
  return 17;
}

static gan_status called_and_asked(world *w, gan_data_callback callback, uint64_t batch,
                                   int64_t rows) {
  gan_dataset *dataset;
  GAN_TRY(gan_dataset_create_callback(w->context, 1, two, callback, NULL, &dataset));
  w->made++;
  gan_status status = gan_dataset_batch(dataset, batch, rows, w->values, NULL);
  if (callback == good_rows) /* it still serves */
    assert_int_equal(gan_dataset_batch(dataset, 1, 2, w->values, NULL), GAN_OK);
  gan_dataset_destroy(dataset);
  return status;
}

static gan_status called_and_read(world *w) {
  gan_dataset *dataset;
  GAN_TRY(gan_dataset_create_callback(w->context, 1, two, good_rows, NULL, &dataset));
  w->made++;
  gan_status status = gan_dataset_read(dataset, 0, 1, w->values);
  gan_dataset_destroy(dataset);
  return status;
}

static gan_status labels_of_a_part(world *w) {
  gan_dataset *parts[2];
  GAN_TRY(gan_dataset_split(w->dataset, 2, parts));
  gan_status whole = gan_dataset_set_labels(w->dataset, labels, WORLD_SET_ROWS, 3);
  gan_status part = gan_dataset_set_labels(parts[1], labels, 2, 3);
  gan_dataset_destroy(parts[0]);
  gan_dataset_destroy(parts[1]);
  return part == whole ? part : GAN_OK;
}

#define BAD BAD_FUNCTION
#include "bad_input_data.def"

static const bad_case cases[] = {
#define BAD BAD_ROW
#include "bad_input_data.def"
};

static void bad_data_is_refused(void **state) {
  (void)state;
  assert_int_equal(bad_input_check(cases, BAD_COUNT(cases)), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bad_data_is_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
