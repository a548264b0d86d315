/* SPDX-License-Identifier: MIT */
/* Job: log densities of rows under Gaussian windows around samples, for several widths at once. */
#ifndef GAN__EVAL_PARZEN_H
#define GAN__EVAL_PARZEN_H

#include "eval/squares.h"

/* The widths for which every value stays finite. */
#define GAN__PARZEN_NARROWEST 1e-30
#define GAN__PARZEN_WIDEST    1e30

enum { GAN__PARZEN_WIDTHS = 10 };

/* The widths of the 2014 code: from 0.1 to 1, evenly by their logarithms. */
void gan__parzen_grid(double widths[GAN__PARZEN_WIDTHS]);

/* For each width [width_count], log p of all rows of sets->rows under windows around sets->others:
 * log_densities [width_count, row_count]. Errors of gan__squares_visit(). */
gan_status gan__parzen_measure(gan_context *context, const gan__square_sets *sets,
                               const double *widths, int64_t width_count, double *log_densities);

/* The mean of values [count], and its standard error: sqrt(mean of (value - mean)^2 / count). */
double gan__mean(const double *values, int64_t count, double *standard_error);

#endif
