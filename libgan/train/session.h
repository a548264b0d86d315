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

/* What a plan was made for. */
typedef struct gan__request {
  gan__job job;
  int64_t rows;
  bool shared; /* one real batch serves every move */
} gan__request;

/* A plan with everything that a run of it binds, so that a run allocates nothing. */
typedef struct gan__compiled {
  gan__request request;
  uint64_t used; /* when, for throwing out the oldest */
  gan__plan *plan;
  int32_t batch_count;
  int64_t batch_elements; /* of one real batch: rows * width */
  const void **slots;     /* [batch_count + players]: real batches, learning rates */
  void **states;          /* [state_count]; see gan__compiled_bind */
  int32_t state_count;
  void **staging; /* [batch_count]: converted batches, made when first needed */
  /* Output numbers; -1 where the job has no such output. All are f64 scalars but the gradients. */
  int32_t bad; /* how many values are not finite */
  int32_t losses[GAN__PLAYERS];
  int32_t norms[GAN__PLAYERS]; /* Euclidean norms of the players' gradients */
  int32_t logits[2];           /* means over real, fake rows */
  int32_t gradients;           /* the first of GAN__JOB_GRADIENT's, in the order of parameters */
} gan__compiled;

typedef struct gan__session {
  gan_context *context;
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_loss *loss;
  gan_optimizer *optimizers[GAN__PLAYERS];
  gan_network *networks[GAN__PLAYERS]; /* those of the two above */
  gan__schedule schedule;
  gan__average average; /* of the generator's parameters */
  int64_t memory_cap;   /* of each plan's bytes, and of all that are booked; 0: none */
  uint64_t version;     /* to be counted up when a setting changes that plans depend on */
  uint64_t planned[2 + GAN__PLAYERS]; /* the versions the present plans were made with; under a cap,
                                         the number of threads */
  gan__compiled plans[GAN__PLANS_MAX];
  int32_t plan_count;
  uint64_t clock; /* counts uses of plans */
} gan__session;

/* The five handles a session is made of. */
typedef struct gan__parts {
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_loss *loss;
  gan_optimizer *optimizers[GAN__PLAYERS];
} gan__parts;

/* Checks that the parts fit each other and takes references. On failure *session needs no finish.
 */
gan_status gan__session_init(gan_context *context, const gan__parts *parts, gan__session *session);
void gan__session_finish(gan__session *session);

/* ---- session_settings.c: checked settings; GAN_ERROR_ARGUMENT or GAN_ERROR_NAME tells what is
 * allowed. Players by name. ---- */

gan_status gan__session_set_unroll(gan__session *session, int32_t steps);
gan_status gan__session_set_unroll_player(gan__session *session, const char *player);
gan_status gan__session_set_approximate(gan__session *session, int32_t approximate);
gan_status gan__session_set_inner(gan__session *session, int32_t inner);
gan_status gan__session_set_order(gan__session *session, int32_t order);
gan_status gan__session_set_first(gan__session *session, const char *player); /* NULL: automatic */
gan_status gan__session_set_steps(gan__session *session, const char *player, int32_t steps);
gan_status gan__session_set_noise(gan__session *session, int32_t noise);
gan_status gan__session_set_average(gan__session *session, double decay);
gan_status gan__session_set_memory_cap(gan__session *session, int64_t bytes);

/* ---- session.c ---- */

/* The slot "real" of a batch, when its rows fit the discriminator and there are *rows of them, or
 * any number when *rows is 0, which it then becomes. */
gan_status gan__session_real(const gan__session *session, const gan_batch *batch, int64_t *rows,
                             const gan__slot **slot);

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

/* Makes real batch `index` of the next run: the array at `data` itself when it is of the networks'
 * type, else a converted copy. */
gan_status gan__compiled_give(gan__session *session, gan__compiled *compiled, int32_t index,
                              int32_t dtype, const void *data);

/* The room for real batch `index`, of the networks' type, to be filled before the next run. */
gan_status gan__compiled_room(gan__session *session, gan__compiled *compiled, int32_t index,
                              void **room);

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
