/* SPDX-License-Identifier: MIT */
/* Job: f32 functions without branches, so that compilers turn loops over them into SIMD code.
 *
 * Own minimax fits (rational or polynomial, weighted for the relative error of the result, computed
 * in 50 digits). Largest errors against double over every f32, in units of the last place, with FMA
 * (avx2, avx512, NEON) and without; tests/every_float.c measures them, and a sample in every test
 * run:
 *
 *               with FMA  without                  with FMA  without
 *   exp         1.02      0.99       sigmoid       2.41      2.41
 *   log         0.94      0.93       softplus      2.29      2.73
 *   log1p       0.94      0.94       sqrt          0.50      0.50
 *   tanh        5.29      5.89       rsqrt         1.50      1.50
 *   sin         2.48      2.48       cos           2.39      2.39
 *   uniform     0.50      0.50       normal        4.97      4.97
 *
 * Normals: 2^32 pairs of words in which each word comes once in either place. NaN goes in and comes
 * out; infinities and zeros give what libm gives. Results below 2^-126 may be flushed to zero by
 * the caller's floating-point state. */
#ifndef GAN__KERN_MATH_H
#define GAN__KERN_MATH_H

#include <math.h>
#include <stdint.h>

static inline uint32_t float_word(float value) {
  union {
    float value;
    uint32_t word;
  } u = {.value = value};
  return u.word;
}
static inline float word_float(uint32_t word) {
  union {
    uint32_t word;
    float value;
  } u = {.word = word};
  return u.value;
}

/* Adding 1.5 * 2^23 rounds to the nearest integer, which then stands in the low bits. */
#define ROUNDER 12582912.0f

/* e^x = 2^n e^r, |r| <= ln(2) / 2; e^r = 1 + r + r^2 q(r). ln(2) is taken in two parts, the first
 * with trailing zeros so that n times it is exact. 2^n is applied in two factors, as n reaches from
 * -150 to 128. */
static inline float exp_f32(float x) {
  float bounded = x > 89.0f ? 89.0f : x;
  bounded = bounded < -104.0f ? -104.0f : bounded;
  float shifted = bounded * 0x1.715476p+0f + ROUNDER, n = shifted - ROUNDER;
  float r = bounded - n * 0x1.62e4p-1f;
  r = r - n * 0x1.7f7d1cp-20f;
  float q = 0.00138143156335f;
  q = q * r + 0.00836885154033f;
  q = q * r + 0.0416684011874f;
  q = q * r + 0.16666519519f;
  q = q * r + 0.499999933726f;
  float y = 1.0f + (r + r * r * q);
  int32_t power = (int32_t)(float_word(shifted) - float_word(ROUNDER)), half = power >> 1;
  float first = word_float((uint32_t)(half + 127) << 23);
  float second = word_float((uint32_t)(power - half + 127) << 23);
  return y * first * second;
}

/* ln(1 + f) = f - f^2 / 2 + f^3 P(f) for sqrt(1/2) <= 1 + f < sqrt(2), without the first term. */
static inline float log_tail(float f) {
  float p = -0.0763434428617f;
  p = p * f + 0.12761515976f;
  p = p * f - 0.131602112844f;
  p = p * f + 0.142017682232f;
  p = p * f - 0.166233553736f;
  p = p * f + 0.200012263982f;
  p = p * f - 0.250008210842f;
  p = p * f + 0.333333317123f;
  float square = f * f;
  return square * (f * p) - 0.5f * square;
}

/* ln x for normal x > 0, plus `more`: x = 2^n (1 + f). */
static inline float log_positive(float x, int32_t power, float more) {
  uint32_t word = float_word(x) - 0x3f3504f3u; /* sqrt(1/2) */
  power += (int32_t)word >> 23;
  float f = word_float((word & 0x007fffffu) + 0x3f3504f3u) - 1.0f, n = (float)power;
  float tail = log_tail(f) + (n * 0x1.7f7d1cp-20f + more);
  return n * 0x1.62e4p-1f + (f + tail);
}

static inline float log_f32(float x) {
  int32_t small = x < 0x1p-126f;
  float y = log_positive(small ? x * 0x1p24f : x, small ? -24 : 0, 0.0f);
  y = x == 0.0f ? -INFINITY : y;
  y = x < 0.0f ? NAN : y;
  return x < INFINITY ? y : x + x; /* infinity and NaN */
}

/* u = 1 + x rounded; what rounding lost, over u, is the first-order correction. */
static inline float log1p_f32(float x) {
  float u = 1.0f + x, lost = x - (u - 1.0f);
  float y = log_positive(u, 0, lost / u);
  y = u == 1.0f ? x : y;
  y = u == 0.0f ? -INFINITY : y;
  y = u < 0.0f ? NAN : y;
  return u < INFINITY ? y : u;
}

/* tanh x = x P(x^2) / Q(x^2); from 9.02 on the nearest f32 is 1. The coefficients' last bits were
 * searched for the smallest error after all roundings. */
static inline float tanh_f32(float x) {
  float t = x * x;
  float p = 1.33841738e-8f, q = 7.79021718e-7f;
  p = p * t + 2.06357963e-5f;
  q = q * t + 0.00032885166f;
  p = p * t + 0.00349745806f;
  q = q * t + 0.0258843657f;
  p = p * t + 0.133826882f;
  q = q * t + 0.467160076f;
  p = p * t + 1.0f;
  q = q * t + 1.0f;
  float y = x * p / q;
  y = x > 9.02f ? 1.0f : y;
  y = x < -9.02f ? -1.0f : y;
  y = y > 1.0f ? 1.0f : y;
  return y < -1.0f ? -1.0f : y;
}

/* With e = e^-|x|: 1 / (1 + e) or e / (1 + e), so that small results keep their digits. */
static inline float sigmoid_f32(float x) {
  float e = exp_f32(-fabsf(x));
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

/* max(x, 0) + ln(1 + e), e = e^-|x| <= 1; ln(1 + e) = e - e^2 S(e). */
static inline float softplus_f32(float x) {
  float e = exp_f32(-fabsf(x));
  float s = 0.00331835334355f;
  s = s * e - 0.0202040482842f;
  s = s * e + 0.0576634380321f;
  s = s * e - 0.106804538683f;
  s = s * e + 0.153553365669f;
  s = s * e - 0.196953799961f;
  s = s * e + 0.249585834877f;
  s = s * e - 0.333305109517f;
  s = s * e + 0.499999327515f;
  return (x < 0.0f ? 0.0f : x) + (e - e * e * s);
}

/* sin and cos of r, |r| <= pi / 4. */
static inline float sin_core(float r) {
  float t = r * r, s = -0.000195149552943f;
  s = s * t + 0.00833215838793f;
  s = s * t - 0.166666545727f;
  return r + r * t * s;
}
static inline float cos_core(float r) {
  float t = r * r, c = 2.44327809921e-5f;
  c = c * t - 0.00138873130212f;
  c = c * t + 0.0416666456178f;
  return 1.0f - 0.5f * t + t * t * c;
}

/* The core that belongs to a quadrant, counted modulo 4, with its sign. */
static inline float sin_quadrant(float r, uint32_t quadrant) {
  float y = quadrant & 1 ? cos_core(r) : sin_core(r);
  return word_float(float_word(y) ^ ((quadrant & 2) << 30));
}

/* sin(x + quarter * pi / 2) for |x| <= SIN_LIMIT: r = x - n pi / 2, with pi / 2 in parts of 11
 * bits, so that n < 2^13 times each of them is exact. */
#define SIN_LIMIT 10000.0f
static inline float sin_shifted(float x, uint32_t quarter) {
  float shifted = x * 0x1.45f306p-1f + ROUNDER, n = shifted - ROUNDER;
  float r = x - n * 0x1.92p+0f;
  r = r - n * 0x1.fb4p-12f;
  r = r - n * 0x1.444p-24f;
  r = r - n * 0x1.68c234p-39f;
  return sin_quadrant(r, float_word(shifted) + quarter);
}

#endif
