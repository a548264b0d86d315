/* SPDX-License-Identifier: MIT */
/* two_gaussians: what theory says of a discriminator, seen on the line. Part "fixed": p = N(0, 1)
 * and q = N(distance, 1) stay, and a discriminator learns D* = p / (p + q). Part "trained": a
 * generator learns p; D goes to 1/2 everywhere and V to -log 4. (Goodfellow et al. 2014.) */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { FRESH = 1 << 20, BATCH_LIMIT = 1 << 16, GRID = 241, BINS = 60, MOMENTS = 6, TRACE = 500 };

static cli_option options[] = {
    {"--part", "both", "both|fixed|trained", 1, 0, "of the experiment"},
    {"--distance", "1", NULL, 1, 0, "fixed: of the two means, 0 to 20"},
    {"--smoothing", "1", NULL, 1, 0, "fixed: target of real rows, 0.01 to 1; 0.9 is usual"},
    {"--hidden", "0", NULL, 0, 4096, "fixed: hidden units of the discriminator; 0: logistic"},
    {"--fixed-steps", "4000", NULL, 1, 100000000, "fixed: steps of the discriminator"},
    {"--steps", "3000", NULL, MOMENTS, 100000000, "trained: steps of both players"},
    {"--unroll", "0", NULL, 0, 1000, "trained: K, discriminator steps to look ahead"},
    {"--batch", "512", NULL, 1, BATCH_LIMIT, "numbers in a batch"},
    {"--seed", "1", NULL, 0, INT32_MAX, "of parameters, latents and data"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {"--out", "two_gaussians.png", NULL, 1, 0, "picture of p, q, D and V"},
    {"--quiet", NULL, "", 1, 0, "no progress, the last line only"},
    {NULL, NULL, NULL, 1, 0, NULL}};

/* The trained part's generator; its discriminator, whose first layer begins with steps at several
 * places of the line. */
static const char generator_text[] =
    "f64; latent 1 normal; dense 16 softplus; dense 16 softplus; dense 1 name=last";
static const char discriminator_text[] =
    "f64; input 1; init normal 0 1; dense 32 tanh; init xavier; dense 32 tanh; dense 1";

typedef struct run {
  gan_context *context;
  gan_generator *source; /* makes p */
  int64_t batch;
  uint64_t seed;
  float rows[BATCH_LIMIT];
  float real[FRESH], made[FRESH], logits[2][FRESH]; /* to estimate with */
  double trace_steps[TRACE], trace[TRACE];
  int32_t traced;
  gan_image *panels[MOMENTS + 2];
} run;

/* What one discriminator says of p and of what a generator makes. */
typedef struct verdict {
  gan_logit_report logits;
  double mean; /* of D over rows of p and q */
} verdict;

static double real_option(const char *name, double low, double high) {
  const char *text = cli_text(options, name);
  char *end;
  double value = strtod(text, &end);
  if (end != text && !*end && value >= low && value <= high) return value;
  fprintf(stderr, "%s %s: a number from %g to %g is needed; see --help for the usage\n", name, text,
          low, high);
  exit(2);
}

/* Numbers drawn by a generator never repeat: every purpose has seeds of its own. */
static uint64_t seed_of(const run *r, uint64_t purpose, int64_t step) {
  return (r->seed << 32) + (purpose << 28) + (uint64_t)step;
}

static double sigmoid(double a) {
  return 1 / (1 + exp(-a));
}

static double density(double x, double mean) {
  return exp(-0.5 * (x - mean) * (x - mean)) / sqrt(2 * 3.14159265358979323846);
}

/* N(mean, 1) as a generator that never changes. */
static gan_generator *normal(run *r, double mean) {
  gan_generator *generator;
  double one = 1;
  cli_check(r->context,
            gan_generator_parse(r->context, "f64; latent 1 normal; dense 1", &generator));
  gan_network *network = gan_generator_network(generator);
  cli_check(r->context, gan_network_set_parameter_f64(network, "dense_1/weight", &one, 1));
  cli_check(r->context, gan_network_set_parameter_f64(network, "dense_1/bias", &mean, 1));
  cli_check(r->context, gan_network_set_frozen(network, NULL, 1));
  return generator;
}

/* Adam, whose rate falls to 0 over the second half of the steps. */
static gan_optimizer *adam(run *r, double rate, int64_t steps) {
  gan_optimizer *optimizer;
  cli_check(r->context, gan_optimizer_create(r->context, GAN_OPTIMIZER_ADAM, &optimizer));
  cli_check(r->context, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, rate));
  cli_check(r->context, gan_optimizer_set(optimizer, GAN_BETA1, 0.5));
  cli_check(r->context, gan_optimizer_set(optimizer, GAN_RATE_LINEAR_START, (double)(steps / 2)));
  cli_check(r->context, gan_optimizer_set(optimizer, GAN_RATE_LINEAR_END, (double)steps));
  return optimizer;
}

/* What trainers are made of here. */
typedef struct setup {
  gan_generator *generator;
  gan_discriminator *discriminator;
  double generator_rate, discriminator_rate, smoothing;
  int64_t steps;
} setup;

static gan_trainer *make_trainer(run *r, const setup *s) {
  gan_context *c = r->context;
  gan_trainer *trainer;
  gan_loss *loss;
  cli_check(c, gan_loss_create(c, GAN_LOSS_NON_SATURATING, &loss));
  cli_check(c, gan_loss_set(loss, GAN_REAL_TARGET, s->smoothing));
  gan_optimizer *g = adam(r, s->generator_rate, s->steps);
  gan_optimizer *d = adam(r, s->discriminator_rate, s->steps);
  cli_check(c, gan_trainer_create(c, s->generator, s->discriminator, loss, g, d, &trainer));
  gan_optimizer_destroy(g);
  gan_optimizer_destroy(d);
  gan_loss_destroy(loss);
  return trainer;
}

/* Trains a discriminator alone, against a generator that stays as it is. */
static void train_discriminator(run *r, const setup *s, uint64_t purpose) {
  gan_trainer *trainer = make_trainer(r, s);
  for (int64_t step = 0; step < s->steps; step++) {
    cli_check(r->context,
              gan_generator_sample(r->source, r->batch, seed_of(r, purpose, step), r->rows));
    cli_check(r->context, gan_trainer_step_discriminator(trainer, r->rows, r->batch));
    if (!cli_flag(options, "--quiet") && (step + 1) % 100 == 0)
      cli_progress("discriminator", step + 1, s->steps, "");
  }
  gan_trainer_destroy(trainer);
}

/* Judges on FRESH new numbers of each kind. */
static verdict judge(run *r, gan_generator *generator, gan_discriminator *discriminator) {
  verdict v = {.logits = {.struct_size = sizeof v.logits}};
  gan_context *c = r->context;
  cli_check(c, gan_generator_sample(r->source, FRESH, seed_of(r, 1, 0), r->real));
  cli_check(c, gan_generator_sample(generator, FRESH, seed_of(r, 1, 1), r->made));
  cli_check(c, gan_discriminator_run(discriminator, r->real, FRESH, r->logits[0]));
  cli_check(c, gan_discriminator_run(discriminator, r->made, FRESH, r->logits[1]));
  cli_check(c, gan_metric_logits(c, r->logits[0], FRESH, r->logits[1], FRESH, &v.logits));
  for (int64_t i = 0; i < FRESH; i++)
    v.mean += (sigmoid(r->logits[0][i]) + sigmoid(r->logits[1][i])) / (2.0 * FRESH);
  return v;
}

typedef struct moments {
  double mean, deviation;
} moments;

/* Of the numbers in r->made. */
static moments moments_of(const run *r) {
  double mean = 0, square = 0;
  for (int64_t i = 0; i < FRESH; i++) {
    mean += r->made[i] / (double)FRESH;
    square += (double)r->made[i] * r->made[i] / (double)FRESH;
  }
  return (moments){mean, sqrt(square - mean * mean)};
}

/* ---- Pictures. ---- */

/* A frame over x with p, q and D: q as a function or, when it is NULL, as the histogram of
 * r->made; best may be NULL. */
typedef struct frame {
  const char *title;
  const double *x, *p, *q, *d, *best; /* [GRID] */
  int64_t made;
  int32_t legend;
} frame;

static gan_image *draw(run *r, const frame *f) {
  double edges[BINS + 1], counts[BINS] = {0}, low = f->x[0], high = f->x[GRID - 1];
  double width = (high - low) / BINS;
  for (int i = 0; i <= BINS; i++)
    edges[i] = low + width * i;
  for (int64_t i = 0; i < f->made; i++)
    if (r->made[i] >= low && r->made[i] < high)
      counts[(int)((r->made[i] - low) / width) % BINS] += 1 / ((double)f->made * width);
  gan_series series[4] = {{.x = f->x, .y = f->p, .count = GRID, .name = "p", .fill = 0.15},
                          {.x = f->x, .y = f->q, .count = GRID, .name = "q", .fill = 0.15},
                          {.x = f->x, .y = f->d, .count = GRID, .name = "D", .width = 2},
                          {.x = f->x,
                           .y = f->best,
                           .count = GRID,
                           .name = "best D",
                           .dash = GAN_DASH_DOTTED,
                           .colour = 0x010101}};
  if (!f->q) {
    series[1].form = GAN_SERIES_BARS;
    series[1].x = edges;
    series[1].y = counts;
    series[1].count = BINS;
  }
  for (int i = 0; i < 4; i++)
    series[i].struct_size = sizeof series[i];
  gan_chart_view view = {.struct_size = sizeof view,
                         .width = 380,
                         .height = 280,
                         .title = f->title,
                         .x_low = low,
                         .x_high = high,
                         .y_low = 0,
                         .y_high = 1.02,
                         .legend = f->legend};
  gan_image *chart;
  cli_check(r->context, gan_image_chart(r->context, series, f->best ? 4 : 3, &view, &chart));
  return chart;
}

/* The discriminator's D at GRID points x from low to high, and p there. */
static void scan(run *r, gan_discriminator *discriminator, double low, double high, double *x,
                 double *p, double *d) {
  for (int i = 0; i < GRID; i++)
    x[i] = low + (high - low) * i / (GRID - 1);
  cli_check(r->context, gan_discriminator_probabilities_f64(discriminator, x, GRID, d));
  for (int i = 0; i < GRID; i++)
    p[i] = density(x[i], 0);
}

static gan_image *draw_trace(run *r) {
  double limit = -log(4);
  gan_series series[2] = {{.struct_size = sizeof(gan_series),
                           .y = &limit,
                           .count = 1,
                           .name = "-log 4",
                           .form = GAN_SERIES_HORIZONTAL,
                           .dash = GAN_DASH_DASHED,
                           .colour = 0x010101},
                          {.struct_size = sizeof(gan_series),
                           .x = r->trace_steps,
                           .y = r->trace,
                           .count = r->traced,
                           .name = "V"}};
  gan_chart_view view = {
      .struct_size = sizeof view, .width = 380, .height = 280, .title = "V by step"};
  gan_image *chart;
  cli_check(r->context, gan_image_chart(r->context, series, 2, &view, &chart));
  return chart;
}

/* Two rows of four: the fixed part, six moments of the trained one, and V. */
static void write_picture(run *r, const char *path) {
  int only = !strcmp(cli_text(options, "--part"), "fixed");
  gan_panel_view view = {.struct_size = sizeof view,
                         .rows = only ? 1 : 2,
                         .columns = only ? 1 : (MOMENTS + 2) / 2,
                         .panels = (const gan_image *const *)r->panels};
  gan_image *picture;
  cli_check(r->context, gan_image_panels(r->context, &view, &picture));
  cli_check(r->context, gan_image_write_png(picture, path));
  gan_image_destroy(picture);
}

/* ---- Part "fixed". ---- */

static void fixed_part(run *r) {
  double distance = real_option("--distance", 0, 20), t = real_option("--smoothing", 0.01, 1);
  char text[64] = "f64; input 1; dense 1", title[64];
  int64_t hidden = cli_integer(options, "--hidden");
  if (hidden)
    snprintf(text, sizeof text, "f64; input 1; dense %lld tanh; dense 1", (long long)hidden);
  gan_discriminator *discriminator;
  cli_check(r->context, gan_discriminator_parse(r->context, text, &discriminator));
  setup s = {normal(r, distance), discriminator, 0, 0.05, t, cli_integer(options, "--fixed-steps")};
  train_discriminator(r, &s, 2);

  double ends[2] = {0, 1}, logits[2], means[2] = {0, distance}, deviation = 1;
  cli_check(r->context, gan_discriminator_run_f64(discriminator, ends, 2, logits));
  verdict v = judge(r, s.generator, discriminator);
  gan_density p = {sizeof p, 1, NULL, &means[0], &deviation}, q = p;
  q.means = &means[1];
  gan_divergence_report truth = {.struct_size = sizeof truth};
  cli_check(r->context, gan_metric_divergence(r->context, &p, &q, &truth));

  double x[GRID], y[GRID], d[GRID], other[GRID], best[GRID];
  scan(r, discriminator, -4, distance + 4, x, y, d);
  cli_check(r->context, gan_metric_best_logits(r->context, &p, &q, x, GRID, best));
  double weight = 0, error = 0;
  for (int i = 0; i < GRID; i++) {
    best[i] = t * sigmoid(best[i]);
    other[i] = density(x[i], distance);
    weight += y[i] + other[i];
    error += (y[i] + other[i]) * fabs(d[i] - best[i]);
  }
  snprintf(title, sizeof title, "fixed, distance %g, target %g", distance, t);
  r->panels[0] = draw(r, &(frame){title, x, y, other, d, best, 0, GAN_LEGEND_AUTOMATIC});
  printf(
      "distance=%g smoothing=%g slope=%.4f offset=%.4f v=%.5f v_true=%.5f jsd=%.5f jsd_true=%.5f "
      "d_fixed=%.4f d_error=%.4f ",
      distance, t, logits[1] - logits[0], logits[0], v.logits.value, truth.value, v.logits.js,
      truth.js, v.mean, error / weight);
  gan_generator_destroy(s.generator);
  gan_discriminator_destroy(discriminator);
}

/* ---- Part "trained". ---- */

static int32_t on_step(const gan_progress *progress, void *user) {
  run *r = user;
  int64_t steps = cli_integer(options, "--steps"), every = (steps + TRACE - 1) / TRACE;
  if (progress->step % every == 0 && r->traced < TRACE) {
    r->trace_steps[r->traced] = (double)progress->step;
    r->trace[r->traced++] = -progress->discriminator_loss;
  }
  if (cli_flag(options, "--quiet") || (progress->step % 50 && progress->step != steps)) return 0;
  char text[64];
  snprintf(text, sizeof text, "V %.4f", -progress->discriminator_loss);
  cli_progress("both players", progress->step, steps, text);
  return 0;
}

/* The batches of both players' training. */
static int32_t next_batch(int64_t index, gan_batch *batch, void *user) {
  run *r = user;
  int64_t dims[2] = {r->batch, 1};
  if (gan_generator_sample(r->source, r->batch, seed_of(r, 3, index), r->rows)) return 1;
  return gan_batch_set(batch, "real", GAN_F32, r->rows, 2, dims) != GAN_OK;
}

static void draw_moment(run *r, const setup *s, int moment, int64_t step) {
  double x[GRID], p[GRID], d[GRID];
  char title[64];
  scan(r, s->discriminator, -5, 5, x, p, d);
  cli_check(r->context, gan_generator_sample(s->generator, FRESH / 8, seed_of(r, 1, 2), r->made));
  snprintf(title, sizeof title, "trained, step %lld", (long long)step);
  r->panels[1 + moment] =
      draw(r, &(frame){title, x, p, NULL, d, NULL, FRESH / 8, GAN_LEGEND_AUTOMATIC});
}

static void trained_part(run *r) {
  setup s = {.generator_rate = 1e-3,
             .discriminator_rate = 2e-3,
             .smoothing = 1,
             .steps = cli_integer(options, "--steps")};
  cli_check(r->context, gan_generator_parse(r->context, generator_text, &s.generator));
  cli_check(r->context, gan_discriminator_parse(r->context, discriminator_text, &s.discriminator));
  gan_network *network = gan_generator_network(s.generator);
  cli_check(r->context, gan_generator_sample(s.generator, FRESH, seed_of(r, 1, 3), r->made));
  double start = 3 - moments_of(r).mean; /* q begins around 3, away from p; the bias is 0 before */
  cli_check(r->context, gan_network_set_parameter_f64(network, "last/bias", &start, 1));
  gan_trainer *trainer = make_trainer(r, &s);
  cli_check(r->context, gan_trainer_set_unroll(trainer, (int32_t)cli_integer(options, "--unroll")));
  cli_check(r->context, gan_trainer_set_callback(trainer, on_step, r));
  cli_check(r->context, gan_trainer_set_data_callback(trainer, next_batch, r));
  for (int moment = 0; moment < MOMENTS; moment++) {
    static const int thousandths[MOMENTS] = {0, 10, 30, 100, 300, 1000};
    int64_t to = s.steps * thousandths[moment] / 1000;
    cli_check(r->context, gan_trainer_run(trainer, to - gan_trainer_steps(trainer)));
    draw_moment(r, &s, moment, to);
  }
  r->panels[1 + MOMENTS] = draw_trace(r);
  verdict v = judge(r, s.generator, s.discriminator);
  moments q = moments_of(r);
  gan_trainer_destroy(trainer);
  gan_discriminator_destroy(s.discriminator);

  /* A fresh discriminator against what the generator has become: what could still be told apart. */
  cli_check(r->context, gan_network_set_frozen(network, NULL, 1));
  cli_check(r->context, gan_discriminator_parse(r->context, discriminator_text, &s.discriminator));
  s.discriminator_rate = 5e-3;
  s.steps = cli_integer(options, "--fixed-steps");
  train_discriminator(r, &s, 4);
  verdict fresh = judge(r, s.generator, s.discriminator);
  printf(
      "steps=%lld v_end=%.5f d_mean=%.4f v_fresh=%.5f jsd_fresh=%.5f q_mean=%.3f "
      "q_deviation=%.3f ",
      (long long)cli_integer(options, "--steps"), v.logits.value, v.mean, fresh.logits.value,
      fresh.logits.js, q.mean, q.deviation);
  gan_generator_destroy(s.generator);
  gan_discriminator_destroy(s.discriminator);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "learns the best discriminator of two Gaussians, and a Gaussian");
  real_option("--distance", 0, 20);
  real_option("--smoothing", 0.01, 1);
  cli_check_writable(cli_text(options, "--out"));
  static run r;
  const char *part = cli_text(options, "--part");
  r.batch = cli_integer(options, "--batch");
  r.seed = (uint64_t)cli_integer(options, "--seed");
  cli_check(NULL, gan_context_create(&r.context));
  cli_check(r.context,
            gan_context_set_threads(r.context, (int32_t)cli_integer(options, "--threads")));
  cli_check(r.context, gan_context_set_seed(r.context, r.seed));
  cli_cancel_on_interrupt(r.context);
  double start = cli_seconds();
  r.source = normal(&r, 0);
  if (strcmp(part, "trained")) fixed_part(&r);
  if (strcmp(part, "fixed")) trained_part(&r);
  printf("seconds=%.1f peak_mb=%.0f\n", cli_seconds() - start, cli_peak_mb());
  write_picture(&r, cli_text(options, "--out"));
  for (int i = 0; i < MOMENTS + 2; i++)
    gan_image_destroy(r.panels[i]);
  gan_generator_destroy(r.source);
  gan_context_destroy(r.context);
  return 0;
}
