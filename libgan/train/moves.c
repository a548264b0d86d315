/* SPDX-License-Identifier: MIT */
/* Job: the schedule: who moves when in one step, and on which batches and noise.
 *
 * Batches. Alternating: every move has its own, in the order of moves. Simultaneous: move i of
 * every player has batch i. With fresh inner batches the inner steps of a move have K more. A move
 * that needs no real rows has none.
 *
 * Noise. Shared: move i of every player has the same draws. Fresh: every move has its own. */
#include "base/hash.h"
#include "train/moves.h"

gan__schedule gan__schedule_default(void) {
  return (gan__schedule){.unroll_player = GAN__GENERATOR,
                         .order = GAN_ORDER_ALTERNATING,
                         .first = GAN__NOBODY,
                         .inner = GAN_INNER_SAME,
                         .noise = GAN_NOISE_AUTOMATIC,
                         .turn_steps = {1, 1}};
}

/* The moves of a job in order: `count[0]` of player[0], then `count[1]` of player[1]. */
typedef struct line_up {
  int32_t player[GAN__PLAYERS];
  int32_t count[GAN__PLAYERS];
} line_up;

static line_up line_up_of(const gan__schedule *schedule, gan__job job) {
  int32_t first = schedule->unroll_steps > 0 ? schedule->unroll_player : GAN__DISCRIMINATOR;
  if (schedule->first != GAN__NOBODY) first = schedule->first;
  line_up line = {.player = {first, 1 - first}, .count = {1, 0}};
  for (int32_t i = 0; i < GAN__PLAYERS && job == GAN__JOB_STEP; i++)
    line.count[i] = schedule->turn_steps[line.player[i]];
  if (job == GAN__JOB_GENERATOR) line.player[0] = GAN__GENERATOR;
  if (job == GAN__JOB_DISCRIMINATOR) line.player[0] = GAN__DISCRIMINATOR;
  if (job == GAN__JOB_GRADIENT || job == GAN__JOB_OBJECTIVE)
    line.player[0] = schedule->unroll_player;
  return line;
}

static bool looks_ahead(const gan__schedule *schedule, int32_t player) {
  return schedule->unroll_steps > 0 && schedule->unroll_player == player;
}

/* Batches that only the inner steps of one move need. */
static int32_t inner_batches(const gan__schedule *schedule, int32_t player) {
  bool real_inside = player == GAN__GENERATOR; /* the discriminator is unrolled */
  bool own = looks_ahead(schedule, player) && schedule->inner == GAN_INNER_FRESH && real_inside;
  return own ? schedule->unroll_steps : 0;
}

/* 1 when a move's own turn needs a real batch. */
static int32_t outer_batches(const gan__schedule *schedule, int32_t player) {
  if (player == GAN__DISCRIMINATOR) return 1;
  return looks_ahead(schedule, player)
         && (schedule->real_for_generator || schedule->inner == GAN_INNER_SAME);
}

static int32_t larger(int32_t a, int32_t b) {
  return a > b ? a : b;
}

/* Simultaneous: how many batches lie before those of inner steps. */
static int32_t common_batches(const gan__schedule *schedule, const line_up *line) {
  int32_t most = 0;
  for (int32_t i = 0; i < GAN__PLAYERS; i++)
    most = larger(most, line->count[i] * outer_batches(schedule, line->player[i]));
  return most;
}

int32_t gan__schedule_moves(const gan__schedule *schedule, gan__job job) {
  line_up line = line_up_of(schedule, job);
  return line.count[0] + line.count[1];
}

int32_t gan__schedule_batches(const gan__schedule *schedule, gan__job job) {
  line_up line = line_up_of(schedule, job);
  bool together = schedule->order == GAN_ORDER_SIMULTANEOUS;
  int32_t count = together ? common_batches(schedule, &line) : 0;
  for (int32_t i = 0; i < GAN__PLAYERS; i++) {
    int32_t own = inner_batches(schedule, line.player[i]);
    if (!together) own += outer_batches(schedule, line.player[i]);
    count += line.count[i] * own;
  }
  return count;
}

static uint64_t noise_of(const gan__schedule *schedule, int32_t player, int32_t repetition) {
  bool shared =
      schedule->noise == GAN_NOISE_SHARED
      || (schedule->noise == GAN_NOISE_AUTOMATIC && schedule->order == GAN_ORDER_SIMULTANEOUS);
  uint64_t who = gan__hash_text(shared ? "every player" : player ? "discriminator" : "generator");
  return gan__join(who, (uint64_t)repetition);
}

gan__move gan__schedule_move(const gan__schedule *schedule, gan__job job, int32_t index) {
  line_up line = line_up_of(schedule, job);
  int32_t place = index < line.count[0] ? 0 : 1;
  int32_t player = line.player[place], repetition = index - place * line.count[0];
  int32_t outer = outer_batches(schedule, player), inner = inner_batches(schedule, player);
  int32_t batch = repetition, inner_batch;
  if (schedule->order == GAN_ORDER_SIMULTANEOUS) {
    /* One player at most has inner batches, so no one else's lie in between. */
    inner_batch = common_batches(schedule, &line) + repetition * inner;
  } else {
    int32_t before = 0;
    if (place == 1)
      before =
          line.count[0]
          * (outer_batches(schedule, line.player[0]) + inner_batches(schedule, line.player[0]));
    batch = before + repetition * (outer + inner);
    inner_batch = batch + outer;
  }
  uint64_t noise = noise_of(schedule, player, repetition);
  return (gan__move){
      .player = player,
      .turn = {.batch = outer ? batch : GAN__NOBODY, .noise = noise},
      .unrolled = looks_ahead(schedule, player) ? 1 - player : GAN__NOBODY,
      .steps = looks_ahead(schedule, player) ? schedule->unroll_steps : 0,
      .approximate = schedule->approximate == 1,
      .fresh = schedule->inner == GAN_INNER_FRESH,
      .inner = {.batch = inner_batch, .noise = gan__join(noise, gan__hash_text("inner steps"))}};
}
