/* SPDX-License-Identifier: MIT */
/* Job: what one op is: the columns of a row of ops.def as the graph layer sees them. */
#ifndef GAN__GRAPH_OP_H
#define GAN__GRAPH_OP_H

#include "tensor/shape.h"

typedef struct gan__graph gan__graph;

/* A node's index in its graph. Inputs of a node always have smaller ids. */
typedef uint32_t gan__id;
#define GAN__NONE UINT32_MAX

/* Op codes, in the order of ops.def. */
typedef enum gan__op {
#define GAN__OP(NAME, ...) GAN__OP_##NAME,
#include "graph/ops.def"
  GAN__OP_COUNT
} gan__op;

/* Flags of a row. */
enum {
  GAN__ELEMENTWISE = 1 << 0,       /* element i of the result reads element i of every input */
  GAN__IN_PLACE = 1 << 1,          /* the result may be written over an input that dies here */
  GAN__VIEW = 1 << 2,              /* the result is the first input's memory under another shape */
  GAN__SOURCE = 1 << 3,            /* no inputs; bound or generated at run time */
  GAN__READS_INPUTS = 1 << 4,      /* the gradient rule reads the inputs' values */
  GAN__READS_RESULT = 1 << 5,      /* the gradient rule reads the result's value */
  GAN__NO_GRADIENT = 1 << 6,       /* piecewise constant, or a source: contributes nothing */
  GAN__INTEGERS = 1 << 7,          /* i32 is allowed besides the floats */
  GAN__GIVES_NONNEGATIVE = 1 << 8, /* facts: never below zero, whatever the input */
  GAN__KEEPS_NONNEGATIVE = 1 << 9, /* not below zero when the input is not */
  GAN__KEEPS_NONZERO = 1 << 10,    /* not zero when the input is not */
  GAN__DEAR = 1 << 11,             /* elementwise, and takes as long as many simple ops */
  GAN__PAIRS = 1 << 12,            /* the result is [N, N, ...], one row for each pair of rows */
};

/* What is known of every element of a value; masks around divisions are left out where it holds
 * numerically (no underflow can break it). */
enum { GAN__NONNEGATIVE = 1, GAN__NONZERO = 2 };

/* A node before it exists. The shape and dtype are given for ops that cannot infer them (sources,
 * reshape, broadcast, cast); infer checks them there, and sets them for all others. */
typedef struct gan__proto {
  gan__op op;
  int32_t dtype;
  gan__shape shape;
  const gan__id *inputs;
  int32_t input_count;
  const int64_t *attrs;
  int32_t attr_count;
  uint8_t facts; /* GAN__NONNEGATIVE, GAN__NONZERO */
} gan__proto;

/* How a node's work may be cut along the leading axis; see plan/region.h. */
typedef enum gan__split_kind {
  GAN__SPLIT_NONE,    /* one task does it all */
  GAN__SPLIT_ROWS,    /* result row r needs row r of the inputs outside `whole` */
  GAN__SPLIT_REDUCE,  /* the result is a sum of contributions of the rows */
  GAN__SPLIT_SCATTER, /* rows of the inputs have places of their own anywhere in the result */
} gan__split_kind;

typedef struct gan__split {
  gan__split_kind kind;
  int64_t extent; /* number of rows */
  bool whole[2];  /* input 0 / every later input is needed whole before any row can start */
} gan__split;

/* Checks the inputs and attributes, sets dtype, shape, facts. Raises GAN_ERROR_SHAPE or _ARGUMENT.
 */
typedef gan_status gan__infer_rule(gan__graph *graph, gan__proto *proto);

/* Builds the nodes of input_gradients[i] = (d result / d input i)^T upstream; leaves GAN__NONE
 * where nothing flows. `wanted[i]` tells which are needed. */
typedef void gan__gradient_rule(gan__graph *graph, gan__id node, gan__id upstream,
                                const bool *wanted, gan__id *input_gradients);

typedef gan__split gan__split_rule(const gan__graph *graph, gan__id node);

/* Returns a simpler equal value already in the graph (built if need be), or GAN__NONE. */
typedef gan__id gan__simplify_rule(gan__graph *graph, const gan__proto *proto);

/* The value of an elementwise op for one element: folds constants, and is the truth for kernels. */
typedef double gan__evaluate_rule(const double *inputs, int32_t count, const int64_t *attrs);

typedef struct gan__op_row {
  const char *name;
  int32_t min_inputs, max_inputs;
  uint32_t flags;
  gan__infer_rule *infer;
  gan__gradient_rule *gradient;
  gan__split_rule *split;
  gan__simplify_rule *simplify;
  gan__evaluate_rule *evaluate; /* NULL unless elementwise */
  const char *formula;
} gan__op_row;

extern const gan__op_row gan__ops[GAN__OP_COUNT];

/* Comparison kinds, attribute 0 of `compare`. */
enum { GAN__LESS, GAN__LESS_EQUAL, GAN__EQUAL, GAN__NOT_EQUAL, GAN__GREATER_EQUAL, GAN__GREATER };

/* A double kept in an attribute word, and back. */
static inline int64_t gan__double_bits(double value) {
  union {
    double value;
    int64_t bits;
  } u = {.value = value};
  return u.bits;
}
static inline double gan__bits_double(int64_t bits) {
  union {
    int64_t bits;
    double value;
  } u = {.bits = bits};
  return u.value;
}

#endif
