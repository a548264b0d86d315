/* SPDX-License-Identifier: MIT */
/* Job: the public calls of version.h. */
#include <gan/version.h>

const char *gan_version(void) {
  return GAN_VERSION_STRING;
}

int32_t gan_version_number(void) {
  return GAN_VERSION_NUMBER;
}
