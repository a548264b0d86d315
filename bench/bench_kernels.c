/* SPDX-License-Identifier: MIT */
/* Job: how fast each candidate kernel is on this machine, one JSON object a line: nanoseconds an
 * element of a tile or a panel, GFLOP/s of products. One thread; the best of several short runs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kern/blas.h"
#include "kern/kern.h"

enum { INPUTS = 3, ELEMENTS = 1 << 18, BEST_OF = 5 };
static _Alignas(64) double buffers[INPUTS + 1][ELEMENTS];
static _Alignas(64) double scratch[ELEMENTS];

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

typedef struct work {
  const gan__kernel *kernel;
  gan__kernel_node node;
  int64_t tile; /* elements of a tile, for tile kernels */
  gan__row_call call;
} work;

static void run(const work *w) {
  const void *in[INPUTS] = {buffers[0], buffers[1], buffers[2]};
  if (w->kernel->tile) {
    w->kernel->tile(w->tile, buffers[INPUTS], in, w->node.input_count, w->node.attrs);
    return;
  }
  gan__row_call call = w->call;
  call.in = in;
  w->kernel->row(&call);
}

/* Seconds of one call. */
static double measure(const work *w) {
  double best = INFINITY;
  int64_t times = 1;
  for (int i = 0; i < BEST_OF; i++) {
    double start = seconds(), passed;
    for (int64_t k = 0; k < times; k++)
      run(w);
    passed = seconds() - start;
    if (passed < 0.003) {
      times *= 4;
      i = -1;
      continue;
    }
    if (passed / (double)times < best) best = passed / (double)times;
  }
  return best;
}

static void fill(int32_t dtype, double low, double high) {
  for (int k = 0; k < INPUTS; k++)
    for (int i = 0; i < ELEMENTS; i++) {
      double value = low + (high - low) * ((i * 7 + k * 3) % 1009) / 1009.0;
      if (dtype == GAN_F32)
        ((float *)buffers[k])[i] = (float)value;
      else
        buffers[k][i] = value;
    }
}

static void bench_tiles(int32_t dtype) {
  int32_t dtypes[INPUTS] = {dtype, dtype, dtype};
  int64_t attr = 0;
  for (int op = 0; op < GAN__OP_COUNT; op++) {
    const gan__op_row *row = &gan__ops[op];
    if (!row->evaluate || op == GAN__OP_CAST) continue;
    int32_t count = row->max_inputs ? row->max_inputs : 2;
    /* The arguments of logarithms and powers are positive. */
    bool positive = op == GAN__OP_LOG || op == GAN__OP_LOG1P || op == GAN__OP_SQRT
                    || op == GAN__OP_RSQRT || op == GAN__OP_POW;
    fill(dtype, positive ? 0.1 : -4, 4);
    work w = {.tile = GAN__TILE,
              .node = {.op = (gan__op)op,
                       .dtype = dtype,
                       .input_count = count,
                       .input_dtypes = dtypes,
                       .attrs = &attr,
                       .attr_count = 1,
                       .cpu_level = gan__cpu_level()}};
    for (w.kernel = gan__kernels[op]; w.kernel->name; w.kernel++)
      if (w.kernel->tile && !w.kernel->refuse(&w.node))
        printf(
            "{\"bench\": \"tile\", \"op\": \"%s\", \"type\": \"%s\", \"kernel\": \"%s\", "
            "\"ns_per_element\": %.3f}\n",
            row->name, gan__dtype_name(dtype), w.kernel->name, measure(&w) / GAN__TILE * 1e9);
  }
}

/* C [m, n] = op(A) op(B); a sum over panels is measured with its accumulation. */
typedef struct product {
  int64_t m, k, n;
  bool transpose_a, transpose_b;
} product;
static const product products[] = {
    {128, 256, 128, false, false}, {128, 128, 128, false, false}, {128, 128, 128, false, true},
    {128, 128, 128, true, false},  {64, 128, 128, false, false},  {128, 2, 128, false, false},
    {128, 1, 128, false, true},    {128, 2, 128, false, true},    {128, 128, 1, false, false},
    {128, 128, 2, false, false},   {128, 128, 2, false, true},    {128, 128, 10, false, false},
    {2, 128, 128, true, false},    {128, 128, 1, true, false},    {128, 128, 2, true, false},
    {128, 128, 10, true, false},   {1, 256, 128, false, false},   {1, 128, 128, false, true},
    {128, 784, 128, false, false}, {784, 128, 128, true, false}};

static void bench_product(const product *p, int32_t dtype) {
  gan__shape shapes[2] = {{2, {p->transpose_a ? p->k : p->m, p->transpose_a ? p->m : p->k}},
                          {2, {p->transpose_b ? p->n : p->k, p->transpose_b ? p->k : p->n}}};
  int32_t dtypes[2] = {dtype, dtype};
  int64_t attrs[2] = {p->transpose_a, p->transpose_b};
  gan__split split = {.kind = p->transpose_a ? GAN__SPLIT_REDUCE : GAN__SPLIT_ROWS,
                      .extent = shapes[0].dims[0],
                      .whole = {false, !p->transpose_a}};
  work w = {.node = {.op = GAN__OP_MATMUL,
                     .dtype = dtype,
                     .shape = {2, {p->m, p->n}},
                     .input_count = 2,
                     .attr_count = 2,
                     .attrs = attrs,
                     .input_shapes = shapes,
                     .input_dtypes = dtypes,
                     .split = split,
                     .cpu_level = gan__cpu_level()}};
  w.call = (gan__row_call){.node = &w.node,
                           .out = buffers[INPUTS],
                           .rows = split.extent,
                           .accumulate = p->transpose_a,
                           .scratch = scratch};
  for (w.kernel = gan__kernels[GAN__OP_MATMUL]; w.kernel->name; w.kernel++) {
    if (w.kernel->refuse(&w.node)) continue;
    memset(buffers[INPUTS], 0, sizeof buffers[INPUTS]);
    double time = measure(&w);
    printf(
        "{\"bench\": \"matmul\", \"type\": \"%s\", \"a\": \"%lldx%lld%s\", \"b\": \"%lldx%lld%s\", "
        "\"kernel\": \"%s\", \"us\": %.2f, \"gflops\": %.2f}\n",
        gan__dtype_name(dtype), (long long)shapes[0].dims[0], (long long)shapes[0].dims[1],
        p->transpose_a ? "^T" : "", (long long)shapes[1].dims[0], (long long)shapes[1].dims[1],
        p->transpose_b ? "^T" : "", w.kernel->name, time * 1e6,
        2e-9 * (double)(p->m * p->k * p->n) / time);
  }
}

/* Any other op from one panel [rows, columns] to another; nanoseconds an element of the larger. */
static void bench_row(gan__op op, gan__shape from, gan__shape to, gan__split_kind kind,
                      const int64_t *attrs) {
  int32_t dtype = GAN_F32;
  work w = {.node = {.op = op,
                     .dtype = dtype,
                     .shape = to,
                     .input_count = gan__ops[op].min_inputs,
                     .attr_count = 2,
                     .attrs = attrs,
                     .input_shapes = &from,
                     .input_dtypes = &dtype,
                     .split = {.kind = kind, .extent = from.dims[0]},
                     .cpu_level = gan__cpu_level()}};
  w.call = (gan__row_call){
      .node = &w.node, .out = buffers[INPUTS], .rows = from.dims[0], .scratch = scratch, .seed = 1};
  double elements = (double)gan__shape_count(&from);
  for (w.kernel = gan__kernels[op]; w.kernel->name; w.kernel++)
    if (w.kernel->row && !w.kernel->refuse(&w.node))
      printf(
          "{\"bench\": \"row\", \"op\": \"%s\", \"from\": \"%lldx%lld\", \"kernel\": \"%s\", "
          "\"ns_per_element\": %.3f}\n",
          gan__ops[op].name, (long long)from.dims[0], (long long)from.dims[1], w.kernel->name,
          measure(&w) / elements * 1e9);
}

int main(void) {
  gan_context *context;
  char text[256];
  if (gan_context_create(&context) != GAN_OK) return 1;
  gan__blas_take(context);
  printf("{\"bench\": \"machine\", \"cpu\": \"%s\", \"blas\": \"%s\"}\n",
         gan__cpu_name(gan__cpu_level()), gan__blas_describe(text));
  bench_tiles(GAN_F32);
  bench_tiles(GAN_F64);
  fill(GAN_F32, -1, 1);
  for (size_t i = 0; i < sizeof products / sizeof *products; i++)
    bench_product(&products[i], GAN_F32);
  fill(GAN_F64, -1, 1);
  bench_product(&products[1], GAN_F64);
  bench_product(&products[9], GAN_F64);
  fill(GAN_F32, -1, 1);
  gan__shape wide = {2, {128, 256}}, narrow = {2, {256, 2}}, row = {1, {256}}, pair = {1, {2}};
  gan__shape column = {1, {128}}, turned = {2, {256, 128}};
  bench_row(GAN__OP_SUM, wide, row, GAN__SPLIT_REDUCE, (int64_t[]){0, 1});
  bench_row(GAN__OP_SUM, wide, column, GAN__SPLIT_ROWS, (int64_t[]){1, 1});
  bench_row(GAN__OP_SUM, narrow, pair, GAN__SPLIT_REDUCE, (int64_t[]){0, 1});
  bench_row(GAN__OP_SUM, wide, (gan__shape){0, {0}}, GAN__SPLIT_REDUCE, (int64_t[]){0, 2});
  bench_row(GAN__OP_TRANSPOSE, wide, turned, GAN__SPLIT_NONE, (int64_t[]){1, 0});
  bench_row(GAN__OP_UNIFORM, wide, wide, GAN__SPLIT_ROWS, (int64_t[]){1, 0});
  bench_row(GAN__OP_NORMAL, wide, wide, GAN__SPLIT_ROWS, (int64_t[]){1, 0});
  gan_context_destroy(context);
  return 0;
}
