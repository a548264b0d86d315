/* SPDX-License-Identifier: MIT */
/* Job: the geometry of a product, as all its kernels need it. */
#ifndef GAN__KERN_MATMUL_H
#define GAN__KERN_MATMUL_H

#include "kern/kern_lists.h"

/* C [batch, m, n] (+)= op(A) op(B); op(A) is [m, k], op(B) is [k, n]. A lies as [m, k], or as [k,
 * m] when transpose_a; so does B. */
typedef struct gan__product {
  int64_t batch, m, n, k;
  int64_t lda, ldb; /* elements from one stored row to the next, at least 1 */
  bool transpose_a, transpose_b, accumulate;
  int64_t a_first;    /* of A in elements: behind the input's start where rows of the result are
                         columns of it */
  const void *packed; /* op(B) in strips of columns, where the plan has packed it; or NULL */
} gan__product;

gan__product gan__product_make(const gan__row_call *call);

/* Products in which m, n or k is at most this have kernels of our own. */
enum { GAN__THIN = 16 };
GAN__ROW_DECLARE(gan__thin, f32)
GAN__ROW_DECLARE(gan__thin, f64)

/* Register-blocked products of panels; k is cut in blocks of GAN__PANEL_DEPTH. */
enum { GAN__PANEL_DEPTH = 256, GAN__PANEL_WEIGHTS = 4 << 20 };
GAN__ROW_DECLARE(gan__panel, f32)
GAN__ROW_DECLARE(gan__panel, f64)

#endif
