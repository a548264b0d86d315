/* SPDX-License-Identifier: MIT */
/* Job: a session: the two players with everything a job of theirs needs, and the plans made so far.
 * The trainer and the explicit unrolled calls are two faces of it. */
#ifndef GAN__TRAIN_SESSION_H
#define GAN__TRAIN_SESSION_H

#include "data/batch.h"
#include "plan/plan.h"
#include "train/adversaries.h"
#include "train/average.h"

enum { GAN__PLANS_MAX = 8 };

/* What a slot must hold. */
typedef struct gan__intake {
  const char *name;
  int32_t dtype;   /* GAN_I32, or the networks' own, to which f32 and f64 are converted */
  gan__shape row;  /* of one row */
  int32_t classes; /* of i32: values are 0 .. classes-1 */
} gan__intake;

/* What a plan was made for. */
typedef struct gan__request {
  gan__job job;
  int64_t rows;     /* of "real", and of everything that is generated */
  int64_t labelled; /* of "labelled" and "labels"; 0 without such slots */
  bool shared;      /* one real batch serves every move */
} gan__request;

/* A plan with everything that a run of it binds, so that a run allocates nothing. */
typedef struct gan__compiled {
  gan__request request;
  uint64_t used; /* when, for throwing out the oldest */
  gan__plan *plan;
  int32_t batch_count;
  int32_t slot_kinds;                /* of each batch */
  int64_t elements[GAN__SLOT_KINDS]; /* of one slot: rows * width */
  const void **slots;                /* [batch_count][slot_kinds], then [players] learning rates */
  void **states;                     /* [state_count]; see gan__compiled_bind */
  int32_t state_count;
  void **staging; /* [batch_count][slot_kinds]: converted batches, made when first needed */
  /* Output numbers; -1 where the job has no such output. All are f64 scalars but the gradients. */
  int32_t bad; /* how many values are not finite */
  int32_t losses[GAN__PLAYERS_MAX];
  int32_t norms[GAN__PLAYERS_MAX]; /* Euclidean norms of the players' gradients */
  int32_t logits[2];               /* means over real, fake rows */
  int32_t gradients; /* the first of GAN__JOB_GRADIENT's, in the order of parameters; of
                        GAN__JOB_FIELD's and GAN__JOB_JACOBIAN's, one parameter each: first all
                        gradients, then the rows of the Jacobian */
} gan__compiled;

/* A player at the table. */
typedef struct gan__seat {
  char name[GAN__LAYER_NAME_MAX];
  gan_network *network;     /* a reference */
  gan_optimizer *optimizer; /* a reference */
  gan__average average;     /* of its parameters */
  double history;           /* weight of historical averaging; 0: none */
} gan__seat;

/* Builds objectives of a bare game: a gan__game objective. */
typedef gan__id gan__objective(void *user, gan__graph *graph, const gan__question *question);

typedef struct gan__session {
  gan_context *context;
  int32_t player_count;
  gan__seat players[GAN__PLAYERS_MAX];
  /* Adversaries, players 0 and 1, and their loss; or NULL in a bare game, which has an objective.
   */
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_loss *loss;
  gan__objective *objective;
  void *objective_user;
  int32_t dtype;
  int32_t slot_kinds; /* 0 in a bare game */
  gan__schedule schedule;
  double consensus;   /* weight; 0: none */
  int64_t memory_cap; /* of each plan's bytes, and of all that are booked; 0: none */
  uint64_t version;   /* to be counted up when a setting changes that plans depend on */
  uint64_t planned[3 + 2 * GAN__PLAYERS_MAX]; /* the versions the present plans were made with */
  gan__compiled plans[GAN__PLANS_MAX];
  int32_t plan_count;
  uint64_t clock; /* counts uses of plans */
  bool planning;  /* while a plan is made, which may call the caller's code */
} gan__session;

/* The five handles a session of adversaries is made of. */
typedef struct gan__parts {
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_loss *loss;
  gan_optimizer *optimizers[2]; /* of the generator, the discriminator */
} gan__parts;

/* Checks that the parts fit each other and takes references. On failure *session needs no finish.
 */
gan_status gan__session_init(gan_context *context, const gan__parts *parts, gan__session *session);
/* An empty bare game of networks of `dtype`. */
void gan__session_init_game(gan_context *context, int32_t dtype, gan__session *session);
/* Seats one more player of a bare game. GAN_ERROR_LIMIT, GAN_ERROR_ARGUMENT (the name is taken, or
 * the optimizer another player's), GAN_ERROR_STATE (the optimizer has another network's moments).
 */
gan_status gan__session_seat(gan__session *session, const char *name, gan_network *network,
                             gan_optimizer *optimizer);
/* Gives a player another optimizer; errors as above, GAN_ERROR_NAME. */
gan_status gan__session_set_optimizer(gan__session *session, const char *player,
                                      gan_optimizer *optimizer);
void gan__session_finish(gan__session *session);

/* The player of that name; GAN_ERROR_NAME tells which there are. */
gan_status gan__session_find(const gan__session *session, const char *name, int32_t *player);

/* ---- session_settings.c: checked settings; GAN_ERROR_ARGUMENT or GAN_ERROR_NAME tells what is
 * allowed. Players by name. ---- */

gan_status gan__session_set_unroll(gan__session *session, int32_t steps);
gan_status gan__session_set_unroll_player(gan__session *session, const char *player);
gan_status gan__session_set_unroll_pair(gan__session *session, const char *player,
                                        const char *through, int32_t steps);
gan_status gan__session_set_approximate(gan__session *session, int32_t approximate);
gan_status gan__session_set_inner(gan__session *session, int32_t inner);
gan_status gan__session_set_order(gan__session *session, int32_t order);
gan_status gan__session_set_first(gan__session *session, const char *player); /* NULL: automatic */
gan_status gan__session_set_steps(gan__session *session, const char *player, int32_t steps);
gan_status gan__session_set_noise(gan__session *session, int32_t noise);
gan_status gan__session_set_average(gan__session *session, const char *player, double decay);
gan_status gan__session_set_method(gan__session *session, int32_t method);
gan_status gan__session_set_consensus(gan__session *session, double weight);
gan_status gan__session_set_history(gan__session *session, const char *player, double weight);
gan_status gan__session_set_memory_cap(gan__session *session, int64_t bytes);

/* ---- session.c ---- */

/* What slot `kind` must hold. */
gan__intake gan__session_intake(const gan__session *session, int32_t kind);

/* The slots of a batch, [slot_kinds], when each is there, fits, and has as many rows as the request
 * says, or any number where that is 0, which it then becomes. */
gan_status gan__session_take(const gan__session *session, const gan_batch *batch,
                             gan__request *request, const gan__slot **slots);

/* GAN_ERROR_ARGUMENT below 1, GAN_ERROR_LIMIT where the bytes of a batch would overflow. */
gan_status gan__session_check_rows(const gan__session *session, int64_t rows);

/* Throws the plans away. */
void gan__session_forget(gan__session *session);

/* The plan of a request, made if there is none, ready to be given batches and run: live parameters
 * and moments are bound. *compiled belongs to the session and is valid until its next call. Gives
 * the optimizers their networks. */
gan_status gan__session_compile(gan__session *session, const gan__request *request,
                                gan__compiled **compiled);

/* Takes parameters[i] for the live parameter i of a player in the next run. */
void gan__compiled_replace(const gan__session *session, gan__compiled *compiled, int32_t player,
                           void *const *parameters);

/* Makes slot `kind` of batch `index` of the next run: the array at `data` itself when it is of the
 * slot's type, else a converted copy. */
gan_status gan__compiled_give(gan__session *session, gan__compiled *compiled, int32_t index,
                              int32_t kind, gan__array array);

/* The schedule with what the loss needs now. */
gan__schedule gan__session_schedule(const gan__session *session);
/* How many real batches a job needs with the present settings. */
int32_t gan__session_batches(const gan__session *session, gan__job job);

/* Runs a compiled job on the batches that were given; `seed` and `draw` choose the noise. Changes
 * nothing. GAN_ERROR_NOT_FINITE names the first bad value. Where the memory of a first run cannot
 * be had, *compiled is gone. */
gan_status gan__session_run(gan__session *session, gan__compiled *compiled, uint64_t seed,
                            uint64_t draw);
/* Takes over the values of the last run. Cannot fail. */
void gan__compiled_commit(gan__compiled *compiled);

/* A scalar output of the last run; `missing` where the job has none. */
double gan__compiled_scalar(const gan__compiled *compiled, int32_t output, double missing);

#endif
