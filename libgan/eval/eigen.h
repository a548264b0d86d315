/* SPDX-License-Identifier: MIT */
/* Job: eigenvalues of small real matrices, such as the Jacobian of a game. */
#ifndef GAN__EVAL_EIGEN_H
#define GAN__EVAL_EIGEN_H

#include "base/context.h"

enum { GAN__EIGEN_MAX = 512 };

/* The n eigenvalues real[i] + imaginary[i] * sqrt(-1) of `matrix` [n, n], row-major, 1 <= n <= 512:
 * by descending real part, then by descending imaginary part; the two of a conjugate pair have
 * exactly the same real part. They are those of a matrix that differs from a balanced form of the
 * given one by rounding; a defective eigenvalue of multiplicity m therefore moves by about
 * norm * (n * 2^-52)^(1/m). GAN_ERROR_LIMIT (n, or no convergence, which has not been seen);
 * GAN_ERROR_NOT_FINITE (the matrix, or an eigenvalue beyond double); GAN_ERROR_MEMORY. */
gan_status gan__eigenvalues(gan_context *context, const double *matrix, int32_t n, double *real,
                            double *imaginary);

#endif
