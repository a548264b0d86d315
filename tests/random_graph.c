/* SPDX-License-Identifier: MIT */
#include "random_graph.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph/build.h"
#include "graph/gradient.h"

enum { ELEMENTS_MAX = 40000 };

static int64_t below(random_graph *r, int64_t bound) {
  return (int64_t)gan__stream_below(&r->random, (uint64_t)bound);
}
static bool chance(random_graph *r, int64_t in) {
  return below(r, in) == 0;
}

static const gan__shape *shape_of(const random_graph *r, const random_value *v) {
  return &gan__node_at(r->graph, v->id)->shape;
}
static int32_t dtype_of(const random_graph *r, const random_value *v) {
  return gan__node_at(r->graph, v->id)->dtype;
}

/* Keeps magnitudes near 1 by powers of two, which round nothing. */
static void keep(random_graph *r, gan__id id, double bound, bool exact) {
  if (id == GAN__NONE || r->pool_count == RANDOM_GRAPH_POOL) return;
  if (bound > 16 && gan__dtype_is_float(gan__node_at(r->graph, id)->dtype)) {
    double factor = exp2(-ceil(log2(bound / 2)));
    id = gan__op_scale(r->graph, id, factor);
    bound *= factor;
  }
  r->pool[r->pool_count++] = (random_value){id, bound, exact};
}

/* A float value, rather a recent one; `jumps` asks for an exact one. */
static const random_value *pick(random_graph *r, bool jumps) {
  for (int32_t tries = 0; tries < 200; tries++) {
    int64_t span = chance(r, 3) ? r->pool_count : (r->pool_count + 1) / 2;
    const random_value *v = &r->pool[r->pool_count - 1 - below(r, span)];
    if (dtype_of(r, v) == r->dtype && (!jumps || v->exact)) return v;
  }
  return &r->pool[0];
}

static bool fits(const gan__shape *a, const gan__shape *b) {
  int64_t count = 1;
  for (int32_t i = 1; i <= a->rank || i <= b->rank; i++) {
    int64_t x = i <= a->rank ? a->dims[a->rank - i] : 1;
    int64_t y = i <= b->rank ? b->dims[b->rank - i] : 1;
    if (x != y && x != 1 && y != 1) return false;
    count *= x == 1 ? y : x;
  }
  return count <= ELEMENTS_MAX;
}

/* True when `a` broadcasts to the shape `b`. */
static bool stretches(const gan__shape *a, const gan__shape *b) {
  for (int32_t i = 1; i <= a->rank; i++)
    if (i > b->rank || (a->dims[a->rank - i] != 1 && a->dims[a->rank - i] != b->dims[b->rank - i]))
      return false;
  return true;
}

/* Another value that broadcasts with `v`; v itself when none is found. */
static const random_value *partner(random_graph *r, const random_value *v, bool jumps) {
  for (int32_t tries = 0; tries < 40; tries++) {
    const random_value *other = pick(r, jumps);
    if (fits(shape_of(r, v), shape_of(r, other))) return other;
  }
  return v;
}

/* -- one grower for each family of ops -- */

static void grow_unary(random_graph *r) {
  static const struct {
    gan__op op;
    double bound; /* of the result for arguments within 1; 0: the argument's */
    bool exact;
  } ops[] = {{GAN__OP_NEG, 0, true},        {GAN__OP_EXP, 2.8, false},
             {GAN__OP_TANH, 1, false},      {GAN__OP_SIGMOID, 1, false},
             {GAN__OP_SOFTPLUS, 20, false}, {GAN__OP_RELU, 0, true},
             {GAN__OP_ABS, 0, true},        {GAN__OP_SIN, 1, false},
             {GAN__OP_COS, 1, false},       {GAN__OP_STOP_GRADIENT, 0, true}};
  int64_t which = below(r, (int64_t)(sizeof ops / sizeof *ops));
  bool kink = ops[which].op == GAN__OP_RELU || ops[which].op == GAN__OP_ABS;
  const random_value *v = pick(r, r->smooth && kink);
  gan__id a = v->id;
  double bound = ops[which].bound > 0 ? ops[which].bound : v->bound;
  if (ops[which].op == GAN__OP_EXP) a = gan__op_tanh(r->graph, a);
  keep(r, gan__op_unary(r->graph, ops[which].op, a), bound, v->exact && ops[which].exact);
}

/* Ops with a boundary, at a safe distance from it. */
static void grow_guarded(random_graph *r) {
  static const gan__op ops[] = {GAN__OP_LOG, GAN__OP_LOG1P, GAN__OP_SQRT, GAN__OP_RSQRT};
  const random_value *v = pick(r, false);
  gan__id positive = gan__op_shift(r->graph, gan__op_mul(r->graph, v->id, v->id), 0.5);
  keep(r, gan__op_unary(r->graph, ops[below(r, 4)], positive), 20, false);
}

static void grow_jump(random_graph *r) {
  static const gan__op ops[] = {GAN__OP_SIGN, GAN__OP_STEP, GAN__OP_IS_FINITE};
  const random_value *v = pick(r, true);
  keep(r, gan__op_unary(r->graph, ops[below(r, 3)], v->id), 1, true);
}

static void grow_binary(random_graph *r) {
  int64_t kind = below(r, 7);
  bool jumps = r->smooth && (kind == 3 || kind == 4);
  const random_value a = *pick(r, jumps), b = *partner(r, &a, jumps);
  gan__graph *g = r->graph;
  bool both = a.exact && b.exact;
  double larger = fmax(a.bound, b.bound);
  gan__id base;
  switch (kind) {
  case 0:
    keep(r, gan__op_add(g, a.id, b.id), a.bound + b.bound, false);
    break;
  case 1:
    keep(r, gan__op_sub(g, a.id, b.id), a.bound + b.bound, false);
    break;
  case 2:
    keep(r, gan__op_mul(g, a.id, b.id), a.bound * b.bound, false);
    break;
  case 3:
    keep(r, gan__op_max(g, a.id, b.id), larger, both);
    break;
  case 4:
    keep(r, gan__op_min(g, a.id, b.id), larger, both);
    break;
  case 5:
    keep(r, gan__op_div(g, a.id, gan__op_shift(g, gan__op_mul(g, b.id, b.id), 0.5)), 2 * a.bound,
         false);
    break;
  default:
    base = gan__op_shift(g, gan__op_sigmoid(g, a.id), 0.5);
    keep(r, gan__op_pow(g, base, gan__op_sin(g, b.id)), 2, false);
  }
}

static void grow_sum_of_many(random_graph *r) {
  enum { TERMS = 20 };
  gan__id terms[TERMS];
  random_value first = *pick(r, false);
  gan__shape shape = *shape_of(r, &first);
  int32_t count = 2 + (int32_t)below(r, TERMS - 2);
  double bound = 0;
  for (int32_t i = 0; i < count; i++) {
    random_value v = *partner(r, &first, false);
    if (!stretches(shape_of(r, &v), &shape)) v = first;
    terms[i] = gan__op_broadcast_to(r->graph, v.id, &shape);
    bound += v.bound;
  }
  keep(r, gan__op_add_all(r->graph, terms, count), bound, false);
}

static void grow_select(random_graph *r) {
  const random_value c = *pick(r, true), other = *partner(r, &c, true);
  gan__id condition = gan__op_compare(r->graph, c.id, (int32_t)below(r, 6), other.id);
  if (condition == GAN__NONE) return;
  random_value mask = {condition, 1, true};
  random_value a = *partner(r, &mask, false);
  random_value b = *partner(r, fits(shape_of(r, &a), shape_of(r, &mask)) ? &a : &mask, false);
  keep(r, condition, 1, true);
  gan__shape one = *shape_of(r, &a), two = *shape_of(r, &mask);
  if (!fits(&one, &two) || !fits(&one, shape_of(r, &b)) || !fits(&two, shape_of(r, &b))) return;
  keep(r, gan__op_select(r->graph, condition, a.id, b.id), fmax(a.bound, b.bound),
       a.exact && b.exact);
}

static void grow_reduction(random_graph *r) {
  bool largest = chance(r, 3);
  const random_value v = *pick(r, r->smooth && largest);
  gan__shape shape = *shape_of(r, &v);
  if (shape.rank == 0) return;
  int32_t first = (int32_t)below(r, shape.rank), count = 1 + (int32_t)below(r, shape.rank - first);
  int64_t size = gan__shape_product(&shape, first, first + count);
  if (largest && shape.dims[first] > 0) {
    keep(r, gan__op_maximum(r->graph, v.id, first), v.bound, v.exact);
    return;
  }
  keep(r, gan__op_sum(r->graph, v.id, first, count), v.bound * (double)(size + 1), false);
}

static void grow_argmax(random_graph *r) {
  const random_value v = *pick(r, true);
  gan__shape shape = *shape_of(r, &v);
  if (shape.rank == 0) return;
  int32_t axis = (int32_t)below(r, shape.rank);
  if (shape.dims[axis] == 0) return;
  gan__id index = gan__op_argmax(r->graph, v.id, axis);
  keep(r, index, (double)shape.dims[axis], true);
  keep(r, gan__op_cast(r->graph, index, r->dtype), (double)shape.dims[axis], true);
  gan__id taken = gan__op_take(r->graph, gan__op_sin(r->graph, v.id), index, axis);
  keep(r, taken, 1, false);
  if (chance(r, 2) && shape.rank < GAN__RANK_MAX)
    keep(r, gan__op_put(r->graph, gan__op_sin(r->graph, taken), index, axis, 1 + below(r, 6)), 1,
         false);
}

/* Splits or joins axes, adds or removes ones. */
static void grow_reshape(random_graph *r) {
  const random_value v = *pick(r, false);
  gan__shape from = *shape_of(r, &v), to = {.rank = 0};
  int64_t pending = 1;
  for (int32_t i = 0; i < from.rank; i++) {
    pending *= from.dims[i];
    if (i + 1 < from.rank && chance(r, 2)) continue;
    if (to.rank + 3 > GAN__RANK_MAX) return;
    if (chance(r, 4)) to.dims[to.rank++] = 1;
    int64_t factor = 2 + below(r, 3);
    if (chance(r, 3) && pending > 0 && pending % factor == 0) {
      to.dims[to.rank++] = factor;
      pending /= factor;
    }
    to.dims[to.rank++] = pending;
    pending = 1;
  }
  keep(r, gan__op_reshape(r->graph, v.id, &to), v.bound, v.exact);
}

static void grow_transpose(random_graph *r) {
  const random_value v = *pick(r, false);
  int32_t order[GAN__RANK_MAX] = {0}, rank = shape_of(r, &v)->rank;
  for (int32_t i = 0; i < rank; i++) {
    int32_t with = (int32_t)below(r, i + 1);
    order[i] = order[with];
    order[with] = i;
  }
  if (rank > 1) keep(r, gan__op_transpose(r->graph, v.id, order), v.bound, v.exact);
}

static void grow_broadcast(random_graph *r) {
  const random_value v = *pick(r, false);
  gan__shape from = *shape_of(r, &v), to = {.rank = 0};
  int32_t axes[GAN__RANK_MAX] = {0}, mapped = 0;
  int64_t count = gan__shape_count(&from);
  while (to.rank < GAN__RANK_MAX && (mapped < from.rank || chance(r, 2))) {
    int64_t size = 1 + below(r, 5);
    bool fresh =
        mapped == from.rank || (to.rank + from.rank - mapped < GAN__RANK_MAX && chance(r, 3));
    if (fresh && count * size <= ELEMENTS_MAX) {
      to.dims[to.rank++] = size;
      count *= size;
    } else if (mapped < from.rank) {
      axes[mapped] = to.rank;
      to.dims[to.rank++] = from.dims[mapped++];
    }
  }
  keep(r, gan__op_broadcast(r->graph, v.id, &to, axes), v.bound, v.exact);
}

static void grow_window(random_graph *r) {
  const random_value v = *pick(r, false);
  gan__shape shape = *shape_of(r, &v);
  if (shape.rank == 0) return;
  int32_t axis = (int32_t)below(r, shape.rank);
  int64_t size = shape.dims[axis], start = below(r, size + 1);
  int64_t taken = below(r, size - start + 1), low = below(r, 4), high = below(r, 4),
          step = below(r, 3);
  gan__graph *g = r->graph;
  if (chance(r, 3))
    keep(r, gan__op_reverse(g, v.id, axis), v.bound, v.exact);
  else if (chance(r, 2))
    keep(r, gan__op_slice(g, v.id, axis, start, start + taken, 1 + step), v.bound, v.exact);
  else if (gan__shape_count(&shape) < ELEMENTS_MAX / 8)
    keep(r, gan__op_pad(g, v.id, axis, low, high, step), v.bound, v.exact);
}

static void grow_concat(random_graph *r) {
  enum { PARTS = 4 };
  gan__id parts[PARTS];
  const random_value v = *pick(r, false);
  gan__shape shape = *shape_of(r, &v);
  if (shape.rank == 0 || gan__shape_count(&shape) > ELEMENTS_MAX / 4) return;
  int32_t axis = (int32_t)below(r, shape.rank), count = 1;
  double bound = v.bound;
  bool exact = v.exact;
  parts[0] = v.id;
  for (int32_t tries = 0; tries < 40 && count < PARTS; tries++) {
    const random_value *other = pick(r, false);
    gan__shape same = *shape_of(r, other);
    if (same.rank != shape.rank) continue;
    same.dims[axis] = shape.dims[axis];
    if (!gan__shape_equal(&same, &shape)) continue;
    parts[count++] = other->id;
    bound = fmax(bound, other->bound);
    exact &= other->exact;
  }
  keep(r, gan__op_concat(r->graph, parts, count, axis), bound, exact);
}

/* Indices: any i32 value of rank 1. */
static void grow_index(random_graph *r) {
  const random_value v = *pick(r, false);
  gan__shape shape = *shape_of(r, &v);
  if (shape.rank == 0) return;
  for (int32_t i = r->pool_count - 1; i >= 0; i--) {
    const gan__node *index = gan__node_at(r->graph, r->pool[i].id);
    if (index->dtype != GAN_I32 || index->shape.rank != 1 || chance(r, 3)) continue;
    int64_t count = index->shape.dims[0], width = gan__shape_product(&shape, 1, shape.rank);
    if (chance(r, 2) && count == shape.dims[0]) {
      keep(r, gan__op_scatter(r->graph, v.id, r->pool[i].id, 1 + below(r, 9)),
           v.bound * (double)(count + 1), false);
      return;
    }
    if (count * width > ELEMENTS_MAX) continue;
    keep(r, gan__op_gather(r->graph, v.id, r->pool[i].id), v.bound, v.exact);
    return;
  }
}

static void grow_matmul(random_graph *r) {
  const random_value a = *pick(r, false);
  gan__shape x = *shape_of(r, &a);
  if (x.rank != 2 && x.rank != 3) return;
  for (int32_t tries = 0; tries < 100; tries++) {
    const random_value b = *pick(r, false);
    gan__shape y = *shape_of(r, &b);
    if (y.rank != x.rank || (x.rank == 3 && x.dims[0] != y.dims[0])) continue;
    bool ta = chance(r, 2), tb = chance(r, 2);
    const int64_t *p = x.dims + x.rank - 2, *q = y.dims + y.rank - 2;
    int64_t inner = p[ta ? 0 : 1], m = p[ta ? 1 : 0], n = q[tb ? 0 : 1];
    if (inner != q[tb ? 1 : 0] || m * n > ELEMENTS_MAX || m * n * inner > 1500000) continue;
    keep(r, gan__op_matmul(r->graph, a.id, b.id, ta, tb), a.bound * b.bound * (double)(inner + 1),
         false);
    return;
  }
}

/* Pairs of the rows of a value as [n, dims, kernels]: distances, then one of their adjoints by
 * values of its own. Signs of differences jump, the distances bend. */
static void grow_pairwise(random_graph *r) {
  bool adjoint = chance(r, 2);
  const random_value v = *pick(r, r->smooth || adjoint);
  gan__graph *g = r->graph;
  gan__shape shape = *shape_of(r, &v);
  if (shape.rank != 2 && shape.rank != 3) return;
  if (shape.rank == 2)
    shape = chance(r, 2) ? (gan__shape){3, {shape.dims[0], 1, shape.dims[1]}}
                         : (gan__shape){3, {shape.dims[0], shape.dims[1], 1}};
  int64_t n = shape.dims[0], dims = shape.dims[1], pairs = n * n * shape.dims[2];
  if (pairs > ELEMENTS_MAX || pairs * dims > 500000) return;
  gan__id m = gan__op_reshape(g, v.id, &shape), distances = gan__op_pairwise(g, m);
  if (!adjoint)
    keep(r, distances, 2 * v.bound * (double)(dims + 1), false);
  else if (chance(r, 2))
    keep(r, gan__op_pairwise_pull(g, gan__op_sin(g, distances), m), 2 * (double)(n + 1), false);
  else
    keep(r, gan__op_pairwise_push(g, gan__op_sin(g, m), m), 2 * (double)(dims + 1), false);
}

static void grow_source(random_graph *r) {
  gan__shape shape = *shape_of(r, pick(r, false));
  uint64_t site = (uint64_t)below(r, 3);
  gan__graph *g = r->graph;
  int64_t kind = below(r, 4);
  if (kind == 0) keep(r, gan__op_uniform(g, r->dtype, &shape, site), 1, false);
  if (kind == 1) keep(r, gan__op_normal(g, r->dtype, &shape, site), 8, false);
  if (kind == 2 && shape.rank) {
    int32_t axis = (int32_t)below(r, shape.rank);
    keep(r, gan__op_iota(g, r->dtype, &shape, axis), (double)shape.dims[axis] + 1, true);
  }
  if (kind == 3)
    keep(r, gan__op_constant(g, r->dtype, &shape, 0.5 * (double)below(r, 5) - 1), 1, true);
}

static void grow_integers(random_graph *r) {
  const random_value v = *pick(r, true);
  gan__graph *g = r->graph;
  gan__id whole = gan__op_cast(g, gan__op_scale(g, v.id, 2), GAN_I32);
  if (whole == GAN__NONE) return;
  gan__id other = gan__op_mul(g, whole, whole);
  other = gan__op_add(g, other, gan__op_like(g, whole, 3));
  if (chance(r, 2)) other = gan__op_max(g, other, gan__op_sub(g, whole, other));
  keep(r, other, 4 * v.bound * v.bound + 3, true);
  keep(r, gan__op_cast(g, other, r->dtype), 8 * v.bound * v.bound + 6, true);
}

static void (*const growers[])(random_graph *) = {
    grow_unary,     grow_unary,     grow_guarded, grow_jump,    grow_binary,    grow_binary,
    grow_binary,    grow_binary,    grow_select,  grow_matmul,  grow_matmul,    grow_sum_of_many,
    grow_reduction, grow_reduction, grow_argmax,  grow_reshape, grow_transpose, grow_broadcast,
    grow_window,    grow_concat,    grow_index,   grow_source,  grow_integers,  grow_pairwise};

/* -- what is bound -- */

static double *values_for(random_graph *r, const gan__binding *door, bool coarse) {
  int64_t count = gan__shape_count(&door->shape);
  double *values = calloc((size_t)count + 1, sizeof *values);
  for (int64_t i = 0; i < count; i++) {
    if (door->dtype == GAN_I32)
      values[i] = (double)(below(r, 8) - 1);
    else if (coarse) /* many ties and zeros */
      values[i] = 0.5 * (double)(below(r, 9) - 4);
    else
      values[i] = (float)(4 * gan__stream_uniform(&r->random) - 2);
  }
  return values;
}

static void add_door(random_graph *r, int32_t dtype, gan__shape shape, bool state) {
  gan__graph *g = r->graph;
  char name[32];
  uint64_t index = state ? g->state_count : g->slot_count;
  snprintf(name, sizeof name, "%s_%d", state ? "state" : "slot", (int)index);
  gan__id id =
      state ? gan__graph_state(g, name, dtype, &shape) : gan__graph_input(g, name, dtype, &shape);
  double ***bound = state ? &r->states : &r->slots;
  *bound = realloc(*bound, (index + 1) * sizeof **bound);
  const gan__binding *door = state ? &g->states[index] : &g->slots[index];
  (*bound)[index] = values_for(r, door, chance(r, 2));
  keep(r, id, dtype == GAN_I32 ? 8 : 2, true);
}

static void add_doors(random_graph *r) {
  static const int64_t rows[] = {1, 2, 7, 63, 64, 65, 100, 129, 300, 520, 2100};
  static const int64_t widths[] = {1, 2, 3, 5, 8, 16, 17, 31};
  int64_t n = rows[below(r, 11)], m = rows[below(r, 9)], w = widths[below(r, 8)];
  int64_t v = widths[below(r, 8)], b = 1 + below(r, 3);
  if (chance(r, 3)) b += 64;
  if (chance(r, 8)) w = 600; /* more than a tile */
  if (chance(r, 12)) n = 0;
  const gan__shape shapes[] = {{2, {n, w}}, {2, {n, v}},    {2, {m, w}},    {2, {w, v}},
                               {2, {n, 1}}, {1, {n}},       {1, {w}},       {0, {0}},
                               {2, {v, v}}, {1, {v}},       {2, {n, v}},    {2, {m, v}},
                               {2, {v, w}}, {3, {b, v, 3}}, {3, {b, 3, v}}, {3, {n, 2, v}},
                               {1, {m}},    {2, {n, w}},    {2, {1, v}},    {3, {n, 1, 3}}};
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    if (i < 4 || chance(r, 2)) add_door(r, r->dtype, shapes[i], i > 4 && chance(r, 4));
  add_door(r, GAN_I32, (gan__shape){1, {n}}, false);
  if (chance(r, 2)) add_door(r, GAN_I32, (gan__shape){1, {m}}, false);
}

/* -- outputs -- */

/* Derivatives of a scalar made of a random value by random values. */
static void add_gradients(random_graph *r, int32_t orders) {
  gan__graph *g = r->graph;
  enum { WITH = 3 };
  gan__id scalar = GAN__NONE, xs[WITH], gradients[WITH];
  for (int32_t i = 0; i < 3; i++) {
    gan__id v = gan__op_tanh(g, pick(r, false)->id);
    gan__id sum = gan__op_sum_all(g, gan__op_mul(g, v, v));
    scalar = scalar == GAN__NONE ? sum : gan__op_add(g, scalar, sum);
  }
  for (int32_t i = 0; i < WITH; i++)
    do
      xs[i] = r->pool[below(r, r->pool_count / 2)].id;
    while (gan__node_at(g, xs[i])->dtype != r->dtype);
  for (int32_t order = 1; order <= orders; order++) {
    gan__gradient(g, scalar, GAN__NONE, xs, WITH, gradients);
    gan__id next = GAN__NONE;
    for (int32_t i = 0; i < WITH && g->status == GAN_OK; i++) {
      char name[32];
      snprintf(name, sizeof name, "order_%d_by_%d", (int)order, (int)i);
      gan__graph_output(g, name, gradients[i]);
      gan__id squashed = gan__op_tanh(g, gradients[i]);
      gan__id sum = gan__op_sum_all(g, gan__op_mul(g, squashed, squashed));
      next = next == GAN__NONE ? sum : gan__op_add(g, next, sum);
    }
    scalar = next;
  }
}

static void add_outputs(random_graph *r) {
  gan__graph *g = r->graph;
  for (int32_t i = 0; i < r->pool_count; i++) {
    char name[32];
    snprintf(name, sizeof name, "value_%d", (int)i);
    if (chance(r, 6) || i == r->pool_count - 1) gan__graph_output(g, name, r->pool[i].id);
  }
  for (uint64_t s = 0; s < g->state_count; s++)
    for (int32_t tries = 0; tries < 30; tries++) {
      const random_value *v = pick(r, false);
      if (!gan__shape_equal(shape_of(r, v), &g->states[s].shape)) continue;
      gan__graph_commit(g, (int32_t)s, v->id);
      break;
    }
}

void random_graph_make(gan_context *context, const random_graph_plan *plan, random_graph *made) {
  *made = (random_graph){.dtype = plan->dtype,
                         .smooth = plan->gradients > 0,
                         .random = gan__stream_make(plan->seed, "random graph", 0)};
  if (gan__graph_create(context, &made->graph) != GAN_OK) abort();
  add_doors(made);
  int32_t doors = made->pool_count;
  for (int32_t tries = 0; tries < 10 * plan->values && made->pool_count < doors + plan->values;
       tries++)
    growers[below(made, (int64_t)(sizeof growers / sizeof *growers))](made);
  if (plan->gradients) add_gradients(made, plan->gradients);
  add_outputs(made);
}

void random_graph_finish(random_graph *made) {
  for (uint64_t i = 0; i < made->graph->slot_count; i++)
    free(made->slots[i]);
  for (uint64_t i = 0; i < made->graph->state_count; i++)
    free(made->states[i]);
  free(made->slots);
  free(made->states);
  gan__graph_destroy(made->graph);
}
