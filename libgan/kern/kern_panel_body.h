/* SPDX-License-Identifier: MIT */
/* Job: register-blocked products of panels, for one type and SIMD level; included by
 * kern_panel_fast.c with TYPE, ELEMENT, VECTOR, VECTOR_AT defined. No include guard: it is a
 * template. */

#define NAME_2(stem, type) stem##_##type
#define NAME_1(stem, type) NAME_2(stem, type)
#define NAME(stem)         NAME_1(stem, TYPE)
enum { NAME(LANES) = (int)(sizeof(VECTOR) / sizeof(ELEMENT)), NAME(WIDE) = 2 * NAME(LANES) };

/* Sums of `rows` rows of A by two vectors of columns stay in registers while k runs. `b` is packed,
 * [k, WIDE]; element (r, l) of A is a[r a_row + l a_column]. */
static ALWAYS_INLINE void NAME(block)(int rows, const gan__panel *p, const ELEMENT *a,
                                      int64_t a_row, int64_t a_column, const ELEMENT *b,
                                      VECTOR sum[ROWS][2]) {
  enum { LANES = NAME(LANES) };
  for (int r = 0; r < rows; r++)
    sum[r][0] = sum[r][1] = (VECTOR){0};
  for (int64_t l = 0; l < p->k; l++, a += a_column, b += 2 * LANES) {
    VECTOR left = *(const VECTOR *)(const void *)b;
    VECTOR right = *(const VECTOR *)(const void *)(b + LANES);
    for (int r = 0; r < rows; r++) {
      sum[r][0] += left * a[r * a_row];
      sum[r][1] += right * a[r * a_row];
    }
  }
}

/* One block of C: `columns` (at most WIDE) of `rows` rows. */
static ALWAYS_INLINE void NAME(write)(int rows, const gan__panel *p, ELEMENT *c, int64_t columns,
                                      VECTOR sum[ROWS][2]) {
  enum { LANES = NAME(LANES), WIDE = NAME(WIDE) };
  for (int r = 0; r < rows; r++) {
    ELEMENT *to = c + r * p->ldc;
    if (columns == WIDE) {
      VECTOR_AT *first = (VECTOR_AT *)(void *)to, *second = (VECTOR_AT *)(void *)(to + LANES);
      if (p->accumulate) {
        sum[r][0] += *first;
        sum[r][1] += *second;
      }
      *first = sum[r][0];
      *second = sum[r][1];
      continue;
    }
    ELEMENT row[2 * NAME(LANES)];
    memcpy(row, sum[r], sizeof row);
    for (int64_t j = 0; j < columns; j++)
      to[j] = p->accumulate ? to[j] + row[j] : row[j];
  }
}

static ALWAYS_INLINE void NAME(rows)(int rows, const gan__panel *p, int64_t i, const ELEMENT *b,
                                     ELEMENT *c, int64_t columns) {
  VECTOR sum[ROWS][2];
  const ELEMENT *a = p->a;
  if (p->transpose_a)
    NAME(block)(rows, p, a + i, 1, p->lda, b, sum);
  else
    NAME(block)(rows, p, a + i * p->lda, p->lda, 1, b, sum);
  NAME(write)(rows, p, c + i * p->ldc, columns, sum);
}

/* All rows of A by one packed strip of columns. */
static void NAME(strip)(const gan__panel *p, const ELEMENT *b, ELEMENT *c, int64_t columns) {
  int64_t i = 0;
  for (; i + ROWS <= p->m; i += ROWS)
    NAME(rows)(ROWS, p, i, b, c, columns);
  for (; i + 2 <= p->m; i += 2)
    NAME(rows)(2, p, i, b, c, columns);
  if (i < p->m) NAME(rows)(1, p, i, b, c, columns);
}

/* Columns j .. j + columns - 1 of op(B), rows from .. from + count - 1, as [count, WIDE]. */
static void NAME(pack)(const gan__product *p, const ELEMENT *b, int64_t from, int64_t count,
                       int64_t j, int64_t columns, ELEMENT *packed) {
  enum { WIDE = NAME(WIDE), LANES = NAME(LANES) };
  if (columns < WIDE) memset(packed, 0, (size_t)(count * WIDE) * sizeof *packed);
  if (!p->transpose_b) {
    for (int64_t l = 0; l < count; l++) {
      const ELEMENT *row = b + (from + l) * p->ldb + j;
      if (columns == WIDE) {
        *(VECTOR *)(void *)(packed + l * WIDE) = *(const VECTOR_AT *)(const void *)row;
        *(VECTOR *)(void *)(packed + l * WIDE + LANES) =
            *(const VECTOR_AT *)(const void *)(row + LANES);
      } else {
        memcpy(packed + l * WIDE, row, (size_t)columns * sizeof *packed);
      }
    }
    return;
  }
  /* B lies as [n, k]: eight of its rows at a time, so that reads and writes both stay in few lines.
   */
  for (int64_t first = 0; first < columns; first += 8) {
    int64_t end = first + 8 < columns ? first + 8 : columns;
    const ELEMENT *rows = b + (j + first) * p->ldb + from;
    if (end - first == 8)
      for (int64_t l = 0; l < count; l++)
        for (int64_t x = 0; x < 8; x++)
          packed[l * WIDE + first + x] = rows[x * p->ldb + l];
    else
      for (int64_t x = 0; x < end - first; x++)
        for (int64_t l = 0; l < count; l++)
          packed[l * WIDE + first + x] = rows[x * p->ldb + l];
  }
}

/* k in blocks (a packed strip is 32 KiB with AVX-512), so that a packed strip stays in L1 while all
 * rows of A pass by. */
static void NAME(product)(const gan__product *p, const ELEMENT *a, const ELEMENT *b, ELEMENT *c,
                          ELEMENT *scratch) {
  enum { WIDE = NAME(WIDE) };
  for (int64_t from = 0; from < p->k; from += GAN__PANEL_DEPTH) {
    int64_t depth = p->k - from < GAN__PANEL_DEPTH ? p->k - from : GAN__PANEL_DEPTH;
    gan__panel panel = {.a = a + (p->transpose_a ? from * p->lda : from),
                        .m = p->m,
                        .k = depth,
                        .lda = p->lda,
                        .ldc = p->n,
                        .transpose_a = p->transpose_a,
                        .accumulate = p->accumulate || from > 0};
    for (int64_t j = 0; j < p->n; j += WIDE) {
      int64_t columns = p->n - j < WIDE ? p->n - j : WIDE;
      const ELEMENT *packed = scratch;
      if (p->packed)
        packed = (const ELEMENT *)p->packed + j * p->k + from * WIDE;
      else
        NAME(pack)(p, b, from, depth, j, columns, scratch);
      NAME(strip)(&panel, packed, c + j, columns);
    }
  }
}

void GAN__LEVEL_NAME(gan__panel, TYPE)(const gan__row_call *call) {
  gan__product p = gan__product_make(call);
  if (call->node->input_count == 3) p.packed = call->in[2];
  const ELEMENT *a = (const ELEMENT *)call->in[0] + p.a_first, *b = call->in[1];
  ELEMENT *c = call->out;
  if (p.k == 0 && !p.accumulate) memset(c, 0, (size_t)(p.batch * p.m * p.n) * sizeof *c);
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
