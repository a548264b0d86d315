/* SPDX-License-Identifier: MIT */
/* ring: the unrolled GAN of Metz et al. (2017) on a ring, a grid or a swiss roll of points. With
 * --unroll 0 the generator jumps from mode to mode; with 5 it finds all of them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { SAMPLES = 2500, PANELS = 6 };

static cli_option options[] = {
    {"--setup", "paper", "paper|notebook", 1, 0, "networks and rates"},
    {"--layout", "ring", "ring|grid|swissroll", 1, 0, "the points to learn"},
    {"--unroll", "5", NULL, 0, 1000, "K, discriminator steps to look ahead"},
    {"--inner", NULL, "same|fresh", 1, 0, "batches of the steps ahead; paper fresh, notebook same"},
    {"--steps", "15000", NULL, 1, 100000000, "training steps"},
    {"--batch", "512", NULL, 1, 1 << 24, "points in a batch"},
    {"--seed", "1", NULL, 0, INT64_MAX, "of parameters, latents and points"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {"--out", "ring.png", NULL, 1, 0, "picture of the samples over time"},
    {"--quiet", NULL, "", 1, 0, "no progress, the last line only"},
    {NULL, NULL, NULL, 1, 0, NULL}};

/* Metz et al. 2017, appendix A (paper); the authors' notebook (notebook). */
typedef struct setup {
  const char *generator, *discriminator;
  double generator_rate, discriminator_rate, radius, deviation;
  int32_t order, inner;
} setup;

static const setup setups[] = {
    {"init orthogonal 0.8; latent 256 normal; dense 128 relu; dense 128 relu; dense 2",
     "init orthogonal 0.8; input 2; scale 0.25; dense 128 relu; dense 1", 1e-4, 1e-4, 2, 0.02,
     GAN_ORDER_ALTERNATING, GAN_INNER_FRESH},
    {"init orthogonal 1.4; latent 256 normal; dense 128 tanh; dense 128 tanh; dense 2",
     "init orthogonal 1.4; input 2; dense 128 tanh; dense 128 tanh; dense 1", 1e-3, 1e-4, 1, 0.01,
     GAN_ORDER_SIMULTANEOUS, GAN_INNER_SAME}};

typedef struct run {
  gan_context *context;
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_trainer *trainer;
  gan_dataset *data;
  int64_t steps;
  double extent; /* half the side of the pictures' window */
  float samples[2 * SAMPLES];
  gan_image *panels[PANELS + 1];
} run;

static gan_optimizer *adam(gan_context *context, double rate) {
  gan_optimizer *optimizer;
  cli_check(context, gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &optimizer));
  cli_check(context, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, rate));
  cli_check(context, gan_optimizer_set(optimizer, GAN_BETA1, 0.5));
  return optimizer;
}

static void make_data(run *r, const setup *s) {
  const char *layout = cli_text(options, "--layout");
  if (!strcmp(layout, "ring"))
    cli_check(r->context,
              gan_dataset_create_ring(r->context, 8, s->radius, s->deviation, &r->data));
  else if (!strcmp(layout, "grid"))
    cli_check(r->context, gan_dataset_create_grid(r->context, 5, 2, 0.05, &r->data));
  else
    cli_check(r->context, gan_dataset_create_swissroll(r->context, 0.25, 7.5, &r->data));
  r->extent = !strcmp(layout, "grid") ? 5.5 : !strcmp(layout, "ring") ? 1.6 * s->radius : 2.4;
}

static void make_trainer(run *r, const setup *s) {
  gan_context *c = r->context;
  gan_loss *loss;
  cli_check(c, gan_generator_parse(c, s->generator, &r->generator));
  cli_check(c, gan_discriminator_parse(c, s->discriminator, &r->discriminator));
  cli_check(c, gan_loss_create(c, GAN_LOSS_MINIMAX, &loss));
  gan_optimizer *g = adam(c, s->generator_rate), *d = adam(c, s->discriminator_rate);
  cli_check(c, gan_trainer_create(c, r->generator, r->discriminator, loss, g, d, &r->trainer));
  cli_check(c, gan_trainer_set_unroll(r->trainer, (int32_t)cli_integer(options, "--unroll")));
  cli_check(c, gan_trainer_set_order(r->trainer, s->order));
  const char *inner = cli_text(options, "--inner");
  int32_t fresh = inner ? !strcmp(inner, "fresh") : s->inner == GAN_INNER_FRESH;
  cli_check(c, gan_trainer_set_inner_batches(r->trainer, fresh ? GAN_INNER_FRESH : GAN_INNER_SAME));
  cli_check(c, gan_trainer_set_data(r->trainer, r->data, cli_integer(options, "--batch")));
  gan_optimizer_destroy(g); /* the trainer keeps what it needs */
  gan_optimizer_destroy(d);
  gan_loss_destroy(loss);
}

static int32_t on_step(const gan_progress *progress, void *user) {
  run *r = user;
  if (progress->step % 25 && progress->step != r->steps) return 0;
  char text[96];
  snprintf(text, sizeof text, "D %.4f  G %.4f", progress->discriminator_loss,
           progress->generator_loss);
  cli_progress("training", progress->step, r->steps, text);
  return 0;
}

static void draw(run *r, int panel, const float *points) {
  gan_scatter_view view = {.struct_size = sizeof view,
                           .size = 220,
                           .x_low = -r->extent,
                           .x_high = r->extent,
                           .y_low = -r->extent,
                           .y_high = r->extent};
  cli_check(r->context, gan_image_scatter(r->context, points, SAMPLES, &view, &r->panels[panel]));
}

/* One row of panels: samples at six moments, then the data. */
static void write_picture(run *r, const char *path) {
  char captions[PANELS + 1][32];
  const char *columns[PANELS + 1];
  for (int i = 0; i <= PANELS; i++) {
    snprintf(captions[i], sizeof captions[i], "step %lld",
             (long long)(r->steps * i / (PANELS - 1)));
    columns[i] = i == PANELS ? "data" : captions[i];
  }
  cli_check(r->context, gan_dataset_read(r->data, 0, SAMPLES, r->samples));
  draw(r, PANELS, r->samples);
  gan_panel_view view = {.struct_size = sizeof view,
                         .rows = 1,
                         .columns = PANELS + 1,
                         .panels = (const gan_image *const *)r->panels,
                         .column_captions = columns};
  gan_image *picture;
  cli_check(r->context, gan_image_panels(r->context, &view, &picture));
  cli_check(r->context, gan_image_write_png(picture, path));
  gan_image_destroy(picture);
}

static gan_mode_report evaluate(run *r) {
  gan_mode_report report = {.struct_size = sizeof report};
  int64_t modes;
  const float *centres;
  double deviation;
  if (gan_dataset_modes(r->data, &modes, &centres, &deviation) == GAN_OK)
    cli_check(r->context, gan_metric_modes(r->context, r->samples, SAMPLES, centres, modes, 2,
                                           deviation, &report));
  else
    cli_check(r->context,
              gan_metric_swissroll(r->context, r->samples, SAMPLES, 0.25, 7.5, &report));
  return report;
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "trains an unrolled GAN on a mixture of Gaussians");
  cli_check_writable(cli_text(options, "--out"));
  static run r;
  const setup *s = &setups[!strcmp(cli_text(options, "--setup"), "notebook")];
  r.steps = cli_integer(options, "--steps");
  cli_check(NULL, gan_context_create(&r.context));
  gan_context_take_blas(
      r.context); /* the process is ours; where it cannot be had we go on without */
  cli_check(r.context,
            gan_context_set_threads(r.context, (int32_t)cli_integer(options, "--threads")));
  cli_check(r.context, gan_context_set_seed(r.context, (uint64_t)cli_integer(options, "--seed")));
  make_data(&r, s);
  make_trainer(&r, s);
  if (!cli_flag(options, "--quiet"))
    cli_check(r.context, gan_trainer_set_callback(r.trainer, on_step, &r));
  cli_cancel_on_interrupt(r.context);
  int64_t bytes; /* asking for the plan's size compiles it, before the clock starts */
  cli_check(r.context, gan_trainer_plan_bytes(r.trainer, cli_integer(options, "--batch"), &bytes));

  double seconds = 0;
  for (int panel = 0; panel < PANELS; panel++) {
    int64_t from = gan_trainer_steps(r.trainer), to = r.steps * panel / (PANELS - 1);
    double start = cli_seconds();
    cli_check(r.context, gan_trainer_run(r.trainer, to - from));
    seconds += cli_seconds() - start;
    cli_check(r.context, gan_generator_sample(r.generator, SAMPLES, 1, r.samples));
    draw(&r, panel, r.samples);
  }
  gan_mode_report report = evaluate(&r);
  write_picture(&r, cli_text(options, "--out"));
  char kl[32] = "inf";
  if (isfinite(report.reverse_kl)) snprintf(kl, sizeof kl, "%.3f", report.reverse_kl);
  printf(
      "modes=%lld/%lld modes_1pct=%lld/%lld high_quality=%.2f reverse_kl=%s steps=%lld "
      "seconds=%.1f steps_per_second=%.1f peak_mb=%.0f\n",
      (long long)report.modes, (long long)report.mode_count, (long long)report.modes_1pct,
      (long long)report.mode_count, report.high_quality, kl, (long long)r.steps, seconds,
      (double)r.steps / seconds, cli_peak_mb());

  for (int i = 0; i <= PANELS; i++)
    gan_image_destroy(r.panels[i]);
  gan_trainer_destroy(r.trainer);
  gan_generator_destroy(r.generator);
  gan_discriminator_destroy(r.discriminator);
  gan_dataset_destroy(r.data);
  gan_context_destroy(r.context);
  return 0;
}
