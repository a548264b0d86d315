/* SPDX-License-Identifier: MIT */
/* Job: minibatch discrimination (Salimans et al. 2016, section 3.2): features that tell how near
 * the other rows of the segment are.
 *
 * With M_i = x_i T of shape [C, B], B kernels of C numbers each,
 *
 *   o_ib = sum over j of exp(-sum_c |M_icb - M_jcb|),
 *
 * without the term j = i, which is 1, unless it is asked for; the value is x and o side by side.
 * The normalised form is that of the paper's code: column k of T is e^s_k t_k / |t_k| with a
 * trained s_k, and o gets a trained bias. */
#include "nn/layer_rules.h"

gan_status gan__infer_minibatch(gan_network *network, gan__layer *layer) {
  enum { ALL = GAN_MINIBATCH_WITH_SELF | GAN_MINIBATCH_NORMALIZED };
  GAN_TRY(gan__layer_check_size(network, layer, "kernels", layer->size));
  GAN_TRY(gan__layer_check_size(network, layer, "dimensions", layer->pieces));
  int64_t both = layer->size * layer->pieces; /* below 2^48 */
  GAN_TRY(gan__layer_check_size(network, layer, "kernels times dimensions", both));
  GAN_TRY(gan__layer_check(network, layer, layer->options >= 0 && layer->options <= ALL, "options",
                           layer->options, "a sum of GAN_MINIBATCH_*"));
  int64_t sides[2] = {gan__shape_count(gan__layer_input_shape(network, layer)), both};
  int64_t width = sides[0] + layer->size;
  GAN_TRY(gan__layer_check_size(network, layer, "the number of inputs and kernels", width));
  layer->shape = gan__shape_make(1, &width);
  GAN_TRY(gan__layer_declare_weight(network, layer, sides));
  if (!(layer->options & GAN_MINIBATCH_NORMALIZED)) return GAN_OK;
  gan__declaration scale = {.name = "log_scale",
                            .shape = gan__shape_make(1, &both),
                            .initialiser = {.kind = GAN_INIT_CONSTANT}};
  gan__declaration bias = {.name = "bias",
                           .shape = gan__shape_make(1, &layer->size),
                           .initialiser = {.kind = GAN_INIT_CONSTANT, .a = -1}};
  GAN_TRY(gan__layer_declare(network, layer, &scale));
  return gan__layer_declare(network, layer, &bias);
}

gan__id gan__minibatch_distances(const gan__work *work) {
  gan__graph *graph = work->graph;
  const gan__layer *layer = work->layer;
  gan__id x = gan__work_rows(work), weight = work->parameters[0];
  if (x == GAN__NONE) return GAN__NONE;
  gan__id m = gan__op_matmul(graph, x, weight, false, false); /* [N, C B] */
  if (layer->options & GAN_MINIBATCH_NORMALIZED) {
    gan__id length = gan__op_sum(graph, gan__op_mul(graph, weight, weight), 0, 1);
    gan__id inverse = gan__op_rsqrt(graph, length);
    gan__id scale = gan__op_exp(graph, work->parameters[1]);
    m = gan__op_mul(graph, m, gan__op_mul(graph, scale, inverse));
  }
  int64_t dims[3] = {gan__node_at(graph, x)->shape.dims[0], layer->pieces, layer->size};
  gan__shape shape = gan__shape_make(3, dims);
  return gan__op_pairwise(graph, gan__op_reshape(graph, m, &shape));
}

gan__id gan__build_minibatch(const gan__work *work) {
  gan__graph *graph = work->graph;
  int32_t options = work->layer->options;
  gan__id x = gan__work_rows(work), distances = gan__minibatch_distances(work);
  if (distances == GAN__NONE) return GAN__NONE;
  gan__id near = gan__op_exp(graph, gan__op_neg(graph, distances));
  gan__id o = gan__op_sum(graph, near, 1, 1);
  if (!(options & GAN_MINIBATCH_WITH_SELF)) o = gan__op_shift(graph, o, -1);
  if (options & GAN_MINIBATCH_NORMALIZED) o = gan__op_add(graph, o, work->parameters[2]);
  gan__id parts[2] = {x, o};
  return gan__op_concat(graph, parts, 2, 1);
}
