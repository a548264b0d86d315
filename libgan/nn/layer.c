/* SPDX-License-Identifier: MIT */
/* Job: the table of layers: what each checks, computes and writes into the text. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "graph/build.h"
#include "nn/initialise.h"
#include "nn/layer.h"

bool gan__setting_valid(double value) {
  return fabs(value) <= GAN__SETTING_MAX; /* false for NaN */
}

static gan_status check_setting(gan_network *network, const gan__layer *layer, const char *what,
                                double value) {
  char number[32];
  if (gan__setting_valid(value)) return GAN_OK;
  return gan__network_fail(network, layer->name, GAN_ERROR_ARGUMENT,
                           "%s is %s; allowed is -1e30 to 1e30", what,
                           gan__text_double(number, value));
}

static gan_status check_size(gan_network *network, const gan__layer *layer, const char *what,
                             int64_t size) {
  if (size >= 1 && size <= GAN__UNITS_MAX) return GAN_OK;
  return gan__network_fail(network, layer->name, size < 1 ? GAN_ERROR_ARGUMENT : GAN_ERROR_LIMIT,
                           "%s is %lld; allowed is 1 to %d", what, (long long)size, GAN__UNITS_MAX);
}

/* Adds a parameter of the layer at hand to the network's list; its values come later. */
static gan_status declare(gan_network *network, gan__layer *layer, const char *name,
                          gan__shape shape, gan__initialiser initialiser) {
  /* Sizes are at most 2^24 each, so a product of two cannot overflow. */
  int64_t bytes = gan__shape_count(&shape) * gan__dtype_size(network->dtype);
  bytes = (bytes + GAN__ALIGNMENT - 1) / GAN__ALIGNMENT * GAN__ALIGNMENT;
  if (network->parameter_bytes + bytes > GAN__PARAMETER_BYTES_MAX) {
    char text[GAN__SHAPE_TEXT];
    return gan__network_fail(network, layer->name, GAN_ERROR_LIMIT,
                             "with the %s %s the parameters would take %lld bytes; allowed are "
                             "%lld",
                             name, gan__shape_text(text, &shape),
                             (long long)(network->parameter_bytes + bytes),
                             (long long)GAN__PARAMETER_BYTES_MAX);
  }
  GAN_TRY(gan__reserve(network->context, &network->parameters, &network->parameter_capacity,
                       (uint64_t)network->parameter_count + 1, sizeof *network->parameters));
  gan__parameter *parameter = &network->parameters[network->parameter_count];
  *parameter = (gan__parameter){
      .layer = (int32_t)network->layer_count, .shape = shape, .initialiser = initialiser};
  snprintf(parameter->name, sizeof parameter->name, "%s/%s", layer->name, name);
  network->parameter_bytes += bytes;
  network->parameter_count++;
  layer->parameter_count++;
  return GAN_OK;
}

static const gan__shape *input_shape(const gan_network *network, const gan__layer *layer) {
  return &network->layers[layer->inputs[0]].shape;
}

/* ---- Sources. ---- */

static gan_status infer_input(gan_network *network, gan__layer *layer) {
  int64_t elements = 1;
  for (int32_t axis = 0; axis < layer->shape.rank; axis++) {
    GAN_TRY(check_size(network, layer, "a size", layer->shape.dims[axis]));
    elements *= layer->shape.dims[axis]; /* below 2^48 at each step */
    GAN_TRY(check_size(network, layer, "the number of elements of a row", elements));
  }
  return GAN_OK;
}

static void print_input(const gan__layer *layer, gan__text *text) {
  for (int32_t axis = 0; axis < layer->shape.rank; axis++)
    gan__text_add(text, "%c%lld", axis ? 'x' : ' ', (long long)layer->shape.dims[axis]);
}

static gan_status infer_latent(gan_network *network, gan__layer *layer) {
  GAN_TRY(check_size(network, layer, "size", layer->size));
  layer->shape = gan__shape_make(1, &layer->size);
  if (layer->choice == GAN_LATENT_NORMAL) {
    layer->a = layer->b = 0;
    return GAN_OK;
  }
  if (layer->choice != GAN_LATENT_UNIFORM)
    return gan__network_fail(network, layer->name, GAN_ERROR_ARGUMENT,
                             "distribution is %d; allowed are 1 (normal) and 2 (uniform)",
                             layer->choice);
  GAN_TRY(check_setting(network, layer, "low", layer->a));
  GAN_TRY(check_setting(network, layer, "high", layer->b));
  char low[32], high[32];
  if (!(layer->a < layer->b))
    return gan__network_fail(network, layer->name, GAN_ERROR_ARGUMENT,
                             "low is %s and high %s; low must be below high",
                             gan__text_double(low, layer->a), gan__text_double(high, layer->b));
  return GAN_OK;
}

static void print_latent(const gan__layer *layer, gan__text *text) {
  gan__text_add(text, " %lld", (long long)layer->size);
  if (layer->choice == GAN_LATENT_NORMAL) {
    gan__text_add(text, " normal");
    return;
  }
  gan__text_add(text, " uniform ");
  gan__text_add_double(text, layer->a);
  gan__text_add(text, " ");
  gan__text_add_double(text, layer->b);
}

/* ---- Scale: y = factor x. ---- */

static gan_status infer_scale(gan_network *network, gan__layer *layer) {
  layer->shape = *input_shape(network, layer);
  return check_setting(network, layer, "factor", layer->a);
}

static gan__id build_scale(const gan__work *work) {
  return gan__op_scale(work->graph, work->inputs[0], work->layer->a);
}

static void print_number(const gan__layer *layer, gan__text *text) {
  gan__text_add(text, " ");
  gan__text_add_double(text, layer->a);
}

/* ---- Dense: y [N, out] = x [N, in] W [in, out] + b [out]. ---- */

static gan_status infer_dense(gan_network *network, gan__layer *layer) {
  GAN_TRY(check_size(network, layer, "units", layer->size));
  int64_t sides[2] = {gan__shape_count(input_shape(network, layer)), layer->size};
  bool orthogonal = layer->weight.kind == GAN_INIT_ORTHOGONAL;
  /* Its cost grows with the square of the smaller side. */
  int64_t side = sides[0] < sides[1] ? sides[0] : sides[1];
  if (orthogonal && side > GAN__ORTHOGONAL_SIDE_MAX)
    return gan__network_fail(network, layer->name, GAN_ERROR_LIMIT,
                             "an orthogonal weight of [%lld, %lld] is too large; the smaller side "
                             "may be %d",
                             (long long)sides[0], (long long)sides[1], GAN__ORTHOGONAL_SIDE_MAX);
  layer->shape = gan__shape_make(1, &layer->size);
  GAN_TRY(declare(network, layer, "weight", gan__shape_make(2, sides), layer->weight));
  return declare(network, layer, "bias", gan__shape_make(1, sides + 1), layer->bias);
}

static gan__id build_dense(const gan__work *work) {
  gan__graph *graph = work->graph;
  gan__id x = work->inputs[0];
  if (x == GAN__NONE) return GAN__NONE;
  gan__shape shape = gan__node_at(graph, x)->shape;
  if (shape.rank > 2) {
    int64_t flat[2] = {shape.dims[0], gan__shape_product(&shape, 1, shape.rank)};
    gan__shape rows = gan__shape_make(2, flat);
    x = gan__op_reshape(graph, x, &rows);
  }
  return gan__op_add(graph, gan__op_matmul(graph, x, work->parameters[0], false, false),
                     work->parameters[1]);
}

static void print_dense(const gan__layer *layer, gan__text *text) {
  gan__text_add(text, " %lld", (long long)layer->size);
}

/* ---- Activations. ---- */

static gan_status infer_activation(gan_network *network, gan__layer *layer) {
  layer->shape = *input_shape(network, layer);
  return GAN_OK;
}

static gan_status infer_leaky(gan_network *network, gan__layer *layer) {
  char number[32];
  if (!(layer->a >= 0 && layer->a <= 1))
    return gan__network_fail(network, layer->name, GAN_ERROR_ARGUMENT,
                             "slope is %s; allowed is 0 to 1", gan__text_double(number, layer->a));
  return infer_activation(network, layer);
}

#define ACTIVATION(name)                                                                           \
  static gan__id build_##name(const gan__work *work) {                                             \
    return gan__op_##name(work->graph, work->inputs[0]);                                           \
  }
ACTIVATION(tanh)
ACTIVATION(sigmoid)
ACTIVATION(relu)
ACTIVATION(softplus)

/* y = x where x > 0, else slope x. A NaN keeps through either branch; the derivative is 1 or slope,
 * and slope at 0. With slope 0 the product would make NaN of -inf: that is ReLU. */
static gan__id build_leaky_relu(const gan__work *work) {
  gan__graph *graph = work->graph;
  gan__id x = work->inputs[0];
  double slope = work->layer->a;
  if (slope == 0) return gan__op_relu(graph, x);
  return gan__op_select(graph, gan__op_step(graph, x), x, gan__op_scale(graph, x, slope));
}

#define ACTIVE .inputs = 1, .activation = true
const gan__layer_row gan__layer_rows[GAN__LAYER_KINDS] = {
    [GAN__LAYER_INPUT] = {.name = "input", .infer = infer_input, .print = print_input},
    [GAN__LAYER_LATENT] = {.name = "latent", .infer = infer_latent, .print = print_latent},
    [GAN__LAYER_SCALE] = {"scale", 1, .infer = infer_scale, .build = build_scale,
                          .print = print_number},
    [GAN__LAYER_DENSE] = {"dense", 1, .infer = infer_dense, .build = build_dense,
                          .print = print_dense},
    [GAN__LAYER_TANH] = {"tanh", ACTIVE, .infer = infer_activation, .build = build_tanh},
    [GAN__LAYER_SIGMOID] = {"sigmoid", ACTIVE, .infer = infer_activation, .build = build_sigmoid},
    [GAN__LAYER_RELU] = {"relu", ACTIVE, .infer = infer_activation, .build = build_relu},
    [GAN__LAYER_LEAKY_RELU] = {"leaky_relu", ACTIVE, .infer = infer_leaky,
                               .build = build_leaky_relu, .print = print_number},
    [GAN__LAYER_SOFTPLUS] = {"softplus", ACTIVE, .infer = infer_activation,
                             .build = build_softplus},
};
#undef ACTIVE

uint64_t gan__work_site(const gan__work *work, const char *purpose) {
  uint64_t layer = gan__join(work->network->site, gan__hash_text(work->layer->name));
  return gan__join(gan__join(work->pass->site, layer), gan__hash_text(purpose));
}

int32_t gan__layer_kind(const char *name, int64_t length) {
  for (int32_t kind = 0; kind < GAN__LAYER_KINDS; kind++)
    if ((int64_t)strlen(gan__layer_rows[kind].name) == length
        && !strncmp(gan__layer_rows[kind].name, name, (size_t)length))
      return kind;
  return -1;
}
