/* SPDX-License-Identifier: MIT */
/* Job: the architecture text to a network: words, statements, errors with line and column. The
 * grammar is in doc/architecture-text.md. One pass, no recursion; work and memory are bounded by
 * the text's length. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "nn/initialise.h"
#include "nn/layer.h"

enum {
  TEXT_MAX = 1 << 20,
  SHOWN_MAX = 40, /* bytes of a word in a message */
};

typedef enum token_kind { TOKEN_WORD, TOKEN_SEPARATOR, TOKEN_END } token_kind;

/* The word or separator at hand. */
typedef struct token {
  token_kind kind;
  const char *start;
  int64_t length;
  int32_t line, column; /* from 1 */
} token;

typedef struct parser {
  gan_context *context;
  gan_network *network;
  const char *at;
  int32_t line, column; /* of `at` */
  token token;
  token statement; /* the first word of the statement at hand */
  int32_t value;   /* the last layer's, -1 before the first */
} parser;

/* ---- Words. ---- */

/* Columns count bytes: what is not ASCII stands in comments only, or is the word that is refused.
 */
static void advance(parser *self) {
  bool line_ends = *self->at++ == '\n';
  self->line += line_ends;
  self->column = line_ends ? 1 : self->column + 1;
}

static bool ends_word(char byte) {
  return !byte || strchr(" \t\r\n;#", byte) != NULL;
}

/* Moves to the next word, separator, or the end. */
static void next_token(parser *self) {
  while (*self->at == ' ' || *self->at == '\t' || *self->at == '\r')
    advance(self);
  if (*self->at == '#')
    while (*self->at && *self->at != '\n')
      advance(self);
  token *found = &self->token;
  found->start = self->at;
  found->line = self->line;
  found->column = self->column;
  found->kind = !*self->at ? TOKEN_END : ends_word(*self->at) ? TOKEN_SEPARATOR : TOKEN_WORD;
  if (found->kind == TOKEN_SEPARATOR) advance(self);
  if (found->kind == TOKEN_WORD)
    while (!ends_word(*self->at))
      advance(self);
  found->length = self->at - found->start;
}

static bool is_word(const parser *self, const char *word) {
  return self->token.kind == TOKEN_WORD && self->token.length == (int64_t)strlen(word)
         && !memcmp(self->token.start, word, (size_t)self->token.length);
}

/* ---- Errors. ---- */

/* "line 1, column 12: found "dens"; expected input or latent". */
static gan_status fail_expected(parser *self, const char *expected) {
  const token *word = &self->token;
  char shown[SHOWN_MAX + 8] = "the end";
  if (word->kind == TOKEN_SEPARATOR)
    strcpy(shown, *word->start == ';' ? "\";\"" : "the end of the line");
  if (word->kind == TOKEN_WORD) {
    int64_t length = word->length < SHOWN_MAX ? word->length : SHOWN_MAX;
    shown[0] = '"';
    for (int64_t i = 0; i < length; i++)
      shown[i + 1] = word->start[i] >= 32 && word->start[i] < 127 ? word->start[i] : '?';
    strcpy(shown + length + 1, word->length > SHOWN_MAX ? "...\"" : "\"");
  }
  return gan__fail(self->context, GAN_ERROR_PARSE, "line %d, column %d: found %s; expected %s",
                   word->line, word->column, shown, expected);
}

/* The network refused a layer: its message, behind the place of the statement. */
static gan_status fail_layer(parser *self) {
  return gan__fail(self->context, self->network->status, "line %d, column %d: %s",
                   self->statement.line, self->statement.column, self->network->message);
}

/* ---- Numbers and names: one word each. ---- */

/* True when the word is a number; anything else is left for the caller. */
static bool peek_number(const parser *self, double *value) {
  if (self->token.kind != TOKEN_WORD) return false;
  return gan__parse_double(self->token.start, value) == self->at;
}

static gan_status parse_number(parser *self, const char *expected, double *value) {
  if (!peek_number(self, value)) return fail_expected(self, expected);
  next_token(self);
  return GAN_OK;
}

static gan_status parse_size(parser *self, const char *expected, int64_t *value) {
  if (self->token.kind != TOKEN_WORD || gan__parse_integer(self->token.start, value) != self->at)
    return fail_expected(self, expected);
  next_token(self);
  return GAN_OK;
}

/* name=word, the last word of a statement, if it is there. */
static gan_status parse_name(parser *self, gan__layer *layer) {
  enum { PREFIX = 5 };
  const token *word = &self->token;
  if (word->kind != TOKEN_WORD || word->length < PREFIX
      || memcmp(word->start, "name=", PREFIX) != 0)
    return GAN_OK;
  if (word->length == PREFIX) return fail_expected(self, "a name behind name=, such as name=first");
  if (gan__network_name(self->network, layer, word->start + PREFIX,
                        (uint64_t)(word->length - PREFIX))
      != GAN_OK)
    return fail_layer(self);
  next_token(self);
  return GAN_OK;
}

static gan_status append(parser *self, gan__layer *layer) {
  layer->inputs[0] = self->value;
  int32_t value = gan__network_append(self->network, layer);
  if (value < 0) return fail_layer(self);
  self->value = value;
  return GAN_OK;
}

/* ---- Statements; each begins behind its first word. ---- */

static gan_status parse_dtype(parser *self, int32_t kind) {
  self->network->dtype = kind;
  return GAN_OK;
}

/* A kind and its numbers; for `bias` a number alone is the constant. */
static gan_status parse_initialiser(parser *self, int32_t bias) {
  gan__initialiser initialiser = {.kind = 0};
  if (bias && peek_number(self, &initialiser.a)) {
    initialiser.kind = GAN_INIT_CONSTANT;
    next_token(self);
  }
  for (int32_t kind = 1; kind < GAN__INITIALISERS && !initialiser.kind; kind++) {
    const gan__initialiser_row *row = &gan__initialiser_rows[kind];
    if (!is_word(self, row->name) || (bias && !row->bias)) continue;
    next_token(self);
    initialiser.kind = kind;
    double *numbers[2] = {&initialiser.a, &initialiser.b};
    for (int32_t i = 0; i < row->numbers; i++) {
      if (i == 0 && !isnan(row->a) && self->token.kind != TOKEN_WORD)
        initialiser.a = row->a;
      else
        GAN_TRY(parse_number(self, "a number of the initialiser", numbers[i]));
    }
  }
  if (!initialiser.kind)
    return fail_expected(self, bias ? "a number, uniform, normal or constant"
                                    : "uniform, normal, xavier, he, orthogonal or constant");
  if (gan__network_initialiser(self->network, bias, initialiser) != GAN_OK) return fail_layer(self);
  return GAN_OK;
}

/* 28x28x1 in one word. */
static gan_status parse_input(parser *self, int32_t kind) {
  static const char expected[] = "the shape of a row of 1 to 5 sizes, such as 784 or 28x28x1";
  gan__layer layer = {.kind = kind};
  if (self->token.kind != TOKEN_WORD) return fail_expected(self, expected);
  const char *at = self->token.start;
  while (layer.shape.rank < GAN__RANK_MAX - 1) {
    at = gan__parse_integer(at, &layer.shape.dims[layer.shape.rank]);
    if (!at) return fail_expected(self, expected);
    layer.shape.rank++;
    if (*at != 'x') break;
    at++;
  }
  if (at != self->at) return fail_expected(self, expected);
  next_token(self);
  return append(self, &layer);
}

static gan_status parse_latent(parser *self, int32_t kind) {
  gan__layer layer = {.kind = kind, .choice = GAN_LATENT_NORMAL, .a = -1, .b = 1};
  GAN_TRY(parse_size(self, "the number of latents, such as 100", &layer.size));
  if (is_word(self, "normal")) {
    next_token(self);
  } else if (is_word(self, "uniform")) {
    next_token(self);
    layer.choice = GAN_LATENT_UNIFORM;
    if (self->token.kind == TOKEN_WORD) {
      GAN_TRY(parse_number(self, "the lower end, a number", &layer.a));
      GAN_TRY(parse_number(self, "the upper end, a number", &layer.b));
    }
  } else if (self->token.kind == TOKEN_WORD) {
    return fail_expected(self, "normal or uniform, or the end of the statement");
  }
  return append(self, &layer);
}

static gan_status parse_scale(parser *self, int32_t kind) {
  gan__layer layer = {.kind = kind};
  GAN_TRY(parse_number(self, "the factor, a number", &layer.a));
  GAN_TRY(parse_name(self, &layer));
  return append(self, &layer);
}

/* What stands behind an activation's name. */
static void parse_slope(parser *self, gan__layer *layer) {
  if (layer->kind != GAN__LAYER_LEAKY_RELU) return;
  if (peek_number(self, &layer->a))
    next_token(self);
  else
    layer->a = GAN__LEAKY_SLOPE;
}

static gan_status parse_activation(parser *self, int32_t kind) {
  gan__layer layer = {.kind = kind};
  parse_slope(self, &layer);
  GAN_TRY(parse_name(self, &layer));
  return append(self, &layer);
}

/* dense UNITS [activation [slope]] [name=word]: one or two layers; the name is the dense one's. */
static gan_status parse_dense(parser *self, int32_t kind) {
  gan__layer layer = {.kind = kind}, activation = {.kind = -1};
  GAN_TRY(parse_size(self, "the number of units, such as 128", &layer.size));
  if (self->token.kind == TOKEN_WORD)
    activation.kind = gan__layer_kind(self->token.start, self->token.length);
  if (activation.kind >= 0 && gan__layer_rows[activation.kind].activation) {
    next_token(self);
    parse_slope(self, &activation);
  } else {
    activation.kind = -1;
  }
  GAN_TRY(parse_name(self, &layer));
  if (activation.kind < 0 && !*layer.name && self->token.kind == TOKEN_WORD)
    return fail_expected(self,
                         "tanh, sigmoid, relu, leaky_relu, softplus, name=..., or the end of "
                         "the statement");
  GAN_TRY(append(self, &layer));
  return activation.kind < 0 ? GAN_OK : append(self, &activation);
}

/* ---- The list of statements. ---- */

/* Where a statement may stand. */
typedef enum stand { STAND_FIRST, STAND_ANYWHERE, STAND_SOURCE, STAND_LAYER } stand;

static const struct {
  const char *word;
  stand stand;
  gan_status (*parse)(parser *self, int32_t kind);
  int32_t kind; /* what `parse` is told */
} statements[] = {
    {"f32", STAND_FIRST, parse_dtype, GAN_F32},
    {"f64", STAND_FIRST, parse_dtype, GAN_F64},
    {"init", STAND_ANYWHERE, parse_initialiser, false},
    {"bias", STAND_ANYWHERE, parse_initialiser, true},
    {"input", STAND_SOURCE, parse_input, GAN__LAYER_INPUT},
    {"latent", STAND_SOURCE, parse_latent, GAN__LAYER_LATENT},
    {"scale", STAND_LAYER, parse_scale, GAN__LAYER_SCALE},
    {"dense", STAND_LAYER, parse_dense, GAN__LAYER_DENSE},
    {"tanh", STAND_LAYER, parse_activation, GAN__LAYER_TANH},
    {"sigmoid", STAND_LAYER, parse_activation, GAN__LAYER_SIGMOID},
    {"relu", STAND_LAYER, parse_activation, GAN__LAYER_RELU},
    {"leaky_relu", STAND_LAYER, parse_activation, GAN__LAYER_LEAKY_RELU},
    {"softplus", STAND_LAYER, parse_activation, GAN__LAYER_SOFTPLUS},
};
enum { STATEMENTS = sizeof statements / sizeof *statements };

static bool allowed(const parser *self, int32_t statement, bool first) {
  stand where = statements[statement].stand;
  return where == STAND_ANYWHERE || (where == STAND_FIRST && first)
         || (where == STAND_SOURCE && self->value < 0)
         || (where == STAND_LAYER && self->value >= 0);
}

/* "input, latent, init or bias": the words that may stand here. */
static gan_status fail_statement(parser *self, bool first) {
  char expected[256] = "";
  int32_t last = -1;
  for (int32_t i = 0; i < STATEMENTS; i++)
    if (allowed(self, i, first)) last = i;
  for (int32_t i = 0; i < STATEMENTS; i++) {
    if (!allowed(self, i, first)) continue;
    if (*expected) strcat(expected, i == last ? " or " : ", ");
    strcat(expected, statements[i].word);
  }
  return fail_expected(self, expected);
}

static gan_status parse_statement(parser *self, bool first) {
  int32_t found = -1;
  for (int32_t i = 0; i < STATEMENTS && found < 0; i++)
    if (is_word(self, statements[i].word) && allowed(self, i, first)) found = i;
  if (found < 0) return fail_statement(self, first);
  self->statement = self->token;
  next_token(self);
  GAN_TRY(statements[found].parse(self, statements[found].kind));
  if (self->token.kind == TOKEN_WORD)
    return fail_expected(self, "the end of the statement, \";\" or a new line");
  return GAN_OK;
}

static gan_status parse_text(parser *self) {
  bool first = true;
  next_token(self);
  while (self->token.kind != TOKEN_END) {
    if (self->token.kind == TOKEN_WORD) {
      GAN_TRY(parse_statement(self, first));
      first = false;
    } else {
      next_token(self);
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
  parser self = {.context = context, .at = text, .line = 1, .column = 1, .value = -1};
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
