/* SPDX-License-Identifier: MIT */
/* Helper: functions that take the place of malloc and the like in a test program, and so in every
 * library that it loads: they count and pass on. Link it into programs that need it only. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "malloc_count.h"
#include "sanitized.h"

static atomic_bool counting;
static atomic_llong calls;

void malloc_count_start(void) {
  atomic_store(&calls, 0);
  atomic_store(&counting, true);
}

int64_t malloc_count_stop(void) {
  atomic_store(&counting, false);
  return atomic_load(&calls);
}

bool malloc_count_works(void) {
  malloc_count_start();
  void *volatile memory = malloc(1);
  free(memory);
  return malloc_count_stop() == 2;
}

#ifndef SANITIZED /* sanitizers have their own */

static void count(void) {
  if (atomic_load_explicit(&counting, memory_order_relaxed)) atomic_fetch_add(&calls, 1);
}

/* What dlsym itself may ask for before it has found anything; never given back. */
static char early[4096];
static size_t early_used;

static void *early_allocate(size_t size) {
  size_t bytes = (size + 63) / 64 * 64;
  if (bytes > sizeof early - 64 - early_used) return NULL;
  uintptr_t start = ((uintptr_t)early + 63) / 64 * 64;
  void *memory = (void *)(start + early_used);
  early_used += bytes;
  return memory;
}

static bool is_early(const void *memory) {
  return (uintptr_t)memory >= (uintptr_t)early
         && (uintptr_t)memory < (uintptr_t)early + sizeof early;
}

/* The next function of that name, found once. */
static void *next(const char *name, _Atomic(void *) *found) {
  static _Thread_local bool searching;
  void *function = atomic_load(found);
  if (function || searching) return function;
  searching = true;
  function = dlsym(RTLD_NEXT, name);
  searching = false;
  atomic_store(found, function);
  return function;
}

/* Objects and functions have pointers of one size on every system that has dlsym. */
#define NEXT(type, name)                                                                           \
  static _Atomic(void *) found;                                                                    \
  type function;                                                                                   \
  void *object = next(name, &found);                                                               \
  memcpy(&function, &object, sizeof function)

typedef void *allocate_function(size_t size);
typedef void *two_sizes_function(size_t first, size_t second); /* calloc, aligned_alloc */
typedef void *grow_function(void *memory, size_t size);
typedef void free_function(void *memory);
typedef int place_function(void **memory, size_t alignment, size_t size);

void *malloc(size_t size) {
  NEXT(allocate_function *, "malloc");
  count();
  return function ? function(size) : early_allocate(size);
}

void *calloc(size_t items, size_t size) {
  NEXT(two_sizes_function *, "calloc");
  count();
  return function ? function(items, size) : early_allocate(items * size); /* zero as static data */
}

void *realloc(void *memory, size_t size) {
  NEXT(grow_function *, "realloc");
  count();
  if (function && !is_early(memory)) return function(memory, size);
  void *fresh = malloc(size);
  size_t most = (size_t)(early + sizeof early - (char *)memory);
  if (fresh && memory) memcpy(fresh, memory, size < most ? size : most);
  return fresh;
}

void free(void *memory) {
  NEXT(free_function *, "free");
  count();
  if (function && !is_early(memory)) function(memory);
}

void *aligned_alloc(size_t alignment, size_t size) {
  NEXT(two_sizes_function *, "aligned_alloc");
  count();
  return function ? function(alignment, size) : NULL;
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  NEXT(place_function *, "posix_memalign");
  count();
  return function ? function(memory, alignment, size) : ENOMEM;
}

#endif
