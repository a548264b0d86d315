/* SPDX-License-Identifier: MIT */
/* Charts: where values appear, what is cut off, and what the call promises. */
#include "chart_probe.h"
#include "base/memory.h"
#include "io/chart.h"

/* ---- Places. ---- */

static void values_lie_where_the_axes_say(void **state) {
  (void)state;
  static const struct {
    int32_t scale;
    double low, high, value, part;
  } rows[] = {
      {GAN_SCALE_LINEAR, 0, 10, 5, 0.5},
      {GAN_SCALE_LINEAR, -4, 4, 2, 0.75},
      {GAN_SCALE_LINEAR, 1e6, 1e6 + 1, 1e6 + 0.25, 0.25},
      {GAN_SCALE_LOGARITHMIC, 1, 100, 10, 0.5},
      {GAN_SCALE_LOGARITHMIC, 1e-8, 1, 1e-2, 0.75},
  };
  for (int64_t i = 0; i < COUNT(rows); i++)
    for (int32_t upright = 0; upright < 2; upright++) {
      gan_chart_view view = plain();
      *(upright ? &view.x_scale : &view.y_scale) = rows[i].scale;
      *(upright ? &view.x_low : &view.y_low) = rows[i].low;
      *(upright ? &view.x_high : &view.y_high) = rows[i].high;
      const double *value = &rows[i].value;
      gan_series series =
          red(value, value, 1, upright ? GAN_SERIES_VERTICAL : GAN_SERIES_HORIZONTAL);
      gan_image *image = draw(&series, 1, &view);
      box frame = frame_of(image);
      int32_t low = upright ? frame.left : frame.top, high = upright ? frame.right : frame.bottom;
      int32_t want = along(low, high, upright ? rows[i].part : 1 - rows[i].part);
      int32_t end = upright ? frame.bottom : frame.right;
      for (int32_t n = upright ? frame.top : frame.left; n < end; n++)
        for (int32_t side = -4; side <= 4; side++) {
          bool seen = reddish(at(image, upright ? want + side : n, upright ? n : want + side));
          /* Two pixels wide, and up to one more when it lies between them. */
          if (side == 0) assert_true(seen);
          if (side < -2 || side > 2) assert_false(seen);
        }
      gan_image_destroy(image);
    }
}

static void line_joins_its_points(void **state) {
  (void)state;
  const double x[] = {0, 10}, y[] = {0, 10};
  gan_chart_view view = plain();
  gan_series series = red(x, y, 2, GAN_SERIES_LINE);
  gan_image *image = draw(&series, 1, &view);
  box frame = frame_of(image);
  for (double part = 0.02; part < 1; part += 0.02) {
    int32_t column = along(frame.left, frame.right, part);
    assert_true(reddish(at(image, column, along(frame.top, frame.bottom, 1 - part))));
    assert_false(reddish(at(image, column, along(frame.top, frame.bottom, 1 - part) - 6)));
  }
  gan_image_destroy(image);
}

/* x alone missing: 0, 1, 2 ... */
static void numbers_stand_in_for_x(void **state) {
  (void)state;
  const double x[] = {0, 1, 2, 3}, y[] = {4, 1, 9, 3};
  gan_chart_view view = plain();
  gan_series given = red(x, y, 4, GAN_SERIES_LINE), left_out = red(NULL, y, 4, GAN_SERIES_LINE);
  gan_image *first = draw(&given, 1, &view), *second = draw(&left_out, 1, &view);
  assert_memory_equal(gan_image_pixels(first), gan_image_pixels(second), 3 * WIDTH * HEIGHT);
  gan_image_destroy(first);
  gan_image_destroy(second);
}

static void what_is_not_finite_leaves_a_gap(void **state) {
  (void)state;
  static const double bad[] = {NAN, INFINITY, -INFINITY, 2e300};
  for (int64_t i = 0; i < COUNT(bad) + 1; i++) {
    double x[] = {0, 2, 4, 6, 8, 10}, y[] = {5, 5, 5, 5, 5, 5};
    gan_chart_view view = plain();
    if (i < COUNT(bad))
      y[2] = bad[i];
    else
      x[2] = (double)NAN;
    gan_series series = red(x, y, 6, GAN_SERIES_LINE);
    series.fill = 1;
    gan_image *image = draw(&series, 1, &view);
    box frame = frame_of(image);
    int32_t row = along(frame.top, frame.bottom, 0.5);
    for (double part = 0.01; part < 1; part += 0.01) {
      bool gap = part > 0.22 && part < 0.58, line = part < 0.18 || part > 0.62;
      for (int32_t down = 0; down < 40; down += 20) {
        bool seen = reddish(at(image, along(frame.left, frame.right, part), row + down));
        assert_false(gap && seen);
        assert_false(line && !seen);
      }
    }
    gan_image_destroy(image);
  }
}

static void not_positive_leaves_a_gap_on_a_logarithmic_axis(void **state) {
  (void)state;
  const double y[] = {1, 10, 0, -5, 10, 10}, good[] = {1, 10, NAN, NAN, 10, 10};
  gan_chart_view view = plain();
  view.y_scale = GAN_SCALE_LOGARITHMIC;
  view.y_high = 0; /* both ends are chosen */
  gan_series series[] = {red(NULL, y, 6, GAN_SERIES_LINE), red(NULL, good, 6, GAN_SERIES_LINE)};
  gan_image *first = draw(series, 1, &view), *second = draw(series + 1, 1, &view);
  assert_memory_equal(gan_image_pixels(first), gan_image_pixels(second), 3 * WIDTH * HEIGHT);
  gan_image_destroy(first);
  gan_image_destroy(second);
}

static void a_point_alone_is_a_dot(void **state) {
  (void)state;
  const double y[] = {(double)NAN, 5, (double)NAN, 5, (double)NAN};
  gan_chart_view view = plain();
  gan_series series = red(NULL, y, 5, GAN_SERIES_LINE);
  gan_image *image = draw(&series, 1, &view);
  int64_t seen = count_red(image, everywhere);
  assert_true(seen >= 8 && seen <= 32); /* two discs of two pixels' width */
  gan_image_destroy(image);
}

static void nothing_is_drawn_beyond_the_frame(void **state) {
  (void)state;
  const double x[] = {-5, 15, 5, -1e300, 1e300, 5, 5, 3},
               y[] = {-7, 20, 1e300, 3, 4, -1e300, 50, 5};
  for (int32_t form = 0; form < GAN__SERIES_FORMS; form++) {
    gan_chart_view view = plain();
    gan_series series = red(form == GAN_SERIES_BARS ? NULL : x, y, 8, form);
    series.width = 20;
    series.fill = 0.5;
    series.marker = GAN_MARKER_SQUARE;
    series.ends = 1;
    gan_image *image = draw(&series, 1, &view);
    box frame = frame_of(image);
    assert_true(count_red(image, frame) > 100);
    assert_int_equal(count_red(image, frame), count_red(image, everywhere));
    gan_image_destroy(image);
  }
}

/* ---- Forms. ---- */

static void bars_stand_between_their_edges(void **state) {
  (void)state;
  const double edges[] = {1, 3, 4, 8}, y[] = {5, 0, 8};
  gan_chart_view view = plain();
  gan_series series = red(edges, y, 3, GAN_SERIES_BARS);
  series.fill = 0.5;
  gan_image *image = draw(&series, 1, &view);
  box frame = frame_of(image);
  for (double x = 0.25; x < 10; x += 0.5)
    for (double up = 0.25; up < 10; up += 0.5) {
      double height = x > 1 && x < 3 ? 5 : x > 4 && x < 8 ? 8 : 0;
      int32_t rgb = at(image, along(frame.left, frame.right, x / 10),
                       along(frame.top, frame.bottom, 1 - up / 10));
      /* Half red; the grid's gray lies elsewhere. */
      assert_int_equal(rgb, up < height ? 0xFF8080 : WHITE);
    }
  gan_image_destroy(image);
}

static void area_reaches_down_to_zero(void **state) {
  (void)state;
  const double x[] = {0, 10}, y[] = {5, 5}, below[] = {-5, -5};
  for (int32_t sign = 0; sign < 2; sign++) {
    gan_chart_view view = plain();
    view.y_low = -10;
    gan_series series = red(x, sign ? below : y, 2, GAN_SERIES_LINE);
    series.fill = 0.5;
    gan_image *image = draw(&series, 1, &view);
    box frame = frame_of(image);
    static const double places[] = {-8, -3, 3, 8};
    for (int64_t i = 0; i < COUNT(places); i++) {
      int32_t rgb = at(image, along(frame.left, frame.right, 0.47),
                       along(frame.top, frame.bottom, (10 - places[i]) / 20));
      assert_int_equal(rgb, places[i] == (sign ? -3 : 3) ? 0xFF8080 : WHITE);
    }
    gan_image_destroy(image);
  }
}

static void ends_are_marked(void **state) {
  (void)state;
  const double x[] = {(double)NAN, 2.1, 7.9, (double)NAN}, y[] = {1, 2.1, 7.9, 1};
  gan_chart_view view = plain();
  gan_series series = red(x, y, 4, GAN_SERIES_LINE);
  series.ends = 1;
  gan_image *image = draw(&series, 1, &view);
  box frame = frame_of(image);
  int32_t start_x = along(frame.left, frame.right, 0.21);
  int32_t start_y = along(frame.top, frame.bottom, 0.79);
  int32_t end_x = along(frame.left, frame.right, 0.79);
  int32_t end_y = along(frame.top, frame.bottom, 0.21);
  assert_int_equal(at(image, start_x, start_y), WHITE);
  assert_int_equal(at(image, end_x, end_y), RED);
  for (int32_t step = -3; step <= 3; step++)
    assert_int_equal(at(image, end_x + step % 3, end_y + step % 2), RED);
  assert_true(reddish(at(image, start_x - 3, start_y)));
  gan_image_destroy(image);
}

static void every_marker_is_drawn(void **state) {
  (void)state;
  const double x[] = {5.05}, y[] = {5.05};
  uint32_t sums[GAN__MARKERS] = {0};
  for (int32_t marker = 0; marker < GAN__MARKERS; marker++) {
    gan_chart_view view = plain();
    gan_series series = red(x, y, 1, GAN_SERIES_POINTS);
    series.marker = marker;
    view.scale = 3;
    gan_image *image = draw(&series, 1, &view);
    for (int32_t i = 0; i < 3 * WIDTH * HEIGHT; i++)
      sums[marker] = sums[marker] * 31 + gan_image_pixels(image)[i];
    for (int32_t before = 0; before < marker; before++)
      assert_true((sums[marker] == sums[before]) == (marker == GAN_MARKER_DISC));
    assert_true(count_red(image, everywhere) > 20);
    gan_image_destroy(image);
  }
}

/* ---- Promises. ---- */

static void charts_give_the_same_pixels_twice(void **state) {
  (void)state;
  double x[500], y[500];
  for (int32_t i = 0; i < 500; i++) {
    x[i] = sin(i * 0.37);
    y[i] = cos(i * 0.11) * i;
  }
  for (int32_t form = 0; form < GAN__SERIES_FORMS; form++) {
    gan_chart_view view = {.struct_size = sizeof view, .width = 333, .height = 222, .title = "t"};
    gan_series series = red(form == GAN_SERIES_BARS ? NULL : x, y, 500, form);
    series.fill = 0.3, series.dash = GAN_DASH_DASHED, series.marker = 1 + form, series.name = "n";
    gan_image *first = draw(&series, 1, &view), *second = draw(&series, 1, &view);
    assert_memory_equal(gan_image_pixels(first), gan_image_pixels(second), 3 * 333 * 222);
    gan_image_destroy(first);
    gan_image_destroy(second);
  }
}

/* Series of a newer header, each 12 bytes longer, so that the second is not even aligned. */
static void longer_series_are_read(void **state) {
  (void)state;
  enum { LONGER = sizeof(gan_series) + 12 };
  const double y[] = {3}, z[] = {7};
  gan_series series[] = {red(NULL, y, 1, GAN_SERIES_HORIZONTAL),
                         red(NULL, z, 1, GAN_SERIES_HORIZONTAL)};
  _Alignas(gan_series) char longer[2 * LONGER] = {0};
  gan_chart_view view = plain();
  gan_image *first = draw(series, 2, &view);
  for (int32_t i = 0; i < 2; i++) {
    series[i].struct_size = LONGER;
    memcpy(longer + (size_t)i * LONGER, &series[i], sizeof series[i]);
  }
  gan_image *second = draw((const gan_series *)(const void *)longer, 2, &view);
  assert_memory_equal(gan_image_pixels(first), gan_image_pixels(second), 3 * WIDTH * HEIGHT);
  gan_image_destroy(first);
  gan_image_destroy(second);
}

/* A million points take no longer than their pixels. */
static void many_points_are_drawn(void **state) {
  (void)state;
  enum { POINTS = 1000000 };
  double *y = gan__allocate(context, POINTS, sizeof *y);
  assert_non_null(y);
  for (int32_t i = 0; i < POINTS; i++)
    y[i] = 5 + 4 * sin(i * 1e-5);
  gan_chart_view view = plain();
  view.x_high = POINTS;
  gan_series series = red(NULL, y, POINTS, GAN_SERIES_LINE);
  gan_image *image = draw(&series, 1, &view);
  box frame = frame_of(image);
  for (int32_t column = frame.left + 1; column < frame.right - 1; column++) {
    double part = (column + 0.5 - frame.left) / (frame.right - frame.left);
    double height = 0.5 + 0.4 * sin(part * POINTS * 1e-5);
    assert_true(reddish(at(image, column, along(frame.top, frame.bottom, 1 - height))));
  }
  gan_image_destroy(image);
  gan__release(context, y);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(values_lie_where_the_axes_say),
      TEST(line_joins_its_points),
      TEST(numbers_stand_in_for_x),
      TEST(what_is_not_finite_leaves_a_gap),
      TEST(not_positive_leaves_a_gap_on_a_logarithmic_axis),
      TEST(a_point_alone_is_a_dot),
      TEST(nothing_is_drawn_beyond_the_frame),
      TEST(bars_stand_between_their_edges),
      TEST(area_reaches_down_to_zero),
      TEST(ends_are_marked),
      TEST(every_marker_is_drawn),
      TEST(charts_give_the_same_pixels_twice),
      TEST(longer_series_are_read),
      TEST(many_points_are_drawn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
