/* SPDX-License-Identifier: MIT */
/* minimal: a GAN on data of your own, from a C array. */
#include <gan/gan.h>
#include <stdio.h>

static const float heights[8] = {1.62f, 1.71f, 1.58f, 1.80f, 1.75f, 1.68f, 1.66f, 1.77f};

int main(void) {
  gan_context *context;
  gan_generator *generator = NULL;
  gan_discriminator *discriminator = NULL;
  gan_loss *loss = NULL;
  gan_optimizer *g = NULL, *d = NULL;
  gan_trainer *trainer = NULL;
  if (gan_context_create(&context)) return 1;
  if (gan_generator_parse(context, "latent 4 normal; dense 16 tanh; dense 1", &generator)
      || gan_discriminator_parse(context, "input 1; dense 16 tanh; dense 1", &discriminator)
      || gan_loss_create(context, GAN_LOSS_NON_SATURATING, &loss)
      || gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &g)
      || gan_optimizer_create(context, GAN_OPTIMIZER_ADAM, &d)
      || gan_trainer_create(context, generator, discriminator, loss, g, d, &trainer))
    return fprintf(stderr, "%s\n", gan_context_message(context)), 1;
  for (int step = 0; step < 2000; step++)
    if (gan_trainer_step(trainer, heights, 8))
      return fprintf(stderr, "%s\n", gan_context_message(context)), 1;
  float samples[4];
  if (gan_generator_sample(generator, 4, 1, samples)) return 1;
  printf("samples: %.2f %.2f %.2f %.2f\n", samples[0], samples[1], samples[2], samples[3]);
  gan_trainer_destroy(trainer), gan_optimizer_destroy(g), gan_optimizer_destroy(d);
  gan_loss_destroy(loss), gan_discriminator_destroy(discriminator);
  gan_generator_destroy(generator), gan_context_destroy(context);
  return 0;
}
