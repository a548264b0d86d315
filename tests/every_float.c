/* SPDX-License-Identifier: MIT */
/* The f32 functions of the kernels at every SIMD level of this machine, for all 2^32 arguments,
 * against libm in double: the largest error of each, in units of the last place.
 *
 *   every_float [--stride N] [--threads N] [FUNCTION...]
 *
 * Every N-th argument (1; take an odd number) of every function, or of those named. Prints a table
 * and fails when an error is above float_bounds.h. With the processor's denormals and again with
 * denormals flushed to zero, as inside a plan's run: then a denormal may count as zero. Zeros must
 * have the right sign. Draws: words 0 .. 2^32 - 1 for the radius, each with a scrambled word for
 * the angle, so that each angle comes once, too. */
#include <float.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include "base/random.h"
#include "float_bounds.h"
#include "kern/kern.h"
#include "word_kernels.h"

enum { TILE = 512, THREADS_MAX = 256, PAIRS = TILE / 2 };
static const uint64_t BLOCK = UINT64_C(1) << 20, ALL = UINT64_C(1) << 32;

typedef struct function {
  const char *name;
  gan__op op;
} function;
static const function functions[] = {
    {"exp", GAN__OP_EXP},   {"log", GAN__OP_LOG},         {"log1p", GAN__OP_LOG1P},
    {"tanh", GAN__OP_TANH}, {"sigmoid", GAN__OP_SIGMOID}, {"softplus", GAN__OP_SOFTPLUS},
    {"sqrt", GAN__OP_SQRT}, {"rsqrt", GAN__OP_RSQRT},     {"sin", GAN__OP_SIN},
    {"cos", GAN__OP_COS},   {"uniform", GAN__OP_UNIFORM}, {"normal", GAN__OP_NORMAL}};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* Indexed by gan__cpu_level. */
#define KERNEL_AT(level, stem) stem##_f32_##level,
static word_kernel *const uniforms[] = {GAN__EACH_LEVEL(KERNEL_AT, uniform_of_words)};
static word_kernel *const normals[] = {GAN__EACH_LEVEL(KERNEL_AT, normal_of_words)};
enum { WORD_LEVELS = sizeof uniforms / sizeof *uniforms };

typedef struct worst {
  double ulps[GAN__CPU_LEVELS];
  uint32_t at[GAN__CPU_LEVELS];
} worst;

typedef struct sweep {
  const function *function;
  const gan__kernel *kernels[GAN__CPU_LEVELS];
  uint64_t stride;
  atomic_uint_fast64_t next; /* the next block of arguments */
  pthread_mutex_t mutex;
  worst worst;
} sweep;

static float float_of(uint32_t word) {
  float value;
  memcpy(&value, &word, sizeof value);
  return value;
}

static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* A bijection of the words: multiplication by an odd number, and a fold. */
static uint32_t scramble(uint32_t word) {
  word *= UINT32_C(0x9E3779B1);
  return word ^ word >> 15;
}

static bool is_draw(const sweep *s) {
  return s->function->op == GAN__OP_UNIFORM || s->function->op == GAN__OP_NORMAL;
}

/* -- truth -- */

/* sin and cos of 2 pi (word + 1/2) 2^-32; the nearest quarter turn is taken off before anything is
 * rounded. */
static void circle(uint32_t word, double *sine, double *cosine) {
  double turn = gan__unit(word), quarter = nearbyint(4 * turn);
  double angle = 6.283185307179586476925 * (turn - quarter / 4), s = sin(angle), c = cos(angle);
  int quadrant = (int)quarter & 3;
  *sine = quadrant == 0 ? s : quadrant == 1 ? c : quadrant == 2 ? -s : -c;
  *cosine = quadrant == 0 ? c : quadrant == 1 ? -s : quadrant == 2 ? -c : s;
}

static void truth(const sweep *s, const uint32_t *words, double *want) {
  if (s->function->op == GAN__OP_UNIFORM) {
    for (int i = 0; i < TILE; i++)
      want[i] = (double)fminf((float)gan__unit(words[i]), 0x1.fffffep-1f);
  } else if (s->function->op == GAN__OP_NORMAL) {
    for (int i = 0; i < PAIRS; i++) {
      double radius = sqrt(-2 * log(gan__unit(words[i]))), sine, cosine;
      circle(scramble(words[i]), &sine, &cosine);
      want[i] = radius * cosine;
      want[PAIRS + i] = radius * sine;
    }
  } else {
    for (int i = 0; i < TILE; i++) {
      double x = float_of(words[i]);
      want[i] = gan__ops[s->function->op].evaluate(&x, 1, NULL);
    }
  }
}

/* -- kernels -- */

/* Runs of 4 by 32 words; a pair of rows gives the two normals of its words. */
static void draw_tile(const sweep *s, int32_t level, const uint32_t *words, float *got) {
  uint32_t in[4][WORD_BLOCKS];
  float rows[4][WORD_BLOCKS];
  int at = WORD_LEVELS - 1 - level; /* GAN__EACH_LEVEL begins with the fastest */
  if (s->function->op == GAN__OP_UNIFORM) {
    for (int i = 0; i < TILE; i += 4 * WORD_BLOCKS) {
      memcpy(in, words + i, sizeof in);
      uniforms[at](in, rows);
      memcpy(got + i, rows, sizeof rows);
    }
    return;
  }
  for (int i = 0; i < PAIRS; i += 2 * WORD_BLOCKS) {
    for (int b = 0; b < WORD_BLOCKS; b++) {
      in[0][b] = words[i + b];
      in[1][b] = scramble(words[i + b]);
      in[2][b] = words[i + WORD_BLOCKS + b];
      in[3][b] = scramble(words[i + WORD_BLOCKS + b]);
    }
    normals[at](in, rows);
    memcpy(got + i, rows[0], sizeof rows[0]);
    memcpy(got + i + WORD_BLOCKS, rows[2], sizeof rows[2]);
    memcpy(got + PAIRS + i, rows[1], sizeof rows[1]);
    memcpy(got + PAIRS + i + WORD_BLOCKS, rows[3], sizeof rows[3]);
  }
}

static bool set_flushing(bool on) {
#if defined(__SSE__)
  _mm_setcsr((_mm_getcsr() & ~0x8040u) | (on ? 0x8040u : 0));
  return true;
#else
  return !on;
#endif
}

static void run_tile(const sweep *s, int32_t level, bool flushing, const uint32_t *words,
                     float *got) {
  float x[TILE];
  const void *in[1] = {x};
  memcpy(x, words, sizeof x);
  set_flushing(flushing);
  if (is_draw(s))
    draw_tile(s, level, words, got);
  else
    s->kernels[level]->tile(TILE, got, in, 1, NULL);
  set_flushing(false);
}

/* -- comparison -- */

/* ulps_between, and zeros of the wrong sign are infinitely wrong. */
static double error_of(const sweep *s, uint32_t word, bool flushing, float got, double want) {
  double ulps = ulps_between(got, want);
  if (want == 0 && got == 0 && !signbit(want) != !signbit(got)) ulps = INFINITY;
  if (!flushing || ulps <= 0.5) return ulps;
  if (got == 0 && fabs(want) < 0x1p-126) return 0;
  double x = float_of(word);
  if (is_draw(s) || x == 0 || fabs(x) >= 0x1p-126) return ulps;
  double zero = copysign(0, x), other = gan__ops[s->function->op].evaluate(&zero, 1, NULL);
  return fmin(ulps, ulps_between(got, other));
}

/* Most elements are ordinary and closer than the worst so far: two subtractions tell. */
static void compare(const sweep *s, const uint32_t *words, bool flushing, const float *got,
                    const double *want, worst *w, int32_t level) {
  double most = w->ulps[level];
  for (int i = 0; i < TILE; i++) {
    uint64_t exponent = bits_of(want[i]) >> 52 & 0x7ff;
    if (exponent >= 1023 - 126 && exponent < 1023 + 127) {
      uint64_t last = (exponent - 23) << 52;
      double ulp;
      memcpy(&ulp, &last, sizeof ulp);
      if (fabs((double)got[i] - want[i]) <= most * ulp) continue;
    }
    uint32_t word = words[s->function->op == GAN__OP_NORMAL ? i % PAIRS : i];
    double ulps = error_of(s, word, flushing, got[i], want[i]);
    if (ulps <= most) continue;
    most = ulps;
    w->at[level] = word;
  }
  w->ulps[level] = most;
}

static void sweep_tile(const sweep *s, const uint32_t *words, worst *w) {
  double want[TILE];
  float got[TILE];
  truth(s, words, want);
  for (int32_t level = 0; level <= gan__cpu_level(); level++)
    for (int flushing = 0; flushing < 2; flushing++) {
      if (!set_flushing(flushing)) continue;
      run_tile(s, level, flushing, words, got);
      compare(s, words, flushing, got, want, w, level);
    }
}

/* -- all of them -- */

/* Above 10^4 sin and cos are libm's own, element by element: every 61st is enough. */
static uint64_t stride_at(const sweep *s, uint64_t word) {
  bool circular = s->function->op == GAN__OP_SIN || s->function->op == GAN__OP_COS;
  bool large = (word & 0x7fffffff) > 0x461c4000; /* 10,000 */
  return circular && large ? s->stride * 61 : s->stride;
}

static void *work(void *data) {
  sweep *s = data;
  worst mine = {{0}, {0}};
  uint32_t words[TILE];
  int room = s->function->op == GAN__OP_NORMAL ? PAIRS : TILE, count = 0;
  for (uint64_t first; (first = atomic_fetch_add(&s->next, BLOCK)) < ALL;) {
    uint64_t stride = stride_at(s, first + BLOCK / 2);
    for (uint64_t word = (first + stride - 1) / stride * stride; word < first + BLOCK;
         word += stride) {
      words[count++] = (uint32_t)word;
      if (count < room) continue;
      sweep_tile(s, words, &mine);
      count = 0;
    }
  }
  if (count) {
    while (count < room)
      words[count++] = 0;
    sweep_tile(s, words, &mine);
  }
  pthread_mutex_lock(&s->mutex);
  for (int32_t level = 0; level < GAN__CPU_LEVELS; level++)
    if (mine.ulps[level] > s->worst.ulps[level]) {
      s->worst.ulps[level] = mine.ulps[level];
      s->worst.at[level] = mine.at[level];
    }
  pthread_mutex_unlock(&s->mutex);
  return NULL;
}

/* Where functions change their form, over- or underflow: 16 arguments on either side of each, of
 * both signs, whatever the stride. */
static void sweep_edges(sweep *s) {
  static const float edges[] = {0,       0x1p-126f, 1,        88.72284f, 87.33655f,  103.27893f,
                                9.02f,   0.5f,      0.70711f, 1.41421f,  0.34657f,   16.63553f,
                                10000.f, 3.14159f,  1.57080f, FLT_MAX,   8388608.0f, 0.25f};
  uint32_t words[TILE];
  int room = s->function->op == GAN__OP_NORMAL ? PAIRS : TILE, count = 0;
  for (size_t e = 0; e < 2 * sizeof edges / sizeof *edges; e++) {
    uint32_t centre;
    memcpy(&centre, &edges[e / 2], sizeof centre);
    for (int i = -16; i < 16; i++) {
      words[count++] = (centre + (uint32_t)i) ^ (e % 2 ? UINT32_C(0x80000000) : 0);
      if (count < room) continue;
      sweep_tile(s, words, &s->worst);
      count = 0;
    }
  }
  while (count > 0 && count < room)
    words[count++] = 0x7fc00000; /* NaN */
  if (count) sweep_tile(s, words, &s->worst);
}

/* Prints one line of the table; false when a bound is broken. */
static bool sweep_function(const function *f, uint64_t stride, int threads) {
  sweep s = {.function = f, .stride = stride, .mutex = PTHREAD_MUTEX_INITIALIZER};
  pthread_t started[THREADS_MAX];
  int32_t dtype = GAN_F32;
  gan__kernel_node node = {.op = f->op, .dtype = GAN_F32, .input_count = 1, .input_dtypes = &dtype};
  for (node.cpu_level = 0; node.cpu_level <= gan__cpu_level() && !is_draw(&s); node.cpu_level++)
    s.kernels[node.cpu_level] = gan__kernel_select(&node, true, false);
  sweep_edges(&s);
  for (int t = 0; t < threads; t++)
    if (pthread_create(&started[t], NULL, work, &s)) exit(2);
  for (int t = 0; t < threads; t++)
    pthread_join(started[t], NULL);
  bool good = true;
  printf("| %-8s |", f->name);
  for (int32_t level = 0; level <= gan__cpu_level(); level++) {
    printf(" %.3f at 0x%08x |", s.worst.ulps[level], (unsigned)s.worst.at[level]);
    good &= s.worst.ulps[level] <= allowed_ulps(f->op);
  }
  printf(" %.1f |%s\n", allowed_ulps(f->op), good ? "" : " <- ABOVE");
  fflush(stdout);
  return good;
}

static bool is_wanted(const function *f, int argc, char **argv, int first) {
  for (int i = first; i < argc; i++)
    if (!strcmp(argv[i], f->name)) return true;
  return first >= argc;
}

int main(int argc, char **argv) {
  uint64_t stride = 1;
  long threads = sysconf(_SC_NPROCESSORS_ONLN);
  int first = 1;
  for (; first + 1 < argc && argv[first][0] == '-'; first += 2) {
    if (!strcmp(argv[first], "--stride"))
      stride = strtoull(argv[first + 1], NULL, 10);
    else if (!strcmp(argv[first], "--threads"))
      threads = strtol(argv[first + 1], NULL, 10);
    else
      return 2;
  }
  if (stride < 1 || threads < 1) return 2;
  /* Valgrind is 60 times slower; a sample takes larger strides under it. */
  const char *preloaded = getenv("LD_PRELOAD");
  if (stride > 1 && preloaded && strstr(preloaded, "vgpreload")) stride *= 61;
  if (threads > THREADS_MAX) threads = THREADS_MAX;
  printf("| largest error in ulp |");
  for (int32_t level = 0; level <= gan__cpu_level(); level++)
    printf(" %s |", gan__cpu_name(level));
  printf(" allowed |\n|---|");
  for (int32_t level = 0; level <= gan__cpu_level() + 1; level++)
    printf("---|");
  printf("\n");
  bool good = true;
  for (int f = 0; f < FUNCTIONS; f++)
    if (is_wanted(&functions[f], argc, argv, first))
      good &= sweep_function(&functions[f], stride, (int)threads);
  return good ? 0 : 1;
}
