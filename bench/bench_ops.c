/* SPDX-License-Identifier: MIT */
/* How fast each candidate kernel of the op table is on this machine, by size: nanoseconds an
 * element, GFLOP/s of products, one JSON line each; first the speed of copying at sizes that fit
 * each cache. One thread, warm caches, every candidate that this CPU (or GAN_CPU) has; all of them
 * take turns in every round. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "kern/kern.h"
#include "measure.h"

enum {
  INPUTS = 3,
  CASES = 1024,
  ELEMENTS = 2 << 20,     /* of the largest operand */
  COPIED = 128 << 20,     /* bytes of the largest copy: beyond all caches */
  REFERENCE_MAX = 1 << 24 /* multiplications that the plain loops are given at most */
};

static cli_option options[] = {
    {"--milliseconds", "5", NULL, 1, 10000, "of each measurement in each round"},
    {"--rounds", "5", NULL, 1, BENCH_ROUNDS_MAX, "in which all measurements take turns"},
    {"--op", NULL, NULL, 1, 0, "measure this op only (copy, tanh, matmul ...)"},
    {NULL, NULL, NULL, 1, 0, NULL}};

/* One kernel at one size. The node's pointers lead into the case itself. */
typedef struct op_case {
  const char *family;
  const gan__kernel *kernel; /* NULL: memcpy */
  gan__kernel_node node;
  gan__shape shapes[INPUTS];
  int32_t dtypes[INPUTS];
  int64_t attrs[4];
  int64_t elements;   /* what a call is divided by */
  int64_t m, n, k;    /* of products */
  double low, high;   /* range of the arguments */
  bench_samples time; /* seconds of a call */
} op_case;

static op_case *cases;
static int32_t case_count;
static char *operands[INPUTS], *result, *scratch;

static void *memory(size_t bytes) {
  void *block = aligned_alloc(64, bytes);
  if (block) return memset(block, 0, bytes); /* the pages exist from now on */
  fprintf(stderr, "bench: no memory for %zu bytes\n", bytes);
  exit(2);
}

static void fill(const op_case *c) {
  for (int32_t k = 0; k < c->node.input_count && k < INPUTS; k++) {
    int64_t count = c->kernel->tile ? c->elements : gan__shape_count(&c->shapes[k]);
    for (int64_t i = 0; i < count; i++) {
      double value = c->low + (c->high - c->low) * (double)((i * 7 + k * 3) % 1009) / 1009.0;
      if (c->dtypes[k] == GAN_F64)
        ((double *)(void *)operands[k])[i] = value;
      else
        ((float *)(void *)operands[k])[i] = (float)value;
    }
  }
}

static void run(op_case *c, int64_t times) {
  const void *in[INPUTS] = {operands[0], operands[1], operands[2]};
  gan__row_call call = {.node = &c->node,
                        .out = result,
                        .in = in,
                        .rows = c->node.split.extent,
                        .scratch = scratch,
                        .seed = 1};
  for (int64_t i = 0; i < times; i++) {
    if (!c->kernel)
      memcpy(result, operands[0], (size_t)c->elements);
    else if (c->kernel->tile)
      c->kernel->tile(c->elements, result, in, c->node.input_count, c->node.attrs);
    else
      c->kernel->row(&call);
  }
}

static void measure(op_case *c, double budget) {
  if (c->kernel) fill(c);
  run(c, 1);
  double start = bench_seconds(), passed;
  int64_t calls = 0, chunk = 1;
  do {
    run(c, chunk);
    calls += chunk;
    chunk = calls < 1024 ? calls : 1024;
    passed = bench_seconds() - start;
  } while (passed < budget);
  bench_add(&c->time, passed / (double)calls);
}

/* The same product with its right side packed beforehand, for kernels that can read that. */
static void add_packed(const op_case *plain) {
  int64_t strip = plain->kernel->strip;
  if (strip == 0 || case_count == CASES) return;
  op_case *c = &cases[case_count];
  *c = *plain;
  c->node.input_count = 3;
  c->node.input_shapes = c->shapes;
  c->node.input_dtypes = c->dtypes;
  c->node.attrs = c->attrs;
  c->shapes[2] = (gan__shape){3, {(c->n + strip - 1) / strip, c->k, strip}};
  c->dtypes[2] = c->dtypes[1];
  if (!c->kernel->refuse(&c->node)) case_count++;
}

/* One case for each candidate that does not refuse. */
static void add(const op_case *like, bool tiles) {
  const char *wanted = cli_text(options, "--op");
  if (wanted && strcmp(wanted, gan__ops[like->node.op].name) != 0) return;
  bool small = like->m * like->n * like->k <= REFERENCE_MAX;
  for (const gan__kernel *kernel = gan__kernels[like->node.op]; kernel->name; kernel++) {
    if (tiles != (kernel->tile != NULL) || case_count == CASES) continue;
    if (!small && !strcmp(kernel->name, "reference")) continue;
    op_case *c = &cases[case_count];
    *c = *like;
    c->kernel = kernel;
    c->node.cpu_level = gan__cpu_level();
    c->node.input_shapes = c->shapes;
    c->node.input_dtypes = c->dtypes;
    c->node.attrs = c->attrs;
    if (!kernel->refuse(&c->node)) case_count++;
    add_packed(c);
  }
}

static void add_elementwise(int32_t dtype, int64_t elements) {
  for (int op = 0; op < GAN__OP_COUNT; op++) {
    const gan__op_row *row = &gan__ops[op];
    if (!row->evaluate || op == GAN__OP_CAST) continue;
    /* The arguments of logarithms and powers are positive. */
    bool positive = op == GAN__OP_LOG || op == GAN__OP_LOG1P || op == GAN__OP_SQRT
                    || op == GAN__OP_RSQRT || op == GAN__OP_POW;
    op_case c = {.family = "elementwise",
                 .node = {.op = (gan__op)op,
                          .dtype = dtype,
                          .shape = {1, {elements}},
                          .input_count = row->max_inputs ? row->max_inputs : 2,
                          .attr_count = 1},
                 .dtypes = {dtype, dtype, dtype},
                 .elements = elements,
                 .low = positive ? 0.1 : -4,
                 .high = 4};
    add(&c, true);
  }
}

/* C [m, n] = op(A) op(B). With A transposed it is a sum over rows, a weight's gradient. */
static void add_product(int32_t dtype, const char *form, const int64_t sizes[3]) {
  bool ta = form[0] == 'T', tb = form[1] == 'T';
  int64_t m = sizes[0], n = sizes[1], k = sizes[2];
  op_case c = {.family = "product",
               .node = {.op = GAN__OP_MATMUL,
                        .dtype = dtype,
                        .shape = {2, {m, n}},
                        .input_count = 2,
                        .attr_count = 2,
                        .split = {.kind = ta ? GAN__SPLIT_REDUCE : GAN__SPLIT_ROWS,
                                  .extent = ta ? k : m,
                                  .whole = {false, !ta}}},
               .shapes = {{2, {ta ? k : m, ta ? m : k}}, {2, {tb ? n : k, tb ? k : n}}},
               .dtypes = {dtype, dtype},
               .attrs = {ta, tb},
               .m = m,
               .n = n,
               .k = k,
               .elements = m * n,
               .low = -1,
               .high = 1};
  add(&c, false);
}

static void add_products(void) {
  static const char *const forms[] = {"NN", "NT", "TN"};
  static const int64_t square[][3] = {/* m, n, k */
                                      {64, 128, 128},  {128, 128, 128},   {256, 128, 128},
                                      {128, 128, 256}, {100, 1200, 1200}, {256, 256, 256},
                                      {512, 512, 512}, {1024, 1024, 1024}};
  static const struct {
    const char *form;
    int64_t sizes[3];
  } thin[] = {{"NN", {128, 128, 2}},  {"NT", {128, 128, 1}},  {"NT", {128, 128, 2}},
              {"NN", {128, 1, 128}},  {"NN", {128, 2, 128}},  {"NT", {128, 2, 128}},
              {"NN", {128, 10, 128}}, {"TN", {2, 128, 512}},  {"TN", {128, 1, 512}},
              {"TN", {128, 2, 512}},  {"TN", {128, 10, 512}}, {"NN", {1, 128, 256}},
              {"NT", {1, 128, 128}},  {"NN", {1, 1200, 1200}}};
  for (size_t i = 0; i < sizeof square / sizeof *square; i++)
    for (int f = 0; f < 3; f++)
      add_product(GAN_F32, forms[f], square[i]);
  for (size_t i = 0; i < sizeof thin / sizeof *thin; i++)
    add_product(GAN_F32, thin[i].form, thin[i].sizes);
  add_product(GAN_F64, "NN", square[1]);
  add_product(GAN_F64, "NN", square[6]);
}

/* Any other op from [rows, columns]; the elements are those of the larger side. */
static void add_row(const char *family, gan__op op, gan__shape from, gan__shape to,
                    gan__split_kind kind, const int64_t attrs[4]) {
  op_case c = {.family = family,
               .node = {.op = op,
                        .dtype = GAN_F32,
                        .shape = to,
                        .input_count = gan__ops[op].min_inputs,
                        .attr_count = 4,
                        .split = {.kind = kind, .extent = from.dims[0]}},
               .shapes = {from, from},
               .dtypes = {GAN_F32, GAN_F32},
               .elements = gan__shape_count(&from),
               .low = -1,
               .high = 1};
  memcpy(c.attrs, attrs, sizeof c.attrs);
  add(&c, false);
}

static void add_rows(int64_t rows, int64_t columns) {
  gan__shape whole = {2, {rows, columns}}, turned = {2, {columns, rows}};
  gan__shape row = {1, {columns}}, column = {1, {rows}}, scalar = {0, {0}};
  gan__shape half = {2, {rows, columns / 2}};
  int64_t none[4] = {0};
  add_row("reduction", GAN__OP_SUM, whole, row, GAN__SPLIT_REDUCE, (int64_t[4]){0, 1});
  add_row("reduction", GAN__OP_SUM, whole, column, GAN__SPLIT_ROWS, (int64_t[4]){1, 1});
  add_row("reduction", GAN__OP_SUM, whole, scalar, GAN__SPLIT_REDUCE, (int64_t[4]){0, 2});
  add_row("reduction", GAN__OP_MAXIMUM, whole, column, GAN__SPLIT_ROWS, (int64_t[4]){1, 1});
  add_row("movement", GAN__OP_TRANSPOSE, whole, turned, GAN__SPLIT_NONE, (int64_t[4]){1, 0});
  add_row("movement", GAN__OP_SLICE, whole, half, GAN__SPLIT_ROWS,
          (int64_t[4]){1, 0, columns / 2, 1});
  add_row("random", GAN__OP_UNIFORM, whole, whole, GAN__SPLIT_ROWS, none);
  add_row("random", GAN__OP_NORMAL, whole, whole, GAN__SPLIT_ROWS, none);
}

static void add_copies(void) {
  const char *wanted = cli_text(options, "--op");
  if (wanted && strcmp(wanted, "copy") != 0) return;
  for (int64_t bytes = 8 << 10; bytes <= COPIED; bytes *= 4)
    cases[case_count++] = (op_case){.family = "copy", .elements = bytes};
}

/* "128x256 -> 256" */
static void print_shapes(const op_case *c) {
  char from[GAN__SHAPE_TEXT], to[GAN__SHAPE_TEXT], text[2 * GAN__SHAPE_TEXT + 8];
  if (c->kernel->tile) {
    bench_number("elements", (double)c->elements);
    return;
  }
  snprintf(text, sizeof text, "%s -> %s", gan__shape_text(from, &c->shapes[0]),
           gan__shape_text(to, &c->node.shape));
  bench_text("shape", text);
}

static void print_case(const op_case *c, gan_context *context) {
  bench_samples rate = c->time;
  for (int32_t i = 0; i < rate.count; i++)
    rate.values[i] = c->k ? 2e-9 * (double)c->m * (double)c->n * (double)c->k / c->time.values[i]
                     : !c->kernel ? 2e-9 * (double)c->elements / c->time.values[i]
                                  : 1e9 * c->time.values[i] / (double)c->elements;
  bench_open("ops");
  bench_text("family", c->family);
  if (!c->kernel) {
    bench_text("op", "copy");
    bench_number("bytes", (double)c->elements);
    bench_spread("gigabytes_per_second", &rate); /* read and written */
    bench_close(context);
    return;
  }
  bench_text("op", gan__ops[c->node.op].name);
  bench_text("type", gan__dtype_name(c->node.dtype));
  bench_text("kernel", c->kernel->name);
  if (c->k) {
    char form[3] = {c->attrs[0] ? 'T' : 'N', c->attrs[1] ? 'T' : 'N', 0};
    bench_text("form", form);
    bench_number("m", (double)c->m);
    bench_number("n", (double)c->n);
    bench_number("k", (double)c->k);
    bench_text("right_side", c->node.input_count > 2 ? "packed" : "plain");
    bench_number("us", 1e6 * bench_median(&c->time));
    bench_spread("gflops", &rate);
  } else {
    print_shapes(c);
    bench_spread("ns_per_element", &rate);
  }
  bench_close(context);
}

static void make_operands(void) {
  size_t room = ELEMENTS * sizeof(double), booked = room;
  for (int32_t i = 0; i < case_count; i++) {
    const op_case *c = &cases[i];
    if (!c->kernel || !c->kernel->scratch) continue;
    size_t need = (size_t)c->kernel->scratch(&c->node, c->node.split.extent);
    if (need > booked) booked = (need + 63) / 64 * 64;
  }
  for (int32_t k = 0; k < INPUTS; k++)
    operands[k] = memory(k ? room : COPIED);
  result = memory(COPIED);
  scratch = memory(booked);
}

int main(int argc, char **argv) {
  cli_parse(argc, argv, options, "measures every kernel by size");
  gan_context *context;
  cli_check(NULL, gan_context_create(&context));
  gan_context_take_blas(context);
  cases = memory(CASES * sizeof *cases);
  add_copies();
  add_elementwise(GAN_F32, 32);
  add_elementwise(GAN_F32, GAN__TILE);
  add_elementwise(GAN_F64, GAN__TILE);
  add_products();
  add_rows(128, 256);
  add_rows(512, 1024);
  make_operands();
  double seconds = 1e-3 * (double)cli_integer(options, "--milliseconds");
  for (int64_t round = 0; round < cli_integer(options, "--rounds"); round++)
    for (int32_t i = 0; i < case_count; i++)
      measure(&cases[i], seconds);
  for (int32_t i = 0; i < case_count; i++)
    print_case(&cases[i], context);
  gan_context_destroy(context);
  for (int32_t k = 0; k < INPUTS; k++)
    free(operands[k]);
  free(result);
  free(scratch);
  free(cases);
  return 0;
}
