/* SPDX-License-Identifier: MIT */
/* Job: the legend of a chart: names beside pieces of their lines, where little is covered. */
#include "io/chart.h"

enum { ROW = 13, SAMPLE = 18, PAD = 5, EDGE = 0xC8C8C8 }; /* lengths are in cells of the font */

static bool named(const gan_series *series) {
  return series->name && series->name[0];
}

void gan__legend_measure(const gan__chart *chart, gan__box *box) {
  int64_t scale = chart->view.scale, rows = 0, widest = 0;
  *box = (gan__box){0, 0, 0, 0};
  if (chart->view.legend == GAN_LEGEND_NONE) return;
  for (int64_t i = 0; i < chart->count; i++) {
    if (!named(&chart->series[i])) continue;
    int64_t width = gan__font_width(chart->series[i].name, scale);
    if (width > widest) widest = width;
    rows++;
  }
  if (!rows) return;
  box->width = widest + (SAMPLE + 3 * PAD) * scale;
  box->height = (rows * ROW + 2 * PAD - (ROW - GAN__FONT_ASCENT)) * scale;
}

/* The share of a box that is neither white nor grid. */
static double drawn_on(const gan_image *image, const gan__box *box) {
  int64_t count = 0;
  for (int64_t y = box->top; y < box->top + box->height; y++)
    for (int64_t x = box->left; x < box->left + box->width; x++) {
      const uint8_t *pixel = image->pixels + 3 * (y * image->width + x);
      int32_t rgb = pixel[0] << 16 | pixel[1] << 8 | pixel[2];
      count += rgb != GAN__IMAGE_WHITE && rgb != GAN__CHART_GRID;
    }
  return (double)count / (double)(box->width * box->height);
}

double gan__legend_place(const gan__chart *chart, const gan_image *image, gan__box *box) {
  /* Where the legend may be, in halves of what is free to its left and above it: the corners in the
   * order of GAN_LEGEND_TOP_RIGHT .. _BOTTOM_LEFT, then the middles of the sides. */
  static const int32_t places[][2] = {{2, 0}, {0, 0}, {2, 2}, {0, 2},
                                      {2, 1}, {0, 1}, {1, 0}, {1, 2}};
  const gan__box *frame = &chart->frame;
  int32_t asked = chart->view.legend, count = sizeof places / sizeof *places;
  int64_t gap = 5 * chart->view.scale;
  int64_t free_x = frame->width - box->width - 2 * gap;
  int64_t free_y = frame->height - box->height - 2 * gap;
  if (free_x < 0 || free_y < 0) return 2;
  double best = 2;
  for (int32_t i = 0; i < count; i++) {
    if (asked != GAN_LEGEND_AUTOMATIC && i != asked - GAN_LEGEND_TOP_RIGHT) continue;
    gan__box tried = *box;
    tried.left = frame->left + gap + free_x * places[i][0] / 2;
    tried.top = frame->top + gap + free_y * places[i][1] / 2;
    double share = drawn_on(image, &tried);
    if (share >= best) continue;
    best = share;
    *box = tried;
  }
  return best;
}

void gan__legend_draw(const gan__chart *chart, gan_image *image, const gan__box *box, float *mask) {
  int64_t scale = chart->view.scale, right = box->left + box->width - 1;
  int64_t bottom = box->top + box->height - 1;
  for (int64_t y = box->top; y <= bottom; y++)
    for (int64_t x = box->left; x <= right; x++) {
      bool edge = y == box->top || y == bottom || x == box->left || x == right;
      gan__image_blend(image, x, y, edge ? EDGE : GAN__IMAGE_WHITE, edge ? 1 : 0.9);
    }
  const gan__pen pen = {image, scale, GAN__CHART_INK};
  int64_t y = box->top + PAD * scale;
  for (int64_t i = 0; i < chart->count; i++) {
    if (!named(&chart->series[i])) continue;
    const gan__box sample = {box->left + PAD * scale, y - scale, SAMPLE * scale, 9 * scale};
    gan__chart_sample(chart, i, image, &sample, mask);
    gan__font_draw(&pen, sample.left + (SAMPLE + PAD) * scale, y, chart->series[i].name);
    y += ROW * scale;
  }
}
