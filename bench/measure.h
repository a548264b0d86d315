/* SPDX-License-Identifier: MIT */
/* What all measuring programs share: samples taken in rounds, and one JSON object a line, each with
 * the machine, the versions and the commit that it was measured with. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>

#include <gan/gan.h>

enum { BENCH_ROUNDS_MAX = 101 };

/* One value for each round. */
typedef struct bench_samples {
  double values[BENCH_ROUNDS_MAX];
  int32_t count;
} bench_samples;

void bench_add(bench_samples *samples, double value);
double bench_median(const bench_samples *samples);
/* Round by round a / b. */
bench_samples bench_ratio(const bench_samples *a, const bench_samples *b);

/* A line: bench_open(), members, bench_close(). A spread gives three members: `key`, the median,
 * `key`_min and `key`_max; without samples nothing. bench_close() adds the machine; BLAS and
 * threads are those of the context. */
void bench_open(const char *name);
void bench_text(const char *key, const char *text);
void bench_number(const char *key, double value);
void bench_spread(const char *key, const bench_samples *samples);
void bench_close(gan_context *context);

/* A steady clock, the same in all processes of the machine. */
double bench_seconds(void);
/* Peak resident memory of this process since it began its program. */
double bench_peak_mb(void);

#endif
