/* SPDX-License-Identifier: MIT */
/* Job: the only door to CBLAS: which library is loaded, who may call it when, its two products. */
#include <cblas.h> /* first: OpenBLAS's needs feature macros of its own */

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "kern/blas.h"

/* Weak: their presence tells the library. OpenBLAS is also found where it hides behind another name
 * (Debian's libblas.so.3), because that library loads it. */
#define WEAK __attribute__((weak))
extern WEAK void openblas_set_num_threads(int threads);
extern WEAK int openblas_get_num_threads(void);
extern WEAK int openblas_get_parallel(void);
extern WEAK char *openblas_get_config(void);
extern WEAK char *openblas_get_corename(void);
/* A global of the reference CBLAS; BLIS has copied it, ATLAS comes beside it. */
extern WEAK int CBLAS_CallFromC;
extern WEAK char *bli_info_get_version_str(void);
extern WEAK void ATL_sgemm(void);

/* What openblas_get_parallel answers. */
enum { SEQUENTIAL = 0, PTHREADS = 1, OPENMP = 2 };

typedef enum library { UNKNOWN, OPENBLAS, NETLIB } library;

/* The process's one gate. OpenBLAS may thread a product itself, and calls of different transposes
 * that do so at the same time can give wrong results (OpenBLAS issue 5836): so calls go one by one
 * until the library is known to use one thread per call. */
static struct {
  pthread_mutex_t lock;
  atomic_bool open; /* while OpenBLAS keeps to one thread; the program may change its mind */
} blas_gate = {.lock = PTHREAD_MUTEX_INITIALIZER};

static library loaded(void) {
  bool openblas = openblas_get_config && openblas_set_num_threads && openblas_get_num_threads
                  && openblas_get_parallel;
  bool netlib = &CBLAS_CallFromC && !bli_info_get_version_str && !ATL_sgemm;
  if (openblas && netlib) return UNKNOWN; /* one calls the other, or both are here: who knows */
  return openblas ? OPENBLAS : netlib ? NETLIB : UNKNOWN;
}

bool gan__blas_plain(void) {
  return loaded() == NETLIB;
}

bool gan__blas_concurrent(void) {
  /* Netlib's products keep no state and start no threads. */
  if (!atomic_load_explicit(&blas_gate.open, memory_order_acquire)) return gan__blas_plain();
  return openblas_get_num_threads() == 1;
}

static bool enter(void) {
  if (gan__blas_concurrent()) return false;
  pthread_mutex_lock(&blas_gate.lock);
  return true;
}

static void leave(bool locked) {
  if (locked) pthread_mutex_unlock(&blas_gate.lock);
}

/* A stored matrix of `columns` and leading dimension `stride`: sizes that CBLAS takes silently. */
static bool fits(int64_t rows, int64_t columns, int64_t stride) {
  return rows >= 0 && rows <= INT_MAX && columns >= 0 && stride >= columns && stride <= INT_MAX;
}

/* CBLAS demands at least 1, also of a matrix without columns. */
static int leading(int64_t stride) {
  return stride < 1 ? 1 : (int)stride;
}

static CBLAS_TRANSPOSE flag(bool transpose) {
  return transpose ? CblasTrans : CblasNoTrans;
}

bool gan__sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha,
                const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                int64_t ldc) {
  if (!fits(transpose_a ? k : m, transpose_a ? m : k, lda)
      || !fits(transpose_b ? n : k, transpose_b ? k : n, ldb) || !fits(m, n, ldc))
    return false;
  bool locked = enter();
  cblas_sgemm(CblasRowMajor, flag(transpose_a), flag(transpose_b), (int)m, (int)n, (int)k, alpha, a,
              leading(lda), b, leading(ldb), beta, c, leading(ldc));
  leave(locked);
  return true;
}

bool gan__dgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, double alpha,
                const double *a, int64_t lda, const double *b, int64_t ldb, double beta, double *c,
                int64_t ldc) {
  if (!fits(transpose_a ? k : m, transpose_a ? m : k, lda)
      || !fits(transpose_b ? n : k, transpose_b ? k : n, ldb) || !fits(m, n, ldc))
    return false;
  bool locked = enter();
  cblas_dgemm(CblasRowMajor, flag(transpose_a), flag(transpose_b), (int)m, (int)n, (int)k, alpha, a,
              leading(lda), b, leading(ldb), beta, c, leading(ldc));
  leave(locked);
  return true;
}

/* The self-test: square products that are large enough for the packed kernels and not a multiple of
 * their blocks. A case is one of NN, NT, TN in one of two precisions. A product takes 20 us, so on
 * a single CPU a whole round may pass before two of them meet: rounds go on until most have. */
enum {
  SIDE = 101,
  SQUARE = SIDE * SIDE,
  CASES = 6,
  PRODUCTS = CASES * 32, /* of a round */
  ROUNDS = 64,
  ENOUGH = PRODUCTS / 2 /* products that met another */
};

typedef struct selftest {
  float *a, *b;         /* [SIDE, SIDE] */
  double *a64, *b64;    /* the same numbers */
  double *serial;       /* [CASES, SIDE, SIDE]: what one thread alone gets; floats in f32 cases */
  double *results;      /* [threads, SIDE, SIDE] */
  atomic_int inside;    /* products on their way */
  atomic_int met;       /* products that met another one */
  atomic_int different; /* products that were not the serial bits */
} selftest;

/* Past the gate. Returns the bytes of the result. */
static size_t multiply(const selftest *self, int32_t which, double *result) {
  CBLAS_TRANSPOSE a = flag(which % 3 == 2), b = flag(which % 3 == 1);
  if (which < 3) {
    cblas_sgemm(CblasRowMajor, a, b, SIDE, SIDE, SIDE, 1, self->a, SIDE, self->b, SIDE, 0,
                (float *)result, SIDE);
    return SQUARE * sizeof(float);
  }
  cblas_dgemm(CblasRowMajor, a, b, SIDE, SIDE, SIDE, 1, self->a64, SIDE, self->b64, SIDE, 0, result,
              SIDE);
  return SQUARE * sizeof(double);
}

static void compare(void *data, int32_t task, int32_t worker) {
  selftest *self = data;
  int32_t which = task % CASES;
  double *result = self->results + (int64_t)worker * SQUARE;
  int others = atomic_fetch_add(&self->inside, 1);
  size_t bytes = multiply(self, which, result);
  others += atomic_fetch_sub(&self->inside, 1) - 1;
  if (others > 0) atomic_fetch_add(&self->met, 1);
  if (memcmp(result, self->serial + which * SQUARE, bytes) != 0)
    atomic_fetch_add(&self->different, 1);
}

gan_status gan__blas_selftest(gan_context *context, gan__pool *pool) {
  int32_t threads = gan__pool_threads(pool);
  selftest self = {0};
  /* One block: the two f64 inputs, the serial results, a result per thread, the two f32 inputs. */
  self.a64 = gan__allocate(context, 3 + CASES + (uint64_t)threads, SQUARE * sizeof(double));
  if (!self.a64) return GAN_ERROR_MEMORY;
  self.b64 = self.a64 + SQUARE;
  self.serial = self.b64 + SQUARE;
  self.results = self.serial + CASES * SQUARE;
  self.a = (float *)(self.results + (int64_t)threads * SQUARE);
  self.b = self.a + SQUARE;
  for (int32_t i = 0; i < SQUARE; i++) {
    /* Multiples of 1/7, so that nothing cancels exactly and any other order of sums shows. */
    self.a64[i] = self.a[i] = (float)(i * 37 % 101 - 50) / 7;
    self.b64[i] = self.b[i] = (float)(i * 53 % 97 - 48) / 7;
  }
  for (int32_t which = 0; which < CASES; which++)
    multiply(&self, which, self.serial + which * SQUARE);
  int32_t rounds = 0;
  do
    gan__pool_run(pool, compare, &self, PRODUCTS);
  while (++rounds < ROUNDS && threads > 1 && atomic_load(&self.met) < ENOUGH);
  gan__release(context, self.a64);
  int different = atomic_load(&self.different), met = atomic_load(&self.met);
  if (different > 0)
    return gan__fail(context, GAN_ERROR_UNSUPPORTED,
                     "the loaded BLAS gave other results in %d of %d concurrent products",
                     different, (int)(rounds * PRODUCTS));
  if (threads > 1 && met < ENOUGH)
    return gan__fail(context, GAN_ERROR_UNSUPPORTED,
                     "only %d of %d products of the BLAS ran at the same time as another, which "
                     "proves nothing",
                     met, (int)(rounds * PRODUCTS));
  return GAN_OK;
}

/* With the gate locked: one thread per call, proved. */
static gan_status take_openblas(gan_context *context) {
  if (openblas_get_parallel() == OPENMP)
    return gan__fail(context, GAN_ERROR_UNSUPPORTED,
                     "an OpenMP build of OpenBLAS takes no order about its threads; load the "
                     "pthread build");
  /* Built without locks, its calls share buffers: a product in a thousand comes out wrong, too
   * seldom for a self-test. */
  if (openblas_get_parallel() == SEQUENTIAL)
    return gan__fail(
        context, GAN_ERROR_UNSUPPORTED,
        "a serial build of OpenBLAS is not safe to call from several threads; load the "
        "pthread build");
  if (openblas_get_parallel() != PTHREADS)
    return gan__fail(context, GAN_ERROR_UNSUPPORTED,
                     "the loaded OpenBLAS threads in a way that is unknown here (%d)",
                     openblas_get_parallel());
  int before = openblas_get_num_threads();
  gan__pool *pool;
  GAN_TRY(gan__pool_create(context, 8, &pool));
  openblas_set_num_threads(1);
  gan_status status = openblas_get_num_threads() == 1
                          ? gan__blas_selftest(context, pool)
                          : gan__fail(context, GAN_ERROR_UNSUPPORTED,
                                      "the loaded OpenBLAS keeps %d threads when told to use one",
                                      openblas_get_num_threads());
  if (status != GAN_OK) openblas_set_num_threads(before);
  gan__pool_destroy(context, pool);
  return status;
}

gan_status gan__blas_take(gan_context *context) {
  if (gan__blas_concurrent()) return GAN_OK;
  if (loaded() == UNKNOWN)
    return gan__fail(context, GAN_ERROR_UNSUPPORTED,
                     "the loaded BLAS is neither OpenBLAS nor netlib's: its threads are unknown");
  gan_status status = GAN_OK;
  pthread_mutex_lock(&blas_gate.lock); /* no call is on its way now */
  if (!gan__blas_concurrent()) {
    status = take_openblas(context);
    if (status == GAN_OK) atomic_store_explicit(&blas_gate.open, true, memory_order_release);
  }
  pthread_mutex_unlock(&blas_gate.lock);
  return status;
}

const char *gan__blas_describe(char buffer[256]) {
  static const char *const threading[] = {"serial", "pthreads", "OpenMP"};
  const char *calls = gan__blas_concurrent() ? "concurrent calls" : "one call at a time";
  switch (loaded()) {
  case OPENBLAS: {
    int parallel = openblas_get_parallel();
    snprintf(buffer, 256, "%.120s, kernels %.40s, %s, threads %d; %s", openblas_get_config(),
             openblas_get_corename ? openblas_get_corename() : "?",
             parallel >= SEQUENTIAL && parallel <= OPENMP ? threading[parallel] : "?",
             openblas_get_num_threads(), calls);
    break;
  }
  case NETLIB:
    snprintf(buffer, 256, "netlib reference BLAS; %s", calls);
    break;
  default:
    snprintf(buffer, 256, "unknown BLAS; %s", calls);
  }
  return buffer;
}
