/* SPDX-License-Identifier: MIT */
/* Games to try things on: a context of their own, short calls that must succeed. Included after
 * <cmocka.h>. */
#ifndef GAN__TESTS_CONTEST_RUN_H
#define GAN__TESTS_CONTEST_RUN_H

#include <math.h>

#include <gan/gan.h>

#include "failing.h"

static failing memory;
static gan_context *context;

static inline int contest_set_up(void **state) {
  (void)state;
  context = failing_context(&memory);
  return context == NULL;
}

/* Nothing has leaked. */
static inline int contest_tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return memory.live != 0;
}

#define CONTEST_TEST(function)                                                                     \
  cmocka_unit_test_setup_teardown(function, contest_set_up, contest_tear_down)

#define DONE(call)                                                                                 \
  do {                                                                                             \
    gan_status done_status = (call);                                                               \
    if (done_status != GAN_OK)                                                                     \
      fail_msg("%s: %s: %s", #call, gan_status_name(done_status), gan_context_message(context));   \
  } while (0)

#define NEAR(is, want, error)                                                                      \
  do {                                                                                             \
    double near_is = (is), near_want = (want);                                                     \
    if (!(fabs(near_is - near_want) <= (error)))                                                   \
      fail_msg("%s is %.17g, expected %.17g", #is, near_is, near_want);                            \
  } while (0)

static inline gan_game *preset(int32_t dtype, int32_t which) {
  gan_game *game;
  DONE(gan_game_create_preset(context, dtype, which, &game));
  return game;
}

/* An optimizer at a rate; the caller destroys it. */
static inline gan_optimizer *optimizer(int32_t kind, double rate) {
  gan_optimizer *made;
  DONE(gan_optimizer_create(context, kind, &made));
  DONE(gan_optimizer_set(made, GAN_LEARNING_RATE, rate));
  return made;
}

/* Seats a player with an optimizer of its own. */
static inline void seat(gan_game *game, const char *name, const double *start, int64_t size,
                        int32_t kind, double rate) {
  gan_optimizer *own = optimizer(kind, rate);
  DONE(gan_game_add_player(game, name, start, size, own));
  gan_optimizer_destroy(own);
}

/* Gives every player a new optimizer of this kind and rate. */
static inline void equip(gan_game *game, int32_t kind, double rate) {
  for (int32_t p = 0; p < gan_game_players(game); p++) {
    gan_optimizer *own = optimizer(kind, rate);
    DONE(gan_game_set_optimizer(game, gan_game_player_name(game, p), own));
    gan_optimizer_destroy(own);
  }
}

#endif
