/* SPDX-License-Identifier: MIT */
/* Job: what the logits of a discriminator tell of the two distributions that it sees. */
#include <math.h>

#include "eval/logits.h"

#define LOG_4 1.38629436111989061883

double gan__soft_plus(double x) {
  return (x > 0 ? x : 0) + log1p(exp(-fabs(x)));
}

typedef struct sums {
  double logits;  /* mean of sign a */
  double entropy; /* mean of log s(sign a) = -sp(-sign a) */
  double right;   /* share with sign a > 0, and half of those with a = 0 */
} sums;

/* Means over logits [count] of rows whose right answer has the given sign. */
static sums average(const float *logits, int64_t count, double sign) {
  sums all = {0, 0, 0};
  for (int64_t i = 0; i < count; i++) {
    double logit = sign * (double)logits[i];
    all.logits += logit;
    all.entropy -= gan__soft_plus(-logit);
    all.right += logit > 0 ? 1 : logit == 0 ? 0.5 : 0;
  }
  all.logits /= (double)count;
  all.entropy /= (double)count;
  all.right /= (double)count;
  return all;
}

/* V = E_p log s(a) + E_q log(1 - s(a)), with 1 - s(a) = s(-a). For the best D, a = log p - log q:
 * V = -log 4 + 2 JS(p, q) (Goodfellow et al. 2014, theorem 1), and the means of a are the two
 * Kullback-Leibler divergences. */
void gan__logits_measure(const float *real, int64_t real_count, const float *generated,
                         int64_t generated_count, gan_logit_report *report) {
  sums p = average(real, real_count, 1), q = average(generated, generated_count, -1);
  report->value = p.entropy + q.entropy;
  report->js = 0.5 * (report->value + LOG_4);
  report->kl = p.logits;
  report->reverse_kl = q.logits;
  report->real_accuracy = p.right;
  report->generated_accuracy = q.right;
}
