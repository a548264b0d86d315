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

/* Every setting in full, usual or not; options that are set. */
static void print_field(const gan__layer *layer, const gan__field *field, gan__text *text) {
  const void *member = (const char *)layer + field->place;
  if (field->kind == GAN__FIELD_OPTION) {
    if (layer->options & (int32_t)field->place) gan__text_add(text, " %s", field->word);
    return;
  }
  gan__text_add(text, " ");
  if (field->word) gan__text_add(text, "%s=", field->word);
  if (field->kind == GAN__FIELD_SIZE)
    gan__text_add(text, "%lld", (long long)*(const int64_t *)member);
  else
    gan__text_add_double(text, *(const double *)member);
}

static void print_layer(const gan_network *network, const gan__layer *layer, gan__text *text) {
  const gan__layer_row *row = &gan__layer_rows[layer->kind];
  gan__text_add(text, "%s", row->name);
  if (row->print) row->print(network, layer, text);
  for (int32_t i = 0; i < GAN__FIELDS_MAX && row->fields[i].kind; i++)
    print_field(layer, &row->fields[i], text);
}

/* The rows of the reference batch before the layer that holds it, unless usual. */
static void print_reference(const gan_network *network, int32_t layer, gan__text *text) {
  if (network->reference < 0 || network->parameters[network->reference].layer != layer) return;
  int64_t rows = network->parameters[network->reference].shape.dims[0];
  if (rows != GAN__REFERENCE_ROWS) gan__text_add(text, "reference %lld; ", (long long)rows);
}

/* Statements say what changes: an initialiser stands before the first layer that needs it. */
void gan__network_print(const gan_network *network, gan__text *text) {
  gan__initialiser weight = {.kind = GAN_INIT_XAVIER}, bias = {.kind = GAN_INIT_CONSTANT};
  bool weight_norm = false;
  if (network->dtype != GAN_F32) gan__text_add(text, "%s; ", gan__dtype_name(network->dtype));
  for (uint64_t i = 0; i < network->layer_count; i++) {
    const gan__layer *layer = &network->layers[i];
    bool weighted = gan__layer_rows[layer->kind].weighted;
    const gan__layer *next = i + 1 < network->layer_count ? layer + 1 : NULL;
    if (i) gan__text_add(text, "; ");
    if (weighted && !same(&weight, &layer->weight))
      print_initialiser("init", &layer->weight, false, text);
    if (weighted && !same(&bias, &layer->bias)) print_initialiser("bias", &layer->bias, true, text);
    if (weighted) {
      weight = layer->weight;
      bias = layer->bias;
    }
    if (gan__layer_rows[layer->kind].norms_weight && weight_norm != layer->weight_norm) {
      weight_norm = layer->weight_norm;
      gan__text_add(text, "weight_norm %s; ", weight_norm ? "on" : "off");
    }
    print_reference(network, (int32_t)i, text);
    print_layer(network, layer, text);
    if (layer->kind == GAN__LAYER_DENSE && next && gan__layer_rows[next->kind].activation
        && !next->named) {
      gan__text_add(text, " ");
      print_layer(network, next, text);
      i++;
    }
    if (layer->named) gan__text_add(text, " name=%s", layer->name);
  }
}
