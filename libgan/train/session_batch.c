/* SPDX-License-Identifier: MIT */
/* Job: what a session's batches must bring, slot by slot. */
#include "train/session.h"

static const char *const names[GAN__SLOT_KINDS] = {"real", "labelled", "labels"};

gan__intake gan__session_intake(const gan__session *session, int32_t kind) {
  const gan_network *network = session->discriminator->network;
  gan__shape output = gan__network_output_shape(network);
  if (kind == GAN__SLOT_LABELS)
    return (gan__intake){
        .name = names[kind], .dtype = GAN_I32, .classes = (int32_t)gan__shape_count(&output)};
  return (gan__intake){
      .name = names[kind], .dtype = session->dtype, .row = gan__network_input_shape(network)};
}

static gan_status check_type(const gan__session *session, const gan__intake *intake,
                             const gan__slot *slot) {
  bool labels = intake->dtype == GAN_I32;
  if (labels ? slot->dtype == GAN_I32 : gan__dtype_is_float(slot->dtype)) return GAN_OK;
  return gan__fail(session->context, GAN_ERROR_ARGUMENT, "slot \"%s\" is %s; allowed %s",
                   intake->name, gan__dtype_name(slot->dtype),
                   labels ? "is i32" : "are f32 and f64");
}

static gan_status check_shape(const gan__session *session, const gan__intake *intake,
                              const gan__slot *slot) {
  gan__shape row = gan__shape_make(slot->shape.rank - 1, slot->shape.dims + 1);
  char x[GAN__SHAPE_TEXT], y[GAN__SHAPE_TEXT];
  bool labels = intake->dtype == GAN_I32;
  if (labels ? gan__shape_count(&row) == 1 : gan__rows_fit(&row, &intake->row)) return GAN_OK;
  if (labels)
    return gan__fail(session->context, GAN_ERROR_SHAPE,
                     "slot \"%s\" has rows of shape %s; a label is one number", intake->name,
                     gan__shape_text(x, &row));
  return gan__fail(session->context, GAN_ERROR_SHAPE,
                   "slot \"%s\" has rows of shape %s, the discriminator takes %s", intake->name,
                   gan__shape_text(x, &row), gan__shape_text(y, &intake->row));
}

static gan_status check_labels(const gan__session *session, const gan__intake *intake,
                               const gan__slot *slot) {
  const int32_t *labels = slot->data;
  for (int64_t i = 0; i < gan__shape_count(&slot->shape); i++)
    if (labels[i] < 0 || labels[i] >= intake->classes)
      return gan__fail(session->context, GAN_ERROR_ARGUMENT,
                       "slot \"%s\": label %lld is %d; allowed are 0 to %d", intake->name,
                       (long long)i, labels[i], intake->classes - 1);
  return GAN_OK;
}

static gan_status check_count(const gan__session *session, const gan__intake *intake,
                              const gan__slot *slot, int64_t *rows) {
  int64_t given = slot->shape.dims[0];
  if (*rows != 0 && *rows != given)
    return gan__fail(session->context, GAN_ERROR_SHAPE,
                     "slot \"%s\" has %lld rows where %lld are needed: as many in all batches%s",
                     intake->name, (long long)given, (long long)*rows,
                     intake->classes ? ", and as many as in slot \"labelled\"" : "");
  *rows = given;
  return GAN_OK;
}

gan_status gan__session_take(const gan__session *session, const gan_batch *batch,
                             gan__request *request, const gan__slot **slots) {
  gan_context *context = session->context;
  if (!batch) return gan__fail(context, GAN_ERROR_ARGUMENT, "a batch is NULL");
  if (batch->context != context)
    return gan__fail(context, GAN_ERROR_CONTEXT, "a batch belongs to another context");
  for (int32_t kind = 0; kind < session->slot_kinds; kind++) {
    gan__intake intake = gan__session_intake(session, kind);
    const gan__slot *found = gan__batch_find(batch, intake.name);
    if (!found)
      return gan__fail(context, GAN_ERROR_NAME, "a batch has no slot \"%s\"", intake.name);
    GAN_TRY(check_type(session, &intake, found));
    GAN_TRY(check_shape(session, &intake, found));
    if (intake.classes) GAN_TRY(check_labels(session, &intake, found));
    int64_t *rows = kind == GAN__SLOT_REAL ? &request->rows : &request->labelled;
    GAN_TRY(check_count(session, &intake, found, rows));
    slots[kind] = found;
  }
  return GAN_OK;
}

gan_status gan__session_check_rows(const gan__session *session, int64_t rows) {
  if (rows < 1)
    return gan__fail(session->context, GAN_ERROR_ARGUMENT, "rows is %lld; at least 1 is needed",
                     (long long)rows);
  const gan_network *network = session->discriminator->network;
  gan__shape input = gan__network_input_shape(network);
  gan__shape flat = {.rank = 2, .dims = {rows, gan__shape_count(&input)}};
  if (gan__shape_valid(&flat, network->dtype)) return GAN_OK;
  return gan__fail(session->context, GAN_ERROR_LIMIT, "a batch of %lld rows is too large",
                   (long long)rows);
}
