/* SPDX-License-Identifier: MIT */
/* libgan/train/moves.c: who moves when, on which batches and noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "train/moves.h"

enum { G = GAN__GENERATOR, D = GAN__DISCRIMINATOR };

/* One schedule, and its moves written as players and batches ("D0 D1 G-": the discriminator on
 * batch 0, then on batch 1, then the generator without real rows); "G0/1": with inner batches from
 * 1 on. */
static const struct {
  const char *what;
  int32_t unroll, player, inner, order, first, generator_steps, discriminator_steps;
  bool real_for_generator;
  const char *moves;
  int32_t batches;
} rows[] = {
    {"plain", 0, G, GAN_INNER_SAME, GAN_ORDER_ALTERNATING, -1, 1, 1, true, "D0 G-", 1},
    {"k steps", 0, G, GAN_INNER_SAME, GAN_ORDER_ALTERNATING, -1, 1, 3, true, "D0 D1 D2 G-", 3},
    {"two G", 0, G, GAN_INNER_SAME, GAN_ORDER_ALTERNATING, -1, 2, 1, true, "D0 G- G-", 1},
    {"G first", 0, G, GAN_INNER_SAME, GAN_ORDER_ALTERNATING, G, 1, 1, true, "G- D0", 1},
    {"unrolled", 5, G, GAN_INNER_SAME, GAN_ORDER_ALTERNATING, -1, 1, 1, true, "G0 D1", 2},
    {"D first", 5, G, GAN_INNER_SAME, GAN_ORDER_ALTERNATING, D, 1, 2, true, "D0 D1 G2", 3},
    {"fresh", 5, G, GAN_INNER_FRESH, GAN_ORDER_ALTERNATING, -1, 2, 1, true, "G0/1 G6/7 D12", 13},
    {"fresh, non-saturating", 5, G, GAN_INNER_FRESH, GAN_ORDER_ALTERNATING, -1, 1, 1, false,
     "G-/0 D5", 6},
    {"same, non-saturating", 5, G, GAN_INNER_SAME, GAN_ORDER_ALTERNATING, -1, 1, 1, false, "G0 D1",
     2},
    {"together", 0, G, GAN_INNER_SAME, GAN_ORDER_SIMULTANEOUS, -1, 1, 1, true, "D0 G-", 1},
    {"together, unrolled", 5, G, GAN_INNER_SAME, GAN_ORDER_SIMULTANEOUS, -1, 1, 1, true, "G0 D0",
     1},
    {"together, two D", 5, G, GAN_INNER_SAME, GAN_ORDER_SIMULTANEOUS, -1, 1, 2, true, "G0 D0 D1",
     2},
    {"together, fresh", 3, G, GAN_INNER_FRESH, GAN_ORDER_SIMULTANEOUS, -1, 2, 1, true,
     "G0/2 G1/5 D0", 8},
    {"D unrolls G", 5, D, GAN_INNER_SAME, GAN_ORDER_ALTERNATING, -1, 1, 1, true, "D0 G-", 1},
    {"D unrolls G, fresh", 5, D, GAN_INNER_FRESH, GAN_ORDER_ALTERNATING, -1, 1, 2, true, "D0 D1 G-",
     2},
};

static gan__schedule schedule_of(size_t i) {
  gan__schedule schedule = gan__schedule_default();
  schedule.unroll_steps = rows[i].unroll;
  schedule.unroll_player = rows[i].player;
  schedule.inner = rows[i].inner;
  schedule.order = rows[i].order;
  schedule.first = rows[i].first;
  schedule.turn_steps[G] = rows[i].generator_steps;
  schedule.turn_steps[D] = rows[i].discriminator_steps;
  schedule.needs[G] = rows[i].real_for_generator ? GAN__NEED_AHEAD : GAN__NEED_NEVER;
  return schedule;
}

static void steps_have_the_moves_of_the_table(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gan__schedule schedule = schedule_of(i);
    char text[128] = "";
    int32_t count = gan__schedule_moves(&schedule, GAN__JOB_STEP);
    for (int32_t m = 0; m < count; m++) {
      gan__move move = gan__schedule_move(&schedule, GAN__JOB_STEP, m);
      char *end = text + strlen(text);
      size_t room = sizeof text - strlen(text);
      char batch[16] = "-", inner[16] = "";
      if (move.turn.batch >= 0) snprintf(batch, sizeof batch, "%d", move.turn.batch);
      if (move.fresh && move.steps > 0 && move.unrolled == D)
        snprintf(inner, sizeof inner, "/%d", move.inner.batch);
      snprintf(end, room, "%s%s%s%s", m ? " " : "", move.player == G ? "G" : "D", batch, inner);
      bool ahead = rows[i].unroll > 0 && move.player == rows[i].player;
      assert_int_equal(move.unrolled, ahead ? 1 - move.player : GAN__NOBODY);
      assert_int_equal(move.steps, ahead ? rows[i].unroll : 0);
    }
    if (strcmp(text, rows[i].moves) != 0)
      fail_msg("%s: \"%s\", expected \"%s\"", rows[i].what, text, rows[i].moves);
    assert_int_equal(gan__schedule_batches(&schedule, GAN__JOB_STEP), rows[i].batches);
  }
}

static void every_batch_number_is_below_the_count(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (gan__job job = GAN__JOB_STEP; job <= GAN__JOB_OBJECTIVE; job++) {
      gan__schedule schedule = schedule_of(i);
      int32_t batches = gan__schedule_batches(&schedule, job);
      int32_t count = gan__schedule_moves(&schedule, job);
      for (int32_t m = 0; m < count; m++) {
        gan__move move = gan__schedule_move(&schedule, job, m);
        assert_true(move.turn.batch < batches);
        if (move.fresh && move.unrolled == D)
          assert_true(move.inner.batch + move.steps <= batches);
        else if (move.unrolled == D)
          assert_true(move.turn.batch >= 0); /* the inner steps use it too */
      }
    }
}

static void jobs_of_one_player_have_one_move(void **state) {
  (void)state;
  gan__schedule schedule = gan__schedule_default();
  schedule.turn_steps[G] = schedule.turn_steps[D] = 4;
  schedule.unroll_steps = 2;
  static const struct {
    gan__job job;
    int32_t player;
  } jobs[] = {{GAN__JOB_GENERATOR, G},
              {GAN__JOB_DISCRIMINATOR, D},
              {GAN__JOB_GRADIENT, G},
              {GAN__JOB_OBJECTIVE, G}};
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(gan__schedule_moves(&schedule, jobs[i].job), 1);
    assert_int_equal(gan__schedule_move(&schedule, jobs[i].job, 0).player, jobs[i].player);
    assert_int_equal(gan__schedule_batches(&schedule, jobs[i].job), 1);
  }
}

/* noises[m]: of move m of a step with two moves of each player, the discriminator's first. */
static void read_noises(int32_t noise, int32_t order, uint64_t noises[4]) {
  gan__schedule schedule = gan__schedule_default();
  schedule.noise = noise;
  schedule.order = order;
  schedule.turn_steps[G] = schedule.turn_steps[D] = 2;
  for (int32_t m = 0; m < 4; m++)
    noises[m] = gan__schedule_move(&schedule, GAN__JOB_STEP, m).turn.noise;
}

static void noise_is_shared_or_fresh(void **state) {
  (void)state;
  static const struct {
    int32_t noise, order;
    bool shared;
  } table[] = {{GAN_NOISE_AUTOMATIC, GAN_ORDER_ALTERNATING, false},
               {GAN_NOISE_AUTOMATIC, GAN_ORDER_SIMULTANEOUS, true},
               {GAN_NOISE_FRESH, GAN_ORDER_ALTERNATING, false},
               {GAN_NOISE_FRESH, GAN_ORDER_SIMULTANEOUS, false},
               {GAN_NOISE_SHARED, GAN_ORDER_ALTERNATING, true},
               {GAN_NOISE_SHARED, GAN_ORDER_SIMULTANEOUS, true}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    uint64_t n[4];
    read_noises(table[i].noise, table[i].order, n);
    assert_true(n[0] != n[1] && n[2] != n[3]);
    assert_int_equal(n[0] == n[2], table[i].shared);
    assert_int_equal(n[1] == n[3], table[i].shared);
    assert_true(n[0] != n[3] && n[1] != n[2]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(steps_have_the_moves_of_the_table),
      cmocka_unit_test(every_batch_number_is_below_the_count),
      cmocka_unit_test(jobs_of_one_player_have_one_move),
      cmocka_unit_test(noise_is_shared_or_fresh),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
