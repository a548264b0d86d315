/* SPDX-License-Identifier: MIT */
/* toy_dirac: the smallest GAN there is (Mescheder et al. 2018). The data are one point, 0, the
 * generator makes one point, theta, and the discriminator is D(x) = psi x. The objectives are
 * written here, with graph_ops.h, to show how a game of one's own is made. */
#include <math.h>
#include <stdlib.h>

#include "cli.h"

enum { ROWS = 10, STEPS_MAX = 100000 };

static cli_option options[] = {
    {"--steps", "500", NULL, 1, STEPS_MAX, "of each game"},
    {"--rate", "200", NULL, 1, 1000000, "learning rate in thousandths"},
    {"--out", "toy_dirac.png", NULL, 1, 0, "chart of the distance from the equilibrium"},
    {"--quiet", NULL, "", 1, 0, "the last line only"},
    {NULL, NULL, NULL, 1, 0, NULL}};

/* One way of playing. */
typedef struct row {
  const char *name;
  int saturating; /* the generator's loss: 1 minimax, 0 non-saturating */
  double penalty; /* R1: (penalty / 2) |dD/dx|^2 at the data, and dD/dx = psi */
  double consensus;
  int32_t order;
} row;

static const row rows[ROWS] = {{"minimax", 1, 0, 0, GAN_ORDER_SIMULTANEOUS},
                               {"minimax", 1, 0, 0, GAN_ORDER_ALTERNATING},
                               {"non-saturating", 0, 0, 0, GAN_ORDER_SIMULTANEOUS},
                               {"non-saturating", 0, 0, 0, GAN_ORDER_ALTERNATING},
                               {"R1 0.3", 1, 0.3, 0, GAN_ORDER_SIMULTANEOUS},
                               {"R1 0.3", 1, 0.3, 0, GAN_ORDER_ALTERNATING},
                               {"non-saturating, R1 0.3", 0, 0.3, 0, GAN_ORDER_SIMULTANEOUS},
                               {"consensus 1", 1, 0, 1, GAN_ORDER_SIMULTANEOUS},
                               {"R1 1", 1, 1, 0, GAN_ORDER_SIMULTANEOUS},
                               {"R1 1", 1, 1, 0, GAN_ORDER_ALTERNATING}};

/* L = g(a) + g(0), a = psi theta, g(t) = -log(1 + exp(-t)) = -softplus(-t), which theta minimises
 * and psi maximises; the constant g(0) is left out. In the authors' signs D is high where points
 * are generated. The non-saturating generator minimises -g(-a) instead. */
static int32_t objective(gan_graph *graph, int32_t player, void *user) {
  const row *how = user;
  int32_t theta = gan_graph_parameter(graph, "generator", "value");       /* [1] */
  int32_t psi = gan_graph_parameter(graph, "discriminator", "value");     /* [1] */
  int32_t a = gan_graph_sum_all(graph, gan_graph_mul(graph, psi, theta)); /* a scalar */
  if (player == 0 && !how->saturating) return gan_graph_softplus(graph, a);
  int32_t cost = gan_graph_softplus(graph, gan_graph_neg(graph, a)); /* -g(a) */
  if (player == 0) return gan_graph_neg(graph, cost);
  int32_t square = gan_graph_dot(graph, psi, psi);
  return gan_graph_add(graph, cost, gan_graph_scale(graph, square, how->penalty / 2));
}

static gan_game *make_game(gan_context *c, row *how, double rate) {
  static const char *const names[2] = {"generator", "discriminator"};
  static const double start = 1;
  gan_game *game;
  cli_check(c, gan_game_create(c, GAN_F64, &game));
  for (int p = 0; p < 2; p++) {
    gan_optimizer *optimizer;
    cli_check(c, gan_optimizer_create(c, GAN_OPTIMIZER_SGD, &optimizer));
    cli_check(c, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, rate));
    cli_check(c, gan_game_add_player(game, names[p], &start, 1, optimizer));
    gan_optimizer_destroy(optimizer); /* the game keeps what it needs */
  }
  cli_check(c, gan_game_set_objective(game, objective, how));
  cli_check(c, gan_game_set_order(game, how->order));
  cli_check(c, gan_game_set_consensus(game, how->consensus));
  return game;
}

static double radius(gan_context *c, const gan_game *game) {
  double at[2];
  cli_check(c, gan_game_get(game, at));
  return hypot(at[0], at[1]);
}

/* The distances after 0, 1, ... steps, and a line about them. */
static void play(gan_context *c, int number, double *distances) {
  row how = rows[number];
  gan_game *game = make_game(c, &how, 1e-3 * (double)cli_integer(options, "--rate"));
  int64_t steps = cli_integer(options, "--steps");
  double low = INFINITY, high = 0, zeros[2] = {0, 0}, real[2], imaginary[2];
  for (int64_t i = 0; i <= steps; i++) {
    if (i > 0) cli_check(c, gan_game_step(game, 1));
    distances[i] = radius(c, game);
    low = fmin(low, distances[i]);
    high = fmax(high, distances[i]);
  }
  cli_check(c, gan_game_set(game, zeros));
  cli_check(c, gan_game_eigenvalues(game, real, imaginary));
  if (!cli_flag(options, "--quiet"))
    printf(
        "%-24s %-12s distance %.4g, all the time %.4g to %.4g; eigenvalues at rest without "
        "consensus %.3f%+.3fi, %.3f%+.3fi\n",
        how.name, how.order == GAN_ORDER_SIMULTANEOUS ? "simultaneous" : "alternating",
        distances[steps], low, high, real[0], imaginary[0], real[1], imaginary[1]);
  gan_game_destroy(game);
}

static void write_chart(gan_context *c, double (*distances)[STEPS_MAX + 1], const char *path) {
  gan_series series[ROWS];
  char names[ROWS][64];
  for (int i = 0; i < ROWS; i++) {
    int alternating = rows[i].order == GAN_ORDER_ALTERNATING;
    snprintf(names[i], sizeof names[i], "%s%s", rows[i].name, alternating ? ", alternating" : "");
    series[i] = (gan_series){.struct_size = sizeof(gan_series),
                             .y = distances[i],
                             .count = cli_integer(options, "--steps") + 1,
                             .name = names[i],
                             .colour = alternating ? -1 : 0,
                             .dash = alternating ? GAN_DASH_DASHED : GAN_DASH_SOLID,
                             .width = 1.5};
  }
  gan_chart_view view = {.struct_size = sizeof view,
                         .width = 900,
                         .height = 480,
                         .title = "Dirac-GAN: distance from the equilibrium",
                         .x_caption = "steps",
                         .y_low = 1e-12,
                         .y_high = 10,
                         .y_scale = GAN_SCALE_LOGARITHMIC,
                         .legend = GAN_LEGEND_BESIDE};
  gan_image *chart;
  cli_check(c, gan_image_chart(c, series, ROWS, &view, &chart));
  cli_check(c, gan_image_write_png(chart, path));
  gan_image_destroy(chart);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "plays the Dirac-GAN with several losses and penalties");
  cli_check_writable(cli_text(options, "--out"));
  static double distances[ROWS][STEPS_MAX + 1];
  gan_context *context;
  cli_check(NULL, gan_context_create(&context));
  cli_check(context, gan_context_set_threads(context, 1)); /* there is little to share */
  cli_cancel_on_interrupt(context);
  double start = cli_seconds();
  for (int i = 0; i < ROWS; i++)
    play(context, i, distances[i]);
  write_chart(context, distances, cli_text(options, "--out"));
  int64_t steps = cli_integer(options, "--steps");
  printf(
      "minimax=%.4g non_saturating=%.4g r1=%.4g r1_1=%.4g consensus=%.4g steps=%lld "
      "seconds=%.1f peak_mb=%.0f\n",
      distances[0][steps], distances[2][steps], distances[4][steps], distances[8][steps],
      distances[7][steps], (long long)steps, cli_seconds() - start, cli_peak_mb());
  gan_context_destroy(context);
  return 0;
}
