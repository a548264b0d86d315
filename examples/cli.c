/* SPDX-License-Identifier: MIT */
/* Small helpers of the example programs: options, progress, files. */
#define _XOPEN_SOURCE 700
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const char *program, *description;
static const cli_option *known;

static _Noreturn void usage_error(const char *name, const char *found, const char *expected) {
  fprintf(stderr, "%s: %s%s%s: %s\n\nusage: %s [OPTION VALUE]...\n%s\n", program, name,
          *found ? " " : "", found, expected, program, description);
  for (const cli_option *o = known; o->name; o++)
    fprintf(stderr, "  %-12s %s%s%s%s%s\n", o->name, o->help, o->allowed ? ": " : "",
            o->allowed ? o->allowed : "", o->value && *o->value ? "; default " : "",
            o->value ? o->value : "");
  exit(2);
}

static int is_flag(const cli_option *option) {
  return option->allowed && !*option->allowed;
}

/* True when `word` is one of "a|b|c". */
static int is_allowed(const char *allowed, const char *word) {
  size_t length = strlen(word);
  for (const char *at = allowed; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
    if (!strncmp(at, word, length) && (at[length] == '|' || !at[length])) return 1;
  return 0;
}

static void check_value(const cli_option *option) {
  if (option->allowed && !is_flag(option) && !is_allowed(option->allowed, option->value))
    usage_error(option->name, option->value, "is not one of the allowed words");
  if (option->low > option->high) return;
  char *end;
  errno = 0;
  long long number = strtoll(option->value, &end, 10);
  if (errno || *end || end == option->value || number < option->low || number > option->high) {
    char range[96];
    snprintf(range, sizeof range, "a whole number from %lld to %lld is needed",
             (long long)option->low, (long long)option->high);
    usage_error(option->name, option->value, range);
  }
}

void cli_parse(int argc, char **argv, cli_option *options, const char *about) {
  program = argv[0];
  description = about;
  known = options;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], "--help")) {
      printf("usage: %s [OPTION VALUE]...\n%s\n", program, about);
      for (cli_option *o = options; o->name; o++)
        printf("  %-12s %s%s%s%s%s\n", o->name, o->help, o->allowed && *o->allowed ? ": " : "",
               o->allowed ? o->allowed : "", o->value && *o->value ? "; default " : "",
               o->value ? o->value : "");
      exit(0);
    }
    cli_option *option = options;
    while (option->name && strcmp(option->name, argv[i]))
      option++;
    if (!option->name) usage_error(argv[i], "", "there is no such option");
    if (is_flag(option)) {
      option->value = "yes";
      continue;
    }
    if (i + 1 == argc) usage_error(argv[i], "", "a value must follow");
    option->value = argv[++i];
    check_value(option);
  }
}

const char *cli_text(const cli_option *options, const char *name) {
  while (strcmp(options->name, name))
    options++;
  return options->value;
}

int64_t cli_integer(const cli_option *options, const char *name) {
  return strtoll(cli_text(options, name), NULL, 10);
}

int cli_flag(const cli_option *options, const char *name) {
  return cli_text(options, name) != NULL;
}

void cli_check_writable(const char *path) {
  FILE *file = fopen(path, "ab");
  if (file && fclose(file) == 0) return;
  fprintf(stderr, "%s: --out %s: cannot be written: %s\n", program, path, strerror(errno));
  exit(2);
}

void cli_check(gan_context *context, gan_status status) {
  if (status == GAN_OK) return;
  fprintf(stderr, "\n%s: %s: %s\n", program, gan_status_name(status), gan_context_message(context));
  int asked = status == GAN_ERROR_ARGUMENT || status == GAN_ERROR_SHAPE || status == GAN_ERROR_LIMIT
              || status == GAN_ERROR_MEMORY || status == GAN_ERROR_FILE
              || status == GAN_ERROR_FORMAT || status == GAN_ERROR_PARSE;
  exit(asked ? 2 : 1);
}

void cli_progress(const char *label, int64_t done, int64_t total, const char *text) {
  enum { WIDTH = 24 };
  if (!isatty(2)) return;
  char bar[WIDTH + 1] = "";
  for (int i = 0; i < WIDTH; i++)
    bar[i] = i * total < done * WIDTH ? '#' : '.';
  fprintf(stderr, "\r%s [%s] %lld/%lld %s\033[K%s", label, bar, (long long)done, (long long)total,
          text, done == total ? "\n" : "");
}

static int try_folder(const char *folder, const char *relative, char *path, size_t size) {
  if (!folder || !*folder) return 0;
  int length = snprintf(path, size, "%s/%s", folder, relative);
  return length > 0 && (size_t)length < size && access(path, R_OK) == 0;
}

#ifndef EXAMPLES_INSTALLED_DATA
#define EXAMPLES_INSTALLED_DATA "/usr/local/share/libgan/data"
#endif
#ifndef EXAMPLES_SOURCE_DATA
#define EXAMPLES_SOURCE_DATA "data"
#endif

void cli_find_data(const char *folder, const char *relative, char *path, size_t size) {
  if (folder) {
    if (try_folder(folder, relative, path, size)) return;
    fprintf(stderr, "%s: %s is not in %s\n", program, relative, folder);
    exit(2);
  }
  const char *places[] = {getenv("GAN_DATA"), EXAMPLES_INSTALLED_DATA, EXAMPLES_SOURCE_DATA};
  for (int i = 0; i < 3; i++)
    if (try_folder(places[i], relative, path, size)) return;
  fprintf(stderr, "%s: %s is neither in $GAN_DATA (%s) nor in %s nor in %s; use --data-dir\n",
          program, relative, places[0] ? places[0] : "not set", places[1], places[2]);
  exit(2);
}

double cli_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double cli_peak_mb(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_maxrss / 1024;
}

static gan_context *interrupted;

static void on_interrupt(int number) {
  (void)number;
  gan_context_cancel(interrupted); /* only sets an atomic flag */
}

void cli_cancel_on_interrupt(gan_context *context) {
  interrupted = context;
  struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
  sigaction(SIGINT, &action, NULL);
}
