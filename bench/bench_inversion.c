/* SPDX-License-Identifier: MIT */
/* Scores generators of digits as Metz et al. 2017 do (table 1 and figure 5): how near a latent can
 * be found for given digits, and how far samples lie from each other. Trains one generator for each
 * K and seed, all with equally many steps; prints a line of name=value fields for each, then
 * one for each K over all seeds; draws the first seed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench_game.h"
#include "cli.h"
#include "inversion_figures.h"

enum { UNROLLS = 8, SEEDS = 32, LATENT = 64, DRAWS = 10000, PAIRS = 20000 };

static cli_option options[] = {
    {"--unroll", "0,1,3", NULL, 1, 0, "values of K, separated by commas"},
    {"--steps", "10000", NULL, 1, 100000000, "training steps for each K"},
    {"--seed", "1", NULL, 0, INT32_MAX, "the first seed of parameters, latents and shuffles"},
    {"--seeds", "3", NULL, 1, SEEDS, "that follow each other"},
    {"--targets", "256", NULL, SHOWN, 10000, "held-out digits, and as many training digits"},
    {"--starts", "3", NULL, 1, 1000, "random starts of each search"},
    {"--evaluations", "300", NULL, 1, 1000000, "of the generator in each search"},
    {"--weights", "last", "last|average", 1, 0, "of the last step, or averaged with decay 0.999"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {"--data-dir", NULL, NULL, 1, 0, "folder that holds mnist/"},
    {"--out", "./", NULL, 1, 0, "what the names inversion.png and distances.png begin with"},
    {"--quiet", NULL, "", 1, 0, "no progress"},
    {NULL, NULL, NULL, 1, 0, NULL}};

/* Neither dropout nor noise nor normalisation: lost unless the generator looks ahead. */
static const game_recipe digits = {
    .generator =
        "init he; latent 64 normal; dense 256 leaky_relu 0.2;"
        "dense 256 leaky_relu 0.2; init xavier; dense 784 sigmoid",
    .discriminator = "init normal 0 0.02; input 28x28; dense 128 leaky_relu 0.2; dense 1",
    .loss = GAN_LOSS_NON_SATURATING,
    .order = GAN_ORDER_ALTERNATING,
    .inner = GAN_INNER_SAME,
    .generator_rate = 3e-4,
    .discriminator_rate = 1e-4,
    .rows = 64,
    .own_blas = 1};

/* What one generator scored. */
typedef struct score {
  double error[SETS]; /* mean over the targets */
  double best[SETS];  /* share of the targets that it comes nearest to, of all K */
  double rms[SETS];   /* of the numbers of a latent found, median; near 1 for latents as drawn */
  double median;      /* of the distances of its samples */
  double train_seconds, invert_seconds;
} score;

typedef struct study {
  gan_context *context; /* of the data and the pictures */
  char images[4096];    /* what is trained on */
  int64_t n;            /* targets in each set */
  int32_t unrolls[UNROLLS], unroll_count;
  float *targets[SETS];         /* [n, 784]; the same for all */
  float *errors[UNROLLS][SETS]; /* [n]; of the seed in hand */
  float *latents, *samples;     /* [n, LATENT]; [DRAWS, 784] */
  score scores[SEEDS][UNROLLS];
  figure_row rows[1 + UNROLLS]; /* of the first seed; the data first */
  figure_row other;             /* of the seeds that are not drawn */
} study;

static float *numbers(int64_t count) {
  float *made = malloc((size_t)count * sizeof *made);
  if (made) return made;
  fprintf(stderr, "bench_inversion: no memory for %lld numbers\n", (long long)count);
  exit(1);
}

static void measure_distances(gan_context *context, const float *rows, int64_t count,
                              figure_row *row) {
  gan_distance_view view = {.struct_size = sizeof view,
                            .pairs = PAIRS,
                            .seed = 1,
                            .bins = BINS,
                            .low = distance_low,
                            .high = distance_high};
  gan_distance_report report = {.struct_size = sizeof report};
  cli_check(context,
            gan_metric_distances(context, rows, count, DIGIT_PIXELS, &view, row->counts, &report));
  row->pairs = PAIRS;
  row->median = report.median;
}

/* ---- The data. ---- */

static double square_distance(const float *a, const float *b) {
  double sum = 0;
  for (int i = 0; i < DIGIT_PIXELS; i++) {
    double difference = (double)a[i] - (double)b[i];
    sum += difference * difference;
  }
  return sum / DIGIT_PIXELS;
}

/* For scale: the errors that the mean digit makes, and for held-out digits the nearest of all
 * training digits. */
static void print_controls(const study *s, const float *train, int64_t rows, const float *mean) {
  double by_mean[SETS] = {0}, by_nearest = 0;
  for (int64_t i = 0; i < s->n; i++) {
    double least = INFINITY;
    for (int set = 0; set < SETS; set++)
      by_mean[set] += square_distance(s->targets[set] + i * DIGIT_PIXELS, mean) / (double)s->n;
    for (int64_t row = 0; row < rows; row++)
      least = fmin(least, square_distance(s->targets[HELD_OUT] + i * DIGIT_PIXELS,
                                          train + row * DIGIT_PIXELS));
    by_nearest += least / (double)s->n;
  }
  printf(
      "data rows=%lld targets=%lld mse_of_mean=%.4f mse_of_mean_training=%.4f "
      "mse_of_nearest=%.4f median_distance=%.3f\n",
      (long long)rows, (long long)s->n, by_mean[HELD_OUT], by_mean[TRAINING], by_nearest,
      s->rows[0].median);
  fflush(stdout);
}

static gan_dataset *open_digits(study *s, const char *name, char *path, size_t size) {
  gan_dataset *dataset;
  cli_find_data(cli_text(options, "--data-dir"), name, path, size);
  cli_check(s->context, gan_dataset_open_idx(s->context, path, NULL, &dataset));
  if (gan_dataset_row_width(dataset) == DIGIT_PIXELS && gan_dataset_rows(dataset) >= s->n)
    return dataset;
  fprintf(stderr, "bench_inversion: %s: at least %lld digits of 28 x 28 are needed\n", path,
          (long long)s->n);
  exit(2);
}

/* Targets are drawn by a fixed seed: the same for every K and every seed of the training. */
static void read_data(study *s) {
  char path[4096];
  gan_dataset *train =
      open_digits(s, "mnist/train-images-idx3-ubyte.gz", s->images, sizeof s->images);
  gan_dataset *sets[SETS] = {
      [HELD_OUT] = open_digits(s, "mnist/t10k-images-idx3-ubyte.gz", path, sizeof path),
      [TRAINING] = train};
  int64_t rows = gan_dataset_rows(train);
  float *all = numbers(rows * DIGIT_PIXELS), *mean = numbers(DIGIT_PIXELS);
  figure_row *first = &s->rows[0];
  cli_check(s->context, gan_dataset_read(train, 0, rows, all));
  cli_check(s->context, gan_dataset_mean(train, mean, DIGIT_PIXELS));
  for (int set = 0; set < SETS; set++) {
    s->targets[set] = numbers(s->n * DIGIT_PIXELS);
    cli_check(s->context, gan_dataset_set_seed(sets[set], 1));
    cli_check(s->context, gan_dataset_batch(sets[set], 0, s->n, s->targets[set], NULL));
    memcpy(first->digits[set], s->targets[set], sizeof first->digits[set]);
  }
  memcpy(first->digits[DRAWN], all, sizeof first->digits[DRAWN]);
  snprintf(first->name, sizeof first->name, "data");
  measure_distances(s->context, all, rows, first);
  print_controls(s, all, rows, mean);
  free(all);
  free(mean);
  gan_dataset_destroy(sets[HELD_OUT]);
  gan_dataset_destroy(train);
}

/* ---- One generator. ---- */

static void train(bench_game *game, const char *label) {
  int64_t steps = cli_integer(options, "--steps");
  for (int64_t done = 0; done < steps;) {
    int64_t next = done + 50 < steps ? done + 50 : steps;
    cli_check(game->context, gan_trainer_run(game->trainer, next - done));
    if (!cli_flag(options, "--quiet")) cli_progress(label, next, steps, "");
    done = next;
  }
}

static int ascending(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

/* The median over the targets of the root mean square of a latent's numbers. A search may go far
 * out, so a mean would tell of a few latents only. */
static double median_rms(const float *latents, int64_t n) {
  double *all = malloc((size_t)n * sizeof *all);
  if (!all) abort();
  for (int64_t i = 0; i < n; i++) {
    double sum = 0;
    for (int64_t k = i * LATENT; k < (i + 1) * LATENT; k++)
      sum += (double)latents[k] * (double)latents[k];
    all[i] = sqrt(sum / LATENT);
  }
  qsort(all, (size_t)n, sizeof *all, ascending);
  double median = (all[(n - 1) / 2] + all[n / 2]) / 2;
  free(all);
  return median;
}

/* A generator after its training, and where its marks go. */
typedef struct trial {
  gan_context *context;
  gan_generator *generator;
  float **errors; /* [SETS], [n] each */
  score *own;
  figure_row *row;
} trial;

/* Searches the targets of one set; draws what was found for the first of them. */
static void invert(const study *s, const trial *t, int set) {
  gan_inversion settings = {.struct_size = sizeof settings,
                            .starts = (int32_t)cli_integer(options, "--starts"),
                            .evaluations = (int32_t)cli_integer(options, "--evaluations"),
                            .seed = 1};
  double sum = 0;
  cli_check(t->context, gan_generator_invert(t->generator, &settings, s->targets[set], s->n,
                                             s->latents, t->errors[set]));
  cli_check(t->context, gan_generator_run(t->generator, s->latents, SHOWN, t->row->digits[set]));
  for (int64_t i = 0; i < s->n; i++)
    sum += (double)t->errors[set][i];
  t->own->error[set] = sum / (double)s->n;
  t->own->rms[set] = median_rms(s->latents, s->n);
}

static void measure(const study *s, const trial *t) {
  double start = cli_seconds();
  for (int set = 0; set < SETS; set++)
    invert(s, t, set);
  t->own->invert_seconds = cli_seconds() - start;
  cli_check(t->context, gan_generator_sample(t->generator, DRAWS, 1, s->samples));
  memcpy(t->row->digits[DRAWN], s->samples, sizeof t->row->digits[DRAWN]);
  measure_distances(t->context, s->samples, DRAWS, t->row);
  t->own->median = t->row->median;
}

static uint64_t seed_of(int64_t number) {
  return (uint64_t)(cli_integer(options, "--seed") + number);
}

/* Trains with K = unrolls[which], from the start that seed `number` gives to each K. */
static void score_one(study *s, int64_t number, int32_t which) {
  game_recipe recipe = digits;
  bench_game game;
  trial t = {.errors = s->errors[which],
             .own = &s->scores[number][which],
             .row = number == 0 ? &s->rows[1 + which] : &s->other};
  recipe.digits = s->images;
  recipe.seed = seed_of(number);
  recipe.unroll = s->unrolls[which];
  recipe.threads = (int32_t)cli_integer(options, "--threads");
  game_begin(&recipe, &game);
  int average = !strcmp(cli_text(options, "--weights"), "average");
  if (average) cli_check(game.context, gan_trainer_set_average(game.trainer, 0.999));
  cli_cancel_on_interrupt(game.context);
  snprintf(t.row->name, sizeof t.row->name, "K = %d", recipe.unroll);
  double start = cli_seconds();
  train(&game, t.row->name);
  t.own->train_seconds = cli_seconds() - start;
  t.context = game.context;
  t.generator = game.generator;
  if (average) cli_check(game.context, gan_trainer_average(game.trainer, &t.generator));
  measure(s, &t);
  if (average) gan_generator_destroy(t.generator);
  game_end(&game);
}

/* Each target counts for the K with the least error; of equals the first. */
static void share_out(const study *s, score *scores) {
  for (int set = 0; set < SETS; set++)
    for (int64_t i = 0; i < s->n; i++) {
      int32_t best = 0;
      for (int32_t which = 1; which < s->unroll_count; which++)
        if (s->errors[which][set][i] < s->errors[best][set][i]) best = which;
      scores[best].best[set] += 1 / (double)s->n;
    }
}

/* ---- Lines. ---- */

static void print_seed(const study *s, int64_t number) {
  for (int32_t which = 0; which < s->unroll_count; which++) {
    const score *own = &s->scores[number][which];
    printf(
        "seed=%llu unroll=%d steps=%lld mse=%.5f mse_training=%.5f best=%.4f best_training=%.4f "
        "latent_rms=%.3f latent_rms_training=%.3f median_distance=%.3f train_seconds=%.1f "
        "invert_seconds=%.1f\n",
        (unsigned long long)seed_of(number), s->unrolls[which],
        (long long)cli_integer(options, "--steps"), own->error[HELD_OUT], own->error[TRAINING],
        own->best[HELD_OUT], own->best[TRAINING], own->rms[HELD_OUT], own->rms[TRAINING],
        own->median, own->train_seconds, own->invert_seconds);
  }
  fflush(stdout);
}

/* " name=MEAN name_sd=DEVIATION" of `count` values, the latter with count - 1 below the root. */
static void print_spread(const char *name, const double *values, int64_t count) {
  double mean = 0, square = 0;
  for (int64_t i = 0; i < count; i++)
    mean += values[i] / (double)count;
  for (int64_t i = 0; i < count; i++)
    square += (values[i] - mean) * (values[i] - mean);
  printf(" %s=%.5f %s_sd=%.5f", name, mean, name,
         count > 1 ? sqrt(square / (double)(count - 1)) : 0);
}

static void print_totals(const study *s, int64_t seeds) {
  static const char *const names[] = {"mse", "mse_training", "best", "best_training",
                                      "median_distance"};
  enum { FIELDS = sizeof names / sizeof *names };
  for (int32_t which = 0; which < s->unroll_count; which++) {
    double values[FIELDS][SEEDS];
    for (int64_t i = 0; i < seeds; i++) {
      const score *own = &s->scores[i][which];
      const double fields[FIELDS] = {own->error[HELD_OUT], own->error[TRAINING],
                                     own->best[HELD_OUT], own->best[TRAINING], own->median};
      for (int field = 0; field < FIELDS; field++)
        values[field][i] = fields[field];
    }
    printf("unroll=%d seeds=%lld", s->unrolls[which], (long long)seeds);
    for (int field = 0; field < FIELDS; field++)
      print_spread(names[field], values[field], seeds);
    printf("\n");
  }
}

/* ---- The whole. ---- */

static void begin(study *s) {
  s->n = cli_integer(options, "--targets");
  s->unroll_count = game_unrolls(cli_text(options, "--unroll"), s->unrolls, UNROLLS);
  cli_check(NULL, gan_context_create(&s->context));
  cli_check(s->context,
            gan_context_set_threads(s->context, (int32_t)cli_integer(options, "--threads")));
  s->latents = numbers(s->n * LATENT);
  s->samples = numbers((int64_t)DRAWS * DIGIT_PIXELS);
  for (int32_t which = 0; which < s->unroll_count; which++)
    for (int set = 0; set < SETS; set++)
      s->errors[which][set] = numbers(s->n);
}

static void end(study *s) {
  for (int set = 0; set < SETS; set++) {
    free(s->targets[set]);
    for (int32_t which = 0; which < s->unroll_count; which++)
      free(s->errors[which][set]);
  }
  free(s->latents);
  free(s->samples);
  gan_context_destroy(s->context);
}

int main(int argc, char **argv) {
  static study s;
  char pictures[2][4096];
  cli_parse(argc, argv, options, "scores generators of digits by inversion and by distances");
  for (int i = 0; i < 2; i++) {
    snprintf(pictures[i], sizeof pictures[i], "%s%s", cli_text(options, "--out"),
             i == 0 ? "inversion.png" : "distances.png");
    cli_check_writable(pictures[i]);
  }
  begin(&s);
  read_data(&s);
  int64_t seeds = cli_integer(options, "--seeds");
  for (int64_t i = 0; i < seeds; i++) {
    for (int32_t which = 0; which < s.unroll_count; which++)
      score_one(&s, i, which);
    share_out(&s, s.scores[i]);
    print_seed(&s, i);
    if (i > 0) continue;
    figure_digits(s.context, s.rows, 1 + s.unroll_count, pictures[0]);
    figure_distances(s.context, s.rows, 1 + s.unroll_count, pictures[1]);
  }
  print_totals(&s, seeds);
  end(&s);
  return 0;
}
