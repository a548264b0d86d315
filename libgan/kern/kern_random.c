/* SPDX-License-Identifier: MIT */
/* Job: random draws: the identity of an element, the reference in double, the candidates. */
#include "kern/kern_random.h"

#include <math.h>

#include "base/hash.h"
#include "base/random.h"

uint64_t gan__draw_key(uint64_t seed, uint64_t site) {
  return gan__join(gan__mix(seed), site);
}

gan__draw gan__draw_make(const gan__row_call *call) {
  gan__shape panel = gan__result_panel(call);
  const gan__shape *whole = &call->node->shape;
  int64_t width = gan__shape_product(whole, 1, whole->rank);
  return (gan__draw){.first = gan__result_first(call) * width,
                     .count = gan__shape_count(&panel),
                     .key = gan__draw_key(call->seed, (uint64_t)call->node->attrs[0])};
}

/* One element from the words of its block: the word at its own place, or the pair of words that it
 * shares with its neighbour. */
static double uniform(const uint32_t words[4], int64_t place) {
  return gan__unit(words[place]);
}
static double normal(const uint32_t words[4], int64_t place) {
  double radius = sqrt(-2 * log(gan__unit(words[place & 2])));
  double angle = 6.283185307179586476925 * gan__unit(words[place | 1]);
  return radius * (place & 1 ? sin(angle) : cos(angle));
}

static float below_one(double value) {
  return value < (double)GAN__BELOW_ONE ? (float)value : GAN__BELOW_ONE;
}

#define DRAW(name, type, element, convert)                                                         \
  static void name##_##type(const gan__row_call *call) {                                           \
    gan__draw draw = gan__draw_make(call);                                                         \
    uint32_t words[4];                                                                             \
    element *out = call->out;                                                                      \
    for (int64_t i = 0; i < draw.count; i++) {                                                     \
      gan__philox(draw.key, (uint64_t)(draw.first + i) / 4, call->step, words);                    \
      out[i] = convert(name(words, (draw.first + i) % 4));                                         \
    }                                                                                              \
  }
DRAW(uniform, f32, float, below_one)
DRAW(uniform, f64, double, (double))
DRAW(normal, f32, float, (float))
DRAW(normal, f64, double, (double))

#define CANDIDATE(level, op)                                                                       \
  {.name = #level, .refuse = gan__needs_f32_##level, .row = gan__##op##_f32_##level},
#define CANDIDATES(op)                                                                             \
  GAN__EACH_LEVEL(CANDIDATE, op){.name = "reference", .refuse = gan__needs_f32, .row = op##_f32},  \
      {.name = "reference", .refuse = gan__needs_f64, .row = op##_f64}, {                          \
    .name = NULL                                                                                   \
  }

const gan__kernel gan__kernels_uniform[] = {CANDIDATES(uniform)};
const gan__kernel gan__kernels_normal[] = {CANDIDATES(normal)};
