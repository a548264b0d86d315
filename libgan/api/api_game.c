/* SPDX-License-Identifier: MIT */
/* Job: the public calls of game.h: check arguments, call down. */
#include "base/memory.h"
#include "eval/eigen.h"
#include "train/contest.h"

#define NOT_NULL(handle, pointer)                                                                  \
  do {                                                                                             \
    if (!(pointer))                                                                                \
      return gan__fail((handle)->context, GAN_ERROR_ARGUMENT, "%s: " #pointer " is NULL",          \
                       __func__);                                                                  \
  } while (0)

/* Changes have to wait until the game's callback is through. */
#define IDLE(game)                                                                                 \
  do {                                                                                             \
    if (!(game)) return GAN_ERROR_ARGUMENT;                                                        \
    GAN_TRY(gan__contest_idle(game));                                                              \
  } while (0)

/* ---- Life and rules. ---- */

gan_status gan_game_create(gan_context *context, int32_t dtype, gan_game **game) {
  if (!context) return GAN_ERROR_ARGUMENT;
  if (!game) return gan__fail(context, GAN_ERROR_ARGUMENT, "gan_game_create: game is NULL");
  if (!gan__dtype_is_float(dtype))
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "dtype is %d; a game has GAN_F32 (1) or GAN_F64 (2)", dtype);
  return gan__contest_create(context, dtype, game);
}

gan_status gan_game_create_preset(gan_context *context, int32_t dtype, int32_t preset,
                                  gan_game **game) {
  gan_game *made = NULL;
  if (context && !game)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "gan_game_create_preset: game is NULL");
  GAN_TRY(gan_game_create(context, dtype, &made));
  uint64_t objects = context->objects;
  gan_status status = gan__contest_set_preset(made, preset);
  if (status == GAN_OK) {
    *game = made;
    return GAN_OK;
  }
  context->objects = objects;
  gan__contest_destroy(made);
  return status;
}

void gan_game_destroy(gan_game *game) {
  if (game) gan__contest_destroy(game);
}

static gan_status check_optimizer(const gan_game *game, const gan_optimizer *optimizer) {
  if (optimizer->context == game->context) return GAN_OK;
  return gan__fail(game->context, GAN_ERROR_CONTEXT, "the optimizer belongs to another context");
}

gan_status gan_game_add_player(gan_game *game, const char *name, const double *start, int64_t size,
                               gan_optimizer *optimizer) {
  IDLE(game);
  NOT_NULL(game, name);
  NOT_NULL(game, start);
  NOT_NULL(game, optimizer);
  GAN_TRY(check_optimizer(game, optimizer));
  return gan__contest_seat(game, name, start, size, optimizer);
}

gan_status gan_game_set_optimizer(gan_game *game, const char *name, gan_optimizer *optimizer) {
  IDLE(game);
  NOT_NULL(game, name);
  NOT_NULL(game, optimizer);
  GAN_TRY(check_optimizer(game, optimizer));
  return gan__session_set_optimizer(&game->session, name, optimizer);
}

gan_status gan_game_set_objective(gan_game *game, gan_objective_callback callback, void *user) {
  IDLE(game);
  NOT_NULL(game, callback);
  game->callback = callback;
  game->user = user;
  game->preset = NULL;
  game->session.version++;
  return GAN_OK;
}

/* ---- How it is played. ---- */

gan_status gan_game_set_order(gan_game *game, int32_t order) {
  IDLE(game);
  return gan__session_set_order(&game->session, order);
}

gan_status gan_game_set_method(gan_game *game, int32_t method) {
  IDLE(game);
  return gan__session_set_method(&game->session, method);
}

gan_status gan_game_set_consensus(gan_game *game, double weight) {
  IDLE(game);
  return gan__session_set_consensus(&game->session, weight);
}

gan_status gan_game_set_historical_averaging(gan_game *game, const char *name, double weight) {
  IDLE(game);
  NOT_NULL(game, name);
  return gan__session_set_history(&game->session, name, weight);
}

gan_status gan_game_set_unroll(gan_game *game, const char *name, const char *through,
                               int32_t steps) {
  IDLE(game);
  NOT_NULL(game, name);
  NOT_NULL(game, through);
  return gan__session_set_unroll_pair(&game->session, name, through, steps);
}

gan_status gan_game_set_moves(gan_game *game, const char *name, int32_t moves) {
  IDLE(game);
  NOT_NULL(game, name);
  return gan__session_set_steps(&game->session, name, moves);
}

gan_status gan_game_set_seed(gan_game *game, uint64_t seed) {
  IDLE(game);
  game->seed = seed;
  return GAN_OK;
}

gan_status gan_game_step(gan_game *game, int64_t steps) {
  if (!game) return GAN_ERROR_ARGUMENT;
  if (steps < 0)
    return gan__fail(game->context, GAN_ERROR_ARGUMENT,
                     "the number of steps is %lld; at least 0 is needed", (long long)steps);
  return gan__contest_step(game, steps);
}

/* ---- Questions. ---- */

int64_t gan_game_steps(const gan_game *game) {
  return game ? game->steps : 0;
}

int32_t gan_game_players(const gan_game *game) {
  return game ? game->session.player_count : 0;
}

static const gan__seat *seat_of(const gan_game *game, int32_t player) {
  bool there = game && player >= 0 && player < game->session.player_count;
  return there ? &game->session.players[player] : NULL;
}

const char *gan_game_player_name(const gan_game *game, int32_t player) {
  const gan__seat *seat = seat_of(game, player);
  return seat ? seat->name : NULL;
}

int64_t gan_game_player_size(const gan_game *game, int32_t player) {
  const gan__seat *seat = seat_of(game, player);
  return seat ? gan__shape_count(&seat->network->parameters[0].shape) : 0;
}

int64_t gan_game_size(const gan_game *game) {
  return game ? gan__contest_size(game) : 0;
}

gan_status gan_game_get(const gan_game *game, double *out) {
  if (!game) return GAN_ERROR_ARGUMENT;
  NOT_NULL(game, out);
  gan__contest_get(game, out);
  return GAN_OK;
}

gan_status gan_game_set(gan_game *game, const double *values) {
  IDLE(game);
  NOT_NULL(game, values);
  return gan__contest_set(game, values);
}

gan_status gan_game_objectives(gan_game *game, double *out) {
  if (!game) return GAN_ERROR_ARGUMENT;
  NOT_NULL(game, out);
  return gan__contest_ask(game, &(gan__field){.objectives = out});
}

gan_status gan_game_field(gan_game *game, double *out) {
  if (!game) return GAN_ERROR_ARGUMENT;
  NOT_NULL(game, out);
  return gan__contest_ask(game, &(gan__field){.field = out});
}

gan_status gan_game_jacobian(gan_game *game, double *out) {
  if (!game) return GAN_ERROR_ARGUMENT;
  NOT_NULL(game, out);
  return gan__contest_ask(game, &(gan__field){.jacobian = out});
}

gan_status gan_game_eigenvalues(gan_game *game, double *real, double *imaginary) {
  if (!game) return GAN_ERROR_ARGUMENT;
  NOT_NULL(game, real);
  NOT_NULL(game, imaginary);
  GAN_TRY(gan__contest_ready(game));
  GAN_TRY(gan__contest_check_jacobian(game));
  uint64_t size = (uint64_t)gan__contest_size(game);
  double *jacobian = gan__allocate(game->context, size * size, sizeof *jacobian);
  if (!jacobian) return GAN_ERROR_MEMORY;
  gan_status status = gan__contest_ask(game, &(gan__field){.jacobian = jacobian});
  if (status == GAN_OK)
    status = gan__eigenvalues(game->context, jacobian, (int32_t)size, real, imaginary);
  gan__release(game->context, jacobian);
  return status;
}
