/* SPDX-License-Identifier: MIT */
/* mnist: GANs of dense layers on real handwritten digits, scored by a Parzen window estimate. --net
 * 2014 is the set-up of Goodfellow et al. (2014), as in the authors' code; --net small gives digits
 * within a minute: batch norm makes the generator quick, and noise before every layer keeps the
 * discriminator from learning so few digits by heart. The sheet shows the same latents (columns)
 * after more and more training (rows). */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { COLUMNS = 16, ROWS = 8, SIDE = 28, PIXELS = SIDE * SIDE, VALIDATION = 1000, CHUNK = 20 };

static cli_option options[] = {
    {"--net", "2014", "2014|small", 1, 0, "networks and optimizers"},
    {"--loss", "non-saturating", "minimax|non-saturating|feature-matching|minibatch", 1, 0,
     "what the players want"},
    {"--seconds", "60", NULL, 1, 1000000, "training time"},
    {"--steps", "0", NULL, 0, 100000000, "training steps instead, when not 0"},
    {"--unroll", "0", NULL, 0, 1000, "K, discriminator steps to look ahead"},
    {"--batch", NULL, NULL, 1, 5000, "digits in a batch; 100 (2014), 64 (small)"},
    {"--evaluate", "9000", NULL, 0, 100000000, "steps between estimates; 0: at the end only"},
    {"--samples", "10000", NULL, 1, 1000000, "generated digits of an estimate"},
    {"--log", NULL, NULL, 1, 0, "table of all estimates (CSV)"},
    {"--seed", "1", NULL, 0, INT64_MAX, "of parameters, latents and shuffles"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {"--data-dir", NULL, NULL, 1, 0, "folder that holds mnist/"},
    {"--out", "mnist.png", NULL, 1, 0, "sheet of digits over time"},
    {"--quiet", NULL, "", 1, 0, "no progress, the last line only"},
    {NULL, NULL, NULL, 1, 0, NULL}};

/* Networks and what goes with them. `optimizer` makes a player's, whose rate is `rates[player]`,
 * for epochs of so many updates. */
typedef struct setup {
  const char *generator, *discriminator; /* the latter up to its last layer, "dense 1" */
  gan_optimizer *(*optimizer)(gan_context *context, double rate, int64_t epoch);
  double rates[2]; /* of the generator, of the discriminator */
  double average;  /* decay of the averaged weights that digits are drawn with; 0: none */
  int32_t order;
  int64_t batch;
  int start_at_means; /* the generator's last biases begin at the logits of the mean digit */
} setup;

static gan_optimizer *momentum(gan_context *context, double rate, int64_t epoch);
static gan_optimizer *adam(gan_context *context, double rate, int64_t epoch);

/* The authors halve the discriminator's loss, the library does not. Half the rate is the same:
 * steps are proportional to rate times gradient. */
static const setup setups[] = {
    {"init uniform -0.05 0.05; latent 100 uniform -1.7320508075688772 1.7320508075688772;"
     "dense 1200 relu; dense 1200 relu; dense 784 sigmoid",
     "init uniform -0.005 0.005; input 28x28; dropout 0.8; maxout 240 5; dropout 0.5;"
     "maxout 240 5; dropout 0.5;",
     momentum,
     {0.1, 0.05},
     0,
     GAN_ORDER_SIMULTANEOUS,
     100,
     1},
    {"init normal 0 0.05; latent 64 normal; dense 256; batch_norm; relu;"
     "dense 256; batch_norm; relu; init xavier; dense 784 sigmoid",
     "input 28x28; noise 0.5; dense 256 leaky_relu 0.2; noise 0.5;"
     "dense 128 leaky_relu 0.2; noise 0.5;",
     adam,
     {1e-3, 3e-4},
     0.999,
     GAN_ORDER_ALTERNATING,
     64,
     0}};

typedef struct run {
  const setup *setup;
  gan_context *context;
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_trainer *trainer;
  gan_dataset *digits;               /* what is trained on */
  int64_t batch, steps, evaluate;    /* steps 0: by time */
  double budget, trained, evaluated; /* seconds: allowed, spent on training, spent on estimates */
  gan_parzen_data parzen;
  float *samples, *validation, *test; /* [rows, 784] each */
  gan_parzen_report report;
  int64_t report_step;
  FILE *log;
  float sheet[ROWS * COLUMNS * PIXELS]; /* [ROWS * COLUMNS, 1, 28, 28] */
} run;

static gan_optimizer *momentum(gan_context *c, double rate, int64_t epoch) {
  const struct {
    int32_t setting;
    double value;
  } settings[] = {{GAN_LEARNING_RATE, rate},
                  {GAN_RATE_DECAY, 1.000004},
                  {GAN_RATE_FLOOR, 1e-5 * rate},
                  {GAN_MOMENTUM, 0.5},
                  {GAN_MOMENTUM_FINAL, 0.7},
                  {GAN_MOMENTUM_START, (double)epoch},
                  {GAN_MOMENTUM_END, 250 * (double)epoch}};
  gan_optimizer *optimizer;
  cli_check(c, gan_optimizer_create(c, GAN_OPTIMIZER_MOMENTUM, &optimizer));
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
    cli_check(c, gan_optimizer_set(optimizer, settings[i].setting, settings[i].value));
  return optimizer;
}

static gan_optimizer *adam(gan_context *c, double rate, int64_t epoch) {
  (void)epoch; /* one rate throughout */
  gan_optimizer *optimizer;
  cli_check(c, gan_optimizer_create(c, GAN_OPTIMIZER_ADAM, &optimizer));
  cli_check(c, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, rate));
  cli_check(c, gan_optimizer_set(optimizer, GAN_BETA1, 0.5));
  return optimizer;
}

/* ---- Data: the last digits of the training file choose the width of the estimate, the test file
 * is scored, and the rest is trained on. The full MNIST is divided as in 2014: 50,000 and 10,000,
 * of which the first 1,000 choose. ---- */

static gan_dataset *open_digits(run *r, const char *file) {
  char path[4096];
  gan_dataset *digits;
  cli_find_data(cli_text(options, "--data-dir"), file, path, sizeof path);
  cli_check(r->context, gan_dataset_open_idx(r->context, path, NULL, &digits));
  if (gan_dataset_row_width(digits) == PIXELS) return digits;
  fprintf(stderr, "mnist: %s: images of 28 x 28 pixels are needed\n", path);
  exit(2);
}

static float *new_rows(int64_t rows) {
  float *data = malloc((size_t)rows * PIXELS * sizeof *data);
  if (data) return data;
  fprintf(stderr, "mnist: no memory for %lld digits\n", (long long)rows);
  exit(1);
}

static void read_data(run *r) {
  gan_dataset *all = open_digits(r, "mnist/train-images-idx3-ubyte.gz");
  gan_dataset *test = open_digits(r, "mnist/t10k-images-idx3-ubyte.gz"), *parts[2];
  int64_t held = gan_dataset_rows(all) >= 60000 ? 10000 : VALIDATION;
  cli_check(r->context, gan_dataset_split(all, held, parts));
  r->digits = parts[0];
  r->parzen = (gan_parzen_data){.struct_size = sizeof r->parzen,
                                .sample_count = cli_integer(options, "--samples"),
                                .validation_count = VALIDATION,
                                .test_count = gan_dataset_rows(test),
                                .dims = PIXELS};
  r->parzen.samples = r->samples = new_rows(r->parzen.sample_count);
  r->parzen.validation = r->validation = new_rows(VALIDATION);
  r->parzen.test = r->test = new_rows(r->parzen.test_count);
  cli_check(r->context, gan_dataset_read(parts[1], 0, VALIDATION, r->validation));
  cli_check(r->context, gan_dataset_read(test, 0, r->parzen.test_count, r->test));
  gan_dataset_destroy(parts[1]);
  gan_dataset_destroy(test);
  gan_dataset_destroy(all);
}

/* ---- The game. ---- */

static gan_loss *make_loss(run *r) {
  const char *name = cli_text(options, "--loss");
  int32_t kind = !strcmp(name, "minimax")            ? GAN_LOSS_MINIMAX
                 : !strcmp(name, "feature-matching") ? GAN_LOSS_FEATURE_MATCHING
                                                     : GAN_LOSS_NON_SATURATING;
  gan_loss *loss;
  cli_check(r->context, gan_loss_create(r->context, kind, &loss));
  return loss;
}

/* --loss minibatch: a layer that compares the rows of a batch in front of the discriminator's last
 * one (Salimans et al. 2016, section 3.2), with the weight and the start that their code gives it.
 * The other layers keep their start. */
static void start_comparing(run *r) {
  enum { START = 500 };
  gan_network *network = gan_discriminator_network(r->discriminator);
  float *rows = new_rows(START);
  cli_check(r->context, gan_dataset_read(r->digits, 0, START, rows));
  cli_check(r->context, gan_network_set_frozen(network, NULL, 1));
  cli_check(r->context, gan_network_set_frozen(network, "compare", 0));
  cli_check(r->context, gan_network_start_from_data(network, rows, START, 1));
  cli_check(r->context, gan_network_set_frozen(network, NULL, 0));
  free(rows);
}

static void make_networks(run *r) {
  gan_context *c = r->context;
  const setup *s = r->setup;
  int compare = !strcmp(cli_text(options, "--loss"), "minibatch");
  char text[512];
  snprintf(text, sizeof text, "%s%sdense 1", s->discriminator,
           compare ? "minibatch_discrimination 100 5 normalized name=compare;" : "");
  cli_check(c, gan_generator_parse(c, s->generator, &r->generator));
  cli_check(c, gan_discriminator_parse(c, text, &r->discriminator));
  if (compare) start_comparing(r);
  if (!s->start_at_means) return;
  float means[PIXELS];
  cli_check(c, gan_dataset_mean(r->digits, means, PIXELS));
  cli_check(c, gan_network_start_logits(gan_generator_network(r->generator), NULL, means, PIXELS));
}

static void make_trainer(run *r) {
  gan_context *c = r->context;
  const setup *s = r->setup;
  gan_loss *loss = make_loss(r);
  make_networks(r);
  int64_t whole = gan_dataset_rows(r->digits) / r->batch, epoch = whole > 1 ? whole : 1;
  gan_optimizer *g = s->optimizer(c, s->rates[0], epoch), *d = s->optimizer(c, s->rates[1], epoch);
  cli_check(c, gan_trainer_create(c, r->generator, r->discriminator, loss, g, d, &r->trainer));
  cli_check(c, gan_trainer_set_order(r->trainer, s->order));
  cli_check(c, gan_trainer_set_unroll(r->trainer, (int32_t)cli_integer(options, "--unroll")));
  cli_check(c, gan_trainer_set_average(r->trainer, s->average));
  cli_check(c, gan_trainer_set_data(r->trainer, r->digits, r->batch));
  gan_optimizer_destroy(g);
  gan_optimizer_destroy(d);
  gan_loss_destroy(loss);
}

/* ---- Training, with a look now and then. ---- */

static void draw(run *r, int64_t count, uint64_t seed, float *out) {
  gan_generator *drawn = r->generator;
  if (r->setup->average > 0) cli_check(r->context, gan_trainer_average(r->trainer, &drawn));
  cli_check(r->context, gan_generator_sample(drawn, count, seed, out));
  if (drawn != r->generator) gan_generator_destroy(drawn);
}

static void evaluate(run *r) {
  double start = cli_seconds();
  gan_progress at = {.struct_size = sizeof at};
  gan_parzen_report *report = &r->report;
  *report = (gan_parzen_report){.struct_size = sizeof *report};
  draw(r, r->parzen.sample_count, 1, r->samples);
  cli_check(r->context, gan_metric_parzen_choose(r->context, &r->parzen, NULL, 10, NULL, report));
  cli_check(r->context, gan_trainer_progress(r->trainer, &at));
  r->report_step = at.step;
  r->evaluated += cli_seconds() - start;
  if (!cli_flag(options, "--quiet"))
    printf("step=%lld parzen=%.1f parzen_error=%.1f width=%.3f validation=%.1f seconds=%.1f\n",
           (long long)at.step, report->mean, report->standard_error, report->width,
           report->validation_mean, r->trained);
  fflush(stdout);
  if (!r->log) return;
  fprintf(r->log, "%lld,%.1f,%.4f,%.4f,%.4f,%.4f,%.2f,%.2f,%.4f,%.2f\n", (long long)at.step,
          r->trained, at.discriminator_loss, at.generator_loss, at.real_logit_mean,
          at.fake_logit_mean, report->mean, report->standard_error, report->width,
          report->validation_mean);
  fflush(r->log);
}

/* Share of the budget that is used up, 0 to 1. */
static double progress_of(const run *r) {
  if (r->steps) return (double)gan_trainer_steps(r->trainer) / (double)r->steps;
  return r->trained / r->budget;
}

/* The first estimate comes after half as many steps as lie between the others. */
static int64_t next_evaluation(const run *r, int64_t step) {
  int64_t every = r->evaluate;
  if (every == 0) return INT64_MAX;
  return every > 1 && step < every / 2 ? every / 2 : (step / every + 1) * every;
}

static void train_chunk(run *r) {
  int64_t step = gan_trainer_steps(r->trainer), to = step + CHUNK, look = next_evaluation(r, step);
  if (r->steps && to > r->steps) to = r->steps;
  if (to > look) to = look;
  double start = cli_seconds();
  cli_check(r->context, gan_trainer_run(r->trainer, to - step));
  r->trained += cli_seconds() - start;
  if (to == look) evaluate(r);
  if (cli_flag(options, "--quiet")) return;
  gan_progress at = {.struct_size = sizeof at};
  cli_check(r->context, gan_trainer_progress(r->trainer, &at));
  char text[96];
  snprintf(text, sizeof text, "step %lld  D %.4f  G %.4f", (long long)at.step,
           at.discriminator_loss, at.generator_loss);
  double share = progress_of(r);
  cli_progress("training", (int64_t)(100 * (share < 1 ? share : 1)), 100, text);
}

static void train(run *r) {
  for (int row = 0; row < ROWS; row++) {
    while (progress_of(r) < (double)(row + 1) / ROWS)
      train_chunk(r);
    draw(r, COLUMNS, 7, r->sheet + (int64_t)row * COLUMNS * PIXELS);
  }
  if (r->report_step != gan_trainer_steps(r->trainer)) evaluate(r);
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

static void open_log(run *r, const char *path) {
  if (!path) return;
  r->log = fopen(path, "w");
  if (!r->log) {
    fprintf(stderr, "mnist: --log %s: cannot be written\n", path);
    exit(2);
  }
  fputs(
      "step,seconds,discriminator_loss,generator_loss,real_logit_mean,fake_logit_mean,parzen,"
      "parzen_error,width,validation\n",
      r->log);
}

static void print_last_line(run *r) {
  gan_progress last = {.struct_size = sizeof last};
  cli_check(r->context, gan_trainer_progress(r->trainer, &last));
  double steps = (double)last.step;
  printf(
      "parzen=%.1f parzen_error=%.1f width=%.3f validation=%.1f epochs=%.1f "
      "discriminator_loss=%.3f generator_loss=%.3f steps=%lld seconds=%.1f steps_per_second=%.1f "
      "evaluation_seconds=%.1f peak_mb=%.0f\n",
      r->report.mean, r->report.standard_error, r->report.width, r->report.validation_mean,
      steps * (double)r->batch / (double)gan_dataset_rows(r->digits), last.discriminator_loss,
      last.generator_loss, (long long)last.step, r->trained, steps / r->trained, r->evaluated,
      cli_peak_mb());
}

static void destroy(run *r) {
  if (r->log) fclose(r->log);
  free(r->samples);
  free(r->validation);
  free(r->test);
  gan_trainer_destroy(r->trainer);
  gan_generator_destroy(r->generator);
  gan_discriminator_destroy(r->discriminator);
  gan_dataset_destroy(r->digits);
  gan_context_destroy(r->context);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "trains a GAN on MNIST");
  cli_check_writable(cli_text(options, "--out"));
  static run r;
  r.setup = &setups[!strcmp(cli_text(options, "--net"), "small")];
  r.batch = cli_text(options, "--batch") ? cli_integer(options, "--batch") : r.setup->batch;
  r.steps = cli_integer(options, "--steps");
  r.evaluate = cli_integer(options, "--evaluate");
  r.budget = (double)cli_integer(options, "--seconds");
  open_log(&r, cli_text(options, "--log"));
  cli_check(NULL, gan_context_create(&r.context));
  gan_context *c = r.context;
  gan_context_take_blas(c); /* the process is ours; where it cannot be had we go on without */
  cli_check(c, gan_context_set_threads(c, (int32_t)cli_integer(options, "--threads")));
  cli_check(c, gan_context_set_seed(c, (uint64_t)cli_integer(options, "--seed")));
  read_data(&r);
  make_trainer(&r);
  cli_cancel_on_interrupt(c);
  int64_t bytes; /* asking for the plan's size compiles it, before the clock starts */
  cli_check(c, gan_trainer_plan_bytes(r.trainer, r.batch, &bytes));

  train(&r);
  write_sheet(&r, cli_text(options, "--out"));
  print_last_line(&r);
  destroy(&r);
  return 0;
}
