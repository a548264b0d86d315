/* SPDX-License-Identifier: MIT */
/* libgan/base/status.c and api_status.c, api_version.c: names, messages, the log sink, versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <gan/status.h>
#include <gan/version.h>

#include "base/context.h"

static gan_context *context;

static int set_up(void **state) {
  (void)state;
  return gan_context_create(&context);
}

static int tear_down(void **state) {
  (void)state;
  gan_context_destroy(context);
  return 0;
}

/* Written out, not expanded from status.def: numbers and names are pinned for ever. */
static void names_are_pinned(void **state) {
  (void)state;
  static const struct {
    gan_status status;
    const char *name;
  } rows[] = {
      {0, "GAN_OK"},
      {1, "GAN_ERROR_ARGUMENT"},
      {2, "GAN_ERROR_SHAPE"},
      {3, "GAN_ERROR_NAME"},
      {4, "GAN_ERROR_PARSE"},
      {5, "GAN_ERROR_STATE"},
      {6, "GAN_ERROR_MEMORY"},
      {7, "GAN_ERROR_LIMIT"},
      {8, "GAN_ERROR_FILE"},
      {9, "GAN_ERROR_FORMAT"},
      {10, "GAN_ERROR_NOT_FINITE"},
      {11, "GAN_ERROR_CANCELLED"},
      {12, "GAN_ERROR_CALLBACK"},
      {13, "GAN_ERROR_CONTEXT"},
      {14, "GAN_ERROR_UNSUPPORTED"},
      {15, "GAN_ERROR_INTERNAL"},
      {16, "GAN_ERROR_UNKNOWN"},
      {-1, "GAN_ERROR_UNKNOWN"},
      {INT32_MAX, "GAN_ERROR_UNKNOWN"},
      {INT32_MIN, "GAN_ERROR_UNKNOWN"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_string_equal(gan_status_name(rows[i].status), rows[i].name);
  assert_int_equal(GAN_ERROR_INTERNAL, 15);
}

static void failing_leaves_a_message(void **state) {
  (void)state;
  assert_string_equal(gan_context_message(context), "");
  assert_int_equal(gan__fail(context, GAN_ERROR_SHAPE, "layer %d is %s", 3, "odd"),
                   GAN_ERROR_SHAPE);
  assert_string_equal(gan_context_message(context), "layer 3 is odd");
  assert_int_equal(context->status, GAN_ERROR_SHAPE);
  /* A caller may put more before the message of the call below. */
  gan__fail(context, GAN_ERROR_SHAPE, "network: %s", gan_context_message(context));
  assert_string_equal(gan_context_message(context), "network: layer 3 is odd");
  assert_int_equal(gan__fail(NULL, GAN_ERROR_NAME, "nobody listens"), GAN_ERROR_NAME);
}

static void long_messages_are_cut(void **state) {
  (void)state;
  char text[3 * GAN__MESSAGE_MAX];
  memset(text, 'x', sizeof text);
  text[sizeof text - 1] = '\0';
  gan__fail(context, GAN_ERROR_NAME, "%s", text);
  assert_int_equal(strlen(gan_context_message(context)), GAN__MESSAGE_MAX - 1);
}

static gan_status inner(gan_status status) {
  GAN_TRY(status);
  return GAN_ERROR_INTERNAL;
}

static void try_passes_failures_on(void **state) {
  (void)state;
  assert_int_equal(inner(GAN_ERROR_NAME), GAN_ERROR_NAME);
  assert_int_equal(inner(GAN_OK), GAN_ERROR_INTERNAL);
}

typedef struct heard {
  int32_t calls, severity;
  char text[64];
} heard;

static void listen(int32_t severity, const char *text, void *user) {
  heard *self = user;
  self->calls++;
  self->severity = severity;
  snprintf(self->text, sizeof self->text, "%s", text);
}

static void log_goes_to_the_sink(void **state) {
  (void)state;
  heard log = {0};
  gan__log(context, GAN_LOG_INFO, "nobody listens");
  gan__log(NULL, GAN_LOG_INFO, "nobody at all");
  assert_int_equal(gan_context_set_log(context, listen, &log), GAN_OK);
  gan__log(context, GAN_LOG_WARNING, "%d of %d", 2, 3);
  assert_int_equal(log.calls, 1);
  assert_int_equal(log.severity, GAN_LOG_WARNING);
  assert_string_equal(log.text, "2 of 3");
  assert_string_equal(gan_context_message(context), ""); /* a log message is no failure */
  assert_int_equal(gan_context_set_log(context, NULL, NULL), GAN_OK);
  gan__log(context, GAN_LOG_INFO, "nobody listens");
  assert_int_equal(log.calls, 1);
}

static void versions_agree(void **state) {
  (void)state;
  char text[32];
  snprintf(text, sizeof text, "%d.%d.%d", GAN_VERSION_MAJOR, GAN_VERSION_MINOR, GAN_VERSION_PATCH);
  assert_string_equal(gan_version(), text);
  assert_string_equal(gan_version(), GAN_VERSION_STRING);
  assert_int_equal(gan_version_number(), GAN_VERSION_NUMBER);
  assert_int_equal(gan_version_number(),
                   GAN_VERSION_MAJOR * 1000000 + GAN_VERSION_MINOR * 1000 + GAN_VERSION_PATCH);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_are_pinned),
      cmocka_unit_test_setup_teardown(failing_leaves_a_message, set_up, tear_down),
      cmocka_unit_test_setup_teardown(long_messages_are_cut, set_up, tear_down),
      cmocka_unit_test(try_passes_failures_on),
      cmocka_unit_test_setup_teardown(log_goes_to_the_sink, set_up, tear_down),
      cmocka_unit_test(versions_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
