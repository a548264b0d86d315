/* SPDX-License-Identifier: MIT */
/* Architecture texts that do not parse, or ask for what is not allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bad_input.h"

/* A generator's text fails in the same way as a network's. */
static gan_status text(world *w, const char *bad) {
  char message[1024];
  gan_status status = gan_generator_parse(w->context, bad, &w->out.generator);
  snprintf(message, sizeof message, "%s", gan_context_message(w->context));
  assert_int_equal(gan_network_parse(w->context, bad, &w->out.network), status);
  assert_string_equal(gan_context_message(w->context), message);
  return status;
}

static gan_status repeated(world *w, char letter, uint64_t count) {
  char *bad = test_malloc(count + 1);
  memset(bad, letter, count);
  bad[count] = '\0';
  gan_status status = text(w, bad);
  test_free(bad);
  return status;
}

/* One more than there may be, one a line. */
static gan_status endless_layers(world *w) {
  enum { LINES = 4096, LENGTH = 5 };
  char *bad = test_malloc(8 + LINES * LENGTH + 1), *end = bad;
  end += sprintf(end, "input 2;");
  for (int32_t i = 0; i < LINES; i++)
    end += sprintf(end, "tanh\n");
  gan_status status = text(w, bad);
  test_free(bad);
  return status;
}

#define BAD BAD_FUNCTION
#include "bad_input_text.def"

static const bad_case cases[] = {
#define BAD BAD_ROW
#include "bad_input_text.def"
};

static void bad_texts_are_refused(void **state) {
  (void)state;
  assert_int_equal(bad_input_check(cases, BAD_COUNT(cases)), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(bad_texts_are_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
