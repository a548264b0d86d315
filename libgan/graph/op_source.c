/* SPDX-License-Identifier: MIT */
/* Job: shape rules of sources and of commit; the plain ways to split. */
#include <float.h>
#include <math.h>

#include "graph/build.h"
#include "graph/op_rules.h"

static gan_status refuse(gan__graph *graph, const gan__proto *proto, const char *what) {
  gan__graph_fail(graph, GAN_ERROR_ARGUMENT, "%s: %s", gan__ops[proto->op].name, what);
  return graph->status;
}

gan_status gan__infer_given(gan__graph *graph, gan__proto *proto) {
  if (proto->attr_count != 1) return refuse(graph, proto, "needs its slot");
  if (!gan__shape_valid(&proto->shape, proto->dtype))
    return refuse(graph, proto, "a dim is negative, the shape too large, or the type unknown");
  return GAN_OK;
}

gan_status gan__infer_read(gan__graph *graph, gan__proto *proto) {
  GAN_TRY(gan__infer_given(graph, proto));
  int64_t state = proto->attrs[0];
  if (state < 0 || (uint64_t)state >= graph->state_count)
    return refuse(graph, proto, "there is no such state");
  return GAN_OK;
}

gan_status gan__infer_constant(gan__graph *graph, gan__proto *proto) {
  GAN_TRY(gan__infer_given(graph, proto));
  double value = gan__bits_double(proto->attrs[0]);
  if (proto->dtype == GAN_I32 && !(value >= INT32_MIN && value <= INT32_MAX))
    return refuse(graph, proto, "the value is beyond i32");
  /* What is below the smallest normal number may be flushed to zero. */
  double least = proto->dtype == GAN_F32 ? (double)FLT_MIN : DBL_MIN;
  proto->facts =
      (uint8_t)((value >= 0 ? GAN__NONNEGATIVE : 0) | (fabs(value) >= least ? GAN__NONZERO : 0));
  return GAN_OK;
}

gan_status gan__infer_iota(gan__graph *graph, gan__proto *proto) {
  GAN_TRY(gan__infer_given(graph, proto));
  if (proto->attrs[0] < 0 || proto->attrs[0] >= proto->shape.rank)
    return refuse(graph, proto, "the axis is outside the shape");
  proto->facts = GAN__NONNEGATIVE;
  return GAN_OK;
}

gan_status gan__infer_draw(gan__graph *graph, gan__proto *proto) {
  GAN_TRY(gan__infer_given(graph, proto));
  if (!gan__dtype_is_float(proto->dtype)) return refuse(graph, proto, "draws are f32 or f64");
  if (proto->op == GAN__OP_UNIFORM) proto->facts = GAN__NONNEGATIVE;
  return GAN_OK;
}

gan_status gan__infer_commit(gan__graph *graph, gan__proto *proto) {
  const gan__node *value = gan__node_at(graph, proto->inputs[0]);
  int64_t state = proto->attr_count == 1 ? proto->attrs[0] : -1;
  if (state < 0 || (uint64_t)state >= graph->state_count)
    return refuse(graph, proto, "there is no such state");
  const gan__binding *binding = &graph->states[state];
  if (binding->dtype != value->dtype || !gan__shape_equal(&binding->shape, &value->shape)) {
    char want[GAN__SHAPE_TEXT], got[GAN__SHAPE_TEXT];
    gan__graph_fail(graph, GAN_ERROR_SHAPE, "commit: state %s is %s %s, the value is %s %s",
                    binding->name, gan__dtype_name(binding->dtype),
                    gan__shape_text(want, &binding->shape), gan__dtype_name(value->dtype),
                    gan__shape_text(got, &value->shape));
    return graph->status;
  }
  proto->dtype = value->dtype;
  proto->shape = value->shape;
  return GAN_OK;
}

gan__split gan__split_rows(const gan__graph *graph, gan__id id) {
  const gan__shape *shape = &gan__node_at(graph, id)->shape;
  return (gan__split){.kind = GAN__SPLIT_ROWS, .extent = shape->rank ? shape->dims[0] : 1};
}

gan__split gan__split_none(const gan__graph *graph, gan__id id) {
  (void)graph;
  (void)id;
  return (gan__split){.kind = GAN__SPLIT_NONE, .extent = 1, .whole = {true, true}};
}
