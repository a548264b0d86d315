/* SPDX-License-Identifier: MIT */
/* libgan/base/text.c and decimal.c: numbers to text and back in any locale, growing texts. */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/text.h"

static double from_bits(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static void assert_same_bits(double a, double b) {
  assert_memory_equal(&a, &b, sizeof a);
}

/* Printed and read back: the same bits, and nothing else than a number is printed. */
static void check_round_trip(double value) {
  char text[32];
  double back = 0;
  assert_ptr_equal(gan__text_double(text, value), text);
  assert_true(strlen(text) < 26);
  assert_int_equal(strspn(text, "+-.0123456789e"), strlen(text));
  const char *end = gan__parse_double(text, &back);
  assert_non_null(end);
  assert_int_equal(*end, '\0');
  assert_same_bits(value, back);
}

static const double specials[] = {0.0,
                                  -0.0,
                                  1,
                                  -1,
                                  0.1,
                                  1.0 / 3,
                                  2.0 / 3,
                                  1e22,
                                  1e23,
                                  9007199254740993.0,
                                  5e-324,
                                  1e-323,
                                  2.2250738585072011e-308,
                                  2.2250738585072014e-308,
                                  2.225073858507201e-308,
                                  1.7976931348623157e308,
                                  -1.7976931348623157e308,
                                  1e-300,
                                  1e300,
                                  123456789012345678.0,
                                  4.35,
                                  0.3,
                                  1e-8,
                                  1e15,
                                  1e16,
                                  1e17};

static void special_doubles_round_trip(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof specials / sizeof *specials; i++)
    check_round_trip(specials[i]);
  for (int power = -1074; power <= 1023; power++) { /* where the two neighbours lie unevenly */
    double value = ldexp(1, power);
    check_round_trip(value);
    check_round_trip(nextafter(value, 0));
    check_round_trip(-nextafter(value, INFINITY));
  }
  for (int power = -323; power <= 308; power++) {
    char text[16];
    snprintf(text, sizeof text, "1e%d", power);
    double value;
    assert_non_null(gan__parse_double(text, &value));
    check_round_trip(value);
  }
}

static void random_doubles_round_trip(void **state) {
  (void)state;
  gan__stream stream = gan__stream_make(3, "text", 0);
  for (int i = 0; i < 20000; i++) {
    uint64_t bits = (uint64_t)gan__stream_word(&stream) << 32 | gan__stream_word(&stream);
    if (i % 4 == 1) bits &= UINT64_C(0x800fffffffffffff); /* denormal */
    if (i % 4 == 2) bits = (bits & UINT64_C(0x803fffffffffffff)) | UINT64_C(0x3fc0000000000000);
    double value = from_bits(bits);
    if (isfinite(value)) check_round_trip(value);
    if (i % 4 == 3) check_round_trip((double)(float)gan__stream_normal(&stream));
  }
}

static void prints_the_shortest(void **state) {
  (void)state;
  static const struct {
    double value;
    const char *text;
  } rows[] = {{0, "0"},
              {-0.0, "-0"},
              {1, "1"},
              {-3, "-3"},
              {0.1, "0.1"},
              {1e-8, "1e-08"},
              {0.3, "0.3"},
              {1e300, "1e+300"},
              {5e-324, "5e-324"},
              {100, "1e+02"},
              {2.5, "2.5"},
              {1e-3, "0.001"},
              {0.1 + 0.2, "0.30000000000000004"},
              {INFINITY, "inf"},
              {-INFINITY, "-inf"},
              {NAN, "nan"},
              {-NAN, "nan"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char text[32];
    assert_string_equal(gan__text_double(text, rows[i].value), rows[i].text);
  }
}

/* The next two tests use the C library's own numbers, with a point. */
static char locale_before[128];

static int take_c_locale(void **state) {
  (void)state;
  snprintf(locale_before, sizeof locale_before, "%s", setlocale(LC_NUMERIC, NULL));
  return !setlocale(LC_NUMERIC, "C");
}

static int give_locale_back(void **state) {
  (void)state;
  return !setlocale(LC_NUMERIC, locale_before);
}

/* The C library's reader rounds correctly too: both must agree on texts of any length. */
static void reads_like_the_c_library(void **state) {
  (void)state;
  gan__stream stream = gan__stream_make(4, "text", 0);
  char text[1100];
  for (int i = 0; i < 20000; i++) {
    int length = 0, digits = 1 + (int)gan__stream_below(&stream, i % 100 == 0 ? 900 : 25);
    int mark = (int)gan__stream_below(&stream, (uint64_t)digits + 1);
    for (int j = 0; j < digits; j++) {
      if (j == mark) text[length++] = '.';
      text[length++] = (char)('0' + gan__stream_below(&stream, 10));
    }
    int power = (int)gan__stream_below(&stream, 700) - 370;
    snprintf(text + length, sizeof text - (size_t)length, "e%d", power);
    double expected = strtod(text, NULL), value = 0;
    const char *end = gan__parse_double(text, &value);
    if (isinf(expected)) {
      assert_null(end);
      continue;
    }
    assert_non_null(end);
    assert_int_equal(*end, '\0');
    assert_same_bits(value, expected);
  }
}

/* The exact decimal of (low + high) / 2, padded to TEXT characters with zeros on both sides. */
enum { TEXT = 1420, PLACES = 1100 };

static void write_middle(char text[TEXT + 2], double low, double high) {
  char other[TEXT + 1];
  assert_int_equal(snprintf(text, TEXT + 1, "%0*.*f", TEXT, PLACES, low), TEXT);
  assert_int_equal(snprintf(other, TEXT + 1, "%0*.*f", TEXT, PLACES, high), TEXT);
  int carry = 0;
  for (int i = TEXT - 1; i >= 0; i--) {
    if (text[i] == '.') continue;
    carry += text[i] - '0' + other[i] - '0';
    text[i] = (char)('0' + carry % 10);
    carry /= 10;
  }
  assert_int_equal(carry, 0);
  for (int i = 0; i < TEXT; i++) {
    if (text[i] == '.') continue;
    carry = carry * 10 + text[i] - '0';
    text[i] = (char)('0' + carry / 2);
    carry %= 2;
  }
  assert_int_equal(carry, 0);
}

/* Exactly half way between two doubles, up to 767 digits long, and a little above and below. */
static void half_way_goes_to_even(void **state) {
  (void)state;
  gan__stream stream = gan__stream_make(5, "text", 0);
  for (int i = 0; i < 600; i++) {
    uint64_t bits = (uint64_t)gan__stream_word(&stream) << 32 | gan__stream_word(&stream);
    bits &= UINT64_C(0x7fffffffffffffff);
    if (i % 3 == 0) bits &= UINT64_C(0x000fffffffffffff);
    double low = from_bits(bits), high = from_bits(bits + 1), value = 0;
    if (!isfinite(high)) continue;
    char text[TEXT + 2];
    write_middle(text, low, high);
    assert_non_null(gan__parse_double(text, &value));
    assert_same_bits(value, bits & 1 ? high : low);
    strcat(text, "1");
    assert_non_null(gan__parse_double(text, &value));
    assert_same_bits(value, high);
    /* One unit less in the last place that is not 0. */
    char *last = text + TEXT - 1;
    while (*last == '0' || *last == '.')
      last--;
    --*last;
    text[TEXT] = '\0';
    assert_non_null(gan__parse_double(text, &value));
    assert_same_bits(value, low);
  }
}

static void reads_what_is_a_number(void **state) {
  (void)state;
  static const struct {
    const char *text;
    double value;
    int length; /* characters read; 0: refused */
  } rows[] = {
      {"0", 0, 1},
      {"-0", -0.0, 2},
      {"+1", 1, 2},
      {"1.", 1, 2},
      {".5", 0.5, 2},
      {"-.5x", -0.5, 3},
      {"1e3", 1000, 3},
      {"1E+3;", 1000, 4},
      {"1e-3 ", 0.001, 4},
      {"1.5.2", 1.5, 3},
      {"007", 7, 3},
      {"0.1,2", 0.1, 3},
      {"1e400", 0, 0},
      {"-1e400", 0, 0},
      {"1e-400", 0, 6},
      {"-1e-400", -0.0, 7},
      {"0e999999999999999999999", 0, 23},
      {"1e-999999999999999999999", 0, 24},
      {"1e999999999999999999999", 0, 0},
      {"1.7976931348623157e308", 1.7976931348623157e308, 22},
      {"1.7976931348623158e308", 1.7976931348623157e308, 22}, /* rounds down */
      {"1.797693134862315808e308", 0, 0},                     /* half way to infinity and over */
      {"1.7976931348623159e308", 0, 0},
      {"2.4703282292062327e-324", 0, 23},
      {"2.4703282292062328e-324", 5e-324, 23},
      {"9007199254740993", 9007199254740992.0, 16},
      {"9007199254740993.0000000000000000000000000001", 9007199254740994.0, 45},
      {"2.2250738585072011e-308", 2.225073858507201e-308, 23},
      {"123456789012345678901234567890", 123456789012345678901234567890.0, 30},
      {"", 0, 0},
      {"-", 0, 0},
      {"+", 0, 0},
      {".", 0, 0},
      {"-.", 0, 0},
      {"e5", 0, 0},
      {"1e", 0, 0},
      {"1e+", 0, 0},
      {"1e-x", 0, 0},
      {" 1", 0, 0},
      {"inf", 0, 0},
      {"nan", 0, 0},
      {"--1", 0, 0},
      {"+-1", 0, 0},
      {"x", 0, 0},
      {",5", 0, 0},
      {"0x10", 0, 1}, /* reads the 0; the caller sees the x */
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    double value = 77;
    const char *end = gan__parse_double(rows[i].text, &value);
    if (rows[i].length == 0) {
      assert_null(end);
      assert_true(value == 77); /* untouched */
    } else {
      assert_ptr_equal(end, rows[i].text + rows[i].length);
      assert_same_bits(value, rows[i].value);
    }
  }
}

static void very_long_numbers_read_well(void **state) {
  (void)state;
  enum { ZEROS = 100000 };
  char *text = malloc(ZEROS + 64);
  double value;
  text[0] = '1';
  memset(text + 1, '0', ZEROS);
  strcpy(text + 1 + ZEROS, "e-100000");
  assert_non_null(gan__parse_double(text, &value));
  assert_true(value == 1);
  strcpy(text, "0.");
  memset(text + 2, '0', ZEROS);
  strcpy(text + 2 + ZEROS, "25e100000");
  assert_non_null(gan__parse_double(text, &value));
  assert_true(value == 0.25);
  free(text);
}

static void reads_integers(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t value;
    int length;
  } rows[] = {{"0", 0, 1},
              {"42;", 42, 2},
              {"9223372036854775807", INT64_MAX, 19},
              {"9223372036854775808", 0, 0},
              {"99999999999999999999", 0, 0},
              {"", 0, 0},
              {"-1", 0, 0},
              {"+1", 0, 0},
              {"x", 0, 0},
              {" 1", 0, 0},
              {"00012", 12, 5},
              {"1.5", 1, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    int64_t value = -7;
    const char *end = gan__parse_integer(rows[i].text, &value);
    if (rows[i].length == 0) {
      assert_null(end);
      assert_int_equal(value, -7);
    } else {
      assert_ptr_equal(end, rows[i].text + rows[i].length);
      assert_int_equal(value, rows[i].value);
    }
  }
}

/* A locale with a comma: an installed one, else one that is compiled for this test. */
static bool use_comma_locale(char folder[64]) {
  folder[0] = '\0';
  if (setlocale(LC_ALL, "de_DE.UTF-8") || setlocale(LC_ALL, "de_DE.utf8")) return true;
  snprintf(folder, 64, "/tmp/gan-test-locale-XXXXXX");
  if (!mkdtemp(folder)) {
    folder[0] = '\0';
    return false;
  }
  char command[256];
  snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1",
           folder);
  if (system(command) != 0) return false;
  setenv("LOCPATH", folder, 1);
  return setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
}

static void locales_change_nothing(void **state) {
  (void)state;
  char folder[64], text[64];
  bool found = use_comma_locale(folder);
  if (found) {
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_equal(text, "0,5"); /* the locale is really in force */
    special_doubles_round_trip(state);
    prints_the_shortest(state);
    reads_what_is_a_number(state);
  }
  setlocale(LC_ALL, "C");
  unsetenv("LOCPATH");
  if (folder[0]) {
    snprintf(text, sizeof text, "rm -rf '%.50s'", folder);
    assert_int_equal(system(text), 0);
  }
  if (!found) {
    print_message("no locale with a comma: install the package 'locales'\n");
    skip();
  }
}

static gan_context *context;

static int set_up(void **state) {
  (void)state;
  return gan_context_create(&context);
}

static int tear_down(void **state) {
  (void)state;
  bool leak = context->live_blocks != 1; /* the pool */
  gan_context_destroy(context);
  return leak;
}

static void texts_grow(void **state) {
  (void)state;
  gan__text text;
  gan__text_init(&text, context);
  assert_null(text.data);
  for (int i = 0; i < 1000; i++)
    gan__text_add(&text, "%d;", i % 10);
  gan__text_add_double(&text, 0.25);
  gan__text_add(&text, "%s", "");
  assert_int_equal(text.status, GAN_OK);
  assert_int_equal(text.length, 2004);
  assert_int_equal(strlen(text.data), 2004);
  assert_string_equal(text.data + 1996, "8;9;0.25");
  gan__text_finish(&text);
  assert_null(text.data);
  gan__text_finish(&text);
}

static void *refuse(uint64_t size, uint64_t alignment, void *user) {
  (void)size, (void)alignment, (void)user;
  return NULL;
}

static void text_errors_stick(void **state) {
  (void)state;
  gan__text text;
  gan__text_init(&text, context);
  gan__text_add(&text, "abc");
  gan_allocator before = context->allocator;
  context->allocator.allocate = refuse;
  gan__text_add(&text, "%1000d", 1);
  assert_int_equal(text.status, GAN_ERROR_MEMORY);
  context->allocator = before;
  gan__text_add(&text, "def");
  assert_int_equal(text.status, GAN_ERROR_MEMORY);
  assert_string_equal(text.data, "abc");
  gan__text_finish(&text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(special_doubles_round_trip),
      cmocka_unit_test(random_doubles_round_trip),
      cmocka_unit_test(prints_the_shortest),
      cmocka_unit_test_setup_teardown(reads_like_the_c_library, take_c_locale, give_locale_back),
      cmocka_unit_test_setup_teardown(half_way_goes_to_even, take_c_locale, give_locale_back),
      cmocka_unit_test(reads_what_is_a_number),
      cmocka_unit_test(very_long_numbers_read_well),
      cmocka_unit_test(reads_integers),
      cmocka_unit_test(locales_change_nothing),
      cmocka_unit_test_setup_teardown(texts_grow, set_up, tear_down),
      cmocka_unit_test_setup_teardown(text_errors_stick, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
