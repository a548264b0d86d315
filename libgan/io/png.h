/* SPDX-License-Identifier: MIT */
/* Job: a canvas as a PNG file. */
#ifndef GAN__IO_PNG_H
#define GAN__IO_PNG_H

#include "io/image.h"

/* The bytes of a PNG file. */
typedef struct gan__png {
  uint8_t *data; /* of the image's context; the receiver releases it */
  uint64_t size, capacity;
} gan__png;

/* Encodes in memory: the chunks IHDR, IDAT and IEND and nothing else. */
gan_status gan__png_encode(const gan_image *image, gan__png *png);

/* Encodes and replaces the file as a whole. */
gan_status gan__png_write(const gan_image *image, const char *path);

#endif
