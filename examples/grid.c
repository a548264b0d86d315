/* SPDX-License-Identifier: MIT */
/* grid: minibatch discrimination (Salimans et al. 2016) on 25 Gaussians of the plane. The same GAN
 * is trained without and with a layer in which the discriminator compares the rows of a batch. A
 * generator that leaves modes out, or visits some too often, then gives itself away. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { SAMPLES = 2500, PANELS = 4, ARMS = 2, GENERATOR_MOVES = 3 };

static cli_option options[] = {
    {"--minibatch", "both", "both|without|with", 1, 0, "which discriminators to train"},
    {"--loss", "non-saturating", "non-saturating|minimax", 1, 0, "of the generator"},
    {"--kernels", "32", NULL, 1, 4096, "B of the layer"},
    {"--dimensions", "5", NULL, 1, 4096, "C of the layer"},
    {"--steps", "8000", NULL, 1, 100000000, "training steps"},
    {"--batch", "64", NULL, 2, 1 << 16, "points in a batch"},
    {"--seed", "1", NULL, 0, INT64_MAX, "of parameters, latents and points"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {"--out", "grid.png", NULL, 1, 0, "picture of the samples over time"},
    {"--quiet", NULL, "", 1, 0, "no progress, the last line only"},
    {NULL, NULL, NULL, 1, 0, NULL}};

static const char generator_text[] =
    "init he; latent 2 normal; dense 128 relu; dense 128 relu; dense 128 relu; dense 2";
/* The layer goes in front of the last one and begins like it: narrow, so that at first all rows of
 * a batch are near each other. */
static const char discriminator_text[] =
    "init he; input 2; scale 0.25; noise 0.02; dense 128 relu; dense 128 relu; dense 128 relu;"
    "init normal 0 0.05; dense 1";
static const double generator_rate = 1e-3, discriminator_rate = 2e-4;

static const char *const arm_names[ARMS] = {"without", "with"};

typedef struct arm {
  const char *name;
  gan_context *context;
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_trainer *trainer;
  gan_dataset *data;
  int64_t steps;
  gan_image *panels[PANELS + 1];
  gan_mode_report report;
  double seconds;
} arm;

static float samples[2 * SAMPLES];
static gan_context *pictures; /* of all panels */

/* Adam, whose rate falls to 0 in the second half of the run. */
static gan_optimizer *adam(const arm *a, double rate, int64_t moves) {
  gan_optimizer *optimizer;
  gan_context *c = a->context;
  cli_check(c, gan_optimizer_create(c, GAN_OPTIMIZER_ADAM, &optimizer));
  cli_check(c, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, rate));
  cli_check(c, gan_optimizer_set(optimizer, GAN_BETA1, 0.5));
  cli_check(c, gan_optimizer_set(optimizer, GAN_RATE_LINEAR_END, (double)(a->steps * moves)));
  cli_check(c,
            gan_optimizer_set(optimizer, GAN_RATE_LINEAR_START, 0.5 * (double)(a->steps * moves)));
  return optimizer;
}

/* Both arms begin with the same weights, and, made by the same calls, have the same draws; the one
 * with the layer has it besides. */
static void make_networks(arm *a, int with) {
  gan_context *c = a->context;
  gan_discriminator *plain;
  gan_loss *wants;
  cli_check(c, gan_generator_parse(c, generator_text, &a->generator));
  cli_check(c, gan_discriminator_parse(c, discriminator_text, &plain));
  int32_t kind = with ? GAN_LOSS_MINIBATCH_DISCRIMINATION : GAN_LOSS_NON_SATURATING;
  cli_check(c, gan_loss_create(c, kind, &wants));
  if (with) {
    double kernels = (double)cli_integer(options, "--kernels");
    double dimensions = (double)cli_integer(options, "--dimensions");
    cli_check(c, gan_loss_set(wants, GAN_KERNELS, kernels));
    cli_check(c, gan_loss_set(wants, GAN_KERNEL_DIMENSIONS, dimensions));
  }
  cli_check(c, gan_discriminator_for_loss(plain, wants, &a->discriminator));
  gan_loss_destroy(wants);
  gan_discriminator_destroy(plain);
}

/* A layer works with any loss: the minimax one here is that of the paper's code. */
static void make_trainer(arm *a) {
  gan_context *c = a->context;
  gan_loss *loss;
  int minimax = !strcmp(cli_text(options, "--loss"), "minimax");
  cli_check(c, gan_loss_create(c, minimax ? GAN_LOSS_MINIMAX : GAN_LOSS_NON_SATURATING, &loss));
  gan_optimizer *g = adam(a, generator_rate, GENERATOR_MOVES), *d = adam(a, discriminator_rate, 1);
  cli_check(c, gan_trainer_create(c, a->generator, a->discriminator, loss, g, d, &a->trainer));
  cli_check(c, gan_trainer_set_steps(a->trainer, "generator", GENERATOR_MOVES));
  cli_check(c, gan_trainer_set_data(a->trainer, a->data, cli_integer(options, "--batch")));
  gan_optimizer_destroy(g); /* the trainer keeps what it needs */
  gan_optimizer_destroy(d);
  gan_loss_destroy(loss);
}

static int32_t on_step(const gan_progress *progress, void *user) {
  const arm *a = user;
  if (progress->step % 25 && progress->step != a->steps) return 0;
  char text[96];
  snprintf(text, sizeof text, "D %.4f  G %.4f", progress->discriminator_loss,
           progress->generator_loss);
  cli_progress(a->name, progress->step, a->steps, text);
  return 0;
}

static void draw(arm *a, int panel) {
  gan_scatter_view view = {.struct_size = sizeof view,
                           .size = 220,
                           .x_low = -5.5,
                           .x_high = 5.5,
                           .y_low = -5.5,
                           .y_high = 5.5};
  cli_check(pictures, gan_image_scatter(pictures, samples, SAMPLES, &view, &a->panels[panel]));
}

/* A context of its own for each arm: its numbers do not depend on whether the other one ran. */
static void open_arm(arm *a, int with) {
  cli_check(NULL, gan_context_create(&a->context));
  gan_context *c = a->context;
  gan_context_take_blas(c); /* the process is ours; where it cannot be had we go on without */
  cli_check(c, gan_context_set_threads(c, (int32_t)cli_integer(options, "--threads")));
  cli_check(c, gan_context_set_seed(c, (uint64_t)cli_integer(options, "--seed")));
  cli_check(c, gan_dataset_create_grid(c, 5, 2, 0.05, &a->data));
  a->name = arm_names[with];
  a->steps = cli_integer(options, "--steps");
  make_networks(a, with);
  make_trainer(a);
  if (!cli_flag(options, "--quiet")) cli_check(c, gan_trainer_set_callback(a->trainer, on_step, a));
  cli_cancel_on_interrupt(c);
}

/* Trains; samples after 1/4, 1/2, ... of the steps become panels, then the data. */
static void run_arm(arm *a) {
  gan_context *c = a->context;
  int64_t bytes, modes; /* asking for the plan's size compiles it, before the clock starts */
  cli_check(c, gan_trainer_plan_bytes(a->trainer, cli_integer(options, "--batch"), &bytes));
  for (int panel = 0; panel < PANELS; panel++) {
    int64_t to = a->steps * (panel + 1) / PANELS;
    double start = cli_seconds();
    cli_check(c, gan_trainer_run(a->trainer, to - gan_trainer_steps(a->trainer)));
    a->seconds += cli_seconds() - start;
    cli_check(c, gan_generator_sample(a->generator, SAMPLES, 1, samples));
    draw(a, panel);
  }
  const float *centres;
  double deviation;
  a->report = (gan_mode_report){.struct_size = sizeof a->report};
  cli_check(c, gan_dataset_modes(a->data, &modes, &centres, &deviation));
  cli_check(c, gan_metric_modes(c, samples, SAMPLES, centres, modes, 2, deviation, &a->report));
  cli_check(c, gan_dataset_read(a->data, 0, SAMPLES, samples));
  draw(a, PANELS);
}

static void close_arm(arm *a) {
  for (int i = 0; i <= PANELS; i++)
    gan_image_destroy(a->panels[i]);
  gan_trainer_destroy(a->trainer);
  gan_generator_destroy(a->generator);
  gan_discriminator_destroy(a->discriminator);
  gan_dataset_destroy(a->data);
  gan_context_destroy(a->context);
}

/* A row of panels for each arm. */
static void write_picture(const arm *arms, int count, const char *path) {
  char captions[PANELS + 1][32];
  const char *columns[PANELS + 1], *rows[ARMS];
  const gan_image *panels[ARMS * (PANELS + 1)];
  for (int i = 0; i <= PANELS; i++) {
    snprintf(captions[i], sizeof captions[i], "step %lld",
             (long long)(arms->steps * (i + 1) / PANELS));
    columns[i] = i == PANELS ? "data" : captions[i];
  }
  for (int k = 0; k < count; k++) {
    rows[k] = arms[k].name;
    for (int i = 0; i <= PANELS; i++)
      panels[k * (PANELS + 1) + i] = arms[k].panels[i];
  }
  gan_panel_view view = {.struct_size = sizeof view,
                         .rows = count,
                         .columns = PANELS + 1,
                         .panels = panels,
                         .row_captions = rows,
                         .column_captions = columns};
  gan_image *picture;
  cli_check(pictures, gan_image_panels(pictures, &view, &picture));
  cli_check(pictures, gan_image_write_png(picture, path));
  gan_image_destroy(picture);
}

static void print_arm(const arm *a) {
  const gan_mode_report *r = &a->report;
  char kl[32] = "inf";
  if (isfinite(r->reverse_kl)) snprintf(kl, sizeof kl, "%.3f", r->reverse_kl);
  printf("%s=%lld/%lld %s_1pct=%lld/%lld %s_high_quality=%.2f %s_reverse_kl=%s %s_seconds=%.1f ",
         a->name, (long long)r->modes, (long long)r->mode_count, a->name, (long long)r->modes_1pct,
         (long long)r->mode_count, a->name, r->high_quality, a->name, kl, a->name, a->seconds);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options,
            "trains a GAN on a grid without and with minibatch discrimination");
  cli_check_writable(cli_text(options, "--out"));
  static arm arms[ARMS];
  int count = 0;
  cli_check(NULL, gan_context_create(&pictures));
  const char *which = cli_text(options, "--minibatch");
  for (int with = 0; with < ARMS; with++) {
    if (strcmp(which, "both") != 0 && strcmp(which, arm_names[with]) != 0) continue;
    open_arm(&arms[count], with);
    run_arm(&arms[count++]);
  }
  write_picture(arms, count, cli_text(options, "--out"));
  for (int i = 0; i < count; i++)
    print_arm(&arms[i]);
  printf("steps=%lld peak_mb=%.0f\n", (long long)arms->steps, cli_peak_mb());
  for (int i = 0; i < count; i++)
    close_arm(&arms[i]);
  gan_context_destroy(pictures);
  return 0;
}
