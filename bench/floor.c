/* SPDX-License-Identifier: MIT */
/* The floor under a plan's time: its products, each by its best kernel. */
#include "floor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kern/blas.h"
#include "kern/kern.h"
#include "measure.h"

/* The bare products get OpenBLAS's own threads; everything else one thread a call. */
extern void openblas_set_num_threads(int threads) __attribute__((weak));

enum { HEIGHTS = 4, BEST_OF = 5, OPERANDS = 3 };
static const int64_t heights[HEIGHTS] = {64, 128, 256, INT64_MAX}; /* the last: whole */
static const double CHOICE_SECONDS = 0.0004;                       /* of one timing */

/* How a product is computed: by this kernel from so many operands (the third is the right side,
 * packed; where the plan has none there are two). */
typedef struct product_way {
  const gan__kernel *kernel;
  int32_t operands;
  int64_t rows; /* of a panel */
  double seconds;
} product_way;

typedef struct product {
  gan__kernel_node node; /* its pointers lead to the following three */
  gan__shape shapes[OPERANDS];
  int32_t dtypes[OPERANDS];
  int64_t attrs[2];
  int64_t m, n, k, batch;
  int64_t times; /* in the graph */
  product_way best;
} product;

struct product_floor {
  product *products; /* all different */
  int64_t count;
  void *operands[OPERANDS], *result, *scratch; /* large enough for each */
};

static void *memory(size_t bytes) {
  void *block = aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (block) return block;
  fprintf(stderr, "bench: no memory for %zu bytes\n", bytes);
  exit(2);
}

static void describe(const gan__graph *graph, gan__id id, product *p) {
  const gan__node *node = gan__node_at(graph, id);
  *p = (product){.times = 1};
  for (int32_t i = 0; i < node->input_count && i < OPERANDS; i++) {
    const gan__node *input = gan__node_at(graph, gan__node_input(graph, id, i));
    p->shapes[i] = input->shape;
    p->dtypes[i] = input->dtype;
  }
  for (int32_t i = 0; i < 2; i++)
    p->attrs[i] = gan__node_attrs(graph, id)[i];
  p->node = (gan__kernel_node){.op = GAN__OP_MATMUL,
                               .dtype = node->dtype,
                               .shape = node->shape,
                               .input_count = node->input_count,
                               .attr_count = 2,
                               .split = gan__ops[GAN__OP_MATMUL].split(graph, id),
                               .cpu_level = gan__cpu_level()};
  const int64_t *c = node->shape.dims + node->shape.rank - 2;
  const int64_t *a = p->shapes[0].dims + node->shape.rank - 2;
  p->m = c[0];
  p->n = c[1];
  p->k = a[p->attrs[0] ? 0 : 1];
  p->batch = node->shape.rank == 3 ? node->shape.dims[0] : 1;
}

static bool equal(const product *x, const product *y) {
  return x->node.dtype == y->node.dtype && x->m == y->m && x->n == y->n && x->k == y->k
         && x->batch == y->batch && x->attrs[0] == y->attrs[0] && x->attrs[1] == y->attrs[1]
         && x->node.split.kind == y->node.split.kind && x->node.input_count == y->node.input_count;
}

/* Numbers of ordinary size: sums neither overflow nor become denormal. */
static void *operand(int64_t bytes, int32_t dtype) {
  void *block = memory((size_t)bytes);
  for (int64_t i = 0; i < bytes / gan__dtype_size(dtype); i++) {
    double value = (double)(i * 37 % 101 - 50) / 700;
    if (dtype == GAN_F64)
      ((double *)block)[i] = value;
    else
      ((float *)block)[i] = (float)value;
  }
  return block;
}

static int64_t largest(int64_t a, int64_t b) {
  return a > b ? a : b;
}

static void collect(product_floor *floor, const gan__graph *graph) {
  int64_t room = 0;
  for (gan__id id = 0; id < graph->count; id++) {
    if (gan__node_at(graph, id)->op != GAN__OP_MATMUL) continue;
    product found;
    describe(graph, id, &found);
    int64_t at = 0;
    while (at < floor->count && !equal(&floor->products[at], &found))
      at++;
    if (at < floor->count) {
      floor->products[at].times++;
      continue;
    }
    if (floor->count == room) {
      room = 2 * room + 16;
      floor->products = realloc(floor->products, (size_t)room * sizeof *floor->products);
      if (!floor->products) exit(2);
    }
    floor->products[floor->count++] = found;
  }
  for (int64_t i = 0; i < floor->count; i++) { /* none moves any more */
    product *p = &floor->products[i];
    p->node.input_shapes = p->shapes;
    p->node.input_dtypes = p->dtypes;
    p->node.attrs = p->attrs;
  }
}

static void make_operands(product_floor *floor) {
  int64_t sizes[OPERANDS] = {0}, result = 0, scratch = 0;
  int32_t dtype = GAN_F32;
  for (int64_t i = 0; i < floor->count; i++) {
    const product *p = &floor->products[i];
    int64_t element = gan__dtype_size(p->node.dtype);
    dtype = p->node.dtype;
    for (int32_t k = 0; k < p->node.input_count; k++)
      sizes[k] = largest(sizes[k], gan__shape_count(&p->shapes[k]) * element);
    result = largest(result, gan__shape_count(&p->node.shape) * element);
    for (const gan__kernel *k = gan__kernels[GAN__OP_MATMUL]; k->name; k++)
      if (k->scratch)
        scratch = largest(scratch, k->scratch(&p->node, largest(p->node.split.extent, 1)));
  }
  for (int32_t k = 0; k < OPERANDS; k++)
    floor->operands[k] = operand(sizes[k], dtype);
  floor->result = operand(result, dtype);
  floor->scratch = memory((size_t)scratch);
}

/* One panel. A sum over panels is measured with its accumulation. */
static void run_panel(const product_floor *floor, const product *p, const product_way *way) {
  gan__kernel_node node = p->node;
  node.input_count = way->operands;
  const void *in[OPERANDS] = {floor->operands[0], floor->operands[1], floor->operands[2]};
  bool sums = node.split.kind == GAN__SPLIT_REDUCE && way->rows < node.split.extent;
  gan__row_call call = {.node = &node,
                        .out = floor->result,
                        .in = in,
                        .rows = way->rows,
                        .accumulate = sums,
                        .scratch = floor->scratch};
  way->kernel->row(&call);
}

/* Seconds of the whole product when its panels take their mean time during `budget` seconds. */
static double time_of(const product_floor *floor, const product *p, const product_way *way,
                      double budget) {
  double start = bench_seconds(), passed;
  int64_t calls = 0, chunk = 1;
  do {
    for (int64_t i = 0; i < chunk; i++)
      run_panel(floor, p, way);
    calls += chunk;
    chunk = calls < 64 ? calls : 64;
    passed = bench_seconds() - start;
  } while (passed < budget);
  int64_t extent = largest(p->node.split.extent, 1);
  return passed / (double)calls * (double)extent / (double)way->rows;
}

/* The best of some short timings; given up after the first when that is hopeless. */
static void try(const product_floor *floor, product *p, product_way way) {
  way.seconds = INFINITY;
  run_panel(floor, p, &way); /* warms up */
  for (int i = 0; i < BEST_OF; i++) {
    double seconds = time_of(floor, p, &way, CHOICE_SECONDS);
    if (seconds < way.seconds) way.seconds = seconds;
    if (way.seconds > 2 * p->best.seconds) return;
  }
  if (way.seconds < p->best.seconds) p->best = way;
}

/* Of equal panels of at most `height` rows, in multiples of 8. */
static int64_t panel_rows(const gan__kernel_node *node, int64_t height) {
  int64_t extent = largest(node->split.extent, 1);
  bool cut = node->split.kind == GAN__SPLIT_ROWS || node->split.kind == GAN__SPLIT_REDUCE;
  if (!cut || height >= extent) return extent;
  int64_t panels = (extent + height - 1) / height;
  return ((extent + panels - 1) / panels + 7) / 8 * 8;
}

static void choose_among(const product_floor *floor, product *p, int32_t operands) {
  gan__kernel_node node = p->node;
  node.input_count = operands;
  for (const gan__kernel *k = gan__kernels[GAN__OP_MATMUL]; k->name; k++) {
    if (!k->row || k->refuse(&node)) continue;
    if (!strcmp(k->name, "reference") && p->best.kernel) continue;
    for (int i = 0; i < HEIGHTS; i++) {
      int64_t rows = panel_rows(&node, heights[i]);
      if (i > 0 && rows == panel_rows(&node, heights[i - 1])) continue;
      try(floor, p, (product_way){.kernel = k, .operands = operands, .rows = rows});
    }
  }
}

static void choose(const product_floor *floor, product *p) {
  p->best.seconds = INFINITY;
  for (int32_t operands = p->node.input_count; operands >= 2; operands--)
    choose_among(floor, p, operands);
}

product_floor *floor_create(const gan__graph *graph) {
  product_floor *floor = calloc(1, sizeof *floor);
  if (!floor) exit(2);
  collect(floor, graph);
  make_operands(floor);
  for (int64_t i = 0; i < floor->count; i++)
    choose(floor, &floor->products[i]);
  return floor;
}

void floor_destroy(product_floor *floor) {
  free(floor->products);
  for (int32_t k = 0; k < OPERANDS; k++)
    free(floor->operands[k]);
  free(floor->result);
  free(floor->scratch);
  free(floor);
}

double floor_seconds(product_floor *floor, double budget) {
  double total = 0;
  for (int64_t i = 0; i < floor->count; i++) {
    product *p = &floor->products[i];
    p->best.seconds = time_of(floor, p, &p->best, budget / (double)floor->count);
    total += p->best.seconds * (double)p->times;
  }
  return total;
}

double floor_bare_seconds(product_floor *floor, double budget, int32_t threads) {
  if (openblas_set_num_threads) openblas_set_num_threads(threads);
  double total = 0;
  for (int64_t i = 0; i < floor->count; i++) {
    const product *p = &floor->products[i];
    if (p->node.dtype != GAN_F32 || p->batch != 1) continue;
    double start = bench_seconds(), passed;
    int64_t calls = 0;
    do {
      gan__sgemm(p->attrs[0] != 0, p->attrs[1] != 0, p->m, p->n, p->k, 1, floor->operands[0],
                 p->shapes[0].dims[1], floor->operands[1], p->shapes[1].dims[1], 0, floor->result,
                 p->n);
      calls++;
      passed = bench_seconds() - start;
    } while (passed < budget / (double)floor->count);
    total += passed / (double)calls * (double)p->times;
  }
  if (openblas_set_num_threads) openblas_set_num_threads(1);
  return total;
}

double floor_flops(const product_floor *floor) {
  double flops = 0;
  for (int64_t i = 0; i < floor->count; i++) {
    const product *p = &floor->products[i];
    flops += 2.0 * (double)p->m * (double)p->n * (double)p->k * (double)(p->batch * p->times);
  }
  return flops;
}

double floor_products(const product_floor *floor) {
  double count = 0;
  for (int64_t i = 0; i < floor->count; i++)
    count += (double)floor->products[i].times;
  return count;
}

void floor_print(const product_floor *floor, gan_context *context, const char *label) {
  for (int64_t i = 0; i < floor->count; i++) {
    const product *p = &floor->products[i];
    char form[3] = {p->attrs[0] ? 'T' : 'N', p->attrs[1] ? 'T' : 'N', 0};
    bench_open("floor");
    bench_text("of", label);
    bench_text("form", form);
    bench_number("m", (double)p->m);
    bench_number("n", (double)p->n);
    bench_number("k", (double)p->k);
    bench_number("times", (double)p->times);
    bench_text("kernel", p->best.kernel->name);
    bench_text("right_side", p->best.operands > 2 ? "packed" : "plain");
    bench_number("panel_rows", (double)p->best.rows);
    bench_number("us", p->best.seconds * 1e6);
    bench_number("gflops", 2e-9 * (double)p->m * (double)p->n * (double)p->k * (double)p->batch
                               / p->best.seconds);
    bench_close(context);
  }
}
