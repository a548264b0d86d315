/* SPDX-License-Identifier: MIT */
/* Job: the true divergences of two mixtures of Gaussians on the line, by quadrature. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/divergence.h"
#include "eval/logits.h"

#define LOG_ROOT_TWO_PI 0.91893853320467274178 /* log sqrt(2 pi) */
#define LOG_2           0.69314718055994530942

/* What is integrated together, and what of it a caller sees. */
enum { JS, KL, REVERSE_KL, VARIATION, MASS_P, MASS_Q, INTEGRALS };

/* Intervals are halved until two halves agree with the whole to ABSOLUTE + RELATIVE of it; the
 * breakpoints of two plain Gaussians leave 30 of them, so 1e-10 has room. Where rounding hides
 * the agreement, SPLITS ends it. */
#define ABSOLUTE 1e-14
#define RELATIVE 1e-13
enum { NODES = 8, DEPTH = 48, SPLITS = 20000 };

typedef struct integrals {
  double values[INTEGRALS];
} integrals;

typedef struct interval {
  double low, high;
  integrals whole;
  int32_t depth;
} interval;

typedef struct quadrature {
  const gan_density *p, *q;
  integrals total;
  int64_t splits; /* left */
} quadrature;

/* log sum_k w_k N(x; m_k, s_k^2) - log sum_k w_k, relative to its largest term. */
double gan__density_log(const gan_density *density, double x) {
  double largest = -INFINITY, sum = 0, weights = 0;
  for (int32_t pass = 0; pass < 2; pass++)
    for (int64_t k = 0; k < density->parts; k++) {
      double weight = density->weights ? density->weights[k] : 1;
      double step = (x - density->means[k]) / density->deviations[k];
      double term = log(weight) - 0.5 * step * step - log(density->deviations[k]);
      if (pass == 0) {
        weights += weight;
        if (term > largest) largest = term;
      } else {
        sum += exp(term - largest);
      }
    }
  return largest + log(sum) - log(weights) - LOG_ROOT_TWO_PI;
}

/* The integrands. With r = log p - log q, log(2 p / (p + q)) = log 2 - sp(-r). */
static void evaluate(const quadrature *all, double x, double weight, integrals *sum) {
  double log_p = gan__density_log(all->p, x), log_q = gan__density_log(all->q, x);
  double p = weight * exp(log_p), q = weight * exp(log_q), ratio = log_p - log_q;
  sum->values[JS] +=
      0.5 * (p * (LOG_2 - gan__soft_plus(-ratio)) + q * (LOG_2 - gan__soft_plus(ratio)));
  sum->values[KL] += p * ratio;
  sum->values[REVERSE_KL] -= q * ratio;
  sum->values[VARIATION] += 0.5 * fabs(p - q);
  sum->values[MASS_P] += p;
  sum->values[MASS_Q] += q;
}

/* The rule of Gauss and Legendre with 8 nodes, exact for polynomials up to degree 15. */
static integrals integrate(const quadrature *all, double low, double high) {
  static const double nodes[NODES / 2] = {0.18343464249564980, 0.52553240991632899,
                                          0.79666647741362674, 0.96028985649753623};
  static const double weights[NODES / 2] = {0.36268378337836198, 0.31370664587788729,
                                            0.22238103445337447, 0.10122853629037626};
  double middle = 0.5 * low + 0.5 * high, half = 0.5 * high - 0.5 * low;
  integrals sum = {{0}};
  for (int32_t i = 0; i < NODES / 2; i++) {
    evaluate(all, middle - half * nodes[i], half * weights[i], &sum);
    evaluate(all, middle + half * nodes[i], half * weights[i], &sum);
  }
  return sum;
}

static bool agree(const integrals *whole, const integrals *left, const integrals *right) {
  for (int32_t i = 0; i < INTEGRALS; i++) {
    double difference = fabs(left->values[i] + right->values[i] - whole->values[i]);
    if (!(difference <= ABSOLUTE + RELATIVE * fabs(whole->values[i]))) return false;
  }
  return true;
}

/* Adds an interval's integrals to the total, from left to right. */
static void refine(quadrature *all, double low, double high) {
  interval stack[DEPTH + 2] = {{low, high, integrate(all, low, high), 0}};
  int32_t count = 1;
  while (count > 0) {
    interval now = stack[--count];
    double middle = 0.5 * now.low + 0.5 * now.high;
    integrals left = integrate(all, now.low, middle), right = integrate(all, middle, now.high);
    if (now.depth == DEPTH || all->splits <= 0 || agree(&now.whole, &left, &right)) {
      for (int32_t i = 0; i < INTEGRALS; i++)
        all->total.values[i] += left.values[i] + right.values[i];
      continue;
    }
    all->splits--;
    stack[count++] = (interval){middle, now.high, right, now.depth + 1};
    stack[count++] = (interval){now.low, middle, left, now.depth + 1};
  }
}

/* Places where a part begins or ceases to matter, in its deviations: beyond 38 e^(-z^2/2) is 0. */
static const double places[] = {0, 1, 2, 3, 5, 8, 12, 20, 38};
enum { PLACES = sizeof places / sizeof *places };

static int64_t mark(const gan_density *density, double *points, int64_t count) {
  for (int64_t k = 0; k < density->parts; k++)
    for (int32_t i = 0; i < PLACES; i++) {
      points[count++] = density->means[k] - places[i] * density->deviations[k];
      points[count++] = density->means[k] + places[i] * density->deviations[k];
    }
  return count;
}

static int compare(const void *a, const void *b) {
  double first = *(const double *)a, second = *(const double *)b;
  return (first > second) - (first < second);
}

gan_status gan__divergence_measure(gan_context *context, const gan_density *p, const gan_density *q,
                                   gan_divergence_report *report) {
  quadrature all = {.p = p, .q = q};
  uint64_t room = (uint64_t)(p->parts + q->parts) * 2 * PLACES;
  double *points = gan__allocate(context, room, sizeof *points);
  if (!points) return GAN_ERROR_MEMORY;
  int64_t count = mark(q, points, mark(p, points, 0));
  qsort(points, (size_t)count, sizeof *points, compare);
  bool stopped = false;
  for (int64_t i = 0; i + 1 < count && !stopped; i++) {
    stopped = gan__cancel_requested(context);
    all.splits = SPLITS / count + 100;
    if (points[i] < points[i + 1]) refine(&all, points[i], points[i + 1]);
  }
  gan__release(context, points);
  if (stopped) return gan__fail(context, GAN_ERROR_CANCELLED, "cancelled while integrating");
  const double *total = all.total.values;
  if (!(fabs(total[MASS_P] - 1) < 1e-9) || !(fabs(total[MASS_Q] - 1) < 1e-9))
    return gan__fail(context, GAN_ERROR_LIMIT,
                     "densities: a part's deviation is too small beside its mean to be resolved");
  /* Rounding must not leave the range. */
  report->js = fmin(fmax(total[JS], 0), LOG_2);
  report->value = 2 * report->js - 2 * LOG_2;
  report->kl = fmax(total[KL], 0);
  report->reverse_kl = fmax(total[REVERSE_KL], 0);
  report->accuracy = 0.5 + 0.5 * fmin(total[VARIATION], 1);
  return GAN_OK;
}
