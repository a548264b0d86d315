/* SPDX-License-Identifier: MIT */
/* Helper: runs a table of bad calls and checks that each fails as promised and harms nothing. */
#include <stdio.h>
#include <string.h>

#include "bad_input.h"

typedef struct trial {
  world self, beside, control; /* beside: the same things in another context */
  const bad_case *row;
  int32_t faults; /* of this row */
} trial;

static void fault(trial *t, const char *what) {
  printf("%s: %s; status %s, message \"%s\"\n", t->row->name, what,
         gan_status_name(t->self.context->status), gan_context_message(t->self.context));
  t->faults++;
}

static void check_answer(trial *t, gan_status status) {
  char text[128];
  if (status != t->row->expected) {
    snprintf(text, sizeof text, "returned %s, expected %s", gan_status_name(status),
             gan_status_name(t->row->expected));
    fault(t, text);
  }
  const char *message = gan_context_message(t->self.context);
  for (int32_t i = 0; i < BAD_MENTIONS; i++) {
    if (!t->row->mentions[i] || strstr(message, t->row->mentions[i])) continue;
    snprintf(text, sizeof text, "the message lacks \"%.80s\"", t->row->mentions[i]);
    fault(t, text);
  }
  /* A message cut off at the end of its room would not say what is allowed. */
  if (strlen(message) >= GAN__MESSAGE_MAX - 1) fault(t, "the message is too long");
}

static void run_row(trial *t) {
  world *self = &t->self;
  uint64_t mark = world_mark(self), beside = world_mark(&t->beside);
  uint64_t objects = self->context->objects;
  int64_t live = self->heap.live, live_beside = t->beside.heap.live;
  memset(self->context->message, 0, sizeof self->context->message);
  self->context->status = GAN_OK;
  self->made = 0;
  void *untouched = &self->out;
  self->out.any = untouched;
  check_answer(t, t->row->call(self));
  if (self->out.any != untouched) fault(t, "the last argument was touched");
  if (world_mark(self) != mark) fault(t, "something has changed");
  if (world_mark(&t->beside) != beside) fault(t, "something has changed in the other context");
  if (self->context->objects != objects + self->made) fault(t, "objects were counted");
  if (world_use(self) != GAN_OK) fault(t, "nothing works any more");
  if (world_use(&t->control) != GAN_OK) fault(t, "the control does not work");
  if (world_mark(self) != world_mark(&t->control)) fault(t, "what followed went another way");
  if (self->heap.live != live || t->beside.heap.live != live_beside) fault(t, "memory has leaked");
}

int32_t bad_input_check(const bad_case *cases, int32_t count) {
  trial t = {.faults = 0};
  t.self.other = &t.beside;
  world *worlds[] = {&t.self, &t.beside, &t.control};
  int32_t bad = 0;
  for (int32_t i = 0; i < 3; i++) /* used once, so that what is made at first use is there */
    if (world_open(worlds[i]) != GAN_OK || world_use(worlds[i]) != GAN_OK) return count + 1;
  for (int32_t i = 0; i < count; i++) {
    t.row = &cases[i];
    t.faults = 0;
    run_row(&t);
    bad += t.faults > 0;
  }
  for (int32_t i = 0; i < 3; i++) {
    world_close(worlds[i]);
    if (worlds[i]->heap.live != 0) printf("world %d: blocks left\n", i);
    bad += worlds[i]->heap.live != 0;
  }
  printf("%d bad calls\n", count);
  return bad;
}
