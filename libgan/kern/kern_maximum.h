/* SPDX-License-Identifier: MIT */
/* Job: the geometry of maxima along an axis and of taking and putting there; names of their fast
 * kernels. */
#ifndef GAN__KERN_MAXIMUM_H
#define GAN__KERN_MAXIMUM_H

#include "kern/kern_lists.h"

/* Input 0 as [outer, count, inner], of which a maximum, or a take, leaves [outer, inner]. */
static inline gan__around gan__maximum_view(const gan__row_call *call) {
  gan__shape shape = gan__input_panel(call, 0);
  return gan__around_axes(&shape, call->node->attrs[0], 1);
}
/* The result of a put likewise. */
static inline gan__around gan__put_view(const gan__row_call *call) {
  gan__shape shape = gan__result_panel(call);
  return gan__around_axes(&shape, call->node->attrs[0], 1);
}

#define GAN__MAXIMUM_DECLARE(type)                                                                 \
  GAN__ROW_DECLARE(gan__maximum, type)                                                             \
  GAN__ROW_DECLARE(gan__argmax, type)                                                              \
  GAN__ROW_DECLARE(gan__take, type)                                                                \
  GAN__ROW_DECLARE(gan__put, type)
GAN__MAXIMUM_DECLARE(f32)
GAN__MAXIMUM_DECLARE(f64)

#endif
