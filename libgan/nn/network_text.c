/* SPDX-License-Identifier: MIT */
/* Job: a finished network as its canonical architecture text. */
#include "nn/initialise.h"
#include "nn/layer.h"

static bool same(const gan__initialiser *x, const gan__initialiser *y) {
  return x->kind == y->kind && x->a == y->a && x->b == y->b;
}

/* "bias" and a number alone is the constant. */
static void print_initialiser(const char *word, const gan__initialiser *initialiser, bool bias,
                              gan__text *text) {
  const gan__initialiser_row *row = &gan__initialiser_rows[initialiser->kind];
  gan__text_add(text, "%s", word);
  if (!bias || initialiser->kind != GAN_INIT_CONSTANT) gan__text_add(text, " %s", row->name);
  for (int32_t i = 0; i < row->numbers; i++) {
    gan__text_add(text, " ");
    gan__text_add_double(text, i ? initialiser->b : initialiser->a);
  }
  gan__text_add(text, "; ");
}

static void print_layer(const gan__layer *layer, gan__text *text) {
  const gan__layer_row *row = &gan__layer_rows[layer->kind];
  gan__text_add(text, "%s", row->name);
  if (row->print) row->print(layer, text);
}

/* Statements say what changes: an initialiser stands before the first layer that needs it. */
void gan__network_print(const gan_network *network, gan__text *text) {
  gan__initialiser weight = {.kind = GAN_INIT_XAVIER}, bias = {.kind = GAN_INIT_CONSTANT};
  if (network->dtype != GAN_F32) gan__text_add(text, "%s; ", gan__dtype_name(network->dtype));
  for (uint64_t i = 0; i < network->layer_count; i++) {
    const gan__layer *layer = &network->layers[i];
    const gan__layer *next = i + 1 < network->layer_count ? layer + 1 : NULL;
    if (i) gan__text_add(text, "; ");
    if (layer->parameter_count && !same(&weight, &layer->weight))
      print_initialiser("init", &layer->weight, false, text);
    if (layer->parameter_count && !same(&bias, &layer->bias))
      print_initialiser("bias", &layer->bias, true, text);
    if (layer->parameter_count) {
      weight = layer->weight;
      bias = layer->bias;
    }
    print_layer(layer, text);
    if (layer->kind == GAN__LAYER_DENSE && next && gan__layer_rows[next->kind].activation
        && !next->named) {
      gan__text_add(text, " ");
      print_layer(next, text);
      i++;
    }
    if (layer->named) gan__text_add(text, " name=%s", layer->name);
  }
}
