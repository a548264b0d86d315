/* SPDX-License-Identifier: MIT */
/* Job: distances and pushes for one type and width of register; included by kern_pairwise_fast.c
 * with TYPE, WIDTH, ELEMENT, INTEGER, SIGN_BIT, IS_FINITE defined. No include guard: it is a
 * template. */

#define NAME_3(stem, type, width) stem##_##type##_##width
#define NAME_1(stem, type, width) NAME_3(stem, type, width)
#define NAME(stem)                NAME_1(stem, TYPE, WIDTH)
#define VECTOR                    NAME(vector)
#define BITS                      NAME(bits)
#define VECTOR_AT                 NAME(vector_at)
#define LANES                     NAME(lanes)

typedef ELEMENT VECTOR __attribute__((vector_size(WIDTH)));
typedef INTEGER BITS __attribute__((vector_size(WIDTH)));
typedef ELEMENT VECTOR_AT __attribute__((vector_size(WIDTH), aligned(sizeof(ELEMENT)), may_alias));
enum { LANES = WIDTH / (int)sizeof(ELEMENT) };

/* Rows [n, dims, kernels] as their registers lie: kernels `at`, at + LANES .. of dimension c of row
 * j are at values + j row + c dim + at. */
typedef struct NAME(rows) {
  const ELEMENT *values;
  int64_t row, dim;
} NAME(rows);

/* Register v of a row: the last one reaches back over its neighbour, where there is one. */
static inline int64_t NAME(start)(int64_t kernels, int64_t v) {
  return kernels < LANES ? 0 : (v + 1) * LANES <= kernels ? v * LANES : kernels - LANES;
}

/* LANES elements, or the first `left` of them and zeros; the reverse. */
static NEVER_INLINE VECTOR NAME(load_part)(const ELEMENT *from, int64_t left) {
  VECTOR value = {0};
  memcpy(&value, from, (size_t)left * sizeof *from);
  return value;
}
static NEVER_INLINE void NAME(store_part)(ELEMENT *to, VECTOR value, int64_t room) {
  memcpy(to, &value, (size_t)room * sizeof *to);
}
static ALWAYS_INLINE VECTOR NAME(load)(const ELEMENT *from, int64_t left) {
  if (left >= LANES) return *(const VECTOR_AT *)from;
  return NAME(load_part)(from, left);
}
static ALWAYS_INLINE void NAME(store)(ELEMENT *to, VECTOR value, int64_t room) {
  if (room >= LANES)
    *(VECTOR_AT *)to = value;
  else
    NAME(store_part)(to, value, room);
}

/* The rows of an input; those narrower than a register are spread out in the scratch first, with
 * what follows them behind. */
static NEVER_INLINE NAME(rows)
    NAME(rows_of)(gan__pairwise_size s, const ELEMENT *from, ELEMENT *scratch) {
  if (s.kernels >= LANES) return (NAME(rows)){from, s.dims * s.kernels, s.kernels};
  int64_t count = s.kernels > 0 ? s.n * s.dims : 0;
  for (int64_t i = 0; i < count; i++)
    *(VECTOR_AT *)(scratch + i * LANES) = NAME(load)(from + i * s.kernels, (count - i) * s.kernels);
  return (NAME(rows)){scratch, s.dims * LANES, LANES};
}

/* value * sign(a - b). Unless `careful`, a, b and the value are finite. */
static ALWAYS_INLINE VECTOR NAME(signed_by)(VECTOR value, VECTOR a, VECTOR b, bool careful) {
  VECTOR difference = a - b;
  if (!careful) return (VECTOR)(((BITS)value ^ ((BITS)difference & SIGN_BIT)) & (BITS)(a != b));
  VECTOR one = (VECTOR){0} + 1;
  BITS sign = ((BITS)one & (BITS)(a > b)) | ((BITS)-one & (BITS)(a < b));
  sign |= (BITS)(difference != difference); /* all bits: NaN */
  return value * (VECTOR)sign;
}

/* Sums over the dimensions for `rows` x `others` pairs from (i, j) on, by register `at`. */
typedef struct NAME(pairs) {
  gan__pairwise_size size;
  NAME(rows) m, v;
  ELEMENT *out;
  int64_t at;
} NAME(pairs);

static ALWAYS_INLINE void NAME(pair_block)(const NAME(pairs) * p, int64_t i, int64_t j, int rows,
                                           int others, bool push, bool careful) {
  VECTOR sum[4][2];
  for (int r = 0; r < rows; r++)
    for (int s = 0; s < others; s++)
      sum[r][s] = (VECTOR){0};
  const ELEMENT *left = p->m.values + i * p->m.row + p->at,
                *right = p->m.values + j * p->m.row + p->at;
  const ELEMENT *own = p->v.values + i * p->m.row + p->at,
                *other = p->v.values + j * p->m.row + p->at;
  for (int64_t c = 0; c < p->size.dims; c++) {
    int64_t k = c * p->m.dim;
    for (int s = 0; s < others; s++) {
      VECTOR b = *(const VECTOR_AT *)(right + s * p->m.row + k);
      for (int r = 0; r < rows; r++) {
        VECTOR a = *(const VECTOR_AT *)(left + r * p->m.row + k);
        if (push) {
          VECTOR change = *(const VECTOR_AT *)(own + r * p->m.row + k)
                          - *(const VECTOR_AT *)(other + s * p->m.row + k);
          sum[r][s] += NAME(signed_by)(change, a, b, careful);
        } else {
          sum[r][s] += (VECTOR)((BITS)(a - b) & ~SIGN_BIT);
        }
      }
    }
  }
  /* What a register writes beyond its kernels is the start of the next pair, written later; the end
   * of a row is the next row's start, written earlier. */
  int64_t kernels = p->size.kernels;
  for (int r = 0; r < rows; r++)
    for (int s = 0; s < others; s++) {
      int64_t room = (p->size.n - j - s) * kernels - p->at;
      ELEMENT *row = p->out + (i - p->size.first + r) * p->size.n * kernels;
      NAME(store)(row + (j + s) * kernels + p->at, sum[r][s], room);
    }
}

/* `rows` rows from i on with the others from..to, all registers. */
static ALWAYS_INLINE void NAME(pair_strip)(NAME(pairs) * p, int64_t i, int rows, int64_t from,
                                           int64_t to, bool push, bool careful) {
  for (int64_t v = 0; v * LANES < p->size.kernels; v++) {
    p->at = NAME(start)(p->size.kernels, v);
    int64_t j = from;
    for (; j + 2 <= to && !careful; j += 2)
      NAME(pair_block)(p, i, j, rows, 2, push, careful);
    for (; j < to; j++)
      NAME(pair_block)(p, i, j, rows, 1, push, careful);
  }
}

/* Others in blocks that stay in L1 while all rows of the panel meet them. */
static ALWAYS_INLINE void NAME(pair_panel)(NAME(pairs) * p, bool push, bool careful) {
  int64_t bytes = p->m.row * (int64_t)sizeof(ELEMENT) * (push ? 2 : 1);
  int64_t block = bytes < BLOCK_BYTES / 2 ? BLOCK_BYTES / (bytes + 1) : 2;
  int64_t end = p->size.first + p->size.rows;
  for (int64_t j = 0; j < p->size.n; j += block) {
    int64_t to = p->size.n - j < block ? p->size.n : j + block, i = p->size.first;
    for (; i + 4 <= end && !careful; i += 4)
      NAME(pair_strip)(p, i, 4, j, to, push, careful);
    for (; i < end; i++)
      NAME(pair_strip)(p, i, 1, j, to, push, careful);
  }
}

static void NAME(distances)(const gan__row_call *call) {
  gan__pairwise_size s = gan__pairwise_size_of(call);
  NAME(pairs) p = {.size = s, .out = call->out};
  p.v = p.m = NAME(rows_of)(s, call->in[0], call->scratch);
  NAME(pair_panel)(&p, false, false);
}

static void NAME(push)(const gan__row_call *call) {
  gan__pairwise_size s = gan__pairwise_size_of(call);
  NAME(pairs) p = {.size = s, .out = call->out};
  int64_t count = s.n * s.dims;
  p.v = NAME(rows_of)(s, call->in[0], call->scratch);
  p.m = NAME(rows_of)(s, call->in[1], (ELEMENT *)call->scratch + count * LANES);
  bool finite =
      IS_FINITE(call->in[0], count * s.kernels) && IS_FINITE(call->in[1], count * s.kernels);
  if (finite)
    NAME(pair_panel)(&p, true, false);
  else
    NAME(pair_panel)(&p, true, true);
}

#include "kern/kern_pairwise_pull_body.h"

#undef NAME_3
#undef NAME_1
#undef NAME
#undef VECTOR
#undef BITS
#undef VECTOR_AT
#undef LANES
#undef WIDTH
