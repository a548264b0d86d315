/* SPDX-License-Identifier: MIT */
/* libgan/base/memory.c: alignment, counters, overflow, a failing allocator. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/memory.h"

/* An allocator that counts and can be told to fail. */
typedef struct counter {
  int64_t live, calls;
  int64_t fail_at; /* the call that fails, counted from 1; 0 for never */
  uint64_t least;  /* smallest size asked for */
} counter;

static void *counting_allocate(uint64_t size, uint64_t alignment, void *user) {
  counter *self = user;
  self->calls++;
  if (self->fail_at && self->calls >= self->fail_at) return NULL;
  assert_true(size > 0);
  assert_true(alignment > 0 && alignment <= 4096 && (alignment & (alignment - 1)) == 0);
  self->live++;
  return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void counting_release(void *memory, void *user) {
  assert_non_null(memory);
  ((counter *)user)->live--;
  free(memory);
}

static counter counts;
static gan_context *context;

static int set_up(void **state) {
  (void)state;
  counts = (counter){0};
  gan_allocator allocator = {sizeof allocator, counting_allocate, counting_release, &counts};
  return gan_context_create_with(&allocator, &context);
}

static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return counts.live != 0;
}

static void gives_aligned_zeroed_memory(void **state) {
  (void)state;
  static const uint64_t sizes[] = {0, 1, 63, 64, 65, 4096, 100001};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    unsigned char *memory = gan__allocate(context, sizes[i], 1);
    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % GAN__ALIGNMENT, 0);
    for (uint64_t j = 0; j < sizes[i]; j++)
      assert_int_equal(memory[j], 0);
    memset(memory, 0xff, sizes[i]); /* the next block must be zeroed again */
    gan__release(context, memory);
  }
  gan__release(context, NULL);
}

static void counts_what_lives(void **state) {
  (void)state;
  int64_t blocks = context->live_blocks;
  uint64_t bytes = context->live_bytes;
  void *a = gan__allocate(context, 1000, 8), *b = gan__allocate(context, 10, 1);
  assert_int_equal(context->live_blocks, blocks + 2);
  assert_in_range(context->live_bytes - bytes, 8010, 8010 + 4 * GAN__ALIGNMENT);
  uint64_t peak = context->peak_bytes;
  assert_int_equal(peak, context->live_bytes);
  gan__release(context, a);
  gan__release(context, b);
  assert_int_equal(context->live_blocks, blocks);
  assert_int_equal(context->live_bytes, bytes);
  assert_int_equal(context->peak_bytes, peak);
}

static void refuses_sizes_that_overflow(void **state) {
  (void)state;
  static const uint64_t pairs[][2] = {{UINT64_MAX, 2},
                                      {UINT64_C(1) << 32, UINT64_C(1) << 32},
                                      {UINT64_MAX, 1},
                                      {INT64_MAX, 1},
                                      {UINT64_C(1) << 62, 3}};
  int64_t calls = counts.calls, blocks = context->live_blocks;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    context->message[0] = '\0';
    assert_null(gan__allocate(context, pairs[i][0], pairs[i][1]));
    assert_int_equal(context->status, GAN_ERROR_MEMORY);
    assert_non_null(strstr(gan_context_message(context), "out of memory"));
  }
  assert_int_equal(counts.calls, calls); /* the allocator was not bothered */
  assert_int_equal(context->live_blocks, blocks);
}

static void reports_a_refused_allocation(void **state) {
  (void)state;
  int64_t blocks = context->live_blocks;
  counts.fail_at = counts.calls + 1;
  assert_null(gan__allocate(context, 100, 1));
  assert_null(gan__copy_text(context, "text"));
  assert_int_equal(context->status, GAN_ERROR_MEMORY);
  assert_non_null(strstr(gan_context_message(context), "refused"));
  assert_int_equal(context->live_blocks, blocks);
  counts.fail_at = 0;
}

static void reserve_grows_and_keeps(void **state) {
  (void)state;
  int32_t *array = NULL;
  uint64_t capacity = 0;
  for (int32_t i = 0; i < 1000; i++) {
    assert_int_equal(gan__reserve(context, &array, &capacity, (uint64_t)i + 1, sizeof *array),
                     GAN_OK);
    assert_true(capacity > (uint64_t)i);
    assert_int_equal(array[capacity - 1], 0); /* new items are zeroed */
    array[i] = i + 1;
  }
  for (int32_t i = 0; i < 1000; i++)
    assert_int_equal(array[i], i + 1);
  assert_true(capacity <= 2048);
  int32_t *before = array;
  uint64_t size = capacity;
  assert_int_equal(gan__reserve(context, &array, &capacity, size, sizeof *array), GAN_OK);
  assert_ptr_equal(array, before);
  counts.fail_at = counts.calls + 1;
  assert_int_equal(gan__reserve(context, &array, &capacity, size + 1, sizeof *array),
                   GAN_ERROR_MEMORY);
  counts.fail_at = 0;
  assert_int_equal(gan__reserve(context, &array, &capacity, UINT64_MAX / 2, sizeof *array),
                   GAN_ERROR_MEMORY);
  assert_ptr_equal(array, before);
  assert_int_equal(capacity, size);
  gan__release(context, array);
}

static void copies_texts(void **state) {
  (void)state;
  static const char *const texts[] = {"", "a", "latent 256 normal; dense 2 \xc3\xa9"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char *copy = gan__copy_text(context, texts[i]);
    assert_string_equal(copy, texts[i]);
    assert_ptr_not_equal(copy, texts[i]);
    gan__release(context, copy);
  }
}

static void multiplies_with_care(void **state) {
  (void)state;
  static const struct {
    int64_t a, b, product; /* -1: refused */
  } rows[] = {
      {0, 0, 0},
      {0, INT64_MAX, 0},
      {3, 5, 15},
      {INT64_MAX, 1, INT64_MAX},
      {INT64_MAX, 2, -1},
      {-1, 1, -1},
      {1, -1, -1},
      {-1, -1, -1},
      {INT64_C(1) << 31, INT64_C(1) << 31, INT64_C(1) << 62},
      {INT64_C(1) << 32, INT64_C(1) << 31, -1},
      {INT64_MIN, 0, -1},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t product = -1;
    bool fine = gan__multiply(rows[i].a, rows[i].b, &product);
    assert_int_equal(fine, rows[i].product >= 0);
    if (fine) assert_true(product == rows[i].product);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(gives_aligned_zeroed_memory, set_up, tear_down),
      cmocka_unit_test_setup_teardown(counts_what_lives, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_sizes_that_overflow, set_up, tear_down),
      cmocka_unit_test_setup_teardown(reports_a_refused_allocation, set_up, tear_down),
      cmocka_unit_test_setup_teardown(reserve_grows_and_keeps, set_up, tear_down),
      cmocka_unit_test_setup_teardown(copies_texts, set_up, tear_down),
      cmocka_unit_test(multiplies_with_care),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
