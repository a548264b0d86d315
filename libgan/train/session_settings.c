/* SPDX-License-Identifier: MIT */
/* Job: a session's settings: checked, and counted when plans depend on them. */
#include "base/text.h"
#include "train/session.h"

/* What an integer setting is called and may be. */
typedef struct range {
  const char *what;
  int32_t least, most;
} range;

static gan_status change(gan__session *session, int32_t *setting, int32_t value) {
  if (*setting != value) session->version++;
  *setting = value;
  return GAN_OK;
}

static gan_status change_within(gan__session *session, int32_t *setting, int32_t value, range r) {
  if (value < r.least || value > r.most)
    return gan__fail(session->context, GAN_ERROR_ARGUMENT, "%s is %d; allowed are %d to %d", r.what,
                     value, r.least, r.most);
  return change(session, setting, value);
}

gan_status gan__session_set_unroll(gan__session *session, int32_t steps) {
  return change_within(session, &session->schedule.unroll_steps, steps,
                       (range){"the number of unrolled steps", 0, GAN__UNROLL_MAX});
}

gan_status gan__session_set_unroll_player(gan__session *session, const char *player) {
  int32_t found;
  GAN_TRY(gan__session_find(session, player, &found));
  return change(session, &session->schedule.unroll_player, found);
}

gan_status gan__session_set_unroll_pair(gan__session *session, const char *player,
                                        const char *through, int32_t steps) {
  int32_t mover, unrolled;
  GAN_TRY(gan__session_find(session, player, &mover));
  GAN_TRY(gan__session_find(session, through, &unrolled));
  if (mover == unrolled)
    return gan__fail(session->context, GAN_ERROR_ARGUMENT,
                     "player \"%s\" cannot look through its own steps", player);
  GAN_TRY(gan__session_set_unroll(session, steps));
  change(session, &session->schedule.unroll_player, mover);
  return change(session, &session->schedule.unroll_through, unrolled);
}

gan_status gan__session_set_approximate(gan__session *session, int32_t approximate) {
  return change_within(session, &session->schedule.approximate, approximate,
                       (range){"approximate", 0, 1});
}

gan_status gan__session_set_inner(gan__session *session, int32_t inner) {
  return change_within(session, &session->schedule.inner, inner,
                       (range){"the kind of inner batches", GAN_INNER_SAME, GAN_INNER_FRESH});
}

gan_status gan__session_set_order(gan__session *session, int32_t order) {
  return change_within(session, &session->schedule.order, order,
                       (range){"the order", GAN_ORDER_ALTERNATING, GAN_ORDER_SIMULTANEOUS});
}

gan_status gan__session_set_first(gan__session *session, const char *player) {
  int32_t found = GAN__NOBODY;
  if (player) GAN_TRY(gan__session_find(session, player, &found));
  return change(session, &session->schedule.first, found);
}

gan_status gan__session_set_steps(gan__session *session, const char *player, int32_t steps) {
  int32_t found;
  GAN_TRY(gan__session_find(session, player, &found));
  return change_within(session, &session->schedule.turn_steps[found], steps,
                       (range){"the number of moves in a step", 1, GAN__TURN_STEPS_MAX});
}

gan_status gan__session_set_noise(gan__session *session, int32_t noise) {
  return change_within(session, &session->schedule.noise, noise,
                       (range){"the kind of noise", GAN_NOISE_AUTOMATIC, GAN_NOISE_SHARED});
}

gan_status gan__session_set_memory_cap(gan__session *session, int64_t bytes) {
  if (bytes < 0)
    return gan__fail(session->context, GAN_ERROR_ARGUMENT,
                     "the memory cap is %lld bytes; allowed are 0, for none, and more",
                     (long long)bytes);
  if (session->memory_cap != bytes) session->version++;
  session->memory_cap = bytes;
  return GAN_OK;
}

gan_status gan__session_set_average(gan__session *session, const char *player, double decay) {
  int32_t found;
  GAN_TRY(gan__session_find(session, player, &found));
  gan__seat *seat = &session->players[found];
  if (!(decay >= 0 && decay < 1)) {
    char is[32];
    return gan__fail(session->context, GAN_ERROR_ARGUMENT,
                     "the decay of the average is %s; allowed are 0 to less than 1",
                     gan__text_double(is, decay));
  }
  bool changed = seat->average.decay != decay;
  GAN_TRY(gan__average_set(&seat->average, seat->network, decay));
  if (changed) session->version++;
  return GAN_OK;
}

gan_status gan__session_set_method(gan__session *session, int32_t method) {
  return change_within(session, &session->schedule.method, method,
                       (range){"the method", GAN_METHOD_DESCENT, GAN_METHOD_EXTRAGRADIENT});
}

static gan_status change_weight(gan__session *session, const char *what, double *setting,
                                double weight) {
  char is[32];
  if (!(weight >= 0 && weight <= GAN__SETTING_MAX))
    return gan__fail(session->context, GAN_ERROR_ARGUMENT,
                     "the weight of %s is %s; allowed are 0 to 1e30", what,
                     gan__text_double(is, weight));
  if (*setting != weight) session->version++;
  *setting = weight;
  return GAN_OK;
}

gan_status gan__session_set_consensus(gan__session *session, double weight) {
  return change_weight(session, "consensus", &session->consensus, weight);
}

gan_status gan__session_set_history(gan__session *session, const char *player, double weight) {
  int32_t found;
  GAN_TRY(gan__session_find(session, player, &found));
  return change_weight(session, "historical averaging", &session->players[found].history, weight);
}
