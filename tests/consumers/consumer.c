/* SPDX-License-Identifier: MIT */
/* A program outside the tree, valid as C11 and as C++17: trains a small GAN on the caller's own
 * data for 100 steps and samples from it. */
#include <stdint.h>
#include <stdio.h>

#include <gan/gan.h>

enum { BATCH = 128, STEPS = 100, SAMPLES = 256 };

static int check(gan_context *context, gan_status status, const char *what) {
  if (status == GAN_OK) return 1;
  fprintf(stderr, "%s: %s: %s\n", what, gan_status_name(status), gan_context_message(context));
  return 0;
}

/* Eight points of a ring of radius 2, each spread a little: [BATCH, 2]. */
static void fill_batch(float *points, uint32_t *state) {
  static const float centres[8][2] = {{2.0f, 0.0f},      {1.414f, 1.414f}, {0.0f, 2.0f},
                                      {-1.414f, 1.414f}, {-2.0f, 0.0f},    {-1.414f, -1.414f},
                                      {0.0f, -2.0f},     {1.414f, -1.414f}};
  for (int i = 0; i < BATCH; i++) {
    for (int axis = 0; axis < 2; axis++) {
      *state = *state * 1664525u + 1013904223u;
      float spread = (float)(*state >> 8) / 16777216.0f - 0.5f;
      points[2 * i + axis] = centres[i % 8][axis] + 0.05f * spread;
    }
  }
}

int main(void) {
  static float batch[BATCH * 2], samples[SAMPLES * 2];
  gan_context *context = NULL;
  gan_generator *generator = NULL;
  gan_discriminator *discriminator = NULL;
  gan_loss *loss = NULL;
  gan_optimizer *generator_optimizer = NULL, *discriminator_optimizer = NULL;
  gan_trainer *trainer = NULL;
  uint32_t state = 1;
  int good;

  if (gan_context_create(&context) != GAN_OK) return 1;
  good =
      check(context, gan_context_set_seed(context, 1), "seed")
      && check(context,
               gan_generator_parse(context, "latent 16 normal; dense 32 tanh; dense 2", &generator),
               "generator")
      && check(context,
               gan_discriminator_parse(context, "input 2; dense 32 tanh; dense 1", &discriminator),
               "discriminator")
      && check(context, gan_loss_create(context, GAN_LOSS_NON_SATURATING, &loss), "loss")
      && check(context, gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &generator_optimizer),
               "optimizer")
      && check(context, gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &discriminator_optimizer),
               "optimizer")
      && check(context,
               gan_trainer_create(context, generator, discriminator, loss, generator_optimizer,
                                  discriminator_optimizer, &trainer),
               "trainer")
      && check(context, gan_trainer_set_unroll(trainer, 1), "unroll");
  for (int step = 0; good && step < STEPS; step++) {
    fill_batch(batch, &state);
    good = check(context, gan_trainer_step(trainer, batch, BATCH), "step");
  }
  good = good && check(context, gan_generator_sample(generator, SAMPLES, 7, samples), "sample");
  for (int i = 0; good && i < SAMPLES * 2; i++)
    good = samples[i] > -1000.0f && samples[i] < 1000.0f;
  if (good)
    printf("libgan %s: %d steps, first sample %d %d (thousandths)\n", gan_version(), STEPS,
           (int)(1000.0f * samples[0]), (int)(1000.0f * samples[1]));

  gan_trainer_destroy(trainer);
  gan_optimizer_destroy(discriminator_optimizer);
  gan_optimizer_destroy(generator_optimizer);
  gan_loss_destroy(loss);
  gan_discriminator_destroy(discriminator);
  gan_generator_destroy(generator);
  gan_context_destroy(context);
  return good ? 0 : 1;
}
