/* SPDX-License-Identifier: MIT */
/* Lines, areas and markers of charts: how much of each pixel they cover. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "io/chart_ink.h"

enum { WIDE = 60, TALL = 40 };
#define PI 3.14159265358979

static float mask[TALL * WIDE];
static gan__ink ink = {0, 0, WIDE, TALL, mask};

static double covered(void) {
  double sum = 0;
  for (int32_t i = 0; i < TALL * WIDE; i++) {
    assert_true(mask[i] >= 0 && mask[i] <= 1);
    sum += (double)mask[i];
  }
  memset(mask, 0, sizeof mask);
  return sum;
}

static double line(double width, gan__spot from, gan__spot to) {
  gan__stroke stroke = {.half = width / 2};
  gan__ink_line(&ink, &stroke, from, to);
  return covered();
}

/* A line's area is length times width, and a disc of its width at the ends; soft edges round a
 * little: the mask is a ramp over one pixel, which is exact on straight edges. */
static void line_covers_its_area(void **state) {
  (void)state;
  for (int32_t turn = 0; turn < 24; turn++) {
    double angle = 0.13 + turn * PI / 12, width = 1 + turn % 5;
    const gan__spot from = {30, 20}, to = {30 + 14 * cos(angle), 20 + 14 * sin(angle)};
    double want = 14 * width + PI * width * width / 4;
    assert_true(fabs(line(width, from, to) - want) < 0.04 * want);
  }
}

static void thin_line_is_pale(void **state) {
  (void)state;
  double want = 14 * 0.4;
  double got = line(0.4, (gan__spot){20, 20.5}, (gan__spot){34, 20.5});
  assert_true(fabs(got - want) < 0.15 * want);
}

static void horizontal_line_is_sharp_on_the_pixels(void **state) {
  (void)state;
  gan__stroke stroke = {.half = 1};
  gan__ink_line(&ink, &stroke, (gan__spot){-100, 10}, (gan__spot){100, 10});
  for (int32_t i = 0; i < TALL * WIDE; i++)
    assert_true(mask[i] == (i / WIDE == 9 || i / WIDE == 10 ? 1.0f : 0.0f));
  covered();
}

/* Only the part within the frame counts, however far the ends are. */
static void far_ends_are_cut_off(void **state) {
  (void)state;
  static const double far[] = {100, 1e5, 1e9};
  for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
    const gan__spot from = {30 - far[i], 20 - far[i]}, to = {30 + far[i], 20 + far[i]};
    double want = 40 * sqrt(2) * 2;
    assert_true(fabs(line(2, from, to) - want) < 0.03 * want);
    assert_true(line(2, (gan__spot){-far[i], -5}, (gan__spot){far[i], -5}) == 0);
    assert_true(line(2, (gan__spot){65, -far[i]}, (gan__spot){65, far[i]}) == 0);
  }
}

static void crossing_is_no_darker(void **state) {
  (void)state;
  gan__stroke stroke = {.half = 0.75};
  for (int32_t i = 0; i < 5; i++)
    gan__ink_line(&ink, &stroke, (gan__spot){10, 20.25}, (gan__spot){40, 20.25});
  double five = covered();
  assert_true(five == line(1.5, (gan__spot){10, 20.25}, (gan__spot){40, 20.25}));
}

/* Dashes of 6 with round ends of 1, every 10: 5 whole ones on a line of 50. The same when the line
 * comes in pieces. */
static void dashes_go_on_from_piece_to_piece(void **state) {
  (void)state;
  gan__stroke stroke = {.half = 1, .period = 10, .drawn = 6};
  gan__ink_line(&ink, &stroke, (gan__spot){4, 20}, (gan__spot){53, 20});
  double whole = covered(), want = 5 * (6 * 2 + PI);
  assert_true(fabs(whole - want) < 0.05 * want);
  stroke.phase = 0;
  for (int32_t i = 0; i < 7; i++)
    gan__ink_line(&ink, &stroke, (gan__spot){4 + 7 * i, 20}, (gan__spot){11 + 7 * i, 20});
  assert_true(fabs(covered() - whole) < 0.01 * whole);
  /* What is cut off at the left counts for where dashes are. */
  stroke.phase = 0;
  gan__ink_line(&ink, &stroke, (gan__spot){-1e6 + 4, 20}, (gan__spot){53, 20});
  assert_true(mask[20 * WIDE + 6] == 1 && mask[20 * WIDE + 12] == 0 && mask[20 * WIDE + 16] == 1);
  covered();
}

static void area_is_that_of_the_trapezoid(void **state) {
  (void)state;
  /* Mean height 10 over a width of 20.5; turned round; and cut by the frame to 10 columns. */
  gan__ink_area(&ink, (gan__spot){10.25, 15}, (gan__spot){30.75, 25}, 30);
  assert_true(fabs(covered() - 205) < 1e-3);
  gan__ink_area(&ink, (gan__spot){30.75, 25}, (gan__spot){10.25, 15}, 30);
  assert_true(fabs(covered() - 205) < 1e-3);
  gan__ink_area(&ink, (gan__spot){-10, 12}, (gan__spot){10, 12}, 2);
  assert_true(fabs(covered() - 100) < 1e-3);
  /* Neighbours leave no seam. */
  gan__ink_area(&ink, (gan__spot){5, 10}, (gan__spot){10.3, 10}, 20);
  gan__ink_area(&ink, (gan__spot){10.3, 10}, (gan__spot){15, 10}, 20);
  for (int32_t x = 5; x < 15; x++)
    assert_true(mask[15 * WIDE + x] > 0.999f);
  assert_true(fabs(covered() - 100) < 1e-3);
}

/* Each figure against its area by formula; a circle's edge and corners are soft. */
static void markers_cover_their_figures(void **state) {
  (void)state;
  const double r = 8, half = 1;
  const struct {
    int32_t form;
    double area;
  } figures[] = {
      {GAN_MARKER_DISC, PI * 64},
      {GAN_MARKER_RING, PI * (81 - 49)},
      {GAN_MARKER_SQUARE, 4 * 0.89 * 0.89 * 64},
      {GAN_MARKER_DIAMOND, 4 * 0.86 * 0.86 * 64},
      {GAN_MARKER_CROSS, 2 * (2 * half * 2 * 1.2 * r) - 4 * half * half},
  };
  for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
    const gan__marker marker = {figures[i].form, r, half};
    gan__ink_marker(&ink, &marker, (gan__spot){30.3, 20.7});
    double got = covered();
    assert_true(fabs(got - figures[i].area) < 0.03 * figures[i].area);
    /* Far outside nothing is drawn, and half of it at the edge. */
    gan__ink_marker(&ink, &marker, (gan__spot){-1e9, 1e9});
    assert_true(covered() == 0);
    gan__ink_marker(&ink, &marker, (gan__spot){0, 20});
    assert_true(fabs(covered() - figures[i].area / 2) < 0.05 * figures[i].area);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(line_covers_its_area),
      cmocka_unit_test(thin_line_is_pale),
      cmocka_unit_test(horizontal_line_is_sharp_on_the_pixels),
      cmocka_unit_test(far_ends_are_cut_off),
      cmocka_unit_test(crossing_is_no_darker),
      cmocka_unit_test(dashes_go_on_from_piece_to_piece),
      cmocka_unit_test(area_is_that_of_the_trapezoid),
      cmocka_unit_test(markers_cover_their_figures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
