/* SPDX-License-Identifier: MIT */
/* Job: layers that draw while training and do nothing in use: dropout and noise. */
#include "nn/layer_rules.h"

gan_status gan__infer_dropout(gan_network *network, gan__layer *layer) {
  GAN_TRY(gan__layer_check(network, layer, layer->a > 0 && layer->a <= 1, "the share that is kept",
                           layer->a, "above 0, at most 1"));
  return gan__infer_activation(network, layer);
}

/* y = x / keep with probability keep, else 0 (Srivastava et al. 2014, section 10: the scale is
 * applied in training, so use needs none). The select, unlike a product, drops what is infinite. */
gan__id gan__build_dropout(const gan__work *work) {
  gan__graph *graph = work->graph;
  gan__id x = work->inputs[0];
  double keep = work->layer->a;
  if (x == GAN__NONE || !work->pass->training || keep == 1) return x;
  gan__node node = *gan__node_at(graph, x);
  gan__id draw = gan__op_uniform(graph, node.dtype, &node.shape, gan__work_site(work, "mask"));
  gan__id kept = gan__op_compare(graph, draw, GAN__LESS, gan__op_like(graph, draw, keep));
  gan__id scaled = gan__op_scale(graph, x, 1 / keep);
  return gan__op_select(graph, kept, scaled, gan__op_like(graph, x, 0));
}

gan_status gan__infer_noise(gan_network *network, gan__layer *layer) {
  bool holds = layer->a >= 0 && layer->a <= GAN__SETTING_MAX;
  GAN_TRY(gan__layer_check(network, layer, holds, "the standard deviation", layer->a, "0 to 1e30"));
  return gan__infer_activation(network, layer);
}

/* y = x + deviation e, e ~ N(0, 1) for every element. */
gan__id gan__build_noise(const gan__work *work) {
  gan__graph *graph = work->graph;
  gan__id x = work->inputs[0];
  double deviation = work->layer->a;
  if (x == GAN__NONE || !work->pass->training || deviation == 0) return x;
  gan__node node = *gan__node_at(graph, x);
  gan__id draw = gan__op_normal(graph, node.dtype, &node.shape, gan__work_site(work, "noise"));
  return gan__op_add(graph, x, gan__op_scale(graph, draw, deviation));
}
