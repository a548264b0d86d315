/* SPDX-License-Identifier: MIT */
/* Job: the public calls of graph_ops.h: check arguments, call down. */
#include <gan/graph_ops.h>

#include "base/memory.h"
#include "base/text.h"
#include "graph/compose.h"
#include "graph/scene.h"

/* ---- Element by element. ---- */

/* The types that the row of an op allows. */
static int32_t types_of(gan__op op) {
  return gan__ops[op].flags & GAN__INTEGERS ? GAN__TAKES_ALL : GAN__TAKES_FLOATS;
}

static int32_t unary(gan_graph *graph, gan__op op, int32_t a) {
  gan__id id = gan__scene_take(graph, gan__ops[op].name, a, types_of(op));
  return id == GAN__NONE ? -1 : gan__scene_give(graph, gan__op_unary(graph->graph, op, id));
}

int32_t gan_graph_neg(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_NEG, a);
}
int32_t gan_graph_exp(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_EXP, a);
}
int32_t gan_graph_log(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_LOG, a);
}
int32_t gan_graph_log1p(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_LOG1P, a);
}
int32_t gan_graph_sqrt(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_SQRT, a);
}
int32_t gan_graph_rsqrt(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_RSQRT, a);
}
int32_t gan_graph_tanh(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_TANH, a);
}
int32_t gan_graph_sigmoid(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_SIGMOID, a);
}
int32_t gan_graph_softplus(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_SOFTPLUS, a);
}
int32_t gan_graph_relu(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_RELU, a);
}
int32_t gan_graph_abs(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_ABS, a);
}
int32_t gan_graph_sign(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_SIGN, a);
}
int32_t gan_graph_step(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_STEP, a);
}
int32_t gan_graph_sin(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_SIN, a);
}
int32_t gan_graph_cos(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_COS, a);
}
int32_t gan_graph_is_finite(gan_graph *graph, int32_t a) {
  return unary(graph, GAN__OP_IS_FINITE, a);
}

int32_t gan_graph_cast(gan_graph *graph, int32_t a, int32_t dtype) {
  gan__id id = gan__scene_take(graph, "cast", a, GAN__TAKES_ALL);
  if (!gan__scene_dtype(graph, "cast", GAN__TAKES_ALL, &dtype)) return -1;
  return gan__scene_give(graph, gan__op_cast(graph->graph, id, dtype));
}

int32_t gan_graph_square(gan_graph *graph, int32_t a) {
  gan__id id = gan__scene_take(graph, "square", a, GAN__TAKES_FLOATS);
  return id == GAN__NONE ? -1 : gan__scene_give(graph, gan__op_mul(graph->graph, id, id));
}

/* The value a, and a number that its type can hold. */
static gan__id take_with_number(gan_graph *graph, const char *op, int32_t a, double number) {
  gan__id id = gan__scene_take(graph, op, a, GAN__TAKES_FLOATS);
  if (id == GAN__NONE) return GAN__NONE;
  int32_t dtype = gan__node_at(graph->graph, id)->dtype;
  return gan__scene_number(graph, op, dtype, number) ? id : GAN__NONE;
}

int32_t gan_graph_scale(gan_graph *graph, int32_t a, double factor) {
  gan__id id = take_with_number(graph, "scale", a, factor);
  return id == GAN__NONE ? -1 : gan__scene_give(graph, gan__op_scale(graph->graph, id, factor));
}

int32_t gan_graph_shift(gan_graph *graph, int32_t a, double term) {
  gan__id id = take_with_number(graph, "shift", a, term);
  return id == GAN__NONE ? -1 : gan__scene_give(graph, gan__op_shift(graph->graph, id, term));
}

int32_t gan_graph_clamp(gan_graph *graph, int32_t a, double low, double high) {
  gan__id id = take_with_number(graph, "clamp", a, low);
  if (take_with_number(graph, "clamp", a, high) == GAN__NONE) return -1;
  char x[32], y[32];
  if (low > high)
    return gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "clamp: low is %s, high %s; low <= high",
                           gan__text_double(x, low), gan__text_double(y, high));
  return gan__scene_give(graph, gan__op_clamp(graph->graph, id, low, high));
}

/* ---- Of several values. ---- */

static int32_t binary(gan_graph *graph, gan__op op, int32_t a, int32_t b) {
  const char *name = gan__ops[op].name;
  gan__id x = gan__scene_take(graph, name, a, types_of(op));
  gan__id y = gan__scene_take(graph, name, b, types_of(op));
  if (!gan__scene_open(graph) || !gan__scene_pair(graph, name, x, y)) return -1;
  return gan__scene_give(graph, gan__op_binary(graph->graph, op, x, y));
}

int32_t gan_graph_add(gan_graph *graph, int32_t a, int32_t b) {
  return binary(graph, GAN__OP_ADD, a, b);
}
int32_t gan_graph_sub(gan_graph *graph, int32_t a, int32_t b) {
  return binary(graph, GAN__OP_SUB, a, b);
}
int32_t gan_graph_mul(gan_graph *graph, int32_t a, int32_t b) {
  return binary(graph, GAN__OP_MUL, a, b);
}
int32_t gan_graph_div(gan_graph *graph, int32_t a, int32_t b) {
  return binary(graph, GAN__OP_DIV, a, b);
}
int32_t gan_graph_max(gan_graph *graph, int32_t a, int32_t b) {
  return binary(graph, GAN__OP_MAX, a, b);
}
int32_t gan_graph_min(gan_graph *graph, int32_t a, int32_t b) {
  return binary(graph, GAN__OP_MIN, a, b);
}
int32_t gan_graph_pow(gan_graph *graph, int32_t a, int32_t b) {
  return binary(graph, GAN__OP_POW, a, b);
}

int32_t gan_graph_compare(gan_graph *graph, int32_t a, int32_t kind, int32_t b) {
  gan__id x = gan__scene_take(graph, "compare", a, GAN__TAKES_ALL);
  gan__id y = gan__scene_take(graph, "compare", b, GAN__TAKES_ALL);
  if (!gan__scene_open(graph) || !gan__scene_pair(graph, "compare", x, y)) return -1;
  if (kind < GAN_COMPARE_LESS || kind > GAN_COMPARE_GREATER)
    return gan__scene_fail(graph, GAN_ERROR_ARGUMENT,
                           "compare: kind is %d; GAN_COMPARE_* are 1 to %d", kind,
                           GAN_COMPARE_GREATER);
  kind += GAN__LESS - GAN_COMPARE_LESS;
  return gan__scene_give(graph, gan__op_compare(graph->graph, x, kind, y));
}

int32_t gan_graph_select(gan_graph *graph, int32_t condition, int32_t yes, int32_t no) {
  gan__id test = gan__scene_take(graph, "select", condition, GAN__TAKES_ALL);
  gan__id x = gan__scene_take(graph, "select", yes, GAN__TAKES_ALL);
  gan__id y = gan__scene_take(graph, "select", no, GAN__TAKES_ALL);
  if (!gan__scene_open(graph) || !gan__scene_pair(graph, "select", test, x)) return -1;
  if (!gan__scene_pair(graph, "select", test, y) || !gan__scene_pair(graph, "select", x, y))
    return -1;
  return gan__scene_give(graph, gan__op_select(graph->graph, test, x, y));
}

/* ---- Over axes. ---- */

typedef gan__id over_axes(gan__graph *graph, gan__id a, int32_t first, int32_t count);
typedef gan__id over_axis(gan__graph *graph, gan__id a, int32_t axis);
typedef gan__id over_all(gan__graph *graph, gan__id a);

static int32_t reduce(gan_graph *graph, gan__id id, const char *name, over_axes *build,
                      const int32_t axes[2]) {
  if (id == GAN__NONE || !gan__scene_axes(graph, name, id, axes[0], axes[1])) return -1;
  return gan__scene_give(graph, build(graph->graph, id, axes[0], axes[1]));
}

static int32_t reduce_one(gan_graph *graph, gan__id id, const char *name, over_axis *build,
                          int32_t axis) {
  if (id == GAN__NONE || !gan__scene_axis(graph, name, id, axis)) return -1;
  return gan__scene_give(graph, build(graph->graph, id, axis));
}

static int32_t reduce_all(gan_graph *graph, gan__id id, over_all *build) {
  return id == GAN__NONE ? -1 : gan__scene_give(graph, build(graph->graph, id));
}

int32_t gan_graph_sum(gan_graph *graph, int32_t a, int32_t first, int32_t count) {
  gan__id id = gan__scene_take(graph, "sum", a, GAN__TAKES_ALL);
  return reduce(graph, id, "sum", gan__op_sum, (int32_t[]){first, count});
}

int32_t gan_graph_sum_all(gan_graph *graph, int32_t a) {
  return reduce_all(graph, gan__scene_take(graph, "sum", a, GAN__TAKES_ALL), gan__op_sum_all);
}

int32_t gan_graph_mean(gan_graph *graph, int32_t a, int32_t first, int32_t count) {
  gan__id id = gan__scene_take(graph, "mean", a, GAN__TAKES_FLOATS);
  return reduce(graph, id, "mean", gan__op_mean, (int32_t[]){first, count});
}

int32_t gan_graph_mean_all(gan_graph *graph, int32_t a) {
  return reduce_all(graph, gan__scene_take(graph, "mean", a, GAN__TAKES_FLOATS), gan__op_mean_all);
}

int32_t gan_graph_norm(gan_graph *graph, int32_t a, int32_t first, int32_t count) {
  gan__id id = gan__scene_take(graph, "norm", a, GAN__TAKES_FLOATS);
  return reduce(graph, id, "norm", gan__op_norm, (int32_t[]){first, count});
}

int32_t gan_graph_dot(gan_graph *graph, int32_t a, int32_t b) {
  gan__id x = gan__scene_take(graph, "dot", a, GAN__TAKES_FLOATS);
  gan__id y = gan__scene_take(graph, "dot", b, GAN__TAKES_FLOATS);
  if (!gan__scene_open(graph) || !gan__scene_alike(graph, "dot", x, y)) return -1;
  gan__shape left = gan__node_at(graph->graph, x)->shape;
  gan__shape right = gan__node_at(graph->graph, y)->shape;
  char one[GAN__SHAPE_TEXT], other[GAN__SHAPE_TEXT];
  if (!gan__shape_equal(&left, &right))
    return gan__scene_fail(graph, GAN_ERROR_SHAPE, "dot: shapes %s and %s are not equal",
                           gan__shape_text(one, &left), gan__shape_text(other, &right));
  return gan__scene_give(graph, gan__op_sum_all(graph->graph, gan__op_mul(graph->graph, x, y)));
}

int32_t gan_graph_maximum(gan_graph *graph, int32_t a, int32_t axis) {
  gan__id id = gan__scene_take(graph, "maximum", a, GAN__TAKES_ALL);
  return reduce_one(graph, id, "maximum", gan__op_maximum, axis);
}

int32_t gan_graph_argmax(gan_graph *graph, int32_t a, int32_t axis) {
  gan__id id = gan__scene_take(graph, "argmax", a, GAN__TAKES_ALL);
  return reduce_one(graph, id, "argmax", gan__op_argmax, axis);
}

int32_t gan_graph_logsumexp(gan_graph *graph, int32_t a, int32_t axis) {
  gan__id id = gan__scene_take(graph, "logsumexp", a, GAN__TAKES_FLOATS);
  return reduce_one(graph, id, "logsumexp", gan__op_logsumexp, axis);
}

int32_t gan_graph_log_softmax(gan_graph *graph, int32_t a, int32_t axis) {
  gan__id id = gan__scene_take(graph, "log_softmax", a, GAN__TAKES_FLOATS);
  return reduce_one(graph, id, "log_softmax", gan__op_log_softmax, axis);
}

int32_t gan_graph_softmax(gan_graph *graph, int32_t a, int32_t axis) {
  gan__id id = gan__scene_take(graph, "softmax", a, GAN__TAKES_FLOATS);
  return reduce_one(graph, id, "softmax", gan__op_softmax, axis);
}

/* ---- Shapes. ---- */

static const gan__shape *shape_of(const gan_graph *graph, gan__id id) {
  return &gan__node_at(graph->graph, id)->shape;
}

/* What is wrong between two shapes. */
static int32_t refuse_shapes(gan_graph *graph, const char *op, gan__id a, const char *relation,
                             const gan__shape *b) {
  char from[GAN__SHAPE_TEXT], to[GAN__SHAPE_TEXT];
  return gan__scene_fail(graph, GAN_ERROR_SHAPE, "%s: %s %s %s", op,
                         gan__shape_text(from, shape_of(graph, a)), relation,
                         gan__shape_text(to, b));
}

int32_t gan_graph_reshape(gan_graph *graph, int32_t a, int32_t rank, const int64_t *dims) {
  gan__shape shape;
  gan__id id = gan__scene_take(graph, "reshape", a, GAN__TAKES_ALL);
  if (!gan__scene_shape(graph, "reshape", rank, dims, &shape)) return -1;
  if (!gan__shape_valid(&shape, GAN_F64)
      || gan__shape_count(&shape) != gan__shape_count(shape_of(graph, id)))
    return refuse_shapes(graph, "reshape", id, "has not as many elements as", &shape);
  return gan__scene_give(graph, gan__op_reshape(graph->graph, id, &shape));
}

int32_t gan_graph_insert_axis(gan_graph *graph, int32_t a, int32_t axis) {
  gan__id id = gan__scene_take(graph, "insert_axis", a, GAN__TAKES_ALL);
  if (id == GAN__NONE) return -1;
  int32_t rank = shape_of(graph, id)->rank;
  if (rank == GAN__RANK_MAX)
    return gan__scene_fail(graph, GAN_ERROR_SHAPE, "insert_axis: the rank is %d already", rank);
  if (axis < 0 || axis > rank)
    return gan__scene_fail(graph, GAN_ERROR_SHAPE,
                           "insert_axis: axis is %d; allowed are 0 to the rank, %d", axis, rank);
  return gan__scene_give(graph, gan__op_insert_axis(graph->graph, id, axis));
}

int32_t gan_graph_transpose(gan_graph *graph, int32_t a, int32_t rank, const int32_t *order) {
  gan__id id = gan__scene_take(graph, "transpose", a, GAN__TAKES_ALL);
  if (id == GAN__NONE) return -1;
  int32_t own = shape_of(graph, id)->rank;
  if (rank != own)
    return gan__scene_fail(graph, GAN_ERROR_SHAPE, "transpose: rank is %d; that of value %d is %d",
                           rank, a, own);
  if (!order && rank > 0)
    return gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "transpose: order is NULL");
  uint32_t seen = 0;
  for (int32_t i = 0; i < rank; i++) {
    if (order[i] < 0 || order[i] >= rank || (seen >> order[i] & 1))
      return gan__scene_fail(graph, GAN_ERROR_ARGUMENT,
                             "transpose: order[%d] is %d; each of 0 to %d must be there once", i,
                             order[i], rank - 1);
    seen |= 1u << order[i];
  }
  return gan__scene_give(graph, gan__op_transpose(graph->graph, id, order));
}

int32_t gan_graph_reverse(gan_graph *graph, int32_t a, int32_t axis) {
  gan__id id = gan__scene_take(graph, "reverse", a, GAN__TAKES_ALL);
  return reduce_one(graph, id, "reverse", gan__op_reverse, axis);
}

int32_t gan_graph_broadcast(gan_graph *graph, int32_t a, int32_t rank, const int64_t *dims) {
  gan__shape shape;
  gan__id id = gan__scene_take(graph, "broadcast", a, GAN__TAKES_ALL);
  if (!gan__scene_shape(graph, "broadcast", rank, dims, &shape)) return -1;
  const gan__shape *from = shape_of(graph, id);
  int32_t lead = rank - from->rank;
  bool fits = lead >= 0;
  for (int32_t i = 0; fits && i < from->rank; i++)
    fits = from->dims[i] == 1 || from->dims[i] == shape.dims[lead + i];
  if (!fits)
    return refuse_shapes(graph, "broadcast", id,
                         "(sizes, counted from the last, equal or 1) does not stretch to", &shape);
  return gan__scene_give(graph, gan__op_broadcast_to(graph->graph, id, &shape));
}

int32_t gan_graph_slice(gan_graph *graph, int32_t a, int32_t axis, int64_t start, int64_t stop,
                        int64_t step) {
  gan__id id = gan__scene_take(graph, "slice", a, GAN__TAKES_ALL);
  if (id == GAN__NONE || !gan__scene_axis(graph, "slice", id, axis)) return -1;
  int64_t size = shape_of(graph, id)->dims[axis];
  if (start < 0 || start >= stop || stop > size || step < 1)
    return gan__scene_fail(graph, GAN_ERROR_SHAPE,
                           "slice: %lld to %lld by %lld of axis %d, whose size is %lld; allowed: 0 "
                           "<= start < stop <= size, step >= 1",
                           (long long)start, (long long)stop, (long long)step, axis,
                           (long long)size);
  /* A step beyond the end takes one element; as large as that is enough, and cannot overflow. */
  if (step > size) step = size;
  return gan__scene_give(graph, gan__op_slice(graph->graph, id, axis, start, stop, step));
}

int32_t gan_graph_pad(gan_graph *graph, int32_t a, int32_t axis, int64_t low, int64_t high,
                      int64_t interior) {
  gan__id id = gan__scene_take(graph, "pad", a, GAN__TAKES_ALL);
  if (id == GAN__NONE || !gan__scene_axis(graph, "pad", id, axis)) return -1;
  if (low < 0 || high < 0 || interior < 0)
    return gan__scene_fail(graph, GAN_ERROR_ARGUMENT,
                           "pad: low is %lld, high %lld, interior %lld; at least 0 is allowed",
                           (long long)low, (long long)high, (long long)interior);
  return gan__scene_give(graph, gan__op_pad(graph->graph, id, axis, low, high, interior));
}

/* True when two parts have one type and equal sizes along all axes but one. */
static bool parts_fit(const gan_graph *graph, gan__id a, gan__id b, int32_t axis) {
  const gan__node *x = gan__node_at(graph->graph, a), *y = gan__node_at(graph->graph, b);
  bool fits = x->dtype == y->dtype && x->shape.rank == y->shape.rank;
  for (int32_t i = 0; fits && i < x->shape.rank; i++)
    fits = i == axis || x->shape.dims[i] == y->shape.dims[i];
  return fits;
}

static int32_t join(gan_graph *graph, gan__id *nodes, const int32_t *parts, int32_t count,
                    int32_t axis) {
  char first[GAN__SHAPE_TEXT], other[GAN__SHAPE_TEXT];
  for (int32_t i = 0; i < count; i++) {
    nodes[i] = gan__scene_take(graph, "concat", parts[i], GAN__TAKES_ALL);
    if (nodes[i] == GAN__NONE || !gan__scene_axis(graph, "concat", nodes[i], axis)) return -1;
    const gan__node *a = gan__node_at(graph->graph, nodes[0]);
    const gan__node *b = gan__node_at(graph->graph, nodes[i]);
    if (!parts_fit(graph, nodes[0], nodes[i], axis))
      return gan__scene_fail(graph, GAN_ERROR_SHAPE,
                             "concat: %s %s and %s %s; type and all sizes but that of axis %d must "
                             "be equal",
                             gan__dtype_name(a->dtype), gan__shape_text(first, &a->shape),
                             gan__dtype_name(b->dtype), gan__shape_text(other, &b->shape), axis);
  }
  return gan__scene_give(graph, gan__op_concat(graph->graph, nodes, count, axis));
}

int32_t gan_graph_concat(gan_graph *graph, const int32_t *parts, int32_t count, int32_t axis) {
  if (!gan__scene_open(graph)) return -1;
  if (!parts) return gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "concat: parts is NULL");
  if (count < 1)
    return gan__scene_fail(graph, GAN_ERROR_ARGUMENT, "concat: count is %d; at least 1 is allowed",
                           count);
  gan_context *context = graph->graph->context;
  gan__id *nodes = gan__allocate(context, (uint64_t)count, sizeof *nodes);
  if (!nodes) return gan__scene_out_of_memory(graph);
  int32_t value = join(graph, nodes, parts, count, axis);
  gan__release(context, nodes);
  return value;
}

/* Rows of a and an index of the shape that a gather or, with `rows`, a scatter needs. */
static bool indexed(gan_graph *graph, const char *op, gan__id a, gan__id index, bool rows) {
  const gan__shape *from = shape_of(graph, a), *at = shape_of(graph, index);
  if (from->rank >= 1 && at->rank == 1 && (!rows || at->dims[0] == from->dims[0])) return true;
  char one[GAN__SHAPE_TEXT], other[GAN__SHAPE_TEXT];
  gan__scene_fail(graph, GAN_ERROR_SHAPE, "%s: a is %s, index %s; allowed are %s", op,
                  gan__shape_text(one, from), gan__shape_text(other, at),
                  rows ? "[N, ...] and [N]" : "[R, ...] and [N]");
  return false;
}

int32_t gan_graph_gather(gan_graph *graph, int32_t a, int32_t index) {
  gan__id from = gan__scene_take(graph, "gather", a, GAN__TAKES_ALL);
  gan__id at = gan__scene_take(graph, "gather", index, GAN__TAKES_INTEGERS);
  if (at == GAN__NONE || !indexed(graph, "gather", from, at, false)) return -1;
  return gan__scene_give(graph, gan__op_gather(graph->graph, from, at));
}

int32_t gan_graph_scatter(gan_graph *graph, int32_t a, int32_t index, int64_t rows) {
  gan__id from = gan__scene_take(graph, "scatter", a, GAN__TAKES_FLOATS);
  gan__id at = gan__scene_take(graph, "scatter", index, GAN__TAKES_INTEGERS);
  if (at == GAN__NONE || !indexed(graph, "scatter", from, at, true)) return -1;
  if (rows < 1)
    return gan__scene_fail(graph, GAN_ERROR_ARGUMENT,
                           "scatter: rows is %lld; at least 1 is allowed", (long long)rows);
  return gan__scene_give(graph, gan__op_scatter(graph->graph, from, at, rows));
}

int32_t gan_graph_one_hot(gan_graph *graph, int32_t index, int64_t classes) {
  gan__id at = gan__scene_take(graph, "one_hot", index, GAN__TAKES_INTEGERS);
  if (at == GAN__NONE) return -1;
  char text[GAN__SHAPE_TEXT];
  if (shape_of(graph, at)->rank != 1)
    return gan__scene_fail(graph, GAN_ERROR_SHAPE, "one_hot: index is %s; allowed is [N]",
                           gan__shape_text(text, shape_of(graph, at)));
  if (classes < 1)
    return gan__scene_fail(graph, GAN_ERROR_ARGUMENT,
                           "one_hot: classes is %lld; at least 1 is allowed", (long long)classes);
  int32_t dtype = graph->scene->dtype;
  return gan__scene_give(graph, gan__op_one_hot(graph->graph, at, classes, dtype));
}

int32_t gan_graph_matmul(gan_graph *graph, int32_t a, int32_t b, int32_t transpose_a,
                         int32_t transpose_b) {
  gan__id x = gan__scene_take(graph, "matmul", a, GAN__TAKES_FLOATS);
  gan__id y = gan__scene_take(graph, "matmul", b, GAN__TAKES_FLOATS);
  if (!gan__scene_open(graph)) return -1;
  if ((transpose_a != 0 && transpose_a != 1) || (transpose_b != 0 && transpose_b != 1))
    return gan__scene_fail(graph, GAN_ERROR_ARGUMENT,
                           "matmul: transpose_a is %d, transpose_b %d; allowed are 0 and 1",
                           transpose_a, transpose_b);
  if (!gan__scene_alike(graph, "matmul", x, y)) return -1;
  const gan__shape *left = shape_of(graph, x), *right = shape_of(graph, y);
  int32_t rank = left->rank;
  bool fits = rank == right->rank && (rank == 2 || rank == 3)
              && (rank == 2 || left->dims[0] == right->dims[0]);
  fits = fits && left->dims[rank - 1 - transpose_a] == right->dims[rank - 2 + transpose_b];
  static const char *const relations[2][2] = {
      {"does not fit", "does not fit the transpose of"},
      {"transposed does not fit", "transposed does not fit the transpose of"}};
  if (!fits) return refuse_shapes(graph, "matmul", x, relations[transpose_a][transpose_b], right);
  return gan__scene_give(graph, gan__op_matmul(graph->graph, x, y, transpose_a, transpose_b));
}
