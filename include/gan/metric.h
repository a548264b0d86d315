/* SPDX-License-Identifier: MIT */
/* Measures of samples: modes that they cover, Parzen window estimates, divergences, distances. */
#ifndef GAN_METRIC_H
#define GAN_METRIC_H

#include <stdint.h>

#include <gan/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Coverage of known modes. ---- */

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

/* ---- Parzen window estimates. ---- */

/* The three sets of an estimate, all of finite numbers, `dims` to a row. */
typedef struct gan_parzen_data {
  uint64_t struct_size; /* sizeof(gan_parzen_data) of the caller */
  const float *samples; /* [sample_count, dims]: what the generator made */
  int64_t sample_count; /* 10,000 in the literature; values for different counts do not compare */
  const float *validation; /* [validation_count, dims]: gan_metric_parzen_choose() only */
  int64_t validation_count;
  const float *test; /* [test_count, dims] */
  int64_t test_count;
  int64_t dims;
} gan_parzen_data;

/* A Parzen window estimate: log densities in nats. */
typedef struct gan_parzen_report {
  uint64_t struct_size;   /* sizeof(gan_parzen_report) of the caller, set before the call */
  double width;           /* the kernel's standard deviation, given or chosen */
  double mean;            /* of log p over the test rows */
  double standard_error;  /* of that mean: their standard deviation, with n below the root, divided
                             by sqrt(n). It does not tell how the value varies with the samples */
  int64_t width_index;    /* of the width in its grid. At either end of it a better width may lie
                             beyond. 0 for a given width, as are the next two */
  double validation_mean; /* of log p over the validation rows */
  double validation_standard_error;
} gan_parzen_report;

/* The mean log density of the test rows under Gaussian windows around the samples (Goodfellow et
 * al. 2014, section 5; Breuleux et al. 2011):
 *   log p(x) = log mean_i exp(-||x - g_i||^2 / (2 s^2)) - dims log(s sqrt(2 pi)),
 * with s = width, from 1e-30 to 1e30. log_densities [test_count] receives log p of every test row,
 * NULL for none. For images the pixels must be in [0, 1] and not binarised, or values do not
 * compare with published ones. A higher value is not a better model: centroids of k-means score
 * above real images (Theis et al. 2016); it serves to reproduce. Distances are formed in
 * double precision, exact to 1e-8 of themselves; the context's threads share the test rows, BLAS
 * does the products. The bits do not depend on the number of threads. GAN_ERROR_ARGUMENT names a
 * number that is not finite; GAN_ERROR_CANCELLED after gan_context_cancel(). Since 0.1. */
GAN_API gan_status gan_metric_parzen(gan_context *context, const gan_parzen_data *data,
                                     double width, double *log_densities,
                                     gan_parzen_report *report);

/* The same with the width of `widths` [width_count] for which the validation rows have the largest
 * mean, the first of equals. widths = NULL: 10 ^ (-1 + i / 9), i = 0 to 9, the grid of the 2014
 * code; width_count is then 10. validation_means [width_count] receives the mean for every width,
 * NULL for none. All widths share one pass over the distances. Errors as above. Since 0.1. */
GAN_API gan_status gan_metric_parzen_choose(gan_context *context, const gan_parzen_data *data,
                                            const double *widths, int64_t width_count,
                                            double *validation_means, gan_parzen_report *report);

/* ---- What a discriminator tells of two distributions. ---- */

/* Estimates from logits a = D(x) on rows of p (real) and of q (generated), in nats. */
typedef struct gan_logit_report {
  uint64_t struct_size; /* sizeof(gan_logit_report) of the caller, set before the call */
  double value;         /* V = E_p log s(a) + E_q log(1 - s(a)): -log 4 for a = 0, in expectation
                           at most -log 4 + 2 JS(p, q) */
  double js;            /* (V + log 4) / 2: in expectation a lower bound of the Jensen-Shannon
                           divergence, equal to it for the best D. May be negative */
  double kl;            /* E_p a: KL(p || q) when a = log p - log q */
  double reverse_kl;    /* -E_q a: KL(q || p) when a = log p - log q */
  double real_accuracy; /* share of the rows of p with a > 0; a = 0 counts half */
  double generated_accuracy; /* share of the rows of q with a < 0; a = 0 counts half */
} gan_logit_report;

/* `real` [real_count] are logits of rows of p, `generated` [generated_count] of rows of q; all
 * finite. Goodfellow et al. 2014, section 4 and theorem 1. Since 0.1. */
GAN_API gan_status gan_metric_logits(gan_context *context, const float *real, int64_t real_count,
                                     const float *generated, int64_t generated_count,
                                     gan_logit_report *report);

/* A mixture of Gaussians on the line. */
typedef struct gan_density {
  uint64_t struct_size;     /* sizeof(gan_density) of the caller */
  int64_t parts;            /* 1 to 256 */
  const double *weights;    /* [parts], 1e-30 to 1e30; divided by their sum. NULL: equal */
  const double *means;      /* [parts], -1e30 to 1e30 */
  const double *deviations; /* [parts], 1e-30 to 1e30 */
} gan_density;

/* The true divergences of two densities p and q, in nats. */
typedef struct gan_divergence_report {
  uint64_t struct_size; /* sizeof(gan_divergence_report) of the caller, set before the call */
  double js;            /* Jensen-Shannon divergence, 0 to log 2 */
  double value;         /* V of the best discriminator, -log 4 + 2 js */
  double kl;            /* KL(p || q) */
  double reverse_kl;    /* KL(q || p) */
  double accuracy;      /* of the best discriminator on as many rows of p as of q: (1 + TV) / 2 */
} gan_divergence_report;

/* Divergences of two densities by adaptive quadrature: each to 1e-10 of itself, or of 1 where it is
 * smaller, while no part lies further than 1e5 of its deviations from 0. GAN_ERROR_LIMIT when
 * double precision can no longer resolve a part at its mean; GAN_ERROR_CANCELLED after
 * gan_context_cancel(). Since 0.1. */
GAN_API gan_status gan_metric_divergence(gan_context *context, const gan_density *p,
                                         const gan_density *q, gan_divergence_report *report);

/* The logits of the best discriminator at `points` [count], each -1e30 to 1e30: a*(x) = log p(x) -
 * log q(x), so that D*(x) = s(a*(x)) = p(x) / (p(x) + q(x)) (Goodfellow et al. 2014, proposition
 * 1). `logits` [count] may be `points`. Since 0.1. */
GAN_API gan_status gan_metric_best_logits(gan_context *context, const gan_density *p,
                                          const gan_density *q, const double *points, int64_t count,
                                          double *logits);

/* ---- Distances among rows. ---- */

/* What gan_metric_distances() draws and counts. */
typedef struct gan_distance_view {
  uint64_t struct_size; /* sizeof(gan_distance_view) of the caller */
  int64_t pairs;        /* at least 1 */
  uint64_t seed;        /* of the draw */
  int64_t bins;         /* of the histogram; 0 for none */
  double low;           /* the histogram's range, low < high. low = high: from 0 to the largest */
  double high;          /* distance (to 1 when that is 0) */
} gan_distance_view;

/* Distances between random pairs of rows. */
typedef struct gan_distance_report {
  uint64_t struct_size; /* sizeof(gan_distance_report) of the caller, set before the call */
  double low;    /* the histogram's range: of `bins` equal bins, each without its upper end, */
  double high;   /* the last with it */
  int64_t below; /* pairs nearer than low */
  int64_t above; /* pairs further than high */
  double mean;
  double minimum;
  double quartile; /* a quarter lies below. Quantiles interpolate linearly between neighbours */
  double median;
  double upper_quartile;
  double maximum;
} gan_distance_report;

/* Euclidean distances of random pairs of two different rows of `rows` [count, dims], count at least
 * 2, all finite; pairs are drawn independently, each equally often. Samples that collapse are near
 * to each other: compare with the same measure of data (Metz et al. 2017, figure 5). `counts`
 * [bins] receives the pairs in each bin; NULL when bins is 0. GAN_ERROR_CANCELLED after
 * gan_context_cancel(). Since 0.1. */
GAN_API gan_status gan_metric_distances(gan_context *context, const float *rows, int64_t count,
                                        int64_t dims, const gan_distance_view *view,
                                        int64_t *counts, gan_distance_report *report);

/* How rows are put into clusters. */
typedef struct gan_cluster_view {
  uint64_t struct_size; /* sizeof(gan_cluster_view) of the caller */
  int64_t clusters;     /* 1 to the number of rows */
  int64_t iterations;   /* at most; 0 to leave the starting centroids */
  uint64_t seed;        /* of the start */
} gan_cluster_view;

/* What k-means reached. */
typedef struct gan_cluster_report {
  uint64_t struct_size; /* sizeof(gan_cluster_report) of the caller, set before the call */
  int64_t iterations;   /* made */
  int64_t moved;        /* rows that changed their cluster in the last one, all rows if none was
                           made; 0: it has converged */
  int64_t empty;        /* clusters nearest to no row; their centroids stay where they were */
  double mean_square;   /* distance of the rows to their nearest centroid, squared, on average */
} gan_cluster_report;

/* k-means of `rows` [count, dims], all finite: Lloyd's iteration from the start of k-means++
 * (Arthur and Vassilvitskii 2007, section 2.2). `centroids` [clusters, dims] are handed out. They
 * are the published control of Parzen window estimates (Theis et al. 2016): taken as
 * samples they score higher than real images. GAN_ERROR_CANCELLED after gan_context_cancel(). Since
 * 0.1. */
GAN_API gan_status gan_metric_kmeans(gan_context *context, const float *rows, int64_t count,
                                     int64_t dims, const gan_cluster_view *view, float *centroids,
                                     gan_cluster_report *report);

#ifdef __cplusplus
}
#endif

#endif
