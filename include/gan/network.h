/* SPDX-License-Identifier: MIT */
/* Networks: layers with named parameters, built by calls or parsed from a text.
 *
 * The text is a list of statements, separated by semicolons or new lines; # begins a comment. Each
 * layer takes the value of the one before it:
 *
 *   latent 256 normal; dense 128 tanh; dense 128 tanh; dense 2
 *   f64; input 28x28x1; init orthogonal 0.8; scale 0.25; dense 128 leaky_relu 0.2 name=first; dense
 * 1
 *
 * doc/architecture-text.md has the grammar. */
#ifndef GAN_NETWORK_H
#define GAN_NETWORK_H

#include <stdint.h>

#include <gan/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Layers and the values between them. Building calls give the number of the value they make, or -1
 * after an error: the first error sticks, later calls do nothing, and gan_network_finish() reports
 * it, so one check at the end is enough. A finished network never changes its layers, only the
 * values of its parameters. A network is shared by the objects made of it and lives as long as the
 * last of them. Limits: 4096 layers, 2^24 units a layer, 2^33 bytes of parameters. */
typedef struct gan_network gan_network;

/* Distributions of latents. */
enum {
  GAN_LATENT_NORMAL = 1,     /* N(0, 1) */
  GAN_LATENT_UNIFORM = 2,    /* U(low, high) */
  GAN_LATENT_CATEGORICAL = 3 /* one 1 among zeros, every place as likely; at most 65536 */
};

/* Activation functions of a value x. */
enum {
  GAN_ACTIVATION_TANH = 1,       /* tanh x */
  GAN_ACTIVATION_SIGMOID = 2,    /* 1 / (1 + e^-x) */
  GAN_ACTIVATION_RELU = 3,       /* max(x, 0); derivative 0 at 0 */
  GAN_ACTIVATION_LEAKY_RELU = 4, /* x where x > 0, else slope x; derivative slope at 0 */
  GAN_ACTIVATION_SOFTPLUS = 5,   /* ln(1 + e^x) */
  GAN_ACTIVATION_ELU = 6,        /* x where x > 0, else alpha (e^x - 1); derivative alpha at 0
                                    (Clevert et al. 2016, eq. 15) */
  GAN_ACTIVATION_SOFTMAX = 7     /* e^x_i / sum_j e^x_j along the last axis of a row */
};

/* How parameters begin. fan_in and fan_out are the sizes of a layer's input and output. */
enum {
  GAN_INIT_UNIFORM = 1, /* U(a, b) */
  GAN_INIT_NORMAL = 2,  /* N(a, b^2): mean a, standard deviation b */
  GAN_INIT_XAVIER = 3,  /* U(-l, l), l^2 = 6 / (fan_in + fan_out) (Glorot, Bengio 2010, eq. 16) */
  GAN_INIT_HE = 4,      /* N(0, 2 / fan_in) (He et al. 2015, eq. 10) */
  GAN_INIT_ORTHOGONAL = 5, /* a times a random matrix of orthonormal rows or columns (Saxe et al.
                              2014); the smaller side is at most 8192 */
  GAN_INIT_CONSTANT = 6    /* a everywhere */
};

/* ---- Building. ---- */

/* Begins a network of `dtype` GAN_F32 or GAN_F64. The caller owns *network. Its initial parameters
 * depend on the context's seed and on how many objects were made in the context before: the same
 * program gives the same bits. GAN_ERROR_ARGUMENT, GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_network_create(gan_context *context, int32_t dtype, gan_network **network);

/* Makes a finished network from a text. The message of GAN_ERROR_PARSE has line, column, what was
 * found and what was expected; sizes out of range give GAN_ERROR_ARGUMENT or GAN_ERROR_LIMIT, with
 * the place too. At most 1 MiB of text. GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_network_parse(gan_context *context, const char *text, gan_network **network);

/* Makes an independent network with the same layers and the present parameters of a finished one.
 * GAN_ERROR_STATE (not finished), GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_network_clone(const gan_network *network, gan_network **copy);

/* Gives up the caller's share; NULL is ignored. Since 0.1. */
GAN_API void gan_network_destroy(gan_network *network);

/* The initialiser of the weights of the layers that follow; Xavier at first. `kind` is one of
 * GAN_INIT_*, with a and b as told there (others are ignored); finite, within 1e30, a <= b for
 * uniform, b >= 0 for normal. An error sticks. GAN_ERROR_ARGUMENT; GAN_ERROR_STATE once finished.
 * Since 0.1. */
GAN_API gan_status gan_network_set_initializer(gan_network *network, int32_t kind, double a,
                                               double b);

/* The same for biases: uniform, normal or constant; the constant 0 at first. Since 0.1. */
GAN_API gan_status gan_network_set_bias_initializer(gan_network *network, int32_t kind, double a,
                                                    double b);

/* The network's input, layer "input": rows of shape `dims`, `rank` (1 to 5) sizes, each 1 to 2^24.
 * A network begins with one input or one latent. Since 0.1. */
GAN_API int32_t gan_network_input(gan_network *network, int32_t rank, const int64_t *dims);

/* The same for a generator, layer "latent": rows of `size` (1 to 2^24) random numbers of
 * distribution `kind`, GAN_LATENT_*. low < high, finite, within 1e30: for
 * GAN_LATENT_UNIFORM only. gan_network_add_latent() adds numbers of another distribution. Since
 * 0.1.
 */
GAN_API int32_t gan_network_latent(gan_network *network, int64_t size, int32_t kind, double low,
                                   double high);

/* value * factor; finite, within 1e30. Since 0.1. */
GAN_API int32_t gan_network_scale(gan_network *network, int32_t value, double factor);

/* x W + b with parameters "name/weight" [inputs, units] and "name/bias" [units]; values of higher
 * rank are flattened. `units` is 1 to 2^24. `name`: a letter or _, then letters, digits and _, at
 * most 63 in all; NULL for dense_1, dense_2, ... counting all dense layers. Since 0.1. */
GAN_API int32_t gan_network_dense(gan_network *network, int32_t value, int64_t units,
                                  const char *name);

/* An activation GAN_ACTIVATION_* of every element; leaky ReLU with slope 0.2, ELU with alpha 1.
 * More layers are in gan/layers.h. Since 0.1. */
GAN_API int32_t gan_network_activation(gan_network *network, int32_t value, int32_t kind);

/* Leaky ReLU with a slope of 0 to 1. Since 0.1. */
GAN_API int32_t gan_network_leaky_relu(gan_network *network, int32_t value, double slope);

/* Ends the building: `value` is the output, and every layer must lead to it. Makes the parameters
 * and their initial values. Reports the first error of the calls before; an error of this call
 * itself leaves the network as it was. GAN_ERROR_ARGUMENT; GAN_ERROR_STATE (finished already);
 * GAN_ERROR_LIMIT; GAN_ERROR_CANCELLED; GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_network_finish(gan_network *network, int32_t value);

/* ---- Questions. Before gan_network_finish() a network has no parameters, output or text. ---- */

/* The network as text, in one line; parsing it gives the same layers and initialisers. Owned by the
 * network. "" for NULL and before it is finished. Since 0.1. */
GAN_API const char *gan_network_text(const gan_network *network);

/* The element type, GAN_F32 or GAN_F64; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_network_dtype(const gan_network *network);

/* The number of layers: the input or latent, and each step after it; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_network_layer_count(const gan_network *network);

/* The name of layer `layer` (from 0), such as "dense_1" or "tanh_1"; NULL out of range. Since 0.1.
 */
GAN_API const char *gan_network_layer_name(const gan_network *network, int32_t layer);

/* What a layer is, as in the text: "input", "latent", "scale", "dense", "tanh", "sigmoid", "relu",
 * "leaky_relu", "softplus", or one of gan/layers.h; NULL out of range. Since 0.1. */
GAN_API const char *gan_network_layer_kind(const gan_network *network, int32_t layer);

/* The number of dimensions of one row of a layer's value; 0 out of range. Since 0.1. */
GAN_API int32_t gan_network_layer_rank(const gan_network *network, int32_t layer);

/* One dimension of a row of a layer's value; 0 out of range. Since 0.1. */
GAN_API int64_t gan_network_layer_dim(const gan_network *network, int32_t layer, int32_t axis);

/* The number of dimensions of one row of the input; 0 without one. Since 0.1. */
GAN_API int32_t gan_network_input_rank(const gan_network *network);

/* One dimension of a row of the input; 0 out of range. Since 0.1. */
GAN_API int64_t gan_network_input_dim(const gan_network *network, int32_t axis);

/* The number of elements of one row of the input; 0 without one. Since 0.1. */
GAN_API int64_t gan_network_input_width(const gan_network *network);

/* The number of dimensions of one row of the output; 0 without one. Since 0.1. */
GAN_API int32_t gan_network_output_rank(const gan_network *network);

/* One dimension of a row of the output; 0 out of range. Since 0.1. */
GAN_API int64_t gan_network_output_dim(const gan_network *network, int32_t axis);

/* The number of elements of one row of the output; 0 without one. Since 0.1. */
GAN_API int64_t gan_network_output_width(const gan_network *network);

/* The number of parameters, each an array with a name; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_network_parameter_count(const gan_network *network);

/* The number of elements of all parameters together; 0 for NULL. Since 0.1. */
GAN_API int64_t gan_network_parameter_total(const gan_network *network);

/* The name of parameter `parameter` (from 0), such as "dense_1/weight"; NULL out of range. Since
 * 0.1. */
GAN_API const char *gan_network_parameter_name(const gan_network *network, int32_t parameter);

/* The number of dimensions of a parameter; 0 out of range. Since 0.1. */
GAN_API int32_t gan_network_parameter_rank(const gan_network *network, int32_t parameter);

/* One dimension of a parameter; 0 out of range. Since 0.1. */
GAN_API int64_t gan_network_parameter_dim(const gan_network *network, int32_t parameter,
                                          int32_t axis);

/* The number of elements of a parameter; 0 out of range. Since 0.1. */
GAN_API int64_t gan_network_parameter_elements(const gan_network *network, int32_t parameter);

/* ---- Parameters by name. ---- */

/* Copies a parameter to out, [count], row by row; `count` must be its number of elements. A value
 * of an f64 network is rounded; one beyond f32's range becomes infinite. GAN_ERROR_NAME (the
 * message has the nearest name), GAN_ERROR_SHAPE, GAN_ERROR_STATE (not finished). Since 0.1. */
GAN_API gan_status gan_network_get_parameter(const gan_network *network, const char *name,
                                             float *out, int64_t count);

/* The same in double. Since 0.1. */
GAN_API gan_status gan_network_get_parameter_f64(const gan_network *network, const char *name,
                                                 double *out, int64_t count);

/* Sets a parameter from values, [count], row by row. Trainers go on from them. As above, and
 * GAN_ERROR_NOT_FINITE when one is NaN, infinite, or too large for the network's type: nothing is
 * changed then. Since 0.1. */
GAN_API gan_status gan_network_set_parameter(gan_network *network, const char *name,
                                             const float *values, int64_t count);

/* The same from doubles. Since 0.1. */
GAN_API gan_status gan_network_set_parameter_f64(gan_network *network, const char *name,
                                                 const double *values, int64_t count);

#ifdef __cplusplus
}
#endif

#endif
