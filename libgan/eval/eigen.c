/* SPDX-License-Identifier: MIT */
/* Job: eigenvalues by balancing, Householder's Hessenberg form and Francis's double-shift QR.
 *
 * Golub and Van Loan, "Matrix Computations", sections 7.4 and 7.5. LAPACK's dgeev does the same,
 * but LAPACK is not part of CBLAS: netlib's is a library of its own, needs Fortran's, and on Debian
 * may bring a second BLAS into the process (kern/blas.c then knows neither). Tests compare the two.
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "eval/eigen.h"

enum {
  BALANCE_ROUNDS = 64, /* 2 to 4 are usual */
  STEPS_EACH = 30,     /* QR steps for each eigenvalue; 2 to 3 are usual */
  STUBBORN = 10        /* after so many in vain a step takes other shifts */
};

/* The matrix that is worked on, [n, n]. */
typedef struct square {
  double *at;
  int32_t n;
} square;

static double *row(square a, int32_t i) {
  return a.at + (int64_t)i * a.n;
}

/* ---- Balancing: a diagonal similarity by powers of two, without rounding. ---- */

/* Column i times 2^shift, row i divided by it. */
static void rescale(square a, int32_t i, int shift) {
  for (int32_t k = 0; k < a.n; k++) {
    if (k == i) continue;
    row(a, k)[i] = scalbn(row(a, k)[i], shift);
    row(a, i)[k] = scalbn(row(a, i)[k], -shift);
  }
}

/* Makes the sums of row i and of column i, both without the diagonal, alike; false when that would
 * shrink them by less than a twentieth (Parlett and Reinsch 1969). */
static bool balance_one(square a, int32_t i) {
  double column = 0, line = 0;
  for (int32_t k = 0; k < a.n; k++) {
    if (k == i) continue;
    /* A 1024th of each, so that no sum overflows. */
    column += scalbn(fabs(row(a, k)[i]), -10);
    line += scalbn(fabs(row(a, i)[k]), -10);
  }
  if (column == 0 || line == 0) return false;
  int shift = (ilogb(line) - ilogb(column)) / 2;
  if (scalbn(column, shift) + scalbn(line, -shift) >= 0.95 * (column + line)) return false;
  rescale(a, i, shift);
  return true;
}

static void balance(square a) {
  bool changed = true;
  for (int32_t round = 0; changed && round < BALANCE_ROUNDS; round++) {
    changed = false;
    for (int32_t i = 0; i < a.n; i++)
      changed |= balance_one(a, i);
  }
}

/* Divides by a power of two that leaves the largest element between 1 and 2, so that no product of
 * elements overflows. Returns the exponent. */
static int normalise(square a) {
  int64_t count = (int64_t)a.n * a.n;
  double largest = 0;
  for (int64_t i = 0; i < count; i++)
    largest = fmax(largest, fabs(a.at[i]));
  if (largest == 0) return 0;
  int exponent = ilogb(largest);
  for (int64_t i = 0; i < count; i++)
    a.at[i] = scalbn(a.at[i], -exponent);
  return exponent;
}

/* ---- Reflections I - beta v v^T. ---- */

/* Turns x [count] into v, so that the reflection maps x to *image times the first unit vector.
 * Returns beta, 0 for x = 0. */
static double reflect(double *x, int32_t count, double *image) {
  double largest = 0, square_sum = 0;
  *image = 0;
  for (int32_t i = 0; i < count; i++)
    largest = fmax(largest, fabs(x[i]));
  if (largest == 0) return 0;
  for (int32_t i = 0; i < count; i++) {
    x[i] /= largest;
    square_sum += x[i] * x[i];
  }
  /* The sign that does not cancel. |v|^2 = 2 (|x|^2 + |x_0| |x|). */
  double length = copysign(sqrt(square_sum), x[0]);
  *image = -length * largest;
  double beta = 1 / (square_sum + x[0] * length);
  x[0] += length;
  return beta;
}

/* Column k of a, below its subdiagonal, becomes zero. v [n] and sums [n] are room. */
static void eliminate(square a, int32_t k, double *v, double *sums) {
  int32_t first = k + 1, count = a.n - first;
  double image;
  for (int32_t i = 0; i < count; i++)
    v[i] = row(a, first + i)[k];
  double beta = reflect(v, count, &image);
  if (beta == 0) return;
  memset(sums, 0, (size_t)a.n * sizeof *sums);
  for (int32_t i = 0; i < count; i++)
    for (int32_t j = first; j < a.n; j++)
      sums[j] += v[i] * row(a, first + i)[j];
  for (int32_t i = 0; i < count; i++) {
    for (int32_t j = first; j < a.n; j++)
      row(a, first + i)[j] -= beta * v[i] * sums[j];
    row(a, first + i)[k] = i == 0 ? image : 0;
  }
  for (int32_t i = 0; i < a.n; i++) {
    double *line = row(a, i) + first, sum = 0;
    for (int32_t j = 0; j < count; j++)
      sum += line[j] * v[j];
    for (int32_t j = 0; j < count; j++)
      line[j] -= beta * sum * v[j];
  }
}

/* ---- QR steps on the block low .. high of a Hessenberg matrix. ---- */

/* Whether the subdiagonal element of row k is lost in rounding beside its neighbours. */
static bool negligible(square h, int32_t k, int32_t high) {
  double small = fabs(row(h, k)[k - 1]);
  double near = fabs(row(h, k - 1)[k - 1]) + fabs(row(h, k)[k]);
  if (near == 0 && k > 1) near += fabs(row(h, k - 1)[k - 2]);
  if (near == 0 && k < high) near += fabs(row(h, k + 1)[k]);
  return small <= DBL_EPSILON * near || small < DBL_MIN / DBL_EPSILON;
}

/* The two shifts, as eigenvalues of [[a, b], [c, d]]. */
typedef struct shifts {
  double a, d, bc;
} shifts;

static shifts choose_shifts(square h, int32_t high, int32_t tries) {
  const double *last = row(h, high), *before = row(h, high - 1);
  if (tries % STUBBORN != 0)
    return (shifts){before[high - 1], last[high], before[high] * last[high - 1]};
  /* The numbers are those of EISPACK's hqr; any that repeat no cycle will do. */
  double size = fabs(last[high - 1]) + fabs(before[high - 2]);
  double middle = last[high] + 0.75 * size;
  return (shifts){middle, middle, -0.4375 * size * size};
}

/* The first column of (H - s1) (H - s2), H beginning at row m, up to a factor: 3 elements. */
static void first_column(square h, int32_t m, const shifts *s, double x[3]) {
  const double *one = row(h, m), *two = row(h, m + 1), *three = row(h, m + 2);
  x[0] = ((one[m] - s->a) * (one[m] - s->d) - s->bc) / two[m] + one[m + 1];
  x[1] = two[m + 1] + one[m] - s->a - s->d;
  x[2] = three[m + 1];
  double size = fabs(x[0]) + fabs(x[1]) + fabs(x[2]);
  for (int32_t i = 0; i < 3 && size > 0; i++)
    x[i] /= size;
}

/* The last row at which a step can begin, because two small subdiagonal elements follow each other
 * there: their product is lost in rounding. */
static int32_t begin_step(square h, int32_t low, int32_t high, const shifts *s, double x[3]) {
  int32_t m = high - 2;
  for (;; m--) {
    first_column(h, m, s, x);
    if (m == low) break;
    double lost = fabs(row(h, m)[m - 1]) * (fabs(x[1]) + fabs(x[2]));
    double near = fabs(row(h, m - 1)[m - 1]) + fabs(row(h, m)[m]) + fabs(row(h, m + 1)[m + 1]);
    if (lost <= DBL_EPSILON * fabs(x[0]) * near) break;
  }
  return m;
}

typedef struct mirror {
  double v[3], beta;
  int32_t count; /* 2 or 3 */
} mirror;

/* The reflection in rows and columns k .. k+count-1, within low .. high. */
static void apply(square h, int32_t k, int32_t low, int32_t high, const mirror *m) {
  for (int32_t j = k; j <= high; j++) {
    double sum = 0;
    for (int32_t i = 0; i < m->count; i++)
      sum += m->v[i] * row(h, k + i)[j];
    for (int32_t i = 0; i < m->count; i++)
      row(h, k + i)[j] -= m->beta * sum * m->v[i];
  }
  int32_t bottom = k + 3 < high ? k + 3 : high;
  for (int32_t i = low; i <= bottom; i++) {
    double *line = row(h, i) + k, sum = 0;
    for (int32_t j = 0; j < m->count; j++)
      sum += line[j] * m->v[j];
    for (int32_t j = 0; j < m->count; j++)
      line[j] -= m->beta * sum * m->v[j];
  }
}

/* One double-shift step: a bulge of 3 rows is made at the top and chased down. */
static void step(square h, int32_t low, int32_t high, int32_t tries) {
  shifts s = choose_shifts(h, high, tries);
  mirror m;
  double image;
  int32_t first = begin_step(h, low, high, &s, m.v);
  for (int32_t k = first; k < high; k++) {
    m.count = k + 2 <= high ? 3 : 2;
    if (k > first)
      for (int32_t i = 0; i < m.count; i++)
        m.v[i] = row(h, k + i)[k - 1];
    m.beta = reflect(m.v, m.count, &image);
    if (m.beta == 0) continue;
    if (k > first)
      for (int32_t i = 0; i < m.count; i++)
        row(h, k + i)[k - 1] = i == 0 ? image : 0;
    else if (k > low)
      row(h, k)[k - 1] = -row(h, k)[k - 1]; /* what falls below it is lost in rounding */
    apply(h, k, low, high, &m);
  }
}

/* The eigenvalues of the block [[a, b], [c, d]] that ends in row `high`. */
static void split_pair(square h, int32_t high, double *real, double *imaginary) {
  double a = row(h, high - 1)[high - 1], b = row(h, high - 1)[high];
  double c = row(h, high)[high - 1], d = row(h, high)[high];
  double half = (a - d) / 2;
  real[high - 1] = a;
  real[high] = d;
  imaginary[high - 1] = imaginary[high] = 0;
  if (b == 0 || c == 0) return;
  /* half^2 + b c, with exponents apart: neither over- nor underflows. */
  int eb = ilogb(b), ec = ilogb(c), e = (eb + ec) / 2;
  if (half != 0 && ilogb(half) > e) e = ilogb(half);
  double product = scalbn(scalbn(b, -eb) * scalbn(c, -ec), eb + ec - 2 * e);
  double discriminant = scalbn(half, -e) * scalbn(half, -e) + product;
  double root = scalbn(sqrt(fabs(discriminant)), e);
  if (discriminant < 0) {
    real[high - 1] = real[high] = d + half;
    imaginary[high - 1] = root;
    imaginary[high] = -root;
  } else {
    /* The larger distance from d, and from the product of both the smaller one: no cancellation. */
    double distance = half + copysign(root, half);
    real[high - 1] = d + distance;
    real[high] = distance == 0 ? d : d - b / distance * c;
  }
}

static gan_status iterate(gan_context *context, square h, double *real, double *imaginary) {
  int32_t high = h.n - 1, tries = 0;
  int64_t left = (int64_t)STEPS_EACH * (h.n < 10 ? 10 : h.n);
  while (high >= 0) {
    int32_t low = high;
    while (low > 0 && !negligible(h, low, high))
      low--;
    if (low > 0) row(h, low)[low - 1] = 0;
    if (low == high) {
      real[high] = row(h, high)[high];
      imaginary[high] = 0;
    } else if (low == high - 1) {
      split_pair(h, high, real, imaginary);
    } else {
      if (left-- == 0)
        return gan__fail(context, GAN_ERROR_LIMIT,
                         "eigenvalues: %d of %d are not found after %d QR steps", (int)high + 1,
                         (int)h.n, (int)(STEPS_EACH * (h.n < 10 ? 10 : h.n)));
      step(h, low, high, ++tries);
      continue;
    }
    high = low - 1;
    tries = 0;
  }
  return GAN_OK;
}

/* ---- The whole. ---- */

static void sort(double *real, double *imaginary, int32_t n) {
  for (int32_t i = 1; i < n; i++) {
    double a = real[i], b = imaginary[i];
    int32_t k = i;
    for (; k > 0 && (real[k - 1] < a || (real[k - 1] == a && imaginary[k - 1] < b)); k--) {
      real[k] = real[k - 1];
      imaginary[k] = imaginary[k - 1];
    }
    real[k] = a;
    imaginary[k] = b;
  }
}

static gan_status check(gan_context *context, const double *matrix, int32_t n) {
  if (n < 1 || n > GAN__EIGEN_MAX)
    return gan__fail(context, GAN_ERROR_LIMIT, "eigenvalues: n is %d; allowed are 1 to %d", (int)n,
                     GAN__EIGEN_MAX);
  for (int32_t i = 0; i < n * n; i++)
    if (!isfinite(matrix[i]))
      return gan__fail(context, GAN_ERROR_NOT_FINITE,
                       "eigenvalues: element [%d, %d] of the matrix is not finite", (int)(i / n),
                       (int)(i % n));
  return GAN_OK;
}

/* Room for n values each; the matrix is spent. */
static gan_status find(gan_context *context, square a, double *real, double *imaginary) {
  balance(a);
  int exponent = normalise(a);
  for (int32_t k = 0; k < a.n - 2; k++)
    eliminate(a, k, real, imaginary);
  GAN_TRY(iterate(context, a, real, imaginary));
  for (int32_t i = 0; i < a.n; i++) {
    real[i] = scalbn(real[i], exponent) + 0.0; /* no -0 */
    imaginary[i] = scalbn(imaginary[i], exponent) + 0.0;
    if (!isfinite(real[i]) || !isfinite(imaginary[i]))
      return gan__fail(context, GAN_ERROR_NOT_FINITE,
                       "eigenvalues: one is larger than the largest double");
  }
  sort(real, imaginary, a.n);
  return GAN_OK;
}

gan_status gan__eigenvalues(gan_context *context, const double *matrix, int32_t n, double *real,
                            double *imaginary) {
  GAN_TRY(check(context, matrix, n));
  size_t bytes = (size_t)n * sizeof(double);
  double *room = gan__allocate(context, (uint64_t)n + 2, bytes);
  if (!room) return GAN_ERROR_MEMORY;
  square a = {room + 2 * n, n};
  memcpy(a.at, matrix, (size_t)n * bytes);
  gan_status status = find(context, a, room, room + n);
  if (status == GAN_OK) {
    memcpy(real, room, bytes);
    memcpy(imaginary, room + n, bytes);
  }
  gan__release(context, room);
  return status;
}
