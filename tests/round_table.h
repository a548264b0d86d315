/* SPDX-License-Identifier: MIT */
/* A game of three players with vectors of several sizes, as a callback and written out in long
 * double. Included after contest_run.h. */
#ifndef GAN__TESTS_ROUND_TABLE_H
#define GAN__TESTS_ROUND_TABLE_H

#include <string.h>

#include "contest_run.h"

/* Each against the next: a (2), b (1), c (3), with sums w of each.
 *   f_a = sin(b wa) + a.a / 8, wa = a0 + 2 a1
 *   f_b = b wc - sin(b) / 2,   wc = c0 - c1 + c2 / 2
 *   f_c = wa (c0 + c1 + 3 c2) / 4 + c.c c.c / 16 */

enum { A = 0, B = 2, C = 3, SIZE = 6 };
static const int32_t first[4] = {A, B, C, SIZE}; /* where each player's vector begins and ends */
static const char *const names[3] = {"a", "b", "c"};
static const double start[SIZE] = {0.5, -0.25, 1.5, -1, 0.75, 0.25};
static const double rates[3] = {0.05, 0.0625, 0.025};

static inline int32_t weighted(gan_graph *graph, const char *player, const double *weights,
                               int64_t count) {
  int32_t value = gan_graph_parameter(graph, player, "value"), sum = gan_graph_scalar(graph, 0);
  for (int64_t i = 0; i < count; i++) {
    int32_t part = gan_graph_sum_all(graph, gan_graph_slice(graph, value, 0, i, i + 1, 1));
    sum = gan_graph_add(graph, sum, gan_graph_scale(graph, part, weights[i]));
  }
  return sum;
}

static inline int32_t round_table(gan_graph *graph, int32_t player, void *user) {
  (void)user;
  static const double in_a[] = {1, 2}, in_c[] = {1, -1, 0.5}, other_c[] = {1, 1, 3};
  int32_t a = gan_graph_parameter(graph, "a", "value"),
          c = gan_graph_parameter(graph, "c", "value");
  int32_t b = gan_graph_sum_all(graph, gan_graph_parameter(graph, "b", "value"));
  int32_t wa = weighted(graph, "a", in_a, 2);
  if (player == 0)
    return gan_graph_add(graph, gan_graph_sin(graph, gan_graph_mul(graph, b, wa)),
                         gan_graph_scale(graph, gan_graph_dot(graph, a, a), 0.125));
  if (player == 1)
    return gan_graph_sub(graph, gan_graph_mul(graph, b, weighted(graph, "c", in_c, 3)),
                         gan_graph_scale(graph, gan_graph_sin(graph, b), 0.5));
  int32_t pair = gan_graph_mul(graph, wa, weighted(graph, "c", other_c, 3));
  int32_t square = gan_graph_square(graph, gan_graph_dot(graph, c, c));
  return gan_graph_add(graph, gan_graph_scale(graph, pair, 0.25),
                       gan_graph_scale(graph, square, 1.0 / 16));
}

static inline long double objective(int32_t player, const long double *at) {
  long double wa = at[0] + 2 * at[1], wc = at[3] - at[4] + at[5] / 2, b = at[2];
  long double c2 = at[3] * at[3] + at[4] * at[4] + at[5] * at[5];
  if (player == 0) return sinl(b * wa) + (at[0] * at[0] + at[1] * at[1]) / 8;
  if (player == 1) return b * wc - sinl(b) / 2;
  return wa * (at[3] + at[4] + 3 * at[5]) / 4 + c2 * c2 / 16;
}

/* The player's own derivatives, at their places in out [SIZE]. */
static inline void slope(int32_t player, const long double *at, long double *out) {
  long double wa = at[0] + 2 * at[1], wc = at[3] - at[4] + at[5] / 2, b = at[2];
  long double c2 = at[3] * at[3] + at[4] * at[4] + at[5] * at[5];
  static const long double other_c[3] = {1, 1, 3};
  if (player == 0) {
    out[0] = cosl(b * wa) * b + at[0] / 4;
    out[1] = cosl(b * wa) * b * 2 + at[1] / 4;
  }
  if (player == 1) out[2] = wc - cosl(b) / 2;
  for (int32_t i = 0; player == 2 && i < 3; i++)
    out[3 + i] = wa * other_c[i] / 4 + c2 * at[3 + i] / 4;
}

static inline void descend(int32_t player, const long double *seen, long double *at) {
  long double v[SIZE];
  slope(player, seen, v);
  for (int32_t i = first[player]; i < first[player + 1]; i++)
    at[i] -= (long double)rates[player] * v[i];
}

static inline gan_game *sit_down(int32_t dtype) {
  gan_game *game;
  DONE(gan_game_create(context, dtype, &game));
  for (int32_t p = 0; p < 3; p++)
    seat(game, names[p], start + first[p], first[p + 1] - first[p], GAN_OPTIMIZER_SGD, rates[p]);
  DONE(gan_game_set_objective(game, round_table, NULL));
  return game;
}

static inline void begin(long double *at) {
  for (int32_t i = 0; i < SIZE; i++)
    at[i] = (long double)start[i];
}

/* f64 against long double: roundings of some operations on numbers of size 1. */
static inline void check_place(const gan_game *game, const long double *want, double error) {
  double is[SIZE];
  DONE(gan_game_get(game, is));
  for (int32_t i = 0; i < SIZE; i++)
    NEAR(is[i], (double)want[i], error);
}

#endif
