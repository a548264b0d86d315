/* SPDX-License-Identifier: MIT */
/* Scatter plots: where points appear, how dark, what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gan/image.h>

#include "base/context.h"
#include "io/scatter_colour.h"

enum { SIZE = 100, FRAME = 0x9A9A9A };

static gan_context *context;
static int64_t blocks_at_start;

static int setup(void **state) {
  (void)state;
  if (gan_context_create(&context) != GAN_OK) return -1;
  blocks_at_start = context->live_blocks;
  return 0;
}

static int teardown(void **state) {
  (void)state;
  int leaked = context->live_blocks != blocks_at_start;
  gan_context_destroy(context);
  return leaked;
}

static gan_scatter_view window(void) {
  return (gan_scatter_view){.struct_size = sizeof(gan_scatter_view),
                            .size = SIZE,
                            .x_low = -1,
                            .x_high = 1,
                            .y_low = -1,
                            .y_high = 1};
}

static gan_image *plot(const float *points, int64_t count, const gan_scatter_view *view) {
  gan_image *image = NULL;
  assert_int_equal(gan_image_scatter(context, points, count, view, &image), GAN_OK);
  assert_int_equal(gan_image_width(image), view->size);
  assert_int_equal(gan_image_height(image), view->size);
  assert_int_equal(gan_image_channels(image), 3);
  return image;
}

static int32_t at(const gan_image *image, int32_t x, int32_t y) {
  const uint8_t *pixel = gan_image_pixels(image) + 3 * (y * gan_image_width(image) + x);
  return pixel[0] << 16 | pixel[1] << 8 | pixel[2];
}

/* Darkness: 0 is white. */
static int32_t dark(int32_t rgb) {
  return 3 * 255 - (rgb >> 16) - (rgb >> 8 & 255) - (rgb & 255);
}

static void colour_darkens_from_white(void **state) {
  (void)state;
  assert_int_equal(gan__scatter_colour(0), 0xFFFFFF);
  assert_int_equal(gan__scatter_colour(-1), 0xFFFFFF);
  assert_int_equal(gan__scatter_colour(NAN), 0xFFFFFF);
  assert_int_equal(gan__scatter_colour(2), gan__scatter_colour(1));
  /* The weights are of green, red and blue light as the eye sees them (ITU-R BT.601). */
  double before = 256;
  for (int32_t i = 0; i <= 100; i++) {
    int32_t rgb = gan__scatter_colour(i / 100.0);
    double luma = 0.299 * (rgb >> 16) + 0.587 * (rgb >> 8 & 255) + 0.114 * (rgb & 255);
    assert_true(luma < before);
    before = luma;
  }
  assert_true(before < 60);
}

static void scatter_is_white_without_points_inside(void **state) {
  (void)state;
  const float points[] = {5, 0, 0, -1.01f, NAN, 0, 0, INFINITY, NAN, NAN, 3e38f, -3e38f};
  gan_scatter_view view = window();
  gan_image *image = plot(points, 6, &view);
  for (int32_t y = 0; y < SIZE; y++)
    for (int32_t x = 0; x < SIZE; x++) {
      bool frame = x == 0 || y == 0 || x == SIZE - 1 || y == SIZE - 1;
      assert_int_equal(at(image, x, y), frame ? FRAME : 0xFFFFFF);
    }
  gan_image_destroy(image);
}

/* y grows upward: (0.5, 0.5) lies in the right upper quarter, at pixel (75, 25). */
static void scatter_shades_around_a_point(void **state) {
  (void)state;
  float points[2 * 20] = {0.5f, 0.5f};
  for (int32_t i = 2; i < 40; i++)
    points[i] = 9; /* outside, so that the one inside is not shaded darkest throughout */
  gan_scatter_view view = window();
  gan_image *image = plot(points, 20, &view);
  for (int32_t step = 0; step < 4; step++) {
    assert_true(dark(at(image, 75 + step, 25)) > dark(at(image, 76 + step, 25)));
    assert_true(dark(at(image, 75, 24 - step)) > dark(at(image, 75, 23 - step)));
    /* The point lies on the corner of four pixels, so the shade is symmetric. */
    assert_int_equal(at(image, 75 + step, 25), at(image, 74 - step, 24));
  }
  assert_int_equal(at(image, 25, 25), 0xFFFFFF);
  assert_int_equal(at(image, 75, 75), 0xFFFFFF);
  gan_image_destroy(image);
}

static void scatter_darkens_with_the_share_of_points(void **state) {
  (void)state;
  float points[2 * 100] = {0}; /* 70 of 100 at one place, 1 at another, the rest at a third */
  for (int32_t i = 0; i < 100; i++) {
    points[2 * i] = i < 70 ? -0.5f : i < 71 ? 0 : 0.5f;
    points[2 * i + 1] = 0.01f;
  }
  gan_scatter_view view = window();
  gan_image *image = plot(points, 100, &view), *twice = plot(points, 50, &view);
  int32_t many = dark(at(image, 25, 49)), one = dark(at(image, 50, 49));
  int32_t some = dark(at(image, 75, 49));
  assert_true(many >= some && some > one && one > 0);
  /* The same share gives the same shade, whatever the number of points. */
  gan_image *all = plot(points, 70, &view);
  assert_int_equal(at(twice, 25, 49), at(all, 25, 49));
  gan_image_destroy(image);
  gan_image_destroy(twice);
  gan_image_destroy(all);
}

static void scatter_draws_centres_as_rings(void **state) {
  (void)state;
  const float points[] = {9, 9}, centres[] = {0, 0, 7, 7, NAN, 0};
  gan_scatter_view view = window();
  view.centres = centres;
  view.centre_count = 3;
  gan_image *image = plot(points, 1, &view);
  assert_int_equal(at(image, 50, 50), 0xFFFFFF); /* open in the middle */
  int32_t reddest = 0;
  for (int32_t x = 50; x < 60; x++) {
    int32_t rgb = at(image, x, 50);
    if ((rgb >> 16) - (rgb & 255) > reddest) reddest = (rgb >> 16) - (rgb & 255);
  }
  assert_true(reddest > 100);
  assert_int_equal(at(image, 60, 50), 0xFFFFFF);
  gan_image_destroy(image);
}

static void scatter_gives_the_same_pixels_twice(void **state) {
  (void)state;
  float points[2 * 500];
  for (int32_t i = 0; i < 1000; i++)
    points[i] = (float)sin(i * 1.7) * (float)cos(i * 0.3);
  for (int64_t size = 16; size <= 300; size += 71) {
    gan_scatter_view view = window();
    view.size = size;
    gan_image *first = plot(points, 500, &view), *second = plot(points, 500, &view);
    assert_memory_equal(gan_image_pixels(first), gan_image_pixels(second),
                        (size_t)(3 * size * size));
    gan_image_destroy(first);
    gan_image_destroy(second);
  }
}

static void scatter_refuses_bad_arguments(void **state) {
  (void)state;
  const float points[] = {0, 0};
  const uint64_t bytes = sizeof(gan_scatter_view);
  const struct {
    gan_scatter_view view;
    int64_t count;
    int32_t status;
    const char *word;
  } rows[] = {
      {{0, SIZE, -1, 1, -1, 1, NULL, 0}, 1, GAN_ERROR_ARGUMENT, "struct_size"},
      {{bytes - 1, SIZE, -1, 1, -1, 1, NULL, 0}, 1, GAN_ERROR_ARGUMENT, "struct_size"},
      {{bytes, SIZE, -1, 1, -1, 1, NULL, 0}, 0, GAN_ERROR_ARGUMENT, "count 0"},
      {{bytes, SIZE, -1, 1, -1, 1, NULL, 0}, -5, GAN_ERROR_ARGUMENT, "count -5"},
      {{bytes, SIZE, -1, 1, -1, 1, NULL, 0}, INT64_MAX, GAN_ERROR_ARGUMENT, "count"},
      {{bytes, 15, -1, 1, -1, 1, NULL, 0}, 1, GAN_ERROR_ARGUMENT, "size 15"},
      {{bytes, -100, -1, 1, -1, 1, NULL, 0}, 1, GAN_ERROR_ARGUMENT, "size -100"},
      {{bytes, 1000000000, -1, 1, -1, 1, NULL, 0}, 1, GAN_ERROR_LIMIT, "size 1000000000"},
      {{bytes, SIZE, 1, 1, -1, 1, NULL, 0}, 1, GAN_ERROR_ARGUMENT, "x from 1 to 1"},
      {{bytes, SIZE, 1, -1, -1, 1, NULL, 0}, 1, GAN_ERROR_ARGUMENT, "x from 1 to -1"},
      {{bytes, SIZE, -1, 1, NAN, 1, NULL, 0}, 1, GAN_ERROR_ARGUMENT, "y from nan"},
      {{bytes, SIZE, -1, 1, -1, INFINITY, NULL, 0}, 1, GAN_ERROR_ARGUMENT, "y from -1 to inf"},
      {{bytes, SIZE, -1.7e308, 1.7e308, -1, 1, NULL, 0}, 1, GAN_ERROR_ARGUMENT, "x from"},
      {{bytes, SIZE, -1, 1, -1, 1, NULL, 1}, 1, GAN_ERROR_ARGUMENT, "centres is NULL"},
      {{bytes, SIZE, -1, 1, -1, 1, points, -1}, 1, GAN_ERROR_ARGUMENT, "centre_count -1"},
  };
  gan_image *image = NULL;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(gan_image_scatter(context, points, rows[i].count, &rows[i].view, &image),
                     rows[i].status);
    assert_non_null(strstr(gan_context_message(context), rows[i].word));
    assert_null(image);
  }
  gan_scatter_view view = window();
  assert_int_equal(gan_image_scatter(NULL, points, 1, &view, &image), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_scatter(context, NULL, 1, &view, &image), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_scatter(context, points, 1, NULL, &image), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_scatter(context, points, 1, &view, NULL), GAN_ERROR_ARGUMENT);
  assert_null(image);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(colour_darkens_from_white),
      cmocka_unit_test_setup_teardown(scatter_is_white_without_points_inside, setup, teardown),
      cmocka_unit_test_setup_teardown(scatter_shades_around_a_point, setup, teardown),
      cmocka_unit_test_setup_teardown(scatter_darkens_with_the_share_of_points, setup, teardown),
      cmocka_unit_test_setup_teardown(scatter_draws_centres_as_rings, setup, teardown),
      cmocka_unit_test_setup_teardown(scatter_gives_the_same_pixels_twice, setup, teardown),
      cmocka_unit_test_setup_teardown(scatter_refuses_bad_arguments, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
