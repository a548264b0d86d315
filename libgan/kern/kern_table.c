/* SPDX-License-Identifier: MIT */
/* Job: the candidate lists of all ops side by side, the choice among them, common refusals. */
#include "kern/kern_lists.h"

const gan__kernel *const gan__kernels[GAN__OP_COUNT] = {
#define GAN__OP(NAME, name, ...) [GAN__OP_##NAME] = gan__kernels_##name,
#include "graph/ops.def"
};

/* Bound, folded into their readers, or views: nothing is ever computed for them. */
const gan__kernel gan__kernels_input[] = {{.name = NULL}};
const gan__kernel gan__kernels_read[] = {{.name = NULL}};
const gan__kernel gan__kernels_constant[] = {{.name = NULL}};
const gan__kernel gan__kernels_reshape[] = {{.name = NULL}};
const gan__kernel gan__kernels_stop_gradient[] = {{.name = NULL}};
const gan__kernel gan__kernels_commit[] = {{.name = NULL}};

const gan__kernel *gan__kernel_select(const gan__kernel_node *node, bool want_tile,
                                      bool reference) {
  const gan__kernel *found = NULL;
  for (const gan__kernel *k = gan__kernels[node->op]; k->name; k++) {
    if (want_tile != (k->tile != NULL) || k->refuse(node)) continue;
    found = k;
    if (!reference) break;
  }
  return found;
}

static const char *check(const gan__kernel_node *node, int32_t dtype, const char *other,
                         int32_t level, const char *slow) {
  if (node->dtype != dtype) return other;
  for (int32_t i = 0; i < node->input_count; i++)
    if (node->input_dtypes[i] != dtype) return other;
  return node->cpu_level < level ? slow : NULL;
}

#define NEEDS(type, TYPE)                                                                          \
  const char *gan__needs_##type(const gan__kernel_node *node) {                                    \
    return check(node, GAN_##TYPE, "not " #type, GAN__CPU_BASELINE, NULL);                         \
  }                                                                                                \
  const char *gan__needs_##type##_baseline(const gan__kernel_node *node) {                         \
    return gan__needs_##type(node);                                                                \
  }                                                                                                \
  const char *gan__needs_##type##_avx2(const gan__kernel_node *node) {                             \
    return check(node, GAN_##TYPE, "not " #type, GAN__CPU_AVX2, "the CPU lacks AVX2");             \
  }                                                                                                \
  const char *gan__needs_##type##_avx512(const gan__kernel_node *node) {                           \
    return check(node, GAN_##TYPE, "not " #type, GAN__CPU_AVX512, "the CPU lacks AVX-512");        \
  }
NEEDS(f32, F32)
NEEDS(f64, F64)
NEEDS(i32, I32)

const char *gan__needs_4_bytes(const gan__kernel_node *node) {
  return gan__dtype_size(node->dtype) == 4 ? NULL : "elements are not 4 bytes";
}
const char *gan__needs_8_bytes(const gan__kernel_node *node) {
  return gan__dtype_size(node->dtype) == 8 ? NULL : "elements are not 8 bytes";
}
