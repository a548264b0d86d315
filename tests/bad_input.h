/* SPDX-License-Identifier: MIT */
/* The table type of the tests of bad input, and what every row of such a table must fulfil. */
#ifndef GAN__TESTS_BAD_INPUT_H
#define GAN__TESTS_BAD_INPUT_H

#include "world.h"

enum { BAD_MENTIONS = 4 };

/* One bad call. */
typedef struct bad_case {
  const char *name;
  gan_status (*call)(world *w);
  gan_status expected;
  const char *mentions[BAD_MENTIONS]; /* texts that the message must have: the thing, its value */
} bad_case;

/* Makes each call in a living world and checks that
 * - the status is the one expected and the message of the world's context has all that it must;
 * - the handle to be made was not touched, and no other state of this world or of the world beside
 *   it has changed, to the last bit;
 * - afterwards everything works, with the same bits as in a third world that met no bad call;
 * - not a block more is alive than before, and none once the world is closed.
 * Prints what does not hold and returns the number of bad rows. */
int32_t bad_input_check(const bad_case *cases, int32_t count);

/* Tables are files of rows BAD(status, (texts), call), where the call may use the world as `w`;
 * they are included twice: for a function of each row, named after its line, and for the table. */
#define BAD_JOIN(a, b) a##b
#define BAD_NAME(line) BAD_JOIN(bad_call_, line)
#define BAD_TEXTS(...) __VA_ARGS__
#define BAD_FUNCTION(expected, texts, ...)                                                         \
  static gan_status BAD_NAME(__LINE__)(world * w) {                                                \
    (void)w;                                                                                       \
    return __VA_ARGS__;                                                                            \
  }
#define BAD_ROW(expected, texts, ...)                                                              \
  {#__VA_ARGS__, BAD_NAME(__LINE__), expected, {BAD_TEXTS texts}},

#define BAD_COUNT(cases) ((int32_t)(sizeof(cases) / sizeof *(cases)))

#endif
