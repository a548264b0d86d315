/* SPDX-License-Identifier: MIT */
/* Job: run a compiled chain of elementwise ops over the tiles of one panel. */
#include <string.h>

#include "plan/internal.h"

char *gan__resolve(const gan__frame *frame, const gan__ref *ref) {
  const gan__plan *plan = frame->plan;
  char *base = NULL;
  switch (ref->place) {
  case GAN__PLACE_NONE:
    return NULL;
  case GAN__PLACE_SLOT:
    /* Inputs are only read; the kernels take them through const pointers. */
    memcpy(&base, &frame->bindings->slots[ref->offset], sizeof base);
    break;
  case GAN__PLACE_STATE:
    base = frame->bindings->states[ref->offset];
    break;
  case GAN__PLACE_CONSTANT:
    base = plan->constants ? plan->constants + ref->offset : NULL;
    break;
  case GAN__PLACE_ARENA:
    base = plan->arena + ref->offset;
    break;
  case GAN__PLACE_LOCAL:
    base = frame->workspace + ref->offset;
    break;
  case GAN__PLACE_TILE:
    base = frame->workspace + plan->tile_offset + ref->offset;
    break;
  }
  if (ref->partial) return base + frame->slot * ref->row_bytes;
  return ref->by_rows ? base + frame->first_row * ref->row_bytes : base;
}

/* Fills `count` elements of a tile that begins at flat element `first` of the panel. */
static void expand(const gan__expansion *expansion, int64_t element, int64_t first, int64_t count,
                   char *tile, const char *source) {
  int64_t period = expansion->period;
  if (expansion->pattern == GAN__ROW) {
    for (int64_t i = 0; i < count;) {
      int64_t at = (first + i) % period, run = period - at < count - i ? period - at : count - i;
      memcpy(tile + i * element, source + at * element, (size_t)(run * element));
      i += run;
    }
    return;
  }
  for (int64_t i = 0; i < count;) {
    int64_t at = 0, run = count;
    if (expansion->pattern == GAN__COLUMN) {
      at = (first + i) / period;
      run = (at + 1) * period - (first + i);
      if (run > count - i) run = count - i;
    }
    if (element == 4) {
      uint32_t word;
      memcpy(&word, source + at * 4, 4);
      for (int64_t k = i; k < i + run; k++)
        ((uint32_t *)(void *)tile)[k] = word;
    } else {
      uint64_t word;
      memcpy(&word, source + at * 8, 8);
      for (int64_t k = i; k < i + run; k++)
        ((uint64_t *)(void *)tile)[k] = word;
    }
    i += run;
  }
}

/* What depends on the flat position inside the panel has to be expanded again for each tile. */
static bool is_hoisted(const gan__expansion *expansion, int64_t tile) {
  return expansion->pattern == GAN__SCALAR
         || (expansion->pattern == GAN__ROW && tile % expansion->period == 0);
}

/* A tile in the making: its elements, the regular tile size, and which expansions are due. */
typedef struct stretch {
  int64_t first, count, tile;
  bool hoisted;
} stretch;

static void expand_some(const gan__plan *plan, const gan__step *step, char *const *base,
                        stretch span) {
  for (uint32_t e = step->expansion; e < step->expansion + step->expansion_count; e++) {
    const gan__expansion *expansion = &plan->expansions[e];
    if (is_hoisted(expansion, span.tile) != span.hoisted) continue;
    uint32_t at = expansion->ref - step->ref;
    expand(expansion, plan->refs[expansion->ref + 1].element, span.first, span.count, base[at],
           base[at + 1]);
  }
}

void gan__run_tiles(const gan__frame *frame, const gan__step *step) {
  const gan__plan *plan = frame->plan;
  int64_t total = frame->rows * step->width;
  /* Whole rows where they fit, so that rows that repeat are expanded once for the panel. */
  int64_t tile = GAN__TILE;
  if (step->width > 0 && step->width <= GAN__TILE) tile = GAN__TILE / step->width * step->width;
  char *base[GAN__RUN_REFS];
  int64_t move[GAN__RUN_REFS]; /* bytes an element: 0 for tiles and constants, which stay */
  for (uint32_t i = 0; i < step->ref_count; i++) {
    const gan__ref *ref = &plan->refs[step->ref + i];
    base[i] = gan__resolve(frame, ref);
    move[i] = ref->place == GAN__PLACE_TILE || ref->place == GAN__PLACE_CONSTANT ? 0 : ref->element;
  }
  if (total > 0) expand_some(plan, step, base, (stretch){0, tile, tile, true});
  const gan__instruction *instructions = plan->instructions + step->instruction;
  for (int64_t first = 0; first < total; first += tile) {
    int64_t count = total - first < tile ? total - first : tile;
    expand_some(frame->plan, step, base, (stretch){first, count, tile, false});
    for (uint32_t i = 0; i < step->instruction_count; i++) {
      const gan__instruction *instruction = &instructions[i];
      uint32_t at = instruction->ref - step->ref;
      const void *in[GAN__ADD_INPUTS];
      for (int32_t k = 0; k < instruction->input_count; k++)
        in[k] = base[at + 1 + (uint32_t)k] + first * move[at + 1 + (uint32_t)k];
      instruction->run(count, base[at] + first * move[at], in, instruction->input_count,
                       instruction->attrs);
    }
  }
}
