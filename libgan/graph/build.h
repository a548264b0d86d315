/* SPDX-License-Identifier: MIT */
/* Job: one builder per op, used by everything above. All return GAN__NONE after an error. Binary
 * builders broadcast their inputs against each other by NumPy's rule (dims aligned at the end, 1
 * stretches); the nodes themselves have equal shapes. */
#ifndef GAN__GRAPH_BUILD_H
#define GAN__GRAPH_BUILD_H

#include "graph/graph.h"

/* Sources. */
gan__id gan__op_constant(gan__graph *graph, int32_t dtype, const gan__shape *shape, double value);
gan__id gan__op_like(gan__graph *graph, gan__id model, double value); /* shape, dtype of model */
gan__id gan__op_iota(gan__graph *graph, int32_t dtype, const gan__shape *shape, int32_t axis);
/* A draw's identity is `site`; equal sites with equal shapes are the same node. */
gan__id gan__op_uniform(gan__graph *graph, int32_t dtype, const gan__shape *shape, uint64_t site);
gan__id gan__op_normal(gan__graph *graph, int32_t dtype, const gan__shape *shape, uint64_t site);

/* Any elementwise op of one, two or three inputs of equal shape. */
gan__id gan__op_unary(gan__graph *graph, gan__op op, gan__id a);
gan__id gan__op_binary(gan__graph *graph, gan__op op, gan__id a, gan__id b);

gan__id gan__op_cast(gan__graph *graph, gan__id a, int32_t dtype);
gan__id gan__op_neg(gan__graph *graph, gan__id a);
gan__id gan__op_exp(gan__graph *graph, gan__id a);
gan__id gan__op_log(gan__graph *graph, gan__id a);
gan__id gan__op_log1p(gan__graph *graph, gan__id a);
gan__id gan__op_sqrt(gan__graph *graph, gan__id a);
gan__id gan__op_rsqrt(gan__graph *graph, gan__id a);
gan__id gan__op_tanh(gan__graph *graph, gan__id a);
gan__id gan__op_sigmoid(gan__graph *graph, gan__id a);
gan__id gan__op_softplus(gan__graph *graph, gan__id a);
gan__id gan__op_relu(gan__graph *graph, gan__id a);
gan__id gan__op_abs(gan__graph *graph, gan__id a);
gan__id gan__op_sign(gan__graph *graph, gan__id a);
gan__id gan__op_step(gan__graph *graph, gan__id a);
gan__id gan__op_sin(gan__graph *graph, gan__id a);
gan__id gan__op_cos(gan__graph *graph, gan__id a);
gan__id gan__op_is_finite(gan__graph *graph, gan__id a);
gan__id gan__op_add(gan__graph *graph, gan__id a, gan__id b);
gan__id gan__op_add_all(gan__graph *graph, const gan__id *terms, int32_t count);
gan__id gan__op_sub(gan__graph *graph, gan__id a, gan__id b);
gan__id gan__op_mul(gan__graph *graph, gan__id a, gan__id b);
gan__id gan__op_div(gan__graph *graph, gan__id a, gan__id b);
gan__id gan__op_max(gan__graph *graph, gan__id a, gan__id b);
gan__id gan__op_min(gan__graph *graph, gan__id a, gan__id b);
gan__id gan__op_pow(gan__graph *graph, gan__id a, gan__id b);
gan__id gan__op_compare(gan__graph *graph, gan__id a, int32_t kind, gan__id b);
gan__id gan__op_select(gan__graph *graph, gan__id condition, gan__id yes, gan__id no);
/* a * factor and a + term with a constant of a's shape and type. */
gan__id gan__op_scale(gan__graph *graph, gan__id a, double factor);
gan__id gan__op_shift(gan__graph *graph, gan__id a, double term);

/* Reductions over the axes first .. first+count-1, which disappear. */
gan__id gan__op_sum(gan__graph *graph, gan__id a, int32_t first, int32_t count);
gan__id gan__op_sum_all(gan__graph *graph, gan__id a);
gan__id gan__op_mean_all(gan__graph *graph, gan__id a);
gan__id gan__op_maximum(gan__graph *graph, gan__id a, int32_t axis);
gan__id gan__op_argmax(gan__graph *graph, gan__id a, int32_t axis);

/* Movement. */
gan__id gan__op_reshape(gan__graph *graph, gan__id a, const gan__shape *shape);
gan__id gan__op_transpose(gan__graph *graph, gan__id a, const int32_t *permutation);
gan__id gan__op_reverse(gan__graph *graph, gan__id a, int32_t axis);
/* Axis i of a becomes axis axes[i] (increasing) of the result; sizes agree there. */
gan__id gan__op_broadcast(gan__graph *graph, gan__id a, const gan__shape *shape,
                          const int32_t *axes);
/* NumPy's broadcast_to. */
gan__id gan__op_broadcast_to(gan__graph *graph, gan__id a, const gan__shape *shape);
gan__id gan__op_slice(gan__graph *graph, gan__id a, int32_t axis, int64_t start, int64_t stop,
                      int64_t step);
gan__id gan__op_pad(gan__graph *graph, gan__id a, int32_t axis, int64_t low, int64_t high,
                    int64_t interior);
gan__id gan__op_concat(gan__graph *graph, const gan__id *parts, int32_t count, int32_t axis);
gan__id gan__op_gather(gan__graph *graph, gan__id a, gan__id index);
gan__id gan__op_scatter(gan__graph *graph, gan__id a, gan__id index, int64_t rows);
/* The element at its own index along the axis, and back: for a [N, K] and labels [N], take(a,
 * labels, 1) is a_n,labels(n). */
gan__id gan__op_take(gan__graph *graph, gan__id a, gan__id index, int32_t axis);
gan__id gan__op_put(gan__graph *graph, gan__id a, gan__id index, int32_t axis, int64_t size);

gan__id gan__op_matmul(gan__graph *graph, gan__id a, gan__id b, bool transpose_a, bool transpose_b);
/* op(a) [k, n] in strips of `width` columns: [ceil(n / width), k, width]. */
gan__id gan__op_pack(gan__graph *graph, gan__id a, bool transpose, int64_t width);
/* A product that may read op(b) from `packed`, made of the same b. */
gan__id gan__op_matmul_packed(gan__graph *graph, const gan__id inputs[3], bool transpose_a,
                              bool transpose_b);

/* Of all pairs of the rows of m [N, C, B], where s_ij = sign(m_i - m_j): distances sum_c |m_i -
 * m_j| [N, N, B]; sum_j (w_ij + w_ji) s_ij [N, C, B] of w [N, N, B]; sum_c s_ij (v_i - v_j) [N, N,
 * B] of v [N, C, B]. */
gan__id gan__op_pairwise(gan__graph *graph, gan__id m);
gan__id gan__op_pairwise_pull(gan__graph *graph, gan__id w, gan__id m);
gan__id gan__op_pairwise_push(gan__graph *graph, gan__id v, gan__id m);
gan__id gan__op_stop_gradient(gan__graph *graph, gan__id a);

/* True when every element of the node is the same known constant. */
bool gan__is_constant(const gan__graph *graph, gan__id id, double *value);

#endif
