/* SPDX-License-Identifier: MIT */
#include "op_samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define N SAMPLE_ROWS
#define SHAPE(...)                                                                                 \
  {                                                                                                \
    (int32_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {                               \
      __VA_ARGS__                                                                                  \
    }                                                                                              \
  }
#define SCALAR                                                                                     \
  {                                                                                                \
    0, {                                                                                           \
      0                                                                                            \
    }                                                                                              \
  }
/* One input of a domain. */
#define IN(domain_, ...)                                                                           \
  { .domain = SAMPLE_##domain_, .shape = SHAPE(__VA_ARGS__) }
#define IN_SCALAR(domain_)                                                                         \
  { .domain = SAMPLE_##domain_, .shape = SCALAR }
#define INPUTS(...) .inputs = {__VA_ARGS__}
#define ATTRS(...)                                                                                 \
  .attrs = {__VA_ARGS__},                                                                          \
  .attr_count = (int32_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
/* One, two, three inputs of the usual shapes. */
#define EACH_ONE(domain)                                                                           \
  {INPUTS(IN(domain, N))}, {INPUTS(IN(domain, N, 3))}, {INPUTS(IN_SCALAR(domain))},                \
      {INPUTS(IN(domain, N, 2, 5))}, {                                                             \
    INPUTS(IN(domain, 1, N))                                                                       \
  }
#define EACH_TWO(one, two)                                                                         \
  {INPUTS(IN(one, N), IN(two, N))}, {INPUTS(IN(one, N, 3), IN(two, N, 3))},                        \
      {INPUTS(IN_SCALAR(one), IN_SCALAR(two))}, {                                                  \
    INPUTS(IN(one, 2, N, 5), IN(two, 2, N, 5))                                                     \
  }
/* A row with given values on vectors of that many elements. */
#define BOUNDARY(count)     .boundary = true, INPUTS(IN(ANY, count))
#define BOUNDARY_TWO(count) .boundary = true, INPUTS(IN(ANY, count), IN(ANY, count))
#define BOUNDARY_THREE(count)                                                                      \
  .boundary = true, INPUTS(IN(ANY, count), IN(ANY, count), IN(ANY, count))

#define SAMPLES(NAME, ...) static const op_sample sample_##NAME[] = {__VA_ARGS__};
#include "op_samples.def"

const op_sample_list op_samples[GAN__OP_COUNT] = {
#define GAN__OP(NAME, ...)                                                                         \
  [GAN__OP_##NAME] = {sample_##NAME, (int32_t)(sizeof sample_##NAME / sizeof *sample_##NAME)},
#include "graph/ops.def"
};

int32_t op_sample_input_count(const op_sample *sample) {
  int32_t count = 0;
  while (count < SAMPLE_INPUTS && sample->inputs[count].domain != SAMPLE_NONE)
    count++;
  return count;
}

int32_t op_sample_dtype(const op_sample *sample, int32_t input, int32_t dtype) {
  int32_t domain = sample->inputs[input].domain;
  return domain == SAMPLE_WHOLE || domain == SAMPLE_INDEX ? GAN_I32 : dtype;
}

gan__shape op_sample_shape(const gan__shape *shape, int64_t rows) {
  gan__shape real = *shape;
  for (int32_t i = 0; i < real.rank; i++)
    if (real.dims[i] == SAMPLE_ROWS) real.dims[i] = rows;
  return real;
}

static bool holds_rows(const int64_t *words, int32_t count) {
  for (int32_t i = 0; i < count; i++)
    if (words[i] == SAMPLE_ROWS) return true;
  return false;
}

bool op_sample_scales(const op_sample *sample) {
  if (holds_rows(sample->shape.dims, sample->shape.rank)) return true;
  for (int32_t i = 0; i < op_sample_input_count(sample); i++)
    if (holds_rows(sample->inputs[i].shape.dims, sample->inputs[i].shape.rank)) return true;
  return false;
}

bool op_sample_takes(const op_sample *sample, int64_t rows) {
  return rows >= sample->least_rows && (!sample->most_rows || rows <= sample->most_rows);
}

void op_sample_slots(gan__graph *graph, const op_sample *sample, int64_t rows, int32_t dtype,
                     gan__id *inputs) {
  static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  for (int32_t i = 0; i < op_sample_input_count(sample); i++) {
    gan__shape shape = op_sample_shape(&sample->inputs[i].shape, rows);
    inputs[i] = gan__graph_input(graph, names[i], op_sample_dtype(sample, i, dtype), &shape);
  }
}

gan__id op_sample_node(gan__graph *graph, gan__op op, const op_sample *sample, int64_t rows,
                       int32_t dtype, const gan__id *inputs) {
  int64_t attrs[GAN__RANK_MAX];
  gan__shape shape = op_sample_shape(&sample->shape, rows);
  for (int32_t i = 0; i < sample->attr_count; i++)
    attrs[i] = sample->attrs[i] == SAMPLE_ROWS ? rows : sample->attrs[i];
  int32_t attr_count = sample->attr_count;
  if (sample->dtype) dtype = sample->dtype;
  if (op == GAN__OP_INPUT) return gan__graph_input(graph, "own", dtype, &shape);
  if (op == GAN__OP_READ) return gan__graph_state(graph, "own", dtype, &shape);
  if (op == GAN__OP_COMMIT) {
    shape = op_sample_shape(&sample->inputs[0].shape, rows);
    gan__graph_state(graph, "own", dtype, &shape);
    gan__graph_commit(graph, 0, inputs[0]);
    return inputs[0];
  }
  if (op == GAN__OP_CONSTANT) {
    attrs[0] = gan__double_bits(sample->value);
    attr_count = 1;
  }
  gan__proto proto = {.op = op,
                      .dtype = dtype,
                      .shape = shape,
                      .inputs = inputs,
                      .input_count = op_sample_input_count(sample),
                      .attrs = attrs,
                      .attr_count = attr_count};
  return gan__graph_node(graph, &proto);
}

/* A permutation of 0 .. total-1 without a table: multiplication by a number prime to the total. */
static int64_t scatter(int64_t index, int64_t total) {
  int64_t factor = total / 3 * 2 + 1, a, b;
  do {
    factor++;
    for (a = factor, b = total; b;) {
      int64_t rest = a % b;
      a = b;
      b = rest;
    }
  } while (a != 1);
  return index * (factor % total) % total;
}

static double draw(gan__stream *stream, int32_t domain, int64_t index, int64_t total) {
  double unit = gan__stream_uniform(stream);
  switch (domain) {
  case SAMPLE_POSITIVE:
    return 0.8 + 1.2 * unit;
  case SAMPLE_AWAY:
    return unit < 0.5 ? -0.2 - 2.6 * unit : 0.2 + 2.6 * (unit - 0.5);
  case SAMPLE_APART:
    return -1.5 + 3 * ((double)scatter(index, total) + 0.5) / (double)total;
  case SAMPLE_MASK:
    return unit < 0.5 ? 0 : 1;
  case SAMPLE_WHOLE:
    return floor(19 * unit) - 9;
  case SAMPLE_INDEX:
    return floor(9 * unit) - 1;
  default:
    return 3 * unit - 1.5;
  }
}

double *op_sample_values(const op_sample *sample, int32_t input, int64_t rows, uint64_t seed) {
  gan__shape shape = op_sample_shape(&sample->inputs[input].shape, rows);
  int64_t count = gan__shape_count(&shape), before = 0, total = 0;
  for (int32_t i = 0; i < op_sample_input_count(sample); i++) {
    if (sample->inputs[i].domain != sample->inputs[input].domain) continue;
    gan__shape other = op_sample_shape(&sample->inputs[i].shape, rows);
    if (i < input) before += gan__shape_count(&other);
    total += gan__shape_count(&other);
  }
  gan__stream stream = gan__stream_make(seed, "op sample", (uint64_t)input);
  double *values = calloc((size_t)count + 1, sizeof *values);
  for (int64_t i = 0; i < count; i++)
    values[i] = sample->boundary
                    ? sample->values[input][i]
                    : (float)draw(&stream, sample->inputs[input].domain, before + i, total);
  return values;
}

double *op_sample_door(const op_sample *sample, const gan__binding *door, int32_t index,
                       int64_t rows, uint64_t seed) {
  if (strcmp(door->name, "own") != 0) return op_sample_values(sample, index, rows, seed);
  int64_t count = gan__shape_count(&door->shape);
  double *values = calloc((size_t)count + 1, sizeof *values);
  for (int64_t i = 0; i < count; i++)
    values[i] = (door->dtype == GAN_I32 ? 1 : 0.5) * (double)(i % 23) - 3;
  return values;
}
