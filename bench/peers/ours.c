/* SPDX-License-Identifier: MIT */
/* Our side of the comparison: trains the ring for as long as it is asked to, over a pipe.
 *
 *   first TEXT       written after the first step; TEXT names library and version
 *   run SECONDS      read; answered by "STEPS SECONDS"
 *   end of input     ends the program
 *
 * Public calls only, as a program of a user would have. */
#include "ours_options.h"

enum { STEPS_A_LOOK = 5 }; /* at the clock */

static cli_option options[] = {OURS_OPTIONS, {NULL, NULL, NULL, 1, 0, NULL}};

static void run(bench_game *game, double limit) {
  double start = cli_seconds(), now = start;
  int64_t steps = 0;
  for (; now - start < limit; now = cli_seconds(), steps += STEPS_A_LOOK)
    cli_check(game->context, gan_trainer_run(game->trainer, STEPS_A_LOOK));
  printf("%lld %.9f\n", (long long)steps, now - start);
  fflush(stdout);
}

int main(int argc, char **argv) {
  bench_game game;
  ours_texts texts;
  char line[64];
  double seconds;
  cli_parse(argc, argv, options, "trains the ring when asked over a pipe");
  game_recipe recipe = ours_recipe(options, &texts);
  game_begin(&recipe, &game);
  cli_check(game.context, gan_trainer_run(game.trainer, 1));
  printf("first libgan %s, %s\n", gan_version(), gan_context_blas(game.context));
  fflush(stdout);
  while (fgets(line, sizeof line, stdin))
    if (sscanf(line, "run %lf", &seconds) == 1) run(&game, seconds);
  game_end(&game);
  return 0;
}
