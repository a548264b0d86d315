/* SPDX-License-Identifier: MIT */
/* Job: the games of GAN_GAME_...: their players and objectives. */
#include "graph/compose.h"
#include "train/contest.h"

static gan__id value_of(const gan__question *question, int32_t player) {
  return question->positions[player].parameters[0];
}

/* What player 0 minimises and player 1 maximises. */
static gan__id zero_sum(gan__graph *graph, const gan__question *question, gan__id value) {
  gan__id sum = gan__op_sum_all(graph, value);
  return question->player == 0 ? sum : gan__op_neg(graph, sum);
}

static gan__id bilinear(gan__graph *graph, const gan__question *question) {
  gan__id product = gan__op_mul(graph, value_of(question, 0), value_of(question, 1));
  return zero_sum(graph, question, product);
}

/* -p' A q with A = (0, -1, 1; 1, 0, -1; -1, 1, 0): A q is q turned by two places less q turned by
 * one. */
static gan__id rock_paper_scissors(gan__graph *graph, const gan__question *question) {
  gan__id p = gan__op_softmax(graph, value_of(question, 0), 0);
  gan__id q = gan__op_softmax(graph, value_of(question, 1), 0);
  gan__id strategies[3];
  for (int32_t i = 0; i < 3; i++)
    strategies[i] = gan__op_slice(graph, q, 0, i, i + 1, 1);
  const gan__id loses[3] = {strategies[1], strategies[2], strategies[0]};
  const gan__id wins[3] = {strategies[2], strategies[0], strategies[1]};
  gan__id gain =
      gan__op_sub(graph, gan__op_concat(graph, loses, 3, 0), gan__op_concat(graph, wins, 3, 0));
  return zero_sum(graph, question, gan__op_mul(graph, p, gain));
}

/* g(t) + g(0) with g(t) = -log(1 + exp(-t)). */
static gan__id dirac(gan__graph *graph, const gan__question *question) {
  gan__id logit = gan__op_mul(graph, value_of(question, 0), value_of(question, 1));
  gan__id cost = gan__op_softplus(graph, gan__op_neg(graph, logit));
  double at_zero = 0.69314718055994530942; /* log 2 */
  return zero_sum(graph, question, gan__op_neg(graph, gan__op_shift(graph, cost, at_zero)));
}

/* The generator's is -g(-t) = log(1 + exp(t)). */
static gan__id dirac_non_saturating(gan__graph *graph, const gan__question *question) {
  if (question->player == 1) return dirac(graph, question);
  gan__id logit = gan__op_mul(graph, value_of(question, 0), value_of(question, 1));
  return gan__op_sum_all(graph, gan__op_softplus(graph, logit));
}

/* (h(x) - 1)(y - 1), h(x) = x below 0, x^2 from there on. */
static gan__id orbit(gan__graph *graph, const gan__question *question) {
  gan__id x = value_of(question, 0), y = value_of(question, 1);
  gan__id below = gan__op_step(graph, gan__op_neg(graph, x));
  gan__id h = gan__op_select(graph, below, x, gan__op_mul(graph, x, x));
  return zero_sum(graph, question,
                  gan__op_mul(graph, gan__op_shift(graph, h, -1), gan__op_shift(graph, y, -1)));
}

static const struct {
  const char *names[2];
  int64_t size;
  double start[2][3];
  gan__preset_objective *objective;
} presets[] = {
    [GAN_GAME_BILINEAR] = {{"x", "y"}, 1, {{1}, {1}}, bilinear},
    [GAN_GAME_ROCK_PAPER_SCISSORS] = {{"row", "column"},
                                      3,
                                      {{1, 0, 0}, {0, 1, 0}},
                                      rock_paper_scissors},
    [GAN_GAME_DIRAC] = {{"generator", "discriminator"}, 1, {{1}, {1}}, dirac},
    [GAN_GAME_DIRAC_NON_SATURATING] = {{"generator", "discriminator"},
                                       1,
                                       {{1}, {1}},
                                       dirac_non_saturating},
    [GAN_GAME_ORBIT] = {{"x", "y"}, 1, {{0.5}, {0.5}}, orbit},
};

gan_status gan__contest_set_preset(gan_game *game, int32_t preset) {
  int32_t count = (int32_t)(sizeof presets / sizeof *presets);
  if (preset < 1 || preset >= count)
    return gan__fail(game->context, GAN_ERROR_ARGUMENT,
                     "there is no game %d; GAN_GAME_BILINEAR is %d, GAN_GAME_ORBIT %d", preset,
                     GAN_GAME_BILINEAR, GAN_GAME_ORBIT);
  for (int32_t p = 0; p < 2; p++) {
    gan_optimizer *optimizer;
    GAN_TRY(gan__optimizer_create(game->context, GAN_OPTIMIZER_SGD, &optimizer));
    gan_status status = gan__optimizer_set(optimizer, GAN_LEARNING_RATE, 0.1);
    if (status == GAN_OK)
      status = gan__contest_seat(game, presets[preset].names[p], presets[preset].start[p],
                                 presets[preset].size, optimizer);
    gan__optimizer_unref(optimizer); /* the game has its own share */
    GAN_TRY(status);
  }
  game->preset = presets[preset].objective;
  return GAN_OK;
}
