/* SPDX-License-Identifier: MIT */
/* Job: threads that wait for tasks cheaply: first spinning, then yielding, then asleep. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include <fenv.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdalign.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/pool.h"

/* How long a thread waits awake. A step runs dozens of short jobs, so the next one is usually some
 * microseconds away, while a sleeper needs tens of them to come back. */
enum { SPINS = 2000, YIELDS = 100 };

typedef struct member {
  gan__pool *pool;
  pthread_t thread;
  int32_t worker;
} member;

/* One job at a time. `left` counts the tasks that nobody has taken; taking one is a compare and
 * swap from n to n - 1, and its number is count - n. So nothing can be taken between two jobs (left
 * is 0), and a thread that took a task may read task, data and count: the job cannot end, and they
 * cannot change, before that task is reported. A thread that was late for the last job and finds
 * the same number in `left` again simply takes a task of the new job, which is right. */
struct gan__pool {
  int32_t threads; /* the caller included */
  int32_t started; /* threads to join */
  int32_t spins;
  pid_t owner; /* after a fork the child has no workers to join */
  gan__task task;
  void *data;
  int32_t count;
  pthread_mutex_t lock;
  pthread_cond_t work; /* a job was put up, or stop was set */
  pthread_cond_t done; /* the last task was reported */
  /* Each on its own cache line: all threads write them. */
  alignas(64) atomic_int left;
  alignas(64) atomic_int unfinished; /* tasks not yet reported as done */
  alignas(64) atomic_int sleepers;   /* workers that need a signal */
  atomic_int caller_sleeps;
  atomic_int stop;
  alignas(64) member members[];
};

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* One turn of waiting awake; false when it is time to sleep. */
static bool wait_awake(const gan__pool *pool, int32_t *turn) {
  if (*turn >= pool->spins + YIELDS) return false;
  if (++*turn <= pool->spins)
    relax();
  else
    sched_yield();
  return true;
}

/* Takes and runs tasks until none is left. */
static void take_tasks(gan__pool *pool, int32_t worker) {
  int done = 0, left = atomic_load_explicit(&pool->left, memory_order_acquire);
  while (left > 0) {
    if (!atomic_compare_exchange_weak_explicit(&pool->left, &left, left - 1, memory_order_acq_rel,
                                               memory_order_acquire))
      continue;
    pool->task(pool->data, pool->count - left, worker);
    done++;
    left = atomic_load_explicit(&pool->left, memory_order_acquire);
  }
  if (done == 0 || atomic_fetch_sub(&pool->unfinished, done) != done) return;
  /* Either this load sees that the caller sleeps, or the caller sees 0 before it does: both sides
   * write first and read then, in one total order. The same holds for `left` and `sleepers`. */
  if (!atomic_load(&pool->caller_sleeps)) return;
  pthread_mutex_lock(&pool->lock);
  pthread_cond_signal(&pool->done);
  pthread_mutex_unlock(&pool->lock);
}

/* Returns when there may be tasks; false when the pool ends. */
static bool await_job(gan__pool *pool) {
  for (int32_t turn = 0; wait_awake(pool, &turn);) {
    if (atomic_load_explicit(&pool->left, memory_order_relaxed) > 0) return true;
    if (atomic_load_explicit(&pool->stop, memory_order_relaxed)) return false;
  }
  pthread_mutex_lock(&pool->lock);
  atomic_fetch_add(&pool->sleepers, 1);
  while (atomic_load(&pool->left) <= 0 && !atomic_load(&pool->stop))
    pthread_cond_wait(&pool->work, &pool->lock);
  atomic_fetch_sub(&pool->sleepers, 1);
  pthread_mutex_unlock(&pool->lock);
  return !atomic_load(&pool->stop);
}

static void await_end(gan__pool *pool) {
  for (int32_t turn = 0; wait_awake(pool, &turn);)
    if (atomic_load_explicit(&pool->unfinished, memory_order_acquire) == 0) return;
  pthread_mutex_lock(&pool->lock);
  atomic_store(&pool->caller_sleeps, 1);
  while (atomic_load(&pool->unfinished) > 0)
    pthread_cond_wait(&pool->done, &pool->lock);
  atomic_store(&pool->caller_sleeps, 0);
  pthread_mutex_unlock(&pool->lock);
}

static void *worker_main(void *argument) {
  const member *self = argument;
  fesetenv(FE_DFL_ENV); /* not what the creating thread happened to have */
  while (await_job(self->pool))
    take_tasks(self->pool, self->worker);
  return NULL;
}

static void wake_workers(gan__pool *pool) {
  pthread_mutex_lock(&pool->lock);
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->lock);
}

/* Starts the workers with all signals blocked: handlers belong to the host's own threads. */
static int start_workers(gan__pool *pool) {
  sigset_t all, before;
  sigfillset(&all);
  int error = pthread_sigmask(SIG_SETMASK, &all, &before);
  if (error) return error;
  while (!error && pool->started < pool->threads - 1) {
    member *self = &pool->members[pool->started];
    *self = (member){.pool = pool, .worker = pool->started + 1};
    error = pthread_create(&self->thread, NULL, worker_main, self);
    if (!error) pool->started++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

gan_status gan__pool_create(gan_context *context, int32_t threads, gan__pool **pool) {
  GAN__CHECK(threads >= 1);
  uint64_t bytes = sizeof(gan__pool) + (uint64_t)(threads - 1) * sizeof(member);
  gan__pool *made = gan__allocate(context, 1, bytes);
  if (!made) return GAN_ERROR_MEMORY;
  made->threads = threads;
  made->owner = getpid();
  /* With more threads than CPUs a spinning one would keep the one it waits for from running. */
  made->spins = threads <= gan__pool_cpus() ? SPINS : 0;
  /* With default attributes these three cannot fail on the systems we know. */
  int error = pthread_mutex_init(&made->lock, NULL);
  if (!error) error = pthread_cond_init(&made->work, NULL);
  if (!error) error = pthread_cond_init(&made->done, NULL);
  if (!error) error = start_workers(made);
  if (error) {
    int32_t started = made->started;
    gan__pool_destroy(context, made);
    return gan__fail(context, GAN_ERROR_MEMORY, "thread %d of %d could not be started (error %d)",
                     started + 2, threads, error);
  }
  *pool = made;
  return GAN_OK;
}

void gan__pool_destroy(gan_context *context, gan__pool *pool) {
  if (!pool) return;
  if (pool->owner == getpid()) {
    atomic_store(&pool->stop, 1);
    wake_workers(pool);
    for (int32_t i = 0; i < pool->started; i++)
      pthread_join(pool->members[i].thread, NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
  }
  gan__release(context, pool);
}

int32_t gan__pool_threads(const gan__pool *pool) {
  return pool->threads;
}

int32_t gan__pool_cpus(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  long count =
      sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);
  return count < 1 ? 1 : count > 256 ? 256 : (int32_t)count;
}

void gan__pool_run(gan__pool *pool, gan__task task, void *data, int32_t count) {
  if (pool->threads == 1 || count <= 1) {
    for (int32_t i = 0; i < count; i++)
      task(data, i, 0);
    return;
  }
  pool->task = task;
  pool->data = data;
  pool->count = count;
  atomic_store_explicit(&pool->unfinished, count, memory_order_relaxed);
  atomic_store(&pool->left, count);
  if (atomic_load(&pool->sleepers) > 0) wake_workers(pool);
  take_tasks(pool, 0);
  await_end(pool);
}
