/* SPDX-License-Identifier: MIT */
/* Job: L1 distances between all rows of a batch, streamed: nothing of [N, N, C, B] is ever held.
 *
 * M is [N, C, B]: N rows, C dimensions that are summed, B kernels. With s_ijcb = sign(M_icb -
 * M_jcb): pairwise       P_ijb = sum_c |M_icb - M_jcb| pairwise_pull  Q_icb = sum_j (W_ijb + W_jib)
 * s_ijcb pairwise_push  R_ijb = sum_c s_ijcb (V_icb - V_jcb) dP_ijb = sum_c s_ijcb (dM_icb -
 * dM_jcb) is R(dM), and s_jicb = -s_ijcb, so Q is the adjoint of R: sum U R(V) = sum V Q(U). Each
 * one's gradient is another of them, at every order; s is constant almost everywhere, so nothing
 * flows to M through Q and R. (The feature of Salimans et al. 2016, section 3.2.)
 */
#include "graph/build.h"
#include "graph/op_rules.h"

/* The last input is M [N, C, B]; the one before it, if any, has the shape of pairs [N, N, B] or of
 * M. */
static gan_status infer(gan__graph *graph, gan__proto *proto, bool takes_pairs, bool gives_pairs) {
  const gan__node *a = gan__node_at(graph, proto->inputs[0]);
  const gan__node *m = gan__node_at(graph, proto->inputs[proto->input_count - 1]);
  gan__shape pairs = {3, {m->shape.dims[0], m->shape.dims[0], m->shape.dims[2]}};
  bool fits = m->shape.rank == 3 && gan__dtype_is_float(m->dtype) && a->dtype == m->dtype;
  if (fits && proto->input_count == 2)
    fits = gan__shape_equal(&a->shape, takes_pairs ? &pairs : &m->shape);
  if (!fits) {
    char x[GAN__SHAPE_TEXT], y[GAN__SHAPE_TEXT];
    gan__graph_fail(graph, GAN_ERROR_SHAPE, "%s: %s %s and rows %s %s do not fit",
                    gan__ops[proto->op].name, gan__dtype_name(a->dtype),
                    gan__shape_text(x, &a->shape), gan__dtype_name(m->dtype),
                    gan__shape_text(y, &m->shape));
    return graph->status;
  }
  proto->dtype = m->dtype;
  proto->shape = gives_pairs ? pairs : m->shape;
  proto->facts = gan__ops[proto->op].flags & GAN__GIVES_NONNEGATIVE ? GAN__NONNEGATIVE : 0;
  return GAN_OK;
}

gan_status gan__infer_pairwise(gan__graph *graph, gan__proto *proto) {
  return infer(graph, proto, false, true);
}
gan_status gan__infer_pairwise_pull(gan__graph *graph, gan__proto *proto) {
  return infer(graph, proto, true, false);
}
gan_status gan__infer_pairwise_push(gan__graph *graph, gan__proto *proto) {
  return infer(graph, proto, false, true);
}

void gan__grad_pairwise(gan__graph *g, gan__id y, gan__id u, const bool *wanted, gan__id *out) {
  (void)wanted;
  out[0] = gan__op_pairwise_pull(g, u, gan__node_input(g, y, 0));
}

void gan__grad_pairwise_pull(gan__graph *g, gan__id y, gan__id u, const bool *wanted,
                             gan__id *out) {
  if (wanted[0]) out[0] = gan__op_pairwise_push(g, u, gan__node_input(g, y, 1));
}

void gan__grad_pairwise_push(gan__graph *g, gan__id y, gan__id u, const bool *wanted,
                             gan__id *out) {
  if (wanted[0]) out[0] = gan__op_pairwise_pull(g, u, gan__node_input(g, y, 1));
}

/* A row of the result meets all rows of every input. */
gan__split gan__split_pairwise(const gan__graph *graph, gan__id id) {
  gan__split split = gan__split_rows(graph, id);
  split.whole[0] = split.whole[1] = true;
  return split;
}
