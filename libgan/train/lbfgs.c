/* SPDX-License-Identifier: MIT */
/* Job: minimises many functions side by side, one for each row, by L-BFGS; others evaluate them.
 *
 * Direction: Nocedal and Wright 2006, "Numerical Optimization", algorithm 7.4, with the last 10
 * pairs. Step: the bisection for the weak Wolfe conditions of Lewis and Overton 2013, "Nonsmooth
 * optimization via quasi-Newton methods", which needs no interpolation and goes on at
 * the kinks of ReLU. One evaluation of all rows moves each of them on by one trial of its own
 * search. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/pool.h"
#include "train/lbfgs.h"

enum {
  MEMORY = GAN__LBFGS_MEMORY,
  TRIALS = 12,   /* of one line search; 1 or 2 are usual */
  LONELY = 30,   /* of one without pairs, whose first step may be far too long or short */
  TASK_ROWS = 16 /* that one thread takes at once */
};

/* Weak Wolfe: f(x + t d) <= f(x) + DECREASE t g.d and g(x + t d).d >= CURVATURE g.d. */
#define DECREASE  1e-4
#define CURVATURE 0.9

typedef struct line {
  int32_t state, evaluations, trials;
  int32_t pairs, newest; /* in memory, and where the last one lies */
  double value;          /* at the point */
  double slope;          /* g.d there, negative */
  double step;           /* t of the trial */
  double low, high;      /* the wanted t lies between; high is infinite at first */
  double low_value;
  double rho[MEMORY]; /* 1 / (s.y) */
} line;

struct gan__lbfgs {
  gan_context *context;
  int64_t rows, size;
  int32_t evaluations; /* at most */
  double tolerance;
  line *lines;                       /* [rows] */
  double *trial, *values, *gradient; /* [rows, size], [rows], [rows, size]: the conversation */
  double *room;                      /* [rows, VECTORS + 2 * MEMORY, size] */
};

/* Vectors of a row in its room; then s and y of the pairs. */
enum { POINT, GRADIENT, DIRECTION, LOW_POINT, LOW_GRADIENT, VECTORS };

static double *vector(const gan__lbfgs *self, int64_t row, int32_t which) {
  return self->room + (row * (VECTORS + 2 * MEMORY) + which) * self->size;
}

static double *pair_s(const gan__lbfgs *self, int64_t row, int32_t pair) {
  return vector(self, row, VECTORS + 2 * pair);
}

static double *pair_y(const gan__lbfgs *self, int64_t row, int32_t pair) {
  return vector(self, row, VECTORS + 2 * pair + 1);
}

static double dot(const double *a, const double *b, int64_t size) {
  double sum = 0;
  for (int64_t i = 0; i < size; i++)
    sum += a[i] * b[i];
  return sum;
}

/* out := base + factor * x; out may be base. */
static void combine(double *out, const double *base, double factor, const double *x, int64_t size) {
  for (int64_t i = 0; i < size; i++)
    out[i] = base[i] + factor * x[i];
}

static double largest(const double *x, int64_t size) {
  double found = 0;
  for (int64_t i = 0; i < size; i++)
    if (!(fabs(x[i]) <= found)) found = fabs(x[i]); /* NaN wins */
  return found;
}

static void copy(double *to, const double *from, int64_t size) {
  memcpy(to, from, (size_t)size * sizeof *to);
}

/* ---- Directions. ---- */

/* d := -H g by the two loops. */
static void find_direction(const gan__lbfgs *self, const line *own, int64_t row) {
  int64_t size = self->size;
  double *d = vector(self, row, DIRECTION), weight[MEMORY];
  const double *g = vector(self, row, GRADIENT);
  for (int64_t i = 0; i < size; i++)
    d[i] = -g[i];
  if (own->pairs == 0) return;
  for (int32_t k = 0; k < own->pairs; k++) { /* the newest first */
    int32_t pair = (own->newest + MEMORY - k) % MEMORY;
    weight[k] = own->rho[pair] * dot(pair_s(self, row, pair), d, size);
    combine(d, d, -weight[k], pair_y(self, row, pair), size);
  }
  const double *y = pair_y(self, row, own->newest);
  double scale = 1 / (own->rho[own->newest] * dot(y, y, size));
  for (int64_t i = 0; i < size; i++)
    d[i] *= scale;
  for (int32_t k = own->pairs - 1; k >= 0; k--) {
    int32_t pair = (own->newest + MEMORY - k) % MEMORY;
    double back = own->rho[pair] * dot(pair_y(self, row, pair), d, size);
    combine(d, d, weight[k] - back, pair_s(self, row, pair), size);
  }
}

/* Puts the trial at step t; false when that is the point from which t was enlarged or the start,
 * because t d is lost in rounding. */
static bool place_trial(const gan__lbfgs *self, const line *own, int64_t row) {
  double *trial = self->trial + row * self->size;
  const double *point = vector(self, row, POINT);
  const double *low = own->low > 0 ? vector(self, row, LOW_POINT) : point;
  combine(trial, point, own->step, vector(self, row, DIRECTION), self->size);
  return memcmp(trial, low, (size_t)self->size * sizeof *trial) != 0;
}

/* Begins a line search at the point, or ends the row. */
static void begin_search(const gan__lbfgs *self, line *own, int64_t row) {
  const double *g = vector(self, row, GRADIENT), *d = vector(self, row, DIRECTION);
  own->state = GAN__ROW_DONE;
  if (own->evaluations >= self->evaluations || largest(g, self->size) <= self->tolerance) return;
  find_direction(self, own, row);
  own->slope = dot(g, d, self->size);
  if (!(own->slope < 0) || !isfinite(largest(d, self->size))) {
    if (own->pairs == 0) return; /* a gradient whose square is 0 or infinite */
    own->pairs = 0;
    find_direction(self, own, row);
    own->slope = dot(g, d, self->size);
    if (!(own->slope < 0)) return;
  }
  own->trials = 0;
  own->low = 0;
  own->high = INFINITY;
  /* Without pairs nothing is known of the function's scale: a step of length 1. */
  own->step = own->pairs > 0 ? 1 : 1 / sqrt(-own->slope);
  if (place_trial(self, own, row)) own->state = GAN__ROW_SEARCH;
}

/* ---- Steps. ---- */

static void remember(const gan__lbfgs *self, line *own, int64_t row) {
  int64_t size = self->size;
  int32_t pair = own->pairs > 0 ? (own->newest + 1) % MEMORY : 0;
  double *s = pair_s(self, row, pair), *y = pair_y(self, row, pair);
  combine(s, vector(self, row, LOW_POINT), -1, vector(self, row, POINT), size);
  combine(y, vector(self, row, LOW_GRADIENT), -1, vector(self, row, GRADIENT), size);
  double product = dot(s, y, size), square = dot(y, y, size);
  /* A pair without positive curvature would make H indefinite; the slot is then free again, which
   * costs the oldest pair when the memory was full. */
  if (!(product > DBL_EPSILON * square) || !isfinite(1 / product)) {
    if (own->pairs == MEMORY) own->pairs--;
    return;
  }
  own->rho[pair] = 1 / product;
  own->newest = pair;
  if (own->pairs < MEMORY) own->pairs++;
}

/* Ends the search: moves to the lowest t that was low enough, if there is one. */
static void settle(const gan__lbfgs *self, line *own, int64_t row) {
  if (own->low > 0 && own->low_value < own->value) {
    remember(self, own, row);
    copy(vector(self, row, POINT), vector(self, row, LOW_POINT), self->size);
    copy(vector(self, row, GRADIENT), vector(self, row, LOW_GRADIENT), self->size);
    own->value = own->low_value;
    begin_search(self, own, row);
  } else if (own->pairs > 0) {
    own->pairs = 0; /* once more, along the gradient itself */
    begin_search(self, own, row);
  } else {
    own->state = GAN__ROW_DONE;
  }
}

/* The trial's answer, finite or not. */
static void judge(const gan__lbfgs *self, line *own, int64_t row) {
  double *trial = self->trial + row * self->size, *g = self->gradient + row * self->size;
  double value = self->values[row];
  bool finite = isfinite(value) && isfinite(largest(g, self->size));
  bool accepted = false;
  if (finite && value <= own->value + DECREASE * own->step * own->slope) {
    own->low = own->step;
    own->low_value = value;
    copy(vector(self, row, LOW_POINT), trial, self->size);
    copy(vector(self, row, LOW_GRADIENT), g, self->size);
    accepted = dot(g, vector(self, row, DIRECTION), self->size) >= CURVATURE * own->slope;
  } else {
    own->high = own->step;
  }
  own->step = own->high < INFINITY ? 0.5 * (own->low + own->high) : 2 * own->low;
  int32_t most = own->pairs > 0 ? TRIALS : LONELY;
  bool spent = ++own->trials >= most || own->evaluations >= self->evaluations;
  if (accepted || spent || !place_trial(self, own, row)) settle(self, own, row);
}

static void advance_row(const gan__lbfgs *self, int64_t row) {
  line *own = &self->lines[row];
  own->evaluations++; /* of idle rows nobody asks */
  if (own->state == GAN__ROW_SEARCH) {
    judge(self, own, row);
  } else if (own->state == GAN__ROW_FIRST) {
    double *g = self->gradient + row * self->size;
    own->value = self->values[row];
    copy(vector(self, row, POINT), self->trial + row * self->size, self->size);
    copy(vector(self, row, GRADIENT), g, self->size);
    if (isfinite(own->value) && isfinite(largest(g, self->size)))
      begin_search(self, own, row);
    else
      own->state = GAN__ROW_BAD_START;
  }
}

static void advance_task(void *data, int32_t task, int32_t worker) {
  const gan__lbfgs *self = data;
  int64_t first = (int64_t)task * TASK_ROWS;
  (void)worker;
  for (int64_t row = first; row < first + TASK_ROWS && row < self->rows; row++)
    advance_row(self, row);
}

/* ---- The calls. ---- */

gan_status gan__lbfgs_create(gan_context *context, int64_t rows, int64_t size, gan__lbfgs **lbfgs) {
  int64_t each, all;
  if (!gan__multiply(size, VECTORS + 2 * MEMORY + 2, &each) || !gan__multiply(rows, each, &all))
    return gan__fail(context, GAN_ERROR_LIMIT, "%lld rows of %lld variables are too large",
                     (long long)rows, (long long)size);
  gan__lbfgs *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  made->context = context;
  made->rows = rows;
  made->size = size;
  made->lines = gan__allocate(context, (uint64_t)rows, sizeof *made->lines);
  made->trial = gan__allocate(context, (uint64_t)(2 * size + 1) * (uint64_t)rows, sizeof(double));
  made->room = gan__allocate(context, (uint64_t)(all - 2 * rows * size), sizeof(double));
  if (!made->lines || !made->trial || !made->room) {
    gan__lbfgs_destroy(made);
    return GAN_ERROR_MEMORY;
  }
  made->gradient = made->trial + rows * size;
  made->values = made->gradient + rows * size;
  *lbfgs = made;
  return GAN_OK;
}

void gan__lbfgs_destroy(gan__lbfgs *lbfgs) {
  if (!lbfgs) return;
  gan__release(lbfgs->context, lbfgs->lines);
  gan__release(lbfgs->context, lbfgs->trial);
  gan__release(lbfgs->context, lbfgs->room);
  gan__release(lbfgs->context, lbfgs);
}

double *gan__lbfgs_points(gan__lbfgs *lbfgs) {
  return lbfgs->trial;
}

double *gan__lbfgs_values(gan__lbfgs *lbfgs) {
  return lbfgs->values;
}

double *gan__lbfgs_gradients(gan__lbfgs *lbfgs) {
  return lbfgs->gradient;
}

void gan__lbfgs_begin(gan__lbfgs *lbfgs, int64_t rows, int32_t evaluations, double tolerance) {
  lbfgs->evaluations = evaluations;
  lbfgs->tolerance = tolerance;
  for (int64_t row = 0; row < lbfgs->rows; row++)
    lbfgs->lines[row] = (line){.state = row < rows ? GAN__ROW_FIRST : GAN__ROW_IDLE};
}

int64_t gan__lbfgs_advance(gan__lbfgs *lbfgs) {
  int64_t tasks = (lbfgs->rows + TASK_ROWS - 1) / TASK_ROWS, waiting = 0;
  gan__pool_run(lbfgs->context->pool, advance_task, lbfgs, (int32_t)tasks);
  for (int64_t row = 0; row < lbfgs->rows; row++)
    waiting += lbfgs->lines[row].state == GAN__ROW_SEARCH;
  return waiting;
}

const double *gan__lbfgs_best(const gan__lbfgs *lbfgs, int64_t row, double *value) {
  *value = lbfgs->lines[row].value;
  return vector(lbfgs, row, POINT);
}

int32_t gan__lbfgs_state(const gan__lbfgs *lbfgs, int64_t row) {
  return lbfgs->lines[row].state;
}
