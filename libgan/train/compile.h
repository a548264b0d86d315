/* SPDX-License-Identifier: MIT */
/* Job: the graph of a job (all its moves in one) and the plan with what its runs bind. */
#ifndef GAN__TRAIN_COMPILE_H
#define GAN__TRAIN_COMPILE_H

#include "train/session.h"

/* Builds the request's graph and compiles it. *compiled is untouched on failure. */
gan_status gan__compile(gan__session *session, const gan__request *request,
                        gan__compiled *compiled);
void gan__compiled_finish(gan_context *context, gan__compiled *compiled);

/* The pointers of the live learning rates, parameters, moments and averages: taken anew before
 * every run, because they may have moved. */
void gan__compiled_bind(const gan__session *session, gan__compiled *compiled);

#endif
