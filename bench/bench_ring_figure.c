/* SPDX-License-Identifier: MIT */
/* Draws the figure of Metz et al. 2017 (columns: training step, rows: K), and prints the measures
 * at every panel as one JSON line. Paper set-up: 8 modes, radius 2, deviation 0.02, batch 512. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { SAMPLES = 2500, COLUMNS = 6, ROWS_MAX = 8 };

static cli_option options[] = {
    {"--unroll", "0,1,5,10", NULL, 1, 0, "rows: values of K, separated by commas"},
    {"--steps", "25000", NULL, 5, 100000000, "steps of the last column"},
    {"--seed", "1", NULL, 0, INT64_MAX, "of parameters, latents and points"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {"--out", "unrolled-ring.png", NULL, 1, 0, "the figure"},
    {NULL, NULL, NULL, 1, 0, NULL}};

static float samples[2 * SAMPLES];

static gan_optimizer *adam(gan_context *context) {
  gan_optimizer *optimizer;
  cli_check(context, gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &optimizer));
  cli_check(context, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, 1e-4));
  cli_check(context, gan_optimizer_set(optimizer, GAN_BETA1, 0.5));
  return optimizer;
}

static void measure(gan_context *context, gan_dataset *data, gan_trainer *trainer, int32_t unroll,
                    double seconds) {
  gan_mode_report report = {.struct_size = sizeof report};
  int64_t modes;
  const float *centres;
  double deviation;
  cli_check(context, gan_dataset_modes(data, &modes, &centres, &deviation));
  cli_check(context,
            gan_metric_modes(context, samples, SAMPLES, centres, modes, 2, deviation, &report));
  char kl[32] = "null";
  if (isfinite(report.reverse_kl)) snprintf(kl, sizeof kl, "%.4f", report.reverse_kl);
  printf(
      "{\"bench\": \"ring_figure\", \"version\": \"%s\", \"threads\": %d, \"unroll\": %d, "
      "\"seed\": %lld, \"step\": %lld, \"modes\": %lld, \"modes_1pct\": %lld, "
      "\"high_quality\": %.4f, \"reverse_kl\": %s, \"seconds\": %.1f}\n",
      gan_version(), gan_context_threads(context), unroll,
      (long long)cli_integer(options, "--seed"), (long long)gan_trainer_steps(trainer),
      (long long)report.modes, (long long)report.modes_1pct, report.high_quality, kl, seconds);
  fflush(stdout);
}

/* One row: trains with K = unroll and fills panels[COLUMNS]. Each row has a context of its own, so
 * that its seed gives it the same start as a run of the ring example. */
static void train_row(gan_context *pictures, int32_t unroll, gan_image **panels) {
  gan_context *context;
  gan_dataset *data;
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_loss *loss;
  gan_trainer *trainer;
  cli_check(NULL, gan_context_create(&context));
  gan_context_take_blas(context);
  cli_check(context, gan_context_set_threads(context, (int32_t)cli_integer(options, "--threads")));
  cli_check(context, gan_context_set_seed(context, (uint64_t)cli_integer(options, "--seed")));
  cli_check(context, gan_dataset_create_ring(context, 8, 2, 0.02, &data));
  cli_check(context, gan_generator_parse(context,
                                         "init orthogonal 0.8; latent 256 normal;"
                                         "dense 128 relu; dense 128 relu; dense 2",
                                         &generator));
  cli_check(context, gan_discriminator_parse(context,
                                             "init orthogonal 0.8; input 2; scale 0.25;"
                                             "dense 128 relu; dense 1",
                                             &discriminator));
  cli_check(context, gan_loss_create(context, GAN_LOSS_MINIMAX, &loss));
  gan_optimizer *g = adam(context), *d = adam(context);
  cli_check(context, gan_trainer_create(context, generator, discriminator, loss, g, d, &trainer));
  cli_check(context, gan_trainer_set_unroll(trainer, unroll));
  cli_check(context, gan_trainer_set_data(trainer, data, 512));
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
    cli_check(context, gan_trainer_run(trainer, to - gan_trainer_steps(trainer)));
    cli_check(context, gan_generator_sample(generator, SAMPLES, 1, samples));
    measure(context, data, trainer, unroll, cli_seconds() - start);
    cli_check(pictures, gan_image_scatter(pictures, samples, SAMPLES, &view, &panels[column]));
  }
  gan_trainer_destroy(trainer);
  gan_optimizer_destroy(g);
  gan_optimizer_destroy(d);
  gan_loss_destroy(loss);
  gan_generator_destroy(generator);
  gan_discriminator_destroy(discriminator);
  gan_dataset_destroy(data);
  gan_context_destroy(context);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "draws the unrolled GAN on a ring: columns steps, rows K");
  cli_check_writable(cli_text(options, "--out"));
  gan_context *pictures;
  cli_check(NULL, gan_context_create(&pictures));
  gan_image *panels[ROWS_MAX * COLUMNS], *figure;
  char rows[ROWS_MAX][32], columns[COLUMNS][32];
  const char *row_captions[ROWS_MAX], *column_captions[COLUMNS];
  int count = 0;
  for (const char *at = cli_text(options, "--unroll"); *at && count < ROWS_MAX; count++) {
    char *end;
    long unroll = strtol(at, &end, 10);
    if (end == at || unroll < 0 || unroll > 1000 || (*end && *end != ',')) {
      fprintf(stderr, "--unroll %s: numbers from 0 to 1000, separated by commas\n", at);
      return 2;
    }
    train_row(pictures, (int32_t)unroll, panels + count * COLUMNS);
    snprintf(rows[count], sizeof rows[count], "K = %ld", unroll);
    row_captions[count] = rows[count];
    at = *end ? end + 1 : end;
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
