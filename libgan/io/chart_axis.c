/* SPDX-License-Identifier: MIT */
/* Job: one axis of a chart: its range, where values lie on it, ticks at round numbers. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/chart_axis.h"

/* Beyond them differences could overflow, and logarithms lose their precision. */
#define LARGEST  1e300
#define SMALLEST 1e-300

bool gan__axis_shows(const gan__axis *axis, double value) {
  return fabs(value) <= LARGEST && (!axis->logarithmic || value >= SMALLEST);
}

double gan__axis_part(const gan__axis *axis, double value) {
  double low = axis->low, high = axis->high;
  if (axis->logarithmic) low = log10(low), high = log10(high), value = log10(value);
  return (value - low) / (high - low);
}

/* ---- Labels. ---- */

/* number * 10^power in plain digits; all decimals are written, so that labels of one axis have as
 * many. Whole numbers only are formatted, so no locale has a say. */
static void write_plain(char label[GAN__TICK_LABEL], int64_t number, int64_t power) {
  char digits[24];
  int64_t decimals = power < 0 ? -power : 0, zeros = power > 0 && number ? power : 0;
  int64_t count =
      snprintf(digits, sizeof digits, "%lld", (long long)(number < 0 ? -number : number));
  char *at = label;
  if (number < 0) *at++ = '-';
  /* Nothing that long is written; it would not fit. */
  if (count + decimals + zeros > GAN__TICK_LABEL - 6) decimals = zeros = 0;
  for (int64_t place = count > decimals ? count : decimals + 1; place > 0; place--) {
    if (place == decimals) *at++ = '.';
    *at++ = place <= count ? digits[count - place] : '0';
  }
  for (; zeros > 0; zeros--)
    *at++ = '0';
  *at = '\0';
}

/* The exponent's font. */
static int64_t raised_scale(int64_t scale) {
  return scale > 1 ? 2 * scale / 3 : 1;
}

int64_t gan__axis_label_width(const char *label, int64_t scale) {
  const char *mark = strchr(label, '^');
  if (!mark) return gan__font_width(label, scale);
  char base[GAN__TICK_LABEL] = {0};
  memcpy(base, label, (size_t)(mark - label));
  return gan__font_width(base, scale) + scale + gan__font_width(mark + 1, raised_scale(scale));
}

void gan__axis_label_draw(const gan__pen *pen, int64_t x, int64_t y, const char *label) {
  const char *mark = strchr(label, '^');
  if (!mark) {
    gan__font_draw(pen, x, y, label);
    return;
  }
  char base[GAN__TICK_LABEL] = {0};
  memcpy(base, label, (size_t)(mark - label));
  gan__font_draw(pen, x, y, base);
  gan__pen small = {pen->image, raised_scale(pen->scale), pen->rgb};
  int64_t lift = pen->scale > 1 ? pen->scale : 3;
  gan__font_draw(&small, x + gan__font_width(base, pen->scale) + pen->scale, y - lift, mark + 1);
}

void gan__axis_factor(char label[GAN__TICK_LABEL], int32_t factor) {
  snprintf(label, GAN__TICK_LABEL, "x10^%d", (int)factor);
}

/* ---- Choosing ticks. ---- */

static gan__tick *add_tick(gan__axis *axis, double value) {
  double part = gan__axis_part(axis, value);
  /* A tick at the very end of a range may lie a rounding error beyond it. */
  if (axis->count == GAN__TICKS_MAX || !(part > -1e-6 && part < 1 + 1e-6)) return NULL;
  gan__tick *tick = &axis->ticks[axis->count++];
  tick->part = part < 0 ? 0 : part > 1 ? 1 : part;
  tick->label[0] = '\0';
  return tick;
}

/* Whether labelled ticks keep their distance from each other. */
static bool fits(const gan__axis *axis, const gan__axis_room *room) {
  const gan__tick *before = NULL;
  int64_t width_before = 0;
  for (int32_t i = 0; i < axis->count; i++) {
    const gan__tick *tick = &axis->ticks[i];
    if (!tick->label[0]) continue;
    int64_t width = gan__axis_label_width(tick->label, room->scale);
    double least = (double)room->spacing;
    if (room->across)
      least = fmax(least, (double)(width + width_before) / 2 + 6 * (double)room->scale);
    if (before && (tick->part - before->part) * (double)room->length < least - 1e-6) return false;
    before = tick;
    width_before = width;
  }
  return true;
}

static double power_of_ten(int64_t power) {
  return pow(10, (double)power);
}

/* number * 10^power, each rounded once. */
static double scaled(int64_t number, int64_t power) {
  return power < 0 ? (double)number / power_of_ten(-power) : (double)number * power_of_ten(power);
}

/* Multiples of mantissa * 10^power. Numbers of many digits are written in thousands, millions ..
 * (or thousandths ..) that the axis tells once. */
static void place_steps(gan__axis *axis, int64_t mantissa, int64_t power) {
  double step = scaled(mantissa, power);
  int64_t first = (int64_t)ceil(axis->low / step - 1e-6);
  int64_t last = (int64_t)floor(axis->high / step + 1e-6);
  double most = fmax(fabs((double)first), fabs((double)last)) * step;
  axis->count = axis->factor = 0;
  if (most >= 0.999e6 || (most > 0 && most < 0.999e-3))
    axis->factor = 3 * (int32_t)floor((log10(most) + 1e-6) / 3);
  for (int64_t i = first; i <= last && i - first < GAN__TICKS_MAX; i++) {
    gan__tick *tick = add_tick(axis, scaled(i * mantissa, power));
    if (tick) write_plain(tick->label, i * mantissa, power - axis->factor);
  }
}

/* The finest steps of 1, 2 or 5 times a power of ten whose ticks are far enough apart. */
static void place_linear(gan__axis *axis, const gan__axis_room *room) {
  static const int64_t mantissas[] = {1, 2, 5};
  double range = axis->high - axis->low;
  double finest = range * (double)room->spacing / (double)room->length;
  int64_t power = (int64_t)floor(log10(fmin(finest, range / 2)));
  for (int32_t i = 0; i < 12; i++) {
    place_steps(axis, mantissas[i % 3], power + i / 3);
    if (fits(axis, room) && axis->count < GAN__TICKS_MAX) return;
  }
}

/* digit * 10^power, as "0.05" or as "5x10^-9". */
static void write_power(char label[GAN__TICK_LABEL], int64_t digit, int64_t power, bool plain) {
  if (plain)
    write_plain(label, digit, power);
  else if (digit == 1)
    snprintf(label, GAN__TICK_LABEL, "10^%lld", (long long)power);
  else
    snprintf(label, GAN__TICK_LABEL, "%lldx10^%lld", (long long)digit, (long long)power);
}

/* Every `stride`th power of ten with a label and, where there is room, marks between them: at
 * whole multiples with stride 1 (2 and 5 labelled if `halves`), else at the other powers. */
static void place_powers(gan__axis *axis, int64_t stride, bool marks, bool halves) {
  int64_t first = (int64_t)floor(log10(axis->low) + 1e-9);
  int64_t last = (int64_t)ceil(log10(axis->high) - 1e-9);
  bool plain = first >= -3 && last <= 4;
  axis->count = axis->factor = 0;
  for (int64_t power = first; power <= last; power++) {
    bool named = power % stride == 0;
    if (!named && !marks) continue;
    gan__tick *tick = add_tick(axis, scaled(1, power));
    if (tick && named) write_power(tick->label, 1, power, plain);
    for (int64_t digit = 2; marks && stride == 1 && digit < 10; digit++) {
      tick = add_tick(axis, scaled(digit, power));
      if (tick && halves && (digit == 2 || digit == 5))
        write_power(tick->label, digit, power, plain);
    }
  }
}

static int32_t labelled(const gan__axis *axis) {
  int32_t count = 0;
  for (int32_t i = 0; i < axis->count; i++)
    count += axis->ticks[i].label[0] != '\0';
  return count;
}

static void place_logarithmic(gan__axis *axis, const gan__axis_room *room) {
  static const int64_t strides[] = {1, 2, 3, 5, 10, 20, 50, 100, 200};
  double decades = log10(axis->high) - log10(axis->low);
  double decade = (double)room->length / decades, gap = 4 * (double)room->scale;
  if (decades < 20) {
    place_powers(axis, 1, true, true);
    if (labelled(axis) >= 3 && fits(axis, room)) return;
  }
  for (size_t i = 0; i < sizeof strides / sizeof *strides; i++) {
    /* The marks for 8 and 9 lie a twentieth of a decade apart. */
    bool marks = strides[i] == 1 ? decades < 20 && decade / 20 >= gap / 4 : decade >= gap;
    place_powers(axis, strides[i], marks, false);
    if (fits(axis, room)) break;
  }
  if (labelled(axis) < 2) place_linear(axis, room);
  if (labelled(axis) < 2) place_powers(axis, 1, true, true);
  gan__axis_room tight = *room;
  tight.spacing /= 2;
  if (labelled(axis) < 2) place_linear(axis, &tight);
}

void gan__axis_place(gan__axis *axis, const gan__axis_room *room) {
  if (axis->logarithmic)
    place_logarithmic(axis, room);
  else
    place_linear(axis, room);
}
