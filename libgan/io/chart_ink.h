/* SPDX-License-Identifier: MIT */
/* Job: soft-edged lines, areas and markers, gathered in a mask that is coloured at once. */
#ifndef GAN__IO_CHART_INK_H
#define GAN__IO_CHART_INK_H

#include "io/image.h"

/* How much of each pixel of the frame is covered. A line that crosses itself is as dark there as
 * elsewhere because its coverage, not its colour, is gathered. */
typedef struct gan__ink {
  int64_t left, top;     /* of the frame in the picture */
  int64_t width, height; /* of the frame */
  float *mask;           /* [height, width], 0 to 1 */
} gan__ink;

/* Positions are in pixels from the frame's top left corner; y points downward. */
typedef struct gan__spot {
  double x, y;
} gan__spot;

/* A line being drawn: its dashes go on from one piece to the next. */
typedef struct gan__stroke {
  double half;   /* half its width in pixels */
  double period; /* from one dash to the next; 0 for a solid line */
  double drawn;  /* of each period */
  double phase;  /* the length of line so far, within the period */
} gan__stroke;

/* Adds the piece from `from` to `to`, with round ends. */
void gan__ink_line(gan__ink *ink, gan__stroke *stroke, gan__spot from, gan__spot to);

/* Adds the area between the piece from `from` to `to` and the height `base`. */
void gan__ink_area(gan__ink *ink, gan__spot from, gan__spot to, double base);

/* Adds a marker (GAN_MARKER_...) of a radius; a ring's line has the width 2 half. */
typedef struct gan__marker {
  int32_t form;
  double radius, half;
} gan__marker;
void gan__ink_marker(gan__ink *ink, const gan__marker *marker, gan__spot at);

/* Gives what is covered a colour, `amount` of it, and clears the mask. */
void gan__ink_colour(gan__ink *ink, gan_image *image, int32_t rgb, double amount);

#endif
