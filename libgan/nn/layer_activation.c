/* SPDX-License-Identifier: MIT */
/* Job: activations: functions of every element, and softmax. */
#include "nn/layer_rules.h"

gan_status gan__infer_activation(gan_network *network, gan__layer *layer) {
  layer->shape = *gan__layer_input_shape(network, layer);
  return GAN_OK;
}

gan_status gan__infer_leaky_relu(gan_network *network, gan__layer *layer) {
  GAN_TRY(gan__layer_check(network, layer, layer->a >= 0 && layer->a <= 1, "slope", layer->a,
                           "0 to 1"));
  return gan__infer_activation(network, layer);
}

gan_status gan__infer_elu(gan_network *network, gan__layer *layer) {
  bool holds = layer->a >= 0 && layer->a <= GAN__SETTING_MAX;
  GAN_TRY(gan__layer_check(network, layer, holds, "alpha", layer->a, "0 to 1e30"));
  return gan__infer_activation(network, layer);
}

#define ACTIVATION(name)                                                                           \
  gan__id gan__build_##name(const gan__work *work) {                                               \
    return gan__op_##name(work->graph, work->inputs[0]);                                           \
  }
ACTIVATION(tanh)
ACTIVATION(sigmoid)
ACTIVATION(relu)
ACTIVATION(softplus)

/* y = x where x > 0, else slope x. A NaN keeps through either branch; the derivative is 1 or slope,
 * and slope at 0. With slope 0 the product would make NaN of -inf: that is ReLU. */
gan__id gan__build_leaky_relu(const gan__work *work) {
  gan__graph *graph = work->graph;
  gan__id x = work->inputs[0];
  double slope = work->layer->a;
  if (slope == 0) return gan__op_relu(graph, x);
  return gan__op_select(graph, gan__op_step(graph, x), x, gan__op_scale(graph, x, slope));
}

/* y = x where x > 0, else alpha (e^x - 1) (Clevert et al. 2016, eq. 15); the derivative at 0 is
 * alpha. The inner select keeps e^x of large x, infinite, out of every derivative. */
gan__id gan__build_elu(const gan__work *work) {
  gan__graph *graph = work->graph;
  gan__id x = work->inputs[0];
  if (x == GAN__NONE) return GAN__NONE;
  double alpha = work->layer->a;
  gan__id above = gan__op_step(graph, x);
  gan__id below = gan__op_select(graph, above, gan__op_like(graph, x, 0), x);
  gan__id bend = gan__op_shift(graph, gan__op_exp(graph, below), -1);
  return gan__op_select(graph, above, x, gan__op_scale(graph, bend, alpha));
}

/* y_i = e^(x_i - m) / sum_j e^(x_j - m) along the last axis of a row. The shift m = max x changes
 * nothing but keeps e^x finite, so no derivative goes through it. */
gan__id gan__build_softmax(const gan__work *work) {
  gan__graph *graph = work->graph;
  gan__id x = work->inputs[0];
  if (x == GAN__NONE) return GAN__NONE;
  gan__shape shape = gan__node_at(graph, x)->shape;
  static const int32_t leading[GAN__RANK_MAX] = {0, 1, 2, 3, 4, 5};
  int32_t last = shape.rank - 1;
  gan__id most = gan__op_stop_gradient(graph, gan__op_maximum(graph, x, last));
  gan__id shift = gan__op_broadcast(graph, most, &shape, leading);
  gan__id power = gan__op_exp(graph, gan__op_sub(graph, x, shift));
  gan__id total = gan__op_broadcast(graph, gan__op_sum(graph, power, last, 1), &shape, leading);
  return gan__op_div(graph, power, total);
}
