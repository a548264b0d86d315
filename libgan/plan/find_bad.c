/* SPDX-License-Identifier: MIT */
/* Job: after a run went wrong, find where the first NaN or infinity came from.
 *
 * The plan is compiled once more with every value kept, run again on the same bindings, and
 * searched backwards: from a bad result through bad inputs to a value whose inputs are all finite.
 * Infinities that a select masks out (a guarded division) are not on that path. Under a memory cap
 * that leaves no room for all values, the bad result is what is named. */
#include <math.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/pool.h"
#include "graph/build.h"
#include "graph/simplify.h"
#include "plan/internal.h"

static bool is_bad(const gan__plan *plan, const gan__bindings *bindings, gan__id id) {
  const gan__node *node = gan__node_at(plan->graph, id);
  if (!gan__dtype_is_float(node->dtype)) return false;
  gan__id root = gan__root_of(plan->graph, id);
  const gan__value *value = &plan->values[root];
  double number;
  if (gan__is_constant(plan->graph, root, &number)) return !isfinite(number);
  if (value->place == GAN__PLACE_NONE || value->place == GAN__PLACE_TILE
      || value->place == GAN__PLACE_LOCAL)
    return false;
  gan__frame frame = {.plan = plan, .bindings = bindings};
  gan__ref ref = gan__value_ref(plan, root, false, 0);
  const void *data = gan__resolve(&frame, &ref);
  int64_t count = gan__shape_count(&node->shape);
  for (int64_t i = 0; i < count; i++)
    if (!isfinite(node->dtype == GAN_F32 ? (double)((const float *)data)[i]
                                         : ((const double *)data)[i]))
      return true;
  return false;
}

/* The bad output or committed value with the smallest id. */
static gan__id first_bad_result(const gan__plan *plan, const gan__bindings *bindings) {
  const gan__graph *graph = plan->graph;
  gan__id found = GAN__NONE;
  for (uint64_t i = 0; i < graph->output_count; i++) {
    gan__id id = graph->outputs[i].node;
    if (id < found && is_bad(plan, bindings, id)) found = id;
  }
  for (uint64_t i = 0; i < graph->state_count; i++) {
    if (graph->commits[i] == GAN__NONE) continue;
    gan__id id = gan__node_input(graph, graph->commits[i], 0);
    if (id < found && is_bad(plan, bindings, id)) found = id;
  }
  return found;
}

static void describe(const gan__plan *plan, gan__id id, char text[GAN__NODE_TEXT]) {
  const gan__graph *graph = plan->graph;
  const gan__node *node = gan__node_at(graph, id);
  char shape[GAN__SHAPE_TEXT];
  if (node->op == GAN__OP_INPUT || node->op == GAN__OP_READ) {
    int64_t index = gan__node_attrs(graph, id)[0];
    const gan__binding *binding =
        node->op == GAN__OP_INPUT ? &graph->slots[index] : &graph->states[index];
    snprintf(text, GAN__NODE_TEXT, "%s %s", binding->name, gan__shape_text(shape, &node->shape));
    return;
  }
  gan__node_text(text, graph, id);
}

static void search(const gan__plan *plan, const gan__bindings *bindings,
                   char text[GAN__NODE_TEXT]) {
  gan__id at = first_bad_result(plan, bindings);
  text[0] = '\0';
  for (bool moved = at != GAN__NONE && plan->keep_all; moved;) {
    moved = false;
    for (int32_t i = 0; i < gan__node_at(plan->graph, at)->input_count && !moved; i++) {
      gan__id input = gan__node_input(plan->graph, at, i);
      if (!is_bad(plan, bindings, input)) continue;
      at = input;
      moved = true;
    }
  }
  if (at != GAN__NONE) describe(plan, at, text);
}

gan_status gan__plan_find_bad(const gan__plan *plan, const gan__bindings *bindings,
                              char text[GAN__NODE_TEXT]) {
  gan__graph *copy;
  gan__plan *keeping;
  GAN_TRY(gan__simplify(plan->graph, &copy));
  GAN_TRY(gan__plan_draft(&(gan__draft){.graph = copy, .keep_all = true}, &keeping));
  int32_t threads = gan__pool_threads(plan->context->pool);
  int64_t both = gan__plan_bytes(plan, threads) + gan__plan_bytes(keeping, threads);
  bool fits = plan->cap == 0 || both <= plan->cap;
  gan_status status = fits ? gan__plan_run(keeping, bindings) : GAN_OK;
  if (status == GAN_OK) search(fits ? keeping : plan, bindings, text);
  gan__plan_destroy(keeping);
  return status;
}
