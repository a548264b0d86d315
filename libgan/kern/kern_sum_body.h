/* SPDX-License-Identifier: MIT */
/* Job: sums for one type and SIMD level; included by kern_sum_fast.c with TYPE, ELEMENT, VECTOR,
 * VECTOR_AT defined. No include guard: it is a template. */

#define NAME_2(stem, type) stem##_##type
#define NAME_1(stem, type) NAME_2(stem, type)
#define NAME(stem)         NAME_1(stem, TYPE)
enum { NAME(LANES) = (int)(sizeof(VECTOR) / sizeof(ELEMENT)) };

static inline void NAME(store)(ELEMENT *out, ELEMENT sum, bool accumulate) {
  *out = accumulate ? *out + sum : sum;
}

/* Neighbours that are summed into one: blocks of contiguous elements, each in four vectors of
 * lanes. */
static ELEMENT NAME(sum_run)(const ELEMENT *x, int64_t n) {
  enum { LANES = NAME(LANES) };
  ELEMENT total = 0;
  for (int64_t start = 0; start < n; start += BLOCK) {
    int64_t end = n - start < BLOCK ? n : start + BLOCK, i = start;
    VECTOR sum[4] = {{0}};
    for (; i + 4 * LANES <= end; i += 4 * LANES)
      for (int v = 0; v < 4; v++)
        sum[v] += *(const VECTOR_AT *)(x + i + v * LANES);
    for (; i + LANES <= end; i += LANES)
      sum[0] += *(const VECTOR_AT *)(x + i);
    ELEMENT rest = 0;
    for (; i < end; i++)
      rest += x[i];
    total += NAME(horizontal)((sum[0] + sum[1]) + (sum[2] + sum[3])) + rest;
  }
  return total;
}

/* `vectors` vectors of columns from column j on, over rows of `inner` elements; blocks of rows. */
static ALWAYS_INLINE void NAME(sum_columns)(const ELEMENT *x, gan__around a, int64_t j, int vectors,
                                            ELEMENT *out, bool accumulate) {
  enum { LANES = NAME(LANES) };
  VECTOR total[4], sum[4];
  for (int v = 0; v < vectors; v++)
    total[v] = (VECTOR){0};
  for (int64_t start = 0; start < a.count; start += ROWS) {
    int64_t end = a.count - start < ROWS ? a.count : start + ROWS;
    for (int v = 0; v < vectors; v++)
      sum[v] = (VECTOR){0};
    for (int64_t c = start; c < end; c++)
      for (int v = 0; v < vectors; v++)
        sum[v] += *(const VECTOR_AT *)(x + c * a.inner + j + v * LANES);
    for (int v = 0; v < vectors; v++)
      total[v] += sum[v];
  }
  for (int v = 0; v < vectors; v++) {
    VECTOR_AT *to = (VECTOR_AT *)(out + j + v * LANES);
    if (accumulate) total[v] += *to;
    *to = total[v];
  }
}

/* Columns that do not fill a vector, and narrow arrays. */
static void NAME(sum_column)(const ELEMENT *x, gan__around a, ELEMENT *out, bool accumulate) {
  ELEMENT total = 0;
  for (int64_t start = 0; start < a.count; start += ROWS) {
    int64_t end = a.count - start < ROWS ? a.count : start + ROWS;
    ELEMENT sum[4] = {0};
    int64_t c = start;
    for (; c + 4 <= end; c += 4)
      for (int k = 0; k < 4; k++)
        sum[k] += x[(c + k) * a.inner];
    for (; c < end; c++)
      sum[0] += x[c * a.inner];
    total += (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
  NAME(store)(out, total, accumulate);
}

void GAN__LEVEL_NAME(gan__sum, TYPE)(const gan__row_call *call) {
  gan__around a = gan__sum_view(call);
  const ELEMENT *x = call->in[0];
  ELEMENT *out = call->out;
  for (int64_t o = 0; o < a.outer; o++, x += a.count * a.inner, out += a.inner) {
    if (a.inner == 1) {
      NAME(store)(out, NAME(sum_run)(x, a.count), call->accumulate);
      continue;
    }
    int64_t j = 0;
    for (; j + 4 * NAME(LANES) <= a.inner; j += 4 * NAME(LANES))
      NAME(sum_columns)(x, a, j, 4, out, call->accumulate);
    for (; j + NAME(LANES) <= a.inner; j += NAME(LANES))
      NAME(sum_columns)(x, a, j, 1, out, call->accumulate);
    for (; j < a.inner; j++)
      NAME(sum_column)(x + j, a, out + j, call->accumulate);
  }
}

#undef NAME_2
#undef NAME_1
#undef NAME
#undef TYPE
#undef ELEMENT
#undef VECTOR
#undef VECTOR_AT
