/* SPDX-License-Identifier: MIT */
/* Job: captions in pictures: the library's own font, drawn as strokes at any whole scale. */
#ifndef GAN__IO_FONT_H
#define GAN__IO_FONT_H

#include "io/image.h"

enum {
  GAN__FONT_HEIGHT = 9,   /* rows of a line: 7 above the base line and 2 below */
  GAN__FONT_ASCENT = 7,   /* rows of a capital letter */
  GAN__FONT_LEADING = 11, /* from one line to the next */
  GAN__FONT_SCALE_MAX = 64
};

/* The width of the longest line in pixels. */
int64_t gan__font_width(const char *text, int64_t scale);

/* What is drawn with. */
typedef struct gan__pen {
  gan_image *image;
  int64_t scale; /* pixels to a cell of the font, 1 to GAN__FONT_SCALE_MAX */
  int32_t rgb;
} gan__pen;

/* Draws with the top left corner of the first line at (x, y), clipped to the canvas. */
void gan__font_draw(const gan__pen *pen, int64_t x, int64_t y, const char *text);

/* Draws turned by a quarter, with the bottom left corner of the first line at (x, y): the text runs
 * upward, further lines follow at the right. */
void gan__font_draw_upward(const gan__pen *pen, int64_t x, int64_t y, const char *text);

#endif
