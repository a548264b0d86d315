/* SPDX-License-Identifier: MIT */
/* Job: the only door to the allocator; every size product is checked here. */
#ifndef GAN__BASE_MEMORY_H
#define GAN__BASE_MEMORY_H

#include "base/context.h"

enum { GAN__ALIGNMENT = 64 };

/* `count` items of `size` bytes, zeroed, aligned to 64; at least one byte is always allocated.
 * NULL after raising GAN_ERROR_MEMORY (also when the product overflows). */
void *gan__allocate(gan_context *context, uint64_t count, uint64_t size);

/* Gives memory back; NULL is ignored. */
void gan__release(gan_context *context, void *memory);

/* Makes room for at least `need` items in the array at *(void **)array, doubling; new items are
 * zeroed. On failure the array is untouched. `array` is the address of a typed pointer. */
gan_status gan__reserve(gan_context *context, void *array, uint64_t *capacity, uint64_t need,
                        uint64_t size);

/* A copy of a text in the context's memory; NULL after raising GAN_ERROR_MEMORY. */
char *gan__copy_text(gan_context *context, const char *text);

/* *product = a * b; false on overflow of int64 or when either is negative. */
bool gan__multiply(int64_t a, int64_t b, int64_t *product);

#endif
