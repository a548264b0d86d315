/* SPDX-License-Identifier: MIT */
/* Games: any number of players, each with a vector of its own and an objective to make small. */
#ifndef GAN_GAME_H
#define GAN_GAME_H

#include <stdint.h>

#include <gan/graph.h>
#include <gan/optimizer.h>
#include <gan/schedule.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A differentiable game: player p owns a vector theta_p and minimises f_p(theta_1, theta_2, ...)
 * with an optimizer of its own. It runs on the same code as the trainer: alternating or
 * simultaneous moves, extragradient, consensus, historical averaging, players who look through
 * others' steps. A step that fails changes nothing. While its callback runs a game cannot be
 * changed, played or asked: GAN_ERROR_STATE. */
typedef struct gan_game gan_game;

/* Games that are there to be looked at. Every player's optimizer is SGD at 0.1, moves are
 * simultaneous. The players' names and vectors stand behind each. */
enum {
  /* "x" (1) minimises f = x y, "y" (1) minimises -f, from (1, 1). */
  GAN_GAME_BILINEAR = 1,
  /* "row" (3) and "column" (3) hold logits of mixed strategies p, q = softmax, from (1, 0, 0) and
   * (0, 1, 0); the row wins p' A q, A = (0, -1, 1; 1, 0, -1; -1, 1, 0), and the column the rest. */
  GAN_GAME_ROCK_PAPER_SCISSORS = 2,
  /* "generator" theta (1) against "discriminator" psi (1) from (1, 1): L = g(psi theta) + g(0) with
   * g(t) = -log(1 + exp(-t)), which theta minimises and psi maximises: data at 0, a generator that
   * makes one point theta, D(x) = psi x. (Mescheder et al. 2018, "Which Training Methods for GANs
   * do actually Converge?", section 2.) */
  GAN_GAME_DIRAC = 3,
  /* The same with the generator's non-saturating objective -g(-psi theta). */
  GAN_GAME_DIRAC_NON_SATURATING = 4,
  /* "x" (1) minimises V = (h(x) - 1)(y - 1), "y" (1) maximises it, h(x) = x below 0 and x^2 from
   * there on, from (0.5, 0.5): gradient descent orbits the equilibrium (1, 1). (Salimans et al.
   * 2016, "Improved Techniques for Training GANs", section 3.3.) */
  GAN_GAME_ORBIT = 5
};

/* Builds what player number `player` minimises: a scalar made with the functions of graph.h and
 * graph_ops.h; gan_graph_parameter(graph, "x", "value") is the vector of player "x". As for a
 * gan_term_callback, it must build the same from the same and not use the game. */
typedef int32_t (*gan_objective_callback)(gan_graph *graph, int32_t player, void *user);

/* ---- Life and rules. ---- */

/* Makes a game without players that computes in `dtype`, GAN_F32 or GAN_F64. The caller owns *game.
 * GAN_ERROR_ARGUMENT, GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_game_create(gan_context *context, int32_t dtype, gan_game **game);

/* Makes one of the games above, GAN_GAME_... Errors as above. Since 0.1. */
GAN_API gan_status gan_game_create_preset(gan_context *context, int32_t dtype, int32_t preset,
                                          gan_game **game);

/* Frees a game; NULL is ignored. Since 0.1. */
GAN_API void gan_game_destroy(gan_game *game);

/* Seats one more player, at most 16: its name (a letter or _, then letters, digits and _, at most
 * 31 in all), its vector's start [size], 1 to 2^20 finite numbers, and its optimizer, which the
 * game shares and no other player has. GAN_ERROR_ARGUMENT, GAN_ERROR_LIMIT, GAN_ERROR_CONTEXT,
 * GAN_ERROR_STATE (the optimizer's moments are another's), GAN_ERROR_NOT_FINITE, GAN_ERROR_MEMORY.
 * Since 0.1. */
GAN_API gan_status gan_game_add_player(gan_game *game, const char *name, const double *start,
                                       int64_t size, gan_optimizer *optimizer);

/* Gives player `name` another optimizer. Errors as above, GAN_ERROR_NAME. Since 0.1. */
GAN_API gan_status gan_game_set_optimizer(gan_game *game, const char *name,
                                          gan_optimizer *optimizer);

/* Sets what the players minimise. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_game_set_objective(gan_game *game, gan_objective_callback callback,
                                          void *user);

/* ---- How it is played. Settings act from the next step on. ---- */

/* GAN_ORDER_SIMULTANEOUS, as at first, or GAN_ORDER_ALTERNATING: one after the other in the order
 * in which they were seated. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_game_set_order(gan_game *game, int32_t order);

/* GAN_METHOD_DESCENT, as at first, or GAN_METHOD_EXTRAGRADIENT. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_game_set_method(gan_game *game, int32_t method);

/* Consensus of all players, as gan_trainer_set_consensus(). Since 0.1. */
GAN_API gan_status gan_game_set_consensus(gan_game *game, double weight);

/* Historical averaging of a player, as gan_loss_set_historical_averaging(). Since 0.1. */
GAN_API gan_status gan_game_set_historical_averaging(gan_game *game, const char *name,
                                                     double weight);

/* Player `name` looks through `steps` steps of player `through`, as gan_trainer_set_unroll(); 0
 * steps: nobody looks ahead, as at first. GAN_ERROR_NAME, GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_game_set_unroll(gan_game *game, const char *name, const char *through,
                                       int32_t steps);

/* How many moves a player makes in one step, 1 at first. GAN_ERROR_NAME, GAN_ERROR_ARGUMENT. Since
 * 0.1. */
GAN_API gan_status gan_game_set_moves(gan_game *game, const char *name, int32_t moves);

/* The seed of draws in objectives; the context's at first. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_game_set_seed(gan_game *game, uint64_t seed);

/* Makes `steps` (>= 0) steps; stops at the first that fails, those before it stay.
 * GAN_ERROR_STATE (no players, no objective), GAN_ERROR_NOT_FINITE, errors of the callback,
 * GAN_ERROR_CANCELLED, GAN_ERROR_MEMORY. Since 0.1. */
GAN_API gan_status gan_game_step(gan_game *game, int64_t steps);

/* ---- Questions. Vectors and matrices join the players in the order in which they were seated.
 * ---- */

/* Steps made; 0 for NULL. Since 0.1. */
GAN_API int64_t gan_game_steps(const gan_game *game);

/* The number of players; 0 for NULL. Since 0.1. */
GAN_API int32_t gan_game_players(const gan_game *game);

/* The name of player `player` (from 0); NULL out of range. Owned by the game. Since 0.1. */
GAN_API const char *gan_game_player_name(const gan_game *game, int32_t player);

/* The size of its vector; 0 out of range. Since 0.1. */
GAN_API int64_t gan_game_player_size(const gan_game *game, int32_t player);

/* The size of all vectors together; 0 for NULL. Since 0.1. */
GAN_API int64_t gan_game_size(const gan_game *game);

/* Copies all vectors to out [gan_game_size()]. GAN_ERROR_ARGUMENT. Since 0.1. */
GAN_API gan_status gan_game_get(const gan_game *game, double *out);

/* Sets all vectors; moments stay. GAN_ERROR_NOT_FINITE: nothing is changed. GAN_ERROR_ARGUMENT.
 * Since 0.1. */
GAN_API gan_status gan_game_set(gan_game *game, const double *values);

/* The players' objectives as they see them, through the steps of gan_game_set_unroll() and with
 * historical averaging, [players]. Errors of gan_game_step(). Since 0.1. */
GAN_API gan_status gan_game_objectives(gan_game *game, double *out);

/* The field v = (d f_1 / d theta_1, d f_2 / d theta_2, ...) of these objectives, [size], without
 * the terms of consensus. Errors of gan_game_step(). Since 0.1. */
GAN_API gan_status gan_game_field(gan_game *game, double *out);

/* The exact Jacobian d v_i / d theta_j, [size, size], row by row; size is at most 512
 * (GAN_ERROR_LIMIT). The means of historical averaging are given numbers in it. Since 0.1. */
GAN_API gan_status gan_game_jacobian(gan_game *game, double *out);

/* Its eigenvalues, real and imaginary parts [size] each, in descending order of the real parts and
 * then of the imaginary ones. Simultaneous gradient descent converges to a stationary point near by
 * when all real parts there are above 0 and the rate is small enough; where eigenvalues are
 * imaginary it circles. (Mescheder et al. 2017, "The Numerics of GANs", section 3, has the opposite
 * sign.) Since 0.1. */
GAN_API gan_status gan_game_eigenvalues(gan_game *game, double *real, double *imaginary);

#ifdef __cplusplus
}
#endif

#endif
