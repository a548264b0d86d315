/* SPDX-License-Identifier: MIT */
/* Job: records of lifetimes in, offsets out: a sweep over time with a sorted list of free gaps. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "plan/memplan.h"

typedef struct gap {
  int64_t offset, bytes;
} gap;

typedef struct sweep {
  gan__record *records;
  int64_t *births, *deaths; /* record indices by birth, by death */
  gap *gaps;                /* sorted by offset, never touching each other */
  int64_t gap_count, end;   /* end: bytes used so far */
} sweep;

static int64_t round_up(int64_t bytes) {
  return (bytes + GAN__ALIGNMENT - 1) / GAN__ALIGNMENT * GAN__ALIGNMENT;
}

/* Sort keys carry what they need, so that qsort needs no context; ties end at the index, which
 * makes the order, and with it every offset, the same on every libc. */
typedef struct key {
  int32_t time;
  int64_t bytes, index;
} key;

static int compare_keys(const void *a, const void *b) {
  const key *x = a, *y = b;
  if (x->time != y->time) return x->time < y->time ? -1 : 1;
  if (x->bytes != y->bytes) return x->bytes > y->bytes ? -1 : 1;
  return x->index < y->index ? -1 : x->index > y->index;
}

static gan_status sort_indices(gan_context *context, const gan__record *records, int64_t count,
                               bool by_death, int64_t *order) {
  key *keys = gan__allocate(context, (uint64_t)count, sizeof *keys);
  if (!keys) return GAN_ERROR_MEMORY;
  for (int64_t i = 0; i < count; i++)
    keys[i] = (key){by_death ? records[i].last : records[i].first, records[i].bytes, i};
  qsort(keys, (size_t)count, sizeof *keys, compare_keys);
  for (int64_t i = 0; i < count; i++)
    order[i] = keys[i].index;
  gan__release(context, keys);
  return GAN_OK;
}

/* The index of the first gap at or behind `offset`. */
static int64_t find_gap(const sweep *s, int64_t offset) {
  int64_t low = 0, high = s->gap_count;
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (s->gaps[middle].offset < offset)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static void remove_gap(sweep *s, int64_t at) {
  memmove(s->gaps + at, s->gaps + at + 1, (size_t)(s->gap_count - at - 1) * sizeof *s->gaps);
  s->gap_count--;
}

/* Gives bytes back, joining them with the gaps before and behind. */
static void give_back(sweep *s, int64_t offset, int64_t bytes) {
  if (bytes == 0) return;
  int64_t at = find_gap(s, offset);
  bool before = at > 0 && s->gaps[at - 1].offset + s->gaps[at - 1].bytes == offset;
  bool behind = at < s->gap_count && offset + bytes == s->gaps[at].offset;
  if (before && behind) {
    s->gaps[at - 1].bytes += bytes + s->gaps[at].bytes;
    remove_gap(s, at);
  } else if (before) {
    s->gaps[at - 1].bytes += bytes;
  } else if (behind) {
    s->gaps[at].offset = offset;
    s->gaps[at].bytes += bytes;
  } else {
    memmove(s->gaps + at + 1, s->gaps + at, (size_t)(s->gap_count - at) * sizeof *s->gaps);
    s->gaps[at] = (gap){offset, bytes};
    s->gap_count++;
  }
}

/* The smallest gap that holds the bytes (the first of equals), or new room at the end; a gap that
 * reaches the end is stretched. */
static bool take(sweep *s, int64_t bytes, int64_t *offset) {
  int64_t best = -1;
  for (int64_t i = 0; i < s->gap_count; i++)
    if (s->gaps[i].bytes >= bytes && (best < 0 || s->gaps[i].bytes < s->gaps[best].bytes)) best = i;
  if (bytes == 0) {
    *offset = 0;
    return true;
  }
  if (best >= 0) {
    *offset = s->gaps[best].offset;
    s->gaps[best].offset += bytes;
    s->gaps[best].bytes -= bytes;
    if (s->gaps[best].bytes == 0) remove_gap(s, best);
    return true;
  }
  *offset = s->end;
  if (s->gap_count) {
    gap *last = &s->gaps[s->gap_count - 1];
    if (last->offset + last->bytes == s->end) {
      *offset = last->offset;
      s->gap_count--;
    }
  }
  return !__builtin_add_overflow(*offset, bytes, &s->end) && s->end < INT64_C(1) << 60;
}

static bool place(sweep *s, int64_t count) {
  int64_t dead = 0;
  for (int64_t i = 0; i < count; i++) {
    gan__record *record = &s->records[s->births[i]];
    for (; dead < count && s->records[s->deaths[dead]].last < record->first; dead++) {
      const gan__record *old = &s->records[s->deaths[dead]];
      give_back(s, old->offset, round_up(old->bytes));
    }
    if (!take(s, round_up(record->bytes), &record->offset)) return false;
  }
  return true;
}

gan_status gan__memplan(gan_context *context, gan__record *records, int64_t count, int64_t *total) {
  sweep s = {.records = records};
  gan_status status = GAN_ERROR_MEMORY;
  uint64_t room = (uint64_t)count + 1;
  s.births = gan__allocate(context, room, sizeof *s.births);
  s.deaths = gan__allocate(context, room, sizeof *s.deaths);
  s.gaps = gan__allocate(context, room, sizeof *s.gaps);
  if (s.births && s.deaths && s.gaps) {
    status = sort_indices(context, records, count, false, s.births);
    if (status == GAN_OK) status = sort_indices(context, records, count, true, s.deaths);
    if (status == GAN_OK && !place(&s, count))
      status = gan__fail(context, GAN_ERROR_LIMIT, "the plan needs more than 2^60 bytes");
  }
  if (status == GAN_OK) *total = s.end;
  gan__release(context, s.births);
  gan__release(context, s.deaths);
  gan__release(context, s.gaps);
  return status;
}
