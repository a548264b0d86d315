/* SPDX-License-Identifier: MIT */
/* Job: who plays in a session: checks of the parts, seats, and their end. */
#include <stdio.h>
#include <string.h>

#include "train/session.h"

/* ---- Checks of generator, discriminator and loss. ---- */

static gan_status check_networks(gan_context *context, const gan_network *generator,
                                 const gan_network *discriminator) {
  if (generator->dtype != discriminator->dtype)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "the generator computes in %s, the discriminator in %s; both must be the same",
                     gan__dtype_name(generator->dtype), gan__dtype_name(discriminator->dtype));
  if (generator->parameter_count == 0 || discriminator->parameter_count == 0)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "the %s has no parameters to train",
                     generator->parameter_count == 0 ? "generator" : "discriminator");
  gan__shape made = gan__network_output_shape(generator);
  gan__shape taken = gan__network_input_shape(discriminator);
  if (gan__rows_fit(&made, &taken)) return GAN_OK;
  char x[GAN__SHAPE_TEXT], y[GAN__SHAPE_TEXT];
  return gan__fail(context, GAN_ERROR_SHAPE,
                   "the generator makes rows of shape %s, the discriminator takes %s",
                   gan__shape_text(x, &made), gan__shape_text(y, &taken));
}

static gan_status check_parts(gan_context *context, const gan__parts *parts) {
  const gan_context *contexts[] = {parts->generator->context, parts->discriminator->context,
                                   parts->loss->context, parts->optimizers[0]->context,
                                   parts->optimizers[1]->context};
  static const char *const names[] = {"generator", "discriminator", "loss", "generator's optimizer",
                                      "discriminator's optimizer"};
  for (int32_t i = 0; i < 5; i++)
    if (contexts[i] != context)
      return gan__fail(context, GAN_ERROR_CONTEXT, "the %s belongs to another context", names[i]);
  if (parts->optimizers[0] == parts->optimizers[1])
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "generator and discriminator need optimizers of their own, not one handle for "
                     "both");
  return check_networks(context, parts->generator->network, parts->discriminator->network);
}

/* What the loss asks of the discriminator's network. */
static gan_status check_loss(const gan_network *network, const gan_loss *loss) {
  gan_context *context = network->context;
  const gan__loss_kind *kind = gan__loss_kind_of(loss->kind);
  gan__shape output = gan__network_output_shape(network);
  char shape[GAN__SHAPE_TEXT];
  bool several = gan__shape_count(&output) > 1;
  if (kind->classes ? !several : several && kind->discriminator)
    return gan__fail(context, GAN_ERROR_SHAPE,
                     "the %s loss needs %s; the discriminator gives rows of shape %s", kind->name,
                     kind->classes ? "two or more class logits a row" : "one logit a row",
                     gan__shape_text(shape, &output));
  if (kind->couples_rows && !gan__network_couples_rows(network, false))
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "the %s loss needs a discriminator with such a layer; "
                     "gan_discriminator_for_loss() inserts one",
                     kind->name);
  if (kind->matches_features && !*gan__last_features(network))
    return gan__fail(context, GAN_ERROR_ARGUMENT, "the %s loss: the discriminator has no features",
                     kind->name);
  int32_t layer;
  for (uint64_t i = 0; i < loss->term_count; i++)
    if (loss->terms[i].form && *loss->terms[i].layer)
      GAN_TRY(gan__network_find_layer(network, loss->terms[i].layer, &layer));
  return GAN_OK;
}

/* Gives both optimizers their networks, or, when that fails, none. */
static gan_status bind_optimizers(const gan__parts *parts) {
  gan_network *networks[2] = {[GAN__GENERATOR] = parts->generator->network,
                              [GAN__DISCRIMINATOR] = parts->discriminator->network};
  bool free_before = !parts->optimizers[0]->network;
  GAN_TRY(gan__optimizer_bind(parts->optimizers[0], networks[0]));
  gan_status status = gan__optimizer_bind(parts->optimizers[1], networks[1]);
  if (status != GAN_OK && free_before) gan__optimizer_reset(parts->optimizers[0]);
  return status;
}

/* ---- Seats. ---- */

static void take_seat(gan__session *session, const char *name, gan_network *network,
                      gan_optimizer *optimizer) {
  gan__seat *seat = &session->players[session->player_count++];
  *seat = (gan__seat){.network = network, .optimizer = optimizer};
  snprintf(seat->name, sizeof seat->name, "%s", name);
  gan__network_ref(network);
  gan__optimizer_ref(optimizer);
}

gan_status gan__session_init(gan_context *context, const gan__parts *parts, gan__session *session) {
  GAN_TRY(check_parts(context, parts));
  GAN_TRY(check_loss(parts->discriminator->network, parts->loss));
  GAN_TRY(bind_optimizers(parts));
  bool classes = gan__loss_kind_of(parts->loss->kind)->classes;
  *session = (gan__session){.context = context,
                            .generator = parts->generator,
                            .discriminator = parts->discriminator,
                            .loss = parts->loss,
                            .dtype = parts->discriminator->network->dtype,
                            .slot_kinds = classes ? GAN__SLOT_KINDS : 1,
                            .schedule = gan__schedule_default()};
  gan__generator_ref(parts->generator);
  gan__discriminator_ref(parts->discriminator);
  gan__loss_ref(parts->loss);
  take_seat(session, "generator", parts->generator->network, parts->optimizers[GAN__GENERATOR]);
  take_seat(session, "discriminator", parts->discriminator->network,
            parts->optimizers[GAN__DISCRIMINATOR]);
  return GAN_OK;
}

void gan__session_init_game(gan_context *context, int32_t dtype, gan__session *session) {
  *session =
      (gan__session){.context = context, .dtype = dtype, .schedule = gan__schedule_default()};
  for (int32_t p = 0; p < GAN__PLAYERS_MAX; p++)
    session->schedule.needs[p] = GAN__NEED_NEVER;
  session->schedule.player_count = 0;
}

/* Raises an error when the optimizer is some other player's. */
static gan_status check_own(const gan__session *session, const gan_optimizer *optimizer) {
  for (int32_t p = 0; p < session->player_count; p++)
    if (session->players[p].optimizer == optimizer)
      return gan__fail(session->context, GAN_ERROR_ARGUMENT,
                       "the optimizer is that of player \"%s\"; every player needs its own",
                       session->players[p].name);
  return GAN_OK;
}

gan_status gan__session_seat(gan__session *session, const char *name, gan_network *network,
                             gan_optimizer *optimizer) {
  if (session->player_count == GAN__PLAYERS_MAX)
    return gan__fail(session->context, GAN_ERROR_LIMIT, "a game has at most %d players",
                     GAN__PLAYERS_MAX);
  for (int32_t p = 0; p < session->player_count; p++)
    if (!strcmp(session->players[p].name, name))
      return gan__fail(session->context, GAN_ERROR_ARGUMENT, "there is a player \"%s\" already",
                       name);
  GAN_TRY(check_own(session, optimizer));
  GAN_TRY(gan__optimizer_bind(optimizer, network));
  take_seat(session, name, network, optimizer);
  session->schedule.player_count = session->player_count;
  session->version++;
  return GAN_OK;
}

gan_status gan__session_set_optimizer(gan__session *session, const char *player,
                                      gan_optimizer *optimizer) {
  int32_t found;
  GAN_TRY(gan__session_find(session, player, &found));
  gan__seat *seat = &session->players[found];
  if (seat->optimizer == optimizer) return GAN_OK;
  GAN_TRY(check_own(session, optimizer));
  GAN_TRY(gan__optimizer_bind(optimizer, seat->network));
  gan__optimizer_ref(optimizer);
  gan__optimizer_unref(seat->optimizer);
  seat->optimizer = optimizer;
  session->version++;
  return GAN_OK;
}

gan_status gan__session_find(const gan__session *session, const char *name, int32_t *player) {
  char names[200] = "";
  size_t used = 0;
  for (int32_t p = 0; p < session->player_count; p++) {
    const char *own = session->players[p].name;
    if (!strcmp(own, name)) {
      *player = p;
      return GAN_OK;
    }
    const char *before = p == 0 ? "" : p == session->player_count - 1 ? " and " : ", ";
    if (used < sizeof names)
      used += (size_t)snprintf(names + used, sizeof names - used, "%s\"%s\"", before, own);
  }
  return gan__fail(session->context, GAN_ERROR_NAME, "there is no player \"%.64s\"; there are %s",
                   name, names);
}

void gan__session_finish(gan__session *session) {
  gan__session_forget(session);
  for (int32_t p = 0; p < session->player_count; p++) {
    gan__seat *seat = &session->players[p];
    gan__average_finish(&seat->average, session->context);
    gan__optimizer_unref(seat->optimizer);
    gan__network_unref(seat->network);
  }
  gan__loss_unref(session->loss);
  gan__discriminator_unref(session->discriminator);
  gan__generator_unref(session->generator);
}
