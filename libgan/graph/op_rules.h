/* SPDX-License-Identifier: MIT */
/* Job: the rules that ops.def names, declared by family. */
#ifndef GAN__GRAPH_OP_RULES_H
#define GAN__GRAPH_OP_RULES_H

#include "graph/op.h"

/* op_source.c, op_ew.c */
gan__infer_rule gan__infer_given, gan__infer_read, gan__infer_constant, gan__infer_iota,
    gan__infer_draw, gan__infer_commit;
gan__infer_rule gan__infer_cast, gan__infer_unary, gan__infer_same, gan__infer_add, gan__infer_mul,
    gan__infer_compare, gan__infer_select;
gan__split_rule gan__split_rows, gan__split_none;
/* gradient_ew.c */
gan__gradient_rule gan__grad_cast, gan__grad_neg, gan__grad_exp, gan__grad_log, gan__grad_log1p,
    gan__grad_sqrt, gan__grad_rsqrt, gan__grad_tanh, gan__grad_sigmoid, gan__grad_softplus,
    gan__grad_relu, gan__grad_abs, gan__grad_sin, gan__grad_cos, gan__grad_add, gan__grad_sub,
    gan__grad_mul, gan__grad_div, gan__grad_max, gan__grad_min, gan__grad_pow, gan__grad_select;
/* simplify_ew.c */
gan__simplify_rule gan__simplify_cast, gan__simplify_neg, gan__simplify_add, gan__simplify_sub,
    gan__simplify_mul, gan__simplify_div, gan__simplify_select;
/* evaluate.c */
gan__evaluate_rule gan__eval_copy, gan__eval_neg, gan__eval_exp, gan__eval_log, gan__eval_log1p,
    gan__eval_sqrt, gan__eval_rsqrt, gan__eval_tanh, gan__eval_sigmoid, gan__eval_softplus,
    gan__eval_relu, gan__eval_abs, gan__eval_sign, gan__eval_step, gan__eval_sin, gan__eval_cos,
    gan__eval_is_finite, gan__eval_add, gan__eval_sub, gan__eval_mul, gan__eval_div, gan__eval_max,
    gan__eval_min, gan__eval_pow, gan__eval_compare, gan__eval_select;
/* op_reduce.c */
gan__infer_rule gan__infer_reduce, gan__infer_reduce_one, gan__infer_argmax;
gan__gradient_rule gan__grad_sum, gan__grad_maximum;
gan__split_rule gan__split_sum, gan__split_reduce;
gan__simplify_rule gan__simplify_sum;
/* op_move.c, op_window.c */
gan__infer_rule gan__infer_reshape, gan__infer_transpose, gan__infer_broadcast, gan__infer_reverse,
    gan__infer_slice, gan__infer_pad, gan__infer_concat, gan__infer_gather, gan__infer_scatter;
gan__gradient_rule gan__grad_reshape, gan__grad_transpose, gan__grad_broadcast, gan__grad_reverse,
    gan__grad_slice, gan__grad_pad, gan__grad_concat, gan__grad_gather, gan__grad_scatter;
gan__split_rule gan__split_reshape, gan__split_transpose, gan__split_broadcast, gan__split_axis,
    gan__split_gather;
gan__simplify_rule gan__simplify_reshape, gan__simplify_transpose, gan__simplify_broadcast,
    gan__simplify_slice, gan__simplify_concat;
/* op_take.c */
gan__infer_rule gan__infer_take, gan__infer_put;
gan__gradient_rule gan__grad_take, gan__grad_put;
/* op_matmul.c */
gan__infer_rule gan__infer_matmul;
gan__gradient_rule gan__grad_matmul;
gan__split_rule gan__split_matmul;
gan__simplify_rule gan__simplify_matmul;
/* op_pack.c */
gan__infer_rule gan__infer_pack;
gan__gradient_rule gan__grad_pack;
gan__split_rule gan__split_pack;
/* op_pairwise.c */
gan__infer_rule gan__infer_pairwise, gan__infer_pairwise_pull, gan__infer_pairwise_push;
gan__gradient_rule gan__grad_pairwise, gan__grad_pairwise_pull, gan__grad_pairwise_push;
gan__split_rule gan__split_pairwise;

#endif
