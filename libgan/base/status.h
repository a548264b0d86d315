/* SPDX-License-Identifier: MIT */
/* Job: names of statuses, expanded from status.def. */
#ifndef GAN__BASE_STATUS_H
#define GAN__BASE_STATUS_H

#include <gan/status.h>

const char *gan__status_name(gan_status status);

#endif
