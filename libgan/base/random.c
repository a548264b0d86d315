/* SPDX-License-Identifier: MIT */
/* Job: sequential draws for host code on top of the counter-based bits. */
#include <math.h>

#include "base/hash.h"
#include "base/random.h"

gan__stream gan__stream_make(uint64_t seed, const char *purpose, uint64_t index) {
  uint64_t key = gan__join(gan__join(gan__mix(seed), gan__hash_text(purpose)), index);
  return (gan__stream){.key = key, .high = 0, .counter = 0};
}

uint32_t gan__stream_word(gan__stream *stream) {
  uint32_t block[4];
  gan__philox(stream->key, stream->counter / 4, stream->high, block);
  return block[stream->counter++ % 4];
}

double gan__stream_uniform(gan__stream *stream) {
  return gan__unit(gan__stream_word(stream));
}

double gan__stream_normal(gan__stream *stream) {
  double radius = sqrt(-2.0 * log(gan__stream_uniform(stream)));
  return radius * cos(6.283185307179586476925 * gan__stream_uniform(stream));
}

uint64_t gan__stream_below(gan__stream *stream, uint64_t bound) {
  /* Rejects the incomplete last interval, so that every value has exactly the same chance. */
  uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
  for (;;) {
    uint64_t word = (uint64_t)gan__stream_word(stream) << 32;
    word |= gan__stream_word(stream);
    if (word < limit) return word % bound;
  }
}
