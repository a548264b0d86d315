/* SPDX-License-Identifier: MIT */
/* libgan/tensor/shape.c: element types, counts, sizes that must not overflow, text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tensor/shape.h"

static void dtypes_have_sizes_and_names(void **state) {
  (void)state;
  static const struct {
    int32_t dtype;
    int64_t size;
    const char *name;
    bool is_float;
  } rows[] = {{GAN_F32, 4, "f32", true},  {GAN_F64, 8, "f64", true}, {GAN_I32, 4, "i32", false},
              {0, 0, "?", false},         {4, 0, "?", false},        {-1, 0, "?", false},
              {INT32_MAX, 0, "?", false}, {INT32_MIN, 0, "?", false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(gan__dtype_size(rows[i].dtype), rows[i].size);
    assert_string_equal(gan__dtype_name(rows[i].dtype), rows[i].name);
    assert_int_equal(gan__dtype_is_float(rows[i].dtype), rows[i].is_float);
  }
}

static void counts_are_products(void **state) {
  (void)state;
  static const struct {
    int32_t rank;
    int64_t dims[GAN__RANK_MAX], count;
    const char *text;
  } rows[] = {
      {0, {0}, 1, "[]"},
      {1, {7}, 7, "[7]"},
      {2, {512, 2}, 1024, "[512, 2]"},
      {3, {4, 0, 3}, 0, "[4, 0, 3]"},
      {6, {1, 2, 3, 4, 5, 6}, 720, "[1, 2, 3, 4, 5, 6]"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gan__shape shape = gan__shape_make(rows[i].rank, rows[i].dims);
    char text[GAN__SHAPE_TEXT];
    assert_int_equal(shape.rank, rows[i].rank);
    assert_int_equal(gan__shape_count(&shape), rows[i].count);
    assert_string_equal(gan__shape_text(text, &shape), rows[i].text);
    assert_true(gan__shape_valid(&shape, GAN_F64));
  }
  gan__shape shape = gan__shape_make(4, (const int64_t[]){2, 3, 5, 7});
  assert_int_equal(gan__shape_product(&shape, 1, 3), 15);
  assert_int_equal(gan__shape_product(&shape, 0, 0), 1);
  assert_int_equal(gan__shape_product(&shape, 4, 4), 1);
  assert_int_equal(gan__shape_product(&shape, 0, 4), 210);
}

static void equality_reads_what_counts(void **state) {
  (void)state;
  gan__shape a = gan__shape_make(2, (const int64_t[]){3, 4}), b = a;
  assert_true(gan__shape_equal(&a, &b));
  b.dims[2] = 99; /* beyond the rank */
  assert_true(gan__shape_equal(&a, &b));
  b.dims[1] = 5;
  assert_false(gan__shape_equal(&a, &b));
  gan__shape c = gan__shape_make(3, (const int64_t[]){3, 4, 1});
  assert_false(gan__shape_equal(&a, &c));
  gan__shape d = gan__shape_make(0, NULL), e = gan__shape_make(0, NULL);
  assert_true(gan__shape_equal(&d, &e));
}

static void valid_means_below_2_to_62_bytes(void **state) {
  (void)state;
  const int64_t big = INT64_C(1) << 31, huge = INT64_C(1) << 62;
  const struct {
    int32_t dtype, rank;
    int64_t dims[GAN__RANK_MAX];
    bool valid;
  } rows[] = {
      {GAN_F32, 0, {0}, true},
      {GAN_F32, 1, {0}, true},
      {GAN_F32, 1, {-1}, false},
      {GAN_F32, 2, {4, -1}, false},
      {GAN_F32, 2, {0, -1}, false},
      {GAN_F32, -1, {0}, false},
      {GAN_F32, GAN__RANK_MAX, {1, 1, 1, 1, 1, 1}, true},
      {GAN_F32, GAN__RANK_MAX + 1, {1, 1, 1, 1, 1, 1}, false},
      {0, 1, {1}, false},
      {9, 1, {1}, false},
      {GAN_F32, 2, {big, big}, false},           /* 2^64 bytes */
      {GAN_F32, 2, {big, (big >> 2) - 1}, true}, /* just below 2^62 */
      {GAN_F32, 2, {big, big >> 3}, true},       /* 2^61 */
      {GAN_F64, 2, {big, big >> 2}, false},      /* 2^63 */
      {GAN_F32, 1, {INT64_MAX}, false},
      {GAN_F32, 2, {huge, 0}, false}, /* a zero hides nothing */
      {GAN_F32, 2, {0, huge}, false},
      {GAN_F32, 3, {big, 0, big}, false},
      {GAN_F32, 2, {0, 1000}, true},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gan__shape shape = {.rank = rows[i].rank};
    memcpy(shape.dims, rows[i].dims, sizeof shape.dims);
    assert_int_equal(gan__shape_valid(&shape, rows[i].dtype), rows[i].valid);
  }
}

static void the_longest_text_fits(void **state) {
  (void)state;
  gan__shape shape = {.rank = GAN__RANK_MAX};
  for (int i = 0; i < GAN__RANK_MAX; i++)
    shape.dims[i] = INT64_MIN;
  char text[GAN__SHAPE_TEXT];
  gan__shape_text(text, &shape);
  assert_true(strlen(text) < GAN__SHAPE_TEXT - 1);
  assert_int_equal(text[strlen(text) - 1], ']');
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(dtypes_have_sizes_and_names),
      cmocka_unit_test(counts_are_products),
      cmocka_unit_test(equality_reads_what_counts),
      cmocka_unit_test(valid_means_below_2_to_62_bytes),
      cmocka_unit_test(the_longest_text_fits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
