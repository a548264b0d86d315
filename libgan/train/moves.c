/* SPDX-License-Identifier: MIT */
/* Job: the schedule: who moves when in one step, and on which batches and noise.
 *
 * Batches. Alternating: every move has its own, in the order of moves. Simultaneous and
 * extragradient: move i of every player has batch i. With fresh inner batches the inner steps of a
 * move have K more. A move that needs no real rows has none.
 *
 * Noise. Shared: move i of every player has the same draws. Fresh: every move has its own. */
#include "base/hash.h"
#include "train/moves.h"

gan__schedule gan__schedule_default(void) {
  gan__schedule schedule = {.player_count = 2,
                            .unroll_player = GAN__GENERATOR,
                            .unroll_through = GAN__NOBODY,
                            .order = GAN_ORDER_ALTERNATING,
                            .first = GAN__NOBODY,
                            .inner = GAN_INNER_SAME,
                            .noise = GAN_NOISE_AUTOMATIC,
                            .method = GAN_METHOD_DESCENT,
                            .needs = {[GAN__DISCRIMINATOR] = GAN__NEED_ALWAYS}};
  for (int32_t p = 0; p < GAN__PLAYERS_MAX; p++)
    schedule.turn_steps[p] = 1;
  return schedule;
}

bool gan__schedule_together(const gan__schedule *schedule) {
  return schedule->order == GAN_ORDER_SIMULTANEOUS || schedule->method == GAN_METHOD_EXTRAGRADIENT;
}

/* The moves of a job in order: `count[0]` of player[0], then `count[1]` of player[1] ... */
typedef struct line_up {
  int32_t players;
  int32_t player[GAN__PLAYERS_MAX];
  int32_t count[GAN__PLAYERS_MAX];
  bool rounds; /* by rounds instead: the first move of everyone, then the second */
} line_up;

/* Who begins; the others follow by number. */
static int32_t first_player(const gan__schedule *schedule) {
  if (schedule->first != GAN__NOBODY) return schedule->first;
  if (schedule->unroll_steps > 0) return schedule->unroll_player;
  return schedule->player_count == 2 ? GAN__DISCRIMINATOR : 0;
}

/* Every player is asked once, and nobody moves. */
static bool asks(gan__job job) {
  return job == GAN__JOB_FIELD || job == GAN__JOB_JACOBIAN;
}

static line_up line_up_of(const gan__schedule *schedule, gan__job job) {
  line_up line = {.players = 1, .count = {1}};
  if (job >= GAN__JOB_MOVE) {
    line.player[0] = (int32_t)job - GAN__JOB_MOVE;
    return line;
  }
  if (job == GAN__JOB_GRADIENT || job == GAN__JOB_OBJECTIVE) {
    line.player[0] = schedule->unroll_player;
    return line;
  }
  bool field = asks(job);
  line.rounds = !field && schedule->method == GAN_METHOD_EXTRAGRADIENT;
  line.players = schedule->player_count;
  line.player[0] = field ? 0 : first_player(schedule);
  for (int32_t p = 0, at = 1; p < schedule->player_count; p++)
    if (p != line.player[0]) line.player[at++] = p;
  for (int32_t i = 0; i < line.players; i++) {
    line.count[i] = field ? 1 : schedule->turn_steps[line.player[i]];
    if (line.rounds) line.count[i] = 2;
  }
  return line;
}

static bool looks_ahead(const gan__schedule *schedule, int32_t player) {
  return schedule->unroll_steps > 0 && schedule->unroll_player == player;
}

static int32_t looks_through(const gan__schedule *schedule, int32_t player) {
  if (!looks_ahead(schedule, player)) return GAN__NOBODY;
  return schedule->unroll_through == GAN__NOBODY ? 1 - player : schedule->unroll_through;
}

/* True when the steps that a player looks through need real rows. */
static bool real_inside(const gan__schedule *schedule, int32_t player) {
  return looks_ahead(schedule, player)
         && schedule->needs[looks_through(schedule, player)] == GAN__NEED_ALWAYS;
}

/* Batches that only the inner steps of one move need. */
static int32_t inner_batches(const gan__schedule *schedule, int32_t player) {
  bool own = schedule->inner == GAN_INNER_FRESH && real_inside(schedule, player);
  return own ? schedule->unroll_steps : 0;
}

/* 1 when a move's own turn needs a real batch. */
static int32_t outer_batches(const gan__schedule *schedule, int32_t player) {
  if (schedule->needs[player] == GAN__NEED_ALWAYS) return 1;
  if (schedule->inner == GAN_INNER_SAME && real_inside(schedule, player)) return 1;
  return looks_ahead(schedule, player) && schedule->needs[player] == GAN__NEED_AHEAD;
}

static int32_t larger(int32_t a, int32_t b) {
  return a > b ? a : b;
}

static bool together(const gan__schedule *schedule, gan__job job) {
  return asks(job) || gan__schedule_together(schedule);
}

/* Together: how many batches lie before those of inner steps. */
static int32_t common_batches(const gan__schedule *schedule, const line_up *line) {
  int32_t most = 0;
  for (int32_t i = 0; i < line->players; i++)
    most = larger(most, line->count[i] * outer_batches(schedule, line->player[i]));
  return most;
}

int32_t gan__schedule_moves(const gan__schedule *schedule, gan__job job) {
  line_up line = line_up_of(schedule, job);
  int32_t moves = 0;
  for (int32_t i = 0; i < line.players; i++)
    moves += line.count[i];
  return moves;
}

int32_t gan__schedule_batches(const gan__schedule *schedule, gan__job job) {
  line_up line = line_up_of(schedule, job);
  bool common = together(schedule, job);
  int32_t count = common ? common_batches(schedule, &line) : 0;
  for (int32_t i = 0; i < line.players; i++) {
    int32_t own = inner_batches(schedule, line.player[i]);
    if (!common) own += outer_batches(schedule, line.player[i]);
    count += line.count[i] * own;
  }
  return count;
}

/* The identity of a player's own draws. */
static uint64_t own_noise(const gan__schedule *schedule, int32_t player) {
  if (schedule->player_count == 2)
    return gan__hash_text(player == GAN__DISCRIMINATOR ? "discriminator" : "generator");
  return gan__join(gan__hash_text("player"), (uint64_t)player);
}

static uint64_t noise_of(const gan__schedule *schedule, int32_t player, int32_t repetition) {
  bool shared = schedule->noise == GAN_NOISE_SHARED
                || (schedule->noise == GAN_NOISE_AUTOMATIC && gan__schedule_together(schedule));
  uint64_t who = shared ? gan__hash_text("every player") : own_noise(schedule, player);
  return gan__join(who, (uint64_t)repetition);
}

/* The place in the line whose move `index` is, and how many of that player's come before it. */
static int32_t find_place(const line_up *line, int32_t index, int32_t *repetition) {
  if (line->rounds) {
    *repetition = index / line->players;
    return index % line->players;
  }
  int32_t place = 0;
  while (index >= line->count[place])
    index -= line->count[place++];
  *repetition = index;
  return place;
}

gan__move gan__schedule_move(const gan__schedule *schedule, gan__job job, int32_t index) {
  line_up line = line_up_of(schedule, job);
  int32_t repetition, place = find_place(&line, index, &repetition);
  int32_t player = line.player[place];
  int32_t outer = outer_batches(schedule, player), inner = inner_batches(schedule, player);
  int32_t batch = repetition, inner_batch;
  if (together(schedule, job)) {
    /* One player at most has inner batches, so no one else's lie in between. */
    inner_batch = common_batches(schedule, &line) + repetition * inner;
  } else {
    batch = repetition * (outer + inner);
    for (int32_t i = 0; i < place; i++)
      batch +=
          line.count[i]
          * (outer_batches(schedule, line.player[i]) + inner_batches(schedule, line.player[i]));
    inner_batch = batch + outer;
  }
  uint64_t noise = noise_of(schedule, player, repetition);
  return (gan__move){
      .player = player,
      .round = line.rounds ? 1 + repetition : 0,
      .turn = {.batch = outer ? batch : GAN__NOBODY, .noise = noise},
      .unrolled = looks_through(schedule, player),
      .steps = looks_ahead(schedule, player) ? schedule->unroll_steps : 0,
      .approximate = schedule->approximate == 1,
      .fresh = schedule->inner == GAN_INNER_FRESH,
      .inner = {.batch = inner_batch, .noise = gan__join(noise, gan__hash_text("inner steps"))}};
}
