/* SPDX-License-Identifier: MIT */
/* Job: inflate a gzip file that is in memory, up to a limit. */
#include <string.h>
#include <zlib.h>

#include "base/gunzip.h"
#include "base/memory.h"

/* zlib counts in 32 bits: it gets both sides in pieces of this size. */
enum { PIECE = 1 << 30 };

typedef struct inflater {
  gan_context *context;
  const char *name;
  gan__bytes packed;
  uint64_t taken; /* of packed, handed to zlib */
  uint64_t cap;   /* of the result */
  gan__bytes out; /* count: bytes made so far */
  uint64_t room;  /* allocated at out.data */
  z_stream stream;
} inflater;

bool gan__is_gzip(const unsigned char *data, uint64_t count) {
  return count >= 2 && data[0] == 0x1f && data[1] == 0x8b;
}

static voidpf zlib_allocate(voidpf context, uInt count, uInt size) {
  return gan__allocate(context, count, size);
}

static void zlib_release(voidpf context, voidpf memory) {
  gan__release(context, memory);
}

/* The position in the packed file that zlib has reached. */
static uint64_t offset(const inflater *self) {
  return self->taken - self->stream.avail_in;
}

/* Makes the output larger; one byte more than the cap shows that the cap is exceeded. */
static gan_status grow(inflater *self) {
  uint64_t most = self->cap + 1;
  uint64_t room = self->room > most / 2 ? most : self->room * 2;
  unsigned char *data = gan__allocate(self->context, room, 1);
  if (!data) return GAN_ERROR_MEMORY;
  memcpy(data, self->out.data, self->out.count);
  gan__release(self->context, self->out.data);
  self->out.data = data;
  self->room = room;
  return GAN_OK;
}

/* Hands zlib what it lacks on either side. */
static gan_status feed(inflater *self) {
  z_stream *stream = &self->stream;
  if (stream->avail_in == 0) {
    uint64_t rest = self->packed.count - self->taken;
    uInt piece = rest > PIECE ? PIECE : (uInt)rest;
    stream->next_in = self->packed.data + self->taken;
    stream->avail_in = piece;
    self->taken += piece;
  }
  if (self->out.count == self->room) GAN_TRY(grow(self));
  uint64_t rest = self->room - self->out.count;
  stream->next_out = self->out.data + self->out.count;
  stream->avail_out = rest > PIECE ? PIECE : (uInt)rest;
  return GAN_OK;
}

/* After the end of a member: the end of the file, or another member. */
static gan_status next_member(inflater *self, bool *more) {
  uint64_t at = offset(self), rest = self->packed.count - at;
  *more = rest > 0;
  if (rest == 0) return GAN_OK;
  if (!gan__is_gzip(self->packed.data + at, rest))
    return gan__fail(self->context, GAN_ERROR_FORMAT,
                     "%.600s: %llu bytes that are not gzip follow the end at offset %llu",
                     self->name, (unsigned long long)rest, (unsigned long long)at);
  inflateReset(&self->stream);
  return GAN_OK;
}

/* One call of zlib; *more is false after the last member. */
static gan_status step(inflater *self, bool *more) {
  z_stream *stream = &self->stream;
  GAN_TRY(feed(self));
  uInt room = stream->avail_out;
  int result = inflate(stream, Z_NO_FLUSH);
  self->out.count += room - stream->avail_out;
  if (self->out.count > self->cap)
    return gan__fail(self->context, GAN_ERROR_LIMIT,
                     "%.600s: inflates to more than the %llu bytes allowed", self->name,
                     (unsigned long long)self->cap);
  if (result == Z_STREAM_END) return next_member(self, more);
  if (result == Z_MEM_ERROR) return GAN_ERROR_MEMORY; /* gan__allocate has told */
  if (result == Z_BUF_ERROR)                          /* there is room, so it is input that lacks */
    return gan__fail(self->context, GAN_ERROR_FORMAT,
                     "%.600s: the gzip data is cut off at offset %llu", self->name,
                     (unsigned long long)offset(self));
  if (result != Z_OK)
    return gan__fail(
        self->context, GAN_ERROR_FORMAT, "%.600s: corrupt gzip data at offset %llu: %s", self->name,
        (unsigned long long)offset(self), stream->msg ? stream->msg : "no reason given");
  return GAN_OK;
}

gan_status gan__gunzip(gan_context *context, const char *name, gan__bytes packed, uint64_t cap,
                       gan__bytes *bytes) {
  inflater self = {.context = context,
                   .name = name,
                   .packed = packed,
                   .cap = cap < INT64_MAX / 4 ? cap : INT64_MAX / 4};
  self.stream = (z_stream){.zalloc = zlib_allocate, .zfree = zlib_release, .opaque = context};
  /* A guess that a small hostile file cannot make large. */
  self.room = 65536 + (packed.count < (1 << 24) ? packed.count : 1 << 24) * 4;
  if (self.room > self.cap + 1) self.room = self.cap + 1;
  self.out.data = gan__allocate(context, self.room, 1);
  if (!self.out.data) return GAN_ERROR_MEMORY;
  gan_status status = GAN_OK;
  int result = inflateInit2(&self.stream, 15 + 16); /* 32 KiB window, gzip wrapping only */
  if (result == Z_OK) {
    for (bool more = true; more && status == GAN_OK;)
      status = step(&self, &more);
    inflateEnd(&self.stream);
  } else {
    status = result == Z_MEM_ERROR ? GAN_ERROR_MEMORY
                                   : gan__fail(context, GAN_ERROR_INTERNAL,
                                               "%.600s: zlib refuses to start (%d)", name, result);
  }
  if (status == GAN_OK)
    *bytes = self.out;
  else
    gan__release(context, self.out.data);
  return status;
}
