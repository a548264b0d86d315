/* SPDX-License-Identifier: MIT */
/* Job: IDX files, plain or gzip, as a source of rows. */
#ifndef GAN__DATA_IDX_FILE_H
#define GAN__DATA_IDX_FILE_H

#include "base/file.h"
#include "data/idx.h"
#include "data/source.h"

/* Reads a whole IDX file and checks it. A gzip file is inflated up to the size that its own header
 * declares, never further. `bytes` is the caller's (gan__release); both are untouched on failure.
 */
gan_status gan__idx_read(gan_context *context, const char *path, gan__idx *idx, gan__bytes *bytes);

/* The rows of one file, rank 2 or more, with the labels of another (NULL for none). */
gan_status gan__idx_open(gan_context *context, const char *images_path, const char *labels_path,
                         gan__source **source);

#endif
