/* SPDX-License-Identifier: MIT */
/* Job: one axis of a chart: its range, where values lie on it, ticks at round numbers. */
#ifndef GAN__IO_CHART_AXIS_H
#define GAN__IO_CHART_AXIS_H

#include <stdbool.h>
#include <stdint.h>

#include "io/font.h"

enum {
  GAN__TICKS_MAX = 200,
  GAN__TICK_LABEL = 32 /* bytes, with the NUL */
};

typedef struct gan__tick {
  double part;                 /* of the axis's length, 0 at its low end */
  char label[GAN__TICK_LABEL]; /* empty at small ticks; "10^-3" has a raised exponent */
} gan__tick;

typedef struct gan__axis {
  double low, high;
  bool logarithmic;
  /* Set by gan__axis_place. */
  int32_t count;
  int32_t factor; /* labels are to be multiplied by 10^factor */
  gan__tick ticks[GAN__TICKS_MAX];
} gan__axis;

/* Whether a value can be shown on the axis at all, whatever its range. */
bool gan__axis_shows(const gan__axis *axis, double value);

/* Where a value that it shows lies: 0 at the low end, 1 at the high one, or beyond. */
double gan__axis_part(const gan__axis *axis, double value);

/* What decides how many ticks there are. */
typedef struct gan__axis_room {
  int64_t length;  /* of the axis in pixels */
  int64_t spacing; /* the least from one labelled tick to the next */
  int64_t scale;   /* of the font */
  bool across;     /* labels stand side by side, and their width counts */
} gan__axis_room;

/* Chooses the ticks. */
void gan__axis_place(gan__axis *axis, const gan__axis_room *room);

/* A label's width in pixels; a raised exponent is smaller than the rest. */
int64_t gan__axis_label_width(const char *label, int64_t scale);

/* Draws a label with the top left corner of its digits at (x, y). */
void gan__axis_label_draw(const gan__pen *pen, int64_t x, int64_t y, const char *label);

/* The text that tells an axis's factor, "x10^3". */
void gan__axis_factor(char label[GAN__TICK_LABEL], int32_t factor);

#endif
