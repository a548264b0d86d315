/* SPDX-License-Identifier: MIT */
/* Job: the public calls of unroll.h: check arguments, call down. */
#include "train/unroll.h"

#define NOT_NULL(handle, pointer)                                                                  \
  do {                                                                                             \
    if (!(pointer))                                                                                \
      return gan__fail((handle)->context, GAN_ERROR_ARGUMENT, "%s: " #pointer " is NULL",          \
                       __func__);                                                                  \
  } while (0)

gan_status gan_unroll_create(gan_context *context, gan_generator *generator,
                             gan_discriminator *discriminator, gan_loss *loss,
                             gan_optimizer *generator_optimizer,
                             gan_optimizer *discriminator_optimizer, gan_unroll **unroll) {
  if (!context) return GAN_ERROR_ARGUMENT;
  const void *const given[] = {generator,           discriminator,           loss,
                               generator_optimizer, discriminator_optimizer, (const void *)unroll};
  static const char *const names[] = {"generator",           "discriminator",           "loss",
                                      "generator_optimizer", "discriminator_optimizer", "unroll"};
  for (int32_t i = 0; i < 6; i++)
    if (!given[i])
      return gan__fail(context, GAN_ERROR_ARGUMENT, "gan_unroll_create: %s is NULL", names[i]);
  gan__parts parts = {
      generator,
      discriminator,
      loss,
      {[GAN__GENERATOR] = generator_optimizer, [GAN__DISCRIMINATOR] = discriminator_optimizer}};
  return gan__unroll_create(context, &parts, unroll);
}

void gan_unroll_destroy(gan_unroll *unroll) {
  if (unroll) gan__unroll_destroy(unroll);
}

gan_status gan_unroll_set_steps(gan_unroll *unroll, int32_t steps) {
  return unroll ? gan__session_set_unroll(&unroll->session, steps) : GAN_ERROR_ARGUMENT;
}

gan_status gan_unroll_set_player(gan_unroll *unroll, const char *player) {
  if (!unroll) return GAN_ERROR_ARGUMENT;
  NOT_NULL(unroll, player);
  GAN_TRY(gan__session_set_unroll_player(&unroll->session, player));
  return gan__session_set_first(&unroll->session, player);
}

gan_status gan_unroll_set_approximate(gan_unroll *unroll, int32_t approximate) {
  return unroll ? gan__session_set_approximate(&unroll->session, approximate) : GAN_ERROR_ARGUMENT;
}

gan_status gan_unroll_set_inner_batches(gan_unroll *unroll, int32_t inner) {
  return unroll ? gan__session_set_inner(&unroll->session, inner) : GAN_ERROR_ARGUMENT;
}

gan_status gan_unroll_set_memory_cap(gan_unroll *unroll, int64_t bytes) {
  return unroll ? gan__session_set_memory_cap(&unroll->session, bytes) : GAN_ERROR_ARGUMENT;
}

gan_status gan_unroll_set_seed(gan_unroll *unroll, uint64_t seed) {
  if (!unroll) return GAN_ERROR_ARGUMENT;
  unroll->seed = seed;
  return GAN_OK;
}

gan_status gan_unroll_set_batch(gan_unroll *unroll, const float *batch, int64_t rows) {
  if (!unroll) return GAN_ERROR_ARGUMENT;
  NOT_NULL(unroll, batch);
  gan__array array = {GAN_F32, (void *)(uintptr_t)batch};
  if (unroll->session.slot_kinds > 1)
    return gan__fail(unroll->context, GAN_ERROR_NAME,
                     "the loss needs batches with slots: gan_unroll_set_batches()");
  return gan__unroll_set_arrays(unroll, &array, 1, &(gan__request){.rows = rows});
}

gan_status gan_unroll_set_batches(gan_unroll *unroll, const gan_batch *const *batches,
                                  int32_t count) {
  if (!unroll) return GAN_ERROR_ARGUMENT;
  NOT_NULL(unroll, batches);
  int32_t needed = gan_unroll_batches(unroll);
  if (count != 1 && count != needed)
    return gan__fail(unroll->context, GAN_ERROR_ARGUMENT,
                     "%d batches; allowed are 1, and the %d that a step can use", count, needed);
  return gan__unroll_set_batches(unroll, batches, count);
}

int32_t gan_unroll_batches(const gan_unroll *unroll) {
  return unroll ? gan__session_batches(&unroll->session, GAN__JOB_STEP) : 0;
}

gan_status gan_unroll_step(gan_unroll *unroll) {
  return unroll ? gan__unroll_step(unroll) : GAN_ERROR_ARGUMENT;
}

gan_status gan_unroll_objective(gan_unroll *unroll, double *value) {
  if (!unroll) return GAN_ERROR_ARGUMENT;
  NOT_NULL(unroll, value);
  return gan__unroll_objective(unroll, NULL, value);
}

gan_status gan_unroll_gradient(gan_unroll *unroll, gan_gradient **gradient) {
  if (!unroll) return GAN_ERROR_ARGUMENT;
  NOT_NULL(unroll, gradient);
  return gan__unroll_gradient(unroll, gradient);
}

/* ---- Gradients. ---- */

static const gan__parameter *parameter_at(const gan_gradient *gradient, int32_t index) {
  if (!gradient || index < 0 || index >= gradient->network->parameter_count) return NULL;
  return &gradient->network->parameters[index];
}

void gan_gradient_destroy(gan_gradient *gradient) {
  if (gradient) gan__gradient_destroy(gradient);
}

int32_t gan_gradient_count(const gan_gradient *gradient) {
  return gradient ? gradient->network->parameter_count : 0;
}

const char *gan_gradient_name(const gan_gradient *gradient, int32_t parameter) {
  const gan__parameter *found = parameter_at(gradient, parameter);
  return found ? found->name : NULL;
}

int32_t gan_gradient_rank(const gan_gradient *gradient, int32_t parameter) {
  const gan__parameter *found = parameter_at(gradient, parameter);
  return found ? found->shape.rank : 0;
}

int64_t gan_gradient_dim(const gan_gradient *gradient, int32_t parameter, int32_t axis) {
  const gan__parameter *found = parameter_at(gradient, parameter);
  return found && axis >= 0 && axis < found->shape.rank ? found->shape.dims[axis] : 0;
}

double gan_gradient_objective(const gan_gradient *gradient) {
  return gradient ? gradient->objective : 0;
}

double gan_gradient_norm(const gan_gradient *gradient) {
  return gradient ? gradient->norm : 0;
}

static gan_status get(const gan_gradient *gradient, const char *name, gan__array out,
                      int64_t count) {
  int32_t index;
  GAN_TRY(gan__network_find(gradient->network, name, count, &index));
  gan__array in = {gradient->network->dtype, gradient->values[index]};
  gan__array_copy(out, in, count);
  return GAN_OK;
}

gan_status gan_gradient_get(const gan_gradient *gradient, const char *name, float *values,
                            int64_t count) {
  if (!gradient) return GAN_ERROR_ARGUMENT;
  NOT_NULL(gradient, name);
  NOT_NULL(gradient, values);
  return get(gradient, name, (gan__array){GAN_F32, values}, count);
}

gan_status gan_gradient_get_f64(const gan_gradient *gradient, const char *name, double *values,
                                int64_t count) {
  if (!gradient) return GAN_ERROR_ARGUMENT;
  NOT_NULL(gradient, name);
  NOT_NULL(gradient, values);
  return get(gradient, name, (gan__array){GAN_F64, values}, count);
}

gan_status gan_check_gradient(gan_unroll *unroll, int32_t directions, uint64_t seed,
                              gan_gradient_check *report) {
  if (!unroll) return GAN_ERROR_ARGUMENT;
  NOT_NULL(unroll, report);
  if (report->struct_size < sizeof report->struct_size)
    return gan__fail(unroll->context, GAN_ERROR_ARGUMENT,
                     "gan_check_gradient: struct_size is %llu; it is to be set to "
                     "sizeof(gan_gradient_check)",
                     (unsigned long long)report->struct_size);
  if (directions < 1 || directions > 10000)
    return gan__fail(unroll->context, GAN_ERROR_ARGUMENT,
                     "the number of directions is %d; allowed are 1 to 10000", directions);
  return gan__check_gradient(unroll, directions, seed, report);
}
