/* SPDX-License-Identifier: MIT */
/* mnist: a multilayer GAN with the non-saturating loss on real handwritten digits. The sheet shows
 * the same latents (columns) after more and more training (rows), drawn with averaged weights. On
 * so few digits a plain generator (--unroll 0) loses to its discriminator and collapses; looking
 * ahead through three of the discriminator's steps keeps the game even and the digits different. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { COLUMNS = 16, ROWS = 8, SIDE = 28, PIXELS = SIDE * SIDE };

static cli_option options[] = {
    {"--seconds", "60", NULL, 1, 1000000, "training time"},
    {"--steps", "0", NULL, 0, 100000000, "training steps instead, when not 0"},
    {"--unroll", "3", NULL, 0, 1000, "K, discriminator steps to look ahead"},
    {"--batch", "64", NULL, 1, 10000, "digits in a batch"},
    {"--seed", "1", NULL, 0, INT64_MAX, "of parameters, latents and shuffles"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {"--data-dir", NULL, NULL, 1, 0, "folder that holds mnist/"},
    {"--out", "mnist.png", NULL, 1, 0, "sheet of digits over time"},
    {"--quiet", NULL, "", 1, 0, "no progress, the last line only"},
    {NULL, NULL, NULL, 1, 0, NULL}};

static const char generator_text[] =
    "init he; latent 64 normal; dense 256 leaky_relu 0.2;"
    "dense 256 leaky_relu 0.2; init xavier; dense 784 sigmoid";
static const char discriminator_text[] =
    "init normal 0 0.02; input 28x28; dense 128 leaky_relu 0.2; dense 1";

typedef struct run {
  gan_context *context;
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_trainer *trainer;
  gan_dataset *digits;
  double started, budget;
  int64_t steps;                        /* 0: by time */
  float sheet[ROWS * COLUMNS * PIXELS]; /* [ROWS * COLUMNS, 1, 28, 28] */
} run;

static gan_optimizer *adam(gan_context *context, double rate) {
  gan_optimizer *optimizer;
  cli_check(context, gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &optimizer));
  cli_check(context, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, rate));
  cli_check(context, gan_optimizer_set(optimizer, GAN_BETA1, 0.5));
  return optimizer;
}

static void make_trainer(run *r) {
  gan_context *c = r->context;
  gan_loss *loss;
  cli_check(c, gan_generator_parse(c, generator_text, &r->generator));
  cli_check(c, gan_discriminator_parse(c, discriminator_text, &r->discriminator));
  cli_check(c, gan_loss_create(c, GAN_LOSS_NON_SATURATING, &loss));
  gan_optimizer *g = adam(c, 3e-4), *d = adam(c, 1e-4);
  cli_check(c, gan_trainer_create(c, r->generator, r->discriminator, loss, g, d, &r->trainer));
  cli_check(c, gan_trainer_set_data(r->trainer, r->digits, cli_integer(options, "--batch")));
  cli_check(c, gan_trainer_set_unroll(r->trainer, (int32_t)cli_integer(options, "--unroll")));
  cli_check(c, gan_trainer_set_average(r->trainer, 0.999));
  gan_optimizer_destroy(g);
  gan_optimizer_destroy(d);
  gan_loss_destroy(loss);
}

/* Share of the budget that is used up, 0 to 1. */
static double progress_of(const run *r) {
  if (r->steps) return (double)gan_trainer_steps(r->trainer) / (double)r->steps;
  return (cli_seconds() - r->started) / r->budget;
}

static void draw_row(run *r, int row) {
  gan_generator *averaged;
  cli_check(r->context, gan_trainer_average(r->trainer, &averaged));
  cli_check(r->context,
            gan_generator_sample(averaged, COLUMNS, 7, r->sheet + (int64_t)row * COLUMNS * PIXELS));
  gan_generator_destroy(averaged);
}

static void train(run *r) {
  gan_progress progress = {.struct_size = sizeof progress};
  int quiet = cli_flag(options, "--quiet");
  for (int row = 0; row < ROWS; row++) {
    while (progress_of(r) < (double)(row + 1) / ROWS) {
      int64_t left = r->steps ? r->steps - gan_trainer_steps(r->trainer) : 20;
      cli_check(r->context, gan_trainer_run(r->trainer, left < 20 ? left : 20));
      if (quiet) continue;
      cli_check(r->context, gan_trainer_progress(r->trainer, &progress));
      char text[96];
      snprintf(text, sizeof text, "step %lld  D %.4f  G %.4f", (long long)progress.step,
               progress.discriminator_loss, progress.generator_loss);
      double share = progress_of(r);
      cli_progress("training", (int64_t)(100 * (share < 1 ? share : 1)), 100, text);
    }
    draw_row(r, row);
  }
}

static void write_sheet(run *r, const char *path) {
  gan_grid_view view = {.struct_size = sizeof view,
                        .count = ROWS * COLUMNS,
                        .channels = 1,
                        .height = SIDE,
                        .width = SIDE,
                        .columns = COLUMNS,
                        .scale = 2,
                        .low = 0,
                        .high = 1};
  gan_image *sheet;
  cli_check(r->context, gan_image_grid(r->context, r->sheet, &view, &sheet));
  cli_check(r->context, gan_image_write_png(sheet, path));
  gan_image_destroy(sheet);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "trains a GAN on MNIST");
  cli_check_writable(cli_text(options, "--out"));
  static run r;
  char images[4096];
  cli_find_data(cli_text(options, "--data-dir"), "mnist/train-images-idx3-ubyte.gz", images,
                sizeof images);
  r.steps = cli_integer(options, "--steps");
  r.budget = (double)cli_integer(options, "--seconds");
  cli_check(NULL, gan_context_create(&r.context));
  gan_context_take_blas(
      r.context); /* the process is ours; where it cannot be had we go on without */
  cli_check(r.context,
            gan_context_set_threads(r.context, (int32_t)cli_integer(options, "--threads")));
  cli_check(r.context, gan_context_set_seed(r.context, (uint64_t)cli_integer(options, "--seed")));
  cli_check(r.context, gan_dataset_open_idx(r.context, images, NULL, &r.digits));
  make_trainer(&r);
  cli_cancel_on_interrupt(r.context);
  int64_t bytes; /* asking for the plan's size compiles it, before the clock starts */
  cli_check(r.context, gan_trainer_plan_bytes(r.trainer, cli_integer(options, "--batch"), &bytes));

  r.started = cli_seconds();
  train(&r);
  double seconds = cli_seconds() - r.started;
  write_sheet(&r, cli_text(options, "--out"));
  gan_progress last = {.struct_size = sizeof last};
  cli_check(r.context, gan_trainer_progress(r.trainer, &last));
  int64_t steps = gan_trainer_steps(r.trainer);
  printf(
      "epochs=%.1f discriminator_loss=%.3f generator_loss=%.3f steps=%lld seconds=%.1f "
      "steps_per_second=%.1f peak_mb=%.0f\n",
      (double)steps * (double)cli_integer(options, "--batch") / (double)gan_dataset_rows(r.digits),
      last.discriminator_loss, last.generator_loss, (long long)steps, seconds,
      (double)steps / seconds, cli_peak_mb());
  gan_trainer_destroy(r.trainer);
  gan_generator_destroy(r.generator);
  gan_discriminator_destroy(r.discriminator);
  gan_dataset_destroy(r.digits);
  gan_context_destroy(r.context);
  return 0;
}
