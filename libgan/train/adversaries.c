/* SPDX-License-Identifier: MIT */
/* Job: generator and discriminator as players: the scene of their objectives, shown piece by piece
 * as they ask. */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "graph/build.h"
#include "train/adversaries.h"

bool gan__rows_fit(const gan__shape *a, const gan__shape *b) {
  if (gan__shape_equal(a, b)) return true;
  return (a->rank == 1 || b->rank == 1) && gan__shape_count(a) == gan__shape_count(b);
}

const char *gan__last_features(const gan_network *network) {
  int32_t at = network->output;
  while (network->layers[at].parameter_count == 0 && network->layers[at].input_count > 0)
    at = network->layers[at].inputs[0];
  if (network->layers[at].input_count == 0) return "";
  return network->layers[network->layers[at].inputs[0]].name;
}

/* G(z) as rows the discriminator takes, [N, input shape]. */
static gan__id generate(gan__adversaries *self) {
  gan__graph *graph = self->graph;
  const gan__question *question = self->question;
  const char *prefix = self->prefixes[GAN__GENERATOR];
  gan__graph_set_scope(graph, prefix);
  self->latent = gan__generator_latent(self->generator, graph, self->rows, question->turn.noise);
  bool own = question->player == GAN__GENERATOR;
  gan__pass pass = {.prefix = prefix,
                    .parameters = question->positions[GAN__GENERATOR].parameters,
                    .input = self->latent,
                    .training = true,
                    .site = question->turn.noise,
                    .statistics = own ? question->statistics : NULL};
  gan__id rows = gan__network_build(self->generator->network, graph, &pass);
  gan__shape shape = gan__network_input_shape(self->discriminator->network);
  for (int32_t i = shape.rank++; i > 0; i--)
    shape.dims[i] = shape.dims[i - 1];
  shape.dims[0] = self->rows;
  if (rows == GAN__NONE || gan__shape_equal(&gan__node_at(graph, rows)->shape, &shape)) return rows;
  return gan__op_reshape(graph, rows, &shape);
}

/* ---- The scene. ---- */

static gan__id slot(const gan__adversaries *self, int32_t kind) {
  int32_t batch = self->batch_count == 1 ? 0 : self->question->turn.batch;
  GAN__CHECK(batch >= 0 && batch < self->batch_count && kind < self->slot_kinds);
  return self->batches[(int64_t)batch * self->slot_kinds + kind];
}

static gan__id show_rows(void *user, int32_t rows) {
  gan__adversaries *self = user;
  if (rows == GAN_ROWS_FAKE) return self->fake;
  if (rows == GAN_ROWS_REAL) return slot(self, GAN__SLOT_REAL);
  if (self->slot_kinds > GAN__SLOT_LABELLED) return slot(self, GAN__SLOT_LABELLED);
  return gan__graph_fail(self->graph, GAN_ERROR_STATE,
                         "labelled rows come with a loss that classifies only");
}

/* Draws in layers are the turn's and the segment's own. */
static uint64_t segment_site(const gan__question *question, int32_t rows) {
  static const char *const names[GAN__ROWS_KINDS] = {
      [GAN_ROWS_REAL] = "real", [GAN_ROWS_FAKE] = "fake", [GAN_ROWS_LABELLED] = "labelled"};
  return gan__join(question->turn.noise, gan__hash_text(names[rows]));
}

static const gan__judged *judge(gan__adversaries *self, int32_t rows) {
  gan__judged *judged = &self->judged[rows];
  if (judged->outputs != GAN__NONE || self->graph->status != GAN_OK) return judged;
  const gan__question *question = self->question;
  bool own = question->player == GAN__DISCRIMINATOR;
  gan__pass pass = {.prefix = self->prefixes[GAN__DISCRIMINATOR],
                    .parameters = question->positions[GAN__DISCRIMINATOR].parameters,
                    .input = show_rows(self, rows),
                    .training = true,
                    .site = segment_site(question, rows),
                    .statistics = own ? question->statistics : NULL,
                    .values = judged->values};
  judged->outputs = gan__network_build(self->discriminator->network, self->graph, &pass);
  return judged;
}

static gan__id show_logits(void *user, int32_t rows) {
  return judge(user, rows)->outputs;
}

static gan__id show_features(void *user, int32_t rows, const char *layer) {
  gan__adversaries *self = user;
  int32_t index;
  if (self->graph->status != GAN_OK) return GAN__NONE;
  gan_status status = gan__network_find_layer(self->discriminator->network, layer, &index);
  if (status != GAN_OK) {
    self->graph->status = status;
    return GAN__NONE;
  }
  const gan__judged *judged = judge(self, rows);
  return judged->outputs == GAN__NONE ? GAN__NONE : judged->values[index];
}

static gan__id show_labels(void *user) {
  gan__adversaries *self = user;
  if (self->slot_kinds > GAN__SLOT_LABELS) return slot(self, GAN__SLOT_LABELS);
  return gan__graph_fail(self->graph, GAN_ERROR_STATE,
                         "labels come with a loss that classifies only");
}

static gan__id show_latent(void *user) {
  return ((gan__adversaries *)user)->latent;
}

static gan__id show_parameter(void *user, const char *player, const char *parameter) {
  gan__adversaries *self = user;
  bool generator = strcmp(player, "generator") == 0;
  if (!generator && strcmp(player, "discriminator") != 0)
    return gan__graph_fail(self->graph, GAN_ERROR_NAME,
                           "there is no player \"%.64s\"; there are \"generator\" and "
                           "\"discriminator\"",
                           player);
  const gan_network *network = generator ? self->generator->network : self->discriminator->network;
  for (int32_t i = 0; i < network->parameter_count; i++)
    if (!strcmp(network->parameters[i].name, parameter))
      return self->question->positions[generator ? GAN__GENERATOR : GAN__DISCRIMINATOR]
          .parameters[i];
  return gan__graph_fail(self->graph, GAN_ERROR_NAME, "the %s has no parameter \"%.64s\"", player,
                         parameter);
}

/* ---- Objectives. ---- */

static void take_question(gan__adversaries *self, gan__graph *graph,
                          const gan__question *question) {
  static const char *const names[2] = {"generator", "discriminator"};
  self->graph = graph;
  self->question = question;
  for (int32_t p = 0; p < 2; p++) {
    if (question->inner < 0)
      snprintf(self->prefixes[p], sizeof self->prefixes[p], "%s", names[p]);
    else
      snprintf(self->prefixes[p], sizeof self->prefixes[p], "unrolled_%d/%s", question->inner,
               names[p]);
  }
  uint64_t layers = self->discriminator->network->layer_count;
  for (int32_t rows = 0; rows < GAN__ROWS_KINDS; rows++)
    self->judged[rows] =
        (gan__judged){.outputs = GAN__NONE, .values = self->values + (uint64_t)rows * layers};
}

gan__id gan__adversaries_objective(void *user, gan__graph *graph, const gan__question *question) {
  gan__adversaries *self = user;
  take_question(self, graph, question);
  self->fake = generate(self);
  if (question->player == GAN__DISCRIMINATOR) {
    /* In this order its running statistics see them. */
    if (self->slot_kinds > GAN__SLOT_LABELLED) judge(self, GAN_ROWS_LABELLED);
    judge(self, GAN_ROWS_REAL);
    judge(self, GAN_ROWS_FAKE);
  }
  char scope[GAN__NAME_MAX];
  snprintf(scope, sizeof scope, "%.64s/loss", self->prefixes[question->player]);
  gan__graph_set_scope(graph, scope);
  const gan__position *generator = &question->positions[GAN__GENERATOR];
  const gan__position *discriminator = &question->positions[GAN__DISCRIMINATOR];
  gan__held held[2] = {{generator->parameters, generator->count},
                       {discriminator->parameters, discriminator->count}};
  gan__scene scene = {.self = self,
                      .dtype = self->discriminator->network->dtype,
                      .site = gan__join(question->turn.noise, gan__hash_text("terms")),
                      .logits = show_logits,
                      .features = show_features,
                      .rows = show_rows,
                      .labels = show_labels,
                      .latent = show_latent,
                      .parameter = show_parameter,
                      .held = held,
                      .held_count = 2};
  gan__case asked = {.loss = self->loss,
                     .graph = graph,
                     .scene = &scene,
                     .layer = gan__last_features(self->discriminator->network),
                     .unrolled = question->unrolled};
  return gan__loss_objective(&asked, question->player);
}
