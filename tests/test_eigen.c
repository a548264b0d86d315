/* SPDX-License-Identifier: MIT */
/* Eigenvalues: matrices whose answers are known, residuals of random ones, LAPACK as a second
 * opinion where the loaded BLAS has it, extreme scales, refusals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "eval/eigen.h"

#include "failing.h"

enum { MOST = 512 };
#define PI 3.14159265358979324

static failing memory;
static gan_context *context;
static double matrix[MOST * MOST], real[MOST], imaginary[MOST];

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

static void solve(int32_t n) {
  assert_int_equal(gan__eigenvalues(context, matrix, n, real, imaginary), GAN_OK);
}

static void expect(int32_t i, double wanted_real, double wanted_imaginary, double tolerance) {
  if (!(fabs(real[i] - wanted_real) <= tolerance)
      || !(fabs(imaginary[i] - wanted_imaginary) <= tolerance))
    fail_msg("eigenvalue %d is %.17g + %.17g i, not %.17g + %.17g i within %g", (int)i, real[i],
             imaginary[i], wanted_real, wanted_imaginary, tolerance);
}

static void put(int32_t n, const double *values) {
  memcpy(matrix, values, (size_t)(n * n) * sizeof *values);
}

/* ---- Known matrices. ---- */

static void one_and_two(void **state) {
  (void)state;
  put(1, (double[]){-3});
  solve(1);
  expect(0, -3, 0, 0);
  put(2, (double[]){cos(0.3), -sin(0.3), sin(0.3), cos(0.3)});
  solve(2);
  /* The real part is exact; the root of a square is within two roundings of it. */
  expect(0, cos(0.3), sin(0.3), 2.3e-16);
  expect(1, cos(0.3), -sin(0.3), 2.3e-16);
  /* 1e-9 is the difference of two numbers near 1: it must not cancel. (x - 1)(x - 1e-9). */
  put(2, (double[]){1 + 1e-9, -1e-9, 1, 0});
  solve(2);
  expect(0, 1, 0, 3e-16);
  expect(1, 1e-9, 0, 1e-24);
}

/* Triangular matrices have their eigenvalues on the diagonal, and nothing is computed with them. */
static void triangular(void **state) {
  (void)state;
  put(4, (double[]){2, 5, -1, 3, 0, -1, 4, 1, 0, 0, 7, 2, 0, 0, 0, 2});
  solve(4);
  expect(0, 7, 0, 0);
  expect(1, 2, 0, 0);
  expect(2, 2, 0, 0);
  expect(3, -1, 0, 0);
  memset(matrix, 0, sizeof matrix);
  solve(5);
  for (int32_t i = 0; i < 5; i++)
    expect(i, 0, 0, 0);
}

/* x^n + c[n-1] x^(n-1) + ... + c[0]. */
static void put_companion(int32_t n, const double *c) {
  memset(matrix, 0, sizeof matrix);
  for (int32_t i = 0; i < n; i++) {
    if (i > 0) matrix[i * n + i - 1] = 1;
    matrix[i * n + n - 1] = -c[i];
  }
}

/* A change e of the matrix moves root r of p by about |e| |r|^3 / |p'(r)|: here the norm is 67, the
 * factor at most 27 / 2, so 67 * 2.2e-16 * 13.5 = 2e-13, and some more for the sums of n terms. */
static void companion_of_real_roots(void **state) {
  (void)state;
  put_companion(4, (double[]){24, -50, 35, -10});
  solve(4);
  for (int32_t i = 0; i < 4; i++)
    expect(i, 4 - i, 0, 1e-12);
}

/* x^4 + 4 = (x^2 - 2 x + 2) (x^2 + 2 x + 2). */
static void companion_of_complex_roots(void **state) {
  (void)state;
  put_companion(4, (double[]){4, 0, 0, 0});
  solve(4);
  expect(0, 1, 1, 1e-14);
  expect(1, 1, -1, 1e-14);
  expect(2, -1, 1, 1e-14);
  expect(3, -1, -1, 1e-14);
}

/* (x - 1)^4: one Jordan block. A change e of the matrix moves its eigenvalues by up to (c e)^(1/4);
 * the norm is 8.4, so e = 4 * 8.4 * 2.2e-16 and e^(1/4) = 3e-4, ten times that is allowed. Their
 * mean, a quarter of the trace, is as good as ever: n norms' roundings are 1e-14. */
static void defective(void **state) {
  (void)state;
  put_companion(4, (double[]){1, -4, 6, -4});
  solve(4);
  double sum = 0;
  for (int32_t i = 0; i < 4; i++) {
    expect(i, 1, 0, 3e-3);
    sum += real[i];
  }
  assert_true(fabs(sum / 4 - 1) < 1e-14);
}

/* The players of rock, paper, scissors, each with three logits' directions: x' = A y, y' = -A^T x
 * with the skew A, whose singular values are sqrt(3), sqrt(3), 0. All eigenvalues of the joint
 * Jacobian are imaginary. */
static void rock_paper_scissors(void **state) {
  (void)state;
  const double pay[3][3] = {{0, -1, 1}, {1, 0, -1}, {-1, 1, 0}};
  memset(matrix, 0, sizeof matrix);
  for (int32_t i = 0; i < 3; i++)
    for (int32_t j = 0; j < 3; j++) {
      matrix[i * 6 + 3 + j] = pay[i][j];
      matrix[(3 + i) * 6 + j] = -pay[j][i];
    }
  solve(6);
  int32_t up = 0, down = 0, none = 0;
  for (int32_t i = 0; i < 6; i++) {
    /* The matrix is normal: errors are those of the matrix, 6 * norm * 2.2e-16 = 2.3e-15. */
    assert_true(fabs(real[i]) < 5e-15);
    up += fabs(imaginary[i] - sqrt(3)) < 5e-15;
    down += fabs(imaginary[i] + sqrt(3)) < 5e-15;
    none += fabs(imaginary[i]) < 5e-15;
  }
  assert_int_equal(up, 2);
  assert_int_equal(down, 2);
  assert_int_equal(none, 2);
}

/* A cyclic shift: the n-th roots of unity. QR with the usual shifts alone stands still on it. */
static void roots_of_unity(void **state) {
  (void)state;
  const int32_t sizes[] = {3, 4, 8, 37, 512};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    int32_t n = sizes[s];
    memset(matrix, 0, sizeof matrix);
    for (int32_t i = 0; i < n; i++)
      matrix[i * n + (i + 1) % n] = 1;
    solve(n);
    char seen[MOST] = {0};
    for (int32_t i = 0; i < n; i++) {
      double turn = atan2(imaginary[i], real[i]) / (2 * PI) * n;
      int32_t which = (int32_t)((int64_t)(floor(turn + 0.5) + n) % n);
      /* A normal matrix of norm 1, and n sweeps of rounding. */
      expect(i, cos(2 * PI * which / n), sin(2 * PI * which / n), n * 2.3e-16 + 4e-15);
      assert_false(seen[which]);
      seen[which] = 1;
    }
  }
}

/* Symmetric: the second difference, 2 - 2 cos(pi k / (n + 1)), in descending order. */
static void second_difference(void **state) {
  (void)state;
  enum { N = 50 };
  memset(matrix, 0, sizeof matrix);
  for (int32_t i = 0; i < N; i++) {
    matrix[i * N + i] = 2;
    if (i > 0) matrix[i * N + i - 1] = matrix[(i - 1) * N + i] = -1;
  }
  solve(N);
  for (int32_t i = 0; i < N; i++)
    expect(i, 2 - 2 * cos(PI * (N - i) / (N + 1)), 0, N * 4 * 2.3e-16);
}

/* ---- Random matrices. ---- */

static void put_random(int32_t n, uint64_t seed) {
  gan__stream stream = gan__stream_make(seed, "eigen", (uint64_t)n);
  for (int32_t i = 0; i < n * n; i++)
    matrix[i] = gan__stream_normal(&stream);
}

typedef struct number {
  double re, im;
} number;

static number times(number a, number b) {
  return (number){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static number over(number a, number b) {
  double square = b.re * b.re + b.im * b.im;
  return (number){(a.re * b.re + a.im * b.im) / square, (a.im * b.re - a.re * b.im) / square};
}

/* x [n] := (matrix - lambda)^-1 x, by Gaussian elimination with pivots in a [n, n]. */
static void inverse_step(int32_t n, number lambda, number *a, number *x) {
  for (int32_t i = 0; i < n * n; i++)
    a[i] =
        (number){matrix[i] - (i % (n + 1) == 0 ? lambda.re : 0), i % (n + 1) == 0 ? -lambda.im : 0};
  for (int32_t k = 0; k < n; k++) {
    int32_t pivot = k;
    for (int32_t i = k + 1; i < n; i++)
      if (hypot(a[i * n + k].re, a[i * n + k].im) > hypot(a[pivot * n + k].re, a[pivot * n + k].im))
        pivot = i;
    for (int32_t j = 0; j < n; j++) {
      number swap = a[k * n + j];
      a[k * n + j] = a[pivot * n + j];
      a[pivot * n + j] = swap;
    }
    number swap = x[k];
    x[k] = x[pivot];
    x[pivot] = swap;
    if (a[k * n + k].re == 0 && a[k * n + k].im == 0) a[k * n + k].re = 1e-18;
    for (int32_t i = k + 1; i < n; i++) {
      number factor = over(a[i * n + k], a[k * n + k]);
      for (int32_t j = k; j < n; j++) {
        number product = times(factor, a[k * n + j]);
        a[i * n + j].re -= product.re;
        a[i * n + j].im -= product.im;
      }
      number product = times(factor, x[k]);
      x[i].re -= product.re;
      x[i].im -= product.im;
    }
  }
  for (int32_t i = n - 1; i >= 0; i--) {
    for (int32_t j = i + 1; j < n; j++) {
      number product = times(a[i * n + j], x[j]);
      x[i].re -= product.re;
      x[i].im -= product.im;
    }
    x[i] = over(x[i], a[i * n + i]);
  }
}

/* |A x - lambda x| / |x|: that far lies a matrix that has exactly this eigenvalue. x is made by one
 * step of inverse iteration from `start`. */
static double residual_from(int32_t n, number lambda, double start) {
  number *a = calloc((size_t)(n * n), sizeof *a), *x = calloc((size_t)n, sizeof *x);
  assert_non_null(a);
  assert_non_null(x);
  for (int32_t i = 0; i < n; i++)
    x[i].re = cos(start * (i + 1));
  inverse_step(n, lambda, a, x);
  double above = 0, below = 0;
  for (int32_t i = 0; i < n; i++) {
    number sum = times(lambda, x[i]);
    sum = (number){-sum.re, -sum.im};
    for (int32_t j = 0; j < n; j++) {
      sum.re += matrix[i * n + j] * x[j].re;
      sum.im += matrix[i * n + j] * x[j].im;
    }
    above += sum.re * sum.re + sum.im * sum.im;
    below += x[i].re * x[i].re + x[i].im * x[i].im;
  }
  free(a);
  free(x);
  return sqrt(above / below);
}

/* Of some starts, because one may lack the direction that is looked for. */
static double residual(int32_t n, number lambda) {
  double best = INFINITY;
  for (double start = 1; start < 5; start++)
    best = fmin(best, residual_from(n, lambda, start));
  return best;
}

/* Every answer is an eigenvalue of a matrix nearby: n roundings of the norm, about 2 sqrt(n). That
 * none is missing or doubled shows in the sums of them and of their squares: trace A, trace A^2. */
static void residuals(void **state) {
  (void)state;
  for (int32_t n = 1; n <= 40; n += n < 10 ? 1 : 6) {
    put_random(n, 5);
    solve(n);
    double bound = 2e-15 * n * (1 + sqrt(n));
    double trace = 0, square = 0, sum = 0, squares = 0;
    for (int32_t i = 0; i < n; i++) {
      double distance = residual(n, (number){real[i], imaginary[i]});
      if (!(distance < bound))
        fail_msg("n = %d: %g from %g + %g i, bound %g", (int)n, distance, real[i], imaginary[i],
                 bound);
      trace += matrix[i * n + i];
      for (int32_t j = 0; j < n; j++)
        square += matrix[i * n + j] * matrix[j * n + i];
      sum += real[i];
      squares += real[i] * real[i] - imaginary[i] * imaginary[i];
      if (i > 0)
        assert_true(real[i] < real[i - 1]
                    || (real[i] == real[i - 1] && imaginary[i] <= imaginary[i - 1]));
    }
    assert_true(fabs(trace - sum) < n * bound);
    assert_true(fabs(square - squares) < 4 * n * sqrt(n) * bound);
  }
}

/* The same numbers from LAPACK, where the loaded BLAS has it, as OpenBLAS mostly does. A random
 * matrix has eigenvalues of condition 10 to 100, and no two that are very close. */
extern __attribute__((weak)) void dgeev_(const char *left, const char *right, const int *n,
                                         double *a, const int *lda, double *re, double *im,
                                         double *vl, const int *ldvl, double *vr, const int *ldvr,
                                         double *work, const int *lwork, int *info,
                                         size_t left_length, size_t right_length);

static void second_opinion(void **state) {
  (void)state;
  if (!dgeev_) skip();
  const int32_t sizes[] = {2, 3, 7, 20, 100, 200};
  static double a[MOST * MOST], re[MOST], im[MOST], work[8 * MOST];
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    int n = sizes[s], one = 1, room = 8 * MOST, info = -1;
    put_random(n, 11);
    solve(n);
    memcpy(a, matrix, (size_t)(n * n) * sizeof *a);
    dgeev_("N", "N", &n, a, &n, re, im, NULL, &one, NULL, &one, work, &room, &info, 1, 1);
    assert_int_equal(info, 0);
    for (int32_t i = 0; i < n; i++) {
      double nearest = INFINITY;
      for (int32_t k = 0; k < n; k++)
        nearest = fmin(nearest, hypot(re[k] - real[i], im[k] - imaginary[i]));
      assert_true(nearest < 1e-12 * n);
    }
  }
}

/* ---- Scales. ---- */

/* Powers of two change no bit. */
static void scaled(void **state) {
  (void)state;
  enum { N = 12 };
  double re[N], im[N];
  put_random(N, 3);
  solve(N);
  memcpy(re, real, sizeof re);
  memcpy(im, imaginary, sizeof im);
  const int shifts[] = {-900, -498, 498, 1000};
  for (size_t s = 0; s < sizeof shifts / sizeof *shifts; s++) {
    put_random(N, 3);
    for (int32_t i = 0; i < N * N; i++)
      matrix[i] = ldexp(matrix[i], shifts[s]);
    solve(N);
    for (int32_t i = 0; i < N; i++)
      expect(i, ldexp(re[i], shifts[s]), ldexp(im[i], shifts[s]), 0);
  }
}

/* Balancing finds what is hidden by units. */
static void badly_scaled(void **state) {
  (void)state;
  const double sizes[] = {1e150, 1e-150, 1e200, 1e300};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    put(2, (double[]){0, sizes[s], 1 / sizes[s], 0});
    solve(2);
    expect(0, 1, 0, 1e-15);
    expect(1, -1, 0, 1e-15);
    put(2, (double[]){0, sizes[s], -1 / sizes[s], 0});
    solve(2);
    expect(0, 0, 1, 1e-15);
    expect(1, 0, -1, 1e-15);
    /* D^-1 A D with D = diag(1, size, 1 / size): the numbers of the second difference of 3. */
    put(3, (double[]){2, -sizes[s], 0, -1 / sizes[s], 2, -1, 0, -1, 2});
    solve(3);
    expect(0, 2 + sqrt(2), 0, 4e-15);
    expect(1, 2, 0, 4e-15);
    expect(2, 2 - sqrt(2), 0, 4e-15);
  }
  /* Blocks far apart keep their own accuracy. */
  put(4, (double[]){0, 1e-20, 0, 0, -1e-20, 0, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0});
  solve(4);
  expect(0, 0, 1, 0);
  expect(3, 0, -1, 0);
  assert_true(fabs(imaginary[1] - 1e-20) < 1e-35 && fabs(imaginary[2] + 1e-20) < 1e-35);
}

/* ---- Refusals. ---- */

static void refuse(int32_t n, gan_status status) {
  real[0] = imaginary[0] = 77;
  assert_int_equal(gan__eigenvalues(context, matrix, n, real, imaginary), status);
  assert_true(real[0] == 77 && imaginary[0] == 77);
  assert_true(gan_context_message(context)[0] != '\0');
}

static void refusals(void **state) {
  (void)state;
  put_random(3, 1);
  refuse(0, GAN_ERROR_LIMIT);
  refuse(-1, GAN_ERROR_LIMIT);
  refuse(513, GAN_ERROR_LIMIT);
  matrix[4] = NAN;
  refuse(3, GAN_ERROR_NOT_FINITE);
  matrix[4] = INFINITY;
  refuse(3, GAN_ERROR_NOT_FINITE);
  /* Twice the largest double. */
  put(2, (double[]){1.7e308, 1.7e308, 1.7e308, 1.7e308});
  refuse(2, GAN_ERROR_NOT_FINITE);
}

static void out_of_memory(void **state) {
  (void)state;
  gan_status status;
  put_random(3, 1);
  FAIL_EACH_ALLOCATION(context, &memory, status,
                       status = gan__eigenvalues(context, matrix, 3, real, imaginary));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_and_two),
      cmocka_unit_test(triangular),
      cmocka_unit_test(companion_of_real_roots),
      cmocka_unit_test(companion_of_complex_roots),
      cmocka_unit_test(defective),
      cmocka_unit_test(rock_paper_scissors),
      cmocka_unit_test(roots_of_unity),
      cmocka_unit_test(second_difference),
      cmocka_unit_test(residuals),
      cmocka_unit_test(second_opinion),
      cmocka_unit_test(scaled),
      cmocka_unit_test(badly_scaled),
      cmocka_unit_test(refusals),
      cmocka_unit_test(out_of_memory),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
