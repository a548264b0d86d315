/* SPDX-License-Identifier: MIT */
/* Job: the colour map of densities: white to dark violet in equal steps of lightness. */
#ifndef GAN__IO_SCATTER_COLOUR_H
#define GAN__IO_SCATTER_COLOUR_H

#include <stdint.h>

/* The colour 0xRRGGBB of `part`, 0 (white) to 1 (darkest); clamped. */
int32_t gan__scatter_colour(double part);

#endif
