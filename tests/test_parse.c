/* SPDX-License-Identifier: MIT */
/* libgan/nn/parse.c and network_text.c: texts to networks and back, and every way to go wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <gan/network.h>

#include "failing.h"
#include "nn/layer.h"

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

/* A text and its canonical form. */
static const struct {
  const char *text, *canonical;
} good[] = {
    {"latent 256 normal; dense 128 tanh; dense 128 tanh; dense 2",
     "latent 256 normal; dense 128 tanh; dense 128 tanh; dense 2"},
    {"input 2; scale 0.25; dense 128 relu; dense 1",
     "input 2; scale 0.25; dense 128 relu; dense 1"},
    {"input 2", "input 2"},
    {"f32;input 2", "input 2"},
    {"f64; input 28x28x1; dense 1", "f64; input 28x28x1; dense 1"},
    {"input 1x2x3x4x5", "input 1x2x3x4x5"},
    {"latent 100", "latent 100 normal"},
    {"latent 100 uniform", "latent 100 uniform -1 1"},
    {"latent 100 uniform -1.732 1.732", "latent 100 uniform -1.732 1.732"},
    {"input 3; dense 4; tanh", "input 3; dense 4 tanh"},
    {"input 3; dense 4; tanh; relu", "input 3; dense 4 tanh; relu"},
    {"input 3; tanh; sigmoid; softplus", "input 3; tanh; sigmoid; softplus"},
    {"input 3; dense 4 leaky_relu", "input 3; dense 4 leaky_relu 0.2"},
    {"input 3; dense 4 leaky_relu 0.3", "input 3; dense 4 leaky_relu 0.3"},
    {"input 3; leaky_relu 0", "input 3; leaky_relu 0"},
    {"input 3; leaky_relu 1 name=bend", "input 3; leaky_relu 1 name=bend"},
    {"input 3; dense 4 name=first", "input 3; dense 4 name=first"},
    {"input 3; dense 4 tanh name=first", "input 3; dense 4 tanh name=first"},
    {"input 3; dense 4; tanh name=bend", "input 3; dense 4; tanh name=bend"},
    {"input 3; dense 4 name=dense_1", "input 3; dense 4"},
    {"input 3; scale -1e-3 name=small", "input 3; scale -0.001 name=small"},
    {"init orthogonal; input 3; dense 4", "input 3; init orthogonal 1; dense 4"},
    {"input 3; init orthogonal 0.8; dense 4; dense 5",
     "input 3; init orthogonal 0.8; dense 4; "
     "dense 5"},
    {"input 3; init he; dense 4; init xavier; dense 5",
     "input 3; init he; dense 4; init xavier; "
     "dense 5"},
    {"input 3; init normal 0 0.02; bias 0.5; dense 4",
     "input 3; init normal 0 0.02; bias 0.5; "
     "dense 4"},
    {"input 3; init uniform -0.05 0.05; bias constant 1; dense 4; bias 0; dense 1",
     "input 3; init uniform -0.05 0.05; bias 1; dense 4; bias 0; dense 1"},
    {"input 3; bias uniform 0 1; dense 4; bias normal 0 1; dense 4",
     "input 3; bias uniform 0 1; dense 4; bias normal 0 1; dense 4"},
    {"input 3; init constant 0; dense 4", "input 3; init constant 0; dense 4"},
    {"input 3; init he; init xavier; dense 4; init he", "input 3; dense 4"},
    {"  # the critic\n\tinput 3 ;; # three numbers; not four\r\n\n dense 4#units\n;tanh",
     "input 3; dense 4 tanh"},
    {"input 3; scale 0.1", "input 3; scale 0.1"},
    {"input 3; scale 1e-08", "input 3; scale 1e-08"},
    {"input 3; scale 0.30000000000000004", "input 3; scale 0.30000000000000004"},
    {"input 3; scale +2", "input 3; scale 2"},
    {"input 3; dense 4 elu", "input 3; dense 4 elu 1"},
    {"input 3; elu 0.5; dense 2 softmax", "input 3; elu 0.5; dense 2 softmax"},
    {"input 2x3; softmax name=share", "input 2x3; softmax name=share"},
    {"input 3; maxout 240 5; dense 1", "input 3; maxout 240 5; dense 1"},
    {"input 3; maxout 2 5 name=wide; relu", "input 3; maxout 2 5 name=wide; relu"},
    {"input 3; init he; maxout 2 2; bias 1; maxout 2 2",
     "input 3; init he; maxout 2 2; bias 1; maxout 2 2"},
    {"input 3; dropout 0.8; noise 0.3 name=blur", "input 3; dropout 0.8; noise 0.3 name=blur"},
    {"input 3; batch_norm", "input 3; batch_norm epsilon=1e-05 decay=0.99"},
    {"input 3; batch_norm no_shift decay=0.9 no_scale epsilon=0.001 name=b",
     "input 3; batch_norm epsilon=0.001 decay=0.9 no_scale no_shift name=b"},
    {"input 3; init he; batch_norm; init xavier; dense 1",
     "input 3; batch_norm epsilon=1e-05 decay=0.99; dense 1"},
    {"input 3; layer_norm", "input 3; layer_norm epsilon=1e-05"},
    {"input 3; layer_norm no_scale name=l", "input 3; layer_norm epsilon=1e-05 no_scale name=l"},
    {"latent 3; virtual_batch_norm", "latent 3 normal; virtual_batch_norm epsilon=1e-05"},
    {"reference 10; latent 3; dense 2; virtual_batch_norm no_shift; virtual_batch_norm",
     "latent 3 normal; dense 2; reference 10; virtual_batch_norm epsilon=1e-05 no_shift; "
     "virtual_batch_norm epsilon=1e-05"},
    {"input 3; reference 64; virtual_batch_norm", "input 3; virtual_batch_norm epsilon=1e-05"},
    {"input 3; reference 5; dense 2", "input 3; dense 2"},
    {"weight_norm on; input 3; dense 4; weight_norm off; dense 2",
     "input 3; weight_norm on; dense 4; weight_norm off; dense 2"},
    {"input 3; weight_norm on; tanh; maxout 3 2; minibatch_discrimination 2 2; dense 1",
     "input 3; tanh; weight_norm on; maxout 3 2; minibatch_discrimination 2 2; dense 1"},
    {"input 3; weight_norm off; dense 4", "input 3; dense 4"},
    {"input 3; minibatch_discrimination 32 5", "input 3; minibatch_discrimination 32 5"},
    {"input 3; minibatch_discrimination 32 5 normalized with_self name=m",
     "input 3; minibatch_discrimination 32 5 with_self normalized name=m"},
    {"input 3; init normal 0 0.05; minibatch_discrimination 3 2",
     "input 3; init normal 0 0.05; minibatch_discrimination 3 2"},
    {"latent 10 categorical", "latent 10 categorical"},
    {"latent 62 + 10 categorical + 2 uniform -1 1",
     "latent 62 normal + 10 categorical + 2 uniform -1 1"},
    {"latent 2 uniform + 3", "latent 2 uniform -1 1 + 3 normal"},
};

static void assert_same_initialiser(const gan__initialiser *x, const gan__initialiser *y) {
  assert_int_equal(x->kind, y->kind);
  assert_true(x->a == y->a && x->b == y->b);
}

/* Layers and initialisers, not the numbers of the parameters: each network has its own. */
static void assert_same_network(const gan_network *a, const gan_network *b) {
  assert_int_equal(a->dtype, b->dtype);
  assert_int_equal(a->layer_count, b->layer_count);
  assert_int_equal(a->output, b->output);
  for (uint64_t i = 0; i < a->layer_count; i++) {
    const gan__layer *x = &a->layers[i], *y = &b->layers[i];
    assert_string_equal(x->name, y->name);
    assert_int_equal(x->kind, y->kind);
    assert_int_equal(x->inputs[0], y->inputs[0]);
    assert_true(gan__shape_equal(&x->shape, &y->shape));
    assert_int_equal(x->choice, y->choice);
    assert_true(x->a == y->a && x->b == y->b);
    assert_int_equal(x->size, y->size);
    assert_int_equal(x->pieces, y->pieces);
    assert_int_equal(x->options, y->options);
    assert_int_equal(x->weight_norm, y->weight_norm);
    if (!gan__layer_rows[x->kind].weighted) continue; /* initialisers of other layers are idle */
    assert_same_initialiser(&x->weight, &y->weight);
    assert_same_initialiser(&x->bias, &y->bias);
  }
  assert_int_equal(a->parameter_count, b->parameter_count);
  for (int32_t i = 0; i < a->parameter_count; i++)
    assert_string_equal(a->parameters[i].name, b->parameters[i].name);
  assert_int_equal(a->reference, b->reference);
  if (a->reference >= 0)
    assert_true(
        gan__shape_equal(&a->parameters[a->reference].shape, &b->parameters[b->reference].shape));
  assert_int_equal(a->latent_count, b->latent_count);
  for (int32_t i = 0; i < a->latent_count; i++) {
    const gan__latent *x = &a->latents[i], *y = &b->latents[i];
    assert_true(x->size == y->size && x->kind == y->kind && x->low == y->low && x->high == y->high);
  }
}

static void canonical_text_is_a_round_trip(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    gan_network *network, *again;
    if (gan_network_parse(context, good[i].text, &network) != GAN_OK)
      fail_msg("\"%s\": %s", good[i].text, gan_context_message(context));
    assert_string_equal(gan_network_text(network), good[i].canonical);
    assert_int_equal(gan_network_parse(context, gan_network_text(network), &again), GAN_OK);
    assert_string_equal(gan_network_text(again), good[i].canonical);
    assert_same_network(network, again);
    gan_network_destroy(network);
    gan_network_destroy(again);
  }
}

#define SETTINGS "init, bias, weight_norm, reference, "
#define LAYERS                                                                                     \
  "scale, dense, tanh, sigmoid, relu, leaky_relu, softplus, elu, softmax, maxout, dropout, "       \
  "noise, batch_norm, layer_norm, virtual_batch_norm or minibatch_discrimination"

#define BEHIND_DENSE                                                                               \
  "tanh, sigmoid, relu, leaky_relu, softplus, elu, softmax, name=..., or the end of the statement"

/* The whole message, as a user reads it. */
static const struct {
  const char *text;
  gan_status status;
  const char *message;
} bad[] = {
    {"", GAN_ERROR_PARSE,
     "line 1, column 1: found the end; expected f32, f64, " SETTINGS "input or latent"},
    {" # nothing\n;", GAN_ERROR_PARSE,
     "line 2, column 2: found the end; expected f32, f64, " SETTINGS "input or latent"},
    {"inptu 2", GAN_ERROR_PARSE,
     "line 1, column 1: found \"inptu\"; expected f32, f64, " SETTINGS "input or latent"},
    {"f64; f32; input 2", GAN_ERROR_PARSE,
     "line 1, column 6: found \"f32\"; expected " SETTINGS "input or latent"},
    {"f16; input 2", GAN_ERROR_PARSE,
     "line 1, column 1: found \"f16\"; expected f32, f64, " SETTINGS "input or latent"},
    {"dense 3", GAN_ERROR_PARSE,
     "line 1, column 1: found \"dense\"; expected f32, f64, " SETTINGS "input or latent"},
    {"f64", GAN_ERROR_PARSE,
     "line 1, column 4: found the end; expected " SETTINGS "input or latent"},
    {"f64 input 2", GAN_ERROR_PARSE,
     "line 1, column 5: found \"input\"; expected the end of the statement, \";\" or a new line"},
    {"input 2; dens 3", GAN_ERROR_PARSE,
     "line 1, column 10: found \"dens\"; expected " SETTINGS LAYERS},
    {"input 2\ndense 3\n  dense x", GAN_ERROR_PARSE,
     "line 3, column 9: found \"x\"; expected the number of units, such as 128"},
    {"input 2; input 3", GAN_ERROR_PARSE,
     "line 1, column 10: found \"input\"; expected " SETTINGS LAYERS},
    {"latent 2; input 3", GAN_ERROR_PARSE,
     "line 1, column 11: found \"input\"; expected " SETTINGS LAYERS},
    {"input", GAN_ERROR_PARSE,
     "line 1, column 6: found the end; expected the shape of a row of 1 to 5 sizes, such as 784 or "
     "28x28x1"},
    {"input ; dense 2", GAN_ERROR_PARSE,
     "line 1, column 7: found \";\"; expected the shape of a row of 1 to 5 sizes, such as 784 or "
     "28x28x1"},
    {"input 28x", GAN_ERROR_PARSE,
     "line 1, column 7: found \"28x\"; expected the shape of a row of 1 to 5 sizes, such as 784 or "
     "28x28x1"},
    {"input 28x-3", GAN_ERROR_PARSE,
     "line 1, column 7: found \"28x-3\"; expected the shape of a row of 1 to 5 sizes, such as 784 "
     "or 28x28x1"},
    {"input 1x1x1x1x1x1", GAN_ERROR_PARSE,
     "line 1, column 7: found \"1x1x1x1x1x1\"; expected the shape of a row of 1 to 5 sizes, such "
     "as 784 or 28x28x1"},
    {"input 2 3", GAN_ERROR_PARSE,
     "line 1, column 9: found \"3\"; expected the end of the statement, \";\" or a new line"},
    {"input 0; dense 2", GAN_ERROR_ARGUMENT,
     "line 1, column 1: layer input: a size is 0; allowed is 1 to 16777216"},
    {"input 16777217", GAN_ERROR_LIMIT,
     "line 1, column 1: layer input: a size is 16777217; allowed is 1 to 16777216"},
    {"input 65536x65536", GAN_ERROR_LIMIT,
     "line 1, column 1: layer input: the number of elements of a row is 4294967296; allowed is 1 "
     "to "
     "16777216"},
    {"input 99999999999999999999", GAN_ERROR_PARSE,
     "line 1, column 7: found \"99999999999999999999\"; expected the shape of a row of 1 to 5 "
     "sizes, such as 784 or 28x28x1"},
    {"latent", GAN_ERROR_PARSE,
     "line 1, column 7: found the end; expected the number of latents, such as 100"},
    {"latent 10 gauss", GAN_ERROR_PARSE,
     "line 1, column 11: found \"gauss\"; expected normal, uniform, "
     "categorical, + or the end of the statement"},
    {"latent 10 uniform 1", GAN_ERROR_PARSE,
     "line 1, column 20: found the end; expected the upper end, a number"},
    {"latent 10 uniform 1 1", GAN_ERROR_ARGUMENT,
     "line 1, column 1: layer latent: low is 1 and high 1; low must be below high"},
    {"latent 10 uniform 0 1e31", GAN_ERROR_ARGUMENT,
     "line 1, column 1: layer latent: high is 1e+31; allowed is -1e30 to 1e30"},
    {"latent 10 normal 0 1", GAN_ERROR_PARSE,
     "line 1, column 18: found \"0\"; expected the end of the statement, \";\" or a new line"},
    {"latent 0", GAN_ERROR_ARGUMENT,
     "line 1, column 1: layer latent: size is 0; allowed is 1 to 16777216"},
    {"input 2; scale", GAN_ERROR_PARSE,
     "line 1, column 15: found the end; expected the factor, a number"},
    {"input 2; scale 0.25x", GAN_ERROR_PARSE,
     "line 1, column 16: found \"0.25x\"; expected the factor, a number"},
    {"input 2; scale 0,25", GAN_ERROR_PARSE,
     "line 1, column 16: found \"0,25\"; expected the factor, a number"},
    {"input 2; scale nan", GAN_ERROR_PARSE,
     "line 1, column 16: found \"nan\"; expected the factor, a number"},
    {"input 2; scale 1e999", GAN_ERROR_PARSE,
     "line 1, column 16: found \"1e999\"; expected the factor, a number"},
    {"input 2; scale 1e300", GAN_ERROR_ARGUMENT,
     "line 1, column 10: layer scale_1: factor is 1e+300; allowed is -1e30 to 1e30"},
    {"input 2; dense", GAN_ERROR_PARSE,
     "line 1, column 15: found the end; expected the number of units, such as 128"},
    {"input 2; dense -5", GAN_ERROR_PARSE,
     "line 1, column 16: found \"-5\"; expected the number of units, such as 128"},
    {"input 2; dense 1.5", GAN_ERROR_PARSE,
     "line 1, column 16: found \"1.5\"; expected the number of units, such as 128"},
    {"input 2; dense 0", GAN_ERROR_ARGUMENT,
     "line 1, column 10: layer dense_1: units is 0; allowed is 1 to 16777216"},
    {"input 2; dense 4; dense 16777217", GAN_ERROR_LIMIT,
     "line 1, column 19: layer dense_2: units is 16777217; allowed is 1 to 16777216"},
    {"input 16777216; dense 16777216", GAN_ERROR_LIMIT,
     "line 1, column 17: layer dense_1: with the weight [16777216, 16777216] the parameters would "
     "take 1125899906842624 bytes; allowed are 8589934592"},
    {"input 2; dense 4 tahn", GAN_ERROR_PARSE,
     "line 1, column 18: found \"tahn\"; expected " BEHIND_DENSE},
    {"input 2; dense 4 dense", GAN_ERROR_PARSE,
     "line 1, column 18: found \"dense\"; expected " BEHIND_DENSE},
    {"input 2; dense 4 tanh tanh", GAN_ERROR_PARSE,
     "line 1, column 23: found \"tanh\"; expected the end of the statement, \";\" or a new line"},
    {"input 2; dense 4 tanh 0.2", GAN_ERROR_PARSE,
     "line 1, column 23: found \"0.2\"; expected the end of the statement, \";\" or a new line"},
    {"input 2; dense 4 leaky_relu -0.1", GAN_ERROR_ARGUMENT,
     "line 1, column 10: layer leaky_relu_1: slope is -0.1; allowed is 0 to 1"},
    {"input 2; dense 4 name=", GAN_ERROR_PARSE,
     "line 1, column 18: found \"name=\"; expected a name behind name=, such as name=first"},
    {"input 2; dense 4 name=4th", GAN_ERROR_ARGUMENT,
     "line 1, column 10: layer dense_1: the name is not a letter or _, followed by letters, digits "
     "and _"},
    {"input 2; dense 4 name=a/b", GAN_ERROR_ARGUMENT,
     "line 1, column 10: layer dense_1: the name is not a letter or _, followed by letters, digits "
     "and _"},
    {"input 2; dense 4 name=a; dense 4 name=a", GAN_ERROR_ARGUMENT,
     "line 1, column 26: layer a: another layer has this name already"},
    {"input 2; dense 4 name=dense_2; dense 4", GAN_ERROR_ARGUMENT,
     "line 1, column 32: layer dense_2: another layer has this name already"},
    {"input 2; dense 4 name=aaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg",
     GAN_ERROR_ARGUMENT,
     "line 1, column 10: the name of a dense layer has 64 bytes; allowed are 1 to 63"},
    {"init", GAN_ERROR_PARSE,
     "line 1, column 5: found the end; expected uniform, normal, xavier, he, orthogonal or "
     "constant"},
    {"init glorot", GAN_ERROR_PARSE,
     "line 1, column 6: found \"glorot\"; expected uniform, normal, xavier, he, orthogonal or "
     "constant"},
    {"init 0", GAN_ERROR_PARSE,
     "line 1, column 6: found \"0\"; expected uniform, normal, xavier, he, orthogonal or constant"},
    {"init uniform 0", GAN_ERROR_PARSE,
     "line 1, column 15: found the end; expected a number of the initialiser"},
    {"init uniform 1 0", GAN_ERROR_ARGUMENT,
     "line 1, column 1: weight initialiser 1 with the numbers 1 and 0: the lower end is above the "
     "upper one"},
    {"init normal 0 -1", GAN_ERROR_ARGUMENT,
     "line 1, column 1: weight initialiser 2 with the numbers 0 and -1: the standard deviation is "
     "negative"},
    {"init constant 1e31", GAN_ERROR_ARGUMENT,
     "line 1, column 1: weight initialiser 6 with the numbers 1e+31 and 0: numbers go from -1e30 "
     "to "
     "1e30"},
    {"init constant", GAN_ERROR_PARSE,
     "line 1, column 14: found the end; expected a number of the initialiser"},
    {"init orthogonal x", GAN_ERROR_PARSE,
     "line 1, column 17: found \"x\"; expected a number of the initialiser"},
    {"init xavier 1", GAN_ERROR_PARSE,
     "line 1, column 13: found \"1\"; expected the end of the statement, \";\" or a new line"},
    {"input 9000; init orthogonal; dense 9000", GAN_ERROR_LIMIT,
     "line 1, column 30: layer dense_1: an orthogonal weight of [9000, 9000] is too large; the "
     "smaller side may be 8192"},
    {"bias he", GAN_ERROR_PARSE,
     "line 1, column 6: found \"he\"; expected a number, uniform, normal or constant"},
    {"bias", GAN_ERROR_PARSE,
     "line 1, column 5: found the end; expected a number, uniform, normal or constant"},
    {"input 2; maxout", GAN_ERROR_PARSE,
     "line 1, column 16: found the end; expected the number of units, such as 240"},
    {"input 2; maxout 4", GAN_ERROR_PARSE,
     "line 1, column 18: found the end; expected the number of pieces of a unit, such as 5"},
    {"input 2; maxout 4 0", GAN_ERROR_ARGUMENT,
     "line 1, column 10: layer maxout_1: pieces is 0; allowed is 1 to 16777216"},
    {"input 2; maxout 65536 65536", GAN_ERROR_LIMIT,
     "line 1, column 10: layer maxout_1: units times pieces is 4294967296; allowed is 1 to "
     "16777216"},
    {"input 2; maxout 4 2 tanh", GAN_ERROR_PARSE,
     "line 1, column 21: found \"tanh\"; expected the end of the statement, \";\" or a new line"},
    {"input 2; elu -1", GAN_ERROR_ARGUMENT,
     "line 1, column 10: layer elu_1: alpha is -1; allowed is 0 to 1e30"},
    {"input 2; dropout", GAN_ERROR_PARSE,
     "line 1, column 17: found the end; expected the share that is kept, such as 0.5"},
    {"input 2; dropout 0", GAN_ERROR_ARGUMENT,
     "line 1, column 10: layer dropout_1: the share that is kept is 0; allowed is above 0, at most "
     "1"},
    {"input 2; noise -0.1", GAN_ERROR_ARGUMENT,
     "line 1, column 10: layer noise_1: the standard deviation is -0.1; allowed is 0 to 1e30"},
    {"input 2; batch_norm 0.1", GAN_ERROR_PARSE,
     "line 1, column 21: found \"0.1\"; expected epsilon=..., decay=..., no_scale, no_shift, "
     "name=..., or the end of the statement"},
    {"input 2; batch_norm epsilon=", GAN_ERROR_PARSE,
     "line 1, column 21: found \"epsilon=\"; expected a number behind epsilon=, such as "
     "epsilon=1e-5"},
    {"input 2; batch_norm epsilon=0.1x", GAN_ERROR_PARSE,
     "line 1, column 21: found \"epsilon=0.1x\"; expected a number behind epsilon=, such as "
     "epsilon=1e-5"},
    {"input 2; batch_norm name=b no_scale", GAN_ERROR_PARSE,
     "line 1, column 28: found \"no_scale\"; expected the end of the statement, \";\" or a new "
     "line"},
    {"input 2; batch_norm epsilon=0", GAN_ERROR_ARGUMENT,
     "line 1, column 10: layer batch_norm_1: epsilon is 0; allowed is above 0, at most 1"},
    {"input 2; batch_norm decay=1", GAN_ERROR_ARGUMENT,
     "line 1, column 10: layer batch_norm_1: decay is 1; allowed is 0 or more, below 1"},
    {"input 2; layer_norm decay=0.5", GAN_ERROR_PARSE,
     "line 1, column 21: found \"decay=0.5\"; expected epsilon=..., no_scale, no_shift, name=..., "
     "or the end of the statement"},
    {"reference 0; input 2", GAN_ERROR_ARGUMENT,
     "line 1, column 1: the reference batch has 0 rows; allowed are 1 to 65536"},
    {"reference 65537; input 2", GAN_ERROR_LIMIT,
     "line 1, column 1: the reference batch has 65537 rows; allowed are 1 to 65536"},
    {"reference; input 2", GAN_ERROR_PARSE,
     "line 1, column 10: found \";\"; expected the rows of the reference batch, such as 64"},
    {"input 2; virtual_batch_norm; reference 3", GAN_ERROR_STATE,
     "line 1, column 30: the reference batch has 64 rows already, since the first "
     "virtual_batch_norm"},
    {"weight_norm yes; input 2", GAN_ERROR_PARSE,
     "line 1, column 13: found \"yes\"; expected on or off"},
    {"input 2; init constant 0; weight_norm on; dense 2", GAN_ERROR_ARGUMENT,
     "layer dense_1: the weights of unit 0 are all 0; weight norm needs a direction"},
    {"input 2; minibatch_discrimination 3", GAN_ERROR_PARSE,
     "line 1, column 36: found the end; expected the dimensions of a kernel, such as 5"},
    {"input 2; minibatch_discrimination 3 0", GAN_ERROR_ARGUMENT,
     "line 1, column 10: layer minibatch_discrimination_1: dimensions is 0; allowed is 1 to "
     "16777216"},
    {"input 2; minibatch_discrimination 3 2 self", GAN_ERROR_PARSE,
     "line 1, column 39: found \"self\"; expected with_self, normalized, name=..., or the end of "
     "the statement"},
    {"latent 2 +", GAN_ERROR_PARSE,
     "line 1, column 11: found the end; expected the number of latents, such as 100"},
    {"latent 2 + 3 gauss", GAN_ERROR_PARSE,
     "line 1, column 14: found \"gauss\"; expected normal, uniform, categorical, + or the end of "
     "the statement"},
    {"latent 2 + 0", GAN_ERROR_ARGUMENT,
     "line 1, column 1: layer latent: size is 0; allowed is 1 to 16777216"},
    {"latent 65537 categorical", GAN_ERROR_LIMIT,
     "line 1, column 1: layer latent: size is 65537; a categorical latent has at most 65536 "
     "classes"},
    {"latent 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1", GAN_ERROR_LIMIT,
     "line 1, column 1: layer latent: it has at most 8 parts"},
    {"input 2; \xc3\xa4\xc3\xb6 3", GAN_ERROR_PARSE,
     "line 1, column 10: found \"????\"; expected " SETTINGS LAYERS},
    {"input 2; # \xc3\xa4\xc3\xb6\ndense 3; \x01", GAN_ERROR_PARSE,
     "line 2, column 10: found \"?\"; expected " SETTINGS LAYERS},
    {"input 2; # \xc3\xa4 x\n# \xc3\xa4\n; relu \xc3\xa4", GAN_ERROR_PARSE,
     "line 3, column 8: found \"??\"; expected the end of the statement, \";\" or a new line"},
    {"input 2; 0123456789012345678901234567890123456789012345678901234567890123456789",
     GAN_ERROR_PARSE,
     "line 1, column 10: found \"0123456789012345678901234567890123456789...\"; expected " SETTINGS
         LAYERS},
};

static void bad_texts_name_place_and_choice(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    gan_network *network = NULL;
    int64_t blocks = context->live_blocks;
    uint64_t objects = context->objects;
    gan_status status = gan_network_parse(context, bad[i].text, &network);
    assert_string_equal(gan_context_message(context), bad[i].message);
    assert_int_equal(status, bad[i].status);
    assert_null(network);
    assert_int_equal(context->live_blocks, blocks);
    assert_int_equal(context->objects, objects);
  }
}

static void sizes_of_texts_are_bounded(void **state) {
  (void)state;
  enum { MOST = 1 << 20 };
  gan_network *network;
  char *text = malloc(MOST + 2);
  assert_non_null(text);
  memset(text, ' ', MOST + 1);
  memcpy(text, "input 3", 7);
  text[MOST] = 0;
  assert_int_equal(gan_network_parse(context, text, &network), GAN_OK);
  gan_network_destroy(network);
  text[MOST] = ' ';
  text[MOST + 1] = 0;
  assert_int_equal(gan_network_parse(context, text, &network), GAN_ERROR_LIMIT);
  /* 4095 layers besides the input, then one more. */
  strcpy(text, "input 1");
  for (int i = 0; i < GAN__LAYERS_MAX - 1; i++)
    memcpy(text + 7 + 5 * i, ";relu", 6);
  assert_int_equal(gan_network_parse(context, text, &network), GAN_OK);
  assert_int_equal(gan_network_layer_count(network), GAN__LAYERS_MAX);
  assert_string_equal(gan_network_layer_name(network, 4095), "relu_4095");
  gan_network_destroy(network);
  strcat(text, ";relu");
  assert_int_equal(gan_network_parse(context, text, &network), GAN_ERROR_LIMIT);
  assert_non_null(strstr(gan_context_message(context), "at most 4096 layers"));
  free(text);
}

static void arguments_are_checked(void **state) {
  (void)state;
  gan_network *network = NULL;
  assert_int_equal(gan_network_parse(NULL, "input 2", &network), GAN_ERROR_ARGUMENT);
  assert_int_equal(gan_network_parse(context, NULL, &network), GAN_ERROR_ARGUMENT);
  assert_string_equal(gan_context_message(context), "text is NULL");
  assert_int_equal(gan_network_parse(context, "input 2", NULL), GAN_ERROR_ARGUMENT);
  assert_null(network);
}

static void survives_every_failed_allocation(void **state) {
  (void)state;
  gan_network *network = NULL;
  gan_status status;
  FAIL_EACH_ALLOCATION(context, &counter, status,
                       status = gan_network_parse(context,
                                                  "latent 5; init orthogonal 2; dense 20 tanh; "
                                                  "dense 20 relu; dense 20 relu; dense 20 relu; "
                                                  "dense 20 relu; dense 3; scale 2",
                                                  &network));
  assert_int_equal(gan_network_layer_count(network), 13);
  gan_network_destroy(network);
  FAIL_EACH_ALLOCATION(context, &counter, status,
                       status = gan_network_parse(
                           context,
                           "latent 5 + 3 categorical; weight_norm on; maxout 20 2; batch_norm; "
                           "elu; dropout 0.5; layer_norm; noise 1; reference 4; "
                           "virtual_batch_norm; minibatch_discrimination 3 2; dense 2 softmax",
                           &network));
  assert_int_equal(gan_network_layer_count(network), 11);
  gan_network_destroy(network);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(canonical_text_is_a_round_trip, set_up, tear_down),
      cmocka_unit_test_setup_teardown(bad_texts_name_place_and_choice, set_up, tear_down),
      cmocka_unit_test_setup_teardown(sizes_of_texts_are_bounded, set_up, tear_down),
      cmocka_unit_test_setup_teardown(arguments_are_checked, set_up, tear_down),
      cmocka_unit_test_setup_teardown(survives_every_failed_allocation, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
