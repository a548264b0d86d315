/* SPDX-License-Identifier: MIT */
/* Job: the game: players with parameters, objectives and optimizers, any of whom may move with the
 * exact gradient through some steps of another.
 *
 * Positions are threaded through the graph functionally: a move replaces the nodes that hold a
 * player's parameters and moments by new ones. What is never committed is a copy that vanishes by
 * itself. */
#ifndef GAN__TRAIN_GAME_H
#define GAN__TRAIN_GAME_H

#include "train/optimizer.h"

enum { GAN__PLAYERS_MAX = 16, GAN__NOBODY = -1 };

/* The data and noise of one evaluation of an objective. Equal turns are equal nodes. */
typedef struct gan__turn {
  int32_t batch;  /* which real batch of the step */
  uint64_t noise; /* identity of its random draws */
} gan__turn;

/* One evaluation of an objective. */
typedef struct gan__question {
  int32_t player; /* whose objective */
  gan__turn turn;
  int32_t inner;                  /* which inner step of an unrolled player it is; -1: none */
  bool unrolled;                  /* another player's parameters depend on this one's */
  const gan__position *positions; /* [players]; only the parameters are read */
  gan__id *statistics; /* [parameters of the player]: running statistics among them go from what
                          they were to what the player's own passes make of them; NULL: unwanted */
} gan__question;

typedef struct gan__player {
  const char *name;
  const gan_network *network; /* whose parameters it moves; NULL: all of its position are trained */
  const gan_optimizer *optimizer;
  gan__id learning_rate; /* f64 scalar */
  double history;        /* weight of historical averaging in its objective; 0: none */
} gan__player;

typedef struct gan__game {
  gan__graph *graph;
  int32_t player_count;
  gan__player players[GAN__PLAYERS_MAX];
  /* What a player wants to be small: a scalar node. */
  gan__id (*objective)(void *user, gan__graph *graph, const gan__question *question);
  void *user;
  double consensus; /* of gan__game_agree; 0: none */
} gan__game;

/* How a player looks at its objective when it moves. */
typedef struct gan__move {
  int32_t player;
  int32_t round;    /* of extragradient: 1 to the look-ahead point, 2 back from it; 0: plain */
  gan__turn turn;   /* of its objective */
  int32_t unrolled; /* the player it looks through, or GAN__NOBODY */
  int32_t steps;    /* K: inner steps of that player */
  bool approximate; /* leaves out how the inner steps depend on the mover's parameters */
  bool fresh;       /* inner step j has a turn of its own, made from `inner`; else `turn` */
  gan__turn inner;  /* of the first inner step; step j has batch + j, and noise joined with j */
} gan__move;

/* The mover's objective f(theta_p, theta_q^K): builds the K inner steps of q from its position in
 * `positions` [players], which stay as they are. GAN__NONE after an error. */
gan__id gan__game_objective(const gan__game *game, const gan__move *move,
                            const gan__position *positions);

/* The objective, and its total derivative by the mover's parameters into gradients [count];
 * GAN__NONE for those that are not trained. With statistics [count], which begin as what they are,
 * running statistics among the parameters are moved on. */
gan__id gan__game_gradient(const gan__game *game, const gan__move *move,
                           const gan__position *positions, gan__id *gradients, gan__id *statistics);

/* Adds to the player's gradients those of consensus / 2 |v|^2, where v joins the gradients of all
 * players, each of its own objective by its own parameters, for moves [players] at these positions.
 * (Mescheder et al. 2017, "The Numerics of GANs", section 4.) */
void gan__game_agree(const gan__game *game, const gan__move *moves, int32_t player,
                     const gan__position *positions, gan__id *gradients);

/* Makes a position a fact for the moves that follow: no gradient flows back through how it came
 * about. Called after a real move; only inner steps of an unrolled player are looked through. */
void gan__game_settle(gan__graph *graph, gan__position *position);

/* One update of the player's position by its optimizer; `inner` as in gan__question. Running
 * statistics are taken from statistics [count] unless NULL. */
void gan__game_apply(const gan__game *game, int32_t player, int32_t inner, const gan__id *gradients,
                     const gan__id *statistics, gan__position *position);

#endif
