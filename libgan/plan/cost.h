/* SPDX-License-Identifier: MIT */
/* Job: how much arithmetic and traffic a plan is, from shapes and places alone. */
#ifndef GAN__PLAN_COST_H
#define GAN__PLAN_COST_H

#include "plan/internal.h"

/* Of one run over all panels; as doubles, because they cannot overflow and are exact below 2^53.
 *
 * flops: a product [m, k] [k, n] is 2 m n k; an elementwise op one for each element of its result,
 * whatever the function (tanh counts as much as a multiplication; an add of n terms n - 1); a sum
 * or maximum one for each element of its input; a random draw one for each element; moving data
 * none.
 *
 * bytes: what a step reads from and writes to memory that is not the thread's own: slots, states,
 * constants, the arena with its partial sums. Panels (L2) and tiles (L1) count nothing. What a
 * panel needs whole (a weight, a bias) counts once for each task of the region, because every task
 * may run on another core; what two steps read counts twice. */
typedef struct gan__cost {
  double flops, bytes;
} gan__cost;

gan__cost gan__step_cost(const gan__plan *plan, const gan__step *step);
gan__cost gan__region_cost(const gan__plan *plan, const gan__region *region);

/* Adding up the partial sums of one reduction. */
gan__cost gan__combination_cost(const gan__plan *plan, gan__id reduction);

/* The sum of all regions and combinations. */
gan__cost gan__plan_cost(const gan__plan *plan);

#endif
