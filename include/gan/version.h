/* SPDX-License-Identifier: MIT */
/* The version of the header and of the library that is loaded. */
#ifndef GAN_VERSION_H
#define GAN_VERSION_H

#include <stdint.h>

/* Every public function carries this mark; everything else in the library is hidden. */
#ifndef GAN_API
#if defined(__GNUC__)
#define GAN_API __attribute__((visibility("default")))
#else
#define GAN_API
#endif
#endif

#define GAN_VERSION_MAJOR  0
#define GAN_VERSION_MINOR  1
#define GAN_VERSION_PATCH  0
#define GAN_VERSION_STRING "0.1.0"
/* One number that orders releases: major * 1000000 + minor * 1000 + patch. */
#define GAN_VERSION_NUMBER 1000

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the loaded library as text, "major.minor.patch". Never NULL; static storage. Any
 * thread. Since 0.1. */
GAN_API const char *gan_version(void);

/* The version of the loaded library as one number, comparable with GAN_VERSION_NUMBER. Any thread.
 * Since 0.1. */
GAN_API int32_t gan_version_number(void);

#ifdef __cplusplus
}
#endif

#endif
