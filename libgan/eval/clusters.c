/* SPDX-License-Identifier: MIT */
/* Job: k-means: Lloyd's iteration from the start of k-means++. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/pool.h"
#include "base/random.h"
#include "eval/clusters.h"
#include "eval/squares.h"

/* Rows that one task compares with a new centroid. */
enum { CHUNK = 1024 };

typedef struct clusters {
  gan_context *context;
  const float *rows; /* [count, dims] */
  int64_t count, dims, clusters;
  float *centroids; /* [clusters, dims] */
  double *squares;  /* [count]: squared distance to the nearest centroid */
  int64_t *nearest; /* [count]: which that is; -1 before the first look */
  int64_t *found;   /* [count]: the same of the look in hand */
  double *sums;     /* [clusters, dims] of the cluster's rows */
  int64_t *members; /* [clusters] */
  int64_t fresh;    /* the centroid placed last by the start */
} clusters;

/* ---- The start: each new centroid is a row, drawn with a probability that is proportional to the
 * squared distance to the nearest centroid so far (Arthur and Vassilvitskii 2007, section 2.2).
 * ---- */

static void compare_fresh(void *data, int32_t task, int32_t worker) {
  clusters *all = data;
  (void)worker;
  int64_t end = ((int64_t)task + 1) * CHUNK < all->count ? ((int64_t)task + 1) * CHUNK : all->count;
  for (int64_t row = (int64_t)task * CHUNK; row < end; row++) {
    double square = gan__square(all->rows + row * all->dims,
                                all->centroids + all->fresh * all->dims, all->dims);
    if (all->fresh == 0 || square < all->squares[row]) all->squares[row] = square;
  }
}

static int64_t draw_row(const clusters *all, gan__stream *stream) {
  double total = 0, passed = 0;
  for (int64_t row = 0; row < all->count; row++)
    total += all->squares[row];
  if (!(total > 0)) return (int64_t)gan__stream_below(stream, (uint64_t)all->count);
  double place = gan__stream_uniform(stream) * total;
  int64_t last = 0;
  for (int64_t row = 0; row < all->count; row++) {
    if (all->squares[row] <= 0) continue;
    last = row; /* rounding may leave `place` at the end; if all are 0, any row will do */
    passed += all->squares[row];
    if (passed > place) break;
  }
  return last;
}

static gan_status start(clusters *all, uint64_t seed) {
  gan__stream stream = gan__stream_make(seed, "k-means start", 0);
  for (all->fresh = 0; all->fresh < all->clusters; all->fresh++) {
    if (gan__cancel_requested(all->context))
      return gan__fail(all->context, GAN_ERROR_CANCELLED, "cancelled after %lld of %lld centroids",
                       (long long)all->fresh, (long long)all->clusters);
    int64_t row = all->fresh ? draw_row(all, &stream)
                             : (int64_t)gan__stream_below(&stream, (uint64_t)all->count);
    memcpy(all->centroids + all->fresh * all->dims, all->rows + row * all->dims,
           (size_t)all->dims * sizeof(float));
    gan__pool_run(all->context->pool, compare_fresh, all, (int32_t)((all->count - 1) / CHUNK + 1));
  }
  return GAN_OK;
}

/* ---- The iteration (Lloyd 1982). ---- */

static void look(const gan__square_block *block, void *user) {
  clusters *all = user;
  for (int64_t i = 0; i < block->rows; i++)
    for (int64_t j = 0; j < block->others; j++) {
      double square = block->values[i * GAN__SQUARES_SIDE + j];
      if (block->other + j > 0 && square >= all->squares[block->row + i]) continue;
      all->squares[block->row + i] = square;
      all->found[block->row + i] = block->other + j;
    }
}

/* Finds the nearest centroid of each row; tells how many rows have another one than before. */
static gan_status assign(clusters *all, int64_t *moved) {
  gan__square_sets sets = {all->rows, all->count, all->centroids, all->clusters, all->dims};
  GAN_TRY(gan__squares_visit(all->context, &sets, look, all));
  *moved = 0;
  memset(all->members, 0, (size_t)all->clusters * sizeof *all->members);
  for (int64_t row = 0; row < all->count; row++) {
    *moved += all->found[row] != all->nearest[row];
    all->nearest[row] = all->found[row];
    all->members[all->nearest[row]]++;
  }
  return GAN_OK;
}

/* Puts each centroid at the mean of its rows. */
static void update(clusters *all) {
  memset(all->sums, 0, (size_t)(all->clusters * all->dims) * sizeof *all->sums);
  for (int64_t row = 0; row < all->count; row++)
    for (int64_t i = 0; i < all->dims; i++)
      all->sums[all->nearest[row] * all->dims + i] += (double)all->rows[row * all->dims + i];
  for (int64_t cluster = 0; cluster < all->clusters; cluster++)
    for (int64_t i = 0; i < all->dims && all->members[cluster]; i++)
      all->centroids[cluster * all->dims + i] =
          (float)(all->sums[cluster * all->dims + i] / (double)all->members[cluster]);
}

static gan_status iterate(clusters *all, int64_t iterations, gan_cluster_report *report) {
  gan_cluster_report made = {.iterations = 0};
  int64_t moved;
  GAN_TRY(assign(all, &moved));
  for (made.moved = moved; made.iterations < iterations && made.moved > 0; made.iterations++) {
    update(all);
    GAN_TRY(assign(all, &made.moved));
  }
  for (int64_t row = 0; row < all->count; row++)
    made.mean_square += all->squares[row] / (double)all->count;
  for (int64_t cluster = 0; cluster < all->clusters; cluster++)
    made.empty += all->members[cluster] == 0;
  made.struct_size = report->struct_size;
  *report = made;
  return GAN_OK;
}

static gan_status make_room(clusters *all) {
  int64_t numbers;
  if (!gan__multiply(all->clusters, all->dims, &numbers))
    return gan__fail(all->context, GAN_ERROR_LIMIT, "%lld clusters of %lld numbers overflow",
                     (long long)all->clusters, (long long)all->dims);
  if ((all->count - 1) / CHUNK >= INT32_MAX)
    return gan__fail(all->context, GAN_ERROR_LIMIT, "%lld rows, at most %lld",
                     (long long)all->count, (long long)INT32_MAX * CHUNK);
  all->centroids = gan__allocate(all->context, (uint64_t)numbers, sizeof *all->centroids);
  all->sums = gan__allocate(all->context, (uint64_t)numbers, sizeof *all->sums);
  all->members = gan__allocate(all->context, (uint64_t)all->clusters, sizeof *all->members);
  all->squares = gan__allocate(all->context, (uint64_t)all->count, sizeof *all->squares);
  all->nearest = gan__allocate(all->context, (uint64_t)all->count, sizeof *all->nearest);
  all->found = gan__allocate(all->context, (uint64_t)all->count, sizeof *all->found);
  if (!all->centroids || !all->sums || !all->members || !all->squares || !all->nearest
      || !all->found)
    return GAN_ERROR_MEMORY;
  for (int64_t row = 0; row < all->count; row++)
    all->nearest[row] = -1;
  return GAN_OK;
}

gan_status gan__clusters_make(gan_context *context, const float *rows, int64_t count, int64_t dims,
                              const gan_cluster_view *view, float *centroids,
                              gan_cluster_report *report) {
  clusters all = {.context = context, .rows = rows, .count = count, .dims = dims};
  all.clusters = view->clusters;
  gan_status status = make_room(&all);
  if (status == GAN_OK) status = start(&all, view->seed);
  if (status == GAN_OK) status = iterate(&all, view->iterations, report);
  if (status == GAN_OK)
    memcpy(centroids, all.centroids, (size_t)(all.clusters * dims) * sizeof *centroids);
  gan__release(context, all.centroids);
  gan__release(context, all.sums);
  gan__release(context, all.members);
  gan__release(context, all.squares);
  gan__release(context, all.nearest);
  gan__release(context, all.found);
  return status;
}
