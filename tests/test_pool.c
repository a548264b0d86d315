/* SPDX-License-Identifier: MIT */
/* libgan/base/pool.c: every task once, in rising order, on any number of threads, and rest when
 * idle. */
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/pool.h"
#include "sanitized.h"

static const int32_t thread_counts[] = {1, 2, 3, 8};
enum { COUNTS = sizeof thread_counts / sizeof *thread_counts };

static gan_context *context;

static int set_up(void **state) {
  (void)state;
  return gan_context_create(&context);
}

static int tear_down(void **state) {
  (void)state;
  bool leak = context->live_blocks != 1; /* the context's own pool */
  gan_context_destroy(context);
  return leak;
}

static gan__pool *make(int32_t threads) {
  gan__pool *pool = NULL;
  assert_int_equal(gan__pool_create(context, threads, &pool), GAN_OK);
  assert_int_equal(gan__pool_threads(pool), threads);
  return pool;
}

enum { MOST = 5000 };

/* What the tasks saw. Everything but the atomics is plain memory: a missing barrier is a data race
 * that the thread sanitizer sees, and a lost count that this test sees. */
typedef struct record {
  int32_t threads;
  atomic_int next; /* tasks begun so far */
  atomic_int out_of_range;
  int32_t runs[MOST];       /* by task */
  int64_t by_worker[64][8]; /* [worker][0]: tasks done; a cache line each */
} record;

static void note(void *data, int32_t task, int32_t worker) {
  record *self = data;
  if (task < 0 || task >= MOST || worker < 0 || worker >= self->threads) {
    atomic_fetch_add(&self->out_of_range, 1);
    return;
  }
  self->runs[task]++;
  self->by_worker[worker][0]++;
}

static void check_all_ran(const record *self, int32_t count, int32_t times) {
  int64_t sum = 0;
  assert_int_equal(atomic_load(&self->out_of_range), 0);
  for (int32_t i = 0; i < MOST; i++)
    assert_int_equal(self->runs[i], i < count ? times : 0);
  for (int32_t i = 0; i < 64; i++)
    sum += self->by_worker[i][0];
  assert_int_equal(sum, (int64_t)count * times);
}

static void runs_every_task_once(void **state) {
  (void)state;
  static const int32_t counts[] = {0, 1, 2, 3, 7, 8, 100, MOST, -3};
  record *self = malloc(sizeof *self);
  for (int32_t i = 0; i < COUNTS; i++) {
    gan__pool *pool = make(thread_counts[i]);
    for (size_t j = 0; j < sizeof counts / sizeof *counts; j++) {
      memset(self, 0, sizeof *self);
      self->threads = thread_counts[i];
      gan__pool_run(pool, note, self, counts[j]);
      check_all_ran(self, counts[j] < 0 ? 0 : counts[j], 1);
    }
    gan__pool_destroy(context, pool);
  }
  free(self);
}

/* Small jobs in close order: late workers of one job meet the next one. The number of tasks changes
 * and repeats, so that equal counters of different jobs meet too. */
static void survives_many_small_runs(void **state) {
  (void)state;
  record *self = calloc(1, sizeof *self);
  for (int32_t i = 0; i < COUNTS; i++) {
    gan__pool *pool = make(thread_counts[i]);
    memset(self, 0, sizeof *self);
    self->threads = thread_counts[i];
    int64_t expected[9] = {0};
    for (int32_t run = 0; run < 10000; run++) {
      int32_t count = 1 + run % 9;
      gan__pool_run(pool, note, self, count);
      for (int32_t task = 0; task < count; task++)
        expected[task]++;
    }
    assert_int_equal(atomic_load(&self->out_of_range), 0);
    for (int32_t task = 0; task < 9; task++)
      assert_int_equal(self->runs[task], expected[task]);
    gan__pool_destroy(context, pool);
  }
  free(self);
}

/* Each job reads what other threads wrote in the job before. */
typedef struct relay {
  int64_t before[32], after[32];
} relay;

static void pass_on(void *data, int32_t task, int32_t worker) {
  (void)worker;
  relay *self = data;
  self->after[task] = self->before[(task + 5) % 32] + 1;
}

static void a_run_sees_the_last_one(void **state) {
  (void)state;
  for (int32_t i = 0; i < COUNTS; i++) {
    gan__pool *pool = make(thread_counts[i]);
    relay self = {0};
    for (int32_t run = 0; run < 3000; run++) {
      gan__pool_run(pool, pass_on, &self, 32);
      memcpy(self.before, self.after, sizeof self.before);
    }
    for (int32_t task = 0; task < 32; task++)
      assert_int_equal(self.after[task], 3000);
    gan__pool_destroy(context, pool);
  }
}

/* Each worker's own tasks come in rising order: they are handed out from the first to the last. */
typedef struct order {
  int32_t last[8][16];
  atomic_int disorder;
} order;

static void follow(void *data, int32_t task, int32_t worker) {
  order *self = data;
  if (task < self->last[worker][0]) atomic_fetch_add(&self->disorder, 1);
  self->last[worker][0] = task;
}

static void hands_out_tasks_in_order(void **state) {
  (void)state;
  gan__pool *pool = make(8);
  order self = {0};
  for (int32_t run = 0; run < 100; run++) {
    memset(self.last, 0, sizeof self.last);
    gan__pool_run(pool, follow, &self, 1000);
  }
  assert_int_equal(atomic_load(&self.disorder), 0);
  gan__pool_destroy(context, pool);
}

/* All tasks of a job wait for each other: this ends only if as many threads take part. */
typedef struct meeting {
  atomic_int present;
  atomic_int late;
  int32_t expected;
} meeting;

static void meet(void *data, int32_t task, int32_t worker) {
  (void)task, (void)worker;
  meeting *self = data;
  atomic_fetch_add(&self->present, 1);
  for (int32_t turn = 0; atomic_load(&self->present) < self->expected; turn++) {
    nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    if (turn > 100000) { /* ten seconds */
      atomic_fetch_add(&self->late, 1);
      return;
    }
  }
}

static void all_threads_take_part(void **state) {
  (void)state;
  for (int32_t i = 0; i < COUNTS; i++) {
    gan__pool *pool = make(thread_counts[i]);
    for (int32_t run = 0; run < 20; run++) {
      meeting self = {.expected = thread_counts[i]};
      /* Now and then the workers have fallen asleep and must be woken. */
      if (run % 5 == 0) nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
      gan__pool_run(pool, meet, &self, thread_counts[i]);
      assert_int_equal(atomic_load(&self.late), 0);
      assert_int_equal(atomic_load(&self.present), thread_counts[i]);
    }
    gan__pool_destroy(context, pool);
  }
}

/* The caller runs out of tasks long before a worker does, and falls asleep. */
static void linger(void *data, int32_t task, int32_t worker) {
  if (task == 0 || worker > 0) nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  ((int64_t *)data)[8 * worker]++;
}

static void the_caller_waits_for_slow_workers(void **state) {
  (void)state;
  gan__pool *pool = make(3);
  int64_t done[24] = {0};
  for (int32_t run = 0; run < 5; run++)
    gan__pool_run(pool, linger, done, 3);
  assert_int_equal(done[0] + done[8] + done[16], 15);
  gan__pool_destroy(context, pool);
}

static void nothing(void *data, int32_t task, int32_t worker) {
  (void)data, (void)task, (void)worker;
}

typedef struct usage {
  double seconds; /* of CPU time, of all threads */
  long given_up;  /* times that a thread went to sleep by itself */
} usage;

static usage used_so_far(void) {
  struct rusage now;
  assert_int_equal(getrusage(RUSAGE_SELF, &now), 0);
  return (usage){(double)(now.ru_utime.tv_sec + now.ru_stime.tv_sec)
                     + (double)(now.ru_utime.tv_usec + now.ru_stime.tv_usec) * 1e-6,
                 now.ru_nvcsw};
}

/* After the bounded wait of some hundred microseconds nobody uses a CPU. A thread that kept waiting
 * awake would use all of the 0.3 s; 3 ms, a hundredth of it, are left for the kernel's own clocks
 * and for what this test does itself. And a thread that slept in short turns would go to sleep
 * again and again: here only the test does, once. 10 times are left for threads of other
 * libraries. */
static void rests_while_idle(void **state) {
  (void)state;
  for (int32_t i = 0; i < COUNTS; i++) {
    gan__pool *pool = make(thread_counts[i]);
    for (int32_t run = 0; run < 10; run++)
      gan__pool_run(pool, nothing, NULL, 100);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    usage before = used_so_far();
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    usage after = used_so_far();
    assert_true(after.seconds - before.seconds < 0.003);
    assert_in_range(after.given_up - before.given_up, 0, 10);
    gan__pool_run(pool, nothing, NULL, 100); /* and it wakes again */
    gan__pool_destroy(context, pool);
  }
}

static void look_at_signals(void *data, int32_t task, int32_t worker) {
  (void)task;
  sigset_t set;
  pthread_sigmask(SIG_SETMASK, NULL, &set);
  if (worker > 0 && !(sigismember(&set, SIGINT) && sigismember(&set, SIGTERM)))
    atomic_fetch_add((atomic_int *)data, 1);
  nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void workers_take_no_signals(void **state) {
  (void)state;
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, NULL, &before);
  gan__pool *pool = make(3);
  pthread_sigmask(SIG_SETMASK, NULL, &after);
  for (int number = 1; number < 32; number++) /* the caller's own mask is as it was */
    assert_int_equal(sigismember(&before, number), sigismember(&after, number));
  atomic_int open = 0;
  gan__pool_run(pool, look_at_signals, &open, 30);
  assert_int_equal(atomic_load(&open), 0);
  gan__pool_destroy(context, pool);
}

static void comes_and_goes(void **state) {
  (void)state;
  gan__pool_destroy(context, NULL);
  for (int32_t i = 0; i < 200; i++) {
    gan__pool *pool = make(1 + i % 4);
    if (i % 3) gan__pool_run(pool, nothing, NULL, i % 7);
    gan__pool_destroy(context, pool);
  }
}

static void *refuse(uint64_t size, uint64_t alignment, void *user) {
  (void)size, (void)alignment, (void)user;
  return NULL;
}

static void creation_can_fail(void **state) {
  (void)state;
  gan_allocator before = context->allocator;
  gan__pool *pool = context->pool;
  context->allocator.allocate = refuse;
  assert_int_equal(gan__pool_create(context, 4, &pool), GAN_ERROR_MEMORY);
  context->allocator = before;
  assert_ptr_equal(pool, context->pool);
}

/* With 64 MiB of address space left: the stacks of some threads fit, those of 256 do not. */
static int run_short_of_threads(void) {
  FILE *file = fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (!file || fscanf(file, "%lu", &pages) != 1) return 1;
  fclose(file);
  struct rlimit limit = {.rlim_max = RLIM_INFINITY};
  limit.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (64 << 20);
  int64_t blocks = context->live_blocks;
  gan__pool *pool = NULL;
  if (setrlimit(RLIMIT_AS, &limit) != 0) return 2;
  if (gan__pool_create(context, 256, &pool) != GAN_ERROR_MEMORY || pool) return 3;
  if (!strstr(gan_context_message(context), "could not be started")) return 4;
  if (context->live_blocks != blocks) return 5;
  /* Those that had started are gone, so a small pool works. */
  if (gan__pool_create(context, 2, &pool) != GAN_OK) return 6;
  gan__pool_run(pool, nothing, NULL, 10);
  gan__pool_destroy(context, pool);
  return 0;
}

static void missing_threads_are_an_error(void **state) {
  (void)state;
  assert_in_range(gan__pool_cpus(), 1, 256);
  if (is_watched()) skip();
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    alarm(20);
    _exit(run_short_of_threads());
  }
  int result = 0;
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_int_equal(result, 0);
}

/* Threads of this process, those of libraries included. */
static int32_t threads_now(void) {
  int32_t count = 0;
  DIR *folder = opendir("/proc/self/task");
  if (!folder) return -1;
  for (const struct dirent *entry; (entry = readdir(folder));)
    count += entry->d_name[0] != '.';
  closedir(folder);
  return count;
}

/* A joined thread may be listed for a moment more. */
static int32_t threads_after_joining(int32_t expected) {
  for (int32_t turn = 0; turn < 1000 && threads_now() > expected; turn++)
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  return threads_now();
}

static void as_many_threads_as_asked_for(void **state) {
  (void)state;
  if (is_watched()) skip(); /* checkers have a thread of their own */
  nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
  int32_t before = threads_now();
  if (before < 1) skip();
  for (int32_t i = 0; i < COUNTS; i++) {
    gan__pool *pool = make(thread_counts[i]);
    assert_int_equal(threads_now(), before + thread_counts[i] - 1); /* so 1 starts none */
    gan__pool_run(pool, nothing, NULL, 100);
    assert_int_equal(threads_now(), before + thread_counts[i] - 1);
    gan__pool_destroy(context, pool);
    assert_int_equal(threads_after_joining(before), before);
  }
}

/* Others that want every CPU for themselves. */
static void *compete(void *data) {
  volatile uint64_t number = 1;
  while (!atomic_load_explicit((atomic_bool *)data, memory_order_relaxed))
    number = number * 6364136223846793005u + 1;
  return NULL;
}

/* On a busy machine any thread may stand still for many milliseconds at any point, such as between
 * taking a task and reporting it, or before it falls asleep. bench/bench_load.c tells how fast that
 * is; here every task is run, once, and it ends. */
static void works_on_a_busy_machine(void **state) {
  (void)state;
  enum { RIVALS = 8, RUNS = 60 };
  record *self = malloc(sizeof *self);
  pthread_t rivals[RIVALS];
  atomic_bool stop = false;
  int32_t started = 0;
  while (started < RIVALS && started < 2 * gan__pool_cpus()
         && pthread_create(&rivals[started], NULL, compete, &stop) == 0)
    started++;
  for (int32_t i = 0; i < COUNTS; i++) {
    gan__pool *pool = make(thread_counts[i]);
    memset(self, 0, sizeof *self);
    self->threads = thread_counts[i];
    for (int32_t run = 0; run < RUNS; run++)
      gan__pool_run(pool, note, self, 40);
    check_all_ran(self, 40, RUNS);
    gan__pool_destroy(context, pool);
  }
  atomic_store(&stop, true);
  for (int32_t i = 0; i < started; i++)
    pthread_join(rivals[i], NULL);
  assert_true(started > 0);
  free(self);
}

/* After a fork the child has no workers; destroying the pool there must not wait for them. */
static void a_forked_child_can_destroy(void **state) {
  (void)state;
  gan__pool *pool = make(3);
  gan__pool_run(pool, nothing, NULL, 10);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    alarm(20);
    gan__pool_destroy(context, pool);
    gan_context_destroy(context);
    _exit(7);
  }
  int result = 0;
  assert_int_equal(waitpid(child, &result, 0), child);
  assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 7);
  gan__pool_destroy(context, pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(runs_every_task_once, set_up, tear_down),
      cmocka_unit_test_setup_teardown(survives_many_small_runs, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_run_sees_the_last_one, set_up, tear_down),
      cmocka_unit_test_setup_teardown(hands_out_tasks_in_order, set_up, tear_down),
      cmocka_unit_test_setup_teardown(all_threads_take_part, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_caller_waits_for_slow_workers, set_up, tear_down),
      cmocka_unit_test_setup_teardown(rests_while_idle, set_up, tear_down),
      cmocka_unit_test_setup_teardown(workers_take_no_signals, set_up, tear_down),
      cmocka_unit_test_setup_teardown(comes_and_goes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(creation_can_fail, set_up, tear_down),
      cmocka_unit_test_setup_teardown(missing_threads_are_an_error, set_up, tear_down),
      cmocka_unit_test_setup_teardown(as_many_threads_as_asked_for, set_up, tear_down),
      cmocka_unit_test_setup_teardown(works_on_a_busy_machine, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_forked_child_can_destroy, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
