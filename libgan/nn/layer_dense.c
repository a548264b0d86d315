/* SPDX-License-Identifier: MIT */
/* Job: layers that are linear, or the largest of linear functions: scale, dense, maxout. */
#include <math.h>

#include "nn/initialise.h"
#include "nn/layer_rules.h"

/* ---- Scale: y = factor x. ---- */

gan_status gan__infer_scale_layer(gan_network *network, gan__layer *layer) {
  layer->shape = *gan__layer_input_shape(network, layer);
  return gan__layer_check_number(network, layer, "factor", layer->a);
}

gan__id gan__build_scale_layer(const gan__work *work) {
  return gan__op_scale(work->graph, work->inputs[0], work->layer->a);
}

/* ---- A weight [in, out] and a bias [out] by the network's settings. ---- */

gan_status gan__layer_declare_weight(gan_network *network, gan__layer *layer,
                                     const int64_t sides[2]) {
  bool orthogonal = layer->weight.kind == GAN_INIT_ORTHOGONAL;
  /* Its cost grows with the square of the smaller side. */
  int64_t side = sides[0] < sides[1] ? sides[0] : sides[1];
  if (orthogonal && side > GAN__ORTHOGONAL_SIDE_MAX)
    return gan__network_fail(network, layer->name, GAN_ERROR_LIMIT,
                             "an orthogonal weight of [%lld, %lld] is too large; the smaller side "
                             "may be %d",
                             (long long)sides[0], (long long)sides[1], GAN__ORTHOGONAL_SIDE_MAX);
  gan__declaration weight = {
      .name = "weight", .shape = gan__shape_make(2, sides), .initialiser = layer->weight};
  return gan__layer_declare(network, layer, &weight);
}

static gan_status declare_linear(gan_network *network, gan__layer *layer, int64_t out) {
  int64_t sides[2] = {gan__shape_count(gan__layer_input_shape(network, layer)), out};
  layer->shape = gan__shape_make(1, &layer->size);
  gan__shape units = gan__shape_make(1, sides + 1);
  gan__declaration bias = {.name = "bias", .shape = units, .initialiser = layer->bias};
  gan__declaration scale = {
      .name = "scale", .shape = units, .initialiser = {.kind = GAN_INIT_CONSTANT, .a = 1}};
  GAN_TRY(gan__layer_declare_weight(network, layer, sides));
  GAN_TRY(gan__layer_declare(network, layer, &bias));
  return layer->weight_norm ? gan__layer_declare(network, layer, &scale) : GAN_OK;
}

/* x [N, in] W [in, out] + b [out]. With weight norm (Salimans, Kingma 2016, eq. 2) column k of W is
 * g_k v_k / |v_k|; the factors are applied to the product, which is smaller than the weight where
 * there are fewer rows than inputs and rounds once less. */
static gan__id build_linear(const gan__work *work) {
  gan__graph *graph = work->graph;
  gan__id weight = work->parameters[0];
  gan__id product = gan__op_matmul(graph, gan__work_rows(work), weight, false, false);
  if (work->layer->weight_norm) {
    gan__id length = gan__op_sum(graph, gan__op_mul(graph, weight, weight), 0, 1);
    gan__id inverse = gan__op_rsqrt(graph, length);
    product = gan__op_mul(graph, product, gan__op_mul(graph, work->parameters[2], inverse));
  }
  return gan__op_add(graph, product, work->parameters[1]);
}

/* g := |v|, so that the function is that of the layer without weight norm. */
gan_status gan__begin_linear(gan_network *network, const gan__layer *layer) {
  if (!layer->weight_norm) return GAN_OK;
  const gan__parameter *weight = &network->parameters[layer->parameter], *scale = weight + 2;
  int64_t in = weight->shape.dims[0], out = weight->shape.dims[1];
  for (int64_t k = 0; k < out; k++) {
    double sum = 0;
    for (int64_t i = 0; i < in; i++) {
      double v = gan__array_at((gan__array){network->dtype, weight->data}, i * out + k);
      sum += v * v;
    }
    if (!(sum > 0))
      return gan__fail(
          network->context, GAN_ERROR_ARGUMENT,
          "layer %s: the weights of unit %lld are all 0; weight norm needs a direction",
          layer->name, (long long)k);
    gan__array_put((gan__array){network->dtype, scale->data}, k, sqrt(sum));
  }
  return GAN_OK;
}

/* ---- Dense: y = x W + b. ---- */

gan_status gan__infer_dense_layer(gan_network *network, gan__layer *layer) {
  GAN_TRY(gan__layer_check_size(network, layer, "units", layer->size));
  return declare_linear(network, layer, layer->size);
}

gan__id gan__build_dense_layer(const gan__work *work) {
  return build_linear(work);
}

/* ---- Maxout (Goodfellow et al. 2013, section 3): y_u = max over p of (x W + b)_pu. The pieces
 * stand apart and the units of one piece side by side, [N, pieces, units], so that the maximum runs
 * over whole rows of units. ---- */

gan_status gan__infer_maxout_layer(gan_network *network, gan__layer *layer) {
  GAN_TRY(gan__layer_check_size(network, layer, "units", layer->size));
  GAN_TRY(gan__layer_check_size(network, layer, "pieces", layer->pieces));
  int64_t both = layer->size * layer->pieces; /* below 2^48 */
  GAN_TRY(gan__layer_check_size(network, layer, "units times pieces", both));
  return declare_linear(network, layer, both);
}

gan__id gan__build_maxout_layer(const gan__work *work) {
  gan__id all = build_linear(work);
  if (all == GAN__NONE) return GAN__NONE;
  int64_t dims[3] = {gan__node_at(work->graph, all)->shape.dims[0], work->layer->pieces,
                     work->layer->size};
  gan__shape shape = gan__shape_make(3, dims);
  return gan__op_maximum(work->graph, gan__op_reshape(work->graph, all, &shape), 1);
}
