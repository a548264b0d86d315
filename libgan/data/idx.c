/* SPDX-License-Identifier: MIT */
/* Job: the IDX format in memory: refuse what is not it, tell its shape, convert its elements. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "data/idx.h"

static const struct {
  int32_t type;
  int32_t bytes;
} types[] = {{GAN__IDX_U8, 1},  {GAN__IDX_I8, 1},  {GAN__IDX_I16, 2},
             {GAN__IDX_I32, 4}, {GAN__IDX_F32, 4}, {GAN__IDX_F64, 8}};

/* Bytes of one element; 0 for an unknown type. */
static int64_t type_bytes(int32_t type) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (types[i].type == type) return types[i].bytes;
  return 0;
}

static uint64_t big_endian(const unsigned char *data, int64_t bytes) {
  uint64_t value = 0;
  for (int64_t i = 0; i < bytes; i++)
    value = value << 8 | data[i];
  return value;
}

/* A file that a program wrote in the byte order of its own machine: 03 08 00 00. */
static bool is_little_endian(const unsigned char *data) {
  return data[2] == 0 && data[3] == 0 && type_bytes(data[1]) > 0 && data[0] >= 1;
}

/* The same, where only the sizes are in the wrong order: added to a message when all of them end in
 * two zero bytes, which sizes below 65536 do then. */
static const char *size_hint(const unsigned char *data, int32_t rank) {
  for (int32_t axis = 0; axis < rank; axis++)
    if (data[4 + 4 * axis + 2] || data[4 + 4 * axis + 3]) return "";
  return "; they look little-endian, but IDX stores the most significant byte first";
}

static gan_status check_magic(gan_context *context, const char *name, const unsigned char *data,
                              uint64_t count) {
  if (count < 4)
    return gan__fail(context, GAN_ERROR_FORMAT,
                     "%.600s: offset %llu: the file ends inside the 4 bytes with which IDX begins",
                     name, (unsigned long long)count);
  const char *why = NULL;
  int32_t offset = 0;
  if (data[0] == 0x1f && data[1] == 0x8b) {
    why = "expected 00 00; this is gzip, compressed once too often";
  } else if (data[0] != 0 || data[1] != 0) {
    why = is_little_endian(data) ? "the header is little-endian; IDX stores the most significant "
                                   "byte first: 00 00, type, rank"
                                 : "expected 00 00, with which IDX begins";
  } else if (type_bytes(data[2]) == 0) {
    why = "expected an element type 08, 09, 0b, 0c, 0d or 0e";
    offset = 2;
  } else if (data[3] == 0 || data[3] > GAN__RANK_MAX) {
    why = "expected 1 to 6 dimensions";
    offset = 3;
  }
  if (!why) return GAN_OK;
  static const char digits[] = "0123456789abcdef";
  char found[12] = "";
  for (int32_t i = 0; i < 4; i++) {
    found[3 * i] = digits[data[i] >> 4];
    found[3 * i + 1] = digits[data[i] & 15];
    found[3 * i + 2] = i < 3 ? ' ' : '\0';
  }
  return gan__fail(context, GAN_ERROR_FORMAT, "%.600s: offset %d: %s; the file begins with %s",
                   name, offset, why, found);
}

gan_status gan__idx_parse(gan_context *context, const char *name, const unsigned char *data,
                          uint64_t count, gan__idx *idx) {
  GAN_TRY(check_magic(context, name, data, count));
  gan__idx made = {.type = data[2], .element_bytes = type_bytes(data[2])};
  made.shape.rank = data[3];
  made.payload = 4 + 4 * (int64_t)made.shape.rank;
  if (count < (uint64_t)made.payload)
    return gan__fail(context, GAN_ERROR_FORMAT,
                     "%.600s: offset %llu: the file ends inside its header of %lld bytes", name,
                     (unsigned long long)count, (long long)made.payload);
  int64_t bytes = made.element_bytes;
  bool fits = true;
  for (int32_t axis = 0; axis < made.shape.rank; axis++) {
    made.shape.dims[axis] = (int64_t)big_endian(data + 4 + 4 * axis, 4);
    if (made.shape.dims[axis] == 0)
      return gan__fail(context, GAN_ERROR_FORMAT,
                       "%.600s: offset %d: dimension %d of %d is 0, expected at least 1", name,
                       4 + 4 * axis, axis + 1, made.shape.rank);
    fits = fits && gan__multiply(bytes, made.shape.dims[axis], &bytes);
  }
  char shape[GAN__SHAPE_TEXT];
  if (!fits || bytes > GAN__IDX_PAYLOAD_MAX)
    return gan__fail(context, GAN_ERROR_LIMIT,
                     "%.600s: offset 4: %s elements of %lld bytes are more than the %lld bytes "
                     "allowed%s",
                     name, gan__shape_text(shape, &made.shape), (long long)made.element_bytes,
                     (long long)GAN__IDX_PAYLOAD_MAX, size_hint(data, made.shape.rank));
  made.bytes = made.payload + bytes;
  *idx = made;
  return GAN_OK;
}

gan_status gan__idx_parse_whole(gan_context *context, const char *name, const unsigned char *data,
                                uint64_t count, gan__idx *idx) {
  gan__idx made;
  GAN_TRY(gan__idx_parse(context, name, data, count, &made));
  if (count == (uint64_t)made.bytes) {
    *idx = made;
    return GAN_OK;
  }
  char shape[GAN__SHAPE_TEXT];
  bool shorter = count < (uint64_t)made.bytes;
  return gan__fail(context, GAN_ERROR_FORMAT,
                   "%.600s: offset %lld: %s elements of %lld bytes were expected to end at offset "
                   "%lld, but the file %s%lld%s",
                   name, shorter ? (long long)count : (long long)made.bytes,
                   gan__shape_text(shape, &made.shape), (long long)made.element_bytes,
                   (long long)made.bytes, shorter ? "ends at " : "goes on to ", (long long)count,
                   size_hint(data, made.shape.rank));
}

int32_t gan__idx_dtype(const gan__idx *idx) {
  return idx->type == GAN__IDX_I32 || idx->type == GAN__IDX_F64 ? GAN_F64 : GAN_F32;
}

/* The value of one element. Sums of powers of two, so that no cast to a signed type is left to the
 * compiler. */
static double element(int32_t type, const unsigned char *data, int64_t bytes) {
  uint64_t word = big_endian(data, bytes);
  if (type == GAN__IDX_F64) {
    double value;
    memcpy(&value, &word, sizeof value);
    return value;
  }
  if (type == GAN__IDX_F32) {
    uint32_t half = (uint32_t)word;
    float value;
    memcpy(&value, &half, sizeof value);
    return value;
  }
  bool negative = type != GAN__IDX_U8 && data[0] >= 0x80;
  return (double)word - (negative ? (double)(UINT64_C(1) << (8 * bytes)) : 0.0);
}

gan_status gan__idx_convert(gan_context *context, const char *name, const gan__idx *idx,
                            const unsigned char *data, void *out) {
  int64_t count = gan__shape_count(&idx->shape);
  float *narrow = gan__idx_dtype(idx) == GAN_F32 ? out : NULL;
  double *wide = narrow ? NULL : out;
  for (int64_t i = 0; i < count; i++) {
    int64_t offset = idx->payload + i * idx->element_bytes;
    double value = element(idx->type, data + offset, idx->element_bytes);
    if (!isfinite(value))
      return gan__fail(context, GAN_ERROR_FORMAT,
                       "%.600s: offset %lld: element %lld is %s, expected a finite number", name,
                       (long long)offset, (long long)i, isnan(value) ? "not a number" : "infinite");
    if (narrow)
      narrow[i] = (float)value;
    else
      wide[i] = value;
  }
  return GAN_OK;
}
