/* SPDX-License-Identifier: MIT */
/* Job: soft-edged lines, areas and markers, gathered in a mask that is coloured at once. */
#include <math.h>
#include <string.h>

#include "io/chart_ink.h"

#define HALF_ROOT 0.70710678118654752 /* of 2: the cosine of 45 degrees */

/* Covers a pixel by at least `amount`. */
static void cover(gan__ink *ink, int64_t x, int64_t y, double amount) {
  float *at = ink->mask + y * ink->width + x;
  if (amount > *at) *at = amount < 1 ? (float)amount : 1;
}

/* The whole numbers of pixels that a stretch touches, cut to 0 .. size. */
static void span(double low, double high, int64_t size, int64_t *first, int64_t *end) {
  *first = low > 0 ? (int64_t)fmin(low, (double)size) : 0;
  *end = high < (double)size ? (int64_t)ceil(fmax(high, 0)) : size;
}

/* ---- Lines. ---- */

/* One piece without dashes: every pixel whose centre is within half + 0.5 of it is covered, by
 * what is left to that distance. A line below one pixel is paler instead of thinner. Only the
 * pixels beside the line are visited, row by row. */
static void draw_piece(gan__ink *ink, double half, gan__spot from, gan__spot to) {
  double right = to.x - from.x, down = to.y - from.y, square = right * right + down * down;
  double reach = fmax(half, 0.5) + 0.5, length = sqrt(square);
  int64_t row, row_end;
  span(fmin(from.y, to.y) - reach, fmax(from.y, to.y) + reach, ink->height, &row, &row_end);
  /* Half the stretch of a row within reach of the endless line. */
  double slant = fabs(down) > 1e-6 * length ? reach * length / fabs(down) : INFINITY;
  for (; row < row_end; row++) {
    double y = (double)row + 0.5, low = fmin(from.x, to.x) - reach,
           high = fmax(from.x, to.x) + reach;
    if (isfinite(slant)) {
      double middle = from.x + right * (y - from.y) / down;
      low = fmax(low, middle - slant);
      high = fmin(high, middle + slant);
    }
    int64_t column, column_end;
    span(low - 0.5, high + 0.5, ink->width, &column, &column_end);
    for (; column < column_end; column++) {
      double x = (double)column + 0.5;
      double part = square > 0 ? ((x - from.x) * right + (y - from.y) * down) / square : 0;
      part = part < 0 ? 0 : part > 1 ? 1 : part;
      double away = hypot(x - from.x - part * right, y - from.y - part * down);
      if (away < reach) cover(ink, column, row, fmin(1, 2 * half) * fmin(1, reach - away));
    }
  }
}

/* Cuts the stretch `part` [2] of a line to where it lies within low .. high in one direction
 * (Liang and Barsky 1984); false when nothing is left. */
static bool cut(double start, double change, const double bounds[2], double part[2]) {
  if (change == 0) return start >= bounds[0] && start <= bounds[1];
  double enter = ((change > 0 ? bounds[0] : bounds[1]) - start) / change;
  double leave = ((change > 0 ? bounds[1] : bounds[0]) - start) / change;
  if (enter > part[0]) part[0] = enter;
  if (leave < part[1]) part[1] = leave;
  return part[0] <= part[1];
}

/* The dashes of a piece that lies in the frame; the stroke's phase is that of its start. */
static void draw_dashes(gan__ink *ink, const gan__stroke *stroke, gan__spot from, gan__spot to) {
  double length = hypot(to.x - from.x, to.y - from.y);
  for (double start = -stroke->phase; start <= length; start += stroke->period) {
    double begin = fmax(start, 0), end = fmin(start + stroke->drawn, length);
    if (end < begin) continue;
    double first = length > 0 ? begin / length : 0, last = length > 0 ? end / length : 0;
    gan__spot a = {from.x + first * (to.x - from.x), from.y + first * (to.y - from.y)};
    gan__spot b = {from.x + last * (to.x - from.x), from.y + last * (to.y - from.y)};
    draw_piece(ink, stroke->half, a, b);
  }
}

void gan__ink_line(gan__ink *ink, gan__stroke *stroke, gan__spot from, gan__spot to) {
  double margin = stroke->half + 1, right = to.x - from.x, down = to.y - from.y;
  const double across[2] = {-margin, (double)ink->width + margin};
  const double along[2] = {-margin, (double)ink->height + margin};
  double part[2] = {0, 1}, length = hypot(right, down), phase = stroke->phase;
  bool seen = cut(from.x, right, across, part) && cut(from.y, down, along, part);
  gan__spot a = {from.x + part[0] * right, from.y + part[0] * down};
  gan__spot b = {from.x + part[1] * right, from.y + part[1] * down};
  if (!(stroke->period > 0)) {
    if (seen) draw_piece(ink, stroke->half, a, b);
    return;
  }
  stroke->phase = fmod(phase + part[0] * length, stroke->period);
  if (seen) draw_dashes(ink, stroke, a, b);
  stroke->phase = fmod(phase + length, stroke->period);
}

/* ---- Areas. ---- */

/* Adds to a column of pixels, `wide` of whose width is covered between two heights. */
static void add_column(gan__ink *ink, int64_t column, double wide, const double heights[2]) {
  double top = fmin(heights[0], heights[1]), bottom = fmax(heights[0], heights[1]);
  int64_t row, end;
  span(top, bottom, ink->height, &row, &end);
  for (; row < end; row++) {
    double tall = fmin(bottom, (double)row + 1) - fmax(top, (double)row);
    float *at = ink->mask + row * ink->width + column;
    if (tall > 0) *at = (float)fmin(1, *at + wide * tall);
  }
}

void gan__ink_area(gan__ink *ink, gan__spot from, gan__spot to, double base) {
  double low = fmin(from.x, to.x), high = fmax(from.x, to.x);
  int64_t column, end;
  if (!(high > low)) return;
  span(low, high, ink->width, &column, &end);
  for (; column < end; column++) {
    double begin = fmax(low, (double)column), finish = fmin(high, (double)column + 1);
    if (!(finish > begin)) continue;
    /* The piece is straight, so its height at the middle is its mean over the stretch. */
    double part = ((begin + finish) / 2 - from.x) / (to.x - from.x);
    add_column(ink, column, finish - begin,
               (const double[2]){from.y + part * (to.y - from.y), base});
  }
}

/* ---- Markers. ---- */

/* How far (x, y) lies outside a figure around 0, in pixels; negative inside. All are made to look
 * equally large. */
static double outside(const gan__marker *marker, double x, double y) {
  double radius = marker->radius, wide = fabs(x), tall = fabs(y);
  switch (marker->form) {
  case GAN_MARKER_RING:
    return fabs(hypot(x, y) - radius) - marker->half;
  case GAN_MARKER_SQUARE:
    return fmax(wide, tall) - 0.89 * radius;
  case GAN_MARKER_DIAMOND:
    return (wide + tall) * HALF_ROOT - 0.86 * radius;
  case GAN_MARKER_TRIANGLE: /* the lower side, and the two slanting ones */
    return fmax(y - 0.7 * radius, 0.87 * wide - 0.5 * y - 0.7 * radius);
  case GAN_MARKER_CROSS:
    return fmax(fabs(wide - tall) * HALF_ROOT - marker->half,
                (wide + tall) * HALF_ROOT - 1.2 * radius);
  default:
    return hypot(x, y) - radius;
  }
}

void gan__ink_marker(gan__ink *ink, const gan__marker *marker, gan__spot at) {
  double reach = 1.5 * marker->radius + marker->half + 1;
  int64_t row, row_end, first, column_end;
  span(at.y - reach, at.y + reach, ink->height, &row, &row_end);
  span(at.x - reach, at.x + reach, ink->width, &first, &column_end);
  for (; row < row_end; row++)
    for (int64_t column = first; column < column_end; column++) {
      double away = outside(marker, (double)column + 0.5 - at.x, (double)row + 0.5 - at.y);
      if (away < 0.5) cover(ink, column, row, 0.5 - away);
    }
}

void gan__ink_colour(gan__ink *ink, gan_image *image, int32_t rgb, double amount) {
  for (int64_t row = 0; row < ink->height; row++)
    for (int64_t column = 0; column < ink->width; column++) {
      double covered = (double)ink->mask[row * ink->width + column];
      gan__image_blend(image, ink->left + column, ink->top + row, rgb, amount * covered);
    }
  memset(ink->mask, 0, (size_t)(ink->width * ink->height) * sizeof *ink->mask);
}
