/* SPDX-License-Identifier: MIT */
/* toy_games: small games under six ways of playing them. Plain gradient descent leaves or circles
 * their equilibria; the others arrive. For each it prints how fast, beside what the eigenvalues of
 * the game's Jacobian say, and draws where the players went. */
#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { GAMES = 4, METHODS = 6, SIZE = 6, PROBE = 400, TAIL = 20000, POINTS = 100000 };

static cli_option options[] = {
    {"--game", "all", "all|xy|rock_paper_scissors|dirac|orbit", 1, 0, "which to play"},
    {"--method", "all", "all|simultaneous|alternating|extragradient|optimistic|consensus|averaging",
     1, 0, "how"},
    {"--steps", "600", NULL, 1, POINTS - 1, "of the trajectories"},
    {"--rate", "0", NULL, 0, 1000000, "learning rate in thousandths; 0: the game's own"},
    {"--consensus", "1000", NULL, 0, 1000000, "weight in thousandths"},
    {"--averaging", "100", NULL, 0, 1000000, "weight of historical averaging in thousandths"},
    {"--out", "toy_games.png", NULL, 1, 0, "picture of the trajectories"},
    {"--quiet", NULL, "", 1, 0, "the last line only"},
    {NULL, NULL, NULL, 1, 0, NULL}};

/* A game: where it rests, and a small push that leaves it turning. */
typedef struct toy {
  const char *name;
  int32_t preset;
  double rate, rest[SIZE], push[SIZE];
  double low, high; /* of the picture */
} toy;

static const toy toys[GAMES] = {{"xy", GAN_GAME_BILINEAR, 0.1, {0, 0}, {1, 1}, -3, 3},
                                {"rock_paper_scissors",
                                 GAN_GAME_ROCK_PAPER_SCISSORS,
                                 0.5,
                                 {0},
                                 {1, -1, 0, 0, 1, -1},
                                 -0.05,
                                 1.05},
                                {"dirac", GAN_GAME_DIRAC, 0.2, {0, 0}, {1, 1}, -3, 3},
                                {"orbit", GAN_GAME_ORBIT, 0.05, {1, 1}, {1, 1}, -0.5, 2.5}};

enum { SIMULTANEOUS, ALTERNATING, EXTRAGRADIENT, OPTIMISTIC, CONSENSUS, AVERAGING };
static const char *const methods[METHODS] = {"simultaneous", "alternating", "extragradient",
                                             "optimistic",   "consensus",   "averaging"};

typedef struct run {
  gan_context *context;
  double rate, consensus, averaging; /* settings */
  double path[2][2][POINTS];         /* [curves][x, y]: what the picture shows */
  gan_image *panels[GAMES][METHODS];
  double rate_error, power_error, largest_distance;
  int count;
} run;

static gan_game *make_game(const run *r, const toy *t, int method) {
  gan_context *c = r->context;
  gan_game *game;
  cli_check(c, gan_game_create_preset(c, GAN_F64, t->preset, &game));
  for (int32_t p = 0; p < gan_game_players(game); p++) {
    const char *name = gan_game_player_name(game, p);
    gan_optimizer *optimizer;
    cli_check(
        c, gan_optimizer_create(
               c, method == OPTIMISTIC ? GAN_OPTIMIZER_OPTIMISTIC : GAN_OPTIMIZER_SGD, &optimizer));
    cli_check(c, gan_optimizer_set(optimizer, GAN_LEARNING_RATE, r->rate));
    cli_check(c, gan_game_set_optimizer(game, name, optimizer));
    gan_optimizer_destroy(optimizer); /* the game keeps what it needs */
    if (method == AVERAGING)
      cli_check(c, gan_game_set_historical_averaging(game, name, r->averaging));
  }
  if (method == ALTERNATING) cli_check(c, gan_game_set_order(game, GAN_ORDER_ALTERNATING));
  if (method == EXTRAGRADIENT) cli_check(c, gan_game_set_method(game, GAN_METHOD_EXTRAGRADIENT));
  if (method == CONSENSUS) cli_check(c, gan_game_set_consensus(game, r->consensus));
  return game;
}

/* From the point of rest. A shift of a player's three logits is no other strategy. */
static double distance(const run *r, const toy *t, const gan_game *game) {
  double at[SIZE], sum = 0;
  int64_t size = gan_game_size(game);
  cli_check(r->context, gan_game_get(game, at));
  for (int64_t i = 0; i < size; i++) {
    const double *own = at + i / 3 * 3;
    double mean = size == SIZE ? (own[0] + own[1] + own[2]) / 3 : t->rest[i];
    sum += (at[i] - mean) * (at[i] - mean);
  }
  return sqrt(sum);
}

/* ---- Rates. ---- */

/* The eigenvalues at rest are +-i w and, for rock-paper-scissors, 0. */
static double turning(const run *r, const toy *t, gan_game *game) {
  double real[SIZE], imaginary[SIZE], most = 0;
  cli_check(r->context, gan_game_set(game, t->rest));
  cli_check(r->context, gan_game_eigenvalues(game, real, imaginary));
  for (int64_t i = 0; i < gan_game_size(game); i++)
    most = fmax(most, imaginary[i]);
  return most;
}

/* By what a step multiplies the distance near the point of rest; for averaging, the power of 1 / t
 * that the distance follows. doc/toy_games.md derives them. */
static double derived_rate(const run *r, int method, double w) {
  double eta = r->rate;
  double complex l = w * I;
  switch (method) {
  case SIMULTANEOUS:
    return cabs(1 - eta * l);
  case ALTERNATING: {
    double half = 1 - eta * w * eta * w / 2; /* z^2 - 2 half z + 1 = 0 */
    return half < -1 ? -half + sqrt(half * half - 1) : 1;
  }
  case EXTRAGRADIENT:
    return cabs(1 - eta * l + eta * eta * l * l);
  case OPTIMISTIC: {
    double complex b = 1 - 2 * eta * l, root = csqrt(b * b + 4 * eta * l);
    return fmax(cabs((b + root) / 2), cabs((b - root) / 2));
  }
  case CONSENSUS:
    return cabs(1 - eta * (l + r->consensus * w * w));
  default:
    return w * w / (w * w + 4 * r->averaging * r->averaging);
  }
}

/* The slope of a straight line through (x, y) pairs, from their sums. */
typedef struct line {
  double n, x, y, xx, xy;
} line;

static void line_add(line *l, double x, double y) {
  *l = (line){l->n + 1, l->x + x, l->y + y, l->xx + x * x, l->xy + x * y};
}

static double line_slope(const line *l) {
  return (l->n * l->xy - l->x * l->y) / (l->n * l->xx - l->x * l->x);
}

/* A step's factor, or the power of 1 / t, of the distance from rest after a push of one millionth:
 * slopes of its logarithm by steps, or by their logarithm. */
static double measured_rate(const run *r, const toy *t, int method) {
  gan_game *game = make_game(r, t, method);
  int64_t from = method == AVERAGING ? TAIL / 4 : 25, to = method == AVERAGING ? TAIL : PROBE;
  double at[SIZE];
  line fit = {0};
  for (int i = 0; i < SIZE; i++)
    at[i] = t->rest[i] + 1e-6 * t->push[i];
  cli_check(r->context, gan_game_set(game, at));
  cli_check(r->context, gan_game_step(game, from));
  for (int64_t step = from; step < to; step++) {
    double now = distance(r, t, game);
    if (now < 1e-11 || now > 1e-3) break; /* roundings; not small any more */
    line_add(&fit, method == AVERAGING ? log((double)step) : (double)step, log(now));
    cli_check(r->context, gan_game_step(game, 1));
  }
  gan_game_destroy(game);
  return method == AVERAGING ? -line_slope(&fit) : exp(line_slope(&fit));
}

/* ---- Trajectories. ---- */

/* Mixed strategies as points of a triangle: rock at the left, paper at the right, scissors on top.
 */
static void in_triangle(const double *logits, double *x, double *y) {
  double e[3], sum = 0;
  for (int i = 0; i < 3; i++)
    sum += e[i] = exp(logits[i] - fmax(logits[0], fmax(logits[1], logits[2])));
  *x = (e[1] + e[2] / 2) / sum;
  *y = sqrt(3) / 2 * e[2] / sum;
}

static void note_place(run *r, const toy *t, const gan_game *game, int64_t step) {
  double at[SIZE];
  cli_check(r->context, gan_game_get(game, at));
  if (t->preset == GAN_GAME_ROCK_PAPER_SCISSORS) {
    in_triangle(at, &r->path[0][0][step], &r->path[0][1][step]);
    in_triangle(at + 3, &r->path[1][0][step], &r->path[1][1][step]);
  } else {
    r->path[0][0][step] = at[0];
    r->path[0][1][step] = at[1];
  }
}

static gan_image *draw(run *r, const toy *t, int64_t points) {
  static const double corners[2][4] = {{0, 1, 0.5, 0}, {0, 0, 0.8660254037844386, 0}};
  int triangle = t->preset == GAN_GAME_ROCK_PAPER_SCISSORS;
  double rest[2] = {triangle ? 0.5 : t->rest[0], triangle ? sqrt(3) / 6 : t->rest[1]};
  gan_series series[4];
  int count = 0;
  const gan_series blank = {.struct_size = sizeof blank, .width = 1};
  if (triangle) {
    series[count] = blank;
    series[count].x = corners[0];
    series[count].y = corners[1];
    series[count].count = 4;
    series[count++].colour = 0xBBBBBB;
  }
  for (int curve = 0; curve < (triangle ? 2 : 1); curve++) {
    series[count] = blank;
    series[count].x = r->path[curve][0];
    series[count].y = r->path[curve][1];
    series[count].count = points;
    series[count].ends = 1;
    series[count++].colour = curve == 0 ? 0x0072B2 : 0xD55E00;
  }
  series[count] = blank;
  series[count].x = &rest[0];
  series[count].y = &rest[1];
  series[count].count = 1;
  series[count].form = GAN_SERIES_POINTS;
  series[count].marker = GAN_MARKER_CROSS;
  series[count++].colour = 0x010101;
  gan_chart_view view = {.struct_size = sizeof view,
                         .width = 210,
                         .height = 210,
                         .scale = 1,
                         .x_low = t->low,
                         .x_high = t->high,
                         .y_low = triangle ? t->low - 0.067 : t->low,
                         .y_high = triangle ? t->high - 0.067 : t->high,
                         .equal = 1,
                         .legend = GAN_LEGEND_NONE};
  gan_image *panel;
  cli_check(r->context, gan_image_chart(r->context, series, count, &view, &panel));
  return panel;
}

/* ---- The report. ---- */

/* Eigenvalues with imaginary parts from 0 up; of a pair one is shown. */
static void print_eigenvalues(const run *r, gan_game *game, const char *where) {
  double real[SIZE], imaginary[SIZE];
  gan_status status = gan_game_eigenvalues(game, real, imaginary);
  printf("  %-26s", where);
  for (int64_t i = 0; status == GAN_OK && i < gan_game_size(game); i++) {
    double a = fabs(real[i]) < 5e-5 ? 0 : real[i], b = imaginary[i];
    if (b >= 5e-5)
      printf("  %.4f+-%.4fi", a, b);
    else if (b > -5e-5)
      printf("  %.4f", a);
  }
  printf(status == GAN_OK ? "\n" : " (%s)\n", gan_context_message(r->context));
}

static void play(run *r, const toy *t, int method, double w, int quiet) {
  gan_game *game = make_game(r, t, method);
  int64_t steps = cli_integer(options, "--steps"), made = 0;
  note_place(r, t, game, 0);
  while (made < steps && distance(r, t, game) < 1e6) {
    cli_check(r->context, gan_game_step(game, 1));
    note_place(r, t, game, ++made);
  }
  r->panels[t - toys][method] = draw(r, t, made + 1);
  double derived = derived_rate(r, method, w), measured = measured_rate(r, t, method);
  double *error = method == AVERAGING ? &r->power_error : &r->rate_error;
  *error = fmax(*error, fabs(derived - measured));
  r->largest_distance = fmax(r->largest_distance, distance(r, t, game));
  r->count++;
  if (!quiet) {
    printf("  %-14s %s derived %.6f, measured %.6f; distance %.3g after %lld steps\n",
           methods[method], method == AVERAGING ? "power" : "rate ", derived, measured,
           distance(r, t, game), (long long)made);
    print_eigenvalues(r, game, "  eigenvalues at the end");
  }
  gan_game_destroy(game);
}

static void play_all(run *r) {
  const char *only = cli_text(options, "--game"), *how = cli_text(options, "--method");
  int quiet = cli_flag(options, "--quiet");
  int64_t rate = cli_integer(options, "--rate");
  for (int g = 0; g < GAMES; g++) {
    if (strcmp(only, "all") && strcmp(only, toys[g].name)) continue;
    r->rate = rate ? 1e-3 * (double)rate : toys[g].rate;
    gan_game *game = make_game(r, &toys[g], SIMULTANEOUS);
    if (!quiet) {
      printf("%s, rate %g\n", toys[g].name, r->rate);
      print_eigenvalues(r, game, "eigenvalues at the start");
    }
    double w = turning(r, &toys[g], game);
    if (!quiet) print_eigenvalues(r, game, "eigenvalues at rest");
    gan_game_destroy(game);
    for (int m = 0; m < METHODS; m++)
      if (!strcmp(how, "all") || !strcmp(how, methods[m])) play(r, &toys[g], m, w, quiet);
  }
}

/* The panels that there are, without empty rows and columns. */
static void write_picture(run *r, const char *path) {
  const gan_image *panels[GAMES * METHODS];
  const char *rows[GAMES], *columns[METHODS];
  int64_t row_count = 0, column_count = 0, count = 0;
  for (int g = 0; g < GAMES; g++) {
    int64_t before = count;
    for (int m = 0; m < METHODS; m++) {
      if (!r->panels[g][m]) continue;
      if (row_count == 0) columns[column_count++] = methods[m];
      panels[count++] = r->panels[g][m];
    }
    if (count > before) rows[row_count++] = g == 1 ? "rock" : toys[g].name;
  }
  gan_panel_view view = {.struct_size = sizeof view,
                         .rows = row_count,
                         .columns = column_count,
                         .panels = panels,
                         .row_captions = rows,
                         .column_captions = columns,
                         .scale = 2};
  gan_image *picture;
  cli_check(r->context, gan_image_panels(r->context, &view, &picture));
  cli_check(r->context, gan_image_write_png(picture, path));
  gan_image_destroy(picture);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "plays small games and measures how fast they turn and arrive");
  cli_check_writable(cli_text(options, "--out"));
  static run r;
  cli_check(NULL, gan_context_create(&r.context));
  cli_check(r.context, gan_context_set_threads(r.context, 1)); /* there is little to share */
  cli_cancel_on_interrupt(r.context);
  r.consensus = 1e-3 * (double)cli_integer(options, "--consensus");
  r.averaging = 1e-3 * (double)cli_integer(options, "--averaging");
  double start = cli_seconds();
  play_all(&r);
  write_picture(&r, cli_text(options, "--out"));
  printf(
      "played=%d rate_error=%.1e power_error=%.1e largest_distance=%.3g steps=%lld seconds=%.1f "
      "peak_mb=%.0f\n",
      r.count, r.rate_error, r.power_error, r.largest_distance,
      (long long)cli_integer(options, "--steps"), cli_seconds() - start, cli_peak_mb());
  for (int g = 0; g < GAMES; g++)
    for (int m = 0; m < METHODS; m++)
      gan_image_destroy(r.panels[g][m]);
  gan_context_destroy(r.context);
  return 0;
}
