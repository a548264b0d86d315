/* SPDX-License-Identifier: MIT */
/* Job: the architecture text to a network: the list of statements and the settings among them. The
 * grammar is in doc/architecture-text.md. One pass, no recursion; work and memory are bounded by
 * the text's length. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "nn/initialise.h"
#include "nn/parser.h"

enum { TEXT_MAX = 1 << 20 };

/* ---- Settings; each begins behind its first word. ---- */

static gan_status parse_dtype(gan__parser *self, int32_t kind) {
  self->network->dtype = kind;
  return GAN_OK;
}

/* A kind and its numbers; for `bias` a number alone is the constant. */
static gan_status parse_initialiser(gan__parser *self, int32_t bias) {
  gan__initialiser initialiser = {.kind = 0};
  if (bias && gan__parser_number_at(self, &initialiser.a)) {
    initialiser.kind = GAN_INIT_CONSTANT;
    gan__parser_next(self);
  }
  for (int32_t kind = 1; kind < GAN__INITIALISERS && !initialiser.kind; kind++) {
    const gan__initialiser_row *row = &gan__initialiser_rows[kind];
    if (!gan__parser_is(self, row->name) || (bias && !row->bias)) continue;
    gan__parser_next(self);
    initialiser.kind = kind;
    double *numbers[2] = {&initialiser.a, &initialiser.b};
    for (int32_t i = 0; i < row->numbers; i++) {
      if (i == 0 && !isnan(row->a) && self->token.kind != GAN__TOKEN_WORD)
        initialiser.a = row->a;
      else
        GAN_TRY(gan__parser_number(self, "a number of the initialiser", numbers[i]));
    }
  }
  if (!initialiser.kind)
    return gan__parser_expected(self, bias ? "a number, uniform, normal or constant"
                                           : "uniform, normal, xavier, he, orthogonal or constant");
  if (gan__network_initialiser(self->network, bias, initialiser) != GAN_OK)
    return gan__parser_refused(self);
  return GAN_OK;
}

static gan_status parse_weight_norm(gan__parser *self, int32_t kind) {
  (void)kind;
  bool on = gan__parser_is(self, "on");
  if (!on && !gan__parser_is(self, "off")) return gan__parser_expected(self, "on or off");
  gan__parser_next(self);
  return gan__network_weight_norm(self->network, on);
}

static gan_status parse_reference(gan__parser *self, int32_t kind) {
  (void)kind;
  int64_t rows;
  GAN_TRY(gan__parser_size(self, "the rows of the reference batch, such as 64", &rows));
  if (gan__network_reference_rows(self->network, rows) != GAN_OK) return gan__parser_refused(self);
  return GAN_OK;
}

/* ---- The list of statements. ---- */

/* Where a setting may stand. */
typedef enum stand { STAND_FIRST, STAND_ANYWHERE } stand;

static const struct {
  const char *word;
  stand stand;
  gan_status (*parse)(gan__parser *self, int32_t kind);
  int32_t kind; /* what `parse` is told */
} settings[] = {
    {"f32", STAND_FIRST, parse_dtype, GAN_F32},
    {"f64", STAND_FIRST, parse_dtype, GAN_F64},
    {"init", STAND_ANYWHERE, parse_initialiser, false},
    {"bias", STAND_ANYWHERE, parse_initialiser, true},
    {"weight_norm", STAND_ANYWHERE, parse_weight_norm, 0},
    {"reference", STAND_ANYWHERE, parse_reference, 0},
};
/* Statements are the settings, then the layers: statement SETTINGS + kind. */
enum { SETTINGS = sizeof settings / sizeof *settings, STATEMENTS = SETTINGS + GAN__LAYER_KINDS };

static const char *word_of(int32_t statement) {
  return statement < SETTINGS ? settings[statement].word
                              : gan__layer_rows[statement - SETTINGS].name;
}

static bool allowed(const gan__parser *self, int32_t statement, bool first) {
  if (statement >= SETTINGS)
    return (self->value < 0) == (gan__layer_rows[statement - SETTINGS].inputs == 0);
  return settings[statement].stand == STAND_ANYWHERE || first;
}

/* "input, latent, init or bias": the words that may stand here. */
static gan_status fail_statement(gan__parser *self, bool first) {
  char expected[512] = "";
  int32_t last = -1;
  for (int32_t i = 0; i < STATEMENTS; i++)
    if (allowed(self, i, first)) last = i;
  for (int32_t i = 0; i < STATEMENTS; i++) {
    if (!allowed(self, i, first)) continue;
    if (*expected) strcat(expected, i == last ? " or " : ", ");
    strcat(expected, word_of(i));
  }
  return gan__parser_expected(self, expected);
}

static gan_status parse_layer(gan__parser *self, int32_t kind) {
  if (kind == GAN__LAYER_INPUT) return gan__parse_input(self, kind);
  if (kind == GAN__LAYER_LATENT) return gan__parse_latent(self, kind);
  return gan__parse_layer(self, kind);
}

static gan_status parse_statement(gan__parser *self, bool first) {
  int32_t found = -1;
  for (int32_t i = 0; i < STATEMENTS && found < 0; i++)
    if (gan__parser_is(self, word_of(i)) && allowed(self, i, first)) found = i;
  if (found < 0) return fail_statement(self, first);
  self->statement = self->token;
  gan__parser_next(self);
  if (found < SETTINGS)
    GAN_TRY(settings[found].parse(self, settings[found].kind));
  else
    GAN_TRY(parse_layer(self, found - SETTINGS));
  if (self->token.kind == GAN__TOKEN_WORD)
    return gan__parser_expected(self, "the end of the statement, \";\" or a new line");
  return GAN_OK;
}

static gan_status parse_text(gan__parser *self) {
  bool first = true;
  gan__parser_next(self);
  while (self->token.kind != GAN__TOKEN_END) {
    if (self->token.kind == GAN__TOKEN_WORD) {
      GAN_TRY(parse_statement(self, first));
      first = false;
    } else {
      gan__parser_next(self);
    }
  }
  if (self->value < 0) return fail_statement(self, first);
  return gan__network_finish(self->network, self->value);
}

gan_status gan__network_parse(gan_context *context, const char *text, gan_network **network) {
  if (strnlen(text, TEXT_MAX + 1) > TEXT_MAX)
    return gan__fail(context, GAN_ERROR_LIMIT, "the architecture text has more than %d bytes",
                     TEXT_MAX);
  uint64_t objects = context->objects;
  gan__parser self = {.context = context, .at = text, .line = 1, .column = 1, .value = -1};
  GAN_TRY(gan__network_create(context, GAN_F32, &self.network));
  gan_status status = parse_text(&self);
  if (status != GAN_OK) {
    gan__network_unref(self.network);
    context->objects = objects; /* a bad text does not change what comes after it */
    return status;
  }
  *network = self.network;
  return GAN_OK;
}
