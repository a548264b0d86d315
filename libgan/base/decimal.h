/* SPDX-License-Identifier: MIT */
/* Job: a decimal number of any length to the nearest double, exactly. */
#ifndef GAN__BASE_DECIMAL_H
#define GAN__BASE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

/* The midpoint of two doubles has at most 767 significant digits: what lies beyond matters only as
 * "not zero". */
enum { GAN__DECIMAL_DIGITS = 800 };

/* 0.d1 d2 d3 ... times 10^point; d1 and the last digit are not 0; no digits for zero. */
typedef struct gan__decimal {
  int32_t count;
  bool more; /* digits other than 0 were cut off */
  int64_t point;
  uint8_t digits[GAN__DECIMAL_DIGITS];
} gan__decimal;

/* Appends a digit of the number as written; a digit behind the mark has `fraction` set. Starts from
 * a zeroed struct; finish with gan__decimal_double. */
void gan__decimal_append(gan__decimal *number, int32_t digit, bool fraction);

/* The double nearest to number * 10^exponent, ties to the even one; infinity beyond the largest.
 * The number is used up. */
double gan__decimal_double(gan__decimal *number, int64_t exponent);

#endif
