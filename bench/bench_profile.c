/* SPDX-License-Identifier: MIT */
/* Where the time of a training step of the unrolled ring goes: every step of its plan timed on its
 * own. Prints the most expensive steps, then shares by kind of kernel. The clock is read twice for
 * each step and panel, so the steps' sum is a little more than they take without; the first line
 * tells both. A step's time is that of the run in which it was shortest, unless means are asked
 * for; what else the machine does then shows in "the rest of the work" and in "waiting".
 *
 * A run of elementwise ops is timed as a whole. Its time is divided among its ops in proportion to
 * what each takes alone on a tile in L1, measured by this program; what the run takes beyond their
 * sum (expansions, memory, calls) is the line "tiles: beyond the ops". */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli.h"
#include "graph/build.h"
#include "plan/cost.h"
#include "plan/timing.h"
#include "train/session.h"
#include "train/trainer.h"

enum { ROWS = 512, LABEL = 160, KINDS = 256, REPEATS = 2000 };

static cli_option options[] = {
    {"--setup", "notebook", "paper|notebook", 1, 0, "networks and rates"},
    {"--unroll", "5", NULL, 0, 1000, "K"},
    {"--seconds", "2", NULL, 1, 3600, "of each of two measurements"},
    {"--threads", "0", NULL, 0, 256, "0: all processors"},
    {"--top", "40", NULL, 0, 100000, "how many steps to print"},
    {"--times", "least", "least|mean", 1, 0, "of each step: of its shortest run, or over all runs"},
    {"--explain", NULL, "", 1, 0, "print the plan with the times of its last run, too"},
    {NULL, NULL, NULL, 1, 0, NULL}};

/* -- the ring -- */

static gan_optimizer *adam(gan_context *context, double rate) {
  gan_optimizer *optimizer;
  cli_check(context, gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &optimizer));
  cli_check(context, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, rate));
  cli_check(context, gan_optimizer_set(optimizer, GAN_BETA1, 0.5));
  return optimizer;
}

static gan_trainer *make_trainer(gan_context *c, gan_dataset **data) {
  bool paper = !strcmp(cli_text(options, "--setup"), "paper");
  gan_generator *generator;
  gan_discriminator *discriminator;
  gan_loss *loss;
  gan_trainer *trainer;
  const char *g = paper ? "init orthogonal 0.8; latent 256 normal; dense 128 relu; dense 128 relu;"
                          "dense 2"
                        : "init orthogonal 1.4; latent 256 normal; dense 128 tanh; dense 128 tanh;"
                          "dense 2";
  const char *d = paper ? "init orthogonal 0.8; input 2; scale 0.25; dense 128 relu; dense 1"
                        : "init orthogonal 1.4; input 2; dense 128 tanh; dense 128 tanh; dense 1";
  cli_check(c, gan_dataset_create_ring(c, 8, paper ? 2 : 1, paper ? 0.02 : 0.01, data));
  cli_check(c, gan_generator_parse(c, g, &generator));
  cli_check(c, gan_discriminator_parse(c, d, &discriminator));
  cli_check(c, gan_loss_create(c, GAN_LOSS_MINIMAX, &loss));
  gan_optimizer *og = adam(c, paper ? 1e-4 : 1e-3), *od = adam(c, 1e-4);
  cli_check(c, gan_trainer_create(c, generator, discriminator, loss, og, od, &trainer));
  cli_check(c, gan_trainer_set_unroll(trainer, (int32_t)cli_integer(options, "--unroll")));
  cli_check(c,
            gan_trainer_set_order(trainer, paper ? GAN_ORDER_ALTERNATING : GAN_ORDER_SIMULTANEOUS));
  cli_check(c, gan_trainer_set_data(trainer, *data, ROWS));
  gan_generator_destroy(generator);
  gan_discriminator_destroy(discriminator);
  gan_loss_destroy(loss);
  gan_optimizer_destroy(og);
  gan_optimizer_destroy(od);
  return trainer;
}

static double seconds_per_step(gan_context *context, gan_trainer *trainer) {
  double start = cli_seconds(), limit = (double)cli_integer(options, "--seconds");
  int64_t steps = 0;
  for (; cli_seconds() - start < limit; steps++)
    cli_check(context, gan_trainer_run(trainer, 1));
  return (cli_seconds() - start) / (double)steps;
}

/* -- lines -- */

/* Time and arithmetic of one training step: of one plan step, or of all of a kind. */
typedef struct line {
  char label[LABEL];
  double nanoseconds, flops, bytes;
  int64_t count;
} line;

static int by_time(const void *a, const void *b) {
  double x = ((const line *)a)->nanoseconds, y = ((const line *)b)->nanoseconds;
  return x < y ? 1 : x > y ? -1 : 0;
}

typedef struct table {
  line lines[KINDS];
  int32_t count;
} table;

static line *line_of(table *kinds, const char *label) {
  for (int32_t i = 0; i < kinds->count; i++)
    if (!strcmp(kinds->lines[i].label, label)) return &kinds->lines[i];
  if (kinds->count == KINDS - 1) label = "others"; /* the last line takes the rest */
  line *fresh = &kinds->lines[kinds->count < KINDS ? kinds->count++ : KINDS - 1];
  snprintf(fresh->label, LABEL, "%s", label);
  return fresh;
}

static void add_kind(table *kinds, const char *label, double nanoseconds, double flops,
                     double bytes) {
  line *l = line_of(kinds, label);
  l->nanoseconds += nanoseconds;
  l->flops += flops;
  l->bytes += bytes;
  l->count++;
}

static void print_lines(line *lines, int64_t count, int64_t top, double whole) {
  qsort(lines, (size_t)count, sizeof *lines, by_time);
  for (int64_t i = 0; i < count && i < top; i++) {
    const line *l = &lines[i];
    printf("%10.2f %6.2f %8.2f %8.2f %5lld  %s\n", l->nanoseconds * 1e-3,
           100 * l->nanoseconds / whole, l->flops / l->nanoseconds, l->bytes / l->nanoseconds,
           (long long)l->count, l->label);
  }
}

/* -- tile ops alone -- */

/* Nanoseconds that an elementwise op takes on a full tile in L1. */
static double alone(const gan__instruction *instruction) {
  static struct known {
    gan__tile_run *run;
    int32_t inputs;
    double nanoseconds;
  } known[KINDS];
  static int32_t known_count;
  static double tiles[GAN__ADD_INPUTS + 1][GAN__TILE];
  for (int32_t i = 0; i < known_count; i++)
    if (known[i].run == instruction->run && known[i].inputs == instruction->input_count)
      return known[i].nanoseconds;
  const void *in[GAN__ADD_INPUTS];
  for (int32_t k = 0; k < GAN__ADD_INPUTS; k++) {
    /* Neither denormal nor out of range, whatever the type. */
    for (int32_t i = 0; i < 2 * GAN__TILE; i++)
      ((float *)(void *)tiles[k])[i] = 0.25f + 0.001f * (float)(i % 500);
    in[k] = tiles[k];
  }
  double best = 1e30;
  for (int32_t round = 0; round < 5; round++) {
    int64_t began = gan__clock();
    for (int32_t i = 0; i < REPEATS / 5; i++)
      instruction->run(GAN__TILE, tiles[GAN__ADD_INPUTS], in, instruction->input_count,
                       instruction->attrs);
    double each = (double)(gan__clock() - began) / (REPEATS / 5);
    if (each < best) best = each;
  }
  if (known_count < KINDS)
    known[known_count++] = (struct known){instruction->run, instruction->input_count, best};
  return best;
}

/* -- steps -- */

static void label_product(const gan__plan *plan, const gan__step *step, line *l, table *kinds) {
  const gan__shape *a = &step->call->input_shapes[0];
  bool ta = step->call->attrs[0] != 0, tb = step->call->attrs[1] != 0;
  long long m = step->call->shape.dims[step->call->shape.rank - 2];
  long long n = step->call->shape.dims[step->call->shape.rank - 1];
  long long k = a->dims[a->rank - (ta ? 2 : 1)];
  char kind[LABEL];
  snprintf(kind, sizeof kind, "product %c%c %s", ta ? 'T' : 'N', tb ? 'T' : 'N',
           step->kernel->name);
  add_kind(kinds, kind, l->nanoseconds, l->flops, l->bytes);
  snprintf(l->label, LABEL, "%.40s  [%lld, %lld] = over %lld, level %d  %%%u", kind, m, n, k,
           plan->values[step->node].level, step->node);
}

static void label_row(const gan__plan *plan, const gan__step *step, line *l, table *kinds) {
  if (step->call->op == GAN__OP_MATMUL) {
    label_product(plan, step, l, kinds);
    return;
  }
  char kind[LABEL], shape[GAN__SHAPE_TEXT], from[GAN__SHAPE_TEXT] = "";
  snprintf(kind, sizeof kind, "%s %s", gan__ops[step->call->op].name, step->kernel->name);
  add_kind(kinds, kind, l->nanoseconds, l->flops, l->bytes);
  if (step->call->input_count) gan__shape_text(from, &step->call->input_shapes[0]);
  snprintf(l->label, LABEL, "%.40s  %.40s from %.40s, level %d  %%%u", kind,
           gan__shape_text(shape, &step->call->shape), from, plan->values[step->node].level,
           step->node);
}

static void label_run(const gan__plan *plan, const gan__step *step, line *l, table *kinds) {
  const gan__instruction *instructions = plan->instructions + step->instruction;
  double tiles = (double)(step->extent * step->width) / GAN__TILE, sum = 0;
  for (uint32_t i = 0; i < step->instruction_count; i++)
    sum += alone(&instructions[i]) * tiles;
  double scale = sum > l->nanoseconds ? l->nanoseconds / sum : 1;
  size_t used = (size_t)snprintf(
      l->label, LABEL, "run of %u over %lld x %lld, level %d:", step->instruction_count,
      (long long)step->extent, (long long)step->width, plan->values[step->node].level);
  for (uint32_t i = 0; i < step->instruction_count; i++) {
    const gan__node *node = gan__node_at(plan->graph, instructions[i].node);
    char kind[LABEL];
    snprintf(kind, sizeof kind, "tiles: %s %s", gan__ops[node->op].name,
             instructions[i].kernel->name);
    add_kind(kinds, kind, alone(&instructions[i]) * tiles * scale,
             (double)(step->extent * step->width), 0);
    if (used < LABEL)
      used += (size_t)snprintf(l->label + used, LABEL - used, " %s", gan__ops[node->op].name);
  }
  add_kind(kinds, "tiles: beyond the ops", l->nanoseconds - sum * scale, 0, l->bytes);
}

static bool is_least(void) {
  return !strcmp(cli_text(options, "--times"), "least");
}

static double seconds_of_runs(const gan__plan *plan) {
  return 1e-9 * (double)plan->timing->total / (double)plan->timing->runs;
}

static void print_head(const gan__plan *plan, int32_t threads, double untimed, double timed) {
  gan__cost cost = gan__plan_cost(plan);
  printf(
      "cpu %s, %d threads, K = %s, %s: a step takes %.1f us; timed %.1f us, of which %.1f us in "
      "the plan\n",
      gan__cpu_name(plan->cpu_level), threads, cli_text(options, "--unroll"),
      cli_text(options, "--setup"), untimed * 1e6, timed * 1e6, seconds_of_runs(plan) * 1e6);
  printf(
      "%llu levels, %llu regions, %llu steps, %llu pieces of work; %.1f Mflop, %.1f MB moved, "
      "%.1f GFLOP/s untimed\n",
      (unsigned long long)plan->level_count, (unsigned long long)plan->region_count,
      (unsigned long long)plan->step_count, (unsigned long long)plan->work_count, cost.flops * 1e-6,
      cost.bytes * 1e-6, cost.flops / untimed * 1e-9);
}

/* The lines of all steps; their kinds are added up on the way. Returns the sum of times. */
static double gather(const gan__plan *plan, line *lines, table *kinds) {
  bool least = is_least();
  double sum = 0;
  for (uint64_t s = 0; s < plan->step_count; s++) {
    const gan__step *step = &plan->steps[s];
    gan__cost cost = gan__step_cost(plan, step);
    double mean = (double)gan__timing_of_step(plan, s) / (double)plan->timing->runs;
    lines[s] = (line){.nanoseconds = least ? (double)gan__timing_least(plan, s) : mean,
                      .flops = cost.flops,
                      .bytes = cost.bytes,
                      .count = 1};
    sum += lines[s].nanoseconds;
    if (step->kernel)
      label_row(plan, step, &lines[s], kinds);
    else
      label_run(plan, step, &lines[s], kinds);
  }
  return sum;
}

static void report(const gan__plan *plan, int32_t threads) {
  const struct gan__timing *timing = plan->timing;
  double runs = (double)timing->runs, whole = threads * (double)timing->total / runs;
  double combine = is_least() ? (double)timing->combine_least : (double)timing->combine / runs;
  line *lines = calloc(plan->step_count + 1, sizeof *lines);
  table *kinds = calloc(1, sizeof *kinds);
  if (!lines || !kinds) exit(1);
  double steps = gather(plan, lines, kinds);
  add_kind(kinds, "combine partial sums", combine, 0, 0);
  printf(
      "steps %.1f us + combining %.1f us, over %d threads: %.1f us; besides them work %.1f us and "
      "waiting %.1f us\n\n",
      steps * 1e-3, combine * 1e-3, threads, (steps + combine) / threads * 1e-3,
      ((double)timing->busy / runs - steps - combine) * 1e-3,
      (whole - (double)timing->busy / runs) * 1e-3);
  printf("  us a run      %%  GFLOP/s     GB/s steps  (us summed over threads, %% of this sum)\n");
  print_lines(lines, (int64_t)plan->step_count, cli_integer(options, "--top"), steps + combine);
  printf("\n  us a run      %%  GFLOP/s     GB/s steps  by kind\n");
  print_lines(kinds->lines, kinds->count, kinds->count, steps + combine);
  free(lines);
  free(kinds);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "shows where the time of the unrolled ring goes");
  gan_context *context;
  gan_dataset *data;
  gan__plan *plan;
  cli_check(NULL, gan_context_create(&context));
  gan_context_take_blas(context);
  cli_check(context, gan_context_set_threads(context, (int32_t)cli_integer(options, "--threads")));
  gan_trainer *trainer = make_trainer(context, &data);
  cli_check(context, gan_trainer_run(trainer, 3)); /* compiles, and warms up */
  cli_check(context, gan__trainer_plan(trainer, ROWS, &plan));
  double untimed = seconds_per_step(context, trainer);
  if (cli_flag(options, "--explain")) {
    const char *text;
    cli_check(context, gan_trainer_explain(trainer, ROWS, &text));
    printf("%s\n", text);
  }
  cli_check(context, gan__plan_time_steps(plan, true));
  double timed = seconds_per_step(context, trainer);
  print_head(plan, gan_context_threads(context), untimed, timed);
  report(plan, gan_context_threads(context));
  gan_trainer_destroy(trainer);
  gan_dataset_destroy(data);
  gan_context_destroy(context);
  return 0;
}
