/* SPDX-License-Identifier: MIT */
/* Job: packs a matrix in strips of columns, so that products read it from one end to the other. */
#include <string.h>

#include "kern/kern_lists.h"

/* The panel's rows of the input, [rows, columns] from row `first`, into strips [k, width]. */
typedef struct packing {
  int64_t first, rows, columns, k, n, width;
} packing;

static packing packing_of(const gan__row_call *call) {
  const gan__shape *a = &call->node->input_shapes[0];
  bool transpose = call->node->attrs[0] != 0;
  return (packing){.first = call->first_row,
                   .rows = call->rows,
                   .columns = a->dims[1],
                   .k = a->dims[transpose],
                   .n = a->dims[1 - transpose],
                   .width = call->node->attrs[1]};
}

/* Rows of the input are rows of every strip. */
static void pack_rows(const packing *p, int64_t size, char *out, const char *in) {
  int64_t wide = p->width * size;
  for (int64_t r = 0; r < p->rows; r++)
    for (int64_t j = 0; j < p->n; j += p->width) {
      int64_t taken = (p->n - j < p->width ? p->n - j : p->width) * size;
      char *to = out + (j * p->k + (p->first + r) * p->width) * size;
      memcpy(to, in + (r * p->columns + j) * size, (size_t)taken);
      if (taken < wide) memset(to + taken, 0, (size_t)(wide - taken));
    }
}

/* Rows of the input are columns of strips: BLOCK at a time, so that the writes share lines too. The
 * panel that has the last row fills up the last strip with zeros. */
#define PACK_COLUMNS(type, element)                                                                \
  static void pack_columns_##type(const packing *p, element *out, const element *in) {             \
    enum { BLOCK = 8 };                                                                            \
    int64_t end = p->first + p->rows;                                                              \
    if (end == p->n) end = (p->n + p->width - 1) / p->width * p->width;                            \
    for (int64_t at = p->first, next; at < end; at = next) {                                       \
      int64_t column = at % p->width;                                                              \
      element *to = out + (at - column) * p->k + column;                                           \
      const element *from = in + (at - p->first) * p->k;                                           \
      bool whole = column + BLOCK <= p->width && at + BLOCK <= p->first + p->rows;                 \
      next = at + (whole ? BLOCK : 1);                                                             \
      if (whole)                                                                                   \
        for (int64_t l = 0; l < p->k; l++)                                                         \
          for (int64_t x = 0; x < BLOCK; x++)                                                      \
            to[l * p->width + x] = from[x * p->k + l];                                             \
      else                                                                                         \
        for (int64_t l = 0; l < p->k; l++)                                                         \
          to[l * p->width] = at < p->n ? from[l] : 0;                                              \
    }                                                                                              \
  }                                                                                                \
  static void pack_##type(const gan__row_call *call) {                                             \
    packing p = packing_of(call);                                                                  \
    if (call->node->attrs[0])                                                                      \
      pack_columns_##type(&p, call->out, call->in[0]);                                             \
    else                                                                                           \
      pack_rows(&p, sizeof(element), call->out, call->in[0]);                                      \
  }
PACK_COLUMNS(f32, float)
PACK_COLUMNS(f64, double)

const gan__kernel gan__kernels_pack[] = {
    {.name = "reference", .refuse = gan__needs_f32, .row = pack_f32},
    {.name = "reference", .refuse = gan__needs_f64, .row = pack_f64},
    {.name = NULL}};
