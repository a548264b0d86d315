/* SPDX-License-Identifier: MIT */
/* Job: the plan's own structures, shared by the files of plan/. Read schedule.c, fuse.c, place.c,
 * emit.c in this order: they fill them from top to bottom. */
#ifndef GAN__PLAN_INTERNAL_H
#define GAN__PLAN_INTERNAL_H

#include "kern/kern.h"
#include "plan/plan.h"

enum {
  GAN__RUN_LENGTH = 48,      /* instructions of a tile step: their tiles stay in L1 and L2 */
  GAN__RUN_REFS = 512,       /* references of a tile step */
  GAN__RUN_TILES = 96,       /* tiles that a tile step uses at once */
  GAN__PANEL_ROWS = 128,     /* rows of a panel of a long leading axis */
  GAN__PAIRS_BYTES = 524288, /* of a panel of values of pairs, as far as 8 rows allow */
  GAN__SLOTS = 16,           /* partial sums of a reduction at most: tasks of a region */
  GAN__ROW_INPUTS = 64,      /* inputs of a row kernel at most */
  GAN__FILLED_CHAINS = 64,   /* of the table of constants */
  GAN__PIECE = 16384,        /* elements of partial sums that one task combines */
};

/* Where a value lives. */
typedef enum gan__place {
  GAN__PLACE_NONE,     /* not computed: a view, an inlined broadcast, a constant inside tiles */
  GAN__PLACE_SLOT,     /* the caller's memory; offset = slot */
  GAN__PLACE_STATE,    /* the caller's memory; offset = state */
  GAN__PLACE_CONSTANT, /* filled once, in the plan's constants */
  GAN__PLACE_ARENA,    /* shared by all threads */
  GAN__PLACE_LOCAL,    /* a panel of it in the worker's workspace, inside one region */
  GAN__PLACE_TILE,     /* a tile of it in the worker's workspace, inside one step */
} gan__place;

/* How an elementwise op reads an input whose broadcast is not carried out. */
typedef enum gan__pattern {
  GAN__DENSE,  /* element i reads element i */
  GAN__SCALAR, /* every element reads element 0 */
  GAN__ROW,    /* element i reads element i mod period: a bias */
  GAN__COLUMN, /* element i reads element i / period: one value for each row */
} gan__pattern;

/* An input as it is really read: through views, and through broadcasts that tiles can follow. */
typedef struct gan__operand {
  gan__id value; /* owner of the memory */
  gan__pattern pattern;
  int64_t period;
  bool by_rows; /* row r of the reader needs row r of it only */
} gan__operand;

/* What the compiler knows of a node. */
typedef struct gan__value {
  gan__split split;
  int32_t level;  /* of the barrier-free stretch it is computed in; -1 for what is not computed */
  int32_t region; /* index, or -1 */
  int32_t step;   /* index of the step that computes it */
  int32_t tick;   /* position inside its region */
  int32_t last_level;           /* of the last readers */
  int32_t last_region;          /* of the readers in last_level; -2 when they are in several */
  int32_t last_tick, last_step; /* of the last reader in last_region */
  bool computed;
  bool escapes;    /* read in another region, or after the run */
  bool leaves_run; /* read by another step */
  bool read_whole; /* some panels read rows of it that are not theirs */
  int64_t record;  /* of the memory plan, shared when computed in place; -1 for none */
  gan__place place;
  int64_t offset;
  int64_t bytes;
  int64_t partial; /* arena offset of a reduction's partial sums, [slots][bytes]; -1 for none */
} gan__value;

/* A pointer in the making: place and offset, moved to the panel's first row when by_rows. */
typedef struct gan__ref {
  gan__place place;
  bool by_rows, partial;
  int64_t offset, row_bytes;
  int64_t element; /* bytes of one element, for tiles */
} gan__ref;

/* One elementwise op of a tile step. refs[ref] is the result, then the inputs. */
typedef struct gan__instruction {
  gan__tile_run *run;
  const int64_t *attrs;
  int32_t input_count;
  uint32_t ref;
  gan__id node;
  const gan__kernel *kernel;
} gan__instruction;

/* Fills a tile from a broadcast input: once a panel (hoisted) or for each tile. */
typedef struct gan__expansion {
  gan__pattern pattern;
  int64_t period;
  uint32_t ref; /* refs[ref] the tile, refs[ref + 1] the source */
} gan__expansion;

/* One kernel call on a panel, or a run of elementwise ops over its tiles. */
typedef struct gan__step {
  gan__id node;                  /* the op; of a run, its first */
  uint32_t member, member_count; /* of plan->members: the ops of the step */
  const gan__kernel *kernel;     /* NULL for a run */
  gan__kernel_node *call;        /* what a row kernel sees */
  uint32_t ref, ref_count;
  int64_t scratch; /* offset in the workspace */
  int64_t extent;  /* rows of the whole */
  int64_t width;   /* elements of a row (tile steps) */
  uint32_t instruction, instruction_count, expansion, expansion_count;
} gan__step;

/* Nodes that run panel by panel without a barrier between them. */
typedef struct gan__region {
  int32_t level;
  int64_t extent; /* rows; 0 for the serial region, whose steps each have their own */
  int64_t panel;  /* rows of a panel */
  int32_t panels, tasks;
  uint32_t step, step_count;
  uint32_t member, member_count; /* of plan->members, in order of execution */
} gan__region;

/* One unit of work for a thread: a range of panels of a region, or a piece of a combination. */
typedef struct gan__work {
  int32_t region;     /* -1 for a combination */
  int32_t slot;       /* partial sum it writes */
  int32_t first, end; /* panels; of a combination, pieces of GAN__PIECE elements */
  gan__id node;       /* combination: the reduction */
} gan__work;

/* Work that may run at once; a barrier follows. A level has one phase, and a second one where
 * partial sums are combined. */
typedef struct gan__phase {
  uint32_t work, work_count;
} gan__phase;

/* A block of the constants; chained by its value. */
typedef struct gan__filled {
  int64_t bits, count, offset;
  int32_t dtype;
  uint32_t next; /* index + 1; 0 ends */
} gan__filled;

struct gan__plan {
  gan_context *context;
  gan__graph *graph; /* simplified; owned */
  bool keep_all;     /* every value in the arena for good: the scanning mode */
  int32_t cpu_level;
  int32_t *held; /* [graph->count], see gan__draft; NULL where nothing is computed again */
  gan__id *origin;
  int64_t cap;        /* of the bytes, when it was made under one; 0 for none */
  gan__value *values; /* [graph->count] */
  gan__id *members;
  gan__region *regions;
  gan__step *steps;
  gan__instruction *instructions;
  gan__expansion *expansions;
  gan__ref *refs;
  gan__work *work;
  gan__phase *phases;
  gan__shape *input_shapes; /* of the row kernels' nodes */
  int32_t *input_dtypes;
  gan__kernel_node *calls;
  uint64_t member_count, region_count, step_count, instruction_count, expansion_count, ref_count,
      work_count, level_count, phase_count, shape_count, call_count;
  uint64_t region_capacity, step_capacity, instruction_capacity, expansion_capacity, ref_capacity,
      work_capacity, phase_capacity, filled_count, filled_capacity;
  int64_t arena_bytes, workspace_bytes, constant_bytes, scratch_bytes;
  int64_t tile_slots;  /* tiles a worker needs at most */
  int64_t tile_offset; /* in the workspace: the tiles; locals and scratch before them */
  char *arena, *workspaces, *constants;
  gan__filled *filled;                       /* what lies in `constants` */
  uint32_t filled_heads[GAN__FILLED_CHAINS]; /* index + 1 of a chain's newest; 0: empty */
  int64_t workspace_stride;                  /* from one worker's workspace to the next */
  int32_t threads;                           /* workspaces there are */
  const void **results; /* [graph->output_count]: where each output is after a run */
  int64_t *staged; /* [graph->state_count]: arena offset of what is committed when that is the value
                    * of another state, which may be committed first; -1 for none */
  const gan__kernel *sums[GAN_I32 + 1]; /* adds partial sums, by type */
  struct gan__timing *timing;           /* timing.h */
};

/* plan.c: what a plan is made of; both arrays become its own, also when that fails. */
typedef struct gan__draft {
  gan__graph *graph; /* as it is compiled */
  bool keep_all;
  /* [graph->count] or NULL, both chosen by recompute.c: the level that a node waits for at least;
   * the first of the nodes that compute the same. */
  int32_t *held;
  gan__id *origin;
  bool levels_only; /* scheduled, and nothing further: for a look at levels */
} gan__draft;
/* Compiles without booking memory for values. */
gan_status gan__plan_draft(const gan__draft *draft, gan__plan **plan);
/* The same, booked. */
gan_status gan__plan_compile(gan__graph *graph, bool keep_all, gan__plan **plan);

/* operand.c: input `index` of a node as it is read by it. */
gan__operand gan__operand_of(const gan__plan *plan, gan__id node, int32_t index);
gan__id gan__root_of(const gan__graph *graph, gan__id id);
/* True for a broadcast whose pattern tiles can follow without carrying it out. */
bool gan__is_inline_broadcast(const gan__graph *graph, gan__id id);
bool gan__is_elementwise(const gan__graph *graph, gan__id id);

/* schedule.c: levels, regions, members; panel sizes. */
gan_status gan__plan_schedule(gan__plan *plan);
int64_t gan__panel_rows(int64_t extent);
bool gan__is_serial(const gan__plan *plan, gan__id id);
/* True when `reader` must wait for the end of the level in which `value` is made. */
bool gan__needs_barrier(const gan__plan *plan, gan__id value, gan__id reader, bool by_rows);
/* fuse.c: order inside each region, steps. */
gan_status gan__plan_fuse(gan__plan *plan);
/* place.c: where every value lives. */
gan_status gan__plan_place(gan__plan *plan);
/* emit.c: kernels, references, instructions. emit_tile.c: the runs. */
gan_status gan__plan_emit(gan__plan *plan);
gan_status gan__emit_run(gan__plan *plan, gan__step *step);
gan_status gan__emit_ref(gan__plan *plan, gan__ref ref);
gan__ref gan__value_ref(const gan__plan *plan, gan__id value, bool by_rows, int64_t row_elements);
/* constants.c: room for `count` elements of one value, which may be shared with others. */
gan_status gan__emit_constant(gan__plan *plan, int32_t dtype, int64_t count, double value,
                              int64_t *offset);
/* The block of all constants, filled; NULL after GAN_ERROR_MEMORY. */
char *gan__make_constants(const gan__plan *plan);
/* run_tile.c */
typedef struct gan__frame {
  const gan__plan *plan;
  const gan__bindings *bindings;
  char *workspace;
  int64_t first_row, rows;
  int32_t slot;
} gan__frame;
char *gan__resolve(const gan__frame *frame, const gan__ref *ref);
void gan__run_tiles(const gan__frame *frame, const gan__step *step);

#endif
