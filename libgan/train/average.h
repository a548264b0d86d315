/* SPDX-License-Identifier: MIT */
/* Job: a moving average of a network's parameters over the steps, without the bias of its start. */
#ifndef GAN__TRAIN_AVERAGE_H
#define GAN__TRAIN_AVERAGE_H

#include "nn/network.h"

/* a_t = decay a_{t-1} + (1 - decay) theta_t from a_0 = 0; the average is a_t / weight_t with
 * weight_t = decay weight_{t-1} + (1 - decay), weight_0 = 0 (1 - decay^t for a constant decay): a
 * true weighted mean of what was seen. */
typedef struct gan__average {
  double decay;  /* 0: off */
  double weight; /* 0: nothing seen yet */
  int32_t count;
  void **values; /* [count] arrays of the parameters' shapes and type; NULL while off */
} gan__average;

/* Turns averaging on (0 < decay < 1), changes the decay, or turns it off (0) and forgets. */
gan_status gan__average_set(gan__average *average, const gan_network *network, double decay);
void gan__average_finish(gan__average *average, gan_context *context);

/* After a step that moved the parameters. */
void gan__average_count(gan__average *average);

/* Writes the average into the parameters of a network of the same layers. weight > 0. */
void gan__average_write(const gan__average *average, gan_network *network);

#endif
