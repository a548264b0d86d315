/* SPDX-License-Identifier: MIT */
/* Draws the figure of Metz et al. 2017 (columns: training step, rows: K), and prints the measures
 * at every panel as one JSON line. Paper set-up: 8 modes, radius 2, deviation 0.02, batch 512. */
#include <string.h>

#include "cli.h"
#include "bench_game.h"
#include "measure.h"

enum { SAMPLES = 2500, COLUMNS = 6, ROWS_MAX = 8 };

static cli_option options[] = {
    {"--unroll", "0,1,5,10", NULL, 1, 0, "rows: values of K, separated by commas"},
    {"--inner", "same", "same|fresh", 1, 0, "batches of the inner steps"},
    {"--steps", "25000", NULL, 5, 100000000, "steps of the last column"},
    {"--seed", "1", NULL, 0, INT64_MAX, "of parameters, latents and points"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {"--out", "unrolled-ring.png", NULL, 1, 0, "the figure"},
    {NULL, NULL, NULL, 1, 0, NULL}};

static float samples[2 * SAMPLES];

static void print_measures(const bench_game *game, int32_t unroll, double seconds) {
  gan_context *context = game->context;
  gan_mode_report report = {.struct_size = sizeof report};
  int64_t modes;
  const float *centres;
  double deviation;
  cli_check(context, gan_dataset_modes(game->data, &modes, &centres, &deviation));
  cli_check(context,
            gan_metric_modes(context, samples, SAMPLES, centres, modes, 2, deviation, &report));
  bench_open("ring_figure");
  bench_number("unroll", unroll);
  bench_text("inner", cli_text(options, "--inner"));
  bench_number("seed", (double)cli_integer(options, "--seed"));
  bench_number("step", (double)gan_trainer_steps(game->trainer));
  bench_number("modes", (double)report.modes);
  bench_number("modes_1pct", (double)report.modes_1pct);
  bench_number("high_quality", report.high_quality);
  bench_number("reverse_kl", report.reverse_kl);
  bench_number("seconds", seconds);
  bench_close(context);
}

/* One row: trains with K = unroll and fills panels[COLUMNS]. Each row has a context of its own, so
 * that its seed gives it the same start as a run of the ring example. */
static void train_row(gan_context *pictures, int32_t unroll, gan_image **panels) {
  bench_game game;
  game_recipe recipe = game_ring("paper");
  recipe.unroll = unroll;
  recipe.inner = !strcmp(cli_text(options, "--inner"), "fresh") ? GAN_INNER_FRESH : GAN_INNER_SAME;
  recipe.own_blas = 1;
  recipe.threads = (int32_t)cli_integer(options, "--threads");
  recipe.seed = (uint64_t)cli_integer(options, "--seed");
  game_begin(&recipe, &game);
  gan_scatter_view view = {.struct_size = sizeof view,
                           .size = 220,
                           .x_low = -3.2,
                           .x_high = 3.2,
                           .y_low = -3.2,
                           .y_high = 3.2};
  int64_t steps = cli_integer(options, "--steps");
  double start = cli_seconds();
  for (int column = 0; column < COLUMNS; column++) {
    int64_t to = steps * column / (COLUMNS - 1);
    cli_check(game.context, gan_trainer_run(game.trainer, to - gan_trainer_steps(game.trainer)));
    cli_check(game.context, gan_generator_sample(game.generator, SAMPLES, 1, samples));
    print_measures(&game, unroll, cli_seconds() - start);
    cli_check(pictures, gan_image_scatter(pictures, samples, SAMPLES, &view, &panels[column]));
  }
  game_end(&game);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "draws the unrolled GAN on a ring: columns steps, rows K");
  cli_check_writable(cli_text(options, "--out"));
  gan_context *pictures;
  cli_check(NULL, gan_context_create(&pictures));
  gan_image *panels[ROWS_MAX * COLUMNS], *figure;
  char rows[ROWS_MAX][32], columns[COLUMNS][32];
  const char *row_captions[ROWS_MAX], *column_captions[COLUMNS];
  int32_t unrolls[ROWS_MAX];
  int32_t count = game_unrolls(cli_text(options, "--unroll"), unrolls, ROWS_MAX);
  for (int32_t row = 0; row < count; row++) {
    train_row(pictures, unrolls[row], panels + row * COLUMNS);
    snprintf(rows[row], sizeof rows[row], "K = %d", unrolls[row]);
    row_captions[row] = rows[row];
  }
  for (int column = 0; column < COLUMNS; column++) {
    snprintf(columns[column], sizeof columns[column], "step %lld",
             (long long)(cli_integer(options, "--steps") * column / (COLUMNS - 1)));
    column_captions[column] = columns[column];
  }
  gan_panel_view view = {.struct_size = sizeof view,
                         .rows = count,
                         .columns = COLUMNS,
                         .panels = (const gan_image *const *)panels,
                         .row_captions = row_captions,
                         .column_captions = column_captions};
  cli_check(pictures, gan_image_panels(pictures, &view, &figure));
  cli_check(pictures, gan_image_write_png(figure, cli_text(options, "--out")));
  for (int i = 0; i < count * COLUMNS; i++)
    gan_image_destroy(panels[i]);
  gan_image_destroy(figure);
  gan_context_destroy(pictures);
  return 0;
}
