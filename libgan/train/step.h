/* SPDX-License-Identifier: MIT */
/* Job: the graph of a job: all its moves in one, from the live state to what is committed. */
#ifndef GAN__TRAIN_STEP_H
#define GAN__TRAIN_STEP_H

#include "train/session.h"

/* Builds the graph of compiled->request, whose batch_count and slot_kinds are set, and notes what
 * it declares and gives out in *compiled. The caller destroys *graph, on failure too unless NULL.
 */
gan_status gan__step_build(gan__session *session, gan__compiled *compiled, gan__graph **graph);

/* The states of the graph, in the order in which gan__step_build() declares them, as pointers to
 * their live values: each player's parameters, its optimizer's moments and count, its average. */
void gan__step_states(const gan__session *session, gan__compiled *compiled);

#endif
