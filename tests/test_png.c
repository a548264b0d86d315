/* SPDX-License-Identifier: MIT */
/* PNG files: what a decoder reads back, the same bytes twice, files that cannot be written. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <spng.h>

#include <gan/image.h>

#include "base/file.h"
#include "base/memory.h"
#include "io/png.h"

static gan_context *context;
static int64_t blocks_at_start;
static char folder[] = "test_png_XXXXXX";

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

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder); /* fails when a test left a file behind */
}

static void path_of(char path[64], const char *name) {
  snprintf(path, 64, "%s/%s", folder, name);
}

/* A picture in which every filter has something to do: smooth, noisy and flat parts. */
static gan_image *pattern(int32_t width, int32_t height, int32_t channels) {
  gan_image *image = NULL;
  assert_int_equal(gan_image_create(context, width, height, channels, &image), GAN_OK);
  uint32_t noise = 1;
  for (int32_t i = 0; i < width * height * channels; i++) {
    noise = noise * 1664525u + 1013904223u;
    int32_t row = i / (width * channels);
    image->pixels[i] = (uint8_t)(row % 3 == 0 ? i : row % 3 == 1 ? (int32_t)(noise >> 24) : 77);
  }
  return image;
}

static void check_decoded(const gan__png *png, const gan_image *image) {
  struct spng_ihdr header;
  size_t size = 0, expected = (size_t)image->width * (size_t)image->height * image->channels;
  spng_ctx *decoder = spng_ctx_new(0);
  assert_int_equal(spng_set_png_buffer(decoder, png->data, png->size), 0);
  assert_int_equal(spng_get_ihdr(decoder, &header), 0);
  assert_int_equal(header.width, image->width);
  assert_int_equal(header.height, image->height);
  assert_int_equal(header.bit_depth, 8);
  assert_int_equal(header.color_type, image->channels == 1 ? 0 : 2);
  assert_int_equal(spng_decoded_image_size(decoder, SPNG_FMT_PNG, &size), 0);
  assert_int_equal(size, expected);
  uint8_t *pixels = malloc(size);
  assert_int_equal(spng_decode_image(decoder, pixels, size, SPNG_FMT_PNG, 0), 0);
  assert_memory_equal(pixels, image->pixels, size);
  free(pixels);
  spng_ctx_free(decoder);
}

/* Walks the chunks: a length of four bytes, a name, the data, a checksum of four bytes. */
static void check_chunks(const gan__png *png) {
  static const char *const names[] = {"IHDR", "IDAT", "IEND"};
  size_t expected = 0;
  for (uint64_t place = 8; place < png->size;) {
    const uint8_t *chunk = png->data + place;
    uint64_t length = (uint64_t)chunk[0] << 24 | chunk[1] << 16 | chunk[2] << 8 | chunk[3];
    if (expected < 2 && memcmp(chunk + 4, names[expected], 4) != 0) expected++;
    assert_true(expected < 3);
    assert_memory_equal(chunk + 4, names[expected], 4);
    if (expected != 1) expected++; /* several IDAT may follow each other */
    place += length + 12;
  }
  assert_int_equal(expected, 3);
}

static void png_decodes_back(void **state) {
  (void)state;
  static const int32_t sizes[][2] = {{1, 1}, {1, 9}, {7, 1}, {64, 33}, {501, 300}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int32_t channels = 1; channels <= 3; channels += 2) {
      gan_image *image = pattern(sizes[i][0], sizes[i][1], channels);
      gan__png png;
      assert_int_equal(gan__png_encode(image, &png), GAN_OK);
      check_decoded(&png, image);
      check_chunks(&png);
      gan__release(context, png.data);
      gan_image_destroy(image);
    }
}

static void png_gives_the_same_bytes_under_any_name(void **state) {
  (void)state;
  char first[64], second[64];
  path_of(first, "first.png");
  path_of(second, "a longer name.png");
  gan_image *image = pattern(40, 30, 3), *copy = pattern(40, 30, 3);
  assert_int_equal(gan_image_write_png(image, first), GAN_OK);
  assert_int_equal(gan_image_write_png(copy, second), GAN_OK);
  gan__bytes a, b;
  assert_int_equal(gan__file_read(context, first, 1 << 20, false, &a), GAN_OK);
  assert_int_equal(gan__file_read(context, second, 1 << 20, false, &b), GAN_OK);
  assert_int_equal(a.count, b.count);
  assert_memory_equal(a.data, b.data, a.count);
  gan__png whole = {a.data, a.count, a.count};
  check_decoded(&whole, image);
  gan__release(context, a.data);
  gan__release(context, b.data);
  gan_image_destroy(image);
  gan_image_destroy(copy);
  assert_int_equal(unlink(first), 0);
  assert_int_equal(unlink(second), 0);
}

static void png_refuses_what_it_cannot_write(void **state) {
  (void)state;
  char missing[64];
  path_of(missing, "missing/sheet.png");
  gan_image *image = pattern(4, 4, 1);
  const char *paths[] = {missing, folder, ""};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
    assert_int_not_equal(gan_image_write_png(image, paths[i]), GAN_OK);
    assert_string_not_equal(gan_context_message(context), "");
  }
  assert_int_equal(gan_image_write_png(image, missing), GAN_ERROR_FILE);
  assert_non_null(strstr(gan_context_message(context), "sheet.png"));
  assert_int_equal(gan_image_write_png(image, NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_image_write_png(NULL, "sheet.png"), GAN_ERROR_ARGUMENT);
  gan_image_destroy(image);
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

static void png_survives_every_failed_allocation(void **state) {
  (void)state;
  int32_t left = INT_MAX;
  gan_allocator allocator = {sizeof allocator, scarce_allocate, scarce_release, &left};
  gan_context *scarce = NULL;
  gan_image *image = NULL;
  char path[64];
  path_of(path, "scarce.png");
  assert_int_equal(gan_context_create_with(&allocator, &scarce), GAN_OK);
  assert_int_equal(gan_image_create(scarce, 300, 300, 3, &image), GAN_OK);
  int64_t before = scarce->live_blocks;
  gan_status status = GAN_ERROR_MEMORY;
  for (int32_t refused = 0; status != GAN_OK; refused++) {
    assert_int_equal(status, GAN_ERROR_MEMORY);
    left = refused;
    status = gan_image_write_png(image, path);
    assert_int_equal(scarce->live_blocks, before);
    assert_int_equal(access(path, F_OK), status == GAN_OK ? 0 : -1);
  }
  assert_int_equal(unlink(path), 0);
  left = INT_MAX;
  gan_image_destroy(image);
  gan_context_destroy(scarce);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(png_decodes_back, setup, teardown),
      cmocka_unit_test_setup_teardown(png_gives_the_same_bytes_under_any_name, setup, teardown),
      cmocka_unit_test_setup_teardown(png_refuses_what_it_cannot_write, setup, teardown),
      cmocka_unit_test_setup_teardown(png_survives_every_failed_allocation, setup, teardown),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
