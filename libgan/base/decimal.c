/* SPDX-License-Identifier: MIT */
/* Job: a decimal number of any length to the nearest double, exactly. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/decimal.h"

/* Bits that one pass over the digits may shift: a digit times 2^59 with its carry stays below 2^63.
 */
enum { SHIFT_MAX = 59 };

void gan__decimal_append(gan__decimal *number, int32_t digit, bool fraction) {
  if (number->count == 0 && digit == 0) { /* leading zeros */
    number->point -= fraction;
    return;
  }
  if (!fraction) number->point++;
  if (number->count < GAN__DECIMAL_DIGITS)
    number->digits[number->count++] = (uint8_t)digit;
  else
    number->more |= digit != 0;
}

static void trim(gan__decimal *number) {
  while (number->count > 0 && number->digits[number->count - 1] == 0)
    number->count--;
}

/* Times 2^bits, from the last digit to the first as on paper. */
static void shift_left(gan__decimal *number, int32_t bits) {
  enum { ROOM = GAN__DECIMAL_DIGITS + 20 }; /* 2^59 has 18 digits */
  uint8_t wide[ROOM];
  int32_t at = ROOM;
  uint64_t carry = 0;
  for (int32_t i = number->count; i-- > 0; carry /= 10) {
    carry += (uint64_t)number->digits[i] << bits;
    wide[--at] = (uint8_t)(carry % 10);
  }
  for (; carry > 0; carry /= 10)
    wide[--at] = (uint8_t)(carry % 10);
  int32_t count = ROOM - at;
  number->point += count - number->count;
  number->count = count < GAN__DECIMAL_DIGITS ? count : GAN__DECIMAL_DIGITS;
  memcpy(number->digits, wide + at, (size_t)number->count);
  for (int32_t i = at + number->count; i < ROOM; i++)
    number->more |= wide[i] != 0;
  trim(number);
}

/* Divided by 2^bits: long division from the first digit to the last, and on while a rest remains.
 */
static void shift_right(gan__decimal *number, int32_t bits) {
  uint64_t rest = 0, mask = (UINT64_C(1) << bits) - 1;
  int32_t read = 0, written = 0;
  bool started = false;
  while (read < number->count || rest > 0) {
    rest = rest * 10 + (read < number->count ? number->digits[read] : 0);
    read++;
    uint8_t digit = (uint8_t)(rest >> bits);
    rest &= mask;
    if (!started && digit == 0) {
      number->point--;
      continue;
    }
    started = true;
    if (written < GAN__DECIMAL_DIGITS)
      number->digits[written++] = digit;
    else
      number->more |= digit != 0;
    /* The rest of an endless tail only says "not zero". */
    if (written == GAN__DECIMAL_DIGITS && read >= number->count && rest > 0) {
      number->more = true;
      break;
    }
  }
  number->count = written;
  trim(number);
}

/* The nearest integer of a number below 2^54; ties to even. */
static uint64_t round_integer(const gan__decimal *number) {
  uint64_t value = 0;
  int64_t point = number->point;
  for (int64_t i = 0; i < point; i++)
    value = value * 10 + (i < number->count ? number->digits[i] : 0);
  if (point < 0 || point >= number->count) return value; /* the next digit is 0 */
  int32_t next = number->digits[point];
  bool tie = next == 5 && point + 1 == number->count && !number->more;
  if (tie ? (value & 1) : next >= 5) value++;
  return value;
}

/* Scales by powers of 2 until the number is in [1/2, 1). A number below 10^p is below 8^p * 1.25^p:
 * 3 bits for each place never go too far. Returns the power taken out. */
static int32_t normalise(gan__decimal *number) {
  int32_t power = 0;
  while (number->point > 0) {
    int32_t bits = number->point * 3 < SHIFT_MAX ? (int32_t)number->point * 3 : SHIFT_MAX;
    shift_right(number, bits);
    power += bits;
  }
  while (number->point < 0 || number->digits[0] < 5) {
    int64_t places = -number->point;
    int32_t bits = places == 0 ? 1 : places * 3 < SHIFT_MAX ? (int32_t)places * 3 : SHIFT_MAX;
    shift_left(number, bits);
    power -= bits;
  }
  return power;
}

/* Most numbers that people write: up to 15 digits times or over an exact power of ten, so that one
 * operation rounds once. */
static bool exact_double(const gan__decimal *number, double *value) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  int64_t power = number->point - number->count;
  if (FLT_EVAL_METHOD != 0 || number->count > 15 || power < -22 || power > 22) return false;
  int64_t integer = 0;
  for (int32_t i = 0; i < number->count; i++)
    integer = integer * 10 + number->digits[i];
  *value = power < 0 ? (double)integer / powers[-power] : (double)integer * powers[power];
  return true;
}

double gan__decimal_double(gan__decimal *number, int64_t exponent) {
  double value;
  trim(number);
  if (number->count == 0) return 0;
  number->point += exponent;
  if (exact_double(number, &value)) return value;
  if (number->point > 310) return INFINITY; /* at least 1e310 */
  if (number->point < -330) return 0;       /* below 1e-330, half of the smallest is 2.5e-324 */
  int32_t power = normalise(number);
  /* [1/2, 1) * 2^power has 53 bits, fewer below 2^-1022: the last one is worth 2^-1074. */
  int32_t bits = power < -1021 ? 53 - (-1021 - power) : 53;
  if (bits < 0) return 0;
  if (bits > 0) shift_left(number, bits);
  uint64_t mantissa = round_integer(number);
  /* Put together as bits: arithmetic would depend on the mode for denormals. A carry out of the
   * mantissa moves into the exponent, which is right, also from denormal to normal and to infinity.
   */
  int64_t biased = power < -1021 ? 0 : power + 1021;
  if (power > 1024) return INFINITY;
  uint64_t word = (uint64_t)biased * (UINT64_C(1) << 52) + mantissa;
  memcpy(&value, &word, sizeof value);
  return value;
}
