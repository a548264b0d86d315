/* SPDX-License-Identifier: MIT */
/* Job: games of players with a vector each: a session without data, and questions about its field.
 */
#ifndef GAN__TRAIN_CONTEST_H
#define GAN__TRAIN_CONTEST_H

#include <gan/game.h>

#include "train/session.h"

enum { GAN__VECTOR_MAX = 1 << 20, GAN__JACOBIAN_MAX = 512, GAN__PLAYER_NAME_MAX = 31 };

/* One of the library's own objectives: a scalar node. */
typedef gan__id gan__preset_objective(gan__graph *graph, const gan__question *question);

struct gan_game {
  gan_context *context;
  gan__session session;
  gan__preset_objective *preset;   /* or NULL, and then */
  gan_objective_callback callback; /* the user's */
  void *user;
  uint64_t seed;
  int64_t steps;
  bool busy; /* within a step or question: its callback must not use it */
};

gan_status gan__contest_create(gan_context *context, int32_t dtype, gan_game **game);
void gan__contest_destroy(gan_game *game);
gan_status gan__contest_seat(gan_game *game, const char *name, const double *start, int64_t size,
                             gan_optimizer *optimizer);
gan_status gan__contest_step(gan_game *game, int64_t steps);

int64_t gan__contest_size(const gan_game *game);
void gan__contest_get(const gan_game *game, double *out);
gan_status gan__contest_set(gan_game *game, const double *values);

/* What playing and asking need: players, an objective, and that nobody is inside. */
gan_status gan__contest_ready(const gan_game *game);
/* GAN_ERROR_STATE while the game's callback runs, which cannot change it. */
gan_status gan__contest_idle(const gan_game *game);

/* Each may be NULL: objectives [players], field [size], Jacobian [size][size]. */
typedef struct gan__field {
  double *objectives, *field, *jacobian;
} gan__field;

gan_status gan__contest_ask(gan_game *game, const gan__field *wanted);
/* GAN_ERROR_LIMIT where the vectors have too many numbers for a Jacobian. */
gan_status gan__contest_check_jacobian(const gan_game *game);

/* contest_preset.c: seats the players of GAN_GAME_... and sets their objective. */
gan_status gan__contest_set_preset(gan_game *game, int32_t preset);

#endif
