/* SPDX-License-Identifier: MIT */
/* Job: pulls for one type and width of register; included at the end of kern_pairwise_body.h, whose
 * names it uses. No include guard: it is a template. */

/* A group of rows of the result and a block of others, one register of kernels at a time. */
typedef struct NAME(pulled) {
  gan__pairwise_size size;
  NAME(rows) m;
  const ELEMENT *w;
  ELEMENT *sums; /* of the register in hand: [GROUP, dims, LANES] */
  int64_t at, i, rows;
  int64_t from, count;                      /* the others in the block */
  VECTOR both[GAN__PAIRWISE_GROUP][OTHERS]; /* W_ij + W_ji */
} NAME(pulled);

/* Adds both directions up; true when all are finite. */
static ALWAYS_INLINE bool NAME(stage)(NAME(pulled) * p, bool narrow) {
  int64_t n = p->size.n, kernels = p->size.kernels, total = n * n * kernels;
  VECTOR check = {0};
  for (int64_t j = 0; j < p->count; j++) {
    int64_t forth = (p->i * n + p->from + j) * kernels + p->at;
    int64_t back = ((p->from + j) * n + p->i) * kernels + p->at;
    for (int64_t r = 0; r < p->rows; r++, forth += n * kernels, back += kernels) {
      VECTOR both = NAME(load)(p->w + forth, narrow ? total - forth : LANES)
                    + NAME(load)(p->w + back, narrow ? total - back : LANES);
      p->both[r][j] = both;
      check += both * 0;
    }
  }
  for (int x = 0; x < LANES; x++)
    if (check[x] != 0) return false;
  return true;
}
static NEVER_INLINE bool NAME(stage_wide)(NAME(pulled) * p) {
  return NAME(stage)(p, false);
}
static NEVER_INLINE bool NAME(stage_narrow)(NAME(pulled) * p) {
  return NAME(stage)(p, true);
}

static ALWAYS_INLINE void NAME(pull_block)(NAME(pulled) * p, int64_t r, int64_t c, int rows,
                                           int dims, bool careful) {
  VECTOR sum[8][4], own[8][4];
  ELEMENT *to = p->sums + (r * p->size.dims + c) * LANES;
  const ELEMENT *left = p->m.values + (p->i + r) * p->m.row + c * p->m.dim + p->at;
  const ELEMENT *right = p->m.values + p->from * p->m.row + c * p->m.dim + p->at;
  for (int k = 0; k < rows; k++)
    for (int d = 0; d < dims; d++) {
      sum[k][d] = *(VECTOR_AT *)(to + (k * p->size.dims + d) * LANES);
      own[k][d] = *(const VECTOR_AT *)(left + k * p->m.row + d * p->m.dim);
    }
  for (int64_t j = 0; j < p->count; j++, right += p->m.row)
    for (int d = 0; d < dims; d++) {
      VECTOR b = *(const VECTOR_AT *)(right + d * p->m.dim);
      for (int k = 0; k < rows; k++)
        sum[k][d] += NAME(signed_by)(p->both[r + k][j], own[k][d], b, careful);
    }
  for (int k = 0; k < rows; k++)
    for (int d = 0; d < dims; d++)
      *(VECTOR_AT *)(to + (k * p->size.dims + d) * LANES) = sum[k][d];
}

/* All dimensions of all rows of the group with the block. */
static NEVER_INLINE void NAME(pull_group)(NAME(pulled) * p) {
  int64_t c = 0, r;
  for (; c + PULL_DIMS <= p->size.dims; c += PULL_DIMS) {
    for (r = 0; r + 2 <= p->rows; r += 2)
      NAME(pull_block)(p, r, c, 2, PULL_DIMS, false);
    if (r < p->rows) NAME(pull_block)(p, r, c, 1, PULL_DIMS, false);
  }
  for (; c < p->size.dims; c++) {
    for (r = 0; r + PULL_ROWS <= p->rows; r += PULL_ROWS)
      NAME(pull_block)(p, r, c, PULL_ROWS, 1, false);
    for (; r < p->rows; r++)
      NAME(pull_block)(p, r, c, 1, 1, false);
  }
}
static NEVER_INLINE void NAME(pull_group_carefully)(NAME(pulled) * p) {
  for (int64_t c = 0; c < p->size.dims; c++)
    for (int64_t r = 0; r < p->rows; r++)
      NAME(pull_block)(p, r, c, 1, 1, true);
}

/* All others, block by block; each register's sums behind those of the one before. */
static void NAME(pull_others)(NAME(pulled) * p, ELEMENT *sums, bool finite) {
  int64_t kernels = p->size.kernels, part = GAN__PAIRWISE_GROUP * p->size.dims * LANES;
  int64_t registers = (kernels + LANES - 1) / LANES;
  memset(sums, 0, (size_t)(registers * part) * sizeof *sums);
  for (p->from = 0; p->from < p->size.n; p->from += p->count) {
    p->count = p->size.n - p->from < OTHERS ? p->size.n - p->from : OTHERS;
    for (int64_t v = 0; v < registers; v++) {
      p->at = NAME(start)(kernels, v);
      p->sums = sums + v * part;
      bool plain = kernels < LANES ? NAME(stage_narrow)(p) : NAME(stage_wide)(p);
      if (plain && finite)
        NAME(pull_group)(p);
      else
        NAME(pull_group_carefully)(p);
    }
  }
}

static void NAME(pull)(const gan__row_call *call) {
  gan__pairwise_size s = gan__pairwise_size_of(call);
  NAME(pulled) p;
  ELEMENT *spread = call->scratch, *sums = spread + (s.kernels < LANES ? s.n * s.dims * LANES : 0);
  p.size = s;
  p.w = call->in[0];
  p.m = NAME(rows_of)(s, call->in[1], spread);
  bool finite = IS_FINITE(call->in[1], s.n * s.dims * s.kernels);
  int64_t end = s.first + s.rows, part = GAN__PAIRWISE_GROUP * s.dims * LANES;
  for (p.i = s.first; p.i < end; p.i += p.rows) {
    p.rows = end - p.i < GAN__PAIRWISE_GROUP ? end - p.i : GAN__PAIRWISE_GROUP;
    NAME(pull_others)(&p, sums, finite);
    ELEMENT *out = (ELEMENT *)call->out + (p.i - s.first) * s.dims * s.kernels;
    for (int64_t k = 0; k < p.rows * s.dims; k++)
      for (int64_t v = 0; v * LANES < s.kernels; v++) {
        int64_t at = NAME(start)(s.kernels, v);
        VECTOR sum = *(VECTOR_AT *)(sums + v * part + k * LANES);
        NAME(store)(out + k * s.kernels + at, sum, s.kernels - at);
      }
  }
}
