/* SPDX-License-Identifier: MIT */
/* What a call answers: one small number, zero for success. */
#ifndef GAN_STATUS_H
#define GAN_STATUS_H

#include <stdint.h>

#include <gan/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The result of a call. The text that goes with it is gan_context_message(). */
typedef int32_t gan_status;

/* Values are pinned for ever; new ones are added at the end. */
enum {
  GAN_OK = 0,                 /* done */
  GAN_ERROR_ARGUMENT = 1,     /* NULL, negative, out of range, or settings that contradict */
  GAN_ERROR_SHAPE = 2,        /* shapes or sizes that do not fit each other */
  GAN_ERROR_NAME = 3,         /* nothing of that name */
  GAN_ERROR_PARSE = 4,        /* a text that does not parse; the message has line and column */
  GAN_ERROR_STATE = 5,        /* the object is not in a state that allows the call */
  GAN_ERROR_MEMORY = 6,       /* an allocation failed; nothing changed */
  GAN_ERROR_LIMIT = 7,        /* a size beyond what the library or the caller allows */
  GAN_ERROR_FILE = 8,         /* the operating system refused to open, read or write */
  GAN_ERROR_FORMAT = 9,       /* the file is not what it should be; the message has the offset */
  GAN_ERROR_NOT_FINITE = 10,  /* a NaN or an infinity appeared; nothing changed */
  GAN_ERROR_CANCELLED = 11,   /* stopped by a callback or by gan_context_cancel() */
  GAN_ERROR_CALLBACK = 12,    /* a callback of the caller reported a failure */
  GAN_ERROR_CONTEXT = 13,     /* handles of different contexts in one call */
  GAN_ERROR_UNSUPPORTED = 14, /* known, but not available in this build */
  GAN_ERROR_INTERNAL = 15     /* a defect of the library; please report it with the message */
};

/* The name of a status, such as "GAN_ERROR_SHAPE"; "GAN_ERROR_UNKNOWN" for any other number. Never
 * NULL; static storage. Any thread. Since 0.1. */
GAN_API const char *gan_status_name(gan_status status);

#ifdef __cplusplus
}
#endif

#endif
