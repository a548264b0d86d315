/* SPDX-License-Identifier: MIT */
/* The two pictures of bench_inversion: digits found again, and distances between samples. */
#ifndef BENCH_INVERSION_FIGURES_H
#define BENCH_INVERSION_FIGURES_H

#include <stdint.h>

#include <gan/gan.h>

enum {
  DIGIT_SIDE = 28,
  DIGIT_PIXELS = DIGIT_SIDE * DIGIT_SIDE,
  SHOWN = 12, /* digits in a panel */
  BINS = 64   /* of the histogram of distances */
};

/* Panels from left to right: held-out digits, training digits, samples (of the data: its first
 * rows). */
enum { HELD_OUT, TRAINING, SETS, DRAWN = SETS, PANELS };

/* The range of distances between digits of 784 pixels in [0, 1]. */
static const double distance_low = 0, distance_high = 16;

/* One row of the pictures: the data, or one generator. */
typedef struct figure_row {
  char name[32];
  float digits[PANELS][SHOWN * DIGIT_PIXELS];
  int64_t pairs, counts[BINS]; /* of the histogram of distances */
  double median;
} figure_row;

/* Writes a table of panels: `rows` [count] from top to bottom, the first that of the data. */
void figure_digits(gan_context *context, const figure_row *rows, int64_t count, const char *path);
/* Writes the histograms of all rows into one chart, medians as vertical lines. */
void figure_distances(gan_context *context, const figure_row *rows, int64_t count,
                      const char *path);

#endif
