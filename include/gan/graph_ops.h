/* SPDX-License-Identifier: MIT */
/* The ops of a graph: arithmetic, functions, sums, shapes and products of the values that a
 * callback builds its term of. doc/ops.md has their derivatives. */
#ifndef GAN_GRAPH_OPS_H
#define GAN_GRAPH_OPS_H

#include <stdint.h>

#include <gan/graph.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every call takes values and gives a new one, or -1; graph.h tells of errors. Types are f32 and
 * f64 unless GAN_I32 is named too; the values of one op have one type, and so has the result. Axes
 * count from 0 and are less than the rank. */

/* How gan_graph_compare() compares. */
enum {
  GAN_COMPARE_LESS = 1,
  GAN_COMPARE_LESS_EQUAL = 2,
  GAN_COMPARE_EQUAL = 3,
  GAN_COMPARE_NOT_EQUAL = 4,
  GAN_COMPARE_GREATER_EQUAL = 5,
  GAN_COMPARE_GREATER = 6
};

/* ---- Element by element: the result has a's shape. Where the derivative is infinite or does not
 * exist, it is the one that the formula in brackets gives. ---- */

/* The negative, -a. Since 0.1. */
GAN_API int32_t gan_graph_neg(gan_graph *graph, int32_t a);

/* The exponential, e^a. Since 0.1. */
GAN_API int32_t gan_graph_exp(gan_graph *graph, int32_t a);

/* The natural logarithm, ln a [0 at 0]. Since 0.1. */
GAN_API int32_t gan_graph_log(gan_graph *graph, int32_t a);

/* ln(1 + a) [0 at -1]. Since 0.1. */
GAN_API int32_t gan_graph_log1p(gan_graph *graph, int32_t a);

/* a^(1/2) [0 at 0]. Since 0.1. */
GAN_API int32_t gan_graph_sqrt(gan_graph *graph, int32_t a);

/* a^(-1/2) [0 at 0]. Since 0.1. */
GAN_API int32_t gan_graph_rsqrt(gan_graph *graph, int32_t a);

/* The hyperbolic tangent, tanh a. Since 0.1. */
GAN_API int32_t gan_graph_tanh(gan_graph *graph, int32_t a);

/* 1 / (1 + e^-a). Since 0.1. */
GAN_API int32_t gan_graph_sigmoid(gan_graph *graph, int32_t a);

/* ln(1 + e^a) = max(a, 0) + ln(1 + e^-|a|), at any size of a. Since 0.1. */
GAN_API int32_t gan_graph_softplus(gan_graph *graph, int32_t a);

/* max(a, 0) [0 at 0]. Since 0.1. */
GAN_API int32_t gan_graph_relu(gan_graph *graph, int32_t a);

/* |a| [0 at 0]. Since 0.1. */
GAN_API int32_t gan_graph_abs(gan_graph *graph, int32_t a);

/* -1, 0 or 1 [0]. Since 0.1. */
GAN_API int32_t gan_graph_sign(gan_graph *graph, int32_t a);

/* 1 where a > 0, else 0 [0]. Since 0.1. */
GAN_API int32_t gan_graph_step(gan_graph *graph, int32_t a);

/* The sine of a, in radians. Since 0.1. */
GAN_API int32_t gan_graph_sin(gan_graph *graph, int32_t a);

/* The cosine of a, in radians. Since 0.1. */
GAN_API int32_t gan_graph_cos(gan_graph *graph, int32_t a);

/* 1 where a is neither infinite nor NaN, else 0 [0]. Since 0.1. */
GAN_API int32_t gan_graph_is_finite(gan_graph *graph, int32_t a);

/* a as GAN_F32, GAN_F64, GAN_I32 (toward zero; no derivative) or 0, the type of the networks; a may
 * have any type. Since 0.1. */
GAN_API int32_t gan_graph_cast(gan_graph *graph, int32_t a, int32_t dtype);

/* The square, a^2. Since 0.1. */
GAN_API int32_t gan_graph_square(gan_graph *graph, int32_t a);

/* factor a; a finite factor. Since 0.1. */
GAN_API int32_t gan_graph_scale(gan_graph *graph, int32_t a, double factor);

/* a + term; a finite term. Since 0.1. */
GAN_API int32_t gan_graph_shift(gan_graph *graph, int32_t a, double term);

/* min(max(a, low), high) for finite low <= high [1 from low to high, else 0]. Since 0.1. */
GAN_API int32_t gan_graph_clamp(gan_graph *graph, int32_t a, double low, double high);

/* ---- Of several values, by NumPy's rule: shapes are aligned at their last axes, and a size of 1,
 * or none, stretches to the other's: [N, 3] with [3], [N, 1] or a scalar. GAN_I32 is allowed, but
 * not for div and pow. ---- */

/* The sum a + b. Since 0.1. */
GAN_API int32_t gan_graph_add(gan_graph *graph, int32_t a, int32_t b);

/* The difference a - b. Since 0.1. */
GAN_API int32_t gan_graph_sub(gan_graph *graph, int32_t a, int32_t b);

/* The product a b. Since 0.1. */
GAN_API int32_t gan_graph_mul(gan_graph *graph, int32_t a, int32_t b);

/* The quotient a / b [0 where b = 0]. Since 0.1. */
GAN_API int32_t gan_graph_div(gan_graph *graph, int32_t a, int32_t b);

/* The larger of a and b [that of a where they are equal]. Since 0.1. */
GAN_API int32_t gan_graph_max(gan_graph *graph, int32_t a, int32_t b);

/* The smaller of a and b [that of a where they are equal]. Since 0.1. */
GAN_API int32_t gan_graph_min(gan_graph *graph, int32_t a, int32_t b);

/* The power a^b [by a: 0 where a = 0; by b: 0 where a <= 0]. Since 0.1. */
GAN_API int32_t gan_graph_pow(gan_graph *graph, int32_t a, int32_t b);

/* 1 where the comparison `kind`, GAN_COMPARE_*, of a with b holds, else 0 [0]. Since 0.1. */
GAN_API int32_t gan_graph_compare(gan_graph *graph, int32_t a, int32_t kind, int32_t b);

/* yes where condition != 0, else no. Since 0.1. */
GAN_API int32_t gan_graph_select(gan_graph *graph, int32_t condition, int32_t yes, int32_t no);

/* ---- Over axes first .. first + count - 1, which disappear; with count 0 each element is alone.
 * ---- */

/* The sum over the axes; GAN_I32 is allowed. Since 0.1. */
GAN_API int32_t gan_graph_sum(gan_graph *graph, int32_t a, int32_t first, int32_t count);

/* The sum of all elements, a scalar; GAN_I32 is allowed. Since 0.1. */
GAN_API int32_t gan_graph_sum_all(gan_graph *graph, int32_t a);

/* The mean over the axes. Since 0.1. */
GAN_API int32_t gan_graph_mean(gan_graph *graph, int32_t a, int32_t first, int32_t count);

/* The mean of all elements, a scalar. Since 0.1. */
GAN_API int32_t gan_graph_mean_all(gan_graph *graph, int32_t a);

/* The Euclidean norm over the axes: (sum a^2)^(1/2) [0 at 0]. Since 0.1. */
GAN_API int32_t gan_graph_norm(gan_graph *graph, int32_t a, int32_t first, int32_t count);

/* The sum of the products of the elements of a and b, of one shape: a scalar. Since 0.1. */
GAN_API int32_t gan_graph_dot(gan_graph *graph, int32_t a, int32_t b);

/* The largest element along one axis, which disappears; GAN_I32 is allowed [1 for the first index
 * that has it, else 0]. Since 0.1. */
GAN_API int32_t gan_graph_maximum(gan_graph *graph, int32_t a, int32_t axis);

/* Its first index, GAN_I32; the axis disappears [0]. GAN_I32 is allowed. Since 0.1. */
GAN_API int32_t gan_graph_argmax(gan_graph *graph, int32_t a, int32_t axis);

/* ln sum e^a along one axis, which disappears: m + ln sum e^(a - m) with m the largest, so that
 * nothing overflows. Since 0.1. */
GAN_API int32_t gan_graph_logsumexp(gan_graph *graph, int32_t a, int32_t axis);

/* a - logsumexp(a) along one axis, which stays. Since 0.1. */
GAN_API int32_t gan_graph_log_softmax(gan_graph *graph, int32_t a, int32_t axis);

/* e^a / sum e^a along one axis, which stays; likewise. Since 0.1. */
GAN_API int32_t gan_graph_softmax(gan_graph *graph, int32_t a, int32_t axis);

/* ---- Shapes. GAN_I32 is allowed. ---- */

/* The same elements, row by row, as `rank` (0 to 6) sizes `dims`. Since 0.1. */
GAN_API int32_t gan_graph_reshape(gan_graph *graph, int32_t a, int32_t rank, const int64_t *dims);

/* A new axis of size 1 before `axis`, or at the end where axis is the rank: [N] and 1 give [N, 1],
 * which fits [N, 3]. Since 0.1. */
GAN_API int32_t gan_graph_insert_axis(gan_graph *graph, int32_t a, int32_t axis);

/* Axis i of the result is axis order[i] of a; `rank` is the rank of a. Since 0.1. */
GAN_API int32_t gan_graph_transpose(gan_graph *graph, int32_t a, int32_t rank,
                                    const int32_t *order);

/* a backwards along one axis. Since 0.1. */
GAN_API int32_t gan_graph_reverse(gan_graph *graph, int32_t a, int32_t axis);

/* a stretched to `rank` sizes `dims` by NumPy's rule. Since 0.1. */
GAN_API int32_t gan_graph_broadcast(gan_graph *graph, int32_t a, int32_t rank, const int64_t *dims);

/* Indices start, start + step, ... before stop of one axis: 0 <= start < stop <= size, step >= 1.
 * Since 0.1. */
GAN_API int32_t gan_graph_slice(gan_graph *graph, int32_t a, int32_t axis, int64_t start,
                                int64_t stop, int64_t step);

/* Zeros along one axis: `low` before, `high` after, `interior` between two neighbours, each at
 * least 0. Since 0.1. */
GAN_API int32_t gan_graph_pad(gan_graph *graph, int32_t a, int32_t axis, int64_t low, int64_t high,
                              int64_t interior);

/* Parts [count] one after the other along one axis; their other sizes are equal. Since 0.1. */
GAN_API int32_t gan_graph_concat(gan_graph *graph, const int32_t *parts, int32_t count,
                                 int32_t axis);

/* Row index[i] of a [R, ...] as row i: [N, ...] for an index [N], GAN_I32; zeros where it is
 * outside 0 .. R - 1. Since 0.1. */
GAN_API int32_t gan_graph_gather(gan_graph *graph, int32_t a, int32_t index);

/* The reverse: [rows, ...] zeros, to whose row index[i] row i of a [N, ...] is added, unless
 * outside 0 .. rows - 1. a is f32 or f64. Since 0.1. */
GAN_API int32_t gan_graph_scatter(gan_graph *graph, int32_t a, int32_t index, int64_t rows);

/* An index [N], GAN_I32, as rows of the networks' type: [N, classes], 1 in column index[i], else 0.
 * Since 0.1. */
GAN_API int32_t gan_graph_one_hot(gan_graph *graph, int32_t index, int64_t classes);

/* The matrix product [M, K] [K, N] = [M, N], or of each of B pairs, [B, M, K] [B, K, N]; a or b is
 * transposed first where transpose_a or transpose_b, 0 or 1, says so. Since 0.1. */
GAN_API int32_t gan_graph_matmul(gan_graph *graph, int32_t a, int32_t b, int32_t transpose_a,
                                 int32_t transpose_b);

#ifdef __cplusplus
}
#endif

#endif
