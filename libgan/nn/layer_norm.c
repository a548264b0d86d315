/* SPDX-License-Identifier: MIT */
/* Job: batch norm, by the rows at hand in training and by running statistics in use; layer norm. */
#include "nn/layer_rules.h"

static const gan__initialiser zero = {.kind = GAN_INIT_CONSTANT};
static const gan__initialiser one = {.kind = GAN_INIT_CONSTANT, .a = 1};

gan_status gan__norm_check(gan_network *network, const gan__layer *layer) {
  enum { ALL = GAN_NORM_NO_SCALE | GAN_NORM_NO_SHIFT };
  GAN_TRY(gan__layer_check(network, layer, layer->a > 0 && layer->a <= 1, "epsilon", layer->a,
                           "above 0, at most 1"));
  return gan__layer_check(network, layer, layer->options >= 0 && layer->options <= ALL, "options",
                          layer->options, "a sum of GAN_NORM_*");
}

gan_status gan__norm_declare(gan_network *network, gan__layer *layer, const gan__shape *shape) {
  gan__declaration scale = {.name = "scale", .shape = *shape, .initialiser = one};
  gan__declaration shift = {.name = "shift", .shape = *shape, .initialiser = zero};
  if (!(layer->options & GAN_NORM_NO_SCALE)) GAN_TRY(gan__layer_declare(network, layer, &scale));
  if (!(layer->options & GAN_NORM_NO_SHIFT)) GAN_TRY(gan__layer_declare(network, layer, &shift));
  return GAN_OK;
}

/* The layer's parameters in their order; GAN__NONE for those left out. */
typedef struct affine {
  gan__id scale, shift;
  int32_t count;
} affine;

static affine affine_of(const gan__work *work) {
  affine of = {.scale = GAN__NONE, .shift = GAN__NONE};
  if (!(work->layer->options & GAN_NORM_NO_SCALE)) of.scale = work->parameters[of.count++];
  if (!(work->layer->options & GAN_NORM_NO_SHIFT)) of.shift = work->parameters[of.count++];
  return of;
}

gan__id gan__norm_inverse(const gan__work *work, gan__id variance) {
  return gan__op_rsqrt(work->graph, gan__op_shift(work->graph, variance, work->layer->a));
}

gan__id gan__norm_apply(const gan__work *work, gan__id centred, gan__id inverse) {
  gan__graph *graph = work->graph;
  affine of = affine_of(work);
  if (of.scale != GAN__NONE) inverse = gan__op_mul(graph, inverse, of.scale);
  gan__id y = gan__op_mul(graph, centred, inverse);
  return of.shift == GAN__NONE ? y : gan__op_add(graph, y, of.shift);
}

gan__id gan__norm_mean(gan__graph *graph, gan__id x, int32_t first, int32_t count) {
  if (x == GAN__NONE) return GAN__NONE;
  gan__shape shape = gan__node_at(graph, x)->shape;
  double numbers = (double)gan__shape_product(&shape, first, first + count);
  return gan__op_scale(graph, gan__op_sum(graph, x, first, count), 1 / numbers);
}

/* ---- Batch norm (Ioffe, Szegedy 2015, algorithms 1 and 2). A feature is an index of the last axis
 * of a row; its mean and variance are over the rows and all other axes. ---- */

gan_status gan__infer_batch_norm(gan_network *network, gan__layer *layer) {
  GAN_TRY(gan__norm_check(network, layer));
  GAN_TRY(gan__layer_check(network, layer, layer->b >= 0 && layer->b < 1, "decay", layer->b,
                           "0 or more, below 1"));
  layer->shape = *gan__layer_input_shape(network, layer);
  gan__shape features = gan__shape_make(1, &layer->shape.dims[layer->shape.rank - 1]);
  GAN_TRY(gan__norm_declare(network, layer, &features));
  gan__declaration mean = {
      .name = "mean", .shape = features, .initialiser = zero, .role = GAN__STATISTIC};
  gan__declaration variance = {
      .name = "variance", .shape = features, .initialiser = one, .role = GAN__STATISTIC};
  GAN_TRY(gan__layer_declare(network, layer, &mean));
  return gan__layer_declare(network, layer, &variance);
}

/* s := decay s + (1 - decay) value. */
static void follow(const gan__work *work, int32_t index, gan__id value) {
  if (!work->statistics) return;
  gan__id *statistic = &work->statistics[index];
  double decay = work->layer->b;
  gan__id old = gan__op_scale(work->graph, *statistic, decay);
  gan__id fresh = gan__op_scale(work->graph, gan__op_stop_gradient(work->graph, value), 1 - decay);
  *statistic = gan__op_add(work->graph, old, fresh);
}

gan__id gan__build_batch_norm(const gan__work *work) {
  gan__graph *graph = work->graph;
  gan__id x = work->inputs[0];
  int32_t first = affine_of(work).count; /* the running mean; the variance follows */
  if (x == GAN__NONE) return GAN__NONE;
  if (!work->pass->training) {
    gan__id inverse = gan__norm_inverse(work, work->parameters[first + 1]);
    return gan__norm_apply(work, gan__op_sub(graph, x, work->parameters[first]), inverse);
  }
  gan__shape shape = gan__node_at(graph, x)->shape;
  int32_t last = shape.rank - 1;
  gan__id mean = gan__norm_mean(graph, x, 0, last);
  gan__id centred = gan__op_sub(graph, x, mean);
  gan__id variance = gan__norm_mean(graph, gan__op_mul(graph, centred, centred), 0, last);
  follow(work, first, mean);
  /* In use, the variance of the whole stands for that of a batch: the estimate is made unbiased by
   * n / (n - 1). */
  double count = (double)gan__shape_product(&shape, 0, last);
  double unbias = count > 1 ? count / (count - 1) : 1;
  follow(work, first + 1, gan__op_scale(graph, variance, unbias));
  return gan__norm_apply(work, centred, gan__norm_inverse(work, variance));
}

/* ---- Layer norm (Ba et al. 2016, eq. 3 and 4): mean and variance over all elements of a row;
 * scale and shift for each of them. ---- */

gan_status gan__infer_layer_norm(gan_network *network, gan__layer *layer) {
  GAN_TRY(gan__norm_check(network, layer));
  layer->shape = *gan__layer_input_shape(network, layer);
  return gan__norm_declare(network, layer, &layer->shape);
}

gan__id gan__build_layer_norm(const gan__work *work) {
  gan__graph *graph = work->graph;
  gan__id x = work->inputs[0];
  if (x == GAN__NONE) return GAN__NONE;
  static const int32_t rows[1] = {0};
  gan__shape shape = gan__node_at(graph, x)->shape;
  int32_t axes = shape.rank - 1;
  gan__id mean = gan__norm_mean(graph, x, 1, axes); /* [N] */
  gan__id centred = gan__op_sub(graph, x, gan__op_broadcast(graph, mean, &shape, rows));
  gan__id variance = gan__norm_mean(graph, gan__op_mul(graph, centred, centred), 1, axes);
  gan__id inverse = gan__op_broadcast(graph, gan__norm_inverse(work, variance), &shape, rows);
  return gan__norm_apply(work, centred, inverse);
}
