/* SPDX-License-Identifier: MIT */
/* Job: the field of a game: gradients of all players and their derivatives by all parameters. */
#include <stdio.h>

#include "graph/gradient.h"
#include "train/step_build.h"

/* Element `index` of a node of any shape, as a scalar. */
static gan__id element(gan__graph *graph, gan__id node, int64_t index) {
  if (graph->status != GAN_OK || node == GAN__NONE) return GAN__NONE;
  gan__shape flat =
      gan__shape_make(1, (int64_t[]){gan__shape_count(&gan__node_at(graph, node)->shape)});
  gan__id line = gan__op_reshape(graph, node, &flat);
  return gan__op_sum_all(graph, gan__op_slice(graph, line, 0, index, index + 1, 1));
}

/* One row of the Jacobian for each element of a player's gradient; players of a bare game have one
 * parameter each. */
static void give_jacobian(gan__building *b, const gan__id *fields) {
  gan__graph *graph = b->graph;
  int32_t players = b->session->player_count;
  gan__id places[GAN__PLAYERS_MAX], row[GAN__PLAYERS_MAX];
  for (int32_t p = 0; p < players; p++)
    places[p] = b->start[p].parameters[0];
  for (int32_t p = 0; p < players && graph->status == GAN_OK; p++) {
    int64_t count = gan__shape_count(&gan__node_at(graph, fields[p])->shape);
    for (int64_t i = 0; i < count && graph->status == GAN_OK; i++) {
      gan__gradient(graph, element(graph, fields[p], i), GAN__NONE, places, players, row);
      for (int32_t q = 0; q < players; q++) {
        char name[GAN__NAME_MAX];
        snprintf(name, sizeof name, "%.40s %lld by %.40s", gan__building_name(b, p), (long long)i,
                 gan__building_name(b, q));
        gan__step_check(b, &row[q], 1);
        gan__graph_output(graph, name, row[q]);
      }
    }
  }
}

void gan__step_field(gan__building *b) {
  gan__graph *graph = b->graph;
  gan__id fields[GAN__PLAYERS_MAX];
  for (int32_t p = 0; p < b->session->player_count && graph->status == GAN_OK; p++) {
    gan__move move = gan__schedule_move(&b->schedule, GAN__JOB_FIELD, p);
    b->losses[p] = gan__game_gradient(&b->game, &move, b->start, &fields[p], NULL);
    if (fields[p] == GAN__NONE && graph->status == GAN_OK)
      fields[p] = gan__op_like(graph, b->start[p].parameters[0], 0);
    gan__step_check(b, &b->losses[p], 1);
    gan__step_check(b, &fields[p], 1);
    int32_t output = gan__graph_output(graph, gan__building_name(b, p), fields[p]);
    if (p == 0) b->compiled->gradients = output;
  }
  if (graph->status == GAN_OK && b->compiled->request.job == GAN__JOB_JACOBIAN)
    give_jacobian(b, fields);
}
