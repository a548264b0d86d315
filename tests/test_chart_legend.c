/* SPDX-License-Identifier: MIT */
/* Legends, colours and captions of charts, and the room that they take. */
#include "chart_probe.h"
#include "io/chart.h"

static void legend_goes_where_it_is_asked(void **state) {
  (void)state;
  const double y[] = {(double)NAN, (double)NAN};
  for (int32_t legend = 0; legend < GAN__LEGENDS; legend++) {
    gan_chart_view view = plain();
    view.legend = legend;
    gan_series series = red(NULL, y, 2, GAN_SERIES_LINE);
    series.name = "name";
    gan_image *image = draw(&series, 1, &view);
    box frame = frame_of(image);
    int32_t middle_x = (frame.left + frame.right) / 2, middle_y = (frame.top + frame.bottom) / 2;
    /* Only the sample of the legend is red. */
    const box quarters[] = {{middle_x, frame.top, frame.right, middle_y},
                            {frame.left, frame.top, middle_x, middle_y},
                            {middle_x, middle_y, frame.right, frame.bottom},
                            {frame.left, middle_y, middle_x, frame.bottom},
                            {frame.right, 0, WIDTH, HEIGHT}};
    for (int32_t i = 0; i < COUNT(quarters); i++) {
      bool here = i + 1 == legend || (legend == GAN_LEGEND_AUTOMATIC && i == 0);
      assert_true((count_red(image, quarters[i]) > 0) == here);
    }
    gan_image_destroy(image);
  }
}

/* Lines that fill all corners but one, and then that one too. */
static void legend_finds_the_empty_place(void **state) {
  (void)state;
  const double x[] = {0, 0, 10, 10, 1, 1, 0}, y[] = {0, 10, 10, 9.5, 9.5, 0, 0};
  const double zigzag[] = {0, 10, 0, 10, 0, 10, 0, 10, 0, 10, 0, 10, 0, 10, 0, 10};
  gan_chart_view view = plain();
  gan_series series = red(x, y, 7, GAN_SERIES_LINE);
  series.name = "name";
  gan_image *image = draw(&series, 1, &view);
  box frame = frame_of(image);
  const box corner = {(frame.left + 3 * frame.right) / 4, (frame.top + 3 * frame.bottom) / 4,
                      frame.right, frame.bottom};
  assert_true(count_red(image, corner) > 0);
  assert_int_equal(frame.right, WIDTH - 4 - 9 / 2); /* a gap, half of "10" */
  gan_image_destroy(image);
  series = red(NULL, zigzag, 16, GAN_SERIES_LINE);
  series.name = "name";
  view.x_high = 15;
  image = draw(&series, 1, &view);
  frame = frame_of(image);
  assert_true(count_red(image, (box){frame.right, 0, WIDTH, HEIGHT}) > 0);
  gan_image_destroy(image);
}

static void colours_and_dashes_are_distinct(void **state) {
  (void)state;
  enum { SERIES = 15 };
  double levels[SERIES];
  gan_series series[SERIES];
  gan_chart_view view = plain();
  for (int32_t i = 0; i < SERIES; i++) {
    levels[i] = 0.5 + 0.6 * i;
    series[i] = red(NULL, &levels[i], 1, GAN_SERIES_HORIZONTAL);
    series[i].colour = 0;
    series[i].width = 3;
  }
  gan_image *image = draw(series, SERIES, &view);
  box frame = frame_of(image);
  int32_t colours[SERIES], gaps[SERIES] = {0};
  for (int32_t i = 0; i < SERIES; i++) {
    int32_t row = along(frame.top, frame.bottom, 1 - levels[i] / 10);
    colours[i] = at(image, frame.left, row);
    for (int32_t x = frame.left; x < frame.right; x++)
      gaps[i] += at(image, x, row) != colours[i];
    for (int32_t before = 0; before < i; before++)
      assert_true((colours[i] == colours[before]) == (i % 7 == before % 7));
  }
  for (int32_t i = 0; i < SERIES; i++)
    assert_true(i < 7 ? gaps[i] == 0 : gaps[i] > 50);
  assert_true(gaps[14] > gaps[7]); /* dotted after dashed */
  gan_image_destroy(image);
  /* Minus one: as the one before. */
  series[1].colour = -1;
  image = draw(series, 3, &view);
  assert_int_equal(at(image, frame.left, along(frame.top, frame.bottom, 1 - 0.11)), colours[0]);
  assert_int_equal(at(image, frame.left, along(frame.top, frame.bottom, 1 - 0.17)), colours[1]);
  gan_image_destroy(image);
}

static void captions_take_their_room(void **state) {
  (void)state;
  const double y[] = {1, 2};
  const gan_series series = red(NULL, y, 2, GAN_SERIES_LINE);
  gan_chart_view view = plain();
  gan_image *image = draw(&series, 1, &view);
  box bare = frame_of(image);
  gan_image_destroy(image);
  view.title = "two\nlines";
  view.x_caption = view.y_caption = "one";
  image = draw(&series, 1, &view);
  box named = frame_of(image);
  assert_int_equal(named.top - bare.top, 11 + 9 + 4);
  assert_int_equal(named.left - bare.left, 9 + 4);
  assert_int_equal(bare.bottom - named.bottom, 9 + 4 + 3);
  assert_int_equal(named.right, bare.right);
  /* What is written upward is "one", turned: its columns read from below are its rows. */
  gan_image *level = NULL;
  assert_int_equal(gan_image_create(context, 40, 9, 3, &level), GAN_OK);
  gan_image_fill(level, WHITE);
  gan_image_text(level, 0, 0, 1, 0x202020, "one");
  int32_t width = (int32_t)gan_image_text_width("one", 1);
  int32_t below = named.top + (named.bottom - named.top + width) / 2;
  for (int32_t row = 0; row < 9; row++)
    for (int32_t column = 0; column < width; column++)
      assert_int_equal(at(image, 4 + row, below - column), at(level, column, row));
  gan_image_destroy(level);
  gan_image_destroy(image);
}

static void open_sizes_are_chosen(void **state) {
  (void)state;
  const double y[] = {1, 2};
  const gan_series series = red(NULL, y, 2, GAN_SERIES_LINE);
  gan_chart_view view = {.struct_size = sizeof view};
  gan_image *image = draw(&series, 1, &view);
  assert_int_equal(gan_image_width(image), 900);
  assert_int_equal(gan_image_height(image), 600);
  gan_image_destroy(image);
}

/* What is refused is listed in bad_input_picture.def; here, that captions need their room. */
static void no_room_is_an_error(void **state) {
  (void)state;
  const double y[] = {1, 2};
  gan_series series = red(NULL, y, 2, GAN_SERIES_LINE);
  series.name = "a name that is longer than the picture is wide, at any scale of the font";
  for (int64_t size = 64; size <= 512; size += 64)
    for (int64_t scale = 1; scale <= 64; scale *= 2)
      for (int32_t legend = 0; legend < GAN__LEGENDS; legend++) {
        gan_chart_view view = {.struct_size = sizeof view,
                               .width = size,
                               .height = 576 - size,
                               .scale = scale,
                               .legend = legend};
        gan_image *image = NULL;
        gan_status status = gan_image_chart(context, &series, 1, &view, &image);
        assert_true(status == GAN_OK || status == GAN_ERROR_SHAPE);
        assert_int_equal(image != NULL, status == GAN_OK);
        if (legend != GAN_LEGEND_NONE && scale > 1) assert_int_equal(status, GAN_ERROR_SHAPE);
        gan_image_destroy(image);
      }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(legend_goes_where_it_is_asked),   TEST(legend_finds_the_empty_place),
      TEST(colours_and_dashes_are_distinct), TEST(captions_take_their_room),
      TEST(open_sizes_are_chosen),           TEST(no_room_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
