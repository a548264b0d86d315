/* SPDX-License-Identifier: MIT */
/* Job: a canvas as a PNG file. */
#include <string.h>

#include <spng.h>

#include "base/file.h"
#include "base/memory.h"
#include "io/png.h"

/* What the encoder writes into. */
typedef struct sink {
  gan_context *context;
  gan__png *png;
  gan_status status; /* why a write was refused */
} sink;

static int append(spng_ctx *encoder, void *user, void *source, size_t length) {
  (void)encoder;
  sink *to = user;
  gan__png *png = to->png;
  to->status = gan__reserve(to->context, &png->data, &png->capacity, png->size + length, 1);
  if (to->status != GAN_OK) return SPNG_IO_ERROR;
  memcpy(png->data + png->size, source, length);
  png->size += length;
  return SPNG_OK;
}

static int encode(spng_ctx *encoder, const gan_image *image, sink *to) {
  struct spng_ihdr header = {.width = (uint32_t)image->width,
                             .height = (uint32_t)image->height,
                             .bit_depth = 8,
                             .color_type = image->channels == 1 ? SPNG_COLOR_TYPE_GRAYSCALE
                                                                : SPNG_COLOR_TYPE_TRUECOLOR};
  size_t bytes = (size_t)image->width * (size_t)image->height * (size_t)image->channels;
  int error = spng_set_png_stream(encoder, append, to);
  /* Said here rather than left to a default, which another release could change. */
  if (!error) error = spng_set_option(encoder, SPNG_IMG_COMPRESSION_LEVEL, 6);
  if (!error) error = spng_set_option(encoder, SPNG_FILTER_CHOICE, SPNG_FILTER_CHOICE_ALL);
  if (!error) error = spng_set_ihdr(encoder, &header);
  if (error) return error;
  return spng_encode_image(encoder, image->pixels, bytes, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
}

gan_status gan__png_encode(const gan_image *image, gan__png *png) {
  gan__png made = {0};
  sink to = {.context = image->context, .png = &made, .status = GAN_OK};
  /* The encoder's own state is a few lines of pixels and zlib's tables. It comes from the C
   * library, because its allocation functions carry no pointer to a context. */
  spng_ctx *encoder = spng_ctx_new(SPNG_CTX_ENCODER);
  int error = encoder ? encode(encoder, image, &to) : SPNG_EMEM;
  spng_ctx_free(encoder);
  if (!error) {
    *png = made;
    return GAN_OK;
  }
  gan__release(image->context, made.data);
  if (to.status != GAN_OK) return to.status;
  return gan__fail(image->context, error == SPNG_EMEM ? GAN_ERROR_MEMORY : GAN_ERROR_INTERNAL,
                   "PNG encoder: %s", spng_strerror(error));
}

gan_status gan__png_write(const gan_image *image, const char *path) {
  gan__png png = {0};
  GAN_TRY(gan__png_encode(image, &png));
  gan_status status = gan__file_write(image->context, path, png.data, png.size);
  gan__release(image->context, png.data);
  return status;
}
