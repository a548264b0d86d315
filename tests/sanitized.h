/* SPDX-License-Identifier: MIT */
/* Whether someone watches the program: a sanitizer that was built in, or valgrind.
 *
 * SANITIZED is defined where a sanitizer has functions of its own in the place of the C library's,
 * which a test must not replace again. */
#ifndef GAN__TESTS_SANITIZED_H
#define GAN__TESTS_SANITIZED_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)                            \
    || __has_feature(memory_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

/* Much slower then, and with much less address space to spare. */
static inline bool is_watched(void) {
#ifdef SANITIZED
  return true;
#else
  const char *preloaded = getenv("LD_PRELOAD");
  return preloaded && strstr(preloaded, "vgpreload");
#endif
}

#endif
