/* SPDX-License-Identifier: MIT */
/* Job: generator and discriminator as players: the logits they argue about and their objectives. */
#include <stdio.h>
#include <string.h>

#include "graph/build.h"
#include "train/adversaries.h"

static const char *const names[GAN__PLAYERS] = {
    [GAN__GENERATOR] = "generator",
    [GAN__DISCRIMINATOR] = "discriminator",
};

const char *gan__player_name(int32_t player) {
  return player >= 0 && player < GAN__PLAYERS ? names[player] : NULL;
}

gan_status gan__player_find(gan_context *context, const char *name, int32_t *player) {
  for (int32_t p = 0; p < GAN__PLAYERS; p++) {
    if (strcmp(names[p], name) != 0) continue;
    *player = p;
    return GAN_OK;
  }
  return gan__fail(context, GAN_ERROR_NAME,
                   "there is no player \"%.64s\"; there are \"generator\" and \"discriminator\"",
                   name);
}

bool gan__rows_fit(const gan__shape *a, const gan__shape *b) {
  if (gan__shape_equal(a, b)) return true;
  return (a->rank == 1 || b->rank == 1) && gan__shape_count(a) == gan__shape_count(b);
}

/* G(z) as rows the discriminator takes, [N, input shape]. */
static gan__id generate(const gan__adversaries *self, gan__graph *graph,
                        const gan__question *question, const char *prefix) {
  gan__graph_set_scope(graph, prefix);
  gan__id latent = gan__generator_latent(self->generator, graph, self->rows, question->turn.noise);
  gan__pass pass = {.prefix = prefix,
                    .parameters = question->positions[GAN__GENERATOR].parameters,
                    .input = latent,
                    .training = true,
                    .site = question->turn.noise};
  gan__id rows = gan__network_build(self->generator->network, graph, &pass);
  gan__shape shape = gan__network_input_shape(self->discriminator->network);
  for (int32_t i = shape.rank++; i > 0; i--)
    shape.dims[i] = shape.dims[i - 1];
  shape.dims[0] = self->rows;
  if (rows == GAN__NONE || gan__shape_equal(&gan__node_at(graph, rows)->shape, &shape)) return rows;
  return gan__op_reshape(graph, rows, &shape);
}

static gan__id judge(const gan__adversaries *self, gan__graph *graph, const gan__question *question,
                     const char *prefix, gan__id rows) {
  gan__pass pass = {.prefix = prefix,
                    .parameters = question->positions[GAN__DISCRIMINATOR].parameters,
                    .input = rows,
                    .training = true,
                    .site = question->turn.noise};
  return gan__network_build(self->discriminator->network, graph, &pass);
}

gan__id gan__adversaries_objective(void *user, gan__graph *graph, const gan__question *question) {
  gan__adversaries *self = user;
  bool discriminator = question->player == GAN__DISCRIMINATOR;
  bool needs_real =
      discriminator
      || (question->unrolled && gan__loss_kind_of(self->loss->kind)->generator_needs_real);
  char prefixes[GAN__PLAYERS][GAN__NAME_MAX];
  for (int32_t p = 0; p < GAN__PLAYERS; p++) {
    if (question->inner < 0)
      snprintf(prefixes[p], sizeof prefixes[p], "%s", names[p]);
    else
      snprintf(prefixes[p], sizeof prefixes[p], "unrolled_%d/%s", question->inner, names[p]);
  }
  gan__id fake = generate(self, graph, question, prefixes[GAN__GENERATOR]);
  self->real_logits = GAN__NONE;
  if (needs_real) {
    int32_t batch = self->batch_count == 1 ? 0 : question->turn.batch;
    GAN__CHECK(batch >= 0 && batch < self->batch_count);
    self->real_logits =
        judge(self, graph, question, prefixes[GAN__DISCRIMINATOR], self->batches[batch]);
  }
  self->fake_logits = judge(self, graph, question, prefixes[GAN__DISCRIMINATOR], fake);
  char scope[GAN__NAME_MAX];
  snprintf(scope, sizeof scope, "%.64s/loss", prefixes[question->player]);
  gan__graph_set_scope(graph, scope);
  return discriminator
             ? gan__loss_discriminator(self->loss, graph, self->real_logits, self->fake_logits)
             : gan__loss_generator(self->loss, graph, self->real_logits, self->fake_logits);
}
