/* SPDX-License-Identifier: MIT */
/* Job: draws: identity of elements, panels, accuracy of the fast kernels, ends of the range,
 * moments. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "kern/kern.h"

enum { MANY = 1 << 16 };

typedef struct draw {
  gan__kernel_node node;
  int64_t site;
  uint64_t seed, step;
} draw;

static void set_up_draw(draw *d, gan__op op, int32_t dtype, gan__shape shape) {
  d->node = (gan__kernel_node){.op = op,
                               .dtype = dtype,
                               .shape = shape,
                               .attr_count = 1,
                               .attrs = &d->site,
                               .cpu_level = gan__cpu_level()};
  d->node.split =
      (gan__split){.kind = GAN__SPLIT_ROWS, .extent = shape.rank > 0 ? shape.dims[0] : 1};
}

static void run_rows(const draw *d, const gan__kernel *kernel, void *out, int64_t first,
                     int64_t rows) {
  gan__row_call call = {.node = &d->node,
                        .out = out,
                        .first_row = first,
                        .rows = rows,
                        .seed = d->seed,
                        .step = d->step};
  kernel->row(&call);
}

static const gan__kernel *reference_of(const draw *d) {
  return gan__kernel_select(&d->node, false, true);
}

/* The definition: element i is made of words of block i / 4 under the key of seed and site. */
static void test_definition(void **state) {
  (void)state;
  draw d = {.site = 0x1234567890abcdef, .seed = 5, .step = 9};
  double u[24], z[24];
  set_up_draw(&d, GAN__OP_UNIFORM, GAN_F64, (gan__shape){2, {8, 3}});
  run_rows(&d, reference_of(&d), u, 0, 8);
  set_up_draw(&d, GAN__OP_NORMAL, GAN_F64, (gan__shape){2, {8, 3}});
  run_rows(&d, reference_of(&d), z, 0, 8);
  for (uint64_t i = 0; i < 24; i += 2) {
    uint32_t words[4];
    gan__philox(gan__draw_key(5, 0x1234567890abcdef), i / 4, 9, words);
    double radius = sqrt(-2 * log(gan__unit(words[i % 4])));
    double angle = 2 * 3.14159265358979323846 * gan__unit(words[i % 4 + 1]);
    assert_true(u[i] == gan__unit(words[i % 4]));
    assert_true(u[i + 1] == gan__unit(words[i % 4 + 1]));
    /* Two libm calls each; the compiler may have rounded the products otherwise. */
    assert_true(fabs(z[i] - radius * cos(angle)) <= 1e-14);
    assert_true(fabs(z[i + 1] - radius * sin(angle)) <= 1e-14);
  }
}

/* Seed, site and step each change the draw. */
static void test_identity(void **state) {
  (void)state;
  float first[16], other[16];
  for (int what = 0; what < 4; what++) {
    draw d = {.site = 1, .seed = 1, .step = 1};
    set_up_draw(&d, GAN__OP_NORMAL, GAN_F32, (gan__shape){1, {16}});
    const gan__kernel *kernel = gan__kernel_select(&d.node, false, false);
    run_rows(&d, kernel, first, 0, 16);
    d.seed += what == 1;
    d.site += what == 2;
    d.step += what == 3;
    run_rows(&d, kernel, other, 0, 16);
    if (what == 0) assert_memory_equal(first, other, sizeof first);
    for (int i = 0; i < 16 && what > 0; i++)
      assert_true(first[i] != other[i]);
  }
}

/* Every candidate at every level: panels of any size give the bits of the whole, rows of any width
 * starting anywhere in a block of four words. */
static void check_panels(draw *d, const gan__kernel *kernel) {
  int64_t rows = d->node.split.extent, width = gan__shape_count(&d->node.shape);
  width = rows > 0 ? width / rows : 0;
  int64_t size = gan__dtype_size(d->node.dtype), bytes = rows * width * size;
  char *whole = calloc(1, (size_t)bytes + 8), *parts = calloc(1, (size_t)bytes + 8);
  assert_non_null(whole);
  assert_non_null(parts);
  run_rows(d, kernel, whole, 0, rows);
  static const int64_t steps[] = {1, 2, 5, 64};
  for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
    memset(parts, 0, (size_t)bytes);
    for (int64_t first = 0; first < rows; first += steps[s]) {
      int64_t some = rows - first < steps[s] ? rows - first : steps[s];
      run_rows(d, kernel, parts + first * width * size, first, some);
    }
    assert_memory_equal(whole, parts, (size_t)bytes + 8);
  }
  free(whole);
  free(parts);
}

static void test_panels(void **state) {
  (void)state;
  static const gan__shape shapes[] = {{2, {70, 2}}, {2, {33, 3}}, {2, {19, 257}}, {1, {150}},
                                      {0, {0}},     {2, {0, 4}},  {2, {5, 0}},    {3, {7, 5, 3}}};
  for (int op = GAN__OP_UNIFORM; op <= GAN__OP_NORMAL; op++)
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
      for (int32_t dtype = GAN_F32; dtype <= GAN_F64; dtype++) {
        draw d = {.site = 77, .seed = 3, .step = UINT64_C(1) << 40};
        set_up_draw(&d, (gan__op)op, dtype, shapes[s]);
        int ran = 0;
        for (const gan__kernel *k = gan__kernels[op]; k->name; k++)
          if (!k->refuse(&d.node)) {
            check_panels(&d, k);
            ran++;
          }
        assert_int_equal(ran, dtype == GAN_F32 ? gan__cpu_level() + 2 : 1);
      }
}

/* Fast uniforms round the same number once, so they equal the reference. Fast normals: the radius
 * (up to 6.7) and the sine have errors of about 2 ulp (2^-23 relative) each. */
static void test_accuracy(void **state) {
  (void)state;
  static float fast[MANY];
  static double exact[MANY];
  for (int op = GAN__OP_UNIFORM; op <= GAN__OP_NORMAL; op++) {
    draw d = {.site = 5, .seed = 11};
    set_up_draw(&d, (gan__op)op, GAN_F64, (gan__shape){1, {MANY}});
    run_rows(&d, reference_of(&d), exact, 0, MANY);
    d.node.dtype = GAN_F32;
    for (const gan__kernel *k = gan__kernels[op]; k->name; k++) {
      if (k->refuse(&d.node)) continue;
      run_rows(&d, k, fast, 0, MANY);
      double worst = 0;
      for (int i = 0; i < MANY; i++) {
        double error = fabs((double)fast[i] - exact[i]);
        if (error > worst) worst = error;
        if (op == GAN__OP_UNIFORM)
          assert_true(fast[i] == (float)exact[i]);
        else
          assert_true(error <= 4 * 0x1p-23 * (1 + fabs(exact[i])));
      }
      print_message("%s %s: largest error %.3g\n", gan__ops[op].name, k->name, worst);
    }
  }
}

/* Words near 0 and 2^32, found by search for seed 1, site 0, step 0: uniforms stay inside (0, 1),
 * and normals keep their digits at both ends of ln u. */
static void test_ends(void **state) {
  (void)state;
  static const int64_t places[] = {13113556, 26089164, 120567892, 87852192, (INT64_C(1) << 35) + 4};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    for (int op = GAN__OP_UNIFORM; op <= GAN__OP_NORMAL; op++) {
      draw d = {.site = 0, .seed = 1};
      set_up_draw(&d, (gan__op)op, GAN_F64, (gan__shape){1, {INT64_C(1) << 40}});
      double exact[4];
      float got[4];
      run_rows(&d, reference_of(&d), exact, places[i], 4);
      d.node.dtype = GAN_F32;
      for (const gan__kernel *k = gan__kernels[op]; k->name; k++) {
        if (k->refuse(&d.node)) continue;
        run_rows(&d, k, got, places[i], 4);
        for (int e = 0; e < 4; e++) {
          assert_true(fabs((double)got[e] - exact[e]) <= 4 * 0x1p-23 * fabs(exact[e]));
          if (op == GAN__OP_UNIFORM) assert_true(got[e] > 0 && got[e] < 1);
        }
      }
    }
}

/* Means of n draws lie within 5 standard errors: uniform 1/2 and 1/3; normal 0, 1, 0, 3, whose
 * standard errors are sqrt(1, 2, 15, 96) / sqrt(n); neighbours are not correlated. */
static void test_moments(void **state) {
  (void)state;
  static float x[MANY];
  double root = sqrt(MANY), moment[5] = {0};
  draw d = {.site = 123, .seed = 42, .step = 7};
  set_up_draw(&d, GAN__OP_UNIFORM, GAN_F32, (gan__shape){1, {MANY}});
  run_rows(&d, gan__kernel_select(&d.node, false, false), x, 0, MANY);
  for (int i = 0; i < MANY; i++) {
    moment[1] += (double)x[i] / MANY;
    moment[2] += (double)x[i] * (double)x[i] / MANY;
  }
  assert_true(fabs(moment[1] - 0.5) < 5 * sqrt(1.0 / 12) / root);
  assert_true(fabs(moment[2] - 1.0 / 3) < 5 * sqrt(4.0 / 45) / root);
  set_up_draw(&d, GAN__OP_NORMAL, GAN_F32, (gan__shape){1, {MANY}});
  run_rows(&d, gan__kernel_select(&d.node, false, false), x, 0, MANY);
  moment[1] = moment[2] = 0;
  for (int i = 0; i < MANY; i++) {
    double power = 1;
    for (int k = 1; k <= 4; k++)
      moment[k] += (power *= (double)x[i]) / MANY;
    if (i > 0) moment[0] += (double)x[i] * (double)x[i - 1] / MANY;
  }
  assert_true(fabs(moment[0]) < 5 / root);
  assert_true(fabs(moment[1]) < 5 / root);
  assert_true(fabs(moment[2] - 1) < 5 * sqrt(2) / root);
  assert_true(fabs(moment[3]) < 5 * sqrt(15) / root);
  assert_true(fabs(moment[4] - 3) < 5 * sqrt(96) / root);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_definition), cmocka_unit_test(test_identity),
      cmocka_unit_test(test_panels),     cmocka_unit_test(test_accuracy),
      cmocka_unit_test(test_ends),       cmocka_unit_test(test_moments),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
