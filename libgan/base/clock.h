/* SPDX-License-Identifier: MIT */
/* Job: a steady clock, for telling how long work took. No result depends on it. */
#ifndef GAN__BASE_CLOCK_H
#define GAN__BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some fixed moment. About 20 ns a call where the kernel shows its clock to
 * programs, as Linux does; no system call there. */
int64_t gan__clock(void);

#endif
