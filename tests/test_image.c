/* SPDX-License-Identifier: MIT */
/* Canvases, captions, sheets and tables of panels: known pixels, refusals, nothing leaked. */
#include <limits.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/image.h>

#include "base/context.h"
#include "io/image.h"

static gan_context *context;
static int64_t blocks_at_start;

static int setup(void **state) {
  (void)state;
  if (gan_context_create(&context) != GAN_OK) return -1;
  blocks_at_start = context->live_blocks;
  return 0;
}

/* Also every test's proof that nothing was leaked. */
static int teardown(void **state) {
  (void)state;
  int leaked = context->live_blocks != blocks_at_start;
  gan_context_destroy(context);
  return leaked;
}

static gan_image *canvas(int32_t width, int32_t height, int32_t channels) {
  gan_image *image = NULL;
  assert_int_equal(gan_image_create(context, width, height, channels, &image), GAN_OK);
  return image;
}

/* A pixel as 0xRRGGBB; gray is repeated. */
static int32_t at(const gan_image *image, int32_t x, int32_t y) {
  int32_t channels = gan_image_channels(image);
  const uint8_t *pixel =
      gan_image_pixels(image) + ((int64_t)y * gan_image_width(image) + x) * channels;
  return channels == 3 ? pixel[0] << 16 | pixel[1] << 8 | pixel[2] : pixel[0] * 0x10101;
}

static void image_create_makes_a_black_canvas(void **state) {
  (void)state;
  for (int32_t channels = 1; channels <= 3; channels += 2) {
    gan_image *image = canvas(5, 3, channels);
    assert_int_equal(gan_image_width(image), 5);
    assert_int_equal(gan_image_height(image), 3);
    assert_int_equal(gan_image_channels(image), channels);
    for (int32_t i = 0; i < 15 * channels; i++)
      assert_int_equal(gan_image_pixels(image)[i], 0);
    gan_image_destroy(image);
  }
  gan_image_destroy(NULL);
  assert_int_equal(gan_image_width(NULL), 0);
  assert_int_equal(gan_image_height(NULL), 0);
  assert_int_equal(gan_image_channels(NULL), 0);
  assert_null(gan_image_pixels(NULL));
}

static void image_create_refuses_bad_sizes(void **state) {
  (void)state;
  static const struct {
    int32_t width, height, channels, status;
    const char *word; /* which the message must contain */
  } rows[] = {
      {0, 5, 1, GAN_ERROR_ARGUMENT, "0 x 5"},
      {5, 0, 1, GAN_ERROR_ARGUMENT, "5 x 0"},
      {-1, 5, 3, GAN_ERROR_ARGUMENT, "-1 x 5"},
      {INT32_MIN, INT32_MIN, 3, GAN_ERROR_ARGUMENT, "size"},
      {5, 5, 0, GAN_ERROR_ARGUMENT, "channels 0"},
      {5, 5, 2, GAN_ERROR_ARGUMENT, "channels 2"},
      {5, 5, 4, GAN_ERROR_ARGUMENT, "channels 4"},
      {1000000000, 1000000000, 3, GAN_ERROR_LIMIT, "1000000000 x 1000000000"},
      {INT32_MAX, 1, 1, GAN_ERROR_LIMIT, "32767"},
      {32767, 32767, 1, GAN_ERROR_LIMIT, "268435456"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gan_image *image = NULL;
    assert_int_equal(
        gan_image_create(context, rows[i].width, rows[i].height, rows[i].channels, &image),
        rows[i].status);
    assert_null(image);
    assert_non_null(strstr(gan_context_message(context), rows[i].word));
  }
  gan_image *image = NULL;
  assert_int_equal(gan_image_create(NULL, 5, 5, 1, &image), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_create(context, 5, 5, 1, NULL), GAN_ERROR_ARGUMENT);
  assert_null(image);
}

static void image_fill_colours_every_pixel(void **state) {
  (void)state;
  gan_image *colour = canvas(4, 3, 3), *gray = canvas(4, 3, 1);
  assert_int_equal(gan_image_fill(colour, 0x0A80FE), GAN_OK);
  assert_int_equal(gan_image_fill(gray, 0xFF0000), GAN_OK);
  for (int32_t i = 0; i < 12; i++) {
    assert_int_equal(at(colour, i % 4, i / 4), 0x0A80FE);
    assert_int_equal(at(gray, i % 4, i / 4), 76 * 0x10101); /* 0.299 * 255 = 76.2 */
  }
  assert_int_equal(gan_image_fill(colour, -1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_fill(colour, 0x1000000), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_fill(NULL, 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(at(colour, 0, 0), 0x0A80FE);
  gan_image_destroy(colour);
  gan_image_destroy(gray);
}

static void image_set_maps_and_clamps(void **state) {
  (void)state;
  static const struct {
    float value;
    double low, high;
    int32_t level;
  } rows[] = {
      {-1, -1, 1, 0},
      {1, -1, 1, 255},
      {0, -1, 1, 128},
      {-7, -1, 1, 0},
      {7, -1, 1, 255},
      {INFINITY, 0, 1, 255},
      {-INFINITY, 0, 1, 0},
      {0, 1, 0, 255},
      {1, 1, 0, 0},
      {0.25f, 1, 0, 191},
      {3.4e38f, -1e38, 1e38, 255},
      {100, 0, 255, 100},
  };
  gan_image *gray = canvas(1, 1, 1);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(gan_image_set(gray, &rows[i].value, rows[i].low, rows[i].high), GAN_OK);
    assert_int_equal(gan_image_pixels(gray)[0], rows[i].level);
  }
  gan_image_destroy(gray);
}

static void image_set_reads_planes_and_shows_nan(void **state) {
  (void)state;
  gan_image *colour = canvas(2, 1, 3), *gray = canvas(2, 2, 1);
  const float planes[] = {0, 1, 0.5f, NAN, 1, 0}; /* [3, 1, 2] */
  assert_int_equal(gan_image_set(colour, planes, 0, 1), GAN_OK);
  assert_int_equal(at(colour, 0, 0), 0x0080FF);
  assert_int_equal(at(colour, 1, 0), 0xFF00FF);
  const float bad[] = {NAN, NAN, NAN, 0.5f};
  assert_int_equal(gan_image_set(gray, bad, 0, 1), GAN_OK);
  assert_int_equal(at(gray, 0, 0), 0);
  assert_int_equal(at(gray, 1, 0), 0xFFFFFF);
  assert_int_equal(at(gray, 0, 1), 0xFFFFFF);
  assert_int_equal(at(gray, 1, 1), 0x808080);
  static const double ranges[][2] = {{1, 1}, {NAN, 1}, {0, INFINITY}, {-1.7e308, 1.7e308}};
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
    assert_int_equal(gan_image_set(gray, bad, ranges[i][0], ranges[i][1]), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_set(NULL, bad, 0, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_set(gray, NULL, 0, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(at(gray, 1, 1), 0x808080);
  gan_image_destroy(colour);
  gan_image_destroy(gray);
}

static void image_paste_copies_what_fits(void **state) {
  (void)state;
  gan_image *target = canvas(6, 5, 3), *source = canvas(2, 3, 1), *gray = canvas(6, 5, 1);
  gan_image_fill(source, 0x7F7F7F);
  assert_int_equal(gan_image_paste(target, source, 4, 2), GAN_OK);
  for (int32_t i = 0; i < 30; i++)
    assert_int_equal(at(target, i % 6, i / 6), i % 6 >= 4 && i / 6 >= 2 ? 0x7F7F7F : 0);
  assert_int_equal(gan_image_paste(gray, source, 0, 0), GAN_OK);
  assert_int_equal(at(gray, 1, 2), 0x7F7F7F);
  assert_int_equal(at(gray, 2, 2), 0);
  static const int32_t places[][2] = {{5, 2}, {4, 3}, {-1, 0}, {0, -1}, {INT32_MAX, 0}};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    assert_int_equal(gan_image_paste(target, source, places[i][0], places[i][1]), GAN_ERROR_SHAPE);
  assert_int_equal(gan_image_paste(gray, target, 0, 0), GAN_ERROR_SHAPE);
  assert_int_equal(gan_image_paste(NULL, source, 0, 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_paste(target, NULL, 0, 0), GAN_ERROR_ARGUMENT);
  gan_context *other = NULL;
  gan_image *foreign = NULL;
  assert_int_equal(gan_context_create(&other), GAN_OK);
  assert_int_equal(gan_image_create(other, 1, 1, 1, &foreign), GAN_OK);
  assert_int_equal(gan_image_paste(target, foreign, 0, 0), GAN_ERROR_CONTEXT);
  gan_image_destroy(foreign);
  gan_context_destroy(other);
  gan_image_destroy(target);
  gan_image_destroy(source);
  gan_image_destroy(gray);
}

/* At scale 1 a letter of straight strokes is exactly its cells. */
static void text_is_sharp_at_scale_one(void **state) {
  (void)state;
  gan_image *image = canvas(5, 9, 1);
  assert_int_equal(gan_image_text(image, 0, 0, 1, 0xFFFFFF, "L"), GAN_OK);
  for (int32_t i = 0; i < 45; i++) {
    bool ink = i / 5 < 7 && (i % 5 == 0 || i / 5 == 6);
    assert_int_equal(at(image, i % 5, i / 5), ink ? 0xFFFFFF : 0);
  }
  gan_image_destroy(image);
}

static void text_breaks_lines(void **state) {
  (void)state;
  gan_image *image = canvas(5, 20, 1);
  assert_int_equal(gan_image_text(image, 0, 0, 1, 0xFFFFFF, "L\nL"), GAN_OK);
  for (int32_t y = 0; y < 20; y++)
    assert_int_equal(at(image, 0, y), y < 7 || (y >= 11 && y < 18) ? 0xFFFFFF : 0);
  gan_image_destroy(image);
}

static int64_t inked(const gan_image *image) {
  int64_t count = 0;
  for (int32_t i = 0; i < gan_image_width(image) * gan_image_height(image); i++)
    count += at(image, i % gan_image_width(image), i / gan_image_width(image)) != 0;
  return count;
}

static void text_draws_every_printable_character_differently(void **state) {
  (void)state;
  gan_image *drawn[95];
  for (int32_t c = 0; c < 95; c++) {
    drawn[c] = canvas(10, 18, 1);
    char text[2] = {(char)(32 + c), '\0'};
    assert_int_equal(gan_image_text(drawn[c], 0, 0, 2, 0xFFFFFF, text), GAN_OK);
    assert_true(c == 0 ? inked(drawn[c]) == 0 : inked(drawn[c]) > 0);
    for (int32_t before = 0; before < c; before++) {
      /* A capital O and a zero are the same figure. */
      bool same = memcmp(drawn[c]->pixels, drawn[before]->pixels, 180) == 0;
      assert_true(same == (c == 'O' - 32 && before == '0' - 32));
    }
  }
  for (int32_t c = 0; c < 95; c++)
    gan_image_destroy(drawn[c]);
}

static void text_width_counts_the_longest_line(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int32_t scale;
    int64_t width;
  } rows[] = {
      {"", 3, 0},   {"L", 1, 5},  {"LL", 1, 11},           {"L\nLL\nL", 2, 22},
      {" ", 1, 3},  {"\n", 1, 0}, {"\xc3\xa9", 1, 4},      {"\x01", 2, 8},
      {NULL, 1, 0}, {"L", 0, 0},  {"\xe2\x82\xac!", 1, 6}, {"1", 64, 192},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_int_equal(gan_image_text_width(rows[i].text, rows[i].scale), rows[i].width);
}

static void text_keeps_within_its_width_and_the_canvas(void **state) {
  (void)state;
  static const char text[] = "gjpqy {}[] K = 10 @#%&";
  for (int32_t scale = 1; scale <= 7; scale++) {
    int32_t width = (int32_t)gan_image_text_width(text, scale);
    gan_image *image = canvas(width + 20, 9 * scale + 20, 1);
    assert_int_equal(gan_image_text(image, 10, 10, scale, 0xFFFFFF, text), GAN_OK);
    for (int32_t y = 0; y < gan_image_height(image); y++)
      for (int32_t x = 0; x < gan_image_width(image); x++)
        if (x < 10 || y < 10 || x >= 10 + width || y >= 10 + 9 * scale)
          assert_int_equal(at(image, x, y), 0);
    gan_image_destroy(image);
  }
  gan_image *small = canvas(8, 8, 3);
  static const int32_t places[][2] = {
      {-20, -3}, {6, 6}, {INT32_MAX, INT32_MAX}, {INT32_MIN, INT32_MIN}};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    assert_int_equal(gan_image_text(small, places[i][0], places[i][1], 3, 0xFF, text), GAN_OK);
  assert_int_equal(gan_image_text(small, 0, 0, 0, 0, "a"), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_text(small, 0, 0, 65, 0, "a"), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_text(small, 0, 0, 1, -1, "a"), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_text(small, 0, 0, 1, 0, NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_text(NULL, 0, 0, 1, 0, "a"), GAN_ERROR_ARGUMENT);
  gan_image_destroy(small);
}

static gan_grid_view grid_view(void) {
  return (gan_grid_view){.struct_size = sizeof(gan_grid_view),
                         .count = 3,
                         .channels = 1,
                         .height = 2,
                         .width = 1,
                         .columns = 2,
                         .scale = 2,
                         .low = -1,
                         .high = 1};
}

/* Three pictures of 1 x 2 values, every value doubled, two to a row, gaps of 2. */
static void grid_places_pictures(void **state) {
  (void)state;
  const float images[] = {-1, 1, 0, -5, NAN, 5}; /* [3, 1, 2, 1] */
  gan_grid_view view = grid_view();
  gan_image *image = NULL;
  assert_int_equal(gan_image_grid(context, images, &view, &image), GAN_OK);
  assert_int_equal(gan_image_width(image), 10);
  assert_int_equal(gan_image_height(image), 14);
  assert_int_equal(gan_image_channels(image), 3);
  for (int32_t y = 0; y < 14; y++)
    for (int32_t x = 0; x < 10; x++) {
      int32_t column = (x - 2) / 4, row = (y - 2) / 6, index = row * 2 + column;
      bool inside = x >= 2 && y >= 2 && (x - 2) % 4 < 2 && (y - 2) % 6 < 4 && column < 2 && row < 2
                    && index < 3;
      static const int32_t expected[] = {0, 0xFFFFFF, 0x808080, 0, 0xFF00FF, 0xFFFFFF};
      assert_int_equal(at(image, x, y), inside ? expected[index * 2 + (y - 2) % 6 / 2] : 0xFFFFFF);
    }
  gan_image_destroy(image);
}

static void grid_reads_colour_planes(void **state) {
  (void)state;
  const float images[] = {1, 0, 0, 1, 0.5f, 0}; /* [1, 3, 1, 2] */
  gan_grid_view view = {sizeof view, 1, 3, 1, 2, 9, 1, 0, 1};
  gan_image *image = NULL;
  assert_int_equal(gan_image_grid(context, images, &view, &image), GAN_OK);
  assert_int_equal(gan_image_width(image), 6); /* never more columns than pictures */
  assert_int_equal(gan_image_height(image), 5);
  assert_int_equal(at(image, 2, 2), 0xFF0080);
  assert_int_equal(at(image, 3, 2), 0x00FF00);
  gan_image_destroy(image);
}

static void grid_refuses_bad_views(void **state) {
  (void)state;
  const int64_t huge = 1000000000, most = INT64_MAX;
  const float images[6] = {0};
  const struct {
    gan_grid_view view;
    int32_t status;
    const char *word;
  } rows[] = {
      {{0, 3, 1, 2, 1, 2, 2, -1, 1}, GAN_ERROR_ARGUMENT, "struct_size 0"},
      {{sizeof(gan_grid_view) - 1, 3, 1, 2, 1, 2, 2, -1, 1}, GAN_ERROR_ARGUMENT, "struct_size"},
      {{sizeof(gan_grid_view), 0, 1, 2, 1, 2, 2, -1, 1}, GAN_ERROR_ARGUMENT, "count 0"},
      {{sizeof(gan_grid_view), 3, 2, 2, 1, 2, 2, -1, 1}, GAN_ERROR_SHAPE, "channels 2"},
      {{sizeof(gan_grid_view), 3, 1, -2, 1, 2, 2, -1, 1}, GAN_ERROR_ARGUMENT, "height -2"},
      {{sizeof(gan_grid_view), 3, 1, 2, 0, 2, 2, -1, 1}, GAN_ERROR_ARGUMENT, "width 0"},
      {{sizeof(gan_grid_view), 3, 1, 2, 1, 0, 2, -1, 1}, GAN_ERROR_ARGUMENT, "columns 0"},
      {{sizeof(gan_grid_view), 3, 1, 2, 1, 2, 0, -1, 1}, GAN_ERROR_ARGUMENT, "scale 0"},
      {{sizeof(gan_grid_view), 3, 1, 2, 1, 2, 2, 1, 1}, GAN_ERROR_ARGUMENT, "low 1"},
      {{sizeof(gan_grid_view), 3, 1, 2, 1, 2, 2, NAN, 1}, GAN_ERROR_ARGUMENT, "low nan"},
      {{sizeof(gan_grid_view), 1, 1, huge, huge, 1, 1, -1, 1}, GAN_ERROR_LIMIT, "size"},
      {{sizeof(gan_grid_view), 3, 1, 2, 1, 2, huge, -1, 1}, GAN_ERROR_LIMIT, "size"},
      {{sizeof(gan_grid_view), huge, 1, 2, 1, 2, 2, -1, 1}, GAN_ERROR_LIMIT, "size"},
      {{sizeof(gan_grid_view), most, 1, 2, 1, 2, 2, -1, 1}, GAN_ERROR_LIMIT, "count"},
      {{sizeof(gan_grid_view), 3, 1, most, most, 2, most, -1, 1}, GAN_ERROR_LIMIT, "height"},
      {{sizeof(gan_grid_view), INT64_C(1) << 40, 1, INT64_C(1) << 40, INT64_C(1) << 40, 1,
        INT64_C(1) << 40, -1, 1},
       GAN_ERROR_LIMIT,
       "size"},
  };
  gan_image *image = NULL;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(gan_image_grid(context, images, &rows[i].view, &image), rows[i].status);
    assert_non_null(strstr(gan_context_message(context), rows[i].word));
    assert_null(image);
  }
  gan_grid_view view = grid_view();
  assert_int_equal(gan_image_grid(NULL, images, &view, &image), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_grid(context, NULL, &view, &image), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_grid(context, images, NULL, &image), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_grid(context, images, &view, NULL), GAN_ERROR_ARGUMENT);
  view.struct_size += 64; /* a newer caller */
  assert_int_equal(gan_image_grid(context, images, &view, &image), GAN_OK);
  gan_image_destroy(image);
}

/* Scale 1: gaps of 4, captions 9 high, and "LL" 11 wide. */
static void panels_place_pictures_and_captions(void **state) {
  (void)state;
  gan_image *first = canvas(20, 30, 3), *second = canvas(10, 10, 1), *image = NULL;
  gan_image_fill(first, 0x112233);
  gan_image_fill(second, 0x808080);
  const gan_image *panels[] = {first, second, NULL, first};
  const char *rows[] = {"LL", NULL}, *columns[] = {"L", "L"};
  gan_panel_view view = {sizeof view, 2, 2, panels, rows, columns, 1};
  assert_int_equal(gan_image_panels(context, &view, &image), GAN_OK);
  int32_t left = 4 + 11 + 4, top = 4 + 9 + 1;
  assert_int_equal(gan_image_width(image), left + 2 * (20 + 4));
  assert_int_equal(gan_image_height(image), top + 2 * (30 + 4));
  assert_int_equal(at(image, left, top), 0x112233);
  assert_int_equal(at(image, left + 19, top + 29), 0x112233);
  assert_int_equal(at(image, left + 20, top), 0xFFFFFF);
  assert_int_equal(at(image, left + 24 + 5, top + 10), 0x808080); /* centred in its cell */
  assert_int_equal(at(image, left + 24 + 4, top + 10), 0xFFFFFF);
  assert_int_equal(at(image, left + 10, top + 34 + 15), 0xFFFFFF); /* the empty place */
  assert_int_equal(at(image, left + 24, top + 34), 0x112233);
  assert_int_equal(at(image, 4, top + 15 + 3), 0x202020); /* foot of the first L */
  assert_int_equal(at(image, left + 10 - 2, 4), 0x202020);
  gan_image_destroy(image);
  /* A caption that is wider than its panels widens the column. */
  const char *wide[] = {"LLLLL"};
  view = (gan_panel_view){sizeof view, 1, 1, panels, NULL, wide, 1};
  assert_int_equal(gan_image_panels(context, &view, &image), GAN_OK);
  assert_int_equal(gan_image_width(image), 4 + 29 + 4);
  gan_image_destroy(image);
  view = (gan_panel_view){sizeof view, 1, 1, panels, NULL, NULL, 0};
  assert_int_equal(gan_image_panels(context, &view, &image), GAN_OK);
  assert_int_equal(gan_image_width(image), 28); /* no captions, no margin for them */
  assert_int_equal(gan_image_height(image), 38);
  gan_image_destroy(image);
  gan_image_destroy(first);
  gan_image_destroy(second);
}

static void panels_refuse_bad_views(void **state) {
  (void)state;
  gan_context *other = NULL;
  gan_image *foreign = NULL, *own = canvas(32767, 1, 1), *image = NULL;
  assert_int_equal(gan_context_create(&other), GAN_OK);
  assert_int_equal(gan_image_create(other, 1, 1, 1, &foreign), GAN_OK);
  const gan_image *foreigners[] = {NULL, foreign}, *wide[] = {own, own};
  const uint64_t size = sizeof(gan_panel_view);
  const struct {
    gan_panel_view view;
    int32_t status;
  } rows[] = {
      {{size - 8, 1, 2, wide, NULL, NULL, 1}, GAN_ERROR_ARGUMENT},
      {{size, 0, 2, wide, NULL, NULL, 1}, GAN_ERROR_ARGUMENT},
      {{size, 1, -2, wide, NULL, NULL, 1}, GAN_ERROR_ARGUMENT},
      {{size, 1, 2, NULL, NULL, NULL, 1}, GAN_ERROR_ARGUMENT},
      {{size, 1, 2, wide, NULL, NULL, -1}, GAN_ERROR_ARGUMENT},
      {{size, 1, 2, wide, NULL, NULL, 65}, GAN_ERROR_ARGUMENT},
      {{size, 1, 2, foreigners, NULL, NULL, 1}, GAN_ERROR_CONTEXT},
      {{size, 1, 2, wide, NULL, NULL, 1}, GAN_ERROR_LIMIT},
      {{size, 1000000000, 1000000000, wide, NULL, NULL, 1}, GAN_ERROR_LIMIT},
      {{size, INT64_MAX, INT64_MAX, wide, NULL, NULL, 1}, GAN_ERROR_LIMIT},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(gan_image_panels(context, &rows[i].view, &image), rows[i].status);
    assert_null(image);
  }
  gan_panel_view view = {size, 1, 1, wide, NULL, NULL, 1};
  assert_int_equal(gan_image_panels(NULL, &view, &image), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_panels(context, NULL, &image), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_panels(context, &view, NULL), GAN_ERROR_ARGUMENT);
  gan_image_destroy(foreign);
  gan_context_destroy(other);
  gan_image_destroy(own);
}

/* An allocator that refuses the request number `left`, counted from 0. */
static void *scarce_allocate(uint64_t size, uint64_t alignment, void *user) {
  int32_t *left = user;
  if ((*left)-- == 0) return NULL;
  return aligned_alloc((size_t)alignment, (size_t)((size + alignment - 1) / alignment * alignment));
}

static void scarce_release(void *memory, void *user) {
  (void)user;
  free(memory);
}

static void drawings_survive_every_failed_allocation(void **state) {
  (void)state;
  int32_t left = INT_MAX;
  gan_allocator allocator = {sizeof allocator, scarce_allocate, scarce_release, &left};
  gan_context *scarce = NULL;
  assert_int_equal(gan_context_create_with(&allocator, &scarce), GAN_OK);
  const float values[6] = {0};
  const gan_image *panels[] = {NULL};
  gan_grid_view grid = grid_view();
  gan_scatter_view scatter = {sizeof scatter, 16, 0, 1, 0, 1, NULL, 0};
  gan_panel_view table = {sizeof table, 1, 1, panels, NULL, NULL, 1};
  int64_t before = scarce->live_blocks;
  for (int32_t drawing = 0; drawing < 4; drawing++) {
    gan_status status = GAN_ERROR_MEMORY;
    int32_t refused = -1;
    while (status != GAN_OK) {
      assert_int_equal(status, GAN_ERROR_MEMORY);
      gan_image *image = NULL;
      left = ++refused;
      status = drawing == 0   ? gan_image_create(scarce, 3, 3, 1, &image)
               : drawing == 1 ? gan_image_grid(scarce, values, &grid, &image)
               : drawing == 2 ? gan_image_scatter(scarce, values, 3, &scatter, &image)
                              : gan_image_panels(scarce, &table, &image);
      left = INT_MAX;
      assert_true((image != NULL) == (status == GAN_OK));
      gan_image_destroy(image);
      assert_int_equal(scarce->live_blocks, before);
    }
    assert_true(refused >= 2); /* each needs at least a handle and pixels */
  }
  gan_context_destroy(scarce);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(image_create_makes_a_black_canvas, setup, teardown),
      cmocka_unit_test_setup_teardown(image_create_refuses_bad_sizes, setup, teardown),
      cmocka_unit_test_setup_teardown(image_fill_colours_every_pixel, setup, teardown),
      cmocka_unit_test_setup_teardown(image_set_maps_and_clamps, setup, teardown),
      cmocka_unit_test_setup_teardown(image_set_reads_planes_and_shows_nan, setup, teardown),
      cmocka_unit_test_setup_teardown(image_paste_copies_what_fits, setup, teardown),
      cmocka_unit_test_setup_teardown(text_is_sharp_at_scale_one, setup, teardown),
      cmocka_unit_test_setup_teardown(text_breaks_lines, setup, teardown),
      cmocka_unit_test_setup_teardown(text_draws_every_printable_character_differently, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(text_width_counts_the_longest_line, setup, teardown),
      cmocka_unit_test_setup_teardown(text_keeps_within_its_width_and_the_canvas, setup, teardown),
      cmocka_unit_test_setup_teardown(grid_places_pictures, setup, teardown),
      cmocka_unit_test_setup_teardown(grid_reads_colour_planes, setup, teardown),
      cmocka_unit_test_setup_teardown(grid_refuses_bad_views, setup, teardown),
      cmocka_unit_test_setup_teardown(panels_place_pictures_and_captions, setup, teardown),
      cmocka_unit_test_setup_teardown(panels_refuse_bad_views, setup, teardown),
      cmocka_unit_test_setup_teardown(drawings_survive_every_failed_allocation, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
