/* SPDX-License-Identifier: MIT */
/* libgan/data/idx.c and idx_file.c: every way in which an IDX file can be wrong, the element types,
 * gzip, and the real digits of data/mnist. */
#include <math.h>
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

#include <gan/data.h>

#include "base/memory.h"
#include "data/idx_file.h"

/* An allocator that can be told to fail once. */
typedef struct counter {
  int64_t calls, fail_at;
} counter;

static void *allocate(uint64_t size, uint64_t alignment, void *user) {
  counter *self = user;
  if (++self->calls == self->fail_at) return NULL;
  return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void release(void *memory, void *user) {
  (void)user;
  free(memory);
}

/* In double precision, which cmocka's own comparison is not. A NaN is never near. */
static void check_near(double value, double expected, double bound) {
  if (!(fabs(value - expected) <= bound)) print_message("%.17g, not %.17g\n", value, expected);
  assert_true(fabs(value - expected) <= bound);
}

static counter counts;
static gan_context *context;
static char folder[64], images[128], labels[128];
static int64_t idle_blocks; /* of a context without data sets */

static int set_up(void **state) {
  (void)state;
  counts = (counter){0};
  gan_allocator allocator = {sizeof allocator, allocate, release, &counts};
  snprintf(folder, sizeof folder, "/tmp/gan-test-idx-XXXXXX");
  if (!mkdtemp(folder)) return 1;
  snprintf(images, sizeof images, "%s/images", folder);
  snprintf(labels, sizeof labels, "%s/labels", folder);
  if (gan_context_create_with(&allocator, &context) != GAN_OK) return 1;
  idle_blocks = context->live_blocks;
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  bool leak = context->live_blocks != idle_blocks;
  gan_context_destroy(context);
  unlink(images);
  unlink(labels);
  return leak || rmdir(folder) != 0;
}

static void put(const char *path, const void *data, size_t count) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, count, file), count);
  assert_int_equal(fclose(file), 0);
}

/* gzip by zlib's own writer. Returns the packed size. */
static size_t pack(const void *data, size_t count, unsigned char *packed, size_t room) {
  z_stream stream = {0};
  assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = (Bytef *)(uintptr_t)data;
  stream.avail_in = (uInt)count;
  stream.next_out = packed;
  stream.avail_out = (uInt)room;
  assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
  size_t size = stream.total_out;
  deflateEnd(&stream);
  return size;
}

static void put_packed(const char *path, const void *data, size_t count) {
  unsigned char packed[65536];
  put(path, packed, pack(data, count, packed, sizeof packed));
}

/* Opening must fail with `status` and a message that has the file's name and all of `words`, which
 * are separated by '|'; nothing is handed out or left. */
static void check_refused(const char *labels_path, const char *file, gan_status status,
                          const char *words) {
  gan_dataset *untouched = (gan_dataset *)(uintptr_t)&counts, *dataset = untouched;
  int64_t blocks = context->live_blocks;
  gan_status got = gan_dataset_open_idx(context, images, labels_path, &dataset);
  const char *message = gan_context_message(context);
  if (got != status) print_message("%s: %s\n", gan_status_name(got), message);
  assert_int_equal(got, status);
  assert_ptr_equal(dataset, untouched);
  assert_int_equal(context->live_blocks, blocks);
  assert_non_null(strstr(message, file));
  char copy[256];
  snprintf(copy, sizeof copy, "%s", words);
  for (char *rest = copy, *word = strtok_r(copy, "|", &rest); word;
       word = strtok_r(NULL, "|", &rest)) {
    if (!strstr(message, word)) print_message("no \"%s\" in: %s\n", word, message);
    assert_non_null(strstr(message, word));
  }
}

/* Two rows of 2 x 3 bytes. */
static const unsigned char good[] = {0, 0, 8,  3, 0, 0, 0, 2,  0,  0,   0,   2,   0,  0,
                                     0, 3, 10, 0, 1, 2, 3, 51, 60, 102, 153, 255, 70, 204};
enum { GOOD_HEADER = 16, GOOD_SIZE = sizeof good };

static void reads_rows_of_bytes(void **state) {
  (void)state;
  put(images, good, sizeof good);
  gan_dataset *dataset;
  assert_int_equal(gan_dataset_open_idx(context, images, NULL, &dataset), GAN_OK);
  assert_int_equal(gan_dataset_rows(dataset), 2);
  assert_int_equal(gan_dataset_row_rank(dataset), 2);
  assert_int_equal(gan_dataset_row_dim(dataset, 0), 2);
  assert_int_equal(gan_dataset_row_dim(dataset, 1), 3);
  assert_int_equal(gan_dataset_row_width(dataset), 6);
  assert_int_equal(gan_dataset_classes(dataset), 0);
  float row[6];
  assert_int_equal(gan_dataset_read(dataset, 1, 1, row), GAN_OK);
  for (int i = 0; i < 6; i++)
    check_near(row[i], (float)(good[GOOD_HEADER + 6 + i] / 255.0), 1e-7);
  assert_true(row[3] == 1.0f);
  assert_int_equal(gan_dataset_set_range(dataset, -1.0, 1.0), GAN_OK);
  float both[12];
  assert_int_equal(gan_dataset_read(dataset, 0, 2, both), GAN_OK);
  assert_true(both[1] == -1.0f && both[9] == 1.0f); /* 0 and 255 hit the ends exactly */
  check_near(both[5], 51 * 2 / 255.0 - 1, 1e-7);    /* one rounding to float */
  gan_dataset_destroy(dataset);
}

static void refuses_every_cut(void **state) {
  (void)state;
  for (size_t size = 0; size < GOOD_SIZE; size++) {
    char offset[32];
    snprintf(offset, sizeof offset, "offset %zu:", size);
    put(images, good, size);
    check_refused(NULL, images, GAN_ERROR_FORMAT, offset);
    put_packed(images, good, size);
    check_refused(NULL, images, GAN_ERROR_FORMAT, size ? offset : "offset 0");
  }
}

typedef struct patch {
  int64_t at[12]; /* pairs of offset and value; ends with -1 */
  size_t size;    /* of the file; zeros beyond `good` */
  gan_status status;
  const char *words;
} patch;

static void refuses_wrong_headers(void **state) {
  (void)state;
  static const patch patches[] = {
      {{0, 1, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 0|expected 00 00|01 00 08 03"},
      {{1, 7, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 0|expected 00 00|00 07 08 03"},
      {{0, 3, 1, 8, 2, 0, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 0|expected 00 00"},
      {{2, 0, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 2|element type|00 00 00 03"},
      {{2, 7, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 2|element type"},
      {{2, 10, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 2|element type|0a"},
      {{2, 15, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 2|element type|0f"},
      {{2, 255, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 2|element type|ff"},
      {{3, 0, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 3|1 to 6 dimensions|00 00 08 00"},
      {{3, 7, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 3|1 to 6 dimensions"},
      {{3, 255, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 3|1 to 6 dimensions"},
      {{3, 1, -1}, 10, GAN_ERROR_FORMAT, "offset 3|expected 2 to 6 dimensions|labels?"},
      {{7, 0, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 4|dimension 1 of 3 is 0"},
      {{11, 0, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 8|dimension 2 of 3 is 0"},
      {{15, 0, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 12|dimension 3 of 3 is 0"},
      {{7, 3, -1},
       GOOD_SIZE,
       GAN_ERROR_FORMAT,
       "offset 28|expected to end at offset 34|ends at 28"},
      {{7, 1, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "offset 22|expected to end at offset 22|to 28"},
      {{2, 0x0b, -1}, GOOD_SIZE, GAN_ERROR_FORMAT, "of 2 bytes|offset 40"},
      {{-1}, GOOD_SIZE + 1, GAN_ERROR_FORMAT, "offset 28|goes on to 29"},
      {{-1}, 5000, GAN_ERROR_FORMAT, "offset 28|goes on to 5000"},
      /* 2^32 - 1 in all three dimensions: the product passes 2^64. */
      {{4, 256, 8, 256, 12, 256, -1}, GOOD_SIZE, GAN_ERROR_LIMIT, "offset 4|4294967295|allowed"},
      /* 2^24 x 2^8 x 3: just beyond the limit of 2^32. */
      {{4, 1, 7, 0, 10, 1, 11, 0, -1}, GOOD_SIZE, GAN_ERROR_LIMIT, "offset 4|[16777216, 256, 3]"},
      /* Sizes written by a little-endian machine, with and without passing the limit. */
      {{4, 2, 7, 0, 8, 2, 11, 0, -1}, GOOD_SIZE, GAN_ERROR_LIMIT, "offset 4|33554432"},
  };
  for (size_t i = 0; i < sizeof patches / sizeof *patches; i++) {
    unsigned char file[5000] = {0};
    memcpy(file, good, sizeof good);
    for (const int64_t *at = patches[i].at; *at >= 0; at += 2)
      if (at[1] < 256)
        file[at[0]] = (unsigned char)at[1];
      else
        memset(file + at[0], 255, 4); /* a whole dimension */
    put(images, file, patches[i].size);
    check_refused(NULL, images, patches[i].status, patches[i].words);
    put_packed(images, file, patches[i].size);
    /* Inflating stops at the declared size, so the whole size is not known then. */
    bool longer = strstr(patches[i].words, "to 28") || strstr(patches[i].words, "goes on");
    check_refused(NULL, images, patches[i].status,
                  longer ? "of the inflated data|goes on" : patches[i].words);
  }
}

static void names_the_byte_order(void **state) {
  (void)state;
  unsigned char file[GOOD_SIZE];
  memcpy(file, good, sizeof good);
  memcpy(file, "\3\10\0\0\2\0\0\0\2\0\0\0\3\0\0\0", 16);
  put(images, file, sizeof file);
  check_refused(NULL, images, GAN_ERROR_FORMAT, "offset 0|little-endian|03 08 00 00");
  /* The magic number right, the sizes not. */
  memcpy(file, good, 4);
  put(images, file, sizeof file);
  check_refused(NULL, images, GAN_ERROR_LIMIT, "offset 4|little-endian");
  memcpy(file, "\0\0\10\2\0\1\0\0\0\1\0\0", 12);
  put(images, file, sizeof file);
  check_refused(NULL, images, GAN_ERROR_FORMAT, "offset 28|little-endian");
}

static void refuses_damaged_gzip(void **state) {
  (void)state;
  unsigned char packed[256], twice[512];
  size_t size = pack(good, sizeof good, packed, sizeof packed);
  for (size_t cut = 2; cut < size; cut++) {
    put(images, packed, cut);
    check_refused(NULL, images, GAN_ERROR_FORMAT, "offset|cut off");
  }
  /* Any byte of the checksum or of the length; a reserved block type at the start of the data. */
  for (size_t at = size - 8; at <= size; at++) {
    size_t position = at == size ? 10 : at;
    packed[position] ^= 0x07;
    put(images, packed, size);
    check_refused(NULL, images, GAN_ERROR_FORMAT, "offset|corrupt");
    packed[position] ^= 0x07;
  }
  packed[size] = 'x';
  put(images, packed, size + 1);
  check_refused(NULL, images, GAN_ERROR_FORMAT, "offset|not gzip");
  put(images, twice, pack(packed, size, twice, sizeof twice));
  check_refused(NULL, images, GAN_ERROR_FORMAT, "offset 0|once too often|1f 8b");
}

static void inflates_several_members(void **state) {
  (void)state;
  for (size_t cut = 1; cut < GOOD_SIZE; cut++) { /* also inside the header */
    unsigned char packed[256];
    size_t size = pack(good, cut, packed, sizeof packed);
    size += pack(good + cut, GOOD_SIZE - cut, packed + size, sizeof packed - size);
    put(images, packed, size);
    gan_dataset *dataset;
    assert_int_equal(gan_dataset_open_idx(context, images, NULL, &dataset), GAN_OK);
    float row[6];
    assert_int_equal(gan_dataset_read(dataset, 1, 1, row), GAN_OK);
    assert_true(row[3] == 1.0f);
    gan_dataset_destroy(dataset);
  }
}

/* 64 MiB of zeros in 64 KiB: behind a small header, and behind one that declares too much. */
static void keeps_bombs_small(void **state) {
  (void)state;
  enum { SIZE = 64 << 20, ROOM = 1 << 20 };
  unsigned char *bomb = calloc(SIZE, 1), *packed = malloc(ROOM);
  assert_non_null(bomb);
  assert_non_null(packed);
  memcpy(bomb, good, sizeof good);
  put(images, packed, pack(bomb, SIZE, packed, ROOM));
  uint64_t before = context->peak_bytes;
  check_refused(NULL, images, GAN_ERROR_FORMAT, "offset 28 of the inflated data|goes on");
  /* The packed file, zlib's window, and next to nothing else. */
  assert_in_range(context->peak_bytes - before, 0, 256 << 10);
  memset(bomb + 4, 255, 12);
  put(images, packed, pack(bomb, SIZE, packed, ROOM));
  check_refused(NULL, images, GAN_ERROR_LIMIT, "offset 4|4294967295|allowed");
  assert_in_range(context->peak_bytes - before, 0, 256 << 10);
  free(bomb);
  free(packed);
}

static void reads_labels(void **state) {
  (void)state;
  put(images, good, sizeof good);
  put(labels, "\0\0\10\1\0\0\0\2\4\1", 10);
  gan_dataset *dataset;
  assert_int_equal(gan_dataset_open_idx(context, images, labels, &dataset), GAN_OK);
  assert_int_equal(gan_dataset_classes(dataset), 5);
  int32_t got[2];
  assert_int_equal(gan_dataset_read_labels(dataset, 0, 2, got), GAN_OK);
  assert_int_equal(got[0], 4);
  assert_int_equal(got[1], 1);
  gan_dataset_destroy(dataset);
}

static void refuses_labels_that_do_not_fit(void **state) {
  (void)state;
  static const struct {
    const char *data;
    size_t size;
    gan_status status;
    const char *words;
  } files[] = {
      {"\0\0\10\1\0\0\0\3\4\1\1", 11, GAN_ERROR_SHAPE, "offset 4|expected 2 labels|found 3"},
      {"\0\0\10\1\0\0\0\1\4", 9, GAN_ERROR_SHAPE, "offset 4|expected 2 labels|found 1"},
      {"\0\0\10\2\0\0\0\2\0\0\0\1\4\1", 14, GAN_ERROR_FORMAT, "offset 3|1 dimension, found 2"},
      {"\0\0\11\1\0\0\0\2\4\1", 10, GAN_ERROR_FORMAT, "offset 2|type 08|found 09"},
      {"\0\0\10\1\0\0\0\2\4", 9, GAN_ERROR_FORMAT, "offset 9"},
      {"\0\0\10\1\0\0\0\2\4\1\1", 11, GAN_ERROR_FORMAT, "offset 10|goes on to 11"},
      {"", 0, GAN_ERROR_FORMAT, "offset 0"},
  };
  put(images, good, sizeof good);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    put(labels, files[i].data, files[i].size);
    check_refused(labels, labels, files[i].status, files[i].words);
  }
  put(labels, good, sizeof good);
  check_refused(labels, labels, GAN_ERROR_FORMAT, "offset 3|file of images?");
  unlink(labels);
  check_refused(labels, labels, GAN_ERROR_FILE, "cannot open");
  unlink(images);
  check_refused(labels, images, GAN_ERROR_FILE, "cannot open");
}

static void converts_every_element_type(void **state) {
  (void)state;
  static const struct {
    const char *data; /* header of [1, 3] with the type, then three elements */
    size_t size;
    double values[3];
  } files[] = {
      {"\0\0\11\2\0\0\0\1\0\0\0\3\x00\x7f\x80", 15, {0, 127, -128}},
      {"\0\0\13\2\0\0\0\1\0\0\0\3\x01\x00\x7f\xff\x80\x00", 18, {256, 32767, -32768}},
      {"\0\0\14\2\0\0\0\1\0\0\0\3\0\0\0\1\x7f\xff\xff\xff\x80\0\0\0",
       24,
       {1, 2147483647, -2147483648.0}},
      {"\0\0\15\2\0\0\0\1\0\0\0\3\x3f\x80\0\0\xc0\x20\0\0\0\0\0\1", 24, {1, -2.5, 0x1p-149}},
      {"\0\0\16\2\0\0\0\1\0\0\0\3\x3f\xf0\0\0\0\0\0\0\xbf\xb9\x99\x99\x99\x99\x99\x9a\0\0\0\0\0\0\0"
       "\0",
       36,
       {1, -0.1, 0}},
  };
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    put(images, files[i].data, files[i].size);
    gan__idx idx;
    gan__bytes bytes;
    assert_int_equal(gan__idx_read(context, images, &idx, &bytes), GAN_OK);
    double wide[3];
    float narrow[3];
    bool is_wide = gan__idx_dtype(&idx) == GAN_F64;
    void *out = is_wide ? (void *)wide : narrow;
    assert_int_equal(gan__idx_convert(context, images, &idx, bytes.data, out), GAN_OK);
    for (int j = 0; j < 3; j++) /* exact: the type is chosen so that it holds the values */
      assert_true((is_wide ? wide[j] : (double)narrow[j]) == files[i].values[j]);
    gan__release(context, bytes.data);
    gan_dataset *dataset;
    assert_int_equal(gan_dataset_open_idx(context, images, NULL, &dataset), GAN_OK);
    assert_int_equal(gan_dataset_read(dataset, 0, 1, narrow), GAN_OK);
    for (int j = 0; j < 3; j++)
      assert_true(narrow[j] == (float)files[i].values[j]);
    assert_int_equal(gan_dataset_set_range(dataset, 0, 1), GAN_ERROR_STATE);
    gan_dataset_destroy(dataset);
  }
}

static void refuses_numbers_that_are_none(void **state) {
  (void)state;
  put(images, "\0\0\15\2\0\0\0\1\0\0\0\2\x3f\x80\0\0\x7f\xc0\0\0", 20);
  check_refused(NULL, images, GAN_ERROR_FORMAT, "offset 16|element 1|not a number");
  put(images, "\0\0\16\2\0\0\0\1\0\0\0\1\xff\xf0\0\0\0\0\0\0", 20);
  check_refused(NULL, images, GAN_ERROR_FORMAT, "offset 12|element 0|infinite");
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  put_packed(images, good, sizeof good);
  put_packed(labels, "\0\0\10\1\0\0\0\2\4\1", 10);
  gan_status status = GAN_ERROR_MEMORY;
  int64_t failures = 0;
  for (int64_t at = 1; status != GAN_OK; at++, failures++) {
    gan_dataset *dataset = NULL;
    int64_t blocks = context->live_blocks;
    counts = (counter){.fail_at = at};
    status = gan_dataset_open_idx(context, images, labels, &dataset);
    counts.fail_at = 0;
    assert_true(status == GAN_OK ? dataset != NULL : status == GAN_ERROR_MEMORY && !dataset);
    gan_dataset_destroy(dataset);
    assert_int_equal(context->live_blocks, blocks);
  }
  assert_in_range(failures, 8, 100); /* file, zlib twice, result, source, labels, view, order */
}

/* The first ten labels and the sums of all pixels, counted with another program from the files. */
static void reads_the_real_digits(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int32_t labels[10];
    double sum;
  } sets[] = {{"train", {9, 0, 2, 5, 2, 8, 5, 6, 2, 3}, 262146600.0},
              {"t10k", {7, 2, 1, 0, 4, 1, 4, 9, 5, 9}, 264923200.0}};
  const char *source = getenv("GAN_SOURCE");
  assert_non_null(source);
  for (size_t i = 0; i < 2; i++) {
    char image_path[512], label_path[512];
    snprintf(image_path, sizeof image_path, "%s/data/mnist/%s-images-idx3-ubyte.gz", source,
             sets[i].name);
    snprintf(label_path, sizeof label_path, "%s/data/mnist/%s-labels-idx1-ubyte.gz", source,
             sets[i].name);
    gan_dataset *dataset;
    assert_int_equal(gan_dataset_open_idx(context, image_path, label_path, &dataset), GAN_OK);
    assert_int_equal(gan_dataset_rows(dataset), 10000);
    assert_int_equal(gan_dataset_row_rank(dataset), 2);
    assert_int_equal(gan_dataset_row_dim(dataset, 0), 28);
    assert_int_equal(gan_dataset_row_dim(dataset, 1), 28);
    assert_int_equal(gan_dataset_classes(dataset), 10);
    int32_t first[10];
    assert_int_equal(gan_dataset_read_labels(dataset, 0, 10, first), GAN_OK);
    assert_memory_equal(first, sets[i].labels, sizeof first);
    assert_int_equal(gan_dataset_set_range(dataset, 0, 255), GAN_OK);
    float row[784];
    double sum = 0;
    for (int64_t j = 0; j < 10000; j++) {
      assert_int_equal(gan_dataset_read(dataset, j, 1, row), GAN_OK);
      for (int k = 0; k < 784; k++)
        sum += row[k];
    }
    assert_true(sum == sets[i].sum); /* bytes come back as whole numbers: no rounding */
    gan_dataset_destroy(dataset);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(reads_rows_of_bytes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_every_cut, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_wrong_headers, set_up, tear_down),
      cmocka_unit_test_setup_teardown(names_the_byte_order, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_damaged_gzip, set_up, tear_down),
      cmocka_unit_test_setup_teardown(inflates_several_members, set_up, tear_down),
      cmocka_unit_test_setup_teardown(keeps_bombs_small, set_up, tear_down),
      cmocka_unit_test_setup_teardown(reads_labels, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_labels_that_do_not_fit, set_up, tear_down),
      cmocka_unit_test_setup_teardown(converts_every_element_type, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_numbers_that_are_none, set_up, tear_down),
      cmocka_unit_test_setup_teardown(survives_every_failing_allocation, set_up, tear_down),
      cmocka_unit_test_setup_teardown(reads_the_real_digits, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
