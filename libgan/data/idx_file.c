/* SPDX-License-Identifier: MIT */
/* Job: IDX files, plain or gzip, as a source of rows. */
#include <zlib.h>

#include "base/gunzip.h"
#include "base/memory.h"
#include "data/idx_file.h"

static voidpf zlib_allocate(voidpf context, uInt count, uInt size) {
  return gan__allocate(context, count, size);
}

static void zlib_release(voidpf context, voidpf memory) {
  gan__release(context, memory);
}

/* Inflates the first bytes only, at most GAN__IDX_HEADER_MAX; their number goes to *count. Answers
 * with zlib's word: Z_OK, Z_STREAM_END when there are no more, or an error met before. */
static int peek(gan_context *context, gan__bytes packed, unsigned char *head, uint64_t *count) {
  z_stream stream = {.zalloc = zlib_allocate, .zfree = zlib_release, .opaque = context};
  int result = inflateInit2(&stream, 15 + 16); /* 32 KiB window, gzip wrapping only */
  if (result != Z_OK) return result;
  stream.next_in = packed.data;
  stream.avail_in = packed.count < INT32_MAX ? (uInt)packed.count : INT32_MAX;
  stream.next_out = head;
  stream.avail_out = GAN__IDX_HEADER_MAX;
  while (result == Z_OK && stream.avail_out > 0) {
    result = inflate(&stream, Z_SYNC_FLUSH);
    /* A file may consist of several members. */
    if (result == Z_STREAM_END && gan__is_gzip(stream.next_in, stream.avail_in))
      result = inflateReset(&stream);
  }
  *count = GAN__IDX_HEADER_MAX - stream.avail_out;
  inflateEnd(&stream);
  return result;
}

/* Inflates a whole file, having asked its header how long it is, so that a bomb stays small. */
static gan_status inflate_declared(gan_context *context, const char *path, gan__bytes packed,
                                   gan__bytes *bytes) {
  unsigned char head[GAN__IDX_HEADER_MAX];
  uint64_t count = 0;
  gan__idx idx;
  int result = peek(context, packed, head, &count);
  if (result == Z_MEM_ERROR) return GAN_ERROR_MEMORY; /* gan__allocate has told */
  /* Stopped before the header was complete: gan__gunzip stops there too and knows what to say. */
  if (result != Z_OK && result != Z_STREAM_END)
    return gan__gunzip(context, path, packed, GAN__IDX_HEADER_MAX, bytes);
  GAN_TRY(gan__idx_parse(context, path, head, count, &idx));
  gan_status status = gan__gunzip(context, path, packed, (uint64_t)idx.bytes, bytes);
  if (status == GAN_ERROR_LIMIT)
    return gan__fail(
        context, GAN_ERROR_FORMAT,
        "%.600s: offset %lld of the inflated data: expected the end after the elements "
        "that the header declares, but it goes on",
        path, (long long)idx.bytes);
  return status;
}

gan_status gan__idx_read(gan_context *context, const char *path, gan__idx *idx, gan__bytes *bytes) {
  gan__bytes made;
  GAN_TRY(gan__file_read(context, path, GAN__IDX_HEADER_MAX + GAN__IDX_PAYLOAD_MAX, false, &made));
  gan_status status = GAN_OK;
  if (gan__is_gzip(made.data, made.count)) {
    gan__bytes packed = made;
    made.data = NULL;
    status = inflate_declared(context, path, packed, &made);
    gan__release(context, packed.data);
  }
  if (status == GAN_OK) status = gan__idx_parse_whole(context, path, made.data, made.count, idx);
  if (status == GAN_OK)
    *bytes = made;
  else
    gan__release(context, made.data);
  return status;
}

/* Gives the source its elements. Bytes stay where they were read; `bytes` is the source's then. */
static gan_status take_elements(gan__source *source, const char *path, const gan__idx *idx,
                                gan__bytes bytes) {
  if (idx->type == GAN__IDX_U8) {
    source->stored = GAN__STORED_U8;
    source->owned = bytes.data;
    source->data = bytes.data + idx->payload;
    return GAN_OK;
  }
  int32_t dtype = gan__idx_dtype(idx);
  source->stored = dtype == GAN_F32 ? GAN__STORED_F32 : GAN__STORED_F64;
  source->owned = gan__allocate(source->context, (uint64_t)gan__shape_count(&idx->shape),
                                (uint64_t)gan__dtype_size(dtype));
  source->data = source->owned;
  gan_status status = source->owned
                          ? gan__idx_convert(source->context, path, idx, bytes.data, source->owned)
                          : GAN_ERROR_MEMORY;
  gan__release(source->context, bytes.data);
  return status;
}

static gan_status open_images(gan_context *context, const char *path, gan__source **source) {
  gan__idx idx;
  gan__bytes bytes;
  GAN_TRY(gan__idx_read(context, path, &idx, &bytes));
  if (idx.shape.rank < 2) {
    gan__release(context, bytes.data);
    return gan__fail(
        context, GAN_ERROR_FORMAT,
        "%.600s: offset 3: expected 2 to 6 dimensions, the rows first, found 1; is this "
        "the file of labels?",
        path);
  }
  gan__shape row = gan__shape_make(idx.shape.rank - 1, idx.shape.dims + 1);
  gan__source *made = gan__source_create(context, &row, idx.shape.dims[0]);
  if (!made) {
    gan__release(context, bytes.data);
    return GAN_ERROR_MEMORY;
  }
  gan_status status = take_elements(made, path, &idx, bytes);
  if (status == GAN_OK)
    *source = made;
  else
    gan__source_unref(made);
  return status;
}

static gan_status check_labels(gan_context *context, const char *path, const gan__idx *idx,
                               int64_t rows) {
  if (idx->type != GAN__IDX_U8)
    return gan__fail(context, GAN_ERROR_FORMAT,
                     "%.600s: offset 2: expected labels of type 08, unsigned bytes, found %02x",
                     path, (unsigned)idx->type);
  if (idx->shape.rank != 1)
    return gan__fail(
        context, GAN_ERROR_FORMAT,
        "%.600s: offset 3: expected labels with 1 dimension, found %d; is this the file "
        "of images?",
        path, idx->shape.rank);
  if (idx->shape.dims[0] != rows)
    return gan__fail(
        context, GAN_ERROR_SHAPE,
        "%.600s: offset 4: expected %lld labels, one for each row of the images, found "
        "%lld",
        path, (long long)rows, (long long)idx->shape.dims[0]);
  return GAN_OK;
}

static gan_status add_labels(gan__source *source, const char *path) {
  gan_context *context = source->context;
  gan__idx idx;
  gan__bytes bytes;
  GAN_TRY(gan__idx_read(context, path, &idx, &bytes));
  gan_status status = check_labels(context, path, &idx, source->rows);
  if (status == GAN_OK) {
    source->labels = gan__allocate(context, (uint64_t)source->rows, sizeof *source->labels);
    if (!source->labels) status = GAN_ERROR_MEMORY;
  }
  for (int64_t row = 0; status == GAN_OK && row < source->rows; row++) {
    source->labels[row] = bytes.data[idx.payload + row];
    if (source->labels[row] >= source->classes) source->classes = source->labels[row] + 1;
  }
  gan__release(context, bytes.data);
  return status;
}

gan_status gan__idx_open(gan_context *context, const char *images_path, const char *labels_path,
                         gan__source **source) {
  gan__source *made = NULL;
  GAN_TRY(open_images(context, images_path, &made));
  gan_status status = labels_path ? add_labels(made, labels_path) : GAN_OK;
  if (status == GAN_OK)
    *source = made;
  else
    gan__source_unref(made);
  return status;
}
