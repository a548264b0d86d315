/* SPDX-License-Identifier: MIT */
/* Job: a chart with red series, its frame found again in the picture, and what is red there; for
 * the tests of charts, each of which includes it once. */
#ifndef CHART_PROBE_H
#define CHART_PROBE_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <gan/image.h>

#include "base/context.h"

enum { WIDTH = 400, HEIGHT = 300, BORDER = 0x404040, WHITE = 0xFFFFFF, RED = 0xFF0000 };

#define COUNT(array) ((int64_t)(sizeof(array) / sizeof *(array)))

static gan_context *context;
static int64_t blocks_at_start;

static inline int setup(void **state) {
  (void)state;
  if (gan_context_create(&context) != GAN_OK) return -1;
  blocks_at_start = context->live_blocks;
  return 0;
}

static inline int teardown(void **state) {
  (void)state;
  int leaked = context->live_blocks != blocks_at_start;
  gan_context_destroy(context);
  return leaked;
}

/* Ranges 0 .. 10 on both axes, at the font's scale 1, so that the border is one pixel wide. */
static inline gan_chart_view plain(void) {
  return (gan_chart_view){.struct_size = sizeof(gan_chart_view),
                          .width = WIDTH,
                          .height = HEIGHT,
                          .scale = 1,
                          .x_high = 10,
                          .y_high = 10};
}

static inline gan_series red(const double *x, const double *y, int64_t count, int32_t form) {
  return (gan_series){.struct_size = sizeof(gan_series),
                      .x = x,
                      .y = y,
                      .count = count,
                      .form = form,
                      .colour = RED,
                      .width = 2};
}

static inline gan_image *draw(const gan_series *series, int64_t count, const gan_chart_view *view) {
  gan_image *image = NULL;
  gan_status status = gan_image_chart(context, series, count, view, &image);
  if (status != GAN_OK) print_error("%s\n", gan_context_message(context));
  assert_int_equal(status, GAN_OK);
  assert_int_equal(gan_image_channels(image), 3);
  return image;
}

static inline int32_t at(const gan_image *image, int32_t x, int32_t y) {
  const uint8_t *pixel = gan_image_pixels(image) + 3 * (y * gan_image_width(image) + x);
  return pixel[0] << 16 | pixel[1] << 8 | pixel[2];
}

/* Whether a pixel is of a red hue, also where it is mixed with white. */
static inline bool reddish(int32_t rgb) {
  return (rgb >> 16) - (rgb & 255) > 40 && (rgb >> 8 & 255) == (rgb & 255);
}

typedef struct box {
  int32_t left, top, right, bottom; /* the first pixels inside, and the first beyond */
} box;

/* The frame, by its left and its lower border: the longest dark column and row. */
static inline box frame_of(const gan_image *image) {
  box found = {0, 0, 0, 0};
  int32_t width = gan_image_width(image), height = gan_image_height(image);
  for (int32_t y = 1; y < height; y++)
    for (int32_t x = 1; x < width; x++)
      if (at(image, x - 1, y - 1) == BORDER && at(image, x, y - 1) == BORDER
          && at(image, x - 1, y) == BORDER && at(image, x, y) != BORDER) {
        int32_t right = x, bottom = y;
        while (right < width && at(image, right, y - 1) == BORDER)
          right++;
        while (bottom < height && at(image, x - 1, bottom) == BORDER)
          bottom++;
        if (right - 1 - x > found.right - found.left) found = (box){x, y, right - 1, bottom - 1};
      }
  assert_true(found.right - found.left >= 32 && found.bottom - found.top >= 32);
  return found;
}

static inline int64_t count_red(const gan_image *image, box within) {
  int64_t count = 0;
  for (int32_t y = within.top; y < within.bottom; y++)
    for (int32_t x = within.left; x < within.right; x++)
      count += reddish(at(image, x, y));
  return count;
}

static const box everywhere = {0, 0, WIDTH, HEIGHT};

/* A value's place along the frame's width or height. */
static inline int32_t along(int32_t low, int32_t high, double part) {
  return low + (int32_t)floor(part * (high - low));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
