/* SPDX-License-Identifier: MIT */
/* Job: the colour map of densities: white to dark violet in equal steps of lightness. */
#include <math.h>

#include "io/scatter_colour.h"

/* One channel of linear light, 0 to 1, as an sRGB byte (IEC 61966-2-1). */
static int32_t encode(double light) {
  light = light < 0 ? 0 : light > 1 ? 1 : light;
  double value = light <= 0.0031308 ? 12.92 * light : 1.055 * pow(light, 1 / 2.4) - 0.055;
  return (int32_t)(value * 255 + 0.5);
}

/* A colour of the space Oklab (Ottosson 2020), whose axes are lightness and two opponent hues with
 * equal steps for the eye; the matrices are its definition. */
static int32_t from_oklab(double lightness, double a, double b) {
  double l = lightness + 0.3963377774 * a + 0.2158037573 * b;
  double m = lightness - 0.1055613458 * a - 0.0638541728 * b;
  double s = lightness - 0.0894841775 * a - 1.2914855480 * b;
  l = l * l * l;
  m = m * m * m;
  s = s * s * s;
  int32_t red = encode(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
  int32_t green = encode(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
  int32_t blue = encode(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s);
  return red << 16 | green << 8 | blue;
}

/* Lightness falls evenly, hue turns from cyan to violet, and colour is strongest in the middle,
 * where screens have most of it. */
int32_t gan__scatter_colour(double part) {
  part = part > 0 ? part < 1 ? part : 1 : 0;
  double lightness = 1 - 0.72 * part;
  double chroma = 0.16 * (1 - (1 - part) * (1 - part)) * (1 - 0.35 * part);
  double hue = 3.65 + 1.35 * part; /* radians */
  return from_oklab(lightness, chroma * cos(hue), chroma * sin(hue));
}
