/* SPDX-License-Identifier: MIT */
/* Job: captions in pictures: the library's own font, drawn as strokes at any whole scale. */
#include <math.h>

#include "io/font.h"

enum { CELL_COLUMNS = 5, PER_BAND = 12, SPACE_COLUMNS = 3, GLYPHS = 96, BOX = GLYPHS - 1 };

/* The characters 32 to 126 and a box, twelve to a band of nine rows, five columns each. */
static const char sheet[GLYPHS / PER_BAND * GAN__FONT_HEIGHT][PER_BAND * (CELL_COLUMNS + 1)] = {
    /*  !"#$%&'()*+ */
    "..... #.... #.#.. .#.#. ..#.. ##..# .##.. #.... ..#.. #.... ..... .....",
    "..... #.... #.#.. .#.#. .#### ##..# #..#. #.... .#... .#... ..#.. ..#..",
    "..... #.... #.#.. ##### #.#.. ...#. #..#. #.... #.... ..#.. #.#.# ..#..",
    "..... #.... ..... .#.#. .###. ..#.. .##.. ..... #.... ..#.. .###. #####",
    "..... #.... ..... ##### ..#.# .#... #.#.# ..... #.... ..#.. #.#.# ..#..",
    "..... ..... ..... .#.#. ####. #..## #..#. ..... .#... .#... ..#.. ..#..",
    "..... #.... ..... .#.#. ..#.. #..## .##.# ..... ..#.. #.... ..... .....",
    "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
    "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
    /* ,-./01234567 */
    "..... ..... ..... ....# .###. .#... .###. ##### ...#. ##### ..##. #####",
    "..... ..... ..... ....# #...# ##... #...# ...#. ..##. #.... .#... ....#",
    "..... ..... ..... ...#. #...# .#... ....# ..#.. .#.#. ####. #.... ...#.",
    "..... ####. ..... ..#.. #...# .#... ...#. ...#. #..#. ....# ####. ...#.",
    "..... ..... ..... .#... #...# .#... ..#.. ....# ##### ....# #...# ..#..",
    ".#... ..... ..... #.... #...# .#... .#... #...# ...#. #...# #...# ..#..",
    ".#... ..... #.... #.... .###. ###.. ##### .###. ...#. .###. .###. ..#..",
    "#.... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
    "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
    /* 89:;<=>?@ABC */
    ".###. .###. ..... ..... ...#. ..... #.... .###. .###. ..#.. ####. .###.",
    "#...# #...# ..... ..... ..#.. ..... .#... #...# #...# .#.#. #...# #...#",
    "#...# #...# #.... .#... .#... ##### ..#.. ....# #.### #...# #...# #....",
    ".###. .#### ..... ..... #.... ..... ...#. ...#. #.#.# #...# ####. #....",
    "#...# ....# ..... ..... .#... ##### ..#.. ..#.. #.### ##### #...# #....",
    "#...# ...#. ..... ..... ..#.. ..... .#... ..... #.... #...# #...# #...#",
    ".###. .##.. #.... .#... ...#. ..... #.... ..#.. .###. #...# ####. .###.",
    "..... ..... ..... .#... ..... ..... ..... ..... ..... ..... ..... .....",
    "..... ..... ..... #.... ..... ..... ..... ..... ..... ..... ..... .....",
    /* DEFGHIJKLMNO */
    "###.. ##### ##### .###. #...# ###.. ...#. #...# #.... #...# #...# .###.",
    "#..#. #.... #.... #...# #...# .#... ...#. #..#. #.... ##.## ##..# #...#",
    "#...# #.... #.... #.... #...# .#... ...#. #.#.. #.... #.#.# ##..# #...#",
    "#...# ####. ####. #.### ##### .#... ...#. ##... #.... #.#.# #.#.# #...#",
    "#...# #.... #.... #...# #...# .#... ...#. #.#.. #.... #...# #..## #...#",
    "#..#. #.... #.... #...# #...# .#... #..#. #..#. #.... #...# #..## #...#",
    "###.. ##### #.... .#### #...# ###.. .##.. #...# ##### #...# #...# .###.",
    "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
    "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
    /* PQRSTUVWXYZ[ */
    "####. .###. ####. .#### ##### #...# #...# #...# #...# #...# ##### ###..",
    "#...# #...# #...# #.... ..#.. #...# #...# #...# #...# #...# ....# #....",
    "#...# #...# #...# #.... ..#.. #...# #...# #...# .#.#. .#.#. ...#. #....",
    "####. #...# ####. .###. ..#.. #...# .#.#. #.#.# ..#.. .#.#. ..#.. #....",
    "#.... #.#.# #.#.. ....# ..#.. #...# .#.#. #.#.# .#.#. ..#.. .#... #....",
    "#.... #..#. #..#. ....# ..#.. #...# .#.#. ##.## #...# ..#.. #.... #....",
    "#.... .##.# #...# ####. ..#.. .###. ..#.. #...# #...# ..#.. ##### ###..",
    "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
    "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .....",
    /* \]^_`abcdefg */
    "#.... ###.. ..#.. ..... #.... ..... #.... ..... ....# ..... ..##. .....",
    "#.... ..#.. .#.#. ..... .#... ..... #.... ..... ....# ..... .#... .....",
    ".#... ..#.. #...# ..... ..... .###. ####. .###. .#### .###. ####. .####",
    "..#.. ..#.. ..... ..... ..... ....# #...# #.... #...# #...# .#... #...#",
    "...#. ..#.. ..... ..... ..... .#### #...# #.... #...# ##### .#... #...#",
    "....# ..#.. ..... ..... ..... #...# #...# #.... #...# #.... .#... #...#",
    "....# ###.. ..... ..... ..... .#### ####. .###. .#### .###. .#... .####",
    "..... ..... ..... ##### ..... ..... ..... ..... ..... ..... ..... ....#",
    "..... ..... ..... ..... ..... ..... ..... ..... ..... ..... ..... .###.",
    /* hijklmnopqrs */
    "#.... #.... ..#.. #.... #.... ..... ..... ..... ..... ..... ..... .....",
    "#.... ..... ..... #.... #.... ..... ..... ..... ..... ..... ..... .....",
    "####. #.... ..#.. #..#. #.... ####. ####. .###. ####. .#### #.##. .###.",
    "#...# #.... ..#.. #.#.. #.... #.#.# #...# #...# #...# #...# ##... #....",
    "#...# #.... ..#.. ##... #.... #.#.# #...# #...# #...# #...# #.... .##..",
    "#...# #.... ..#.. #.#.. #.... #.#.# #...# #...# #...# #...# #.... ...#.",
    "#...# #.... ..#.. #..#. .#... #.#.# #...# .###. ####. .#### #.... ###..",
    "..... ..... ..#.. ..... ..... ..... ..... ..... #.... ....# ..... .....",
    "..... ..... ##... ..... ..... ..... ..... ..... #.... ....# ..... .....",
    /* tuvwxyz{|}~ */
    ".#... ..... ..... ..... ..... ..... ..... ..#.. #.... #.... ..... ####.",
    ".#... ..... ..... ..... ..... ..... ..... .#... #.... .#... ..... #..#.",
    "####. #...# #...# #...# #...# #...# ##### .#... #.... .#... .#..# #..#.",
    ".#... #...# #...# #.#.# .#.#. #...# ...#. #.... #.... ..#.. #.#.# #..#.",
    ".#... #...# .#.#. #.#.# ..#.. #...# ..#.. .#... #.... .#... #..#. #..#.",
    ".#... #...# .#.#. #.#.# .#.#. #...# .#... .#... #.... .#... ..... #..#.",
    "..##. .#### ..#.. .#.#. #...# .#### ##### ..#.. #.... #.... ..... ####.",
    "..... ..... ..... ..... ..... ....# ..... ..... #.... ..... ..... .....",
    "..... ..... ..... ..... ..... .###. ..... ..... ..... ..... ..... .....",
};

static bool ink(int32_t glyph, int32_t column, int32_t row) {
  if (column < 0 || column >= CELL_COLUMNS || row < 0 || row >= GAN__FONT_HEIGHT) return false;
  const char *line = sheet[glyph / PER_BAND * GAN__FONT_HEIGHT + row];
  return line[glyph % PER_BAND * (CELL_COLUMNS + 1) + column] == '#';
}

/* Columns from the left that a glyph needs: the font is proportional. */
static int32_t glyph_columns(int32_t glyph) {
  for (int32_t column = CELL_COLUMNS - 1; column >= 0; column--)
    for (int32_t row = 0; row < GAN__FONT_HEIGHT; row++)
      if (ink(glyph, column, row)) return column + 1;
  return SPACE_COLUMNS;
}

/* The next glyph of a line, or -1 at its end. A character of several bytes gives one box. */
static int32_t next_glyph(const char **text) {
  unsigned char first = (unsigned char)**text;
  if (!first || first == '\n') return -1;
  (*text)++;
  if (first >= 0xC0)
    while (((unsigned char)**text & 0xC0) == 0x80)
      (*text)++;
  return first >= 32 && first <= 126 ? first - 32 : BOX;
}

int64_t gan__font_width(const char *text, int64_t scale) {
  int64_t widest = 0;
  for (;; text++) {
    int64_t columns = 0;
    for (int32_t glyph; (glyph = next_glyph(&text)) >= 0;)
      columns += glyph_columns(glyph) + 1;
    if (columns - 1 > widest) widest = columns - 1;
    if (!*text) return widest * scale;
  }
}

/* The distance of (x, y) from the stroke between (0, 0) and (right, down). */
static double stroke_distance(double x, double y, double right, double down) {
  double square = right * right + down * down;
  double part = square > 0 ? (x * right + y * down) / square : 0;
  part = part < 0 ? 0 : part > 1 ? 1 : part;
  return hypot(x - part * right, y - part * down);
}

/* The distance, in cells, of a point from the strokes that belong to one inked cell: its centre,
 * and half of each line to an inked neighbour. Neighbours across a corner are joined only where no
 * cell beside them joins them already. So a drawn cell pattern becomes lines and slants, not steps.
 */
static double cell_distance(int32_t glyph, int32_t column, int32_t row, double x, double y) {
  double best = INFINITY, from_x = x - column - 0.5, from_y = y - row - 0.5;
  if (!ink(glyph, column, row)) return best;
  for (int32_t down = -1; down <= 1; down++)
    for (int32_t right = -1; right <= 1; right++) {
      if (!ink(glyph, column + right, row + down)) continue;
      if (right && down && (ink(glyph, column + right, row) || ink(glyph, column, row + down)))
        continue;
      best = fmin(best, stroke_distance(from_x, from_y, 0.5 * right, 0.5 * down));
    }
  return best;
}

/* How much of the pixel with its centre at (x, y), in pixels from the glyph's corner, is inked. The
 * stroke is a little thinner than a cell but never below one pixel, so that scale 1 stays sharp. */
static double coverage(int32_t glyph, int64_t scale, double x, double y) {
  double cells_x = x / (double)scale, cells_y = y / (double)scale, best = INFINITY;
  int32_t column = (int32_t)cells_x, row = (int32_t)cells_y;
  for (int32_t down = -1; down <= 1; down++)
    for (int32_t right = -1; right <= 1; right++)
      best = fmin(best, cell_distance(glyph, column + right, row + down, cells_x, cells_y));
  return fmax(0.5, 0.43 * (double)scale) + 0.5 - best * (double)scale;
}

/* Where a line of text begins and whether it runs to the right or, turned, upward. */
typedef struct place {
  int64_t x, y;
  bool upward;
} place;

/* A pixel of the turned text lies as far above the start as it would else lie to the right. */
static void draw_glyph(const gan__pen *pen, place start, int64_t offset, int32_t glyph) {
  int64_t width = glyph_columns(glyph) * pen->scale, height = GAN__FONT_HEIGHT * pen->scale;
  int64_t left = start.upward ? start.x : start.x + offset;
  int64_t top = start.upward ? start.y - offset - width + 1 : start.y;
  int64_t across = start.upward ? height : width, down = start.upward ? width : height;
  gan_image *image = pen->image;
  if (left >= image->width || top >= image->height || left + across <= 0 || top + down <= 0) return;
  for (int64_t row = 0; row < height; row++)
    for (int64_t column = 0; column < width; column++) {
      double amount = coverage(glyph, pen->scale, (double)column + 0.5, (double)row + 0.5);
      int64_t x = start.upward ? left + row : left + column;
      int64_t y = start.upward ? start.y - offset - column : top + row;
      gan__image_blend(image, x, y, pen->rgb, amount);
    }
}

static void draw_lines(const gan__pen *pen, place start, const char *text) {
  for (;; text++) {
    int64_t offset = 0;
    for (int32_t glyph; (glyph = next_glyph(&text)) >= 0;) {
      draw_glyph(pen, start, offset, glyph);
      offset += (glyph_columns(glyph) + 1) * pen->scale;
    }
    if (!*text) return;
    *(start.upward ? &start.x : &start.y) += GAN__FONT_LEADING * pen->scale;
  }
}

void gan__font_draw(const gan__pen *pen, int64_t x, int64_t y, const char *text) {
  draw_lines(pen, (place){x, y, false}, text);
}

void gan__font_draw_upward(const gan__pen *pen, int64_t x, int64_t y, const char *text) {
  draw_lines(pen, (place){x, y, true}, text);
}
