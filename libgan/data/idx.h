/* SPDX-License-Identifier: MIT */
/* Job: the IDX format in memory: refuse what is not it, tell its shape, convert its elements. */
#ifndef GAN__DATA_IDX_H
#define GAN__DATA_IDX_H

#include "base/context.h"
#include "tensor/shape.h"

/* The third byte of a file. Everything is stored with the most significant byte first. */
enum {
  GAN__IDX_U8 = 0x08,
  GAN__IDX_I8 = 0x09,
  GAN__IDX_I16 = 0x0b,
  GAN__IDX_I32 = 0x0c,
  GAN__IDX_F32 = 0x0d,
  GAN__IDX_F64 = 0x0e
};

/* The longest header that is accepted: magic number and GAN__RANK_MAX sizes. */
enum { GAN__IDX_HEADER_MAX = 4 + 4 * GAN__RANK_MAX };
/* The most bytes of elements that are accepted: a small compressed file can claim any size. */
#define GAN__IDX_PAYLOAD_MAX INT64_C(0x100000000)

typedef struct gan__idx {
  int32_t type;          /* GAN__IDX_... */
  gan__shape shape;      /* all dims >= 1 */
  int64_t element_bytes; /* of one element */
  int64_t payload;       /* where the elements begin */
  int64_t bytes;         /* of the whole file, as its header has it */
} gan__idx;

/* Reads the header at the start of `data`, of which `count` bytes are there: the whole file or its
 * beginning. `name` is the file's name in messages. *idx is untouched on failure. GAN_ERROR_FORMAT;
 * GAN_ERROR_LIMIT when the elements would be more than GAN__IDX_PAYLOAD_MAX bytes. */
gan_status gan__idx_parse(gan_context *context, const char *name, const unsigned char *data,
                          uint64_t count, gan__idx *idx);

/* The same for a whole file: its `count` bytes must be exactly what the header declares. */
gan_status gan__idx_parse_whole(gan_context *context, const char *name, const unsigned char *data,
                                uint64_t count, gan__idx *idx);

/* The type that holds every value of the file exactly: GAN_F32 or GAN_F64. */
int32_t gan__idx_dtype(const gan__idx *idx);

/* Converts all elements of the whole file `data` to gan__idx_dtype at `out`. GAN_ERROR_FORMAT on a
 * NaN or an infinity. */
gan_status gan__idx_convert(gan_context *context, const char *name, const gan__idx *idx,
                            const unsigned char *data, void *out);

#endif
