/* SPDX-License-Identifier: MIT */
/* An unrolled step grows linearly with K: the nodes of its graph, the bytes of its plan, the bytes
 * and the time that it takes to build and plan it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "duel.h"
#include "world.h"

#define DONE(call) assert_int_equal(call, GAN_OK)

enum { ROWS = 64 };

static const duel_setup small = {.generator =
                                     "latent 16 normal; dense 32 tanh; dense 32 tanh; dense 2",
                                 .discriminator = "input 2; dense 32 tanh; dense 32 tanh; dense 1",
                                 .loss = GAN_LOSS_MINIMAX,
                                 .optimizer = GAN_OPTIMIZER_ADAM,
                                 .order = GAN_ORDER_ALTERNATING,
                                 .threads = 1,
                                 .rows = ROWS};

/* One step at one K. */
typedef struct size {
  int64_t nodes; /* lines of the graph's text, less those that are not nodes */
  int64_t plan_bytes;
  int64_t built; /* the most bytes alive while it was made, those before it not counted */
  double seconds;
} size;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static size measure(const duel_setup *shape, int32_t unroll) {
  heap counted = {0};
  duel_setup setup = *shape;
  setup.unroll = unroll;
  duel d;
  size found;
  const char *text;
  duel_open(&d, heap_context(&counted), &setup);
  counted.peak_bytes = counted.live_bytes;
  int64_t before = (int64_t)counted.live_bytes;
  double start = now();
  DONE(gan_trainer_plan_bytes(d.trainer, ROWS, &found.plan_bytes));
  found.seconds = now() - start;
  found.built = (int64_t)counted.peak_bytes - before;
  DONE(gan_trainer_graph_text(d.trainer, ROWS, &text));
  found.nodes = 0;
  for (const char *at = text; (at = strchr(at, '\n')); at++)
    found.nodes++;
  duel_close(&d);
  gan_context_destroy(d.context);
  assert_int_equal(counted.live, 0);
  return found;
}

/* Inner steps add equal numbers of nodes, whatever K, but for some in a hundred: sums over the
 * inner steps are added in groups, whose number depends on how many there are. */
static void nodes_are_linear(void **state) {
  (void)state;
  for (int32_t optimizer = GAN_OPTIMIZER_SGD; optimizer <= GAN_OPTIMIZER_ADAM; optimizer++) {
    duel_setup setup = small;
    setup.optimizer = optimizer;
    int64_t ten = measure(&setup, 10).nodes, twenty = measure(&setup, 20).nodes;
    int64_t forty = measure(&setup, 40).nodes;
    print_message("optimizer %d: %lld, %lld, %lld nodes\n", optimizer, (long long)ten,
                  (long long)twenty, (long long)forty);
    assert_true(twenty > ten);
    double slope = (double)(forty - twenty) / (double)(2 * (twenty - ten));
    assert_true(slope > 0.97);
    assert_true(slope < 1.03);
  }
}

/* What one more inner step costs between K and 2 K: nearly the same from 2 on. The arena's blocks
 * fit into each other a little better or worse, by less than a hundredth of a step's own share. */
static void bytes_are_linear(void **state) {
  (void)state;
  int64_t bytes[5];
  for (int32_t i = 0; i < 5; i++)
    bytes[i] = measure(&small, 2 << i).plan_bytes;
  double first = (double)(bytes[1] - bytes[0]) / 2;
  for (int32_t i = 1; i < 4; i++) {
    double slope = (double)(bytes[i + 1] - bytes[i]) / (2 << i);
    print_message("K = %d to %d: %.0f bytes an inner step\n", 2 << i, 4 << i, slope);
    assert_true(slope < first * 1.05);
    assert_true(slope > first * 0.5);
  }
}

/* Tables double as they grow, so that a few bytes a node may become twice as many. */
static void making_it_is_linear(void **state) {
  (void)state;
  size few = measure(&small, 5), many = measure(&small, 40);
  double ratio = (double)many.nodes / (double)few.nodes;
  assert_true((double)many.built / (double)few.built < 2.2 * ratio);
  /* The best of three on the clock; quadratic work would take ratio times as long as this. */
  for (int32_t i = 0; i < 3; i++) {
    double a = measure(&small, 5).seconds, b = measure(&small, 40).seconds;
    few.seconds = a < few.seconds ? a : few.seconds;
    many.seconds = b < many.seconds ? b : many.seconds;
  }
  print_message("%lld nodes in %.4f s, %lld in %.4f s\n", (long long)few.nodes, few.seconds,
                (long long)many.nodes, many.seconds);
  assert_true(many.seconds / few.seconds < 2.5 * ratio);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nodes_are_linear),
      cmocka_unit_test(bytes_are_linear),
      cmocka_unit_test(making_it_is_linear),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
