/* SPDX-License-Identifier: MIT */
/* Job: what the data-dependent start measures of a layer, and what it makes of that.
 *
 * Dense and maxout, y = x W + b [n, C], of a maxout layer all pieces: with m = mean(y) and s^2 =
 * mean((y - m)^2),
 *
 *   scale := scale / s,   b := (b - m) / s   for each of the C columns
 *
 * (Salimans and Kingma 2016, "Weight Normalization", section 3), where the scale is that of the
 * weight norm, else the column of the weight. Normalised minibatch discrimination, as in the code
 * of Salimans et al. 2016: with D_b the distance to the nearest other row, averaged over the rows,
 * and, once that is done, m_b = mean(o_b),
 *
 *   s_cb := s_cb - log(D_b / 2),   then   b_b := b_b - m_b   for each kernel b. */
#include <float.h>
#include <math.h>

#include "nn/layer_rules.h"
#include "nn/start.h"

/* ---- Which layers. ---- */

/* A layer of which something is frozen keeps what it has. */
static bool is_free(const gan_network *network, const gan__layer *layer) {
  for (int32_t i = 0; i < layer->parameter_count; i++)
    if (!gan__parameter_trained(&network->parameters[layer->parameter + i])) return false;
  return true;
}

int32_t gan__stages_of(const gan_network *network, const gan__layer *layer,
                       gan__stage stages[GAN__STAGES_MAX]) {
  gan__stage at = {.layer = layer, .bias = gan__layer_parameter(network, layer, "bias")};
  if (layer->kind == GAN__LAYER_DENSE || layer->kind == GAN__LAYER_MAXOUT) {
    at.kind = GAN__STAGE_LINEAR;
    at.scale = gan__layer_parameter(network, layer, layer->weight_norm ? "scale" : "weight");
    at.columns = layer->size * (layer->kind == GAN__LAYER_MAXOUT ? layer->pieces : 1);
  } else if (layer->kind == GAN__LAYER_MINIBATCH && layer->options & GAN_MINIBATCH_NORMALIZED) {
    at.kind = GAN__STAGE_DISTANCE;
    at.scale = gan__layer_parameter(network, layer, "log_scale");
    at.columns = layer->size;
  } else {
    return 0;
  }
  if (!is_free(network, layer)) return 0;
  stages[0] = stages[1] = at;
  stages[1].kind = GAN__STAGE_CENTRE;
  return at.kind == GAN__STAGE_DISTANCE ? 2 : 1;
}

/* ---- Measuring: in f64, whose sums keep the digits of any f32. ---- */

/* Over the rows of y [n, C]. */
static gan__id mean_of(gan__graph *graph, gan__id y) {
  if (y == GAN__NONE) return GAN__NONE;
  double rows = (double)gan__node_at(graph, y)->shape.dims[0];
  return gan__op_scale(graph, gan__op_sum(graph, y, 0, 1), 1 / rows);
}

static void measure_linear(const gan__work *work, gan__id measured[2]) {
  gan__graph *graph = work->graph;
  gan__id y = gan__op_cast(graph, gan__layer_rows[GAN__LAYER_DENSE].build(work), GAN_F64);
  measured[0] = mean_of(graph, y);
  gan__id rest = gan__op_sub(graph, y, measured[0]);
  measured[1] = mean_of(graph, gan__op_mul(graph, rest, rest));
}

/* A row is not its own neighbour: there the distance is as good as infinite. */
static void measure_distance(const gan__work *work, gan__id measured[2]) {
  gan__graph *graph = work->graph;
  gan__id distances = gan__minibatch_distances(work);
  if (distances == GAN__NONE) return;
  int32_t dtype = gan__node_at(graph, distances)->dtype;
  gan__shape shape = gan__node_at(graph, distances)->shape;
  gan__id own = gan__op_compare(graph, gan__op_iota(graph, dtype, &shape, 0), GAN__EQUAL,
                                gan__op_iota(graph, dtype, &shape, 1));
  gan__id far = gan__op_like(graph, distances, GAN__SETTING_MAX);
  gan__id others = gan__op_select(graph, own, far, distances);
  gan__id nearest = gan__op_neg(graph, gan__op_maximum(graph, gan__op_neg(graph, others), 1));
  measured[0] = measured[1] = mean_of(graph, gan__op_cast(graph, nearest, GAN_F64));
}

/* Of the features that the layer puts behind its inputs. */
static void measure_centre(const gan__work *work, gan__id value, gan__id measured[2]) {
  if (value == GAN__NONE) return;
  int64_t width = gan__node_at(work->graph, value)->shape.dims[1];
  gan__id o = gan__op_slice(work->graph, value, 1, width - work->layer->size, width, 1);
  measured[0] = measured[1] = mean_of(work->graph, gan__op_cast(work->graph, o, GAN_F64));
}

void gan__stage_measure(const gan__stage *stage, const gan_network *network, gan__graph *graph,
                        const gan__pass *pass, gan__id measured[2]) {
  const gan__layer *layer = stage->layer;
  gan__work work = {.graph = graph,
                    .network = network,
                    .layer = layer,
                    .pass = pass,
                    .parameters = pass->parameters + layer->parameter,
                    .inputs = &pass->values[layer->inputs[0]],
                    .reference = GAN__NONE};
  measured[0] = measured[1] = GAN__NONE;
  if (stage->kind == GAN__STAGE_LINEAR)
    measure_linear(&work, measured);
  else if (stage->kind == GAN__STAGE_DISTANCE)
    measure_distance(&work, measured);
  else
    measure_centre(&work, pass->values[layer - network->layers], measured);
}

/* ---- Changing. ---- */

/* The arrays at work. */
typedef struct change {
  gan_context *context;
  const gan__stage *stage;
  const double *first, *second; /* [columns], as measured */
  gan__array scale, bias;
  int64_t scale_count, rows;
} change;

/* Values that are equal but for rounding have no variance to be made 1. */
static gan_status check_deviation(const change *of, int64_t k, double deviation) {
  enum { ROUNDINGS = 32 };
  double unit = of->bias.dtype == GAN_F64 ? DBL_EPSILON : (double)FLT_EPSILON;
  double mean = of->first[k], bias = gan__array_at(of->bias, k);
  if (!isfinite(mean) || !isfinite(deviation))
    return gan__fail(of->context, GAN_ERROR_NOT_FINITE,
                     "layer %s: the pre-activations of unit %lld are too large to have a mean and "
                     "a variance",
                     of->stage->layer->name, (long long)k);
  if (deviation > ROUNDINGS * unit * fmax(fabs(mean), fabs(bias))) return GAN_OK;
  return gan__fail(of->context, GAN_ERROR_ARGUMENT,
                   "layer %s: the pre-activation of unit %lld is the same for all %lld rows, so no "
                   "scale makes its variance 1",
                   of->stage->layer->name, (long long)k, (long long)of->rows);
}

static gan_status apply_linear(const change *of) {
  int64_t columns = of->stage->columns;
  for (int64_t k = 0; k < columns; k++) {
    double deviation = sqrt(of->second[k]);
    GAN_TRY(check_deviation(of, k, deviation));
    for (int64_t i = k; i < of->scale_count; i += columns)
      gan__array_put(of->scale, i, gan__array_at(of->scale, i) / deviation);
    gan__array_put(of->bias, k, (gan__array_at(of->bias, k) - of->first[k]) / deviation);
  }
  return GAN_OK;
}

static gan_status apply_distance(const change *of) {
  int64_t columns = of->stage->columns;
  for (int64_t k = 0; k < columns; k++) {
    double distance = of->first[k];
    if (!isfinite(distance))
      return gan__fail(of->context, GAN_ERROR_NOT_FINITE,
                       "layer %s: the distances of kernel %lld are too large to have a mean",
                       of->stage->layer->name, (long long)k);
    if (!(distance > 0))
      return gan__fail(of->context, GAN_ERROR_ARGUMENT,
                       "layer %s: to kernel %lld each of the %lld rows has an equal one, so no "
                       "scale makes its distances 2",
                       of->stage->layer->name, (long long)k, (long long)of->rows);
    for (int64_t i = k; i < of->scale_count; i += columns)
      gan__array_put(of->scale, i, gan__array_at(of->scale, i) - log(distance / 2));
  }
  return GAN_OK;
}

static gan_status apply_centre(const change *of) {
  for (int64_t k = 0; k < of->stage->columns; k++)
    gan__array_put(of->bias, k, gan__array_at(of->bias, k) - of->first[k]);
  return GAN_OK;
}

static gan_status check_finite(const change *of, const gan__parameter *changed, gan__array array) {
  int64_t bad = gan__array_bad(array, gan__shape_count(&changed->shape), array.dtype);
  if (bad < 0) return GAN_OK;
  return gan__fail(of->context, GAN_ERROR_NOT_FINITE,
                   "parameter %s: element %lld would become too large for %s", changed->name,
                   (long long)bad, gan__dtype_name(array.dtype));
}

gan_status gan__stage_apply(const gan__stage *stage, const gan_network *network, int64_t rows,
                            const double *const measured[2], void *const *pointers) {
  const gan__parameter *scale = &network->parameters[stage->scale];
  const gan__parameter *bias = &network->parameters[stage->bias];
  change of = {.context = network->context,
               .stage = stage,
               .first = measured[0],
               .second = measured[1],
               .scale = {network->dtype, pointers[stage->scale]},
               .bias = {network->dtype, pointers[stage->bias]},
               .scale_count = gan__shape_count(&scale->shape),
               .rows = rows};
  if (stage->kind == GAN__STAGE_LINEAR)
    GAN_TRY(apply_linear(&of));
  else if (stage->kind == GAN__STAGE_DISTANCE)
    GAN_TRY(apply_distance(&of));
  else
    GAN_TRY(apply_centre(&of));
  GAN_TRY(check_finite(&of, scale, of.scale));
  return check_finite(&of, bias, of.bias);
}
