/* SPDX-License-Identifier: MIT */
/* Job: whole files in and out, with limits, clear messages and atomic replacement. */
#ifndef GAN__BASE_FILE_H
#define GAN__BASE_FILE_H

#include "base/context.h"

/* A block of bytes; `data` is released by gan__release. */
typedef struct gan__bytes {
  unsigned char *data;
  uint64_t count;
} gan__bytes;

/* Reads a whole regular file of at most `cap` bytes. With `gunzip`, a file that begins with 1f 8b
 * is inflated and `cap` bounds the result. *bytes is untouched on failure, else the caller's; data
 * is never NULL then. GAN_ERROR_FILE, GAN_ERROR_LIMIT, GAN_ERROR_FORMAT (gzip), GAN_ERROR_MEMORY.
 */
gan_status gan__file_read(gan_context *context, const char *path, uint64_t cap, bool gunzip,
                          gan__bytes *bytes);

/* Puts `count` bytes at `path`, replacing a file that is there: whoever looks, also after a crash,
 * finds the old file or the new one. A link stays, and the file it points to is replaced; a
 * replaced file keeps its permissions. On failure the old file is as it was and nothing is left
 * behind. */
gan_status gan__file_write(gan_context *context, const char *path, const void *data,
                           uint64_t count);

/* Tells beforehand whether gan__file_write could work there; leaves nothing behind. */
gan_status gan__file_writable(gan_context *context, const char *path);

#endif
