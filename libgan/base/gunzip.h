/* SPDX-License-Identifier: MIT */
/* Job: inflate a gzip file that is in memory, up to a limit. */
#ifndef GAN__BASE_GUNZIP_H
#define GAN__BASE_GUNZIP_H

#include "base/file.h"

/* True when the bytes begin like a gzip file. */
bool gan__is_gzip(const unsigned char *data, uint64_t count);

/* Inflates all members of `packed`, checksums included, to at most `cap` bytes. `name` is the
 * file's name in messages, which also give the offset. *bytes is untouched on failure, else the
 * caller's (gan__release). GAN_ERROR_FORMAT: truncated, corrupt, or bytes behind the end;
 * GAN_ERROR_LIMIT: more than `cap`; GAN_ERROR_MEMORY. */
gan_status gan__gunzip(gan_context *context, const char *name, gan__bytes packed, uint64_t cap,
                       gan__bytes *bytes);

#endif
