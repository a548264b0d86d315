/* SPDX-License-Identifier: MIT */
/* Job: reverse, slice, pad, concat along one axis: shapes, gradients, splits, simplification. */
#include "graph/build.h"
#include "graph/op_rules.h"

static gan_status refuse(gan__graph *graph, const gan__proto *proto) {
  char shape[GAN__SHAPE_TEXT];
  gan__graph_fail(graph, GAN_ERROR_SHAPE, "%s: [%lld %lld %lld %lld] does not fit shape %s",
                  gan__ops[proto->op].name, (long long)proto->attrs[0],
                  (long long)(proto->attr_count > 1 ? proto->attrs[1] : 0),
                  (long long)(proto->attr_count > 2 ? proto->attrs[2] : 0),
                  (long long)(proto->attr_count > 3 ? proto->attrs[3] : 0),
                  gan__shape_text(shape, &gan__node_at(graph, proto->inputs[0])->shape));
  return graph->status;
}

/* Takes type and shape of the first input; false when the axis is not one of it. */
static bool begin(const gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  proto->dtype = a->dtype;
  proto->shape = a->shape;
  proto->facts = 0;
  return proto->attr_count >= 1 && proto->attrs[0] >= 0 && proto->attrs[0] < a->shape.rank;
}

/* Along any axis but the leading one, rows stay rows. */
gan__split gan__split_axis(const gan__graph *graph, gan__id id) {
  if (gan__node_attrs(graph, id)[0] == 0) return gan__split_none(graph, id);
  return gan__split_rows(graph, id);
}

/* -- reverse -- */

gan_status gan__infer_reverse(gan__graph *graph, gan__proto *proto) {
  return begin(graph, proto) ? GAN_OK : refuse(graph, proto);
}

void gan__grad_reverse(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  out[0] = gan__op_reverse(g, u, (int32_t)gan__node_attrs(g, y)[0]);
}

/* -- slice: axis, start, stop, step -- */

gan_status gan__infer_slice(gan__graph *graph, gan__proto *proto) {
  if (!begin(graph, proto) || proto->attr_count != 4) return refuse(graph, proto);
  int64_t start = proto->attrs[1], stop = proto->attrs[2], step = proto->attrs[3];
  int64_t *dim = &proto->shape.dims[proto->attrs[0]];
  if (start < 0 || stop < start || stop > *dim || step < 1) return refuse(graph, proto);
  *dim = (stop - start + step - 1) / step;
  return GAN_OK;
}

/* Zeros in front, between (the step) and behind, so that the size is the input's again. */
void gan__grad_slice(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  const int64_t *attrs = gan__node_attrs(g, y);
  int32_t axis = (int32_t)attrs[0];
  int64_t start = attrs[1], step = attrs[3], taken = gan__node_at(g, y)->shape.dims[axis];
  int64_t size = gan__node_at(g, gan__node_input(g, y, 0))->shape.dims[axis];
  int64_t covered = taken ? (taken - 1) * step + 1 : 0;
  out[0] = gan__op_pad(g, u, axis, start, size - start - covered, step - 1);
}

/* A slice of everything; a slice inside one part of a concat. */
gan__id gan__simplify_slice(gan__graph *graph, const gan__proto *proto) {
  gan__id a = proto->inputs[0];
  if (gan__shape_equal(&gan__node_at(graph, a)->shape, &proto->shape)) return a;
  int64_t axis = proto->attrs[0], start = proto->attrs[1], stop = proto->attrs[2];
  if (gan__node_at(graph, a)->op != GAN__OP_CONCAT || gan__node_attrs(graph, a)[0] != axis)
    return GAN__NONE;
  int64_t before = 0;
  for (int32_t i = 0; i < gan__node_at(graph, a)->input_count; i++) {
    gan__id part = gan__node_input(graph, a, i);
    int64_t size = gan__node_at(graph, part)->shape.dims[axis];
    if (start >= before && stop <= before + size)
      return gan__op_slice(graph, part, (int32_t)axis, start - before, stop - before,
                           proto->attrs[3]);
    before += size;
  }
  return GAN__NONE;
}

/* -- pad: axis, low, high, interior -- */

gan_status gan__infer_pad(gan__graph *graph, gan__proto *proto) {
  if (!begin(graph, proto) || proto->attr_count != 4) return refuse(graph, proto);
  int64_t low = proto->attrs[1], high = proto->attrs[2], interior = proto->attrs[3], inner;
  int64_t *dim = &proto->shape.dims[proto->attrs[0]];
  if (low < 0 || high < 0 || interior < 0
      || __builtin_mul_overflow(*dim > 0 ? *dim - 1 : 0, interior, &inner)
      || __builtin_add_overflow(*dim, inner, dim) || __builtin_add_overflow(*dim, low, dim)
      || __builtin_add_overflow(*dim, high, dim))
    return refuse(graph, proto);
  proto->facts = gan__node_at(graph, proto->inputs[0])->facts & GAN__NONNEGATIVE;
  return GAN_OK;
}

void gan__grad_pad(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  const int64_t *attrs = gan__node_attrs(g, y);
  int32_t axis = (int32_t)attrs[0];
  int64_t low = attrs[1], interior = attrs[3];
  int64_t size = gan__node_at(g, gan__node_input(g, y, 0))->shape.dims[axis];
  int64_t covered = size ? (size - 1) * (interior + 1) + 1 : 0;
  out[0] = gan__op_slice(g, u, axis, low, low + covered, interior + 1);
}

/* -- concat: axis -- */

gan_status gan__infer_concat(gan__graph *graph, gan__proto *proto) {
  if (!begin(graph, proto) || proto->attr_count != 1) return refuse(graph, proto);
  int64_t axis = proto->attrs[0], total = 0;
  for (int32_t i = 0; i < proto->input_count; i++) {
    const gan__node *part = gan__node_at(graph, proto->inputs[i]);
    bool fits = part->dtype == proto->dtype && part->shape.rank == proto->shape.rank;
    for (int32_t k = 0; fits && k < part->shape.rank; k++)
      fits = k == axis || part->shape.dims[k] == proto->shape.dims[k];
    if (!fits || __builtin_add_overflow(total, part->shape.dims[axis], &total))
      return refuse(graph, proto);
  }
  proto->shape.dims[axis] = total;
  return GAN_OK;
}

void gan__grad_concat(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  int32_t axis = (int32_t)gan__node_attrs(g, y)[0], count = gan__node_at(g, y)->input_count;
  int64_t start = 0;
  for (int32_t i = 0; i < count; i++) {
    int64_t size = gan__node_at(g, gan__node_input(g, y, i))->shape.dims[axis];
    if (wanted[i]) out[i] = gan__op_slice(g, u, axis, start, start + size, 1);
    start += size;
  }
}

gan__id gan__simplify_concat(gan__graph *graph, const gan__proto *proto) {
  (void)graph;
  return proto->input_count == 1 ? proto->inputs[0] : GAN__NONE;
}
