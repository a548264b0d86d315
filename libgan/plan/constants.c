/* SPDX-License-Identifier: MIT */
/* Job: the plan's constants: blocks filled with one value, each value held once. */
#include "base/hash.h"
#include "base/memory.h"
#include "plan/internal.h"

static void fill(char *at, int32_t dtype, int64_t count, double value) {
  for (int64_t i = 0; i < count; i++) {
    if (dtype == GAN_F32) ((float *)(void *)at)[i] = (float)value;
    if (dtype == GAN_F64) ((double *)(void *)at)[i] = value;
    if (dtype == GAN_I32) ((int32_t *)(void *)at)[i] = (int32_t)value;
  }
}

static uint32_t *chain_of(gan__plan *plan, int32_t dtype, int64_t bits) {
  return &plan->filled_heads[gan__join((uint64_t)dtype, (uint64_t)bits) % GAN__FILLED_CHAINS];
}

gan_status gan__emit_constant(gan__plan *plan, int32_t dtype, int64_t count, double value,
                              int64_t *offset) {
  int64_t bits = gan__double_bits(value);
  uint32_t *head = chain_of(plan, dtype, bits);
  for (uint32_t at = *head; at; at = plan->filled[at - 1].next) {
    const gan__filled *old = &plan->filled[at - 1];
    if (old->dtype != dtype || old->bits != bits || old->count < count) continue;
    *offset = old->offset;
    return GAN_OK;
  }
  GAN_TRY(gan__reserve(plan->context, &plan->filled, &plan->filled_capacity, plan->filled_count + 1,
                       sizeof *plan->filled));
  int64_t bytes = (count * gan__dtype_size(dtype) + 63) / 64 * 64;
  if (bytes > (INT64_C(1) << 60) - plan->constant_bytes)
    return gan__fail(plan->context, GAN_ERROR_LIMIT, "the plan needs more than 2^60 bytes");
  plan->filled[plan->filled_count] = (gan__filled){
      .bits = bits, .count = count, .offset = plan->constant_bytes, .dtype = dtype, .next = *head};
  *head = (uint32_t)++plan->filled_count;
  *offset = plan->constant_bytes;
  plan->constant_bytes += bytes;
  return GAN_OK;
}

char *gan__make_constants(const gan__plan *plan) {
  char *made = gan__allocate(plan->context, (uint64_t)plan->constant_bytes, 1);
  for (uint64_t i = 0; made && i < plan->filled_count; i++) {
    const gan__filled *filled = &plan->filled[i];
    fill(made + filled->offset, filled->dtype, filled->count, gan__bits_double(filled->bits));
  }
  return made;
}
