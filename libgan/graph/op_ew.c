/* SPDX-License-Identifier: MIT */
/* Job: shape rules and value facts of elementwise ops. */
#include "graph/build.h"
#include "graph/op_rules.h"

static gan_status check_type(gan__graph *graph, const gan__proto *proto, int32_t dtype) {
  const gan__op_row *row = &gan__ops[proto->op];
  if (gan__dtype_is_float(dtype) || (dtype == GAN_I32 && (row->flags & GAN__INTEGERS)))
    return GAN_OK;
  gan__graph_fail(graph, GAN_ERROR_ARGUMENT, "%s does not take %s values", row->name,
                  gan__dtype_name(dtype));
  return graph->status;
}

static uint8_t facts_of(const gan__graph *graph, const gan__proto *proto, int32_t input) {
  return gan__node_at(graph, proto->inputs[input])->facts;
}

gan_status gan__infer_unary(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  GAN_TRY(check_type(graph, proto, a->dtype));
  uint32_t flags = gan__ops[proto->op].flags;
  uint8_t facts = 0;
  if (flags & GAN__GIVES_NONNEGATIVE) facts |= GAN__NONNEGATIVE;
  if (flags & GAN__KEEPS_NONNEGATIVE) facts |= a->facts & GAN__NONNEGATIVE;
  if (flags & GAN__KEEPS_NONZERO) facts |= a->facts & GAN__NONZERO;
  proto->dtype = a->dtype;
  proto->shape = a->shape;
  proto->facts = facts;
  return GAN_OK;
}

gan_status gan__infer_cast(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  if (!gan__dtype_size(proto->dtype)) {
    gan__graph_fail(graph, GAN_ERROR_ARGUMENT, "cast: unknown type %d", proto->dtype);
    return graph->status;
  }
  proto->shape = a->shape;
  /* f64 to f32 may underflow to zero. */
  proto->facts = a->facts & GAN__NONNEGATIVE;
  return GAN_OK;
}

/* All inputs of one type and shape; the result too. */
gan_status gan__infer_same(gan__graph *graph, gan__proto *proto) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  GAN_TRY(check_type(graph, proto, a->dtype));
  for (int32_t i = 1; i < proto->input_count; i++) {
    const gan__node *b = gan__node_at(graph, proto->inputs[i]);
    if (b->dtype == a->dtype && gan__shape_equal(&a->shape, &b->shape)) continue;
    char x[GAN__SHAPE_TEXT], y[GAN__SHAPE_TEXT];
    gan__graph_fail(graph, GAN_ERROR_SHAPE, "%s: %s %s and %s %s do not fit",
                    gan__ops[proto->op].name, gan__dtype_name(a->dtype),
                    gan__shape_text(x, &a->shape), gan__dtype_name(b->dtype),
                    gan__shape_text(y, &b->shape));
    return graph->status;
  }
  proto->dtype = a->dtype;
  proto->shape = a->shape;
  proto->facts = 0;
  return GAN_OK;
}

/* A sum of values that are not negative is not; and not zero as soon as one of them is not. */
gan_status gan__infer_add(gan__graph *graph, gan__proto *proto) {
  GAN_TRY(gan__infer_same(graph, proto));
  uint8_t all = GAN__NONNEGATIVE, any = 0;
  for (int32_t i = 0; i < proto->input_count; i++) {
    all &= facts_of(graph, proto, i);
    any |= facts_of(graph, proto, i);
  }
  if (all) proto->facts = (uint8_t)(GAN__NONNEGATIVE | (any & GAN__NONZERO));
  return GAN_OK;
}

/* Products may underflow, so they are never known to be non-zero. */
gan_status gan__infer_mul(gan__graph *graph, gan__proto *proto) {
  GAN_TRY(gan__infer_same(graph, proto));
  bool square = proto->inputs[0] == proto->inputs[1];
  uint8_t both = facts_of(graph, proto, 0) & facts_of(graph, proto, 1);
  proto->facts = square || (both & GAN__NONNEGATIVE) ? GAN__NONNEGATIVE : 0;
  return GAN_OK;
}

gan_status gan__infer_compare(gan__graph *graph, gan__proto *proto) {
  GAN_TRY(gan__infer_same(graph, proto));
  if (proto->attr_count != 1 || proto->attrs[0] < GAN__LESS || proto->attrs[0] > GAN__GREATER) {
    gan__graph_fail(graph, GAN_ERROR_ARGUMENT, "compare: unknown kind");
    return graph->status;
  }
  proto->facts = GAN__NONNEGATIVE;
  return GAN_OK;
}

/* True when `condition` holds only where `value` is positive, or (compare !=) where it is not zero:
 * the pattern by which gradient rules guard a division. */
static bool guards(const gan__graph *graph, gan__id condition, gan__id value) {
  const gan__node *test = gan__node_at(graph, condition);
  if (test->op == GAN__OP_STEP) {
    gan__id tested = gan__node_input(graph, condition, 0);
    uint16_t op = gan__node_at(graph, value)->op;
    return tested == value || (op == GAN__OP_SQRT && gan__node_input(graph, value, 0) == tested);
  }
  double zero = 1;
  return test->op == GAN__OP_COMPARE && gan__node_attrs(graph, condition)[0] == GAN__NOT_EQUAL
         && gan__node_input(graph, condition, 0) == value
         && gan__is_constant(graph, gan__node_input(graph, condition, 1), &zero) && zero == 0;
}

gan_status gan__infer_select(gan__graph *graph, gan__proto *proto) {
  GAN_TRY(gan__infer_same(graph, proto));
  uint8_t yes = facts_of(graph, proto, 1), no = facts_of(graph, proto, 2);
  if (guards(graph, proto->inputs[0], proto->inputs[1])) yes |= GAN__NONZERO;
  proto->facts = yes & no;
  return GAN_OK;
}
