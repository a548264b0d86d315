/* SPDX-License-Identifier: MIT */
/* Charts' ranges: chosen, half chosen, and with equal units. */
#include "chart_probe.h"
#include "io/chart.h"

static void chosen_ranges_hold_all_values(void **state) {
  (void)state;
  static const double sets[][4] = {
      {3, 3, 3, 3},
      {0, 0, 0, 0},
      {-1e300, 1e300, 0, 5},
      {1e-300, 1e-299, 1, 2},
      {1e8, 1e8 + 1, 1e8, 1e8},
      {5, NAN, NAN, NAN},
      {0, 5e-324, 0, 0},
      {-2, -1, -7, -3},
  };
  for (int64_t i = 0; i < COUNT(sets); i++)
    for (int32_t scale = 0; scale < GAN__SCALES; scale++) {
      gan_chart_view view = plain();
      view.x_high = view.y_high = 0;
      view.y_scale = scale;
      gan_series series = red(NULL, sets[i], 4, GAN_SERIES_POINTS);
      gan_image *image = draw(&series, 1, &view);
      box frame = frame_of(image);
      int64_t points = 0;
      for (int32_t n = 0; n < 4; n++)
        points += isfinite(sets[i][n]) && (scale == 0 || sets[i][n] >= 1e-300);
      /* A disc of 5.4 pixels' width has 23 of them and a soft edge; none is cut off. */
      if (points) assert_true(count_red(image, frame) >= 20);
      if (!points) assert_int_equal(count_red(image, frame), 0);
      assert_int_equal(count_red(image, frame), count_red(image, everywhere));
      gan_image_destroy(image);
    }
}

static void one_end_may_be_given(void **state) {
  (void)state;
  static const double ends[][2] = {{0, NAN}, {NAN, 9}, {20, NAN}, {NAN, -20}, {NAN, NAN}};
  const double y[] = {4, 8}, *level = y;
  for (int64_t i = 0; i < COUNT(ends); i++) {
    gan_chart_view view = plain();
    view.y_low = ends[i][0];
    view.y_high = ends[i][1];
    gan_series series = red(NULL, level, 2, GAN_SERIES_HORIZONTAL);
    gan_image *image = draw(&series, 1, &view);
    box frame = frame_of(image);
    int32_t first = frame.bottom, last = frame.top;
    for (int32_t row = frame.top; row < frame.bottom; row++) {
      if (!reddish(at(image, frame.left + 5, row))) continue;
      if (first == frame.bottom) first = row;
      last = row;
    }
    double high = frame.bottom - frame.top;
    if (i == 2 || i == 3) assert_true(first == frame.bottom); /* all values lie beyond */
    /* 8 and 4 of 0 .. 8.4 (5 % of 8 are free); of 3.75 .. 9 (5 % of 5 below 4). */
    if (i == 0) assert_true(fabs((first - frame.top) / high - 0.4 / 8.4) < 0.01);
    if (i == 0) assert_true(fabs((last - frame.top) / high - 4.4 / 8.4) < 0.01);
    if (i == 1) assert_true(fabs((first - frame.top) / high - 1 / 5.25) < 0.01);
    if (i == 1) assert_true(fabs((last - frame.top) / high - 5 / 5.25) < 0.01);
    gan_image_destroy(image);
  }
}

/* A square's sides are as long on both axes, and all of what was asked for is in the frame. */
static void equal_units_are_equal(void **state) {
  (void)state;
  static const double ranges[][4] = {{0, 10, 0, 10}, {-1, 11, 0, 40}, {0, 0, 0, 0}};
  const double x[] = {2, 8, 8, 2, 2}, y[] = {3, 3, 9, 9, 3};
  for (int64_t i = 0; i < COUNT(ranges); i++) {
    gan_chart_view view = plain();
    view.equal = 1;
    view.x_low = ranges[i][0], view.x_high = ranges[i][1];
    view.y_low = ranges[i][2], view.y_high = ranges[i][3];
    gan_series series = red(x, y, 5, GAN_SERIES_LINE);
    gan_image *image = draw(&series, 1, &view);
    box frame = frame_of(image), seen = {WIDTH, HEIGHT, 0, 0};
    for (int32_t row = frame.top; row < frame.bottom; row++)
      for (int32_t column = frame.left; column < frame.right; column++) {
        if (!reddish(at(image, column, row))) continue;
        if (column < seen.left) seen.left = column;
        if (column > seen.right) seen.right = column;
        if (row < seen.top) seen.top = row;
        if (row > seen.bottom) seen.bottom = row;
      }
    int32_t wide = seen.right - seen.left, tall = seen.bottom - seen.top;
    assert_true(wide > 20 && wide - tall >= -1 && wide - tall <= 1);
    gan_image_destroy(image);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(chosen_ranges_hold_all_values),
      TEST(one_end_may_be_given),
      TEST(equal_units_are_equal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
