/* SPDX-License-Identifier: MIT */
/* Samples of every op for the tests that walk the table. op_samples.def has them; an op without a
 * row there does not compile. */
#ifndef GAN__TESTS_OP_SAMPLES_H
#define GAN__TESTS_OP_SAMPLES_H

#include "graph/graph.h"

enum {
  SAMPLE_ROWS = -1, /* in shapes and attributes: the number of rows, which the test chooses */
  SAMPLE_INPUTS = 8,
  SAMPLE_VALUES = 6
};

/* Where the values of an input come from. */
enum sample_domain {
  SAMPLE_NONE,
  SAMPLE_ANY,      /* (-1.5, 1.5) */
  SAMPLE_POSITIVE, /* (0.8, 2) */
  SAMPLE_AWAY,     /* 0.2 < |x| < 1.5 */
  SAMPLE_APART,    /* (-1.5, 1.5), no two elements of the op's inputs apart near each other */
  SAMPLE_MASK,     /* 0 or 1 */
  SAMPLE_WHOLE,    /* i32: -9 .. 9 */
  SAMPLE_INDEX     /* i32: -1 .. 7: some outside, some twice */
};

typedef struct op_sample {
  struct {
    int32_t domain;
    gan__shape shape;
  } inputs[SAMPLE_INPUTS];
  int64_t attrs[GAN__RANK_MAX];
  int32_t attr_count;
  gan__shape shape;   /* of the result, where the op cannot infer it */
  int32_t dtype;      /* likewise; 0: the test's */
  double value;       /* of a constant */
  int64_t least_rows; /* that the op takes */
  int64_t most_rows;  /* that the plain loops do in good time; 0: any */
  bool forward_only;  /* the derivative is tested by another row */
  bool sums;          /* f32 results are sums: their error is measured by the sum of magnitudes */
  /* Boundary rows give the inputs' values, the results, for each input d sum(y) / d input, and the
   * derivative by it of the sum of all those. */
  bool boundary, no_slopes;
  double values[3][SAMPLE_VALUES], results[SAMPLE_VALUES];
  double slopes[3][SAMPLE_VALUES], curves[3][SAMPLE_VALUES];
} op_sample;

typedef struct op_sample_list {
  const op_sample *rows;
  int32_t count;
} op_sample_list;

extern const op_sample_list op_samples[GAN__OP_COUNT];

int32_t op_sample_input_count(const op_sample *sample);
/* The type of an input in a graph of this float type. */
int32_t op_sample_dtype(const op_sample *sample, int32_t input, int32_t dtype);
gan__shape op_sample_shape(const gan__shape *shape, int64_t rows);
/* True when the shapes or attributes hold SAMPLE_ROWS. */
bool op_sample_scales(const op_sample *sample);
bool op_sample_takes(const op_sample *sample, int64_t rows);

/* Makes slots for the sample's inputs, then its node. An INPUT is its own slot; READ and COMMIT
 * bring a state; what they bring is named "own". */
void op_sample_slots(gan__graph *graph, const op_sample *sample, int64_t rows, int32_t dtype,
                     gan__id *inputs);
gan__id op_sample_node(gan__graph *graph, gan__op op, const op_sample *sample, int64_t rows,
                       int32_t dtype, const gan__id *inputs);

/* Values for one input, exact in f32; free them. */
double *op_sample_values(const op_sample *sample, int32_t input, int64_t rows, uint64_t seed);
/* Values for slot or state `index` of a graph made by the two functions above. */
double *op_sample_door(const op_sample *sample, const gan__binding *door, int32_t index,
                       int64_t rows, uint64_t seed);

#endif
