/* SPDX-License-Identifier: MIT */
/* Job: squared distances between all rows of two sets, block by block, by matrix products. */
#include "base/memory.h"
#include "base/pool.h"
#include "eval/squares.h"
#include "kern/blas.h"

/* ||x - g||^2 = |x|^2 + |g|^2 - 2 x.g, in double precision: products of floats are then exact, and
 * a sum of 784 of them is off by some 1e-14 of |x|^2 + |g|^2. In single precision it would be 1e-5
 * of it: for digits, with norms about 100 and windows of width 0.1 to 0.2, up to 0.1 nats of log p,
 * and rows far from the origin would drown. What cancels to less than NEAR of the norms is formed
 * anew from the differences; so every value is right to about 1e-10 of itself, and 0 for equal
 * rows. */
#define NEAR 1e-4

enum { SIDE = GAN__SQUARES_SIDE, DEPTH = 1024, LANES = 8 };

/* What one thread works with. */
typedef struct workspace {
  double *panel;  /* [chunks, SIDE, depth]: rows of the first set, cut into columns */
  double *block;  /* [SIDE, depth]: rows of the other set, one chunk of their columns */
  double *values; /* [SIDE, SIDE] */
  double norms[SIDE];
} workspace;

typedef struct job {
  gan_context *context;
  const gan__square_sets *sets;
  gan__square_visit visit;
  void *user;
  int64_t depth;       /* columns of a chunk, the last may have fewer */
  double *other_norms; /* [other_count] */
  workspace *spaces;   /* [threads] */
  atomic_bool stopped; /* a cancellation was met */
} job;

static int64_t at_most(int64_t value, int64_t limit) {
  return value < limit ? value : limit;
}

double gan__square(const float *a, const float *b, int64_t dims) {
  /* Lanes of fixed order, so that the compiler may use vectors. */
  double lanes[LANES] = {0}, sum = 0;
  int64_t i = 0;
  for (; i + LANES <= dims; i += LANES)
    for (int32_t lane = 0; lane < LANES; lane++) {
      double step = (double)a[i + lane] - (double)b[i + lane];
      lanes[lane] += step * step;
    }
  for (; i < dims; i++)
    sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
  for (int32_t lane = 0; lane < LANES; lane++)
    sum += lanes[lane];
  return sum;
}

static double norm(const float *row, int64_t dims) {
  double sum = 0;
  for (int64_t i = 0; i < dims; i++)
    sum += (double)row[i] * (double)row[i];
  return sum;
}

/* Copies columns [first, first + columns) of rows [count, dims] to [count, depth]. */
static void widen(const float *rows, int64_t count, int64_t dims, int64_t columns, double *out,
                  int64_t depth) {
  for (int64_t row = 0; row < count; row++)
    for (int64_t i = 0; i < columns; i++)
      out[row * depth + i] = (double)rows[row * dims + i];
}

/* -2 x.g of all pairs of a block, over all chunks. */
static void multiply(const job *all, workspace *space, const gan__square_block *block) {
  int64_t dims = all->sets->dims, depth = all->depth;
  for (int64_t first = 0; first < dims; first += depth) {
    int64_t columns = at_most(dims - first, depth);
    widen(all->sets->others + block->other * dims + first, block->others, dims, columns,
          space->block, depth);
    bool done = gan__dgemm(false, true, block->rows, block->others, columns, -2,
                           space->panel + first * SIDE, depth, space->block, depth, first > 0,
                           space->values, SIDE);
    GAN__CHECK(done);
    (void)done;
  }
}

/* Makes squared distances of products. */
static void finish(const job *all, workspace *space, const gan__square_block *block) {
  const gan__square_sets *sets = all->sets;
  for (int64_t i = 0; i < block->rows; i++)
    for (int64_t j = 0; j < block->others; j++) {
      double norms = space->norms[i] + all->other_norms[block->other + j];
      double value = space->values[i * SIDE + j] + norms;
      if (value < NEAR * norms)
        value = gan__square(sets->rows + (block->row + i) * sets->dims,
                            sets->others + (block->other + j) * sets->dims, sets->dims);
      space->values[i * SIDE + j] = value;
    }
}

static void run_panel(void *data, int32_t task, int32_t worker) {
  job *all = data;
  workspace *space = &all->spaces[worker];
  const gan__square_sets *sets = all->sets;
  gan__square_block block = {.values = space->values, .row = (int64_t)task * SIDE};
  block.rows = at_most(sets->row_count - block.row, SIDE);
  const float *rows = sets->rows + block.row * sets->dims;
  for (int64_t first = 0; first < sets->dims; first += all->depth)
    widen(rows + first, block.rows, sets->dims, at_most(sets->dims - first, all->depth),
          space->panel + first * SIDE, all->depth);
  for (int64_t i = 0; i < block.rows; i++)
    space->norms[i] = norm(rows + i * sets->dims, sets->dims);
  for (; block.other < sets->other_count; block.other += SIDE) {
    /* Only looked at: the calling thread takes the request back, once. */
    if (atomic_load_explicit(&all->context->cancelled, memory_order_relaxed))
      atomic_store(&all->stopped, true);
    if (atomic_load(&all->stopped)) return;
    block.others = at_most(sets->other_count - block.other, SIDE);
    multiply(all, space, &block);
    finish(all, space, &block);
    all->visit(&block, all->user);
  }
}

static gan_status make_spaces(job *all, int32_t threads) {
  int64_t chunks = (all->sets->dims - 1) / all->depth + 1, panel;
  if (!gan__multiply(chunks, SIDE * all->depth, &panel))
    return gan__fail(all->context, GAN_ERROR_LIMIT, "dims %lld: rows are too long",
                     (long long)all->sets->dims);
  all->other_norms = gan__allocate(all->context, (uint64_t)all->sets->other_count, sizeof(double));
  all->spaces = gan__allocate(all->context, (uint64_t)threads, sizeof *all->spaces);
  if (!all->other_norms || !all->spaces) return GAN_ERROR_MEMORY;
  for (int32_t i = 0; i < threads; i++) {
    workspace *space = &all->spaces[i];
    space->panel = gan__allocate(all->context, (uint64_t)panel, sizeof(double));
    space->block = gan__allocate(all->context, (uint64_t)(SIDE * all->depth), sizeof(double));
    space->values = gan__allocate(all->context, SIDE * SIDE, sizeof(double));
    if (!space->panel || !space->block || !space->values) return GAN_ERROR_MEMORY;
  }
  return GAN_OK;
}

static void release_spaces(job *all, int32_t threads) {
  for (int32_t i = 0; i < threads && all->spaces; i++) {
    gan__release(all->context, all->spaces[i].panel);
    gan__release(all->context, all->spaces[i].block);
    gan__release(all->context, all->spaces[i].values);
  }
  gan__release(all->context, all->spaces);
  gan__release(all->context, all->other_norms);
}

gan_status gan__squares_visit(gan_context *context, const gan__square_sets *sets,
                              gan__square_visit visit, void *user) {
  int64_t panels = (sets->row_count - 1) / SIDE + 1;
  if (panels > INT32_MAX)
    return gan__fail(context, GAN_ERROR_LIMIT, "%lld rows, at most %lld",
                     (long long)sets->row_count, (long long)INT32_MAX * SIDE);
  int32_t threads = gan__pool_threads(context->pool);
  job all = {.context = context, .sets = sets, .visit = visit, .user = user};
  all.depth = at_most(sets->dims, DEPTH);
  gan_status status = make_spaces(&all, threads);
  if (status == GAN_OK) {
    for (int64_t i = 0; i < sets->other_count; i++)
      all.other_norms[i] = norm(sets->others + i * sets->dims, sets->dims);
    gan__pool_run(context->pool, run_panel, &all, (int32_t)panels);
    if (atomic_load(&all.stopped)) {
      (void)gan__cancel_requested(context);
      status = gan__fail(context, GAN_ERROR_CANCELLED, "cancelled while distances were measured");
    }
  }
  release_spaces(&all, threads);
  return status;
}
