/* SPDX-License-Identifier: MIT */
/* Helper: functions that take the place of those that lock in a test program: they note what is
 * locked, when the caller is part of the program itself, and pass on. Waiting for a condition needs
 * no function of its own, because the lock is taken before. Link it into programs that need it
 * only. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* RTLD_NEXT */
#endif
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

#include "lock_count.h"
#include "sanitized.h"

static atomic_bool counting;
static atomic_llong calls;
static _Atomic(const void *) seen[LOCK_COUNT_KINDS + 1];

void lock_count_start(void) {
  for (int32_t i = 0; i <= LOCK_COUNT_KINDS; i++)
    atomic_store(&seen[i], NULL);
  atomic_store(&calls, 0);
  atomic_store(&counting, true);
}

int64_t lock_count_stop(void) {
  atomic_store(&counting, false);
  return atomic_load(&calls);
}

int32_t lock_count_addresses(const void *addresses[LOCK_COUNT_KINDS]) {
  int32_t count = 0;
  for (; count <= LOCK_COUNT_KINDS && atomic_load(&seen[count]); count++)
    if (count < LOCK_COUNT_KINDS) addresses[count] = atomic_load(&seen[count]);
  return count;
}

bool lock_count_works(void) {
  pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  const void *addresses[LOCK_COUNT_KINDS];
  lock_count_start();
  pthread_mutex_lock(&lock);
  pthread_mutex_unlock(&lock);
  return lock_count_stop() == 1 && lock_count_addresses(addresses) == 1 && addresses[0] == &lock;
}

#ifndef SANITIZED /* sanitizers have their own */

/* The bounds of the program's code, given by the linker. */
extern char __executable_start[], etext[];

static void note(const void *lock, const void *caller) {
  if (!atomic_load_explicit(&counting, memory_order_relaxed)) return;
  uintptr_t from = (uintptr_t)caller;
  if (from < (uintptr_t)__executable_start || from >= (uintptr_t)etext) return;
  atomic_fetch_add(&calls, 1);
  for (int32_t i = 0; i <= LOCK_COUNT_KINDS; i++) {
    const void *there = NULL;
    if (atomic_compare_exchange_strong(&seen[i], &there, lock) || there == lock) return;
  }
}

/* The next function of that name. A program that cannot lock cannot go on. */
static void *next(const char *name, _Atomic(void *) *found) {
  void *function = atomic_load(found);
  if (function) return function;
  function = dlsym(RTLD_NEXT, name);
  if (!function) abort();
  atomic_store(found, function);
  return function;
}

/* Objects and functions have pointers of one size on every system that has dlsym. */
#define LOCKING(name, ...)                                                                         \
  static _Atomic(void *) found;                                                                    \
  int (*function)(__VA_ARGS__);                                                                    \
  void *object = next(name, &found);                                                               \
  memcpy(&function, &object, sizeof function);                                                     \
  note((const void *)lock, __builtin_return_address(0))

int pthread_mutex_lock(pthread_mutex_t *lock) {
  LOCKING("pthread_mutex_lock", pthread_mutex_t *);
  return function(lock);
}

int pthread_mutex_trylock(pthread_mutex_t *lock) {
  LOCKING("pthread_mutex_trylock", pthread_mutex_t *);
  return function(lock);
}

int pthread_mutex_timedlock(pthread_mutex_t *lock, const struct timespec *until) {
  LOCKING("pthread_mutex_timedlock", pthread_mutex_t *, const struct timespec *);
  return function(lock, until);
}

int pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
  LOCKING("pthread_rwlock_rdlock", pthread_rwlock_t *);
  return function(lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
  LOCKING("pthread_rwlock_wrlock", pthread_rwlock_t *);
  return function(lock);
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock) {
  LOCKING("pthread_rwlock_tryrdlock", pthread_rwlock_t *);
  return function(lock);
}

int pthread_rwlock_trywrlock(pthread_rwlock_t *lock) {
  LOCKING("pthread_rwlock_trywrlock", pthread_rwlock_t *);
  return function(lock);
}

int pthread_spin_lock(pthread_spinlock_t *lock) {
  LOCKING("pthread_spin_lock", pthread_spinlock_t *);
  return function(lock);
}

int pthread_spin_trylock(pthread_spinlock_t *lock) {
  LOCKING("pthread_spin_trylock", pthread_spinlock_t *);
  return function(lock);
}

int pthread_barrier_wait(pthread_barrier_t *lock) {
  LOCKING("pthread_barrier_wait", pthread_barrier_t *);
  return function(lock);
}

int sem_wait(sem_t *lock) {
  LOCKING("sem_wait", sem_t *);
  return function(lock);
}

int sem_trywait(sem_t *lock) {
  LOCKING("sem_trywait", sem_t *);
  return function(lock);
}

int mtx_lock(mtx_t *lock) {
  LOCKING("mtx_lock", mtx_t *);
  return function(lock);
}

int mtx_trylock(mtx_t *lock) {
  LOCKING("mtx_trylock", mtx_t *);
  return function(lock);
}

#endif
