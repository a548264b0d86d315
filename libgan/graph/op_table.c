/* SPDX-License-Identifier: MIT */
/* Job: ops.def expanded into the table that the graph walks. */
#include "graph/op.h"
#include "graph/op_rules.h"

/* A column that says NULL pastes into gan__NULL. */
#define gan__NULL NULL

const gan__op_row gan__ops[GAN__OP_COUNT] = {
#define GAN__OP(NAME, lower, min, max, row_flags, infer_rule, gradient_rule, split_rule_,          \
                simplify_rule_, evaluate_rule_, text)                                              \
  [GAN__OP_##NAME] = {.name = #lower,                                                              \
                      .min_inputs = min,                                                           \
                      .max_inputs = max,                                                           \
                      .flags = row_flags,                                                          \
                      .infer = gan__##infer_rule,                                                  \
                      .gradient = gan__##gradient_rule,                                            \
                      .split = gan__##split_rule_,                                                 \
                      .simplify = gan__##simplify_rule_,                                           \
                      .evaluate = gan__##evaluate_rule_,                                           \
                      .formula = text},
#include "graph/ops.def"
};
