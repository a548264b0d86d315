/* SPDX-License-Identifier: MIT */
/* libgan/data/dataset.c, source.c and shuffle.c: reading, shuffled epochs, parts, labels,
 * callbacks, refusals, and that fetching allocates nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/context.h"
#include "data/dataset.h"

/* An allocator that counts and can be told to fail once. */
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

enum { ROWS = 103 };
static counter counts;
static gan_context *context;
static gan_dataset *dataset;
static const char *message;
static int64_t idle_blocks;
static float rows[ROWS][2]; /* row i is (i, -i) */

static int set_up(void **state) {
  (void)state;
  counts = (counter){0};
  dataset = NULL;
  for (int i = 0; i < ROWS; i++) {
    rows[i][0] = (float)i;
    rows[i][1] = (float)-i;
  }
  gan_allocator allocator = {sizeof allocator, allocate, release, &counts};
  if (gan_context_create_with(&allocator, &context) != GAN_OK) return 1;
  idle_blocks = context->live_blocks;
  message = gan_context_message(context);
  return gan_context_set_seed(context, 3);
}

static int tear_down(void **state) {
  (void)state;
  gan_dataset_destroy(dataset);
  bool leak = context->live_blocks != idle_blocks;
  gan_context_destroy(context);
  return leak;
}

#define FAILS(call, status, words)                                                                 \
  do {                                                                                             \
    assert_int_equal(call, status);                                                                \
    if (!strstr(message, words)) print_message("no \"%s\" in: %s\n", words, message);              \
    assert_non_null(strstr(message, words));                                                       \
  } while (0)

static void create_rows(int32_t copy) {
  assert_int_equal(gan_dataset_create_array(context, &rows[0][0], ROWS, 2, copy, &dataset), GAN_OK);
}

static void reads_rows_in_order(void **state) {
  (void)state;
  float out[ROWS][2];
  create_rows(0);
  assert_int_equal(gan_dataset_rows(dataset), ROWS);
  assert_int_equal(gan_dataset_row_rank(dataset), 1);
  assert_int_equal(gan_dataset_row_dim(dataset, 0), 2);
  assert_int_equal(gan_dataset_row_width(dataset), 2);
  assert_int_equal(gan_dataset_classes(dataset), 0);
  assert_int_equal(gan_dataset_read(dataset, 0, ROWS, &out[0][0]), GAN_OK);
  assert_memory_equal(out, rows, sizeof rows);
  assert_int_equal(gan_dataset_read(dataset, 100, 3, &out[0][0]), GAN_OK);
  assert_memory_equal(out, rows + 100, 3 * sizeof rows[0]);
}

static void copies_only_when_asked(void **state) {
  (void)state;
  float out[2];
  for (int32_t copy = 0; copy < 2; copy++) {
    rows[5][0] = 5;
    create_rows(copy);
    rows[5][0] = 50;
    assert_int_equal(gan_dataset_read(dataset, 5, 1, out), GAN_OK);
    assert_true(out[0] == (copy ? 5 : 50));
    gan_dataset_destroy(dataset);
    dataset = NULL;
  }
}

static void converts_between_precisions(void **state) {
  (void)state;
  static const double wide[2][3] = {{0.1, 1e-300, -3}, {1 + 0x1p-40, 2, 1e30}};
  double wide_out[6];
  float narrow_out[6];
  assert_int_equal(
      gan_dataset_create_tensor(context, GAN_F64, wide, 3, (int64_t[]){2, 1, 3}, 0, &dataset),
      GAN_OK);
  assert_int_equal(gan_dataset_row_rank(dataset), 2);
  assert_int_equal(gan_dataset_row_dim(dataset, 1), 3);
  assert_int_equal(gan__dataset_read(dataset, 0, 2, GAN_F64, wide_out, NULL), GAN_OK);
  assert_memory_equal(wide_out, wide, sizeof wide);
  assert_int_equal(gan_dataset_read(dataset, 0, 2, narrow_out), GAN_OK);
  for (int i = 0; i < 6; i++)
    assert_true(narrow_out[i] == (float)wide[i / 3][i % 3]);
  gan_dataset_destroy(dataset);
  create_rows(0);
  assert_int_equal(gan__dataset_read(dataset, 100, 3, GAN_F64, wide_out, NULL), GAN_OK);
  for (int i = 0; i < 6; i++)
    assert_true(wide_out[i] == rows[100 + i / 2][i % 2]);
}

/* Counts in which epoch's batches each row is; every batch holds whole, true rows. */
static void count_epoch(gan_dataset *set, int64_t epoch, int64_t size, int32_t seen[ROWS]) {
  float out[ROWS][2];
  int64_t batches = gan_dataset_epoch_batches(set, size);
  memset(seen, 0, ROWS * sizeof *seen);
  for (int64_t i = 0; i < batches; i++) {
    uint64_t index = (uint64_t)(epoch * batches + i);
    assert_int_equal(gan_dataset_batch(set, index, size, &out[0][0], NULL), GAN_OK);
    for (int64_t j = 0; j < size; j++) {
      int row = (int)out[j][0];
      assert_memory_equal(out[j], rows[row], sizeof rows[row]);
      seen[row]++;
    }
  }
}

static void shuffles_every_epoch(void **state) {
  (void)state;
  static const int64_t sizes[] = {1, 2, 10, 51, 52, 103};
  create_rows(0);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    int32_t ever[ROWS] = {0};
    for (int64_t epoch = 0; epoch < 20; epoch++) {
      int32_t seen[ROWS];
      count_epoch(dataset, epoch, sizes[i], seen);
      int64_t total = 0;
      for (int row = 0; row < ROWS; row++) {
        assert_in_range(seen[row], 0, 1); /* never twice in one epoch */
        total += seen[row];
        ever[row] += seen[row];
      }
      assert_int_equal(total, ROWS / sizes[i] * sizes[i]);
    }
    /* No row is left out for good: the chance of that is below 2^-20 for size 52, seed fixed. */
    for (int row = 0; row < ROWS; row++)
      assert_true(ever[row] > 0);
  }
}

static void gives_the_same_batch_in_any_order(void **state) {
  (void)state;
  enum { SIZE = 10, BATCHES = 40 };
  float first[BATCHES][SIZE][2], out[SIZE][2];
  create_rows(0);
  for (uint64_t i = 0; i < BATCHES; i++)
    assert_int_equal(gan_dataset_batch(dataset, i, SIZE, &first[i][0][0], NULL), GAN_OK);
  for (uint64_t i = 0; i < BATCHES; i++) { /* 17 and 40 have no common divisor */
    uint64_t index = i * 17 % BATCHES;
    assert_int_equal(gan_dataset_batch(dataset, index, SIZE, &out[0][0], NULL), GAN_OK);
    assert_memory_equal(out, first[index], sizeof out);
  }
  for (int i = 1; i < BATCHES; i++)
    assert_memory_not_equal(first[i], first[0], sizeof out);
  /* The largest number a batch can have. */
  assert_int_equal(gan_dataset_batch(dataset, UINT64_MAX, SIZE, &out[0][0], NULL), GAN_OK);
}

static void depends_on_the_seed(void **state) {
  (void)state;
  float a[ROWS][2], b[ROWS][2];
  gan_dataset *other;
  create_rows(0);
  assert_int_equal(gan_dataset_create_array(context, &rows[0][0], ROWS, 2, 0, &other), GAN_OK);
  assert_int_equal(gan_dataset_batch(dataset, 0, ROWS, &a[0][0], NULL), GAN_OK);
  assert_int_equal(gan_dataset_batch(other, 0, ROWS, &b[0][0], NULL), GAN_OK);
  assert_memory_not_equal(a, b, sizeof a); /* two sets of one context */
  assert_int_equal(gan_dataset_set_seed(dataset, 9), GAN_OK);
  assert_int_equal(gan_dataset_set_seed(other, 9), GAN_OK);
  assert_int_equal(gan_dataset_batch(dataset, 0, ROWS, &a[0][0], NULL), GAN_OK);
  assert_int_equal(gan_dataset_batch(other, 0, ROWS, &b[0][0], NULL), GAN_OK);
  assert_memory_equal(a, b, sizeof a);
  assert_int_equal(gan_dataset_set_seed(other, 10), GAN_OK);
  assert_int_equal(gan_dataset_batch(other, 0, ROWS, &b[0][0], NULL), GAN_OK);
  assert_memory_not_equal(a, b, sizeof a);
  gan_dataset_destroy(other);
}

/* Each of the 24 orders of 4 rows turns up about as often as the others. */
static void shuffles_without_favour(void **state) {
  (void)state;
  enum { EPOCHS = 24000 };
  double count[256] = {0}, square = 0;
  gan__shuffle shuffle;
  assert_int_equal(gan__shuffle_init(context, 4, &shuffle), GAN_OK);
  for (uint64_t epoch = 0; epoch < EPOCHS; epoch++) {
    const uint32_t *order = gan__shuffle_epoch(&shuffle, 1, epoch);
    count[order[0] << 6 | order[1] << 4 | order[2] << 2 | order[3]]++;
  }
  int kinds = 0;
  for (int i = 0; i < 256; i++) {
    if (count[i] == 0) continue;
    kinds++;
    square += (count[i] - 1000) * (count[i] - 1000) / 1000;
  }
  assert_int_equal(kinds, 24);
  assert_true(square < 58); /* chi-squared with 23 degrees of freedom: 1 in 10,000 is above */
  gan__shuffle_finish(context, &shuffle);
}

static void splits_into_disjoint_parts(void **state) {
  (void)state;
  gan_dataset *parts[2];
  int32_t labels[ROWS];
  for (int i = 0; i < ROWS; i++)
    labels[i] = i % 7;
  create_rows(1);
  assert_int_equal(gan_dataset_set_labels(dataset, labels, ROWS, 7), GAN_OK);
  assert_int_equal(gan_dataset_split(dataset, 23, parts), GAN_OK);
  gan_dataset_destroy(dataset); /* the parts keep the rows */
  dataset = NULL;
  assert_int_equal(gan_dataset_rows(parts[0]), 80);
  assert_int_equal(gan_dataset_rows(parts[1]), 23);
  for (int part = 0; part < 2; part++) {
    int32_t seen[ROWS], got[5];
    count_epoch(parts[part], 3, 1, seen);
    for (int row = 0; row < ROWS; row++)
      assert_int_equal(seen[row], (row >= 80) == part);
    float out[5][2];
    assert_int_equal(gan_dataset_batch(parts[part], 1, 5, &out[0][0], got), GAN_OK);
    for (int i = 0; i < 5; i++)
      assert_int_equal(got[i], (int)out[i][0] % 7);
    assert_int_equal(gan_dataset_read(parts[part], 20, 3, &out[0][0]), GAN_OK);
    assert_int_equal(gan_dataset_read_labels(parts[part], 20, 3, got), GAN_OK);
    for (int i = 0; i < 3; i++) {
      assert_int_equal((int)out[i][0], 80 * part + 20 + i);
      assert_int_equal(got[i], (80 * part + 20 + i) % 7);
    }
  }
  FAILS(gan_dataset_read(parts[1], 20, 4, &rows[0][0]), GAN_ERROR_SHAPE, "4 rows from row 20");
  /* A part of a part, and the parts before their last heirs. */
  gan_dataset *again[2];
  assert_int_equal(gan_dataset_split(parts[1], 3, again), GAN_OK);
  gan_dataset_destroy(parts[0]);
  gan_dataset_destroy(parts[1]);
  float row[2];
  assert_int_equal(gan_dataset_read(again[1], 0, 1, row), GAN_OK);
  assert_int_equal((int)row[0], 100);
  gan_dataset_destroy(again[0]);
  FAILS(gan_dataset_set_labels(again[1], labels, 3, 7), GAN_ERROR_STATE, "shared");
  gan_dataset_destroy(again[1]);
}

static void refuses_impossible_splits(void **state) {
  (void)state;
  gan_dataset *parts[2] = {NULL, NULL}, *ring;
  create_rows(0);
  assert_int_equal(gan_dataset_split(NULL, 1, parts), GAN_ERROR_ARGUMENT);
  FAILS(gan_dataset_split(dataset, 1, NULL), GAN_ERROR_ARGUMENT, "parts is NULL");
  FAILS(gan_dataset_split(dataset, 0, parts), GAN_ERROR_ARGUMENT, "validation_rows is 0");
  FAILS(gan_dataset_split(dataset, -1, parts), GAN_ERROR_ARGUMENT, "validation_rows is -1");
  FAILS(gan_dataset_split(dataset, ROWS, parts), GAN_ERROR_ARGUMENT, "of 103 rows");
  assert_int_equal(gan_dataset_create_ring(context, 8, 1, 1, &ring), GAN_OK);
  FAILS(gan_dataset_split(ring, 1, parts), GAN_ERROR_STATE, "endless");
  gan_dataset_destroy(ring);
  assert_true(!parts[0] && !parts[1]);
}

static void keeps_labels_with_their_rows(void **state) {
  (void)state;
  int32_t labels[ROWS], got[ROWS];
  float out[ROWS][2];
  for (int i = 0; i < ROWS; i++)
    labels[i] = i * i % 11;
  create_rows(0);
  FAILS(gan_dataset_batch(dataset, 0, 4, &out[0][0], got), GAN_ERROR_STATE, "without labels");
  FAILS(gan_dataset_read_labels(dataset, 0, 4, got), GAN_ERROR_STATE, "without labels");
  assert_int_equal(gan_dataset_set_labels(dataset, labels, ROWS, 11), GAN_OK);
  assert_int_equal(gan_dataset_classes(dataset), 11);
  assert_int_equal(gan_dataset_batch(dataset, 7, ROWS, &out[0][0], got), GAN_OK);
  for (int i = 0; i < ROWS; i++)
    assert_int_equal(got[i], labels[(int)out[i][0]]);
  FAILS(gan_dataset_set_labels(dataset, NULL, ROWS, 11), GAN_ERROR_ARGUMENT, "labels is NULL");
  FAILS(gan_dataset_set_labels(dataset, labels, ROWS, 0), GAN_ERROR_ARGUMENT, "classes is 0");
  FAILS(gan_dataset_set_labels(dataset, labels, ROWS - 1, 11), GAN_ERROR_SHAPE,
        "102 labels for 103");
  FAILS(gan_dataset_set_labels(dataset, labels, ROWS, 9), GAN_ERROR_ARGUMENT,
        "labels[3] is 9; allowed are 0 to 8");
  labels[50] = -1;
  FAILS(gan_dataset_set_labels(dataset, labels, ROWS, 11), GAN_ERROR_ARGUMENT, "labels[50] is -1");
  assert_int_equal(gan_dataset_classes(dataset), 11); /* the old ones are still there */
  assert_int_equal(gan_dataset_read_labels(dataset, 50, 1, got), GAN_OK);
  assert_int_equal(got[0], 50 * 50 % 11);
  gan_dataset *parts[2];
  assert_int_equal(gan_dataset_split(dataset, 1, parts), GAN_OK);
  labels[50] = 0;
  FAILS(gan_dataset_set_labels(dataset, labels, ROWS, 11), GAN_ERROR_STATE, "shared");
  gan_dataset_destroy(parts[0]);
  gan_dataset_destroy(parts[1]);
  assert_int_equal(gan_dataset_set_labels(dataset, labels, ROWS, 11), GAN_OK);
}

static void refuses_bad_sets(void **state) {
  (void)state;
  gan_dataset *out = NULL;
  const float *data = &rows[0][0];
  static const int64_t many[] = {INT64_C(1) << 40, INT64_C(1) << 40}, tall[] = {1LL << 32, 1};
  static const int64_t empty[] = {3, 0}, two[] = {3, 2};
  assert_int_equal(gan_dataset_create_array(NULL, data, 3, 2, 0, &out), GAN_ERROR_ARGUMENT);
  FAILS(gan_dataset_create_array(context, data, 3, 2, 0, NULL), GAN_ERROR_ARGUMENT, "dataset");
  FAILS(gan_dataset_create_array(context, NULL, 3, 2, 0, &out), GAN_ERROR_ARGUMENT, "data is NULL");
  FAILS(gan_dataset_create_array(context, data, 0, 2, 0, &out), GAN_ERROR_ARGUMENT, "dims[0] is 0");
  FAILS(gan_dataset_create_array(context, data, -3, 2, 0, &out), GAN_ERROR_ARGUMENT,
        "dims[0] is -3");
  FAILS(gan_dataset_create_array(context, data, 3, 0, 0, &out), GAN_ERROR_ARGUMENT, "dims[1] is 0");
  FAILS(gan_dataset_create_array(context, data, 3, 2, 2, &out), GAN_ERROR_ARGUMENT, "copy is 2");
  FAILS(gan_dataset_create_array(context, data, INT64_MAX, 2, 0, &out), GAN_ERROR_LIMIT,
        "too large");
  FAILS(gan_dataset_create_tensor(context, GAN_I32, data, 2, two, 0, &out), GAN_ERROR_ARGUMENT,
        "dtype is 3");
  FAILS(gan_dataset_create_tensor(context, GAN_F32, data, 1, two, 0, &out), GAN_ERROR_ARGUMENT,
        "rank is 1; allowed are 2 to 6");
  FAILS(gan_dataset_create_tensor(context, GAN_F32, data, 7, two, 0, &out), GAN_ERROR_ARGUMENT,
        "rank is 7");
  FAILS(gan_dataset_create_tensor(context, GAN_F32, data, 2, NULL, 0, &out), GAN_ERROR_ARGUMENT,
        "dims is NULL");
  FAILS(gan_dataset_create_tensor(context, GAN_F32, data, 2, empty, 0, &out), GAN_ERROR_ARGUMENT,
        "dims[1] is 0");
  FAILS(gan_dataset_create_tensor(context, GAN_F32, data, 2, many, 1, &out), GAN_ERROR_LIMIT,
        "large");
  FAILS(gan_dataset_create_tensor(context, GAN_F32, data, 2, tall, 1, &out), GAN_ERROR_LIMIT,
        "4294967296; a data set has at most 4294967295");
  FAILS(gan_dataset_create_tensor(context, GAN_F32, (const char *)data + 2, 2, two, 0, &out),
        GAN_ERROR_ARGUMENT, "not aligned");
  FAILS(gan_dataset_open_idx(context, NULL, NULL, &out), GAN_ERROR_ARGUMENT, "images_path is NULL");
  assert_null(out);
}

static void refuses_bad_reads(void **state) {
  (void)state;
  float out[ROWS + 1][2];
  memset(out, 1, sizeof out);
  create_rows(0);
  assert_int_equal(gan_dataset_read(NULL, 0, 1, &out[0][0]), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_dataset_batch(NULL, 0, 1, &out[0][0], NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_dataset_set_seed(NULL, 0), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_dataset_set_range(NULL, 0, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_dataset_set_labels(NULL, NULL, 0, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_dataset_modes(NULL, NULL, NULL, NULL), GAN_ERROR_ARGUMENT);
  FAILS(gan_dataset_read(dataset, 0, 1, NULL), GAN_ERROR_ARGUMENT, "out is NULL");
  FAILS(gan_dataset_read(dataset, -1, 1, &out[0][0]), GAN_ERROR_ARGUMENT, "first is -1");
  FAILS(gan_dataset_read(dataset, 0, 0, &out[0][0]), GAN_ERROR_ARGUMENT, "rows is 0");
  FAILS(gan_dataset_read(dataset, 0, ROWS + 1, &out[0][0]), GAN_ERROR_SHAPE, "104 rows from row 0");
  FAILS(gan_dataset_read(dataset, INT64_MAX, 1, &out[0][0]), GAN_ERROR_SHAPE, "from row 92233");
  FAILS(gan_dataset_read(dataset, 1, INT64_MAX, &out[0][0]), GAN_ERROR_LIMIT, "overflow");
  FAILS(gan_dataset_batch(dataset, 0, 1, NULL, NULL), GAN_ERROR_ARGUMENT, "out is NULL");
  FAILS(gan_dataset_batch(dataset, 0, 0, &out[0][0], NULL), GAN_ERROR_ARGUMENT, "rows is 0");
  FAILS(gan_dataset_batch(dataset, 0, -5, &out[0][0], NULL), GAN_ERROR_ARGUMENT, "rows is -5");
  FAILS(gan_dataset_batch(dataset, 0, ROWS + 1, &out[0][0], NULL), GAN_ERROR_SHAPE,
        "104 rows from a data set of 103");
  FAILS(gan_dataset_set_range(dataset, 0, 1), GAN_ERROR_STATE, "numbers already");
  FAILS(gan_dataset_set_range(dataset, 0, (double)(0.0f / 0.0f)), GAN_ERROR_ARGUMENT,
        "high is nan");
  int64_t modes;
  const float *centres;
  double deviation;
  FAILS(gan_dataset_modes(dataset, &modes, &centres, &deviation), GAN_ERROR_STATE, "neither");
  FAILS(gan_dataset_modes(dataset, &modes, NULL, &deviation), GAN_ERROR_ARGUMENT,
        "centres is NULL");
  for (size_t i = 0; i < sizeof out; i++)
    assert_int_equal(((unsigned char *)out)[i], 1);
}

/* Means of 0 .. n-1 are (n - 1) / 2, exactly. */
static void finds_the_mean_of_all_rows(void **state) {
  (void)state;
  float mean[2] = {7, 7};
  gan_dataset *parts[2];
  create_rows(0);
  assert_int_equal(gan_dataset_mean(dataset, mean, 2), GAN_OK);
  assert_true(mean[0] == 51 && mean[1] == -51);
  assert_int_equal(gan_dataset_split(dataset, 3, parts), GAN_OK);
  assert_int_equal(gan_dataset_mean(parts[0], mean, 2), GAN_OK);
  assert_true(mean[0] == 49.5F && mean[1] == -49.5F);
  assert_int_equal(gan_dataset_mean(parts[1], mean, 2), GAN_OK);
  assert_true(mean[0] == 101 && mean[1] == -101);
  gan_dataset_destroy(parts[0]);
  gan_dataset_destroy(parts[1]);
  FAILS(gan_dataset_mean(dataset, mean, 1), GAN_ERROR_SHAPE, "count is 1; a row has 2");
  FAILS(gan_dataset_mean(dataset, NULL, 2), GAN_ERROR_ARGUMENT, "out is NULL");
  rows[9][1] = (float)(1.0 / 0.0);
  FAILS(gan_dataset_mean(dataset, mean, 2), GAN_ERROR_NOT_FINITE, "element 1");
  assert_true(mean[0] == 101 && mean[1] == -101);
  gan_dataset_destroy(dataset);
  /* Read and summed in double: as f32 the 2^8 would be lost. */
  static const double wide[4] = {0x1p60, 1, -0x1p60 + 0x1p8, 1e300};
  assert_int_equal(
      gan_dataset_create_tensor(context, GAN_F64, wide, 2, (int64_t[]){3, 1}, 0, &dataset), GAN_OK);
  assert_int_equal(gan_dataset_mean(dataset, mean, 1), GAN_OK);
  assert_true(mean[0] == (float)(256.0 / 3));
  gan_dataset_destroy(dataset);
  assert_int_equal(
      gan_dataset_create_tensor(context, GAN_F64, wide + 3, 2, (int64_t[]){1, 1}, 0, &dataset),
      GAN_OK);
  FAILS(gan_dataset_mean(dataset, mean, 1), GAN_ERROR_NOT_FINITE, "element 0");
  gan_dataset_destroy(dataset);
  assert_int_equal(gan_dataset_create_ring(context, 8, 1, 0.1, &dataset), GAN_OK);
  FAILS(gan_dataset_mean(dataset, mean, 2), GAN_ERROR_STATE, "endless");
}

static void answers_for_what_is_not_there(void **state) {
  (void)state;
  create_rows(0);
  assert_int_equal(gan_dataset_row_dim(dataset, -1), 0);
  assert_int_equal(gan_dataset_row_dim(dataset, 1), 0);
  assert_int_equal(gan_dataset_epoch_batches(dataset, 10), 10);
  assert_int_equal(gan_dataset_epoch_batches(dataset, 104), 0);
  assert_int_equal(gan_dataset_epoch_batches(dataset, 0), 0);
  assert_int_equal(gan_dataset_rows(NULL), 0);
  assert_int_equal(gan_dataset_row_rank(NULL), 0);
  assert_int_equal(gan_dataset_row_dim(NULL, 0), 0);
  assert_int_equal(gan_dataset_row_width(NULL), 0);
  assert_int_equal(gan_dataset_classes(NULL), 0);
  assert_int_equal(gan_dataset_epoch_batches(NULL, 1), 0);
  gan_dataset_destroy(NULL);
}

/* Row r of batch b: b + r, in every element; fails for batch 13. */
static int32_t serve(int64_t batch, int64_t count, float *out, void *user) {
  ++*(int *)user;
  if (batch == 13) return 42;
  for (int64_t i = 0; i < 6 * count; i++)
    out[i] = (float)(batch + i / 6);
  return 0;
}

static void takes_batches_from_a_callback(void **state) {
  (void)state;
  int calls = 0;
  float out[4][6];
  double wide[4][6];
  static const int64_t dims[] = {2, 3}, zero[] = {2, 0};
  assert_int_equal(gan_dataset_create_callback(context, 2, dims, serve, &calls, &dataset), GAN_OK);
  assert_int_equal(gan_dataset_rows(dataset), -1);
  assert_int_equal(gan_dataset_row_rank(dataset), 2);
  assert_int_equal(gan_dataset_row_width(dataset), 6);
  assert_int_equal(gan_dataset_epoch_batches(dataset, 4), -1);
  assert_int_equal(gan_dataset_batch(dataset, 7, 4, &out[0][0], NULL), GAN_OK);
  assert_int_equal(gan__dataset_fill(dataset, 7, 4, GAN_F64, wide, NULL), GAN_OK);
  assert_int_equal(calls, 2);
  for (int i = 0; i < 24; i++) {
    assert_true(out[i / 6][i % 6] == (float)(7 + i / 6));
    assert_true(wide[i / 6][i % 6] == 7 + i / 6);
  }
  FAILS(gan_dataset_batch(dataset, 13, 4, &out[0][0], NULL), GAN_ERROR_CALLBACK,
        "answered 42 for batch 13");
  FAILS(gan_dataset_batch(dataset, UINT64_MAX, 4, &out[0][0], NULL), GAN_ERROR_LIMIT,
        "batch 18446");
  FAILS(gan_dataset_batch(dataset, 0, 4, &out[0][0], &(int32_t){0}), GAN_ERROR_STATE, "labels");
  FAILS(gan_dataset_read(dataset, 0, 4, &out[0][0]), GAN_ERROR_STATE, "by number");
  FAILS(gan_dataset_batch(dataset, 0, INT64_MAX / 2, &out[0][0], NULL), GAN_ERROR_LIMIT,
        "overflow");
  FAILS(gan_dataset_set_range(dataset, 0, 1), GAN_ERROR_STATE, "numbers already");
  FAILS(gan_dataset_set_labels(dataset, &(int32_t){0}, 1, 1), GAN_ERROR_STATE, "endless");
  gan_dataset *other = NULL;
  FAILS(gan_dataset_create_callback(context, 2, dims, NULL, NULL, &other), GAN_ERROR_ARGUMENT,
        "callback is NULL");
  FAILS(gan_dataset_create_callback(context, 0, dims, serve, NULL, &other), GAN_ERROR_ARGUMENT,
        "rank is 0; allowed are 1 to 5");
  FAILS(gan_dataset_create_callback(context, 6, dims, serve, NULL, &other), GAN_ERROR_ARGUMENT,
        "rank is 6");
  FAILS(gan_dataset_create_callback(context, 2, zero, serve, NULL, &other), GAN_ERROR_ARGUMENT,
        "dims[1] is 0");
  assert_null(other);
  assert_int_equal(calls, 3);
}

static void fetches_without_allocating(void **state) {
  (void)state;
  int calls = 0;
  double out[ROWS * 2];
  int32_t labels[ROWS] = {0};
  gan_dataset *sets[4];
  create_rows(0);
  assert_int_equal(gan_dataset_set_labels(dataset, labels, ROWS, 1), GAN_OK);
  assert_int_equal(gan_dataset_create_ring(context, 8, 2, 0.02, &sets[0]), GAN_OK);
  assert_int_equal(gan_dataset_create_grid(context, 5, 2, 0.05, &sets[1]), GAN_OK);
  assert_int_equal(gan_dataset_create_swissroll(context, 0.25, 7.5, &sets[2]), GAN_OK);
  assert_int_equal(gan_dataset_create_callback(context, 1, (int64_t[]){6}, serve, &calls, &sets[3]),
                   GAN_OK);
  int64_t before = counts.calls;
  for (uint64_t index = 0; index < 50; index++)
    for (int32_t dtype = GAN_F32; dtype <= GAN_F64; dtype++) {
      assert_int_equal(gan__dataset_fill(dataset, index, 20, dtype, out, labels), GAN_OK);
      for (int i = 0; i < 4; i++) {
        gan_status expected = i == 3 && index == 13 ? GAN_ERROR_CALLBACK : GAN_OK;
        assert_int_equal(gan__dataset_fill(sets[i], index, 20, dtype, out, i < 2 ? labels : NULL),
                         expected);
      }
    }
  assert_int_equal(counts.calls, before); /* also where an epoch ends or a callback fails */
  for (int i = 0; i < 4; i++)
    gan_dataset_destroy(sets[i]);
}

/* Makes one set of each kind, with labels and parts; the first failure ends it. */
static gan_status make_all(gan_dataset *sets[6]) {
  static const int64_t dims[] = {6};
  static int32_t labels[ROWS];
  GAN_TRY(gan_dataset_create_array(context, &rows[0][0], ROWS, 2, 1, &sets[0]));
  GAN_TRY(gan_dataset_set_labels(sets[0], labels, ROWS, 1));
  GAN_TRY(gan_dataset_split(sets[0], 3, &sets[1]));
  GAN_TRY(gan_dataset_create_grid(context, 5, 2, 0.05, &sets[3]));
  GAN_TRY(gan_dataset_create_swissroll(context, 0.25, 7.5, &sets[4]));
  return gan_dataset_create_callback(context, 1, dims, serve, NULL, &sets[5]);
}

static void survives_every_failing_allocation(void **state) {
  (void)state;
  gan_status status = GAN_ERROR_MEMORY;
  int64_t failures = 0;
  for (int64_t at = 1; status != GAN_OK; at++, failures++) {
    gan_dataset *sets[6] = {NULL};
    counts = (counter){.fail_at = at};
    status = make_all(sets);
    assert_true(status == GAN_OK || status == GAN_ERROR_MEMORY);
    assert_true(!sets[1] == !sets[2]); /* both parts or none */
    for (int i = 0; i < 6; i++)
      gan_dataset_destroy(sets[i]);
    assert_int_equal(context->live_blocks, idle_blocks);
  }
  assert_in_range(failures, 18, 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(reads_rows_in_order, set_up, tear_down),
      cmocka_unit_test_setup_teardown(copies_only_when_asked, set_up, tear_down),
      cmocka_unit_test_setup_teardown(converts_between_precisions, set_up, tear_down),
      cmocka_unit_test_setup_teardown(shuffles_every_epoch, set_up, tear_down),
      cmocka_unit_test_setup_teardown(gives_the_same_batch_in_any_order, set_up, tear_down),
      cmocka_unit_test_setup_teardown(depends_on_the_seed, set_up, tear_down),
      cmocka_unit_test_setup_teardown(shuffles_without_favour, set_up, tear_down),
      cmocka_unit_test_setup_teardown(splits_into_disjoint_parts, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_impossible_splits, set_up, tear_down),
      cmocka_unit_test_setup_teardown(keeps_labels_with_their_rows, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_bad_sets, set_up, tear_down),
      cmocka_unit_test_setup_teardown(refuses_bad_reads, set_up, tear_down),
      cmocka_unit_test_setup_teardown(finds_the_mean_of_all_rows, set_up, tear_down),
      cmocka_unit_test_setup_teardown(answers_for_what_is_not_there, set_up, tear_down),
      cmocka_unit_test_setup_teardown(takes_batches_from_a_callback, set_up, tear_down),
      cmocka_unit_test_setup_teardown(fetches_without_allocating, set_up, tear_down),
      cmocka_unit_test_setup_teardown(survives_every_failing_allocation, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
