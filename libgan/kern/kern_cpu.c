/* SPDX-License-Identifier: MIT */
/* Job: which SIMD level this CPU has. */
#include <stdlib.h>
#include <string.h>

#include "kern/kern.h"

static const char *const names[GAN__CPU_LEVELS] = {
    [GAN__CPU_BASELINE] = "baseline", [GAN__CPU_AVX2] = "avx2", [GAN__CPU_AVX512] = "avx512"};

const char *gan__cpu_name(int32_t level) {
  return level >= 0 && level < GAN__CPU_LEVELS ? names[level] : "?";
}

static int32_t detect(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return GAN__CPU_BASELINE;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
      && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
    return GAN__CPU_AVX512;
  return GAN__CPU_AVX2;
#else
  return GAN__CPU_BASELINE;
#endif
}

bool gan__cpu_avx_only(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx") && !__builtin_cpu_supports("fma");
#else
  return false;
#endif
}

int32_t gan__cpu_level(void) {
  int32_t level = detect();
  const char *wanted = getenv("GAN_CPU");
  if (wanted)
    for (int32_t i = 0; i < level; i++)
      if (!strcmp(wanted, names[i])) return i;
  return level;
}
