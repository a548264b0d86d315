/* SPDX-License-Identifier: MIT */
/* Job: the public calls of invert.h: check arguments, call down. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "train/invert.h"

/* A whole number that may be 0 for its default. */
static gan_status check_whole(gan_context *context, const char *name, int32_t value,
                              int32_t largest) {
  if (value >= 0 && value <= largest) return GAN_OK;
  return gan__fail(context, GAN_ERROR_ARGUMENT, "inversion: %s is %d; allowed are 0 to %d", name,
                   (int)value, (int)largest);
}

static gan_status read_settings(gan_context *context, const gan_inversion *given,
                                gan_inversion *settings) {
  if (!given) return gan__fail(context, GAN_ERROR_ARGUMENT, "settings is NULL");
  if (given->struct_size < sizeof *given)
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "settings: struct_size is %llu; it must be at least %llu",
                     (unsigned long long)given->struct_size, (unsigned long long)sizeof *given);
  GAN_TRY(check_whole(context, "starts", given->starts, GAN__INVERT_STARTS_MAX));
  GAN_TRY(check_whole(context, "evaluations", given->evaluations, GAN__INVERT_EVALUATIONS_MAX));
  GAN_TRY(check_whole(context, "clamp", given->clamp, 1));
  GAN_TRY(check_whole(context, "reserved", given->reserved, 0));
  if (!isfinite(given->tolerance) || given->tolerance < 0) {
    char number[32];
    return gan__fail(context, GAN_ERROR_ARGUMENT,
                     "inversion: tolerance is %s; allowed are finite numbers from 0",
                     gan__text_double(number, given->tolerance));
  }
  *settings = *given;
  if (settings->starts == 0) settings->starts = GAN__INVERT_STARTS;
  if (settings->evaluations == 0) settings->evaluations = GAN__INVERT_EVALUATIONS;
  return GAN_OK;
}

/* Targets are finite, also in the network's type. */
static gan_status check_targets(const gan_generator *generator, gan__array targets, int64_t n) {
  gan_context *context = generator->context;
  gan__shape shape = gan__network_output_shape(generator->network);
  int64_t width = gan__shape_count(&shape), count, bytes;
  if (!gan__multiply(n, width, &count) || !gan__multiply(count, (int64_t)sizeof(double), &bytes))
    return gan__fail(context, GAN_ERROR_LIMIT, "n is %lld: targets of %lld numbers overflow",
                     (long long)n, (long long)width);
  int64_t bad = gan__array_bad(targets, count, generator->network->dtype);
  if (bad < 0) return GAN_OK;
  return gan__fail(context, GAN_ERROR_NOT_FINITE,
                   "inversion: number %lld of target %lld is not finite", (long long)(bad % width),
                   (long long)(bad / width));
}

static gan_status check_null(gan_context *context, const char *name, const void *data) {
  if (data) return GAN_OK;
  return gan__fail(context, GAN_ERROR_ARGUMENT, "%s is NULL", name);
}

static gan_status invert(gan_generator *generator, const gan_inversion *settings,
                         gan__inversion inversion) {
  if (!generator) return GAN_ERROR_ARGUMENT;
  gan_context *context = generator->context;
  GAN_TRY(read_settings(context, settings, &inversion.settings));
  if (inversion.n < 0)
    return gan__fail(context, GAN_ERROR_ARGUMENT, "n is %lld; allowed is 0 or more",
                     (long long)inversion.n);
  if (inversion.n == 0) return GAN_OK;
  GAN_TRY(check_null(context, "targets", inversion.targets.data));
  GAN_TRY(check_null(context, "latents", inversion.latents.data));
  GAN_TRY(check_null(context, "errors", inversion.errors.data));
  GAN_TRY(check_targets(generator, inversion.targets, inversion.n));
  return gan__generator_invert(generator, &inversion);
}

gan_status gan_generator_invert(gan_generator *generator, const gan_inversion *settings,
                                const float *targets, int64_t n, float *latents, float *errors) {
  return invert(generator, settings,
                (gan__inversion){.n = n,
                                 .targets = {GAN_F32, (void *)(uintptr_t)targets},
                                 .latents = {GAN_F32, latents},
                                 .errors = {GAN_F32, errors}});
}

gan_status gan_generator_invert_f64(gan_generator *generator, const gan_inversion *settings,
                                    const double *targets, int64_t n, double *latents,
                                    double *errors) {
  return invert(generator, settings,
                (gan__inversion){.n = n,
                                 .targets = {GAN_F64, (void *)(uintptr_t)targets},
                                 .latents = {GAN_F64, latents},
                                 .errors = {GAN_F64, errors}});
}
