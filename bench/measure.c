/* SPDX-License-Identifier: MIT */
/* What all measuring programs share: samples, JSON lines, the machine. */
#include "measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commit.h"
#include "kern/kern.h"

#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "gcc " __VERSION__
#endif

void bench_add(bench_samples *samples, double value) {
  if (samples->count < BENCH_ROUNDS_MAX) samples->values[samples->count++] = value;
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static bench_samples sorted(const bench_samples *samples) {
  bench_samples copy = *samples;
  qsort(copy.values, (size_t)copy.count, sizeof *copy.values, by_value);
  return copy;
}

double bench_median(const bench_samples *samples) {
  if (samples->count == 0) return NAN;
  bench_samples s = sorted(samples);
  return (s.values[(s.count - 1) / 2] + s.values[s.count / 2]) / 2;
}

bench_samples bench_ratio(const bench_samples *a, const bench_samples *b) {
  bench_samples ratio = {.count = a->count < b->count ? a->count : b->count};
  for (int32_t i = 0; i < ratio.count; i++)
    ratio.values[i] = a->values[i] / b->values[i];
  return ratio;
}

static void print_string(const char *text) {
  putchar('"');
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') putchar('\\');
    putchar((unsigned char)*text < ' ' ? ' ' : *text);
  }
  putchar('"');
}

void bench_open(const char *name) {
  printf("{\"bench\": \"%s\"", name);
}

void bench_text(const char *key, const char *text) {
  printf(", \"%s\": ", key);
  print_string(text);
}

void bench_number(const char *key, double value) {
  if (isfinite(value))
    printf(", \"%s\": %.6g", key, value);
  else
    printf(", \"%s\": null", key);
}

void bench_spread(const char *key, const bench_samples *samples) {
  if (samples->count == 0) return;
  bench_samples s = sorted(samples);
  bench_number(key, bench_median(samples));
  printf(", \"%s_min\": %.6g, \"%s_max\": %.6g", key, s.values[0], key, s.values[s.count - 1]);
}

/* What follows "name ... :" in a file of /proc, without the spaces before it; "" when there is no
 * such line. */
static void proc_field(const char *path, const char *name, char *value, size_t size) {
  char line[512];
  *value = 0;
  FILE *file = fopen(path, "r");
  if (!file) return;
  while (!*value && fgets(line, sizeof line, file)) {
    char *colon = strchr(line, ':');
    if (!colon || strncmp(line, name, strlen(name)) != 0) continue;
    colon += 1 + strspn(colon + 1, " \t");
    colon[strcspn(colon, "\n")] = 0;
    snprintf(value, size, "%s", colon);
  }
  fclose(file);
}

double bench_peak_mb(void) {
  char text[64];
  proc_field("/proc/self/status", "VmHWM", text, sizeof text);
  return *text ? strtod(text, NULL) / 1024 : NAN;
}

void bench_close(gan_context *context) {
  char cpu[256];
  proc_field("/proc/cpuinfo", "model name", cpu, sizeof cpu);
  bench_text("cpu", *cpu ? cpu : "unknown");
  bench_number("cores", (double)sysconf(_SC_NPROCESSORS_ONLN));
  bench_text("simd", gan__cpu_name(gan__cpu_level()));
  bench_text("version", gan_version());
  bench_text("blas", gan_context_blas(context));
  bench_text("compiler", COMPILER);
  bench_number("threads", gan_context_threads(context));
  bench_text("commit", BENCH_COMMIT);
  printf("}\n");
  fflush(stdout);
}

double bench_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
