/* SPDX-License-Identifier: MIT */
#include "golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static FILE *open_golden(const char *name, const char *mode) {
  const char *source = getenv("GAN_SOURCE");
  char path[1024];
  snprintf(path, sizeof path, "%s/tests/golden/%s", source ? source : ".", name);
  FILE *file = fopen(path, mode);
  if (!file) fail_msg("cannot open %s", path);
  return file;
}

void golden_check(const char *name, const char *text) {
  if (getenv("GAN_UPDATE_GOLDEN")) {
    FILE *file = open_golden(name, "wb");
    fputs(text, file);
    fclose(file);
    return;
  }
  FILE *file = open_golden(name, "rb");
  char line[1024];
  int32_t number = 0;
  const char *at = text;
  while (fgets(line, sizeof line, file)) {
    number++;
    size_t length = strlen(line);
    if (strncmp(at, line, length) != 0) {
      fclose(file);
      fail_msg("%s:%d: expected\n%sbut got\n%.*s", name, (int)number, line, (int)strcspn(at, "\n"),
               at);
    }
    at += length;
  }
  fclose(file);
  if (*at)
    fail_msg("%s ends after line %d, but there is more: %.*s", name, (int)number,
             (int)strcspn(at, "\n"), at);
}
