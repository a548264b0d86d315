/* SPDX-License-Identifier: MIT */
/* Job: libgan/kern/kern_pairwise.c and its fast kernels against the ops' definitions, on rows m [n,
 * dims, kernels] with ties, NaN and infinities. */
#include "kern_problem.h"

static double sign(double value) {
  return value > 0 ? 1 : value < 0 ? -1 : value;
}

/* Adds what the pair (i, j) contributes through dimension c of kernel b. */
static void add_pair(const int64_t size[3], int64_t i, int64_t j, int64_t c, int64_t b) {
  int64_t n = size[0], dims = size[1], kernels = size[2];
  int64_t x = (i * dims + c) * kernels + b, y = (j * dims + c) * kernels + b;
  int64_t forth = (i * n + j) * kernels + b, back = (j * n + i) * kernels + b, to = forth;
  const double *m = p.values[p.node.input_count - 1], *a = p.values[0];
  double term = fabs(m[x] - m[y]), part = 1;
  if (p.node.op == GAN__OP_PAIRWISE_PULL) part = a[forth] + a[back], to = x;
  if (p.node.op == GAN__OP_PAIRWISE_PUSH) part = a[x] - a[y];
  if (p.node.op != GAN__OP_PAIRWISE) term = part * sign(m[x] - m[y]);
  p.want[to] += term;
  p.magnitude[to] += fabs(term);
}

/* Values in steps of 1/4 have ties; `odd`: also with values that are not finite. */
static void pairwise_case(gan__op op, const int64_t size[3], int32_t dtype, bool odd) {
  begin();
  gan__shape m = {3, {size[0], size[1], size[2]}}, pairs = {3, {size[0], size[0], size[2]}};
  gan__id inputs[2];
  int32_t count = op == GAN__OP_PAIRWISE ? 1 : 2;
  for (int32_t k = 0; k < count; k++) {
    inputs[k] = add_input(dtype, op == GAN__OP_PAIRWISE_PULL && k == 0 ? pairs : m);
    int64_t elements = gan__shape_count(&p.shapes[k]);
    for (int64_t i = 0; i < elements; i++)
      if (k == count - 1 && pick(2)) p.values[k][i] = floor(4 * p.values[k][i]) / 4;
    for (int64_t times = odd && elements ? pick(4) : 0; times > 0; times--)
      p.values[k][pick(elements)] =
          pick(2) ? (double)NAN : (double)(pick(2) ? INFINITY : -INFINITY);
  }
  assert_true(finish(op, inputs, NULL, 0, NULL, 0));
  for (int64_t i = 0; i < size[0]; i++)
    for (int64_t j = 0; j < size[0]; j++)
      for (int64_t c = 0; c < size[1]; c++)
        for (int64_t b = 0; b < size[2]; b++)
          add_pair(size, i, j, c, b);
  p.terms = (double)(op == GAN__OP_PAIRWISE_PULL ? 2 * size[0] : 2 * size[1]);
  check();
}

static void test_pairwise(void **state) {
  (void)state;
  static const gan__op ops[] = {GAN__OP_PAIRWISE, GAN__OP_PAIRWISE_PULL, GAN__OP_PAIRWISE_PUSH};
  static const int64_t fixed[][3] = {
      {40, 16, 5}, {21, 4, 32}, {9, 5, 100}, {13, 9, 20}, {35, 3, 16}, {37, 7, 1}, {10, 0, 4},
      {10, 4, 0},  {3, 40, 33}, {70, 2, 2},  {20, 6, 17}, {1, 5, 9},   {0, 3, 3},  {17, 1, 15}};
  enum { FIXED = sizeof fixed / sizeof *fixed };
  for (int trial = 0; trial < FIXED + TRIALS / 2; trial++)
    for (int kind = 0; kind < 3; kind++) {
      int64_t size[3] = {pick_dim(), pick_dim(), 1 + pick(40)};
      if (trial < FIXED) memcpy(size, fixed[trial], sizeof size);
      for (int odd = 0; odd < 2; odd++) {
        pairwise_case(ops[kind], size, GAN_F32, odd);
        pairwise_case(ops[kind], size, GAN_F64, odd);
      }
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pairwise),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
