/* SPDX-License-Identifier: MIT */
/* Job: named arrays of the caller, for one step. */
#ifndef GAN__DATA_BATCH_H
#define GAN__DATA_BATCH_H

#include <gan/data.h>

#include "base/context.h"
#include "tensor/shape.h"

enum { GAN__SLOT_NAME = 64, GAN__SLOTS_MAX = 256 };

typedef struct gan__slot {
  char name[GAN__SLOT_NAME];
  int32_t dtype;
  gan__shape shape; /* dims[0]: rows */
  const void *data; /* borrowed */
} gan__slot;

struct gan_batch {
  gan_context *context;
  gan__slot *slots;
  uint64_t capacity;
  int32_t count;
};

/* The slot of that name; NULL when there is none. */
const gan__slot *gan__batch_find(const gan_batch *batch, const char *name);

/* Sets a slot that has been checked: replaces the one of its name, or adds it at the end. */
gan_status gan__batch_set(gan_batch *batch, const gan__slot *slot);

#endif
