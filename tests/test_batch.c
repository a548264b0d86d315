/* SPDX-License-Identifier: MIT */
/* libgan/data/batch.c: slots by name, replacing, refusals, no allocation once a name is known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "data/batch.h"

/* An allocator that counts and can be told to fail from some call on. */
typedef struct counter {
  int64_t calls, fail_from;
} counter;

static void *allocate(uint64_t size, uint64_t alignment, void *user) {
  counter *self = user;
  self->calls++;
  if (self->fail_from && self->calls >= self->fail_from) return NULL;
  return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void release(void *memory, void *user) {
  (void)user;
  free(memory);
}

static counter counts;
static gan_context *context;
static gan_batch *batch;

static int set_up(void **state) {
  (void)state;
  counts = (counter){0};
  gan_allocator allocator = {sizeof allocator, allocate, release, &counts};
  if (gan_context_create_with(&allocator, &context) != GAN_OK) return 1;
  return gan_batch_create(context, &batch);
}

static int tear_down(void **state) {
  (void)state;
  int64_t before = context->live_blocks;
  int64_t blocks = 1 + (batch->slots != NULL);
  gan_batch_destroy(batch);
  bool leak = context->live_blocks != before - blocks;
  gan_context_destroy(context);
  return leak;
}

static void keeps_slots_in_order(void **state) {
  (void)state;
  float real[6] = {0};
  int32_t labels[3] = {0};
  double weights[2] = {0};
  assert_int_equal(gan_batch_count(batch), 0);
  assert_int_equal(gan_batch_set(batch, "real", GAN_F32, real, 2, (int64_t[]){3, 2}), GAN_OK);
  assert_int_equal(gan_batch_set(batch, "labels", GAN_I32, labels, 1, (int64_t[]){3}), GAN_OK);
  /* Another number of rows is fine. */
  assert_int_equal(gan_batch_set(batch, "\xc3\xa4", GAN_F64, weights, 1, (int64_t[]){2}), GAN_OK);
  assert_int_equal(gan_batch_count(batch), 3);
  assert_string_equal(gan_batch_name(batch, 0), "real");
  assert_string_equal(gan_batch_name(batch, 1), "labels");
  assert_int_equal(gan_batch_dtype(batch, 1), GAN_I32);
  assert_int_equal(gan_batch_rank(batch, 0), 2);
  assert_int_equal(gan_batch_dim(batch, 0, 0), 3);
  assert_int_equal(gan_batch_dim(batch, 0, 1), 2);
  assert_ptr_equal(gan_batch_data(batch, 2), weights);
  const gan__slot *found = gan__batch_find(batch, "labels");
  assert_non_null(found);
  assert_ptr_equal(found->data, labels);
  assert_null(gan__batch_find(batch, "label"));
  assert_null(gan__batch_find(batch, "labelss"));
}

static void replaces_a_slot_of_the_same_name(void **state) {
  (void)state;
  float first[4] = {0};
  double second[6] = {0};
  assert_int_equal(gan_batch_set(batch, "a", GAN_F32, first, 2, (int64_t[]){2, 2}), GAN_OK);
  assert_int_equal(gan_batch_set(batch, "b", GAN_F32, first, 1, (int64_t[]){4}), GAN_OK);
  int64_t calls = counts.calls;
  assert_int_equal(gan_batch_set(batch, "a", GAN_F64, second, 3, (int64_t[]){1, 2, 3}), GAN_OK);
  assert_int_equal(gan_batch_count(batch), 2);
  assert_string_equal(gan_batch_name(batch, 0), "a");
  assert_int_equal(gan_batch_dtype(batch, 0), GAN_F64);
  assert_int_equal(gan_batch_rank(batch, 0), 3);
  assert_int_equal(gan_batch_dim(batch, 0, 2), 3);
  assert_ptr_equal(gan_batch_data(batch, 0), second);
  assert_ptr_equal(gan_batch_data(batch, 1), first);
  /* A step's loop: cleared and filled again in the room that is there. */
  for (int step = 0; step < 100; step++) {
    assert_int_equal(gan_batch_clear(batch), GAN_OK);
    assert_int_equal(gan_batch_count(batch), 0);
    assert_null(gan__batch_find(batch, "a"));
    assert_int_equal(gan_batch_set(batch, "b", GAN_F32, first, 1, (int64_t[]){4}), GAN_OK);
    assert_int_equal(gan_batch_set(batch, "c", GAN_F32, first, 1, (int64_t[]){4}), GAN_OK);
  }
  assert_int_equal(counts.calls, calls);
}

static void refuses_bad_slots(void **state) {
  (void)state;
  static const char long_name[] =
      "0123456789012345678901234567890123456789012345678901234567890123";
  float data[8] = {0};
  const void *skewed = (const char *)data + 1;
  static const int64_t two = 2, zero = 0, negative = -1, six[] = {1, 1, 1, 1, 1, 1, 1};
  static const int64_t huge[] = {INT64_C(1) << 40, INT64_C(1) << 40};
  const struct {
    const char *name;
    int32_t dtype;
    const void *data;
    int32_t rank;
    const int64_t *dims;
    gan_status status;
    const char *words;
  } rows[] = {
      {NULL, GAN_F32, data, 1, &two, GAN_ERROR_ARGUMENT, "name is NULL"},
      {"", GAN_F32, data, 1, &two, GAN_ERROR_ARGUMENT, "1 to 63"},
      {long_name, GAN_F32, data, 1, &two, GAN_ERROR_ARGUMENT, "1 to 63"},
      {"a\nb", GAN_F32, data, 1, &two, GAN_ERROR_ARGUMENT, "control character at byte 1"},
      {"a\x7f", GAN_F32, data, 1, &two, GAN_ERROR_ARGUMENT, "control character at byte 1"},
      {"a", 0, data, 1, &two, GAN_ERROR_ARGUMENT, "\"a\": dtype is 0"},
      {"a", 4, data, 1, &two, GAN_ERROR_ARGUMENT, "dtype is 4"},
      {"a", -1, data, 1, &two, GAN_ERROR_ARGUMENT, "dtype is -1"},
      {"a", GAN_F32, NULL, 1, &two, GAN_ERROR_ARGUMENT, "data is NULL"},
      {"a", GAN_F32, skewed, 1, &two, GAN_ERROR_ARGUMENT, "not aligned"},
      {"a", GAN_F32, data, 0, &two, GAN_ERROR_ARGUMENT, "rank is 0; allowed are 1 to 6"},
      {"a", GAN_F32, data, 7, six, GAN_ERROR_ARGUMENT, "rank is 7"},
      {"a", GAN_F32, data, -1, &two, GAN_ERROR_ARGUMENT, "rank is -1"},
      {"a", GAN_F32, data, 1, NULL, GAN_ERROR_ARGUMENT, "dims is NULL"},
      {"a", GAN_F32, data, 1, &zero, GAN_ERROR_ARGUMENT, "dims[0] is 0"},
      {"a", GAN_F32, data, 1, &negative, GAN_ERROR_ARGUMENT, "dims[0] is -1"},
      {"a", GAN_F32, data, 2, huge, GAN_ERROR_LIMIT, "[1099511627776, 1099511627776]"},
  };
  assert_int_equal(gan_batch_set(batch, "a", GAN_F32, data, 1, (int64_t[]){8}), GAN_OK);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(
        gan_batch_set(batch, rows[i].name, rows[i].dtype, rows[i].data, rows[i].rank, rows[i].dims),
        rows[i].status);
    assert_non_null(strstr(gan_context_message(context), rows[i].words));
    assert_int_equal(gan_batch_count(batch), 1);
    assert_int_equal(gan_batch_dim(batch, 0, 0), 8);
  }
  assert_int_equal(gan_batch_set(batch, long_name + 1, GAN_F32, data, 6, six), GAN_OK); /* 63 */
  assert_string_equal(gan_batch_name(batch, 1), long_name + 1);
}

static void answers_for_what_is_not_there(void **state) {
  (void)state;
  int32_t data[2] = {0};
  assert_int_equal(gan_batch_set(batch, "a", GAN_I32, data, 1, (int64_t[]){2}), GAN_OK);
  for (int32_t slot = -1; slot <= 1; slot += 2) {
    assert_null(gan_batch_name(batch, slot));
    assert_null(gan_batch_data(batch, slot));
    assert_int_equal(gan_batch_dtype(batch, slot), 0);
    assert_int_equal(gan_batch_rank(batch, slot), 0);
    assert_int_equal(gan_batch_dim(batch, slot, 0), 0);
  }
  assert_int_equal(gan_batch_dim(batch, 0, -1), 0);
  assert_int_equal(gan_batch_dim(batch, 0, 1), 0);
  assert_int_equal(gan_batch_count(NULL), 0);
  assert_null(gan_batch_name(NULL, 0));
  assert_int_equal(gan_batch_set(NULL, "a", GAN_I32, data, 1, (int64_t[]){2}), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_batch_clear(NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_batch_create(NULL, &batch), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_batch_create(context, NULL), GAN_ERROR_ARGUMENT);
  gan_batch_destroy(NULL);
}

static void has_at_most_256_slots(void **state) {
  (void)state;
  float data = 0;
  char name[32];
  for (int i = 0; i < 256; i++) {
    snprintf(name, sizeof name, "slot %d", i);
    assert_int_equal(gan_batch_set(batch, name, GAN_F32, &data, 1, (int64_t[]){1}), GAN_OK);
  }
  assert_int_equal(gan_batch_set(batch, "more", GAN_F32, &data, 1, (int64_t[]){1}),
                   GAN_ERROR_LIMIT);
  assert_int_equal(gan_batch_set(batch, "slot 9", GAN_F32, &data, 1, (int64_t[]){1}), GAN_OK);
  assert_int_equal(gan_batch_count(batch), 256);
}

static void is_unchanged_without_memory(void **state) {
  (void)state;
  float data = 0;
  counts.fail_from = counts.calls + 1;
  gan_batch *other = NULL;
  assert_int_equal(gan_batch_create(context, &other), GAN_ERROR_MEMORY);
  assert_null(other);
  assert_int_equal(gan_batch_set(batch, "a", GAN_F32, &data, 1, (int64_t[]){1}), GAN_ERROR_MEMORY);
  assert_int_equal(gan_batch_count(batch), 0);
  counts.fail_from = 0;
  assert_int_equal(gan_batch_set(batch, "a", GAN_F32, &data, 1, (int64_t[]){1}), GAN_OK);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(keeps_slots_in_order, set_up, tear_down),
      cmocka_unit_test_setup_teardown(replaces_a_slot_of_the_same_name, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_bad_slots, set_up, tear_down),
      cmocka_unit_test_setup_teardown(answers_for_what_is_not_there, set_up, tear_down),
      cmocka_unit_test_setup_teardown(has_at_most_256_slots, set_up, tear_down),
      cmocka_unit_test_setup_teardown(is_unchanged_without_memory, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
