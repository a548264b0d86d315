/* SPDX-License-Identifier: MIT */
/* Job: games of players with a vector each: a session without data, and questions about its field.
 */
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "graph/build.h"
#include "train/contest.h"

/* ---- Objectives. ---- */

/* What the caller's function is told beside the graph. */
typedef struct asked {
  const gan_game *game;
  const gan__question *question;
  gan__graph *graph;
} asked;

static int32_t call_back(gan_graph *graph, void *user) {
  const asked *self = user;
  return self->game->callback(graph, self->question->player, self->game->user);
}

static gan__id show_parameter(void *user, const char *player, const char *parameter) {
  const asked *self = user;
  int32_t found;
  gan_status status = gan__session_find(&self->game->session, player, &found);
  if (status != GAN_OK) {
    if (self->graph->status == GAN_OK) self->graph->status = status;
    return GAN__NONE;
  }
  if (strcmp(parameter, "value") != 0)
    return gan__graph_fail(self->graph, GAN_ERROR_NAME,
                           "player \"%s\" has no parameter \"%.64s\"; it has \"value\"", player,
                           parameter);
  return self->question->positions[found].parameters[0];
}

static gan__id objective(void *user, gan__graph *graph, const gan__question *question) {
  const gan_game *game = user;
  asked self = {.game = game, .question = question, .graph = graph};
  int32_t players = game->session.player_count;
  gan__held held[GAN__PLAYERS_MAX];
  for (int32_t p = 0; p < players; p++)
    held[p] = (gan__held){question->positions[p].parameters, question->positions[p].count};
  gan__scene scene = {.self = &self,
                      .dtype = game->session.dtype,
                      .site = question->turn.noise,
                      .parameter = show_parameter,
                      .held = held,
                      .held_count = players};
  gan__graph_set_scope(graph, game->session.players[question->player].name);
  if (game->preset) return game->preset(graph, question);
  gan__id value = GAN__NONE;
  gan_status status = gan__scene_run(graph, &scene, call_back, &self, &value);
  if (status != GAN_OK && graph->status == GAN_OK) graph->status = status;
  return value;
}

/* ---- Life. ---- */

gan_status gan__contest_create(gan_context *context, int32_t dtype, gan_game **game) {
  gan_game *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  made->context = context;
  made->seed = context->seed;
  gan__session_init_game(context, dtype, &made->session);
  made->session.objective = objective;
  made->session.objective_user = made;
  made->session.schedule.order = GAN_ORDER_SIMULTANEOUS;
  made->session.schedule.first = 0;
  *game = made;
  return GAN_OK;
}

void gan__contest_destroy(gan_game *game) {
  gan__session_finish(&game->session);
  gan__release(game->context, game);
}

static gan_status check_player(const gan_game *game, const char *name, const double *start,
                               int64_t size) {
  gan_context *context = game->context;
  size_t length = strlen(name);
  bool plain = length >= 1 && length <= GAN__PLAYER_NAME_MAX;
  for (size_t i = 0; plain && i < length; i++) {
    char c = name[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    plain = letter || (i > 0 && c >= '0' && c <= '9');
  }
  if (!plain)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "the name of a player is a letter or _, then letters, digits and _, at most "
                     "%d in all; this one has %zu bytes",
                     GAN__PLAYER_NAME_MAX, length);
  if (size < 1 || size > GAN__VECTOR_MAX)
    return gan__fail(context, size < 1 ? GAN_ERROR_ARGUMENT : GAN_ERROR_LIMIT,
                     "player \"%s\": size is %lld; allowed is 1 to %d", name, (long long)size,
                     GAN__VECTOR_MAX);
  char number[32];
  int64_t bad =
      gan__array_bad((gan__array){GAN_F64, (void *)(uintptr_t)start}, size, game->session.dtype);
  if (bad < 0) return GAN_OK;
  return gan__fail(context, GAN_ERROR_NOT_FINITE, "player \"%s\": start[%lld] is %s", name,
                   (long long)bad, gan__text_double(number, start[bad]));
}

gan_status gan__contest_seat(gan_game *game, const char *name, const double *start, int64_t size,
                             gan_optimizer *optimizer) {
  GAN_TRY(check_player(game, name, start, size));
  gan_network *network = NULL;
  uint64_t objects = game->context->objects;
  gan_status status =
      gan__network_create_vector(game->context, game->session.dtype, size, &network);
  if (status == GAN_OK) {
    gan__array_copy((gan__array){game->session.dtype, network->parameters[0].data},
                    (gan__array){GAN_F64, (void *)(uintptr_t)start}, size);
    status = gan__session_seat(&game->session, name, network, optimizer);
    gan__network_unref(network); /* the session has its own share */
  }
  /* A player who is refused does not change the streams of networks that come after. */
  if (status != GAN_OK) game->context->objects = objects;
  return status;
}

/* ---- Values. ---- */

static int64_t size_of(const gan_game *game, int32_t player) {
  return gan__shape_count(&game->session.players[player].network->parameters[0].shape);
}

int64_t gan__contest_size(const gan_game *game) {
  int64_t size = 0;
  for (int32_t p = 0; p < game->session.player_count; p++)
    size += size_of(game, p);
  return size;
}

static gan__array vector_of(const gan_game *game, int32_t player) {
  return (gan__array){game->session.dtype,
                      game->session.players[player].network->parameters[0].data};
}

void gan__contest_get(const gan_game *game, double *out) {
  for (int32_t p = 0; p < game->session.player_count; p++) {
    gan__array_copy((gan__array){GAN_F64, out}, vector_of(game, p), size_of(game, p));
    out += size_of(game, p);
  }
}

gan_status gan__contest_set(gan_game *game, const double *values) {
  gan__array in = {GAN_F64, (void *)(uintptr_t)values};
  int64_t bad = gan__array_bad(in, gan__contest_size(game), game->session.dtype);
  char number[32];
  if (bad >= 0)
    return gan__fail(game->context, GAN_ERROR_NOT_FINITE, "values[%lld] is %s", (long long)bad,
                     gan__text_double(number, values[bad]));
  for (int32_t p = 0; p < game->session.player_count; p++) {
    gan__array_copy(vector_of(game, p), in, size_of(game, p));
    in.data = (double *)in.data + size_of(game, p);
  }
  return GAN_OK;
}

/* ---- Play. ---- */

gan_status gan__contest_idle(const gan_game *game) {
  if (!game->busy) return GAN_OK;
  return gan__fail(game->context, GAN_ERROR_STATE,
                   "the game is being played: its callback cannot use it");
}

gan_status gan__contest_ready(const gan_game *game) {
  GAN_TRY(gan__contest_idle(game));
  if (game->session.player_count == 0)
    return gan__fail(game->context, GAN_ERROR_STATE, "the game has no players");
  if (!game->callback && !game->preset)
    return gan__fail(game->context, GAN_ERROR_STATE,
                     "the game has no objective: gan_game_set_objective() comes first");
  return GAN_OK;
}

static gan_status compile(gan_game *game, gan__job job, gan__compiled **compiled) {
  game->busy = true;
  gan_status status = gan__session_compile(&game->session, &(gan__request){.job = job}, compiled);
  game->busy = false;
  return status;
}

gan_status gan__contest_step(gan_game *game, int64_t steps) {
  GAN_TRY(gan__contest_ready(game));
  for (int64_t i = 0; i < steps; i++) {
    gan__compiled *compiled;
    if (gan__cancel_requested(game->context))
      return gan__fail(game->context, GAN_ERROR_CANCELLED, "cancelled before step %lld",
                       (long long)game->steps + 1);
    GAN_TRY(compile(game, GAN__JOB_STEP, &compiled));
    GAN_TRY(gan__session_run(&game->session, compiled, game->seed, (uint64_t)game->steps));
    gan__compiled_commit(compiled);
    game->steps++;
  }
  return GAN_OK;
}

/* Copies outputs `first`, `first` + 1, ... one for each player, to out, joined. */
static double *read_players(const gan_game *game, const gan__compiled *compiled, int32_t first,
                            double *out) {
  for (int32_t p = 0; p < game->session.player_count; p++) {
    const void *data = gan__plan_output(compiled->plan, first + p);
    gan__array in = {game->session.dtype, (void *)(uintptr_t)data};
    gan__array_copy((gan__array){GAN_F64, out}, in, size_of(game, p));
    out += size_of(game, p);
  }
  return out;
}

gan_status gan__contest_check_jacobian(const gan_game *game) {
  int64_t size = gan__contest_size(game);
  if (size <= GAN__JACOBIAN_MAX) return GAN_OK;
  return gan__fail(game->context, GAN_ERROR_LIMIT,
                   "the vectors have %lld numbers together; a Jacobian is given up to %d",
                   (long long)size, GAN__JACOBIAN_MAX);
}

gan_status gan__contest_ask(gan_game *game, const gan__field *wanted) {
  GAN_TRY(gan__contest_ready(game));
  if (wanted->jacobian) GAN_TRY(gan__contest_check_jacobian(game));
  int64_t size = gan__contest_size(game);
  int32_t players = game->session.player_count;
  gan__compiled *compiled;
  GAN_TRY(compile(game, wanted->jacobian ? GAN__JOB_JACOBIAN : GAN__JOB_FIELD, &compiled));
  GAN_TRY(gan__session_run(&game->session, compiled, game->seed, (uint64_t)game->steps));
  for (int32_t p = 0; wanted->objectives && p < players; p++)
    wanted->objectives[p] = gan__compiled_scalar(compiled, compiled->losses[p], 0);
  if (wanted->field) read_players(game, compiled, compiled->gradients, wanted->field);
  double *row = wanted->jacobian;
  for (int64_t i = 0; row && i < size; i++)
    row = read_players(game, compiled, compiled->gradients + players * (int32_t)(i + 1), row);
  return GAN_OK;
}
