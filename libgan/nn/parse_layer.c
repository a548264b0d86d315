/* SPDX-License-Identifier: MIT */
/* Job: statements of the architecture text that add layers: sources, and all others by the fields
 * of their rows. */
#include <math.h>
#include <string.h>

#include "nn/parser.h"

/* name=word, the last word of a statement, if it is there. */
static gan_status parse_name(gan__parser *self, gan__layer *layer) {
  enum { PREFIX = 5 };
  const gan__token *word = &self->token;
  if (word->kind != GAN__TOKEN_WORD || word->length < PREFIX
      || memcmp(word->start, "name=", PREFIX) != 0)
    return GAN_OK;
  if (word->length == PREFIX)
    return gan__parser_expected(self, "a name behind name=, such as name=first");
  if (gan__network_name(self->network, layer, word->start + PREFIX,
                        (uint64_t)(word->length - PREFIX))
      != GAN_OK)
    return gan__parser_refused(self);
  gan__parser_next(self);
  return GAN_OK;
}

static gan_status append(gan__parser *self, gan__layer *layer) {
  layer->inputs[0] = self->value;
  int32_t value = gan__network_append(self->network, layer);
  if (value < 0) return gan__parser_refused(self);
  self->value = value;
  return GAN_OK;
}

/* 28x28x1 in one word. */
gan_status gan__parse_input(gan__parser *self, int32_t kind) {
  static const char expected[] = "the shape of a row of 1 to 5 sizes, such as 784 or 28x28x1";
  gan__layer layer = {.kind = kind};
  if (self->token.kind != GAN__TOKEN_WORD) return gan__parser_expected(self, expected);
  const char *at = self->token.start;
  while (layer.shape.rank < GAN__RANK_MAX - 1) {
    at = gan__parse_integer(at, &layer.shape.dims[layer.shape.rank]);
    if (!at) return gan__parser_expected(self, expected);
    layer.shape.rank++;
    if (*at != 'x') break;
    at++;
  }
  if (at != self->at) return gan__parser_expected(self, expected);
  gan__parser_next(self);
  return append(self, &layer);
}

/* SIZE [normal | uniform [LOW HIGH] | categorical]. */
static gan_status parse_part(gan__parser *self, gan__latent *part) {
  *part = (gan__latent){.kind = GAN_LATENT_NORMAL, .low = -1, .high = 1};
  GAN_TRY(gan__parser_size(self, "the number of latents, such as 100", &part->size));
  if (gan__parser_is(self, "normal")) {
    gan__parser_next(self);
  } else if (gan__parser_is(self, "categorical")) {
    gan__parser_next(self);
    part->kind = GAN_LATENT_CATEGORICAL;
  } else if (gan__parser_is(self, "uniform")) {
    gan__parser_next(self);
    part->kind = GAN_LATENT_UNIFORM;
    if (gan__parser_at_word(self) && !gan__parser_is(self, "+")) {
      GAN_TRY(gan__parser_number(self, "the lower end, a number", &part->low));
      GAN_TRY(gan__parser_number(self, "the upper end, a number", &part->high));
    }
  } else if (gan__parser_at_word(self) && !gan__parser_is(self, "+")) {
    return gan__parser_expected(self,
                                "normal, uniform, categorical, + or the end of the statement");
  }
  return GAN_OK;
}

/* Parts with a + between them. */
gan_status gan__parse_latent(gan__parser *self, int32_t kind) {
  gan__latent part;
  GAN_TRY(parse_part(self, &part));
  gan__layer layer = {
      .kind = kind, .size = part.size, .choice = part.kind, .a = part.low, .b = part.high};
  GAN_TRY(append(self, &layer));
  while (gan__parser_is(self, "+")) {
    gan__parser_next(self);
    GAN_TRY(parse_part(self, &part));
    if (gan__network_add_latent(self->network, part) < 0) return gan__parser_refused(self);
  }
  return GAN_OK;
}

/* ---- Layers by their fields. ---- */

static void *member(gan__layer *layer, const gan__field *field) {
  return (char *)layer + field->place;
}

static void preset(gan__layer *layer) {
  const gan__field *fields = gan__layer_rows[layer->kind].fields;
  for (int32_t i = 0; i < GAN__FIELDS_MAX; i++)
    if (fields[i].kind == GAN__FIELD_NUMBER && !isnan(fields[i].usual))
      *(double *)member(layer, &fields[i]) = fields[i].usual;
}

/* What stands by its place. A number with a usual value may be left out. */
static gan_status parse_places(gan__parser *self, gan__layer *layer) {
  const gan__field *fields = gan__layer_rows[layer->kind].fields;
  for (int32_t i = 0; i < GAN__FIELDS_MAX && fields[i].kind && !fields[i].word; i++) {
    double number;
    if (fields[i].kind == GAN__FIELD_SIZE)
      GAN_TRY(gan__parser_size(self, fields[i].what, member(layer, &fields[i])));
    else if (isnan(fields[i].usual) || gan__parser_number_at(self, &number))
      GAN_TRY(gan__parser_number(self, fields[i].what, member(layer, &fields[i])));
  }
  return GAN_OK;
}

/* One "word=VALUE" or option; *found tells whether the word is one of the layer's. */
static gan_status parse_word(gan__parser *self, gan__layer *layer, bool *found) {
  const gan__field *fields = gan__layer_rows[layer->kind].fields;
  const gan__token *word = &self->token;
  *found = false;
  for (int32_t i = 0; i < GAN__FIELDS_MAX && !*found; i++) {
    if (!fields[i].word || !gan__parser_at_word(self)) continue;
    int64_t length = (int64_t)strlen(fields[i].word);
    if (fields[i].kind == GAN__FIELD_OPTION && gan__parser_is(self, fields[i].word)) {
      layer->options |= (int32_t)fields[i].place;
      *found = true;
    } else if (fields[i].kind == GAN__FIELD_NUMBER && word->length > length
               && !memcmp(word->start, fields[i].word, (size_t)length)
               && word->start[length] == '=') {
      const char *end = gan__parse_double(word->start + length + 1, member(layer, &fields[i]));
      if (end != self->at) return gan__parser_expected(self, fields[i].what);
      *found = true;
    }
  }
  if (*found) gan__parser_next(self);
  return GAN_OK;
}

/* The words that could stand behind the places, in a message. */
static gan_status fail_word(gan__parser *self, const gan__layer *layer) {
  const gan__layer_row *row = &gan__layer_rows[layer->kind];
  char expected[256] = "";
  for (int32_t i = 0; i < GAN__FIELDS_MAX; i++) {
    if (!row->fields[i].word) continue;
    strcat(expected, row->fields[i].word);
    strcat(expected, row->fields[i].kind == GAN__FIELD_OPTION ? ", " : "=..., ");
  }
  for (int32_t kind = 0; kind < GAN__LAYER_KINDS && layer->kind == GAN__LAYER_DENSE; kind++) {
    if (!gan__layer_rows[kind].activation) continue;
    strcat(expected, gan__layer_rows[kind].name);
    strcat(expected, ", ");
  }
  if (!*expected) return GAN_OK; /* the statement says what ends it */
  strcat(expected, "name=..., or the end of the statement");
  return gan__parser_expected(self, expected);
}

/* The activation of a dense layer's statement; its kind is -1 when there is none. */
static gan_status parse_behind(gan__parser *self, gan__layer *activation) {
  activation->kind = -1;
  if (!gan__parser_at_word(self)) return GAN_OK;
  int32_t kind = gan__layer_kind(self->token.start, self->token.length);
  if (kind < 0 || !gan__layer_rows[kind].activation) return GAN_OK;
  gan__parser_next(self);
  activation->kind = kind;
  preset(activation);
  return parse_places(self, activation);
}

/* LAYER places words [activation, behind dense] [name=word]; the name is the first layer's. */
gan_status gan__parse_layer(gan__parser *self, int32_t kind) {
  gan__layer layer = {.kind = kind}, activation = {.kind = -1};
  preset(&layer);
  GAN_TRY(parse_places(self, &layer));
  bool found = true;
  while (found)
    GAN_TRY(parse_word(self, &layer, &found));
  if (kind == GAN__LAYER_DENSE) GAN_TRY(parse_behind(self, &activation));
  GAN_TRY(parse_name(self, &layer));
  if (activation.kind < 0 && !*layer.name && gan__parser_at_word(self))
    GAN_TRY(fail_word(self, &layer));
  if (gan__parser_at_word(self))
    return gan__parser_expected(self, "the end of the statement, \";\" or a new line");
  GAN_TRY(append(self, &layer));
  return activation.kind < 0 ? GAN_OK : append(self, &activation);
}
