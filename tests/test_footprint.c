/* SPDX-License-Identifier: MIT */
/* What training takes of the machine: peak memory of a whole process that trains the unrolled ring
 * with the notebook's networks and 512 rows, and the plan's memory as K grows. The peak is that of
 * this program started anew, so that nothing of the tests is in it:
 *
 *   test_footprint blas 0 BEGAN   one product of the BLAS and nothing else
 *   test_footprint ring K BEGAN   trains; BEGAN: milliseconds on the monotonic clock at the start
 */
#include <cblas.h> /* first: OpenBLAS's needs feature macros of its own */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "duel.h"
#include "world.h"

enum { ROWS = 512, STEPS = 5 };

#define DONE(call) assert_int_equal(call, GAN_OK)

static long long milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static duel_setup notebook(int32_t unroll) {
  duel_setup setup = duel_ring;
  setup.order = GAN_ORDER_SIMULTANEOUS;
  setup.unroll = unroll;
  setup.threads = 2;
  setup.rows = ROWS;
  return setup;
}

/* ---- The measured processes. ---- */

typedef struct figures {
  long long peak_bytes;
  long long first_step; /* milliseconds from the start of the process to the end of this step */
} figures;

/* The largest resident memory so far, in bytes; 0 where the system does not tell. */
static long long peak_bytes(void) {
  char line[256];
  long long kilobytes = 0;
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "VmHWM: %lld kB", &kilobytes) == 1) break;
  if (file) fclose(file);
  return kilobytes * 1024;
}

/* Large enough for the BLAS's packed kernels and threads. */
static void multiply(void) {
  enum { SIDE = 256 };
  static float a[SIDE * SIDE], b[SIDE * SIDE], c[SIDE * SIDE];
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1, a, SIDE, b, SIDE, 0,
              c, SIDE);
}

static char **words;

static void child(void **state) {
  (void)state;
  figures seen = {0};
  if (!strcmp(words[0], "blas")) {
    multiply();
  } else {
    gan_context *context = NULL;
    duel_setup setup = notebook(atoi(words[1]));
    duel d;
    DONE(gan_context_create(&context));
    duel_open(&d, context, &setup);
    DONE(gan_trainer_run(d.trainer, 1));
    seen.first_step = milliseconds() - atoll(words[2]);
    DONE(gan_trainer_run(d.trainer, STEPS));
    duel_close(&d);
    gan_context_destroy(context);
  }
  seen.peak_bytes = peak_bytes();
  assert_int_equal(write(3, &seen, sizeof seen), sizeof seen);
}

/* Starts this program with such words. */
static figures measure(const char *what, const char *unroll) {
  char began[32];
  int ends[2];
  figures seen = {0};
  assert_int_equal(pipe(ends), 0);
  snprintf(began, sizeof began, "%lld", milliseconds());
  pid_t process = fork();
  assert_true(process >= 0);
  if (process == 0) {
    /* Only a failure is to be seen, and cmocka tells of it on stderr. */
    if (dup2(ends[1], 3) < 0 || !freopen("/dev/null", "w", stdout)) _exit(126);
    execl("/proc/self/exe", "test_footprint", what, unroll, began, (char *)NULL);
    _exit(127);
  }
  close(ends[1]);
  ssize_t got = read(ends[0], &seen, sizeof seen);
  int status = -1;
  close(ends[0]);
  assert_int_equal(waitpid(process, &status, 0), process);
  assert_int_equal(status, 0);
  assert_int_equal(got, sizeof seen);
  return seen;
}

/* ---- The tests. ---- */

/* The claim is 40 MB, two threads, with the program, the C library and the BLAS in it; the plan
 * itself has some 10 MB. What the BLAS alone takes is printed, because it is not ours: buffers of
 * OpenBLAS are of several megabytes for each of its threads, in builds for many processors more. So
 * a BLAS that alone takes more than 20 MB raises the bound by the rest. */
static void the_ring_takes_little_memory(void **state) {
  (void)state;
  if (world_is_slow()) skip(); /* checkers take memory of their own */
  long long blas = measure("blas", "0").peak_bytes;
  long long ring = measure("ring", "5").peak_bytes;
  if (!ring) skip();
  long long limit = 40000000 + (blas > 20000000 ? blas - 20000000 : 0);
  print_message("peak memory, ring at K = 5: %.1f MB; one product of the BLAS alone: %.1f MB\n",
                (double)ring * 1e-6, (double)blas * 1e-6);
  assert_in_range(ring, 1, limit);
}

/* The time is printed only: it depends on what else the machine does. */
static void training_starts_at_once(void **state) {
  (void)state;
  if (world_is_slow()) skip();
  print_message("from the start of the process to the end of the first step at K = 10: %lld ms\n",
                measure("ring", "10").first_step);
}

static int64_t plan_bytes(int32_t unroll) {
  gan_context *context = NULL;
  duel_setup setup = notebook(unroll);
  duel d;
  int64_t bytes = 0;
  DONE(gan_context_create(&context));
  duel_open(&d, context, &setup);
  DONE(gan_trainer_plan_bytes(d.trainer, ROWS, &bytes));
  duel_close(&d);
  gan_context_destroy(context);
  return bytes;
}

/* Each inner step keeps the same, so twice the steps take at most twice the memory; the claim is
 * 2.1 times. */
static void memory_is_linear_in_the_steps(void **state) {
  (void)state;
  int64_t five = plan_bytes(5), ten = plan_bytes(10), twenty = plan_bytes(20);
  print_message("plan: %.1f MB at K = 5, %.1f MB at 10, %.1f MB at 20\n", (double)five * 1e-6,
                (double)ten * 1e-6, (double)twenty * 1e-6);
  assert_true((double)ten <= 2.1 * (double)five);
  assert_true((double)twenty <= 2.1 * (double)ten);
}

int main(int argc, char **argv) {
  const struct CMUnitTest measured[] = {cmocka_unit_test(child)};
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_ring_takes_little_memory),
      cmocka_unit_test(training_starts_at_once),
      cmocka_unit_test(memory_is_linear_in_the_steps),
  };
  words = argv + 1;
  return argc > 3 ? cmocka_run_group_tests(measured, NULL, NULL)
                  : cmocka_run_group_tests(tests, NULL, NULL);
}
