/* SPDX-License-Identifier: MIT */
/* Job: what a kernel is: the two calling forms, the candidate lists, CPU levels.
 *
 * Two forms of kernel:
 * - A TILE kernel computes one elementwise op over up to GAN__TILE contiguous elements that lie in
 *   L1. The plan strings tile kernels together and loops over tiles, so chains of elementwise ops
 *   never touch memory.
 * - A ROW kernel computes any other op over a panel: `rows` rows of the leading axis.
 *
 * Every op has a list of candidates, fastest first, the reference last. The plan takes the first
 * whose `refuse` returns NULL, and keeps the reasons of the others for gan_plan_explain. */
#ifndef GAN__KERN_KERN_H
#define GAN__KERN_KERN_H

#include "graph/op.h"

enum {
  GAN__ADD_INPUTS = 8, /* an add of more terms is split by the builder */
  GAN__TILE = 512,     /* elements of a tile: 2 KiB in f32, so some twenty live values fit in L1 */
};

/* CPU levels in increasing order; detected at run time. The environment variable GAN_CPU =
 * baseline | avx2 | avx512 lowers it, for tests. Read only, once per plan. */
enum { GAN__CPU_BASELINE, GAN__CPU_AVX2, GAN__CPU_AVX512, GAN__CPU_LEVELS };
int32_t gan__cpu_level(void);
const char *gan__cpu_name(int32_t level);

/* True on a CPU with AVX and without FMA (2011 to 2013): its level is the baseline, but a BLAS has
 * kernels for it that are twice as wide. */
bool gan__cpu_avx_only(void);

/* What a kernel may ask of the node at plan time and at run time: the node without its graph. */
typedef struct gan__kernel_node {
  gan__op op;
  int32_t dtype; /* of the result */
  gan__shape shape;
  int32_t input_count, attr_count;
  const int64_t *attrs;
  const gan__shape *input_shapes; /* [input_count] */
  const int32_t *input_dtypes;    /* [input_count] */
  gan__split split;
  int32_t cpu_level;
} gan__kernel_node;

/* A tile kernel: out[i] = op(in[0][i], in[1][i], ...) for i < n, n <= GAN__TILE. `out` may equal
 * any in[k] exactly; otherwise they do not overlap. Pointers are aligned to the element only. */
typedef void gan__tile_run(int64_t n, void *out, const void *const *in, int32_t input_count,
                           const int64_t *attrs);

/* One call of a row kernel. Row pointers already point to the panel's first row:
 *   split ROWS:   `out` and the inputs outside split.whole are at row `first_row`, `rows` rows;
 *   split REDUCE: the row inputs are at `first_row`; `out` is the whole result, to which the
 * panel's contribution is added when `accumulate`, and which is set to it otherwise;
 *   split SCATTER: the row inputs are at `first_row`; `out` is the whole result, of which the panel
 * writes its own elements;
 *   split NONE: everything is whole, rows = split.extent. */
typedef struct gan__row_call {
  const gan__kernel_node *node;
  void *out;
  const void *const *in;
  int64_t first_row, rows;
  bool accumulate;
  void *scratch;       /* as booked, aligned to 64 */
  uint64_t seed, step; /* of the run: random draws */
} gan__row_call;
typedef void gan__row_run(const gan__row_call *call);

typedef struct gan__kernel {
  const char *name; /* "avx2", "cblas", "thin", "reference" */
  /* NULL when it can compute this node; otherwise the reason, a static text. */
  const char *(*refuse)(const gan__kernel_node *node);
  gan__tile_run *tile; /* one of the two is set */
  gan__row_run *row;
  /* Bytes of scratch for a panel of `rows` rows; NULL for none. */
  int64_t (*scratch)(const gan__kernel_node *node, int64_t rows);
  /* Products: the width of strips in which it packs its right side, or takes it packed; 0: none. */
  int64_t strip;
} gan__kernel;

/* Candidates of each op, ended by an entry without a name. Elementwise ops have tile kernels (their
 * reference as well), all others row kernels; CONSTANT, INPUT, READ, RESHAPE, STOP_GRADIENT and
 * COMMIT need none and have empty lists; BROADCAST, CAST are elementwise (the tile form of
 * BROADCAST copies) and BROADCAST also has a row reference for the patterns that tiles cannot read
 * in place. */
extern const gan__kernel *const gan__kernels[GAN__OP_COUNT];

/* The first candidate that does not refuse. With `reference`, the last one. Never NULL for ops that
 * need a kernel. `want_tile` chooses among tile or row forms. */
const gan__kernel *gan__kernel_select(const gan__kernel_node *node, bool want_tile, bool reference);

/* The 64-bit Philox key of a draw: run seed and the node's site. Element i of the draw (flat index
 * in the whole result) comes from counter block i / 4, high counter = step: uniform: gan__unit of
 * word i % 4; normal: elements come in pairs from words (u, v) = (2j, 2j+1) of the block by Box and
 * Muller: sqrt(-2 ln u) cos(2 pi v), sqrt(-2 ln u) sin(2 pi v). The value does not depend on
 * panels, so any split gives the same bits. */
uint64_t gan__draw_key(uint64_t seed, uint64_t site);

#endif
