/* SPDX-License-Identifier: MIT */
/* Notes every lock that this program's own code takes, the library linked into it included, in any
 * thread. What other libraries do with their locks is not noted. */
#ifndef GAN__TESTS_LOCK_COUNT_H
#define GAN__TESTS_LOCK_COUNT_H

#include <stdbool.h>
#include <stdint.h>

enum { LOCK_COUNT_KINDS = 8 };

/* Begins anew. */
void lock_count_start(void);
/* Stops; the number of locks taken since, whatever their addresses. */
int64_t lock_count_stop(void);
/* The addresses of what was locked, each once; at most LOCK_COUNT_KINDS of them are kept. Returns
 * how many there were, which may be one more than are kept. */
int32_t lock_count_addresses(const void *addresses[LOCK_COUNT_KINDS]);
/* False where a checker has put functions of its own in the place of these: nothing is noted. */
bool lock_count_works(void);

#endif
