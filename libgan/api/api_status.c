/* SPDX-License-Identifier: MIT */
/* Job: the public calls of status.h. */
#include "base/status.h"

const char *gan_status_name(gan_status status) {
  return gan__status_name(status);
}
