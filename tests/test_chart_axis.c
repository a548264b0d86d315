/* SPDX-License-Identifier: MIT */
/* Axes of charts: ticks at round numbers, their labels, and where values lie. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "io/chart_axis.h"

enum { NAMES = 16 };

/* The labelled ticks of an axis; their number. */
static int32_t labelled(const gan__axis *axis, const gan__tick *ticks[NAMES]) {
  int32_t count = 0;
  for (int32_t i = 0; i < axis->count; i++) {
    if (!axis->ticks[i].label[0]) continue;
    assert_true(count < NAMES);
    ticks[count++] = &axis->ticks[i];
  }
  return count;
}

static const struct {
  double low, high;
  bool logarithmic;
  int64_t length, spacing;
  int32_t factor;
  const char *labels[NAMES];
} rows[] = {
    /* Ten ticks at most: steps of 0.1 are as near as they may be. */
    {0,
     1,
     false,
     1000,
     100,
     0,
     {"0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"}},
    {0, 1, false, 999, 100, 0, {"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"}},
    {-4, 4, false, 800, 100, 0, {"-4", "-3", "-2", "-1", "0", "1", "2", "3", "4"}},
    {-0.07, 0.12, false, 400, 100, 0, {"-0.05", "0.00", "0.05", "0.10"}},
    {0, 20000, false, 800, 120, 0, {"0", "5000", "10000", "15000", "20000"}},
    {1, 2e6, false, 800, 200, 6, {"0.5", "1.0", "1.5", "2.0"}},
    {0, 3.2e-4, false, 400, 100, -6, {"0", "100", "200", "300"}},
    {-3e9, -1e9, false, 300, 100, 9, {"-3", "-2", "-1"}},
    {1e6, 1e6 + 0.002, false, 200, 90, 6, {"1.000000000", "1.000000001", "1.000000002"}},
    /* Powers of ten, plain where they are short. */
    {1e-4, 100, true, 600, 70, 0, {"10^-4", "10^-3", "10^-2", "10^-1", "10^0", "10^1", "10^2"}},
    {0.01, 100, true, 400, 80, 0, {"0.01", "0.1", "1", "10", "100"}},
    {1e-4, 100, true, 600, 120, 0, {"10^-4", "10^-2", "10^0", "10^2"}},
    {1e-200, 1e200, true, 400, 90, 0, {"10^-200", "10^-100", "10^0", "10^100", "10^200"}},
    /* Less than two powers: 2 and 5 times them; within one: even steps. */
    {0.02, 0.6, true, 600, 60, 0, {"0.02", "0.05", "0.1", "0.2", "0.5"}},
    {2e-9, 6e-8, true, 600, 60, 0, {"2x10^-9", "5x10^-9", "10^-8", "2x10^-8", "5x10^-8"}},
    {10, 12, true, 300, 60, 0, {"10.0", "10.5", "11.0", "11.5", "12.0"}},
};

static void ticks_are_at_round_numbers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gan__axis axis = {.low = rows[i].low, .high = rows[i].high};
    axis.logarithmic = rows[i].logarithmic;
    const gan__axis_room room = {rows[i].length, rows[i].spacing, 1, false};
    const gan__tick *ticks[NAMES];
    gan__axis_place(&axis, &room);
    int32_t count = labelled(&axis, ticks);
    assert_int_equal(axis.factor, rows[i].factor);
    for (int32_t n = 0; n < count; n++) {
      assert_non_null(rows[i].labels[n]);
      assert_string_equal(ticks[n]->label, rows[i].labels[n]);
    }
    assert_null(rows[i].labels[count]);
  }
}

/* Each label, read as a number, lies where its tick is. */
static void labels_tell_their_ticks_place(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gan__axis axis = {.low = rows[i].low, .high = rows[i].high};
    axis.logarithmic = rows[i].logarithmic;
    const gan__axis_room room = {rows[i].length, rows[i].spacing, 1, false};
    const gan__tick *ticks[NAMES];
    gan__axis_place(&axis, &room);
    for (int32_t n = labelled(&axis, ticks) - 1; n >= 0; n--) {
      int64_t power = 0;
      double value;
      const char *text = ticks[n]->label;
      const char *raised = strstr(text, "10^");
      if (raised) {
        assert_non_null(gan__parse_double(raised + 3, &value));
        power = (int64_t)value;
      }
      value = 1;
      if (raised != text) assert_non_null(gan__parse_double(text, &value));
      value *= pow(10, (double)power + axis.factor);
      /* The narrowest range is 2e-9 of its numbers, whose rounding is 1e-16. */
      assert_true(fabs(gan__axis_part(&axis, value) - ticks[n]->part) < 1e-6);
    }
  }
}

static void labels_side_by_side_do_not_touch(void **state) {
  (void)state;
  for (int64_t length = 180; length <= 1000; length += 37)
    for (double high = 1.5; high < 1e9; high *= 7.3) {
      gan__axis axis = {.low = 0, .high = high};
      const gan__axis_room room = {length, 10, 2, true};
      gan__axis_place(&axis, &room);
      double end = -1e9;
      for (int32_t i = 0; i < axis.count; i++) {
        double width = (double)gan__axis_label_width(axis.ticks[i].label, 2);
        double middle = axis.ticks[i].part * (double)length;
        assert_true(middle - width / 2 > end + 8);
        end = middle + width / 2;
      }
      assert_true(axis.count >= 2);
    }
}

static void parts_follow_the_scale(void **state) {
  (void)state;
  gan__axis axis = {.low = 1, .high = 100};
  assert_true(gan__axis_part(&axis, 50.5) == 0.5);
  assert_true(gan__axis_shows(&axis, -1));
  axis.logarithmic = true;
  assert_true(fabs(gan__axis_part(&axis, 10) - 0.5) < 1e-15);
  assert_true(fabs(gan__axis_part(&axis, 1e4) - 2) < 1e-15);
  assert_true(gan__axis_shows(&axis, 1e-300));
  assert_false(gan__axis_shows(&axis, 5e-324));
  assert_false(gan__axis_shows(&axis, 0));
  assert_false(gan__axis_shows(&axis, -1));
  for (int32_t i = 0; i < 2; i++, axis.logarithmic = false) {
    assert_false(gan__axis_shows(&axis, (double)NAN));
    assert_false(gan__axis_shows(&axis, HUGE_VAL));
    assert_false(gan__axis_shows(&axis, 1.1e300));
  }
}

/* Whatever the range, there are ticks to tell two places by, and never too many. */
static void every_range_has_ticks(void **state) {
  (void)state;
  const gan__axis_room room = {300, 56, 2, false};
  for (int32_t logarithmic = 0; logarithmic < 2; logarithmic++)
    for (double low = 1.3e-290; low < 1e299; low *= 3.1e7)
      for (double factor = 1 + 1e-8; factor < 1e100 && low * factor < 1e300; factor *= factor) {
        gan__axis axis = {.low = low, .high = low * factor, .logarithmic = logarithmic};
        const gan__tick *ticks[NAMES];
        gan__axis_place(&axis, &room);
        assert_true(labelled(&axis, ticks) >= 2);
        for (int32_t i = 0; i < axis.count; i++)
          assert_true(axis.ticks[i].part >= 0 && axis.ticks[i].part <= 1);
      }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ticks_are_at_round_numbers),
      cmocka_unit_test(labels_tell_their_ticks_place),
      cmocka_unit_test(labels_side_by_side_do_not_touch),
      cmocka_unit_test(parts_follow_the_scale),
      cmocka_unit_test(every_range_has_ticks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
