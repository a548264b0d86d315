/* SPDX-License-Identifier: MIT */
/* Job: virtual batch norm: every row is normalised by itself and a fixed reference batch.
 *
 * Salimans et al. 2016, section 3.4; the weights of the two are those of the paper's code: with R
 * reference rows and w = 1 / (R + 1), the mean is w own + (1 - w) reference, and so is that of the
 * squares. With the reference's mean m and variance v, the row's own mean o and variance s (0 where
 * a row has one number of a feature), the difference of the two is
 *
 *   variance = (1 - w) (v + w (o - m)^2) + w s,
 *
 * which, unlike a difference of squares, loses no digits. The reference batch itself is normalised
 * by m and v. */
#include "nn/initialise.h"
#include "nn/layer_rules.h"

gan_status gan__infer_virtual_batch_norm(gan_network *network, gan__layer *layer) {
  GAN_TRY(gan__norm_check(network, layer));
  layer->shape = *gan__layer_input_shape(network, layer);
  gan__shape features = gan__shape_make(1, &layer->shape.dims[layer->shape.rank - 1]);
  GAN_TRY(gan__norm_declare(network, layer, &features));
  if (network->reference >= 0) return GAN_OK;
  const gan__shape *row = &network->layers[0].shape;
  gan__declaration reference = {.name = "reference",
                                .shape = {.rank = row->rank + 1},
                                .initialiser = {.kind = GAN_INIT_CONSTANT},
                                .role = GAN__FIXED,
                                .bare = true};
  reference.shape.dims[0] = network->reference_rows;
  for (int32_t axis = 0; axis < row->rank; axis++)
    reference.shape.dims[axis + 1] = row->dims[axis];
  int32_t index = network->parameter_count;
  GAN_TRY(gan__layer_declare(network, layer, &reference));
  network->reference = index;
  return GAN_OK;
}

/* The reference batch of a latent is drawn once, from a stream of its own; that of an input is the
 * user's. */
gan_status gan__begin_virtual_batch_norm(gan_network *network, const gan__layer *layer) {
  int32_t after = layer->parameter + layer->parameter_count;
  if (network->reference < layer->parameter || network->reference >= after) return GAN_OK;
  if (network->layers[0].kind != GAN__LAYER_LATENT) return GAN_OK;
  const gan__parameter *parameter = &network->parameters[network->reference];
  gan__stream stream = gan__stream_make(network->seed, parameter->name, network->index);
  gan__network_fill_latent(network, stream, parameter->shape.dims[0],
                           (gan__array){network->dtype, parameter->data});
  network->reference_given = true;
  return GAN_OK;
}

/* [N, F] to x's shape [N, ..., F]. */
static gan__id repeat(gan__graph *graph, gan__id value, const gan__shape *shape) {
  int32_t axes[2] = {0, shape->rank - 1};
  return shape->rank == 2 ? value : gan__op_broadcast(graph, value, shape, axes);
}

/* The mean [F] and variance [F] of each feature of x [R, ..., F]. */
static void measure(gan__graph *graph, gan__id x, gan__id *mean, gan__id *variance) {
  int32_t last = gan__node_at(graph, x)->shape.rank - 1;
  *mean = gan__norm_mean(graph, x, 0, last);
  gan__id centred = gan__op_sub(graph, x, *mean);
  *variance = gan__norm_mean(graph, gan__op_mul(graph, centred, centred), 0, last);
}

gan__id gan__build_virtual_batch_norm(const gan__work *work) {
  gan__graph *graph = work->graph;
  gan__id x = work->inputs[0], mean, variance;
  if (x == GAN__NONE) return GAN__NONE;
  bool own_pass = work->reference == GAN__NONE; /* the pass over the reference batch */
  measure(graph, own_pass ? x : work->reference, &mean, &variance);
  if (own_pass) {
    gan__id centred = gan__op_sub(graph, x, mean);
    return gan__norm_apply(work, centred, gan__norm_inverse(work, variance));
  }
  gan__shape shape = gan__node_at(graph, x)->shape;
  double weight = 1 / ((double)gan__node_at(graph, work->reference)->shape.dims[0] + 1);
  int32_t inner = shape.rank - 2; /* axes between the rows and the features */
  gan__id own = inner ? gan__norm_mean(graph, x, 1, inner) : x; /* [N, F] */
  gan__id apart = gan__op_sub(graph, own, mean);
  gan__id spread = gan__op_scale(graph, gan__op_mul(graph, apart, apart), weight);
  gan__id total = gan__op_scale(graph, gan__op_add(graph, spread, variance), 1 - weight);
  gan__id centred = repeat(graph, gan__op_scale(graph, apart, 1 - weight), &shape);
  if (inner) {
    gan__id within = gan__op_sub(graph, x, repeat(graph, own, &shape));
    gan__id square = gan__norm_mean(graph, gan__op_mul(graph, within, within), 1, inner);
    total = gan__op_add(graph, total, gan__op_scale(graph, square, weight));
    centred = gan__op_add(graph, within, centred);
  }
  return gan__norm_apply(work, centred, repeat(graph, gan__norm_inverse(work, total), &shape));
}
