/* SPDX-License-Identifier: MIT */
/* The versions of header and library agree with each other and with the one given as argument. */
#include <stdio.h>
#include <string.h>

#include <gan/gan.h>

int main(int count, char **arguments) {
  char text[64];
  snprintf(text, sizeof text, "%d.%d.%d", GAN_VERSION_MAJOR, GAN_VERSION_MINOR, GAN_VERSION_PATCH);
  int number = GAN_VERSION_MAJOR * 1000000 + GAN_VERSION_MINOR * 1000 + GAN_VERSION_PATCH;
  int good = strcmp(text, GAN_VERSION_STRING) == 0 && number == GAN_VERSION_NUMBER
             && strcmp(gan_version(), GAN_VERSION_STRING) == 0
             && gan_version_number() == GAN_VERSION_NUMBER;
  for (int i = 1; i < count; i++)
    good = good && strcmp(arguments[i], GAN_VERSION_STRING) == 0;
  printf("header %s (%d), library %s (%d)%s%s\n", GAN_VERSION_STRING, GAN_VERSION_NUMBER,
         gan_version(), gan_version_number(), count > 1 ? ", others " : "",
         count > 1 ? arguments[1] : "");
  return good ? 0 : 1;
}
