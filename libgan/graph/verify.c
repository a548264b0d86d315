/* SPDX-License-Identifier: MIT */
/* Job: check every invariant of a graph; run after each pass in tests and debug builds. */
#include "graph/graph.h"
#include "graph/simplify.h"

static gan_status bad(const gan__graph *graph, gan__id id, const char *what) {
  char text[GAN__NODE_TEXT];
  return gan__fail(graph->context, GAN_ERROR_INTERNAL, "verify: %s: %s",
                   gan__node_text(text, graph, id), what);
}

static gan_status verify_node(const gan__graph *graph, gan__id id, bool copies) {
  const gan__node *node = gan__node_at(graph, id);
  if (node->op >= GAN__OP_COUNT) return bad(graph, id, "unknown op");
  const gan__op_row *row = &gan__ops[node->op];
  if (node->input_count < row->min_inputs
      || (row->max_inputs && node->input_count > row->max_inputs))
    return bad(graph, id, "wrong number of inputs");
  if (node->scope >= graph->scope_count) return bad(graph, id, "unknown scope");
  for (int32_t i = 0; i < node->input_count; i++)
    if (gan__node_input(graph, id, i) >= id) return bad(graph, id, "an input that comes later");
  gan__proto proto = gan__node_proto(graph, id);
  /* The rules report into the graph; a verified graph has no error to lose. */
  gan__graph scratch = *graph;
  if (row->infer(&scratch, &proto) != GAN_OK) return bad(graph, id, "does not infer again");
  if (proto.dtype != node->dtype || !gan__shape_equal(&proto.shape, &node->shape))
    return bad(graph, id, "infers another type or shape");
  uint8_t known = copies ? proto.facts & node->facts : node->facts;
  if (proto.facts != known) return bad(graph, id, "infers other facts");
  return GAN_OK;
}

static gan_status verify(const gan__graph *graph, bool copies) {
  if (graph->status != GAN_OK) return graph->status;
  for (gan__id id = 0; id < graph->count; id++)
    GAN_TRY(verify_node(graph, id, copies));
  for (uint64_t i = 0; i < graph->output_count; i++)
    if (graph->outputs[i].node >= graph->count)
      return gan__fail(graph->context, GAN_ERROR_INTERNAL, "verify: output %s is no node",
                       graph->outputs[i].name);
  for (uint64_t i = 0; i < graph->state_count; i++)
    if (graph->commits[i] != GAN__NONE
        && (graph->commits[i] >= graph->count
            || gan__node_at(graph, graph->commits[i])->op != GAN__OP_COMMIT))
      return gan__fail(graph->context, GAN_ERROR_INTERNAL, "verify: state %s has a bad commit",
                       graph->states[i].name);
  return GAN_OK;
}

gan_status gan__verify(const gan__graph *graph) {
  return verify(graph, false);
}

gan_status gan__verify_copies(const gan__graph *graph) {
  return verify(graph, true);
}
