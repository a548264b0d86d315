/* SPDX-License-Identifier: MIT */
/* Job: what the parts of the architecture text's parser share: the words and their errors. */
#ifndef GAN__NN_PARSER_H
#define GAN__NN_PARSER_H

#include "nn/layer.h"

typedef enum gan__token_kind {
  GAN__TOKEN_WORD,
  GAN__TOKEN_SEPARATOR,
  GAN__TOKEN_END
} gan__token_kind;

/* The word or separator at hand. */
typedef struct gan__token {
  gan__token_kind kind;
  const char *start;
  int64_t length;
  int32_t line, column; /* from 1 */
} gan__token;

typedef struct gan__parser {
  gan_context *context;
  gan_network *network;
  const char *at;
  int32_t line, column; /* of `at` */
  gan__token token;
  gan__token statement; /* the first word of the statement at hand */
  int32_t value;        /* the last layer's, -1 before the first */
} gan__parser;

/* ---- parse_word.c ---- */

/* Moves to the next word, separator, or the end. */
void gan__parser_next(gan__parser *self);
static inline bool gan__parser_at_word(const gan__parser *self) {
  return self->token.kind == GAN__TOKEN_WORD;
}
bool gan__parser_is(const gan__parser *self, const char *word);
/* "line 1, column 12: found "dens"; expected input or latent". */
gan_status gan__parser_expected(gan__parser *self, const char *expected);
/* The network refused a layer or setting: its message, behind the place of the statement. */
gan_status gan__parser_refused(gan__parser *self);
/* True when the word is a number; it stays at hand. */
bool gan__parser_number_at(const gan__parser *self, double *value);
gan_status gan__parser_number(gan__parser *self, const char *expected, double *value);
gan_status gan__parser_size(gan__parser *self, const char *expected, int64_t *value);

/* ---- parse_layer.c: statements, each begun behind its first word. ---- */

gan_status gan__parse_input(gan__parser *self, int32_t kind);
gan_status gan__parse_latent(gan__parser *self, int32_t kind);
/* Any other layer, by the fields of its row. */
gan_status gan__parse_layer(gan__parser *self, int32_t kind);

#endif
