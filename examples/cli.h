/* SPDX-License-Identifier: MIT */
/* Small helpers of the example programs: options, progress, files. Copy what you need. */
#ifndef EXAMPLES_CLI_H
#define EXAMPLES_CLI_H

#include <stdint.h>
#include <stdio.h>

#include <gan/gan.h>

/* One option "--name VALUE" (or a flag, without a value). */
typedef struct cli_option {
  const char *name;    /* "--steps" */
  const char *value;   /* default, then what was given */
  const char *allowed; /* "a|b|c" for words; NULL for numbers and paths */
  int64_t low, high;   /* range of an integer; low > high: not a number */
  const char *help;
} cli_option;

/* Reads the arguments into the options' values. A mistake is told on standard error with the usage,
 * and ends the program with code 2; --help ends it with 0. */
void cli_parse(int argc, char **argv, cli_option *options, const char *about);

/* The value of an option as text or as an integer (in its range). */
const char *cli_text(const cli_option *options, const char *name);
int64_t cli_integer(const cli_option *options, const char *name);
int cli_flag(const cli_option *options, const char *name);

/* Ends the program with code 2 and a message unless `path` can be written. */
void cli_check_writable(const char *path);

/* Ends the program with the library's message when status is not GAN_OK: code 2 for what the caller
 * asked wrongly (arguments, sizes, files), 1 for what failed. */
void cli_check(gan_context *context, gan_status status);

/* A progress line on standard error, when that is a terminal: "label [####....] 512/15000 text". */
void cli_progress(const char *label, int64_t done, int64_t total, const char *text);

/* Finds `relative` (such as "mnist/train-images-idx3-ubyte.gz") in `folder` when that is not NULL,
 * else in $GAN_DATA, the installed share/libgan/data, and the source tree. Ends the program with
 * code 2 and the places it looked at when it is nowhere. */
void cli_find_data(const char *folder, const char *relative, char *path, size_t size);

double cli_seconds(void); /* a steady clock */
double cli_peak_mb(void); /* peak resident memory of the process */
/* Ctrl-C cancels the context's running call, which then returns GAN_ERROR_CANCELLED. */
void cli_cancel_on_interrupt(gan_context *context);

#endif
