/* SPDX-License-Identifier: MIT */
/* Job: the public calls of network.h: check arguments, call down. */
#include <string.h>

#include "nn/layer.h"

/* ---- Life. ---- */

gan_status gan_network_create(gan_context *context, int32_t dtype, gan_network **network) {
  if (!context) return GAN_ERROR_ARGUMENT;
  if (!network) return gan__fail(context, GAN_ERROR_ARGUMENT, "network is NULL");
  if (!gan__dtype_is_float(dtype))
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "dtype is %d; a network has GAN_F32 (1) or GAN_F64 (2)", dtype);
  return gan__network_create(context, dtype, network);
}

gan_status gan_network_parse(gan_context *context, const char *text, gan_network **network) {
  if (!context) return GAN_ERROR_ARGUMENT;
  if (!text) return gan__fail(context, GAN_ERROR_ARGUMENT, "text is NULL");
  if (!network) return gan__fail(context, GAN_ERROR_ARGUMENT, "network is NULL");
  return gan__network_parse(context, text, network);
}

gan_status gan_network_clone(const gan_network *network, gan_network **copy) {
  if (!network) return GAN_ERROR_ARGUMENT;
  if (!copy) return gan__fail(network->context, GAN_ERROR_ARGUMENT, "copy is NULL");
  return gan__network_clone(network, copy);
}

void gan_network_destroy(gan_network *network) {
  gan__network_unref(network);
}

/* ---- Building. ---- */

gan_status gan_network_set_initializer(gan_network *network, int32_t kind, double a, double b) {
  if (!network) return GAN_ERROR_ARGUMENT;
  return gan__network_initialiser(network, false, (gan__initialiser){kind, a, b});
}

gan_status gan_network_set_bias_initializer(gan_network *network, int32_t kind, double a,
                                            double b) {
  if (!network) return GAN_ERROR_ARGUMENT;
  return gan__network_initialiser(network, true, (gan__initialiser){kind, a, b});
}

int32_t gan_network_input(gan_network *network, int32_t rank, const int64_t *dims) {
  if (!network) return -1;
  bool open = network->status == GAN_OK && !network->frozen;
  if (open && (rank < 1 || rank >= GAN__RANK_MAX))
    gan__network_fail(network, "input", GAN_ERROR_ARGUMENT, "rank is %d; allowed is 1 to %d", rank,
                      GAN__RANK_MAX - 1);
  else if (open && !dims)
    gan__network_fail(network, "input", GAN_ERROR_ARGUMENT, "dims is NULL");
  gan__layer layer = {.kind = GAN__LAYER_INPUT};
  if (open && network->status == GAN_OK) layer.shape = gan__shape_make(rank, dims);
  return gan__network_append(network, &layer);
}

int32_t gan_network_latent(gan_network *network, int64_t size, int32_t kind, double low,
                           double high) {
  if (!network) return -1;
  gan__layer layer = {.kind = GAN__LAYER_LATENT, .size = size, .choice = kind, .a = low, .b = high};
  return gan__network_append(network, &layer);
}

int32_t gan_network_scale(gan_network *network, int32_t value, double factor) {
  if (!network) return -1;
  gan__layer layer = {.kind = GAN__LAYER_SCALE, .inputs = {value}, .a = factor};
  return gan__network_append(network, &layer);
}

int32_t gan_network_dense(gan_network *network, int32_t value, int64_t units, const char *name) {
  if (!network) return -1;
  gan__layer layer = {.kind = GAN__LAYER_DENSE, .inputs = {value}, .size = units};
  if (name && gan__network_name(network, &layer, name, strlen(name)) != GAN_OK) return -1;
  return gan__network_append(network, &layer);
}

int32_t gan_network_activation(gan_network *network, int32_t value, int32_t kind) {
  if (!network) return -1;
  bool known = kind >= GAN_ACTIVATION_TANH && kind <= GAN_ACTIVATION_SOFTMAX;
  if (!known && network->status == GAN_OK && !network->frozen)
    gan__network_fail(network, "", GAN_ERROR_ARGUMENT,
                      "activation %d does not exist; GAN_ACTIVATION_* are 1 to %d", kind,
                      GAN_ACTIVATION_SOFTMAX);
  gan__layer layer = {.kind =
                          known ? GAN__LAYER_TANH + kind - GAN_ACTIVATION_TANH : GAN__LAYER_TANH,
                      .inputs = {value},
                      .a = kind == GAN_ACTIVATION_ELU ? GAN__ELU_ALPHA : GAN__LEAKY_SLOPE};
  return gan__network_append(network, &layer);
}

int32_t gan_network_leaky_relu(gan_network *network, int32_t value, double slope) {
  if (!network) return -1;
  gan__layer layer = {.kind = GAN__LAYER_LEAKY_RELU, .inputs = {value}, .a = slope};
  return gan__network_append(network, &layer);
}

gan_status gan_network_finish(gan_network *network, int32_t value) {
  return network ? gan__network_finish(network, value) : GAN_ERROR_ARGUMENT;
}

/* ---- Questions. ---- */

static const gan__layer *layer_at(const gan_network *network, int32_t layer) {
  bool there = network && layer >= 0 && (uint64_t)layer < network->layer_count;
  return there ? &network->layers[layer] : NULL;
}

static const gan__parameter *parameter_at(const gan_network *network, int32_t parameter) {
  bool there = network && network->frozen && parameter >= 0 && parameter < network->parameter_count;
  return there ? &network->parameters[parameter] : NULL;
}

/* NULL when there is no such value yet. */
static const gan__shape *input_shape(const gan_network *network) {
  const gan__layer *layer = layer_at(network, 0);
  return layer ? &layer->shape : NULL;
}
static const gan__shape *output_shape(const gan_network *network) {
  return network && network->frozen ? &network->layers[network->output].shape : NULL;
}

static int32_t rank_of(const gan__shape *shape) {
  return shape ? shape->rank : 0;
}
static int64_t dim_of(const gan__shape *shape, int32_t axis) {
  return shape && axis >= 0 && axis < shape->rank ? shape->dims[axis] : 0;
}
static int64_t count_of(const gan__shape *shape) {
  return shape ? gan__shape_count(shape) : 0;
}

const char *gan_network_text(const gan_network *network) {
  return network && network->text ? network->text : "";
}

int32_t gan_network_dtype(const gan_network *network) {
  return network ? network->dtype : 0;
}

int32_t gan_network_layer_count(const gan_network *network) {
  return network ? (int32_t)network->layer_count : 0;
}

const char *gan_network_layer_name(const gan_network *network, int32_t layer) {
  const gan__layer *at = layer_at(network, layer);
  return at ? at->name : NULL;
}

const char *gan_network_layer_kind(const gan_network *network, int32_t layer) {
  const gan__layer *at = layer_at(network, layer);
  return at ? gan__layer_rows[at->kind].name : NULL;
}

int32_t gan_network_layer_rank(const gan_network *network, int32_t layer) {
  const gan__layer *at = layer_at(network, layer);
  return rank_of(at ? &at->shape : NULL);
}

int64_t gan_network_layer_dim(const gan_network *network, int32_t layer, int32_t axis) {
  const gan__layer *at = layer_at(network, layer);
  return dim_of(at ? &at->shape : NULL, axis);
}

int32_t gan_network_input_rank(const gan_network *network) {
  return rank_of(input_shape(network));
}

int64_t gan_network_input_dim(const gan_network *network, int32_t axis) {
  return dim_of(input_shape(network), axis);
}

int64_t gan_network_input_width(const gan_network *network) {
  return count_of(input_shape(network));
}

int32_t gan_network_output_rank(const gan_network *network) {
  return rank_of(output_shape(network));
}

int64_t gan_network_output_dim(const gan_network *network, int32_t axis) {
  return dim_of(output_shape(network), axis);
}

int64_t gan_network_output_width(const gan_network *network) {
  return count_of(output_shape(network));
}

int32_t gan_network_parameter_count(const gan_network *network) {
  return network && network->frozen ? network->parameter_count : 0;
}

int64_t gan_network_parameter_total(const gan_network *network) {
  int64_t total = 0;
  for (int32_t i = 0; i < gan_network_parameter_count(network); i++)
    total += gan__shape_count(&network->parameters[i].shape);
  return total;
}

const char *gan_network_parameter_name(const gan_network *network, int32_t parameter) {
  const gan__parameter *at = parameter_at(network, parameter);
  return at ? at->name : NULL;
}

int32_t gan_network_parameter_rank(const gan_network *network, int32_t parameter) {
  const gan__parameter *at = parameter_at(network, parameter);
  return rank_of(at ? &at->shape : NULL);
}

int64_t gan_network_parameter_dim(const gan_network *network, int32_t parameter, int32_t axis) {
  const gan__parameter *at = parameter_at(network, parameter);
  return dim_of(at ? &at->shape : NULL, axis);
}

int64_t gan_network_parameter_elements(const gan_network *network, int32_t parameter) {
  const gan__parameter *at = parameter_at(network, parameter);
  return count_of(at ? &at->shape : NULL);
}

/* ---- Parameters by name. ---- */

/* `values` is the argument called `what`. */
static gan_status check_access(const gan_network *network, const char *name, const char *what,
                               const void *values) {
  if (!network) return GAN_ERROR_ARGUMENT;
  if (name && values) return GAN_OK;
  return gan__fail(network->context, GAN_ERROR_ARGUMENT, "%s is NULL", name ? what : "name");
}

gan_status gan_network_get_parameter(const gan_network *network, const char *name, float *out,
                                     int64_t count) {
  GAN_TRY(check_access(network, name, "out", out));
  return gan__network_get(network, name, (gan__array){GAN_F32, out}, count);
}

gan_status gan_network_get_parameter_f64(const gan_network *network, const char *name, double *out,
                                         int64_t count) {
  GAN_TRY(check_access(network, name, "out", out));
  return gan__network_get(network, name, (gan__array){GAN_F64, out}, count);
}

/* Values are only read through the array. */
gan_status gan_network_set_parameter(gan_network *network, const char *name, const float *values,
                                     int64_t count) {
  GAN_TRY(check_access(network, name, "values", values));
  gan__array array = {GAN_F32, (void *)(uintptr_t)values};
  return gan__network_set(network, name, array, count);
}

gan_status gan_network_set_parameter_f64(gan_network *network, const char *name,
                                         const double *values, int64_t count) {
  GAN_TRY(check_access(network, name, "values", values));
  gan__array array = {GAN_F64, (void *)(uintptr_t)values};
  return gan__network_set(network, name, array, count);
}
