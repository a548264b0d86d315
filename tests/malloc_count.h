/* SPDX-License-Identifier: MIT */
/* Counts every call of the C library's allocation functions in the whole process, from any thread
 * and any library. */
#ifndef GAN__TESTS_MALLOC_COUNT_H
#define GAN__TESTS_MALLOC_COUNT_H

#include <stdbool.h>
#include <stdint.h>

/* Begins to count from 0. */
void malloc_count_start(void);
/* Stops; the number of calls since, frees included. */
int64_t malloc_count_stop(void);
/* False where a checker has put functions of its own in the place of these: nothing is counted
 * then. */
bool malloc_count_works(void);

#endif
