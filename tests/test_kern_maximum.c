/* SPDX-License-Identifier: MIT */
/* Job: libgan/kern/kern_maximum.c and its fast kernels against the ops' definitions. */
#include "kern_problem.h"

/* MAXIMUM and ARGMAX along one axis: ties go to the first, the first NaN beats all. */
static void largest_case(gan__op op, int32_t dtype, gan__shape shape, int64_t axis) {
  begin();
  gan__id a = add_input(dtype, shape);
  for (int64_t i = 0; i < gan__shape_count(&shape); i++) {
    p.values[0][i] = rounded(dtype, floor(p.values[0][i] * 2));
    if (dtype != GAN_I32 && pick(20) == 0) p.values[0][i] = NAN;
    if (dtype != GAN_I32 && pick(20) == 0) p.values[0][i] = -INFINITY;
  }
  if (!finish(op, &a, (int64_t[]){axis, 1}, 2, NULL, 0)) {
    assert_int_equal(shape.dims[axis], 0);
    gan__graph_destroy(p.graph);
    return;
  }
  int64_t index[GAN__RANK_MAX];
  gan__shape before = shape;
  before.dims[axis] = 1;
  for (int64_t i = 0; i < gan__shape_count(&before); i++) {
    unflatten(&before, i, index);
    int64_t best = 0;
    double most = p.values[0][flatten(&shape, index)];
    for (int64_t c = 1; c < shape.dims[axis]; c++) {
      index[axis] = c;
      double value = p.values[0][flatten(&shape, index)];
      if (isnan(most) || !(value > most || isnan(value))) continue;
      most = value;
      best = c;
    }
    p.want[i] = op == GAN__OP_MAXIMUM ? most : (double)best;
  }
  check();
}

static void test_maximum_argmax(void **state) {
  (void)state;
  for (int trial = 0; trial < 2 * TRIALS; trial++) {
    gan__shape shape = pick_shape(1, 4);
    largest_case(trial % 2 ? GAN__OP_MAXIMUM : GAN__OP_ARGMAX, pick_dtype(), shape,
                 pick(shape.rank));
  }
}

/* Maxout's shapes: more neighbours than a block, and a rest. */
static void test_wide_maximum(void **state) {
  (void)state;
  for (int kind = 0; kind < 2; kind++)
    for (int type = 0; type < 2; type++) {
      int32_t dtype = type ? GAN_F64 : GAN_F32;
      gan__op op = kind ? GAN__OP_MAXIMUM : GAN__OP_ARGMAX;
      largest_case(op, dtype, (gan__shape){3, {3, 5, 523}}, 1);
      largest_case(op, dtype, (gan__shape){3, {1, 3, 1100}}, 1);
      largest_case(op, dtype, (gan__shape){2, {5, 700}}, 0);
    }
}

/* take and put along one axis of [outer, count, inner]; indices are also negative and too large. */
static void take_put_case(bool put, const int64_t size[3], int32_t dtype) {
  gan__shape whole = {3, {size[0], size[1], size[2]}}, flat = {2, {size[0], size[2]}};
  begin();
  gan__id inputs[2] = {add_input(dtype, put ? flat : whole), add_input(GAN_I32, flat)};
  int64_t count = gan__shape_count(&flat);
  for (int64_t i = 0; i < count; i++)
    p.values[1][i] = (double)(pick(size[1] + 4) - 2);
  int64_t attrs[2] = {1, size[1]};
  assert_true(finish(put ? GAN__OP_PUT : GAN__OP_TAKE, inputs, attrs, put ? 2 : 1, NULL, 0));
  for (int64_t i = 0; i < count; i++) {
    int64_t index = (int64_t)p.values[1][i];
    if (index < 0 || index >= size[1]) continue;
    int64_t at = (i / size[2] * size[1] + index) * size[2] + i % size[2];
    p.want[put ? at : i] = p.values[0][put ? i : at];
  }
  check();
}

static void test_take_put(void **state) {
  (void)state;
  static const int64_t fixed[][3] = {
      {3, 5, 523}, {7, 20, 33}, {9, 5, 1}, {1, 3, 1100}, {65, 10, 3}};
  for (int trial = 0; trial < 5 + TRIALS; trial++) {
    int64_t size[3] = {pick_dim(), pick_dim(), pick_dim()};
    if (trial < 5) memcpy(size, fixed[trial], sizeof size);
    for (int put = 0; put < 2; put++) {
      take_put_case(put, size, pick_dtype());
      take_put_case(put, size, trial % 2 ? GAN_F32 : GAN_F64);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_maximum_argmax),
      cmocka_unit_test(test_wide_maximum),
      cmocka_unit_test(test_take_put),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
