/* SPDX-License-Identifier: MIT */
/* The graph of a computation, lent to a callback: a loss term or the objective of a game, built by
 * the caller out of the library's ops. graph_ops.h has the ops; doc/terms.md has examples. */
#ifndef GAN_GRAPH_H
#define GAN_GRAPH_H

#include <stdint.h>

#include <gan/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The graph under construction. It lives while the callback runs, and so do its values, which are
 * numbers (>= 0) of arrays that the library will compute in every step: nothing is computed while
 * the callback runs. A value has an element type and a shape of rank 0 (a scalar) to 6, known at
 * once; sizes are at least 1. Its derivatives are exact, of any order: what a callback builds can
 * be unrolled like the library's own losses.
 *
 * Building calls give the value they make, or -1 after an error: the first error sticks with its
 * message, later calls do nothing, and whoever called the callback reports it. So one chain of
 * calls needs no checks. Errors of all building calls: GAN_ERROR_ARGUMENT (a value, type, axis or
 * number that does not exist or is not allowed), GAN_ERROR_SHAPE, GAN_ERROR_LIMIT (too many or too
 * large values), GAN_ERROR_MEMORY. The message names the op, the shapes, and what is allowed. NULL
 * for the graph gives -1. */
typedef struct gan_graph gan_graph;

/* Builds a term and gives its value: a scalar of the networks' type, to be minimised; or -1 for a
 * failure, which is the graph's error or else GAN_ERROR_CALLBACK. It must build the same from the
 * same, for it is called whenever a graph is made: for each size of batch, and once for each inner
 * step of an unrolled player. Values of an earlier call mean nothing. It may not call the trainer
 * or game that called it. */
typedef int32_t (*gan_term_callback)(gan_graph *graph, void *user);

/* Which rows of the present batch. */
enum {
  GAN_ROWS_REAL = 1,    /* of the data */
  GAN_ROWS_FAKE = 2,    /* of the generator */
  GAN_ROWS_LABELLED = 3 /* of the data, with labels; where the loss classifies */
};

/* ---- Errors and questions. ---- */

/* The first error so far, GAN_OK without one; GAN_ERROR_ARGUMENT for NULL. Since 0.1. */
GAN_API gan_status gan_graph_status(const gan_graph *graph);

/* Its message; "" without one. Owned by the graph. Since 0.1. */
GAN_API const char *gan_graph_message(const gan_graph *graph);

/* Records an error of the caller's own, GAN_ERROR_CALLBACK with `message`, and gives -1 to return.
 * Since 0.1. */
GAN_API int32_t gan_graph_fail(gan_graph *graph, const char *message);

/* The element type of a value: GAN_F32, GAN_F64 or GAN_I32; 0 when there is no such value. Since
 * 0.1. */
GAN_API int32_t gan_graph_dtype(const gan_graph *graph, int32_t value);

/* The number of dimensions of a value; 0 when there is no such value. Since 0.1. */
GAN_API int32_t gan_graph_rank(const gan_graph *graph, int32_t value);

/* One dimension of a value; 0 out of range. Dimension 0 of logits is the number of rows. Since 0.1.
 */
GAN_API int64_t gan_graph_dim(const gan_graph *graph, int32_t value, int32_t axis);

/* The number of elements of a value, 1 for a scalar; 0 when there is no such value. Since 0.1. */
GAN_API int64_t gan_graph_elements(const gan_graph *graph, int32_t value);

/* ---- What the players have. Each exists where it has a meaning; elsewhere asking for it is
 * GAN_ERROR_STATE. `rows` is one of GAN_ROWS_*. N is the number of rows of the batch. ---- */

/* The discriminator's raw outputs on rows, [N, outputs]: before any sigmoid. Since 0.1. */
GAN_API int32_t gan_graph_logits(gan_graph *graph, int32_t rows);

/* The value of the discriminator's layer `layer`, such as "dense_2", on rows: [N, shape of the
 * layer]. GAN_ERROR_NAME. Since 0.1. */
GAN_API int32_t gan_graph_features(gan_graph *graph, int32_t rows, const char *layer);

/* The rows themselves, [N, shape of a row]: data, or what the generator makes of the latents; both
 * as the discriminator sees them, so that logits can be differentiated by them. Since 0.1. */
GAN_API int32_t gan_graph_rows(gan_graph *graph, int32_t rows);

/* The labels of the real rows, [N], GAN_I32. Since 0.1. */
GAN_API int32_t gan_graph_labels(gan_graph *graph);

/* The latents of the generated rows, [N, size]. Since 0.1. */
GAN_API int32_t gan_graph_latent(gan_graph *graph);

/* A parameter such as "dense_1/weight" of a player such as "discriminator", as it is at this point
 * of the game: after the inner steps when the player is unrolled. GAN_ERROR_NAME. Since 0.1. */
GAN_API int32_t gan_graph_parameter(gan_graph *graph, const char *player, const char *name);

/* ---- Constants and draws. dtype is GAN_F32, GAN_F64, GAN_I32 where it says so, or 0 for the type
 * of the networks; a shape is `rank` (0 to 6) sizes `dims`, which may be NULL for rank 0. Numbers
 * are finite and within the type. ---- */

/* A scalar of the networks' type. Since 0.1. */
GAN_API int32_t gan_graph_scalar(gan_graph *graph, double number);

/* `number` everywhere; a whole number for GAN_I32, which is allowed. Since 0.1. */
GAN_API int32_t gan_graph_constant(gan_graph *graph, int32_t dtype, int32_t rank,
                                   const int64_t *dims, double number);

/* `number` everywhere, in the type and shape of the value `model`. Since 0.1. */
GAN_API int32_t gan_graph_like(gan_graph *graph, int32_t model, double number);

/* Each element's own index along `axis`, from 0; GAN_I32 is allowed. Since 0.1. */
GAN_API int32_t gan_graph_iota(gan_graph *graph, int32_t dtype, int32_t rank, const int64_t *dims,
                               int32_t axis);

/* Draws from U(0, 1), new ones in every step, in the same order for the same seed. The caller's
 * number `site` tells draws apart: one site and shape in one call of the callback is one value.
 * Since 0.1. */
GAN_API int32_t gan_graph_uniform(gan_graph *graph, int32_t dtype, int32_t rank,
                                  const int64_t *dims, uint64_t site);

/* Draws from N(0, 1), likewise. Since 0.1. */
GAN_API int32_t gan_graph_normal(gan_graph *graph, int32_t dtype, int32_t rank, const int64_t *dims,
                                 uint64_t site);

/* ---- Derivatives. ---- */

/* out[i] = d y / d xs[i], of the shape of xs[i], for a scalar y and values xs [count], all of float
 * type; zeros where y does not depend on xs[i]. More values of the same graph, so that a term can
 * contain them: penalties on gradients, consensus terms. All parameters of the players are
 * constants here, but for those among xs: in unrolled steps, too, it is the derivative at the point
 * that the step has come to, as in the first. Reverse mode, by the rules in doc/ops.md. On failure
 * every out[i] is -1. Since 0.1. */
GAN_API gan_status gan_graph_gradient(gan_graph *graph, int32_t y, const int32_t *xs, int32_t count,
                                      int32_t *out);

/* a, through which nothing is differentiated. Since 0.1. */
GAN_API int32_t gan_graph_stop_gradient(gan_graph *graph, int32_t a);

#ifdef __cplusplus
}
#endif

#endif
