/* SPDX-License-Identifier: MIT */
/* libgan/graph/simplify.c and the identities of ops: what becomes of a graph, and what must not. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "graph/build.h"
#include "graph/print.h"
#include "graph/simplify.h"
#include "random_graph.h"

static const gan__shape vector = {1, {6}}, matrix = {2, {6, 4}}, square = {2, {6, 6}};

/* x [6], m [6, 4], q [6, 6] are slots 0 to 2. */
typedef struct doors {
  gan__graph *g;
  gan__id x, m, q;
} doors;

static doors open_doors(void **state) {
  doors d;
  assert_int_equal(gan__graph_create(*state, &d.g), GAN_OK);
  d.x = gan__graph_input(d.g, "x", GAN_F64, &vector);
  d.m = gan__graph_input(d.g, "m", GAN_F64, &matrix);
  d.q = gan__graph_input(d.g, "q", GAN_F64, &square);
  return d;
}

static char *text_of(const gan__graph *g) {
  gan__text text;
  gan__text_init(&text, g->context);
  gan__graph_print(g, &text);
  char *copy = calloc(text.length + 1, 1);
  if (text.length) memcpy(copy, text.data, text.length);
  gan__text_finish(&text);
  return copy;
}

/* Each makes a value, and what it is to become. */
typedef gan__id maker(doors *d);

static gan__id neg(doors *d, gan__id a) {
  return gan__op_neg(d->g, a);
}
static gan__id like(doors *d, double value) {
  return gan__op_like(d->g, d->x, value);
}

static gan__id add_zero(doors *d) {
  return gan__op_add_all(d->g, (gan__id[]){d->x, like(d, 0), like(d, 0)}, 3);
}
static gan__id zeros(doors *d) {
  return gan__op_add(d->g, like(d, 0), like(d, 0));
}
static gan__id zero(doors *d) {
  return like(d, 0);
}
static gan__id add_neg(doors *d) {
  return gan__op_add(d->g, gan__op_tanh(d->g, d->x), neg(d, d->x));
}
static gan__id neg_add(doors *d) {
  return gan__op_add(d->g, neg(d, d->x), gan__op_tanh(d->g, d->x));
}
static gan__id tanh_minus_x(doors *d) {
  return gan__op_sub(d->g, gan__op_tanh(d->g, d->x), d->x);
}
static gan__id same_x(doors *d) {
  return d->x;
}
static gan__id neg_neg(doors *d) {
  return neg(d, neg(d, d->x));
}
static gan__id neg_of_scaled(doors *d) {
  return neg(d, gan__op_scale(d->g, d->x, 3));
}
static gan__id minus_three_x(doors *d) {
  return gan__op_scale(d->g, d->x, -3);
}
static gan__id neg_of_difference(doors *d) {
  return neg(d, gan__op_sub(d->g, d->x, gan__op_tanh(d->g, d->x)));
}
static gan__id sub_zero(doors *d) {
  return gan__op_sub(d->g, d->x, like(d, 0));
}
static gan__id zero_sub(doors *d) {
  return gan__op_sub(d->g, like(d, 0), d->x);
}
static gan__id neg_x(doors *d) {
  return neg(d, d->x);
}
static gan__id sub_neg(doors *d) {
  return gan__op_sub(d->g, d->x, neg(d, gan__op_tanh(d->g, d->x)));
}
static gan__id x_plus_tanh(doors *d) {
  return gan__op_add(d->g, d->x, gan__op_tanh(d->g, d->x));
}
static gan__id times_one(doors *d) {
  return gan__op_mul(d->g, like(d, 1), d->x);
}
static gan__id times_minus_one(doors *d) {
  return gan__op_scale(d->g, d->x, -1);
}
static gan__id scaled_twice(doors *d) {
  return gan__op_scale(d->g, gan__op_scale(d->g, d->x, -1.5), 2);
}
static gan__id neg_scaled(doors *d) {
  return gan__op_scale(d->g, neg(d, d->x), 3);
}
static gan__id neg_times_neg(doors *d) {
  return gan__op_mul(d->g, neg(d, d->x), neg(d, gan__op_tanh(d->g, d->x)));
}
static gan__id x_times_tanh(doors *d) {
  return gan__op_mul(d->g, d->x, gan__op_tanh(d->g, d->x));
}
static gan__id over_one(doors *d) {
  return gan__op_div(d->g, d->x, like(d, 1));
}
static gan__id select_yes(doors *d) {
  return gan__op_select(d->g, like(d, 2), d->x, neg(d, d->x));
}
static gan__id select_no(doors *d) {
  return gan__op_select(d->g, like(d, 0), neg(d, d->x), d->x);
}
static gan__id select_same(doors *d) {
  return gan__op_select(d->g, gan__op_step(d->g, d->x), d->x, d->x);
}
static gan__id folded(doors *d) {
  gan__id four = gan__op_add(d->g, like(d, 1.5), like(d, 2.5));
  return gan__op_mul(d->g, gan__op_sqrt(d->g, four), like(d, -0.75));
}
static gan__id minus_one_and_a_half(doors *d) {
  return like(d, -1.5);
}
static gan__id folded_compare(doors *d) {
  return gan__op_compare(d->g, like(d, 1), GAN__LESS, like(d, 2));
}
static gan__id one(doors *d) {
  return like(d, 1);
}
static gan__id reshaped_twice(doors *d) {
  gan__shape a = {2, {8, 3}}, b = {3, {2, 2, 6}};
  return gan__op_reshape(d->g, gan__op_reshape(d->g, d->m, &a), &b);
}
static gan__id reshaped_once(doors *d) {
  gan__shape b = {3, {2, 2, 6}};
  return gan__op_reshape(d->g, d->m, &b);
}
static gan__id reshaped_back(doors *d) {
  gan__shape a = {2, {8, 3}};
  return gan__op_reshape(d->g, gan__op_reshape(d->g, d->m, &a), &matrix);
}
static gan__id same_m(doors *d) {
  return d->m;
}
static gan__id transposed(doors *d) {
  return gan__op_transpose(d->g, d->m, (int32_t[]){1, 0});
}
static gan__id transposed_twice(doors *d) {
  return gan__op_transpose(d->g, transposed(d), (int32_t[]){1, 0});
}
static gan__id transposed_identity(doors *d) {
  return gan__op_transpose(d->g, d->m, (int32_t[]){0, 1});
}
static gan__id transposed_constant(doors *d) {
  return gan__op_transpose(d->g, gan__op_like(d->g, d->m, 2), (int32_t[]){1, 0});
}
static gan__id constant_across(doors *d) {
  gan__shape across = {2, {4, 6}};
  return gan__op_constant(d->g, GAN_F64, &across, 2);
}
static gan__id matmul_of_transposes(doors *d) {
  gan__id a = gan__op_transpose(d->g, d->m, (int32_t[]){1, 0});
  gan__id b = gan__op_transpose(d->g, d->q, (int32_t[]){1, 0});
  return gan__op_matmul(d->g, a, b, false, false);
}
static gan__id matmul_with_flags(doors *d) {
  return gan__op_matmul(d->g, d->m, d->q, true, true);
}
static gan__id matmul_transposed_back(doors *d) {
  return gan__op_matmul(d->g, transposed(d), d->m, true, true);
}
static gan__id matmul_without_flags(doors *d) {
  return gan__op_matmul(d->g, d->m, d->m, false, true);
}
static gan__id broadcast_twice(doors *d) {
  gan__shape a = {2, {6, 3}}, b = {3, {2, 6, 3}};
  gan__id once = gan__op_broadcast(d->g, d->x, &a, (int32_t[]){0});
  return gan__op_broadcast(d->g, once, &b, (int32_t[]){1, 2});
}
static gan__id broadcast_once(doors *d) {
  gan__shape b = {3, {2, 6, 3}};
  return gan__op_broadcast(d->g, d->x, &b, (int32_t[]){1});
}
static gan__id sum_of_repeats(doors *d) {
  gan__shape a = {2, {6, 3}};
  return gan__op_sum(d->g, gan__op_broadcast(d->g, d->x, &a, (int32_t[]){0}), 1, 1);
}
static gan__id three_x(doors *d) {
  return gan__op_scale(d->g, d->x, 3);
}
static gan__id sum_of_constant(doors *d) {
  return gan__op_sum(d->g, gan__op_like(d->g, d->m, 0.5), 1, 1);
}
static gan__id two(doors *d) {
  return like(d, 2);
}
static gan__id sum_of_nothing(doors *d) {
  gan__shape none = {2, {6, 0}};
  gan__id nothing = gan__op_broadcast(d->g, d->x, &none, (int32_t[]){0});
  return gan__op_sum(d->g, nothing, 1, 1);
}
static gan__id slice_of_all(doors *d) {
  return gan__op_slice(d->g, d->m, 1, 0, 4, 1);
}
static gan__id slice_of_part(doors *d) {
  gan__id parts[3] = {d->q, d->m, d->q};
  return gan__op_slice(d->g, gan__op_concat(d->g, parts, 3, 1), 1, 7, 10, 2);
}
static gan__id slice_of_m(doors *d) {
  return gan__op_slice(d->g, d->m, 1, 1, 4, 2);
}
static gan__id a_whole_part(doors *d) {
  gan__id parts[2] = {d->q, d->m};
  return gan__op_slice(d->g, gan__op_concat(d->g, parts, 2, 1), 1, 6, 10, 1);
}
static gan__id concat_of_one(doors *d) {
  int64_t axis = 0;
  gan__proto proto = {
      .op = GAN__OP_CONCAT, .inputs = &d->x, .input_count = 1, .attrs = &axis, .attr_count = 1};
  return gan__graph_node(d->g, &proto);
}
static gan__id cast_to_itself(doors *d) {
  gan__proto proto = {.op = GAN__OP_CAST, .dtype = GAN_F64, .inputs = &d->x, .input_count = 1};
  return gan__graph_node(d->g, &proto);
}

static const struct {
  const char *name;
  maker *from, *to;
} identities[] = {
    {"x + 0 + 0", add_zero, same_x},
    {"0 + 0", zeros, zero},
    {"a + -b", add_neg, tanh_minus_x},
    {"-a + b", neg_add, tanh_minus_x},
    {"--x", neg_neg, same_x},
    {"-(3 x)", neg_of_scaled, minus_three_x},
    {"-(a - b)", neg_of_difference, tanh_minus_x},
    {"x - 0", sub_zero, same_x},
    {"0 - x", zero_sub, neg_x},
    {"a - -b", sub_neg, x_plus_tanh},
    {"1 x", times_one, same_x},
    {"-1 x", times_minus_one, neg_x},
    {"2 (-1.5 x)", scaled_twice, minus_three_x},
    {"3 (-x)", neg_scaled, minus_three_x},
    {"(-a) (-b)", neg_times_neg, x_times_tanh},
    {"x / 1", over_one, same_x},
    {"select of yes", select_yes, same_x},
    {"select of no", select_no, same_x},
    {"select of equals", select_same, same_x},
    {"arithmetic of constants", folded, minus_one_and_a_half},
    {"comparison of constants", folded_compare, one},
    {"reshape of reshape", reshaped_twice, reshaped_once},
    {"reshape and back", reshaped_back, same_m},
    {"transpose and back", transposed_twice, same_m},
    {"transpose by nothing", transposed_identity, same_m},
    {"transpose of a constant", transposed_constant, constant_across},
    {"product of transposes", matmul_of_transposes, matmul_with_flags},
    {"product transposed back", matmul_transposed_back, matmul_without_flags},
    {"broadcast of broadcast", broadcast_twice, broadcast_once},
    {"sum of repeats", sum_of_repeats, three_x},
    {"sum of a constant", sum_of_constant, two},
    {"sum of nothing", sum_of_nothing, zero},
    {"slice of all", slice_of_all, same_m},
    {"slice inside a part", slice_of_part, slice_of_m},
    {"slice of a whole part", a_whole_part, same_m},
    {"concat of one", concat_of_one, same_x},
    {"cast to its own type", cast_to_itself, same_x},
};

static char *simplified_text(void **state, maker *make) {
  doors d = open_doors(state);
  gan__graph_output(d.g, "y", make(&d));
  assert_int_equal(d.g->status, GAN_OK);
  gan__graph *simpler;
  assert_int_equal(gan__simplify(d.g, &simpler), GAN_OK);
  assert_int_equal(gan__verify(simpler), GAN_OK);
  char *text = text_of(simpler);
  gan__graph_destroy(simpler);
  gan__graph_destroy(d.g);
  return text;
}

static void identities_are_applied(void **state) {
  for (size_t i = 0; i < sizeof identities / sizeof *identities; i++) {
    char *got = simplified_text(state, identities[i].from);
    doors d = open_doors(state);
    gan__graph_output(d.g, "y", identities[i].to(&d));
    char *want = text_of(d.g);
    if (strcmp(got, want) != 0)
      fail_msg("%s becomes\n%sand not\n%s", identities[i].name, got, want);
    gan__graph_destroy(d.g);
    free(got);
    free(want);
  }
}

/* What would hide a NaN or an infinity, or change a value, stays. */
static gan__id times_zero(doors *d) {
  return gan__op_scale(d->g, d->x, 0);
}
static gan__id x_minus_x(doors *d) {
  return gan__op_sub(d->g, d->x, d->x);
}
static gan__id x_over_x(doors *d) {
  return gan__op_div(d->g, d->x, d->x);
}
static gan__id slice_across_parts(doors *d) {
  gan__id parts[2] = {d->q, d->m};
  return gan__op_slice(d->g, gan__op_concat(d->g, parts, 2, 1), 1, 5, 8, 1);
}
static gan__id slice_along_another_axis(doors *d) {
  gan__id parts[2] = {d->q, d->m};
  return gan__op_slice(d->g, gan__op_concat(d->g, parts, 2, 1), 0, 1, 3, 1);
}
static gan__id sum_along_what_does_not_repeat(doors *d) {
  gan__shape a = {2, {6, 6}};
  return gan__op_sum(d->g, gan__op_broadcast(d->g, d->x, &a, (int32_t[]){0}), 0, 1);
}
static gan__id through_integers(doors *d) {
  return gan__op_cast(d->g, gan__op_cast(d->g, d->x, GAN_I32), GAN_F64);
}
static gan__id stopped(doors *d) {
  return gan__op_stop_gradient(d->g, d->x);
}

static void other_things_are_left_alone(void **state) {
  static maker *const makers[] = {times_zero,       x_minus_x,
                                  x_over_x,         slice_across_parts,
                                  through_integers, slice_along_another_axis,
                                  stopped,          sum_along_what_does_not_repeat};
  for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
    char *got = simplified_text(state, makers[i]);
    doors d = open_doors(state);
    gan__graph_output(d.g, "y", makers[i](&d));
    char *want = text_of(d.g);
    assert_string_equal(got, want);
    gan__graph_destroy(d.g);
    free(got);
    free(want);
  }
}

/* Dead nodes go; slots, states, outputs, commits and scopes stay, with their numbers and names. */
static void doors_stay_and_the_dead_go(void **state) {
  gan__graph *g, *simpler;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__id dead = gan__graph_input(g, "dead", GAN_F64, &vector);
  gan__id x = gan__graph_input(g, "x", GAN_F64, &vector);
  gan__graph_state(g, "unread", GAN_F32, &matrix);
  gan__id weights = gan__graph_state(g, "weights", GAN_F64, &vector);
  gan__graph_set_scope(g, "layer");
  for (int32_t i = 0; i < 10; i++)
    dead = gan__op_tanh(g, dead);
  gan__id y = gan__op_mul(g, x, weights);
  gan__graph_output(g, "first", y);
  gan__graph_output(g, "second", gan__op_neg(g, gan__op_neg(g, x)));
  gan__graph_output(g, "first again", y);
  gan__graph_commit(g, 1, gan__op_sub(g, weights, gan__op_scale(g, y, 1)));
  char *before = text_of(g);
  assert_int_equal(gan__simplify(g, &simpler), GAN_OK);
  char *after = text_of(g);
  assert_string_equal(before, after); /* the original is untouched */
  free(before);
  free(after);
  assert_int_equal(simpler->slot_count, 2);
  assert_int_equal(simpler->state_count, 2);
  assert_int_equal(simpler->output_count, 3);
  assert_string_equal(simpler->slots[0].name, "dead");
  assert_string_equal(simpler->states[1].name, "weights");
  assert_string_equal(simpler->outputs[1].name, "second");
  assert_int_equal(simpler->outputs[1].node, simpler->slots[1].node);
  assert_int_equal(simpler->outputs[0].node, simpler->outputs[2].node);
  assert_int_equal(simpler->commits[0], GAN__NONE);
  assert_int_not_equal(simpler->commits[1], GAN__NONE);
  const gan__node *product = gan__node_at(simpler, simpler->outputs[0].node);
  assert_string_equal(simpler->scopes[product->scope].name, "layer");
  assert_int_equal(simpler->count, 7); /* four doors, the product, the difference, the commit */
  gan__graph_destroy(simpler);
  gan__graph_destroy(g);
}

/* Simplifying again changes nothing, whatever the graph. */
static void simple_graphs_stay(void **state) {
  for (uint64_t seed = 0; seed < 40; seed++) {
    random_graph_plan plan = {.seed = seed, .dtype = GAN_F64, .values = 40, .gradients = 2};
    random_graph r;
    random_graph_make(*state, &plan, &r);
    gan__graph *once, *twice;
    assert_int_equal(gan__simplify(r.graph, &once), GAN_OK);
    assert_int_equal(gan__simplify(once, &twice), GAN_OK);
    assert_true(once->count <= r.graph->count);
    char *a = text_of(once), *b = text_of(twice);
    if (strcmp(a, b) != 0) fail_msg("seed %d:\n%s\nbecomes\n%s", (int)seed, a, b);
    free(a);
    free(b);
    gan__graph_destroy(once);
    gan__graph_destroy(twice);
    random_graph_finish(&r);
  }
}

/* Constants of f32 are rounded as f32 when they are computed. */
static void single_constants_are_rounded(void **state) {
  gan__graph *g, *simpler;
  assert_int_equal(gan__graph_create(*state, &g), GAN_OK);
  gan__id third = gan__op_div(g, gan__op_constant(g, GAN_F32, &vector, 1),
                              gan__op_constant(g, GAN_F32, &vector, 3));
  gan__graph_output(g, "third", third);
  assert_int_equal(gan__simplify(g, &simpler), GAN_OK);
  double value;
  assert_true(gan__is_constant(simpler, simpler->outputs[0].node, &value));
  assert_true(value == (double)(1.0f / 3.0f));
  gan__graph_destroy(simpler);
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
      cmocka_unit_test(identities_are_applied),       cmocka_unit_test(other_things_are_left_alone),
      cmocka_unit_test(doors_stay_and_the_dead_go),   cmocka_unit_test(simple_graphs_stay),
      cmocka_unit_test(single_constants_are_rounded),
  };
  return cmocka_run_group_tests(tests, make_context, drop_context);
}
