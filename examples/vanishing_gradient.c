/* SPDX-License-Identifier: MIT */
/* vanishing_gradient: the experiment of Arjovsky and Bottou (2017). A generator of digits is
 * trained a little, then held still while discriminators learn from scratch to tell its digits from
 * real ones. The better they get, the smaller is the gradient that the minimax loss would give the
 * generator; that of the non-saturating loss stays. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { SIDE = 28, PIXELS = SIDE * SIDE, BATCH = 64, ROWS = 256, POINTS = 51, RUNS = 16 };

static cli_option options[] = {
    {"--train", "1560", NULL, 0, 10000000, "steps of the generator's training before"},
    {"--steps", "1000", NULL, 1, 10000000, "steps of a fresh discriminator"},
    {"--rate", "200", NULL, 1, 1000000, "of the fresh discriminator's Adam, in millionths"},
    {"--runs", "3", NULL, 1, RUNS, "fresh discriminators, one after the other"},
    {"--type", "f32", "f32|f64", 1, 0, "of all numbers"},
    {"--seed", "1", NULL, 0, INT64_MAX, "of parameters, latents and shuffles"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {"--data-dir", NULL, NULL, 1, 0, "folder that holds mnist/"},
    {"--out", "vanishing_gradient.png", NULL, 1, 0, "chart of the gradients' norms by step"},
    {"--quiet", NULL, "", 1, 0, "no progress, the last line only"},
    {NULL, NULL, NULL, 1, 0, NULL}};

static const char generator_text[] =
    "init he; latent 64 normal; dense 256 leaky_relu 0.2;"
    "dense 256 leaky_relu 0.2; init xavier; dense 784 sigmoid";
static const char discriminator_text[] =
    "init xavier; input 28x28; dense 256 leaky_relu 0.2; dense 256 leaky_relu 0.2; dense 1";

enum { MINIMAX, NON_SATURATING, LOSSES };
static const int32_t kinds[LOSSES] = {GAN_LOSS_MINIMAX, GAN_LOSS_NON_SATURATING};

/* What one fresh discriminator showed. */
typedef struct curve {
  double steps[POINTS], norms[LOSSES][POINTS];
  gan_logit_report logits; /* of the last moment */
} curve;

typedef struct run {
  gan_context *context;
  gan_dataset *digits;
  gan_generator *generator;    /* frozen after its training */
  gan_generator *witness;      /* its copy, along whose parameters gradients are taken */
  float batch[BATCH * PIXELS]; /* of the discriminator's steps */
  float real[ROWS * PIXELS];   /* what is measured on */
  float made[ROWS * PIXELS];
  float logits[2][ROWS];
  curve curves[RUNS];
} run;

static gan_optimizer *adam(gan_context *context, double rate) {
  gan_optimizer *optimizer;
  cli_check(context, gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &optimizer));
  cli_check(context, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, rate));
  cli_check(context, gan_optimizer_set(optimizer, GAN_BETA1, 0.5));
  return optimizer;
}

static gan_discriminator *fresh_discriminator(run *r) {
  char text[sizeof discriminator_text + 8];
  gan_discriminator *discriminator;
  snprintf(text, sizeof text, "%s; %s", cli_text(options, "--type"), discriminator_text);
  cli_check(r->context, gan_discriminator_parse(r->context, text, &discriminator));
  return discriminator;
}

static gan_trainer *make_trainer(run *r, gan_discriminator *discriminator, double rate) {
  gan_context *c = r->context;
  gan_trainer *trainer;
  gan_loss *loss;
  cli_check(c, gan_loss_create(c, GAN_LOSS_NON_SATURATING, &loss));
  gan_optimizer *g = adam(c, 2e-4), *d = adam(c, rate);
  cli_check(c, gan_trainer_create(c, r->generator, discriminator, loss, g, d, &trainer));
  gan_optimizer_destroy(g);
  gan_optimizer_destroy(d);
  gan_loss_destroy(loss);
  return trainer;
}

/* The generator's brief training, with a discriminator that is forgotten. */
static void train_generator(run *r) {
  char text[sizeof generator_text + 8];
  snprintf(text, sizeof text, "%s; %s", cli_text(options, "--type"), generator_text);
  cli_check(r->context, gan_generator_parse(r->context, text, &r->generator));
  gan_discriminator *discriminator = fresh_discriminator(r);
  gan_trainer *trainer = make_trainer(r, discriminator, 2e-4);
  cli_check(r->context, gan_trainer_set_data(trainer, r->digits, BATCH));
  int64_t steps = cli_integer(options, "--train");
  for (int64_t done = 0, next; done < steps; done = next) {
    next = done + 50 < steps ? done + 50 : steps;
    cli_check(r->context, gan_trainer_run(trainer, next - done));
    if (!cli_flag(options, "--quiet")) cli_progress("generator", next, steps, "");
  }
  gan_trainer_destroy(trainer);
  gan_discriminator_destroy(discriminator);
  /* A frozen generator has no gradient; its copy, made before, stands for it where that is taken.
   */
  cli_check(r->context, gan_generator_clone(r->generator, &r->witness));
  cli_check(r->context, gan_network_set_frozen(gan_generator_network(r->generator), NULL, 1));
}

/* The gradient of the generator's loss of this kind, on the same real rows and noise every time. */
static gan_unroll *make_probe(run *r, gan_discriminator *discriminator, int32_t kind) {
  gan_context *c = r->context;
  gan_unroll *probe;
  gan_loss *loss;
  cli_check(c, gan_loss_create(c, kind, &loss));
  gan_optimizer *g = adam(c, 1e-3), *d = adam(c, 1e-3); /* asked for, but never used */
  cli_check(c, gan_unroll_create(c, r->witness, discriminator, loss, g, d, &probe));
  cli_check(c, gan_unroll_set_steps(probe, 0));
  cli_check(c, gan_unroll_set_seed(probe, 1000));
  cli_check(c, gan_unroll_set_batch(probe, r->real, ROWS));
  gan_optimizer_destroy(g);
  gan_optimizer_destroy(d);
  gan_loss_destroy(loss);
  return probe;
}

static double norm_of(run *r, gan_unroll *probe) {
  gan_gradient *gradient;
  cli_check(r->context, gan_unroll_gradient(probe, &gradient));
  double norm = gan_gradient_norm(gradient);
  gan_gradient_destroy(gradient);
  return norm;
}

/* What the discriminator knows at the end: of real digits and of ones it has never seen. */
static gan_logit_report judge(run *r, gan_discriminator *discriminator) {
  gan_logit_report report = {.struct_size = sizeof report};
  cli_check(r->context, gan_generator_sample(r->generator, ROWS, 2000, r->made));
  cli_check(r->context, gan_discriminator_run(discriminator, r->real, ROWS, r->logits[0]));
  cli_check(r->context, gan_discriminator_run(discriminator, r->made, ROWS, r->logits[1]));
  cli_check(r->context,
            gan_metric_logits(r->context, r->logits[0], ROWS, r->logits[1], ROWS, &report));
  return report;
}

/* A fresh discriminator learns; the norms are taken at POINTS moments on the way. */
static void retrain(run *r, int64_t number) {
  curve *c = &r->curves[number];
  gan_discriminator *discriminator = fresh_discriminator(r);
  gan_trainer *trainer =
      make_trainer(r, discriminator, 1e-6 * (double)cli_integer(options, "--rate"));
  gan_unroll *probes[LOSSES];
  for (int i = 0; i < LOSSES; i++)
    probes[i] = make_probe(r, discriminator, kinds[i]);
  cli_check(r->context, gan_trainer_set_seed(trainer, (uint64_t)(3000 + number)));
  int64_t steps = cli_integer(options, "--steps"), runs = cli_integer(options, "--runs");
  for (int point = 0; point < POINTS; point++) {
    int64_t to = steps * point / (POINTS - 1);
    for (int64_t step = gan_trainer_steps(trainer); step < to; step++) {
      uint64_t index = (uint64_t)(number * steps + step);
      cli_check(r->context, gan_dataset_batch(r->digits, index, BATCH, r->batch, NULL));
      cli_check(r->context, gan_trainer_step_discriminator(trainer, r->batch, BATCH));
    }
    c->steps[point] = (double)to;
    for (int i = 0; i < LOSSES; i++)
      c->norms[i][point] = norm_of(r, probes[i]);
    char text[96];
    snprintf(text, sizeof text, "minimax %.2e  non-saturating %.2e", c->norms[MINIMAX][point],
             c->norms[NON_SATURATING][point]);
    if (!cli_flag(options, "--quiet"))
      cli_progress("discriminators", number * steps + to, runs * steps, text);
  }
  c->logits = judge(r, discriminator);
  for (int i = 0; i < LOSSES; i++)
    gan_unroll_destroy(probes[i]);
  gan_trainer_destroy(trainer);
  gan_discriminator_destroy(discriminator);
}

/* By how many powers of ten a norm fell from the first moment to the last. */
static double decades(const curve *c, int loss) {
  return log10(c->norms[loss][0] / c->norms[loss][POINTS - 1]);
}

static void write_chart(run *r, const char *path) {
  static const char *const names[LOSSES] = {"minimax", "non-saturating"};
  static const int32_t colours[LOSSES] = {0xD55E00, 0x0072B2};
  gan_series series[LOSSES * RUNS];
  int64_t runs = cli_integer(options, "--runs"), count = 0;
  for (int loss = 0; loss < LOSSES; loss++)
    for (int64_t i = 0; i < runs; i++)
      series[count++] = (gan_series){.struct_size = sizeof(gan_series),
                                     .x = r->curves[i].steps,
                                     .y = r->curves[i].norms[loss],
                                     .count = POINTS,
                                     .name = i == 0 ? names[loss] : NULL,
                                     .colour = colours[loss],
                                     .dash = GAN_DASH_SOLID,
                                     .width = 1.5};
  gan_chart_view view = {.struct_size = sizeof view,
                         .width = 720,
                         .height = 440,
                         .title = "Gradient of a frozen generator's loss",
                         .x_caption = "steps of a fresh discriminator",
                         .y_caption = "Euclidean norm",
                         .y_scale = GAN_SCALE_LOGARITHMIC};
  gan_image *chart;
  cli_check(r->context, gan_image_chart(r->context, series, count, &view, &chart));
  cli_check(r->context, gan_image_write_png(chart, path));
  gan_image_destroy(chart);
}

/* Of several runs the worst: where minimax fell least, and the other most. */
static void report(const run *r, double seconds) {
  int64_t runs = cli_integer(options, "--runs");
  double minimax = INFINITY, other = -INFINITY, js = INFINITY, accuracy = INFINITY;
  for (int64_t i = 0; i < runs; i++) {
    const gan_logit_report *logits = &r->curves[i].logits;
    minimax = fmin(minimax, decades(&r->curves[i], MINIMAX));
    other = fmax(other, decades(&r->curves[i], NON_SATURATING));
    js = fmin(js, logits->js);
    accuracy = fmin(accuracy, (logits->real_accuracy + logits->generated_accuracy) / 2);
  }
  const curve *first = &r->curves[0];
  printf(
      "decades_minimax=%.2f decades_non_saturating=%.2f minimax_first=%.3e minimax_last=%.3e "
      "non_saturating_first=%.3e non_saturating_last=%.3e js=%.4f accuracy=%.4f runs=%lld "
      "train=%lld steps=%lld seconds=%.1f peak_mb=%.0f\n",
      minimax, other, first->norms[MINIMAX][0], first->norms[MINIMAX][POINTS - 1],
      first->norms[NON_SATURATING][0], first->norms[NON_SATURATING][POINTS - 1], js, accuracy,
      (long long)runs, (long long)cli_integer(options, "--train"),
      (long long)cli_integer(options, "--steps"), seconds, cli_peak_mb());
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "shows how the minimax loss's gradient vanishes");
  cli_check_writable(cli_text(options, "--out"));
  static run r;
  char images[4096];
  cli_find_data(cli_text(options, "--data-dir"), "mnist/train-images-idx3-ubyte.gz", images,
                sizeof images);
  cli_check(NULL, gan_context_create(&r.context));
  gan_context_take_blas(
      r.context); /* the process is ours; where it cannot be had we go on without */
  cli_check(r.context,
            gan_context_set_threads(r.context, (int32_t)cli_integer(options, "--threads")));
  cli_check(r.context, gan_context_set_seed(r.context, (uint64_t)cli_integer(options, "--seed")));
  cli_check(r.context, gan_dataset_open_idx(r.context, images, NULL, &r.digits));
  cli_check(r.context, gan_dataset_read(r.digits, 0, ROWS, r.real));
  cli_cancel_on_interrupt(r.context);

  double start = cli_seconds();
  train_generator(&r);
  for (int64_t i = 0; i < cli_integer(options, "--runs"); i++)
    retrain(&r, i);
  double seconds = cli_seconds() - start;
  write_chart(&r, cli_text(options, "--out"));
  report(&r, seconds);

  gan_generator_destroy(r.generator);
  gan_generator_destroy(r.witness);
  gan_dataset_destroy(r.digits);
  gan_context_destroy(r.context);
  return 0;
}
