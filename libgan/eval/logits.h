/* SPDX-License-Identifier: MIT */
/* Job: what the logits of a discriminator tell of the two distributions that it sees. */
#ifndef GAN__EVAL_LOGITS_H
#define GAN__EVAL_LOGITS_H

#include <gan/metric.h>

/* log(1 + e^x), without overflow. */
double gan__soft_plus(double x);

/* real [real_count], generated [generated_count], finite. Fills all fields but struct_size. */
void gan__logits_measure(const float *real, int64_t real_count, const float *generated,
                         int64_t generated_count, gan_logit_report *report);

#endif
