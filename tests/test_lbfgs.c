/* SPDX-License-Identifier: MIT */
/* L-BFGS on rows whose minima are known: quadratics, Rosenbrock's valley, a barrier, a kink; that
 * rows and threads do not touch each other's bits; ends of a search. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/pool.h"
#include "base/random.h"
#include "failing.h"
#include "train/lbfgs.h"

static failing memory;
static gan_context *context;

static int setup(void **state) {
  (void)state;
  context = failing_context(&memory);
  return context ? 0 : -1;
}

static int teardown(void **state) {
  (void)state;
  gan_context_destroy(context);
  return memory.live != 0;
}

/* Value and gradient of row `row` at x [size]. */
typedef double function(int64_t row, int64_t size, const double *x, double *gradient);

static gan__lbfgs *create(int64_t rows, int64_t size) {
  gan__lbfgs *made = NULL;
  assert_int_equal(gan__lbfgs_create(context, rows, size, &made), GAN_OK);
  return made;
}

/* Runs from the points that are there; returns the number of evaluations of all rows. */
static int32_t run(gan__lbfgs *lbfgs, int64_t rows, int64_t size, function *f, double tolerance) {
  int32_t evaluations = 0;
  gan__lbfgs_begin(lbfgs, rows, 1000, tolerance);
  do {
    for (int64_t row = 0; row < rows; row++)
      gan__lbfgs_values(lbfgs)[row] = f(row, size, gan__lbfgs_points(lbfgs) + row * size,
                                        gan__lbfgs_gradients(lbfgs) + row * size);
    evaluations++;
  } while (gan__lbfgs_advance(lbfgs) > 0);
  return evaluations;
}

static const double *best(const gan__lbfgs *lbfgs, int64_t row, double *value) {
  assert_int_equal(gan__lbfgs_state(lbfgs, row), GAN__ROW_DONE);
  return gan__lbfgs_best(lbfgs, row, value);
}

/* ---- Minima. ---- */

/* Row r has eigenvalues 1 .. 10^(r mod 4) and its minimum at x_i = i - r. */
static double bowl(int64_t row, int64_t size, const double *x, double *gradient) {
  double sum = 0;
  for (int64_t i = 0; i < size; i++) {
    double weight = pow(10, (double)(row % 4) * (double)i / (double)(size - 1));
    double distance = x[i] - (double)(i - row);
    gradient[i] = weight * distance;
    sum += 0.5 * weight * distance * distance;
  }
  return sum;
}

/* A gradient of at most 1e-10 leaves the coordinate of eigenvalue 1 at most 1e-10 away. Memory 10
 * is more than the size, so 6 dimensions take some tens of steps, also with condition 1000. */
static void quadratics(void **state) {
  (void)state;
  enum { ROWS = 5, SIZE = 6 };
  gan__lbfgs *lbfgs = create(ROWS, SIZE);
  memset(gan__lbfgs_points(lbfgs), 0, ROWS * SIZE * sizeof(double));
  int32_t evaluations = run(lbfgs, ROWS, SIZE, bowl, 1e-10);
  assert_in_range(evaluations, 5, 100);
  for (int64_t row = 0; row < ROWS; row++) {
    double value;
    const double *x = best(lbfgs, row, &value);
    for (int64_t i = 0; i < SIZE; i++)
      assert_true(fabs(x[i] - (double)(i - row)) <= 1e-10);
    assert_true(value < 1e-19);
  }
  gan__lbfgs_destroy(lbfgs);
}

/* Rosenbrock 1960: (1 - x)^2 + 100 (y - x^2)^2, from (-1.2, 1). */
static double valley(int64_t row, int64_t size, const double *x, double *gradient) {
  (void)row, (void)size;
  double a = 1 - x[0], b = x[1] - x[0] * x[0];
  gradient[0] = -2 * a - 400 * x[0] * b;
  gradient[1] = 200 * b;
  return a * a + 100 * b * b;
}

static void rosenbrock(void **state) {
  (void)state;
  gan__lbfgs *lbfgs = create(1, 2);
  memcpy(gan__lbfgs_points(lbfgs), (double[]){-1.2, 1}, 2 * sizeof(double));
  int32_t evaluations = run(lbfgs, 1, 2, valley, 1e-9);
  double value;
  const double *x = best(lbfgs, 0, &value);
  /* The smallest eigenvalue at the minimum is 0.4. */
  assert_true(fabs(x[0] - 1) < 1e-8 && fabs(x[1] - 1) < 1e-8);
  assert_in_range(evaluations, 20, 120); /* 40 to 60 with other line searches */
  gan__lbfgs_destroy(lbfgs);
}

/* x - log x, from 30: trials below 0 have no value. */
static double barrier(int64_t row, int64_t size, const double *x, double *gradient) {
  (void)row, (void)size;
  gradient[0] = 1 - 1 / x[0];
  return x[0] - log(x[0]);
}

static double kink(int64_t row, int64_t size, const double *x, double *gradient) {
  (void)row, (void)size;
  gradient[0] = x[0] > 0 ? 1 : -1;
  gradient[1] = x[1];
  return fabs(x[0]) + 0.5 * x[1] * x[1];
}

static void walls_and_kinks(void **state) {
  (void)state;
  double value;
  gan__lbfgs *lbfgs = create(1, 1);
  gan__lbfgs_points(lbfgs)[0] = 30;
  run(lbfgs, 1, 1, barrier, 1e-9);
  assert_true(fabs(best(lbfgs, 0, &value)[0] - 1) < 1e-8);
  gan__lbfgs_destroy(lbfgs);
  lbfgs = create(1, 2);
  memcpy(gan__lbfgs_points(lbfgs), (double[]){1.7, 0.9}, 2 * sizeof(double));
  run(lbfgs, 1, 2, kink, 1e-9);
  best(lbfgs, 0, &value);
  assert_true(value < 1e-6);
  gan__lbfgs_destroy(lbfgs);
}

/* ---- Bits. ---- */

enum { MANY = 100, WIDE = 7 };

static void begin_many(gan__lbfgs *lbfgs, int64_t first, int64_t rows) {
  for (int64_t row = 0; row < rows; row++) {
    gan__stream stream = gan__stream_make(9, "lbfgs", (uint64_t)(first + row));
    for (int64_t i = 0; i < WIDE; i++)
      gan__lbfgs_points(lbfgs)[row * WIDE + i] = 3 * gan__stream_normal(&stream);
  }
}

/* Rosenbrock's function along a chain, shifted by the row's number, which counts from `offset`. */
static int64_t offset;
static double chain(int64_t row, int64_t size, const double *x, double *gradient) {
  double sum = 0;
  memset(gradient, 0, (size_t)size * sizeof *gradient);
  for (int64_t i = 0; i + 1 < size; i++) {
    double pair[2] = {x[i] - 0.01 * (double)(row + offset), x[i + 1]}, part[2];
    sum += valley(row, 2, pair, part);
    gradient[i] += part[0];
    gradient[i + 1] += part[1];
  }
  return sum;
}

static void neighbours_and_threads(void **state) {
  (void)state;
  static double found[MANY * WIDE];
  double value;
  for (int32_t threads = 1; threads <= 3; threads++) {
    assert_int_equal(gan_context_set_threads(context, threads), GAN_OK);
    gan__lbfgs *lbfgs = create(MANY, WIDE);
    begin_many(lbfgs, 0, MANY);
    run(lbfgs, MANY, WIDE, chain, 1e-8);
    for (int64_t row = 0; row < MANY; row++) {
      const double *x = best(lbfgs, row, &value);
      if (threads == 1)
        memcpy(found + row * WIDE, x, WIDE * sizeof *x);
      else
        assert_memory_equal(found + row * WIDE, x, WIDE * sizeof *x);
    }
    gan__lbfgs_destroy(lbfgs);
  }
  /* Row 37 alone, among rows that are idle. */
  gan__lbfgs *lbfgs = create(3, WIDE);
  begin_many(lbfgs, 37, 1);
  offset = 37;
  run(lbfgs, 1, WIDE, chain, 1e-8);
  offset = 0;
  assert_memory_equal(best(lbfgs, 0, &value), found + 37 * WIDE, WIDE * sizeof *found);
  assert_int_equal(gan__lbfgs_state(lbfgs, 1), GAN__ROW_IDLE);
  gan__lbfgs_destroy(lbfgs);
  assert_int_equal(gan_context_set_threads(context, 1), GAN_OK);
}

/* ---- Ends. ---- */

static double nowhere(int64_t row, int64_t size, const double *x, double *gradient) {
  (void)size;
  gradient[0] = row == 1 ? (double)NAN : x[0];
  return row == 0 ? (double)INFINITY : 0.5 * x[0] * x[0];
}

static void ends(void **state) {
  (void)state;
  double value;
  gan__lbfgs *lbfgs = create(3, 1);
  for (int64_t row = 0; row < 3; row++)
    gan__lbfgs_points(lbfgs)[row] = 2;
  run(lbfgs, 3, 1, nowhere, 0);
  assert_int_equal(gan__lbfgs_state(lbfgs, 0), GAN__ROW_BAD_START);
  assert_int_equal(gan__lbfgs_state(lbfgs, 1), GAN__ROW_BAD_START);
  assert_true(best(lbfgs, 2, &value)[0] == 0 && value == 0);
  /* With one evaluation, and within the tolerance, a row stays where it begins. */
  for (int32_t i = 0; i < 2; i++) {
    gan__lbfgs_points(lbfgs)[0] = 2;
    gan__lbfgs_begin(lbfgs, 1, i == 0 ? 1 : 5, i == 0 ? 0 : 2.5);
    gan__lbfgs_values(lbfgs)[0] = 2;
    gan__lbfgs_gradients(lbfgs)[0] = 2;
    assert_int_equal(gan__lbfgs_advance(lbfgs), 0);
    assert_true(best(lbfgs, 0, &value)[0] == 2 && value == 2);
  }
  gan__lbfgs_destroy(lbfgs);
}

/* What is spent in the middle of a search counts as far as it went down. */
static void spent(void **state) {
  (void)state;
  const double start[2] = {-1.2, 1};
  double value, before = 24.2; /* at the start */
  gan__lbfgs *lbfgs = create(1, 2);
  for (int32_t most = 2; most < 30; most++) {
    int32_t evaluations = 0;
    memcpy(gan__lbfgs_points(lbfgs), start, sizeof start);
    gan__lbfgs_begin(lbfgs, 1, most, 0);
    do {
      gan__lbfgs_values(lbfgs)[0] =
          valley(0, 2, gan__lbfgs_points(lbfgs), gan__lbfgs_gradients(lbfgs));
      evaluations++;
    } while (gan__lbfgs_advance(lbfgs) > 0);
    assert_int_equal(evaluations, most);
    double gradient[2];
    assert_true(valley(0, 2, best(lbfgs, 0, &value), gradient) == value);
    assert_true(value <= before);
    before = value;
  }
  assert_true(before < 1);
  gan__lbfgs_destroy(lbfgs);
}

static void limits(void **state) {
  (void)state;
  gan__lbfgs *lbfgs = NULL;
  assert_int_equal(gan__lbfgs_create(context, INT64_MAX / 4, 8, &lbfgs), GAN_ERROR_LIMIT);
  assert_null(lbfgs);
  gan_status status;
  FAIL_EACH_ALLOCATION(context, &memory, status, status = gan__lbfgs_create(context, 4, 3, &lbfgs));
  gan__lbfgs_destroy(lbfgs);
  gan__lbfgs_destroy(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quadratics),
      cmocka_unit_test(rosenbrock),
      cmocka_unit_test(walls_and_kinks),
      cmocka_unit_test(neighbours_and_threads),
      cmocka_unit_test(ends),
      cmocka_unit_test(spent),
      cmocka_unit_test(limits),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
