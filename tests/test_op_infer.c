/* SPDX-License-Identifier: MIT */
/* libgan/graph/op_*.c: shape rules refuse what does not fit, by status and by a message that names
 * the op; what the rules say about values (never negative, never zero) holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "graph/build.h"
#include "graph/simplify.h"
#include "interpret.h"
#include "op_samples.h"

#define F GAN_F64
#define SHAPE(...)                                                                                 \
  {                                                                                                \
    (int32_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {                               \
      __VA_ARGS__                                                                                  \
    }                                                                                              \
  }
#define SCALAR                                                                                     \
  {                                                                                                \
    0, {                                                                                           \
      0                                                                                            \
    }                                                                                              \
  }
#define ATTRS(...)                                                                                 \
  .attrs = {__VA_ARGS__},                                                                          \
  .attr_count = (int32_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
#define IN(type, ...)                                                                              \
  { type, SHAPE(__VA_ARGS__) }

typedef struct refusal {
  gan__op op;
  struct {
    int32_t dtype;
    gan__shape shape;
  } inputs[4];
  int64_t attrs[GAN__RANK_MAX];
  int32_t attr_count;
  int32_t dtype;
  gan__shape shape;
  gan_status status;
  const char *part; /* of the message, besides the op's name */
} refusal;

static const int64_t huge = INT64_C(1) << 40;

#define ONE_I32(NAME)                                                                              \
  { GAN__OP_##NAME, {IN(GAN_I32, 3)}, .status = GAN_ERROR_ARGUMENT, .part = "does not take i32" }
#define TWO_UNFIT(NAME)                                                                            \
  {GAN__OP_##NAME, {IN(F, 3), IN(F, 4)}, .status = GAN_ERROR_SHAPE, .part = "[3] and f64 [4]"},    \
      {GAN__OP_##NAME, {IN(F, 3), IN(GAN_F32, 3)}, .status = GAN_ERROR_SHAPE, .part = "f32 [3]"},  \
  {                                                                                                \
    GAN__OP_##NAME, {IN(F, 3)}, .status = GAN_ERROR_ARGUMENT, .part = "1 inputs"                   \
  }

static const refusal refusals[] = {
    {GAN__OP_INPUT, ATTRS(0), .dtype = F, .shape = SHAPE(3, -1), .status = GAN_ERROR_ARGUMENT,
     .part = "negative"},
    {GAN__OP_INPUT, ATTRS(0), .dtype = 9, .shape = SHAPE(3), .status = GAN_ERROR_ARGUMENT,
     .part = "type unknown"},
    {GAN__OP_INPUT, ATTRS(0), .dtype = F, .shape = SHAPE(INT64_MAX, 2),
     .status = GAN_ERROR_ARGUMENT, .part = "too large"},
    {GAN__OP_READ, ATTRS(0), .dtype = F, .shape = SHAPE(3), .status = GAN_ERROR_ARGUMENT,
     .part = "no such state"},
    {GAN__OP_READ, ATTRS(-1), .dtype = F, .shape = SHAPE(3), .status = GAN_ERROR_ARGUMENT,
     .part = "no such state"},
    {GAN__OP_CONSTANT, .dtype = F, .shape = SHAPE(3), .status = GAN_ERROR_ARGUMENT,
     .part = "needs"},
    {GAN__OP_CONSTANT, ATTRS(INT64_C(0x7ff0000000000000)), .dtype = GAN_I32, .shape = SHAPE(3),
     .status = GAN_ERROR_ARGUMENT, .part = "beyond i32"},
    {GAN__OP_IOTA, ATTRS(1), .dtype = F, .shape = SHAPE(3), .status = GAN_ERROR_ARGUMENT,
     .part = "axis"},
    {GAN__OP_IOTA, ATTRS(0), .dtype = F, .shape = SCALAR, .status = GAN_ERROR_ARGUMENT,
     .part = "axis"},
    {GAN__OP_UNIFORM, ATTRS(0), .dtype = GAN_I32, .shape = SHAPE(3), .status = GAN_ERROR_ARGUMENT,
     .part = "f32 or f64"},
    {GAN__OP_NORMAL, ATTRS(0), .dtype = GAN_I32, .shape = SHAPE(3), .status = GAN_ERROR_ARGUMENT,
     .part = "f32 or f64"},
    {GAN__OP_CAST, {IN(F, 3)}, .dtype = 7, .status = GAN_ERROR_ARGUMENT, .part = "type 7"},
    {GAN__OP_NEG, {IN(F, 3), IN(F, 3)}, .status = GAN_ERROR_ARGUMENT, .part = "2 inputs"},
    ONE_I32(NEG),
    ONE_I32(EXP),
    ONE_I32(LOG),
    ONE_I32(LOG1P),
    ONE_I32(SQRT),
    ONE_I32(RSQRT),
    ONE_I32(TANH),
    ONE_I32(SIGMOID),
    ONE_I32(SOFTPLUS),
    ONE_I32(RELU),
    ONE_I32(ABS),
    ONE_I32(SIGN),
    ONE_I32(STEP),
    ONE_I32(SIN),
    ONE_I32(COS),
    ONE_I32(IS_FINITE),
    {GAN__OP_ADD, .status = GAN_ERROR_ARGUMENT, .part = "0 inputs"},
    {GAN__OP_ADD, {IN(F, 3), IN(F, 3), IN(F, 1)}, .status = GAN_ERROR_SHAPE, .part = "[1]"},
    TWO_UNFIT(SUB),
    TWO_UNFIT(MUL),
    TWO_UNFIT(DIV),
    {GAN__OP_DIV, {IN(GAN_I32, 3), IN(GAN_I32, 3)}, .status = GAN_ERROR_ARGUMENT, .part = "i32"},
    TWO_UNFIT(MAX),
    TWO_UNFIT(MIN),
    TWO_UNFIT(POW),
    TWO_UNFIT(COMPARE),
    {GAN__OP_COMPARE, {IN(F, 3), IN(F, 3)}, ATTRS(6), .status = GAN_ERROR_ARGUMENT, .part = "kind"},
    {GAN__OP_COMPARE,
     {IN(F, 3), IN(F, 3)},
     ATTRS(-1),
     .status = GAN_ERROR_ARGUMENT,
     .part = "kind"},
    {GAN__OP_COMPARE, {IN(F, 3), IN(F, 3)}, .status = GAN_ERROR_ARGUMENT, .part = "kind"},
    {GAN__OP_SELECT,
     {IN(F, 3), IN(F, 3), IN(GAN_I32, 3)},
     .status = GAN_ERROR_SHAPE,
     .part = "i32"},
    {GAN__OP_SELECT, {IN(F, 3), IN(F, 3)}, .status = GAN_ERROR_ARGUMENT, .part = "2 inputs"},
    {GAN__OP_SUM, {IN(F, 3, 4)}, ATTRS(2, 1), .status = GAN_ERROR_SHAPE, .part = "axes 2..2"},
    {GAN__OP_SUM, {IN(F, 3, 4)}, ATTRS(1, 2), .status = GAN_ERROR_SHAPE, .part = "axes 1..2"},
    {GAN__OP_SUM, {IN(F, 3, 4)}, ATTRS(-1, 1), .status = GAN_ERROR_SHAPE, .part = "[3, 4]"},
    {GAN__OP_SUM, {IN(F, 3, 4)}, ATTRS(0, 0), .status = GAN_ERROR_SHAPE, .part = "[3, 4]"},
    {GAN__OP_SUM, {{F, SCALAR}}, ATTRS(0, 1), .status = GAN_ERROR_SHAPE, .part = "[]"},
    {GAN__OP_SUM, {IN(F, 3)}, ATTRS(0), .status = GAN_ERROR_SHAPE, .part = "axes"},
    {GAN__OP_MAXIMUM, {IN(F, 3, 4)}, ATTRS(0, 2), .status = GAN_ERROR_SHAPE, .part = "one axis"},
    {GAN__OP_MAXIMUM,
     {IN(F, 3, 0)},
     ATTRS(1, 1),
     .status = GAN_ERROR_SHAPE,
     .part = "at least one"},
    {GAN__OP_ARGMAX, {IN(F, 0, 3)}, ATTRS(0, 1), .status = GAN_ERROR_SHAPE, .part = "at least one"},
    {GAN__OP_ARGMAX, {IN(F, 3)}, ATTRS(1, 1), .status = GAN_ERROR_SHAPE, .part = "axes 1..1"},
    {GAN__OP_RESHAPE,
     {IN(F, 3, 4)},
     .shape = SHAPE(5),
     .status = GAN_ERROR_SHAPE,
     .part = "[3, 4] does not become [5]"},
    {GAN__OP_RESHAPE,
     {IN(F, 4)},
     .shape = SHAPE(-2, -2),
     .status = GAN_ERROR_SHAPE,
     .part = "[-2, -2]"},
    {GAN__OP_TRANSPOSE, {IN(F, 3, 4)}, ATTRS(0, 0), .status = GAN_ERROR_SHAPE, .part = "[3, 4]"},
    {GAN__OP_TRANSPOSE, {IN(F, 3, 4)}, ATTRS(0, 2), .status = GAN_ERROR_SHAPE, .part = "[3, 4]"},
    {GAN__OP_TRANSPOSE, {IN(F, 3, 4)}, ATTRS(0), .status = GAN_ERROR_SHAPE, .part = "[3, 4]"},
    {GAN__OP_REVERSE, {IN(F, 3)}, ATTRS(1), .status = GAN_ERROR_SHAPE, .part = "[3]"},
    {GAN__OP_REVERSE, {{F, SCALAR}}, ATTRS(0), .status = GAN_ERROR_SHAPE, .part = "[]"},
    {GAN__OP_BROADCAST,
     {IN(F, 3)},
     ATTRS(0),
     .shape = SHAPE(4),
     .status = GAN_ERROR_SHAPE,
     .part = "[3] does not become [4]"},
    {GAN__OP_BROADCAST,
     {IN(F, 3)},
     ATTRS(2),
     .shape = SHAPE(3, 3),
     .status = GAN_ERROR_SHAPE,
     .part = "[3, 3]"},
    {GAN__OP_BROADCAST,
     {IN(F, 3, 3)},
     ATTRS(1, 0),
     .shape = SHAPE(3, 3),
     .status = GAN_ERROR_SHAPE,
     .part = "[3, 3]"},
    {GAN__OP_BROADCAST,
     {IN(F, 3, 3)},
     ATTRS(1, 1),
     .shape = SHAPE(3, 3),
     .status = GAN_ERROR_SHAPE,
     .part = "[3, 3]"},
    {GAN__OP_BROADCAST, {IN(F, 3)}, .shape = SHAPE(3), .status = GAN_ERROR_SHAPE, .part = "[3]"},
    {GAN__OP_SLICE, {IN(F, 5)}, ATTRS(0, 3, 2, 1), .status = GAN_ERROR_SHAPE, .part = "[0 3 2 1]"},
    {GAN__OP_SLICE, {IN(F, 5)}, ATTRS(0, 0, 6, 1), .status = GAN_ERROR_SHAPE, .part = "[5]"},
    {GAN__OP_SLICE, {IN(F, 5)}, ATTRS(0, -1, 3, 1), .status = GAN_ERROR_SHAPE, .part = "[5]"},
    {GAN__OP_SLICE, {IN(F, 5)}, ATTRS(0, 0, 3, 0), .status = GAN_ERROR_SHAPE, .part = "[5]"},
    {GAN__OP_SLICE, {IN(F, 5)}, ATTRS(1, 0, 3, 1), .status = GAN_ERROR_SHAPE, .part = "[5]"},
    {GAN__OP_SLICE, {IN(F, 5)}, ATTRS(0, 0, 3), .status = GAN_ERROR_SHAPE, .part = "[5]"},
    {GAN__OP_PAD, {IN(F, 5)}, ATTRS(0, -1, 0, 0), .status = GAN_ERROR_SHAPE, .part = "[5]"},
    {GAN__OP_PAD, {IN(F, 5)}, ATTRS(0, 0, -1, 0), .status = GAN_ERROR_SHAPE, .part = "[5]"},
    {GAN__OP_PAD, {IN(F, 5)}, ATTRS(0, 0, 0, -1), .status = GAN_ERROR_SHAPE, .part = "[5]"},
    {GAN__OP_PAD, {IN(F, 5)}, ATTRS(0, INT64_MAX, 0, 0), .status = GAN_ERROR_SHAPE, .part = "[5]"},
    {GAN__OP_PAD, {IN(F, 5)}, ATTRS(0, 0, 0, INT64_MAX), .status = GAN_ERROR_SHAPE, .part = "[5]"},
    {GAN__OP_PAD, {IN(F, 5)}, ATTRS(3, 0, 0, 0), .status = GAN_ERROR_SHAPE, .part = "[5]"},
    {GAN__OP_CONCAT,
     {IN(F, 3, 2), IN(F, 4, 2)},
     ATTRS(1),
     .status = GAN_ERROR_SHAPE,
     .part = "[3, 2]"},
    {GAN__OP_CONCAT,
     {IN(F, 3, 2), IN(F, 3)},
     ATTRS(0),
     .status = GAN_ERROR_SHAPE,
     .part = "[3, 2]"},
    {GAN__OP_CONCAT,
     {IN(F, 3), IN(GAN_F32, 3)},
     ATTRS(0),
     .status = GAN_ERROR_SHAPE,
     .part = "[3]"},
    {GAN__OP_CONCAT, {IN(F, 3), IN(F, 3)}, ATTRS(1), .status = GAN_ERROR_SHAPE, .part = "[3]"},
    {GAN__OP_CONCAT, {IN(F, 3), IN(F, 3)}, .status = GAN_ERROR_SHAPE, .part = "[3]"},
    {GAN__OP_GATHER, {IN(F, 3), IN(F, 2)}, .status = GAN_ERROR_SHAPE, .part = "indices f64 [2]"},
    {GAN__OP_GATHER, {{F, SCALAR}, IN(GAN_I32, 2)}, .status = GAN_ERROR_SHAPE, .part = "f64 []"},
    {GAN__OP_GATHER, {IN(F, 3), IN(GAN_I32, 2, 2)}, .status = GAN_ERROR_SHAPE, .part = "[2, 2]"},
    {GAN__OP_SCATTER,
     {IN(F, 3), IN(GAN_I32, 2)},
     ATTRS(4),
     .status = GAN_ERROR_SHAPE,
     .part = "[2]"},
    {GAN__OP_SCATTER,
     {IN(F, 3), IN(GAN_I32, 3)},
     ATTRS(-1),
     .status = GAN_ERROR_SHAPE,
     .part = "[3]"},
    {GAN__OP_SCATTER, {IN(F, 3), IN(GAN_I32, 3)}, .status = GAN_ERROR_SHAPE, .part = "[3]"},
    {GAN__OP_SCATTER, {IN(F, 3), IN(F, 3)}, ATTRS(4), .status = GAN_ERROR_SHAPE, .part = "f64 [3]"},
    {GAN__OP_SCATTER,
     {IN(GAN_I32, 3), IN(GAN_I32, 3)},
     ATTRS(4),
     .status = GAN_ERROR_SHAPE,
     .part = "i32 [3]"},
    {GAN__OP_TAKE,
     {IN(F, 3, 4), IN(F, 3)},
     ATTRS(1),
     .status = GAN_ERROR_SHAPE,
     .part = "f64 [3] along"},
    {GAN__OP_TAKE,
     {IN(F, 3, 4), IN(GAN_I32, 3)},
     ATTRS(0),
     .status = GAN_ERROR_SHAPE,
     .part = "axis 0"},
    {GAN__OP_TAKE,
     {IN(F, 3, 4), IN(GAN_I32, 3)},
     ATTRS(2),
     .status = GAN_ERROR_SHAPE,
     .part = "axis 2"},
    {GAN__OP_TAKE, {IN(F, 3, 4), IN(GAN_I32, 3)}, .status = GAN_ERROR_SHAPE, .part = "[3, 4]"},
    {GAN__OP_TAKE,
     {{F, SCALAR}, {GAN_I32, SCALAR}},
     ATTRS(0),
     .status = GAN_ERROR_SHAPE,
     .part = "[]"},
    {GAN__OP_PUT,
     {IN(F, 3), IN(F, 3)},
     ATTRS(1, 4),
     .status = GAN_ERROR_SHAPE,
     .part = "f64 [3] along"},
    {GAN__OP_PUT,
     {IN(F, 3), IN(GAN_I32, 4)},
     ATTRS(1, 4),
     .status = GAN_ERROR_SHAPE,
     .part = "i32 [4]"},
    {GAN__OP_PUT,
     {IN(F, 3), IN(GAN_I32, 3)},
     ATTRS(2, 4),
     .status = GAN_ERROR_SHAPE,
     .part = "axis 2"},
    {GAN__OP_PUT,
     {IN(F, 3), IN(GAN_I32, 3)},
     ATTRS(1, -1),
     .status = GAN_ERROR_SHAPE,
     .part = "[3]"},
    {GAN__OP_PUT, {IN(F, 3), IN(GAN_I32, 3)}, ATTRS(1), .status = GAN_ERROR_SHAPE, .part = "[3]"},
    {GAN__OP_PACK, {IN(F, 3)}, ATTRS(0, 4), .status = GAN_ERROR_SHAPE, .part = "[3] into"},
    {GAN__OP_PACK, {IN(F, 3, 4)}, ATTRS(0, 0), .status = GAN_ERROR_SHAPE, .part = "0 columns"},
    {GAN__OP_MATMUL,
     {IN(F, 3, 4), IN(F, 4, 5), IN(F, 1, 4, 8)},
     ATTRS(0, 0),
     .status = GAN_ERROR_SHAPE,
     .part = "[4, 5]"},
    {GAN__OP_MATMUL,
     {IN(F, 3, 4), IN(F, 3, 4)},
     ATTRS(0, 0),
     .status = GAN_ERROR_SHAPE,
     .part = "f64 [3, 4] and f64 [3, 4]"},
    {GAN__OP_MATMUL,
     {IN(F, 3, 4), IN(F, 5, 4)},
     ATTRS(1, 1),
     .status = GAN_ERROR_SHAPE,
     .part = "[5, 4]"},
    {GAN__OP_MATMUL, {IN(F, 3), IN(F, 3)}, ATTRS(0, 0), .status = GAN_ERROR_SHAPE, .part = "[3]"},
    {GAN__OP_MATMUL,
     {IN(F, 2, 3, 4), IN(F, 4, 3)},
     ATTRS(0, 0),
     .status = GAN_ERROR_SHAPE,
     .part = "[4, 3]"},
    {GAN__OP_MATMUL,
     {IN(F, 2, 3, 4), IN(F, 1, 4, 3)},
     ATTRS(0, 0),
     .status = GAN_ERROR_SHAPE,
     .part = "[1, 4, 3]"},
    {GAN__OP_MATMUL,
     {IN(F, 3, 4), IN(GAN_F32, 4, 3)},
     ATTRS(0, 0),
     .status = GAN_ERROR_SHAPE,
     .part = "f32"},
    {GAN__OP_MATMUL,
     {IN(GAN_I32, 3, 4), IN(GAN_I32, 4, 3)},
     ATTRS(0, 0),
     .status = GAN_ERROR_SHAPE,
     .part = "i32"},
    {GAN__OP_MATMUL, {IN(F, 3, 4), IN(F, 4, 3)}, .status = GAN_ERROR_SHAPE, .part = "matmul"},
    {GAN__OP_PAIRWISE, {IN(F, 3, 4)}, .status = GAN_ERROR_SHAPE, .part = "f64 [3, 4] do not fit"},
    {GAN__OP_PAIRWISE, {IN(GAN_I32, 3, 4, 5)}, .status = GAN_ERROR_SHAPE, .part = "i32"},
    {GAN__OP_PAIRWISE,
     {IN(F, 3, 4, 5), IN(F, 3, 4, 5)},
     .status = GAN_ERROR_ARGUMENT,
     .part = "2 in"},
    {GAN__OP_PAIRWISE_PULL,
     {IN(F, 3, 4, 5), IN(F, 3, 4, 5)},
     .status = GAN_ERROR_SHAPE,
     .part = "f64 [3, 4, 5] and rows f64 [3, 4, 5]"},
    {GAN__OP_PAIRWISE_PULL,
     {IN(GAN_F32, 3, 3, 5), IN(F, 3, 4, 5)},
     .status = GAN_ERROR_SHAPE,
     .part = "f32 [3, 3, 5]"},
    {GAN__OP_PAIRWISE_PULL, {IN(F, 3, 3, 5)}, .status = GAN_ERROR_ARGUMENT, .part = "1 inputs"},
    {GAN__OP_PAIRWISE_PUSH,
     {IN(F, 3, 3, 5), IN(F, 3, 4, 5)},
     .status = GAN_ERROR_SHAPE,
     .part = "f64 [3, 3, 5] and rows f64 [3, 4, 5]"},
    {GAN__OP_PAIRWISE_PUSH,
     {IN(GAN_F32, 3, 4, 5), IN(F, 3, 4, 5)},
     .status = GAN_ERROR_SHAPE,
     .part = "f32 [3, 4, 5]"},
    {GAN__OP_PAIRWISE_PUSH, {IN(F, 3, 4, 5)}, .status = GAN_ERROR_ARGUMENT, .part = "1 inputs"},
    {GAN__OP_STOP_GRADIENT, .status = GAN_ERROR_ARGUMENT, .part = "0 inputs"},
    {GAN__OP_COMMIT, {IN(F, 3)}, ATTRS(0), .status = GAN_ERROR_ARGUMENT, .part = "no such state"},
    {GAN__OP_COMMIT, {IN(F, 3)}, .status = GAN_ERROR_ARGUMENT, .part = "no such state"},
};

static gan__id build(gan__graph *g, const refusal *row) {
  gan__id inputs[4];
  int32_t count = 0;
  for (; count < 4 && row->inputs[count].dtype; count++)
    inputs[count] = gan__graph_input(g, "x", row->inputs[count].dtype, &row->inputs[count].shape);
  assert_int_equal(g->status, GAN_OK);
  gan__proto proto = {.op = row->op,
                      .dtype = row->dtype,
                      .shape = row->shape,
                      .inputs = inputs,
                      .input_count = count,
                      .attrs = row->attrs,
                      .attr_count = row->attr_count};
  return gan__graph_node(g, &proto);
}

static void wrong_nodes_are_refused(void **state) {
  gan_context *context = *state;
  int32_t refused[GAN__OP_COUNT] = {0};
  for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
    const refusal *row = &refusals[i];
    gan__graph *g;
    assert_int_equal(gan__graph_create(context, &g), GAN_OK);
    gan__id id = build(g, row);
    const char *message = gan_context_message(context);
    if (id != GAN__NONE || g->status != row->status || !strstr(message, row->part)
        || !strstr(message, gan__ops[row->op].name))
      fail_msg("%s, row %d: status %d: %s", gan__ops[row->op].name, (int)i, (int)g->status,
               message);
    gan__graph_destroy(g);
    refused[row->op]++;
  }
  for (int32_t op = 0; op < GAN__OP_COUNT; op++)
    if (!refused[op]) fail_msg("%s: no row that is refused", gan__ops[op].name);
}

/* Results whose size cannot be represented: a limit, with the shape. */
static void sizes_that_overflow_are_refused(void **state) {
  gan_context *context = *state;
  for (int32_t kind = 0; kind < 5; kind++) {
    gan__graph *g;
    assert_int_equal(gan__graph_create(context, &g), GAN_OK);
    gan__shape shape = {2, {huge, 1}}, wide = {2, {huge, huge}};
    gan__id x = gan__graph_input(g, "x", F, &shape);
    if (kind == 0) gan__op_broadcast_to(g, x, &wide);
    if (kind == 1) gan__op_matmul(g, x, x, false, true);
    if (kind == 2) gan__op_pad(g, x, 1, huge, huge, 0);
    if (kind == 3) gan__op_constant(g, F, &wide, 1);
    if (kind == 4) gan__op_pairwise(g, gan__op_reshape(g, x, &(gan__shape){3, {huge, 1, 1}}));
    assert_int_equal(g->status, kind == 3 ? GAN_ERROR_ARGUMENT : GAN_ERROR_LIMIT);
    assert_non_null(strstr(gan_context_message(context), "too large"));
    gan__graph_destroy(g);
  }
}

static void a_commit_must_fit_its_state(void **state) {
  const struct {
    int32_t dtype;
    gan__shape shape;
  } rows[] = {IN(F, 4), IN(GAN_F32, 3), IN(F, 3, 1)};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    gan__graph *g;
    assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
    gan__shape shape = SHAPE(3);
    gan__graph_state(g, "weights", F, &shape);
    gan__graph_commit(g, 0, gan__graph_input(g, "x", rows[i].dtype, &rows[i].shape));
    assert_int_equal(g->status, GAN_ERROR_SHAPE);
    assert_non_null(strstr(gan_context_message(*state), "weights"));
    gan__graph_destroy(g);
  }
}

/* -- what rows of the table say of gradients -- */

/* Whether anything behind `u` in the graph that leads to a gradient reads `value`. */
static bool is_read(const gan__graph *g, gan__id u, gan__id value, const gan__id *gradients,
                    int32_t count) {
  bool *needed = calloc(g->count, sizeof *needed), found = false;
  for (int32_t i = 0; i < count; i++)
    if (gradients[i] != GAN__NONE) needed[gradients[i]] = true;
  for (gan__id id = (gan__id)g->count; id-- > u + 1;)
    for (int32_t i = 0; needed[id] && i < gan__node_at(g, id)->input_count; i++) {
      gan__id from = gan__node_input(g, id, i);
      needed[from] = true;
      found |= from == value;
    }
  free(needed);
  return found;
}

/* What the rule of a sample reads, as flags of the row. `positive`: on inputs known not to be zero.
 */
static uint32_t reads_of(gan_context *context, gan__op op, const op_sample *sample, bool positive) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(context, &g), GAN_OK);
  gan__id inputs[SAMPLE_INPUTS], gradients[SAMPLE_INPUTS];
  bool wanted[SAMPLE_INPUTS];
  int32_t count = op_sample_input_count(sample);
  op_sample_slots(g, sample, 5, F, inputs);
  for (int32_t i = 0; i < count; i++) {
    wanted[i] = true;
    gradients[i] = GAN__NONE;
    if (positive && op_sample_dtype(sample, i, F) == F)
      inputs[i] = gan__op_shift(g, gan__op_mul(g, inputs[i], inputs[i]), 1);
  }
  gan__id y = op_sample_node(g, op, sample, 5, F, inputs);
  gan__shape shape = gan__node_at(g, y)->shape;
  gan__id u = gan__graph_input(g, "u", F, &shape);
  gan__ops[op].gradient(g, y, u, wanted, gradients);
  assert_int_equal(g->status, GAN_OK);
  uint32_t flags = is_read(g, u, y, gradients, count) ? GAN__READS_RESULT : 0;
  for (int32_t i = 0; i < count; i++)
    if (is_read(g, u, inputs[i], gradients, count)) flags |= GAN__READS_INPUTS;
  gan__graph_destroy(g);
  return flags;
}

static void rows_tell_what_gradients_read(void **state) {
  for (int32_t op = 0; op < GAN__OP_COUNT; op++) {
    const gan__op_row *row = &gan__ops[op];
    assert_int_equal(row->gradient == NULL, (row->flags & GAN__NO_GRADIENT) != 0);
    if (!row->gradient) continue;
    const op_sample *sample = &op_samples[op].rows[1];
    uint32_t reads = reads_of(*state, (gan__op)op, sample, false);
    reads |= reads_of(*state, (gan__op)op, sample, true);
    uint32_t said = row->flags & (GAN__READS_INPUTS | GAN__READS_RESULT);
    if (said != reads)
      fail_msg("%s: ops.def says %x, the rule reads %x", row->name, (unsigned)said,
               (unsigned)reads);
  }
}

/* -- facts -- */

/* Every sample's values, and zeros, and for each the facts its node claims. */
static void facts_hold_for_samples(void **state) {
  for (int32_t op = 0; op < GAN__OP_COUNT; op++)
    for (int32_t i = 0; i < op_samples[op].count; i++) {
      const op_sample *sample = &op_samples[op].rows[i];
      gan__graph *g;
      assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
      gan__id inputs[SAMPLE_INPUTS];
      op_sample_slots(g, sample, 5, F, inputs);
      gan__id y = op_sample_node(g, (gan__op)op, sample, 5, F, inputs);
      assert_int_equal(g->status, GAN_OK);
      double *slots[SAMPLE_INPUTS], *states[1] = {NULL};
      for (uint64_t s = 0; s < g->slot_count; s++)
        slots[s] = op_sample_door(sample, &g->slots[s], (int32_t)s, 5, 2);
      if (g->state_count) states[0] = op_sample_door(sample, &g->states[0], 0, 5, 2);
      interpret_inputs given = {.slots = slots, .states = states};
      double **values = interpret(g, &given);
      const gan__node *node = gan__node_at(g, y);
      for (int64_t k = 0; k < gan__shape_count(&node->shape); k++) {
        if (node->facts & GAN__NONNEGATIVE) assert_true(!(values[y][k] < 0));
        if (node->facts & GAN__NONZERO) assert_true(values[y][k] != 0);
      }
      interpret_free(g, values);
      for (uint64_t s = 0; s < g->slot_count; s++)
        free(slots[s]);
      free(states[0]);
      gan__graph_destroy(g);
    }
}

/* What the masks are left out for, and what must not be trusted. */
static void facts_are_derived(void **state) {
  gan__graph *g;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__shape shape = SHAPE(3);
  gan__id x = gan__graph_input(g, "x", F, &shape);
  gan__id square = gan__op_mul(g, x, x), one = gan__op_like(g, x, 1);
  gan__id not_zero = gan__op_compare(g, x, GAN__NOT_EQUAL, gan__op_like(g, x, 0));
  const int both = GAN__NONNEGATIVE | GAN__NONZERO;
  const struct {
    gan__id id;
    int facts;
  } rows[] = {
      {x, 0},
      {square, GAN__NONNEGATIVE}, /* may underflow to zero */
      {gan__op_shift(g, square, 1), both},
      {gan__op_shift(g, square, -1), 0},
      {gan__op_shift(g, x, 1), 0},
      {gan__op_shift(g, gan__op_sqrt(g, square), 1e-8), both},
      {gan__op_neg(g, gan__op_shift(g, square, 1)), GAN__NONZERO},
      {gan__op_abs(g, gan__op_neg(g, gan__op_shift(g, square, 1))), both},
      {gan__op_exp(g, x), GAN__NONNEGATIVE},
      {gan__op_tanh(g, x), 0},
      {one, both},
      {gan__op_like(g, x, -1), GAN__NONZERO},
      {gan__op_like(g, x, -0.0), GAN__NONNEGATIVE},
      {gan__op_select(g, not_zero, x, one), GAN__NONZERO},
      {gan__op_select(g, not_zero, x, gan__op_like(g, x, 0)), 0},
      {gan__op_select(g, not_zero, square, one), GAN__NONNEGATIVE},
      {gan__op_select(g, gan__op_step(g, x), x, one), GAN__NONZERO},
      {gan__op_select(g, gan__op_step(g, square), square, one), both},
      {gan__op_sum(g, square, 0, 1), GAN__NONNEGATIVE},
      {gan__op_sum(g, one, 0, 1), GAN__NONNEGATIVE},
      {gan__op_mul(g, gan__op_exp(g, x), square), GAN__NONNEGATIVE},
  };
  assert_int_equal(g->status, GAN_OK);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (gan__node_at(g, rows[i].id)->facts != rows[i].facts)
      fail_msg("row %d: facts %d, not %d", (int)i, gan__node_at(g, rows[i].id)->facts,
               rows[i].facts);
  gan__shape none = SCALAR;
  assert_int_equal(gan__node_at(g, gan__op_constant(g, GAN_F32, &none, 1e-60))->facts,
                   GAN__NONNEGATIVE);
  gan__graph_destroy(g);
}

static int make_context(void **state) {
  return gan_context_create((gan_context **)state) == GAN_OK ? 0 : -1;
}

static int drop_context(void **state) {
  gan_context_destroy(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(wrong_nodes_are_refused),
      cmocka_unit_test(sizes_that_overflow_are_refused),
      cmocka_unit_test(a_commit_must_fit_its_state),
      cmocka_unit_test(rows_tell_what_gradients_read),
      cmocka_unit_test(facts_hold_for_samples),
      cmocka_unit_test(facts_are_derived),
  };
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
