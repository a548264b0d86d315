/* SPDX-License-Identifier: MIT */
/* Rounds in which the ways of running a game, its floor and its bare products take turns. */
#include "compare.h"

#include <stdlib.h>
#include <string.h>

#include "floor.h"
#include "measure.h"
#include "train/trainer.h"
#include "worker.h"

enum { ROWS_MAX = 16, ARGUMENTS_MAX = 64 };

/* The ways of running, each a process of its own. */
enum { HANDED_OVER, DEFAULT, ONE_THREAD, WAYS };
static const char *const way_names[WAYS] = {"handed_over", "default", "one_thread"};

/* Everything about one K. */
typedef struct compared_row {
  int32_t unroll;
  bench_worker workers[WAYS];
  product_floor *floor;
  bench_samples steps[WAYS], floor_steps, bare, bare_one_thread, planning;
} compared_row;

typedef struct comparison {
  const compared *what;
  const cli_option *options;
  int argc;
  char **argv;
  int32_t threads;
  double seconds; /* of a measurement */
  int32_t rounds;
  gan_context *context; /* for the lines */
  compared_row rows[ROWS_MAX];
  int32_t row_count;
} comparison;

/* The same program with the same arguments, and what makes it that way of running. */
static void start_worker(const comparison *c, int32_t unroll, int way, bench_worker *worker) {
  char *arguments[ARGUMENTS_MAX + 16], unroll_text[16], threads[16];
  int32_t count = 0;
  for (; count < c->argc && count < ARGUMENTS_MAX; count++)
    arguments[count] = c->argv[count];
  snprintf(unroll_text, sizeof unroll_text, "%d", unroll);
  snprintf(threads, sizeof threads, "%d", way == ONE_THREAD ? 1 : c->threads);
  char *more[] = {
      "--serve",   "--unroll", unroll_text, "--mode", way == DEFAULT ? "default" : "handed_over",
      "--threads", threads};
  for (size_t i = 0; i < sizeof more / sizeof *more; i++)
    arguments[count++] = more[i];
  worker_start(worker, arguments, count);
}

static void write_explanation(const comparison *c, bench_game *game, int32_t unroll) {
  char path[4096];
  const char *text;
  snprintf(path, sizeof path, "%s/%s-k%d.txt", cli_text(c->options, "--explain"), c->what->name,
           unroll);
  cli_check_writable(path);
  cli_check(game->context, gan_trainer_run(game->trainer, 20));
  cli_check(game->context, gan_trainer_explain(game->trainer, game->rows, &text));
  FILE *file = fopen(path, "w");
  if (file) {
    fputs(text, file);
    fclose(file);
  }
}

/* The floor is that of the same plan, made here and then given up. */
static void begin_row(const comparison *c, compared_row *row) {
  bench_game game;
  gan__plan *plan;
  game_recipe recipe = c->what->recipe;
  recipe.unroll = row->unroll;
  recipe.threads = c->threads;
  recipe.own_blas = 1;
  game_begin(&recipe, &game);
  cli_check(game.context, gan__trainer_plan(game.trainer, game.rows, &plan));
  row->floor = floor_create(gan__plan_graph(plan));
  if (cli_text(c->options, "--explain")) write_explanation(c, &game, row->unroll);
  game_end(&game);
  for (int way = 0; way < WAYS; way++) {
    start_worker(c, row->unroll, way, &row->workers[way]);
    bench_add(&row->planning, row->workers[way].plan_seconds);
  }
}

static void run_round(const comparison *c, compared_row *row) {
  for (int way = 0; way < WAYS; way++)
    bench_add(&row->steps[way], worker_run(&row->workers[way], c->seconds));
  bench_add(&row->floor_steps, c->threads / floor_seconds(row->floor, c->seconds));
  bench_add(&row->bare, 1 / floor_bare_seconds(row->floor, c->seconds, c->threads));
  bench_add(&row->bare_one_thread, 1 / floor_bare_seconds(row->floor, c->seconds, 1));
}

static void ratio(const char *key, const bench_samples *a, const bench_samples *b) {
  bench_samples r = bench_ratio(a, b);
  bench_spread(key, &r);
}

static void open_line(const comparison *c, const char *suffix, int32_t unroll) {
  char name[64];
  snprintf(name, sizeof name, "%s%s", c->what->bench, suffix);
  bench_open(name);
  c->what->describe(c->options);
  bench_number("unroll", unroll);
}

static void end_row(const comparison *c, compared_row *row) {
  char label[128];
  const bench_worker *main_worker = &row->workers[HANDED_OVER];
  for (int way = 0; way < WAYS; way++)
    worker_stop(&row->workers[way]);
  open_line(c, "", row->unroll);
  bench_spread("steps_per_second", &row->steps[HANDED_OVER]);
  bench_spread("default_steps_per_second", &row->steps[DEFAULT]);
  ratio("default_ratio", &row->steps[DEFAULT], &row->steps[HANDED_OVER]);
  bench_spread("one_thread_steps_per_second", &row->steps[ONE_THREAD]);
  ratio("speedup", &row->steps[HANDED_OVER], &row->steps[ONE_THREAD]);
  bench_spread("floor_per_second", &row->floor_steps);
  ratio("times_floor", &row->floor_steps, &row->steps[HANDED_OVER]);
  bench_spread("bare_per_second", &row->bare);
  bench_spread("bare_one_thread_per_second", &row->bare_one_thread);
  ratio("over_bare", &row->steps[HANDED_OVER], &row->bare);
  bench_number("gflop", floor_flops(row->floor) * 1e-9);
  bench_number("products", floor_products(row->floor));
  bench_number("nodes", main_worker->nodes);
  bench_number("plan_seconds", bench_median(&row->planning));
  bench_number("plan_us_per_node", bench_median(&row->planning) / main_worker->nodes * 1e6);
  bench_number("plan_bytes", main_worker->plan_bytes);
  bench_number("peak_mb", main_worker->peak_mb);
  bench_number("first_step_seconds", main_worker->first_step);
  bench_number("rounds", c->rounds);
  bench_number("milliseconds", c->seconds * 1e3);
  bench_close(c->context);
  snprintf(label, sizeof label, "%s K=%d", c->what->name, row->unroll);
  if (cli_flag(c->options, "--products")) floor_print(row->floor, c->context, label);
  floor_destroy(row->floor);
}

/* What a step of each K costs as a multiple of a step of the K before it in the list. */
static void print_costs(const comparison *c) {
  for (int32_t i = 1; i < c->row_count; i++) {
    open_line(c, "_cost", c->rows[i].unroll);
    bench_number("against", c->rows[i - 1].unroll);
    ratio("cost", &c->rows[i - 1].steps[HANDED_OVER], &c->rows[i].steps[HANDED_OVER]);
    bench_close(c->context);
  }
}

/* Every start is a new process; the first may still find the files cold. */
static void measure_starts(const comparison *c, int32_t unroll) {
  for (int way = 0; way < WAYS; way++) {
    bench_samples first = {0}, planning = {0};
    bench_worker worker;
    for (int32_t round = 0; round < c->rounds; round++) {
      start_worker(c, unroll, way, &worker);
      worker_stop(&worker);
      bench_add(&first, worker.first_step);
      bench_add(&planning, worker.plan_seconds);
    }
    open_line(c, "_start", unroll);
    bench_text("mode", way_names[way]);
    bench_spread("first_step_seconds", &first);
    bench_spread("plan_seconds", &planning);
    bench_number("nodes", worker.nodes);
    bench_number("plan_us_per_node", bench_median(&planning) / worker.nodes * 1e6);
    bench_number("peak_mb", worker.peak_mb);
    bench_number("rounds", c->rounds);
    bench_close(c->context);
  }
}

static int serve(const compared *what, const cli_option *options, double since) {
  bench_game game;
  game_recipe recipe = what->recipe;
  int64_t started = cli_integer(options, "--started");
  recipe.unroll = (int32_t)cli_integer(options, "--unroll");
  recipe.threads = (int32_t)cli_integer(options, "--threads");
  recipe.own_blas = !strcmp(cli_text(options, "--mode"), "handed_over");
  game_begin(&recipe, &game);
  worker_serve(&game, started ? 1e-9 * (double)started : since);
  game_end(&game);
  return 0;
}

int compare_run(const compared *what, const cli_option *options, int argc, char **argv) {
  double since = bench_seconds();
  if (cli_flag(options, "--serve")) return serve(what, options, since);
  static comparison c;
  int32_t unrolls[ROWS_MAX];
  c = (comparison){.what = what, .options = options, .argc = argc, .argv = argv};
  c.seconds = 1e-3 * (double)cli_integer(options, "--milliseconds");
  c.rounds = (int32_t)cli_integer(options, "--rounds");
  cli_check(NULL, gan_context_create(&c.context));
  gan_context_take_blas(c.context);
  cli_check(c.context,
            gan_context_set_threads(c.context, (int32_t)cli_integer(options, "--threads")));
  c.threads = gan_context_threads(c.context);
  c.row_count = game_unrolls(cli_text(options, "--unroll"), unrolls, ROWS_MAX);
  for (int32_t i = 0; i < c.row_count; i++) {
    c.rows[i].unroll = unrolls[i];
    if (cli_flag(options, "--start"))
      measure_starts(&c, unrolls[i]);
    else
      begin_row(&c, &c.rows[i]);
  }
  if (!cli_flag(options, "--start")) {
    for (int32_t round = 0; round < c.rounds; round++)
      for (int32_t i = 0; i < c.row_count; i++)
        run_round(&c, &c.rows[i]);
    for (int32_t i = 0; i < c.row_count; i++)
      end_row(&c, &c.rows[i]);
    print_costs(&c);
  }
  gan_context_destroy(c.context);
  return 0;
}
