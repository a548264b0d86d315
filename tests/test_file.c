/* SPDX-License-Identifier: MIT */
/* libgan/base/file.c and gunzip.c: limits, damaged files, atomic replacement, nothing left behind.
 */
#include <dirent.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/gunzip.h"
#include "base/memory.h"
#include "base/random.h"

static gan_context *context;
static char folder[64], path[128];

static int set_up(void **state) {
  (void)state;
  snprintf(folder, sizeof folder, "/tmp/gan-test-file-XXXXXX");
  if (!mkdtemp(folder)) return 1;
  snprintf(path, sizeof path, "%s/file", folder);
  return gan_context_create(&context);
}

/* How many files there are in the test's folder. */
static int entries(void) {
  int count = -2; /* . and .. */
  DIR *directory = opendir(folder);
  while (readdir(directory))
    count++;
  closedir(directory);
  return count;
}

static int tear_down(void **state) {
  (void)state;
  bool leak = context->live_blocks != 1; /* the pool */
  gan_context_destroy(context);
  unlink(path);
  return leak || rmdir(folder) != 0;
}

/* What is in the test's file; written without the code under test. */
static void put(const void *data, size_t count) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, count, file), count);
  assert_int_equal(fclose(file), 0);
}

static void check_content(const void *data, size_t count) {
  unsigned char buffer[4096];
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fread(buffer, 1, sizeof buffer, file), count);
  assert_memory_equal(buffer, data, count);
  fclose(file);
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

static void expect_failure(uint64_t cap, bool gunzip, gan_status status, const char *text) {
  gan__bytes bytes = {(unsigned char *)folder, 77};
  int64_t blocks = context->live_blocks;
  assert_int_equal(gan__file_read(context, path, cap, gunzip, &bytes), status);
  assert_ptr_equal(bytes.data, folder);
  assert_int_equal(bytes.count, 77);
  assert_int_equal(context->live_blocks, blocks);
  assert_non_null(strstr(gan_context_message(context), path)); /* names the file */
  if (!strstr(gan_context_message(context), text))
    fail_msg("'%s' lacks '%s'", gan_context_message(context), text);
}

static void expect_content(uint64_t cap, bool gunzip, const void *data, size_t count) {
  gan__bytes bytes = {0};
  gan_status status = gan__file_read(context, path, cap, gunzip, &bytes);
  if (status != GAN_OK) fail_msg("%s", gan_context_message(context));
  assert_int_equal(bytes.count, count);
  assert_non_null(bytes.data);
  assert_memory_equal(bytes.data, data, count);
  gan__release(context, bytes.data);
}

static void reads_plain_files(void **state) {
  (void)state;
  static const char text[] = "0123456789";
  for (size_t count = 0; count <= 10; count++) {
    put(text, count);
    expect_content(count, false, text, count);
    expect_content(count, true, text, count);
    expect_content(UINT64_MAX, true, text, count);
    if (count > 0) expect_failure(count - 1, true, GAN_ERROR_LIMIT, "allowed");
  }
  put("\x1f\x8bxyz", 5); /* looks packed, but is not to be unpacked */
  expect_content(5, false, "\x1f\x8bxyz", 5);
}

static void tells_why_a_file_cannot_be_read(void **state) {
  (void)state;
  expect_failure(10, true, GAN_ERROR_FILE, "No such file");
  assert_int_equal(mkdir(path, 0700), 0);
  expect_failure(10, true, GAN_ERROR_FILE, "folder");
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(mkfifo(path, 0600), 0); /* must not wait for a writer */
  expect_failure(10, true, GAN_ERROR_FILE, "not a regular file");
  gan__bytes bytes;
  assert_int_equal(gan__file_read(context, "/dev/zero", 10, true, &bytes), GAN_ERROR_FILE);
  assert_int_equal(gan__file_read(context, "", 10, true, &bytes), GAN_ERROR_FILE);
}

/* A file with a hole says it is huge: refused by the limit before any memory is asked for. */
static void huge_files_cost_nothing(void **state) {
  (void)state;
  put("x", 1);
  assert_int_equal(truncate(path, (off_t)1 << 36), 0);
  uint64_t peak = context->peak_bytes;
  expect_failure(1 << 20, true, GAN_ERROR_LIMIT, "68719476736 bytes");
  assert_int_equal(context->peak_bytes, peak);
}

enum { LONG = 300000 };

static unsigned char *noise(void) {
  unsigned char *data = malloc(LONG);
  gan__stream stream = gan__stream_make(1, "noise", 0);
  for (int i = 0; i < LONG; i++) /* half random, half one value: stored and compressed blocks */
    data[i] = i < LONG / 2 ? (unsigned char)gan__stream_word(&stream) : 'a';
  return data;
}

static void reads_gzip(void **state) {
  (void)state;
  unsigned char *data = noise(), *packed = malloc(2 * LONG);
  static const size_t counts[] = {0, 1, 1000, 65535, 65536, LONG};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    size_t size = pack(data, counts[i], packed, 2 * LONG);
    put(packed, size);
    expect_content(counts[i], true, data, counts[i]); /* a limit that just suffices */
    expect_content(UINT64_MAX, true, data, counts[i]);
    expect_content(UINT64_MAX, false, packed, size);
    if (counts[i] > 0) expect_failure(counts[i] - 1, true, GAN_ERROR_LIMIT, "more than");
  }
  free(data);
  free(packed);
}

static void reads_all_members(void **state) {
  (void)state;
  unsigned char packed[512];
  size_t size = pack("one ", 4, packed, sizeof packed);
  size += pack("", 0, packed + size, sizeof packed - size);
  size += pack("two", 3, packed + size, sizeof packed - size);
  put(packed, size);
  expect_content(7, true, "one two", 7);
  expect_failure(6, true, GAN_ERROR_LIMIT, "more than the 6 bytes");
}

/* A bomb: 1000 to 1. It must stop at the limit, with memory of that order. */
static void stops_at_the_limit(void **state) {
  (void)state;
  enum { BOMB = 20000000, LIMIT = 100000 };
  unsigned char *data = calloc(1, BOMB), *packed = malloc(100000);
  put(packed, pack(data, BOMB, packed, 100000));
  uint64_t live = context->live_bytes;
  context->peak_bytes = live;
  expect_failure(LIMIT, true, GAN_ERROR_LIMIT, "100000 bytes allowed");
  assert_true(context->peak_bytes - live < 4 * LIMIT);
  free(data);
  free(packed);
}

/* Every way to cut the file short, and every single damaged byte: never a crash, never wrong data.
 */
static void notices_every_damage(void **state) {
  (void)state;
  static const char text[] = "the quick brown fox jumps over the lazy dog, the quick brown fox";
  unsigned char packed[256];
  size_t size = pack(text, sizeof text, packed, sizeof packed);
  for (size_t cut = 2; cut < size; cut++) {
    put(packed, cut);
    expect_failure(1000, true, GAN_ERROR_FORMAT, "cut off at offset");
  }
  for (size_t at = 2; at < size; at++)
    for (int bit = 0; bit < 8; bit++) {
      packed[at] ^= (unsigned char)(1 << bit);
      put(packed, size);
      gan__bytes bytes = {0};
      gan_status status = gan__file_read(context, path, 1000, true, &bytes);
      if (status == GAN_OK) { /* time, flags and system byte of the header carry nothing */
        assert_in_range(at, 3, 9);
        assert_int_equal(bytes.count, sizeof text);
        assert_memory_equal(bytes.data, text, sizeof text);
        gan__release(context, bytes.data);
      } else {
        assert_in_range(status, GAN_ERROR_LIMIT, GAN_ERROR_FORMAT);
        assert_non_null(strstr(gan_context_message(context), path));
      }
      packed[at] ^= (unsigned char)(1 << bit);
    }
}

static void names_the_damage(void **state) {
  (void)state;
  unsigned char packed[256];
  size_t size = pack("hello hello hello", 17, packed, sizeof packed - 8);
  memcpy(packed + size, "garbage", 7);
  put(packed, size + 7);
  char expected[64];
  snprintf(expected, sizeof expected, "7 bytes that are not gzip follow the end at offset %zu",
           size);
  expect_failure(1000, true, GAN_ERROR_FORMAT, expected);
  packed[size - 8] ^= 1; /* the checksum */
  put(packed, size);
  expect_failure(1000, true, GAN_ERROR_FORMAT, "incorrect data check");
  packed[size - 8] ^= 1;
  packed[size - 4] ^= 1; /* the length */
  put(packed, size);
  expect_failure(1000, true, GAN_ERROR_FORMAT, "incorrect length check");
  packed[size - 4] ^= 1;
  packed[2] = 7; /* the method */
  put(packed, size);
  expect_failure(1000, true, GAN_ERROR_FORMAT, "corrupt gzip data at offset");
}

/* Fails the n-th allocation, for every n until all succeed. */
static int64_t allocations_left;
static void *(*real_allocate)(uint64_t, uint64_t, void *);

static void *sparing_allocate(uint64_t size, uint64_t alignment, void *user) {
  return allocations_left-- > 0 ? real_allocate(size, alignment, user) : NULL;
}

static void survives_lack_of_memory(void **state) {
  (void)state;
  unsigned char *data = noise(), *packed = malloc(2 * LONG);
  put(packed, pack(data + LONG / 2, LONG / 2, packed, 2 * LONG)); /* packs well: has to grow */
  real_allocate = context->allocator.allocate;
  context->allocator.allocate = sparing_allocate;
  for (int64_t n = 0;; n++) {
    gan__bytes bytes = {0};
    int64_t blocks = context->live_blocks;
    allocations_left = n;
    gan_status status = gan__file_read(context, path, LONG, true, &bytes);
    if (status == GAN_OK) {
      assert_true(n >= 4); /* raw, result, grown result, zlib's own */
      assert_int_equal(bytes.count, LONG / 2);
      gan__release(context, bytes.data);
      break;
    }
    assert_int_equal(status, GAN_ERROR_MEMORY);
    assert_null(bytes.data);
    assert_int_equal(context->live_blocks, blocks);
  }
  context->allocator.allocate = real_allocate;
  free(data);
  free(packed);
}

static void writes_and_replaces(void **state) {
  (void)state;
  assert_int_equal(gan__file_write(context, path, "first", 5), GAN_OK);
  check_content("first", 5);
  assert_int_equal(chmod(path, 0640), 0);
  assert_int_equal(gan__file_write(context, path, "2nd", 3), GAN_OK);
  check_content("2nd", 3);
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0640); /* a replaced file keeps its permissions */
  assert_int_equal(gan__file_write(context, path, NULL, 0), GAN_OK);
  check_content("", 0);
  assert_int_equal(entries(), 1);
}

static void new_files_follow_the_umask(void **state) {
  (void)state;
  mode_t before = umask(027);
  assert_int_equal(gan__file_write(context, path, "x", 1), GAN_OK);
  umask(before);
  struct stat info;
  assert_int_equal(stat(path, &info), 0);
  assert_int_equal(info.st_mode & 0777, 0640);
}

/* Whoever holds the old file open keeps reading the old bytes. */
static void replaces_and_does_not_overwrite(void **state) {
  (void)state;
  put("old", 3);
  FILE *old = fopen(path, "rb");
  assert_int_equal(gan__file_write(context, path, "new!", 4), GAN_OK);
  char buffer[8];
  assert_int_equal(fread(buffer, 1, sizeof buffer, old), 3);
  assert_memory_equal(buffer, "old", 3);
  fclose(old);
  check_content("new!", 4);
}

static void follows_links(void **state) {
  (void)state;
  char link[128];
  snprintf(link, sizeof link, "%s/link", folder);
  put("old", 3);
  assert_int_equal(symlink("file", link), 0);
  assert_int_equal(gan__file_writable(context, link), GAN_OK);
  assert_int_equal(gan__file_write(context, link, "new", 3), GAN_OK);
  struct stat info;
  assert_int_equal(lstat(link, &info), 0);
  assert_true(S_ISLNK(info.st_mode));
  check_content("new", 3);
  unlink(path);
  assert_int_equal(gan__file_write(context, link, "new", 3), GAN_ERROR_FILE); /* leads nowhere */
  unlink(link);
}

static void relative_paths_work(void **state) {
  (void)state;
  char before[4096];
  assert_non_null(getcwd(before, sizeof before));
  assert_int_equal(chdir(folder), 0);
  assert_int_equal(gan__file_writable(context, "file"), GAN_OK);
  assert_int_equal(gan__file_write(context, "file", "here", 4), GAN_OK);
  assert_int_equal(entries(), 1);
  assert_int_equal(chdir(before), 0);
  check_content("here", 4);
}

/* Bad targets: the check before and the write itself say the same, and leave nothing. */
static void refuses_what_cannot_be_written(void **state) {
  (void)state;
  char lost[128], below[160], slash[130], endless[5000], long_name[400];
  put("kept", 4);
  snprintf(lost, sizeof lost, "%s/no/such/file", folder);
  snprintf(below, sizeof below, "%s/below", path);
  snprintf(slash, sizeof slash, "%s/", folder);
  memset(endless, 'x', sizeof endless);
  endless[sizeof endless - 1] = '\0';
  int length = snprintf(long_name, sizeof long_name, "%s/", folder);
  memset(long_name + length, 'x', 300);
  long_name[length + 300] = '\0';
  const struct {
    const char *path, *text;
  } rows[] = {
      {"", "without a name"},     {lost, "No such file"},       {below, "Not a directory"},
      {slash, "folder"},          {folder, "folder"},           {"/dev/null", "not a regular file"},
      {endless, "name too long"}, {long_name, "name too long"}, {"/proc/nothing-here", "/proc"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(gan__file_writable(context, rows[i].path), GAN_ERROR_FILE);
    if (!strstr(gan_context_message(context), rows[i].text))
      fail_msg("'%s' lacks '%s'", gan_context_message(context), rows[i].text);
    context->message[0] = '\0';
    assert_int_equal(gan__file_write(context, rows[i].path, "x", 1), GAN_ERROR_FILE);
    assert_non_null(strstr(gan_context_message(context), rows[i].text));
  }
  assert_int_equal(entries(), 1);
  check_content("kept", 4);
}

/* Without the administrator's rights: a protected file, then a protected folder. */
static void respects_permissions(void **state) {
  (void)state;
  uid_t before = geteuid();
  if (before == 0) {
    assert_int_equal(chown(folder, 65534, (gid_t)-1), 0);
    assert_int_equal(seteuid(65534), 0);
  }
  put("kept", 4);
  assert_int_equal(chmod(path, 0400), 0);
  for (int protected_folder = 0; protected_folder < 2; protected_folder++) {
    assert_int_equal(gan__file_writable(context, path), GAN_ERROR_FILE);
    assert_non_null(strstr(gan_context_message(context), "Permission denied"));
    assert_int_equal(gan__file_write(context, path, "x", 1), GAN_ERROR_FILE);
    check_content("kept", 4);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(chmod(folder, 0500), 0);
  }
  assert_int_equal(chmod(path, 0), 0);
  gan__bytes bytes;
  assert_int_equal(gan__file_read(context, path, 10, true, &bytes), GAN_ERROR_FILE);
  assert_non_null(strstr(gan_context_message(context), "Permission denied"));
  assert_int_equal(chmod(folder, 0700), 0);
  assert_int_equal(seteuid(before), 0);
  assert_int_equal(entries(), 1);
}

static void asking_leaves_nothing(void **state) {
  (void)state;
  assert_int_equal(gan__file_writable(context, path), GAN_OK);
  assert_int_equal(entries(), 0);
  put("kept", 4);
  assert_int_equal(gan__file_writable(context, path), GAN_OK);
  assert_int_equal(entries(), 1);
  check_content("kept", 4);
}

/* The system refuses the rest of the file: a limit on file sizes stands for a full disk. */
static void a_failed_write_changes_nothing(void **state) {
  (void)state;
  put("kept", 4);
  static char data[100000];
  struct rlimit before, limit;
  getrlimit(RLIMIT_FSIZE, &before);
  limit = (struct rlimit){.rlim_cur = 50000, .rlim_max = before.rlim_max};
  void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  gan_status status = gan__file_write(context, path, data, sizeof data);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);
  assert_int_equal(status, GAN_ERROR_FILE);
  assert_non_null(strstr(gan_context_message(context), "File too large"));
  assert_non_null(strstr(gan_context_message(context), path));
  assert_int_equal(entries(), 1);
  check_content("kept", 4);
}

/* Temporary files of a killed process of the same number are no obstacle, and are left alone. */
static void leftovers_are_no_obstacle(void **state) {
  (void)state;
  char left[2][128];
  for (int i = 0; i < 2; i++) {
    snprintf(left[i], sizeof left[i], "%s/.gan-%lld-%d.tmp", folder, (long long)getpid(), i);
    assert_int_equal(symlink("file", left[i]), 0); /* and a link there is not followed */
  }
  assert_int_equal(gan__file_write(context, path, "data", 4), GAN_OK);
  check_content("data", 4);
  assert_int_equal(entries(), 3);
  for (int i = 0; i < 2; i++)
    assert_int_equal(unlink(left[i]), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(reads_plain_files),
      TEST(tells_why_a_file_cannot_be_read),
      TEST(huge_files_cost_nothing),
      TEST(reads_gzip),
      TEST(reads_all_members),
      TEST(stops_at_the_limit),
      TEST(notices_every_damage),
      TEST(names_the_damage),
      TEST(survives_lack_of_memory),
      TEST(writes_and_replaces),
      TEST(new_files_follow_the_umask),
      TEST(replaces_and_does_not_overwrite),
      TEST(follows_links),
      TEST(relative_paths_work),
      TEST(refuses_what_cannot_be_written),
      TEST(respects_permissions),
      TEST(asking_leaves_nothing),
      TEST(a_failed_write_changes_nothing),
      TEST(leftovers_are_no_obstacle),
  };
  setlocale(LC_MESSAGES, "C"); /* the system's reasons are in the user's language otherwise */
  return cmocka_run_group_tests(tests, NULL, NULL);
}
