/* SPDX-License-Identifier: MIT */
/* Files that are not what they should be: IDX and gzip that are cut off or corrupt, places that do
 * not exist. None of them makes the library allocate much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "bad_input.h"

/* 3 x 2 x 2 bytes; the 29th is there for the file that is too long. */
static const unsigned char good[29] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0,  2,  0,  0, 0,
                                       2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
static const unsigned char little_endian[28] = {3, 8, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2};
static const unsigned char little_endian_sizes[28] = {0, 0, 8, 3, 3, 0, 0, 0, 2, 0, 0, 0, 2};
static const unsigned char largest[28] = {0,   0,   8,   3,   255, 255, 255, 255,
                                          255, 255, 255, 255, 255, 255, 255, 255};
static const unsigned char not_a_number[20] = {0, 0, 13, 3, 0, 0, 0,    1,    0, 0,
                                               0, 1, 0,  0, 0, 1, 0x7f, 0xc0, 0, 0};
static const unsigned char infinite[20] = {0, 0, 13, 3, 0, 0, 0,    1,    0, 0,
                                           0, 1, 0,  0, 0, 1, 0xff, 0x80, 0, 0};
static const unsigned char labels_2[10] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0};
static const unsigned char labels_3[11] = {0, 0, 8, 1, 0, 0, 0, 3, 1, 0, 2};
static const unsigned char labels_f32[20] = {0, 0, 13, 1, 0, 0, 0, 3};

/* What a bad file may cost at most: room for the reader's buffers, none for what a header promises.
 */
enum { COST_MAX = 1 << 20, BOMB = 64 << 20 };

/* ---- Opening. ---- */

/* The set is made of files of the folder; "" stands for nothing. */
static gan_status from(world *w, const char *images, const char *labels) {
  char images_path[128], labels_path[128];
  snprintf(images_path, sizeof images_path, "%s", world_path(w, images));
  if (labels) snprintf(labels_path, sizeof labels_path, "%s", world_path(w, labels));
  uint64_t before = w->heap.live_bytes;
  w->heap.peak_bytes = before;
  gan_status status =
      gan_dataset_open_idx(w->context, images_path, labels ? labels_path : NULL, &w->out.dataset);
  assert_true(w->heap.peak_bytes - before <= COST_MAX);
  return status;
}

static gan_status opened(world *w, const void *bytes, int64_t count) {
  world_file(w, "images", bytes, (uint64_t)count);
  return from(w, "images", NULL);
}

static gan_status labelled(world *w, const void *bytes, int64_t count) {
  world_file(w, "images", good, 28);
  world_file(w, "labels", bytes, (uint64_t)count);
  return from(w, "images", "labels");
}

static gan_status from_with_good_images(world *w, const char *labels) {
  world_file(w, "images", good, 28);
  return from(w, "images", labels);
}

/* ---- Plain files. ---- */

static gan_status cut(world *w, int64_t count) {
  return opened(w, good, count);
}

static gan_status edited(world *w, int64_t offset, int32_t byte) {
  unsigned char bytes[28];
  memcpy(bytes, good, sizeof bytes);
  bytes[offset] = (unsigned char)byte;
  return opened(w, bytes, sizeof bytes);
}

static gan_status images_of_one_dimension(world *w) {
  return opened(w, labels_3, sizeof labels_3);
}

/* ---- Compressed files. ---- */

/* Compresses to `packed`, which has room for `room` bytes; returns their number. */
static int64_t compress_to(const unsigned char *bytes, int64_t count, unsigned char *packed,
                           int64_t room) {
  z_stream stream = {.next_in = (unsigned char *)(uintptr_t)bytes, .avail_in = (uInt)count};
  assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_out = packed;
  stream.avail_out = (uInt)room;
  assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
  assert_int_equal(deflateEnd(&stream), Z_OK);
  return room - stream.avail_out;
}

/* The good file compressed and cut to `count` bytes, or by so many when negative. */
static gan_status packed_cut(world *w, int64_t count) {
  unsigned char packed[256];
  int64_t whole = compress_to(good, 28, packed, sizeof packed);
  return opened(w, packed, count < 0 ? whole + count : count);
}

/* One byte wrong; negative offsets count from the end: 8 bytes before it comes the check of the
 * data, 4 before it their number. */
static gan_status packed_edited(world *w, int64_t offset) {
  unsigned char packed[256];
  int64_t whole = compress_to(good, 28, packed, sizeof packed);
  packed[offset < 0 ? whole + offset : offset] ^= 0xff;
  return opened(w, packed, whole);
}

static gan_status packed_with_a_tail(world *w) {
  unsigned char packed[256];
  int64_t whole = compress_to(good, 28, packed, sizeof packed);
  memcpy(packed + whole, "tail", 5);
  return opened(w, packed, whole + 5);
}

static gan_status packed_twice(world *w) {
  unsigned char once[256], twice[256];
  int64_t count = compress_to(good, 28, once, sizeof once);
  return opened(w, twice, compress_to(once, count, twice, sizeof twice));
}

static gan_status packed_short(world *w, int64_t count) {
  unsigned char packed[256];
  return opened(w, packed, compress_to(good, count, packed, sizeof packed));
}

/* 64 KiB that inflate to 64 MiB behind a header that promises 28 bytes. */
static gan_status packed_bomb(world *w) {
  unsigned char *bytes = test_calloc(BOMB, 1);
  unsigned char *packed = test_calloc(BOMB / 256, 1);
  memcpy(bytes, good, 28);
  gan_status status = opened(w, packed, compress_to(bytes, BOMB, packed, BOMB / 256));
  test_free(bytes);
  test_free(packed);
  return status;
}

/* ---- Writing. ---- */

/* Nothing new lies in the folder afterwards, not even a half file under another name. */
static gan_status png(world *w, const char *name) {
  char path[512], command[256];
  snprintf(path, sizeof path, "%s/%s", (world_path(w, "x"), w->folder), name);
  gan_status status = gan_image_write_png(w->image, path);
  snprintf(command, sizeof command, "! ls -A '%s' | grep -vE '^(images|labels)$'", w->folder);
  assert_int_equal(system(command), 0);
  return status;
}

static const char *long_name(world *w) {
  static char name[300];
  (void)w;
  memset(name, 'a', sizeof name - 1);
  return name;
}

#define BAD BAD_FUNCTION
#include "bad_input_file.def"

static const bad_case cases[] = {
#define BAD BAD_ROW
#include "bad_input_file.def"
};

static void bad_files_are_refused(void **state) {
  (void)state;
  assert_int_equal(bad_input_check(cases, BAD_COUNT(cases)), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bad_files_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
