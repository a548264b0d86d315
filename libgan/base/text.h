/* SPDX-License-Identifier: MIT */
/* Job: growing texts, and numbers to and from text without any locale. */
#ifndef GAN__BASE_TEXT_H
#define GAN__BASE_TEXT_H

#include "base/context.h"

/* A growing text; errors stick: after a failed allocation further calls do nothing. */
typedef struct gan__text {
  gan_context *context;
  char *data; /* NUL-terminated; NULL while empty */
  uint64_t length, capacity;
  gan_status status;
} gan__text;

void gan__text_init(gan__text *text, gan_context *context);
void gan__text_finish(gan__text *text);
void gan__text_add(gan__text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gan__text_add_double(gan__text *text, double value);

/* The shortest decimal form that reads back as the same double ("0.1", "-3", "1e-08", "inf",
 * "nan"), with a point in every locale. Returns `buffer`. */
char *gan__text_double(char buffer[32], double value);

/* Reads a decimal number at `text`: [+-] digits [. digits] [e [+-] digits]. Returns the first
 * character after it, or NULL when there is none or it overflows. No spaces, no hex, no inf. */
const char *gan__parse_double(const char *text, double *value);

/* Reads an unsigned decimal integer; NULL when there is none or it exceeds INT64_MAX. */
const char *gan__parse_integer(const char *text, int64_t *value);

#endif
