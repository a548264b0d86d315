/* SPDX-License-Identifier: MIT */
/* libgan/base/random.c: published known answers, moments, unbiased integers, separate streams. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/random.h"

/* The vectors for philox4x32 with 10 rounds that Random123 publishes (kat_vectors). */
static void philox_gives_the_published_words(void **state) {
  (void)state;
  static const struct {
    uint64_t key, low, high;
    uint32_t words[4];
  } rows[] = {
      {0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {UINT64_MAX, UINT64_MAX, UINT64_MAX, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {UINT64_C(0x299f31d0a4093822),
       UINT64_C(0x85a308d3243f6a88),
       UINT64_C(0x0370734413198a2e),
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    uint32_t words[4];
    gan__philox(rows[i].key, rows[i].low, rows[i].high, words);
    for (int j = 0; j < 4; j++)
      assert_int_equal(words[j], rows[i].words[j]);
  }
}

static void unit_stays_inside(void **state) {
  (void)state;
  assert_true(gan__unit(0) > 0);
  assert_true(gan__unit(UINT32_MAX) < 1);
  assert_true(gan__unit(0) + gan__unit(UINT32_MAX) == 1);
  assert_true(gan__unit(UINT32_C(1) << 31) > 0.5);
}

static void streams_take_words_in_order(void **state) {
  (void)state;
  gan__stream stream = gan__stream_make(7, "order", 0);
  stream.high = 3;
  for (uint64_t block = 0; block < 5; block++) {
    uint32_t words[4];
    gan__philox(stream.key, block, 3, words);
    for (int j = 0; j < 4; j++)
      assert_int_equal(gan__stream_word(&stream), words[j]);
  }
  assert_int_equal(stream.counter, 20);
}

/* Any change of seed, purpose or index gives another stream; the same three give the same. */
static void streams_are_separate(void **state) {
  (void)state;
  static const struct {
    uint64_t seed;
    const char *purpose;
    uint64_t index;
  } rows[] = {{0, "", 0},   {0, "a", 0},          {0, "b", 0},          {0, "ab", 0}, {0, "ba", 0},
              {1, "a", 0},  {0, "a", 1},          {1, "a", 1},          {2, "a", 0},  {0, "a", 2},
              {0, "aa", 0}, {UINT64_MAX, "a", 0}, {0, "a", UINT64_MAX}, {1, "", 0},   {0, "", 1}};
  enum { ROWS = sizeof rows / sizeof *rows };
  uint64_t keys[ROWS];
  for (size_t i = 0; i < ROWS; i++) {
    keys[i] = gan__stream_make(rows[i].seed, rows[i].purpose, rows[i].index).key;
    assert_true(keys[i] == gan__stream_make(rows[i].seed, rows[i].purpose, rows[i].index).key);
    for (size_t j = 0; j < i; j++)
      assert_true(keys[i] != keys[j]);
  }
}

/* n draws: the mean of the k-th power differs from its expectation by less than 5 standard errors.
 * The seed is fixed, so this either always passes or never does. */
enum { DRAWS = 200000 };

static void check_moment(double sum, double expected, double variance) {
  double error = sum / DRAWS - expected;
  assert_true(fabs(error) < 5 * sqrt(variance / DRAWS));
}

static void uniform_has_its_moments(void **state) {
  (void)state;
  gan__stream stream = gan__stream_make(11, "uniform", 0);
  double first = 0, second = 0, pair = 0, before = 0.5;
  for (int i = 0; i < DRAWS; i++) {
    double u = gan__stream_uniform(&stream);
    assert_true(u > 0 && u < 1);
    first += u;
    second += u * u;
    pair += (u - 0.5) * (before - 0.5);
    before = u;
  }
  check_moment(first, 1 / 2.0, 1 / 12.0);
  check_moment(second, 1 / 3.0, 1 / 5.0 - 1 / 9.0);
  check_moment(pair, 0, 1 / 144.0); /* neighbours are not correlated */
}

static void normal_has_its_moments(void **state) {
  (void)state;
  gan__stream stream = gan__stream_make(11, "normal", 0);
  double sums[5] = {0};
  int64_t inside = 0;
  for (int i = 0; i < DRAWS; i++) {
    double x = gan__stream_normal(&stream), power = 1;
    assert_true(isfinite(x));
    for (int k = 1; k <= 4; k++)
      sums[k] += power *= x;
    inside += fabs(x) < 1;
  }
  /* E x^2k = 1, 3, 15, 105 for k = 1 to 4. */
  check_moment(sums[1], 0, 1);
  check_moment(sums[2], 1, 3 - 1);
  check_moment(sums[3], 0, 15);
  check_moment(sums[4], 3, 105 - 9);
  double share = erf(sqrt(0.5));
  check_moment((double)inside, share, share * (1 - share));
}

/* Chi-square over all values: 5 standard deviations above its mean at most. */
static void check_even(const int64_t *hits, int32_t bound, int64_t draws) {
  double expected = (double)draws / bound, sum = 0;
  for (int32_t i = 0; i < bound; i++) {
    double d = (double)hits[i] - expected;
    sum += d * d / expected;
  }
  assert_true(fabs(sum - (bound - 1)) < 5 * sqrt(2.0 * (bound - 1)));
}

static void below_is_even(void **state) {
  (void)state;
  static const int32_t bounds[] = {2, 3, 7, 10, 64, 97};
  gan__stream stream = gan__stream_make(5, "below", 0);
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
    int64_t hits[97] = {0};
    for (int j = 0; j < DRAWS; j++) {
      uint64_t value = gan__stream_below(&stream, (uint64_t)bounds[i]);
      assert_true(value < (uint64_t)bounds[i]);
      hits[value]++;
    }
    check_even(hits, bounds[i], DRAWS);
  }
}

/* With a bound of 3 * 2^62 a mere remainder would give the lowest third twice the chance. */
static void below_rejects_the_rest(void **state) {
  (void)state;
  uint64_t third = UINT64_C(1) << 62, bound = 3 * third;
  gan__stream stream = gan__stream_make(6, "below", 0);
  int64_t hits[3] = {0};
  for (int j = 0; j < DRAWS; j++) {
    uint64_t value = gan__stream_below(&stream, bound);
    assert_true(value < bound);
    hits[value / third]++;
  }
  check_even(hits, 3, DRAWS);
  for (int j = 0; j < 100; j++) {
    assert_true(gan__stream_below(&stream, 1) == 0);
    assert_true(gan__stream_below(&stream, UINT64_MAX) < UINT64_MAX);
  }
}

/* Flipping one input bit flips each output bit about half of the time. */
static void mixing_reaches_all_bits(void **state) {
  (void)state;
  for (int in = 0; in < 64; in++) {
    int64_t flips[64] = {0};
    for (uint64_t x = 0; x < 1000; x++) {
      uint64_t word = x * UINT64_C(0x9e3779b97f4a7c15);
      uint64_t changed = gan__mix(word) ^ gan__mix(word ^ (UINT64_C(1) << in));
      for (int out = 0; out < 64; out++)
        flips[out] += changed >> out & 1;
    }
    for (int out = 0; out < 64; out++) /* 500 expected, standard deviation 16 */
      assert_in_range(flips[out], 400, 600);
  }
  assert_true(gan__join(gan__join(0, 1), 2) != gan__join(gan__join(0, 2), 1));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(philox_gives_the_published_words),
      cmocka_unit_test(unit_stays_inside),
      cmocka_unit_test(streams_take_words_in_order),
      cmocka_unit_test(streams_are_separate),
      cmocka_unit_test(uniform_has_its_moments),
      cmocka_unit_test(normal_has_its_moments),
      cmocka_unit_test(below_is_even),
      cmocka_unit_test(below_rejects_the_rest),
      cmocka_unit_test(mixing_reaches_all_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
