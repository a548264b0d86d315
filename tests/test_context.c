/* SPDX-License-Identifier: MIT */
/* libgan/api/api_context.c: every public call with good and bad arguments. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/context.h>

#include "base/memory.h"
#include "base/pool.h"

static gan_context *context;

static int set_up(void **state) {
  (void)state;
  return gan_context_create(&context);
}

static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return 0;
}

static void null_is_refused_everywhere(void **state) {
  (void)state;
  assert_int_equal(gan_context_create(NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_context_create_with(NULL, NULL), GAN_ERROR_ARGUMENT);
  gan_context_destroy(NULL);
  assert_int_equal(gan_context_set_seed(NULL, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_context_set_threads(NULL, 1), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_context_threads(NULL), 0);
  assert_int_equal(gan_context_set_log(NULL, NULL, NULL), GAN_ERROR_ARGUMENT);
  assert_string_equal(gan_context_message(NULL), "");
  assert_int_equal(gan_context_cancel(NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_context_clear_cancel(NULL), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_context_take_blas(NULL), GAN_ERROR_ARGUMENT);
  assert_string_equal(gan_context_blas(NULL), "");
}

static void a_new_context_has_the_defaults(void **state) {
  (void)state;
  assert_int_equal(context->seed, 0);
  assert_int_equal(gan_context_threads(context), 1);
  assert_string_equal(gan_context_message(context), "");
  assert_null(context->log);
  assert_false(gan__cancel_requested(context));
  assert_true(strlen(gan_context_blas(context)) > 0);
  assert_int_equal(gan_context_set_seed(context, UINT64_MAX), GAN_OK);
  assert_true(context->seed == UINT64_MAX);
}

/* The caller's allocator. */
typedef struct ledger {
  int64_t live, calls, fail_at; /* fail_at: the call that fails, from 1; 0 for none */
} ledger;

static void *ledger_allocate(uint64_t size, uint64_t alignment, void *user) {
  ledger *self = user;
  if (++self->calls == self->fail_at) return NULL;
  self->live++;
  return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void ledger_release(void *memory, void *user) {
  ((ledger *)user)->live--;
  free(memory);
}

static void all_memory_comes_from_the_caller(void **state) {
  (void)state;
  ledger self = {0};
  gan_allocator allocator = {sizeof allocator, ledger_allocate, ledger_release, &self};
  gan_context *mine = NULL;
  assert_int_equal(gan_context_create_with(&allocator, &mine), GAN_OK);
  memset(&allocator, 0, sizeof allocator); /* it was copied */
  assert_true(self.live >= 1);
  assert_int_equal(gan_context_set_threads(mine, 3), GAN_OK);
  gan_context_destroy(mine);
  assert_int_equal(self.live, 0);
}

static void creation_survives_every_refusal(void **state) {
  (void)state;
  for (int64_t n = 1;; n++) {
    ledger self = {.fail_at = n};
    gan_allocator allocator = {sizeof allocator, ledger_allocate, ledger_release, &self};
    gan_context *mine = context;
    gan_status status = gan_context_create_with(&allocator, &mine);
    if (status == GAN_OK) {
      gan_context_destroy(mine);
      assert_int_equal(self.live, 0);
      assert_true(n > 1);
      return;
    }
    assert_int_equal(status, GAN_ERROR_MEMORY);
    assert_ptr_equal(mine, context); /* untouched */
    assert_int_equal(self.live, 0);
  }
}

/* A newer caller's struct is longer; what we do not know in it is not read. */
static void allocators_grow_by_their_size(void **state) {
  (void)state;
  ledger self = {0};
  struct {
    gan_allocator known;
    uint64_t later[4];
  } newer = {{sizeof newer, ledger_allocate, ledger_release, &self}, {1, 2, 3, 4}};
  gan_context *mine = context;
  assert_int_equal(gan_context_create_with(&newer.known, &mine), GAN_OK);
  gan_context_destroy(mine);
  const gan_allocator good = {sizeof good, ledger_allocate, ledger_release, &self};
  gan_allocator bad[] = {good, good, good, good};
  bad[0].struct_size = 0;
  bad[1].struct_size = offsetof(gan_allocator, user);
  bad[2].allocate = NULL;
  bad[3].release = NULL;
  self.calls = 0;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    mine = context;
    assert_int_equal(gan_context_create_with(&bad[i], &mine), GAN_ERROR_ARGUMENT);
    assert_ptr_equal(mine, context);
  }
  assert_int_equal(self.calls, 0);
}

static void threads_are_set_within_range(void **state) {
  (void)state;
  static const struct {
    int32_t threads;
    gan_status status;
  } rows[] = {{1, GAN_OK},
              {2, GAN_OK},
              {5, GAN_OK},
              {5, GAN_OK},
              {-1, GAN_ERROR_ARGUMENT},
              {257, GAN_ERROR_ARGUMENT},
              {INT32_MIN, GAN_ERROR_ARGUMENT},
              {INT32_MAX, GAN_ERROR_ARGUMENT},
              {1, GAN_OK}};
  int32_t expected = 1;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(gan_context_set_threads(context, rows[i].threads), rows[i].status);
    if (rows[i].status == GAN_OK)
      expected = rows[i].threads;
    else
      assert_non_null(strstr(gan_context_message(context), "256"));
    assert_int_equal(gan_context_threads(context), expected);
  }
  assert_int_equal(gan_context_set_threads(context, 0), GAN_OK);
  assert_int_equal(gan_context_threads(context), gan__pool_cpus());
}

static void *refuse(uint64_t size, uint64_t alignment, void *user) {
  (void)size, (void)alignment, (void)user;
  return NULL;
}

static void a_refused_pool_leaves_the_old_one(void **state) {
  (void)state;
  gan_allocator before = context->allocator;
  gan__pool *pool = context->pool;
  context->allocator.allocate = refuse;
  assert_int_equal(gan_context_set_threads(context, 4), GAN_ERROR_MEMORY);
  context->allocator = before;
  assert_ptr_equal(context->pool, pool);
  assert_int_equal(gan_context_threads(context), 1);
}

/* The default allocator keeps its promise for the alignments and sizes that the header allows. */
static void the_default_allocator_aligns(void **state) {
  (void)state;
  for (uint64_t alignment = 1; alignment <= 4096; alignment *= 2)
    for (uint64_t size = 1; size < 300; size += 37) {
      if (alignment < sizeof(void *)) continue; /* what the library never asks for */
      void *memory = context->allocator.allocate(size, alignment, NULL);
      assert_non_null(memory);
      assert_int_equal((uintptr_t)memory % alignment, 0);
      memset(memory, 1, size);
      context->allocator.release(memory, NULL);
    }
  assert_null(context->allocator.allocate(UINT64_MAX, 64, NULL));
}

static void cancelling_is_honoured_once(void **state) {
  (void)state;
  assert_int_equal(gan_context_cancel(context), GAN_OK);
  assert_int_equal(gan_context_cancel(context), GAN_OK);
  assert_true(gan__cancel_requested(context));
  assert_false(gan__cancel_requested(context));
  assert_int_equal(gan_context_cancel(context), GAN_OK);
  assert_int_equal(gan_context_clear_cancel(context), GAN_OK);
  assert_false(gan__cancel_requested(context));
  assert_string_equal(gan_context_message(context), "");
}

static void *cancel_from_elsewhere(void *argument) {
  gan_context_cancel(argument);
  return NULL;
}

static void another_thread_can_cancel(void **state) {
  (void)state;
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, cancel_from_elsewhere, context), 0);
  while (!gan__cancel_requested(context))
    continue;
  pthread_join(thread, NULL);
  assert_false(gan__cancel_requested(context));
}

static void add(void *data, int32_t task, int32_t worker) {
  (void)worker;
  atomic_fetch_add((atomic_int *)data, task);
}

static void *live_alone(void *argument) {
  gan_context *mine;
  for (int i = 0; i < 50; i++) {
    atomic_int sum = 0;
    if (gan_context_create(&mine) != GAN_OK) return NULL;
    gan_context_set_threads(mine, 1 + i % 3);
    gan__pool_run(mine->pool, add, &sum, 100);
    gan__fail(mine, GAN_ERROR_NAME, "message %d", i);
    gan_context_destroy(mine);
    if (atomic_load(&sum) != 4950) return NULL;
  }
  return argument;
}

static void contexts_are_independent(void **state) {
  (void)state;
  pthread_t threads[2];
  int marks[2];
  for (int i = 0; i < 2; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, live_alone, &marks[i]), 0);
  for (int i = 0; i < 2; i++) {
    void *result = NULL;
    pthread_join(threads[i], &result);
    assert_ptr_equal(result, &marks[i]);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(null_is_refused_everywhere),
      TEST(a_new_context_has_the_defaults),
      TEST(all_memory_comes_from_the_caller),
      TEST(creation_survives_every_refusal),
      TEST(allocators_grow_by_their_size),
      TEST(threads_are_set_within_range),
      TEST(a_refused_pool_leaves_the_old_one),
      TEST(the_default_allocator_aligns),
      TEST(cancelling_is_honoured_once),
      TEST(another_thread_can_cancel),
      TEST(contexts_are_independent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
