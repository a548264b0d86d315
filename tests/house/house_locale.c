/* SPDX-License-Identifier: MIT */
/* Linked into every test: takes the locale from the environment, as most programs do, so that
 * LC_ALL=de_DE.UTF-8 shows whether a result depends on it. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void take_locale(void) {
  const char *taken = setlocale(LC_ALL, "");
  if (!getenv("GAN_TEST_COMMA")) return;
  if (taken && localeconv()->decimal_point[0] == ',') return;
  fprintf(stderr, "the locale %s, with its decimal comma, could not be set\n", getenv("LC_ALL"));
  exit(99);
}
