/* SPDX-License-Identifier: MIT */
/* Job: the geometry of a sum, and the names of its fast kernels. */
#ifndef GAN__KERN_SUM_H
#define GAN__KERN_SUM_H

#include "kern/kern_lists.h"

/* The panel as [outer, count, inner] -> [outer, inner]; along the leading axis outer is 1. */
static inline gan__around gan__sum_view(const gan__row_call *call) {
  gan__shape shape = gan__input_panel(call, 0);
  return gan__around_axes(&shape, call->node->attrs[0], call->node->attrs[1]);
}

GAN__ROW_DECLARE(gan__sum, f32)
GAN__ROW_DECLARE(gan__sum, f64)

#endif
