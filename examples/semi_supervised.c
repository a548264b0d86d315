/* SPDX-License-Identifier: MIT */
/* semi_supervised: a classifier of digits from 100 labels. The discriminator has ten class logits;
 * it learns classes from the labelled digits and "real or generated" from all others, against a
 * generator that matches the mean of its last hidden layer. (Salimans et al. 2016, "Improved
 * Techniques for Training GANs", sections 3.1 and 5, with the networks of their code.) The control
 * is the same network, from the same start, trained on the labels alone. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum {
  CLASSES = 10,
  PIXELS = 28 * 28,
  BATCH = 100,
  START_ROWS = 500, /* of the data-dependent start */
  SHEET = 100,      /* generated digits in the picture */
  POINTS = 24       /* of the error curves */
};

static cli_option options[] = {
    {"--net", "small", "small|paper", 1, 0, "widths of the networks"},
    {"--labels", "100", NULL, CLASSES, 8000, "labelled digits, as many of each class"},
    {"--steps", "14000", NULL, POINTS, 100000000, "training steps of 100 digits"},
    {"--unlabelled-weight", "2", NULL, 1, 1000, "of unlabelled and generated digits"},
    {"--control", "1000", NULL, 0, 100000000, "steps on the labels alone; 0 for no control"},
    {"--seed", "1", NULL, 0, INT64_MAX, "of the labels, parameters, latents and shuffles"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {"--data-dir", NULL, NULL, 1, 0, "folder that holds mnist/"},
    {"--out", "semi_supervised.png", NULL, 1, 0, "picture: generated digits, error over steps"},
    {"--quiet", NULL, "", 1, 0, "no progress, the last line only"},
    {NULL, NULL, NULL, 1, 0, NULL}};

/* The networks of the paper's code, and smaller ones with a fifth of the work. */
typedef struct nets {
  const char *generator, *discriminator;
} nets;

static const nets paper = {
    "init xavier; latent 100 uniform 0 1;"
    "dense 500; batch_norm epsilon=1e-6 decay=0.9 no_scale; softplus;"
    "dense 500; batch_norm epsilon=1e-6 decay=0.9 no_scale; softplus;"
    "weight_norm on; dense 784 sigmoid",
    "init normal 0 0.1; weight_norm on; input 28x28; noise 0.3;"
    "dense 1000 relu; noise 0.5; dense 500 relu; noise 0.5; dense 250 relu; noise 0.5;"
    "dense 250 relu; noise 0.5; dense 250 relu; noise 0.5; dense 10"};
static const nets small = {
    "init xavier; latent 100 uniform 0 1;"
    "dense 200; batch_norm epsilon=1e-6 decay=0.9 no_scale; softplus;"
    "dense 200; batch_norm epsilon=1e-6 decay=0.9 no_scale; softplus;"
    "weight_norm on; dense 784 sigmoid",
    "init normal 0 0.1; weight_norm on; input 28x28; noise 0.3;"
    "dense 300 relu; noise 0.5; dense 200 relu; noise 0.5; dense 100 relu; noise 0.5;"
    "dense 100 relu; noise 0.5; dense 100 relu; noise 0.5; dense 10"};

/* One network in training and its errors on the test digits. */
typedef struct learner {
  const char *name;
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_trainer *trainer;
  int64_t steps;
  double at[POINTS], live[POINTS], average[POINTS]; /* steps made; errors in percent */
  double seconds;
} learner;

typedef struct run {
  gan_context *context;
  gan_dataset *digits, *labelled, *test;
  int64_t rows, label_count, test_rows;
  float *shuffled, *test_images, *logits; /* [rows, 784], [test_rows, 784], [test_rows, 10] */
  int32_t *labels, *test_labels, *chosen_labels;
  float *chosen; /* the labelled digits, [label_count, 784] */
  learner control, semi;
} run;

static void *allocate(int64_t count, size_t size) {
  void *memory = calloc((size_t)count, size);
  if (memory) return memory;
  fprintf(stderr, "semi_supervised: out of memory\n");
  exit(1);
}

static gan_dataset *open_digits(run *r, const char *part) {
  char relative[64], images[4096], labels[4096];
  gan_dataset *set;
  snprintf(relative, sizeof relative, "mnist/%s-images-idx3-ubyte.gz", part);
  cli_find_data(cli_text(options, "--data-dir"), relative, images, sizeof images);
  snprintf(relative, sizeof relative, "mnist/%s-labels-idx1-ubyte.gz", part);
  cli_find_data(cli_text(options, "--data-dir"), relative, labels, sizeof labels);
  cli_check(r->context, gan_dataset_open_idx(r->context, images, labels, &set));
  if (gan_dataset_row_width(set) == PIXELS) return set;
  fprintf(stderr, "semi_supervised: %s: pictures of 28 x 28 pixels are needed\n", images);
  exit(2);
}

/* The labelled set: of the shuffled digits the first ones of each class. */
static void choose_labelled(run *r) {
  int64_t wanted = cli_integer(options, "--labels"), count[CLASSES] = {0};
  r->chosen = allocate(wanted * PIXELS, sizeof *r->chosen);
  r->chosen_labels = allocate(wanted, sizeof *r->chosen_labels);
  for (int64_t i = 0; i < r->rows; i++) {
    int32_t class = r->labels[i];
    if (class >= CLASSES) continue;
    /* where 10 does not divide the number, the first classes get one more */
    if (count[class] == wanted / CLASSES + (class < wanted % CLASSES)) continue;
    memcpy(r->chosen + r->label_count * PIXELS, r->shuffled + i * PIXELS, PIXELS * sizeof(float));
    r->chosen_labels[r->label_count++] = class;
    count[class]++;
  }
  cli_check(r->context, gan_dataset_create_array(r->context, r->chosen, r->label_count, PIXELS, 0,
                                                 &r->labelled));
  cli_check(r->context,
            gan_dataset_set_labels(r->labelled, r->chosen_labels, r->label_count, CLASSES));
}

static void read_data(run *r) {
  r->digits = open_digits(r, "train");
  r->test = open_digits(r, "t10k");
  r->rows = gan_dataset_rows(r->digits);
  r->test_rows = gan_dataset_rows(r->test);
  r->shuffled = allocate(r->rows * PIXELS, sizeof(float));
  r->labels = allocate(r->rows, sizeof(int32_t));
  r->test_images = allocate(r->test_rows * PIXELS, sizeof(float));
  r->test_labels = allocate(r->test_rows, sizeof(int32_t));
  r->logits = allocate(r->test_rows * CLASSES, sizeof(float));
  /* one batch of all rows is the whole set in an order that the seed chooses */
  cli_check(r->context, gan_dataset_batch(r->digits, 0, r->rows, r->shuffled, r->labels));
  cli_check(r->context, gan_dataset_read(r->test, 0, r->test_rows, r->test_images));
  cli_check(r->context, gan_dataset_read_labels(r->test, 0, r->test_rows, r->test_labels));
  choose_labelled(r);
}

/* The networks as in the paper's code: the discriminator's units start with mean 0 and variance 1
 * over 500 digits, and the scales that do so stay, but for the last layer's. */
static void make_networks(run *r) {
  static const char *const fixed[] = {"dense_1/scale", "dense_2/scale", "dense_3/scale",
                                      "dense_4/scale", "dense_5/scale"};
  gan_context *c = r->context;
  learner *semi = &r->semi;
  const nets *n = strcmp(cli_text(options, "--net"), "small") ? &paper : &small;
  float ones[PIXELS];
  for (int i = 0; i < PIXELS; i++)
    ones[i] = 1;
  cli_check(c, gan_generator_parse(c, n->generator, &semi->generator));
  cli_check(c, gan_network_set_parameter(gan_generator_network(semi->generator), "dense_3/scale",
                                         ones, PIXELS));
  cli_check(c, gan_discriminator_parse(c, n->discriminator, &semi->discriminator));
  gan_network *network = gan_discriminator_network(semi->discriminator);
  cli_check(c, gan_network_start_from_data(network, r->shuffled,
                                           r->rows < START_ROWS ? r->rows : START_ROWS,
                                           (uint64_t)cli_integer(options, "--seed")));
  for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
    cli_check(c, gan_network_set_frozen(network, fixed[i], 1));
  cli_check(c, gan_generator_clone(semi->generator, &r->control.generator));
  cli_check(c, gan_discriminator_clone(semi->discriminator, &r->control.discriminator));
}

/* Adam as in the paper's code, whose 1e-8 stands below the root: 1e-4 beside it. Instead of 300
 * epochs at one rate, fewer steps with a rate that falls to 0 over the last three tenths. */
static gan_optimizer *adam(run *r, const learner *l) {
  gan_optimizer *optimizer;
  gan_context *c = r->context;
  cli_check(c, gan_optimizer_create(c, GAN_OPTIMIZER_ADAM, &optimizer));
  cli_check(c, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, 0.003));
  cli_check(c, gan_optimizer_set(optimizer, GAN_BETA1, 0.5));
  cli_check(c, gan_optimizer_set(optimizer, GAN_EPSILON, 1e-4));
  cli_check(c, gan_optimizer_set(optimizer, GAN_RATE_LINEAR_START, 0.7 * (double)l->steps));
  cli_check(c, gan_optimizer_set(optimizer, GAN_RATE_LINEAR_END, (double)l->steps));
  return optimizer;
}

static void make_trainer(run *r, learner *l, double unlabelled_weight) {
  gan_context *c = r->context;
  gan_loss *loss;
  cli_check(c, gan_loss_create(c, GAN_LOSS_SEMI_SUPERVISED, &loss));
  cli_check(c, gan_loss_set(loss, GAN_UNLABELLED_WEIGHT, unlabelled_weight));
  cli_check(c, gan_loss_add_feature_matching(loss, "relu_5", GAN_FEATURES_SQUARED, 1));
  gan_optimizer *g = adam(r, l), *d = adam(r, l);
  cli_check(c, gan_trainer_create(c, l->generator, l->discriminator, loss, g, d, &l->trainer));
  cli_check(c, gan_trainer_set_data(l->trainer, r->digits, BATCH));
  cli_check(c, gan_trainer_set_labelled_data(l->trainer, r->labelled,
                                             r->label_count < BATCH ? r->label_count : BATCH));
  cli_check(c, gan_trainer_set_player_average(l->trainer, "discriminator", 0.999));
  gan_optimizer_destroy(g);
  gan_optimizer_destroy(d);
  gan_loss_destroy(loss);
}

/* How many percent of the test digits have a largest logit that is not that of their class. */
static double error_of(run *r, gan_discriminator *classifier) {
  int64_t wrong = 0;
  cli_check(r->context, gan_discriminator_run(classifier, r->test_images, r->test_rows, r->logits));
  for (int64_t i = 0; i < r->test_rows; i++) {
    const float *row = r->logits + i * CLASSES;
    int best = 0;
    for (int k = 1; k < CLASSES; k++)
      if (row[k] > row[best]) best = k;
    wrong += best != r->test_labels[i];
  }
  return 100 * (double)wrong / (double)r->test_rows;
}

static void measure(run *r, learner *l, int point) {
  gan_discriminator *averaged;
  cli_check(r->context, gan_trainer_average_discriminator(l->trainer, &averaged));
  l->at[point] = (double)gan_trainer_steps(l->trainer);
  l->live[point] = error_of(r, l->discriminator);
  l->average[point] = error_of(r, averaged);
  gan_discriminator_destroy(averaged);
}

/* Moves of the discriminator alone, each on labelled digits; unlabelled ones have weight 0. */
static void step_control(run *r, int64_t steps) {
  float images[BATCH * PIXELS];
  int32_t labels[BATCH];
  int64_t rows = r->label_count < BATCH ? r->label_count : BATCH;
  gan_batch *batch;
  cli_check(r->context, gan_batch_create(r->context, &batch));
  cli_check(r->context,
            gan_batch_set(batch, "real", GAN_F32, images, 2, (int64_t[]){rows, PIXELS}));
  cli_check(r->context,
            gan_batch_set(batch, "labelled", GAN_F32, images, 2, (int64_t[]){rows, PIXELS}));
  cli_check(r->context, gan_batch_set(batch, "labels", GAN_I32, labels, 1, &rows));
  for (int64_t i = 0; i < steps; i++) {
    uint64_t index = (uint64_t)gan_trainer_steps(r->control.trainer);
    cli_check(r->context, gan_dataset_batch(r->labelled, index, rows, images, labels));
    cli_check(r->context, gan_trainer_step_player(r->control.trainer, "discriminator",
                                                  (const gan_batch *[]){batch}, 1));
  }
  gan_batch_destroy(batch);
}

static void train(run *r, learner *l) {
  double started = cli_seconds();
  for (int point = 0; point < POINTS; point++) {
    int64_t to = l->steps * (point + 1) / POINTS, part = l->steps / 200 + 1;
    while (gan_trainer_steps(l->trainer) < to) {
      int64_t left = to - gan_trainer_steps(l->trainer), now = left < part ? left : part;
      if (l == &r->control)
        step_control(r, now);
      else
        cli_check(r->context, gan_trainer_run(l->trainer, now));
      if (cli_flag(options, "--quiet")) continue;
      cli_progress(l->name, gan_trainer_steps(l->trainer), l->steps, "");
    }
    measure(r, l, point);
  }
  l->seconds = cli_seconds() - started;
}

static gan_image *draw_digits(run *r) {
  float *images = allocate(SHEET * PIXELS, sizeof *images);
  gan_grid_view view = {.struct_size = sizeof view,
                        .count = SHEET,
                        .channels = 1,
                        .height = 28,
                        .width = 28,
                        .columns = 10,
                        .scale = 2,
                        .low = 0,
                        .high = 1};
  gan_image *sheet;
  cli_check(r->context, gan_generator_sample(r->semi.generator, SHEET, 1, images));
  cli_check(r->context, gan_image_grid(r->context, images, &view, &sheet));
  free(images);
  return sheet;
}

static gan_image *draw_errors(run *r, int64_t height) {
  const learner *learners[] = {&r->control, &r->semi};
  gan_series series[3];
  int64_t count = 0;
  for (int i = 0; i < 2; i++)
    if (learners[i]->steps)
      series[count++] = (gan_series){.struct_size = sizeof *series,
                                     .x = learners[i]->at,
                                     .y = learners[i]->average,
                                     .count = POINTS,
                                     .name = learners[i]->name};
  series[count++] = (gan_series){.struct_size = sizeof *series,
                                 .x = r->semi.at,
                                 .y = r->semi.live,
                                 .count = POINTS,
                                 .name = "the same, not averaged",
                                 .colour = -1,
                                 .dash = GAN_DASH_DOTTED};
  gan_chart_view view = {.struct_size = sizeof view,
                         .width = 640,
                         .height = height,
                         .x_caption = "steps",
                         .y_caption = "wrong test digits, %",
                         .y_scale = GAN_SCALE_LOGARITHMIC};
  gan_image *chart;
  cli_check(r->context, gan_image_chart(r->context, series, count, &view, &chart));
  return chart;
}

static void write_picture(run *r) {
  gan_image *sheet = draw_digits(r), *chart = draw_errors(r, gan_image_height(sheet)), *picture;
  const gan_image *panels[] = {sheet, chart};
  const char *captions[] = {"generated digits", "errors"};
  gan_panel_view view = {.struct_size = sizeof view,
                         .rows = 1,
                         .columns = 2,
                         .panels = panels,
                         .column_captions = captions};
  cli_check(r->context, gan_image_panels(r->context, &view, &picture));
  cli_check(r->context, gan_image_write_png(picture, cli_text(options, "--out")));
  gan_image_destroy(picture);
  gan_image_destroy(chart);
  gan_image_destroy(sheet);
}

static void destroy(run *r) {
  learner *learners[] = {&r->control, &r->semi};
  for (int i = 0; i < 2; i++) {
    gan_trainer_destroy(learners[i]->trainer);
    gan_generator_destroy(learners[i]->generator);
    gan_discriminator_destroy(learners[i]->discriminator);
  }
  gan_dataset_destroy(r->labelled);
  gan_dataset_destroy(r->digits);
  gan_dataset_destroy(r->test);
  gan_context_destroy(r->context);
  free(r->shuffled);
  free(r->test_images);
  free(r->logits);
  free(r->labels);
  free(r->test_labels);
  free(r->chosen_labels);
  free(r->chosen);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "learns to classify digits from a few labels and a GAN");
  cli_check_writable(cli_text(options, "--out"));
  static run r;
  cli_check(NULL, gan_context_create(&r.context));
  gan_context_take_blas(
      r.context); /* the process is ours; where it cannot be had we go on without */
  cli_check(r.context,
            gan_context_set_threads(r.context, (int32_t)cli_integer(options, "--threads")));
  cli_check(r.context, gan_context_set_seed(r.context, (uint64_t)cli_integer(options, "--seed")));
  r.control.name = "labels alone";
  r.control.steps = cli_integer(options, "--control");
  r.semi.name = "with unlabelled digits";
  r.semi.steps = cli_integer(options, "--steps");
  read_data(&r);
  make_networks(&r);
  cli_cancel_on_interrupt(r.context);
  if (r.control.steps) {
    make_trainer(&r, &r.control, 0);
    train(&r, &r.control);
  }
  make_trainer(&r, &r.semi, (double)cli_integer(options, "--unlabelled-weight"));
  train(&r, &r.semi);
  write_picture(&r);
  char alone[32] = "none";
  if (r.control.steps) snprintf(alone, sizeof alone, "%.2f", r.control.average[POINTS - 1]);
  printf(
      "semi_supervised labels=%lld seed=%lld steps=%lld error=%.2f error_average=%.2f "
      "labels_only=%s seconds=%.1f peak_mb=%.0f\n",
      (long long)r.label_count, (long long)cli_integer(options, "--seed"), (long long)r.semi.steps,
      r.semi.live[POINTS - 1], r.semi.average[POINTS - 1], alone, r.semi.seconds, cli_peak_mb());
  destroy(&r);
  return 0;
}
