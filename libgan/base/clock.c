/* SPDX-License-Identifier: MIT */
/* Job: read the steady clock. */
#include <time.h>

#include "base/clock.h"

int64_t gan__clock(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_MONOTONIC, &now)) return 0;
  return (int64_t)now.tv_sec * 1000000000 + (int64_t)now.tv_nsec;
}
