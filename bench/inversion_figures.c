/* SPDX-License-Identifier: MIT */
/* The two pictures of bench_inversion. */
#include "inversion_figures.h"

#include <stdio.h>

#include "cli.h"

enum { ROWS_MAX = 9 };

void figure_digits(gan_context *context, const figure_row *rows, int64_t count, const char *path) {
  static const char *const columns[PANELS] = {
      [HELD_OUT] = "held-out digits", [TRAINING] = "training digits", [DRAWN] = "samples"};
  gan_image *panels[ROWS_MAX * PANELS], *figure;
  const char *captions[ROWS_MAX];
  gan_grid_view sheet = {.struct_size = sizeof sheet,
                         .count = SHOWN,
                         .channels = 1,
                         .height = DIGIT_SIDE,
                         .width = DIGIT_SIDE,
                         .columns = SHOWN / 2,
                         .scale = 2,
                         .low = 0,
                         .high = 1};
  for (int64_t row = 0; row < count; row++) {
    captions[row] = rows[row].name;
    for (int panel = 0; panel < PANELS; panel++)
      cli_check(context, gan_image_grid(context, rows[row].digits[panel], &sheet,
                                        &panels[row * PANELS + panel]));
  }
  gan_panel_view view = {.struct_size = sizeof view,
                         .rows = count,
                         .columns = PANELS,
                         .panels = (const gan_image *const *)panels,
                         .row_captions = captions,
                         .column_captions = columns};
  cli_check(context, gan_image_panels(context, &view, &figure));
  cli_check(context, gan_image_write_png(figure, path));
  for (int64_t i = 0; i < count * PANELS; i++)
    gan_image_destroy(panels[i]);
  gan_image_destroy(figure);
}

void figure_distances(gan_context *context, const figure_row *rows, int64_t count,
                      const char *path) {
  double edges[BINS + 1], shares[ROWS_MAX][BINS];
  char names[ROWS_MAX][64];
  gan_series series[2 * ROWS_MAX];
  for (int bin = 0; bin <= BINS; bin++)
    edges[bin] = distance_low + (distance_high - distance_low) * bin / BINS;
  for (int64_t row = 0; row < count; row++) {
    for (int bin = 0; bin < BINS; bin++)
      shares[row][bin] = 100.0 * (double)rows[row].counts[bin] / (double)rows[row].pairs;
    snprintf(names[row], sizeof names[row], "%s, median %.2f", rows[row].name, rows[row].median);
    series[2 * row] = (gan_series){.struct_size = sizeof(gan_series),
                                   .x = edges,
                                   .y = shares[row],
                                   .count = BINS,
                                   .name = names[row],
                                   .form = GAN_SERIES_BARS,
                                   .fill = row == 0 ? 0.3 : 0};
    series[2 * row + 1] = (gan_series){.struct_size = sizeof(gan_series),
                                       .x = &rows[row].median,
                                       .count = 1,
                                       .form = GAN_SERIES_VERTICAL,
                                       .colour = -1,
                                       .dash = GAN_DASH_DASHED};
  }
  gan_chart_view view = {.struct_size = sizeof view,
                         .width = 900,
                         .height = 440,
                         .title = "Distances of random pairs",
                         .x_caption = "Euclidean distance of 784 pixels in 0 .. 1",
                         .y_caption = "% of pairs",
                         .x_low = distance_low,
                         .x_high = distance_high};
  gan_image *chart;
  cli_check(context, gan_image_chart(context, series, 2 * count, &view, &chart));
  cli_check(context, gan_image_write_png(chart, path));
  gan_image_destroy(chart);
}
