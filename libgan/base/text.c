/* SPDX-License-Identifier: MIT */
/* Job: growing texts, and numbers to and from text without any locale. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/memory.h"
#include "base/text.h"

void gan__text_init(gan__text *text, gan_context *context) {
  *text = (gan__text){.context = context, .status = GAN_OK};
}

void gan__text_finish(gan__text *text) {
  if (text->context) gan__release(text->context, text->data);
  *text = (gan__text){.context = text->context};
}

void gan__text_add(gan__text *text, const char *format, ...) {
  if (text->status != GAN_OK) return;
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(NULL, 0, format, arguments);
  va_end(arguments);
  if (length < 0) {
    text->status = gan__fail(text->context, GAN_ERROR_INTERNAL, "a text could not be formatted");
    return;
  }
  uint64_t need = text->length + (uint64_t)length + 1;
  text->status = gan__reserve(text->context, &text->data, &text->capacity, need, 1);
  if (text->status != GAN_OK) return;
  va_start(arguments, format);
  vsnprintf(text->data + text->length, (size_t)length + 1, format, arguments);
  va_end(arguments);
  text->length += (uint64_t)length;
}

void gan__text_add_double(gan__text *text, double value) {
  char buffer[32];
  gan__text_add(text, "%s", gan__text_double(buffer, value));
}

/* Replaces the locale's decimal mark (one or several bytes) by a point. */
static void set_point(char *text) {
  char *mark = text;
  while (*mark && strchr("+-0123456789e", *mark))
    mark++;
  if (!*mark) return;
  char *end = mark;
  while (*end && !strchr("+-0123456789e", *end))
    end++;
  *mark = '.';
  memmove(mark + 1, end, strlen(end) + 1);
}

char *gan__text_double(char buffer[32], double value) {
  if (isnan(value)) return strcpy(buffer, "nan");
  if (isinf(value)) return strcpy(buffer, value < 0 ? "-inf" : "inf");
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(buffer, 32, "%.*g", digits, value);
    set_point(buffer);
    double back;
    const char *end = gan__parse_double(buffer, &back);
    /* As bits: where denormals are flushed, they all compare equal to 0. */
    if (end && !*end && memcmp(&back, &value, sizeof value) == 0) break;
  }
  return buffer;
}

/* The power of ten behind an e; huge ones are cut to what is certainly beyond all doubles. */
static const char *parse_power(const char *at, int64_t *power) {
  enum { MOST = 1000000000 };
  bool down = *at == '-', any = false;
  if (*at == '-' || *at == '+') at++;
  for (*power = 0; *at >= '0' && *at <= '9'; at++, any = true)
    if (*power < MOST) *power = *power * 10 + (*at - '0');
  if (down) *power = -*power;
  return any ? at : NULL;
}

const char *gan__parse_double(const char *text, double *value) {
  const char *at = text;
  bool negative = *at == '-', any = false, fraction = false;
  if (*at == '-' || *at == '+') at++;
  gan__decimal number = {0};
  for (;; at++) {
    if (*at == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (*at < '0' || *at > '9') break;
    any = true;
    gan__decimal_append(&number, *at - '0', fraction);
  }
  if (!any) return NULL;
  int64_t power = 0;
  if (*at == 'e' || *at == 'E') at = parse_power(at + 1, &power);
  if (!at) return NULL;
  double result = gan__decimal_double(&number, power);
  if (isinf(result)) return NULL;
  *value = negative ? -result : result;
  return at;
}

const char *gan__parse_integer(const char *text, int64_t *value) {
  int64_t result = 0;
  const char *at = text;
  for (; *at >= '0' && *at <= '9'; at++)
    if (__builtin_mul_overflow(result, 10, &result)
        || __builtin_add_overflow(result, *at - '0', &result))
      return NULL;
  if (at == text) return NULL;
  *value = result;
  return at;
}
