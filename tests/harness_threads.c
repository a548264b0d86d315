/* SPDX-License-Identifier: MIT */
/* Helper: the unit tests are linked so that their calls of gan_context_create() come here
 * (-Wl,--wrap). With GAN_TEST_THREADS=n in the environment the new context then has n threads, and
 * so have all tests but those that choose a number themselves and those that bring an allocator,
 * because these count its calls. Without it nothing is changed. */
#include <stdlib.h>

#include <gan/gan.h>

gan_status __real_gan_context_create(gan_context **context);
gan_status __wrap_gan_context_create(gan_context **context);

gan_status __wrap_gan_context_create(gan_context **context) {
  const char *text = getenv("GAN_TEST_THREADS");
  gan_context *made = NULL;
  gan_status status = __real_gan_context_create(context ? &made : NULL);
  if (status == GAN_OK && text) status = gan_context_set_threads(made, atoi(text));
  if (status != GAN_OK) {
    gan_context_destroy(made);
    return status;
  }
  *context = made;
  return GAN_OK;
}
