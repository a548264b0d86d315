/* SPDX-License-Identifier: MIT */
/* Job: k-means: Lloyd's iteration from the start of k-means++. */
#ifndef GAN__EVAL_CLUSTERS_H
#define GAN__EVAL_CLUSTERS_H

#include <gan/metric.h>

#include "base/context.h"

/* rows [count, dims]; centroids [view->clusters, dims]. Fills all fields but struct_size. Errors of
 * gan__squares_visit(). On failure report and centroids are untouched. */
gan_status gan__clusters_make(gan_context *context, const float *rows, int64_t count, int64_t dims,
                              const gan_cluster_view *view, float *centroids,
                              gan_cluster_report *report);

#endif
