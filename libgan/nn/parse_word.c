/* SPDX-License-Identifier: MIT */
/* Job: the words of the architecture text: tokens, numbers, errors with line and column. */
#include <string.h>

#include "nn/parser.h"

enum { SHOWN_MAX = 40 /* bytes of a word in a message */ };

/* Columns count bytes: what is not ASCII stands in comments only, or is the word that is refused.
 */
static void advance(gan__parser *self) {
  bool line_ends = *self->at++ == '\n';
  self->line += line_ends;
  self->column = line_ends ? 1 : self->column + 1;
}

static bool ends_word(char byte) {
  return !byte || strchr(" \t\r\n;#", byte) != NULL;
}

/* Moves to the next word, separator, or the end. */
void gan__parser_next(gan__parser *self) {
  while (*self->at == ' ' || *self->at == '\t' || *self->at == '\r')
    advance(self);
  if (*self->at == '#')
    while (*self->at && *self->at != '\n')
      advance(self);
  gan__token *found = &self->token;
  found->start = self->at;
  found->line = self->line;
  found->column = self->column;
  found->kind = !*self->at             ? GAN__TOKEN_END
                : ends_word(*self->at) ? GAN__TOKEN_SEPARATOR
                                       : GAN__TOKEN_WORD;
  if (found->kind == GAN__TOKEN_SEPARATOR) advance(self);
  if (found->kind == GAN__TOKEN_WORD)
    while (!ends_word(*self->at))
      advance(self);
  found->length = self->at - found->start;
}

bool gan__parser_is(const gan__parser *self, const char *word) {
  return self->token.kind == GAN__TOKEN_WORD && self->token.length == (int64_t)strlen(word)
         && !memcmp(self->token.start, word, (size_t)self->token.length);
}

/* ---- Errors. ---- */

/* "line 1, column 12: found "dens"; expected input or latent". */
gan_status gan__parser_expected(gan__parser *self, const char *expected) {
  const gan__token *word = &self->token;
  char shown[SHOWN_MAX + 8] = "the end";
  if (word->kind == GAN__TOKEN_SEPARATOR)
    strcpy(shown, *word->start == ';' ? "\";\"" : "the end of the line");
  if (word->kind == GAN__TOKEN_WORD) {
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
gan_status gan__parser_refused(gan__parser *self) {
  return gan__fail(self->context, self->network->status, "line %d, column %d: %s",
                   self->statement.line, self->statement.column, self->network->message);
}

/* ---- Numbers: one word each. ---- */

/* True when the word is a number; anything else is left for the caller. */
bool gan__parser_number_at(const gan__parser *self, double *value) {
  if (self->token.kind != GAN__TOKEN_WORD) return false;
  return gan__parse_double(self->token.start, value) == self->at;
}

gan_status gan__parser_number(gan__parser *self, const char *expected, double *value) {
  if (!gan__parser_number_at(self, value)) return gan__parser_expected(self, expected);
  gan__parser_next(self);
  return GAN_OK;
}

gan_status gan__parser_size(gan__parser *self, const char *expected, int64_t *value) {
  if (self->token.kind != GAN__TOKEN_WORD
      || gan__parse_integer(self->token.start, value) != self->at)
    return gan__parser_expected(self, expected);
  gan__parser_next(self);
  return GAN_OK;
}
