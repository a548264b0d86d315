/* SPDX-License-Identifier: MIT */
/* Job: a graph as stable text, one line a node. */
#include "graph/print.h"
#include "graph/build.h"

static void print_attrs(const gan__graph *graph, gan__id id, gan__text *text) {
  const gan__node *node = gan__node_at(graph, id);
  const int64_t *attrs = gan__node_attrs(graph, id);
  double value;
  if (gan__is_constant(graph, id, &value)) {
    gan__text_add(text, " ");
    gan__text_add_double(text, value);
    return;
  }
  if (!node->attr_count) return;
  gan__text_add(text, " [");
  for (int32_t i = 0; i < node->attr_count; i++)
    gan__text_add(text, "%s%lld", i ? ", " : "", (long long)attrs[i]);
  gan__text_add(text, "]");
}

void gan__graph_print(const gan__graph *graph, gan__text *text) {
  char shape[GAN__SHAPE_TEXT];
  for (gan__id id = 0; id < graph->count; id++) {
    const gan__node *node = gan__node_at(graph, id);
    const char *scope = graph->scopes[node->scope].name;
    gan__text_add(text, "%%%u = %s %s %s", id, gan__ops[node->op].name,
                  gan__dtype_name(node->dtype), gan__shape_text(shape, &node->shape));
    for (int32_t i = 0; i < node->input_count; i++)
      gan__text_add(text, " %%%u", gan__node_input(graph, id, i));
    print_attrs(graph, id, text);
    gan__text_add(text, "%s%s\n", *scope ? "  # " : "", scope);
  }
  for (uint64_t i = 0; i < graph->output_count; i++)
    gan__text_add(text, "output %s = %%%u\n", graph->outputs[i].name, graph->outputs[i].node);
}
