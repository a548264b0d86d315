/* SPDX-License-Identifier: MIT */
/* Every kind of layer: derivatives of first and second order, by its input and its parameters,
 * against differences, in training and in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "failing.h"
#include "layer_run.h"

static failing counter;
static gan_context *context;

static int set_up(void **state) {
  (void)state;
  context = failing_context(&counter);
  return context == NULL;
}

static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return counter.live != 0;
}

/* Bends (relu, maxout) are not met by the fixed numbers, or the differences would tell. */
static const char *const texts[] = {
    "input 3; bias normal 0 1; dense 4 tanh; dense 2",
    "input 2x3; scale 0.5; dense 3 leaky_relu 0.3",
    "input 3; bias normal 0 1; dense 4 elu; dense 4 elu 0.5; dense 2",
    "input 3; dense 4 softmax; dense 2",
    "input 2x3; softmax",
    "input 3; bias normal 0 1; maxout 4 3; maxout 2 2",
    "input 2x2; maxout 2 3",
    "input 4; dropout 0.5; dense 3 tanh; dropout 0.8; dense 2",
    "input 3; noise 0.3; dense 3 softplus; noise 0.5; dense 1",
    "input 3; batch_norm; dense 2",
    "input 3; dense 4; batch_norm epsilon=0.1 decay=0.5 no_scale; tanh; dense 1",
    "input 2x2x3; batch_norm no_shift; sigmoid",
    "input 3; dense 2; batch_norm no_scale no_shift",
    "input 4; layer_norm; dense 2",
    "input 2x3; layer_norm epsilon=0.1 no_scale; dense 3; layer_norm no_shift",
    "input 3; reference 4; virtual_batch_norm; tanh; virtual_batch_norm epsilon=0.1 no_shift",
    "latent 3; reference 3; dense 3; virtual_batch_norm no_scale; tanh; dense 2",
    "input 2x2x3; reference 2; virtual_batch_norm; sigmoid",
    "input 3; weight_norm on; bias normal 0 1; dense 4 tanh; maxout 3 2; weight_norm off; dense 2",
    "input 3; minibatch_discrimination 3 2; dense 2",
    "input 3; minibatch_discrimination 2 3 with_self; tanh",
    "input 2x2; dense 3 tanh; minibatch_discrimination 2 2 normalized; dense 1",
};

static void derivatives_agree_with_differences(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    for (int training = 0; training < 2; training++) {
      layer_run run;
      layer_run_create(context, texts[i], 5, training, &run);
      layer_run_check(&run, 1e-7);
      layer_run_destroy(&run);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(derivatives_agree_with_differences, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
