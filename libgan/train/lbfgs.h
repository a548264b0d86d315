/* SPDX-License-Identifier: MIT */
/* Job: minimises many functions side by side, one for each row, by L-BFGS; others evaluate them. */
#ifndef GAN__TRAIN_LBFGS_H
#define GAN__TRAIN_LBFGS_H

#include "base/context.h"

enum { GAN__LBFGS_MEMORY = 10 };

/* Where a row is. Rows know nothing of each other. */
enum {
  GAN__ROW_IDLE,     /* takes no part */
  GAN__ROW_FIRST,    /* waits for the value where it begins */
  GAN__ROW_SEARCH,   /* waits for a value on the line that it searches */
  GAN__ROW_DONE,     /* has converged, spent its evaluations, or can gain nothing more */
  GAN__ROW_BAD_START /* value or gradient were not finite where it began */
};

typedef struct gan__lbfgs gan__lbfgs;

/* For up to `rows` functions of `size` variables. */
gan_status gan__lbfgs_create(gan_context *context, int64_t rows, int64_t size, gan__lbfgs **lbfgs);
void gan__lbfgs_destroy(gan__lbfgs *lbfgs);

/* The arrays of the conversation. points [rows, size]: where each function is wanted next; the
 * caller writes the starts there before gan__lbfgs_begin(). values [rows], gradients [rows, size]:
 * the answers, which the caller writes before gan__lbfgs_advance(). */
double *gan__lbfgs_points(gan__lbfgs *lbfgs);
double *gan__lbfgs_values(gan__lbfgs *lbfgs);
double *gan__lbfgs_gradients(gan__lbfgs *lbfgs);

/* Rows 0 .. rows-1 begin at their points, the others are idle. A row ends after so many
 * `evaluations` (at least 1), where no element of its gradient is larger than `tolerance`, or where
 * it gains nothing more. */
void gan__lbfgs_begin(gan__lbfgs *lbfgs, int64_t rows, int32_t evaluations, double tolerance);
/* Takes the answers. Returns how many rows want another one; points of the others stay. The rows
 * are shared out among the context's threads; allocates nothing. */
int64_t gan__lbfgs_advance(gan__lbfgs *lbfgs);

/* The best point of a row so far, [size], its value, its state. */
const double *gan__lbfgs_best(const gan__lbfgs *lbfgs, int64_t row, double *value);
int32_t gan__lbfgs_state(const gan__lbfgs *lbfgs, int64_t row);

#endif
