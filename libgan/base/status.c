/* SPDX-License-Identifier: MIT */
/* Job: raise errors at one place, name them, and pass messages to the caller's sink. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/status.h"

gan_status gan__fail(gan_context *context, gan_status status, const char *format, ...) {
  if (!context) return status;
  char text[GAN__MESSAGE_MAX]; /* the old message may be among the arguments */
  va_list arguments;
  va_start(arguments, format);
  if (vsnprintf(text, sizeof text, format, arguments) < 0) text[0] = '\0';
  va_end(arguments);
  memcpy(context->message, text, strlen(text) + 1);
  context->status = status;
  return status;
}

void gan__log(gan_context *context, int32_t severity, const char *format, ...) {
  if (!context || !context->log) return;
  char text[GAN__MESSAGE_MAX];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  context->log(severity, text, context->log_user);
}

bool gan__cancel_requested(gan_context *context) {
  /* The plain load first: an exchange each step would bounce the cache line. */
  if (!atomic_load_explicit(&context->cancelled, memory_order_relaxed)) return false;
  return atomic_exchange(&context->cancelled, 0) != 0;
}

const char *gan__status_name(gan_status status) {
  static const char *const names[] = {
#define GAN__STATUS(name) [name] = #name,
#include "base/status.def"
  };
  if (status < 0 || (size_t)status >= sizeof names / sizeof *names) return "GAN_ERROR_UNKNOWN";
  return names[status];
}
