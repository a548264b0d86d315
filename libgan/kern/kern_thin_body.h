/* SPDX-License-Identifier: MIT */
/* Job: products with one small size, for one type and SIMD level; included by kern_thin_fast.c with
 * TYPE, ELEMENT, VECTOR, VECTOR_AT defined. No include guard: it is a template. */

#define NAME_2(stem, type) stem##_##type
#define NAME_1(stem, type) NAME_2(stem, type)
#define NAME(stem)         NAME_1(stem, TYPE)
enum { NAME(LANES) = (int)(sizeof(VECTOR) / sizeof(ELEMENT)) };

/* C [m, n] (+)= A [m, k] B [k, n], where B lies in contiguous rows and the others anywhere. */
typedef struct NAME(outer) {
  int64_t m, n, k;
  const ELEMENT *a, *b;
  ELEMENT *c;
  int64_t a_row, a_column, ldb, ldc;
  bool accumulate;
} NAME(outer);

/* `rows` x `vectors` sums stay in registers while k runs. The first `skip` lanes are not stored:
 * the last columns, fewer than a vector, are computed in one that reaches back over its neighbours.
 */
static ALWAYS_INLINE void NAME(block)(const NAME(outer) * p, int64_t i, int64_t j, int64_t skip,
                                      int rows, int vectors) {
  enum { LANES = NAME(LANES) };
  VECTOR sum[4][4];
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++)
      sum[r][v] = (VECTOR){0};
  const ELEMENT *a = p->a + i * p->a_row, *b = p->b + j;
  for (int64_t l = 0; l < p->k; l++, a += p->a_column, b += p->ldb)
    for (int v = 0; v < vectors; v++) {
      VECTOR right = *(const VECTOR_AT *)(b + v * LANES);
      for (int r = 0; r < rows; r++)
        sum[r][v] += right * a[r * p->a_row];
    }
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < vectors; v++) {
      VECTOR_AT *c = (VECTOR_AT *)(p->c + (i + r) * p->ldc + j + v * LANES);
      if (p->accumulate || skip) { /* otherwise what is there need not be fetched */
        VECTOR old = *c;
        if (p->accumulate) sum[r][v] += old;
        for (int64_t x = 0; x < skip; x++)
          sum[r][v][x] = old[x];
      }
      *c = sum[r][v];
    }
}

/* `rows` rows from row i by all columns: wide blocks, single vectors, the rest. */
static ALWAYS_INLINE void NAME(strip)(const NAME(outer) * p, int64_t i, int rows, int vectors) {
  enum { LANES = NAME(LANES) };
  int64_t j = 0;
  for (; j + vectors * LANES <= p->n; j += vectors * LANES)
    NAME(block)(p, i, j, 0, rows, vectors);
  for (; j + LANES <= p->n; j += LANES)
    NAME(block)(p, i, j, 0, rows, 1);
  if (j < p->n) NAME(block)(p, i, p->n - LANES, LANES - (p->n - j), rows, 1);
}

static void NAME(outer_narrow)(const NAME(outer) * p) {
  for (int64_t i = 0; i < p->m; i++)
    for (int64_t j = 0; j < p->n; j++) {
      ELEMENT sum = 0;
      for (int64_t l = 0; l < p->k; l++)
        sum += p->a[i * p->a_row + l * p->a_column] * p->b[l * p->ldb + j];
      p->c[i * p->ldc + j] = p->accumulate ? p->c[i * p->ldc + j] + sum : sum;
    }
}

static void NAME(outer_run)(const NAME(outer) * p) {
  if (p->n < NAME(LANES)) {
    NAME(outer_narrow)(p);
    return;
  }
  int64_t i = 0;
  for (; i + 4 <= p->m; i += 4)
    NAME(strip)(p, i, 4, 2);
  for (; i + 2 <= p->m; i += 2)
    NAME(strip)(p, i, 2, 4);
  for (; i < p->m; i++)
    NAME(strip)(p, i, 1, 4);
}

/* C(i, j) (+)= sum of A[i, l] B[j, l], both in contiguous rows, C anywhere. */
typedef struct NAME(dots) {
  int64_t m, n, k;
  const ELEMENT *a, *b;
  ELEMENT *c;
  int64_t lda, ldb, c_row, c_column;
  bool accumulate;
} NAME(dots);

/* The last n < LANES elements, and zeros. */
static inline VECTOR NAME(first_lanes)(const ELEMENT *from, int64_t n) {
  VECTOR value = {0};
  memcpy(&value, from, (size_t)n * sizeof *from);
  return value;
}

static ALWAYS_INLINE void NAME(dots_block)(const NAME(dots) * p, int64_t i, int64_t j, int rows,
                                           int columns) {
  enum { LANES = NAME(LANES) };
  const ELEMENT *a = p->a + i * p->lda, *b = p->b + j * p->ldb;
  VECTOR sum[4][2];
  for (int r = 0; r < rows; r++)
    for (int s = 0; s < columns; s++)
      sum[r][s] = (VECTOR){0};
  int64_t l = 0;
  for (; l + LANES <= p->k; l += LANES)
    for (int r = 0; r < rows; r++) {
      VECTOR left = *(const VECTOR_AT *)(a + r * p->lda + l);
      for (int s = 0; s < columns; s++)
        sum[r][s] += left * *(const VECTOR_AT *)(b + s * p->ldb + l);
    }
  if (l < p->k)
    for (int r = 0; r < rows; r++) {
      VECTOR left = NAME(first_lanes)(a + r * p->lda + l, p->k - l);
      for (int s = 0; s < columns; s++)
        sum[r][s] += left * NAME(first_lanes)(b + s * p->ldb + l, p->k - l);
    }
  for (int r = 0; r < rows; r++)
    for (int s = 0; s < columns; s++) {
      ELEMENT total = NAME(horizontal)(sum[r][s]);
      ELEMENT *c = p->c + (i + r) * p->c_row + (j + s) * p->c_column;
      *c = p->accumulate ? *c + total : total;
    }
}

static void NAME(dots_run)(const NAME(dots) * p) {
  int64_t i = 0, j;
  for (; i + 4 <= p->m; i += 4) {
    for (j = 0; j + 2 <= p->n; j += 2)
      NAME(dots_block)(p, i, j, 4, 2);
    if (j < p->n) NAME(dots_block)(p, i, j, 4, 1);
  }
  for (; i < p->m; i++) {
    for (j = 0; j + 2 <= p->n; j += 2)
      NAME(dots_block)(p, i, j, 1, 2);
    if (j < p->n) NAME(dots_block)(p, i, j, 1, 1);
  }
}

/* to [columns, rows] = from [rows, columns]^T, whose rows lie `stride` apart. */
static void NAME(turn)(int64_t rows, int64_t columns, const ELEMENT *from, int64_t stride,
                       ELEMENT *to) {
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++)
      to[j * rows + i] = from[i * stride + j];
}

/* C [m, n] with n small, A as [k, m]: its transpose [n, m] is a product with contiguous rows. */
static void NAME(mirrored)(const gan__product *p, const ELEMENT *a, const ELEMENT *b, ELEMENT *c,
                           ELEMENT *scratch) {
  NAME(outer_run)
  (&(NAME(outer)){.m = p->n,
                  .n = p->m,
                  .k = p->k,
                  .a = b,
                  .b = a,
                  .c = scratch,
                  .a_row = p->transpose_b ? p->ldb : 1,
                  .a_column = p->transpose_b ? 1 : p->ldb,
                  .ldb = p->lda,
                  .ldc = p->m});
  for (int64_t i = 0; i < p->m; i++)
    for (int64_t j = 0; j < p->n; j++) {
      ELEMENT sum = scratch[j * p->m + i];
      c[i * p->n + j] = p->accumulate ? c[i * p->n + j] + sum : sum;
    }
}

/* Which form fits which storage; one of the sizes is small, and only small matrices are turned. */
static void NAME(product)(const gan__product *p, const ELEMENT *a, const ELEMENT *b, ELEMENT *c,
                          ELEMENT *scratch) {
  enum { SMALL = GAN__THIN };
  if (p->n <= SMALL && p->transpose_a) {
    NAME(mirrored)(p, a, b, c, scratch);
  } else if (p->k > SMALL && (p->n <= SMALL || p->transpose_b)) {
    NAME(dots) dots = {p->m, p->n, p->k, a, b, c, p->k, p->k, p->n, 1, p->accumulate};
    if (p->transpose_a) NAME(turn)(p->k, p->m, a, p->lda, scratch), dots.a = scratch;
    if (!p->transpose_b) NAME(turn)(p->k, p->n, b, p->ldb, scratch), dots.b = scratch;
    NAME(dots_run)(&dots);
  } else {
    NAME(outer)
    outer = {.m = p->m, .n = p->n, .k = p->k, .a = a, .b = b, .c = c, .ldb = p->n, .ldc = p->n};
    outer.accumulate = p->accumulate;
    outer.a_row = p->transpose_a ? 1 : p->lda;
    outer.a_column = p->transpose_a ? p->lda : 1;
    if (p->transpose_b) NAME(turn)(p->n, p->k, b, p->ldb, scratch), outer.b = scratch;
    NAME(outer_run)(&outer);
  }
}

void GAN__LEVEL_NAME(gan__thin, TYPE)(const gan__row_call *call) {
  gan__product p = gan__product_make(call);
  const ELEMENT *a = (const ELEMENT *)call->in[0] + p.a_first, *b = call->in[1];
  ELEMENT *c = call->out;
  for (int64_t i = 0; i < p.batch; i++)
    NAME(product)(&p, a + i * p.m * p.k, b + i * p.k * p.n, c + i * p.m * p.n, call->scratch);
}

#undef NAME_2
#undef NAME_1
#undef NAME
#undef TYPE
#undef ELEMENT
#undef VECTOR
#undef VECTOR_AT
