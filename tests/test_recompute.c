/* SPDX-License-Identifier: MIT */
/* libgan/plan/recompute.c, instance.c: whatever the cap, a plan keeps to it or is the smallest
 * there is, and computes the same bits; memory caps of trainers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "duel.h"
#include "failing.h"
#include "graph/simplify.h"
#include "graph_run.h"
#include "plan/recompute.h"
#include "random_graph.h"
#include "small_graphs.h"
#include "train/trainer.h"
#include "watch_allocator.h"

#define DONE(call) assert_int_equal(call, GAN_OK)

/* -- graphs -- */

/* All outputs, then what is committed, of a run that starts from NaN everywhere. */
static char *results_of(graph_run *run, size_t *total) {
  const gan__graph *graph = gan__plan_graph(run->plan);
  DONE(gan__plan_book(run->plan));
  graph_run_poison(run);
  graph_run_go(run);
  char *bytes = NULL;
  *total = 0;
  for (uint64_t i = 0; i < graph->output_count; i++) {
    size_t size;
    const void *from = graph_run_bytes(run, (int32_t)i, &size);
    bytes = realloc(bytes, *total + size + 1);
    memcpy(bytes + *total, from, size);
    *total += size;
  }
  gan__plan_commit(run->plan, &run->bindings);
  for (uint64_t i = 0; i < graph->state_count; i++) {
    const gan__binding *door = &graph->states[i];
    size_t size = (size_t)(gan__shape_count(&door->shape) * gan__dtype_size(door->dtype));
    bytes = realloc(bytes, *total + size + 1);
    memcpy(bytes + *total, run->states[i], size);
    *total += size;
  }
  return bytes;
}

/* A graph with what is bound to it, and what comes of it without a cap. */
typedef struct case_of {
  const gan__graph *graph;
  double *const *slots, *const *states;
  graph_run run;
  char *bytes;
  size_t size;
  int64_t usual, smallest; /* bytes of the plan */
} case_of;

static int32_t threads_of(const case_of *c) {
  return gan_context_threads(c->graph->context);
}

static void open_case(case_of *c) {
  graph_run_create(c->graph, GRAPH_RUN_NORMAL, &c->run);
  graph_run_bind(&c->run, c->slots, c->states);
  c->bytes = results_of(&c->run, &c->size);
  c->usual = gan__plan_bytes(c->run.plan, threads_of(c));
  gan__plan *plan;
  DONE(gan__plan_create_within(c->graph, 1, &plan));
  c->smallest = gan__plan_bytes(plan, threads_of(c));
  gan__plan_destroy(plan);
}

static void close_case(case_of *c) {
  graph_run_destroy(&c->run);
  free(c->bytes);
}

/* Returns the bytes of the plan. */
static int64_t check_cap(case_of *c, int64_t cap) {
  gan__plan *plan;
  DONE(gan__plan_create_within(c->graph, cap, &plan));
  assert_false(gan__plan_is_booked(plan));
  DONE(gan__verify(gan__plan_graph(plan)));
  int64_t bytes = gan__plan_bytes(plan, threads_of(c));
  if (cap >= c->smallest && bytes > cap)
    fail_msg("cap %lld: %lld bytes", (long long)cap, (long long)bytes);
  if (cap < c->smallest) assert_int_equal(bytes, c->smallest);
  if (cap >= c->usual) assert_int_equal(bytes, c->usual);
  gan__plan_destroy(c->run.plan);
  c->run.plan = plan;
  graph_run_bind(&c->run, c->slots, c->states);
  size_t size;
  char *other = results_of(&c->run, &size);
  assert_int_equal(size, c->size);
  if (memcmp(c->bytes, other, size) != 0)
    fail_msg("cap %lld of %lld to %lld: other bits", (long long)cap, (long long)c->smallest,
             (long long)c->usual);
  free(other);
  return bytes;
}

static void check_caps(case_of *c) {
  assert_true(c->smallest <= c->usual);
  const int64_t caps[] = {1,
                          c->smallest - 1,
                          c->smallest,
                          (3 * c->smallest + c->usual) / 4,
                          (c->smallest + c->usual) / 2,
                          c->usual - 1,
                          c->usual,
                          INT64_MAX};
  for (size_t i = 0; i < sizeof caps / sizeof *caps; i++)
    if (caps[i] > 0) check_cap(c, caps[i]);
}

/* Replaces the plan of the run by one in which values are dropped at random. Returns how many are
 * computed more than once. */
static int64_t drop_at_random(graph_run *run, gan__stream *random) {
  const gan__plan *base = run->plan;
  uint64_t count = base->graph->count, members = 0;
  gan__id *order = calloc(count + 1, sizeof *order);
  int32_t *patience = calloc(count + 1, sizeof *patience);
  for (int32_t level = 0; level < (int32_t)base->level_count; level++)
    for (gan__id id = 0; id < count; id++)
      if (base->values[id].computed && base->values[id].level == level) order[members++] = id;
  assert_int_equal(members, base->member_count);
  uint64_t kept = gan__stream_below(random, 4);
  for (uint64_t id = 0; id < count; id++)
    patience[id] =
        gan__stream_below(random, 4) < kept ? GAN__FOR_GOOD : (int32_t)gan__stream_below(random, 3);
  gan__instances instances = {.base = base,
                              .order = order,
                              .patience = patience,
                              .reach = (int32_t)gan__stream_below(random, 4)};
  gan_status status = gan__instances_make(&instances);
  int64_t again = 0;
  if (status == GAN_OK) {
    gan__draft draft;
    gan__plan *plan;
    double peak;
    DONE(gan__instances_peak(&instances, &peak));
    DONE(gan__instances_draft(&instances, &draft));
    DONE(gan__verify(draft.graph));
    for (uint64_t i = count; i < instances.count; i++)
      again += instances.list[i].alive && base->values[instances.list[i].node].computed;
    DONE(gan__plan_draft(&draft, &plan));
    for (gan__id id = 0; id < plan->graph->count; id++) /* the levels asked for are kept */
      if (plan->values[id].computed) assert_int_equal(plan->values[id].level, plan->held[id]);
    gan__instances_finish(&instances);
    gan__plan_destroy(run->plan);
    run->plan = plan;
  } else {
    assert_int_equal(status, GAN_ERROR_LIMIT); /* too many */
    gan__instances_finish(&instances);
  }
  free(order);
  free(patience);
  return again;
}

static int64_t check_drops(case_of *c, uint64_t seed, int32_t times) {
  gan__stream random = gan__stream_make(seed, "drops", 0);
  int64_t dropped = 0;
  for (int32_t i = 0; i < times; i++) {
    graph_run again;
    graph_run_create(c->graph, GRAPH_RUN_NORMAL, &again);
    graph_run_bind(&again, c->slots, c->states);
    dropped += drop_at_random(&again, &random);
    size_t size;
    char *bytes = results_of(&again, &size);
    assert_int_equal(size, c->size);
    if (memcmp(bytes, c->bytes, size) != 0)
      fail_msg("seed %llu, drop %d: other bits", (unsigned long long)seed, i);
    free(bytes);
    graph_run_destroy(&again);
  }
  return dropped;
}

static void check_random(random_graph_plan plan, uint64_t count, int64_t *dropped) {
  gan_context *context;
  DONE(gan_context_create(&context));
  for (plan.seed = 0; plan.seed < count; plan.seed++) {
    int64_t blocks = context->live_blocks;
    DONE(gan_context_set_threads(context, 1 + (int32_t)(plan.seed % 3)));
    plan.values = 10 + (int32_t)(plan.seed * 7 % 60);
    random_graph r;
    random_graph_make(context, &plan, &r);
    case_of c = {.graph = r.graph, .slots = r.slots, .states = r.states};
    open_case(&c);
    check_caps(&c);
    *dropped += check_drops(&c, plan.seed, 6);
    close_case(&c);
    random_graph_finish(&r);
    DONE(gan_context_set_threads(context, 1));
    if (plan.seed % 3 == 0) assert_int_equal(context->live_blocks, blocks);
  }
  gan_context_destroy(context);
}

static void caps_change_no_bits(void **state) {
  (void)state;
  int64_t dropped = 0;
  check_random((random_graph_plan){.dtype = GAN_F64}, 40, &dropped);
  check_random((random_graph_plan){.dtype = GAN_F32, .gradients = 1}, 40, &dropped);
  check_random((random_graph_plan){.dtype = GAN_F64, .gradients = 2}, 40, &dropped);
  print_message("%lld values were computed again\n", (long long)dropped);
  assert_true(dropped >= 500); /* or nothing was tested */
}

static double **bound_values(const gan__binding *doors, uint64_t count) {
  double **values = calloc(count + 1, sizeof *values);
  for (uint64_t i = 0; i < count; i++) {
    int64_t size = gan__shape_count(&doors[i].shape);
    values[i] = calloc((size_t)size + 1, sizeof **values);
    for (int64_t k = 0; k < size; k++)
      values[i][k] = (double)((k * 37 + (int64_t)i * 11) % 29 - 14) / 64;
  }
  return values;
}

static void free_values(double **values, uint64_t count) {
  for (uint64_t i = 0; i < count; i++)
    free(values[i]);
  free(values);
}

typedef struct sizes {
  int64_t usual, smallest;
} sizes;

static sizes check_game(gan_context *context, const small_game *game, bool all) {
  gan__graph *g = small_graph_game(context, game);
  double **slots = bound_values(g->slots, g->slot_count);
  double **states = bound_values(g->states, g->state_count);
  case_of c = {.graph = g, .slots = slots, .states = states};
  open_case(&c);
  if (all) {
    check_caps(&c);
    assert_true(check_drops(&c, (uint64_t)game->steps, 6) > 0 || c.usual == c.smallest);
  } else {
    check_cap(&c, 1);
  }
  sizes s = {c.usual, c.smallest};
  close_case(&c);
  free_values(slots, g->slot_count);
  free_values(states, g->state_count);
  gan__graph_destroy(g);
  return s;
}

/* Rows for panels and for one task, widths on both sides of thin. */
static void unrolled_games_keep_to_caps(void **state) {
  static const small_game games[] = {{512, 32, 0}, {512, 32, 1}, {512, 32, 6},
                                     {300, 9, 13}, {40, 24, 7},  {1, 5, 9}};
  for (size_t i = 0; i < sizeof games / sizeof *games; i++) {
    DONE(gan_context_set_threads(*state, 1 + (int32_t)(i % 2)));
    sizes s = check_game(*state, &games[i], true);
    print_message("%lld rows, width %lld, K = %d: %lld bytes, %lld at least\n",
                  (long long)games[i].rows, (long long)games[i].width, games[i].steps,
                  (long long)s.usual, (long long)s.smallest);
  }
  DONE(gan_context_set_threads(*state, 1));
}

/* Without a cap every inner step costs its activations; with the smallest one, a snapshot now and
 * then: less than the parameters of each step. */
static void memory_hardly_grows_with_the_inner_steps(void **state) {
  sizes few = check_game(*state, &(small_game){512, 32, 10}, false);
  sizes many = check_game(*state, &(small_game){512, 32, 60}, false);
  int64_t usual = (many.usual - few.usual) / 50, smallest = (many.smallest - few.smallest) / 50;
  print_message("an inner step more: %lld bytes, %lld under a cap\n", (long long)usual,
                (long long)smallest);
  assert_true(smallest * 20 < usual);
}

/* Each allocation fails once: of the base plan, of every policy, of the plans that are tried. */
static void every_failed_allocation_is_survived(void **state) {
  (void)state;
  failing counter;
  gan_context *context = failing_context(&counter);
  gan__graph *g = small_graph_game(context, &(small_game){160, 4, 2});
  gan_status status;
  gan__plan *plan = NULL;
  FAIL_EACH_ALLOCATION(context, &counter, status, {
    status = gan__plan_create_within(g, 1, &plan);
    if (status != GAN_OK) assert_null(plan);
  });
  gan__plan_destroy(plan);
  gan__graph_destroy(g);
  gan_context_destroy(context);
  assert_int_equal(counter.live, 0);
}

static void a_plan_gives_its_memory_back_and_books_again(void **state) {
  (void)state;
  watch w;
  watch_init(&w);
  gan_context *context;
  DONE(gan_context_create_with(&w.allocator, &context));
  gan__graph *g = small_graph_game(context, &(small_game){512, 16, 3});
  graph_run run;
  graph_run_create(g, GRAPH_RUN_NORMAL, &run);
  size_t size, other_size;
  double **states = bound_values(g->states, g->state_count);
  graph_run_bind(&run, NULL, states);
  char *before = results_of(&run, &size);
  gan__plan_unbook(run.plan);
  assert_false(gan__plan_is_booked(run.plan));
  int64_t calls = w.calls;
  graph_run_go(&run);
  assert_int_equal(w.calls, calls + 3); /* arena, constants, workspaces */
  gan__plan_unbook(run.plan);
  gan__plan_unbook(run.plan);
  graph_run_bind(&run, NULL, states);
  char *after = results_of(&run, &other_size);
  assert_int_equal(size, other_size);
  assert_memory_equal(before, after, size);
  free(before);
  free(after);
  free_values(states, g->state_count);
  graph_run_destroy(&run);
  gan__graph_destroy(g);
  gan_context_destroy(context);
  assert_int_equal(w.live, 0);
}

/* -- trainers -- */

static int64_t smallest_of(duel *d, int64_t rows) {
  int64_t bytes = -1;
  DONE(gan_trainer_set_memory_cap(d->trainer, 1));
  assert_int_equal(gan_trainer_plan_bytes(d->trainer, rows, &bytes), GAN_ERROR_LIMIT);
  assert_int_equal(bytes, -1);
  const char *message = gan_context_message(d->context), *end = strrchr(message, ' ');
  assert_non_null(strstr(message, "the memory cap is 1 bytes"));
  assert_non_null(end);
  return strtoll(end, NULL, 10);
}

static uint64_t train(duel *d, int64_t steps) {
  DONE(gan_trainer_run(d->trainer, steps));
  return duel_mark(d);
}

/* Ten inner steps of the ring: a third of the memory at most, the same training. */
static void a_cap_reduces_a_trainers_memory(void **state) {
  (void)state;
  static const int32_t orders[] = {GAN_ORDER_ALTERNATING, GAN_ORDER_SIMULTANEOUS};
  for (int32_t i = 0; i < 2; i++) {
    duel_setup setup = duel_ring;
    setup.unroll = 10;
    setup.order = orders[i];
    setup.threads = 1 + i;
    duel usual, capped;
    gan_context *contexts[2];
    DONE(gan_context_create(&contexts[0]));
    DONE(gan_context_create(&contexts[1]));
    duel_open(&usual, contexts[0], &setup);
    duel_open(&capped, contexts[1], &setup);
    int64_t bytes, smallest = smallest_of(&capped, setup.rows), held;
    DONE(gan_trainer_plan_bytes(usual.trainer, setup.rows, &bytes));
    print_message("K = 10, %d threads: %lld bytes, %lld at least\n", setup.threads,
                  (long long)bytes, (long long)smallest);
    assert_true(3 * smallest < bytes);
    assert_int_equal(gan_trainer_run(capped.trainer, 1), GAN_ERROR_LIMIT);
    assert_int_equal(gan_trainer_steps(capped.trainer), 0);
    DONE(gan_trainer_set_memory_cap(capped.trainer, smallest - 1));
    assert_int_equal(gan_trainer_run(capped.trainer, 1), GAN_ERROR_LIMIT);
    DONE(gan_trainer_set_memory_cap(capped.trainer, smallest));
    DONE(gan_trainer_plan_bytes(capped.trainer, setup.rows, &held));
    assert_int_equal(held, smallest);
    assert_int_equal(train(&capped, 2), train(&usual, 2));
    /* Caps may come and go. */
    DONE(gan_trainer_set_memory_cap(capped.trainer, bytes / 2));
    assert_int_equal(train(&capped, 1), train(&usual, 1));
    DONE(gan_trainer_set_memory_cap(capped.trainer, 0));
    assert_int_equal(train(&capped, 1), train(&usual, 1));
    duel_close(&usual);
    duel_close(&capped);
    gan_context_destroy(contexts[0]);
    gan_context_destroy(contexts[1]);
  }
}

static int64_t booked_bytes(const duel *d) {
  const gan__session *session = &d->trainer->session;
  int64_t bytes = 0;
  for (int32_t i = 0; i < session->plan_count; i++)
    if (gan__plan_is_booked(session->plans[i].plan))
      bytes += gan__plan_bytes(session->plans[i].plan, gan_context_threads(d->context));
  return bytes;
}

/* Steps of several kinds and numbers of rows, and more threads: all of it within the cap. */
static void all_plans_keep_to_the_cap(void **state) {
  duel_setup setup = duel_ring_f64;
  setup.unroll = 4;
  duel d;
  duel_open(&d, *state, &setup);
  static float rows[400];
  for (int32_t i = 0; i < 400; i++)
    rows[i] = (float)(i % 9 - 4) / 4;
  int64_t cap = smallest_of(&d, 200);
  DONE(gan_trainer_set_data(d.trainer, NULL, 0));
  DONE(gan_trainer_set_memory_cap(d.trainer, cap));
  for (int32_t i = 0; i < 3; i++) {
    DONE(gan_trainer_step(d.trainer, rows, 200));
    assert_in_range(booked_bytes(&d), 1, cap);
    DONE(gan_trainer_step_discriminator(d.trainer, rows, 150));
    assert_in_range(booked_bytes(&d), 1, cap);
    DONE(gan_trainer_step(d.trainer, rows, 100));
    assert_in_range(booked_bytes(&d), 1, cap);
  }
  /* A second thread's workspace does not fit into the smallest cap. */
  DONE(gan_context_set_threads(*state, 8));
  assert_int_equal(gan_trainer_step(d.trainer, rows, 200), GAN_ERROR_LIMIT);
  DONE(gan_trainer_set_memory_cap(d.trainer, smallest_of(&d, 200)));
  DONE(gan_trainer_step(d.trainer, rows, 200));
  DONE(gan_context_set_threads(*state, 1));
  duel_close(&d);
}

static void asking_and_warm_steps_allocate_nothing_large(void **state) {
  (void)state;
  watch w;
  watch_init(&w);
  gan_context *context;
  DONE(gan_context_create_with(&w.allocator, &context));
  duel_setup setup = duel_ring;
  setup.unroll = 3;
  duel d;
  duel_open(&d, context, &setup);
  int64_t usual, bytes;
  DONE(gan_trainer_plan_bytes(d.trainer, setup.rows, &usual));
  assert_int_equal(booked_bytes(&d), 0);
  DONE(gan_trainer_set_memory_cap(d.trainer, usual / 2));
  DONE(gan_trainer_plan_bytes(d.trainer, setup.rows, &bytes));
  assert_in_range(bytes, 1, usual / 2);
  assert_int_equal(booked_bytes(&d), 0);
  train(&d, 1);
  assert_int_equal(booked_bytes(&d), bytes);
  int64_t calls = w.calls;
  train(&d, 5);
  assert_int_equal(w.calls, calls);
  duel_close(&d);
  gan_context_destroy(context);
  assert_int_equal(w.live, 0);
}

/* Naming the first bad value takes memory for all of them: under a cap a result is named. */
static void bad_values_are_named_within_the_cap(void **state) {
  duel_setup setup = duel_ring_f64;
  duel d;
  duel_open(&d, *state, &setup);
  static float rows[200];
  rows[77] = NAN;
  DONE(gan_trainer_set_memory_cap(d.trainer, INT64_C(1) << 40));
  assert_int_equal(gan_trainer_step(d.trainer, rows, 100), GAN_ERROR_NOT_FINITE);
  assert_non_null(strstr(gan_context_message(*state), "real batch"));
  DONE(gan_trainer_set_memory_cap(d.trainer, smallest_of(&d, 100)));
  uint64_t mark = duel_mark(&d);
  assert_int_equal(gan_trainer_step(d.trainer, rows, 100), GAN_ERROR_NOT_FINITE);
  print_message("%s\n", gan_context_message(*state));
  assert_non_null(strstr(gan_context_message(*state), "discriminator"));
  assert_true(mark == duel_mark(&d));
  rows[77] = 0;
  DONE(gan_trainer_step(d.trainer, rows, 100));
  duel_close(&d);
}

static int make_context(void **state) {
  return gan_context_create((gan_context **)state) == GAN_OK ? 0 : -1;
}

static int drop_context(void **state) {
  gan_context_destroy(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(caps_change_no_bits),
      cmocka_unit_test(unrolled_games_keep_to_caps),
      cmocka_unit_test(memory_hardly_grows_with_the_inner_steps),
      cmocka_unit_test(every_failed_allocation_is_survived),
      cmocka_unit_test(a_plan_gives_its_memory_back_and_books_again),
      cmocka_unit_test(a_cap_reduces_a_trainers_memory),
      cmocka_unit_test(all_plans_keep_to_the_cap),
      cmocka_unit_test(asking_and_warm_steps_allocate_nothing_large),
      cmocka_unit_test(bad_values_are_named_within_the_cap),
  };
  cmocka_set_test_filter(getenv("GAN_TEST_FILTER"));
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
