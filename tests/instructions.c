/* SPDX-License-Identifier: MIT */
/* A fixed amount of training for scripts/instructions.py, which counts its instructions: the
 * unrolled ring, K = 5, one thread, the set-up with tanh, in a size that a simulated processor
 * manages.
 *
 *   instructions           runs it; prints the multiplications that were left to the BLAS
 *   instructions describe  prints the compiler and the SIMD level
 *
 * The count shall depend on this source tree and the compiler alone. So products that the library
 * leaves to the BLAS come to the two functions below, not to whatever BLAS is installed; they are
 * not counted by instructions, but by their multiplications. */
#include <cblas.h> /* first: OpenBLAS's needs feature macros of its own */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gan/gan.h>

#include "kern/kern.h"

enum { WARM_UP = 3, STEPS = 20, ROWS = 128, UNROLL = 5 };

#define DONE(call) check(call, #call)

static gan_context *context;
static long long multiplications; /* of the BLAS */

static void check(gan_status status, const char *call) {
  if (status == GAN_OK) return;
  fprintf(stderr, "%s: %s\n", call, gan_context_message(context));
  exit(2);
}

/* C = alpha op(A) op(B) + beta C, all row-major: the definition, in an order that runs along rows
 * of B where it can. */
#define PRODUCT(real)                                                                              \
  multiplications += (long long)m * n * k;                                                         \
  for (int i = 0; i < m; i++)                                                                      \
    for (int j = 0; j < n; j++)                                                                    \
      c[(size_t)i * (size_t)ldc + (size_t)j] *= beta;                                              \
  for (int i = 0; i < m; i++)                                                                      \
    for (int p = 0; p < k; p++) {                                                                  \
      size_t from = ta == CblasNoTrans ? (size_t)i * (size_t)lda + (size_t)p                       \
                                       : (size_t)p * (size_t)lda + (size_t)i;                      \
      real factor = alpha * a[from], *to = c + (size_t)i * (size_t)ldc;                            \
      size_t start = tb == CblasNoTrans ? (size_t)p * (size_t)ldb : (size_t)p;                     \
      size_t stride = tb == CblasNoTrans ? 1 : (size_t)ldb;                                        \
      for (size_t j = 0; j < (size_t)n; j++)                                                       \
        to[j] += factor * b[start + j * stride];                                                   \
    }

void cblas_sgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, const int m,
                 const int n, const int k, const float alpha, const float *a, const int lda,
                 const float *b, const int ldb, const float beta, float *c, const int ldc) {
  (void)layout;
  PRODUCT(float)
}

void cblas_dgemm(CBLAS_LAYOUT layout, CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, const int m,
                 const int n, const int k, const double alpha, const double *a, const int lda,
                 const double *b, const int ldb, const double beta, double *c, const int ldc) {
  (void)layout;
  PRODUCT(double)
}

static const char g_text[] =
    "latent 32 normal; init orthogonal 1.4; dense 32 tanh; dense 32 tanh; dense 2";
static const char d_text[] = "input 2; init orthogonal 1.4; dense 32 tanh; dense 32 tanh; dense 1";

static gan_optimizer *adam(double rate) {
  gan_optimizer *optimizer = NULL;
  DONE(gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &optimizer));
  DONE(gan_optimizer_set(optimizer, GAN_LEARNING_RATE, rate));
  DONE(gan_optimizer_set(optimizer, GAN_BETA1, 0.5));
  return optimizer;
}

/* Found by its name: what it calls is counted, nothing else. */
void counted_steps(gan_trainer *trainer);
__attribute__((noinline)) void counted_steps(gan_trainer *trainer) {
  DONE(gan_trainer_run(trainer, STEPS));
}

static void train(void) {
  gan_generator *generator = NULL;
  gan_discriminator *discriminator = NULL;
  gan_loss *loss = NULL;
  gan_dataset *ring = NULL;
  gan_trainer *trainer = NULL;
  DONE(gan_context_create(&context));
  DONE(gan_context_set_seed(context, 1));
  DONE(gan_context_set_threads(context, 1));
  DONE(gan_generator_parse(context, g_text, &generator));
  DONE(gan_discriminator_parse(context, d_text, &discriminator));
  DONE(gan_loss_create(context, GAN_LOSS_MINIMAX, &loss));
  gan_optimizer *g_rule = adam(1e-3), *d_rule = adam(1e-4);
  DONE(gan_dataset_create_ring(context, 8, 1, 0.01, &ring));
  DONE(gan_trainer_create(context, generator, discriminator, loss, g_rule, d_rule, &trainer));
  DONE(gan_trainer_set_order(trainer, GAN_ORDER_SIMULTANEOUS));
  DONE(gan_trainer_set_unroll(trainer, UNROLL));
  DONE(gan_trainer_set_data(trainer, ring, ROWS));
  DONE(gan_trainer_run(trainer, WARM_UP));
  multiplications = 0;
  counted_steps(trainer);
  gan_trainer_destroy(trainer);
  gan_dataset_destroy(ring);
  gan_optimizer_destroy(d_rule);
  gan_optimizer_destroy(g_rule);
  gan_loss_destroy(loss);
  gan_discriminator_destroy(discriminator);
  gan_generator_destroy(generator);
  gan_context_destroy(context);
}

int main(int argc, char **argv) {
#if defined(__clang__)
  const char *family = "clang", *version = __clang_version__;
#else
  const char *family = "gcc", *version = __VERSION__;
#endif
  if (argc > 1 && !strcmp(argv[1], "describe")) {
    printf("%s-%d %s\n", family, atoi(version), gan__cpu_name(gan__cpu_level()));
    return 0;
  }
  train();
  printf("%lld\n", multiplications);
  return 0;
}
