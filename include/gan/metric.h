/* SPDX-License-Identifier: MIT */
/* Measures of samples: which modes of a known distribution they cover, and how well. */
#ifndef GAN_METRIC_H
#define GAN_METRIC_H

#include <stdint.h>

#include <gan/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How samples cover the modes of a known distribution. A sample is of high quality when it lies
 * within 3 standard deviations of its nearest mode, boundary included (Srivastava et al. 2017,
 * "VEEGAN", section 5; Lin et al. 2018, "PacGAN", section 4). A sample with a NaN never is. */
typedef struct gan_mode_report {
  uint64_t struct_size; /* sizeof(gan_mode_report) of the caller, set before the call */
  int64_t samples;      /* all samples, of high quality or not */
  int64_t mode_count;   /* modes that the distribution has */
  int64_t modes;        /* modes nearest to at least one high-quality sample */
  int64_t modes_1pct;   /* modes that hold at least 1 % of all samples as high-quality ones */
  double high_quality;  /* share of high-quality samples among all, 0 to 1. In two dimensions a
                           perfect sampler has 1 - exp(-9/2) = 0.9889 */
  double reverse_kl;    /* KL(histogram of high-quality samples over modes || uniform) in nats: 0
                           when even, log(mode_count) when all are in one; infinity without any */
} gan_mode_report;

/* Measures `samples` [count, dims] against a mixture with equal weights whose modes lie at
 * `centres` [modes, dims], each spread by the standard deviation `deviation` in every direction.
 * Distances are Euclidean; of two centres equally near the first counts. GAN_ERROR_ARGUMENT when a
 * size is below 1, a centre is not finite, or the deviation is not positive. Only the report's
 * fields within its struct_size are written. Since 0.1. */
GAN_API gan_status gan_metric_modes(gan_context *context, const float *samples, int64_t count,
                                    const float *centres, int64_t modes, int64_t dims,
                                    double deviation, gan_mode_report *report);

/* Measures `samples` [count, 2] against the swiss roll (t cos t, t sin t) / scale, t from 1.5 pi to
 * 4.5 pi, with Gaussian noise of standard deviation noise / scale in both directions. The curve is
 * split into 25 arcs of equal length, which take the place of the modes; a sample belongs to the
 * arc of the nearest point of the curve and is of high quality when it lies within 3 standard
 * deviations of that point. Errors as above. Since 0.1. */
GAN_API gan_status gan_metric_swissroll(gan_context *context, const float *samples, int64_t count,
                                        double noise, double scale, gan_mode_report *report);

#ifdef __cplusplus
}
#endif

#endif
