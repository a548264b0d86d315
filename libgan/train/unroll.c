/* SPDX-License-Identifier: MIT */
/* Job: unrolled steps, gradients and objectives on explicit handles. */
#include <string.h>

#include "base/memory.h"
#include "train/unroll.h"

gan_status gan__unroll_create(gan_context *context, const gan__parts *parts, gan_unroll **unroll) {
  gan_unroll *made = gan__allocate(context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  made->context = context;
  gan_status status = gan__session_init(context, parts, &made->session);
  if (status != GAN_OK) {
    gan__release(context, made);
    return status;
  }
  made->session.schedule.first = made->session.schedule.unroll_player;
  *unroll = made;
  return GAN_OK;
}

void gan__unroll_destroy(gan_unroll *unroll) {
  gan__session_finish(&unroll->session);
  gan__release(unroll->context, unroll->batches);
  gan__release(unroll->context, unroll);
}

/* Lays the slots of a batch out: their offsets and all bytes. */
static gan_status lay_out(const gan__session *session, const gan__request *rows,
                          int64_t offsets[GAN__SLOT_KINDS], int64_t *bytes) {
  *bytes = 0;
  for (int32_t kind = 0; kind < session->slot_kinds; kind++) {
    gan__intake intake = gan__session_intake(session, kind);
    int64_t count = kind == GAN__SLOT_REAL ? rows->rows : rows->labelled;
    GAN_TRY(gan__session_check_rows(session, count));
    int64_t size = gan__shape_count(&intake.row) * count * gan__dtype_size(intake.dtype);
    offsets[kind] = *bytes;
    *bytes += (size + GAN__ALIGNMENT - 1) / GAN__ALIGNMENT * GAN__ALIGNMENT;
  }
  return GAN_OK;
}

gan_status gan__unroll_set_arrays(gan_unroll *unroll, const gan__array *arrays, int32_t count,
                                  const gan__request *rows) {
  const gan__session *session = &unroll->session;
  int64_t offsets[GAN__SLOT_KINDS] = {0}, bytes, all;
  GAN_TRY(lay_out(session, rows, offsets, &bytes));
  if (!gan__multiply(bytes, count, &all))
    return gan__fail(unroll->context, GAN_ERROR_LIMIT, "%d batches of %lld rows are too large",
                     count, (long long)rows->rows);
  char *copies = gan__allocate(unroll->context, 1, (uint64_t)all);
  if (!copies) return GAN_ERROR_MEMORY;
  for (int32_t i = 0; i < count * session->slot_kinds; i++) {
    int32_t kind = i % session->slot_kinds;
    gan__intake intake = gan__session_intake(session, kind);
    gan__array to = {intake.dtype, copies + bytes * (i / session->slot_kinds) + offsets[kind]};
    int64_t elements = kind == GAN__SLOT_REAL ? rows->rows : rows->labelled;
    gan__array_copy(to, arrays[i], elements * gan__shape_count(&intake.row));
  }
  gan__release(unroll->context, unroll->batches);
  unroll->batches = copies;
  unroll->batch_bytes = bytes;
  memcpy(unroll->offsets, offsets, sizeof offsets);
  unroll->batch_count = count;
  unroll->rows = rows->rows;
  unroll->labelled = rows->labelled;
  return GAN_OK;
}

gan_status gan__unroll_set_batches(gan_unroll *unroll, const gan_batch *const *batches,
                                   int32_t count) {
  const gan__session *session = &unroll->session;
  gan__request rows = {.rows = 0};
  int32_t kinds = session->slot_kinds;
  gan__array *arrays =
      gan__allocate(unroll->context, (uint64_t)count * (uint64_t)kinds, sizeof *arrays);
  if (!arrays) return GAN_ERROR_MEMORY;
  gan_status status = GAN_OK;
  for (int32_t i = 0; i < count && status == GAN_OK; i++) {
    const gan__slot *slots[GAN__SLOT_KINDS];
    status = gan__session_take(session, batches[i], &rows, slots);
    for (int32_t kind = 0; kind < kinds && status == GAN_OK; kind++)
      arrays[i * kinds + kind] =
          (gan__array){slots[kind]->dtype, (void *)(uintptr_t)slots[kind]->data};
  }
  if (status == GAN_OK) status = gan__unroll_set_arrays(unroll, arrays, count, &rows);
  gan__release(unroll->context, arrays);
  return status;
}

gan_status gan__unroll_prepare(gan_unroll *unroll, gan__job job, gan__compiled **compiled) {
  gan__session *session = &unroll->session;
  int32_t needed = gan__session_batches(session, GAN__JOB_STEP);
  if (unroll->rows == 0)
    return gan__fail(unroll->context, GAN_ERROR_STATE,
                     "there are no real rows: gan_unroll_set_batch() comes first");
  if (unroll->batch_count != 1 && unroll->batch_count != needed)
    return gan__fail(unroll->context, GAN_ERROR_STATE,
                     "%d batches were given; with the present settings 1 or %d are needed",
                     unroll->batch_count, needed);
  gan__request request = {.job = job,
                          .rows = unroll->rows,
                          .labelled = unroll->labelled,
                          .shared = unroll->batch_count == 1};
  GAN_TRY(gan__session_compile(session, &request, compiled));
  for (int32_t i = 0; i < (*compiled)->batch_count; i++)
    for (int32_t kind = 0; kind < session->slot_kinds; kind++) {
      char *data = unroll->batches + unroll->batch_bytes * i + unroll->offsets[kind];
      gan__array array = {gan__session_intake(session, kind).dtype, data};
      GAN_TRY(gan__compiled_give(session, *compiled, i, kind, array));
    }
  return GAN_OK;
}

gan_status gan__unroll_step(gan_unroll *unroll) {
  gan__compiled *compiled;
  GAN_TRY(gan__unroll_prepare(unroll, GAN__JOB_STEP, &compiled));
  GAN_TRY(gan__session_run(&unroll->session, compiled, unroll->seed, 0));
  gan__compiled_commit(compiled);
  return GAN_OK;
}

gan_status gan__unroll_objective(gan_unroll *unroll, void *const *parameters, double *value) {
  gan__compiled *compiled;
  int32_t mover = unroll->session.schedule.unroll_player;
  GAN_TRY(gan__unroll_prepare(unroll, GAN__JOB_OBJECTIVE, &compiled));
  if (parameters) gan__compiled_replace(&unroll->session, compiled, mover, parameters);
  GAN_TRY(gan__session_run(&unroll->session, compiled, unroll->seed, 0));
  *value = gan__compiled_scalar(compiled, compiled->losses[mover], 0);
  return GAN_OK;
}

void gan__gradient_destroy(gan_gradient *gradient) {
  for (int32_t i = 0; gradient->values && i < gradient->network->parameter_count; i++)
    gan__release(gradient->context, gradient->values[i]);
  gan__release(gradient->context, gradient->values);
  gan__network_unref(gradient->network);
  gan__release(gradient->context, gradient);
}

/* Copies the results of a run of GAN__JOB_GRADIENT. */
static gan_status copy_gradient(const gan__compiled *compiled, int32_t mover,
                                gan_gradient *gradient) {
  gan_network *network = gradient->network;
  gradient->objective = gan__compiled_scalar(compiled, compiled->losses[mover], 0);
  gradient->norm = gan__compiled_scalar(compiled, compiled->norms[mover], 0);
  gradient->values = gan__allocate(gradient->context, (uint64_t)network->parameter_count,
                                   sizeof *gradient->values);
  for (int32_t i = 0; gradient->values && i < network->parameter_count; i++) {
    size_t bytes =
        (size_t)(gan__shape_count(&network->parameters[i].shape) * gan__dtype_size(network->dtype));
    gradient->values[i] = gan__allocate(gradient->context, 1, bytes);
    if (!gradient->values[i]) return GAN_ERROR_MEMORY;
    memcpy(gradient->values[i], gan__plan_output(compiled->plan, compiled->gradients + i), bytes);
  }
  return gradient->values ? GAN_OK : GAN_ERROR_MEMORY;
}

gan_status gan__unroll_gradient(gan_unroll *unroll, gan_gradient **gradient) {
  gan__session *session = &unroll->session;
  int32_t mover = session->schedule.unroll_player;
  gan__compiled *compiled;
  GAN_TRY(gan__unroll_prepare(unroll, GAN__JOB_GRADIENT, &compiled));
  GAN_TRY(gan__session_run(session, compiled, unroll->seed, 0));
  gan_gradient *made = gan__allocate(unroll->context, 1, sizeof *made);
  if (!made) return GAN_ERROR_MEMORY;
  made->context = unroll->context;
  made->network = session->players[mover].network;
  gan__network_ref(made->network);
  gan_status status = copy_gradient(compiled, mover, made);
  if (status == GAN_OK)
    *gradient = made;
  else
    gan__gradient_destroy(made);
  return status;
}
