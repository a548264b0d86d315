/* SPDX-License-Identifier: MIT */
#include "interpret.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "kern/kern.h"

typedef struct naive_call {
  const gan__graph *graph;
  gan__id id;
  const gan__node *node;
  const int64_t *attrs;
  const interpret_inputs *given;
  const double **in; /* [node->input_count] */
  double *out;
} naive_call;

typedef struct place {
  int64_t at[GAN__RANK_MAX];
} place;

static place unravel(const gan__shape *shape, int64_t flat) {
  place p = {{0}};
  for (int32_t i = shape->rank - 1; i >= 0; i--) {
    p.at[i] = flat % shape->dims[i];
    flat /= shape->dims[i];
  }
  return p;
}

static int64_t ravel(const gan__shape *shape, const place *p) {
  int64_t flat = 0;
  for (int32_t i = 0; i < shape->rank; i++)
    flat = flat * shape->dims[i] + p->at[i];
  return flat;
}

static const gan__shape *shape_of(const naive_call *c, int32_t input) {
  return &gan__node_at(c->graph, gan__node_input(c->graph, c->id, input))->shape;
}

static int64_t total(const naive_call *c) {
  return gan__shape_count(&c->node->shape);
}

/* What an element of the type can hold. */
static double as_type(double value, int32_t dtype) {
  if (dtype == GAN_F32) return (float)value;
  if (dtype == GAN_F64) return value;
  if (isnan(value)) return 0;
  return value >= INT32_MAX ? INT32_MAX : value <= INT32_MIN ? INT32_MIN : trunc(value);
}

/* -- sources -- */

static void naive_input(const naive_call *c) {
  memcpy(c->out, c->given->slots[c->attrs[0]], (size_t)total(c) * sizeof *c->out);
}

static void naive_read(const naive_call *c) {
  memcpy(c->out, c->given->states[c->attrs[0]], (size_t)total(c) * sizeof *c->out);
}

static void naive_constant(const naive_call *c) {
  for (int64_t i = 0; i < total(c); i++)
    c->out[i] = as_type(gan__bits_double(c->attrs[0]), c->node->dtype);
}

static void naive_iota(const naive_call *c) {
  for (int64_t i = 0; i < total(c); i++)
    c->out[i] = (double)unravel(&c->node->shape, i).at[c->attrs[0]];
}

/* Element i takes word i mod 4 of Philox block i / 4 (kern/kern.h). */
static double unit(const naive_call *c, int64_t word) {
  uint32_t words[4];
  uint64_t key = gan__draw_key(c->given->seed, (uint64_t)c->attrs[0]);
  gan__philox(key, (uint64_t)(word / 4), c->given->step, words);
  return gan__unit(words[word % 4]);
}

static void naive_uniform(const naive_call *c) {
  for (int64_t i = 0; i < total(c); i++)
    c->out[i] = unit(c, i);
}

static void naive_normal(const naive_call *c) {
  for (int64_t i = 0; i < total(c); i++) {
    double radius = sqrt(-2 * log(unit(c, i / 2 * 2)));
    double turn = 2 * 3.14159265358979323846 * unit(c, i / 2 * 2 + 1);
    c->out[i] = radius * (i % 2 ? sin(turn) : cos(turn));
  }
}

/* -- elementwise -- */

static void naive_elementwise(const naive_call *c) {
  enum { INPUTS = 64 };
  for (int64_t i = 0; i < total(c); i++) {
    double x[INPUTS];
    for (int32_t k = 0; k < c->node->input_count; k++)
      x[k] = c->in[k][i];
    c->out[i] = gan__ops[c->node->op].evaluate(x, c->node->input_count, c->attrs);
    if (c->node->dtype == GAN_I32) c->out[i] = as_type(c->out[i], GAN_I32);
  }
}

static void naive_cast(const naive_call *c) {
  for (int64_t i = 0; i < total(c); i++)
    c->out[i] = as_type(c->in[0][i], c->node->dtype);
}

/* -- reductions -- */

/* The place in the result to which a place of the input belongs. */
static int64_t reduced(const naive_call *c, int64_t flat) {
  place from = unravel(shape_of(c, 0), flat), to = {{0}};
  int32_t rank = 0;
  for (int32_t i = 0; i < shape_of(c, 0)->rank; i++)
    if (i < c->attrs[0] || i >= c->attrs[0] + c->attrs[1]) to.at[rank++] = from.at[i];
  return ravel(&c->node->shape, &to);
}

static void naive_sum(const naive_call *c) {
  for (int64_t i = 0; i < gan__shape_count(shape_of(c, 0)); i++)
    c->out[reduced(c, i)] += c->in[0][i];
}

/* `where` gets the first index of the largest, or of the first NaN. */
static void largest(const naive_call *c, double *best, double *where) {
  for (int64_t i = 0; i < total(c); i++)
    best[i] = -INFINITY;
  for (int64_t i = 0; i < gan__shape_count(shape_of(c, 0)); i++) {
    int64_t to = reduced(c, i), index = unravel(shape_of(c, 0), i).at[c->attrs[0]];
    double value = c->in[0][i];
    if (isnan(best[to]) || (!isnan(value) && value <= best[to] && index > 0)) continue;
    best[to] = value;
    where[to] = (double)index;
  }
}

static void naive_maximum(const naive_call *c) {
  double *where = calloc((size_t)total(c) + 1, sizeof *where);
  largest(c, c->out, where);
  free(where);
}

static void naive_argmax(const naive_call *c) {
  double *best = calloc((size_t)total(c) + 1, sizeof *best);
  largest(c, best, c->out);
  free(best);
}

/* -- movement -- */

static void naive_copy(const naive_call *c) {
  memcpy(c->out, c->in[0], (size_t)total(c) * sizeof *c->out);
}

static void naive_transpose(const naive_call *c) {
  for (int64_t i = 0; i < total(c); i++) {
    place to = unravel(&c->node->shape, i), from = {{0}};
    for (int32_t k = 0; k < c->node->attr_count; k++)
      from.at[c->attrs[k]] = to.at[k];
    c->out[i] = c->in[0][ravel(shape_of(c, 0), &from)];
  }
}

static void naive_broadcast(const naive_call *c) {
  for (int64_t i = 0; i < total(c); i++) {
    place to = unravel(&c->node->shape, i), from = {{0}};
    for (int32_t k = 0; k < c->node->attr_count; k++)
      from.at[k] = to.at[c->attrs[k]];
    c->out[i] = c->in[0][ravel(shape_of(c, 0), &from)];
  }
}

static void naive_reverse(const naive_call *c) {
  int64_t axis = c->attrs[0];
  for (int64_t i = 0; i < total(c); i++) {
    place p = unravel(&c->node->shape, i);
    p.at[axis] = c->node->shape.dims[axis] - 1 - p.at[axis];
    c->out[i] = c->in[0][ravel(shape_of(c, 0), &p)];
  }
}

static void naive_slice(const naive_call *c) {
  int64_t axis = c->attrs[0];
  for (int64_t i = 0; i < total(c); i++) {
    place p = unravel(&c->node->shape, i);
    p.at[axis] = c->attrs[1] + p.at[axis] * c->attrs[3];
    c->out[i] = c->in[0][ravel(shape_of(c, 0), &p)];
  }
}

static void naive_pad(const naive_call *c) {
  int64_t axis = c->attrs[0];
  for (int64_t i = 0; i < gan__shape_count(shape_of(c, 0)); i++) {
    place p = unravel(shape_of(c, 0), i);
    p.at[axis] = c->attrs[1] + p.at[axis] * (c->attrs[3] + 1);
    c->out[ravel(&c->node->shape, &p)] = c->in[0][i];
  }
}

static void naive_concat(const naive_call *c) {
  int64_t axis = c->attrs[0], before = 0;
  for (int32_t k = 0; k < c->node->input_count; k++) {
    const gan__shape *part = shape_of(c, k);
    for (int64_t i = 0; i < gan__shape_count(part); i++) {
      place p = unravel(part, i);
      p.at[axis] += before;
      c->out[ravel(&c->node->shape, &p)] = c->in[k][i];
    }
    before += part->dims[axis];
  }
}

static void naive_gather(const naive_call *c) {
  for (int64_t i = 0; i < total(c); i++) {
    place p = unravel(&c->node->shape, i);
    int64_t row = (int64_t)c->in[1][p.at[0]];
    p.at[0] = row;
    if (row >= 0 && row < shape_of(c, 0)->dims[0]) c->out[i] = c->in[0][ravel(shape_of(c, 0), &p)];
  }
}

static void naive_scatter(const naive_call *c) {
  for (int64_t i = 0; i < gan__shape_count(shape_of(c, 0)); i++) {
    place p = unravel(shape_of(c, 0), i);
    int64_t row = (int64_t)c->in[1][p.at[0]];
    p.at[0] = row;
    if (row >= 0 && row < c->node->shape.dims[0]) c->out[ravel(&c->node->shape, &p)] += c->in[0][i];
  }
}

/* The place with `index` between its axes as axis number `axis`. */
static place inserted(const place *p, int64_t axis, int64_t index) {
  place to = *p;
  for (int64_t i = GAN__RANK_MAX - 1; i > axis; i--)
    to.at[i] = p->at[i - 1];
  to.at[axis] = index;
  return to;
}

static void naive_take(const naive_call *c) {
  for (int64_t i = 0; i < total(c); i++) {
    place p = unravel(&c->node->shape, i), from = inserted(&p, c->attrs[0], (int64_t)c->in[1][i]);
    int64_t index = from.at[c->attrs[0]];
    if (index >= 0 && index < shape_of(c, 0)->dims[c->attrs[0]])
      c->out[i] = c->in[0][ravel(shape_of(c, 0), &from)];
  }
}

static void naive_put(const naive_call *c) {
  for (int64_t i = 0; i < gan__shape_count(shape_of(c, 0)); i++) {
    place p = unravel(shape_of(c, 0), i), to = inserted(&p, c->attrs[0], (int64_t)c->in[1][i]);
    int64_t index = to.at[c->attrs[0]];
    if (index >= 0 && index < c->attrs[1]) c->out[ravel(&c->node->shape, &to)] = c->in[0][i];
  }
}

/* -- products -- */

static void naive_pack(const naive_call *c) {
  const gan__shape *a = shape_of(c, 0);
  for (int64_t i = 0; i < total(c); i++) {
    place p = unravel(&c->node->shape, i);
    place from = {{p.at[1], p.at[0] * c->attrs[1] + p.at[2]}};
    if (c->attrs[0]) from = (place){{from.at[1], from.at[0]}};
    if (from.at[0] < a->dims[0] && from.at[1] < a->dims[1]) c->out[i] = c->in[0][ravel(a, &from)];
  }
}

static void naive_matmul(const naive_call *c) {
  const gan__shape *a = shape_of(c, 0), *b = shape_of(c, 1);
  int32_t row = a->rank - 2, column = a->rank - 1;
  int64_t inner = a->dims[c->attrs[0] ? row : column];
  for (int64_t i = 0; i < total(c); i++) {
    place to = unravel(&c->node->shape, i), x = to, y = to;
    for (int64_t k = 0; k < inner; k++) {
      x.at[c->attrs[0] ? column : row] = to.at[row];
      x.at[c->attrs[0] ? row : column] = k;
      y.at[c->attrs[1] ? row : column] = to.at[column];
      y.at[c->attrs[1] ? column : row] = k;
      c->out[i] += c->in[0][ravel(a, &x)] * c->in[1][ravel(b, &y)];
    }
  }
}

/* -- pairs of rows of the last input [n, dims, kernels] -- */

static double at3(const naive_call *c, int32_t input, int64_t i, int64_t k, int64_t b) {
  place p = {{i, k, b}};
  return c->in[input][ravel(shape_of(c, input), &p)];
}

static double sign_of(double value) {
  if (value > 0) return 1;
  return value < 0 ? -1 : value;
}

static void naive_pairwise(const naive_call *c) {
  for (int64_t o = 0; o < total(c); o++) {
    place p = unravel(&c->node->shape, o);
    for (int64_t k = 0; k < shape_of(c, 0)->dims[1]; k++)
      c->out[o] += fabs(at3(c, 0, p.at[0], k, p.at[2]) - at3(c, 0, p.at[1], k, p.at[2]));
  }
}

static void naive_pairwise_pull(const naive_call *c) {
  for (int64_t o = 0; o < total(c); o++) {
    place p = unravel(&c->node->shape, o);
    int64_t i = p.at[0], k = p.at[1], b = p.at[2];
    for (int64_t j = 0; j < shape_of(c, 1)->dims[0]; j++)
      c->out[o] += (at3(c, 0, i, j, b) + at3(c, 0, j, i, b))
                   * sign_of(at3(c, 1, i, k, b) - at3(c, 1, j, k, b));
  }
}

static void naive_pairwise_push(const naive_call *c) {
  for (int64_t o = 0; o < total(c); o++) {
    place p = unravel(&c->node->shape, o);
    int64_t i = p.at[0], j = p.at[1], b = p.at[2];
    for (int64_t k = 0; k < shape_of(c, 1)->dims[1]; k++)
      c->out[o] += (at3(c, 0, i, k, b) - at3(c, 0, j, k, b))
                   * sign_of(at3(c, 1, i, k, b) - at3(c, 1, j, k, b));
  }
}

/* -- the table: an op without a loop of its own does not compile -- */

#define naive_neg           naive_elementwise
#define naive_exp           naive_elementwise
#define naive_log           naive_elementwise
#define naive_log1p         naive_elementwise
#define naive_sqrt          naive_elementwise
#define naive_rsqrt         naive_elementwise
#define naive_tanh          naive_elementwise
#define naive_sigmoid       naive_elementwise
#define naive_softplus      naive_elementwise
#define naive_relu          naive_elementwise
#define naive_abs           naive_elementwise
#define naive_sign          naive_elementwise
#define naive_step          naive_elementwise
#define naive_sin           naive_elementwise
#define naive_cos           naive_elementwise
#define naive_is_finite     naive_elementwise
#define naive_add           naive_elementwise
#define naive_sub           naive_elementwise
#define naive_mul           naive_elementwise
#define naive_div           naive_elementwise
#define naive_max           naive_elementwise
#define naive_min           naive_elementwise
#define naive_pow           naive_elementwise
#define naive_compare       naive_elementwise
#define naive_select        naive_elementwise
#define naive_reshape       naive_copy
#define naive_stop_gradient naive_copy
#define naive_commit        naive_copy

static void (*const naive[GAN__OP_COUNT])(const naive_call *) = {
#define GAN__OP(NAME, name, ...) [GAN__OP_##NAME] = naive_##name,
#include "graph/ops.def"
};

double **interpret(const gan__graph *graph, const interpret_inputs *inputs) {
  double **values = calloc(graph->count + 1, sizeof *values);
  for (gan__id id = 0; id < graph->count; id++) {
    const gan__node *node = gan__node_at(graph, id);
    naive_call call = {.graph = graph,
                       .id = id,
                       .node = node,
                       .attrs = gan__node_attrs(graph, id),
                       .given = inputs};
    call.in = calloc((size_t)node->input_count + 1, sizeof *call.in);
    for (int32_t i = 0; i < node->input_count; i++)
      call.in[i] = values[gan__node_input(graph, id, i)];
    call.out = values[id] = calloc((size_t)gan__shape_count(&node->shape) + 1, sizeof **values);
    naive[node->op](&call);
    free((void *)call.in);
  }
  return values;
}

void interpret_free(const gan__graph *graph, double **values) {
  for (uint64_t i = 0; i < graph->count; i++)
    free(values[i]);
  free(values);
}
